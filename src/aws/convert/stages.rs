//! Deployments and stages: from the SDK to the model.

use aws_sdk_apigateway::operation::get_deployment::GetDeploymentOutput;
use aws_sdk_apigateway::types as sdk;

use crate::model::{
    AccessLogSettings, CanarySettings, Deployment, MethodSetting, MethodSnapshot, Stage,
};

use super::{epoch, sorted, sorted_option, text};

pub(crate) fn stage(stage: sdk::Stage) -> Stage {
    Stage {
        deployment_id: text(stage.deployment_id),
        client_certificate_id: stage.client_certificate_id,
        stage_name: text(stage.stage_name),
        description: stage.description,
        cache_cluster_enabled: stage.cache_cluster_enabled,
        cache_cluster_size: stage.cache_cluster_size.map(|s| s.as_str().to_owned()),
        cache_cluster_status: stage
            .cache_cluster_status
            .map_or_else(|| "NOT_AVAILABLE".to_owned(), |s| s.as_str().to_owned()),
        method_settings: stage
            .method_settings
            .map(|map| sorted(map, method_setting))
            .unwrap_or_default(),
        variables: sorted_option(stage.variables),
        documentation_version: stage.documentation_version,
        access_log_settings: stage.access_log_settings.map(|log| AccessLogSettings {
            format: log.format,
            destination_arn: log.destination_arn,
        }),
        canary_settings: stage.canary_settings.map(|canary| CanarySettings {
            percent_traffic: canary.percent_traffic,
            deployment_id: canary.deployment_id,
            stage_variable_overrides: sorted_option(canary.stage_variable_overrides),
            use_stage_cache: canary.use_stage_cache,
        }),
        tracing_enabled: stage.tracing_enabled,
        web_acl_arn: stage.web_acl_arn,
        tags: sorted_option(stage.tags),
        created_date: epoch(stage.created_date),
        last_updated_date: epoch(stage.last_updated_date),
    }
}

fn method_setting(setting: sdk::MethodSetting) -> MethodSetting {
    MethodSetting {
        metrics_enabled: setting.metrics_enabled,
        logging_level: setting.logging_level,
        data_trace_enabled: setting.data_trace_enabled,
        throttling_burst_limit: i64::from(setting.throttling_burst_limit),
        throttling_rate_limit: setting.throttling_rate_limit,
        caching_enabled: setting.caching_enabled,
        cache_ttl_in_seconds: i64::from(setting.cache_ttl_in_seconds),
        cache_data_encrypted: setting.cache_data_encrypted,
        require_authorization_for_cache_control: setting.require_authorization_for_cache_control,
        unauthorized_cache_control_header_strategy: setting
            .unauthorized_cache_control_header_strategy
            .map_or_else(
                || MethodSetting::default().unauthorized_cache_control_header_strategy,
                |s| s.as_str().to_owned(),
            ),
    }
}

/// The SDK has two types with the same members: one in lists, one as the answer to `GetDeployment`.
macro_rules! deployment {
    ($deployment:ident) => {
        Deployment {
            id: text($deployment.id),
            description: $deployment.description,
            created_date: epoch($deployment.created_date),
            api_summary: $deployment
                .api_summary
                .map(|paths| sorted(paths, |verbs| sorted(verbs, method_snapshot))),
        }
    };
}

pub(crate) fn deployment(deployment: sdk::Deployment) -> Deployment {
    deployment!(deployment)
}

pub(crate) fn deployment_output(deployment: GetDeploymentOutput) -> Deployment {
    deployment!(deployment)
}

fn method_snapshot(snapshot: sdk::MethodSnapshot) -> MethodSnapshot {
    MethodSnapshot {
        authorization_type: text(snapshot.authorization_type),
        api_key_required: snapshot.api_key_required,
    }
}
