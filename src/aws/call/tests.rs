//! Each call with each of its members, as the AWS CLI would be told: tried once against the CLI itself, then pinned.

use super::*;
use crate::aws::cli::{Cli, Secrets};
use crate::aws::patch::Patch;
use crate::model::integration::TlsConfig;
use crate::model::{
    ApiStage, CanarySettings, ContentHandling, EndpointConfiguration, GatewayResponseType,
    IntegrationType, Map, PassthroughBehavior, QuotaPeriod, QuotaSettings, ThrottleSettings,
};

fn map(key: &str, value: &str) -> Map<String> {
    [(key.to_owned(), value.to_owned())].into()
}

fn flags(key: &str) -> Map<bool> {
    [(key.to_owned(), true)].into()
}

fn patch() -> Vec<Patch> {
    vec![
        Patch::replace("/name", "new name"),
        Patch::remove_value("/apiStages", "a1b2c3d4e5:prod"),
    ]
}

fn throttle() -> ThrottleSettings {
    ThrottleSettings {
        burst_limit: 200,
        rate_limit: 100.0,
    }
}

const API: &str = "a1b2c3d4e5";
const RESOURCE: &str = "r1s2t3";

#[allow(clippy::unnecessary_wraps, reason = "members are optional")]
fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[allow(clippy::too_many_lines, reason = "a table of all calls")]
fn all() -> Vec<Call> {
    vec![
        CreateRestApi {
            name: "Pet Store".to_owned(),
            description: text("it's a store"),
            clone_from: text("z9y8x7w6v5"),
            binary_media_types: vec!["image/png".to_owned()],
            minimum_compression_size: Some(1024),
            api_key_source: Some("HEADER".into()),
            endpoint_configuration: Some(EndpointConfiguration {
                types: vec!["REGIONAL".to_owned()],
                ip_address_type: text("ipv4"),
                vpc_endpoint_ids: Vec::new(),
            }),
            policy: text("{}"),
            tags: map("team", "pets"),
            disable_execute_api_endpoint: Some(false),
        }
        .into(),
        UpdateRestApi {
            rest_api_id: API.into(),
            patch_operations: patch(),
        }
        .into(),
        DeleteRestApi {
            rest_api_id: API.into(),
        }
        .into(),
        UpdateAccount {
            patch_operations: patch(),
        }
        .into(),
        TagResource {
            resource_arn: format!("arn:aws:apigateway:us-east-1::/restapis/{API}"),
            tags: map("team", "pets"),
        }
        .into(),
        UntagResource {
            resource_arn: format!("arn:aws:apigateway:us-east-1::/restapis/{API}"),
            tag_keys: vec!["team".to_owned()],
        }
        .into(),
        CreateResource {
            rest_api_id: API.into(),
            parent_id: RESOURCE.into(),
            path_part: "{petId}".to_owned(),
        }
        .into(),
        UpdateResource {
            rest_api_id: API.into(),
            resource_id: RESOURCE.into(),
            patch_operations: patch(),
        }
        .into(),
        DeleteResource {
            rest_api_id: API.into(),
            resource_id: RESOURCE.into(),
        }
        .into(),
        CreateModel {
            rest_api_id: API.into(),
            name: "Pet".to_owned(),
            description: text("a pet"),
            schema: text("{\n  \"type\": \"object\"\n}"),
            content_type: "application/json".to_owned(),
        }
        .into(),
        UpdateModel {
            rest_api_id: API.into(),
            model_name: "Pet".to_owned(),
            patch_operations: patch(),
        }
        .into(),
        DeleteModel {
            rest_api_id: API.into(),
            model_name: "Pet".to_owned(),
        }
        .into(),
        PutGatewayResponse {
            rest_api_id: API.into(),
            response_type: Some(GatewayResponseType::Throttled),
            status_code: text("429"),
            response_parameters: map("gatewayresponse.header.Retry-After", "'1'"),
            response_templates: map(
                "application/json",
                "{\"message\":$context.error.messageString}",
            ),
        }
        .into(),
        UpdateGatewayResponse {
            rest_api_id: API.into(),
            response_type: Some(GatewayResponseType::Default4xx),
            patch_operations: patch(),
        }
        .into(),
        DeleteGatewayResponse {
            rest_api_id: API.into(),
            response_type: Some(GatewayResponseType::Default5xx),
        }
        .into(),
        PutMethod {
            rest_api_id: API.into(),
            resource_id: RESOURCE.into(),
            http_method: "POST".to_owned(),
            authorization_type: "CUSTOM".to_owned(),
            authorizer_id: text("au1234"),
            api_key_required: Some(true),
            operation_name: text("createPet"),
            request_parameters: flags("method.request.querystring.x"),
            request_models: map("application/json", "Pet"),
            request_validator_id: text("va1234"),
            authorization_scopes: vec!["pets/write".to_owned()],
        }
        .into(),
        UpdateMethod {
            rest_api_id: API.into(),
            resource_id: RESOURCE.into(),
            http_method: "POST".to_owned(),
            patch_operations: patch(),
        }
        .into(),
        DeleteMethod {
            rest_api_id: API.into(),
            resource_id: RESOURCE.into(),
            http_method: "POST".to_owned(),
        }
        .into(),
        PutMethodResponse {
            rest_api_id: API.into(),
            resource_id: RESOURCE.into(),
            http_method: "POST".to_owned(),
            status_code: "201".to_owned(),
            response_parameters: flags("method.response.header.Location"),
            response_models: map("application/json", "Pet"),
        }
        .into(),
        UpdateMethodResponse {
            rest_api_id: API.into(),
            resource_id: RESOURCE.into(),
            http_method: "POST".to_owned(),
            status_code: "201".to_owned(),
            patch_operations: patch(),
        }
        .into(),
        DeleteMethodResponse {
            rest_api_id: API.into(),
            resource_id: RESOURCE.into(),
            http_method: "POST".to_owned(),
            status_code: "201".to_owned(),
        }
        .into(),
        TestInvokeMethod {
            rest_api_id: API.into(),
            resource_id: RESOURCE.into(),
            http_method: "POST".to_owned(),
            path_with_query_string: text("/pets?x=1&y=2"),
            body: text("{\"type\": \"dog\"}"),
            headers: map("content-type", "application/json"),
            multi_value_headers: [("accept".to_owned(), vec!["a".to_owned(), "b".to_owned()])]
                .into(),
            client_certificate_id: text("ce1234"),
            stage_variables: map("backend", "127.0.0.1:9311"),
        }
        .into(),
        PutIntegration {
            rest_api_id: API.into(),
            resource_id: RESOURCE.into(),
            http_method: "POST".to_owned(),
            r#type: IntegrationType::Http,
            integration_http_method: text("POST"),
            uri: text("https://${stageVariables.backend}/pets"),
            connection_type: Some("VPC_LINK".into()),
            connection_id: text("vl1234"),
            credentials: text("arn:aws:iam::123456789012:role/x"),
            request_parameters: map("integration.request.header.X-Stage", "stageVariables.name"),
            request_templates: map(
                "application/json",
                "#set($in = $input.path('$'))\n{\"t\": \"$in.type\"}",
            ),
            passthrough_behavior: Some(PassthroughBehavior::WhenNoTemplates),
            cache_namespace: text("ns"),
            cache_key_parameters: vec!["method.request.querystring.x".to_owned()],
            content_handling: Some(ContentHandling::ConvertToText),
            timeout_in_millis: Some(29_000),
            tls_config: Some(TlsConfig {
                insecure_skip_verification: true,
            }),
            response_transfer_mode: Some("BUFFERED".into()),
            integration_target: text(
                "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/x",
            ),
        }
        .into(),
        UpdateIntegration {
            rest_api_id: API.into(),
            resource_id: RESOURCE.into(),
            http_method: "POST".to_owned(),
            patch_operations: vec![Patch::replace(
                "/requestTemplates/application~1json",
                "{\"statusCode\": 200}",
            )],
        }
        .into(),
        DeleteIntegration {
            rest_api_id: API.into(),
            resource_id: RESOURCE.into(),
            http_method: "POST".to_owned(),
        }
        .into(),
        PutIntegrationResponse {
            rest_api_id: API.into(),
            resource_id: RESOURCE.into(),
            http_method: "POST".to_owned(),
            status_code: "400".to_owned(),
            selection_pattern: text("4\\d{2}"),
            response_parameters: map("method.response.header.X", "'x'"),
            response_templates: map("application/json", ""),
            content_handling: Some(ContentHandling::ConvertToBinary),
        }
        .into(),
        UpdateIntegrationResponse {
            rest_api_id: API.into(),
            resource_id: RESOURCE.into(),
            http_method: "POST".to_owned(),
            status_code: "400".to_owned(),
            patch_operations: patch(),
        }
        .into(),
        DeleteIntegrationResponse {
            rest_api_id: API.into(),
            resource_id: RESOURCE.into(),
            http_method: "POST".to_owned(),
            status_code: "400".to_owned(),
        }
        .into(),
        CreateDeployment {
            rest_api_id: API.into(),
            stage_name: text("prod"),
            stage_description: text("for everybody"),
            description: text("checkout flow"),
            cache_cluster_enabled: Some(true),
            cache_cluster_size: Some("0.5".into()),
            variables: map("backend", "orders.internal:8080"),
            canary_settings: Some(DeploymentCanary {
                percent_traffic: 5.0,
                stage_variable_overrides: map("backend", "orders-v2.internal:8080"),
                use_stage_cache: false,
            }),
            tracing_enabled: Some(true),
        }
        .into(),
        UpdateDeployment {
            rest_api_id: API.into(),
            deployment_id: "d9f3aa".into(),
            patch_operations: patch(),
        }
        .into(),
        DeleteDeployment {
            rest_api_id: API.into(),
            deployment_id: "d9f3aa".into(),
        }
        .into(),
        CreateStage {
            rest_api_id: API.into(),
            stage_name: "prod".to_owned(),
            deployment_id: "d9f3aa".into(),
            description: text("for everybody"),
            cache_cluster_enabled: Some(false),
            cache_cluster_size: Some("0.5".into()),
            variables: map("backend", "orders.internal:8080"),
            documentation_version: text("1"),
            canary_settings: Some(CanarySettings {
                percent_traffic: 5.0,
                deployment_id: text("e1a7bb"),
                stage_variable_overrides: None,
                use_stage_cache: true,
            }),
            tracing_enabled: Some(false),
            tags: map("team", "pets"),
        }
        .into(),
        UpdateStage {
            rest_api_id: API.into(),
            stage_name: "prod".to_owned(),
            patch_operations: vec![
                Patch::replace("/canarySettings/percentTraffic", "0.0"),
                Patch::copy("/canarySettings/stageVariableOverrides", "/variables"),
                Patch::copy("/canarySettings/deploymentId", "/deploymentId"),
            ],
        }
        .into(),
        DeleteStage {
            rest_api_id: API.into(),
            stage_name: "prod".to_owned(),
        }
        .into(),
        FlushStageCache {
            rest_api_id: API.into(),
            stage_name: "prod".to_owned(),
        }
        .into(),
        FlushStageAuthorizersCache {
            rest_api_id: API.into(),
            stage_name: "prod".to_owned(),
        }
        .into(),
        CreateUsagePlan {
            name: "gold".to_owned(),
            description: text("the best"),
            api_stages: vec![ApiStage {
                api_id: API.to_owned(),
                stage: "prod".to_owned(),
                throttle: Some([("/pets/GET".to_owned(), throttle())].into()),
            }],
            throttle: Some(throttle()),
            quota: Some(QuotaSettings {
                limit: 1_000_000,
                offset: 0,
                period: QuotaPeriod::Month,
            }),
            tags: map("team", "pets"),
        }
        .into(),
        UpdateUsagePlan {
            usage_plan_id: "p1q2r3".into(),
            patch_operations: patch(),
        }
        .into(),
        DeleteUsagePlan {
            usage_plan_id: "p1q2r3".into(),
        }
        .into(),
        CreateUsagePlanKey {
            usage_plan_id: "p1q2r3".into(),
            key_id: "k1l2m3n4o5".into(),
            key_type: "API_KEY".to_owned(),
        }
        .into(),
        DeleteUsagePlanKey {
            usage_plan_id: "p1q2r3".into(),
            key_id: "k1l2m3n4o5".into(),
        }
        .into(),
        UpdateUsage {
            usage_plan_id: "p1q2r3".into(),
            key_id: "k1l2m3n4o5".into(),
            patch_operations: vec![Patch::replace("/remaining", "100")],
        }
        .into(),
        CreateApiKey {
            name: text("acme-prod"),
            description: text("Acme's shop"),
            enabled: true,
            value: Some(Secret::new("01234567890123456789")),
            customer_id: text("c1"),
            tags: map("team", "pets"),
        }
        .into(),
        UpdateApiKey {
            api_key: "k1l2m3n4o5".into(),
            patch_operations: vec![Patch::replace("/enabled", "false")],
        }
        .into(),
        DeleteApiKey {
            api_key: "k1l2m3n4o5".into(),
        }
        .into(),
        ImportApiKeys {
            body: SecretBytes(Secret::new("name,key\nacme,01234567890123456789\n")),
            format: "csv".into(),
            fail_on_warnings: false,
        }
        .into(),
        GetApiKey {
            api_key: "k1l2m3n4o5".into(),
            include_value: true,
        }
        .into(),
    ]
}

#[test]
fn each_call_is_written_for_the_cli() {
    let cli = Cli {
        endpoint_url: Some("http://127.0.0.1:4566".to_owned()),
        region: Some("us-east-1".to_owned()),
        profile: None,
    };
    let text: Vec<String> = cli.commands(&all(), Secrets::Shown);
    insta::assert_snapshot!("cli", text.join("\n"));
}

#[test]
fn the_table_has_each_call_once() {
    let names: Vec<_> = all().iter().map(Call::operation).collect();
    assert_eq!(names, OPERATIONS);
}

#[test]
fn a_call_says_what_it_acts_on() {
    let subject = |call: Call| call.subject();
    assert_eq!(
        subject(
            UpdateStage {
                rest_api_id: API.into(),
                stage_name: "prod".to_owned(),
                ..UpdateStage::default()
            }
            .into()
        ),
        "API a1b2c3d4e5 stage prod"
    );
    assert_eq!(subject(UpdateAccount::default().into()), "the account");
}
