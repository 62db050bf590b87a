//! Between the SDK's types and the model's: each member, in one place per entity.

mod definition;
mod plans;
mod stages;
pub(crate) mod to_sdk;

pub(crate) use definition::*;
pub(crate) use plans::*;
pub(crate) use stages::*;

use std::collections::HashMap;

use aws_smithy_types::DateTime;
use serde::Serialize;

use crate::model::{EpochSeconds, Map};

/// A member that the service always sends; empty if it didn't.
pub(crate) fn text(member: Option<String>) -> String {
    member.unwrap_or_default()
}

/// The name on the wire of a value that serialises as a text.
pub(crate) fn name<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    }
}

/// A value by its name on the wire; the default for a name that is newer than we are.
pub(crate) fn named<T: serde::de::DeserializeOwned>(name: &str) -> Option<T> {
    serde_json::from_value(serde_json::Value::from(name)).ok()
}

/// The service's integers have 32 bits; what doesn't fit becomes the nearest that does.
pub(crate) fn int32(number: i64) -> i32 {
    i32::try_from(number).unwrap_or(if number < 0 { i32::MIN } else { i32::MAX })
}

pub(crate) fn hash(map: &Map<String>) -> HashMap<String, String> {
    map.iter().map(|(k, v)| (k.clone(), v.clone())).collect()
}

/// A map in the order of its keys: the SDK's maps have none, and what is shown must not jump.
pub(crate) fn sorted<V, W>(map: HashMap<String, V>, convert: impl Fn(V) -> W) -> Map<W> {
    let mut all: Map<W> = map.into_iter().map(|(k, v)| (k, convert(v))).collect();
    all.sort_unstable_keys();
    all
}

pub(crate) fn sorted_option<V>(map: Option<HashMap<String, V>>) -> Option<Map<V>> {
    map.map(|map| sorted(map, |v| v))
}

pub(crate) fn epoch(date: Option<DateTime>) -> EpochSeconds {
    date.map_or(0, |date| date.secs())
}
