//! Where an integration's connection leads: to its URI's own host, or through a VPC link to what `--vpc-link` names; and with which
//! certificates.
//!
//! Facts: `spec/rest/integrations.md` §7. What a link leads to is this machine's own affair.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use super::exchange::Exchange;
use super::failure::Failure;
use super::snapshot::Backend;
use super::trust::{Identity, Trust};
use super::uri::Address;

/// What `--vpc-link` gave: the id or name of a link, and the address that it leads to.
#[derive(Clone, Debug, Default)]
pub struct VpcLinkAddresses(HashMap<Box<str>, Address>);

impl VpcLinkAddresses {
    /// Adds `ID-or-NAME=URL`.
    ///
    /// # Errors
    /// When it isn't that; the text says why.
    pub fn add(&mut self, text: &str) -> Result<(), String> {
        let (link, url) = text
            .split_once('=')
            .filter(|(link, _)| !link.is_empty())
            .ok_or("write it as LINK=URL, LINK being the VPC link's id or name")?;
        let url = url.strip_suffix('/').unwrap_or(url);
        let address = Address::parse(url)
            .filter(|_| url.splitn(4, '/').count() == 3)
            .ok_or_else(|| {
                format!("{url} isn't http://HOST:PORT or https://HOST:PORT; paths belong to integrations")
            })?;
        self.0.insert(link.into(), address);
        Ok(())
    }
}

/// What a region's integrations may name: VPC links (id → name) and client certificates.
#[derive(Debug, Default)]
pub(crate) struct Named {
    pub(crate) links: HashMap<Box<str>, Box<str>>,
    pub(crate) certificates: HashMap<Box<str>, Arc<Identity>>,
}

/// The address to connect to for a request to `address`; nothing if that is the one.
pub(crate) fn reach(
    x: &Exchange,
    backend: &Backend,
    address: &Address,
) -> Result<Option<Address>, Failure> {
    let linked = match &backend.link {
        Some(link) => Some(link_address(x, link)?),
        None => None,
    };
    let target = linked.as_ref().unwrap_or(address);
    if !target.tls || !backend.any_authority && x.stage.client_certificate.is_none() {
        return Ok(linked);
    }
    let identity = match &x.stage.client_certificate {
        None => None,
        Some(id) => {
            let named = x.stage.region.named.load();
            let identity = named.certificates.get(id).cloned();
            Some(identity.ok_or_else(|| {
                Failure::configuration(format!(
                    "Execution failed due to configuration error: There is no client certificate {id}"
                ))
            })?)
        }
    };
    Ok(Some(target.trusting(Trust {
        any_authority: backend.any_authority,
        identity,
    })))
}

fn link_address(x: &Exchange, link: &str) -> Result<Address, Failure> {
    let id = link_id(x, link);
    let known = &x.stage.region.link_addresses.0;
    let named = x.stage.region.named.load();
    let name = named.links.get(&*id);
    let found = known.get(&*id).or_else(|| known.get(name?));
    found.cloned().ok_or_else(|| {
        let name = name.map_or(&*id, |name| name);
        Failure::configuration(format!(
            "Execution failed due to configuration error: It isn't known where the VPC link {id} leads: \
             start Sluice with --vpc-link {name}=http://HOST:PORT"
        ))
    })
}

/// A link's id; it may come from a stage variable.
fn link_id<'a>(x: &'a Exchange, link: &'a str) -> Cow<'a, str> {
    let variable = link
        .strip_prefix("${stageVariables.")
        .and_then(|rest| rest.strip_suffix('}'));
    match variable {
        Some(name) => x
            .stage_variables()
            .get(name)
            .map_or(Cow::Borrowed(""), |value| Cow::Borrowed(value.as_str())),
        None => Cow::Borrowed(link),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_to_an_address() {
        let mut addresses = VpcLinkAddresses::default();
        for good in [
            "abc123=http://127.0.0.1:8080",
            "my link=https://localhost:8443/",
            "x=http://[::1]:80",
        ] {
            assert_eq!(addresses.add(good), Ok(()), "{good}");
        }
        assert_eq!(addresses.0.len(), 3);
        for bad in [
            "",
            "abc",
            "=http://a",
            "abc=ftp://a",
            "abc=http://a/path",
            "abc=http://",
        ] {
            assert!(addresses.add(bad).is_err(), "{bad}");
        }
    }
}
