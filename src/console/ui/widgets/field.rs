//! A line to type in.

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::Widget;
use tui_textarea::{CursorMove, CursorRenderMode, TextArea};

use super::editor::input;
use crate::console::term::{Code, Key};
use crate::console::ui::canvas::Canvas;
use crate::console::ui::theme::Meaning;

/// One line of text.
#[derive(Clone, Debug)]
pub struct Field {
    area: TextArea<'static>,
    masked: bool,
}

impl Default for Field {
    fn default() -> Self {
        Self::new("")
    }
}

impl Field {
    /// A field with this text, the cursor at its end. Line breaks become spaces.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut area = TextArea::new(vec![one_line(text)]);
        area.set_cursor_render_mode(CursorRenderMode::Hidden);
        area.set_cursor_line_style(Style::new());
        area.move_cursor(CursorMove::End);
        Self {
            area,
            masked: false,
        }
    }

    /// Shows signs in place of characters, for secrets.
    #[must_use]
    pub fn masked(mut self) -> Self {
        self.masked = true;
        self
    }

    /// What stands in it.
    #[must_use]
    pub fn text(&self) -> &str {
        self.area.lines().first().map_or("", String::as_str)
    }

    /// Whether nothing stands in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text().is_empty()
    }

    /// Types a key. Says whether the text changed. Keys that would leave the line (Enter, Tab, up and down) do nothing.
    pub fn type_key(&mut self, key: Key) -> bool {
        let leaves = matches!(
            key.code,
            Code::Enter
                | Code::Tab
                | Code::Up
                | Code::Down
                | Code::PageUp
                | Code::PageDown
                | Code::Esc
        );
        // As in a shell: what stands before the cursor goes.
        if key == Key::ctrl('u') {
            return self.area.delete_line_by_head();
        }
        // Control-m is Enter to the editor.
        !leaves && key != Key::ctrl('m') && self.area.input(input(key))
    }

    /// Inserts a pasted text, on one line. Says whether the text changed.
    pub fn paste(&mut self, text: &str) -> bool {
        self.area.insert_str(one_line(text))
    }

    /// Draws the field over the first row of `area`.
    pub fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, focused: bool) {
        let area = Rect {
            height: area.height.min(1),
            ..area
        };
        if self.masked {
            let mask = canvas.signs().mask.chars().next().unwrap_or('*');
            self.area.set_mask_char(mask);
        }
        self.area.set_style(canvas.style(Meaning::Input));
        (&self.area).render(area, canvas.buffer());
        if focused && let Some(at) = self.area.rendered_cursor_position() {
            canvas.place_cursor(at.x, at.y);
        }
    }
}

fn one_line(text: &str) -> String {
    text.trim_end_matches(['\n', '\r'])
        .replace("\r\n", " ")
        .replace(['\n', '\r', '\t'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::ui::testing::Screen;

    #[test]
    fn a_field_stays_on_one_line() {
        let mut field = Field::new("a\nb");
        for key in ["enter", "ctrl-m", "tab", "up", "c", "backspace", "d"] {
            field.type_key(key.parse().unwrap());
        }
        field.paste("x\ny\n");
        assert_eq!(field.text(), "a bdx y");
    }

    #[test]
    fn control_u_deletes_what_stands_before_the_cursor() {
        let mut field = Field::new("abc");
        field.type_key("left".parse().unwrap());
        assert!(field.type_key(Key::ctrl('u')));
        assert_eq!(field.text(), "c");
        assert!(!field.type_key(Key::ctrl('u')), "nothing is left before it");
    }

    #[test]
    fn a_long_text_scrolls_and_a_secret_is_masked() {
        let mut field = Field::new("abcdefghij");
        let mut secret = Field::new("s3cret").masked();
        let mut at = None;
        let screen = Screen::draw(8, 2, |canvas| {
            secret.draw(canvas, Rect::new(0, 1, 8, 1), false);
            field.draw(canvas, Rect::new(0, 0, 8, 1), true);
            at = canvas.cursor();
        });
        assert!(
            screen.text().ends_with("••••••\n") && screen.text().contains("hij"),
            "{}",
            screen.text()
        );
        assert_eq!(at.map(|p| p.y), Some(0));
    }
}
