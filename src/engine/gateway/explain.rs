//! The explanation of a request: its phases with their times, decisions and reasons; and of one that failed, why and what to do.
//!
//! It is made of the request's story where somebody asked for one. Of any other request it is made afterwards, of what is kept of it and
//! of the deployment that served it: which route and why, what it cost, where it failed, but no values of headers, bodies and buckets.

mod advice;
mod told;

use std::time::Duration;

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::exchange::Exchange;
use super::record::{CanaryDraw, Event, Neighbour, What};
use crate::model::GatewayResponseType;

/// Neighbours of a route that are told.
const NEIGHBOURS: usize = 8;

/// A request in a list.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Summary {
    /// When it came.
    #[serde(serialize_with = "iso")]
    pub(crate) time: Timestamp,
    pub(crate) request_id: String,
    pub(crate) rest_api_id: String,
    pub(crate) stage_name: String,
    pub(crate) canary: bool,
    pub(crate) http_method: String,
    pub(crate) path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) resource_path: Option<String>,
    pub(crate) status: u16,
    pub(crate) latency_micros: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) integration_latency_micros: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) gateway_response: Option<&'static str>,
}

/// Which requests are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    pub(crate) api: Option<String>,
    pub(crate) stage: Option<String>,
    pub(crate) verb: Option<String>,
    pub(crate) request_id: Option<String>,
    /// The lowest and the highest status.
    pub(crate) status: Option<(u16, u16)>,
}

impl Filter {
    /// Takes one parameter of a query; false if there is none of that name, an error if its value makes no sense.
    pub(crate) fn set(&mut self, name: &str, value: &str) -> Result<bool, String> {
        let text = || Some(value.to_owned());
        match name {
            "api" => self.api = text(),
            "stage" => self.stage = text(),
            "method" => self.verb = Some(value.to_ascii_uppercase()),
            "requestId" => self.request_id = text(),
            "status" => {
                let class = value
                    .strip_suffix("xx")
                    .and_then(|digit| digit.parse::<u16>().ok())
                    .map(|digit| (digit * 100, digit * 100 + 99));
                let one = || value.parse().ok().map(|status: u16| (status, status));
                let range = class
                    .or_else(one)
                    .filter(|(low, _)| (100..600).contains(low));
                self.status = Some(range.ok_or_else(|| {
                    format!("status must be a status or a class, 404 or 5xx: not {value}")
                })?);
            }
            "errors" => match value {
                "true" => self.status = self.status.or(Some((400, 599))),
                "false" => {}
                _ => return Err(format!("errors must be true or false: not {value}")),
            },
            _ => return Ok(false),
        }
        Ok(true)
    }

    pub(crate) fn passes(&self, summary: &Summary) -> bool {
        let is = |wanted: &Option<String>, found: &str| {
            wanted.as_ref().is_none_or(|wanted| wanted == found)
        };
        is(&self.api, &summary.rest_api_id)
            && is(&self.stage, &summary.stage_name)
            && is(&self.verb, &summary.http_method)
            && is(&self.request_id, &summary.request_id)
            && self
                .status
                .is_none_or(|(low, high)| (low..=high).contains(&summary.status))
    }
}

fn iso<S: Serializer>(time: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(time)
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// A request in short.
pub(crate) fn summary(x: &Exchange) -> Summary {
    Summary {
        time: x.record.time,
        request_id: x.ids.request_id().to_owned(),
        rest_api_id: x.stage.api_id.to_string(),
        stage_name: x.stage.name.to_string(),
        canary: x.canary,
        http_method: x.request.verb.to_string(),
        path: x.path().to_owned(),
        resource_path: x.method().map(|method| method.resource_path.to_string()),
        status: x.record.status,
        latency_micros: micros(x.record.latency),
        integration_latency_micros: x.record.integration_latency.map(micros),
        gateway_response: x.record.gateway_response.map(GatewayResponseType::name),
    }
}

/// A request in full: its summary, its phases, and why it failed if it did.
pub(crate) fn explanation(x: &Exchange) -> Value {
    let mut value = serde_json::to_value(summary(x)).unwrap_or_default();
    value["extendedRequestId"] = x.ids.extended_id().into();
    value["deploymentId"] = (&*x.side().deployment.id).into();
    if let Some(key) = &x.key {
        value["apiKeyId"] = (&*key.key.id).into();
    }
    let events = x.record.events();
    let (detail, phases) = if events.is_empty() {
        ("derived", told::phases(&derived(x)))
    } else {
        ("full", told::phases(&events))
    };
    value["detail"] = detail.into();
    value["phases"] = phases;
    if let Some(failure) = &x.failure {
        let reason = if failure.log.is_empty() {
            failure.message().into()
        } else {
            failure.log.clone().into_owned()
        };
        value["failure"] = json!({
            "phase": advice::phase(x).name(),
            "gatewayResponse": failure.kind.name(),
            "reason": reason,
            "remedy": advice::remedy(x),
        });
    }
    value
}

/// The story that can be told of a request afterwards.
fn derived(x: &Exchange) -> Vec<Event> {
    let event = |since: Duration, what: What| Event {
        at: x.record.time + since,
        since,
        what,
    };
    let mut events = vec![
        event(Duration::ZERO, addressed(x)),
        event(Duration::ZERO, routed(x)),
    ];
    let end = x.record.latency;
    if let Some(backend) = x.record.integration_latency {
        let status = x.record.integration_status.unwrap_or(0);
        events.push(event(
            end,
            What::EndpointResponse {
                status,
                latency: backend,
                headers: Vec::new(),
                body: bytes::Bytes::new(),
            },
        ));
    }
    if let Some(failure) = &x.failure {
        events.push(event(
            end,
            What::Decided {
                phase: advice::phase(x),
                passed: false,
                decision: failure.kind.name().to_owned(),
                reason: failure.log.clone().into_owned(),
            },
        ));
    }
    let status = x.record.status;
    events.push(event(end, What::Completed { status }));
    events
}

/// What is noted once API and stage are known.
pub(crate) fn addressed(x: &Exchange) -> What {
    What::Addressed {
        api: x.stage.api_id.to_string(),
        stage: x.stage.name.to_string(),
        deployment: x.side().deployment.id.to_string(),
        canary: x.stage.canary_share().map(|share| CanaryDraw {
            canary: x.canary,
            share,
            pinned: false,
        }),
    }
}

/// What is noted once the route is known, or known not to be there.
pub(crate) fn routed(x: &Exchange) -> What {
    let others = neighbours(x);
    let Some(method) = x.method() else {
        return What::NotRouted {
            verb: x.request.verb.to_string(),
            path: x.path().to_owned(),
            others,
        };
    };
    What::Routed {
        resource: method.resource_path.to_string(),
        resource_id: method.resource_id.to_string(),
        verb: method.verb.to_string(),
        parameters: x
            .path_parameters()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        others,
    }
}

/// The resources that the path came near, and why they don't answer.
fn neighbours(x: &Exchange) -> Vec<Neighbour> {
    let methods = &x.side().deployment.methods;
    let (path, verb) = (x.path(), x.request.verb.as_str());
    let chosen = x.method().map(|method| &*method.resource_path);
    let first = |path: &str| -> String {
        let path = path.trim_matches('/');
        path.split('/').next().unwrap_or_default().to_owned()
    };
    let mut found: Vec<Neighbour> = Vec::new();
    for method in methods {
        let resource = &*method.resource_path;
        if Some(resource) == chosen || found.iter().any(|n| n.resource == resource) {
            continue;
        }
        let verbs: Vec<&str> = methods
            .iter()
            .filter(|other| *other.resource_path == *resource)
            .map(|other| &*other.verb)
            .collect();
        let serves = verbs.iter().any(|v| *v == verb || *v == "ANY");
        let reason = if method.template.matches(path) {
            match chosen {
                _ if !serves => format!(
                    "fits the path, but has no {verb}, only {}",
                    verbs.join(", ")
                ),
                Some(chosen) => format!(
                    "fits the path too, but {chosen} goes before it: literal segments before {{name}}, and that before {{name+}}"
                ),
                None => "fits the path".to_owned(),
            }
        } else if first(resource) == first(path) {
            "differs from the path".to_owned()
        } else {
            continue;
        };
        let resource = resource.to_owned();
        found.push(Neighbour { resource, reason });
    }
    // Those that fit come first.
    found.sort_by_key(|neighbour| !neighbour.reason.starts_with("fits"));
    found.truncate(NEIGHBOURS);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_takes_what_it_knows() {
        let mut filter = Filter::default();
        for (name, value, expected) in [
            ("api", "a", Ok(true)),
            ("status", "4xx", Ok(true)),
            ("errors", "true", Ok(true)),
            ("follow", "true", Ok(false)),
        ] {
            assert_eq!(filter.set(name, value), expected);
        }
        assert_eq!(filter.status, Some((400, 499)));
        for (name, value) in [("status", "9xx"), ("status", "x"), ("errors", "yes")] {
            assert!(filter.set(name, value).is_err(), "{name}={value}");
        }
    }
}
