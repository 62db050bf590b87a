//! Methods of numbers, booleans and characters, and the static ones that Velocity lets instances call.

use num_bigint::{BigInt, Sign};

use crate::java::number::{self, Operator};
use crate::java::{Decimal, Other, Str, Value};

use super::super::run::Run;
use super::bits::bits_static;
use super::float::{double_bits, extreme, float_static, parse_double};
use super::{Called, Method, NULL, Thrown, character, double, int, long};

fn some(value: impl Into<Value>) -> Called {
    Ok(Some(value.into()))
}

fn order(order: std::cmp::Ordering) -> Called {
    Ok(Some(Value::Int(match order {
        std::cmp::Ordering::Less => -1,
        std::cmp::Ordering::Equal => 0,
        std::cmp::Ordering::Greater => 1,
    })))
}

pub(super) fn not_a_number(text: &str) -> Thrown {
    Thrown::Exception(format!("`{text}` isn't such a number").into())
}

/// `compareTo(Object)` is what a value of another class finds; it casts.
pub(super) fn not_comparable(other: &Value) -> Thrown {
    if other.is_null() {
        NULL
    } else {
        Thrown::Exception(format!("a {} can't be compared with it", other.class_name()).into())
    }
}

/// `Long.parseLong` and the like: digits with a sign, nothing else.
fn parse(text: &Value, radix: i32) -> Result<Option<i64>, Thrown> {
    let text = match text {
        Value::Str(text) => text,
        Value::Null => return Err(NULL),
        _ => return Ok(None),
    };
    let radix = u32::try_from(radix)
        .ok()
        .filter(|radix| (2..=36).contains(radix));
    match radix.and_then(|radix| i64::from_str_radix(text, radix).ok()) {
        Some(n) => Ok(Some(n)),
        None => Err(not_a_number(text)),
    }
}

/// Digits in any radix, two's complement not applied.
fn in_radix(n: i64, radix: i32) -> String {
    let radix = u32::try_from(radix)
        .ok()
        .filter(|r| (2..=36).contains(r))
        .unwrap_or(10);
    BigInt::from(n).to_str_radix(radix)
}

impl Run<'_> {
    pub(super) fn number_method(
        &mut self,
        value: &Value,
        method: Method,
        arguments: &[Value],
    ) -> Called {
        if value.is_number() && arguments.is_empty() {
            let converted = match method {
                Method::IntValue => Value::Int(number::int(value)),
                Method::LongValue => Value::Long(number::long(value)),
                Method::DoubleValue => Value::Double(number::double(value)),
                Method::FloatValue => Value::other(Other::Float(number::float(value))),
                #[allow(clippy::cast_possible_truncation, reason = "Java truncates")]
                Method::ShortValue => Value::other(Other::Short(number::int(value) as i16)),
                #[allow(clippy::cast_possible_truncation, reason = "Java truncates")]
                Method::ByteValue => Value::other(Other::Byte(number::int(value) as i8)),
                _ => Value::Null,
            };
            if !converted.is_null() {
                return Ok(Some(converted));
            }
        }
        let called = match value {
            Value::Int(n) => match (method, arguments) {
                (Method::CompareTo, [Value::Int(other)]) => order(n.cmp(other)),
                (Method::CompareTo, [other]) => Err(not_comparable(other)),
                _ => self.static_method("java.lang.Integer", method, arguments),
            },
            Value::Long(n) => match (method, arguments) {
                (Method::CompareTo, [Value::Long(other)]) => order(n.cmp(other)),
                (Method::CompareTo, [other]) => Err(not_comparable(other)),
                _ => self.static_method("java.lang.Long", method, arguments),
            },
            Value::Double(d) => match (method, arguments) {
                (Method::CompareTo, [Value::Double(other)]) => order(compare_doubles(*d, *other)),
                (Method::CompareTo, [other]) => Err(not_comparable(other)),
                (Method::IsNaN, []) => some(d.is_nan()),
                (Method::IsInfinite, []) => some(d.is_infinite()),
                _ => self.static_method("java.lang.Double", method, arguments),
            },
            Value::Bool(b) => match (method, arguments) {
                (Method::BooleanValue, []) => some(*b),
                (Method::CompareTo, [Value::Bool(other)]) => order(b.cmp(other)),
                (Method::CompareTo, [other]) => Err(not_comparable(other)),
                _ => self.static_method("java.lang.Boolean", method, arguments),
            },
            Value::Other(other) => match &**other {
                Other::Big(n) => self.big_method(n, value, method, arguments),
                Other::Decimal(d) => self.decimal_method(d, value, method, arguments),
                Other::Char(unit) => match (method, arguments) {
                    (Method::CharValue, []) => Ok(Some(value.clone())),
                    (Method::CompareTo, [other]) => match character(other) {
                        Some(other) => some(Value::Int(i32::from(*unit) - i32::from(other))),
                        None => Err(not_comparable(other)),
                    },
                    _ => self.static_method("java.lang.Character", method, arguments),
                },
                Other::Float(f) => match (method, arguments) {
                    (Method::IsNaN, []) => some(f.is_nan()),
                    (Method::IsInfinite, []) => some(f.is_infinite()),
                    (Method::CompareTo, [other]) if other.class_name() == value.class_name() => {
                        order(compare_doubles(f64::from(*f), number::double(other)))
                    }
                    (Method::CompareTo, [other]) => Err(not_comparable(other)),
                    _ => self.static_method("java.lang.Float", method, arguments),
                },
                Other::Short(_) | Other::Byte(_) => match (method, arguments) {
                    (Method::CompareTo, [other]) if other.class_name() == value.class_name() => {
                        some(Value::Int(number::int(value) - number::int(other)))
                    }
                    (Method::CompareTo, [other]) => Err(not_comparable(other)),
                    _ => Ok(None),
                },
                _ => Ok(None),
            },
            _ => Ok(None),
        }?;
        match called {
            Some(value) => Ok(Some(value)),
            None => self.object_method(value, method, arguments),
        }
    }

    /// A static method of a class, called on an instance or on the class.
    pub(super) fn static_method(
        &mut self,
        class: &str,
        method: Method,
        arguments: &[Value],
    ) -> Called {
        match class {
            "java.lang.Integer" => integer_static(method, arguments, true),
            "java.lang.Long" => integer_static(method, arguments, false),
            "java.lang.Double" => double_static(method, arguments),
            "java.lang.Float" => float_static(method, arguments),
            "java.lang.Boolean" => boolean_static(method, arguments),
            "java.lang.Character" => character_static(method, arguments),
            "java.lang.String"
                if matches!(
                    method,
                    Method::ValueOf | Method::Format | Method::Join | Method::CopyValueOf
                ) =>
            {
                let empty = Str::default();
                self.string_method(&empty, &Value::Null, method, arguments)
            }
            _ => Ok(None),
        }
    }

    fn big_method(
        &mut self,
        n: &BigInt,
        value: &Value,
        method: Method,
        arguments: &[Value],
    ) -> Called {
        let operator = match method {
            Method::Add => Operator::Add,
            Method::Subtract => Operator::Subtract,
            Method::Multiply => Operator::Multiply,
            Method::Divide => Operator::Divide,
            Method::Mod => Operator::Modulo,
            _ => {
                return match (method, arguments) {
                    (Method::Negate, []) => some(Value::big(-n)),
                    (Method::Abs, []) => some(Value::big(n.magnitude().clone().into())),
                    (Method::Signum, []) => some(Value::Int(match n.sign() {
                        Sign::Minus => -1,
                        Sign::NoSign => 0,
                        Sign::Plus => 1,
                    })),
                    (Method::BitLength, []) => {
                        some(Value::Int(i32::try_from(n.bits()).unwrap_or(i32::MAX)))
                    }
                    (Method::CompareTo, [other]) if other.class_name() == value.class_name() => {
                        order(n.cmp(&number::big(other)))
                    }
                    (Method::CompareTo, [other]) => Err(not_comparable(other)),
                    (Method::Remainder, [other]) if other.class_name() == value.class_name() => {
                        if number::is_zero(other) {
                            return Err(Thrown::new("division by zero"));
                        }
                        some(Value::big(n % number::big(other)))
                    }
                    (Method::Max | Method::Min, [other])
                        if other.class_name() == value.class_name() =>
                    {
                        let other = number::big(other);
                        let greater = n >= &other;
                        let own = greater == (method == Method::Max);
                        some(Value::big(if own { n.clone() } else { other }))
                    }
                    (Method::Pow, [exponent]) => {
                        let Some(exponent) = int(exponent) else {
                            return Ok(None);
                        };
                        let Ok(power) = u32::try_from(exponent) else {
                            return Err(Thrown::new("the exponent is negative"));
                        };
                        if n.bits().saturating_mul(power.into()) > 1 << 17 {
                            return Err(Thrown::new("the number is too long"));
                        }
                        self.allot(1 << 14)?;
                        some(Value::big(n.pow(power)))
                    }
                    (Method::ToString, [radix]) => match int(radix) {
                        Some(radix) => {
                            let radix = u32::try_from(radix).ok().filter(|r| (2..=36).contains(r));
                            some(n.to_str_radix(radix.unwrap_or(10)))
                        }
                        None => Ok(None),
                    },
                    (Method::ValueOf, [n]) => match long(n) {
                        Some(n) => some(Value::big(n.into())),
                        None => Ok(None),
                    },
                    _ => self.big_bits(n, method, arguments),
                };
            }
        };
        let [other] = arguments else { return Ok(None) };
        if other.is_null() {
            return Err(NULL);
        }
        if other.class_name() != value.class_name() {
            return Ok(None);
        }
        if matches!(operator, Operator::Divide | Operator::Modulo) && number::is_zero(other) {
            return Err(Thrown::new("division by zero"));
        }
        self.allot(1 << 14)?;
        match number::compute(operator, value, other) {
            Ok(value) => Ok(Some(value)),
            Err(number::Failed(message)) => Err(Thrown::new(message)),
        }
    }

    fn decimal_method(
        &mut self,
        d: &Decimal,
        value: &Value,
        method: Method,
        arguments: &[Value],
    ) -> Called {
        let operator = match (method, arguments) {
            (Method::ToPlainString, []) => return some(d.plain()),
            (Method::CompareTo, [other]) if other.class_name() == value.class_name() => {
                return match number::compare(value, other) {
                    Ok(found) => order(found),
                    Err(number::Failed(message)) => Err(Thrown::new(message)),
                };
            }
            (Method::CompareTo, [other]) => return Err(not_comparable(other)),
            (Method::Add, [_]) => Operator::Add,
            (Method::Subtract, [_]) => Operator::Subtract,
            (Method::Multiply, [_]) => Operator::Multiply,
            _ => return Ok(None),
        };
        if arguments[0].class_name() != value.class_name() {
            return Ok(None);
        }
        self.allot(1 << 12)?;
        match number::compute(operator, value, &arguments[0]) {
            Ok(value) => Ok(Some(value)),
            Err(number::Failed(message)) => Err(Thrown::new(message)),
        }
    }
}

pub(super) fn compare_doubles(a: f64, b: f64) -> std::cmp::Ordering {
    a.partial_cmp(&b)
        .filter(|order| order.is_ne() || a.to_bits() == b.to_bits())
        .unwrap_or_else(|| {
            // Double.compare puts -0.0 before 0.0 and NaN last.
            let canonical = |d: f64| if d.is_nan() { f64::NAN.abs() } else { d };
            canonical(a).total_cmp(&canonical(b))
        })
}

/// A whole number in the class of the method: `Integer` or `Long`.
pub(super) fn in_class(n: i64, small: bool) -> Value {
    if small {
        #[allow(clippy::cast_possible_truncation, reason = "Java wraps")]
        Value::Int(n as i32)
    } else {
        Value::Long(n)
    }
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    reason = "bits are meant"
)]
fn integer_static(method: Method, arguments: &[Value], small: bool) -> Called {
    let read = |value: &Value| {
        if small {
            int(value).map(i64::from)
        } else {
            long(value)
        }
    };
    let fits = |n: i64| !small || i32::try_from(n).is_ok();
    let parsed = |text: &Value, radix: i32| match parse(text, radix)? {
        Some(n) if fits(n) => Ok(Some(in_class(n, small))),
        Some(n) => Err(not_a_number(&n.to_string())),
        None => Ok(None),
    };
    let own = if small {
        Method::ParseInt
    } else {
        Method::ParseLong
    };
    match (method, arguments) {
        (Method::ValueOf, [n]) if read(n).is_some() => Ok(read(n).map(|n| in_class(n, small))),
        (Method::ValueOf, [text]) => parsed(text, 10),
        (parse, [text]) if parse == own => parsed(text, 10),
        (Method::ValueOf, [text, radix]) => match int(radix) {
            Some(radix) => parsed(text, radix),
            None => Ok(None),
        },
        (parse, [text, radix]) if parse == own => match int(radix) {
            Some(radix) => parsed(text, radix),
            None => Ok(None),
        },
        (Method::ToString, [n]) => Ok(read(n).map(|n| n.to_string().into())),
        (Method::ToString, [n, radix]) => Ok(read(n)
            .zip(int(radix))
            .map(|(n, radix)| in_radix(n, radix).into())),
        (Method::Max, [a, b]) => Ok(read(a).zip(read(b)).map(|(a, b)| in_class(a.max(b), small))),
        (Method::Min, [a, b]) => Ok(read(a).zip(read(b)).map(|(a, b)| in_class(a.min(b), small))),
        (Method::Sum, [a, b]) => Ok(read(a)
            .zip(read(b))
            .map(|(a, b)| in_class(a.wrapping_add(b), small))),
        (Method::Compare, [a, b]) => match read(a).zip(read(b)) {
            Some((a, b)) => order(a.cmp(&b)),
            None => Ok(None),
        },
        (Method::HashCode, [n]) => Ok(read(n).map(|n| {
            Value::Int(if small {
                n as i32
            } else {
                (n ^ (n as u64 >> 32) as i64) as i32
            })
        })),
        (_, [n]) => {
            let Some(n) = read(n) else {
                return bits_static(method, arguments, small);
            };
            let bits = if small { u64::from(n as u32) } else { n as u64 };
            let width = if small { 32 } else { 64 };
            let count = |n: u32| Some(Value::Int(n as i32));
            Ok(match method {
                Method::ToHexString => Some(format!("{bits:x}").into()),
                Method::ToOctalString => Some(format!("{bits:o}").into()),
                Method::ToBinaryString => Some(format!("{bits:b}").into()),
                Method::Signum => Some(Value::Int(n.signum() as i32)),
                Method::BitCount => count(bits.count_ones()),
                Method::NumberOfLeadingZeros => count(bits.leading_zeros() - (64 - width)),
                Method::NumberOfTrailingZeros => count(bits.trailing_zeros().min(width)),
                Method::Reverse => Some(in_class(
                    (bits.reverse_bits() >> (64 - width)) as i64,
                    small,
                )),
                Method::HighestOneBit => {
                    let top = if bits == 0 { 0 } else { 1_u64 << bits.ilog2() };
                    Some(in_class(top as i64, small))
                }
                Method::LowestOneBit => Some(in_class((bits & bits.wrapping_neg()) as i64, small)),
                _ => return bits_static(method, arguments, small),
            })
        }
        _ => bits_static(method, arguments, small),
    }
}

fn double_static(method: Method, arguments: &[Value]) -> Called {
    match (method, arguments) {
        (Method::ParseDouble | Method::ValueOf, [Value::Str(text)]) => {
            some(Value::Double(parse_double(text)?))
        }
        (Method::ParseDouble | Method::ValueOf, [Value::Null]) => Err(NULL),
        (Method::ValueOf, [n]) => Ok(double(n).map(Value::Double)),
        (Method::ToString, [n]) => Ok(double(n).map(|d| crate::java::print_double(d).into())),
        #[allow(clippy::cast_possible_truncation, reason = "the halves are folded")]
        (Method::HashCode, [n]) => Ok(double(n).map(|d| {
            let bits = d.to_bits().cast_signed();
            Value::Int((bits ^ (bits.cast_unsigned() >> 32).cast_signed()) as i32)
        })),
        (Method::IsNaN, [n]) => Ok(double(n).map(|d| d.is_nan().into())),
        (Method::IsInfinite, [n]) => Ok(double(n).map(|d| d.is_infinite().into())),
        (Method::IsFinite, [n]) => Ok(double(n).map(|d| d.is_finite().into())),
        (Method::Max | Method::Min, [a, b]) => Ok(double(a)
            .zip(double(b))
            .map(|(a, b)| Value::Double(extreme(method, a, b)))),
        (Method::Sum, [a, b]) => Ok(double(a).zip(double(b)).map(|(a, b)| Value::Double(a + b))),
        (Method::Compare, [a, b]) => match double(a).zip(double(b)) {
            Some((a, b)) => order(compare_doubles(a, b)),
            None => Ok(None),
        },
        (_, [n]) => Ok(double_bits(method, n)),
        _ => Ok(None),
    }
}

fn boolean_static(method: Method, arguments: &[Value]) -> Called {
    Ok(match (method, arguments) {
        (Method::ParseBoolean | Method::ValueOf, [Value::Str(text)]) => {
            Some(text.eq_ignore_ascii_case("true").into())
        }
        (Method::ValueOf, [Value::Bool(b)]) => Some((*b).into()),
        // No system property has a name that a template could ask for.
        (Method::GetBoolean, [Value::Str(_)])
        | (Method::GetBoolean | Method::ParseBoolean | Method::ValueOf, [Value::Null]) => {
            Some(false.into())
        }
        (Method::HashCode, [Value::Bool(b)]) => Some(Value::Int(if *b { 1231 } else { 1237 })),
        (Method::ToString, [Value::Bool(b)]) => Some(b.to_string().into()),
        (Method::LogicalAnd, [Value::Bool(a), Value::Bool(b)]) => Some((*a && *b).into()),
        (Method::LogicalOr, [Value::Bool(a), Value::Bool(b)]) => Some((*a || *b).into()),
        (Method::LogicalXor, [Value::Bool(a), Value::Bool(b)]) => Some((a != b).into()),
        (Method::Compare, [Value::Bool(a), Value::Bool(b)]) => return order(a.cmp(b)),
        _ => None,
    })
}

fn character_static(method: Method, arguments: &[Value]) -> Called {
    let argument = match (method, arguments) {
        (_, [argument]) => argument,
        (Method::ForDigit, [digit, radix]) => {
            return Ok(int(digit).zip(int(radix)).map(|(digit, radix)| {
                let digit = u32::try_from(digit).ok();
                let radix = u32::try_from(radix).ok().filter(|r| (2..=36).contains(r));
                let shown = digit.zip(radix).and_then(|(d, r)| char::from_digit(d, r));
                // ASCII, or the zero unit where there is no such digit.
                let unit = shown.and_then(|c| u16::try_from(u32::from(c)).ok());
                Value::other(Other::Char(unit.unwrap_or(0)))
            }));
        }
        (Method::Digit, [c, radix]) => {
            let code = character(c)
                .map(u32::from)
                .or_else(|| u32::try_from(int(c)?).ok());
            let radix = int(radix).map(u32::try_from);
            return Ok(code.zip(radix).map(|(code, radix)| {
                let radix = radix.ok().filter(|r| (2..=36).contains(r));
                let digit = radix.and_then(|radix| char::from_u32(code)?.to_digit(radix));
                Value::Int(digit.map_or(-1, u32::cast_signed))
            }));
        }
        _ => return Ok(None),
    };
    let code = match (character(argument), int(argument)) {
        (Some(unit), _) => u32::from(unit),
        (None, Some(code)) => u32::try_from(code).unwrap_or(0),
        _ => return Ok(None),
    };
    let c = char::from_u32(code).unwrap_or('\u{0}');
    let changed = |c: char| {
        if character(argument).is_some() {
            let mut units = [0; 2];
            Value::other(Other::Char(c.encode_utf16(&mut units)[0]))
        } else {
            Value::Int(i32::try_from(u32::from(c)).unwrap_or_default())
        }
    };
    Ok(Some(match method {
        Method::IsDigit => c.is_numeric().into(),
        Method::IsLetter => c.is_alphabetic().into(),
        Method::IsLetterOrDigit => c.is_alphanumeric().into(),
        Method::IsAlphabetic if character(argument).is_none() => c.is_alphabetic().into(),
        Method::GetNumericValue => Value::Int(c.to_digit(36).map_or(-1, u32::cast_signed)),
        Method::IsUpperCase => c.is_uppercase().into(),
        Method::IsLowerCase => c.is_lowercase().into(),
        Method::IsWhitespace => c.is_whitespace().into(),
        Method::ToUpperCase => changed(c.to_uppercase().next().unwrap_or(c)),
        Method::ToLowerCase => changed(c.to_lowercase().next().unwrap_or(c)),
        Method::ToString if character(argument).is_none() => return some(c.to_string()),
        Method::ToString | Method::ValueOf if character(argument).is_some() => {
            return if method == Method::ToString {
                some(c.to_string())
            } else {
                Ok(Some(argument.clone()))
            };
        }
        _ => return Ok(None),
    }))
}
