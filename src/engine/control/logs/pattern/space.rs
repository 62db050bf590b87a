//! Patterns for space-delimited events: `[ip, user, ..., status=4*, bytes>1000]`.

use super::Reader;
use super::test::{self, Test};

/// The fields of a pattern.
#[derive(Debug)]
pub(crate) struct Fields(Vec<Field>);

#[derive(Debug)]
enum Field {
    /// `...`: any number of words.
    Skip,
    /// One word: alternatives of which each wants all its tests to hold; none for any word.
    Word(Vec<Vec<Test>>),
}

pub(super) fn parse(text: &str) -> Result<Fields, String> {
    let mut reader = Reader::new(text);
    let mut fields = Vec::new();
    loop {
        if reader.take("...") {
            fields.push(Field::Skip);
        } else {
            fields.push(Field::Word(word(&mut reader)?));
        }
        if reader.take(",") {
            continue;
        }
        return if reader.is_at_end() {
            Ok(Fields(fields))
        } else {
            reader.unexpected()
        };
    }
}

/// The conditions of one field, each of which names it: `w1=ERROR || w1=WARN`.
fn word(reader: &mut Reader<'_>) -> Result<Vec<Vec<Test>>, String> {
    let mut alternatives: Vec<Vec<Test>> = vec![Vec::new()];
    loop {
        reader.skip_blanks();
        let name = reader.take_until(|c| !(c.is_alphanumeric() || "_-.".contains(c)));
        if name.is_empty() {
            return reader.unexpected();
        }
        let test = test::read(reader, &[',', '&', '|'])?;
        let plain = test.is_none();
        if let (Some(test), Some(all)) = (test, alternatives.last_mut()) {
            all.push(test);
        }
        if !plain && reader.take("&&") {
            continue;
        }
        if !plain && reader.take("||") {
            alternatives.push(Vec::new());
            continue;
        }
        return Ok(alternatives);
    }
}

impl Fields {
    pub(super) fn matches(&self, message: &str) -> bool {
        fits(&self.0, &words(message))
    }
}

fn fits(fields: &[Field], words: &[&str]) -> bool {
    // A second `...` has no meaning in the service; here the first that fits counts.
    match fields.split_first() {
        None => words.is_empty(),
        Some((Field::Skip, rest)) if !rest.iter().any(|f| matches!(f, Field::Skip)) => {
            let at = words.len().checked_sub(rest.len());
            at.is_some_and(|at| fits(rest, words.get(at..).unwrap_or_default()))
        }
        Some((Field::Skip, rest)) => {
            (0..=words.len()).any(|at| fits(rest, words.get(at..).unwrap_or_default()))
        }
        Some((Field::Word(alternatives), rest)) => {
            let Some((word, words)) = words.split_first() else {
                return false;
            };
            let wanted = alternatives
                .iter()
                .any(|all| all.iter().all(|test| test.holds_text(word)));
            wanted && fits(rest, words)
        }
    }
}

/// The words of an event; what stands in brackets or quotes is one.
fn words(message: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = message.trim_start();
    while let Some(first) = rest.chars().next() {
        let close = match first {
            '[' => Some(']'),
            '"' => Some('"'),
            _ => None,
        };
        let inner = close.and_then(|close| rest.get(1..)?.split_once(close));
        let (word, after) = inner.unwrap_or_else(|| {
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            rest.split_at(end)
        });
        words.push(word);
        rest = after.trim_start();
    }
    words
}
