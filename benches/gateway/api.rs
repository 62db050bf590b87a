//! What is measured: an API, and keys for it.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use serde_json::{Value, json};

use crate::BODY;

/// Calls the control plane; gives the answer.
fn control(address: SocketAddr, method: &str, path: &str, body: &str) -> serde_json::Value {
    let mut stream = TcpStream::connect(address).unwrap();
    let scope = "AWS4-HMAC-SHA256 Credential=bench/20260101/us-east-1/apigateway/aws4_request, SignedHeaders=host, Signature=0";
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: {scope}\r\naccept: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 2"), "{method} {path}: {answer}");
    serde_json::from_str(body).unwrap_or_default()
}

/// An API with a mock, the same behind an API key, a proxy with and without one and with a cache, and mocks of the statuses of
/// refusals; deployed to stage `b`.
pub(crate) struct Made {
    address: SocketAddr,
    id: String,
    backend: SocketAddr,
    plan: String,
    /// The keys' values.
    pub(crate) keys: Vec<String>,
    /// A key whose plan lets nothing through.
    pub(crate) stopped: String,
}

impl Made {
    pub(crate) fn new(address: SocketAddr, backend: SocketAddr) -> Self {
        let api = control(address, "POST", "/restapis", r#"{"name":"bench"}"#);
        let id = api["id"].as_str().unwrap().to_owned();
        let mut made = Self {
            address,
            id,
            backend,
            plan: String::new(),
            keys: Vec::new(),
            stopped: String::new(),
        };
        made.define(0);
        made.plan = made.make_plan(1e6, 1_000_000);
        let none = made.make_plan(0.0, 0);
        made.stopped = made.add_keys(&none, 1).remove(0);
        made.set_stage();
        made
    }

    /// A request for a path, with a key or `""`.
    pub(crate) fn get(&self, path: &str, key: &str) -> String {
        let key = match key {
            "" => String::new(),
            key => format!("x-api-key: {key}\r\n"),
        };
        let path = format!("/_aws/execute-api/{}/b/{path}", self.id);
        format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n{key}\r\n")
    }

    fn put(&self, path: &str, body: &Value) -> Value {
        control(self.address, "PUT", path, &body.to_string())
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        control(self.address, "POST", path, &body.to_string())
    }

    /// Defines the API anew with so many routes more, and deploys it.
    pub(crate) fn define(&self, more: usize) {
        let mock = |status: u16| {
            json!({
                "type": "mock", "requestTemplates": { "application/json": format!("{{\"statusCode\": {status}}}") },
                "responses": { "default": { "statusCode": status.to_string(), "responseTemplates": { "application/json": BODY } } }
            })
        };
        let backend = self.backend;
        let proxy =
            json!({"type": "http_proxy", "httpMethod": "GET", "uri": format!("http://{backend}/")});
        let method = |key: bool, status: u16, integration: Value| {
            let security = if key {
                json!([{ "key": [] }])
            } else {
                json!([])
            };
            json!({ "get": {
                "responses": { status.to_string(): { "description": "" } }, "security": security,
                "x-amazon-apigateway-integration": integration,
            }})
        };
        let mut paths = serde_json::Map::new();
        for (name, method) in [
            ("mock", method(false, 200, mock(200))),
            ("key", method(true, 200, mock(200))),
            ("mock403", method(false, 403, mock(403))),
            ("mock429", method(false, 429, mock(429))),
            ("proxy", method(false, 200, proxy.clone())),
            ("keyproxy", method(true, 200, proxy.clone())),
            ("cached", method(false, 200, proxy)),
        ] {
            paths.insert(format!("/{name}"), method);
        }
        for n in 0..more {
            paths.insert(format!("/route{n}"), method(false, 200, mock(200)));
        }
        let key = json!({"type": "apiKey", "name": "x-api-key", "in": "header"});
        let definition = json!({
            "openapi": "3.0.1", "info": { "title": "bench", "version": "1" }, "paths": paths,
            "components": { "securitySchemes": { "key": key } },
        });
        self.put(
            &format!("/restapis/{}?mode=overwrite", self.id),
            &definition,
        );
        let deployments = format!("/restapis/{}/deployments", self.id);
        self.post(&deployments, &json!({"stageName": "b"}));
    }

    /// Lifts the stage's own limit, which would be reached, and turns its cache on.
    fn set_stage(&self) {
        let patch: Vec<Value> = [
            ("/*/*/throttling/rateLimit", "1000000"),
            ("/*/*/throttling/burstLimit", "1000000"),
            ("/cacheClusterEnabled", "true"),
            ("/cacheClusterSize", "0.5"),
            ("/~1cached/GET/caching/enabled", "true"),
            ("/~1cached/GET/caching/ttlInSeconds", "3600"),
        ]
        .iter()
        .map(|(path, value)| json!({ "op": "replace", "path": path, "value": value }))
        .collect();
        let stage = format!("/restapis/{}/stages/b", self.id);
        let patch = json!({ "patchOperations": patch });
        control(self.address, "PATCH", &stage, &patch.to_string());
    }

    fn make_plan(&self, rate: f64, burst: i64) -> String {
        let plan = json!({
            "name": "bench", "apiStages": [{ "apiId": self.id, "stage": "b" }],
            "throttle": { "rateLimit": rate, "burstLimit": burst }, "quota": { "limit": 1_000_000_000, "period": "DAY" },
        });
        let made = self.post("/usageplans", &plan);
        made["id"].as_str().unwrap().to_owned()
    }

    /// Gives the open plan so many keys in all.
    pub(crate) fn fill(&mut self, keys: usize) {
        let plan = self.plan.clone();
        let more = self.add_keys(&plan, keys - self.keys.len());
        self.keys.extend(more);
    }

    fn add_keys(&self, plan: &str, count: usize) -> Vec<String> {
        let value = |n: usize| format!("{plan}-{:0>30}", self.keys.len() + n);
        let values: Vec<String> = (0..count).map(value).collect();
        for some in values.chunks(1_000) {
            let mut file = "name,key,enabled,usageplanIds\n".to_owned();
            for key in some {
                let _ = writeln!(file, "{key},{key},true,{plan}");
            }
            control(
                self.address,
                "POST",
                "/apikeys?mode=import&format=csv",
                &file,
            );
        }
        values
    }
}
