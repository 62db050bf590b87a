//! Resource policies, through sockets.

use serde_json::{Value, json};

use super::{Rig, api, mock};
use crate::model::Definition;

fn with_policy(policy: &Value) -> Definition {
    let mut definition = api(json!({"GET /pets": mock("ok"), "GET /pets/{id}": mock("one")}));
    definition.rest_api.policy = Some(policy.to_string());
    definition
}

fn statement(effect: &str, path: &str, condition: &Value) -> Value {
    json!({
        "Effect": effect, "Principal": "*", "Action": "execute-api:Invoke",
        "Resource": format!("arn:aws:execute-api:us-east-1:000000000000:api0000000/{path}"),
        "Condition": condition,
    })
}

fn policy(statements: &[Value]) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

#[test]
fn a_resource_policy_allows_by_address_path_and_header() {
    super::run(|| async {
        let local = json!({"IpAddress": {"aws:SourceIp": ["127.0.0.0/8", "::1"]}});
        let robots = json!({"StringLike": {"aws:UserAgent": "*robot*"}});
        let rig = Rig::serving(with_policy(&policy(&[
            statement("Allow", "*/GET/pets", &local),
            statement("Deny", "*", &robots),
        ])))
        .await;
        assert_eq!(rig.get("/pets").await.status, 200);
        assert_eq!(rig.get("/pets/").await.status, 200);
        let refused = rig.get("/pets/7").await;
        assert_eq!(refused.status, 403);
        assert_eq!(
            refused.header("x-amzn-errortype"),
            Some("AccessDeniedException")
        );
        assert_eq!(
            refused.body,
            "{\"Message\":\"User: anonymous is not authorized to perform: execute-api:Invoke on resource: \
             arn:aws:execute-api:us-east-1:********0000:api0000000/prod/GET/pets/7\"}"
        );
        let robot = rig
            .call("GET", "/pets", &[("user-agent", "a robot")], "")
            .await;
        assert_eq!(
            robot.body,
            "{\"Message\":\"User: anonymous is not authorized to perform: execute-api:Invoke on resource: \
             arn:aws:execute-api:us-east-1:********0000:api0000000/prod/GET/pets with an explicit deny\"}"
        );
    });
}

#[test]
fn an_address_outside_and_a_policy_for_others_refuse() {
    super::run(|| async {
        let outside = json!({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}});
        let rig = Rig::serving(with_policy(&policy(&[statement("Allow", "*", &outside)]))).await;
        assert_eq!(rig.get("/pets").await.status, 403);
        let mut others = statement("Allow", "*", &json!({}));
        others["Principal"] = json!({"AWS": "000000000000"});
        let rig = Rig::serving(with_policy(&policy(&[others]))).await;
        assert_eq!(rig.get("/pets").await.status, 403);
    });
}

#[test]
fn a_policy_that_cannot_be_read_refuses_everybody() {
    super::run(|| async {
        let rig = Rig::serving(with_policy(&json!({"Statement": "x"}))).await;
        assert_eq!(rig.get("/pets").await.status, 403);
    });
}

#[test]
fn a_long_path_is_refused_before_policies_see_it() {
    super::run(|| async {
        let all = policy(&[statement("Allow", "*", &json!({}))]);
        let rig = Rig::serving(with_policy(&all)).await;
        let path = format!("/pets/{}", "x".repeat(1_600));
        assert_eq!(rig.get(&path).await.status, 414);
    });
}
