//! X-Ray: whether a request is traced, what backends are told of it, and what is left behind for the segment.
//!
//! A request of a stage without tracing costs a branch unless it brings a trace header. What a traced request did is only noted here;
//! the [`segment`] is written at the desk, away from the requests that are being served.

mod header;
mod sampling;
mod segment;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::HeaderValue;

use self::header::Given;
pub(crate) use self::header::{is_span_id, is_trace_id};
use self::sampling::Asked;
pub use self::sampling::{DEFAULT_RULE, SamplingRule};
pub(crate) use self::sampling::{Rule, SamplingRules};
pub(crate) use self::segment::{Finished, of as segment_of};
use super::exchange::Exchange;
use super::lambda::{LambdaAnswer, LambdaFailure};
use crate::base::Chance;

/// What a request's trace header said, or what was decided.
#[derive(Debug)]
pub(crate) struct Trace {
    /// What backends are told.
    header: HeaderValue,
    /// What the segment is made of; nothing for a request that isn't sampled.
    traced: Option<Traced>,
}

/// A request that leaves a segment.
#[derive(Debug)]
struct Traced {
    root: Box<str>,
    id: Span,
    parent: Option<Box<str>>,
    /// The rule that sampled it; nothing where the caller had decided.
    rule: Option<Arc<Rule>>,
    integration: Subsegment,
    authorizer: Subsegment,
    /// What the authorizer is told.
    authorizer_header: HeaderValue,
}

#[derive(Debug)]
struct Subsegment {
    id: Span,
    call: OnceLock<Call>,
}

/// The id of a segment or a subsegment.
#[derive(Clone, Copy, Debug)]
struct Span([u8; 8]);

impl std::fmt::Display for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}", u64::from_be_bytes(self.0))
    }
}

/// A call of a backend.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) to: Callee,
    /// When, on the monotonic clock.
    pub(crate) started: Duration,
    /// Until the head of its answer came, or none.
    pub(crate) took: Duration,
    /// The answer's; nothing where none came.
    pub(crate) status: Option<u16>,
    /// The length of the answer's body, where it is known.
    pub(crate) length: Option<u64>,
    /// Whether it failed in spite of its status.
    pub(crate) failed: bool,
}

/// Who is called.
#[derive(Debug)]
pub(crate) enum Callee {
    Http {
        verb: String,
        url: String,
    },
    /// A function by its ARN or name.
    Lambda(String),
}

impl Call {
    /// The invocation of a function.
    pub(crate) fn of_function(
        function: String,
        started: Duration,
        took: Duration,
        answer: &Result<LambdaAnswer, LambdaFailure>,
    ) -> Self {
        let answer = answer.as_ref().ok();
        let failed = answer.is_some_and(LambdaAnswer::is_function_error);
        Self {
            to: Callee::Lambda(function),
            started,
            took,
            // Lambda answers 200 for a function that failed, too.
            status: answer.map(|answer| answer.status),
            length: answer.and_then(|answer| u64::try_from(answer.payload.len()).ok()),
            failed,
        }
    }
}

/// Decides whether a request is traced, as soon as its stage is known.
pub(crate) fn begin(x: &Exchange, chance: &mut Chance) -> Option<Box<Trace>> {
    let given = x.ids.given_trace();
    if given.is_none() && !x.stage.tracing {
        return None;
    }
    let text = given.and_then(|value| value.to_str().ok());
    let given = Given::parse(text.unwrap_or_default());
    let (sampled, rule) = match given.sampled {
        Some(sampled) => (sampled, None),
        None if x.stage.tracing => decide(x, chance),
        None => (false, None),
    };
    if !sampled && !x.stage.tracing {
        // What comes is passed on as it is.
        return None;
    }
    let drawn = x.ids.trace_id();
    let root = given.root.unwrap_or(&drawn);
    if !sampled {
        return Some(Box::new(Trace {
            header: given.onward(root, given.parent, false),
            traced: None,
        }));
    }
    let mut span = || Span(chance.bytes());
    let (id, integration, authorizer) = (span(), span(), span());
    let below = |span: Span| given.onward(root, Some(&span.to_string()), true);
    let subsegment = |id| Subsegment {
        id,
        call: OnceLock::new(),
    };
    Some(Box::new(Trace {
        header: below(integration),
        traced: Some(Traced {
            root: root.into(),
            id,
            parent: given.parent.map(Box::from),
            rule,
            integration: subsegment(integration),
            authorizer: subsegment(authorizer),
            authorizer_header: below(authorizer),
        }),
    }))
}

/// Asks the region's rules.
fn decide(x: &Exchange, chance: &mut Chance) -> (bool, Option<Arc<Rule>>) {
    let service_name = segment::name(x);
    let path = x.context_text("path").unwrap_or_default();
    let host = x.context_text("domainName").unwrap_or_default();
    let asked = Asked {
        service_name: &service_name,
        host: &host,
        verb: x.request.verb.as_str(),
        path: &path,
        resource_arn: &segment::resource_arn(x),
        header: &|name| {
            let value = x.request.headers.get(name)?.to_str().ok()?;
            Some(value.to_owned())
        },
    };
    let second = x.record.started.as_secs();
    let rules = x.stage.region.sampling.load();
    let (sampled, rule) = rules.decide(asked, second, || chance.fraction());
    (sampled, rule.map(Arc::clone))
}

impl Exchange {
    /// `X-Amzn-Trace-Id` as backends and the client are told it.
    pub(crate) fn trace_header(&self) -> HeaderValue {
        match &self.trace {
            Some(trace) => trace.header.clone(),
            None => self.ids.trace_header(),
        }
    }

    /// The same as an authorizer is told it.
    pub(crate) fn authorizer_trace_header(&self) -> HeaderValue {
        let traced = self.traced();
        traced.map_or_else(|| self.trace_header(), |t| t.authorizer_header.clone())
    }

    fn traced(&self) -> Option<&Traced> {
        self.trace.as_ref()?.traced.as_ref()
    }

    /// Whether the request leaves a segment.
    pub(crate) fn is_traced(&self) -> bool {
        self.traced().is_some()
    }

    /// The trace that the request is part of, where it leaves a segment.
    pub(crate) fn trace_id(&self) -> Option<&str> {
        self.traced().map(|traced| &*traced.root)
    }

    /// Notes the call of the integration, on a request that is traced.
    pub(crate) fn trace_integration(&self, call: impl FnOnce() -> Call) {
        if let Some(traced) = self.traced() {
            // An exchange has one integration: a second call can't come.
            let _ = traced.integration.call.set(call());
        }
    }

    /// Notes the call of the authorizer, on a request that is traced.
    pub(crate) fn trace_authorizer(&self, call: impl FnOnce() -> Call) {
        if let Some(traced) = self.traced() {
            let _ = traced.authorizer.call.set(call());
        }
    }
}
