//! Usage plans: who may call which stages, how fast, how much.

use serde::{Deserialize, Serialize};

use super::Map;

/// A usage plan. Source: `spec/rest/throttling-usage-plans.md` §3 (recorded).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UsagePlan {
    /// Six characters.
    pub id: String,
    /// Shown to people.
    pub name: String,
    /// Shown to people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The stages that its keys open.
    pub api_stages: Vec<ApiStage>,
    /// Per key, over all stages of the plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub throttle: Option<ThrottleSettings>,
    /// Per key, over all stages of the plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quota: Option<QuotaSettings>,
    /// Of a marketplace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product_code: Option<String>,
    /// Absent where the service leaves tags out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Map<String>>,
}

/// A stage of a usage plan.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApiStage {
    /// The API.
    pub api_id: String,
    /// The stage's name.
    pub stage: String,
    /// `{path}/{verb}` → limits per key for that method.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub throttle: Option<Map<ThrottleSettings>>,
}

/// A token bucket's size and fill rate.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ThrottleSettings {
    /// Requests that may come at once.
    pub burst_limit: i64,
    /// Requests a second.
    pub rate_limit: f64,
}

/// How many requests a key has in a period.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct QuotaSettings {
    /// Requests in a period.
    pub limit: i64,
    /// Requests taken off the first period.
    pub offset: i64,
    /// When the count starts anew.
    pub period: QuotaPeriod,
}

/// When a quota's count starts anew, in UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum QuotaPeriod {
    /// At midnight.
    #[default]
    Day,
    /// On Sunday at midnight (the weekday is unverified).
    Week,
    /// On the first day of the month.
    Month,
}
