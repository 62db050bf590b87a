//! The server under fire: malformed requests, clients that hold connections, more of them than there is room for, deployments in
//! between. Raw bytes over real sockets; each test ends by asking whether it still serves.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use super::Patience;
use crate::engine::{Config, Engine, start};

/// No test waits for as long as this: it keeps one that fails from hanging.
pub(super) const GUARD: Duration = Duration::from_secs(20);

pub(super) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(GUARD)).unwrap();
    stream
}

/// What comes back until the connection ends; nothing if it is reset.
pub(super) fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    match stream.read_to_end(&mut bytes) {
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
            panic!("the connection was held open")
        }
        _ => String::from_utf8_lossy(&bytes).into_owned(),
    }
}

/// Sends bytes, closes the sending side, and reads all that comes back.
pub(super) fn exchange(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = connect(address);
    // A server that answers before it has read everything may close first.
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(Shutdown::Write);
    rest(&mut stream)
}

/// The same, again for as long as there is no room: who asked before has seen its connection end a little earlier than the gateway
/// has done with it.
fn exchange_when_there_is_room(address: SocketAddr, bytes: &[u8]) -> String {
    loop {
        let answer = exchange(address, bytes);
        if !answer.starts_with("HTTP/1.1 503") {
            return answer;
        }
    }
}

/// Reads one answer of a connection that stays open: head and body.
pub(super) fn one(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r\n") {
        assert_eq!(stream.read(&mut byte).unwrap(), 1, "the answer broke off");
        bytes.push(byte[0]);
    }
    let head = String::from_utf8(bytes).unwrap();
    let length = head
        .lines()
        .find_map(|l| l.strip_prefix("Content-Length: "));
    let mut body = vec![0; length.unwrap().parse().unwrap()];
    stream.read_exact(&mut body).unwrap();
    head + std::str::from_utf8(&body).unwrap()
}

pub(super) fn control(address: SocketAddr, method: &str, path: &str, body: &Value) -> Value {
    let body = body.to_string();
    let scope = "AWS4-HMAC-SHA256 Credential=t/20260101/us-east-1/apigateway/aws4_request, SignedHeaders=host, Signature=0";
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: {scope}\r\naccept: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = exchange_when_there_is_room(address, request.as_bytes());
    assert!(
        answer.starts_with("HTTP/1.1 2"),
        "{method} {path}: {answer}"
    );
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap_or_default()
}

/// An API whose root answers `GET` by a mock, deployed to `t`, and with a backend, `POST` by passing on to it.
pub(super) struct Api {
    address: SocketAddr,
    pub(super) id: String,
}

impl Api {
    pub(super) fn deployed(engine: &Engine, backend: Option<SocketAddr>) -> Self {
        Self::answering(engine, "served", backend)
    }

    pub(super) fn answering(engine: &Engine, template: &str, backend: Option<SocketAddr>) -> Self {
        let address = engine.addr();
        let regional = json!({"name": "fire", "endpointConfiguration": {"types": ["REGIONAL"]}});
        let made = control(address, "POST", "/restapis", &regional);
        let id = made["id"].as_str().unwrap().to_owned();
        let root = made["rootResourceId"].as_str().unwrap();
        let method = |verb: &str, integration: Value| {
            let at = format!("/restapis/{id}/resources/{root}/methods/{verb}");
            control(address, "PUT", &at, &json!({"authorizationType": "NONE"}));
            control(address, "PUT", &format!("{at}/integration"), &integration);
            at
        };
        let mock = json!({"type": "MOCK", "requestTemplates": {"application/json": "{\"statusCode\": 200}"}});
        let at = method("GET", mock);
        control(address, "PUT", &format!("{at}/responses/200"), &json!({}));
        let template = json!({"responseTemplates": {"application/json": template}});
        let response = format!("{at}/integration/responses/200");
        control(address, "PUT", &response, &template);
        if let Some(backend) = backend {
            let uri = format!("http://{backend}/");
            method(
                "POST",
                json!({"type": "HTTP_PROXY", "httpMethod": "POST", "uri": uri}),
            );
        }
        let api = Self { address, id };
        api.deploy();
        api
    }

    fn deploy(&self) {
        let path = format!("/restapis/{}/deployments", self.id);
        control(self.address, "POST", &path, &json!({"stageName": "t"}));
    }

    pub(super) fn path(&self) -> String {
        format!("/_aws/execute-api/{}/t/", self.id)
    }

    fn get(&self) -> String {
        format!("GET {} HTTP/1.1\r\nhost: localhost\r\n\r\n", self.path())
    }

    fn assert_serves(&self) {
        let answer = exchange(self.address, self.get().as_bytes());
        assert!(
            answer.starts_with("HTTP/1.1 200") && answer.ends_with("served"),
            "{answer}"
        );
    }
}

/// What is sent in place of a well-formed request (`{path}` is the API's), and the status of the first answer; 0: none at all.
const MALFORMED: &[(&str, &str, u16)] = &[
    ("no HTTP", "hello\r\n\r\n", 400),
    ("no version", "GET {path}\r\n\r\n", 400),
    (
        "a version that isn't one",
        "GET {path} HTTP/9.9\r\n\r\n",
        400,
    ),
    ("two blanks", "GET  {path} HTTP/1.1\r\nhost: a\r\n\r\n", 400),
    ("a preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 0),
    (
        "a verb with a bracket",
        "G(T {path} HTTP/1.1\r\nhost: a\r\n\r\n",
        400,
    ),
    (
        "a blank before the colon",
        "GET {path} HTTP/1.1\r\nhost : a\r\n\r\n",
        400,
    ),
    (
        "a folded header",
        "GET {path} HTTP/1.1\r\nhost: a\r\nx: 1\r\n 2\r\n\r\n",
        400,
    ),
    (
        "a NUL in a value",
        "GET {path} HTTP/1.1\r\nhost: a\r\nx: 1\u{0}2\r\n\r\n",
        400,
    ),
    (
        "a CR in a value",
        "GET {path} HTTP/1.1\r\nhost: a\r\nx: 1\r2\r\n\r\n",
        400,
    ),
    (
        "a header without a name",
        "GET {path} HTTP/1.1\r\nhost: a\r\n: 1\r\n\r\n",
        400,
    ),
    (
        "two hosts",
        "GET {path} HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n",
        400,
    ),
    (
        "two lengths",
        "GET {path} HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
        400,
    ),
    (
        "a list of lengths",
        "GET {path} HTTP/1.1\r\nhost: a\r\ncontent-length: 1, 2\r\n\r\nab",
        400,
    ),
    (
        "a length with a sign",
        "GET {path} HTTP/1.1\r\nhost: a\r\ncontent-length: +1\r\n\r\na",
        400,
    ),
    (
        "a negative length",
        "GET {path} HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\na",
        400,
    ),
    (
        "a length beyond numbers",
        "GET {path} HTTP/1.1\r\nhost: a\r\ncontent-length: 99999999999999999999\r\n\r\na",
        400,
    ),
    (
        "a coding that isn't chunked",
        "GET {path} HTTP/1.1\r\nhost: a\r\ntransfer-encoding: xchunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    (
        "chunked, but not last",
        "GET {path} HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
        400,
    ),
    (
        "chunks in HTTP/1.0",
        "GET {path} HTTP/1.0\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    ("half a head", "GET {path} HTTP/1.1\r\nhost: a\r\n", 0),
    (
        "half a body",
        "GET {path} HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nab",
        504,
    ),
    (
        "a chunk without a size",
        "GET {path} HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n",
        504,
    ),
    (
        "a chunk beyond numbers",
        "GET {path} HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
        504,
    ),
    ("nothing", "", 0),
];

#[test]
fn malformed_requests_are_refused_and_leave_nothing_behind() {
    // Room for two: a connection that stayed would be missed soon.
    let engine = start(Config {
        connections: Some(2),
        ..Config::default()
    });
    let engine = engine.unwrap();
    let api = Api::deployed(&engine, None);
    let mut wrong = Vec::new();
    for (what, bytes, expected) in MALFORMED {
        let answer = exchange(
            engine.addr(),
            bytes.replace("{path}", &api.path()).as_bytes(),
        );
        let status = answer.get(9..12).and_then(|s| s.parse().ok()).unwrap_or(0);
        if status != *expected || answer.contains("served") {
            wrong.push(format!("{what}: {answer:?} instead of {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    api.assert_serves();
}

#[test]
fn floods_of_headers_and_endless_lines_are_refused() {
    let engine = start(Config::default()).unwrap();
    let api = Api::deployed(&engine, None);
    let line = |path: &str, headers: &str| {
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n");
        let answer = exchange(engine.addr(), request.as_bytes());
        // A peer that is told before it has sent everything may find its connection reset.
        answer.get(9..12).map_or(0, |s| s.parse().unwrap())
    };
    let many = "x-many: 1\r\n".repeat(500);
    let long = format!("x: {}\r\n", "a".repeat(12_000));
    let longer = format!("x: {}\r\n", "a".repeat(300_000));
    assert_eq!(line(&api.path(), &many), 431);
    assert_eq!(line(&api.path(), &long), 431);
    assert!(matches!(line(&api.path(), &longer), 431 | 0));
    assert_eq!(
        line(&format!("{}?{}", api.path(), "a".repeat(12_000)), ""),
        414
    );
    assert!(matches!(
        line(&format!("/{}", "a".repeat(300_000)), ""),
        414 | 431 | 0
    ));
    api.assert_serves();
}

/// A backend that takes connections one after another and gives what it got to `seen`; answers and closes.
fn backend(seen: std::sync::mpsc::Sender<String>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            stream.set_read_timeout(Some(GUARD)).unwrap();
            let mut got = Vec::new();
            let mut buffer = [0; 4096];
            // A body of five bytes or a chunked one, by what the tests below send.
            while !(got.ends_with(b"hello") || got.ends_with(b"0\r\n\r\n")) {
                match stream.read(&mut buffer) {
                    Ok(n @ 1..) => got.extend_from_slice(&buffer[..n]),
                    _ => break,
                }
            }
            let _ = stream.write_all(
                b"HTTP/1.1 200 OK\r\nconnection: close, x-inner\r\nx-inner: 1\r\nx-outer: 1\r\ncontent-length: 2\r\n\r\nok",
            );
            let _ = seen.send(String::from_utf8_lossy(&got).into_owned());
        }
    });
    address
}

#[test]
fn a_backend_gets_one_framing_and_no_header_of_another_hop() {
    let (seen, got) = std::sync::mpsc::channel();
    let engine = start(Config::default()).unwrap();
    let api = Api::deployed(&engine, Some(backend(seen)));
    let post = |headers: &str, body: &str| {
        let request = format!(
            "POST {} HTTP/1.1\r\nhost: a\r\n{headers}\r\n{body}",
            api.path()
        );
        exchange(engine.addr(), request.as_bytes())
    };
    let answer = post(
        "connection: close, X-Secret\r\nx-secret: 1\r\nx-plain: 1\r\ncontent-length: 5\r\n",
        "hello",
    );
    let sent = got.recv_timeout(GUARD).unwrap();
    assert!(
        sent.contains("x-plain: 1") && !sent.contains("x-secret"),
        "{sent}"
    );
    assert!(
        answer.contains("x-outer: 1") && !answer.contains("x-inner: 1"),
        "{answer}"
    );
    // Length and chunks at once: the chunks count, and the length is told to nobody.
    let chunks = "5\r\nhello\r\n0\r\n\r\n";
    post(
        "transfer-encoding: chunked\r\ncontent-length: 3\r\n",
        chunks,
    );
    let sent = got.recv_timeout(GUARD).unwrap();
    let framings = ["content-length:", "transfer-encoding:"];
    assert_eq!(
        framings.iter().filter(|f| sent.contains(*f)).count(),
        1,
        "{sent}"
    );
    assert!(
        sent.contains("hello") && !sent.contains("content-length: 3"),
        "{sent}"
    );
    api.assert_serves();
}

#[test]
fn who_has_sent_everything_may_close_its_side_and_gets_its_answer() {
    let (seen, _got) = std::sync::mpsc::channel();
    let engine = start(Config::default()).unwrap();
    let api = Api::deployed(&engine, Some(backend(seen)));
    // `exchange` closes before it reads; the proxied answer comes later than that.
    let request = format!(
        "POST {} HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello",
        api.path()
    );
    let answer = exchange(engine.addr(), request.as_bytes());
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.ends_with("ok"),
        "{answer}"
    );
}

#[test]
fn who_sends_no_request_is_closed() {
    let patience = Patience {
        head: Duration::from_millis(20),
        idle: Duration::from_millis(20),
        round: Duration::from_millis(10),
        ..Patience::default()
    };
    let engine = start(Config {
        patience,
        ..Config::default()
    });
    let engine = engine.unwrap();
    let api = Api::deployed(&engine, None);
    for begun in ["", "GET / HT", "GET / HTTP/1.1\r\nhost: a\r\n"] {
        let mut stream = connect(engine.addr());
        stream.write_all(begun.as_bytes()).unwrap();
        assert_eq!(rest(&mut stream), "", "{begun}");
    }
    let mut stream = connect(engine.addr());
    stream.write_all(api.get().as_bytes()).unwrap();
    // After an answer too.
    assert!(rest(&mut stream).ends_with("served"));
}

/// A backend whose answer is more than the system keeps for a client that doesn't read; tells when the gateway has hung up on it.
fn torrent(hung_up: std::sync::mpsc::Sender<()>) -> SocketAddr {
    const LENGTH: usize = 10 << 20;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut buffer = [0; 4096];
            let _ = stream.read(&mut buffer);
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {LENGTH}\r\n\r\n");
            let _ = stream.write_all(head.as_bytes());
            let _ = stream.write_all(&vec![b'x'; LENGTH]);
            // Nothing more is asked on this connection: it ends when the gateway ends it.
            while matches!(stream.read(&mut buffer), Ok(1..)) {}
            let _ = hung_up.send(());
        }
    });
    address
}

#[test]
fn who_does_not_read_the_answer_is_closed_and_so_is_its_backend() {
    let patience = Patience {
        stalled: Duration::from_millis(50),
        round: Duration::from_millis(10),
        ..Patience::default()
    };
    let engine = start(Config {
        connections: Some(4),
        patience,
        ..Config::default()
    });
    let engine = engine.unwrap();
    let (hung_up, told) = std::sync::mpsc::channel();
    let api = Api::deployed(&engine, Some(torrent(hung_up)));
    let post = format!(
        "POST {} HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n",
        api.path()
    );
    // More than there is room for, one after the other: each must be gone before the next gets in.
    for _ in 0..6 {
        let mut stream = connect(engine.addr());
        stream.write_all(post.as_bytes()).unwrap();
        told.recv_timeout(GUARD).expect("the backend is let go");
        let mut taken = Vec::new();
        let _ = stream.read_to_end(&mut taken);
        assert!(taken.len() < 10 << 20, "{} bytes came", taken.len());
    }
    let answer = exchange_when_there_is_room(engine.addr(), api.get().as_bytes());
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[test]
fn beyond_its_room_the_gateway_says_so_at_once() {
    let engine = start(Config {
        connections: Some(2),
        ..Config::default()
    });
    let engine = engine.unwrap();
    let api = Api::deployed(&engine, None);
    let mut held: Vec<TcpStream> = Vec::new();
    while held.len() < 2 {
        let mut stream = connect(engine.addr());
        stream.write_all(api.get().as_bytes()).unwrap();
        let answer = one(&mut stream);
        if answer.starts_with("HTTP/1.1 200") {
            held.push(stream);
        } else {
            // Whoever deployed the API may not have left yet.
            assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
        }
    }
    for _ in 0..5 {
        let answer = exchange(engine.addr(), api.get().as_bytes());
        assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
        assert!(
            answer.ends_with("{\"message\":\"Service Unavailable\"}"),
            "{answer}"
        );
    }
    drop(held);
    // There is room again as soon as the engine has noticed.
    let answer = exchange_when_there_is_room(engine.addr(), api.get().as_bytes());
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

/// Recorded of functions, and so of everything that is shown names: `tEsT-HEADeR` stays `tEsT-HEADeR`.
#[test]
fn names_of_headers_keep_the_clients_spelling() {
    let engine = start(Config::default()).unwrap();
    let template = "#foreach($name in $input.params().header.keySet())$name #end";
    let api = Api::answering(&engine, template, None);
    let mut stream = connect(engine.addr());
    let mut names = |pieces: &[&str]| {
        for piece in pieces {
            stream.write_all(piece.as_bytes()).unwrap();
        }
        let answer = one(&mut stream);
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        body.to_owned()
    };
    let line = api.get();
    let (line, _) = line.split_once("\r\n").unwrap();
    let head = |more: &str| format!("{line}\r\nHOST: localhost\r\n{more}\r\n\r\n");
    let added = "X-Amzn-Trace-Id X-Forwarded-For X-Forwarded-Port X-Forwarded-Proto ";
    for more in ["tEsT-HEADeR: aValUE", "accept: */*", "USER-agent: me"] {
        let (name, _) = more.split_once(':').unwrap();
        assert_eq!(names(&[&head(more)]), format!("HOST {name} {added}"));
    }
    let (first, second) = (
        format!("{line}\r\nHOST: localhost\r\n"),
        "X-PIECE: 1\r\n\r\n",
    );
    assert_eq!(names(&[&first, second]), format!("HOST X-PIECE {added}"));
    // Another connection, and this one again.
    let answer = exchange(engine.addr(), head("X-OTHER: 1").as_bytes());
    assert!(answer.contains("HOST X-OTHER"), "{answer}");
    assert_eq!(names(&[&head("X-own: 1")]), format!("HOST X-own {added}"));
}

/// Recorded: what answers' headers are called, and that their authors' spelling stays.
#[test]
fn names_of_answers_are_spelled_as_awss() {
    let engine = start(Config::default()).unwrap();
    let address = engine.addr();
    let template = "#set($context.responseOverride.header.tesT-Multi = ['a', 'b'])$context.stage";
    let api = Api::answering(&engine, template, None);
    let names = |request: &str| {
        let answer = exchange(address, request.as_bytes());
        let (head, _) = answer.split_once("\r\n\r\n").unwrap();
        let lines = head.lines().skip(1);
        let mut names: Vec<&str> = lines.map(|l| l.split_once(": ").unwrap().0).collect();
        names.sort_unstable();
        names.join(" ")
    };
    assert_eq!(
        names(&api.get()),
        "Connection Content-Length Content-Type Date tesT-Multi tesT-Multi x-amz-apigw-id x-amzn-RequestId"
    );
    let refused = "Connection Content-Length Content-Type Date x-amz-apigw-id x-amzn-ErrorType x-amzn-RequestId";
    assert_eq!(names(&api.get().replacen("GET", "PUT", 1)), refused);
    let nowhere = "GET /_aws/execute-api/none/t/ HTTP/1.1\r\nhost: localhost\r\n\r\n";
    assert_eq!(names(nowhere), refused);
    // What is known beforehand, and what is mapped.
    let path = format!("/restapis/{}/resources", api.id);
    let found = control(address, "GET", &path, &json!({}));
    let root = found["item"][0]["id"].as_str().unwrap();
    let call = |verb: &str, rest: &str, body: &Value| {
        control(
            address,
            verb,
            &format!("{path}/{root}/methods/GET/{rest}"),
            body,
        );
    };
    let declared = ["X-oWn", "Date", "X-PATH"].map(|name| {
        let path = format!("/responseParameters/method.response.header.{name}");
        json!({"op": "add", "path": path, "value": "false"})
    });
    call(
        "PATCH",
        "responses/200",
        &json!({ "patchOperations": declared }),
    );
    let put = |path: &str, body: &Value| call("PUT", path, body);
    put(
        "integration/responses/200",
        &json!({"responseParameters": {
            "method.response.header.X-oWn": "'1'",
            "method.response.header.Date": "'2'",
            "method.response.header.X-PATH": "context.path",
        }}),
    );
    api.deploy();
    let expected = "Connection Content-Length Content-Type Date X-PATH X-oWn x-amz-apigw-id x-amzn-Remapped-Date x-amzn-RequestId";
    assert_eq!(names(&api.get()), expected);
    put(
        "integration/responses/200",
        &json!({"responseTemplates": {"application/json": "x"}, "responseParameters": {"method.response.header.X-oWn": "'1'"}}),
    );
    api.deploy();
    let expected =
        "Connection Content-Length Content-Type Date X-oWn x-amz-apigw-id x-amzn-RequestId";
    assert_eq!(names(&api.get()), expected);
}

#[test]
fn deploying_while_serving_drops_no_request() {
    const DEPLOYMENTS: usize = 20;
    let engine = start(Config::default()).unwrap();
    let api = Api::deployed(&engine, None);
    let (done, served) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut stream = connect(engine.addr());
                while !done.load(Ordering::Relaxed) {
                    stream.write_all(api.get().as_bytes()).unwrap();
                    let answer = one(&mut stream);
                    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
                    served.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for _ in 0..DEPLOYMENTS {
            let before = served.load(Ordering::Relaxed);
            api.deploy();
            // Requests go on between one deployment and the next.
            while served.load(Ordering::Relaxed) == before {
                std::thread::yield_now();
            }
        }
        done.store(true, Ordering::Relaxed);
    });
    assert!(served.load(Ordering::Relaxed) > DEPLOYMENTS);
}
