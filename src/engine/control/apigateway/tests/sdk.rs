//! SDK types, and the JavaScript SDK's archive. That it works is proven with Node in `tests/clients`.

use serde_json::json;

use super::Bed;

#[test]
fn the_types_are_awss() {
    let bed = Bed::new();
    let types = bed.ok("GetSdkTypes", json!({}));
    let ids: Vec<&str> = types["item"]
        .as_array()
        .unwrap()
        .iter()
        .map(|of| of["id"].as_str().unwrap())
        .collect();
    assert_eq!(
        ids,
        [
            "android",
            "java",
            "javascript",
            "objectivec",
            "ruby",
            "swift"
        ]
    );
    let ruby = bed.ok("GetSdkType", json!({"sdktype_id": "ruby"}));
    let properties = ruby["configurationProperties"].as_array().unwrap();
    assert_eq!(properties[0]["name"], "service.name");
    assert_eq!(properties[0]["required"], true);
    assert_eq!(properties[2]["defaultValue"], "1.0.0");
    assert!(
        bed.refused("GetSdkType", json!({"sdktype_id": "cobol"}))
            .starts_with("404 NotFoundException")
    );
}

#[test]
fn an_sdk_is_an_archive_of_what_is_deployed() {
    let bed = Bed::new();
    let (api, _, deployment) = bed.deployed();
    bed.ok(
        "CreateStage",
        json!({"restapi_id": api, "stageName": "dev", "deploymentId": deployment}),
    );
    let at =
        |of: &str, stage: &str| json!({"restapi_id": api, "stage_name": stage, "sdk_type": of});
    let answered = bed.ask("GetSdk", &at("javascript", "dev"));
    assert_eq!(answered.status, 200, "{answered:?}");
    assert_eq!(answered.headers["content-type"], "application/octet-stream");
    assert_eq!(
        answered.headers["content-disposition"],
        "attachment; filename=\"javascript_2026-01-02T03-04-05Z.zip\""
    );
    let archive = answered.body.as_str().unwrap();
    assert!(archive.starts_with("PK"));
    for found in [
        "apiGateway-js-sdk/apigClient.js",
        "apiGateway-js-sdk/README.md",
        "apiGateway-js-sdk/lib/apiGatewayCore/sigV4Client.js",
        r#"define("rootGet", "GET", "/", {"path":[],"headers":[],"query":[],"required":[]});"#,
    ] {
        assert!(archive.contains(found), "{found}");
    }
    assert!(archive.contains(&format!("http://127.0.0.1:4566/_aws/execute-api/{api}/dev")));

    for (of, stage, starts) in [
        (
            "javascript",
            "no",
            "404 NotFoundException: Invalid stage identifier specified",
        ),
        (
            "cobol",
            "dev",
            "400 BadRequestException: Invalid SDK type 'cobol'",
        ),
        (
            "swift",
            "dev",
            "400 BadRequestException: Missing required SDK configuration property 'classPrefix'",
        ),
    ] {
        let refused = bed.refused("GetSdk", at(of, stage));
        assert!(refused.starts_with(starts), "{refused}");
    }
    let mut swift = at("swift", "dev");
    swift["parameters"] = json!({"classPrefix": "Pet"});
    assert!(bed.refused("GetSdk", swift).contains("GetExport"));
}
