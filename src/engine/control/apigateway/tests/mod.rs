//! The operations in process, over the real gateway: requests go through the wire's codecs as an SDK would send them, and come back as it would read them.
//!
//! What AWS was recorded to answer stands in these tests as values; the recordings are named in `spec/aws-recorded`.

#![allow(
    clippy::too_many_lines,
    clippy::needless_pass_by_value,
    reason = "a recording is one table, and its values are literals"
)]

mod apis;
mod certificates;
mod deployments;
mod documentation;
mod domains;
mod first_format;
mod integrations;
mod keys;
mod methods;
mod openapi;
mod parts;
mod quotas;
mod refusals;
mod resources;
mod sdk;
mod stages;
mod state;
mod state_file;
mod tags;
mod terraform;
mod vpc_links;

use std::sync::Arc;

use http::Request;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::{ApiGateway, Deps, Quotas, Truststores, USAGE};
use crate::base::{Chance, Clock, Ids};
use crate::engine::gateway::{Gateway, Settings, StoredUsage};
use crate::engine::store::{Row, Store};
use crate::engine::telemetry::Telemetry;
use crate::engine::wire::operations::APIGATEWAY;
use crate::engine::wire::{Place, Reply, Scope, route};

const ACCOUNT: &str = "111111111111";
const REGION: &str = "us-east-1";

/// The service over a gateway without sockets.
struct Bed {
    service: ApiGateway,
    gateway: Arc<Gateway>,
    clock: Clock,
    runtime: tokio::runtime::Runtime,
}

/// An answer: status, error code, body.
#[derive(Debug)]
struct Answered {
    status: u16,
    code: String,
    headers: http::HeaderMap,
    body: Value,
}

impl Bed {
    fn new() -> Self {
        Self::over(Store::memory(), &[])
    }

    fn over(store: Store, rows: &[Row]) -> Self {
        Self::with(store, rows, |_| ())
    }

    /// With what the service works with adjusted.
    fn with(store: Store, rows: &[Row], adjust: impl FnOnce(&mut Deps)) -> Self {
        let clock = Clock::manual("2026-01-02T03:04:05Z".parse().unwrap());
        let telemetry = Arc::new(Telemetry::new(clock.clone()));
        let gateway = Arc::new(Gateway::new(clock.clone(), Settings::default(), telemetry));
        let counts = rows.iter().filter(|row| row.kind == USAGE);
        gateway.restore_usage(counts.map(|row| StoredUsage {
            region: row.region.clone(),
            key: row.key.clone(),
            value: row.value.clone(),
        }));
        let mut deps = Deps {
            clock: clock.clone(),
            ids: Arc::new(Ids::counted()),
            chance: Chance::seeded(1),
            account: ACCOUNT.into(),
            quotas: Quotas::default(),
            truststores: Truststores::default(),
            enforce_rates: false,
            endpoint: "http://127.0.0.1:4566".to_owned(),
            store: Arc::new(store),
            gateway: Arc::clone(&gateway),
        };
        adjust(&mut deps);
        Self {
            service: ApiGateway::load(rows, deps).unwrap(),
            gateway,
            clock,
            runtime: tokio::runtime::Builder::new_current_thread()
                .build()
                .unwrap(),
        }
    }

    /// The deployment that the gateway serves on a stage, with the canary's if there is one.
    fn served(&self, api: &str, stage: &str) -> Option<(String, Option<String>)> {
        let stage = self.gateway.stage(api, stage)?;
        let of = |canary| stage.side(canary).deployment.id.to_string();
        Some((of(false), stage.has_canary().then(|| of(true))))
    }

    /// The memberships that the gateway knows, as plan and key.
    fn memberships(&self) -> Vec<(String, String)> {
        let mut members = Vec::new();
        if let Some(region) = self.gateway.region_named(REGION) {
            region.keys.each_member(|key, member| {
                members.push((member.plan.id.clone(), key.to_owned()));
            });
        }
        members.sort();
        members
    }

    /// One request through the wire's codecs. `input` is keyed by wire names.
    fn ask(&self, operation: &str, input: &Value) -> Answered {
        let operation = APIGATEWAY.operation(operation).unwrap();
        let mut uri = operation.uri.to_owned();
        let mut query = Vec::new();
        let mut body = serde_json::Map::new();
        let mut payload = None;
        let mut headers = Vec::new();
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let plain = |value: &Value| {
            value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned)
        };
        for (name, value) in input.as_object().unwrap() {
            let member = operation
                .input
                .member(name)
                .unwrap_or_else(|| panic!("no {name}"));
            match member.place {
                Place::Label => uri = uri.replace(&format!("{{{name}}}"), &encoded(&plain(value))),
                Place::Query => match value {
                    Value::Array(values) => {
                        query.extend(
                            values
                                .iter()
                                .map(|v| format!("{name}={}", encoded(&plain(v)))),
                        );
                    }
                    value => query.push(format!("{name}={}", encoded(&plain(value)))),
                },
                Place::QueryMap => query.extend(
                    value
                        .as_object()
                        .unwrap()
                        .iter()
                        .map(|(key, v)| format!("{key}={}", encoded(&plain(v)))),
                ),
                Place::Header => headers.push((name.clone(), plain(value))),
                Place::Payload => payload = Some(plain(value)),
                Place::Body => {
                    body.insert(name.clone(), value.clone());
                }
            }
        }
        if !query.is_empty() {
            let sign = if uri.contains('?') { '&' } else { '?' };
            uri = format!("{uri}{sign}{}", query.join("&"));
        }
        let mut request = Request::builder().method(operation.method).uri(uri);
        if headers.is_empty() {
            request = request.header("accept", "application/json");
        }
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let (head, ()) = request
            .header(
                "authorization",
                format!("AWS4-HMAC-SHA256 Credential=AKID/20260102/{REGION}/apigateway/aws4_request, SignedHeaders=host, Signature=0"),
            )
            .body(())
            .unwrap()
            .into_parts();
        let body = payload.unwrap_or_else(|| Value::Object(body).to_string());
        let scope = Scope::read(&head.headers).unwrap();
        let call = route(&head, &scope, body.as_bytes()).unwrap();
        assert_eq!(call.operation.name, operation.name);
        let result = call.decode().and_then(|input| {
            self.runtime
                .block_on(self.service.call(&scope.region, call.operation, input))
        });
        Self::read(match result {
            Ok(output) => call.encode(output, "id"),
            Err(error) => call.encode_error(&error, "id"),
        })
    }

    fn read(reply: Reply) -> Answered {
        let code = reply.headers.get("x-amzn-errortype");
        Answered {
            status: reply.status.as_u16(),
            code: code.map_or("", |code| code.to_str().unwrap()).to_owned(),
            headers: reply.headers,
            // What isn't JSON stands as its text.
            body: if reply.body.is_empty() {
                json!({})
            } else {
                serde_json::from_slice(&reply.body)
                    .unwrap_or_else(|_| String::from_utf8_lossy(&reply.body).into())
            },
        }
    }

    /// The answer of a request that must succeed.
    #[track_caller]
    fn ok(&self, operation: &str, input: Value) -> Value {
        let answered = self.ask(operation, &input);
        assert!(answered.status < 300, "{operation} {input}: {answered:?}");
        answered.body
    }

    /// The refusal of a request: `404 NotFoundException: text`.
    #[track_caller]
    fn refused(&self, operation: &str, input: Value) -> String {
        let answered = self.ask(operation, &input);
        assert!(answered.status >= 300, "{operation} {input}: {answered:?}");
        let text = answered.body["message"].as_str().unwrap_or_default();
        format!("{} {}: {text}", answered.status, answered.code)
    }

    /// Patches with (op, path, value) and answers.
    #[track_caller]
    fn patched(&self, operation: &str, of: Value, operations: &[(&str, &str, &str)]) -> Value {
        self.ok(operation, with_patch(of, operations))
    }

    #[track_caller]
    fn patch_refused(
        &self,
        operation: &str,
        of: Value,
        operations: &[(&str, &str, &str)],
    ) -> String {
        self.refused(operation, with_patch(of, operations))
    }

    /// A new API: its id and its root's.
    fn api(&self) -> (String, String) {
        let api = self.ok("CreateRestApi", json!({"name": "test"}));
        (text(&api["id"]), text(&api["rootResourceId"]))
    }

    fn resource(&self, api: &str, parent: &str, part: &str) -> String {
        let input = json!({"restapi_id": api, "parent_id": parent, "pathPart": part});
        text(&self.ok("CreateResource", input)["id"])
    }

    /// A method with a MOCK integration.
    fn mock(&self, api: &str, resource: &str, verb: &str) {
        let method = json!({"restapi_id": api, "resource_id": resource, "http_method": verb});
        let with = |more: Value| {
            let mut all = method.clone();
            all.as_object_mut()
                .unwrap()
                .extend(more.as_object().unwrap().clone());
            all
        };
        self.ok("PutMethod", with(json!({"authorizationType": "NONE"})));
        self.ok("PutIntegration", with(json!({"type": "MOCK"})));
    }

    /// A new API with a method, deployed: API, root and deployment.
    fn deployed(&self) -> (String, String, String) {
        let (api, root) = self.api();
        self.mock(&api, &root, "GET");
        let deployment = self.ok("CreateDeployment", json!({"restapi_id": api}));
        (api, root, text(&deployment["id"]))
    }
}

/// An operation in a patch whose value is absent has this one.
const NONE: &str = "<none>";

fn with_patch(mut of: Value, operations: &[(&str, &str, &str)]) -> Value {
    let operations: Vec<Value> = operations
        .iter()
        .map(|(op, path, value)| match (*op, *value) {
            ("copy", from) => json!({"op": "copy", "path": path, "from": from}),
            (_, NONE) if *path == NONE => json!({"op": op}),
            (_, NONE) => json!({"op": op, "path": path}),
            (_, value) => json!({"op": op, "path": path, "value": value}),
        })
        .collect();
    of["patchOperations"] = operations.into();
    of
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// The object without these members.
fn without(mut value: Value, members: &[&str]) -> Value {
    for member in members {
        value.as_object_mut().unwrap().shift_remove(*member);
    }
    value
}

/// The members of a method's path, with more.
fn at(api: &str, resource: &str, verb: &str, more: Value) -> Value {
    let mut all = json!({"restapi_id": api, "resource_id": resource, "http_method": verb});
    all.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    all
}

const NO_RESOURCE: &str = "404 NotFoundException: Invalid Resource identifier specified";
const NO_METHOD: &str = "404 NotFoundException: Invalid Method identifier specified";
const NO_INTEGRATION: &str = "404 NotFoundException: Invalid Integration identifier specified";
