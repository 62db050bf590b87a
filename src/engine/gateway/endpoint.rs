//! The kind of endpoint that a request comes through: public, or a VPC endpoint.
//!
//! There are no VPCs here. A client on this machine says which VPC endpoint it stands for, with the headers `x-sluice-vpce` and
//! `x-sluice-vpc`, or with a Host of the forms `{api}-{vpce-id}.execute-api.…` and `{vpce-id}-….execute-api.….vpce.…`, which AWS has too
//! (`spec/rest/domain-names.md`).
//! Other machines can't: their word would be no protection.

use std::net::IpAddr;

use super::exchange::{Caller, Exchange, Place};

/// The endpoint of a request.
pub(crate) struct Endpoint<'a> {
    /// `vpce-…`, `aws:SourceVpce`; nothing for the public endpoint.
    pub(crate) vpce: Option<&'a str>,
    /// `vpc-…`, `aws:SourceVpc`.
    pub(crate) vpc: Option<&'a str>,
    /// Where the client is; nothing in a test.
    pub(crate) peer: Option<IpAddr>,
}

impl<'a> Endpoint<'a> {
    pub(crate) fn of(x: &'a Exchange) -> Self {
        let Caller::Peer(peer) = x.request.caller else {
            return Self {
                vpce: None,
                vpc: None,
                peer: None,
            };
        };
        let peer = peer.to_canonical();
        let header = |name| x.request.headers.get(name)?.to_str().ok();
        let given = |name| header(name).filter(|v: &&str| !v.is_empty() && peer.is_loopback());
        let vpce = given("x-sluice-vpce").or_else(|| {
            let host = match &x.request.place {
                Place::Url { uri, .. } => uri.host().or_else(|| header("host")),
                Place::Given { .. } => None,
            };
            in_host(host?).filter(|_| peer.is_loopback())
        });
        Self {
            vpce,
            vpc: vpce.and_then(|_| given("x-sluice-vpc")),
            peer: Some(peer),
        }
    }
}

/// The VPC endpoint in the first label of a host: `abc-vpce-0123.execute-api.…`, `vpce-0123-name.execute-api.…`.
fn in_host(host: &str) -> Option<&str> {
    let (label, rest) = host.split_once('.')?;
    if let Some(id) = label.strip_prefix("vpce-") {
        let end = id.find('-').map_or(label.len(), |at| "vpce-".len() + at);
        return label
            .get(..end)
            .filter(|_| rest.starts_with("execute-api."));
    }
    let at = label.find("-vpce-")?;
    label.get(at + 1..)
}

#[cfg(test)]
mod tests {
    use super::in_host;

    #[test]
    fn a_host_may_name_a_vpc_endpoint() {
        let table = [
            (
                "abc-vpce-0a1b.execute-api.us-east-1.amazonaws.com",
                Some("vpce-0a1b"),
            ),
            (
                "vpce-0a1b-xyz-us-east-1a.execute-api.us-east-1.vpce.amazonaws.com",
                Some("vpce-0a1b"),
            ),
            (
                "vpce-0a1b.execute-api.us-east-1.vpce.amazonaws.com",
                Some("vpce-0a1b"),
            ),
            ("vpce-0a1b.example.com", None),
            ("abc.execute-api.localhost:4566", None),
            ("localhost", None),
        ];
        for (host, expected) in table {
            assert_eq!(in_host(host), expected, "{host}");
        }
    }
}
