//! Compiled mapping templates and the choice between them by media type.

use bytes::Bytes;

use crate::model::Map;
use crate::vtl::{self, Limits, Template, TemplateError};

/// A mapping template, parsed once. One that doesn't parse can be deployed, as on AWS; requests that need it fail.
#[derive(Debug)]
pub(crate) enum Mapping {
    /// The same text for every request.
    Constant(Bytes),
    Template(Box<Template>),
    Broken(TemplateError),
    /// A null or empty template: the body passes as it is (`spec/rest/integrations.md` §4).
    Passthrough,
}

impl Mapping {
    /// Whether it makes a body, which it can't of a binary one.
    pub(crate) fn transforms(&self) -> bool {
        !matches!(self, Self::Passthrough)
    }

    fn compile(text: Option<&str>) -> Self {
        let Some(text) = text.filter(|text| !text.is_empty()) else {
            return Self::Passthrough;
        };
        match vtl::parse(text, &Limits::default()) {
            Ok(template) => match template.constant() {
                Some(text) => Self::Constant(Bytes::copy_from_slice(text.as_bytes())),
                None => Self::Template(Box::new(template)),
            },
            Err(error) => Self::Broken(error),
        }
    }
}

/// The templates of one place, by media type.
#[derive(Debug, Default)]
pub(crate) struct Mappings(Vec<(Box<str>, Mapping)>);

impl Mappings {
    pub(crate) fn compile(templates: &Map<Option<String>>) -> Self {
        Self(
            templates
                .iter()
                .map(|(kind, text)| (kind.as_str().into(), Mapping::compile(text.as_deref())))
                .collect(),
        )
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The template, if there is just one; with the media type it is written for.
    pub(crate) fn only(&self) -> Option<(&str, &Mapping)> {
        match self.0.as_slice() {
            [(kind, mapping)] => Some((kind, mapping)),
            _ => None,
        }
    }

    /// The template for exactly this media type, letters' case aside.
    pub(crate) fn of(&self, media_type: &str) -> Option<&Mapping> {
        self.entry(media_type).map(|(_, mapping)| mapping)
    }

    /// The template for this media type, else the first; with the media type it is written for.
    pub(crate) fn of_or_first(&self, media_type: &str) -> Option<(&str, &Mapping)> {
        self.entry(media_type)
            .or_else(|| self.0.first())
            .map(|(kind, mapping)| (&**kind, mapping))
    }

    fn entry(&self, media_type: &str) -> Option<&(Box<str>, Mapping)> {
        self.0
            .iter()
            .find(|(kind, _)| kind.eq_ignore_ascii_case(media_type))
    }
}

/// The media type of a `Content-Type` or of the first choice of an `Accept` header, without parameters; `application/json` when the
/// header is absent or empty.
pub(crate) fn media_type(header: Option<&http::HeaderValue>) -> &str {
    let text = header.and_then(|v| v.to_str().ok()).unwrap_or_default();
    let first = text.split([',', ';']).next().unwrap_or_default().trim();
    if first.is_empty() {
        "application/json"
    } else {
        first
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_media_type_is_read_without_its_parameters() {
        let of = |text: &'static str| {
            let value = HeaderValue::from_static(text);
            media_type(Some(&value)).to_owned()
        };
        assert_eq!(of("text/plain; charset=utf-8"), "text/plain");
        assert_eq!(of("text/html,application/json;q=0.9"), "text/html");
        assert_eq!(of(" ; "), "application/json");
        assert_eq!(media_type(None), "application/json");
    }

    #[test]
    fn templates_are_found_by_media_type_and_else_the_first() {
        let map: Map<Option<String>> = [
            ("Text/Plain".to_owned(), Some("plain".to_owned())),
            ("application/json".to_owned(), None),
        ]
        .into();
        let mappings = Mappings::compile(&map);
        assert!(matches!(
            mappings.of("text/plain"),
            Some(Mapping::Constant(text)) if text == "plain"
        ));
        assert!(matches!(
            mappings.of("application/json"),
            Some(Mapping::Passthrough)
        ));
        assert!(mappings.of("text/html").is_none());
        assert_eq!(mappings.of_or_first("text/html").unwrap().0, "Text/Plain");
    }
}
