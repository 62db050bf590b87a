//! Documentation parts in a document: what of them OpenAPI has a place for, and the extension that holds them as they are.
//!
//! Source: `spec/rest/sdk-docs.md` §3.

use serde_json::{Value, json};

use super::Object;
use crate::model::{DocumentationLocation, DocumentationPart};

/// The documentation of a stage.
#[derive(Clone, Copy, Debug)]
pub struct Documented<'a> {
    /// The version's name.
    pub version: &'a str,
    /// When it was made, as a date and time.
    pub created: &'a str,
    /// Its parts.
    pub parts: &'a [DocumentationPart],
}

impl Documented<'_> {
    pub(super) fn extension(&self) -> Value {
        let part = |part: &DocumentationPart| {
            let properties: Value = serde_json::from_str(&part.properties).unwrap_or_default();
            json!({"location": part.location, "properties": properties})
        };
        json!({
            "version": self.version,
            "createdDate": self.created,
            "documentationParts": self.parts.iter().map(part).collect::<Vec<_>>(),
        })
    }
}

/// The parts, ready to be looked up for an entity.
pub(super) struct Texts(Vec<(DocumentationLocation, Object)>);

/// The types whose parts count for the paths below them too. Source: the table in `spec/rest/sdk-docs.md` §3.
const INHERITED: [&str; 8] = [
    "METHOD",
    "PATH_PARAMETER",
    "QUERY_PARAMETER",
    "REQUEST_HEADER",
    "REQUEST_BODY",
    "RESPONSE",
    "RESPONSE_HEADER",
    "RESPONSE_BODY",
];

impl Texts {
    pub(super) fn new(parts: &[DocumentationPart]) -> Self {
        let parsed = parts.iter().filter_map(|part| {
            let properties = serde_json::from_str(&part.properties).ok()?;
            Some((part.location.clone(), properties))
        });
        Self(parsed.collect())
    }

    /// The texts for an entity: those of the part for it, then of more general ones, the longest path first.
    pub(super) fn at(&self, of: &str, path: &str, verb: &str, status: &str, name: &str) -> Object {
        let mut found: Vec<(Rank, &Object)> = self
            .0
            .iter()
            .filter(|(location, _)| location.part_type == of)
            .filter_map(|(location, texts)| {
                Some((rank(location, path, verb, status, name)?, texts))
            })
            .collect();
        found.sort_by_key(|(rank, _)| std::cmp::Reverse(*rank));
        let mut texts = Object::new();
        for (_, properties) in found {
            for (key, value) in properties {
                texts.entry(key.clone()).or_insert_with(|| value.clone());
            }
        }
        texts
    }
}

/// Exact path, its length, exact status, exact verb: the path counts most, then the status.
type Rank = (usize, bool, bool);

fn rank(
    location: &DocumentationLocation,
    path: &str,
    verb: &str,
    status: &str,
    name: &str,
) -> Option<Rank> {
    if location.name.as_deref().is_some_and(|given| given != name) {
        return None;
    }
    let exact = |given: Option<&str>, wanted: &str| match given {
        None | Some("*") => Some(false),
        Some(given) => (given == wanted).then_some(true),
    };
    let verb = exact(location.method.as_deref(), verb)?;
    let status = exact(location.status_code.as_deref(), status)?;
    let at = location.path.as_deref().unwrap_or_default();
    let inherited = INHERITED.contains(&location.part_type.as_str());
    let below = at == "/"
        || path
            .strip_prefix(at)
            .is_some_and(|rest| rest.starts_with('/'));
    let fits = at == path || at.is_empty() || (inherited && below);
    fits.then_some((at.len(), status, verb))
}

/// Puts those texts that OpenAPI has a place for, and extensions of others, where the document has nothing of its own.
pub(super) fn fill(into: &mut Object, texts: &Object, keys: &[&str]) {
    for (key, value) in texts {
        let fits = keys.contains(&key.as_str()) || key.starts_with("x-");
        if fits && !into.contains_key(key) {
            into.insert(key.clone(), value.clone());
        }
    }
}
