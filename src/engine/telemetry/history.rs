//! Points of one series at one resolution, packed: what is old is kept small, and is unpacked only when it is read.

use std::collections::VecDeque;
use std::marker::PhantomData;

use super::codec::{Entry, Reader, Writer};

/// Bytes that a chunk costs beside its content: its place in the queue and what the allocator adds.
const CHUNK_OVERHEAD: usize = 64;

/// Entries by time, in chunks of a fixed span. A time may have several entries: they count together.
#[derive(Debug)]
pub(crate) struct History<E> {
    /// Seconds from one entry to the next.
    step: i64,
    /// Seconds in a chunk.
    span: i64,
    /// By their start.
    chunks: VecDeque<Chunk>,
    bytes: usize,
    entries: PhantomData<fn() -> E>,
}

/// The entries of one span.
#[derive(Debug)]
pub(crate) struct Chunk {
    /// Epoch seconds; a multiple of the span.
    pub(crate) start: i64,
    /// Whether its entries have gone where they go once the span is over: rolled up, or saved.
    pub(crate) settled: bool,
    packed: Vec<u8>,
}

impl Chunk {
    /// The entries as they are stored; [`History::restore`] takes them back.
    pub(crate) fn packed(&self) -> &[u8] {
        &self.packed
    }

    fn each<E: Entry>(&self, step: i64, mut visit: impl FnMut(i64, E)) {
        let mut reader = Reader::new(&self.packed);
        while !reader.is_empty() {
            // Damage can only come from a stored row that somebody changed: what stands behind it is lost, the rest counts.
            let Some(offset) = reader.number().and_then(|at| i64::try_from(at).ok()) else {
                return;
            };
            let Some(entry) = E::read(&mut reader) else {
                return;
            };
            visit(
                self.start.saturating_add(offset.saturating_mul(step)),
                entry,
            );
        }
    }
}

impl<E: Entry> History<E> {
    /// An empty history: an entry each `step` seconds, a chunk each `span` seconds.
    pub(crate) fn new(step: i64, span: i64) -> Self {
        Self {
            step,
            span,
            chunks: VecDeque::new(),
            bytes: 0,
            entries: PhantomData,
        }
    }

    /// Adds an entry at this time (epoch seconds) and returns its chunk.
    pub(crate) fn append(&mut self, at: i64, entry: &E) -> &mut Chunk {
        let index = self.chunk_at(at);
        let chunk = &mut self.chunks[index];
        let before = chunk.packed.len();
        let mut out = Writer::onto(std::mem::take(&mut chunk.packed));
        out.number(u64::try_from((at - chunk.start) / self.step).unwrap_or(0));
        entry.write(&mut out);
        chunk.packed = out.into_bytes();
        self.bytes += chunk.packed.len() - before;
        chunk
    }

    /// Takes a stored chunk back, before or after others came.
    pub(crate) fn restore(&mut self, start: i64, packed: &[u8]) -> &mut Chunk {
        let index = self.chunk_at(start);
        let chunk = &mut self.chunks[index];
        chunk.packed.extend_from_slice(packed);
        self.bytes += packed.len();
        chunk
    }

    /// The index of the chunk that holds this time, which is made if need be. Nearly always the last one.
    fn chunk_at(&mut self, at: i64) -> usize {
        let start = at.div_euclid(self.span) * self.span;
        let index = self.chunks.partition_point(|chunk| chunk.start < start);
        if self
            .chunks
            .get(index)
            .is_none_or(|chunk| chunk.start != start)
        {
            self.chunks.insert(
                index,
                Chunk {
                    start,
                    settled: false,
                    packed: Vec::new(),
                },
            );
            self.bytes += CHUNK_OVERHEAD;
        }
        index
    }

    /// Visits the entries from `start` to before `end`, except those of chunks that `skip` names.
    pub(crate) fn each(
        &self,
        start: i64,
        end: i64,
        skip: impl Fn(&Chunk) -> bool,
        mut visit: impl FnMut(i64, E),
    ) {
        let first = self
            .chunks
            .partition_point(|chunk| chunk.start + self.span <= start);
        for chunk in self.chunks.range(first..) {
            if chunk.start >= end {
                return;
            }
            if !skip(chunk) {
                chunk.each(self.step, |at, entry| {
                    if at >= start && at < end {
                        visit(at, entry);
                    }
                });
            }
        }
    }

    /// The chunks that have something unsettled and end by `now`, oldest first, each with its entries merged.
    pub(crate) fn settle(&mut self, now: i64) -> Vec<(i64, E)> {
        let (step, span) = (self.step, self.span);
        let mut merged = Vec::new();
        for chunk in &mut self.chunks {
            if !chunk.settled && chunk.start + span <= now {
                chunk.settled = true;
                chunk.packed.shrink_to_fit();
                let mut whole: Option<E> = None;
                chunk.each(step, |_, entry: E| match &mut whole {
                    Some(whole) => whole.merge(&entry),
                    None => whole = Some(entry),
                });
                merged.extend(whole.map(|whole| (chunk.start, whole)));
            }
        }
        merged
    }

    /// All chunks, oldest first, to settle them.
    pub(crate) fn chunks_mut(&mut self) -> impl Iterator<Item = &mut Chunk> {
        self.chunks.iter_mut()
    }

    /// Drops the chunks that end by `until` and returns their starts.
    pub(crate) fn expire(&mut self, until: i64) -> Vec<i64> {
        let mut expired = Vec::new();
        while self
            .chunks
            .front()
            .is_some_and(|chunk| chunk.start + self.span <= until)
        {
            expired.extend(self.drop_oldest());
        }
        expired
    }

    /// Drops the oldest chunk and returns its start.
    pub(crate) fn drop_oldest(&mut self) -> Option<i64> {
        let chunk = self.chunks.pop_front()?;
        self.bytes -= chunk.packed.len() + CHUNK_OVERHEAD;
        Some(chunk.start)
    }

    /// When the oldest chunk begins.
    pub(crate) fn oldest(&self) -> Option<i64> {
        self.chunks.front().map(|chunk| chunk.start)
    }

    /// Memory in use, about.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether nothing is kept.
    pub(crate) fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::super::distribution::Distribution;
    use super::*;

    fn one(value: f64) -> Distribution {
        Distribution::repeated(value, 1)
    }

    fn read(history: &History<Distribution>, start: i64, end: i64) -> Vec<(i64, f64)> {
        let mut all = Vec::new();
        history.each(start, end, |_| false, |at, it| all.push((at, it.sum())));
        all
    }

    #[test]
    fn entries_are_found_by_time_in_whatever_order_they_came() {
        let mut history = History::new(1, 60);
        for at in [125, 61, 60, 59, 3, 125] {
            history.append(at, &one(f64::from(u32::try_from(at).unwrap())));
        }
        assert_eq!(
            read(&history, 0, 1000),
            [
                (59, 59.0),
                (3, 3.0),
                (61, 61.0),
                (60, 60.0),
                (125, 125.0),
                (125, 125.0)
            ]
        );
        assert_eq!(read(&history, 59, 61), [(59, 59.0), (60, 60.0)]);
        assert_eq!(read(&history, 126, 200), []);
    }

    #[test]
    fn a_span_settles_once_when_it_is_over() {
        let mut history = History::new(1, 60);
        history.append(10, &one(1.0));
        history.append(59, &one(2.0));
        history.append(60, &one(4.0));
        assert!(history.settle(59).is_empty());
        let settled = history.settle(60);
        assert_eq!(settled.len(), 1);
        assert_eq!((settled[0].0, settled[0].1.sum()), (0, 3.0));
        assert!(history.settle(119).is_empty());
        assert_eq!(history.settle(120)[0].1, one(4.0));
    }

    #[test]
    fn what_expires_gives_its_memory_back() {
        let mut history = History::new(60, 3600);
        history.append(0, &one(1.0));
        history.append(3600, &one(1.0));
        assert_eq!(history.expire(3599), Vec::<i64>::new());
        assert_eq!(history.expire(3600), [0]);
        assert_eq!(history.expire(100_000), [3600]);
        assert_eq!((history.bytes(), history.is_empty()), (0, true));
    }

    #[test]
    fn a_stored_chunk_comes_back() {
        let mut history = History::new(60, 3600);
        history.append(3660, &one(5.0));
        let (start, packed) = {
            let chunk = history.chunks_mut().next().unwrap();
            (chunk.start, chunk.packed().to_vec())
        };
        let mut other = History::new(60, 3600);
        other.append(3720, &one(6.0));
        other.restore(start, &packed);
        assert_eq!(read(&other, 0, 9000), [(3720, 6.0), (3660, 5.0)]);
    }
}
