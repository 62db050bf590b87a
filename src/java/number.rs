//! Arithmetic of Velocity's `MathUtils`: the wider class wins, whole numbers grow on overflow, doubles are contagious.

use std::cmp::Ordering;

use num_bigint::{BigInt, Sign};

use super::{Decimal, Other, Value};

/// A computation that throws an `ArithmeticException` or the like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failed(pub &'static str);

/// An operator of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Modulo,
}

/// What two numbers are computed as.
enum Base {
    Long,
    Float,
    Double,
    Big,
    Decimal,
}

/// Numbers longer than this are refused: multiplying can double the length each time.
const BITS_LIMIT: u64 = 1 << 17;

/// Whole numbers by size: 0 byte, 1 short, 2 int, 3 long, 4 big; `None` for others.
fn rank(value: &Value) -> Option<u8> {
    match value {
        Value::Int(_) => Some(2),
        Value::Long(_) => Some(3),
        Value::Other(other) => match **other {
            Other::Byte(_) => Some(0),
            Other::Short(_) => Some(1),
            Other::Big(_) => Some(4),
            _ => None,
        },
        _ => None,
    }
}

fn base(a: &Value, b: &Value) -> Base {
    let decimal = |v: &Value| matches!(v, Value::Other(o) if matches!(**o, Other::Decimal(_)));
    match (rank(a), rank(b)) {
        _ if decimal(a) || decimal(b) => Base::Decimal,
        (Some(4), Some(_)) | (Some(_), Some(4)) => Base::Big,
        (Some(_), Some(_)) => Base::Long,
        (Some(4), _) | (_, Some(4)) => Base::Decimal,
        _ if matches!(a, Value::Double(_)) || matches!(b, Value::Double(_)) => Base::Double,
        _ => Base::Float,
    }
}

/// `longValue()`
#[must_use]
#[allow(
    clippy::cast_possible_truncation,
    reason = "Java truncates; casts from floats saturate as its do"
)]
pub fn long(value: &Value) -> i64 {
    match value {
        Value::Int(n) => i64::from(*n),
        Value::Long(n) => *n,
        Value::Double(d) => *d as i64,
        Value::Other(other) => match &**other {
            Other::Byte(n) => i64::from(*n),
            Other::Short(n) => i64::from(*n),
            Other::Float(f) => *f as i64,
            Other::Big(n) => low_bits(n),
            Other::Decimal(d) => low_bits(&d.truncated()),
            _ => 0,
        },
        _ => 0,
    }
}

/// The lowest 64 bits in two's complement.
#[allow(clippy::cast_possible_wrap, reason = "two's complement is meant")]
fn low_bits(n: &BigInt) -> i64 {
    let low = n.iter_u64_digits().next().unwrap_or_default();
    let low = if n.sign() == Sign::Minus {
        low.wrapping_neg()
    } else {
        low
    };
    low as i64
}

/// `intValue()`
#[must_use]
#[allow(
    clippy::cast_possible_truncation,
    reason = "Java truncates; casts from floats saturate as its do"
)]
pub fn int(value: &Value) -> i32 {
    match value {
        Value::Double(d) => *d as i32,
        Value::Other(other) if matches!(**other, Other::Float(_)) => double(value) as i32,
        _ => long(value) as i32,
    }
}

/// `doubleValue()`
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "Java rounds")]
pub fn double(value: &Value) -> f64 {
    match value {
        Value::Int(n) => f64::from(*n),
        Value::Long(n) => *n as f64,
        Value::Double(d) => *d,
        Value::Other(other) => match &**other {
            Other::Byte(n) => f64::from(*n),
            Other::Short(n) => f64::from(*n),
            Other::Float(f) => f64::from(*f),
            Other::Big(n) => n.to_string().parse().unwrap_or(f64::NAN),
            Other::Decimal(d) => d.to_f64(),
            _ => 0.0,
        },
        _ => 0.0,
    }
}

/// `floatValue()`
#[must_use]
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "Java rounds"
)]
pub fn float(value: &Value) -> f32 {
    match value {
        Value::Int(n) => *n as f32,
        Value::Long(n) => *n as f32,
        _ => double(value) as f32,
    }
}

/// The number as a `BigInteger`.
#[must_use]
pub fn big(value: &Value) -> BigInt {
    match value {
        Value::Other(other) => match &**other {
            Other::Big(n) => n.clone(),
            _ => long(value).into(),
        },
        _ => long(value).into(),
    }
}

fn decimal(value: &Value) -> Result<Decimal, Failed> {
    match value {
        Value::Other(other) if matches!(**other, Other::Decimal(_) | Other::Big(_)) => {
            Ok(match &**other {
                Other::Decimal(d) => d.clone(),
                _ => Decimal::whole(big(value)),
            })
        }
        _ => Decimal::exact(double(value)).ok_or(Failed("Infinite or NaN")),
    }
}

/// A whole number in the wider class of the two, or in the next one that holds it.
fn whole(n: i64, a: &Value, b: &Value) -> Value {
    let rank = rank(a).unwrap_or(2).max(rank(b).unwrap_or(2));
    if rank == 0
        && let Ok(n) = i8::try_from(n)
    {
        return Value::other(Other::Byte(n));
    }
    if rank <= 1
        && let Ok(n) = i16::try_from(n)
    {
        return Value::other(Other::Short(n));
    }
    if rank <= 2
        && let Ok(n) = i32::try_from(n)
    {
        return Value::Int(n);
    }
    Value::Long(n)
}

/// Whether the number is zero.
#[must_use]
pub fn is_zero(value: &Value) -> bool {
    match value {
        Value::Other(other) => match &**other {
            Other::Big(n) => n.sign() == Sign::NoSign,
            Other::Decimal(d) => d.is_zero(),
            _ => double(value) == 0.0,
        },
        _ => double(value) == 0.0,
    }
}

/// Two `Integer`s whose sum, difference or product is one too; `None` for anything else.
#[inline]
#[must_use]
pub fn small(operator: Operator, a: i32, b: i32) -> Option<i32> {
    match operator {
        Operator::Add => a.checked_add(b),
        Operator::Subtract => a.checked_sub(b),
        Operator::Multiply => a.checked_mul(b),
        Operator::Divide | Operator::Modulo => None,
    }
}

/// The sum, difference or product of two `Double`s, or of one and an `Integer`; `None` for other operators.
#[inline]
#[must_use]
pub fn real(operator: Operator, a: f64, b: f64) -> Option<Value> {
    Some(Value::Double(match operator {
        Operator::Add => a + b,
        Operator::Subtract => a - b,
        Operator::Multiply => a * b,
        Operator::Divide | Operator::Modulo => return None,
    }))
}

/// Computes with two numbers; the right side of a division must not be zero.
#[allow(
    clippy::many_single_char_names,
    reason = "two numbers, before and after conversion"
)]
pub fn compute(operator: Operator, a: &Value, b: &Value) -> Result<Value, Failed> {
    match base(a, b) {
        Base::Long => {
            let (x, y) = (long(a), long(b));
            let exact = match operator {
                Operator::Add => x.checked_add(y),
                Operator::Subtract => x.checked_sub(y),
                // Java's overflow check misses this one product.
                Operator::Multiply if (x, y) == (i64::MIN, -1) => Some(x),
                Operator::Multiply => x.checked_mul(y),
                Operator::Divide => Some(x.wrapping_div(y)),
                Operator::Modulo => Some(x.wrapping_rem(y)),
            };
            match exact {
                Some(n) => Ok(whole(n, a, b)),
                None => compute_big(operator, &x.into(), &y.into()),
            }
        }
        Base::Float => {
            let (x, y) = (float(a), float(b));
            Ok(Value::other(Other::Float(match operator {
                Operator::Add => x + y,
                Operator::Subtract => x - y,
                Operator::Multiply => x * y,
                Operator::Divide => x / y,
                Operator::Modulo => x % y,
            })))
        }
        Base::Double => {
            let (x, y) = (double(a), double(b));
            Ok(Value::Double(match operator {
                Operator::Add => x + y,
                Operator::Subtract => x - y,
                Operator::Multiply => x * y,
                Operator::Divide => x / y,
                Operator::Modulo => x % y,
            }))
        }
        Base::Big => compute_big(operator, &big(a), &big(b)),
        Base::Decimal => {
            let (x, y) = (decimal(a)?, decimal(b)?);
            let result = match operator {
                Operator::Add => x.plus(&y),
                Operator::Subtract => x.minus(&y),
                Operator::Multiply => x.times(&y).ok_or(Failed("the number is too long"))?,
                Operator::Divide => x.over(&y),
                Operator::Modulo => {
                    return Err(Failed("Cannot calculate the modulo of BigDecimals."));
                }
            };
            Ok(Value::other(Other::Decimal(result)))
        }
    }
}

fn compute_big(operator: Operator, x: &BigInt, y: &BigInt) -> Result<Value, Failed> {
    if x.bits() + y.bits() > BITS_LIMIT {
        return Err(Failed("the number is too long"));
    }
    Ok(Value::big(match operator {
        Operator::Add => x + y,
        Operator::Subtract => x - y,
        Operator::Multiply => x * y,
        Operator::Divide => x / y,
        Operator::Modulo => {
            if y.sign() == Sign::Minus {
                return Err(Failed("BigInteger: modulus not positive"));
            }
            let rest = x % y;
            if rest.sign() == Sign::Minus {
                rest + y
            } else {
                rest
            }
        }
    }))
}

/// Compares two numbers by value; what can't be ordered (NaN) counts as equal, as in Velocity.
pub fn compare(a: &Value, b: &Value) -> Result<Ordering, Failed> {
    if let (Value::Int(a), Value::Int(b)) = (a, b) {
        return Ok(a.cmp(b));
    }
    Ok(match base(a, b) {
        Base::Long => long(a).cmp(&long(b)),
        Base::Big => big(a).cmp(&big(b)),
        Base::Float => float(a).partial_cmp(&float(b)).unwrap_or(Ordering::Equal),
        Base::Double => double(a).partial_cmp(&double(b)).unwrap_or(Ordering::Equal),
        Base::Decimal => decimal(a)?.compare(&decimal(b)?),
    })
}
