//! STS, as far as a client needs it to learn whom it acts as.

use serde_json::json;

use crate::engine::wire::{Operation, Output, ServiceError};

/// Answers one call.
pub(super) fn call(account: &str, operation: &Operation) -> Result<Output, ServiceError> {
    match operation.name {
        // Any access key is taken, so everyone is the account's root; the form is that of page "GetCallerIdentity".
        "GetCallerIdentity" => Ok(json!({
            "Account": account,
            "Arn": format!("arn:aws:iam::{account}:root"),
            "UserId": account,
        })
        .into()),
        other => Err(ServiceError::not_implemented(other)),
    }
}
