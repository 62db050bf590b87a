//! The scheduler with a clock and sleep around it: calls wait here for their turn.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};

use crate::base::{Chance, Clock};

use super::error::Cause;
use super::event::{Event, Queue};
use super::failure::Failure;
use super::scheduler::{Job, Outcome, Scheduler, Ticket, Verdict};

/// Where events go.
pub(crate) type Sink = Arc<dyn Fn(Event) + Send + Sync>;

/// Lets calls go when the scheduler says so.
pub(crate) struct Pacer {
    state: Mutex<State>,
    changed: Notify,
    clock: Clock,
    next: AtomicU64,
    /// Whether the queue is worth telling: nothing waits long where nothing is paced.
    told: Option<Sink>,
}

struct State {
    scheduler: Scheduler,
    waiting: HashMap<Ticket, oneshot::Sender<()>>,
    last: Queue,
}

impl Pacer {
    /// A pacer; [`run`](Self::run) must run beside the calls.
    pub(crate) fn new(paced: bool, clock: Clock, chance: Chance, events: Sink) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State {
                scheduler: Scheduler::new(paced, chance),
                waiting: HashMap::new(),
                last: Queue::default(),
            }),
            changed: Notify::new(),
            clock,
            next: AtomicU64::new(1),
            told: paced.then_some(events),
        })
    }

    /// Lets calls go, for ever.
    pub(crate) async fn run(self: Arc<Self>) {
        loop {
            match self.turn() {
                Some(wake) => {
                    tokio::select! {
                        () = self.changed.notified() => {}
                        () = tokio::time::sleep(wake) => {}
                    }
                }
                None => self.changed.notified().await,
            }
        }
    }

    /// Lets go what may go; says how long nothing else will happen by itself.
    fn turn(&self) -> Option<Duration> {
        let now = self.clock.monotonic();
        let mut state = self.lock();
        let plan = state.scheduler.plan(now);
        for ticket in plan.go {
            // A caller that gave up has taken its ticket back, or is about to.
            if let Some(go) = state.waiting.remove(&ticket) {
                let _ = go.send(());
            }
        }
        if let Some(events) = &self.told {
            let queue = state.scheduler.report(now);
            let worth_telling = (queue.waiting, queue.share)
                != (state.last.waiting, state.last.share)
                && (queue.waiting > 0 || state.last.waiting > 0);
            if worth_telling {
                state.last = queue;
                drop(state);
                events(Event::Queue(queue));
            }
        }
        plan.wake.map(|at| at.saturating_sub(now))
    }

    /// Makes a call when its turn comes, and again as often as its kind and its failures allow. Dropping the future gives the turn up.
    pub(crate) async fn call<T, F, A>(
        &self,
        job: Job,
        limit: Duration,
        mut attempt: A,
    ) -> Result<T, Failure>
    where
        A: FnMut() -> F,
        F: Future<Output = Result<T, Failure>>,
    {
        let place = Place {
            pacer: self,
            ticket: self.next.fetch_add(1, Ordering::Relaxed),
        };
        let mut turn = self.wait_for(place.ticket);
        let now = self.clock.monotonic();
        self.lock().scheduler.submit(place.ticket, job, now);
        self.changed.notify_one();
        loop {
            if turn.await.is_err() {
                return Err(Failure {
                    cause: Cause::Cancelled,
                    sent: false,
                });
            }
            let result = match tokio::time::timeout(limit, attempt()).await {
                Ok(result) => result,
                Err(_) => Err(Failure::timed_out(limit)),
            };
            let outcome = result.as_ref().err().map_or(Outcome::Final, outcome);
            turn = self.wait_for(place.ticket);
            let now = self.clock.monotonic();
            let verdict = self.lock().scheduler.finished(place.ticket, outcome, now);
            self.changed.notify_one();
            if verdict == Verdict::Finished {
                return result;
            }
        }
    }

    fn wait_for(&self, ticket: Ticket) -> oneshot::Receiver<()> {
        let (go, turn) = oneshot::channel();
        self.lock().waiting.insert(ticket, go);
        turn
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call's place in the queue, given up when it is dropped.
struct Place<'a> {
    pacer: &'a Pacer,
    ticket: Ticket,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut state = self.pacer.lock();
        state.scheduler.cancel(self.ticket);
        state.waiting.remove(&self.ticket);
        drop(state);
        self.pacer.changed.notify_one();
    }
}

/// What a failure means for the queue.
fn outcome(failure: &Failure) -> Outcome {
    match &failure.cause {
        Cause::Refused(refusal) if refusal.is_throttle() => Outcome::Throttled(refusal.retry_after),
        Cause::Refused(refusal) if refusal.is_failure() && refusal.status != 501 => Outcome::Failed,
        Cause::TimedOut(_) => Outcome::Failed,
        // The line broke while the answer was on its way. Where no connection came about, waiting half a second doesn't mend it.
        Cause::Unreachable(_) if failure.sent => Outcome::Failed,
        _ => Outcome::Final,
    }
}
