//! What can be done everywhere.

use crate::console::ui::keymap::{Action, Context};
use crate::console::ui::pane::PaneId;
use crate::console::ui::widgets::Move;

/// What works whatever has the keys, text fields too: these come before anything else sees a key.
pub const ALWAYS: Context = Context {
    name: "always",
    title: "Always",
    actions: &[
        Action::new("always.quit", &["ctrl-c"], "quit now", "Quits at once"),
        Action::new(
            "always.suspend",
            &["ctrl-z"],
            "suspend",
            "Stops the program; the shell's fg continues it",
        ),
        Action::new(
            "always.redraw",
            &["ctrl-l"],
            "redraw",
            "Draws the whole screen again",
        ),
        Action::new(
            "always.help",
            &["f1"],
            "help",
            "Shows what can be done here",
        ),
    ],
};

/// What works in every pane.
pub const GLOBAL: Context = Context {
    name: "global",
    title: "Everywhere",
    actions: &[
        Action::new("global.help", &["?"], "help", "Shows what can be done here"),
        Action::new(
            "global.palette",
            &[":"],
            "do",
            "Finds an action by a few letters",
        ),
        Action::new(
            "global.filter",
            &["/"],
            "filter",
            "Shows only rows that hold these words",
        ),
        Action::new(
            "global.refresh",
            &["ctrl-r", "f5"],
            "refresh",
            "Reads again what is on the screen",
        ),
        Action::new(
            "global.undo",
            &["u"],
            "undo",
            "Takes back the last change of this session, after saying what that means",
        ),
        Action::new(
            "global.calls",
            &["!"],
            "call log",
            "Shows what was sent in this session, as AWS CLI commands",
        ),
        Action::new(
            "global.write",
            &["ctrl-w"],
            "allow writing",
            "Allows changes in a read-only session, or refuses them again",
        ),
        Action::new(
            "global.theme",
            &[],
            "theme",
            "Takes the next of the built-in themes",
        ),
        Action::new(
            "global.take-over",
            &[],
            "take over",
            "Serves in the place of a gateway that has ended",
        ),
        Action::new("global.apis", &["1"], "APIs", "Shows the APIs"),
        Action::new(
            "global.resources",
            &["2"],
            "resources",
            "Shows resources and methods",
        ),
        Action::new("global.test", &["3"], "test", "Shows the test of a method"),
        Action::new(
            "global.templates",
            &["4"],
            "templates",
            "Shows the mapping templates",
        ),
        Action::new(
            "global.stages",
            &["5"],
            "stages",
            "Shows stages and deployments",
        ),
        Action::new(
            "global.canary",
            &["6"],
            "canary",
            "Shows the stage's canary",
        ),
        Action::new(
            "global.keys",
            &["7"],
            "plans & keys",
            "Shows usage plans and API keys",
        ),
        Action::new("global.metrics", &["8"], "metrics", "Shows the metrics"),
        Action::new("global.quit", &["q"], "quit", "Quits"),
    ],
};

/// Moving about, in every pane and layer.
pub const MOVE: Context = Context {
    name: "move",
    title: "Moving about",
    actions: &[
        Action::new("move.up", &["up", "k"], "up", "One row up"),
        Action::new("move.down", &["down", "j"], "down", "One row down"),
        Action::new("move.page-up", &["pgup", "ctrl-b"], "page up", "A page up"),
        Action::new(
            "move.page-down",
            &["pgdn", "ctrl-f"],
            "page down",
            "A page down",
        ),
        Action::new("move.top", &["home", "g g"], "top", "To the first row"),
        Action::new("move.bottom", &["end", "G"], "bottom", "To the last row"),
        Action::new(
            "move.left",
            &["left", "h"],
            "left",
            "Closes a branch, or goes back",
        ),
        Action::new(
            "move.right",
            &["right", "l"],
            "right",
            "Opens a branch, or goes on",
        ),
        Action::new(
            "move.open",
            &["enter"],
            "open",
            "Opens what is under the cursor",
        ),
        Action::new("move.back", &["esc"], "back", "Goes back one step"),
        Action::new(
            "move.next-region",
            &["tab"],
            "next region",
            "To the next region of the pane",
        ),
        Action::new(
            "move.previous-region",
            &["shift-tab"],
            "previous region",
            "To the previous region of the pane",
        ),
    ],
};

/// Moving about while a dialog is typed in: only keys that type nothing.
pub const TYPING: Context = Context {
    name: "typing",
    title: "While typing in a dialog",
    actions: &[
        Action::new("typing.up", &["up"], "up", "One row up"),
        Action::new("typing.down", &["down"], "down", "One row down"),
        Action::new("typing.page-up", &["pgup"], "page up", "A page up"),
        Action::new("typing.page-down", &["pgdn"], "page down", "A page down"),
        Action::new(
            "typing.open",
            &["enter"],
            "open",
            "Takes what is under the cursor",
        ),
        Action::new("typing.back", &["esc"], "back", "Leaves the dialog"),
    ],
};

/// The movement that an action of [`MOVE`] or [`TYPING`] means.
pub(super) fn movement(action: &str) -> Option<Move> {
    let (context, name) = action.split_once('.')?;
    if context != "move" && context != "typing" {
        return None;
    }
    Some(match name {
        "up" => Move::Up,
        "down" => Move::Down,
        "page-up" => Move::PageUp,
        "page-down" => Move::PageDown,
        "top" => Move::Top,
        "bottom" => Move::Bottom,
        "left" => Move::Left,
        "right" => Move::Right,
        "open" => Move::Open,
        "back" => Move::Back,
        "next-region" => Move::NextRegion,
        "previous-region" => Move::PreviousRegion,
        _ => return None,
    })
}

/// The pane that an action of [`GLOBAL`] shows.
pub(super) fn pane_of(action: &str) -> Option<PaneId> {
    Some(match action.strip_prefix("global.")? {
        "apis" => PaneId::Apis,
        "resources" => PaneId::Resources,
        "test" => PaneId::Test,
        "templates" => PaneId::Templates,
        "stages" => PaneId::Stages,
        "canary" => PaneId::Canary,
        "keys" => PaneId::Keys,
        "metrics" => PaneId::Metrics,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_movement_has_a_meaning_and_every_pane_an_action() {
        for action in MOVE.actions.iter().chain(TYPING.actions) {
            assert!(movement(action.name).is_some(), "{}", action.name);
        }
        for id in PaneId::ALL {
            let key = id.number().to_string();
            let action = GLOBAL
                .actions
                .iter()
                .find(|a| a.keys == [key.as_str()])
                .unwrap();
            assert_eq!(pane_of(action.name), Some(id));
        }
    }
}
