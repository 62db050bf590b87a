//! Keys as the program knows them, and their written form in the keymap (`ctrl-s`, `D`, `f5`, `pgdn`).

use std::fmt;
use std::str::FromStr;

/// A key without its modifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    /// A character; capital letters come as themselves, not as shift and a small letter.
    Char(char),
    /// A function key, 1 to 12.
    F(u8),
    /// Return.
    Enter,
    /// Escape.
    Esc,
    /// Tab; with shift when it is back-tab.
    Tab,
    /// Deletes to the left.
    Backspace,
    /// Deletes to the right.
    Delete,
    /// Insert.
    Insert,
    /// Cursor up.
    Up,
    /// Cursor down.
    Down,
    /// Cursor left.
    Left,
    /// Cursor right.
    Right,
    /// To the start.
    Home,
    /// To the end.
    End,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
}

/// A key press: a code and its modifiers.
///
/// `shift` is only ever set for keys that aren't characters: a character already tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// Which key.
    pub code: Code,
    /// Control was held.
    pub ctrl: bool,
    /// Alt (or Meta) was held.
    pub alt: bool,
    /// Shift was held, for keys that aren't characters.
    pub shift: bool,
}

/// Why a written key isn't one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` isn't a key: write a character, or enter, esc, tab, space, backspace, del, ins, up, down, left, right, home, end, pgup, pgdn, f1 to f12, with ctrl-, alt- or shift- before it"
)]
pub struct BadKey(String);

impl Key {
    /// A key without modifiers.
    #[must_use]
    pub const fn plain(code: Code) -> Self {
        Self {
            code,
            ctrl: false,
            alt: false,
            shift: false,
        }
    }

    /// A character with control.
    #[must_use]
    pub const fn ctrl(c: char) -> Self {
        Self {
            code: Code::Char(c),
            ctrl: true,
            alt: false,
            shift: false,
        }
    }

    /// The character that this key types, if it types one: a text field takes these before any binding sees them.
    #[must_use]
    pub fn typed(self) -> Option<char> {
        match self.code {
            Code::Char(c) if !self.ctrl && !self.alt => Some(c),
            _ => None,
        }
    }
}

const NAMED: &[(&str, Code)] = &[
    ("enter", Code::Enter),
    ("esc", Code::Esc),
    ("tab", Code::Tab),
    ("backspace", Code::Backspace),
    ("del", Code::Delete),
    ("ins", Code::Insert),
    ("up", Code::Up),
    ("down", Code::Down),
    ("left", Code::Left),
    ("right", Code::Right),
    ("home", Code::Home),
    ("end", Code::End),
    ("pgup", Code::PageUp),
    ("pgdn", Code::PageDown),
    ("space", Code::Char(' ')),
];

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (on, word) in [
            (self.ctrl, "ctrl-"),
            (self.alt, "alt-"),
            (self.shift, "shift-"),
        ] {
            if on {
                f.write_str(word)?;
            }
        }
        match self.code {
            Code::F(n) => write!(f, "f{n}"),
            code => match NAMED.iter().find(|(_, named)| *named == code) {
                Some((name, _)) => f.write_str(name),
                None => match code {
                    Code::Char(c) => write!(f, "{c}"),
                    other => write!(f, "{other:?}"),
                },
            },
        }
    }
}

impl FromStr for Key {
    type Err = BadKey;

    fn from_str(text: &str) -> Result<Self, BadKey> {
        let mut key = Self::plain(Code::Enter);
        let mut rest = text;
        loop {
            let flag = if let Some(tail) = rest.strip_prefix("ctrl-") {
                rest = tail;
                &mut key.ctrl
            } else if let Some(tail) = rest.strip_prefix("alt-") {
                rest = tail;
                &mut key.alt
            } else if let Some(tail) = rest.strip_prefix("shift-") {
                rest = tail;
                &mut key.shift
            } else {
                break;
            };
            *flag = true;
        }
        let mut chars = rest.chars();
        key.code = match (chars.next(), chars.next()) {
            (Some(c), None) if !c.is_control() => Code::Char(c),
            _ => match NAMED.iter().find(|(name, _)| *name == rest) {
                Some((_, code)) => *code,
                None => rest
                    .strip_prefix('f')
                    .and_then(|n| n.parse().ok())
                    .filter(|n| (1..=12).contains(n))
                    .map(Code::F)
                    .ok_or_else(|| BadKey(text.to_owned()))?,
            },
        };
        if key.shift && matches!(key.code, Code::Char(_)) {
            return Err(BadKey(text.to_owned()));
        }
        Ok(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_keys_survive_a_round_trip() {
        for text in [
            "a",
            "D",
            "?",
            "-",
            "ctrl-s",
            "ctrl-space",
            "alt-enter",
            "shift-tab",
            "f12",
            "pgdn",
            "esc",
            "ctrl-alt-x",
        ] {
            let key: Key = text.parse().unwrap();
            assert_eq!(key.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for text in ["", "f13", "f0", "shift-a", "entre", "ctrl-", "ab"] {
            assert!(text.parse::<Key>().is_err(), "{text}");
        }
    }

    #[test]
    fn only_plain_characters_type() {
        assert_eq!("x".parse::<Key>().unwrap().typed(), Some('x'));
        assert_eq!("ctrl-x".parse::<Key>().unwrap().typed(), None);
        assert_eq!("tab".parse::<Key>().unwrap().typed(), None);
    }
}
