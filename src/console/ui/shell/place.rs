//! The left half of the context line, and what of it gives way when there is no room.

use unicode_width::UnicodeWidthStr;

use crate::console::ui::canvas::{Piece, clip};
use crate::console::ui::theme::Meaning;

/// How much a piece of the line is worth: on a narrow terminal, the first ones give way first.
///
/// What says that a mistake would hurt (`PROD`, the stage, `read-only`) never does; only a stage's name longer than the line is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Worth {
    Decoration,
    ApiId,
    Api,
    Account,
    Region,
    Session,
    Stage,
    Kept,
}

/// In this order pieces give way, cut down to so many cells or left out; then the badge on the right does.
pub(super) const FIRST: [(Worth, usize); 4] = [
    (Worth::Decoration, 0),
    (Worth::ApiId, 0),
    (Worth::Api, 8),
    (Worth::Account, 0),
];
/// And then these.
pub(super) const THEN: [(Worth, usize); 4] = [
    (Worth::Region, 0),
    (Worth::Api, 0),
    (Worth::Session, 8),
    (Worth::Stage, 4),
];

/// Pieces of the line, from left to right.
#[derive(Clone, Debug, Default)]
pub(super) struct Place(Vec<(Worth, String, Meaning)>);

impl Place {
    pub(super) fn say(&mut self, worth: Worth, text: impl Into<String>, meaning: Meaning) {
        self.0.push((worth, text.into(), meaning));
    }

    pub(super) fn pieces(&self) -> impl Iterator<Item = Piece<'_>> {
        self.0
            .iter()
            .map(|(_, text, meaning)| (text.as_str(), *meaning))
    }

    fn width(&self) -> usize {
        self.0.iter().map(|(_, text, _)| text.width()).sum()
    }

    /// Makes it at most `room` cells wide, if these give way enough. Says whether it is.
    pub(super) fn fit(&mut self, room: usize, give_way: &[(Worth, usize)], cut: &str) -> bool {
        for (worth, least) in give_way {
            let over = self.width().saturating_sub(room);
            if over == 0 {
                return true;
            }
            if *least == 0 {
                self.0.retain(|(its, _, _)| its != worth);
            } else if let Some((_, text, _)) = self.0.iter_mut().rfind(|(its, _, _)| its == worth)
                && text.width() > *least
            {
                let width = text.width().saturating_sub(over).max(*least);
                *text = format!("{}{cut}", clip(text, width.saturating_sub(cut.width())));
            }
        }
        self.width() <= room
    }
}
