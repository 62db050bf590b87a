//! Tags on everything that takes them.

use serde_json::{Value, json};

use super::{Bed, text};

/// The ARN of everything taggable, with the operation that reads it and its input.
fn taggable(bed: &Bed) -> Vec<(String, &'static str, Value)> {
    let (api, _, deployment) = bed.deployed();
    bed.ok(
        "CreateStage",
        json!({"restapi_id": api, "stageName": "dev", "deploymentId": deployment}),
    );
    let key = text(&bed.ok("CreateApiKey", json!({}))["id"]);
    let plan = text(&bed.ok("CreateUsagePlan", json!({"name": "p"}))["id"]);
    let domain = json!({"domainName": "a.example.com", "certificateArn": "arn:aws:acm:us-east-1:111111111111:certificate/c"});
    bed.ok("CreateDomainName", domain);
    let link = json!({"name": "l", "targetArns": ["arn:aws:elasticloadbalancing:us-east-1:111111111111:loadbalancer/net/a/b"]});
    let link = text(&bed.ok("CreateVpcLink", link)["id"]);
    let certificate = bed.ok("GenerateClientCertificate", json!({}));
    let certificate = text(&certificate["clientCertificateId"]);
    [
        (
            format!("restapis/{api}"),
            "GetRestApi",
            json!({"restapi_id": api}),
        ),
        (
            format!("restapis/{api}/stages/dev"),
            "GetStage",
            json!({"restapi_id": api, "stage_name": "dev"}),
        ),
        (
            format!("apikeys/{key}"),
            "GetApiKey",
            json!({"api_Key": key}),
        ),
        (
            format!("usageplans/{plan}"),
            "GetUsagePlan",
            json!({"usageplanId": plan}),
        ),
        (
            "domainnames/a.example.com".to_owned(),
            "GetDomainName",
            json!({"domain_name": "a.example.com"}),
        ),
        (
            format!("vpclinks/{link}"),
            "GetVpcLink",
            json!({"vpclink_id": link}),
        ),
        (
            format!("clientcertificates/{certificate}"),
            "GetClientCertificate",
            json!({"clientcertificate_id": certificate}),
        ),
    ]
    .map(|(path, read, of)| (format!("arn:aws:apigateway:us-east-1::/{path}"), read, of))
    .into()
}

#[test]
fn everything_taggable_shows_its_tags() {
    let bed = Bed::new();
    for (arn, read, of) in taggable(&bed) {
        let target = || json!({"resource_arn": arn});
        let tag = |tags: Value| json!({"resource_arn": arn, "tags": tags});
        assert_eq!(bed.ok("GetTags", target()), json!({"tags": {}}), "{arn}");
        let tagged = bed.ask("TagResource", &tag(json!({"a": "1", "b": "2"})));
        assert_eq!((tagged.status, &tagged.body), (204, &json!({})), "{arn}");
        bed.ok("TagResource", tag(json!({"b": "3", "größe": "x y@z"})));
        let want = json!({"a": "1", "b": "3", "größe": "x y@z"});
        assert_eq!(bed.ok("GetTags", target()), json!({"tags": want}), "{arn}");
        assert_eq!(bed.ok(read, of.clone())["tags"], want, "{arn}");
        let untag = json!({"resource_arn": arn, "tagKeys": ["a", "größe", "nothere"]});
        assert_eq!(bed.ask("UntagResource", &untag).status, 204, "{arn}");
        assert_eq!(bed.ok(read, of.clone())["tags"], json!({"b": "3"}), "{arn}");
    }
}

#[test]
fn tags_that_break_a_rule_are_refused_everywhere() {
    let bed = Bed::new();
    let many: Value = (0..51)
        .map(|n| (format!("k{n}"), json!("")))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let cases = [
        (
            json!({"aws:a": "b"}),
            "Invalid tag key. Tag keys cannot start with 'aws:' (case insensitive)",
        ),
        (
            json!({"AWS:a": "b"}),
            "Invalid tag key. Tag keys cannot start with 'aws:' (case insensitive)",
        ),
        (json!({"": "b"}), "Invalid tag key ''."),
        (json!({("k".repeat(129)): "b"}), "Invalid tag key 'kkk"),
        (json!({"a<b": "b"}), "Invalid tag key 'a<b'."),
        (
            json!({"a": "b".repeat(257)}),
            "Invalid value of the tag 'a'.",
        ),
        (json!({"a": "b;c"}), "Invalid value of the tag 'a'."),
        (
            many,
            "A resource can have at most 50 tags, but this one would have 51",
        ),
    ];
    let things = taggable(&bed);
    for (tags, text) in &cases {
        let want = format!("400 BadRequestException: {text}");
        for (arn, read, of) in &things {
            let found = bed.refused("TagResource", json!({"resource_arn": arn, "tags": tags}));
            assert!(found.starts_with(&want), "{arn}: {found}");
            let held = bed.ok(read, of.clone())["tags"].clone();
            assert!(held.is_null() || held == json!({}), "{arn}: {held}");
        }
        for (operation, more) in [
            ("CreateRestApi", json!({"name": "n"})),
            ("CreateApiKey", json!({})),
            ("CreateUsagePlan", json!({"name": "n"})),
            ("GenerateClientCertificate", json!({})),
        ] {
            let mut input = more;
            input["tags"] = tags.clone();
            let found = bed.refused(operation, input);
            assert!(found.starts_with(&want), "{operation}: {found}");
        }
    }
    let longest = json!({("k".repeat(128)): "v".repeat(256)});
    bed.ok("CreateApiKey", json!({"tags": longest}));
}

#[test]
fn arns_that_name_nothing_are_refused() {
    let bed = Bed::new();
    for (path, want) in [
        (
            "restapis/x",
            "404 NotFoundException: Invalid API identifier specified 111111111111:x",
        ),
        (
            "restapis/x/stages/dev",
            "404 NotFoundException: Invalid API identifier specified 111111111111:x",
        ),
        (
            "apikeys/x",
            "404 NotFoundException: Invalid API Key identifier specified",
        ),
        (
            "usageplans/x",
            "404 NotFoundException: Invalid Usage Plan ID specified",
        ),
        (
            "domainnames/x.y",
            "404 NotFoundException: Invalid domain name identifier specified",
        ),
        (
            "vpclinks/x",
            "404 NotFoundException: Invalid Vpc Link identifier specified",
        ),
        (
            "clientcertificates/x",
            "404 NotFoundException: Invalid Client Certificate identifier specified",
        ),
        (
            "colours/x",
            "400 BadRequestException: Invalid ARN. ARN is not well formed arn:aws:apigateway:us-east-1::/colours/x",
        ),
    ] {
        let arn = format!("arn:aws:apigateway:us-east-1::/{path}");
        for (operation, more) in [
            ("GetTags", json!({})),
            ("TagResource", json!({"tags": {"a": "b"}})),
            ("UntagResource", json!({"tagKeys": ["a"]})),
        ] {
            let mut input = more;
            input["resource_arn"] = arn.as_str().into();
            assert_eq!(bed.refused(operation, input), want, "{operation} {arn}");
        }
    }
    assert_eq!(
        bed.refused("GetTags", json!({"resource_arn": "x"})),
        "400 BadRequestException: Invalid ARN. ARN is not well formed x"
    );
}
