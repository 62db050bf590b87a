//! Documentation parts: texts about an API's entities, kept beside the definition.
//!
//! Source: `spec/rest/sdk-docs.md` §3 and §4.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::EpochSeconds;

/// A documentation part, as `GetDocumentationPart` answers it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DocumentationPart {
    /// Six characters.
    pub id: String,
    /// What it is about.
    pub location: DocumentationLocation,
    /// A JSON object as text.
    pub properties: String,
}

/// The entity that a documentation part is about. Members that don't apply to the type are absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DocumentationLocation {
    /// `API`, `METHOD`, `MODEL`, …
    #[serde(rename = "type")]
    pub part_type: String,
    /// A resource's path template.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// A verb, or `*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// A status, or `*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_code: Option<String>,
    /// The name of a parameter, model or authorizer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// A documentation version, as `GetDocumentationVersion` answers it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DocumentationVersion {
    /// Unique in the API.
    pub version: String,
    /// When it was made.
    pub created_date: EpochSeconds,
    /// Shown to people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// A type of part: its name, and which members its location has.
struct PartType {
    name: &'static str,
    path: bool,
    method: bool,
    status_code: bool,
    named: bool,
}

const fn part_type(name: &'static str, members: &str) -> PartType {
    let members = members.as_bytes();
    let mut found = PartType {
        name,
        path: false,
        method: false,
        status_code: false,
        named: false,
    };
    let mut at = 0;
    while at < members.len() {
        match members[at] {
            b'p' => found.path = true,
            b'm' => found.method = true,
            b's' => found.status_code = true,
            _ => found.named = true,
        }
        at += 1;
    }
    found
}

/// p: path, m: method, s: status code, n: name. Source: `spec/rest/sdk-docs.md` §3.
const PART_TYPES: [PartType; 12] = [
    part_type("API", ""),
    part_type("AUTHORIZER", "n"),
    part_type("MODEL", "n"),
    part_type("RESOURCE", "p"),
    part_type("METHOD", "pm"),
    part_type("PATH_PARAMETER", "pmn"),
    part_type("QUERY_PARAMETER", "pmn"),
    part_type("REQUEST_HEADER", "pmn"),
    part_type("REQUEST_BODY", "pm"),
    part_type("RESPONSE", "pms"),
    part_type("RESPONSE_HEADER", "pmsn"),
    part_type("RESPONSE_BODY", "pms"),
];

impl DocumentationLocation {
    /// The location with the defaults of its type filled in, or why it is none. The texts are ours, the rules are documented.
    pub fn complete(mut self) -> Result<Self, String> {
        let Some(of) = PART_TYPES.iter().find(|of| of.name == self.part_type) else {
            return Err(format!(
                "Invalid documentation part location: unknown type '{}'",
                self.part_type
            ));
        };
        let given = [
            ("path", self.path.is_some(), of.path),
            ("method", self.method.is_some(), of.method),
            ("statusCode", self.status_code.is_some(), of.status_code),
            ("name", self.name.is_some(), of.named),
        ];
        if let Some((member, ..)) = given.iter().find(|(_, given, valid)| *given && !valid) {
            return Err(format!(
                "Invalid documentation part location: '{member}' is not valid for the type {}",
                of.name
            ));
        }
        if of.named && self.name.as_ref().is_none_or(String::is_empty) {
            return Err(format!(
                "Invalid documentation part location: the type {} needs a name",
                of.name
            ));
        }
        let default = |has: bool, member: &mut Option<String>, text: &str| {
            if has && member.as_ref().is_none_or(|given| given.trim().is_empty()) {
                *member = Some(text.to_owned());
            }
        };
        default(of.path, &mut self.path, "/");
        default(of.method, &mut self.method, "*");
        default(of.status_code, &mut self.status_code, "*");
        Ok(self)
    }
}

/// `type 'METHOD', path '/pets', method 'GET'`, as refusals print it.
impl fmt::Display for DocumentationLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "type '{}'", self.part_type)?;
        for (name, value) in [
            ("path", &self.path),
            ("method", &self.method),
            ("statusCode", &self.status_code),
            ("name", &self.name),
        ] {
            if let Some(value) = value {
                write!(f, ", {name} '{value}'")?;
            }
        }
        Ok(())
    }
}

impl DocumentationPart {
    /// Whether the properties are a JSON object with at least one member.
    #[must_use]
    pub fn has_properties(&self) -> bool {
        serde_json::from_str::<serde_json::Map<_, _>>(&self.properties)
            .is_ok_and(|members| !members.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn location(json: serde_json::Value) -> Result<serde_json::Value, String> {
        let location: DocumentationLocation = serde_json::from_value(json).unwrap();
        location
            .complete()
            .map(|done| serde_json::to_value(done).unwrap())
    }

    #[test]
    fn locations_get_the_defaults_of_their_type() {
        use serde_json::json;
        let good = [
            (json!({"type": "API"}), json!({"type": "API"})),
            (
                json!({"type": "METHOD"}),
                json!({"type": "METHOD", "path": "/", "method": "*"}),
            ),
            (
                json!({"type": "RESPONSE_HEADER", "name": "ETag", "path": "/pets"}),
                json!({"type": "RESPONSE_HEADER", "path": "/pets", "method": "*", "statusCode": "*", "name": "ETag"}),
            ),
        ];
        for (given, want) in good {
            assert_eq!(location(given), Ok(want));
        }
        for (given, about) in [
            (json!({"type": "API", "path": "/"}), "'path' is not valid"),
            (json!({"type": "MODEL"}), "needs a name"),
            (json!({"type": "MODAL"}), "unknown type"),
            (
                json!({"type": "METHOD", "statusCode": "200"}),
                "'statusCode' is not valid",
            ),
        ] {
            let error = location(given).unwrap_err();
            assert!(error.contains(about), "{error}");
        }
    }
}
