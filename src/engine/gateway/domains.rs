//! Custom domain names: which API and stage answer for a host and a path.
//!
//! Facts: `spec/rest/domain-names.md` §4.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;

use super::Gateway;
use super::target::Target;
use crate::model::BasePathMapping;

/// A base path of a domain, and what answers under it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mapping {
    /// Without slashes at its ends; empty for the one that takes what no other does.
    pub(crate) base: Box<str>,
    pub(crate) api_id: Box<str>,
    /// Nothing where clients name the stage.
    pub(crate) stage: Option<Box<str>>,
}

/// The mappings of each domain, the longest base path first.
type Table = HashMap<Box<str>, Arc<[Arc<Mapping>]>>;

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
        let mappings = table.get(name).or_else(|| {
            let (_, parent) = name.split_once('.')?;
            table.get(format!("*.{parent}").as_str())
        })?;
        let found = mappings.iter().find(|m| under(&m.base, path).is_some());
        Some(match found {
            Some(mapping) => {
                let end = under(&mapping.base, path).unwrap_or(0);
                Target::of_mapping(Arc::clone(mapping), path, end)
            }
            None => Target::nowhere(),
        })
    }
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
    pub fn publish_domain(&self, name: &str, mappings: &[BasePathMapping]) {
        let compiled = mappings.iter().map(|mapping| {
            let base = match mapping.base_path.as_str() {
                BasePathMapping::NONE => "",
                base => base.trim_matches('/'),
            };
            Arc::new(Mapping {
                base: base.into(),
                api_id: mapping.rest_api_id.as_str().into(),
                stage: mapping.stage.as_deref().map(Into::into),
            })
        });
        let mut compiled: Vec<Arc<Mapping>> = compiled.collect();
        compiled.sort_by_key(|mapping| std::cmp::Reverse(mapping.base.len()));
        let name = name.to_ascii_lowercase();
        self.domains.change(|table| {
            table.insert(name.into(), compiled.into());
        });
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
            table.insert(
                "api.example.com".into(),
                all.into_iter().map(mapping).collect(),
            );
            let one = [("only", "6", Some("s"))];
            table.insert(
                "*.example.com".into(),
                one.into_iter().map(mapping).collect(),
            );
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
        for host in ["example.com", "a.b.example.com", "localhost"] {
            assert_eq!(domains.target(host, "/only"), None);
        }
    }
}
