//! Canary releases, and what is counted of them.

use serde_json::{Value, json};

use super::{API, Rig, api, mock, run, stage};
use crate::engine::gateway::Settings;
use crate::engine::telemetry::Window;

#[allow(clippy::needless_pass_by_value, reason = "written in place with json!")]
fn publish(rig: &Rig, canary: Value) {
    let stage =
        stage(json!({"variables": {"color": "blue", "size": "small"}, "canarySettings": canary}));
    let mut base = mock("base");
    let mut next = mock("canary");
    for method in [&mut base, &mut next] {
        method["methodIntegration"]["integrationResponses"]["200"]["responseParameters"] = json!({
            "method.response.header.X-Color": "stageVariables.color",
            "method.response.header.X-Size": "stageVariables.size",
            "method.response.header.X-New": "stageVariables.new",
            "method.response.header.X-Canary": "context.isCanaryRequest",
            "method.response.header.X-Deployment": "context.deploymentId",
        });
    }
    let (base, next) = (
        api(json!({ "GET /x": base })),
        api(json!({ "GET /x": next, "GET /new": mock("new") })),
    );
    let account = "000000000000";
    rig.gateway.publish_stage(
        "us-east-1",
        account,
        API,
        &stage,
        ("dep001", &base),
        Some(("dep002", &next)),
    );
}

/// As recorded: at 0 % everything is the base's, at 100 % the canary's; overrides are laid over the stage's variables.
#[test]
fn each_side_has_its_deployment_and_variables() {
    run(|| async {
        let rig = Rig::new().await;
        let overrides = json!({"color": "green", "new": "yes"});
        publish(
            &rig,
            json!({"percentTraffic": 0.0, "deploymentId": "dep002", "stageVariableOverrides": overrides}),
        );
        let reply = rig.get("/x").await;
        let seen = |reply: &super::Reply| {
            ["x-color", "x-size", "x-new", "x-canary", "x-deployment"]
                .map(|name| reply.header(name).unwrap_or("-").to_owned())
                .join(" ")
        };
        assert_eq!(
            (reply.body.as_str(), seen(&reply).as_str()),
            ("base", "blue small - false dep001")
        );
        assert_eq!(rig.get("/new").await.status, 403);
        publish(
            &rig,
            json!({"percentTraffic": 100.0, "deploymentId": "dep002", "stageVariableOverrides": overrides}),
        );
        let reply = rig.get("/x").await;
        assert_eq!(
            (reply.body.as_str(), seen(&reply).as_str()),
            ("canary", "green small yes true dep002")
        );
        assert_eq!(rig.get("/new").await.status, 200);
    });
}

#[test]
fn the_draw_follows_the_share_and_each_side_is_counted() {
    run(|| async {
        let rig = Rig::new().await;
        publish(
            &rig,
            json!({"percentTraffic": 25.0, "deploymentId": "dep002"}),
        );
        let mut canary = 0;
        for _ in 0..200 {
            canary += usize::from(rig.get("/x").await.body == "canary");
        }
        // Seeded, so that it is always the same number; a quarter of 200 by chance.
        assert!((35..=65).contains(&canary), "{canary}");
        assert_eq!(rig.get("/nothing").await.status, 403);
        let now = rig.clock.now().as_second();
        let window = Window {
            start: now,
            end: now + 1,
            period: 1,
            anchor: now,
        };
        let figures = rig.telemetry.figures("us-east-1", API, "prod", &window);
        let requests = |side: &[crate::engine::telemetry::Period]| -> f64 {
            side.iter().map(|p| p.figures.requests).sum()
        };
        let all = requests(&figures.base) + requests(&figures.canary);
        assert!((all - 201.0).abs() < 1e-9, "{all}");
        let errors: f64 = [&figures.base, &figures.canary]
            .into_iter()
            .flatten()
            .map(|p| p.figures.client_errors)
            .sum();
        assert!((errors - 1.0).abs() < 1e-9, "{errors}");
        let method = &figures.methods[0];
        assert_eq!(
            (method.resource.as_str(), method.verb.as_str()),
            ("/x", "GET")
        );
        let of_canary = method.canary.as_ref().unwrap().requests;
        assert!((of_canary - f64::from(u32::try_from(canary).unwrap())).abs() < 1e-9);
    });
}

/// The share of requests that a canary gets lies within four standard deviations of what it was given: by chance alone one in 16,000
/// draws would lie outside, and the seed is fixed.
#[test]
fn a_canary_gets_its_share() {
    run(|| async {
        let rig = Rig::new().await;
        for percent in [0.5, 10.0, 33.3, 50.0, 99.0] {
            publish(
                &rig,
                json!({"percentTraffic": percent, "deploymentId": "dep002"}),
            );
            let stage = rig.gateway.stage(API, "prod").unwrap();
            let mut chance = crate::base::Chance::seeded(11);
            let draws = 20_000.0_f64;
            let taken = (0..20_000).filter(|_| stage.draws_canary(|| chance.fraction()));
            let taken = f64::from(u32::try_from(taken.count()).unwrap());
            let share = percent / 100.0;
            let deviation = (draws * share * (1.0 - share)).sqrt();
            assert!(
                (taken - draws * share).abs() < 4.0 * deviation,
                "{percent} %: {taken}"
            );
        }
    });
}

#[test]
fn a_client_of_this_machine_may_pin_a_request_to_a_side() {
    run(|| async {
        let cases = [
            (true, 0.0, "always", "canary"),
            (true, 100.0, "never", "base"),
            (true, 100.0, "perhaps", "canary"),
            (false, 0.0, "always", "base"),
        ];
        for (pins_canary, percent, pin, expected) in cases {
            let settings = Settings {
                pins_canary,
                ..Settings::default()
            };
            let rig = Rig::with(settings).await;
            publish(
                &rig,
                json!({"percentTraffic": percent, "deploymentId": "dep002"}),
            );
            let reply = rig.call("GET", "/x", &[("x-sluice-canary", pin)], "").await;
            assert_eq!(reply.body, expected);
        }
        // A stage without a canary has one side.
        let rig = Rig::with(Settings {
            pins_canary: true,
            ..Settings::default()
        })
        .await;
        rig.publish(&stage(json!({})), &api(json!({"GET /x": mock("base")})));
        let reply = rig
            .call("GET", "/x", &[("x-sluice-canary", "always")], "")
            .await;
        assert_eq!(reply.body, "base");
    });
}
