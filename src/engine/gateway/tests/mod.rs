//! The gateway tested through sockets: a handler behind a loopback server, backends that the test scripts.

mod authorizers;
mod backends;
mod cache;
mod canary;
mod compression;
mod content;
mod domains;
mod failures;
mod functions;
mod http_proxy;
mod http_templates;
mod iam;
mod keys;
mod links;
mod log_lines;
mod logs;
mod mocks;
mod paths;
mod policies;
mod recorded;
mod recorded_headers;
mod test_requests;
mod tokens;
mod tracing;
mod validation;

use std::cell::RefCell;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{LocalSet, spawn_local};

use super::pool::{Pool, PoolLimits, Tls};
use super::{Gateway, Handler, Settings};
use crate::base::{Chance, Clock};
use crate::engine::telemetry::Telemetry;
use crate::model::{self, Definition};

/// Runs a test on a current-thread runtime, as data runtimes are.
pub(super) fn run<F: Future>(test: impl FnOnce() -> F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    LocalSet::new().block_on(&runtime, async { test().await })
}

/// A gateway with one handler behind a socket. API `api0000000`, stage `prod`, time stands still.
pub(super) struct Rig {
    pub(super) gateway: Arc<Gateway>,
    pub(super) clock: Clock,
    pub(super) telemetry: Arc<Telemetry>,
    pub(super) address: SocketAddr,
}

pub(super) const API: &str = "api0000000";

impl Rig {
    pub(super) async fn new() -> Self {
        Self::with(Settings::default()).await
    }

    pub(super) async fn with(settings: Settings) -> Self {
        Self::limited(settings, PoolLimits::default()).await
    }

    /// A gateway with so many connections to each backend, and so many requests that wait for one.
    pub(super) async fn limited(settings: Settings, limits: PoolLimits) -> Self {
        let clock = Clock::manual("2026-01-02T03:04:05Z".parse().unwrap());
        let telemetry = Arc::new(Telemetry::new(clock.clone()));
        let gateway = Arc::new(Gateway::new(
            clock.clone(),
            settings,
            Arc::clone(&telemetry),
        ));
        let pool = Pool::new(clock.clone(), limits, Tls::default());
        let handler = Rc::new(Handler::new(Arc::clone(&gateway), Chance::seeded(7), pool));
        let asked = Rc::clone(&handler);
        spawn_local(async move { asked.answer_questions().await });
        let address = serve(handler).await;
        Self {
            gateway,
            clock,
            telemetry,
            address,
        }
    }

    /// A gateway that serves `definition` on stage `prod`.
    pub(super) async fn serving(definition: Definition) -> Self {
        let rig = Self::new().await;
        rig.publish(&stage(json!({})), &definition);
        rig
    }

    pub(super) fn publish(&self, stage: &model::Stage, definition: &Definition) {
        let account = "000000000000";
        self.gateway.publish_stage(
            "us-east-1",
            account,
            API,
            stage,
            ("dep001", definition),
            None,
        );
    }

    /// `GET /pets`, on the stage `prod`.
    pub(super) async fn get(&self, path: &str) -> Reply {
        self.call("GET", path, &[], "").await
    }

    pub(super) async fn call(
        &self,
        verb: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &'static str,
    ) -> Reply {
        self.at(
            verb,
            &format!("/_aws/execute-api/{API}/prod{path}"),
            headers,
            body,
        )
        .await
    }

    /// A request whose body may be anything.
    pub(super) async fn post(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        let mut request = Request::post(format!("/_aws/execute-api/{API}/prod{path}"))
            .header("host", "localhost:4566");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = Full::new(Bytes::copy_from_slice(body));
        send(self.address, request.body(body).unwrap()).await
    }

    /// A request to a path of the server itself.
    pub(super) async fn at(
        &self,
        verb: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &'static str,
    ) -> Reply {
        let mut request = Request::builder().method(verb).uri(path);
        if !headers.iter().any(|(n, _)| n.eq_ignore_ascii_case("host")) {
            request = request.header("host", "localhost:4566");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(Bytes::from_static(body.as_bytes())));
        send(self.address, request.unwrap()).await
    }
}

/// What a client got.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    /// What isn't text is replaced.
    pub(super) body: String,
    pub(super) bytes: Bytes,
}

impl Reply {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|v| v.to_str().unwrap())
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// Status, error type and message: what a gateway response is made of.
    pub(super) fn error(&self) -> (u16, Option<&str>, String) {
        let message = self.json()["message"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        (self.status, self.header("x-amzn-errortype"), message)
    }
}

pub(super) async fn send(address: SocketAddr, request: Request<Full<Bytes>>) -> Reply {
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .unwrap();
    spawn_local(connection);
    let (head, body) = sender.send_request(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Reply {
        status: head.status.as_u16(),
        headers: head.headers,
        body: String::from_utf8_lossy(&body).into_owned(),
        bytes: body,
    }
}

async fn serve(handler: Rc<Handler>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    spawn_local(async move {
        loop {
            let (stream, peer) = listener.accept().await.unwrap();
            let handler = Rc::clone(&handler);
            let service = service_fn(move |request: Request<Incoming>| {
                let handler = Rc::clone(&handler);
                async move {
                    let host = request.headers().get("host").and_then(|h| h.to_str().ok());
                    let path = request.uri().path();
                    let name = host.and_then(|host| host.split(':').next());
                    let target = handler.target(name, path);
                    let target = target.expect("a test asks for an API");
                    let request = Box::new(request.map(crate::engine::message::Incoming::from));
                    let answer = handler.handle(target, request, peer).await;
                    Ok::<_, Infallible>(Response::from(answer))
                }
            });
            spawn_local(
                hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service),
            );
        }
    });
    address
}

/// A backend: what it was asked, and what it answers.
pub(super) struct Backend {
    pub(super) address: SocketAddr,
    pub(super) requests: Rc<RefCell<Vec<Asked>>>,
    /// Connections that were made to it.
    pub(super) connections: Rc<RefCell<usize>>,
}

/// A request as a backend saw it.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) verb: String,
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Asked {
    pub(super) fn header(&self, name: &str) -> Option<String> {
        let values: Vec<_> = self.headers.get_all(name).iter().collect();
        let texts: Vec<_> = values.iter().map(|v| v.to_str().unwrap()).collect();
        (!texts.is_empty()).then(|| texts.join(","))
    }
}

impl Backend {
    pub(super) async fn answering(
        answer: impl Fn(&Asked) -> Response<Full<Bytes>> + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let backend = Self {
            address: listener.local_addr().unwrap(),
            requests: Rc::default(),
            connections: Rc::default(),
        };
        let (requests, connections) = (
            Rc::clone(&backend.requests),
            Rc::clone(&backend.connections),
        );
        let answer = Rc::new(answer);
        spawn_local(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                *connections.borrow_mut() += 1;
                let (requests, answer) = (Rc::clone(&requests), Rc::clone(&answer));
                let service = service_fn(move |request: Request<Incoming>| {
                    let (requests, answer) = (Rc::clone(&requests), Rc::clone(&answer));
                    async move {
                        let (head, body) = request.into_parts();
                        // A client that gives up in the middle of its body gets no answer.
                        let body = body.collect().await?.to_bytes();
                        let asked = Asked {
                            verb: head.method.to_string(),
                            path: head.uri.to_string(),
                            headers: head.headers,
                            body,
                        };
                        let answer = answer(&asked);
                        requests.borrow_mut().push(asked);
                        Ok::<_, hyper::Error>(answer)
                    }
                });
                spawn_local(
                    hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service),
                );
            }
        });
        backend
    }

    pub(super) async fn saying(status: u16, body: &'static str) -> Self {
        Self::answering(move |_| {
            Response::builder()
                .status(status)
                .header("content-type", "application/json")
                .body(Full::new(Bytes::from_static(body.as_bytes())))
                .unwrap()
        })
        .await
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(super) fn last(&self) -> Asked {
        self.requests.borrow_mut().pop().expect("a request came")
    }
}

/// A stage `prod` with what `more` adds to it.
pub(super) fn stage(more: Value) -> model::Stage {
    let mut stage = json!({"stageName": "prod", "deploymentId": "dep001"});
    merge(&mut stage, more);
    serde_json::from_value(stage).unwrap()
}

/// A regional API from `VERB /path` → what the method has beside the usual: no authorization, method responses for all statuses of its
/// integration responses.
#[allow(clippy::needless_pass_by_value, reason = "written in place with json!")]
pub(super) fn api(methods: Value) -> Definition {
    let mut resources = serde_json::Map::new();
    for (name, more) in methods.as_object().unwrap() {
        let (verb, path) = name.split_once(' ').unwrap();
        let mut method = json!({"httpMethod": verb, "authorizationType": "NONE"});
        let statuses = more["methodIntegration"]["integrationResponses"].as_object();
        let statuses = statuses.into_iter().flatten().map(|(status, _)| status);
        method["methodResponses"] = statuses
            .map(|s| (s.clone(), json!({"statusCode": s})))
            .collect::<serde_json::Map<_, _>>()
            .into();
        merge(&mut method, more.clone());
        let resource = resources
            .entry(path)
            .or_insert_with(|| json!({"id": "res001", "path": path, "resourceMethods": {}}));
        resource["resourceMethods"][verb] = method;
    }
    serde_json::from_value(json!({
        "restApi": {"id": API, "name": "pets", "apiKeySource": "HEADER", "endpointConfiguration": {"types": ["REGIONAL"]}},
        "resources": resources,
    }))
    .unwrap()
}

/// A mock that answers 200 with `template`.
pub(super) fn mock(template: &str) -> Value {
    json!({"methodIntegration": {
        "type": "MOCK",
        "requestTemplates": {"application/json": "{\"statusCode\": 200}"},
        "integrationResponses": {"200": {
            "statusCode": "200",
            "responseTemplates": {"application/json": template},
        }},
    }})
}

fn merge(into: &mut Value, more: Value) {
    match (into, more) {
        (Value::Object(into), Value::Object(more)) => {
            for (name, value) in more {
                merge(into.entry(name).or_insert(Value::Null), value);
            }
        }
        (into, more) => *into = more,
    }
}
