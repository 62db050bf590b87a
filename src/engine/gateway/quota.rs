//! How often a key was used under a plan: quotas, and the counts that `GetUsage` tells.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

use crate::model::{QuotaPeriod, QuotaSettings};

/// Days that are kept, the longest range `GetUsage` can ask for.
const DAYS_KEPT: u64 = 90;

/// Days since 1970-01-01, in UTC.
pub(crate) fn day_of(date: Date) -> u64 {
    let days = date.since(Date::constant(1970, 1, 1)).ok();
    days.and_then(|span| u64::try_from(span.get_days()).ok())
        .unwrap_or(0)
}

fn today(now: Timestamp) -> u64 {
    u64::try_from(now.as_second().div_euclid(86_400)).unwrap_or(0)
}

/// The number of the period that `now` is in; numbers of one kind of period follow each other.
fn period_of(kind: QuotaPeriod, now: Timestamp) -> u64 {
    match kind {
        QuotaPeriod::Day => today(now),
        // 1970-01-01 was a Thursday: four days after a Sunday.
        QuotaPeriod::Week => (today(now) + 4) / 7,
        QuotaPeriod::Month => {
            let date = Offset::UTC.to_datetime(now).date();
            let years = u64::try_from(i64::from(date.year()) - 1970).unwrap_or(0);
            years * 12 + u64::try_from(date.month()).unwrap_or(1) - 1
        }
    }
}

/// A number that belongs to a period, in one word: 24 bits of period, 40 of number.
#[derive(Clone, Copy)]
struct Counted {
    period: u64,
    number: u64,
}

impl Counted {
    const BITS: u32 = 40;
    const MASK: u64 = (1 << Self::BITS) - 1;

    fn of(word: u64) -> Self {
        Self {
            period: word >> Self::BITS,
            number: word & Self::MASK,
        }
    }

    fn word(self) -> u64 {
        (self.period << Self::BITS) | self.number.min(Self::MASK)
    }
}

/// The use of one key under one plan. Counting takes no lock, except with the first request of a day.
#[derive(Debug)]
pub(crate) struct Usage {
    /// Requests of a day.
    used: AtomicU64,
    /// Requests that are left in a quota's period.
    left: AtomicU64,
    /// The period in which the key joined the plan, from which the quota's offset is taken; none after a restart.
    joined: Option<Timestamp>,
    days: Mutex<BTreeMap<u64, Day>>,
    changed: AtomicBool,
    /// The newest day that was taken to be stored: days before it are stored for good.
    taken: AtomicU64,
}

/// What is told and stored of one day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Day {
    /// Requests counted that day.
    pub(crate) used: u64,
    /// The period that the day was in and what was left of its quota when the day was last counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) left: Option<(u64, u64)>,
}

impl Usage {
    pub(crate) fn new(joined: Option<Timestamp>) -> Self {
        Self {
            used: AtomicU64::new(0),
            left: AtomicU64::new(0),
            joined,
            days: Mutex::default(),
            changed: AtomicBool::new(false),
            taken: AtomicU64::new(0),
        }
    }

    /// Takes up a day that was stored; days must come in order.
    pub(crate) fn restore(&mut self, number: u64, day: Day) {
        self.joined = None;
        *self.used.get_mut() = Counted {
            period: number,
            number: day.used,
        }
        .word();
        if let Some((period, number)) = day.left {
            *self.left.get_mut() = Counted { period, number }.word();
        }
        self.days().insert(number, day);
        *self.taken.get_mut() = number;
    }

    fn days(&self) -> MutexGuard<'_, BTreeMap<u64, Day>> {
        self.days.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is left of the quota in the period of `now`.
    pub(crate) fn left(&self, quota: &QuotaSettings, now: Timestamp) -> u64 {
        self.current(self.left.load(Ordering::Relaxed), quota, now)
            .number
    }

    /// The count as it is in the period of `now`, which may have begun since it was last looked at.
    fn current(&self, word: u64, quota: &QuotaSettings, now: Timestamp) -> Counted {
        let period = period_of(quota.period, now);
        let counted = Counted::of(word);
        if word != 0 && counted.period == period {
            return counted;
        }
        let first = self
            .joined
            .is_some_and(|joined| period_of(quota.period, joined) == period);
        let offset = if first { quota.offset } else { 0 };
        let number = u64::try_from(quota.limit.saturating_sub(offset)).unwrap_or(0);
        Counted { period, number }
    }

    /// Takes a request from the quota, if there is one left.
    pub(crate) fn take(&self, quota: &QuotaSettings, now: Timestamp) -> bool {
        let mut seen = self.left.load(Ordering::Relaxed);
        loop {
            let counted = self.current(seen, quota, now);
            let Some(number) = counted.number.checked_sub(1) else {
                return false;
            };
            let next = Counted { number, ..counted }.word();
            match self
                .left
                .compare_exchange_weak(seen, next, Ordering::Relaxed, Ordering::Relaxed)
            {
                Ok(_) => return true,
                Err(changed) => seen = changed,
            }
        }
    }

    /// Counts a request of today.
    pub(crate) fn count(&self, now: Timestamp) {
        let today = today(now);
        let mut seen = self.used.load(Ordering::Relaxed);
        loop {
            let counted = Counted::of(seen);
            let number = if counted.period == today {
                counted.number
            } else {
                0
            };
            let next = Counted {
                period: today,
                number: number + 1,
            }
            .word();
            match self
                .used
                .compare_exchange_weak(seen, next, Ordering::Relaxed, Ordering::Relaxed)
            {
                Ok(_) => {
                    if counted.period != today && seen != 0 {
                        self.close(counted);
                    }
                    break;
                }
                Err(changed) => seen = changed,
            }
        }
        self.changed.store(true, Ordering::Release);
    }

    /// Keeps the final count of a day that is over.
    fn close(&self, counted: Counted) {
        let mut days = self.days();
        let day = days.entry(counted.period).or_default();
        // What was left was last noted before the last of these requests.
        if let Some((_, left)) = &mut day.left {
            *left = left.saturating_sub(counted.number.saturating_sub(day.used));
        }
        day.used = counted.number;
        let oldest = counted.period.saturating_sub(DAYS_KEPT);
        days.retain(|day, _| *day >= oldest);
    }

    /// Sets what is left of the current period, which `UpdateUsage` does.
    pub(crate) fn set_left(&self, quota: &QuotaSettings, now: Timestamp, number: u64) {
        let period = period_of(quota.period, now);
        self.left
            .store(Counted { period, number }.word(), Ordering::Relaxed);
        self.changed.store(true, Ordering::Release);
    }

    /// A quota whose limit was changed leaves as much more or less.
    pub(crate) fn limit_changed(&self, old: &QuotaSettings, new: &QuotaSettings, now: Timestamp) {
        if old.period != new.period || old.limit == new.limit {
            return;
        }
        let left = self.left(old, now);
        let number = if new.limit >= old.limit {
            left.saturating_add(new.limit.abs_diff(old.limit))
        } else {
            left.saturating_sub(new.limit.abs_diff(old.limit))
        };
        self.set_left(new, now, number);
    }

    /// The days from `first` to `last`: requests used, and what was left of the quota.
    pub(crate) fn told(
        &self,
        quota: Option<&QuotaSettings>,
        (first, last): (u64, u64),
        now: Timestamp,
    ) -> Vec<(u64, Option<u64>)> {
        self.note_today(quota, now);
        let days = self.days();
        let limit = quota.map(|q| u64::try_from(q.limit).unwrap_or(0));
        let mut left = limit;
        let span = first..=last.min(first.saturating_add(DAYS_KEPT));
        let told = span.map(|number| {
            let Some(day) = days.get(&number) else {
                // Nothing was used that day: what was left stayed, unless a daily quota began anew.
                if quota.is_some_and(|q| q.period == QuotaPeriod::Day) {
                    left = limit;
                }
                return (0, left);
            };
            left = quota.and(day.left.map(|(_, n)| n)).or(limit);
            (day.used, left)
        });
        told.collect()
    }

    fn note_today(&self, quota: Option<&QuotaSettings>, now: Timestamp) {
        let used = Counted::of(self.used.load(Ordering::Relaxed));
        let word = self.left.load(Ordering::Relaxed);
        let left = quota.filter(|_| word != 0).map(|quota| {
            let counted = self.current(word, quota, now);
            (counted.period, counted.number)
        });
        let today = today(now);
        if used.number == 0 && left.is_none() {
            return;
        }
        let mut days = self.days();
        if used.period != today {
            // The day is over, but no request of the new one has closed it yet.
            if used.number != 0 {
                days.entry(used.period).or_default().used = used.number;
            }
            if left.is_some() {
                days.entry(today).or_default().left = left;
            }
            return;
        }
        let day = days.entry(today).or_default();
        day.used = used.number;
        day.left = left;
    }

    /// What was taken last wasn't stored.
    pub(crate) fn not_stored(&self) {
        self.taken.store(0, Ordering::Relaxed);
        self.changed.store(true, Ordering::Release);
    }

    /// The days that changed since this was last asked, which must be stored: today, and after midnight the day that is over.
    pub(crate) fn take_changed(
        &self,
        quota: Option<&QuotaSettings>,
        now: Timestamp,
    ) -> Vec<(u64, Day)> {
        if !self.changed.swap(false, Ordering::Acquire) {
            return Vec::new();
        }
        self.note_today(quota, now);
        let days = self.days();
        let from = self.taken.load(Ordering::Relaxed);
        let changed: Vec<(u64, Day)> = days.range(from..).map(|(n, day)| (*n, *day)).collect();
        if let Some((newest, _)) = changed.last() {
            self.taken.store(*newest, Ordering::Relaxed);
        }
        changed
    }

    /// Today as it is to be stored when this much is left of the quota.
    pub(crate) fn with_left(&self, quota: &QuotaSettings, now: Timestamp, left: u64) -> (u64, Day) {
        let used = Counted::of(self.used.load(Ordering::Relaxed));
        let today = today(now);
        let day = Day {
            used: if used.period == today { used.number } else { 0 },
            left: Some((period_of(quota.period, now), left)),
        };
        (today, day)
    }

    /// The days of which there may be a row in the store: those that are known, and today.
    pub(crate) fn stored_days(&self, now: Timestamp) -> impl Iterator<Item = u64> + use<> {
        let mut days: Vec<u64> = self.days().keys().copied().collect();
        days.push(today(now));
        days.sort_unstable();
        days.dedup();
        days.into_iter()
    }

    /// The days that were stored and that nobody can ask for any more; forgotten with this.
    pub(crate) fn take_outdated(&self, now: Timestamp) -> Vec<u64> {
        let oldest = today(now).saturating_sub(DAYS_KEPT);
        let mut days = self.days();
        let kept = days.split_off(&oldest);
        std::mem::replace(&mut *days, kept).into_keys().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quota(limit: i64, offset: i64, period: QuotaPeriod) -> QuotaSettings {
        QuotaSettings {
            limit,
            offset,
            period,
        }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn periods_begin_at_midnight_on_sunday_and_on_the_first() {
        let cases = [
            (
                QuotaPeriod::Day,
                "2026-03-01T23:59:59Z",
                "2026-03-02T00:00:00Z",
            ),
            // 2026-03-01 is a Sunday.
            (
                QuotaPeriod::Week,
                "2026-02-28T23:59:59Z",
                "2026-03-01T00:00:00Z",
            ),
            (
                QuotaPeriod::Month,
                "2026-02-28T23:59:59Z",
                "2026-03-01T00:00:00Z",
            ),
            (
                QuotaPeriod::Month,
                "2025-12-31T23:59:59Z",
                "2026-01-01T00:00:00Z",
            ),
        ];
        for (kind, before, after) in cases {
            let (before, after) = (period_of(kind, at(before)), period_of(kind, at(after)));
            assert_eq!(after, before + 1, "{kind:?}");
        }
        let week = |text| period_of(QuotaPeriod::Week, at(text));
        assert_eq!(week("2026-03-01T00:00:00Z"), week("2026-03-07T23:59:59Z"));
        assert_eq!(
            day_of("2026-03-01".parse().unwrap()),
            today(at("2026-03-01T12:00:00Z"))
        );
    }

    #[test]
    fn a_quota_is_used_up_and_comes_back_with_the_next_period() {
        let quota = quota(3, 1, QuotaPeriod::Month);
        let joined = at("2026-03-10T00:00:00Z");
        let usage = Usage::new(Some(joined));
        let taken: Vec<bool> = (0..3).map(|_| usage.take(&quota, joined)).collect();
        // The offset is taken off the first period only.
        assert_eq!(taken, [true, true, false]);
        let next = at("2026-04-01T00:00:00Z");
        let taken: Vec<bool> = (0..4).map(|_| usage.take(&quota, next)).collect();
        assert_eq!(taken, [true, true, true, false]);
        usage.set_left(&quota, next, 1);
        assert!(usage.take(&quota, next) && !usage.take(&quota, next));
        assert_eq!(usage.left(&quota, at("2026-05-01T00:00:00Z")), 3);
    }

    #[test]
    fn threads_share_a_quota_exactly() {
        let quota = quota(1_000, 0, QuotaPeriod::Day);
        let now = at("2026-03-10T00:00:00Z");
        let usage = Usage::new(None);
        let take = || {
            let taken = (0..500).filter(|_| usage.take(&quota, now));
            taken.inspect(|_| usage.count(now)).count()
        };
        let taken: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(take)).collect();
            threads.into_iter().map(|t| t.join().unwrap()).sum()
        });
        assert_eq!(taken, 1_000);
        let day = day_of("2026-03-10".parse().unwrap());
        assert_eq!(
            usage.told(Some(&quota), (day, day), now),
            [(1_000, Some(0))]
        );
    }

    #[test]
    fn a_raised_limit_leaves_as_much_more() {
        let (old, new) = (quota(3, 0, QuotaPeriod::Day), quota(5, 0, QuotaPeriod::Day));
        let now = at("2026-03-10T00:00:00Z");
        let usage = Usage::new(None);
        assert!(usage.take(&old, now));
        usage.limit_changed(&old, &new, now);
        assert_eq!(usage.left(&new, now), 4);
        usage.limit_changed(&new, &quota(0, 0, QuotaPeriod::Day), now);
        assert_eq!(usage.left(&new, now), 0);
    }

    #[test]
    fn usage_is_told_by_day_and_survives_being_stored() {
        let quota = quota(10, 0, QuotaPeriod::Month);
        let usage = Usage::new(None);
        let mut stored = BTreeMap::new();
        for (day, requests) in [(1, 2), (2, 3), (4, 1)] {
            let now = at(&format!("2026-03-0{day}T10:00:00Z"));
            for _ in 0..requests {
                assert!(usage.take(&quota, now));
                usage.count(now);
            }
            stored.extend(usage.take_changed(Some(&quota), now));
            assert_eq!(usage.take_changed(Some(&quota), now), []);
        }
        let range = (
            day_of("2026-03-01".parse().unwrap()),
            day_of("2026-03-04".parse().unwrap()),
        );
        let now = at("2026-03-04T11:00:00Z");
        let expected = [(2, Some(8)), (3, Some(5)), (0, Some(5)), (1, Some(4))];
        assert_eq!(usage.told(Some(&quota), range, now), expected);
        let mut restored = Usage::new(None);
        for (number, day) in stored {
            restored.restore(number, day);
        }
        assert_eq!(restored.told(Some(&quota), range, now), expected);
        assert_eq!(restored.left(&quota, now), 4);
        let unlimited: Vec<_> = usage.told(None, range, now);
        assert_eq!(unlimited[0], (2, None));
    }

    #[test]
    fn the_last_requests_before_midnight_are_stored() {
        let quota = quota(10, 0, QuotaPeriod::Day);
        let usage = Usage::new(None);
        let (before, after) = (at("2026-03-01T23:59:59Z"), at("2026-03-02T00:00:00Z"));
        let request = |now| {
            assert!(usage.take(&quota, now));
            usage.count(now);
        };
        request(before);
        let first = usage.take_changed(Some(&quota), before);
        assert_eq!(first.len(), 1);
        request(before);
        request(after);
        let stored = usage.take_changed(Some(&quota), after);
        let told: Vec<_> = stored
            .iter()
            .map(|(_, day)| (day.used, day.left.map(|(_, left)| left)))
            .collect();
        assert_eq!(told, [(2, Some(8)), (1, Some(9))]);
        request(after);
        assert_eq!(usage.take_changed(Some(&quota), after).len(), 1);
        // What a store refused comes again, all of it.
        usage.not_stored();
        assert_eq!(usage.take_changed(Some(&quota), after).len(), 2);
        let late = at("2026-06-15T00:00:00Z");
        assert_eq!(usage.take_outdated(late).len(), 2);
    }
}
