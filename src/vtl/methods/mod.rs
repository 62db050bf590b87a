//! Methods that templates call on values, chosen as Velocity chooses them: by name, number and classes of the arguments.
//!
//! A call that fits no method gives nothing, which prints as the empty string. A method that throws ends the template.

mod format;
#[allow(
    clippy::too_many_lines,
    clippy::similar_names,
    reason = "one table of methods"
)]
mod list;
#[allow(clippy::similar_names, reason = "one table of methods")]
mod map;
#[allow(clippy::unnecessary_wraps, reason = "arms of one table share a type")]
mod number;
#[allow(
    clippy::unnecessary_wraps,
    clippy::unused_self,
    reason = "arms of one table share a form"
)]
mod string;

use std::borrow::Cow;
use std::rc::Rc;

use crate::java::{Cursor, ListClass, Other, Value};

use super::bindings::{Binding, Tool};
use super::run::{Exit, Ran, Run};

/// Why a call has no result.
pub(super) enum Thrown {
    /// The method threw.
    Exception(Cow<'static, str>),
    /// Rendering ends for another reason: a limit.
    Exit(Exit),
}

impl Thrown {
    pub(super) fn new(message: &'static str) -> Self {
        Self::Exception(Cow::Borrowed(message))
    }
}

impl From<Exit> for Thrown {
    fn from(exit: Exit) -> Self {
        Self::Exit(exit)
    }
}

/// What a call gives: `None` when there is no such method, or when it gives null or nothing.
pub(super) type Called = Result<Option<Value>, Thrown>;

macro_rules! methods {
    ($($method:ident $name:literal)*) => {
        /// A method's name, looked up once when the template is parsed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Method {
            $(#[doc = $name] $method,)*
            /// No value has a method of this name.
            Unknown,
        }

        impl Method {
            pub(super) fn named(name: &str) -> Self {
                match name {
                    $($name => Self::$method,)*
                    _ => Self::Unknown,
                }
            }
        }
    };
}

methods! {
    Abs "abs" Add "add" AddAll "addAll" BitCount "bitCount" BitLength "bitLength" BooleanValue "booleanValue"
    ByteValue "byteValue" CharAt "charAt" CharValue "charValue" Clear "clear" Clone "clone" CodePointAt "codePointAt"
    CodePointBefore "codePointBefore" CodePointCount "codePointCount" Compare "compare" CompareTo "compareTo"
    CompareToIgnoreCase "compareToIgnoreCase" Concat "concat" Contains "contains" ContainsAll "containsAll"
    ContainsKey "containsKey" ContainsValue "containsValue" ContentEquals "contentEquals" CopyValueOf "copyValueOf"
    Divide "divide" DoubleValue "doubleValue" EndsWith "endsWith" EnsureCapacity "ensureCapacity" EntrySet "entrySet"
    Equals "equals" EqualsIgnoreCase "equalsIgnoreCase" FloatValue "floatValue" Format "format" Formatted "formatted"
    Get "get" GetBody "getBody" GetBytes "getBytes" GetClass "getClass" GetCount "getCount" GetFirst "getFirst"
    GetHasNext "getHasNext" GetIndex "getIndex" GetKey "getKey" GetLast "getLast" GetName "getName"
    GetOrDefault "getOrDefault" GetParent "getParent" GetReplaced "getReplaced" GetTopmost "getTopmost"
    GetValue "getValue" HasNext "hasNext" HashCode "hashCode" HighestOneBit "highestOneBit" Indent "indent"
    IndexOf "indexOf" IntValue "intValue" Intern "intern" IsBlank "isBlank" IsDigit "isDigit" IsEmpty "isEmpty"
    IsFinite "isFinite" IsFirst "isFirst" IsInfinite "isInfinite" IsLast "isLast" IsLetter "isLetter"
    IsLetterOrDigit "isLetterOrDigit" IsLowerCase "isLowerCase" IsNaN "isNaN" IsUpperCase "isUpperCase"
    IsWhitespace "isWhitespace" Iterator "iterator" Join "join" KeySet "keySet" LastIndexOf "lastIndexOf"
    Length "length" ListIterator "listIterator" LogicalAnd "logicalAnd" LogicalOr "logicalOr" LogicalXor "logicalXor"
    LongValue "longValue" LowestOneBit "lowestOneBit" Matches "matches" Max "max" Min "min" Mod "mod" Multiply "multiply"
    Negate "negate" Next "next" NumberOfLeadingZeros "numberOfLeadingZeros" NumberOfTrailingZeros "numberOfTrailingZeros"
    ParseBoolean "parseBoolean" ParseDouble "parseDouble" ParseFloat "parseFloat" ParseInt "parseInt"
    ParseLong "parseLong" Pow "pow" Put "put" PutAll "putAll" PutIfAbsent "putIfAbsent" RegionMatches "regionMatches"
    Remainder "remainder" Remove "remove" RemoveAll "removeAll" Repeat "repeat" Replace "replace"
    ReplaceAll "replaceAll" ReplaceFirst "replaceFirst" RetainAll "retainAll" Reverse "reverse" Set "set"
    SetValue "setValue" ShortValue "shortValue" Signum "signum" Size "size" Sort "sort" Split "split"
    StartsWith "startsWith" Strip "strip" StripIndent "stripIndent" StripLeading "stripLeading"
    StripTrailing "stripTrailing" SubList "subList" SubSequence "subSequence" Substring "substring" Subtract "subtract"
    Sum "sum" ToArray "toArray" ToBinaryString "toBinaryString" ToCharArray "toCharArray" ToHexString "toHexString"
    ToJsonString "toJSONString" ToLowerCase "toLowerCase" ToOctalString "toOctalString" ToPlainString "toPlainString"
    ToString "toString" ToUpperCase "toUpperCase" Trim "trim" TrimToSize "trimToSize" ValueOf "valueOf" Values "values"
}

/// An argument for a parameter of type `int`.
pub(super) fn int(value: &Value) -> Option<i32> {
    match value {
        Value::Int(n) => Some(*n),
        Value::Other(other) => match **other {
            Other::Short(n) => Some(n.into()),
            Other::Byte(n) => Some(n.into()),
            _ => None,
        },
        _ => None,
    }
}

/// An argument for a parameter of type `long`.
pub(super) fn long(value: &Value) -> Option<i64> {
    match value {
        Value::Long(n) => Some(*n),
        _ => int(value).map(i64::from),
    }
}

/// An argument for a parameter of type `double`.
pub(super) fn double(value: &Value) -> Option<f64> {
    match value {
        Value::Double(d) => Some(*d),
        Value::Other(other) => match **other {
            Other::Float(f) => Some(f.into()),
            _ => int(value).map(f64::from),
        },
        _ => long(value).map(|_| crate::java::number::double(value)),
    }
}

/// An argument for a parameter of type `char`.
pub(super) fn character(value: &Value) -> Option<u16> {
    match value {
        Value::Other(other) => match **other {
            Other::Char(unit) => Some(unit),
            _ => None,
        },
        _ => None,
    }
}

pub(super) const NULL: Thrown = Thrown::Exception(Cow::Borrowed("an argument is null"));

/// The elements of a `Collection`; `None` for anything else.
pub(super) fn collection(value: &Value) -> Option<Vec<Value>> {
    match value {
        Value::List(list) => Some(list.items().clone()),
        Value::Other(other) => match &**other {
            Other::View(view) => Some(view.items()),
            _ => None,
        },
        _ => None,
    }
}

impl Run<'_> {
    /// Calls a method.
    ///
    /// Velocity takes a method without parameters to fit any arguments when no other fits, and then fails to call it.
    pub(super) fn invoke(
        &mut self,
        value: &Value,
        method: Method,
        name: &str,
        arguments: &[Value],
    ) -> Called {
        self.compared(value, method, arguments)?;
        let called = self.invoke_fitting(value, method, name, arguments)?;
        if called.is_none() && !arguments.is_empty() && takes_nothing(value, method, name) {
            return Err(Thrown::new("this method takes no arguments"));
        }
        Ok(called)
    }

    /// Takes from the budget what a method costs that compares its argument, when that holds others, with each element.
    fn compared(&mut self, value: &Value, method: Method, arguments: &[Value]) -> Ran {
        use Method as M;
        let Some(argument @ (Value::List(_) | Value::Map(_) | Value::Other(_))) = arguments.first()
        else {
            return Ok(());
        };
        let compares = matches!(
            method,
            M::Contains | M::ContainsAll | M::ContainsKey | M::ContainsValue | M::Equals | M::Get
        ) || matches!(
            method,
            M::GetOrDefault | M::IndexOf | M::LastIndexOf | M::Put | M::PutIfAbsent | M::Remove
        ) || matches!(method, M::RemoveAll | M::Replace | M::RetainAll);
        if !compares {
            return Ok(());
        }
        let elements = match value {
            Value::List(list) => list.len(),
            Value::Map(map) => map.len(),
            Value::Other(other) => match &**other {
                Other::Array(array) => array.items.borrow().len(),
                Other::View(view) => view.map.len(),
                _ => 1,
            },
            _ => 1,
        };
        self.comparing(argument, elements)
    }

    /// Takes from the budget what it costs to compare a value, when it holds others, with each of so many.
    pub(super) fn comparing(&mut self, value: &Value, elements: usize) -> Ran {
        let weight = match value {
            Value::List(_) | Value::Map(_) => value.weight(),
            Value::Other(other) => match &**other {
                Other::View(view) => Value::Map(Rc::clone(&view.map)).weight(),
                _ => 1,
            },
            _ => return Ok(()),
        };
        self.work(u64::from(weight) * (elements as u64 + 1))
    }

    fn invoke_fitting(
        &mut self,
        value: &Value,
        method: Method,
        name: &str,
        arguments: &[Value],
    ) -> Called {
        match value {
            Value::Str(text) => return self.string_method(text, value, method, arguments),
            Value::Map(map) => {
                if let Some(result) = self.map_method(map, method, arguments)? {
                    return Ok(result);
                }
            }
            Value::List(list) => {
                if let Some(result) = self.list_method(list, value, method, arguments)? {
                    return Ok(result);
                }
            }
            Value::Null => return Ok(None),
            Value::Bool(_) | Value::Int(_) | Value::Long(_) | Value::Double(_) => {
                return self.number_method(value, method, arguments);
            }
            Value::Other(other) => match &**other {
                Other::Host(host) => {
                    if let Some(tool) = host.as_any().downcast_ref::<Tool>() {
                        let called = self.tool(tool.0, name, arguments)?;
                        if called.is_some() {
                            return Ok(called);
                        }
                    } else if let Some(result) = scope_method(value, method, arguments) {
                        return Ok(result);
                    }
                }
                Other::Array(array) => {
                    if let Some(result) = self.array_method(array, method, arguments)? {
                        return Ok(result);
                    }
                }
                Other::View(view) => {
                    if let Some(result) = self.view_method(view, method, arguments)? {
                        return Ok(result);
                    }
                }
                Other::Entry(entry) => match (method, arguments) {
                    (Method::GetKey, []) => return Ok(Some(entry.key.clone())),
                    (Method::GetValue, []) => return Ok(Some(entry.value())),
                    (Method::SetValue, [new]) => {
                        return Ok(entry.map.put(entry.key.clone(), new.clone()));
                    }
                    _ => {}
                },
                Other::Iterator(cursor) => match (method, arguments) {
                    (Method::HasNext, []) => return Ok(Some(Value::Bool(cursor.has_next()))),
                    (Method::Next, []) => {
                        return match cursor.next() {
                            Ok(value) => Ok(Some(value)),
                            Err(_) => Err(Thrown::new("the iterator has no more elements")),
                        };
                    }
                    _ => {}
                },
                Other::Class(class) => {
                    return match (method, arguments) {
                        (Method::GetName, []) => Ok(Some(Value::text(class))),
                        _ => self.static_method(class, method, arguments),
                    };
                }
                _ => return self.number_method(value, method, arguments),
            },
        }
        self.object_method(value, method, arguments)
    }

    /// What every object has.
    pub(super) fn object_method(
        &mut self,
        value: &Value,
        method: Method,
        arguments: &[Value],
    ) -> Called {
        match (method, arguments) {
            (Method::ToString, []) => Ok(self.text_of(value)?.map(Value::Str)),
            (Method::Equals, [other]) => {
                self.work(16)?;
                Ok(Some(Value::Bool(value.equals(other))))
            }
            (Method::HashCode, []) => {
                self.work(64)?;
                Ok(Some(Value::Int(hash(value, 0))))
            }
            (Method::GetClass, []) => {
                Ok(Some(Value::other(Other::Class(value.class_name().into()))))
            }
            _ => Ok(None),
        }
    }

    /// A property: a `getName()`, an entry of a map, or an `isName()`.
    pub(super) fn property(&mut self, value: &Value, name: &str, property: Property) -> Called {
        use Property as P;
        let getter = match (value, property) {
            (_, P::Class) if !is_class(value) => {
                return self.object_method(value, Method::GetClass, &[]);
            }
            (Value::Map(map), _) => return Ok(map.get_text(name)),
            (Value::Str(_), P::Bytes) => Method::GetBytes,
            (Value::Str(_), P::Blank) => Method::IsBlank,
            (Value::Str(_) | Value::List(_), P::Empty) => Method::IsEmpty,
            (Value::Double(_), P::NaN) => Method::IsNaN,
            (Value::Double(_), P::Infinite) => Method::IsInfinite,
            (Value::Other(other), _) => return self.other_property(value, other, name, property),
            _ => return Ok(None),
        };
        self.invoke(value, getter, name, &[])
    }

    fn other_property(
        &mut self,
        value: &Value,
        other: &Other,
        name: &str,
        property: Property,
    ) -> Called {
        use Property as P;
        match (other, property) {
            (Other::Class(class), P::Name) => Ok(Some(Value::text(class))),
            (Other::Entry(entry), P::Key) => Ok(Some(entry.key.clone())),
            (Other::Entry(entry), P::Value) => Ok(Some(entry.value())),
            (Other::View(_), P::Empty) => self.invoke(value, Method::IsEmpty, name, &[]),
            (Other::Float(_), P::NaN) => self.invoke(value, Method::IsNaN, name, &[]),
            (Other::Host(host), _) => {
                if let Some(tool) = host.as_any().downcast_ref::<Tool>() {
                    let body = property == P::Body && tool.0 == Binding::Input;
                    return Ok(body.then(|| self.body()));
                }
                let Some(scope) = Self::as_scope(value) else {
                    return Ok(None);
                };
                match property.of_scope() {
                    Some(getter) => Ok(scope_method(value, getter, &[]).flatten()),
                    None => Ok(Some(scope.kept(&Value::text(name)))),
                }
            }
            _ => Ok(None),
        }
    }
}

fn is_class(value: &Value) -> bool {
    matches!(value, Value::Other(other) if matches!(**other, Other::Class(_)))
}

/// A property that some class has, looked up once when the template is parsed. Its first letter may be of either case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Property {
    Class,
    Bytes,
    Empty,
    Blank,
    NaN,
    Infinite,
    Key,
    Value,
    Name,
    Body,
    Index,
    Count,
    HasNext,
    First,
    Last,
    Parent,
    Topmost,
    Replaced,
    /// Only a map can have it.
    Other,
}

impl Property {
    pub(super) fn named(name: &str) -> Self {
        let Some((first, rest)) = name.split_at_checked(1) else {
            return Self::Other;
        };
        match (first, rest) {
            ("c" | "C", "lass") => Self::Class,
            ("b" | "B", "ytes") => Self::Bytes,
            ("e" | "E", "mpty") => Self::Empty,
            ("b" | "B", "lank") => Self::Blank,
            ("n" | "N", "aN") => Self::NaN,
            ("i" | "I", "nfinite") => Self::Infinite,
            ("k" | "K", "ey") => Self::Key,
            ("v" | "V", "alue") => Self::Value,
            ("n" | "N", "ame") => Self::Name,
            ("b" | "B", "ody") => Self::Body,
            ("i" | "I", "ndex") => Self::Index,
            ("c" | "C", "ount") => Self::Count,
            ("h" | "H", "asNext") => Self::HasNext,
            ("f" | "F", "irst") => Self::First,
            ("l" | "L", "ast") => Self::Last,
            ("p" | "P", "arent") => Self::Parent,
            ("t" | "T", "opmost") => Self::Topmost,
            ("r" | "R", "eplaced") => Self::Replaced,
            _ => Self::Other,
        }
    }

    /// The getter of a loop's `$foreach`.
    fn of_scope(self) -> Option<Method> {
        Some(match self {
            Self::Index => Method::GetIndex,
            Self::Count => Method::GetCount,
            Self::HasNext => Method::GetHasNext,
            Self::First => Method::GetFirst,
            Self::Last => Method::GetLast,
            Self::Parent => Method::GetParent,
            Self::Topmost => Method::GetTopmost,
            Self::Replaced => Method::GetReplaced,
            _ => return None,
        })
    }
}

#[allow(
    clippy::option_option,
    reason = "whether there is such a method, and what it gives"
)]
fn scope_method(value: &Value, method: Method, arguments: &[Value]) -> Option<Option<Value>> {
    let scope = Run::as_scope(value)?;
    Some(match (method, arguments) {
        (Method::GetIndex, []) => Some(Value::Int(scope.index.get())),
        (Method::GetCount, []) => Some(Value::Int(scope.index.get() + 1)),
        (Method::HasNext | Method::GetHasNext, []) => Some(Value::Bool(scope.has_next.get())),
        (Method::IsFirst | Method::GetFirst, []) => Some(Value::Bool(scope.index.get() < 1)),
        (Method::IsLast | Method::GetLast, []) => Some(Value::Bool(!scope.has_next.get())),
        (Method::GetParent, []) => Some(scope.parent.clone()),
        (Method::GetTopmost, []) => {
            let mut top = value.clone();
            while let Some(next) = Run::as_scope(&top)
                .map(|s| s.parent.clone())
                .filter(|parent| !parent.is_null())
            {
                top = next;
            }
            Some(top)
        }
        (Method::GetReplaced, []) => {
            let mut next = scope;
            while let Some(parent) = Run::as_scope(&next.parent).filter(|_| next.replaced.is_null())
            {
                next = parent;
            }
            Some(next.replaced.clone())
        }
        (Method::Get, [key]) => Some(scope.kept(key)),
        (Method::Put, [key, value]) => scope.map().put(key.clone(), value.clone()),
        (Method::Size, []) => Some(Value::int(scope.map().len())),
        (Method::IsEmpty, []) => Some(Value::Bool(scope.map().is_empty())),
        (Method::ContainsKey, [key]) => Some(Value::Bool(scope.map().contains(key))),
        _ => return None,
    })
}

/// `hashCode()` of the classes for which it is the same in every run.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    reason = "hash codes wrap"
)]
fn hash(value: &Value, depth: u32) -> i32 {
    if depth > 100 {
        return 0;
    }
    let long = |n: i64| (n ^ (n as u64 >> 32) as i64) as i32;
    match value {
        Value::Null => 0,
        Value::Bool(b) => {
            if *b {
                1231
            } else {
                1237
            }
        }
        Value::Int(n) => *n,
        Value::Long(n) => long(*n),
        Value::Double(d) => long(d.to_bits() as i64),
        Value::Str(text) => crate::java::text::units(text).fold(0_i32, |h, unit| {
            h.wrapping_mul(31).wrapping_add(unit.into())
        }),
        Value::List(list) => list.items().iter().fold(1_i32, |h, item| {
            h.wrapping_mul(31).wrapping_add(hash(item, depth + 1))
        }),
        Value::Map(map) => map.pairs().iter().fold(0_i32, |h, (key, value)| {
            h.wrapping_add(hash(key, depth + 1) ^ hash(value, depth + 1))
        }),
        Value::Other(other) => match &**other {
            Other::Char(unit) => (*unit).into(),
            Other::Short(n) => (*n).into(),
            Other::Byte(n) => (*n).into(),
            Other::Float(f) => f.to_bits() as i32,
            Other::Entry(entry) => hash(&entry.key, depth + 1) ^ hash(&entry.value(), depth + 1),
            Other::View(view) => view
                .items()
                .iter()
                .fold(0_i32, |h, item| h.wrapping_add(hash(item, depth + 1))),
            _ => 0,
        },
    }
}

/// An iterator as a value.
fn iterator(cursor: Cursor) -> Value {
    Value::other(Other::Iterator(cursor))
}

/// Whether the class of a value has a method of this name without parameters.
fn takes_nothing(value: &Value, method: Method, name: &str) -> bool {
    use Method as M;
    if matches!(method, M::ToString | M::HashCode | M::GetClass) {
        return !value.is_null();
    }
    let collection = matches!(method, M::Size | M::IsEmpty | M::Clear | M::Iterator);
    let number = matches!(
        method,
        M::IntValue | M::LongValue | M::DoubleValue | M::FloatValue | M::ShortValue | M::ByteValue
    );
    let signed = matches!(method, M::Negate | M::Abs | M::Signum);
    let float = matches!(method, M::IsNaN | M::IsInfinite);
    match value {
        Value::Null => false,
        Value::Bool(_) => method == M::BooleanValue,
        Value::Int(_) | Value::Long(_) => number,
        Value::Double(_) => number || float,
        Value::Str(_) => matches!(
            method,
            M::Length
                | M::IsEmpty
                | M::IsBlank
                | M::ToUpperCase
                | M::ToLowerCase
                | M::Trim
                | M::Strip
                | M::StripLeading
                | M::StripTrailing
                | M::StripIndent
                | M::Intern
                | M::GetBytes
                | M::ToCharArray
        ),
        Value::List(list) => {
            collection
                || matches!(method, M::ListIterator | M::Clone | M::TrimToSize)
                || method == M::ToJsonString && list.class == ListClass::Json
        }
        Value::Map(_) => matches!(
            method,
            M::Size | M::IsEmpty | M::Clear | M::Clone | M::KeySet | M::Values | M::EntrySet
        ),
        Value::Other(other) => match &**other {
            Other::Array(_) => collection || method == M::ListIterator,
            Other::View(_) => collection,
            Other::Entry(_) => matches!(method, M::GetKey | M::GetValue),
            Other::Iterator(_) => matches!(method, M::HasNext | M::Next | M::Remove),
            Other::Char(_) => method == M::CharValue,
            Other::Class(_) => method == M::GetName,
            Other::Host(host) if host.as_any().is::<Tool>() => {
                host.class() == "Oracle$Input" && matches!(name, "params" | "getBody")
            }
            Other::Host(_) => scope_method(value, method, &[]).is_some(),
            Other::Big(_) => number || signed || matches!(method, M::BitLength | M::BitCount),
            Other::Decimal(_) => number || signed || method == M::ToPlainString,
            Other::Float(_) => number || float,
            Other::Short(_) | Other::Byte(_) => number,
        },
    }
}
