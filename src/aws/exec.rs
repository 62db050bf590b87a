//! The console's hand on AWS: takes queries and operations, answers with events. Runs on its own threads.

use std::collections::HashMap;
use std::io;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::{OnceCell, mpsc};
use tokio::task::{AbortHandle, JoinError};

use crate::base::{Chance, Clock};

use super::call::{Answer, Call};
use super::error::{Cause, Error};
use super::event::{Event, OpDone};
use super::failure::Failure;
use super::limits::Service;
use super::op::{Op, OpId};
use super::pacer::{Pacer, Sink};
use super::query::Query;
use super::read::Context;
use super::scheduler::Job;
use super::session::{Extension, Session, explain};

/// How long a write may take. A test invocation waits for a backend that has 29 seconds, or more where the quota was raised.
const WRITE_LIMIT: Duration = Duration::from_mins(1);
/// Threads for calls and for what the console computes beside its loop.
const WORKERS: usize = 2;

type Reads = Arc<Mutex<HashMap<(Query, u64), AbortHandle>>>;

/// A running session. Dropping it gives up what is under way; a write that was sent stays sent.
pub struct Aws {
    /// Taken when dropped.
    runtime: Option<Runtime>,
    runner: Runner,
    reads: Reads,
    changes: mpsc::UnboundedSender<Work>,
}

/// An operation on its way to the gate's other side.
struct Work {
    id: OpId,
    op: Op,
}

impl Aws {
    /// Starts the threads; connects to nothing until something is asked. `events` is called from these threads and must not block:
    /// a channel's `send`, as a rule.
    pub fn start(
        session: Session,
        clock: Clock,
        mut chance: Chance,
        events: impl Fn(Event) + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(WORKERS)
            .thread_name("aws")
            .enable_all()
            .build()?;
        let events: Sink = Arc::new(events);
        // AWS's quotas hold wherever there may be an AWS.
        let paced = session.target.is_aws();
        let calls = Pacer::new(paced, clock.clone(), chance.split(), events.clone());
        runtime.spawn(calls.clone().run());
        let context = Arc::new(Context {
            extension: Extension::at(&session.target),
            session,
            pacer: calls,
            clock,
            events,
            clients: OnceCell::new(),
            spent: AtomicU64::new(0),
        });
        let (changes, queue) = mpsc::unbounded_channel();
        let runner = Runner { context };
        runtime.spawn(one_after_another(runner.clone(), queue));
        Ok(Self {
            runtime: Some(runtime),
            runner,
            reads: Reads::default(),
            changes,
        })
    }

    /// Asks; the answer comes as [`Event::Got`] with the same generation. Asking twice asks twice: the store coalesces.
    pub fn ask(&self, query: Query, generation: u64) {
        let Some(handle) = self.handle() else {
            return;
        };
        let (context, reads) = (self.runner.context.clone(), self.reads.clone());
        let key = (query.clone(), generation);
        let mut known = lock(&self.reads);
        let (reader, asked) = (context.clone(), query.clone());
        let read = handle.spawn(async move { reader.read(&asked).await });
        // The lock is held until the task is noted: it can't be done and forgotten before.
        known.insert(key.clone(), read.abort_handle());
        drop(known);
        handle.spawn(async move {
            let result = read.await;
            // Whoever forgets it has taken it out.
            if lock(&reads).remove(&key).is_none() {
                return;
            }
            let result = result.unwrap_or_else(|lost| {
                Err(context.failed("Read", &query, Cause::Malformed(lost_words(&lost))))
            });
            (context.events)(Event::Got {
                query,
                generation,
                result,
            });
        });
    }

    /// Gives up a read: nobody looks at its answer any more. Says whether it was under way: then no event comes.
    pub fn forget(&self, query: &Query, generation: u64) -> bool {
        let task = lock(&self.reads).remove(&(query.clone(), generation));
        if let Some(task) = &task {
            task.abort();
        }
        task.is_some()
    }

    /// Runs an operation that the gate let through. [`Event::OpStep`] tells how it gets on, [`Event::OpDone`] how it ended.
    ///
    /// Changes go one after another in the order of asking: two patches of one stage must not overtake each other. What only reaches
    /// or reveals doesn't wait for them.
    pub fn run(&self, id: OpId, op: Op) {
        let Some(handle) = self.handle() else {
            return;
        };
        let work = Work { id, op };
        if work.op.changes() {
            // The receiver lives as long as the runtime, which we own.
            let _ = self.changes.send(work);
        } else {
            let runner = self.runner.clone();
            handle.spawn(runner.see_to(work));
        }
    }

    /// For other work beside the console's loop: preview, highlighting, filtering.
    #[must_use]
    pub fn handle(&self) -> Option<&Handle> {
        self.runtime.as_ref().map(Runtime::handle)
    }
}

impl Drop for Aws {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

#[derive(Clone)]
struct Runner {
    context: Arc<Context>,
}

async fn one_after_another(runner: Runner, mut queue: mpsc::UnboundedReceiver<Work>) {
    while let Some(work) = queue.recv().await {
        runner.clone().see_to(work).await;
    }
}

impl Runner {
    /// Runs an operation to its end, and tells that end also when it is a fault of ours: others wait for it.
    async fn see_to(self, work: Work) {
        let Work { id, op } = work;
        let (runner, calls) = (self.clone(), op.clone());
        // On the heap: a call's future holds every kind of call.
        let run = tokio::spawn(async move { Box::pin(runner.run(id, calls)).await });
        let Err(lost) = run.await else {
            return;
        };
        let failed = explain(
            &self.context.session,
            op.calls.first().map_or("Run", Call::operation),
            op.title.clone(),
            Cause::Unknown(lost_words(&lost)),
            true,
        );
        (self.context.events)(Event::OpDone(Box::new(OpDone {
            id,
            op,
            answers: Vec::new(),
            failed: Some(failed),
            undo: None,
        })));
    }

    async fn run(&self, id: OpId, op: Op) {
        let of = op.calls.len();
        let mut answers: Vec<Answer> = Vec::new();
        let mut failed = None;
        for call in &op.calls {
            let mut call = call.clone();
            call.resolve(&answers);
            match Box::pin(self.step(&call)).await {
                Ok(answer) => answers.push(answer),
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            }
            if answers.len() < of {
                (self.context.events)(Event::OpStep {
                    id,
                    done: answers.len(),
                    of,
                });
            }
        }
        let undo = if failed.is_none() {
            op.undo(&answers)
        } else {
            None
        };
        (self.context.events)(Event::OpDone(Box::new(OpDone {
            id,
            op,
            answers,
            failed,
            undo,
        })));
    }

    async fn step(&self, call: &Call) -> Result<Answer, Error> {
        let fail = |cause| {
            explain(
                &self.context.session,
                call.operation(),
                call.subject(),
                cause,
                !call.is_read(),
            )
        };
        if !call.is_resolved() {
            let why = "an id that an earlier call should have answered is missing".to_owned();
            return Err(fail(Cause::Invalid(why)));
        }
        let client = &self.context.clients().await.apigateway;
        let job = Job {
            operation: call.operation(),
            service: Service::ApiGateway,
            write: !call.is_read(),
        };
        let attempt = || call.send(client);
        let result = self.context.pacer.call(job, WRITE_LIMIT, attempt).await;
        result.map_err(|failure| fail(cause(call, failure)))
    }
}

/// A write that was sent and has no answer may have happened: only reading what it touches can tell.
fn cause(call: &Call, failure: Failure) -> Cause {
    match failure.cause {
        Cause::TimedOut(after) if !call.is_read() => {
            Cause::Unknown(format!("no answer after {} s", after.as_secs()))
        }
        Cause::Unreachable(why) | Cause::Malformed(why) if !call.is_read() && failure.sent => {
            Cause::Unknown(why)
        }
        cause => cause,
    }
}

/// What is said of a task that ended without a result: a fault of ours, whose place the log has.
fn lost_words(lost: &JoinError) -> String {
    if lost.is_panic() {
        "sluice failed in it, the log file has more".to_owned()
    } else {
        "it was given up".to_owned()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
