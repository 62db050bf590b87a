//! Giving up values that are nested deep: each level that drops the next one takes stack, and a template can nest them without end.

use std::cell::{Cell, RefCell};

use super::{Array, Cursor, Entry, List, Map, Scope, Value};

/// Levels that drop each other before the rest waits for its turn.
const NESTED: u32 = 32;

thread_local! {
    static LEVEL: Cell<u32> = const { Cell::new(0) };
    /// What lies deeper: the outermost level drops it.
    static LATER: RefCell<Vec<Value>> = const { RefCell::new(Vec::new()) };
}

/// Drops a value, using a bounded part of the stack. Whatever holds values gives them up through this.
#[inline]
pub(crate) fn release(value: &mut Value) {
    if matches!(value, Value::List(_) | Value::Map(_) | Value::Other(_)) {
        nested(std::mem::take(value));
    }
}

fn nested(value: Value) {
    let level = LEVEL.get();
    if level >= NESTED {
        // While the thread ends, the list may be gone; values are gone before that.
        let _ = LATER.try_with(|later| later.borrow_mut().push(value));
        return;
    }
    LEVEL.set(level + 1);
    drop(value);
    if level == 0 {
        while let Ok(Some(next)) = LATER.try_with(|later| later.borrow_mut().pop()) {
            drop(next);
        }
    }
    LEVEL.set(level);
}

impl Drop for List {
    fn drop(&mut self) {
        self.room().iter_mut().for_each(release);
        if let Some(part) = self.whole() {
            release(&mut Value::List(part.root));
            if let Some(of) = part.of {
                release(&mut Value::List(of));
            }
        }
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        self.unindex();
        for (key, value) in self.room() {
            release(key);
            release(value);
        }
    }
}

impl Drop for Array {
    fn drop(&mut self) {
        self.items.get_mut().iter_mut().for_each(release);
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        release(&mut self.key);
    }
}

impl Drop for Cursor {
    fn drop(&mut self) {
        self.fixed_items().iter_mut().for_each(release);
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        release(&mut self.parent);
        release(&mut self.replaced);
    }
}
