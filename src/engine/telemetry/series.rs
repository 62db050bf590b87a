//! Many series of points with AWS's retention and a bound on memory: seconds for three hours, minutes for fifteen days.
//!
//! Retention: `spec/cloudwatch-metrics.md` §3. Beyond fifteen days AWS keeps 5-minute and hourly points; here they end.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use super::codec::Entry;
use super::history::{Chunk, History};

/// Seconds in a minute, which is the step of what is kept long.
pub(crate) const MINUTE: i64 = 60;
const HOUR: i64 = 3600;
const DAY: i64 = 86_400;

/// How long points of less than a minute are kept, in seconds.
pub(crate) const SECONDS_KEPT: i64 = 3 * HOUR;
/// How long points of a minute are kept, in seconds.
pub(crate) const MINUTES_KEPT: i64 = 15 * DAY;

/// Bytes that all points of a second may take: three hours of about 25 methods with a request or two a second. The oldest are dropped first.
const SECONDS_BYTES: usize = 8 << 20;
/// Bytes that all points of a minute may take: fifteen days of about ten methods. The oldest are dropped first.
const MINUTES_BYTES: usize = 16 << 20;
/// How many series there may be. A series beyond that takes the place of the one that has been silent for longest.
const SERIES: usize = 20_000;

/// How many dropped hours a series remembers until their rows are deleted: fifteen days of them.
const FORGOTTEN: usize = 360;

/// The points of one series.
#[derive(Debug)]
pub(crate) struct Series<E> {
    seconds: History<E>,
    minutes: History<E>,
    /// The newest point's time.
    pub(crate) last: i64,
    /// What kinds of values it has had: see [`Entry::marks`].
    pub(crate) marks: u8,
    /// Starts of the saved hours that are gone.
    pub(crate) forgotten: Vec<i64>,
}

impl<E: Entry> Series<E> {
    fn new() -> Self {
        Self {
            seconds: History::new(1, MINUTE),
            minutes: History::new(MINUTE, HOUR),
            last: i64::MIN,
            marks: 0,
            forgotten: Vec::new(),
        }
    }

    fn append(&mut self, second: i64, entry: &E) {
        self.last = self.last.max(second);
        self.marks |= entry.marks();
        if self.seconds.append(second, entry).settled {
            // Late: its minute is rolled up already.
            self.append_minute(second, entry);
        }
    }

    fn append_minute(&mut self, at: i64, entry: &E) {
        self.last = self.last.max(at);
        self.marks |= entry.marks();
        self.minutes.append(at, entry).settled = false;
    }

    /// Rolls up the minutes that end by `now`.
    fn roll_up(&mut self, now: i64) {
        for (minute, whole) in self.seconds.settle(now) {
            self.minutes.append(minute, &whole).settled = false;
        }
    }

    /// Visits the points from `start` to before `end`: seconds if `fine`, else minutes and, for a minute that isn't rolled up yet, its
    /// seconds.
    pub(crate) fn each(&self, start: i64, end: i64, fine: bool, mut visit: impl FnMut(i64, E)) {
        self.seconds
            .each(start, end, |chunk| !fine && chunk.settled, &mut visit);
        if !fine {
            self.minutes.each(start, end, |_| false, visit);
        }
    }

    /// The minutes that aren't rolled up yet, merged.
    pub(crate) fn open_minutes(&self) -> BTreeMap<i64, E> {
        let mut minutes = BTreeMap::new();
        self.seconds.each(
            i64::MIN / 2,
            i64::MAX / 2,
            |chunk| chunk.settled,
            |at, entry| merge_into(&mut minutes, at, MINUTE, entry),
        );
        minutes
    }

    /// The hours of minutes, to save those that aren't settled.
    pub(crate) fn hours_mut(&mut self) -> impl Iterator<Item = &mut Chunk> {
        self.minutes.chunks_mut()
    }

    /// Takes a saved hour back.
    pub(crate) fn restore_hour(&mut self, start: i64, packed: &[u8]) {
        self.minutes.restore(start, packed).settled = true;
        let (mut last, mut marks) = (start, 0);
        self.minutes.each(
            start,
            start + HOUR,
            |_| false,
            |at, entry| {
                last = last.max(at);
                marks |= entry.marks();
            },
        );
        self.last = self.last.max(last);
        self.marks |= marks;
    }

    /// A saved hour is too old to be taken back: its row is to go.
    pub(crate) fn forget_hour(&mut self, start: i64) {
        self.last = self.last.max(start);
        self.forgotten.push(start);
    }

    /// Takes a saved minute back, which isn't part of a saved hour.
    pub(crate) fn restore_minute(&mut self, minute: i64, entry: &E) {
        self.append_minute(minute, entry);
    }

    fn expire(&mut self, now: i64) {
        self.seconds.expire(now - SECONDS_KEPT);
        let expired = self.minutes.expire(now - MINUTES_KEPT);
        self.forgotten.extend(expired);
        // Nobody saves when all is in memory. A row that is left over expires again when it is read.
        self.forgotten.truncate(FORGOTTEN);
    }

    fn is_empty(&self) -> bool {
        self.seconds.is_empty() && self.minutes.is_empty()
    }
}

/// Merges an entry into the period that its time falls in, counted from the epoch.
pub(crate) fn merge_into<E: Entry>(periods: &mut BTreeMap<i64, E>, at: i64, period: i64, entry: E) {
    match periods.entry(at.div_euclid(period) * period) {
        std::collections::btree_map::Entry::Vacant(place) => {
            place.insert(entry);
        }
        std::collections::btree_map::Entry::Occupied(mut place) => place.get_mut().merge(&entry),
    }
}

/// Series by key.
#[derive(Debug)]
pub(crate) struct Archive<K, E> {
    series: HashMap<K, Series<E>>,
    seconds_bytes: usize,
    minutes_bytes: usize,
    /// When it was last tidied.
    tidied: i64,
}

impl<K: Clone + Eq + Hash, E: Entry> Archive<K, E> {
    /// An empty one with the limits of this file.
    pub(crate) fn new() -> Self {
        Self::with_limits(SECONDS_BYTES, MINUTES_BYTES)
    }

    /// An empty one that keeps at most so many bytes of seconds and of minutes.
    pub(crate) fn with_limits(seconds_bytes: usize, minutes_bytes: usize) -> Self {
        Self {
            series: HashMap::new(),
            seconds_bytes,
            minutes_bytes,
            tidied: i64::MIN,
        }
    }

    /// Adds a point at this second.
    pub(crate) fn append(&mut self, key: &K, second: i64, entry: &E) {
        self.of(key).append(second, entry);
    }

    /// The series of that key, made if need be.
    pub(crate) fn of(&mut self, key: &K) -> &mut Series<E> {
        if !self.series.contains_key(key) && self.series.len() >= SERIES {
            let silent = self
                .series
                .iter()
                .min_by_key(|(_, series)| series.last)
                .map(|(key, _)| key.clone());
            if let Some(silent) = silent {
                self.series.remove(&silent);
            }
        }
        self.series.entry(key.clone()).or_insert_with(Series::new)
    }

    /// All series, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&K, &Series<E>)> {
        self.series.iter()
    }

    /// All series, in no order.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (&K, &mut Series<E>)> {
        self.series.iter_mut()
    }

    /// Rolls up what is complete and drops what is old or too much. Cheap when called again within the second.
    pub(crate) fn tidy(&mut self, now: i64) {
        if now == self.tidied {
            return;
        }
        self.tidied = now;
        for series in self.series.values_mut() {
            series.roll_up(now);
            series.expire(now);
        }
        self.shrink();
        self.series.retain(|_, series| {
            let unsaved = !series.forgotten.is_empty() && series.last > now - 2 * MINUTES_KEPT;
            !series.is_empty() || unsaved
        });
    }

    /// Tidies if nobody has for a minute: memory stays bounded without readers.
    pub(crate) fn tidy_in_time(&mut self, now: i64) {
        if now.saturating_sub(self.tidied) >= MINUTE {
            self.tidy(now);
        }
    }

    fn shrink(&mut self) {
        let (mut seconds, mut minutes) = (0, 0);
        for series in self.series.values() {
            seconds += series.seconds.bytes();
            minutes += series.minutes.bytes();
        }
        // To an eighth below the limit, so that a full archive isn't searched each time.
        if seconds > self.seconds_bytes {
            while seconds > self.seconds_bytes / 8 * 7 {
                let oldest = (self.series.values_mut())
                    .filter(|series| !series.seconds.is_empty())
                    .min_by_key(|series| series.seconds.oldest());
                let Some(series) = oldest else { break };
                let before = series.seconds.bytes();
                // What isn't rolled up yet must not be lost to the minutes.
                series.roll_up(i64::MAX);
                series.seconds.drop_oldest();
                seconds -= before - series.seconds.bytes();
            }
        }
        if minutes > self.minutes_bytes {
            while minutes > self.minutes_bytes / 8 * 7 {
                let oldest = (self.series.values_mut())
                    .filter(|series| !series.minutes.is_empty())
                    .min_by_key(|series| series.minutes.oldest());
                let Some(series) = oldest else { break };
                let before = series.minutes.bytes();
                let dropped = series.minutes.drop_oldest();
                series.forgotten.extend(dropped);
                minutes -= before - series.minutes.bytes();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::distribution::Distribution;
    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn sums(
        archive: &Archive<u8, Distribution>,
        start: i64,
        end: i64,
        period: i64,
    ) -> Vec<(i64, f64)> {
        let mut periods = BTreeMap::new();
        if let Some(series) = archive.series.get(&1) {
            series.each(start, end, period < MINUTE, |at, entry| {
                merge_into(&mut periods, at, period, entry);
            });
        }
        (periods.into_iter())
            .map(|(at, it): (i64, Distribution)| (at - NOW, it.sum()))
            .collect()
    }

    fn one() -> Distribution {
        Distribution::repeated(1.0, 1)
    }

    #[test]
    fn minutes_are_the_sum_of_their_seconds_before_and_after_the_roll_up() {
        let mut archive = Archive::new();
        for second in 0..150 {
            archive.append(&1u8, NOW + second, &one());
        }
        let minutes = [(0, 60.0), (60, 60.0), (120, 30.0)];
        assert_eq!(sums(&archive, NOW, NOW + 300, 60), minutes);
        archive.tidy(NOW + 149);
        assert_eq!(sums(&archive, NOW, NOW + 300, 60), minutes);
        assert_eq!(
            sums(&archive, NOW + 58, NOW + 61, 1),
            [(58, 1.0), (59, 1.0), (60, 1.0)]
        );
        // One that comes late still counts, in its second and in its minute.
        archive.append(&1, NOW + 59, &one());
        assert_eq!(sums(&archive, NOW, NOW + 60, 60), [(0, 61.0)]);
        assert_eq!(sums(&archive, NOW + 59, NOW + 60, 1), [(59, 2.0)]);
    }

    #[test]
    fn seconds_end_after_three_hours_and_minutes_after_fifteen_days() {
        let mut archive = Archive::new();
        archive.append(&1u8, NOW, &one());
        archive.tidy(NOW + SECONDS_KEPT + 59);
        assert_eq!(sums(&archive, NOW, NOW + 60, 1).len(), 1);
        archive.tidy(NOW + SECONDS_KEPT + 60);
        assert_eq!(sums(&archive, NOW, NOW + 60, 1), []);
        assert_eq!(sums(&archive, NOW, NOW + 60, 60), [(0, 1.0)]);
        archive.tidy(NOW + MINUTES_KEPT + 3600);
        assert_eq!(sums(&archive, NOW, NOW + 60, 60), []);
        assert_eq!(
            archive.series.get(&1).map(|series| series.forgotten.len()),
            Some(1)
        );
    }

    #[test]
    fn memory_is_bounded_and_the_newest_stays() {
        let mut archive = Archive::with_limits(20_000, 10_000);
        for second in 0..40_000 {
            archive.append(&1u8, NOW + second, &one());
            if second % 600 == 0 {
                archive.tidy(NOW + second);
            }
        }
        archive.tidy(NOW + 40_000);
        let series = archive.series.get(&1).unwrap();
        assert!(series.seconds.bytes() <= 20_000 && series.minutes.bytes() <= 10_000);
        assert_eq!(sums(&archive, NOW + 39_999, NOW + 40_000, 1).len(), 1);
        let minutes = sums(&archive, NOW, NOW + 40_000, 60);
        assert!(
            minutes.len() > 60 && minutes.last() == Some(&(39_960, 40.0)),
            "{minutes:?}"
        );
    }
}
