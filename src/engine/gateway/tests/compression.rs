//! Payload compression (`spec/rest/integrations.md` §6).

use std::io::{Read, Write};

use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use serde_json::{Value, json};

use super::{Backend, Rig, api, mock, run};

const TEXT: &str = "{\"text\": \"so it is, so it is, so it is, so it is, so it is, so it is\"}";

fn packed(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn unpacked(bytes: &[u8]) -> String {
    let mut text = String::new();
    flate2::read::GzDecoder::new(bytes)
        .read_to_string(&mut text)
        .unwrap();
    text
}

async fn serving(method: Value, least: Option<i64>) -> Rig {
    let mut definition = api(json!({"POST /": method}));
    definition.rest_api.minimum_compression_size = least;
    Rig::serving(definition).await
}

#[test]
fn answers_are_packed_when_asked_for_and_large_enough() {
    run(|| async {
        let backend = Backend::saying(200, TEXT).await;
        let proxy = json!({"methodIntegration": {
            "type": "HTTP_PROXY", "httpMethod": "POST", "uri": backend.url("/"),
        }});
        for method in [mock(TEXT), proxy] {
            let size = i64::try_from(TEXT.len()).unwrap();
            for (least, accept, coding) in [
                (Some(0), Some("gzip"), Some("gzip")),
                (Some(size), Some("gzip, br"), Some("gzip")),
                (Some(size + 1), Some("gzip"), None),
                (Some(0), Some("deflate"), Some("deflate")),
                (Some(0), Some("br, gzip"), None),
                (Some(0), Some("*"), None),
                (Some(0), Some("identity"), None),
                (Some(0), None, None),
                (None, Some("gzip"), None),
            ] {
                let rig = serving(method.clone(), least).await;
                let headers: Vec<_> = accept.iter().map(|a| ("accept-encoding", *a)).collect();
                let reply = rig.post("/", &headers, b"").await;
                assert_eq!(reply.status, 200);
                assert_eq!(
                    reply.header("content-encoding"),
                    coding,
                    "{least:?} {accept:?}"
                );
                match coding {
                    Some("gzip") => assert_eq!(unpacked(&reply.bytes), TEXT),
                    Some(_) => assert_ne!(reply.bytes, TEXT),
                    None => assert_eq!(reply.bytes, TEXT),
                }
            }
        }
    });
}

#[test]
fn what_the_backend_packed_stays_as_it_is() {
    run(|| async {
        let backend = Backend::answering(|_| {
            Response::builder()
                .header("content-encoding", "gzip")
                .header("content-type", "image/png")
                .body(Full::new(Bytes::from(packed(TEXT))))
                .unwrap()
        })
        .await;
        let mut definition = api(json!({"POST /": {"methodIntegration": {
            "type": "HTTP_PROXY", "httpMethod": "POST", "uri": backend.url("/"),
        }}}));
        definition.rest_api.minimum_compression_size = Some(0);
        definition.rest_api.binary_media_types = vec!["image/png".to_owned()];
        let rig = Rig::serving(definition).await;
        let headers = [("accept-encoding", "gzip"), ("accept", "image/png")];
        let reply = rig.post("/", &headers, b"").await;
        assert_eq!(unpacked(&reply.bytes), TEXT);
    });
}

#[test]
fn requests_are_unpacked_before_anything_reads_them() {
    run(|| async {
        let backend = Backend::saying(200, "{}").await;
        let proxy = json!({"methodIntegration": {
            "type": "HTTP_PROXY", "httpMethod": "POST", "uri": backend.url("/"),
        }});
        let rig = serving(proxy.clone(), Some(1_000_000)).await;
        let gzip = [("content-encoding", "gzip")];
        assert_eq!(rig.post("/", &gzip, &packed(TEXT)).await.status, 200);
        let asked = backend.last();
        assert_eq!(asked.body, TEXT);
        assert_eq!(asked.header("content-encoding"), None);
        assert_eq!(asked.header("content-length"), Some(TEXT.len().to_string()));
        for (coding, body) in [("br", packed(TEXT)), ("gzip", TEXT.as_bytes().to_vec())] {
            let reply = rig.post("/", &[("content-encoding", coding)], &body).await;
            assert_eq!(
                reply.error(),
                (
                    415,
                    Some("BadRequestException"),
                    "Unsupported Media Type".to_owned()
                )
            );
        }
        let bomb = packed(&" ".repeat(super::super::body::PAYLOAD_LIMIT + 1));
        assert_eq!(rig.post("/", &gzip, &bomb).await.status, 413);
        // Turned off, nothing is unpacked; packed bytes are no text.
        let rig = serving(proxy, None).await;
        assert_eq!(rig.post("/", &gzip, &packed(TEXT)).await.status, 200);
        assert_eq!(
            backend.last().body,
            String::from_utf8_lossy(&packed(TEXT)).as_bytes()
        );
        let mut method = mock("$input.path('$.text').substring(0, 5)");
        method["methodIntegration"]["requestTemplates"]["application/json"] = json!(
            "#set($context.responseOverride.header.first = $input.path('$.text').substring(0, 5)){\"statusCode\": 200}"
        );
        method["methodIntegration"]["integrationResponses"]["200"] = json!({"statusCode": "200"});
        let rig = serving(method, Some(0)).await;
        let reply = rig.post("/", &gzip, &packed(TEXT)).await;
        assert_eq!(reply.header("first"), Some("so it"));
    });
}
