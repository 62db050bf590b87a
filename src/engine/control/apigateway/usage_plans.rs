//! Usage plans.
//!
//! Source: `spec/rest/throttling-usage-plans.md` §3, `spec/aws-recorded/FACTS.md` §9.

use serde::Deserialize;

use super::error::{bad, not_found};
use super::page::{oldest_first, page};
use super::txn::{NOTHING, Txn, answer, patch, read, text};
use super::{Answer, quotas, tags, usage_plan_keys};
use crate::engine::wire::{Input, ServiceError};
use crate::model::patch::apply_to_usage_plan;
use crate::model::{ApiStage, Map, QuotaSettings, ThrottleSettings, UsagePlan};

/// Methods of a stage with limits of their own. Source: `spec/rest/resources-methods.md` §5.
const MAX_METHOD_THROTTLES: usize = 20;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreateUsagePlan {
    #[serde(default)]
    name: String,
    description: Option<String>,
    #[serde(default)]
    api_stages: Vec<ApiStage>,
    throttle: Option<ThrottleSettings>,
    quota: Option<QuotaSettings>,
    tags: Option<Map<String>>,
}

pub(super) fn create(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let given: CreateUsagePlan = read(input)?;
    let plan = UsagePlan {
        id: txn.new_short_id(|id| txn.region.plans.contains_key(id)),
        name: given.name,
        description: given.description.filter(|text| !text.is_empty()),
        api_stages: given.api_stages,
        throttle: given.throttle,
        quota: given.quota,
        product_code: None,
        tags: tags::kept(given.tags)?,
    };
    for ApiStage {
        api_id: api, stage, ..
    } in &plan.api_stages
    {
        // Both texts are quoted from AWS, where nobody fills in the first.
        if api.is_empty() || stage.is_empty() {
            return Err(bad(
                "Invalid API Stage {api: %s, stage: %s} specified for usageplan %s",
            ));
        }
        if !exists(txn, api, stage) {
            return Err(not_found(&format!("API Stage not found: {api}:{stage}")));
        }
    }
    check(&plan)?;
    let most = txn.deps.quotas.usage_plans;
    quotas::check(txn.region.plans.len(), most, "Usage Plans", None)?;
    let place = txn.place();
    txn.put_plan(place, plan.clone())?;
    answer(&plan)
}

fn exists(txn: &Txn<'_>, api: &str, stage: &str) -> bool {
    txn.region
        .apis
        .get(api)
        .is_some_and(|api| api.stages.contains_key(stage))
}

/// What must hold after a create and after an update; the texts are not recorded.
fn check(plan: &UsagePlan) -> Result<(), ServiceError> {
    if plan.name.trim().is_empty() {
        return Err(bad("Usage Plan name cannot be blank"));
    }
    let per_method = plan
        .api_stages
        .iter()
        .filter_map(|stage| stage.throttle.as_ref());
    if per_method
        .clone()
        .any(|map| map.len() > MAX_METHOD_THROTTLES)
    {
        return Err(bad(format!(
            "A stage of a usage plan can have at most {MAX_METHOD_THROTTLES} method throttles"
        )));
    }
    let mut throttles = plan.throttle.iter().chain(per_method.flat_map(Map::values));
    if throttles.any(|throttle| throttle.burst_limit < 0 || throttle.rate_limit < 0.0) {
        return Err(bad("Throttle limits must not be negative"));
    }
    if let Some(quota) = &plan.quota
        && (quota.limit < 0 || quota.offset < 0)
    {
        return Err(bad("Quota limit and offset must not be negative"));
    }
    Ok(())
}

/// The plan with its tags present even when there are none.
fn shown(plan: &UsagePlan) -> UsagePlan {
    let mut plan = plan.clone();
    plan.tags.get_or_insert_default();
    plan
}

pub(super) fn get(txn: &Txn<'_>, input: &Input) -> Answer {
    let plan = txn.plan(text(input, "usageplanId"))?;
    answer(&shown(&plan.entity))
}

/// All plans, or those that a key is in.
pub(super) fn list(txn: &Txn<'_>, input: &Input) -> Answer {
    let key = input.text("keyId");
    let mut entries = Vec::new();
    for (id, plan) in txn.region.plans.iter() {
        let has = |key: &str| {
            txn.region
                .members
                .contains_key(&(id.clone(), key.to_owned()))
        };
        if key.is_none_or(has) {
            entries.push((oldest_first(plan.place), answer(plan.entity.as_ref())?));
        }
    }
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    page(entries, input)
}

pub(super) fn update(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let held = txn.plan(text(input, "usageplanId"))?;
    let mut plan = held.entity.as_ref().clone();
    apply_to_usage_plan(&mut plan, &patch(input)?, |api, stage| {
        exists(txn, api, stage)
    })?;
    check(&plan)?;
    let keys = txn.region.members.keys();
    for (_, key) in keys.filter(|(id, _)| *id == plan.id) {
        usage_plan_keys::check_one_plan_per_stage(txn, &plan, key)?;
    }
    txn.put_plan(held.place, plan.clone())?;
    answer(&shown(&plan))
}

pub(super) fn delete(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let plan = txn.plan(text(input, "usageplanId"))?;
    let id = &plan.entity.id;
    let stages = plan.entity.api_stages.iter();
    let stages: Vec<String> = stages
        .map(|stage| format!("{}:{}", stage.api_id, stage.stage))
        .collect();
    if !stages.is_empty() {
        // Widely quoted from AWS, not recorded; how it separates several stages is not known.
        return Err(bad(format!(
            "Cannot delete Usage Plan {id} because there are API Stages associated with it, including {}",
            stages.join(", ")
        )));
    }
    txn.remove_plan(id);
    NOTHING
}

/// Takes stages that are gone out of all plans.
pub(super) fn forget_stages(
    txn: &mut Txn<'_>,
    gone: impl Fn(&str, &str) -> bool,
) -> Result<(), ServiceError> {
    let is_gone = |stage: &ApiStage| gone(&stage.api_id, &stage.stage);
    let plans: Vec<_> = txn
        .region
        .plans
        .values()
        .filter(|plan| plan.entity.api_stages.iter().any(is_gone))
        .cloned()
        .collect();
    for held in plans {
        let mut plan = held.entity.as_ref().clone();
        plan.api_stages.retain(|stage| !is_gone(stage));
        txn.put_plan(held.place, plan)?;
    }
    Ok(())
}
