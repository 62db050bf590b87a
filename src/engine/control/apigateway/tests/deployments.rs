//! Recordings: `deployment`, and the deployments of `canary`.

use serde_json::{Value, json};

use super::{Bed, text};

const IN_USE: &str =
    "400 BadRequestException: Active stages pointing to this deployment must be moved or deleted";

#[test]
fn a_deployment_freezes_the_definition() {
    let bed = Bed::new();
    let (api, root, first) = bed.deployed();
    let pets = bed.resource(&api, &root, "pets");
    bed.mock(&api, &pets, "POST");
    let second = text(
        &bed.ok(
            "CreateDeployment",
            json!({"restapi_id": api, "description": "pets"}),
        )["id"],
    );
    let summary = |id: &str| {
        bed.ok(
            "GetDeployment",
            json!({"restapi_id": api, "deployment_id": id, "embed": ["apisummary"]}),
        )["apiSummary"]
            .clone()
    };
    let open = json!({"authorizationType": "NONE", "apiKeyRequired": false});
    assert_eq!(summary(&first), json!({"/": {"GET": open}}));
    assert_eq!(
        summary(&second),
        json!({"/": {"GET": open}, "/pets": {"POST": open}})
    );
    let paths = |id: &str| {
        bed.service
            .deployment_definition("us-east-1", &api, id)
            .map(|d| d.resources.len())
    };
    assert_eq!(
        (paths(&first), paths(&second), paths("none")),
        (Some(1), Some(2), None)
    );
    assert_eq!(
        bed.service
            .definition("us-east-1", &api)
            .unwrap()
            .resources
            .len(),
        2
    );
    assert!(bed.service.definition("eu-west-1", &api).is_none());

    let listed = bed.ok("GetDeployments", json!({"restapi_id": api}));
    assert_eq!(
        listed,
        json!({"item": [
            {"id": second, "createdDate": 1_767_323_045, "description": "pets"},
            {"id": first, "createdDate": 1_767_323_045},
        ]}),
        "newest first"
    );
    let of = json!({"restapi_id": api, "deployment_id": first});
    assert_eq!(
        bed.patched(
            "UpdateDeployment",
            of.clone(),
            &[("replace", "/description", "d")]
        )["description"],
        "d"
    );
    assert_eq!(bed.ask("DeleteDeployment", &of).status, 202);
    assert_eq!(
        bed.refused("GetDeployment", of),
        "404 NotFoundException: Invalid Deployment identifier specified"
    );
}

#[test]
fn what_can_not_be_served_is_not_deployed() {
    let bed = Bed::new();
    let (api, root) = bed.api();
    let deploy = || {
        bed.refused(
            "CreateDeployment",
            json!({"restapi_id": api, "stageName": "dev"}),
        )
    };
    assert_eq!(
        deploy(),
        "400 BadRequestException: The REST API doesn't contain any methods"
    );
    let method = json!({"restapi_id": api, "resource_id": root, "http_method": "GET"});
    bed.ok("PutMethod", json!({"restapi_id": api, "resource_id": root, "http_method": "GET", "authorizationType": "NONE"}));
    assert_eq!(
        deploy(),
        "400 BadRequestException: No integration defined for method"
    );
    bed.ok("DeleteMethod", method.clone());
    bed.mock(&api, &root, "GET");
    let mut integration = method;
    integration["type"] = json!("AWS");
    integration["httpMethod"] = json!("POST");
    integration["uri"] = json!("arn:aws:apigateway:us-east-1:sqs:path/111111111111/pets");
    integration["credentials"] = json!("arn:aws:iam::111111111111:role/pets");
    bed.ok("PutIntegration", integration);
    assert_eq!(
        deploy(),
        "400 BadRequestException: Sluice can't serve integrations with AWS services other than Lambda yet: GET /"
    );
    assert_eq!(
        bed.ok("GetStages", json!({"restapi_id": api})),
        json!({"item": []}),
        "nothing is left of it"
    );
    assert_eq!(
        bed.ok("GetDeployments", json!({"restapi_id": api})),
        json!({"item": []})
    );
    assert_eq!(bed.served(&api, "dev"), None);
}

#[test]
fn a_stage_in_use_holds_its_deployment() {
    let bed = Bed::new();
    let (api, _, first) = bed.deployed();
    let second = text(&bed.ok("CreateDeployment", json!({"restapi_id": api}))["id"]);
    bed.ok(
        "CreateStage",
        json!({"restapi_id": api, "stageName": "s1", "deploymentId": first}),
    );
    let delete = |id: &str| {
        bed.ask(
            "DeleteDeployment",
            &json!({"restapi_id": api, "deployment_id": id}),
        )
    };
    let refused = |id: &str| {
        bed.refused(
            "DeleteDeployment",
            json!({"restapi_id": api, "deployment_id": id}),
        )
    };
    assert_eq!(refused(&first), IN_USE);
    assert_eq!(bed.served(&api, "s1"), Some((first.clone(), None)));
    let of = json!({"restapi_id": api, "stage_name": "s1"});
    bed.patched(
        "UpdateStage",
        of.clone(),
        &[("replace", "/deploymentId", &second)],
    );
    assert_eq!(refused(&second), IN_USE);
    assert_eq!(bed.served(&api, "s1"), Some((second.clone(), None)));
    assert_eq!(delete(&first).status, 202);
    bed.ok("DeleteStage", of);
    assert_eq!(delete(&second).status, 202);
    assert_eq!(bed.served(&api, "s1"), None);
}

#[test]
fn deploying_to_a_stage_makes_or_moves_it() {
    let bed = Bed::new();
    let (api, _, _) = bed.deployed();
    let deploy = |more: Value| {
        let mut input = json!({"restapi_id": api, "stageName": "dev"});
        input
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        text(&bed.ok("CreateDeployment", input)["id"])
    };
    let stage = || bed.ok("GetStage", json!({"restapi_id": api, "stage_name": "dev"}));
    let first = deploy(json!({"variables": {"a": "1"}, "stageDescription": "d"}));
    assert_eq!(
        stage(),
        json!({
            "deploymentId": first, "stageName": "dev", "description": "d", "cacheClusterEnabled": false,
            "cacheClusterStatus": "NOT_AVAILABLE", "methodSettings": {}, "variables": {"a": "1"},
            "tracingEnabled": false, "createdDate": 1_767_323_045, "lastUpdatedDate": 1_767_323_045,
        })
    );
    bed.clock.advance(std::time::Duration::from_secs(9));
    let second = deploy(json!({"variables": {"b": "2"}}));
    let moved = stage();
    assert_eq!(
        (&moved["deploymentId"], &moved["variables"]),
        (&json!(second), &json!({"a": "1", "b": "2"}))
    );
    assert_eq!(
        (&moved["createdDate"], &moved["lastUpdatedDate"]),
        (&json!(1_767_323_045), &json!(1_767_323_054))
    );
    let wrong = bed.refused(
        "CreateDeployment",
        json!({"restapi_id": api, "stageName": "a stage"}),
    );
    assert_eq!(
        wrong,
        "400 BadRequestException: Stage name only allows a-zA-Z0-9_"
    );
}

#[test]
fn a_canary_deployment_leaves_the_stage_alone() {
    let bed = Bed::new();
    let (api, _, first) = bed.deployed();
    let canary = |stage: &str, percent: f64| {
        json!({"restapi_id": api, "stageName": stage, "canarySettings": {
            "percentTraffic": percent, "stageVariableOverrides": {"testVar": "canary"},
        }})
    };
    let missing = bed.refused("CreateDeployment", canary("dev", 50.0));
    assert_eq!(
        missing,
        "400 BadRequestException: Invalid deployment content specified.Stage dev must already be created before making a canary release deployment"
    );
    bed.ok("CreateStage", json!({
        "restapi_id": api, "stageName": "dev", "deploymentId": first, "description": "dev stage", "variables": {"testVar": "default"},
    }));
    let second = text(&bed.ok("CreateDeployment", canary("dev", 50.0))["id"]);
    let stage = || bed.ok("GetStage", json!({"restapi_id": api, "stage_name": "dev"}));
    let got = stage();
    assert_eq!(
        got["canarySettings"],
        json!({
            "deploymentId": second, "percentTraffic": 50.0, "stageVariableOverrides": {"testVar": "canary"}, "useStageCache": false,
        })
    );
    assert_eq!(
        (&got["deploymentId"], &got["variables"]),
        (&json!(first), &json!({"testVar": "default"}))
    );
    assert_eq!(
        bed.refused(
            "CreateDeployment",
            json!({"restapi_id": api, "stageName": "dev"})
        ),
        "400 BadRequestException: Invalid deployment content specified.Non canary deployment not supported on stage dev because Canary is enabled. Provide CanarySettings in deploymentInput."
    );
    let third = text(&bed.ok("CreateDeployment", canary("dev", 0.0))["id"]);
    let got = stage();
    assert_eq!(
        (&got["deploymentId"], &got["canarySettings"]["deploymentId"]),
        (&json!(first), &json!(third))
    );
    assert_eq!(
        bed.refused(
            "DeleteDeployment",
            json!({"restapi_id": api, "deployment_id": third})
        ),
        IN_USE
    );
    assert_eq!(bed.served(&api, "dev"), Some((first, Some(third))));
    assert_eq!(
        bed.refused("CreateDeployment", canary("dev", 101.0)),
        "400 BadRequestException: Canary percentTraffic must be between 0.0 and 100.0"
    );
}
