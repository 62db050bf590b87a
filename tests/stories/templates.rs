//! A mapping template: typed with its output beside it, saved, deployed.

use crate::story::{Story, deploy};

#[test]
fn a_template_is_edited_with_its_output_beside_it_and_served_once_it_is_deployed() {
    let (mut story, api) = Story::with_api("\"$stageVariables.name\"");
    story.sets_variable(&api, "name", "dev");
    assert_eq!(story.get(&api, "/dev/hello").1, "\"dev\"");
    story.keys("enter 4 m").types("get /hello").keys("enter");
    story.keys("o").types("200").keys("enter");
    story.sees("integration response 200").sees("● JSON");

    story
        .keys("e")
        .types("[")
        .sees("✕ not JSON")
        .sees("▲ edited");
    story
        .keys("end")
        .types("]")
        .sees("[\"dev\"]")
        .sees("● JSON");
    story
        .keys("ctrl-s")
        .sees("done: save the application/json template of response 200");
    assert_eq!(story.get(&api, "/dev/hello").1, "\"dev\"", "not deployed");
    story.asks(async |client| {
        deploy(&client, &api, "dev").await;
    });
    assert_eq!(story.get(&api, "/dev/hello").1, "[\"dev\"]");
}

#[test]
fn a_broken_template_says_where_and_what_was_typed_isnt_lost() {
    let (mut story, _) = Story::with_api("\"hello\"");
    story.keys("enter 4 m").types("get /hello").keys("enter");
    story.keys("o").types("200").keys("enter e").types("#if(");
    story.sees("no output").sees("line 1");
    story.keys("esc 5").sees("▸5 Stages").keys("4").sees("#if(");
}
