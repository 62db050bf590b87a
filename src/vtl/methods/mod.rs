//! Methods that templates call on values, chosen as Velocity chooses them: by name, number and classes of the arguments.
//!
//! A call that fits no method gives nothing, which prints as the empty string. A method that throws ends the template.

mod big;
mod bits;
mod float;
mod format;
#[allow(
    clippy::too_many_lines,
    clippy::similar_names,
    reason = "one table of methods"
)]
mod list;
#[allow(clippy::similar_names, reason = "one table of methods")]
mod map;
mod names;
#[allow(clippy::unnecessary_wraps, reason = "arms of one table share a type")]
mod number;
#[allow(
    clippy::unnecessary_wraps,
    clippy::unused_self,
    clippy::too_many_lines,
    reason = "arms of one table share a form"
)]
mod string;

use std::borrow::Cow;

use crate::java::{Cursor, ListClass, Other, Scope, Value};

pub(super) use names::{Method, Property};

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

/// Bytes from which on comparing texts is counted.
const LONG: usize = 256;

pub(super) const NULL: Thrown = Thrown::Exception(Cow::Borrowed("an argument is null"));

/// The elements of a `Collection`; `None` for anything else.
pub(super) fn collection(value: &Value) -> Option<Vec<Value>> {
    match value {
        Value::List(list) => Some(list.items().to_vec()),
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
    pub(super) fn invoke(&mut self, value: &Value, method: Method, arguments: &[Value]) -> Called {
        self.compared(value, method, arguments)?;
        self.tied(value, method, arguments);
        let called = self.invoke_fitting(value, method, arguments)?;
        if called.is_none() && !arguments.is_empty() && takes_nothing(value, method) {
            return Err(Thrown::new("this method takes no arguments"));
        }
        Ok(called)
    }

    /// Remembers a collection that a method makes refer to another.
    fn tied(&mut self, value: &Value, method: Method, arguments: &[Value]) {
        use Method as M;
        let ties = matches!(
            method,
            M::Add | M::AddAll | M::Set | M::SetValue | M::Put | M::PutAll | M::PutIfAbsent
        ) || method == M::Replace;
        let holds =
            |value: &Value| matches!(value, Value::List(_) | Value::Map(_) | Value::Other(_));
        if ties && arguments.iter().any(holds) {
            self.tie(value);
        }
    }

    /// Takes from the budget what a method costs that compares its argument, when that holds others, with each element.
    fn compared(&mut self, value: &Value, method: Method, arguments: &[Value]) -> Ran {
        use Method as M;
        let Some(argument) = arguments.first() else {
            return Ok(());
        };
        match argument {
            Value::Str(text) if text.len() >= LONG => {}
            Value::List(_) | Value::Map(_) | Value::Other(_) => {}
            _ => return self.compared_second(method, arguments),
        }
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
        if let Value::Str(text) = argument {
            // Only texts of the same length are compared. Large maps look up, they don't compare.
            let same = |item: &Value| matches!(item, Value::Str(item) if item.len() == text.len());
            let alike = match value {
                Value::List(list) => list.items().iter().filter(|item| same(item)).count(),
                Value::Map(_) if method != Method::ContainsValue => elements.min(32),
                _ => elements,
            };
            self.comparing(argument, alike)?;
        } else {
            self.comparing(argument, elements)?;
        }
        self.compared_second(method, arguments)
    }

    /// Takes from the budget what it costs to compare a second argument with what is there.
    fn compared_second(&mut self, method: Method, arguments: &[Value]) -> Ran {
        match (method, arguments) {
            (Method::Remove, [_, value]) | (Method::Replace, [_, value, _]) => {
                self.comparing(value, 1)
            }
            _ => Ok(()),
        }
    }

    /// Takes from the budget what it costs to compare a value, when it holds others or is long, with each of so many.
    pub(super) fn comparing(&mut self, value: &Value, elements: usize) -> Ran {
        let weight = match value {
            Value::List(_) | Value::Map(_) | Value::Other(_) => value.weight(),
            Value::Str(text) if text.len() >= LONG => text.len() as u64 / 16,
            _ => return Ok(()),
        };
        self.work(weight.saturating_mul(elements as u64 + 1))
    }

    fn invoke_fitting(&mut self, value: &Value, method: Method, arguments: &[Value]) -> Called {
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
                        let called = self.tool(tool.0, method, arguments)?;
                        if called.is_some() {
                            return Ok(called);
                        }
                    }
                }
                Other::Scope(scope) => {
                    if let Some(result) = scope_method(scope, value, method, arguments) {
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
                let mut left = self.steps_left();
                let hash = hash(value, 0, &mut left);
                self.work(self.steps_left() - left + 16)?;
                Ok(Some(Value::Int(hash)))
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
        self.invoke(value, getter, &[])
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
            (Other::View(_), P::Empty) => self.invoke(value, Method::IsEmpty, &[]),
            (Other::Float(_), P::NaN) => self.invoke(value, Method::IsNaN, &[]),
            (Other::Host(host), _) => {
                let tool = host.as_any().downcast_ref::<Tool>();
                let body = property == P::Body && tool.is_some_and(|tool| tool.0 == Binding::Input);
                Ok(body.then(|| self.body()))
            }
            (Other::Scope(scope), _) => match property.of_scope() {
                Some(getter) => Ok(scope_method(scope, value, getter, &[]).flatten()),
                None => Ok(Some(scope.kept(&Value::text(name)))),
            },
            _ => Ok(None),
        }
    }
}

fn is_class(value: &Value) -> bool {
    matches!(value, Value::Other(other) if matches!(**other, Other::Class(_)))
}

#[allow(
    clippy::option_option,
    reason = "whether there is such a method, and what it gives"
)]
fn scope_method(
    scope: &Scope,
    value: &Value,
    method: Method,
    arguments: &[Value],
) -> Option<Option<Value>> {
    Some(match (method, arguments) {
        (Method::GetIndex, []) => Some(Value::Int(scope.index.get())),
        (Method::GetCount, []) => Some(Value::Int(scope.index.get() + 1)),
        (Method::HasNext | Method::GetHasNext, []) => Some(Value::Bool(scope.has_next.get())),
        (Method::IsFirst | Method::GetFirst, []) => Some(Value::Bool(scope.index.get() < 1)),
        (Method::IsLast | Method::GetLast, []) => Some(Value::Bool(!scope.has_next.get())),
        (Method::GetParent, []) => Some(scope.parent.clone()),
        (Method::GetTopmost, []) => {
            let mut top = value.clone();
            while let Some(next) = top
                .as_scope()
                .map(|s| s.parent.clone())
                .filter(|parent| !parent.is_null())
            {
                top = next;
            }
            Some(top)
        }
        (Method::GetReplaced, []) => {
            let mut next = scope;
            while let Some(parent) = next.parent.as_scope().filter(|_| next.replaced.is_null()) {
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

/// `hashCode()` of the classes for which it is the same in every run. Takes what it costs from `left`; the code is wrong once nothing is.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    reason = "hash codes wrap"
)]
fn hash(value: &Value, depth: u32, left: &mut u64) -> i32 {
    let cost = match value {
        Value::Str(text) => 1 + text.len() as u64 / 16,
        Value::Other(other) => match &**other {
            Other::View(view) => 1 + view.map.len() as u64,
            // The value is looked for in the map.
            Other::Entry(entry) => 8 + entry.key.weight() * entry.map.len().min(32) as u64,
            _ => 1,
        },
        _ => 1,
    };
    *left = left.saturating_sub(cost);
    if depth > 100 || *left == 0 {
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
            h.wrapping_mul(31).wrapping_add(hash(item, depth + 1, left))
        }),
        Value::Map(map) => map.pairs().iter().fold(0_i32, |h, (key, value)| {
            h.wrapping_add(hash(key, depth + 1, left) ^ hash(value, depth + 1, left))
        }),
        Value::Other(other) => match &**other {
            Other::Char(unit) => (*unit).into(),
            Other::Short(n) => (*n).into(),
            Other::Byte(n) => (*n).into(),
            Other::Float(f) => f.to_bits() as i32,
            Other::Entry(entry) => {
                hash(&entry.key, depth + 1, left) ^ hash(&entry.value(), depth + 1, left)
            }
            Other::Big(n) => big::big_hash(n),
            Other::View(view) => view
                .items()
                .iter()
                .fold(0_i32, |h, item| h.wrapping_add(hash(item, depth + 1, left))),
            _ => 0,
        },
    }
}

/// An iterator as a value.
fn iterator(cursor: Cursor) -> Value {
    Value::other(Other::Iterator(cursor))
}

/// Whether the class of a value has a method of this name without parameters.
fn takes_nothing(value: &Value, method: Method) -> bool {
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
            Other::Host(host) => {
                host.as_any()
                    .downcast_ref::<Tool>()
                    .is_some_and(|tool| tool.0 == Binding::Input)
                    && matches!(method, M::Params | M::GetBody)
            }
            Other::Scope(scope) => scope_method(scope, value, method, &[]).is_some(),
            Other::Big(_) => {
                let bits = matches!(
                    method,
                    M::BitLength | M::BitCount | M::Sqrt | M::Not | M::GetLowestSetBit
                );
                let exact = matches!(
                    method,
                    M::LongValueExact | M::IntValueExact | M::ShortValueExact | M::ByteValueExact
                );
                number || signed || bits || exact
            }
            Other::Decimal(_) => number || signed || method == M::ToPlainString,
            Other::Float(_) => number || float,
            Other::Short(_) | Other::Byte(_) => number,
        },
    }
}
