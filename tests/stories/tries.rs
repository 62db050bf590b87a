//! A method tried as it is saved, with the stage variables of a stage and others.

use crate::story::Story;

#[test]
fn a_method_is_tried_with_a_stages_variables_and_with_others() {
    let (mut story, api) = Story::with_api("I am $stageVariables.name");
    story.sets_variable(&api, "name", "dev");
    story.keys("enter 3 m").types("get /hello").keys("enter r");
    story.sees("I am dev").sees("200");
    story.keys("tab G k e").clears().types("you").keys("enter");
    story.sees("the stage has dev").keys("r").sees("I am you");
    assert_eq!(
        story.get(&api, "/dev/hello").1,
        "I am dev",
        "a test changes no stage"
    );
    story.keys("Y");
    let log = story.copied().to_owned();
    assert!(log.starts_with("Execution log for request "), "{log}");
    assert!(log.contains("Method completed with status: 200"), "{log}");
    story.sees("Execution log for request");
}

#[test]
fn an_answer_that_is_slow_blocks_no_key() {
    let (mut story, _) = Story::with_api("hello");
    story.keys("enter 3 m").types("get /hello").keys("enter");
    story.proxy.only("POST", crate::proxy::Fault::Hold);
    story.hit("r");
    story.proxy.wait_for("POST");
    story.hit("5").sees("▸5 Stages").hit("3").sees("GET /hello");
    story.proxy.set(crate::proxy::Fault::None);
    story.idle().sees("hello").sees("200");
}
