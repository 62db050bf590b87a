//! What TLS says of a client: version, cipher suite, and the certificate that it showed.
//!
//! Names and forms: `spec/rest/logging-metrics-tracing.md` §3, `spec/rest/lambda-proxy.md` §2. How names and serial numbers are written
//! is recalled from published events: names in the certificate's order, numbers as OpenSSL prints them.

use std::borrow::Cow;
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use rustls::ServerConnection;
use rustls::pki_types::CertificateDer;
use x509_parser::certificate::X509Certificate;
use x509_parser::objects::{oid_registry, oid2abbrev};
use x509_parser::prelude::FromDer;
use x509_parser::time::ASN1Time;
use x509_parser::x509::X509Name;

use super::truststore::Truststore;
use crate::vtl::Node;

/// The members of `$context.identity.clientCert`, in the order of the event.
const MEMBERS: [&str; 4] = ["clientCertPem", "subjectDN", "issuerDN", "serialNumber"];

/// A client's TLS connection.
#[derive(Debug)]
pub(crate) struct ClientTls {
    version: &'static str,
    cipher_suite: String,
    /// What the client showed, its own certificate first. It has the key; whether anybody trusts it is another matter.
    chain: Vec<CertificateDer<'static>>,
    /// What came out when it was last asked about.
    judged: ArcSwapOption<Judged>,
}

/// Whether a truststore admits the client.
#[derive(Debug)]
struct Judged {
    by: Arc<Truststore>,
    certificate: Option<Arc<ClientCertificate>>,
}

impl ClientTls {
    /// Of a connection whose handshake is over.
    pub(crate) fn of(connection: &ServerConnection) -> Self {
        let version = connection.protocol_version().map(|version| match version {
            rustls::ProtocolVersion::TLSv1_3 => "TLSv1.3",
            _ => "TLSv1.2",
        });
        let suite = connection.negotiated_cipher_suite();
        let suite = suite.and_then(|suite| suite.suite().as_str());
        Self {
            version: version.unwrap_or_default(),
            cipher_suite: suite.map(as_openssl_calls).unwrap_or_default(),
            chain: connection.peer_certificates().unwrap_or_default().to_vec(),
            judged: ArcSwapOption::empty(),
        }
    }

    /// `TLSv1.3`.
    pub(crate) const fn version(&self) -> &'static str {
        self.version
    }

    /// `ECDHE-RSA-AES128-GCM-SHA256`, `TLS_AES_128_GCM_SHA256`.
    pub(crate) fn cipher_suite(&self) -> &str {
        &self.cipher_suite
    }

    /// The client's certificate, if this truststore admits it. Found out once per connection and truststore.
    pub(crate) fn certificate(
        &self,
        by: &Arc<Truststore>,
        now: Timestamp,
    ) -> Option<Arc<ClientCertificate>> {
        if let Some(judged) = &*self.judged.load()
            && Arc::ptr_eq(&judged.by, by)
        {
            return judged.certificate.clone();
        }
        let own = self.chain.first().filter(|_| by.admits(&self.chain, now));
        let certificate = own.and_then(ClientCertificate::read).map(Arc::new);
        self.judged.store(Some(Arc::new(Judged {
            by: Arc::clone(by),
            certificate: certificate.clone(),
        })));
        certificate
    }
}

/// The names that OpenSSL has for cipher suites, as AWS's logs do.
fn as_openssl_calls(suite: &str) -> String {
    if let Some(suite) = suite.strip_prefix("TLS13_") {
        return format!("TLS_{suite}");
    }
    let name = suite.strip_prefix("TLS_").unwrap_or(suite);
    let name = name.replace("_WITH_", "-").replace("AES_", "AES");
    let name = name.replace('_', "-");
    match name.strip_suffix("-SHA256") {
        Some(short) if short.ends_with("POLY1305") => short.to_owned(),
        _ => name,
    }
}

/// A client's certificate, as `$context.identity.clientCert` has it.
#[derive(Debug)]
pub(crate) struct ClientCertificate {
    pem: String,
    subject: String,
    issuer: String,
    serial: String,
    not_before: String,
    not_after: String,
}

impl ClientCertificate {
    fn read(der: &CertificateDer<'_>) -> Option<Self> {
        let (_, read) = X509Certificate::from_der(der).ok()?;
        Some(Self {
            pem: pem(der),
            subject: name(read.subject()),
            issuer: name(read.issuer()),
            serial: serial(read.raw_serial()),
            not_before: date(read.validity().not_before)?,
            not_after: date(read.validity().not_after)?,
        })
    }

    /// The value of `$context.identity.clientCert.{name}`.
    pub(crate) fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(match name {
            "clientCertPem" => &self.pem,
            "subjectDN" => &self.subject,
            "issuerDN" => &self.issuer,
            "serialNumber" => &self.serial,
            "validity.notBefore" => &self.not_before,
            "validity.notAfter" => &self.not_after,
            _ => return None,
        }))
    }

    /// All of it.
    pub(crate) fn node(&self) -> Node<'_> {
        let text = |name| self.text(name).map_or(Node::Null, Node::Text);
        let mut members: Vec<(Cow<'_, str>, Node<'_>)> =
            MEMBERS.map(|name| (Cow::Borrowed(name), text(name))).into();
        let validity = vec![
            ("notBefore".into(), text("validity.notBefore")),
            ("notAfter".into(), text("validity.notAfter")),
        ];
        members.push(("validity".into(), Node::Object(validity)));
        Node::Object(members)
    }
}

fn pem(der: &[u8]) -> String {
    let mut pem = String::from("-----BEGIN CERTIFICATE-----\n");
    let encoded = BASE64_STANDARD.encode(der);
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(64));
        pem.push_str(line);
        pem.push('\n');
        rest = after;
    }
    pem.push_str("-----END CERTIFICATE-----\n");
    pem
}

/// `C=US,O=Example,CN=client`.
fn name(name: &X509Name<'_>) -> String {
    let registry = oid_registry();
    let attributes = name.iter_attributes().map(|attribute| {
        let kind = oid2abbrev(attribute.attr_type(), registry)
            .map_or_else(|_| attribute.attr_type().to_id_string(), str::to_owned);
        let value = attribute.as_str().map_or_else(
            |_| String::from_utf8_lossy(attribute.as_slice()).into_owned(),
            str::to_owned,
        );
        format!("{kind}={value}")
    });
    attributes.collect::<Vec<_>>().join(",")
}

/// A small number in decimal, a large one byte by byte.
fn serial(bytes: &[u8]) -> String {
    let significant = bytes.iter().position(|b| *b != 0).unwrap_or(bytes.len());
    let bytes = &bytes[significant..];
    if bytes.len() <= 8 {
        let number = bytes.iter().fold(0_u64, |n, b| n << 8 | u64::from(*b));
        return number.to_string();
    }
    let bytes: Vec<String> = bytes.iter().map(|b| format!("{b:02x}")).collect();
    bytes.join(":")
}

/// `Aug  5 09:36:04 2021 GMT`.
fn date(time: ASN1Time) -> Option<String> {
    let time = Timestamp::from_second(time.timestamp()).ok()?;
    Some(time.strftime("%b %e %H:%M:%S %Y GMT").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cipher_suites_have_openssls_names() {
        let cases = [
            ("TLS13_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256"),
            (
                "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
                "ECDHE-RSA-AES128-GCM-SHA256",
            ),
            (
                "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
                "ECDHE-ECDSA-AES256-GCM-SHA384",
            ),
            (
                "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
                "ECDHE-ECDSA-CHACHA20-POLY1305",
            ),
        ];
        for (suite, expected) in cases {
            assert_eq!(as_openssl_calls(suite), expected);
        }
    }

    #[test]
    fn serial_numbers_are_written_as_openssl_does() {
        assert_eq!(serial(&[0]), "0");
        assert_eq!(serial(&[1]), "1");
        assert_eq!(serial(&[0, 0xff]), "255");
        let long = [0, 0xa1, 0xa2, 3, 4, 5, 6, 7, 8, 9];
        assert_eq!(serial(&long), "a1:a2:03:04:05:06:07:08:09");
    }
}
