//! Gateway responses: every type exists, those that nobody put have the service's form.
//!
//! Source: `spec/rest/validation.md` §3, `spec/aws-recorded/FACTS.md` §7.

use serde::Deserialize;
use serde_json::json;

use super::error::not_found;
use super::txn::{NOTHING, Txn, answer, patch, read, text};
use super::{Answer, mapping};
use crate::engine::wire::{Input, ServiceError};
use crate::model::patch::apply;
use crate::model::{GatewayResponse, GatewayResponseType, Map};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PutGatewayResponse {
    status_code: Option<String>,
    response_parameters: Option<Map<String>>,
    response_templates: Option<Map<String>>,
}

pub(super) fn put(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let api_id = text(input, "restapi_id");
    txn.api(api_id)?;
    let given: PutGatewayResponse = read(input)?;
    // What isn't given stays as the service has it.
    let defaults = GatewayResponse::default_of(response_type(input)?);
    let response = GatewayResponse {
        response_type: defaults.response_type,
        status_code: given.status_code.or(defaults.status_code),
        response_parameters: given.response_parameters.unwrap_or_default(),
        response_templates: given
            .response_templates
            .unwrap_or(defaults.response_templates),
        default_response: false,
    };
    mapping::check_gateway_response(&response.response_parameters)?;
    txn.put(api_id, response.clone())?;
    answer(&response)
}

/// The type in the path. The constraint of the model refuses others before an operation runs.
fn response_type(input: &Input) -> Result<GatewayResponseType, ServiceError> {
    let name = text(input, "response_type");
    GatewayResponseType::named(name).ok_or_else(|| {
        ServiceError::bad_request(format!("Invalid response type specified: {name}"))
    })
}

pub(super) fn get(txn: &Txn<'_>, input: &Input) -> Answer {
    let api = txn.api(text(input, "restapi_id"))?;
    answer(&api.gateway_response(response_type(input)?))
}

/// All of them, sorted by name and not in pages.
pub(super) fn list(txn: &Txn<'_>, input: &Input) -> Answer {
    let api = txn.api(text(input, "restapi_id"))?;
    let mut items = Vec::new();
    for &of in GatewayResponseType::ALL {
        items.push(answer(&api.gateway_response(of))?);
    }
    Ok(json!({ "item": items }))
}

/// A patch of a type that was never put creates it (recorded).
pub(super) fn update(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let api_id = text(input, "restapi_id");
    let mut response = txn.api(api_id)?.gateway_response(response_type(input)?);
    apply(&mut response, &patch(input)?)?;
    mapping::check_gateway_response(&response.response_parameters)?;
    response.default_response = false;
    txn.put(api_id, response.clone())?;
    answer(&response)
}

pub(super) fn delete(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let api_id = text(input, "restapi_id");
    let name = response_type(input)?.name();
    if !txn.api(api_id)?.gateway_responses.contains_key(name) {
        return Err(not_found("Gateway response type not defined on api"));
    }
    txn.remove::<GatewayResponse>(api_id, name);
    NOTHING
}
