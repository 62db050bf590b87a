//! Looking ahead: whether a `[` starts a range. Follows every alternative, as Velocity's generated parser does.

use std::borrow::Cow;

use super::ErrorKind;
use super::lexer::Kind;
use super::parser::{Fault, Parser};

impl Parser<'_, '_, '_> {
    pub(super) fn is_range(&mut self) -> Result<bool, Fault> {
        let at = self.at + 1;
        let at = self.over(at, Kind::Whitespace)?;
        let at = match self.kind_at(at)? {
            Kind::Integer => at + 1,
            Kind::Identifier | Kind::ReferenceLeftCurly => match self.scan_reference(at)? {
                Some(at) => at,
                None => return Ok(false),
            },
            _ => return Ok(false),
        };
        let at = self.over(at, Kind::Whitespace)?;
        Ok(self.kind_at(at)? == Kind::DoubleDot)
    }

    fn over(&mut self, at: usize, kind: Kind) -> Result<usize, Fault> {
        Ok(at + usize::from(self.kind_at(at)? == kind))
    }

    fn spend(&mut self, at: usize) -> Result<(), Fault> {
        self.builder.scans = self.builder.scans.saturating_sub(1);
        if self.builder.scans == 0 {
            let span = self.span(at, at);
            let problem = Cow::Borrowed("too many brackets inside each other");
            return Err(Box::new((ErrorKind::Limit, span, problem)));
        }
        Ok(())
    }

    fn scan_reference(&mut self, at: usize) -> Result<Option<usize>, Fault> {
        self.deeper(|parser| parser.scan_reference_here(at))
    }

    fn scan_reference_here(&mut self, at: usize) -> Result<Option<usize>, Fault> {
        self.spend(at)?;
        let formal = self.kind_at(at)? == Kind::ReferenceLeftCurly;
        let mut at = at + usize::from(formal);
        if self.kind_at(at)? != Kind::Identifier {
            return Ok(None);
        }
        at = self.scan_indexes(at + 1)?;
        while self.kind_at(at)? == Kind::Dot && self.kind_at(at + 1)? == Kind::Identifier {
            at = match self.scan_method(at + 1)? {
                Some(after) => after,
                None => at + 2,
            };
            at = self.scan_indexes(at)?;
        }
        if formal {
            if self.kind_at(at)? != Kind::ReferenceRightCurly {
                return Ok(None);
            }
            at += 1;
        }
        Ok(Some(at))
    }

    fn scan_indexes(&mut self, mut at: usize) -> Result<usize, Fault> {
        while self.kind_at(at)? == Kind::IndexLeft {
            let inner = self.over(at + 1, Kind::Whitespace)?;
            let after = match self.kind_at(inner)? {
                Kind::String | Kind::Integer | Kind::True | Kind::False => Some(inner + 1),
                _ => self.scan_reference(inner)?,
            };
            let Some(after) = after else { return Ok(at) };
            let after = self.over(after, Kind::Whitespace)?;
            if self.kind_at(after)? != Kind::IndexRight {
                return Ok(at);
            }
            at = after + 1;
        }
        Ok(at)
    }

    fn scan_method(&mut self, at: usize) -> Result<Option<usize>, Fault> {
        if self.kind_at(at + 1)? != Kind::LeftParen {
            return Ok(None);
        }
        let mut at = at + 2;
        if let Some(after) = self.scan_parameter(at)? {
            at = after;
            while self.kind_at(at)? == Kind::Comma {
                match self.scan_parameter(at + 1)? {
                    Some(after) => at = after,
                    None => return Ok(None),
                }
            }
        }
        Ok((self.kind_at(at)? == Kind::MethodEnd).then_some(at + 1))
    }

    fn scan_parameter(&mut self, at: usize) -> Result<Option<usize>, Fault> {
        self.spend(at)?;
        let at = self.over(at, Kind::Whitespace)?;
        let after = match self.kind_at(at)? {
            Kind::String | Kind::Integer | Kind::True | Kind::False | Kind::Float => Some(at + 1),
            Kind::LeftBracket => self.deeper(|parser| parser.scan_brackets(at))?,
            Kind::LeftCurly => self.deeper(|parser| parser.scan_map(at))?,
            Kind::Identifier | Kind::ReferenceLeftCurly => self.scan_reference(at)?,
            _ => None,
        };
        match after {
            Some(after) => Ok(Some(self.over(after, Kind::Whitespace)?)),
            None => Ok(None),
        }
    }

    /// A list or a range.
    fn scan_brackets(&mut self, at: usize) -> Result<Option<usize>, Fault> {
        let mut at = at + 1;
        if let Some(after) = self.scan_parameter(at)? {
            at = after;
            while matches!(self.kind_at(at)?, Kind::Comma | Kind::DoubleDot) {
                match self.scan_parameter(at + 1)? {
                    Some(after) => at = after,
                    None => break,
                }
            }
        }
        Ok((self.kind_at(at)? == Kind::RightBracket).then_some(at + 1))
    }

    fn scan_map(&mut self, at: usize) -> Result<Option<usize>, Fault> {
        let mut at = at + 1;
        if let Some(mut key) = self.scan_parameter(at)? {
            loop {
                if self.kind_at(key)? != Kind::Colon {
                    return Ok(None);
                }
                let Some(value) = self.scan_parameter(key + 1)? else {
                    return Ok(None);
                };
                at = value;
                if self.kind_at(at)? != Kind::Comma {
                    break;
                }
                match self.scan_parameter(at + 1)? {
                    Some(next) => key = next,
                    None => return Ok(None),
                }
            }
        } else {
            at = self.over(at, Kind::Whitespace)?;
        }
        let closed = matches!(
            self.kind_at(at)?,
            Kind::RightCurly | Kind::ReferenceRightCurly
        );
        Ok(closed.then_some(at + 1))
    }
}
