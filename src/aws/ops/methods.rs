//! Methods: create with what they need to answer, change, delete with a way back.

use crate::aws::call::{
    Call, ConnectionType, DeleteMethod, DeleteMethodResponse, PutIntegration,
    PutIntegrationResponse, PutMethod, PutMethodResponse, TransferMode, UpdateMethod,
};
use crate::aws::op::{Danger, Op};
use crate::aws::patch::Patch;
use crate::model::{Integration, IntegrationType, Map, Method};

use super::{At, LATER, definition};

/// What a new method does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Backend {
    /// Answers 200 by itself.
    Mock,
    /// Calls a URL with mapping templates both ways.
    Http {
        /// The verb towards the backend.
        verb: String,
        /// The URL; may hold `{name}` of a path parameter and `${stageVariables.name}`.
        url: String,
    },
    /// Passes requests to a URL and answers back.
    HttpProxy {
        /// The verb towards the backend, `ANY` for the client's own.
        verb: String,
        /// The URL, as above.
        url: String,
    },
}

/// Creates a method that can be tested at once: method, integration, and the default 200 on both sides.
///
/// The parameters of the resource's path are declared, and passed to the backend where its URL names them.
#[must_use]
pub fn create(at: At<'_>, backend: &Backend, api_key_required: bool) -> Op {
    let parameters = path_parameters(&at.resource.path);
    let put_method = PutMethod {
        rest_api_id: at.api_id(),
        resource_id: at.resource_id(),
        http_method: at.verb.to_owned(),
        authorization_type: "NONE".to_owned(),
        api_key_required: api_key_required.then_some(true),
        request_parameters: parameters
            .iter()
            .map(|name| (format!("method.request.path.{name}"), true))
            .collect(),
        ..PutMethod::default()
    };
    let response = PutMethodResponse {
        rest_api_id: at.api_id(),
        resource_id: at.resource_id(),
        http_method: at.verb.to_owned(),
        status_code: "200".to_owned(),
        response_models: [("application/json".to_owned(), "Empty".to_owned())].into(),
        ..PutMethodResponse::default()
    };
    let (kind, verb, url) = match backend {
        Backend::Mock => (IntegrationType::Mock, None, None),
        Backend::Http { verb, url } => (IntegrationType::Http, Some(verb), Some(url)),
        Backend::HttpProxy { verb, url } => (IntegrationType::HttpProxy, Some(verb), Some(url)),
    };
    let used = parameters
        .iter()
        .filter(|name| url.is_some_and(|u| u.contains(&format!("{{{name}}}"))));
    let put_integration = PutIntegration {
        rest_api_id: at.api_id(),
        resource_id: at.resource_id(),
        http_method: at.verb.to_owned(),
        r#type: kind,
        integration_http_method: verb.cloned(),
        uri: url.cloned(),
        request_parameters: used
            .map(|name| {
                (
                    format!("integration.request.path.{name}"),
                    format!("method.request.path.{name}"),
                )
            })
            .collect(),
        request_templates: match backend {
            // A mock answers the status that its template says; without one it fails.
            Backend::Mock => [(
                "application/json".to_owned(),
                "{\"statusCode\": 200}".to_owned(),
            )]
            .into(),
            _ => Map::default(),
        },
        ..PutIntegration::default()
    };
    let mut calls: Vec<Call> = vec![put_method.into(), response.into(), put_integration.into()];
    if !kind.is_proxy() {
        let response = PutIntegrationResponse {
            rest_api_id: at.api_id(),
            resource_id: at.resource_id(),
            http_method: at.verb.to_owned(),
            status_code: "200".to_owned(),
            ..PutIntegrationResponse::default()
        };
        calls.push(response.into());
    }
    edit(
        at,
        format!("create method {} ({})", at.words(), kind.name()),
        calls,
    )
    .undone_by(edit(
        at,
        format!("delete method {}", at.words()),
        vec![delete_call(at)],
    ))
}

/// Deletes a method; undoing puts all of it back.
#[must_use]
pub fn delete(at: At<'_>, method: &Method) -> Op {
    edit(
        at,
        format!("delete method {}", at.words()),
        vec![delete_call(at)],
    )
    .danger(Danger::Confirm(
        "Its integration and responses go with it.".to_owned(),
    ))
    .undone_by(edit(
        at,
        format!("put back method {}", at.words()),
        put_back(at, method),
    ))
}

/// Turns the need for an API key on or off.
#[must_use]
pub fn require_api_key(at: At<'_>, required: bool) -> Op {
    let update = |required: bool| {
        let words = if required { "require" } else { "don't require" };
        let patch = Patch::replace("/apiKeyRequired", required.to_string());
        edit(
            at,
            format!("{words} an API key for {}", at.words()),
            vec![update_method(at, vec![patch])],
        )
    };
    update(required).undone_by(update(!required))
}

/// Adds an answer that the method may give, without models.
#[must_use]
pub fn add_response(at: At<'_>, status: &str) -> Op {
    let put = PutMethodResponse {
        rest_api_id: at.api_id(),
        resource_id: at.resource_id(),
        http_method: at.verb.to_owned(),
        status_code: status.to_owned(),
        ..PutMethodResponse::default()
    };
    let delete = DeleteMethodResponse {
        rest_api_id: at.api_id(),
        resource_id: at.resource_id(),
        http_method: at.verb.to_owned(),
        status_code: status.to_owned(),
    };
    edit(
        at,
        format!("add response {status} to {}", at.words()),
        vec![put.into()],
    )
    .undone_by(edit(
        at,
        format!("remove response {status} from {}", at.words()),
        vec![delete.into()],
    ))
}

/// The calls that make a method as it was: method, responses, integration, integration responses.
#[must_use]
pub fn put_back(at: At<'_>, method: &Method) -> Vec<Call> {
    let put = PutMethod {
        rest_api_id: at.api_id(),
        resource_id: at.resource_id(),
        http_method: at.verb.to_owned(),
        authorization_type: method.authorization_type.clone(),
        authorizer_id: method.authorizer_id.clone(),
        api_key_required: method.api_key_required.then_some(true),
        operation_name: method.operation_name.clone(),
        request_parameters: method.request_parameters.clone().unwrap_or_default(),
        request_models: method.request_models.clone().unwrap_or_default(),
        request_validator_id: method.request_validator_id.clone(),
        authorization_scopes: method.authorization_scopes.clone().unwrap_or_default(),
    };
    let mut calls: Vec<Call> = vec![put.into()];
    for (status, response) in method.method_responses.iter().flatten() {
        let put = PutMethodResponse {
            rest_api_id: at.api_id(),
            resource_id: at.resource_id(),
            http_method: at.verb.to_owned(),
            status_code: status.clone(),
            response_parameters: response.response_parameters.clone().unwrap_or_default(),
            response_models: response.response_models.clone().unwrap_or_default(),
        };
        calls.push(put.into());
    }
    if let Some(integration) = &method.method_integration {
        calls.push(put_integration(at, integration));
        for (status, response) in integration.integration_responses.iter().flatten() {
            let put = PutIntegrationResponse {
                rest_api_id: at.api_id(),
                resource_id: at.resource_id(),
                http_method: at.verb.to_owned(),
                status_code: status.clone(),
                selection_pattern: response.selection_pattern.clone(),
                response_parameters: response.response_parameters.clone().unwrap_or_default(),
                response_templates: response
                    .response_templates
                    .as_ref()
                    .map(templates)
                    .unwrap_or_default(),
                content_handling: response.content_handling,
            };
            calls.push(put.into());
        }
    }
    calls
}

fn put_integration(at: At<'_>, integration: &Integration) -> Call {
    PutIntegration {
        rest_api_id: at.api_id(),
        resource_id: at.resource_id(),
        http_method: at.verb.to_owned(),
        r#type: integration.integration_type,
        integration_http_method: integration.http_method.clone(),
        uri: integration.uri.clone(),
        connection_type: integration.connection_type.clone().map(ConnectionType),
        connection_id: integration.connection_id.clone(),
        credentials: integration.credentials.clone(),
        request_parameters: integration.request_parameters.clone(),
        request_templates: templates(&integration.request_templates),
        passthrough_behavior: Some(integration.passthrough_behavior),
        cache_namespace: Some(integration.cache_namespace.clone()).filter(|n| !n.is_empty()),
        cache_key_parameters: integration.cache_key_parameters.clone(),
        content_handling: integration.content_handling,
        timeout_in_millis: Some(integration.timeout_in_millis).filter(|&t| t > 0),
        tls_config: integration.tls_config.clone(),
        response_transfer_mode: integration.response_transfer_mode.clone().map(TransferMode),
        integration_target: integration.integration_target.clone(),
    }
    .into()
}

/// The service shows an empty template as null, and takes an empty one for it (`spec/rest/control-plane.md` §1, recorded).
fn templates(map: &Map<Option<String>>) -> Map<String> {
    map.iter()
        .map(|(kind, template)| (kind.clone(), template.clone().unwrap_or_default()))
        .collect()
}

/// The names of the variables in a resource's path: `petId` of `/pets/{petId}`, `proxy` of `/{proxy+}`.
fn path_parameters(path: &str) -> Vec<&str> {
    path.split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| name.trim_end_matches('+'))
        .collect()
}

fn delete_call(at: At<'_>) -> Call {
    DeleteMethod {
        rest_api_id: at.api_id(),
        resource_id: at.resource_id(),
        http_method: at.verb.to_owned(),
    }
    .into()
}

fn update_method(at: At<'_>, patch_operations: Vec<Patch>) -> Call {
    UpdateMethod {
        rest_api_id: at.api_id(),
        resource_id: at.resource_id(),
        http_method: at.verb.to_owned(),
        patch_operations,
    }
    .into()
}

fn edit(at: At<'_>, title: String, calls: Vec<Call>) -> Op {
    Op::change(title, at.place(), calls)
        .stale(definition(at.api))
        .live_later(LATER)
}
