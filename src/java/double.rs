//! `Double.toString` and `Float.toString` of Java up to 18, digit for digit.
//!
//! Those versions don't always print the shortest digits that read back as the same number (JDK-4511638), so no Rust formatter
//! agrees with them. The steps here are those of their published algorithm: Steele and White's digit generation, with its
//! stopping conditions.

use num_bigint::BigInt;

/// A number split into a mantissa of 53 bits (the highest one set) and a power of two.
struct Parts {
    mantissa: u64,
    exponent: i32,
    significant: i32,
}

/// Decimal digits, and the place of the point counted from before the first.
struct Digits {
    digits: Vec<u8>,
    point: i32,
}

/// How `Double.toString` prints.
#[must_use]
pub fn print_double(d: f64) -> String {
    if d.is_nan() {
        return "NaN".into();
    }
    let mut out = String::with_capacity(24);
    if short(d, &mut out) {
        return out;
    }
    let bits = d.to_bits();
    let fraction = bits & ((1 << 52) - 1);
    let biased = i32::try_from((bits >> 52) & 0x7ff).unwrap_or_default();
    print(
        d.is_sign_negative(),
        d.is_infinite(),
        fraction,
        biased,
        52,
        1023,
    )
}

/// Appends a number with few binary places; `false`, and nothing appended, for others. Their digits are all there are, so that there is nothing to choose. 13 digits at most, and two numbers
/// never share their first 15.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::float_cmp,
    clippy::neg_cmp_op_on_partial_ord,
    reason = "a whole number below 64 · 10⁷, or found not to be one"
)]
pub(super) fn short(d: f64, out: &mut String) -> bool {
    let scaled = d.abs() * 64.0;
    // Not `>=`: a number that is none isn't less either.
    if !(scaled < 64.0e7) || (scaled as u64) as f64 != scaled {
        return false;
    }
    let scaled = scaled as u64;
    let (whole, fraction) = (scaled / 64, scaled % 64 * 15_625);
    if d.is_sign_negative() {
        out.push('-');
    }
    out.push_str(itoa::Buffer::new().format(whole));
    // One place more than the fraction has, to keep its leading zeros.
    let mut buffer = itoa::Buffer::new();
    let places = buffer.format(fraction + 1_000_000);
    let places = places[1..].trim_end_matches('0');
    out.push('.');
    out.push_str(if places.is_empty() { "0" } else { places });
    true
}

/// How `Float.toString` prints.
#[must_use]
pub fn print_float(f: f32) -> String {
    if f.is_nan() {
        return "NaN".into();
    }
    let bits = f.to_bits();
    let fraction = u64::from(bits & ((1 << 23) - 1));
    let biased = i32::try_from((bits >> 23) & 0xff).unwrap_or_default();
    print(
        f.is_sign_negative(),
        f.is_infinite(),
        fraction,
        biased,
        23,
        127,
    )
}

fn print(
    negative: bool,
    infinite: bool,
    fraction: u64,
    biased: i32,
    shift: i32,
    bias: i32,
) -> String {
    let sign = if negative { "-" } else { "" };
    if infinite {
        return format!("{sign}Infinity");
    }
    let parts = if biased == 0 {
        if fraction == 0 {
            return format!("{sign}0.0");
        }
        let bit_length = 64 - i32::try_from(fraction.leading_zeros()).unwrap_or_default();
        Parts {
            mantissa: fraction << (53 - bit_length),
            exponent: 1 - (shift + 1 - bit_length) - bias,
            significant: bit_length,
        }
    } else {
        Parts {
            mantissa: (fraction | 1 << shift) << (52 - shift),
            exponent: biased - bias,
            significant: shift + 1,
        }
    };
    sign.to_owned() + &lay_out(&digits(&parts))
}

fn lay_out(number: &Digits) -> String {
    let digits: String = number.digits.iter().map(|d| char::from(b'0' + d)).collect();
    let point = number.point;
    let len = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    if point > 0 && point < 8 {
        if len <= point {
            let zeros = usize::try_from(point - len).unwrap_or_default();
            format!("{digits}{}.0", "0".repeat(zeros))
        } else {
            let (whole, rest) = digits.split_at(usize::try_from(point).unwrap_or_default());
            format!("{whole}.{rest}")
        }
    } else if point <= 0 && point > -3 {
        format!(
            "0.{}{digits}",
            "0".repeat(usize::try_from(-point).unwrap_or_default())
        )
    } else {
        let (first, rest) = digits.split_at(1);
        let rest = if rest.is_empty() { "0" } else { rest };
        format!("{first}.{rest}E{}", point - 1)
    }
}

/// The bits of 5ⁿ, exactly for small n and as an upper bound beyond.
fn bits_of_five(n: i32) -> i32 {
    const BITS: [i32; 27] = [
        0, 3, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28, 31, 33, 35, 38, 40, 42, 45, 47, 49, 52, 54,
        56, 59, 61,
    ];
    usize::try_from(n)
        .ok()
        .and_then(|n| BITS.get(n).copied())
        .unwrap_or(n * 3)
}

fn digits(parts: &Parts) -> Digits {
    let &Parts {
        mut mantissa,
        exponent,
        significant,
    } = parts;
    let tail = i32::try_from(mantissa.trailing_zeros()).unwrap_or_default();
    let fraction_bits = 53 - tail;
    let tiny = (fraction_bits - exponent - 1).max(0);
    if (-21..=62).contains(&exponent) && tiny == 0 && fraction_bits < 64 {
        return whole(mantissa, exponent, significant);
    }
    let mut dec_exp = estimate(mantissa, exponent);
    let b5 = (-dec_exp).max(0);
    let mut b2 = b5 + tiny + exponent;
    let s5 = dec_exp.max(0);
    let mut s2 = s5 + tiny;
    let mut m2 = b2 - significant;
    mantissa >>= tail;
    b2 -= fraction_bits - 1;
    let common = b2.min(s2);
    b2 -= common;
    s2 -= common;
    m2 -= common;
    // For exact powers of two the next smaller number is only half as far away as the next greater one.
    if fraction_bits == 1 {
        m2 -= 1;
    }
    if m2 < 0 {
        b2 -= m2;
        s2 -= m2;
        m2 = 0;
    }
    let b_bits = fraction_bits + b2 + bits_of_five(b5);
    let ten_s_bits = s2 + 1 + bits_of_five(s5 + 1);
    // Java compares with > in its short arithmetic and with >= in its long one.
    let short = b_bits < 64 && ten_s_bits < 64;
    let scale = |five: i32, two: i32| -> BigInt {
        let power = u32::try_from(five).unwrap_or_default();
        BigInt::from(5).pow(power) << two
    };
    let (digits, low, high, order) = if short && m2 < 8 {
        let five = |n: i32| 5_u64.pow(u32::try_from(n).unwrap_or_default());
        let b = (mantissa * five(b5)) << b2;
        let (s, m) = (five(s5) << s2, five(b5) << m2);
        generate(&b, &s, &m, short, &mut dec_exp)
    } else if b_bits < 116 && ten_s_bits < 116 {
        let five = |n: i32| 5_u128.pow(u32::try_from(n).unwrap_or_default());
        let b = (u128::from(mantissa) * five(b5)) << b2;
        let (s, m) = (five(s5) << s2, five(b5) << m2);
        generate(&b, &s, &m, short, &mut dec_exp)
    } else {
        let b = BigInt::from(mantissa) * scale(b5, b2);
        generate(&b, &scale(s5, s2), &scale(b5, m2), short, &mut dec_exp)
    };
    let mut number = Digits {
        digits,
        point: dec_exp + 1,
    };
    let odd = number.digits.last().is_some_and(|d| d % 2 == 1);
    if high && (!low || order.is_gt() || (order.is_eq() && odd)) {
        round_up(&mut number);
    }
    number
}

/// What digit generation computes with: machine integers when they suffice.
trait Natural: Clone + Ord {
    fn ten_times(&self) -> Self;
    fn plus(&self, other: &Self) -> Self;
    fn divide(&self, by: &Self) -> (u8, Self);
}

impl Natural for u64 {
    fn ten_times(&self) -> Self {
        self.saturating_mul(10)
    }
    fn plus(&self, other: &Self) -> Self {
        self.saturating_add(*other)
    }
    fn divide(&self, by: &Self) -> (u8, Self) {
        (u8::try_from(self / by).unwrap_or(9), self % by)
    }
}

impl Natural for u128 {
    fn ten_times(&self) -> Self {
        self.saturating_mul(10)
    }
    fn plus(&self, other: &Self) -> Self {
        self.saturating_add(*other)
    }
    fn divide(&self, by: &Self) -> (u8, Self) {
        (u8::try_from(self / by).unwrap_or(9), self % by)
    }
}

impl Natural for BigInt {
    fn ten_times(&self) -> Self {
        self * 10
    }
    fn plus(&self, other: &Self) -> Self {
        self + other
    }
    fn divide(&self, by: &Self) -> (u8, Self) {
        (u8::try_from(self / by).unwrap_or(9), self % by)
    }
}

fn generate<N: Natural>(
    b: &N,
    s: &N,
    m: &N,
    short: bool,
    dec_exp: &mut i32,
) -> (Vec<u8>, bool, bool, std::cmp::Ordering) {
    let ten_s = s.ten_times();
    let reaches = |b: &N, m: &N| {
        let sum = b.plus(m);
        if short { sum > ten_s } else { sum >= ten_s }
    };
    let mut digits = Vec::with_capacity(18);
    let (q, rest) = b.divide(s);
    let (mut b, mut m) = (rest.ten_times(), m.ten_times());
    let mut low = b < m;
    let mut high = reaches(&b, &m);
    if q == 0 && !high {
        *dec_exp -= 1;
    } else {
        digits.push(q);
    }
    // The form with an exponent always has a digit after the point.
    if *dec_exp < -3 || *dec_exp >= 8 {
        (low, high) = (false, false);
    }
    while !low && !high && digits.len() < 20 {
        let (q, rest) = b.divide(s);
        b = rest.ten_times();
        m = m.ten_times();
        low = b < m;
        high = reaches(&b, &m);
        digits.push(q);
    }
    let order = b.plus(&b).cmp(&ten_s);
    (digits, low, high, order)
}

/// A number without a fraction.
fn whole(mantissa: u64, exponent: i32, significant: i32) -> Digits {
    let mut value = if exponent >= 52 {
        mantissa << (exponent - 52)
    } else {
        mantissa >> (52 - exponent)
    };
    let mut point = 0;
    if exponent > significant {
        // Digits beyond the precision are rounded away: ⌊p·log₁₀2⌋ of them.
        let spare = (exponent - significant - 1).max(0) * 30_103 / 100_000;
        let power = 10_u64.pow(u32::try_from(spare).unwrap_or_default());
        let residue = value % power;
        value = value / power + u64::from(power > 1 && residue >= power / 2);
        point += spare;
    }
    let text = value.to_string();
    let mut digits: Vec<u8> = text.bytes().map(|b| b - b'0').collect();
    point += i32::try_from(digits.len()).unwrap_or_default();
    while digits.len() > 1 && digits.last() == Some(&0) {
        digits.pop();
    }
    Digits { digits, point }
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "the logarithm of a double is a small number"
)]
fn estimate(mantissa: u64, exponent: i32) -> i32 {
    #[allow(
        clippy::approx_constant,
        reason = "Java computes with this one, which has fewer digits"
    )]
    const LOG: f64 = 0.301_029_995_663_981;
    let unit = f64::from_bits((1023 << 52) | (mantissa & ((1 << 52) - 1)));
    let log = (unit - 1.5) * 0.289_529_654 + 0.176_091_259 + f64::from(exponent) * LOG;
    log.floor() as i32
}

fn round_up(number: &mut Digits) {
    for digit in number.digits.iter_mut().rev() {
        if *digit < 9 {
            *digit += 1;
            return;
        }
        *digit = 0;
    }
    if let Some(first) = number.digits.first_mut() {
        *first = 1;
        number.point += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_fractions_have_the_digits_that_the_long_way_finds() {
        let wide = (0..2_000).map(|n| n * 319_993);
        for n in (0..40_000).chain(wide).chain(639_990_000..640_000_000) {
            let d = f64::from(n) / 64.0;
            let bits = d.to_bits();
            let biased = i32::try_from(bits >> 52).unwrap();
            let long = print(false, false, bits & ((1 << 52) - 1), biased, 52, 1023);
            let mut out = String::new();
            assert!(short(d, &mut out));
            assert_eq!(out, long);
        }
        assert_eq!(
            (print_double(-0.0), print_double(-2.5)),
            ("-0.0".into(), "-2.5".into())
        );
        for other in [1e7, 0.1, f64::INFINITY, f64::NAN] {
            assert!(!short(other, &mut String::new()), "{other}");
        }
    }

    #[test]
    fn doubles_print_as_java_17_prints_them() {
        for (d, text) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (0.1, "0.1"),
            (0.1 + 0.2, "0.30000000000000004"),
            (100.0, "100.0"),
            (1e7, "1.0E7"),
            (9_999_999.0, "9999999.0"),
            (0.001, "0.001"),
            (0.0001, "1.0E-4"),
            (1.0 / 3.0, "0.3333333333333333"),
            (2.0e-3, "0.002"),
            (2e23, "1.9999999999999998E23"),
            (1.0e23, "9.999999999999999E22"),
            (4.9e-324, "4.9E-324"),
            (f64::MAX, "1.7976931348623157E308"),
            (9.99 * 2.0, "19.98"),
            (f64::INFINITY, "Infinity"),
        ] {
            assert_eq!(print_double(d), text);
        }
        assert_eq!(print_float(0.1), "0.1");
        assert_eq!(print_float(16_777_216.0), "1.6777216E7");
    }
}
