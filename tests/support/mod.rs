//! What the proofs share: a gateway in memory on a free port, AWS's own clients for it, and plain HTTP.
#![allow(dead_code, reason = "each test binary uses its own part of this")]

use std::net::SocketAddr;
use std::num::NonZeroUsize;

use aws_credential_types::Credentials;
use aws_sdk_apigateway::config::{BehaviorVersion, Region, retry::RetryConfig};
use sluice::engine::{Config, Engine, start};

/// A gateway for one test.
pub(crate) struct Gateway {
    engine: Engine,
}

impl Gateway {
    /// In memory, on a free port, with one data runtime and ids that repeat.
    pub(crate) fn start() -> Self {
        Self::with(Config::default())
    }

    /// As `config` says, but with one data runtime and a fixed seed.
    pub(crate) fn with(config: Config) -> Self {
        let config = Config {
            threads: NonZeroUsize::new(1),
            seed: Some(1),
            ..config
        };
        Self {
            engine: start(config).expect("the engine starts"),
        }
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.engine.addr()
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.addr())
    }

    pub(crate) fn stop(self) {
        self.engine.stop();
    }

    pub(crate) fn apigateway(&self) -> aws_sdk_apigateway::Client {
        aws_sdk_apigateway::Client::from_conf(
            aws_sdk_apigateway::Config::builder()
                .behavior_version(BehaviorVersion::latest())
                .http_client(aws_smithy_http_client::Builder::new().build_http())
                .endpoint_url(self.url())
                .region(Region::new("us-east-1"))
                .credentials_provider(Credentials::new("test", "test", None, None, "test"))
                .retry_config(RetryConfig::disabled())
                .build(),
        )
    }

    pub(crate) fn cloudwatch(&self) -> aws_sdk_cloudwatch::Client {
        aws_sdk_cloudwatch::Client::from_conf(
            aws_sdk_cloudwatch::Config::builder()
                .behavior_version(aws_sdk_cloudwatch::config::BehaviorVersion::latest())
                .http_client(aws_smithy_http_client::Builder::new().build_http())
                .endpoint_url(self.url())
                .region(aws_sdk_cloudwatch::config::Region::new("us-east-1"))
                .credentials_provider(Credentials::new("test", "test", None, None, "test"))
                .retry_config(aws_sdk_cloudwatch::config::retry::RetryConfig::disabled())
                .build(),
        )
    }

    pub(crate) fn sts(&self) -> aws_sdk_sts::Client {
        aws_sdk_sts::Client::from_conf(
            aws_sdk_sts::Config::builder()
                .behavior_version(aws_sdk_sts::config::BehaviorVersion::latest())
                .http_client(aws_smithy_http_client::Builder::new().build_http())
                .endpoint_url(self.url())
                .region(aws_sdk_sts::config::Region::new("us-east-1"))
                .credentials_provider(Credentials::new("test", "test", None, None, "test"))
                .retry_config(aws_sdk_sts::config::retry::RetryConfig::disabled())
                .build(),
        )
    }

    /// Plain HTTP that no proxy setting can lead astray.
    pub(crate) fn http() -> reqwest::Client {
        reqwest::Client::builder()
            .no_proxy()
            .build()
            .expect("a client")
    }

    /// Calls a deployed API: `path` begins with the stage.
    pub(crate) async fn get(&self, api: &str, path: &str) -> (u16, String) {
        let url = format!("{}/_aws/execute-api/{api}{path}", self.url());
        let answer = Self::http().get(url).send().await.expect("an answer");
        (
            answer.status().as_u16(),
            answer.text().await.expect("a body"),
        )
    }
}

/// An API with one MOCK method, `GET /hello`, that answers `body`; gives the ids of API and resource.
pub(crate) async fn mock_api(client: &aws_sdk_apigateway::Client, body: &str) -> (String, String) {
    use aws_sdk_apigateway::types::IntegrationType;
    let api = client.create_rest_api().name("mock").send().await.unwrap();
    let (id, root) = (
        api.id().unwrap().to_owned(),
        api.root_resource_id().unwrap().to_owned(),
    );
    let resource = client
        .create_resource()
        .rest_api_id(&id)
        .parent_id(root)
        .path_part("hello")
        .send()
        .await;
    let resource = resource.unwrap().id().unwrap().to_owned();
    let put = client
        .put_method()
        .rest_api_id(&id)
        .resource_id(&resource)
        .http_method("GET");
    put.authorization_type("NONE").send().await.unwrap();
    let put = client
        .put_method_response()
        .rest_api_id(&id)
        .resource_id(&resource);
    put.http_method("GET")
        .status_code("200")
        .send()
        .await
        .unwrap();
    let put = client
        .put_integration()
        .rest_api_id(&id)
        .resource_id(&resource)
        .http_method("GET");
    put.r#type(IntegrationType::Mock)
        .request_templates("application/json", r#"{"statusCode": 200}"#)
        .send()
        .await
        .unwrap();
    let put = client
        .put_integration_response()
        .rest_api_id(&id)
        .resource_id(&resource);
    put.http_method("GET")
        .status_code("200")
        .response_templates("application/json", body)
        .send()
        .await
        .unwrap();
    (id, resource)
}
