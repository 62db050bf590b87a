//! What a stage serves, as an OpenAPI document.
//!
//! Source: `spec/rest/openapi.md` §4.

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::error::{NO_DEPLOYMENT, NO_STAGE, bad, not_found};
use super::txn::{Txn, text};
use crate::engine::wire::{Input, Output, ServiceError};
use crate::model::EpochSeconds;
use crate::openapi::{self, Documented, Extensions, Format, WriteOptions};

/// `GetExport`.
pub(super) fn get(txn: &Txn<'_>, input: &Input) -> Result<Output, ServiceError> {
    let api_id = text(input, "restapi_id");
    let api = txn.api(api_id)?;
    let stage = api
        .stages
        .get(text(input, "stage_name"))
        .ok_or_else(|| not_found(NO_STAGE))?;
    let deployed = api
        .deployments
        .get(&stage.deployment_id)
        .ok_or_else(|| not_found(NO_DEPLOYMENT))?;
    let kind = text(input, "export_type");
    let format =
        Format::named(kind).ok_or_else(|| bad(format!("No API exporter for type '{kind}'")))?;
    let yaml = is_yaml(input)?;
    let extensions = input
        .members
        .get("parameters")
        .and_then(|parameters| parameters.get("extensions"))
        .and_then(Value::as_str)
        .unwrap_or_default();
    let extensions = Extensions::named(extensions).map_err(|unknown| {
        bad(format!(
            "Unknown export extension '{unknown}': there are integrations, authorizers, apigateway, documentation and postman"
        ))
    })?;
    let published = stage
        .documentation_version
        .as_ref()
        .and_then(|version| api.documentation_versions.get(version));
    let created = published.map_or_else(String::new, |p| moment(p.version.created_date));
    let date = moment(deployed.deployment.created_date);
    let options = WriteOptions {
        format,
        extensions,
        host: &host(api_id, txn.region_name),
        stage: &stage.stage_name,
        version: &date,
        documentation: published.map(|published| Documented {
            version: &published.version.version,
            created: &created,
            parts: &published.parts,
        }),
    };
    let document =
        openapi::write(&deployed.definition, &options).map_err(|error| bad(error.to_string()))?;
    let (ending, body) = if yaml {
        ("yaml", openapi::to_yaml(&document))
    } else {
        ("json", openapi::to_json(&document))
    };
    let version = deployed.definition.rest_api.version.as_ref();
    let version = version.unwrap_or(&date);
    Ok(Output {
        members: json!({
            "Content-Type": "application/octet-stream",
            "Content-Disposition": format!("attachment; filename=\"{kind}_{version}.{ending}\""),
        }),
        payload: Some(Bytes::from(body)),
    })
}

/// Whether the client asks for YAML; nothing in particular is JSON.
fn is_yaml(input: &Input) -> Result<bool, ServiceError> {
    let accepts = input.text("Accept").unwrap_or_default();
    let types: Vec<&str> = accepts
        .split(',')
        .filter_map(|part| part.split(';').next())
        .map(str::trim)
        .filter(|media_type| !media_type.is_empty())
        .collect();
    for media_type in &types {
        match *media_type {
            "application/yaml" => return Ok(true),
            "application/json" | "*/*" | "application/*" => return Ok(false),
            _ => {}
        }
    }
    if types.is_empty() {
        return Ok(false);
    }
    Err(bad(format!(
        "Invalid Accept '{accepts}': exports are application/json or application/yaml"
    )))
}

/// Where AWS serves the API.
fn host(api: &str, region: &str) -> String {
    let end = if region.starts_with("cn-") { ".cn" } else { "" };
    format!("{api}.execute-api.{region}.amazonaws.com{end}")
}

fn moment(seconds: EpochSeconds) -> String {
    Timestamp::from_second(seconds)
        .unwrap_or_default()
        .strftime("%Y-%m-%dT%H:%M:%SZ")
        .to_string()
}
