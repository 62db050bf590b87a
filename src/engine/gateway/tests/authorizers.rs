//! Lambda authorizers: identity, policy, context, cache, failures. Outcomes and bodies: `spec/rest/auth.md` §4.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use serde_json::{Value, json};

use super::functions::{failed, returned, rig, uri};
use super::{API, Asked, Rig, api, mock, run, stage};
use crate::base::Chance;
use crate::engine::gateway::{KeyChange, TestInvoke};
use crate::model::{ApiKey, Definition, UsagePlan};

const ALLOWED: &str = "principal $context.authorizer.principalId, level $context.authorizer.level, $context.authorizer.number";

/// Methods behind one authorizer, which `more` completes; the resource policy may be null.
#[allow(clippy::needless_pass_by_value, reason = "written in place with json!")]
fn guarded(methods: Value, more: Value) -> Definition {
    let mut all = serde_json::Map::new();
    for name in methods.as_array().unwrap() {
        let mut method = mock(ALLOWED);
        super::merge(
            &mut method,
            json!({"authorizationType": "CUSTOM", "authorizerId": "auth01"}),
        );
        all.insert(name.as_str().unwrap().to_owned(), method);
    }
    let mut definition = api(Value::Object(all));
    let mut authorizer = json!({"id": "auth01", "name": "guard", "type": "TOKEN", "identitySource": "method.request.header.Auth",
        "authorizerUri": uri("guard")});
    super::merge(&mut authorizer, more);
    definition.authorizers = serde_json::from_value(json!({ "auth01": authorizer })).unwrap();
    definition
}

fn answer(effect: &str, resource: &str, more: Value) -> String {
    let mut answer = json!({
        "principalId": "me",
        "policyDocument": {"Version": "2012-10-17", "Statement": [{"Action": "execute-api:Invoke", "Effect": effect, "Resource": resource}]},
    });
    super::merge(&mut answer, more);
    answer.to_string()
}

/// The function of AWS's own walkthrough, with some answers more.
fn guard(asked: &Asked) -> Response<Full<Bytes>> {
    let event: Value = serde_json::from_slice(&asked.body).unwrap();
    let arn = event["methodArn"].as_str().unwrap();
    let token = event["authorizationToken"].as_str();
    match token
        .or(event["headers"]["auth"].as_str())
        .unwrap_or("allow")
    {
        "allow" => returned(&answer(
            "Allow",
            arn,
            json!({"context": {"level": "gold", "number": 7}}),
        )),
        "all" => returned(&answer(
            "Allow",
            "arn:aws:execute-api:*:*:*/prod/GET/*",
            json!({}),
        )),
        "renews" => returned(&answer("Allow", arn, json!({})).replace(
            "\"execute-api:Invoke\"",
            "[\"execute-api:Invoke\", \"execute-api:InvalidateCache\"]",
        )),
        "deny" => returned(&answer("Deny", arn, json!({}))),
        "silent" => returned(&answer(
            "Allow",
            "arn:aws:execute-api:*:*:*/prod/PUT/other",
            json!({}),
        )),
        "unauthorized" => failed(r#"{"errorMessage":"Unauthorized"}"#),
        "throws" => failed(r#"{"errorMessage":"Unauthorized!"}"#),
        "keyed" => returned(&answer(
            "Allow",
            "*",
            json!({"usageIdentifierKey": "secret-of-the-caller"}),
        )),
        "nested" => returned(&answer("Allow", "*", json!({"context": {"a": {"b": 1}}}))),
        "forbidden" => {
            let mut answer = returned("{}");
            *answer.status_mut() = http::StatusCode::FORBIDDEN;
            answer
        }
        _ => returned("{}"),
    }
}

async fn call(rig: &Rig, verb: &str, path: &str, token: &str) -> (u16, String, String) {
    let reply = rig.call(verb, path, &[("auth", token)], "").await;
    let kind = reply
        .header("x-amzn-errortype")
        .unwrap_or_default()
        .to_owned();
    (reply.status, kind, reply.body)
}

#[test]
fn outcomes_have_their_status_body_and_error_type() {
    run(|| async {
        let (rig, _lambda) = rig(guard).await;
        rig.publish(
            &stage(json!({})),
            &guarded(
                json!(["GET /pets"]),
                json!({"authorizerResultTtlInSeconds": 0}),
            ),
        );
        let cases = [
            ("allow", 200, "", "principal me, level gold, 7"),
            ("all", 200, "", "principal me, level , "),
            (
                "deny",
                403,
                "AccessDeniedException",
                "{\"Message\":\"User is not authorized to access this resource with an explicit deny\"}",
            ),
            (
                "silent",
                403,
                "AccessDeniedException",
                "{\"Message\":\"User is not authorized to access this resource\"}",
            ),
            (
                "unauthorized",
                401,
                "UnauthorizedException",
                "{\"message\":\"Unauthorized\"}",
            ),
            (
                "",
                401,
                "UnauthorizedException",
                "{\"message\":\"Unauthorized\"}",
            ),
            (
                "throws",
                500,
                "AuthorizerConfigurationException",
                "{\"message\":null}",
            ),
            (
                "nonsense",
                500,
                "AuthorizerConfigurationException",
                "{\"message\":null}",
            ),
            (
                "nested",
                500,
                "AuthorizerConfigurationException",
                "{\"message\":null}",
            ),
            (
                "forbidden",
                500,
                "AuthorizerConfigurationException",
                "{\"message\":null}",
            ),
        ];
        for (token, status, kind, body) in cases {
            let expected = (status, kind.to_owned(), body.to_owned());
            assert_eq!(call(&rig, "GET", "/pets", token).await, expected, "{token}");
        }
        let reply = rig.get("/pets").await;
        assert_eq!(
            reply.error(),
            (
                401,
                Some("UnauthorizedException"),
                "Unauthorized".to_owned()
            )
        );
    });
}

#[test]
fn gateway_responses_of_their_kinds_answer() {
    run(|| async {
        let (rig, _lambda) = rig(guard).await;
        let mut definition = guarded(json!(["GET /pets"]), json!({}));
        let mut responses = serde_json::Map::new();
        for kind in [
            "UNAUTHORIZED",
            "ACCESS_DENIED",
            "AUTHORIZER_FAILURE",
            "AUTHORIZER_CONFIGURATION_ERROR",
        ] {
            responses.insert(kind.to_owned(), json!({"responseType": kind, "responseTemplates":
                {"application/json": "$context.error.responseType $context.error.messageString $context.authorizer.principalId"}}));
        }
        definition.gateway_responses = serde_json::from_value(Value::Object(responses)).unwrap();
        rig.publish(&stage(json!({})), &definition);
        for (token, status, body) in [
            ("unauthorized", 401, "UNAUTHORIZED \"Unauthorized\" "),
            (
                "deny",
                403,
                "ACCESS_DENIED \"User is not authorized to access this resource with an explicit deny\" me",
            ),
            ("throws", 500, "AUTHORIZER_FAILURE null "),
            ("nonsense", 500, "AUTHORIZER_CONFIGURATION_ERROR null "),
        ] {
            let (got, _, text) = call(&rig, "GET", "/pets", token).await;
            assert_eq!((got, text.as_str()), (status, body), "{token}");
        }
    });
}

#[test]
fn a_token_authorizer_gets_the_token_and_the_arn() {
    run(|| async {
        let (rig, lambda) = rig(guard).await;
        let more = json!({"identityValidationExpression": "al+ow|all", "authorizerUri": uri("${stageVariables.guard}:live")});
        rig.publish(
            &stage(json!({"variables": {"guard": "watch"}})),
            &guarded(json!(["GET /pets/{id}"]), more),
        );
        assert_eq!(call(&rig, "GET", "/pets/a%20b", "allow").await.0, 200);
        let asked = lambda.last();
        assert_eq!(asked.path, "/2015-03-31/functions/watch:live/invocations");
        assert_eq!(
            asked.header("x-amz-source-arn").as_deref(),
            Some("arn:aws:execute-api:us-east-1:000000000000:api0000000/authorizers/auth01")
        );
        let event: Value = serde_json::from_slice(&asked.body).unwrap();
        assert_eq!(
            event,
            json!({"type": "TOKEN", "authorizationToken": "allow",
                "methodArn": "arn:aws:execute-api:us-east-1:000000000000:api0000000/prod/GET/pets/a%20b"})
        );
        // What doesn't match as a whole isn't even asked about.
        for token in ["deny", "xallow", "allowx"] {
            assert_eq!(call(&rig, "GET", "/pets/1", token).await.0, 401, "{token}");
        }
        assert!(lambda.requests.borrow().is_empty());
    });
}

#[test]
fn a_request_authorizer_gets_the_request() {
    run(|| async {
        let (rig, lambda) = rig(guard).await;
        let more = json!({"type": "REQUEST", "identitySource": "method.request.header.Auth, method.request.querystring.q, stageVariables.v, context.stage"});
        rig.publish(
            &stage(json!({"variables": {"v": "1"}})),
            &guarded(json!(["POST /pets/{id}"]), more),
        );
        let reply = rig
            .call(
                "POST",
                "/pets/7?q=a&q=b",
                &[("auth", "allow")],
                "{\"secret\":1}",
            )
            .await;
        assert_eq!(reply.status, 200);
        let event: Value = serde_json::from_slice(&lambda.last().body).unwrap();
        let names: Vec<_> = event
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        assert_eq!(
            names.join(" "),
            "type methodArn resource path httpMethod headers multiValueHeaders queryStringParameters \
             multiValueQueryStringParameters pathParameters stageVariables requestContext"
        );
        assert_eq!(event["type"], "REQUEST");
        assert_eq!(event["resource"], "/pets/{id}");
        assert_eq!(event["pathParameters"], json!({"id": "7"}));
        assert_eq!(
            event["multiValueQueryStringParameters"],
            json!({"q": ["a", "b"]})
        );
        assert_eq!(event["requestContext"]["stage"], "prod");
        assert_eq!(event["requestContext"]["authorizer"], Value::Null);
        // A part of the identity that is missing is refused without asking.
        assert_eq!(
            rig.call("POST", "/pets/7", &[("auth", "allow")], "")
                .await
                .status,
            401
        );
        assert_eq!(
            rig.call("POST", "/pets/7?q=", &[("auth", "allow")], "")
                .await
                .status,
            401
        );
        assert_eq!(rig.call("POST", "/pets/7?q=1", &[], "").await.status, 401);
        assert!(lambda.requests.borrow().is_empty());
        // Unless decisions aren't kept: then the function is asked all the same.
        rig.gateway.remove_api(API);
        let more = json!({"type": "REQUEST", "authorizerResultTtlInSeconds": 0});
        rig.publish(
            &stage(json!({})),
            &guarded(json!(["POST /pets/{id}"]), more),
        );
        assert_eq!(rig.call("POST", "/pets/7", &[], "").await.status, 200);
        assert_eq!(lambda.requests.borrow().len(), 1);
    });
}

#[test]
fn a_decision_is_kept_and_judged_anew_for_each_method() {
    run(|| async {
        let (rig, lambda) = rig(guard).await;
        let definition = guarded(
            json!(["GET /a", "GET /b", "POST /a"]),
            json!({"authorizerResultTtlInSeconds": 60}),
        );
        rig.publish(&stage(json!({})), &definition);
        let asked = || lambda.requests.borrow().len();
        assert_eq!(call(&rig, "GET", "/a", "all").await.0, 200);
        assert_eq!(call(&rig, "GET", "/b", "all").await.0, 200);
        // The kept policy allows GET only.
        let (status, _, body) = call(&rig, "POST", "/a", "all").await;
        assert_eq!(
            (status, body.as_str()),
            (
                403,
                "{\"Message\":\"User is not authorized to access this resource\"}"
            )
        );
        assert_eq!(asked(), 1);
        // Documented trap: a policy for one method only, kept, refuses the others.
        assert_eq!(call(&rig, "GET", "/a", "allow").await.0, 200);
        assert_eq!(call(&rig, "GET", "/b", "allow").await.0, 403);
        assert_eq!(asked(), 2);
        // Changing the stage keeps it, flushing and time don't.
        rig.publish(&stage(json!({"description": "new"})), &definition);
        assert_eq!(call(&rig, "GET", "/a", "all").await.0, 200);
        assert_eq!(asked(), 2);
        rig.gateway.flush_authorizers(API, "prod");
        assert_eq!(call(&rig, "GET", "/a", "all").await.0, 200);
        assert_eq!(asked(), 3);
        rig.clock.advance(Duration::from_secs(59));
        assert_eq!(call(&rig, "GET", "/a", "all").await.0, 200);
        assert_eq!(asked(), 3);
        rig.clock.advance(Duration::from_secs(1));
        assert_eq!(call(&rig, "GET", "/a", "all").await.0, 200);
        assert_eq!(asked(), 4);
        // Failures aren't kept.
        for _ in 0..2 {
            assert_eq!(call(&rig, "GET", "/a", "unauthorized").await.0, 401);
        }
        assert_eq!(asked(), 6);
    });
}

#[test]
fn the_context_reaches_a_proxied_functions_event() {
    run(|| async {
        let (rig, lambda) = rig(|asked| {
            if asked.path.contains("/guard/") {
                guard(asked)
            } else {
                returned("{\"statusCode\":200}")
            }
        })
        .await;
        let mut definition = guarded(json!(["GET /x"]), json!({}));
        let method = definition
            .resources
            .get_mut("/x")
            .unwrap()
            .resource_methods
            .get_mut("GET")
            .unwrap();
        method.method_integration = serde_json::from_value(json!({"type": "AWS_PROXY", "httpMethod": "POST", "uri": uri("pets"), "timeoutInMillis": 29000})).unwrap();
        rig.publish(&stage(json!({})), &definition);
        for _ in 0..2 {
            assert_eq!(call(&rig, "GET", "/x", "allow").await.0, 200);
            let event: Value = serde_json::from_slice(&lambda.last().body).unwrap();
            assert_eq!(
                event["requestContext"]["authorizer"],
                json!({"level": "gold", "number": "7", "principalId": "me", "integrationLatency": 0})
            );
        }
    });
}

#[test]
fn the_resource_policy_and_the_authorizers_go_together() {
    run(|| async {
        let (rig, lambda) = rig(guard).await;
        let policy = |effect: &str, address: &str| {
            json!({"Version": "2012-10-17", "Statement": [{"Effect": effect, "Principal": "*", "Action": "execute-api:Invoke",
                "Resource": "*", "Condition": {"IpAddress": {"aws:SourceIp": address}}}]}).to_string()
        };
        let no_ttl = json!({"authorizerResultTtlInSeconds": 0});
        // Table A: what either allows and none denies. Last: how often the function was asked.
        for (effect, address, token, status, asked) in [
            ("Allow", "127.0.0.1", "allow", 200, 1),
            ("Allow", "10.0.0.1", "allow", 200, 1),
            ("Deny", "127.0.0.1", "allow", 403, 0),
            ("Allow", "127.0.0.1", "silent", 200, 1),
            ("Allow", "10.0.0.1", "silent", 403, 1),
            ("Allow", "127.0.0.1", "deny", 403, 1),
            ("Allow", "127.0.0.1", "unauthorized", 401, 1),
        ] {
            let mut definition = guarded(json!(["GET /x"]), no_ttl.clone());
            definition.rest_api.policy = Some(policy(effect, address));
            rig.gateway.remove_api(API);
            rig.publish(&stage(json!({})), &definition);
            lambda.requests.borrow_mut().clear();
            assert_eq!(
                call(&rig, "GET", "/x", token).await.0,
                status,
                "{effect} {address} {token}"
            );
            assert_eq!(
                lambda.requests.borrow().len(),
                asked,
                "{effect} {address} {token}"
            );
        }
    });
}

/// The resource policy is asked and told of once, beside the authorizer's own.
#[test]
fn each_policy_is_told_of_once() {
    run(|| async {
        let (rig, _lambda) = rig(guard).await;
        let told = super::logs::Told::over(rig);
        let mut definition = guarded(json!(["GET /x"]), json!({}));
        let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*",
            "Action": "execute-api:Invoke", "Resource": "*"}]});
        definition.rest_api.policy = Some(policy.to_string());
        let logged = stage(json!({"methodSettings": {"*/*": {"loggingLevel": "INFO"}}}));
        told.rig.publish(&logged, &definition);
        for (token, policies) in [
            (
                "allow",
                ["authorizer's policy allows", "resource policy allows"],
            ),
            (
                "deny",
                ["authorizer's policy denies", "resource policy allows"],
            ),
        ] {
            let headers = [("auth", token)];
            let reply = told.rig.call("GET", "/x", &headers, "").await;
            let explained = told.explain(&reply).await;
            let text = explained.to_string();
            for policy in policies {
                assert_eq!(text.matches(policy).count(), 1, "{token} {policy}: {text}");
            }
        }
    });
}

#[test]
fn an_authorizer_may_give_the_api_key() {
    run(|| async {
        let (rig, _lambda) = rig(guard).await;
        let mut definition = guarded(json!(["GET /x"]), json!({}));
        definition.rest_api.api_key_source = "AUTHORIZER".to_owned();
        let method = definition
            .resources
            .get_mut("/x")
            .unwrap()
            .resource_methods
            .get_mut("GET")
            .unwrap();
        method.api_key_required = true;
        rig.publish(&stage(json!({})), &definition);
        let key: ApiKey = serde_json::from_value(
            json!({"id": "key01", "value": "secret-of-the-caller", "enabled": true}),
        )
        .unwrap();
        let plan: UsagePlan = serde_json::from_value(
            json!({"id": "plan01", "apiStages": [{"apiId": API, "stage": "prod"}]}),
        )
        .unwrap();
        let now = Some((Arc::new(key), vec![Arc::new(plan)]));
        let id = "key01".to_owned();
        rig.gateway
            .publish_keys("us-east-1", vec![KeyChange { id, now }]);
        assert_eq!(call(&rig, "GET", "/x", "keyed").await.0, 200);
        // Neither does an answer without a key open the method, nor the header.
        let headers = [("auth", "all"), ("x-api-key", "secret-of-the-caller")];
        let reply = rig.call("GET", "/x", &headers, "").await;
        assert_eq!(
            reply.error(),
            (403, Some("ForbiddenException"), "Forbidden".to_owned())
        );
    });
}

#[test]
fn an_authorizer_is_tested_without_a_deployment() {
    run(|| async {
        let (rig, lambda) = rig(guard).await;
        let definition = guarded(json!(["GET /x"]), json!({}));
        let authorizer = definition.authorizers["auth01"].clone();
        let test = |token: &str| TestInvoke {
            region: "us-east-1".to_owned(),
            account: "000000000000".to_owned(),
            headers: vec![("Auth".to_owned(), token.to_owned())],
            ..TestInvoke::default()
        };
        let mut chance = Chance::seeded(1);
        let mut ask = async |token: &str| {
            let asked =
                rig.gateway
                    .test_authorizer(&definition, &authorizer, test(token), &mut chance);
            asked.await
        };
        // A policy that denies is shown, not judged, and nothing is kept.
        for _ in 0..2 {
            let answer = ask("deny").await;
            assert_eq!(
                (answer.client_status, answer.principal_id.as_deref()),
                (0, Some("me"))
            );
            assert!(answer.policy.unwrap().contains("\"Effect\":\"Deny\""));
            let mut lines = answer.log.lines();
            assert!(
                lines
                    .next()
                    .unwrap()
                    .starts_with("Execution log for request ")
            );
            assert!(
                lines
                    .next()
                    .unwrap()
                    .contains(" : Starting authorizer: auth01 for request: ")
            );
        }
        assert_eq!(lambda.requests.borrow().len(), 2);
        for (token, status) in [
            ("unauthorized", 401),
            ("", 401),
            ("throws", 500),
            ("nonsense", 500),
        ] {
            let answer = ask(token).await;
            assert_eq!(
                (answer.client_status, answer.policy),
                (status, None),
                "{token}"
            );
        }
    });
}

#[test]
fn without_an_endpoint_the_flag_is_named() {
    run(|| async {
        let rig = Rig::serving(guarded(json!(["GET /x"]), json!({}))).await;
        let (status, kind, body) = call(&rig, "GET", "/x", "allow").await;
        assert_eq!(
            (status, kind.as_str()),
            (500, "AuthorizerConfigurationException")
        );
        assert!(body.contains("--lambda-endpoint URL"), "{body}");
    });
}

#[test]
fn who_has_the_permission_may_invalidate_a_cached_answer() {
    run(|| async {
        let (rig, _lambda) = rig(guard).await;
        let mut definition = guarded(
            json!(["GET /x"]),
            json!({"authorizerResultTtlInSeconds": 0}),
        );
        let resource = definition.resources.values_mut().next().unwrap();
        resource.resource_methods["GET"] = serde_json::from_value({
            let mut method = mock("$context.requestId");
            super::merge(
                &mut method,
                json!({
                    "httpMethod": "GET", "authorizationType": "CUSTOM", "authorizerId": "auth01",
                    "methodResponses": {"200": {"statusCode": "200"}},
                }),
            );
            method
        })
        .unwrap();
        let cached = stage(json!({
            "cacheClusterEnabled": true,
            "cacheClusterSize": "0.5",
            "cacheClusterStatus": "AVAILABLE",
            "methodSettings": {"*/*": {
                "cachingEnabled": true, "unauthorizedCacheControlHeaderStrategy": "FAIL_WITH_403",
            }},
        }));
        rig.publish(&cached, &definition);
        let ask = async |token: &str, anew: bool| {
            let headers = [("auth", token), ("cache-control", "max-age=0")];
            let headers = if anew { &headers[..] } else { &headers[..1] };
            let reply = rig.call("GET", "/x", headers, "").await;
            (reply.status, reply.body)
        };
        let first = ask("allow", false).await;
        assert_eq!(ask("renews", false).await, first);
        assert_eq!(ask("allow", true).await.0, 403);
        let second = ask("renews", true).await;
        assert!(second.0 == 200 && second != first);
        assert_eq!(ask("allow", false).await, second);
    });
}
