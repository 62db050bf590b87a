//! Recordings: `method-crud`, `method-response`, `test-invoke`.

use serde_json::{Value, json};

use super::{Bed, NO_METHOD, NO_RESOURCE, NONE, at, text};

#[test]
fn methods_live_as_recorded() {
    let bed = Bed::new();
    let (api, root) = bed.api();
    let of = at(&api, &root, "ANY", json!({}));
    let want = json!({"apiKeyRequired": false, "authorizationType": "NONE", "httpMethod": "ANY"});
    let put = at(&api, &root, "ANY", json!({"authorizationType": "NONE"}));
    let made = bed.ask("PutMethod", &put);
    assert_eq!((made.status, made.body), (201, want.clone()));
    assert_eq!(
        bed.refused("PutMethod", put),
        "409 ConflictException: Method already exists for this resource"
    );
    assert_eq!(bed.ok("GetMethod", of.clone()), want);
    assert_eq!(bed.ask("DeleteMethod", &of).status, 204);
    assert_eq!(bed.refused("GetMethod", of.clone()), NO_METHOD);
    assert_eq!(bed.refused("DeleteMethod", of), NO_METHOD);
}

#[test]
fn putting_a_method_refuses_as_recorded() {
    let bed = Bed::new();
    let (api, root) = bed.api();
    let authorizer = "400 BadRequestException: Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer.";
    let none = json!({"authorizationType": "NONE"});
    let cases = [
        ("api", root.as_str(), "GET", none.clone(), NO_RESOURCE),
        (api.as_str(), "resource", "GET", none.clone(), NO_RESOURCE),
        (
            &api,
            &root,
            "BadVerb",
            none,
            "400 BadRequestException: Invalid HttpMethod specified. Valid options are GET,PUT,POST,DELETE,PATCH,OPTIONS,HEAD,ANY",
        ),
        (
            &api,
            &root,
            "GET",
            json!({"authorizationType": "CUSTOM"}),
            authorizer,
        ),
        (
            &api,
            &root,
            "GET",
            json!({"authorizationType": "COGNITO_USER_POOLS", "authorizerId": "x"}),
            authorizer,
        ),
        (
            &api,
            &root,
            "GET",
            json!({"authorizationType": "NONE", "requestValidatorId": "x"}),
            "400 BadRequestException: Invalid Request Validator identifier specified",
        ),
        (
            &api,
            &root,
            "GET",
            json!({"authorizationType": "NONE", "requestModels": {"application/json": "petModel"}}),
            "400 BadRequestException: Invalid model identifier specified: petModel",
        ),
        (
            &api,
            &root,
            "GET",
            json!({"authorizationType": "NONE", "requestParameters": {"method.request.cookie.c": true}}),
            "400 BadRequestException: Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression specified: method.request.cookie.c]",
        ),
        (
            &api,
            &root,
            "GET",
            json!({"authorizationType": "MAGIC"}),
            "400 BadRequestException: Invalid authorization type specified. Valid options are NONE,AWS_IAM,CUSTOM,COGNITO_USER_POOLS,JWT",
        ),
    ];
    for (api, resource, verb, more, want) in cases {
        assert_eq!(
            bed.refused("PutMethod", at(api, resource, verb, more)),
            want
        );
    }
}

#[test]
fn updating_a_method_answers_as_recorded() {
    let bed = Bed::new();
    let (api, root) = bed.api();
    let uri = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/f/invocations";
    let authorizer = bed.ok(
        "CreateAuthorizer",
        json!({
            "restapi_id": api, "name": "a", "type": "TOKEN", "authorizerUri": uri,
            "identitySource": "method.request.header.Auth",
        }),
    );
    let id = text(&authorizer["id"]);
    assert_eq!(
        authorizer,
        json!({
            "authType": "custom", "authorizerUri": uri, "id": id,
            "identitySource": "method.request.header.Auth", "name": "a", "type": "TOKEN",
        })
    );
    let of = || at(&api, &root, "ANY", json!({}));
    bed.ok(
        "PutMethod",
        at(&api, &root, "ANY", json!({"authorizationType": "NONE"})),
    );
    let got = bed.patched(
        "UpdateMethod",
        of(),
        &[
            (
                "add",
                "/requestParameters/method.request.querystring.optional",
                "true",
            ),
            ("add", "/requestModels/application~1json", "Empty"),
        ],
    );
    assert_eq!(
        got,
        json!({
            "apiKeyRequired": false, "authorizationType": "NONE", "httpMethod": "ANY",
            "requestModels": {"application/json": "Empty"},
            "requestParameters": {"method.request.querystring.optional": true},
        })
    );
    let got = bed.patched(
        "UpdateMethod",
        of(),
        &[
            ("replace", "/operationName", "ReplacedOperationName"),
            ("replace", "/apiKeyRequired", "true"),
            ("replace", "/authorizationType", "AWS_IAM"),
            (
                "replace",
                "/requestParameters/method.request.querystring.optional",
                "false",
            ),
        ],
    );
    assert_eq!(
        got["requestParameters"],
        json!({"method.request.querystring.optional": false})
    );
    assert_eq!(
        (&got["apiKeyRequired"], &got["authorizationType"]),
        (&json!(true), &json!("AWS_IAM"))
    );
    let got = bed.patched(
        "UpdateMethod",
        of(),
        &[
            ("replace", "/authorizationType", "CUSTOM"),
            ("replace", "/authorizerId", &id),
            ("remove", "/requestModels/application~1json", NONE),
            (
                "remove",
                "/requestParameters/method.request.querystring.optional",
                NONE,
            ),
        ],
    );
    assert_eq!(
        got,
        json!({
            "apiKeyRequired": true, "authorizationType": "CUSTOM", "authorizerId": id,
            "httpMethod": "ANY", "operationName": "ReplacedOperationName",
        })
    );
    assert_eq!(
        bed.refused(
            "DeleteAuthorizer",
            json!({"restapi_id": api, "authorizer_id": id})
        ),
        "409 ConflictException: Cannot delete authorizer 'a', is referenced in method: ANY//"
    );
    assert_eq!(
        bed.patch_refused(
            "UpdateMethod",
            of(),
            &[(
                "remove",
                "/requestParameters/method.request.querystring.optional",
                NONE
            )]
        ),
        "404 NotFoundException: Invalid parameter name specified"
    );
}

#[test]
fn method_responses_live_as_recorded() {
    let bed = Bed::new();
    let (api, root) = bed.api();
    bed.mock(&api, &root, "GET");
    let of = |status: &str| at(&api, &root, "GET", json!({"status_code": status}));
    let put = at(
        &api,
        &root,
        "GET",
        json!({"status_code": "200", "responseModels": {}, "responseParameters": {}}),
    );
    let made = bed.ask("PutMethodResponse", &put);
    assert_eq!(made.status, 201);
    assert_eq!(
        made.body,
        json!({"responseModels": {}, "responseParameters": {}, "statusCode": "200"})
    );
    assert_eq!(bed.ok("GetMethodResponse", of("200")), made.body);
    let bare = bed.ok("PutMethodResponse", of("404"));
    assert_eq!(bare, json!({"statusCode": "404"}));
    let (header, model) = (
        "/responseParameters/method.response.header.my-header",
        "/responseModels/application~1json",
    );
    let full = json!({
        "responseModels": {"application/json": "Empty"},
        "responseParameters": {"method.response.header.my-header": true}, "statusCode": "200",
    });
    let add = super::with_patch(
        of("200"),
        &[("add", header, "true"), ("add", model, "Empty")],
    );
    let updated = bed.ask("UpdateMethodResponse", &add);
    assert_eq!((updated.status, updated.body), (201, full));
    let emptied = bed.patched(
        "UpdateMethodResponse",
        of("200"),
        &[("remove", header, NONE), ("remove", model, NONE)],
    );
    assert_eq!(emptied, json!({"statusCode": "200"}));

    let refused =
        |op, path| bed.patch_refused("UpdateMethodResponse", of("200"), &[(op, path, NONE)]);
    assert_eq!(
        refused("remove", header),
        "404 NotFoundException: Invalid parameter name specified"
    );
    assert_eq!(
        refused("remove", model),
        "404 NotFoundException: Content-Type specified was not found"
    );
    assert_eq!(
        refused("add", "/wrong/method.response.header.my-header"),
        "400 BadRequestException: Invalid patch path /wrong/method.response.header.my-header"
    );
    let entry = |n: usize| {
        format!(
            "Value 'wrong_op' at 'updateMethodResponseInput.patchOperations.{n}.member.op' failed to satisfy constraint: Member must satisfy enum value set: [add, remove, move, test, replace, copy]"
        )
    };
    let mixed = [
        ("wrong_op", header, NONE),
        ("add", header, "true"),
        ("wrong_op", model, NONE),
    ];
    assert_eq!(
        bed.patch_refused("UpdateMethodResponse", of("200"), &mixed),
        format!(
            "400 ValidationException: 2 validation errors detected: {}; {}",
            entry(1),
            entry(3)
        )
    );

    assert_eq!(bed.ask("DeleteMethodResponse", &of("200")).status, 204);
    assert_eq!(
        bed.refused("GetMethodResponse", of("200")),
        "404 NotFoundException: Invalid Response status code specified"
    );
    assert_eq!(
        bed.refused("PutMethodResponse", of("wrong")),
        r"400 ValidationException: 1 validation error detected: Value 'wrong' at 'statusCode' failed to satisfy constraint: Member must satisfy regular expression pattern: [1-5]\d\d"
    );
}

#[test]
fn a_method_is_tested_without_a_deployment() {
    let bed = Bed::new();
    let (api, root) = bed.api();
    let pet = bed.resource(&api, &bed.resource(&api, &root, "pets"), "{petId}");
    bed.mock(&api, &pet, "GET");
    let of = |more: Value| at(&api, &pet, "GET", more);
    bed.patched(
        "UpdateIntegration",
        of(json!({})),
        &[(
            "add",
            "/requestTemplates/application~1json",
            "{\"statusCode\": 200}",
        )],
    );
    bed.ok("PutMethodResponse", of(json!({"status_code": "200"})));
    let template = "{\"pets\": \"all the pets\"}";
    bed.ok(
        "PutIntegrationResponse",
        of(json!({"status_code": "200", "responseTemplates": {"application/json": template}})),
    );
    let got = bed.ok(
        "TestInvokeMethod",
        of(json!({
            "pathWithQueryString": "/pets/123?foo=bar", "headers": {"X": "1"}, "multiValueHeaders": {"Y": ["2", "3"]},
        })),
    );
    assert_eq!(
        (&got["status"], &got["body"], &got["latency"]),
        (&json!(200), &json!(template), &json!(0))
    );
    assert_eq!(got["headers"], json!({"Content-Type": "application/json"}));
    assert_eq!(
        got["multiValueHeaders"],
        json!({"Content-Type": ["application/json"]})
    );
    let log = text(&got["log"]);
    for line in [
        "HTTP Method: GET, Resource Path: /pets/123",
        "Method request path: {petId=123}",
        "Method request query string: {foo=bar}",
        "Method completed with status: 200",
    ] {
        assert!(log.contains(&format!(" : {line}\n")), "{line} in {log}");
    }
    assert_eq!(
        bed.refused("TestInvokeMethod", at(&api, &root, "PUT", json!({}))),
        NO_METHOD
    );
    assert_eq!(
        bed.refused("TestInvokeMethod", at(&api, "nope", "GET", json!({}))),
        NO_RESOURCE
    );
    assert_eq!(
        bed.refused("TestInvokeMethod", at("nope", &root, "GET", json!({}))),
        NO_RESOURCE
    );
}
