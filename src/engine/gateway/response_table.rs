//! Gateway responses, compiled: for each kind of failure the status, headers and templates that the API gives it.
//!
//! Facts: `spec/rest/validation.md` §3. Templates here are text with variables put in, not VTL.

use std::collections::BTreeMap;

use super::exchange::Exchange;
use super::snapshot::ResponseHeader;
use super::source::Source;
use crate::model::{GatewayResponse, GatewayResponseType};

/// The responses that an API has put, those inherited from a default response included.
#[derive(Debug, Default)]
pub(crate) struct ResponseTable(BTreeMap<GatewayResponseType, CustomResponse>);

/// A response that isn't the service's own.
#[derive(Debug)]
pub(crate) struct CustomResponse {
    /// Nothing keeps the failure's own status.
    pub(crate) status: Option<u16>,
    pub(crate) headers: Vec<ResponseHeader>,
    /// By media type; never empty.
    templates: Vec<(Box<str>, TextTemplate)>,
}

impl ResponseTable {
    pub(crate) fn compile(put: &BTreeMap<GatewayResponseType, GatewayResponse>) -> Self {
        let compiled = GatewayResponseType::ALL.iter().filter_map(|&kind| {
            let own = put.get(&kind);
            let response = own.or_else(|| put.get(&kind.parent()?))?;
            Some((kind, CustomResponse::compile(response)))
        });
        Self(compiled.collect())
    }

    pub(crate) fn of(&self, kind: GatewayResponseType) -> Option<&CustomResponse> {
        self.0.get(&kind)
    }
}

impl CustomResponse {
    fn compile(response: &GatewayResponse) -> Self {
        let headers = response.response_parameters.iter();
        let mut templates: Vec<_> = response
            .response_templates
            .iter()
            .map(|(kind, text)| (Box::from(kind.as_str()), TextTemplate::parse(text)))
            .collect();
        if templates.is_empty() {
            let text = crate::model::gateway_response::DEFAULT_TEMPLATE;
            templates.push(("application/json".into(), TextTemplate::parse(text)));
        }
        Self {
            status: response.status_code.as_deref().and_then(|s| s.parse().ok()),
            headers: headers
                .filter_map(|(target, source)| {
                    let name = target.strip_prefix("gatewayresponse.header.")?;
                    ResponseHeader::compile(name, source)
                })
                .collect(),
            templates,
        }
    }

    /// The body in the media type that the client accepts, else in JSON, else in the first there is.
    pub(crate) fn body(&self, accepted: &str, x: &Exchange) -> (&str, String) {
        let find = |wanted: &str| {
            self.templates
                .iter()
                .find(|(kind, _)| kind.eq_ignore_ascii_case(wanted))
        };
        let chosen = find(accepted)
            .or_else(|| find("application/json"))
            .or_else(|| self.templates.first());
        chosen.map_or(("application/json", String::new()), |(kind, template)| {
            (kind, template.render(x))
        })
    }
}

/// A text with `$context.…`, `$stageVariables.…` and `$method.request.…` put in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TextTemplate(Vec<Piece>);

#[derive(Debug, PartialEq, Eq)]
enum Piece {
    Literal(Box<str>),
    Value(Source),
}

impl TextTemplate {
    /// Takes a text apart. A `$` that starts no known variable stays as it is.
    pub(crate) fn parse(text: &str) -> Self {
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            literal.push_str(&rest[..at]);
            rest = &rest[at..];
            if let Some((source, length)) = variable(rest) {
                if !literal.is_empty() {
                    pieces.push(Piece::Literal(std::mem::take(&mut literal).into()));
                }
                pieces.push(Piece::Value(source));
                rest = &rest[length..];
            } else {
                literal.push('$');
                rest = &rest[1..];
            }
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            pieces.push(Piece::Literal(literal.into()));
        }
        Self(pieces)
    }

    pub(crate) fn render(&self, x: &Exchange) -> String {
        let mut out = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Literal(text) => out.push_str(text),
                Piece::Value(source) => out.push_str(&source.value(x).unwrap_or_default()),
            }
        }
        out
    }
}

/// The variable at the start of `text`, which begins with `$`, and its length.
fn variable(text: &str) -> Option<(Source, usize)> {
    let after = &text[1..];
    let (name, length) = if let Some(inner) = after.strip_prefix('{') {
        let end = inner.find('}')?;
        (&inner[..end], end + 3)
    } else {
        let mut end = 0;
        for part in after.split_inclusive('.') {
            let word = part.trim_end_matches('.');
            let length = word
                .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-')))
                .unwrap_or(word.len());
            if length == 0 {
                // A dot that ends a sentence, not one that goes on to a name.
                end = end.max(1) - 1;
                break;
            }
            end += length;
            if length < word.len() || word.len() == part.len() {
                break;
            }
            end += 1;
            if end == after.len() {
                end -= 1;
            }
        }
        (after.get(..end)?, end + 1)
    };
    let known = ["context.", "stageVariables.", "method.request."];
    let source = known
        .iter()
        .any(|root| name.starts_with(root))
        .then(|| Source::parse(name))??;
    Some((source, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str) -> Vec<String> {
        let piece = |piece: &Piece| match piece {
            Piece::Literal(text) => text.to_string(),
            Piece::Value(source) => format!("{source:?}"),
        };
        TextTemplate::parse(text).0.iter().map(piece).collect()
    }

    #[test]
    fn variables_end_where_their_names_end() {
        let cases: &[(&str, &[&str])] = &[
            (
                "{\"message\":$context.error.messageString}",
                &["{\"message\":", "Context(\"error.messageString\")", "}"],
            ),
            (
                "$context.error.message. See ${stageVariables.help}!",
                &[
                    "Context(\"error.message\")",
                    ". See ",
                    "StageVariable(\"help\")",
                    "!",
                ],
            ),
            (
                "$method.request.header.api-key.",
                &["Header { name: \"api-key\", all: false }", "."],
            ),
            (
                "costs $5, $context, $ and $input.body",
                &["costs $5, $context, $ and $input.body"],
            ),
            ("$context.", &["$context."]),
            ("${context.stage", &["${context.stage"]),
            ("", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(pieces(text), *expected, "{text}");
        }
    }

    proptest::proptest! {
        /// Any text can be a template, and one without a `$` is itself.
        #[test]
        fn any_text_is_a_template(text in "[a.$ {}ücontexmhdrqs]{0,24}") {
            let pieces = TextTemplate::parse(&text).0;
            let known = pieces.iter().any(|piece| matches!(piece, Piece::Value(_)));
            proptest::prop_assert!(known || pieces.len() <= 1);
            proptest::prop_assert!(!known || text.contains('$'));
        }
    }

    #[test]
    fn a_type_inherits_from_its_default_until_it_has_its_own() {
        let put = |kind: GatewayResponseType, status: Option<&str>| {
            let mut response = GatewayResponse::default_of(kind);
            response.status_code = status.map(str::to_owned);
            (kind, response)
        };
        let table = ResponseTable::compile(&BTreeMap::from([
            put(GatewayResponseType::Default4xx, Some("418")),
            put(GatewayResponseType::Throttled, Some("430")),
            put(GatewayResponseType::Default5xx, None),
        ]));
        let status = |kind| table.of(kind).map(|r| r.status);
        assert_eq!(status(GatewayResponseType::InvalidApiKey), Some(Some(418)));
        assert_eq!(status(GatewayResponseType::Throttled), Some(Some(430)));
        assert_eq!(status(GatewayResponseType::IntegrationFailure), Some(None));
        assert!(
            ResponseTable::compile(&BTreeMap::new())
                .of(GatewayResponseType::Throttled)
                .is_none()
        );
    }
}
