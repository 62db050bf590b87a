//! Usage plans: limits, stages, keys, quota. All of it acts at once. Source: `spec/rest/throttling-usage-plans.md` §3.

use crate::aws::call::{
    Call, CreateUsagePlan, CreateUsagePlanKey, DeleteUsagePlan, DeleteUsagePlanKey, Id,
    UpdateUsage, UpdateUsagePlan,
};
use crate::aws::convert::name;
use crate::aws::op::{Api, Danger, Op, Place};
use crate::aws::patch::{Patch, pointer};
use crate::aws::query::Query;
use crate::model::{ApiStage, QuotaSettings, ThrottleSettings, UsagePlan};

use super::{ask_on_production, fraction};

/// Creates a plan. Limits that are absent don't limit.
#[must_use]
pub fn create(
    plan: &str,
    throttle: Option<ThrottleSettings>,
    quota: Option<QuotaSettings>,
    stages: Vec<ApiStage>,
) -> Op {
    let create = CreateUsagePlan {
        name: plan.to_owned(),
        throttle,
        quota,
        api_stages: stages,
        ..CreateUsagePlan::default()
    };
    let delete = DeleteUsagePlan {
        usage_plan_id: Id::of(0),
    };
    // A plan with stages can't be deleted, and undoing can't take them out of a plan whose id isn't known yet in a patch's text.
    let op = change(
        format!("create plan {plan}"),
        plan,
        vec![create.clone().into()],
    )
    .live_now("keys put into it may call its stages");
    if create.api_stages.is_empty() {
        op.undone_by(change(
            format!("delete plan {plan}"),
            plan,
            vec![delete.into()],
        ))
    } else {
        op.final_because("take its stages out and delete it")
    }
}

/// Sets or removes a plan's throttle, per key.
#[must_use]
pub fn set_throttle(plan: &UsagePlan, throttle: Option<&ThrottleSettings>) -> Op {
    let patches = |throttle: Option<&ThrottleSettings>, had: bool| match throttle {
        None => vec![Patch::remove("/throttle")],
        Some(limits) => vec![
            set(had, "/throttle/rateLimit", &fraction(limits.rate_limit)),
            set(had, "/throttle/burstLimit", &limits.burst_limit.to_string()),
        ],
    };
    let title = match throttle {
        Some(t) => format!(
            "limit each key of {} to {} a second, {} at once",
            plan.name, t.rate_limit, t.burst_limit
        ),
        None => format!("don't throttle the keys of {}", plan.name),
    };
    let before = plan.throttle.as_ref();
    let back = patches(before, throttle.is_some());
    let off = throttle.is_some_and(|t| t.rate_limit <= 0.0 || t.burst_limit <= 0);
    update(plan, title, patches(throttle, before.is_some()))
        .danger(turns_off(off, plan))
        .undone_by(update(
            plan,
            format!("put back the throttle of {}", plan.name),
            back,
        ))
}

/// Sets or removes a plan's quota, per key.
#[must_use]
pub fn set_quota(plan: &UsagePlan, quota: Option<&QuotaSettings>) -> Op {
    let patches = |quota: Option<&QuotaSettings>, had: bool| match quota {
        None => vec![Patch::remove("/quota")],
        Some(quota) => vec![
            set(had, "/quota/limit", &quota.limit.to_string()),
            set(had, "/quota/offset", &quota.offset.to_string()),
            set(had, "/quota/period", &name(&quota.period)),
        ],
    };
    let title = match quota {
        Some(q) => format!(
            "give each key of {} {} requests a {}",
            plan.name,
            q.limit,
            name(&q.period).to_lowercase()
        ),
        None => format!("don't count the requests of {}", plan.name),
    };
    let before = plan.quota.as_ref();
    let back = patches(before, quota.is_some());
    update(plan, title, patches(quota, before.is_some()))
        .danger(turns_off(quota.is_some_and(|q| q.limit <= 0), plan))
        .undone_by(update(
            plan,
            format!("put back the quota of {}", plan.name),
            back,
        ))
}

/// Limits one method for each key of a plan on one stage; `None` removes the limit.
#[must_use]
pub fn set_method_throttle(
    plan: &UsagePlan,
    stage: &ApiStage,
    method: (&str, &str),
    throttle: Option<&ThrottleSettings>,
) -> Op {
    let (path, verb) = method;
    let place = pointer(&[
        "apiStages",
        &format!("{}:{}", stage.api_id, stage.stage),
        "throttle",
        path,
        verb,
    ]);
    let patches = |throttle: Option<&ThrottleSettings>, had: bool| match throttle {
        None => vec![Patch::remove(&place)],
        Some(limits) => vec![
            set(
                had,
                &format!("{place}/rateLimit"),
                &fraction(limits.rate_limit),
            ),
            set(
                had,
                &format!("{place}/burstLimit"),
                &limits.burst_limit.to_string(),
            ),
        ],
    };
    let key = format!("{path}/{verb}");
    let before = stage.throttle.as_ref().and_then(|map| map.get(&key));
    let words = format!(
        "{verb} {path} on {} for the keys of {}",
        stage.stage, plan.name
    );
    let title = match throttle {
        Some(_) => format!("limit {words}"),
        None => format!("don't limit {words}"),
    };
    let back = patches(before, throttle.is_some());
    update(plan, title, patches(throttle, before.is_some())).undone_by(update(
        plan,
        format!("put back the limit of {words}"),
        back,
    ))
}

/// Lets the plan's keys call a stage.
#[must_use]
pub fn add_stage(plan: &UsagePlan, api: &Api, stage: &str) -> Op {
    with_stage(plan, api, stage, true).undone_by(with_stage(plan, api, stage, false))
}

/// Stops the plan's keys from calling a stage. Limits of methods on it are lost.
#[must_use]
pub fn remove_stage(plan: &UsagePlan, api: &Api, stage: &str) -> Op {
    let limits = plan
        .api_stages
        .iter()
        .any(|s| s.api_id == api.id && s.stage == stage && s.throttle.is_some());
    let op = with_stage(plan, api, stage, false).danger(ask_on_production(
        stage,
        &format!("Keys of {} are refused there at once.", plan.name),
    ));
    if limits {
        op.final_because("the limits of its methods can't be brought back")
    } else {
        op.undone_by(with_stage(plan, api, stage, true))
    }
}

fn with_stage(plan: &UsagePlan, api: &Api, stage: &str, open: bool) -> Op {
    let value = format!("{}:{stage}", api.id);
    let (title, patch) = if open {
        (
            format!("let keys of {} call {} {stage}", plan.name, api.name),
            Patch::add("/apiStages", value),
        )
    } else {
        (
            format!("don't let keys of {} call {} {stage}", plan.name, api.name),
            Patch::remove_value("/apiStages", value),
        )
    };
    let mut op = update(plan, title, vec![patch]);
    op.target.api = Some(api.clone());
    op.target.stage = Some(stage.to_owned());
    op
}

/// Deletes a plan: takes its stages out first, because the service refuses to delete one that has some.
#[must_use]
pub fn delete(plan: &UsagePlan) -> Op {
    let mut calls: Vec<Call> = Vec::new();
    if !plan.api_stages.is_empty() {
        let stages = plan.api_stages.iter();
        let patches = stages
            .map(|s| Patch::remove_value("/apiStages", format!("{}:{}", s.api_id, s.stage)))
            .collect();
        calls.push(update_call(plan, patches));
    }
    calls.push(
        DeleteUsagePlan {
            usage_plan_id: plan.id.as_str().into(),
        }
        .into(),
    );
    change(format!("delete plan {}", plan.name), &plan.name, calls)
        .danger(Danger::TypeName {
            name: plan.name.clone(),
            why: "Its keys are refused at once on its stages, unless another plan lets them in."
                .to_owned(),
        })
        .final_because("usage counted so far is lost")
}

/// Puts a key into a plan.
#[must_use]
pub fn add_key(plan: &UsagePlan, key: &str, key_name: &str) -> Op {
    with_key(plan, key, key_name, true).undone_by(with_key(plan, key, key_name, false))
}

/// Takes a key out of a plan.
#[must_use]
pub fn remove_key(plan: &UsagePlan, key: &str, key_name: &str) -> Op {
    with_key(plan, key, key_name, false)
        .danger(Danger::Confirm(format!(
            "{key_name} is refused at once on the stages of {}.",
            plan.name
        )))
        .undone_by(with_key(plan, key, key_name, true))
}

fn with_key(plan: &UsagePlan, key: &str, key_name: &str, member: bool) -> Op {
    let plan_id: Id = plan.id.as_str().into();
    let (title, call): (_, Call) = if member {
        let call = CreateUsagePlanKey {
            usage_plan_id: plan_id,
            key_id: key.into(),
            key_type: "API_KEY".to_owned(),
        };
        (
            format!("put key {key_name} into {}", plan.name),
            call.into(),
        )
    } else {
        let call = DeleteUsagePlanKey {
            usage_plan_id: plan_id,
            key_id: key.into(),
        };
        (
            format!("take key {key_name} out of {}", plan.name),
            call.into(),
        )
    };
    change(title, &plan.name, vec![call])
        .stale([Query::UsagePlanKeys {
            plan: plan.id.clone(),
        }])
        .live_now("it acts at once")
}

/// Sets how many requests a key has left in this period.
#[must_use]
pub fn set_remaining(plan: &UsagePlan, key: &str, key_name: &str, remaining: i64) -> Op {
    let call = UpdateUsage {
        usage_plan_id: plan.id.as_str().into(),
        key_id: key.into(),
        patch_operations: vec![Patch::replace("/remaining", remaining.to_string())],
    };
    let title = format!("leave key {key_name} {remaining} requests of {}", plan.name);
    // Usage is asked for by days, which aren't known here; `Query::stales` finds those of the plan.
    change(title, &plan.name, vec![call.into()])
        .stale([Query::UsagePlanKeys {
            plan: plan.id.clone(),
        }])
        .live_now("it acts at once, until the period ends")
        .final_because("what it had left before goes on counting down")
}

/// A limit of 0 lets nothing through: source `spec/rest/throttling-usage-plans.md` §1.
fn turns_off(off: bool, plan: &UsagePlan) -> Danger {
    if off {
        Danger::Confirm(format!(
            "A limit of 0 turns {} off: each of its keys is refused at once.",
            plan.name
        ))
    } else {
        Danger::None
    }
}

/// `replace` needs something to replace.
fn set(had: bool, path: &str, value: &str) -> Patch {
    if had {
        Patch::replace(path, value)
    } else {
        Patch::add(path, value)
    }
}

fn update(plan: &UsagePlan, title: String, patches: Vec<Patch>) -> Op {
    change(title, &plan.name, vec![update_call(plan, patches)]).live_now("it acts at once")
}

fn update_call(plan: &UsagePlan, patch_operations: Vec<Patch>) -> Call {
    UpdateUsagePlan {
        usage_plan_id: plan.id.as_str().into(),
        patch_operations,
    }
    .into()
}

fn change(title: String, plan: &str, calls: Vec<Call>) -> Op {
    Op::change(title, Place::named(plan), calls).stale([Query::UsagePlans])
}
