//! What read documents were made of, kept for the next one of the same thread: a payload is hundreds of small objects, and asking
//! the allocator for each of them costs as much as reading it.

use std::cell::Cell;
use std::rc::Rc;

use super::{List, ListClass, Map, MapClass, Str, Value};

/// Empty objects, lists and texts, each with its room.
#[derive(Default)]
pub(super) struct Spare {
    maps: Vec<Rc<Map>>,
    lists: Vec<Rc<List>>,
    texts: Vec<Rc<String>>,
    /// Room for a whole payload.
    whole: Option<Rc<String>>,
}

thread_local! {
    static SPARE: Cell<Option<Box<Spare>>> = const { Cell::new(None) };
}

/// Objects, lists and texts kept of each.
const KEPT: usize = 128;
/// Entries or elements of those that are kept.
const ROOM: usize = 16;
/// Bytes of texts that are kept.
const TEXT: usize = 256;
/// Bytes of a payload whose room is kept.
const WHOLE: usize = 64 * 1024;
/// What lies deeper is not kept.
const DEPTH: u32 = 16;

impl Spare {
    /// Does something with what this thread has.
    pub(super) fn lent<T>(work: impl FnOnce(&mut Self) -> T) -> T {
        let mut spare = SPARE.take().unwrap_or_default();
        let result = work(&mut spare);
        SPARE.set(Some(spare));
        result
    }

    /// An object that nobody else has, and its room.
    pub(super) fn map(&mut self) -> (Rc<Map>, Vec<(Value, Value)>) {
        let made = || Rc::new(Map::new(MapClass::Linked));
        let mut map = self.maps.pop().unwrap_or_else(made);
        let entries = Rc::get_mut(&mut map).map(|map| std::mem::take(map.room()));
        (map, entries.unwrap_or_default())
    }

    /// A list that nobody else has, and its room.
    pub(super) fn list(&mut self) -> (Rc<List>, Vec<Value>) {
        let made = || Rc::new(List::new(ListClass::Json, Vec::new()));
        let mut list = self.lists.pop().unwrap_or_else(made);
        let items = Rc::get_mut(&mut list).map(|list| std::mem::take(list.room()));
        (list, items.unwrap_or_default())
    }

    /// A text that nobody else has.
    pub(super) fn text(&mut self) -> Rc<String> {
        self.texts.pop().unwrap_or_default()
    }

    /// A copy of a payload.
    pub(super) fn copied(&mut self, text: &str) -> Str {
        let mut whole = self.whole.take().unwrap_or_default();
        match Rc::get_mut(&mut whole) {
            Some(whole) => whole.push_str(text),
            None => whole = Rc::new(text.to_owned()),
        }
        Str::of(whole)
    }

    fn keep(&mut self, value: &mut Value, depth: u32) {
        match value {
            Value::Str(text) => self.keep_text(text),
            Value::Map(map) if depth < DEPTH && self.maps.len() < KEPT => {
                let Some(inner) = Rc::get_mut(map) else {
                    return;
                };
                for (key, value) in inner.room() {
                    if let Value::Str(key) = key {
                        self.keep_text(key);
                    }
                    self.keep(value, depth + 1);
                }
                inner.empty();
                let kept = inner.class == MapClass::Linked && inner.room().capacity() <= ROOM;
                if kept && let Value::Map(map) = std::mem::take(value) {
                    self.maps.push(map);
                }
            }
            Value::List(list) if depth < DEPTH && self.lists.len() < KEPT => {
                let Some(inner) = Rc::get_mut(list) else {
                    return;
                };
                for item in inner.room() {
                    self.keep(item, depth + 1);
                }
                inner.empty();
                let kept = inner.class == ListClass::Json && inner.room().capacity() <= ROOM;
                if kept && let Value::List(list) = std::mem::take(value) {
                    self.lists.push(list);
                }
            }
            _ => {}
        }
    }

    /// Nearly all texts are parts of the payload, which the last of them gives back.
    #[inline]
    fn keep_text(&mut self, text: &mut Str) {
        if text.only().is_some() {
            self.keep_whole(std::mem::take(text).into_whole());
        }
    }

    fn keep_whole(&mut self, mut whole: Rc<String>) {
        let Some(inner) = Rc::get_mut(&mut whole) else {
            return;
        };
        inner.clear();
        let room = inner.capacity();
        if room <= TEXT {
            if self.texts.len() < KEPT {
                self.texts.push(whole);
            }
        } else if room <= WHOLE {
            self.whole = Some(whole);
        }
    }
}

/// Gives up a document, and keeps what it was made of for the next one.
pub fn recycle(mut document: Value) {
    Spare::lent(|spare| spare.keep(&mut document, 0));
}
