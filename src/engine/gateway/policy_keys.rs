//! The condition keys that a request has (`spec/iam-policy.md` §4).

use std::borrow::Cow;
use std::net::IpAddr;

use super::endpoint::Endpoint;
use super::exchange::Exchange;
use crate::iam::Keys;

/// The condition keys of one request.
pub(crate) struct PolicyKeys<'a> {
    x: &'a Exchange,
    endpoint: Endpoint<'a>,
}

impl<'a> PolicyKeys<'a> {
    pub(crate) fn of(x: &'a Exchange) -> Self {
        Self {
            x,
            endpoint: Endpoint::of(x),
        }
    }

    fn header(&self, name: &str) -> Option<Cow<'_, str>> {
        let value = self.x.request.headers.get(name)?;
        Some(String::from_utf8_lossy(value.as_bytes()))
    }
}

impl Keys for PolicyKeys<'_> {
    fn get(&self, key: &str) -> Option<Cow<'_, str>> {
        let time = self.x.record.time;
        match key {
            "aws:sourceip" | "aws:vpcsourceip" => Some(Cow::Owned(self.address(key)?.to_string())),
            "aws:useragent" => self.header("user-agent"),
            "aws:referer" => self.header("referer"),
            // On AWS every request comes over TLS, and that is what the gateway plays.
            "aws:securetransport" => Some(Cow::Borrowed("true")),
            "aws:currenttime" => Some(Cow::Owned(time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())),
            "aws:epochtime" => Some(Cow::Owned(time.as_second().to_string())),
            "aws:requestedregion" => Some(Cow::Borrowed(&self.x.stage.region.name)),
            "aws:sourcevpce" => self.endpoint.vpce.map(Cow::Borrowed),
            "aws:sourcevpc" => self.endpoint.vpc.map(Cow::Borrowed),
            key => self.x.identity.as_ref()?.key(key).map(Cow::Owned),
        }
    }

    fn address(&self, key: &str) -> Option<IpAddr> {
        // Through a VPC endpoint there is no public address.
        match (key, self.endpoint.vpce) {
            ("aws:sourceip", None) | ("aws:vpcsourceip", Some(_)) => self.endpoint.peer,
            _ => None,
        }
    }
}
