//! Directives: what follows a `#`.

use std::sync::Arc;

use super::Span;
use super::lexer::Kind;
use super::parser::{Fault, Parser, is_directive, starts_value};
use super::tree::{Argument, Block, Branch, Call, Define, Expr, Foreach, Macro, Node, Piece, Set};

/// How often a `#define` may render inside itself, and how deep macros may call: Velocity's defaults.
const DEFINE_DEPTH: u32 = 2;
const MACRO_DEPTH: u32 = 20;

impl Parser<'_, '_, '_> {
    pub(super) fn condition(&mut self) -> Result<Node, Fault> {
        let start = self.at;
        let first = self.builder.branches.len();
        loop {
            let branch = self.branch()?;
            self.builder.branches.push(branch);
            if self.kind(0)? != Kind::ElseIf {
                break;
            }
        }
        if self.kind(0)? == Kind::Else {
            let index = self.take()?;
            let branch = Branch {
                condition: None,
                span: self.trimmed(index),
                block: self.block()?,
            };
            self.builder.branches.push(branch);
        }
        self.end_of(start, "#if")?;
        Ok(Node::If(self.builder.branches.drain(first..).collect()))
    }

    fn branch(&mut self) -> Result<Branch, Fault> {
        self.take()?;
        self.skip(Kind::Whitespace)?;
        self.expect(Kind::LeftParen, "`(` and a condition must follow")?;
        let from = self.at;
        let (condition, _) = self.expression()?;
        let span = self.span(from, self.at - 1);
        self.expect(Kind::RightParen, "the condition must end here with `)`")?;
        Ok(Branch {
            condition: Some(condition),
            span,
            block: self.block()?,
        })
    }

    pub(super) fn set(&mut self) -> Result<Node, Fault> {
        let start = self.take()?;
        self.skip(Kind::Whitespace)?;
        if !matches!(self.kind(0)?, Kind::Identifier | Kind::ReferenceLeftCurly) {
            return self.unexpected("#set needs a reference to set, such as `$name`");
        }
        let first = self.at;
        let target = self.reference()?;
        // Velocity takes the name from the first token, so that `${x}` and `$!x` don't set `$x`.
        let slot = self.slot_of(first);
        self.skip(Kind::Whitespace)?;
        self.expect(Kind::Assign, "`=` must follow")?;
        let (value, _) = self.expression()?;
        let end = self.expect(Kind::RightParen, "#set must end here with `)`")?;
        self.lexer.in_set = false;
        self.kind(0)?;
        let mut span = self.span(start, end);
        span.end = self.trimmed(end).end;
        Ok(Node::Set(Box::new(Set {
            span,
            target,
            slot,
            value,
        })))
    }

    pub(super) fn directive(&mut self) -> Result<Option<Node>, Fault> {
        let start = self.take()?;
        let image = self.raw(start);
        let name = if self.tokens[start].kind == Kind::BracketedWord {
            image.get(2..image.len() - 1).unwrap_or_default()
        } else {
            image.get(1..).unwrap_or_default()
        };
        self.lexer.enter_directive();
        if !self.lexer.parenthesis_follows() {
            self.lexer.pop();
            return self.bare(start, name);
        }
        self.skip(Kind::Whitespace)?;
        self.expect(Kind::LeftParen, "`(` must follow")?;
        let arguments = self.arguments(start, name)?;
        let end = self.at - 1;
        let block =
            matches!(name, "foreach" | "macro" | "define" | "literal") || name.starts_with('@');
        if !block {
            return self.line(start, end, name, arguments).map(Some);
        }
        let body_start = self.at;
        let body = self.block()?;
        let body_end = self.at;
        self.end_of(start, "block")?;
        let span = self.head(start, end);
        self.blocks(name, start, span, arguments, body, body_start..body_end)
    }

    fn head(&self, start: usize, end: usize) -> Span {
        let mut span = self.span(start, end);
        span.end = self.trimmed(end).end.max(span.start);
        span
    }

    /// A name without `(`.
    fn bare(&mut self, start: usize, name: &str) -> Result<Option<Node>, Fault> {
        let span = self.span(start, start);
        match name {
            "macro" => self.fault(span, "#macro needs a name: #macro(name $parameter)"),
            "foreach" => self.fault(span, "#foreach needs `($item in $list)`"),
            "define" => self.fault(span, "#define needs a name: #define($name)"),
            "literal" => self.fault(span, "#literal needs `()`"),
            "evaluate" => self.fault(span, "#evaluate needs exactly one argument"),
            "include" => Ok(None),
            "parse" => Ok(Some(Node::Fail {
                resource: false,
                message: "#parse needs an argument",
                span,
            })),
            "break" => Ok(Some(Node::Break { scope: None, span })),
            "stop" => Ok(Some(Node::Stop)),
            _ => Ok(Some(self.call(start, start, name, Vec::new(), None))),
        }
    }

    fn arguments(&mut self, start: usize, name: &str) -> Result<Vec<(Expr, usize, usize)>, Fault> {
        let mut arguments = Vec::new();
        loop {
            // Blanks and a comma may stand before each argument.
            let blank = usize::from(self.kind(0)? == Kind::Whitespace);
            let comma = self.kind(blank)? == Kind::Comma;
            if !comma && !starts_argument(self.kind(blank)?) {
                break;
            }
            self.at += blank + usize::from(comma);
            if comma {
                self.skip(Kind::Whitespace)?;
            }
            let from = self.at;
            let word = self.kind(0)? == Kind::Word;
            let position = arguments.len();
            let argument = if word {
                self.take()?;
                Expr::Null
            } else {
                self.deeper(Self::value)?
            };
            let span = self.span(from, self.at - 1);
            if name == "macro" && position == 0 && !word {
                return self.fault(
                    span,
                    "the first argument of #macro must be its name, a word without quotes",
                );
            }
            let allowed = name == "macro" && position == 0 || name == "foreach" && position == 1;
            if word && is_directive(name) && !allowed {
                return self.fault(span, "a word can't be an argument of this directive");
            }
            arguments.push((argument, from, self.at));
        }
        self.skip(Kind::Whitespace)?;
        if self.kind(0)? == Kind::Eof {
            let span = self.span(start, start);
            return self.fault(
                span,
                "the arguments of this directive are not closed with `)`",
            );
        }
        self.expect(
            Kind::RightParen,
            "only values may be arguments here, and `)` must close them",
        )?;
        Ok(arguments)
    }

    /// A directive without a block.
    fn line(
        &mut self,
        start: usize,
        end: usize,
        name: &str,
        mut arguments: Vec<(Expr, usize, usize)>,
    ) -> Result<Node, Fault> {
        let span = self.head(start, end);
        match name {
            "break" | "stop" if arguments.len() > 1 => {
                self.fault(span, "only one argument is allowed")
            }
            "break" => Ok(Node::Break {
                scope: arguments.pop().map(|(value, ..)| value),
                span,
            }),
            // Velocity ignores the message.
            "stop" => Ok(Node::Stop),
            "evaluate" => match (arguments.pop(), arguments.is_empty()) {
                (
                    Some((
                        source @ (Expr::Str(_) | Expr::Interpolated(_) | Expr::Reference(_)),
                        ..,
                    )),
                    true,
                ) => {
                    self.builder.evaluates = true;
                    Ok(Node::Evaluate { source, span })
                }
                _ => self.fault(
                    span,
                    "#evaluate needs exactly one argument, a string or a reference",
                ),
            },
            "include" if arguments.is_empty() => Ok(Node::Text {
                text: Piece::default(),
                span,
            }),
            "include" | "parse" => Ok(Node::Fail {
                resource: true,
                message: "there are no other templates: API Gateway has neither #parse nor #include",
                span,
            }),
            _ => Ok(self.call(start, end, name, arguments, None)),
        }
    }

    /// A macro call, or text that looks like one.
    fn call(
        &mut self,
        start: usize,
        end: usize,
        name: &str,
        arguments: Vec<(Expr, usize, usize)>,
        body: Option<Arc<Define>>,
    ) -> Node {
        let bad_argument = arguments
            .iter()
            .find(|(_, from, _)| self.tokens[*from].kind == Kind::Word)
            .map(|(_, from, _)| self.span(*from, *from));
        let name = if body.is_some() { &name[1..] } else { name };
        let call = Call {
            span: self.head(start, end),
            name: name.into(),
            bad_argument,
            literal: self.literal(start, self.at, false),
            arguments: arguments
                .into_iter()
                .map(|(value, from, to)| Argument {
                    value,
                    literal: self.literal(from, to, true),
                })
                .collect(),
            body,
        };
        Node::Call(Arc::new(call))
    }

    /// A directive with a block.
    fn blocks(
        &mut self,
        name: &str,
        start: usize,
        span: Span,
        mut arguments: Vec<(Expr, usize, usize)>,
        block: Block,
        body: std::ops::Range<usize>,
    ) -> Result<Option<Node>, Fault> {
        match name {
            "foreach" => {
                let missing = Node::Fail {
                    resource: false,
                    message: "#foreach needs `($item in $list)`",
                    span,
                };
                let Some(&(_, first, _)) = arguments.first() else {
                    return Ok(Some(missing));
                };
                let element = match &arguments[0].0 {
                    Expr::Reference(reference) => reference.root,
                    _ => self.slot_of(first),
                };
                Ok(match arguments.len() {
                    1 => Some(missing),
                    // Without `in` the list's place is taken by the block, which has no value.
                    2 => None,
                    n => {
                        let block: Block = if n == 3 {
                            block
                        } else {
                            // A further argument takes the place of the block.
                            match arguments.swap_remove(3).0 {
                                Expr::Reference(reference) => {
                                    vec![Node::Reference(*reference)].into()
                                }
                                _ => Vec::new().into(),
                            }
                        };
                        Some(Node::Foreach(Box::new(Foreach {
                            span,
                            element,
                            source: arguments.swap_remove(2).0,
                            block,
                        })))
                    }
                })
            }
            "macro" => {
                let Some(&(_, first, _)) = arguments.first() else {
                    return self.fault(span, "#macro needs a name: #macro(name $parameter)");
                };
                let name: Box<str> = self.image(first).into();
                let parameters = arguments[1..]
                    .iter()
                    .map(|(_, index, _)| {
                        let image = self.image(*index);
                        let name = image.strip_prefix('$').unwrap_or(image).to_owned();
                        self.builder.names.slot(&name)
                    })
                    .collect();
                let definition = Macro { parameters, block };
                self.builder.macros.insert(name, Arc::new(definition));
                Ok(None)
            }
            "define" => {
                if arguments.len() != 1 {
                    return self.fault(span, "#define needs a name: #define($name)");
                }
                let slot = self.slot_of(arguments[0].1);
                Ok(Some(Node::Define(Arc::new(Define {
                    slot,
                    block,
                    depth: DEFINE_DEPTH,
                }))))
            }
            "literal" if arguments.is_empty() && body.is_empty() => {
                self.fault(span, "#literal needs something between it and its #end")
            }
            "literal" => {
                let range = arguments.first().map_or(body, |(_, from, to)| *from..*to);
                Ok(Some(Node::Text {
                    text: self.literal(range.start, range.end, true),
                    span,
                }))
            }
            _ => {
                let define = Define {
                    slot: self.builder.names.slot("bodyContent"),
                    block,
                    depth: MACRO_DEPTH,
                };
                let end = self.at - 1;
                Ok(Some(self.call(
                    start,
                    end,
                    name,
                    arguments,
                    Some(Arc::new(define)),
                )))
            }
        }
    }
}

fn starts_argument(kind: Kind) -> bool {
    kind == Kind::Word || starts_value(kind)
}
