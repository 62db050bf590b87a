//! Integration responses: how answers come back from behind the gateway.
//!
//! Source: `spec/rest/integrations.md` §4, `spec/aws-recorded/FACTS.md` §5.

use serde::Deserialize;

use super::error::{NO_RESPONSE, not_found};
use super::txn::{NOTHING, Txn, answer, patch, read, text};
use super::{Answer, integrations, mapping, methods};
use crate::engine::wire::{Input, ServiceError};
use crate::model::patch::apply;
use crate::model::{ContentHandling, Integration, IntegrationResponse, Map, Method};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PutIntegrationResponse {
    selection_pattern: Option<String>,
    response_parameters: Option<Map<String>>,
    response_templates: Option<Map<Option<String>>>,
    content_handling: Option<ContentHandling>,
}

/// A put overwrites what was there (recorded).
pub(super) fn put(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let (resource, mut method) = methods::find(txn, input)?;
    let mut integration = integrations::find(&method)?;
    let given: PutIntegrationResponse = read(input)?;
    let response = IntegrationResponse {
        status_code: text(input, "status_code").to_owned(),
        selection_pattern: given.selection_pattern,
        response_parameters: given.response_parameters.filter(|map| !map.is_empty()),
        response_templates: given
            .response_templates
            .filter(|map| !map.is_empty())
            .map(integrations::templates),
        content_handling: given.content_handling,
    };
    check(&response, &method)?;
    integration
        .integration_responses
        .get_or_insert_default()
        .insert(response.status_code.clone(), response.clone());
    method.method_integration = Some(integration);
    txn.put_method(text(input, "restapi_id"), &resource, method)?;
    answer(&response)
}

pub(super) fn check(response: &IntegrationResponse, method: &Method) -> Result<(), ServiceError> {
    if let Some(templates) = &response.response_templates {
        integrations::check_templates(templates)?;
    }
    let declared_by = method
        .method_responses
        .as_ref()
        .and_then(|responses| responses.get(&response.status_code));
    response
        .response_parameters
        .as_ref()
        .map_or(Ok(()), |map| mapping::check_response(map, declared_by))
}

pub(super) fn get(txn: &Txn<'_>, input: &Input) -> Answer {
    let (_, method) = methods::find(txn, input)?;
    answer(find(&integrations::find(&method)?, input)?)
}

pub(super) fn update(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let (resource, mut method) = methods::find(txn, input)?;
    let mut integration = integrations::find(&method)?;
    let mut response = find(&integration, input)?.clone();
    apply(&mut response, &patch(input)?)?;
    check(&response, &method)?;
    integration
        .integration_responses
        .get_or_insert_default()
        .insert(response.status_code.clone(), response.clone());
    method.method_integration = Some(integration);
    txn.put_method(text(input, "restapi_id"), &resource, method)?;
    answer(&response)
}

pub(super) fn delete(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let (resource, mut method) = methods::find(txn, input)?;
    let mut integration = integrations::find(&method)?;
    let status = find(&integration, input)?.status_code.clone();
    if let Some(responses) = &mut integration.integration_responses {
        responses.shift_remove(&status);
    }
    integration.integration_responses = integration
        .integration_responses
        .filter(|map| !map.is_empty());
    method.method_integration = Some(integration);
    txn.put_method(text(input, "restapi_id"), &resource, method)?;
    NOTHING
}

fn find<'i>(
    integration: &'i Integration,
    input: &Input,
) -> Result<&'i IntegrationResponse, ServiceError> {
    integration
        .integration_responses
        .as_ref()
        .and_then(|responses| responses.get(text(input, "status_code")))
        .ok_or_else(|| not_found(NO_RESPONSE))
}
