//! Binary media types and `contentHandling` (recording `s3-binary`, `spec/rest/integrations.md` §5): every combination, through
//! sockets, for HTTP and `HTTP_PROXY`.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use serde_json::{Value, json};

use super::{Backend, Reply, Rig, api, mock, run};

/// Neither text nor base64.
const RAW: &[u8] = b"\x1f\x8b\x08 raw \xff!";
/// The same as base64 has it.
const ENCODED: &[u8] = b"H4sIIHJhdyD/IQ==";
/// Text that is no base64.
const TEXT: &[u8] = b"this is a UTF8 text typed object";

const HANDLINGS: [Option<&str>; 3] = [None, Some("CONVERT_TO_BINARY"), Some("CONVERT_TO_TEXT")];

fn lossy(bytes: &[u8]) -> Vec<u8> {
    String::from_utf8_lossy(bytes).into_owned().into_bytes()
}

fn encoded(bytes: &[u8]) -> Vec<u8> {
    BASE64_STANDARD.encode(bytes).into_bytes()
}

/// Nothing where decoding fails, which answers 500.
fn decoded(bytes: &[u8]) -> Option<Vec<u8>> {
    BASE64_STANDARD.decode(bytes).ok()
}

/// An API with one method that calls `backend`, and `image/png` as its binary type if it has one.
async fn serving(
    backend: &Backend,
    kind: &str,
    with_types: bool,
    integration: Value,
    answer: Value,
) -> Rig {
    let mut response = json!({"statusCode": "200"});
    super::merge(&mut response, answer);
    let mut method = json!({"methodIntegration": {
        "type": kind,
        "httpMethod": "POST",
        "uri": backend.url("/"),
    }});
    if kind == "HTTP" {
        method["methodIntegration"]["integrationResponses"] = json!({"200": response});
    }
    super::merge(&mut method["methodIntegration"], integration);
    let mut definition = api(json!({"POST /": method}));
    if with_types {
        definition.rest_api.binary_media_types = vec!["image/png".to_owned()];
    }
    Rig::serving(definition).await
}

fn check(reply: &Reply, got: &[u8], expected: Option<Vec<u8>>, case: &str) {
    match expected {
        Some(expected) => {
            assert_eq!(reply.status, 200, "{case}");
            assert_eq!(got, expected, "{case}");
        }
        None => assert_eq!(
            (reply.status, reply.body.as_str()),
            (500, "{\"message\": \"Internal server error\"}"),
            "{case}"
        ),
    }
}

#[test]
fn requests_are_converted_as_tabulated() {
    run(|| async {
        let backend = Backend::saying(200, "{}").await;
        for kind in ["HTTP", "HTTP_PROXY"] {
            for with_types in [false, true] {
                for handling in HANDLINGS {
                    let more = json!({"contentHandling": handling});
                    let rig = serving(&backend, kind, with_types, more, json!({})).await;
                    for content_type in ["image/png", "text/plain"] {
                        for body in [RAW, ENCODED, TEXT] {
                            let binary = with_types && content_type == "image/png";
                            let expected = match (binary, handling) {
                                (false, None | Some("CONVERT_TO_TEXT")) => Some(lossy(body)),
                                (false, _) => decoded(body),
                                (true, Some("CONVERT_TO_TEXT")) => Some(encoded(body)),
                                (true, _) => Some(body.to_vec()),
                            };
                            let headers = [("content-type", content_type)];
                            let reply = rig.post("/", &headers, body).await;
                            let case =
                                format!("{kind} {with_types} {handling:?} {content_type} {body:?}");
                            let got = match &expected {
                                Some(_) => backend.last().body,
                                None => Bytes::new(),
                            };
                            check(&reply, &got, expected, &case);
                        }
                    }
                }
            }
        }
    });
}

#[test]
fn answers_are_converted_as_tabulated() {
    run(|| async {
        // Answers with what it is sent, as the type that it is told.
        let backend = Backend::answering(|asked| {
            let kind = asked.header("x-kind").unwrap_or_default();
            let body = BASE64_STANDARD
                .decode(asked.header("x-body").unwrap_or_default())
                .unwrap();
            Response::builder()
                .header("content-type", kind)
                .body(Full::new(Bytes::from(body)))
                .unwrap()
        })
        .await;
        let parameters = json!({"requestParameters": {
            "integration.request.header.x-kind": "method.request.header.x-kind",
            "integration.request.header.x-body": "method.request.header.x-body",
        }});
        for kind in ["HTTP", "HTTP_PROXY"] {
            for with_types in [false, true] {
                for handling in HANDLINGS {
                    // A proxy has no integration response to say it.
                    if kind == "HTTP_PROXY" && handling.is_some() {
                        continue;
                    }
                    let response = json!({"contentHandling": handling});
                    let rig =
                        serving(&backend, kind, with_types, parameters.clone(), response).await;
                    for content_type in ["image/png", "text/plain"] {
                        for accept in ["image/png, text/plain", "text/plain, image/png"] {
                            for body in [RAW, ENCODED, TEXT] {
                                let payload = with_types && content_type == "image/png";
                                let accepted = with_types && accept.starts_with("image/png");
                                let expected = match (payload, accepted, handling) {
                                    (false, false, None) | (false, _, Some("CONVERT_TO_TEXT")) => {
                                        Some(lossy(body))
                                    }
                                    (false, true, None) | (false, _, Some(_)) => decoded(body),
                                    (true, false, None) | (true, _, Some("CONVERT_TO_TEXT")) => {
                                        Some(encoded(body))
                                    }
                                    (true, true, None) | (true, _, Some(_)) => Some(body.to_vec()),
                                };
                                let carried = BASE64_STANDARD.encode(body);
                                let headers = [
                                    ("accept", accept),
                                    ("x-kind", content_type),
                                    ("x-body", carried.as_str()),
                                ];
                                let reply = rig.post("/", &headers, b"").await;
                                let case = format!(
                                    "{kind} {with_types} {handling:?} {content_type} {accept} {body:?}"
                                );
                                check(&reply, &reply.bytes, expected, &case);
                            }
                        }
                    }
                }
            }
        }
    });
}

/// Recorded: with `CONVERT_TO_TEXT` a binary payload enters the template as base64, and the outcome is text whatever is accepted.
#[test]
fn templates_read_what_was_converted_to_text() {
    run(|| async {
        let backend = Backend::answering(|_| {
            Response::builder()
                .header("content-type", "image/png")
                .body(Full::new(Bytes::from_static(RAW)))
                .unwrap()
        })
        .await;
        let response = |handling: &str| {
            json!({
                "contentHandling": handling,
                "responseTemplates": {"application/json": "{\"data\": \"$input.body\"}"},
            })
        };
        let request = json!({
            "contentHandling": "CONVERT_TO_TEXT",
            "requestTemplates": {"image/png": "<$input.body>"},
        });
        let rig = serving(&backend, "HTTP", true, request, response("CONVERT_TO_TEXT")).await;
        let headers = [("accept", "image/png"), ("content-type", "image/png")];
        let reply = rig.post("/", &headers, RAW).await;
        assert_eq!(
            reply.json(),
            json!({"data": String::from_utf8_lossy(ENCODED)})
        );
        assert_eq!(backend.last().body, "<H4sIIHJhdyD/IQ==>");
        // Bytes can't be transformed.
        let rig = serving(
            &backend,
            "HTTP",
            true,
            json!({}),
            response("CONVERT_TO_BINARY"),
        )
        .await;
        assert_eq!(rig.post("/", &headers, RAW).await.status, 500);
        let templates = json!({"requestTemplates": {"image/png": "x"}});
        let rig = serving(&backend, "HTTP", true, templates, json!({})).await;
        assert_eq!(rig.post("/", &headers, RAW).await.status, 500);
    });
}

/// The trap that `*/*` sets for CORS, and its usual remedy.
#[test]
fn a_mock_needs_text_where_everything_is_binary() {
    run(|| async {
        for (handling, status) in [(None, 500), (Some("CONVERT_TO_TEXT"), 200)] {
            let mut method = mock("");
            method["methodIntegration"]["contentHandling"] = json!(handling);
            let mut definition = api(json!({"OPTIONS /": method}));
            definition.rest_api.binary_media_types = vec!["*/*".to_owned()];
            let rig = Rig::serving(definition).await;
            assert_eq!(
                rig.call("OPTIONS", "/", &[], "").await.status,
                status,
                "{handling:?}"
            );
        }
    });
}

#[test]
fn large_binary_bodies_stream_unchanged() {
    run(|| async {
        let large: Vec<u8> = (0..2_000_000_u32)
            .map(|n| n.to_le_bytes()[n as usize % 3])
            .collect();
        let body = Bytes::from(large.clone());
        let backend = Backend::answering(move |_| {
            Response::builder()
                .header("content-type", "image/png")
                .body(Full::new(body.clone()))
                .unwrap()
        })
        .await;
        let rig = serving(&backend, "HTTP_PROXY", true, json!({}), json!({})).await;
        let headers = [("accept", "image/png"), ("content-type", "image/png")];
        let reply = rig.post("/", &headers, &large).await;
        assert!(reply.bytes == large && backend.last().body == large);
    });
}

#[test]
fn streamed_answers_pass_whatever_they_are_and_however_long() {
    run(|| async {
        let large = Bytes::from(vec![0xff; super::super::body::PAYLOAD_LIMIT + 1]);
        let backend = Backend::answering(move |_| Response::new(Full::new(large.clone()))).await;
        let rig = serving(&backend, "HTTP_PROXY", false, json!({}), json!({})).await;
        assert_eq!(rig.post("/", &[], b"").await.status, 500);
        let more = json!({"responseTransferMode": "STREAM"});
        let rig = serving(&backend, "HTTP_PROXY", false, more, json!({})).await;
        let reply = rig.post("/", &[], b"").await;
        assert_eq!(
            (reply.status, reply.bytes.len()),
            (200, super::super::body::PAYLOAD_LIMIT + 1)
        );
        assert!(reply.bytes.iter().all(|byte| *byte == 0xff));
    });
}
