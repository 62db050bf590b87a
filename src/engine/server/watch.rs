//! Clients that hold a connection without using it: who sends a request's head a byte at a time, who doesn't read the answer, who is
//! idle for too long. Each would keep a descriptor for ever.
//!
//! One round a second over all connections of a runtime, instead of a timer for each request: what a request pays is a store or two.
//! While every client is idle there is nothing to look at that often: the rounds rest until the first of them has been so for too long.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::task::{Context, Waker};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// How long a client may keep a connection without getting on with it. Rounded up to the next round over all connections.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// From the first byte of a request to the end of its head. AWS's is not documented; 30 s is usual.
    pub head: Duration,
    /// Between two requests: AWS's *Idle client connection* (`spec/rest/resources-methods.md` §5).
    pub idle: Duration,
    /// Without taking a byte of an answer that waits for it.
    pub stalled: Duration,
    /// From one round to the next.
    pub round: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(30),
            idle: Duration::from_secs(310),
            stalled: Duration::from_mins(1),
            round: Duration::from_secs(1),
        }
    }
}

/// What a connection is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Nothing of a request was read since the last answer.
    Idle,
    /// A head has begun.
    Head,
    /// A request is being answered; however long that takes is not the client's doing.
    Serving,
    /// An answer waits for the client to read.
    Stalled,
}

/// What is to become of a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It goes on.
    #[default]
    Stays,
    /// It ends with the answer that it is giving.
    Ends,
    /// It is closed at once.
    Closes,
}

/// One connection as the rounds see it.
#[derive(Debug)]
pub(crate) struct Watch {
    phase: Cell<Phase>,
    /// The time of the round in which the phase began.
    since: Cell<Duration>,
    verdict: Cell<Verdict>,
    /// Whether it ends with the answer that it is giving.
    ending: Cell<bool>,
    waker: RefCell<Option<Waker>>,
    rounds: Rc<Rounds>,
}

/// When the last round was: time enough for all that happens until the next.
#[derive(Debug)]
struct Rounds {
    begun: Instant,
    last: Cell<Duration>,
    /// No round is coming soon.
    resting: Cell<bool>,
    stirred: Notify,
    /// Nobody has asked for the time of day since the last round.
    unasked: Cell<bool>,
}

impl Rounds {
    /// The time of what happens now. Ends a rest.
    fn now(&self) -> Duration {
        if self.resting.replace(false) {
            self.last.set(self.begun.elapsed());
            self.stirred.notify_one();
            self.unasked.set(true);
        }
        self.last.get()
    }
}

impl Watch {
    fn enter(&self, phase: Phase) {
        self.phase.set(phase);
        self.since.set(self.rounds.now());
    }

    /// Something of a head was read.
    pub(crate) fn begun(&self) {
        if self.phase.get() == Phase::Idle {
            self.enter(Phase::Head);
        }
    }

    /// The client has to do its part of a handshake.
    pub(crate) fn greeting(&self) {
        self.enter(Phase::Head);
    }

    /// A request's head is complete.
    pub(crate) fn serving(&self) {
        self.enter(Phase::Serving);
    }

    /// The answer is there; what follows is its body, then the next request.
    pub(crate) fn answered(&self) {
        self.enter(Phase::Idle);
    }

    /// Something was written, or would have been if the client had taken it.
    pub(crate) fn wrote(&self, done: bool) {
        match (done, self.phase.get()) {
            // An answer is on its way: slowly perhaps, but the client reads.
            (true, Phase::Stalled | Phase::Idle) => self.enter(Phase::Idle),
            (true, _) | (false, Phase::Stalled) => {}
            (false, _) => self.enter(Phase::Stalled),
        }
    }

    /// Whether the second may have changed since this was asked last, for any connection of the runtime.
    pub(crate) fn time_has_passed(&self) -> bool {
        self.rounds.unasked.replace(false)
    }

    /// Whether the connection is to end with the answer that it is giving, or at once if it gives none.
    pub(crate) fn is_ending(&self) -> bool {
        self.ending.get()
    }

    /// What was decided since the connection's task last asked. It is woken when something is.
    pub(crate) fn verdict(&self, cx: &Context<'_>) -> Verdict {
        let mut waker = self.waker.borrow_mut();
        if !waker.as_ref().is_some_and(|w| w.will_wake(cx.waker())) {
            *waker = Some(cx.waker().clone());
        }
        self.verdict.replace(Verdict::Stays)
    }

    fn judge(&self, verdict: Verdict) {
        self.verdict.set(verdict);
        if let Some(waker) = &*self.waker.borrow() {
            waker.wake_by_ref();
        }
    }
}

/// The open connections of a data runtime.
#[derive(Debug)]
pub(crate) struct Watches {
    open: RefCell<HashMap<*const Watch, Rc<Watch>>>,
    rounds: Rc<Rounds>,
    patience: Patience,
}

impl Watches {
    pub(crate) fn new(patience: Patience) -> Self {
        Self {
            open: RefCell::default(),
            rounds: Rc::new(Rounds {
                begun: Instant::now(),
                last: Cell::default(),
                resting: Cell::new(true),
                stirred: Notify::new(),
                unasked: Cell::new(true),
            }),
            patience,
        }
    }

    /// Takes up a connection until the guard is dropped.
    pub(crate) fn watch(self: &Rc<Self>) -> Watched {
        let watch = Rc::new(Watch {
            phase: Cell::new(Phase::Idle),
            since: Cell::new(self.rounds.now()),
            verdict: Cell::default(),
            ending: Cell::new(false),
            waker: RefCell::default(),
            rounds: Rc::clone(&self.rounds),
        });
        self.open
            .borrow_mut()
            .insert(Rc::as_ptr(&watch), Rc::clone(&watch));
        Watched {
            watch,
            watches: Rc::clone(self),
        }
    }

    /// Goes round whenever it is time; ends never.
    pub(crate) async fn go_round(&self) {
        loop {
            let next = self.round(self.rounds.begun.elapsed());
            if self.rounds.resting.get() {
                tokio::select! {
                    () = tokio::time::sleep(next) => continue,
                    () = self.rounds.stirred.notified() => {}
                }
            }
            tokio::time::sleep(self.patience.round).await;
        }
    }

    /// Closes the connections whose clients were waited for long enough, and says when to look again.
    fn round(&self, now: Duration) -> Duration {
        self.rounds.last.set(now);
        self.rounds.unasked.set(true);
        let mut rest = self.patience.idle;
        let mut resting = true;
        for watch in self.open.borrow().values() {
            let phase = watch.phase.get();
            resting &= phase == Phase::Idle;
            let limit = match phase {
                Phase::Idle => self.patience.idle,
                Phase::Head => self.patience.head,
                Phase::Stalled => self.patience.stalled,
                Phase::Serving => continue,
            };
            // The round in which it began doesn't count in full.
            let left = (watch.since.get() + limit + self.patience.round).saturating_sub(now);
            if left.is_zero() {
                watch.judge(Verdict::Closes);
            } else {
                rest = rest.min(left);
            }
        }
        self.rounds.resting.set(resting);
        rest
    }

    /// Lets all connections end with the answer that they are giving.
    pub(crate) fn end(&self) {
        for watch in self.open.borrow().values() {
            watch.ending.set(true);
            watch.judge(Verdict::Ends);
        }
    }
}

/// A watched connection; watched until this is dropped.
#[derive(Debug)]
pub(crate) struct Watched {
    pub(crate) watch: Rc<Watch>,
    watches: Rc<Watches>,
}

impl Drop for Watched {
    fn drop(&mut self) {
        let key = Rc::as_ptr(&self.watch);
        self.watches.open.borrow_mut().remove(&key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patience(head: u64, idle: u64, stalled: u64) -> Patience {
        Patience {
            head: Duration::from_secs(head),
            idle: Duration::from_secs(idle),
            stalled: Duration::from_secs(stalled),
            round: Duration::from_secs(1),
        }
    }

    fn next_round(watches: &Watches) -> Duration {
        watches.round(watches.rounds.last.get() + watches.patience.round)
    }

    /// Rounds until the connection is closed, at most 20.
    fn closed_after(watches: &Watches, watch: &Watch) -> Option<u64> {
        let mut rounds = 1..=20;
        rounds.find(|_| {
            next_round(watches);
            watch.verdict.get() == Verdict::Closes
        })
    }

    #[test]
    fn each_phase_has_its_own_patience() {
        for (phase, expected) in [
            (Phase::Idle, Some(6)),
            (Phase::Head, Some(3)),
            (Phase::Stalled, Some(4)),
            (Phase::Serving, None),
        ] {
            let watches = Rc::new(Watches::new(patience(2, 5, 3)));
            let client = watches.watch();
            client.watch.enter(phase);
            assert_eq!(closed_after(&watches, &client.watch), expected, "{phase:?}");
            drop(client);
            assert!(watches.open.borrow().is_empty());
        }
    }

    #[test]
    fn rounds_rest_while_all_are_idle_and_go_on_with_the_first_byte() {
        let watches = Rc::new(Watches::new(patience(2, 5, 3)));
        let (client, other) = (watches.watch(), watches.watch());
        // An idle client is looked at again when it has been idle for too long, not before.
        assert_eq!(next_round(&watches), Duration::from_secs(5));
        assert!(watches.rounds.resting.get());
        other.watch.enter(Phase::Head);
        assert!(!watches.rounds.resting.get());
        next_round(&watches);
        assert!(!watches.rounds.resting.get());
        other.watch.enter(Phase::Serving);
        next_round(&watches);
        assert!(!watches.rounds.resting.get(), "its client may stop reading");
        drop((client, other));
        next_round(&watches);
        assert!(watches.rounds.resting.get());
    }

    #[test]
    fn a_head_in_pieces_counts_from_its_first_byte() {
        let watches = Rc::new(Watches::new(patience(2, 5, 3)));
        let client = watches.watch();
        client.watch.enter(Phase::Head);
        next_round(&watches);
        // Further bytes find the phase begun.
        assert_eq!(client.watch.phase.get(), Phase::Head);
        assert_eq!(closed_after(&watches, &client.watch), Some(2));
    }

    #[test]
    fn who_reads_slowly_but_reads_is_waited_for() {
        let watches = Rc::new(Watches::new(patience(2, 5, 3)));
        let client = watches.watch();
        for _ in 0..10 {
            client.watch.wrote(false);
            next_round(&watches);
            next_round(&watches);
            client.watch.wrote(true);
            assert_eq!(client.watch.verdict.get(), Verdict::Stays);
        }
        client.watch.wrote(false);
        assert_eq!(closed_after(&watches, &client.watch), Some(4));
    }

    #[test]
    fn all_end_when_the_engine_stops() {
        let watches = Rc::new(Watches::new(Patience::default()));
        let (a, b) = (watches.watch(), watches.watch());
        watches.end();
        assert_eq!(a.watch.verdict.get(), Verdict::Ends);
        assert_eq!(b.watch.verdict.get(), Verdict::Ends);
    }
}
