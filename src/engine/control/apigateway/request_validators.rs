//! Request validators.
//!
//! Source: `spec/rest/validation.md` §1, `spec/aws-recorded/FACTS.md` §6.

use serde::Deserialize;

use super::error::{NO_VALIDATOR, bad, not_found};
use super::page::page;
use super::state::Api;
use super::txn::{NOTHING, Txn, answer, patch, read, text};
use super::{Answer, quotas};
use crate::engine::wire::{Input, ServiceError};
use crate::model::RequestValidator;
use crate::model::patch::apply;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreateRequestValidator {
    name: Option<String>,
    #[serde(default)]
    validate_request_body: bool,
    #[serde(default)]
    validate_request_parameters: bool,
}

/// Recorded of updates; that it is the same for new ones is assumed.
const BLANK_NAME: &str = "Request Validator name cannot be blank";

pub(super) fn create(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let api_id = text(input, "restapi_id");
    // Here, and only here, an unknown API is a bad request (recorded).
    let api = txn
        .api(api_id)
        .map_err(|_| bad("Invalid REST API identifier specified"))?;
    let given: CreateRequestValidator = read(input)?;
    if given.name.as_deref() == Some("") {
        return Err(bad(BLANK_NAME));
    }
    let validator = RequestValidator {
        id: txn.new_short_id(|id| api.validators.contains_key(id)),
        name: given.name,
        validate_request_body: given.validate_request_body,
        validate_request_parameters: given.validate_request_parameters,
    };
    check_name(&api, &validator)?;
    let most = txn.deps.quotas.request_validators_per_api;
    quotas::check(
        api.validators.len(),
        most,
        "Request Validators",
        Some("API"),
    )?;
    txn.put(api_id, validator.clone())?;
    answer(&validator)
}

/// The text's beginning is seen in reports; the rest is that of authorizers.
fn check_name(api: &Api, validator: &RequestValidator) -> Result<(), ServiceError> {
    let Some(name) = &validator.name else {
        return Ok(());
    };
    let mut others = api.validators.values();
    if others.any(|held| held.name.as_ref() == Some(name) && held.id != validator.id) {
        return Err(bad(format!(
            "Request Validator name must be unique. Request Validator {name} already exists in this RestApi."
        )));
    }
    Ok(())
}

pub(super) fn get(txn: &Txn<'_>, input: &Input) -> Answer {
    answer(&find(txn, input)?)
}

/// The validator that a call names; an unknown API is an unknown validator (recorded).
fn find(txn: &Txn<'_>, input: &Input) -> Result<RequestValidator, ServiceError> {
    let api = txn.api_or(text(input, "restapi_id"), NO_VALIDATOR)?;
    api.validators
        .get(text(input, "requestvalidator_id"))
        .map(|validator| validator.as_ref().clone())
        .ok_or_else(|| not_found(NO_VALIDATOR))
}

pub(super) fn list(txn: &Txn<'_>, input: &Input) -> Answer {
    let api = txn.api(text(input, "restapi_id"))?;
    let mut entries = Vec::new();
    for (id, validator) in &api.validators {
        entries.push((id.clone(), answer(validator.as_ref())?));
    }
    page(entries, input)
}

pub(super) fn update(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let mut validator = find(txn, input)?;
    apply(&mut validator, &patch(input)?)?;
    if validator.name.is_none() {
        return Err(bad(BLANK_NAME));
    }
    let api_id = text(input, "restapi_id");
    check_name(&*txn.api(api_id)?, &validator)?;
    txn.put(api_id, validator.clone())?;
    answer(&validator)
}

pub(super) fn delete(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let validator = find(txn, input)?;
    let api_id = text(input, "restapi_id");
    let api = txn.api(api_id)?;
    for resource in api.resources.values() {
        for (verb, method) in &resource.resource_methods {
            if method.request_validator_id.as_ref() == Some(&validator.id) {
                // The status is documented, the text is not.
                return Err(ServiceError::conflict(format!(
                    "Cannot delete request validator '{}', is referenced in method: {}/{verb}",
                    validator.id, resource.path
                )));
            }
        }
    }
    txn.remove::<RequestValidator>(api_id, &validator.id);
    NOTHING
}
