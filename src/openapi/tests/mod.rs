//! Documents there and back: what is exported comes back as the same definition, over a corpus of documents.

mod corpus;
mod details;

use serde_json::Value;

use super::{
    Documented, Extensions, Format, IdKind, Import, Mode, ReadOptions, WriteOptions, merge, read,
    to_json, to_yaml, write,
};
use crate::model::difference::difference;
use crate::model::{Definition, Resource, RestApi};

fn options(api: &str) -> ReadOptions<'_> {
    ReadOptions {
        api_id: api,
        account: "111111111111",
        region: "us-east-1",
        ..ReadOptions::default()
    }
}

fn imported(source: &str) -> Import {
    let import = read(source, &options("abc123")).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(import.errors, [] as [String; 0]);
    import
}

/// A new API with nothing but its root.
fn new_api() -> Definition {
    let root = Resource {
        id: "root".to_owned(),
        path: "/".to_owned(),
        ..Resource::default()
    };
    Definition {
        rest_api: RestApi {
            id: "abc123".to_owned(),
            root_resource_id: "root".to_owned(),
            ..RestApi::default()
        },
        resources: [("root".to_owned(), root)].into(),
        ..Definition::default()
    }
}

/// What an import into a new API comes to. Ids count from `from`, so that no two definitions share any.
fn defined(import: &Import, from: u32) -> Definition {
    let mut next = from;
    let mut new_id = |_: IdKind| {
        next += 1;
        format!("{next:06}")
    };
    merge(&new_api(), import, Mode::Overwrite, &mut new_id)
}

fn written(
    definition: &Definition,
    format: Format,
    documentation: Option<Documented<'_>>,
) -> Value {
    let options = WriteOptions {
        format,
        extensions: Extensions::GATEWAY,
        host: "abc123.execute-api.us-east-1.amazonaws.com",
        stage: "prod",
        version: "2026-01-02T03:04:05Z",
        documentation,
    };
    write(definition, &options).unwrap()
}

/// Exports, imports and exports again: what is then other than it was.
fn lost(source: &str, format: Format) -> Vec<String> {
    let mut lost = Vec::new();
    let first = imported(source);
    let definition = defined(&first, 0);
    let parts = first.documentation.clone().unwrap_or_default().parts;
    let documented = (!parts.is_empty()).then_some(Documented {
        version: "1",
        created: "2026-01-02T03:04:05Z",
        parts: &parts,
    });
    let document = written(&definition, format, documented);
    for (layout, text) in [("json", to_json(&document)), ("yaml", to_yaml(&document))] {
        let second = imported(&text);
        let again = defined(&second, 500_000);
        let changes = difference(&definition, &again);
        lost.extend(changes.iter().map(|change| format!("{layout}: {change:?}")));
        if second.documentation.clone().unwrap_or_default().parts != parts {
            lost.push(format!("{layout}: documentation parts"));
        }
        lost.extend(second.warnings.iter().map(|w| format!("{layout}: {w}")));
        if written(&again, format, documented) != document {
            lost.push(format!("{layout}: the document"));
        }
    }
    lost
}

fn goes_around(format: Format) {
    let chosen = corpus::ALL
        .iter()
        .filter(|(_, _, swagger)| *swagger || format == Format::Oas30);
    let lost: Vec<(&str, Vec<String>)> = chosen
        .map(|(name, source, _)| (*name, lost(source, format)))
        .filter(|(_, lost)| !lost.is_empty())
        .collect();
    assert!(lost.is_empty(), "{lost:#?}");
}

#[test]
fn what_is_exported_as_openapi_3_comes_back_the_same() {
    goes_around(Format::Oas30);
}

/// Swagger can't say which of several content types a model is for, nor that a response's header is required.
#[test]
fn what_is_exported_as_swagger_comes_back_the_same() {
    goes_around(Format::Swagger);
}
