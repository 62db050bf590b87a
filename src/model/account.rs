//! The account's settings in a region.

use serde::{Deserialize, Serialize};

use super::ThrottleSettings;

/// An account, as `GetAccount` answers it. Source: `spec/rest/control-plane.md` §4.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Account {
    /// The role that writes execution logs; absent until set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cloudwatch_role_arn: Option<String>,
    /// What all APIs of the region share.
    pub throttle_settings: ThrottleSettings,
    /// `UsagePlans`.
    #[serde(default)]
    pub features: Vec<String>,
    /// The generation of API keys.
    pub api_key_version: String,
}

impl Default for Account {
    fn default() -> Self {
        Self {
            cloudwatch_role_arn: None,
            throttle_settings: ThrottleSettings {
                burst_limit: 5000,
                rate_limit: 10_000.0,
            },
            features: vec!["UsagePlans".to_owned()],
            api_key_version: "4".to_owned(),
        }
    }
}
