//! APIs, resources, methods, integrations, models, gateway responses: from the SDK to the model.

use aws_sdk_apigateway::operation::get_rest_api::GetRestApiOutput;
use aws_sdk_apigateway::operation::test_invoke_method::TestInvokeMethodOutput;
use aws_sdk_apigateway::types as sdk;

use crate::aws::reply::TestResult;
use crate::model::integration::TlsConfig;
use crate::model::{
    Authorizer, EndpointConfiguration, GatewayResponse, Integration, IntegrationResponse, Method,
    MethodResponse, Model, RequestValidator, Resource, RestApi,
};

use super::{epoch, named, sorted, sorted_option, text};

/// The SDK has two types with the same members: one in lists, one as the answer to `GetRestApi`.
macro_rules! rest_api {
    ($api:ident) => {
        RestApi {
            id: text($api.id),
            name: text($api.name),
            description: $api.description,
            created_date: epoch($api.created_date),
            version: $api.version,
            warnings: $api.warnings.unwrap_or_default(),
            binary_media_types: $api.binary_media_types.unwrap_or_default(),
            minimum_compression_size: $api.minimum_compression_size.map(i64::from),
            api_key_source: $api
                .api_key_source
                .map_or_else(|| "HEADER".to_owned(), |s| s.as_str().to_owned()),
            endpoint_configuration: $api
                .endpoint_configuration
                .map(endpoint_configuration)
                .unwrap_or_default(),
            policy: $api.policy,
            tags: sorted_option($api.tags),
            disable_execute_api_endpoint: $api.disable_execute_api_endpoint,
            root_resource_id: text($api.root_resource_id),
            security_policy: $api.security_policy.map(|p| p.as_str().to_owned()),
            endpoint_access_mode: $api.endpoint_access_mode.map(|m| m.as_str().to_owned()),
        }
    };
}

pub(crate) fn rest_api(api: sdk::RestApi) -> RestApi {
    rest_api!(api)
}

pub(crate) fn rest_api_output(api: GetRestApiOutput) -> RestApi {
    rest_api!(api)
}

fn endpoint_configuration(endpoint: sdk::EndpointConfiguration) -> EndpointConfiguration {
    let types = endpoint.types.unwrap_or_default();
    EndpointConfiguration {
        types: types.iter().map(|t| t.as_str().to_owned()).collect(),
        ip_address_type: endpoint.ip_address_type.map(|t| t.as_str().to_owned()),
        vpc_endpoint_ids: endpoint.vpc_endpoint_ids.unwrap_or_default(),
    }
}

pub(crate) fn resource(resource: sdk::Resource) -> Resource {
    let methods = resource.resource_methods.unwrap_or_default();
    let mut methods = sorted(methods, method);
    // Without `embed=methods` the service sends verbs with nothing behind them.
    for (verb, method) in &mut methods {
        if method.http_method.is_empty() {
            method.http_method.clone_from(verb);
        }
    }
    Resource {
        id: text(resource.id),
        parent_id: resource.parent_id,
        path_part: resource.path_part,
        path: text(resource.path),
        resource_methods: methods,
    }
}

fn method(method: sdk::Method) -> Method {
    Method {
        http_method: text(method.http_method),
        authorization_type: text(method.authorization_type),
        api_key_required: method.api_key_required.unwrap_or_default(),
        authorizer_id: method.authorizer_id,
        authorization_scopes: method.authorization_scopes,
        request_validator_id: method.request_validator_id,
        operation_name: method.operation_name,
        request_parameters: sorted_option(method.request_parameters),
        request_models: sorted_option(method.request_models),
        method_responses: method
            .method_responses
            .map(|map| sorted(map, method_response)),
        method_integration: method.method_integration.map(integration),
    }
}

fn method_response(response: sdk::MethodResponse) -> MethodResponse {
    MethodResponse {
        status_code: text(response.status_code),
        response_parameters: sorted_option(response.response_parameters),
        response_models: sorted_option(response.response_models),
    }
}

fn integration(integration: sdk::Integration) -> Integration {
    Integration {
        integration_type: integration
            .r#type
            .and_then(|t| named(t.as_str()))
            .unwrap_or_default(),
        http_method: integration.http_method,
        uri: integration.uri,
        connection_type: integration.connection_type.map(|t| t.as_str().to_owned()),
        connection_id: integration.connection_id,
        credentials: integration.credentials,
        request_parameters: sorted_option(integration.request_parameters).unwrap_or_default(),
        request_templates: integration
            .request_templates
            .map(|map| sorted(map, Some))
            .unwrap_or_default(),
        passthrough_behavior: integration
            .passthrough_behavior
            .and_then(|b| named(&b))
            .unwrap_or_default(),
        content_handling: integration.content_handling.and_then(|c| named(c.as_str())),
        timeout_in_millis: i64::from(integration.timeout_in_millis),
        cache_namespace: text(integration.cache_namespace),
        cache_key_parameters: integration.cache_key_parameters.unwrap_or_default(),
        integration_responses: integration
            .integration_responses
            .map(|map| sorted(map, integration_response)),
        tls_config: integration.tls_config.map(|tls| TlsConfig {
            insecure_skip_verification: tls.insecure_skip_verification,
        }),
        response_transfer_mode: integration
            .response_transfer_mode
            .map(|m| m.as_str().to_owned()),
        integration_target: integration.integration_target,
    }
}

fn integration_response(response: sdk::IntegrationResponse) -> IntegrationResponse {
    IntegrationResponse {
        status_code: text(response.status_code),
        selection_pattern: response.selection_pattern,
        response_parameters: sorted_option(response.response_parameters),
        response_templates: response.response_templates.map(|map| sorted(map, Some)),
        content_handling: response.content_handling.and_then(|c| named(c.as_str())),
    }
}

pub(crate) fn model(model: sdk::Model) -> Model {
    Model {
        id: text(model.id),
        name: text(model.name),
        description: model.description,
        schema: model.schema,
        content_type: text(model.content_type),
    }
}

pub(crate) fn request_validator(validator: sdk::RequestValidator) -> RequestValidator {
    RequestValidator {
        id: text(validator.id),
        name: validator.name,
        validate_request_body: validator.validate_request_body,
        validate_request_parameters: validator.validate_request_parameters,
    }
}

pub(crate) fn authorizer(authorizer: sdk::Authorizer) -> Authorizer {
    Authorizer {
        id: text(authorizer.id),
        name: text(authorizer.name),
        authorizer_type: authorizer
            .r#type
            .map_or_else(String::new, |t| t.as_str().to_owned()),
        provider_arns: authorizer.provider_arns,
        auth_type: authorizer.auth_type,
        authorizer_uri: authorizer.authorizer_uri,
        authorizer_credentials: authorizer.authorizer_credentials,
        identity_source: authorizer.identity_source,
        identity_validation_expression: authorizer.identity_validation_expression,
        authorizer_result_ttl_in_seconds: authorizer
            .authorizer_result_ttl_in_seconds
            .map(i64::from),
        // The SDK doesn't know it yet.
        jwt_configuration: None,
    }
}

/// Nothing for a type that is newer than we are: it has no place in the list of those we know.
pub(crate) fn gateway_response(response: sdk::GatewayResponse) -> Option<GatewayResponse> {
    let response_type = response.response_type.and_then(|t| named(t.as_str()))?;
    Some(GatewayResponse {
        response_type,
        status_code: response.status_code,
        response_parameters: sorted_option(response.response_parameters).unwrap_or_default(),
        response_templates: sorted_option(response.response_templates).unwrap_or_default(),
        default_response: response.default_response,
    })
}

pub(crate) fn test_result(out: TestInvokeMethodOutput) -> TestResult {
    // The multi-value map has every header; older endpoints send only the single-value one.
    let mut headers: Vec<(String, String)> = match out.multi_value_headers {
        Some(map) if !map.is_empty() => map
            .into_iter()
            .flat_map(|(name, values)| values.into_iter().map(move |v| (name.clone(), v)))
            .collect(),
        _ => out.headers.unwrap_or_default().into_iter().collect(),
    };
    // Stable, so that the values of one name keep their order.
    headers.sort_by(|a, b| a.0.cmp(&b.0));
    TestResult {
        status: u16::try_from(out.status).unwrap_or_default(),
        body: text(out.body),
        headers,
        log: text(out.log),
        latency: u64::try_from(out.latency).unwrap_or_default(),
    }
}
