//! VPC links.
//!
//! Source: `spec/aws-recorded/FACTS.md` §20 (recorded), `spec/rest/control-plane.md` §4, §5.

use serde::{Deserialize, Serialize};

use super::error::{bad, not_found};
use super::page::{oldest_first, page};
use super::state::Listed;
use super::txn::{NOTHING, Txn, answer, patch, read, text};
use super::{Answer, quotas, tags};
use crate::engine::wire::{Input, ServiceError};
use crate::model::patch::apply;
use crate::model::{EpochSeconds, Map, VpcLink};

const NO_LINK: &str = "Invalid Vpc Link identifier specified";
/// How long a new link is `PENDING`, in seconds. On AWS it takes minutes; here there is nothing to build.
const PENDING: EpochSeconds = 1;

/// A link as it is stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct HeldLink {
    pub(super) link: VpcLink,
    made: EpochSeconds,
}

impl HeldLink {
    /// The link as it is by now.
    fn at(&self, now: EpochSeconds) -> VpcLink {
        let mut link = self.link.clone();
        if now >= self.made + PENDING {
            "AVAILABLE".clone_into(&mut link.status);
            link.status_message = Some("Your vpc link is ready for use".to_owned());
        }
        link
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreateVpcLink {
    #[serde(default)]
    name: String,
    description: Option<String>,
    #[serde(default)]
    target_arns: Vec<String>,
    tags: Option<Map<String>>,
}

pub(super) fn create(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let given: CreateVpcLink = read(input)?;
    for arn in &given.target_arns {
        if arn.splitn(6, ':').count() != 6 || !arn.starts_with("arn:") {
            return Err(bad(format!("Invalid ARN. ARN is not well formed {arn}")));
        }
    }
    let link = VpcLink {
        id: txn.new_short_id(|id| txn.region.links.contains_key(id)),
        name: given.name,
        description: given.description.filter(|text| !text.is_empty()),
        target_arns: given.target_arns,
        status: "PENDING".to_owned(),
        status_message: None,
        tags: tags::kept(given.tags)?,
    };
    check(&link)?;
    let (held, most) = (txn.region.links.len(), txn.deps.quotas.vpc_links);
    quotas::check(held, most, "VPC links", "account")?;
    let place = txn.place();
    let made = txn.now();
    let held = HeldLink {
        link: link.clone(),
        made,
    };
    txn.put_link(place, held)?;
    answer(&link)
}

fn check(link: &VpcLink) -> Result<(), ServiceError> {
    if link.name.is_empty() {
        return Err(bad("Name cannot be empty"));
    }
    Ok(())
}

pub(super) fn find(txn: &Txn<'_>, id: &str) -> Result<Listed<HeldLink>, ServiceError> {
    txn.region
        .links
        .get(id)
        .cloned()
        .ok_or_else(|| not_found(NO_LINK))
}

/// The link with its tags present even when there are none.
fn shown(txn: &Txn<'_>, held: &HeldLink) -> Answer {
    let mut link = held.at(txn.now());
    link.tags.get_or_insert_default();
    answer(&link)
}

pub(super) fn get(txn: &Txn<'_>, input: &Input) -> Answer {
    shown(txn, &find(txn, text(input, "vpclink_id"))?.entity)
}

pub(super) fn list(txn: &Txn<'_>, input: &Input) -> Answer {
    let mut entries = Vec::new();
    for held in txn.region.links.values() {
        let link = held.entity.at(txn.now());
        entries.push((oldest_first(held.place), answer(&link)?));
    }
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    page(entries, input)
}

pub(super) fn update(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let found = find(txn, text(input, "vpclink_id"))?;
    let mut held = found.entity.as_ref().clone();
    apply(&mut held.link, &patch(input)?)?;
    check(&held.link)?;
    txn.put_link(found.place, held.clone())?;
    shown(txn, &held)
}

pub(super) fn delete(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let id = text(input, "vpclink_id");
    find(txn, id)?;
    let mut users = Vec::new();
    for (api, held) in txn.region.apis.iter() {
        for resource in held.resources.values() {
            for (verb, method) in &resource.resource_methods {
                let integration = method.method_integration.as_ref();
                if integration.is_some_and(|i| i.connection_id.as_deref() == Some(id)) {
                    users.push(format!("{verb}:{}:{api}", resource.id));
                }
            }
        }
    }
    if !users.is_empty() {
        // Widely met, not recorded.
        return Err(bad(format!(
            "Cannot delete vpc link. Vpc link '{id}', is referenced in [{}] in format of [Method:Resource:Api]",
            users.join(", ")
        )));
    }
    txn.remove_link(id);
    NOTHING
}
