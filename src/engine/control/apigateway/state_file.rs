//! The whole state as one file, to carry it from one gateway to another: `GET` and `POST /_sluice/state`.
//!
//! The file holds what the store holds of this service, row by row, under its regions. What was counted (usage, metrics) and
//! logged stays behind.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::state::{self, Api, Region, State};
use super::txn::Txn;
use super::{ApiGateway, Deps, KINDS, publish_all};
use crate::engine::gateway;
use crate::engine::store::{Change, Row};
use crate::engine::wire::ServiceError;

/// The newest form of the file that is understood, and the one that is written.
const VERSION: u32 = 1;

/// The file.
#[derive(Debug, Serialize, Deserialize)]
struct StateFile<'f> {
    /// Says what the file is.
    format: &'f str,
    version: u32,
    /// The account that the exporting gateway played.
    account: String,
    #[serde(borrow)]
    regions: BTreeMap<String, Vec<Entry<'f>>>,
}

/// The file's name for itself.
const FORMAT: &str = "sluice state";

/// What a file says of itself, whatever else is in it.
#[derive(Deserialize)]
struct Head {
    format: String,
    version: u32,
}

/// A row of the store.
#[derive(Debug, Serialize, Deserialize)]
struct Entry<'f> {
    kind: String,
    key: String,
    #[serde(borrow)]
    value: std::borrow::Cow<'f, RawValue>,
}

/// What an import brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Imported {
    /// Regions that have something now.
    pub regions: usize,
    /// REST APIs.
    pub rest_apis: usize,
    /// All rows: APIs, their parts, keys, plans and so on.
    pub entries: usize,
}

impl ApiGateway {
    /// The state as a file.
    ///
    /// # Errors
    /// When an entity can't be written, which is a defect.
    pub fn export_state(&self) -> Result<String, ServiceError> {
        let state = self.state.load();
        let mut regions = BTreeMap::new();
        for (name, region) in state.iter() {
            let mut entries = Vec::new();
            for change in rows(&self.deps, name, region)? {
                let Some(value) = change.value else { continue };
                entries.push(Entry {
                    kind: change.kind.to_owned(),
                    key: change.key,
                    value: std::borrow::Cow::Owned(raw(value)?),
                });
            }
            regions.insert(name.clone(), entries);
        }
        let file = StateFile {
            format: FORMAT,
            version: VERSION,
            account: self.deps.account.clone(),
            regions,
        };
        serde_json::to_string(&file).map_err(|error| ServiceError::internal(error.to_string()))
    }

    /// Takes up a file that [`export_state`](Self::export_state) wrote: all of it, or nothing.
    ///
    /// # Errors
    /// 409 unless this gateway is empty; 400 for what isn't such a file, is newer, contradicts itself or uses what can't be served.
    pub async fn import_state(&self, text: &str) -> Result<Imported, ServiceError> {
        let (rows, state) = read(text, &self.deps.account)?;
        let _writing = self.writing.lock().await;
        if !self.state.load().values().all(is_empty) {
            return Err(ServiceError::conflict(
                "The state of a file is taken up by an empty gateway only, and this one has APIs, keys, plans or other entities: \
                 empty it first (POST /_sluice/reset with --ephemeral), or start one on a new --data-dir",
            ));
        }
        let imported = Imported {
            regions: state.len(),
            rest_apis: state.values().map(|region| region.apis.len()).sum(),
            entries: rows.len(),
        };
        self.commit(rows).await?;
        self.deps.gateway.reset();
        publish_all(&self.deps, &state);
        self.state.store(Arc::new(state));
        Ok(imported)
    }
}

/// The rows of a region as the store would hold them: each entity is put once more into nothing.
fn rows(deps: &Deps, name: &str, region: &Region) -> Result<Vec<Change>, ServiceError> {
    let nothing = State::new();
    let mut txn = Txn::new(deps, &nothing, name);
    for (id, api) in region.apis.iter() {
        txn.put_api(api.place, api.rest_api.as_ref().clone())?;
        put_parts(&mut txn, id, api)?;
    }
    for held in region.keys.values() {
        txn.put_key(held.place, held.entity.as_ref().clone())?;
    }
    for held in region.plans.values() {
        txn.put_plan(held.place, held.entity.as_ref().clone())?;
    }
    for ((plan, key), place) in region.members.iter() {
        txn.put_member_at(*place, plan, key)?;
    }
    for held in region.domains.values() {
        txn.put_domain(held.place, held.entity.as_ref().clone())?;
    }
    for held in region.associations.values() {
        txn.put_association(held.place, held.entity.as_ref().clone())?;
    }
    for held in region.links.values() {
        txn.put_link(held.place, held.entity.as_ref().clone())?;
    }
    for held in region.certificates.values() {
        txn.put_certificate(held.place, held.entity.as_ref().clone())?;
    }
    txn.put_account(region.account.as_ref().clone())?;
    Ok(txn.changes)
}

fn put_parts(txn: &mut Txn<'_>, id: &str, api: &Api) -> Result<(), ServiceError> {
    macro_rules! put {
        ($($map:ident)*) => {
            $(for part in api.$map.values() {
                txn.put(id, part.as_ref().clone())?;
            })*
        };
    }
    put!(resources models validators authorizers gateway_responses deployments stages documentation_parts documentation_versions);
    Ok(())
}

fn raw(json: String) -> Result<Box<RawValue>, ServiceError> {
    RawValue::from_string(json).map_err(|error| ServiceError::internal(error.to_string()))
}

/// A file's rows, and the state that they are.
fn read(text: &str, account: &str) -> Result<(Vec<Change>, State), ServiceError> {
    let bad = |why: String| ServiceError::bad_request(format!("This is no state of Sluice: {why}"));
    let head: Head = serde_json::from_str(text).map_err(|error| bad(error.to_string()))?;
    if head.format != FORMAT {
        return Err(bad(format!(
            "its format is {:?}, not {FORMAT:?}",
            head.format
        )));
    }
    if head.version > VERSION {
        return Err(bad(format!(
            "a newer Sluice wrote it (version {}, this one reads up to {VERSION}): update Sluice",
            head.version
        )));
    }
    let file: StateFile<'_> = serde_json::from_str(text).map_err(|error| bad(error.to_string()))?;
    if file.account != account {
        return Err(bad(format!(
            "it is of account {}, and this gateway plays {account}: start it with --account {}",
            file.account, file.account
        )));
    }
    let (mut rows, mut changes) = (Vec::new(), Vec::new());
    for (region, entries) in &file.regions {
        for entry in entries {
            let kind = KINDS.iter().find(|kind| **kind == entry.kind);
            let kind = kind.ok_or_else(|| bad(format!("{} is no kind of entity", entry.kind)))?;
            let value = entry.value.get().to_owned();
            rows.push(Row {
                region: region.clone(),
                kind: entry.kind.clone(),
                key: entry.key.clone(),
                value: value.clone(),
            });
            changes.push(Change {
                region: region.clone(),
                kind,
                key: entry.key.clone(),
                value: Some(value),
            });
        }
    }
    let state = state::load(rows.iter()).map_err(|error| bad(error.to_string()))?;
    check(&state)?;
    Ok((changes, state))
}

/// What a deployment or a stage may not use doesn't come in through a file either.
fn check(state: &State) -> Result<(), ServiceError> {
    let refused = |unserved: gateway::Unserved| ServiceError::bad_request(unserved.to_string());
    let mut seen = std::collections::BTreeSet::new();
    for (id, api) in state.values().flat_map(|region| region.apis.iter()) {
        if !seen.insert(id) {
            let text = format!("The API {id} is in two regions of the file");
            return Err(ServiceError::bad_request(text));
        }
        for deployed in api.deployments.values() {
            gateway::check(&deployed.definition).map_err(refused)?;
        }
        for stage in api.stages.values() {
            gateway::check_stage(stage).map_err(refused)?;
        }
    }
    Ok(())
}

fn is_empty(region: &Region) -> bool {
    region.apis.is_empty()
        && region.keys.is_empty()
        && region.plans.is_empty()
        && region.domains.is_empty()
        && region.links.is_empty()
        && region.certificates.is_empty()
}
