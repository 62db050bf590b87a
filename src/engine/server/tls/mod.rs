//! TLS on a port of its own: a certificate for each host that is served, from the local authority; HTTP/2 or HTTP/1.1 as the client
//! likes; and for the domains with mutual TLS the client's certificate.

mod authority;

use std::net::IpAddr;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{Acceptor, ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{
    DigitallySignedStruct, DistinguishedName, Error, ServerConfig, SignatureScheme,
    SupportedProtocolVersion, version,
};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

pub(crate) use self::authority::Authority;
pub use self::authority::AuthorityError;
use crate::base::Clock;
use crate::engine::gateway::{DomainTls, Gateway, Target};

/// HTTP/2, as ALPN calls it.
pub(super) const H2: &[u8] = b"h2";
const HTTP1: &[u8] = b"http/1.1";

/// Certificates that are kept: more hosts than any client names; beyond it the least used are made anew.
const KEPT: usize = 1_024;
/// How long before its end a certificate is replaced.
const REPLACED: SignedDuration = SignedDuration::from_hours(24 * 30);

/// What the data runtimes need for TLS, shared by them.
#[derive(Debug)]
pub(crate) struct Tls {
    gateway: Arc<Gateway>,
    /// For TLS 1.2 and later.
    usual: Configs,
    /// For TLS 1.3 only.
    newest: Configs,
}

/// How a handshake goes.
#[derive(Debug)]
struct Configs {
    plain: Arc<ServerConfig>,
    /// Asks for the client's certificate.
    mutual: Arc<ServerConfig>,
}

impl Tls {
    /// `hosts` are the names that `--host` gave, `address` is where it listens.
    ///
    /// # Errors
    /// When the cryptographic library refuses, in words for a log.
    pub(crate) fn new(
        authority: Authority,
        gateway: Arc<Gateway>,
        clock: Clock,
        hosts: Vec<String>,
        address: IpAddr,
    ) -> Result<Self, String> {
        let certificates: Arc<dyn ResolvesServerCert> = Arc::new(Certificates {
            authority,
            gateway: Arc::clone(&gateway),
            clock,
            hosts,
            address,
            made: quick_cache::sync::Cache::new(KEPT),
        });
        let configs = |versions: &[&'static SupportedProtocolVersion]| {
            Ok::<_, String>(Configs {
                plain: config(versions, false, &certificates)?,
                mutual: config(versions, true, &certificates)?,
            })
        };
        Ok(Self {
            gateway,
            usual: configs(&[&version::TLS13, &version::TLS12])?,
            newest: configs(&[&version::TLS13])?,
        })
    }

    /// Does the server's part of a handshake, as the domain that the client names wants it.
    ///
    /// # Errors
    /// When the client speaks no TLS, or none that the domain takes.
    pub(super) async fn accept<IO>(&self, io: IO) -> std::io::Result<TlsStream<IO>>
    where
        IO: AsyncRead + AsyncWrite + Unpin,
    {
        let start = LazyConfigAcceptor::new(Acceptor::default(), io).await?;
        let name = start.client_hello().server_name().map(str::to_owned);
        let domain = name.and_then(|name| self.gateway.domain_tls(&name.to_ascii_lowercase()));
        let config = self.config(domain.unwrap_or_default());
        start.into_stream(Arc::clone(config)).await
    }

    const fn config(&self, domain: DomainTls) -> &Arc<ServerConfig> {
        let configs = if domain.newest_only {
            &self.newest
        } else {
            &self.usual
        };
        if domain.mutual {
            &configs.mutual
        } else {
            &configs.plain
        }
    }
}

fn config(
    versions: &[&'static SupportedProtocolVersion],
    mutual: bool,
    certificates: &Arc<dyn ResolvesServerCert>,
) -> Result<Arc<ServerConfig>, String> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(versions)
        .map_err(|error| error.to_string())?;
    let builder = if mutual {
        builder.with_client_cert_verifier(Arc::new(AnyCertificate(provider)))
    } else {
        builder.with_no_client_auth()
    };
    let mut config = builder.with_cert_resolver(Arc::clone(certificates));
    config.alpn_protocols = vec![H2.to_vec(), HTTP1.to_vec()];
    Ok(Arc::new(config))
}

/// Finds the certificate for the host that a client names, and has it made where there is none.
struct Certificates {
    authority: Authority,
    gateway: Arc<Gateway>,
    clock: Clock,
    hosts: Vec<String>,
    address: IpAddr,
    /// By host; the empty one is for clients that name none, or one that isn't served here.
    made: quick_cache::sync::Cache<String, Made>,
}

#[derive(Clone)]
struct Made {
    key: Arc<CertifiedKey>,
    until: Timestamp,
}

impl std::fmt::Debug for Certificates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificates").finish_non_exhaustive()
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let name = hello.server_name().map(str::to_ascii_lowercase);
        let name = name.filter(|name| self.serves(name)).unwrap_or_default();
        let now = self.clock.now();
        if let Some(made) = self.made.get(&name)
            && made.until > now
        {
            return Some(made.key);
        }
        let made = self
            .make(&name, now)
            .inspect_err(|error| tracing::error!(%error, name, "no certificate can be made"))
            .ok()?;
        self.made.insert(name, made.clone());
        Some(made.key)
    }
}

impl Certificates {
    /// Whether there is something behind this name. Others get the certificate of nobody in particular: whoever trusts the authority
    /// trusts it for what is served here and for nothing else.
    fn serves(&self, name: &str) -> bool {
        name == "localhost"
            || name.ends_with(".localhost")
            || self.hosts.iter().any(|own| own.eq_ignore_ascii_case(name))
            || Target::of_host(name, "/").is_some()
            || self.gateway.domain_tls(name).is_some()
    }

    fn make(&self, name: &str, now: Timestamp) -> Result<Made, AuthorityError> {
        let key = if name.is_empty() {
            let mut addresses = vec![
                IpAddr::from(std::net::Ipv4Addr::LOCALHOST),
                IpAddr::from(std::net::Ipv6Addr::LOCALHOST),
            ];
            if !self.address.is_unspecified() && !addresses.contains(&self.address) {
                addresses.push(self.address);
            }
            self.authority
                .issue(&["localhost".to_owned()], &addresses, now)?
        } else {
            self.authority.issue(&[name.to_owned()], &[], now)?
        };
        let life = SignedDuration::try_from(authority::SERVER_LIFE).unwrap_or(REPLACED);
        Ok(Made {
            key: Arc::new(key),
            until: now + (life - REPLACED),
        })
    }
}

/// Takes any certificate whose key the client has. Whether it is trusted is asked with each request, by the domain that it is for,
/// and answered 403 (`spec/rest/domain-names.md` §6). Without a certificate there is no connection, as on AWS.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ClientCertVerifier for AnyCertificate {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _own: &CertificateDer<'_>,
        _others: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verify(message, certificate, signed, usize::MAX)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        // A scheme of TLS 1.3 says which curve it is on: the first.
        self.verify(message, certificate, signed, 1)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

impl AnyCertificate {
    /// rustls's own functions take no certificates of version 1, which OpenSSL makes and AWS takes; so the key is read here.
    fn verify(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
        algorithms: usize,
    ) -> Result<HandshakeSignatureValid, Error> {
        let bad = || Error::InvalidCertificate(rustls::CertificateError::BadSignature);
        let (_, read) = X509Certificate::from_der(certificate)
            .map_err(|_| Error::InvalidCertificate(rustls::CertificateError::BadEncoding))?;
        let key = &read.public_key().subject_public_key.data;
        let schemes = self.0.signature_verification_algorithms.mapping;
        let fitting = schemes.iter().find(|(s, _)| *s == signed.scheme);
        let (_, fitting) = fitting.ok_or_else(bad)?;
        let verifies = |algorithm: &&dyn rustls::pki_types::SignatureVerificationAlgorithm| {
            let verified = algorithm.verify_signature(key, message, signed.signature());
            verified.is_ok()
        };
        if fitting.iter().take(algorithms).any(verifies) {
            return Ok(HandshakeSignatureValid::assertion());
        }
        Err(bad())
    }
}
