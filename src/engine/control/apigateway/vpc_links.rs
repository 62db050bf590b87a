//! VPC links.
//!
//! Source: `spec/aws-recorded/FACTS.md` §20 (recorded), `spec/rest/control-plane.md` §4, §5. A link is made with its creation, so that the
//! next call finds it `AVAILABLE`; on AWS that takes minutes.

use serde::{Deserialize, Serialize};

use super::error::{bad, not_found};
use super::page::{oldest_first, page};
use super::state::Listed;
use super::txn::{NOTHING, Txn, answer, patch, read, text};
use super::{Answer, quotas, tags};
use crate::engine::wire::{Input, ServiceError};
use crate::model::patch::apply;
use crate::model::{Map, VpcLink};

const NO_LINK: &str = "Invalid Vpc Link identifier specified";

/// A link as it is stored: as its creation answered it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct HeldLink {
    pub(super) link: VpcLink,
}

impl HeldLink {
    /// The link as it is once it is made.
    fn made(&self) -> VpcLink {
        let mut link = self.link.clone();
        let (status, message) = if link.target_arns.iter().any(|arn| is_other_balancer(arn)) {
            // Quoted from AWS, where it took an application load balancer's ARN and failed later.
            ("FAILED", "NLB ARN is malformed")
        } else {
            ("AVAILABLE", "Your vpc link is ready for use")
        };
        status.clone_into(&mut link.status);
        link.status_message = Some(message.to_owned());
        link
    }
}

/// Whether an ARN is that of a load balancer which links can't lead to: an application's or a gateway's.
fn is_other_balancer(arn: &str) -> bool {
    let resource = arn.splitn(6, ':').nth(5).unwrap_or_default();
    ["loadbalancer/app/", "loadbalancer/gwy/"]
        .iter()
        .any(|other| resource.starts_with(other))
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
    if given.target_arns.len() > 1 {
        // Quoted from AWS, not recorded.
        return Err(bad("More than one target arn specified for vpc link."));
    }
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
    quotas::check(held, most, "VPC Links", None)?;
    let place = txn.place();
    txn.put_link(place, HeldLink { link: link.clone() })?;
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
fn shown(held: &HeldLink) -> Answer {
    let mut link = held.made();
    link.tags.get_or_insert_default();
    answer(&link)
}

pub(super) fn get(txn: &Txn<'_>, input: &Input) -> Answer {
    shown(&find(txn, text(input, "vpclink_id"))?.entity)
}

pub(super) fn list(txn: &Txn<'_>, input: &Input) -> Answer {
    let mut entries = Vec::new();
    for held in txn.region.links.values() {
        entries.push((oldest_first(held.place), answer(&held.entity.made())?));
    }
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    page(entries, input)
}

pub(super) fn update(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let found = find(txn, text(input, "vpclink_id"))?;
    let mut held = found.entity.as_ref().clone();
    let operations = patch(input)?;
    let targets = |path: &str| path == "/targetArns" || path.starts_with("/targetArns/");
    if operations
        .iter()
        .any(|operation| operation.path.as_deref().is_some_and(targets))
    {
        // Quoted from AWS, not recorded.
        return Err(bad("Target arns are not allowed to be changed/added."));
    }
    apply(&mut held.link, &operations)?;
    check(&held.link)?;
    txn.put_link(found.place, held.clone())?;
    shown(&held)
}

pub(super) fn delete(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let id = text(input, "vpclink_id");
    find(txn, id)?;
    let users = users(txn, id);
    if !users.is_empty() {
        // Widely quoted from AWS, not recorded.
        return Err(bad(format!(
            "Cannot delete vpc link. Vpc link '{id}', is referenced in [{}] in format of [RESTApiId:Method:Resource:Stage].",
            users.join(", ")
        )));
    }
    txn.remove_link(id);
    NOTHING
}

/// The deployed methods whose requests go through the link, as the refusal to delete it names them.
fn users(txn: &Txn<'_>, id: &str) -> Vec<String> {
    let mut users = Vec::new();
    for (api, held) in txn.region.apis.iter() {
        for stage in held.stages.values() {
            let canary = stage.canary_settings.as_ref();
            let canary = canary.and_then(|canary| canary.deployment_id.as_ref());
            let deployments = [Some(&stage.deployment_id), canary];
            for deployed in deployments.into_iter().flatten() {
                let Some(deployed) = held.deployments.get(deployed) else {
                    continue;
                };
                for (resource, method) in deployed.definition.methods() {
                    let integration = method.method_integration.as_ref();
                    if integration.is_some_and(|i| i.connection_id.as_deref() == Some(id)) {
                        let (verb, stage) = (&method.http_method, &stage.stage_name);
                        let user = format!("{api}:{verb}:{}:{stage}", resource.id);
                        if !users.contains(&user) {
                            users.push(user);
                        }
                    }
                }
            }
        }
    }
    users
}
