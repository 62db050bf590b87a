//! An import into a definition.

use std::collections::BTreeMap;

use super::Import;
use crate::model::{Definition, Method, Model, Resource};

/// What happens to what the document doesn't mention.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// It stays.
    #[default]
    Merge,
    /// It goes.
    Overwrite,
}

/// The form of an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdKind {
    /// A resource's.
    Resource,
    /// A model's.
    Model,
    /// A request validator's.
    RequestValidator,
    /// An authorizer's.
    Authorizer,
}

/// The definition that comes of importing into `held`. What it has under the same path or name keeps its id; what is new gets one from
/// `new_id`. Endpoint types and tags stay as they are.
///
/// Source: `spec/rest/openapi.md` §1, `spec/aws-recorded/FACTS.md` §19.
pub fn merge(
    held: &Definition,
    import: &Import,
    mode: Mode,
    new_id: &mut dyn FnMut(IdKind) -> String,
) -> Definition {
    let overwrite = mode == Mode::Overwrite;
    let mut merged = if overwrite {
        Definition {
            rest_api: held.rest_api.clone(),
            ..Definition::default()
        }
    } else {
        held.clone()
    };
    settings(&mut merged, import, overwrite);
    for (name, model) in &import.definition.models {
        let id = held.models.get(name).map(|model| model.id.clone());
        let model = Model {
            id: id.unwrap_or_else(|| new_id(IdKind::Model)),
            ..model.clone()
        };
        merged.models.insert(name.clone(), model);
    }
    let mut ids = Ids::default();
    for (name, validator) in &import.definition.request_validators {
        let same = held
            .request_validators
            .values()
            .find(|held| held.name.as_ref() == Some(name));
        let id = same.map_or_else(|| new_id(IdKind::RequestValidator), |held| held.id.clone());
        ids.validators.insert(name.clone(), id.clone());
        let mut validator = validator.clone();
        validator.id.clone_from(&id);
        merged.request_validators.insert(id, validator);
    }
    for (name, authorizer) in &import.definition.authorizers {
        let same = held.authorizers.values().find(|held| held.name == *name);
        let id = same.map_or_else(|| new_id(IdKind::Authorizer), |held| held.id.clone());
        ids.authorizers.insert(name.clone(), id.clone());
        let mut authorizer = authorizer.clone();
        authorizer.id.clone_from(&id);
        merged.authorizers.insert(id, authorizer);
    }
    let responses = import.definition.gateway_responses.clone();
    merged.gateway_responses.extend(responses);
    resources(held, &mut merged, import, &ids, new_id);
    merged
}

/// The ids that stand-ins were given.
#[derive(Default)]
struct Ids {
    validators: BTreeMap<String, String>,
    authorizers: BTreeMap<String, String>,
}

fn settings(merged: &mut Definition, import: &Import, overwrite: bool) {
    let (api, given) = (&mut merged.rest_api, &import.definition.rest_api);
    api.name.clone_from(&given.name);
    // Recorded: a merge takes name and version from the file, and appends its binary media types.
    let take = |held: &mut Option<String>, given: &Option<String>| {
        if given.is_some() || overwrite {
            held.clone_from(given);
        }
    };
    take(&mut api.version, &given.version);
    take(&mut api.description, &given.description);
    take(&mut api.policy, &given.policy);
    if overwrite {
        api.binary_media_types.clear();
    }
    for media_type in &given.binary_media_types {
        if !api.binary_media_types.contains(media_type) {
            api.binary_media_types.push(media_type.clone());
        }
    }
    if given.minimum_compression_size.is_some() || overwrite {
        api.minimum_compression_size = given.minimum_compression_size;
    }
    if !given.api_key_source.is_empty() {
        api.api_key_source.clone_from(&given.api_key_source);
    } else if overwrite || api.api_key_source.is_empty() {
        "HEADER".clone_into(&mut api.api_key_source);
    }
    if let Some(disable) = import.disable_execute_api_endpoint {
        api.disable_execute_api_endpoint = disable;
    }
    let endpoint = &given.endpoint_configuration;
    if !endpoint.vpc_endpoint_ids.is_empty() {
        let ids = &endpoint.vpc_endpoint_ids;
        api.endpoint_configuration.vpc_endpoint_ids.clone_from(ids);
    }
    if endpoint.ip_address_type.is_some() {
        let address = &endpoint.ip_address_type;
        api.endpoint_configuration
            .ip_address_type
            .clone_from(address);
    }
    for (held, given) in [
        (&mut api.security_policy, &given.security_policy),
        (&mut api.endpoint_access_mode, &given.endpoint_access_mode),
    ] {
        if given.is_some() {
            held.clone_from(given);
        }
    }
}

/// Resources by path. Methods of the document replace those of the same verb.
fn resources(
    held: &Definition,
    merged: &mut Definition,
    import: &Import,
    ids: &Ids,
    new_id: &mut dyn FnMut(IdKind) -> String,
) {
    let mut by_path: BTreeMap<&str, String> = held
        .resources
        .values()
        .map(|resource| (resource.path.as_str(), resource.id.clone()))
        .collect();
    by_path.insert("/", held.rest_api.root_resource_id.clone());
    // Paths sort before those below them, so that a parent has its id first.
    for (path, given) in &import.definition.resources {
        let id = by_path
            .entry(path)
            .or_insert_with(|| new_id(IdKind::Resource))
            .clone();
        let parent = given.parent_id.as_deref();
        let parent_id = parent.and_then(|parent| by_path.get(parent)).cloned();
        let resource = merged
            .resources
            .entry(id.clone())
            .or_insert_with(|| Resource {
                id: id.clone(),
                parent_id,
                path_part: given.path_part.clone(),
                path: path.clone(),
                ..Resource::default()
            });
        for (verb, method) in &given.resource_methods {
            let method = placed(method, &id, ids);
            resource.resource_methods.insert(verb.clone(), method);
        }
    }
}

/// A method with ids in place of stand-ins.
fn placed(method: &Method, resource: &str, ids: &Ids) -> Method {
    let mut method = method.clone();
    let swap = |id: &mut Option<String>, ids: &BTreeMap<String, String>| {
        *id = id.take().and_then(|name| ids.get(&name).cloned());
    };
    swap(&mut method.authorizer_id, &ids.authorizers);
    swap(&mut method.request_validator_id, &ids.validators);
    if let Some(integration) = &mut method.method_integration
        && integration.cache_namespace.is_empty()
    {
        resource.clone_into(&mut integration.cache_namespace);
    }
    method
}
