//! Resources: the tree of paths.
//!
//! Source: `spec/rest/resources-methods.md` §1, `spec/aws-recorded/FACTS.md` §3.

use std::sync::Arc;

use serde_json::{Value, json};

use super::error::{NO_RESOURCE, bad, not_found};
use super::page::page_of;
use super::state::Api;
use super::txn::{NOTHING, Txn, answer, patch, text};
use super::{Answer, quotas};
use crate::engine::wire::{Input, ServiceError};
use crate::model::Resource;
use crate::model::patch::apply;

pub(super) fn create(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let (api_id, parent_id) = (text(input, "restapi_id"), text(input, "parent_id"));
    let parent = txn.resource(api_id, parent_id)?;
    let api = txn.api(api_id)?;
    let part = text(input, "pathPart").to_owned();
    let resource = Resource {
        id: txn.new_short_id(|id| api.resources.contains_key(id)),
        path: below(&parent.path, &part),
        parent_id: Some(parent.id.clone()),
        path_part: Some(part),
        ..Resource::default()
    };
    check_place(&api, &resource)?;
    let most = txn.deps.quotas.resources_per_api;
    quotas::check(api.resources.len(), most, "Resources", Some("API"))?;
    txn.put(api_id, resource.clone())?;
    answer(&resource)
}

/// Whether a resource may stand where it says, among its siblings.
pub(super) fn check_place(api: &Api, resource: &Resource) -> Result<(), ServiceError> {
    let part = resource.path_part.as_deref().unwrap_or_default();
    if !is_path_part(part) {
        return Err(bad(
            "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the beginning and the end.",
        ));
    }
    let parent = resource.parent_id.as_deref().unwrap_or_default();
    let Some(parent) = api.resources.get(parent) else {
        return Err(not_found(NO_RESOURCE));
    };
    let has_children = |id: &str| {
        api.resources
            .values()
            .any(|r| r.parent_id.as_deref() == Some(id))
    };
    // The texts about greedy parents and about variable siblings are recalled, not recorded.
    if parent.is_greedy() || (resource.is_greedy() && has_children(&resource.id)) {
        let greedy = if parent.is_greedy() {
            &parent.path
        } else {
            &resource.path
        };
        return Err(bad(format!(
            "Cannot create a child of a resource with a greedy path variable: {greedy}"
        )));
    }
    let siblings = api
        .resources
        .values()
        .filter(|r| r.id != resource.id && r.parent_id == resource.parent_id);
    for sibling in siblings {
        if sibling.path_part.as_deref() == Some(part) {
            return Err(ServiceError::conflict(format!(
                "Another resource with the same parent already has this name: {part}"
            )));
        }
        if sibling.is_variable() && resource.is_variable() {
            let name = sibling.path_part.as_deref().unwrap_or_default();
            return Err(bad(format!(
                "A sibling ({name}) of this resource already has a variable path part -- only one is allowed"
            )));
        }
    }
    Ok(())
}

/// The siblings of a variable resource that are variable too.
pub(super) fn variable_siblings<'a>(api: &'a Api, resource: &Resource) -> Vec<&'a Resource> {
    let siblings = api.resources.values().map(AsRef::as_ref);
    siblings
        .filter(|r| r.id != resource.id && r.parent_id == resource.parent_id)
        .filter(|r| r.is_variable() && resource.is_variable())
        .collect()
}

/// A literal segment, `{name}` or `{name+}`.
fn is_path_part(part: &str) -> bool {
    let plain = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"._-:,".contains(&b))
    };
    match part
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'))
    {
        Some(name) => plain(name.strip_suffix('+').unwrap_or(name)),
        None => plain(part),
    }
}

/// The path of a child.
fn below(parent: &str, part: &str) -> String {
    format!("{}/{part}", parent.trim_end_matches('/'))
}

pub(super) fn get(txn: &Txn<'_>, input: &Input) -> Answer {
    let resource = txn.resource(text(input, "restapi_id"), text(input, "resource_id"))?;
    shown(&resource, wants_methods(input))
}

pub(super) fn list(txn: &Txn<'_>, input: &Input) -> Answer {
    let api = txn.api(text(input, "restapi_id"))?;
    let methods = wants_methods(input);
    let resources = api.resources.values();
    let mut entries: Vec<_> = resources.map(|r| (r.path.clone(), r)).collect();
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    page_of(entries, input, |resource| shown(resource, methods))
}

fn wants_methods(input: &Input) -> bool {
    input
        .members
        .get("embed")
        .and_then(Value::as_array)
        .is_some_and(|embed| embed.iter().any(|what| what == "methods"))
}

/// A resource with its methods, or with their verbs only.
fn shown(resource: &Resource, methods: bool) -> Answer {
    if methods {
        return answer(resource);
    }
    let bare = Resource {
        resource_methods: crate::model::Map::default(),
        ..resource.clone()
    };
    let mut json = answer(&bare)?;
    if !resource.resource_methods.is_empty() {
        let verbs: serde_json::Map<String, Value> = resource
            .resource_methods
            .keys()
            .map(|verb| (verb.clone(), json!({})))
            .collect();
        json["resourceMethods"] = Value::Object(verbs);
    }
    Ok(json)
}

pub(super) fn update(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let (api_id, id) = (text(input, "restapi_id"), text(input, "resource_id"));
    let held = txn.resource(api_id, id)?;
    let api = txn.api(api_id)?;
    let mut resource = held.as_ref().clone();
    apply(&mut resource, &patch(input)?)?;
    if resource != *held {
        move_to(txn, &api, &held, &mut resource)?;
    }
    shown(&resource, false)
}

/// Renames or moves a resource and gives everything below it its new path.
fn move_to(
    txn: &mut Txn<'_>,
    api: &Arc<Api>,
    held: &Resource,
    resource: &mut Resource,
) -> Result<(), ServiceError> {
    if held.parent_id.is_none() {
        return Err(bad("The root resource cannot be renamed or moved"));
    }
    let parent_id = resource.parent_id.as_deref().unwrap_or_default();
    let parent = api
        .resources
        .get(parent_id)
        .ok_or_else(|| not_found(NO_RESOURCE))?;
    let tree = subtree(api, &held.id);
    if tree.iter().any(|below| below.id == parent_id) {
        return Err(bad("Resources cannot be cyclical."));
    }
    resource.path = below(
        &parent.path,
        resource.path_part.as_deref().unwrap_or_default(),
    );
    check_place(api, resource)?;
    let api_id = &api.rest_api.id;
    txn.put(api_id, resource.clone())?;
    for descendant in tree.iter().filter(|below| below.id != held.id) {
        let mut descendant = descendant.as_ref().clone();
        let tail = descendant.path.strip_prefix(&held.path).unwrap_or_default();
        descendant.path = format!("{}{tail}", resource.path);
        txn.put(api_id, descendant)?;
    }
    Ok(())
}

/// A resource and everything below it.
fn subtree(api: &Api, id: &str) -> Vec<Arc<Resource>> {
    let mut found: Vec<Arc<Resource>> = api.resources.get(id).cloned().into_iter().collect();
    let mut at = 0;
    while let Some(parent) = found.get(at).map(|r| r.id.clone()) {
        let children = api
            .resources
            .values()
            .filter(|r| r.parent_id.as_ref() == Some(&parent));
        found.extend(children.cloned());
        at += 1;
    }
    found
}

pub(super) fn delete(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let (api_id, id) = (text(input, "restapi_id"), text(input, "resource_id"));
    let resource = txn.resource(api_id, id)?;
    if resource.parent_id.is_none() {
        return Err(bad("The root resource cannot be deleted"));
    }
    let api = txn.api(api_id)?;
    for gone in subtree(&api, id) {
        txn.remove::<Resource>(api_id, &gone.id);
    }
    NOTHING
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_parts_are_whole_segments() {
        for good in ["pets", "{petId}", "{proxy+}", "a.b-c_d:e,f", "{a.b}"] {
            assert!(is_path_part(good), "{good}");
        }
        for wrong in [
            "", "a/b", "item{id}", "{a}-{b}", "{}", "{+}", "{a", "a b", "é", "{a++}",
        ] {
            assert!(!is_path_part(wrong), "{wrong}");
        }
    }
}
