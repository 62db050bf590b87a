//! API keys: create, turn on and off, reveal, rotate, import, delete. Source: `spec/rest/throttling-usage-plans.md` §2.

use crate::aws::call::{
    Call, CreateApiKey, CreateUsagePlanKey, DeleteApiKey, GetApiKey, Id, ImportApiKeys,
    SecretBytes, UpdateApiKey,
};
use crate::aws::op::{Danger, Kind, Op, Place};
use crate::aws::patch::Patch;
use crate::aws::query::Query;
use crate::aws::reply::Secret;
use crate::model::{ApiKey, UsagePlan};

/// Creates a key that is on, and puts it into plans. Without `value` the service makes one.
#[must_use]
pub fn create(name: &str, value: Option<Secret>, plans: &[&UsagePlan]) -> Op {
    let create = CreateApiKey {
        name: Some(name.to_owned()).filter(|n| !n.is_empty()),
        enabled: true,
        value,
        ..CreateApiKey::default()
    };
    let delete = DeleteApiKey { api_key: Id::of(0) };
    let live = if plans.is_empty() {
        "it opens nothing until a plan holds it"
    } else {
        "it may call the stages of its plans at once"
    };
    change(
        format!("create key {name}"),
        name,
        with_plans(create, plans),
    )
    .stale(keys_and_members(plans))
    .live_now(live)
    .undone_by(
        change(format!("delete key {name}"), name, vec![delete.into()])
            .stale(keys_and_members(plans)),
    )
}

/// Creates a key like another in the same plans, with a new value. The old one stays on until it is turned off: callers need time.
#[must_use]
pub fn rotate(key: &ApiKey, plans: &[&UsagePlan]) -> Op {
    let name = label(key);
    let create = CreateApiKey {
        name: key.name.clone(),
        description: key.description.clone(),
        enabled: true,
        customer_id: key.customer_id.clone(),
        tags: key.tags.clone().unwrap_or_default(),
        ..CreateApiKey::default()
    };
    let delete = DeleteApiKey { api_key: Id::of(0) };
    change(
        format!("create a successor of key {name}"),
        &name,
        with_plans(create, plans),
    )
    .stale(keys_and_members(plans))
    .live_now("both keys are good until you turn the old one off")
    .undone_by(
        change(
            format!("delete the successor of key {name}"),
            &name,
            vec![delete.into()],
        )
        .stale(keys_and_members(plans)),
    )
}

/// Turns a key on or off.
#[must_use]
pub fn enable(key: &ApiKey, on: bool) -> Op {
    let name = label(key);
    let turn = |on: bool| {
        let call = UpdateApiKey {
            api_key: key.id.as_str().into(),
            patch_operations: vec![Patch::replace("/enabled", on.to_string())],
        };
        let words = if on { "on" } else { "off" };
        change(format!("turn key {name} {words}"), &name, vec![call.into()])
            .live_now("it acts at once")
    };
    let op = turn(on);
    let op = if on {
        op
    } else {
        op.danger(Danger::Confirm(
            "Its callers are refused at once.".to_owned(),
        ))
    };
    op.undone_by(turn(!on))
}

/// Renames a key.
#[must_use]
pub fn rename(key: &ApiKey, name: &str) -> Op {
    let rename = |name: &str| {
        let call = UpdateApiKey {
            api_key: key.id.as_str().into(),
            patch_operations: vec![Patch::replace("/name", name)],
        };
        change(
            format!("rename key {} to {name}", label(key)),
            name,
            vec![call.into()],
        )
    };
    rename(name).undone_by(rename(key.name.as_deref().unwrap_or_default()))
}

/// Deletes a key, out of its plans too.
#[must_use]
pub fn delete(key: &ApiKey, plans: &[&UsagePlan]) -> Op {
    let name = label(key);
    let call = DeleteApiKey {
        api_key: key.id.as_str().into(),
    };
    change(format!("delete key {name}"), &name, vec![call.into()])
        .danger(Danger::TypeName {
            name: name.clone(),
            why: "Its callers are refused at once, and its value is gone.".to_owned(),
        })
        .stale(keys_and_members(plans))
        .live_now("its callers are refused at once")
        .final_because("a deleted key's value can't be brought back")
}

/// Reads a key's value. The answer is [`Answer::Key`](crate::aws::Answer).
#[must_use]
pub fn reveal(key: &ApiKey) -> Op {
    let call = GetApiKey {
        api_key: key.id.as_str().into(),
        include_value: true,
    };
    let name = label(key);
    let mut op = Op::change(
        format!("reveal key {name}"),
        Place::named(&name),
        vec![call.into()],
    )
    .final_because("what was seen was seen");
    op.kind = Kind::Reveal;
    op
}

/// Creates or changes keys from the text of a CSV file with the columns Name and Key.
#[must_use]
pub fn import(csv: Secret) -> Op {
    let call = ImportApiKeys {
        body: SecretBytes(csv),
        format: "csv".into(),
        fail_on_warnings: true,
    };
    change("import keys".to_owned(), "keys", vec![call.into()])
        .danger(Danger::Confirm(
            "A key whose value exists already is changed to what the file says.".to_owned(),
        ))
        .stale([Query::ApiKeys, Query::UsagePlans])
        .live_now("keys that are on may call the stages of their plans at once")
        .final_because("keys that were changed by it aren't known")
}

fn with_plans(create: CreateApiKey, plans: &[&UsagePlan]) -> Vec<Call> {
    let members = plans.iter().map(|plan| {
        Call::from(CreateUsagePlanKey {
            usage_plan_id: plan.id.as_str().into(),
            key_id: Id::of(0),
            key_type: "API_KEY".to_owned(),
        })
    });
    std::iter::once(create.into()).chain(members).collect()
}

fn keys_and_members(plans: &[&UsagePlan]) -> Vec<Query> {
    let members = plans.iter().map(|plan| Query::UsagePlanKeys {
        plan: plan.id.clone(),
    });
    std::iter::once(Query::ApiKeys).chain(members).collect()
}

/// What people call a key: names may be missing.
fn label(key: &ApiKey) -> String {
    key.name.clone().unwrap_or_else(|| key.id.clone())
}

fn change(title: String, key: &str, calls: Vec<Call>) -> Op {
    Op::change(title, Place::named(key), calls).stale([Query::ApiKeys])
}
