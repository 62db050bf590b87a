//! Canary, plans & keys and metrics as screens, at both sizes they are designed for, and what their actions do.

use crate::aws::reply::Secret;
use crate::aws::{Answer, Call, Event, Id, Op, OpDone};
use crate::console::testing::Driver;

fn screens(name: &str, driver: &mut Driver) {
    for (columns, rows) in [(80, 24), (120, 40)] {
        let screen = driver.screen(columns, rows);
        insta::assert_snapshot!(format!("{name}_{columns}x{rows}"), screen.styled());
    }
}

/// On the stage with the canary.
fn prod(mut driver: Driver, pane: &str) -> Driver {
    driver.keys("enter 5 j").keys(pane);
    driver
}

#[test]
fn canary() {
    screens("canary", &mut prod(Driver::local(), "6"));
}

#[test]
fn canary_slider_moved() {
    let mut driver = prod(Driver::local(), "6");
    screens("canary_moved", driver.keys("right right j"));
}

#[test]
fn canary_on_aws() {
    screens("canary_aws", &mut prod(Driver::aws(), "6"));
}

#[test]
fn no_canary() {
    screens("canary_none", Driver::local().keys("enter 5 6"));
}

#[test]
fn plans_and_keys() {
    screens("keys", Driver::local().keys("enter 7 j"));
}

#[test]
fn plan_that_is_off() {
    let mut driver = Driver::local();
    driver.keys("enter 7 G k k");
    assert!(
        driver.text().contains("partners-of-2019  old001"),
        "{}",
        driver.text()
    );
    screens("keys_off", &mut driver);
}

#[test]
fn metrics() {
    screens("metrics", &mut prod(Driver::local(), "8"));
}

#[test]
fn metrics_on_aws() {
    let mut driver = Driver::aws();
    driver.keys("enter 5 8");
    screens("metrics_aws", &mut driver);
}

#[test]
fn the_slider_moves_freely_and_is_applied_once() {
    let mut driver = prod(Driver::local(), "6");
    driver.keys("enter");
    assert!(
        driver.text().contains("move the slider first"),
        "{}",
        driver.text()
    );
    driver.keys("right shift-right . . , h");
    assert!(driver.ran.is_empty(), "moving sends nothing");
    assert!(
        driver.text().contains("10.1 %  was 5.0"),
        "{}",
        driver.text()
    );
    assert!(!driver.text().contains("changed 3 h ago"));
    driver.keys("] ] ]");
    assert!(
        driver.text().contains("changed 3 h ago"),
        "{}",
        driver.text()
    );
    driver.keys("enter y");
    assert_eq!(driver.titles(), ["give the canary of prod 10.1 %"]);
    assert_eq!(driver.ran[0].1.calls.len(), 1);
    driver.keys("esc");
    assert!(
        !driver.text().contains("was 5.0"),
        "esc takes the slider back"
    );
    driver
        .keys("=")
        .keys("ctrl-a ctrl-k")
        .types("120")
        .keys("enter");
    assert!(
        driver.text().contains("a number from 0 to 100"),
        "{}",
        driver.text()
    );
    driver.keys("esc esc");
    driver.keys("left left left left left left left enter y");
    assert_eq!(driver.titles()[1], "give the canary of prod 0.0 %");
}

#[test]
fn a_moved_slider_is_forgotten_on_another_stage() {
    let mut driver = prod(Driver::local(), "6");
    driver.keys("right 5 k 6");
    assert!(
        driver.text().contains("dev has no canary"),
        "{}",
        driver.text()
    );
    driver.keys("right enter");
    assert!(driver.text().contains("n begins one"), "{}", driver.text());
    driver.keys("5 j 6");
    assert!(!driver.text().contains("was 5.0"), "{}", driver.text());
}

#[test]
fn a_canary_begins_is_promoted_and_aborted() {
    let mut driver = Driver::local();
    driver
        .keys("enter 5 6 n")
        .types("try it")
        .keys("tab")
        .keys("enter");
    assert_eq!(
        driver.titles(),
        ["deploy PetStore to a canary of dev at 5.0 %"]
    );
    let mut driver = prod(Driver::local(), "6");
    driver.keys("P y");
    driver.keys("X");
    assert_eq!(
        driver.titles(),
        ["promote the canary of prod", "abort the canary of prod"]
    );
}

#[test]
fn overrides_are_set_and_taken_away() {
    let mut driver = prod(Driver::local(), "6");
    driver.keys("x y");
    assert_eq!(
        driver.titles(),
        ["don't override variable backend for the canary of prod"]
    );
    driver.keys("j x");
    assert!(
        driver.text().contains("isn't overridden"),
        "{}",
        driver.text()
    );
    driver.keys("e").keys("end").types("2").keys("enter y");
    assert_eq!(
        driver.titles()[1],
        "override variable lambdaAlias for the canary of prod with PROD2"
    );
    driver
        .keys("a")
        .types("new")
        .keys("tab")
        .types("a b")
        .keys("enter");
    assert!(
        driver.text().contains("can't hold ` `"),
        "{}",
        driver.text()
    );
}

/// The newest operation ends well with this answer.
fn answered(driver: &mut Driver, answer: Answer) {
    let (id, op) = driver.ran.last().unwrap().clone();
    driver.shell.heard(Event::OpDone(Box::new(OpDone {
        id,
        op,
        answers: vec![answer],
        failed: None,
        undo: None,
    })));
}

#[test]
fn a_value_is_fetched_only_to_be_shown_and_hidden_when_left() {
    const VALUE: &str = "a1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa9f";
    let key = || Answer::Key {
        id: "a1b2c3d4e5".to_owned(),
        value: Secret::new(VALUE),
    };
    let mut driver = Driver::local();
    driver.keys("enter 7 v");
    assert!(
        driver.text().contains("put the cursor on a key"),
        "{}",
        driver.text()
    );
    driver.keys("j v");
    assert_eq!(driver.titles(), ["reveal key acme-prod"]);
    assert!(!driver.text().contains(VALUE));
    answered(&mut driver, key());
    assert!(driver.text().contains(VALUE), "{}", driver.text());
    // What another pane fetched isn't ours to show.
    driver.keys("v");
    assert!(!driver.text().contains(VALUE));
    answered(&mut driver, key());
    assert!(!driver.text().contains(VALUE));
    driver.keys("v");
    answered(&mut driver, key());
    driver.keys("8 7");
    assert!(
        !driver.text().contains(VALUE),
        "hidden when the pane was left"
    );
}

#[test]
fn two_values_that_are_fetched_together_are_both_shown() {
    let mut driver = Driver::local();
    driver.keys("enter 7 j v j v");
    let both: Vec<(u64, Op)> = driver.ran.clone();
    assert_eq!(both.len(), 2);
    let values = ["the-value-of-the-first", "the-value-of-the-second"];
    for ((id, op), value) in both.iter().zip(values) {
        let Some(Call::GetApiKey(call)) = op.calls.first() else {
            panic!("{op:?}");
        };
        let Id::Known(key) = call.api_key.clone() else {
            panic!("{call:?}");
        };
        let answer = Answer::Key {
            id: key,
            value: Secret::new(value),
        };
        driver.ran.push((*id, op.clone()));
        answered(&mut driver, answer);
    }
    // The value of the key under the cursor is shown.
    assert!(driver.text().contains(values[1]), "{}", driver.text());
    driver.keys("k");
    assert!(driver.text().contains(values[0]), "{}", driver.text());
}

#[test]
fn a_value_is_copied_without_being_shown() {
    let mut driver = Driver::local();
    driver.keys("enter 7 j y");
    let (id, op) = driver.ran.last().unwrap().clone();
    assert!(op.reveals_secret());
    let answers = vec![Answer::Key {
        id: "a1b2c3d4e5".to_owned(),
        value: Secret::new("the-value-of-the-key"),
    }];
    let done = OpDone {
        id,
        op,
        answers,
        failed: None,
        undo: None,
    };
    let requests = driver.shell.heard(Event::OpDone(Box::new(done)));
    let copied = format!("{requests:?}");
    assert!(
        copied.contains("Copy(\"the-value-of-the-key\")"),
        "{copied}"
    );
    assert!(!driver.text().contains("the-value-of-the-key"));
}

#[test]
fn plans_and_keys_are_changed() {
    let mut driver = Driver::local();
    driver.keys("enter 7 j t y");
    driver.keys("x y");
    driver.keys("a").keys("down enter");
    driver.keys("k a enter");
    driver.keys("+");
    assert!(
        driver.text().contains("put the cursor on a key in a plan"),
        "{}",
        driver.text()
    );
    driver.keys("s").keys("down enter");
    driver
        .keys("j +")
        .keys("ctrl-a ctrl-k")
        .types("5000")
        .keys("enter");
    assert_eq!(
        driver.titles(),
        [
            "turn key acme-prod off",
            "take key acme-prod out of gold",
            "put key acme-prod into partners-of-2019",
            "put key trial into gold",
            "let keys of gold call PetStore test",
            "leave key acme-prod 5000 requests of gold",
        ]
    );
    driver.keys("X");
    assert!(
        driver.text().contains("type acme-prod to go on"),
        "{}",
        driver.text()
    );
    driver.types("acme-prod").keys("enter");
    driver.keys("n").types("new").keys("ctrl-s");
    assert_eq!(
        driver.titles()[6..],
        ["delete key acme-prod", "create key new"]
    );
    assert_eq!(
        driver.ran[7].1.calls.len(),
        2,
        "into the plan under the cursor"
    );
}

#[test]
fn a_limit_of_0_is_asked_about() {
    let mut driver = Driver::local();
    driver
        .keys("enter 7 e")
        .keys("ctrl-a ctrl-k")
        .types("0")
        .keys("ctrl-s");
    assert!(
        driver.text().contains("turns gold off"),
        "{}",
        driver.text()
    );
    driver.keys("y e tab").keys("ctrl-a ctrl-k").keys("ctrl-s");
    assert!(driver.text().contains("go together"), "{}", driver.text());
    assert_eq!(
        driver.titles(),
        ["limit each key of gold to 0 a second, 200 at once"]
    );
}

#[test]
fn a_file_of_keys_must_be_there_and_be_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys.csv");
    let mut driver = Driver::local();
    let path = file.to_str().unwrap();
    driver.keys("enter 7 I").types(path).keys("enter");
    assert!(driver.text().contains("No such file"), "{}", driver.text());
    std::fs::write(&file, "Name\nx\n").unwrap();
    driver.keys("esc I").types(path).keys("enter");
    assert!(driver.text().contains("Name and Key"), "{}", driver.text());
    std::fs::write(&file, "name,key\nx,abcdefghijklmnopqrstuvwxyzabcd\n").unwrap();
    driver.keys("esc I").types(path).keys("enter");
    assert!(
        !driver.text().contains("abcdefghijkl"),
        "a value is never shown"
    );
    driver.keys("y");
    assert_eq!(driver.titles(), ["import keys"]);
}

#[test]
fn ranges_and_methods_are_chosen() {
    let mut driver = prod(Driver::local(), "8");
    assert!(driver.text().contains("last 1 m"), "{}", driver.text());
    driver.keys("] ] ]");
    assert!(
        driver.text().contains("last 1 h  a point is 1 m"),
        "{}",
        driver.text()
    );
    driver.keys("[ [ [ [");
    assert!(
        driver.text().contains("this is the shortest range"),
        "{}",
        driver.text()
    );
    driver.keys("j enter");
    assert!(
        driver
            .text()
            .contains("http://${stageVariables.backend}/pets"),
        "{}",
        driver.text()
    );
    driver.keys("8 s").types("dev").keys("enter");
    assert!(driver.text().contains("PetStore dev"), "{}", driver.text());
    assert!(driver.text().contains("cache off"), "{}", driver.text());
}
