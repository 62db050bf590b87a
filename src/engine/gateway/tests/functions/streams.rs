//! Streamed answers of functions, and the signatures of invocations.

use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use serde_json::{Value, json};

use super::super::{Asked, Backend, Rig, api, run, stage};
use super::{ARN, proxy, returned, rig};
use crate::engine::gateway::{Functions, LambdaCredentials, LambdaEndpoint, Settings};
use crate::engine::wire::event_stream::{json_event, message};
use crate::iam::Credentials;
use crate::iam::sigv4::Received;

fn streaming(function: &str) -> Value {
    let uri = format!(
        "arn:aws:apigateway:us-east-1:lambda:path/2021-11-15/functions/{function}/response-streaming-invocations"
    );
    json!({"methodIntegration": {"type": "AWS_PROXY", "httpMethod": "POST", "uri": uri, "timeoutInMillis": 29000,
        "responseTransferMode": "STREAM"}})
}

/// What Lambda answers when a function wrote these pieces.
fn events(pieces: &[&[u8]], end: &Value) -> Response<Full<Bytes>> {
    let mut stream = Vec::new();
    for piece in pieces {
        let headers = [
            (":message-type", "event"),
            (":event-type", "PayloadChunk"),
            (":content-type", "application/octet-stream"),
        ];
        stream.extend_from_slice(&message(&headers, piece));
    }
    stream.extend_from_slice(&json_event("InvokeComplete", end));
    Response::builder()
        .header("content-type", "application/vnd.amazon.eventstream")
        .header(
            "x-amzn-trace-id",
            "Root=1-00000000-000000000000000000000000",
        )
        .body(Full::new(Bytes::from(stream)))
        .unwrap()
}

const HEAD: &[u8] = br#"{"statusCode":201,"headers":{"x-a":"1","Content-Type":"text/plain"},"cookies":["c=1","d=2"]}"#;

fn answer(asked: &Asked) -> Response<Full<Bytes>> {
    let nul = [0; 8];
    match asked.path.rsplit('/').nth(1).unwrap() {
        "good" => {
            let (one, two) = HEAD.split_at(10);
            events(&[one, two, &nul[..3], &nul[3..], b"he", b"llo"], &json!({}))
        }
        "with" => events(&[&[HEAD, &nul[..], b"hello"].concat()], &json!({})),
        "plain" => Response::new(Full::new(Bytes::from([HEAD, &nul[..], b"hello"].concat()))),
        "boom" => events(
            &[b"{"],
            &json!({"ErrorCode": "Unhandled", "ErrorDetails": "boom"}),
        ),
        "short" => events(&[HEAD, b"hello"], &json!({})),
        "long" => events(&[&vec![b' '; 20_000], &nul], &json!({})),
        "wrong" => events(&[b"{\"body\":\"x\"}", &nul], &json!({})),
        "gone" => {
            let mut answer = returned("{}");
            *answer.status_mut() = http::StatusCode::NOT_FOUND;
            answer
        }
        other => panic!("{other}"),
    }
}

#[test]
fn what_a_function_streams_is_passed_on() {
    run(|| async {
        let (rig, lambda) = rig(answer).await;
        let mut methods = serde_json::Map::new();
        let names = [
            "good", "with", "plain", "boom", "short", "long", "wrong", "gone",
        ];
        for name in names {
            methods.insert(format!("GET /{name}"), streaming(name));
        }
        // A mode that doesn't go with the URI isn't called.
        let mut buffered = streaming("never");
        buffered["methodIntegration"]["responseTransferMode"] = json!("BUFFERED");
        methods.insert("GET /buffered".to_owned(), buffered);
        let mut invoked = proxy("never");
        invoked["methodIntegration"]["responseTransferMode"] = json!("STREAM");
        methods.insert("GET /invoked".to_owned(), invoked);
        rig.publish(&stage(json!({})), &api(Value::Object(methods)));
        for name in ["good", "with", "plain"] {
            let reply = rig.get(&format!("/{name}")).await;
            assert_eq!(
                (reply.status, reply.body.as_str()),
                (201, "hello"),
                "{name}"
            );
            assert_eq!(reply.header("x-a"), Some("1"));
            assert_eq!(reply.header("content-type"), Some("text/plain"));
            let cookies: Vec<_> = reply.headers.get_all("set-cookie").iter().collect();
            assert_eq!(cookies, ["c=1", "d=2"]);
            assert!(lambda.last().path.starts_with("/2021-11-15/functions/"));
        }
        for (name, status) in [
            ("boom", 502),
            ("short", 500),
            ("long", 500),
            ("wrong", 500),
            ("gone", 500),
            ("buffered", 500),
            ("invoked", 500),
        ] {
            let reply = rig.get(&format!("/{name}")).await;
            assert_eq!(reply.status, status, "{name}");
            assert!(reply.body.contains("Internal server error"), "{name}");
        }
        // Three were looked at above, which takes them away.
        assert_eq!(lambda.requests.borrow().len(), names.len() - 3);
    });
}

#[test]
fn invocations_are_signed() {
    run(|| async {
        let lambda = Backend::answering(|_| returned("{\"statusCode\":200}")).await;
        let endpoint = LambdaEndpoint::parse(&lambda.url("/base")).unwrap();
        let credentials = LambdaCredentials {
            access_key: "AKID".to_owned(),
            secret: "secret".to_owned(),
            token: Some("token".to_owned()),
        };
        let rig = Rig::with(Settings {
            functions: Functions::Endpoint(endpoint.signing_with(credentials)),
            ..Settings::default()
        })
        .await;
        let elsewhere = ARN.replace("us-east-1", "eu-west-1");
        let methods = json!({"POST /here": proxy("pets"), "POST /there": proxy(&elsewhere)});
        rig.publish(&stage(json!({})), &api(methods));
        let file = json!({"credentials": [{"accessKeyId": "AKID", "secretAccessKey": "secret", "sessionToken": "token",
            "arn": "arn:aws:iam::000000000000:root"}]});
        let known = Credentials::parse(&file.to_string()).unwrap();
        // The longer body is hashed beside the request path.
        for (path, region, body) in [
            ("/here", "us-east-1", "x".to_owned()),
            ("/there", "eu-west-1", "x".repeat(300_000)),
        ] {
            let reply = rig.post(path, &[], body.as_bytes()).await;
            assert_eq!(reply.status, 200);
            let asked = lambda.last();
            let headers: Vec<(&str, &[u8])> = asked
                .headers
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_bytes()))
                .collect();
            let request = Received {
                method: &asked.verb,
                path: &asked.path,
                query: "",
                headers: &headers,
            };
            let by = known.authenticate(&request, &asked.body, (region, "lambda"), rig.clock.now());
            assert!(by.is_ok(), "{path}: {by:?}");
        }
    });
}
