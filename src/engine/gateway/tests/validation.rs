//! Request validation (recording `request-validation-runtime`, `spec/rest/validation.md` §1).

use serde_json::{Value, json};

use super::{Backend, Rig, api, mock, run};
use crate::model::Definition;

/// `POST` and `GET` methods that need a header, a path parameter and a query parameter, and a body with numbers `a` and `b`.
fn validated(path_parameter: &str, flags: Value) -> Definition {
    let mut method = mock("ok");
    method["requestValidatorId"] = json!("val001");
    method["requestParameters"] = json!({
        "method.request.querystring.qs1": true,
        format!("method.request.path.{path_parameter}"): true,
        "method.request.header.x-header-param": true,
        "method.request.header.x-optional": false,
    });
    method["requestModels"] = json!({"application/json": "testSchema"});
    method["methodIntegration"]["passthroughBehavior"] = json!("WHEN_NO_MATCH");
    let mut definition = api(json!({"POST /{test}": method, "GET /{test}": method}));
    with_models(&mut definition);
    let mut validator = flags;
    validator["id"] = json!("val001");
    definition.request_validators.insert(
        "val001".to_owned(),
        serde_json::from_value(validator).unwrap(),
    );
    definition
}

fn with_models(definition: &mut Definition) {
    let number = json!({"type": "number"});
    let models = [
        (
            "testSchema",
            json!({
                "$schema": "http://json-schema.org/draft-04/schema#",
                "title": "testSchema",
                "type": "object",
                "properties": {"a": number, "b": number},
                "required": ["a", "b"],
            }),
        ),
        (
            "testSchemaList",
            json!({
                "type": "array",
                "items": {"$ref": "https://apigateway.amazonaws.com/restapis/api0000000/models/testSchema"},
            }),
        ),
        (
            "broken",
            json!({"$ref": "https://apigateway.amazonaws.com/restapis/api0000000/models/gone"}),
        ),
    ];
    for (name, schema) in models {
        let model =
            json!({"name": name, "contentType": "application/json", "schema": schema.to_string()});
        definition
            .models
            .insert(name.to_owned(), serde_json::from_value(model).unwrap());
    }
    let xml = json!({"name": "xml", "contentType": "application/xml", "schema": "<schema/>"});
    definition
        .models
        .insert("xml".to_owned(), serde_json::from_value(xml).unwrap());
}

fn both() -> Value {
    json!({"validateRequestBody": true, "validateRequestParameters": true})
}

const HEADER: (&str, &str) = ("x-header-param", "yes");
const BAD_BODY: &str = "{\"message\": \"Invalid request body\"}";

#[test]
fn required_parameters_are_named_in_the_recorded_order_before_the_body_is_looked_at() {
    run(|| async {
        // The route has `test`, the method asks for `issuer`.
        let rig = Rig::serving(validated("issuer", both())).await;
        let reply = rig.call("POST", "/a", &[], "").await;
        assert_eq!(
            reply.error(),
            (
                400,
                Some("BadRequestException"),
                "Missing required request parameters: [x-header-param, issuer, qs1]".to_owned()
            )
        );
        let rig = Rig::serving(validated("test", both())).await;
        let said = async |verb, path, headers: &[(&str, &str)]| {
            let reply = rig.call(verb, path, headers, "").await;
            assert_eq!(reply.status, 400);
            reply.json()["message"].as_str().unwrap().to_owned()
        };
        let missing = "Missing required request parameters: ";
        assert_eq!(
            said("GET", "/a?qs1=1", &[]).await,
            format!("{missing}[x-header-param]")
        );
        assert_eq!(
            said("GET", "/a", &[HEADER]).await,
            format!("{missing}[qs1]")
        );
        // Blank is missing.
        assert_eq!(
            said("GET", "/a?qs1=%20", &[("x-header-param", " ")]).await,
            format!("{missing}[x-header-param, qs1]")
        );
        // All there: it is the body's turn, also with GET and also when there is none.
        assert_eq!(
            said("GET", "/a?qs1=1", &[HEADER]).await,
            "Invalid request body"
        );
        let good = "{\"a\": 1, \"b\": 2}";
        assert_eq!(
            rig.call("POST", "/a?qs1=1", &[HEADER], good).await.body,
            "ok"
        );
    });
}

#[test]
fn a_validator_checks_what_it_is_told_to() {
    run(|| async {
        let rig = Rig::serving(validated("test", json!({"validateRequestBody": true}))).await;
        let reply = rig.call("POST", "/a", &[], "{\"a\": 1}").await;
        assert_eq!((reply.status, reply.body.as_str()), (400, BAD_BODY));
        assert_eq!(
            rig.call("POST", "/a", &[], "{\"a\": 1, \"b\": 1}")
                .await
                .body,
            "ok"
        );
        let rig = Rig::serving(validated(
            "test",
            json!({"validateRequestParameters": true}),
        ))
        .await;
        assert_eq!(
            rig.call("POST", "/a?qs1=1", &[HEADER], "not JSON")
                .await
                .body,
            "ok"
        );
        let rig = Rig::serving(validated("test", json!({}))).await;
        assert_eq!(rig.call("POST", "/a", &[], "").await.body, "ok");
        // A validator that is gone lets nothing pass.
        let mut lost = validated("test", both());
        lost.request_validators.clear();
        let rig = Rig::serving(lost).await;
        assert_eq!(rig.call("POST", "/a", &[], "").await.status, 500);
    });
}

#[test]
fn the_content_type_selects_the_model() {
    run(|| async {
        let mut definition = validated("test", json!({"validateRequestBody": true}));
        for resource in definition.resources.values_mut() {
            for method in resource.resource_methods.values_mut() {
                let models = json!({
                    "application/json": "testSchemaList",
                    "application/xml": "xml",
                    "application/broken": "broken",
                });
                method.request_models = serde_json::from_value(models).unwrap();
                let integration = method.method_integration.as_mut().unwrap();
                integration.request_templates.insert(
                    "text/plain".to_owned(),
                    Some("{\"statusCode\": 200}".to_owned()),
                );
            }
        }
        let rig = Rig::serving(definition.clone()).await;
        let status = async |rig: &Rig, kind: &str, body: &'static str| {
            rig.call("POST", "/a", &[("content-type", kind)], body)
                .await
                .status
        };
        let json = "application/json; charset=utf-8";
        assert_eq!(status(&rig, json, "[{\"a\": 1, \"b\": 2}]").await, 200);
        assert_eq!(status(&rig, json, "[{\"a\": 1}]").await, 400);
        assert_eq!(status(&rig, "Application/JSON", "{}").await, 400);
        // No model, or one that isn't JSON: nothing is checked.
        assert_eq!(status(&rig, "text/plain", "anything").await, 200);
        // One that can't be used lets nothing pass.
        assert_eq!(status(&rig, "application/broken", "{}").await, 500);
        for resource in definition.resources.values_mut() {
            for method in resource.resource_methods.values_mut() {
                method.request_models =
                    serde_json::from_value(json!({"$default": "testSchema"})).unwrap();
            }
        }
        rig.publish(&super::stage(json!({})), &definition);
        let rig = Rig::serving(definition).await;
        assert_eq!(status(&rig, "text/plain", "anything").await, 400);
    });
}

#[test]
fn gateway_responses_may_say_what_was_wrong() {
    run(|| async {
        let mut definition = validated("test", json!({"validateRequestBody": true}));
        let response = json!({
            "responseType": "BAD_REQUEST_BODY",
            "statusCode": "422",
            "responseTemplates": {
                "application/json": "{\"m\":$context.error.messageString,\"why\":\"$context.error.validationErrorString\"}",
            },
        });
        let response: crate::model::GatewayResponse = serde_json::from_value(response).unwrap();
        definition
            .gateway_responses
            .insert(response.response_type, response);
        let rig = Rig::serving(definition).await;
        let reply = rig
            .call("POST", "/a", &[], "{\"a\": \"x\", \"b\": 2}")
            .await;
        assert_eq!(reply.status, 422);
        assert_eq!(
            reply.body,
            "{\"m\":\"Invalid request body\",\"why\":\"[instance type (string) does not match any allowed primitive type \
             (allowed: [\"integer\",\"number\"])]\"}"
        );
    });
}

#[test]
fn a_proxied_body_is_read_where_it_is_checked() {
    run(|| async {
        let backend = Backend::saying(200, "{}").await;
        let mut method = json!({
            "requestValidatorId": "val001",
            "requestModels": {"application/json": "testSchema"},
            "methodIntegration": {"type": "HTTP_PROXY", "httpMethod": "POST", "uri": backend.url("/")},
        });
        let mut definition = api(json!({"POST /p": method.take()}));
        with_models(&mut definition);
        let validator = json!({"id": "val001", "validateRequestBody": true});
        definition.request_validators.insert(
            "val001".to_owned(),
            serde_json::from_value(validator).unwrap(),
        );
        let rig = Rig::serving(definition).await;
        assert_eq!(rig.call("POST", "/p", &[], "{}").await.status, 400);
        assert!(backend.requests.borrow().is_empty());
        let good = "{\"a\": 1, \"b\": 2}";
        assert_eq!(rig.call("POST", "/p", &[], good).await.status, 200);
        assert_eq!(backend.last().body, good);
    });
}
