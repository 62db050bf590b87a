//! Documentation versions: an API's documentation parts, frozen under a name.
//!
//! Source: `spec/rest/sdk-docs.md` §4.

use serde::Deserialize;

use super::Answer;
use super::error::{NO_STAGE, bad, not_found};
use super::page::page;
use super::state::Published;
use super::txn::{NOTHING, Txn, answer, patch, read, text};
use crate::engine::wire::{Input, ServiceError};
use crate::model::patch::apply;
use crate::model::{DocumentationPart, DocumentationVersion};

/// Recalled, not recorded.
const NO_VERSION: &str = "Invalid Documentation version specified";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreateDocumentationVersion {
    #[serde(default)]
    documentation_version: String,
    stage_name: Option<String>,
    description: Option<String>,
}

pub(super) fn create(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let api_id = text(input, "restapi_id");
    let api = txn.api(api_id)?;
    let given: CreateDocumentationVersion = read(input)?;
    if given.documentation_version.trim().is_empty() {
        return Err(bad("Documentation version cannot be blank"));
    }
    if api
        .documentation_versions
        .contains_key(&given.documentation_version)
    {
        return Err(ServiceError::conflict(
            "A documentation version with the same name already exists",
        ));
    }
    let mut parts: Vec<_> = api.documentation_parts.values().collect();
    parts.sort_by_key(|held| held.place);
    let parts: Vec<DocumentationPart> = parts.iter().map(|held| held.part.clone()).collect();
    let version = DocumentationVersion {
        version: given.documentation_version,
        created_date: txn.now(),
        description: given.description.filter(|text| !text.is_empty()),
    };
    if let Some(name) = given.stage_name.filter(|name| !name.is_empty()) {
        let stage = api.stages.get(&name).ok_or_else(|| not_found(NO_STAGE))?;
        let mut stage = stage.as_ref().clone();
        stage.documentation_version = Some(version.version.clone());
        stage.last_updated_date = txn.now();
        txn.put(api_id, stage)?;
    }
    let published = Published {
        version: version.clone(),
        parts,
    };
    txn.put(api_id, published)?;
    answer(&version)
}

pub(super) fn get(txn: &Txn<'_>, input: &Input) -> Answer {
    answer(&find(txn, input)?.version)
}

fn find(txn: &Txn<'_>, input: &Input) -> Result<Published, ServiceError> {
    let api = txn.api_or(text(input, "restapi_id"), NO_VERSION)?;
    api.documentation_versions
        .get(text(input, "doc_version"))
        .map(|held| held.as_ref().clone())
        .ok_or_else(|| not_found(NO_VERSION))
}

pub(super) fn list(txn: &Txn<'_>, input: &Input) -> Answer {
    let api = txn.api(text(input, "restapi_id"))?;
    let mut entries = Vec::new();
    for (name, held) in &api.documentation_versions {
        entries.push((name.clone(), answer(&held.version)?));
    }
    page(entries, input)
}

pub(super) fn update(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let mut published = find(txn, input)?;
    apply(&mut published.version, &patch(input)?)?;
    let version = published.version.clone();
    txn.put(text(input, "restapi_id"), published)?;
    answer(&version)
}

/// One that a stage shows stays; the text is ours.
pub(super) fn delete(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let api_id = text(input, "restapi_id");
    let published = find(txn, input)?;
    let name = &published.version.version;
    let api = txn.api(api_id)?;
    let shows = |stage: &&std::sync::Arc<crate::model::Stage>| {
        stage.documentation_version.as_ref() == Some(name)
    };
    if let Some(stage) = api.stages.values().find(shows) {
        return Err(bad(format!(
            "Cannot delete documentation version '{name}', is referenced in stage: {}",
            stage.stage_name
        )));
    }
    txn.remove::<Published>(api_id, name);
    NOTHING
}
