//! From text to a path.

use std::borrow::Cow;

use super::filter::{self, Filter};
use super::{Operation, Path, Token};

type Problem = &'static str;

const CUT_OFF: Problem = "it ends too early";
/// Filters inside of filters inside of …
const DEPTH: usize = 20;
const LENGTH: usize = 10_000;

pub(super) fn path(source: &str, depth: usize) -> Result<Path, Problem> {
    if source.is_empty() {
        return Err("it is empty");
    }
    if depth > DEPTH || source.len() > LENGTH {
        return Err("it is too long or too deep");
    }
    let trimmed = crate::java::text::trim(source);
    if trimmed.ends_with("..") {
        return Err("a path can't end with `..`");
    }
    let root = !trimmed.starts_with('@');
    let text = match trimmed.chars().next() {
        None => return Err("it is empty"),
        Some('$') => Cow::Borrowed(trimmed),
        Some('@') => Cow::Owned(format!("${}", &trimmed[1..])),
        Some(_) => Cow::Owned(format!("$.{trimmed}")),
    };
    if text.len() > 1 && !text[1..].starts_with(['.', '[']) {
        return Err("`.` or `[` must follow the `$`");
    }
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let token = match rest.as_bytes()[0] {
            b' ' => return Err("a blank can't stand outside of brackets"),
            b'$' => {
                at += 1;
                Token::Root
            }
            b'[' => {
                let len = closing(rest);
                at += len;
                brackets(&rest[..len], depth)?
            }
            b'*' => {
                at += 1;
                Token::Wildcard
            }
            b'.' => {
                at += 1;
                let rest = &rest[1..];
                match rest.as_bytes().first() {
                    None => return Err(CUT_OFF),
                    Some(b'.') => {
                        at += 1;
                        Token::Scan
                    }
                    _ => {
                        let len = name(rest);
                        at += len;
                        match &rest[..len] {
                            "" => continue,
                            "*" => Token::Wildcard,
                            name => property(name, depth)?,
                        }
                    }
                }
            }
            _ => {
                let len = name(rest);
                at += len;
                property(&rest[..len], depth)?
            }
        };
        tokens.push(token);
    }
    let definite = tokens.iter().all(Token::is_definite);
    Ok(Path {
        whole: trimmed == "$",
        tokens,
        root,
        definite,
    })
}

/// Jayway turns a name into brackets and reads these: quotes in the name count.
fn property(name: &str, depth: usize) -> Result<Token, Problem> {
    if name.contains(['\'', ']', '?']) {
        brackets(&format!("['{name}']"), depth)
    } else {
        Ok(Token::Property(name.into()))
    }
}

fn name(rest: &str) -> usize {
    rest.find(['.', '[', ' ']).unwrap_or(rest.len())
}

/// Up to the `]` that closes the first `[`, quotes or not.
fn closing(rest: &str) -> usize {
    let mut nested = 0;
    for (at, byte) in rest.bytes().enumerate().skip(1) {
        match byte {
            b']' if nested == 0 => return at + 1,
            b']' => nested -= 1,
            b'[' => nested += 1,
            _ => {}
        }
    }
    rest.len()
}

fn brackets(fragment: &str, depth: usize) -> Result<Token, Problem> {
    if fragment == "[*]" {
        return Ok(Token::Wildcard);
    }
    let inner = fragment
        .strip_prefix('[')
        .and_then(|f| f.strip_suffix(']'))
        .map(|f| f.trim_matches(|c: char| c.is_ascii_whitespace()));
    if let Some(inner) = inner
        && inner.starts_with('?')
        && inner
            .chars()
            .all(|c| c.is_ascii_whitespace() || matches!(c, '?' | ',' | '*'))
    {
        return Ok(Token::MissingFilter);
    }
    for (at, c) in fragment.char_indices() {
        match c {
            '?' => return criteria(fragment, at, depth).map(Token::Filter),
            '\'' => return properties(&fragment[at..]),
            ':' | '-' | '@' | '0'..='9' => return Indexes::new(&fragment[at..]).read(),
            _ => {}
        }
    }
    Err("this is neither an index, nor a name in single quotes, nor a filter")
}

fn properties(rest: &str) -> Result<Token, Problem> {
    let mut names: Vec<Box<str>> = Vec::new();
    let mut open: Option<String> = None;
    for c in rest.chars() {
        match (c, &mut open) {
            (']', _) => {
                return Ok(match names.pop() {
                    Some(name) if names.is_empty() => Token::Property(name),
                    last => {
                        names.extend(last);
                        Token::Properties(names)
                    }
                });
            }
            ('\'', Some(name)) => {
                names.push(std::mem::take(name).into());
                open = None;
            }
            ('\'', None) => open = Some(String::new()),
            (c, Some(name)) => name.push(c),
            _ => {}
        }
    }
    Err(CUT_OFF)
}

/// Finds the end of a filter and parses it.
fn criteria(fragment: &str, question: usize, depth: usize) -> Result<Filter, Problem> {
    let start = fragment[..question].rfind('[').ok_or(CUT_OFF)?;
    let (mut brackets, mut squares) = (0_i32, 0_i32);
    let mut quoted = false;
    let mut before = ' ';
    for (at, c) in fragment[start..].char_indices() {
        match c {
            '\'' if before != '\\' => quoted = !quoted,
            '(' if !quoted => brackets += 1,
            ')' if !quoted => brackets -= 1,
            '[' if !quoted => squares += 1,
            ']' if !quoted => {
                squares -= 1;
                if brackets == 0 {
                    if squares != 0 {
                        return Err("the brackets of a filter don't match");
                    }
                    return filter::parse(&fragment[start..=start + at], depth + 1);
                }
            }
            _ => {}
        }
        before = c;
    }
    Err(CUT_OFF)
}

/// Reads what stands in brackets with a digit, `:`, `-` or `@`.
struct Indexes<'a> {
    rest: std::str::Chars<'a>,
    current: char,
    buffer: String,
    numbers: Vec<i32>,
}

impl<'a> Indexes<'a> {
    fn new(rest: &'a str) -> Self {
        let mut rest = rest.chars();
        Self {
            current: rest.next().unwrap_or(']'),
            rest,
            buffer: String::new(),
            numbers: Vec::new(),
        }
    }

    fn next(&mut self) -> Result<(), Problem> {
        self.current = self.rest.next().ok_or(CUT_OFF)?;
        Ok(())
    }

    fn number(&mut self) -> Result<(), Problem> {
        let number = self
            .buffer
            .parse()
            .map_err(|_| "an index is not a number")?;
        self.numbers.push(number);
        self.buffer.clear();
        Ok(())
    }

    fn digits(&mut self) -> Result<(), Problem> {
        while self.current.is_ascii_digit() || matches!(self.current, ' ' | '-') {
            if self.current != ' ' {
                self.buffer.push(self.current);
            }
            self.next()?;
        }
        Ok(())
    }

    fn read(mut self) -> Result<Token, Problem> {
        let context = self.current == '@';
        let (mut to, mut from, mut between, mut sequence) = (false, false, false, false);
        if context {
            self.counted_from_end()?;
        } else {
            while self.current.is_ascii_digit() || matches!(self.current, ',' | ' ' | ':' | '-') {
                match self.current {
                    ' ' => {}
                    ':' if self.buffer.is_empty() => {
                        to = true;
                        self.next()?;
                        self.digits()?;
                        self.number()?;
                    }
                    ':' => {
                        self.number()?;
                        self.next()?;
                        self.digits()?;
                        if self.buffer.is_empty() {
                            from = true;
                        } else {
                            between = true;
                            self.number()?;
                        }
                    }
                    ',' => {
                        self.number()?;
                        sequence = true;
                    }
                    digit => self.buffer.push(digit),
                }
                if self.current == ']' {
                    break;
                }
                self.next()?;
            }
        }
        if !self.buffer.is_empty() {
            self.number()?;
        }
        let single = self.numbers.len() == 1 && !to && !from && !context;
        let operation = match () {
            () if single => Operation::Single,
            () if sequence => Operation::Sequence,
            () if from => Operation::From,
            () if to => Operation::To,
            () if between => Operation::Between,
            () if context => Operation::FromEnd,
            () => Operation::None,
        };
        Ok(Token::Array(self.numbers, operation))
    }

    /// `@.length-1`
    fn counted_from_end(&mut self) -> Result<(), Problem> {
        self.next()?;
        self.next()?;
        while self.current != '-' {
            if !matches!(self.current, ' ' | '(' | ')') {
                self.buffer.push(self.current);
            }
            self.next()?;
        }
        if self.buffer != "size" && self.buffer != "length" {
            return Err("only `@.length-n` and `@.size()-n` can be computed");
        }
        self.buffer.clear();
        while self.current != ')' {
            if self.current != ' ' {
                self.buffer.push(self.current);
            }
            self.next()?;
        }
        Ok(())
    }
}
