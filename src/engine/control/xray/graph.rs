//! `GetServiceGraph` and `GetTraceGraph`: which services called which, and how that went. Facts: `spec/xray.md` §5.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use super::document::{assembled, each};
use super::{At, invalid};
use crate::engine::wire::{Input, ServiceError};

/// The longest time that a call may ask for, in seconds: as of summaries (unverified).
const SPAN: f64 = 24.0 * 3600.0;

/// Services and their calls.
#[derive(Default)]
struct Graph {
    /// By name and type, in the order in which they were met.
    services: Vec<Service>,
    places: HashMap<(String, String), usize>,
}

struct Service {
    name: String,
    kind: String,
    /// Whether requests come here from outside.
    root: bool,
    seen: Seen,
    /// Whom it called.
    edges: BTreeMap<usize, Seen>,
}

/// How some segments went.
#[derive(Default)]
struct Seen {
    /// Epoch seconds; nothing before the first.
    time: Option<(f64, f64)>,
    ok: u64,
    throttled: u64,
    errors: u64,
    faults: u64,
    total_time: f64,
    /// Durations in milliseconds, and how often each was.
    times: BTreeMap<i64, u64>,
}

pub(super) fn of_time(at: At<'_>, input: &Input) -> Result<Value, ServiceError> {
    let time = |name: &str| {
        let time = input.number(name);
        time.ok_or_else(|| invalid(format!("{name} must be a timestamp.")))
    };
    let (from, to) = (time("StartTime")?, time("EndTime")?);
    if from > to || to - from > SPAN {
        return Err(invalid(
            "StartTime must not be after EndTime, and at most 24 hours before it.",
        ));
    }
    for member in ["GroupName", "GroupARN"] {
        if let Some(group) = input.text(member).filter(|group| *group != "Default") {
            return Err(invalid(format!(
                "Sluice has no groups of traces yet: leave out {member}, which is {group}."
            )));
        }
    }
    at.xray.traces.tidy(at.now());
    let found = at.xray.traces.between(at.region, from, to).into_iter();
    let services = services(at, found.map(|(_, id)| id));
    Ok(json!({
        "StartTime": from,
        "EndTime": to,
        "Services": services,
        "ContainsOldGroupVersions": false,
    }))
}

pub(super) fn of_traces(at: At<'_>, input: &Input) -> Value {
    let ids = input.members.get("TraceIds").and_then(Value::as_array);
    let ids = ids.into_iter().flatten().filter_map(Value::as_str);
    json!({"Services": services(at, ids.map(str::to_owned))})
}

fn services(at: At<'_>, ids: impl Iterator<Item = String>) -> Vec<Value> {
    let mut graph = Graph::default();
    for id in ids {
        if let Some(trace) = at.xray.traces.get(at.region, &id) {
            graph.add(&assembled(&trace));
        }
    }
    graph.told(&at.xray.account)
}

impl Graph {
    fn add(&mut self, segments: &[Value]) {
        // Who made a call, by the id of its segment or subsegment.
        let mut callers: HashMap<&str, usize> = HashMap::new();
        for segment in segments {
            let place = self.place(segment, None);
            self.services[place].seen.add(segment);
            each(segment, &mut |inner| {
                if let Some(id) = inner["id"].as_str() {
                    callers.insert(id, place);
                }
            });
        }
        for segment in segments {
            let called = self.place(segment, None);
            let parent = segment["parent_id"].as_str();
            let known = parent.and_then(|parent| callers.get(parent)).copied();
            let from = known.unwrap_or_else(|| {
                self.services[called].root = true;
                let client = self.place(segment, Some("client"));
                self.services[client].seen.span(segment);
                client
            });
            let edge = self.services[from].edges.entry(called).or_default();
            edge.add(segment);
        }
    }

    /// The place of the service that a segment belongs to; `kind` where it isn't the segment's own.
    fn place(&mut self, segment: &Value, kind: Option<&str>) -> usize {
        let name = segment["name"].as_str().unwrap_or_default();
        let kind = kind.or(segment["origin"].as_str()).unwrap_or_default();
        let key = (name.to_owned(), kind.to_owned());
        if let Some(place) = self.places.get(&key) {
            return *place;
        }
        self.services.push(Service {
            name: key.0.clone(),
            kind: key.1.clone(),
            root: false,
            seen: Seen::default(),
            edges: BTreeMap::new(),
        });
        let place = self.services.len() - 1;
        self.places.insert(key, place);
        place
    }

    fn told(&self, account: &str) -> Vec<Value> {
        let all = self.services.iter().enumerate();
        all.map(|(place, service)| {
            let is_client = service.kind == "client";
            let edges = service.edges.iter().map(|(called, seen)| {
                let mut edge = json!({"ReferenceId": called, "Aliases": []});
                seen.tell(&mut edge, "ResponseTimeHistogram");
                edge
            });
            let mut told = json!({
                "ReferenceId": place,
                "Name": service.name,
                "Names": [service.name],
                "State": if is_client { "unknown" } else { "active" },
                "Edges": edges.collect::<Vec<Value>>(),
            });
            if service.root {
                told["Root"] = Value::Bool(true);
            }
            if !service.kind.is_empty() {
                told["Type"] = json!(service.kind);
            }
            if service.kind.starts_with("AWS::") {
                told["AccountId"] = json!(account);
            }
            if is_client {
                service.seen.tell_time(&mut told);
            } else {
                service.seen.tell(&mut told, "ResponseTimeHistogram");
                told["DurationHistogram"] = told["ResponseTimeHistogram"].clone();
            }
            told
        })
        .collect()
    }
}

impl Seen {
    fn add(&mut self, segment: &Value) {
        let flag = |name: &str| segment[name] == true;
        if flag("fault") {
            self.faults += 1;
        } else if flag("throttle") {
            self.throttled += 1;
        } else if flag("error") {
            self.errors += 1;
        } else {
            self.ok += 1;
        }
        let (start, end) = self.span(segment);
        self.total_time += end - start;
        // Durations are minutes at the most.
        #[allow(clippy::cast_possible_truncation, reason = "saturates")]
        let millis = ((end - start) * 1e3).round() as i64;
        *self.times.entry(millis).or_default() += 1;
    }

    /// Widens the time; gives the segment's.
    fn span(&mut self, segment: &Value) -> (f64, f64) {
        let start = segment["start_time"].as_f64().unwrap_or_default();
        let end = segment["end_time"].as_f64().unwrap_or(start);
        let (first, last) = self.time.unwrap_or((start, end));
        self.time = Some((first.min(start), last.max(end)));
        (start, end)
    }

    fn tell_time(&self, told: &mut Value) {
        if let Some((start, end)) = self.time {
            told["StartTime"] = json!(start);
            told["EndTime"] = json!(end);
        }
    }

    fn tell(&self, told: &mut Value, histogram: &str) {
        self.tell_time(told);
        told["SummaryStatistics"] = json!({
            "OkCount": self.ok,
            "ErrorStatistics": {
                "ThrottleCount": self.throttled,
                "OtherCount": self.errors,
                "TotalCount": self.throttled + self.errors,
            },
            "FaultStatistics": {"OtherCount": self.faults, "TotalCount": self.faults},
            "TotalCount": self.ok + self.throttled + self.errors + self.faults,
            "TotalResponseTime": (self.total_time * 1e6).round() / 1e6,
        });
        let times = self.times.iter().map(|(millis, count)| {
            #[allow(clippy::cast_precision_loss, reason = "far below 2^53")]
            let seconds = *millis as f64 / 1e3;
            json!({"Value": seconds, "Count": count})
        });
        told[histogram] = times.collect();
    }
}
