//! Methods.
//!
//! Source: `spec/rest/resources-methods.md` §2, `spec/aws-recorded/FACTS.md` §4.

use serde::Deserialize;

use super::error::{NO_VALIDATOR, bad};
use super::state::Api;
use super::txn::{NOTHING, Txn, answer, patch, read, text};
use super::{Answer, mapping};
use crate::engine::wire::{Input, ServiceError};
use crate::model::patch::apply;
use crate::model::{Map, Method, VERBS};

const TYPES: [&str; 5] = ["NONE", "AWS_IAM", "CUSTOM", "COGNITO_USER_POOLS", "JWT"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PutMethod {
    authorization_type: Option<String>,
    authorizer_id: Option<String>,
    #[serde(default)]
    api_key_required: bool,
    operation_name: Option<String>,
    request_parameters: Option<Map<bool>>,
    request_models: Option<Map<String>>,
    request_validator_id: Option<String>,
    authorization_scopes: Option<Vec<String>>,
}

pub(super) fn put(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let api_id = text(input, "restapi_id");
    let resource = txn.resource(api_id, text(input, "resource_id"))?;
    let verb = text(input, "http_method");
    check_verb(verb)?;
    if resource.resource_methods.contains_key(verb) {
        return Err(ServiceError::conflict(
            "Method already exists for this resource",
        ));
    }
    let given: PutMethod = read(input)?;
    let method = Method {
        http_method: verb.to_owned(),
        authorization_type: given.authorization_type.unwrap_or_default(),
        api_key_required: given.api_key_required,
        authorizer_id: given.authorizer_id,
        authorization_scopes: given.authorization_scopes.filter(|s| !s.is_empty()),
        request_validator_id: given.request_validator_id,
        operation_name: given.operation_name.filter(|name| !name.is_empty()),
        // Empty ones are told back, as those of method responses (recorded there).
        request_parameters: given.request_parameters,
        request_models: given.request_models,
        method_responses: None,
        method_integration: None,
    };
    check(&*txn.api(api_id)?, &method)?;
    txn.put_method(api_id, &resource, method.clone())?;
    answer(&method)
}

pub(super) fn check_verb(verb: &str) -> Result<(), ServiceError> {
    if VERBS.contains(&verb) {
        return Ok(());
    }
    Err(bad(format!(
        "Invalid HttpMethod specified. Valid options are {}",
        VERBS.join(",")
    )))
}

/// What must hold after a put and after an update.
pub(super) fn check(api: &Api, method: &Method) -> Result<(), ServiceError> {
    let kind = method.authorization_type.as_str();
    if !TYPES.contains(&kind) {
        // Recalled, not recorded.
        return Err(bad(format!(
            "Invalid authorization type specified. Valid options are {}",
            TYPES.join(",")
        )));
    }
    if matches!(kind, "CUSTOM" | "COGNITO_USER_POOLS" | "JWT") {
        let authorizer = method.authorizer_id.as_deref().unwrap_or_default();
        if !api.authorizers.contains_key(authorizer) {
            return Err(bad(
                "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer.",
            ));
        }
    }
    if let Some(validator) = &method.request_validator_id
        && !api.validators.contains_key(validator)
    {
        return Err(bad(NO_VALIDATOR));
    }
    check_models(api, method.request_models.as_ref())?;
    method
        .request_parameters
        .as_ref()
        .map_or(Ok(()), mapping::check_declared)
}

/// Whether the models exist that a method or one of its responses names.
pub(super) fn check_models(api: &Api, models: Option<&Map<String>>) -> Result<(), ServiceError> {
    let unknown = models
        .into_iter()
        .flat_map(Map::values)
        .find(|name| !api.models.contains_key(name.as_str()));
    match unknown {
        Some(name) => Err(bad(format!("Invalid model identifier specified: {name}"))),
        None => Ok(()),
    }
}

pub(super) fn get(txn: &Txn<'_>, input: &Input) -> Answer {
    let (_, method) = find(txn, input)?;
    answer(&method)
}

pub(super) fn update(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let api_id = text(input, "restapi_id");
    let (resource, mut method) = find(txn, input)?;
    apply(&mut method, &patch(input)?)?;
    check(&*txn.api(api_id)?, &method)?;
    txn.put_method(api_id, &resource, method.clone())?;
    answer(&method)
}

pub(super) fn delete(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let (resource, method) = find(txn, input)?;
    let mut resource = resource.as_ref().clone();
    resource.resource_methods.shift_remove(&method.http_method);
    txn.put(text(input, "restapi_id"), resource)?;
    NOTHING
}

/// The method that a call's path names, with its resource.
pub(super) fn find(
    txn: &Txn<'_>,
    input: &Input,
) -> Result<(std::sync::Arc<crate::model::Resource>, Method), ServiceError> {
    txn.method(
        text(input, "restapi_id"),
        text(input, "resource_id"),
        text(input, "http_method"),
    )
}
