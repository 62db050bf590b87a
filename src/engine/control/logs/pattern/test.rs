//! One comparison, as JSON and space-delimited patterns have them: `= 4*`, `!= "x y"`, `> 1000`, `= %re%`.

use fancy_regex::Regex;
use serde_json::Value;

use super::Reader;

/// A comparison with a constant.
#[derive(Debug)]
pub(crate) struct Test {
    operator: Operator,
    operand: Operand,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug)]
enum Operand {
    /// As it was written, beside its value: a field of text equals it as text.
    Number(f64, String),
    /// Text whose `*` stand for anything; quoted text may have them too.
    Text(String),
    Pattern(Box<Regex>),
}

/// The operators, longer ones first.
const OPERATORS: [(&str, Operator); 6] = [
    ("!=", Operator::Unequal),
    ("<=", Operator::LessOrEqual),
    (">=", Operator::GreaterOrEqual),
    ("=", Operator::Equal),
    ("<", Operator::Less),
    (">", Operator::Greater),
];

/// The comparison that comes next, if one does. `ends` are the characters that end an unquoted value beside blanks.
pub(super) fn read(reader: &mut Reader<'_>, ends: &[char]) -> Result<Option<Test>, String> {
    let mut operators = OPERATORS.iter();
    let Some((_, operator)) = operators.find(|(text, _)| reader.take(text)) else {
        return Ok(None);
    };
    let operand = if reader.take("\"") {
        Operand::Text(reader.take_quoted('"')?)
    } else if reader.take("%") {
        Operand::Pattern(regex(&reader.take_quoted('%')?)?)
    } else {
        reader.skip_blanks();
        let word = reader.take_until(|c| c.is_whitespace() || ends.contains(&c));
        if word.is_empty() {
            return reader.unexpected();
        }
        match word.parse() {
            Ok(number) => Operand::Number(number, word.to_owned()),
            Err(_) => Operand::Text(word.to_owned()),
        }
    };
    let ordered = !matches!(operator, Operator::Equal | Operator::Unequal);
    if ordered && !matches!(operand, Operand::Number(..)) {
        return Err("Invalid filter pattern: <, <=, > and >= compare with numbers".to_owned());
    }
    let operator = *operator;
    Ok(Some(Test { operator, operand }))
}

/// A regular expression between `%`.
pub(super) fn regex(text: &str) -> Result<Box<Regex>, String> {
    Regex::new(text).map(Box::new).map_err(|error| {
        format!("Invalid filter pattern: %{text}% is no regular expression: {error}")
    })
}

impl Test {
    /// Whether a JSON value passes; objects and arrays never do.
    pub(super) fn holds(&self, value: &Value) -> bool {
        match value {
            Value::Object(_) | Value::Array(_) | Value::Null => false,
            Value::Number(number) => match (&self.operand, number.as_f64()) {
                (Operand::Number(wanted, _), Some(number)) => self.compare(number, *wanted),
                _ => self.equal(&number.to_string()),
            },
            Value::String(text) => match &self.operand {
                Operand::Number(_, written) => self.decided(text == written),
                _ => self.equal(text),
            },
            Value::Bool(flag) => self.equal(if *flag { "true" } else { "false" }),
        }
    }

    /// Whether a field of text passes: it is a number if it reads as one.
    pub(super) fn holds_text(&self, text: &str) -> bool {
        match (&self.operand, text.parse()) {
            (Operand::Number(wanted, _), Ok(number)) => self.compare(number, *wanted),
            (Operand::Number(..), Err(_)) => self.operator == Operator::Unequal,
            _ => self.equal(text),
        }
    }

    #[allow(
        clippy::float_cmp,
        reason = "a pattern names the very number that it wants"
    )]
    fn compare(&self, number: f64, wanted: f64) -> bool {
        match self.operator {
            Operator::Equal => number == wanted,
            Operator::Unequal => number != wanted,
            Operator::Less => number < wanted,
            Operator::LessOrEqual => number <= wanted,
            Operator::Greater => number > wanted,
            Operator::GreaterOrEqual => number >= wanted,
        }
    }

    fn equal(&self, text: &str) -> bool {
        let equal = match &self.operand {
            Operand::Number(_, written) => text == written,
            Operand::Text(wanted) => glob(wanted, text),
            Operand::Pattern(regex) => regex.is_match(text).unwrap_or(false),
        };
        self.decided(equal)
    }

    fn decided(&self, equal: bool) -> bool {
        match self.operator {
            Operator::Equal => equal,
            Operator::Unequal => !equal,
            _ => false,
        }
    }
}

/// Whether `text` is what `pattern` says, whose `*` stand for anything.
fn glob(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let Some(last) = pattern.contains('*').then(|| parts.next_back()).flatten() else {
        return rest.is_empty();
    };
    for part in parts {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = rest.get(at + part.len()..).unwrap_or_default();
    }
    rest.ends_with(last)
}
