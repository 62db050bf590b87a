//! Log streams.

use serde_json::{Value, json};

use super::groups::stale;
use super::{Answer, At, invalid, limit, no_stream};
use crate::engine::control::token;
use crate::engine::store::logs::{Order, Stream};
use crate::engine::wire::operations::LOGS;
use crate::engine::wire::{Input, ServiceError};

/// Streams on a page.
const PAGE: usize = 50;
/// The service no longer needs it and still answers one.
const SEQUENCE_TOKEN: &str = "49590302457246105986155172411020";

pub(super) async fn create(at: At<'_>, input: &Input) -> Answer {
    let name = input.text("logStreamName").unwrap_or_default().to_owned();
    let now = at.now();
    let group = input.text("logGroupName").unwrap_or_default();
    at.with_group(group, move |book, group| {
        Ok(if book.create_stream(group.id, &name, now)? {
            Ok(Value::Null)
        } else {
            Err(ServiceError::of(
                LOGS,
                "ResourceAlreadyExistsException",
                "The specified log stream already exists",
            ))
        })
    })
    .await
}

pub(super) async fn delete(at: At<'_>, input: &Input) -> Answer {
    let name = input.text("logStreamName").unwrap_or_default().to_owned();
    let group = input.text("logGroupName").unwrap_or_default();
    at.with_group(group, move |book, group| {
        match book.stream(group.id, &name)? {
            Some(stream) => book.delete_stream(stream.id).map(|()| Ok(Value::Null)),
            None => Ok(Err(no_stream())),
        }
    })
    .await
}

pub(super) async fn describe(at: At<'_>, input: &Input) -> Answer {
    let name = at.group_of(input)?;
    let order = match input.text("orderBy") {
        Some("LastEventTime") => Order::LastEvent,
        _ => Order::Name,
    };
    let prefix = input.text("logStreamNamePrefix");
    if order == Order::LastEvent && prefix.is_some() {
        return Err(invalid(
            "Cannot order by LastEventTime with a logStreamNamePrefix.",
        ));
    }
    let limit = limit(input, PAGE);
    let skip: usize = token::read(input, "nextToken")
        .map_err(|_| stale())?
        .unwrap_or(0);
    let prefix = prefix.unwrap_or_default().to_owned();
    let descending = input.flag("descending");
    let mut streams = at
        .with_group(&name, move |book, group| {
            book.streams(group.id, &prefix, (order, descending), skip, limit + 1)
                .map(Ok)
        })
        .await?;
    let more = streams.len() > limit;
    streams.truncate(limit);
    let shown = streams.iter().map(|stream| described(at, &name, stream));
    let mut output = json!({ "logStreams": shown.collect::<Vec<Value>>() });
    if more {
        output["nextToken"] = token::write(input, "nextToken", &(skip + limit)).into();
    }
    Ok(output)
}

fn described(at: At<'_>, group: &str, stream: &Stream) -> Value {
    json!({
        "logStreamName": stream.name,
        "creationTime": stream.created,
        "firstEventTimestamp": stream.first,
        "lastEventTimestamp": stream.last,
        "lastIngestionTime": stream.ingested,
        "uploadSequenceToken": stream.ingested.map(|_| SEQUENCE_TOKEN),
        "arn": format!("{}:log-stream:{}", at.arn(group), stream.name),
        "storedBytes": 0,
    })
}
