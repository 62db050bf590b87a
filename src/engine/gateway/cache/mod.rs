//! The phases that answer from the stage's cache and put answers into it.
//!
//! Facts: `spec/rest/caching.md`. Redeploying a stage leaves its cache as it is, as on AWS; entries that only a canary serves are the
//! canary's. Answers of the gateway itself and those with a status of 500 or more aren't kept (which statuses the service keeps is
//! unverified).

mod cluster;
mod policy;
mod told;

use std::sync::Arc;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONNECTION, CONTENT_LENGTH, WARNING};
use http::{HeaderMap, HeaderValue};

pub(crate) use cluster::Cluster;
pub(crate) use policy::{KeyParts, Policy};
pub use told::{CacheContents, CachedAnswer};

use self::cluster::Entry;
use self::policy::Invalidation;
use super::answer::{Answer, TRACE_ID};
use super::body::Body;
use super::exchange::Exchange;
use super::execute_arn::ExecuteArn;
use super::failure::Failure;
use super::policy_keys::PolicyKeys;
use super::record::{CacheVerdict, Phase, What};
use crate::base::Clock;
use crate::iam::{self, Finding};

/// The longest body that is kept, in bytes.
const LONGEST: usize = 1_048_576;

/// The words are unverified.
const IGNORED: &str = "199 Cache-control headers were ignored because the caller was unauthorized.";

/// An answer that is to be kept when it comes.
#[derive(Debug)]
pub(crate) struct Pending {
    cluster: Arc<Cluster>,
    key: Box<[u8]>,
    warns: bool,
}

/// Answers from the cache, if the method is cached and the answer there.
pub(crate) fn lookup(x: &mut Exchange) -> Result<Option<Answer>, Failure> {
    let Some(policy) = x.side().caching(x.method) else {
        return Ok(None);
    };
    let Some(cluster) = &x.stage.cluster else {
        return Ok(None);
    };
    let now = x.record.started;
    if !policy.takes(&x.request.verb) || !cluster.is_available(now) {
        return Ok(None);
    }
    let Some(integration) = x.integration() else {
        return Ok(None);
    };
    let key = policy.key(&integration.cache_key, x);
    let mut asks_anew = invalidates(&x.request.headers);
    let mut warns = false;
    if asks_anew && policy.invalidation != Invalidation::Open && !may_invalidate(x) {
        x.record.note(|| What::Decided {
            phase: Phase::Cache,
            passed: policy.invalidation != Invalidation::Refuse,
            decision: "Cache-Control: max-age=0 is ignored".to_owned(),
            reason: "the caller hasn't the permission execute-api:InvalidateCache".to_owned(),
        });
        if policy.invalidation == Invalidation::Refuse {
            return Err(Failure::cache_control_refused());
        }
        asks_anew = false;
        warns = policy.invalidation == Invalidation::Warn;
    }
    let found = if asks_anew {
        None
    } else {
        cluster.get(&key, now)
    };
    let Some(entry) = found else {
        let cluster = Arc::clone(cluster);
        x.record.cache_hit = Some(false);
        x.cache = Some(Box::new(Pending {
            cluster,
            key: key.into(),
            warns,
        }));
        return Ok(None);
    };
    x.record.cache_hit = Some(true);
    let mut answer = Answer::with_room(entry.headers.len() + 1, x.record.wants_details());
    answer.status = entry.status;
    answer.spellings.clone_from(&entry.spellings);
    for (name, value) in &entry.headers {
        answer.append(name.clone(), value.clone());
    }
    answer.body = Body::whole(entry.body.clone());
    if warns {
        warn(&mut answer);
    }
    Ok(Some(answer))
}

/// Keeps an answer that [`lookup`] missed.
pub(crate) fn store(x: &mut Exchange, mut answer: Answer, clock: &Clock) -> Answer {
    let Some(pending) = x.cache.take() else {
        return answer;
    };
    let (Some(policy), Some(integration)) = (x.side().caching(x.method), x.integration()) else {
        return answer;
    };
    if answer.status < 500 {
        let headers = answer.headers.iter();
        // What belongs to this request or this connection only.
        let kept =
            headers.filter(|(name, _)| ![TRACE_ID, CONTENT_LENGTH, CONNECTION].contains(name));
        let mut entry = Entry {
            status: answer.status,
            headers: kept.map(|(n, v)| (n.clone(), v.clone())).collect(),
            spellings: answer.spellings.clone(),
            body: Bytes::new(),
            stored: clock.now(),
            expires: clock.monotonic() + policy.ttl,
            asked: policy.asked(&integration.cache_key, x),
        };
        let (cluster, key) = (pending.cluster, pending.key);
        x.record.note(|| {
            What::Cache(CacheVerdict {
                outcome: "stored",
                key: entry.asked.to_string(),
                ttl: Some(policy.ttl),
                reason: format!(
                    "once all of the answer has passed, if it has {LONGEST} bytes at most"
                ),
            })
        });
        answer.body.copy_to(LONGEST, move |body| {
            entry.body = body;
            cluster.put(key, entry);
        });
    }
    if pending.warns {
        warn(&mut answer);
    }
    answer
}

fn warn(answer: &mut Answer) {
    answer.set(WARNING, "Warning", HeaderValue::from_static(IGNORED));
}

/// Whether the client wants the entry made anew. Other spellings aren't documented.
fn invalidates(headers: &HeaderMap) -> bool {
    let values = headers.get_all(CACHE_CONTROL).iter();
    let mut directives = values.flat_map(|value| value.as_bytes().split(|b| *b == b','));
    directives.any(|directive| directive.trim_ascii().eq_ignore_ascii_case(b"max-age=0"))
}

/// Whether the caller has `execute-api:InvalidateCache` for the method: by its own policies, or by that of an authorizer (unverified).
fn may_invalidate(x: &Exchange) -> bool {
    let anonymous = iam::Caller::Anonymous;
    let identity = x.identity.as_ref();
    let resource = ExecuteArn::of(x).to_string();
    let request = iam::Request {
        action: "execute-api:InvalidateCache",
        resource: &resource,
        caller: identity.map_or(&anonymous, |identity| &identity.caller),
        keys: &PolicyKeys::of(x),
    };
    let finding = match (identity, &x.authorized) {
        (Some(identity), _) => identity.judge(&request).finding,
        (None, Some(authorized)) => match &authorized.decision.policy {
            Some(policy) => policy.evaluate(&request),
            None => Finding::Silent,
        },
        (None, None) => Finding::Silent,
    };
    matches!(finding, Finding::Allow(_))
}
