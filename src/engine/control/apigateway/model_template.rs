//! The mapping template that `GetModelTemplate` writes for a model.
//!
//! Source: AWS page "Models and mapping templates" for the form (`$inputRoot`, `foo` and 42 as samples, a loop over each array with its
//! note); the exact blanks are unverified.

use std::fmt::Write;

use serde_json::Value;

/// How deep a sample goes: models may refer to themselves.
const MAX_DEPTH: usize = 8;

/// A template that prints a sample of what `schema` describes; its references are to its own definitions.
pub(super) fn sample(schema: &str) -> String {
    let root: Value = serde_json::from_str(schema).unwrap_or_default();
    let mut writer = Writer {
        root: &root,
        out: "#set($inputRoot = $input.path('$'))\n".to_owned(),
    };
    writer.value(&root, "$inputRoot", 0);
    writer.out
}

struct Writer<'s> {
    root: &'s Value,
    out: String,
}

impl Writer<'_> {
    /// Prints a sample of `schema`, whose value the template reads at `path`.
    fn value(&mut self, schema: &Value, path: &str, depth: usize) {
        let schema = self.resolved(schema);
        if depth > MAX_DEPTH {
            self.out.push_str("{ }");
            return;
        }
        match kind(&schema) {
            "array" => self.array(&schema, path, depth),
            "string" => match schema["enum"].get(0) {
                Some(first) => self.out.push_str(&first.to_string()),
                None => self.out.push_str("\"foo\""),
            },
            "number" | "integer" => self.out.push_str("42"),
            "boolean" => self.out.push_str("true"),
            "null" => self.out.push_str("null"),
            _ => self.object(&schema, path, depth),
        }
    }

    fn object(&mut self, schema: &Value, path: &str, depth: usize) {
        let indent = "  ".repeat(depth);
        self.out.push_str("{ ");
        let properties = schema["properties"].as_object();
        for (i, (name, property)) in properties.into_iter().flatten().enumerate() {
            let separator = if i == 0 { "" } else { "," };
            let name_text = Value::from(name.as_str());
            let _ = write!(self.out, "{separator}\n{indent}  {name_text} : ");
            self.value(property, &format!("{path}.{name}"), depth + 1);
        }
        let _ = write!(self.out, "\n{indent}}}");
    }

    fn array(&mut self, schema: &Value, path: &str, depth: usize) {
        let indent = "  ".repeat(depth);
        let item = match &schema["items"] {
            Value::Array(items) => items.first().cloned().unwrap_or_default(),
            item => item.clone(),
        };
        let _ = write!(
            self.out,
            "[\n##TODO: Update this foreach loop to reference array from input json\n#foreach($elem in {path})\n{indent}  "
        );
        self.value(&item, "$elem", depth + 1);
        let _ = write!(self.out, "#if($foreach.hasNext),#end\n\n#end\n{indent}]");
    }

    fn resolved(&self, schema: &Value) -> Value {
        let mut found = schema;
        for _ in 0..MAX_DEPTH {
            let Some(reference) = found["$ref"].as_str() else {
                break;
            };
            let pointer = reference.trim_start_matches('#');
            match self.root.pointer(pointer) {
                Some(target) => found = target,
                None => break,
            }
        }
        found.clone()
    }
}

/// The type that a sample is made of; of several the first.
fn kind(schema: &Value) -> &str {
    match &schema["type"] {
        Value::String(kind) => kind,
        Value::Array(kinds) => kinds.first().and_then(Value::as_str).unwrap_or("object"),
        _ if schema.get("items").is_some() => "array",
        _ => "object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_kind_of_value_has_a_sample() {
        let schema = json!({
            "type": "object",
            "properties": {
                "name": {"type": "string"},
                "kind": {"enum": ["cat"], "type": "string"},
                "price": {"type": "number"},
                "old": {"type": ["boolean", "null"]},
                "tags": {"type": "array", "items": {"type": "string"}},
                "owner": {"$ref": "#/definitions/Owner"},
            },
            "definitions": {"Owner": {"properties": {"id": {"type": "integer"}}}},
        });
        assert_eq!(
            sample(&schema.to_string()),
            "#set($inputRoot = $input.path('$'))\n\
             { \n  \"name\" : \"foo\",\n  \"kind\" : \"cat\",\n  \"price\" : 42,\n  \"old\" : true,\n  \"tags\" : [\n\
             ##TODO: Update this foreach loop to reference array from input json\n\
             #foreach($elem in $inputRoot.tags)\n    \"foo\"#if($foreach.hasNext),#end\n\n#end\n  ],\n  \
             \"owner\" : { \n    \"id\" : 42\n  }\n}"
        );
    }

    #[test]
    fn a_model_of_itself_ends() {
        let text = sample("{\"properties\": {\"child\": {\"$ref\": \"#\"}}}");
        assert!(text.len() < 1000, "{text}");
        assert_eq!(
            sample("no schema"),
            "#set($inputRoot = $input.path('$'))\n{ \n}"
        );
    }
}
