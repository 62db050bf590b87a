//! The segment that a traced request leaves.
//!
//! Facts: `spec/xray.md` §2 and §4, `spec/rest/logging-metrics-tracing.md` §5.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{Call, Callee, Subsegment, Traced};
use crate::engine::gateway::exchange::Exchange;
use crate::engine::gateway::execute_arn::partition;

/// A segment that is complete.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) region: String,
    /// The document.
    pub(crate) document: Value,
}

/// The segment of a request that is over; nothing of one that isn't traced.
pub(crate) fn of(x: &Exchange) -> Option<Finished> {
    let traced = x.traced()?;
    let region = x.stage.region.name.to_string();
    let record = &x.record;
    let start = seconds(record.time.as_microsecond());
    let end = seconds((record.time + record.latency).as_microsecond());
    let (api, stage) = (&*x.stage.api_id, &*x.stage.name);
    let text = |name: &str| x.context_text(name).unwrap_or_default();
    let mut document = json!({
        "id": traced.id.to_string(),
        "name": name(x),
        "trace_id": traced.root,
        "start_time": start,
        "end_time": end,
    });
    if let Some(parent) = &traced.parent {
        document["parent_id"] = json!(parent);
    }
    let mut request = Map::new();
    let url = format!("https://{}{}", text("domainName"), text("path"));
    request.insert("url".to_owned(), Value::from(url));
    request.insert("method".to_owned(), json!(x.request.verb.as_str()));
    for (name, variable) in [
        ("client_ip", "identity.sourceIp"),
        ("user_agent", "identity.userAgent"),
    ] {
        let value = text(variable);
        if !value.is_empty() {
            request.insert(name.to_owned(), json!(value));
        }
    }
    request.insert("x_forwarded_for".to_owned(), Value::Bool(true));
    let length = record.length.unwrap_or(0);
    document["http"] = json!({
        "request": request,
        "response": {"status": record.status, "content_length": length},
    });
    flag(&mut document, Some(record.status));
    let mut aws = json!({"api_gateway": {
        "account_id": x.stage.account,
        "rest_api_id": api,
        "stage": stage,
        "request_id": x.ids.request_id(),
    }});
    if let Some(rule) = &traced.rule {
        aws["xray"] = json!({"sampling_rule_name": rule.settings.rule_name});
    }
    document["aws"] = aws;
    document["annotations"] = json!({"aws:api_id": api, "aws:api_stage": stage});
    document["metadata"] = json!({"default": {
        "extended_request_id": x.ids.extended_id(),
        "request_id": x.ids.request_id(),
    }});
    document["origin"] = json!("AWS::ApiGateway::Stage");
    document["resource_arn"] = json!(resource_arn(x));
    let subsegments = subsegments(x, traced);
    if !subsegments.is_empty() {
        document["subsegments"] = Value::Array(subsegments);
    }
    Some(Finished { region, document })
}

/// The service that segments of a stage belong to, and that sampling rules name: `{API}/{stage}`.
pub(super) fn name(x: &Exchange) -> String {
    let all = format!("{}/{}", x.side().deployment.api_name, x.stage.name);
    let allowed = |c: char| c.is_alphanumeric() || c.is_whitespace() || "_.:/%&#=+\\-@".contains(c);
    all.chars().filter(|c| allowed(*c)).take(200).collect()
}

pub(super) fn resource_arn(x: &Exchange) -> String {
    let region = &x.stage.region.name;
    let partition = partition(region);
    format!(
        "arn:{partition}:apigateway:{region}::/restapis/{}/stages/{}",
        x.stage.api_id, x.stage.name
    )
}

/// The authorizer's call, whose name is unverified, and the integration's.
fn subsegments(x: &Exchange, traced: &Traced) -> Vec<Value> {
    let told = |subsegment: &Subsegment, took: Option<Duration>| {
        let call = subsegment.call.get()?;
        let took = took.map_or(call.took, |took| took.max(call.took));
        let after = call.started.saturating_sub(x.record.started);
        let start = x.record.time + after;
        let mut told = json!({
            "id": subsegment.id.to_string(),
            "start_time": seconds(start.as_microsecond()),
            "end_time": seconds((start + took).as_microsecond()),
        });
        describe(&mut told, call, &x.stage.region.name);
        flag(&mut told, call.status.filter(|_| !call.failed));
        Some(told)
    };
    let authorizer = told(&traced.authorizer, None);
    let integration = told(&traced.integration, x.record.integration_latency);
    authorizer.into_iter().chain(integration).collect()
}

fn describe(told: &mut Value, call: &Call, region: &str) {
    let request = match &call.to {
        Callee::Http { verb, url } => {
            told["name"] = json!(host_of(url));
            told["namespace"] = json!("remote");
            json!({"url": url, "method": verb, "traced": true})
        }
        Callee::Lambda(function) => {
            let name = function_name(function);
            told["name"] = json!("Lambda");
            told["namespace"] = json!("aws");
            told["aws"] = json!({
                "function_name": name,
                "region": region,
                "operation": "Invoke",
                "resource_names": [name],
            });
            let url = format!(
                "https://lambda.{region}.amazonaws.com/2015-03-31/functions/{function}/invocations"
            );
            json!({"url": url, "method": "POST"})
        }
    };
    told["http"] = json!({"request": request});
    if let Some(status) = call.status {
        let mut response = json!({"status": status});
        if let Some(length) = call.length {
            response["content_length"] = json!(length);
        }
        told["http"]["response"] = response;
    }
}

/// `error`, `throttle` and `fault` by the status; without an answer it is the other side's fault.
fn flag(document: &mut Value, status: Option<u16>) {
    match status {
        Some(429) => {
            document["error"] = Value::Bool(true);
            document["throttle"] = Value::Bool(true);
        }
        Some(400..=499) => document["error"] = Value::Bool(true),
        None | Some(500..) => document["fault"] = Value::Bool(true),
        Some(_) => {}
    }
}

/// The host of a URL, without its port.
fn host_of(url: &str) -> &str {
    let after = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = after.split(['/', '?']).next().unwrap_or_default();
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    }
}

/// A function's name in its ARN, or in what stands for one.
fn function_name(function: &str) -> &str {
    let name = function
        .split_once(":function:")
        .map_or(function, |(_, n)| n);
    name.split(':').next().unwrap_or_default()
}

#[allow(
    clippy::cast_precision_loss,
    reason = "microseconds since 1970 are exact in a double until the year 2255"
)]
fn seconds(micros: i64) -> f64 {
    micros as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_become_flags() {
        for (status, flags) in [
            (Some(200), json!({})),
            (Some(302), json!({})),
            (Some(404), json!({"error": true})),
            (Some(429), json!({"error": true, "throttle": true})),
            (Some(503), json!({"fault": true})),
            (None, json!({"fault": true})),
        ] {
            let mut document = json!({});
            flag(&mut document, status);
            assert_eq!(document, flags, "{status:?}");
        }
    }

    #[test]
    fn hosts_and_functions_are_named() {
        for (url, host) in [
            ("http://127.0.0.1:8080/a", "127.0.0.1"),
            ("https://example.com?a=b", "example.com"),
            ("https://[::1]:443/", "[::1]"),
        ] {
            assert_eq!(host_of(url), host);
        }
        for (function, name) in [
            ("arn:aws:lambda:us-east-1:000000000000:function:f:live", "f"),
            ("000000000000:function:g", "g"),
            ("h:7", "h"),
        ] {
            assert_eq!(function_name(function), name);
        }
    }
}
