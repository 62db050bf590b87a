//! The console's hand on AWS: takes queries and operations, answers with events. Runs on its own threads.

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::{OnceCell, mpsc, watch};
use tokio::task::AbortHandle;

use crate::base::{Chance, Clock};

use super::call::{Answer, Call};
use super::cli::Cli;
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
    cancelled: watch::Receiver<bool>,
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
        let runner = Runner {
            context,
            cancels: Arc::default(),
            running: Arc::default(),
        };
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
        let task = handle.spawn(async move {
            let result = context.read(&query).await;
            lock(&reads).remove(&(query.clone(), generation));
            (context.events)(Event::Got {
                query,
                generation,
                result,
            });
        });
        // The lock is held until the task is noted: it can't be done and forgotten before.
        known.insert(key, task.abort_handle());
    }

    /// Gives up a read: nobody looks at its answer any more. No event comes.
    pub fn forget(&self, query: &Query, generation: u64) {
        if let Some(task) = lock(&self.reads).remove(&(query.clone(), generation)) {
            task.abort();
        }
    }

    /// Gives up all reads.
    pub fn forget_all(&self) {
        for (_, task) in lock(&self.reads).drain() {
            task.abort();
        }
    }

    /// Runs an operation that the gate let through. [`Event::OpStep`] tells how it gets on, [`Event::OpDone`] how it ended.
    ///
    /// Changes go one after another in the order of asking: two patches of one stage must not overtake each other. What only reaches
    /// or reveals doesn't wait for them.
    pub fn run(&self, id: OpId, op: Op) {
        let Some(handle) = self.handle() else {
            return;
        };
        let (cancel, cancelled) = watch::channel(false);
        lock(&self.runner.cancels).insert(id, cancel);
        self.runner.running.fetch_add(1, Ordering::SeqCst);
        let work = Work { id, op, cancelled };
        if work.op.changes() {
            // The receiver lives as long as the runtime, which we own.
            let _ = self.changes.send(work);
        } else {
            let runner = self.runner.clone();
            handle.spawn(async move { Box::pin(runner.run(work)).await });
        }
    }

    /// Stops an operation before its next call; a call that was sent is waited for.
    pub fn cancel(&self, id: OpId) {
        if let Some(cancel) = lock(&self.runner.cancels).get(&id) {
            cancel.send_replace(true);
        }
    }

    /// Operations that haven't ended: quitting now would leave them half done, or unknown.
    #[must_use]
    pub fn running_ops(&self) -> usize {
        self.runner.running.load(Ordering::SeqCst)
    }

    /// What AWS CLI commands need to reach the same place.
    #[must_use]
    pub fn cli(&self) -> Cli {
        self.runner.context.session.cli()
    }

    /// Where we are talking to.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.runner.context.session
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
    cancels: Arc<Mutex<HashMap<OpId, watch::Sender<bool>>>>,
    running: Arc<AtomicUsize>,
}

async fn one_after_another(runner: Runner, mut queue: mpsc::UnboundedReceiver<Work>) {
    while let Some(work) = queue.recv().await {
        // On the heap: a call's future holds every kind of call.
        Box::pin(runner.run(work)).await;
    }
}

impl Runner {
    async fn run(&self, work: Work) {
        let Work {
            id,
            op,
            mut cancelled,
        } = work;
        let of = op.calls.len();
        let mut answers: Vec<Answer> = Vec::new();
        let mut failed = None;
        for call in &op.calls {
            let mut call = call.clone();
            call.resolve(&answers);
            match Box::pin(self.step(&call, &mut cancelled)).await {
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
        lock(&self.cancels).remove(&id);
        self.running.fetch_sub(1, Ordering::SeqCst);
        (self.context.events)(Event::OpDone(Box::new(OpDone {
            id,
            op,
            answers,
            failed,
            undo,
        })));
    }

    async fn step(
        &self,
        call: &Call,
        cancelled: &mut watch::Receiver<bool>,
    ) -> Result<Answer, Error> {
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
        let sent = AtomicBool::new(false);
        let attempt = || {
            sent.store(true, Ordering::SeqCst);
            call.send(client)
        };
        let calling = self.context.pacer.call(job, WRITE_LIMIT, attempt);
        tokio::pin!(calling);
        let result = tokio::select! {
            biased;
            result = &mut calling => result,
            Ok(()) = async { cancelled.wait_for(|c| *c).await.map(drop) } => {
                if sent.load(Ordering::SeqCst) {
                    // Too late: what was sent is waited for, or nobody would know whether it happened.
                    calling.await
                } else {
                    Err(Failure { cause: Cause::Cancelled, sent: false })
                }
            }
        };
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

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
