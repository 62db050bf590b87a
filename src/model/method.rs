//! A method: method request and method responses, with the integration between them.

use serde::{Deserialize, Serialize};

use super::{Integration, Map};

/// A method, as `GetMethod` answers it: only what was set, except the first three members.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Method {
    /// One of [`VERBS`](super::VERBS).
    pub http_method: String,
    /// `NONE`, `AWS_IAM`, `CUSTOM`, `COGNITO_USER_POOLS` or `JWT`.
    pub authorization_type: String,
    /// Whether a request needs an API key of a usage plan.
    pub api_key_required: bool,
    /// The authorizer of the types that need one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorizer_id: Option<String>,
    /// OAuth scopes a Cognito or JWT token must have one of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization_scopes: Option<Vec<String>>,
    /// The request validator's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_validator_id: Option<String>,
    /// A name for SDKs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation_name: Option<String>,
    /// `method.request.{path|querystring|header}.{name}` → required.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_parameters: Option<Map<bool>>,
    /// Content type → model name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_models: Option<Map<String>>,
    /// By status code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method_responses: Option<Map<MethodResponse>>,
    /// Absent until `PutIntegration`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method_integration: Option<Integration>,
}

/// One answer that a method may give to its client.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MethodResponse {
    /// Three digits.
    pub status_code: String,
    /// `method.response.header.{name}` → required (for SDKs; not enforced).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_parameters: Option<Map<bool>>,
    /// Content type → model name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_models: Option<Map<String>>,
}
