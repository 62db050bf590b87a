//! The whole state as a file.

use serde_json::{Value, json};

use super::{Bed, text};
use crate::engine::control::apigateway::KINDS;
use crate::engine::store::{Location, Store};

/// A gateway that has at least one of everything.
fn full() -> (Bed, String) {
    let bed = Bed::new();
    let (api, root, deployment) = bed.deployed();
    bed.resource(&api, &root, "pets");
    for (operation, input) in [
        (
            "CreateRequestValidator",
            json!({"restapi_id": api, "name": "v"}),
        ),
        (
            "CreateAuthorizer",
            json!({"restapi_id": api, "name": "a", "type": "TOKEN", "authorizerUri": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/f/invocations"}),
        ),
        (
            "PutGatewayResponse",
            json!({"restapi_id": api, "response_type": "THROTTLED", "statusCode": "430"}),
        ),
        (
            "CreateDocumentationPart",
            json!({"restapi_id": api, "location": {"type": "API"}, "properties": "{\"a\": 1}"}),
        ),
        (
            "CreateDocumentationVersion",
            json!({"restapi_id": api, "documentationVersion": "1"}),
        ),
        (
            "CreateStage",
            json!({"restapi_id": api, "stageName": "dev", "deploymentId": deployment}),
        ),
        (
            "CreateDomainName",
            json!({"domainName": "a.example.com", "certificateArn": "arn:aws:acm:us-east-1:111111111111:certificate/c"}),
        ),
        (
            "CreateVpcLink",
            json!({"name": "l", "targetArns": ["arn:aws:elasticloadbalancing:us-east-1:111111111111:loadbalancer/net/a/b"]}),
        ),
        ("GenerateClientCertificate", json!({})),
    ] {
        bed.ok(operation, input);
    }
    let private = bed.ok(
        "CreateDomainName",
        json!({"domainName": "b.example.com", "certificateArn": "arn:aws:acm:us-east-1:111111111111:certificate/c",
            "endpointConfiguration": {"types": ["PRIVATE"]}}),
    );
    bed.ok(
        "CreateDomainNameAccessAssociation",
        json!({"domainNameArn": private["domainNameArn"], "accessAssociationSource": "vpce-1", "accessAssociationSourceType": "VPCE"}),
    );
    let plan = text(&bed.ok("CreateUsagePlan", json!({"name": "p"}))["id"]);
    for name in ["one", "two"] {
        let key = bed.ok("CreateApiKey", json!({"name": name}))["id"].clone();
        bed.ok(
            "CreateUsagePlanKey",
            json!({"usageplanId": plan, "keyId": key, "keyType": "API_KEY"}),
        );
    }
    (bed, api)
}

fn import(bed: &Bed, text: &str) -> Result<usize, String> {
    let imported = bed.runtime.block_on(bed.service.import_state(text));
    imported
        .map(|imported| imported.rest_apis)
        .map_err(|error| format!("{} {}: {}", error.status, error.code, error.message))
}

#[test]
fn a_state_moves_whole() {
    let (bed, api) = full();
    let file = bed.service.export_state().unwrap();
    let read: Value = serde_json::from_str(&file).unwrap();
    let entries = read["regions"]["us-east-1"].as_array().unwrap();
    // Who adds a kind of row adds it to the file.
    for kind in KINDS {
        assert!(entries.iter().any(|entry| entry["kind"] == *kind), "{kind}");
    }
    let folder = tempfile::tempdir().unwrap();
    {
        let (store, rows) = Store::open(&Location::Folder(folder.path().to_owned())).unwrap();
        let other = Bed::over(store, &rows);
        assert_eq!(import(&other, &file), Ok(1));
        assert_eq!(other.served(&api, "dev"), bed.served(&api, "dev"));
        assert_eq!(other.memberships(), bed.memberships());
        assert_eq!(other.service.export_state().unwrap(), file);
        // It goes on as the other would have: new entities come after the old ones.
        other.ok("CreateApiKey", json!({"name": "three"}));
        let names = other.ok("GetApiKeys", json!({}));
        let names: Vec<&Value> = names["item"]
            .as_array()
            .unwrap()
            .iter()
            .map(|k| &k["name"])
            .collect();
        assert_eq!(names, ["three", "two", "one"]);
        assert!(
            import(&other, &file)
                .unwrap_err()
                .starts_with("409 ConflictException")
        );
    }
    let (store, rows) = Store::open(&Location::Folder(folder.path().to_owned())).unwrap();
    let again = Bed::over(store, &rows);
    assert_eq!(again.served(&api, "dev"), bed.served(&api, "dev"));
}

#[test]
fn what_is_no_state_is_refused_and_changes_nothing() {
    let (bed, _) = full();
    let file: Value = serde_json::from_str(&bed.service.export_state().unwrap()).unwrap();
    let with = |change: &dyn Fn(&mut Value)| {
        let mut file = file.clone();
        change(&mut file);
        file.to_string()
    };
    let entry = |name: &'static str, value: &'static str| {
        with(&move |file| file["regions"]["us-east-1"][0][name] = value.into())
    };
    let empty = Bed::new();
    for (text, says) in [
        ("x".to_owned(), "expected value"),
        ("{}".to_owned(), "missing field"),
        (with(&|file| file["format"] = "x".into()), "its format is"),
        (with(&|file| file["version"] = 2.into()), "update Sluice"),
        (
            with(&|file| file["account"] = "222222222222".into()),
            "--account 222222222222",
        ),
        (entry("kind", "cloud"), "cloud is no kind"),
        (entry("value", "x"), "can't be read"),
        (entry("key", "other"), "belongs to no API"),
    ] {
        let refused = import(&empty, &text).unwrap_err();
        assert!(refused.starts_with("400 BadRequestException"), "{refused}");
        assert!(refused.contains(says), "{refused}");
    }
    assert_eq!(empty.ok("GetRestApis", json!({})), json!({"item": []}));
}
