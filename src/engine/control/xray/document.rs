//! Segment documents: what of them is understood, and what is wrong with those that aren't taken.
//!
//! Facts: `spec/xray.md` §2. The names of the errors other than `InvalidTraceId` are unverified.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::engine::gateway::{is_span_id, is_trace_id};
use crate::engine::telemetry::traces::{Segment, Trace};

/// The size of a document, in bytes.
const SIZE: usize = 64 << 10;
/// How old a segment may be, in seconds: 30 days.
const PAST: f64 = 30.0 * 86_400.0;
/// How far ahead a segment may be, in seconds (unverified).
const FUTURE: f64 = 600.0;
/// Subsegments in subsegments: deeper ones are left alone.
const DEPTH: usize = 64;

/// A document that isn't taken: its segment's id, if that can be read, and why.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) id: String,
    pub(super) code: &'static str,
}

/// Reads a document. `now`, epoch seconds, tells whether its time is possible.
pub(super) fn read(text: &str, now: f64) -> Result<Segment, Refused> {
    let refused = |id: &str, code| {
        Err(Refused {
            id: id.to_owned(),
            code,
        })
    };
    if text.len() > SIZE {
        return refused("", "DocumentTooLarge");
    }
    let Ok(document) = serde_json::from_str::<Value>(text) else {
        return refused("", "ParseError");
    };
    let id = document["id"].as_str().unwrap_or_default();
    if !is_span_id(id) {
        return refused(id, "InvalidId");
    }
    let trace_id = document["trace_id"].as_str().unwrap_or_default();
    if !is_trace_id(trace_id) {
        return refused(id, "InvalidTraceId");
    }
    if document["name"].as_str().is_none_or(str::is_empty) {
        return refused(id, "MissingName");
    }
    let parent = &document["parent_id"];
    if !parent.is_null() && !parent.as_str().is_some_and(is_span_id) {
        return refused(id, "InvalidParentId");
    }
    if is_subsegment(&document) && parent.is_null() {
        return refused(id, "MissingParentId");
    }
    let Some(start) = document["start_time"].as_f64() else {
        return refused(id, "MissingStartTime");
    };
    // The trace's id says when it began.
    let began = trace_id
        .get(2..10)
        .and_then(|hex| u32::from_str_radix(hex, 16).ok())
        .map_or(0.0, f64::from);
    let possible = |time: f64| time >= now - PAST && time <= now + FUTURE;
    if !possible(began) || !possible(start) {
        return refused(id, "InvalidTraceId");
    }
    let end = document["end_time"].as_f64();
    if end.is_none() && document["in_progress"] != true {
        return refused(id, "MissingEndTime");
    }
    Ok(Segment {
        trace_id: trace_id.to_owned(),
        id: id.to_owned(),
        start,
        end,
        document: text.to_owned(),
    })
}

fn is_subsegment(document: &Value) -> bool {
    document["type"] == "subsegment"
}

/// The segments of a trace: subsegments that came by themselves are put into the segment that they are part of, and who was called and sent
/// nothing gets an inferred segment.
pub(super) fn assembled(trace: &Trace) -> Vec<Value> {
    let read = trace.segments.values();
    let documents = read.filter_map(|text| serde_json::from_str::<Value>(text).ok());
    let (mut late, mut segments): (Vec<Value>, Vec<Value>) = documents.partition(is_subsegment);
    // One may be part of another.
    loop {
        let before = late.len();
        late.retain_mut(|document| {
            let parent = document["parent_id"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            let mut places = segments.iter_mut();
            let Some(place) = places.find_map(|segment| find(segment, &parent, DEPTH)) else {
                return true;
            };
            if !place["subsegments"].is_array() {
                place["subsegments"] = json!([]);
            }
            if let Some(list) = place["subsegments"].as_array_mut() {
                list.push(document.take());
            }
            false
        });
        if late.len() == before || late.is_empty() {
            break;
        }
    }
    segments.append(&mut late);
    let inferred = inferred(&segments);
    segments.extend(inferred);
    segments
}

/// The segment or subsegment of this id.
fn find<'a>(document: &'a mut Value, id: &str, depth: usize) -> Option<&'a mut Value> {
    if document["id"] == id {
        return Some(document);
    }
    if depth == 0 {
        return None;
    }
    let inner = document.get_mut("subsegments")?.as_array_mut()?;
    inner
        .iter_mut()
        .find_map(|inner| find(inner, id, depth - 1))
}

/// Visits a document and its subsegments, outermost first.
pub(super) fn each<'a>(document: &'a Value, visit: &mut dyn FnMut(&'a Value)) {
    fn go<'a>(document: &'a Value, depth: usize, visit: &mut dyn FnMut(&'a Value)) {
        visit(document);
        if depth > 0 {
            let inner = document["subsegments"].as_array();
            for inner in inner.into_iter().flatten() {
                go(inner, depth - 1, visit);
            }
        }
    }
    go(document, DEPTH, visit);
}

fn inferred(segments: &[Value]) -> Vec<Value> {
    let callees: HashSet<&str> = segments
        .iter()
        .filter_map(|segment| segment["parent_id"].as_str())
        .collect();
    let mut all = Vec::new();
    for segment in segments {
        each(segment, &mut |inner| {
            let id = inner["id"].as_str().unwrap_or_default();
            if inner["namespace"].is_string() && !callees.contains(id) {
                all.push(infer(segment, inner, id));
            }
        });
    }
    all
}

fn infer(segment: &Value, call: &Value, id: &str) -> Value {
    // The same call must have the same segment whenever it is asked for.
    let hash = id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mut inferred = json!({
        "id": format!("{hash:016x}"),
        "name": call["name"],
        "start_time": call["start_time"],
        "trace_id": segment["trace_id"],
        "parent_id": id,
        "inferred": true,
    });
    for member in [
        "end_time",
        "in_progress",
        "http",
        "aws",
        "error",
        "throttle",
        "fault",
    ] {
        if !call[member].is_null() {
            inferred[member] = call[member].clone();
        }
    }
    if call["namespace"] == "aws" {
        let service = call["name"].as_str().unwrap_or_default();
        if let Some(function) = call["aws"]["function_name"].as_str() {
            inferred["name"] = json!(function);
            inferred["origin"] = json!("AWS::Lambda");
        } else {
            inferred["origin"] = json!(format!("AWS::{service}"));
        }
    } else {
        inferred["origin"] = json!("remote");
    }
    inferred
}
