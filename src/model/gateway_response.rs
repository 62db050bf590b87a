//! Answers that the gateway gives by itself.

use serde::{Deserialize, Serialize};

use super::Map;

macro_rules! types {
    ($($variant:ident $name:literal $status:expr, $doc:literal;)*) => {
        /// The kinds of answer that the gateway gives by itself, sorted by name, which is how the service lists them.
        ///
        /// Names and default statuses: `spec/aws-recorded/FACTS.md` §7.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum GatewayResponseType {
            $(#[doc = $doc] #[serde(rename = $name)] $variant,)*
        }

        impl GatewayResponseType {
            /// All of them, sorted by name.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name on the wire.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The status unless the API sets another; `DEFAULT_4XX` and `DEFAULT_5XX` have none of their own.
            #[must_use]
            pub const fn default_status(self) -> Option<u16> {
                match self { $(Self::$variant => $status,)* }
            }

            /// The type of this name.
            #[must_use]
            pub fn named(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

types! {
    AccessDenied "ACCESS_DENIED" Some(403), "Authorization said no.";
    ApiConfigurationError "API_CONFIGURATION_ERROR" Some(500), "The API's definition can't serve this request.";
    AuthorizerConfigurationError "AUTHORIZER_CONFIGURATION_ERROR" Some(500), "The authorizer couldn't be called, or answered nonsense.";
    AuthorizerFailure "AUTHORIZER_FAILURE" Some(500), "The authorizer failed.";
    BadRequestBody "BAD_REQUEST_BODY" Some(400), "The body doesn't fit its model.";
    BadRequestParameters "BAD_REQUEST_PARAMETERS" Some(400), "A required parameter is missing.";
    Default4xx "DEFAULT_4XX" None, "What 4xx types without an own response inherit.";
    Default5xx "DEFAULT_5XX" None, "What 5xx types without an own response inherit.";
    ExpiredToken "EXPIRED_TOKEN" Some(403), "The caller's credentials have expired.";
    IntegrationFailure "INTEGRATION_FAILURE" Some(504), "The backend couldn't be reached.";
    IntegrationTimeout "INTEGRATION_TIMEOUT" Some(504), "The backend took too long.";
    InvalidApiKey "INVALID_API_KEY" Some(403), "No API key, or one that doesn't open this stage.";
    InvalidSignature "INVALID_SIGNATURE" Some(403), "The request's signature is wrong.";
    MissingAuthenticationToken "MISSING_AUTHENTICATION_TOKEN" Some(403), "No such path or verb, or no signature where one is needed.";
    QuotaExceeded "QUOTA_EXCEEDED" Some(429), "The usage plan's quota is used up.";
    RequestTooLarge "REQUEST_TOO_LARGE" Some(413), "The body exceeds 10 MB.";
    ResourceNotFound "RESOURCE_NOT_FOUND" Some(404), "Nothing there, found out after authorization.";
    Throttled "THROTTLED" Some(429), "A rate or burst limit was reached.";
    Unauthorized "UNAUTHORIZED" Some(401), "The caller couldn't be authenticated.";
    UnsupportedMediaType "UNSUPPORTED_MEDIA_TYPE" Some(415), "No template for this content type, and no passing through.";
    WafFiltered "WAF_FILTERED" Some(403), "The web ACL said no.";
}

impl GatewayResponseType {
    /// Which default response this type inherits from.
    #[must_use]
    pub const fn parent(self) -> Option<Self> {
        match self.default_status() {
            Some(status) if status < 500 => Some(Self::Default4xx),
            Some(_) => Some(Self::Default5xx),
            None => None,
        }
    }
}

/// The template of every gateway response that nobody changed.
pub const DEFAULT_TEMPLATE: &str = "{\"message\":$context.error.messageString}";

/// A gateway response, as `GetGatewayResponse` answers it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GatewayResponse {
    /// Which one.
    pub response_type: GatewayResponseType,
    /// Absent on the two defaults unless set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_code: Option<String>,
    /// `gatewayresponse.header.{name}` → source expression.
    #[serde(default)]
    pub response_parameters: Map<String>,
    /// Content type → template.
    #[serde(default)]
    pub response_templates: Map<String>,
    /// Whether this is the service's own, not one that was put.
    #[serde(default)]
    pub default_response: bool,
}

impl GatewayResponse {
    /// The response that an API has until it puts its own.
    #[must_use]
    pub fn default_of(response_type: GatewayResponseType) -> Self {
        Self {
            response_type,
            status_code: response_type.default_status().map(|s| s.to_string()),
            response_parameters: Map::default(),
            response_templates: [("application/json".to_owned(), DEFAULT_TEMPLATE.to_owned())]
                .into(),
            default_response: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_listed_by_name_and_found_by_it() {
        let names: Vec<_> = GatewayResponseType::ALL.iter().map(|t| t.name()).collect();
        assert_eq!(names.len(), 21);
        assert!(names.is_sorted());
        for &t in GatewayResponseType::ALL {
            assert_eq!(GatewayResponseType::named(t.name()), Some(t));
            assert_eq!(serde_json::to_value(t).unwrap(), t.name());
        }
        assert_eq!(
            GatewayResponseType::Throttled.parent(),
            Some(GatewayResponseType::Default4xx)
        );
        assert_eq!(GatewayResponseType::Default5xx.parent(), None);
    }
}
