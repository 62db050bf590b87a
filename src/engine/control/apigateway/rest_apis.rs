//! REST APIs.
//!
//! Source: `spec/rest/control-plane.md` §2 and §4, `spec/aws-recorded/FACTS.md` §2.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::error::bad;
use super::page::{oldest_first, page};
use super::resource_policy;
use super::state::Api;
use super::tags;
use super::txn::{NOTHING, Txn, answer, patch, read, text};
use super::{Answer, quotas};
use crate::engine::wire::{Input, ServiceError};
use crate::model::patch::apply;
use crate::model::{BasePathMapping, EndpointConfiguration, Map, Model, Resource, RestApi};

const MAX_COMPRESSION: i64 = 10_485_760;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreateRestApi {
    #[serde(default)]
    name: String,
    description: Option<String>,
    version: Option<String>,
    clone_from: Option<String>,
    #[serde(default)]
    binary_media_types: Vec<String>,
    minimum_compression_size: Option<i64>,
    api_key_source: Option<String>,
    endpoint_configuration: Option<Endpoint>,
    policy: Option<String>,
    tags: Option<Map<String>>,
    #[serde(default)]
    disable_execute_api_endpoint: bool,
    security_policy: Option<String>,
    endpoint_access_mode: Option<String>,
}

/// An endpoint configuration as it is given: no types is not the same as an empty list of them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Endpoint {
    pub(super) types: Option<Vec<String>>,
    pub(super) ip_address_type: Option<String>,
    #[serde(default)]
    pub(super) vpc_endpoint_ids: Vec<String>,
}

pub(super) fn create(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let given: CreateRestApi = read(input)?;
    if given.description.as_deref() == Some("") {
        return Err(bad("Description cannot be an empty string"));
    }
    let endpoint_configuration = endpoint(given.endpoint_configuration)?;
    let source = given.clone_from.map(|id| txn.api(&id)).transpose()?;
    // Of the settings, a clone takes those that belong to the definition, unless they are given.
    let cloned = source.as_ref().map(|source| source.rest_api.as_ref());
    let binary_media_types = match cloned {
        Some(cloned) if given.binary_media_types.is_empty() => cloned.binary_media_types.clone(),
        _ => given.binary_media_types,
    };
    let api_key_source = given
        .api_key_source
        .or_else(|| cloned.map(|cloned| cloned.api_key_source.clone()));
    let minimum_compression_size = given
        .minimum_compression_size
        .or_else(|| cloned?.minimum_compression_size);
    let mut rest_api = RestApi {
        id: txn.new_api_id(),
        name: given.name,
        description: given.description,
        created_date: txn.now(),
        version: given.version,
        warnings: Vec::new(),
        binary_media_types,
        minimum_compression_size,
        api_key_source: api_key_source.unwrap_or_else(|| "HEADER".to_owned()),
        endpoint_configuration,
        policy: given.policy,
        tags: tags::kept(given.tags)?,
        disable_execute_api_endpoint: given.disable_execute_api_endpoint,
        root_resource_id: txn.deps.ids.long(),
        security_policy: given.security_policy,
        endpoint_access_mode: given.endpoint_access_mode,
    };
    check(&rest_api)?;
    rest_api.policy = resource_policy::kept(rest_api.policy, txn, &rest_api.id)?;
    check_room(txn, &rest_api)?;
    let place = txn.place();
    txn.put_api(place, rest_api.clone())?;
    match source {
        Some(source) => copy_parts(txn, &source, &rest_api)?,
        None => fill(txn, &rest_api)?,
    }
    rest_api.policy = rest_api.policy.as_deref().map(resource_policy::shown);
    answer(&rest_api)
}

/// Whether the region has room for one more API of this endpoint type.
pub(super) fn check_room(txn: &Txn<'_>, rest_api: &RestApi) -> Result<(), ServiceError> {
    let quotas = &txn.deps.quotas;
    let types = &rest_api.endpoint_configuration.types;
    let most = match types.first().map(String::as_str) {
        Some("REGIONAL") => quotas.regional_apis,
        Some("PRIVATE") => quotas.private_apis,
        _ => quotas.edge_apis,
    };
    let apis = txn.region.apis.values();
    let held = apis.filter(|api| api.rest_api.endpoint_configuration.types == *types);
    quotas::check(held.count(), most, "APIs", None)
}

pub(super) fn endpoint(given: Option<Endpoint>) -> Result<EndpointConfiguration, ServiceError> {
    let given = given.unwrap_or(Endpoint {
        types: None,
        ip_address_type: None,
        vpc_endpoint_ids: Vec::new(),
    });
    let types = given.types.unwrap_or_else(|| vec!["EDGE".to_owned()]);
    let ip_address_type = match types.as_slice() {
        [] => {
            return Err(bad(
                "REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.",
            ));
        }
        [one] if one == "PRIVATE" => "dualstack",
        [_] => "ipv4",
        _ => {
            return Err(bad("Cannot create an api with multiple Endpoint Types."));
        }
    };
    Ok(EndpointConfiguration {
        types,
        ip_address_type: given
            .ip_address_type
            .or_else(|| Some(ip_address_type.to_owned())),
        vpc_endpoint_ids: given.vpc_endpoint_ids,
    })
}

/// What must hold after a create and after an update.
pub(super) fn check(api: &RestApi) -> Result<(), ServiceError> {
    if api.name.trim().is_empty() {
        return Err(bad("REST API name cannot be blank"));
    }
    if api
        .minimum_compression_size
        .is_some_and(|size| !(0..=MAX_COMPRESSION).contains(&size))
    {
        return Err(bad(format!(
            "Invalid minimum compression size, must be between 0 and {MAX_COMPRESSION}"
        )));
    }
    let types = &api.endpoint_configuration.types;
    if let Some(wrong) = types
        .iter()
        .find(|t| !["EDGE", "REGIONAL", "PRIVATE"].contains(&t.as_str()))
    {
        return Err(bad(format!(
            "Invalid endpoint type '{wrong}'. Must be one of [EDGE, REGIONAL, PRIVATE]"
        )));
    }
    if !api.endpoint_configuration.vpc_endpoint_ids.is_empty() && !is_private(api) {
        return Err(bad("VPCEndpoints can only be specified with PRIVATE apis."));
    }
    Ok(())
}

fn is_private(api: &RestApi) -> bool {
    let types = &api.endpoint_configuration.types;
    types.iter().any(|one| one == "PRIVATE")
}

/// What a new API has: the root, and the two models that every API starts with.
fn fill(txn: &mut Txn<'_>, api: &RestApi) -> Result<(), ServiceError> {
    txn.put(&api.id, root(api))?;
    for (name, description, schema) in Model::built_in() {
        let model = Model {
            id: txn.deps.ids.short(),
            name: name.to_owned(),
            description: Some(description.to_owned()),
            schema: Some(schema.to_owned()),
            content_type: "application/json".to_owned(),
        };
        txn.put(&api.id, model)?;
    }
    Ok(())
}

pub(super) fn root(api: &RestApi) -> Resource {
    Resource {
        id: api.root_resource_id.clone(),
        path: "/".to_owned(),
        ..Resource::default()
    }
}

/// Copies another API's parts under new ids.
fn copy_parts(txn: &mut Txn<'_>, source: &Arc<Api>, api: &RestApi) -> Result<(), ServiceError> {
    let mut ids: BTreeMap<String, String> = BTreeMap::new();
    let parts = source
        .resources
        .keys()
        .chain(source.validators.keys())
        .chain(source.authorizers.keys());
    for old in parts {
        let new = if *old == source.rest_api.root_resource_id {
            api.root_resource_id.clone()
        } else {
            txn.new_short_id(|id| ids.values().any(|taken| taken == id))
        };
        ids.insert(old.clone(), new);
    }
    let renamed = |id: &String| ids.get(id).cloned().unwrap_or_else(|| id.clone());
    for model in source.models.values() {
        let id = txn.deps.ids.short();
        let model = Model {
            id,
            // References name the API that they are in.
            schema: model.schema.as_ref().map(|schema| {
                let models = |id: &str| format!("/restapis/{id}/models/");
                schema.replace(&models(&source.rest_api.id), &models(&api.id))
            }),
            ..model.as_ref().clone()
        };
        txn.put(&api.id, model)?;
    }
    for part in source.documentation_parts.values() {
        let mut part = part.as_ref().clone();
        part.part.id = txn.deps.ids.short();
        txn.put(&api.id, part)?;
    }
    for validator in source.validators.values() {
        let mut validator = validator.as_ref().clone();
        validator.id = renamed(&validator.id);
        txn.put(&api.id, validator)?;
    }
    for authorizer in source.authorizers.values() {
        let mut authorizer = authorizer.as_ref().clone();
        authorizer.id = renamed(&authorizer.id);
        txn.put(&api.id, authorizer)?;
    }
    for response in source.gateway_responses.values() {
        txn.put(&api.id, response.as_ref().clone())?;
    }
    for resource in source.resources.values() {
        let mut resource = resource.as_ref().clone();
        resource.id = renamed(&resource.id);
        resource.parent_id = resource.parent_id.as_ref().map(renamed);
        for method in resource.resource_methods.values_mut() {
            method.authorizer_id = method.authorizer_id.as_ref().map(renamed);
            method.request_validator_id = method.request_validator_id.as_ref().map(renamed);
            if let Some(integration) = &mut method.method_integration {
                integration.cache_namespace = renamed(&integration.cache_namespace);
            }
        }
        txn.put(&api.id, resource)?;
    }
    Ok(())
}

pub(super) fn get(txn: &Txn<'_>, input: &Input) -> Answer {
    let api = txn.api(text(input, "restapi_id"))?;
    answer(&shown(&api.rest_api))
}

/// The API with its tags present even when there are none.
pub(super) fn shown(api: &RestApi) -> RestApi {
    let mut api = api.clone();
    api.tags.get_or_insert_default();
    api.policy = api.policy.as_deref().map(resource_policy::shown);
    api
}

pub(super) fn list(txn: &Txn<'_>, input: &Input) -> Answer {
    let mut entries = Vec::new();
    for api in txn.region.apis.values() {
        let mut shown = api.rest_api.as_ref().clone();
        shown.policy = shown.policy.as_deref().map(resource_policy::shown);
        entries.push((oldest_first(api.place), answer(&shown)?));
    }
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    page(entries, input)
}

pub(super) fn update(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let held = txn.api(text(input, "restapi_id"))?;
    let mut rest_api = held.rest_api.as_ref().clone();
    apply(&mut rest_api, &patch(input)?)?;
    check(&rest_api)?;
    if is_private(&rest_api) && !is_private(&held.rest_api) {
        // Private APIs are reached over both kinds of address (recorded of new ones).
        let endpoint = &mut rest_api.endpoint_configuration;
        endpoint.ip_address_type = Some("dualstack".to_owned());
    }
    if rest_api.policy != held.rest_api.policy {
        rest_api.policy = resource_policy::kept(rest_api.policy, txn, &rest_api.id)?;
    }
    txn.put_api(held.place, rest_api.clone())?;
    answer(&shown(&rest_api))
}

/// The names of the domains that have such a mapping, as the service's texts list them.
pub(super) fn mapped_domains(txn: &Txn<'_>, is_it: impl Fn(&BasePathMapping) -> bool) -> String {
    let domains = txn.region.domains.iter();
    let mapped = domains.filter(|(_, held)| held.entity.mappings.iter().any(&is_it));
    let names: Vec<&str> = mapped.map(|(name, _)| name.as_str()).collect();
    names.join(", ")
}

pub(super) fn delete(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let id = text(input, "restapi_id");
    txn.api(id)?;
    let domains = mapped_domains(txn, |mapping| mapping.rest_api_id == id);
    if !domains.is_empty() {
        // Seen in reports.
        return Err(bad(format!(
            "Deleting RestApi {id} failed. Please remove all base path mappings related to the RestApi in your domains: {domains}"
        )));
    }
    txn.remove_api(id);
    super::usage_plans::forget_stages(txn, |api, _| api == id)?;
    NOTHING
}
