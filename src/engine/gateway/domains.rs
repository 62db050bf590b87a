//! Custom domain names: which API and stage answer for a host and a path.
//!
//! Facts: `spec/rest/domain-names.md` §2, §4.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;

use super::Gateway;
use super::domain_guard::{Guard, Private};
use super::target::Target;
use super::truststore::Truststore;
use crate::model::BasePathMapping;

/// A base path of a domain, and what answers under it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mapping {
    /// Without slashes at its ends; empty for the one that takes what no other does.
    pub(crate) base: Box<str>,
    pub(crate) api_id: Box<str>,
    /// Nothing where clients name the stage.
    pub(crate) stage: Option<Box<str>>,
    /// The domain's, if it is protected.
    pub(crate) guard: Option<Arc<Guard>>,
}

/// What a domain is beside its mappings.
#[derive(Clone, Copy, Debug, Default)]
pub struct DomainSettings<'a> {
    /// The oldest TLS that clients may speak, by the service's name for it.
    pub security_policy: Option<&'a str>,
    /// The truststore of mutual TLS, as PEM.
    pub truststore: Option<&'a str>,
    /// The names that its DNS entry leads to.
    pub targets: [Option<&'a str>; 2],
    /// What a private domain is reached through.
    pub private: Option<PrivateDomain<'a>>,
}

/// What a private custom domain name lets in.
#[derive(Clone, Copy, Debug, Default)]
pub struct PrivateDomain<'a> {
    /// What its policy is about.
    pub arn: &'a str,
    /// Its policy for invocations.
    pub policy: Option<&'a str>,
    /// The VPC endpoints that it is associated with.
    pub endpoints: &'a [&'a str],
}

/// What TLS must know of a domain before it answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct DomainTls {
    /// Whether nothing older than TLS 1.3 is spoken.
    pub(crate) newest_only: bool,
    /// Whether clients are asked for a certificate.
    pub(crate) mutual: bool,
}

/// A domain.
#[derive(Debug)]
pub(crate) struct Domain {
    /// The longest base path first.
    mappings: Vec<Arc<Mapping>>,
    tls: DomainTls,
    /// In lower case.
    targets: Vec<Box<str>>,
}

type Table = HashMap<Box<str>, Arc<Domain>>;

/// The registered domains, by lower-case name.
#[derive(Debug, Default)]
pub(crate) struct Domains(ArcSwap<Table>);

impl Domains {
    pub(crate) fn change(&self, change: impl FnOnce(&mut Table)) {
        let mut table = Table::clone(&self.0.load());
        change(&mut table);
        self.0.store(Arc::new(table));
    }

    /// What a request to a registered domain is for; nothing when the host is none. A path without a mapping leads to no API.
    fn target(&self, host: &str, path: &str) -> Option<Target> {
        let table = self.0.load();
        if table.is_empty() {
            return None;
        }
        let lower = host.to_ascii_lowercase();
        let name = lower.strip_suffix('.').unwrap_or(&lower);
        let Some(domain) = find(&table, name) else {
            // Only what is sent on for a domain belongs there; the name itself leads to no API (`spec/rest/domain-names.md` §2).
            return is_target(&table, name).then(Target::nowhere);
        };
        let mut mappings = domain.mappings.iter();
        let found = mappings.find(|m| under(&m.base, path).is_some());
        Some(match found {
            Some(mapping) => {
                let end = under(&mapping.base, path).unwrap_or(0);
                Target::of_mapping(Arc::clone(mapping), path, end)
            }
            None => Target::nowhere(),
        })
    }
}

/// The domain of this name, or the one whose wildcard stands for it.
fn find<'t>(table: &'t Table, name: &str) -> Option<&'t Arc<Domain>> {
    table.get(name).or_else(|| {
        let (_, parent) = name.split_once('.')?;
        table.get(format!("*.{parent}").as_str())
    })
}

/// Whether some domain's DNS entry leads to this name.
fn is_target(table: &Table, name: &str) -> bool {
    let like_one = name.ends_with(".cloudfront.net") || name.starts_with("d-");
    let has = |domain: &Arc<Domain>| domain.targets.iter().any(|target| **target == *name);
    like_one && table.values().any(has)
}

/// Where the path goes on after the base path, if it is under it: segment by segment, and letters' case counts.
fn under(base: &str, path: &str) -> Option<usize> {
    if base.is_empty() {
        return Some(0);
    }
    let rest = path.trim_start_matches('/');
    let start = path.len() - rest.len();
    let after = rest.strip_prefix(base)?;
    (after.is_empty() || after.starts_with('/')).then_some(start + base.len())
}

impl Gateway {
    /// Puts a custom domain name into service, or what changed of it.
    pub fn publish_domain(
        &self,
        name: &str,
        mappings: &[BasePathMapping],
        settings: DomainSettings<'_>,
    ) {
        let guard = self.guard(name, settings);
        let compiled = mappings.iter().map(|mapping| {
            let base = match mapping.base_path.as_str() {
                BasePathMapping::NONE => "",
                base => base.trim_matches('/'),
            };
            Arc::new(Mapping {
                base: base.into(),
                api_id: mapping.rest_api_id.as_str().into(),
                stage: mapping.stage.as_deref().map(Into::into),
                guard: guard.clone(),
            })
        });
        let mut mappings: Vec<Arc<Mapping>> = compiled.collect();
        mappings.sort_by_key(|mapping| std::cmp::Reverse(mapping.base.len()));
        let policy = settings.security_policy.unwrap_or_default();
        let targets = settings.targets.into_iter().flatten();
        let domain = Domain {
            mappings,
            tls: DomainTls {
                newest_only: policy.contains("TLS13_1_3") || policy.contains("TLS13_2025"),
                mutual: settings.truststore.is_some(),
            },
            targets: targets.map(|t| t.to_ascii_lowercase().into()).collect(),
        };
        let name = name.to_ascii_lowercase();
        self.domains.change(|table| {
            table.insert(name.into(), Arc::new(domain));
        });
    }

    /// What a domain is protected by; nothing when anybody may use it.
    fn guard(&self, name: &str, settings: DomainSettings<'_>) -> Option<Arc<Guard>> {
        if settings.truststore.is_none() && settings.private.is_none() {
            return None;
        }
        let truststore = settings.truststore.map(|pem| {
            let read = Truststore::read(pem, self.clock.now()).map(|(store, _)| store);
            Arc::new(read.unwrap_or_else(|error| {
                tracing::error!(name, error, "a truststore can't be used: nobody is let in");
                Truststore::default()
            }))
        });
        let private = settings.private.map(|private| Private {
            arn: private.arn.to_owned(),
            policy: private
                .policy
                .and_then(|text| Private::read_policy(name, text)),
            endpoints: private.endpoints.iter().map(|e| Box::from(*e)).collect(),
        });
        Some(Arc::new(Guard {
            truststore,
            private,
        }))
    }

    /// What TLS must know of the domain of this name, in lower case; nothing when it is none's.
    pub(crate) fn domain_tls(&self, name: &str) -> Option<DomainTls> {
        let table = self.domains.0.load();
        if let Some(domain) = find(&table, name) {
            return Some(domain.tls);
        }
        is_target(&table, name).then(DomainTls::default)
    }

    /// Takes a custom domain name out of service.
    pub fn remove_domain(&self, name: &str) {
        self.domains.change(|table| {
            table.remove(name.to_ascii_lowercase().as_str());
        });
    }

    /// What a request is for, by its host (without a port) or its path; nothing when it is for no API.
    #[must_use]
    pub fn target(&self, host: Option<&str>, path: &str) -> Option<Target> {
        let by_host = host.and_then(|host| {
            let domain = self.domains.target(host, path);
            domain.or_else(|| Target::of_host(host, path))
        });
        by_host.or_else(|| Target::of_path(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of the service's guide, and what their edges are.
    #[test]
    fn the_longest_base_path_answers() {
        let domains = Domains::default();
        let mapping = |(base, api, stage): (&str, &str, Option<&str>)| {
            Arc::new(Mapping {
                base: base.into(),
                api_id: api.into(),
                stage: stage.map(Into::into),
                guard: None,
            })
        };
        let domain = |mappings: &[(&str, &str, Option<&str>)], target: &str| {
            Arc::new(Domain {
                mappings: mappings.iter().copied().map(mapping).collect(),
                tls: DomainTls::default(),
                targets: vec![target.into()],
            })
        };
        domains.change(|table| {
            let all = [
                ("orders/v2/items/categories", "4", Some("s")),
                ("orders/v1/items", "2", Some("s")),
                ("orders/v2/items", "3", Some("s")),
                ("free", "5", None),
                ("", "1", Some("s")),
            ];
            let target = "d-abc.execute-api.us-east-1.amazonaws.com";
            table.insert("api.example.com".into(), domain(&all, target));
            let one = [("only", "6", Some("s"))];
            let wildcard = domain(&one, "dabc.cloudfront.net");
            table.insert("*.example.com".into(), wildcard);
        });
        // Host, path → API, stage, path.
        let cases = [
            (
                "api.example.com",
                "/orders/v1/items/123",
                ["2", "s", "/123"],
            ),
            (
                "api.example.com",
                "/orders/v2/items/categories/5",
                ["4", "s", "/5"],
            ),
            ("API.example.com", "/orders/v2/items", ["3", "s", ""]),
            (
                "api.example.com",
                "/orders/v2/itemsx",
                ["1", "s", "/orders/v2/itemsx"],
            ),
            (
                "api.example.com",
                "/Orders/v1/items",
                ["1", "s", "/Orders/v1/items"],
            ),
            ("api.example.com", "/customers", ["1", "s", "/customers"]),
            ("api.example.com.", "/", ["1", "s", "/"]),
            ("api.example.com", "/free/dev/x", ["5", "dev", "/x"]),
            ("api.example.com", "//free/dev", ["5", "dev", ""]),
            ("api.example.com", "/free", ["5", "", ""]),
            ("b.example.com", "/only/x", ["6", "s", "/x"]),
            ("b.example.com", "/other", ["", "", "/other"]),
            ("dabc.cloudfront.net", "/only", ["", "", "/only"]),
            (
                "D-abc.execute-api.us-east-1.amazonaws.com",
                "/customers",
                ["", "", "/customers"],
            ),
        ];
        for (host, path, expected) in cases {
            let target = domains.target(host, path).unwrap();
            let found = [
                target.api(host, path),
                target.stage(path),
                target.path(path),
            ];
            assert_eq!(found, expected, "{host}{path}");
        }
        for host in [
            "example.com",
            "a.b.example.com",
            "localhost",
            "x.cloudfront.net",
        ] {
            assert_eq!(domains.target(host, "/only"), None);
        }
    }
}
