//! Definitions from OpenAPI documents: new APIs, and documents put into old ones.
//!
//! Source: `spec/rest/openapi.md` §1, `spec/aws-recorded/FACTS.md` §19.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use super::error::bad;
use super::rest_apis::Endpoint;
use super::state::{Api, Part};
use super::txn::{Txn, answer, text};
use super::{
    Answer, authorizers, documentation_parts, integration_responses, integrations, mapping,
    method_responses, methods, models, quotas, resource_policy, resources, rest_apis,
};
use crate::engine::wire::{Input, ServiceError};
use crate::model::{Definition, Resource, RestApi};
use crate::openapi::{self, BasePath, IdKind, Import, Mode, ReadOptions};

/// Bytes of a document. Source: `spec/rest/openapi.md` §1.
const MAX_DOCUMENT: usize = 6 * 1024 * 1024;

/// `ImportRestApi`.
pub(super) fn create(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let parameters = Parameters::read(input)?;
    let types = parameters.of("endpointConfigurationTypes").map(|types| {
        let types = types
            .split(',')
            .map(|word| word.trim().to_ascii_uppercase());
        Endpoint {
            types: Some(types.filter(|word| !word.is_empty()).collect()),
            ip_address_type: None,
            vpc_endpoint_ids: Vec::new(),
        }
    });
    let rest_api = RestApi {
        id: txn.new_api_id(),
        created_date: txn.now(),
        endpoint_configuration: rest_apis::endpoint(types)?,
        root_resource_id: txn.deps.ids.long(),
        ..RestApi::default()
    };
    rest_apis::check_room(txn, &rest_api)?;
    // Only the file's models exist afterwards (recorded): the API begins with nothing but its root.
    let mut held = Api::new(txn.place(), rest_api.clone());
    let root = rest_apis::root(&rest_api);
    held.resources.insert(root.id.clone(), Arc::new(root));
    let done = run(txn, input, &parameters, &held, Mode::Overwrite)?;
    txn.put_api(held.place, done.rest_api.clone())?;
    // All of it is new to the store, the root too.
    let nothing = Api::new(held.place, rest_api);
    store(txn, &nothing, &done)?;
    if let Some(documentation) = &done.import.documentation {
        documentation_parts::take(
            txn,
            &done.rest_api.id,
            &documentation.parts,
            Mode::Overwrite,
        )?;
    }
    let mut shown = done.shown();
    shown.policy = shown.policy.as_deref().map(resource_policy::shown);
    answer(&shown)
}

/// `PutRestApi`.
pub(super) fn put(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let held = txn.api(text(input, "restapi_id"))?;
    let mode = mode(input)?;
    let parameters = Parameters::read(input)?;
    let mut done = run(txn, input, &parameters, &held, mode)?;
    if mode == Mode::Overwrite {
        new_namespaces(txn, &held, &mut done.definition);
    }
    txn.put_api(held.place, done.rest_api.clone())?;
    store(txn, &held, &done)?;
    if !parameters.ignore_documentation() {
        let parts = done.import.documentation.as_ref();
        let parts = parts.map_or(&[][..], |documentation| &documentation.parts);
        documentation_parts::take(txn, &done.rest_api.id, parts, mode)?;
    }
    answer(&rest_apis::shown(&done.shown()))
}

/// The mode of a put. The model's constraint refuses other words before an operation runs.
pub(super) fn mode(input: &Input) -> Result<Mode, ServiceError> {
    match input.text("mode") {
        None | Some("merge") => Ok(Mode::Merge),
        Some("overwrite") => Ok(Mode::Overwrite),
        Some(_) => Err(bad(
            r#"Enumeration value of OpenAPI import mode must be "overwrite" or "merge""#,
        )),
    }
}

/// The document in the payload.
pub(super) fn document(input: &Input) -> Result<&str, ServiceError> {
    let payload = input.payload.as_deref().unwrap_or_default();
    if payload.len() > MAX_DOCUMENT {
        return Err(bad(format!(
            "Invalid OpenAPI input. The document is larger than {MAX_DOCUMENT} bytes"
        )));
    }
    std::str::from_utf8(payload)
        .map_err(|error| bad(format!("Invalid OpenAPI input. It must be UTF-8: {error}")))
}

/// The query parameters that tell how to import.
struct Parameters<'i>(Option<&'i serde_json::Map<String, Value>>);

impl<'i> Parameters<'i> {
    fn read(input: &'i Input) -> Result<Self, ServiceError> {
        let found = Self(input.members.get("parameters").and_then(Value::as_object));
        // An unknown mode would import something else than was meant. The text is ours.
        if let Some(name) = found.of("basepath")
            && BasePath::named(name).is_none()
        {
            return Err(bad(format!(
                "Invalid basepath '{name}': it must be ignore, prepend or split"
            )));
        }
        Ok(found)
    }

    /// Clients write these names in several cases: `basepath`, `basePath`.
    fn of(&self, name: &str) -> Option<&'i str> {
        self.0?
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .and_then(|(_, value)| value.as_str())
    }

    fn base_path(&self) -> BasePath {
        self.of("basepath")
            .and_then(BasePath::named)
            .unwrap_or_default()
    }

    fn ignore_documentation(&self) -> bool {
        self.of("ignore") == Some("documentation")
    }
}

/// What an import comes to.
struct Done {
    rest_api: RestApi,
    definition: Definition,
    import: Import,
}

impl Done {
    /// The API with the warnings, which aren't kept.
    fn shown(&self) -> RestApi {
        RestApi {
            warnings: self.import.warnings.clone(),
            ..self.rest_api.clone()
        }
    }
}

/// Reads the document, lays it over the API and checks what comes of it. Nothing is stored yet.
fn run(
    txn: &Txn<'_>,
    input: &Input,
    parameters: &Parameters<'_>,
    held: &Api,
    mode: Mode,
) -> Result<Done, ServiceError> {
    let options = ReadOptions {
        base_path: parameters.base_path(),
        ignore_documentation: parameters.ignore_documentation(),
        api_id: &held.rest_api.id,
        account: &txn.deps.account,
        region: txn.region_name,
    };
    let import =
        openapi::read(document(input)?, &options).map_err(|error| bad(error.to_string()))?;
    if input.flag("failonwarnings") && !import.warnings.is_empty() {
        return Err(bad(listed(
            "Warnings found during import:",
            &import.warnings,
        )));
    }
    let resources = held.resources.keys();
    let parts = held.authorizers.keys().chain(held.validators.keys());
    let mut taken: BTreeSet<String> = resources.chain(parts).cloned().collect();
    let mut new_id = |_: IdKind| {
        let id = txn.new_short_id(|id| taken.contains(id));
        taken.insert(id.clone());
        id
    };
    let mut definition = openapi::merge(&held.definition(), &import, mode, &mut new_id);
    let mut errors = import.errors.clone();
    let given = definition.rest_api.policy.clone();
    match resource_policy::kept(given, txn, &definition.rest_api.id) {
        Ok(policy) => definition.rest_api.policy = policy,
        Err(error) => errors.push(format!("Unable to update the API: {}", error.message)),
    }
    let rest_api = definition.rest_api.clone();
    errors.extend(check(txn, held, &definition, &import));
    if !errors.is_empty() {
        let mut message = listed("Errors found during import:", &errors);
        if !import.warnings.is_empty() {
            message.push('\n');
            let heading = "Additionally, these warnings were found:";
            message.push_str(&listed(heading, &import.warnings));
        }
        return Err(bad(message));
    }
    Ok(Done {
        rest_api,
        definition,
        import,
    })
}

fn listed(heading: &str, lines: &[String]) -> String {
    let lines = lines.iter().map(|line| format!("\n\t{line}"));
    std::iter::once(heading.to_owned()).chain(lines).collect()
}

/// What the service would refuse of the imported entities one by one, in its words.
fn check(txn: &Txn<'_>, held: &Api, definition: &Definition, import: &Import) -> Vec<String> {
    let mut errors = Vec::new();
    let mut note = |what: String, result: Result<(), ServiceError>| {
        if let Err(error) = result {
            let line = format!("{what}: {}", error.message);
            if !errors.contains(&line) {
                errors.push(line);
            }
        }
    };
    let api = as_api(held, definition);
    note(
        "Unable to update the API".to_owned(),
        rest_apis::check(&definition.rest_api),
    );
    if definition.resources.len() > txn.deps.quotas.resources_per_api {
        note(
            "Unable to create resources".to_owned(),
            Err(bad(quotas::reached("Resources", Some("API")))),
        );
    }
    for name in import.definition.models.keys() {
        if let Some(model) = definition.models.get(name) {
            note(
                format!("Unable to create model for '{name}'"),
                models::check(&api, model),
            );
        }
    }
    for authorizer in definition.authorizers.values() {
        if import.definition.authorizers.contains_key(&authorizer.name) {
            let what = format!("Unable to create authorizer '{}'", authorizer.name);
            note(what, authorizers::check(authorizer));
        }
    }
    for of in import.definition.gateway_responses.keys() {
        if let Some(response) = definition.gateway_responses.get(of) {
            note(
                format!("Unable to put gateway response '{}'", of.name()),
                mapping::check_gateway_response(&response.response_parameters),
            );
        }
    }
    let by_path: BTreeMap<&str, &Resource> = definition
        .resources
        .values()
        .map(|resource| (resource.path.as_str(), resource))
        .collect();
    for (path, given) in &import.definition.resources {
        let Some(&resource) = by_path.get(path.as_str()) else {
            continue;
        };
        // Of siblings that can't be together the first is created; who comes later is told, at each path that needs it.
        if resource.parent_id.is_some()
            && let Err(error) = resources::check_place(&api, resource)
        {
            let clashes = resources::variable_siblings(&api, resource);
            if clashes.is_empty() || clashes.iter().any(|sibling| sibling.path < *path) {
                for at in paths_below(&import.definition, path) {
                    note(
                        format!("Unable to create resource at path '{at}'"),
                        Err(ServiceError::bad_request(error.message.clone())),
                    );
                }
            }
        }
        for verb in given.resource_methods.keys() {
            check_method(&api, resource, verb, &mut note);
        }
    }
    errors
}

/// The paths of a document at or below this one.
fn paths_below<'i>(imported: &'i Definition, path: &str) -> Vec<&'i str> {
    let below = |at: &str| at == path || at.strip_prefix(path).is_some_and(|r| r.starts_with('/'));
    let parents: BTreeSet<&str> = imported
        .resources
        .values()
        .filter_map(|resource| resource.parent_id.as_deref())
        .collect();
    imported
        .resources
        .iter()
        .filter(|(at, resource)| {
            below(at) && (!resource.resource_methods.is_empty() || !parents.contains(at.as_str()))
        })
        .map(|(at, _)| at.as_str())
        .collect()
}

fn check_method(
    api: &Api,
    resource: &Resource,
    verb: &str,
    note: &mut impl FnMut(String, Result<(), ServiceError>),
) {
    let Some(method) = resource.resource_methods.get(verb) else {
        return;
    };
    let path = &resource.path;
    note(
        format!("Unable to put method '{verb}' on resource at path '{path}'"),
        methods::check(api, method),
    );
    for (status, response) in method.method_responses.iter().flatten() {
        note(
            format!(
                "Unable to put method response '{status}' on '{verb}' for resource at path '{path}'"
            ),
            method_responses::check(api, response),
        );
    }
    let Some(integration) = &method.method_integration else {
        return;
    };
    note(
        format!("Unable to put integration on '{verb}' for resource at path '{path}'"),
        integrations::check(integration, method),
    );
    for (status, response) in integration.integration_responses.iter().flatten() {
        note(
            format!(
                "Unable to put integration response '{status}' on '{verb}' for resource at path '{path}'"
            ),
            integration_responses::check(response, method),
        );
    }
}

/// The definition in the form that the checks take.
fn as_api(held: &Api, definition: &Definition) -> Api {
    fn shared<E: Clone>(map: &BTreeMap<String, E>) -> BTreeMap<String, Arc<E>> {
        map.iter()
            .map(|(key, entity)| (key.clone(), Arc::new(entity.clone())))
            .collect()
    }
    Api {
        resources: shared(&definition.resources),
        models: shared(&definition.models),
        validators: shared(&definition.request_validators),
        authorizers: shared(&definition.authorizers),
        gateway_responses: definition
            .gateway_responses
            .iter()
            .map(|(of, response)| (of.name().to_owned(), Arc::new(response.clone())))
            .collect(),
        ..Api::new(held.place, definition.rest_api.clone())
    }
}

/// An overwrite makes the methods of a path anew: the resource keeps its id, and their cache entries stand under a new namespace (recorded).
fn new_namespaces(txn: &Txn<'_>, held: &Api, definition: &mut Definition) {
    let all: BTreeSet<String> = definition.resources.keys().cloned().collect();
    for resource in definition.resources.values_mut() {
        if resource.parent_id.is_none() || !held.resources.contains_key(&resource.id) {
            continue;
        }
        let namespace = txn.new_short_id(|id| all.contains(id));
        for method in resource.resource_methods.values_mut() {
            if let Some(integration) = &mut method.method_integration
                && integration.cache_namespace == resource.id
            {
                integration.cache_namespace.clone_from(&namespace);
            }
        }
    }
}

/// Stores what differs from what is held.
fn store(txn: &mut Txn<'_>, held: &Api, done: &Done) -> Result<(), ServiceError> {
    fn kind<P: Part + PartialEq + Serialize>(
        txn: &mut Txn<'_>,
        id: &str,
        held: &BTreeMap<String, Arc<P>>,
        wanted: impl Iterator<Item = P>,
    ) -> Result<(), ServiceError> {
        let mut kept = BTreeSet::new();
        for part in wanted {
            let key = part.key();
            if held.get(&key).is_none_or(|held| **held != part) {
                txn.put(id, part)?;
            }
            kept.insert(key);
        }
        for key in held.keys().filter(|key| !kept.contains(*key)) {
            txn.remove::<P>(id, key);
        }
        Ok(())
    }
    let id = &done.rest_api.id;
    let definition = done.definition.clone();
    kind(txn, id, &held.models, definition.models.into_values())?;
    let validators = definition.request_validators.into_values();
    kind(txn, id, &held.validators, validators)?;
    let authorizers = definition.authorizers.into_values();
    kind(txn, id, &held.authorizers, authorizers)?;
    let responses = definition.gateway_responses.into_values();
    kind(txn, id, &held.gateway_responses, responses)?;
    kind(txn, id, &held.resources, definition.resources.into_values())
}
