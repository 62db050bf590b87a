//! The phase that finds out who calls and whether the policies let them: `AWS_IAM`, authorizers, the API's resource policy.
//!
//! How the policies go together: `spec/rest/auth.md` §3. A method that asks for nothing, of an API without a policy, passes by a branch.

use std::sync::Arc;

use super::authorizer::{Authorizer, Authorizers};
use super::backend::Caller;
use super::exchange::Exchange;
use super::execute_arn::ExecuteArn;
use super::failure::Failure;
use super::policy_keys::PolicyKeys;
use super::record::{AuthorizerStep, PolicyVerdict, What};
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
#[derive(Clone, Debug)]
pub(crate) enum Authorization {
    /// It doesn't.
    None,
    /// An authorizer says.
    Authorizer {
        authorizer: Arc<Authorizer>,
        /// Of which a token must have one.
        scopes: Arc<[String]>,
    },
    /// In a way that can't be served; only a method that isn't deployed has it.
    Unserved,
}

impl Authorization {
    pub(crate) fn compile(method: &model::Method, authorizers: &Authorizers) -> Self {
        let authorizer = || authorizers.get(method.authorizer_id.as_deref()?);
        match method.authorization_type.as_str() {
            "NONE" => Self::None,
            "CUSTOM" | "COGNITO_USER_POOLS" | "JWT" => match authorizer() {
                Some(authorizer) => Self::Authorizer {
                    authorizer: Arc::clone(authorizer),
                    scopes: method
                        .authorization_scopes
                        .clone()
                        .unwrap_or_default()
                        .into(),
                },
                None => Self::Unserved,
            },
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

async fn protected(x: &mut Exchange, caller: &Caller<'_>) -> Result<(), Failure> {
    let Some(method) = x.method() else {
        return Ok(());
    };
    let (workflow, who, identity) = match &method.authorization {
        Authorization::Authorizer { authorizer, scopes } => {
            let (authorizer, scopes) = (Arc::clone(authorizer), Arc::clone(scopes));
            return authorized(x, caller, &authorizer, &scopes).await;
        }
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
    judge(x, workflow, &who, identity, |arn, explicit| {
        Failure::access_denied(who.name(), arn, explicit)
    })
}

/// Asks an authorizer. A resource policy that denies needs no identity, so it is asked before; what it allows counts beside what the
/// authorizer's policy says of this method, whichever method that policy was made for.
async fn authorized(
    x: &mut Exchange,
    caller: &Caller<'_>,
    authorizer: &Authorizer,
    scopes: &[String],
) -> Result<(), Failure> {
    let who = iam::Caller::Anonymous;
    refuse_denied(x, &who)?;
    let decision = authorizer.ask(x, caller, scopes, false).await?;
    let denied = |_: &ExecuteArn<'_>, explicit| Failure::not_authorized(explicit);
    let Some(policy) = &decision.policy else {
        return judge(x, Workflow::ResourceOnly, &who, Finding::Silent, denied);
    };
    let finding = policy.evaluate(&iam::Request {
        action: INVOKE,
        resource: &ExecuteArn::of(x).to_string(),
        caller: &who,
        keys: &PolicyKeys::of(x, &who),
    });
    x.record.note(|| {
        let (statement, reason) = told(finding, |at| policy.statement_name(at));
        What::Policy(PolicyVerdict {
            policy: "authorizer's policy",
            allowed: matches!(finding, Finding::Allow(_)),
            statement,
            reason: reason.to_owned(),
        })
    });
    judge(x, Workflow::SameAccount, &who, finding, denied)?;
    x.record.note(|| {
        What::Authorizer(AuthorizerStep::Allowed {
            principal: decision.principal.clone().unwrap_or_default(),
        })
    });
    Ok(())
}

/// What a policy said, for people: the statement and the reason.
fn told(finding: Finding, name: impl Fn(usize) -> String) -> (Option<String>, &'static str) {
    match finding {
        Finding::Deny(at) => (Some(name(at)), "it denies"),
        Finding::Allow(at) => (Some(name(at)), "it allows"),
        Finding::Silent => (None, "no statement applies"),
    }
}

/// Refuses what the resource policy denies to everybody.
fn refuse_denied(x: &Exchange, who: &iam::Caller) -> Result<(), Failure> {
    let arn = ExecuteArn::of(x);
    let denies = x.side().deployment.protection.evaluate(&iam::Request {
        action: INVOKE,
        resource: &arn.to_string(),
        caller: who,
        keys: &PolicyKeys::of(x, who),
    });
    match denies {
        Some(Finding::Deny(_)) => Err(Failure::access_denied(who.name(), &arn, true)),
        _ => Ok(()),
    }
}

/// Puts the caller's finding and the resource policy's together.
fn judge(
    x: &Exchange,
    workflow: Workflow,
    who: &iam::Caller,
    identity: Finding,
    denied: impl Fn(&ExecuteArn<'_>, bool) -> Failure,
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
            Some(finding) => told(finding, |at| protection.statement_name(at)),
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
        Verdict::ImplicitDeny => Err(denied(&arn, false)),
        Verdict::ExplicitDeny(_) => Err(denied(&arn, true)),
    }
}
