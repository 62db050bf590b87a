//! `$foreach`, and what `#define` puts into a variable.

use std::any::Any;
use std::cell::{Cell, OnceCell};
use std::rc::Rc;
use std::sync::Arc;

use crate::java::{Host, Map, MapClass, Printer, Value};

use super::frame::Layer;
use super::tree::Define;

/// A loop's `$foreach`. It is a map as well: a template can keep things in it.
#[derive(Debug)]
pub(super) struct Scope {
    pub(super) index: Cell<i32>,
    pub(super) has_next: Cell<bool>,
    /// The `$foreach` of the loop around this one.
    pub(super) parent: Value,
    /// What `$foreach` was before the outermost loop.
    pub(super) replaced: Value,
    /// Most loops keep nothing.
    map: OnceCell<Rc<Map>>,
}

impl Scope {
    pub(super) fn new(previous: Value, is_scope: bool) -> Self {
        let (parent, replaced) = if is_scope {
            (previous, Value::Null)
        } else {
            (Value::Null, previous)
        };
        Self {
            index: Cell::new(-1),
            has_next: Cell::new(false),
            parent,
            replaced,
            map: OnceCell::new(),
        }
    }

    /// The map.
    pub(super) fn map(&self) -> &Rc<Map> {
        self.map.get_or_init(|| Rc::new(Map::new(MapClass::Linked)))
    }

    /// A key of the map, of this loop or of one around it.
    pub(super) fn kept(&self, key: &Value) -> Value {
        match self.map.get().and_then(|map| map.get(key)) {
            Some(value) => value,
            None => super::run::Run::as_scope(&self.parent).map_or(Value::Null, |p| p.kept(key)),
        }
    }
}

impl Host for Scope {
    fn class(&self) -> &'static str {
        "org.apache.velocity.runtime.directive.ForeachScope"
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn print(&self) -> Option<String> {
        let mut out = String::new();
        Printer::new(&mut out, 1 << 20)
            .print(&Value::Map(Rc::clone(self.map())))
            .ok()?;
        Some(out)
    }
}

/// The block of a `#define`, with the layer it was defined in.
#[derive(Debug)]
pub(super) struct BlockObject {
    pub(super) define: Arc<Define>,
    pub(super) layer: Layer,
    pub(super) depth: Cell<u32>,
}

impl Host for BlockObject {
    fn class(&self) -> &'static str {
        "org.apache.velocity.runtime.directive.Block$Reference"
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn print(&self) -> Option<String> {
        None
    }
}
