//! `String.format`, with the conversions that templates use: `d x X o s S c b h f e n %`.

use crate::java::{Decimal, Other, Value, number};

/// Formats; each argument comes with its printed text, and its hash code when the pattern may ask for one. Fails as Java throws.
pub(super) fn format(
    pattern: &str,
    arguments: &[Value],
    (texts, hashes): (&[String], &[Option<Value>]),
    limit: usize,
) -> Result<String, &'static str> {
    let mut out = String::new();
    let mut next = 0;
    let mut last = 0;
    let mut rest = pattern;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let (spec, after) = Spec::read(rest)?;
        rest = after;
        match spec.conversion {
            'n' => out.push('\n'),
            '%' => spec.pad("%", &mut out),
            _ => {
                let at = match spec.index {
                    Index::Next => {
                        next += 1;
                        next - 1
                    }
                    Index::Same => last,
                    Index::Number(n) => n.checked_sub(1).ok_or("%0$ is no argument")?,
                };
                last = at;
                let (Some(argument), Some(text)) = (arguments.get(at), texts.get(at)) else {
                    return Err("an argument of the format is missing");
                };
                if matches!(spec.conversion, 'h' | 'H') && !argument.is_null() {
                    let hash = hashes.get(at).and_then(Option::as_ref);
                    let shown = format!("{:x}", hash.map_or(0, number::int));
                    let upper = spec.conversion == 'H';
                    spec.pad(&if upper { shown.to_uppercase() } else { shown }, &mut out);
                } else {
                    spec.argument(argument, text, &mut out)?;
                }
            }
        }
        if out.len() > limit {
            return Err("the result is too long");
        }
    }
    out.push_str(rest);
    Ok(out)
}

enum Index {
    Next,
    Same,
    Number(usize),
}

struct Spec<'a> {
    index: Index,
    flags: &'a str,
    width: usize,
    precision: Option<usize>,
    conversion: char,
}

/// Wider fields aren't filled: nobody needs them and they cost memory.
const WIDTH_LIMIT: usize = 100_000;

impl<'a> Spec<'a> {
    fn read(text: &'a str) -> Result<(Self, &'a str), &'static str> {
        const UNKNOWN: &str = "the format has an unknown conversion";
        let digits = |s: &str| s.bytes().take_while(u8::is_ascii_digit).count();
        let mut rest = text;
        let mut index = Index::Next;
        let n = digits(rest);
        if n > 0 && rest[n..].starts_with('$') {
            index = Index::Number(rest[..n].parse().map_err(|_| UNKNOWN)?);
            rest = &rest[n + 1..];
        } else if let Some(after) = rest.strip_prefix('<') {
            index = Index::Same;
            rest = after;
        }
        let n = rest.bytes().take_while(|b| b"-#+ 0,(".contains(b)).count();
        let flags = &rest[..n];
        rest = &rest[n..];
        let n = digits(rest);
        let width = if n == 0 {
            0
        } else {
            rest[..n].parse().map_err(|_| UNKNOWN)?
        };
        rest = &rest[n..];
        let mut precision = None;
        if let Some(after) = rest.strip_prefix('.') {
            let n = digits(after);
            precision = Some(after[..n].parse().map_err(|_| UNKNOWN)?);
            rest = &after[n..];
        }
        let conversion = rest.chars().next().ok_or(UNKNOWN)?;
        if !"dxXosScCbBfeEn%hH".contains(conversion) {
            return Err(UNKNOWN);
        }
        if width > WIDTH_LIMIT || precision.is_some_and(|p| p > WIDTH_LIMIT) {
            return Err("the format's field is too wide");
        }
        if width == 0 && flags.contains(['-', '0']) {
            return Err("the format's flag needs a width");
        }
        let spec = Self {
            index,
            flags,
            width,
            precision,
            conversion,
        };
        Ok((spec, &rest[conversion.len_utf8()..]))
    }

    fn pad(&self, text: &str, out: &mut String) {
        let blanks = self.width.saturating_sub(text.chars().count());
        if self.flags.contains('-') {
            out.push_str(text);
            out.push_str(&" ".repeat(blanks));
        } else {
            out.push_str(&" ".repeat(blanks));
            out.push_str(text);
        }
    }

    fn argument(&self, value: &Value, text: &str, out: &mut String) -> Result<(), &'static str> {
        const MISFIT: &str = "an argument doesn't fit its conversion in the format";
        let lower = self.conversion.to_ascii_lowercase();
        let shown = match lower {
            's' | 'c' | 'b' => {
                let text = match (lower, value) {
                    ('c', Value::Null) => "null".to_owned(),
                    ('c', Value::Int(code)) => u32::try_from(*code)
                        .ok()
                        .and_then(char::from_u32)
                        .ok_or(MISFIT)?
                        .to_string(),
                    ('c', Value::Other(o)) if matches!(**o, Other::Char(_)) => text.to_owned(),
                    ('c', _) => return Err(MISFIT),
                    ('b', Value::Bool(b)) => b.to_string(),
                    ('b', value) => (!value.is_null()).to_string(),
                    _ => text.to_owned(),
                };
                match self.precision {
                    Some(n) => text.chars().take(n).collect(),
                    None => text,
                }
            }
            _ if value.is_null() => "null".to_owned(),
            'd' => {
                if !value.is_number() || is_fraction(value) {
                    return Err(MISFIT);
                }
                self.signed(&number::big(value).to_string())
            }
            'x' | 'o' => {
                if !value.is_number() || is_fraction(value) {
                    return Err(MISFIT);
                }
                let digits = match (value, lower) {
                    (Value::Int(n), 'x') => format!("{n:x}"),
                    (Value::Int(n), _) => format!("{n:o}"),
                    (_, 'x') => format!("{:x}", number::long(value)),
                    _ => format!("{:o}", number::long(value)),
                };
                self.zeros(&digits)
            }
            'f' => {
                if !is_fraction(value) {
                    return Err(MISFIT);
                }
                let places = self.precision.unwrap_or(6);
                self.signed(&rounded(value, text, places))
            }
            'e' => {
                if !is_fraction(value) {
                    return Err(MISFIT);
                }
                let places = self.precision.unwrap_or(6);
                let shown = format!("{:.places$e}", number::double(value));
                let (mantissa, power) = shown.split_once('e').unwrap_or((&shown, "0"));
                let power: i32 = power.parse().unwrap_or_default();
                let sign = if power < 0 { '-' } else { '+' };
                self.signed(&format!("{mantissa}e{sign}{:02}", power.abs()))
            }
            _ => return Err(MISFIT),
        };
        let upper = self.conversion.is_ascii_uppercase();
        self.pad(&if upper { shown.to_uppercase() } else { shown }, out);
        Ok(())
    }

    /// Flags of numbers: sign, grouping, zeros.
    fn signed(&self, digits: &str) -> String {
        let (negative, digits) = match digits.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, digits),
        };
        let mut digits = digits.to_owned();
        if self.flags.contains(',') {
            let (whole, fraction) = match digits.find('.') {
                Some(at) => digits.split_at(at),
                None => (digits.as_str(), ""),
            };
            let mut grouped = String::new();
            for (n, digit) in whole.chars().enumerate() {
                if n > 0 && (whole.len() - n) % 3 == 0 {
                    grouped.push(',');
                }
                grouped.push(digit);
            }
            digits = grouped + fraction;
        }
        let brackets = negative && self.flags.contains('(');
        let sign = match negative {
            true if brackets => "(",
            true => "-",
            false if self.flags.contains('+') => "+",
            false if self.flags.contains(' ') => " ",
            false => "",
        };
        if self.flags.contains('0') {
            let used = sign.len() + digits.len() + usize::from(brackets);
            digits = "0".repeat(self.width.saturating_sub(used)) + &digits;
        }
        format!("{sign}{digits}{}", if brackets { ")" } else { "" })
    }

    fn zeros(&self, digits: &str) -> String {
        let prefix = match (self.flags.contains('#'), self.conversion) {
            (true, 'x' | 'X') => "0x",
            (true, _) => "0",
            _ => "",
        };
        if self.flags.contains('0') {
            let zeros = self.width.saturating_sub(digits.len() + prefix.len());
            return format!("{prefix}{}{digits}", "0".repeat(zeros));
        }
        format!("{prefix}{digits}")
    }
}

fn is_fraction(value: &Value) -> bool {
    match value {
        Value::Double(_) => true,
        Value::Other(other) => matches!(**other, Other::Float(_) | Other::Decimal(_)),
        _ => false,
    }
}

/// Java rounds the printed digits half up, not the exact binary value.
fn rounded(value: &Value, text: &str, places: usize) -> String {
    if !number::double(value).is_finite() {
        return text.to_owned();
    }
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let Some(plain) = Decimal::parse(digits).map(|d| d.plain()) else {
        return text.to_owned();
    };
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    let mut all: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
    let keep = whole.len() + places;
    let up = all.get(keep).is_some_and(|&b| b >= b'5');
    all.resize(keep, b'0');
    if up {
        let mut at = keep;
        loop {
            if at == 0 {
                all.insert(0, b'1');
                break;
            }
            at -= 1;
            if all[at] == b'9' {
                all[at] = b'0';
            } else {
                all[at] += 1;
                break;
            }
        }
    }
    let text: String = all.iter().map(|&b| char::from(b)).collect();
    let (whole, fraction) = text.split_at(text.len() - places);
    let dot = if places > 0 { "." } else { "" };
    format!("{}{whole}{dot}{fraction}", if negative { "-" } else { "" })
}
