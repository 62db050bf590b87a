//! `PutTraceSegments`, `GetTraceSummaries`, `BatchGetTraces`. Facts: `spec/xray.md` §5.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::document::{self, Refused, assembled, each};
use super::filter::{Filter, View};
use super::{At, invalid};
use crate::engine::control::token;
use crate::engine::telemetry::traces::Trace;
use crate::engine::wire::{Input, ServiceError};

/// The longest time that a call may ask for, in seconds.
const SPAN: f64 = 24.0 * 3600.0;
/// Traces that are looked at for one page; fewer may pass the filter.
const PAGE: usize = 500;
/// Ids in a call of `BatchGetTraces`.
const BATCH: usize = 5;
const TOKEN: &str = "NextToken";

type Answer = Result<Value, ServiceError>;

pub(super) fn put(at: At<'_>, input: &Input) -> Value {
    let documents = input.members.get("TraceSegmentDocuments");
    let documents = documents.and_then(Value::as_array).into_iter().flatten();
    let mut refused = Vec::new();
    for text in documents.filter_map(Value::as_str) {
        match document::read(text, at.now()) {
            Ok(segment) => at.xray.traces.put(at.region, segment),
            Err(Refused { id, code }) => refused.push(json!({
                "Id": id,
                "ErrorCode": code,
                "Message": format!("Invalid segment. ErrorCode: {code}"),
            })),
        }
    }
    json!({"UnprocessedTraceSegments": refused})
}

pub(super) fn batch(at: At<'_>, input: &Input) -> Answer {
    let ids = input.members.get("TraceIds").and_then(Value::as_array);
    let ids: Vec<&str> = ids
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if ids.len() > BATCH {
        return Err(invalid(format!(
            "At most {BATCH} trace ids can be asked for at once, and {} were.",
            ids.len()
        )));
    }
    at.xray.traces.tidy(at.now());
    let mut traces = Vec::new();
    let mut unknown = Vec::new();
    for id in ids {
        let Some(trace) = at.xray.traces.get(at.region, id) else {
            unknown.push(id);
            continue;
        };
        let segments: Vec<Value> = assembled(&trace)
            .iter()
            .map(|segment| json!({"Id": segment["id"], "Document": segment.to_string()}))
            .collect();
        traces.push(json!({
            "Id": id,
            "Duration": duration(&trace),
            "LimitExceeded": trace.limit_exceeded,
            "Segments": segments,
        }));
    }
    Ok(json!({"Traces": traces, "UnprocessedTraceIds": unknown}))
}

/// After which trace a page begins.
#[derive(Serialize, Deserialize)]
struct Place(f64, String);

pub(super) fn summaries(at: At<'_>, input: &Input) -> Answer {
    let time = |name: &str| {
        let time = input.number(name);
        time.ok_or_else(|| invalid(format!("{name} must be a timestamp.")))
    };
    let (from, to) = (time("StartTime")?, time("EndTime")?);
    if from > to {
        return Err(invalid("StartTime must not be after EndTime."));
    }
    if to - from > SPAN {
        return Err(invalid(
            "The time between StartTime and EndTime can't be longer than 24 hours.",
        ));
    }
    let filter = input
        .text("FilterExpression")
        .filter(|f| !f.trim().is_empty());
    let filter = filter.map(Filter::parse).transpose();
    let filter = filter.map_err(|why| invalid(format!("Invalid filter expression: {why}.")))?;
    let by_id = !matches!(input.text("TimeRangeType"), Some("Event" | "Service"));
    let strategy = &input
        .members
        .get("SamplingStrategy")
        .cloned()
        .unwrap_or_default();
    let share = match strategy["Name"].as_str() {
        Some("FixedRate") if input.flag("Sampling") => strategy["Value"].as_f64().unwrap_or(1.0),
        _ => 1.0,
    };
    let place: Option<Place> = token::read(input, TOKEN).map_err(|_| {
        invalid("The NextToken isn't one of this call: ask for the first page again.")
    })?;
    at.xray.traces.tidy(at.now());
    // A trace's id has whole seconds only.
    let found = at.xray.traces.between(at.region, from.floor(), to);
    let mut candidates = found.into_iter().filter(|(start, id)| {
        place.as_ref().is_none_or(|Place(time, last)| {
            (start.total_cmp(time)).then_with(|| id.cmp(last)).is_lt()
        }) && (!by_id || began(id).is_some_and(|began| began >= from.floor() && began <= to))
            && drawn(id) < share
    });
    let page: Vec<(f64, String)> = candidates.by_ref().take(PAGE).collect();
    let more = candidates.next().is_some();
    let mut all = Vec::new();
    for (_, id) in &page {
        if let Some(trace) = at.xray.traces.get(at.region, id) {
            let summary = Summary::of(id, &trace);
            if filter
                .as_ref()
                .is_none_or(|filter| filter.passes(&summary.view()))
            {
                all.push(summary.told(at));
            }
        }
    }
    let mut output = json!({
        "TraceSummaries": all,
        "ApproximateTime": page.first().map_or(to, |(start, _)| *start),
        "TracesProcessedCount": page.len(),
    });
    if let Some((start, id)) = page.into_iter().last().filter(|_| more) {
        output[TOKEN] = Value::from(token::write(input, TOKEN, &Place(start, id)));
    }
    Ok(output)
}

/// When a trace began, by its id.
fn began(id: &str) -> Option<f64> {
    let hex = id.get(2..10)?;
    u32::from_str_radix(hex, 16).ok().map(f64::from)
}

/// 0.0 to 1.0, always the same for a trace.
fn drawn(id: &str) -> f64 {
    let hex = id.len().checked_sub(6).and_then(|at| id.get(at..));
    let number = hex.and_then(|hex| u32::from_str_radix(hex, 16).ok());
    f64::from(number.unwrap_or(0)) / f64::from(1_u32 << 24)
}

fn duration(trace: &Trace) -> f64 {
    // Microseconds: differences of epoch seconds carry noise behind that.
    ((trace.end - trace.start) * 1e6).round() / 1e6
}

/// A trace, and what is told of it without its documents.
struct Summary<'a> {
    id: &'a str,
    trace: &'a Trace,
    segments: Vec<Value>,
}

impl<'a> Summary<'a> {
    fn of(id: &'a str, trace: &'a Trace) -> Self {
        Self {
            id,
            trace,
            segments: assembled(trace),
        }
    }

    /// The segment that nobody here called.
    fn root(&self) -> Option<&Value> {
        let orphan = |segment: &&Value| {
            let parent = segment["parent_id"].as_str();
            parent.is_none_or(|parent| {
                let mut known = false;
                for segment in &self.segments {
                    each(segment, &mut |inner| known |= inner["id"] == parent);
                }
                !known
            })
        };
        let mut orphans: Vec<&Value> = self.segments.iter().filter(orphan).collect();
        orphans.sort_by(|a, b| {
            let start = |segment: &Value| segment["start_time"].as_f64().unwrap_or(f64::MAX);
            start(a).total_cmp(&start(b))
        });
        orphans.first().copied()
    }

    fn view(&self) -> View<'_> {
        View {
            segments: &self.segments,
            root: self.root(),
            partial: self.trace.is_partial(),
            duration: duration(self.trace),
        }
    }

    fn told(&self, at: At<'_>) -> Value {
        let service = |segment: &Value| {
            let mut service = json!({"Name": segment["name"], "Names": [segment["name"]]});
            if let Some(origin) = segment["origin"].as_str() {
                service["Type"] = json!(origin);
            }
            if segment["origin"]
                .as_str()
                .is_some_and(|o| o.starts_with("AWS::"))
            {
                service["AccountId"] = json!(at.xray.account);
            }
            service
        };
        let root = self.root();
        let flag = |name: &str| root.is_some_and(|root| root[name] == true);
        let mut summary = json!({
            "Id": self.id,
            "StartTime": self.trace.start,
            "Duration": duration(self.trace),
            "HasFault": flag("fault"),
            "HasError": flag("error"),
            "HasThrottle": flag("throttle"),
            "IsPartial": self.trace.is_partial(),
            "Http": {},
            "Annotations": self.annotations(&service),
            "Users": self.users(&service),
            "ServiceIds": unique(self.segments.iter().map(service)),
            "ResourceARNs": unique(self.values("resource_arn", "ARN")),
            "InstanceIds": unique(self.ec2("instance_id", "Id")),
            "AvailabilityZones": unique(self.ec2("availability_zone", "Name")),
            "FaultRootCauses": [],
            "ErrorRootCauses": [],
            "ResponseTimeRootCauses": [],
            "Revision": self.trace.revision,
            "MatchedEventTime": self.trace.start,
        });
        if let Some(root) = root {
            summary["EntryPoint"] = service(root);
            summary["Http"] = http(root);
            if let Some((start, end)) = root["start_time"].as_f64().zip(root["end_time"].as_f64()) {
                summary["ResponseTime"] = json!(((end - start) * 1e6).round() / 1e6);
            }
        }
        summary
    }

    fn annotations(&self, service: &dyn Fn(&Value) -> Value) -> Map<String, Value> {
        let mut all: Map<String, Value> = Map::new();
        for segment in &self.segments {
            each(segment, &mut |inner| {
                let given = inner["annotations"].as_object();
                for (name, value) in given.into_iter().flatten() {
                    let value = match value {
                        Value::Bool(_) => json!({"BooleanValue": value}),
                        Value::Number(_) => json!({"NumberValue": value}),
                        Value::String(_) => json!({"StringValue": value}),
                        _ => continue,
                    };
                    let list = all.entry(name.as_str()).or_insert_with(|| json!([]));
                    let list = list.as_array_mut();
                    let Some(list) = list else { continue };
                    let service = service(segment);
                    match list
                        .iter_mut()
                        .find(|told| told["AnnotationValue"] == value)
                    {
                        Some(told) => {
                            if let Some(ids) = told["ServiceIds"].as_array_mut()
                                && !ids.contains(&service)
                            {
                                ids.push(service);
                            }
                        }
                        None => {
                            list.push(json!({"AnnotationValue": value, "ServiceIds": [service]}));
                        }
                    }
                }
            });
        }
        all
    }

    fn users(&self, service: &dyn Fn(&Value) -> Value) -> Vec<Value> {
        let users = self.segments.iter().filter_map(|segment| {
            let user = segment["user"].as_str()?;
            Some(json!({"UserName": user, "ServiceIds": [service(segment)]}))
        });
        unique(users)
    }

    fn values<'b>(&'b self, member: &'b str, told: &'b str) -> impl Iterator<Item = Value> + 'b {
        let values = self.segments.iter().filter_map(move |s| s[member].as_str());
        values.map(move |value| json!({told: value}))
    }

    fn ec2<'b>(&'b self, member: &'b str, told: &'b str) -> impl Iterator<Item = Value> + 'b {
        let values = self.segments.iter();
        let values = values.filter_map(move |s| s["aws"]["ec2"][member].as_str());
        values.map(move |value| json!({told: value}))
    }
}

fn http(root: &Value) -> Value {
    let (request, response) = (&root["http"]["request"], &root["http"]["response"]);
    let mut http = Map::new();
    for (name, value) in [
        ("HttpURL", &request["url"]),
        ("HttpStatus", &response["status"]),
        ("HttpMethod", &request["method"]),
        ("UserAgent", &request["user_agent"]),
        ("ClientIp", &request["client_ip"]),
    ] {
        if !value.is_null() {
            http.insert(name.to_owned(), value.clone());
        }
    }
    Value::Object(http)
}

fn unique(values: impl Iterator<Item = Value>) -> Vec<Value> {
    let mut all = Vec::new();
    for value in values {
        if !all.contains(&value) {
            all.push(value);
        }
    }
    all
}
