//! Expressions and references.

use crate::java::number::Operator;
use crate::java::text;
use crate::jsonpath::Path;

use super::Span;
use super::lexer::Kind;
use super::methods::{Method, Property};
use super::parser::{Fault, Kept, Parser, Place, starts_value};
use super::tree::{
    Comparison, Expr, Few, Interpolated, MethodCall, Operand, Part, Piece, Prefix, Reference,
    ReferenceKind,
};

/// Operators of one rank in a row.
const CHAIN: usize = 1_000;

/// The tokens that an expression's node has in Velocity's tree: from and to, which is not included.
type Extent = (usize, usize);

/// What an operator between two sides makes of them.
#[derive(Clone, Copy)]
enum Infix {
    Or,
    And,
    Compare(Comparison),
    Math(Operator),
}

/// An operator and its rank: higher ones bind closer.
fn infix(kind: Kind) -> Option<(Infix, u8)> {
    Some(match kind {
        Kind::Or => (Infix::Or, 0),
        Kind::And => (Infix::And, 1),
        Kind::Equal => (Infix::Compare(Comparison::Equal), 2),
        Kind::NotEqual => (Infix::Compare(Comparison::NotEqual), 2),
        Kind::Less => (Infix::Compare(Comparison::Less), 3),
        Kind::LessOrEqual => (Infix::Compare(Comparison::LessOrEqual), 3),
        Kind::Greater => (Infix::Compare(Comparison::Greater), 3),
        Kind::GreaterOrEqual => (Infix::Compare(Comparison::GreaterOrEqual), 3),
        Kind::Plus => (Infix::Math(Operator::Add), 4),
        Kind::Minus => (Infix::Math(Operator::Subtract), 4),
        Kind::Multiply => (Infix::Math(Operator::Multiply), 5),
        Kind::Divide => (Infix::Math(Operator::Divide), 5),
        Kind::Modulo => (Infix::Math(Operator::Modulo), 5),
        _ => return None,
    })
}

impl<'a> Parser<'a, '_, '_> {
    pub(super) fn expression(&mut self) -> Result<(Expr, Extent), Fault> {
        self.deeper(|parser| parser.operations(0))
    }

    /// What operators of this rank and of higher ones join. Those of one rank lean to the left.
    fn operations(&mut self, least: u8) -> Result<(Expr, Extent), Fault> {
        let (mut left, mut extent) = self.unary()?;
        let (mut count, mut counted) = (0, u8::MAX);
        loop {
            let Some((infix, rank)) = infix(self.kind(0)?).filter(|(_, rank)| *rank >= least)
            else {
                return Ok((left, extent));
            };
            // What binds closer stood in the right side: ranks can only fall.
            if rank != counted {
                (count, counted) = (0, rank);
            }
            self.chained(&mut count)?;
            let operator = self.at;
            self.take()?;
            // Velocity's node of the operation starts behind the operator.
            let from = self.at;
            let (right, right_extent) = self.deeper(|parser| parser.operations(rank + 1))?;
            left = match infix {
                Infix::Or => Expr::Or(Box::new((left, right))),
                Infix::And => Expr::And(Box::new((left, right))),
                Infix::Compare(comparison) => {
                    let span = self.span(operator, operator);
                    Expr::Compare(comparison, Box::new((left, right)), span)
                }
                Infix::Math(math) => {
                    let sides = (
                        self.operand(math, left, extent),
                        self.operand(math, right, right_extent),
                    );
                    Expr::Math(math, Box::new(sides), self.span(operator, operator))
                }
            };
            extent = (from, self.at);
        }
    }

    fn operand(&self, operator: Operator, expr: Expr, (from, to): Extent) -> Operand {
        // Only a computation can fail to have a value, and only `+` prints its text then.
        let may_fail = operator == Operator::Add && matches!(expr, Expr::Math(..));
        let literal = may_fail.then(|| self.literal(from, to, true));
        Operand { expr, literal }
    }

    /// Counts the operators of one chain: the tree leans as deep as they are many.
    fn chained(&self, count: &mut usize) -> Result<(), Fault> {
        *count += 1;
        if *count > CHAIN {
            let span = self.span(self.at, self.at);
            let message = format!("more than {CHAIN} operators in a row");
            return Err(Box::new((super::ErrorKind::Limit, span, message.into())));
        }
        Ok(())
    }

    fn unary(&mut self) -> Result<(Expr, Extent), Fault> {
        let blank = usize::from(self.kind(0)? == Kind::Whitespace);
        if self.kind(blank)? != Kind::Not {
            return self.primary();
        }
        self.at += blank + 1;
        let from = self.at;
        let (inner, _) = self.deeper(Self::unary)?;
        Ok((Expr::Not(Box::new(inner)), (from, self.at)))
    }

    fn primary(&mut self) -> Result<(Expr, Extent), Fault> {
        self.skip(Kind::Whitespace)?;
        let from = self.at;
        let (value, extent) = if self.kind(0)? == Kind::LeftParen {
            self.take()?;
            let inner = self.at;
            let (value, _) = self.expression()?;
            let extent = (inner, self.at);
            self.expect(Kind::RightParen, "the parenthesis must close here")?;
            (value, extent)
        } else {
            let value = self.value()?;
            (value, (from, self.at))
        };
        self.skip(Kind::Whitespace)?;
        Ok((value, extent))
    }

    /// A parameter, an item: a value with blanks around it.
    fn parameter(&mut self) -> Result<Expr, Fault> {
        self.skip(Kind::Whitespace)?;
        let value = self.deeper(Self::value)?;
        self.skip(Kind::Whitespace)?;
        Ok(value)
    }

    /// Values with commas between them, or none: those of the builder's from the place that is given.
    fn parameters(&mut self) -> Result<usize, Fault> {
        let first = self.builder.values.len();
        if self.kind(0)? == Kind::Whitespace || starts_value(self.kind(0)?) {
            loop {
                let value = self.parameter()?;
                self.builder.values.push(value);
                if self.kind(0)? != Kind::Comma {
                    break;
                }
                self.take()?;
            }
        }
        Ok(first)
    }

    /// A literal, a list, a map or a reference.
    pub(super) fn value(&mut self) -> Result<Expr, Fault> {
        match self.kind(0)? {
            Kind::String => self.string(),
            Kind::Integer => {
                let index = self.take()?;
                let digits = self.image(index);
                Ok(match (digits.parse(), digits.parse()) {
                    (Ok(n), _) => Expr::Int(n),
                    (_, Ok(n)) => Expr::Long(n),
                    _ => Expr::Big(Box::new(self.big(index)?)),
                })
            }
            Kind::Float => {
                let index = self.take()?;
                Ok(Expr::Double(self.image(index).parse().unwrap_or(f64::NAN)))
            }
            Kind::True | Kind::False => {
                let index = self.take()?;
                Ok(Expr::Bool(self.tokens[index].kind == Kind::True))
            }
            Kind::LeftBracket if self.is_range()? => self.range(),
            Kind::LeftBracket => self.list(),
            Kind::LeftCurly => self.map(),
            Kind::Identifier | Kind::ReferenceLeftCurly => {
                Ok(Expr::Reference(Box::new(self.reference()?)))
            }
            _ => self.unexpected("a value must stand here"),
        }
    }

    fn big(&self, index: usize) -> Result<num_bigint::BigInt, Fault> {
        let digits = self.image(index);
        // Reading a number takes time by the square of its length.
        match digits.parse() {
            Ok(n) if digits.len() < 20_000 => Ok(n),
            _ => self.fault(self.span(index, index), "this number is too long"),
        }
    }

    fn range(&mut self) -> Result<Expr, Fault> {
        let side = |parser: &mut Self, end, problem| {
            parser.take()?;
            parser.skip(Kind::Whitespace)?;
            let value = parser.deeper(Self::value)?;
            parser.skip(Kind::Whitespace)?;
            if parser.kind(0)? != end {
                return parser.unexpected(problem);
            }
            Ok(value)
        };
        let from = side(self, Kind::DoubleDot, "`..` must follow")?;
        let to = side(self, Kind::RightBracket, "the range must end here with `]`")?;
        if !matches!(
            to,
            Expr::Int(_) | Expr::Long(_) | Expr::Big(_) | Expr::Reference(_)
        ) {
            return self.unexpected("a range ends with a whole number or a reference");
        }
        self.take()?;
        Ok(Expr::Range(Box::new((from, to))))
    }

    fn list(&mut self) -> Result<Expr, Fault> {
        self.take()?;
        let first = self.parameters()?;
        self.expect(
            Kind::RightBracket,
            "the list must go on with `,` or end with `]`; its items can't be computed in place",
        )?;
        Ok(Expr::List(self.builder.values.drain(first..).collect()))
    }

    fn map(&mut self) -> Result<Expr, Fault> {
        self.take()?;
        let mut entries = Vec::new();
        let blank = usize::from(self.kind(0)? == Kind::Whitespace);
        if starts_value(self.kind(blank)?) {
            loop {
                let key = self.parameter()?;
                self.expect(Kind::Colon, "`:` and a value must follow the key")?;
                entries.push((key, self.parameter()?));
                if self.kind(0)? != Kind::Comma {
                    break;
                }
                self.take()?;
            }
        } else {
            self.at += blank;
        }
        if !matches!(self.kind(0)?, Kind::RightCurly | Kind::ReferenceRightCurly) {
            return self.unexpected("the map must go on with `,` or end with `}`");
        }
        self.take()?;
        Ok(Expr::Map(entries.into()))
    }

    /// A string, and the template that it may hold.
    fn string(&mut self) -> Result<Expr, Fault> {
        let index = self.take()?;
        let span = self.tokens[index].span();
        let image: &'a str = self.raw(index);
        let inner = &image[1..image.len() - 1];
        let special = |c: char| matches!(c, '\'' | '"' | '\\' | '$' | '#');
        if !inner.contains(special) {
            return Ok(Expr::Str(self.piece(Span {
                start: span.start + 1,
                end: span.end - 1,
            })));
        }
        if image.starts_with('\'') {
            return Ok(Expr::Str(inner.replace("''", "'").into()));
        }
        let Some(unescaped) = unescape(inner) else {
            return self.fault(
                self.placed(span),
                "`\\u` in a string must be followed by four hexadecimal digits",
            );
        };
        let mut content = unescaped.replace("\"\"", "\"");
        if !image.contains(['$', '#']) {
            return Ok(Expr::Str(content.into()));
        }
        let place = if content == inner {
            Place::At(
                self.placed(Span {
                    start: span.start + 1,
                    ..span
                })
                .start,
            )
        } else {
            Place::Within(self.placed(span))
        };
        let cut_last = !content.contains("##");
        if cut_last {
            content.push(' ');
        }
        let place = match (self.placed(span), place) {
            // Inside a string whose own place is only known as a whole, so is everything in it.
            (whole, Place::At(start)) if start == whole.start => Place::Within(whole),
            (_, place) => place,
        };
        let kept = match place {
            Place::At(_) if self.builder.kept == Kept::Yes => inner.len(),
            _ => 0,
        };
        let block =
            self.deeper(|parser| Parser::new(&content, place, kept, parser.builder).template())?;
        Ok(Expr::Interpolated(Box::new(Interpolated {
            block,
            cut_last,
        })))
    }

    // References.

    pub(super) fn reference(&mut self) -> Result<Reference, Fault> {
        self.deeper(Self::reference_here)
    }

    fn reference_here(&mut self) -> Result<Reference, Fault> {
        let first = self.at;
        let formal = self.kind(0)? == Kind::ReferenceLeftCurly;
        if formal {
            self.take()?;
        }
        self.expect(Kind::Identifier, "a name must follow")?;
        let parts = self.builder.parts.len();
        self.indexes()?;
        while self.kind(0)? == Kind::Dot && self.kind(1)? == Kind::Identifier {
            self.take()?;
            if self.is_method()? {
                let part = self.method()?;
                self.builder.parts.push(part);
            } else {
                let index = self.take()?;
                let part = Part::Property {
                    property: Property::named(self.raw(index)),
                    name: self.piece(self.tokens[index].span()),
                    span: self.span(index, index),
                };
                self.builder.parts.push(part);
            }
            self.indexes()?;
        }
        if formal {
            self.expect(
                Kind::ReferenceRightCurly,
                "the reference must close here with `}`",
            )?;
        }
        let parts = Few::taken(&mut self.builder.parts, parts);
        Ok(self.rooted(first, parts))
    }

    fn is_method(&mut self) -> Result<bool, Fault> {
        if self.kind(1)? != Kind::LeftParen {
            return Ok(false);
        }
        let third = self.kind(2)?;
        Ok(matches!(third, Kind::MethodEnd | Kind::Whitespace) || starts_value(third))
    }

    fn indexes(&mut self) -> Result<(), Fault> {
        while self.kind(0)? == Kind::IndexLeft {
            let from = self.take()?;
            self.skip(Kind::Whitespace)?;
            let index = match self.kind(0)? {
                Kind::String
                | Kind::Integer
                | Kind::True
                | Kind::False
                | Kind::Identifier
                | Kind::ReferenceLeftCurly => self.deeper(Self::value)?,
                _ => return self.unexpected("an index must be a number, a string or a reference"),
            };
            self.skip(Kind::Whitespace)?;
            let to = self.expect(Kind::IndexRight, "the index must close here with `]`")?;
            let span = self.span(from, to);
            self.builder.parts.push(Part::Index { index, span });
        }
        Ok(())
    }

    fn method(&mut self) -> Result<Part, Fault> {
        let name_index = self.take()?;
        self.take()?;
        let first = self.parameters()?;
        let arguments = Few::taken(&mut self.builder.values, first);
        let end = self.expect(Kind::MethodEnd, "the arguments must close here with `)`")?;
        let method = Method::named(self.raw(name_index));
        let path = match (method, &*arguments) {
            (Method::Path | Method::Json, [Expr::Str(path)]) => {
                let compiled = Path::compile(path.of(self.builder.source));
                compiled.ok().map(Box::new)
            }
            _ => None,
        };
        Ok(Part::Method(Box::new(MethodCall {
            span: self.span(name_index, end),
            method,
            name: self.piece(self.tokens[name_index].span()),
            arguments,
            path,
        })))
    }

    /// Finds out what the first token says: escapes, `$` or `$!`, the variable.
    fn rooted(&mut self, first: usize, parts: Few<Part>) -> Reference {
        let end = self.at;
        let span = self.span(first, end - 1);
        let image: &'a str = self.raw(first);
        let plain = image.as_bytes();
        if plain.first() == Some(&b'$') && plain.get(1).is_some_and(|&b| is_name_or_curly(b)) {
            // Neither escapes nor `!`, as nearly all are.
            let null_text = self.literal(first, end, true);
            let name = if plain[1] == b'{' {
                self.raw(first + 1)
            } else {
                &image[1..]
            };
            return Reference {
                span,
                root: self.builder.names.slot(name),
                kind: ReferenceKind::Normal,
                parts,
                prefix: None,
                null_text,
            };
        }
        let mut reference = Reference {
            span,
            root: 0,
            kind: ReferenceKind::Normal,
            parts,
            prefix: None,
            null_text: Piece::default(),
        };
        if image.contains("\\!") {
            let dollar = image.find('$').unwrap_or(0);
            let slashes = image[dollar..].find('\\').map_or(dollar, |n| dollar + n);
            let text = format!("{}{}", &image[..slashes], &image[slashes + 1..]);
            reference.kind = ReferenceKind::NotComputable;
            reference.root = self.builder.names.slot(&text);
            reference.null_text = text.into();
            return reference;
        }
        let bare = image.trim_start_matches('\\');
        let slashes = image.len() - bare.len();
        let more = bare.rfind('$').unwrap_or(0);
        let bare_image = &bare[more..];
        let prefix = Prefix {
            escape: "\\".repeat(slashes / 2).into(),
            more: bare[..more].into(),
            escaped: slashes % 2 == 1,
        };
        if bare_image.len() != image.len() {
            self.changed.insert(first, bare_image.into());
        }
        reference.null_text = self.literal(first, end, true);
        let name = if let Some(quiet) = bare_image.strip_prefix("$!") {
            if !prefix.escaped {
                reference.null_text = Piece::default();
            }
            if quiet.starts_with('{') {
                self.raw(first + 1)
            } else {
                quiet
            }
        } else if bare_image == "${" {
            self.raw(first + 1)
        } else if let Some(name) = bare_image.strip_prefix('$') {
            name
        } else {
            reference.kind = ReferenceKind::Runt;
            bare_image
        };
        if reference.kind == ReferenceKind::Runt {
            reference.null_text = name.into();
        }
        reference.root = self.builder.names.slot(name);
        if slashes > 0 || more > 0 {
            reference.prefix = Some(Box::new(prefix));
        }
        reference
    }
}

fn is_name_or_curly(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'{')
}

/// Resolves `\uXXXX`; `None` when it is malformed.
fn unescape(inner: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = inner;
    while let Some(at) = rest.find("\\u") {
        out.push_str(&rest[..at]);
        let digits = rest.get(at + 2..at + 6)?;
        let unit = u16::from_str_radix(digits, 16).ok()?;
        out.push(text::unit_char(unit));
        rest = &rest[at + 6..];
    }
    out.push_str(rest);
    Some(text::joined(out))
}
