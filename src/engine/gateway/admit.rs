//! The phase that lets a request in: API key, quota, throttle.
//!
//! Order and outcomes: `spec/rest/throttling-usage-plans.md` §1, §3. A method without `apiKeyRequired` knows no keys; the stage's and
//! the account's limits hold for every method. A request that is throttled takes nothing from its quota (unverified).

use std::sync::Arc;

use http::HeaderName;

use super::bucket::Bucket;
use super::exchange::{Exchange, UsedKey};
use super::failure::Failure;
use super::keys::Key;
use super::record::{KeyVerdict, LimitVerdict, QuotaVerdict, Record, What};
use crate::model::QuotaSettings;

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// Lets a request in or not.
pub(crate) fn admit(x: &mut Exchange) -> Result<(), Failure> {
    if x.method().is_some_and(|m| m.api_key_required) {
        x.key = Some(admit_key(x)?);
    } else {
        note_no_key(x);
    }
    let limit = x.method.and_then(|m| x.side().limits.get(m)?.as_ref());
    let account = &x.stage.region.account;
    if limit.is_some_and(|bucket| !take(&x.record, "stage's method", bucket))
        || !take(&x.record, "account", account)
    {
        return Err(Failure::throttled());
    }
    match &x.key {
        Some(key) => count(key, &x.record),
        None => Ok(()),
    }
}

/// Takes a token, and tells of it.
fn take(record: &Record, level: &'static str, bucket: &Bucket) -> bool {
    let passed = bucket.take(record.started);
    record.note(|| {
        let settings = bucket.settings();
        What::Limit(LimitVerdict {
            level,
            rate: settings.rate_limit,
            burst: settings.burst_limit,
            left: bucket.level(record.started),
            passed,
        })
    });
    passed
}

/// The key that opens the method, if its plan's limits let it.
fn admit_key(x: &Exchange) -> Result<UsedKey, Failure> {
    let ring = &x.stage.region.keys;
    let given = if x.side().deployment.authorizers_give_keys {
        let authorized = x.authorized.as_ref();
        authorized.and_then(|a| a.decision.usage_key.as_deref())
    } else {
        let header = x.request.headers.get(&API_KEY);
        header.and_then(|v| v.to_str().ok())
    };
    let Some(key) = given.and_then(|value| ring.key(value)) else {
        note_key(x, given, None, None, "no enabled API key has this value");
        return Err(Failure::invalid_key());
    };
    let Some((member, stage)) = key.opening(&x.stage.api_id, &x.stage.name) else {
        let reason = "the key is in no usage plan that has this stage";
        note_key(x, given, Some(&key), None, reason);
        return Err(Failure::invalid_key());
    };
    let member = Arc::clone(member);
    note_key(
        x,
        given,
        Some(&key),
        Some(&member.plan.id),
        "a usage plan of the key has this stage",
    );
    if let Some(quota) = member.quota()
        && member.usage.left(quota, x.record.time) == 0
    {
        note_quota(&x.record, &member.plan.id, quota, 0, false);
        return Err(Failure::quota_exceeded());
    }
    let Some(method) = x.method() else {
        return Err(Failure::missing_token());
    };
    let limits = member.limits(stage, &method.resource_path, &method.verb);
    for (level, bucket) in limits {
        if !take(&x.record, level, bucket) {
            return Err(Failure::throttled());
        }
    }
    Ok(UsedKey { key, member })
}

/// Takes the request from the key's quota and counts it.
fn count(key: &UsedKey, record: &Record) -> Result<(), Failure> {
    let usage = &key.member.usage;
    let now = record.time;
    if let Some(quota) = key.member.quota() {
        let passed = usage.take(quota, now);
        let left = usage.left(quota, now);
        note_quota(record, &key.member.plan.id, quota, left, passed);
        if !passed {
            return Err(Failure::quota_exceeded());
        }
    }
    usage.count(now);
    Ok(())
}

fn note_key(
    x: &Exchange,
    value: Option<&str>,
    key: Option<&Arc<Key>>,
    plan: Option<&str>,
    reason: &str,
) {
    x.record.note(|| {
        What::Key(KeyVerdict {
            value: value.map(str::to_owned),
            id: key.map(|key| key.id.to_string()),
            plan: plan.map(str::to_owned),
            required: true,
            passed: plan.is_some(),
            reason: reason.to_owned(),
        })
    });
}

/// The log tells of the check also where there is none (`spec/rest/logging-metrics-tracing.md` §1).
fn note_no_key(x: &Exchange) {
    x.record.note(|| {
        let given = x.request.headers.get(&API_KEY);
        What::Key(KeyVerdict {
            value: given
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned),
            id: None,
            plan: None,
            required: false,
            passed: true,
            reason: "the method doesn't require an API key".to_owned(),
        })
    });
}

fn note_quota(record: &Record, plan: &str, quota: &QuotaSettings, left: u64, passed: bool) {
    record.note(|| {
        What::Quota(QuotaVerdict {
            plan: plan.to_owned(),
            limit: quota.limit,
            period: format!("{:?}", quota.period).to_uppercase(),
            left: i64::try_from(left).unwrap_or(i64::MAX),
            passed,
        })
    });
}
