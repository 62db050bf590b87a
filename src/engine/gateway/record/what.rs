//! The words in which a request's story is told: each phase's decisions, with what they were taken from and why.

use std::time::Duration;

use bytes::Bytes;

use crate::model::GatewayResponseType;

/// Names and values in order, as a log prints them.
pub(crate) type Pairs = Vec<(String, String)>;

/// The phases of a request's life, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// API, stage, canary.
    Address,
    /// Resource and method.
    Route,
    /// Resource policy, signature, authorizer.
    Authorize,
    /// API key, quota, throttles.
    Admit,
    /// Parameters and body.
    Validate,
    /// The stage's cache: looked up, stored.
    Cache,
    /// What the backend is asked.
    IntegrationRequest,
    /// The backend's answer.
    Integration,
    /// What becomes of the backend's answer.
    IntegrationResponse,
    /// The gateway's own answer to a failure.
    GatewayResponse,
    /// What the client got.
    Answer,
}

impl Phase {
    /// In words for people.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Route => "route",
            Self::Authorize => "authorize",
            Self::Admit => "admit",
            Self::Validate => "validate",
            Self::Cache => "cache",
            Self::IntegrationRequest => "integration request",
            Self::Integration => "integration",
            Self::IntegrationResponse => "integration response",
            Self::GatewayResponse => "gateway response",
            Self::Answer => "answer",
        }
    }
}

/// What happened. Values that are secret are given as they are: who renders them masks them.
#[derive(Clone, Debug)]
pub(crate) enum What {
    /// API and stage were found.
    Addressed {
        api: String,
        stage: String,
        deployment: String,
        /// How the canary was drawn, on a stage that has one.
        canary: Option<CanaryDraw>,
    },
    /// A method was found.
    Routed {
        /// The resource's path.
        resource: String,
        resource_id: String,
        verb: String,
        parameters: Pairs,
        /// Other resources that the path came near, and why they don't answer.
        others: Vec<Neighbour>,
    },
    /// No method was found.
    NotRouted {
        verb: String,
        path: String,
        others: Vec<Neighbour>,
    },
    /// A policy was evaluated, or a signature was checked.
    Policy(PolicyVerdict),
    /// A step of an authorizer.
    Authorizer(AuthorizerStep),
    /// The API key was looked at.
    Key(KeyVerdict),
    /// A token bucket was asked.
    Limit(LimitVerdict),
    /// A quota was asked.
    Quota(QuotaVerdict),
    /// Parameters or body were checked.
    Validated {
        /// `parameters` or `body`.
        part: &'static str,
        /// The model, for a body that has one.
        model: Option<String>,
        /// What is wrong, in AWS's words; nothing if it is valid.
        problems: Vec<String>,
    },
    /// The cache was asked, or filled.
    Cache(CacheVerdict),
    /// The request is part of a trace.
    Traced {
        trace_id: String,
    },
    /// The method takes up its work.
    Started {
        request_id: String,
        verb: String,
        path: String,
    },
    /// The request as mappings see it.
    MethodRequest {
        path: Pairs,
        query: Pairs,
        headers: Pairs,
        body: Bytes,
    },
    /// A template was rendered, or a body was passed on without one.
    Mapped {
        /// Whether it makes the backend's request or the client's answer.
        response: bool,
        /// The content type whose template was taken; nothing where there was none.
        template: Option<String>,
        before: Bytes,
        after: Bytes,
    },
    /// A body was converted, e.g. from base64.
    Converted {
        response: bool,
        /// `base64 to bytes`, `bytes to text` …
        how: &'static str,
        reason: String,
    },
    EndpointRequest {
        uri: String,
        headers: Pairs,
        body: Bytes,
    },
    EndpointResponse {
        status: u16,
        latency: Duration,
        headers: Pairs,
        body: Bytes,
    },
    /// The id that an AWS service gave its answer.
    EndpointRequestId(String),
    /// An integration response was selected.
    Selected {
        /// What patterns were held against: a status, an error message.
        value: String,
        /// The pattern that matched; nothing for the default response.
        pattern: Option<String>,
        /// The method response; nothing where none was found.
        status: Option<u16>,
        /// Patterns that were tried before, in vain.
        tried: Vec<String>,
    },
    MethodResponse {
        headers: Pairs,
        body: Bytes,
    },
    /// In the words of the execution log.
    Failed(String),
    GatewayResponse {
        kind: GatewayResponseType,
        /// Whether the API has put a response of its own for it.
        own: bool,
        status: u16,
        headers: Pairs,
        body: Bytes,
    },
    Completed {
        status: u16,
    },
    /// Any other decision of a phase.
    Decided {
        phase: Phase,
        /// Whether the request goes on.
        passed: bool,
        decision: String,
        reason: String,
    },
}

/// How a request came to the base or to the canary.
#[derive(Clone, Debug)]
pub(crate) struct CanaryDraw {
    pub(crate) canary: bool,
    /// 0.0 to 1.0.
    pub(crate) share: f64,
    /// Whether a header of the request decided rather than chance.
    pub(crate) pinned: bool,
}

/// A resource that a path came near.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Neighbour {
    /// Its path.
    pub(crate) resource: String,
    /// Why it doesn't answer.
    pub(crate) reason: String,
}

/// What a policy or a signature check said.
#[derive(Clone, Debug)]
pub(crate) struct PolicyVerdict {
    /// `resource policy`, `identity policy`, `authorizer's policy`, `signature`.
    pub(crate) policy: &'static str,
    pub(crate) allowed: bool,
    /// The statement that decided: its Sid, else its place. Nothing where none matched.
    pub(crate) statement: Option<String>,
    pub(crate) reason: String,
}

/// The steps of an authorizer, in AWS's order (`spec/rest/logging-metrics-tracing.md` §1).
#[derive(Clone, Debug)]
pub(crate) enum AuthorizerStep {
    Started {
        id: String,
        request_id: String,
    },
    /// Where the identity comes from, and its value: TOKEN authorizers have one source.
    Identity {
        token: bool,
        sources: Pairs,
    },
    /// A decision was found in the cache.
    Cached {
        /// Seconds that it is still good for.
        left: u64,
    },
    Request {
        uri: String,
        headers: Pairs,
        body: Bytes,
    },
    Result {
        body: Bytes,
    },
    /// The caller may go on.
    Allowed {
        principal: String,
    },
    /// The caller may not go on: `Unauthorized request: {request id}`.
    Unauthorized {
        request_id: String,
        /// Whether there was an identity to ask about; where there was none, AWS logs nothing at all.
        asked: bool,
        reason: String,
    },
}

/// What became of the API key.
#[derive(Clone, Debug)]
pub(crate) struct KeyVerdict {
    /// The value that was given.
    pub(crate) value: Option<String>,
    pub(crate) id: Option<String>,
    /// The usage plan that it opens the stage by.
    pub(crate) plan: Option<String>,
    /// Whether the method needs a key at all.
    pub(crate) required: bool,
    pub(crate) passed: bool,
    pub(crate) reason: String,
}

/// What a token bucket said.
#[derive(Clone, Debug)]
pub(crate) struct LimitVerdict {
    /// `plan's method`, `plan`, `stage's method`, `account`.
    pub(crate) level: &'static str,
    /// Requests a second.
    pub(crate) rate: f64,
    pub(crate) burst: i64,
    /// Tokens that were left afterwards.
    pub(crate) left: f64,
    pub(crate) passed: bool,
}

/// What a quota said.
#[derive(Clone, Debug)]
pub(crate) struct QuotaVerdict {
    pub(crate) plan: String,
    pub(crate) limit: i64,
    /// `DAY`, `WEEK`, `MONTH`.
    pub(crate) period: String,
    /// Requests that were left afterwards.
    pub(crate) left: i64,
    pub(crate) passed: bool,
}

/// What the cache said.
#[derive(Clone, Debug)]
pub(crate) struct CacheVerdict {
    /// `hit`, `miss`, `stored`, `invalidated`, `bypassed` …
    pub(crate) outcome: &'static str,
    pub(crate) key: String,
    /// How long the entry lives, or still lives.
    pub(crate) ttl: Option<Duration>,
    pub(crate) reason: String,
}

/// The bytes of a body that are kept once its request is over.
const KEPT_BODY: usize = 16 << 10;

impl What {
    /// Lets go of what is too long to be kept.
    pub(crate) fn shorten(&mut self) {
        let short = |body: &mut Bytes| {
            // A copy, small as it may be: a part would hold on to the whole.
            *body = Bytes::copy_from_slice(body.get(..KEPT_BODY).unwrap_or(body));
        };
        match self {
            Self::MethodRequest { body, .. }
            | Self::EndpointRequest { body, .. }
            | Self::EndpointResponse { body, .. }
            | Self::MethodResponse { body, .. }
            | Self::GatewayResponse { body, .. }
            | Self::Authorizer(
                AuthorizerStep::Request { body, .. } | AuthorizerStep::Result { body },
            ) => short(body),
            Self::Mapped { before, after, .. } => {
                short(before);
                short(after);
            }
            _ => {}
        }
    }

    /// The phase that it belongs to; nothing for what may happen in any.
    pub(crate) const fn phase(&self) -> Option<Phase> {
        Some(match self {
            Self::Addressed { .. } => Phase::Address,
            Self::Routed { .. } | Self::NotRouted { .. } => Phase::Route,
            Self::Policy(_) | Self::Authorizer(_) => Phase::Authorize,
            Self::Key(_) | Self::Limit(_) | Self::Quota(_) => Phase::Admit,
            Self::Validated { .. } => Phase::Validate,
            Self::Cache(_) => Phase::Cache,
            Self::Started { .. } | Self::MethodRequest { .. } | Self::EndpointRequest { .. } => {
                Phase::IntegrationRequest
            }
            Self::Mapped { response, .. } | Self::Converted { response, .. } => {
                if *response {
                    Phase::IntegrationResponse
                } else {
                    Phase::IntegrationRequest
                }
            }
            Self::EndpointResponse { .. } | Self::EndpointRequestId(_) => Phase::Integration,
            Self::Selected { .. } => Phase::IntegrationResponse,
            Self::GatewayResponse { .. } => Phase::GatewayResponse,
            Self::MethodResponse { .. } | Self::Completed { .. } | Self::Traced { .. } => {
                Phase::Answer
            }
            Self::Decided { phase, .. } => *phase,
            Self::Failed(_) => return None,
        })
    }
}
