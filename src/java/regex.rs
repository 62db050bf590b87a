//! Java's regular expressions, translated for a Rust engine.
//!
//! What differs is rewritten: `\d \w \s \b` mean ASCII in Java, `.` excludes more line ends, `$` also matches before a last line
//! end, `\Q…\E` quotes. Backtracking is bounded.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::rc::Rc;
use std::sync::OnceLock;

use fancy_regex::{Captures, Regex, RegexBuilder};

/// Why a search ended: the pattern backtracked too much, or the replacement is malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failed(pub &'static str);

const TOO_LONG: Failed = Failed("the search takes too long");

/// A compiled pattern.
#[derive(Debug)]
pub struct Pattern(Kind);

#[derive(Debug)]
enum Kind {
    /// Text without any special character.
    Plain(String),
    Regex {
        searcher: Searcher,
        /// The same, anchored at both ends: made when first asked for.
        whole: OnceLock<Option<Searcher>>,
        /// Whether a search may read far beyond what it finds.
        overreads: bool,
    },
}

/// Backtracking steps that nearly all searches do with.
const FEW: usize = 10_000;

/// A regular expression that is tried with few backtracking steps before it may take as many as are allowed.
#[derive(Debug)]
struct Searcher {
    quick: Box<Regex>,
    patient: OnceLock<Option<Box<Regex>>>,
    backtracks: usize,
}

impl Searcher {
    fn new(translated: &str, backtracks: usize) -> Option<Self> {
        Some(Self {
            quick: build(translated, backtracks.min(FEW))?,
            patient: OnceLock::new(),
            backtracks,
        })
    }

    /// Searches, and takes from `left` what that may cost. A step of backtracking may read a good part of the text.
    fn search<T>(
        &self,
        text: &str,
        left: &mut u64,
        search: impl Fn(&Regex) -> fancy_regex::Result<T>,
    ) -> Result<T, Failed> {
        if let Ok(found) = search(&self.quick) {
            return Ok(found);
        }
        spend(
            left,
            self.backtracks as u64 / 4 * (1 + text.len() as u64 / 1_024),
        )?;
        let patient = self
            .patient
            .get_or_init(|| build(self.quick.as_str(), self.backtracks));
        search(patient.as_ref().ok_or(TOO_LONG)?).map_err(|_| TOO_LONG)
    }
}

/// Takes the cost of a search from the budget.
fn spend(left: &mut u64, cost: u64) -> Result<(), Failed> {
    *left = left.saturating_sub(cost);
    if *left == 0 { Err(TOO_LONG) } else { Ok(()) }
}

/// Whether something follows what repeats: a search then may read on to the end of the text in vain.
fn overreads(pattern: &str) -> bool {
    let repeated = pattern.trim_end_matches(['*', '+', '?', ')']);
    repeated.contains(['*', '+', '{'])
}

thread_local! {
    /// The last patterns compiled on this thread: loops use the same few again and again.
    static COMPILED: RefCell<Vec<(String, Rc<Pattern>)>> = const { RefCell::new(Vec::new()) };
}

const KEPT: usize = 16;
const PATTERN_LIMIT: usize = 10_000;

/// Compiles a pattern, or finds it among the last ones. The error says what is wrong, to follow the pattern in a sentence.
pub fn compile(pattern: &str, backtracks: usize) -> Result<Rc<Pattern>, String> {
    let known = COMPILED.with_borrow(|kept| {
        let hit = kept.iter().find(|(text, _)| text == pattern);
        hit.map(|(_, compiled)| Rc::clone(compiled))
    });
    if let Some(known) = known {
        return Ok(known);
    }
    let compiled = Rc::new(Pattern::new(pattern, false, backtracks)?);
    COMPILED.with_borrow_mut(|kept| {
        if kept.len() >= KEPT {
            kept.remove(0);
        }
        kept.push((pattern.to_owned(), Rc::clone(&compiled)));
    });
    Ok(compiled)
}

/// The text that a pattern stands for when nothing in it is special: escapes such as `\'` are common in templates.
fn plain(pattern: &str) -> Option<String> {
    let mut plain = String::with_capacity(pattern.len());
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => plain.push(chars.next().filter(char::is_ascii_punctuation)?),
            '^' | '$' | '.' | '|' | '?' | '*' | '+' | '(' | ')' | '[' | ']' | '{' | '}' => {
                return None;
            }
            _ => plain.push(c),
        }
    }
    Some(plain)
}

fn build(translated: &str, backtracks: usize) -> Option<Box<Regex>> {
    RegexBuilder::new(translated)
        .backtrack_limit(backtracks)
        .delegate_size_limit(4 << 20)
        .build()
        .ok()
        .map(Box::new)
}

struct Translator<'a> {
    rest: &'a str,
    out: String,
}

const LINE_ENDS: &str = r"\n\r\x{85}\x{2028}\x{2029}";

impl Translator<'_> {
    fn next(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.rest = &self.rest[c.len_utf8()..];
        Some(c)
    }

    fn literal(&mut self, c: char) {
        if c.is_alphanumeric() || !c.is_ascii() || c == '_' {
            self.out.push(c);
        } else {
            {
                let _ = write!(self.out, "\\x{{{:x}}}", u32::from(c));
            }
        }
    }

    fn run(mut self) -> Result<String, String> {
        let mut depth = 0_u32;
        while let Some(c) = self.next() {
            match c {
                '\\' => self.escape(false)?,
                '[' => self.class(0)?,
                '.' => {
                    let _ = write!(self.out, "[^{LINE_ENDS}]");
                }
                '$' => self
                    .out
                    .push_str(r"(?=(?:\r\n|[\n\r\x{85}\x{2028}\x{2029}])?\z)"),
                '(' => {
                    depth += 1;
                    if depth > 100 {
                        return Err("is nested too deep".into());
                    }
                    self.out.push('(');
                }
                ')' => {
                    depth = depth.saturating_sub(1);
                    self.out.push(')');
                }
                '{' => {
                    let before = self.out.chars().last();
                    let counted = self.rest.split_once('}').filter(|(count, _)| {
                        let (least, most) = count.split_once(',').unwrap_or((count, ""));
                        let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
                        !least.is_empty() && digits(least) && digits(most)
                    });
                    let Some((count, rest)) = counted else {
                        return Err("has a `{` that repeats nothing".into());
                    };
                    // Java takes one that comes first to repeat the empty text.
                    if !matches!(before, None | Some('(' | '|')) {
                        let _ = write!(self.out, "{{{count}}}");
                    }
                    self.rest = rest;
                }
                '}' | ']' => self.literal(c),
                _ => self.out.push(c),
            }
        }
        Ok(self.out)
    }

    /// After a backslash.
    fn escape(&mut self, in_class: bool) -> Result<(), String> {
        let Some(c) = self.next() else {
            return Err("ends with a lone backslash".into());
        };
        let open = |inside: &str| {
            if in_class {
                inside.to_owned()
            } else {
                format!("[{inside}]")
            }
        };
        match c {
            'd' => self.out.push_str(&open("0-9")),
            'D' => self.out.push_str("[^0-9]"),
            'w' => self.out.push_str(&open("a-zA-Z_0-9")),
            'W' => self.out.push_str("[^a-zA-Z_0-9]"),
            's' => self.out.push_str(&open(r" \t\n\x0B\f\r")),
            'S' => self.out.push_str(r"[^ \t\n\x0B\f\r]"),
            'h' => self.out.push_str(&open(
                r" \t\x{a0}\x{1680}\x{180e}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000}",
            )),
            'v' => self
                .out
                .push_str(&open(r"\n\x0B\f\r\x{85}\x{2028}\x{2029}")),
            'R' if !in_class => self
                .out
                .push_str(r"(?:\r\n|[\n\x0B\f\r\x{85}\x{2028}\x{2029}])"),
            'Q' => {
                let (quoted, rest) = self.rest.split_once("\\E").unwrap_or((self.rest, ""));
                let quoted = quoted.to_owned();
                self.rest = rest;
                for c in quoted.chars() {
                    self.literal(c);
                }
            }
            'E' => {}
            'Z' if !in_class => self
                .out
                .push_str(r"(?=(?:\r\n|[\n\r\x{85}\x{2028}\x{2029}])?\z)"),
            't' | 'n' | 'r' | 'f' | 'a' => {
                self.out.push('\\');
                self.out.push(c);
            }
            'e' => self.out.push_str(r"\x1B"),
            'x' => {
                let digits = if let Some(rest) = self.rest.strip_prefix('{') {
                    let (digits, after) = rest.split_once('}').ok_or("has an unfinished `\\x{`")?;
                    self.rest = after;
                    digits.to_owned()
                } else {
                    self.take(2)?
                };
                self.code(&digits, 16)?;
            }
            'u' => {
                let digits = self.take(4)?;
                self.code(&digits, 16)?;
            }
            '0' => {
                let len = self
                    .rest
                    .bytes()
                    .take(3)
                    .take_while(|b| (b'0'..=b'7').contains(b))
                    .count();
                let digits = self.take(len)?;
                self.code(&digits, 8)?;
            }
            'c' => {
                let c = self.next().ok_or("has an unfinished `\\c`")?;
                self.code(&format!("{:x}", u32::from(c) ^ 64), 16)?;
            }
            'p' | 'P' => self.property(c)?,
            'b' | 'B' | 'A' | 'z' | 'G' | 'k' | '1'..='9' if !in_class => {
                self.out.push('\\');
                self.out.push(c);
            }
            _ if c.is_ascii_alphanumeric() => {
                return Err(format!("has an escape that means nothing: `\\{c}`"));
            }
            _ => self.literal(c),
        }
        Ok(())
    }

    fn take(&mut self, len: usize) -> Result<String, String> {
        let (taken, rest) = self
            .rest
            .split_at_checked(len)
            .ok_or("has an unfinished escape")?;
        self.rest = rest;
        Ok(taken.to_owned())
    }

    fn code(&mut self, digits: &str, radix: u32) -> Result<(), String> {
        let code = u32::from_str_radix(digits, radix).map_err(|_| "has a malformed escape")?;
        let c = u16::try_from(code).map_or_else(
            |_| char::from_u32(code),
            |unit| Some(super::text::unit_char(unit)),
        );
        self.literal(c.ok_or("has an escape beyond Unicode")?);
        Ok(())
    }

    /// `\p{…}`: POSIX classes mean ASCII; scripts and categories go through.
    fn property(&mut self, p: char) -> Result<(), String> {
        let name = match self.next() {
            Some('{') => {
                let (name, rest) = self
                    .rest
                    .split_once('}')
                    .ok_or("has an unfinished `\\p{`")?;
                let name = name.to_owned();
                self.rest = rest;
                name
            }
            Some(c) => c.to_string(),
            None => return Err("has an unfinished `\\p`".into()),
        };
        let inside = match &*name {
            "Lower" => "a-z",
            "Upper" => "A-Z",
            "ASCII" => r"\x00-\x7F",
            "Alpha" => "a-zA-Z",
            "Digit" => "0-9",
            "Alnum" => "a-zA-Z0-9",
            "Punct" => r"!-/:-@\[-`{-~",
            "Graph" => "!-~",
            "Print" => " -~",
            "Blank" => r" \t",
            "Cntrl" => r"\x00-\x1F\x7F",
            "XDigit" => "0-9a-fA-F",
            "Space" => r" \t\n\x0B\f\r",
            "javaLowerCase" => r"\p{Lowercase}",
            "javaUpperCase" => r"\p{Uppercase}",
            "javaWhitespace" => r"\s",
            _ => {
                let name = name.strip_prefix("Is").unwrap_or(&name);
                {
                    let _ = write!(self.out, "\\{p}{{{name}}}");
                }
                return Ok(());
            }
        };
        let not = if p == 'P' { "^" } else { "" };
        {
            let _ = write!(self.out, "[{not}{inside}]");
        }
        Ok(())
    }

    /// After `[`.
    fn class(&mut self, depth: usize) -> Result<(), String> {
        if depth > 20 {
            return Err("is nested too deep".into());
        }
        self.out.push('[');
        if self.rest.starts_with('^') {
            self.next();
            self.out.push('^');
        }
        let mut first = true;
        while let Some(c) = self.next() {
            match c {
                // Java takes a `]` that comes first as itself.
                ']' if !first => {
                    self.out.push(']');
                    return Ok(());
                }
                '[' => self.class(depth + 1)?,
                '\\' => self.escape(true)?,
                '&' if self.rest.starts_with('&') => {
                    self.next();
                    self.out.push_str("&&");
                }
                '-' => self.out.push_str(if first || self.rest.starts_with(']') {
                    "\\-"
                } else {
                    "-"
                }),
                _ => self.literal(c),
            }
            first = false;
        }
        Err("has a `[` that is not closed".into())
    }
}

impl Pattern {
    /// Compiles a pattern; see [`compile`].
    pub fn new(pattern: &str, ignore_case: bool, backtracks: usize) -> Result<Self, String> {
        if pattern.len() > PATTERN_LIMIT {
            return Err("is too long for a pattern".into());
        }
        if let Some(plain) = plain(pattern).filter(|_| !ignore_case) {
            return Ok(Self(Kind::Plain(plain)));
        }
        let translator = Translator {
            rest: pattern,
            out: String::new(),
        };
        let mut translated = translator.run()?;
        if ignore_case {
            translated.insert_str(0, "(?i)");
        }
        let searcher = Searcher::new(&translated, backtracks)
            .ok_or("isn't a regular expression that can be used")?;
        Ok(Self(Kind::Regex {
            searcher,
            whole: OnceLock::new(),
            overreads: overreads(pattern),
        }))
    }

    /// `String.matches`: the whole text. Takes from `left` what it costs, about one for sixteen bytes, as the other searches do.
    pub fn matches(&self, text: &str, left: &mut u64) -> Result<bool, Failed> {
        spend(left, text.len() as u64 / 16)?;
        match &self.0 {
            Kind::Plain(plain) => Ok(plain == text),
            Kind::Regex {
                searcher, whole, ..
            } => {
                // The longest match at the start isn't the only one: alternatives may need to reach the end.
                let whole = whole.get_or_init(|| {
                    let anchored = format!(r"\A(?:{})\z", searcher.quick.as_str());
                    Searcher::new(&anchored, searcher.backtracks)
                });
                let whole = whole.as_ref().ok_or(Failed("the pattern is too large"))?;
                whole.search(text, left, |regex| regex.is_match(text))
            }
        }
    }

    /// `replaceAll` or `replaceFirst`; `$1`, `${name}` and `\` mean something in the replacement.
    pub fn replace(
        &self,
        text: &str,
        replacement: &str,
        first: bool,
        limit: usize,
        left: &mut u64,
    ) -> Result<String, Failed> {
        spend(left, text.len() as u64 / 16)?;
        let mut out = String::new();
        let mut from = 0;
        let mut add =
            |out: &mut String, range: (usize, usize), captures: Option<&Captures<'_, str>>| {
                out.push_str(&text[from..range.0]);
                from = range.1;
                expand(replacement, text, range, captures, out)?;
                if out.len() > limit {
                    return Err(Failed("the result is too long"));
                }
                Ok(())
            };
        match &self.0 {
            Kind::Plain(plain) => {
                for (at, found) in text.match_indices(plain.as_str()) {
                    add(&mut out, (at, at + found.len()), None)?;
                    if first {
                        break;
                    }
                }
            }
            Kind::Regex {
                searcher,
                overreads,
                ..
            } => {
                let mut at = Some(0);
                while let Some(start) = at {
                    let read = if *overreads { text.len() - start } else { 0 };
                    spend(left, 4 + read as u64 / 64)?;
                    let found = searcher
                        .search(text, left, |regex| regex.captures_from_pos(text, start))?;
                    let Some(captures) = found else { break };
                    let Some(whole) = captures.get(0) else { break };
                    at = next_start(text, whole.start(), whole.end());
                    add(&mut out, (whole.start(), whole.end()), Some(&captures))?;
                    if first {
                        break;
                    }
                }
            }
        }
        out.push_str(&text[from..]);
        Ok(out)
    }

    /// `split`: a limit of 0 drops empty parts at the end.
    pub fn split(&self, text: &str, limit: i32, left: &mut u64) -> Result<Vec<String>, Failed> {
        spend(left, text.len() as u64 / 16)?;
        let mut parts: Vec<String> = Vec::new();
        let mut from = 0;
        let max = usize::try_from(limit).unwrap_or(0);
        let full = |parts: &Vec<String>| max > 0 && parts.len() + 1 >= max;
        let mut add = |parts: &mut Vec<String>, start: usize, end: usize| {
            // A match of nothing at the start makes no empty part.
            if !(end == 0 && start == 0) {
                parts.push(text[from..start].to_owned());
                from = end;
            }
        };
        match &self.0 {
            Kind::Plain(plain) => {
                for (at, found) in text.match_indices(plain.as_str()) {
                    if full(&parts) {
                        break;
                    }
                    add(&mut parts, at, at + found.len());
                }
            }
            Kind::Regex {
                searcher,
                overreads,
                ..
            } => {
                let mut at = Some(0);
                while let Some(start) = at {
                    let read = if *overreads { text.len() - start } else { 0 };
                    spend(left, 4 + read as u64 / 64)?;
                    let found =
                        searcher.search(text, left, |regex| regex.find_from_pos(text, start))?;
                    let Some(found) = found else { break };
                    at = next_start(text, found.start(), found.end());
                    if full(&parts) {
                        break;
                    }
                    add(&mut parts, found.start(), found.end());
                }
            }
        }
        if parts.is_empty() && from == 0 {
            return Ok(vec![text.to_owned()]);
        }
        parts.push(text[from..].to_owned());
        if limit == 0 {
            while parts.last().is_some_and(String::is_empty) {
                parts.pop();
            }
        }
        Ok(parts)
    }
}

/// Where `Matcher.find` looks on: behind the match, or one character further when it was empty.
fn next_start(text: &str, start: usize, end: usize) -> Option<usize> {
    if end > start {
        return Some(end);
    }
    text[end..].chars().next().map(|c| end + c.len_utf8())
}

/// `Matcher.appendReplacement`.
fn expand(
    replacement: &str,
    text: &str,
    whole: (usize, usize),
    captures: Option<&Captures<'_, str>>,
    out: &mut String,
) -> Result<(), Failed> {
    if !replacement.contains(['$', '\\']) {
        out.push_str(replacement);
        return Ok(());
    }
    let group = |n: usize| match (n, captures) {
        (0, None) => Some(text.get(whole.0..whole.1)),
        (_, None) => None,
        (n, Some(captures)) => (n < captures.len()).then(|| captures.get(n).map(|m| m.as_str())),
    };
    let mut chars = replacement.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(c) => out.push(c),
                None => return Err(Failed("the replacement ends with a lone backslash")),
            },
            '$' if chars.peek() == Some(&'{') => {
                chars.next();
                let name: String = chars.by_ref().take_while(|&c| c != '}').collect();
                let captures = captures.ok_or(Failed("the pattern has no group of this name"))?;
                match captures.name(&name) {
                    Some(found) => out.push_str(found.as_str()),
                    None if replacement.contains(&format!("{{{name}}}")) && !name.is_empty() => {
                        return Err(Failed("the pattern has no group of this name"));
                    }
                    None => return Err(Failed("the replacement has an unfinished group name")),
                }
            }
            '$' => {
                let Some(mut number) = chars.next().and_then(|c| c.to_digit(10)) else {
                    return Err(Failed(
                        "a `$` in the replacement must be followed by a group's number",
                    ));
                };
                if group(number as usize).is_none() {
                    return Err(Failed("the pattern has no group of this number"));
                }
                // Further digits belong to the number as long as there is such a group.
                while let Some(digit) = chars.peek().and_then(|c| c.to_digit(10)) {
                    let longer = number * 10 + digit;
                    if group(longer as usize).is_none() {
                        break;
                    }
                    number = longer;
                    chars.next();
                }
                out.push_str(group(number as usize).flatten().unwrap_or_default());
            }
            _ => out.push(c),
        }
    }
    Ok(())
}
