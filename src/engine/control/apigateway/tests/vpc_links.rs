//! Recording: `vpc-link`.

use std::time::Duration;

use serde_json::json;

use super::Bed;

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
    bed.clock.advance(Duration::from_secs(1));
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
