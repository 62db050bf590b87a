//! What a loop of a template tells of itself.

use std::cell::{Cell, OnceCell};
use std::rc::Rc;

use super::{Map, MapClass, Other, Value};

/// Velocity's `ForeachScope`: a loop's `$foreach`. It is a map as well: a template can keep things in it.
#[derive(Debug)]
pub struct Scope {
    /// The number of the turn, from 0; -1 before the first.
    pub index: Cell<i32>,
    /// Whether another turn follows.
    pub has_next: Cell<bool>,
    /// The `$foreach` of the loop around this one.
    pub parent: Value,
    /// What `$foreach` was before the outermost loop.
    pub replaced: Value,
    /// How many scopes this one leads to.
    pub depth: usize,
    /// Most loops keep nothing.
    map: OnceCell<Rc<Map>>,
}

impl Scope {
    /// A scope before its first turn, where `$foreach` was `previous`.
    #[must_use]
    pub fn new(previous: Value) -> Self {
        let depth = previous.as_scope().map_or(0, |scope| scope.depth + 1);
        let (parent, replaced) = if depth > 0 {
            (previous, Value::Null)
        } else {
            (Value::Null, previous)
        };
        Self {
            index: Cell::new(-1),
            has_next: Cell::new(false),
            parent,
            replaced,
            depth,
            map: OnceCell::new(),
        }
    }

    /// The map.
    pub fn map(&self) -> &Rc<Map> {
        self.map.get_or_init(|| Rc::new(Map::new(MapClass::Linked)))
    }

    /// A key of the map, of this loop or of one around it.
    #[must_use]
    pub fn kept(&self, key: &Value) -> Value {
        match self.map.get().and_then(|map| map.get(key)) {
            Some(value) => value,
            None => match self.parent.as_scope() {
                Some(parent) => parent.kept(key),
                None => Value::Null,
            },
        }
    }
}

impl Value {
    /// The scope, when the value is a loop's `$foreach`.
    #[inline]
    #[must_use]
    pub fn as_scope(&self) -> Option<&Scope> {
        match self {
            Self::Other(other) => match &**other {
                Other::Scope(scope) => Some(scope),
                _ => None,
            },
            _ => None,
        }
    }
}
