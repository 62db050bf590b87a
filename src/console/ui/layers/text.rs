//! A text to read: a difference, a detail, a long error.

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use crate::console::ui::canvas::{Canvas, clip};
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
    /// The lines as they fit the width they were last drawn at: what is long goes on below, indented.
    folded: Vec<Line>,
    width: u16,
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
            folded: Vec::new(),
            width: 0,
            top: 0,
            height: 1,
        }
    }

    /// Says it in other lines, as after a change of the width.
    pub(crate) fn set_lines(&mut self, lines: Vec<Line>) {
        self.lines = lines;
        self.width = 0;
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

/// A line in as many rows as it needs at this width.
fn fold(line: &Line, width: usize) -> Vec<Line> {
    const INDENT: &str = "    ";
    let mut rows = Vec::new();
    let mut row = Line::new();
    let mut used = 0;
    for (text, meaning) in line {
        let mut rest = text.as_str();
        while used + rest.width() > width {
            let mut head = clip(rest, width.saturating_sub(used));
            // Words stay whole where there is one to break before.
            if let Some(blank) = head
                .rfind(' ')
                .filter(|at| *at > 0 && rest.len() > head.len())
            {
                head = &head[..=blank];
            }
            if head.is_empty() && used <= INDENT.len() {
                // Not even a character fits: it is drawn cut rather than never.
                break;
            }
            row.push((head.to_owned(), *meaning));
            rest = &rest[head.len()..];
            rows.push(std::mem::take(&mut row));
            row.push((INDENT.to_owned(), Meaning::Text));
            used = INDENT.len();
        }
        row.push((rest.to_owned(), *meaning));
        used += rest.width();
    }
    rows.push(row);
    rows
}

impl Layer for Text {
    fn context(&self) -> &'static Context {
        &TEXT
    }

    fn update(&mut self, event: PaneEvent<'_>, _around: Surroundings<'_>) -> Outcome {
        let last = self.folded.len().saturating_sub(self.height);
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
        if self.width != inner.width {
            self.width = inner.width;
            let fold = |line| fold(line, usize::from(inner.width));
            self.folded = self.lines.iter().flat_map(fold).collect();
        }
        self.height = usize::from(inner.height).max(1);
        self.top = self.top.min(self.folded.len().saturating_sub(self.height));
        for (line, y) in self.folded[self.top..]
            .iter()
            .zip(inner.top()..inner.bottom())
        {
            let pieces: Vec<_> = line.iter().map(|(text, m)| (text.as_str(), *m)).collect();
            canvas.line(Rect::new(inner.x, y, inner.width, 1), &pieces);
        }
        if self.folded.len() > self.height {
            let shown = format!(" {} of {} ", self.top + self.height, self.folded.len());
            let last = Rect::new(area.x, area.bottom() - 1, area.width - 2, 1);
            canvas.line_right(last, &[(&shown, Meaning::Dim)]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_go_on_below() {
        let line = |text: &str| vec![(text.to_owned(), Meaning::Text)];
        let rows = |text: &str, width| -> Vec<String> {
            let row = |row: Line| row.into_iter().map(|(text, _)| text).collect();
            fold(&line(text), width).into_iter().map(row).collect()
        };
        for (text, width, expected) in [
            ("short", 10, &["short"] as &[&str]),
            ("two words here", 10, &["two words ", "    here"]),
            ("abcdefghijklmnop", 10, &["abcdefghij", "    klmnop"]),
            ("", 10, &[""]),
            ("漢字漢字漢字", 10, &["漢字漢字漢", "    字"]),
            ("漢字", 1, &["漢字"]),
        ] {
            assert_eq!(rows(text, width), expected, "{text}");
        }
        let two = vec![
            ("head ".to_owned(), Meaning::Title),
            ("and its tail".to_owned(), Meaning::Bad),
        ];
        let folded = fold(&two, 12);
        assert_eq!(folded.len(), 2);
        assert_eq!(folded[1][1], ("its tail".to_owned(), Meaning::Bad));
    }
}
