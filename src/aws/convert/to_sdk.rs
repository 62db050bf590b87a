//! From the model to the SDK: the structures that calls send.

use aws_sdk_apigateway::types as sdk;

use crate::aws::call::DeploymentCanary;
use crate::model::integration::TlsConfig;
use crate::model::{
    ApiStage, CanarySettings, EndpointConfiguration, QuotaSettings, ThrottleSettings,
};

use super::{hash, int32, name};

pub(crate) fn canary_settings(canary: &CanarySettings) -> sdk::CanarySettings {
    sdk::CanarySettings::builder()
        .percent_traffic(canary.percent_traffic)
        .set_deployment_id(canary.deployment_id.clone())
        .set_stage_variable_overrides(canary.stage_variable_overrides.as_ref().map(hash))
        .use_stage_cache(canary.use_stage_cache)
        .build()
}

pub(crate) fn deployment_canary(canary: &DeploymentCanary) -> sdk::DeploymentCanarySettings {
    let overrides = &canary.stage_variable_overrides;
    sdk::DeploymentCanarySettings::builder()
        .percent_traffic(canary.percent_traffic)
        .set_stage_variable_overrides((!overrides.is_empty()).then(|| hash(overrides)))
        .use_stage_cache(canary.use_stage_cache)
        .build()
}

pub(crate) fn endpoint_configuration(
    endpoint: &EndpointConfiguration,
) -> sdk::EndpointConfiguration {
    let vpc_endpoints = &endpoint.vpc_endpoint_ids;
    sdk::EndpointConfiguration::builder()
        .set_types(Some(
            endpoint.types.iter().map(|t| t.as_str().into()).collect(),
        ))
        .set_ip_address_type(endpoint.ip_address_type.as_deref().map(Into::into))
        .set_vpc_endpoint_ids((!vpc_endpoints.is_empty()).then(|| vpc_endpoints.clone()))
        .build()
}

pub(crate) fn throttle_settings(throttle: &ThrottleSettings) -> sdk::ThrottleSettings {
    sdk::ThrottleSettings::builder()
        .burst_limit(int32(throttle.burst_limit))
        .rate_limit(throttle.rate_limit)
        .build()
}

pub(crate) fn quota_settings(quota: &QuotaSettings) -> sdk::QuotaSettings {
    sdk::QuotaSettings::builder()
        .limit(int32(quota.limit))
        .offset(int32(quota.offset))
        .period(name(&quota.period).as_str().into())
        .build()
}

pub(crate) fn api_stage(stage: &ApiStage) -> sdk::ApiStage {
    let throttle = stage.throttle.as_ref().map(|map| {
        map.iter()
            .map(|(method, limits)| (method.clone(), throttle_settings(limits)))
            .collect()
    });
    sdk::ApiStage::builder()
        .api_id(&stage.api_id)
        .stage(&stage.stage)
        .set_throttle(throttle)
        .build()
}

pub(crate) fn tls_config(tls: &TlsConfig) -> sdk::TlsConfig {
    sdk::TlsConfig::builder()
        .insecure_skip_verification(tls.insecure_skip_verification)
        .build()
}
