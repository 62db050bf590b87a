//! What becomes of a proxied function's answer.

use serde_json::{Value, json};

use super::super::{api, run, stage};
use super::{ARN, proxy, returned, rig};

/// What the function returned; status, body and headers that the client gets.
type Case = (
    &'static str,
    u16,
    &'static str,
    &'static [(&'static str, &'static [&'static str])],
);

/// Recorded: what a function returned, and status, body and own headers that the client got.
#[test]
#[allow(clippy::too_many_lines, reason = "a table")]
fn proxy_answers_are_passed_as_recorded() {
    run(|| async {
        // The function returns what it is sent.
        let (rig, _lambda) = rig(|asked| {
            let event: Value = serde_json::from_slice(&asked.body).unwrap();
            returned(event["body"].as_str().unwrap())
        })
        .await;
        rig.publish(&stage(json!({})), &api(json!({"POST /x": proxy(ARN)})));
        let refused = "{\"message\": \"Internal server error\"}";
        let cases: &[Case] = &[
            (
                r#"{"statusCode": 200}"#,
                200,
                "",
                &[("content-type", &["application/json"])],
            ),
            (
                r#"{"statusCode": 200, "headers": {"test-header": "value", "header-bool": true}}"#,
                200,
                "",
                &[("test-header", &["value"]), ("header-bool", &["true"])],
            ),
            (r#"{"statusCode": 200, "headers": null}"#, 200, "", &[]),
            (
                r#"{"statusCode": 200, "wrongValue": "value"}"#,
                502,
                refused,
                &[],
            ),
            ("{}", 502, refused, &[]),
            (
                r#"{"statusCode": 200, "body": "dGVzdC1kYXRh", "isBase64Encoded": true}"#,
                200,
                "dGVzdC1kYXRh",
                &[],
            ),
            (
                r#"{"statusCode": 200, "body": "dGVzdC1kYXRh", "isBase64Encoded": false}"#,
                200,
                "dGVzdC1kYXRh",
                &[],
            ),
            (
                r#"{"statusCode": 200, "multiValueHeaders": {"test-multi": ["value1", "value2"]}}"#,
                200,
                "",
                &[("test-multi", &["value1", "value2"])],
            ),
            (
                r#"{"statusCode": 200, "headers": {"TEST-multi": "value-solo"}, "multiValueHeaders": {"tesT-Multi": ["value-multi"]}}"#,
                200,
                "",
                &[("test-multi", &["value-multi", "value-solo"])],
            ),
            (
                r#"{"statusCode": 200, "multiValueHeaders": {"test-multi": "value"}}"#,
                502,
                refused,
                &[],
            ),
            (r#"{"statusCode": "test"}"#, 502, refused, &[]),
            (r#"{"statusCode": "201"}"#, 201, "", &[]),
            ("\"just a string\"", 502, refused, &[]),
            (r#"{"headers": {"a": "b"}}"#, 200, "", &[("a", &["b"])]),
            // Documented: what the gateway keeps to itself comes back under another name, or not at all.
            (
                r#"{"statusCode": 404, "headers": {"Date": "then", "Content-Length": 99, "Server": "mine", "TE": "x", "Content-Type": "text/plain", "X-Amzn-ErrorType": "Mine"}, "body": "gone"}"#,
                404,
                "gone",
                &[
                    ("x-amzn-remapped-date", &["then"]),
                    ("x-amzn-remapped-content-length", &["99"]),
                    ("x-amzn-remapped-server", &["mine"]),
                    ("te", &[]),
                    ("content-type", &["text/plain"]),
                    ("content-length", &["4"]),
                    ("x-amzn-errortype", &["Mine"]),
                ],
            ),
            (
                r#"{"statusCode": 200, "headers": {"bad name": "x"}}"#,
                502,
                refused,
                &[],
            ),
        ];
        for (payload, status, body, headers) in cases {
            let reply = rig.call("POST", "/x", &[], payload).await;
            assert_eq!(
                (reply.status, reply.body.as_str()),
                (*status, *body),
                "{payload}"
            );
            if *status == 502 {
                assert_eq!(
                    reply.header("x-amzn-errortype"),
                    Some("InternalServerErrorException")
                );
                assert_eq!(reply.header("x-amzn-trace-id"), None);
            } else {
                assert_eq!(
                    reply.header("x-amzn-trace-id"),
                    Some("Root=1-00000000-000000000000000000000000")
                );
            }
            for (name, values) in *headers {
                let got: Vec<_> = reply
                    .headers
                    .get_all(*name)
                    .iter()
                    .map(|v| v.to_str().unwrap())
                    .collect();
                assert_eq!(got, *values, "{payload}: {name}");
            }
        }
    });
}
