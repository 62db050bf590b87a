//! Client certificates: self-signed, good for a year, with a key that nobody is shown.
//!
//! Source: `spec/rest/control-plane.md` §4, §5, AWS page "Generate and configure an SSL certificate for backend authentication in API
//! Gateway". No refusal is recorded.

use std::time::Duration;

use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, PKCS_RSA_SHA256};
use serde::{Deserialize, Serialize};

use super::error::{bad, not_found};
use super::page::{oldest_first, page};
use super::state::Listed;
use super::txn::{NOTHING, Txn, answer, patch, read, text};
use super::{Answer, quotas, tags};
use crate::engine::wire::{Input, ServiceError};
use crate::model::patch::apply;
use crate::model::{ClientCertificate, EpochSeconds, Map};

const NO_CERTIFICATE: &str = "Invalid Client Certificate identifier specified";
const YEAR: EpochSeconds = 365 * 24 * 60 * 60;

/// A certificate as it is stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct HeldCertificate {
    pub(super) certificate: ClientCertificate,
    /// PEM.
    pub(super) key: String,
}

#[derive(Deserialize)]
struct GenerateClientCertificate {
    description: Option<String>,
    tags: Option<Map<String>>,
}

pub(super) fn generate(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let given: GenerateClientCertificate = read(input)?;
    let (held, most) = (
        txn.region.certificates.len(),
        txn.deps.quotas.client_certificates,
    );
    quotas::check(held, most, "Client Certificates", None)?;
    let now = txn.now();
    let (pem, key) = make(now)
        .map_err(|error| ServiceError::internal(format!("can't make a certificate: {error}")))?;
    let certificate = ClientCertificate {
        client_certificate_id: txn.new_short_id(|id| txn.region.certificates.contains_key(id)),
        description: given.description.filter(|text| !text.is_empty()),
        pem_encoded_certificate: pem,
        created_date: now,
        expiration_date: now + YEAR,
        tags: tags::kept(given.tags)?,
    };
    let place = txn.place();
    let held = HeldCertificate {
        certificate: certificate.clone(),
        key,
    };
    txn.put_certificate(place, held)?;
    answer(&certificate)
}

/// A certificate and its key, as PEM: RSA of 2,048 bits, as the service's are.
fn make(now: EpochSeconds) -> Result<(String, String), rcgen::Error> {
    let mut params = CertificateParams::default();
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, "ApiGateway");
    name.push(DnType::OrganizationName, "Sluice");
    params.distinguished_name = name;
    let seconds = |n: EpochSeconds| Duration::from_secs(n.unsigned_abs());
    params.not_before = rcgen::date_time_ymd(1970, 1, 1) + seconds(now);
    params.not_after = params.not_before + seconds(YEAR);
    params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
    let key = KeyPair::generate_for(&PKCS_RSA_SHA256)?;
    let certificate = params.self_signed(&key)?;
    Ok((certificate.pem(), key.serialize_pem()))
}

pub(super) fn find(txn: &Txn<'_>, id: &str) -> Result<Listed<HeldCertificate>, ServiceError> {
    txn.region
        .certificates
        .get(id)
        .cloned()
        .ok_or_else(|| not_found(NO_CERTIFICATE))
}

pub(super) fn get(txn: &Txn<'_>, input: &Input) -> Answer {
    let held = find(txn, text(input, "clientcertificate_id"))?;
    answer(&held.entity.certificate)
}

pub(super) fn list(txn: &Txn<'_>, input: &Input) -> Answer {
    let mut entries = Vec::new();
    for held in txn.region.certificates.values() {
        entries.push((oldest_first(held.place), answer(&held.entity.certificate)?));
    }
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    page(entries, input)
}

pub(super) fn update(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let found = find(txn, text(input, "clientcertificate_id"))?;
    let mut held = found.entity.as_ref().clone();
    apply(&mut held.certificate, &patch(input)?)?;
    txn.put_certificate(found.place, held.clone())?;
    answer(&held.certificate)
}

pub(super) fn delete(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let id = text(input, "clientcertificate_id");
    find(txn, id)?;
    for (api, held) in txn.region.apis.iter() {
        for stage in held.stages.values() {
            if stage.client_certificate_id.as_deref() == Some(id) {
                return Err(bad(format!(
                    "Client certificate {id} is used by the stage {} of the API {api}",
                    stage.stage_name
                )));
            }
        }
    }
    txn.remove_certificate(id);
    NOTHING
}
