//! What AWS refuses and no recording shows: the texts are those that its users report.

use serde_json::{Value, json};

use super::{Bed, NONE, at, text};

const LAMBDA: &str = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:111111111111:function:f/invocations";

#[test]
fn what_a_body_must_have_is_named() {
    let bed = Bed::new();
    let (api, root) = bed.api();
    let missing = |at: &str| {
        format!("Value null at '{at}' failed to satisfy constraint: Member must not be null")
    };
    let cases: [(&str, Value, &[&str]); 5] = [
        ("CreateRestApi", json!({}), &["createRestApiInput.name"]),
        (
            "CreateAuthorizer",
            json!({"restapi_id": api}),
            &["createAuthorizerInput.name", "createAuthorizerInput.type"],
        ),
        (
            "CreateStage",
            json!({"restapi_id": api, "stageName": "s"}),
            &["createStageInput.deploymentId"],
        ),
        (
            "PutMethod",
            at(&api, &root, "GET", json!({})),
            &["putMethodInput.authorizationType"],
        ),
        (
            "CreateDocumentationPart",
            json!({"restapi_id": api, "location": {}, "properties": "{}"}),
            &["createDocumentationPartInput.location.type"],
        ),
    ];
    for (operation, input, paths) in cases {
        let breaches: Vec<String> = paths.iter().map(|path| missing(path)).collect();
        let errors = if paths.len() == 1 { "error" } else { "errors" };
        assert_eq!(
            bed.refused(operation, input),
            format!(
                "400 ValidationException: {} validation {errors} detected: {}",
                paths.len(),
                breaches.join("; ")
            )
        );
    }
    assert_eq!(
        bed.refused(
            "CreateRestApi",
            json!({"name": "a", "apiKeySource": "MOON"})
        ),
        "400 ValidationException: 1 validation error detected: Value 'MOON' at 'createRestApiInput.apiKeySource' failed to satisfy constraint: Member must satisfy enum value set: [AUTHORIZER, HEADER]"
    );
}

#[test]
fn vpc_endpoints_belong_to_private_apis() {
    let bed = Bed::new();
    let refusal = "400 BadRequestException: VPCEndpoints can only be specified with PRIVATE apis.";
    let create = |kind: &str| json!({"name": "a", "endpointConfiguration": {"types": [kind], "vpcEndpointIds": ["vpce-1"]}});
    assert_eq!(bed.refused("CreateRestApi", create("EDGE")), refusal);
    let made = bed.ok("CreateRestApi", create("PRIVATE"));
    let of = || json!({"restapi_id": made["id"]});
    let to_regional = ("replace", "/endpointConfiguration/types/0", "REGIONAL");
    assert_eq!(
        bed.patch_refused("UpdateRestApi", of(), &[to_regional]),
        refusal
    );
    let ids = ("remove", "/endpointConfiguration/vpcEndpointIds", "vpce-1");
    let moved = bed.patched("UpdateRestApi", of(), &[ids, to_regional]);
    assert_eq!(moved["endpointConfiguration"]["types"], json!(["REGIONAL"]));
    let back = (
        "replace",
        "/endpointConfiguration/types/REGIONAL",
        "PRIVATE",
    );
    let moved = bed.patched("UpdateRestApi", of(), &[back]);
    assert_eq!(
        moved["endpointConfiguration"],
        json!({"types": ["PRIVATE"], "ipAddressType": "dualstack"})
    );
    let nowhere = ("replace", "/endpointConfiguration/types/1", "EDGE");
    assert_eq!(
        bed.patch_refused("UpdateRestApi", of(), &[nowhere]),
        "400 BadRequestException: Invalid patch path /endpointConfiguration/types/1"
    );
}

#[test]
fn a_clone_takes_the_settings_of_the_definition() {
    let bed = Bed::new();
    let source = bed.ok("CreateRestApi", json!({
        "name": "a", "description": "d", "binaryMediaTypes": ["image/png"], "minimumCompressionSize": 7, "apiKeySource": "AUTHORIZER",
    }));
    let clone = bed.ok(
        "CreateRestApi",
        json!({"name": "b", "cloneFrom": source["id"], "minimumCompressionSize": 9}),
    );
    let taken = ["binaryMediaTypes", "minimumCompressionSize", "apiKeySource"];
    assert_eq!(
        taken.map(|member| clone[member].clone()),
        [json!(["image/png"]), json!(9), json!("AUTHORIZER")]
    );
    assert_eq!(clone["description"], Value::Null);
    assert_eq!(
        bed.refused("CreateRestApi", json!({"name": "b", "cloneFrom": "none"})),
        "404 NotFoundException: Invalid API identifier specified 111111111111:none"
    );
}

#[test]
fn authorizers_refuse_what_users_report() {
    let bed = Bed::new();
    let (api, root) = bed.api();
    let given = |name: &str, uri: &str| {
        json!({
            "restapi_id": api, "name": name, "type": "TOKEN", "authorizerUri": uri,
            "identitySource": "method.request.header.Authorization",
        })
    };
    let first = text(&bed.ok("CreateAuthorizer", given("one", LAMBDA))["id"]);
    let unique = "400 BadRequestException: Authorizer name must be unique. Authorizer one already exists in this RestApi.";
    assert_eq!(
        bed.refused("CreateAuthorizer", given("one", LAMBDA)),
        unique
    );
    let second = text(&bed.ok("CreateAuthorizer", given("two", LAMBDA))["id"]);
    let of = |id: &str| json!({"restapi_id": api, "authorizer_id": id});
    let rename = [("replace", "/name", "one")];
    assert_eq!(
        bed.patch_refused("UpdateAuthorizer", of(&second), &rename),
        unique
    );
    assert_eq!(
        bed.patched("UpdateAuthorizer", of(&first), &rename)["name"],
        "one"
    );
    let uris = [
        LAMBDA.replace("us-east-1:lambda:path", "region:lambda:path"),
        LAMBDA.replace(
            "arn:aws:apigateway:us-east-1",
            "arn:aws:apigateway:cn-north-1",
        ),
        LAMBDA.replace(":lambda:path", ":sqs:path"),
        LAMBDA.replace("/invocations", ""),
        "arn:aws:lambda:us-east-1:111111111111:function:f".to_owned(),
    ];
    for uri in uris {
        assert_eq!(
            bed.refused("CreateAuthorizer", given("three", &uri)),
            format!(
                "400 BadRequestException: Invalid Authorizer URI: {uri}. Authorizer URI should be a valid API Gateway ARN that represents a Lambda function invocation."
            )
        );
    }
    let staged = LAMBDA.replace("function:f", "function:${stageVariables.f}");
    bed.ok("CreateAuthorizer", given("staged", &staged));
    for source in ["method.request.querystring.q", "method.request.header."] {
        let replace = [("replace", "/identitySource", source)];
        assert_eq!(
            bed.patch_refused("UpdateAuthorizer", of(&first), &replace),
            format!(
                "400 BadRequestException: Invalid token source expression: {source}. The source must be a method request header, matching 'method.request.header.[a-zA-Z0-9._-]+'."
            )
        );
    }
    let test = bed.resource(&api, &root, "test");
    let method = json!({"authorizationType": "CUSTOM", "authorizerId": first});
    bed.ok("PutMethod", at(&api, &test, "GET", method));
    assert_eq!(
        bed.refused("DeleteAuthorizer", of(&first)),
        "409 ConflictException: Cannot delete authorizer 'one', is referenced in method: GET//test"
    );
    assert_eq!(bed.ask("DeleteAuthorizer", &of(&second)).status, 202);
}

#[test]
fn validators_have_names_of_their_own() {
    let bed = Bed::new();
    let (api, _) = bed.api();
    let create = |name: Value| json!({"restapi_id": api, "name": name});
    bed.ok("CreateRequestValidator", create(json!("v")));
    let unique = "400 BadRequestException: Request Validator name must be unique. Request Validator v already exists in this RestApi.";
    assert_eq!(
        bed.refused("CreateRequestValidator", create(json!("v"))),
        unique
    );
    let other = bed.ok("CreateRequestValidator", create(json!(null)));
    let of = json!({"restapi_id": api, "requestvalidator_id": other["id"]});
    assert_eq!(
        bed.patch_refused("UpdateRequestValidator", of, &[("replace", "/name", "v")]),
        unique
    );
    for n in 2..20 {
        bed.ok("CreateRequestValidator", create(json!(format!("v{n}"))));
    }
    assert_eq!(
        bed.refused("CreateRequestValidator", create(json!("more"))),
        "429 LimitExceededException: Maximum number of Request Validators for this API has been reached.  Please contact AWS if you need additional Request Validators."
    );
}

#[test]
fn methods_tell_empty_maps_back() {
    let bed = Bed::new();
    let (api, root) = bed.api();
    let given = json!({"authorizationType": "NONE", "apiKeyRequired": true, "requestParameters": {}, "requestModels": {}});
    let made = bed.ok("PutMethod", at(&api, &root, "GET", given));
    let want = json!({
        "apiKeyRequired": true, "authorizationType": "NONE", "httpMethod": "GET", "requestParameters": {}, "requestModels": {},
    });
    assert_eq!(made, want);
    let parameter = "/requestParameters/method.request.header.h";
    let of = || at(&api, &root, "GET", json!({}));
    let patched = bed.patched("UpdateMethod", of(), &[("add", parameter, "true")]);
    assert_eq!(
        patched["requestParameters"],
        json!({"method.request.header.h": true})
    );
    let patched = bed.patched("UpdateMethod", of(), &[("remove", parameter, NONE)]);
    assert_eq!(patched["requestParameters"], Value::Null);
}

#[test]
fn stages_refuse_what_users_report() {
    let bed = Bed::new();
    let (api, _, deployment) = bed.deployed();
    let create = |name: &str, variables: Value| json!({"restapi_id": api, "stageName": name, "deploymentId": deployment, "variables": variables});
    assert_eq!(
        bed.refused("CreateStage", create("$default", json!({}))),
        "400 BadRequestException: Stage name only allows a-zA-Z0-9_"
    );
    let symbols = "Please use values with alphanumeric characters and the symbols ' ', -', '.', '_', ':', '/', '?', '&', '=', and ','.";
    for wrong in ["", "$LATEST", "a{b}"] {
        assert_eq!(
            bed.refused("CreateStage", create("s", json!({"v": wrong}))),
            format!("400 BadRequestException: Invalid stage variable value: {wrong}.  {symbols}")
        );
    }
    bed.ok(
        "CreateStage",
        create("s-1", json!({"v": "a b-c.d_e:f/g?h&i=j,k~l#m"})),
    );
    let of = || json!({"restapi_id": api, "stage_name": "s-1"});
    assert_eq!(
        bed.patch_refused(
            "UpdateStage",
            of(),
            &[("replace", "/variables/owner:name", "x")]
        ),
        "400 BadRequestException: Invalid stage variable name: owner:name.  Please use names with only word characters."
    );
    assert_eq!(
        bed.patch_refused(
            "UpdateStage",
            of(),
            &[("replace", "/*/*/accessLogSettings/format", "x")]
        ),
        "400 BadRequestException: Invalid method setting path: accessLogSettings/format. Must be one of: [.../metrics/enabled, .../logging/dataTrace, .../logging/loglevel,.../throttling/burstLimit, .../throttling/rateLimit, .../caching/ttlInSeconds, .../caching/enabled, .../caching/dataEncrypted, .../caching/requireAuthorizationForCacheControl, .../caching/unauthorizedCacheControlHeaderStrategy]"
    );
}

#[test]
fn imports_fail_and_warn_in_the_words_of_reports() {
    let bed = Bed::new();
    let import = |document: &str| bed.ask("ImportRestApi", &json!({"body": document}));
    let open = json!({"responses": {}});
    let document = json!({"swagger": "2.0", "info": {"title": "t"}, "paths": {
        "/user/{bizId}/complaint": {"get": open}, "/user/{userId}/fans": {"get": open}, "/user/{userId}/likes": {"get": open},
        "/all/{rest+}": {}, "/all/{rest+}/more": {"get": open},
    }});
    let sibling = "A sibling ({bizId}) of this resource already has a variable path part -- only one is allowed";
    assert_eq!(
        import(&document.to_string()).body["message"],
        format!(
            "Errors found during import:\
             \n\tUnable to create resource at path '/all/{{rest+}}/more': Cannot create a child of a resource with a greedy path variable: /all/{{rest+}}\
             \n\tUnable to create resource at path '/user/{{userId}}/fans': {sibling}\
             \n\tUnable to create resource at path '/user/{{userId}}/likes': {sibling}"
        )
    );
    // In YAML, `y` and `on` are names.
    let yaml = "
openapi: 3.0.1
info: {title: y}
paths:
  /on:
    get:
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Point'}}}}
      responses: {200: {content: {application/json: {schema: {$ref: '#/components/schemas/Nowhere'}}}}}
components: {schemas: {Point: {type: object, properties: {x: {type: number}, y: {type: number}}}}}
";
    let made = import(yaml).body;
    assert_eq!(
        (&made["name"], &made["warnings"]),
        (
            &json!("y"),
            &json!(["Reference to model 'Nowhere' not found. Ignoring."])
        )
    );
    let model = bed.ok(
        "GetModel",
        json!({"restapi_id": made["id"], "model_name": "Point"}),
    );
    let schema: Value = serde_json::from_str(&text(&model["schema"])).unwrap();
    assert_eq!(schema["properties"]["y"], json!({"type": "number"}));
}

#[test]
fn access_logs_do_without_a_role_and_execution_logs_do_not() {
    let bed = Bed::new();
    let (api, _, deployment) = bed.deployed();
    bed.ok(
        "CreateStage",
        json!({"restapi_id": api, "stageName": "dev", "deploymentId": deployment}),
    );
    let of = || json!({"restapi_id": api, "stage_name": "dev"});
    let group = "arn:aws:logs:us-east-1:111111111111:log-group:g";
    let destination = ("add", "/accessLogSettings/destinationArn", group);
    let logged = bed.patched("UpdateStage", of(), &[destination]);
    assert_eq!(
        logged["accessLogSettings"],
        json!({"destinationArn": group})
    );
    let level = ("replace", "/*/*/logging/loglevel", "INFO");
    assert_eq!(
        bed.patch_refused("UpdateStage", of(), &[level]),
        "400 BadRequestException: CloudWatch Logs role ARN must be set in account settings to enable logging"
    );
}
