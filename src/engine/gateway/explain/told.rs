//! A story as JSON: events grouped by phase, each with decision, reason and what they were taken from.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

use super::micros;
use crate::engine::gateway::log::mask::{cut, masked, of_header};
use crate::engine::gateway::record::{
    AuthorizerStep, CacheVerdict, Event, Neighbour, Pairs, Phase, What,
};

/// The most bytes of a body that are told.
const BODY: usize = 4_096;

/// The phases of a story: each with its start and duration, in microseconds from the request's start, and its steps.
pub(super) fn phases(events: &[Event]) -> Value {
    let mut phases: Vec<(Phase, Duration, Duration, Vec<Value>)> = Vec::new();
    let mut before = Duration::ZERO;
    for event in events {
        let current = phases.last().map(|phase| phase.0);
        let phase = event.what.phase().or(current).unwrap_or(Phase::Address);
        let step = step(&event.what, event.since.saturating_sub(before));
        match phases.last_mut() {
            Some(last) if last.0 == phase => {
                last.2 = event.since;
                last.3.push(step);
            }
            _ => phases.push((phase, before, event.since, vec![step])),
        }
        before = event.since;
    }
    phases
        .into_iter()
        .map(|(phase, start, end, steps)| {
            json!({
                "phase": phase.name(),
                "startMicros": micros(start),
                "durationMicros": micros(end.saturating_sub(start)),
                "steps": steps,
            })
        })
        .collect()
}

fn step(what: &What, took: Duration) -> Value {
    let (decision, reason, passed, input) = told(what);
    let mut value = json!({ "decision": decision, "durationMicros": micros(took) });
    if !reason.is_empty() {
        value["reason"] = reason.into();
    }
    if !passed {
        value["passed"] = false.into();
    }
    if !input.is_null() {
        value["input"] = input;
    }
    value
}

/// What was decided, why, whether the request goes on, and what it was taken from.
#[allow(
    clippy::too_many_lines,
    reason = "a table with a row for each kind of event"
)]
fn told(what: &What) -> (String, String, bool, Value) {
    let none = String::new;
    match what {
        What::Addressed {
            api,
            stage,
            deployment,
            canary,
        } => {
            let reason = canary.as_ref().map(|draw| {
                let side = if draw.canary { "canary" } else { "base" };
                let percent = draw.share * 100.0;
                let how = if draw.pinned { "pinned" } else { "drawn" };
                format!("{side}, {how}: the canary takes {percent}% of the stage's requests")
            });
            let decision = format!("stage {stage} of API {api}, deployment {deployment}");
            (decision, reason.unwrap_or_default(), true, Value::Null)
        }
        What::Routed {
            resource,
            resource_id,
            verb,
            parameters,
            others,
        } => (
            format!("{verb} {resource}"),
            reasons(others),
            true,
            json!({ "resourceId": resource_id, "parameters": object(parameters) }),
        ),
        What::NotRouted { verb, path, others } => (
            format!("no method for {verb} {path}"),
            reasons(others),
            false,
            Value::Null,
        ),
        What::Policy(verdict) => {
            let word = if verdict.allowed { "allows" } else { "denies" };
            let by = verdict.statement.as_ref();
            let by = by.map_or_else(none, |statement| format!(" by statement {statement}"));
            let decision = format!("{} {word}{by}", verdict.policy);
            (
                decision,
                verdict.reason.clone(),
                verdict.allowed,
                Value::Null,
            )
        }
        What::Authorizer(step) => authorizer(step),
        What::Key(verdict) => {
            let decision = match (verdict.required, verdict.passed) {
                (false, _) => "no API key needed".to_owned(),
                (true, true) => {
                    let plan = verdict.plan.as_deref().unwrap_or("?");
                    let id = verdict.id.as_deref().unwrap_or("?");
                    format!("API key {id}, by usage plan {plan}")
                }
                (true, false) => "API key refused".to_owned(),
            };
            let key = verdict.value.as_deref().map(masked);
            let input = key.map_or(Value::Null, |key| json!({ "apiKey": key }));
            (decision, verdict.reason.clone(), verdict.passed, input)
        }
        What::Limit(verdict) => (
            format!(
                "{} throttle: {}",
                verdict.level,
                if verdict.passed { "passed" } else { "reached" }
            ),
            format!(
                "{} a second, burst {}; {:.1} left",
                verdict.rate, verdict.burst, verdict.left
            ),
            verdict.passed,
            Value::Null,
        ),
        What::Quota(verdict) => (
            format!(
                "quota of plan {}: {}",
                verdict.plan,
                if verdict.passed { "passed" } else { "used up" }
            ),
            format!(
                "{} a {}; {} left",
                verdict.limit, verdict.period, verdict.left
            ),
            verdict.passed,
            Value::Null,
        ),
        What::Validated {
            part,
            model,
            problems,
        } => {
            let by = model.as_ref();
            let by = by.map_or_else(none, |model| format!(" by model {model}"));
            let word = if problems.is_empty() {
                "valid"
            } else {
                "invalid"
            };
            let decision = format!("{part} {word}{by}");
            (
                decision,
                problems.join("; "),
                problems.is_empty(),
                Value::Null,
            )
        }
        What::Cache(CacheVerdict {
            outcome,
            key,
            ttl,
            reason,
        }) => (
            format!("cache {outcome}"),
            reason.clone(),
            true,
            json!({ "key": key, "ttlSeconds": ttl.map(|ttl| ttl.as_secs()) }),
        ),
        What::Started { verb, path, .. } => (
            format!("execution of {verb} {path}"),
            none(),
            true,
            Value::Null,
        ),
        What::MethodRequest {
            path,
            query,
            headers,
            body,
        } => (
            "method request".to_owned(),
            none(),
            true,
            json!({
                "path": object(path),
                "querystring": object(query),
                "headers": object(headers),
                "body": text(body),
            }),
        ),
        What::Mapped {
            template,
            before,
            after,
            ..
        } => {
            let decision = match template {
                Some(template) => format!("template for {template} rendered"),
                None => "body passed on as it is".to_owned(),
            };
            let input = json!({ "before": text(before), "after": text(after) });
            (decision, none(), true, input)
        }
        What::Converted { how, reason, .. } => (
            format!("body converted: {how}"),
            reason.clone(),
            true,
            Value::Null,
        ),
        What::EndpointRequest { uri, headers, body } => (
            format!("request to {uri}"),
            none(),
            true,
            json!({ "headers": object(headers), "body": text(body) }),
        ),
        What::EndpointResponse {
            status,
            latency,
            headers,
            body,
        } => (
            format!("answer {status} after {} ms", latency.as_millis()),
            none(),
            true,
            json!({ "headers": object(headers), "body": text(body) }),
        ),
        What::EndpointRequestId(id) => (
            format!("the endpoint's request id is {id}"),
            none(),
            true,
            Value::Null,
        ),
        What::Selected {
            value,
            pattern,
            status,
            tried,
        } => {
            let decision = match status {
                Some(status) => format!("method response {status}"),
                None => "no integration response".to_owned(),
            };
            let by = match pattern {
                Some(pattern) => format!("'{value}' matches {pattern}"),
                None => format!("the default, for '{value}'"),
            };
            let reason = if tried.is_empty() {
                by
            } else {
                format!("{by}; not {}", tried.join(", "))
            };
            (decision, reason, status.is_some(), Value::Null)
        }
        What::MethodResponse { headers, body } => (
            "method response".to_owned(),
            none(),
            true,
            json!({ "headers": object(headers), "body": text(body) }),
        ),
        What::Failed(reason) => ("failed".to_owned(), reason.clone(), false, Value::Null),
        What::GatewayResponse {
            kind,
            own,
            status,
            headers,
            body,
        } => (
            format!("{} answered with {status}", kind.name()),
            if *own {
                "the API's own response".to_owned()
            } else {
                none()
            },
            true,
            json!({ "headers": object(headers), "body": text(body) }),
        ),
        What::Completed { status } => (format!("answered {status}"), none(), true, Value::Null),
        What::Traced { trace_id } => (
            format!("part of the trace {trace_id}"),
            none(),
            true,
            Value::Null,
        ),
        What::Decided {
            passed,
            decision,
            reason,
            ..
        } => (decision.clone(), reason.clone(), *passed, Value::Null),
    }
}

fn authorizer(step: &AuthorizerStep) -> (String, String, bool, Value) {
    let none = String::new;
    match step {
        AuthorizerStep::Started { id, .. } => {
            (format!("authorizer {id} asked"), none(), true, Value::Null)
        }
        AuthorizerStep::Identity { sources, .. } => {
            let shown = sources.iter().map(|(n, v)| (n.clone(), masked(v).into()));
            let input = Value::Object(shown.collect());
            ("identity found".to_owned(), none(), true, input)
        }
        AuthorizerStep::Cached { left } => (
            "decision found in the authorizer's cache".to_owned(),
            format!("good for another {left} s"),
            true,
            Value::Null,
        ),
        AuthorizerStep::Request { uri, headers, body } => (
            format!("request to {uri}"),
            none(),
            true,
            json!({ "headers": object(headers), "body": text(body) }),
        ),
        AuthorizerStep::Result { body } => {
            let input = json!({ "body": text(body) });
            ("authorizer answered".to_owned(), none(), true, input)
        }
        AuthorizerStep::Allowed { principal } => (
            format!("authorized as {principal}"),
            none(),
            true,
            Value::Null,
        ),
        AuthorizerStep::Unauthorized { reason, .. } => (
            "unauthorized".to_owned(),
            reason.clone(),
            false,
            Value::Null,
        ),
    }
}

fn reasons(others: &[Neighbour]) -> String {
    let reasons = others
        .iter()
        .map(|n| format!("{} {}", n.resource, n.reason));
    reasons.collect::<Vec<String>>().join("; ")
}

/// Names and values, secrets masked; of a name that comes again, all values.
fn object(pairs: &Pairs) -> Value {
    let mut map = serde_json::Map::new();
    for (name, value) in pairs {
        let value = of_header(name, value);
        match map.get_mut(name) {
            Some(Value::String(all)) => {
                all.push_str(", ");
                all.push_str(&value);
            }
            _ => {
                map.insert(name.clone(), value.into_owned().into());
            }
        }
    }
    Value::Object(map)
}

/// As much of a body as is told, as text.
fn text(body: &Bytes) -> String {
    let start = body.get(..BODY + 4).unwrap_or(body);
    cut(String::from_utf8_lossy(start).into_owned(), BODY)
}
