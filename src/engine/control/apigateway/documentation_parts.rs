//! Documentation parts.
//!
//! Source: `spec/rest/sdk-docs.md` §3, `spec/aws-recorded/FACTS.md` §6.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::error::{bad, not_found};
use super::imports;
use super::page::{oldest_first, page};
use super::state::{Api, Documented};
use super::txn::{NOTHING, Txn, answer, patch, read, text};
use super::{Answer, quotas};
use crate::engine::wire::{Input, ServiceError};
use crate::model::patch::apply;
use crate::model::{DocumentationLocation, DocumentationPart};
use crate::openapi::{self, Mode};

const NO_PART: &str = "Invalid Documentation part identifier specified";

#[derive(Deserialize)]
struct CreateDocumentationPart {
    #[serde(default)]
    location: DocumentationLocation,
    #[serde(default)]
    properties: String,
}

pub(super) fn create(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let api_id = text(input, "restapi_id");
    let api = txn.api(api_id)?;
    let given: CreateDocumentationPart = read(input)?;
    let location = given.location.complete().map_err(bad)?;
    let taken = |held: &DocumentationPart| held.location == location;
    if api
        .documentation_parts
        .values()
        .any(|held| taken(&held.part))
    {
        // Quoted from AWS for the type API; how it goes on for others is not known.
        return Err(ServiceError::conflict(format!(
            "Documentation part already exists for the specified location: {location}"
        )));
    }
    let part = DocumentationPart {
        id: txn.new_short_id(|id| api.documentation_parts.contains_key(id)),
        location,
        properties: given.properties,
    };
    check(&part)?;
    check_count(txn, api.documentation_parts.len() + 1)?;
    let place = txn.place();
    let documented = Documented {
        place,
        part: part.clone(),
    };
    txn.put(api_id, documented)?;
    answer(&part)
}

/// The rule is documented, its text is ours.
fn check(part: &DocumentationPart) -> Result<(), ServiceError> {
    if part.has_properties() {
        return Ok(());
    }
    Err(bad(
        "Invalid documentation part properties: they must be a JSON object with at least one member",
    ))
}

fn check_count(txn: &Txn<'_>, count: usize) -> Result<(), ServiceError> {
    let most = txn.deps.quotas.documentation_parts_per_api;
    quotas::check(
        count.saturating_sub(1),
        most,
        "Documentation Parts",
        Some("API"),
    )
}

pub(super) fn get(txn: &Txn<'_>, input: &Input) -> Answer {
    answer(&find(txn, input)?.part)
}

/// The part that a call names; an unknown API is an unknown part (recorded).
fn find(txn: &Txn<'_>, input: &Input) -> Result<Documented, ServiceError> {
    let api = txn.api_or(text(input, "restapi_id"), NO_PART)?;
    api.documentation_parts
        .get(text(input, "part_id"))
        .map(|held| held.as_ref().clone())
        .ok_or_else(|| not_found(NO_PART))
}

pub(super) fn list(txn: &Txn<'_>, input: &Input) -> Answer {
    let api = txn.api(text(input, "restapi_id"))?;
    if input.text("locationStatus") == Some("UNDOCUMENTED") {
        return undocumented(&api, input);
    }
    let mut entries = Vec::new();
    for held in api.documentation_parts.values() {
        if asked_for(&held.part.location, input) {
            entries.push((oldest_first(held.place), answer(&held.part)?));
        }
    }
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    page(entries, input)
}

/// Whether a location passes the filters of a list: type, name, and a path with those below it.
fn asked_for(location: &DocumentationLocation, input: &Input) -> bool {
    let is = |name: &str, value: Option<&str>| {
        input.text(name).is_none_or(|wanted| value == Some(wanted))
    };
    let path = input.text("path").is_none_or(|wanted| {
        location
            .path
            .as_deref()
            .is_some_and(|path| path.starts_with(wanted))
    });
    is("type", Some(&location.part_type)) && is("name", location.name.as_deref()) && path
}

/// The entities without a part of their own, as parts without id and properties.
fn undocumented(api: &Api, input: &Input) -> Answer {
    let mut entries = Vec::new();
    for location in entities(api) {
        let documented = api
            .documentation_parts
            .values()
            .any(|held| held.part.location == location);
        if !documented && asked_for(&location, input) {
            let key = serde_json::to_string(&location).unwrap_or_default();
            entries.push((key, json!({ "location": location })));
        }
    }
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    page(entries, input)
}

/// Every entity of an API that can have a part.
fn entities(api: &Api) -> Vec<DocumentationLocation> {
    let of = |part_type: &str, name: Option<&str>| DocumentationLocation {
        part_type: part_type.to_owned(),
        name: name.map(str::to_owned),
        ..DocumentationLocation::default()
    };
    let mut all = vec![of("API", None)];
    all.extend(api.models.keys().map(|name| of("MODEL", Some(name))));
    all.extend(
        api.authorizers
            .values()
            .map(|a| of("AUTHORIZER", Some(&a.name))),
    );
    for resource in api.resources.values() {
        let at = |part_type: &str, name: Option<&str>| DocumentationLocation {
            path: Some(resource.path.clone()),
            ..of(part_type, name)
        };
        all.push(at("RESOURCE", None));
        for (verb, method) in &resource.resource_methods {
            let with = |part_type: &str, name: Option<&str>| DocumentationLocation {
                method: Some(verb.clone()),
                ..at(part_type, name)
            };
            all.push(with("METHOD", None));
            for key in method
                .request_parameters
                .iter()
                .flatten()
                .map(|(key, _)| key)
            {
                let mut pieces = key.splitn(4, '.').skip(2);
                let part_type = match pieces.next() {
                    Some("path") => "PATH_PARAMETER",
                    Some("querystring") => "QUERY_PARAMETER",
                    _ => "REQUEST_HEADER",
                };
                all.push(with(part_type, pieces.next()));
            }
            if method.request_models.is_some() {
                all.push(with("REQUEST_BODY", None));
            }
            for (status, response) in method.method_responses.iter().flatten() {
                let answered = |part_type: &str, name: Option<&str>| DocumentationLocation {
                    status_code: Some(status.clone()),
                    ..with(part_type, name)
                };
                all.push(answered("RESPONSE", None));
                for key in response
                    .response_parameters
                    .iter()
                    .flatten()
                    .map(|(key, _)| key)
                {
                    all.push(answered("RESPONSE_HEADER", key.splitn(4, '.').nth(3)));
                }
                if response.response_models.is_some() {
                    all.push(answered("RESPONSE_BODY", None));
                }
            }
        }
    }
    all
}

pub(super) fn update(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let mut documented = find(txn, input)?;
    apply(&mut documented.part, &patch(input)?)?;
    check(&documented.part)?;
    txn.put(text(input, "restapi_id"), documented.clone())?;
    answer(&documented.part)
}

pub(super) fn delete(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let documented = find(txn, input)?;
    txn.remove::<Documented>(text(input, "restapi_id"), &documented.part.id);
    NOTHING
}

pub(super) fn import(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let api_id = text(input, "restapi_id");
    txn.api(api_id)?;
    let mode = imports::mode(input)?;
    let (documentation, warnings) = openapi::documentation(imports::document(input)?)
        .map_err(|error| bad(error.to_string()))?;
    if input.flag("failonwarnings") && !warnings.is_empty() {
        return Err(bad(format!(
            "Warnings found during import:\n\t{}",
            warnings.join("\n\t")
        )));
    }
    let ids = take(txn, api_id, &documentation.parts, mode)?;
    let mut done = json!({ "ids": ids });
    if !warnings.is_empty() {
        done["warnings"] = json!(warnings);
    }
    Ok(done)
}

/// Takes parts into an API, and tells their ids. A merge lays their properties over those at the same location; an overwrite replaces
/// the whole collection, ids included (recorded).
pub(super) fn take(
    txn: &mut Txn<'_>,
    api_id: &str,
    parts: &[DocumentationPart],
    mode: Mode,
) -> Result<Vec<String>, ServiceError> {
    let api = txn.api(api_id)?;
    if mode == Mode::Overwrite {
        for id in api.documentation_parts.keys() {
            txn.remove::<Documented>(api_id, id);
        }
    }
    let mut ids = Vec::new();
    for part in parts {
        let held = api
            .documentation_parts
            .values()
            .find(|held| mode == Mode::Merge && held.part.location == part.location);
        let documented = if let Some(held) = held {
            let mut part = held.part.clone();
            part.properties = over(&held.part.properties, &part_properties(parts, &part));
            Documented {
                place: held.place,
                part,
            }
        } else {
            let place = txn.place();
            let now = txn.api(api_id)?;
            let taken = |id: &str| {
                api.documentation_parts.contains_key(id) || now.documentation_parts.contains_key(id)
            };
            let id = txn.new_short_id(taken);
            Documented {
                place,
                part: DocumentationPart { id, ..part.clone() },
            }
        };
        ids.push(documented.part.id.clone());
        txn.put(api_id, documented)?;
    }
    check_count(txn, txn.api(api_id)?.documentation_parts.len())?;
    Ok(ids)
}

/// The properties that an import gives to the part's location.
fn part_properties(parts: &[DocumentationPart], at: &DocumentationPart) -> String {
    let given = parts.iter().find(|part| part.location == at.location);
    given
        .map(|part| part.properties.clone())
        .unwrap_or_default()
}

/// One object's members laid over another's.
fn over(held: &str, given: &str) -> String {
    let members = |text: &str| serde_json::from_str::<Map<String, Value>>(text).unwrap_or_default();
    let mut all = members(held);
    all.extend(members(given));
    Value::Object(all).to_string()
}
