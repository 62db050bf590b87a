//! `FilterLogEvents`: a group's events that match a pattern, page by page.

use serde_json::{Value, json};

use super::get::{PAGE, number, span};
use super::groups::stale;
use super::pattern::Pattern;
use super::{Answer, At, invalid, limit, texts};
use crate::engine::control::token;
use crate::engine::store::logs::{Cursor, LoggedEvent};
use crate::engine::wire::Input;

/// Events that one call looks at: a page may be empty and yet not the last.
const LOOKED_AT: usize = 50_000;
/// Events that are read at a time.
const STEP: usize = 2_000;
/// Bytes of a page.
const PAGE_BYTES: usize = 1 << 20;

/// What came of one look.
struct Page {
    events: Vec<LoggedEvent>,
    /// Where to go on, if there may be more.
    next: Option<Cursor>,
}

pub(super) async fn filter_log_events(at: At<'_>, input: &Input) -> Answer {
    let group = at.group_of(input)?;
    let names = texts(input, "logStreamNames");
    let prefix = input.text("logStreamNamePrefix").unwrap_or_default();
    if !names.is_empty() && !prefix.is_empty() {
        return Err(invalid(
            "Both logStreamNames and logStreamNamePrefix were given: only one of them may be.",
        ));
    }
    let pattern = Pattern::parse(input.text("filterPattern").unwrap_or_default());
    let pattern = pattern.map_err(invalid)?;
    let from: Option<(i64, i64)> = token::read(input, "nextToken").map_err(|_| stale())?;
    let (start, end) = (input.integer("startTime"), input.integer("endTime"));
    let backward = input.members.get("startFromHead").and_then(Value::as_bool) == Some(false);
    let limit = limit(input, PAGE);
    let (prefix, now) = (prefix.to_owned(), at.now());
    let page = at
        .with_group(&group, move |book, group| {
            let mut range = span(start, end, group.retention, now);
            range.backward = backward;
            range.limit = STEP;
            if let Some((time, id)) = from {
                let place = Cursor { time, id };
                if backward {
                    range.before = range.before.min(place);
                } else {
                    range.after = range.after.max(place);
                }
            }
            let (mut found, mut bytes, mut looked_at) = (Vec::new(), 0, 0);
            loop {
                let events = book.of_group(group.id, &names, &prefix, range)?;
                let last_step = events.len() < STEP;
                looked_at += events.len();
                for event in events {
                    let place = event.cursor;
                    if pattern.matches(&event.message) {
                        bytes += event.message.len();
                        found.push(event);
                    }
                    if backward {
                        range.before = place;
                    } else {
                        range.after = place;
                    }
                    if found.len() == limit || bytes > PAGE_BYTES {
                        let next = Some(place);
                        return Ok(Ok(Page {
                            events: found,
                            next,
                        }));
                    }
                }
                if last_step || looked_at >= LOOKED_AT {
                    let next = if backward { range.before } else { range.after };
                    return Ok(Ok(Page {
                        events: found,
                        next: (!last_step).then_some(next),
                    }));
                }
            }
        })
        .await?;
    let shown = page.events.iter().map(|event| {
        json!({
            "logStreamName": event.stream,
            "timestamp": event.cursor.time,
            "message": event.message,
            "ingestionTime": event.ingested,
            "eventId": number(event.cursor),
        })
    });
    let mut output = json!({
        "events": shown.collect::<Vec<Value>>(),
        "searchedLogStreams": [],
    });
    if let Some(next) = page.next {
        let place = (next.time, next.id);
        output["nextToken"] = token::write(input, "nextToken", &place).into();
    }
    Ok(output)
}
