//! Requests that are over: what is kept of them, and where those go that somebody wants told.
//!
//! Nobody looks at most requests. They are kept as they are, moved and not copied, in a ring of their data runtime, which drops the
//! oldest: that costs a move of the exchange and nothing else, no allocation and no lock. Failures have a ring of their own, so that
//! one can still be explained when many others have gone well since. Who wants to see them asks the runtime by a message.
//!
//! A request whose story was asked for, that is traced, or that has an access log, goes to the [`Desk`](super::desk::Desk) over a bounded queue. If that
//! is full it is counted as missed: logging never holds a request up.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};

use super::exchange::Exchange;
use super::explain::{self, Filter, Summary};

/// Requests that wait for the desk, over all data runtimes.
const QUEUE: usize = 4_096;
/// Requests that a data runtime keeps, and failures apart from them.
const KEPT: usize = 64;

/// What handlers and the desk share.
#[derive(Debug)]
pub(crate) struct Journal {
    /// How many want to see every request's story.
    watchers: AtomicUsize,
    missed: AtomicU64,
    desk: mpsc::Sender<Box<Exchange>>,
    inbox: Mutex<Option<mpsc::Receiver<Box<Exchange>>>>,
    runtimes: Mutex<Vec<mpsc::UnboundedSender<Question>>>,
}

/// A question to a data runtime about what it keeps.
#[derive(Debug)]
pub(crate) enum Question {
    List(Filter, oneshot::Sender<Vec<Summary>>),
    Explain(String, oneshot::Sender<Option<Value>>),
    Forget,
}

/// Somebody who wants to see every request's story, until this is dropped.
#[derive(Debug)]
pub(crate) struct Watch(Arc<Journal>);

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.watchers.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Journal {
    pub(crate) fn new() -> Self {
        let (desk, inbox) = mpsc::channel(QUEUE);
        Self {
            watchers: AtomicUsize::new(0),
            missed: AtomicU64::new(0),
            desk,
            inbox: Mutex::new(Some(inbox)),
            runtimes: Mutex::default(),
        }
    }

    pub(crate) fn is_watched(&self) -> bool {
        self.watchers.load(Ordering::Relaxed) > 0
    }

    pub(crate) fn watch(self: &Arc<Self>) -> Watch {
        self.watchers.fetch_add(1, Ordering::Relaxed);
        Watch(Arc::clone(self))
    }

    /// Requests that should have been told and weren't, because too many waited.
    pub(crate) fn missed(&self) -> u64 {
        self.missed.load(Ordering::Relaxed)
    }

    /// What the desk reads; there is one desk.
    pub(super) fn take_inbox(&self) -> Option<mpsc::Receiver<Box<Exchange>>> {
        lock(&self.inbox).take()
    }

    fn tell(&self, x: Box<Exchange>) {
        // Room first: a request that nobody can take in isn't boxed for it.
        match self.desk.try_reserve() {
            Ok(room) => room.send(x),
            Err(_) => {
                self.missed.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// What the data runtimes keep that passes the filter.
    pub(crate) async fn list(&self, filter: &Filter) -> Vec<Summary> {
        let mut all = Vec::new();
        for runtime in self.runtimes() {
            let (send, receive) = oneshot::channel();
            if runtime.send(Question::List(filter.clone(), send)).is_ok() {
                all.extend(receive.await.unwrap_or_default());
            }
        }
        all
    }

    /// The explanation of a request that a data runtime keeps.
    pub(crate) async fn explain(&self, request_id: &str) -> Option<Value> {
        for runtime in self.runtimes() {
            let (send, receive) = oneshot::channel();
            let question = Question::Explain(request_id.to_owned(), send);
            if runtime.send(question).is_ok()
                && let Ok(Some(found)) = receive.await
            {
                return Some(found);
            }
        }
        None
    }

    /// Has all data runtimes forget what they keep.
    pub(crate) fn forget(&self) {
        for runtime in self.runtimes() {
            let _ = runtime.send(Question::Forget);
        }
    }

    fn runtimes(&self) -> Vec<mpsc::UnboundedSender<Question>> {
        let mut runtimes = lock(&self.runtimes);
        runtimes.retain(|runtime| !runtime.is_closed());
        runtimes.clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What one data runtime keeps.
#[derive(Debug)]
pub(crate) struct Kept {
    journal: Arc<Journal>,
    rings: RefCell<Rings>,
    questions: RefCell<Option<mpsc::UnboundedReceiver<Question>>>,
}

#[derive(Debug, Default)]
struct Rings {
    recent: VecDeque<Box<Exchange>>,
    failed: VecDeque<Box<Exchange>>,
}

impl Kept {
    pub(crate) fn new(journal: Arc<Journal>) -> Self {
        let (ask, questions) = mpsc::unbounded_channel();
        lock(&journal.runtimes).push(ask);
        Self {
            journal,
            rings: RefCell::default(),
            questions: RefCell::new(Some(questions)),
        }
    }

    pub(crate) fn is_watched(&self) -> bool {
        self.journal.is_watched()
    }

    /// Takes a request that is over.
    pub(crate) fn take(&self, mut x: Box<Exchange>) {
        if x.record.wants_details() || x.stage.access_log().is_some() || x.is_traced() {
            self.journal.tell(x);
            return;
        }
        // Bodies may be large, and are not looked at any more.
        x.request.body = Bytes::new();
        x.backend = None;
        let mut rings = self.rings.borrow_mut();
        let ring = if x.record.status < 400 {
            &mut rings.recent
        } else {
            &mut rings.failed
        };
        if ring.len() >= KEPT {
            ring.pop_front();
        }
        ring.push_back(x);
    }

    /// Answers questions for as long as the runtime lives.
    pub(crate) async fn answer_questions(&self) {
        let questions = self.questions.borrow_mut().take();
        let Some(mut questions) = questions else {
            return std::future::pending().await;
        };
        while let Some(question) = questions.recv().await {
            let mut rings = self.rings.borrow_mut();
            match question {
                Question::List(filter, reply) => {
                    let all = rings.recent.iter().chain(&rings.failed);
                    let wanted = all
                        .map(|x| explain::summary(x))
                        .filter(|s| filter.passes(s));
                    let _ = reply.send(wanted.collect());
                }
                Question::Explain(id, reply) => {
                    let mut all = rings.recent.iter().chain(&rings.failed);
                    let found = all.find(|x| x.ids.request_id() == id);
                    let _ = reply.send(found.map(|x| explain::explanation(x)));
                }
                Question::Forget => *rings = Rings::default(),
            }
        }
        // Nobody is left who could ask.
        std::future::pending::<()>().await;
    }
}
