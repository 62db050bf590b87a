//! X-Ray: what backends and clients are told of a trace, and the segments that requests leave.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::spawn_local;

use super::functions::{ARN, proxy, returned, rig as rig_with_functions, uri};
use super::{API, Backend, Reply, Rig, api, mock, run, stage};
use crate::engine::gateway::desk::{Desk, Lines};
use crate::engine::gateway::{Finished, SamplingRule};

const ROOT: &str = "1-695735a5-0123456789abcdef01234567";
const PARENT: &str = "00f067aa0ba902b7";

/// The segments that a gateway's requests leave.
struct Traced {
    rig: Rig,
    segments: Rc<RefCell<Vec<Value>>>,
    lines: Rc<RefCell<Vec<String>>>,
    _stop: watch::Sender<bool>,
}

impl Traced {
    fn new(rig: Rig) -> Self {
        let desk = Rc::new(Desk::new(&rig.gateway));
        let (segments, lines): (Rc<RefCell<Vec<_>>>, Rc<RefCell<Vec<_>>>) = Default::default();
        let (stop, stopped) = watch::channel(false);
        let (kept, written) = (Rc::clone(&segments), Rc::clone(&lines));
        spawn_local(async move {
            let write = |lines: Lines| {
                let texts = lines.events.into_iter().map(|(_, text)| text);
                written.borrow_mut().extend(texts);
            };
            let trace = |segment: Finished| kept.borrow_mut().push(segment.document);
            desk.run(write, trace, stopped).await;
        });
        Self {
            rig,
            segments,
            lines,
            _stop: stop,
        }
    }

    /// The next segment.
    async fn segment(&self) -> Value {
        while self.segments.borrow().is_empty() {
            tokio::task::yield_now().await;
        }
        self.segments.borrow_mut().remove(0)
    }

    async fn get(&self, headers: &[(&str, &str)]) -> Reply {
        self.rig.call("GET", "/x", headers, "").await
    }
}

fn http_proxy(backend: &Backend) -> Value {
    json!({"methodIntegration": {
        "type": "HTTP_PROXY", "httpMethod": "GET", "uri": backend.url("/in"),
    }})
}

fn every_request(rig: &Rig, reservoir: i64, rate: f64) {
    rig.gateway.publish_sampling(
        "us-east-1",
        vec![SamplingRule {
            reservoir_size: reservoir,
            fixed_rate: rate,
            ..SamplingRule::default_rule()
        }],
    );
}

/// `Root`, `Parent`, `Sampled` of a header, whatever else it has.
fn parts(header: &str) -> [Option<String>; 3] {
    ["Root=", "Parent=", "Sampled="].map(|name| {
        let mut parts = header.split(';');
        parts
            .find_map(|part| part.strip_prefix(name))
            .map(str::to_owned)
    })
}

#[test]
fn the_header_says_who_decides_and_backends_are_told() {
    run(|| async {
        let backend = Backend::saying(200, "{}").await;
        let traced = Traced::new(Rig::new().await);
        let definition = api(json!({"GET /x": http_proxy(&backend)}));
        let parent = format!("Root={ROOT};Parent={PARENT}");
        // Whether the stage traces, how much the rule samples, what comes → who decided, and whether it is sampled.
        for (active, rate, given, expected, sampled) in [
            (false, 1.0, None, None, false),
            (false, 1.0, Some(parent.clone()), None, false),
            (false, 1.0, Some(format!("{parent};Sampled=0")), None, false),
            (
                false,
                0.0,
                Some(format!("{parent};Sampled=1")),
                Some("1"),
                true,
            ),
            (true, 1.0, None, Some("1"), true),
            (true, 0.0, None, Some("0"), false),
            (
                true,
                1.0,
                Some(format!("{parent};Sampled=?")),
                Some("1"),
                true,
            ),
            (
                true,
                1.0,
                Some(format!("{parent};Sampled=0")),
                Some("0"),
                false,
            ),
            (
                true,
                0.0,
                Some(format!("{parent};Sampled=1")),
                Some("1"),
                true,
            ),
        ] {
            let what = format!("{active} {rate} {given:?}");
            traced
                .rig
                .publish(&stage(json!({"tracingEnabled": active})), &definition);
            every_request(&traced.rig, 0, rate);
            let headers: Vec<(&str, &str)> = given
                .iter()
                .map(|given| ("x-amzn-trace-id", given.as_str()))
                .collect();
            let reply = traced.get(&headers).await;
            let told = backend.last().header("x-amzn-trace-id").expect(&what);
            assert_eq!(
                reply.header("x-amzn-trace-id"),
                Some(told.as_str()),
                "{what}"
            );
            let [root, its_parent, its_sampled] = parts(&told);
            let was_given = given.is_some();
            assert!(
                !was_given || root.as_deref() == Some(ROOT),
                "{what}: {told}"
            );
            if !sampled {
                let given_sampled = given.as_deref().and_then(|g| parts(g)[2].clone());
                let expected = expected.map(str::to_owned).or(given_sampled);
                assert_eq!(its_sampled, expected, "{what}");
                assert_eq!(its_parent.as_deref(), was_given.then_some(PARENT), "{what}");
                continue;
            }
            assert_eq!(its_sampled.as_deref(), expected, "{what}");
            let segment = traced.segment().await;
            assert_eq!(segment["trace_id"].as_str(), root.as_deref(), "{what}");
            assert_eq!(segment["parent_id"].as_str(), was_given.then_some(PARENT));
            assert_eq!(segment["subsegments"][0]["id"], json!(its_parent), "{what}");
            let decided_here = given.as_deref().is_none_or(|g| g.ends_with('?'));
            let rule = &segment["aws"]["xray"]["sampling_rule_name"];
            assert_eq!(rule.as_str(), decided_here.then_some("Default"), "{what}");
        }
        assert!(traced.segments.borrow().is_empty());
    });
}

#[test]
fn a_segment_tells_of_the_stage_and_its_backend() {
    run(|| async {
        let backend = Backend::saying(503, "{\"busy\": true}").await;
        let traced = Traced::new(Rig::new().await);
        let levels = json!({
            "tracingEnabled": true,
            "methodSettings": {"*/*": {"loggingLevel": "INFO"}},
        });
        traced.rig.publish(
            &stage(levels),
            &api(json!({"GET /x": http_proxy(&backend)})),
        );
        let given = format!("Self=1-2-3;Root={ROOT};Lineage=a:b");
        let headers = [("x-amzn-trace-id", given.as_str()), ("user-agent", "me")];
        let reply = traced.get(&headers).await;
        let told = backend.last().header("x-amzn-trace-id").unwrap();
        assert!(told.starts_with(&format!("Self=1-2-3;Root={ROOT};Parent=")));
        assert!(told.ends_with(";Sampled=1;Lineage=a:b"), "{told}");
        let segment = traced.segment().await;
        let (id, sub) = (&segment["id"], &segment["subsegments"][0]["id"]);
        assert!(id != sub && id.as_str().unwrap().len() == 16);
        let start = 1_767_323_045.0;
        assert_eq!(
            segment,
            json!({
                "id": id, "name": "pets/prod", "trace_id": ROOT, "start_time": start, "end_time": start,
                "http": {
                    "request": {
                        "url": "https://localhost/prod/x",
                        "method": "GET", "client_ip": "127.0.0.1", "user_agent": "me", "x_forwarded_for": true,
                    },
                    "response": {"status": 503, "content_length": 14},
                },
                "fault": true,
                "aws": {
                    "xray": {"sampling_rule_name": "Default"},
                    "api_gateway": {
                        "account_id": "000000000000", "rest_api_id": API, "stage": "prod",
                        "request_id": reply.header("x-amzn-requestid").unwrap(),
                    },
                },
                "annotations": {"aws:api_id": API, "aws:api_stage": "prod"},
                "metadata": {"default": {
                    "extended_request_id": reply.header("x-amz-apigw-id").unwrap(),
                    "request_id": reply.header("x-amzn-requestid").unwrap(),
                }},
                "origin": "AWS::ApiGateway::Stage",
                "resource_arn": format!("arn:aws:apigateway:us-east-1::/restapis/{API}/stages/prod"),
                "subsegments": [{
                    "id": sub, "name": "127.0.0.1", "namespace": "remote", "start_time": start, "end_time": start,
                    "http": {
                        "request": {"url": backend.url("/in"), "method": "GET", "traced": true},
                        "response": {"status": 503, "content_length": 14},
                    },
                    "fault": true,
                }],
            })
        );
        let lines = traced.lines.borrow();
        let last = lines.last().unwrap();
        assert!(
            last.ends_with(&format!("X-ray Tracing ID : {ROOT}")),
            "{last}"
        );
    });
}

#[test]
fn functions_are_subsegments_an_authorizers_too() {
    run(|| async {
        let (rig, lambda) = rig_with_functions(|asked| {
            if asked.path.contains("judge") {
                return returned(
                    r#"{"principalId": "p", "policyDocument": {"Version": "2012-10-17", "Statement":
                    [{"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}]}}"#,
                );
            }
            super::functions::failed("{\"errorMessage\": \"no\"}")
        })
        .await;
        let mut method = proxy(ARN);
        method["authorizationType"] = json!("CUSTOM");
        method["authorizerId"] = json!("auth01");
        let mut definition = serde_json::to_value(api(json!({"GET /x": method}))).unwrap();
        definition["authorizers"] = json!({"auth01": {
            "id": "auth01", "name": "judge", "type": "REQUEST", "authorizerResultTtlInSeconds": 0,
            "authorizerUri": uri("arn:aws:lambda:us-east-1:000000000000:function:judge"),
        }});
        let definition = serde_json::from_value(definition).unwrap();
        rig.publish(&stage(json!({"tracingEnabled": true})), &definition);
        let traced = Traced::new(rig);
        let reply = traced.get(&[]).await;
        assert_eq!(reply.status, 502);
        let segment = traced.segment().await;
        let told: Vec<String> = (lambda.requests.borrow().iter())
            .map(|asked| asked.header("x-amzn-trace-id").unwrap())
            .collect();
        let names: Vec<_> = (segment["subsegments"].as_array().unwrap().iter())
            .zip(&told)
            .map(|(sub, told)| {
                assert_eq!(parts(told)[1].as_deref(), sub["id"].as_str());
                assert_eq!(
                    (&sub["name"], &sub["namespace"]),
                    (&json!("Lambda"), &json!("aws"))
                );
                let name = sub["aws"]["function_name"].clone();
                (name, sub["fault"] == true, sub["aws"]["operation"].clone())
            })
            .collect();
        assert_eq!(
            names,
            [
                (json!("judge"), false, json!("Invoke")),
                (json!("pets"), true, json!("Invoke"))
            ]
        );
        assert_eq!(segment["fault"], true);
    });
}

#[test]
fn a_second_has_one_request_for_sure_and_mocks_have_no_subsegment() {
    run(|| async {
        let traced = Traced::new(Rig::new().await);
        traced.rig.publish(
            &stage(json!({"tracingEnabled": true})),
            &api(json!({"GET /x": mock("hi")})),
        );
        every_request(&traced.rig, 1, 0.0);
        for second in 0..3 {
            for _ in 0..5 {
                assert_eq!(traced.get(&[]).await.status, 200);
            }
            let segment = traced.segment().await;
            assert_eq!(segment.get("subsegments"), None, "{second}");
            assert!(traced.segments.borrow().is_empty());
            traced.rig.clock.advance(Duration::from_secs(1));
        }
        // What no method answers is traced too.
        traced.rig.call("GET", "/none", &[], "").await;
        let segment = traced.segment().await;
        assert_eq!(
            (&segment["error"], &segment["http"]["response"]["status"]),
            (&json!(true), &json!(403))
        );
    });
}
