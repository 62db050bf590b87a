//! What is kept of logs: groups, streams, events.

use indexmap::IndexMap;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};

use super::Limits;
use crate::engine::store::StoreError;

/// A log group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its key.
    pub id: i64,
    /// Unique in its region.
    pub name: String,
    /// Epoch milliseconds.
    pub created: i64,
    /// Days that events are kept; for ever if absent.
    pub retention: Option<i64>,
    /// `STANDARD`, `INFREQUENT_ACCESS`, `DELIVERY`.
    pub class: String,
    /// The key that a client named; nothing is encrypted with it.
    pub kms: Option<String>,
    /// Tags.
    pub tags: IndexMap<String, String>,
}

/// A log stream. Times are epoch milliseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    /// Its key.
    pub id: i64,
    /// Unique in its group.
    pub name: String,
    /// When it was made.
    pub created: i64,
    /// Of the oldest event.
    pub first: Option<i64>,
    /// Of the newest event.
    pub last: Option<i64>,
    /// When an event came last.
    pub ingested: Option<i64>,
}

/// An event to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    /// Epoch milliseconds.
    pub time: i64,
    /// The text.
    pub message: String,
}

/// A stored event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedEvent {
    /// Where it stands.
    pub cursor: Cursor,
    /// When it came, epoch milliseconds.
    pub ingested: i64,
    /// The text.
    pub message: String,
    /// The stream's name.
    pub stream: String,
}

/// A place among events: they are ordered by time, then by when they came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    /// Epoch milliseconds.
    pub time: i64,
    /// Ascends with ingestion.
    pub id: i64,
}

impl Cursor {
    /// Before all events.
    pub const START: Self = Self {
        time: i64::MIN,
        id: i64::MIN,
    };
    /// After all events.
    pub const END: Self = Self {
        time: i64::MAX,
        id: i64::MAX,
    };
}

/// How streams are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// By name.
    Name,
    /// By the time of the newest event.
    LastEvent,
}

/// Which events are read, and in which direction.
#[derive(Clone, Copy, Debug)]
pub struct Range {
    /// Those after this place only.
    pub after: Cursor,
    /// Those before this place only.
    pub before: Cursor,
    /// The newest first.
    pub backward: bool,
    /// As many.
    pub limit: usize,
}

/// The logs, as their thread has them.
#[derive(Debug)]
pub struct Book {
    connection: Connection,
    limits: Limits,
    open: bool,
}

const GROUP: &str = "SELECT id, name, created, retention, class, kms, tags FROM log_group";
const STREAM: &str = "SELECT id, name, created, first, last, ingested FROM log_stream";

fn failed(source: rusqlite::Error) -> StoreError {
    StoreError::Database {
        doing: "use the logs of",
        source,
    }
}

impl Book {
    pub(super) fn new(connection: Connection, limits: Limits) -> Self {
        Self {
            connection,
            limits,
            open: false,
        }
    }

    pub(super) fn begin(&mut self) -> Result<(), StoreError> {
        if !self.open {
            self.connection
                .execute_batch("BEGIN IMMEDIATE")
                .map_err(failed)?;
            self.open = true;
        }
        Ok(())
    }

    pub(super) fn mark(&self) -> Result<(), StoreError> {
        self.connection
            .execute_batch("SAVEPOINT work")
            .map_err(failed)
    }

    /// Keeps what was done since the mark, or takes it back.
    pub(super) fn settle(&self, keep: bool) -> Result<(), StoreError> {
        let text = if keep {
            "RELEASE work"
        } else {
            "ROLLBACK TO work; RELEASE work"
        };
        self.connection.execute_batch(text).map_err(failed)
    }

    pub(super) fn commit(&mut self) -> Result<(), StoreError> {
        if std::mem::take(&mut self.open) && !self.connection.is_autocommit() {
            self.connection.execute_batch("COMMIT").map_err(failed)?;
        }
        Ok(())
    }

    /// Makes a group; false if there is one of that name.
    ///
    /// # Errors
    /// When SQLite refuses, as in all that follows.
    pub fn create_group(&mut self, region: &str, group: &Group) -> Result<bool, StoreError> {
        let tags = serde_json::to_string(&group.tags).unwrap_or_default();
        self.connection
            .prepare_cached("INSERT INTO log_group (region, name, created, retention, class, kms, tags) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING")
            .and_then(|mut s| s.execute(params![region, group.name, group.created, group.retention, group.class, group.kms, tags]))
            .map(|n| n > 0)
            .map_err(failed)
    }

    /// The group of this name.
    pub fn group(&self, region: &str, name: &str) -> Result<Option<Group>, StoreError> {
        let text = format!("{GROUP} WHERE region = ? AND name = ?");
        let mut statement = self.connection.prepare_cached(&text).map_err(failed)?;
        statement
            .query_row(params![region, name], group)
            .optional()
            .map_err(failed)
    }

    /// Groups by name, from the one after `after` on: those whose name begins with `prefix` and contains `part`.
    pub fn groups(
        &self,
        region: &str,
        prefix: &str,
        part: &str,
        after: &str,
        limit: usize,
    ) -> Result<Vec<Group>, StoreError> {
        let text = format!(
            "{GROUP} WHERE region = ?1 AND name > ?2 AND substr(name, 1, length(?3)) = ?3 AND instr(name, ?4) > 0 ORDER BY name LIMIT ?5"
        );
        let mut statement = self.connection.prepare_cached(&text).map_err(failed)?;
        let rows = statement
            .query_map(params![region, after, prefix, part, as_i64(limit)], group)
            .map_err(failed)?;
        rows.collect::<Result<_, _>>().map_err(failed)
    }

    /// The bytes of a group's events, as the service counts them: 26 more than each one's text.
    pub fn stored_bytes(&self, group: i64) -> Result<i64, StoreError> {
        self.connection
            .prepare_cached("SELECT coalesce(sum(length(CAST(message AS BLOB)) + 26), 0) FROM log_event WHERE owner = ?")
            .and_then(|mut s| s.query_row([group], |row| row.get(0)))
            .map_err(failed)
    }

    /// Changes a group's retention and tags.
    pub fn update_group(&mut self, group: &Group) -> Result<(), StoreError> {
        let tags = serde_json::to_string(&group.tags).unwrap_or_default();
        self.connection
            .prepare_cached("UPDATE log_group SET retention = ?, tags = ? WHERE id = ?")
            .and_then(|mut s| s.execute(params![group.retention, tags, group.id]))
            .map_err(failed)?;
        Ok(())
    }

    /// Deletes a group with all that is in it.
    pub fn delete_group(&mut self, id: i64) -> Result<(), StoreError> {
        for text in [
            "DELETE FROM log_event WHERE owner = ?",
            "DELETE FROM log_stream WHERE owner = ?",
            "DELETE FROM log_group WHERE id = ?",
        ] {
            self.connection.execute(text, [id]).map_err(failed)?;
        }
        Ok(())
    }

    /// Makes a stream; false if there is one of that name.
    pub fn create_stream(&mut self, group: i64, name: &str, now: i64) -> Result<bool, StoreError> {
        self.connection
            .prepare_cached(
                "INSERT INTO log_stream (owner, name, created) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            )
            .and_then(|mut s| s.execute(params![group, name, now]))
            .map(|n| n > 0)
            .map_err(failed)
    }

    /// The stream of this name.
    pub fn stream(&self, group: i64, name: &str) -> Result<Option<Stream>, StoreError> {
        let text = format!("{STREAM} WHERE owner = ? AND name = ?");
        let mut statement = self.connection.prepare_cached(&text).map_err(failed)?;
        statement
            .query_row(params![group, name], stream)
            .optional()
            .map_err(failed)
    }

    /// A page of a group's streams, `skip` of them left out.
    pub fn streams(
        &self,
        group: i64,
        prefix: &str,
        (order, descending): (Order, bool),
        skip: usize,
        limit: usize,
    ) -> Result<Vec<Stream>, StoreError> {
        let direction = if descending { "DESC" } else { "ASC" };
        let column = match order {
            Order::Name => "name",
            // A stream without events comes where its creation puts it.
            Order::LastEvent => "coalesce(last, created)",
        };
        let text = format!(
            "{STREAM} WHERE owner = ?1 AND substr(name, 1, length(?2)) = ?2 ORDER BY {column} {direction}, name {direction} LIMIT ?3 OFFSET ?4"
        );
        let mut statement = self.connection.prepare_cached(&text).map_err(failed)?;
        let rows = statement
            .query_map(params![group, prefix, as_i64(limit), as_i64(skip)], stream)
            .map_err(failed)?;
        rows.collect::<Result<_, _>>().map_err(failed)
    }

    /// Deletes a stream with its events.
    pub fn delete_stream(&mut self, id: i64) -> Result<(), StoreError> {
        for text in [
            "DELETE FROM log_event WHERE stream = ?",
            "DELETE FROM log_stream WHERE id = ?",
        ] {
            self.connection.execute(text, [id]).map_err(failed)?;
        }
        Ok(())
    }

    /// Stores events.
    pub fn put(
        &mut self,
        group: i64,
        stream: i64,
        events: &[NewEvent],
        now: i64,
    ) -> Result<(), StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("INSERT INTO log_event (owner, stream, time, ingested, message) VALUES (?, ?, ?, ?, ?)")
            .map_err(failed)?;
        for event in events {
            statement
                .execute(params![group, stream, event.time, now, event.message])
                .map_err(failed)?;
        }
        let times = || events.iter().map(|event| event.time);
        if let (Some(first), Some(last)) = (times().min(), times().max()) {
            self.connection
                .prepare_cached("UPDATE log_stream SET first = min(coalesce(first, ?1), ?1), last = max(coalesce(last, ?2), ?2), ingested = ?3 WHERE id = ?4")
                .and_then(|mut s| s.execute(params![first, last, now, stream]))
                .map_err(failed)?;
        }
        Ok(())
    }

    /// Events of one stream.
    pub fn of_stream(&self, stream: i64, range: Range) -> Result<Vec<LoggedEvent>, StoreError> {
        self.events("e.stream = ?1", stream, &[], range)
    }

    /// Events of a group: of all its streams, or of those of these names, or whose name begins with `prefix`.
    pub fn of_group(
        &self,
        group: i64,
        names: &[String],
        prefix: &str,
        range: Range,
    ) -> Result<Vec<LoggedEvent>, StoreError> {
        let mut wanted: Vec<Value> = Vec::new();
        let mut condition = "e.owner = ?1".to_owned();
        if !names.is_empty() {
            let places: Vec<String> = (7..7 + names.len()).map(|n| format!("?{n}")).collect();
            condition = format!("{condition} AND s.name IN ({})", places.join(", "));
            wanted.extend(names.iter().map(|name| Value::from(name.clone())));
        } else if !prefix.is_empty() {
            condition.push_str(" AND substr(s.name, 1, length(?7)) = ?7");
            wanted.push(Value::from(prefix.to_owned()));
        }
        self.events(&condition, group, &wanted, range)
    }

    fn events(
        &self,
        condition: &str,
        id: i64,
        wanted: &[Value],
        range: Range,
    ) -> Result<Vec<LoggedEvent>, StoreError> {
        let direction = if range.backward { "DESC" } else { "ASC" };
        let text = format!(
            "SELECT e.time, e.id, e.ingested, e.message, s.name FROM log_event e JOIN log_stream s ON s.id = e.stream \
             WHERE {condition} AND (e.time, e.id) > (?2, ?3) AND (e.time, e.id) < (?4, ?5) ORDER BY e.time {direction}, e.id {direction} LIMIT ?6"
        );
        let mut given = vec![
            Value::from(id),
            Value::from(range.after.time),
            Value::from(range.after.id),
            Value::from(range.before.time),
            Value::from(range.before.id),
            Value::from(as_i64(range.limit)),
        ];
        given.extend_from_slice(wanted);
        let mut statement = self.connection.prepare_cached(&text).map_err(failed)?;
        let rows = statement
            .query_map(params_from_iter(given), |row| {
                Ok(LoggedEvent {
                    cursor: Cursor {
                        time: row.get(0)?,
                        id: row.get(1)?,
                    },
                    ingested: row.get(2)?,
                    message: row.get(3)?,
                    stream: row.get(4)?,
                })
            })
            .map_err(failed)?;
        rows.collect::<Result<_, _>>().map_err(failed)
    }

    /// Forgets everything.
    pub fn clear(&mut self) -> Result<(), StoreError> {
        let all = "DELETE FROM log_event; DELETE FROM log_stream; DELETE FROM log_group;";
        self.connection.execute_batch(all).map_err(failed)
    }

    /// Deletes events that are older than their group keeps them; `now` in epoch milliseconds.
    pub(super) fn expire(&mut self, now: i64) -> Result<(), StoreError> {
        self.connection
            .execute(
                "DELETE FROM log_event WHERE id IN (SELECT e.id FROM log_group g JOIN log_event e ON e.owner = g.id \
                 WHERE g.retention IS NOT NULL AND e.time < ?1 - g.retention * 86400000)",
                [now],
            )
            .map_err(failed)?;
        Ok(())
    }

    /// Drops the oldest events while the database is larger than it may be, a tenth of them at a time.
    pub(super) fn trim(&mut self) -> Result<(), StoreError> {
        let pragma = |name: &str| -> Result<u64, StoreError> {
            self.connection
                .pragma_query_value(None, name, |row| row.get::<_, i64>(0))
                .map(|n| u64::try_from(n).unwrap_or(0))
                .map_err(failed)
        };
        let page = pragma("page_size")?;
        while (pragma("page_count")? - pragma("freelist_count")?) * page > self.limits.bytes {
            let dropped = self
                .connection
                .execute(
                    "DELETE FROM log_event WHERE id <= (SELECT min(id) + (max(id) - min(id)) / 10 FROM log_event)",
                    [],
                )
                .map_err(failed)?;
            if dropped == 0 {
                break;
            }
            tracing::warn!(dropped, "the logs are full: the oldest events were dropped");
        }
        Ok(())
    }
}

fn as_i64(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn group(row: &Row<'_>) -> rusqlite::Result<Group> {
    let tags: String = row.get(6)?;
    Ok(Group {
        id: row.get(0)?,
        name: row.get(1)?,
        created: row.get(2)?,
        retention: row.get(3)?,
        class: row.get(4)?,
        kms: row.get(5)?,
        tags: serde_json::from_str(&tags).unwrap_or_default(),
    })
}

fn stream(row: &Row<'_>) -> rusqlite::Result<Stream> {
    Ok(Stream {
        id: row.get(0)?,
        name: row.get(1)?,
        created: row.get(2)?,
        first: row.get(3)?,
        last: row.get(4)?,
        ingested: row.get(5)?,
    })
}
