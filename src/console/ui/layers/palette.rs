//! `:` finds an action by a few letters of what it does.

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use crate::console::ui::canvas::Canvas;
use crate::console::ui::fuzzy::score;
use crate::console::ui::keymap::{Action, Context};
use crate::console::ui::layout::{centred, framed};
use crate::console::ui::pane::{Command, Layer, Outcome, PaneEvent, Surroundings};
use crate::console::ui::theme::Meaning;
use crate::console::ui::widgets::{Cursor, Field, Move};

/// The palette's keys are those of moving and typing.
pub const PALETTE: Context = Context {
    name: "palette",
    title: "The palette",
    actions: &[],
};

/// An action on offer, and why it can't be done now if it can't.
type Offer = (&'static Action, Option<String>);

/// All actions that can be reached from here.
#[derive(Debug)]
pub struct Palette {
    offers: Vec<Offer>,
    field: Field,
    cursor: Cursor<&'static str>,
}

impl Palette {
    /// A palette of these actions.
    #[must_use]
    pub fn new(offers: Vec<Offer>) -> Self {
        Self {
            offers,
            field: Field::default(),
            cursor: Cursor::default(),
        }
    }

    /// What answers to the letters typed, the best first.
    fn found(&self) -> Vec<&Offer> {
        let mut found: Vec<(i32, &Offer)> = self
            .offers
            .iter()
            .filter_map(|offer| Some((self.score(offer)?, offer)))
            .collect();
        found.sort_by_key(|(score, _)| -score);
        found.into_iter().map(|(_, offer)| offer).collect()
    }

    /// What it is called counts more than what is said of it, and what can be done more than what can't. But who types a whole name
    /// means it: no other action may stand in its place when Enter comes.
    fn score(&self, (action, why): &Offer) -> Option<i32> {
        let pattern = self.field.text().trim();
        let called = score(pattern, action.words).map(|score| {
            if action.words.eq_ignore_ascii_case(pattern) {
                score + 80
            } else {
                score + 20
            }
        });
        let told = score(pattern, &format!("{} {}", action.about, action.name));
        let best = called.max(told)?;
        Some(if why.is_some() { best - 40 } else { best })
    }

    fn names(&self) -> Vec<&'static str> {
        self.found().iter().map(|(action, _)| action.name).collect()
    }
}

impl Layer for Palette {
    fn context(&self) -> &'static Context {
        &PALETTE
    }

    fn typing(&self) -> bool {
        true
    }

    fn update(&mut self, event: PaneEvent<'_>, _around: Surroundings<'_>) -> Outcome {
        match event {
            PaneEvent::Key(key) => {
                self.field.type_key(key);
                self.cursor = Cursor::default();
            }
            PaneEvent::Paste(text) => {
                self.field.paste(text);
            }
            PaneEvent::Move(Move::Back) => return Outcome::close(),
            PaneEvent::Move(Move::Open) => {
                let names = self.names();
                let index = self.cursor.index().min(names.len().saturating_sub(1));
                return match names.get(index) {
                    Some(name) => Outcome::Close(vec![Command::Act(name)]),
                    None => Outcome::stay(),
                };
            }
            PaneEvent::Move(movement) => {
                let names = self.names();
                self.cursor.go(movement, &names);
            }
            _ => {}
        }
        Outcome::stay()
    }

    fn place(&self, body: Rect, _around: Surroundings<'_>) -> Rect {
        let rows = u16::try_from(self.offers.len() + 3).unwrap_or(u16::MAX);
        centred(body, 76, rows.min(16))
    }

    fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, around: Surroundings<'_>) {
        let inner = framed(canvas, area, "do");
        let prompt = canvas.put(inner.x, inner.y, 2, ": ", Meaning::Key);
        let field = Rect::new(prompt, inner.y, inner.right() - prompt, 1);
        self.field.draw(canvas, field, true);
        let list = Rect::new(
            inner.x,
            inner.y + 1,
            inner.width,
            inner.height.saturating_sub(1),
        );
        let names = self.names();
        self.cursor.keep(&names);
        let window = self.cursor.window(names.len(), list.height);
        let found = self.found();
        if found.is_empty() {
            canvas.line(list, &[("nothing is called so", Meaning::Dim)]);
        }
        let cursor = self.cursor.index();
        let names_width = found.iter().map(|(action, _)| action.words.width()).max();
        let names_width = names_width.unwrap_or(0);
        for (index, y) in window.zip(list.top()..) {
            let (action, why) = found[index];
            let row = Rect::new(list.x, y, list.width, 1);
            let here = index == cursor;
            let mark = if here { canvas.signs().here } else { " " };
            let about = if why.is_some() {
                Meaning::Dim
            } else {
                Meaning::Text
            };
            let words = match (here, why) {
                (true, None) => Meaning::Cursor,
                (_, Some(_)) => Meaning::Dim,
                _ => Meaning::Mark,
            };
            let key = format!("{:<9} ", around.keymap.key_of(action.name));
            let gap = names_width - action.words.width() + 2;
            let about_text = format!("{:gap$}{}", "", why.as_deref().unwrap_or(action.about));
            let pieces = [
                (mark, Meaning::Mark),
                (" ", Meaning::Text),
                (key.as_str(), Meaning::Key),
                (action.words, words),
                (about_text.as_str(), about),
            ];
            canvas.line(row, &pieces);
        }
    }
}
