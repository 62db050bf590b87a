//! Mutual TLS: whose certificates the clients of a custom domain name may have.
//!
//! Facts: `spec/rest/domain-names.md` §6; page "Configuring mutual TLS authentication for a REST API" (what is validated, self-signed
//! certificates, warnings). As on AWS nobody asks whether a certificate was revoked.

use std::sync::Arc;

use jiff::Timestamp;
use rustls::RootCertStore;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use x509_parser::certificate::X509Certificate;
use x509_parser::oid_registry::{OID_PKCS1_SHA1WITHRSA, OID_SHA1_WITH_RSA};
use x509_parser::prelude::FromDer;
use x509_parser::x509::X509Version;

/// The most certificates of a truststore.
const MOST: usize = 1_000;
/// The largest truststore, in bytes.
const LARGEST: usize = 1024 * 1024;
/// The longest chain, the client's own certificate and the trusted one included.
const LONGEST_CHAIN: usize = 4;

/// The certificates that a domain trusts. The empty one admits nobody.
#[derive(Debug, Default)]
pub struct Truststore {
    trusted: Vec<CertificateDer<'static>>,
    /// For chains of the usual kind; nothing when no certificate of the truststore can end one.
    verifier: Option<Arc<dyn ClientCertVerifier>>,
}

impl Truststore {
    /// Reads PEM, and what is wrong with single certificates: those are left out, and the others stay in force.
    ///
    /// # Errors
    /// When there are no certificates in it, or too many.
    pub fn read(pem: &str, now: Timestamp) -> Result<(Self, Vec<String>), String> {
        if pem.len() > LARGEST {
            return Err(format!("it has more than {LARGEST} bytes"));
        }
        let (mut trusted, mut warnings) = (Vec::new(), Vec::new());
        let mut roots = RootCertStore::empty();
        for (at, found) in CertificateDer::pem_slice_iter(pem.as_bytes()).enumerate() {
            if at == MOST {
                return Err(format!("it has more than {MOST} certificates"));
            }
            let certificate = match found {
                Ok(certificate) => certificate,
                Err(error) => return Err(format!("it is no PEM: {error}")),
            };
            let Ok((_, read)) = X509Certificate::from_der(&certificate) else {
                warnings.push(format!("Certificate {} can't be read.", at + 1));
                continue;
            };
            if let Some(fault) = fault(&read, now) {
                warnings.push(format!(
                    "Certificate with subject {}: {fault}.",
                    read.subject()
                ));
            }
            // Such as can't end a chain may still be a client's own.
            let _ = roots.add(certificate.clone());
            trusted.push(certificate);
        }
        if trusted.is_empty() {
            return Err("it has no certificate that can be read".to_owned());
        }
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
        let store = Self {
            trusted,
            verifier: verifier.ok(),
        };
        Ok((store, warnings))
    }

    /// Whether a client with this chain, its own certificate first, is let in.
    pub(crate) fn admits(&self, chain: &[CertificateDer<'_>], now: Timestamp) -> bool {
        let Some((own, others)) = chain.split_first() else {
            return false;
        };
        let Ok((_, read)) = X509Certificate::from_der(own) else {
            return false;
        };
        if chain.len() > LONGEST_CHAIN || fault(&read, now).is_some() {
            return false;
        }
        if self.trusted.iter().any(|trusted| trusted == own) {
            return true;
        }
        if read.version() == X509Version::V1 {
            return self.issued(&read, now);
        }
        let seconds = u64::try_from(now.as_second()).unwrap_or_default();
        let now = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
        let verifier = self.verifier.as_ref();
        verifier.is_some_and(|verifier| verifier.verify_client_cert(own, others, now).is_ok())
    }

    /// Whether a trusted authority issued this certificate itself. The usual verifier takes no certificates of version 1, which OpenSSL
    /// makes where it isn't asked for extensions, and AWS takes.
    fn issued(&self, certificate: &X509Certificate<'_>, now: Timestamp) -> bool {
        self.trusted.iter().any(|authority| {
            X509Certificate::from_der(authority).is_ok_and(|(_, authority)| {
                authority.subject().as_raw() == certificate.issuer().as_raw()
                    && may_sign(&authority)
                    && fault(&authority, now).is_none()
                    && certificate
                        .verify_signature(Some(authority.public_key()))
                        .is_ok()
            })
        })
    }
}

/// Whether a certificate is an authority's; those of version 1 can't say.
fn may_sign(certificate: &X509Certificate<'_>) -> bool {
    let usage = certificate.key_usage();
    let signs = usage.is_ok_and(|usage| usage.is_none_or(|usage| usage.value.key_cert_sign()));
    signs && (certificate.version() == X509Version::V1 || certificate.is_ca())
}

/// What is wrong with a certificate by itself.
fn fault(certificate: &X509Certificate<'_>, now: Timestamp) -> Option<&'static str> {
    let validity = certificate.validity();
    let now = now.as_second();
    if now < validity.not_before.timestamp() {
        return Some("it isn't valid yet");
    }
    if now > validity.not_after.timestamp() {
        return Some("it has expired");
    }
    let algorithm = &certificate.signature_algorithm.algorithm;
    let weak = [OID_PKCS1_SHA1WITHRSA, OID_SHA1_WITH_RSA].contains(algorithm);
    weak.then_some("it is signed with SHA-1")
}
