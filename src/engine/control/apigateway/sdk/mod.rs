//! Software development kits: which types there are, and the JavaScript one, generated from what a stage serves.
//!
//! Source: `spec/rest/sdk-docs.md` §1 and §2. Types other than `javascript` are listed with their properties, as AWS lists them, but
//! not generated: the refusal points to the OpenAPI export, which every generator reads.

mod javascript;
mod zip;

use bytes::Bytes;
use serde_json::{Value, json};

use super::Answer;
use super::error::{NO_DEPLOYMENT, NO_STAGE, bad, not_found};
use super::page::page;
use super::txn::{Txn, text};
use crate::engine::wire::{Input, Output, ServiceError};

/// A type of SDK.
struct SdkType {
    id: &'static str,
    friendly_name: &'static str,
    description: &'static str,
    properties: &'static [Property],
}

/// What `GetSdk` may be told.
struct Property {
    name: &'static str,
    friendly_name: &'static str,
    description: &'static str,
    required: bool,
    default_value: Option<&'static str>,
}

const fn required(
    name: &'static str,
    friendly_name: &'static str,
    description: &'static str,
) -> Property {
    Property {
        name,
        friendly_name,
        description,
        required: true,
        default_value: None,
    }
}

const fn optional(
    name: &'static str,
    friendly_name: &'static str,
    description: &'static str,
    default_value: Option<&'static str>,
) -> Property {
    Property {
        name,
        friendly_name,
        description,
        required: false,
        default_value,
    }
}

/// By id. Names and descriptions are not recorded.
const TYPES: [SdkType; 6] = [
    SdkType {
        id: "android",
        friendly_name: "Android",
        description: "Android SDK",
        properties: &[
            required("groupId", "Group ID", "Maven group ID"),
            required("artifactId", "Artifact ID", "Maven artifact ID"),
            required(
                "artifactVersion",
                "Artifact version",
                "Maven artifact version",
            ),
            required(
                "invokerPackage",
                "Invoker package",
                "Package of the generated classes",
            ),
        ],
    },
    SdkType {
        id: "java",
        friendly_name: "Java",
        description: "Java SDK",
        properties: &[
            required("service.name", "Service Name", "Name of the client class"),
            required(
                "java.package-name",
                "Java Package Name",
                "Package of the generated classes",
            ),
            optional(
                "java.build-system",
                "Java Build System",
                "maven or gradle",
                None,
            ),
            optional(
                "java.group-id",
                "Java Group ID",
                "Group ID of the artifact",
                None,
            ),
            optional(
                "java.artifact-id",
                "Java Artifact ID",
                "ID of the artifact",
                None,
            ),
            optional(
                "java.artifact-version",
                "Java Artifact Version",
                "Version of the artifact",
                None,
            ),
            optional(
                "java.license-text",
                "Source Code License Text",
                "Stands in each source file",
                None,
            ),
        ],
    },
    SdkType {
        id: "javascript",
        friendly_name: "JavaScript",
        description: "JavaScript SDK",
        properties: &[],
    },
    SdkType {
        id: "objectivec",
        friendly_name: "iOS (Objective-C)",
        description: "iOS (Objective-C) SDK",
        properties: &[required(
            "classPrefix",
            "Prefix",
            "Prefix of the generated classes",
        )],
    },
    SdkType {
        id: "ruby",
        friendly_name: "Ruby",
        description: "Ruby SDK",
        properties: &[
            required(
                "service.name",
                "Service Name",
                "Name of the client class, letters only",
            ),
            optional(
                "ruby.gem-name",
                "Ruby Gem Name",
                "The service's name and -sdk, when absent",
                None,
            ),
            optional(
                "ruby.gem-version",
                "Ruby Gem Version",
                "Version of the gem",
                Some("1.0.0"),
            ),
        ],
    },
    SdkType {
        id: "swift",
        friendly_name: "iOS (Swift)",
        description: "iOS (Swift) SDK",
        properties: &[required(
            "classPrefix",
            "Prefix",
            "Prefix of the generated classes",
        )],
    },
];

/// `GetSdkTypes`.
pub(super) fn types(_: &Txn<'_>, input: &Input) -> Answer {
    let entries = TYPES.iter().map(|of| (of.id.to_owned(), shown(of)));
    page(entries.collect(), input)
}

/// `GetSdkType`.
pub(super) fn type_of(_: &Txn<'_>, input: &Input) -> Answer {
    // The text is not recorded.
    let of = find(text(input, "sdktype_id"));
    of.map(shown)
        .ok_or_else(|| not_found("Invalid SDK type identifier specified"))
}

/// `GetSdk`.
pub(super) fn get(txn: &Txn<'_>, input: &Input) -> Result<Output, ServiceError> {
    let id = text(input, "restapi_id");
    let api = txn.api(id)?;
    let stage = api
        .stages
        .get(text(input, "stage_name"))
        .ok_or_else(|| not_found(NO_STAGE))?;
    let wanted = text(input, "sdk_type");
    let of = find(wanted).ok_or_else(|| {
        let known: Vec<&str> = TYPES.iter().map(|of| of.id).collect();
        bad(format!(
            "Invalid SDK type '{wanted}'. Must be one of: [{}]",
            known.join(", ")
        ))
    })?;
    let given = input.members.get("parameters").and_then(Value::as_object);
    for property in of.properties.iter().filter(|property| property.required) {
        let value = given
            .and_then(|given| given.get(property.name))
            .and_then(Value::as_str);
        if value.is_none_or(str::is_empty) {
            return Err(bad(format!(
                "Missing required SDK configuration property '{}' ({}) for SDK type '{}'",
                property.name, property.description, of.id
            )));
        }
    }
    if of.id != "javascript" {
        return Err(bad(format!(
            "Sluice generates SDKs of the type javascript only, not {}: export the stage as OpenAPI \
             (GetExport, or `sluice export`) and give that to a generator for the language",
            of.id
        )));
    }
    let deployed = api
        .deployments
        .get(&stage.deployment_id)
        .ok_or_else(|| not_found(NO_DEPLOYMENT))?;
    let address = format!(
        "{}/_aws/execute-api/{id}/{}",
        txn.deps.endpoint, stage.stage_name
    );
    let files = javascript::files(&deployed.definition, &address, txn.region_name);
    let stamp = txn.deps.clock.now().strftime("%Y-%m-%dT%H-%M-%SZ");
    Ok(Output {
        members: json!({
            "Content-Type": "application/octet-stream",
            "Content-Disposition": format!("attachment; filename=\"{}_{stamp}.zip\"", of.id),
        }),
        payload: Some(Bytes::from(zip::archive(&files))),
    })
}

fn find(id: &str) -> Option<&'static SdkType> {
    TYPES.iter().find(|of| of.id == id)
}

fn shown(of: &SdkType) -> Value {
    let properties = of.properties.iter().map(|property| {
        let mut shown = json!({
            "name": property.name,
            "friendlyName": property.friendly_name,
            "description": property.description,
            "required": property.required,
        });
        if let Some(value) = property.default_value {
            shown["defaultValue"] = value.into();
        }
        shown
    });
    json!({
        "id": of.id,
        "friendlyName": of.friendly_name,
        "description": of.description,
        "configurationProperties": properties.collect::<Vec<_>>(),
    })
}
