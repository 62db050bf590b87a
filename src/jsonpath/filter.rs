//! Filters: `[?(@.price < 10 && @.title =~ /.*x/i)]`.

use std::cmp::Ordering;

use crate::java::regex::Pattern;
use crate::java::{Decimal, Printer, Value, print_double, text};

use super::read::{Miss, Reader};
use super::{Path, compile};

/// A filter. Jayway reads the operators from right to left, without precedence.
#[derive(Debug)]
pub(super) enum Filter {
    One(Criterion),
    All(Vec<Filter>),
    Either(Box<Filter>, Box<Filter>),
}

#[derive(Debug)]
pub(super) enum Criterion {
    Exists(Path, bool),
    Compare(Operand, Operator, Operand),
}

#[derive(Debug)]
pub(super) enum Operand {
    Path(Path),
    Text(Box<str>),
    Pattern(Pattern),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Matches,
}

/// In the order in which Jayway looks for them.
const OPERATORS: [(&str, Operator); 7] = [
    ("==", Operator::Equal),
    (">=", Operator::GreaterOrEqual),
    ("<=", Operator::LessOrEqual),
    ("!=", Operator::NotEqual),
    ("<", Operator::Less),
    (">", Operator::Greater),
    ("=~", Operator::Matches),
];

const BACKTRACKS: usize = 100_000;

type Problem = &'static str;

pub(super) fn parse(text: &str, depth: usize) -> Result<Filter, Problem> {
    const FORM: Problem = "a filter must have the form `[?(…)]`";
    let trim = crate::java::text::trim;
    let inner = trim(text)
        .strip_prefix('[')
        .and_then(|t| t.strip_suffix(']'))
        .map(trim)
        .and_then(|t| t.strip_prefix('?'))
        .map(trim)
        .filter(|t| t.starts_with('(') && t.ends_with(')') && t.len() >= 2)
        .map(|t| trim(&t[1..t.len() - 1]))
        .ok_or(FORM)?;
    let mut operators = Vec::new();
    let mut criteria = Vec::new();
    for part in split(inner) {
        match trim(part) {
            "&&" => operators.push(true),
            "||" => operators.push(false),
            other => criteria.push(criterion(other, depth)?),
        }
    }
    let missing: Problem = "a filter has an operator without a side";
    let mut root = Filter::One(criteria.pop().ok_or(missing)?);
    while let Some(and) = operators.pop() {
        let next = Filter::One(criteria.pop().ok_or(missing)?);
        root = if and {
            root.and(next)
        } else {
            Filter::Either(Box::new(root), Box::new(next))
        };
    }
    if criteria.is_empty() {
        Ok(root)
    } else {
        Err("a filter has conditions without an operator between them")
    }
}

/// Cuts before and after each `&&` and `||`, quoted or not.
fn split(text: &str) -> Vec<&str> {
    let bytes = text.as_bytes();
    let operator = |at: usize| matches!(bytes.get(at..at + 2), Some(b"&&" | b"||"));
    let mut parts = Vec::new();
    let mut from = 0;
    for at in 1..bytes.len() {
        if operator(at) || at >= 2 && operator(at - 2) {
            parts.push(&text[from..at]);
            from = at;
        }
    }
    parts.push(&text[from..]);
    parts
}

fn criterion(text: &str, depth: usize) -> Result<Criterion, Problem> {
    let text = text.trim_start_matches(['[', '?', '(', ' ']);
    let text = text.trim_end_matches([')', ' ']);
    if text.is_empty() {
        return Err("a filter has an empty condition");
    }
    let trim = crate::java::text::trim;
    let found = OPERATORS
        .iter()
        .find_map(|(sign, operator)| text.find(sign).map(|at| (at, *sign, *operator)));
    let Some((at, sign, operator)) = found else {
        let text = trim(text);
        let (path, exists) = match text.strip_prefix('!') {
            Some(path) if path.starts_with('@') => (path, false),
            _ => (text, true),
        };
        if !path.starts_with(['$', '@']) {
            return Err("a filter's condition has no operator");
        }
        return Ok(Criterion::Exists(definite(path, depth)?, exists));
    };
    let left = operand(trim(&text[..at]), depth)?;
    let right = trim(&text[at + sign.len()..]);
    if right.starts_with("!@") {
        return Err("`!` can only ask whether something is missing: [?(!@.name)]");
    }
    Ok(Criterion::Compare(left, operator, operand(right, depth)?))
}

fn definite(path: &str, depth: usize) -> Result<Path, Problem> {
    let path = compile::path(path, depth)?;
    if path.definite {
        Ok(path)
    } else {
        Err("a path in a filter must name one place")
    }
}

fn operand(text: &str, depth: usize) -> Result<Operand, Problem> {
    if text.starts_with(['$', '@']) || text.starts_with("!@") {
        let path = text.strip_prefix('!').unwrap_or(text);
        return Ok(Operand::Path(definite(path, depth)?));
    }
    if text.starts_with('\'') && text.ends_with('\'') {
        if text.len() < 2 {
            return Err("a string in a filter is not closed");
        }
        return Ok(Operand::Text(text[1..text.len() - 1].into()));
    }
    if text.starts_with('/') && (text.ends_with('/') || text.ends_with("/i")) {
        let last = text.rfind('/').unwrap_or(0);
        if last == 0 {
            return Err("a pattern in a filter is not closed");
        }
        let pattern = Pattern::new(&text[1..last], text.ends_with('i'), BACKTRACKS)
            .map_err(|_| "a pattern in a filter is no regular expression")?;
        return Ok(Operand::Pattern(pattern));
    }
    Ok(Operand::Text(text.into()))
}

impl Filter {
    fn and(self, other: Self) -> Self {
        match self {
            Self::All(mut filters) => {
                filters.push(other);
                Self::All(filters)
            }
            Self::Either(left, right) => {
                Self::Either(left, Box::new(Self::All(vec![*right, other])))
            }
            one @ Self::One(_) => Self::All(vec![one, other]),
        }
    }

    pub(super) fn accepts(&self, item: &Value, reader: &mut Reader<'_>) -> Result<bool, Miss> {
        reader.step()?;
        match self {
            Self::One(criterion) => criterion.holds(item, reader),
            Self::All(filters) => {
                for filter in filters {
                    if !filter.accepts(item, reader)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Self::Either(left, right) => {
                Ok(left.accepts(item, reader)? || right.accepts(item, reader)?)
            }
        }
    }
}

/// A side of a comparison with its value.
enum Side<'f> {
    Value(Value),
    Pattern(&'f Pattern),
}

impl Criterion {
    fn holds(&self, item: &Value, reader: &mut Reader<'_>) -> Result<bool, Miss> {
        match self {
            // Even a path from the root looks at the element here.
            Self::Exists(path, wanted) => match reader.inner(path, item, true) {
                Ok(value) => Ok(value.is_null() != *wanted),
                Err(Miss::NotFound) => Ok(!wanted),
                Err(other) => Err(other),
            },
            Self::Compare(left, operator, right) => {
                let held = left
                    .value(item, reader)
                    .and_then(|left| Ok((left, right.value(item, reader)?)))
                    .and_then(|(model, expected)| compare(*operator, &expected, &model));
                match held {
                    Err(Miss::NotFound) => Ok(false),
                    other => other,
                }
            }
        }
    }
}

impl Operand {
    fn value(&self, item: &Value, reader: &mut Reader<'_>) -> Result<Side<'_>, Miss> {
        Ok(match self {
            Self::Path(path) => {
                let document = if path.root {
                    reader.root.clone()
                } else {
                    item.clone()
                };
                Side::Value(reader.inner(path, &document, false)?)
            }
            Self::Text(text) => Side::Value(Value::text(text)),
            Self::Pattern(pattern) => Side::Pattern(pattern),
        })
    }
}

fn compare(operator: Operator, expected: &Side<'_>, model: &Side<'_>) -> Result<bool, Miss> {
    if operator == Operator::Matches {
        let (pattern, target) = match (expected, model) {
            (target, Side::Pattern(pattern)) | (Side::Pattern(pattern), target) => {
                (*pattern, target)
            }
            _ => return Err(Miss::Failed("`=~` needs a pattern between slashes".into())),
        };
        let text = match target {
            Side::Value(Value::Null) | Side::Pattern(_) => return Ok(false),
            Side::Value(value) => printed(value)?,
        };
        // The pattern is the template's own; its backtracking has a bound of its own.
        let mut unbounded = u64::MAX;
        return pattern
            .matches(&text, &mut unbounded)
            .map_err(|failed| Miss::Failed(failed.0.into()));
    }
    let null = |side: &Side<'_>| matches!(side, Side::Value(Value::Null));
    let ordered = !matches!(operator, Operator::Equal | Operator::NotEqual);
    if ordered && null(expected) != null(model) {
        return Ok(false);
    }
    // What can't be compared makes every comparison false, even `!=`.
    let Some(order) = safe_compare(expected, model)? else {
        return Ok(false);
    };
    Ok(match operator {
        Operator::Equal => order.is_eq(),
        Operator::NotEqual => order.is_ne(),
        Operator::Greater => order.is_lt(),
        Operator::GreaterOrEqual => order.is_le(),
        Operator::Less => order.is_gt(),
        _ => order.is_ge(),
    })
}

fn printed(value: &Value) -> Result<String, Miss> {
    let mut out = String::new();
    Printer::new(&mut out, 1 << 20)
        .print(value)
        .map_err(|_| Miss::Failed("a value is too long for a pattern".into()))?;
    Ok(out)
}

fn decimal(value: &Value) -> Result<Decimal, Miss> {
    let text = match value {
        Value::Double(d) => print_double(*d),
        Value::Str(text) => text.to_string(),
        other => printed(other)?,
    };
    Decimal::parse(&text)
        .ok_or_else(|| Miss::Failed(format!("a filter compares a number with `{text}`")))
}

fn safe_compare(left: &Side<'_>, right: &Side<'_>) -> Result<Option<Ordering>, Miss> {
    let nullish = |side: &Side<'_>| match side {
        Side::Value(Value::Null) => true,
        Side::Value(Value::Str(text)) => &**text == "null",
        _ => false,
    };
    match (nullish(left), nullish(right)) {
        (true, true) => return Ok(Some(Ordering::Equal)),
        (true, false) => return Ok(Some(Ordering::Less)),
        (false, true) => return Ok(Some(Ordering::Greater)),
        _ => {}
    }
    let (Side::Value(left), Side::Value(right)) = (left, right) else {
        return Ok(None);
    };
    Ok(match (left, right) {
        (Value::Str(left), Value::Str(right)) => {
            let left = left.replace("\\'", "'");
            Some(text::units(&left).cmp(text::units(right)))
        }
        (Value::Str(left), Value::Bool(right)) => {
            Some(left.eq_ignore_ascii_case("true").cmp(right))
        }
        (Value::Bool(left), Value::Bool(right)) => Some(left.cmp(right)),
        (left, right) if right.is_number() && (left.is_number() || left.as_str().is_some()) => {
            Some(decimal(left)?.compare(&decimal(right)?))
        }
        (Value::List(left), Value::List(right)) if std::rc::Rc::ptr_eq(left, right) => {
            Some(Ordering::Equal)
        }
        (Value::Map(left), Value::Map(right)) if std::rc::Rc::ptr_eq(left, right) => {
            Some(Ordering::Equal)
        }
        _ => None,
    })
}
