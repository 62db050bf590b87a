//! Screens as text, for tests: what is shown, and where it is styled.

use std::collections::BTreeMap;

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::canvas::Canvas;
use super::shell::keymap;
use super::signs::UNICODE;
use super::theme::{Meaning, Theme};

/// A drawn screen.
pub(crate) struct Screen {
    buffer: Buffer,
    theme: Theme,
}

/// The time at which test screens are drawn.
pub(crate) fn now() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

/// The theme of test screens.
pub(crate) fn theme() -> Theme {
    Theme::for_tests()
}

impl Screen {
    /// Draws on an empty screen.
    pub(crate) fn draw(columns: u16, rows: u16, draw: impl FnOnce(&mut Canvas<'_>)) -> Self {
        let theme = theme();
        let mut buffer = Buffer::empty(Rect::new(0, 0, columns, rows));
        let keymap = keymap(&BTreeMap::new()).unwrap();
        draw(&mut Canvas::new(
            &mut buffer,
            &theme,
            &UNICODE,
            &keymap,
            now(),
        ));
        Self { buffer, theme }
    }

    /// A screen that was drawn elsewhere.
    pub(crate) fn of(buffer: Buffer) -> Self {
        Self {
            buffer,
            theme: theme(),
        }
    }

    /// The text alone, a line per row, without trailing blanks.
    pub(crate) fn text(&self) -> String {
        let mut out = String::new();
        for y in 0..self.buffer.area.height {
            let mut skip = 0;
            let mut line = String::new();
            for x in 0..self.buffer.area.width {
                let symbol = self.buffer[(x, y)].symbol();
                if skip == 0 {
                    line.push_str(symbol);
                    skip = unicode_width::UnicodeWidthStr::width(symbol).max(1);
                }
                skip -= 1;
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }

    /// The text, and after each row that has styles the runs in it: `2-5 title`. Styles are named by their meaning.
    pub(crate) fn styled(&self) -> String {
        let mut out = String::new();
        for (y, line) in (0u16..).zip(self.text().lines()) {
            let mut runs: Vec<(u16, u16, String)> = Vec::new();
            for x in 0..self.buffer.area.width {
                let name = self.name(self.buffer[(x, y)].style());
                match runs.last_mut() {
                    Some((_, end, last)) if *last == name => *end = x,
                    _ => runs.push((x, x, name)),
                }
            }
            runs.retain(|(_, _, name)| name != "text");
            out.push_str(line);
            out.push('\n');
            if !runs.is_empty() {
                let runs: Vec<String> = runs
                    .iter()
                    .map(|(from, to, name)| format!("{from}-{to} {name}"))
                    .collect();
                out.push_str("    ~ ");
                out.push_str(&runs.join(", "));
                out.push('\n');
            }
        }
        out
    }

    fn name(&self, style: Style) -> String {
        let plain = Style::reset();
        let painted = |meaning: Meaning| {
            let style = plain.patch(self.theme[meaning]);
            (style.fg, style.bg, style.add_modifier)
        };
        let wanted = (style.fg, style.bg, style.add_modifier);
        Meaning::ALL
            .iter()
            .find(|m| painted(**m) == wanted)
            .map_or_else(
                || format!("{:?}/{:?}/{:?}", style.fg, style.bg, style.add_modifier),
                |m| m.name().to_owned(),
            )
    }
}
