//! What survives, what is atomic, and what the gateway is told.

use serde_json::json;

use super::{Bed, text};
use crate::engine::store::{Location, Row, Store};

fn folder_bed(folder: &std::path::Path) -> Bed {
    let (store, rows) = Store::open(&Location::Folder(folder.to_owned())).unwrap();
    Bed::over(store, &rows)
}

#[test]
fn everything_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let questions = |api: &str, plan: &str| {
        [
            ("GetRestApis", json!({})),
            (
                "GetResources",
                json!({"restapi_id": api, "embed": ["methods"]}),
            ),
            ("GetModels", json!({"restapi_id": api})),
            ("GetRequestValidators", json!({"restapi_id": api})),
            ("GetAuthorizers", json!({"restapi_id": api})),
            ("GetGatewayResponses", json!({"restapi_id": api})),
            ("GetDeployments", json!({"restapi_id": api})),
            ("GetStages", json!({"restapi_id": api})),
            ("GetApiKeys", json!({"includeValues": true})),
            ("GetUsagePlans", json!({})),
            ("GetUsagePlanKeys", json!({"usageplanId": plan})),
            ("GetDomainNames", json!({})),
            (
                "GetBasePathMappings",
                json!({"domain_name": "a.example.com"}),
            ),
            ("GetAccount", json!({})),
        ]
    };
    let (api, plan, before) = {
        let bed = folder_bed(folder.path());
        let (api, root, deployment) = bed.deployed();
        let pets = bed.resource(&api, &root, "pets");
        bed.mock(&api, &pets, "ANY");
        bed.ok(
            "DeleteResource",
            json!({"restapi_id": api, "resource_id": bed.resource(&api, &root, "gone")}),
        );
        bed.ok(
            "CreateRequestValidator",
            json!({"restapi_id": api, "name": "v"}),
        );
        bed.ok(
            "CreateAuthorizer",
            json!({"restapi_id": api, "name": "a", "type": "TOKEN", "authorizerUri": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/f/invocations"}),
        );
        bed.ok(
            "PutGatewayResponse",
            json!({"restapi_id": api, "response_type": "THROTTLED", "statusCode": "430"}),
        );
        bed.ok(
            "CreateStage",
            json!({"restapi_id": api, "stageName": "dev", "deploymentId": deployment}),
        );
        let certificate = "arn:aws:acm:us-east-1:111111111111:certificate/c";
        bed.ok(
            "CreateDomainName",
            json!({"domainName": "a.example.com", "certificateArn": certificate}),
        );
        bed.ok(
            "CreateBasePathMapping",
            json!({"domain_name": "a.example.com", "restApiId": api, "stage": "dev"}),
        );
        let plan = text(&bed.ok("CreateUsagePlan", json!({"name": "p"}))["id"]);
        for name in ["one", "two"] {
            let key = bed.ok("CreateApiKey", json!({"name": name}));
            bed.ok(
                "CreateUsagePlanKey",
                json!({"usageplanId": plan, "keyId": key["id"], "keyType": "API_KEY"}),
            );
        }
        bed.patched(
            "UpdateAccount",
            json!({}),
            &[("replace", "/cloudwatchRoleArn", "arn:aws:iam::1:role/r")],
        );
        let gone = bed.api().0;
        bed.ok("DeleteRestApi", json!({"restapi_id": gone}));
        let before = questions(&api, &plan).map(|(operation, input)| bed.ok(operation, input));
        (api, plan, before)
    };
    let bed = folder_bed(folder.path());
    let stage = bed.ok("GetStage", json!({"restapi_id": api, "stage_name": "dev"}));
    let served = bed.served(&api, "dev").map(|(deployment, _)| deployment);
    assert_eq!(served, Some(text(&stage["deploymentId"])));
    assert_eq!(bed.memberships().len(), 2);
    for ((operation, input), before) in questions(&api, &plan).into_iter().zip(before) {
        assert_eq!(bed.ok(operation, input), before, "{operation}");
    }
    let newest = bed.ok("CreateApiKey", json!({"name": "three"}));
    assert_eq!(
        bed.ok("GetApiKeys", json!({}))["item"][0]["id"],
        newest["id"],
        "the order of creation goes on"
    );
}

#[test]
fn a_granted_quota_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let (plan, key) = {
        let bed = folder_bed(folder.path());
        let quota = json!({"name": "p", "quota": {"limit": 100, "period": "MONTH"}});
        let plan = text(&bed.ok("CreateUsagePlan", quota)["id"]);
        let key = text(&bed.ok("CreateApiKey", json!({}))["id"]);
        bed.ok(
            "CreateUsagePlanKey",
            json!({"usageplanId": plan, "keyId": key, "keyType": "API_KEY"}),
        );
        bed.patched(
            "UpdateUsage",
            json!({"usageplanId": plan, "keyId": key}),
            &[("replace", "/remaining", "250")],
        );
        (plan, key)
    };
    let bed = folder_bed(folder.path());
    let usage = bed.ok(
        "GetUsage",
        json!({"usageplanId": plan, "startDate": "2026-01-02", "endDate": "2026-01-02"}),
    );
    assert_eq!(usage["values"], json!({key: [[0, 250]]}));
}

#[test]
fn regions_are_apart() {
    let bed = Bed::new();
    bed.api();
    let operation = crate::engine::wire::operations::APIGATEWAY
        .operation("GetRestApis")
        .unwrap();
    let elsewhere = bed.runtime.block_on(bed.service.call(
        "eu-west-1",
        operation,
        crate::engine::wire::Input::default(),
    ));
    assert_eq!(elsewhere.unwrap().members, json!({"item": []}));
}

#[test]
fn resetting_forgets_everything() {
    let bed = Bed::new();
    let (api, _, deployment) = bed.deployed();
    bed.ok(
        "CreateStage",
        json!({"restapi_id": api, "stageName": "dev", "deploymentId": deployment}),
    );
    bed.ok("CreateApiKey", json!({}));
    bed.runtime.block_on(bed.service.reset()).unwrap();
    assert_eq!(bed.served(&api, "dev"), None);
    assert_eq!(bed.ok("GetRestApis", json!({})), json!({"item": []}));
    assert_eq!(bed.ok("GetApiKeys", json!({})), json!({"item": []}));
}

#[test]
fn rows_that_make_no_sense_are_named() {
    let row = |kind: &str, key: &str, value: &str| Row {
        region: "us-east-1".into(),
        kind: kind.into(),
        key: key.into(),
        value: value.into(),
    };
    let api = row("api", "a", r#"{"place":1,"entity":{"id":"a"}}"#);
    let cases = [
        (
            vec![row("stage", "a/b", "{}")],
            "the stage a/b in the store belongs to no API",
        ),
        (
            vec![row("apikey", "k", "[")],
            "a row of the kind apikey in the store can't be read",
        ),
    ];
    for (rows, want) in cases {
        let error = super::super::state::load(rows.iter())
            .unwrap_err()
            .to_string();
        assert!(error.starts_with(want), "{error}");
    }
    assert!(super::super::state::load([api].iter()).is_ok());
}

#[test]
fn counts_go_with_their_key() {
    let folder = tempfile::tempdir().unwrap();
    let usage_rows = || {
        let (_store, rows) = Store::open(&Location::Folder(folder.path().to_owned())).unwrap();
        let usage = rows.iter().filter(|row| row.kind == super::super::USAGE);
        usage.map(|row| row.key.clone()).collect::<Vec<_>>()
    };
    let (plan, key) = {
        let bed = folder_bed(folder.path());
        let quota = json!({"limit": 5, "period": "DAY"});
        let plan = bed.ok("CreateUsagePlan", json!({"name": "p", "quota": quota}));
        let key = bed.ok("CreateApiKey", json!({"name": "k", "enabled": true}));
        let (plan, key) = (text(&plan["id"]), text(&key["id"]));
        let join = json!({"usageplanId": plan, "keyId": key, "keyType": "API_KEY"});
        bed.ok("CreateUsagePlanKey", join);
        let of = json!({"usageplanId": plan, "keyId": key});
        // Granted requests are on disk before they are acknowledged.
        bed.patched("UpdateUsage", of, &[("replace", "/remaining", "9")]);
        (plan, key)
    };
    assert_eq!(usage_rows(), [format!("{plan}/{key}/20455")]);
    {
        let bed = folder_bed(folder.path());
        let of = json!({
            "usageplanId": plan, "keyId": key, "startDate": "2026-01-02", "endDate": "2026-01-02",
        });
        assert_eq!(bed.ok("GetUsage", of)["values"][&key], json!([[0, 9]]));
        bed.ok("DeleteApiKey", json!({"api_Key": key}));
    }
    assert!(usage_rows().is_empty());
}
