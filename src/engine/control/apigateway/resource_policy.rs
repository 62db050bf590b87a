//! The resource policy of an API: what is taken, what is kept, how it is shown.
//!
//! Source: `spec/rest/auth.md` §3.

use serde_json::Value;

use super::error::bad;
use super::txn::Txn;
use crate::engine::gateway::partition;
use crate::engine::wire::ServiceError;
use crate::iam::{Policy, PolicyKind};

/// The longest policy, in characters (`spec/rest/resources-methods.md` §5).
const MAX: usize = 8192;

/// The policy as it is kept: checked, without blanks between its members, and with short resources written out. Nothing stands for no
/// policy, which is what an empty text asks for.
pub(super) fn kept(
    given: Option<String>,
    txn: &Txn<'_>,
    api_id: &str,
) -> Result<Option<String>, ServiceError> {
    let region = txn.region_name;
    let prefix = format!(
        "arn:{}:execute-api:{region}:{}:{api_id}/",
        partition(region),
        txn.deps.account
    );
    kept_as(given, api_id, &|rest| format!("{prefix}{rest}"))
}

/// The same of a private custom domain name: all short resources are the domain itself.
pub(super) fn kept_for_domain(
    given: Option<String>,
    arn: &str,
) -> Result<Option<String>, ServiceError> {
    kept_as(given, arn, &|_| arn.to_owned())
}

fn kept_as(
    given: Option<String>,
    of: &str,
    written_out: &dyn Fn(&str) -> String,
) -> Result<Option<String>, ServiceError> {
    let Some(text) = given.filter(|text| !text.trim().is_empty()) else {
        return Ok(None);
    };
    if text.chars().count() > MAX {
        return Err(refused());
    }
    let mut document: Value = serde_json::from_str(&text).map_err(|_| refused())?;
    write_out(&mut document, written_out);
    if let Err(error) = Policy::from_value(&document, PolicyKind::Resource) {
        tracing::info!(of, %error, "a resource policy is refused");
        return Err(refused());
    }
    Ok(Some(document.to_string()))
}

/// The service doesn't say what it dislikes (recalled, not recorded).
fn refused() -> ServiceError {
    bad(
        "Invalid policy document. Please check the policy syntax and ensure that Principals are valid.",
    )
}

/// The policy as answers show it: with its quotes escaped once more than JSON would.
pub(super) fn shown(policy: &str) -> String {
    let quoted = Value::from(policy).to_string();
    let inner = quoted.strip_prefix('"').and_then(|q| q.strip_suffix('"'));
    inner.unwrap_or_default().to_owned()
}

/// Writes out resources such as `execute-api:/prod/GET/pets`.
fn write_out(document: &mut Value, written_out: &dyn Fn(&str) -> String) {
    let one = |value: &mut Value| {
        if let Value::String(text) = value
            && let Some(rest) = text.strip_prefix("execute-api:/")
        {
            *text = written_out(rest);
        }
    };
    let each = |statement: &mut Value| {
        for name in ["Resource", "NotResource"] {
            match statement.get_mut(name) {
                Some(Value::Array(values)) => values.iter_mut().for_each(one),
                Some(value) => one(value),
                None => {}
            }
        }
    };
    match document.get_mut("Statement") {
        Some(Value::Array(statements)) => statements.iter_mut().for_each(each),
        Some(statement) => each(statement),
        None => {}
    }
}
