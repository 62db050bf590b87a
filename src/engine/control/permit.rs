//! Who may use the control plane and `/_sluice/`: with a credentials file, signatures are verified and the caller's policies asked.
//! Without one everybody is the root of the account.

use std::borrow::Cow;
use std::sync::Arc;

use hyper::http::request::Parts;
use jiff::Timestamp;

use crate::base::Clock;
use crate::engine::wire::{Call, Scope, ServiceError};
use crate::iam::sigv4::Received;
use crate::iam::{AwsCaller, Caller, Credentials, Finding, Identity, Keys, Request};

/// The guard of the control plane.
#[derive(Debug)]
pub(crate) struct Permit {
    pub(crate) credentials: Option<Arc<Credentials>>,
    /// The account that the gateway plays.
    pub(crate) account: String,
    pub(crate) clock: Clock,
}

impl Permit {
    /// Who makes a request, by its signature.
    pub(super) fn authenticate(
        &self,
        head: &Parts,
        body: &[u8],
        scope: &Scope,
    ) -> Result<Arc<Identity>, ServiceError> {
        let Some(credentials) = &self.credentials else {
            let root = AwsCaller::root(&self.account);
            return Ok(Arc::new(Identity::new(root, &scope.access_key)));
        };
        let headers: Vec<(&str, &[u8])> = head
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_bytes()))
            .collect();
        let received = Received {
            method: head.method.as_str(),
            path: head.uri.path(),
            query: head.uri.query().unwrap_or_default(),
            headers: &headers,
        };
        // Any service and region may be meant here; the signature is for the one that it names.
        let named = (scope.region.as_str(), scope.service.as_str());
        Ok(credentials.authenticate(&received, body, named, self.clock.now())?)
    }

    /// Whether a caller may make this call.
    pub(super) fn check(
        &self,
        identity: &Identity,
        call: &Call,
        head: &Parts,
        scope: &Scope,
    ) -> Result<(), ServiceError> {
        // Everybody may ask who they are (page "GetCallerIdentity").
        if call.operation.name == "GetCallerIdentity" {
            return Ok(());
        }
        match call.service.signing_name {
            "apigateway" => self.check_path(identity, head, scope),
            name => {
                let prefix = if name == "monitoring" {
                    "cloudwatch"
                } else {
                    name
                };
                let action = format!("{prefix}:{}", call.operation.name);
                self.check_action(identity, head, &action, "*")
            }
        }
    }

    /// Whether a request to the extension comes from somebody who may make it. It is judged as a call of API Gateway to that path is.
    pub(crate) fn check_extension(&self, head: &Parts, body: &[u8]) -> Result<(), ServiceError> {
        if self.credentials.is_none() {
            return Ok(());
        }
        let scope = Scope::read(&head.headers)?;
        let identity = self.authenticate(head, body, &scope)?;
        self.check_path(&identity, head, &scope)
    }

    /// API Gateway's actions are verbs, and its resources paths (page "Actions, resources, and condition keys for Amazon API Gateway
    /// Management").
    fn check_path(
        &self,
        identity: &Identity,
        head: &Parts,
        scope: &Scope,
    ) -> Result<(), ServiceError> {
        let action = format!("apigateway:{}", head.method);
        let resource = format!("arn:aws:apigateway:{}::{}", scope.region, head.uri.path());
        self.check_action(identity, head, &action, &resource)
    }

    fn check_action(
        &self,
        identity: &Identity,
        head: &Parts,
        action: &str,
        resource: &str,
    ) -> Result<(), ServiceError> {
        let said = identity.judge(&Request {
            action,
            resource,
            caller: &identity.caller,
            keys: &ControlKeys {
                identity,
                head,
                now: self.clock.now(),
            },
        });
        // What the account has is its own: no policy of a resource lets others in here.
        let own = identity.account == self.account && matches!(identity.caller, Caller::Aws(_));
        let why = match said.finding {
            Finding::Allow(_) if own => return Ok(()),
            Finding::Deny(_) => "with an explicit deny in an identity-based policy".to_owned(),
            Finding::Silent => {
                format!("because no identity-based policy allows the {action} action")
            }
            Finding::Allow(_) => {
                format!("because no resource-based policy allows the {action} action")
            }
        };
        Err(ServiceError::access_denied(format!(
            "User: {} is not authorized to perform: {action} on resource: {resource} {why}",
            identity.arn()
        )))
    }
}

struct ControlKeys<'a> {
    identity: &'a Identity,
    head: &'a Parts,
    now: Timestamp,
}

impl Keys for ControlKeys<'_> {
    fn get(&self, key: &str) -> Option<Cow<'_, str>> {
        let header = |name| self.head.headers.get(name)?.to_str().ok();
        match key {
            "aws:useragent" => header("user-agent").map(Cow::Borrowed),
            "aws:referer" => header("referer").map(Cow::Borrowed),
            "aws:securetransport" => Some(Cow::Borrowed("true")),
            "aws:currenttime" => Some(Cow::Owned(
                self.now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            )),
            "aws:epochtime" => Some(Cow::Owned(self.now.as_second().to_string())),
            key => self.identity.key(key).map(Cow::Owned),
        }
    }
}
