//! The execution log of one request: what its story says, in AWS's words and order.
//!
//! Lines and order: `spec/aws-recorded/FACTS.md` §13 (recorded for test requests), `spec/rest/logging-metrics-tracing.md` §1. Which of
//! them need data tracing is known for bodies and headers only; of the others it is unverified.

use std::fmt::Write;

use bytes::Bytes;
use jiff::Timestamp;

use super::mask::{LINE_LIMIT, cut, masked, of_header};
use crate::engine::gateway::record::{
    AuthorizerStep, Event, KeyVerdict, LimitVerdict, Pairs, What,
};
use crate::model::GatewayResponseType;

/// What a stage logs of a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Level {
    /// `INFO` rather than `ERROR`.
    pub(crate) info: bool,
    /// Whether everything is told, bodies and headers too: whatever the level, of every request.
    pub(crate) data_trace: bool,
}

/// What a line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A step.
    Step,
    /// Headers, bodies, addresses.
    Data,
    /// A failure.
    Error,
    /// The end.
    End,
}

/// Whose log it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct About<'a> {
    pub(crate) request_id: &'a str,
    pub(crate) extended_id: &'a str,
    pub(crate) api: &'a str,
    pub(crate) stage: &'a str,
}

/// The log of a test request: the first line without a time, then one line per fact, an empty line at the end.
pub(crate) fn of_test(request_id: &str, events: &[Event]) -> String {
    let mut log = format!("Execution log for request {request_id}\n");
    let about = About {
        request_id,
        extended_id: "",
        api: "",
        stage: "",
    };
    let mut teller = Teller::new(about);
    for event in events {
        teller.tell(&event.what, &mut |_, line| {
            let time = event.at.strftime("%a %b %d %H:%M:%S UTC %Y");
            let _ = writeln!(log, "{time} : {}", cut(line, LINE_LIMIT));
        });
    }
    log
}

/// The events for the log group of a stage: when, and `({request id}) {text}`, 1,024 bytes at the most.
pub(crate) fn of_stage(
    about: About<'_>,
    level: Level,
    time: Timestamp,
    events: &[Event],
) -> Vec<(Timestamp, String)> {
    let mut lines = vec![(
        time,
        Kind::Step,
        format!("Extended Request Id: {}", about.extended_id),
    )];
    let mut teller = Teller::new(about);
    for event in events {
        teller.tell(&event.what, &mut |kind, line| {
            lines.push((event.at, kind, line));
        });
    }
    if teller.nobody {
        return Vec::new();
    }
    let failed = lines.iter().any(|(_, kind, _)| *kind == Kind::Error);
    lines.retain(|(_, kind, _)| match kind {
        Kind::Step => level.info || level.data_trace,
        Kind::Data => level.data_trace,
        Kind::Error => true,
        Kind::End => level.info || level.data_trace || failed,
    });
    let line = |text| cut(format!("({}) {text}", about.request_id), LINE_LIMIT);
    let lines = lines.into_iter();
    lines.map(|(at, _, text)| (at, line(text))).collect()
}

/// Tells events one after the other; some lines repeat what an earlier event said.
struct Teller<'a> {
    about: About<'a>,
    /// `POST /x`
    method: String,
    resource_id: String,
    /// The key that opened the method.
    key: Option<String>,
    /// What the endpoint calls its answer.
    endpoint_request: Option<String>,
    /// Whether the request had no identity to authorize, of which AWS's log says nothing.
    nobody: bool,
}

impl<'a> Teller<'a> {
    fn new(about: About<'a>) -> Self {
        Self {
            about,
            method: String::new(),
            resource_id: String::new(),
            key: None,
            endpoint_request: None,
            nobody: false,
        }
    }

    /// What the log says of one event.
    fn tell(&mut self, what: &What, line: &mut dyn FnMut(Kind, String)) {
        let mut step = |text: String| line(Kind::Step, text);
        match what {
            What::Routed {
                resource,
                resource_id,
                verb,
                ..
            } => {
                self.method = format!("{verb} {resource}");
                self.resource_id.clone_from(resource_id);
            }
            What::Authorizer(authorizer) => {
                self.nobody |= matches!(
                    authorizer,
                    AuthorizerStep::Unauthorized { asked: false, .. }
                );
                tell_authorizer(authorizer, line);
            }
            What::Key(verdict) => self.tell_key(verdict, line),
            What::Limit(verdict) if !verdict.passed => {
                let text = self.throttled(verdict);
                line(Kind::Error, text);
            }
            What::Started {
                request_id,
                verb,
                path,
            } => {
                step(format!("Starting execution for request: {request_id}"));
                step(format!("HTTP Method: {verb}, Resource Path: {path}"));
                if let Some(key) = &self.key {
                    step(format!("API Key: {}", masked(key)));
                }
            }
            What::Failed(text) => line(Kind::Error, text.clone()),
            What::EndpointRequestId(id) if !self.about.api.is_empty() && !id.is_empty() => {
                self.endpoint_request = Some(id.clone());
            }
            What::Completed { status } => {
                line(Kind::End, format!("Method completed with status: {status}"));
                if let Some(id) = self.endpoint_request.take() {
                    let text = format!("AWS Integration Endpoint RequestId : {id}");
                    line(Kind::Step, text);
                }
            }
            What::GatewayResponse { kind, .. } => {
                use GatewayResponseType::{AuthorizerConfigurationError, AuthorizerFailure};
                if matches!(kind, AuthorizerConfigurationError | AuthorizerFailure) {
                    line(Kind::Error, "AuthorizerConfigurationException".to_owned());
                }
                tell_data(what, line);
            }
            What::Traced { trace_id } => {
                line(Kind::End, format!("X-ray Tracing ID : {trace_id}"));
            }
            data => tell_data(data, line),
        }
    }

    fn tell_key(&mut self, verdict: &KeyVerdict, line: &mut dyn FnMut(Kind, String)) {
        let key = verdict.value.as_deref().map(masked).unwrap_or_default();
        let About { api, stage, .. } = self.about;
        line(
            Kind::Step,
            format!(
                "Verifying Usage Plan for request: {}. API Key: {key} API Stage: {api}/{stage}",
                self.about.request_id
            ),
        );
        if !verdict.passed {
            // The end of this line is unverified.
            let reason = &verdict.reason;
            line(
                Kind::Error,
                format!("API Key {key} not authorized because {reason}"),
            );
            return;
        }
        let method = &self.method;
        line(
            Kind::Step,
            if verdict.required {
                // Unverified.
                format!(
                    "API Key {key} authorized because method '{method}' requires API Key. Request will contribute to throttle or quota limits"
                )
            } else {
                format!(
                    "API Key {key} authorized because method '{method}' does not require API Key. Request will not contribute to throttle or quota limits"
                )
            },
        );
        line(
            Kind::Step,
            format!("Usage Plan check succeeded for API Key {key} and API Stage {api}/{stage}"),
        );
        if verdict.required {
            self.key.clone_from(&verdict.value);
        }
    }

    /// The line of a key is published; those of the other levels are unverified.
    fn throttled(&self, verdict: &LimitVerdict) -> String {
        let whose = match verdict.level {
            "plan" | "plan's method" => "Key",
            "account" => "Account",
            _ => "Method",
        };
        let verb = self.method.split(' ').next().unwrap_or_default();
        format!(
            "{whose} throttle limit exceeded for RestApi {}, Stage {}, Resource {}, HttpMethod {verb}. Limit: {:.2} Burst: {}",
            self.about.api, self.about.stage, self.resource_id, verdict.rate, verdict.burst
        )
    }
}

/// What is told of requests and answers.
fn tell_data(what: &What, line: &mut dyn FnMut(Kind, String)) {
    let mut data = |text: String| line(Kind::Data, text);
    match what {
        What::MethodRequest {
            path,
            query,
            headers,
            body,
        } => {
            data(format!("Method request path: {}", braced(path)));
            data(format!("Method request query string: {}", braced(query)));
            data(format!("Method request headers: {}", braced(headers)));
            let body = text(body);
            data(format!(
                "Method request body before transformations: {body}"
            ));
        }
        What::EndpointRequest { uri, headers, body } => {
            tell_request(uri, headers, body, line);
        }
        What::EndpointResponse {
            status,
            latency,
            headers,
            body,
        } => {
            let latency = latency.as_millis();
            line(
                Kind::Step,
                format!("Received response. Status: {status}, Integration latency: {latency} ms"),
            );
            let headers = braced(headers);
            line(Kind::Data, format!("Endpoint response headers: {headers}"));
            let body = text(body);
            line(
                Kind::Data,
                format!("Endpoint response body before transformations: {body}"),
            );
        }
        What::MethodResponse { headers, body } => {
            let body = text(body);
            data(format!(
                "Method response body after transformations: {body}"
            ));
            data(format!("Method response headers: {}", braced(headers)));
            line(Kind::Step, "Successfully completed execution".to_owned());
        }
        // Published logs have these lines of APIs that answer in their own way, and of no others.
        What::GatewayResponse {
            kind,
            own: true,
            status,
            headers,
            body,
        } => {
            let kind = kind.name();
            line(
                Kind::Step,
                format!("Gateway response type: {kind} with status code: {status}"),
            );
            line(Kind::Data, format!("Gateway response body: {}", text(body)));
            let headers = braced(headers);
            line(Kind::Data, format!("Gateway response headers: {headers}"));
        }
        // AWS's log says nothing of the rest.
        _ => {}
    }
}

fn tell_authorizer(step: &AuthorizerStep, line: &mut dyn FnMut(Kind, String)) {
    match step {
        AuthorizerStep::Started { id, request_id } => line(
            Kind::Step,
            format!("Starting authorizer: {id} for request: {request_id}"),
        ),
        AuthorizerStep::Identity { token, sources } => {
            let mut secret = sources.iter().map(|(name, v)| (name.clone(), masked(v)));
            let text = if *token {
                secret.next().map(|(_, value)| value).unwrap_or_default()
            } else {
                let all: Vec<String> = secret.map(|(n, v)| format!("{n}={v}")).collect();
                format!("{{{}}}", all.join(", "))
            };
            line(Kind::Data, format!("Incoming identity: {text}"));
        }
        // What AWS says of a cached decision is unknown.
        AuthorizerStep::Cached { .. } => {}
        AuthorizerStep::Request { uri, headers, body } => tell_request(uri, headers, body, line),
        AuthorizerStep::Result { body } => {
            let body = text(body);
            line(
                Kind::Data,
                format!("Authorizer result body before parsing: {body}"),
            );
        }
        AuthorizerStep::Allowed { principal } => {
            let principal = masked(principal);
            line(
                Kind::Data,
                format!("Using valid authorizer policy for principal: {principal}"),
            );
            line(
                Kind::Step,
                "Successfully completed authorizer execution".to_owned(),
            );
        }
        AuthorizerStep::Unauthorized { request_id, .. } => {
            line(Kind::Error, format!("Unauthorized request: {request_id}"));
        }
    }
}

fn tell_request(uri: &str, headers: &Pairs, body: &Bytes, line: &mut dyn FnMut(Kind, String)) {
    line(Kind::Data, format!("Endpoint request URI: {uri}"));
    let headers = braced(headers);
    line(Kind::Data, format!("Endpoint request headers: {headers}"));
    let body = text(body);
    line(
        Kind::Data,
        format!("Endpoint request body after transformations: {body}"),
    );
    line(Kind::Step, format!("Sending request to {uri}"));
}

/// As much of a body as can become part of a line, as text.
fn text(body: &Bytes) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(body.get(..LINE_LIMIT + 4).unwrap_or(body))
}

/// `{k=v, k2=v2}`, secrets masked.
fn braced(pairs: &Pairs) -> String {
    let pairs = pairs
        .iter()
        .map(|(name, value)| format!("{name}={}", of_header(name, value)));
    format!("{{{}}}", pairs.collect::<Vec<String>>().join(", "))
}
