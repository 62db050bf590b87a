//! Wall time and monotonic time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;

/// Where everything above the libraries reads the time.
///
/// Cheap to clone; clones of a manual clock move together.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System { origin: Instant },
    Manual(Arc<Manual>),
}

#[derive(Debug)]
struct Manual {
    start: Timestamp,
    elapsed_nanos: AtomicU64,
}

impl Clock {
    /// The machine's clock; its monotonic time counts from this call.
    #[must_use]
    #[allow(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the machine's clock"
    )]
    pub fn system() -> Self {
        Self(Source::System {
            origin: Instant::now(),
        })
    }

    /// A clock that stands still at `start` until [`advance`](Self::advance) moves it.
    #[must_use]
    pub fn manual(start: Timestamp) -> Self {
        Self(Source::Manual(Arc::new(Manual {
            start,
            elapsed_nanos: AtomicU64::new(0),
        })))
    }

    /// Wall time.
    #[must_use]
    #[allow(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the machine's clock"
    )]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::System { .. } => Timestamp::now(),
            Source::Manual(m) => m.start + m.elapsed(),
        }
    }

    /// Time since the clock was made; never goes back.
    #[must_use]
    #[allow(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the machine's clock"
    )]
    pub fn monotonic(&self) -> Duration {
        match &self.0 {
            Source::System { origin } => origin.elapsed(),
            Source::Manual(m) => m.elapsed(),
        }
    }

    /// Moves a manual clock forward. The machine's clock moves by itself: there this does nothing.
    pub fn advance(&self, by: Duration) {
        if let Source::Manual(m) = &self.0 {
            let nanos = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
            m.elapsed_nanos.fetch_add(nanos, Ordering::SeqCst);
        }
    }
}

impl Manual {
    fn elapsed(&self) -> Duration {
        Duration::from_nanos(self.elapsed_nanos.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_when_told() {
        let start: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
        let clock = Clock::manual(start);
        let twin = clock.clone();
        assert_eq!((clock.now(), clock.monotonic()), (start, Duration::ZERO));
        twin.advance(Duration::from_millis(1500));
        assert_eq!(clock.now().to_string(), "2026-01-02T03:04:06.5Z");
        assert_eq!(clock.monotonic(), Duration::from_millis(1500));
    }

    #[test]
    fn the_machines_clock_never_goes_back() {
        let clock = Clock::system();
        let (a, b) = (clock.monotonic(), clock.monotonic());
        assert!(a <= b);
    }
}
