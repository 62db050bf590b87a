//! The condition keys that a request has (`spec/iam-policy.md` §4).

use std::borrow::Cow;
use std::net::IpAddr;

use super::exchange::{Caller, Exchange};
use crate::iam::{self, Keys};

/// The condition keys of one request.
pub(crate) struct PolicyKeys<'a> {
    x: &'a Exchange,
    who: &'a iam::Caller,
}

impl<'a> PolicyKeys<'a> {
    pub(crate) fn of(x: &'a Exchange, who: &'a iam::Caller) -> Self {
        Self { x, who }
    }

    fn header(&self, name: &str) -> Option<Cow<'_, str>> {
        let value = self.x.request.headers.get(name)?;
        Some(String::from_utf8_lossy(value.as_bytes()))
    }

    fn principal(&self, key: &str) -> Option<Cow<'_, str>> {
        let iam::Caller::Aws(caller) = self.who else {
            return None;
        };
        match key {
            "aws:principalarn" => Some(Cow::Owned(caller.principal_arn())),
            "aws:principalaccount" => Some(Cow::Borrowed(&caller.account)),
            "aws:username" => caller.user_name().map(Cow::Borrowed),
            "aws:principaltype" => Some(Cow::Borrowed(match caller.kind() {
                iam::CallerKind::Root => "Account",
                iam::CallerKind::User => "User",
                iam::CallerKind::AssumedRole => "AssumedRole",
                iam::CallerKind::FederatedUser => "FederatedUser",
            })),
            _ => None,
        }
    }
}

impl Keys for PolicyKeys<'_> {
    fn get(&self, key: &str) -> Option<Cow<'_, str>> {
        let time = self.x.record.time;
        match key {
            "aws:sourceip" => Some(Cow::Owned(self.address(key)?.to_string())),
            "aws:useragent" => self.header("user-agent"),
            "aws:referer" => self.header("referer"),
            // On AWS every request comes over TLS, and that is what the gateway plays.
            "aws:securetransport" => Some(Cow::Borrowed("true")),
            "aws:currenttime" => Some(Cow::Owned(time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())),
            "aws:epochtime" => Some(Cow::Owned(time.as_second().to_string())),
            "aws:requestedregion" => Some(Cow::Borrowed(&self.x.stage.region.name)),
            key => self.principal(key),
        }
    }

    fn address(&self, key: &str) -> Option<IpAddr> {
        match (key, &self.x.request.caller) {
            ("aws:sourceip", Caller::Peer(address)) => Some(address.to_canonical()),
            _ => None,
        }
    }
}
