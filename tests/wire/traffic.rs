//! Keys, plans and canaries through the SDK, and what clients of the API see of them at once. Recordings: `usage-plans-api-keys`,
//! `canary`.

use aws_sdk_apigateway::Client;
use aws_sdk_apigateway::types::{
    ApiStage, DeploymentCanarySettings, Op, PatchOperation, QuotaPeriodType, QuotaSettings,
    ThrottleSettings,
};

use sluice::base::Clock;
use sluice::engine::Config;

use crate::support::{Gateway, mock_api};

const KEY: &str = "abcdefghijklmnopqrstuvwxyz";
const DAY: &str = "2026-01-02";

fn operation(op: &Op, path: &str, value: &str) -> PatchOperation {
    let operation = PatchOperation::builder().op(op.clone()).path(path);
    match op {
        Op::Copy => operation.from(value).build(),
        _ => operation.value(value).build(),
    }
}

async fn deploy(client: &Client, api: &str) -> String {
    let deployment = client
        .create_deployment()
        .rest_api_id(api)
        .stage_name("dev")
        .send();
    deployment.await.unwrap().id().unwrap().to_owned()
}

async fn patch_stage(client: &Client, api: &str, operations: Vec<PatchOperation>) {
    let update = client.update_stage().rest_api_id(api).stage_name("dev");
    update
        .set_patch_operations(Some(operations))
        .send()
        .await
        .unwrap();
}

/// The status that a client with this key gets.
async fn status(gateway: &Gateway, api: &str, key: Option<&str>) -> u16 {
    let url = format!("{}/_aws/execute-api/{api}/dev/hello", gateway.url());
    let request = Gateway::http().get(url);
    let request = match key {
        Some(key) => request.header("x-api-key", key),
        None => request,
    };
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_key_opens_what_its_plan_says_until_its_quota_is_used_up() {
    // Time stands still, so that no period ends in between.
    let clock = Clock::manual("2026-01-02T03:04:05Z".parse().unwrap());
    let gateway = Gateway::with(Config {
        clock,
        ..Config::default()
    });
    let client = gateway.apigateway();
    let (api, resource) = mock_api(&client, "hello").await;
    client
        .update_method()
        .rest_api_id(&api)
        .resource_id(resource)
        .http_method("GET")
        .patch_operations(operation(&Op::Replace, "/apiKeyRequired", "true"))
        .send()
        .await
        .unwrap();
    deploy(&client, &api).await;
    let plan = client
        .create_usage_plan()
        .name("plan")
        .api_stages(ApiStage::builder().api_id(&api).stage("dev").build())
        .quota(
            QuotaSettings::builder()
                .limit(2)
                .period(QuotaPeriodType::Month)
                .build(),
        )
        .throttle(
            ThrottleSettings::builder()
                .burst_limit(100)
                .rate_limit(100.0)
                .build(),
        )
        .send()
        .await
        .unwrap();
    let plan = plan.id().unwrap();
    let key = client.create_api_key().name("key").value(KEY).enabled(true);
    let key = key.send().await.unwrap();
    let key = key.id().unwrap();
    assert_eq!(status(&gateway, &api, None).await, 403);
    assert_eq!(status(&gateway, &api, Some(KEY)).await, 403, "in no plan");

    let member = client.create_usage_plan_key().usage_plan_id(plan);
    member.key_id(key).key_type("API_KEY").send().await.unwrap();
    let mut seen = Vec::new();
    for _ in 0..3 {
        seen.push(status(&gateway, &api, Some(KEY)).await);
    }
    assert_eq!(seen, [200, 200, 429]);

    client
        .update_usage()
        .usage_plan_id(plan)
        .key_id(key)
        .patch_operations(operation(&Op::Replace, "/remaining", "1"))
        .send()
        .await
        .unwrap();
    assert_eq!(status(&gateway, &api, Some(KEY)).await, 200);
    let usage = client.get_usage().usage_plan_id(plan);
    let usage = usage.start_date(DAY).end_date(DAY).send().await.unwrap();
    assert_eq!(usage.items().unwrap()[key], [[3, 0]]);

    client
        .update_api_key()
        .api_key(key)
        .patch_operations(operation(&Op::Replace, "/enabled", "false"))
        .send()
        .await
        .unwrap();
    assert_eq!(status(&gateway, &api, Some(KEY)).await, 403, "disabled");
}

#[tokio::test]
async fn a_canary_takes_its_share_and_is_promoted() {
    let gateway = Gateway::start();
    let client = gateway.apigateway();
    let (api, resource) = mock_api(&client, "one").await;
    let first = deploy(&client, &api).await;
    client
        .update_integration_response()
        .rest_api_id(&api)
        .resource_id(resource)
        .http_method("GET")
        .status_code("200")
        .patch_operations(operation(
            &Op::Replace,
            "/responseTemplates/application~1json",
            "two",
        ))
        .send()
        .await
        .unwrap();
    let canary = DeploymentCanarySettings::builder()
        .percent_traffic(0.0)
        .stage_variable_overrides("color", "blue")
        .build();
    let second = client
        .create_deployment()
        .rest_api_id(&api)
        .stage_name("dev")
        .canary_settings(canary)
        .send()
        .await
        .unwrap();
    let answers = async || {
        let mut answers = Vec::new();
        for _ in 0..5 {
            answers.push(gateway.get(&api, "/dev/hello").await.1);
        }
        answers
    };
    assert_eq!(answers().await, ["one"; 5]);
    let percent = "/canarySettings/percentTraffic";
    patch_stage(&client, &api, vec![operation(&Op::Replace, percent, "100")]).await;
    assert_eq!(answers().await, ["two"; 5]);
    patch_stage(&client, &api, vec![operation(&Op::Replace, percent, "0")]).await;
    assert_eq!(answers().await, ["one"; 5]);

    let promote = vec![
        operation(&Op::Replace, percent, "0.0"),
        operation(
            &Op::Copy,
            "/variables",
            "/canarySettings/stageVariableOverrides",
        ),
        operation(&Op::Copy, "/deploymentId", "/canarySettings/deploymentId"),
    ];
    patch_stage(&client, &api, promote).await;
    assert_eq!(answers().await, ["two"; 5]);
    let remove = PatchOperation::builder()
        .op(Op::Remove)
        .path("/canarySettings");
    patch_stage(&client, &api, vec![remove.build()]).await;
    let stage = client.get_stage().rest_api_id(&api).stage_name("dev");
    let stage = stage.send().await.unwrap();
    assert_eq!(stage.deployment_id(), second.id());
    assert_eq!(stage.variables().unwrap()["color"], "blue");
    assert!(stage.canary_settings().is_none());

    let gone = client.delete_deployment().rest_api_id(&api);
    gone.deployment_id(first).send().await.unwrap();
    client
        .delete_rest_api()
        .rest_api_id(&api)
        .send()
        .await
        .unwrap();
    assert_eq!(gateway.get(&api, "/dev/hello").await.0, 403);
}
