//! The parts of an API that methods refer to: models, request validators, authorizers.

use serde::{Deserialize, Serialize};

/// A model: a JSON Schema by name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Model {
    /// Six characters.
    pub id: String,
    /// Unique in the API.
    pub name: String,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// JSON Schema draft 4 as text, with the author's formatting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// The media type it describes.
    pub content_type: String,
}

impl Model {
    /// The models that a new API has (an imported one has none). Source: `spec/aws-recorded/FACTS.md` §6.
    #[must_use]
    pub fn built_in() -> [(&'static str, &'static str, &'static str); 2] {
        [
            (
                "Empty",
                "This is a default empty schema model",
                EMPTY_SCHEMA,
            ),
            (
                "Error",
                "This is a default error schema model",
                ERROR_SCHEMA,
            ),
        ]
    }
}

const EMPTY_SCHEMA: &str = "{\n  \"$schema\": \"http://json-schema.org/draft-04/schema#\",\n  \"title\" : \"Empty Schema\",\n  \"type\" : \"object\"\n}";
const ERROR_SCHEMA: &str = "{\n  \"$schema\" : \"http://json-schema.org/draft-04/schema#\",\n  \"title\" : \"Error Schema\",\n  \"type\" : \"object\",\n  \"properties\" : {\n    \"message\" : { \"type\" : \"string\" }\n  }\n}";

/// What of a request is checked before it is sent on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RequestValidator {
    /// Six characters.
    pub id: String,
    /// Shown to people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The body against the model of its content type.
    pub validate_request_body: bool,
    /// The required parameters.
    pub validate_request_parameters: bool,
}

/// A Lambda or Cognito authorizer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Authorizer {
    /// Six characters.
    pub id: String,
    /// Shown to people.
    pub name: String,
    /// `TOKEN`, `REQUEST`, `COGNITO_USER_POOLS` or `JWT`.
    #[serde(rename = "type")]
    pub authorizer_type: String,
    /// User pools.
    #[serde(rename = "providerARNs", skip_serializing_if = "Option::is_none")]
    pub provider_arns: Option<Vec<String>>,
    /// What an exported definition calls its type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_type: Option<String>,
    /// The function's invocation URI.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorizer_uri: Option<String>,
    /// The role that the gateway assumes to call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorizer_credentials: Option<String>,
    /// Where the caller's identity is read from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity_source: Option<String>,
    /// A pattern that a token must match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity_validation_expression: Option<String>,
    /// Seconds for which a policy is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorizer_result_ttl_in_seconds: Option<i64>,
    /// What tokens a `JWT` authorizer takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwt_configuration: Option<JwtConfiguration>,
}

/// What tokens a `JWT` authorizer takes. Source: `spec/rest/auth.md` §6.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct JwtConfiguration {
    /// Whose tokens.
    pub issuers: Vec<JwtIssuer>,
    /// `RS256` … `ES512`.
    pub default_algorithms: Vec<String>,
}

/// An issuer of tokens.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct JwtIssuer {
    /// Its URL, as tokens name it.
    pub issuer: String,
    /// A token must be for one of these.
    pub audiences: Vec<String>,
    /// What else a token must claim.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub additional_claims: Vec<JwtAdditionalClaim>,
    /// Where its keys are, as its discovery document says; the service tells it, nobody sets it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
}

/// A claim that a token must have.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct JwtAdditionalClaim {
    /// Its name.
    pub claim_name: String,
    /// `SINGLE_STRING`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Whether it must be there.
    pub required: bool,
    /// One of these must be its value; any will do when there is none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub expected_values: Vec<String>,
}
