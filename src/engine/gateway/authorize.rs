//! The phase that finds out who calls and whether the policies let them: `AWS_IAM`, authorizers, the API's resource policy.
//!
//! How the policies go together: `spec/rest/auth.md` §3. A method that asks for nothing, of an API without a policy, passes by a branch.

use std::sync::Arc;

use http::header::AUTHORIZATION;

use super::authorizer::{Authorizer, Authorizers};
use super::backend::Caller;
use super::endpoint::Endpoint;
use super::exchange::{Exchange, Place};
use super::execute_arn::ExecuteArn;
use super::failure::Failure;
use super::handler::read_body;
use super::policy_keys::PolicyKeys;
use super::record::{AuthorizerStep, PolicyVerdict, What};
use crate::engine::message::Incoming;
use crate::iam::sigv4::{Claim, Received, SignatureError};
use crate::iam::{
    self, Credentials, Finding, Identity, Policy, PolicyKind, Verdict, Workflow, decide,
};
use crate::model;

/// The longest ARN that policies are asked about, in bytes (`spec/iam-policy.md` §3).
const ARN_LIMIT: usize = 1_600;

pub(super) const INVOKE: &str = "execute-api:Invoke";
/// What requests to an API are signed for.
const SIGNING_NAME: &str = "execute-api";

/// What protects an API as a whole.
#[derive(Debug, Default)]
pub(crate) struct Protection {
    /// The resource policy.
    policy: Option<ResourcePolicy>,
    /// Whether it is reached through VPC endpoints only.
    private: bool,
    /// `endpointAccessMode` `STRICT`: only the API's own kind of endpoint leads to it.
    strict: bool,
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
            policy: api.policy.as_ref().filter(|p| !p.is_empty()).map(read),
            private: api
                .endpoint_configuration
                .types
                .iter()
                .any(|t| t == "PRIVATE"),
            strict: api.endpoint_access_mode.as_deref() == Some("STRICT"),
        }
    }

    /// Whether there is nothing to ask.
    fn is_open(&self) -> bool {
        self.policy.is_none() && !self.private && !self.strict
    }

    /// Whether every request is asked whether it may pass.
    pub(crate) fn is_asked(&self) -> bool {
        !self.is_open()
    }

    /// What the resource policy says; nothing when there is none.
    fn evaluate(&self, request: &iam::Request<'_>) -> Option<Finding> {
        match self.policy.as_ref() {
            Some(ResourcePolicy::Read(policy)) => Some(policy.evaluate(request)),
            Some(ResourcePolicy::Unreadable) => Some(Finding::Deny(0)),
            None => None,
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
    /// By Signature V4.
    Iam,
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
            "AWS_IAM" => Self::Iam,
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

/// Lets a request in or refuses it, and leaves in the exchange who calls. A signature covers the body, so a signed request's body is
/// read here: then `incoming` is taken and the body stands in the exchange.
pub(crate) async fn authorize(
    x: &mut Exchange,
    caller: &Caller<'_>,
    credentials: Option<&Credentials>,
    incoming: &mut Option<Incoming>,
) -> Result<(), Failure> {
    let is_open = x.side().deployment.protection.is_open();
    match x.method().map(|m| &m.authorization) {
        None | Some(Authorization::None) if is_open => Ok(()),
        // Boxed: the others shouldn't have to move room for it about.
        _ => Box::pin(protected(x, caller, credentials, incoming)).await,
    }
}

async fn protected(
    x: &mut Exchange,
    caller: &Caller<'_>,
    credentials: Option<&Credentials>,
    incoming: &mut Option<Incoming>,
) -> Result<(), Failure> {
    check_endpoint(x)?;
    let Some(method) = x.method() else {
        return Ok(());
    };
    match &method.authorization {
        Authorization::None => {
            let policy = consult(x)?;
            let workflow = Workflow::ResourceOnly;
            judge(x, workflow, Finding::Silent, policy, denied(x))
        }
        Authorization::Authorizer { authorizer, scopes } => {
            let (authorizer, scopes) = (Arc::clone(authorizer), Arc::clone(scopes));
            authorized(x, caller, &authorizer, &scopes).await
        }
        Authorization::Iam => {
            let identity = authenticate(x, caller, credentials, incoming).await?;
            let workflow = if *identity.account == *x.stage.account {
                Workflow::SameAccount
            } else {
                Workflow::CrossAccount
            };
            x.identity = Some(Arc::clone(&identity));
            // Backends never see what was signed for the gateway (`spec/rest/auth.md` §2).
            x.request.headers.remove(AUTHORIZATION);
            let policy = consult(x)?;
            let finding = judge_identity(x, &identity);
            judge(x, workflow, finding, policy, denied(x))
        }
        Authorization::Unserved => Err(Failure::configuration(
            "Execution failed due to configuration error: Sluice can't serve this authorization type yet",
        )),
    }
}

/// Asks an authorizer. A resource policy that denies needs no identity, so no function is asked in vain; a token is checked in any case
/// (`spec/rest/auth.md` §3). What the resource policy allows counts beside what the authorizer's policy says of this method, whichever
/// method that policy was made for.
async fn authorized(
    x: &mut Exchange,
    caller: &Caller<'_>,
    authorizer: &Authorizer,
    scopes: &[String],
) -> Result<(), Failure> {
    let resource_policy = consult(x)?;
    let is_refused = match resource_policy {
        Some(finding) => matches!(finding, Finding::Deny(_)),
        None => x.side().deployment.protection.private,
    };
    if is_refused && authorizer.asks_function() {
        let workflow = Workflow::SameAccount;
        return judge(x, workflow, Finding::Silent, resource_policy, denied(x));
    }
    let decision = authorizer.ask(x, caller, scopes, false).await?;
    let denied = |_: &ExecuteArn<'_>, explicit| Failure::not_authorized(explicit);
    let Some(policy) = &decision.policy else {
        let workflow = Workflow::ResourceOnly;
        return judge(x, workflow, Finding::Silent, resource_policy, denied);
    };
    let finding = policy.evaluate(&iam::Request {
        action: INVOKE,
        resource: &ExecuteArn::of(x).to_string(),
        caller: &iam::Caller::Anonymous,
        keys: &PolicyKeys::of(x),
    });
    x.record.note(|| {
        let statement = match finding {
            Finding::Deny(at) | Finding::Allow(at) => Some(policy.statement_name(at)),
            Finding::Silent => None,
        };
        What::Policy(PolicyVerdict {
            policy: "authorizer's policy",
            allowed: matches!(finding, Finding::Allow(_)),
            statement,
            reason: reason(Some(finding)).to_owned(),
        })
    });
    judge(x, Workflow::SameAccount, finding, resource_policy, denied)?;
    x.record.note(|| {
        What::Authorizer(AuthorizerStep::Allowed {
            principal: decision.principal.clone().unwrap_or_default(),
        })
    });
    Ok(())
}

/// The refusal that names the caller.
fn denied(x: &Exchange) -> impl Fn(&ExecuteArn<'_>, bool) -> Failure + use<> {
    let identity = x.identity.clone();
    move |arn, explicit| {
        let who = identity.as_ref().map_or("anonymous", |i| i.arn());
        Failure::access_denied(who, arn, explicit)
    }
}

/// A private API is reached through a VPC endpoint only, and one with strict access through its own kind of endpoint only.
fn check_endpoint(x: &Exchange) -> Result<(), Failure> {
    let protection = &x.side().deployment.protection;
    if !protection.private && !protection.strict {
        return Ok(());
    }
    let through_vpc = Endpoint::of(x).vpce.is_some();
    if through_vpc == protection.private {
        return Ok(());
    }
    let reason = if protection.private {
        "a private API is reached through a VPC endpoint: send x-sluice-vpce from this machine"
    } else {
        "the API takes requests through its own kind of endpoint only"
    };
    x.record.note(|| {
        What::Policy(PolicyVerdict {
            policy: "endpoint",
            allowed: false,
            statement: None,
            reason: reason.to_owned(),
        })
    });
    Err(Failure::wrong_endpoint())
}

/// Who signed the request. Without credentials to prove it by, everybody who signs is the root of the account.
async fn authenticate(
    x: &mut Exchange,
    caller: &Caller<'_>,
    credentials: Option<&Credentials>,
    incoming: &mut Option<Incoming>,
) -> Result<Arc<Identity>, Failure> {
    // An unsigned request, the usual mistake, is refused before anybody waits for its body.
    let claim = with_received(x, Claim::read);
    let claim = claim.and_then(|claim| claim.ok_or_else(SignatureError::missing_token));
    let body = match (&claim, credentials, incoming.take()) {
        (Ok(_), Some(_), Some(body)) => read_body(body, caller.body_patience).await?,
        (_, _, body) => {
            *incoming = body;
            bytes::Bytes::new()
        }
    };
    let now = x.record.time;
    let region = x.stage.region.name.clone();
    let identity = claim.and_then(|claim| {
        if let Some(credentials) = credentials {
            return with_received(x, |request| {
                credentials.authenticate(request, &body, (&region, SIGNING_NAME), now)
            });
        }
        claim.check_scope(&region, SIGNING_NAME)?;
        let root = Identity::root(&x.stage.account, &claim.credential.access_key);
        Ok(Arc::new(root))
    });
    x.record.note(|| {
        What::Policy(PolicyVerdict {
            policy: "signature",
            allowed: identity.is_ok(),
            statement: None,
            reason: match (&identity, credentials) {
                (Ok(identity), Some(_)) => format!("it proves {}", identity.arn()),
                (Ok(identity), None) => {
                    format!("without --credentials everybody is {}", identity.arn())
                }
                (Err(error), _) => error.message.clone(),
            },
        })
    });
    let identity = identity.map_err(|error| Failure::signature(&error))?;
    if incoming.is_none() {
        x.request.body = body;
    }
    Ok(identity)
}

/// Shows the request to `read` as it came.
fn with_received<T>(x: &Exchange, read: impl FnOnce(&Received<'_>) -> T) -> T {
    let headers: Vec<(&str, &[u8])> = x
        .request
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_bytes()))
        .collect();
    let (path, query) = match &x.request.place {
        Place::Url { uri, .. } => (uri.path(), uri.query().unwrap_or_default()),
        Place::Given { path, query, .. } => (path.as_str(), query.as_str()),
    };
    read(&Received {
        method: x.request.sent_verb.as_str(),
        path,
        query,
        headers: &headers,
    })
}

/// What the caller's own policies say.
fn judge_identity(x: &Exchange, identity: &Identity) -> Finding {
    let resource = ExecuteArn::of(x).to_string();
    let said = identity.judge(&iam::Request {
        action: INVOKE,
        resource: &resource,
        caller: &identity.caller,
        keys: &PolicyKeys::of(x),
    });
    x.record.note(|| {
        What::Policy(PolicyVerdict {
            policy: "identity policy",
            allowed: matches!(said.finding, Finding::Allow(_)),
            statement: said.statement.clone(),
            reason: reason(Some(said.finding)).to_owned(),
        })
    });
    said.finding
}

fn reason(finding: Option<Finding>) -> &'static str {
    match finding {
        Some(Finding::Deny(_)) => "it denies",
        Some(Finding::Allow(_)) => "it allows",
        Some(Finding::Silent) => "no statement applies",
        None => "there is no policy",
    }
}

/// What the resource policy says of the request, as far as it is known who calls.
fn consult(x: &Exchange) -> Result<Option<Finding>, Failure> {
    let resource = ExecuteArn::of(x).to_string();
    if resource.len() > ARN_LIMIT {
        return Err(Failure::arn_too_long());
    }
    let who = x
        .identity
        .as_ref()
        .map_or(&iam::Caller::Anonymous, |i| &i.caller);
    Ok(x.side().deployment.protection.evaluate(&iam::Request {
        action: INVOKE,
        resource: &resource,
        caller: who,
        keys: &PolicyKeys::of(x),
    }))
}

/// Puts the finding of the caller's policies, or the authorizer's, and the resource policy's together.
fn judge(
    x: &Exchange,
    workflow: Workflow,
    identity: Finding,
    finding: Option<Finding>,
    denied: impl Fn(&ExecuteArn<'_>, bool) -> Failure,
) -> Result<(), Failure> {
    let protection = &x.side().deployment.protection;
    let verdict = if protection.private && finding.is_none() {
        // A private API without a policy lets nobody in, whoever calls.
        Verdict::ImplicitDeny
    } else {
        decide(workflow, identity, finding)
    };
    x.record.note(|| {
        let statement = match finding {
            Some(Finding::Deny(at) | Finding::Allow(at)) => Some(protection.statement_name(at)),
            _ => None,
        };
        What::Policy(PolicyVerdict {
            policy: "resource policy",
            allowed: match finding {
                Some(Finding::Allow(_)) => true,
                Some(Finding::Deny(_)) => false,
                Some(Finding::Silent) | None => verdict.is_allowed(),
            },
            statement,
            reason: reason(finding).to_owned(),
        })
    });
    match verdict {
        Verdict::Allowed(_) => Ok(()),
        Verdict::ImplicitDeny => Err(denied(&ExecuteArn::of(x), false)),
        Verdict::ExplicitDeny(_) => Err(denied(&ExecuteArn::of(x), true)),
    }
}
