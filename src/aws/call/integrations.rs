//! Writes of integrations and their responses.

use crate::aws::call::{Answer, ConnectionType, Id, TransferMode, calls};
use crate::aws::patch::Patch;
use crate::model::integration::TlsConfig;
use crate::model::{ContentHandling, IntegrationType, Map, PassthroughBehavior};

calls! {
    /// Sets what a method does.
    PutIntegration: put_integration {
        /// The API.
        rest_api_id / set_rest_api_id: Id,
        /// The resource.
        resource_id / set_resource_id: Id,
        /// The verb.
        http_method / set_http_method: String,
        /// MOCK, HTTP, …
        r#type / set_type: IntegrationType,
        /// The verb towards the backend; needed unless MOCK.
        integration_http_method / set_integration_http_method: Option<String>,
        /// URL or ARN; may hold `${stageVariables.name}`.
        uri / set_uri: Option<String>,
        /// `INTERNET` (the default) or `VPC_LINK`.
        connection_type / set_connection_type: Option<ConnectionType>,
        /// The VPC link.
        connection_id / set_connection_id: Option<String>,
        /// The role that the gateway assumes.
        credentials / set_credentials: Option<String>,
        /// `integration.request.{path|querystring|header}.{name}` → source expression.
        request_parameters / set_request_parameters: Map<String>,
        /// Content type → template.
        request_templates / set_request_templates: Map<String>,
        /// What happens when no template matches.
        passthrough_behavior / set_passthrough_behavior: Option<PassthroughBehavior>,
        /// The namespace of cache entries.
        cache_namespace / set_cache_namespace: Option<String>,
        /// What tells cache entries apart.
        cache_key_parameters / set_cache_key_parameters: Vec<String>,
        /// Conversion of the request's body.
        content_handling / set_content_handling: Option<ContentHandling>,
        /// Milliseconds.
        timeout_in_millis / set_timeout_in_millis: Option<i64>,
        /// TLS towards the backend.
        tls_config / set_tls_config: Option<TlsConfig>,
        /// `BUFFERED` or `STREAM`.
        response_transfer_mode / set_response_transfer_mode: Option<TransferMode>,
        /// The listener behind a VPC link.
        integration_target / set_integration_target: Option<String>,
    } => |_| Answer::Done;

    /// Changes an integration.
    UpdateIntegration: update_integration {
        /// The API.
        rest_api_id / set_rest_api_id: Id,
        /// The resource.
        resource_id / set_resource_id: Id,
        /// The verb.
        http_method / set_http_method: String,
        /// The changes.
        patch_operations / set_patch_operations: Vec<Patch>,
    } => |_| Answer::Done;

    /// Removes a method's integration.
    DeleteIntegration: delete_integration {
        /// The API.
        rest_api_id / set_rest_api_id: Id,
        /// The resource.
        resource_id / set_resource_id: Id,
        /// The verb.
        http_method / set_http_method: String,
    } => |_| Answer::Done;

    /// Sets how one kind of backend answer becomes a method response.
    PutIntegrationResponse: put_integration_response {
        /// The API.
        rest_api_id / set_rest_api_id: Id,
        /// The resource.
        resource_id / set_resource_id: Id,
        /// The verb.
        http_method / set_http_method: String,
        /// The method response it leads to.
        status_code / set_status_code: String,
        /// Pattern over the backend's status or error; absent is the default response.
        selection_pattern / set_selection_pattern: Option<String>,
        /// `method.response.header.{name}` → source expression.
        response_parameters / set_response_parameters: Map<String>,
        /// Content type → template.
        response_templates / set_response_templates: Map<String>,
        /// Conversion of the answer's body.
        content_handling / set_content_handling: Option<ContentHandling>,
    } => |_| Answer::Done;

    /// Changes how one kind of backend answer becomes a method response.
    UpdateIntegrationResponse: update_integration_response {
        /// The API.
        rest_api_id / set_rest_api_id: Id,
        /// The resource.
        resource_id / set_resource_id: Id,
        /// The verb.
        http_method / set_http_method: String,
        /// The method response it leads to.
        status_code / set_status_code: String,
        /// The changes.
        patch_operations / set_patch_operations: Vec<Patch>,
    } => |_| Answer::Done;

    /// Removes an integration response.
    DeleteIntegrationResponse: delete_integration_response {
        /// The API.
        rest_api_id / set_rest_api_id: Id,
        /// The resource.
        resource_id / set_resource_id: Id,
        /// The verb.
        http_method / set_http_method: String,
        /// The method response it leads to.
        status_code / set_status_code: String,
    } => |_| Answer::Done;
}
