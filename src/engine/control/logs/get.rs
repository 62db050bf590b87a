//! `GetLogEvents`: one stream, forwards and backwards.

use serde_json::{Value, json};

use super::groups::stale;
use super::{Answer, At, limit, no_stream};
use crate::engine::store::logs::{Cursor, LoggedEvent, Range};
use crate::engine::wire::{Input, ServiceError};

/// Events, and bytes of them, on a page.
pub(super) const PAGE: usize = 10_000;
pub(super) const PAGE_BYTES: usize = 1 << 20;
/// What an event's milliseconds and number are in an event id: a number of 56 digits.
const ID_DIGITS: usize = 38;

pub(super) async fn get_log_events(at: At<'_>, input: &Input) -> Answer {
    let group = at.group_of(input)?;
    let stream = input.text("logStreamName").unwrap_or_default().to_owned();
    let limit = limit(input, PAGE);
    let given = input.text("nextToken").map(place).transpose()?;
    let backward = match &given {
        Some((backward, _)) => *backward,
        None => !input.flag("startFromHead"),
    };
    let now = at.now();
    let (start, end) = (input.integer("startTime"), input.integer("endTime"));
    let mut events = at
        .with_group(&group, move |book, group| {
            let Some(stream) = book.stream(group.id, &stream)? else {
                return Ok(Err(no_stream()));
            };
            let mut range = span(start, end.map(|end| end - 1), group.retention, now);
            range.backward = backward;
            range.limit = limit;
            match given {
                Some((true, place)) => range.before = range.before.min(place),
                Some((false, place)) => range.after = range.after.max(place),
                None => {}
            }
            book.of_stream(stream.id, range).map(Ok)
        })
        .await?;
    shorten(&mut events);
    if backward {
        events.reverse();
    }
    let (first, last) = match (events.first(), events.last(), given) {
        (Some(first), Some(last), _) => (first.cursor, last.cursor),
        // Nothing more this way: the same token again; the other one turns round here.
        (_, _, Some((true, place))) => (place, before(place)),
        (_, _, Some((false, place))) => (after(place), place),
        // An empty stream: events that come are ahead of both.
        _ => (Cursor { time: 0, id: 0 }, Cursor { time: 0, id: 0 }),
    };
    let shown = events.iter().map(|event| {
        json!({
            "timestamp": event.cursor.time,
            "message": event.message,
            "ingestionTime": event.ingested,
        })
    });
    Ok(json!({
        "events": shown.collect::<Vec<Value>>(),
        "nextForwardToken": token('f', last),
        "nextBackwardToken": token('b', first),
    }))
}

/// The events between two times, both included, that are still kept.
pub(super) fn span(
    start: Option<i64>,
    end: Option<i64>,
    retention: Option<i64>,
    now: i64,
) -> Range {
    let kept = retention.map(|days| now - days * 86_400_000);
    let start = start.into_iter().chain(kept).max();
    Range {
        after: start.map_or(Cursor::START, |time| Cursor { time, id: i64::MIN }),
        before: end.map_or(Cursor::END, |time| Cursor { time, id: i64::MAX }),
        backward: false,
        limit: PAGE,
    }
}

/// Leaves as many events as a page may have bytes of, one at least.
pub(super) fn shorten(events: &mut Vec<LoggedEvent>) {
    let mut bytes = 0;
    let fitting = events.iter().take_while(|event| {
        bytes += event.message.len();
        bytes <= PAGE_BYTES
    });
    let count = fitting.count().max(1);
    events.truncate(count);
}

fn before(place: Cursor) -> Cursor {
    Cursor {
        id: place.id.saturating_sub(1),
        ..place
    }
}

fn after(place: Cursor) -> Cursor {
    Cursor {
        id: place.id.saturating_add(1),
        ..place
    }
}

/// `f/…` or `b/…`, with the place behind or before which the next page lies.
fn token(direction: char, place: Cursor) -> String {
    format!("{direction}/{}", number(place))
}

/// The number that stands for a place, 56 digits long as the service's are.
pub(super) fn number(place: Cursor) -> String {
    format!("{:018}{:038}", place.time.max(0), place.id.max(0))
}

/// The direction, backwards or not, and the place that a token gives.
fn place(token: &str) -> Result<(bool, Cursor), ServiceError> {
    let read = || {
        let (direction, number) = token.split_once('/')?;
        let backward = match direction {
            "b" => true,
            "f" => false,
            _ => return None,
        };
        let (time, id) = number.split_at_checked(number.len().checked_sub(ID_DIGITS)?)?;
        Some((
            backward,
            Cursor {
                time: time.parse().ok()?,
                id: id.parse().ok()?,
            },
        ))
    };
    read().ok_or_else(stale)
}
