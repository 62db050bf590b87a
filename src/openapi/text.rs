//! Texts: JSON and YAML in, and out in the service's own layout.

use std::fmt::Write as _;

use serde_json::Value;

use super::ReadError;

/// The document in a text: JSON if it begins like JSON, else YAML.
pub(super) fn parse(text: &str) -> Result<Value, ReadError> {
    let text = text.trim_start_matches('\u{feff}');
    let value: Value = if text.trim_start().starts_with('{') {
        match serde_json::from_str(text) {
            Ok(value) => value,
            // A flow mapping is YAML that begins like JSON. What is neither is reported as JSON, which it looks like.
            Err(error) => yaml(text).map_err(|_| ReadError::Syntax(error.to_string()))?,
        }
    } else {
        yaml(text).map_err(ReadError::Syntax)?
    };
    Ok(value)
}

/// YAML whose only truth values are `true` and `false`: a property may be named `y`, and an operation be `on`. As many nodes as the
/// largest document that is taken can have.
fn yaml(text: &str) -> Result<Value, String> {
    let options = serde_saphyr::options! {
        strict_booleans: true,
        budget: serde_saphyr::budget! { max_nodes: 3_000_000, max_events: 6_000_000 },
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| error.to_string())
}

/// JSON as the service lays it out: two spaces, a space on both sides of a colon, lists of scalars on one line.
///
/// From exports and models seen; the recordings hold values, not layout.
#[must_use]
pub fn to_json(value: &Value) -> String {
    let mut out = String::new();
    json(value, 0, &mut out);
    out
}

fn json(value: &Value, depth: usize, out: &mut String) {
    match value {
        Value::Object(members) if members.is_empty() => out.push_str("{ }"),
        Value::Object(members) => {
            out.push('{');
            for (at, (key, member)) in members.iter().enumerate() {
                out.push_str(if at == 0 { "\n" } else { ",\n" });
                indent(depth + 1, out);
                out.push_str(&quoted(key));
                out.push_str(" : ");
                json(member, depth + 1, out);
            }
            out.push('\n');
            indent(depth, out);
            out.push('}');
        }
        Value::Array(items) if items.is_empty() => out.push_str("[ ]"),
        // A list stays on its line; objects in it break theirs.
        Value::Array(items) => {
            out.push_str("[ ");
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                json(item, depth, out);
            }
            out.push_str(" ]");
        }
        scalar => {
            let _ = write!(out, "{scalar}");
        }
    }
}

fn indent(depth: usize, out: &mut String) {
    out.extend(std::iter::repeat_n("  ", depth));
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// YAML as the service writes it: texts in double quotes, lists not indented.
#[must_use]
pub fn to_yaml(value: &Value) -> String {
    let mut out = "---\n".to_owned();
    match value {
        Value::Object(members) if !members.is_empty() => yaml_members(value, 0, &mut out),
        other => {
            yaml_scalar(other, &mut out);
            out.push('\n');
        }
    }
    out
}

/// The members of an object or items of a list, each on lines of its own.
fn yaml_members(value: &Value, depth: usize, out: &mut String) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                indent(depth, out);
                yaml_key(key, out);
                out.push(':');
                // A list stands at its key's own depth.
                let below = if member.is_array() { depth } else { depth + 1 };
                yaml_below(member, below, out);
            }
        }
        Value::Array(items) => {
            for item in items {
                indent(depth, out);
                out.push('-');
                match item {
                    Value::Object(members) if !members.is_empty() => {
                        // The first member stands on the dash's line.
                        let mut inner = String::new();
                        yaml_members(item, depth + 1, &mut inner);
                        out.push(' ');
                        out.push_str(inner.trim_start_matches(' '));
                    }
                    Value::Array(inner) if !inner.is_empty() => {
                        out.push('\n');
                        yaml_members(item, depth + 1, out);
                    }
                    scalar => {
                        out.push(' ');
                        yaml_scalar(scalar, out);
                        out.push('\n');
                    }
                }
            }
        }
        _ => {}
    }
}

fn yaml_below(value: &Value, depth: usize, out: &mut String) {
    let nested = match value {
        Value::Object(members) => !members.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => false,
    };
    if nested {
        out.push('\n');
        yaml_members(value, depth, out);
    } else {
        out.push(' ');
        yaml_scalar(value, out);
        out.push('\n');
    }
}

fn yaml_scalar(value: &Value, out: &mut String) {
    // A JSON text is a YAML text in double quotes, and the other scalars are the same in both.
    let _ = write!(out, "{value}");
}

/// Keys are bare where no reader could take them for anything but text.
fn yaml_key(key: &str, out: &mut String) {
    let begins = key
        .bytes()
        .next()
        .is_some_and(|b| b.is_ascii_alphabetic() || b == b'/' || b == b'_');
    let plain = key
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"_-./$".contains(&b));
    let word = matches!(
        key.to_ascii_lowercase().as_str(),
        "y" | "n" | "yes" | "no" | "on" | "off" | "true" | "false" | "null"
    );
    if begins && plain && !word {
        out.push_str(key);
    } else {
        out.push_str(&quoted(key));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_is_laid_out_as_the_service_does() {
        let value = json!({"type": "object", "required": ["a", "b"], "properties": {}, "anyOf": [{"a": 1}, []]});
        assert_eq!(
            to_json(&value),
            "{\n  \"type\" : \"object\",\n  \"required\" : [ \"a\", \"b\" ],\n  \"properties\" : { },\n  \"anyOf\" : [ {\n    \"a\" : 1\n  }, [ ] ]\n}"
        );
    }

    #[test]
    fn yaml_is_laid_out_as_the_service_does_and_read_again() {
        let value = json!({
            "swagger": "2.0",
            "schemes": ["https"],
            "paths": {"/pets/{petId}": {"get": {"responses": {"200": {"description": "a \"b\"\n# c: d"}}, "parameters": [{"name": "on", "required": true, "y": null}]}}},
            "on": 1.5,
            "empty": {},
            "nested": [["a"], [], {}, [{"b": [1]}]],
        });
        let text = to_yaml(&value);
        assert!(
            text.starts_with("---\nswagger: \"2.0\"\nschemes:\n- \"https\"\npaths:\n  \"/pets/{petId}\":\n    get:\n      responses:\n        \"200\":\n"),
            "{text}"
        );
        assert_eq!(parse(&text).unwrap(), value, "{text}");
    }

    #[test]
    fn yaml_keys_of_other_types_become_texts() {
        let text = "openapi: 3.0.1\ninfo: {version: '1.0'}\nresponses:\n  200:\n    description: fine\n  default: {}\nbase: &b {a: 1}\nmerged:\n  <<: *b\n  c: 2\n";
        let value = parse(text).unwrap();
        assert_eq!(value["openapi"], "3.0.1");
        assert_eq!(value["info"]["version"], "1.0");
        assert_eq!(value["responses"]["200"]["description"], "fine");
        assert_eq!(value["merged"], json!({"a": 1, "c": 2}));
    }

    #[test]
    fn what_is_neither_is_refused_with_its_place() {
        for (text, place) in [
            ("{\"a\": [", "line 1"),
            ("a: [1\nb: 2", "2"),
            ("a: b: c", "1"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(place), "{error}");
        }
    }
}
