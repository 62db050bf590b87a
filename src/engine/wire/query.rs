//! The Query protocol's input: a form whose keys are paths, `MetricData.member.1.Dimensions.member.2.Name`.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::error::ServiceError;
use super::json::{boolean, double, special};
use super::route::{Call, form};
use super::table::{Shape, Structure};
use super::time;

/// The form as a tree: a key's segments are the branches.
#[derive(Default)]
struct Node {
    text: Option<String>,
    children: BTreeMap<String, Node>,
}

/// Longer keys than any operation's are not followed further.
const MAX_SEGMENTS: usize = 32;

/// Read the input of a call from its form, and from its query where the form has nothing.
pub(crate) fn read(call: &Call) -> Result<Map<String, Value>, ServiceError> {
    let mut root = Node::default();
    for (key, value) in call.query.iter().cloned().chain(form(&call.body)) {
        let mut node = &mut root;
        for segment in key.splitn(MAX_SEGMENTS, '.') {
            node = node.children.entry(segment.to_owned()).or_default();
        }
        node.text = Some(value);
    }
    structure(&root, call.operation.input, "")
}

fn structure(
    node: &Node,
    structure: &Structure,
    path: &str,
) -> Result<Map<String, Value>, ServiceError> {
    let mut out = Map::new();
    for member in structure.members {
        if let Some(child) = node.children.get(member.wire) {
            let path = if path.is_empty() {
                member.wire.to_owned()
            } else {
                format!("{path}.{}", member.wire)
            };
            out.insert(member.wire.to_owned(), value(child, member.shape, &path)?);
        }
    }
    Ok(out)
}

fn value(node: &Node, shape: Shape, path: &str) -> Result<Value, ServiceError> {
    match shape {
        Shape::List(list) => {
            // `member` stands before the number, unless the list is flattened. An empty list is the bare key.
            let under = node.children.get("member").unwrap_or(node);
            let mut numbered: Vec<(u64, &Node)> = Vec::new();
            for (key, child) in &under.children {
                match key.parse() {
                    Ok(n) => numbered.push((n, child)),
                    Err(_) => return Err(malformed(path, key, "a number starting at 1")),
                }
            }
            numbered.sort_by_key(|(n, _)| *n);
            numbered
                .into_iter()
                .map(|(n, child)| value(child, list.element, &format!("{path}.member.{n}")))
                .collect()
        }
        Shape::Map(map) => {
            let under = node.children.get("entry").unwrap_or(node);
            let mut out = Map::new();
            for (n, child) in &under.children {
                let key = child.children.get("key").and_then(|key| key.text.clone());
                let (Some(key), Some(given)) = (key, child.children.get("value")) else {
                    return Err(malformed(path, n, "an entry with key and value"));
                };
                let path = format!("{path}.entry.{n}.value");
                out.insert(key, value(given, map.value, &path)?);
            }
            Ok(Value::Object(out))
        }
        Shape::Structure(inner) => structure(node, inner, path).map(Value::Object),
        _ => scalar(node.text.as_deref().unwrap_or(""), shape, path),
    }
}

fn scalar(text: &str, shape: Shape, path: &str) -> Result<Value, ServiceError> {
    let (read, wanted) = match shape {
        Shape::Boolean => (boolean(text).map(Value::Bool), "true or false"),
        Shape::Integer(_) => (text.parse::<i32>().ok().map(Value::from), "an integer"),
        Shape::Long(_) => (text.parse::<i64>().ok().map(Value::from), "an integer"),
        Shape::Double(_) => {
            let number = special(text).or_else(|| text.parse().ok());
            (number.map(double), "a number")
        }
        Shape::Timestamp => (time::parse(text).map(Value::from), "a time in ISO 8601"),
        Shape::Blob => (
            STANDARD.decode(text).is_ok().then(|| Value::from(text)),
            "base64",
        ),
        _ => (Some(Value::from(text)), ""),
    };
    read.ok_or_else(|| malformed(path, text, wanted))
}

/// AWS's code for a parameter that can't be read; the wording is ours.
fn malformed(path: &str, given: &str, wanted: &str) -> ServiceError {
    ServiceError::new(
        "MalformedInput",
        400,
        format!("The parameter {path} must be {wanted}, not '{given}'"),
    )
}
