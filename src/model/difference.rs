//! What changed between two definitions: an API and what a stage serves of it, two deployments, two APIs.
//!
//! Resources are matched by path and methods by verb, since ids differ between APIs; ids inside are replaced by names. Only what is
//! served counts: an API's name, description and tags take effect without a deployment (`spec/rest/deployments-stages-canary.md` §1).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Definition, GatewayResponse, GatewayResponseType, Method, Resource, RestApi};

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// What happened to it.
    pub kind: Kind,
    /// Where it is.
    #[serde(flatten)]
    pub place: Place,
    /// Which member of that changed: `timeoutInMillis`, `requestTemplates application/json`. Absent when the whole came or went.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
    /// The old value: bare text, or JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// The new value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// Only the newer has it.
    Added,
    /// Only the older has it.
    Removed,
    /// Both have it, with other values.
    Changed,
}

impl Kind {
    /// As a word: `added`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
        }
    }
}

/// Where a difference is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "place", rename_all = "camelCase")]
pub enum Place {
    /// A setting of the API.
    Api,
    /// A resource.
    Resource {
        /// Its path template.
        path: String,
    },
    /// A part of a method.
    Method {
        /// The resource's path template.
        path: String,
        /// The verb.
        verb: String,
        /// Which of the method's parts; the whole method when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        part: Option<Part>,
        /// The response's status code, for responses.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        status: Option<String>,
    },
    /// A model.
    Model {
        /// Its name.
        name: String,
    },
    /// A request validator.
    RequestValidator {
        /// Its name.
        name: String,
    },
    /// An authorizer.
    Authorizer {
        /// Its name.
        name: String,
    },
    /// A gateway response.
    GatewayResponse {
        /// Its type.
        name: String,
    },
}

/// A box of the method's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Part {
    /// What a client must send.
    MethodRequest,
    /// What is sent to the backend.
    IntegrationRequest,
    /// How an answer of the backend is taken.
    IntegrationResponse,
    /// What the client gets.
    MethodResponse,
}

/// The differences that lead from `older` to `newer`, in the order API, resources and methods by path, then the other parts.
#[must_use]
pub fn difference(older: &Definition, newer: &Definition) -> Vec<Change> {
    let mut changes = Vec::new();
    members(
        &Place::Api,
        &settings(&older.rest_api),
        &settings(&newer.rest_api),
        &mut changes,
    );
    resources(older, newer, &mut changes);
    parts(
        &by_name(older.models.values().map(|m| (m.name.clone(), json(m)))),
        &by_name(newer.models.values().map(|m| (m.name.clone(), json(m)))),
        |name| Place::Model { name },
        &mut changes,
    );
    let validators = |d: &Definition| {
        by_name(
            d.request_validators
                .values()
                .map(|v| (named(v.name.as_ref(), &v.id), json(v))),
        )
    };
    let place = |name| Place::RequestValidator { name };
    parts(&validators(older), &validators(newer), place, &mut changes);
    let authorizers =
        |d: &Definition| by_name(d.authorizers.values().map(|a| (a.name.clone(), json(a))));
    let place = |name| Place::Authorizer { name };
    parts(
        &authorizers(older),
        &authorizers(newer),
        place,
        &mut changes,
    );
    let types: BTreeSet<_> = older
        .gateway_responses
        .keys()
        .chain(newer.gateway_responses.keys())
        .collect();
    for &kind in types {
        // One that was never put isn't absent: it has the service's default.
        let place = Place::GatewayResponse {
            name: kind.name().to_owned(),
        };
        members(
            &place,
            &gateway_response(older, kind),
            &gateway_response(newer, kind),
            &mut changes,
        );
    }
    changes
}

fn resources(older: &Definition, newer: &Definition, changes: &mut Vec<Change>) {
    let index = |d: &'_ Definition| -> BTreeMap<String, Resource> {
        d.resources
            .values()
            .map(|r| (r.path.clone(), r.clone()))
            .collect()
    };
    let (old, new) = (index(older), index(newer));
    for path in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
        let (before, after) = (old.get(path), new.get(path));
        if before.is_some() != after.is_some() {
            let place = Place::Resource { path: path.clone() };
            changes.push(whole(place, after.is_some()));
        }
        let verbs = |r: Option<&Resource>| -> BTreeMap<String, Method> {
            r.map(|r| {
                r.resource_methods
                    .iter()
                    .map(|(v, m)| (v.clone(), m.clone()))
                    .collect()
            })
            .unwrap_or_default()
        };
        let (old_methods, new_methods) = (verbs(before), verbs(after));
        for verb in old_methods
            .keys()
            .chain(new_methods.keys())
            .collect::<BTreeSet<_>>()
        {
            match (old_methods.get(verb), new_methods.get(verb)) {
                (Some(a), Some(b)) => {
                    let a = method_parts(older, before, a);
                    let b = method_parts(newer, after, b);
                    let keys: BTreeSet<_> = a.keys().chain(b.keys()).cloned().collect();
                    for key in keys {
                        let (part, status) = key.clone();
                        let place = Place::Method {
                            path: path.clone(),
                            verb: verb.clone(),
                            part: Some(part),
                            status,
                        };
                        entry(place, a.get(&key), b.get(&key), changes);
                    }
                }
                (_, after) => {
                    let place = Place::Method {
                        path: path.clone(),
                        verb: verb.clone(),
                        part: None,
                        status: None,
                    };
                    changes.push(whole(place, after.is_some()));
                }
            }
        }
    }
}

type Parts = BTreeMap<(Part, Option<String>), Value>;

/// A method cut into the boxes of its life, with ids replaced by what they name.
fn method_parts(definition: &Definition, resource: Option<&Resource>, method: &Method) -> Parts {
    let mut parts = Parts::new();
    let mut request = json(method);
    remove(
        &mut request,
        &["methodIntegration", "methodResponses", "httpMethod"],
    );
    if let Some(id) = &method.authorizer_id {
        let name = definition.authorizers.get(id).map_or(id, |a| &a.name);
        set(&mut request, "authorizerId", name);
    }
    if let Some(id) = &method.request_validator_id {
        let name = definition
            .request_validators
            .get(id)
            .and_then(|v| v.name.as_ref());
        set(&mut request, "requestValidatorId", name.unwrap_or(id));
    }
    parts.insert((Part::MethodRequest, None), request);
    for (status, response) in method.method_responses.iter().flatten() {
        let mut value = json(response);
        remove(&mut value, &["statusCode"]);
        parts.insert((Part::MethodResponse, Some(status.clone())), value);
    }
    if let Some(integration) = &method.method_integration {
        let mut value = json(integration);
        remove(&mut value, &["integrationResponses"]);
        if resource.is_some_and(|r| r.id == integration.cache_namespace) {
            remove(&mut value, &["cacheNamespace"]);
        }
        parts.insert((Part::IntegrationRequest, None), value);
        for (status, response) in integration.integration_responses.iter().flatten() {
            let mut value = json(response);
            remove(&mut value, &["statusCode"]);
            parts.insert((Part::IntegrationResponse, Some(status.clone())), value);
        }
    }
    parts
}

/// The API's settings that a deployment freezes.
fn settings(api: &RestApi) -> Value {
    let mut value = json(api);
    remove(
        &mut value,
        &[
            "id",
            "name",
            "description",
            "createdDate",
            "version",
            "warnings",
            "tags",
            "rootResourceId",
        ],
    );
    value
}

fn gateway_response(definition: &Definition, kind: GatewayResponseType) -> Value {
    let mut value = definition
        .gateway_responses
        .get(&kind)
        .map_or_else(|| json(&GatewayResponse::default_of(kind)), json);
    remove(&mut value, &["responseType", "defaultResponse"]);
    value
}

fn named(name: Option<&String>, id: &str) -> String {
    name.map_or_else(|| id.to_owned(), Clone::clone)
}

fn by_name(items: impl Iterator<Item = (String, Value)>) -> BTreeMap<String, Value> {
    items
        .map(|(name, mut value)| {
            remove(&mut value, &["id", "name"]);
            (name, value)
        })
        .collect()
}

fn parts(
    older: &BTreeMap<String, Value>,
    newer: &BTreeMap<String, Value>,
    place: impl Fn(String) -> Place,
    changes: &mut Vec<Change>,
) {
    for name in older.keys().chain(newer.keys()).collect::<BTreeSet<_>>() {
        entry(
            place(name.clone()),
            older.get(name),
            newer.get(name),
            changes,
        );
    }
}

fn entry(place: Place, before: Option<&Value>, after: Option<&Value>, changes: &mut Vec<Change>) {
    match (before, after) {
        (Some(a), Some(b)) => members(&place, a, b, changes),
        (None, None) => {}
        (_, after) => changes.push(whole(place, after.is_some())),
    }
}

fn whole(place: Place, added: bool) -> Change {
    let kind = if added { Kind::Added } else { Kind::Removed };
    Change {
        kind,
        place,
        member: None,
        before: None,
        after: None,
    }
}

/// Members that differ; a map inside (templates, parameters) is compared entry by entry.
fn members(place: &Place, before: &Value, after: &Value, changes: &mut Vec<Change>) {
    walk(place, "", Some(before), Some(after), changes);
}

fn walk(place: &Place, name: &str, a: Option<&Value>, b: Option<&Value>, out: &mut Vec<Change>) {
    if a == b {
        return;
    }
    let object = |v: Option<&Value>| v.is_none_or(Value::is_object);
    if object(a) && object(b) {
        let empty = serde_json::Map::new();
        let a = a.and_then(Value::as_object).unwrap_or(&empty);
        let b = b.and_then(Value::as_object).unwrap_or(&empty);
        for key in a.keys().chain(b.keys().filter(|k| !a.contains_key(*k))) {
            let name = if name.is_empty() {
                key.clone()
            } else {
                format!("{name} {key}")
            };
            walk(place, &name, a.get(key), b.get(key), out);
        }
        return;
    }
    let kind = match (a, b) {
        (None, _) => Kind::Added,
        (_, None) => Kind::Removed,
        _ => Kind::Changed,
    };
    let member = Some(name.to_owned());
    out.push(Change {
        kind,
        place: place.clone(),
        member,
        before: a.map(text),
        after: b.map(text),
    });
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn json(item: &impl Serialize) -> Value {
    // These types hold nothing that JSON can't say.
    serde_json::to_value(item).unwrap_or_default()
}

fn remove(value: &mut Value, names: &[&str]) {
    if let Value::Object(object) = value {
        object.retain(|key, _| !names.contains(&key.as_str()));
    }
}

fn set(value: &mut Value, name: &str, text: &str) {
    if let Value::Object(object) = value {
        object.insert(name.to_owned(), Value::from(text));
    }
}

#[cfg(test)]
mod tests;
