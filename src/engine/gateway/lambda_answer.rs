//! What a function of an `AWS_PROXY` integration must answer.
//!
//! Facts: `spec/rest/lambda-proxy.md` §3, recorded where it says so.

use serde_json::{Map, Value};

/// A function's answer, read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ProxyAnswer {
    pub(crate) status: u16,
    /// In order, spelled as the function did; a name may come more than once.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    pub(crate) is_base64: bool,
}

/// An answer that isn't of the form that the gateway demands.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

impl ProxyAnswer {
    /// Reads a payload: an object with at least one of five members and no other.
    pub(crate) fn parse(payload: &[u8]) -> Result<Self, Malformed> {
        let Ok(Value::Object(members)) = serde_json::from_slice(payload) else {
            return Err(Malformed);
        };
        // Recorded: the empty object is malformed, though each member may be left out.
        if members.is_empty() {
            return Err(Malformed);
        }
        Self::read(members)
    }

    /// Reads the members; none needs to be there.
    pub(crate) fn read(members: Map<String, Value>) -> Result<Self, Malformed> {
        let mut answer = Self {
            status: 200,
            headers: Vec::new(),
            body: String::new(),
            is_base64: false,
        };
        let (mut single, mut multi) = (None, None);
        for (name, value) in members {
            match name.as_str() {
                "statusCode" => answer.status = status(&value)?,
                "headers" => single = object(value)?,
                "multiValueHeaders" => multi = object(value)?,
                "body" => {
                    answer.body = match value {
                        Value::String(text) => text,
                        Value::Null => String::new(),
                        _ => return Err(Malformed),
                    }
                }
                "isBase64Encoded" => answer.is_base64 = boolean(&value)?,
                _ => return Err(Malformed),
            }
        }
        answer.headers = merged(multi.unwrap_or_default(), single.unwrap_or_default())?;
        Ok(answer)
    }
}

/// Both kinds of header in one list: of a name that is in both, compared without regard to case, the multi values come first and their
/// spelling is taken (recorded). A value that is in both is sent once.
fn merged(
    multi: Map<String, Value>,
    single: Map<String, Value>,
) -> Result<Vec<(String, String)>, Malformed> {
    let mut headers: Vec<(String, String)> = Vec::with_capacity(multi.len() + single.len());
    for (name, values) in multi {
        let values = match values {
            Value::Array(values) => values,
            Value::Null => continue,
            _ => return Err(Malformed),
        };
        for value in &values {
            if let Some(value) = scalar(value)? {
                headers.push((name.clone(), value));
            }
        }
    }
    let ends = headers.len();
    for (name, value) in single {
        let Some(value) = scalar(&value)? else {
            continue;
        };
        let (same, _) = headers.split_at(ends);
        let spelled = same.iter().find(|(n, _)| n.eq_ignore_ascii_case(&name));
        let Some((spelled, _)) = spelled else {
            headers.push((name, value));
            continue;
        };
        let known = |(n, v): &(String, String)| n.eq_ignore_ascii_case(&name) && *v == value;
        if !same.iter().any(known) {
            let spelled = spelled.clone();
            headers.push((spelled, value));
        }
    }
    Ok(headers)
}

/// A number, or its digits as text (recorded: `"201"`).
fn status(value: &Value) -> Result<u16, Malformed> {
    let status = match value {
        Value::Null => Some(200),
        Value::Number(number) => number.as_u64().and_then(|n| u16::try_from(n).ok()),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    status.filter(|s| (100..=599).contains(s)).ok_or(Malformed)
}

fn boolean(value: &Value) -> Result<bool, Malformed> {
    match value {
        Value::Bool(value) => Ok(*value),
        Value::Null => Ok(false),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        _ => Err(Malformed),
    }
}

fn object(value: Value) -> Result<Option<Map<String, Value>>, Malformed> {
    match value {
        Value::Object(members) => Ok(Some(members)),
        Value::Null => Ok(None),
        _ => Err(Malformed),
    }
}

/// A header's value: text, or what is printed as it (recorded for booleans). A null is no value.
fn scalar(value: &Value) -> Result<Option<String>, Malformed> {
    match value {
        Value::String(text) => Ok(Some(text.clone())),
        Value::Number(number) => Ok(Some(number.to_string())),
        Value::Bool(value) => Ok(Some(value.to_string())),
        Value::Null => Ok(None),
        Value::Array(_) | Value::Object(_) => Err(Malformed),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(payload: &str) -> Result<ProxyAnswer, Malformed> {
        ProxyAnswer::parse(payload.as_bytes())
    }

    fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> ProxyAnswer {
        ProxyAnswer {
            status,
            headers: headers
                .iter()
                .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
                .collect(),
            body: body.to_owned(),
            is_base64: false,
        }
    }

    /// Recorded from AWS: what a function returned, and what became of it.
    #[test]
    fn answers_are_judged_as_recorded() {
        let cases = [
            (json!({"statusCode": 200}), Ok(answer(200, &[], ""))),
            (
                json!({"statusCode": 200, "headers": {"test-header": "value", "header-bool": true}}),
                Ok(answer(
                    200,
                    &[("test-header", "value"), ("header-bool", "true")],
                    "",
                )),
            ),
            (
                json!({"statusCode": 200, "headers": null}),
                Ok(answer(200, &[], "")),
            ),
            (
                json!({"statusCode": 200, "wrongValue": "value"}),
                Err(Malformed),
            ),
            (json!({}), Err(Malformed)),
            (
                json!({"statusCode": 200, "body": "dGVzdC1kYXRh", "isBase64Encoded": true}),
                Ok(ProxyAnswer {
                    is_base64: true,
                    ..answer(200, &[], "dGVzdC1kYXRh")
                }),
            ),
            (
                json!({"statusCode": 200, "body": "dGVzdC1kYXRh", "isBase64Encoded": false}),
                Ok(answer(200, &[], "dGVzdC1kYXRh")),
            ),
            (
                json!({"statusCode": 200, "multiValueHeaders": {"test-multi": ["value1", "value2"]}}),
                Ok(answer(
                    200,
                    &[("test-multi", "value1"), ("test-multi", "value2")],
                    "",
                )),
            ),
            (
                json!({"statusCode": 200, "headers": {"test-multi": "value-solo"}, "multiValueHeaders": {"test-multi": ["value-multi"]}}),
                Ok(answer(
                    200,
                    &[("test-multi", "value-multi"), ("test-multi", "value-solo")],
                    "",
                )),
            ),
            (
                json!({"statusCode": 200, "headers": {"TesT-multi": "value-solo"}, "multiValueHeaders": {"tesT-Multi": ["value-multi"]}}),
                Ok(answer(
                    200,
                    &[("tesT-Multi", "value-multi"), ("tesT-Multi", "value-solo")],
                    "",
                )),
            ),
            (
                json!({"statusCode": 200, "multiValueHeaders": {"test-multi": "value"}}),
                Err(Malformed),
            ),
            (json!({"statusCode": "test"}), Err(Malformed)),
            (json!({"statusCode": "201"}), Ok(answer(201, &[], ""))),
            (json!("some string"), Err(Malformed)),
            (
                json!({"headers": {"test-header": "value"}}),
                Ok(answer(200, &[("test-header", "value")], "")),
            ),
        ];
        for (payload, expected) in cases {
            assert_eq!(parse(&payload.to_string()), expected, "{payload}");
        }
    }

    /// What the documentation says, or nothing does (unverified).
    #[test]
    fn answers_are_judged_as_documented() {
        let malformed = [
            "null",
            "[]",
            "12",
            "",
            "not json",
            r#"{"statusCode": 99}"#,
            r#"{"statusCode": 600}"#,
            r#"{"statusCode": 200.5}"#,
            r#"{"statusCode": 200, "body": {"a": 1}}"#,
            r#"{"statusCode": 200, "headers": {"a": ["b"]}}"#,
            r#"{"statusCode": 200, "headers": "a"}"#,
            r#"{"statusCode": 200, "multiValueHeaders": {"a": [{}]}}"#,
            r#"{"statusCode": 200, "isBase64Encoded": 1}"#,
        ];
        for payload in malformed {
            assert_eq!(parse(payload), Err(Malformed), "{payload}");
        }
        let fine = r#"{"headers": {"a": 1.5, "b": null}, "multiValueHeaders": {"A": ["1.5", 2]}, "body": null}"#;
        assert_eq!(
            parse(fine),
            Ok(answer(200, &[("A", "1.5"), ("A", "2")], ""))
        );
    }
}
