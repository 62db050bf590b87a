//! Lambda integrations: custom ones, failures, and in files of their own event and answer of proxies. Tables marked as recorded are
//! AWS's own answers.

mod answers;
mod binary;
mod events;
mod streams;

use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::super::{Functions, LambdaEndpoint};
use super::{API, Asked, Backend, Rig, api, run, stage};
use crate::base::Chance;
use crate::engine::gateway::{Settings, TestInvoke};

pub(super) const ARN: &str = "arn:aws:lambda:us-east-1:000000000000:function:pets";

pub(super) fn uri(function: &str) -> String {
    format!("arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations")
}

pub(super) fn proxy(function: &str) -> Value {
    json!({"methodIntegration": {"type": "AWS_PROXY", "httpMethod": "POST", "uri": uri(function), "timeoutInMillis": 29000}})
}

fn custom(more: Value) -> Value {
    let mut integration =
        json!({"type": "AWS", "httpMethod": "POST", "uri": uri(ARN), "timeoutInMillis": 29000});
    super::merge(&mut integration, more);
    json!({ "methodIntegration": integration })
}

/// What Lambda answers when a function returned `payload`.
pub(super) fn returned(payload: &str) -> Response<Full<Bytes>> {
    Response::builder()
        .header("content-type", "application/json")
        .header("x-amzn-requestid", "lambda-request-id")
        .header("x-amz-executed-version", "$LATEST")
        .header(
            "x-amzn-trace-id",
            "Root=1-00000000-000000000000000000000000",
        )
        .body(Full::new(Bytes::from(payload.to_owned())))
        .unwrap()
}

pub(super) fn failed(payload: &str) -> Response<Full<Bytes>> {
    let mut answer = returned(payload);
    answer
        .headers_mut()
        .insert("x-amz-function-error", "Unhandled".parse().unwrap());
    answer
}

async fn rig_at(url: &str) -> Rig {
    Rig::with(Settings {
        functions: Functions::Endpoint(LambdaEndpoint::parse(url).unwrap()),
        ..Settings::default()
    })
    .await
}

/// A gateway with functions that `answer`.
pub(super) async fn rig(
    answer: impl Fn(&Asked) -> Response<Full<Bytes>> + 'static,
) -> (Rig, Backend) {
    let lambda = Backend::answering(answer).await;
    (rig_at(&lambda.url("")).await, lambda)
}

pub(super) fn event(lambda: &Backend) -> Value {
    serde_json::from_slice(&lambda.last().body).unwrap()
}

fn names(value: &Value) -> Vec<&str> {
    value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

/// Recorded for every header that was probed: mapping one of these fails, mapping another has no effect.
#[test]
fn mapped_headers_dont_reach_a_proxied_function() {
    run(|| async {
        let (rig, lambda) = rig(|_| returned("{\"statusCode\":200}")).await;
        for (name, status) in [
            ("Content-Length", 500),
            ("Transfer-Encoding", 500),
            ("Authorization", 500),
            ("Connection", 500),
            ("Expect", 500),
            ("Proxy-Authenticate", 500),
            ("TE", 500),
            ("Accept", 200),
            ("Host", 200),
            ("Via", 200),
            ("X-Amz-Invocation-Type", 200),
        ] {
            let mut method = proxy(ARN);
            method["methodIntegration"]["requestParameters"] =
                json!({ format!("integration.request.header.{name}"): "'mapped'" });
            rig.publish(&stage(json!({})), &api(json!({"GET /x": method})));
            let reply = rig.get("/x").await;
            assert_eq!(reply.status, status, "{name}");
            if status == 200 {
                let asked = lambda.last();
                assert_ne!(asked.header(name).as_deref(), Some("mapped"), "{name}");
                assert!(!String::from_utf8_lossy(&asked.body).contains("mapped"));
            }
            // A deployment of the same id isn't compiled again while it is served.
            rig.gateway.remove_api(API);
        }
    });
}

/// What fails is the call to Lambda, so that it fails for custom integrations too (assumed).
#[test]
fn some_headers_cant_be_mapped_to_a_custom_function_either() {
    run(|| async {
        let (rig, lambda) = rig(|_| returned("{}")).await;
        for (name, status) in [
            ("Content-Length", 500),
            ("Authorization", 500),
            ("TE", 500),
            ("X-Mine", 200),
        ] {
            let method = custom(json!({
                "requestParameters": {(format!("integration.request.header.{name}")): "'mapped'"},
                "integrationResponses": {"200": {"statusCode": "200"}},
            }));
            rig.publish(&stage(json!({})), &api(json!({"GET /x": method})));
            assert_eq!(rig.get("/x").await.status, status, "{name}");
            rig.gateway.remove_api(API);
        }
        assert_eq!(lambda.last().header("x-mine").as_deref(), Some("mapped"));
        assert!(lambda.requests.borrow().is_empty());
    });
}

#[test]
fn failures_of_a_proxied_function_are_502_and_the_rest_500() {
    run(|| async {
        let (rig, lambda) = rig(|asked| {
            let status = |status: u16| {
                let mut answer = returned("{\"Message\":\"no\"}");
                *answer.status_mut() = http::StatusCode::from_u16(status).unwrap();
                answer
            };
            match asked.path.rsplit('/').nth(1).unwrap() {
                "boom" => failed(r#"{"errorMessage":"boom","errorType":"Error"}"#),
                "throttled" => status(429),
                "forbidden" => status(403),
                "gone" => status(404),
                "broken" => status(502),
                other => panic!("{other}"),
            }
        })
        .await;
        let mut methods = serde_json::Map::new();
        for name in ["boom", "throttled", "forbidden", "gone", "broken"] {
            methods.insert(format!("GET /{name}"), proxy(name));
        }
        let mut get = proxy("never");
        get["methodIntegration"]["httpMethod"] = json!("GET");
        methods.insert("GET /get".to_owned(), get);
        rig.publish(&stage(json!({})), &api(Value::Object(methods)));
        for (path, status) in [
            ("boom", 502),
            ("throttled", 500),
            ("forbidden", 500),
            ("gone", 500),
            ("broken", 500),
            ("get", 500),
        ] {
            let reply = rig.get(&format!("/{path}")).await;
            assert_eq!(
                (reply.status, reply.body.as_str()),
                (status, "{\"message\": \"Internal server error\"}"),
                "{path}"
            );
            assert_eq!(
                reply.header("x-amzn-errortype"),
                Some("InternalServerErrorException")
            );
        }
        assert_eq!(lambda.requests.borrow().len(), 5);
    });
}

#[test]
fn a_502_takes_the_apis_default_5xx_response() {
    run(|| async {
        let (rig, _lambda) = rig(|_| returned("{}")).await;
        let mut definition = api(json!({"GET /x": proxy(ARN)}));
        let response = json!({"responseType": "DEFAULT_5XX", "responseParameters": {"gatewayresponse.header.x-mine": "'yes'"},
            "responseTemplates": {"application/json": "{\"m\":$context.error.messageString}"}});
        definition.gateway_responses =
            serde_json::from_value(json!({"DEFAULT_5XX": response})).unwrap();
        rig.publish(&stage(json!({})), &definition);
        let reply = rig.get("/x").await;
        assert_eq!((reply.status, reply.header("x-mine")), (502, Some("yes")));
        assert_eq!(reply.body, "{\"m\":\"Internal server error\"}");
    });
}

#[test]
fn without_an_endpoint_the_answer_names_the_flag() {
    run(|| async {
        let rig = Rig::serving(api(json!({"GET /x": proxy(ARN)}))).await;
        let reply = rig.get("/x").await;
        assert_eq!(reply.status, 500);
        assert!(
            reply.body.contains("--lambda-endpoint URL"),
            "{}",
            reply.body
        );
    });
}

#[test]
fn an_endpoint_that_isnt_there_or_is_slow_fails_as_backends_do() {
    run(|| async {
        // Bound, and gone.
        let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", gone.local_addr().unwrap());
        drop(gone);
        let rig = rig_at(&url).await;
        rig.publish(&stage(json!({})), &api(json!({"GET /x": proxy(ARN)})));
        assert_eq!(
            rig.get("/x").await.error(),
            (
                504,
                Some("InternalServerErrorException"),
                "Network error communicating with endpoint".to_owned()
            )
        );
        // Accepts, and never answers.
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let rig = rig_at(&format!("http://{}/base/", silent.local_addr().unwrap())).await;
        let mut method = proxy(ARN);
        method["methodIntegration"]["timeoutInMillis"] = json!(50);
        rig.publish(&stage(json!({})), &api(json!({"GET /x": method})));
        assert_eq!(
            rig.get("/x").await.error(),
            (
                504,
                Some("InternalServerErrorException"),
                "Endpoint request timed out".to_owned()
            )
        );
    });
}

/// Recorded: JSON passes both ways without templates; a result that looks like a proxy's answer passes as it is; a response template
/// sets the status of the same integration response.
#[test]
fn custom_integrations_map_as_recorded() {
    run(|| async {
        let (rig, lambda) = rig(|asked| returned(std::str::from_utf8(&asked.body).unwrap())).await;
        let statuses = json!({"200": {"statusCode": "200"}});
        let template = "#set($body = $input.path('$'))#if($body.body.contains('error'))#set($context.responseOverride.status = 400)\
             #else#set($context.responseOverride.status = 202)#end$input.json('$')";
        rig.publish(
            &stage(json!({})),
            &api(json!({
                "POST /plain": custom(json!({"integrationResponses": statuses})),
                "GET /static": custom(json!({"integrationResponses": statuses, "requestTemplates": {"application/json": "{\"static\": \"$context.stage\"}"}})),
                "POST /mapped": custom(json!({"integrationResponses": {"200": {"statusCode": "200", "responseTemplates": {"application/json": template}}}})),
            })),
        );
        let reply = rig
            .call("POST", "/plain", &[], r#"{"message": "hello world"}"#)
            .await;
        assert_eq!(
            (reply.status, reply.body.as_str()),
            (200, r#"{"message": "hello world"}"#)
        );
        assert_eq!(reply.header("content-type"), Some("application/json"));
        assert_eq!(
            reply.header("x-amzn-trace-id"),
            Some("Root=1-00000000-000000000000000000000000")
        );
        assert_eq!(reply.header("x-amz-executed-version"), None);
        assert_eq!(rig.get("/static").await.json(), json!({"static": "prod"}));
        for (body, status) in [("noerror", 400), ("fine", 202), ("customerror", 400)] {
            let sent: &'static str = Box::leak(
                json!({"statusCode": 200, "body": body})
                    .to_string()
                    .into_boxed_str(),
            );
            let reply = rig.call("POST", "/mapped", &[], sent).await;
            assert_eq!(
                (reply.status, reply.json()["body"].as_str()),
                (status, Some(body))
            );
        }
        // Recorded: without a body the function's event is `{}`.
        lambda.requests.borrow_mut().clear();
        assert_eq!(rig.call("POST", "/plain", &[], "").await.body, "{}");
        assert_eq!(lambda.last().body, "{}");
    });
}

#[test]
fn a_custom_functions_error_message_selects_the_response() {
    run(|| async {
        let (rig, _lambda) = rig(|asked| {
            let event: Value = serde_json::from_slice(&asked.body).unwrap();
            match event.get("throw") {
                Some(message) => {
                    failed(&json!({"errorMessage": message, "errorType": "Error"}).to_string())
                }
                None => returned("{\"ok\":true}"),
            }
        })
        .await;
        let responses = json!({
            "200": {"statusCode": "200"},
            "400": {"statusCode": "400", "selectionPattern": "Bad.*", "responseTemplates": {"application/json": "{\"why\": \"$input.path('$.errorMessage')\"}"}},
            "409": {"statusCode": "409", "selectionPattern": "(\\n|.)+"},
        });
        let strict = json!({"400": {"statusCode": "400", "selectionPattern": "Bad.*"}});
        rig.publish(
            &stage(json!({})),
            &api(json!({
                "POST /x": custom(json!({"integrationResponses": responses})),
                "POST /strict": custom(json!({"integrationResponses": strict})),
            })),
        );
        let reply = rig.call("POST", "/x", &[], "{}").await;
        assert_eq!((reply.status, reply.body.as_str()), (200, "{\"ok\":true}"));
        let reply = rig
            .call("POST", "/x", &[], r#"{"throw": "Bad request: id"}"#)
            .await;
        assert_eq!(
            (reply.status, reply.json()),
            (400, json!({"why": "Bad request: id"}))
        );
        let reply = rig
            .call("POST", "/x", &[], r#"{"throw": "two\nlines"}"#)
            .await;
        assert_eq!(reply.status, 409);
        assert_eq!(reply.json()["errorMessage"], "two\nlines");
        // Nothing matches, and there is no default.
        assert_eq!(
            rig.call("POST", "/strict", &[], r#"{"throw": "Other"}"#)
                .await
                .status,
            500
        );
        assert_eq!(rig.call("POST", "/strict", &[], "{}").await.status, 500);
    });
}

#[test]
fn the_invocation_type_is_mapped() {
    run(|| async {
        let (rig, lambda) = rig(|asked| {
            let mut answer = returned("");
            if asked.header("x-amz-invocation-type").as_deref() == Some("Event") {
                *answer.status_mut() = http::StatusCode::ACCEPTED;
            } else {
                *answer.body_mut() = Full::new(Bytes::from_static(b"1"));
            }
            answer
        })
        .await;
        rig.publish(
            &stage(json!({})),
            &api(json!({"POST /x": custom(json!({
                "requestParameters": {
                    "integration.request.header.X-Amz-Invocation-Type": "method.request.header.InvocationType",
                    "integration.request.querystring.Qualifier": "method.request.querystring.version",
                },
                "integrationResponses": {"200": {"statusCode": "200"}},
            }))})),
        );
        let reply = rig
            .call("POST", "/x?version=7", &[("invocationtype", "Event")], "{}")
            .await;
        assert_eq!((reply.status, reply.body.as_str()), (200, ""));
        let asked = lambda.last();
        assert!(
            asked.path.ends_with("/invocations?Qualifier=7"),
            "{}",
            asked.path
        );
        let reply = rig.call("POST", "/x", &[], "{}").await;
        assert_eq!((reply.status, reply.body.as_str()), (200, "1"));
        assert_eq!(lambda.last().header("x-amz-invocation-type"), None);
    });
}

/// The order of the lines is recorded.
#[test]
fn a_test_request_logs_the_invocation() {
    run(|| async {
        let (rig, lambda) = rig(|_| returned(r#"{"statusCode":200,"body":"x"}"#)).await;
        let definition = api(
            json!({"GET /foo": custom(json!({"integrationResponses": {"200": {"statusCode": "200"}}}))}),
        );
        let test = TestInvoke {
            region: "us-east-1".to_owned(),
            account: "000000000000".to_owned(),
            resource_id: "/foo".to_owned(),
            verb: "GET".to_owned(),
            ..TestInvoke::default()
        };
        let answer = rig
            .gateway
            .test_invoke(&definition, test, &mut Chance::seeded(1))
            .await
            .unwrap();
        assert_eq!(answer.status, 200);
        assert_eq!(answer.body, r#"{"statusCode":200,"body":"x"}"#);
        assert_eq!(
            answer.headers.keys().collect::<Vec<_>>(),
            ["X-Amzn-Trace-Id", "Content-Type"]
        );
        let url = lambda.url(&format!("/2015-03-31/functions/{ARN}/invocations"));
        let log: Vec<_> = answer
            .log
            .lines()
            .map(|line| line.split_once(" : ").map_or(line, |(_, text)| text))
            .collect();
        assert_eq!(log[7], format!("Endpoint request URI: {url}"));
        assert!(
            log[8].starts_with("Endpoint request headers: {x-amzn-lambda-integration-tag="),
            "{}",
            log[8]
        );
        assert_eq!(log[9], "Endpoint request body after transformations: ");
        assert_eq!(log[10], format!("Sending request to {url}"));
        assert!(
            log[11].starts_with("Received response. Status: 200, Integration latency: "),
            "{}",
            log[11]
        );
        assert!(
            log[12].starts_with("Endpoint response headers: {"),
            "{}",
            log[12]
        );
        assert_eq!(
            log[13],
            r#"Endpoint response body before transformations: {"statusCode":200,"body":"x"}"#
        );
        assert_eq!(
            log[14],
            r#"Method response body after transformations: {"statusCode":200,"body":"x"}"#
        );
        assert_eq!(log[16], "Successfully completed execution");
        assert_eq!(lambda.last().body, "{}");
    });
}
