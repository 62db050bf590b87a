//! Base path mappings of custom domain names.
//!
//! Source: `spec/rest/domain-names.md` §4; texts without a mark there are not recorded.

use serde::Deserialize;

use super::Answer;
use super::domain_names::{Domain, find};
use super::error::{NO_STAGE, bad, not_found};
use super::page::page;
use super::txn::{NOTHING, Txn, answer, patch, read, text};
use crate::engine::wire::{Input, ServiceError};
use crate::model::BasePathMapping;

const NONE: &str = BasePathMapping::NONE;
const LONGEST: usize = 300;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreateBasePathMapping {
    base_path: Option<String>,
    #[serde(default)]
    rest_api_id: String,
    stage: Option<String>,
}

pub(super) fn create(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let held = find(txn, input)?;
    let given: CreateBasePathMapping = read(input)?;
    let mapping = BasePathMapping {
        base_path: named(given.base_path),
        rest_api_id: given.rest_api_id,
        stage: staged(given.stage),
    };
    let mut domain = held.entity.as_ref().clone();
    check(txn, &domain, &mapping, None)?;
    domain.mappings.push(mapping.clone());
    txn.put_domain(held.place, domain)?;
    answer(&mapping)
}

fn named(base_path: Option<String>) -> String {
    base_path
        .filter(|path| !path.is_empty())
        .unwrap_or_else(|| NONE.to_owned())
}

fn staged(stage: Option<String>) -> Option<String> {
    stage.filter(|stage| !stage.is_empty() && stage != NONE)
}

/// What must hold of a mapping; `at` is its place among its domain's, if it has one already.
fn check(
    txn: &Txn<'_>,
    domain: &Domain,
    mapping: &BasePathMapping,
    at: Option<usize>,
) -> Result<(), ServiceError> {
    let base = mapping.base_path.as_str();
    if base.contains('/') {
        return Err(bad(
            "API Gateway V1 doesn't support the slash character (/) in base path mappings. To create a multi-level base path mapping, use API Gateway V2.",
        ));
    }
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"$-_.+!*'()".contains(&b);
    if base != NONE && (base.len() > LONGEST || !base.bytes().all(fits)) {
        return Err(bad(format!(
            "Invalid base path '{base}': must have at most {LONGEST} of the characters A-Za-z0-9$-_.+!*'()"
        )));
    }
    let mut others = domain.mappings.iter().enumerate();
    if others.any(|(n, other)| other.base_path == base && at != Some(n)) {
        return Err(ServiceError::conflict(
            "Base path already exists for this domain name",
        ));
    }
    let api = txn.region.apis.get(&mapping.rest_api_id);
    let api = api.ok_or_else(|| bad("Invalid REST API identifier specified"))?;
    let types = &api.rest_api.endpoint_configuration.types;
    let private = types.iter().any(|t| t == "PRIVATE");
    if private != domain.domain.domain_name_id.is_some() {
        // Documented, the text is not.
        return Err(bad(
            "Private custom domain names map to private APIs, and public ones to public APIs.",
        ));
    }
    match &mapping.stage {
        Some(stage) if !api.stages.contains_key(stage) => Err(bad(NO_STAGE)),
        _ => Ok(()),
    }
}

fn position(domain: &Domain, input: &Input) -> Result<usize, ServiceError> {
    let base = named(Some(text(input, "base_path").to_owned()));
    let mut mappings = domain.mappings.iter();
    mappings
        .position(|mapping| mapping.base_path == base)
        .ok_or_else(|| not_found("Invalid base path mapping identifier specified"))
}

pub(super) fn get(txn: &Txn<'_>, input: &Input) -> Answer {
    let held = find(txn, input)?;
    let at = position(&held.entity, input)?;
    answer(&held.entity.mappings[at])
}

pub(super) fn list(txn: &Txn<'_>, input: &Input) -> Answer {
    let held = find(txn, input)?;
    let mut entries = Vec::new();
    for mapping in &held.entity.mappings {
        entries.push((mapping.base_path.clone(), answer(mapping)?));
    }
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    page(entries, input)
}

pub(super) fn update(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let held = find(txn, input)?;
    let mut domain = held.entity.as_ref().clone();
    let at = position(&domain, input)?;
    let mut mapping = domain.mappings[at].clone();
    for operation in patch(input)? {
        let path = operation.path.as_deref().unwrap_or("null");
        let op = operation.op.as_deref().unwrap_or("null");
        let refuse = |ending: &str| {
            bad(format!(
                "Invalid patch path  '{path}' specified for op '{op}'. {ending}"
            ))
        };
        if !["/basePath", "/basepath", "/restapiId", "/stage"].contains(&path) {
            return Err(refuse("Must be one of: [/basePath, /restapiId, /stage]"));
        }
        if op != "replace" {
            return Err(refuse("Please choose supported operations"));
        }
        match path {
            "/restapiId" => mapping.rest_api_id = operation.value.unwrap_or_default(),
            "/stage" => mapping.stage = staged(operation.value),
            _ => mapping.base_path = named(operation.value),
        }
    }
    check(txn, &domain, &mapping, Some(at))?;
    domain.mappings[at] = mapping.clone();
    txn.put_domain(held.place, domain)?;
    answer(&mapping)
}

pub(super) fn delete(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let held = find(txn, input)?;
    let mut domain = held.entity.as_ref().clone();
    let at = position(&domain, input)?;
    domain.mappings.remove(at);
    txn.put_domain(held.place, domain)?;
    NOTHING
}
