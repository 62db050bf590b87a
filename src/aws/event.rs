//! What the console's loop receives from the calls: values only.

use std::time::Duration;

use super::call::Answer;
use super::error::Error;
use super::op::{Op, OpId};
use super::query::Query;
use super::reply::Reply;

/// Something that happened on the other side.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A read was answered, or failed for good.
    Got {
        /// What was asked.
        query: Query,
        /// The number that the asker gave: an older one than the newest asked for is out of date.
        generation: u64,
        /// The answer.
        result: Result<Reply, Error>,
    },
    /// A call of an operation is done; the next begins.
    OpStep {
        /// Which operation.
        id: OpId,
        /// How many of its calls are done.
        done: usize,
        /// Of how many.
        of: usize,
    },
    /// An operation ended. Its queries in [`Op::stale`](field@Op::stale) should be asked again, whatever the result.
    OpDone(Box<OpDone>),
    /// The queue of calls changed. Sent only when calls wait, and once when none does any more.
    Queue(Queue),
    /// The clients are made: calls go to this region, which a profile may have named.
    Region(String),
    /// Asking CloudWatch cost money (on AWS): the count since the session began.
    Spent(Spent),
}

/// How an operation ended.
#[derive(Clone, Debug, PartialEq)]
pub struct OpDone {
    /// Which operation.
    pub id: OpId,
    /// The operation as it was run.
    pub op: Op,
    /// What each call answered, as far as it came: if this is shorter than `op.calls`, the next call is the one in `failed`.
    pub answers: Vec<Answer>,
    /// Why it stopped, if it did. [`Error::is_unknown`] means that the failed call may have happened.
    pub failed: Option<Error>,
    /// What undoes it, with identifiers filled in; only if all of it was done.
    pub undo: Option<Op>,
}

impl OpDone {
    /// What was done before it stopped, in words; empty if it wasn't stopped, or before the first call.
    #[must_use]
    pub fn done_before(&self) -> String {
        if self.failed.is_none() || self.answers.is_empty() {
            return String::new();
        }
        let names: Vec<_> = self
            .op
            .calls
            .iter()
            .take(self.answers.len())
            .map(super::Call::operation)
            .collect();
        format!("already done: {}", names.join(", "))
    }
}

/// Calls that wait for AWS's quotas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    /// How many wait.
    pub waiting: usize,
    /// How many are under way.
    pub running: usize,
    /// When the next may go.
    pub next_in: Option<Duration>,
    /// The share of AWS's quota that we use, in percent: halved when AWS says that calls come too fast.
    pub share: u8,
}

/// What metrics have cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Metrics requested from `GetMetricData`.
    pub metrics: u64,
}

impl Spent {
    /// US dollars at the list price of `GetMetricData`: $0.01 for 1,000 metrics requested (Amazon CloudWatch Pricing;
    /// some regions ask more).
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "shown with two digits")]
    pub fn dollars(self) -> f64 {
        self.metrics as f64 * 0.00001
    }
}
