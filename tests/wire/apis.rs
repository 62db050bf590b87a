//! APIs made, deployed, changed and deleted through the SDK.

use aws_sdk_apigateway::error::ProvideErrorMetadata;
use aws_sdk_apigateway::types::{Op, PatchOperation};

use crate::support::{Gateway, mock_api};

fn replace(path: &str, value: &str) -> PatchOperation {
    PatchOperation::builder()
        .op(Op::Replace)
        .path(path)
        .value(value)
        .build()
}

#[tokio::test]
async fn editing_an_api_changes_nothing_that_is_served_until_it_is_deployed() {
    let gateway = Gateway::start();
    let client = gateway.apigateway();
    let (api, resource) = mock_api(&client, "one").await;
    client
        .create_deployment()
        .rest_api_id(&api)
        .stage_name("dev")
        .send()
        .await
        .unwrap();
    assert_eq!(gateway.get(&api, "/dev/hello").await, (200, "one".into()));

    let url = format!(
        "{}/_sluice/restapis/{api}/stages/dev/changes",
        gateway.url()
    );
    let changes = async || -> serde_json::Value {
        let text = Gateway::http()
            .get(&url)
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        serde_json::from_str(&text).unwrap()
    };
    assert_eq!(changes().await["changes"], serde_json::json!([]));

    client
        .update_integration_response()
        .rest_api_id(&api)
        .resource_id(&resource)
        .http_method("GET")
        .status_code("200")
        .patch_operations(replace("/responseTemplates/application~1json", "two"))
        .send()
        .await
        .unwrap();
    assert_eq!(gateway.get(&api, "/dev/hello").await, (200, "one".into()));
    let found = changes().await;
    assert_eq!(
        found["changes"][0]["member"],
        "responseTemplates application/json"
    );
    assert_eq!(
        (
            &found["changes"][0]["before"],
            &found["changes"][0]["after"]
        ),
        (&"one".into(), &"two".into())
    );

    client
        .create_deployment()
        .rest_api_id(&api)
        .stage_name("dev")
        .send()
        .await
        .unwrap();
    assert_eq!(gateway.get(&api, "/dev/hello").await, (200, "two".into()));
    assert_eq!(changes().await["changes"], serde_json::json!([]));
}

#[tokio::test]
async fn rolling_back_is_pointing_the_stage_at_an_older_deployment() {
    let gateway = Gateway::start();
    let client = gateway.apigateway();
    let (api, resource) = mock_api(&client, "one").await;
    let first = client
        .create_deployment()
        .rest_api_id(&api)
        .stage_name("dev")
        .send()
        .await
        .unwrap();
    client
        .update_integration_response()
        .rest_api_id(&api)
        .resource_id(&resource)
        .http_method("GET")
        .status_code("200")
        .patch_operations(replace("/responseTemplates/application~1json", "two"))
        .send()
        .await
        .unwrap();
    client
        .create_deployment()
        .rest_api_id(&api)
        .stage_name("dev")
        .send()
        .await
        .unwrap();
    assert_eq!(gateway.get(&api, "/dev/hello").await.1, "two");
    client
        .update_stage()
        .rest_api_id(&api)
        .stage_name("dev")
        .patch_operations(replace("/deploymentId", first.id().unwrap()))
        .send()
        .await
        .unwrap();
    assert_eq!(gateway.get(&api, "/dev/hello").await.1, "one");
}

#[tokio::test]
async fn what_does_not_exist_is_said_as_aws_says_it() {
    let gateway = Gateway::start();
    let client = gateway.apigateway();
    let error = client
        .get_rest_api()
        .rest_api_id("abc")
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some("NotFoundException"));
    assert_eq!(
        error.message(),
        Some("Invalid API identifier specified 000000000000:abc")
    );
    let error = client
        .get_resource()
        .rest_api_id("abc")
        .resource_id("x")
        .send()
        .await
        .unwrap_err();
    assert_eq!(
        error.message(),
        Some("Invalid Resource identifier specified")
    );
}

#[tokio::test]
async fn the_identity_is_the_accounts() {
    let gateway = Gateway::start();
    let identity = gateway.sts().get_caller_identity().send().await.unwrap();
    assert_eq!(identity.account(), Some("000000000000"));
    assert_eq!(identity.arn(), Some("arn:aws:iam::000000000000:root"));
}

#[tokio::test]
async fn reset_empties_a_gateway_in_memory() {
    let gateway = Gateway::start();
    let client = gateway.apigateway();
    let (api, _) = mock_api(&client, "one").await;
    client
        .create_deployment()
        .rest_api_id(&api)
        .stage_name("dev")
        .send()
        .await
        .unwrap();
    let url = format!("{}/_sluice/reset", gateway.url());
    assert_eq!(
        Gateway::http().post(&url).send().await.unwrap().status(),
        200
    );
    assert!(
        client
            .get_rest_apis()
            .send()
            .await
            .unwrap()
            .items()
            .is_empty()
    );
    assert_eq!(gateway.get(&api, "/dev/hello").await.0, 403);
    assert_eq!(
        Gateway::http().get(&url).send().await.unwrap().status(),
        405
    );
}

#[tokio::test]
async fn reset_is_refused_on_a_data_folder() {
    let folder = tempfile::tempdir().unwrap();
    let location = sluice::engine::store::Location::Folder(folder.path().to_owned());
    let gateway = Gateway::with(sluice::engine::Config {
        location,
        ..Default::default()
    });
    let url = format!("{}/_sluice/reset", gateway.url());
    let answer = Gateway::http().post(&url).send().await.unwrap();
    assert_eq!(answer.status(), 409);
    assert!(answer.text().await.unwrap().contains("--ephemeral"));
}

#[tokio::test]
async fn a_stages_figures_keep_base_and_canary_apart() {
    let gateway = Gateway::start();
    let client = gateway.apigateway();
    let (api, _) = mock_api(&client, "one").await;
    client
        .create_deployment()
        .rest_api_id(&api)
        .stage_name("dev")
        .send()
        .await
        .unwrap();
    gateway.get(&api, "/dev/hello").await;
    let canary = aws_sdk_apigateway::types::DeploymentCanarySettings::builder()
        .percent_traffic(100.0)
        .build();
    let deployment = client.create_deployment().rest_api_id(&api);
    deployment
        .stage_name("dev")
        .canary_settings(canary)
        .send()
        .await
        .unwrap();
    for _ in 0..2 {
        gateway.get(&api, "/dev/hello").await;
    }
    let figures = async |query: &str| -> (u16, serde_json::Value) {
        let path = format!("/_sluice/restapis/{api}/stages/dev/figures?{query}");
        let answer = Gateway::http()
            .get(gateway.url() + &path)
            .send()
            .await
            .unwrap();
        let status = answer.status().as_u16();
        (
            status,
            serde_json::from_str(&answer.text().await.unwrap()).unwrap(),
        )
    };
    let (status, found) = figures("span=600&period=60").await;
    assert_eq!(status, 200);
    let requests = |side: &str| -> f64 {
        let periods = found[side].as_array().unwrap();
        periods
            .iter()
            .map(|p| p["requests"].as_f64().unwrap())
            .sum()
    };
    assert_eq!((requests("base"), requests("canary")), (1.0, 2.0));
    assert_eq!(found["methods"][0]["resource"], "/hello");
    assert_eq!(found["methods"][0]["canary"]["requests"], 2.0);
    assert_eq!(figures("span=x").await.0, 400);
    assert_eq!(figures("span=1000000&period=1").await.0, 400);
}

#[tokio::test]
async fn a_state_is_carried_from_one_gateway_to_another() {
    let gateway = Gateway::start();
    let client = gateway.apigateway();
    let (api, _) = mock_api(&client, "carried").await;
    let deployment = client.create_deployment().rest_api_id(&api);
    deployment.stage_name("dev").send().await.unwrap();
    let state = |gateway: &Gateway| format!("{}/_sluice/state", gateway.url());
    let file = Gateway::http().get(state(&gateway)).send().await.unwrap();
    assert_eq!(file.status(), 200);
    let file = file.text().await.unwrap();

    let other = Gateway::start();
    let post = async |body: String| {
        let answer = Gateway::http().post(state(&other)).body(body).send().await;
        answer.unwrap().status().as_u16()
    };
    assert_eq!(post("{}".to_owned()).await, 400);
    assert_eq!(post(file.clone()).await, 200);
    assert_eq!(other.get(&api, "/dev/hello").await, (200, "carried".into()));
    assert_eq!(post(file).await, 409);
}
