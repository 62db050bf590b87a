//! The database's format.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rusqlite::Connection;

use super::StoreError;

const FILE: &str = "state.sqlite3";

/// The statements that lead from each format to the next; a database's `user_version` says how many of them it has seen.
const STEPS: &[&str] = &[
    "CREATE TABLE entity (
    region TEXT NOT NULL,
    kind   TEXT NOT NULL,
    key    TEXT NOT NULL,
    value  TEXT NOT NULL,
    PRIMARY KEY (region, kind, key)
) WITHOUT ROWID, STRICT",
    // Points of metrics that know nothing of caches can't be read any more.
    "DELETE FROM entity WHERE kind = 'metric'",
];

/// Whether the folder has held state before: if not, it is its user's first time.
#[must_use]
pub fn has_state(folder: &Path) -> bool {
    folder.join(FILE).exists()
}

/// Opens the database (0600), brings it to this release's format and makes every commit durable.
pub(super) fn open(folder: &Path) -> Result<Connection, StoreError> {
    let path = folder.join(FILE);
    // SQLite would create it readable for others; its -wal and -shm files take over these permissions.
    OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(&path)
        .and_then(|_| fs::metadata(&path))
        .map_err(|source| StoreError::Folder {
            folder: folder.to_owned(),
            source,
        })?;
    let failed = |source| StoreError::Database {
        doing: "open",
        source,
    };
    let mut connection = Connection::open(&path).map_err(failed)?;
    connection
        .pragma_update(None, "journal_mode", "WAL")
        .map_err(failed)?;
    connection
        .pragma_update(None, "synchronous", "FULL")
        .map_err(failed)?;
    let found: i64 = connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(failed)?;
    let known = i64::try_from(STEPS.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(StoreError::Newer {
            folder: folder.to_owned(),
            found,
            known,
        });
    }
    if found < known {
        migrate(&mut connection, found, known).map_err(|source| StoreError::Database {
            doing: "migrate",
            source,
        })?;
    }
    Ok(connection)
}

/// All steps in one transaction: a crash half-way leaves the old format.
fn migrate(connection: &mut Connection, found: i64, known: i64) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    for step in STEPS.iter().skip(usize::try_from(found).unwrap_or(0)) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", known)?;
    transaction.commit()
}
