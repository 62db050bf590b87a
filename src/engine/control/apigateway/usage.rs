//! Usage: how many requests keys made, and how many they have left.
//!
//! Source: `spec/rest/throttling-usage-plans.md` §3.

use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use super::error::{bad, not_found};
use super::page::page;
use super::txn::{Txn, patch, text};
use super::{Answer, usage_plan_keys};
use crate::engine::wire::{Input, ServiceError};
use crate::model::UsagePlan;

/// The longest range that the service tells of.
const MAX_DAYS: i32 = 90;

/// Used and left per day for each key of the plan, in pages of keys, or for one.
pub(super) fn get(txn: &Txn<'_>, input: &Input) -> Answer {
    let plan = txn.plan(text(input, "usageplanId"))?.entity;
    let first = date(input, "startDate")?;
    let last = date(input, "endDate")?;
    let days = first.until(last).map_or(0, |span| span.get_days());
    // The texts are not recorded.
    if days < 0 {
        return Err(bad("startDate must not be after endDate"));
    }
    if days >= MAX_DAYS {
        return Err(bad(format!(
            "The range of dates can have at most {MAX_DAYS} days"
        )));
    }
    let key = input.text("keyId").filter(|key| !key.is_empty());
    if let Some(key) = key {
        let member = (plan.id.clone(), key.to_owned());
        if !txn.region.members.contains_key(&member) {
            return Err(not_found(usage_plan_keys::NO_MEMBER));
        }
    }
    let members = txn.region.members.keys();
    let keys = members.filter(|(of, id)| *of == plan.id && key.is_none_or(|key| key == id));
    let paged = page(
        keys.map(|(_, id)| (id.clone(), id.as_str().into()))
            .collect(),
        input,
    )?;
    let keys = paged["item"].as_array().into_iter().flatten();
    let keys: Vec<&str> = keys.filter_map(Value::as_str).collect();
    let mut answer = told(txn, &plan, &keys, (first, last));
    if let Some(position) = paged.get("position") {
        answer["position"] = position.clone();
    }
    Ok(answer)
}

fn date(input: &Input, name: &str) -> Result<Date, ServiceError> {
    let given = text(input, name);
    given.parse().map_err(|_| {
        bad(format!(
            "Invalid {name} '{given}': must have the form YYYY-MM-DD"
        ))
    })
}

fn told(txn: &Txn<'_>, plan: &UsagePlan, keys: &[&str], days: (Date, Date)) -> Value {
    let mut values = Map::new();
    for id in keys {
        let pairs: Vec<Value> = txn
            .deps
            .gateway
            .usage(txn.region_name, &plan.id, id, days.0, days.1)
            .unwrap_or_default()
            .into_iter()
            // Without a quota nothing can be left: the service's answer to that is not recorded.
            .map(|day| json!([day.used, day.remaining.unwrap_or(0)]))
            .collect();
        values.insert((*id).to_owned(), pairs.into());
    }
    json!({
        "usagePlanId": plan.id,
        "startDate": days.0.to_string(),
        "endDate": days.1.to_string(),
        "values": values,
    })
}

/// Another number of requests for the rest of a key's current period.
pub(super) struct Granted {
    pub(super) plan: Arc<UsagePlan>,
    pub(super) key: String,
    /// Nothing when the patch was empty.
    pub(super) left: Option<u64>,
}

/// What an update grants; nothing is changed yet.
pub(super) fn granted(txn: &Txn<'_>, input: &Input) -> Result<Granted, ServiceError> {
    let (plan_id, key) = usage_plan_keys::find(txn, input)?;
    let plan = txn.plan(&plan_id)?.entity;
    let mut left = None;
    for operation in patch(input)? {
        let path = operation.path.as_deref().unwrap_or("null");
        let op = operation.op.as_deref().unwrap_or("null");
        if path != "/remaining" {
            return Err(bad(format!(
                "Invalid patch path  '{path}' specified for op '{op}'. Must be one of: [/remaining]"
            )));
        }
        if op != "replace" {
            return Err(bad(format!(
                "Invalid patch path  '{path}' specified for op '{op}'. Please choose supported operations"
            )));
        }
        let value = operation.value.unwrap_or_default();
        left = Some(value.parse::<u64>().map_err(|_| {
            bad(format!(
                "Invalid value '{value}' specified for patch path '/remaining'. Must be an integer"
            ))
        })?);
    }
    if plan.quota.is_none() {
        return Err(bad(format!("Usage Plan {plan_id} has no quota")));
    }
    Ok(Granted { plan, key, left })
}

/// The usage of the day, which is what an update answers.
pub(super) fn told_today(txn: &Txn<'_>, granted: &Granted) -> Value {
    let today = txn.deps.clock.now().to_zoned(TimeZone::UTC).date();
    told(txn, &granted.plan, &[&granted.key], (today, today))
}
