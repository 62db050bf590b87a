//! A stage's cache, from the SDK's settings to single entries dropped.

use std::time::Duration;

use aws_sdk_apigateway::types::{CacheClusterSize, CacheClusterStatus, Op, PatchOperation};
use serde_json::Value;
use sluice::base::Clock;

use crate::support::{Gateway, mock_api};

async fn extension(gateway: &Gateway, verb: reqwest::Method, path: &str) -> (u16, Value) {
    let url = format!("{}/_sluice{path}", gateway.url());
    let answer = Gateway::http().request(verb, url).send().await.unwrap();
    let status = answer.status().as_u16();
    let body = answer.text().await.unwrap();
    (status, serde_json::from_str(&body).unwrap())
}

#[tokio::test]
async fn a_stages_cache_is_listed_and_its_entries_are_dropped() {
    let clock = Clock::manual("2026-01-02T03:04:05Z".parse().unwrap());
    let gateway = Gateway::with(sluice::engine::Config {
        clock: clock.clone(),
        ..Default::default()
    });
    let client = gateway.apigateway();
    let (api, _) = mock_api(&client, "$context.requestId").await;
    let deployment = client.create_deployment().rest_api_id(&api);
    let deployment = deployment.send().await.unwrap();
    let stage = client
        .create_stage()
        .rest_api_id(&api)
        .stage_name("dev")
        .deployment_id(deployment.id().unwrap())
        .cache_cluster_enabled(true)
        .cache_cluster_size(CacheClusterSize::Size0Point5Gb)
        .send()
        .await
        .unwrap();
    let status = stage.cache_cluster_status().unwrap();
    assert_eq!(*status, CacheClusterStatus::CreateInProgress);
    clock.advance(Duration::from_secs(2));
    let enable = PatchOperation::builder()
        .op(Op::Replace)
        .path("/*/*/caching/enabled")
        .value("true")
        .build();
    let update = client.update_stage().rest_api_id(&api).stage_name("dev");
    let stage = update.patch_operations(enable).send().await.unwrap();
    let status = stage.cache_cluster_status().unwrap();
    assert_eq!(*status, CacheClusterStatus::Available);

    let first = gateway.get(&api, "/dev/hello").await;
    assert_eq!(gateway.get(&api, "/dev/hello?x=1").await, first);
    let path = format!("/restapis/{api}/stages/dev/cache");
    let (status, listed) = extension(&gateway, reqwest::Method::GET, &path).await;
    assert_eq!((status, &listed["status"]), (200, &"AVAILABLE".into()));
    let entry = &listed["entries"][0];
    assert_eq!(entry["httpMethod"], "GET");
    assert_eq!(entry["resourcePath"], "/hello");
    assert_eq!(entry["expires"], "2026-01-02T03:09:07Z");
    let one = format!("{path}/{}", entry["id"].as_str().unwrap());
    let delete = || extension(&gateway, reqwest::Method::DELETE, &one);
    assert_eq!(delete().await.0, 200);
    assert_eq!(delete().await.0, 404);
    assert_eq!(extension(&gateway, reqwest::Method::GET, &one).await.0, 405);
    assert_ne!(gateway.get(&api, "/dev/hello").await, first);

    let flush = client.flush_stage_cache().rest_api_id(&api);
    flush.stage_name("dev").send().await.unwrap();
    let (_, listed) = extension(&gateway, reqwest::Method::GET, &path).await;
    assert_eq!(listed["status"], "FLUSH_IN_PROGRESS");
    assert_eq!(listed["entries"], serde_json::json!([]));
}
