//! Java's `toString()`.

use std::fmt::Write as _;

use super::{ListClass, MapClass, Other, Value, double, json, print_double, print_float, text};

/// The text would be longer, or nested deeper, than allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMuch;

/// Writes values into a text of limited length.
#[derive(Debug)]
pub struct Printer<'a> {
    pub(super) out: &'a mut String,
    pub(super) limit: usize,
    pub(super) depth: usize,
    /// Work beyond that of writing the text: about one for a hundred nanoseconds.
    pub work: u64,
}

/// Values nested deeper don't print: Java's stack would overflow a little later.
pub(super) const DEPTH_LIMIT: usize = 500;

impl<'a> Printer<'a> {
    /// Appends to `out`, which may grow to `limit` bytes.
    pub fn new(out: &'a mut String, limit: usize) -> Self {
        Self {
            out,
            limit,
            depth: 0,
            work: 0,
        }
    }

    /// Whether there is still room.
    pub(super) fn check(&self) -> Result<(), TooMuch> {
        if self.out.len() > self.limit || self.depth > DEPTH_LIMIT {
            Err(TooMuch)
        } else {
            Ok(())
        }
    }

    /// Prints one value; null as `null`.
    pub fn print(&mut self, value: &Value) -> Result<(), TooMuch> {
        match value {
            Value::Null => self.out.push_str("null"),
            Value::Bool(b) => self.out.push_str(if *b { "true" } else { "false" }),
            Value::Int(n) => self.out.push_str(itoa::Buffer::new().format(*n)),
            Value::Long(n) => self.out.push_str(itoa::Buffer::new().format(*n)),
            Value::Double(d) if double::short(*d, self.out) => {}
            Value::Double(d) => self.out.push_str(&print_double(*d)),
            Value::Str(text) => self.out.push_str(text),
            Value::List(list) => {
                if list.class == ListClass::Json {
                    return self.json(value, json::Style::Web);
                }
                self.check()?;
                let items = list.items();
                self.sequence(
                    &items,
                    |item| matches!(item, Value::List(l) if std::rc::Rc::ptr_eq(l, list)),
                )?;
            }
            Value::Map(map) => {
                if map.class == MapClass::Context {
                    return Ok(());
                }
                self.check()?;
                self.out.push('{');
                self.depth += 1;
                let is_self = |v: &Value| matches!(v, Value::Map(m) if std::rc::Rc::ptr_eq(m, map));
                for (n, (key, value)) in map.pairs().iter().enumerate() {
                    if n > 0 {
                        self.out.push_str(", ");
                    }
                    for (part, end) in [(key, "="), (value, "")] {
                        if is_self(part) {
                            self.out.push_str("(this Map)");
                        } else {
                            self.print(part)?;
                        }
                        self.out.push_str(end);
                    }
                }
                self.depth -= 1;
                self.out.push('}');
            }
            Value::Other(other) => self.print_other(other)?,
        }
        self.check()
    }

    fn sequence(
        &mut self,
        items: &[Value],
        is_self: impl Fn(&Value) -> bool,
    ) -> Result<(), TooMuch> {
        self.out.push('[');
        self.depth += 1;
        for (n, item) in items.iter().enumerate() {
            if n > 0 {
                self.out.push_str(", ");
            }
            if is_self(item) {
                self.out.push_str("(this Collection)");
            } else {
                self.print(item)?;
            }
        }
        self.depth -= 1;
        self.out.push(']');
        Ok(())
    }

    fn print_other(&mut self, other: &Other) -> Result<(), TooMuch> {
        match other {
            Other::Big(n) => {
                // The digits are divided off one by one.
                let words = n.bits() / 64;
                self.work += words * words / 4;
                let _ = write!(self.out, "{n}");
            }
            Other::Decimal(d) => {
                let _ = write!(self.out, "{d}");
            }
            Other::Float(f) => self.out.push_str(&print_float(*f)),
            Other::Short(n) => {
                let _ = write!(self.out, "{n}");
            }
            Other::Byte(n) => {
                let _ = write!(self.out, "{n}");
            }
            Other::Char(unit) => self.out.push(text::unit_char(*unit)),
            // Java prints a hash code that differs from run to run.
            Other::Array(array) => {
                let _ = write!(self.out, "{}@0", array.class);
            }
            Other::Iterator(_) => self.out.push_str("java.util.Iterator@0"),
            Other::View(view) => {
                self.check()?;
                self.sequence(&view.items(), |_| false)?;
            }
            Other::Entry(entry) => {
                self.check()?;
                self.depth += 1;
                self.print(&entry.key)?;
                self.out.push('=');
                self.print(&entry.value())?;
                self.depth -= 1;
            }
            Other::Class(name) => {
                let _ = write!(self.out, "class {name}");
            }
            Other::Scope(scope) => {
                self.check()?;
                self.depth += 1;
                self.print(&Value::Map(std::rc::Rc::clone(scope.map())))?;
                self.depth -= 1;
            }
            Other::Host(host) => self.out.push_str(&host.print().unwrap_or_default()),
        }
        Ok(())
    }
}
