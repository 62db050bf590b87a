//! The longest match of each tokenizer state.

use super::lexer::{Kind, More, State};

/// A match: what, and how many bytes.
#[derive(Clone, Copy)]
pub(super) struct Match {
    pub(super) kind: Kind,
    pub(super) len: usize,
}

/// Collects candidates; among equally long ones the first offered stays, as the first rule of a grammar does.
struct Best(Option<Match>);

impl Best {
    fn offer(&mut self, kind: Kind, len: usize) {
        if len > self.0.map_or(0, |m| m.len) {
            self.0 = Some(Match { kind, len });
        }
    }
}

/// The longest match at a place that is not the end.
pub(super) fn longest(state: State, text: &str, at: usize) -> Option<Match> {
    let rest = text.as_bytes().get(at..)?;
    let &first = rest.first()?;
    let mut best = Best(None);
    match state {
        State::Default => default(rest, first, &mut best),
        State::Reference => {
            if first == b'[' {
                best.offer(Kind::IndexLeft, 1);
            }
            set(rest, &mut best);
            more(rest, first, &mut best);
            if rest.starts_with(b"##") {
                best.offer(Kind::LineComment, 2);
            }
            identifier(rest, first, &mut best);
            curlies(first, &mut best);
            best.offer(Kind::Terminator, char_len(first));
            empty_index(rest, first, &mut best);
        }
        State::Modifier => {
            match first {
                b'[' => best.offer(Kind::IndexLeft, 1),
                b'(' => best.offer(Kind::LeftParen, 1),
                _ => {}
            }
            set(rest, &mut best);
            more(rest, first, &mut best);
            identifier(rest, first, &mut best);
            curlies(first, &mut best);
            best.offer(Kind::Terminator, char_len(first));
        }
        State::Arguments => {
            brackets(rest, first, &mut best);
            if first == b')' {
                best.offer(Kind::MethodEnd, 1);
            }
            set(rest, &mut best);
            more(rest, first, &mut best);
            operand(rest, first, &mut best);
            numbers(rest, first, &mut best);
            identifier(rest, first, &mut best);
        }
        State::Index => {
            if first == b']' {
                best.offer(Kind::IndexRight, 1);
            }
            more(rest, first, &mut best);
            operand(rest, first, &mut best);
            if rest.starts_with(b"true") {
                best.offer(Kind::True, 4);
            } else if rest.starts_with(b"false") {
                best.offer(Kind::False, 5);
            }
            numbers(rest, first, &mut best);
        }
        State::Directive => directive(rest, first, &mut best),
        State::PreDirective => pre_directive(rest, first, &mut best),
        State::TextBlock => {
            more(rest, first, &mut best);
            if rest.starts_with(b"]]#") {
                best.offer(Kind::TextBlock, 3);
            }
            best.offer(Kind::More(More::Char), char_len(first));
        }
        State::BlockComment | State::FormalComment => {
            more(rest, first, &mut best);
            if rest.starts_with(b"*#") {
                let kind = if state == State::BlockComment {
                    Kind::BlockComment
                } else {
                    Kind::FormalComment
                };
                best.offer(kind, 2);
            }
            best.offer(Kind::Skip, char_len(first));
        }
        State::LineComment => {
            more(rest, first, &mut best);
            let newline = newline(rest);
            if newline > 0 {
                best.offer(Kind::LineCommentEnd, newline);
            }
            best.offer(Kind::Skip, char_len(first));
        }
    }
    best.0
}

/// Bytes of the UTF-8 character that starts with this byte.
fn char_len(first: u8) -> usize {
    match first {
        0..0x80 => 1,
        0x80..0xE0 => 2,
        0xE0..0xF0 => 3,
        0xF0.. => 4,
    }
}

fn run(rest: &[u8], of: impl Fn(u8) -> bool) -> usize {
    rest.iter().take_while(|&&b| of(b)).count()
}

/// Bytes of a line end, 0 when there is none.
fn newline(rest: &[u8]) -> usize {
    match rest {
        [b'\r', b'\n', ..] => 2,
        [b'\r' | b'\n', ..] => 1,
        _ => 0,
    }
}

/// Blanks with the line end that follows them; 0 when none follows.
fn blank_line_end(rest: &[u8]) -> usize {
    let blanks = run(rest, |b| matches!(b, b' ' | b'\t'));
    match newline(&rest[blanks..]) {
        0 => 0,
        n => blanks + n,
    }
}

fn is_word_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'@')
}

/// A word with one of the extra characters at its start; 0 when there is none.
fn word(rest: &[u8], extra: &[u8]) -> usize {
    match rest.first() {
        Some(&b) if b.is_ascii_alphabetic() || b == b'_' || extra.contains(&b) => {
            run(rest, is_word_byte)
        }
        _ => 0,
    }
}

/// `{word}`; 0 when it is none.
fn bracketed(rest: &[u8]) -> usize {
    let Some(inner) = rest.strip_prefix(b"{") else {
        return 0;
    };
    match word(inner, b"") {
        0 => 0,
        n if inner.get(n) == Some(&b'}') => n + 2,
        _ => 0,
    }
}

fn default(rest: &[u8], first: u8, best: &mut Best) {
    match first {
        b'\\' => {
            let slashes = run(rest, |b| b == b'\\');
            let after = &rest[slashes..];
            if slashes % 2 == 1 && after.first() == Some(&b'#') {
                let name = word(&after[1..], b"@").max(bracketed(&after[1..]));
                if name > 0 {
                    best.offer(Kind::EscapedDirective, slashes + 1 + name);
                }
            }
            more(rest, first, best);
            if slashes >= 2 {
                best.offer(Kind::DoubleEscape, 2);
            }
            best.offer(Kind::Escape, 1);
        }
        b'#' | b'$' => {
            set(rest, best);
            more(rest, first, best);
            if rest.starts_with(b"##") {
                best.offer(Kind::LineComment, 2);
            }
            empty_index(rest, first, best);
        }
        _ => {
            set(rest, best);
            let text = memchr::memchr3(b'$', b'#', b'\\', rest);
            best.offer(Kind::Text, text.unwrap_or(rest.len()));
        }
    }
}

/// `#set(` with the blanks before it.
fn set(rest: &[u8], best: &mut Best) {
    if !matches!(rest.first(), Some(b' ' | b'\t' | b'#')) {
        return;
    }
    let blanks = run(rest, |b| matches!(b, b' ' | b'\t'));
    let after = &rest[blanks..];
    let name = if after.starts_with(b"#set") {
        4
    } else if after.starts_with(b"#{set}") {
        6
    } else {
        return;
    };
    let spaces = run(&after[name..], |b| b == b' ');
    if after.get(name + spaces) == Some(&b'(') {
        best.offer(Kind::Set, blanks + name + spaces + 1);
    }
}

fn more(rest: &[u8], first: u8, best: &mut Best) {
    match first {
        b'$' | b'\\' => {
            let slashes = run(rest, |b| b == b'\\');
            if rest.get(slashes) != Some(&b'$') {
                return;
            }
            let dollar = slashes + 1;
            best.offer(Kind::More(More::Dollar), dollar);
            let slashes = run(&rest[dollar..], |b| b == b'\\');
            if rest.get(dollar + slashes) == Some(&b'!') {
                best.offer(Kind::More(More::Dollar), dollar + slashes + 1);
            }
        }
        b'#' => {
            if rest.starts_with(b"#[[") {
                best.offer(Kind::More(More::TextBlock), 3);
            }
            if rest.starts_with(b"#**")
                && let Some(&next) = rest.get(3)
                && next != b'#'
            {
                best.offer(Kind::More(More::FormalComment), 3 + char_len(next));
            }
            if rest.starts_with(b"#*") {
                best.offer(Kind::More(More::BlockComment), 2);
            }
            best.offer(Kind::More(More::Hash), 1);
        }
        _ => {}
    }
}

fn empty_index(rest: &[u8], first: u8, best: &mut Best) {
    if first != b'$' {
        return;
    }
    for (text, len) in [(&b"$["[..], 2), (b"$![", 3), (b"$\\![", 4), (b"$.", 2)] {
        if rest.starts_with(text) {
            best.offer(Kind::EmptyIndex, len);
        }
    }
}

/// `true`, `false`, names and the dot before a name.
fn identifier(rest: &[u8], first: u8, best: &mut Best) {
    if first.is_ascii_alphabetic() || first == b'_' {
        let len = run(rest, |b| {
            b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')
        });
        match &rest[..len] {
            b"true" => best.offer(Kind::True, len),
            b"false" => best.offer(Kind::False, len),
            _ => best.offer(Kind::Identifier, len),
        }
    } else if first == b'.' && rest.get(1).is_some_and(u8::is_ascii_alphabetic) {
        best.offer(Kind::Dot, 2);
    }
}

fn curlies(first: u8, best: &mut Best) {
    match first {
        b'{' => best.offer(Kind::ReferenceLeftCurly, 1),
        b'}' => best.offer(Kind::ReferenceRightCurly, 1),
        _ => {}
    }
}

fn brackets(rest: &[u8], first: u8, best: &mut Best) {
    match first {
        b'[' => best.offer(Kind::LeftBracket, 1),
        b']' => best.offer(Kind::RightBracket, 1),
        b',' => best.offer(Kind::Comma, 1),
        b':' => best.offer(Kind::Colon, 1),
        b'{' => best.offer(Kind::LeftCurly, 1),
        b'}' => best.offer(Kind::RightCurly, 1),
        b'.' if rest.starts_with(b"..") => best.offer(Kind::DoubleDot, 2),
        _ => {}
    }
}

/// Blanks and strings.
fn operand(rest: &[u8], first: u8, best: &mut Best) {
    match first {
        b' ' | b'\t' | b'\n' | b'\r' => best.offer(
            Kind::Whitespace,
            run(rest, |b| matches!(b, b' ' | b'\t' | b'\n' | b'\r')),
        ),
        b'"' | b'\'' => best.offer(Kind::String, string(rest, first)),
        _ => {}
    }
}

/// A string in which the quote is doubled; 0 when it isn't closed.
fn string(rest: &[u8], quote: u8) -> usize {
    let mut len = 0;
    let mut at = 1;
    while let Some(n) = rest
        .get(at..)
        .and_then(|r| r.iter().position(|&b| b == quote))
    {
        len = at + n + 1;
        if rest.get(len) != Some(&quote) {
            break;
        }
        at = len + 1;
    }
    len
}

fn exponent(rest: &[u8]) -> usize {
    if !matches!(rest.first(), Some(b'e' | b'E')) {
        return 0;
    }
    let sign = usize::from(matches!(rest.get(1), Some(b'+' | b'-')));
    match run(&rest[1 + sign..], |b| b.is_ascii_digit()) {
        0 => 0,
        n => 1 + sign + n,
    }
}

fn numbers(rest: &[u8], first: u8, best: &mut Best) {
    if !(first.is_ascii_digit() || matches!(first, b'-' | b'.')) {
        return;
    }
    let sign = usize::from(first == b'-');
    let digits = run(&rest[sign..], |b| b.is_ascii_digit());
    let whole = sign + digits;
    if digits > 0 {
        let dots = if rest[whole..].starts_with(b"..") {
            2
        } else {
            0
        };
        best.offer(Kind::Integer, whole + dots);
        let power = exponent(&rest[whole..]);
        if power > 0 {
            best.offer(Kind::Float, whole + power);
        }
    }
    if rest.get(whole) == Some(&b'.') {
        let fraction = run(&rest[whole + 1..], |b| b.is_ascii_digit());
        if digits + fraction > 0 {
            let len = whole + 1 + fraction;
            best.offer(Kind::Float, len + exponent(&rest[len..]));
        }
    }
}

fn directive(rest: &[u8], first: u8, best: &mut Best) {
    brackets(rest, first, best);
    match first {
        b'(' => best.offer(Kind::LeftParen, 1),
        b')' => best.offer(Kind::RightParen, 1 + blank_line_end(&rest[1..])),
        _ => {}
    }
    more(rest, first, best);
    if rest.starts_with(b"##") {
        best.offer(Kind::LineComment, 2);
    }
    operand(rest, first, best);
    let next = rest.get(1);
    match (first, next) {
        (b'-', _) => best.offer(Kind::Minus, 1),
        (b'+', _) => best.offer(Kind::Plus, 1),
        (b'*', _) => best.offer(Kind::Multiply, 1),
        (b'/', _) => best.offer(Kind::Divide, 1),
        (b'%', _) => best.offer(Kind::Modulo, 1),
        (b'&', Some(b'&')) => best.offer(Kind::And, 2),
        (b'|', Some(b'|')) => best.offer(Kind::Or, 2),
        (b'<', Some(b'=')) => best.offer(Kind::LessOrEqual, 2),
        (b'<', _) => best.offer(Kind::Less, 1),
        (b'>', Some(b'=')) => best.offer(Kind::GreaterOrEqual, 2),
        (b'>', _) => best.offer(Kind::Greater, 1),
        (b'=', Some(b'=')) => best.offer(Kind::Equal, 2),
        (b'=', _) => best.offer(Kind::Assign, 1),
        (b'!', Some(b'=')) => best.offer(Kind::NotEqual, 2),
        (b'!', _) => best.offer(Kind::Not, 1),
        _ => {}
    }
    numbers(rest, first, best);
    let len = word(rest, b"@");
    let kind = match &rest[..len] {
        b"true" => Kind::True,
        b"false" => Kind::False,
        b"and" => Kind::And,
        b"or" => Kind::Or,
        b"lt" => Kind::Less,
        b"le" => Kind::LessOrEqual,
        b"gt" => Kind::Greater,
        b"ge" => Kind::GreaterOrEqual,
        b"eq" => Kind::Equal,
        b"ne" => Kind::NotEqual,
        b"not" => Kind::Not,
        _ => Kind::Word,
    };
    best.offer(kind, len);
    best.offer(Kind::BracketedWord, bracketed(rest));
}

fn pre_directive(rest: &[u8], first: u8, best: &mut Best) {
    more(rest, first, best);
    if rest.starts_with(b"##") {
        best.offer(Kind::LineComment, 2);
    }
    let (len, name) = match (word(rest, b"@"), bracketed(rest)) {
        (0, 0) => (0, &rest[..0]),
        (0, n) => (n, &rest[1..n - 1]),
        (n, _) => (n, &rest[..n]),
    };
    match name {
        b"end" => best.offer(Kind::End, len + blank_line_end(&rest[len..])),
        b"if" => best.offer(Kind::If, len),
        b"elseif" => best.offer(Kind::ElseIf, len),
        b"else" => best.offer(Kind::Else, len + blank_line_end(&rest[len..])),
        _ => {}
    }
    numbers(rest, first, best);
    if first == b'{' {
        best.offer(Kind::BracketedWord, len);
    } else {
        best.offer(Kind::Word, len);
    }
    best.offer(Kind::Terminator, char_len(first));
}
