//! Where and why a template failed.

use std::fmt;

/// A range of bytes in a template's text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    /// The first byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    pub(crate) fn new(start: usize, end: usize) -> Self {
        let at = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self {
            start: at(start),
            end: at(end),
        }
    }

    /// The text that the span covers in `template`; empty when it doesn't fit.
    #[must_use]
    pub fn of(self, template: &str) -> &str {
        template
            .get(self.start as usize..self.end as usize)
            .unwrap_or_default()
    }
}

/// What kind of failure ended a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The template isn't valid VTL: it can't be saved or deployed with success.
    Syntax,
    /// A method that the template called threw an exception.
    Method,
    /// The engine failed on a value: an index out of range, macros that call themselves without end.
    Runtime,
    /// The payload isn't JSON, not even loosely read.
    Payload,
    /// `#parse` or `#include`: there are no other templates to load.
    Resource,
    /// A limit of [`Limits`](super::Limits) was reached.
    Limit,
}

impl ErrorKind {
    /// The word for it in messages: `parse`, `method`, `runtime`, `payload`, `resource`, `limit`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Syntax => "parse",
            Self::Method => "method",
            Self::Runtime => "runtime",
            Self::Payload => "payload",
            Self::Resource => "resource",
            Self::Limit => "limit",
        }
    }
}

/// A template that can't be parsed or rendered: what is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateError {
    /// What failed.
    pub kind: ErrorKind,
    /// The part of the template that failed.
    pub span: Span,
    /// Line of its first character, from 1.
    pub line: u32,
    /// Column of its first character, from 1, in characters.
    pub column: u32,
    /// What is wrong and, where there is one, what to do.
    pub message: String,
}

impl TemplateError {
    pub(crate) fn new(
        kind: ErrorKind,
        template: &str,
        span: Span,
        message: impl Into<String>,
    ) -> Self {
        let before = template.get(..span.start as usize).unwrap_or(template);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let newlines = before.matches('\n').count();
        let columns = before[line_start..].chars().count();
        Self {
            kind,
            span,
            line: count(newlines + 1),
            column: count(columns + 1),
            message: message.into(),
        }
    }

    /// The template's line where the error is, and under it a caret for each character of the span on that line.
    #[must_use]
    pub fn excerpt(&self, template: &str) -> String {
        let number = self.line.to_string();
        let line = template
            .split('\n')
            .nth(self.line.saturating_sub(1) as usize)
            .unwrap_or_default()
            .trim_end_matches('\r');
        let before = self.column.saturating_sub(1) as usize;
        let indent: String = line
            .chars()
            .take(before)
            .map(|c| if c == '\t' { '\t' } else { ' ' })
            .collect();
        let covered = self.span.of(template);
        let carets = covered
            .split(['\n', '\r'])
            .next()
            .map_or(1, |part| part.chars().count().max(1));
        format!(
            "{number} | {line}\n{:width$} | {indent}{}",
            "",
            "^".repeat(carets),
            width = number.len()
        )
    }
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "line {}, column {}: {}",
            self.line, self.column, self.message
        )
    }
}

impl std::error::Error for TemplateError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_points_at_the_characters_of_the_span() {
        let template = "žluť\n\té $x.y(";
        let at = template.find("$x").unwrap();
        let error = TemplateError::new(
            ErrorKind::Syntax,
            template,
            Span::new(at, at + 4),
            "not closed",
        );
        assert_eq!((error.line, error.column), (2, 4));
        assert_eq!(error.to_string(), "line 2, column 4: not closed");
        assert_eq!(error.excerpt(template), "2 | \té $x.y(\n  | \t  ^^^^");
    }

    #[test]
    fn an_error_at_the_end_has_a_caret_after_the_text() {
        let error = TemplateError::new(ErrorKind::Syntax, "a$", Span::new(2, 2), "unfinished");
        assert_eq!(error.excerpt("a$"), "1 | a$\n  |   ^");
    }
}
