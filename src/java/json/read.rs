//! Reading.

use std::rc::Rc;

use super::super::print::DEPTH_LIMIT;
use super::super::spare::Spare;
use super::super::{Decimal, List, Map, MapClass, Other, Str, Value, text};
use super::JsonError;

/// Reads one value; its strings are parts of `source`.
pub(super) fn read(source: &Str, spare: &mut Spare) -> Result<Value, JsonError> {
    let mut reader = Reader {
        source,
        text: source,
        at: 0,
        depth: 0,
        spare,
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
    spare: &'a mut Spare,
}

/// Objects with more entries look keys up in a map instead of going through them.
const FEW: usize = 24;

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
        let (mut list, mut items) = self.spare.list();
        loop {
            match self.byte() {
                b' ' | b'\t' | b'\n' | b'\r' | b',' => self.at += 1,
                b']' => {
                    self.at += 1;
                    self.depth -= 1;
                    if let Some(list) = Rc::get_mut(&mut list) {
                        *list.room() = items;
                    }
                    return Ok(list);
                }
                b':' | b'}' => return self.fail("Unexpected character"),
                END => return self.fail("Unexpected End Of File"),
                _ => {
                    // Not `push`, which moves the value that it adds.
                    items.resize_with(items.len() + 1, Value::default);
                    if let Some(item) = items.last_mut() {
                        self.value(Stop::Item, item)?;
                    }
                }
            }
        }
    }

    fn object(&mut self) -> Read<Rc<Map>> {
        self.deeper()?;
        let (mut object, mut entries) = self.spare.map();
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
            // The key is read to where it shall lie. Not `push`, which moves what it adds.
            entries.resize_with(entries.len() + 1, Default::default);
            if let Some((key, _)) = entries.last_mut() {
                self.key(key)?;
            }
            self.skip_space();
            match self.byte() {
                b':' => self.at += 1,
                END => return self.fail("Unexpected End Of File"),
                _ => return self.fail("Unexpected character"),
            }
            if self.at >= self.text.len() {
                return self.fail("Unexpected End Of File");
            }
            self.entry(&mut entries, &mut many)?;
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
        match (many, Rc::get_mut(&mut object)) {
            (Some(many), _) => return Ok(Rc::new(many)),
            (None, Some(object)) => *object.room() = entries,
            (None, None) => {}
        }
        Ok(object)
    }

    fn key(&mut self, into: &mut Value) -> Read {
        if !matches!(self.byte(), b'"' | b'\'') {
            *into = Value::Str(self.word(Stop::Key));
            return Ok(());
        }
        match self.simple() {
            Some(len) => *into = Value::Str(self.taken(len)),
            None => *into = Value::Str(self.string()?),
        }
        Ok(())
    }

    /// Reads the value of the last key. A key that comes again keeps its place.
    fn entry(&mut self, entries: &mut Vec<(Value, Value)>, many: &mut Option<Map>) -> Read {
        if many.is_none() && entries.len() <= FEW {
            let Some(((Value::Str(key), value), before)) = entries.split_last_mut() else {
                return Ok(());
            };
            let known = |(k, _): &&mut (Value, Value)| matches!(k, Value::Str(k) if k == key);
            let Some((_, old)) = before.iter_mut().find(known) else {
                return self.value(Stop::Value, value);
            };
            self.value(Stop::Value, old)?;
            entries.pop();
            return Ok(());
        }
        let Some((key, mut value)) = entries.pop() else {
            return Ok(());
        };
        self.value(Stop::Value, &mut value)?;
        let map = many.get_or_insert_with(|| Map::of(MapClass::Linked, std::mem::take(entries)));
        map.put(key, value);
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
        let room = self.closing(quote);
        let mut whole = self.spare.text();
        let Some(out) = Rc::get_mut(&mut whole) else {
            return self.fail("Unexpected End Of File");
        };
        out.reserve(room);
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
                    if halves {
                        *out = text::joined(std::mem::take(out));
                    }
                    return Ok(Str::of(whole));
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

const _: () = assert!(DEPTH < DEPTH_LIMIT, "what can be read can be printed");
