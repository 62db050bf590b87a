//! What one request leaves behind: numbers always, details only where they are asked for.

use std::time::Duration;

use jiff::Timestamp;

use crate::base::Clock;
use crate::model::GatewayResponseType;

/// The record of one request. Metrics, logs and the explanation of a request are all made from it.
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
    details: Option<Vec<Event>>,
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
            details: None,
        }
    }

    /// Asks for details.
    #[must_use]
    pub(crate) fn with_details(mut self) -> Self {
        self.details = Some(Vec::new());
        self
    }

    pub(crate) fn wants_details(&self) -> bool {
        self.details.is_some()
    }

    /// Notes what happened, if anybody wants to know.
    pub(crate) fn note(&mut self, clock: &Clock, what: impl FnOnce() -> What) {
        if let Some(details) = &mut self.details {
            details.push(Event {
                at: clock.now(),
                what: what(),
            });
        }
    }

    /// What happened, in order; nothing unless details were asked for.
    pub(crate) fn events(&self) -> &[Event] {
        self.details.as_deref().unwrap_or_default()
    }
}

/// One thing that happened.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) at: Timestamp,
    pub(crate) what: What,
}

/// Names and values in order, as a log prints them.
pub(crate) type Pairs = Vec<(String, String)>;

/// What happened.
#[derive(Debug)]
pub(crate) enum What {
    Started {
        request_id: String,
        verb: String,
        path: String,
    },
    MethodRequest {
        path: Pairs,
        query: Pairs,
        headers: Pairs,
        body: String,
    },
    EndpointRequest {
        uri: String,
        headers: Pairs,
        body: String,
    },
    EndpointResponse {
        status: u16,
        latency: Duration,
        headers: Pairs,
        body: String,
    },
    MethodResponse {
        headers: Pairs,
        body: String,
    },
    /// In the words of the execution log.
    Failed(String),
    GatewayResponse {
        kind: GatewayResponseType,
        status: u16,
        headers: Pairs,
        body: String,
    },
    Completed {
        status: u16,
    },
}
