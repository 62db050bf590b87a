//! The phase that finds out who calls and whether the policies let them: `AWS_IAM`, authorizers, the API's resource policy.
//!
//! How the policies go together: `spec/rest/auth.md` §3. A method that asks for nothing, of an API without a policy, passes by a branch.

use super::backend::Caller;
use super::exchange::Exchange;
use super::execute_arn::ExecuteArn;
use super::failure::Failure;
use super::policy_keys::PolicyKeys;
use super::record::{PolicyVerdict, What};
use crate::iam::{self, Finding, Policy, PolicyKind, Verdict, Workflow, decide};
use crate::model;

/// The longest ARN that policies are asked about, in bytes (`spec/iam-policy.md` §3).
const ARN_LIMIT: usize = 1_600;

const INVOKE: &str = "execute-api:Invoke";

/// What protects an API as a whole.
#[derive(Debug, Default)]
pub(crate) struct Protection {
    /// The resource policy.
    policy: Option<ResourcePolicy>,
}

/// A resource policy. One that was stored and can't be read refuses everybody: nothing protected is served unprotected.
#[derive(Debug)]
enum ResourcePolicy {
    Read(Policy),
    Unreadable,
}

impl Protection {
    pub(crate) fn compile(api: &model::RestApi) -> Self {
        let read = |text: &String| match Policy::parse(text, PolicyKind::Resource) {
            Ok(policy) => ResourcePolicy::Read(policy),
            Err(error) => {
                tracing::warn!(api = api.id, %error, "a resource policy can't be read");
                ResourcePolicy::Unreadable
            }
        };
        Self {
            policy: api.policy.as_ref().map(read),
        }
    }

    /// What the resource policy says; nothing when there is none.
    fn evaluate(&self, request: &iam::Request<'_>) -> Option<Finding> {
        match self.policy.as_ref()? {
            ResourcePolicy::Read(policy) => Some(policy.evaluate(request)),
            ResourcePolicy::Unreadable => Some(Finding::Deny(0)),
        }
    }

    fn statement_name(&self, at: usize) -> String {
        match &self.policy {
            Some(ResourcePolicy::Read(policy)) => policy.statement_name(at),
            _ => "a policy that can't be read".to_owned(),
        }
    }
}

/// How a method finds out who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Authorization {
    /// It doesn't.
    None,
    /// In a way that can't be served; only a method that isn't deployed has it.
    Unserved,
}

impl Authorization {
    pub(crate) fn compile(method: &model::Method) -> Self {
        match method.authorization_type.as_str() {
            "NONE" => Self::None,
            _ => Self::Unserved,
        }
    }
}

/// Lets a request in or refuses it, and leaves in the exchange who calls.
pub(crate) async fn authorize(x: &mut Exchange, caller: &Caller<'_>) -> Result<(), Failure> {
    let unprotected = x.side().deployment.protection.policy.is_none();
    match x.method().map(|m| &m.authorization) {
        None | Some(Authorization::None) if unprotected => Ok(()),
        // Boxed: the others shouldn't have to move room for it about.
        _ => Box::pin(protected(x, caller)).await,
    }
}

#[allow(
    clippy::unused_async,
    reason = "signatures and authorizers wait: for the body, for a function"
)]
async fn protected(x: &mut Exchange, _caller: &Caller<'_>) -> Result<(), Failure> {
    let Some(method) = x.method() else {
        return Ok(());
    };
    // What an authorizer's answer says, and how it goes together with the resource policy, is another arm here:
    // `Workflow::SameAccount` with the finding of its policy (after `refuse_denied`, which needs no identity), or
    // `Workflow::ResourceOnly` where a token brings no policy.
    let (workflow, who, identity) = match &method.authorization {
        Authorization::None => (
            Workflow::ResourceOnly,
            iam::Caller::Anonymous,
            Finding::Silent,
        ),
        Authorization::Unserved => {
            return Err(Failure::configuration(
                "Execution failed due to configuration error: Sluice can't serve this authorization type yet",
            ));
        }
    };
    judge(x, workflow, &who, identity)
}

/// Puts the caller's finding and the resource policy's together.
fn judge(
    x: &Exchange,
    workflow: Workflow,
    who: &iam::Caller,
    identity: Finding,
) -> Result<(), Failure> {
    let arn = ExecuteArn::of(x);
    let resource = arn.to_string();
    if resource.len() > ARN_LIMIT {
        return Err(Failure::arn_too_long());
    }
    let protection = &x.side().deployment.protection;
    let keys = PolicyKeys::of(x, who);
    let finding = protection.evaluate(&iam::Request {
        action: INVOKE,
        resource: &resource,
        caller: who,
        keys: &keys,
    });
    let verdict = decide(workflow, identity, finding);
    x.record.note(|| {
        let (statement, reason) = match finding {
            Some(Finding::Deny(at)) => (Some(protection.statement_name(at)), "it denies"),
            Some(Finding::Allow(at)) => (Some(protection.statement_name(at)), "it allows"),
            Some(Finding::Silent) => (None, "no statement applies"),
            None => (None, "there is no resource policy"),
        };
        What::Policy(PolicyVerdict {
            policy: "resource policy",
            allowed: verdict.is_allowed(),
            statement,
            reason: reason.to_owned(),
        })
    });
    match verdict {
        Verdict::Allowed(_) => Ok(()),
        Verdict::ImplicitDeny => Err(Failure::access_denied(who.name(), &arn, false)),
        Verdict::ExplicitDeny(_) => Err(Failure::access_denied(who.name(), &arn, true)),
    }
}
