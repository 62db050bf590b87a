//! How many there may be, and how often one may ask.

use std::time::Duration;

use serde_json::json;

use super::{Bed, Quotas, text};
use crate::engine::store::Store;

/// Quotas of one or none, so that the second is too many.
fn tight() -> Bed {
    Bed::with(Store::memory(), &[], |deps| {
        deps.quotas = Quotas {
            edge_apis: 1,
            regional_apis: 1,
            private_apis: 0,
            resources_per_api: 2,
            stages_per_api: 1,
            authorizers_per_api: 1,
            request_validators_per_api: 1,
            documentation_parts_per_api: 1,
            api_keys: 1,
            usage_plans: 2,
            usage_plans_per_api_key: 1,
            client_certificates: 1,
            vpc_links: 1,
            domain_names: 1,
            domain_name_access_associations: 0,
        };
    })
}

#[test]
fn each_quota_is_enforced() {
    let bed = tight();
    let reached = |what: &str, of: &str| {
        format!(
            "429 LimitExceededException: Maximum number of {what}{of} has been reached.  Please contact AWS if you need additional {what}."
        )
    };
    let (api, root, deployment) = bed.deployed();
    bed.resource(&api, &root, "one");
    let regional = json!({"name": "r", "endpointConfiguration": {"types": ["REGIONAL"]}});
    let authorizer = |name: &str| json!({"restapi_id": api, "name": name, "type": "COGNITO_USER_POOLS", "providerARNs": ["arn:p"]});
    let validator = |name: &str| json!({"restapi_id": api, "name": name});
    let part = |path: &str| json!({"restapi_id": api, "location": {"type": "RESOURCE", "path": path}, "properties": "{\"a\": 1}"});
    let link = json!({"name": "l", "targetArns": ["arn:aws:elasticloadbalancing:us-east-1:111111111111:loadbalancer/net/a/b"]});
    let domain = |name: &str| json!({"domainName": name, "certificateArn": "arn:aws:acm:us-east-1:111111111111:certificate/c"});
    let stage =
        |name: &str| json!({"restapi_id": api, "stageName": name, "deploymentId": deployment});
    for (operation, first, second, what, of) in [
        ("CreateRestApi", regional.clone(), regional, "APIs", ""),
        (
            "CreateStage",
            stage("a"),
            stage("b"),
            "Stages",
            " for this API",
        ),
        (
            "CreateAuthorizer",
            authorizer("a"),
            authorizer("b"),
            "Authorizers",
            " for this API",
        ),
        (
            "CreateRequestValidator",
            validator("a"),
            validator("b"),
            "Request Validators",
            " for this API",
        ),
        (
            "CreateDocumentationPart",
            part("/"),
            part("/one"),
            "Documentation Parts",
            " for this API",
        ),
        ("CreateApiKey", json!({}), json!({}), "API Keys", ""),
        (
            "GenerateClientCertificate",
            json!({}),
            json!({}),
            "Client Certificates",
            "",
        ),
        ("CreateVpcLink", link.clone(), link, "VPC Links", ""),
        (
            "CreateDomainName",
            domain("a.example.com"),
            domain("b.example.com"),
            "Domain Names",
            "",
        ),
    ] {
        bed.ok(operation, first);
        assert_eq!(
            bed.refused(operation, second),
            reached(what, of),
            "{operation}"
        );
    }
    let edge = bed.ask("CreateRestApi", &json!({"name": "second"}));
    assert_eq!(edge.body["message"], reached("APIs", "")[28..]);
    assert!(edge.headers.contains_key("retry-after"));
    let third = json!({"restapi_id": api, "parent_id": root, "pathPart": "two"});
    assert_eq!(
        bed.refused("CreateResource", third),
        reached("Resources", " for this API")
    );

    // What is there already is updated, however full it is.
    let key = bed.ok("GetApiKeys", json!({"includeValues": true}))["item"][0].clone();
    let file = |value: &str| json!({"format": "csv", "body": format!("name,key\nk,{value}")});
    bed.ok("ImportApiKeys", file(key["value"].as_str().unwrap()));
    assert_eq!(
        bed.refused("ImportApiKeys", file(&"v".repeat(30))),
        reached("API Keys", "")
    );
    let key = key["id"].clone();
    let join = |plan: &str| json!({"usageplanId": plan, "keyId": key, "keyType": "API_KEY"});
    let plan = |name: &str| text(&bed.ok("CreateUsagePlan", json!({"name": name}))["id"]);
    let (first, second) = (plan("one"), plan("two"));
    bed.ok("CreateUsagePlanKey", join(&first));
    let refused = bed.refused("CreateUsagePlanKey", join(&second));
    assert_eq!(refused, reached("Usage Plans", " for this API Key"));
    let refused = bed.refused("CreateUsagePlan", json!({"name": "three"}));
    assert_eq!(refused, reached("Usage Plans", ""));
}

#[test]
fn rates_are_enforced_when_asked_for() {
    let bed = Bed::with(Store::memory(), &[], |deps| deps.enforce_rates = true);
    let (api, root) = bed.api();
    // An edge API takes thirty seconds to be allowed again, a regional one has a rate of its own.
    let refused = bed.ask("CreateRestApi", &json!({"name": "edge"}));
    assert_eq!(
        (
            refused.status,
            refused.code.as_str(),
            &refused.body["message"]
        ),
        (429, "TooManyRequestsException", &"Too Many Requests".into())
    );
    assert_eq!(refused.headers["retry-after"], "30");
    bed.ok(
        "CreateRestApi",
        json!({"name": "r", "endpointConfiguration": {"types": ["REGIONAL"]}}),
    );
    bed.clock.advance(Duration::from_secs(30));
    bed.ok("CreateRestApi", json!({"name": "edge"}));

    bed.mock(&api, &root, "GET");
    bed.ok("CreateDeployment", json!({"restapi_id": api}));
    bed.clock.advance(Duration::from_secs(2));
    let refused = bed.ask("CreateDeployment", &json!({"restapi_id": api}));
    assert_eq!(refused.headers["retry-after"], "3");
    bed.clock.advance(Duration::from_secs(3));
    bed.ok("CreateDeployment", json!({"restapi_id": api}));

    // Forty calls at once, whatever they are.
    bed.clock.advance(Duration::from_mins(1));
    for _ in 0..40 {
        bed.ok("GetAccount", json!({}));
    }
    assert_eq!(bed.ask("GetAccount", &json!({})).status, 429);
    bed.clock.advance(Duration::from_millis(100));
    bed.ok("GetAccount", json!({}));
    assert_eq!(bed.ask("GetAccount", &json!({})).status, 429);
}
