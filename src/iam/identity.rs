//! A caller with credentials, and what the caller's own policies say.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::policy::{Finding, Policy, Request};
use super::principal::{AwsCaller, Caller, CallerKind};

/// Whoever an access key stands for.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The access key id.
    pub access_key: String,
    /// Who: ARN and account.
    pub caller: Caller,
    /// The account, 12 digits.
    pub account: String,
    /// The unique id, `AIDA…` or `AROA…:session`; of a root the account (`aws:userid`).
    pub user_id: String,
    /// `aws:PrincipalOrgID`
    pub org_id: Option<String>,
    /// `aws:PrincipalTag/…`
    pub tags: BTreeMap<String, String>,
    /// When temporary credentials were issued.
    pub issued: Option<Timestamp>,
    /// Whether a session was begun with a second factor; nothing for keys that are no session's.
    pub mfa: Option<bool>,
    /// What the policies attached to it allow and deny.
    pub(super) policies: Vec<Policy>,
    /// What else must allow: a permissions boundary, session policies.
    pub(super) limits: Vec<Policy>,
}

/// What an identity's policies say, and the words for the statement that decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// What they say together.
    pub finding: Finding,
    /// The statement that decided, by its `Sid` or its place; nothing where none applies.
    pub statement: Option<String>,
}

impl Identity {
    /// The root of an account, with an access key that stands for it.
    #[must_use]
    pub fn root(account: &str, access_key: &str) -> Self {
        Self::new(AwsCaller::root(account), access_key)
    }

    /// An identity without policies of its own.
    #[must_use]
    pub fn new(caller: AwsCaller, access_key: &str) -> Self {
        Self {
            access_key: access_key.to_owned(),
            account: caller.account.clone(),
            user_id: match caller.kind() {
                CallerKind::Root => caller.account.clone(),
                _ => access_key.to_owned(),
            },
            caller: Caller::Aws(caller),
            org_id: None,
            tags: BTreeMap::new(),
            issued: None,
            mfa: None,
            policies: Vec::new(),
            limits: Vec::new(),
        }
    }

    /// Its ARN.
    #[must_use]
    pub fn arn(&self) -> &str {
        self.caller.name()
    }

    fn is_root(&self) -> bool {
        matches!(&self.caller, Caller::Aws(caller) if caller.kind() == CallerKind::Root)
    }

    /// What its policies say to a request: a denial anywhere wins, an allowance must be within every limit. The root may do
    /// everything that nothing limits.
    #[must_use]
    pub fn judge(&self, request: &Request<'_>) -> Said {
        let mut said = Said {
            finding: Finding::Silent,
            statement: None,
        };
        if self.is_root() {
            said = Said {
                finding: Finding::Allow(0),
                statement: Some("root of the account".to_owned()),
            };
        }
        for policy in &self.policies {
            match policy.evaluate(request) {
                denied @ Finding::Deny(at) => return Said::of(policy, denied, at),
                allowed @ Finding::Allow(at) if said.finding == Finding::Silent => {
                    said = Said::of(policy, allowed, at);
                }
                Finding::Allow(_) | Finding::Silent => {}
            }
        }
        for limit in &self.limits {
            match limit.evaluate(request) {
                Finding::Allow(_) => {}
                denied @ Finding::Deny(at) => return Said::of(limit, denied, at),
                Finding::Silent => {
                    said = Said {
                        finding: Finding::Silent,
                        statement: None,
                    };
                }
            }
        }
        said
    }

    /// The value that a condition key has because this identity asks; keys in lower case (`spec/iam-policy.md` §4).
    #[must_use]
    pub fn key(&self, key: &str) -> Option<String> {
        let Caller::Aws(caller) = &self.caller else {
            return None;
        };
        match key {
            "aws:principalarn" => Some(caller.principal_arn()),
            "aws:principalaccount" => Some(caller.account.clone()),
            "aws:principaltype" => Some(
                match caller.kind() {
                    CallerKind::Root => "Account",
                    CallerKind::User => "User",
                    CallerKind::AssumedRole => "AssumedRole",
                    CallerKind::FederatedUser => "FederatedUser",
                }
                .to_owned(),
            ),
            "aws:principalorgid" => self.org_id.clone(),
            "aws:userid" => Some(self.user_id.clone()),
            "aws:username" => caller.user_name().map(str::to_owned),
            "aws:tokenissuetime" => self
                .issued
                .map(|t| t.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
            "aws:multifactorauthpresent" => self.mfa.map(|mfa| mfa.to_string()),
            key => {
                let name = key.strip_prefix("aws:principaltag/")?;
                let mut tags = self.tags.iter();
                tags.find_map(|(n, value)| n.eq_ignore_ascii_case(name).then(|| value.clone()))
            }
        }
    }
}

impl Said {
    fn of(policy: &Policy, finding: Finding, at: usize) -> Self {
        Self {
            finding,
            statement: Some(policy.statement_name(at)),
        }
    }
}
