//! A deployment: the frozen definition has its own place, this is what the service says of it.

use serde::{Deserialize, Serialize};

use super::{EpochSeconds, Map};

/// A deployment, as `GetDeployment` answers it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Deployment {
    /// Six characters.
    pub id: String,
    /// Given by who deployed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// When it was made.
    pub created_date: EpochSeconds,
    /// Path → verb → how it is protected; only when asked for with `embed=apisummary`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_summary: Option<Map<Map<MethodSnapshot>>>,
}

/// What a deployment's summary says of one method.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MethodSnapshot {
    /// As in the method.
    pub authorization_type: String,
    /// As in the method.
    pub api_key_required: bool,
}
