//! Putting the caller's policies and the API's together.
//!
//! Source: `spec/rest/auth.md` §3 (tables A and B), page "How API Gateway resource policies affect authorization workflow".

use super::policy::Finding;

/// How a method finds out who calls, which decides how the policies go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workflow {
    /// Nobody is asked (`NONE`), or a token was checked that brings no policy (`COGNITO_USER_POOLS`, `JWT`).
    ResourceOnly,
    /// `AWS_IAM` by a caller of the API's account, or a Lambda authorizer's policy: table A.
    SameAccount,
    /// `AWS_IAM` by a caller of another account: table B.
    CrossAccount,
}

/// Whether a request is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is.
    Allowed(DecidedBy),
    /// Nothing that would have to allow it does.
    ImplicitDeny,
    /// A statement denies it.
    ExplicitDeny(DecidedBy),
}

/// The statement that decided, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecidedBy {
    /// There is no policy that could have refused.
    NoPolicy,
    /// One of the caller's, or of the authorizer's answer.
    Identity(usize),
    /// One of the API's resource policy.
    Resource(usize),
}

impl Verdict {
    /// Whether the request may go on.
    #[must_use]
    pub const fn is_allowed(self) -> bool {
        matches!(self, Self::Allowed(_))
    }
}

/// The verdict on a request. `identity` is what the caller's policies say ([`Finding::Silent`] where there are none), `resource` what
/// the API's policy says; nothing when it has none.
#[must_use]
pub fn decide(workflow: Workflow, identity: Finding, resource: Option<Finding>) -> Verdict {
    use Finding::{Allow, Deny, Silent};
    if let Some(Deny(at)) = resource {
        return Verdict::ExplicitDeny(DecidedBy::Resource(at));
    }
    if let Deny(at) = identity
        && workflow != Workflow::ResourceOnly
    {
        return Verdict::ExplicitDeny(DecidedBy::Identity(at));
    }
    match (workflow, identity, resource) {
        (Workflow::ResourceOnly, _, None) => Verdict::Allowed(DecidedBy::NoPolicy),
        (Workflow::ResourceOnly | Workflow::SameAccount, Silent, Some(Allow(at)))
        | (Workflow::ResourceOnly, _, Some(Allow(at)))
        | (Workflow::CrossAccount, Allow(_), Some(Allow(at))) => {
            Verdict::Allowed(DecidedBy::Resource(at))
        }
        (Workflow::SameAccount, Allow(at), _) => Verdict::Allowed(DecidedBy::Identity(at)),
        _ => Verdict::ImplicitDeny,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FINDINGS: [Finding; 3] = [Finding::Allow(1), Finding::Silent, Finding::Deny(2)];

    fn letters(workflow: Workflow, resource: impl Fn(Finding) -> Option<Finding>) -> String {
        let mut text = String::new();
        for identity in FINDINGS {
            for of_resource in FINDINGS {
                text.push(match decide(workflow, identity, resource(of_resource)) {
                    Verdict::Allowed(_) => 'a',
                    Verdict::ImplicitDeny => 'i',
                    Verdict::ExplicitDeny(_) => 'd',
                });
            }
            text.push(' ');
        }
        text
    }

    /// AWS's tables: rows are the caller's policies (allow, silent, deny), columns the API's.
    #[test]
    fn the_tables_are_as_aws_prints_them() {
        assert_eq!(letters(Workflow::SameAccount, Some), "aad aid ddd ");
        assert_eq!(letters(Workflow::CrossAccount, Some), "aid iid ddd ");
        assert_eq!(letters(Workflow::ResourceOnly, Some), "aid aid aid ");
        // Without a resource policy.
        assert_eq!(letters(Workflow::SameAccount, |_| None), "aaa iii ddd ");
        assert_eq!(letters(Workflow::CrossAccount, |_| None), "iii iii ddd ");
        assert_eq!(letters(Workflow::ResourceOnly, |_| None), "aaa aaa aaa ");
    }
}
