//! restJson1: members travel in path, query, headers and body.

use bytes::Bytes;
use http::HeaderValue;
use http::header::{CONTENT_TYPE, HeaderName};
use serde_json::{Map, Value};

use super::error::ServiceError;
use super::json::{Times, boolean, mismatch, read, written};
use super::protocol::set;
use super::route::{Call, form};
use super::table::{Member, Place, Shape};
use super::{Input, Output, Reply};

/// Put together the input of a call.
pub(crate) fn decode(call: &Call) -> Result<Input, ServiceError> {
    let structure = call.operation.input;
    let mut input = Input::default();
    if structure.payload().is_some() {
        input.payload = Some(call.body.clone());
    } else if structure
        .members
        .iter()
        .any(|member| member.place == Place::Body)
    {
        if call.body.is_empty() {
            // What AWS answered to SDK releases that sent no body for an input without members (from reports, not recorded). SDKs send `{}`.
            return Err(ServiceError::bad_request("Invalid request input"));
        }
        input.members = read(&call.body, structure)?;
    }
    // A body can't stand in for what travels elsewhere.
    input.members.retain(|key, _| {
        structure
            .member(key)
            .is_some_and(|member| member.place == Place::Body)
    });
    for (name, value) in &call.labels {
        input
            .members
            .insert((*name).to_owned(), Value::from(value.as_str()));
    }
    for (name, value) in &call.headers {
        input
            .members
            .insert((*name).to_owned(), Value::from(value.as_str()));
    }
    for member in structure.members {
        let value = match member.place {
            Place::Query => query_member(call, member)?,
            Place::QueryMap => query_map(call),
            _ => None,
        };
        if let Some(value) = value {
            input.members.insert(member.wire.to_owned(), value);
        }
    }
    Ok(input)
}

/// A query parameter, typed; a list is every one of its name.
fn query_member(call: &Call, member: &Member) -> Result<Option<Value>, ServiceError> {
    let mut given = call
        .query
        .iter()
        .filter(|(name, _)| name == member.wire)
        .map(|(_, value)| value.as_str());
    if let Shape::List(list) = member.shape {
        let values: Vec<Value> = given
            .map(|text| scalar(text, list.element))
            .collect::<Result<_, _>>()?;
        return Ok((!values.is_empty()).then_some(Value::Array(values)));
    }
    given
        .next()
        .map(|text| scalar(text, member.shape))
        .transpose()
}

/// A value from text, as a path or a query has it.
fn scalar(text: &str, shape: Shape) -> Result<Value, ServiceError> {
    let value = match shape {
        Shape::Boolean => boolean(text).map(Value::Bool),
        Shape::Integer(_) => text.parse::<i32>().ok().map(Value::from),
        Shape::Long(_) => text.parse::<i64>().ok().map(Value::from),
        Shape::Double(_) => text.parse::<f64>().ok().map(Value::from),
        _ => Some(Value::from(text)),
    };
    value.ok_or_else(|| mismatch(&Value::from(text), shape))
}

/// The query parameters that are neither another member nor part of the URI template.
fn query_map(call: &Call) -> Option<Value> {
    let constant = form(
        call.operation
            .uri
            .split_once('?')
            .map_or("", |(_, q)| q)
            .as_bytes(),
    );
    let mut map = Map::new();
    for (name, value) in &call.query {
        let claimed = call
            .operation
            .input
            .members
            .iter()
            .any(|member| member.place == Place::Query && member.wire == name)
            || constant.iter().any(|(key, _)| key == name);
        if !claimed {
            map.insert(name.clone(), Value::from(value.as_str()));
        }
    }
    (!map.is_empty()).then_some(Value::Object(map))
}

/// Write the answer: members bound to headers there, the payload or the rest as the body.
pub(crate) fn encode(call: &Call, output: Output, request_id: &str) -> Reply {
    let status = call.operation.status;
    let Some(structure) = call.operation.output else {
        return call.protocol.reply(status, request_id, Bytes::new());
    };
    let times = if call.hal.is_some() {
        Times::Iso
    } else {
        Times::Epoch
    };
    let mut members = written(output.members, structure, times);
    let headers: Vec<(&Member, Value)> = structure
        .members
        .iter()
        .filter(|member| member.place == Place::Header)
        .filter_map(|member| Some((member, members.shift_remove(member.wire)?)))
        .collect();
    let mut reply;
    if structure.payload().is_some() {
        let payload = output.payload.unwrap_or_default();
        reply = call.protocol.reply(status, request_id, payload);
    } else if let Some(hal) = &call.hal {
        let body = hal.wrap(members).to_string();
        reply = call.protocol.reply(status, request_id, body);
        let hal = HeaderValue::from_static("application/hal+json");
        reply.headers.insert(CONTENT_TYPE, hal);
    } else {
        let body = Value::Object(members).to_string();
        reply = call.protocol.reply(status, request_id, body);
    }
    for (member, value) in headers {
        if let (Ok(name), Some(value)) = (HeaderName::try_from(member.wire), value.as_str()) {
            set(&mut reply.headers, name, value);
        }
    }
    reply
}
