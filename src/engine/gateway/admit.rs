//! The phase that lets a request in: API key, quota, throttle.
//!
//! Order and outcomes: `spec/rest/throttling-usage-plans.md` §1, §3. A method without `apiKeyRequired` knows no keys; the stage's and
//! the account's limits hold for every method. A request that is throttled takes nothing from its quota (unverified).

use std::sync::Arc;

use http::HeaderName;
use jiff::Timestamp;

use super::exchange::{Exchange, UsedKey};
use super::failure::Failure;

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// Lets a request in or not.
pub(crate) fn admit(x: &mut Exchange) -> Result<(), Failure> {
    let now = x.record.started;
    let stage = Arc::clone(&x.stage);
    if x.method().is_some_and(|m| m.api_key_required) {
        x.key = Some(admit_key(x)?);
    }
    let limit = x.method.and_then(|m| x.side().limits.get(m)?.as_ref());
    if limit.is_some_and(|bucket| !bucket.take(now)) || !stage.region.account.take(now) {
        return Err(Failure::throttled());
    }
    match &x.key {
        Some(key) => count(key, x.record.time),
        None => Ok(()),
    }
}

/// The key that opens the method, if its plan's limits let it.
fn admit_key(x: &Exchange) -> Result<UsedKey, Failure> {
    let ring = &x.stage.region.keys;
    let given = x.request.headers.get(&API_KEY);
    let key = given
        .and_then(|value| value.to_str().ok())
        .and_then(|value| ring.key(value))
        .ok_or_else(Failure::invalid_key)?;
    let (member, stage) = key
        .opening(&x.stage.api_id, &x.stage.name)
        .ok_or_else(Failure::invalid_key)?;
    let member = Arc::clone(member);
    if member
        .quota()
        .is_some_and(|quota| member.usage.left(quota, x.record.time) == 0)
    {
        return Err(Failure::quota_exceeded());
    }
    let Some(method) = x.method() else {
        return Err(Failure::missing_token());
    };
    let mut limits = member.limits(stage, &method.resource_path, &method.verb);
    if limits.any(|bucket| !bucket.take(x.record.started)) {
        return Err(Failure::throttled());
    }
    drop(limits);
    Ok(UsedKey { key, member })
}

/// Takes the request from the key's quota and counts it.
fn count(key: &UsedKey, now: Timestamp) -> Result<(), Failure> {
    let usage = &key.member.usage;
    if key
        .member
        .quota()
        .is_some_and(|quota| !usage.take(quota, now))
    {
        return Err(Failure::quota_exceeded());
    }
    usage.count(now);
    Ok(())
}
