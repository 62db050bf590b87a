//! Custom domain names and base path mappings. Nothing of them is recorded.

use serde_json::{Value, json};

use super::Bed;

const EDGE: &str = "arn:aws:acm:us-east-1:111111111111:certificate/c";
const ELSEWHERE: &str = "arn:aws:acm:eu-west-1:111111111111:certificate/c";

fn regional(name: &str) -> Value {
    json!({
        "domainName": name, "regionalCertificateArn": EDGE,
        "endpointConfiguration": {"types": ["REGIONAL"]},
    })
}

#[test]
fn domains_are_made_changed_and_deleted() {
    let bed = Bed::new();
    let made = bed.ok(
        "CreateDomainName",
        json!({"domainName": "Api.Example.com", "certificateArn": EDGE}),
    );
    assert_eq!(made["domainName"], "api.example.com");
    assert_eq!(made["distributionHostedZoneId"], "Z2FDTNDATAQYW2");
    assert!(
        made["distributionDomainName"]
            .as_str()
            .unwrap()
            .ends_with(".cloudfront.net")
    );
    assert_eq!(
        made["endpointConfiguration"],
        json!({"types": ["EDGE"], "ipAddressType": "ipv4"})
    );
    assert_eq!(made["domainNameStatus"], "AVAILABLE");
    assert_eq!(made["securityPolicy"], "TLS_1_2");
    let of = || json!({"domain_name": "api.example.com"});
    assert_eq!(bed.ok("GetDomainName", of()), made);
    // From edge to regional: both for a while.
    let both = [
        ("add", "/endpointConfiguration/types", "REGIONAL"),
        ("add", "/regionalCertificateArn", EDGE),
    ];
    let both = bed.patched("UpdateDomainName", of(), &both);
    assert!(
        both["regionalDomainName"]
            .as_str()
            .unwrap()
            .ends_with(".execute-api.us-east-1.amazonaws.com")
    );
    assert_eq!(both["regionalHostedZoneId"], "Z1UJRXOUMOOFQ8");
    let moved = bed.patched(
        "UpdateDomainName",
        of(),
        &[("remove", "/endpointConfiguration/types/EDGE", "")],
    );
    assert_eq!(moved["endpointConfiguration"]["types"], json!(["REGIONAL"]));
    assert_eq!(
        (&moved["certificateArn"], &moved["distributionDomainName"]),
        (&Value::Null, &Value::Null)
    );
    bed.ok("CreateDomainName", regional("b.example.com"));
    let listed = bed.ok("GetDomainNames", json!({}));
    assert_eq!(listed["item"].as_array().unwrap().len(), 2);
    bed.ok("DeleteDomainName", of());
    let gone = "404 NotFoundException: Invalid domain name identifier specified";
    assert_eq!(bed.refused("GetDomainName", of()), gone);
}

#[test]
fn domains_that_break_a_rule_are_refused() {
    let bed = Bed::new();
    bed.ok("CreateDomainName", regional("a.example.com"));
    let with = |name: &str, value: Value| {
        let mut domain = regional("b.example.com");
        domain[name] = value;
        domain
    };
    let cases = [
        (
            regional("a.example.com"),
            "The domain name you provided already exists.",
        ),
        (regional("*.example.x_y"), "Invalid domain name"),
        (regional("localhost"), "Invalid domain name"),
        (regional("127.0.0.1"), "Invalid domain name"),
        (
            json!({"domainName": "b.example.com", "certificateArn": ELSEWHERE}),
            "Certificate must be in 'us-east-1'.",
        ),
        (
            with("regionalCertificateArn", json!(ELSEWHERE)),
            "Certificate must be in 'us-east-1'.",
        ),
        (
            with("regionalCertificateArn", json!("x")),
            "Invalid certificate ARN: x.",
        ),
        (
            with("regionalCertificateArn", json!("")),
            "give regionalCertificateArn",
        ),
        (
            with(
                "mutualTlsAuthentication",
                json!({"truststoreUri": "s3://a/b"}),
            ),
            "Sluice can't serve mutual TLS yet",
        ),
        (
            with("endpointConfiguration", json!({"types": ["PRIVATE"]})),
            "private custom domain names yet",
        ),
        (
            with("routingMode", json!("ROUTING_RULE_ONLY")),
            "Sluice can't serve routing rules yet",
        ),
    ];
    for (input, expected) in cases {
        let got = bed.refused("CreateDomainName", input);
        assert!(
            got.starts_with("400 BadRequestException") && got.contains(expected),
            "{got}"
        );
    }
}

#[test]
fn base_paths_are_mapped_to_stages() {
    let bed = Bed::new();
    let (api, _, deployment) = bed.deployed();
    let stage = json!({"restapi_id": api, "stageName": "dev", "deploymentId": deployment});
    bed.ok("CreateStage", stage);
    bed.ok("CreateDomainName", regional("a.example.com"));
    let create = |more: Value| {
        let mut input = json!({"domain_name": "a.example.com", "restApiId": api});
        input
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        input
    };
    let of = |base: &str| json!({"domain_name": "a.example.com", "base_path": base});
    assert_eq!(
        bed.ok("CreateBasePathMapping", create(json!({"stage": "dev"}))),
        json!({"basePath": "(none)", "restApiId": api, "stage": "dev"})
    );
    bed.ok("CreateBasePathMapping", create(json!({"basePath": "v1"})));
    assert_eq!(
        bed.ok("GetBasePathMapping", of("v1")),
        json!({"basePath": "v1", "restApiId": api})
    );
    let patch = [("replace", "/basePath", "v2"), ("replace", "/stage", "dev")];
    let patched = bed.patched("UpdateBasePathMapping", of("v1"), &patch);
    assert_eq!(
        patched,
        json!({"basePath": "v2", "restApiId": api, "stage": "dev"})
    );
    let listed = bed.ok(
        "GetBasePathMappings",
        json!({"domain_name": "a.example.com"}),
    );
    assert_eq!(listed["item"].as_array().unwrap().len(), 2);
    let target = bed.gateway.target(Some("a.example.com"), "/v2/x").unwrap();
    assert_eq!(
        (target.api("", ""), target.stage(""), target.path("/v2/x")),
        (api.as_str(), "dev", "/x")
    );

    let cases = [
        (
            json!({"basePath": "v2"}),
            "409 ConflictException: Base path already exists for this domain name",
        ),
        (
            json!({"basePath": "a/b"}),
            "400 BadRequestException: API Gateway V1 doesn't support the slash character (/) in base path mappings. To create a multi-level base path mapping, use API Gateway V2.",
        ),
        (
            json!({"basePath": "x", "stage": "no"}),
            "400 BadRequestException: Invalid stage identifier specified",
        ),
        (
            json!({"basePath": "x", "restApiId": "no"}),
            "400 BadRequestException: Invalid REST API identifier specified",
        ),
    ];
    for (more, expected) in cases {
        assert_eq!(bed.refused("CreateBasePathMapping", create(more)), expected);
    }
    let gone = "404 NotFoundException: Invalid base path mapping identifier specified";
    assert_eq!(bed.refused("GetBasePathMapping", of("v1")), gone);
    let delete = || json!({"restapi_id": api});
    assert_eq!(
        bed.refused("DeleteRestApi", delete()),
        format!(
            "400 BadRequestException: Deleting RestApi {api} failed. Please remove all base path mappings related to the RestApi in your domains: a.example.com"
        )
    );
    assert_eq!(
        bed.refused(
            "DeleteStage",
            json!({"restapi_id": api, "stage_name": "dev"})
        ),
        "400 BadRequestException: Deleting stage dev failed. Please remove all base path mappings related to the stage in your domains: a.example.com"
    );
    bed.ok("DeleteBasePathMapping", of("v2"));
    bed.ok("DeleteDomainName", json!({"domain_name": "a.example.com"}));
    bed.ok("DeleteRestApi", delete());
}
