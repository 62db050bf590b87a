//! The log database's format.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rusqlite::Connection;

use crate::engine::store::StoreError;

const FILE: &str = "logs.sqlite3";

/// The statements that lead from each format to the next; a database's `user_version` says how many of them it has seen.
///
/// Events have one index each for reading a stream and a group in order of time. Ids ascend with ingestion: the oldest are the first
/// to go.
const STEPS: &[&str] = &["CREATE TABLE log_group (
    id        INTEGER PRIMARY KEY,
    region    TEXT NOT NULL,
    name      TEXT NOT NULL,
    created   INTEGER NOT NULL,
    retention INTEGER,
    class     TEXT NOT NULL,
    kms       TEXT,
    tags      TEXT NOT NULL,
    UNIQUE (region, name)
) STRICT;
CREATE TABLE log_stream (
    id       INTEGER PRIMARY KEY,
    owner    INTEGER NOT NULL,
    name     TEXT NOT NULL,
    created  INTEGER NOT NULL,
    first    INTEGER,
    last     INTEGER,
    ingested INTEGER,
    UNIQUE (owner, name)
) STRICT;
CREATE TABLE log_event (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    owner    INTEGER NOT NULL,
    stream   INTEGER NOT NULL,
    time     INTEGER NOT NULL,
    ingested INTEGER NOT NULL,
    message  TEXT NOT NULL
) STRICT;
CREATE INDEX log_event_of_stream ON log_event (stream, time, id);
CREATE INDEX log_event_of_group ON log_event (owner, time, id);"];

/// Opens the database of a folder (0600), or one in memory.
pub(super) fn open(folder: Option<&Path>) -> Result<Connection, StoreError> {
    let failed = |source| StoreError::Database {
        doing: "open the logs of",
        source,
    };
    let mut connection = match folder {
        None => Connection::open_in_memory().map_err(failed)?,
        Some(folder) => {
            let path = folder.join(FILE);
            OpenOptions::new()
                .create(true)
                .append(true)
                .mode(0o600)
                .open(&path)
                .map_err(|source| StoreError::Folder {
                    folder: folder.to_owned(),
                    source,
                })?;
            Connection::open(&path).map_err(failed)?
        }
    };
    // A crash of the machine may cost the newest batches, never the database.
    for (name, value) in [("journal_mode", "WAL"), ("synchronous", "NORMAL")] {
        connection
            .pragma_update(None, name, value)
            .map_err(failed)?;
    }
    let found: i64 = connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(failed)?;
    let known = i64::try_from(STEPS.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(StoreError::Newer {
            folder: folder.map(Path::to_owned).unwrap_or_default(),
            found,
            known,
        });
    }
    migrate(&mut connection, found, known).map_err(failed)?;
    Ok(connection)
}

fn migrate(connection: &mut Connection, found: i64, known: i64) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    for step in STEPS.iter().skip(usize::try_from(found).unwrap_or(0)) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", known)?;
    transaction.commit()
}
