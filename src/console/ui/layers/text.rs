//! A text to read: a difference, a detail, a long error.

use ratatui::layout::Rect;

use crate::console::ui::canvas::Canvas;
use crate::console::ui::keymap::{Action, Context};
use crate::console::ui::layout::{centred, framed};
use crate::console::ui::pane::{Command, Layer, Outcome, PaneEvent, Surroundings};
use crate::console::ui::theme::Meaning;
use crate::console::ui::widgets::Move;

/// The actions of a text.
pub const TEXT: Context = Context {
    name: "text",
    title: "A text",
    actions: &[Action::new(
        "text.copy",
        &["y"],
        "copy",
        "Copies the whole text",
    )],
};

/// A line of pieces.
pub type Line = Vec<(String, Meaning)>;

/// A scrollable text with a title.
#[derive(Debug)]
pub struct Text {
    title: String,
    lines: Vec<Line>,
    top: usize,
    height: usize,
}

impl Text {
    /// A text of these lines.
    #[must_use]
    pub fn new(title: impl Into<String>, lines: Vec<Line>) -> Self {
        Self {
            title: title.into(),
            lines,
            top: 0,
            height: 1,
        }
    }

    /// Says it in other lines, as after a change of the width.
    pub(crate) fn set_lines(&mut self, lines: Vec<Line>) {
        self.lines = lines;
    }

    /// A text without meanings.
    #[must_use]
    pub fn plain(title: impl Into<String>, text: &str) -> Self {
        let lines = text
            .lines()
            .map(|line| vec![(line.to_owned(), Meaning::Text)])
            .collect();
        Self::new(title, lines)
    }
}

impl Layer for Text {
    fn context(&self) -> &'static Context {
        &TEXT
    }

    fn update(&mut self, event: PaneEvent<'_>, _around: Surroundings<'_>) -> Outcome {
        let last = self.lines.len().saturating_sub(self.height);
        match event {
            PaneEvent::Act("text.copy") => {
                let text: Vec<String> = self
                    .lines
                    .iter()
                    .map(|line| line.iter().map(|(text, _)| text.as_str()).collect())
                    .collect();
                return Outcome::Stay(vec![Command::copy(self.title.clone(), text.join("\n"))]);
            }
            PaneEvent::Move(Move::Back | Move::Left) => return Outcome::close(),
            PaneEvent::Move(movement) => {
                self.top = match movement {
                    Move::Up => self.top.saturating_sub(1),
                    Move::Down => self.top + 1,
                    Move::PageUp => self.top.saturating_sub(self.height),
                    Move::PageDown => self.top + self.height,
                    Move::Top => 0,
                    Move::Bottom => last,
                    _ => self.top,
                }
                .min(last);
            }
            _ => {}
        }
        Outcome::stay()
    }

    fn place(&self, body: Rect, _around: Surroundings<'_>) -> Rect {
        let height = u16::try_from(self.lines.len() + 2).unwrap_or(u16::MAX);
        centred(body, body.width.saturating_sub(4), height.max(5))
    }

    fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, _around: Surroundings<'_>) {
        let inner = framed(canvas, area, &self.title);
        self.height = usize::from(inner.height).max(1);
        self.top = self.top.min(self.lines.len().saturating_sub(self.height));
        for (line, y) in self.lines[self.top..]
            .iter()
            .zip(inner.top()..inner.bottom())
        {
            let pieces: Vec<_> = line.iter().map(|(text, m)| (text.as_str(), *m)).collect();
            canvas.line(Rect::new(inner.x, y, inner.width, 1), &pieces);
        }
        if self.lines.len() > self.height {
            let shown = format!(" {} of {} ", self.top + self.height, self.lines.len());
            let last = Rect::new(area.x, area.bottom() - 1, area.width - 2, 1);
            canvas.line_right(last, &[(&shown, Meaning::Dim)]);
        }
    }
}
