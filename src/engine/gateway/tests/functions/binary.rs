//! Binary bodies to and from functions (`spec/rest/lambda-proxy.md` §2, §4).

use serde_json::json;

use super::super::{Rig, api, stage};
use super::{custom, event, proxy, returned, rig, run};

fn publish(rig: &Rig, method: &serde_json::Value, types: &[&str]) {
    let mut definition = api(json!({"POST /": method}));
    definition.rest_api.binary_media_types = types.iter().map(ToString::to_string).collect();
    rig.publish(&stage(json!({})), &definition);
}

#[test]
fn a_binary_body_is_base64_in_the_event_and_says_so() {
    run(|| async {
        let (rig, lambda) = rig(|_| returned("{\"statusCode\": 200}")).await;
        publish(&rig, &proxy(super::ARN), &["image/*"]);
        for (kind, body, is_base64) in [
            ("image/png", json!("Yf8="), true),
            ("text/plain", json!("a\u{fffd}"), false),
        ] {
            let reply = rig.post("/", &[("content-type", kind)], b"a\xff").await;
            assert_eq!(reply.status, 200);
            let event = event(&lambda);
            assert_eq!(
                (&event["body"], &event["isBase64Encoded"]),
                (&body, &json!(is_base64))
            );
        }
    });
}

#[test]
fn a_base64_answer_is_decoded_for_who_accepts_it() {
    run(|| async {
        let answer = "{\"statusCode\": 200, \"body\": \"Yf8=\", \"isBase64Encoded\": true}";
        for (types, accept, decoded) in [
            (&["image/png"][..], "image/png, */*", true),
            (&["image/png"], "text/html, image/png", false),
            (&["*/*"], "text/html", true),
            (&["image/*"], "image/png", false),
            (&[], "image/png", false),
        ] {
            // A gateway each: what a deployment froze stays.
            let (rig, _lambda) = rig(move |_| returned(answer)).await;
            publish(&rig, &proxy(super::ARN), types);
            let reply = rig.post("/", &[("accept", accept)], b"").await;
            let expected: &[u8] = if decoded { b"a\xff" } else { b"Yf8=" };
            assert_eq!(reply.bytes, expected, "{types:?} {accept}");
        }
    });
}

/// The usual way to return a picture by a custom integration.
#[test]
fn a_custom_integration_decodes_what_it_is_told_to() {
    run(|| async {
        let (rig, _lambda) = rig(|_| returned("Yf8=")).await;
        let method = custom(json!({"integrationResponses": {
            "200": {"statusCode": "200", "contentHandling": "CONVERT_TO_BINARY"},
        }}));
        publish(&rig, &method, &["image/png"]);
        assert_eq!(rig.post("/", &[], b"{}").await.bytes, &b"a\xff"[..]);
    });
}
