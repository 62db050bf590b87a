//! A template's text as it is typed, and how it stands to the saved one.

use crate::console::ui::syntax::{Highlighter, Language};
use crate::console::ui::widgets::Editor;

/// How a draft stands to what is saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// The same.
    Saved,
    /// Changed here.
    Edited,
    /// Changed here, and saved with another text meanwhile.
    EditedBoth,
    /// Not there yet.
    New,
}

/// An editor over a template.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) editor: Editor,
    pub(super) colours: Highlighter,
    /// The saved text that the draft began from, or became; `None` while the template isn't there.
    base: Option<String>,
    /// The saved text as it was last read.
    seen: Option<String>,
    /// Somebody saved another text since we began.
    theirs: bool,
    /// What a revert took away: another revert brings it back.
    thrown: Option<String>,
}

/// The text as the editor has it: line feeds only.
fn normal(text: &str) -> String {
    Editor::new(text).text()
}

impl Draft {
    pub(super) fn new(saved: Option<&str>) -> Self {
        Self {
            editor: Editor::new(saved.unwrap_or_default()).numbered(),
            colours: Highlighter::new(Language::Template),
            base: saved.map(normal),
            seen: saved.map(str::to_owned),
            theirs: false,
            thrown: None,
        }
    }

    pub(super) fn state(&self) -> State {
        match &self.base {
            None => State::New,
            Some(base) if *base == self.editor.text() => State::Saved,
            Some(_) if self.theirs => State::EditedBoth,
            Some(_) => State::Edited,
        }
    }

    /// The text that the draft is compared with.
    pub(super) fn base(&self) -> &str {
        self.base.as_deref().unwrap_or_default()
    }

    /// Takes note of what is saved now. A draft without changes follows it; one with changes is kept.
    pub(super) fn follow(&mut self, saved: Option<&str>) {
        if self.seen.as_deref() == saved {
            return;
        }
        self.seen = saved.map(str::to_owned);
        let saved = saved.map(normal);
        let edited = self.base.is_some() && self.state() != State::Saved;
        if saved.as_deref() == Some(&self.editor.text()) {
            self.theirs = false;
        } else if edited {
            self.theirs = saved.is_some();
        } else if let Some(text) = &saved {
            self.set(text);
        }
        self.base = saved;
    }

    /// Our text was saved.
    pub(super) fn saved(&mut self, text: String) {
        self.base = Some(text);
        self.theirs = false;
        self.thrown = None;
    }

    /// Goes back to the saved text, or brings back what that took away. Says which, `None` if there was neither.
    pub(super) fn revert(&mut self) -> Option<&'static str> {
        let text = self.editor.text();
        if self.can_revert() && text != self.base() {
            let base = self.base().to_owned();
            self.set(&base);
            self.thrown = Some(text);
            self.theirs = false;
            return Some("back to the saved text; the same key brings yours back");
        }
        let thrown = self.thrown.take()?;
        self.set(&thrown);
        Some("your text is back")
    }

    /// Whether there is something to revert to, or to bring back.
    pub(super) fn can_revert(&self) -> bool {
        self.thrown.is_some() || (self.base.is_some() && self.state() != State::Saved)
    }

    fn set(&mut self, text: &str) {
        let (line, column) = self.editor.cursor();
        self.editor.set_text(text);
        self.editor.go_to(line, column);
    }

    /// Bytes before the cursor.
    pub(super) fn offset(&self) -> usize {
        let (line, column) = self.editor.cursor();
        let lines = self.editor.lines();
        let before: usize = lines.iter().take(line).map(|l| l.len() + 1).sum();
        let here = lines.get(line).map_or(0, |l| {
            l.char_indices().nth(column).map_or(l.len(), |(at, _)| at)
        });
        before + here
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn types(draft: &mut Draft, text: &str) {
        draft.editor.paste(text);
    }

    #[test]
    fn a_draft_follows_what_is_saved_until_it_is_typed_in() {
        let mut draft = Draft::new(Some("a\r\nb"));
        assert_eq!(draft.state(), State::Saved, "line ends are no change");
        draft.follow(Some("c"));
        assert_eq!(
            (draft.state(), draft.editor.text().as_str()),
            (State::Saved, "c")
        );
        types(&mut draft, "x");
        assert_eq!(draft.state(), State::Edited);
        draft.follow(Some("c"));
        assert_eq!(draft.state(), State::Edited);
        draft.follow(Some("theirs"));
        assert_eq!(draft.state(), State::EditedBoth);
        assert!(draft.editor.text().contains('x'), "what was typed stays");
        let text = draft.editor.text();
        draft.saved(text.clone());
        assert_eq!(draft.state(), State::Saved, "before it was read again");
        draft.follow(Some(&text));
        assert_eq!(draft.state(), State::Saved);
    }

    #[test]
    fn a_new_template_becomes_a_saved_one() {
        let mut draft = Draft::new(None);
        assert_eq!(draft.state(), State::New);
        types(&mut draft, "{}");
        draft.follow(None);
        assert_eq!(draft.state(), State::New);
        draft.saved("{}".to_owned());
        draft.follow(Some("{}"));
        assert_eq!(draft.state(), State::Saved);
    }

    #[test]
    fn a_revert_can_be_taken_back() {
        let mut draft = Draft::new(Some("a"));
        assert!(!draft.can_revert() && draft.revert().is_none());
        types(&mut draft, "typed ");
        let typed = draft.editor.text();
        assert!(draft.revert().is_some());
        assert_eq!(
            (draft.state(), draft.editor.text().as_str()),
            (State::Saved, "a")
        );
        assert!(draft.revert().is_some());
        assert_eq!(draft.editor.text(), typed);
    }

    #[test]
    fn the_cursors_place_is_counted_in_bytes() {
        let mut draft = Draft::new(Some("é\né$x"));
        draft.editor.go_to(1, 1);
        assert_eq!(draft.offset(), 5);
    }
}
