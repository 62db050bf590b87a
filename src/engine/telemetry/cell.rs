//! The running second of one slot in one data runtime.
//!
//! One thread writes, so adding is a plain load and store; others may read at any time. The lock guards the change of seconds: the
//! writer takes it once a second, a reader for as long as copying one second takes. That way a reader sees every request that has
//! been answered, nothing is counted twice, and no timer has to flush anything.

use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use super::distribution::{Distribution, float};
use super::point::Point;
use super::sketch::{Bucket, PER_OCTAVE, octave_key, octave_of};

/// The second of a cell that holds nothing.
const NOTHING: i64 = i64::MIN;

/// How old a running second must be, in seconds, before a reader may take it from the writer.
///
/// One would do, but for a writer that read the clock just before the second ended and adds just after: what a thread adds after the
/// system stopped it for longer in between can be lost to the metrics.
const TAKEN_AFTER: i64 = 2;

/// Octaves of microseconds: 32 bits of them, over an hour.
const OCTAVES: usize = 32;

/// Seconds that wait in a cell until they should be brought to the archive even though nobody reads.
const WAITING: usize = 64;

/// See the module.
#[derive(Debug)]
pub(crate) struct Cell {
    /// Epoch second of what is in the gauges.
    second: AtomicI64,
    client_errors: AtomicU64,
    server_errors: AtomicU64,
    cache_hits: AtomicU64,
    cache_misses: AtomicU64,
    latency: Gauge,
    integration: Gauge,
    finished: Mutex<Vec<(i64, Point)>>,
}

/// What one request adds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    pub(crate) second: i64,
    pub(crate) status: u16,
    pub(crate) latency_micros: u32,
    pub(crate) integration_micros: Option<u32>,
    pub(crate) cache_hit: Option<bool>,
}

/// What adding a sample found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Added {
    /// The second goes on.
    Running,
    /// A second began.
    Began,
    /// A second began, and so many wait that they should be brought to the archive.
    Full,
}

impl Cell {
    pub(crate) fn new() -> Self {
        Self {
            second: AtomicI64::new(NOTHING),
            client_errors: AtomicU64::new(0),
            server_errors: AtomicU64::new(0),
            cache_hits: AtomicU64::new(0),
            cache_misses: AtomicU64::new(0),
            latency: Gauge::new(),
            integration: Gauge::new(),
            finished: Mutex::new(Vec::new()),
        }
    }

    /// Adds a sample. Only one thread may do so.
    #[inline]
    pub(crate) fn add(&self, sample: Sample) -> Added {
        let mut added = Added::Running;
        if self.second.load(Ordering::Relaxed) != sample.second {
            added = self.begin(sample.second);
        }
        // The request before what is told of it, and read in the opposite order: nobody sees more errors than requests.
        self.latency.add(sample.latency_micros);
        match sample.status {
            400..500 => bump(&self.client_errors, 1),
            500..600 => bump(&self.server_errors, 1),
            _ => {}
        }
        if let Some(micros) = sample.integration_micros {
            self.integration.add(micros);
        }
        match sample.cache_hit {
            Some(true) => bump(&self.cache_hits, 1),
            Some(false) => bump(&self.cache_misses, 1),
            None => {}
        }
        added
    }

    #[cold]
    fn begin(&self, second: i64) -> Added {
        let mut finished = self.finished();
        // Read again under the lock: a reader may just have taken it.
        let held = self.second.load(Ordering::Relaxed);
        if held != NOTHING {
            finished.push((held, self.read()));
        }
        self.client_errors.store(0, Ordering::Relaxed);
        self.server_errors.store(0, Ordering::Relaxed);
        self.cache_hits.store(0, Ordering::Relaxed);
        self.cache_misses.store(0, Ordering::Relaxed);
        self.latency.clear();
        self.integration.clear();
        self.second.store(second, Ordering::Relaxed);
        if finished.len() >= WAITING {
            Added::Full
        } else {
            Added::Began
        }
    }

    /// Takes the seconds that are over. The one that still runs is copied and returned.
    pub(crate) fn harvest(
        &self,
        now: i64,
        mut take: impl FnMut(i64, Point),
    ) -> Option<(i64, Point)> {
        let mut finished = self.finished();
        let held = self.second.load(Ordering::Relaxed);
        let mut running = None;
        if held != NOTHING {
            let point = self.read();
            if held <= now.saturating_sub(TAKEN_AFTER) {
                self.second.store(NOTHING, Ordering::Relaxed);
                finished.push((held, point));
            } else {
                running = Some((held, point));
            }
        }
        for (second, point) in finished.drain(..) {
            take(second, point);
        }
        running
    }

    fn read(&self) -> Point {
        let client_errors = self.client_errors.load(Ordering::Acquire);
        let server_errors = self.server_errors.load(Ordering::Acquire);
        let cache_hits = self.cache_hits.load(Ordering::Acquire);
        let cache_misses = self.cache_misses.load(Ordering::Acquire);
        let integration = self.integration.read();
        Point {
            client_errors,
            server_errors,
            cache_hits,
            cache_misses,
            latency: self.latency.read(),
            integration,
        }
    }

    fn finished(&self) -> MutexGuard<'_, Vec<(i64, Point)>> {
        self.finished.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Adds where only one thread writes. Who sees the result sees all that was written before it.
#[inline]
fn bump(counter: &AtomicU64, by: u64) {
    counter.store(
        counter.load(Ordering::Relaxed).wrapping_add(by),
        Ordering::Release,
    );
}

/// The distribution of some times in microseconds.
#[derive(Debug)]
struct Gauge {
    count: AtomicU64,
    sum: AtomicU64,
    minimum: AtomicU32,
    maximum: AtomicU32,
    zeros: AtomicU32,
    /// An octave's buckets are made when the first time falls in it, and stay: a method's times fall in a few octaves.
    octaves: [OnceLock<Box<[AtomicU32; PER_OCTAVE]>>; OCTAVES],
}

impl Gauge {
    fn new() -> Self {
        Self {
            count: AtomicU64::new(0),
            sum: AtomicU64::new(0),
            minimum: AtomicU32::new(u32::MAX),
            maximum: AtomicU32::new(0),
            zeros: AtomicU32::new(0),
            octaves: [const { OnceLock::new() }; OCTAVES],
        }
    }

    #[inline]
    fn add(&self, micros: u32) {
        if micros < self.minimum.load(Ordering::Relaxed) {
            self.minimum.store(micros, Ordering::Relaxed);
        }
        if micros > self.maximum.load(Ordering::Relaxed) {
            self.maximum.store(micros, Ordering::Relaxed);
        }
        let bucket = match octave_of(micros) {
            None => Some(&self.zeros),
            Some((octave, sub)) => self.octaves.get(octave).and_then(|octave| {
                octave
                    .get_or_init(|| Box::new([const { AtomicU32::new(0) }; PER_OCTAVE]))
                    .get(sub)
            }),
        };
        if let Some(bucket) = bucket {
            let count = bucket.load(Ordering::Relaxed).saturating_add(1);
            bucket.store(count, Ordering::Relaxed);
        }
        bump(&self.sum, u64::from(micros));
        // Last: who sees the count sees the rest.
        bump(&self.count, 1);
    }

    fn clear(&self) {
        if self.count.load(Ordering::Relaxed) == 0 {
            return;
        }
        self.count.store(0, Ordering::Relaxed);
        self.sum.store(0, Ordering::Relaxed);
        self.minimum.store(u32::MAX, Ordering::Relaxed);
        self.maximum.store(0, Ordering::Relaxed);
        self.zeros.store(0, Ordering::Relaxed);
        for bucket in self
            .octaves
            .iter()
            .filter_map(OnceLock::get)
            .flat_map(|octave| octave.iter())
        {
            bucket.store(0, Ordering::Relaxed);
        }
    }

    fn read(&self) -> Distribution {
        let count = self.count.load(Ordering::Acquire);
        if count == 0 {
            return Distribution::default();
        }
        let mut buckets = Vec::new();
        let mut push = |key, bucket: &AtomicU32| {
            let count = u64::from(bucket.load(Ordering::Relaxed));
            if count > 0 {
                buckets.push(Bucket { key, count });
            }
        };
        push(0, &self.zeros);
        for (octave, subs) in self.octaves.iter().enumerate() {
            for (sub, bucket) in subs
                .get()
                .into_iter()
                .flat_map(|subs| subs.iter().enumerate())
            {
                push(octave_key(octave, sub), bucket);
            }
        }
        Distribution::from_parts(
            count,
            float(self.sum.load(Ordering::Relaxed)),
            f64::from(self.minimum.load(Ordering::Relaxed)),
            f64::from(self.maximum.load(Ordering::Relaxed)),
            buckets,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample(second: i64, status: u16, latency_micros: u32) -> Sample {
        Sample {
            second,
            status,
            latency_micros,
            integration_micros: (latency_micros > 10).then(|| latency_micros - 10),
            cache_hit: None,
        }
    }

    type Seen = (i64, f64);

    fn harvest(cell: &Cell, now: i64) -> (Vec<Seen>, Option<Seen>) {
        let mut taken = Vec::new();
        let running = cell.harvest(now, |second, point| taken.push((second, point.requests())));
        (
            taken,
            running.map(|(second, point)| (second, point.requests())),
        )
    }

    #[test]
    fn a_running_second_is_seen_and_a_finished_one_taken_once() {
        let cell = Cell::new();
        assert_eq!(cell.add(sample(100, 200, 5)), Added::Began);
        assert_eq!(cell.add(sample(100, 404, 50)), Added::Running);
        assert_eq!(harvest(&cell, 100), (vec![], Some((100, 2.0))));
        assert_eq!(harvest(&cell, 101), (vec![], Some((100, 2.0))));
        cell.add(sample(101, 500, 0));
        assert_eq!(harvest(&cell, 101), (vec![(100, 2.0)], Some((101, 1.0))));
        assert_eq!(harvest(&cell, 103), (vec![(101, 1.0)], None));
        assert_eq!(harvest(&cell, 104), (vec![], None));
        // Even if the clock stands or steps back, nothing is lost.
        cell.add(sample(101, 200, 7));
        assert_eq!(harvest(&cell, 104), (vec![(101, 1.0)], None));
    }

    #[test]
    fn a_cell_that_nobody_reads_says_that_it_is_full() {
        let cell = Cell::new();
        let added: Vec<Added> = (0..=64)
            .map(|second| cell.add(sample(second, 200, 1)))
            .collect();
        assert!(added[..64].iter().all(|&added| added == Added::Began));
        assert_eq!(added[64], Added::Full);
    }

    proptest! {
        #[test]
        fn a_cells_second_is_the_distribution_of_its_samples(
            samples in prop::collection::vec((prop_oneof![200u16..600, Just(429)], 0u32..40_000_000), 1..80)
        ) {
            let cell = Cell::new();
            // What an earlier second left must not show.
            cell.add(sample(6, 500, 3));
            let mut expected = Point::default();
            for &(status, micros) in &samples {
                let it = sample(7, status, micros);
                cell.add(it);
                expected.client_errors += u64::from((400..500).contains(&status));
                expected.server_errors += u64::from((500..600).contains(&status));
                expected.latency.add(f64::from(micros), 1);
                if let Some(micros) = it.integration_micros {
                    expected.integration.add(f64::from(micros), 1);
                }
            }
            let mut last = None;
            cell.harvest(100, |second, point| last = Some((second, point)));
            prop_assert_eq!(last, Some((7, expected)));
        }
    }
}
