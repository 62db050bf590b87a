//! Access associations: which VPC endpoints private custom domain names are reached through.
//!
//! Source: the service model; pages "Custom domain names for private APIs in API Gateway" and
//! "create-domain-name-access-association" of the AWS CLI reference (the form of ARNs). No refusal is recorded. There is one account:
//! nobody else has associations to list, and rejecting one takes it away as deleting does.

use serde::Deserialize;

use super::domain_names::Domain;
use super::error::{bad, not_found};
use super::page::{oldest_first, page};
use super::state::Listed;
use super::txn::{NOTHING, Txn, answer, read, text};
use super::{Answer, quotas, tags};
use crate::engine::gateway::partition;
use crate::engine::wire::{Input, ServiceError};
use crate::model::{DomainNameAccessAssociation, Map};

const NO_ASSOCIATION: &str = "Invalid domain name access association identifier specified";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct CreateDomainNameAccessAssociation {
    domain_name_arn: String,
    access_association_source_type: String,
    access_association_source: String,
    tags: Option<Map<String>>,
}

pub(super) fn create(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let given: CreateDomainNameAccessAssociation = read(input)?;
    let name = domain(txn, &given.domain_name_arn)?
        .entity
        .domain
        .domain_name
        .clone();
    let source = given.access_association_source;
    let id = source.strip_prefix("vpce-").unwrap_or_default();
    if id.is_empty() || !id.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(bad(format!(
            "Invalid access association source '{source}': must be the id of a VPC endpoint"
        )));
    }
    let (held, most) = (
        txn.region.associations.len(),
        txn.deps.quotas.domain_name_access_associations,
    );
    quotas::check(held, most, "Domain Name Access Associations", None)?;
    let (region, account) = (txn.region_name, &txn.deps.account);
    let arn = format!(
        "arn:{}:apigateway:{region}:{account}:/domainnameaccessassociations/domainname/{name}/vpcesource/{source}",
        partition(region)
    );
    if txn.region.associations.contains_key(&arn) {
        return Err(ServiceError::conflict(
            "Domain name access association already exists",
        ));
    }
    let association = DomainNameAccessAssociation {
        domain_name_access_association_arn: arn,
        domain_name_arn: given.domain_name_arn,
        access_association_source_type: given.access_association_source_type,
        access_association_source: source,
        tags: tags::kept(given.tags)?,
    };
    let place = txn.place();
    txn.put_association(place, association.clone())?;
    answer(&association)
}

/// Whether an ARN could be a domain's.
fn check_domain_arn(arn: &str) -> Result<(), ServiceError> {
    let fields: Vec<&str> = arn.splitn(6, ':').collect();
    match fields.as_slice() {
        ["arn", _, "apigateway", _, _, path] if path.starts_with("/domainnames/") => Ok(()),
        _ => Err(bad(format!("Invalid ARN. ARN is not well formed {arn}"))),
    }
}

/// The private domain of an ARN.
fn domain(txn: &Txn<'_>, arn: &str) -> Result<Listed<Domain>, ServiceError> {
    check_domain_arn(arn)?;
    let mut domains = txn.region.domains.values();
    let own = |held: &&Listed<Domain>| held.entity.domain.domain_name_arn.as_deref() == Some(arn);
    domains
        .find(own)
        .cloned()
        .ok_or_else(|| not_found("Invalid domain name identifier specified"))
}

pub(super) fn find(
    txn: &Txn<'_>,
    arn: &str,
) -> Result<Listed<DomainNameAccessAssociation>, ServiceError> {
    let held = txn.region.associations.get(arn);
    held.cloned().ok_or_else(|| not_found(NO_ASSOCIATION))
}

pub(super) fn list(txn: &Txn<'_>, input: &Input) -> Answer {
    let mut entries = Vec::new();
    if input.text("resourceOwner") != Some("OTHER_ACCOUNTS") {
        for held in txn.region.associations.values() {
            entries.push((oldest_first(held.place), answer(held.entity.as_ref())?));
        }
    }
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    page(entries, input)
}

pub(super) fn delete(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let arn = text(input, "domain_name_access_association_arn");
    find(txn, arn)?;
    txn.remove_association(arn);
    NOTHING
}

pub(super) fn reject(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let arn = text(input, "domainNameAccessAssociationArn");
    let domain_arn = text(input, "domainNameArn");
    check_domain_arn(domain_arn)?;
    let held = find(txn, arn)?;
    if held.entity.domain_name_arn != domain_arn {
        return Err(not_found("Invalid domain name identifier specified"));
    }
    txn.remove_association(arn);
    NOTHING
}
