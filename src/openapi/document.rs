//! A document as it was parsed: what both versions have, under one name.

use serde_json::{Map, Value};

use super::ReadError;

pub(super) type Object = Map<String, Value>;

/// How many references may lead from one to the next before they count as a ring.
const MAX_REFERENCES: usize = 32;

/// A Swagger 2.0 or an OpenAPI 3 document.
#[derive(Clone, Copy)]
pub(super) struct Document<'a> {
    root: &'a Object,
    whole: &'a Value,
    /// Whether it is OpenAPI 3.
    pub(super) v3: bool,
}

impl<'a> Document<'a> {
    pub(super) fn new(whole: &'a Value) -> Result<Self, ReadError> {
        let root = whole.as_object().ok_or(ReadError::NoVersion)?;
        let version = |key| root.get(key).map(scalar);
        let v3 = match (version("swagger"), version("openapi")) {
            (Some(version), _) if version == "2.0" || version == "2" => false,
            (None, Some(version)) if version.starts_with("3.0") || version.starts_with("3.1") => {
                true
            }
            (Some(other), _) | (_, Some(other)) => return Err(ReadError::Version(other)),
            (None, None) => return Err(ReadError::NoVersion),
        };
        Ok(Self { root, whole, v3 })
    }

    pub(super) fn get(&self, key: &str) -> Option<&'a Value> {
        self.root.get(key).filter(|value| !value.is_null())
    }

    pub(super) fn root(&self) -> &'a Object {
        self.root
    }

    pub(super) fn object(&self, key: &str) -> Option<&'a Object> {
        self.get(key).and_then(Value::as_object)
    }

    fn component(&self, v2: &str, v3: &str) -> Option<&'a Object> {
        if self.v3 {
            self.object("components")?.get(v3)?.as_object()
        } else {
            self.object(v2)
        }
    }

    /// The schemas that references name.
    pub(super) fn schemas(&self) -> Option<&'a Object> {
        self.component("definitions", "schemas")
    }

    pub(super) fn security_schemes(&self) -> Option<&'a Object> {
        self.component("securityDefinitions", "securitySchemes")
    }

    /// What a value stands for: itself, or what its `$ref` within this document points to.
    pub(super) fn resolve(&self, value: &'a Value) -> &'a Value {
        let mut at = value;
        for _ in 0..MAX_REFERENCES {
            let target = at
                .get("$ref")
                .and_then(Value::as_str)
                .and_then(|reference| reference.strip_prefix('#'))
                .and_then(|pointer| self.whole.pointer(pointer));
            match target {
                Some(target) => at = target,
                None => return at,
            }
        }
        at
    }

    /// The base path, without a slash at its end; empty when there is none.
    ///
    /// Source: `spec/rest/openapi.md` §1.
    pub(super) fn base_path(&self) -> String {
        let found = if self.v3 {
            self.server_base_path().unwrap_or_default()
        } else {
            self.get("basePath").map(scalar).unwrap_or_default()
        };
        let trimmed = found.trim_matches('/');
        if trimmed.is_empty() {
            String::new()
        } else {
            format!("/{trimmed}")
        }
    }

    pub(super) fn servers(&self) -> &'a [Value] {
        self.get("servers")
            .and_then(Value::as_array)
            .map_or(&[], Vec::as_slice)
    }

    fn server_base_path(&self) -> Option<String> {
        // The first variable of that name counts, even one that the URL doesn't use.
        let variable = self
            .servers()
            .iter()
            .find_map(|server| server.pointer("/variables/basePath/default"));
        if let Some(variable) = variable {
            return Some(scalar(variable));
        }
        let server = self.servers().first()?;
        let mut url = server.get("url")?.as_str()?.to_owned();
        let variables = server.get("variables").and_then(Value::as_object);
        for (name, variable) in variables.into_iter().flatten() {
            if let Some(default) = variable.get("default") {
                url = url.replace(&format!("{{{name}}}"), &scalar(default));
            }
        }
        let path = match url.split_once("://") {
            Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path),
            None => &url,
        };
        let path = path.split(['?', '#']).next().unwrap_or_default();
        Some(path.to_owned())
    }
}

/// A text as it is, another scalar as its JSON: YAML's authors write `version: 1.0`.
pub(super) fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A member that is a text or another scalar.
pub(super) fn member(object: &Object, key: &str) -> Option<String> {
    object
        .get(key)
        .filter(|value| !value.is_null() && !value.is_object() && !value.is_array())
        .map(scalar)
}

/// The texts of a list member.
pub(super) fn texts(value: Option<&Value>) -> Vec<String> {
    let items = value.and_then(Value::as_array);
    items.into_iter().flatten().map(scalar).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn base_paths_come_from_variables_before_urls() {
        let cases = [
            (json!({"swagger": "2.0", "basePath": "/a/b/"}), "/a/b"),
            (json!({"swagger": 2.0}), ""),
            (json!({"openapi": "3.0.1"}), ""),
            (
                json!({"openapi": "3.0.1", "servers": [{"url": "https://x.example/v1/y"}]}),
                "/v1/y",
            ),
            (
                json!({"openapi": "3.0.1", "servers": [{"url": "https://x.example"}]}),
                "",
            ),
            (
                json!({"openapi": "3.0.1", "servers": [{"url": "/{v}/y", "variables": {"v": {"default": "v2"}}}]}),
                "/v2/y",
            ),
            (
                json!({"openapi": "3.1.0", "servers": [{"url": "https://x.example/z"}, {"url": "u", "variables": {"basePath": {"default": "/base"}}}]}),
                "/base",
            ),
        ];
        for (document, want) in cases {
            assert_eq!(Document::new(&document).unwrap().base_path(), want);
        }
    }

    #[test]
    fn versions_we_do_not_know_are_named() {
        for (document, about) in [
            (json!({"swagger": "1.2"}), "1.2"),
            (json!({"openapi": "4.0.0"}), "4.0.0"),
            (json!({"info": {}}), "swagger"),
            (json!([]), "swagger"),
        ] {
            let error = Document::new(&document).err().unwrap().to_string();
            assert!(error.contains(about), "{error}");
        }
    }

    #[test]
    fn a_ring_of_references_ends() {
        let document = json!({"openapi": "3.0.0", "a": {"$ref": "#/b"}, "b": {"$ref": "#/a"}});
        let read = Document::new(&document).unwrap();
        assert!(read.resolve(&document["a"]).is_object());
    }
}
