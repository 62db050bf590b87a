//! `AWS_IAM` authorization, private APIs and strict endpoints, through sockets.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{API, Reply, Rig, Settings, api, mock, stage};
use crate::iam::Credentials;
use crate::iam::sigv4::{Received, Signer, presign, sign};
use crate::model::Definition;

const IDENTITY: &str = "$context.identity.accountId $context.identity.caller $context.identity.user \
                        $context.identity.userArn $context.identity.accessKey $context.identity.principalOrgId";

const MISMATCH: &str =
    "The request signature we calculated does not match the signature you provided.";
const ARN: &str = "arn:aws:execute-api:us-east-1:********0000:api0000000/prod/GET/pets";

fn credentials() -> Arc<Credentials> {
    let invoke = |effect: &str, path: &str| {
        json!({"Version": "2012-10-17", "Statement": [{
            "Effect": effect, "Action": "execute-api:Invoke", "Resource": format!("arn:aws:execute-api:*:*:*/{path}"),
        }]})
    };
    let key = |id: &str, arn: &str, policies: Value| json!({"accessKeyId": id, "secretAccessKey": format!("secret of {id}"), "arn": arn, "policies": policies});
    let mut alice = key(
        "ALICE",
        "arn:aws:iam::000000000000:user/alice",
        json!([invoke("Allow", "prod/GET/pets*")]),
    );
    alice["userId"] = json!("AIDAALICE");
    alice["principalOrgId"] = json!("o-example");
    let mut session = key(
        "SESSION",
        "arn:aws:sts::000000000000:assumed-role/reader/s1",
        json!([invoke("Allow", "*")]),
    );
    session["sessionToken"] = json!("token");
    let over = {
        let mut over = session.clone();
        over["accessKeyId"] = json!("OVER");
        over["expiration"] = json!("2026-01-01T00:00:00Z");
        over
    };
    let file = json!({"credentials": [
        alice,
        key("BOB", "arn:aws:iam::000000000000:user/bob", json!([])),
        key("DENIED", "arn:aws:iam::000000000000:user/denied", json!([invoke("Allow", "*"), invoke("Deny", "*")])),
        key("STRANGER", "arn:aws:iam::999999999999:user/stranger", json!([invoke("Allow", "*")])),
        session, over,
    ]});
    Arc::new(Credentials::parse(&file.to_string()).unwrap())
}

fn definition(change: impl FnOnce(&mut Value)) -> Definition {
    let mut protected = mock(IDENTITY);
    protected["authorizationType"] = json!("AWS_IAM");
    let mut all =
        json!({"GET /pets": protected, "POST /pets": protected, "GET /open": mock("open")});
    change(&mut all);
    api(all)
}

async fn rig(policy: Option<Value>) -> Rig {
    let rig = Rig::with(Settings {
        credentials: Some(credentials()),
        ..Settings::default()
    })
    .await;
    let mut definition = definition(|_| {});
    definition.rest_api.policy = policy.map(|p| p.to_string());
    rig.publish(&stage(json!({})), &definition);
    rig
}

/// A resource policy with one statement about everything.
#[allow(clippy::unnecessary_wraps, reason = "an API may have none")]
fn policy(effect: &str, principal: &Value) -> Option<Value> {
    Some(json!({"Version": "2012-10-17", "Statement": [{
        "Effect": effect, "Principal": principal, "Action": "execute-api:Invoke",
        "Resource": format!("arn:aws:execute-api:us-east-1:000000000000:{API}/*"),
    }]}))
}

struct Call<'a> {
    key: &'a str,
    secret: String,
    token: Option<&'a str>,
    region: &'a str,
    service: &'a str,
    /// Seconds that the client's clock is ahead.
    ahead: i64,
    verb: &'a str,
    path: &'a str,
    /// What is signed, and what is sent.
    body: [&'static str; 2],
}

impl<'a> Call<'a> {
    fn by(key: &'a str) -> Self {
        Self {
            key,
            secret: format!("secret of {key}"),
            token: None,
            region: "us-east-1",
            service: "execute-api",
            ahead: 0,
            verb: "GET",
            path: "/pets",
            body: ["", ""],
        }
    }

    async fn send(&self, rig: &Rig) -> Reply {
        let path = format!("/_aws/execute-api/{API}/prod{}", self.path);
        let headers: [(&str, &[u8]); 1] = [("host", b"localhost:4566")];
        let request = Received {
            method: self.verb,
            path: &path,
            query: "",
            headers: &headers,
        };
        let signer = Signer {
            access_key: self.key,
            secret: &self.secret,
            token: self.token,
            region: self.region,
            service: self.service,
        };
        let now = rig.clock.now() + jiff::SignedDuration::from_secs(self.ahead);
        let added = sign(&request, self.body[0].as_bytes(), &signer, now);
        let headers: Vec<(&str, &str)> = added.iter().map(|(n, v)| (*n, v.as_str())).collect();
        rig.at(self.verb, &path, &headers, self.body[1]).await
    }
}

fn said(reply: &Reply) -> (u16, &str, String) {
    let json = reply.json();
    let message = json["message"].as_str().or(json["Message"].as_str());
    let kind = reply.header("x-amzn-errortype").unwrap_or_default();
    (reply.status, kind, message.unwrap_or_default().to_owned())
}

#[test]
fn a_signed_request_is_its_callers() {
    super::run(|| async {
        let rig = rig(None).await;
        let reply = Call::by("ALICE").send(&rig).await;
        assert_eq!(
            reply.body,
            "000000000000 AIDAALICE AIDAALICE arn:aws:iam::000000000000:user/alice ALICE o-example"
        );
        let post = Call {
            verb: "POST",
            body: ["{\"a\": 1}", "{\"a\": 1}"],
            token: Some("token"),
            ..Call::by("SESSION")
        };
        let reply = post.send(&rig).await;
        assert_eq!((reply.status, &reply.body[..12]), (200, "000000000000"));
        assert!(
            reply
                .body
                .contains(" SESSION:s1 arn:aws:sts::000000000000:assumed-role/reader/s1 "),
            "{}",
            reply.body
        );
        assert_eq!(rig.get("/open").await.status, 200);
    });
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table")]
fn a_bad_signature_is_refused_as_the_service_does() {
    super::run(|| async {
        let rig = rig(None).await;
        let unsigned = rig.get("/pets").await;
        assert_eq!(
            said(&unsigned),
            (
                403,
                "MissingAuthenticationTokenException",
                "Missing Authentication Token".to_owned()
            )
        );
        let bearer = rig
            .call("GET", "/pets", &[("authorization", "Bearer xyz")], "")
            .await;
        assert_eq!(
            bearer.body,
            "{\"message\":\"'xyz' not a valid key=value pair (missing equal-sign) in Authorization header: 'Bearer xyz'.\"}"
        );
        assert_eq!(
            bearer.header("x-amzn-errortype"),
            Some("IncompleteSignatureException")
        );
        let table: Vec<(Call<'_>, &str, &str)> = vec![
            (
                Call {
                    secret: "wrong".into(),
                    ..Call::by("ALICE")
                },
                "InvalidSignatureException",
                MISMATCH,
            ),
            (
                Call {
                    verb: "POST",
                    body: ["a", "b"],
                    token: Some("token"),
                    ..Call::by("SESSION")
                },
                "InvalidSignatureException",
                MISMATCH,
            ),
            (
                Call::by("NOBODY"),
                "UnrecognizedClientException",
                "The security token included in the request is invalid.",
            ),
            (
                Call::by("SESSION"),
                "UnrecognizedClientException",
                "The security token included in the request is invalid.",
            ),
            (
                Call {
                    token: Some("token"),
                    secret: "secret of SESSION".into(),
                    ..Call::by("OVER")
                },
                "ExpiredTokenException",
                "The security token included in the request is expired",
            ),
            (
                Call {
                    region: "eu-west-1",
                    ..Call::by("ALICE")
                },
                "InvalidSignatureException",
                "Credential should be scoped to a valid region, not 'eu-west-1'. ",
            ),
            (
                Call {
                    service: "apigateway",
                    ..Call::by("ALICE")
                },
                "InvalidSignatureException",
                "Credential should be scoped to correct service: 'execute-api'. ",
            ),
            (
                Call {
                    ahead: -301,
                    ..Call::by("ALICE")
                },
                "InvalidSignatureException",
                "Signature expired: 20260102T025904Z is now earlier than 20260102T025905Z (20260102T030405Z - 5 min.)",
            ),
            (
                Call {
                    ahead: 301,
                    ..Call::by("ALICE")
                },
                "InvalidSignatureException",
                "Signature not yet current: 20260102T030906Z is still later than 20260102T030905Z (20260102T030405Z + 5 min.)",
            ),
        ];
        for (call, kind, message) in table {
            let reply = call.send(&rig).await;
            let (status, found, text) = said(&reply);
            assert_eq!((status, found), (403, kind), "{text}");
            assert!(text.starts_with(message), "{text}");
        }
    });
}

#[test]
fn the_callers_policies_and_the_apis_decide_together() {
    super::run(|| async {
        let (own, other) = (
            json!({"AWS": "000000000000"}),
            json!({"AWS": "999999999999"}),
        );
        let everybody = json!("*");
        // The API's policy; what ALICE (allowed), BOB (nothing), DENIED and STRANGER (another account, allowed) get.
        let table = [
            (None, [200, 403, 403, 403]),
            (policy("Allow", &own), [200, 200, 403, 403]),
            (policy("Allow", &other), [200, 403, 403, 200]),
            (policy("Deny", &everybody), [403, 403, 403, 403]),
            (policy("Deny", &other), [200, 403, 403, 403]),
            (
                policy(
                    "Allow",
                    &json!({"AWS": "arn:aws:iam::000000000000:user/bob"}),
                ),
                [200, 200, 403, 403],
            ),
        ];
        for (policy, expected) in table {
            let shown = format!("{policy:?}");
            let rig = rig(policy).await;
            let mut found = Vec::new();
            for key in ["ALICE", "BOB", "DENIED", "STRANGER"] {
                found.push(Call::by(key).send(&rig).await.status);
            }
            assert_eq!(found, expected, "{shown}");
        }
        let rig = rig(None).await;
        let silent = Call::by("BOB").send(&rig).await;
        assert_eq!(
            silent.header("x-amzn-errortype"),
            Some("AccessDeniedException")
        );
        assert_eq!(
            silent.body,
            format!(
                "{{\"Message\":\"User: arn:aws:iam::000000000000:user/bob is not authorized to perform: execute-api:Invoke on resource: {ARN}\"}}"
            )
        );
        let denied = Call::by("DENIED").send(&rig).await;
        assert_eq!(
            denied.body,
            format!(
                "{{\"Message\":\"User: arn:aws:iam::000000000000:user/denied is not authorized to perform: execute-api:Invoke on resource: {ARN} with an explicit deny\"}}"
            )
        );
        // A policy that names paths: ALICE may read pets and not add any.
        let post = Call {
            verb: "POST",
            ..Call::by("ALICE")
        }
        .send(&rig)
        .await;
        assert_eq!(post.status, 403);
    });
}

#[test]
fn a_presigned_url_is_taken_until_it_expires() {
    super::run(|| async {
        let rig = rig(None).await;
        let path = format!("/_aws/execute-api/{API}/prod/pets");
        let headers: [(&str, &[u8]); 1] = [("host", b"localhost:4566")];
        let request = Received {
            method: "GET",
            path: &path,
            query: "a=1",
            headers: &headers,
        };
        let signer = Signer {
            access_key: "ALICE",
            secret: "secret of ALICE",
            token: None,
            region: "us-east-1",
            service: "execute-api",
        };
        let query = presign(&request, &signer, rig.clock.now(), 600);
        let url = format!("{path}?{query}");
        assert_eq!(rig.at("GET", &url, &[], "").await.status, 200);
        assert_eq!(
            rig.at("GET", &format!("{url}&b=2"), &[], "").await.status,
            403
        );
        rig.clock.advance(std::time::Duration::from_secs(601));
        let late = rig.at("GET", &url, &[], "").await;
        assert_eq!(
            said(&late),
            (403, "RequestExpired", "Request has expired.".to_owned())
        );
    });
}

/// Without a credentials file every key is the root of the account, and nothing is verified but the form.
#[test]
fn without_credentials_whoever_signs_is_the_root() {
    super::run(|| async {
        let rig = Rig::serving(definition(|_| {})).await;
        let reply = Call {
            secret: "any".into(),
            ahead: -9_000,
            ..Call::by("ANYKEY")
        }
        .send(&rig)
        .await;
        assert_eq!(
            reply.body.trim(),
            "000000000000 000000000000 000000000000 arn:aws:iam::000000000000:root ANYKEY"
        );
        assert_eq!(rig.get("/pets").await.status, 403);
        let wrong = Call {
            service: "s3",
            ..Call::by("ANYKEY")
        }
        .send(&rig)
        .await;
        assert_eq!(
            wrong.header("x-amzn-errortype"),
            Some("InvalidSignatureException")
        );
    });
}

#[test]
fn a_private_api_is_reached_through_a_vpc_endpoint_that_its_policy_allows() {
    super::run(|| async {
        let with = |types: Value, mode: &str, policy: Option<Value>| {
            let mut definition = definition(|_| {});
            definition.rest_api.endpoint_configuration.types =
                serde_json::from_value(types).unwrap();
            definition.rest_api.endpoint_access_mode = Some(mode.to_owned());
            definition.rest_api.policy = policy.map(|p| p.to_string());
            definition
        };
        let mut own = policy("Allow", &json!("*"));
        own.as_mut().unwrap()["Statement"][0]["Condition"] = json!({"StringEquals": {"aws:SourceVpce": "vpce-1"}, "IpAddress": {"aws:VpcSourceIp": "127.0.0.1"}});
        let through = |id: &'static str| vec![("x-sluice-vpce", id)];
        let rig = Rig::serving(with(json!(["PRIVATE"]), "BASIC", own)).await;
        let public = rig.get("/open").await;
        assert_eq!(
            said(&public),
            (403, "ForbiddenException", "Forbidden".to_owned())
        );
        assert_eq!(
            rig.call("GET", "/open", &through("vpce-1"), "")
                .await
                .status,
            200
        );
        let other = rig.call("GET", "/open", &through("vpce-2"), "").await;
        assert_eq!(said(&other).1, "AccessDeniedException");
        let host = format!("{API}-vpce-1.execute-api.us-east-1.amazonaws.com");
        assert_eq!(
            rig.at("GET", "/prod/open", &[("host", &host)], "")
                .await
                .status,
            200
        );
        let rig = Rig::serving(with(json!(["PRIVATE"]), "BASIC", None)).await;
        assert_eq!(
            rig.call("GET", "/open", &through("vpce-1"), "")
                .await
                .status,
            403
        );
        // A public API takes requests through VPC endpoints too, unless its access is strict.
        let rig = Rig::serving(with(json!(["REGIONAL"]), "BASIC", None)).await;
        assert_eq!(
            rig.call("GET", "/open", &through("vpce-1"), "")
                .await
                .status,
            200
        );
        let rig = Rig::serving(with(json!(["REGIONAL"]), "STRICT", None)).await;
        assert_eq!(rig.get("/open").await.status, 200);
        assert_eq!(
            rig.call("GET", "/open", &through("vpce-1"), "")
                .await
                .status,
            403
        );
    });
}
