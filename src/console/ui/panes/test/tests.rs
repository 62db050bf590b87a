//! The test pane: what is sent, what is shown, what is asked first.

use crate::aws::{Answer, Call, TestResult};
use crate::console::testing::Driver;

fn screens(name: &str, driver: &mut Driver) {
    for (columns, rows) in [(80, 24), (120, 40)] {
        let screen = driver.screen(columns, rows);
        insta::assert_snapshot!(format!("{name}_{columns}x{rows}"), screen.styled());
    }
}

/// The console at the test of a method, found by its menu.
fn at(driver: &mut Driver, method: &str) {
    driver.keys("enter 3 m").types(method).keys("enter");
}

fn answer(status: u16, body: &str) -> Vec<Answer> {
    let log = "Execution log for request 1234\n\
        Sun Mar 01 12:00:00 UTC 2026 : Starting execution for request: 1234\n\
        Sun Mar 01 12:00:00 UTC 2026 : HTTP Method: POST, Resource Path: /pets\n\
        Sun Mar 01 12:00:00 UTC 2026 : Received response. Status: 201, Integration latency: 31 ms\n\
        Sun Mar 01 12:00:00 UTC 2026 : Method completed with status: 201\n";
    vec![Answer::Test(TestResult {
        status,
        body: body.to_owned(),
        headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
        log: log.to_owned(),
        latency: 38,
    })]
}

/// Path with query, headers, variables and body of the newest test that was sent.
fn sent(driver: &Driver) -> (String, Vec<String>, Vec<String>, Option<String>) {
    let (_, op) = driver.ran.last().unwrap();
    let Some(Call::TestInvokeMethod(call)) = op.calls.first() else {
        panic!("{op:?}");
    };
    let pairs = |map: &crate::model::Map<String>| -> Vec<String> {
        map.iter().map(|(n, v)| format!("{n}={v}")).collect()
    };
    (
        call.path_with_query_string.clone().unwrap(),
        pairs(&call.headers),
        pairs(&call.stage_variables),
        call.body.clone(),
    )
}

#[test]
fn a_request_before_it_is_sent() {
    let mut driver = Driver::local();
    at(&mut driver, "post /pets");
    screens("test_request", &mut driver);
}

#[test]
fn a_row_while_it_is_typed() {
    let mut driver = Driver::local();
    at(&mut driver, "post /pets");
    driver.keys("g g j n").types("limit: 10");
    screens("test_typing", &mut driver);
}

#[test]
fn an_answer() {
    let mut driver = Driver::local();
    at(&mut driver, "post /pets");
    driver.keys("r");
    driver.done_with(answer(400, "{}"));
    driver.keys("r");
    driver.done_with(answer(
        201,
        r#"{"pet": {"id": 42, "name": "Rex"}, "ok": true}"#,
    ));
    screens("test_answer", &mut driver);
    driver.keys("y Y");
    assert!(driver.copied[0].contains("Rex"));
    assert!(driver.copied[1].starts_with("Execution log"));
}

#[test]
fn the_pane_opens_on_a_method_with_a_template() {
    let mut driver = Driver::local();
    driver.keys("enter 3");
    assert!(driver.text().contains("POST /pets"), "{}", driver.text());
}

#[test]
fn no_answer_and_no_value_say_what_to_do() {
    let mut driver = Driver::local();
    at(&mut driver, "get /pets/{petId}");
    driver.keys("y");
    assert!(
        driver.text().contains("there is no answer yet"),
        "{}",
        driver.text()
    );
    driver.keys("r");
    assert!(
        driver.text().contains("petId has no value yet"),
        "{}",
        driver.text()
    );
    assert!(driver.ran.is_empty());
}

#[test]
fn everything_that_is_filled_in_is_sent() {
    let mut driver = Driver::local();
    at(&mut driver, "get /pets/{petId}");
    driver.keys("g g j enter").types("7 8").keys("enter");
    driver.keys("j n").types("limit: 10").keys("enter");
    driver.keys("n").types("q=a b").keys("esc");
    driver.keys("j n").types("X-Tenant: zoo").keys("enter");
    driver.keys("r");
    let (path, headers, variables, body) = sent(&driver);
    assert_eq!(path, "/pets/7%208?limit=10&q=a%20b");
    assert_eq!(headers, ["X-Tenant=zoo"]);
    assert_eq!(
        variables,
        [
            "backend=orders.internal:8080",
            "lambdaAlias=PROD",
            "name=dev"
        ]
    );
    assert_eq!(body, None);
    assert_eq!(driver.titles(), ["test GET /pets/{petId}"]);
}

#[test]
fn variables_come_from_any_stage_and_single_ones_are_overridden() {
    let mut driver = Driver::local();
    at(&mut driver, "post /pets");
    driver.keys("s").types("prod").keys("enter");
    driver
        .keys("g g j j j j e")
        .keys("ctrl-u")
        .types("x")
        .keys("enter");
    driver.keys("r");
    let (_, _, variables, body) = sent(&driver);
    assert_eq!(variables[2], "name=prod");
    assert!(variables[1].starts_with("lambdaAlias=") && variables[1] != "lambdaAlias=PROD");
    assert_eq!(body.as_deref(), Some("{\n}"));
    assert!(
        driver.text().contains("the stage has PROD"),
        "{}",
        driver.text()
    );
    driver.keys("tab x r");
    let (_, _, variables, _) = sent(&driver);
    assert_eq!(variables[1], "lambdaAlias=PROD");
}

#[test]
fn the_body_is_typed_and_sent_at_once() {
    let mut driver = Driver::local();
    at(&mut driver, "post /pets");
    driver.keys("b end enter").types("r: 1q?").keys("ctrl-s");
    let (_, _, _, body) = sent(&driver);
    assert_eq!(body.as_deref(), Some("{\nr: 1q?\n}"));
}

#[test]
fn on_aws_a_get_is_asked_about_and_a_post_is_refused() {
    let mut driver = Driver::aws();
    at(&mut driver, "get /pets");
    driver.keys("r");
    assert!(driver.ran.is_empty());
    assert!(driver.text().contains("real backend"), "{}", driver.text());
    driver.keys("y");
    assert_eq!(driver.titles(), ["test GET /pets"]);
    driver.keys("m").types("post").keys("enter").keys("r");
    assert_eq!(driver.ran.len(), 1);
    assert!(driver.text().contains("read-only"));
}

#[test]
fn a_test_of_another_api_is_not_this_ones() {
    let mut driver = Driver::local();
    at(&mut driver, "post /pets");
    driver.keys("r");
    assert!(driver.text().contains("▌running"), "{}", driver.text());
    driver
        .keys("1 j enter 3 m")
        .types("post /pets")
        .keys("enter");
    assert!(!driver.text().contains("▌running"), "{}", driver.text());
    driver
        .keys("1 k enter 3 m")
        .types("post /pets")
        .keys("enter");
    assert!(driver.text().contains("▌running"), "{}", driver.text());
}

#[test]
fn a_failed_test_says_why() {
    let mut driver = Driver::local();
    at(&mut driver, "post /pets");
    driver.keys("r");
    driver.done_with(Vec::new());
    assert!(driver.text().contains("ended without an answer"));
}

#[test]
fn the_test_is_copied_as_a_command() {
    let mut driver = Driver::local();
    at(&mut driver, "post /pets");
    driver.keys("c");
    let command = driver.copied.last().unwrap();
    assert!(
        command.starts_with("aws apigateway test-invoke-method"),
        "{command}"
    );
    assert!(command.contains("--stage-variables"), "{command}");
}

#[test]
fn what_the_backend_answered_is_what_response_templates_are_tried_with() {
    let mut driver = Driver::local();
    at(&mut driver, "post /pets");
    driver.keys("r");
    let mut answers = answer(400, "{}");
    if let [Answer::Test(result)] = answers.as_mut_slice() {
        result.log.push_str(
            "Sun Mar 01 12:00:00 UTC 2026 : Endpoint response body before transformations: {\"why\": 1}\n",
        );
    }
    driver.done_with(answers);
    driver.keys("v o").types("400").keys("enter");
    let text = driver.text();
    assert!(text.contains("{\"why\": 1}"), "{text}");
}
