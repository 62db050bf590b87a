//! What one request leaves behind: numbers always, the story of its phases only where somebody asked for it.
//!
//! A phase notes what it decided, and why, with [`Record::note`]; the words are in [`What`]. Metrics are made of the numbers; the
//! execution log, the log of a test request and the explanation under `/_sluice/requests` are renderings of the story. Nothing is
//! built for a story that nobody asked for: noting is then a branch.

mod what;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

pub(crate) use self::what::*;
use crate::base::Clock;
use crate::model::GatewayResponseType;

/// The record of one request.
#[derive(Debug)]
pub(crate) struct Record {
    /// When the request came, wall time.
    pub(crate) time: Timestamp,
    /// When it came, monotonic.
    pub(crate) started: Duration,
    /// From the request's head to the answer's head.
    pub(crate) latency: Duration,
    /// The status the client got; 0 until then.
    pub(crate) status: u16,
    /// How long the backend took, where one was called.
    pub(crate) integration_latency: Option<Duration>,
    /// The gateway response it ended with, if it ended with one.
    pub(crate) gateway_response: Option<GatewayResponseType>,
    /// The length of the answer's body, where it was known when the answer began.
    pub(crate) length: Option<u64>,
    /// Whether the stage's cache had the answer; nothing where it wasn't asked.
    pub(crate) cache_hit: Option<bool>,
    /// What the backend's answer was, where one answered.
    pub(crate) integration_status: Option<u16>,
    story: Option<Box<Story>>,
}

#[derive(Debug)]
struct Story {
    clock: Clock,
    /// Whether bodies that would only pass through are read whole, so that they can be told whole.
    whole_bodies: bool,
    /// Written by the one task that serves the request: the lock makes the record shareable, it is never waited for.
    events: Mutex<Vec<Event>>,
}

impl Record {
    pub(crate) fn new(time: Timestamp, started: Duration) -> Self {
        Self {
            time,
            started,
            latency: Duration::ZERO,
            status: 0,
            integration_latency: None,
            gateway_response: None,
            length: None,
            cache_hit: None,
            integration_status: None,
            story: None,
        }
    }

    /// Asks for the story. With `whole_bodies` a body that would be passed on as it comes is read whole before: for test requests,
    /// whose answer shows it. Otherwise its first frame is what is told of it.
    pub(crate) fn ask(&mut self, clock: &Clock, whole_bodies: bool) {
        self.story = Some(Box::new(Story {
            clock: clock.clone(),
            whole_bodies,
            events: Mutex::default(),
        }));
    }

    pub(crate) fn wants_details(&self) -> bool {
        self.story.is_some()
    }

    pub(crate) fn wants_whole_bodies(&self) -> bool {
        self.story.as_ref().is_some_and(|story| story.whole_bodies)
    }

    /// Notes what happened, if anybody wants to know. The time since the note before is what it took.
    pub(crate) fn note(&self, what: impl FnOnce() -> What) {
        if let Some(story) = &self.story {
            let what = what();
            let event = Event {
                at: story.clock.now(),
                since: story.clock.monotonic().saturating_sub(self.started),
                what,
            };
            story
                .events
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(event);
        }
    }

    /// Lets go of what is too long to be kept.
    pub(crate) fn shorten(&mut self) {
        if let Some(story) = &mut self.story {
            let events = story.events.get_mut();
            let events = events.unwrap_or_else(PoisonError::into_inner);
            for event in events {
                event.what.shorten();
            }
        }
    }

    /// What happened so far, in order; nothing unless it was asked for.
    pub(crate) fn events(&self) -> Vec<Event> {
        let Some(story) = &self.story else {
            return Vec::new();
        };
        let events = story.events.lock();
        events.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// One thing that happened.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    /// When, wall time.
    pub(crate) at: Timestamp,
    /// When, from the start of the request.
    pub(crate) since: Duration,
    pub(crate) what: What,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_built_for_a_story_that_nobody_asked_for() {
        let clock = Clock::manual("2026-01-02T03:04:05Z".parse().unwrap());
        let mut record = Record::new(clock.now(), clock.monotonic());
        record.note(|| unreachable!());
        assert!(record.events().is_empty());
        record.ask(&clock, false);
        clock.advance(Duration::from_millis(3));
        record.note(|| What::Failed("so".to_owned()));
        let events = record.events();
        assert_eq!(events.len(), 1);
        assert_eq!(events[0].since, Duration::from_millis(3));
        assert!(record.wants_details() && !record.wants_whole_bodies());
    }
}
