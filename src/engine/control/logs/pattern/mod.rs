//! Filter patterns: which events a reader wants to see.
//!
//! Facts: `spec/cloudwatch-logs.md` §3. Three languages, told apart by their first character: terms, `{ JSON selectors }`, and
//! `[space, delimited, fields]`. All of them are case-sensitive.

mod json;
mod space;
mod terms;
mod test;
#[cfg(test)]
mod tests;

use self::json::Condition;
use self::space::Fields;
use self::terms::Terms;

/// A compiled filter pattern.
#[derive(Debug)]
pub(super) enum Pattern {
    All,
    Terms(Terms),
    Json(Condition),
    Space(Fields),
}

impl Pattern {
    /// Compiles a pattern; the error says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if let Some(inner) = text.strip_prefix('{') {
            let inner = inner
                .strip_suffix('}')
                .ok_or("Invalid filter pattern: a pattern for JSON events ends with }")?;
            return json::parse(inner).map(Self::Json);
        }
        if let Some(inner) = text.strip_prefix('[') {
            let inner = inner.strip_suffix(']').ok_or(
                "Invalid filter pattern: a pattern for space-delimited events ends with ]",
            )?;
            return space::parse(inner).map(Self::Space);
        }
        if text.is_empty() || text == "\" \"" || text == "\"\"" {
            return Ok(Self::All);
        }
        terms::parse(text).map(Self::Terms)
    }

    /// Whether an event of this text is wanted.
    pub(super) fn matches(&self, message: &str) -> bool {
        match self {
            Self::All => true,
            Self::Terms(terms) => terms.matches(message),
            Self::Json(condition) => {
                serde_json::from_str(message).is_ok_and(|value| condition.matches(&value))
            }
            Self::Space(fields) => fields.matches(message),
        }
    }
}

/// Reads a pattern from left to right.
struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }

    /// Takes `wanted` if that comes next, blanks aside.
    fn take(&mut self, wanted: &str) -> bool {
        self.skip_blanks();
        match self.rest.strip_prefix(wanted) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Takes what comes before the first character that `ends` says isn't part of it.
    fn take_until(&mut self, ends: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(ends).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    /// The text up to `close`, which is taken too; a backslash takes what stands behind it as it is.
    fn take_quoted(&mut self, close: char) -> Result<String, String> {
        let mut text = String::new();
        let mut chars = self.rest.char_indices();
        while let Some((at, c)) = chars.next() {
            if c == close {
                self.rest = self.rest.get(at + c.len_utf8()..).unwrap_or_default();
                return Ok(text);
            }
            if c != '\\' || close == '%' {
                text.push(c);
            } else if let Some((_, escaped)) = chars.next() {
                text.push(escaped);
            }
        }
        Err(format!("Invalid filter pattern: {close} is missing"))
    }

    fn is_at_end(&mut self) -> bool {
        self.skip_blanks();
        self.rest.is_empty()
    }

    fn unexpected<T>(&self) -> Result<T, String> {
        let next: String = self.rest.chars().take(20).collect();
        Err(format!("Invalid filter pattern: can't read '{next}'"))
    }
}
