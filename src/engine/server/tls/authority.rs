//! The local certificate authority: made when it is first needed, kept in the data folder, and asked for a certificate whenever a
//! client names a host that has none yet.

use std::fs;
use std::io::{ErrorKind, Write};
use std::net::IpAddr;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::CertifiedKey;

/// The folder in the data folder.
const FOLDER: &str = "tls";
/// The authority's certificate in it, which clients are to trust.
const CERTIFICATE: &str = "ca.pem";
const KEY: &str = "ca-key.pem";

/// How long the authority is good for: longer than anybody keeps a data folder.
const AUTHORITY_LIFE: Duration = Duration::from_hours(24 * 3650);
/// How long a server's certificate is good for; some clients take none for more than 398 days.
pub(super) const SERVER_LIFE: Duration = Duration::from_hours(24 * 90);
/// Clients' clocks may be behind.
const BACKDATED: Duration = Duration::from_hours(24);

/// Why there is no authority.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// Its files can't be read or written.
    #[error("the certificate authority's file {path} can't be used: {source}", path = .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Its files hold something else, or nothing can be made.
    #[error("the certificate authority can't be used: {0}")]
    Unusable(String),
}

impl From<rcgen::Error> for AuthorityError {
    fn from(error: rcgen::Error) -> Self {
        Self::Unusable(error.to_string())
    }
}

/// The authority.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
    /// Where its certificate is, unless that is nowhere but in memory.
    file: Option<PathBuf>,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority")
            .field("file", &self.file)
            .finish_non_exhaustive()
    }
}

impl Authority {
    /// The authority of a data folder, which is made if there is none; without a folder a new one.
    pub(crate) fn open(data: Option<&Path>, now: Timestamp) -> Result<Self, AuthorityError> {
        let Some(data) = data else {
            let (pem, key) = make(now)?;
            return Self::read(pem, &key, None);
        };
        let folder = data.join(FOLDER);
        let (file, key_file) = (folder.join(CERTIFICATE), folder.join(KEY));
        let failed = |path: &Path, source| AuthorityError::File {
            path: path.to_owned(),
            source,
        };
        let pem = match fs::read_to_string(&file) {
            Ok(pem) => pem,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let made = fs::DirBuilder::new()
                    .recursive(true)
                    .mode(0o700)
                    .create(&folder);
                made.map_err(|error| failed(&folder, error))?;
                let (pem, key) = make(now)?;
                // The certificate comes last: where it is, the key is too.
                write(&key_file, &key).map_err(|error| failed(&key_file, error))?;
                write(&file, &pem).map_err(|error| failed(&file, error))?;
                pem
            }
            Err(error) => return Err(failed(&file, error)),
        };
        let key = fs::read_to_string(&key_file).map_err(|error| failed(&key_file, error))?;
        Self::read(pem, &key, Some(file))
    }

    fn read(pem: String, key: &str, file: Option<PathBuf>) -> Result<Self, AuthorityError> {
        let issuer = Issuer::from_ca_cert_pem(&pem, KeyPair::from_pem(key)?)?;
        Ok(Self { issuer, pem, file })
    }

    /// Its certificate, as PEM.
    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    /// The file that its certificate is in; nothing when it is kept in memory.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// A certificate for these names and addresses, with a key of its own.
    pub(super) fn issue(
        &self,
        names: &[String],
        addresses: &[IpAddr],
        now: Timestamp,
    ) -> Result<CertifiedKey, AuthorityError> {
        let addresses = addresses.iter().map(ToString::to_string);
        let names: Vec<String> = names.iter().cloned().chain(addresses).collect();
        let mut params = CertificateParams::new(names)?;
        params.distinguished_name = named("Sluice");
        date(&mut params, now, SERVER_LIFE);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let key = aws_lc_rs::sign::any_supported_type(&key)
            .map_err(|error| AuthorityError::Unusable(error.to_string()))?;
        let chain: Vec<CertificateDer<'static>> = vec![certificate.der().clone()];
        Ok(CertifiedKey::new(chain, Arc::clone(&key)))
    }
}

/// A new authority: certificate and key, as PEM.
fn make(now: Timestamp) -> Result<(String, String), AuthorityError> {
    let mut params = CertificateParams::default();
    params.distinguished_name = named("Sluice local certificate authority");
    date(&mut params, now, AUTHORITY_LIFE);
    // It signs servers, and no other authorities.
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    Ok((certificate.pem(), key.serialize_pem()))
}

fn named(name: &str) -> rcgen::DistinguishedName {
    let mut all = rcgen::DistinguishedName::new();
    all.push(DnType::CommonName, name);
    all
}

/// Says from when to when something that is made now is good.
fn date(params: &mut CertificateParams, now: Timestamp, life: Duration) {
    let seconds = Duration::from_secs(now.as_second().unsigned_abs());
    let now = rcgen::date_time_ymd(1970, 1, 1) + seconds;
    params.not_before = now - BACKDATED;
    params.not_after = now + life;
}

fn write(file: &Path, text: &str) -> std::io::Result<()> {
    let mut file = fs::OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(file)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn now() -> Timestamp {
        "2026-01-02T03:04:05Z".parse().unwrap()
    }

    #[test]
    fn an_authority_is_made_once_and_its_key_is_for_its_owner_only() {
        let data = tempfile::tempdir().unwrap();
        let first = Authority::open(Some(data.path()), now()).unwrap();
        let file = data.path().join("tls/ca.pem");
        assert_eq!(first.file(), Some(file.as_path()));
        assert_eq!(fs::read_to_string(&file).unwrap(), first.pem());
        for name in ["tls/ca.pem", "tls/ca-key.pem"] {
            let mode = fs::metadata(data.path().join(name)).unwrap().permissions();
            assert_eq!(mode.mode() & 0o777, 0o600, "{name}");
        }
        let again = Authority::open(Some(data.path()), now()).unwrap();
        assert_eq!(again.pem(), first.pem());
        let other = Authority::open(None, now()).unwrap();
        assert_eq!(other.file(), None);
        assert_ne!(other.pem(), first.pem());
        fs::write(&file, "no certificate").unwrap();
        let error = Authority::open(Some(data.path()), now()).unwrap_err();
        assert!(error.to_string().contains("can't be used"), "{error}");
        fs::remove_file(data.path().join("tls/ca-key.pem")).unwrap();
        let error = Authority::open(Some(data.path()), now()).unwrap_err();
        assert!(error.to_string().contains("ca-key.pem"), "{error}");
    }
}
