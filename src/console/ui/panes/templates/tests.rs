//! The templates pane: drafts, previews, saving, and what is never lost.

use crate::aws::Call;
use crate::aws::patch::PatchOp;
use crate::console::testing::Driver;
use crate::console::ui::shell::Request;

fn screens(name: &str, driver: &mut Driver) {
    for (columns, rows) in [(80, 24), (120, 40)] {
        let screen = driver.screen(columns, rows);
        insta::assert_snapshot!(format!("{name}_{columns}x{rows}"), screen.styled());
    }
}

fn at(driver: &mut Driver, method: &str) {
    driver.keys("enter 4 m").types(method).keys("enter");
}

fn post_pets() -> Driver {
    let mut driver = Driver::local();
    at(&mut driver, "post /pets");
    driver
}

#[test]
fn a_saved_template() {
    let mut driver = post_pets();
    driver.keys("S").types("prod").keys("enter");
    screens("templates_saved", &mut driver);
}

#[test]
fn a_template_while_it_is_typed() {
    let mut driver = post_pets();
    driver
        .keys("e down end")
        .types(",")
        .keys("enter")
        .types("\"b\": ");
    assert!(
        driver.text().contains(" 3   \"b\":"),
        "indented as the line above"
    );
    screens("templates_typing", &mut driver);
}

#[test]
fn the_sample() {
    let mut driver = post_pets();
    driver.keys("tab");
    screens("templates_sample", &mut driver);
}

#[test]
fn the_output_region() {
    let mut driver = post_pets();
    driver.keys("tab tab");
    screens("templates_output", &mut driver);
}

#[test]
fn the_menu_of_templates() {
    let mut driver = post_pets();
    driver.keys("o");
    screens("templates_menu", &mut driver);
    driver.types("400").keys("enter");
    assert!(
        driver
            .text()
            .contains("integration response 400, application/json")
    );
    assert!(driver.text().contains("the backend's body, for 400"));
}

#[test]
fn the_output_follows_the_typing_and_tells_where_it_is_no_json() {
    let mut driver = post_pets();
    assert!(driver.text().contains("● JSON"), "{}", driver.text());
    driver.keys("e down end").types(", x");
    let text = driver.text();
    assert!(text.contains("not JSON, line 2"), "{text}");
    assert!(text.contains("▲ edited"), "{text}");
    driver.keys("backspace backspace backspace");
    let text = driver.text();
    assert!(
        text.contains("● JSON") && text.contains("● saved"),
        "{text}"
    );
}

#[test]
fn a_broken_template_is_pointed_at_and_its_last_output_stays() {
    let mut driver = post_pets();
    driver.keys("e").types("#set(");
    let text = driver.text();
    assert!(
        text.contains("no output") && text.contains("line 1"),
        "{text}"
    );
    assert!(
        text.contains("\"a\": 1\n") || text.contains("\"a\": 1 "),
        "{text}"
    );
    let styled = driver.screen(120, 40).styled();
    assert!(styled.contains("problem"), "{styled}");
    driver.keys("ctrl-s");
    assert!(driver.ran.is_empty());
    assert!(
        driver.text().contains("The template is broken"),
        "{}",
        driver.text()
    );
}

#[test]
fn saving_sends_one_patch_and_the_draft_is_saved_then() {
    let mut driver = post_pets();
    driver.keys("ctrl-s");
    assert!(driver.ran.is_empty() && driver.text().contains("saved as it is"));
    driver.keys("e").types("[").keys("ctrl-s");
    let (_, op) = driver.ran.last().unwrap();
    let [Call::UpdateIntegration(call)] = op.calls.as_slice() else {
        panic!("{op:?}");
    };
    let [patch] = call.patch_operations.as_slice() else {
        panic!("{call:?}");
    };
    assert_eq!(patch.op, PatchOp::Replace);
    assert_eq!(patch.path, "/requestTemplates/application~1json");
    assert_eq!(patch.value.as_deref(), Some("[{\n  \"a\": 1\n}"));
    assert!(driver.text().contains("▲ edited"));
    driver.done();
    let text = driver.text();
    assert!(text.contains("● saved"), "{text}");
    assert!(text.contains("done: save the application/json"), "{text}");
}

#[test]
fn a_response_template_is_saved_where_it_belongs() {
    let mut driver = post_pets();
    driver
        .keys("o")
        .types("400")
        .keys("enter")
        .keys("e")
        .types("x")
        .keys("ctrl-s");
    let (_, op) = driver.ran.last().unwrap();
    let [Call::UpdateIntegrationResponse(call)] = op.calls.as_slice() else {
        panic!("{op:?}");
    };
    assert_eq!(call.status_code, "400");
    assert_eq!(
        call.patch_operations[0].path,
        "/responseTemplates/application~1json"
    );
}

#[test]
fn a_template_is_added_for_another_content_type() {
    let mut driver = post_pets();
    driver.keys("a tab ctrl-u").types("text/xml").keys("ctrl-s");
    let text = driver.text();
    assert!(text.contains("not saved yet"), "{text}");
    driver.types("<a/>").keys("ctrl-s");
    let (_, op) = driver.ran.last().unwrap();
    let [Call::UpdateIntegration(call)] = op.calls.as_slice() else {
        panic!("{op:?}");
    };
    let patch = &call.patch_operations[0];
    assert_eq!(patch.op, PatchOp::Add);
    assert!(patch.path.ends_with("text~1xml"), "{patch:?}");
    assert_eq!(patch.value.as_deref(), Some("<a/>"));
}

#[test]
fn typed_text_survives_everything_but_a_word() {
    let mut driver = post_pets();
    driver.keys("e").types("KEEP").keys("esc");
    driver.keys("o").types("400").keys("enter");
    driver
        .keys("m")
        .types("get /pets/{petId}")
        .keys("enter")
        .keys("1");
    driver.keys("4 m").types("post /pets").keys("enter");
    driver.keys("o").types("request").keys("enter");
    assert!(driver.text().contains("KEEP"), "{}", driver.text());
    driver.keys("q");
    assert!(!driver.asked.contains(&Request::Quit));
    assert!(driver.text().contains("isn't saved"), "{}", driver.text());
    driver.keys("esc R");
    assert!(!driver.text().contains("KEEP"));
    driver.keys("R");
    assert!(driver.text().contains("KEEP"));
    driver.keys("=");
    let text = driver.text();
    assert!(text.contains("+ KEEP{") && text.contains("- {"), "{text}");
    driver.keys("esc R q");
    assert!(driver.asked.contains(&Request::Quit));
}

#[test]
fn keys_are_text_while_typing() {
    let mut driver = post_pets();
    driver.keys("e").types("q1:?/ !u");
    assert!(driver.text().contains("q1:?/ !u{"), "{}", driver.text());
    driver.keys("ctrl-t").types("5");
    assert!(driver.text().contains("5{"), "{}", driver.text());
    driver.keys("ctrl-t").types("6").keys("esc 1");
    assert!(driver.text().contains("▸1 APIs"));
}

#[test]
fn a_proxy_says_that_there_is_nothing_to_map() {
    let mut driver = Driver::local();
    at(&mut driver, "get /pets");
    assert!(
        driver.text().contains("HTTP_PROXY passes requests"),
        "{}",
        driver.text()
    );
    driver.keys("a");
    assert!(driver.text().contains("nothing to map"));
    driver.keys("m").types("delete").keys("enter");
    assert!(driver.text().contains("a adds one"), "{}", driver.text());
}

#[test]
fn references_tell_their_values_and_that_they_have_none() {
    let mut driver = post_pets();
    driver
        .keys("e")
        .types("#set($x = $input.path('$'))$stageVariables.name $nope");
    let text = driver.text();
    assert!(
        text.contains("dev {"),
        "the stage's variable is printed: {text}"
    );
    assert!(
        text.contains("line 1: $nope has no value and prints nothing"),
        "{text}"
    );
    driver.keys("ctrl-g left left");
    assert!(
        driver.text().contains("$stageVariables.name → dev"),
        "{}",
        driver.text()
    );
    driver.keys("esc S").types("prod").keys("enter");
    assert!(driver.text().contains("prod {"), "{}", driver.text());
}
