//! API Gateway's rest-json. Requests: boto3 1.44.5.

use bytes::Bytes;
use serde_json::{Value, json};

use super::{call, header, members, rest, text};
use crate::engine::wire::operations::APIGATEWAY;
use crate::engine::wire::{Output, Protocol};

#[test]
fn requests_become_inputs() {
    let table = [
        (
            "POST /clientcertificates",
            "{}",
            "GenerateClientCertificate",
            json!({}),
        ),
        (
            "PUT /restapis/a/resources/b/methods/GET/integration/responses/200",
            "{}",
            "PutIntegrationResponse",
            json!({ "restapi_id": "a", "resource_id": "b", "http_method": "GET", "status_code": "200" }),
        ),
        (
            "PUT /restapis/a%20b%2Fc/resources/b/methods/GET",
            r#"{"authorizationType": "NONE", "apiKeyRequired": true, "requestParameters": {"method.request.path.id": true}}"#,
            "PutMethod",
            json!({
                "restapi_id": "a b/c", "resource_id": "b", "http_method": "GET", "authorizationType": "NONE",
                "apiKeyRequired": true, "requestParameters": { "method.request.path.id": true },
            }),
        ),
        (
            "PUT /tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Frestapis%2Fabc",
            r#"{"tags": {"a": "b"}}"#,
            "TagResource",
            json!({ "resource_arn": "arn:aws:apigateway:us-east-1::/restapis/abc", "tags": { "a": "b" } }),
        ),
        (
            "DELETE /tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Frestapis%2Fabc?tagKeys=a&tagKeys=b%20c",
            "",
            "UntagResource",
            json!({ "resource_arn": "arn:aws:apigateway:us-east-1::/restapis/abc", "tagKeys": ["a", "b c"] }),
        ),
        (
            "GET /restapis/abc/resources?embed=methods&limit=500",
            "",
            "GetResources",
            json!({ "restapi_id": "abc", "embed": ["methods"], "limit": 500 }),
        ),
        (
            "GET /domainnames/d.example/basepathmappings/%28none%29",
            "",
            "GetBasePathMapping",
            json!({ "domain_name": "d.example", "base_path": "(none)" }),
        ),
        (
            "PATCH /usageplans/p/keys/k/usage",
            r#"{"patchOperations": [{"op": "replace", "path": "/remaining", "value": "10"}]}"#,
            "UpdateUsage",
            json!({
                "usageplanId": "p", "keyId": "k",
                "patchOperations": [{ "op": "replace", "path": "/remaining", "value": "10" }],
            }),
        ),
        // Percent-decoded once, not twice; a plus sign is a plus sign in a path and a blank in a query.
        (
            "GET /apikeys/a%252F+b?includeValue=TRUE",
            "",
            "GetApiKey",
            json!({ "api_Key": "a%2F+b", "includeValue": true }),
        ),
        (
            "GET /apikeys?name=a+b&limit=-1",
            "",
            "GetApiKeys",
            json!({ "name": "a b", "limit": -1 }),
        ),
        // A slash at the end.
        ("GET /restapis/", "", "GetRestApis", json!({})),
        // Unknown members and nulls are ignored, booleans may be text, and a body can't stand in for a label.
        (
            "POST /restapis",
            r#"{"name": "pets", "disableExecuteApiEndpoint": "True", "description": null, "colour": "red", "restapi_id": "x"}"#,
            "CreateRestApi",
            json!({ "name": "pets", "disableExecuteApiEndpoint": true }),
        ),
        // Null stays in a map.
        (
            "PUT /restapis/a/resources/b/methods/GET/integration/responses/200",
            r#"{"responseTemplates": {"application/json": null}, "selectionPattern": ""}"#,
            "PutIntegrationResponse",
            json!({
                "restapi_id": "a", "resource_id": "b", "http_method": "GET", "status_code": "200",
                "responseTemplates": { "application/json": null }, "selectionPattern": "",
            }),
        ),
        // `httpMethod` in the body is the integration's, `http_method` the resource's.
        (
            "PUT /restapis/a/resources/b/methods/GET/integration",
            r#"{"type": "HTTP", "httpMethod": "POST", "uri": "https://example.com", "timeoutInMillis": 50}"#,
            "PutIntegration",
            json!({
                "restapi_id": "a", "resource_id": "b", "http_method": "GET", "type": "HTTP", "httpMethod": "POST",
                "uri": "https://example.com", "timeoutInMillis": 50,
            }),
        ),
    ];
    for (line, body, operation, expected) in table {
        let (call, input) = rest(line, body).unwrap_or_else(|error| panic!("{line}: {error}"));
        assert_eq!(call.operation.name, operation, "{line}");
        assert_eq!(members(&input), expected, "{line}");
        assert_eq!(input.payload, None, "{line}");
    }
}

#[test]
fn imports_keep_their_body_and_gather_their_parameters() {
    let (call, input) = rest(
        "POST /restapis?mode=import&failonwarnings=true&basepath=ignore&endpointConfigurationTypes=EDGE",
        r#"{"swagger":"2.0"}"#,
    )
    .unwrap();
    assert_eq!(call.operation.name, "ImportRestApi");
    assert_eq!(
        members(&input),
        json!({ "failonwarnings": true, "parameters": { "basepath": "ignore", "endpointConfigurationTypes": "EDGE" } })
    );
    assert_eq!(
        input.payload,
        Some(Bytes::from_static(br#"{"swagger":"2.0"}"#))
    );

    let (call, input) = rest("PUT /restapis/abc?mode=merge", "\u{1}not JSON").unwrap();
    assert_eq!(call.operation.name, "PutRestApi");
    assert_eq!(
        members(&input),
        json!({ "restapi_id": "abc", "mode": "merge" })
    );
    assert_eq!(input.payload, Some(Bytes::from_static(b"\x01not JSON")));

    let (call, input) = rest("POST /apikeys?mode=import&format=csv", "Name,key\n").unwrap();
    assert_eq!(call.operation.name, "ImportApiKeys");
    assert_eq!(members(&input), json!({ "format": "csv" }));
}

#[test]
fn an_export_is_a_document_with_headers() {
    let call = call(
        "apigateway",
        "GET /restapis/abc/stages/prod/exports/oas30?extensions=apigateway
         accept: application/yaml",
        b"",
    )
    .unwrap();
    assert_eq!(call.operation.name, "GetExport");
    let input = call.decode().unwrap();
    assert_eq!(
        members(&input),
        json!({
            "restapi_id": "abc", "stage_name": "prod", "export_type": "oas30", "Accept": "application/yaml",
            "parameters": { "extensions": "apigateway" },
        })
    );
    let reply = call.encode(
        Output {
            members: json!({
                "Content-Type": "application/octet-stream",
                "Content-Disposition": "attachment; filename=\"oas30_1.json\"",
            }),
            payload: Some(Bytes::from_static(b"openapi: 3.0.1\n")),
        },
        "id-1",
    );
    assert_eq!(reply.status, 200);
    assert_eq!(header(&reply, "content-type"), "application/octet-stream");
    assert_eq!(
        header(&reply, "content-disposition"),
        "attachment; filename=\"oas30_1.json\""
    );
    assert_eq!(text(&reply), "openapi: 3.0.1\n");
}

#[test]
fn every_operation_is_found_by_its_own_template() {
    for operation in APIGATEWAY.operations {
        let target = operation.uri.replace('{', "v-").replace('}', "");
        let line = format!("{} {target}", operation.method);
        let call =
            call("apigateway", &line, b"{}").unwrap_or_else(|error| panic!("{line}: {error}"));
        assert_eq!(call.operation.name, operation.name, "{line}");
        assert_eq!(call.protocol, Protocol::RestJson);
        assert_eq!(
            call.labels.len(),
            operation.uri.matches('{').count(),
            "{line}"
        );
        for (name, value) in &call.labels {
            assert_eq!(*value, format!("v-{name}"), "{line}");
        }
    }
}

#[test]
fn what_has_no_operation_is_unknown() {
    for line in [
        "GET /",
        "GET /restapis//resources",
        "POST /restapis/abc",
        "GET /restapis/abc/resources/def/methods/GET/integration/responses",
        "PUT /apikeys",
        "GET /restapisx",
        "BREW /restapis",
    ] {
        let error = rest(line, "").unwrap_err();
        assert_eq!(
            (error.code.as_ref(), error.status),
            ("UnknownOperationException", 404),
            "{line}"
        );
        assert!(error.message.contains(line), "{}", error.message);
    }
    let error = rest("GET /v2/apis", "").unwrap_err();
    assert_eq!(
        (error.code.as_ref(), error.status),
        ("NotImplementedException", 501)
    );
    assert!(error.message.contains("GET /v2/apis"), "{}", error.message);
    let error = call("dynamodb", "POST /", b"").unwrap_err();
    assert_eq!(
        (error.code.as_ref(), error.status),
        ("InvalidSignatureException", 403)
    );
    assert!(error.message.contains("'dynamodb'"), "{}", error.message);
}

#[test]
fn wrong_types_are_serialization_exceptions() {
    let put = "PUT /restapis/a/resources/b/methods/GET/integration";
    let table = [
        // Recorded: spec/aws-recorded/FACTS.md §5.
        (
            put,
            r#"{"type": "HTTP", "requestParameters": {"integration.request.header.a": true}}"#,
            "class java.lang.Boolean can not be converted to an String",
        ),
        (
            put,
            r#"{"uri": 5}"#,
            "class java.lang.Short can not be converted to an String",
        ),
        (
            put,
            r#"{"uri": 70000}"#,
            "class java.lang.Integer can not be converted to an String",
        ),
        (
            put,
            r#"{"uri": 5.5}"#,
            "class java.lang.Double can not be converted to an String",
        ),
        (
            put,
            r#"{"timeoutInMillis": "50"}"#,
            "class java.lang.String can not be converted to an Integer",
        ),
        (
            put,
            r#"{"timeoutInMillis": 5000000000}"#,
            "class java.lang.Long can not be converted to an Integer",
        ),
        (
            put,
            r#"{"timeoutInMillis": 50.5}"#,
            "class java.lang.Double can not be converted to an Integer",
        ),
        (
            put,
            r#"{"uri": {}}"#,
            "Start of structure or map found where not expected.",
        ),
        (
            put,
            r#"{"uri": []}"#,
            "Start of list found where not expected",
        ),
        (
            put,
            r#"{"cacheKeyParameters": "a"}"#,
            "Unrecognized collection type class java.lang.String",
        ),
        (
            put,
            r#"{"tlsConfig": true}"#,
            "Unrecognized collection type class java.lang.Boolean",
        ),
        (
            put,
            r#"{"tlsConfig": {"insecureSkipVerification": "maybe"}}"#,
            "class java.lang.String can not be converted to an Boolean",
        ),
        (put, "[]", "Start of list found where not expected"),
        (
            put,
            "7",
            "Unrecognized collection type class java.lang.Short",
        ),
        (put, "{", "Could not parse request body into json: "),
        (
            put,
            "{\"uri\": \"\u{0}\"}",
            "Could not parse request body into json: ",
        ),
        (
            "GET /apikeys?limit=many",
            "",
            "class java.lang.String can not be converted to an Integer",
        ),
        (
            "GET /apikeys?includeValues=2",
            "",
            "class java.lang.String can not be converted to an Boolean",
        ),
    ];
    for (line, body, message) in table {
        let error = rest(line, body).map(|(_, input)| input).unwrap_err();
        assert_eq!(
            (error.code.as_ref(), error.status),
            ("SerializationException", 400),
            "{body}"
        );
        assert!(
            error.message.starts_with(message),
            "{body}: {}",
            error.message
        );
    }
}

#[test]
fn bodies_that_are_no_input_at_all_are_refused() {
    let put = "PUT /restapis/a/resources/b/methods/GET/integration";
    let deep = format!("{{\"uri\": {}", "[".repeat(100_000));
    assert_eq!(rest(put, &deep).unwrap_err().code, "SerializationException");
    // No body at all, where SDKs send `{}`.
    let error = rest(put, "").unwrap_err();
    assert_eq!(
        (error.code.as_ref(), error.message.as_str()),
        ("BadRequestException", "Invalid request input")
    );
}

#[test]
fn answers_have_status_headers_and_the_models_form() {
    let (call, _) = rest("POST /restapis", r#"{"name": "pets"}"#).unwrap();
    let created = json!({
        "id": "abc", "name": "pets", "createdDate": 1_511_379_433.0, "description": null, "tags": {},
        "endpointConfiguration": { "types": ["EDGE"], "vpcEndpointIds": null },
    });
    let reply = call.encode(created.into(), "id-1");
    assert_eq!(reply.status, 201);
    assert_eq!(header(&reply, "content-type"), "application/json");
    assert_eq!(header(&reply, "x-amzn-requestid"), "id-1");
    assert_eq!(
        text(&reply),
        r#"{"id":"abc","name":"pets","createdDate":1511379433,"tags":{},"endpointConfiguration":{"types":["EDGE"]}}"#
    );

    let (call, _) = rest("GET /account", "").unwrap();
    let account = json!({ "throttleSettings": { "burstLimit": 5000, "rateLimit": 10000 } });
    let reply = call.encode(account.into(), "id-1");
    assert_eq!(
        text(&reply),
        r#"{"throttleSettings":{"burstLimit":5000,"rateLimit":10000.0}}"#
    );

    let (call, _) = rest("DELETE /restapis/abc", "").unwrap();
    let reply = call.encode(Value::Null.into(), "id-1");
    assert_eq!((reply.status.as_u16(), text(&reply)), (202, ""));
    assert_eq!(header(&reply, "content-type"), "");

    let (call, _) = rest(
        "PATCH /restapis/a/resources/b/methods/GET/responses/200",
        "{}",
    )
    .unwrap();
    assert_eq!(
        call.encode(json!({ "statusCode": "200" }).into(), "id-1")
            .status,
        201
    );
}

#[test]
fn without_plain_json_in_accept_the_answer_is_hal() {
    for (accept, hal) in [
        ("accept: */*", true),
        ("accept: application/hal+json", true),
        ("accept: text/html, application/json;q=0.5", false),
    ] {
        let call = call("apigateway", &format!("GET /restapis/abc\n{accept}"), b"").unwrap();
        let reply = call.encode(
            json!({ "id": "abc", "createdDate": 1_511_239_339 }).into(),
            "id-1",
        );
        let (kind, body) = if hal {
            (
                "application/hal+json",
                r#"{"_links":{"self":{"href":"/restapis/abc"}},"id":"abc","createdDate":"2017-11-21T04:42:19Z"}"#,
            )
        } else {
            (
                "application/json",
                r#"{"id":"abc","createdDate":1511239339}"#,
            )
        };
        assert_eq!(header(&reply, "content-type"), kind, "{accept}");
        assert_eq!(text(&reply), body, "{accept}");
    }
}

#[test]
fn lists_are_embedded_in_hal() {
    for (line, answer, want) in [
        (
            "GET /restapis?limit=2&position=a",
            json!({ "item": [{ "id": "x", "name": "one" }], "position": "b=" }),
            json!({
                "_links": {
                    "self": { "href": "/restapis?limit=2&position=a" },
                    "first": { "href": "/restapis?limit=2" },
                    "next": { "href": "/restapis?limit=2&position=b%3D" },
                    "item": [{ "href": "/restapis/x" }],
                },
                "_embedded": { "item": [{ "_links": { "self": { "href": "/restapis/x" } }, "id": "x", "name": "one" }] },
            }),
        ),
        (
            "GET /restapis/x/models",
            json!({ "item": [{ "id": "m", "name": "Pet" }] }),
            json!({
                "_links": { "self": { "href": "/restapis/x/models" }, "item": [{ "href": "/restapis/x/models/Pet" }] },
                "_embedded": {
                    "item": [{ "_links": { "self": { "href": "/restapis/x/models/Pet" } }, "id": "m", "name": "Pet" }]
                },
            }),
        ),
        (
            "GET /domainnames/a.example.com/basepathmappings",
            json!({ "item": [{ "basePath": "(none)" }] }),
            json!({
                "_links": {
                    "self": { "href": "/domainnames/a.example.com/basepathmappings" },
                    "item": [{ "href": "/domainnames/a.example.com/basepathmappings/%28none%29" }],
                },
                "_embedded": { "item": [{
                    "_links": { "self": { "href": "/domainnames/a.example.com/basepathmappings/%28none%29" } },
                    "basePath": "(none)",
                }] },
            }),
        ),
        (
            "GET /apikeys",
            json!({ "item": [] }),
            json!({ "_links": { "self": { "href": "/apikeys" }, "item": [] }, "_embedded": { "item": [] } }),
        ),
    ] {
        let call = call("apigateway", &format!("{line}\naccept: */*"), b"").unwrap();
        let reply = call.encode(answer.into(), "id-1");
        let found: serde_json::Value = serde_json::from_str(text(&reply)).unwrap();
        assert_eq!(found, want, "{line}");
    }
}
