//! `PutLogEvents`.

use serde_json::{Value, json};

use super::{Answer, At, invalid, no_stream};
use crate::engine::store::logs::NewEvent;
use crate::engine::wire::Input;

/// The bytes of a batch, each event counting 26 more than its text.
const BATCH_BYTES: usize = 1_048_576;
const OVERHEAD: usize = 26;
/// The bytes of one event.
const EVENT_BYTES: usize = 1_048_576 - OVERHEAD;
/// The most time between the first and the last event of a batch, in milliseconds.
const SPAN: i64 = 24 * 3_600_000;
/// How far ahead, and how far back, an event may lie; in milliseconds.
const AHEAD: i64 = 2 * 3_600_000;
const BACK: i64 = 14 * 24 * 3_600_000;
const DAY: i64 = 24 * 3_600_000;

const NEXT: &str = "49590302457246105986155172411020";

pub(super) async fn put_log_events(at: At<'_>, input: &Input) -> Answer {
    let events = given(input)?;
    let group = input.text("logGroupName").unwrap_or_default();
    let stream = input.text("logStreamName").unwrap_or_default().to_owned();
    let now = at.now();
    let name = stream.clone();
    let (kept, rejected) = at
        .with_group(group, move |book, group| {
            let Some(found) = book.stream(group.id, &name)? else {
                return Ok(Err(no_stream()));
            };
            let (kept, rejected) = sort_out(events, now, group.retention);
            book.put(group.id, found.id, &kept, now)?;
            Ok(Ok((kept, rejected)))
        })
        .await?;
    let mut tails = at.logs.tails.borrow_mut();
    tails.feed(&at.arn(group), &stream, &kept, now);
    let mut output = json!({ "nextSequenceToken": NEXT });
    if rejected != json!({}) {
        output["rejectedLogEventsInfo"] = rejected;
    }
    Ok(output)
}

/// The events of a batch that is one.
fn given(input: &Input) -> Result<Vec<NewEvent>, crate::engine::wire::ServiceError> {
    let list = input.members.get("logEvents").and_then(Value::as_array);
    let events: Vec<NewEvent> = list
        .into_iter()
        .flatten()
        .map(|event| NewEvent {
            time: event["timestamp"].as_i64().unwrap_or_default(),
            message: event["message"].as_str().unwrap_or_default().to_owned(),
        })
        .collect();
    if !events.is_sorted_by_key(|event| event.time) {
        return Err(invalid(
            "Log events in a single PutLogEvents request must be in chronological order.",
        ));
    }
    if let (Some(first), Some(last)) = (events.first(), events.last())
        && last.time - first.time > SPAN
    {
        return Err(invalid(
            "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.",
        ));
    }
    if let Some(event) = events.iter().find(|e| e.message.len() > EVENT_BYTES) {
        return Err(invalid(format!(
            "Log event too large: {} bytes exceeds limit of {EVENT_BYTES}",
            event.message.len()
        )));
    }
    let bytes: usize = events.iter().map(|e| e.message.len() + OVERHEAD).sum();
    if bytes > BATCH_BYTES {
        return Err(invalid(format!(
            "Upload too large: {bytes} bytes exceeds limit of {BATCH_BYTES}"
        )));
    }
    Ok(events)
}

/// The events that are stored, and what is said of the others. They come in order of time: the refused ones are at the ends.
fn sort_out(mut events: Vec<NewEvent>, now: i64, retention: Option<i64>) -> (Vec<NewEvent>, Value) {
    let mut rejected = json!({});
    let too_new = events.partition_point(|event| event.time <= now + AHEAD);
    if too_new < events.len() {
        rejected["tooNewLogEventStartIndex"] = too_new.into();
        events.truncate(too_new);
    }
    let too_old = events.partition_point(|event| event.time < now - BACK);
    if too_old > 0 {
        rejected["tooOldLogEventEndIndex"] = too_old.into();
    }
    let expired = retention.map_or(0, |days| {
        events.partition_point(|event| event.time < now - days * DAY)
    });
    if expired > 0 {
        rejected["expiredLogEventEndIndex"] = expired.into();
    }
    events.drain(..too_old.max(expired));
    (events, rejected)
}
