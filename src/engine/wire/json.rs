//! JSON bodies, in and out, against the types of the model.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Number, Value};

use super::error::ServiceError;
use super::table::{Shape, Structure};
use super::time;

/// Read a JSON body as the members of `structure`. No body and `null` are an empty object.
pub(crate) fn read(body: &[u8], structure: &Structure) -> Result<Map<String, Value>, ServiceError> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Map::new());
    }
    // The text for malformed JSON isn't recorded.
    let value: Value = serde_json::from_slice(body).map_err(|error| {
        ServiceError::serialization(format!("Could not parse request body into json: {error}"))
    })?;
    match value {
        Value::Null => Ok(Map::new()),
        Value::Object(map) => members(map, structure),
        other => Err(mismatch(&other, Shape::Structure(&ANONYMOUS))),
    }
}

/// Only its being a structure matters, for [`mismatch`].
static ANONYMOUS: Structure = Structure {
    name: "",
    members: &[],
};

/// Keep the members that the model knows, typed; unknown ones and nulls are ignored, as AWS does.
fn members(
    map: Map<String, Value>,
    structure: &Structure,
) -> Result<Map<String, Value>, ServiceError> {
    let mut out = Map::with_capacity(map.len());
    for (key, value) in map {
        if value.is_null() {
            continue;
        }
        if let Some(member) = structure.member(&key) {
            out.insert(key, typed(value, member.shape)?);
        }
    }
    Ok(out)
}

/// The value as `shape` has it, or the `SerializationException` for a value of another type.
fn typed(value: Value, shape: Shape) -> Result<Value, ServiceError> {
    match (shape, value) {
        (Shape::Text(_), value @ Value::String(_)) | (Shape::Boolean, value @ Value::Bool(_)) => {
            Ok(value)
        }
        // Booleans may arrive as text: `spec/rest/control-plane.md` §1.
        (Shape::Boolean, Value::String(text)) => match boolean(&text) {
            Some(value) => Ok(Value::Bool(value)),
            None => Err(mismatch(&Value::String(text), shape)),
        },
        (Shape::Integer(_) | Shape::Long(_), Value::Number(number)) => match whole(&number) {
            Some(n) if matches!(shape, Shape::Long(_)) || i32::try_from(n).is_ok() => {
                Ok(Value::from(n))
            }
            _ => Err(mismatch(&Value::Number(number), shape)),
        },
        (Shape::Double(_) | Shape::Timestamp, value @ Value::Number(_)) => {
            Ok(value.as_f64().map_or(value, Value::from))
        }
        (Shape::Double(_), Value::String(text)) if special(&text).is_some() => {
            Ok(Value::String(text))
        }
        (Shape::Blob, Value::String(text)) => match STANDARD.decode(&text) {
            Ok(_) => Ok(Value::String(text)),
            Err(error) => Err(ServiceError::serialization(format!(
                "A blob is not base64: {error}"
            ))),
        },
        (Shape::List(list), Value::Array(values)) => values
            .into_iter()
            .map(|value| element(value, list.element))
            .collect(),
        (Shape::Map(map), Value::Object(entries)) => {
            let entries = entries
                .into_iter()
                .map(|(key, value)| Ok((key, element(value, map.value)?)));
            entries.collect::<Result<Map<_, _>, _>>().map(Value::Object)
        }
        (Shape::Structure(structure), Value::Object(map)) => {
            members(map, structure).map(Value::Object)
        }
        (_, value) => Err(mismatch(&value, shape)),
    }
}

/// A list's or map's value: null stays, for it has a meaning there (a response template given as null is kept).
fn element(value: Value, shape: Shape) -> Result<Value, ServiceError> {
    if value.is_null() {
        Ok(value)
    } else {
        typed(value, shape)
    }
}

/// `true` or `false` from text, as Java's `Boolean` reads them.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// The doubles that JSON writes as text.
pub(crate) fn special(text: &str) -> Option<f64> {
    match text {
        "NaN" => Some(f64::NAN),
        "Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

/// A double as a JSON value: text where JSON has no number.
pub(crate) fn double(value: f64) -> Value {
    match Number::from_f64(value) {
        Some(number) => Value::Number(number),
        None if value.is_nan() => Value::from("NaN"),
        None if value > 0.0 => Value::from("Infinity"),
        None => Value::from("-Infinity"),
    }
}

/// The integer that a number is, if it is one.
fn whole(number: &Number) -> Option<i64> {
    number.as_i64().or_else(|| {
        let float = number.as_f64()?;
        #[expect(clippy::cast_possible_truncation, reason = "whole and within 53 bits")]
        (float.fract() == 0.0 && float.abs() < 9e15).then_some(float as i64)
    })
}

/// `SerializationException` for a value of a wrong type.
///
/// A boolean where text belongs is recorded (`spec/aws-recorded/FACTS.md` §5). The other texts are those that AWS's services
/// built on the same framework are known to give; none is recorded of API Gateway.
pub(crate) fn mismatch(value: &Value, shape: Shape) -> ServiceError {
    let wanted = match shape {
        Shape::Text(_) => "String",
        Shape::Boolean => "Boolean",
        Shape::Integer(_) => "Integer",
        Shape::Long(_) => "Long",
        Shape::Double(_) => "Double",
        Shape::Timestamp => "Date",
        Shape::Blob => "ByteBuffer",
        Shape::List(_) | Shape::Map(_) | Shape::Structure(_) => "",
    };
    let given = match value {
        Value::Object(_) => {
            return ServiceError::serialization(
                "Start of structure or map found where not expected.",
            );
        }
        Value::Array(_) => {
            return ServiceError::serialization("Start of list found where not expected");
        }
        Value::Null => "null",
        Value::Bool(_) => "java.lang.Boolean",
        Value::String(_) => "java.lang.String",
        Value::Number(number) => match number.as_i64() {
            Some(n) if i16::try_from(n).is_ok() => "java.lang.Short",
            Some(n) if i32::try_from(n).is_ok() => "java.lang.Integer",
            Some(_) => "java.lang.Long",
            None if number.is_u64() => "java.math.BigInteger",
            None => "java.lang.Double",
        },
    };
    ServiceError::serialization(if wanted.is_empty() {
        format!("Unrecognized collection type class {given}")
    } else {
        format!("class {given} can not be converted to an {wanted}")
    })
}

/// How an answer's JSON writes points in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Times {
    /// Epoch seconds, as integers when whole.
    Epoch,
    /// ISO 8601, in `application/hal+json`.
    Iso,
}

/// The answer's value as the model has it: nulls of structures left out, doubles and points in time in their form.
pub(crate) fn written(value: Value, structure: &Structure, times: Times) -> Map<String, Value> {
    let Value::Object(map) = value else {
        return Map::new();
    };
    let mut out = Map::with_capacity(map.len());
    for (key, value) in map {
        if value.is_null() {
            continue;
        }
        let member = structure.member(&key);
        debug_assert!(member.is_some(), "{} has no member {key}", structure.name);
        if let Some(member) = member {
            out.insert(key, written_value(value, member.shape, times));
        }
    }
    out
}

fn written_value(value: Value, shape: Shape, times: Times) -> Value {
    match (shape, value) {
        (Shape::Double(_), value @ Value::Number(_)) => value.as_f64().map_or(value, Value::from),
        (Shape::Timestamp, value @ Value::Number(_)) => match (value.as_f64(), times) {
            (Some(seconds), Times::Epoch) => time::number(seconds),
            (Some(seconds), Times::Iso) => time::iso(seconds).map_or(value, Value::from),
            (None, _) => value,
        },
        (Shape::List(list), Value::Array(values)) => values
            .into_iter()
            .map(|value| written_value(value, list.element, times))
            .collect(),
        (Shape::Map(map), Value::Object(entries)) => entries
            .into_iter()
            .map(|(key, value)| (key, written_value(value, map.value, times)))
            .collect::<Map<_, _>>()
            .into(),
        (Shape::Structure(structure), value @ Value::Object(_)) => {
            Value::Object(written(value, structure, times))
        }
        (_, value) => value,
    }
}
