//! `?`: everything that can be done here, with its keys, and why not where it can't.

use ratatui::layout::Rect;

use super::text::{Line, Text};
use crate::console::ui::canvas::Canvas;
use crate::console::ui::keymap::{Context, Keymap};
use crate::console::ui::pane::{Layer, Outcome, PaneEvent, Surroundings};
use crate::console::ui::theme::Meaning;

/// The help has no actions of its own.
pub const HELP: Context = Context {
    name: "help",
    title: "Help",
    actions: &[],
};

/// The help of a pane or layer.
#[derive(Debug)]
pub struct Help(Text);

impl Help {
    /// Help on these contexts, of which the first is where the user is. `blocked` says why an action can't be done now.
    pub fn new(
        title: &str,
        contexts: &[&Context],
        keymap: &Keymap,
        blocked: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let mut lines: Vec<Line> = Vec::new();
        for context in contexts {
            if context.actions.is_empty() {
                continue;
            }
            if !lines.is_empty() {
                lines.push(Vec::new());
            }
            lines.push(vec![(context.title.to_owned(), Meaning::Heading)]);
            for action in context.actions {
                let keys = keymap.keys_of(action.name).join("  ");
                let keys = format!("  {keys:<18} ");
                let mut line = vec![(keys, Meaning::Key)];
                match blocked(action.name) {
                    None => line.push((action.about.to_owned(), Meaning::Text)),
                    Some(why) => {
                        line.push((format!("{}: ", action.about), Meaning::Dim));
                        line.push((why, Meaning::Warn));
                    }
                }
                lines.push(line);
            }
        }
        Self(Text::new(format!("help: {title}"), lines))
    }
}

impl Layer for Help {
    fn context(&self) -> &'static Context {
        &HELP
    }

    fn update(&mut self, event: PaneEvent<'_>, around: Surroundings<'_>) -> Outcome {
        self.0.update(event, around)
    }

    fn place(&self, body: Rect, around: Surroundings<'_>) -> Rect {
        self.0.place(body, around)
    }

    fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, around: Surroundings<'_>) {
        self.0.draw(canvas, area, around);
    }
}
