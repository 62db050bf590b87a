//! Running the tree: expressions.

use std::cmp::Ordering;
use std::rc::Rc;

use crate::java::number::{self, Operator};
use crate::java::{ListClass, Map, MapClass, Value, text};

use super::frame::Layer;
use super::run::{Ran, Run};
use super::tree::{Comparison, Expr, Operand, ReferenceKind};
use super::{ErrorKind, Span};

impl Expr {
    /// Literals that a macro call evaluates at once; everything else is evaluated when read.
    pub(super) fn is_constant(&self) -> bool {
        matches!(
            self,
            Self::Null
                | Self::Bool(_)
                | Self::Int(_)
                | Self::Long(_)
                | Self::Big(_)
                | Self::Double(_)
        )
    }
}

impl Run<'_> {
    /// The value of an expression, which may be null.
    pub(super) fn value(&mut self, expr: &Expr, layer: &Layer) -> Ran<Value> {
        let mut value = Value::Null;
        self.value_to(expr, layer, &mut value)?;
        Ok(value)
    }

    /// Puts the value of an expression to where it shall lie. Handing values on from call to call costs more than most expressions:
    /// a move reads in one portion what was written in several a moment ago, and the processor waits for that.
    pub(super) fn value_to(&mut self, expr: &Expr, layer: &Layer, into: &mut Value) -> Ran {
        self.work(1)?;
        match expr {
            Expr::Null => *into = Value::Null,
            Expr::Bool(b) => *into = Value::Bool(*b),
            Expr::Int(n) => *into = Value::Int(*n),
            Expr::Long(n) => *into = Value::Long(*n),
            Expr::Big(n) => *into = Value::big((**n).clone()),
            Expr::Double(d) => *into = Value::Double(*d),
            Expr::Str(text) => *into = self.literal(text)?,
            Expr::Interpolated(inner) => {
                let mut out = String::new();
                self.deeper(|run| run.block(&inner.block, layer, &mut out))?;
                if inner.cut_last {
                    out.pop();
                }
                *into = self.make_text(&text::joined(out))?;
            }
            Expr::List(items) => {
                self.allot(items.len() * 24 + 64)?;
                let mut values = Vec::with_capacity(items.len());
                for item in items {
                    values.push(self.deeper(|run| run.value(item, layer))?);
                }
                *into = Value::list(ListClass::Array, values);
            }
            Expr::Map(entries) => *into = self.map_literal(entries, layer)?,
            Expr::Range(sides) => *into = self.range(&sides.0, &sides.1, layer)?,
            Expr::Reference(reference) => {
                if reference.kind == ReferenceKind::NotComputable {
                    *into = Value::Null;
                    return Ok(());
                }
                return self.deeper(|run| run.execute(reference, layer, into));
            }
            Expr::Math(operator, sides, span) => {
                return self.deeper(|run| run.math(*operator, sides, *span, layer, into));
            }
            Expr::Not(_) | Expr::And(_) | Expr::Or(_) | Expr::Compare(..) => {
                *into = Value::Bool(self.truth(expr, layer)?);
            }
        }
        Ok(())
    }

    fn map_literal(&mut self, entries: &[(Expr, Expr)], layer: &Layer) -> Ran<Value> {
        self.allot(entries.len() * 48 + 96)?;
        let map = Map::new(MapClass::Linked);
        for (key, value) in entries {
            let key = self.deeper(|run| run.value(key, layer))?;
            let value = self.deeper(|run| run.value(value, layer))?;
            self.comparing(&key, map.len())?;
            map.put(key, value);
        }
        Ok(Value::Map(Rc::new(map)))
    }

    fn range(&mut self, from: &Expr, to: &Expr, layer: &Layer) -> Ran<Value> {
        let from = self.deeper(|run| run.value(from, layer))?;
        let to = self.deeper(|run| run.value(to, layer))?;
        if !from.is_number() || !to.is_number() {
            return Ok(Value::Null);
        }
        let (from, to) = (number::int(&from), number::int(&to));
        self.allot(from.abs_diff(to) as usize * 24 + 64)?;
        let items = if from < to {
            (from..=to).map(Value::Int).collect()
        } else {
            (to..=from).rev().map(Value::Int).collect()
        };
        Ok(Value::list(ListClass::Array, items))
    }

    /// Whether a condition holds. Literals other than `true` don't, and neither do computations.
    pub(super) fn truth(&mut self, expr: &Expr, layer: &Layer) -> Ran<bool> {
        self.work(1)?;
        match expr {
            Expr::Bool(b) => Ok(*b),
            Expr::Reference(reference) => {
                if let Some(holds) = self.plainly_true(reference, layer) {
                    self.work(1 + reference.parts.len() as u64)?;
                    return Ok(holds);
                }
                let mut value = Value::Null;
                self.deeper(|run| run.execute(reference, layer, &mut value))?;
                match value {
                    Value::Null => Ok(false),
                    Value::Bool(b) => Ok(b),
                    // toString() runs and must not give null; only a block's can.
                    Value::Other(_) => Ok(self.text_of(&value)?.is_some()),
                    _ => Ok(true),
                }
            }
            Expr::Not(inner) => Ok(!self.deeper(|run| run.truth(inner, layer))?),
            Expr::And(_) | Expr::Or(_) => self.deeper(|run| run.chain(expr, layer)),
            Expr::Compare(comparison, sides, span) => {
                self.deeper(|run| run.compare(*comparison, &sides.0, &sides.1, *span, layer))
            }
            _ => Ok(false),
        }
    }

    /// `a && b && c`, `a || b || c`: leaning to the left.
    fn chain(&mut self, expr: &Expr, layer: &Layer) -> Ran<bool> {
        let mut rights = Vec::new();
        let mut first = expr;
        let and = matches!(expr, Expr::And(_));
        loop {
            match first {
                Expr::And(sides) if and => {
                    rights.push(&sides.1);
                    first = &sides.0;
                }
                Expr::Or(sides) if !and => {
                    rights.push(&sides.1);
                    first = &sides.0;
                }
                _ => break,
            }
        }
        let mut holds = self.truth(first, layer)?;
        while holds == and
            && let Some(right) = rights.pop()
        {
            holds = self.truth(right, layer)?;
        }
        Ok(holds)
    }

    fn compare(
        &mut self,
        comparison: Comparison,
        left: &Expr,
        right: &Expr,
        span: Span,
        layer: &Layer,
    ) -> Ran<bool> {
        // The commonest comparison, with a literal, without taking the value from where it lies.
        if let (Expr::Reference(reference), Expr::Int(b)) = (left, right)
            && let Some(a) = self.plain_int(reference, layer)
        {
            self.work(3 + reference.parts.len() as u64)?;
            return Ok(match comparison {
                Comparison::Equal => a == *b,
                Comparison::NotEqual => a != *b,
                Comparison::Less => a < *b,
                Comparison::LessOrEqual => a <= *b,
                Comparison::Greater => a > *b,
                Comparison::GreaterOrEqual => a >= *b,
            });
        }
        let (mut a, mut b) = (Value::Null, Value::Null);
        self.value_to(left, layer, &mut a)?;
        // Without making a string of the literal.
        if let (Value::Str(a), Expr::Str(b)) = (&a, right)
            && matches!(comparison, Comparison::Equal | Comparison::NotEqual)
        {
            let b = b.of(self.source);
            if a.len() == b.len() {
                self.work(b.len() as u64 / 16)?;
            }
            return Ok(a.equals(b) == (comparison == Comparison::Equal));
        }
        self.value_to(right, layer, &mut b)?;
        match comparison {
            Comparison::Equal => self.equal(&a, &b, span),
            Comparison::NotEqual => Ok(!self.equal(&a, &b, span)?),
            _ if !a.is_number() || !b.is_number() => Ok(false),
            _ => {
                let order = number::compare(&a, &b);
                let order = self.computed(order, span)?;
                Ok(match comparison {
                    Comparison::Less => order == Ordering::Less,
                    Comparison::LessOrEqual => order != Ordering::Greater,
                    Comparison::Greater => order == Ordering::Greater,
                    _ => order != Ordering::Less,
                })
            }
        }
    }

    /// `==`: numbers by value, the same class by `equals()`, everything else by what it prints.
    fn equal(&mut self, a: &Value, b: &Value, span: Span) -> Ran<bool> {
        self.here = span;
        if a.is_number() && b.is_number() {
            let order = number::compare(a, b);
            return Ok(self.computed(order, span)? == Ordering::Equal);
        }
        match (a, b) {
            (Value::Null, Value::Null) => return Ok(true),
            (Value::Null, _) | (_, Value::Null) => {
                // toString() of the other side may be null too, for a block.
                let other = if a.is_null() { b } else { a };
                return Ok(self.text_of(other)?.is_none());
            }
            (Value::Str(a), Value::Str(b)) => {
                if a.len() == b.len() {
                    self.work(a.len() as u64 / 16)?;
                }
                return Ok(a == b);
            }
            (Value::Bool(a), Value::Bool(b)) => return Ok(a == b),
            _ => {}
        }
        if related(a, b) {
            self.work(16 + a.weight())?;
            return Ok(a.equals(b));
        }
        let (a, b) = (self.text_of(a)?, self.text_of(b)?);
        Ok(a == b)
    }

    fn math(
        &mut self,
        operator: Operator,
        sides: &(Operand, Operand),
        span: Span,
        layer: &Layer,
        into: &mut Value,
    ) -> Ran {
        // A long sum leans to the left: it is gone through, not into.
        let mut pending = Vec::new();
        let (mut operator, mut sides, mut span) = (operator, sides, span);
        while let Expr::Math(inner, inner_sides, inner_span) = &sides.0.expr {
            pending.push((operator, sides, span));
            (operator, sides, span) = (*inner, inner_sides, *inner_span);
        }
        let (mut left, mut right) = (Value::Null, Value::Null);
        self.value_to(&sides.0.expr, layer, &mut left)?;
        while let Some(next) = pending.pop() {
            self.value_to(&sides.1.expr, layer, &mut right)?;
            let mut sum = Value::Null;
            self.computation(operator, &left, &right, (sides, span), &mut sum)?;
            left = sum;
            (operator, sides, span) = next;
        }
        self.value_to(&sides.1.expr, layer, &mut right)?;
        self.computation(operator, &left, &right, (sides, span), into)
    }

    fn computation(
        &mut self,
        operator: Operator,
        a: &Value,
        b: &Value,
        (sides, span): (&(Operand, Operand), Span),
        into: &mut Value,
    ) -> Ran {
        self.work(1)?;
        self.here = span;
        // The commonest.
        let simple = match (a, b) {
            (Value::Int(a), Value::Int(b)) => number::small(operator, *a, *b).map(Value::Int),
            (Value::Double(a), Value::Double(b)) => number::real(operator, *a, *b),
            (Value::Double(a), Value::Int(b)) => number::real(operator, *a, f64::from(*b)),
            (Value::Int(a), Value::Double(b)) => number::real(operator, f64::from(*a), *b),
            _ => None,
        };
        if let Some(value) = simple {
            *into = value;
            return Ok(());
        }
        *into = self.computation_of_others(operator, a, b, (sides, span))?;
        Ok(())
    }

    fn computation_of_others(
        &mut self,
        operator: Operator,
        a: &Value,
        b: &Value,
        (sides, span): (&(Operand, Operand), Span),
    ) -> Ran<Value> {
        if operator == Operator::Add && (a.as_str().is_some() || b.as_str().is_some()) {
            return self.concatenate(a, b, sides);
        }
        if !a.is_number() || !b.is_number() {
            return Ok(Value::Null);
        }
        if matches!(operator, Operator::Divide | Operator::Modulo) && number::is_zero(b) {
            return Ok(Value::Null);
        }
        if matches!((a, b), (Value::Other(_), _) | (_, Value::Other(_))) {
            self.allot(2_048)?;
        }
        let result = number::compute(operator, a, b);
        self.computed(result, span)
    }

    fn concatenate(&mut self, a: &Value, b: &Value, sides: &(Operand, Operand)) -> Ran<Value> {
        let mut out = String::new();
        for (value, operand, literal) in [
            (a, &sides.0, true),
            // Velocity looks at the right side's literal only when the left side has a value.
            (b, &sides.1, !a.is_null()),
        ] {
            if value.is_null() {
                if !literal {
                    return self.fail(ErrorKind::Runtime, self.here, "both sides have no value");
                }
                let literal = operand.literal.as_ref();
                out.push_str(literal.map_or("", |text| text.of(self.source)));
            } else if !self.print(value, &mut out)? {
                return self.fail(
                    ErrorKind::Runtime,
                    self.here,
                    "a block inside itself has no text",
                );
            }
        }
        self.make_text(&text::joined(out))
    }
}

/// Whether one's class is the other's or derived from it.
fn related(a: &Value, b: &Value) -> bool {
    match (a, b) {
        // JSONArray extends ArrayList.
        (Value::List(a), Value::List(b)) => {
            let plain = |c| matches!(c, ListClass::Array | ListClass::Json);
            a.class == b.class || plain(a.class) && plain(b.class)
        }
        (Value::Map(_), Value::Map(_)) => true,
        _ => a.class_name() == b.class_name(),
    }
}
