//! Where a request failed, and what can be done about it.

use crate::engine::gateway::exchange::Exchange;
use crate::engine::gateway::record::Phase;
use crate::model::GatewayResponseType as Kind;

/// The phase that a failed request failed in.
pub(super) fn phase(x: &Exchange) -> Phase {
    let Some(kind) = x.record.gateway_response else {
        return Phase::Answer;
    };
    match kind {
        Kind::MissingAuthenticationToken if x.method.is_none() => Phase::Route,
        Kind::ResourceNotFound => Phase::Route,
        Kind::MissingAuthenticationToken
        | Kind::AccessDenied
        | Kind::AuthorizerConfigurationError
        | Kind::AuthorizerFailure
        | Kind::ExpiredToken
        | Kind::InvalidSignature
        | Kind::Unauthorized
        | Kind::WafFiltered => Phase::Authorize,
        Kind::InvalidApiKey | Kind::QuotaExceeded | Kind::Throttled => Phase::Admit,
        Kind::BadRequestParameters | Kind::RequestTooLarge => Phase::Validate,
        // A template that can't read the body fails as a body does that doesn't fit its model, but has something to say.
        Kind::BadRequestBody if x.failure.as_ref().is_some_and(|f| f.log.is_empty()) => {
            Phase::Validate
        }
        Kind::BadRequestBody | Kind::UnsupportedMediaType => Phase::IntegrationRequest,
        Kind::IntegrationFailure | Kind::IntegrationTimeout => Phase::Integration,
        Kind::ApiConfigurationError | Kind::Default4xx | Kind::Default5xx => {
            if x.record.integration_latency.is_some() {
                Phase::IntegrationResponse
            } else {
                Phase::IntegrationRequest
            }
        }
    }
}

/// What to look at, for who calls or for who made the API.
pub(super) fn remedy(x: &Exchange) -> &'static str {
    let Some(kind) = x.record.gateway_response else {
        return "";
    };
    match kind {
        Kind::MissingAuthenticationToken if x.method.is_none() => {
            "No method of the deployment has this path and verb. Check the path behind the stage's name, and the verb; a method that was made since must be deployed first."
        }
        Kind::MissingAuthenticationToken => {
            "The method wants a signed request: sign it with Signature Version 4."
        }
        Kind::InvalidApiKey => {
            "Send in x-api-key a key that is enabled and belongs to a usage plan with this API and stage."
        }
        Kind::Throttled => {
            "A rate or burst limit was reached: of the plan's method, the plan, the stage's method or the account. Send more slowly, or raise that limit."
        }
        Kind::QuotaExceeded => {
            "The key has used up its plan's quota. Wait for the next period, extend the key's usage, or raise the quota."
        }
        Kind::AccessDenied => {
            "The caller is known and may not do this: look at the resource policy, the caller's policies, and what the authorizer answered."
        }
        Kind::Unauthorized => {
            "The caller couldn't be told: the token or identity source is missing or refused."
        }
        Kind::AuthorizerConfigurationError | Kind::AuthorizerFailure => {
            "The authorizer couldn't be called or answered nonsense: look at its function, its permission and what it returns."
        }
        Kind::ExpiredToken => "Get new credentials, and check the caller's clock.",
        Kind::InvalidSignature => {
            "The signature doesn't fit the request: check secret, region, service (execute-api) and what was signed."
        }
        Kind::BadRequestParameters => {
            "Send the parameters that the method requires, or don't require them."
        }
        Kind::BadRequestBody => {
            "The body isn't what the method takes: compare it with the model of its content type, and with what the request template reads."
        }
        Kind::RequestTooLarge => "A body can have 10 MB.",
        Kind::UnsupportedMediaType => {
            "No request template has the request's content type, and passthroughBehavior doesn't let it pass."
        }
        Kind::IntegrationTimeout => {
            "The backend took longer than the integration's timeoutInMillis."
        }
        Kind::IntegrationFailure => {
            "The backend couldn't be reached or broke off: is it running, and is the integration's URI right?"
        }
        Kind::ApiConfigurationError | Kind::Default4xx | Kind::Default5xx => {
            "The method's integration, its responses or its templates need mending; the reason says which."
        }
        Kind::ResourceNotFound => "There is nothing at this path.",
        Kind::WafFiltered => "The web ACL refused the request.",
    }
}
