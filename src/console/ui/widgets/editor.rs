//! The text editor: the one file that knows the editor crate.

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::Widget;
use tui_textarea::{CursorMove, CursorRenderMode, Input, Key as TextKey, TextArea};

use crate::console::term::{Code, Key};
use crate::console::ui::canvas::Canvas;
use crate::console::ui::theme::Meaning;

/// A piece of text to draw in another style: line, first and last character (exclusive), counted from 0, and what it means.
pub type Span = (usize, std::ops::Range<usize>, Meaning);

/// A text of many lines that can be typed in.
#[derive(Clone, Debug)]
pub struct Editor {
    area: TextArea<'static>,
    numbered: bool,
}

impl Default for Editor {
    fn default() -> Self {
        Self::new("")
    }
}

impl Editor {
    /// An editor with this text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        if lines.is_empty() || text.ends_with('\n') {
            lines.push(String::new());
        }
        let mut area = TextArea::new(lines);
        area.set_cursor_render_mode(CursorRenderMode::Hidden);
        area.set_cursor_line_style(Style::new());
        area.set_tab_length(2);
        area.set_undo_coalescing(true);
        Self {
            area,
            numbered: false,
        }
    }

    /// Shows line numbers.
    #[must_use]
    pub fn numbered(mut self) -> Self {
        self.numbered = true;
        self
    }

    /// The whole text, lines joined by line feeds.
    #[must_use]
    pub fn text(&self) -> String {
        self.area.lines().join("\n")
    }

    /// The lines.
    #[must_use]
    pub fn lines(&self) -> &[String] {
        self.area.lines()
    }

    /// Replaces the text; the cursor goes to its end.
    pub fn set_text(&mut self, text: &str) {
        let numbered = self.numbered;
        *self = Self::new(text);
        self.numbered = numbered;
        self.area.move_cursor(CursorMove::Bottom);
        self.area.move_cursor(CursorMove::End);
    }

    /// Line and character of the cursor, counted from 0.
    #[must_use]
    pub fn cursor(&self) -> (usize, usize) {
        self.area.cursor()
    }

    /// Puts the cursor at a line and character, counted from 0; at the nearest place if there is no such.
    pub fn go_to(&mut self, line: usize, character: usize) {
        let small = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        self.area
            .move_cursor(CursorMove::Jump(small(line), small(character)));
    }

    /// Types a key. Says whether the text changed. A new line begins under the one before.
    pub fn type_key(&mut self, key: Key) -> bool {
        if key == Key::plain(Code::Enter) {
            let (line, column) = self.area.cursor();
            let before = self.area.lines().get(line).map_or("", String::as_str);
            let blanks = before.chars().take(column).take_while(|c| *c == ' ');
            let indent: String = blanks.collect();
            self.area.insert_newline();
            self.area.insert_str(indent);
            return true;
        }
        self.area.input(input(key))
    }

    /// Inserts a pasted text. Says whether the text changed.
    pub fn paste(&mut self, text: &str) -> bool {
        self.area.insert_str(text)
    }

    /// Takes back the last change. Says whether there was one.
    pub fn undo(&mut self) -> bool {
        self.area.undo()
    }

    /// Does again what was taken back. Says whether there was something.
    pub fn redo(&mut self) -> bool {
        self.area.redo()
    }

    /// Draws the text with `spans` in their styles. Only spans of lines near the window should be given: each is looked at for each line.
    /// The terminal's cursor is placed when the editor has the focus.
    pub fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, spans: &[Span], focused: bool) {
        if self.numbered {
            self.area.set_line_number_style(canvas.style(Meaning::Dim));
        }
        self.area.set_selection_style(canvas.style(Meaning::Select));
        self.area.clear_custom_highlight();
        for (line, range, meaning) in spans {
            let ends = ((*line, range.start), (*line, range.end));
            // Problems lie over colours.
            let priority = if *meaning == Meaning::Problem { 2 } else { 1 };
            self.area
                .custom_highlight(ends, canvas.style(*meaning), priority);
        }
        (&self.area).render(area, canvas.buffer());
        if focused && let Some(at) = self.area.rendered_cursor_position() {
            canvas.place_cursor(at.x, at.y);
        }
    }
}

/// Our key in the editor crate's form.
pub(super) fn input(key: Key) -> Input {
    let text_key = match key.code {
        Code::Char(c) => TextKey::Char(c),
        Code::F(n) => TextKey::F(n),
        Code::Enter => TextKey::Enter,
        Code::Esc => TextKey::Esc,
        Code::Tab => TextKey::Tab,
        Code::Backspace => TextKey::Backspace,
        Code::Delete => TextKey::Delete,
        Code::Insert => TextKey::Null,
        Code::Up => TextKey::Up,
        Code::Down => TextKey::Down,
        Code::Left => TextKey::Left,
        Code::Right => TextKey::Right,
        Code::Home => TextKey::Home,
        Code::End => TextKey::End,
        Code::PageUp => TextKey::PageUp,
        Code::PageDown => TextKey::PageDown,
    };
    Input {
        key: text_key,
        ctrl: key.ctrl,
        alt: key.alt,
        shift: key.shift,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::ui::testing::Screen;

    fn keys(editor: &mut Editor, keys: &str) {
        for key in keys.split(' ') {
            editor.type_key(key.parse().unwrap());
        }
    }

    #[test]
    fn text_goes_in_and_comes_out() {
        let mut editor = Editor::new("a\nb\n");
        assert_eq!(editor.text(), "a\nb\n");
        editor.go_to(1, 1);
        keys(&mut editor, "x enter y");
        assert_eq!(editor.text(), "a\nbx\ny\n");
        assert_eq!(editor.cursor(), (2, 1));
        editor.paste("1\n2");
        assert_eq!(editor.text(), "a\nbx\ny1\n2\n");
        assert!(editor.undo());
        assert_eq!(editor.text(), "a\nbx\ny\n");
        editor.set_text("  {");
        keys(&mut editor, "enter x");
        assert_eq!(editor.text(), "  {\n  x");
        editor.go_to(0, 0);
        keys(&mut editor, "enter");
        assert_eq!(editor.text(), "\n  {\n  x", "nothing is before the cursor");
        editor.set_text("{}");
        assert_eq!((editor.text().as_str(), editor.cursor()), ("{}", (0, 2)));
    }

    #[test]
    fn spans_are_styled_and_the_cursor_is_the_terminals() {
        let mut editor = Editor::new("#set($a = 1)\n$a").numbered();
        editor.go_to(1, 2);
        let mut at = None;
        let screen = Screen::draw(20, 3, |canvas| {
            let spans = [(0, 0..4, Meaning::Keyword), (1, 0..2, Meaning::Reference)];
            editor.draw(canvas, Rect::new(0, 0, 20, 3), &spans, true);
            at = canvas.cursor();
        });
        assert_eq!(at.map(|p| (p.x, p.y)), Some((5, 1)));
        insta::assert_snapshot!(screen.styled());
    }
}
