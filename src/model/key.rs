//! API keys.

use serde::{Deserialize, Serialize};

use super::{EpochSeconds, Map};

/// An API key. Source: `spec/rest/throttling-usage-plans.md` §2 (recorded).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApiKey {
    /// Ten characters.
    pub id: String,
    /// 20 to 128 characters; left out of answers that weren't asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Not unique.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Of a marketplace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<String>,
    /// Shown to people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether it opens anything.
    pub enabled: bool,
    /// When it was created.
    pub created_date: EpochSeconds,
    /// When it last changed.
    pub last_updated_date: EpochSeconds,
    /// Legacy: `{api}/{stage}`.
    pub stage_keys: Vec<String>,
    /// Absent where the service leaves tags out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Map<String>>,
}

/// A key as a member of a usage plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UsagePlanKey {
    /// The key's id.
    pub id: String,
    /// Always `API_KEY`.
    #[serde(rename = "type")]
    pub key_type: String,
    /// The key's value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The key's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}
