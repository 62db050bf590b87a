//! Methods of `java.lang.String`.

use std::rc::Rc;

use crate::java::{Other, Str, Value, regex, text};

use super::super::run::Run;
use super::list::array;
use super::{Called, Method, NULL, Thrown, character, collection, format, int};

fn out_of_range() -> Thrown {
    Thrown::new("the index is outside of the string")
}

fn some(value: impl Into<Value>) -> Called {
    Ok(Some(value.into()))
}

fn is_whitespace(c: char) -> bool {
    matches!(c, '\t'..='\r' | '\u{1c}'..='\u{1f}')
        || c.is_whitespace() && !matches!(c, '\u{a0}' | '\u{2007}' | '\u{202f}' | '\u{85}')
}

/// An argument for a parameter of type `String` or `CharSequence`.
enum Text<'a> {
    Some(&'a str),
    Null,
    Other,
}

fn as_text(value: &Value) -> Text<'_> {
    match value {
        Value::Str(text) => Text::Some(text),
        Value::Null => Text::Null,
        _ => Text::Other,
    }
}

/// The text of an argument, or the end of the call: null throws, another class fits no method.
macro_rules! text {
    ($value:expr) => {
        match as_text($value) {
            Text::Some(text) => text,
            Text::Null => return Err(NULL),
            Text::Other => return Ok(None),
        }
    };
}

macro_rules! int {
    ($value:expr) => {
        match int($value) {
            Some(n) => n,
            None => return Ok(None),
        }
    };
}

fn index(n: i32) -> Result<usize, Thrown> {
    usize::try_from(n).map_err(|_| out_of_range())
}

fn found(text: &str, byte: Option<usize>) -> Called {
    Ok(Some(match byte {
        Some(byte) => Value::int(text::index_of_byte(text, byte)),
        None => Value::Int(-1),
    }))
}

/// The byte at or after an index, for searches that start in the middle.
fn clamped(text: &str, n: i32) -> usize {
    let n = usize::try_from(n).unwrap_or(0).min(text::len(text));
    (n..=n + 1)
        .find_map(|n| text::byte_at(text, n))
        .unwrap_or(text.len())
}

fn fold(c: char) -> String {
    c.to_uppercase().flat_map(char::to_lowercase).collect()
}

fn equal_ignoring_case(a: &str, b: &str) -> bool {
    a.chars().count() == b.chars().count()
        && a.chars()
            .zip(b.chars())
            .all(|(a, b)| a == b || fold(a) == fold(b))
}

fn difference(
    a: impl Iterator<Item = u16>,
    b: impl Iterator<Item = u16>,
    lengths: (usize, usize),
) -> Value {
    for (a, b) in a.zip(b) {
        if a != b {
            return Value::Int(i32::from(a) - i32::from(b));
        }
    }
    let clip = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
    Value::Int(clip(lengths.0) - clip(lengths.1))
}

fn byte_array(bytes: Vec<u8>) -> Value {
    let items = bytes
        .into_iter()
        .map(|b| Value::other(Other::Byte(i8::from_ne_bytes([b]))))
        .collect();
    array("[B", items)
}

/// A `char[]`.
fn is_characters(value: &Value) -> bool {
    matches!(value, Value::Other(other) if matches!(&**other, Other::Array(array) if array.class == "[C"))
}

/// The text in a charset that every Java has (`java.nio.charset.StandardCharsets`).
fn bytes_in(s: &str, charset: &str) -> Option<Vec<u8>> {
    let single = |limit: u32| {
        s.chars()
            .map(|c| {
                u8::try_from(u32::from(c))
                    .ok()
                    .filter(|&b| u32::from(b) < limit)
            })
            .map(|byte| byte.unwrap_or(b'?'))
            .collect()
    };
    let big_endian = || text::units(s).flat_map(u16::to_be_bytes);
    Some(match charset.to_ascii_lowercase().as_str() {
        "utf-8" | "utf8" | "unicode-1-1-utf-8" => text::encoded(s.to_owned()).into_bytes(),
        "us-ascii" | "ascii" | "ascii7" | "iso646-us" => single(0x80),
        "iso-8859-1" | "iso8859-1" | "iso8859_1" | "iso_8859-1" | "latin1" | "l1" => single(0x100),
        "utf-16" | "utf16" | "utf_16" => [0xfe, 0xff].into_iter().chain(big_endian()).collect(),
        "utf-16be" | "utf_16be" => big_endian().collect(),
        "utf-16le" | "utf_16le" => text::units(s).flat_map(u16::to_le_bytes).collect(),
        _ => return None,
    })
}

impl Run<'_> {
    fn text_result(&mut self, text: String) -> Called {
        self.allot(text.len())?;
        some(text::joined(text))
    }

    pub(super) fn string_method(
        &mut self,
        s: &Str,
        value: &Value,
        method: Method,
        arguments: &[Value],
    ) -> Called {
        self.work(s.len() as u64 / 32)?;
        match arguments {
            [] => self.string_method_0(s, value, method),
            [only] => self.string_method_1(s, value, method, only),
            _ => self.string_method_n(s, value, method, arguments),
        }
    }

    fn string_method_0(&mut self, s: &Str, value: &Value, method: Method) -> Called {
        match method {
            Method::Length => some(Value::int(text::len(s))),
            Method::IsEmpty => some(s.is_empty()),
            Method::IsBlank => some(s.chars().all(is_whitespace)),
            Method::ToUpperCase => self.text_result(s.to_uppercase()),
            Method::ToLowerCase => self.text_result(s.to_lowercase()),
            Method::Trim => self.text_result(text::trim(s).to_owned()),
            Method::Strip => self.text_result(s.trim_matches(is_whitespace).to_owned()),
            Method::StripLeading => {
                self.text_result(s.trim_start_matches(is_whitespace).to_owned())
            }
            Method::StripTrailing => self.text_result(s.trim_end_matches(is_whitespace).to_owned()),
            Method::ToString | Method::Intern => some(value.clone()),
            // The characters of no array.
            Method::ValueOf | Method::CopyValueOf => some(String::new()),
            Method::Formatted => self.format(s, &[]),
            Method::GetBytes => {
                self.allot(s.len() * 24)?;
                Ok(Some(byte_array(text::encoded(s.to_string()).into_bytes())))
            }
            Method::ToCharArray => {
                self.allot(s.len() * 24)?;
                let items = text::units(s)
                    .map(|unit| Value::other(Other::Char(unit)))
                    .collect();
                Ok(Some(array("[C", items)))
            }
            Method::StripIndent => {
                let lines: Vec<&str> = s.lines().collect();
                let blank = |line: &&&str| !line.trim().is_empty();
                let indent = |line: &&str| line.len() - line.trim_start().len();
                let least = lines.iter().filter(blank).map(indent).min().unwrap_or(0);
                let cut: Vec<&str> = lines
                    .iter()
                    .map(|line| {
                        line.get(least..)
                            .unwrap_or("")
                            .trim_end_matches(is_whitespace)
                    })
                    .collect();
                let end = if s.ends_with('\n') { "\n" } else { "" };
                self.text_result(cut.join("\n") + end)
            }
            _ => self.object_method(value, method, &[]),
        }
    }

    fn string_method_1(
        &mut self,
        s: &Str,
        value: &Value,
        method: Method,
        argument: &Value,
    ) -> Called {
        match method {
            Method::Equals => some(matches!(argument, Value::Str(other) if other == s)),
            Method::EqualsIgnoreCase => match as_text(argument) {
                Text::Some(other) => some(equal_ignoring_case(s, other)),
                Text::Null => some(false),
                Text::Other => Ok(None),
            },
            Method::Contains => some(s.contains(text!(argument))),
            Method::StartsWith => some(s.starts_with(text!(argument))),
            Method::EndsWith => some(s.ends_with(text!(argument))),
            Method::ContentEquals => some(&**s == text!(argument)),
            Method::Concat => {
                let other = text!(argument);
                self.text_result(format!("{s}{other}"))
            }
            Method::IndexOf | Method::LastIndexOf => self.find(s, method, argument, None),
            Method::Substring => {
                let from = index(int!(argument))?;
                self.cut(s, from, text::len(s))
            }
            Method::CharAt => match text::unit_at(s, index(int!(argument))?) {
                Some(unit) => some(Value::other(Other::Char(unit))),
                None => Err(out_of_range()),
            },
            Method::CodePointAt | Method::CodePointBefore => {
                let before = usize::from(method == Method::CodePointBefore);
                let at = index(int!(argument))?
                    .checked_sub(before)
                    .ok_or_else(out_of_range)?;
                let code = match text::byte_at(s, at).and_then(|byte| s[byte..].chars().next()) {
                    Some(c) => u32::from(c),
                    None => text::unit_at(s, at).ok_or_else(out_of_range)?.into(),
                };
                some(Value::Int(i32::try_from(code).unwrap_or_default()))
            }
            Method::CompareTo => {
                let Value::Str(other) = argument else {
                    return Err(super::number::not_comparable(argument));
                };
                let lengths = (text::len(s), text::len(other));
                Ok(Some(difference(
                    text::units(s),
                    text::units(other),
                    lengths,
                )))
            }
            Method::CompareToIgnoreCase => {
                let other = text!(argument);
                let fold = |s: &str| -> String { s.chars().map(fold).collect() };
                let (a, b) = (fold(s), fold(other));
                let lengths = (text::len(&a), text::len(&b));
                Ok(Some(difference(text::units(&a), text::units(&b), lengths)))
            }
            Method::Matches => {
                let pattern = self.regex(text!(argument))?;
                let matched = self.searched(|left| pattern.matches(s, left))?;
                some(matched)
            }
            Method::Split => {
                let pattern = text!(argument);
                self.split(s, pattern, 0)
            }
            Method::Repeat => {
                let n = int!(argument);
                let Ok(n) = usize::try_from(n) else {
                    return Err(Thrown::new(
                        "a string can't be repeated a negative number of times",
                    ));
                };
                self.allot(s.len().saturating_mul(n))?;
                some(s.repeat(n))
            }
            Method::Indent => {
                let n = int!(argument);
                let width = usize::try_from(n.unsigned_abs()).unwrap_or_default();
                let lines = s.lines().count();
                self.allot(s.len().saturating_add(lines.saturating_mul(width + 1)))?;
                let line = |line: &str| {
                    if n >= 0 {
                        format!("{}{line}\n", " ".repeat(width))
                    } else {
                        let blank = line.chars().take(width).take_while(|&c| is_whitespace(c));
                        let cut: usize = blank.map(char::len_utf8).sum();
                        format!("{}\n", &line[cut..])
                    }
                };
                some(s.lines().map(line).collect::<String>())
            }
            Method::CopyValueOf if !is_characters(argument) => Ok(None),
            Method::ValueOf | Method::CopyValueOf => self.value_of(argument),
            Method::GetBytes => {
                let name = text!(argument);
                self.allot(s.len() * 48)?;
                match bytes_in(s, name) {
                    Some(bytes) => Ok(Some(byte_array(bytes))),
                    None => Err(Thrown::Exception(format!("`{name}` is no charset").into())),
                }
            }
            Method::Formatted => self.format(s, std::slice::from_ref(argument)),
            Method::Format => self.format(text!(argument), &[]),
            Method::Join => {
                text!(argument);
                some(String::new())
            }
            _ => self.object_method(value, method, std::slice::from_ref(argument)),
        }
    }

    fn string_method_n(
        &mut self,
        s: &Str,
        value: &Value,
        method: Method,
        arguments: &[Value],
    ) -> Called {
        match (method, arguments) {
            (Method::Substring | Method::SubSequence, [from, to]) => {
                let (from, to) = (int!(from), int!(to));
                self.cut(s, index(from)?, index(to)?)
            }
            (Method::Replace, [from, to]) => {
                if let (Some(from), Some(to)) = (character(from), character(to)) {
                    let units = text::units(s).map(|unit| if unit == from { to } else { unit });
                    let replaced = text::from_units(units);
                    return self.text_result(replaced);
                }
                let (from, to) = match (as_text(from), as_text(to)) {
                    (Text::Some(from), Text::Some(to)) => (from, to),
                    (Text::Other, _) | (_, Text::Other) => return Ok(None),
                    _ => return Err(NULL),
                };
                let count = s.matches(from).count();
                self.allot(s.len().saturating_add(count.saturating_mul(to.len())))?;
                // Java also replaces the empty string between the halves of a pair; nobody does that.
                some(s.replace(from, to))
            }
            (Method::ReplaceAll | Method::ReplaceFirst, [pattern, replacement]) => {
                let (pattern, replacement) = match (as_text(pattern), as_text(replacement)) {
                    (Text::Some(pattern), Text::Some(replacement)) => (pattern, replacement),
                    (Text::Other, _) | (_, Text::Other) => return Ok(None),
                    _ => return Err(NULL),
                };
                let pattern = self.regex(pattern)?;
                let first = method == Method::ReplaceFirst;
                let limit = self.limits.output_bytes;
                let replaced =
                    self.searched(|left| pattern.replace(s, replacement, first, limit, left))?;
                self.text_result(replaced)
            }
            (Method::Split, [pattern, limit]) => {
                let limit = int!(limit);
                let pattern = text!(pattern);
                self.split(s, pattern, limit)
            }
            (Method::IndexOf | Method::LastIndexOf, [wanted, from]) => {
                let from = int!(from);
                self.find(s, method, wanted, Some(from))
            }
            (Method::StartsWith, [prefix, from]) => {
                let from = int!(from);
                let prefix = text!(prefix);
                let at = usize::try_from(from).ok().and_then(|n| text::byte_at(s, n));
                some(at.is_some_and(|at| s[at..].starts_with(prefix)))
            }
            (Method::CodePointCount, [from, to]) => {
                let (from, to) = (int!(from), int!(to));
                let part = text::substring(s, index(from)?, index(to)?).ok_or_else(out_of_range)?;
                some(Value::int(part.chars().count()))
            }
            (Method::ValueOf | Method::CopyValueOf, [characters, from, count])
                if is_characters(characters) =>
            {
                let (from, count) = (index(int!(from))?, index(int!(count))?);
                let Value::Str(whole) = self.value_of(characters)?.unwrap_or_default() else {
                    return Ok(None);
                };
                self.cut(&whole, from, from.saturating_add(count))
            }
            (Method::OffsetByCodePoints, [from, by]) => {
                let (from, by) = (int!(from), int!(by));
                let at = text::byte_at(s, index(from)?).ok_or_else(out_of_range)?;
                let count = usize::try_from(by.unsigned_abs()).unwrap_or(usize::MAX);
                let to = if by < 0 {
                    s[..at]
                        .char_indices()
                        .rev()
                        .map(|(to, _)| to)
                        .nth(count.saturating_sub(1))
                } else {
                    let ends = s[at..].char_indices().map(|(to, _)| at + to);
                    ends.chain([s.len()]).nth(count)
                };
                found(s, Some(to.ok_or_else(out_of_range)?))
            }
            (Method::RegionMatches, [at, other, other_at, len]) => {
                self.region(s, false, [at, other, other_at, len])
            }
            (Method::RegionMatches, [Value::Bool(ignore), at, other, other_at, len]) => {
                self.region(s, *ignore, [at, other, other_at, len])
            }
            (Method::Formatted, arguments) => self.format(s, arguments),
            (Method::Format, [pattern, arguments @ ..]) => self.format(text!(pattern), arguments),
            (Method::Join, [separator, rest @ ..]) => {
                let separator = text!(separator);
                let items = match rest {
                    [only] => match (only, collection(only)) {
                        (_, Some(items)) => items,
                        (Value::Other(other), None) => match &**other {
                            Other::Array(array) => array.items.borrow().clone(),
                            _ => return Ok(None),
                        },
                        (Value::Str(_), None) => vec![only.clone()],
                        (Value::Null, None) => return Err(NULL),
                        _ => return Ok(None),
                    },
                    many if many
                        .iter()
                        .all(|v| matches!(v, Value::Str(_) | Value::Null)) =>
                    {
                        many.to_vec()
                    }
                    _ => return Ok(None),
                };
                let mut out = String::new();
                for (n, item) in items.iter().enumerate() {
                    if n > 0 {
                        out.push_str(separator);
                    }
                    match item {
                        Value::Str(text) => out.push_str(text),
                        Value::Null => out.push_str("null"),
                        _ => return Err(Thrown::new("only strings can be joined")),
                    }
                    self.wrote(&out, 16)?;
                }
                self.text_result(out)
            }
            _ => self.object_method(value, method, arguments),
        }
    }

    fn cut(&mut self, s: &str, from: usize, to: usize) -> Called {
        match text::substring(s, from, to) {
            Some(part) => {
                self.allot(part.len())?;
                some(part.into_owned())
            }
            None => Err(out_of_range()),
        }
    }

    fn find(&mut self, s: &str, method: Method, wanted: &Value, from: Option<i32>) -> Called {
        let wanted = match int(wanted) {
            Some(code) => match u32::try_from(code).ok().and_then(char::from_u32) {
                Some(c) => c.to_string(),
                None => return some(Value::Int(-1)),
            },
            None => text!(wanted).to_owned(),
        };
        if method == Method::IndexOf {
            let start = clamped(s, from.unwrap_or(0));
            return found(s, s[start..].find(&*wanted).map(|at| start + at));
        }
        let last = match from {
            None => s.len(),
            Some(n) if n < 0 => return some(Value::Int(-1)),
            Some(n) => clamped(s, n),
        };
        let end = (last + wanted.len()).min(s.len());
        let end = (end..=s.len())
            .find(|&end| s.is_char_boundary(end))
            .unwrap_or(s.len());
        found(s, s[..end].rfind(&*wanted))
    }

    fn region(&mut self, s: &str, ignore: bool, [at, other, other_at, len]: [&Value; 4]) -> Called {
        let (at, other_at, len) = (int!(at), int!(other_at), int!(len));
        let other = text!(other);
        let part = |s: &str, at: i32| -> Option<String> {
            let at = usize::try_from(at).ok()?;
            let len = usize::try_from(len).unwrap_or(0);
            text::substring(s, at, at.checked_add(len)?).map(std::borrow::Cow::into_owned)
        };
        let (Some(a), Some(b)) = (part(s, at), part(other, other_at)) else {
            return some(false);
        };
        some(a == b || ignore && equal_ignoring_case(&a, &b))
    }

    fn value_of(&mut self, argument: &Value) -> Called {
        let mut out = String::new();
        if let Value::Other(other) = argument
            && let Other::Array(array) = &**other
            && array.class == "[C"
        {
            let units: Vec<u16> = array.items.borrow().iter().filter_map(character).collect();
            out = text::from_units(units);
        } else if !self.print(argument, &mut out)? {
            return Ok(None);
        }
        self.text_result(out)
    }

    fn regex(&mut self, pattern: &str) -> Result<Rc<regex::Pattern>, Thrown> {
        self.work(200 + pattern.len() as u64 * 16)?;
        regex::compile(pattern, self.limits.regex_backtracks)
            .map_err(|problem| Thrown::Exception(format!("`{pattern}` {problem}").into()))
    }

    /// Searches within the budget.
    fn searched<T>(
        &mut self,
        search: impl FnOnce(&mut u64) -> Result<T, regex::Failed>,
    ) -> Result<T, Thrown> {
        let mut left = self.steps_left();
        let found = search(&mut left);
        self.work(self.steps_left() - left)?;
        if left == 0 {
            self.work(1)?;
        }
        match found {
            Ok(value) => Ok(value),
            Err(regex::Failed(message)) => Err(Thrown::new(message)),
        }
    }

    fn split(&mut self, s: &str, pattern: &str, limit: i32) -> Called {
        let pattern = self.regex(pattern)?;
        let parts = self.searched(|left| pattern.split(s, limit, left))?;
        self.allot(s.len() + parts.len() * 48)?;
        let items = parts.into_iter().map(Value::from).collect();
        Ok(Some(array("[Ljava.lang.String;", items)))
    }

    fn format(&mut self, pattern: &str, arguments: &[Value]) -> Called {
        // One array is the arguments themselves.
        let spread;
        let arguments = match arguments {
            [Value::Other(other)] => match &**other {
                Other::Array(array) => {
                    spread = array.items.borrow().clone();
                    &spread
                }
                _ => arguments,
            },
            _ => arguments,
        };
        let mut texts = Vec::with_capacity(arguments.len());
        for argument in arguments {
            let mut out = String::new();
            self.print(argument, &mut out)?;
            texts.push(out);
        }
        let mut hashes = Vec::new();
        if pattern.contains(['h', 'H']) {
            for argument in arguments {
                hashes.push(self.object_method(argument, Method::HashCode, &[])?);
            }
        }
        let limit = self.limits.output_bytes;
        match format::format(pattern, arguments, (&texts, &hashes), limit) {
            Ok(text) => self.text_result(text),
            Err(message) => Err(Thrown::new(message)),
        }
    }
}
