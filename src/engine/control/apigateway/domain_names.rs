//! Custom domain names.
//!
//! Source: `spec/rest/domain-names.md` §2, §3, §6; of private ones the page "Custom domain names for private APIs in API Gateway".
//! Routing rules are refused by name; a domain is ready at once.

use serde::{Deserialize, Serialize};

use super::error::{bad, not_found};
use super::page::page;
use super::state::Listed;
use super::txn::{NOTHING, Txn, answer, patch, read, text};
use super::{Answer, hosted_zones, quotas, resource_policy, tags, truststores};
use crate::engine::gateway::partition;
use crate::engine::wire::{Input, ServiceError};
use crate::model::patch::apply;
use crate::model::{
    BasePathMapping, DomainName, EndpointConfiguration, Map, MutualTlsAuthentication,
};

/// The zone of all distributions, a fixed one (documented).
const EDGE_ZONE: &str = "Z2FDTNDATAQYW2";
const PRIVATE: &str = "PRIVATE";
const MAPPINGS_ONLY: &str = "BASE_PATH_MAPPING_ONLY";

/// A domain with what is mapped under it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(
    clippy::struct_field_names,
    reason = "its settings are called DomainName everywhere"
)]
pub(super) struct Domain {
    pub(super) domain: DomainName,
    pub(super) mappings: Vec<BasePathMapping>,
    /// The truststore of mutual TLS as it was when the domain was changed last, as PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) truststore: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreateDomainName {
    #[serde(default)]
    domain_name: String,
    certificate_name: Option<String>,
    certificate_body: Option<String>,
    certificate_arn: Option<String>,
    regional_certificate_name: Option<String>,
    regional_certificate_arn: Option<String>,
    endpoint_configuration: Option<EndpointConfiguration>,
    tags: Option<Map<String>>,
    security_policy: Option<String>,
    endpoint_access_mode: Option<String>,
    mutual_tls_authentication: Option<MutualTlsAuthentication>,
    ownership_verification_certificate_arn: Option<String>,
    policy: Option<String>,
    routing_mode: Option<String>,
}

pub(super) fn create(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let given: CreateDomainName = read(input)?;
    // Its case is kept, and counts nowhere.
    let name = given.domain_name;
    check_name(&name.to_ascii_lowercase())?;
    if txn.domain_taken(&name.to_ascii_lowercase()) {
        return Err(bad("The domain name you provided already exists."));
    }
    let (held, most) = (txn.region.domains.len(), txn.deps.quotas.domain_names);
    quotas::check(held, most, "Domain Names", None)?;
    if given.certificate_body.is_some() {
        // Deprecated by the service. Nothing is kept of it but its name: what TLS shows here comes from the local authority.
        if given.certificate_name.is_none() {
            return Err(bad("An uploaded certificate needs a certificateName"));
        }
    }
    let mut endpoint_configuration = given.endpoint_configuration.unwrap_or_default();
    if endpoint_configuration.types.is_empty() {
        endpoint_configuration.types.push("EDGE".to_owned());
    }
    let private = endpoint_configuration.types.iter().any(|t| t == PRIVATE);
    let default = if private { "dualstack" } else { "ipv4" };
    endpoint_configuration
        .ip_address_type
        .get_or_insert_with(|| default.to_owned());
    let id = private.then(|| txn.deps.ids.long());
    let mut domain = DomainName {
        domain_name_arn: id.as_ref().map(|id| {
            let (region, account) = (txn.region_name, &txn.deps.account);
            let partition = partition(region);
            format!("arn:{partition}:apigateway:{region}:{account}:/domainnames/{name}+{id}")
        }),
        domain_name_id: id,
        domain_name: name,
        certificate_name: given.certificate_name,
        certificate_arn: given.certificate_arn,
        regional_certificate_name: given.regional_certificate_name,
        regional_certificate_arn: given.regional_certificate_arn,
        endpoint_configuration,
        security_policy: given.security_policy.or_else(|| Some("TLS_1_2".to_owned())),
        endpoint_access_mode: given.endpoint_access_mode,
        mutual_tls_authentication: given
            .mutual_tls_authentication
            .filter(|mutual| !mutual.truststore_uri.is_empty()),
        policy: given.policy,
        ownership_verification_certificate_arn: given.ownership_verification_certificate_arn,
        routing_mode: given
            .routing_mode
            .unwrap_or_else(|| MAPPINGS_ONLY.to_owned()),
        tags: tags::kept(given.tags)?,
        ..DomainName::default()
    };
    settle(txn, &mut domain, None)?;
    let mut whole = Domain {
        domain,
        mappings: Vec::new(),
        truststore: None,
    };
    take_truststore(txn, &mut whole)?;
    let domain = whole.domain.clone();
    let place = txn.place();
    txn.put_domain(place, whole)?;
    answer(&domain)
}

/// Names that clients reach the control plane by can't be domains: their requests would never be control requests again.
fn check_name(name: &str) -> Result<(), ServiceError> {
    let labels: Vec<&str> = name.strip_prefix("*.").unwrap_or(name).split('.').collect();
    let fits = |label: &&str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let numeric = labels
        .last()
        .is_some_and(|l| l.bytes().all(|b| b.is_ascii_digit()));
    let broad =
        name == "localhost" || name.starts_with("*.") && labels.len() < 2 && name != "*.localhost";
    if name.len() > 253 || broad || numeric || !labels.iter().all(fits) {
        // The text is not recorded.
        return Err(bad(format!("Invalid domain name '{name}'")));
    }
    Ok(())
}

/// Takes up the truststore that a domain names.
fn take_truststore(txn: &Txn<'_>, held: &mut Domain) -> Result<(), ServiceError> {
    let mutual = held.domain.mutual_tls_authentication.as_mut();
    held.truststore = mutual
        .map(|mutual| truststores::take(txn, mutual))
        .transpose()?;
    Ok(())
}

/// What must hold of a private domain, and of what only such have.
fn settle_private(txn: &Txn<'_>, domain: &mut DomainName) -> Result<(), ServiceError> {
    let types = &domain.endpoint_configuration.types;
    let private = types.iter().any(|t| t == PRIVATE);
    if private != domain.domain_name_id.is_some() || private && types.len() > 1 {
        return Err(bad(
            "A custom domain name can't be changed from or to the endpoint type PRIVATE.",
        ));
    }
    if !private {
        if domain.policy.is_some() || domain.management_policy.is_some() {
            return Err(bad(
                "A policy is supported for custom domain names with the endpoint type PRIVATE only.",
            ));
        }
        return Ok(());
    }
    if domain.mutual_tls_authentication.is_some() {
        return Err(bad(
            "Mutual TLS isn't supported for private custom domain names.",
        ));
    }
    let arn = invoke_arn(txn, domain);
    domain.policy = resource_policy::kept_for_domain(domain.policy.take(), &arn)?;
    if let Some(policy) = &domain.management_policy
        && !serde_json::from_str::<serde_json::Value>(policy).is_ok_and(|p| p.is_object())
    {
        return Err(bad("Invalid management policy document."));
    }
    check_certificate(
        domain.certificate_arn.as_deref(),
        txn.region_name,
        "certificateArn",
    )
}

/// What the policy of a private domain is about.
pub(super) fn invoke_arn(txn: &Txn<'_>, domain: &DomainName) -> String {
    execute_arn(txn.region_name, &txn.deps.account, domain)
}

/// The same, for the gateway.
pub(super) fn execute_arn(region: &str, account: &str, domain: &DomainName) -> String {
    let (partition, name) = (partition(region), &domain.domain_name);
    let id = domain.domain_name_id.as_deref().unwrap_or_default();
    format!("arn:{partition}:execute-api:{region}:{account}:/domainnames/{name}+{id}")
}

/// What must hold of a domain, and what the service adds to it; `held` is what it was before.
fn settle(
    txn: &Txn<'_>,
    domain: &mut DomainName,
    held: Option<&DomainName>,
) -> Result<(), ServiceError> {
    let types = domain.endpoint_configuration.types.clone();
    let has = |kind: &str| types.iter().any(|t| t == kind);
    let private = has(PRIVATE);
    if types.is_empty()
        || types
            .iter()
            .any(|t| !["EDGE", "REGIONAL", PRIVATE].contains(&t.as_str()))
    {
        return Err(bad(
            "Invalid endpoint type. Must be one of [EDGE, REGIONAL, PRIVATE]",
        ));
    }
    if domain.mutual_tls_authentication.is_some() {
        let old = domain.security_policy.as_deref() == Some("TLS_1_0");
        if has("EDGE") || old {
            return Err(bad(
                "Mutual TLS requires the endpoint type REGIONAL and a minimum TLS version of 1.2.",
            ));
        }
    }
    settle_private(txn, domain)?;
    if domain.routing_mode != MAPPINGS_ONLY {
        return Err(bad("Sluice can't serve routing rules yet"));
    }
    if has("EDGE") {
        // An uploaded certificate has a name and no ARN.
        if domain.certificate_arn.is_some() || domain.certificate_name.is_none() {
            let arn = domain.certificate_arn.as_deref();
            check_certificate(arn, "us-east-1", "certificateArn")?;
        }
        if domain.distribution_domain_name.is_none() {
            let id = txn.deps.ids.long();
            domain.distribution_domain_name = Some(format!("d{id}.cloudfront.net"));
            domain.distribution_hosted_zone_id = Some(EDGE_ZONE.to_owned());
        }
    } else {
        if !private {
            domain.certificate_arn = None;
            domain.certificate_name = None;
        }
        domain.distribution_domain_name = None;
        domain.distribution_hosted_zone_id = None;
    }
    if domain
        .endpoint_configuration
        .types
        .iter()
        .any(|t| t == "REGIONAL")
    {
        let arn = domain.regional_certificate_arn.as_deref();
        check_certificate(arn, txn.region_name, "regionalCertificateArn")?;
        if domain.regional_domain_name.is_none() {
            let (id, region) = (txn.deps.ids.long(), txn.region_name);
            let name = format!("d-{id}.execute-api.{region}.amazonaws.com");
            domain.regional_domain_name = Some(name);
            domain.regional_hosted_zone_id = hosted_zones::of(region).map(str::to_owned);
        }
    } else {
        domain.regional_certificate_arn = None;
        domain.regional_certificate_name = None;
        domain.regional_domain_name = None;
        domain.regional_hosted_zone_id = None;
    }
    "AVAILABLE".clone_into(&mut domain.domain_name_status);
    let certificates = |d: &DomainName| {
        (
            d.certificate_arn.clone(),
            d.regional_certificate_arn.clone(),
        )
    };
    if held.is_none_or(|held| certificates(held) != certificates(domain)) {
        domain.certificate_upload_date = Some(txn.now());
    }
    Ok(())
}

/// The rule is documented, the texts are not.
fn check_certificate(arn: Option<&str>, region: &str, member: &str) -> Result<(), ServiceError> {
    let Some(arn) = arn.filter(|arn| !arn.is_empty()) else {
        return Err(bad(format!(
            "A certificate was not provided for the endpoint type: give {member}"
        )));
    };
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", _, "acm" | "iam", of, _, _] if *of == region => Ok(()),
        ["arn", _, "acm", _, _, _] => Err(bad(format!(
            "Invalid certificate ARN: {arn}. Certificate must be in '{region}'."
        ))),
        _ => Err(bad(format!("Invalid certificate ARN: {arn}."))),
    }
}

/// The domain that a call names; an id is checked where it is given.
pub(super) fn find(txn: &Txn<'_>, input: &Input) -> Result<Listed<Domain>, ServiceError> {
    let held = named(txn, text(input, "domain_name"))?;
    let id = input.text("domainNameId").filter(|id| !id.is_empty());
    if id.is_some() && id != held.entity.domain.domain_name_id.as_deref() {
        return Err(not_found("Invalid domain name identifier specified"));
    }
    Ok(held)
}

pub(super) fn named(txn: &Txn<'_>, name: &str) -> Result<Listed<Domain>, ServiceError> {
    txn.region
        .domains
        .get(&name.to_ascii_lowercase())
        .cloned()
        .ok_or_else(|| not_found("Invalid domain name identifier specified"))
}

pub(super) fn get(txn: &Txn<'_>, input: &Input) -> Answer {
    answer(&find(txn, input)?.entity.domain)
}

pub(super) fn list(txn: &Txn<'_>, input: &Input) -> Answer {
    let mut entries = Vec::new();
    // There is one account: nobody else shares a private domain with it.
    if input.text("resourceOwner") != Some("OTHER_ACCOUNTS") {
        for (name, held) in txn.region.domains.iter() {
            entries.push((name.clone(), answer(&held.entity.domain)?));
        }
    }
    page(entries, input)
}

pub(super) fn update(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let held = find(txn, input)?;
    let mut domain = held.entity.as_ref().clone();
    let operations = patch(input)?;
    apply(&mut domain.domain, &operations)?;
    let mutual = &mut domain.domain.mutual_tls_authentication;
    // An empty URI turns mutual TLS off.
    *mutual = mutual.take().filter(|m| !m.truststore_uri.is_empty());
    settle(txn, &mut domain.domain, Some(&held.entity.domain))?;
    let touches = |path: &String| path.starts_with("/mutualTlsAuthentication");
    if operations
        .iter()
        .any(|o| o.path.as_ref().is_some_and(touches))
    {
        take_truststore(txn, &mut domain)?;
    }
    txn.put_domain(held.place, domain.clone())?;
    answer(&domain.domain)
}

pub(super) fn delete(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let held = find(txn, input)?;
    txn.remove_domain(&held.entity.domain);
    NOTHING
}
