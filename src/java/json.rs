//! JSON as json-smart reads it in its permissive mode, and as it writes it.
//!
//! Reading forgives nearly everything: words without quotes are strings (`a=b`), single quotes count, commas may be too many, what
//! follows the first value is ignored; only an unfinished `{`, `[` or string fails (`spec/vtl.md` §2).

use std::fmt;
use std::fmt::Write as _;
use std::rc::Rc;

use super::print::DEPTH_LIMIT;
use super::{Decimal, List, ListClass, Map, MapClass, Other, Printer, Str, TooMuch, Value, text};

/// Text that isn't JSON, not even loosely.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonError {
    /// Byte offset where reading failed.
    pub at: usize,
    /// What is wrong there.
    pub problem: &'static str,
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at position {}", self.problem, self.at)
    }
}

impl std::error::Error for JsonError {}

/// Reads one value.
pub fn parse(text: &str) -> Result<Value, JsonError> {
    parse_shared(&Str::from(text))
}

/// Reads one value; its strings are parts of `source`.
pub fn parse_shared(source: &Str) -> Result<Value, JsonError> {
    let mut reader = Reader {
        source,
        text: source,
        at: 0,
        depth: 0,
        room: 0,
    };
    let mut value = Value::Null;
    match reader.value(Stop::Never, &mut value) {
        Ok(()) => Ok(value),
        Err(error) => Err(*error),
    }
}

/// Boxed, so that it makes no result larger than what is read.
type Read<T = ()> = Result<T, Box<JsonError>>;

/// json-smart's depth limit.
const DEPTH: usize = 400;

/// What json-smart takes for the end of the text, even when it stands in it.
const END: u8 = 0x1A;

/// What ends a word without quotes, besides the end of the text.
#[derive(Clone, Copy)]
enum Stop {
    Never,
    Key,
    Value,
    Item,
}

impl Stop {
    fn at(self, byte: u8) -> bool {
        match self {
            Self::Never => byte == END,
            Self::Key => matches!(byte, b':' | END),
            Self::Value => matches!(byte, b',' | b'}' | END),
            Self::Item => matches!(byte, b',' | b']' | END),
        }
    }
}

struct Reader<'a> {
    source: &'a Str,
    text: &'a str,
    at: usize,
    depth: usize,
    /// The size of the last object: the next one's is likely the same.
    room: usize,
}

/// Objects with more entries look keys up in a map instead of going through them.
const FEW: usize = 24;

/// More room than this isn't made in advance.
const ROOM: usize = 64;

impl<'a> Reader<'a> {
    fn byte(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(END)
    }

    #[cold]
    fn fail<T>(&self, problem: &'static str) -> Read<T> {
        Err(Box::new(JsonError {
            at: self.at.min(self.text.len()),
            problem,
        }))
    }

    fn skip_space(&mut self) {
        while matches!(self.byte(), byte if byte <= b' ' && byte != END) {
            self.at += 1;
        }
    }

    fn skip_blanks(&mut self) {
        while matches!(self.byte(), b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
    }

    fn skip_digits(&mut self) {
        while self.byte().is_ascii_digit() {
            self.at += 1;
        }
    }

    fn word(&mut self, stop: Stop) -> Str {
        self.word_from(self.at, stop)
    }

    fn word_from(&mut self, start: usize, stop: Stop) -> Str {
        while !stop.at(self.byte()) {
            self.at += 1;
        }
        let word = self.trimmed(start);
        // What a trimmed word begins with lies behind blanks.
        let blanks = self.text.get(start..).unwrap_or_default().bytes();
        let start = start + blanks.take_while(|&b| b <= b' ').count();
        self.source.part(start..start + word.len())
    }

    fn trimmed(&self, start: usize) -> &'a str {
        let end = self.at.min(self.text.len());
        text::trim(self.text.get(start..end).unwrap_or_default())
    }

    /// Reads a value to where it shall lie: values that are handed on once for each level they are below cost more than reading them.
    fn value(&mut self, stop: Stop, into: &mut Value) -> Read {
        self.skip_blanks();
        match self.byte() {
            b':' | b']' | b'}' => return self.fail("Unexpected character"),
            b'{' => *into = Value::Map(self.object()?),
            b'[' => *into = Value::List(self.array()?),
            b'"' | b'\'' => match self.simple() {
                Some(len) => *into = Value::Str(self.taken(len)),
                None => *into = Value::Str(self.string()?),
            },
            b'-' | b'0'..=b'9' => return self.number(stop, into),
            first => {
                let word = self.word(stop);
                *into = match (first, &*word) {
                    (b'n', "null") => Value::Null,
                    (b't', "true") => Value::Bool(true),
                    (b'f', "false") => Value::Bool(false),
                    (b'N', "NaN") => Value::other(Other::Float(f32::NAN)),
                    _ => Value::Str(word),
                };
            }
        }
        Ok(())
    }

    fn deeper(&mut self) -> Read {
        self.depth += 1;
        if self.depth > DEPTH {
            return self.fail("Malicious payload, having non natural depths");
        }
        self.at += 1;
        Ok(())
    }

    fn array(&mut self) -> Read<Rc<List>> {
        self.deeper()?;
        let mut items = Vec::new();
        loop {
            match self.byte() {
                b' ' | b'\t' | b'\n' | b'\r' | b',' => self.at += 1,
                b']' => {
                    self.at += 1;
                    self.depth -= 1;
                    return Ok(Rc::new(List::new(ListClass::Json, items)));
                }
                b':' | b'}' => return self.fail("Unexpected character"),
                END => return self.fail("Unexpected End Of File"),
                _ => {
                    items.push(Value::Null);
                    if let Some(item) = items.last_mut() {
                        self.value(Stop::Item, item)?;
                    }
                }
            }
        }
    }

    fn object(&mut self) -> Read<Rc<Map>> {
        self.deeper()?;
        let mut entries = Vec::with_capacity(self.room);
        let mut many = None;
        loop {
            match self.byte() {
                b' ' | b'\t' | b'\n' | b'\r' | b',' => {
                    self.at += 1;
                    continue;
                }
                b':' | b'[' | b']' | b'{' => return self.fail("Unexpected character"),
                b'}' => {
                    self.at += 1;
                    break;
                }
                _ => {}
            }
            let key = if matches!(self.byte(), b'"' | b'\'') {
                self.string()?
            } else {
                self.word(Stop::Key)
            };
            self.skip_space();
            match self.byte() {
                b':' => self.at += 1,
                END => return self.fail("Unexpected End Of File"),
                _ => return self.fail("Unexpected character"),
            }
            if self.at >= self.text.len() {
                return self.fail("Unexpected End Of File");
            }
            self.entry(&mut entries, &mut many, key)?;
            self.skip_space();
            match self.byte() {
                b'}' => {
                    self.at += 1;
                    break;
                }
                b',' => self.at += 1,
                END => return self.fail("Unexpected End Of File"),
                _ => return self.fail("Unexpected token"),
            }
        }
        self.depth -= 1;
        let map = many.unwrap_or_else(|| Map::of(MapClass::Linked, entries));
        self.room = map.len().min(ROOM);
        Ok(Rc::new(map))
    }

    /// Reads the value of a key. A key that comes again keeps its place.
    fn entry(
        &mut self,
        entries: &mut Vec<(Value, Value)>,
        many: &mut Option<Map>,
        key: Str,
    ) -> Read {
        if many.is_none() && entries.len() < FEW {
            let known = |(k, _): &(Value, Value)| matches!(k, Value::Str(k) if *k == key);
            let at = entries.iter().position(known).unwrap_or(entries.len());
            if at == entries.len() {
                entries.push((Value::Str(key), Value::Null));
            }
            return match entries.get_mut(at) {
                Some((_, value)) => self.value(Stop::Value, value),
                None => Ok(()),
            };
        }
        let mut value = Value::Null;
        self.value(Stop::Value, &mut value)?;
        let map = many.get_or_insert_with(|| Map::of(MapClass::Linked, std::mem::take(entries)));
        map.put(Value::Str(key), value);
        Ok(())
    }

    /// The length of a string without escapes.
    #[inline]
    fn simple(&self) -> Option<usize> {
        let quote = self.byte();
        let rest = self.text.as_bytes().get(self.at + 1..)?;
        let len = memchr::memchr2(quote, b'\\', rest)?;
        (rest.get(len) == Some(&quote)).then_some(len)
    }

    /// Takes a string of that length.
    #[inline]
    fn taken(&mut self, len: usize) -> Str {
        let start = self.at + 1;
        self.at = start + len + 1;
        self.source.part(start..start + len)
    }

    fn string(&mut self) -> Read<Str> {
        if let Some(len) = self.simple() {
            return Ok(self.taken(len));
        }
        let quote = self.byte();
        let start = self.at + 1;
        let rest = self.text.as_bytes().get(start..).unwrap_or_default();
        if memchr::memchr(quote, rest).is_none() {
            self.at = self.text.len();
            return self.fail("Unexpected End Of File");
        }
        self.at = start;
        self.escaped(quote)
    }

    /// The bytes up to the quote that closes a string with escapes.
    fn closing(&self, quote: u8) -> usize {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let mut len = 0;
        while let Some(at) = memchr::memchr2(quote, b'\\', rest.get(len..).unwrap_or_default()) {
            len += at;
            if rest.get(len) == Some(&quote) {
                break;
            }
            len += 2;
        }
        len.min(rest.len())
    }

    fn escaped(&mut self, quote: u8) -> Read<Str> {
        // An escape is never shorter than what it stands for.
        let mut out = String::with_capacity(self.closing(quote));
        let mut halves = false;
        loop {
            // What means nothing special is copied as a whole.
            let bytes = self.text.as_bytes().get(self.at..).unwrap_or_default();
            let special = |&b: &u8| b < b' ' || b == quote || b == b'\\' || b == 0x7f;
            let plain = bytes.iter().position(special).unwrap_or(bytes.len());
            out.push_str(self.text.get(self.at..self.at + plain).unwrap_or_default());
            self.at += plain;
            let rest = self.text.get(self.at..).unwrap_or_default();
            let Some(c) = rest.chars().next().filter(|&c| c != char::from(END)) else {
                return self.fail("Unexpected End Of File");
            };
            self.at += c.len_utf8();
            match c {
                _ if c == char::from(quote) => {
                    let out = if halves { text::joined(out) } else { out };
                    return Ok(Str::from(out));
                }
                '\\' => {
                    let next = self
                        .text
                        .get(self.at..)
                        .and_then(|rest| rest.chars().next());
                    self.at += next.map_or(1, char::len_utf8);
                    match next {
                        Some('t') => out.push('\t'),
                        Some('n') => out.push('\n'),
                        Some('r') => out.push('\r'),
                        Some('f') => out.push('\u{c}'),
                        Some('b') => out.push('\u{8}'),
                        Some(c @ ('\\' | '/' | '\'' | '"')) => out.push(c),
                        Some(c @ ('u' | 'x')) => {
                            let unit = self.unit(if c == 'u' { 4 } else { 2 })?;
                            halves |= (0xD800..0xE000).contains(&unit);
                            out.push(text::unit_char(unit));
                        }
                        // Any other escape vanishes.
                        _ => {}
                    }
                }
                // Control characters vanish from strings that hold an escape, and only from these.
                '\0'..='\u{1f}' | '\u{7f}' => {}
                _ => out.push(c),
            }
        }
    }

    fn unit(&mut self, digits: usize) -> Read<u16> {
        let mut unit = 0;
        for _ in 0..digits {
            let Some(digit) = char::from(self.byte()).to_digit(16) else {
                return self.fail("Unexpected unicode escape");
            };
            unit = unit * 16 + u16::try_from(digit).unwrap_or_default();
            self.at += 1;
        }
        Ok(unit)
    }

    fn number(&mut self, stop: Stop, into: &mut Value) -> Read {
        let start = self.at;
        self.at += 1;
        self.skip_digits();
        let mut float = false;
        if self.byte() == b'.' {
            float = true;
            self.at += 1;
            self.skip_digits();
        }
        if matches!(self.byte(), b'E' | b'e') {
            float = true;
            self.at += 1;
            if !matches!(self.byte(), b'+' | b'-' | b'0'..=b'9') {
                *into = Value::Str(self.word_from(start, stop));
                return Ok(());
            }
            self.at += 1;
            self.skip_digits();
        }
        self.skip_space();
        // A character beyond `}` ends a number, as it does in json-smart.
        if self.byte() < b'~' && !stop.at(self.byte()) {
            *into = Value::Str(self.word_from(start, stop));
            return Ok(());
        }
        let number = self.trimmed(start);
        // Up to nine digits fit.
        if !float
            && number.len() < 10
            && let Ok(n) = number.parse()
        {
            *into = Value::Int(n);
            return Ok(());
        }
        if float
            && number.len() <= 18
            && let Ok(d) = number.parse()
        {
            *into = Value::Double(d);
            return Ok(());
        }
        let value = if float && number.len() > 18 {
            Decimal::parse(number).map(|d| Value::other(Other::Decimal(d)))
        } else if float {
            None
        } else {
            whole(number)
        };
        match value {
            Some(value) => *into = value,
            None => return self.fail("Unexpected number"),
        }
        Ok(())
    }
}

fn whole(number: &str) -> Option<Value> {
    if number == "-" {
        return Some(Value::Int(0));
    }
    match number.parse::<i64>() {
        Ok(n) => Some(i32::try_from(n).map_or(Value::Long(n), Value::Int)),
        // Reading a number takes time by the square of its length.
        Err(_) if number.len() > 20_000 => None,
        Err(_) => number.parse().ok().map(Value::big),
    }
}

/// How strings are escaped when written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// As `$input.json` writes.
    Plain,
    /// As a list prints: `/` is escaped too.
    Web,
}

impl Printer<'_> {
    /// Writes a value as compact JSON.
    pub fn json(&mut self, value: &Value, style: Style) -> Result<(), TooMuch> {
        self.check()?;
        match value {
            Value::Str(text) => self.quoted(text, style),
            Value::Double(d) if d.is_infinite() => self.out.push_str("null"),
            Value::List(list) => self.json_items(&list.items(), style)?,
            Value::Map(map) => {
                self.out.push('{');
                self.depth += 1;
                for (n, (key, value)) in map.pairs().iter().enumerate() {
                    if n > 0 {
                        self.out.push(',');
                    }
                    self.json_key(key, style)?;
                    self.out.push(':');
                    self.json(value, style)?;
                }
                self.depth -= 1;
                self.out.push('}');
            }
            Value::Other(other) => match &**other {
                Other::Array(array) => self.json_items(&array.items.borrow(), style)?,
                Other::View(view) => self.json_items(&view.items(), style)?,
                Other::Big(_)
                | Other::Decimal(_)
                | Other::Float(_)
                | Other::Short(_)
                | Other::Byte(_) => self.print(value)?,
                _ => self.json_key(value, style)?,
            },
            _ => self.print(value)?,
        }
        self.check()
    }

    fn json_key(&mut self, key: &Value, style: Style) -> Result<(), TooMuch> {
        if let Value::Str(text) = key {
            self.quoted(text, style);
            return Ok(());
        }
        let mut text = String::new();
        let mut printer = Printer::new(&mut text, self.limit);
        printer.depth = self.depth;
        printer.print(key)?;
        self.quoted(&text, style);
        Ok(())
    }

    fn json_items(&mut self, items: &[Value], style: Style) -> Result<(), TooMuch> {
        self.out.push('[');
        self.depth += 1;
        for (n, item) in items.iter().enumerate() {
            if n > 0 {
                self.out.push(',');
            }
            self.json(item, style)?;
        }
        self.depth -= 1;
        self.out.push(']');
        Ok(())
    }

    fn quoted(&mut self, text: &str, style: Style) {
        self.out.push('"');
        let plain = |b: u8| matches!(b, b' '..=b'~') && !matches!(b, b'"' | b'\\' | b'/');
        if text.bytes().all(plain) {
            self.out.push_str(text);
            self.out.push('"');
            return;
        }
        let mut from = 0;
        for (at, c) in text.char_indices() {
            let escape = match c {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\u{8}' => "\\b",
                '\u{c}' => "\\f",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                '/' if style == Style::Web => "\\/",
                '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2000}'..='\u{20ff}' => "",
                _ => continue,
            };
            self.out.push_str(&text[from..at]);
            from = at + c.len_utf8();
            if escape.is_empty() {
                let _ = write!(self.out, "\\u{:04X}", u32::from(c));
            } else {
                self.out.push_str(escape);
            }
        }
        self.out.push_str(&text[from..]);
        self.out.push('"');
    }
}

const _: () = assert!(DEPTH < DEPTH_LIMIT, "what can be read can be printed");

#[cfg(test)]
mod tests {
    use super::*;

    fn show(json: &str) -> String {
        match parse(json) {
            Ok(value) => {
                let mut out = String::new();
                Printer::new(&mut out, 10_000)
                    .json(&value, Style::Plain)
                    .unwrap();
                format!("{} {out}", value.class_name().rsplit('.').next().unwrap())
            }
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn loose_json_reads_as_json_smart_reads_it() {
        for (json, want) in [
            (
                r#"{"a":1,"b":[1,2.5,"x"],}"#,
                r#"LinkedHashMap {"a":1,"b":[1,2.5,"x"]}"#,
            ),
            ("a=b", r#"String "a=b""#),
            ("{statusCode: 200}", r#"LinkedHashMap {"statusCode":200}"#),
            ("{a:b c,'d':\"e\"}", r#"LinkedHashMap {"a":"b c","d":"e"}"#),
            ("null{", r#"String "null{""#),
            ("[a", "Unexpected End Of File at position 2"),
            ("{a", "Unexpected End Of File at position 2"),
            ("[1,,2]", "JSONArray [1,2]"),
            ("007", "Integer 7"),
            ("3000000000", "Long 3000000000"),
            ("12345678901234567890", "BigInteger 12345678901234567890"),
            (
                "0.12345678901234567890",
                "BigDecimal 0.12345678901234567890",
            ),
            ("1e3", "Double 1000.0"),
            (r#""\u00e9\x41\q/""#, r#"String "éA/""#),
            ("1 2", r#"String "1 2""#),
            ("\"a\" rest", r#"String "a""#),
            ("-", "Integer 0"),
            ("", r#"String """#),
        ] {
            assert_eq!(show(json), want, "{json}");
        }
    }
}
