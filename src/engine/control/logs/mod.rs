//! Amazon CloudWatch Logs: the logs of the APIs served here, and those that clients put.
//!
//! Facts: `spec/cloudwatch-logs.md`. The texts of errors are recalled, not recorded.

mod filter;
mod get;
mod groups;
mod pattern;
mod put;
mod streams;
mod tags;
pub(crate) mod tail;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::sync::Arc;

use serde_json::Value;

use self::tail::Tails;
use crate::base::Clock;
use crate::engine::gateway::desk::Lines;
use crate::engine::store::StoreError;
use crate::engine::store::logs::{Book, Group, LogStore, NewEvent};
use crate::engine::wire::operations::LOGS;
use crate::engine::wire::{Input, Operation, Output, ServiceError};

/// The service, for all regions.
#[derive(Debug)]
pub struct Logs {
    clock: Clock,
    account: String,
    store: Arc<LogStore>,
    tails: RefCell<Tails>,
}

type Answer = Result<Value, ServiceError>;

impl Logs {
    /// The service of one account over these logs.
    #[must_use]
    pub fn new(clock: Clock, account: String, store: Arc<LogStore>) -> Self {
        Self {
            clock,
            account,
            store,
            tails: RefCell::default(),
        }
    }

    /// Answers one call. The codec has checked types, lengths and what is required.
    pub async fn call(
        &self,
        region: &str,
        operation: &Operation,
        input: &Input,
    ) -> Result<Output, ServiceError> {
        let at = At { logs: self, region };
        let output = match operation.name {
            "CreateLogGroup" => groups::create(at, input).await?,
            "DeleteLogGroup" => groups::delete(at, input).await?,
            "DescribeLogGroups" => groups::describe(at, input).await?,
            "ListLogGroups" => groups::list(at, input).await?,
            "PutRetentionPolicy" | "DeleteRetentionPolicy" => groups::retain(at, input).await?,
            "CreateLogStream" => streams::create(at, input).await?,
            "DeleteLogStream" => streams::delete(at, input).await?,
            "DescribeLogStreams" => streams::describe(at, input).await?,
            "PutLogEvents" => put::put_log_events(at, input).await?,
            "GetLogEvents" => get::get_log_events(at, input).await?,
            "FilterLogEvents" => filter::filter_log_events(at, input).await?,
            "TagLogGroup" | "TagResource" => tags::tag(at, input).await?,
            "UntagLogGroup" | "UntagResource" => tags::untag(at, input).await?,
            "ListTagsLogGroup" | "ListTagsForResource" => tags::list(at, input).await?,
            other => return Err(ServiceError::not_implemented(other)),
        };
        Ok(output.into())
    }

    /// Writes lines of the gateway's logs.
    pub(crate) fn write_lines(&self, lines: Lines) {
        let events = lines.events.into_iter().map(|(time, message)| NewEvent {
            time: time.as_millisecond(),
            message,
        });
        let (region, group, stream) = (&lines.region, &lines.group, &lines.stream);
        self.write(region, group, stream, events.collect());
    }

    /// Writes events of the gateway's own, and makes their group and stream where they aren't there yet. Nobody waits for it.
    pub(crate) fn write(&self, region: &str, group: &str, stream: &str, events: Vec<NewEvent>) {
        let now = self.clock.now().as_millisecond();
        let arn = arn(region, &self.account, group);
        self.tails.borrow_mut().feed(&arn, stream, &events, now);
        let (region, name, stream) = (region.to_owned(), group.to_owned(), stream.to_owned());
        self.store.tell(move |book| {
            if book.group(&region, &name)?.is_none() {
                book.create_group(&region, &new_group(name.clone(), now))?;
            }
            let Some(group) = book.group(&region, &name)? else {
                return Ok(());
            };
            if book.stream(group.id, &stream)?.is_none() {
                book.create_stream(group.id, &stream, now)?;
            }
            match book.stream(group.id, &stream)? {
                Some(stream) => book.put(group.id, stream.id, &events, now),
                None => Ok(()),
            }
        });
    }

    /// Forgets all logs.
    pub(crate) async fn clear(&self) -> Result<(), ServiceError> {
        self.store.ask(Book::clear).await.map_err(internal)
    }
}

/// A group as it is made when nobody says otherwise.
fn new_group(name: String, now: i64) -> Group {
    Group {
        id: 0,
        name,
        created: now,
        retention: None,
        class: "STANDARD".to_owned(),
        kms: None,
        tags: indexmap::IndexMap::new(),
    }
}

/// The service as one call sees it.
#[derive(Clone, Copy)]
struct At<'a> {
    logs: &'a Logs,
    region: &'a str,
}

impl At<'_> {
    fn now(self) -> i64 {
        self.logs.clock.now().as_millisecond()
    }

    /// A group's ARN, without `:*`.
    fn arn(self, group: &str) -> String {
        arn(self.region, &self.logs.account, group)
    }

    /// Does something with the logs; what the closure refuses is told to the client.
    async fn ask<T: Send + 'static>(
        self,
        work: impl FnOnce(&mut Book) -> Result<Result<T, ServiceError>, StoreError> + Send + 'static,
    ) -> Result<T, ServiceError> {
        self.logs.store.ask(work).await.map_err(internal)?
    }

    /// Does something with a group that must be there.
    async fn with_group<T: Send + 'static>(
        self,
        name: &str,
        work: impl FnOnce(&mut Book, Group) -> Result<Result<T, ServiceError>, StoreError>
        + Send
        + 'static,
    ) -> Result<T, ServiceError> {
        let (region, name) = (self.region.to_owned(), name.to_owned());
        self.ask(move |book| match book.group(&region, &name)? {
            Some(group) => work(book, group),
            None => Ok(Err(no_group())),
        })
        .await
    }

    /// The name of the group that a call names, by `logGroupName` or by `logGroupIdentifier`.
    fn group_of(self, input: &Input) -> Result<String, ServiceError> {
        match (input.text("logGroupName"), input.text("logGroupIdentifier")) {
            (Some(name), None) => Ok(name.to_owned()),
            (None, Some(identifier)) => self.name_of(identifier),
            (Some(_), Some(_)) => Err(invalid(
                "LogGroup name and LogGroup ARN are mutually exclusive parameters.",
            )),
            (None, None) => Err(invalid(
                "At least one of logGroupName or logGroupIdentifier must be given.",
            )),
        }
    }

    /// The group's name in an identifier, which is a name or an ARN of this region and account.
    fn name_of(self, identifier: &str) -> Result<String, ServiceError> {
        if !identifier.starts_with("arn:") {
            return Ok(identifier.to_owned());
        }
        let own = self.arn("");
        match identifier.strip_prefix(&own) {
            Some(name) => Ok(name.strip_suffix(":*").unwrap_or(name).to_owned()),
            None => Err(invalid(format!(
                "Sluice has the logs of one account, and a call reaches those of its region: '{identifier}' doesn't begin with {own}"
            ))),
        }
    }
}

fn arn(region: &str, account: &str, group: &str) -> String {
    format!("arn:aws:logs:{region}:{account}:log-group:{group}")
}

#[allow(clippy::needless_pass_by_value, reason = "for map_err")]
fn internal(error: StoreError) -> ServiceError {
    tracing::error!(%error, "the logs could not be read or written");
    ServiceError::of(
        LOGS,
        "ServiceUnavailableException",
        "The service cannot complete the request.",
    )
}

fn invalid(message: impl Into<String>) -> ServiceError {
    ServiceError::of(LOGS, "InvalidParameterException", message)
}

fn no_group() -> ServiceError {
    not_found("The specified log group does not exist.")
}

fn no_stream() -> ServiceError {
    not_found("The specified log stream does not exist.")
}

fn not_found(message: &str) -> ServiceError {
    ServiceError::of(LOGS, "ResourceNotFoundException", message)
}

/// The texts of a list member.
fn texts(input: &Input, name: &str) -> Vec<String> {
    let list = input.members.get(name).and_then(Value::as_array);
    let texts = list.into_iter().flatten().filter_map(Value::as_str);
    texts.map(str::to_owned).collect()
}

/// How many are asked for, `most` if nothing is said.
fn limit(input: &Input, most: usize) -> usize {
    let asked = input.integer("limit").and_then(|n| usize::try_from(n).ok());
    asked.unwrap_or(most).min(most)
}
