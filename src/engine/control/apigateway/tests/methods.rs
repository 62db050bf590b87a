//! Recordings: `method-crud`, `method-response`, `integration-crud`, `integration-response`, `test-invoke`.

use serde_json::{Value, json};

use super::{Bed, NONE, text};

/// The members of the path, with more.
fn at(api: &str, resource: &str, verb: &str, more: Value) -> Value {
    let mut all = json!({"restapi_id": api, "resource_id": resource, "http_method": verb});
    all.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    all
}

const NO_RESOURCE: &str = "404 NotFoundException: Invalid Resource identifier specified";
const NO_METHOD: &str = "404 NotFoundException: Invalid Method identifier specified";
const NO_INTEGRATION: &str = "404 NotFoundException: Invalid Integration identifier specified";

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
        "409 ConflictException: Cannot delete authorizer 'a', is referenced in method: //ANY"
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
fn integrations_get_their_defaults() {
    let bed = Bed::new();
    let (api, root) = bed.api();
    bed.ok(
        "PutMethod",
        at(&api, &root, "GET", json!({"authorizationType": "NONE"})),
    );
    let lambda = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:111111111111:function:MyLambda/invocations";
    let s3 = "arn:aws:apigateway:us-east-1:s3:path/b/k";
    let role = "arn:aws:iam::111111111111:role/r";
    let cases = [
        (json!({"type": "MOCK"}), json!({})),
        (
            json!({"type": "HTTP", "uri": "http://example.com", "httpMethod": "POST"}),
            json!({"connectionType": "INTERNET"}),
        ),
        (
            json!({"type": "HTTP_PROXY", "uri": "http://example.com", "httpMethod": "POST"}),
            json!({"connectionType": "INTERNET"}),
        ),
        (
            json!({"type": "AWS", "uri": s3, "httpMethod": "POST", "credentials": role}),
            json!({}),
        ),
        (
            json!({"type": "AWS", "uri": lambda, "httpMethod": "POST"}),
            json!({}),
        ),
        (
            json!({"type": "AWS_PROXY", "uri": lambda, "httpMethod": "POST"}),
            json!({}),
        ),
        (
            json!({"type": "HTTP", "uri": "https://${stageVariables.host}/x", "httpMethod": "ANY"}),
            json!({"connectionType": "INTERNET"}),
        ),
        (
            json!({"type": "MOCK", "requestTemplates": {"application/json": "{statusCode: 200}"}}),
            json!({}),
        ),
    ];
    for (given, more) in cases {
        let mut want = json!({
            "cacheKeyParameters": [], "cacheNamespace": root,
            "passthroughBehavior": "WHEN_NO_MATCH", "timeoutInMillis": 29000,
        });
        want.as_object_mut()
            .unwrap()
            .extend(given.as_object().unwrap().clone());
        want.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let made = bed.ask("PutIntegration", &at(&api, &root, "GET", given));
        assert_eq!((made.status, &made.body), (201, &want));
        assert_eq!(
            bed.ok("GetIntegration", at(&api, &root, "GET", json!({}))),
            want
        );
    }
}

#[test]
fn putting_an_integration_refuses_as_recorded() {
    let bed = Bed::new();
    let (api, root) = bed.api();
    let parameters = json!({"method.request.path.testPath": true});
    bed.ok(
        "PutMethod",
        at(
            &api,
            &root,
            "GET",
            json!({"authorizationType": "NONE", "requestParameters": parameters}),
        ),
    );
    let mapped = |value: Value| {
        json!({
            "type": "HTTP", "uri": "http://example.com", "httpMethod": "POST",
            "requestParameters": {"integration.request.path.testPath": value},
        })
    };
    let dynamo = "arn:aws:apigateway:us-east-1:dynamodb:action/PutItem";
    let proxy = "400 BadRequestException: Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations.";
    let verb = "400 BadRequestException: Enumeration value for HttpMethod must be non-empty";
    let url = "400 BadRequestException: Invalid HTTP endpoint specified for URI";
    let cases = [
        (json!({"type": "HTTP", "uri": "http://x"}), verb),
        (json!({"type": "HTTP_PROXY", "uri": "http://x"}), verb),
        (json!({"type": "AWS", "uri": dynamo}), verb),
        (
            json!({"type": "AWS_PROXY", "uri": dynamo, "httpMethod": "POST"}),
            proxy,
        ),
        (
            json!({"type": "HTTP", "uri": "foobar", "httpMethod": "POST"}),
            url,
        ),
        (
            json!({"type": "HTTP_PROXY", "uri": "http://", "httpMethod": "POST"}),
            url,
        ),
        (
            json!({"type": "AWS", "uri": "foobar", "httpMethod": "POST"}),
            "400 BadRequestException: Invalid ARN specified in the request",
        ),
        (
            json!({"type": "AWS", "uri": "arn:aws:iam::0000000000:role/service-role/asdf", "httpMethod": "POST"}),
            "400 BadRequestException: AWS ARN for integration must contain path or action",
        ),
        (
            json!({"type": "AWS", "uri": dynamo, "httpMethod": "POST"}),
            "400 BadRequestException: Role ARN must be specified for AWS integrations",
        ),
        (
            mapped(json!("true")),
            "400 BadRequestException: Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression specified: true]",
        ),
        (
            mapped(json!(true)),
            "400 SerializationException: class java.lang.Boolean can not be converted to an String",
        ),
        (
            mapped(json!("method.request.header.x")),
            "400 BadRequestException: Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression parameter specified: method.request.header.x]",
        ),
        (
            json!({"type": "MOCK", "timeoutInMillis": 49}),
            "400 BadRequestException: Timeout should be between 50 ms and 29000 ms",
        ),
        (
            json!({}),
            "400 BadRequestException: Enumeration value for IntegrationType must be non-empty",
        ),
    ];
    for (more, want) in cases {
        assert_eq!(
            bed.refused("PutIntegration", at(&api, &root, "GET", more.clone())),
            want,
            "{more}"
        );
    }
    let unknown = [
        ("api", root.as_str(), "GET", NO_RESOURCE),
        (api.as_str(), "resource", "GET", NO_RESOURCE),
        (&api, &root, "POST", NO_METHOD),
        (&api, &root, "GET", NO_INTEGRATION),
    ];
    for (api, resource, verb, want) in unknown {
        assert_eq!(
            bed.refused("GetIntegration", at(api, resource, verb, json!({}))),
            want
        );
    }
}

#[test]
fn integrations_are_patched_and_deleted() {
    let bed = Bed::new();
    let (api, root) = bed.api();
    bed.mock(&api, &root, "GET");
    let of = || at(&api, &root, "GET", json!({}));
    let got = bed.patched(
        "UpdateIntegration",
        of(),
        &[
            (
                "add",
                "/requestTemplates/application~1json",
                "{\"statusCode\": 200}",
            ),
            ("replace", "/timeoutInMillis", "500"),
            (
                "add",
                "/requestParameters/integration.request.header.h",
                "'x'",
            ),
            ("replace", "/passthroughBehavior", "NEVER"),
            ("add", "/cacheKeyParameters/method.request.path.p", NONE),
        ],
    );
    assert_eq!(
        got["requestTemplates"],
        json!({"application/json": "{\"statusCode\": 200}"})
    );
    assert_eq!(
        (&got["timeoutInMillis"], &got["passthroughBehavior"]),
        (&json!(500), &json!("NEVER"))
    );
    assert_eq!(got["cacheKeyParameters"], json!(["method.request.path.p"]));
    assert_eq!(
        bed.patch_refused(
            "UpdateIntegration",
            of(),
            &[("replace", "/timeoutInMillis", "1")]
        ),
        "400 BadRequestException: Timeout should be between 50 ms and 29000 ms"
    );
    assert_eq!(
        bed.patch_refused("UpdateIntegration", of(), &[("replace", "/type", "HTTP")]),
        "400 BadRequestException: Invalid patch path  '/type' specified for op 'replace'. Please choose supported operations"
    );
    assert_eq!(bed.ask("DeleteIntegration", &of()).status, 204);
    assert_eq!(bed.refused("DeleteIntegration", of()), NO_INTEGRATION);
}

#[test]
fn integration_responses_live_as_recorded() {
    let bed = Bed::new();
    let (api, root) = bed.api();
    bed.mock(&api, &root, "GET");
    let of = || at(&api, &root, "GET", json!({"status_code": "200"}));
    let put = |more: Value| {
        let mut all = of();
        all.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        bed.ask("PutIntegrationResponse", &all)
    };
    let created = json!({"responseTemplates": {"application/json": "\"created\""}, "selectionPattern": "", "statusCode": "200"});
    let made = put(
        json!({"responseTemplates": {"application/json": "\"created\""}, "selectionPattern": ""}),
    );
    assert_eq!((made.status, made.body), (201, created.clone()));
    assert_eq!(bed.ok("GetIntegrationResponse", of()), created);
    let updated = bed.patched(
        "UpdateIntegrationResponse",
        of(),
        &[("replace", "/selectionPattern", "updated-pattern")],
    );
    assert_eq!(updated["selectionPattern"], "updated-pattern");
    for empty in [json!(null), json!("")] {
        let made =
            put(json!({"responseTemplates": {"application/json": empty}, "selectionPattern": ""}));
        assert_eq!(
            made.body,
            json!({"responseTemplates": {"application/json": null}, "selectionPattern": "", "statusCode": "200"})
        );
    }
    assert_eq!(
        put(json!({"selectionPattern": ""})).body,
        json!({"selectionPattern": "", "statusCode": "200"})
    );
    let method = bed.ok("GetMethod", at(&api, &root, "GET", json!({})));
    assert_eq!(
        method["methodIntegration"]["integrationResponses"]["200"]["statusCode"],
        "200"
    );

    let undeclared = put(json!({"responseParameters": {"method.response.header.h": "'x'"}}));
    assert_eq!(undeclared.status, 400);
    bed.ok("PutMethodResponse", at(&api, &root, "GET", json!({"status_code": "200", "responseParameters": {"method.response.header.h": false}})));
    assert_eq!(
        put(json!({"responseParameters": {"method.response.header.h": "'x'"}})).status,
        201
    );

    assert_eq!(bed.ask("DeleteIntegrationResponse", &of()).status, 204);
    assert_eq!(
        bed.refused("DeleteIntegrationResponse", of()),
        "404 NotFoundException: Invalid Response status code specified"
    );
    let unknown = |api: &str, verb: &str| {
        let input = at(api, &root, verb, json!({"status_code": "200"}));
        (
            bed.refused("PutIntegrationResponse", input.clone()),
            bed.refused("GetIntegrationResponse", input),
        )
    };
    assert_eq!(
        unknown("api", "GET"),
        (NO_RESOURCE.into(), NO_RESOURCE.into())
    );
    assert_eq!(unknown(&api, "POST"), (NO_METHOD.into(), NO_METHOD.into()));
    bed.ok("DeleteIntegration", at(&api, &root, "GET", json!({})));
    assert_eq!(
        unknown(&api, "GET"),
        (NO_INTEGRATION.into(), NO_INTEGRATION.into())
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
