//! Writing.

use std::fmt::Write as _;
use std::rc::Rc;

use super::super::{Other, Printer, TooMuch, Value};
use super::Style;

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
                // A bean without properties of its own.
                Other::Host(_) => self.out.push_str("{}"),
                Other::Scope(scope) => {
                    self.depth += 1;
                    self.json(&Value::Map(Rc::clone(scope.map())), style)?;
                    self.depth -= 1;
                }
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
