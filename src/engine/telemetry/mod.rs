//! What happened, in figures: the metrics that are made from the records of requests.
//!
//! A data runtime counts in a [`Recorder`] of its own, into the [`Slot`] that was made when the stage was published. Readers take the
//! finished seconds from there into an archive with AWS's retention, and see the running ones too: a request counts as soon as it is answered.
//! What a method, a stage or an API shows is summed from the methods' series when it is asked for; the canary's requests have series
//! of their own.

mod cell;
pub(crate) mod codec;
pub(crate) mod distribution;
mod figures;
mod history;
mod point;
mod reading;
mod recorder;
mod rows;
pub(crate) mod series;
mod sketch;
mod slot;
pub(crate) mod traces;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::base::Clock;

pub use figures::{Figures, MethodFigures, Period, StageFigures, Times};
pub use point::Point;
pub use reading::{Known, Reading, Selection, Side, Window};
pub use recorder::{Observation, Recorder};
pub use rows::KIND;
pub use slot::{MethodName, Slot, SlotKey};

use series::Archive;

/// The metrics of all APIs.
#[derive(Debug)]
pub struct Telemetry(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    clock: Clock,
    state: Mutex<State>,
    seats: Mutex<Seats>,
    changed: Notify,
}

/// The places of recorders, given out again when a recorder ends.
#[derive(Debug, Default)]
struct Seats {
    made: usize,
    free: Vec<usize>,
}

#[derive(Debug)]
struct State {
    slots: HashMap<Arc<SlotKey>, Arc<Slot>>,
    archive: Archive<SeriesKey, Point>,
    /// The rows of running minutes as they were last saved.
    open_rows: HashMap<SeriesKey, String>,
    /// When all slots were last harvested, in epoch seconds.
    harvested: i64,
}

/// A series: the base's or the canary's requests of a slot.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct SeriesKey {
    slot: Arc<SlotKey>,
    canary: bool,
}

/// A second that goes on while it is read.
#[derive(Debug)]
struct Running {
    key: SeriesKey,
    second: i64,
    point: Point,
}

impl Telemetry {
    /// Metrics by this clock; none yet.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self(Arc::new(Shared {
            clock,
            state: Mutex::new(State {
                slots: HashMap::new(),
                archive: Archive::new(),
                open_rows: HashMap::new(),
                harvested: i64::MIN,
            }),
            seats: Mutex::default(),
            changed: Notify::new(),
        }))
    }

    /// A recorder: each data runtime has one.
    #[must_use]
    pub fn recorder(&self) -> Recorder {
        Recorder::new(Arc::clone(&self.0))
    }

    /// The slot that counts these requests: to be asked for when a stage is published, and kept with what is published.
    ///
    /// The same key gives the same slot for as long as somebody keeps it.
    #[must_use]
    pub fn slot(&self, key: SlotKey) -> Arc<Slot> {
        let key = key.with_metric_name();
        let mut state = self.0.state();
        if let Some(slot) = state.slots.get(&key) {
            return Arc::clone(slot);
        }
        // What is published anew leaves slots behind: the time to bring in what they hold, but once for all methods of an API.
        let now = self.0.clock.now().as_second();
        if state.harvested != now {
            state.harvest(now);
        }
        let slot = Arc::new(Slot::new(Arc::new(key)));
        state
            .slots
            .insert(Arc::clone(slot.key()), Arc::clone(&slot));
        slot
    }

    /// Looks at everything that is known now, the running seconds included. Recording goes on meanwhile; other readers wait.
    #[must_use]
    pub fn read(&self) -> Reading<'_> {
        let now = self.0.clock.now().as_second();
        let mut state = self.0.state();
        let running = state.harvest(now);
        state.archive.tidy(now);
        Reading::new(state, running)
    }

    /// Forgets everything that was measured.
    pub fn clear(&self) {
        let mut state = self.0.state();
        // A moment that all seconds lie before, so that none goes on.
        state.harvest(i64::MAX);
        state.archive = Archive::new();
        state.open_rows.clear();
    }
}

impl Shared {
    fn take_seat(&self) -> usize {
        let mut seats = self.seats.lock().unwrap_or_else(PoisonError::into_inner);
        seats.free.pop().unwrap_or_else(|| {
            seats.made += 1;
            seats.made - 1
        })
    }

    fn leave_seat(&self, seat: usize) {
        let mut seats = self.seats.lock().unwrap_or_else(PoisonError::into_inner);
        seats.free.push(seat);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A recorder has begun a second, and the one before waits to be taken.
    fn second_began(&self, slot: &Slot, full: bool) {
        if full && let Ok(mut state) = self.state.try_lock() {
            // Nobody has read for a while. If somebody does just now, that reader takes it.
            let now = self.clock.now().as_second();
            take(&mut state.archive, slot, now, &mut Vec::new());
            state.archive.tidy_in_time(now);
        }
        self.changed.notify_one();
    }
}

impl State {
    /// Takes what is finished from all slots and returns what is running. Slots that nobody keeps any more end here.
    fn harvest(&mut self, now: i64) -> Vec<Running> {
        self.harvested = now;
        let mut running = Vec::new();
        let archive = &mut self.archive;
        self.slots.retain(|_, slot| {
            // Only who keeps a slot can record into it: of one that is here alone, all seconds are finished.
            let kept = Arc::strong_count(slot) > 1;
            take(
                archive,
                slot,
                if kept { now } else { i64::MAX },
                &mut running,
            );
            kept
        });
        running
    }
}

/// Takes what is finished from a slot into the archive, and copies what is running.
fn take(
    archive: &mut Archive<SeriesKey, Point>,
    slot: &Slot,
    now: i64,
    running: &mut Vec<Running>,
) {
    for (canary, cell) in slot.cells() {
        let key = SeriesKey {
            slot: Arc::clone(slot.key()),
            canary,
        };
        let going_on = cell.harvest(now, |second, point| archive.append(&key, second, &point));
        if let Some((second, point)) = going_on {
            running.push(Running { key, second, point });
        }
    }
}

#[cfg(test)]
mod tests;
