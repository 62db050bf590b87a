//! Limits on the time that backends take.
//!
//! Almost no call reaches its limit, and each has one: a timer of the runtime for every call costs more than reading the answer does.
//! One look over all calls under way, a hundred times a second and only while there are any, costs nothing that could be measured.
//! A call ends that much later than its limit at the most.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};

/// From one look to the next. The shortest limit that AWS takes is 50 ms.
const TICK: Duration = Duration::from_millis(10);

/// The limits of all calls under way in a runtime.
#[derive(Clone, Debug, Default)]
pub(crate) struct Deadlines(Arc<Mutex<Table>>);

#[derive(Debug, Default)]
struct Table {
    calls: Vec<Option<Call>>,
    /// Places in `calls` without one.
    free: Vec<usize>,
    /// Whether somebody looks.
    watched: bool,
}

#[derive(Debug)]
struct Call {
    until: Instant,
    waker: Waker,
    over: bool,
}

/// A call that took longer than it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Elapsed;

impl Deadlines {
    /// Waits for a call, for so long at the most.
    pub(crate) fn limit<F: Future + Unpin>(&self, limit: Duration, call: F) -> Limited<F> {
        Limited {
            call,
            limit,
            place: None,
            deadlines: self.clone(),
        }
    }

    /// The lock, also after a thread panicked with it: the table is whole at every moment.
    fn lock(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives a call its place.
    fn enter(&self, limit: Duration, waker: &Waker) -> usize {
        let mut table = self.lock();
        let call = Some(Call {
            until: Instant::now() + limit,
            waker: waker.clone(),
            over: false,
        });
        let place = if let Some(place) = table.free.pop() {
            table.calls[place] = call;
            place
        } else {
            table.calls.push(call);
            table.calls.len() - 1
        };
        if !std::mem::replace(&mut table.watched, true) {
            tokio::spawn(self.clone().watch());
        }
        place
    }

    /// Whether the call at a place is over; else `waker` is woken when it is.
    fn is_over(&self, place: usize, waker: &Waker) -> bool {
        let mut table = self.lock();
        let Some(Some(call)) = table.calls.get_mut(place) else {
            return false;
        };
        if !call.waker.will_wake(waker) {
            call.waker.clone_from(waker);
        }
        call.over
    }

    fn leave(&self, place: usize) {
        let mut table = self.lock();
        if let Some(call) = table.calls.get_mut(place) {
            *call = None;
            table.free.push(place);
        }
    }

    /// Looks over the calls until there are none.
    async fn watch(self) {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let now = ticks.tick().await;
            let mut table = self.lock();
            if table.free.len() == table.calls.len() {
                *table = Table::default();
                return;
            }
            for call in table.calls.iter_mut().flatten() {
                if !call.over && call.until <= now {
                    call.over = true;
                    call.waker.wake_by_ref();
                }
            }
        }
    }
}

/// A call and its limit, which counts from when the call first has to be waited for.
#[derive(Debug)]
pub(crate) struct Limited<F> {
    call: F,
    limit: Duration,
    place: Option<usize>,
    deadlines: Deadlines,
}

impl<F: Future + Unpin> Future for Limited<F> {
    type Output = Result<F::Output, Elapsed>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if let Poll::Ready(output) = Pin::new(&mut this.call).poll(cx) {
            return Poll::Ready(Ok(output));
        }
        match this.place {
            Some(place) if this.deadlines.is_over(place, cx.waker()) => Poll::Ready(Err(Elapsed)),
            Some(_) => Poll::Pending,
            None => {
                this.place = Some(this.deadlines.enter(this.limit, cx.waker()));
                Poll::Pending
            }
        }
    }
}

impl<F> Drop for Limited<F> {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            self.deadlines.leave(place);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};
    use std::pin::pin;

    use super::super::tests::run;
    use super::*;

    #[test]
    fn calls_end_by_themselves_or_at_their_limit() {
        run(|| async {
            let deadlines = Deadlines::default();
            let soon = Duration::from_millis(20);
            let never = Duration::from_secs(1_000);
            for _ in 0..3 {
                assert_eq!(deadlines.limit(soon, ready(1)).await, Ok(1));
                let begun = Instant::now();
                let over = deadlines.limit(soon, pending::<()>());
                let other = deadlines.limit(never, pending::<()>());
                tokio::select! {
                    ended = over => assert_eq!(ended, Err(Elapsed)),
                    _ = other => unreachable!(),
                }
                assert!(begun.elapsed() >= soon);
                let call = pin!(tokio::task::yield_now());
                assert_eq!(deadlines.limit(soon, call).await, Ok(()));
            }
            // Nobody looks where there is nothing to see.
            while deadlines.lock().watched {
                tokio::task::yield_now().await;
            }
            assert!(deadlines.lock().calls.is_empty());
        });
    }
}
