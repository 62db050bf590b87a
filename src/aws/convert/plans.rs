//! Usage plans, API keys, usage, the account: from the SDK to the model.

use aws_sdk_apigateway::operation::get_account::GetAccountOutput;
use aws_sdk_apigateway::types as sdk;

use crate::model::{
    Account, ApiKey, ApiStage, QuotaSettings, ThrottleSettings, UsagePlan, UsagePlanKey,
};

use super::{epoch, named, sorted, sorted_option, text};

pub(crate) fn usage_plan(plan: sdk::UsagePlan) -> UsagePlan {
    let stages = plan.api_stages.unwrap_or_default();
    UsagePlan {
        id: text(plan.id),
        name: text(plan.name),
        description: plan.description,
        api_stages: stages.into_iter().map(api_stage).collect(),
        throttle: plan.throttle.map(throttle_settings),
        quota: plan.quota.map(|quota| QuotaSettings {
            limit: i64::from(quota.limit),
            offset: i64::from(quota.offset),
            period: quota
                .period
                .and_then(|p| named(p.as_str()))
                .unwrap_or_default(),
        }),
        product_code: plan.product_code,
        tags: sorted_option(plan.tags),
    }
}

fn api_stage(stage: sdk::ApiStage) -> ApiStage {
    ApiStage {
        api_id: text(stage.api_id),
        stage: text(stage.stage),
        throttle: stage.throttle.map(|map| sorted(map, throttle_settings)),
    }
}

#[allow(
    clippy::needless_pass_by_value,
    reason = "used where a value is at hand"
)]
fn throttle_settings(throttle: sdk::ThrottleSettings) -> ThrottleSettings {
    ThrottleSettings {
        burst_limit: i64::from(throttle.burst_limit),
        rate_limit: throttle.rate_limit,
    }
}

/// Without the value, which lists of a plan's keys always bring: values are shown only when asked for.
pub(crate) fn usage_plan_key(key: sdk::UsagePlanKey) -> UsagePlanKey {
    UsagePlanKey {
        id: text(key.id),
        key_type: text(key.r#type),
        value: None,
        name: key.name,
    }
}

/// Without the value, for the same reason.
pub(crate) fn api_key(key: sdk::ApiKey) -> ApiKey {
    ApiKey {
        id: text(key.id),
        value: None,
        name: key.name,
        customer_id: key.customer_id,
        description: key.description,
        enabled: key.enabled,
        created_date: epoch(key.created_date),
        last_updated_date: epoch(key.last_updated_date),
        stage_keys: key.stage_keys.unwrap_or_default(),
        tags: sorted_option(key.tags),
    }
}

pub(crate) fn account(account: GetAccountOutput) -> Account {
    Account {
        cloudwatch_role_arn: account.cloudwatch_role_arn,
        throttle_settings: account
            .throttle_settings
            .map(throttle_settings)
            .unwrap_or_default(),
        features: account.features.unwrap_or_default(),
        api_key_version: text(account.api_key_version),
    }
}
