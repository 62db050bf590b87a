//! TLS towards backends: whom the gateway trusts, and who it says it is.
//!
//! Facts: `spec/rest/integrations.md` §7.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};

/// What is special about the TLS to a backend.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Trust {
    /// Whether any authority will do (`tlsConfig.insecureSkipVerification`).
    pub(crate) any_authority: bool,
    /// The stage's client certificate.
    pub(crate) identity: Option<Arc<Identity>>,
}

impl Trust {
    /// What tells connections of different trust apart.
    pub(crate) fn suffix(&self) -> String {
        let insecure = if self.any_authority { "insecure" } else { "" };
        let id = self.identity.as_ref().map_or("", |identity| &identity.id);
        format!("#{insecure}#{id}")
    }

    /// The TLS configuration for one backend: HTTP/1.1.
    pub(crate) fn config(&self, roots: &Arc<RootCertStore>) -> Result<Arc<ClientConfig>, String> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|e| e.to_string())?;
        let builder = if self.any_authority {
            builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(AnyAuthority(provider)))
        } else {
            builder.with_root_certificates(Arc::clone(roots))
        };
        let mut config = match &self.identity {
            Some(identity) => builder
                .with_client_auth_cert(identity.chain.clone(), identity.key.clone_key())
                .map_err(|e| e.to_string())?,
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

/// A client certificate with its key.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) id: Box<str>,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Identity {
    /// Reads both from PEM.
    pub(crate) fn read(id: &str, certificate: &str, key: &str) -> Result<Self, String> {
        let chain = CertificateDer::pem_slice_iter(certificate.as_bytes())
            .collect::<Result<Vec<_>, _>>()
            .map_err(|e| e.to_string())?;
        Ok(Self {
            id: id.into(),
            chain,
            key: PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|e| e.to_string())?,
        })
    }
}

impl PartialEq for Identity {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Identity {}

/// Verifies all but the authority: the certificate's dates, its host name, and that its chain ends in some root.
#[derive(Debug)]
struct AnyAuthority(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyAuthority {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let mut roots = RootCertStore::empty();
        let last = intermediates.last().unwrap_or(end_entity);
        roots.add(last.clone().into_owned())?;
        let verifier =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&self.0))
                .build()
                .map_err(|e| Error::General(e.to_string()))?;
        let outcome =
            verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match outcome {
            // An authority that serves by itself, as most self-signed certificates say of themselves. Its dates are checked before
            // this is found; its name isn't.
            Err(Error::InvalidCertificate(CertificateError::Other(other)))
                if intermediates.is_empty()
                    && format!("{other:?}").contains("CaUsedAsEndEntity") =>
            {
                let parsed = ParsedCertificate::try_from(end_entity)?;
                rustls::client::verify_server_name(&parsed, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
