//! Lines of execution and access logs that only some requests have (`spec/rest/logging-metrics-tracing.md` §1, §3).

use serde_json::{Value, json};

use super::functions::{ARN, failed, proxy, returned, rig};
use super::logs::{Told, logging};
use super::{API, Rig, api, mock, stage};
use crate::model::Definition;

/// What a `GET` of `path` leaves in the logs, its own request id as `ID`.
async fn lines(told: &Told, path: &str, headers: &[(&str, &str)]) -> Vec<String> {
    let reply = told.rig.call("GET", path, headers, "").await;
    told.lines_of(&reply).await
}

#[test]
fn a_method_that_needs_no_key_says_so() {
    super::run(|| async {
        let told = Told::over(Rig::new().await);
        let definition = api(json!({"GET /x/{id}": mock("1")}));
        told.rig
            .publish(&stage(logging("INFO", false)), &definition);
        let lines = lines(&told, "/x/7", &[]).await;
        assert_eq!(
            lines[1..],
            [
                "(ID) Verifying Usage Plan for request: ID. API Key:  API Stage: api0000000/prod",
                "(ID) API Key  authorized because method 'GET /x/{id}' does not require API Key. Request will not contribute to throttle or \
                 quota limits",
                "(ID) Usage Plan check succeeded for API Key  and API Stage api0000000/prod",
                "(ID) Starting execution for request: ID",
                "(ID) HTTP Method: GET, Resource Path: /x/7",
                "(ID) Successfully completed execution",
                "(ID) Method completed with status: 200",
            ]
        );
    });
}

fn validated() -> Definition {
    let mut checked = mock("1");
    checked["requestValidatorId"] = json!("val001");
    checked["requestModels"] = json!({"application/json": "pet"});
    let mut required = mock("1");
    required["requestValidatorId"] = json!("val001");
    required["requestParameters"] = json!({"method.request.querystring.q": true});
    let mut definition = api(json!({"GET /body": checked, "GET /query": required}));
    definition.request_validators = serde_json::from_value(json!({"val001":
        {"id": "val001", "validateRequestBody": true, "validateRequestParameters": true}}))
    .unwrap();
    definition.models = serde_json::from_value(
        json!({"pet": {"id": "mod001", "name": "pet", "contentType": "application/json",
        "schema": "{\"type\": \"object\", \"required\": [\"name\"]}"}}),
    )
    .unwrap();
    definition
}

#[test]
fn what_fails_is_told_once() {
    super::run(|| async {
        let told = Told::over(Rig::new().await);
        told.rig
            .publish(&stage(logging("ERROR", false)), &validated());
        assert_eq!(
            lines(&told, "/query", &[]).await,
            [
                "(ID) Missing required request parameters: [q]",
                "(ID) Method completed with status: 400"
            ]
        );
        let reply = told
            .rig
            .call("GET", "/body", &[("content-length", "2")], "{}")
            .await;
        assert_eq!(
            told.lines_of(&reply).await,
            [
                "(ID) Request body does not match model schema for content type application/json: \
                 [object has missing required properties ([\"name\"])]",
                "(ID) Method completed with status: 400"
            ]
        );
    });
}

#[test]
fn gateway_responses_are_told_of_where_the_api_puts_its_own() {
    super::run(|| async {
        let told = Told::over(Rig::new().await);
        let mut keyed = mock("1");
        keyed["apiKeyRequired"] = json!(true);
        let mut definition = api(json!({"GET /x": keyed}));
        let publish = |definition: &Definition| {
            told.rig.gateway.remove_api(API);
            told.rig.publish(&stage(logging("INFO", true)), definition);
        };
        let said = |lines: &[String]| -> Vec<String> {
            let own = lines
                .iter()
                .filter(|line| line.contains("Gateway response"));
            own.cloned().collect()
        };
        publish(&definition);
        assert_eq!(said(&lines(&told, "/x", &[]).await), [""; 0]);
        let response = json!({"responseType": "DEFAULT_4XX", "statusCode": "418",
            "responseParameters": {"gatewayresponse.header.X-Mine": "'yes'"}});
        definition.gateway_responses =
            serde_json::from_value(json!({"DEFAULT_4XX": response})).unwrap();
        publish(&definition);
        assert_eq!(
            said(&lines(&told, "/x", &[]).await),
            [
                "(ID) Gateway response type: INVALID_API_KEY with status code: 418",
                "(ID) Gateway response body: {\"message\":\"Forbidden\"}",
                "(ID) Gateway response headers: {x-amzn-ErrorType=ForbiddenException, Content-Type=application/json, X-Mine=yes}",
            ]
        );
    });
}

/// Of a request without an identity nothing is logged; of one whose authorizer can't be asked, how that ends.
#[test]
fn who_says_nothing_about_himself_leaves_no_line() {
    super::run(|| async {
        let told = Told::over(Rig::new().await);
        let mut method = mock("1");
        method["authorizationType"] = json!("CUSTOM");
        method["authorizerId"] = json!("auth01");
        let mut definition = api(json!({"GET /x": method}));
        definition.authorizers = serde_json::from_value(json!({"auth01": {"id": "auth01", "name": "guard", "type": "TOKEN",
            "identitySource": "method.request.header.Auth", "identityValidationExpression": "[a-z]+",
            "authorizerUri": super::functions::uri("guard")}}))
        .unwrap();
        told.rig.publish(&stage(logging("INFO", true)), &definition);
        assert_eq!(told.rig.get("/x").await.status, 401);
        let invalid = [("auth", "123")];
        assert_eq!(told.rig.call("GET", "/x", &invalid, "").await.status, 401);
        let lines = lines(&told, "/x", &[("auth", "abcdefghij")]).await;
        // Nothing of the two before.
        assert!(
            lines.iter().all(|line| line.starts_with("(ID)")),
            "{lines:#?}"
        );
        assert_eq!(lines[1], "(ID) Starting authorizer: auth01 for request: ID");
        assert_eq!(lines[2], "(ID) Incoming identity: ****efghij");
        let end = lines.len() - 3;
        assert!(lines[end].starts_with("(ID) Execution failed due to configuration error: "));
        assert_eq!(
            lines[end + 1..],
            [
                "(ID) AuthorizerConfigurationException",
                "(ID) Method completed with status: 500"
            ]
        );
    });
}

#[test]
fn an_id_that_replaces_a_clients_is_logged_as_such() {
    super::run(|| async {
        let told = Told::over(Rig::new().await);
        let mut settings = logging("INFO", false);
        settings["accessLogSettings"] = json!({
            "destinationArn": "arn:aws:logs:us-east-1:000000000000:log-group:access",
            "format": "access $context.requestId",
        });
        let definition = api(json!({"GET /x": mock("$context.requestId")}));
        told.rig.publish(&stage(settings), &definition);
        let lines = lines(&told, "/x", &[("x-amzn-requestid", "mine")]).await;
        let id = "ID_REPLACED_INVALID_REQUEST_ID";
        assert_eq!(lines[0][..id.len() + 2], format!("({id})"));
        assert_eq!(*lines.last().unwrap(), format!("access {id}"));
    });
}

#[test]
fn a_functions_request_id_ends_its_log() {
    super::run(|| async {
        let (rig, _lambda) = rig(|_| returned("{\"statusCode\":200}")).await;
        let told = Told::over(rig);
        told.rig.publish(
            &stage(logging("INFO", false)),
            &api(json!({"GET /x": proxy(ARN)})),
        );
        let lines = lines(&told, "/x", &[]).await;
        assert_eq!(
            lines[lines.len() - 2..],
            [
                "(ID) Method completed with status: 200",
                "(ID) AWS Integration Endpoint RequestId : lambda-request-id"
            ]
        );
    });
}

/// Variables that only access logs have.
#[test]
fn access_logs_tell_what_became_of_each_step() {
    super::run(|| async {
        let (rig, _lambda) = rig(|asked| match asked.path.rsplit('/').nth(1).unwrap() {
            "boom" => failed("{\"errorMessage\":\"boom\"}"),
            "guard" => returned("{}"),
            _ => returned("{\"statusCode\":201,\"body\":\"12345\"}"),
        })
        .await;
        let told = Told::over(rig);
        let names = [
            "status",
            "responseLength",
            "integration.status",
            "integration.integrationStatus",
            "integrationStatus",
            "integration.requestId",
            "awsEndpointRequestId",
            "integration.responseTransferMode",
            "integration.error",
            "authenticate.status",
            "authenticate.error",
            "authorizer.status",
            "authorize.status",
            "error.responseType",
            "error.message",
            "endpointType",
            "identity.vpceId",
            "wafResponseCode",
            "nonsense",
        ];
        let format = names.map(|name| format!("$context.{name}")).join("|");
        let log = json!({"accessLogSettings": {
            "destinationArn": "arn:aws:logs:us-east-1:000000000000:log-group:access",
            "format": format!("$context.requestId|{format}"),
        }});
        let signed = |mut method: Value| {
            method["authorizationType"] = json!("AWS_IAM");
            method
        };
        let mut guarded = mock("1");
        guarded["authorizationType"] = json!("CUSTOM");
        guarded["authorizerId"] = json!("auth01");
        let mut definition = api(json!({
            "GET /fine": proxy("fine"),
            "GET /boom": proxy("boom"),
            "GET /mock": mock("1"),
            "GET /signed": signed(mock("1")),
            "GET /guarded": guarded,
        }));
        definition.authorizers = serde_json::from_value(
            json!({"auth01": {"id": "auth01", "name": "guard", "type": "REQUEST",
            "authorizerResultTtlInSeconds": 0, "authorizerUri": super::functions::uri("guard")}}),
        )
        .unwrap();
        told.rig.publish(&stage(log), &definition);
        let id = "lambda-request-id|lambda-request-id";
        let boom = "Lambda execution failed with status 200 due to customer function error: boom. Lambda request id: lambda-request-id";
        let cases = [
            ("/fine", format!("201|5|201|200|200|{id}|BUFFERED|-|-|-|-|-|-|-")),
            (
                "/boom",
                format!("502|36|200|200|200|{id}|BUFFERED|{boom}|-|-|-|-|DEFAULT_5XX|Internal server error"),
            ),
            ("/mock", "200|1|200|200|200|-|-|-|-|-|-|-|-|-|-".to_owned()),
            (
                "/signed",
                "403|42|-|-|-|-|-|-|-|403|Missing Authentication Token|-|-|MISSING_AUTHENTICATION_TOKEN|Missing Authentication Token"
                    .to_owned(),
            ),
            (
                "/guarded",
                "500|16|-|-|-|-|-|-|-|-|-|500|-|AUTHORIZER_CONFIGURATION_ERROR|-".to_owned(),
            ),
            (
                "/none",
                "403|42|-|-|-|-|-|-|-|-|-|-|-|MISSING_AUTHENTICATION_TOKEN|Missing Authentication Token".to_owned(),
            ),
        ];
        for (path, expected) in cases {
            let lines = lines(&told, path, &[]).await;
            assert_eq!(lines, [format!("ID|{expected}|REGIONAL|-|-|-")], "{path}");
        }
    });
}
