//! When a call may go: AWS's quotas, retries, and the queue that people see. A state machine without clock, sleep or socket: every
//! function is told what time it is.

use std::collections::HashMap;
use std::time::Duration;

use crate::base::Chance;

use super::event::Queue;
use super::limits::{Rate, Service, operation_rate};

/// The number of a call in the queue.
pub type Ticket = u64;

/// A call that wants to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Job {
    /// AWS's name of the operation.
    pub operation: &'static str,
    /// Whose quota it uses.
    pub service: Service,
    /// Whether it changes something: it goes before all that don't, and is repeated only if it was refused for coming too fast.
    pub write: bool,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// With an answer, or with a refusal that repeating doesn't change.
    Final,
    /// Too fast; the service may have said how long to wait.
    Throttled(Option<Duration>),
    /// The service failed, or there was no answer in time.
    Failed,
}

/// What becomes of a call after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The attempt's result counts.
    Finished,
    /// It is back in the queue.
    Again,
}

/// What may happen now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// These calls go now, in this order.
    pub go: Vec<Ticket>,
    /// When to plan again if nothing else happens before; `None` if nothing waits for time.
    pub wake: Option<Duration>,
}

/// Attempts of a read that meets failures: a fourth would only tell the user later.
const FAILED_ATTEMPTS: u32 = 3;
/// Attempts of a call that comes too fast. With doubling waits this is about a minute.
const THROTTLED_ATTEMPTS: u32 = 8;
/// The first wait; doubled each time.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// The longest wait.
const LONGEST_WAIT: Duration = Duration::from_secs(20);
/// The least share of the quota that we go down to, so that we never stand still.
const LEAST_SHARE: f64 = 0.1;
/// Calls refused within this time of each other were one burst: they halve the share once.
const ONE_BURST: Duration = Duration::from_secs(1);
/// In this time without a refusal the share grows from nothing to all.
const RECOVERY: Duration = Duration::from_secs(100);
/// Calls under way at a time: enough to fill a slow line, few enough not to flood it.
const MOST_RUNNING: usize = 8;

/// The queue of calls with AWS's token buckets.
#[derive(Debug)]
pub struct Scheduler {
    paced: bool,
    waiting: Vec<Waiting>,
    running: HashMap<Ticket, Waiting>,
    services: HashMap<Service, Bucket>,
    operations: HashMap<&'static str, Bucket>,
    share: f64,
    share_since: Duration,
    halved_at: Option<Duration>,
    chance: Chance,
}

#[derive(Clone, Copy, Debug)]
struct Waiting {
    ticket: Ticket,
    job: Job,
    not_before: Duration,
    attempts: u32,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    rate: Rate,
    tokens: f64,
    at: Duration,
}

impl Scheduler {
    /// A scheduler that holds to AWS's quotas if `paced`; the bundled gateway has none. `chance` spreads retries.
    #[must_use]
    pub fn new(paced: bool, chance: Chance) -> Self {
        Self {
            paced,
            waiting: Vec::new(),
            running: HashMap::new(),
            services: HashMap::new(),
            operations: HashMap::new(),
            share: 1.0,
            share_since: Duration::ZERO,
            halved_at: None,
            chance,
        }
    }

    /// Puts a call at the end of the queue.
    pub fn submit(&mut self, ticket: Ticket, job: Job, now: Duration) {
        self.waiting.push(Waiting {
            ticket,
            job,
            not_before: now,
            attempts: 0,
        });
    }

    /// Says which calls go now: writes first, then in the order of asking. A call whose own operation is exhausted lets others pass.
    pub fn plan(&mut self, now: Duration) -> Plan {
        let mut plan = Plan::default();
        let mut order: Vec<usize> = (0..self.waiting.len()).collect();
        order.sort_by_key(|&i| !self.waiting[i].job.write);
        for i in order {
            if self.running.len() >= MOST_RUNNING {
                // A call that ends makes place and plans anew: no time to wait for.
                break;
            }
            let call = self.waiting[i];
            let ready = self.ready_at(&call, now);
            if ready > now {
                plan.wake = Some(plan.wake.map_or(ready, |wake| wake.min(ready)));
                continue;
            }
            self.take(call.job, now);
            self.running.insert(call.ticket, call);
            plan.go.push(call.ticket);
        }
        self.waiting.retain(|w| !plan.go.contains(&w.ticket));
        plan
    }

    /// Says how an attempt ended, and learns whether there will be another.
    pub fn finished(&mut self, ticket: Ticket, outcome: Outcome, now: Duration) -> Verdict {
        let Some(mut call) = self.running.remove(&ticket) else {
            return Verdict::Finished;
        };
        call.attempts += 1;
        if let Outcome::Throttled(_) = outcome {
            self.slow_down(call.job, now);
        }
        let again = match outcome {
            Outcome::Final => false,
            Outcome::Throttled(_) => call.attempts < THROTTLED_ATTEMPTS,
            Outcome::Failed => !call.job.write && call.attempts < FAILED_ATTEMPTS,
        };
        if !again {
            return Verdict::Finished;
        }
        let asked = match outcome {
            Outcome::Throttled(Some(wait)) => wait,
            _ => Duration::ZERO,
        };
        call.not_before = now + asked.max(self.backoff(call.attempts));
        self.waiting.push(call);
        Verdict::Again
    }

    /// Forgets a call, wherever it is.
    pub fn cancel(&mut self, ticket: Ticket) {
        self.waiting.retain(|w| w.ticket != ticket);
        self.running.remove(&ticket);
    }

    /// The queue as people see it.
    #[must_use]
    pub fn report(&self, now: Duration) -> Queue {
        let next = self.waiting.iter().map(|w| self.ready_at(w, now)).min();
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the share lies between 0 and 1"
        )]
        let share = (self.share_at(now) * 100.0).round() as u8;
        Queue {
            waiting: self.waiting.len(),
            running: self.running.len(),
            next_in: next.map(|at| at.saturating_sub(now)),
            share,
        }
    }

    /// When nothing but time keeps this call back any more.
    fn ready_at(&self, call: &Waiting, now: Duration) -> Duration {
        let mut ready = call.not_before.max(now);
        if self.paced {
            let share = self.share_at(now);
            let service = self.services.get(&call.job.service);
            let operation = self.operations.get(call.job.operation);
            for bucket in [service, operation].into_iter().flatten() {
                ready = ready.max(bucket.ready_at(now, share));
            }
        }
        ready
    }

    fn take(&mut self, job: Job, now: Duration) {
        if !self.paced {
            return;
        }
        let share = self.share_at(now);
        if let Some(rate) = job.service.rate() {
            let bucket = self.services.entry(job.service);
            bucket
                .or_insert_with(|| Bucket::full(rate, now))
                .take(now, share);
        }
        if let Some(rate) = operation_rate(job.operation) {
            let bucket = self.operations.entry(job.operation);
            bucket
                .or_insert_with(|| Bucket::full(rate, now))
                .take(now, share);
        }
    }

    /// The account's quota is shared with everybody else who uses it: a refusal says that we took too much of it.
    fn slow_down(&mut self, job: Job, now: Duration) {
        if self
            .halved_at
            .is_none_or(|at| now.saturating_sub(at) >= ONE_BURST)
        {
            self.share = (self.share_at(now) / 2.0).max(LEAST_SHARE);
            self.share_since = now;
            self.halved_at = Some(now);
        }
        if let Some(bucket) = self.services.get_mut(&job.service) {
            bucket.drain(now);
        }
        if let Some(bucket) = self.operations.get_mut(job.operation) {
            bucket.drain(now);
        }
    }

    fn share_at(&self, now: Duration) -> f64 {
        let quiet = now.saturating_sub(self.share_since);
        (self.share + quiet.as_secs_f64() / RECOVERY.as_secs_f64()).min(1.0)
    }

    /// Half of a doubling wait, and up to as much again by chance, so that calls refused together don't come back together.
    fn backoff(&mut self, attempts: u32) -> Duration {
        let doubled = FIRST_WAIT.saturating_mul(1 << attempts.saturating_sub(1).min(10));
        doubled
            .min(LONGEST_WAIT)
            .mul_f64(0.5 + 0.5 * self.chance.fraction())
    }
}

impl Bucket {
    fn full(rate: Rate, now: Duration) -> Self {
        Self {
            rate,
            tokens: rate.burst,
            at: now,
        }
    }

    fn tokens_at(&self, now: Duration, share: f64) -> f64 {
        let gained = now.saturating_sub(self.at).as_secs_f64() * self.rate.per_second * share;
        (self.tokens + gained).min(self.rate.burst)
    }

    fn ready_at(&self, now: Duration, share: f64) -> Duration {
        let missing = 1.0 - self.tokens_at(now, share);
        // What is missing by rounding alone is there.
        if missing < 1e-6 {
            return now;
        }
        // A nanosecond more than needed: a wake-up must not come a rounding too early and find nothing.
        now + Duration::from_secs_f64(missing / (self.rate.per_second * share))
            + Duration::from_nanos(1)
    }

    fn take(&mut self, now: Duration, share: f64) {
        self.tokens = (self.tokens_at(now, share) - 1.0).max(0.0);
        self.at = now;
    }

    fn drain(&mut self, now: Duration) {
        self.tokens = 0.0;
        self.at = now;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(operation: &'static str) -> Job {
        Job {
            operation,
            service: Service::ApiGateway,
            write: false,
        }
    }

    fn write(operation: &'static str) -> Job {
        Job {
            write: true,
            ..read(operation)
        }
    }

    fn secs(s: f64) -> Duration {
        Duration::from_secs_f64(s)
    }

    fn scheduler(paced: bool) -> Scheduler {
        Scheduler::new(paced, Chance::seeded(1))
    }

    /// Lets everything go that may, ending each call at once, until the time; says when each went.
    fn play(scheduler: &mut Scheduler, from: Duration, until: Duration) -> Vec<(Ticket, Duration)> {
        let (mut now, mut gone) = (from, Vec::new());
        while now <= until {
            let plan = scheduler.plan(now);
            for &ticket in &plan.go {
                gone.push((ticket, now));
                assert_eq!(
                    scheduler.finished(ticket, Outcome::Final, now),
                    Verdict::Finished
                );
            }
            match plan.wake {
                _ if !plan.go.is_empty() => {}
                Some(wake) => {
                    assert!(wake > now, "a plan that wakes at once would spin");
                    now = wake;
                }
                None => break,
            }
        }
        gone
    }

    #[test]
    fn forty_go_at_once_then_ten_a_second() {
        let mut scheduler = scheduler(true);
        for ticket in 0..60 {
            scheduler.submit(ticket, read("GetStages"), Duration::ZERO);
        }
        let gone = play(&mut scheduler, Duration::ZERO, secs(10.0));
        assert_eq!(gone.iter().filter(|g| g.1 == Duration::ZERO).count(), 40);
        assert_eq!(gone.iter().filter(|g| g.1 <= secs(1.001)).count(), 50);
        assert_eq!(gone.len(), 60);
        assert!(gone.iter().map(|g| g.0).eq(0..60), "in the order of asking");
    }

    #[test]
    fn operations_have_their_own_rates() {
        for (operation, calls, last) in [
            ("CreateDeployment", 3, 10.0),
            ("UpdateUsagePlan", 2, 20.0),
            ("GetResources", 10, 2.0),
            ("CreateResource", 10, 1.0),
            ("DeleteRestApi", 2, 30.0),
        ] {
            let mut scheduler = scheduler(true);
            for ticket in 0..calls {
                scheduler.submit(ticket, write(operation), Duration::ZERO);
            }
            let gone = play(&mut scheduler, Duration::ZERO, secs(100.0));
            let at = gone.last().map(|g| g.1.as_secs_f64()).unwrap();
            assert!((at - last).abs() < 0.001, "{operation}: {at}");
        }
    }

    #[test]
    fn a_call_that_waits_for_its_own_rate_lets_others_pass() {
        let mut scheduler = scheduler(true);
        scheduler.submit(1, write("CreateDeployment"), Duration::ZERO);
        scheduler.submit(2, write("CreateDeployment"), Duration::ZERO);
        scheduler.submit(3, read("GetStages"), Duration::ZERO);
        let plan = scheduler.plan(Duration::ZERO);
        assert_eq!(plan.go, [1, 3]);
        assert_eq!(plan.wake.unwrap().as_secs(), 5);
        let report = scheduler.report(secs(2.0));
        assert_eq!((report.waiting, report.running), (1, 2));
        assert_eq!(report.next_in.unwrap().as_secs(), 3);
    }

    #[test]
    fn writes_go_first() {
        let mut scheduler = scheduler(false);
        scheduler.submit(1, read("GetStages"), Duration::ZERO);
        scheduler.submit(2, write("UpdateStage"), Duration::ZERO);
        assert_eq!(scheduler.plan(Duration::ZERO).go, [2, 1]);
    }

    #[test]
    fn the_local_gateway_is_not_paced_but_not_flooded() {
        let mut scheduler = scheduler(false);
        for ticket in 0..20 {
            scheduler.submit(ticket, write("CreateDeployment"), Duration::ZERO);
        }
        let plan = scheduler.plan(Duration::ZERO);
        assert_eq!((plan.go.len(), plan.wake), (MOST_RUNNING, None));
        scheduler.finished(0, Outcome::Final, Duration::ZERO);
        assert_eq!(scheduler.plan(Duration::ZERO).go, [8]);
    }

    #[test]
    fn what_is_repeated_and_how_often() {
        for (job, outcome, attempts) in [
            (read("GetStages"), Outcome::Final, 1),
            (read("GetStages"), Outcome::Failed, FAILED_ATTEMPTS),
            (
                read("GetStages"),
                Outcome::Throttled(None),
                THROTTLED_ATTEMPTS,
            ),
            (write("UpdateStage"), Outcome::Failed, 1),
            (
                write("UpdateStage"),
                Outcome::Throttled(None),
                THROTTLED_ATTEMPTS,
            ),
        ] {
            let mut scheduler = scheduler(true);
            scheduler.submit(1, job, Duration::ZERO);
            let (mut now, mut made) = (Duration::ZERO, 0);
            loop {
                let plan = scheduler.plan(now);
                if plan.go.is_empty() {
                    now = plan.wake.expect("it waits for time");
                    continue;
                }
                made += 1;
                if scheduler.finished(1, outcome, now) == Verdict::Finished {
                    break;
                }
            }
            assert_eq!(made, attempts, "{job:?} {outcome:?}");
            assert_eq!(scheduler.report(now).waiting, 0);
        }
    }

    #[test]
    fn a_refusal_halves_the_share_once_for_a_burst_and_time_gives_it_back() {
        let mut scheduler = scheduler(true);
        for ticket in 0..3 {
            scheduler.submit(ticket, read("GetStages"), Duration::ZERO);
        }
        scheduler.plan(Duration::ZERO);
        for ticket in 0..3 {
            scheduler.finished(ticket, Outcome::Throttled(None), Duration::ZERO);
        }
        assert_eq!(scheduler.report(Duration::ZERO).share, 50);
        assert_eq!(scheduler.report(secs(20.0)).share, 70);
        assert_eq!(scheduler.report(secs(60.0)).share, 100);
        // At half the rate, and with an empty bucket, five go in a second, not ten.
        for ticket in 10..30 {
            scheduler.submit(ticket, read("GetStage"), Duration::ZERO);
        }
        let gone = play(&mut scheduler, Duration::ZERO, secs(1.0));
        assert!((4..=6).contains(&gone.len()), "{}", gone.len());
    }

    #[test]
    fn the_service_says_how_long_to_wait() {
        let mut scheduler = scheduler(true);
        scheduler.submit(1, write("UpdateStage"), Duration::ZERO);
        scheduler.plan(Duration::ZERO);
        scheduler.finished(1, Outcome::Throttled(Some(secs(7.0))), Duration::ZERO);
        assert_eq!(scheduler.plan(Duration::ZERO).wake, Some(secs(7.0)));
    }

    #[test]
    fn a_cancelled_call_leaves_the_queue() {
        let mut scheduler = scheduler(false);
        scheduler.submit(1, read("GetStages"), Duration::ZERO);
        scheduler.submit(2, read("GetStages"), Duration::ZERO);
        scheduler.cancel(1);
        assert_eq!(scheduler.plan(Duration::ZERO).go, [2]);
        scheduler.cancel(2);
        assert_eq!(scheduler.report(Duration::ZERO).running, 0);
        assert_eq!(
            scheduler.finished(2, Outcome::Failed, Duration::ZERO),
            Verdict::Finished
        );
    }

    proptest! {
        /// In no span of time more calls go than the quota allows, however they come and go.
        #[test]
        fn the_quota_holds_in_every_span(steps in prop::collection::vec((0u64..400, 0u8..4), 1..200)) {
            let mut scheduler = scheduler(true);
            let (mut now, mut gone, mut next) = (Duration::ZERO, Vec::new(), 0);
            for (millis, what) in steps {
                now += Duration::from_millis(millis);
                let job = match what { 0 => write("CreateDeployment"), 1 => read("GetResources"), _ => read("GetStages") };
                scheduler.submit(next, job, now);
                next += 1;
                for ticket in scheduler.plan(now).go {
                    gone.push(now);
                    let outcome = if ticket % 7 == 0 { Outcome::Throttled(None) } else { Outcome::Final };
                    scheduler.finished(ticket, outcome, now);
                }
            }
            for (i, from) in gone.iter().enumerate() {
                for (j, to) in gone.iter().enumerate().skip(i) {
                    let allowed = 40.0 + to.saturating_sub(*from).as_secs_f64() * 10.0 + 1e-3;
                    #[allow(clippy::cast_precision_loss, reason = "a few hundred")]
                    let went = (j - i + 1) as f64;
                    prop_assert!(went <= allowed, "{went} in {:?}", to.saturating_sub(*from));
                }
            }
        }
    }
}
