//! Client certificates: by them backends tell that it is the gateway who calls.

use serde::{Deserialize, Serialize};

use super::{EpochSeconds, Map};

/// A client certificate, without its key, which the service never shows. Source: `spec/rest/control-plane.md` §4.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClientCertificate {
    /// Six characters.
    pub client_certificate_id: String,
    /// Shown to people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What a backend must trust.
    pub pem_encoded_certificate: String,
    /// When it was made.
    pub created_date: EpochSeconds,
    /// A year later.
    pub expiration_date: EpochSeconds,
    /// Absent where the service leaves tags out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Map<String>>,
}
