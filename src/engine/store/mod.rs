//! What must survive: rows of JSON in SQLite, written through before a write is acknowledged.
//!
//! One thread owns the database. A commit is one transaction (WAL, `synchronous=FULL`); its answer comes after the data is on disk.
//! Commits that wait at the same time share one `fsync`. With [`Location::Memory`] rows are not kept at all: the caller's memory is the state.

mod folder;
pub mod logs;
mod schema;

use std::path::PathBuf;
use std::sync::mpsc;
use std::thread::JoinHandle;

use rusqlite::{Connection, params};
use tokio::sync::oneshot;

pub use folder::{Lock, Owner, owner, wait_until_free};
pub use schema::has_state;

/// Where the state is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// Nowhere: all is gone when the process ends.
    Memory,
    /// In this folder, which is made when absent.
    Folder(PathBuf),
}

/// One row: a piece of state by kind and key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// `us-east-1`.
    pub region: String,
    /// What it is: `api`, `resource`, `stage`, …
    pub kind: String,
    /// Unique in its kind and region.
    pub key: String,
    /// JSON text.
    pub value: String,
}

/// One row to write, or to delete when it has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// As in [`Row`].
    pub region: String,
    /// As in [`Row`].
    pub kind: &'static str,
    /// As in [`Row`].
    pub key: String,
    /// JSON text; `None` deletes.
    pub value: Option<String>,
}

/// Why the state can't be read or written, in words for the user.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process has the folder.
    #[error("{} belongs to a running sluice (process {}, at {}): stop it or choose another --data-dir", .folder.display(), .owner.pid, .owner.address)]
    Owned {
        /// The folder asked for.
        folder: PathBuf,
        /// Who has it.
        owner: Owner,
    },
    /// The folder was written by a newer release.
    #[error("{} was written by a newer sluice (format {found}, this one reads up to {known}): update sluice or choose another --data-dir", .folder.display())]
    Newer {
        /// The folder asked for.
        folder: PathBuf,
        /// The format found there.
        found: i64,
        /// The newest format that this release reads.
        known: i64,
    },
    /// The folder can't be made, read or written.
    #[error("can't use {} as data folder: {source}", .folder.display())]
    Folder {
        /// The folder asked for.
        folder: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// SQLite refused.
    #[error("can't {doing} the data folder's database: {source}")]
    Database {
        /// What was tried.
        doing: &'static str,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// The thread that owns the database is gone.
    #[error("the data folder's database is closed")]
    Closed,
}

/// The way to the thread that owns the database.
#[derive(Debug)]
pub struct Store {
    work: Option<mpsc::Sender<Work>>,
    thread: Option<JoinHandle<()>>,
    lock: Option<Lock>,
}

enum Work {
    Commit(Vec<Change>, oneshot::Sender<Result<(), StoreError>>),
}

impl Store {
    /// A store that keeps nothing.
    #[must_use]
    pub fn memory() -> Self {
        Self {
            work: None,
            thread: None,
            lock: None,
        }
    }

    /// Opens the store and reads all that it holds.
    ///
    /// # Errors
    /// When the folder belongs to another process, is newer than this release, or can't be used.
    pub fn open(location: &Location) -> Result<(Self, Vec<Row>), StoreError> {
        let Location::Folder(folder) = location else {
            return Ok((Self::memory(), Vec::new()));
        };
        let lock = folder::claim(folder)?;
        let connection = schema::open(folder)?;
        let rows = read_all(&connection).map_err(|source| StoreError::Database {
            doing: "read",
            source,
        })?;
        let (send, receive) = mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("sluice-store".to_owned())
            .spawn(move || run(connection, &receive))
            .map_err(|source| StoreError::Folder {
                folder: folder.clone(),
                source,
            })?;
        Ok((
            Self {
                work: Some(send),
                thread: Some(thread),
                lock: Some(lock),
            },
            rows,
        ))
    }

    /// Whether anything outlives the process.
    #[must_use]
    pub const fn is_kept(&self) -> bool {
        self.work.is_some()
    }

    /// Tells other processes where the owner of the folder serves.
    ///
    /// # Errors
    /// When the lock file can't be written.
    pub fn announce(&self, address: &str) -> Result<(), StoreError> {
        self.lock
            .as_ref()
            .map_or(Ok(()), |lock| lock.announce(address))
    }

    /// Writes all changes or none, and answers once they are on disk.
    ///
    /// # Errors
    /// When the database refuses; then nothing was written.
    pub async fn commit(&self, changes: Vec<Change>) -> Result<(), StoreError> {
        let Some(work) = &self.work else {
            return Ok(());
        };
        if changes.is_empty() {
            return Ok(());
        }
        let (send, receive) = oneshot::channel();
        work.send(Work::Commit(changes, send))
            .map_err(|_| StoreError::Closed)?;
        receive.await.unwrap_or(Err(StoreError::Closed))
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.work = None;
        if let Some(thread) = self.thread.take() {
            // What was handed over is written before the folder is given up; a panic there has nothing left to say here.
            let _ = thread.join();
        }
    }
}

fn read_all(connection: &Connection) -> rusqlite::Result<Vec<Row>> {
    let mut statement = connection
        .prepare("SELECT region, kind, key, value FROM entity ORDER BY region, kind, key")?;
    let rows = statement.query_map([], |row| {
        Ok(Row {
            region: row.get(0)?,
            kind: row.get(1)?,
            key: row.get(2)?,
            value: row.get(3)?,
        })
    })?;
    rows.collect()
}

/// Writes until the last sender is gone. Waiting commits are taken together, each in its own savepoint, so that one that fails takes
/// nothing else with it and all of them pay for one `fsync`.
fn run(mut connection: Connection, work: &mpsc::Receiver<Work>) {
    while let Ok(first) = work.recv() {
        let batch: Vec<Work> = std::iter::once(first)
            .chain(work.try_iter().take(255))
            .collect();
        let mut answers = Vec::with_capacity(batch.len());
        let outcome = write(&mut connection, batch, &mut answers);
        for (answer, result) in answers {
            let result = match &outcome {
                Ok(()) => result,
                Err(error) => Err(StoreError::Database {
                    doing: "write",
                    source: copy_of(error),
                }),
            };
            // Who asked may have gone away meanwhile; the write stands all the same.
            let _ = answer.send(result);
        }
    }
}

type Answer = (
    oneshot::Sender<Result<(), StoreError>>,
    Result<(), StoreError>,
);

fn write(
    connection: &mut Connection,
    batch: Vec<Work>,
    answers: &mut Vec<Answer>,
) -> rusqlite::Result<()> {
    let mut pending = batch.into_iter();
    let mut transaction = match connection.transaction() {
        Ok(transaction) => transaction,
        Err(error) => {
            answers.extend(pending.map(|Work::Commit(_, answer)| (answer, Ok(()))));
            return Err(error);
        }
    };
    for Work::Commit(changes, answer) in pending.by_ref() {
        let result = (|| {
            let savepoint = transaction.savepoint()?;
            for change in &changes {
                apply(&savepoint, change)?;
            }
            savepoint.commit()
        })();
        let result = result.map_err(|source| StoreError::Database {
            doing: "write",
            source,
        });
        let lost = result.is_err() && transaction.is_autocommit();
        answers.push((answer, result));
        if lost {
            // A full disk can make SQLite give the whole transaction up. What came before is gone with it; what came after would be
            // written on its own and still be told that it failed.
            answers.extend(pending.map(|Work::Commit(_, answer)| (answer, Ok(()))));
            break;
        }
    }
    transaction.commit()
}

fn apply(connection: &Connection, change: &Change) -> rusqlite::Result<()> {
    let Change {
        region,
        kind,
        key,
        value,
    } = change;
    match value {
        Some(value) => connection
            .prepare_cached("INSERT INTO entity (region, kind, key, value) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET value = ?4")?
            .execute(params![region, kind, key, value])?,
        None => connection
            .prepare_cached("DELETE FROM entity WHERE region = ?1 AND kind = ?2 AND key = ?3")?
            .execute(params![region, kind, key])?,
    };
    Ok(())
}

/// The same failure for each of several who wait: SQLite's error type can't be cloned.
fn copy_of(error: &rusqlite::Error) -> rusqlite::Error {
    match error {
        rusqlite::Error::SqliteFailure(code, text) => {
            rusqlite::Error::SqliteFailure(*code, text.clone())
        }
        other => rusqlite::Error::SqliteFailure(
            rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_ERROR),
            Some(other.to_string()),
        ),
    }
}

#[cfg(test)]
pub(crate) mod tests;
