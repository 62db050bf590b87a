//! `x-amazon-apigateway-documentation`.

use serde_json::Value;

use crate::model::{DocumentationLocation, DocumentationPart};
use crate::openapi::document::{Document, scalar};
use crate::openapi::{ReadError, X, text};

/// The documentation parts of a document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Documentation {
    /// The version that it says it is.
    pub version: Option<String>,
    /// Its parts, in its order, without ids.
    pub parts: Vec<DocumentationPart>,
}

/// Reads only the documentation of a document, with warnings on parts that were passed over.
pub fn documentation(source: &str) -> Result<(Documentation, Vec<String>), ReadError> {
    let whole = text::parse(source)?;
    // A document of documentation alone needs to say no version.
    match Document::new(&whole) {
        Ok(_) | Err(ReadError::NoVersion) if whole.is_object() => {}
        Ok(_) => return Err(ReadError::NoVersion),
        Err(error) => return Err(error),
    }
    let (found, warnings) = read(whole.get(format!("{X}documentation")));
    Ok((found.unwrap_or_default(), warnings))
}

pub(super) fn read(extension: Option<&Value>) -> (Option<Documentation>, Vec<String>) {
    let Some(extension) = extension.filter(|value| !value.is_null()) else {
        return (None, Vec::new());
    };
    let mut documentation = Documentation {
        version: extension.get("version").map(scalar),
        parts: Vec::new(),
    };
    let mut warnings = Vec::new();
    let parts = extension
        .get("documentationParts")
        .and_then(Value::as_array);
    for value in parts.into_iter().flatten() {
        match part(value) {
            Ok(part) => {
                let same = |held: &&mut DocumentationPart| held.location == part.location;
                match documentation.parts.iter_mut().find(same) {
                    Some(held) => {
                        warnings.push(format!(
                            "Duplicate documentation part: {}",
                            shown(&part.location)
                        ));
                        *held = part;
                    }
                    None => documentation.parts.push(part),
                }
            }
            Err(warning) => warnings.push(warning),
        }
    }
    (Some(documentation), warnings)
}

fn part(value: &Value) -> Result<DocumentationPart, String> {
    let location = value.get("location").cloned().unwrap_or_default();
    let location: DocumentationLocation = serde_json::from_value(location)
        .map_err(|error| format!("Invalid documentation part location: {error}"))?;
    let location = location.complete()?;
    let properties = match value.get("properties") {
        Some(Value::String(text)) => text.clone(),
        Some(properties) => properties.to_string(),
        None => String::new(),
    };
    let part = DocumentationPart {
        id: String::new(),
        location,
        properties,
    };
    if !part.has_properties() {
        return Err(format!(
            "Ignoring the documentation part at {}: its properties must be an object with at least one member",
            shown(&part.location)
        ));
    }
    Ok(part)
}

fn shown(location: &DocumentationLocation) -> String {
    serde_json::to_string(location).unwrap_or_default()
}
