//! Models.
//!
//! Source: `spec/rest/validation.md` §2, `spec/aws-recorded/FACTS.md` §6.

use serde::Deserialize;
use serde_json::{Value, json};

use super::Answer;
use super::error::{bad, not_found};
use super::model_template::sample;
use super::page::page;
use super::state::Api;
use super::txn::{NOTHING, Txn, answer, patch, read, text};
use crate::engine::gateway::{is_schema, schema_fault};
use crate::engine::wire::{Input, ServiceError};
use crate::model::Model;
use crate::model::patch::apply;

/// Bytes of a schema. Source: `spec/rest/resources-methods.md` §5.
const MAX_SCHEMA: usize = 400 * 1024;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreateModel {
    name: Option<String>,
    description: Option<String>,
    schema: Option<String>,
    content_type: Option<String>,
}

pub(super) fn create(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let api_id = text(input, "restapi_id");
    let api = txn.api(api_id)?;
    let given: CreateModel = read(input)?;
    let name = given.name.unwrap_or_default();
    if name.is_empty() {
        return Err(bad("Model name must be non-empty"));
    }
    if !name.bytes().all(|b| b.is_ascii_alphanumeric()) {
        // Seen in reports.
        return Err(bad(format!("Model name must be alphanumeric: {name}")));
    }
    if api.models.contains_key(&name) {
        return Err(ServiceError::conflict(
            "Model name already exists for this REST API",
        ));
    }
    let ids = |id: &str| api.models.values().any(|model| model.id == id);
    let model = Model {
        id: txn.new_short_id(ids),
        name,
        description: given.description,
        schema: given.schema,
        content_type: given.content_type.unwrap_or_default(),
    };
    check(&api, &model)?;
    txn.put(api_id, model.clone())?;
    answer(&model)
}

/// What must hold of a model, among those that its API has.
pub(super) fn check(api: &Api, model: &Model) -> Result<(), ServiceError> {
    let schema = model.schema.as_deref().unwrap_or_default();
    if schema.is_empty() {
        return Err(bad(
            "Model schema must have at least 1 property or array items defined",
        ));
    }
    if schema.len() > MAX_SCHEMA {
        return Err(bad(format!(
            "The model's schema is larger than {MAX_SCHEMA} bytes"
        )));
    }
    if !is_schema(&model.content_type) {
        return Ok(());
    }
    let findings = match schema_fault(schema) {
        Some(fault) => vec![format!("Invalid model schema specified. {fault}")],
        None => unknown_models(api, model, schema),
    };
    if findings.is_empty() {
        return Ok(());
    }
    let findings = findings.join(", ");
    Err(bad(format!(
        "Invalid model specified: Validation Result: warnings : [], errors : [{findings}]"
    )))
}

/// The models that a schema refers to and that aren't there, as the service names them (seen in reports). A model may refer to itself.
fn unknown_models(api: &Api, model: &Model, schema: &str) -> Vec<String> {
    let mut names = Vec::new();
    if let Ok(mut schema) = serde_json::from_str::<Value>(schema) {
        localize(&mut schema, &mut names);
    }
    names.sort();
    names.dedup();
    names.retain(|name| *name != model.name && !api.models.contains_key(name));
    let finding = |name| format!("Invalid model specified: {name}");
    names.into_iter().map(finding).collect()
}

pub(super) fn get(txn: &Txn<'_>, input: &Input) -> Answer {
    let mut model = find(txn, input)?;
    if input.flag("flatten") {
        let api = txn.api(text(input, "restapi_id"))?;
        model.schema = model.schema.map(|schema| flattened(&api, &schema));
    }
    answer(&model)
}

/// `GetModelTemplate`: a mapping template that builds a sample of the model, for its author to change.
pub(super) fn template(txn: &Txn<'_>, input: &Input) -> Answer {
    let model = find(txn, input)?;
    let api = txn.api(text(input, "restapi_id"))?;
    let sample = sample(&flattened(&api, model.schema.as_deref().unwrap_or("{}")));
    Ok(json!({ "value": sample }))
}

/// The schema with the models that it refers to, directly or not, among its own definitions. One that refers to none, or isn't JSON,
/// stays as its author wrote it.
fn flattened(api: &Api, schema: &str) -> String {
    let Ok(mut root) = serde_json::from_str::<Value>(schema) else {
        return schema.to_owned();
    };
    let mut wanted = Vec::new();
    localize(&mut root, &mut wanted);
    if wanted.is_empty() {
        return schema.to_owned();
    }
    let mut definitions = serde_json::Map::new();
    while let Some(name) = wanted.pop() {
        if definitions.contains_key(&name) {
            continue;
        }
        let parsed = api
            .models
            .get(&name)
            .and_then(|model| serde_json::from_str(model.schema.as_deref()?).ok());
        let mut definition = parsed.unwrap_or_else(|| Value::Object(serde_json::Map::new()));
        localize(&mut definition, &mut wanted);
        definitions.insert(name, definition);
    }
    if let Some(root) = root.as_object_mut() {
        let own = root
            .entry("definitions")
            .or_insert_with(|| Value::Object(serde_json::Map::new()));
        if let Some(own) = own.as_object_mut() {
            own.extend(definitions);
        }
    }
    root.to_string()
}

/// Makes references to models (`https://…/restapis/{api}/models/{name}`) references to definitions, and notes the names.
fn localize(value: &mut Value, wanted: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                match member {
                    Value::String(reference) if key == "$ref" => {
                        if let Some((_, name)) = reference.split_once("/models/") {
                            wanted.push(name.to_owned());
                            *reference = format!("#/definitions/{name}");
                        }
                    }
                    member => localize(member, wanted),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| localize(item, wanted)),
        _ => {}
    }
}

/// The model that a call names; an unknown API is an unknown model (recorded).
fn find(txn: &Txn<'_>, input: &Input) -> Result<Model, ServiceError> {
    let name = text(input, "model_name");
    let unknown = format!("Invalid model name specified: {name}");
    let api = txn.api_or(text(input, "restapi_id"), &unknown)?;
    api.models
        .get(name)
        .map(|model| model.as_ref().clone())
        .ok_or_else(|| not_found(&unknown))
}

pub(super) fn list(txn: &Txn<'_>, input: &Input) -> Answer {
    let api = txn.api(text(input, "restapi_id"))?;
    let mut entries = Vec::new();
    for (name, model) in &api.models {
        entries.push((name.clone(), answer(model.as_ref())?));
    }
    page(entries, input)
}

pub(super) fn update(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let mut model = find(txn, input)?;
    apply(&mut model, &patch(input)?)?;
    let api_id = text(input, "restapi_id");
    check(&*txn.api(api_id)?, &model)?;
    txn.put(api_id, model.clone())?;
    answer(&model)
}

pub(super) fn delete(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let model = find(txn, input)?;
    let api_id = text(input, "restapi_id");
    if let Some(user) = user_of(&*txn.api(api_id)?, &model.name) {
        let name = &model.name;
        return Err(ServiceError::conflict(format!(
            "Cannot delete model '{name}', is referenced in {user}"
        )));
    }
    txn.remove::<Model>(api_id, &model.name);
    NOTHING
}

/// Who uses a model. Of several methods the last by path is named (recorded with two).
fn user_of(api: &Api, name: &str) -> Option<String> {
    let mut resources: Vec<_> = api.resources.values().collect();
    resources.sort_by(|a, b| b.path.cmp(&a.path));
    let uses = |models: Option<&crate::model::Map<String>>| {
        models.is_some_and(|models| models.values().any(|used| used == name))
    };
    for resource in resources {
        for (verb, method) in resource.resource_methods.iter().rev() {
            let at = format!("{}/{verb}", resource.path);
            if uses(method.request_models.as_ref()) {
                return Some(format!("method request: {at}"));
            }
            // Not recorded for responses.
            for (status, response) in method.method_responses.iter().flatten() {
                if uses(response.response_models.as_ref()) {
                    return Some(format!("method response: {at}/{status}"));
                }
            }
        }
    }
    None
}
