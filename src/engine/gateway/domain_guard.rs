//! What a custom domain name demands of a request before it leads to any API: a client certificate that its truststore admits, or, of
//! a private one, a VPC endpoint that it is associated with and that its policy lets in.
//!
//! Facts: `spec/rest/domain-names.md` §3, §6; pages "Configuring mutual TLS authentication for a REST API" and "Custom domain names for
//! private APIs in API Gateway".

use std::sync::Arc;

use super::authorize::INVOKE;
use super::endpoint::Endpoint;
use super::exchange::Exchange;
use super::policy_keys::PolicyKeys;
use super::truststore::Truststore;
use crate::base::Clock;
use crate::iam::{self, Finding, Policy, PolicyKind};

/// What a domain is protected by.
#[derive(Debug)]
pub(crate) struct Guard {
    /// For mutual TLS.
    pub(super) truststore: Option<Arc<Truststore>>,
    pub(super) private: Option<Private>,
}

/// A private custom domain name.
#[derive(Debug)]
pub(super) struct Private {
    /// What its policy is about.
    pub(super) arn: String,
    /// Without one, or with one that can't be read, nobody is let in.
    pub(super) policy: Option<Policy>,
    /// The VPC endpoints that it is associated with.
    pub(super) endpoints: Vec<Box<str>>,
}

/// Each is its own: no two are made of the same settings.
impl PartialEq for Guard {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Guard {}

impl Guard {
    /// Lets a request in or not; what mutual TLS found out about the client is left in the exchange.
    pub(super) fn admits(&self, x: &mut Exchange, clock: &Clock) -> bool {
        if let Some(truststore) = &self.truststore {
            let Some(tls) = &mut x.tls else {
                return false;
            };
            tls.certificate = tls.session.certificate(truststore, clock.now());
            if tls.certificate.is_none() {
                return false;
            }
        }
        self.private
            .as_ref()
            .is_none_or(|private| private.admits(x))
    }
}

impl Private {
    pub(super) fn read_policy(name: &str, text: &str) -> Option<Policy> {
        Policy::parse(text, PolicyKind::Resource)
            .inspect_err(|error| tracing::warn!(name, %error, "a domain's policy can't be read"))
            .ok()
    }

    fn admits(&self, x: &Exchange) -> bool {
        let endpoint = Endpoint::of(x).vpce;
        let associated = endpoint.is_some_and(|e| self.endpoints.iter().any(|own| **own == *e));
        let allowed = |policy: &Policy| {
            let finding = policy.evaluate(&iam::Request {
                action: INVOKE,
                resource: &self.arn,
                caller: &iam::Caller::Anonymous,
                keys: &PolicyKeys::of(x),
            });
            matches!(finding, Finding::Allow(_))
        };
        associated && self.policy.as_ref().is_some_and(allowed)
    }
}
