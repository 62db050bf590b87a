//! Patterns of terms: `ERROR`, `"an exact phrase"`, `?one ?other`, `-without`, `%regular expression%`.

use fancy_regex::Regex;

use super::Reader;
use super::test::regex;

/// The terms of a pattern.
#[derive(Debug, Default)]
pub(crate) struct Terms {
    all: Vec<Term>,
    /// Looked at only where there are no plain terms.
    any: Vec<Term>,
    none: Vec<Term>,
}

#[derive(Debug)]
enum Term {
    Text(String),
    Pattern(Box<Regex>),
}

impl Term {
    fn is_in(&self, message: &str) -> bool {
        match self {
            Self::Text(text) => message.contains(text.as_str()),
            Self::Pattern(regex) => regex.is_match(message).unwrap_or(false),
        }
    }
}

pub(super) fn parse(text: &str) -> Result<Terms, String> {
    let mut reader = Reader::new(text);
    let mut terms = Terms::default();
    while !reader.is_at_end() {
        let group = if reader.take("?") {
            &mut terms.any
        } else if reader.take("-") {
            &mut terms.none
        } else {
            &mut terms.all
        };
        let term = if reader.take("\"") {
            Term::Text(reader.take_quoted('"')?)
        } else if reader.take("%") {
            Term::Pattern(regex(&reader.take_quoted('%')?)?)
        } else {
            let word = reader.take_until(char::is_whitespace);
            // What has other characters must be quoted.
            if word.is_empty() || !word.chars().all(|c| c.is_alphanumeric() || c == '_') {
                return Err(format!("Invalid character(s) in term '{word}'"));
            }
            Term::Text(word.to_owned())
        };
        group.push(term);
    }
    Ok(terms)
}

impl Terms {
    pub(super) fn matches(&self, message: &str) -> bool {
        let is_in = |term: &Term| term.is_in(message);
        let wanted = if self.all.is_empty() && !self.any.is_empty() {
            self.any.iter().any(is_in)
        } else {
            self.all.iter().all(is_in)
        };
        wanted && !self.none.iter().any(is_in)
    }
}
