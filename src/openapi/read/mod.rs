//! A document to an import.

mod documentation;
mod integration;
mod operation;
mod schema;
mod security;
mod settings;

use std::collections::BTreeMap;

use serde_json::Value;

pub use documentation::{Documentation, documentation};

use super::document::{Document, Object};
use super::{BasePath, ReadError, X, text};
use crate::model::{Definition, Resource, VERBS};

/// How a document is read.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReadOptions<'a> {
    /// What happens to its base path.
    pub base_path: BasePath,
    /// Whether its documentation parts are passed over.
    pub ignore_documentation: bool,
    /// The API that it goes to: models and policies name it.
    pub api_id: &'a str,
    /// Twelve digits, for `${AWS::AccountId}`.
    pub account: &'a str,
    /// For `${AWS::Region}`.
    pub region: &'a str,
}

/// What a document says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Import {
    /// The definition. Ids are stand-ins: a resource's is its path, a validator's and an authorizer's its name; a cache namespace that
    /// isn't given is empty. Of the API's settings only those are set that the document gives.
    pub definition: Definition,
    /// The one setting whose absence can't be seen in the definition.
    pub disable_execute_api_endpoint: Option<bool>,
    /// Documentation parts, unless they are ignored or there are none.
    pub documentation: Option<Documentation>,
    /// What was passed over, in the service's words where they are known.
    pub warnings: Vec<String>,
    /// What makes the import fail.
    pub errors: Vec<String>,
}

/// Reads a document. What is wrong with single entities is in the import's warnings and errors.
pub fn read(source: &str, options: &ReadOptions<'_>) -> Result<Import, ReadError> {
    let whole = text::parse(&with_variables(source, options))?;
    let mut reader = Reader {
        document: Document::new(&whole)?,
        options: *options,
        import: Import::default(),
        default_validator: None,
        default_security: None,
        generated: BTreeMap::new(),
    };
    reader.settings();
    reader.models();
    reader.validators();
    reader.security_schemes();
    reader.gateway_responses();
    reader.paths();
    if !options.ignore_documentation {
        let read = documentation::read(reader.document.get(&format!("{X}documentation")));
        reader.import.warnings.extend(read.1);
        reader.import.documentation = read.0;
    }
    Ok(reader.import)
}

/// The text with AWS's variables filled in. Source: `spec/rest/openapi.md` §1.
fn with_variables(source: &str, options: &ReadOptions<'_>) -> String {
    if !source.contains("${AWS::") {
        return source.to_owned();
    }
    let partition = partition(options.region);
    source
        .replace("${AWS::AccountId}", options.account)
        .replace("${AWS::Partition}", partition)
        .replace("${AWS::Region}", options.region)
}

fn partition(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "aws-cn"
    } else if region.starts_with("us-gov-") {
        "aws-us-gov"
    } else {
        "aws"
    }
}

struct Reader<'a> {
    document: Document<'a>,
    options: ReadOptions<'a>,
    import: Import,
    /// The validator that the root names for all methods.
    default_validator: Option<String>,
    default_security: Option<&'a Value>,
    /// The models made of inline schemas: text → name.
    generated: BTreeMap<String, String>,
}

/// The member of a path item that stands for a verb.
const OPERATIONS: [(&str, &str); 8] = [
    ("get", "GET"),
    ("head", "HEAD"),
    ("post", "POST"),
    ("put", "PUT"),
    ("delete", "DELETE"),
    ("options", "OPTIONS"),
    ("patch", "PATCH"),
    ("x-amazon-apigateway-any-method", "ANY"),
];

impl<'a> Reader<'a> {
    fn extension(&self, name: &str) -> Option<&'a Value> {
        self.document.get(&format!("{X}{name}"))
    }

    fn warn(&mut self, warning: impl Into<String>) {
        self.import.warnings.push(warning.into());
    }

    fn fail(&mut self, error: impl Into<String>) {
        self.import.errors.push(error.into());
    }

    fn paths(&mut self) {
        let base = self.document.base_path();
        let prefix = match self.options.base_path {
            BasePath::Ignore => String::new(),
            BasePath::Prepend => base,
            BasePath::Split => base
                .trim_start_matches('/')
                .split_once('/')
                .map_or_else(String::new, |(_, rest)| format!("/{rest}")),
        };
        self.resource("/");
        if !prefix.is_empty() {
            self.resource(&prefix);
        }
        let Some(paths) = self.document.object("paths") else {
            if self.document.get("paths").is_none() {
                self.warn("The document has no paths");
            } else {
                self.fail("'paths' must be an object");
            }
            return;
        };
        for (path, item) in paths {
            // Extensions of others stand beside the paths.
            if !path.starts_with('/') {
                if !path.starts_with("x-") {
                    self.warn(format!(
                        "Ignoring path '{path}': it must begin with a slash"
                    ));
                }
                continue;
            }
            let Some(item) = self.document.resolve(item).as_object() else {
                self.fail(format!("The path item of '{path}' must be an object"));
                continue;
            };
            let path = self.resource(&format!("{prefix}{path}"));
            self.path_item(&path, item);
        }
    }

    fn path_item(&mut self, path: &str, item: &'a Object) {
        for (key, operation) in item {
            let Some((_, verb)) = OPERATIONS.iter().find(|(name, _)| name == key) else {
                if key == "trace" {
                    self.warn(format!(
                        "Ignoring method TRACE of resource '{path}': valid methods are {}",
                        VERBS.join(",")
                    ));
                }
                continue;
            };
            let Some(operation) = operation.as_object() else {
                self.fail(format!(
                    "Unable to put method '{verb}' on resource at path '{path}': it must be an object"
                ));
                continue;
            };
            let Some(method) = self.method(path, verb, item, operation) else {
                continue;
            };
            if let Some(resource) = self.import.definition.resources.get_mut(path) {
                resource.resource_methods.insert((*verb).to_owned(), method);
            }
        }
    }

    /// The path of the resource at a path of the document, made with those above it. Empty segments count for nothing.
    fn resource(&mut self, path: &str) -> String {
        let mut at = String::new();
        let resources = &mut self.import.definition.resources;
        resources.entry("/".to_owned()).or_insert_with(|| Resource {
            id: "/".to_owned(),
            path: "/".to_owned(),
            ..Resource::default()
        });
        for part in path.split('/').filter(|part| !part.is_empty()) {
            let parent = if at.is_empty() { "/" } else { at.as_str() }.to_owned();
            at = format!("{at}/{part}");
            resources.entry(at.clone()).or_insert_with(|| Resource {
                id: at.clone(),
                parent_id: Some(parent),
                path_part: Some(part.to_owned()),
                path: at.clone(),
                ..Resource::default()
            });
        }
        if at.is_empty() { "/".to_owned() } else { at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(base_path: BasePath) -> Vec<String> {
        let source = r#"{"swagger": "2.0", "basePath": "/a/b/c", "paths": {"/e": {}, "/f": {}}}"#;
        let options = ReadOptions {
            base_path,
            ..ReadOptions::default()
        };
        let import = read(source, &options).unwrap();
        import.definition.resources.into_keys().collect()
    }

    #[test]
    fn base_paths_are_ignored_prepended_or_split() {
        // The table of AWS's page "Set the OpenAPI basePath property".
        assert_eq!(paths(BasePath::Ignore), ["/", "/e", "/f"]);
        assert_eq!(
            paths(BasePath::Prepend),
            ["/", "/a", "/a/b", "/a/b/c", "/a/b/c/e", "/a/b/c/f"]
        );
        assert_eq!(
            paths(BasePath::Split),
            ["/", "/b", "/b/c", "/b/c/e", "/b/c/f"]
        );
    }

    #[test]
    fn variables_are_filled_in() {
        let options = ReadOptions {
            account: "111111111111",
            region: "cn-north-1",
            ..ReadOptions::default()
        };
        let source = r#"{"openapi": "3.0.1", "info": {"title": "${AWS::Partition}:${AWS::Region}:${AWS::AccountId}"}, "paths": {}}"#;
        let import = read(source, &options).unwrap();
        assert_eq!(
            import.definition.rest_api.name,
            "aws-cn:cn-north-1:111111111111"
        );
    }
}
