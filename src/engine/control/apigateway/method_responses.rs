//! Method responses.
//!
//! Source: `spec/rest/resources-methods.md` §2, `spec/aws-recorded/FACTS.md` §4.

use serde::Deserialize;

use super::error::{NO_RESPONSE, not_found};
use super::state::Api;
use super::txn::{NOTHING, Txn, answer, patch, read, text};
use super::{Answer, mapping, methods};
use crate::engine::wire::{Input, ServiceError};
use crate::model::patch::apply;
use crate::model::{Map, Method, MethodResponse};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PutMethodResponse {
    response_parameters: Option<Map<bool>>,
    response_models: Option<Map<String>>,
}

pub(super) fn put(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let api_id = text(input, "restapi_id");
    let (resource, mut method) = methods::find(txn, input)?;
    let given: PutMethodResponse = read(input)?;
    let status = text(input, "status_code").to_owned();
    let response = MethodResponse {
        status_code: status.clone(),
        response_parameters: given.response_parameters,
        response_models: given.response_models,
    };
    let responses = method.method_responses.get_or_insert_default();
    if responses.contains_key(&status) {
        // Recalled, not recorded.
        return Err(ServiceError::conflict(
            "Response already exists for this resource",
        ));
    }
    check(&*txn.api(api_id)?, &response)?;
    responses.insert(status, response.clone());
    txn.put_method(api_id, &resource, method)?;
    answer(&response)
}

pub(super) fn check(api: &Api, response: &MethodResponse) -> Result<(), ServiceError> {
    methods::check_models(api, response.response_models.as_ref())?;
    response
        .response_parameters
        .as_ref()
        .map_or(Ok(()), mapping::check_response_declared)
}

pub(super) fn get(txn: &Txn<'_>, input: &Input) -> Answer {
    let (_, method) = methods::find(txn, input)?;
    answer(find(&method, input)?)
}

pub(super) fn update(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let api_id = text(input, "restapi_id");
    let (resource, mut method) = methods::find(txn, input)?;
    let mut response = find(&method, input)?.clone();
    apply(&mut response, &patch(input)?)?;
    check(&*txn.api(api_id)?, &response)?;
    method
        .method_responses
        .get_or_insert_default()
        .insert(response.status_code.clone(), response.clone());
    txn.put_method(api_id, &resource, method)?;
    answer(&response)
}

pub(super) fn delete(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let (resource, mut method) = methods::find(txn, input)?;
    let status = find(&method, input)?.status_code.clone();
    if let Some(responses) = &mut method.method_responses {
        responses.shift_remove(&status);
    }
    method.method_responses = method.method_responses.filter(|map| !map.is_empty());
    txn.put_method(text(input, "restapi_id"), &resource, method)?;
    NOTHING
}

fn find<'m>(method: &'m Method, input: &Input) -> Result<&'m MethodResponse, ServiceError> {
    method
        .method_responses
        .as_ref()
        .and_then(|responses| responses.get(text(input, "status_code")))
        .ok_or_else(|| not_found(NO_RESPONSE))
}
