//! What happens while a template renders, told step by step.

use super::Span;

/// Is told each step of a rendering, in order. Without one, rendering does no work for it.
pub trait Tracer {
    /// One step.
    fn step(&mut self, step: Step<'_>);
}

/// One step of a rendering. Spans are of the template's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// Plain text of the template was written.
    Text {
        /// Where it stands.
        span: Span,
        /// What was written.
        output: &'a str,
    },
    /// A reference was written.
    Reference {
        /// Where it stands.
        span: Span,
        /// The reference as the template has it: the data that the output came from.
        source: &'a str,
        /// What was written; empty when the reference had no value.
        output: &'a str,
        /// Whether there was a value at all.
        found: bool,
    },
    /// An `#if`, `#elseif` or `#else` was decided.
    Branch {
        /// Its condition; for `#else` the directive.
        span: Span,
        /// Whether its block renders.
        taken: bool,
    },
    /// A `#foreach` starts a turn.
    Turn {
        /// The directive.
        span: Span,
        /// The turn, from 1.
        count: usize,
        /// The loop variable.
        name: &'a str,
        /// The element, printed.
        value: &'a str,
    },
    /// A `#set` stored a value, or left the old one because the right side had none.
    Assign {
        /// The directive.
        span: Span,
        /// The left side.
        target: &'a str,
        /// The value, printed.
        value: &'a str,
        /// Whether it was stored.
        stored: bool,
    },
    /// A macro is called.
    Macro {
        /// The call.
        span: Span,
        /// Its name.
        name: &'a str,
    },
}
