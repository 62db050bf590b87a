//! The ARN of a request, as policies name it.

use std::fmt;

use super::exchange::Exchange;

/// `arn:aws:execute-api:{region}:{account}:{api}/{stage}/{VERB}/{path}`, with the path as it was sent (`spec/rest/auth.md` §2).
pub(crate) struct ExecuteArn<'a> {
    region: &'a str,
    account: &'a str,
    api: &'a str,
    stage: &'a str,
    verb: &'a str,
    path: &'a str,
}

impl<'a> ExecuteArn<'a> {
    /// Of a request. Slashes around the path don't count for routing, so they don't for policies either: a statement about
    /// `GET/pets` is about `/pets/` too.
    pub(crate) fn of(x: &'a Exchange) -> Self {
        Self {
            region: &x.stage.region.name,
            account: &x.stage.account,
            api: &x.stage.api_id,
            stage: &x.stage.name,
            verb: x.request.verb.as_str(),
            path: x.path().trim_matches('/'),
        }
    }

    /// As refusals show it: of the account only the last four digits.
    pub(crate) fn masked(&self) -> String {
        let tail = self.account.len().saturating_sub(4);
        let account = self.account.get(tail..).unwrap_or_default();
        self.with_account(&format!("********{account}"))
    }

    fn with_account(&self, account: &str) -> String {
        let Self {
            region,
            api,
            stage,
            verb,
            path,
            ..
        } = self;
        let partition = partition(region);
        format!("arn:{partition}:execute-api:{region}:{account}:{api}/{stage}/{verb}/{path}")
    }
}

impl fmt::Display for ExecuteArn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.with_account(self.account))
    }
}

/// The partition that a region belongs to: `aws`, `aws-cn`, `aws-us-gov`.
#[must_use]
pub fn partition(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "aws-cn"
    } else if region.starts_with("us-gov-") {
        "aws-us-gov"
    } else {
        "aws"
    }
}
