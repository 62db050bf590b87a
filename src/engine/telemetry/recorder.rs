//! Counting requests, in the thread that serves them.

use std::marker::PhantomData;
use std::sync::Arc;

use jiff::Timestamp;

use super::Shared;
use super::cell::{Added, Sample};
use super::slot::Slot;

/// What one request adds to the metrics.
#[derive(Clone, Copy, Debug)]
pub struct Observation {
    /// When it was answered: the second that it counts in.
    pub at: Timestamp,
    /// Whether the canary served it.
    pub canary: bool,
    /// The status of the answer.
    pub status: u16,
    /// From the request's arrival to its answer, in microseconds.
    pub latency_micros: u64,
    /// From calling the integration to its answer, in microseconds; `None` if none was called.
    pub integration_micros: Option<u64>,
    /// Whether the stage's cache had the answer; `None` where it wasn't asked.
    pub cache_hit: Option<bool>,
}

/// Counts the requests of one data runtime.
///
/// Counting takes no lock and no allocation, except with the first request of a second in a slot.
#[derive(Debug)]
pub struct Recorder {
    seat: usize,
    shared: Arc<Shared>,
    /// A seat has one writer: a recorder may move to its thread, but not be shared with another.
    one_thread: PhantomData<std::cell::Cell<()>>,
}

impl Recorder {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self {
            seat: shared.take_seat(),
            shared,
            one_thread: PhantomData,
        }
    }

    /// Counts a request.
    #[inline]
    pub fn record(&self, slot: &Slot, observation: &Observation) {
        let added = slot.cell(self.seat, observation.canary).add(Sample {
            second: observation.at.as_second(),
            status: observation.status,
            latency_micros: clipped(observation.latency_micros),
            integration_micros: observation.integration_micros.map(clipped),
            cache_hit: observation.cache_hit,
        });
        if added != Added::Running {
            self.shared.second_began(slot, added == Added::Full);
        }
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.shared.leave_seat(self.seat);
    }
}

/// Over an hour counts as an hour and eleven minutes: no request lasts that long.
fn clipped(micros: u64) -> u32 {
    u32::try_from(micros).unwrap_or(u32::MAX)
}
