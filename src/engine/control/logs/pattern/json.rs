//! Patterns for events of JSON: `{ ($.a.b = "x*") && ($.n[0] >= 5 || $.gone NOT EXISTS) }`.

use serde_json::Value;

use super::Reader;
use super::test::{self, Test};

/// How deep parentheses may stand in each other.
const MAX_DEPTH: usize = 64;

/// A condition on a JSON document.
#[derive(Debug)]
pub(crate) enum Condition {
    And(Vec<Self>),
    Or(Vec<Self>),
    Where(Vec<Step>, Wanted),
}

/// A step of a selector.
#[derive(Debug)]
pub(crate) enum Step {
    Member(String),
    Element(usize),
    AnyElement,
}

/// What is wanted of a selected value.
#[derive(Debug)]
pub(crate) enum Wanted {
    Test(Test),
    Null,
    Is(bool),
    Absent,
    Present,
}

pub(super) fn parse(text: &str) -> Result<Condition, String> {
    let mut reader = Reader::new(text);
    let condition = or(&mut reader, 0)?;
    if reader.is_at_end() {
        Ok(condition)
    } else {
        reader.unexpected()
    }
}

fn or(reader: &mut Reader<'_>, depth: usize) -> Result<Condition, String> {
    let mut all = vec![and(reader, depth)?];
    while reader.take("||") {
        all.push(and(reader, depth)?);
    }
    Ok(single(all, Condition::Or))
}

fn and(reader: &mut Reader<'_>, depth: usize) -> Result<Condition, String> {
    let mut all = vec![primary(reader, depth)?];
    while reader.take("&&") {
        all.push(primary(reader, depth)?);
    }
    Ok(single(all, Condition::And))
}

fn single(mut all: Vec<Condition>, several: fn(Vec<Condition>) -> Condition) -> Condition {
    match all.pop() {
        Some(only) if all.is_empty() => only,
        Some(last) => {
            all.push(last);
            several(all)
        }
        None => several(all),
    }
}

fn primary(reader: &mut Reader<'_>, depth: usize) -> Result<Condition, String> {
    if reader.take("(") {
        if depth == MAX_DEPTH {
            return Err("Invalid filter pattern: too many parentheses".to_owned());
        }
        let inner = or(reader, depth + 1)?;
        return if reader.take(")") {
            Ok(inner)
        } else {
            reader.unexpected()
        };
    }
    if !reader.take("$") {
        return reader.unexpected();
    }
    let steps = selector(reader)?;
    let wanted = if let Some(test) = test::read(reader, &[')', '&', '|'])? {
        Wanted::Test(test)
    } else if word(reader, "IS") {
        if word(reader, "NULL") {
            Wanted::Null
        } else if word(reader, "TRUE") {
            Wanted::Is(true)
        } else if word(reader, "FALSE") {
            Wanted::Is(false)
        } else {
            return reader.unexpected();
        }
    } else if word(reader, "NOT") && word(reader, "EXISTS") {
        Wanted::Absent
    } else if word(reader, "EXISTS") {
        Wanted::Present
    } else {
        return reader.unexpected();
    };
    Ok(Condition::Where(steps, wanted))
}

/// A word of the language; they are written in capitals, and taken in any letters.
fn word(reader: &mut Reader<'_>, wanted: &str) -> bool {
    reader.skip_blanks();
    let head = reader.rest.get(..wanted.len());
    let found = head.is_some_and(|head| head.eq_ignore_ascii_case(wanted));
    if found {
        reader.rest = reader.rest.get(wanted.len()..).unwrap_or_default();
    }
    found
}

fn selector(reader: &mut Reader<'_>) -> Result<Vec<Step>, String> {
    let mut steps = Vec::new();
    loop {
        if let Some(rest) = reader.rest.strip_prefix(".[") {
            reader.rest = rest;
            steps.push(bracket(reader)?);
        } else if let Some(rest) = reader.rest.strip_prefix('[') {
            reader.rest = rest;
            steps.push(bracket(reader)?);
        } else if let Some(rest) = reader.rest.strip_prefix('.') {
            reader.rest = rest;
            let name = reader.take_until(|c| !(c.is_alphanumeric() || "_-@:".contains(c)));
            if name.is_empty() {
                return reader.unexpected();
            }
            steps.push(Step::Member(name.to_owned()));
        } else {
            return Ok(steps);
        }
    }
}

fn bracket(reader: &mut Reader<'_>) -> Result<Step, String> {
    let step = if reader.take("\"") {
        Step::Member(reader.take_quoted('"')?)
    } else if reader.take("'") {
        Step::Member(reader.take_quoted('\'')?)
    } else if reader.take("*") {
        Step::AnyElement
    } else {
        let number = reader.take_until(|c| !c.is_ascii_digit());
        match number.parse() {
            Ok(index) => Step::Element(index),
            Err(_) => return reader.unexpected(),
        }
    };
    if reader.take("]") {
        Ok(step)
    } else {
        reader.unexpected()
    }
}

impl Condition {
    pub(super) fn matches(&self, document: &Value) -> bool {
        match self {
            Self::And(all) => all.iter().all(|c| c.matches(document)),
            Self::Or(all) => all.iter().any(|c| c.matches(document)),
            Self::Where(steps, wanted) => {
                let mut found = Vec::new();
                select(document, steps, &mut found);
                match wanted {
                    Wanted::Absent => found.is_empty(),
                    Wanted::Present => !found.is_empty(),
                    Wanted::Null => found.iter().any(|value| value.is_null()),
                    Wanted::Is(flag) => found.iter().any(|value| value.as_bool() == Some(*flag)),
                    Wanted::Test(test) => found.iter().any(|value| test.holds(value)),
                }
            }
        }
    }
}

fn select<'a>(value: &'a Value, steps: &[Step], found: &mut Vec<&'a Value>) {
    let Some((step, rest)) = steps.split_first() else {
        found.push(value);
        return;
    };
    match step {
        Step::Member(name) => {
            if let Some(inner) = value.get(name) {
                select(inner, rest, found);
            }
        }
        Step::Element(index) => {
            if let Some(inner) = value.get(*index) {
                select(inner, rest, found);
            }
        }
        Step::AnyElement => {
            for inner in value.as_array().into_iter().flatten() {
                select(inner, rest, found);
            }
        }
    }
}
