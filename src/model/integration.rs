//! What a method does behind the gateway, and how answers come back from there.

use serde::{Deserialize, Serialize};

use super::Map;

/// The kinds of integration. Source: `spec/rest/integrations.md` §1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum IntegrationType {
    /// Any HTTP endpoint, with mapping templates both ways.
    Http,
    /// Any AWS service action, or a Lambda function with mapping templates.
    Aws,
    /// Answers from the gateway itself.
    #[default]
    Mock,
    /// Any HTTP endpoint, passed through.
    HttpProxy,
    /// A Lambda function with the fixed proxy event.
    AwsProxy,
}

impl IntegrationType {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Http,
        Self::Aws,
        Self::Mock,
        Self::HttpProxy,
        Self::AwsProxy,
    ];

    /// The name on the wire: `HTTP_PROXY`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Http => "HTTP",
            Self::Aws => "AWS",
            Self::Mock => "MOCK",
            Self::HttpProxy => "HTTP_PROXY",
            Self::AwsProxy => "AWS_PROXY",
        }
    }

    /// Whether bodies pass unmapped in both directions.
    #[must_use]
    pub const fn is_proxy(self) -> bool {
        matches!(self, Self::HttpProxy | Self::AwsProxy)
    }
}

/// What happens to a body that no request template is written for. Source: `spec/rest/integrations.md` §3.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PassthroughBehavior {
    /// Pass it as it is.
    #[default]
    WhenNoMatch,
    /// Pass it only when there are no templates at all, else 415.
    WhenNoTemplates,
    /// Always 415.
    Never,
}

/// Conversion of a body between bytes and text. Source: `spec/rest/integrations.md` §5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ContentHandling {
    /// Base64 text becomes bytes.
    ConvertToBinary,
    /// Bytes become base64 text.
    ConvertToText,
}

/// The integration of a method, as `GetIntegration` answers it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Integration {
    /// `type` on the wire.
    #[serde(rename = "type")]
    pub integration_type: IntegrationType,
    /// The verb used towards the backend, `ANY` for the client's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_method: Option<String>,
    /// URL or ARN; may hold `{name}` and `${stageVariables.name}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// `INTERNET` or `VPC_LINK`; absent where it means nothing (MOCK, AWS, `AWS_PROXY`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection_type: Option<String>,
    /// The VPC link's id, or `${stageVariables.name}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection_id: Option<String>,
    /// The role that the gateway assumes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credentials: Option<String>,
    /// `integration.request.{path|querystring|header}.{name}` → source expression.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub request_parameters: Map<String>,
    /// Content type → mapping template.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub request_templates: Map<Option<String>>,
    /// What happens when no template matches.
    pub passthrough_behavior: PassthroughBehavior,
    /// Conversion of the request's body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_handling: Option<ContentHandling>,
    /// Milliseconds, 50 to 29,000 unless the quota was raised.
    pub timeout_in_millis: i64,
    /// Entries of one namespace are shared; the resource's id unless given.
    pub cache_namespace: String,
    /// The parameters that tell cache entries apart.
    pub cache_key_parameters: Vec<String>,
    /// By the status code of the method response they lead to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub integration_responses: Option<Map<IntegrationResponse>>,
    /// TLS verification towards the backend.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_config: Option<TlsConfig>,
    /// `BUFFERED` or `STREAM`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_transfer_mode: Option<String>,
    /// The load balancer listener behind a VPC link of the second generation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub integration_target: Option<String>,
}

/// TLS verification towards a backend.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TlsConfig {
    /// Skip the check of the certificate's chain.
    pub insecure_skip_verification: bool,
}

/// How one kind of backend answer becomes a method response.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IntegrationResponse {
    /// The method response it leads to.
    pub status_code: String,
    /// Java regular expression over the backend's status or error; absent or empty is the default response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selection_pattern: Option<String>,
    /// `method.response.header.{name}` → source expression.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_parameters: Option<Map<String>>,
    /// Content type → mapping template; null passes the body as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_templates: Option<Map<Option<String>>>,
    /// Conversion of the answer's body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_handling: Option<ContentHandling>,
}
