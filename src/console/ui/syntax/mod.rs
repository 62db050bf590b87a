//! Colours of templates and JSON: syntax definitions of our own, run line by line, scopes to meanings.
//!
//! Each line's end state is kept. After an edit parsing goes on from the edited line until the states are again as before, and never
//! further than to the last line on screen (`style/terminal.md` 3.2). The definitions are loaded when a text is first coloured, which
//! is after the first frame.

use std::ops::Range;
use std::sync::OnceLock;

use syntect::parsing::{
    ParseState, ScopeStack, SyntaxDefinition, SyntaxReference, SyntaxSet, SyntaxSetBuilder,
};

use super::theme::Meaning;
use super::widgets::editor::Span;

/// A language that we have colours for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// A mapping template: Velocity in JSON.
    Template,
    /// JSON.
    Json,
}

impl Language {
    fn name(self) -> &'static str {
        match self {
            Self::Template => "VTL",
            Self::Json => "JSON",
        }
    }
}

/// The definitions; nothing if they can't be read, which a test rules out: then there are no colours.
fn syntaxes() -> Option<&'static SyntaxSet> {
    static LOADED: OnceLock<Option<SyntaxSet>> = OnceLock::new();
    let load = || {
        let mut builder = SyntaxSetBuilder::new();
        for text in [
            include_str!("vtl.sublime-syntax"),
            include_str!("json.sublime-syntax"),
        ] {
            builder.add(SyntaxDefinition::load_from_str(text, false, None).ok()?);
        }
        Some(builder.build())
    };
    LOADED.get_or_init(load).as_ref()
}

fn definition(language: Language) -> Option<(&'static SyntaxSet, &'static SyntaxReference)> {
    let set = syntaxes()?;
    Some((set, set.find_syntax_by_name(language.name())?))
}

/// What a scope means, the innermost first. Scopes that aren't here have no colour of their own.
const MEANINGS: &[(&str, Meaning)] = &[
    ("comment", Meaning::Comment),
    ("keyword", Meaning::Keyword),
    ("constant.language", Meaning::Keyword),
    ("constant.numeric", Meaning::Number),
    ("variable", Meaning::Reference),
    // In a template references are what one looks for: member names stay plain beside them.
    ("name.member.template", Meaning::Text),
    ("name.member", Meaning::Reference),
    ("string", Meaning::String),
];

fn meaning(stack: &ScopeStack) -> Meaning {
    let mut scopes = stack.as_slice().iter().rev();
    scopes
        .find_map(|scope| {
            let name = scope.build_string();
            let hit = MEANINGS.iter().find(|(prefix, _)| {
                name.strip_prefix(prefix)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            });
            hit.map(|(_, meaning)| *meaning)
        })
        .unwrap_or(Meaning::Text)
}

/// Bytes of the longest line that is coloured: nobody wrote longer ones by hand, and parsing them would be felt at each key.
const LONGEST: usize = 4_000;

/// Where parsing stands between two lines.
#[derive(Clone, Debug, PartialEq)]
struct State {
    parse: ParseState,
    scopes: ScopeStack,
}

#[derive(Clone, Debug)]
struct Line {
    text: String,
    before: State,
    after: State,
    /// In characters, with a meaning other than plain text.
    runs: Vec<(Range<usize>, Meaning)>,
}

/// The colours of one text, kept up to date line by line.
#[derive(Clone, Debug)]
pub struct Highlighter {
    language: Language,
    /// The first lines, as far as they were on screen.
    lines: Vec<Line>,
    /// How many lines the text had.
    total: usize,
    parsed: usize,
}

impl Highlighter {
    /// Colours for texts in this language; nothing is loaded yet.
    #[must_use]
    pub fn new(language: Language) -> Self {
        Self {
            language,
            lines: Vec::new(),
            total: 0,
            parsed: 0,
        }
    }

    /// The coloured pieces of the lines in `window`.
    pub fn spans(&mut self, lines: &[String], window: Range<usize>) -> Vec<Span> {
        let end = window.end.min(lines.len());
        self.follow(lines, end);
        let shown = self.lines.get(window.start..end).unwrap_or_default();
        shown
            .iter()
            .zip(window.start..)
            .flat_map(|(line, at)| line.runs.iter().map(move |(run, m)| (at, run.clone(), *m)))
            .collect()
    }

    /// How many lines were parsed so far.
    #[cfg(test)]
    fn parsed(&self) -> usize {
        self.parsed
    }

    /// Brings the lines before `end` up to date.
    fn follow(&mut self, lines: &[String], end: usize) {
        let Some((set, syntax)) = definition(self.language) else {
            return;
        };
        let same = self.lines.iter().zip(lines);
        let same = same.take_while(|(line, text)| line.text == **text).count();
        let total = std::mem::replace(&mut self.total, lines.len());
        if same >= end && same == self.lines.len() {
            return;
        }
        // Lines after an edit are the same as before, further up or down.
        let old = self.lines.split_off(same);
        let removed = total.saturating_sub(lines.len());
        let added = lines.len().saturating_sub(total);
        let mut old: Vec<Option<Line>> = old.into_iter().map(Some).collect();
        let mut state = match self.lines.last() {
            Some(line) => line.after.clone(),
            None => State {
                parse: ParseState::new(syntax),
                scopes: ScopeStack::new(),
            },
        };
        for (at, text) in lines.iter().enumerate().take(end).skip(same) {
            let was = (at - same + removed).checked_sub(added);
            let known = was.and_then(|was| old.get_mut(was)).filter(|line| {
                line.as_ref()
                    .is_some_and(|l| l.text == *text && l.before == state)
            });
            let line = known.and_then(Option::take).unwrap_or_else(|| {
                self.parsed += 1;
                parse(text, state, set)
            });
            state = line.after.clone();
            self.lines.push(line);
        }
    }
}

fn parse(text: &str, before: State, set: &SyntaxSet) -> Line {
    let mut after = before.clone();
    if text.len() > LONGEST {
        return Line {
            text: text.to_owned(),
            before,
            after,
            runs: Vec::new(),
        };
    }
    // A line that can't be parsed has no colours; the next goes on from here.
    let operations = after.parse.parse_line(text, set).unwrap_or_default();
    let mut runs: Vec<(Range<usize>, Meaning)> = Vec::new();
    let (mut byte, mut column) = (0, 0);
    let ends = operations
        .iter()
        .map(|(at, operation)| (*at, Some(operation)))
        .chain([(text.len(), None)]);
    for (at, operation) in ends {
        if at > byte {
            let width = text.get(byte..at).map_or(0, |piece| piece.chars().count());
            let meaning = meaning(&after.scopes);
            match runs.last_mut() {
                Some((run, last)) if *last == meaning && run.end == column => run.end += width,
                _ if meaning == Meaning::Text => {}
                _ => runs.push((column..column + width, meaning)),
            }
            (byte, column) = (at, column + width);
        }
        if let Some(operation) = operation {
            // Only a pop from an empty stack fails: then it stays empty.
            let _ = after.scopes.apply(operation);
        }
    }
    Line {
        text: text.to_owned(),
        before,
        after,
        runs,
    }
}

#[cfg(test)]
mod tests;
