//! Static methods of `Integer` and `Long` that see a number as bits or without a sign, and the ones that read text so.

use crate::java::Value;

use super::number::{in_class, not_a_number};
use super::{Called, Method, NULL, Thrown, int, long};

/// A number as its bits, in the width of the class.
#[derive(Clone, Copy)]
struct Class {
    /// `Integer`, not `Long`.
    small: bool,
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    reason = "bits are meant"
)]
impl Class {
    fn bits(self, value: &Value) -> Option<u64> {
        if self.small {
            int(value).map(|n| u64::from(n as u32))
        } else {
            long(value).map(|n| n as u64)
        }
    }

    fn value(self, bits: u64) -> Value {
        if self.small {
            Value::Int(bits as u32 as i32)
        } else {
            Value::Long(bits as i64)
        }
    }

    /// `left` may be negative; Java takes the distance modulo the width.
    fn rotated(self, bits: u64, left: i32) -> Value {
        self.value(if self.small {
            u64::from((bits as u32).rotate_left(left.rem_euclid(32) as u32))
        } else {
            bits.rotate_left(left.rem_euclid(64) as u32)
        })
    }

    fn greatest(self) -> u64 {
        if self.small {
            u32::MAX.into()
        } else {
            u64::MAX
        }
    }

    /// `parseUnsignedInt`, `parseUnsignedLong`: digits after at most a plus.
    fn unsigned(self, text: &Value, radix: i32) -> Called {
        let text = match text {
            Value::Str(text) => text,
            Value::Null => return Err(NULL),
            _ => return Ok(None),
        };
        let radix = u32::try_from(radix).ok().filter(|r| (2..=36).contains(r));
        let bits = radix
            .and_then(|radix| u64::from_str_radix(text, radix).ok())
            .filter(|&bits| bits <= self.greatest());
        match bits {
            Some(bits) => Ok(Some(self.value(bits))),
            None => Err(not_a_number(text)),
        }
    }

    /// `decode`: `0x`, `0X` and `#` before hexadecimal digits, `0` before octal ones, a sign before that.
    fn decoded(self, text: &str) -> Result<Value, Thrown> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let hexadecimal = ["0x", "0X", "#"];
        let (digits, radix) = match hexadecimal.iter().find_map(|p| digits.strip_prefix(p)) {
            Some(digits) => (digits, 16),
            None => match digits.strip_prefix('0') {
                Some(octal) if !octal.is_empty() => (octal, 8),
                _ => (digits, 10),
            },
        };
        let signed = digits.starts_with(['+', '-']);
        let n = i128::from_str_radix(digits, radix)
            .ok()
            .filter(|_| !signed)
            .and_then(|n| i64::try_from(if negative { -n } else { n }).ok())
            .filter(|&n| !self.small || i32::try_from(n).is_ok());
        match n {
            Some(n) => Ok(in_class(n, self.small)),
            None => Err(not_a_number(text)),
        }
    }
}

/// Calls such a method of `Integer` (`small`) or `Long`.
pub(super) fn bits_static(method: Method, arguments: &[Value], small: bool) -> Called {
    use Method as M;
    let class = Class { small };
    let parse = if small {
        M::ParseUnsignedInt
    } else {
        M::ParseUnsignedLong
    };
    match (method, arguments) {
        (M::Decode, [Value::Str(text)]) => class.decoded(text).map(Some),
        (M::Decode, [Value::Null]) => Err(NULL),
        (method, [text]) if method == parse => class.unsigned(text, 10),
        (method, [text, radix]) if method == parse => match int(radix) {
            Some(radix) => class.unsigned(text, radix),
            None => Ok(None),
        },
        (M::ReverseBytes, [n]) => Ok(class.bits(n).map(|bits| {
            let width = if small { 32 } else { 0 };
            class.value(bits.swap_bytes() >> width)
        })),
        (M::RotateLeft | M::RotateRight, [n, by]) => {
            Ok(class.bits(n).zip(int(by)).map(|(bits, by)| {
                let left = method == M::RotateLeft;
                class.rotated(bits, if left { by } else { by.wrapping_neg() })
            }))
        }
        (M::ToUnsignedLong, [n]) if small => {
            Ok(class.bits(n).map(|n| in_class(n.cast_signed(), false)))
        }
        (M::ToUnsignedString, [n]) => Ok(class.bits(n).map(|n| n.to_string().into())),
        (M::ToUnsignedString, [n, radix]) => Ok(class.bits(n).zip(int(radix)).map(|(n, radix)| {
            let radix = u32::try_from(radix).ok().filter(|r| (2..=36).contains(r));
            let digits = num_bigint::BigUint::from(n).to_str_radix(radix.unwrap_or(10));
            digits.into()
        })),
        (M::CompareUnsigned, [a, b]) => Ok(class
            .bits(a)
            .zip(class.bits(b))
            .map(|(a, b)| Value::Int(a.cmp(&b) as i32))),
        (M::DivideUnsigned | M::RemainderUnsigned, [a, b]) => {
            let Some((a, b)) = class.bits(a).zip(class.bits(b)) else {
                return Ok(None);
            };
            let result = if method == M::DivideUnsigned {
                a.checked_div(b)
            } else {
                a.checked_rem(b)
            };
            match result {
                Some(n) => Ok(Some(class.value(n))),
                None => Err(Thrown::new("division by zero")),
            }
        }
        _ => Ok(None),
    }
}
