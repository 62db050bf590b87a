//! Statements: what Velocity's grammar makes of the tokens.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::lexer::{Kind, Lexer, Token};
use super::tree::{Block, Branch, Expr, Known, Macros, Names, Node, Part, Piece, Program, Slot};
use super::{ErrorKind, Limits, Span};

/// A failure that doesn't know its template's text yet.
pub(super) type Fault = Box<(ErrorKind, Span, Cow<'static, str>)>;

/// What all parts of a template add to: its strings are templates too.
pub(super) struct Builder<'l> {
    pub(super) names: Names,
    pub(super) macros: Macros,
    pub(super) evaluates: bool,
    pub(super) limits: &'l Limits,
    pub(super) depth: usize,
    /// Tokens that may still be looked at ahead; nested brackets can make that exponential.
    pub(super) scans: u32,
    /// The template's text.
    pub(super) source: &'l str,
    /// Whether the text is still there when the template renders.
    pub(super) kept: Kept,
    /// Tokens of a text that is done: room for the next one's.
    tokens: Vec<Token>,
    /// What belongs to blocks, references and lists that aren't complete yet, the innermost last: each takes its own from the end.
    nodes: Vec<Node>,
    pub(super) branches: Vec<Branch>,
    pub(super) parts: Vec<Part>,
    pub(super) values: Vec<Expr>,
}

/// Whether a text is still there when the template renders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    Yes,
    /// An evaluated text isn't.
    No,
}

/// Where a piece of text stands in the template.
#[derive(Clone, Copy)]
pub(super) enum Place {
    /// Its first byte is this byte of the template.
    At(u32),
    /// Somewhere in here: quotes or escapes were resolved.
    Within(Span),
}

/// Parses a whole template with the names and macros that are known already.
pub(super) fn program(
    text: &str,
    limits: &Limits,
    names: Names,
    macros: Macros,
    kept: Kept,
) -> Result<Program, Fault> {
    let mut builder = Builder {
        source: text,
        tokens: Vec::new(),
        names,
        macros,
        evaluates: false,
        limits,
        depth: 0,
        scans: 1_000_000,
        kept,
        nodes: Vec::with_capacity(32),
        branches: Vec::new(),
        parts: Vec::with_capacity(8),
        values: Vec::with_capacity(8),
    };
    let kept = if kept == Kept::Yes { text.len() } else { 0 };
    let block = Parser::new(text, Place::At(0), kept, &mut builder).template()?;
    if builder.evaluates {
        // What is evaluated may ask for these, wherever it stands.
        for name in ["foreach", "velocityCount", "velocityHasNext"] {
            builder.names.slot(name);
        }
    }
    Ok(Program {
        block,
        known: Known::of(&builder.names),
        names: builder.names,
        macros: builder.macros,
    })
}

pub(super) struct Parser<'a, 'b, 'l> {
    pub(super) text: &'a str,
    place: Place,
    /// How many bytes of the text stand in the template just so, and are still there when it renders.
    kept: u32,
    pub(super) lexer: Lexer<'a>,
    pub(super) tokens: Vec<Token>,
    /// The next token to consume.
    pub(super) at: usize,
    /// Texts of tokens that Velocity changes while it reads: escapes are taken off references.
    pub(super) changed: BTreeMap<usize, Box<str>>,
    pub(super) builder: &'b mut Builder<'l>,
}

impl<'a, 'b, 'l> Parser<'a, 'b, 'l> {
    pub(super) fn new(
        text: &'a str,
        place: Place,
        kept: usize,
        builder: &'b mut Builder<'l>,
    ) -> Self {
        let mut tokens = std::mem::take(&mut builder.tokens);
        tokens.reserve(text.len() / 3 + 4);
        Self {
            text,
            place,
            kept: u32::try_from(kept).unwrap_or_default(),
            lexer: Lexer::new(text),
            tokens,
            at: 0,
            changed: BTreeMap::new(),
            builder,
        }
    }

    pub(super) fn template(mut self) -> Result<Block, Fault> {
        let block = self.block()?;
        match self.kind(0)? {
            Kind::Eof => {
                self.tokens.clear();
                self.builder.tokens = self.tokens;
                Ok(block)
            }
            Kind::End | Kind::Else | Kind::ElseIf => {
                self.unexpected("there is no open #if, #foreach or other block here")
            }
            _ => self.unexpected("this can't stand here"),
        }
    }

    // Tokens.

    /// The kind of the token `ahead` of the next one; cut only now.
    #[inline]
    pub(super) fn kind(&mut self, ahead: usize) -> Result<Kind, Fault> {
        self.kind_at(self.at + ahead)
    }

    #[inline]
    pub(super) fn kind_at(&mut self, index: usize) -> Result<Kind, Fault> {
        match self.tokens.get(index) {
            Some(token) => Ok(token.kind),
            None => self.cut(index),
        }
    }

    fn cut(&mut self, index: usize) -> Result<Kind, Fault> {
        while self.tokens.len() <= index {
            // At the end it stays.
            if self.tokens.last().is_some_and(|t| t.kind == Kind::Eof) {
                return Ok(Kind::Eof);
            }
            if let Err(error) = self.lexer.next_token(&mut self.tokens) {
                let (kind, span, problem) = *error;
                let span = self.placed(span);
                return Err(Box::new((kind, span, Cow::Borrowed(problem))));
            }
        }
        Ok(self.tokens[index].kind)
    }

    pub(super) fn take(&mut self) -> Result<usize, Fault> {
        self.kind(0)?;
        self.at += 1;
        Ok(self.at - 1)
    }

    pub(super) fn expect(&mut self, kind: Kind, problem: &'static str) -> Result<usize, Fault> {
        if self.kind(0)? == kind {
            self.take()
        } else {
            self.unexpected(problem)
        }
    }

    pub(super) fn skip(&mut self, kind: Kind) -> Result<(), Fault> {
        if self.kind(0)? == kind {
            self.at += 1;
        }
        Ok(())
    }

    pub(super) fn unexpected<T>(&mut self, problem: &'static str) -> Result<T, Fault> {
        let kind = self.kind(0)?;
        let index = self.at.min(self.tokens.len().saturating_sub(1));
        let span = self.tokens[index].span();
        let found = if kind == Kind::Eof {
            "the end of the template".into()
        } else {
            let image = self.image(index);
            format!("`{}`", image.trim_end_matches(['\n', '\r']))
        };
        let message = format!("found {found}: {problem}");
        Err(Box::new((
            ErrorKind::Syntax,
            self.placed(span),
            message.into(),
        )))
    }

    #[allow(clippy::unused_self, reason = "reads as `unexpected` does")]
    pub(super) fn fault<T>(&self, span: Span, problem: &'static str) -> Result<T, Fault> {
        Err(Box::new((ErrorKind::Syntax, span, problem.into())))
    }

    /// A span of this text as one of the whole template.
    pub(super) fn placed(&self, span: Span) -> Span {
        match self.place {
            Place::At(0) => span,
            Place::At(offset) => Span {
                start: span.start.saturating_add(offset),
                end: span.end.saturating_add(offset),
            },
            Place::Within(span) => span,
        }
    }

    /// From one token to another, both included.
    pub(super) fn span(&self, from: usize, to: usize) -> Span {
        let at = |n: usize| {
            self.tokens
                .get(n)
                .map_or(Span::default(), |token| token.span())
        };
        self.placed(Span {
            start: at(from).start,
            end: at(to).end.max(at(from).start),
        })
    }

    /// A token's text as Velocity has it.
    pub(super) fn image(&self, index: usize) -> &str {
        if let Some(image) = self.changed.get(&index) {
            return image;
        }
        let span = self
            .tokens
            .get(index)
            .map_or(Span::default(), |token| token.span());
        span.of(self.text)
    }

    /// A token's text as it stands in the template.
    pub(super) fn raw(&self, index: usize) -> &'a str {
        let span = self
            .tokens
            .get(index)
            .map_or(Span::default(), |token| token.span());
        span.of(self.text)
    }

    /// A part of this text.
    pub(super) fn piece(&self, span: Span) -> Piece {
        if span.end <= self.kept {
            Piece::At(self.placed(span))
        } else {
            Piece::Own(span.of(self.text).into())
        }
    }

    /// What was kept before a token.
    fn special(&self, token: &Token) -> Option<&str> {
        self.lexer.special(token)
    }

    /// The texts of tokens `from..to`, with what was kept before each when `special`.
    pub(super) fn literal(&self, from: usize, to: usize, special: bool) -> Piece {
        let to = to.min(self.tokens.len());
        let range = self.tokens.get(from..to).unwrap_or_default();
        let plain = self.changed.range(from..).next().is_none()
            && range.iter().all(|t| !t.is_special() && !is_comment(t.kind));
        if let ([first, ..], Some(last), true) = (range, range.last(), plain) {
            // Without changes the tokens follow each other in the template.
            return self.piece(Span {
                start: first.start,
                end: last.end,
            });
        }
        let mut out = String::new();
        for index in from..to {
            let token = &self.tokens[index];
            if token.kind == Kind::BlockComment && special {
                continue;
            }
            if let Some(text) = self.special(token).filter(|_| special) {
                out.push_str(text);
            }
            out.push_str(self.image(index));
        }
        out.into()
    }

    pub(super) fn deeper<T>(
        &mut self,
        inner: impl FnOnce(&mut Self) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        if self.builder.depth >= self.builder.limits.depth {
            let index = self.at.min(self.tokens.len().saturating_sub(1));
            let message = format!("nested deeper than {} levels", self.builder.limits.depth);
            let span = self.span(index, index);
            return Err(Box::new((ErrorKind::Limit, span, message.into())));
        }
        self.builder.depth += 1;
        let result = inner(self);
        self.builder.depth -= 1;
        result
    }

    // Statements.

    pub(super) fn block(&mut self) -> Result<Block, Fault> {
        let first = self.builder.nodes.len();
        while self.statement(first)? {}
        Ok(self.builder.nodes.drain(first..).collect())
    }

    /// Parses one statement; `false` when none comes next. The block's statements are those from `first` on.
    fn statement(&mut self, first: usize) -> Result<bool, Fault> {
        match self.kind(0)? {
            Kind::If => {
                let node = self.deeper(Self::condition)?;
                self.builder.nodes.push(node);
            }
            Kind::Identifier => {
                let node = Node::Reference(self.reference()?);
                self.builder.nodes.push(node);
            }
            Kind::ReferenceLeftCurly if self.kind(1)? == Kind::Identifier => {
                let node = Node::Reference(self.reference()?);
                self.builder.nodes.push(node);
            }
            Kind::LineComment => {
                self.comment(first)?;
                self.skip(Kind::LineCommentEnd)?;
            }
            Kind::BlockComment | Kind::FormalComment => self.comment(first)?,
            Kind::TextBlock => {
                let index = self.take()?;
                let image = self.image(index);
                let text = image.get(3..image.len() - 3).unwrap_or_default().into();
                self.push_text(first, text, self.span(index, index));
            }
            Kind::Set => {
                let node = self.deeper(Self::set)?;
                self.builder.nodes.push(node);
            }
            Kind::EscapedDirective => {
                let index = self.take()?;
                let text = self.escaped_directive(index);
                self.push_text(first, (&*text).into(), self.span(index, index));
                self.changed.insert(index, text.into());
            }
            Kind::DoubleEscape => self.escape(first)?,
            Kind::Word | Kind::BracketedWord => {
                let node = self.deeper(Self::directive)?;
                self.builder.nodes.extend(node);
            }
            Kind::Text
            | Kind::Dot
            | Kind::RightParen
            | Kind::LeftParen
            | Kind::Integer
            | Kind::Float
            | Kind::String
            | Kind::Escape
            | Kind::ReferenceLeftCurly
            | Kind::ReferenceRightCurly
            | Kind::EmptyIndex => {
                let index = self.take()?;
                let text = match self.special(&self.tokens[index]) {
                    Some(special) => format!("{special}{}", self.raw(index)).into(),
                    None => self.piece(self.tokens[index].span()),
                };
                self.push_text(first, text, self.span(index, index));
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// A comment prints what was cut into one token with its start: a lone `$`.
    fn comment(&mut self, first: usize) -> Result<(), Fault> {
        let index = self.take()?;
        let image = self.image(index);
        let start = image.find("##").or_else(|| image.find("#*"));
        let text = image.get(..start.unwrap_or(0)).unwrap_or_default();
        if !text.is_empty() {
            let text = text.into();
            self.push_text(first, text, self.span(index, index));
        }
        Ok(())
    }

    /// Adds text to the block whose statements are those from `first` on.
    fn push_text(&mut self, first: usize, more: Piece, next: Span) {
        let block = self.builder.nodes.get_mut(first..).unwrap_or_default();
        if let Some(Node::Text { text, span }) = block.last_mut()
            && span.end == next.start
        {
            match (&mut *text, &more) {
                (Piece::At(before), Piece::At(after)) if before.end == after.start => {
                    before.end = after.end;
                }
                _ => {
                    let source = self.builder.source;
                    *text = [text.of(source), more.of(source)].concat().into();
                }
            }
            span.end = next.end;
            return;
        }
        self.builder.nodes.push(Node::Text {
            text: more,
            span: next,
        });
    }

    /// The variable that a token names after its first character.
    pub(super) fn slot_of(&mut self, index: usize) -> Slot {
        let image = match self.changed.get(&index) {
            Some(image) => image,
            None => self.raw(index),
        };
        self.builder.names.slot(image.get(1..).unwrap_or_default())
    }

    fn is_known(&self, name: &str) -> bool {
        is_directive(name) || self.builder.macros.contains_key(name)
    }

    /// `\#name`: the word itself, and half of the backslashes when the name means something.
    fn escaped_directive(&self, index: usize) -> String {
        let image = self.image(index);
        let slash = image.rfind('\\').unwrap_or(0);
        let word = &image[slash + 1..];
        let name = word.trim_start_matches('#');
        let name = name
            .strip_prefix('{')
            .and_then(|n| n.strip_suffix('}'))
            .unwrap_or(name);
        if self.is_known(name) || matches!(name, "if" | "end" | "set" | "else" | "elseif") {
            format!("{}{word}", &image[..slash / 2])
        } else {
            image.to_owned()
        }
    }

    /// Pairs of backslashes: halved before a directive.
    fn escape(&mut self, first: usize) -> Result<(), Fault> {
        let from = self.at;
        while self.kind(0)? == Kind::DoubleEscape {
            self.at += 1;
        }
        let kind = self.kind(0)?;
        let control = matches!(kind, Kind::If | Kind::Else | Kind::ElseIf | Kind::End)
            || self
                .image(self.at)
                .chars()
                .next()
                .is_some_and(|c| self.is_known(&self.image(self.at)[c.len_utf8()..]));
        let text = if control { "\\" } else { "\\\\" }.repeat(self.at - from);
        self.push_text(first, text.into(), self.span(from, self.at - 1));
        Ok(())
    }

    pub(super) fn end_of(&mut self, start: usize, directive: &'static str) -> Result<(), Fault> {
        if self.kind(0)? == Kind::End {
            self.take()?;
            return Ok(());
        }
        if self.kind(0)? == Kind::Eof {
            let message = format!("this {directive} has no #end");
            let span = self.trimmed(start);
            return Err(Box::new((ErrorKind::Syntax, span, message.into())));
        }
        self.unexpected("#end must come first")
    }

    /// A token's span without the line end that it swallowed.
    pub(super) fn trimmed(&self, index: usize) -> Span {
        let mut span = self
            .tokens
            .get(index)
            .map_or(Span::default(), |token| token.span());
        let text = span.of(self.text);
        let blank = text.len() - text.trim_end_matches([' ', '\t', '\r', '\n']).len();
        span.end -= u32::try_from(blank).unwrap_or_default();
        self.placed(span)
    }
}

/// Comments, whose tokens don't cover all of their text.
fn is_comment(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::LineComment | Kind::BlockComment | Kind::FormalComment
    )
}

/// The directives that Velocity adds to its grammar.
pub(super) fn is_directive(name: &str) -> bool {
    matches!(
        name,
        "foreach"
            | "include"
            | "parse"
            | "macro"
            | "literal"
            | "evaluate"
            | "break"
            | "define"
            | "stop"
    )
}

/// Kinds that a value starts with, besides blanks.
pub(super) fn starts_value(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::LeftBracket
            | Kind::LeftCurly
            | Kind::String
            | Kind::True
            | Kind::False
            | Kind::Integer
            | Kind::Float
            | Kind::Identifier
            | Kind::ReferenceLeftCurly
    )
}
