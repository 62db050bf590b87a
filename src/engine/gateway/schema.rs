//! Models, compiled: JSON Schema draft 4 with references between the models of an API.
//!
//! Facts: `spec/rest/validation.md` §1, §2. What the service's validator says of a body (`$context.error.validationErrorString`) are the
//! words of the Java validator that it embeds; of those the specification has some, the rest are recalled (unverified).

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{Draft, JsonType, Retrieve, Uri, ValidationError, Validator};
use serde_json::Value;

use crate::model::{Definition, Model};

/// What is said of one body at the most: a large body may be wrong in as many places.
const MAX_FINDINGS: usize = 64;

/// The model of a content type, ready to check bodies with.
#[derive(Debug)]
pub(crate) struct Schema(Result<Validator, String>);

/// What came of checking a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Valid,
    /// `[finding, finding]`
    Invalid(String),
    /// The schema itself can't be used.
    Broken(String),
}

impl Schema {
    /// A schema that refers to nothing, or to what `models` have. One that can't be compiled checks nothing and lets nothing pass.
    fn compile(text: &str, models: &Models) -> Self {
        let compiled = serde_json::from_str::<Value>(text)
            .map_err(|error| error.to_string())
            .and_then(|schema| {
                jsonschema::options()
                    .with_draft(Draft::Draft4)
                    .with_retriever(models.clone())
                    .build(&schema)
                    .map_err(|error| error.to_string())
            });
        Self(compiled)
    }

    /// Checks a body.
    pub(crate) fn check(&self, body: &[u8]) -> Verdict {
        let validator = match &self.0 {
            Ok(validator) => validator,
            Err(reason) => return Verdict::Broken(reason.clone()),
        };
        let value: Value = match serde_json::from_slice(body) {
            Ok(value) => value,
            // The words are unverified.
            Err(error) => {
                return Verdict::Invalid(format!("[Unable to parse the body as JSON: {error}]"));
            }
        };
        if validator.is_valid(&value) {
            return Verdict::Valid;
        }
        Verdict::Invalid(findings(validator, &value))
    }
}

/// Why `text` is no JSON Schema of draft 4, if it is none. Models that it refers to may be missing: they are looked for when it is
/// deployed.
pub(crate) fn fault(text: &str) -> Option<String> {
    match serde_json::from_str::<Value>(text) {
        Ok(schema) => jsonschema::draft4::meta::validate(&schema)
            .err()
            .map(|error| finding(&error))
            .or_else(|| unsupported(&schema)),
        Err(error) => Some(error.to_string()),
    }
}

/// The keywords of draft 4, those that only describe included.
const KEYWORDS: [&str; 34] = [
    "$ref",
    "$schema",
    "additionalItems",
    "additionalProperties",
    "allOf",
    "anyOf",
    "default",
    "definitions",
    "dependencies",
    "description",
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "id",
    "items",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "not",
    "oneOf",
    "pattern",
    "patternProperties",
    "properties",
    "required",
    "title",
    "type",
    "uniqueItems",
];

/// The service refuses words that its validator would only pass over (seen in reports).
fn unsupported(schema: &Value) -> Option<String> {
    let mut words = BTreeSet::new();
    collect_unsupported(schema, &mut words);
    if words.is_empty() {
        return None;
    }
    let words: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    Some(format!("Unsupported keyword(s): [{}]", words.join(",")))
}

fn collect_unsupported<'s>(schema: &'s Value, words: &mut BTreeSet<&'s str>) {
    let Value::Object(members) = schema else {
        return;
    };
    // What stands beside a reference counts for nothing.
    if members.contains_key("$ref") {
        return;
    }
    for (word, member) in members {
        match (word.as_str(), member) {
            (
                "properties" | "patternProperties" | "definitions" | "dependencies",
                Value::Object(named),
            ) => {
                for schema in named.values() {
                    collect_unsupported(schema, words);
                }
            }
            ("allOf" | "anyOf" | "oneOf" | "items", Value::Array(all)) => {
                for schema in all {
                    collect_unsupported(schema, words);
                }
            }
            ("not" | "items" | "additionalItems" | "additionalProperties", member) => {
                collect_unsupported(member, words);
            }
            (word, _) if !KEYWORDS.contains(&word) => {
                words.insert(word);
            }
            _ => {}
        }
    }
}

/// The schemas of a definition, each compiled once.
pub(crate) struct Schemas<'d> {
    pub(crate) definition: &'d Definition,
    models: Models,
    compiled: HashMap<&'d str, Arc<Schema>>,
}

impl<'d> Schemas<'d> {
    pub(crate) fn new(definition: &'d Definition) -> Self {
        Self {
            definition,
            models: Models::of(definition.models.values()),
            compiled: HashMap::new(),
        }
    }

    /// The schema of the model of this name; nothing for a model of what isn't JSON, which describes and checks nothing.
    pub(crate) fn get(&mut self, name: &'d str) -> Option<Arc<Schema>> {
        if let Some(schema) = self.compiled.get(name) {
            return Some(Arc::clone(schema));
        }
        let schema = match self.definition.models.get(name) {
            Some(model) if !is_json(&model.content_type) => return None,
            Some(model) => Schema::compile(model.schema.as_deref().unwrap_or("{}"), &self.models),
            None => Schema(Err(format!("there is no model {name}"))),
        };
        let schema = Arc::new(schema);
        self.compiled.insert(name, Arc::clone(&schema));
        Some(schema)
    }
}

/// Whether models of this content type are JSON Schemas.
pub(crate) fn is_json(content_type: &str) -> bool {
    content_type.ends_with("json")
}

/// The models that a reference `https://…/restapis/{api}/models/{name}` can mean, by name.
#[derive(Clone)]
struct Models(Arc<HashMap<String, String>>);

impl Models {
    fn of<'m>(models: impl Iterator<Item = &'m Model>) -> Self {
        let named = models.map(|m| (m.name.clone(), m.schema.clone().unwrap_or_default()));
        Self(Arc::new(named.collect()))
    }
}

impl Retrieve for Models {
    fn retrieve(
        &self,
        uri: &Uri<String>,
    ) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        let uri = uri.as_str();
        let name = uri
            .split_once("/models/")
            .map(|(_, name)| name.trim_end_matches('#'))
            .ok_or_else(|| format!("{uri} is no model"))?;
        let text = self
            .0
            .get(name)
            .ok_or_else(|| format!("there is no model {name}"))?;
        Ok(serde_json::from_str(text)?)
    }
}

/// What is wrong with a value, as the service prints a list.
fn findings(validator: &Validator, value: &Value) -> String {
    let mut all: Vec<String> = Vec::new();
    // One finding for all properties that one object lacks.
    let mut missing: Option<(String, BTreeSet<String>)> = None;
    for error in validator.iter_errors(value).take(MAX_FINDINGS) {
        if let ValidationErrorKind::Required { property } = error.kind() {
            let name = property.as_str().unwrap_or_default().to_owned();
            let at = format!("{} {}", error.instance_path(), error.schema_path());
            match &mut missing {
                Some((place, names)) if *place == at => {
                    names.insert(name);
                }
                _ => {
                    all.extend(missing.take().map(lacking));
                    missing = Some((at, BTreeSet::from([name])));
                }
            }
            continue;
        }
        all.extend(missing.take().map(lacking));
        all.push(finding(&error));
    }
    all.extend(missing.take().map(lacking));
    format!("[{}]", all.join(", "))
}

fn lacking((_, names): (String, BTreeSet<String>)) -> String {
    format!("object has missing required properties ({})", list(names))
}

/// `["a","b"]`
fn list<T: Into<Value>>(texts: impl IntoIterator<Item = T>) -> Value {
    texts.into_iter().map(Into::into).collect()
}

/// One finding, in the validator's words.
fn finding(error: &ValidationError<'_>) -> String {
    use ValidationErrorKind as Kind;
    let found = error.instance().as_ref();
    let items = || found.as_array().map_or(0, Vec::len);
    let properties = || found.as_object().map_or(0, serde_json::Map::len);
    let length = || found.as_str().map_or(0, |text| text.chars().count());
    match error.kind() {
        Kind::Enum { options } => {
            format!("instance value ({found}) not found in enum (possible values: {options})")
        }
        Kind::Type { kind } => format!(
            "instance type ({}) does not match any allowed primitive type (allowed: {})",
            type_of(found),
            allowed(kind)
        ),
        Kind::Maximum { limit } => format!(
            "numeric instance is greater than the required maximum (maximum: {limit}, found: {found})"
        ),
        Kind::Minimum { limit } => format!(
            "numeric instance is lower than the required minimum (minimum: {limit}, found: {found})"
        ),
        Kind::ExclusiveMaximum { limit } => {
            format!("numeric instance is not strictly lower than the required maximum {limit}")
        }
        Kind::ExclusiveMinimum { limit } => {
            format!("numeric instance is not strictly greater than the required minimum {limit}")
        }
        Kind::MultipleOf { multiple_of } => {
            format!("remainder of division is not zero ({found} / {multiple_of})")
        }
        Kind::MaxLength { limit } => format!(
            "string {found} is too long (length: {}, maximum allowed: {limit})",
            length()
        ),
        Kind::MinLength { limit } => format!(
            "string {found} is too short (length: {}, required minimum: {limit})",
            length()
        ),
        Kind::Pattern { pattern } => format!(
            "ECMA 262 regex {} does not match input string {found}",
            Value::from(pattern.as_str())
        ),
        Kind::Format { format } => ill_formed(found, format),
        Kind::MaxItems { limit } => format!(
            "array is too long: must have at most {limit} elements but instance has {} elements",
            items()
        ),
        Kind::MinItems { limit } => format!(
            "array is too short: must have at least {limit} elements but instance has {} elements",
            items()
        ),
        Kind::AdditionalItems { limit } => format!(
            "array has {} elements, but the schema only allows {limit}",
            items()
        ),
        Kind::UniqueItems => "array must not contain duplicate elements".to_owned(),
        Kind::MaxProperties { limit } => format!(
            "object has too many properties (found {} but schema requires at most {limit})",
            properties()
        ),
        Kind::MinProperties { limit } => format!(
            "object has too few properties (found {} but schema requires at least {limit})",
            properties()
        ),
        Kind::AdditionalProperties { unexpected } => {
            let sorted: BTreeSet<&str> = unexpected.iter().map(String::as_str).collect();
            format!(
                "object instance has properties which are not allowed by the schema: {}",
                list(sorted)
            )
        }
        Kind::AnyOf { context } => format!(
            "instance failed to match at least one required schema among {}",
            context.len()
        ),
        Kind::OneOfNotValid { context } => one_of(0, context.len()),
        Kind::OneOfMultipleValid { context } => {
            let matched = context.iter().filter(|errors| errors.is_empty()).count();
            one_of(matched, context.len())
        }
        Kind::Not { .. } => "instance matched a schema which it should not have".to_owned(),
        _ => error.to_string(),
    }
}

fn one_of(matched: usize, of: usize) -> String {
    format!("instance failed to match exactly one schema (matched {matched} out of {of})")
}

fn ill_formed(found: &Value, format: &str) -> String {
    let what = match format {
        "date-time" => {
            return format!(
                "string {found} is invalid against requested date format(s) \
                 [yyyy-MM-dd'T'HH:mm:ssZ, yyyy-MM-dd'T'HH:mm:ss.[0-9]{{1,12}}Z]"
            );
        }
        "email" => "email address",
        "hostname" => "hostname",
        "ipv4" => "IPv4 address",
        "ipv6" => "IPv6 address",
        "uri" => "URI",
        "regex" => "ECMA 262 regular expression",
        other => other,
    };
    format!("string {found} is not a valid {what}")
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(n) if n.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// The types, sorted by name; an integer is a number too.
fn allowed(kind: &TypeKind) -> Value {
    let mut names = BTreeSet::new();
    let mut add = |kind: JsonType| {
        names.insert(kind.as_str());
        if kind == JsonType::Number {
            names.insert(JsonType::Integer.as_str());
        }
    };
    match kind {
        TypeKind::Single(kind) => add(*kind),
        TypeKind::Multiple(kinds) => kinds.iter().for_each(add),
    }
    list(names)
}

impl fmt::Debug for Models {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn model(name: &str, schema: &Value) -> Model {
        Model {
            name: name.to_owned(),
            schema: Some(schema.to_string()),
            content_type: "application/json".to_owned(),
            ..Model::default()
        }
    }

    #[allow(clippy::needless_pass_by_value, reason = "written in place with json!")]
    fn check(schema: Value, body: Value) -> Verdict {
        let schema = Schema::compile(&schema.to_string(), &Models::of([].iter()));
        schema.check(body.to_string().as_bytes())
    }

    /// The sample of AWS's page "Test basic request validation in API Gateway", and the rest of draft 4.
    #[test]
    fn findings_read_as_the_services_validator_writes_them() {
        let pet = json!({
            "type": "object",
            "required": ["type", "price", "name"],
            "properties": {
                "name": {"type": "string", "minLength": 3, "maxLength": 9, "pattern": "^[a-z]+$"},
                "type": {"type": "string", "enum": ["dog", "cat", "fish"]},
                "price": {"type": "number", "minimum": 25, "maximum": 500},
            },
            "additionalProperties": false,
        });
        let good = || json!({"name": "rex", "type": "dog", "price": 500.0});
        assert_eq!(check(pet.clone(), good()), Verdict::Valid);
        let with = |name: &str, value: Value| {
            let mut pet = good();
            pet[name] = value;
            pet
        };
        let of_pet = [
            (
                json!({"name": "rex"}),
                "object has missing required properties ([\"price\",\"type\"])",
            ),
            (
                with("type", json!("bird")),
                "instance value (\"bird\") not found in enum (possible values: [\"dog\",\"cat\",\"fish\"])",
            ),
            (
                with("price", json!(501)),
                "numeric instance is greater than the required maximum (maximum: 500, found: 501)",
            ),
            (
                with("price", json!(1)),
                "numeric instance is lower than the required minimum (minimum: 25, found: 1)",
            ),
            (
                with("price", json!("x")),
                "instance type (string) does not match any allowed primitive type (allowed: [\"integer\",\"number\"])",
            ),
            (
                with("name", json!("xx")),
                "string \"xx\" is too short (length: 2, required minimum: 3)",
            ),
            (
                with("name", json!("xxxxxxxxxx")),
                "string \"xxxxxxxxxx\" is too long (length: 10, maximum allowed: 9)",
            ),
            (
                with("name", json!("REX")),
                "ECMA 262 regex \"^[a-z]+$\" does not match input string \"REX\"",
            ),
            (
                with("z", json!(1)),
                "object instance has properties which are not allowed by the schema: [\"z\"]",
            ),
        ];
        for (body, said) in of_pet {
            assert_eq!(
                check(pet.clone(), body),
                Verdict::Invalid(format!("[{said}]"))
            );
        }
    }

    #[test]
    fn other_keywords_have_their_findings_too() {
        let others = [
            (
                json!({"type": ["null", "array"]}),
                json!({}),
                "instance type (object) does not match any allowed primitive type (allowed: [\"array\",\"null\"])",
            ),
            (
                json!({"maximum": 3, "exclusiveMaximum": true}),
                json!(3),
                "numeric instance is not strictly lower than the required maximum 3",
            ),
            (
                json!({"minItems": 2}),
                json!([1]),
                "array is too short: must have at least 2 elements but instance has 1 elements",
            ),
            (
                json!({"maxItems": 0}),
                json!([1]),
                "array is too long: must have at most 0 elements but instance has 1 elements",
            ),
            (
                json!({"uniqueItems": true}),
                json!([1, 1]),
                "array must not contain duplicate elements",
            ),
            (
                json!({"minProperties": 1}),
                json!({}),
                "object has too few properties (found 0 but schema requires at least 1)",
            ),
            (
                json!({"oneOf": [{"type": "string"}, {"type": "null"}]}),
                json!(1),
                "instance failed to match exactly one schema (matched 0 out of 2)",
            ),
            (
                json!({"anyOf": [{"type": "string"}, {"type": "null"}]}),
                json!(1),
                "instance failed to match at least one required schema among 2",
            ),
            (
                json!({"not": {}}),
                json!(1),
                "instance matched a schema which it should not have",
            ),
            (
                json!({"format": "email"}),
                json!("me"),
                "string \"me\" is not a valid email address",
            ),
        ];
        for (schema, body, said) in others {
            assert_eq!(
                check(schema, body),
                Verdict::Invalid(format!("[{said}]")),
                "{said}"
            );
        }
    }

    #[test]
    fn a_schema_is_json_that_draft_4_allows() {
        for good in [
            "{}",
            "{\"$ref\": \"https://apigateway.amazonaws.com/restapis/a/models/Later\"}",
            "{\"$schema\": \"http://json-schema.org/draft-04/schema#\", \"title\": \"T\"}",
        ] {
            assert_eq!(fault(good), None, "{good}");
        }
        for bad in [
            "",
            "{",
            "{\"type\": \"text\"}",
            "{\"required\": true}",
            "{\"minimum\": \"1\"}",
        ] {
            assert!(fault(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn models_refer_to_each_other_by_url_and_to_themselves() {
        let url =
            |name: &str| format!("https://apigateway.amazonaws.com/restapis/abc/models/{name}");
        let models = [
            model(
                "Node",
                &json!({
                    "type": "object",
                    "definitions": {"name": {"type": "string"}},
                    "properties": {
                        "name": {"$ref": "#/definitions/name"},
                        "children": {"$ref": url("Nodes")},
                    },
                    "required": ["name"],
                }),
            ),
            model(
                "Nodes",
                &json!({"type": "array", "items": {"$ref": url("Node")}}),
            ),
            model("Lost", &json!({"$ref": url("Nowhere")})),
            model("Remote", &json!({"$ref": "https://example.com/schema"})),
        ];
        let mut definition = Definition::default();
        for model in models {
            definition.models.insert(model.name.clone(), model);
        }
        let mut schemas = Schemas::new(&definition);
        let nodes = schemas.get("Nodes").unwrap();
        let good = json!([{"name": "a", "children": [{"name": "b"}]}]);
        assert_eq!(nodes.check(good.to_string().as_bytes()), Verdict::Valid);
        for bad in [
            "[{\"name\": \"a\", \"children\": [{}]}]",
            "[{\"name\": 1}]",
            "",
        ] {
            assert!(
                matches!(nodes.check(bad.as_bytes()), Verdict::Invalid(_)),
                "{bad}"
            );
        }
        for broken in ["Lost", "Remote", "Absent"] {
            let schema = schemas.get(broken).unwrap();
            assert!(
                matches!(schema.check(b"{}"), Verdict::Broken(_)),
                "{broken}"
            );
        }
    }
}
