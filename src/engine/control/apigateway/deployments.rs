//! Deployments: an API's definition, frozen.
//!
//! Source: `spec/rest/deployments-stages-canary.md` §1 and §6.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::Answer;
use super::error::{NO_DEPLOYMENT, bad, not_found};
use super::page::{newest_first, page};
use super::stages;
use super::state::{Api, Deployed};
use super::txn::{NOTHING, Txn, answer, patch, read, text};
use crate::engine::gateway;
use crate::engine::wire::{Input, ServiceError};
use crate::model::patch::apply;
use crate::model::{CanarySettings, Definition, Deployment, Map, MethodSnapshot, Stage};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreateDeployment {
    stage_name: Option<String>,
    stage_description: Option<String>,
    description: Option<String>,
    cache_cluster_enabled: Option<bool>,
    cache_cluster_size: Option<String>,
    variables: Option<Map<String>>,
    canary_settings: Option<CanarySettings>,
    tracing_enabled: Option<bool>,
}

pub(super) fn create(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let api_id = text(input, "restapi_id");
    let api = txn.api(api_id)?;
    let given: CreateDeployment = read(input)?;
    let definition = api.definition();
    check(&definition)?;
    let place = txn.place();
    let deployment = Deployment {
        id: txn.new_short_id(|id| api.deployments.contains_key(id)),
        description: given.description.clone().filter(|text| !text.is_empty()),
        created_date: txn.now(),
        api_summary: None,
    };
    let deployed = Deployed {
        place,
        deployment: deployment.clone(),
        definition: Arc::new(definition),
    };
    txn.put(api_id, deployed)?;
    match given.stage_name.as_deref().filter(|name| !name.is_empty()) {
        Some(name) => {
            let stage = stage_of(txn, &api, name, &deployment.id, &given)?;
            let held = api.stages.get(name).map(AsRef::as_ref);
            stages::check(txn, api_id, held, &stage)?;
            txn.put(api_id, stage)?;
        }
        None if given.canary_settings.is_some() => {
            return Err(bad(
                "Invalid deployment content specified.Stage name must be specified when making a canary release deployment",
            ));
        }
        None => {}
    }
    answer(&deployment)
}

/// Whether the definition can be served: by the service's rules, and by what the gateway knows.
fn check(definition: &Definition) -> Result<(), ServiceError> {
    let methods = definition.methods();
    if methods.is_empty() {
        return Err(bad("The REST API doesn't contain any methods"));
    }
    if methods.iter().any(|(_, m)| m.method_integration.is_none()) {
        return Err(bad("No integration defined for method"));
    }
    let types = &definition.rest_api.endpoint_configuration.types;
    if types.iter().any(|t| t == "PRIVATE") && definition.rest_api.policy.is_none() {
        // Recalled, not recorded.
        return Err(bad(
            "Private REST API doesn't have a resource policy attached to it",
        ));
    }
    gateway::check(definition).map_err(|unserved| bad(unserved.to_string()))
}

/// The stage that a deployment goes to, made or moved.
fn stage_of(
    txn: &Txn<'_>,
    api: &Api,
    name: &str,
    deployment_id: &str,
    given: &CreateDeployment,
) -> Result<Stage, ServiceError> {
    let now = txn.now();
    let mut stage = match (api.stages.get(name), &given.canary_settings) {
        (Some(held), _) => held.as_ref().clone(),
        (None, Some(_)) => {
            // This text and the next are seen in reports, without a blank after the first sentence.
            return Err(bad(format!(
                "Invalid deployment content specified.Stage {name} must already be created before making a canary release deployment"
            )));
        }
        (None, None) => {
            stages::check_new(txn, api, name)?;
            Stage {
                stage_name: name.to_owned(),
                deployment_id: deployment_id.to_owned(),
                created_date: now,
                ..Stage::default()
            }
        }
    };
    stage.last_updated_date = now;
    match (&given.canary_settings, &mut stage.canary_settings) {
        // The canary is replaced as a whole; the stage's own deployment and variables stay (recorded).
        (Some(canary), held) => {
            *held = Some(CanarySettings {
                deployment_id: Some(deployment_id.to_owned()),
                ..canary.clone()
            });
        }
        (None, Some(_)) => {
            return Err(bad(format!(
                "Invalid deployment content specified.Non canary deployment not supported on stage {name} because Canary is enabled. Provide CanarySettings in deploymentInput."
            )));
        }
        (None, None) => deployment_id.clone_into(&mut stage.deployment_id),
    }
    if let Some(variables) = given.variables.clone().filter(|map| !map.is_empty()) {
        stage.variables.get_or_insert_default().extend(variables);
    }
    if let Some(description) = &given.stage_description {
        stage.description = Some(description.clone()).filter(|text| !text.is_empty());
    }
    if let Some(enabled) = given.tracing_enabled {
        stage.tracing_enabled = enabled;
    }
    if given.cache_cluster_enabled.is_some() || given.cache_cluster_size.is_some() {
        let enabled = given
            .cache_cluster_enabled
            .unwrap_or(stage.cache_cluster_enabled);
        let size = given
            .cache_cluster_size
            .clone()
            .or(stage.cache_cluster_size.clone());
        stage.set_cache_cluster(enabled, size);
    }
    Ok(stage)
}

pub(super) fn get(txn: &Txn<'_>, input: &Input) -> Answer {
    let deployed = find(txn, input)?;
    let mut deployment = deployed.deployment.clone();
    let wants_summary = input
        .members
        .get("embed")
        .and_then(Value::as_array)
        .is_some_and(|embed| embed.iter().any(|what| what == "apisummary"));
    if wants_summary {
        deployment.api_summary = Some(summary(&deployed.definition));
    }
    answer(&deployment)
}

/// Path → verb → how the method is protected.
fn summary(definition: &Definition) -> Map<Map<MethodSnapshot>> {
    let mut paths: Map<Map<MethodSnapshot>> = Map::default();
    for (resource, method) in definition.methods() {
        let snapshot = MethodSnapshot {
            authorization_type: method.authorization_type.clone(),
            api_key_required: method.api_key_required,
        };
        paths
            .entry(resource.path.clone())
            .or_default()
            .insert(method.http_method.clone(), snapshot);
    }
    paths
}

/// The deployment that a call names.
fn find(txn: &Txn<'_>, input: &Input) -> Result<Arc<Deployed>, ServiceError> {
    let api = txn.api_or(text(input, "restapi_id"), NO_DEPLOYMENT)?;
    api.deployments
        .get(text(input, "deployment_id"))
        .cloned()
        .ok_or_else(|| not_found(NO_DEPLOYMENT))
}

/// Newest first: a list of deployments is read as a history.
pub(super) fn list(txn: &Txn<'_>, input: &Input) -> Answer {
    let api = txn.api(text(input, "restapi_id"))?;
    let mut entries = Vec::new();
    for deployed in api.deployments.values() {
        entries.push((newest_first(deployed.place), answer(&deployed.deployment)?));
    }
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    page(entries, input)
}

pub(super) fn update(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let mut deployed = find(txn, input)?.as_ref().clone();
    apply(&mut deployed.deployment, &patch(input)?)?;
    let deployment = deployed.deployment.clone();
    txn.put(text(input, "restapi_id"), deployed)?;
    answer(&deployment)
}

pub(super) fn delete(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let deployed = find(txn, input)?;
    let (api_id, id) = (text(input, "restapi_id"), &deployed.deployment.id);
    let used = |stage: &Arc<Stage>| {
        let canary = stage.canary_settings.as_ref();
        stage.deployment_id == *id || canary.is_some_and(|c| c.deployment_id.as_ref() == Some(id))
    };
    if txn.api(api_id)?.stages.values().any(used) {
        return Err(bad(
            "Active stages pointing to this deployment must be moved or deleted",
        ));
    }
    txn.remove::<Deployed>(api_id, id);
    NOTHING
}
