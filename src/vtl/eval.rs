//! Running the tree: expressions and references.

use std::cmp::Ordering;
use std::rc::Rc;

use crate::java::number::{self, Operator};
use crate::java::{ListClass, Map, MapClass, Other, Value, text};

use super::frame::Layer;
use super::methods::{Called, Method, Property, Thrown};
use super::run::{Ran, Run, Variable};
use super::tree::{Comparison, Expr, MethodCall, Operand, Part, Reference, ReferenceKind};
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
        self.work(1)?;
        Ok(match expr {
            Expr::Null => Value::Null,
            Expr::Bool(b) => Value::Bool(*b),
            Expr::Int(n) => Value::Int(*n),
            Expr::Long(n) => Value::Long(*n),
            Expr::Big(n) => Value::big((**n).clone()),
            Expr::Double(d) => Value::Double(*d),
            Expr::Str(text) => return self.make_text(text),
            Expr::Interpolated(inner) => {
                let mut out = String::new();
                self.deeper(|run| run.block(&inner.block, layer, &mut out))?;
                if inner.cut_last {
                    out.pop();
                }
                return self.make_text(&text::joined(out));
            }
            Expr::List(items) => {
                self.allot(items.len() * 24 + 64)?;
                let mut values = Vec::with_capacity(items.len());
                for item in items {
                    values.push(self.deeper(|run| run.value(item, layer))?);
                }
                Value::list(ListClass::Array, values)
            }
            Expr::Map(entries) => {
                self.allot(entries.len() * 48 + 96)?;
                let map = Map::new(MapClass::Linked);
                for (key, value) in entries {
                    let key = self.deeper(|run| run.value(key, layer))?;
                    let value = self.deeper(|run| run.value(value, layer))?;
                    self.comparing(&key, map.len())?;
                    map.put(key, value);
                }
                Value::Map(Rc::new(map))
            }
            Expr::Range(sides) => {
                let from = self.deeper(|run| run.value(&sides.0, layer))?;
                let to = self.deeper(|run| run.value(&sides.1, layer))?;
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
                Value::list(ListClass::Array, items)
            }
            Expr::Reference(reference) => {
                if reference.kind == ReferenceKind::NotComputable {
                    return Ok(Value::Null);
                }
                return self.deeper(|run| run.execute(reference, layer));
            }
            Expr::Math(operator, sides, span) => {
                return self.deeper(|run| run.math(*operator, sides, *span, layer));
            }
            Expr::Not(_) | Expr::And(_) | Expr::Or(_) | Expr::Compare(..) => {
                Value::Bool(self.truth(expr, layer)?)
            }
        })
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
                let value = self.deeper(|run| run.execute(reference, layer))?;
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
        let a = self.value(left, layer)?;
        // Without making a string of the literal.
        if let (Value::Str(a), Expr::Str(b)) = (&a, right)
            && matches!(comparison, Comparison::Equal | Comparison::NotEqual)
        {
            return Ok((**a == **b) == (comparison == Comparison::Equal));
        }
        let b = self.value(right, layer)?;
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
            (Value::Str(a), Value::Str(b)) => return Ok(a == b),
            (Value::Bool(a), Value::Bool(b)) => return Ok(a == b),
            _ => {}
        }
        if related(a, b) {
            self.work(16 + u64::from(a.weight()))?;
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
    ) -> Ran<Value> {
        // A long sum leans to the left: it is gone through, not into.
        let mut pending = Vec::new();
        let (mut operator, mut sides, mut span) = (operator, sides, span);
        while let Expr::Math(inner, inner_sides, inner_span) = &sides.0.expr {
            pending.push((operator, sides, span));
            (operator, sides, span) = (*inner, inner_sides, *inner_span);
        }
        let mut value = self.value(&sides.0.expr, layer)?;
        loop {
            let right = self.value(&sides.1.expr, layer)?;
            value = self.computation(operator, &value, &right, sides, span)?;
            match pending.pop() {
                Some(next) => (operator, sides, span) = next,
                None => return Ok(value),
            }
        }
    }

    fn computation(
        &mut self,
        operator: Operator,
        a: &Value,
        b: &Value,
        sides: &(Operand, Operand),
        span: Span,
    ) -> Ran<Value> {
        self.work(1)?;
        self.here = span;
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

    // References.

    /// A reference without a value is the empty string.
    #[inline]
    fn something(&self, value: Value) -> Value {
        match value {
            Value::Null => Value::Str(self.empty.clone()),
            value => value,
        }
    }

    /// The value of a reference. What is undefined, null or not there is the empty string, as on AWS; null only for a name without `$`.
    pub(super) fn execute(&mut self, reference: &Reference, layer: &Layer) -> Ran<Value> {
        let parts = &*reference.parts;
        self.work(1 + parts.len() as u64)?;
        if reference.kind == ReferenceKind::Runt {
            return Ok(Value::Null);
        }
        if parts.is_empty() {
            let value = self.get(reference.root, layer)?;
            return Ok(self.something(value));
        }
        if let Some(value) = self.loop_property(reference, layer) {
            return Ok(value);
        }
        if let Some(value) = self.look(reference, layer, Value::clone) {
            return Ok(self.something(value));
        }
        if let Some(&Variable::Bound(binding)) = self.unhidden(reference.root, layer)
            && let Some((value, rest)) = self.bound_part(binding, parts, layer)?
        {
            return self.follow(value, rest, layer);
        }
        let value = self.get(reference.root, layer)?;
        self.follow(value, parts, layer)
    }

    /// `$foreach.count`, `.hasNext` and the like, which loops ask for in each turn.
    #[inline]
    fn loop_property(&self, reference: &Reference, layer: &Layer) -> Option<Value> {
        if self.known.foreach != Some(reference.root) {
            return None;
        }
        let [Part::Property { property, .. }] = &*reference.parts else {
            return None;
        };
        let scope = Self::as_scope(self.plain(reference.root, layer)?)?;
        Some(match property {
            Property::Index => Value::Int(scope.index.get()),
            Property::Count => Value::Int(scope.index.get() + 1),
            Property::HasNext => Value::Bool(scope.has_next.get()),
            Property::First => Value::Bool(scope.index.get() < 1),
            Property::Last => Value::Bool(!scope.has_next.get()),
            _ => return None,
        })
    }

    /// An `Integer` that is there to look at.
    #[inline]
    fn plain_int(&self, reference: &Reference, layer: &Layer) -> Option<i32> {
        if reference.kind != ReferenceKind::Normal {
            return None;
        }
        let int = |value: &Value| match value {
            Value::Int(n) => Some(*n),
            _ => None,
        };
        if reference.parts.is_empty() {
            return int(self.plain(reference.root, layer)?);
        }
        self.look(reference, layer, int)?
    }

    /// Whether a reference holds that needs nothing but looking; `None` for others.
    #[inline]
    fn plainly_true(&self, reference: &Reference, layer: &Layer) -> Option<bool> {
        if reference.kind != ReferenceKind::Normal {
            return None;
        }
        if let Some(Value::Bool(holds)) = self.loop_property(reference, layer) {
            return Some(holds);
        }
        self.look(reference, layer, |value| match value {
            Value::Bool(holds) => Some(*holds),
            Value::Other(_) => None,
            // What isn't there is the empty string, which holds as every other does.
            _ => Some(true),
        })?
    }

    /// Looks at what properties of maps lead to, without taking it from where it lies; `None` when anything else is on the way.
    #[inline]
    pub(super) fn look<T>(
        &self,
        reference: &Reference,
        layer: &Layer,
        look: impl FnOnce(&Value) -> T,
    ) -> Option<T> {
        let Value::Map(map) = self.plain(reference.root, layer)? else {
            return None;
        };
        let (last, parts) = reference.parts.split_last()?;
        let mut owned: Rc<Map>;
        let mut map = map;
        for part in parts {
            let next = map.look(plain_property(part)?, |value| match value {
                Value::Map(map) => Some(Rc::clone(map)),
                _ => None,
            });
            owned = next?;
            map = &owned;
        }
        Some(map.look(plain_property(last)?, look))
    }

    fn follow(&mut self, mut value: Value, parts: &[Part], layer: &Layer) -> Ran<Value> {
        for part in parts {
            value = match (&value, part) {
                (Value::Null, _) => break,
                // By far the commonest.
                (Value::Map(map), Part::Property { name, property, .. })
                    if *property != Property::Class =>
                {
                    map.get_text(name).unwrap_or_default()
                }
                (value, part) => self.part(value, part, layer)?,
            };
        }
        Ok(self.something(value))
    }

    fn part(&mut self, value: &Value, part: &Part, layer: &Layer) -> Ran<Value> {
        match part {
            Part::Property {
                name,
                property,
                span,
            } => {
                self.here = *span;
                let called = self.property(value, name, *property);
                self.called(called, *span, name)
            }
            Part::Method(call) => self.method(value, call, layer),
            Part::Index { index, span } => {
                let index = self.value(index, layer)?;
                self.here = *span;
                let index = self.counted_from_end(index, value, *span)?;
                let called = self.invoke(value, Method::Get, "get", &[index]);
                self.called(called, *span, "get")
            }
        }
    }

    fn method(&mut self, value: &Value, call: &MethodCall, layer: &Layer) -> Ran<Value> {
        let mut one = [Value::Null];
        let mut many = Vec::new();
        let arguments: &[Value] = match &*call.arguments {
            [] => &[],
            [only] => {
                one[0] = self.value(only, layer)?;
                &one
            }
            all => {
                for argument in all {
                    many.push(self.value(argument, layer)?);
                }
                &many
            }
        };
        self.here = call.span;
        let called = self.invoke(value, call.method, &call.name, arguments);
        self.called(called, call.span, &call.name)
    }

    pub(super) fn called(&mut self, called: Called, span: Span, name: &str) -> Ran<Value> {
        match called {
            Ok(value) => Ok(value.unwrap_or_default()),
            Err(Thrown::Exception(message)) => {
                self.fail(ErrorKind::Method, span, format!("{name}: {message}"))
            }
            Err(Thrown::Exit(exit)) => Err(exit),
        }
    }

    /// A negative index counts from the end, if the object has a `size()`.
    fn counted_from_end(&mut self, index: Value, of: &Value, span: Span) -> Ran<Value> {
        let Value::Int(n @ ..0) = index else {
            return Ok(index);
        };
        let size = self.invoke(of, Method::Size, "size", &[]);
        match size {
            Ok(Some(Value::Int(size))) => Ok(Value::Int(size.wrapping_add(n))),
            Err(Thrown::Exit(exit)) => Err(exit),
            _ => self.fail(
                ErrorKind::Runtime,
                span,
                "a negative index needs a list: this value has no size()",
            ),
        }
    }

    /// `#set($a.b = …)`, `#set($a[0] = …)`. What can't be set is left alone.
    pub(super) fn assign(&mut self, target: &Reference, value: Value, layer: &Layer) -> Ran {
        let Some((last, parts)) = target.parts.split_last() else {
            return Ok(());
        };
        let mut object = self.get(target.root, layer)?;
        for part in parts {
            if object.is_null() {
                return Ok(());
            }
            object = self.part(&object, part, layer)?;
        }
        if object.is_null() {
            return Ok(());
        }
        self.allot(64)?;
        match last {
            Part::Index { index, span } => {
                let index = self.value(index, layer)?;
                let index = self.counted_from_end(index, &object, *span)?;
                let set = self.set_index(&object, index, value);
                self.called(set, *span, "set")?;
            }
            Part::Property { name, .. } => Self::set_property(&object, name, value),
            // A target that ends in a call takes the call's name for a property's.
            Part::Method(call) => Self::set_property(&object, &call.name, value),
        }
        Ok(())
    }

    fn set_property(object: &Value, name: &str, value: Value) {
        match object {
            Value::Map(map) => {
                map.put(Value::text(name), value);
            }
            Value::Other(other) => match &**other {
                Other::Entry(entry) if matches!(name, "value" | "Value") => {
                    entry.map.put(entry.key.clone(), value);
                }
                Other::Host(_) => {
                    if let Some(scope) = Self::as_scope(object) {
                        scope.map().put(Value::text(name), value);
                    }
                }
                _ => {}
            },
            _ => {}
        }
    }

    fn set_index(&mut self, object: &Value, index: Value, value: Value) -> Called {
        let is_list = match object {
            Value::List(_) => true,
            Value::Other(other) => matches!(**other, Other::Array(_)),
            _ => false,
        };
        match object {
            _ if is_list && matches!(index, Value::Int(_)) => {
                self.invoke(object, Method::Set, "set", &[index, value])
            }
            Value::Map(map) => {
                self.comparing(&index, map.len())?;
                map.put(index, value);
                Ok(None)
            }
            Value::Other(other) if matches!(**other, Other::Host(_)) => {
                if let Some(scope) = Self::as_scope(object) {
                    self.comparing(&index, scope.map().len())?;
                    scope.map().put(index, value);
                }
                Ok(None)
            }
            _ => Ok::<_, Thrown>(None),
        }
    }
}

/// The name of a property that every map may have.
fn plain_property(part: &Part) -> Option<&str> {
    match part {
        Part::Property { name, property, .. } if *property != Property::Class => Some(name),
        _ => None,
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
