//! Drawing by meaning: the one way in which panes and widgets put text on the screen.

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::keymap::Keymap;
use super::signs::Signs;
use super::theme::{Meaning, Theme};

/// A piece of text with a meaning.
pub type Piece<'a> = (&'a str, Meaning);

/// The screen while a frame is drawn.
#[derive(Debug)]
pub struct Canvas<'a> {
    buffer: &'a mut Buffer,
    theme: &'a Theme,
    signs: &'static Signs,
    keymap: &'a Keymap,
    now: Timestamp,
    cursor: Option<Position>,
}

impl<'a> Canvas<'a> {
    /// A canvas over a frame's buffer. `now` is what ages are counted from.
    pub fn new(
        buffer: &'a mut Buffer,
        theme: &'a Theme,
        signs: &'static Signs,
        keymap: &'a Keymap,
        now: Timestamp,
    ) -> Self {
        Self {
            buffer,
            theme,
            signs,
            keymap,
            now,
            cursor: None,
        }
    }

    /// The signs of this terminal.
    #[must_use]
    pub fn signs(&self) -> &'static Signs {
        self.signs
    }

    /// A sentence with the keys of the actions that it names, for those that measure what they draw: see [`Keymap::words`].
    #[must_use]
    pub fn words(&self, text: &str) -> String {
        self.keymap.words(text)
    }

    /// How a meaning looks.
    #[must_use]
    pub fn style(&self, meaning: Meaning) -> Style {
        self.theme[meaning]
    }

    /// Wall time, for ages.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The buffer itself, for widgets of others.
    pub fn buffer(&mut self) -> &mut Buffer {
        self.buffer
    }

    /// Where the terminal's cursor shall be, if anywhere.
    #[must_use]
    pub fn cursor(&self) -> Option<Position> {
        self.cursor
    }

    /// Shows the terminal's cursor here.
    pub fn place_cursor(&mut self, x: u16, y: u16) {
        self.cursor = Some(Position { x, y });
    }

    /// Hides the terminal's cursor, if what is drawn from here on doesn't place it.
    pub fn hide_cursor(&mut self) {
        self.cursor = None;
    }

    /// Writes `text` at a cell, at most `width` cells, cut with a sign if it is longer. Returns the column after it.
    pub fn put(&mut self, x: u16, y: u16, width: u16, text: &str, meaning: Meaning) -> u16 {
        let style = self.theme[meaning];
        self.put_styled(x, y, width, text, style)
    }

    fn put_styled(&mut self, x: u16, y: u16, width: u16, text: &str, style: Style) -> u16 {
        let named = text.contains('⟨').then(|| self.keymap.words(text));
        let text = named.as_deref().unwrap_or(text);
        let area = self.buffer.area;
        if y >= area.bottom() || x >= area.right() || width == 0 {
            return x;
        }
        let width = width.min(area.right() - x);
        if text.width() <= usize::from(width) {
            return self
                .buffer
                .set_stringn(x, y, text, usize::from(width), style)
                .0;
        }
        let (x, _) = self
            .buffer
            .set_stringn(x, y, text, usize::from(width - 1), style);
        self.buffer.set_stringn(x, y, self.signs.cut, 1, style).0
    }

    /// Writes pieces one after the other into the first row of `area`. Returns the column after them.
    pub fn line(&mut self, area: Rect, pieces: &[Piece<'_>]) -> u16 {
        let mut x = area.x;
        if area.height == 0 {
            return x;
        }
        for (text, meaning) in pieces {
            x = self.put(x, area.y, area.right().saturating_sub(x), text, *meaning);
        }
        x
    }

    /// Writes pieces so that they end at the right edge of the first row of `area`; cut at the left edge. Returns where they begin.
    pub fn line_right(&mut self, area: Rect, pieces: &[Piece<'_>]) -> u16 {
        let width: usize = pieces.iter().map(|(text, _)| text.width()).sum();
        let width = u16::try_from(width).unwrap_or(u16::MAX).min(area.width);
        let x = area.right() - width;
        self.line(Rect { x, width, ..area }, pieces);
        x
    }

    /// Gives the cells of `area` the style of `meaning`, keeping their text.
    pub fn paint(&mut self, area: Rect, meaning: Meaning) {
        let style = self.theme[meaning];
        self.buffer.set_style(area, style);
    }

    /// Empties `area`, for what is drawn over other things.
    pub fn clear(&mut self, area: Rect) {
        let area = area.intersection(self.buffer.area);
        for y in area.top()..area.bottom() {
            for x in area.left()..area.right() {
                self.buffer[(x, y)].reset();
            }
        }
    }

    /// A vertical rule down the first column of `area`.
    pub fn vertical_rule(&mut self, area: Rect) {
        for y in area.top()..area.bottom() {
            self.put(area.x, y, 1, self.signs.vertical, Meaning::Rule);
        }
    }

    /// A horizontal rule across the first row of `area`, with headings in it: `── variables ──── canary ───`.
    /// Each heading stands at its own column, counted from the left of `area`.
    pub fn rule(&mut self, area: Rect, headings: &[(u16, &str)]) {
        if area.height == 0 {
            return;
        }
        let dashes = self.signs.horizontal.repeat(usize::from(area.width));
        self.put(area.x, area.y, area.width, &dashes, Meaning::Rule);
        for (column, heading) in headings.iter().filter(|(_, h)| !h.is_empty()) {
            let x = area.x + column;
            let left = area.right().saturating_sub(x);
            self.put(x, area.y, left, &format!(" {heading} "), Meaning::Heading);
        }
    }
}

/// `text` cut to `width` cells without a sign, for what is measured by the caller.
#[must_use]
pub fn clip(text: &str, width: usize) -> &str {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += c.width().unwrap_or(0);
        if used > width {
            return &text[..at];
        }
    }
    text
}

/// Splits `text` into lines of at most `width` cells, at spaces where there are any.
#[must_use]
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split(' ') {
            let mut word = word;
            let gap = usize::from(!line.is_empty());
            if line.width() + gap + word.width() <= width {
                if gap == 1 {
                    line.push(' ');
                }
                line.push_str(word);
                continue;
            }
            if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            while word.width() > width {
                let head = clip(word, width);
                // A character wider than the whole width still has to go somewhere.
                let head = if head.is_empty() { word } else { head };
                lines.push(head.to_owned());
                word = &word[head.len()..];
            }
            word.clone_into(&mut line);
        }
        lines.push(line);
    }
    lines
}

/// How long ago, in one or two words: `now`, `3 m`, `2 h`, `5 d`. Counted from `now` to `then`, both in seconds since 1970.
#[must_use]
pub fn age(now: Timestamp, then: i64) -> String {
    let seconds = now.as_second() - then;
    match seconds {
        ..60 => "now".to_owned(),
        60..3_600 => format!("{} m", seconds / 60),
        3_600..86_400 => format!("{} h", seconds / 3_600),
        86_400..31_536_000 => format!("{} d", seconds / 86_400),
        _ => format!("{} y", seconds / 31_536_000),
    }
}

/// The same as a point in time: `now`, `3 m ago`.
#[must_use]
pub fn ago(now: Timestamp, then: i64) -> String {
    match age(now, then) {
        now if now == "now" => now,
        age => format!("{age} ago"),
    }
}

/// A whole number with a comma at the thousands: `31,204`.
#[must_use]
pub fn thousands(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut out = String::new();
    if n < 0 {
        out.push('-');
    }
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::ui::testing::Screen;

    #[test]
    fn text_that_is_too_long_says_so() {
        let screen = Screen::draw(10, 3, |canvas| {
            canvas.put(0, 0, 6, "abcdef", Meaning::Text);
            canvas.put(0, 1, 6, "abcdefg", Meaning::Text);
            canvas.put(8, 2, 20, "abc", Meaning::Text);
            canvas.put(0, 9, 20, "outside", Meaning::Text);
        });
        assert_eq!(screen.text(), "abcdef\nabcde…\n        a…\n");
    }

    #[test]
    fn a_line_can_end_at_the_right() {
        let screen = Screen::draw(10, 1, |canvas| {
            let area = Rect::new(0, 0, 10, 1);
            canvas.line_right(area, &[("ab", Meaning::Text), ("cd", Meaning::Dim)]);
        });
        assert_eq!(screen.text(), "      abcd\n");
    }

    #[test]
    fn headings_stand_in_rules() {
        let screen = Screen::draw(20, 1, |canvas| {
            canvas.rule(Rect::new(0, 0, 20, 1), &[(2, "one"), (11, "two"), (15, "")]);
        });
        assert_eq!(screen.text(), "── one ──── two ────\n");
    }

    #[test]
    fn ages_numbers_and_wrapping() {
        let now: Timestamp = "2026-01-02T00:00:00Z".parse().unwrap();
        let then = |s: i64| now.as_second() - s;
        for (seconds, text) in [
            (-5, "now"),
            (59, "now"),
            (60, "1 m"),
            (3_599, "59 m"),
            (7_200, "2 h"),
            (86_400, "1 d"),
            (31_536_000, "1 y"),
        ] {
            assert_eq!(age(now, then(seconds)), text);
        }
        assert_eq!(
            [0, 999, 1_000, -31_204].map(thousands),
            ["0", "999", "1,000", "-31,204"]
        );
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij k", 4), ["abcd", "efgh", "ij k"]);
        assert_eq!(wrap("a\n\nb", 4), ["a", "", "b"]);
    }
}
