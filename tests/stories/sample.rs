//! The sample on a gateway that keeps it: found again, led to where the shop is now, and nothing of the user's taken away.

use std::net::SocketAddr;

use aws_sdk_apigateway::types::{Op, PatchOperation};
use sluice::aws::{Session, Target};
use sluice::base::{Chance, Clock};
use sluice::demo::{Hand, sample};

use crate::support::Gateway;

fn at(address: &str) -> SocketAddr {
    address.parse().unwrap()
}

#[tokio::test]
async fn a_later_start_moves_its_own_stages_and_no_others() {
    let gateway = Gateway::start();
    let client = gateway.apigateway();
    let session = Session {
        target: Target::Local {
            endpoint: gateway.url(),
        },
        region: Some("us-east-1".to_owned()),
    };
    let clock = Clock::manual("2026-03-02T09:30:00Z".parse().unwrap());
    let mut hand = Hand::new(session, clock, Chance::seeded(1)).unwrap();
    let nothing = sample::find(&mut hand, at("127.0.0.1:1001")).await.unwrap();
    assert_eq!(nothing, sample::Found::Nothing);

    let made = sample::build(&mut hand, at("127.0.0.1:1001"))
        .await
        .unwrap();
    let own = PatchOperation::builder()
        .op(Op::Replace)
        .path("/variables/backend")
        .value("127.0.0.1:3000")
        .build();
    let stage = client.update_stage().rest_api_id(&made.api);
    stage
        .stage_name("dev")
        .patch_operations(own)
        .send()
        .await
        .unwrap();

    for (port, previous) in [(1002, 1001), (1003, 1002)] {
        let found = sample::find(&mut hand, at(&format!("127.0.0.1:{port}"))).await;
        assert_eq!(found.unwrap(), sample::Found::Whole, "after {previous}");
        let stages = client.get_stages().rest_api_id(&made.api).send().await;
        for stage in stages.unwrap().item() {
            let backend = &stage.variables().unwrap()["backend"];
            let expected = match stage.stage_name() {
                Some("dev") => "127.0.0.1:3000".to_owned(),
                _ => format!("127.0.0.1:{port}"),
            };
            assert_eq!(*backend, expected, "{:?}", stage.stage_name());
        }
    }

    let arn = format!("arn:aws:apigateway:us-east-1::/restapis/{}", made.api);
    let cut = client.untag_resource().resource_arn(arn);
    cut.tag_keys("sample-complete").send().await.unwrap();
    let part = sample::find(&mut hand, at("127.0.0.1:1003")).await.unwrap();
    assert_eq!(part, sample::Found::Part);
    gateway.stop();
}
