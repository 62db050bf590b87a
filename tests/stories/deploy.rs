//! What is saved, what is served, and the way between.

use crate::story::Story;

#[test]
fn an_edit_is_not_served_until_it_is_deployed_and_can_be_rolled_back() {
    let (mut story, api) = Story::with_api("hello");
    story.keys("2").sees("/hello").sees_no("not deployed");
    story.keys("n").types("new").keys("enter");
    story.keys("g g").keys("G").sees("▸").keys("m ctrl-s");
    story.sees("not deployed");
    assert_eq!(story.get(&api, "/dev/new").0, 403, "a deployment is frozen");

    story.keys("D").sees("not deployed");
    story.keys("d").sees("deploying to dev would change");
    story.sees("GET /new").keys("esc");
    story
        .keys("D")
        .sees("changes go live:")
        .sees("added GET /new");
    story.types("with new").keys("ctrl-s");
    story
        .sees("in step")
        .sees_no("not deployed")
        .sees("with new");
    assert_eq!(story.get(&api, "/dev/new").0, 200);

    story.keys("R").sees("point dev to").keys("enter");
    assert_eq!(story.get(&api, "/dev/new").0, 403);
    story.sees("not deployed").sees("done: ");
}

#[test]
fn a_stage_variable_is_served_at_once_and_taken_back() {
    let (mut story, api) = Story::with_api("I am $stageVariables.name");
    story
        .keys("5 a")
        .types("name")
        .keys("enter")
        .types("dev")
        .keys("enter");
    story.sees("done: ");
    assert_eq!(story.get(&api, "/dev/hello").1, "I am dev");

    // Into the variables, onto the only one.
    story.keys("enter e").sees("variable of dev").clears();
    story.types("other").keys("ctrl-s");
    assert_eq!(story.get(&api, "/dev/hello").1, "I am other");

    story.keys("u").sees("This takes back your last change");
    assert_eq!(story.get(&api, "/dev/hello").1, "I am other", "not yet");
    story.keys("n");
    assert_eq!(
        story.get(&api, "/dev/hello").1,
        "I am other",
        "left as it was"
    );
    story.keys("u y");
    assert_eq!(story.get(&api, "/dev/hello").1, "I am dev");
    story.keys("u y");
    assert_eq!(story.get(&api, "/dev/hello").1, "I am ");
    story
        .keys("u")
        .sees("nothing was changed in this session that can be taken back");
}

#[test]
fn what_others_do_is_seen_after_a_refresh() {
    let (mut story, api) = Story::with_api("hello");
    story.keys("5").sees("in step");
    story.asks(async |client| {
        let stage = client.delete_stage().rest_api_id(&api).stage_name("dev");
        stage.send().await.unwrap();
    });
    story.keys("ctrl-r").sees("No stages: nothing of this API");
    assert_eq!(story.get(&api, "/dev/hello").0, 403);
}
