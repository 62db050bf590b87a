//! Custom domain names and base path mappings. Nothing of them is recorded.

use std::sync::Arc;

use serde_json::{Value, json};

use super::Bed;
use crate::engine::store::Store;

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
    assert_eq!(made["domainName"], "Api.Example.com");
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
fn a_certificate_may_be_uploaded_to_an_edge_domain() {
    let bed = Bed::new();
    let upload = json!({
        "domainName": "testDomain", "certificateName": "n", "certificateBody": "b", "certificatePrivateKey": "k",
        "certificateChain": "c",
    });
    let made = bed.ok("CreateDomainName", upload.clone());
    assert_eq!(
        (
            &made["domainName"],
            &made["certificateName"],
            made.get("certificateArn")
        ),
        (&json!("testDomain"), &json!("n"), None)
    );
    assert!(made["certificateUploadDate"].is_number());
    assert_eq!(
        bed.ok("GetDomainName", json!({"domain_name": "TESTDOMAIN"})),
        made
    );
    assert_eq!(
        bed.refused(
            "CreateDomainName",
            json!({"domainName": "TestDomain", "certificateName": "n"})
        ),
        "400 BadRequestException: The domain name you provided already exists."
    );
    bed.ok("DeleteDomainName", json!({"domain_name": "testdomain"}));
    assert_eq!(bed.ok("GetDomainNames", json!({})), json!({"item": []}));
    let nameless = json!({"domainName": "b.example.com", "certificateBody": "b"});
    assert!(
        bed.refused("CreateDomainName", nameless)
            .contains("needs a certificateName")
    );
    let none = json!({"domainName": "b.example.com"});
    assert!(
        bed.refused("CreateDomainName", none)
            .contains("A certificate was not provided")
    );
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
        (regional("*.com"), "Invalid domain name"),
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
            "start Sluice with --truststore s3://a/b=FILE",
        ),
        (
            with(
                "mutualTlsAuthentication",
                json!({"truststoreUri": "/etc/passwd"}),
            ),
            "Invalid truststore URI",
        ),
        (
            with("endpointConfiguration", json!({"types": ["PRIVATE"]})),
            "give certificateArn",
        ),
        (
            with("policy", json!("{}")),
            "with the endpoint type PRIVATE only",
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

/// A certificate that signs itself, as PEM.
fn certificate(name: &str) -> String {
    let mut params = rcgen::CertificateParams::default();
    params
        .distinguished_name
        .push(rcgen::DnType::CommonName, name);
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = rcgen::KeyPair::generate().unwrap();
    params.self_signed(&key).unwrap().pem()
}

#[test]
fn a_truststore_counts_as_it_was_when_its_domain_was_changed_last() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let (first, second) = (certificate("first"), certificate("second"));
    std::fs::write(file.path(), &first).unwrap();
    let bed = Bed::with(Store::memory(), &[], |deps| {
        let text = format!("s3://trust/store.pem={}", file.path().display());
        deps.truststores.add(&text).unwrap();
    });
    let mut domain = regional("a.example.com");
    domain["mutualTlsAuthentication"] = json!({"truststoreUri": "s3://trust/store.pem"});
    let made = bed.ok("CreateDomainName", domain.clone());
    let mutual = json!({"truststoreUri": "s3://trust/store.pem"});
    assert_eq!(made["mutualTlsAuthentication"], mutual);
    let of = || json!({"domain_name": "a.example.com"});
    let kept = || {
        let state = bed.service.state.load();
        let domain = Arc::clone(&state[super::REGION].domains["a.example.com"].entity);
        domain.truststore.clone()
    };
    std::fs::write(file.path(), &second).unwrap();
    bed.patched(
        "UpdateDomainName",
        of(),
        &[("replace", "/routingMode", "BASE_PATH_MAPPING_ONLY")],
    );
    assert_eq!(kept(), Some(first));
    let version = ("replace", "/mutualTlsAuthentication/truststoreVersion", "2");
    let patched = bed.patched("UpdateDomainName", of(), &[version]);
    assert_eq!(
        patched["mutualTlsAuthentication"]["truststoreVersion"],
        json!("2")
    );
    assert_eq!(kept(), Some(second));
    // Certificates that can't be read are told, and the others count.
    let mixed = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    std::fs::write(file.path(), mixed.to_owned() + &certificate("third")).unwrap();
    let patched = bed.patched("UpdateDomainName", of(), &[version]);
    let warnings = &patched["mutualTlsAuthentication"]["truststoreWarnings"];
    assert_eq!(warnings, &json!(["Certificate 1 can't be read."]));
    std::fs::write(file.path(), "nothing").unwrap();
    let refused = bed.patch_refused("UpdateDomainName", of(), &[version]);
    assert!(refused.contains("Invalid truststore"), "{refused}");
    let off = ("replace", "/mutualTlsAuthentication/truststoreUri", "");
    let patched = bed.patched("UpdateDomainName", of(), &[off]);
    assert_eq!(patched["mutualTlsAuthentication"], Value::Null);
    assert_eq!(kept(), None);
    // Not of what can't have it.
    domain["domainName"] = json!("b.example.com");
    domain["securityPolicy"] = json!("TLS_1_0");
    let refused = bed.refused("CreateDomainName", domain);
    assert!(
        refused.contains("Mutual TLS requires the endpoint type REGIONAL"),
        "{refused}"
    );
}

#[test]
fn private_domains_are_associated_with_vpc_endpoints() {
    let bed = Bed::new();
    let policy = json!({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}]});
    let private = json!({
        "domainName": "a.example.com", "certificateArn": EDGE, "policy": policy.to_string(),
        "endpointConfiguration": {"types": ["PRIVATE"]},
    });
    let made = bed.ok("CreateDomainName", private);
    let id = made["domainNameId"].as_str().unwrap().to_owned();
    let arn = format!("arn:aws:apigateway:us-east-1:111111111111:/domainnames/a.example.com+{id}");
    assert_eq!(made["domainNameArn"], arn);
    assert_eq!(
        made["endpointConfiguration"],
        json!({"types": ["PRIVATE"], "ipAddressType": "dualstack"})
    );
    assert_eq!(made["regionalDomainName"], Value::Null);
    let policy: Value = serde_json::from_str(made["policy"].as_str().unwrap()).unwrap();
    let about =
        format!("arn:aws:execute-api:us-east-1:111111111111:/domainnames/a.example.com+{id}");
    assert_eq!(policy["Statement"][0]["Resource"], about);
    let of = |id: &str| json!({"domain_name": "a.example.com", "domainNameId": id});
    assert_eq!(bed.ok("GetDomainName", of(&id)), made);
    let gone = "404 NotFoundException: Invalid domain name identifier specified";
    assert_eq!(bed.refused("GetDomainName", of("other")), gone);

    let associate = |arn: &str, source: &str| json!({"domainNameArn": arn, "accessAssociationSource": source, "accessAssociationSourceType": "VPCE"});
    let association = bed.ok(
        "CreateDomainNameAccessAssociation",
        associate(&arn, "vpce-1a"),
    );
    let own = "arn:aws:apigateway:us-east-1:111111111111:/domainnameaccessassociations/domainname/a.example.com/vpcesource/vpce-1a";
    assert_eq!(
        association,
        json!({
            "domainNameAccessAssociationArn": own, "domainNameArn": arn,
            "accessAssociationSourceType": "VPCE", "accessAssociationSource": "vpce-1a",
        })
    );
    for (input, expected) in [
        (associate(&arn, "vpce-1a"), "409 ConflictException"),
        (associate(&arn, "vpc-1"), "400 BadRequestException"),
        (associate("x", "vpce-1"), "400 BadRequestException"),
        (associate(&arn[..arn.len() - 1], "vpce-1"), gone),
    ] {
        let refused = bed.refused("CreateDomainNameAccessAssociation", input);
        assert!(refused.starts_with(expected), "{refused}");
    }
    let list = |owner: &str| {
        let listed = bed.ok(
            "GetDomainNameAccessAssociations",
            json!({"resourceOwner": owner}),
        );
        listed["item"].as_array().unwrap().len()
    };
    assert_eq!((list("SELF"), list("OTHER_ACCOUNTS")), (1, 0));
    bed.ok(
        "TagResource",
        json!({"resource_arn": own, "tags": {"a": "b"}}),
    );
    let tags = bed.ok("GetTags", json!({"resource_arn": own}));
    assert_eq!(tags, json!({"tags": {"a": "b"}}));

    let rejected = |arn: &str| json!({"domainNameAccessAssociationArn": own, "domainNameArn": arn});
    let refused = bed.refused("RejectDomainNameAccessAssociation", rejected("other"));
    assert!(refused.starts_with("400 BadRequestException"), "{refused}");
    let refused = bed.refused(
        "RejectDomainNameAccessAssociation",
        rejected(&arn[..arn.len() - 1]),
    );
    assert_eq!(refused, gone);
    bed.ok("RejectDomainNameAccessAssociation", rejected(&arn));
    let by = || json!({"domain_name_access_association_arn": own});
    let refused = bed.refused("DeleteDomainNameAccessAssociation", by());
    assert!(refused.starts_with("404 NotFoundException"), "{refused}");
    let again = || associate(&arn, "vpce-1a");
    bed.ok("CreateDomainNameAccessAssociation", again());
    bed.ok("DeleteDomainNameAccessAssociation", by());
    bed.ok("CreateDomainNameAccessAssociation", again());
    // They go with their domain, and public APIs don't come by it.
    let (api, ..) = bed.deployed();
    let mapping = json!({"domain_name": "a.example.com", "restApiId": api});
    let refused = bed.refused("CreateBasePathMapping", mapping);
    assert!(refused.contains("map to private APIs"), "{refused}");
    bed.ok("DeleteDomainName", of(&id));
    assert_eq!(list("SELF"), 0);
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
