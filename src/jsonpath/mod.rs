//! `JSONPath` as Jayway's JsonPath 2.0.0 means it: what API Gateway's `$input.path` and parameter mapping use (`spec/vtl.md` §1).
//!
//! Later versions and other dialects read many paths differently; what looks odd here was found in the library itself.

mod compile;
mod filter;
mod read;

use std::fmt;

use crate::java::{Printer, Value, json, text};

use filter::Filter;

/// A compiled path, shared by all requests that use it.
#[derive(Debug)]
pub struct Path {
    /// Whether it is just `$`: the only path that a document other than an object or a list has.
    whole: bool,
    tokens: Vec<Token>,
    /// Whether the path starts at the document (`$`), not at the element that a filter looks at (`@`).
    root: bool,
    definite: bool,
}

/// A path that can't be compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathError {
    path: String,
    problem: &'static str,
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a JSON path: {}", self.path, self.problem)
    }
}

impl std::error::Error for PathError {}

/// Why a path gives no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadError {
    /// Nothing is there.
    NotFound,
    /// A filter failed on a value, or the search took too long.
    Failed(String),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("nothing is at this path"),
            Self::Failed(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for ReadError {}

/// One step of a path.
#[derive(Debug)]
enum Token {
    /// `$`
    Root,
    /// `.name`, `['name']`
    Property(Box<str>),
    /// `['a','b']`
    Properties(Vec<Box<str>>),
    /// `[0]`, `[0,1]`, `[1:]`, `[:1]`, `[1:2]`, `[(@.length-1)]`
    Array(Vec<i32>, Operation),
    /// `*`
    Wildcard,
    /// `..`
    Scan,
    /// `[?(…)]`
    Filter(Filter),
    /// `[?]`: a filter that only a program could supply.
    MissingFilter,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Single,
    Sequence,
    From,
    To,
    Between,
    FromEnd,
    /// Neither of them: fails when read.
    None,
}

impl Token {
    fn is_definite(&self) -> bool {
        match self {
            Self::Root | Self::Property(_) | Self::Properties(_) => true,
            Self::Array(_, operation) => {
                matches!(operation, Operation::Single | Operation::FromEnd)
            }
            _ => false,
        }
    }
}

impl Path {
    /// Compiles a path; one that doesn't start with `$` or `@` gets `$.` put before it.
    pub fn compile(path: &str) -> Result<Self, PathError> {
        compile::path(path, 0).map_err(|problem| PathError {
            path: path.to_owned(),
            problem,
        })
    }

    /// Whether the path is just `$`, all of the document.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    /// Whether the path names one place at most. Others give a list.
    #[must_use]
    pub fn is_definite(&self) -> bool {
        self.definite
    }

    /// What is at the path in a document, which may be null. `budget` is the number of steps that the search may take; what it took is subtracted.
    pub fn read(&self, document: &Value, budget: &mut u64) -> Result<Option<Value>, ReadError> {
        read::read(self, document, budget)
    }

    /// What is at the path in a payload, as the text that parameter mapping passes on: strings as they are, other values as compact JSON.
    /// `None` when nothing or null is there, or the payload isn't JSON.
    #[must_use]
    pub fn text_in(&self, payload: &str) -> Option<String> {
        let document = json::parse(if payload.is_empty() { "{}" } else { payload }).ok()?;
        let mut budget = 1_000_000;
        let value = match &document {
            Value::Map(_) | Value::List(_) => self.read(&document, &mut budget).ok()??,
            _ => self.whole.then_some(document)?,
        };
        match value {
            Value::Null => None,
            Value::Str(text) => Some(text::encoded(text.to_string())),
            value => {
                let mut out = String::new();
                Printer::new(&mut out, 1 << 20)
                    .json(&value, json::Style::Plain)
                    .ok()?;
                Some(text::encoded(out))
            }
        }
    }
}

#[cfg(test)]
mod tests;
