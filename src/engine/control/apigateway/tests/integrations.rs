//! Recordings: `integration-crud`, `integration-response`.

use serde_json::{Value, json};

use super::{Bed, NO_INTEGRATION, NO_METHOD, NO_RESOURCE, NONE, at};

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
            json!({"type": "MOCK", "uri": "http://example.com"}),
            json!({"uri": null}),
        ),
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
        want.as_object_mut()
            .unwrap()
            .retain(|_, value| !value.is_null());
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
            "400 ValidationException: 1 validation error detected: Value null at 'putIntegrationInput.type' failed to satisfy constraint: Member must not be null",
        ),
        (
            json!({"type": "LAMBDA"}),
            "400 ValidationException: 1 validation error detected: Value 'LAMBDA' at 'putIntegrationInput.type' failed to satisfy constraint: Member must satisfy enum value set: [HTTP, MOCK, AWS_PROXY, HTTP_PROXY, AWS]",
        ),
        (
            json!({"type": "AWS", "uri": "arn:aws:apigateway:here:sqs:path/q", "httpMethod": "POST"}),
            "400 BadRequestException: Invalid ARN specified in the request",
        ),
        (
            json!({"type": "AWS", "uri": "arn:aws:apigateway:cn-north-1:sqs:path/q", "httpMethod": "POST"}),
            "400 BadRequestException: Invalid ARN specified in the request",
        ),
        (
            json!({"type": "HTTP", "uri": "http://example.com", "httpMethod": "POST", "credentials": "NONE"}),
            "400 BadRequestException: Invalid ARN specified in the request",
        ),
        (
            json!({"type": "AWS", "uri": dynamo, "httpMethod": "POST", "credentials": "arn:aws:iam::222222222222:role/r"}),
            "403 AccessDeniedException: Cross-account pass role is not allowed.",
        ),
        (
            json!({"type": "MOCK", "cacheKeyParameters": ["method.request.querystring.q"]}),
            "400 BadRequestException: Invalid cache key parameter specified",
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
            (
                "add",
                "/cacheKeyParameters/integration.request.header.h",
                NONE,
            ),
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
    assert_eq!(
        got["cacheKeyParameters"],
        json!(["integration.request.header.h"])
    );
    assert_eq!(
        bed.patch_refused(
            "UpdateIntegration",
            of(),
            &[(
                "remove",
                "/requestParameters/integration.request.header.h",
                NONE
            )]
        ),
        "400 BadRequestException: Invalid cache key parameter specified"
    );
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
