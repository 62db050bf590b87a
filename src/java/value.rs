//! One value.

use std::any::Any;
use std::fmt;
use std::rc::Rc;

use num_bigint::BigInt;

use super::{Array, Cursor, Decimal, Entry, List, ListClass, Map, MapClass, Scope, Str, View};

/// A value of the JVM. Cloning shares lists and maps, as Java's references do.
///
/// The tag fills a word of its own: were it a byte with small payloads right behind it, each move of a value would read bytes that were
/// written in other portions a moment ago, and the processor would have to wait for them. Rendering spent a third of its time on that.
#[derive(Clone, Debug, Default)]
#[repr(u64)]
pub enum Value {
    /// Java's `null`.
    #[default]
    Null,
    /// `java.lang.Boolean`
    Bool(bool),
    /// `java.lang.Integer`
    Int(i32),
    /// `java.lang.Long`
    Long(i64),
    /// `java.lang.Double`
    Double(f64),
    /// `java.lang.String`
    Str(Str),
    /// A `java.util.List`.
    List(Rc<List>),
    /// A `java.util.Map`.
    Map(Rc<Map>),
    /// Anything that templates meet less often.
    Other(Rc<Other>),
}

/// Values that templates meet less often.
#[derive(Debug)]
pub enum Other {
    /// `java.math.BigInteger`
    Big(BigInt),
    /// `java.math.BigDecimal`
    Decimal(Decimal),
    /// `java.lang.Float`
    Float(f32),
    /// `java.lang.Short`
    Short(i16),
    /// `java.lang.Byte`
    Byte(i8),
    /// `java.lang.Character`: one UTF-16 unit.
    Char(u16),
    /// An array.
    Array(Array),
    /// A map's keys, values or entries.
    View(View),
    /// One entry of a map.
    Entry(Entry),
    /// An iterator.
    Iterator(Cursor),
    /// `java.lang.Class`, by its name.
    Class(Rc<str>),
    /// A loop's `$foreach`.
    Scope(Scope),
    /// An object of the program that embeds the values.
    Host(Box<dyn Host>),
}

/// An object that isn't Java's own: `$input`, `$util`, the block of a `#define`.
pub trait Host: Any + fmt::Debug {
    /// The name of its Java class.
    fn class(&self) -> &'static str;
    /// For downcasting.
    fn as_any(&self) -> &dyn Any;
    /// What `toString()` gives.
    fn print(&self) -> Option<String>;
}

impl Value {
    /// A string.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::Str(Str::from(text))
    }

    /// A new list of the given class.
    #[must_use]
    pub fn list(class: ListClass, items: Vec<Self>) -> Self {
        Self::List(Rc::new(List::new(class, items)))
    }

    /// A new map of the given class, with `entries` in order.
    pub fn map(class: MapClass, entries: impl IntoIterator<Item = (Self, Self)>) -> Self {
        let map = Map::new(class);
        for (key, value) in entries {
            map.put(key, value);
        }
        Self::Map(Rc::new(map))
    }

    /// One of the less common values.
    #[must_use]
    pub fn other(other: Other) -> Self {
        Self::Other(Rc::new(other))
    }

    /// An `Integer`, of a length or an index; Java's have no greater ones.
    #[must_use]
    pub fn int(n: usize) -> Self {
        Self::Int(i32::try_from(n).unwrap_or(i32::MAX))
    }

    /// A `BigInteger`.
    #[must_use]
    pub fn big(n: BigInt) -> Self {
        Self::other(Other::Big(n))
    }

    /// Whether this is Java's null.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The text of a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// Whether this is a number of any class.
    #[must_use]
    pub fn is_number(&self) -> bool {
        match self {
            Self::Int(_) | Self::Long(_) | Self::Double(_) => true,
            Self::Other(other) => matches!(
                **other,
                Other::Big(_)
                    | Other::Decimal(_)
                    | Other::Float(_)
                    | Other::Short(_)
                    | Other::Byte(_)
            ),
            _ => false,
        }
    }

    /// The name of its Java class; empty for null.
    #[must_use]
    pub fn class_name(&self) -> &str {
        match self {
            Self::Null => "",
            Self::Bool(_) => "java.lang.Boolean",
            Self::Int(_) => "java.lang.Integer",
            Self::Long(_) => "java.lang.Long",
            Self::Double(_) => "java.lang.Double",
            Self::Str(_) => "java.lang.String",
            Self::List(list) => list.class.name(),
            Self::Map(map) => map.class.name(),
            Self::Other(other) => match &**other {
                Other::Big(_) => "java.math.BigInteger",
                Other::Decimal(_) => "java.math.BigDecimal",
                Other::Float(_) => "java.lang.Float",
                Other::Short(_) => "java.lang.Short",
                Other::Byte(_) => "java.lang.Byte",
                Other::Char(_) => "java.lang.Character",
                Other::Array(array) => array.class,
                Other::View(view) => view.class.name(),
                Other::Entry(_) => "java.util.LinkedHashMap$Entry",
                Other::Iterator(_) => "java.util.Iterator",
                Other::Class(_) => "java.lang.Class",
                Other::Scope(_) => "org.apache.velocity.runtime.directive.ForeachScope",
                Other::Host(host) => host.class(),
            },
        }
    }

    /// What comparing this value costs: a unit for each value that it may look at, itself and all that it holds, up to the bound of
    /// [`Self::equals`], and one for sixteen bytes of their texts.
    #[must_use]
    pub fn weight(&self) -> u64 {
        let mut left = FUEL;
        let mut bytes = 0;
        weigh(self, &mut left, &mut bytes, 0);
        u64::from(FUEL - left) + bytes / 16
    }

    /// Java's `equals()`: numbers of different classes differ, lists and maps are compared by content.
    ///
    /// Values that share parts of themselves many times over are compared up to a bound, beyond which they count as different.
    #[must_use]
    pub fn equals(&self, other: &Self) -> bool {
        let mut fuel = FUEL;
        equal(self, other, &mut fuel, 0)
    }
}

/// The most values that one comparison looks at.
const FUEL: u32 = 100_000;

/// Values deeper inside of others aren't compared.
const DEPTH: u32 = 200;

fn weigh(value: &Value, left: &mut u32, bytes: &mut u64, depth: u32) {
    if *left == 0 || depth > DEPTH {
        return;
    }
    *left -= 1;
    let mut all = |map: &Map| {
        for (key, value) in map.pairs().iter() {
            weigh(key, left, bytes, depth + 1);
            weigh(value, left, bytes, depth + 1);
        }
    };
    match value {
        Value::Str(text) => *bytes += text.len() as u64,
        Value::List(list) => {
            for item in list.items().iter() {
                weigh(item, left, bytes, depth + 1);
            }
        }
        Value::Map(map) => all(map),
        Value::Other(other) => match &**other {
            Other::View(view) => {
                all(&view.map);
                // Each element is looked for among all of the other view.
                let pairs = view.map.len().saturating_mul(view.map.len());
                *left = left.saturating_sub(u32::try_from(pairs).unwrap_or(FUEL));
            }
            Other::Entry(entry) => {
                weigh(&entry.key, left, bytes, depth + 1);
                weigh(&entry.value(), left, bytes, depth + 1);
            }
            _ => {}
        },
        _ => {}
    }
}

fn equal(a: &Value, b: &Value, fuel: &mut u32, depth: u32) -> bool {
    if *fuel == 0 || depth > DEPTH {
        return false;
    }
    *fuel -= 1;
    match (a, b) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Int(a), Value::Int(b)) => a == b,
        (Value::Long(a), Value::Long(b)) => a == b,
        // Double.equals compares bits: NaN equals itself, 0.0 differs from -0.0.
        (Value::Double(a), Value::Double(b)) => {
            a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
        }
        (Value::Str(a), Value::Str(b)) => a == b,
        (Value::List(a), Value::List(b)) => {
            if Rc::ptr_eq(a, b) {
                return true;
            }
            let (a, b) = (a.items(), b.items());
            a.len() == b.len()
                && a.iter()
                    .zip(b.iter())
                    .all(|(a, b)| equal(a, b, fuel, depth + 1))
        }
        (Value::Map(a), Value::Map(b)) => {
            if Rc::ptr_eq(a, b) {
                return true;
            }
            a.len() == b.len()
                && a.pairs().iter().all(|(key, value)| {
                    b.get(key)
                        .is_some_and(|other| equal(value, &other, fuel, depth + 1))
                })
        }
        (Value::Other(x), Value::Other(y)) => {
            Rc::ptr_eq(x, y)
                || match (&**x, &**y) {
                    (Other::Big(a), Other::Big(b)) => a == b,
                    (Other::Decimal(a), Other::Decimal(b)) => a == b,
                    (Other::Float(a), Other::Float(b)) => {
                        a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
                    }
                    (Other::Short(a), Other::Short(b)) => a == b,
                    (Other::Byte(a), Other::Byte(b)) => a == b,
                    (Other::Char(a), Other::Char(b)) => a == b,
                    (Other::Class(a), Other::Class(b)) => a == b,
                    (Other::Entry(a), Other::Entry(b)) => {
                        equal(&a.key, &b.key, fuel, depth + 1)
                            && equal(&a.value(), &b.value(), fuel, depth + 1)
                    }
                    // A Set's equality; a values() view has only identity.
                    (Other::View(a), Other::View(b)) => {
                        a.class.is_set() && b.class.is_set() && {
                            let (a, b) = (a.items(), b.items());
                            a.len() == b.len()
                                && a.iter()
                                    .all(|x| b.iter().any(|y| equal(x, y, fuel, depth + 1)))
                        }
                    }
                    _ => false,
                }
        }
        _ => false,
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Str(Str::from(text))
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}
