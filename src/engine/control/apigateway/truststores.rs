//! Truststores of mutual TLS: which file stands for an object of S3, and what a domain makes of it.
//!
//! Source: `spec/rest/domain-names.md` §6, page "Configuring mutual TLS authentication for a REST API". The texts of refusals are not
//! recorded.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::error::bad;
use super::txn::Txn;
use crate::engine::gateway::Truststore;
use crate::engine::wire::ServiceError;
use crate::model::MutualTlsAuthentication;

/// The flag that says which file stands for an object, for messages.
const FLAG: &str = "--truststore";

/// What `--truststore` gave: objects of S3 and the files that stand for them.
#[derive(Clone, Debug, Default)]
pub struct Truststores(BTreeMap<String, PathBuf>);

impl Truststores {
    /// Adds `s3://BUCKET/KEY=FILE`.
    ///
    /// # Errors
    /// When it isn't that, in words for the user.
    pub fn add(&mut self, text: &str) -> Result<(), String> {
        let parts = text.split_once('=');
        let (uri, file) = parts
            .filter(|(uri, file)| is_object(uri) && !file.is_empty())
            .ok_or("write it as s3://BUCKET/KEY=FILE")?;
        self.0.insert(uri.to_owned(), PathBuf::from(file));
        Ok(())
    }

    /// The text of an object.
    fn read(&self, uri: &str) -> Result<String, ServiceError> {
        if !is_object(uri) {
            return Err(bad(format!(
                "Invalid truststore URI: {uri}. It must be of the form s3://bucket-name/key-name"
            )));
        }
        let file = self.0.get(uri).ok_or_else(|| {
            bad(format!(
                "It isn't known which file stands for {uri}: start Sluice with {FLAG} {uri}=FILE"
            ))
        })?;
        std::fs::read_to_string(file).map_err(|error| {
            let file = file.display();
            bad(format!(
                "The truststore {uri} can't be read from {file}: {error}"
            ))
        })
    }
}

fn is_object(uri: &str) -> bool {
    let path = uri.strip_prefix("s3://").and_then(|p| p.split_once('/'));
    path.is_some_and(|(bucket, key)| !bucket.is_empty() && !key.is_empty())
}

/// Reads the truststore that a domain names, as it is now, and notes in the domain what is wrong with single certificates. The domain
/// keeps the text: a changed file counts when the domain is changed next, as on AWS.
pub(super) fn take(
    txn: &Txn<'_>,
    mutual: &mut MutualTlsAuthentication,
) -> Result<String, ServiceError> {
    let uri = &mutual.truststore_uri;
    let pem = txn.deps.truststores.read(uri)?;
    let (_, warnings) = Truststore::read(&pem, txn.deps.clock.now())
        .map_err(|error| bad(format!("Invalid truststore {uri}: {error}")))?;
    mutual.truststore_warnings = warnings;
    Ok(pem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_stands_for_an_object() {
        let mut all = Truststores::default();
        for wrong in [
            "",
            "s3://a/b",
            "s3://a/b=",
            "s3:///b=x",
            "s3://a=x",
            "https://a/b=x",
        ] {
            assert!(all.add(wrong).is_err(), "{wrong}");
        }
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "text").unwrap();
        all.add(&format!("s3://bucket/a/b.pem={}", file.path().display()))
            .unwrap();
        assert_eq!(all.read("s3://bucket/a/b.pem").unwrap(), "text");
        let refused = |uri| all.read(uri).unwrap_err().message;
        assert!(refused("s3://bucket/c").contains("--truststore s3://bucket/c=FILE"));
        assert!(refused("/etc/passwd").contains("Invalid truststore URI"));
    }
}
