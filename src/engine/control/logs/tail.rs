//! `StartLiveTail`: events as they come, a message a second.
//!
//! Facts: `spec/cloudwatch-logs.md` §2. A client that reads more slowly than events come loses some, and is told so.

use std::cell::RefCell;
use std::rc::{Rc, Weak};
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::pattern::Pattern;
use super::{At, Logs, invalid, no_group, texts};
use crate::engine::store::logs::NewEvent;
use crate::engine::wire::{Input, ServiceError, event_stream};

/// Events in a message.
const MOST: usize = 500;
/// Between two messages.
const PERIOD: Duration = Duration::from_secs(1);
/// How long a session lasts.
const SESSION: Duration = Duration::from_hours(3);
/// Messages that wait for a slow client.
const WAITING: usize = 16;

/// The sessions that are on.
#[derive(Debug, Default)]
pub(super) struct Tails(Vec<Weak<Session>>);

#[derive(Debug)]
struct Session {
    /// ARNs, without `:*`.
    groups: Vec<String>,
    names: Vec<String>,
    prefixes: Vec<String>,
    pattern: Pattern,
    news: RefCell<News>,
}

/// What came since the last message.
#[derive(Debug, Default)]
struct News {
    events: Vec<Value>,
    sampled: bool,
}

impl Tails {
    /// Shows events of a stream to the sessions that want them.
    pub(super) fn feed(&mut self, group: &str, stream: &str, events: &[NewEvent], now: i64) {
        if self.0.is_empty() {
            return;
        }
        self.0.retain(|session| {
            let Some(session) = session.upgrade() else {
                return false;
            };
            session.feed(group, stream, events, now);
            true
        });
    }
}

impl Session {
    fn feed(&self, group: &str, stream: &str, events: &[NewEvent], now: i64) {
        let named = self.names.is_empty() || self.names.iter().any(|name| name == stream);
        let prefixed =
            self.prefixes.is_empty() || self.prefixes.iter().any(|p| stream.starts_with(p));
        if !named || !prefixed || !self.groups.iter().any(|own| own == group) {
            return;
        }
        let mut news = self.news.borrow_mut();
        for event in events {
            if !self.pattern.matches(&event.message) {
                continue;
            }
            if news.events.len() == MOST {
                news.sampled = true;
                return;
            }
            news.events.push(json!({
                "logGroupIdentifier": group,
                "logStreamName": stream,
                "message": event.message,
                "timestamp": event.time,
                "ingestionTime": now,
            }));
        }
    }
}

impl Logs {
    /// Starts a session; its messages come out of what this returns. It runs as a task of the control runtime's, and ends with its
    /// client.
    pub(crate) async fn start_live_tail(
        &self,
        region: &str,
        input: &Input,
        request_id: &str,
        session_id: &str,
    ) -> Result<mpsc::Receiver<Bytes>, ServiceError> {
        let at = At { logs: self, region };
        let session = Rc::new(wanted(at, input).await?);
        self.tails.borrow_mut().0.push(Rc::downgrade(&session));
        let start = json!({
            "requestId": request_id,
            "sessionId": session_id,
            "logGroupIdentifiers": session.groups,
            "logStreamNames": session.names,
            "logStreamNamePrefixes": session.prefixes,
            "logEventFilterPattern": input.text("logEventFilterPattern"),
        });
        let (send, receive) = mpsc::channel(WAITING);
        // There is room for the first two.
        let _ = send.try_send(event_stream::json_event("initial-response", &json!({})));
        let _ = send.try_send(event_stream::json_event("sessionStart", &start));
        tokio::task::spawn_local(run(session, send));
        Ok(receive)
    }
}

async fn run(session: Rc<Session>, send: mpsc::Sender<Bytes>) {
    let started = tokio::time::Instant::now();
    let mut ticks = tokio::time::interval(PERIOD);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    ticks.tick().await;
    while started.elapsed() < SESSION {
        tokio::select! {
            () = send.closed() => return,
            _ = ticks.tick() => {}
        }
        let news = session.news.take();
        let update = json!({
            "sessionMetadata": {"sampled": news.sampled},
            "sessionResults": news.events,
        });
        if let Err(mpsc::error::TrySendError::Full(_)) =
            send.try_send(event_stream::json_event("sessionUpdate", &update))
        {
            session.news.borrow_mut().sampled = true;
        }
    }
    let message = json!({"message": "The session has lasted three hours: start another one."});
    let end = event_stream::message(
        &[
            (":message-type", "exception"),
            (":exception-type", "SessionTimeoutException"),
            (":content-type", "application/json"),
        ],
        message.to_string().as_bytes(),
    );
    let _ = send.send(end).await;
}

async fn wanted(at: At<'_>, input: &Input) -> Result<Session, ServiceError> {
    let given = texts(input, "logGroupIdentifiers");
    let (names, prefixes) = (
        texts(input, "logStreamNames"),
        texts(input, "logStreamNamePrefixes"),
    );
    if (!names.is_empty() || !prefixes.is_empty()) && given.len() != 1 {
        return Err(invalid(
            "logStreamNames and logStreamNamePrefixes can be used with one log group only.",
        ));
    }
    if !names.is_empty() && !prefixes.is_empty() {
        return Err(invalid(
            "logStreamNames and logStreamNamePrefixes are mutually exclusive parameters.",
        ));
    }
    let pattern = Pattern::parse(input.text("logEventFilterPattern").unwrap_or_default());
    let groups = given.iter().map(|identifier| at.name_of(identifier));
    let groups = groups.collect::<Result<Vec<_>, _>>()?;
    let (region, all) = (at.region.to_owned(), groups.clone());
    at.ask(move |book| {
        for name in &all {
            if book.group(&region, name)?.is_none() {
                return Ok(Err(no_group()));
            }
        }
        Ok(Ok(()))
    })
    .await?;
    Ok(Session {
        groups: groups.iter().map(|name| at.arn(name)).collect(),
        names,
        prefixes,
        pattern: pattern.map_err(invalid)?,
        news: RefCell::default(),
    })
}
