//! Smithy RPC v2 CBOR: a body is one map, keyed by member names.
//!
//! Rules: `spec/cloudwatch-metrics.md` §1. Requests come with maps and lists of indefinite length; doubles go out as CBOR floats and
//! points in time under tag 1, or the Rust SDK refuses the answer.

use std::convert::Infallible;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minicbor::data::{Tag, Type};
use minicbor::decode::Error as DecodeError;
use minicbor::{Decoder, Encoder};
use serde_json::{Map, Value};

use super::error::ServiceError;
use super::json::{double, special};
use super::table::{Shape, Structure};

/// Tag 1: epoch-based time, RFC 8949 §3.4.2.
const EPOCH: u64 = 1;

/// Read a body as the members of `structure`. No body is an empty map.
///
/// How deep it descends is bounded by the model, for what the model doesn't have is skipped.
pub(crate) fn read(body: &[u8], structure: &Structure) -> Result<Map<String, Value>, ServiceError> {
    if body.is_empty() {
        return Ok(Map::new());
    }
    let mut decoder = Decoder::new(body);
    members(&mut decoder, structure).map_err(|error| {
        ServiceError::serialization(format!(
            "The body is not the CBOR of a {} (at byte {} of {}): {error}",
            structure.name,
            decoder.position(),
            body.len()
        ))
    })
}

fn members(d: &mut Decoder<'_>, structure: &Structure) -> Result<Map<String, Value>, DecodeError> {
    let mut out = Map::new();
    entries(d, |d, key| match structure.member(&key) {
        _ if null(d)? => d.skip(),
        None => d.skip(),
        Some(member) => {
            let value = value(d, member.shape)?;
            out.insert(key, value);
            Ok(())
        }
    })?;
    Ok(out)
}

/// Go through a map of definite or indefinite length.
fn entries(
    d: &mut Decoder<'_>,
    mut each: impl FnMut(&mut Decoder<'_>, String) -> Result<(), DecodeError>,
) -> Result<(), DecodeError> {
    let mut left = d.map()?;
    while more(d, &mut left)? {
        let key = text(d)?;
        each(d, key)?;
    }
    Ok(())
}

/// Whether a map or list goes on; takes the break of one of indefinite length.
fn more(d: &mut Decoder<'_>, left: &mut Option<u64>) -> Result<bool, DecodeError> {
    match left {
        Some(0) => Ok(false),
        Some(n) => {
            *n -= 1;
            Ok(true)
        }
        None if d.datatype()? == Type::Break => {
            d.set_position(d.position() + 1);
            Ok(false)
        }
        None => Ok(true),
    }
}

fn null(d: &Decoder<'_>) -> Result<bool, DecodeError> {
    Ok(matches!(d.datatype()?, Type::Null | Type::Undefined))
}

fn text(d: &mut Decoder<'_>) -> Result<String, DecodeError> {
    if d.datatype()? == Type::StringIndef {
        return d.str_iter()?.collect();
    }
    d.str().map(str::to_owned)
}

fn value(d: &mut Decoder<'_>, shape: Shape) -> Result<Value, DecodeError> {
    Ok(match shape {
        Shape::Text(_) => Value::from(text(d)?),
        Shape::Boolean => Value::from(d.bool()?),
        Shape::Integer(_) => Value::from(i32::try_from(d.i64()?).map_err(|_| {
            DecodeError::message("an integer doesn't fit 32 bits").at(d.position())
        })?),
        Shape::Long(_) => Value::from(d.i64()?),
        Shape::Double(_) => double(number(d)?),
        Shape::Timestamp => {
            if d.datatype()? == Type::Tag {
                let tag = d.tag()?;
                if tag != Tag::new(EPOCH) {
                    return Err(DecodeError::message("a time must be under tag 1").at(d.position()));
                }
            }
            let seconds = number(d)?;
            if !seconds.is_finite() {
                return Err(DecodeError::message("a time must be a finite number").at(d.position()));
            }
            Value::from(seconds)
        }
        Shape::Blob => {
            let bytes = if d.datatype()? == Type::BytesIndef {
                d.bytes_iter()?.collect::<Result<Vec<&[u8]>, _>>()?.concat()
            } else {
                d.bytes()?.to_vec()
            };
            Value::from(STANDARD.encode(bytes))
        }
        Shape::List(list) => {
            let mut out = Vec::new();
            let mut left = d.array()?;
            while more(d, &mut left)? {
                out.push(element(d, list.element)?);
            }
            Value::Array(out)
        }
        Shape::Map(map) => {
            let mut out = Map::new();
            entries(d, |d, key| {
                out.insert(key, element(d, map.value)?);
                Ok(())
            })?;
            Value::Object(out)
        }
        Shape::Structure(structure) => Value::Object(members(d, structure)?),
    })
}

/// A list's or map's value, where null stays.
fn element(d: &mut Decoder<'_>, shape: Shape) -> Result<Value, DecodeError> {
    if null(d)? {
        d.skip()?;
        return Ok(Value::Null);
    }
    value(d, shape)
}

/// A number in any of CBOR's forms.
fn number(d: &mut Decoder<'_>) -> Result<f64, DecodeError> {
    match d.datatype()? {
        Type::F16 | Type::F32 | Type::F64 => d.f64(),
        #[expect(
            clippy::cast_precision_loss,
            reason = "what a double can't hold the sender didn't mean"
        )]
        _ => d.i64().map(|n| n as f64),
    }
}

/// Writing to a vector can't fail; the error type only says so in the encoder's terms.
type Written = Result<(), minicbor::encode::Error<Infallible>>;

/// The CBOR of an answer.
pub(crate) fn written(members: &Value, structure: &Structure) -> Vec<u8> {
    finished(|body| write_members(body, members, structure))
}

/// The CBOR of an error.
pub(crate) fn error(kind: &str, message: &str) -> Vec<u8> {
    finished(|body| {
        body.map(2)?;
        body.str("__type")?.str(kind)?;
        body.str("message")?.str(message)?;
        Ok(())
    })
}

fn finished(write: impl FnOnce(&mut Encoder<Vec<u8>>) -> Written) -> Vec<u8> {
    let mut body = Encoder::new(Vec::new());
    match write(&mut body) {
        Ok(()) => body.into_writer(),
        Err(_) => Vec::new(),
    }
}

fn write_members(e: &mut Encoder<Vec<u8>>, members: &Value, structure: &Structure) -> Written {
    e.begin_map()?;
    for (key, value) in members.as_object().into_iter().flatten() {
        let member = structure.member(key);
        debug_assert!(member.is_some(), "{} has no member {key}", structure.name);
        if let Some(member) = member.filter(|_| !value.is_null()) {
            e.str(key)?;
            write_value(e, value, member.shape)?;
        }
    }
    e.end()?;
    Ok(())
}

fn write_value(e: &mut Encoder<Vec<u8>>, value: &Value, shape: Shape) -> Written {
    match (shape, value) {
        (Shape::Structure(structure), Value::Object(_)) => write_members(e, value, structure)?,
        (Shape::List(list), Value::Array(values)) => {
            e.begin_array()?;
            for value in values {
                write_value(e, value, list.element)?;
            }
            e.end()?;
        }
        (Shape::Map(map), Value::Object(entries)) => {
            e.begin_map()?;
            for (key, value) in entries {
                e.str(key)?;
                write_value(e, value, map.value)?;
            }
            e.end()?;
        }
        (Shape::Timestamp, Value::Number(number)) => {
            e.tag(Tag::new(EPOCH))?
                .f64(number.as_f64().unwrap_or(0.0))?;
        }
        (Shape::Double(_), Value::Number(number)) => {
            e.f64(number.as_f64().unwrap_or(f64::NAN))?;
        }
        (Shape::Double(_), Value::String(text)) => {
            e.f64(special(text).unwrap_or(f64::NAN))?;
        }
        (Shape::Blob, Value::String(text)) => {
            e.bytes(&STANDARD.decode(text).unwrap_or_default())?;
        }
        (_, value) => write_plain(e, value)?,
    }
    Ok(())
}

/// A value in the form that it has by itself.
fn write_plain(e: &mut Encoder<Vec<u8>>, value: &Value) -> Written {
    match value {
        Value::Null => e.null()?,
        Value::Bool(flag) => e.bool(*flag)?,
        Value::String(text) => e.str(text)?,
        Value::Number(number) => match number.as_i64() {
            Some(whole) => e.i64(whole)?,
            None => e.f64(number.as_f64().unwrap_or(f64::NAN))?,
        },
        // A list or map where the model has a scalar: the engine's own fault, caught in its tests.
        Value::Array(_) | Value::Object(_) => {
            debug_assert!(false, "{value} is no scalar");
            e.null()?
        }
    };
    Ok(())
}
