//! Recording: `rest-api-crud`.

use serde_json::json;

use super::{APIGATEWAY, Bed, NONE, REGION, text, without};

const OPS: &str = "Member must satisfy enum value set: [add, remove, move, test, replace, copy]";

#[test]
fn a_name_is_enough_for_an_api() {
    let bed = Bed::new();
    let made = bed.ok("CreateRestApi", json!({"name": "one"}));
    let want = json!({
        "id": made["id"], "name": "one", "createdDate": 1_767_323_045, "apiKeySource": "HEADER",
        "endpointConfiguration": {"types": ["EDGE"], "ipAddressType": "ipv4"},
        "disableExecuteApiEndpoint": false, "rootResourceId": made["rootResourceId"],
    });
    assert_eq!(made, want);
    assert_eq!(
        (text(&made["id"]).len(), text(&made["rootResourceId"]).len()),
        (10, 10)
    );
    let version = bed.ok(
        "CreateRestApi",
        json!({"name": "two", "version": "v1", "binaryMediaTypes": []}),
    );
    assert_eq!(version["version"], "v1");
    assert!(version.get("binaryMediaTypes").is_none());
    let listed = bed.ok("GetRestApis", json!({}));
    assert_eq!(
        listed,
        json!({"item": [made, version]}),
        "in the order of creation"
    );
}

#[test]
fn endpoint_types_have_their_defaults() {
    let bed = Bed::new();
    for (types, ip) in [
        ("EDGE", "ipv4"),
        ("REGIONAL", "ipv4"),
        ("PRIVATE", "dualstack"),
    ] {
        let input = json!({"name": "n", "endpointConfiguration": {"types": [types]}});
        let made = bed.ok("CreateRestApi", input);
        assert_eq!(
            made["endpointConfiguration"],
            json!({"types": [types], "ipAddressType": ip})
        );
    }
    let both = json!({"types": ["EDGE"], "ipAddressType": "dualstack"});
    let made = bed.ok(
        "CreateRestApi",
        json!({"name": "n", "endpointConfiguration": both}),
    );
    assert_eq!(made["endpointConfiguration"], both);
}

#[test]
fn creating_refuses_as_recorded() {
    let bed = Bed::new();
    let types = "Value '[wrong]' at 'createRestApiInput.endpointConfiguration.types' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [PRIVATE, EDGE, REGIONAL]]";
    let ip = "Value 'wrong' at 'createRestApiInput.endpointConfiguration.ipAddressType' failed to satisfy constraint: Member must satisfy enum value set: [ipv4, dualstack]";
    let cases = [
        (json!({"description": ""}), "400 BadRequestException: Description cannot be an empty string".to_owned()),
        (json!({"minimumCompressionSize": -1}), "400 BadRequestException: Invalid minimum compression size, must be between 0 and 10485760".into()),
        (json!({"endpointConfiguration": {"types": []}}), "400 BadRequestException: REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.".into()),
        (json!({"endpointConfiguration": {"types": ["EDGE", "REGIONAL"]}}), "400 BadRequestException: Cannot create an api with multiple Endpoint Types.".into()),
        (json!({"endpointConfiguration": {"ipAddressType": "wrong"}}), format!("400 ValidationException: 1 validation error detected: {ip}")),
        (json!({"endpointConfiguration": {"types": ["wrong"]}}), format!("400 ValidationException: 1 validation error detected: {types}")),
        (json!({"endpointConfiguration": {"ipAddressType": "wrong", "types": ["wrong"]}}), format!("400 ValidationException: 2 validation errors detected: {types}; {ip}")),
        (json!({"description": "", "endpointConfiguration": {"ipAddressType": "wrong", "types": ["wrong"]}}), format!("400 ValidationException: 2 validation errors detected: {types}; {ip}")),
        (json!({"description": "", "endpointConfiguration": {"types": []}}), "400 BadRequestException: Description cannot be an empty string".into()),
        (json!({"cloneFrom": "nowhere"}), "404 NotFoundException: Invalid API identifier specified 111111111111:nowhere".into()),
        (json!({"name": ""}), "400 BadRequestException: REST API name cannot be blank".into()),
        (json!({"policy": "{"}), "400 BadRequestException: Invalid policy document. Please check the policy syntax and ensure that Principals are valid.".into()),
        (json!({"policy": "{\"Statement\": {\"Effect\": \"Allow\", \"Action\": \"*\", \"Resource\": \"*\"}}"}), "400 BadRequestException: Invalid policy document. Please check the policy syntax and ensure that Principals are valid.".into()),
    ];
    for (mut input, want) in cases {
        if input.get("name").is_none() {
            input["name"] = "n".into();
        }
        assert_eq!(bed.refused("CreateRestApi", input), want);
    }
    assert_eq!(bed.ok("GetRestApis", json!({})), json!({"item": []}));
}

#[test]
fn tags_are_empty_or_absent_by_operation() {
    let bed = Bed::new();
    let (api, _) = bed.api();
    assert_eq!(
        bed.ok("GetRestApi", json!({"restapi_id": api}))["tags"],
        json!({})
    );
    assert!(
        bed.ok("GetRestApis", json!({}))["item"][0]
            .get("tags")
            .is_none()
    );
    let tagged = bed.ok("CreateRestApi", json!({"name": "n", "tags": {"A": "1"}}));
    assert_eq!(tagged["tags"], json!({"A": "1"}));
    assert_eq!(
        bed.ok("GetRestApis", json!({}))["item"][1]["tags"],
        json!({"A": "1"})
    );

    let arn = format!(
        "arn:aws:apigateway:{REGION}::/restapis/{}",
        text(&tagged["id"])
    );
    bed.ok(
        "TagResource",
        json!({"resource_arn": arn, "tags": {"B": "2"}}),
    );
    bed.ok(
        "UntagResource",
        json!({"resource_arn": arn, "tagKeys": ["A", "Z"]}),
    );
    assert_eq!(
        bed.ok("GetTags", json!({"resource_arn": arn})),
        json!({"tags": {"B": "2"}})
    );
    assert_eq!(
        bed.refused("GetTags", json!({"resource_arn": "arn:aws:s3:::b"})),
        "400 BadRequestException: Invalid ARN. ARN is not well formed arn:aws:s3:::b"
    );
    let wrong = bed.refused(
        "TagResource",
        json!({"resource_arn": arn, "tags": {"aws:x": "2"}}),
    );
    assert!(
        wrong.starts_with(
            "400 BadRequestException: Invalid tag key. Tag keys cannot start with 'aws:'"
        ),
        "{wrong}"
    );
}

#[test]
fn updates_answer_as_recorded() {
    let bed = Bed::new();
    let (api, _) = bed.api();
    let of = || json!({"restapi_id": api});
    let got = bed.patched(
        "UpdateRestApi",
        of(),
        &[
            ("add", "/binaryMediaTypes/image~1png", NONE),
            ("add", "/binaryMediaTypes/image~1jpeg", NONE),
            ("replace", "/description", "mine"),
        ],
    );
    assert_eq!(got["binaryMediaTypes"], json!(["image/png", "image/jpeg"]));
    assert_eq!(
        (&got["description"], &got["tags"]),
        (&json!("mine"), &json!({}))
    );
    let got = bed.patched(
        "UpdateRestApi",
        of(),
        &[
            ("replace", "/binaryMediaTypes/image~1png", "image/gif"),
            ("remove", "/description", NONE),
        ],
    );
    assert_eq!(got["binaryMediaTypes"], json!(["image/jpeg", "image/gif"]));
    assert!(got.get("description").is_none());

    let cases = [
        (json!({"restapi_id": "api_id"}), ("add", "/name", "x"), "404 NotFoundException: Invalid API identifier specified 111111111111:api_id".to_owned()),
        (of(), ("add", "/binaryMediaTypes", "x"), "400 BadRequestException: Invalid patch path /binaryMediaTypes".into()),
        (of(), ("wrong", "/name", "x"), format!("400 ValidationException: 1 validation error detected: Value 'wrong' at 'updateRestApiInput.patchOperations.1.member.op' failed to satisfy constraint: {OPS}")),
        (of(), ("replace", "/minimumCompressionSize", "-1"), "400 BadRequestException: Invalid minimum compression size, must be between 0 and 10485760".into()),
    ];
    for (of, operation, want) in cases {
        assert_eq!(bed.patch_refused("UpdateRestApi", of, &[operation]), want);
    }
}

#[test]
fn a_deleted_api_takes_everything_along() {
    let bed = Bed::new();
    let (api, _, deployment) = bed.deployed();
    bed.ok(
        "CreateStage",
        json!({"restapi_id": api, "stageName": "dev", "deploymentId": deployment}),
    );
    let (other, _) = bed.api();
    assert!(bed.served(&api, "dev").is_some());
    assert_eq!(
        bed.ask("DeleteRestApi", &json!({"restapi_id": api})).status,
        202
    );
    let gone =
        format!("404 NotFoundException: Invalid API identifier specified 111111111111:{api}");
    for operation in [
        "GetRestApi",
        "DeleteRestApi",
        "GetResources",
        "GetStages",
        "GetDeployments",
        "GetModels",
    ] {
        assert_eq!(
            bed.refused(operation, json!({"restapi_id": api})),
            gone,
            "{operation}"
        );
    }
    let left = bed.ok("GetRestApis", json!({}));
    assert_eq!(
        (
            left["item"].as_array().unwrap().len(),
            &left["item"][0]["id"]
        ),
        (1, &json!(other))
    );
    assert_eq!(bed.served(&api, "dev"), None);
}

#[test]
fn a_clone_has_the_same_parts_under_new_ids() {
    let bed = Bed::new();
    let (api, root) = bed.api();
    let pets = bed.resource(&api, &root, "pets");
    let validator = bed.ok(
        "CreateRequestValidator",
        json!({"restapi_id": api, "name": "v"}),
    );
    bed.mock(&api, &pets, "GET");
    bed.patched(
        "UpdateMethod",
        json!({"restapi_id": api, "resource_id": pets, "http_method": "GET"}),
        &[("replace", "/requestValidatorId", &text(&validator["id"]))],
    );
    let clone = bed.ok("CreateRestApi", json!({"name": "clone", "cloneFrom": api}));
    let resources = bed.ok(
        "GetResources",
        json!({"restapi_id": clone["id"], "embed": ["methods"]}),
    );
    let copied = &resources["item"][1];
    assert_eq!(
        (&copied["path"], &copied["parentId"]),
        (&json!("/pets"), &clone["rootResourceId"])
    );
    assert_ne!(copied["id"], json!(pets));
    let method = &copied["resourceMethods"]["GET"];
    assert_eq!(method["methodIntegration"]["cacheNamespace"], copied["id"]);
    let validators = bed.ok("GetRequestValidators", json!({"restapi_id": clone["id"]}));
    assert_eq!(method["requestValidatorId"], validators["item"][0]["id"]);
    assert_ne!(validators["item"][0]["id"], validator["id"]);
    assert_eq!(
        bed.ok("GetModels", json!({"restapi_id": clone["id"]}))["item"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn every_operation_is_built() {
    let built = |name: &str| super::super::run_of(name).is_some();
    let missing: Vec<&str> = APIGATEWAY
        .operations
        .iter()
        .map(|operation| operation.name)
        .filter(|name| !built(name))
        .collect();
    assert_eq!(missing, [""; 0]);
}

#[test]
fn the_account_has_its_settings() {
    let bed = Bed::new();
    let account = bed.ok("GetAccount", json!({}));
    let want = json!({
        "throttleSettings": {"burstLimit": 5000, "rateLimit": 10000.0},
        "features": ["UsagePlans"], "apiKeyVersion": "4",
    });
    assert_eq!(account, want);
    let role = "arn:aws:iam::111111111111:role/logs";
    let got = bed.patched(
        "UpdateAccount",
        json!({}),
        &[("replace", "/cloudwatchRoleArn", role)],
    );
    assert_eq!(without(got, &["cloudwatchRoleArn"]), want);
    assert_eq!(bed.ok("GetAccount", json!({}))["cloudwatchRoleArn"], role);
    for (operation, text) in [
        (
            ("replace", "/cloudwatchRoleArn", "nonsense"),
            "400 BadRequestException: Invalid ARN. ARN is not well formed nonsense",
        ),
        (
            ("remove", "/features", "UsagePlans"),
            "400 BadRequestException: The feature UsagePlans cannot be removed",
        ),
        (
            ("add", "/features", "Wings"),
            "400 BadRequestException: Invalid value 'Wings' specified for patch path '/features'. Must be one of [UsagePlans]",
        ),
        (
            ("replace", "/colour", "red"),
            "400 BadRequestException: Invalid patch path  '/colour' specified for op 'replace'. Must be one of: [/cloudwatchRoleArn]",
        ),
    ] {
        assert_eq!(
            bed.patch_refused("UpdateAccount", json!({}), &[operation]),
            text
        );
    }
}

/// Recorded of a private API: short resources are written out. That the text comes back with escaped quotes is what Terraform's
/// provider undoes.
#[test]
fn a_resource_policy_is_kept_whole_and_shown_escaped() {
    let bed = Bed::new();
    let given = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": ["execute-api:/*", "execute-api:/prod/GET/pets"],
        }],
    });
    let created = bed.ok(
        "CreateRestApi",
        json!({"name": "n", "policy": format!("{given:#}")}),
    );
    let id = created["id"].as_str().unwrap();
    let arn = format!("arn:aws:execute-api:us-east-1:111111111111:{id}");
    let kept = format!(
        "{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"execute-api:Invoke\",\
         \"Resource\":[\"{arn}/*\",\"{arn}/prod/GET/pets\"]}}]}}"
    );
    let shown = kept.replace('"', "\\\"");
    assert_eq!(created["policy"], shown);
    let of_api = json!({"restapi_id": id});
    assert_eq!(bed.ok("GetRestApi", of_api.clone())["policy"], shown);
    assert_eq!(bed.ok("GetRestApis", json!({}))["item"][0]["policy"], shown);
    let other = kept.replace("Allow", "Deny");
    let changed = bed.patched(
        "UpdateRestApi",
        of_api.clone(),
        &[("replace", "/policy", &other)],
    );
    assert_eq!(changed["policy"], shown.replace("Allow", "Deny"));
    // What changes something else leaves it alone, and an empty text removes it.
    let renamed = bed.patched(
        "UpdateRestApi",
        of_api.clone(),
        &[("replace", "/name", "m")],
    );
    assert_eq!(renamed["policy"], changed["policy"]);
    let without = bed.patched("UpdateRestApi", of_api, &[("replace", "/policy", "")]);
    assert_eq!(without["policy"], serde_json::Value::Null);
}
