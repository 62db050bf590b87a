//! Recording: `vpc-link`.

use serde_json::{Value, json};

use super::{Bed, at, text};

const ARN: &str =
    "arn:aws:elasticloadbalancing:us-east-1:111111111111:loadbalancer/net/my-nlb/0123456789abcdef";

#[test]
fn links_live_as_recorded() {
    let bed = Bed::new();
    let made = bed.ask(
        "CreateVpcLink",
        &json!({"name": "link", "targetArns": [ARN]}),
    );
    assert_eq!(made.status, 202);
    let id = made.body["id"].clone();
    assert_eq!(
        made.body,
        json!({"id": id, "name": "link", "status": "PENDING", "targetArns": [ARN]})
    );
    let of = json!({"vpclink_id": id});
    let mut available = made.body.clone();
    available["status"] = json!("AVAILABLE");
    available["statusMessage"] = json!("Your vpc link is ready for use");
    assert_eq!(bed.ok("GetVpcLinks", json!({}))["item"], json!([available]));
    available["tags"] = json!({});
    assert_eq!(bed.ok("GetVpcLink", of.clone()), available);
    available["name"] = json!("link-updated");
    let updated = bed.patched(
        "UpdateVpcLink",
        of.clone(),
        &[("replace", "/name", "link-updated")],
    );
    assert_eq!(updated, available);
    assert_eq!(bed.ask("DeleteVpcLink", &of).status, 202);
    assert_eq!(
        bed.refused("DeleteVpcLink", of),
        "404 NotFoundException: Invalid Vpc Link identifier specified"
    );
}

#[test]
fn links_are_refused_as_recorded() {
    let bed = Bed::new();
    assert_eq!(
        bed.refused(
            "CreateVpcLink",
            json!({"name": "link", "targetArns": ["invalid-arn"]})
        ),
        "400 BadRequestException: Invalid ARN. ARN is not well formed invalid-arn"
    );
    assert_eq!(
        bed.refused("CreateVpcLink", json!({"name": "", "targetArns": [ARN]})),
        "400 BadRequestException: Name cannot be empty"
    );
    // Quoted from AWS, in no recording.
    assert_eq!(
        bed.refused(
            "CreateVpcLink",
            json!({"name": "link", "targetArns": [ARN, ARN]})
        ),
        "400 BadRequestException: More than one target arn specified for vpc link."
    );
    let id = bed.ok(
        "CreateVpcLink",
        json!({"name": "link", "targetArns": [ARN]}),
    )["id"]
        .clone();
    for (operation, want) in [
        (
            ("add", "/targetArns", ARN),
            "Target arns are not allowed to be changed/added.",
        ),
        (
            ("replace", "/colour", "red"),
            "Invalid patch path  '/colour' specified for op 'replace'. Must be one of: [/name, /description]",
        ),
        (("replace", "/name", ""), "Name cannot be empty"),
    ] {
        let refused = bed.patch_refused("UpdateVpcLink", json!({"vpclink_id": id}), &[operation]);
        assert_eq!(refused, format!("400 BadRequestException: {want}"));
    }
}

#[test]
fn a_link_to_another_kind_of_balancer_fails() {
    let bed = Bed::new();
    let arn = ARN.replace("/net/", "/app/");
    let made = bed.ok(
        "CreateVpcLink",
        json!({"name": "link", "targetArns": [arn]}),
    );
    let found = bed.ok("GetVpcLink", json!({"vpclink_id": made["id"]}));
    assert_eq!(
        (&made["status"], &found["status"], &found["statusMessage"]),
        (
            &json!("PENDING"),
            &json!("FAILED"),
            &json!("NLB ARN is malformed")
        )
    );
}

#[test]
fn a_link_that_stages_use_stays() {
    let bed = Bed::new();
    let link = text(
        &bed.ok(
            "CreateVpcLink",
            json!({"name": "link", "targetArns": [ARN]}),
        )["id"],
    );
    let (api, root) = bed.api();
    let method = |more: Value| at(&api, &root, "GET", more);
    bed.ok("PutMethod", method(json!({"authorizationType": "NONE"})));
    bed.ok(
        "PutIntegration",
        method(json!({"type": "HTTP_PROXY", "httpMethod": "GET", "uri": "http://backend/", "connectionType": "VPC_LINK", "connectionId": link})),
    );
    bed.ok(
        "CreateDeployment",
        json!({"restapi_id": api, "stageName": "dev"}),
    );
    let of = || json!({"vpclink_id": link});
    assert_eq!(
        bed.refused("DeleteVpcLink", of()),
        format!(
            "400 BadRequestException: Cannot delete vpc link. Vpc link '{link}', is referenced in [{api}:GET:{root}:dev] in format of [RESTApiId:Method:Resource:Stage]."
        )
    );
    bed.ok(
        "DeleteStage",
        json!({"restapi_id": api, "stage_name": "dev"}),
    );
    bed.ok("DeleteVpcLink", of());
}

#[test]
fn a_link_is_tagged_and_survives() {
    let bed = Bed::new();
    let given = json!({"name": "link", "targetArns": [ARN], "tags": {"a": "b"}});
    let id = bed.ok("CreateVpcLink", given)["id"].clone();
    let arn = format!(
        "arn:aws:apigateway:us-east-1::/vpclinks/{}",
        id.as_str().unwrap()
    );
    bed.ok(
        "TagResource",
        json!({"resource_arn": arn, "tags": {"c": "d"}}),
    );
    let link = bed.ok("GetVpcLink", json!({"vpclink_id": id}));
    assert_eq!(link["tags"], json!({"a": "b", "c": "d"}));
}
