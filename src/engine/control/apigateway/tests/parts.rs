//! Recordings: `model-crud`, `request-validator-crud`, `gateway-response-crud`.

use serde_json::{Value, json};

use super::{Bed, NONE, text};
use crate::model::GatewayResponseType;

const NO_API: &str = "404 NotFoundException: Invalid API identifier specified 111111111111:abcde0";

#[test]
fn models_live_as_recorded() {
    let bed = Bed::new();
    let (api, _) = bed.api();
    let schema = "{ \"title\": \"Calc output\",\n \"type\": \"object\" }";
    let given = json!({"restapi_id": api, "name": "Calc", "description": "d", "contentType": "application/json", "schema": schema});
    let made = bed.ask("CreateModel", &given);
    assert_eq!(made.status, 201);
    assert_eq!(
        made.body,
        json!({"contentType": "application/json", "description": "d", "id": made.body["id"], "name": "Calc", "schema": schema})
    );
    let listed = bed.ok("GetModels", json!({"restapi_id": api}));
    let names: Vec<&Value> = listed["item"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| &m["name"])
        .collect();
    assert_eq!(names, ["Calc", "Empty", "Error"]);
    assert_eq!(
        listed["item"][1]["description"],
        "This is a default empty schema model"
    );
    let of = json!({"restapi_id": api, "model_name": "Calc"});
    assert_eq!(bed.ok("GetModel", of.clone()), made.body);
    let updated = bed.patched(
        "UpdateModel",
        of.clone(),
        &[("replace", "/description", "new")],
    );
    assert_eq!(updated["description"], "new");
    assert_eq!(
        bed.refused("CreateModel", given),
        "409 ConflictException: Model name already exists for this REST API"
    );
    assert_eq!(bed.ask("DeleteModel", &of).status, 202);
    assert_eq!(
        bed.refused("DeleteModel", of),
        "404 NotFoundException: Invalid model name specified: Calc"
    );
}

#[test]
fn a_flattened_model_brings_what_it_refers_to() {
    let bed = Bed::new();
    let (api, _) = bed.api();
    let create = |name: &str, schema: Value| {
        bed.ok("CreateModel", json!({
            "restapi_id": api, "name": name, "contentType": "application/json", "schema": schema.to_string(),
        }))
    };
    let to = |name: &str| json!({"$ref": format!("https://apigateway.amazonaws.com/restapis/{api}/models/{name}")});
    create("Leaf", json!({"type": "string"}));
    // Models may refer to each other in a ring (recorded of imported ones).
    create(
        "Node",
        json!({"properties": {"leaf": to("Leaf"), "nodes": {"type": "array", "items": to("Node")}}}),
    );
    create(
        "Tree",
        json!({"items": [to("Node"), {"$ref": "#/definitions/own"}], "definitions": {"own": {}}}),
    );
    let read = |name: &str, flatten: bool| {
        let got = bed.ok(
            "GetModel",
            json!({"restapi_id": api, "model_name": name, "flatten": flatten}),
        );
        serde_json::from_str::<Value>(&text(&got["schema"])).unwrap()
    };
    let here = |name: &str| json!({"$ref": format!("#/definitions/{name}")});
    assert_eq!(
        read("Tree", true),
        json!({
            "items": [here("Node"), here("own")],
            "definitions": {
                "own": {}, "Leaf": {"type": "string"},
                "Node": {"properties": {"leaf": here("Leaf"), "nodes": {"type": "array", "items": here("Node")}}},
            },
        })
    );
    assert_eq!(read("Tree", false)["items"][0], to("Node"));
    assert_eq!(read("Leaf", true), json!({"type": "string"}));
}

#[test]
fn models_refuse_as_recorded() {
    let bed = Bed::new();
    let (api, _) = bed.api();
    let create = |api: &str, more: Value| {
        let mut input = json!({"restapi_id": api, "name": "M", "contentType": "application/json"});
        input
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        bed.refused("CreateModel", input)
    };
    let no_schema = "400 BadRequestException: Model schema must have at least 1 property or array items defined";
    assert_eq!(create("abcde0", json!({"schema": "{}"})), NO_API);
    assert_eq!(
        create(&api, json!({"name": "", "schema": "{}"})),
        "400 BadRequestException: Model name must be non-empty"
    );
    assert_eq!(create(&api, json!({"schema": ""})), no_schema);
    assert_eq!(create(&api, json!({})), no_schema);
    assert_eq!(
        create(&api, json!({"contentType": "application/xml"})),
        no_schema
    );
    let invalid = "400 BadRequestException: Invalid model specified: Validation Result: warnings : [], errors : ";
    let broken = create(&api, json!({"schema": "{"}));
    assert!(broken.starts_with(&format!("{invalid}[Invalid model schema specified. ")));
    let to = |name: &str| format!("https://apigateway.amazonaws.com/restapis/{api}/models/{name}");
    let unknown = json!({
        "$id": "x", "properties": {"a": {"example": 1}, "example": {"type": "string"}, "b": {"$ref": to("M")}},
        "items": [{"$ref": to("Empty"), "x": 1}],
    });
    assert_eq!(
        create(&api, json!({"schema": unknown.to_string()})),
        format!(
            "{invalid}[Invalid model schema specified. Unsupported keyword(s): [\"$id\",\"example\"]]"
        )
    );
    let dangling =
        json!({"allOf": [{"$ref": to("One")}, {"$ref": to("Two")}, {"$ref": to("Error")}]});
    assert_eq!(
        create(&api, json!({"schema": dangling.to_string()})),
        format!("{invalid}[Invalid model specified: One, Invalid model specified: Two]")
    );
    assert_eq!(
        create(&api, json!({"name": "a_b", "schema": "{}"})),
        "400 BadRequestException: Model name must be alphanumeric: a_b"
    );
    assert_eq!(
        bed.refused("GetModels", json!({"restapi_id": "abcde0"})),
        NO_API
    );
    for operation in ["GetModel", "DeleteModel"] {
        assert_eq!(
            bed.refused(
                operation,
                json!({"restapi_id": "abcde0", "model_name": "MySchema"})
            ),
            "404 NotFoundException: Invalid model name specified: MySchema"
        );
    }
}

#[test]
fn a_model_in_use_stays() {
    let bed = Bed::new();
    let (api, root) = bed.api();
    let test = bed.resource(&api, &root, "test");
    bed.ok("CreateModel", json!({"restapi_id": api, "name": "Two", "contentType": "application/json", "schema": "{}"}));
    let put = |resource: &str| {
        bed.ok("PutMethod", json!({
            "restapi_id": api, "resource_id": resource, "http_method": "ANY", "authorizationType": "NONE",
            "requestModels": {"application/json": "Two"},
        }))
    };
    let delete = || {
        bed.refused(
            "DeleteModel",
            json!({"restapi_id": api, "model_name": "Two"}),
        )
    };
    let used = |at: &str| {
        format!(
            "409 ConflictException: Cannot delete model 'Two', is referenced in method request: {at}"
        )
    };
    put(&root);
    assert_eq!(delete(), used("//ANY"));
    put(&test);
    assert_eq!(delete(), used("/test/ANY"));
    bed.patched(
        "UpdateMethod",
        json!({"restapi_id": api, "resource_id": test, "http_method": "ANY"}),
        &[("remove", "/requestModels/application~1json", NONE)],
    );
    assert_eq!(delete(), used("//ANY"));
    bed.ok(
        "DeleteMethod",
        json!({"restapi_id": api, "resource_id": root, "http_method": "ANY"}),
    );
    bed.ok(
        "DeleteModel",
        json!({"restapi_id": api, "model_name": "Two"}),
    );
}

#[test]
fn validators_live_as_recorded() {
    let bed = Bed::new();
    let (api, root) = bed.api();
    let unknown = json!({"restapi_id": "test-fake-rest-id", "name": "v"});
    assert_eq!(
        bed.refused("CreateRequestValidator", unknown),
        "400 BadRequestException: Invalid REST API identifier specified"
    );
    assert_eq!(
        bed.refused(
            "GetRequestValidators",
            json!({"restapi_id": "test-fake-rest-id"})
        ),
        "404 NotFoundException: Invalid API identifier specified 111111111111:test-fake-rest-id"
    );
    let made = bed.ok(
        "CreateRequestValidator",
        json!({"restapi_id": api, "name": "v"}),
    );
    let id = text(&made["id"]);
    assert_eq!(
        made,
        json!({"id": id, "name": "v", "validateRequestBody": false, "validateRequestParameters": false})
    );
    let of = || json!({"restapi_id": api, "requestvalidator_id": id});
    assert_eq!(bed.ok("GetRequestValidator", of()), made);
    assert_eq!(
        bed.ok("GetRequestValidators", json!({"restapi_id": api})),
        json!({"item": [made]})
    );
    let set = |value| {
        bed.patched(
            "UpdateRequestValidator",
            of(),
            &[("replace", "/validateRequestBody", value)],
        )
    };
    assert_eq!(set("true")["validateRequestBody"], true);
    assert_eq!(set(NONE)["validateRequestBody"], false);
    let refused =
        |op, path, value| bed.patch_refused("UpdateRequestValidator", of(), &[(op, path, value)]);
    let family = "400 BadRequestException: Invalid patch path  ";
    for op in ["add", "remove"] {
        assert_eq!(
            refused(op, "/validateRequestBody", "true"),
            format!(
                "{family}'/validateRequestBody' specified for op '{op}'. Please choose supported operations"
            )
        );
    }
    assert_eq!(
        refused("replace", "/invalidPath", "true"),
        format!(
            "{family}'/invalidPath' specified for op 'replace'. Must be one of: [/name, /validateRequestParameters, /validateRequestBody]"
        )
    );
    assert_eq!(
        refused("replace", "/name", ""),
        "400 BadRequestException: Request Validator name cannot be blank"
    );

    bed.ok("PutMethod", json!({
        "restapi_id": api, "resource_id": root, "http_method": "GET", "authorizationType": "NONE", "requestValidatorId": id,
    }));
    assert!(
        bed.refused("DeleteRequestValidator", of())
            .starts_with("409 ConflictException")
    );
    bed.ok(
        "DeleteMethod",
        json!({"restapi_id": api, "resource_id": root, "http_method": "GET"}),
    );
    assert_eq!(bed.ask("DeleteRequestValidator", &of()).status, 202);
    let gone = "404 NotFoundException: Invalid Request Validator identifier specified";
    assert_eq!(bed.refused("GetRequestValidator", of()), gone);
    assert_eq!(
        bed.refused(
            "GetRequestValidator",
            json!({"restapi_id": "x", "requestvalidator_id": "y"})
        ),
        gone
    );
    assert_eq!(
        bed.ok("GetRequestValidators", json!({"restapi_id": api})),
        json!({"item": []})
    );
}

#[test]
fn authorizers_are_kept_as_definitions() {
    let bed = Bed::new();
    let (api, _) = bed.api();
    let uri = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/f/invocations";
    let create = |more: Value| {
        let mut input =
            json!({"restapi_id": api, "name": "a", "type": "REQUEST", "authorizerUri": uri});
        input
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        bed.ask("CreateAuthorizer", &input)
    };
    let made = create(json!({"authorizerResultTtlInSeconds": 0})).body;
    let of = || json!({"restapi_id": api, "authorizer_id": made["id"]});
    assert_eq!(bed.ok("GetAuthorizer", of()), made);
    let updated = bed.patched(
        "UpdateAuthorizer",
        of(),
        &[
            ("replace", "/authorizerResultTtlInSeconds", "60"),
            ("replace", "/name", "b"),
        ],
    );
    assert_eq!(
        (&updated["authorizerResultTtlInSeconds"], &updated["name"]),
        (&json!(60), &json!("b"))
    );
    let cognito =
        create(json!({"type": "COGNITO_USER_POOLS", "providerARNs": ["arn:aws:cognito-idp:x"]}))
            .body;
    assert_eq!(cognito["authType"], "cognito_user_pools");
    for (more, part) in [
        (json!({"authorizerUri": "x"}), "Invalid Authorizer URI: x."),
        (json!({"name": ""}), "name cannot be blank"),
        (json!({"type": "COGNITO_USER_POOLS"}), "provider ARN"),
        (json!({"authorizerResultTtlInSeconds": 3601}), "TTL"),
    ] {
        let answered = create(more);
        assert!(
            answered.status == 400 && answered.body["message"].as_str().unwrap().contains(part),
            "{answered:?}"
        );
    }
    for n in 2..10 {
        assert_eq!(create(json!({"name": n.to_string()})).status, 201);
    }
    let one_more = create(json!({"name": "10"}));
    assert_eq!(
        (one_more.status, one_more.code.as_str()),
        (429, "LimitExceededException")
    );
    assert_eq!(
        bed.ok("GetAuthorizers", json!({"restapi_id": api}))["item"]
            .as_array()
            .unwrap()
            .len(),
        10
    );
    bed.ok("DeleteAuthorizer", of());
    let gone = "404 NotFoundException: Invalid Authorizer identifier specified";
    assert_eq!(bed.refused("GetAuthorizer", of()), gone);
    assert_eq!(bed.refused("DeleteAuthorizer", of()), gone);
}

const TEMPLATE: &str = "{\"message\":$context.error.messageString}";

#[test]
fn gateway_responses_live_as_recorded() {
    let bed = Bed::new();
    let (api, _) = bed.api();
    let of = || json!({"restapi_id": api, "response_type": "MISSING_AUTHENTICATION_TOKEN"});
    let default = json!({
        "defaultResponse": true, "responseParameters": {}, "responseTemplates": {"application/json": TEMPLATE},
        "responseType": "MISSING_AUTHENTICATION_TOKEN", "statusCode": "403",
    });
    assert_eq!(bed.ok("GetGatewayResponse", of()), default);
    let given = json!({
        "restapi_id": api, "response_type": "MISSING_AUTHENTICATION_TOKEN", "statusCode": "404",
        "responseParameters": {
            "gatewayresponse.header.x-request-path": "method.request.path.petId",
            "gatewayresponse.header.Access-Control-Allow-Origin": "'a.b.c'",
            "gatewayresponse.header.x-request-query": "method.request.querystring.q",
        },
        "responseTemplates": {"application/json": "{\"stage\": \"$context.stage\"}"},
    });
    let put = bed.ask("PutGatewayResponse", &given);
    assert_eq!(put.status, 201);
    assert_eq!(
        put.body,
        json!({
            "defaultResponse": false, "responseParameters": given["responseParameters"],
            "responseTemplates": given["responseTemplates"], "responseType": "MISSING_AUTHENTICATION_TOKEN", "statusCode": "404",
        })
    );
    let listed = bed.ok("GetGatewayResponses", json!({"restapi_id": api}));
    let types: Vec<&str> = listed["item"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["responseType"].as_str().unwrap())
        .collect();
    assert_eq!(
        types,
        GatewayResponseType::ALL
            .iter()
            .map(|t| t.name())
            .collect::<Vec<_>>()
    );
    assert!(
        listed["item"][6].get("statusCode").is_none(),
        "DEFAULT_4XX has no status of its own"
    );
    assert!(listed.get("position").is_none());
    assert_eq!(bed.ask("DeleteGatewayResponse", &of()).status, 202);
    assert_eq!(bed.ok("GetGatewayResponse", of()), default);
    assert_eq!(
        bed.refused("DeleteGatewayResponse", of()),
        "404 NotFoundException: Gateway response type not defined on api"
    );
}

#[test]
fn gateway_responses_are_created_by_a_patch() {
    let bed = Bed::new();
    let (api, _) = bed.api();
    let of = || json!({"restapi_id": api, "response_type": "DEFAULT_4XX"});
    let (header, json_template) = (
        "/responseParameters/gatewayresponse.header.h",
        "/responseTemplates/application~1json",
    );
    let got = bed.patched(
        "UpdateGatewayResponse",
        of(),
        &[("replace", "/statusCode", "444")],
    );
    assert_eq!(
        got,
        json!({
            "defaultResponse": false, "responseParameters": {}, "responseTemplates": {"application/json": TEMPLATE},
            "responseType": "DEFAULT_4XX", "statusCode": "444",
        })
    );
    let got = bed.patched(
        "UpdateGatewayResponse",
        of(),
        &[
            ("add", header, "'example.com'"),
            ("add", "/responseTemplates/application~1xml", "<x/>"),
        ],
    );
    assert_eq!(
        got["responseParameters"],
        json!({"gatewayresponse.header.h": "'example.com'"})
    );
    assert_eq!(
        got["responseTemplates"],
        json!({"application/json": TEMPLATE, "application/xml": "<x/>"})
    );
    let ops = "Member must satisfy enum value set: [add, remove, move, test, replace, copy]";
    let cases = [
        (
            ("add", "/statusCode", "444"),
            "400 BadRequestException: Invalid patch path /statusCode".to_owned(),
        ),
        (
            ("remove", "/statusCode", NONE),
            "400 BadRequestException: Invalid patch path /statusCode".into(),
        ),
        (
            (
                "replace",
                "/responseParameters/gatewayresponse.header.other",
                "'x'",
            ),
            "404 NotFoundException: Invalid parameter name specified".into(),
        ),
        (
            ("replace", NONE, NONE),
            "400 BadRequestException: Invalid patch path null".into(),
        ),
        (
            ("wrong-op", "/statusCode", "444"),
            format!(
                "400 ValidationException: 1 validation error detected: Value 'wrong-op' at 'updateGatewayResponseInput.patchOperations.1.member.op' failed to satisfy constraint: {ops}"
            ),
        ),
        (
            ("replace", "/wrongPath", "444"),
            "400 BadRequestException: Invalid patch path /wrongPath".into(),
        ),
        (
            ("replace", json_template, NONE),
            "400 BadRequestException: Invalid null or empty value in responseTemplates".into(),
        ),
        (
            ("replace", header, NONE),
            "400 BadRequestException: Invalid null or empty value in responseParameters".into(),
        ),
    ];
    for (operation, want) in cases {
        assert_eq!(
            bed.patch_refused("UpdateGatewayResponse", of(), &[operation]),
            want
        );
    }
}

#[test]
fn gateway_responses_refuse_as_recorded() {
    let bed = Bed::new();
    let (api, _) = bed.api();
    let unknown = json!({"restapi_id": "abcde0", "response_type": "DEFAULT_4XX"});
    for operation in [
        "GetGatewayResponse",
        "DeleteGatewayResponse",
        "UpdateGatewayResponse",
        "PutGatewayResponse",
    ] {
        assert_eq!(
            bed.refused(operation, unknown.clone()),
            NO_API,
            "{operation}"
        );
        let fake = bed.refused(
            operation,
            json!({"restapi_id": api, "response_type": "FAKE"}),
        );
        let start = "400 ValidationException: 1 validation error detected: Value 'FAKE' at 'responseType' failed to satisfy constraint: Member must satisfy enum value set: [REQUEST_TOO_LARGE, RESOURCE_NOT_FOUND, ";
        assert!(fake.starts_with(start), "{operation}: {fake}");
    }
    assert_eq!(
        bed.refused("GetGatewayResponses", json!({"restapi_id": "abcde0"})),
        NO_API
    );
}
