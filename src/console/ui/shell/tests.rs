//! Keys to actions, layers, and the lines around the pane.

use std::time::Duration;

use super::Request;
use crate::aws::{Cause, Error, Event, Query};
use crate::console::app::testing;
use crate::console::testing::Driver;
use crate::console::ui::pane::PaneId;

fn first_line(driver: &mut Driver, columns: u16) -> String {
    driver
        .screen(columns, 24)
        .text()
        .lines()
        .next()
        .unwrap()
        .to_owned()
}

#[test]
fn the_context_line_says_where_we_are() {
    let mut lines = Vec::new();
    let mut driver = Driver::local();
    lines.push(first_line(&mut driver, 120));
    driver.keys("enter 5 j");
    lines.push(first_line(&mut driver, 120));
    lines.push(first_line(&mut driver, 80));
    let mut driver = Driver::aws();
    lines.push(first_line(&mut driver, 80));
    insta::assert_snapshot!("context_lines", lines.join("\n"));
}

#[test]
fn a_console_that_knows_nothing_yet_says_so() {
    let mut driver = Driver::new(testing::local());
    let screen = driver.screen(80, 24).text();
    assert!(screen.contains("loading REST APIs"), "{screen}");
}

#[test]
fn a_failed_read_says_what_and_keeps_the_last_good_value() {
    let mut driver = Driver::local();
    let error = Error {
        operation: "GetRestApis",
        subject: "REST APIs".to_owned(),
        cause: Cause::Unreachable("connection refused".to_owned()),
        advice: "Is the gateway running?".to_owned(),
    };
    let requests = driver
        .shell
        .input(crate::console::term::Input::Key("ctrl-r".parse().unwrap()));
    for request in requests {
        if let Request::Effect(crate::console::app::Effect::Fetch(fetch)) = request
            && fetch.query == Query::Apis
        {
            driver.shell.heard(Event::Got {
                query: fetch.query,
                generation: fetch.generation,
                result: Err(error.clone()),
            });
        }
    }
    let text = driver.text();
    assert!(
        text.contains("connection refused") && text.contains("Is the gateway running?"),
        "{text}"
    );
    assert!(
        text.contains("PetStore") && text.contains("not up to date"),
        "{text}"
    );
}

#[test]
fn help_lists_the_panes_actions_with_their_keys() {
    let mut driver = Driver::local();
    driver.keys("?");
    for (columns, rows) in [(80, 24), (120, 40)] {
        insta::assert_snapshot!(
            format!("help_{columns}x{rows}"),
            driver.screen(columns, rows).styled()
        );
    }
    driver.keys("esc");
    assert!(!driver.text().contains("help: APIs"));
}

#[test]
fn the_palette_finds_by_a_few_letters() {
    let mut driver = Driver::local();
    driver.keys(":").types("stgs");
    insta::assert_snapshot!(driver.screen(80, 24).styled());
    driver.keys("enter");
    assert_eq!(driver.shell.pane(), Some(PaneId::Stages));
    driver.keys(":").types("xyzxyz").keys("enter");
    assert!(driver.text().contains("nothing is called so"));
    driver.keys("esc");
}

#[test]
fn a_filter_narrows_the_list_and_esc_takes_it_away() {
    let mut driver = Driver::local();
    driver.keys("/").types("bill");
    assert!(!driver.text().contains("PetStore"));
    driver.keys("enter");
    assert!(driver.text().contains("/bill"));
    driver.keys("y");
    assert_eq!(driver.copied, ["a8b3c1d0e2"]);
    driver.keys("esc");
    assert!(driver.text().contains("PetStore"));
}

#[test]
fn the_gate_asks_and_the_call_log_tells() {
    let mut driver = Driver::local();
    driver.keys("enter 5 j X");
    insta::assert_snapshot!(driver.screen(80, 24).styled());
    driver.types("prod").keys("enter");
    assert_eq!(driver.titles(), ["delete stage prod"]);
    assert!(driver.text().contains("working"));
    driver.done().keys("!");
    insta::assert_snapshot!("call_log", driver.screen(80, 24).styled());
    driver.keys("y");
    assert!(
        driver.copied[0].starts_with("aws apigateway delete-stage"),
        "{:?}",
        driver.copied
    );
    assert!(driver.copied[0].contains("--endpoint-url http://127.0.0.1:4566 --region us-east-1"));
}

#[test]
fn a_read_only_session_refuses_until_its_word_is_typed() {
    let mut driver = Driver::aws();
    driver.keys("n").types("Zoo").keys("ctrl-s");
    assert!(driver.ran.is_empty());
    assert!(
        driver.text().contains("this session is read-only"),
        "{}",
        driver.text()
    );
    driver.keys("esc ctrl-w").types("nonsense").keys("enter");
    assert!(driver.shell.app().session.read_only);
    driver
        .keys("esc ctrl-w")
        .types("000000000000")
        .keys("enter");
    assert!(!driver.shell.app().session.read_only);
    driver.keys("n").types("Zoo").keys("ctrl-s");
    assert_eq!(driver.titles(), ["create API Zoo"]);
}

#[test]
fn undo_shows_what_it_does_first() {
    let mut driver = Driver::local();
    driver.keys("u");
    assert!(driver.text().contains("nothing was changed"));
    driver.keys("e").types("X").keys("ctrl-s").done();
    driver.keys("u");
    assert!(
        driver.text().contains("takes back your last change"),
        "{}",
        driver.text()
    );
    driver.keys("y");
    assert_eq!(driver.ran.len(), 2);
}

#[test]
fn leaving_suspending_and_redrawing_are_asked_of_the_loop() {
    let mut driver = Driver::local();
    driver.keys("ctrl-z ctrl-l q");
    assert_eq!(
        driver.asked,
        [Request::Suspend, Request::Redraw, Request::Quit]
    );
    driver.asked.clear();
    driver.keys("n ctrl-c");
    assert_eq!(driver.asked, [Request::Quit], "even from a form");
}

#[test]
fn an_untouched_console_sleeps_but_for_a_minute_at_a_time() {
    let mut driver = Driver::local();
    driver.text();
    let wake = driver.shell.deadline().unwrap();
    let now = driver.shell.app().now();
    assert_eq!(wake, now + Duration::from_mins(1));
    driver.clock.advance(Duration::from_mins(1));
    assert!(driver.shell.time().0);
}

#[test]
fn old_answers_are_asked_again_when_something_happens() {
    let mut driver = Driver::local();
    assert!(driver.shell.wants().is_empty());
    driver.clock.advance(Duration::from_secs(30));
    let asked = driver.shell.wants();
    assert!(!asked.is_empty());
    assert!(driver.shell.wants().is_empty(), "once");
}

#[test]
fn a_small_terminal_says_so() {
    let mut driver = Driver::local();
    let text = driver.screen(50, 10).text();
    assert!(text.contains("terminal too small: 50 x 10"), "{text}");
}

#[test]
fn no_size_breaks_any_screen() {
    let mut driver = Driver::local();
    for keys in ["?", "esc : a", "esc enter", "5", "enter", "D", "esc !"] {
        driver.keys(keys);
        for columns in [1, 20, 60, 61, 79, 99, 100, 101, 250] {
            for rows in [1, 2, 15, 16, 24, 100] {
                driver.screen(columns, rows);
            }
        }
    }
}
