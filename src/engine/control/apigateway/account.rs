//! The account's settings.
//!
//! Source: `spec/rest/control-plane.md` §4 and §5.

use super::Answer;
use super::error::bad;
use super::txn::{Txn, answer, patch};
use crate::engine::wire::Input;
use crate::model::patch::apply;

const USAGE_PLANS: &str = "UsagePlans";

pub(super) fn get(txn: &Txn<'_>, _: &Input) -> Answer {
    answer(txn.region.account.as_ref())
}

pub(super) fn update(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let mut account = txn.region.account.as_ref().clone();
    apply(&mut account, &patch(input)?)?;
    // The texts are not recorded.
    if !account
        .features
        .iter()
        .any(|feature| feature == USAGE_PLANS)
    {
        return Err(bad("The feature UsagePlans cannot be removed"));
    }
    if let Some(other) = account
        .features
        .iter()
        .find(|feature| *feature != USAGE_PLANS)
    {
        return Err(bad(format!(
            "Invalid value '{other}' specified for patch path '/features'. Must be one of [{USAGE_PLANS}]"
        )));
    }
    if let Some(arn) = &account.cloudwatch_role_arn
        && !(arn.starts_with("arn:") && arn.contains(":role/"))
    {
        return Err(bad(format!("Invalid ARN. ARN is not well formed {arn}")));
    }
    txn.put_account(account.clone())?;
    answer(&account)
}
