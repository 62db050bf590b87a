//! A gateway with a credentials file, used by AWS's own SDK: an independent signer.

use std::sync::Arc;

use aws_credential_types::Credentials as SdkCredentials;
use aws_sdk_apigateway::Client;
use aws_sdk_apigateway::error::ProvideErrorMetadata;
use sluice::engine::gateway::Settings;
use sluice::engine::{Config, StartError, start};
use sluice::iam::Credentials;

use crate::support::Gateway;

const FILE: &str = r#"{"credentials": [
    {"accessKeyId": "ROOT", "secretAccessKey": "root's", "arn": "arn:aws:iam::000000000000:root"},
    {"accessKeyId": "READER", "secretAccessKey": "reader's", "arn": "arn:aws:sts::000000000000:assumed-role/reader/s1",
     "sessionToken": "token/with+odd=letters",
     "policies": [{"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "apigateway:GET", "Resource": "arn:aws:apigateway:us-east-1::/restapis*"}]}]},
    {"accessKeyId": "STRANGER", "secretAccessKey": "stranger's", "arn": "arn:aws:iam::999999999999:root"}
]}"#;

fn credentials() -> Arc<Credentials> {
    Arc::new(Credentials::parse(FILE).unwrap())
}

fn config() -> Config {
    Config {
        limits: Settings {
            credentials: Some(credentials()),
            ..Settings::default()
        },
        ..Config::default()
    }
}

fn client(gateway: &Gateway, key: &str, secret: &str, token: Option<&str>) -> Client {
    let token = token.map(str::to_owned);
    let credentials = SdkCredentials::new(key, secret, token, None, "test");
    let config = gateway.apigateway().config().to_builder();
    Client::from_conf(config.credentials_provider(credentials).build())
}

#[tokio::test]
async fn the_sdks_signatures_are_verified_and_policies_asked() {
    let gateway = Gateway::with(config());
    let root = client(&gateway, "ROOT", "root's", None);
    let api = root.create_rest_api().name("pets & more").send().await;
    let id = api.unwrap().id.unwrap();
    // A path with an encoded colon and slashes, a query, a body.
    let arn = format!("arn:aws:apigateway:us-east-1::/restapis/{id}");
    let tagged = root.tag_resource().resource_arn(&arn).tags("a b", "c/d");
    tagged.send().await.unwrap();
    let tags = root.get_tags().resource_arn(&arn).limit(5).send().await;
    assert!(tags.is_ok(), "{tags:?}");

    let token = Some("token/with+odd=letters");
    let reader = client(&gateway, "READER", "reader's", token);
    let found = reader.get_rest_api().rest_api_id(&id).send().await;
    assert_eq!(found.unwrap().name.as_deref(), Some("pets & more"));
    let refused = reader.delete_rest_api().rest_api_id(&id).send().await;
    let refused = refused.unwrap_err().into_service_error();
    assert_eq!(refused.code(), Some("AccessDeniedException"));
    assert_eq!(
        refused.message(),
        Some(
            format!(
                "User: arn:aws:sts::000000000000:assumed-role/reader/s1 is not authorized to perform: apigateway:DELETE on resource: \
                 arn:aws:apigateway:us-east-1::/restapis/{id} because no identity-based policy allows the apigateway:DELETE action"
            )
            .as_str()
        )
    );
    for (key, secret, token, code) in [
        ("ROOT", "wrong", None, "InvalidSignatureException"),
        ("NOBODY", "x", None, "UnrecognizedClientException"),
        ("READER", "reader's", None, "UnrecognizedClientException"),
        ("STRANGER", "stranger's", None, "AccessDeniedException"),
    ] {
        let answer = client(&gateway, key, secret, token).get_rest_apis().send();
        let error = answer.await.unwrap_err().into_service_error();
        assert_eq!(error.code(), Some(code), "{key}");
    }
    // The extension asks too.
    let health = format!("{}/_sluice/health", gateway.url());
    let answer = Gateway::http().get(health).send().await.unwrap();
    assert_eq!(answer.status(), 403);
    gateway.stop();
}

#[tokio::test]
async fn only_a_gateway_that_verifies_leaves_loopback() {
    let anywhere = "0.0.0.0:0".parse().unwrap();
    let open = start(Config {
        listen: anywhere,
        ..Config::default()
    });
    assert!(matches!(open, Err(StartError::Open(_))));
    let engine = start(Config {
        listen: anywhere,
        ..config()
    });
    engine.unwrap().stop();
}
