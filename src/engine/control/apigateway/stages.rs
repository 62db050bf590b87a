//! Stages.
//!
//! Source: `spec/rest/deployments-stages-canary.md` §2 to §7, limits in `spec/rest/resources-methods.md` §5.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::json;

use super::error::{NO_STAGE, bad, not_found};
use super::rest_apis::mapped_domains;
use super::state::Api;
use super::txn::{NOTHING, Txn, answer, patch, read, text};
use super::{Answer, client_certificates, quotas, tags, usage_plans};
use crate::engine::gateway;
use crate::engine::wire::{Input, ServiceError};
use crate::model::patch::apply_to_stage;
use crate::model::{AccessLogSettings, CanarySettings, Map, MethodSetting, Stage};

const MAX_NAME: usize = 128;
const MAX_VARIABLES: usize = 100;
const MAX_VARIABLE_NAME: usize = 64;
const MAX_VARIABLE_VALUE: usize = 512;
const MAX_ACCESS_LOG_FORMAT: usize = 3 * 1024;
const MAX_CACHE_TTL: i64 = 3600;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreateStage {
    #[serde(default)]
    stage_name: String,
    #[serde(default)]
    deployment_id: String,
    description: Option<String>,
    #[serde(default)]
    cache_cluster_enabled: bool,
    cache_cluster_size: Option<String>,
    variables: Option<Map<String>>,
    documentation_version: Option<String>,
    canary_settings: Option<CanarySettings>,
    #[serde(default)]
    tracing_enabled: bool,
    tags: Option<Map<String>>,
}

pub(super) fn create(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let api_id = text(input, "restapi_id");
    let api = txn.api(api_id)?;
    let given: CreateStage = read(input)?;
    check_new(txn, &api, &given.stage_name)?;
    let now = txn.now();
    let canary_settings = given.canary_settings.map(|canary| CanarySettings {
        deployment_id: canary
            .deployment_id
            .or_else(|| Some(given.deployment_id.clone())),
        ..canary
    });
    let mut stage = Stage {
        stage_name: given.stage_name,
        deployment_id: given.deployment_id,
        description: given.description.filter(|text| !text.is_empty()),
        variables: given.variables.filter(|map| !map.is_empty()),
        documentation_version: given.documentation_version,
        canary_settings,
        tracing_enabled: given.tracing_enabled,
        tags: tags::kept(given.tags)?,
        created_date: now,
        last_updated_date: now,
        ..Stage::default()
    };
    stage.set_cache_cluster(given.cache_cluster_enabled, given.cache_cluster_size);
    check(txn, api_id, None, &stage)?;
    txn.put(api_id, stage.clone())?;
    answer(&stage)
}

/// Whether the API can have a stage of this name.
pub(super) fn check_new(txn: &Txn<'_>, api: &Api, name: &str) -> Result<(), ServiceError> {
    let fits = (1..=MAX_NAME).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
    if !fits {
        // The service's text, as reports have it: it has not learnt of hyphens.
        return Err(bad("Stage name only allows a-zA-Z0-9_"));
    }
    if api.stages.contains_key(name) {
        return Err(ServiceError::conflict("Stage already exists"));
    }
    let most = txn.deps.quotas.stages_per_api;
    quotas::check(api.stages.len(), most, "Stages", Some("API"))
}

/// What must hold of a stage however it came about; `held` is what it was before. What the gateway can't serve comes last, so that
/// a mistake is named as the service names it.
pub(super) fn check(
    txn: &Txn<'_>,
    api_id: &str,
    held: Option<&Stage>,
    stage: &Stage,
) -> Result<(), ServiceError> {
    let api = txn.api(api_id)?;
    let canary = stage.canary_settings.as_ref();
    let deployments = std::iter::once(&stage.deployment_id)
        .chain(canary.and_then(|canary| canary.deployment_id.as_ref()));
    for id in deployments {
        if !api.deployments.contains_key(id) {
            return Err(bad("Deployment id does not exist"));
        }
    }
    // The texts of the rest are not recorded.
    if let Some(id) = &stage.client_certificate_id
        && held.is_none_or(|held| held.client_certificate_id.as_ref() != Some(id))
    {
        client_certificates::find(txn, id).map_err(|error| bad(error.message))?;
    }
    if canary.is_some_and(|canary| !(0.0..=100.0).contains(&canary.percent_traffic)) {
        return Err(bad("Canary percentTraffic must be between 0.0 and 100.0"));
    }
    let overrides = canary.and_then(|canary| canary.stage_variable_overrides.as_ref());
    for variables in stage.variables.iter().chain(overrides) {
        check_variables(variables)?;
    }
    for setting in stage.method_settings.values() {
        check_setting(setting)?;
    }
    if let Some(log) = &stage.access_log_settings {
        check_access_log(log)?;
    }
    check_logging(txn, held, stage)?;
    gateway::check_stage(stage).map_err(|unserved| bad(unserved.to_string()))
}

/// A patch of single settings can't break these rules, one of all settings at once can.
fn check_setting(setting: &MethodSetting) -> Result<(), ServiceError> {
    let level = setting.logging_level.as_deref().unwrap_or("OFF");
    let limits_fit = setting.throttling_burst_limit >= -1 && setting.throttling_rate_limit >= -1.0;
    if !["OFF", "ERROR", "INFO"].contains(&level)
        || !(0..=MAX_CACHE_TTL).contains(&setting.cache_ttl_in_seconds)
        || !limits_fit
    {
        return Err(bad(format!(
            "Invalid method settings: loggingLevel must be OFF, ERROR or INFO, cacheTtlInSeconds 0 to {MAX_CACHE_TTL}, and throttles not negative"
        )));
    }
    Ok(())
}

fn check_variables(variables: &Map<String>) -> Result<(), ServiceError> {
    if variables.len() > MAX_VARIABLES {
        return Err(bad(format!(
            "A stage can have at most {MAX_VARIABLES} stage variables"
        )));
    }
    for (name, value) in variables {
        let named = (1..=MAX_VARIABLE_NAME).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !named {
            // This text and the next are seen in reports, blanks and quotes included.
            return Err(bad(format!(
                "Invalid stage variable name: {name}.  Please use names with only word characters."
            )));
        }
        // The documented characters, and the blank that the text names.
        let valued = (1..=MAX_VARIABLE_VALUE).contains(&value.len())
            && value
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b" -._~:/?#&=,".contains(&b));
        if !valued {
            return Err(bad(format!(
                "Invalid stage variable value: {value}.  Please use values with alphanumeric characters and the symbols ' ', -', '.', '_', ':', '/', '?', '&', '=', and ','."
            )));
        }
    }
    Ok(())
}

pub(super) fn get(txn: &Txn<'_>, input: &Input) -> Answer {
    let stage = find(txn, input)?;
    shown(txn, text(input, "restapi_id"), &stage)
}

/// The stage that a call names.
fn find(txn: &Txn<'_>, input: &Input) -> Result<Arc<Stage>, ServiceError> {
    let api = txn.api_or(text(input, "restapi_id"), NO_STAGE)?;
    api.stages
        .get(text(input, "stage_name"))
        .cloned()
        .ok_or_else(|| not_found(NO_STAGE))
}

/// All stages, or those on one deployment; not in pages.
pub(super) fn list(txn: &Txn<'_>, input: &Input) -> Answer {
    let api = txn.api(text(input, "restapi_id"))?;
    let deployment = input.text("deploymentId");
    let mut items = Vec::new();
    for stage in api.stages.values() {
        if deployment.is_none_or(|id| stage.deployment_id == id) {
            items.push(shown(txn, text(input, "restapi_id"), stage)?);
        }
    }
    Ok(json!({ "item": items }))
}

pub(super) fn update(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let api_id = text(input, "restapi_id");
    let held = find(txn, input)?;
    let mut stage = held.as_ref().clone();
    apply_to_stage(&mut stage, &patch(input)?)?;
    check(txn, api_id, Some(&held), &stage)?;
    if let Some(canary) = &stage.canary_settings {
        let moved = stage.deployment_id != held.deployment_id;
        if moved && canary.deployment_id.as_ref() != Some(&stage.deployment_id) {
            // The rule is documented, its text is not.
            return Err(bad(
                "The stage has a canary and can't be moved to another deployment: promote the canary or remove it first",
            ));
        }
    }
    stage.last_updated_date = txn.now();
    txn.put(api_id, stage.clone())?;
    let cluster = |s: &Stage| (s.cache_cluster_enabled, s.cache_cluster_size.clone());
    if cluster(&stage) == cluster(&held) {
        shown(txn, api_id, &stage)
    } else {
        answer(&stage)
    }
}

/// What an access log must have. Destination and format may be set one after the other (recorded); the texts are not recorded.
fn check_access_log(log: &AccessLogSettings) -> Result<(), ServiceError> {
    const FIREHOSE: &str = ":deliverystream/amazon-apigateway-";
    if let Some(arn) = &log.destination_arn {
        let firehose = arn.starts_with("arn:aws:firehose:") && arn.contains(FIREHOSE);
        if !firehose && gateway::log_group_of(arn).is_none() {
            return Err(bad(format!(
                "Invalid ARN specified in the request: '{arn}' must be the ARN of a CloudWatch Logs log group, or of a Firehose stream whose name begins with amazon-apigateway-"
            )));
        }
    }
    let Some(format) = &log.format else {
        return Ok(());
    };
    if format.len() > MAX_ACCESS_LOG_FORMAT {
        return Err(bad(format!(
            "The access log format is longer than {MAX_ACCESS_LOG_FORMAT} bytes"
        )));
    }
    if format.contains(['\n', '\r']) {
        return Err(bad("The access log format must be a single line"));
    }
    if !["$context.requestId", "$context.extendedRequestId"]
        .iter()
        .any(|id| format.contains(id))
    {
        return Err(bad(
            "Access log format must contain at least $context.requestId or $context.extendedRequestId",
        ));
    }
    Ok(())
}

/// Execution logs need the account's role. Access logs do without: a role is nothing that this engine would assume, and recordings set
/// their destination without a word about it.
fn check_logging(txn: &Txn<'_>, held: Option<&Stage>, stage: &Stage) -> Result<(), ServiceError> {
    let logs = |stage: &Stage| {
        stage.method_settings.values().any(|setting| {
            setting
                .logging_level
                .as_deref()
                .is_some_and(|level| level != "OFF")
        })
    };
    if logs(stage) && !held.is_some_and(logs) && txn.region.account.cloudwatch_role_arn.is_none() {
        return Err(bad(
            "CloudWatch Logs role ARN must be set in account settings to enable logging",
        ));
    }
    Ok(())
}

pub(super) fn delete(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let stage = find(txn, input)?;
    let (api_id, name) = (text(input, "restapi_id"), stage.stage_name.as_str());
    let domains = mapped_domains(txn, |mapping| {
        mapping.rest_api_id == api_id && mapping.stage.as_deref() == Some(name)
    });
    if !domains.is_empty() {
        // Seen in reports.
        return Err(bad(format!(
            "Deleting stage {name} failed. Please remove all base path mappings related to the stage in your domains: {domains}"
        )));
    }
    txn.remove::<Stage>(api_id, name);
    usage_plans::forget_stages(txn, |api, name| api == api_id && name == stage.stage_name)?;
    NOTHING
}

/// Empties the stage's cache; a stage without one has nothing to flush.
pub(super) fn flush_cache(txn: &Txn<'_>, input: &Input) -> Answer {
    let stage = find(txn, input)?;
    let api_id = text(input, "restapi_id");
    txn.deps.gateway.flush_cache(api_id, &stage.stage_name);
    NOTHING
}

/// What authorizers answered is kept per stage: there must be one to flush.
pub(super) fn flush_authorizers(txn: &Txn<'_>, input: &Input) -> Answer {
    let stage = find(txn, input)?;
    let api_id = text(input, "restapi_id");
    txn.deps
        .gateway
        .flush_authorizers(api_id, &stage.stage_name);
    NOTHING
}

/// A stage as it is served: its cache may have come or gone since it was written.
fn shown(txn: &Txn<'_>, api_id: &str, stage: &Stage) -> Answer {
    match txn.deps.gateway.cache_status(api_id, &stage.stage_name) {
        Some(status) if status != stage.cache_cluster_status => answer(&Stage {
            cache_cluster_status: status.to_owned(),
            ..stage.clone()
        }),
        _ => answer(stage),
    }
}
