//! How the demo does what a user would do: operations and queries, one after another, at an endpoint.

use std::io;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::aws::op::{Danger, Inverse, Kind, Place};
use crate::aws::session::DEFAULT_REGION;
use crate::aws::{Answer, Aws, Call, Cause, Error, Event, Op, Query, Reply, Session};
use crate::base::{Chance, Clock};

/// A session whose answers are waited for.
pub struct Hand {
    aws: Aws,
    events: mpsc::UnboundedReceiver<Event>,
    asked: u64,
    clock: Clock,
    region: String,
}

impl Hand {
    /// Starts the session's threads; connects to nothing yet.
    pub fn new(session: Session, clock: Clock, chance: Chance) -> io::Result<Self> {
        let region = session.region.clone();
        let (sender, events) = mpsc::unbounded_channel();
        let aws = Aws::start(session, clock.clone(), chance, move |event| {
            // Nobody waits any more: the demo is being ended.
            let _ = sender.send(event);
        })?;
        Ok(Self {
            aws,
            events,
            asked: 0,
            clock,
            region: region.unwrap_or_else(|| DEFAULT_REGION.to_owned()),
        })
    }

    /// The ARN of an API, by which it is tagged.
    pub(super) fn arn(&self, api: &str) -> String {
        format!("arn:aws:apigateway:{}::/restapis/{api}", self.region)
    }

    /// Lets time pass on a manual clock, so that what is made has a history; the machine's clock passes by itself.
    pub(super) fn later(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// Makes these calls in their order, as one operation; the first that fails ends it.
    pub(super) async fn run(
        &mut self,
        title: &str,
        calls: Vec<Call>,
    ) -> Result<Vec<Answer>, Error> {
        self.asked += 1;
        let op = Op {
            title: title.to_owned(),
            target: Place::named("the sample API"),
            danger: Danger::None,
            calls,
            inverse: Inverse::None("the sample is made, not changed"),
            stale: Vec::new(),
            live_now: None,
            live_at_next_deployment: None,
            kind: Kind::Change,
        };
        self.aws.run(self.asked, op);
        while let Some(event) = self.events.recv().await {
            if let Event::OpDone(done) = event
                && done.id == self.asked
            {
                return match done.failed {
                    Some(error) => Err(error),
                    None => Ok(done.answers),
                };
            }
        }
        Err(ended(title))
    }

    /// Makes one call.
    pub(super) async fn call(&mut self, call: impl Into<Call>) -> Result<Option<Answer>, Error> {
        let call = call.into();
        let title = call.operation();
        Ok(self.run(title, vec![call]).await?.pop())
    }

    /// Asks.
    pub(super) async fn ask(&mut self, query: Query) -> Result<Reply, Error> {
        self.asked += 1;
        self.aws.ask(query.clone(), self.asked);
        while let Some(event) = self.events.recv().await {
            if let Event::Got {
                query: answered,
                generation,
                result,
            } = event
                && generation == self.asked
                && answered == query
            {
                return result;
            }
        }
        Err(ended(&query.to_string()))
    }
}

fn ended(what: &str) -> Error {
    Error {
        operation: "(none)",
        subject: what.to_owned(),
        cause: Cause::Cancelled,
        advice: String::new(),
    }
}
