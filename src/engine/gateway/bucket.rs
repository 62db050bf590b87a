//! Token buckets without locks.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::model::ThrottleSettings;

/// A token bucket: `burst` tokens at first, refilled at `rate` tokens a second, a token a request.
///
/// Kept as the time at which the bucket will be full again, which is one number and so one atomic (the generic cell rate
/// algorithm: it admits exactly what a token bucket admits). Rate 0 or burst 0 admits nothing
/// (`spec/rest/throttling-usage-plans.md` §1).
#[derive(Debug)]
pub(crate) struct Bucket {
    settings: ThrottleSettings,
    /// Nanoseconds in which one token comes back; 0: the bucket admits nothing.
    interval: u64,
    /// Nanoseconds that a drained bucket takes to fill.
    capacity: u64,
    /// When it is full again, in nanoseconds of the monotonic clock.
    full_at: AtomicU64,
}

impl Bucket {
    pub(crate) fn new(settings: ThrottleSettings) -> Self {
        let burst = u64::try_from(settings.burst_limit).unwrap_or(0);
        let interval = if settings.rate_limit > 0.0 && burst > 0 {
            // A century in nanoseconds at the most, a nanosecond at the least: both fit.
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "clamped just before"
            )]
            let nanos = (1e9 / settings.rate_limit).round().clamp(1.0, 3e18) as u64;
            nanos
        } else {
            0
        };
        Self {
            settings,
            interval,
            capacity: interval.saturating_mul(burst),
            full_at: AtomicU64::new(0),
        }
    }

    pub(crate) fn settings(&self) -> &ThrottleSettings {
        &self.settings
    }

    /// The tokens that are left at `now`.
    pub(crate) fn level(&self, now: Duration) -> f64 {
        if self.interval == 0 {
            return 0.0;
        }
        let now = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
        let missing = self.full_at.load(Ordering::Relaxed).saturating_sub(now);
        #[allow(clippy::cast_precision_loss, reason = "told to people")]
        let level = self.capacity.saturating_sub(missing) as f64 / self.interval as f64;
        level
    }

    /// Takes a token, if there is one at `now` of the monotonic clock.
    pub(crate) fn take(&self, now: Duration) -> bool {
        if self.interval == 0 {
            return false;
        }
        let now = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
        let mut seen = self.full_at.load(Ordering::Relaxed);
        loop {
            let next = seen.max(now).saturating_add(self.interval);
            if next - now > self.capacity {
                return false;
            }
            match self.full_at.compare_exchange_weak(
                seen,
                next,
                Ordering::Relaxed,
                Ordering::Relaxed,
            ) {
                Ok(_) => return true,
                Err(changed) => seen = changed,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bucket(burst: i64, rate: f64) -> Bucket {
        Bucket::new(ThrottleSettings {
            burst_limit: burst,
            rate_limit: rate,
        })
    }

    #[test]
    fn a_full_bucket_gives_its_burst_and_then_its_rate() {
        let bucket = bucket(3, 2.0);
        let at = |ms: u64| Duration::from_millis(1_000 + ms);
        let taken: Vec<bool> = [0, 0, 0, 0, 499, 500, 500, 1_000, 1_000]
            .into_iter()
            .map(|ms| bucket.take(at(ms)))
            .collect();
        assert_eq!(
            taken,
            [true, true, true, false, false, true, false, true, false]
        );
    }

    #[test]
    fn threads_share_a_bucket_exactly() {
        let bucket = bucket(1_000, 1.0);
        let take = || {
            (0..500)
                .filter(|_| bucket.take(Duration::from_secs(5)))
                .count()
        };
        let taken: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(take)).collect();
            threads.into_iter().map(|t| t.join().unwrap()).sum()
        });
        assert_eq!(taken, 1_000);
    }

    #[test]
    fn zero_blocks_everything() {
        for bucket in [bucket(0, 10.0), bucket(10, 0.0), bucket(-1, 5.0)] {
            assert!(!bucket.take(Duration::from_mins(1)));
        }
    }

    proptest! {
        /// Under more demand than it gives, a bucket gives its burst and then a token per interval, no more and no less, however
        /// demand comes: burst + ⌊rate × time⌋ up to any time.
        #[test]
        fn it_gives_what_the_closed_form_says(
            burst in 2_i64..50,
            rate in prop::sample::select(vec![1_u32, 2, 5, 8, 10, 50, 100, 1000]),
            pauses in prop::collection::vec(0_u64..1_000, 1..60),
        ) {
            let clock = crate::base::Clock::manual("2026-01-02T03:04:05Z".parse().unwrap());
            let bucket = bucket(burst, f64::from(rate));
            let began = clock.monotonic();
            let mut given = 0;
            // It is drained whenever it is asked and holds less than a token then, so that in a pause of what all others take to come back it
            // can't get full, and nothing that it might give is lost.
            let longest = 1_000 * u64::try_from(burst - 1).unwrap() / u64::from(rate);
            for pause in std::iter::once(0).chain(pauses) {
                clock.advance(Duration::from_millis(pause.min(longest)));
                while bucket.take(clock.monotonic()) {
                    given += 1;
                }
                let passed = clock.monotonic().saturating_sub(began).as_millis();
                let expected = u128::try_from(burst).unwrap() + u128::from(rate) * passed / 1_000;
                prop_assert_eq!(given, expected);
            }
        }

        /// A bucket that rested long enough is full and no fuller.
        #[test]
        fn what_it_does_not_give_in_time_is_lost(burst in 1_i64..50, rate in 1_u32..100, rest in 0_u64..100_000) {
            let bucket = bucket(burst, f64::from(rate));
            let drained = |bucket: &Bucket, at| (0..200).filter(|_| bucket.take(at)).count();
            let began = Duration::from_secs(1);
            prop_assert_eq!(drained(&bucket, began), usize::try_from(burst).unwrap());
            let now = began + Duration::from_millis(rest);
            let refilled = u64::from(rate) * rest / 1_000;
            let expected = usize::try_from(refilled.min(u64::try_from(burst).unwrap())).unwrap();
            // Intervals are whole nanoseconds, so that a token may be a nanosecond late.
            prop_assert!(drained(&bucket, now).abs_diff(expected) <= usize::from(rest * u64::from(rate) % 1_000 == 0));
        }

        /// Never more than burst + rate × time in any window from the start, and never a token withheld that a counting
        /// bucket would give.
        #[test]
        fn it_agrees_with_a_bucket_that_counts(
            burst in 1_i64..20,
            // Rates whose interval is whole nanoseconds, so that both count in the same grid.
            rate in prop::sample::select(vec![1_u32, 2, 4, 5, 8, 10, 100, 1000]),
            steps in prop::collection::vec(0_u64..700, 1..80),
        ) {
            let bucket = bucket(burst, f64::from(rate));
            let interval = 1_000_000_000 / u64::from(rate);
            let full = u64::try_from(burst).unwrap() * interval;
            let (mut now, mut level) = (0, full);
            for step in steps {
                let nanos = step * 1_000_000;
                now += nanos;
                level = (level + nanos).min(full);
                let expected = level >= interval;
                if expected {
                    level -= interval;
                }
                prop_assert_eq!(bucket.take(Duration::from_nanos(now)), expected);
            }
        }
    }
}
