//! The panes as screens, at both sizes they are designed for, and what their actions do.

use crate::aws::Answer;
use crate::console::testing::Driver;

fn screens(name: &str, driver: &mut Driver) {
    for (columns, rows) in [(80, 24), (120, 40)] {
        let screen = driver.screen(columns, rows);
        insta::assert_snapshot!(format!("{name}_{columns}x{rows}"), screen.styled());
    }
}

#[test]
fn apis() {
    screens("apis", Driver::local().keys("j"));
}

#[test]
fn resources_tree() {
    screens("resources", Driver::local().keys("enter j j j j j"));
}

#[test]
fn resources_life() {
    screens(
        "resources_life",
        Driver::local().keys("enter j j j j j l j"),
    );
}

#[test]
fn resources_of_a_resource() {
    screens("resources_resource", Driver::local().keys("enter j j h"));
}

#[test]
fn stages_list() {
    screens("stages", Driver::local().keys("enter 5 j"));
}

#[test]
fn stages_detail() {
    screens(
        "stages_detail",
        Driver::local().keys("enter 5 j enter j tab j"),
    );
}

#[test]
fn stages_difference() {
    screens("stages_difference", Driver::local().keys("enter 5 j d"));
}

#[test]
fn an_api_is_made_changed_and_deleted() {
    let mut driver = Driver::local();
    driver
        .keys("n")
        .types("Zoo")
        .keys("tab")
        .types("all animals")
        .keys("ctrl-s");
    driver
        .keys("j e")
        .keys("backspace")
        .types("X")
        .keys("ctrl-s");
    assert_eq!(driver.titles()[..1], ["create API Zoo"]);
    assert_eq!(driver.ran.len(), 2);
    driver.keys("k X");
    assert!(
        driver.text().contains("type PetStore to go on"),
        "{}",
        driver.text()
    );
    driver.types("PetStor").keys("enter");
    assert_eq!(driver.ran.len(), 2, "the name isn't complete");
    driver.types("e").keys("enter");
    assert_eq!(driver.titles()[2], "delete API PetStore");
}

#[test]
fn a_form_keeps_what_is_typed_until_esc_is_pressed_twice() {
    let mut driver = Driver::local();
    driver.keys("n").types("Zoo").keys("esc");
    assert!(driver.text().contains("esc again throws away"));
    driver.types("s").keys("ctrl-s");
    assert_eq!(driver.titles(), ["create API Zoos"]);
    driver.keys("n").types("Zoo").keys("esc esc");
    assert!(!driver.text().contains("new API") && driver.ran.len() == 1);
    driver.keys("n enter enter enter");
    assert!(driver.text().contains("an API needs a name"));
}

#[test]
fn resources_and_methods_are_made_changed_and_deleted() {
    let mut driver = Driver::local();
    driver
        .keys("enter j j")
        .keys("n")
        .types("{id}")
        .keys("enter");
    assert_eq!(driver.titles(), ["create resource /orders/{id}"]);
    driver.keys("n").types("a/b").keys("enter");
    assert!(driver.text().contains("one segment at a time"));
    driver
        .keys("esc esc")
        .keys("m")
        .keys("tab")
        .types("H")
        .keys("tab");
    driver.types("ftp://x").keys("ctrl-s");
    assert!(driver.text().contains("begins with http://"));
    driver.keys("esc esc");
    driver
        .keys("m p tab H tab")
        .types("http://b/orders")
        .keys("ctrl-s");
    assert_eq!(driver.titles()[1], "create method PUT /orders (HTTP)");
    driver.keys("j j j e").keys("end").types("x").keys("ctrl-s");
    assert_eq!(
        driver.titles()[2],
        "point POST /pets to http://${stageVariables.backend}/petsx"
    );
    driver.keys("X");
    assert!(
        driver.text().contains("delete method POST /pets"),
        "{}",
        driver.text()
    );
    driver.keys("y");
    assert_eq!(driver.ran.len(), 4, "{:?}", driver.titles());
}

#[test]
fn a_stage_is_deployed_rolled_back_and_its_variables_change() {
    let mut driver = Driver::local();
    driver.keys("enter 5 j D").types("new").keys("enter");
    assert!(
        driver.text().contains("do it"),
        "production is asked about: {}",
        driver.text()
    );
    driver.keys("y");
    assert_eq!(driver.titles(), ["deploy PetStore to the canary of prod"]);
    driver.keys("enter e").keys("end").types("1").keys("enter");
    driver.keys("y");
    assert_eq!(driver.ran.len(), 2, "{:?}", driver.titles());
    assert!(
        driver.titles()[1].contains("backend"),
        "{:?}",
        driver.titles()
    );
    driver.keys("tab j j R");
    assert!(
        driver.text().contains("prod has a canary: promote it"),
        "it can't be moved elsewhere: {}",
        driver.text()
    );
    driver.keys("esc k");
    driver.keys("tab tab j j R");
    assert_eq!(driver.titles()[2], "point dev to deployment 77c0cc");
    driver.keys("x").keys("y");
    assert_eq!(driver.titles().len(), 4, "{}", driver.text());
}

#[test]
fn the_cursor_goes_to_what_was_just_made() {
    let mut driver = Driver::local();
    driver.keys("enter j n").types("toys").keys("enter");
    driver.done_with(vec![Answer::Id("r3".to_owned())]);
    // The new resource is the one under the cursor: what is asked about is the whole of it.
    driver.keys("X");
    assert!(
        driver.text().contains("delete resource /pets/{petId}"),
        "{}",
        driver.text()
    );
}

#[test]
fn what_cannot_be_done_says_why() {
    let mut driver = Driver::local();
    driver.keys("enter t");
    assert!(driver.text().contains("put the cursor on a method first"));
    driver.keys("5 k k k d");
    assert!(
        driver.text().contains("dev serves what is saved"),
        "{}",
        driver.text()
    );
    driver.keys("f");
    assert!(driver.text().contains("the stage has no cache"));
}
