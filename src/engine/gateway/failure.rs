//! Why a request ended early, and what the gateway says by default.
//!
//! Messages and error types: `spec/rest/validation.md` §3, `spec/rest/headers.md` §2. Recorded are those of a missing token and of the
//! generic 500; the others are documented or recalled (unverified).

use std::borrow::Cow;

use bytes::Bytes;

use super::execute_arn::ExecuteArn;
use crate::iam::sigv4::{SignatureError, SignatureErrorKind};
use crate::model::GatewayResponseType;
use crate::vtl::TemplateError;

/// The end of a request before its method answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) kind: GatewayResponseType,
    said: Said,
    /// `x-amzn-ErrorType`
    pub(crate) error_type: &'static str,
    /// The status, where it isn't the kind's default.
    pub(crate) status: Option<u16>,
    /// What the execution log says about it.
    pub(crate) log: Cow<'static, str>,
    /// `$context.error.validationErrorString`
    pub(crate) validation: Option<Box<str>>,
}

/// The message and the body that carries it: refusing must not cost more than serving, so both are ready beforehand where they are
/// always the same.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Said {
    message: Cow<'static, str>,
    body: Cow<'static, str>,
}

/// What is refused before the request is let in reads `{"message":"…"}`; what fails after that has a blank behind the colon: the
/// generic 500 is recorded with 36 bytes.
macro_rules! said {
    ($message:literal) => {
        Said {
            message: Cow::Borrowed($message),
            body: Cow::Borrowed(concat!("{\"message\":\"", $message, "\"}")),
        }
    };
    (late $message:literal) => {
        Said {
            message: Cow::Borrowed($message),
            body: Cow::Borrowed(concat!("{\"message\": \"", $message, "\"}")),
        }
    };
}

/// Broken authorizers say nothing: `{"message":null}`.
const NO_MESSAGE: Said = Said {
    message: Cow::Borrowed(""),
    body: Cow::Borrowed("{\"message\":null}"),
};

impl Failure {
    const fn new(
        kind: GatewayResponseType,
        said: Said,
        error_type: &'static str,
        log: &'static str,
    ) -> Self {
        Self {
            kind,
            said,
            error_type,
            status: None,
            log: Cow::Borrowed(log),
            validation: None,
        }
    }

    /// The same failure with a message of its own.
    fn saying(self, message: String) -> Self {
        let body = format!("{{\"message\": {}}}", quoted(&message));
        Self {
            said: Said {
                message: message.into(),
                body: body.into(),
            },
            ..self
        }
    }

    /// Required parameters that are absent or blank, in the order of the message (recorded).
    pub(crate) fn missing_parameters(names: &[&str]) -> Self {
        let message = format!(
            "Missing required request parameters: [{}]",
            names.join(", ")
        );
        let failed = Self::new(
            GatewayResponseType::BadRequestParameters,
            said!(late "Missing required request parameters"),
            "BadRequestException",
            "",
        );
        Self {
            log: message.clone().into(),
            ..failed.saying(message)
        }
    }

    /// A body that isn't what the model of its content type says; `findings` in the words of the service's validator.
    pub(crate) fn invalid_body(media_type: &str, findings: &str) -> Self {
        Self {
            log: format!(
                "Request body does not match model schema for content type {media_type}: {findings}"
            )
            .into(),
            validation: Some(findings.into()),
            ..Self::new(
                GatewayResponseType::BadRequestBody,
                said!(late "Invalid request body"),
                "BadRequestException",
                "",
            )
        }
    }

    /// No resource at that path, or none that has the verb (recorded).
    pub(crate) const fn missing_token() -> Self {
        Self::new(
            GatewayResponseType::MissingAuthenticationToken,
            said!("Missing Authentication Token"),
            "MissingAuthenticationTokenException",
            "",
        )
    }

    /// No API key, or none that opens this method.
    pub(crate) const fn invalid_key() -> Self {
        Self::new(
            GatewayResponseType::InvalidApiKey,
            said!("Forbidden"),
            "ForbiddenException",
            "",
        )
    }

    /// Policies don't allow it: 403 with a capital `Message` (`spec/rest/auth.md` §2). `who` is a caller's name, `arn` what was asked for.
    pub(crate) fn access_denied(who: &str, arn: &ExecuteArn<'_>, explicit: bool) -> Self {
        let suffix = if explicit {
            " with an explicit deny"
        } else {
            ""
        };
        let message = format!(
            "User: {who} is not authorized to perform: execute-api:Invoke on resource: {}{suffix}",
            arn.masked()
        );
        let body = format!("{{\"Message\":{}}}", quoted(&message));
        Self {
            said: Said {
                message: message.into(),
                body: body.into(),
            },
            ..Self::new(
                GatewayResponseType::AccessDenied,
                said!("Forbidden"),
                "AccessDeniedException",
                "",
            )
        }
    }

    /// Nobody: no token, or one that doesn't count (`spec/rest/auth.md` §4).
    pub(crate) const fn unauthorized() -> Self {
        Self::new(
            GatewayResponseType::Unauthorized,
            said!("Unauthorized"),
            "UnauthorizedException",
            "",
        )
    }

    /// A user pool's token that was good once.
    pub(crate) const fn token_expired() -> Self {
        Self::new(
            GatewayResponseType::Unauthorized,
            said!("The incoming token has expired"),
            "UnauthorizedException",
            "",
        )
    }

    /// An authorizer's policy doesn't allow it: 403 with a capital `Message`.
    pub(crate) const fn not_authorized(explicit: bool) -> Self {
        const SILENT: Said = Said {
            message: Cow::Borrowed("User is not authorized to access this resource"),
            body: Cow::Borrowed("{\"Message\":\"User is not authorized to access this resource\"}"),
        };
        const EXPLICIT: Said = Said {
            message: Cow::Borrowed(
                "User is not authorized to access this resource with an explicit deny",
            ),
            body: Cow::Borrowed(
                "{\"Message\":\"User is not authorized to access this resource with an explicit deny\"}",
            ),
        };
        Self::new(
            GatewayResponseType::AccessDenied,
            if explicit { EXPLICIT } else { SILENT },
            "AccessDeniedException",
            "",
        )
    }

    /// An authorizer's function failed, or took too long.
    pub(crate) fn authorizer_failed(log: String) -> Self {
        Self {
            log: Cow::Owned(log),
            ..Self::new(
                GatewayResponseType::AuthorizerFailure,
                NO_MESSAGE,
                "AuthorizerConfigurationException",
                "",
            )
        }
    }

    /// An authorizer can't be asked, or answered nonsense.
    pub(crate) fn authorizer_configuration(log: String) -> Self {
        Self {
            log: Cow::Owned(log),
            ..Self::new(
                GatewayResponseType::AuthorizerConfigurationError,
                NO_MESSAGE,
                "AuthorizerConfigurationException",
                "",
            )
        }
    }

    /// An authorizer needs what nobody told the gateway; on AWS there is no such thing, so the client is told what to do.
    pub(crate) fn authorizer_nowhere(log: String) -> Self {
        let message = log
            .trim_start_matches("Execution failed due to configuration error: ")
            .to_owned();
        Self::authorizer_configuration(log).saying(message)
    }

    /// The caller's signature isn't taken: 403 in the words of whoever looked at it.
    pub(crate) fn signature(error: &SignatureError) -> Self {
        let kind = match error.kind {
            SignatureErrorKind::MissingToken => return Self::missing_token(),
            SignatureErrorKind::ExpiredToken => GatewayResponseType::ExpiredToken,
            _ => GatewayResponseType::InvalidSignature,
        };
        let body = format!("{{\"message\":{}}}", quoted(&error.message));
        Self {
            said: Said {
                message: error.message.clone().into(),
                body: body.into(),
            },
            ..Self::new(kind, said!("Forbidden"), error.kind.name(), "")
        }
    }

    /// The API isn't reached this way: a private one without a VPC endpoint. On AWS such a request meets no API, so that no gateway
    /// response of the API applies is what is meant to be said; the kind is unverified.
    pub(crate) const fn wrong_endpoint() -> Self {
        Self::new(
            GatewayResponseType::AccessDenied,
            said!("Forbidden"),
            "ForbiddenException",
            "The API is not reached through this kind of endpoint",
        )
    }

    /// The ARN of a request is longer than policies take (`spec/iam-policy.md` §3; the words are unverified).
    pub(crate) fn arn_too_long() -> Self {
        Self {
            status: Some(414),
            ..Self::new(
                GatewayResponseType::Default4xx,
                said!("Request URI too long"),
                "RequestTooLargeException",
                "",
            )
        }
    }

    /// A rate or burst limit.
    pub(crate) const fn throttled() -> Self {
        Self::new(
            GatewayResponseType::Throttled,
            said!("Too Many Requests"),
            "TooManyRequestsException",
            "",
        )
    }

    /// The usage plan's quota.
    pub(crate) const fn quota_exceeded() -> Self {
        Self::new(
            GatewayResponseType::QuotaExceeded,
            said!("Limit Exceeded"),
            "LimitExceededException",
            "",
        )
    }

    /// A client that may not invalidate a cached answer asked for that (the words are unverified).
    pub(crate) const fn cache_control_refused() -> Self {
        Self::new(
            GatewayResponseType::AccessDenied,
            said!("Forbidden"),
            "ForbiddenException",
            "",
        )
    }

    /// A body over 10 MB whose length wasn't declared.
    pub(crate) const fn too_large() -> Self {
        Self::new(
            GatewayResponseType::RequestTooLarge,
            said!("Request Too Long"),
            "RequestTooLargeException",
            "",
        )
    }

    /// No template for the content type, and no passing through.
    pub(crate) const fn unsupported_media_type() -> Self {
        Self::new(
            GatewayResponseType::UnsupportedMediaType,
            said!(late "Unsupported Media Type"),
            "BadRequestException",
            "",
        )
    }

    /// A body packed in a way that the gateway can't undo.
    pub(crate) fn unsupported_coding(reason: &str) -> Self {
        Self {
            log: format!("Execution failed due to an unsupported content encoding: {reason}")
                .into(),
            ..Self::unsupported_media_type()
        }
    }

    /// A body that a request template could not read. The service puts the words of its reader behind the colon; these are ours
    /// (`spec/rest/validation.md` §1).
    pub(crate) fn bad_payload(error: &TemplateError) -> Self {
        let reason = error.message.trim_start_matches("the payload isn't JSON: ");
        let message = format!("Could not parse request body into json: {reason}");
        let failed = Self::new(
            GatewayResponseType::BadRequestBody,
            said!(late "Could not parse request body into json"),
            "BadRequestException",
            "",
        );
        Self {
            log: error.to_string().into(),
            ..failed.saying(message)
        }
    }

    /// A body that didn't come in time (unverified: AWS's front end has such a limit, its answer isn't known).
    pub(crate) fn slow_body() -> Self {
        Self {
            status: Some(408),
            ..Self::new(
                GatewayResponseType::BadRequestBody,
                said!("Request Timeout"),
                "BadRequestException",
                "",
            )
        }
    }

    /// More requests wait for a backend than it will ever answer in time. 503 has no gateway response of its own
    /// (`spec/rest/integrations.md` §1).
    pub(crate) fn busy() -> Self {
        Self {
            status: Some(503),
            ..Self::new(
                GatewayResponseType::Default5xx,
                said!("Service Unavailable"),
                "ServiceUnavailableException",
                "Execution failed due to an internal error: too many requests wait for the backend",
            )
        }
    }

    /// The API as it is defined can't serve the request; `log` says why, in the words of the execution log.
    pub(crate) fn configuration(log: impl Into<Cow<'static, str>>) -> Self {
        Self {
            log: log.into(),
            ..Self::new(
                GatewayResponseType::ApiConfigurationError,
                said!(late "Internal server error"),
                "InternalServerErrorException",
                "",
            )
        }
    }

    /// A function was to be run, and nobody said where functions are. On AWS there is no such thing, so the client is told what to do.
    pub(crate) fn no_functions(log: String) -> Self {
        Self {
            log: Cow::Owned(log),
            ..Self::new(
                GatewayResponseType::ApiConfigurationError,
                said!(late "No Lambda endpoint is configured: start the gateway with --lambda-endpoint URL"),
                "InternalServerErrorException",
                "",
            )
        }
    }

    /// A function failed, or answered what no proxy integration may answer (recorded). It has no gateway response of its own; that
    /// `DEFAULT_5XX` applies is unverified.
    pub(crate) fn bad_gateway(log: String) -> Self {
        Self {
            log: Cow::Owned(log),
            status: Some(502),
            ..Self::new(
                GatewayResponseType::Default5xx,
                said!(late "Internal server error"),
                "InternalServerErrorException",
                "",
            )
        }
    }

    /// The backend took longer than the integration allows.
    pub(crate) const fn timeout() -> Self {
        Self::new(
            GatewayResponseType::IntegrationTimeout,
            said!(late "Endpoint request timed out"),
            "InternalServerErrorException",
            "Execution failed due to a timeout error",
        )
    }

    /// The backend couldn't be reached, or hung up.
    pub(crate) fn network(reason: &str) -> Self {
        Self {
            log: format!("Execution failed due to an internal error: {reason}").into(),
            ..Self::new(
                GatewayResponseType::IntegrationFailure,
                said!(late "Network error communicating with endpoint"),
                "InternalServerErrorException",
                "",
            )
        }
    }

    /// `$context.error.message`
    pub(crate) fn message(&self) -> &str {
        &self.said.message
    }

    /// `$context.error.messageString`: quoted, or null where there is no message.
    pub(crate) fn message_string(&self) -> String {
        if self.said.message.is_empty() {
            return "null".to_owned();
        }
        quoted(&self.said.message)
    }

    /// What the default template makes of the message.
    pub(crate) fn default_body(&self) -> Bytes {
        match &self.said.body {
            Cow::Borrowed(text) => Bytes::from_static(text.as_bytes()),
            Cow::Owned(text) => Bytes::from(text.clone()),
        }
    }
}

/// A text as JSON has it.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_body_is_json_with_the_message() {
        for failure in [
            Failure::missing_token(),
            Failure::invalid_key(),
            Failure::throttled(),
            Failure::quota_exceeded(),
            Failure::cache_control_refused(),
            Failure::too_large(),
            Failure::unsupported_media_type(),
            Failure::configuration(""),
            Failure::no_functions(String::new()),
            Failure::bad_gateway(String::new()),
            Failure::timeout(),
            Failure::network(""),
            Failure::slow_body(),
            Failure::busy(),
            Failure::missing_parameters(&["x-\"header\"", "qs1"]),
            Failure::invalid_body("application/json", "[]"),
        ] {
            let body: serde_json::Value = serde_json::from_slice(&failure.default_body()).unwrap();
            assert_eq!(body, serde_json::json!({"message": failure.message()}));
            assert_eq!(
                failure.message_string(),
                serde_json::to_string(failure.message()).unwrap()
            );
        }
        // Recorded: 36 bytes.
        assert_eq!(Failure::configuration("").default_body().len(), 36);
    }
}
