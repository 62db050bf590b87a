//! Answers that are known when a deployment is compiled: those of mocks whose templates and headers are the same for every request.

use bytes::Bytes;
use http::HeaderValue;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};

use super::mapping::{Mapping, Mappings};
use super::snapshot::ResponseHeader;

/// An answer without its status: header lines as they are written, and the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ready {
    pub(crate) lines: Bytes,
    pub(crate) body: Bytes,
}

impl Ready {
    /// What an integration response makes of every request, if that is one thing.
    pub(crate) fn compile(headers: &[ResponseHeader], templates: &Mappings) -> Option<Self> {
        let (kind, body) = match templates.only()? {
            (kind, Mapping::Constant(text)) => (kind, text.clone()),
            _ => return None,
        };
        let mut all = vec![(
            CONTENT_TYPE,
            "Content-Type",
            HeaderValue::from_str(kind).ok()?,
        )];
        for header in headers {
            let value = header.constant.clone()?;
            match all.iter_mut().find(|(name, ..)| *name == header.name) {
                Some(same) => same.2 = value,
                None => all.push((header.name.clone(), &header.spelled, value)),
            }
        }
        // Whether it is packed once more depends on the request.
        if all.iter().any(|(name, ..)| *name == CONTENT_ENCODING) {
            return None;
        }
        let mut lines = Vec::new();
        for (_, name, value) in &all {
            for part in [name.as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
                lines.extend_from_slice(part);
            }
        }
        Some(Self {
            lines: lines.into(),
            body,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Map;

    fn ready(templates: &[(&str, &str)], headers: &[(&str, &str)]) -> Option<Ready> {
        let templates: Map<Option<String>> = templates
            .iter()
            .map(|(kind, text)| ((*kind).to_owned(), Some((*text).to_owned())))
            .collect();
        let headers: Vec<_> = headers
            .iter()
            .filter_map(|(name, source)| ResponseHeader::compile(name, source))
            .collect();
        Ready::compile(&headers, &Mappings::compile(&templates))
    }

    #[test]
    fn what_is_the_same_for_every_request_is_ready() {
        let made = ready(
            &[("application/json", "{}")],
            &[("X-Own", "'1'"), ("Content-Type", "'text/plain'")],
        );
        let made = made.unwrap();
        assert_eq!(made.lines, "Content-Type: text/plain\r\nX-Own: 1\r\n");
        assert_eq!(made.body, "{}");
    }

    #[test]
    fn what_depends_on_the_request_is_not() {
        const JSON: (&str, &str) = ("application/json", "{}");
        assert_eq!(ready(&[], &[]), None);
        assert_eq!(ready(&[JSON, ("text/plain", "x")], &[]), None);
        assert_eq!(ready(&[("application/json", "$input.body")], &[]), None);
        assert_eq!(ready(&[("a\nb", "{}")], &[]), None);
        let mapped = "integration.response.header.X";
        assert_eq!(ready(&[JSON], &[("X-Own", mapped)]), None);
        assert_eq!(ready(&[JSON], &[("Content-Encoding", "'gzip'")]), None);
    }
}
