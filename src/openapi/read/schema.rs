//! Schemas to models: named ones, and those that stand inline.

use serde_json::{Map, Number, Value};

use super::Reader;
use crate::model::Model;
use crate::openapi::document::Object;
use crate::openapi::{MODEL_URL, to_json};

/// The order in which the service writes a schema's members, read off the recorded models and exports.
const ORDER: [&str; 28] = [
    "$schema",
    "title",
    "multipleOf",
    "maximum",
    "exclusiveMaximum",
    "minimum",
    "exclusiveMinimum",
    "maxLength",
    "minLength",
    "pattern",
    "maxItems",
    "minItems",
    "uniqueItems",
    "maxProperties",
    "minProperties",
    "required",
    "type",
    "not",
    "properties",
    "additionalProperties",
    "description",
    "format",
    "$ref",
    "enum",
    "items",
    "allOf",
    "anyOf",
    "oneOf",
];

/// The words of JSON Schema draft 4 that [`ORDER`] doesn't have. A model keeps no others, which the service would refuse: neither what
/// OpenAPI adds nor what later drafts do. Source: `spec/rest/openapi.md` §2.
const MORE: [&str; 6] = [
    "additionalItems",
    "default",
    "definitions",
    "dependencies",
    "id",
    "patternProperties",
];

impl<'a> Reader<'a> {
    pub(super) fn models(&mut self) {
        for (name, schema) in self.document.schemas().into_iter().flatten() {
            if !is_model_name(name) {
                self.fail(format!(
                    "Unable to create model for '{name}': Model name must be alphanumeric: {name}"
                ));
                continue;
            }
            self.put_model(name, schema);
        }
    }

    fn put_model(&mut self, name: &str, schema: &Value) {
        let description = schema.get("description").and_then(Value::as_str);
        let model = Model {
            id: String::new(),
            name: name.to_owned(),
            description: description.map(str::to_owned),
            schema: Some(to_json(&self.schema(schema))),
            content_type: "application/json".to_owned(),
        };
        self.import.definition.models.insert(name.to_owned(), model);
    }

    /// The model that a schema of a body means: the one it refers to, or one made of it. An empty schema means none.
    pub(super) fn model_of(&mut self, schema: &'a Value) -> Option<String> {
        let members = schema.as_object()?;
        if let Some(Value::String(reference)) = members.get("$ref") {
            let Some(name) = self.referred(reference) else {
                // The service's words, as reports have them.
                let name = reference.rsplit('/').next().unwrap_or(reference);
                self.warn(format!("Reference to model '{name}' not found. Ignoring."));
                return None;
            };
            return Some(name);
        }
        if members.is_empty() {
            return None;
        }
        if let Some(Value::Array(types)) = members.get("type")
            && types.is_empty()
        {
            return None;
        }
        // Seen in exports, not recorded: a list of a model is named after it.
        if members.get("type").and_then(Value::as_str) == Some("array")
            && let Some(items) = members.get("items").filter(|items| items.is_object())
            && let Some(of) = self.model_of(items)
        {
            let name = format!("ArrayOf{of}");
            let mut list = members.clone();
            list.insert("items".to_owned(), self.reference(&of));
            return Some(self.generate(&name, &Value::Object(list)));
        }
        Some(self.generate("", schema))
    }

    /// The name of the model made of an inline schema. It follows from the content, so that the same schema has the same model in every
    /// method and in every import. The service's own is `MODEL` and six characters (`spec/rest/openapi.md` §2, unverified).
    fn generate(&mut self, wanted: &str, schema: &Value) -> String {
        let text = to_json(&self.schema(schema));
        if let Some(name) = self.generated.get(&text) {
            return name.clone();
        }
        let held = |name: &str| self.import.definition.models.get(name);
        let free = |name: &str| {
            held(name).is_none_or(|model| model.schema.as_ref() == Some(&text))
                && self
                    .document
                    .schemas()
                    .is_none_or(|all| !all.contains_key(name) || held(name).is_some())
        };
        let mut name = wanted.to_owned();
        let mut seed = 0;
        while name.is_empty() || !free(&name) {
            name = format!("MODEL{:06x}", digest(&text, seed));
            seed += 1;
        }
        if held(&name).is_none() {
            self.put_model(&name, schema);
        }
        self.generated.insert(text, name.clone());
        name
    }

    fn referred(&self, reference: &str) -> Option<String> {
        let local = ["#/definitions/", "#/components/schemas/"];
        if let Some(name) = local.iter().find_map(|at| reference.strip_prefix(at)) {
            let known = is_model_name(name) && self.document.schemas()?.contains_key(name);
            return known.then(|| name.to_owned());
        }
        // A model of the API, by its address.
        let (_, name) = reference.rsplit_once("/models/")?;
        is_model_name(name).then(|| name.to_owned())
    }

    fn reference(&self, name: &str) -> Value {
        let url = format!("{MODEL_URL}{}/models/{name}", self.options.api_id);
        Value::Object(Map::from_iter([("$ref".to_owned(), Value::from(url))]))
    }

    /// A schema as models have it: draft 4, with references to models and the service's order of members.
    fn schema(&self, value: &Value) -> Value {
        let Some(members) = value.as_object() else {
            return value.clone();
        };
        let mut members = members.clone();
        exclusive(&mut members, "exclusiveMinimum", "minimum");
        exclusive(&mut members, "exclusiveMaximum", "maximum");
        if let Some(only) = members.shift_remove("const") {
            members.insert("enum".to_owned(), Value::Array(vec![only]));
        }
        let rank = |key: &str| ORDER.iter().position(|k| *k == key).unwrap_or(ORDER.len());
        let mut entries: Vec<(&String, &Value)> = members
            .iter()
            .filter(|(key, _)| ORDER.contains(&key.as_str()) || MORE.contains(&key.as_str()))
            .collect();
        entries.sort_by_key(|(key, _)| rank(key));
        let mut done = Object::new();
        for (key, member) in entries {
            done.insert(key.clone(), self.schema_member(key, member));
        }
        Value::Object(done)
    }

    fn schema_member(&self, key: &str, member: &Value) -> Value {
        match (key, member) {
            ("$ref", Value::String(reference)) => match self.referred(reference) {
                Some(name) => {
                    Value::from(format!("{MODEL_URL}{}/models/{name}", self.options.api_id))
                }
                None => member.clone(),
            },
            ("required", Value::Array(names)) => {
                let mut names = names.clone();
                names.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
                names.into()
            }
            // Maps of schemas: their keys are names, not keywords.
            (
                "properties" | "patternProperties" | "definitions" | "dependencies",
                Value::Object(of),
            ) => {
                let each = of.iter().map(|(name, s)| (name.clone(), self.schema(s)));
                Value::Object(each.collect())
            }
            ("enum" | "default", _) => member.clone(),
            (_, Value::Object(_)) => self.schema(member),
            (_, Value::Array(items)) => items.iter().map(|item| self.schema(item)).collect(),
            _ => member.clone(),
        }
    }
}

/// OpenAPI 3.1 writes the bound itself where draft 4 has a flag beside it.
fn exclusive(schema: &mut Object, flag: &str, bound: &str) {
    let limit: Option<Number> = match schema.get(flag) {
        Some(Value::Number(limit)) => Some(limit.clone()),
        _ => None,
    };
    if let Some(limit) = limit {
        schema.insert(flag.to_owned(), Value::Bool(true));
        schema.insert(bound.to_owned(), Value::Number(limit));
    }
}

fn is_model_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// FNV-1a, of which a name takes 24 bits.
fn digest(text: &str, seed: u32) -> u32 {
    let start = 0x811c_9dc5_u32 ^ seed;
    let hash = text.bytes().fold(start, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    (hash ^ (hash >> 24)) & 0x00ff_ffff
}
