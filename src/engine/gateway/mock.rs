//! MOCK integrations: the request template gives the status, and there is no backend.
//!
//! Facts: `spec/rest/integrations.md` §4 (recorded: loose JSON counts, an unquoted key is fine).

use serde_json::Value;

use super::exchange::{BackendAnswer, Exchange};
use super::failure::Failure;
use super::json;
use super::mapping::{Mapping, Mappings};
use super::snapshot::Responses;
use crate::engine::message::Fields;

const NO_STATUS: &str = "Execution failed due to configuration error: Unable to parse statusCode. \
                         It should be an integer which is defined in the method request template";

/// A mock whose status is the same for every request of the usual content type: known when it is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Constant {
    pub(crate) status: u16,
    /// The integration response that the status selects.
    pub(crate) response: usize,
}

/// What is known of a mock beforehand: its template for `application/json` is constant and leads to a response.
pub(crate) fn constant(templates: &Mappings, responses: &Responses) -> Option<Constant> {
    let Some(Mapping::Constant(text)) = templates.of("application/json") else {
        return None;
    };
    let status = status_code(std::str::from_utf8(text).ok()?)?;
    Some(Constant {
        status,
        response: responses.select(&status.to_string())?,
    })
}

/// The `statusCode` of a rendered request template.
fn status_code(text: &str) -> Option<u16> {
    let status = match serde_json::from_str::<Value>(text) {
        Ok(value) => match value.get("statusCode")? {
            Value::Number(n) => n.as_u64().and_then(|n| u16::try_from(n).ok())?,
            Value::String(text) => text.parse().ok()?,
            _ => return None,
        },
        Err(_) => json::read("statusCode", text)?.parse().ok()?,
    };
    (100..=599).contains(&status).then_some(status)
}

/// The answer of a mock whose request template rendered to `text`, or that has none.
pub(crate) fn answer(x: &mut Exchange, text: Option<&str>) -> Result<Option<usize>, Failure> {
    let Some(integration) = x.integration() else {
        return Err(Failure::configuration(""));
    };
    // Without a template there is no status: the default response is used.
    let (status, response) = match text {
        None => (200, integration.responses.default),
        Some(text) => {
            let status = status_code(text).ok_or_else(|| Failure::configuration(NO_STATUS))?;
            let value = status.to_string();
            x.record.note(|| integration.responses.selection(&value));
            (status, integration.responses.select(&value))
        }
    };
    set_answer(x, status);
    Ok(response)
}

/// A mock's backend answer: a status and nothing else (what `$input` reads in its response template is unverified).
pub(crate) fn set_answer(x: &mut Exchange, status: u16) {
    x.backend = Some(BackendAnswer {
        status,
        headers: Fields::new(),
        body: bytes::Bytes::new(),
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_an_integer_of_http() {
        let cases = [
            ("{\"statusCode\": 200}", Some(200)),
            ("{\"statusCode\": \"404\", \"x\": 1}", Some(404)),
            ("{\"statusCode\": 99}", None),
            ("{\"statusCode\": 2000}", None),
            ("{\"statusCode\": null}", None),
            ("{}", None),
            ("[]", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(status_code(text), expected, "{text}");
        }
    }
}
