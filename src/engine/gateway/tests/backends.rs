//! Backends that answer early, wrongly or not at all, byte by byte.

use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::spawn_local;

use super::{API, Rig, api, mock, run, stage};
use crate::engine::gateway::Settings;
use crate::engine::gateway::pool::PoolLimits;

fn proxy(address: SocketAddr) -> Value {
    json!({"methodIntegration": {"type": "HTTP_PROXY", "httpMethod": "ANY", "uri": format!("http://{address}/")}})
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// Reads up to and with `end`.
async fn read_to(stream: &mut TcpStream, end: &str) -> String {
    let mut text = Vec::new();
    while !text.ends_with(end.as_bytes()) {
        let mut byte = [0];
        assert_eq!(
            stream.read(&mut byte).await.unwrap(),
            1,
            "{}",
            String::from_utf8_lossy(&text)
        );
        text.push(byte[0]);
    }
    String::from_utf8(text).unwrap()
}

/// Begins a request with a chunked body.
async fn begin(rig: &Rig) -> TcpStream {
    let mut client = TcpStream::connect(rig.address).await.unwrap();
    let head = format!(
        "POST /_aws/execute-api/{API}/prod/x HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n"
    );
    client.write_all(head.as_bytes()).await.unwrap();
    client
}

#[test]
fn a_request_and_its_answer_stream_at_the_same_time() {
    run(|| async {
        let (listener, address) = listen().await;
        spawn_local(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let head = read_to(&mut stream, "\r\n\r\n").await;
            assert!(head.contains("transfer-encoding: chunked\r\n"), "{head}");
            assert_eq!(read_to(&mut stream, "one").await, "3\r\none");
            let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nuno\r\n";
            stream.write_all(head).await.unwrap();
            assert_eq!(read_to(&mut stream, "two!").await, "\r\n4\r\ntwo!");
            assert_eq!(read_to(&mut stream, "0\r\n\r\n").await, "\r\n0\r\n\r\n");
            stream.write_all(b"3\r\ndue\r\n0\r\n\r\n").await.unwrap();
            std::future::pending::<()>().await;
        });
        let rig = Rig::serving(api(json!({"POST /x": proxy(address)}))).await;
        let mut client = begin(&rig).await;
        client.write_all(b"3\r\none\r\n").await.unwrap();
        let head = read_to(&mut client, "uno\r\n").await;
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        client.write_all(b"4\r\ntwo!\r\n0\r\n\r\n").await.unwrap();
        assert_eq!(
            read_to(&mut client, "0\r\n\r\n").await,
            "3\r\ndue\r\n0\r\n\r\n"
        );
    });
}

#[test]
fn a_backend_may_answer_before_it_has_the_whole_request() {
    run(|| async {
        let (listener, address) = listen().await;
        let connections = Rc::new(Cell::new(0));
        let counted = Rc::clone(&connections);
        spawn_local(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                counted.set(counted.get() + 1);
                read_to(&mut stream, "\r\n\r\n").await;
                let answer = b"HTTP/1.1 413 No\r\ncontent-length: 4\r\n\r\nless";
                stream.write_all(answer).await.unwrap();
                spawn_local(async move {
                    let _ = stream.read_to_end(&mut Vec::new()).await;
                });
            }
        });
        let rig = Rig::serving(api(json!({"POST /x": proxy(address)}))).await;
        for n in 1..=2 {
            let mut client = begin(&rig).await;
            client.write_all(b"3\r\none\r\n").await.unwrap();
            let answer = read_to(&mut client, "less").await;
            assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
            // Nobody else may be sent over a connection on which half a request stands.
            assert_eq!(connections.get(), n);
        }
    });
}

#[test]
fn only_what_may_be_sent_twice_is() {
    run(|| async {
        let (listener, address) = listen().await;
        let requests = Rc::new(Cell::new(0));
        let counted = Rc::clone(&requests);
        spawn_local(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let counted = Rc::clone(&counted);
                spawn_local(async move {
                    // Answers once, and hangs up on the second request.
                    for last in [false, true] {
                        read_to(&mut stream, "\r\n\r\n").await;
                        counted.set(counted.get() + 1);
                        if !last {
                            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
                            stream.write_all(answer).await.unwrap();
                        }
                    }
                });
            }
        });
        let rig = Rig::serving(api(json!({"ANY /x": proxy(address)}))).await;
        for (verb, status, so_far) in [
            ("GET", 200, 1),
            ("GET", 200, 3),
            ("POST", 504, 4),
            ("POST", 200, 5),
        ] {
            let reply = rig.call(verb, "/x", &[], "").await;
            assert_eq!((reply.status, requests.get()), (status, so_far), "{verb}");
        }
    });
}

#[test]
fn answers_that_are_no_http_are_failures_of_the_network() {
    run(|| async {
        let cases = [
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nok!",
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: -2\r\n\r\nok",
            "HTTP/1.1 200 OK\r\na : b\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 101 Switching Protocols\r\n\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nsurely\r\n",
            "HTTP/1.1 20",
            "SSH-2.0-OpenSSH_9.2\r\n",
        ];
        let (listener, address) = listen().await;
        spawn_local(async move {
            for answer in cases {
                let (mut stream, _) = listener.accept().await.unwrap();
                read_to(&mut stream, "\r\n\r\n").await;
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        let rig = Rig::serving(api(json!({"GET /x": proxy(address)}))).await;
        for answer in cases {
            let reply = rig.get("/x").await;
            let message = "Network error communicating with endpoint";
            assert_eq!(reply.error().2, message, "{answer:?}");
            assert_eq!(reply.status, 504, "{answer:?}");
        }
    });
}

/// No test waits for as long as this: it keeps one that fails from hanging.
const GUARD: Duration = Duration::from_secs(20);

/// What comes back on a connection until it ends.
async fn exchange(rig: &Rig, request: &str) -> String {
    let reply = super::failures::raw(rig, request);
    let reply = tokio::time::timeout(GUARD, reply).await;
    reply.expect("the connection was held open")
}

#[test]
fn a_backend_that_stops_in_the_middle_is_left() {
    run(|| async {
        let (listener, address) = listen().await;
        let (left, mut is_left) = tokio::sync::mpsc::unbounded_channel();
        spawn_local(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let head = read_to(&mut stream, "\r\n\r\n").await;
                let answer: &[u8] = if head.contains("/x") {
                    b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nfirst"
                } else {
                    b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nfirst\r\n"
                };
                stream.write_all(answer).await.unwrap();
                let _ = stream.read_to_end(&mut Vec::new()).await;
                left.send(()).unwrap();
            }
        });
        let slow = |path: &str| {
            let mut method = proxy(address);
            method["methodIntegration"]["timeoutInMillis"] = json!(100);
            method["methodIntegration"]["uri"] = json!(format!("http://{address}{path}"));
            method
        };
        let rig = Rig::serving(api(json!({"GET /x": slow("/x"), "GET /y": slow("/y")}))).await;
        for path in ["x", "y"] {
            let line = format!("GET /_aws/execute-api/{API}/prod/{path} HTTP/1.1\r\n");
            let reply = exchange(&rig, &format!("{line}host: h\r\n\r\n")).await;
            assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
            assert!(
                reply.contains("first") && !reply.ends_with("0\r\n\r\n"),
                "{reply}"
            );
            tokio::time::timeout(GUARD, is_left.recv()).await.unwrap();
        }
    });
}

#[test]
fn who_does_not_send_the_body_is_told_so() {
    run(|| async {
        let (_listener, address) = listen().await;
        let settings = Settings {
            body_patience: Duration::from_millis(50),
            ..Settings::default()
        };
        let rig = Rig::with(settings).await;
        let definition = api(json!({"POST /proxied": proxy(address), "POST /mocked": mock("1")}));
        rig.publish(&stage(json!({})), &definition);
        for path in ["proxied", "mocked"] {
            let line = format!("POST /_aws/execute-api/{API}/prod/{path} HTTP/1.1\r\n");
            let request =
                format!("{line}host: h\r\nconnection: close\r\ncontent-length: 5\r\n\r\n");
            let reply = exchange(&rig, &request).await;
            assert!(reply.starts_with("HTTP/1.1 408 "), "{path}: {reply}");
        }
    });
}

/// Beyond what a backend can be asked at once and what may wait for it, requests are refused at once.
#[test]
fn more_requests_than_a_backend_can_take_are_shed() {
    run(|| async {
        let (listener, address) = listen().await;
        let (busy, mut is_busy) = tokio::sync::mpsc::unbounded_channel();
        let (go_on, goes_on) = tokio::sync::watch::channel(false);
        spawn_local(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let (busy, mut goes_on) = (busy.clone(), goes_on.clone());
                spawn_local(async move {
                    read_to(&mut stream, "\r\n\r\n").await;
                    busy.send(()).unwrap();
                    goes_on.wait_for(|go| *go).await.unwrap();
                    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
                    stream.write_all(answer).await.unwrap();
                    // It would serve on; who waits gets a connection all the same.
                    let _ = stream.read_to_end(&mut Vec::new()).await;
                });
            }
        });
        let limits = PoolLimits {
            per_backend: 1,
            waiting: 2,
            ..PoolLimits::default()
        };
        let rig = Rc::new(Rig::limited(Settings::default(), limits).await);
        rig.publish(&stage(json!({})), &api(json!({"GET /x": proxy(address)})));
        let (done, mut is_done) = tokio::sync::mpsc::unbounded_channel();
        for _ in 0..5 {
            let (rig, done) = (Rc::clone(&rig), done.clone());
            spawn_local(async move {
                let reply = rig.get("/x").await;
                done.send((reply.status, reply.body)).unwrap();
            });
        }
        // One is being served, two wait, and nobody answers: the others know it by now.
        is_busy.recv().await.unwrap();
        for _ in 0..2 {
            let refused = tokio::time::timeout(GUARD, is_done.recv()).await.unwrap();
            let said = "{\"message\":\"Service Unavailable\"}".to_owned();
            assert_eq!(refused, Some((503, said)));
        }
        go_on.send(true).unwrap();
        for _ in 0..3 {
            let served = tokio::time::timeout(GUARD, is_done.recv()).await.unwrap();
            assert_eq!(served, Some((200, "ok".to_owned())));
        }
    });
}
