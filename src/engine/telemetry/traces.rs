//! Traces: segments by the trace that they are part of. Kept in memory with a bound, and as rows of the store in batches.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet, VecDeque};
use std::rc::Rc;

use indexmap::IndexMap;
use tokio::sync::Notify;

use crate::engine::store::{Change, Row};

/// The kind of these rows.
pub(crate) const TRACE_KIND: &str = "trace";

/// How long traces are kept, in seconds: 30 days (`spec/xray.md` §5).
const KEPT: f64 = 30.0 * 86_400.0;
/// Bytes that the documents of all traces may take; over that, the traces that came first are dropped.
const BYTES: usize = 16 << 20;
/// Bytes that the documents of one trace may take (page "AWS X-Ray endpoints and quotas": 500 kB).
const TRACE_BYTES: usize = 500 << 10;
/// What a trace and a segment cost beside their documents.
const OVERHEAD: usize = 256;

/// The segments of all traces, on the control runtime.
#[derive(Debug, Default)]
pub(crate) struct Traces {
    state: RefCell<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    traces: HashMap<Rc<Key>, Trace>,
    /// In the order in which they came.
    order: VecDeque<Rc<Key>>,
    bytes: usize,
    unsaved: HashSet<Rc<Key>>,
    /// Dropped, and still in the store.
    forgotten: HashSet<Rc<Key>>,
    /// Whether anything is saved: else nobody asks for what is to be.
    is_saved: bool,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Key {
    region: String,
    id: String,
}

/// One trace.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trace {
    /// Documents by the ids of their segments, in the order in which they came.
    pub(crate) segments: IndexMap<String, String>,
    /// The segments that go on.
    in_progress: HashSet<String>,
    /// When the first segment began, epoch seconds.
    pub(crate) start: f64,
    /// When the last one ended.
    pub(crate) end: f64,
    /// How often it changed.
    pub(crate) revision: i64,
    /// Whether segments were left out because it was too large.
    pub(crate) limit_exceeded: bool,
    bytes: usize,
}

/// A segment that comes.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) trace_id: String,
    pub(crate) id: String,
    /// Epoch seconds.
    pub(crate) start: f64,
    /// Epoch seconds; nothing while it goes on.
    pub(crate) end: Option<f64>,
    pub(crate) document: String,
}

impl Traces {
    /// No traces yet; `is_saved` tells whether somebody saves them.
    pub(crate) fn new(is_saved: bool) -> Self {
        let traces = Self::default();
        traces.state.borrow_mut().is_saved = is_saved;
        traces
    }

    /// Keeps a segment. A complete one takes the place of the same in progress, never the other way round.
    pub(crate) fn put(&self, region: &str, segment: Segment) {
        let state = &mut *self.state.borrow_mut();
        if let Some(key) = state.add(region, segment) {
            if state.is_saved {
                state.unsaved.insert(key);
                self.changed.notify_one();
            }
            state.shrink();
        }
    }

    /// A trace by its id.
    pub(crate) fn get(&self, region: &str, id: &str) -> Option<Trace> {
        let key = Key {
            region: region.to_owned(),
            id: id.to_owned(),
        };
        self.state.borrow().traces.get(&key).cloned()
    }

    /// The ids and starts of a region's traces that overlap a time, epoch seconds; the newest first.
    pub(crate) fn between(&self, region: &str, from: f64, to: f64) -> Vec<(f64, String)> {
        let state = self.state.borrow();
        let of_region = state.traces.iter().filter(|(key, _)| key.region == region);
        let mut found: Vec<(f64, String)> = of_region
            .filter(|(_, trace)| trace.start <= to && trace.end >= from)
            .map(|(key, trace)| (trace.start, key.id.clone()))
            .collect();
        found.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| b.1.cmp(&a.1)));
        found
    }

    /// Forgets traces that are too old.
    pub(crate) fn tidy(&self, now: f64) {
        let state = &mut *self.state.borrow_mut();
        while let Some(key) = state.order.front() {
            let old = (state.traces.get(key)).is_none_or(|trace| trace.end < now - KEPT);
            if !old {
                return;
            }
            state.drop_oldest();
        }
    }

    /// Forgets all of them.
    pub(crate) fn clear(&self) {
        let mut state = self.state.borrow_mut();
        *state = State {
            is_saved: state.is_saved,
            ..State::default()
        };
    }

    /// Waits until there may be something to save.
    pub(crate) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// What isn't saved yet. If the commit fails, say so with [`not_saved`](Self::not_saved).
    pub(crate) fn unsaved(&self) -> Vec<Change> {
        let state = &mut *self.state.borrow_mut();
        let gone = state.forgotten.drain().map(|key| change(&key, None));
        let mut changes: Vec<Change> = gone.collect();
        for key in state.unsaved.drain() {
            if let Some(trace) = state.traces.get(&key) {
                let documents: Vec<&String> = trace.segments.values().collect();
                let value = serde_json::to_string(&documents).unwrap_or_default();
                changes.push(change(&key, Some(value)));
            }
        }
        changes
    }

    /// The changes of the last [`unsaved`](Self::unsaved) didn't reach the store: all will be among the next.
    pub(crate) fn not_saved(&self) {
        let state = &mut *self.state.borrow_mut();
        state.unsaved.extend(state.order.iter().map(Rc::clone));
        self.changed.notify_one();
    }

    /// Takes the rows of this [`TRACE_KIND`] back; `read` reads a document. Returns how many traces can't be.
    pub(crate) fn restore<'r>(
        &self,
        rows: impl IntoIterator<Item = &'r Row>,
        read: impl Fn(&str) -> Option<Segment>,
    ) -> usize {
        let (mut unreadable, mut gone) = (0, Vec::new());
        let mut all: Vec<(&str, Segment)> = Vec::new();
        for row in rows {
            let documents: Vec<String> = serde_json::from_str(&row.value).unwrap_or_default();
            let before = all.len();
            let segments = documents.iter().filter_map(|document| read(document));
            all.extend(segments.map(|segment| (row.region.as_str(), segment)));
            if all.len() == before {
                // Too old by now, or damaged: the row goes with the next batch.
                unreadable += 1;
                gone.push(Rc::new(Key {
                    region: row.region.clone(),
                    id: row.key.clone(),
                }));
            }
        }
        all.sort_by(|a, b| a.1.start.total_cmp(&b.1.start));
        let state = &mut *self.state.borrow_mut();
        for (region, segment) in all {
            state.add(region, segment);
        }
        state.forgotten.extend(gone);
        state.shrink();
        unreadable
    }
}

fn change(key: &Key, value: Option<String>) -> Change {
    Change {
        region: key.region.clone(),
        kind: TRACE_KIND,
        key: key.id.clone(),
        value,
    }
}

impl State {
    /// The trace that a segment joined, unless it brings nothing new.
    fn add(&mut self, region: &str, segment: Segment) -> Option<Rc<Key>> {
        let key = Key {
            region: region.to_owned(),
            id: segment.trace_id,
        };
        let key = if let Some((key, _)) = self.traces.get_key_value(&key) {
            Rc::clone(key)
        } else {
            let key = Rc::new(key);
            self.order.push_back(Rc::clone(&key));
            self.bytes += OVERHEAD;
            let trace = Trace {
                start: segment.start,
                end: segment.start,
                ..Trace::default()
            };
            self.traces.insert(Rc::clone(&key), trace);
            key
        };
        let trace = self.traces.get_mut(&key)?;
        let before = trace.segments.get(&segment.id).map(|d| d.len() + OVERHEAD);
        if before.is_some() && segment.end.is_none() && !trace.in_progress.contains(&segment.id) {
            return None;
        }
        let size = segment.document.len() + OVERHEAD;
        let before = before.unwrap_or(0);
        if trace.bytes - before + size > TRACE_BYTES {
            trace.limit_exceeded = true;
            return None;
        }
        trace.bytes = trace.bytes - before + size;
        self.bytes = self.bytes - before + size;
        trace.start = trace.start.min(segment.start);
        trace.end = trace.end.max(segment.end.unwrap_or(segment.start));
        trace.revision += 1;
        match segment.end {
            Some(_) => trace.in_progress.remove(&segment.id),
            None => trace.in_progress.insert(segment.id.clone()),
        };
        trace.segments.insert(segment.id, segment.document);
        Some(key)
    }

    fn shrink(&mut self) {
        while self.bytes > BYTES && !self.order.is_empty() {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        let Some(key) = self.order.pop_front() else {
            return;
        };
        if let Some(trace) = self.traces.remove(&key) {
            self.bytes -= trace.bytes + OVERHEAD;
        }
        self.unsaved.remove(&key);
        if self.is_saved {
            self.forgotten.insert(key);
        }
    }
}

impl Trace {
    /// Whether a segment goes on.
    pub(crate) fn is_partial(&self) -> bool {
        !self.in_progress.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(trace: &str, id: &str, start: f64, end: Option<f64>) -> Segment {
        Segment {
            trace_id: trace.to_owned(),
            id: id.to_owned(),
            start,
            end,
            document: format!("{id} {}", end.is_some()),
        }
    }

    #[test]
    fn segments_join_their_trace_and_a_complete_one_stays() {
        let traces = Traces::new(true);
        traces.put("r", segment("t", "a", 10.0, None));
        assert!(traces.get("r", "t").unwrap().is_partial());
        traces.put("r", segment("t", "a", 10.0, Some(12.0)));
        traces.put("r", segment("t", "a", 10.0, None));
        traces.put("r", segment("t", "b", 11.0, Some(13.0)));
        let trace = traces.get("r", "t").unwrap();
        assert_eq!(
            (trace.start, trace.end, trace.revision, trace.is_partial()),
            (10.0, 13.0, 3, false)
        );
        assert_eq!(trace.segments["a"], "a true");
        assert!(traces.get("other", "t").is_none());
        traces.put("r", segment("u", "c", 20.0, Some(21.0)));
        let ids = |from, to| -> Vec<String> {
            let found = traces.between("r", from, to).into_iter();
            found.map(|(_, id)| id).collect()
        };
        assert_eq!(ids(0.0, 100.0), ["u", "t"]);
        assert_eq!(ids(13.0, 19.0), ["t"]);
        traces.tidy(KEPT + 15.0);
        assert_eq!(ids(0.0, 100.0), ["u"]);
    }

    #[test]
    fn memory_is_bounded_and_what_is_dropped_leaves_the_store() {
        let traces = Traces::new(true);
        let large = "x".repeat(100 << 10);
        for n in 0..300_u32 {
            let mut one = segment(&format!("t{n}"), "a", f64::from(n), Some(1000.0));
            one.document.clone_from(&large);
            traces.put("r", one);
        }
        let state = traces.state.borrow();
        assert!(state.bytes <= BYTES && state.traces.len() > 100);
        assert_eq!(state.forgotten.len() + state.traces.len(), 300);
        drop(state);
        assert!(traces.get("r", "t0").is_none());
        let changes = traces.unsaved();
        assert_eq!(changes.len(), 300);
        assert!(changes.iter().any(|c| c.key == "t0" && c.value.is_none()));
        assert!(traces.unsaved().is_empty());
        for id in ["a", "b", "c", "d", "e", "f"] {
            let mut one = segment("whole", id, 1.0, Some(2.0));
            one.document.clone_from(&large);
            traces.put("r", one);
        }
        let trace = traces.get("r", "whole").unwrap();
        assert_eq!((trace.segments.len(), trace.limit_exceeded), (4, true));
    }

    #[test]
    fn what_was_saved_comes_back() {
        let traces = Traces::new(true);
        traces.put("r", segment("t", "a", 10.0, Some(12.0)));
        let rows: Vec<Row> = traces
            .unsaved()
            .into_iter()
            .map(|change| Row {
                region: change.region,
                kind: change.kind.to_owned(),
                key: change.key,
                value: change.value.unwrap(),
            })
            .collect();
        let other = Traces::new(true);
        let read = |document: &str| {
            let mut read = segment("t", "a", 10.0, Some(12.0));
            document.clone_into(&mut read.document);
            Some(read)
        };
        assert_eq!(other.restore(&rows, read), 0);
        assert_eq!(other.get("r", "t").unwrap().segments["a"], "a true");
        assert!(other.unsaved().is_empty());
        // What can't be read any more leaves the store.
        let other = Traces::new(true);
        assert_eq!(other.restore(&rows, |_| None), 1);
        let changes = other.unsaved();
        assert_eq!((changes.len(), &changes[0].value), (1, &None));
    }

    #[test]
    fn nothing_is_remembered_to_be_saved_where_nobody_saves() {
        let traces = Traces::new(false);
        let large = "x".repeat(400 << 10);
        for n in 0..200_u32 {
            let mut one = segment(&format!("t{n}"), "a", 1.0, Some(2.0));
            one.document.clone_from(&large);
            traces.put("r", one);
        }
        let state = traces.state.borrow();
        assert!(state.traces.len() < 50 && state.forgotten.is_empty() && state.unsaved.is_empty());
    }
}
