//! One of a list.

use ratatui::layout::Rect;

use crate::console::ui::canvas::Canvas;
use crate::console::ui::fuzzy::contains;
use crate::console::ui::keymap::Context;
use crate::console::ui::layout::{centred, framed};
use crate::console::ui::pane::{Command, Layer, Outcome, PaneEvent, Surroundings};
use crate::console::ui::theme::Meaning;
use crate::console::ui::widgets::{Cursor, Field, Move};

/// A menu's keys are those of moving and typing.
pub const CHOOSE: Context = Context {
    name: "choose",
    title: "A menu",
    actions: &[],
};

/// Something to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What is given back.
    pub value: String,
    /// What is shown.
    pub label: String,
    /// What is said beside it.
    pub note: String,
}

impl Choice {
    /// A choice whose label is its value.
    #[must_use]
    pub fn plain(value: impl Into<String>) -> Self {
        let value = value.into();
        Self {
            label: value.clone(),
            value,
            note: String::new(),
        }
    }
}

/// What is done with the choice.
type Chosen = Box<dyn FnOnce(&str) -> Vec<Command>>;

/// A menu with a title; typing narrows it down.
pub struct Choose {
    title: String,
    choices: Vec<Choice>,
    field: Field,
    cursor: Cursor<String>,
    chosen: Option<Chosen>,
}

impl Choose {
    /// A menu of these choices, the cursor on `current`; `chosen` gets the value.
    pub fn new(
        title: impl Into<String>,
        choices: Vec<Choice>,
        current: Option<&str>,
        chosen: impl FnOnce(&str) -> Vec<Command> + 'static,
    ) -> Self {
        let mut cursor = Cursor::default();
        if let Some(current) = current {
            cursor.select(current.to_owned());
        }
        Self {
            title: title.into(),
            choices,
            field: Field::default(),
            cursor,
            chosen: Some(Box::new(chosen)),
        }
    }

    fn found(&self) -> Vec<&Choice> {
        let matches = |c: &&Choice| contains(self.field.text(), &format!("{} {}", c.label, c.note));
        self.choices.iter().filter(matches).collect()
    }

    fn values(&self) -> Vec<String> {
        self.found().iter().map(|c| c.value.clone()).collect()
    }
}

impl Layer for Choose {
    fn context(&self) -> &'static Context {
        &CHOOSE
    }

    fn typing(&self) -> bool {
        true
    }

    fn update(&mut self, event: PaneEvent<'_>, _around: Surroundings<'_>) -> Outcome {
        match event {
            PaneEvent::Key(key) => {
                self.field.type_key(key);
            }
            PaneEvent::Paste(text) => {
                self.field.paste(text);
            }
            PaneEvent::Move(Move::Back) => return Outcome::close(),
            PaneEvent::Move(Move::Open) => {
                let values = self.values();
                if let Some(value) = self.cursor.keep(&values)
                    && let Some(chosen) = self.chosen.take()
                {
                    return Outcome::Close(chosen(value));
                }
            }
            PaneEvent::Move(movement) => {
                let values = self.values();
                self.cursor.go(movement, &values);
            }
            _ => {}
        }
        Outcome::stay()
    }

    fn place(&self, body: Rect, _around: Surroundings<'_>) -> Rect {
        let rows = u16::try_from(self.choices.len() + 3).unwrap_or(u16::MAX);
        centred(body, 64, rows.min(18))
    }

    fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, _around: Surroundings<'_>) {
        let inner = framed(canvas, area, &self.title);
        let prompt = canvas.put(inner.x, inner.y, 2, "/ ", Meaning::Key);
        let field = Rect::new(prompt, inner.y, inner.right() - prompt, 1);
        self.field.draw(canvas, field, true);
        let list = Rect::new(
            inner.x,
            inner.y + 1,
            inner.width,
            inner.height.saturating_sub(1),
        );
        let values = self.values();
        self.cursor.keep(&values);
        let window = self.cursor.window(values.len(), list.height);
        let here = self.cursor.index();
        for ((index, choice), y) in self
            .found()
            .iter()
            .enumerate()
            .skip(window.start)
            .zip(list.top()..list.bottom())
        {
            let row = Rect::new(list.x, y, list.width, 1);
            let (mark, meaning) = if index == here {
                (canvas.signs().here, Meaning::Cursor)
            } else {
                (" ", Meaning::Text)
            };
            let note = format!("  {}", choice.note);
            let pieces = [
                (mark, Meaning::Mark),
                (" ", Meaning::Text),
                (choice.label.as_str(), meaning),
                (note.as_str(), Meaning::Dim),
            ];
            canvas.line(row, &pieces);
        }
        if values.is_empty() {
            canvas.line(list, &[("nothing matches", Meaning::Dim)]);
        }
    }
}
