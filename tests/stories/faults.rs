//! The other side fails: what was read stays with its age, keys go on working, and the words say what happened.

use std::time::Duration;

use crate::proxy::Fault;
use crate::story::Story;

/// The pane goes on working: a form opens, takes what is typed, and closes.
#[track_caller]
fn keys_work(story: &mut Story) {
    story.hit("n").sees("new API");
    story.hit("x").hit("y").sees("xy");
    story.hit("esc").hit("esc").sees_no("new API");
}

#[test]
fn nothing_listens_any_more() {
    let (mut story, api) = Story::with_api("hello");
    story.sees("mock").sees("fresh");
    story.proxy.go_down();
    story.keys("ctrl-r");
    story
        .sees("shown as of now")
        .sees("no connection")
        .sees("GetRestApis");
    story
        .sees("Is the gateway still running at")
        .sees("not up to date");
    story.sees(&api);
    story.waits(Duration::from_mins(3)).keys("down");
    story.sees("shown as of 3 m ago").sees(&api);
    keys_work(&mut story);

    // What was never read says so, and how to go on.
    story
        .keys("5")
        .sees("no connection")
        .sees("ctrl-r tries again");
    story.proxy.come_up();
    story
        .keys("ctrl-r")
        .sees("in step")
        .sees_no("no connection");
    story.keys("1 ctrl-r").sees("fresh").sees_no("shown as of");
}

#[test]
fn a_write_that_reaches_nobody_didnt_happen_and_can_be_repeated() {
    let (mut story, api) = Story::with_api("hello");
    story.keys("2 n").types("orders");
    story.proxy.go_down();
    story
        .keys("enter")
        .sees("CreateResource")
        .sees("no connection");
    story.proxy.come_up();
    story.keys("esc ctrl-r").sees("/hello").sees_no("/orders");
    story
        .keys("n")
        .types("orders")
        .keys("enter")
        .sees("/orders");
    let paths = story.asks(async |client| {
        let resources = client
            .get_resources()
            .rest_api_id(&api)
            .send()
            .await
            .unwrap();
        resources.items().len()
    });
    assert_eq!(paths, 3);
}

#[test]
fn the_service_fails() {
    let (mut story, api) = Story::with_api("hello");
    story
        .proxy
        .set(Fault::Refuse(500, "InternalServerErrorException"));
    story.hit("ctrl-r").sees(&api);
    keys_work(&mut story);
    story
        .idle()
        .sees("shown as of now")
        .sees("500 InternalServerErrorException: told to fail");
    story.sees(&api).sees("not up to date");
    let tries = |story: &Story| {
        story
            .proxy
            .seen()
            .iter()
            .filter(|l| l.contains("/restapis?"))
            .count()
    };
    assert!(
        tries(&story) > 2,
        "a read that meets a failure is tried again"
    );
    story.proxy.set(Fault::None);
    story.keys("ctrl-r").sees("fresh").sees_no("500");
}

#[test]
fn expired_credentials_keep_the_last_data_and_say_what_to_run() {
    let (mut story, api) = Story::with_api("hello");
    story.proxy.set(Fault::Refuse(403, "ExpiredTokenException"));
    story.keys("ctrl-r").sees(&api).sees("shown as of now");
    story
        .sees("the credentials have expired")
        .sees("not up to date");
    story.sees("Run `aws sso login` (or renew the keys in the environment), then try again.");
    keys_work(&mut story);
    story.proxy.set(Fault::None);
    story.keys("ctrl-r").sees("fresh").sees_no("expired");
}

#[test]
fn too_fast_for_the_extension_is_waited_for_too() {
    let (mut story, _) = Story::with_api("hello");
    story.keys("5").sees("in step");
    story
        .proxy
        .only("/changes", Fault::Refuse(429, "TooManyRequestsException"));
    story.hit("ctrl-r");
    story.proxy.wait_for("/changes");
    story.proxy.set(Fault::None);
    story.idle().sees("in step").sees("fresh").sees_no("429");
}

#[test]
fn the_service_says_too_fast() {
    let (mut story, api) = Story::with_api("hello");
    story
        .proxy
        .only("/restapis?", Fault::Refuse(429, "TooManyRequestsException"));
    story.hit("ctrl-r").sees(&api);
    story.proxy.wait_for("/restapis?");
    keys_work(&mut story);
    story.sees(&api);
    story.proxy.set(Fault::None);
    story.idle().sees(&api).sees("fresh").sees_no("429");
}

#[test]
fn a_write_refused_for_coming_too_fast_is_repeated_and_done_once() {
    let (mut story, api) = Story::with_api("hello");
    story.keys("2 n").types("orders");
    story
        .proxy
        .only("POST", Fault::Refuse(429, "TooManyRequestsException"));
    story.hit("enter");
    story.proxy.wait_for("POST");
    story.hit("j").sees("working");
    story.proxy.set(Fault::None);
    story.idle().sees("/orders").sees("done: create resource");
    let count = story.asks(async |client| {
        let resources = client
            .get_resources()
            .rest_api_id(&api)
            .send()
            .await
            .unwrap();
        resources.items().len()
    });
    assert_eq!(count, 3);
}

#[test]
fn the_answer_isnt_the_services() {
    let (mut story, api) = Story::with_api("hello");
    story.proxy.set(Fault::Garbage(200));
    story
        .keys("ctrl-r")
        .sees(&api)
        .sees("the answer can't be understood");
    keys_work(&mut story);
    story.proxy.set(Fault::None);
    story.keys("ctrl-r").sees("fresh");
}

#[test]
fn connections_end_before_the_answer() {
    let (mut story, api) = Story::with_api("hello");
    story.proxy.set(Fault::Cut);
    story
        .keys("ctrl-r")
        .sees(&api)
        .sees("no connection")
        .sees("shown as of now");
    keys_work(&mut story);
    story.proxy.set(Fault::None);
    story.keys("ctrl-r").sees("fresh");
}

#[test]
fn a_write_whose_answer_is_lost_is_unknown_and_what_it_touches_is_read_again() {
    let (mut story, _) = Story::with_api("hello");
    story.keys("2 n").types("orders");
    story.proxy.only("POST", Fault::Cut);
    story.keys("enter").sees("it may or may not have happened");
    story.sees("Look at it before you repeat it.");
    // It did happen, and the tree says so.
    story.keys("esc").sees("/orders");
    story.keys("!").sees("unknown").sees("create-resource");
    let posts = story
        .proxy
        .seen()
        .into_iter()
        .filter(|l| l.starts_with("POST /restapis"));
    assert_eq!(
        posts.count(),
        1,
        "a write that may have happened isn't repeated"
    );
}

#[test]
fn a_slow_line_blocks_no_key() {
    let (mut story, api) = Story::with_api("hello");
    story.keys("enter").sees("/hello");
    story.proxy.set(Fault::Delay(Duration::from_millis(200)));
    // Much happens while nothing has been answered.
    story.hit("5").sees("▸5 Stages");
    assert!(story.under_way() > 0);
    story
        .hit("1")
        .sees(&api)
        .hit("2")
        .sees("/hello")
        .hit("j")
        .hit("k");
    story
        .hit("?")
        .sees("help: Resources")
        .hit("esc")
        .hit("n")
        .hit("x")
        .sees("new resource");
    // What the stages needed was given up when they were left, and is asked again.
    story.hit("esc").hit("esc").hit("5");
    assert!(story.under_way() > 0, "all that took no time");
    story.idle().sees("in step");
}

#[test]
fn an_endpoint_that_lacks_the_extension_can_not_tell_what_is_not_deployed() {
    let (mut story, _) = Story::with_api("hello");
    story.proxy.only("/_sluice/", Fault::Garbage(404));
    story
        .keys("5 ctrl-r")
        .sees("can't tell")
        .sees("dev")
        .sees_no("in step");
    story.keys("d").sees("can't tell");
    // Deploying works all the same.
    story
        .keys("D")
        .sees("What changes can't be told.")
        .keys("ctrl-s")
        .sees("done: ");
}
