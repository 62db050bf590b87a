//! Floating numbers as text and as bits, and the static methods of `Float`.

use crate::java::{Other, Value, number, text};

use super::number::{compare_doubles, not_a_number};
use super::{Called, Method, NULL, Thrown, double, int, long};

/// `Double.parseDouble`.
pub(super) fn parse_double(text: &str) -> Result<f64, Thrown> {
    let trimmed = text::trim(text);
    match trimmed {
        "NaN" | "+NaN" | "-NaN" => return Ok(f64::NAN),
        "Infinity" | "+Infinity" => return Ok(f64::INFINITY),
        "-Infinity" => return Ok(f64::NEG_INFINITY),
        _ => {}
    }
    let digits = trimmed
        .strip_suffix(['d', 'D', 'f', 'F'])
        .unwrap_or(trimmed);
    let decimal = |b: u8| b.is_ascii_digit() || b"+-.eE".contains(&b);
    if digits.bytes().all(decimal) {
        return digits.parse().map_err(|_| not_a_number(text));
    }
    hexadecimal(digits).ok_or_else(|| not_a_number(text))
}

/// `0x1.8p3`: hexadecimal digits, and a power of two that must be there.
fn hexadecimal(text: &str) -> Option<f64> {
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let rest = rest
        .strip_prefix("0x")
        .or_else(|| rest.strip_prefix("0X"))?;
    let (digits, power) = rest.split_once(['p', 'P'])?;
    let signless = power.strip_prefix(['+', '-']).unwrap_or(power);
    if signless.is_empty() || !signless.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    // A power beyond these bounds gives infinity or zero whatever the digits of a template are.
    let bound = 1_000_000_000_i64;
    let power = power.parse::<i64>().map_or_else(
        |_| {
            if power.starts_with('-') {
                -bound
            } else {
                bound
            }
        },
        |power| power.clamp(-bound, bound),
    );
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut mantissa = 0_u64;
    let mut exponent = power;
    // Bits beyond 60 only decide how to round: one that is set stands for all of them.
    let mut sticky = 0;
    for (digit, after) in whole
        .chars()
        .map(|c| (c, false))
        .chain(fraction.chars().map(|c| (c, true)))
    {
        let digit = u64::from(digit.to_digit(16)?);
        if after {
            exponent -= 4;
        }
        if mantissa >> 56 == 0 {
            mantissa = mantissa << 4 | digit;
        } else {
            sticky |= u64::from(digit != 0);
            exponent += 4;
        }
    }
    let magnitude = scaled(mantissa << 1 | sticky, exponent - 1);
    Some(if negative { -magnitude } else { magnitude })
}

/// `mantissa` times a power of two, rounded once, to even.
fn scaled(mantissa: u64, exponent: i64) -> f64 {
    if mantissa == 0 {
        return 0.0;
    }
    let length = i64::from(u64::BITS - mantissa.leading_zeros());
    let top = exponent + length - 1;
    if top > 1023 {
        return f64::INFINITY;
    }
    // The exponent of the last bit that is kept.
    let last = (top - 52).max(-1074);
    let drop = last - exponent;
    let kept = if drop <= 0 {
        mantissa << (-drop).min(63)
    } else if drop > 63 {
        0
    } else {
        let kept = mantissa >> drop;
        let rest = mantissa & ((1 << drop) - 1);
        let half = 1 << (drop - 1);
        kept + u64::from(rest > half || rest == half && kept & 1 == 1)
    };
    // A subnormal's bits are the number itself, and a carry out of the mantissa goes into the exponent as it should.
    let biased = (last + 1074).unsigned_abs();
    if kept < 1 << 52 {
        f64::from_bits(kept)
    } else {
        f64::from_bits((biased << 52) + kept)
    }
}

/// `Double.toHexString`.
pub(super) fn hex_string(d: f64) -> String {
    if !d.is_finite() {
        return crate::java::print_double(d);
    }
    let sign = if d.is_sign_negative() { "-" } else { "" };
    let bits = d.to_bits();
    let exponent = (bits >> 52 & 0x7ff).cast_signed();
    let fraction = format!("{:013x}", bits & ((1 << 52) - 1));
    let fraction = fraction.trim_end_matches('0');
    let fraction = if fraction.is_empty() { "0" } else { fraction };
    match (exponent, d == 0.0) {
        (_, true) => format!("{sign}0x0.0p0"),
        (0, _) => format!("{sign}0x0.{fraction}p-1022"),
        _ => format!("{sign}0x1.{fraction}p{}", exponent - 1023),
    }
}

/// `Double.doubleToLongBits`: every NaN has the same bits.
pub(super) fn canonical_bits(d: f64) -> i64 {
    let bits = if d.is_nan() {
        0x7ff8_0000_0000_0000
    } else {
        d.to_bits()
    };
    bits.cast_signed()
}

/// `Math.max` and `Math.min`: NaN wins, and -0.0 is less than 0.0.
pub(super) fn extreme(method: Method, a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() {
        f64::NAN
    } else if compare_doubles(a, b).is_gt() == (method == Method::Max) {
        a
    } else {
        b
    }
}

/// An argument for a parameter of type `float`.
fn float(value: &Value) -> Option<f32> {
    match value {
        Value::Other(other) if matches!(**other, Other::Float(_)) => Some(number::float(value)),
        _ => long(value).map(|_| number::float(value)),
    }
}

fn float_bits(f: f32) -> i32 {
    let bits = if f.is_nan() { 0x7fc0_0000 } else { f.to_bits() };
    bits.cast_signed()
}

/// `Float.parseFloat`: decimal digits are rounded once, straight to the float.
#[allow(clippy::cast_possible_truncation, reason = "rounding is meant")]
fn parse_float(text: &str) -> Result<f32, Thrown> {
    let wide = parse_double(text)?;
    let digits = text::trim(text);
    let digits = digits.strip_suffix(['d', 'D', 'f', 'F']).unwrap_or(digits);
    Ok(digits.parse().unwrap_or(wide as f32))
}

/// A static method of `Float`.
pub(super) fn float_static(method: Method, arguments: &[Value]) -> Called {
    use Method as M;
    let value = |f: f32| Value::other(Other::Float(f));
    match (method, arguments) {
        (M::ParseFloat | M::ValueOf, [Value::Str(text)]) => Ok(Some(value(parse_float(text)?))),
        (M::ParseFloat | M::ValueOf, [Value::Null]) => Err(NULL),
        (M::IntBitsToFloat, [n]) => Ok(int(n).map(|n| value(f32::from_bits(n.cast_unsigned())))),
        (_, [n]) => {
            let Some(f) = float(n) else { return Ok(None) };
            Ok(Some(match method {
                M::ValueOf => value(f),
                M::ToString => crate::java::print_float(f).into(),
                M::ToHexString if f == 0.0 || f.is_normal() || !f.is_finite() => {
                    hex_string(f.into()).into()
                }
                M::HashCode | M::FloatToIntBits | M::FloatToRawIntBits => Value::Int(float_bits(f)),
                M::IsNaN => f.is_nan().into(),
                M::IsInfinite => f.is_infinite().into(),
                M::IsFinite => f.is_finite().into(),
                _ => return Ok(None),
            }))
        }
        (_, [a, b]) => {
            let Some((a, b)) = float(a).zip(float(b)) else {
                return Ok(None);
            };
            let wide = (f64::from(a), f64::from(b));
            Ok(Some(match method {
                #[allow(clippy::cast_possible_truncation, reason = "it was a float")]
                M::Max | M::Min => value(extreme(method, wide.0, wide.1) as f32),
                M::Sum => value(a + b),
                M::Compare => Value::Int(compare_doubles(wide.0, wide.1) as i32),
                _ => return Ok(None),
            }))
        }
        _ => Ok(None),
    }
}

/// `Double`'s conversions to bits and back.
pub(super) fn double_bits(method: Method, argument: &Value) -> Option<Value> {
    match method {
        Method::ToHexString => double(argument).map(|d| hex_string(d).into()),
        Method::DoubleToLongBits | Method::DoubleToRawLongBits => {
            double(argument).map(|d| Value::Long(canonical_bits(d)))
        }
        Method::LongBitsToDouble => {
            long(argument).map(|n| Value::Double(f64::from_bits(n.cast_unsigned())))
        }
        _ => None,
    }
}
