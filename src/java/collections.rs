//! Lists, maps and what looks into them.

use std::cell::{Cell, Ref, RefCell, RefMut};
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

use super::{Other, Value};

/// What kind of list: they print differently and some refuse changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListClass {
    /// `java.util.ArrayList`: a list written in a template, a range.
    Array,
    /// `net.minidev.json.JSONArray`: a list read from JSON; prints as JSON.
    Json,
    /// What `Arrays.asList` gives: elements can be set, not added.
    Fixed,
    /// `List.subList`: a view of a part of another list.
    Sub,
    /// What `List.of` and `Collections` give: refuses every change.
    Immutable,
}

impl ListClass {
    /// The Java class.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Array => "java.util.ArrayList",
            Self::Json => "net.minidev.json.JSONArray",
            Self::Fixed => "java.util.Arrays$ArrayList",
            Self::Sub => "java.util.ArrayList$SubList",
            Self::Immutable => "java.util.ImmutableCollections$ListN",
        }
    }
}

/// A list.
#[derive(Debug)]
pub struct List {
    /// Its kind.
    pub class: ListClass,
    items: RefCell<Vec<Value>>,
    changes: Cell<u32>,
    part: Option<Box<Part>>,
}

/// Where the elements of a `subList` are.
#[derive(Debug)]
pub(super) struct Part {
    /// The list that has the elements.
    pub(super) root: Rc<List>,
    /// The `subList` that this one was taken of.
    pub(super) of: Option<Rc<List>>,
    offset: usize,
    len: Cell<usize>,
    depth: u32,
}

impl List {
    /// A list of these elements.
    #[must_use]
    pub fn new(class: ListClass, items: Vec<Value>) -> Self {
        Self {
            class,
            items: RefCell::new(items),
            changes: Cell::new(0),
            part: None,
        }
    }

    /// The part of a list from one index to before another, which shares the elements; the range must lie in the list.
    #[must_use]
    pub fn part(list: &Rc<Self>, from: usize, to: usize) -> Self {
        let (root, of, offset, depth) = match &list.part {
            Some(part) => {
                let of = Some(Rc::clone(list));
                (&part.root, of, part.offset + from, part.depth + 1)
            }
            None => (list, None, from, 1),
        };
        Self {
            class: ListClass::Sub,
            items: RefCell::default(),
            changes: Cell::new(root.changes.get()),
            part: Some(Box::new(Part {
                root: Rc::clone(root),
                of,
                offset,
                len: Cell::new(to.saturating_sub(from)),
                depth,
            })),
        }
    }

    /// How many lists notice when elements are added or removed: the part, the ones that it is a part of.
    #[must_use]
    pub fn depth(&self) -> u32 {
        self.part.as_ref().map_or(0, |part| part.depth)
    }

    /// Whether this is a part of a list that was added to or removed from otherwise, after which Java's refuses every call.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        let part = self.part.as_ref();
        part.is_some_and(|part| part.root.changes.get() != self.changes.get())
    }

    /// The elements, when nobody else has the list.
    pub(super) fn room(&mut self) -> &mut Vec<Value> {
        self.items.get_mut()
    }

    /// What the list is a part of, for giving it up.
    pub(super) fn whole(&mut self) -> Option<Box<Part>> {
        self.part.take()
    }

    /// Removes all elements, and forgets that there were any.
    pub(super) fn empty(&mut self) {
        self.changes.set(0);
        self.items.get_mut().clear();
    }

    /// The elements. Don't keep it while the template runs.
    pub fn items(&self) -> Ref<'_, [Value]> {
        match &self.part {
            None => Ref::map(self.items.borrow(), Vec::as_slice),
            Some(part) => Ref::map(part.root.items.borrow(), |items| {
                let range = part.offset..part.offset + part.len.get();
                items.get(range).unwrap_or_default()
            }),
        }
    }

    /// The elements, to be replaced one by one without adding or removing.
    pub fn elements_mut(&self) -> RefMut<'_, [Value]> {
        match &self.part {
            None => RefMut::map(self.items.borrow_mut(), Vec::as_mut_slice),
            Some(part) => RefMut::map(part.root.items.borrow_mut(), |items| {
                let range = part.offset..part.offset + part.len.get();
                items.get_mut(range).unwrap_or_default()
            }),
        }
    }

    /// Puts elements in the place of those of a range, which must lie in the list, and gives these. An iterator that is under way
    /// will notice.
    pub fn splice(&self, range: std::ops::Range<usize>, new: Vec<Value>) -> Vec<Value> {
        let root = self.part.as_ref().map_or(self, |part| &part.root);
        let offset = self.part.as_ref().map_or(0, |part| part.offset);
        let (added, removed) = (new.len(), range.len());
        let changes = root.changes.get().wrapping_add(1);
        root.changes.set(changes);
        let mut list = Some(self);
        while let Some((each, part)) = list.and_then(|l| l.part.as_ref().map(|part| (l, part))) {
            each.changes.set(changes);
            part.len
                .set((part.len.get() + added).saturating_sub(removed));
            list = part.of.as_deref();
        }
        let mut items = root.items.borrow_mut();
        let end = (offset + range.end).min(items.len());
        let start = (offset + range.start).min(end);
        items.splice(start..end, new).collect()
    }

    /// Adds an element at the end.
    pub fn push(&self, new: Value) {
        if self.part.is_none() {
            self.changes.set(self.changes.get().wrapping_add(1));
            self.items.borrow_mut().push(new);
        } else {
            self.splice(self.len()..self.len(), vec![new]);
        }
    }

    /// Removes all elements, of the whole list if this is a part, and gives them.
    pub fn take(&self) -> Vec<Value> {
        let root = self.part.as_ref().map_or(self, |part| &part.root);
        root.changes.set(root.changes.get().wrapping_add(1));
        root.items.take()
    }

    /// The number of elements.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.part {
            None => self.items.borrow().len(),
            Some(part) => part.len.get(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How often elements were added or removed.
    #[must_use]
    pub fn changes(&self) -> u32 {
        let root = self.part.as_ref().map_or(self, |part| &part.root);
        root.changes.get()
    }
}

/// What kind of map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapClass {
    /// `java.util.LinkedHashMap`
    Linked,
    /// An object inside `$context`: prints as nothing (`spec/vtl.md` §2).
    Context,
}

impl MapClass {
    /// The Java class.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Linked => "java.util.LinkedHashMap",
            Self::Context => "Oracle$CtxMap",
        }
    }
}

/// Maps with fewer entries are searched one by one, which is faster than hashing.
const INDEXED_FROM: usize = 32;

type Index = HashMap<Key, usize>;

/// A map in insertion order.
#[derive(Debug)]
pub struct Map {
    /// Its kind.
    pub class: MapClass,
    entries: RefCell<Vec<(Value, Value)>>,
    /// Where each key stands, once there are many.
    index: RefCell<Option<Box<Index>>>,
    changes: Cell<u32>,
}

impl Map {
    /// An empty map.
    #[must_use]
    pub fn new(class: MapClass) -> Self {
        Self {
            class,
            entries: RefCell::default(),
            index: RefCell::default(),
            changes: Cell::new(0),
        }
    }

    /// A map of these entries, whose keys differ.
    #[must_use]
    pub fn of(class: MapClass, entries: Vec<(Value, Value)>) -> Self {
        let index = (entries.len() >= INDEXED_FROM).then(|| Box::new(indexed(&entries)));
        Self {
            class,
            entries: RefCell::new(entries),
            index: RefCell::new(index),
            changes: Cell::new(0),
        }
    }

    /// The entries, when nobody else has the map; fewer than are found by an index.
    pub(super) fn room(&mut self) -> &mut Vec<(Value, Value)> {
        self.entries.get_mut()
    }

    /// Forgets where each key stands.
    pub(super) fn unindex(&mut self) {
        *self.index.get_mut() = None;
    }

    /// Removes all entries, and forgets that there were any.
    pub(super) fn empty(&mut self) {
        self.changes.set(0);
        self.unindex();
        self.entries.get_mut().clear();
    }

    /// The entries, in order. Don't keep it while the template runs.
    pub fn pairs(&self) -> Ref<'_, Vec<(Value, Value)>> {
        self.entries.borrow()
    }

    /// The number of entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.borrow().len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How often keys were added or removed.
    #[must_use]
    pub fn changes(&self) -> u32 {
        self.changes.get()
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &Value) -> Option<Value> {
        let entries = self.entries.borrow();
        let at = self.position(&entries, key)?;
        entries.get(at).map(|(_, value)| value.clone())
    }

    /// The value of a key that is a string.
    #[must_use]
    pub fn get_text(&self, key: &str) -> Option<Value> {
        let entries = self.entries.borrow();
        if entries.len() >= INDEXED_FROM {
            drop(entries);
            return self.get(&Value::text(key));
        }
        let (_, value) = entries
            .iter()
            .find(|(k, _)| matches!(k, Value::Str(k) if k.equals(key)))?;
        Some(value.clone())
    }

    /// Looks at the value of a key that is a string where it lies. `look` must not change the map.
    pub fn look<T>(&self, key: &str, look: impl FnOnce(&Value) -> T) -> T {
        let entries = self.entries.borrow();
        if entries.len() >= INDEXED_FROM {
            drop(entries);
            return look(&self.get_text(key).unwrap_or_default());
        }
        let mut entries = entries.iter();
        match entries.find(|(k, _)| matches!(k, Value::Str(k) if k.equals(key))) {
            Some((_, value)) => look(value),
            None => look(&Value::Null),
        }
    }

    /// Whether the key is there.
    #[must_use]
    pub fn contains(&self, key: &Value) -> bool {
        self.position(&self.entries.borrow(), key).is_some()
    }

    fn position(&self, entries: &[(Value, Value)], key: &Value) -> Option<usize> {
        if entries.len() >= INDEXED_FROM
            && let Some(index) = &*self.index.borrow()
        {
            return index.get(&Key(key.clone())).copied();
        }
        let mut keys = entries.iter();
        match key {
            Value::Str(key) => keys.position(|(k, _)| matches!(k, Value::Str(k) if k == key)),
            _ => keys.position(|(k, _)| k.equals(key)),
        }
    }

    /// Stores a value under a key and gives the one that was there.
    pub fn put(&self, key: Value, value: Value) -> Option<Value> {
        let at = self.position(&self.entries.borrow(), &key);
        if let Some(at) = at {
            let mut entries = self.entries.borrow_mut();
            let (_, old) = entries.get_mut(at)?;
            return Some(std::mem::replace(old, value));
        }
        self.changes.set(self.changes.get().wrapping_add(1));
        let len = self.len();
        if len + 1 >= INDEXED_FROM {
            // Taken out meanwhile: comparing keys may come back to this map.
            let known = self.index.take();
            let mut index = known.unwrap_or_else(|| Box::new(indexed(&self.entries.borrow())));
            index.insert(Key(key.clone()), len);
            *self.index.borrow_mut() = Some(index);
        }
        self.entries.borrow_mut().push((key, value));
        None
    }

    /// Removes a key and gives its value.
    pub fn remove(&self, key: &Value) -> Option<Value> {
        let at = self.position(&self.entries.borrow(), key)?;
        self.changes.set(self.changes.get().wrapping_add(1));
        *self.index.borrow_mut() = None;
        let (_, value) = self.entries.borrow_mut().remove(at);
        if self.len() >= INDEXED_FROM {
            let index = Box::new(indexed(&self.entries.borrow()));
            *self.index.borrow_mut() = Some(index);
        }
        Some(value)
    }

    /// Removes everything.
    pub fn clear(&self) {
        drop(self.take());
    }

    /// Removes everything and gives it.
    pub fn take(&self) -> Vec<(Value, Value)> {
        self.changes.set(self.changes.get().wrapping_add(1));
        self.index.take();
        self.entries.take()
    }
}

#[allow(
    clippy::mutable_key_type,
    reason = "what changes inside of a key is not hashed"
)]
fn indexed(entries: &[(Value, Value)]) -> Index {
    let keys = entries.iter().enumerate();
    keys.map(|(at, (key, _))| (Key(key.clone()), at)).collect()
}

/// A value as a key: equal as Java's `equals()` says.
#[derive(Debug)]
struct Key(Value);

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.0.equals(&other.0)
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match &self.0 {
            Value::Str(text) => text.hash(state),
            Value::Int(n) => n.hash(state),
            Value::Long(n) => n.hash(state),
            Value::Bool(b) => b.hash(state),
            Value::Double(d) if !d.is_nan() => d.to_bits().hash(state),
            // Equal values have equal classes, and other keys are rare.
            other => std::mem::discriminant(other).hash(state),
        }
    }
}

/// An array; it has a fixed length.
#[derive(Debug)]
pub struct Array {
    /// The Java class: `[Ljava.lang.String;`
    pub class: &'static str,
    /// The elements.
    pub items: RefCell<Vec<Value>>,
}

/// What a view shows of its map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ViewClass {
    /// `keySet()`
    Keys,
    /// `values()`
    Values,
    /// `entrySet()`
    Entries,
}

impl ViewClass {
    /// The Java class.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Keys => "java.util.LinkedHashMap$LinkedKeySet",
            Self::Values => "java.util.LinkedHashMap$LinkedValues",
            Self::Entries => "java.util.LinkedHashMap$LinkedEntrySet",
        }
    }

    /// Whether it is a `java.util.Set`.
    #[must_use]
    pub fn is_set(self) -> bool {
        self != Self::Values
    }
}

/// A live view of a map.
#[derive(Debug)]
pub struct View {
    /// What it shows.
    pub class: ViewClass,
    /// The map.
    pub map: Rc<Map>,
}

impl View {
    /// The elements as they are now.
    #[must_use]
    pub fn items(&self) -> Vec<Value> {
        let entries = self.map.pairs();
        entries
            .iter()
            .map(|(key, value)| match self.class {
                ViewClass::Keys => key.clone(),
                ViewClass::Values => value.clone(),
                ViewClass::Entries => Value::other(Other::Entry(Entry {
                    map: Rc::clone(&self.map),
                    key: key.clone(),
                })),
            })
            .collect()
    }
}

/// One entry of a map; its value is the map's.
#[derive(Debug)]
pub struct Entry {
    /// The map.
    pub map: Rc<Map>,
    /// The key.
    pub key: Value,
}

impl Entry {
    /// The value under the key.
    #[must_use]
    pub fn value(&self) -> Value {
        self.map.get(&self.key).unwrap_or_default()
    }
}

/// An iterator over a collection as it was when the iterator was made; it notices when the collection has changed since.
#[derive(Debug)]
pub struct Cursor {
    source: Source,
    at: Cell<usize>,
    /// Whether a map had a next entry when the last one was given: its iterator remembers.
    more: Cell<bool>,
    changes: u32,
}

#[derive(Debug)]
enum Source {
    List(Rc<List>),
    View(ViewClass, Rc<Map>),
    Fixed(Vec<Value>),
}

/// The collection was changed under the iterator (`ConcurrentModificationException`), or has no more elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken;

impl Cursor {
    /// Over a list.
    #[must_use]
    pub fn list(list: &Rc<List>) -> Self {
        Self {
            changes: list.changes(),
            source: Source::List(Rc::clone(list)),
            at: Cell::new(0),
            more: Cell::new(false),
        }
    }

    /// Over a view of a map.
    #[must_use]
    pub fn view(class: ViewClass, map: &Rc<Map>) -> Self {
        Self {
            changes: map.changes(),
            source: Source::View(class, Rc::clone(map)),
            at: Cell::new(0),
            more: Cell::new(!map.is_empty()),
        }
    }

    /// Over elements that can't change.
    #[must_use]
    pub fn fixed(items: Vec<Value>) -> Self {
        Self {
            changes: 0,
            more: Cell::new(!items.is_empty()),
            source: Source::Fixed(items),
            at: Cell::new(0),
        }
    }

    /// The elements that only the iterator has.
    pub(super) fn fixed_items(&mut self) -> &mut [Value] {
        match &mut self.source {
            Source::Fixed(items) => items,
            Source::List(_) | Source::View(..) => &mut [],
        }
    }

    fn len(&self) -> usize {
        match &self.source {
            Source::List(list) => list.len(),
            Source::View(_, map) => map.len(),
            Source::Fixed(items) => items.len(),
        }
    }

    /// Whether an element is left.
    #[must_use]
    pub fn has_next(&self) -> bool {
        match &self.source {
            // ArrayList compares with its size.
            Source::List(list) => self.at.get() != list.len(),
            _ => self.more.get(),
        }
    }

    /// The next element.
    pub fn next(&self) -> Result<Value, Broken> {
        let mut item = Value::Null;
        self.next_to(&mut item)?;
        Ok(item)
    }

    /// Puts the next element to where it shall lie.
    pub fn next_to(&self, into: &mut Value) -> Result<(), Broken> {
        let at = self.at.get();
        self.at.set(at + 1);
        self.more.set(at + 1 < self.len());
        match &self.source {
            Source::List(list) if list.changes() == self.changes => match list.items().get(at) {
                Some(item) => *into = item.clone(),
                None => return Err(Broken),
            },
            Source::View(class, map) if map.changes() == self.changes => {
                match (class, map.pairs().get(at)) {
                    (_, None) => return Err(Broken),
                    (ViewClass::Keys, Some((key, _))) => *into = key.clone(),
                    (ViewClass::Values, Some((_, value))) => *into = value.clone(),
                    (ViewClass::Entries, Some((key, _))) => {
                        *into = Value::other(Other::Entry(Entry {
                            map: Rc::clone(map),
                            key: key.clone(),
                        }));
                    }
                }
            }
            Source::Fixed(items) => match items.get(at) {
                Some(item) => *into = item.clone(),
                None => return Err(Broken),
            },
            _ => return Err(Broken),
        }
        Ok(())
    }
}
