//! Where variables live: the template's own, and a layer for each macro call.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use crate::java::{Value, release};

use super::tree::{Call, Macro, Piece, Slot};

/// The innermost layer; `None` is the template itself.
pub(super) type Layer = Option<Rc<Frame>>;

#[derive(Debug)]
pub(super) struct Frame {
    pub(super) parent: Layer,
    pub(super) kind: FrameKind,
    /// How many layers are around this one.
    pub(super) depth: usize,
}

/// Values of a layer may be nested deep. Layers are not: their number is bounded when they are made.
impl Drop for Frame {
    fn drop(&mut self) {
        self.forget();
    }
}

#[derive(Debug)]
pub(super) enum FrameKind {
    /// A macro call: arguments are evaluated in the caller's layer each time they are read.
    Macro {
        call: Arc<Call>,
        definition: Arc<Macro>,
        local: RefCell<Vec<(Slot, Value)>>,
        /// Parameters that a loop took away.
        removed: RefCell<Vec<Slot>>,
    },
    /// A turn of a loop whose element is null: the loop variable hides an outer one.
    NullElement { slot: Slot, active: Cell<bool> },
}

/// What a layer knows about a variable.
pub(super) enum Found {
    Value(Value),
    /// An argument to be evaluated in the parent layer: the call and the argument's number.
    Argument(Arc<Call>, usize),
    /// Null, whatever outer layers say.
    Null,
    /// Nothing: ask the parent.
    No,
}

impl Frame {
    pub(super) fn new(parent: &Layer, kind: FrameKind) -> Self {
        Self {
            parent: parent.clone(),
            kind,
            depth: parent.as_ref().map_or(0, |parent| parent.depth + 1),
        }
    }

    /// Gives up the values that lie in this layer.
    pub(super) fn forget(&self) {
        if let FrameKind::Macro { local, .. } = &self.kind {
            let values = local.take();
            for (_, mut value) in values {
                release(&mut value);
            }
        }
    }

    /// What going through the layer costs, beyond that of a small one.
    pub(super) fn width(&self) -> u64 {
        match &self.kind {
            FrameKind::Macro {
                definition,
                local,
                removed,
                ..
            } => {
                let entries =
                    local.borrow().len() + definition.parameters.len() + removed.borrow().len();
                entries as u64 / 16
            }
            FrameKind::NullElement { .. } => 0,
        }
    }

    pub(super) fn find(&self, slot: Slot) -> Found {
        match &self.kind {
            FrameKind::Macro {
                call,
                definition,
                local,
                removed,
            } => {
                if let Some((_, value)) = local.borrow().iter().find(|(s, _)| *s == slot) {
                    return Found::Value(value.clone());
                }
                match argument_of(call, definition, slot) {
                    Some(at) if !removed.borrow().contains(&slot) => {
                        Found::Argument(Arc::clone(call), at)
                    }
                    _ => Found::No,
                }
            }
            FrameKind::NullElement {
                slot: hidden,
                active,
            } => {
                if *hidden == slot && active.get() {
                    Found::Null
                } else {
                    Found::No
                }
            }
        }
    }

    pub(super) fn put(&self, slot: Slot, value: &Value) {
        if let FrameKind::Macro { local, .. } = &self.kind {
            let mut local = local.borrow_mut();
            match local.iter_mut().find(|(s, _)| *s == slot) {
                Some((_, old)) => *old = value.clone(),
                None => local.push((slot, value.clone())),
            }
        } else if let FrameKind::NullElement {
            slot: hidden,
            active,
        } = &self.kind
            && *hidden == slot
            && value.is_null()
        {
            active.set(true);
        }
    }

    pub(super) fn remove(&self, slot: Slot) {
        match &self.kind {
            FrameKind::Macro { local, removed, .. } => {
                local.borrow_mut().retain(|(s, _)| *s != slot);
                removed.borrow_mut().push(slot);
            }
            FrameKind::NullElement {
                slot: hidden,
                active,
            } => {
                if *hidden == slot {
                    active.set(false);
                }
            }
        }
    }

    /// How the caller wrote the argument for a parameter.
    pub(super) fn literal(&self, slot: Slot) -> Option<&Piece> {
        match &self.kind {
            FrameKind::Macro {
                call, definition, ..
            } => {
                let at = argument_of(call, definition, slot)?;
                Some(&call.arguments[at].literal)
            }
            FrameKind::NullElement { .. } => None,
        }
    }
}

/// The last parameter with a name counts; constants were stored when the macro was called.
fn argument_of(call: &Call, definition: &Macro, slot: Slot) -> Option<usize> {
    let at = definition
        .parameters
        .iter()
        .take(call.arguments.len())
        .rposition(|s| *s == slot)?;
    (!call.arguments[at].value.is_constant()).then_some(at)
}
