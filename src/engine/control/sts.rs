//! STS, as far as a client needs it to learn whom it acts as.

use serde_json::json;

use crate::engine::wire::{Operation, Output, ServiceError};
use crate::iam::Identity;

/// Answers one call.
pub(super) fn call(identity: &Identity, operation: &Operation) -> Result<Output, ServiceError> {
    match operation.name {
        // The form is that of page "GetCallerIdentity".
        "GetCallerIdentity" => Ok(json!({
            "Account": identity.account,
            "Arn": identity.arn(),
            "UserId": identity.user_id,
        })
        .into()),
        other => Err(ServiceError::not_implemented(other)),
    }
}
