//! Usage plans and keys: values are fetched only when they are shown, and the quota used is there to see.

use aws_sdk_apigateway::Client;
use aws_sdk_apigateway::types::{ApiStage, Op, PatchOperation, QuotaPeriodType, QuotaSettings};

use crate::story::{Story, deploy};
use crate::support::{Gateway, mock_api};

const VALUE: &str = "abcdefghijklmnopqrstuvwxyz";

/// A key `acme` in a plan `gold` with two requests a month, and an API that wants it. Gives the API's id.
async fn gold(client: &Client) -> String {
    let (api, resource) = mock_api(client, "hello").await;
    let require = PatchOperation::builder().op(Op::Replace);
    let require = require.path("/apiKeyRequired").value("true").build();
    let method = client.update_method().rest_api_id(&api);
    let method = method.resource_id(resource).http_method("GET");
    method.patch_operations(require).send().await.unwrap();
    deploy(client, &api, "dev").await;
    let quota = QuotaSettings::builder().limit(2);
    let plan = client
        .create_usage_plan()
        .name("gold")
        .api_stages(ApiStage::builder().api_id(&api).stage("dev").build())
        .quota(quota.period(QuotaPeriodType::Month).build());
    let plan = plan.send().await.unwrap();
    let key = client.create_api_key().name("acme").value(VALUE);
    let key = key.enabled(true).send().await.unwrap();
    let member = client.create_usage_plan_key();
    let member = member.usage_plan_id(plan.id().unwrap());
    let member = member.key_id(key.id().unwrap()).key_type("API_KEY");
    member.send().await.unwrap();
    api
}

#[test]
fn a_keys_value_is_fetched_when_it_is_revealed_and_hidden_again() {
    let mut story = Story::with(async |client| {
        gold(&client).await;
    });
    let fetched = |story: &Story| {
        let seen = story.proxy.seen();
        seen.iter().any(|line| line.contains("includeValue=true"))
    };
    story
        .keys("enter 7")
        .sees("gold")
        .sees("acme")
        .sees_no(VALUE);
    story.keys("j").sees("••••");
    assert!(!fetched(&story), "nothing is fetched that isn't shown");
    story.keys("v").sees(VALUE);
    assert!(fetched(&story));
    story.keys("v").sees_no(VALUE);
    story.keys("v").sees(VALUE).keys("5 7").sees_no(VALUE);
    story.keys("!").sees("reveal key acme").sees_no(VALUE);
}

#[test]
fn the_quota_used_is_shown() {
    let mut api = String::new();
    let mut story = Story::with(async |client| api = gold(&client).await);
    story.keys("enter 7 j").sees("0 %");
    for used in ["1 today", "2 today"] {
        let url = format!("{}/_aws/execute-api/{api}/dev/hello", story.proxy.url());
        let status = story.asks(async |_| {
            let request = Gateway::http().get(url).header("x-api-key", VALUE);
            request.send().await.unwrap().status().as_u16()
        });
        assert_eq!(status, 200);
        story.keys("ctrl-r").sees(used);
    }
    story.sees("used up");
}
