//! The `Condition` element: operators, the values they compare with, and what a missing key means.
//!
//! Source: `spec/iam-policy.md` §2; pages "IAM JSON policy elements: Condition operators" and "Set operators for multivalued context keys".

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::Value;

use super::error::Problem;
use super::keys::Keys;
use super::pattern::{Mode, Pattern};

/// One key of one operator.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Condition {
    /// As the author wrote it.
    pub(super) operator: Box<str>,
    /// As the author wrote it.
    pub(super) key: Box<str>,
    lower: Box<str>,
    set: Option<Set>,
    if_exists: bool,
    negated: bool,
    test: Test,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Set {
    All,
    Any,
}

/// What a value is compared with; one of them must match.
#[derive(Clone, Debug, PartialEq)]
enum Test {
    Text(Vec<Pattern>),
    Number(Order, Vec<f64>),
    Date(Order, Vec<Timestamp>),
    Bool(Vec<bool>),
    Binary(Vec<Vec<u8>>),
    Address(Vec<Network>),
    Null(Vec<bool>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Order {
    /// `Equals`, `LessThan` …
    fn read(name: &str) -> Option<Self> {
        Some(match name {
            "Equals" => Self::Equal,
            "LessThan" => Self::Less,
            "LessThanEquals" => Self::LessOrEqual,
            "GreaterThan" => Self::Greater,
            "GreaterThanEquals" => Self::GreaterOrEqual,
            _ => return None,
        })
    }

    fn holds<T: PartialOrd>(self, value: &T, bound: &T) -> bool {
        match self {
            Self::Equal => value == bound,
            Self::Less => value < bound,
            Self::LessOrEqual => value <= bound,
            Self::Greater => value > bound,
            Self::GreaterOrEqual => value >= bound,
        }
    }
}

impl Condition {
    /// All conditions of a statement.
    pub(super) fn compile_all(value: &Value, variables: bool) -> Result<Vec<Self>, Problem> {
        let Value::Object(operators) = value else {
            return Err(format!("Condition must be an object, not {value}"));
        };
        let mut conditions = Vec::new();
        for (operator, keys) in operators {
            let Value::Object(keys) = keys else {
                return Err(format!("{operator} must hold an object, not {keys}"));
            };
            for (key, values) in keys {
                conditions.push(Self::compile(operator, key, values, variables)?);
            }
        }
        Ok(conditions)
    }

    fn compile(
        operator: &str,
        key: &str,
        values: &Value,
        variables: bool,
    ) -> Result<Self, Problem> {
        let (set, name) = match operator.split_once(':') {
            Some(("ForAllValues", rest)) => (Some(Set::All), rest),
            Some(("ForAnyValue", rest)) => (Some(Set::Any), rest),
            Some(_) => return Err(unknown(operator)),
            None => (None, operator),
        };
        let (name, if_exists) = match name.strip_suffix("IfExists") {
            Some(name) => (name, true),
            None => (name, false),
        };
        if name == "Null" && (if_exists || set.is_some()) {
            return Err(unknown(operator));
        }
        let values = values_of(operator, values)?;
        let (test, negated) =
            Test::compile(name, &values, variables)?.ok_or_else(|| unknown(operator))?;
        Ok(Self {
            operator: operator.into(),
            key: key.into(),
            lower: key.to_ascii_lowercase().into(),
            set,
            if_exists,
            negated,
            test,
        })
    }

    /// Whether it holds. Nothing when a policy variable has no value: then nobody can tell, and the statement doesn't apply.
    pub(super) fn holds(&self, keys: &dyn Keys) -> Option<bool> {
        if let Test::Null(wanted) = &self.test {
            let absent = keys.get(&self.lower).is_none();
            return Some(wanted.contains(&absent));
        }
        if let (Test::Address(networks), None) = (&self.test, self.set)
            && let Some(address) = keys.address(&self.lower)
        {
            return Some(networks.iter().any(|n| n.contains(address)) != self.negated);
        }
        let (mut count, mut passed, mut untold) = (0_usize, 0_usize, false);
        keys.each(&self.lower, &mut |value| {
            count += 1;
            match self.test.matches(value, keys) {
                Some(matches) => passed += usize::from(matches != self.negated),
                None => untold = true,
            }
        });
        if untold {
            return None;
        }
        if count == 0 {
            return Some(self.if_exists || self.on_nothing());
        }
        Some(match self.set {
            Some(Set::Any) => passed > 0,
            None if !self.negated => passed > 0,
            // Of several values none may match what is negated.
            Some(Set::All) | None => passed == count,
        })
    }

    fn on_nothing(&self) -> bool {
        match self.set {
            Some(Set::All) => true,
            Some(Set::Any) => false,
            None => self.negated,
        }
    }
}

fn unknown(operator: &str) -> Problem {
    format!("there is no condition operator {operator}")
}

/// Booleans and numbers are taken as their text, as IAM takes them.
fn values_of(operator: &str, value: &Value) -> Result<Vec<String>, Problem> {
    let one = |value: &Value| match value {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(_) | Value::Number(_) => Ok(value.to_string()),
        other => Err(format!("{operator} can't compare with {other}")),
    };
    match value {
        Value::Array(values) => values.iter().map(one).collect(),
        value => Ok(vec![one(value)?]),
    }
}

impl Test {
    /// The test of an operator without prefix and suffix, and whether it is negated; nothing when there is no such operator.
    fn compile(
        name: &str,
        values: &[String],
        variables: bool,
    ) -> Result<Option<(Self, bool)>, Problem> {
        let patterns = |mode| {
            let pattern = |v: &String| Pattern::compile(v, mode, variables);
            Self::Text(values.iter().map(pattern).collect())
        };
        let folded = || {
            let pattern = |v: &String| Pattern::compile(v, Mode::Text, variables).ignoring_case();
            Self::Text(values.iter().map(pattern).collect())
        };
        let simple = match name {
            "StringEquals" => Some((patterns(Mode::Text), false)),
            "StringNotEquals" => Some((patterns(Mode::Text), true)),
            "StringEqualsIgnoreCase" => Some((folded(), false)),
            "StringNotEqualsIgnoreCase" => Some((folded(), true)),
            "StringLike" => Some((patterns(Mode::Like), false)),
            "StringNotLike" => Some((patterns(Mode::Like), true)),
            "ArnEquals" | "ArnLike" => Some((patterns(Mode::Arn), false)),
            "ArnNotEquals" | "ArnNotLike" => Some((patterns(Mode::Arn), true)),
            "Bool" => Some((Self::Bool(all(values, "true or false", boolean)?), false)),
            "Null" => Some((Self::Null(all(values, "true or false", boolean)?), false)),
            "BinaryEquals" => {
                let bytes = |text: &str| STANDARD.decode(text).ok();
                Some((Self::Binary(all(values, "Base64", bytes)?), false))
            }
            "IpAddress" | "NotIpAddress" => {
                let networks = all(values, "an address or a CIDR block", Network::read)?;
                Some((Self::Address(networks), name == "NotIpAddress"))
            }
            _ => None,
        };
        if simple.is_some() {
            return Ok(simple);
        }
        if let Some(rest) = name.strip_prefix("Numeric") {
            let (order, negated) = order(rest);
            let number = |text: &str| text.trim().parse().ok();
            return order
                .map(|order| {
                    Ok((
                        Self::Number(order, all(values, "a number", number)?),
                        negated,
                    ))
                })
                .transpose();
        }
        if let Some(rest) = name.strip_prefix("Date") {
            let (order, negated) = order(rest);
            return order
                .map(|order| Ok((Self::Date(order, all(values, "a date", date)?), negated)))
                .transpose();
        }
        Ok(None)
    }

    fn matches(&self, value: &str, keys: &dyn Keys) -> Option<bool> {
        Some(match self {
            Self::Text(patterns) => {
                let mut unknown = false;
                for pattern in patterns {
                    match pattern.matches(value, keys) {
                        Some(true) => return Some(true),
                        Some(false) => {}
                        None => unknown = true,
                    }
                }
                return (!unknown).then_some(false);
            }
            Self::Number(order, bounds) => value
                .trim()
                .parse::<f64>()
                .is_ok_and(|value| bounds.iter().any(|bound| order.holds(&value, bound))),
            Self::Date(order, bounds) => {
                date(value).is_some_and(|value| bounds.iter().any(|b| order.holds(&value, b)))
            }
            Self::Bool(wanted) => boolean(value).is_some_and(|value| wanted.contains(&value)),
            Self::Binary(wanted) => STANDARD
                .decode(value)
                .is_ok_and(|value| wanted.contains(&value)),
            Self::Address(networks) => value
                .parse()
                .is_ok_and(|address| networks.iter().any(|n| n.contains(address))),
            // Asked before there is a value.
            Self::Null(_) => false,
        })
    }
}

fn order(name: &str) -> (Option<Order>, bool) {
    match name {
        "NotEquals" => (Some(Order::Equal), true),
        name => (Order::read(name), false),
    }
}

fn all<T>(
    values: &[String],
    what: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, Problem> {
    let one = |value: &String| read(value).ok_or_else(|| format!("'{value}' is not {what}"));
    values.iter().map(one).collect()
}

fn boolean(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// ISO 8601 with a day at least, or seconds since 1970.
fn date(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<i64>() {
        return Timestamp::from_second(seconds).ok();
    }
    if let Ok(time) = text.parse() {
        return Some(time);
    }
    // A day, or a time without an offset, is UTC.
    let civil: jiff::civil::DateTime = text.parse().ok()?;
    civil
        .to_zoned(jiff::tz::TimeZone::UTC)
        .ok()
        .map(|z| z.timestamp())
}

/// A block of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Network {
    address: IpAddr,
    bits: u8,
}

impl Network {
    fn read(text: &str) -> Option<Self> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address.parse().ok()?, Some(bits.parse().ok()?)),
            None => (text.parse().ok()?, None),
        };
        let width = match address {
            IpAddr::V4(_) => 32,
            IpAddr::V6(_) => 128,
        };
        let bits = bits.unwrap_or(width);
        (bits <= width).then_some(Self { address, bits })
    }

    /// An IPv4 address that came over an IPv6 socket is the IPv4 address.
    fn contains(self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let differing = own.to_bits() ^ other.to_bits();
                differing
                    .checked_shr(32 - u32::from(self.bits))
                    .unwrap_or(0)
                    == 0
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let differing = own.to_bits() ^ other.to_bits();
                differing
                    .checked_shr(128 - u32::from(self.bits))
                    .unwrap_or(0)
                    == 0
            }
            _ => false,
        }
    }
}
