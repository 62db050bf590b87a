//! Tokens, as Velocity's own tokenizer cuts them.
//!
//! Velocity's grammar has a tokenizer with states that its tokens switch, and a parser that fetches tokens only when it must decide.
//! Odd inputs mean what they mean because of that, so this tokenizer keeps the same states, the same stack of them, the same
//! "longest match wins, then the first rule", and also cuts a token only when asked.

use super::scan::{self, Match};
use super::{ErrorKind, Span};

/// What a token is; the names are those of Velocity's grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Eof,
    IndexLeft,
    IndexRight,
    LeftBracket,
    RightBracket,
    Comma,
    DoubleDot,
    Colon,
    LeftCurly,
    RightCurly,
    LeftParen,
    RightParen,
    MethodEnd,
    EscapedDirective,
    Set,
    LineComment,
    LineCommentEnd,
    DoubleEscape,
    Escape,
    Text,
    FormalComment,
    BlockComment,
    TextBlock,
    Whitespace,
    String,
    True,
    False,
    Minus,
    Plus,
    Multiply,
    Divide,
    Modulo,
    And,
    Or,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
    Not,
    Assign,
    End,
    If,
    ElseIf,
    Else,
    Integer,
    Float,
    Word,
    BracketedWord,
    Identifier,
    Dot,
    ReferenceLeftCurly,
    ReferenceRightCurly,
    EmptyIndex,
    /// Ends a reference or a `#` that is none; goes before the next token.
    Terminator,
    /// More of the token to come: `$`, `#`, `#[[`, `#*`.
    More(More),
    /// Thrown away: what stands in a comment.
    Skip,
}

/// How an unfinished token goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum More {
    Dollar,
    TextBlock,
    FormalComment,
    BlockComment,
    Hash,
    Char,
}

/// What the tokenizer is in the middle of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Default,
    Reference,
    Modifier,
    Arguments,
    Index,
    Directive,
    PreDirective,
    TextBlock,
    BlockComment,
    FormalComment,
    LineComment,
}

/// One token: the range of its text, and what stands before it that belongs to no token.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: u32,
    pub(super) end: u32,
    /// The number, from 1, of what stands before it; few tokens have it.
    special: u32,
}

impl Token {
    pub(super) fn span(self) -> Span {
        Span {
            start: self.start,
            end: self.end,
        }
    }

    /// Whether something is kept before it.
    pub(super) fn is_special(self) -> bool {
        self.special > 0
    }
}

/// Why no token could be cut.
pub(super) type LexError = Box<(ErrorKind, Span, &'static str)>;

pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
    state: State,
    stack: Vec<(u32, u32, State)>,
    open: u32,
    closed: u32,
    in_comment: bool,
    /// Inside `#set( … )`; the parser takes it back.
    pub(super) in_set: bool,
    /// `$` and `#` that turned out to be plain text, with their backslashes: printed before a text token.
    specials: Vec<String>,
    /// Whether the last of them belongs to the next token.
    special: bool,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            state: State::Default,
            stack: Vec::new(),
            open: 0,
            closed: 0,
            in_comment: false,
            in_set: false,
            specials: Vec::new(),
            special: false,
        }
    }

    /// What was kept before a token.
    pub(super) fn special(&self, token: &Token) -> Option<&str> {
        let at = (token.special as usize).checked_sub(1)?;
        self.specials.get(at).map(String::as_str)
    }

    /// The parser found a directive's name.
    pub(super) fn enter_directive(&mut self) {
        self.state = State::Directive;
    }

    /// Whether blanks and a `(` come next.
    pub(super) fn parenthesis_follows(&self) -> bool {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        rest.iter()
            .find(|b| !matches!(b, b' ' | b'\n' | b'\r' | b'\t'))
            .is_some_and(|&b| b == b'(')
    }

    fn push(&mut self) {
        self.stack.push((self.open, self.closed, self.state));
        self.open = 0;
    }

    /// Returns to the state below; at the bottom that is plain text.
    pub(super) fn pop(&mut self) -> bool {
        if let Some((open, closed, state)) = self.stack.pop() {
            self.open = open;
            self.closed = closed;
            self.state = state;
            true
        } else {
            self.open = 0;
            self.state = State::Default;
            false
        }
    }

    /// Cuts the next token, to where it shall lie: handing it on would cost more than cutting it.
    pub(super) fn next_token(&mut self, tokens: &mut Vec<Token>) -> Result<(), LexError> {
        'token: loop {
            let start = self.at;
            if start >= self.text.len() {
                self.token(tokens, Kind::Eof, start, start);
                return Ok(());
            }
            loop {
                let Some(Match { kind, len }) = scan::longest(self.state, self.text, self.at)
                else {
                    return self.unexpected(start);
                };
                self.at += len;
                match kind {
                    Kind::Skip => continue 'token,
                    Kind::Terminator => {
                        self.keep_special(start);
                        self.at -= len;
                        self.pop();
                        continue 'token;
                    }
                    Kind::More(more) => {
                        self.more(more, len);
                        if self.at >= self.text.len() {
                            return self.unexpected(start);
                        }
                    }
                    _ => {
                        self.finish(tokens, kind, start);
                        return Ok(());
                    }
                }
            }
        }
    }

    #[cold]
    fn unexpected<T>(&self, start: usize) -> Result<T, LexError> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let span = Span::new(
            start,
            self.at + rest.chars().next().map_or(0, char::len_utf8),
        );
        let problem = if self.at < self.text.len() {
            "this character doesn't belong here"
        } else if self.in_comment {
            "the comment or text block is not closed"
        } else {
            "the template ends in the middle of a reference or directive; a last `$` or `#` can't stand alone"
        };
        Err(Box::new((ErrorKind::Syntax, span, problem)))
    }

    fn token(&mut self, tokens: &mut Vec<Token>, kind: Kind, start: usize, end: usize) {
        let span = Span::new(start, end);
        let special = if self.special {
            u32::try_from(self.specials.len()).unwrap_or_default()
        } else {
            0
        };
        self.special = false;
        tokens.push(Token {
            kind,
            start: span.start,
            end: span.end,
            special,
        });
    }

    /// Actions of an unfinished token.
    fn more(&mut self, more: More, len: usize) {
        if self.in_comment {
            return;
        }
        match more {
            More::Dollar => {
                if self.state == State::Reference {
                    self.pop();
                }
                self.push();
                self.state = State::Reference;
            }
            More::Hash => {
                if matches!(self.state, State::Reference | State::Modifier) {
                    self.pop();
                }
                self.push();
                self.state = State::PreDirective;
            }
            More::TextBlock => self.comment(State::TextBlock),
            More::BlockComment => self.comment(State::BlockComment),
            More::FormalComment => {
                // The character after `#**` only tells that it isn't `#**#`.
                self.at -= len - 3;
                self.comment(State::FormalComment);
            }
            More::Char => {}
        }
    }

    fn comment(&mut self, state: State) {
        self.in_comment = true;
        self.push();
        self.state = state;
    }

    /// Actions of a finished token.
    fn finish(&mut self, tokens: &mut Vec<Token>, kind: Kind, start: usize) {
        let (mut token_start, mut token_end) = (start, self.at);
        match kind {
            Kind::IndexLeft => {
                self.push();
                self.state = State::Index;
            }
            Kind::IndexRight | Kind::ReferenceRightCurly | Kind::End | Kind::Else => {
                self.pop();
            }
            Kind::LeftParen => {
                self.open += 1;
                if self.state == State::Modifier {
                    self.state = State::Arguments;
                }
            }
            Kind::RightParen => self.close(),
            Kind::MethodEnd => self.state = State::Reference,
            Kind::Set => {
                self.push();
                self.in_set = true;
                self.state = State::Directive;
                self.open += 1;
            }
            Kind::LineComment if !self.in_comment => {
                if self.state == State::Reference {
                    self.pop();
                }
                self.comment(State::LineComment);
            }
            Kind::LineCommentEnd | Kind::FormalComment | Kind::BlockComment | Kind::TextBlock => {
                self.in_comment = false;
                self.pop();
            }
            Kind::String if self.state == State::Directive && !self.in_set && self.open == 0 => {
                self.pop();
            }
            Kind::Integer => {
                if self.text.as_bytes()[start..token_end].ends_with(b"..") {
                    token_end -= 2;
                    self.at -= 2;
                }
                let inside = matches!(self.state, State::Arguments | State::Index);
                if self.open == 0 && !self.in_set && !inside {
                    self.pop();
                }
            }
            Kind::Float if self.open == 0 && !self.in_set && self.state != State::Arguments => {
                self.pop();
            }
            Kind::If | Kind::ElseIf => self.state = State::Directive,
            Kind::Dot => {
                // The letter after the dot belongs to the name.
                self.at -= 1;
                token_end -= 1;
                token_start = token_end - 1;
                self.state = State::Modifier;
            }
            _ => {}
        }
        self.token(tokens, kind, token_start, token_end);
    }

    /// `)` closes the innermost state that has an open `(`.
    fn close(&mut self) {
        if self.in_comment {
            return;
        }
        loop {
            if self.open > 0 {
                if self.open == self.closed + 1 {
                    self.pop();
                } else {
                    self.closed += 1;
                }
                return;
            }
            if !self.pop() {
                return;
            }
        }
    }

    /// What was read since `start` is no token, but its `$` and `#` print: with all backslashes before a `$`.
    fn keep_special(&mut self, start: usize) {
        let image = self.text.get(start..self.at).unwrap_or_default().as_bytes();
        if !self.special {
            self.specials.push(String::new());
            self.special = true;
        }
        let Some(kept) = self.specials.last_mut() else {
            return;
        };
        let mut i = 0;
        while let Some(&byte) = image.get(i) {
            match byte {
                b'#' | b'$' => kept.push(char::from(byte)),
                b'\\' => {
                    let run = image[i..].iter().take_while(|&&b| b == b'\\').count();
                    if image.get(i + run) == Some(&b'$') {
                        kept.extend(std::iter::repeat_n('\\', run));
                        kept.push('$');
                        i += run + 1;
                    }
                }
                _ => {}
            }
            i += 1;
        }
        if kept.is_empty() {
            self.specials.pop();
            self.special = false;
        }
    }
}
