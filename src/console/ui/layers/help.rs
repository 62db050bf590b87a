//! `?`: everything that can be done here, with its keys, and why not where it can't.

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use super::text::{Line, Text};
use crate::console::ui::canvas::{Canvas, wrap};
use crate::console::ui::keymap::{Action, Context, Keymap};
use crate::console::ui::pane::{Layer, Outcome, PaneEvent, Surroundings};
use crate::console::ui::theme::Meaning;

/// The help has no actions of its own.
pub const HELP: Context = Context {
    name: "help",
    title: "Help",
    actions: &[],
};

/// Columns that the keys take.
const KEYS: usize = 21;

/// The help of a pane or layer.
#[derive(Debug)]
pub struct Help {
    contexts: Vec<(&'static str, Vec<Entry>)>,
    text: Text,
}

/// An action: its keys, what it does, and why it can't be done now.
#[derive(Debug)]
struct Entry {
    keys: String,
    about: &'static str,
    blocked: Option<String>,
}

impl Entry {
    fn lines(&self, width: usize) -> Vec<Line> {
        let width = width.saturating_sub(KEYS).max(KEYS);
        let (about, meaning) = match &self.blocked {
            None => (wrap(self.about, width), Meaning::Text),
            Some(_) => (wrap(&format!("{}:", self.about), width), Meaning::Dim),
        };
        let mut lines: Vec<Line> = Vec::new();
        for text in about {
            let keys = if lines.is_empty() { &self.keys } else { "" };
            let keys = format!("  {keys:<18} ");
            lines.push(vec![(keys, Meaning::Key), (text, meaning)]);
        }
        let Some(why) = &self.blocked else {
            return lines;
        };
        // On the same line where there is room for all of it.
        let last = lines.last_mut();
        let room = last.filter(|line| {
            let used: usize = line.iter().map(|(text, _)| text.width()).sum();
            used + 1 + why.width() <= KEYS + width
        });
        if let Some(line) = room {
            line.push((format!(" {why}"), Meaning::Warn));
        } else {
            lines.extend(wrap(why, width).into_iter().map(|text| {
                let gap = (" ".repeat(KEYS), Meaning::Text);
                vec![gap, (text, Meaning::Warn)]
            }));
        }
        lines
    }
}

impl Help {
    /// Help on these contexts, of which the first is where the user is. `blocked` says why an action can't be done now.
    pub fn new(
        title: &str,
        contexts: &[&Context],
        keymap: &Keymap,
        blocked: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let entry = |action: &Action| Entry {
            keys: match keymap.keys_of(action.name).join("  ") {
                // Only the palette does it, by its name.
                none if none.is_empty() => format!(": {}", action.words),
                keys => keys,
            },
            about: action.about,
            blocked: blocked(action.name),
        };
        let contexts = contexts
            .iter()
            .filter(|context| !context.actions.is_empty())
            .map(|context| (context.title, context.actions.iter().map(entry).collect()))
            .collect();
        Self {
            contexts,
            text: Text::new(format!("help: {title}"), Vec::new()),
        }
    }

    fn lines(&self, width: u16) -> Vec<Line> {
        let mut lines: Vec<Line> = Vec::new();
        for (title, entries) in &self.contexts {
            if !lines.is_empty() {
                lines.push(Vec::new());
            }
            lines.push(vec![((*title).to_owned(), Meaning::Heading)]);
            lines.extend(entries.iter().flat_map(|entry| entry.lines(width.into())));
        }
        lines
    }
}

impl Layer for Help {
    fn context(&self) -> &'static Context {
        &HELP
    }

    fn update(&mut self, event: PaneEvent<'_>, around: Surroundings<'_>) -> Outcome {
        self.text.update(event, around)
    }

    fn place(&self, body: Rect, around: Surroundings<'_>) -> Rect {
        // The frame takes a column on each side, or the help takes the whole width.
        let lines = self.lines(body.width.saturating_sub(6));
        Text::new("", lines).place(body, around)
    }

    fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, around: Surroundings<'_>) {
        self.text
            .set_lines(self.lines(area.width.saturating_sub(2)));
        self.text.draw(canvas, area, around);
    }
}
