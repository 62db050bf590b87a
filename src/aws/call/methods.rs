//! Writes of methods and their responses, and the test invocation.

use crate::aws::call::{Answer, Id, calls};
use crate::aws::convert;
use crate::aws::patch::Patch;
use crate::model::Map;

calls! {
    /// Creates a method without integration.
    PutMethod: put_method {
        /// The API.
        rest_api_id / set_rest_api_id: Id,
        /// The resource.
        resource_id / set_resource_id: Id,
        /// The verb, or `ANY`.
        http_method / set_http_method: String,
        /// `NONE`, `AWS_IAM`, `CUSTOM`, `COGNITO_USER_POOLS` or `JWT`.
        authorization_type / set_authorization_type: String,
        /// The authorizer of the types that need one.
        authorizer_id / set_authorizer_id: Option<String>,
        /// Whether requests need an API key.
        api_key_required / set_api_key_required: Option<bool>,
        /// A name for SDKs.
        operation_name / set_operation_name: Option<String>,
        /// `method.request.{path|querystring|header}.{name}` → required.
        request_parameters / set_request_parameters: Map<bool>,
        /// Content type → model.
        request_models / set_request_models: Map<String>,
        /// The validator.
        request_validator_id / set_request_validator_id: Option<String>,
        /// Scopes a token must have one of.
        authorization_scopes / set_authorization_scopes: Vec<String>,
    } => |_| Answer::Done;

    /// Changes a method.
    UpdateMethod: update_method {
        /// The API.
        rest_api_id / set_rest_api_id: Id,
        /// The resource.
        resource_id / set_resource_id: Id,
        /// The verb.
        http_method / set_http_method: String,
        /// The changes.
        patch_operations / set_patch_operations: Vec<Patch>,
    } => |_| Answer::Done;

    /// Deletes a method with its integration and responses.
    DeleteMethod: delete_method {
        /// The API.
        rest_api_id / set_rest_api_id: Id,
        /// The resource.
        resource_id / set_resource_id: Id,
        /// The verb.
        http_method / set_http_method: String,
    } => |_| Answer::Done;

    /// Adds an answer that a method may give.
    PutMethodResponse: put_method_response {
        /// The API.
        rest_api_id / set_rest_api_id: Id,
        /// The resource.
        resource_id / set_resource_id: Id,
        /// The verb.
        http_method / set_http_method: String,
        /// Three digits.
        status_code / set_status_code: String,
        /// `method.response.header.{name}` → required.
        response_parameters / set_response_parameters: Map<bool>,
        /// Content type → model.
        response_models / set_response_models: Map<String>,
    } => |_| Answer::Done;

    /// Changes an answer that a method may give.
    UpdateMethodResponse: update_method_response {
        /// The API.
        rest_api_id / set_rest_api_id: Id,
        /// The resource.
        resource_id / set_resource_id: Id,
        /// The verb.
        http_method / set_http_method: String,
        /// Three digits.
        status_code / set_status_code: String,
        /// The changes.
        patch_operations / set_patch_operations: Vec<Patch>,
    } => |_| Answer::Done;

    /// Removes an answer that a method may give.
    DeleteMethodResponse: delete_method_response {
        /// The API.
        rest_api_id / set_rest_api_id: Id,
        /// The resource.
        resource_id / set_resource_id: Id,
        /// The verb.
        http_method / set_http_method: String,
        /// Three digits.
        status_code / set_status_code: String,
    } => |_| Answer::Done;

    /// Runs a method as it is saved, not as it is deployed, and answers with the log. Reaches the backend.
    TestInvokeMethod: test_invoke_method {
        /// The API.
        rest_api_id / set_rest_api_id: Id,
        /// The resource.
        resource_id / set_resource_id: Id,
        /// The verb.
        http_method / set_http_method: String,
        /// The path with its parameters filled in, and the query: `/pets/7?x=1`.
        path_with_query_string / set_path_with_query_string: Option<String>,
        /// The body.
        body / set_body: Option<String>,
        /// Headers, one value each.
        headers / set_headers: Map<String>,
        /// Headers with several values.
        multi_value_headers / set_multi_value_headers: Map<Vec<String>>,
        /// The client certificate to show to the backend.
        client_certificate_id / set_client_certificate_id: Option<String>,
        /// Stage variables for this run.
        stage_variables / set_stage_variables: Map<String>,
    } => |out| Answer::Test(convert::test_result(out));
}
