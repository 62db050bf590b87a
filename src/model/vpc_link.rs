//! VPC links: how integrations reach what isn't public.

use serde::{Deserialize, Serialize};

use super::Map;

/// A VPC link. Source: `spec/rest/control-plane.md` §4 (recorded).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VpcLink {
    /// Six characters.
    pub id: String,
    /// Shown to people.
    pub name: String,
    /// Shown to people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The load balancers that it leads to.
    pub target_arns: Vec<String>,
    /// `PENDING`, `AVAILABLE`, `DELETING` or `FAILED`.
    pub status: String,
    /// What the status means.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_message: Option<String>,
    /// Absent where the service leaves tags out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Map<String>>,
}
