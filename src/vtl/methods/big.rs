//! Methods of `BigInteger` that see it as bits, or ask for its divisors.

use num_bigint::{BigInt, BigUint, Sign};

use crate::java::{Other, Value};

use super::super::run::Run;
use super::{Called, Method, Thrown, int};

/// `hashCode()`: over the 32-bit words of the magnitude, the highest first.
pub(super) fn big_hash(n: &BigInt) -> i32 {
    let words = n.magnitude().to_u32_digits();
    let hash = words.iter().rev().fold(0_i32, |hash, word| {
        hash.wrapping_mul(31).wrapping_add(word.cast_signed())
    });
    if n.sign() == Sign::Minus {
        hash.wrapping_neg()
    } else {
        hash
    }
}

fn count_ones(n: &BigUint) -> u32 {
    n.iter_u64_digits().map(u64::count_ones).sum()
}

/// The first primes: bases that tell every prime below 3.3·10²⁴ apart, and are as sure as Java's beyond.
const BASES: [u32; 13] = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41];

/// Miller and Rabin's test of `n`.
fn is_prime(n: &BigUint) -> bool {
    let one = BigUint::from(1_u32);
    if *n <= one {
        return false;
    }
    for base in BASES {
        if (n % base) == BigUint::ZERO {
            return *n == BigUint::from(base);
        }
    }
    let less = n - &one;
    let twos = less.trailing_zeros().unwrap_or(0);
    let odd = &less >> twos;
    BASES.iter().all(|&base| {
        let mut power = BigUint::from(base).modpow(&odd, n);
        if power == one || power == less {
            return true;
        }
        (1..twos).any(|_| {
            power = &power * &power % n;
            power == less
        })
    })
}

fn other_big(value: &Value) -> Option<&BigInt> {
    match value {
        Value::Other(other) => match &**other {
            Other::Big(n) => Some(n),
            _ => None,
        },
        _ => None,
    }
}

impl Run<'_> {
    /// Calls such a method.
    pub(super) fn big_bits(&mut self, n: &BigInt, method: Method, arguments: &[Value]) -> Called {
        let bits = n.bits();
        let words = bits / 64 + 1;
        match arguments {
            [] => self.big_alone(n, method),
            [argument] => match method {
                Method::Gcd | Method::And | Method::Or | Method::Xor | Method::AndNot => {
                    let Some(other) = other_big(argument) else {
                        return if argument.is_null() {
                            Err(super::NULL)
                        } else {
                            Ok(None)
                        };
                    };
                    self.allot(1 << 14)?;
                    let result = match method {
                        Method::And => n & other,
                        Method::Or => n | other,
                        Method::Xor => n ^ other,
                        Method::AndNot => n & !other.clone(),
                        _ => {
                            self.work(bits.min(other.bits()) * words / 4)?;
                            let (mut a, mut b) = (n.magnitude().clone(), other.magnitude().clone());
                            while b != BigUint::ZERO {
                                (a, b) = (b.clone(), a % b);
                            }
                            a.into()
                        }
                    };
                    Ok(Some(Value::big(result)))
                }
                _ => {
                    let Some(by) = int(argument) else {
                        return Ok(None);
                    };
                    self.big_by(n, method, by)
                }
            },
            _ => Ok(None),
        }
    }

    fn big_alone(&mut self, n: &BigInt, method: Method) -> Called {
        let words = n.bits() / 64 + 1;
        let negative = n.sign() == Sign::Minus;
        let within = |result: Option<Value>| match result {
            Some(value) => Ok(Some(value)),
            None => Err(Thrown::new("the number is out of the range of that class")),
        };
        match method {
            Method::Sqrt if negative => Err(Thrown::new("a negative number has no square root")),
            Method::Sqrt => {
                self.work(words * words * 4)?;
                Ok(Some(Value::big(n.sqrt())))
            }
            Method::Not => Ok(Some(Value::big(!n.clone()))),
            Method::BitCount => {
                let count = if negative {
                    count_ones((!n.clone()).magnitude())
                } else {
                    count_ones(n.magnitude())
                };
                Ok(Some(Value::int(count as usize)))
            }
            Method::GetLowestSetBit => Ok(Some(match n.trailing_zeros() {
                Some(zeros) => Value::Int(i32::try_from(zeros).unwrap_or(i32::MAX)),
                None => Value::Int(-1),
            })),
            Method::LongValueExact => within(i64::try_from(n).ok().map(Value::Long)),
            Method::IntValueExact => within(i32::try_from(n).ok().map(Value::Int)),
            Method::ShortValueExact => {
                within(i16::try_from(n).ok().map(|n| Value::other(Other::Short(n))))
            }
            Method::ByteValueExact => {
                within(i8::try_from(n).ok().map(|n| Value::other(Other::Byte(n))))
            }
            _ => Ok(None),
        }
    }

    /// Methods with a count or an index of bits.
    fn big_by(&mut self, n: &BigInt, method: Method, by: i32) -> Called {
        let bits = n.bits();
        let words = bits / 64 + 1;
        match method {
            Method::TestBit => match u64::try_from(by) {
                Ok(at) => Ok(Some(Value::Bool(n.bit(at)))),
                Err(_) => Err(Thrown::new("the index of the bit is negative")),
            },
            Method::ShiftLeft | Method::ShiftRight => {
                let left = (method == Method::ShiftLeft) == (by >= 0);
                let by = by.unsigned_abs();
                if left && bits > 0 && bits + u64::from(by) > 1 << 17 {
                    return Err(Thrown::new("the number is too long"));
                }
                self.allot(1 << 14)?;
                Ok(Some(Value::big(if left && bits > 0 {
                    n << by
                } else {
                    n >> by
                })))
            }
            Method::IsProbablePrime if by <= 0 => Ok(Some(Value::Bool(true))),
            Method::IsProbablePrime => {
                self.work(bits.saturating_mul(words * words))?;
                Ok(Some(Value::Bool(is_prime(n.magnitude()))))
            }
            _ => Ok(None),
        }
    }
}
