//! Bytes from the terminal into keys, pastes, mouse reports and answers to queries.
//!
//! Our own, because crossterm's parser keeps an answer it doesn't know (`CSI ? 2026 ; 1 $ y`) in its buffer and swallows the keys after
//! it, and because its reader spins for ever once the terminal is gone.

use super::key::{Code, Key};

/// What the terminal said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A key press.
    Key(Key),
    /// Text pasted between the brackets of mode 2004.
    Paste(String),
    /// A mouse report (mode 1006).
    Mouse(Mouse),
    /// The answer to a mode query (DECRQM): the mode's number, and whether the terminal knows it and lets us switch it.
    Mode {
        /// The private mode that was asked about.
        mode: u16,
        /// It can be switched on and off.
        usable: bool,
    },
}

/// A mouse report; cells count from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mouse {
    /// What happened.
    pub kind: MouseKind,
    /// Column from the left.
    pub column: u16,
    /// Row from the top.
    pub row: u16,
}

/// What a mouse did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MouseKind {
    /// The left button went down.
    Press,
    /// The left button moved while down.
    Drag,
    /// A button went up.
    Release,
    /// The wheel turned towards the top.
    WheelUp,
    /// The wheel turned towards the bottom.
    WheelDown,
}

/// A paste larger than this is cut: nothing in this program takes more, and a runaway paste must not fill memory.
const MAX_PASTE: usize = 4 * 1024 * 1024;
/// Longer than any sequence a terminal sends; what is longer is garbage and is dropped.
const MAX_SEQUENCE: usize = 4096;
const PASTE_END: &[u8] = b"\x1b[201~";

/// A parser that keeps what is incomplete until more bytes come.
#[derive(Debug, Default)]
pub struct Parser {
    pending: Vec<u8>,
    paste: Option<Vec<u8>>,
}

enum Step {
    /// This many bytes are used up, with or without a meaning.
    Took(usize, Option<Input>),
    PasteStarts(usize),
    NeedsMore,
}

impl Parser {
    /// Takes bytes and returns what is complete.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Input> {
        self.pending.extend_from_slice(bytes);
        let mut out = Vec::new();
        loop {
            if let Some(mut paste) = self.paste.take() {
                let Some(end) = find(&self.pending, PASTE_END) else {
                    // Keep back what may be the start of the closing bracket.
                    let keep = self.pending.len().min(PASTE_END.len() - 1);
                    let take = self.pending.len() - keep;
                    paste.extend(self.pending.drain(..take));
                    paste.truncate(MAX_PASTE);
                    self.paste = Some(paste);
                    return out;
                };
                paste.extend_from_slice(&self.pending[..end]);
                paste.truncate(MAX_PASTE);
                self.pending.drain(..end + PASTE_END.len());
                let text = String::from_utf8_lossy(&paste)
                    .replace("\r\n", "\n")
                    .replace('\r', "\n");
                out.push(Input::Paste(text));
                continue;
            }
            if self.pending.is_empty() {
                return out;
            }
            match step(&self.pending) {
                Step::Took(n, input) => {
                    self.pending.drain(..n);
                    out.extend(input);
                }
                Step::PasteStarts(n) => {
                    self.pending.drain(..n);
                    self.paste = Some(Vec::new());
                }
                Step::NeedsMore => {
                    if self.pending.len() > MAX_SEQUENCE {
                        self.pending.clear();
                    }
                    return out;
                }
            }
        }
    }

    /// Whether bytes are waiting that may be a lone Escape or a sequence cut in two: the caller waits a moment, then calls
    /// [`give_up`](Self::give_up).
    #[must_use]
    pub fn is_undecided(&self) -> bool {
        self.paste.is_none() && !self.pending.is_empty()
    }

    /// No more bytes came: a lone Escape is the key, Escape and a bracket is Alt with that bracket, and anything else is dropped.
    pub fn give_up(&mut self) -> Option<Input> {
        if self.paste.is_some() {
            return None;
        }
        let pending = std::mem::take(&mut self.pending);
        match pending.as_slice() {
            [0x1b] => Some(Input::Key(Key::plain(Code::Esc))),
            [0x1b, c @ (b'[' | b'O' | b']' | b'P')] => Some(Input::Key(Key {
                alt: true,
                ..Key::plain(Code::Char(char::from(*c)))
            })),
            _ => None,
        }
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|w| w == needle)
}

fn step(bytes: &[u8]) -> Step {
    match bytes {
        [] | [0x1b] => Step::NeedsMore,
        [0x1b, b'[', rest @ ..] => csi(rest),
        [0x1b, b'O', rest @ ..] => ss3(rest),
        // Strings (OSC, DCS, APC, PM) end with BEL or ST. We ask nothing that is answered with one; they are skipped whole.
        [0x1b, b']' | b'P' | b'_' | b'^', rest @ ..] => string(rest),
        [0x1b, 0x1b, ..] => Step::Took(1, Some(Input::Key(Key::plain(Code::Esc)))),
        [0x1b, rest @ ..] => match character(rest) {
            Some((n, key)) => {
                Step::Took(n + 1, key.map(|key| Input::Key(Key { alt: true, ..key })))
            }
            None => Step::NeedsMore,
        },
        _ => match character(bytes) {
            Some((n, key)) => Step::Took(n, key.map(Input::Key)),
            None => Step::NeedsMore,
        },
    }
}

/// One character or control byte: how many bytes, and which key. `None`: the bytes of the character aren't all here.
fn character(bytes: &[u8]) -> Option<(usize, Option<Key>)> {
    let first = *bytes.first()?;
    let key = match first {
        b'\r' | b'\n' => Key::plain(Code::Enter),
        b'\t' => Key::plain(Code::Tab),
        0x7f | 0x08 => Key::plain(Code::Backspace),
        0x00 => Key::ctrl(' '),
        0x01..=0x1a => Key::ctrl(char::from(first - 1 + b'a')),
        0x1c..=0x1f => Key::ctrl(char::from(first - 0x1c + b'4')),
        0x20..=0x7e => Key::plain(Code::Char(char::from(first))),
        _ => {
            let len = match first {
                0xc2..=0xdf => 2,
                0xe0..=0xef => 3,
                0xf0..=0xf4 => 4,
                _ => return Some((1, None)),
            };
            let Some(slice) = bytes.get(..len) else {
                return if bytes[1..].iter().all(|b| b & 0xc0 == 0x80) {
                    None
                } else {
                    Some((1, None))
                };
            };
            return match std::str::from_utf8(slice) {
                Ok(text) => Some((len, text.chars().next().map(|c| Key::plain(Code::Char(c))))),
                Err(_) => Some((1, None)),
            };
        }
    };
    Some((1, Some(key)))
}

fn ss3(rest: &[u8]) -> Step {
    let Some(&last) = rest.first() else {
        return Step::NeedsMore;
    };
    Step::Took(3, letter(last).map(|code| Input::Key(Key::plain(code))))
}

fn string(rest: &[u8]) -> Step {
    for (i, byte) in rest.iter().enumerate() {
        if *byte == 0x07 {
            return Step::Took(2 + i + 1, None);
        }
        if *byte == 0x1b && rest.get(i + 1) == Some(&b'\\') {
            return Step::Took(2 + i + 2, None);
        }
    }
    Step::NeedsMore
}

fn csi(rest: &[u8]) -> Step {
    // The Linux console sends its first function keys as `ESC [ [ A`.
    if let [b'[', tail @ ..] = rest {
        return match tail.first() {
            None => Step::NeedsMore,
            Some(c @ b'A'..=b'E') => {
                Step::Took(4, Some(Input::Key(Key::plain(Code::F(c - b'A' + 1)))))
            }
            Some(_) => Step::Took(4, None),
        };
    }
    let Some(end) = rest.iter().position(|b| (0x40..=0x7e).contains(b)) else {
        // A control byte inside a sequence means the sequence was cut; drop it and read on from that byte.
        return match rest.iter().position(|b| *b < 0x20) {
            Some(i) => Step::Took(2 + i, None),
            None => Step::NeedsMore,
        };
    };
    let used = 2 + end + 1;
    let (params, last) = (&rest[..end], rest[end]);
    if last == b'~' && params == b"200" {
        return Step::PasteStarts(used);
    }
    let input = match params.first() {
        Some(b'<') => mouse(&params[1..], last),
        Some(b'?') => mode_answer(&params[1..], last),
        Some(b'>' | b'=') => None,
        _ => csi_key(params, last),
    };
    Step::Took(used, input)
}

fn numbers(params: &[u8]) -> Vec<u16> {
    params
        .split(|b| *b == b';')
        .map(|part| {
            // `CSI 97:65;5u` has sub-parameters: the first is the key.
            let part = part.split(|b| *b == b':').next().unwrap_or_default();
            std::str::from_utf8(part)
                .ok()
                .and_then(|text| text.parse().ok())
                .unwrap_or(0)
        })
        .collect()
}

fn mode_answer(params: &[u8], last: u8) -> Option<Input> {
    // DECRPM: CSI ? mode ; value $ y, where 1 and 2 are "set" and "reset", 0 "not recognised", 3 and 4 "permanently so".
    let body = params.strip_suffix(b"$")?;
    if last != b'y' {
        return None;
    }
    match numbers(body).as_slice() {
        [mode, value] => Some(Input::Mode {
            mode: *mode,
            usable: matches!(value, 1 | 2),
        }),
        _ => None,
    }
}

fn mouse(params: &[u8], last: u8) -> Option<Input> {
    let numbers = numbers(params);
    let [button, x, y] = numbers.as_slice() else {
        return None;
    };
    // Bits 2 to 4 are modifiers, bit 5 is motion, bit 6 the wheel.
    let kind = match (button & !0b1_1100, last) {
        (_, b'm') => MouseKind::Release,
        (0, b'M') => MouseKind::Press,
        (32, b'M') => MouseKind::Drag,
        (64, b'M') => MouseKind::WheelUp,
        (65, b'M') => MouseKind::WheelDown,
        _ => return None,
    };
    Some(Input::Mouse(Mouse {
        kind,
        column: x.saturating_sub(1),
        row: y.saturating_sub(1),
    }))
}

fn letter(last: u8) -> Option<Code> {
    Some(match last {
        b'A' => Code::Up,
        b'B' => Code::Down,
        b'C' => Code::Right,
        b'D' => Code::Left,
        b'F' => Code::End,
        b'H' => Code::Home,
        b'M' => Code::Enter,
        b'P'..=b'S' => Code::F(last - b'P' + 1),
        _ => return None,
    })
}

fn csi_key(params: &[u8], last: u8) -> Option<Input> {
    let numbers = numbers(params);
    let first = numbers.first().copied().unwrap_or(0);
    // Modifiers are sent as 1 + shift 1 + alt 2 + control 4.
    let held = numbers.get(1).copied().unwrap_or(1).saturating_sub(1);
    let mut shift = held & 1 != 0;
    let code = match last {
        b'Z' => {
            shift = true;
            Code::Tab
        }
        b'u' => match first {
            9 => Code::Tab,
            13 => Code::Enter,
            27 => Code::Esc,
            127 => Code::Backspace,
            n => {
                let c = char::from_u32(u32::from(n))?;
                let c = if shift { c.to_uppercase().next()? } else { c };
                shift = false;
                Code::Char(c)
            }
        },
        b'~' => match first {
            1 | 7 => Code::Home,
            2 => Code::Insert,
            3 => Code::Delete,
            4 | 8 => Code::End,
            5 => Code::PageUp,
            6 => Code::PageDown,
            n @ 11..=15 => Code::F(u8::try_from(n - 10).ok()?),
            n @ 17..=21 => Code::F(u8::try_from(n - 11).ok()?),
            n @ 23..=24 => Code::F(u8::try_from(n - 12).ok()?),
            _ => return None,
        },
        // A cursor position report ends in R as F3 does, but has a row and a column: we never ask for it.
        b'R' if first > 1 => return None,
        other => letter(other)?,
    };
    Some(Input::Key(Key {
        code,
        shift,
        alt: held & 2 != 0,
        ctrl: held & 4 != 0,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn keys(bytes: &[u8]) -> String {
        let mut parser = Parser::default();
        let mut all = parser.feed(bytes);
        all.extend(parser.give_up());
        all.iter()
            .map(|input| match input {
                Input::Key(key) => key.to_string(),
                other => format!("{other:?}"),
            })
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn each_sequence_has_its_meaning() {
        let table: &[(&[u8], &str)] = &[
            (b"aD?", "a D ?"),
            (b"\r\n\t\x7f", "enter enter tab backspace"),
            (b"\x03\x00\x1c", "ctrl-c ctrl-space ctrl-4"),
            ("é€😀".as_bytes(), "é € 😀"),
            (b"\x1b", "esc"),
            (b"\x1b[", "alt-["),
            (b"\x1bx\x1b\r", "alt-x alt-enter"),
            (
                b"\x1b[A\x1b[B\x1b[C\x1b[D\x1b[H\x1b[F",
                "up down right left home end",
            ),
            (b"\x1bOA\x1bOP\x1bOS", "up f1 f4"),
            (
                b"\x1b[1~\x1b[2~\x1b[3~\x1b[4~\x1b[5~\x1b[6~",
                "home ins del end pgup pgdn",
            ),
            (b"\x1b[15~\x1b[17~\x1b[21~\x1b[24~", "f5 f6 f10 f12"),
            (b"\x1b[[A\x1b[[E", "f1 f5"),
            (
                b"\x1b[Z\x1b[1;5C\x1b[3;2~",
                "shift-tab ctrl-right shift-del",
            ),
            (b"\x1b[97;5u\x1b[97;2u\x1b[27u", "ctrl-a A esc"),
            (b"\x1b[?62;4ca", "a"),
            (b"\x1b[24;80Ra", "a"),
            (b"\x1b]11;rgb:0/0/0\x07a\x1bP>|xterm\x1b\\b", "a b"),
            (b"\x1b[?2026;2$yq", "Mode { mode: 2026, usable: true } q"),
            (b"\x1b[?2026;0$y", "Mode { mode: 2026, usable: false }"),
            (b"\x1b[200~a\r\nb\x1b[201~c", "Paste(\"a\\nb\") c"),
            (
                b"\x1b[<0;3;4M\x1b[<65;1;1M",
                "Mouse(Mouse { kind: Press, column: 2, row: 3 }) Mouse(Mouse { kind: WheelDown, column: 0, row: 0 })",
            ),
            (b"\xff\xfea", "a"),
        ];
        for (bytes, meaning) in table {
            assert_eq!(keys(bytes), *meaning, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn a_lone_escape_waits_and_a_paste_does_not() {
        let mut parser = Parser::default();
        assert!(parser.feed(b"\x1b").is_empty() && parser.is_undecided());
        assert_eq!(parser.feed(b"[A").len(), 1);
        assert!(!parser.is_undecided());
        assert!(parser.feed(b"\x1b[200~abc\x1b[20").is_empty());
        assert!(!parser.is_undecided());
        assert_eq!(parser.feed(b"1~"), [Input::Paste("abc".into())]);
    }

    proptest! {
        #[test]
        fn where_the_bytes_are_cut_changes_nothing(bytes in proptest::collection::vec(any::<u8>(), 0..60), cut in 0usize..60) {
            let cut = cut.min(bytes.len());
            let mut whole = Parser::default();
            let mut halves = Parser::default();
            let expected = whole.feed(&bytes);
            let mut got = halves.feed(&bytes[..cut]);
            got.extend(halves.feed(&bytes[cut..]));
            prop_assert_eq!(got, expected);
        }
    }
}
