//! A canary: begun, moved, promoted; what the gateway has is asked at each step.

use crate::story::Story;

/// The canary's share and deployment, and the base's.
fn canary(story: &Story, api: &str) -> (Option<f64>, Option<String>, String) {
    let stage = story.asks(async |client| {
        let stage = client.get_stage().rest_api_id(api).stage_name("dev");
        stage.send().await.unwrap()
    });
    let canary = stage.canary_settings();
    (
        canary.map(aws_sdk_apigateway::types::CanarySettings::percent_traffic),
        canary.and_then(|c| c.deployment_id().map(str::to_owned)),
        stage.deployment_id().unwrap().to_owned(),
    )
}

#[test]
fn the_slider_moves_the_stages_canary_and_promoting_makes_it_the_base() {
    let (mut story, api) = Story::with_api("hello");
    let (none, _, base) = canary(&story, &api);
    assert_eq!(none, None);
    story.keys("enter 6").sees("dev has no canary");
    story.keys("n ctrl-s");
    let (begun, deployment, _) = canary(&story, &api);
    let (begun, deployment) = (begun.unwrap(), deployment.unwrap());
    assert_ne!(deployment, base);

    story.keys("right right");
    assert_eq!(canary(&story, &api).0, Some(begun), "moving sends nothing");
    story.sees("was ").keys("enter");
    assert_eq!(canary(&story, &api).0, Some(begun + 2.0));
    story.keys("u y");
    assert_eq!(canary(&story, &api).0, Some(begun));

    story.keys("P").sees("─ promote").keys("y");
    assert_eq!(canary(&story, &api), (None, None, deployment));
    story.sees("dev has no canary");
}

#[test]
fn aborting_leaves_the_base() {
    let (mut story, api) = Story::with_api("hello");
    let base = canary(&story, &api).2;
    story
        .keys("enter 6 n ctrl-s X")
        .sees("done: abort the canary of dev");
    assert_eq!(canary(&story, &api), (None, None, base));
}
