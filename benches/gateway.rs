//! What a request costs the gateway, beside bare hyper in the same process, and beside nginx and haproxy where they are installed:
//! CPU time of whoever serves, per request.
//!
//! `cargo bench --bench gateway`. Loopback, keep-alive connections, one data runtime, a thousand API keys. The ratios are the figures
//! to quote: absolute times move with the machine, and are measured in turns so that they move together. Linux only: times come
//! from `/proc`.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::cast_precision_loss,
    clippy::too_many_lines,
    missing_docs
)]

use std::convert::Infallible;
use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::num::NonZeroUsize;
use std::process::{Child, Command, Stdio};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use sluice::engine::gateway::Settings;
use sluice::engine::{Config, start};
use sluice::model::ThrottleSettings;

const BODY: &str = r#"{"message": "Hello from the gateway"}"#;
const CONNECTIONS: usize = 16;
const REQUESTS: usize = 1_000;
const ROUNDS: usize = 5;
const KEYS: usize = 1_000;

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

/// Who serves.
enum Server {
    /// A thread of this process, by name.
    Thread(&'static str),
    /// Another process.
    Process(Child),
}

impl Server {
    /// CPU time that it has used, in nanoseconds.
    fn time(&self) -> u64 {
        let (process, name) = match self {
            Self::Thread(name) => ("self".to_owned(), Some(*name)),
            Self::Process(child) => (child.id().to_string(), None),
        };
        fs::read_dir(format!("/proc/{process}/task"))
            .unwrap()
            .filter_map(|task| {
                let path = task.unwrap().path();
                let comm = fs::read_to_string(path.join("comm")).ok()?;
                name.is_none_or(|name| comm.trim() == name).then_some(())?;
                let times = fs::read_to_string(path.join("schedstat")).ok()?;
                times.split(' ').next()?.parse::<u64>().ok()
            })
            .sum()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Self::Process(child) = self {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Ports that were free a moment ago.
fn free_ports<const N: usize>() -> [SocketAddr; N] {
    let bound = [(); N].map(|()| std::net::TcpListener::bind("127.0.0.1:0").unwrap());
    bound.map(|listener| listener.local_addr().unwrap())
}

/// Starts another server and waits until it listens; nothing if it isn't installed.
fn peer(program: &str, arguments: &[&str], address: SocketAddr) -> Option<Server> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null());
    let command = command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut server = Server::Process(command.spawn().ok()?);
    while TcpStream::connect(address).is_err() {
        if let Server::Process(child) = &mut server
            && child.try_wait().unwrap().is_some()
        {
            println!("{program} is installed but doesn't start: left out");
            return None;
        }
        std::thread::yield_now();
    }
    Some(server)
}

/// nginx: a plain proxy; keys and a limit by key before a body from memory; the same before a proxy.
fn nginx(
    folder: &std::path::Path,
    backend: SocketAddr,
    keys: &[String],
) -> Option<(Server, [SocketAddr; 3])> {
    let ports: [SocketAddr; 3] = free_ports();
    let [plain, limited, limited_proxy] = ports;
    let at = folder.display();
    let mut map = String::new();
    for (n, key) in keys.iter().enumerate() {
        let _ = writeln!(map, "{key} plan{n};");
    }
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path {at}/{kind};"))
        .concat();
    let limit = "if ($plan = \"\") { return 403; } limit_req zone=keys burst=20000 nodelay;";
    let text = format!(
        "daemon off; master_process off; worker_processes 1; pid {at}/pid; error_log stderr crit;
        events {{ worker_connections 1024; }}
        http {{ access_log off; keepalive_requests 100000000; proxy_http_version 1.1; proxy_set_header Connection \"\"; {temporary}
        upstream backend {{ server {backend}; keepalive 64; keepalive_requests 100000000; }}
        map_hash_max_size 65536; map_hash_bucket_size 128; map $http_x_api_key $plan {{ default \"\"; {map} }}
        limit_req_zone $plan zone=keys:16m rate=100000r/s; limit_req_status 429;
        server {{ listen {plain}; location / {{ proxy_pass http://backend; }} }}
        server {{ listen {limited}; location / {{ {limit} empty_gif; }} }}
        server {{ listen {limited_proxy}; location / {{ {limit} proxy_pass http://backend; }} }} }}"
    );
    let file = folder.join("nginx.conf");
    fs::write(&file, text).unwrap();
    let arguments = ["-p", folder.to_str()?, "-c", file.to_str()?];
    Some((peer("nginx", &arguments, plain)?, ports))
}

/// haproxy: keys and a limit by key before a proxy.
fn haproxy(
    folder: &std::path::Path,
    backend: SocketAddr,
    keys: &[String],
) -> Option<(Server, SocketAddr)> {
    let [address] = free_ports();
    let map = folder.join("keys.map");
    fs::write(&map, keys.join(" plan\n") + " plan\n").unwrap();
    let text = format!(
        "global\n nbthread 1\ndefaults\n mode http\n timeout client 60s\n timeout server 60s\n timeout connect 5s\n\
         frontend keys\n bind {address}\n\
         \x20http-request deny deny_status 403 unless {{ req.hdr(x-api-key),map_str({}) -m found }}\n\
         \x20stick-table type string len 64 size 100k expire 10m store http_req_rate(10s)\n\
         \x20http-request track-sc0 req.hdr(x-api-key)\n\
         \x20http-request deny deny_status 429 if {{ sc_http_req_rate(0) gt 100000000 }}\n\
         \x20default_backend one\nbackend one\n server one {backend}\n",
        map.display()
    );
    let file = folder.join("haproxy.cfg");
    fs::write(&file, text).unwrap();
    let server = peer("haproxy", &["-db", "-f", file.to_str()?], address)?;
    Some((server, address))
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

/// One side of a comparison.
struct Side<'a> {
    server: &'a Server,
    address: SocketAddr,
    request: &'a str,
    status: &'a [u8],
}

impl<'a> Side<'a> {
    fn new(server: &'a Server, address: SocketAddr, request: &'a str, status: &'a [u8]) -> Self {
        Self {
            server,
            address,
            request,
            status,
        }
    }

    /// Nanoseconds of the server's CPU time per request.
    fn cost(&self) -> f64 {
        let before = self.server.time();
        load(self.address, self.request, self.status);
        (self.server.time() - before) as f64 / (REQUESTS * CONNECTIONS) as f64
    }
}

/// Measures both in turns and prints the median of the ratios.
fn compare(name: &str, ours: &Side<'_>, with: &str, theirs: &Side<'_>) {
    load(ours.address, ours.request, ours.status);
    load(theirs.address, theirs.request, theirs.status);
    let mut pairs: Vec<(f64, f64)> = (0..ROUNDS).map(|_| (ours.cost(), theirs.cost())).collect();
    pairs.sort_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)));
    let (a, b) = pairs[ROUNDS / 2];
    println!(
        "{name:<26} {:>8.2} {with:<22} {:>8.2} {:>7.2}",
        a / 1e3,
        b / 1e3,
        a / b
    );
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

/// What was made to be measured.
struct Made {
    id: String,
    /// The keys' values.
    keys: Vec<String>,
    /// A key whose plan lets nothing through.
    stopped: String,
}

/// An API with a mock, the same behind an API key, a proxy with and without one, and mocks of the statuses of refusals.
fn api(address: SocketAddr, backend: SocketAddr) -> Made {
    let put = |path: &str, body: &str| control(address, "PUT", path, body);
    let api = control(address, "POST", "/restapis", r#"{"name":"bench"}"#);
    let id = api["id"].as_str().unwrap().to_owned();
    let root = api["rootResourceId"].as_str().unwrap();
    for (name, key, status) in [
        ("mock", false, Some(200)),
        ("key", true, Some(200)),
        ("mock403", false, Some(403)),
        ("mock429", false, Some(429)),
        ("proxy", false, None),
        ("keyproxy", true, None),
    ] {
        let part = format!(r#"{{"pathPart":"{name}"}}"#);
        let parent = format!("/restapis/{id}/resources/{root}");
        let resource = control(address, "POST", &parent, &part);
        let resource = resource["id"].as_str().unwrap();
        let at = format!("/restapis/{id}/resources/{resource}/methods/GET");
        put(
            &at,
            &format!(r#"{{"authorizationType":"NONE","apiKeyRequired":{key}}}"#),
        );
        let Some(status) = status else {
            let integration =
                format!(r#"{{"type":"HTTP_PROXY","httpMethod":"GET","uri":"http://{backend}/"}}"#);
            put(&format!("{at}/integration"), &integration);
            continue;
        };
        put(&format!("{at}/responses/{status}"), "{}");
        let template = format!(r#"{{"statusCode": {status}}}"#);
        let mock =
            serde_json::json!({"type": "MOCK", "requestTemplates": {"application/json": template}});
        put(&format!("{at}/integration"), &mock.to_string());
        let template = serde_json::json!({ "responseTemplates": { "application/json": BODY } });
        let response = format!("{at}/integration/responses/{status}");
        put(&response, &template.to_string());
    }
    let deployments = format!("/restapis/{id}/deployments");
    control(address, "POST", &deployments, r#"{"stageName":"b"}"#);
    let plan = |rate: f64, burst: i64| {
        let plan = serde_json::json!({
            "name": "bench", "apiStages": [{ "apiId": id, "stage": "b" }],
            "throttle": { "rateLimit": rate, "burstLimit": burst }, "quota": { "limit": 1_000_000_000, "period": "DAY" },
        });
        let made = control(address, "POST", "/usageplans", &plan.to_string());
        made["id"].as_str().unwrap().to_owned()
    };
    let key = |plan: &str| {
        let key = r#"{"name":"bench","enabled":true}"#;
        let key = control(address, "POST", "/apikeys", key);
        let member = serde_json::json!({ "keyId": key["id"], "keyType": "API_KEY" });
        let members = format!("/usageplans/{plan}/keys");
        control(address, "POST", &members, &member.to_string());
        key["value"].as_str().unwrap().to_owned()
    };
    let open = plan(1e6, 1_000_000);
    let keys = (0..KEYS).map(|_| key(&open)).collect();
    let stopped = key(&plan(0.0, 0));
    // The stage's own limit would be reached: lift it.
    for (path, value) in [("rateLimit", "1000000"), ("burstLimit", "1000000")] {
        let patch = serde_json::json!({ "patchOperations": [{ "op": "replace", "path": format!("/*/*/throttling/{path}"), "value": value }] });
        let stage = format!("/restapis/{id}/stages/b");
        control(address, "PATCH", &stage, &patch.to_string());
    }
    Made { id, keys, stopped }
}

fn main() {
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
    let made = api(address, backend);
    let get = |path: &str, key: &str| {
        let key = match key {
            "" => String::new(),
            key => format!("x-api-key: {key}\r\n"),
        };
        let path = format!("/_aws/execute-api/{}/b/{path}", made.id);
        format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n{key}\r\n")
    };
    let key = made.keys.last().expect("there are keys");
    let (us, hyper) = (
        Server::Thread("sluice-data-0"),
        Server::Thread("bare-hyper"),
    );
    let plain = "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let keyed = format!("GET / HTTP/1.1\r\nhost: localhost\r\nx-api-key: {key}\r\n\r\n");
    let bare = Side::new(&hyper, bare, plain, b"200");
    let [mock, with_key, proxy, proxy_with_key] = [
        get("mock", ""),
        get("key", key),
        get("proxy", ""),
        get("keyproxy", key),
    ];
    let ours = |request, status| Side::new(&us, address, request, status);
    println!(
        "{:<26} {:>8} {:<22} {:>8} {:>7}",
        "case", "us/req", "beside", "us/req", "ratio"
    );
    compare(
        "MOCK, constant template",
        &ours(&mock, b"200"),
        "bare hyper",
        &bare,
    );
    compare(
        "MOCK + key + plan",
        &ours(&with_key, b"200"),
        "bare hyper",
        &bare,
    );
    compare("HTTP_PROXY", &ours(&proxy, b"200"), "bare hyper", &bare);
    for (name, refused, status, mock) in [
        (
            "403, no such path",
            get("nowhere", ""),
            &b"403"[..],
            "mock403",
        ),
        ("403, no key", get("key", ""), b"403", "mock403"),
        (
            "429, plan's throttle",
            get("key", &made.stopped),
            b"429",
            "mock429",
        ),
    ] {
        let mock = get(mock, "");
        compare(
            name,
            &Side::new(&us, address, &refused, status),
            "our MOCK of it",
            &Side::new(&us, address, &mock, status),
        );
    }
    let folder = tempfile::tempdir().expect("a folder");
    let nginx = nginx(folder.path(), backend, &made.keys);
    if let Some((nginx, [plain_proxy, limited, limited_proxy])) = &nginx {
        let theirs = |address, request| Side::new(nginx, address, request, b"200");
        compare(
            "HTTP_PROXY",
            &ours(&proxy, b"200"),
            "nginx proxy",
            &theirs(*plain_proxy, plain),
        );
        compare(
            "MOCK + key + plan",
            &ours(&with_key, b"200"),
            "nginx keys, limit",
            &theirs(*limited, &keyed),
        );
        compare(
            "key + plan + HTTP_PROXY",
            &ours(&proxy_with_key, b"200"),
            "nginx keys, limit",
            &theirs(*limited_proxy, &keyed),
        );
    }
    if let Some((haproxy, at)) = &haproxy(folder.path(), backend, &made.keys) {
        compare(
            "key + plan + HTTP_PROXY",
            &ours(&proxy_with_key, b"200"),
            "haproxy keys, limit",
            &Side::new(haproxy, *at, &keyed, b"200"),
        );
    }
    println!(
        "medians of {ROUNDS} rounds of {} requests",
        REQUESTS * CONNECTIONS
    );
    engine.stop();
}
