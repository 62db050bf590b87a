//! The public keys of token issuers: where they come from, and how long they are kept.
//!
//! Nothing is ever asked of an issuer that the user didn't name with `--jwks`, unless it is on this machine.

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use bytes::Bytes;
use http::Method;
use http::header::HOST;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use serde_json::Value;

use super::super::backend::{Caller, read_whole};
use super::super::body::Body;
use super::super::http1::Request;
use super::super::uri::UriTemplate;
use crate::engine::message::Fields;

/// The flag that says where keys are, for messages.
const FLAG: &str = "--jwks ISSUER=FILE|URL|discover";

/// How long keys are used before they are read again. Issuers announce new keys long before they sign with them.
const KEPT: Duration = Duration::from_mins(5);

/// How long an unknown key waits before keys are read again for it: anybody can name a key that there is none of.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long an issuer may take to tell its keys.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The largest set of keys, in bytes.
const LIMIT: usize = 1024 * 1024;

/// Where the keys of one issuer are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JwksSource {
    issuer: String,
    place: Place,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    File(PathBuf),
    Url(String),
    /// Where the issuer's own discovery document says.
    Discover,
}

impl JwksSource {
    /// Reads `ISSUER=FILE`, `ISSUER=URL` or `ISSUER=discover`.
    ///
    /// # Errors
    /// When it isn't of that form: in words for the user.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (issuer, place) = text
            .split_once('=')
            .filter(|(issuer, place)| !issuer.is_empty() && !place.is_empty())
            .ok_or_else(|| format!("{text} doesn't say where keys are: give ISSUER=FILE, ISSUER=URL or ISSUER=discover"))?;
        if !is_url(issuer) {
            return Err(format!(
                "{issuer} is no issuer: give the URL that tokens name as `iss`"
            ));
        }
        Ok(Self {
            issuer: issuer.to_owned(),
            place: match place {
                "discover" => Place::Discover,
                url if is_url(url) => Place::Url(url.to_owned()),
                file => Place::File(file.into()),
            },
        })
    }
}

fn is_url(text: &str) -> bool {
    text.starts_with("http://") || text.starts_with("https://")
}

/// The keys of issuers as they were read last.
#[derive(Debug, Default)]
pub(crate) struct Keyring {
    sources: Vec<JwksSource>,
    read: ArcSwap<HashMap<Box<str>, Arc<Keys>>>,
}

#[derive(Debug)]
struct Keys {
    set: JwkSet,
    /// When they were asked for last, monotonic.
    asked: Duration,
}

impl Keyring {
    pub(crate) fn new(sources: Vec<JwksSource>) -> Self {
        Self {
            sources,
            read: ArcSwap::default(),
        }
    }

    /// The key of an issuer by its id, or its only key; nothing when it has no such key.
    ///
    /// # Errors
    /// When the issuer's keys can't be read, or nobody said where they are.
    pub(super) async fn key(
        &self,
        caller: &Caller<'_>,
        issuer: &str,
        id: Option<&str>,
    ) -> Result<Option<Jwk>, String> {
        let now = caller.clock.monotonic();
        let known = self.read.load().get(issuer).cloned();
        if let Some(keys) = &known {
            let age = now.saturating_sub(keys.asked);
            let found = find(&keys.set, id);
            if age < KEPT && (found.is_some() || age < PATIENCE) {
                return Ok(found);
            }
        }
        let set = match self.fetch(caller, issuer).await {
            Ok(set) => set,
            Err(error) => {
                // Keys that can't be read again go on to be used: an issuer that is away for a while must not lock everybody out.
                let Some(keys) = known else { return Err(error) };
                tracing::warn!(issuer, %error, "keys can't be read again");
                keys.set.clone()
            }
        };
        let found = find(&set, id);
        let keys = Arc::new(Keys { set, asked: now });
        self.read.rcu(|read| {
            let mut read = HashMap::clone(read);
            read.insert(issuer.into(), Arc::clone(&keys));
            read
        });
        Ok(found)
    }

    async fn fetch(&self, caller: &Caller<'_>, issuer: &str) -> Result<JwkSet, String> {
        let source = self.sources.iter().find(|s| s.issuer == issuer);
        let place = match source {
            Some(source) => &source.place,
            None if is_on_this_machine(issuer) => &Place::Discover,
            None => {
                return Err(format!(
                    "No keys are configured for the issuer {issuer}: start the gateway with {FLAG}"
                ));
            }
        };
        let text = match place {
            Place::File(path) => {
                let read = path.clone();
                let read = tokio::task::spawn_blocking(move || std::fs::read(read)).await;
                let read = read.map_err(|error| error.to_string())?;
                let text =
                    read.map_err(|error| format!("{} can't be read: {error}", path.display()))?;
                Bytes::from(text)
            }
            Place::Url(url) => get(caller, url).await?,
            Place::Discover => {
                let url = format!(
                    "{}/.well-known/openid-configuration",
                    issuer.trim_end_matches('/')
                );
                let document = get(caller, &url).await?;
                let document: Value = serde_json::from_slice(&document)
                    .map_err(|error| format!("{url} is no discovery document: {error}"))?;
                let keys = document.get("jwks_uri").and_then(Value::as_str);
                let keys = keys.ok_or_else(|| format!("{url} names no jwks_uri"))?;
                get(caller, keys).await?
            }
        };
        serde_json::from_slice(&text).map_err(|error| {
            format!("the keys of the issuer {issuer} can't be understood: {error}")
        })
    }
}

fn find(set: &JwkSet, id: Option<&str>) -> Option<Jwk> {
    match (id, set.keys.as_slice()) {
        (Some(id), _) => set.find(id).cloned(),
        (None, [only]) => Some(only.clone()),
        (None, _) => None,
    }
}

fn is_on_this_machine(issuer: &str) -> bool {
    let endpoint = UriTemplate::parse(issuer).constant();
    endpoint.is_some_and(|endpoint| {
        let host = endpoint.address.host();
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    })
}

async fn get(caller: &Caller<'_>, url: &str) -> Result<Bytes, String> {
    let endpoint = UriTemplate::parse(url)
        .constant()
        .ok_or_else(|| format!("{url} is no address"))?;
    let mut fields = Fields::new();
    fields.append(HOST, endpoint.address.authority.clone());
    let request = Request::new(Method::GET, endpoint.path, fields, Body::default())
        .ok_or_else(|| format!("{url} is no address"))?;
    let whole = async {
        let now = caller.clock.monotonic();
        let sent = caller.pool.send(now, &endpoint.address, request).await;
        let (head, reply) = sent.map_err(|error| error.to_string())?;
        let status = head.status;
        if !status.is_success() {
            return Err(format!("it answered {status}"));
        }
        let body = read_whole(reply, LIMIT).await;
        body.map_err(|error| error.to_string())
    };
    match tokio::time::timeout(TIMEOUT, whole).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(error)) => Err(format!("{url} can't be read: {error}")),
        Err(_) => Err(format!("{url} can't be read: it took too long")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_an_issuer_and_a_place() {
        let read = |text: &str| JwksSource::parse(text).map(|s| (s.issuer, s.place));
        let issuer = "https://issuer.example.com".to_owned();
        assert_eq!(
            read("https://issuer.example.com=keys.json"),
            Ok((issuer.clone(), Place::File("keys.json".into())))
        );
        assert_eq!(
            read("https://issuer.example.com=http://localhost/k?a=b"),
            Ok((
                issuer.clone(),
                Place::Url("http://localhost/k?a=b".to_owned())
            ))
        );
        assert_eq!(
            read("https://issuer.example.com=discover"),
            Ok((issuer, Place::Discover))
        );
        for wrong in ["", "https://x", "https://x=", "=file", "issuer=file"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_this_machines_issuers_are_asked_unnamed() {
        for (issuer, here) in [
            ("http://localhost:9000/realm", true),
            ("http://127.0.0.1:9000", true),
            ("https://[::1]/x", true),
            (
                "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_abc",
                false,
            ),
            ("https://localhost.example.com", false),
            ("http://10.0.0.1", false),
        ] {
            assert_eq!(is_on_this_machine(issuer), here, "{issuer}");
        }
    }
}
