//! API keys.
//!
//! Source: `spec/rest/throttling-usage-plans.md` §2, `spec/aws-recorded/FACTS.md` §9.

use serde::Deserialize;
use serde_json::json;

use super::error::{NO_API_KEY, NO_USAGE_PLAN, bad, not_found};
use super::page::{newest_first, page};
use super::state::Listed;
use super::txn::{NOTHING, Txn, answer, patch, read, text};
use super::{Answer, api_key_file, quotas, tags, usage_plan_keys};
use crate::engine::wire::{Input, ServiceError};
use crate::model::patch::apply;
use crate::model::{ApiKey, Map};

const MAX_NAME: usize = 1024;
/// The service has a limit; its size is in no recording and no document that was read.
const MAX_DESCRIPTION: usize = 1024;
const MIN_VALUE: usize = 20;
const MAX_VALUE: usize = 128;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreateApiKey {
    name: Option<String>,
    description: Option<String>,
    #[serde(default)]
    enabled: bool,
    value: Option<String>,
    #[serde(default)]
    stage_keys: Vec<StageKey>,
    customer_id: Option<String>,
    tags: Option<Map<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct StageKey {
    rest_api_id: String,
    stage_name: String,
}

pub(super) fn create(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let given: CreateApiKey = read(input)?;
    let now = txn.now();
    let key = ApiKey {
        id: new_id(txn),
        value: Some(given.value.unwrap_or_else(|| txn.deps.ids.key_value())),
        name: given.name.filter(|name| !name.is_empty()),
        customer_id: given.customer_id.filter(|id| !id.is_empty()),
        description: given.description.filter(|text| !text.is_empty()),
        enabled: given.enabled,
        created_date: now,
        last_updated_date: now,
        stage_keys: given
            .stage_keys
            .into_iter()
            .map(|key| format!("{}/{}", key.rest_api_id, key.stage_name))
            .collect(),
        tags: tags::kept(given.tags)?,
    };
    check(&key)?;
    check_room(txn)?;
    check_value(txn, key.value.as_deref().unwrap_or_default())?;
    let place = txn.place();
    txn.put_key(place, key.clone())?;
    answer(&key)
}

fn check_room(txn: &Txn<'_>) -> Result<(), ServiceError> {
    let most = txn.deps.quotas.api_keys;
    quotas::check(txn.region.keys.len(), most, "API Keys", None)
}

fn new_id(txn: &Txn<'_>) -> String {
    loop {
        let id = txn.deps.ids.long();
        if !txn.region.keys.contains_key(&id) {
            return id;
        }
    }
}

fn check(key: &ApiKey) -> Result<(), ServiceError> {
    let length = |text: Option<&String>| text.map_or(0, |text| text.chars().count());
    if length(key.name.as_ref()) > MAX_NAME {
        return Err(bad("Invalid API Key name, can be at most 1024 characters."));
    }
    if length(key.description.as_ref()) > MAX_DESCRIPTION {
        return Err(bad("Invalid API Key description specified."));
    }
    Ok(())
}

fn check_value(txn: &Txn<'_>, value: &str) -> Result<(), ServiceError> {
    if value.len() < MIN_VALUE {
        return Err(bad("API Key value should be at least 20 characters"));
    }
    if value.len() > MAX_VALUE {
        return Err(bad("API Key value exceeds maximum size of 128 characters"));
    }
    if with_value(txn, value).is_some() {
        return Err(ServiceError::conflict("API Key already exists"));
    }
    Ok(())
}

fn with_value(txn: &Txn<'_>, value: &str) -> Option<Listed<ApiKey>> {
    txn.region
        .keys
        .values()
        .find(|key| key.entity.value.as_deref() == Some(value))
        .cloned()
}

fn find(txn: &Txn<'_>, input: &Input) -> Result<Listed<ApiKey>, ServiceError> {
    txn.region
        .keys
        .get(text(input, "api_Key"))
        .cloned()
        .ok_or_else(|| not_found(NO_API_KEY))
}

/// The key with its tags present, and without its value unless that was asked for.
fn shown(key: &ApiKey, value: bool) -> ApiKey {
    let mut key = without_value(key, value);
    key.tags.get_or_insert_default();
    key
}

fn without_value(key: &ApiKey, value: bool) -> ApiKey {
    let mut key = key.clone();
    if !value {
        key.value = None;
    }
    key
}

pub(super) fn get(txn: &Txn<'_>, input: &Input) -> Answer {
    let key = find(txn, input)?;
    answer(&shown(&key.entity, input.flag("includeValue")))
}

/// Newest first; the name is a prefix and its case counts (recorded).
pub(super) fn list(txn: &Txn<'_>, input: &Input) -> Answer {
    let prefix = text(input, "name");
    let customer = input.text("customerId");
    let values = input.flag("includeValues");
    let mut entries = Vec::new();
    for key in txn.region.keys.values() {
        let named = key
            .entity
            .name
            .as_deref()
            .unwrap_or_default()
            .starts_with(prefix);
        if named && customer.is_none_or(|id| key.entity.customer_id.as_deref() == Some(id)) {
            let json = answer(&without_value(&key.entity, values))?;
            entries.push((newest_first(key.place), json));
        }
    }
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    page(entries, input)
}

pub(super) fn update(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let held = find(txn, input)?;
    let mut key = held.entity.as_ref().clone();
    apply(&mut key, &patch(input)?)?;
    check(&key)?;
    key.last_updated_date = txn.now();
    txn.put_key(held.place, key.clone())?;
    answer(&shown(&key, false))
}

pub(super) fn delete(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let key = find(txn, input)?;
    txn.remove_key(&key.entity.id);
    NOTHING
}

/// Keys from a file. A value that exists already is updated; the last of several lines with one value counts.
pub(super) fn import(txn: &mut Txn<'_>, input: &Input) -> Answer {
    if input.text("format").is_some_and(|format| format != "csv") {
        return Err(bad("Invalid format specified. Must be csv"));
    }
    let body = input.payload.as_deref().unwrap_or_default();
    let file = api_key_file::parse(body).map_err(bad)?;
    let strict = input.flag("failonwarnings");
    let (mut ids, mut warnings) = (Vec::new(), Vec::new());
    for line in file {
        let (place, mut key) = if let Some(held) = with_value(txn, &line.key) {
            (held.place, held.entity.as_ref().clone())
        } else {
            check_room(txn)?;
            check_value(txn, &line.key)?;
            let key = ApiKey {
                id: new_id(txn),
                value: Some(line.key),
                created_date: txn.now(),
                ..ApiKey::default()
            };
            (txn.place(), key)
        };
        key.name = Some(line.name).filter(|name| !name.is_empty());
        key.description = line.description.or(key.description);
        key.enabled = line.enabled;
        key.last_updated_date = txn.now();
        check(&key)?;
        let id = key.id.clone();
        txn.put_key(place, key)?;
        for plan in line.usage_plan_ids {
            // A file may be imported again as it is.
            let member = (plan.clone(), id.clone());
            let joined = if txn.region.members.contains_key(&member) {
                Ok(())
            } else if txn.region.plans.contains_key(&plan) {
                usage_plan_keys::join(txn, &plan, &id)
            } else {
                Err(not_found(&format!("{NO_USAGE_PLAN}: {plan}")))
            };
            match joined {
                Err(error) if strict => return Err(bad(error.message)),
                Err(error) => warnings.push(format!("API Key {id}: {}", error.message)),
                Ok(()) => {}
            }
        }
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    let mut result = json!({ "ids": ids });
    if !warnings.is_empty() {
        result["warnings"] = warnings.into();
    }
    Ok(result)
}
