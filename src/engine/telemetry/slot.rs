//! Where the requests of one method of one stage are counted.

use std::sync::{Arc, OnceLock};

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

/// The counters of one key. Made when a stage is published, and kept by what is published.
#[derive(Debug)]
pub struct Slot {
    key: Arc<SlotKey>,
    seats: Row,
}

/// Seats in a row. Another row follows when there are more data runtimes: each has a seat.
const ROW: usize = 8;

#[derive(Debug, Default)]
struct Row {
    seats: [Seat; ROW],
    next: OnceLock<Box<Row>>,
}

/// The counters of one data runtime; made with the first request.
#[derive(Debug, Default)]
struct Seat {
    base: OnceLock<Box<Cell>>,
    canary: OnceLock<Box<Cell>>,
}

impl Slot {
    pub(super) fn new(key: Arc<SlotKey>) -> Self {
        Self {
            key,
            seats: Row::default(),
        }
    }

    /// Whose requests it counts.
    #[must_use]
    pub fn key(&self) -> &Arc<SlotKey> {
        &self.key
    }

    /// The cell that the recorder of this seat writes.
    #[inline]
    pub(super) fn cell(&self, seat: usize, canary: bool) -> &Cell {
        let mut row = &self.seats;
        for _ in 0..seat / ROW {
            row = row.next.get_or_init(Box::default);
        }
        let seat = &row.seats[seat % ROW];
        let cell = if canary { &seat.canary } else { &seat.base };
        cell.get_or_init(|| Box::new(Cell::new()))
    }

    /// All cells that have been written, and whether they are the canary's.
    pub(super) fn cells(&self) -> impl Iterator<Item = (bool, &Cell)> {
        let rows = std::iter::successors(Some(&self.seats), |row| row.next.get().map(|row| &**row));
        rows.flat_map(|row| &row.seats).flat_map(|seat| {
            let base = seat.base.get().map(|cell| (false, &**cell));
            let canary = seat.canary.get().map(|cell| (true, &**cell));
            base.into_iter().chain(canary)
        })
    }
}
