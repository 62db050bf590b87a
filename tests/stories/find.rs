//! Everything that can be done is found: by filter, help and palette.

use sluice::console::ui::keymap::Action;
use sluice::console::ui::pane::{Pane, PaneId};
use sluice::console::ui::panes;
use sluice::console::ui::shell::{ALWAYS, GLOBAL, MOVE};

use crate::story::Story;

#[test]
fn the_filter_shows_what_holds_the_words_until_it_is_taken_away() {
    let mut story = Story::with(async |client| {
        for name in ["billing", "pets", "shop"] {
            client.create_rest_api().name(name).send().await.unwrap();
        }
    });
    story.keys("/").types("SHO");
    story.sees("shop").sees_no("billing").sees_no("pets");
    story.keys("enter").sees("/SHO  esc shows all");
    story.keys("esc").sees("billing").sees("pets");
    story
        .keys("/")
        .types("nothing like it")
        .sees("no API matches the filter");
    story.keys("esc").sees("billing").sees_no("matches");
    // What is open is what was under the cursor, not what would be there without the filter.
    story
        .keys("/")
        .types("pets")
        .keys("enter enter")
        .sees("· pets");
}

/// Goes to a pane, whatever is open.
fn go(story: &mut Story, id: PaneId) {
    for _ in 0..4 {
        story.hit("esc");
    }
    story.keys(&id.number().to_string());
}

fn each_pane(mut then: impl FnMut(&mut Story, &dyn Pane)) {
    let (mut story, _) = Story::with_api("hello");
    story.keys("enter");
    for pane in panes::all() {
        go(&mut story, pane.id());
        then(&mut story, pane.as_ref());
    }
}

#[test]
fn help_names_every_action_of_every_pane() {
    each_pane(|story, pane| {
        story.keys("f1");
        let mut text = String::new();
        loop {
            text.push_str(story.screen());
            let before = story.screen().to_owned();
            if story.keys("pgdn").screen() == before {
                break;
            }
        }
        let contexts = [pane.context(), &GLOBAL, &MOVE, &ALWAYS];
        for action in contexts.iter().flat_map(|context| context.actions) {
            let name = action.name;
            assert!(
                text.contains(action.about),
                "{name} of {:?} isn't in\n{text}",
                pane.id()
            );
        }
    });
}

#[test]
fn the_palette_does_every_action_of_every_pane_or_says_why_not() {
    each_pane(|story, pane| {
        let all = pane.context().actions.iter().chain(GLOBAL.actions);
        let named = |action: &&Action| !matches!(action.name, "global.palette" | "global.quit");
        for action in all.filter(named) {
            go(story, pane.id());
            story.keys(":").types(action.words);
            assert!(
                story
                    .screen()
                    .lines()
                    .any(|line| line.contains("▸ ")
                        && line.contains(&format!(" {}  ", action.words))),
                "{} isn't the first that `{}` finds\n{}",
                action.name,
                action.words,
                story.screen()
            );
            story.keys("enter").sees_no("─ do ");
        }
        assert!(!story.left, "nothing of it quits");
    });
}

#[test]
fn every_key_of_every_pane_is_safe_to_press_on_an_empty_gateway() {
    let mut story = Story::start();
    for pane in panes::all() {
        let actions = pane.context().actions.iter();
        for key in actions
            .flat_map(|action| action.keys)
            .chain(&["enter", "j", "tab", "ctrl-s"])
        {
            go(&mut story, pane.id());
            story.keys(key);
        }
    }
    let apis = story.asks(async |client| client.get_rest_apis().send().await.unwrap());
    assert!(apis.items().is_empty(), "a key alone makes nothing");
}

#[test]
fn every_pane_draws_on_every_size() {
    each_pane(|story, _| {
        for (columns, rows) in [
            (80, 24),
            (120, 40),
            (200, 60),
            (60, 15),
            (59, 15),
            (10, 3),
            (1, 1),
        ] {
            story.sized(columns, rows).keys("j k tab");
            let fits = columns >= 60 && rows >= 15;
            assert_eq!(story.screen().contains("local"), fits, "{columns} x {rows}");
        }
        story.sized(120, 40);
    });
}

#[test]
fn quitting_takes_one_key() {
    let mut story = Story::start();
    story.keys("q");
    assert!(story.left);
}
