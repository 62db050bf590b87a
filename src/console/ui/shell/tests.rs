//! Keys to actions, layers, and the lines around the pane.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Request;
use crate::aws::{Api, Cause, Error, Event, Query};
use crate::console::app::testing;
use crate::console::app::{Effect, Level, Message};
use crate::console::testing::Driver;
use crate::console::ui::keymap::Keymap;
use crate::console::ui::pane::PaneId;
use crate::console::ui::shell::keymap;

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
fn what_would_hurt_stays_on_the_narrowest_line() {
    let mut lines = Vec::new();
    for stage in ["prod", "production-of-the-old-shop-in-the-north-west"] {
        let mut driver = Driver::aws();
        driver.shell.tell(Message::ChooseApi(Api {
            id: "a8b3c1d0e2".to_owned(),
            name: "internal-billing-reconciliation-api".to_owned(),
        }));
        driver.settle();
        driver.shell.tell(Message::ChooseStage(stage.to_owned()));
        for columns in [60, 80, 120] {
            let line = first_line(&mut driver, columns);
            assert!(line.contains("read-only"), "{line}");
            assert!(line.contains("· PROD"), "{line}");
            assert!(line.contains("· prod") || columns > 99, "{line}");
            lines.push(line);
        }
    }
    insta::assert_snapshot!("context_lines_worst", lines.join("\n"));
}

/// Answers what is asked next: this query with an error, and all others.
fn fails(driver: &mut Driver, failing: &Query, cause: &Cause) {
    let requests = driver
        .shell
        .input(crate::console::term::Input::Key("ctrl-r".parse().unwrap()));
    for request in requests {
        if let Request::Effect(Effect::Fetch(fetch)) = request
            && fetch.query == *failing
        {
            driver.shell.heard(Event::Got {
                query: fetch.query,
                generation: fetch.generation,
                result: Err(Error {
                    operation: "GetCallerIdentity",
                    subject: "account and role".to_owned(),
                    cause: cause.clone(),
                    advice: String::new(),
                }),
            });
        }
    }
}

#[test]
fn an_account_that_cant_be_found_out_is_told() {
    let mut driver = Driver::new(testing::aws(false));
    let cause = Cause::NoCredentials("nothing there".to_owned());
    fails(&mut driver, &Query::Identity, &cause);
    let line = first_line(&mut driver, 120);
    assert!(line.contains("? account: NoCredentials"), "{line}");
    let line = first_line(&mut driver, 80);
    assert!(line.contains("? account"), "{line}");
}

#[test]
fn ages_grow_also_where_nobody_knows_who_we_are() {
    let mut driver = Driver::new(testing::aws(false));
    let requests = driver.shell.wants();
    for request in requests {
        if let Request::Effect(Effect::Fetch(fetch)) = request
            && let Query::Apis = fetch.query
        {
            driver.shell.heard(Event::Got {
                result: Ok(crate::console::testing::answer(&fetch.query).unwrap()),
                query: fetch.query,
                generation: fetch.generation,
            });
        }
    }
    driver.text();
    assert!(driver.shell.deadline().is_some());
}

#[test]
fn an_error_that_has_no_room_says_where_it_is_whole() {
    let mut driver = Driver::local();
    let long = "many words about what went wrong ".repeat(40);
    driver
        .shell
        .tell(Message::Say(Level::Failed, format!("{long}at the end")));
    let text = driver.screen(80, 24).text();
    assert!(text.contains("! shows all"), "{text}");
    let text = driver.screen(250, 60).text();
    assert!(
        text.contains("at the end") && !text.contains("! shows all"),
        "{text}"
    );
}

#[test]
fn one_error_does_not_hide_another() {
    let mut driver = Driver::local();
    for text in ["the first failed", "the second failed"] {
        let message = Message::Say(Level::Failed, text.to_owned());
        driver.shell.tell(message);
    }
    let text = driver.text();
    assert!(
        text.contains("the first failed") && text.contains("1 more"),
        "{text}"
    );
    driver.keys("esc");
    assert!(driver.text().contains("the second failed"));
    driver.keys("esc");
    assert!(!driver.text().contains("the second failed"));
}

#[test]
fn enter_answers_no_question() {
    let mut driver = Driver::aws();
    driver.shell.tell(Message::Unlock);
    driver.keys("enter 5 j D").types("new");
    driver.keys("enter enter enter");
    assert!(driver.ran.is_empty(), "{:?}", driver.titles());
    assert!(driver.text().contains("do it"), "{}", driver.text());
    driver.keys("y");
    assert_eq!(driver.ran.len(), 1);
}

/// A key table in which the user has given everything other keys, so that a sentence with a default key is untrue.
fn rebound() -> Keymap {
    let user = [
        "global.refresh",
        "global.apis",
        "global.write",
        "confirm.yes",
        "confirm.no",
    ];
    let keys = ["f7", "f8", "f9", "f10", "f11"];
    let user = user.iter().zip(keys);
    let user = user.map(|(name, key)| ((*name).to_owned(), vec![key.to_owned()]));
    keymap(&user.collect()).unwrap()
}

#[test]
fn sentences_tell_the_users_own_keys() {
    let mut driver = Driver::keyed(testing::aws(false), rebound());
    let cause = Cause::Unreachable("refused".to_owned());
    let asked = driver.shell.wants();
    for request in asked {
        if let Request::Effect(Effect::Fetch(fetch)) = request {
            driver.shell.heard(Event::Got {
                query: fetch.query,
                generation: fetch.generation,
                result: Err(Error {
                    operation: "GetRestApis",
                    subject: "REST APIs".to_owned(),
                    cause: cause.clone(),
                    advice: String::new(),
                }),
            });
        }
    }
    assert!(
        driver.text().contains("f7 tries again"),
        "{}",
        driver.text()
    );
    driver.keys("2");
    assert!(driver.text().contains("f8 lists them"), "{}", driver.text());
    let mut driver = Driver::keyed(testing::aws(false), rebound());
    driver.settle();
    driver.keys("n").types("Zoo").keys("ctrl-s");
    assert!(
        driver.text().contains("f9 allows changes"),
        "{}",
        driver.text()
    );
}

#[test]
fn no_sentence_names_a_key_by_hand() {
    fn walk(folder: &std::path::Path, then: &mut dyn FnMut(&str, &str)) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, then);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                then(&path.display().to_string(), &text);
            }
        }
    }
    let named = fancy_regex::Regex::new("⟨([a-z-]+\\.[a-z-]+)⟩").unwrap();
    // A key, and what it does.
    let by_hand = fancy_regex::Regex::new(
        "[\".:,;] *(ctrl-[a-z]|esc|tab|f[0-9]|[a-zA-Z0-9!?]) (lists|makes|begins|adds|runs|puts|gives|deploys|shows|goes|sends|tries|opens|reveals|hides|copies|allows|scrolls|leads) ",
    )
    .unwrap();
    let keymap = keymap(&BTreeMap::new()).unwrap();
    let (mut wrong, mut seen) = (Vec::new(), 0);
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/console");
    walk(folder.as_ref(), &mut |path, text| {
        if path.ends_with("tests.rs") || path.ends_with("keymap.rs") {
            return;
        }
        for found in named.captures_iter(text).flatten() {
            seen += 1;
            let action = &found[1];
            if keymap.keys_of(action).is_empty() {
                wrong.push(format!("{path}: no action {action}"));
            }
        }
        let code = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        for line in code {
            if by_hand.is_match(line).unwrap() && !line.contains("again throws away") {
                wrong.push(format!("{path}: {line}"));
            }
        }
    });
    assert!(seen > 30, "{seen}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_long_error_is_read_whole_in_the_call_log() {
    let mut driver = Driver::local();
    driver.keys("e").types("X").keys("ctrl-s");
    let (id, op) = driver.ran.last().unwrap().clone();
    let failed = Error {
        operation: "UpdateRestApi",
        subject: "API".to_owned(),
        cause: Cause::Malformed(format!("{}the end of it", "many words ".repeat(120))),
        advice: String::new(),
    };
    driver
        .shell
        .heard(Event::OpDone(Box::new(crate::aws::OpDone {
            id,
            op,
            answers: Vec::new(),
            failed: Some(failed),
            undo: None,
        })));
    driver.keys("esc !");
    let text = driver.screen(80, 24).text();
    assert!(text.contains("tab scrolls"), "{text}");
    assert!(!text.contains("update-rest-api"), "{text}");
    driver.keys("tab");
    for _ in 0..30 {
        driver.keys("j").screen(80, 24);
    }
    let text = driver.screen(80, 24).text();
    assert!(text.contains("the end of it"), "{text}");
    assert!(text.contains("update-rest-api"), "{text}");
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
