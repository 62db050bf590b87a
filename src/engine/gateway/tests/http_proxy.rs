//! `HTTP_PROXY` integrations: what backend and client see, connections, failures.

use std::time::Duration;

use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::{API, Backend, Rig, api, run, stage};

fn proxy(uri: &str, more: Value) -> Value {
    let mut integration =
        json!({"type": "HTTP_PROXY", "httpMethod": "ANY", "uri": uri, "timeoutInMillis": 29000});
    super::merge(&mut integration, more);
    json!({ "methodIntegration": integration })
}

#[test]
fn a_request_is_passed_on_and_its_answer_back() {
    run(|| async {
        let backend = Backend::answering(|_| {
            Response::builder()
                .status(418)
                .header("content-type", "text/plain")
                .header("x-custom", "kept")
                .header("server", "theirs")
                .header("date", "Thu, 01 Jan 1970 00:00:00 GMT")
                .header("x-amzn-requestid", "theirs")
                .header("te", "dropped")
                .body(Full::new(Bytes::from_static(b"short and stout")))
                .unwrap()
        })
        .await;
        let rig = Rig::serving(api(json!({
            "ANY /tea/{proxy+}": proxy(&backend.url("/pot/{proxy}?fixed=1"), json!({
                "requestParameters": {"integration.request.path.proxy": "method.request.path.proxy"},
            })),
        })))
        .await;
        let headers = [
            ("accept-encoding", "gzip"),
            ("user-agent", "test/1"),
            ("x-mine", "a"),
            ("expect", "nothing"),
            ("te", "trailers"),
            ("connection", "close"),
            ("authorization", "Bearer x"),
            ("x-http-method-override", "PUT"),
        ];
        let reply = rig
            .call("POST", "/tea/a%2Bb//c/?q=1&q=a+b", &headers, "{\"milk\":1}")
            .await;
        assert_eq!(
            (reply.status, reply.body.as_str()),
            (418, "short and stout")
        );
        assert_eq!(reply.header("content-type"), Some("text/plain"));
        assert_eq!(reply.header("x-custom"), Some("kept"));
        assert_eq!(reply.header("x-amzn-remapped-server"), Some("theirs"));
        assert_eq!(
            reply.header("x-amzn-remapped-date"),
            Some("Thu, 01 Jan 1970 00:00:00 GMT")
        );
        assert_eq!(
            reply.header("x-amzn-remapped-x-amzn-requestid"),
            Some("theirs")
        );
        assert_eq!(reply.header("x-amzn-remapped-content-length"), Some("15"));
        assert_eq!(reply.header("content-length"), Some("15"));
        assert_eq!(reply.header("te"), None);
        assert_eq!(reply.header("x-amzn-requestid").map(str::len), Some(36));
        let trace = reply.header("x-amzn-trace-id").unwrap().to_owned();
        let asked = backend.last();
        assert_eq!(asked.verb, "PUT");
        assert_eq!(asked.path, "/pot/a%2Bb//c?fixed=1&q=1&q=a%20b");
        assert_eq!(asked.body, "{\"milk\":1}");
        let seen = |name: &str| asked.header(name);
        assert_eq!(seen("host"), Some(backend.address.to_string()));
        assert_eq!(seen("accept-encoding").as_deref(), Some("gzip"));
        assert_eq!(seen("user-agent").as_deref(), Some("test/1"));
        assert_eq!(seen("x-mine").as_deref(), Some("a"));
        assert_eq!(seen("authorization").as_deref(), Some("Bearer x"));
        assert_eq!(seen("content-length").as_deref(), Some("10"));
        assert_eq!(seen("x-amzn-apigateway-api-id").as_deref(), Some(API));
        assert_eq!(seen("x-amzn-trace-id"), Some(trace));
        assert_eq!(seen("x-forwarded-for").as_deref(), Some("127.0.0.1"));
        for dropped in [
            "expect",
            "te",
            "connection",
            "x-http-method-override",
            "transfer-encoding",
        ] {
            assert_eq!(seen(dropped), None, "{dropped}");
        }
    });
}

#[test]
fn parameters_are_mapped_beside_what_is_passed() {
    run(|| async {
        let backend = Backend::saying(200, "{}").await;
        let rig = Rig::new().await;
        let definition = api(json!({
            "POST /{id}": proxy(&backend.url("/${stageVariables.base}/{id}?testVar=foobar"), json!({"httpMethod": "PUT", "requestParameters": {
                "integration.request.path.id": "method.request.path.id",
                "integration.request.header.headerVar": "'mapped-value'",
                "integration.request.header.foobar": "method.request.header.source",
                "integration.request.header.gone": "method.request.header.gone",
                "integration.request.header.Via": "'dropped'",
                "integration.request.querystring.testQs": "method.request.path.id",
                "integration.request.querystring.all": "method.request.multivaluequerystring.testVar",
                "integration.request.querystring.stage": "context.stage",
                "integration.request.querystring.none": "stageVariables.none",
            }})),
        }));
        rig.publish(&stage(json!({"variables": {"base": "v1"}})), &definition);
        let headers = [("headervar", "mine"), ("source", "mapped-source")];
        let reply = rig
            .call(
                "POST",
                "/foo?testVar=bar&testVar=x%26y&testQs=bar",
                &headers,
                "",
            )
            .await;
        assert_eq!(reply.status, 200);
        let asked = backend.last();
        assert_eq!(asked.verb, "PUT");
        // The receiver reads testVar=foobar,bar,… and testQs=bar,foo (recorded).
        assert_eq!(
            asked.path,
            "/v1/foo?testVar=foobar&testVar=bar&testVar=x%26y&testQs=bar&testQs=foo&all=bar&all=x%26y&stage=prod"
        );
        assert_eq!(asked.header("headervar").as_deref(), Some("mapped-value"));
        assert_eq!(asked.header("foobar").as_deref(), Some("mapped-source"));
        assert_eq!((asked.header("gone"), asked.header("via")), (None, None));
    });
}

#[test]
fn connections_are_kept_and_a_stale_one_is_no_failure() {
    run(|| async {
        // A backend that answers once per connection and then closes it without having said so.
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (closed, mut is_closed) = tokio::sync::mpsc::unbounded_channel();
        tokio::task::spawn_local(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut buffer = [0; 2048];
                let n = stream.read(&mut buffer).await.unwrap();
                assert!(n > 0);
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
                stream.write_all(answer).await.unwrap();
                drop(stream);
                closed.send(()).unwrap();
            }
        });
        let rig = Rig::serving(api(
            json!({"GET /x": proxy(&format!("http://{address}/"), json!({}))}),
        ))
        .await;
        for _ in 0..5 {
            assert_eq!(rig.get("/x").await.body, "ok");
            is_closed.recv().await.unwrap();
        }
        let kept = Backend::saying(200, "{}").await;
        let rig = Rig::serving(api(json!({"GET /x": proxy(&kept.url("/"), json!({}))}))).await;
        for _ in 0..5 {
            assert_eq!(rig.get("/x").await.status, 200);
        }
        assert_eq!(*kept.connections.borrow(), 1);
        rig.clock.advance(Duration::from_mins(2));
        assert_eq!(rig.get("/x").await.status, 200);
        assert_eq!(*kept.connections.borrow(), 2);
    });
}

#[test]
fn backends_that_fail_are_504_or_500() {
    run(|| async {
        // Accepts and says nothing.
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        // Hangs up on every request.
        let rude = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let rude_address = rude.local_addr().unwrap();
        tokio::task::spawn_local(async move {
            loop {
                drop(rude.accept().await.unwrap());
            }
        });
        let free = TcpListener::bind("127.0.0.1:0")
            .await
            .unwrap()
            .local_addr()
            .unwrap();
        let at = |address: &dyn std::fmt::Display| format!("http://{address}/");
        let silent_at = at(&silent.local_addr().unwrap());
        let rig = Rig::serving(api(json!({
            "GET /silent": proxy(&silent_at, json!({"timeoutInMillis": 50})),
            "GET /rude": proxy(&at(&rude_address), json!({})),
            "GET /none": proxy(&at(&free), json!({})),
            "GET /name": proxy("http://no-such-host.invalid/", json!({})),
            "GET /uri": proxy("http://${stageVariables.gone}/", json!({})),
            "GET /tls": proxy(&format!("https://{rude_address}/"), json!({})),
        })))
        .await;
        let network = "Network error communicating with endpoint";
        let cases = [
            ("/silent", 504, "Endpoint request timed out"),
            ("/rude", 504, network),
            ("/none", 504, network),
            ("/name", 500, "Internal server error"),
            ("/uri", 500, "Internal server error"),
            ("/tls", 504, network),
        ];
        for (path, status, message) in cases {
            let reply = rig.get(path).await;
            assert_eq!(
                (reply.status, reply.error().2.as_str()),
                (status, message),
                "{path}"
            );
            assert_eq!(reply.error().1, Some("InternalServerErrorException"));
            assert_eq!(reply.header("x-amzn-trace-id"), None);
        }
        drop(silent);
    });
}

#[test]
fn large_bodies_stream_both_ways() {
    run(|| async {
        let megabytes = |n: usize| vec![b'x'; n << 20];
        let backend = Backend::answering(move |asked| {
            let length = asked.body.len().to_string();
            Response::builder()
                .header("x-length", length)
                .body(Full::new(asked.body.clone()))
                .unwrap()
        })
        .await;
        let rig = Rig::serving(api(json!({"POST /x": proxy(&backend.url("/"), json!({}))}))).await;
        let request = |body: Vec<u8>| {
            http::Request::post(format!("/_aws/execute-api/{API}/prod/x"))
                .header("host", "h")
                .body(Full::new(Bytes::from(body)))
                .unwrap()
        };
        let reply = super::send(rig.address, request(megabytes(9))).await;
        assert_eq!((reply.status, reply.body.len()), (200, 9 << 20));
        assert_eq!(reply.header("x-length"), Some("9437184"));
        assert_eq!(reply.header("content-length"), Some("9437184"));
        // What isn't UTF-8 is made text, as everything is that isn't a binary media type.
        let reply = super::send(rig.address, request(b"a\xff\xfeb".to_vec())).await;
        assert_eq!(reply.body, "a\u{fffd}\u{fffd}b");
        assert_eq!(reply.header("x-length"), Some("8"));
    });
}

#[test]
fn a_body_that_is_mapped_from_is_read_first() {
    run(|| async {
        let backend = Backend::saying(200, "{}").await;
        let rig = Rig::serving(api(json!({"POST /x": proxy(&backend.url("/"), json!({
            "requestParameters": {"integration.request.header.whole": "method.request.body"},
        }))})))
        .await;
        assert_eq!(rig.call("POST", "/x", &[], "body").await.status, 200);
        let asked = backend.last();
        assert_eq!(
            (asked.header("whole").as_deref(), &asked.body[..]),
            (Some("body"), &b"body"[..])
        );
    });
}

#[test]
fn answers_without_a_body_keep_none() {
    run(|| async {
        let backend = Backend::answering(|asked| {
            let status = if asked.path == "/none" { 204 } else { 200 };
            Response::builder()
                .status(status)
                .body(Full::default())
                .unwrap()
        })
        .await;
        let rig = Rig::serving(api(json!({
            "ANY /none": proxy(&backend.url("/none"), json!({})),
            "ANY /head": proxy(&backend.url("/head"), json!({})),
        })))
        .await;
        let reply = rig.call("DELETE", "/none", &[], "").await;
        assert_eq!((reply.status, reply.body.as_str()), (204, ""));
        let reply = rig.call("HEAD", "/head", &[], "").await;
        assert_eq!((reply.status, reply.body.as_str()), (200, ""));
        assert_eq!(backend.last().verb, "HEAD");
    });
}
