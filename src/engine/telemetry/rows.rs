//! The metrics as rows of the store: minutes only, in batches.
//!
//! A row holds an hour of a series and is written again each minute that has requests; a row of its own holds the minutes that run.
//! Who saves waits for [`Telemetry::changed`], then a second, then commits [`Telemetry::unsaved`]: so a crash loses about a second,
//! and nothing wakes up while there are no requests.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};

use super::codec::{Entry as _, Reader, Writer};
use super::point::Point;
use super::series::{MINUTE, MINUTES_KEPT, merge_into};
use super::slot::{MethodName, SlotKey};
use super::{SeriesKey, Telemetry};
use crate::engine::store::{Change, Row};

/// The kind of these rows.
pub const KIND: &str = "metric";

/// A row's key: a series, and the hour's start or nothing for what runs.
#[derive(Serialize, Deserialize)]
struct RowKey(
    String,         // API id
    String,         // API name
    String,         // stage
    Option<String>, // resource
    Option<String>, // verb
    bool,           // detailed
    bool,           // canary
    Option<i64>,    // the hour's start
);

/// A row's value.
#[derive(Serialize, Deserialize)]
struct RowValue {
    /// Packed points in base64.
    points: String,
}

impl SeriesKey {
    fn change(&self, hour: Option<i64>, packed: Option<&[u8]>) -> Change {
        let slot = &self.slot;
        let (resource, verb) = match &slot.method {
            Some(method) => (Some(method.resource.clone()), Some(method.verb.clone())),
            None => (None, None),
        };
        let key = RowKey(
            slot.api_id.clone(),
            slot.api_name.clone(),
            slot.stage.clone(),
            resource,
            verb,
            slot.detailed,
            self.canary,
            hour,
        );
        let value = packed.map(|packed| {
            json(&RowValue {
                points: BASE64.encode(packed),
            })
        });
        Change {
            region: slot.region.clone(),
            kind: KIND,
            key: json(&key),
            value,
        }
    }

    fn parse(row: &Row) -> Option<(Self, Option<i64>)> {
        let RowKey(api_id, api_name, stage, resource, verb, detailed, canary, hour) =
            serde_json::from_str(&row.key).ok()?;
        let method = match (resource, verb) {
            (Some(resource), Some(verb)) => Some(MethodName { resource, verb }),
            _ => None,
        };
        let slot = Arc::new(SlotKey {
            region: row.region.clone(),
            api_id,
            api_name,
            stage,
            method,
            detailed,
        });
        Some((Self { slot, canary }, hour))
    }
}

/// Texts, numbers and lists of them always serialise.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

impl Telemetry {
    /// Waits until there may be something to save.
    pub async fn changed(&self) {
        self.0.changed.notified().await;
    }

    /// What isn't saved yet, as changes to commit together. If the commit fails, say so with [`not_saved`](Self::not_saved).
    #[must_use]
    pub fn unsaved(&self) -> Vec<Change> {
        let mut reading = self.read();
        if !reading.running.is_empty() {
            // They go on after this, so they are to be saved again.
            self.0.changed.notify_one();
        }
        let mut open: BTreeMap<SeriesKey, BTreeMap<i64, Point>> = BTreeMap::new();
        for running in std::mem::take(&mut reading.running) {
            let minutes = open.entry(running.key).or_default();
            merge_into(minutes, running.second, MINUTE, running.point);
        }
        let mut changes = Vec::new();
        let state = &mut *reading.state;
        for (key, series) in state.archive.iter_mut() {
            for start in std::mem::take(&mut series.forgotten) {
                changes.push(key.change(Some(start), None));
            }
            for hour in series.hours_mut().filter(|hour| !hour.settled) {
                hour.settled = true;
                changes.push(key.change(Some(hour.start), Some(hour.packed())));
            }
            for (minute, point) in series.open_minutes() {
                merge_into(open.entry(key.clone()).or_default(), minute, MINUTE, point);
            }
        }
        let rolled_up: Vec<SeriesKey> = (state.open_rows.keys())
            .filter(|key| !open.contains_key(key))
            .cloned()
            .collect();
        for key in rolled_up {
            state.open_rows.remove(&key);
            changes.push(key.change(None, None));
        }
        for (key, minutes) in open {
            let change = key.change(None, Some(&pack(&minutes)));
            let saved = state.open_rows.get(&key);
            if let Some(value) = &change.value
                && saved != Some(value)
            {
                state.open_rows.insert(key, value.clone());
                changes.push(change);
            }
        }
        changes
    }

    /// The changes of the last [`unsaved`](Self::unsaved) didn't reach the store: all will be among the next.
    pub fn not_saved(&self) {
        let mut state = self.0.state();
        for (_, series) in state.archive.iter_mut() {
            for hour in series.hours_mut() {
                hour.settled = false;
            }
        }
        for saved in state.open_rows.values_mut() {
            saved.clear();
        }
        drop(state);
        self.0.changed.notify_one();
    }

    /// Takes the rows of this [`KIND`] back, before anything is recorded. Returns how many can't be read and are left out.
    pub fn restore<'r>(&self, rows: impl IntoIterator<Item = &'r Row>) -> usize {
        let kept_from = self.0.clock.now().as_second() - MINUTES_KEPT;
        let mut unreadable = 0;
        let mut state = self.0.state();
        for row in rows {
            let read = || {
                let value: RowValue = serde_json::from_str(&row.value).ok()?;
                let packed = BASE64.decode(value.points).ok()?;
                Some((SeriesKey::parse(row)?, packed))
            };
            let Some(((key, hour), packed)) = read() else {
                unreadable += 1;
                continue;
            };
            match hour {
                Some(start) if start < kept_from - 3600 => {
                    state.archive.of(&key).forget_hour(start);
                }
                Some(start) => state.archive.of(&key).restore_hour(start, &packed),
                None => {
                    let series = state.archive.of(&key);
                    for (minute, point) in unpack(&packed) {
                        series.restore_minute(minute, &point);
                    }
                    // The row goes when its minutes are saved with their hour.
                    state.open_rows.insert(key, row.value.clone());
                }
            }
        }
        if !state.open_rows.is_empty() {
            self.0.changed.notify_one();
        }
        unreadable
    }
}

fn pack(minutes: &BTreeMap<i64, Point>) -> Vec<u8> {
    let mut out = Writer::default();
    for (minute, point) in minutes {
        out.signed(*minute);
        point.write(&mut out);
    }
    out.into_bytes()
}

fn unpack(packed: &[u8]) -> Vec<(i64, Point)> {
    let mut reader = Reader::new(packed);
    let mut minutes = Vec::new();
    while !reader.is_empty() {
        let Some(minute) = reader.signed() else { break };
        let Some(point) = Point::read(&mut reader) else {
            break;
        };
        minutes.push((minute, point));
    }
    minutes
}
