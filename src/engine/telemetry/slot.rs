//! Where the requests of one method of one stage are counted.

use std::sync::OnceLock;

use super::cell::Cell;

/// Whose requests a slot counts.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SlotKey {
    /// `us-east-1`.
    pub region: String,
    /// The API's id.
    pub api_id: String,
    /// The API's name, as it was created: [`slot`](super::Telemetry::slot) puts it into the form that the dimension `ApiName` has.
    pub api_name: String,
    /// The stage.
    pub stage: String,
    /// The method; `None` for requests that match none of the stage's.
    pub method: Option<MethodName>,
    /// Whether the stage's settings ask for detailed metrics (`metricsEnabled`) of the method.
    pub detailed: bool,
}

/// A method as the dimensions `Resource` and `Method` name it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MethodName {
    /// The resource's path: `/pets/{petId}`.
    pub resource: String,
    /// The HTTP verb; for a method `ANY` the request's verb or `ANY`, as the caller likes (what AWS shows is unverified).
    pub verb: String,
}

impl SlotKey {
    /// The same key with the API's name as AWS shows it: without what isn't ASCII, and the id if nothing is left.
    ///
    /// Source: `spec/rest/logging-metrics-tracing.md` §4.
    #[must_use]
    pub(crate) fn with_metric_name(mut self) -> Self {
        self.api_name.retain(|c| c.is_ascii());
        if self.api_name.is_empty() {
            self.api_name.clone_from(&self.api_id);
        }
        self
    }
}

/// The counters of one key, a seat for each data runtime. Made when a stage is published, and kept by what is published.
#[derive(Debug)]
pub struct Slot {
    key: std::sync::Arc<SlotKey>,
    seats: Box<[Seat]>,
}

/// The counters of one data runtime; made with the first request.
#[derive(Debug, Default)]
struct Seat {
    base: OnceLock<Box<Cell>>,
    canary: OnceLock<Box<Cell>>,
}

impl Slot {
    pub(crate) fn new(key: std::sync::Arc<SlotKey>, seats: usize) -> Self {
        Self {
            key,
            seats: (0..seats).map(|_| Seat::default()).collect(),
        }
    }

    /// Whose requests it counts.
    #[must_use]
    pub fn key(&self) -> &std::sync::Arc<SlotKey> {
        &self.key
    }

    /// The cell that the runtime of this seat writes; `None` if there is no such seat.
    #[inline]
    pub(crate) fn cell(&self, seat: usize, canary: bool) -> Option<&Cell> {
        let seat = self.seats.get(seat)?;
        let cell = if canary { &seat.canary } else { &seat.base };
        Some(cell.get_or_init(|| Box::new(Cell::new())))
    }

    /// All cells that have been written, and whether they are the canary's.
    pub(crate) fn cells(&self) -> impl Iterator<Item = (bool, &Cell)> {
        self.seats.iter().flat_map(|seat| {
            let base = seat.base.get().map(|cell| (false, &**cell));
            let canary = seat.canary.get().map(|cell| (true, &**cell));
            base.into_iter().chain(canary)
        })
    }
}
