//! Log events: a database and a thread of their own, so that logging never holds up a write of the control plane.
//!
//! Events are written in batches, at most a second apart: that much a crash can lose. Readers use the same connection and see what
//! isn't on disk yet. Over [`Limits::bytes`] the oldest events go. In memory it is the same database without a file.

mod book;
mod schema;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::oneshot;

pub use self::book::{Book, Cursor, Group, LoggedEvent, NewEvent, Order, Range, Stream};
use super::{Location, StoreError};
use crate::base::Clock;

/// How long events may wait for the disk.
const BATCH: Duration = Duration::from_secs(1);
/// How often expired events are looked for.
const TIDY: Duration = Duration::from_mins(1);

/// What the log database may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of the database; over that, the oldest events are dropped.
    pub bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 256 << 20 }
    }
}

type Work = Box<dyn FnOnce(&mut Book) -> bool + Send>;

/// The way to the thread that owns the log database. Dropping it writes what waits.
#[derive(Debug)]
pub struct LogStore {
    work: Option<mpsc::Sender<Work>>,
    thread: Option<JoinHandle<()>>,
}

impl LogStore {
    /// Opens the database.
    ///
    /// # Errors
    /// When the folder can't be used, or its logs are newer than this release.
    pub fn open(location: &Location, limits: Limits, clock: Clock) -> Result<Self, StoreError> {
        let folder = match location {
            Location::Memory => None,
            Location::Folder(folder) => Some(folder.as_path()),
        };
        let book = Book::new(schema::open(folder)?, limits);
        let (work, inbox) = mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("sluice-logs".to_owned())
            .spawn(move || run(book, &inbox, &clock))
            .map_err(|source| StoreError::Folder {
                folder: folder.map(Path::to_owned).unwrap_or_default(),
                source,
            })?;
        Ok(Self {
            work: Some(work),
            thread: Some(thread),
        })
    }

    /// Does something with the logs, after all that was asked for before, and answers with what came of it.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Book) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (send, receive) = oneshot::channel();
        let work: Work = Box::new(move |book| {
            let result = work(book);
            let done = result.is_ok();
            // Who asked may have gone away meanwhile.
            let _ = send.send(result);
            done
        });
        let sender = self.work.as_ref().ok_or(StoreError::Closed)?;
        sender.send(work).map_err(|_| StoreError::Closed)?;
        receive.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Does something with the logs without waiting for it.
    pub fn tell(&self, work: impl FnOnce(&mut Book) -> Result<(), StoreError> + Send + 'static) {
        let work: Work = Box::new(move |book| {
            let result = work(book);
            if let Err(error) = &result {
                tracing::error!(%error, "log events could not be stored");
            }
            result.is_ok()
        });
        if let Some(sender) = &self.work {
            // Without the thread there is nobody left to tell; its end was said.
            let _ = sender.send(work);
        }
    }
}

impl Drop for LogStore {
    fn drop(&mut self) {
        self.work = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Works until the last sender is gone. What is written waits in an open transaction for the batch to end.
fn run(mut book: Book, inbox: &mpsc::Receiver<Work>, clock: &Clock) {
    let mut tidied = clock.monotonic();
    let mut since: Option<Duration> = None;
    loop {
        let received = match since {
            None => inbox
                .recv()
                .map_err(|_| mpsc::RecvTimeoutError::Disconnected),
            Some(since) => {
                let waited = clock.monotonic().saturating_sub(since);
                inbox.recv_timeout(BATCH.saturating_sub(waited))
            }
        };
        match received {
            Ok(work) => {
                // A change that fails half-way doesn't take the rest of the batch with it.
                let marked = book.begin().and_then(|()| book.mark());
                let done = work(&mut book);
                if marked.is_ok() {
                    said(book.settle(done));
                }
                since = since.or(Some(clock.monotonic()));
            }
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                finish(&mut book);
                return;
            }
        }
        if since.is_some_and(|since| clock.monotonic().saturating_sub(since) >= BATCH) {
            since = None;
            let now = clock.monotonic();
            if now.saturating_sub(tidied) >= TIDY {
                tidied = now;
                said(book.expire(clock.now().as_millisecond()));
            }
            said(book.trim());
            finish(&mut book);
        }
    }
}

fn finish(book: &mut Book) {
    said(book.commit());
}

fn said(result: Result<(), StoreError>) {
    if let Err(error) = result {
        tracing::error!(%error, "log events could not be stored");
    }
}
