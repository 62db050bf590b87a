//! A stage: a deployment under a name, with settings that act at once.

use serde::{Deserialize, Serialize};

use super::{EpochSeconds, Map};

/// A stage, as `GetStage` answers it. Source: `spec/rest/deployments-stages-canary.md` §2 (recorded).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Stage {
    /// The deployment that production requests are served from.
    pub deployment_id: String,
    /// Presented to HTTP backends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_certificate_id: Option<String>,
    /// Unique in the API.
    pub stage_name: String,
    /// Shown to people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether a cache is provisioned.
    pub cache_cluster_enabled: bool,
    /// Gigabytes, as text: `0.5`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_cluster_size: Option<String>,
    /// `NOT_AVAILABLE`, `CREATE_IN_PROGRESS`, `AVAILABLE`, …
    pub cache_cluster_status: String,
    /// `*/*` or `{path}/{verb}` → settings.
    pub method_settings: Map<MethodSetting>,
    /// Stage variables.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variables: Option<Map<String>>,
    /// The documentation version shown with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub documentation_version: Option<String>,
    /// Where and how access is logged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_log_settings: Option<AccessLogSettings>,
    /// The canary, if the stage has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub canary_settings: Option<CanarySettings>,
    /// Whether requests are traced with X-Ray.
    pub tracing_enabled: bool,
    /// The web ACL in front of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub web_acl_arn: Option<String>,
    /// Absent when there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Map<String>>,
    /// When it was created.
    pub created_date: EpochSeconds,
    /// When any of it last changed.
    pub last_updated_date: EpochSeconds,
}

impl Default for Stage {
    fn default() -> Self {
        Self {
            deployment_id: String::new(),
            client_certificate_id: None,
            stage_name: String::new(),
            description: None,
            cache_cluster_enabled: false,
            cache_cluster_size: None,
            cache_cluster_status: "NOT_AVAILABLE".to_owned(),
            method_settings: Map::default(),
            variables: None,
            documentation_version: None,
            access_log_settings: None,
            canary_settings: None,
            tracing_enabled: false,
            web_acl_arn: None,
            tags: None,
            created_date: 0,
            last_updated_date: 0,
        }
    }
}

/// Where and how access is logged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AccessLogSettings {
    /// Text with `$context` variables.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// A log group or delivery stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination_arn: Option<String>,
}

/// A second deployment that takes a share of the stage's requests.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CanarySettings {
    /// 0.0 to 100.0.
    pub percent_traffic: f64,
    /// What the canary's requests are served from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployment_id: Option<String>,
    /// Laid over the stage's variables for canary requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage_variable_overrides: Option<Map<String>>,
    /// Whether canary requests use the stage's cache.
    pub use_stage_cache: bool,
}

/// Settings of one method, or of all (`*/*`). Source: `spec/rest/deployments-stages-canary.md` §3 (recorded).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MethodSetting {
    /// Detailed metrics per method.
    pub metrics_enabled: bool,
    /// `OFF`, `ERROR` or `INFO`; absent until set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logging_level: Option<String>,
    /// Bodies in the execution log.
    pub data_trace_enabled: bool,
    /// Requests that may come at once.
    pub throttling_burst_limit: i64,
    /// Requests a second.
    pub throttling_rate_limit: f64,
    /// Whether answers are cached.
    pub caching_enabled: bool,
    /// Seconds, 0 to 3600.
    pub cache_ttl_in_seconds: i64,
    /// Whether cached answers are encrypted at rest.
    pub cache_data_encrypted: bool,
    /// Whether a client that invalidates an entry must be authorized.
    pub require_authorization_for_cache_control: bool,
    /// What an unauthorized one gets.
    pub unauthorized_cache_control_header_strategy: String,
}

impl Default for MethodSetting {
    fn default() -> Self {
        Self {
            metrics_enabled: false,
            logging_level: None,
            data_trace_enabled: false,
            throttling_burst_limit: 5000,
            throttling_rate_limit: 10_000.0,
            caching_enabled: false,
            cache_ttl_in_seconds: 300,
            cache_data_encrypted: false,
            require_authorization_for_cache_control: true,
            unauthorized_cache_control_header_strategy: "SUCCEED_WITH_RESPONSE_HEADER".to_owned(),
        }
    }
}

impl Stage {
    /// Turns the cache cluster on or off; without a size it has the smallest. The status is that of the change which this begins;
    /// who serves the stage knows when it is done.
    pub fn set_cache_cluster(&mut self, enabled: bool, size: Option<String>) {
        let size = match (enabled, size) {
            (true, None) => Some("0.5".to_owned()),
            (_, size) => size,
        };
        let status = match (self.cache_cluster_enabled, enabled) {
            (true, true) if self.cache_cluster_size == size => None,
            (_, true) => Some("CREATE_IN_PROGRESS"),
            (true, false) => Some("DELETE_IN_PROGRESS"),
            (false, false) => None,
        };
        self.cache_cluster_enabled = enabled;
        self.cache_cluster_size = size;
        if let Some(status) = status {
            status.clone_into(&mut self.cache_cluster_status);
        }
    }

    /// The settings that act on a method: its own entry, else `*/*`, else none.
    ///
    /// All spellings of a path serve: `test/GET` as the service records it, `~1test/GET` as its guide writes it, `//GET` as usage plans
    /// write the root's.
    #[must_use]
    pub fn settings_of(&self, path: &str, verb: &str) -> Option<&MethodSetting> {
        let trimmed = path.strip_prefix('/').unwrap_or(path);
        self.method_settings
            .get(&format!("{trimmed}/{verb}"))
            .or_else(|| {
                self.method_settings
                    .get(&format!("{}/{verb}", path.replace('/', "~1")))
            })
            .or_else(|| self.method_settings.get(&format!("{path}/{verb}")))
            .or_else(|| self.method_settings.get("*/*"))
    }
}
