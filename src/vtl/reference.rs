//! Running the tree: references, and what is set through them.

use std::rc::Rc;

use crate::java::{Map, Other, Value};

use super::frame::Layer;
use super::methods::{Called, Method, Property, Thrown};
use super::run::{Ran, Run, Variable};
use super::tree::{MethodCall, Part, Reference, ReferenceKind, Slot};
use super::{ErrorKind, Span};

impl Run<'_> {
    /// A reference without a value is the empty string.
    #[inline]
    fn something(&self, value: &mut Value) {
        if value.is_null() {
            *value = Value::Str(self.empty.clone());
        }
    }

    /// The value of a reference. What is undefined, null or not there is the empty string, as on AWS; null only for a name without `$`.
    pub(super) fn execute(
        &mut self,
        reference: &Reference,
        layer: &Layer,
        into: &mut Value,
    ) -> Ran {
        let parts = &*reference.parts;
        self.work(1 + parts.len() as u64)?;
        if reference.kind == ReferenceKind::Runt {
            *into = Value::Null;
            return Ok(());
        }
        if parts.is_empty() {
            self.get_to(reference.root, layer, into)?;
        } else if let Some(value) = self.loop_property(reference, layer) {
            *into = value;
        } else if self
            .look(reference, layer, |value| *into = value.clone())
            .is_none()
        {
            self.follow_root(reference.root, parts, layer, into)?;
        }
        self.something(into);
        Ok(())
    }

    fn follow_root(&mut self, root: Slot, parts: &[Part], layer: &Layer, into: &mut Value) -> Ran {
        if let Some(&Variable::Bound(binding)) = self.unhidden(root, layer)
            && let Some(rest) = self.bound_part(binding, parts, layer, into)?
        {
            if rest.is_empty() {
                return Ok(());
            }
            let object = std::mem::take(into);
            return self.follow(object, rest, layer, into);
        }
        let mut object = Value::Null;
        self.get_to(root, layer, &mut object)?;
        self.follow(object, parts, layer, into)
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
        let scope = self.plain(reference.root, layer)?.as_scope()?;
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
    pub(super) fn plain_int(&self, reference: &Reference, layer: &Layer) -> Option<i32> {
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
    pub(super) fn plainly_true(&self, reference: &Reference, layer: &Layer) -> Option<bool> {
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
            let next = map.look(plain_property(part, self.source)?, |value| match value {
                Value::Map(map) => Some(Rc::clone(map)),
                _ => None,
            });
            owned = next?;
            map = &owned;
        }
        Some(map.look(plain_property(last, self.source)?, look))
    }

    fn follow(
        &mut self,
        mut object: Value,
        parts: &[Part],
        layer: &Layer,
        into: &mut Value,
    ) -> Ran {
        let Some((last, parts)) = parts.split_last() else {
            *into = object;
            return Ok(());
        };
        for part in parts {
            let mut next = Value::Null;
            if !object.is_null() {
                self.part(&object, part, layer, &mut next)?;
            }
            object = next;
        }
        if object.is_null() {
            *into = Value::Null;
            return Ok(());
        }
        self.part(&object, last, layer, into)
    }

    fn part(&mut self, value: &Value, part: &Part, layer: &Layer, into: &mut Value) -> Ran {
        // By far the commonest.
        if let Value::Map(map) = value
            && let Some(name) = plain_property(part, self.source)
        {
            map.look(name, |value| *into = value.clone());
            return Ok(());
        }
        let (called, span, name) = match part {
            Part::Property {
                name,
                property,
                span,
            } => {
                self.here = *span;
                let called = self.property(value, name.of(self.source), *property);
                (called, *span, Some(name))
            }
            Part::Method(call) => {
                let called = self.method(value, call, layer);
                (called, call.span, Some(&call.name))
            }
            Part::Index { index, span } => {
                let index = self.value(index, layer)?;
                self.here = *span;
                let index = self.counted_from_end(index, value, *span)?;
                (self.invoke(value, Method::Get, &[index]), *span, None)
            }
        };
        match called {
            Ok(Some(value)) => *into = value,
            Ok(None) => *into = Value::Null,
            Err(thrown) => {
                let name = name.map_or("get", |name| name.of(self.source));
                return self.thrown(thrown, span, name);
            }
        }
        Ok(())
    }

    fn method(&mut self, value: &Value, call: &MethodCall, layer: &Layer) -> Called {
        let mut one = [Value::Null];
        let mut many = Vec::new();
        let arguments: &[Value] = match &*call.arguments {
            [] => &[],
            [only] => {
                self.value_to(only, layer, &mut one[0])?;
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
        self.invoke(value, call.method, arguments)
    }

    /// Why a call of this name has no result.
    #[cold]
    pub(super) fn thrown<T>(&self, thrown: Thrown, span: Span, name: &str) -> Ran<T> {
        match thrown {
            Thrown::Exception(message) => {
                self.fail(ErrorKind::Method, span, format!("{name}: {message}"))
            }
            Thrown::Exit(exit) => Err(exit),
        }
    }

    /// A negative index counts from the end, if the object has a `size()`.
    fn counted_from_end(&mut self, index: Value, of: &Value, span: Span) -> Ran<Value> {
        let Value::Int(n @ ..0) = index else {
            return Ok(index);
        };
        let size = self.invoke(of, Method::Size, &[]);
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
            let mut next = Value::Null;
            self.part(&object, part, layer, &mut next)?;
            object = next;
        }
        if object.is_null() {
            return Ok(());
        }
        self.allot(64)?;
        if matches!(value, Value::List(_) | Value::Map(_) | Value::Other(_)) {
            self.tie(&object);
        }
        match last {
            Part::Index { index, span } => {
                let index = self.value(index, layer)?;
                let index = self.counted_from_end(index, &object, *span)?;
                if let Err(thrown) = self.set_index(&object, index, value) {
                    return self.thrown(thrown, *span, "set");
                }
            }
            Part::Property { name, .. } => {
                Self::set_property(&object, name.of(self.source), value);
            }
            // A target that ends in a call takes the call's name for a property's.
            Part::Method(call) => {
                Self::set_property(&object, call.name.of(self.source), value);
            }
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
                Other::Scope(scope) => {
                    scope.map().put(Value::text(name), value);
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
                self.invoke(object, Method::Set, &[index, value])
            }
            Value::Map(map) => {
                self.comparing(&index, map.len())?;
                map.put(index, value);
                Ok(None)
            }
            _ => {
                if let Some(scope) = object.as_scope() {
                    self.comparing(&index, scope.map().len())?;
                    scope.map().put(index, value);
                }
                Ok::<_, Thrown>(None)
            }
        }
    }
}

/// The name of a property that every map may have.
fn plain_property<'a>(part: &'a Part, source: &'a str) -> Option<&'a str> {
    match part {
        Part::Property { name, property, .. } if *property != Property::Class => {
            Some(name.of(source))
        }
        _ => None,
    }
}
