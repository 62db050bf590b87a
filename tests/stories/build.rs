//! From nothing to an API that serves, by keys alone.

use crate::story::Story;

fn only_api(story: &Story) -> String {
    let apis = story.asks(async |client| client.get_rest_apis().send().await.unwrap());
    assert_eq!(apis.items().len(), 1);
    apis.items()[0].id().unwrap().to_owned()
}

#[test]
fn a_new_user_builds_an_api_that_answers() {
    let mut story = Story::start();
    story.sees("No REST APIs in us-east-1 of local :");
    story.sees(". n makes one.");
    story.keys("n").sees("new API").types("shop").keys("ctrl-s");
    let api = only_api(&story);
    story.sees(&api).sees("done: create API shop");

    story.keys("2").sees("▸2 Resources").sees("no methods");
    story
        .keys("n")
        .sees("below /")
        .types("orders")
        .keys("enter");
    story.sees("/orders");
    story.keys("j m").sees("on /orders").keys("ctrl-s");
    story.sees("GET").sees("MOCK");

    story.keys("D").sees("No stages: nothing of this API");
    story
        .keys("D")
        .sees("new stage")
        .types("dev")
        .keys("ctrl-s");
    story.sees("in step").sees("stage dev");
    assert_eq!(story.get(&api, "/dev/orders").0, 200);
    assert_eq!(story.get(&api, "/dev/nothing").0, 403);
}

#[test]
fn a_form_says_what_is_wrong_and_keeps_what_was_typed() {
    let (mut story, _) = Story::with_api("hello");
    story.keys("2 n").types("a/b").keys("enter");
    story.sees("one segment at a time").sees("a/b");
    story
        .keys("esc")
        .sees("esc again throws away what you typed");
    story.keys("esc").sees_no("a/b");
    story.keys("5 a").keys("ctrl-s");
    story.sees("a variable's name is made of letters, digits and _");
    story.keys("esc").sees_no("variable of dev");
}

#[test]
fn what_the_gateway_refuses_is_said_in_its_words_and_nothing_is_lost() {
    let (mut story, _) = Story::with_api("hello");
    story.keys("2 n").types("hello").keys("enter");
    story.sees("409 ConflictException").sees("CreateResource");
    // The key that hides the error does nothing else.
    story
        .keys("esc")
        .sees_no("ConflictException")
        .sees("/hello");
    story.keys("!").sees("failed").sees("create-resource");
}
