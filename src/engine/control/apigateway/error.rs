//! The refusals that several operations share, in the service's words.
//!
//! Texts and statuses: `spec/rest/control-plane.md` §2, which says what of them is recorded.

use std::fmt::Display;

use crate::engine::wire::ServiceError;
use crate::model::patch::PatchError;

pub(super) const NO_RESOURCE: &str = "Invalid Resource identifier specified";
pub(super) const NO_METHOD: &str = "Invalid Method identifier specified";
pub(super) const NO_INTEGRATION: &str = "Invalid Integration identifier specified";
pub(super) const NO_RESPONSE: &str = "Invalid Response status code specified";
pub(super) const NO_STAGE: &str = "Invalid stage identifier specified";
pub(super) const NO_DEPLOYMENT: &str = "Invalid Deployment identifier specified";
pub(super) const NO_AUTHORIZER: &str = "Invalid Authorizer identifier specified";
pub(super) const NO_VALIDATOR: &str = "Invalid Request Validator identifier specified";
pub(super) const NO_API_KEY: &str = "Invalid API Key identifier specified";
pub(super) const NO_USAGE_PLAN: &str = "Invalid Usage Plan ID specified";

/// 404 with a fixed text.
pub(super) fn not_found(text: &str) -> ServiceError {
    ServiceError::not_found(text)
}

/// 400 with a text.
pub(super) fn bad(text: impl Into<String>) -> ServiceError {
    ServiceError::bad_request(text)
}

/// The refusal of parameter mappings: the service's validator prints its findings as Java lists.
pub(super) fn bad_mapping(finding: impl Display) -> ServiceError {
    bad(format!(
        "Invalid mapping expression specified: Validation Result: warnings : [], errors : [{finding}]"
    ))
}

/// A quota is reached. Waiting doesn't help, but the service names a delay all the same.
pub(super) fn limit_exceeded(text: &str) -> ServiceError {
    ServiceError::limit_exceeded(text, 1)
}

impl From<PatchError> for ServiceError {
    fn from(error: PatchError) -> Self {
        match error {
            PatchError::BadRequest(text) => Self::bad_request(text),
            PatchError::NotFound(text) => Self::not_found(text),
        }
    }
}
