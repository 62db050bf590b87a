//! What a request costs the gateway, beside bare hyper in the same process and run: CPU time of the serving thread, per request.
//!
//! `cargo bench --bench gateway`. Loopback, keep-alive connections, one data runtime. The ratio is the figure to quote: absolute
//! times move with the machine. Linux only: thread times come from `/proc`.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::cast_precision_loss,
    missing_docs
)]

use std::convert::Infallible;
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::num::NonZeroUsize;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use sluice::base::Clock;
use sluice::engine::gateway::Settings;
use sluice::engine::{Config, start};
use sluice::model::ThrottleSettings;

const BODY: &str = r#"{"message": "Hello from the gateway"}"#;
const CONNECTIONS: usize = 16;
const REQUESTS: usize = 4_000;
const ROUNDS: usize = 5;

/// A server that answers everything with `BODY`, on a thread of its own.
fn bare_hyper(name: &str) -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let serve = async move {
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            tokio::task::spawn_local(async move {
                let service = service_fn(|_: Request<Incoming>| async {
                    let mut answer = Response::new(Full::new(Bytes::from_static(BODY.as_bytes())));
                    answer
                        .headers_mut()
                        .insert(CONTENT_TYPE, "application/json".parse().unwrap());
                    Ok::<_, Infallible>(answer)
                });
                let _ = http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    };
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            tokio::task::LocalSet::new().block_on(&runtime, serve);
        })
        .unwrap();
    address
}

/// CPU time that the thread of that name has used, in nanoseconds.
fn thread_time(name: &str) -> u64 {
    fs::read_dir("/proc/self/task")
        .unwrap()
        .filter_map(|task| {
            let path = task.unwrap().path();
            (fs::read_to_string(path.join("comm")).ok()?.trim() == name).then_some(())?;
            let times = fs::read_to_string(path.join("schedstat")).ok()?;
            times.split(' ').next()?.parse::<u64>().ok()
        })
        .sum()
}

/// Sends `REQUESTS` on each of `CONNECTIONS` connections in turn and checks every status.
fn load(address: SocketAddr, request: &str, status: &[u8]) {
    let mut connections: Vec<TcpStream> = (0..CONNECTIONS)
        .map(|_| {
            let stream = TcpStream::connect(address).unwrap();
            stream.set_nodelay(true).unwrap();
            stream
        })
        .collect();
    let mut buffer = [0; 4096];
    for _ in 0..REQUESTS {
        for stream in &mut connections {
            stream.write_all(request.as_bytes()).unwrap();
        }
        for stream in &mut connections {
            let read = stream.read(&mut buffer).unwrap();
            assert_eq!(
                &buffer[9..12],
                status,
                "{}",
                String::from_utf8_lossy(&buffer[..read])
            );
        }
    }
}

/// Nanoseconds of the thread's CPU time per request.
fn cost(thread: &str, address: SocketAddr, request: &str, status: &[u8]) -> f64 {
    let before = thread_time(thread);
    load(address, request, status);
    (thread_time(thread) - before) as f64 / (REQUESTS * CONNECTIONS) as f64
}

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

/// An API with `GET /mock`, `GET /key` (the same, with an API key) and `GET /proxy`; gives its id and the key's value.
fn api(address: SocketAddr, backend: SocketAddr) -> (String, String) {
    let put = |path: &str, body: &str| control(address, "PUT", path, body);
    let api = control(address, "POST", "/restapis", r#"{"name":"bench"}"#);
    let id = api["id"].as_str().unwrap().to_owned();
    let root = api["rootResourceId"].as_str().unwrap();
    for (name, key) in [("mock", false), ("key", true), ("proxy", false)] {
        let part = format!(r#"{{"pathPart":"{name}"}}"#);
        let resource = control(
            address,
            "POST",
            &format!("/restapis/{id}/resources/{root}"),
            &part,
        );
        let at = format!(
            "/restapis/{id}/resources/{}/methods/GET",
            resource["id"].as_str().unwrap()
        );
        put(
            &at,
            &format!(r#"{{"authorizationType":"NONE","apiKeyRequired":{key}}}"#),
        );
        if name == "proxy" {
            let integration =
                format!(r#"{{"type":"HTTP_PROXY","httpMethod":"GET","uri":"http://{backend}/"}}"#);
            put(&format!("{at}/integration"), &integration);
            continue;
        }
        put(&format!("{at}/responses/200"), "{}");
        put(
            &format!("{at}/integration"),
            r#"{"type":"MOCK","requestTemplates":{"application/json":"{\"statusCode\": 200}"}}"#,
        );
        let template = serde_json::json!({ "responseTemplates": { "application/json": BODY } });
        put(
            &format!("{at}/integration/responses/200"),
            &template.to_string(),
        );
    }
    control(
        address,
        "POST",
        &format!("/restapis/{id}/deployments"),
        r#"{"stageName":"b"}"#,
    );
    let key = control(
        address,
        "POST",
        "/apikeys",
        r#"{"name":"bench","enabled":true}"#,
    );
    let plan = serde_json::json!({
        "name": "bench", "apiStages": [{ "apiId": id, "stage": "b" }],
        "throttle": { "rateLimit": 1e6, "burstLimit": 1_000_000 }, "quota": { "limit": 1_000_000_000, "period": "DAY" },
    });
    let plan = control(address, "POST", "/usageplans", &plan.to_string());
    let member = serde_json::json!({ "keyId": key["id"], "keyType": "API_KEY" });
    control(
        address,
        "POST",
        &format!("/usageplans/{}/keys", plan["id"].as_str().unwrap()),
        &member.to_string(),
    );
    // The stage's own limit would be reached: lift it.
    for (path, value) in [("rateLimit", "1000000"), ("burstLimit", "1000000")] {
        let patch = serde_json::json!({ "patchOperations": [{ "op": "replace", "path": format!("/*/*/throttling/{path}"), "value": value }] });
        control(
            address,
            "PATCH",
            &format!("/restapis/{id}/stages/b"),
            &patch.to_string(),
        );
    }
    (id, key["value"].as_str().unwrap().to_owned())
}

fn main() {
    let clock = Clock::system();
    let bare = bare_hyper("bare-hyper");
    let backend = bare_hyper("backend");
    // An account's own limit would be reached.
    let account = ThrottleSettings {
        burst_limit: 10_000_000,
        rate_limit: 1e7,
    };
    let config = Config {
        threads: NonZeroUsize::new(1),
        limits: Settings {
            account,
            ..Settings::default()
        },
        ..Config::default()
    };
    let engine = start(config).expect("the engine starts");
    let address = engine.addr();
    let (id, key) = api(address, backend);
    let get = |path: &str, header: &str| {
        format!("GET /_aws/execute-api/{id}/b/{path} HTTP/1.1\r\nhost: localhost\r\n{header}\r\n")
    };
    let cases = [
        ("MOCK, constant template", get("mock", ""), &b"200"[..]),
        (
            "MOCK + key + plan",
            get("key", &format!("x-api-key: {key}\r\n")),
            b"200",
        ),
        ("403, no such path", get("nowhere", ""), b"403"),
        ("HTTP_PROXY", get("proxy", ""), b"200"),
    ];
    let plain = "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";
    load(bare, plain, b"200");
    println!(
        "{:<26} {:>9} {:>11} {:>7}",
        "case", "us/req", "bare hyper", "ratio"
    );
    for (name, request, status) in cases {
        load(address, &request, status);
        let mut pairs: Vec<(f64, f64)> = (0..ROUNDS)
            .map(|_| {
                let ours = cost("sluice-data-0", address, &request, status);
                (ours, cost("bare-hyper", bare, plain, b"200"))
            })
            .collect();
        pairs.sort_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)));
        let (ours, theirs) = pairs[ROUNDS / 2];
        println!(
            "{name:<26} {:>9.2} {:>11.2} {:>7.2}",
            ours / 1e3,
            theirs / 1e3,
            ours / theirs
        );
    }
    println!(
        "median of {ROUNDS} rounds of {} requests, {:?} in all",
        REQUESTS * CONNECTIONS,
        clock.monotonic().max(Duration::ZERO)
    );
    engine.stop();
}
