//! Which service and operation a request calls.

use bytes::Bytes;
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::error::ServiceError;
use super::hal::Hal;
use super::operations::{APIGATEWAY, SERVICES};
use super::protocol::{Protocol, TARGET};
use super::scope::Scope;
use super::table::{Operation, Place, Service};
use super::{Input, Output, Reply, body, cbor, constraints, event_stream, json, query, rest, xml};

/// The values of a URI template's labels, by name.
type Labels = Vec<(&'static str, String)>;

/// A request whose operation is known.
#[derive(Debug)]
pub struct Call {
    /// The service.
    pub service: &'static Service,
    /// The operation.
    pub operation: &'static Operation,
    /// The protocol it came in and goes out by.
    pub protocol: Protocol,
    /// The labels of the URI template, percent-decoded once, by name.
    pub(super) labels: Labels,
    /// The query parameters, decoded, in order.
    pub(super) query: Vec<(String, String)>,
    /// The headers that are members of the input.
    pub(super) headers: Vec<(&'static str, String)>,
    /// The body without its content encoding.
    pub(super) body: Bytes,
    /// What its answer links to, if that is `application/hal+json`.
    pub(super) hal: Option<Hal>,
}

/// The service that requests of this signing name go to.
#[must_use]
pub fn service(signing_name: &str) -> Option<&'static Service> {
    SERVICES
        .iter()
        .find(|service| service.signing_name == signing_name)
        .copied()
}

/// Find the operation of a request.
///
/// `body` is as it came, still under its content encoding: the Query protocol names the operation there. The errors are AWS's:
/// 403 for a service that isn't answered here, `UnknownOperationException` (Query: `InvalidAction`), 413, 400 for a bad encoding.
pub fn route(head: &Parts, scope: &Scope, body: &[u8]) -> Result<Call, ServiceError> {
    let Some(service) = service(&scope.service) else {
        let names: Vec<&str> = SERVICES
            .iter()
            .map(|service| service.signing_name)
            .collect();
        return Err(ServiceError::invalid_signature(format!(
            "Credential should be scoped to correct service: '{}' is not one of {}",
            scope.service,
            names.join(", ")
        )));
    };
    let body = Bytes::from(body::unpack(&head.headers, body)?.into_owned());
    let query: Vec<(String, String)> = form(head.uri.query().unwrap_or("").as_bytes());
    let protocol = Protocol::of(head, Some(service));
    let mut labels = Vec::new();
    let operation = match protocol {
        Protocol::RestJson => {
            let (operation, found) = rest_operation(service, head, &query)?;
            labels = found;
            operation
        }
        Protocol::Json10 | Protocol::Json11 => {
            let target = head
                .headers
                .get(TARGET)
                .and_then(|value| value.to_str().ok());
            let target = target.unwrap_or("");
            target
                .split_once('.')
                .filter(|(prefix, _)| Some(*prefix) == service.target_prefix)
                .and_then(|(_, name)| service.operation(name))
                .ok_or_else(|| unknown(service, &format!("X-Amz-Target '{target}'")))?
        }
        Protocol::Cbor => cbor_operation(service, head)?,
        Protocol::Query => query_operation(service, &query, &body)?,
    };
    let headers = operation
        .input
        .members
        .iter()
        .filter(|member| member.place == Place::Header)
        .filter_map(|member| {
            let value = head.headers.get(member.wire)?.to_str().ok()?;
            Some((member.wire, value.to_owned()))
        })
        .collect();
    Ok(Call {
        service,
        operation,
        protocol,
        labels,
        hal: Hal::of(service, head, &query),
        query,
        headers,
        body,
    })
}

/// Percent-decoded pairs of a query or a form.
pub(super) fn form(text: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(text).into_owned().collect()
}

fn unknown(service: &Service, what: &str) -> ServiceError {
    ServiceError::unknown_operation(format!("{} has no operation for {what}", service.name))
}

/// The operation whose method and URI template a request has, with the template's labels.
fn rest_operation(
    service: &'static Service,
    head: &Parts,
    query: &[(String, String)],
) -> Result<(&'static Operation, Labels), ServiceError> {
    let path = head.uri.path();
    let mut best: Option<(usize, &'static Operation, Labels)> = None;
    for operation in service.operations {
        if operation.method != head.method.as_str() {
            continue;
        }
        let (template, constant) = operation.uri.split_once('?').unwrap_or((operation.uri, ""));
        let wanted = form(constant.as_bytes());
        if !wanted.iter().all(|pair| query.contains(pair)) {
            continue;
        }
        let Some(labels) = labels(template, path) else {
            continue;
        };
        // A template with a constant query, or with more constant segments, is the closer one.
        let weight = wanted.len() * 100 + template.split('/').count() - labels.len();
        if best.as_ref().is_none_or(|(other, _, _)| weight > *other) {
            best = Some((weight, operation, labels));
        }
    }
    if let Some((_, operation, labels)) = best {
        return Ok((operation, labels));
    }
    if service.name == APIGATEWAY.name && path.starts_with("/v2/") {
        // HTTP and WebSocket APIs share host and signing name with REST APIs.
        return Err(ServiceError::not_implemented(&format!(
            "{} {path}",
            head.method
        )));
    }
    Err(unknown(service, &format!("{} {path}", head.method)))
}

/// Match a path against a URI template; the values of its labels, percent-decoded once.
fn labels(template: &'static str, path: &str) -> Option<Labels> {
    let path = path
        .strip_suffix('/')
        .filter(|rest| !rest.is_empty())
        .unwrap_or(path);
    let mut labels = Vec::new();
    let mut given = path.split('/');
    for segment in template.split('/') {
        let value = given.next()?;
        if let Some(name) = segment.strip_prefix('{').and_then(|s| s.strip_suffix('}')) {
            if value.is_empty() {
                return None;
            }
            labels.push((
                name,
                percent_decode_str(value).decode_utf8_lossy().into_owned(),
            ));
        } else if segment != value {
            return None;
        }
    }
    given.next().is_none().then_some(labels)
}

fn cbor_operation(
    service: &'static Service,
    head: &Parts,
) -> Result<&'static Operation, ServiceError> {
    let path = head.uri.path();
    path.strip_prefix("/service/")
        .and_then(|rest| rest.split_once("/operation/"))
        .filter(|(prefix, _)| Some(*prefix) == service.target_prefix)
        .and_then(|(_, name)| service.operation(name))
        .ok_or_else(|| unknown(service, &format!("{} {path}", head.method)))
}

/// The operation of a form, or of a query when there is no form.
fn query_operation(
    service: &'static Service,
    query: &[(String, String)],
    body: &[u8],
) -> Result<&'static Operation, ServiceError> {
    let body = form(body);
    let find = |key: &str| {
        let mut pairs = body.iter().chain(query);
        pairs
            .find(|(name, _)| name == key)
            .map(|(_, value)| value.as_str())
    };
    let Some(action) = find("Action") else {
        return Err(ServiceError::new(
            "MissingAction",
            400,
            "The request is missing an action or a required parameter.",
        ));
    };
    let version = find("Version").unwrap_or(service.version);
    service
        .operation(action)
        .filter(|_| version == service.version)
        .ok_or_else(|| {
            ServiceError::new(
                "InvalidAction",
                400,
                format!("Could not find operation {action} for version {version}"),
            )
        })
}

impl Call {
    /// Read the input, check its types (`SerializationException`) and the model's constraints (`ValidationException`).
    pub fn decode(&self) -> Result<Input, ServiceError> {
        let input = match self.protocol {
            Protocol::RestJson => rest::decode(self)?,
            Protocol::Json10 | Protocol::Json11 => Input {
                members: json::read(&self.body, self.operation.input)?,
                payload: None,
            },
            Protocol::Query => Input {
                members: query::read(self)?,
                payload: None,
            },
            Protocol::Cbor => Input {
                members: cbor::read(&self.body, self.operation.input)?,
                payload: None,
            },
        };
        constraints::check(self.service, self.operation, &input.members)?;
        Ok(input)
    }

    /// Write the answer of a call that succeeded.
    #[must_use]
    pub fn encode(&self, output: Output, request_id: &str) -> Reply {
        let structure = self.operation.output;
        match self.protocol {
            Protocol::RestJson => rest::encode(self, output, request_id),
            Protocol::Json10 | Protocol::Json11 => {
                let members = structure.map_or_else(Map::new, |structure| {
                    json::written(output.members, structure, json::Times::Epoch)
                });
                let body = Value::Object(members).to_string();
                self.protocol.reply(self.operation.status, request_id, body)
            }
            Protocol::Query => {
                let body = xml::answer(self.service, self.operation, &output.members, request_id);
                self.protocol.reply(self.operation.status, request_id, body)
            }
            Protocol::Cbor => {
                // An operation without output has no body at all: Smithy RPC v2 CBOR, "Response serialization".
                let body = structure.map_or_else(Vec::new, |s| cbor::written(&output.members, s));
                self.protocol.reply(self.operation.status, request_id, body)
            }
        }
    }

    /// Write the head of an answer that is an event stream.
    #[must_use]
    pub fn encode_stream(&self, request_id: &str) -> Reply {
        let mut reply = self
            .protocol
            .reply(self.operation.status, request_id, Bytes::new());
        let kind = HeaderValue::from_static(event_stream::EVENT_STREAM);
        reply.headers.insert(CONTENT_TYPE, kind);
        reply
    }

    /// Write the answer of a call that failed.
    #[must_use]
    pub fn encode_error(&self, error: &ServiceError, request_id: &str) -> Reply {
        self.protocol
            .encode_error(Some(self.service), error, request_id)
    }
}
