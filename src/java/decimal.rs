//! `java.math.BigDecimal`, as far as templates reach it: json-smart makes one of a number with more than 18 characters.

use std::cmp::Ordering;
use std::fmt;

use num_bigint::{BigInt, Sign};

/// `unscaled · 10^-scale`. Equality compares both parts, as `BigDecimal.equals` does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decimal {
    unscaled: BigInt,
    scale: i32,
}

/// Scales beyond this would make numbers too long to compute with.
const SCALE_LIMIT: i32 = 10_000;

fn ten_to(n: i32) -> BigInt {
    BigInt::from(10).pow(n.unsigned_abs())
}

impl Decimal {
    /// Reads a decimal number with or without an exponent.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (
                mantissa,
                exponent
                    .strip_prefix('+')
                    .unwrap_or(exponent)
                    .parse::<i32>()
                    .ok()?,
            ),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        let digits = digits.strip_prefix('+').unwrap_or(&digits);
        if digits.trim_start_matches('-').is_empty() {
            return None;
        }
        let scale = i32::try_from(fraction.len()).ok()?.checked_sub(exponent)?;
        (scale.abs() <= SCALE_LIMIT).then_some(())?;
        Some(Self {
            unscaled: digits.parse().ok()?,
            scale,
        })
    }

    /// A whole number.
    #[must_use]
    pub fn whole(n: BigInt) -> Self {
        Self {
            unscaled: n,
            scale: 0,
        }
    }

    /// The exact value of a double, which must be finite: `new BigDecimal(double)`.
    #[must_use]
    pub fn exact(d: f64) -> Option<Self> {
        if !d.is_finite() {
            return None;
        }
        let bits = d.to_bits();
        let biased = i32::try_from((bits >> 52) & 0x7ff).ok()?;
        let fraction = bits & ((1 << 52) - 1);
        let (mut mantissa, mut exponent) = if biased == 0 {
            (fraction, -1074)
        } else {
            (fraction | 1 << 52, biased - 1075)
        };
        if mantissa == 0 {
            return Some(Self::whole(BigInt::ZERO));
        }
        let tail = mantissa.trailing_zeros();
        mantissa >>= tail;
        exponent += i32::try_from(tail).ok()?;
        let signed = if d < 0.0 {
            -BigInt::from(mantissa)
        } else {
            BigInt::from(mantissa)
        };
        Some(if exponent >= 0 {
            Self::whole(signed << exponent)
        } else {
            let five = BigInt::from(5).pow(exponent.unsigned_abs());
            Self {
                unscaled: signed * five,
                scale: -exponent,
            }
        })
    }

    /// `doubleValue()`
    #[must_use]
    pub fn to_f64(&self) -> f64 {
        format!("{}e{}", self.unscaled, -self.scale)
            .parse()
            .unwrap_or(f64::NAN)
    }

    /// `toBigInteger()`: without the fraction.
    #[must_use]
    pub fn truncated(&self) -> BigInt {
        if self.scale > 0 {
            &self.unscaled / ten_to(self.scale)
        } else {
            &self.unscaled * ten_to(self.scale)
        }
    }

    /// `toPlainString()`: without an exponent.
    #[must_use]
    pub fn plain(&self) -> String {
        let sign = if self.unscaled.sign() == Sign::Minus {
            "-"
        } else {
            ""
        };
        let digits = self.unscaled.magnitude().to_string();
        if self.scale <= 0 {
            let zeros = if self.is_zero() {
                0
            } else {
                self.scale.unsigned_abs() as usize
            };
            return format!("{sign}{digits}{}", "0".repeat(zeros));
        }
        let scale = self.scale.unsigned_abs() as usize;
        let digits = format!(
            "{}{digits}",
            "0".repeat((scale + 1).saturating_sub(digits.len()))
        );
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        format!("{sign}{whole}.{fraction}")
    }

    /// Whether it is zero.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.unscaled.sign() == Sign::NoSign
    }

    fn aligned(&self, other: &Self) -> (BigInt, BigInt, i32) {
        let scale = self.scale.max(other.scale);
        (
            &self.unscaled * ten_to(scale - self.scale),
            &other.unscaled * ten_to(scale - other.scale),
            scale,
        )
    }

    /// `add`
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        let (a, b, scale) = self.aligned(other);
        Self {
            unscaled: a + b,
            scale,
        }
    }

    /// `subtract`
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        let (a, b, scale) = self.aligned(other);
        Self {
            unscaled: a - b,
            scale,
        }
    }

    /// `multiply`; `None` when the result would be too long.
    #[must_use]
    pub fn times(&self, other: &Self) -> Option<Self> {
        let scale = self.scale + other.scale;
        (scale.abs() <= SCALE_LIMIT).then(|| Self {
            unscaled: &self.unscaled * &other.unscaled,
            scale,
        })
    }

    /// `divide(other, ROUND_HALF_DOWN)`: keeps this number's scale. `other` must not be zero.
    #[must_use]
    pub fn over(&self, other: &Self) -> Self {
        // unscaled/10^scale ÷ other = q/10^scale, so q = unscaled · 10^other.scale ÷ other.unscaled.
        let (mut n, mut d) = (self.unscaled.clone(), other.unscaled.clone());
        if other.scale >= 0 {
            n *= ten_to(other.scale);
        } else {
            d *= ten_to(other.scale);
        }
        let q = &n / &d;
        let twice: BigInt = (&n - &q * &d) * 2;
        let away = twice.magnitude() > d.magnitude();
        let negative = (n.sign() == Sign::Minus) != (d.sign() == Sign::Minus);
        let unscaled = match (away, negative) {
            (false, _) => q,
            (true, false) => q + 1,
            (true, true) => q - 1,
        };
        Self {
            unscaled,
            scale: self.scale,
        }
    }

    /// `compareTo`
    #[must_use]
    pub fn compare(&self, other: &Self) -> Ordering {
        let (a, b, _) = self.aligned(other);
        a.cmp(&b)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.unscaled.magnitude().to_string();
        if self.unscaled.sign() == Sign::Minus {
            f.write_str("-")?;
        }
        if self.scale == 0 {
            return f.write_str(&digits);
        }
        let len = i32::try_from(digits.len()).unwrap_or(i32::MAX);
        let adjusted = len - 1 - self.scale;
        if self.scale > 0 && adjusted >= -6 {
            let before = len - self.scale;
            return if before > 0 {
                let (whole, rest) = digits.split_at(usize::try_from(before).unwrap_or_default());
                write!(f, "{whole}.{rest}")
            } else {
                let zeros = "0".repeat(usize::try_from(-before).unwrap_or_default());
                write!(f, "0.{zeros}{digits}")
            };
        }
        let (first, rest) = digits.split_at(1);
        f.write_str(first)?;
        if !rest.is_empty() {
            write!(f, ".{rest}")?;
        }
        if adjusted == 0 {
            Ok(())
        } else {
            write!(f, "E{adjusted:+}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_print_and_compute_as_in_java() {
        let d = |text: &str| Decimal::parse(text).unwrap();
        assert_eq!(
            d("0.1234567890123456789").to_string(),
            "0.1234567890123456789"
        );
        assert_eq!(d("1e30").to_string(), "1E+30");
        assert_eq!(d("-1.5e-9").to_string(), "-1.5E-9");
        assert_eq!(d("10.25").over(&d("4")).to_string(), "2.56");
        assert_eq!(d("1.50").plus(&d("2")).to_string(), "3.50");
        assert_eq!(Decimal::exact(0.1).unwrap().to_string().len(), 57);
        assert_eq!(d("2.0").compare(&d("2")), Ordering::Equal);
        assert!(Decimal::parse("-").is_none());
    }
}
