//! Keys of usage plans.
//!
//! Source: `spec/rest/throttling-usage-plans.md` §3.

use serde::Deserialize;

use super::error::{NO_API_KEY, bad, not_found};
use super::page::{oldest_first, page};
use super::txn::{NOTHING, Txn, answer, read, text};
use super::{Answer, quotas};
use crate::engine::wire::{Input, ServiceError};
use crate::model::{ApiKey, UsagePlan, UsagePlanKey};

const API_KEY: &str = "API_KEY";
/// Of a key that isn't in the plan. Quoted from AWS for `GetUsage`, which looks keys up in the same way.
pub(super) const NO_MEMBER: &str = "Invalid Key identifier specified";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct CreateUsagePlanKey {
    key_id: String,
    key_type: String,
}

pub(super) fn create(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let plan = text(input, "usageplanId");
    txn.plan(plan)?;
    let given: CreateUsagePlanKey = read(input)?;
    if given.key_type != API_KEY {
        return Err(bad("Invalid keyType"));
    }
    join(txn, plan, &given.key_id)?;
    answer(&member(txn, &given.key_id)?)
}

/// Puts a key into a plan.
pub(super) fn join(txn: &mut Txn<'_>, plan_id: &str, key: &str) -> Result<(), ServiceError> {
    key_of(txn, key)?;
    let plan = txn.plan(plan_id)?;
    let member = (plan_id.to_owned(), key.to_owned());
    if txn.region.members.contains_key(&member) {
        // The text is not recorded.
        return Err(ServiceError::conflict(format!(
            "API Key {key} is already in Usage Plan {plan_id}"
        )));
    }
    check_one_plan_per_stage(txn, &plan.entity, key)?;
    let held = txn.region.members.keys().filter(|(_, of)| of == key);
    let most = txn.deps.quotas.usage_plans_per_api_key;
    quotas::check(held.count(), most, "Usage Plans", Some("API Key"))?;
    txn.put_member(plan_id, key)
}

/// A key opens a stage through one plan only; the text is recalled, not recorded.
pub(super) fn check_one_plan_per_stage(
    txn: &Txn<'_>,
    plan: &UsagePlan,
    key: &str,
) -> Result<(), ServiceError> {
    let others = txn
        .region
        .members
        .keys()
        .filter(|(other, member)| member == key && *other != plan.id)
        .filter_map(|(other, _)| txn.region.plans.get(other));
    for other in others {
        let shared = other.entity.api_stages.iter().find(|stage| {
            plan.api_stages
                .iter()
                .any(|own| (&own.api_id, &own.stage) == (&stage.api_id, &stage.stage))
        });
        if let Some(stage) = shared {
            return Err(ServiceError::conflict(format!(
                "Usage Plan {} cannot be added because API Key {key} cannot reference multiple Usage Plans with the same API stage: {}:{}",
                plan.id, stage.api_id, stage.stage
            )));
        }
    }
    Ok(())
}

fn key_of(txn: &Txn<'_>, id: &str) -> Result<std::sync::Arc<ApiKey>, ServiceError> {
    txn.region
        .keys
        .get(id)
        .map(|key| std::sync::Arc::clone(&key.entity))
        .ok_or_else(|| not_found(NO_API_KEY))
}

fn member(txn: &Txn<'_>, id: &str) -> Result<UsagePlanKey, ServiceError> {
    let key = key_of(txn, id)?;
    Ok(UsagePlanKey {
        id: key.id.clone(),
        key_type: API_KEY.to_owned(),
        value: key.value.clone(),
        name: key.name.clone(),
    })
}

/// Finds plan and key in the path; the key must be in the plan.
pub(super) fn find(txn: &Txn<'_>, input: &Input) -> Result<(String, String), ServiceError> {
    let (plan, key) = (text(input, "usageplanId"), text(input, "keyId"));
    txn.plan(plan)?;
    let member = (plan.to_owned(), key.to_owned());
    if txn.region.members.contains_key(&member) {
        Ok(member)
    } else {
        key_of(txn, key)?;
        Err(not_found(NO_MEMBER))
    }
}

pub(super) fn get(txn: &Txn<'_>, input: &Input) -> Answer {
    let (_, key) = find(txn, input)?;
    answer(&member(txn, &key)?)
}

/// The keys of a plan in the order of joining; the name is a prefix.
pub(super) fn list(txn: &Txn<'_>, input: &Input) -> Answer {
    let plan = text(input, "usageplanId");
    txn.plan(plan)?;
    let prefix = text(input, "name");
    let mut entries = Vec::new();
    for ((of, key), place) in txn.region.members.iter() {
        if of != plan {
            continue;
        }
        let member = member(txn, key)?;
        if member
            .name
            .as_deref()
            .unwrap_or_default()
            .starts_with(prefix)
        {
            entries.push((oldest_first(*place), answer(&member)?));
        }
    }
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    page(entries, input)
}

pub(super) fn delete(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let member = find(txn, input)?;
    txn.remove_members(|held| *held == member);
    NOTHING
}
