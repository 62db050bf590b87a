//! Killed at random while it writes, the gateway loses nothing that it acknowledged.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_credential_types::Credentials;
use aws_sdk_apigateway::Client;
use aws_sdk_apigateway::config::{BehaviorVersion, Region, retry::RetryConfig};
use aws_sdk_apigateway::primitives::Blob;
use aws_sdk_apigateway::types::{Op, PatchOperation, PutMode};
use sluice::base::Chance;

use crate::support::{Gateway, mock_api};

/// How often it is killed: the more, the likelier a kill hits every point of a write.
const KILLS: usize = 300;

struct Process {
    child: Child,
    url: String,
}

impl Process {
    fn start(folder: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_sluice"))
            .args([
                "gateway",
                "--listen",
                "127.0.0.1:0",
                "--threads",
                "1",
                "--data-dir",
            ])
            .arg(folder)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let url = line
            .trim()
            .strip_prefix("ready ")
            .expect("it says where it listens")
            .to_owned();
        Self { child, url }
    }

    fn client(&self) -> Client {
        Client::from_conf(
            aws_sdk_apigateway::Config::builder()
                .behavior_version(BehaviorVersion::latest())
                .http_client(aws_smithy_http_client::Builder::new().build_http())
                .endpoint_url(&self.url)
                .region(Region::new("us-east-1"))
                .credentials_provider(Credentials::new("test", "test", None, None, "test"))
                .retry_config(RetryConfig::disabled())
                .build(),
        )
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An API whose name, resources and methods all tell the number: a write of many rows.
fn document(n: usize) -> Blob {
    let paths = ["a", "b", "c"].map(|leaf| {
        format!(r#""/n{n}/{leaf}": {{"get": {{"responses": {{}}}}, "put": {{"responses": {{}}}}}}"#)
    });
    let paths = paths.join(", ");
    let document = format!(
        r#"{{"openapi": "3.0.1", "info": {{"title": "n{n}", "version": "1"}}, "paths": {{{paths}}}}}"#
    );
    Blob::new(document)
}

/// The number that an API tells, which must be the same everywhere in it.
async fn told(client: &Client, api: &str) -> usize {
    let found = client.get_rest_api().rest_api_id(api).send().await.unwrap();
    let name = found.name().unwrap().to_owned();
    let resources = client
        .get_resources()
        .rest_api_id(api)
        .send()
        .await
        .unwrap();
    let mut paths: Vec<(&str, usize)> = resources
        .items()
        .iter()
        .map(|resource| {
            let methods = resource.resource_methods();
            (resource.path().unwrap(), methods.map_or(0, HashMap::len))
        })
        .collect();
    paths.sort_unstable();
    let leaves = ["a", "b", "c"].map(|leaf| format!("/{name}/{leaf}"));
    let parent = format!("/{name}");
    let mut want = vec![("/", 0), (parent.as_str(), 0)];
    want.extend(leaves.iter().map(|leaf| (leaf.as_str(), 2)));
    assert_eq!(paths, want, "nothing half-done is visible");
    name[1..].parse().unwrap()
}

/// Writes the numbers after `from`, the odd ones into a stage variable and the even ones over a whole API, until the gateway is gone; the
/// last acknowledged one is in `seen`.
async fn write(client: Client, apis: (String, String), from: usize, seen: Arc<AtomicUsize>) {
    let (api, drawn) = apis;
    for n in from + 1.. {
        let refused = if n % 2 == 1 {
            let patch = PatchOperation::builder()
                .op(Op::Replace)
                .path("/variables/n")
                .value(n.to_string());
            let update = client.update_stage().rest_api_id(&api).stage_name("dev");
            let update = update.patch_operations(patch.build());
            update.send().await.is_err()
        } else {
            let put = client.put_rest_api().rest_api_id(&drawn);
            let put = put.mode(PutMode::Overwrite).body(document(n));
            put.send().await.is_err()
        };
        if refused {
            return;
        }
        seen.store(n, Ordering::SeqCst);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_acknowledged_write_survives_a_kill_and_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let mut process = Process::start(folder.path());
    let client = process.client();
    let (api, _) = mock_api(&client, "$stageVariables.n").await;
    let deployment = client
        .create_deployment()
        .rest_api_id(&api)
        .stage_name("dev");
    deployment.variables("n", "0").send().await.unwrap();
    let drawn = client.import_rest_api().body(document(0)).send().await;
    let drawn = drawn.unwrap().id().unwrap().to_owned();

    let mut chance = Chance::seeded(20_26);
    let mut last = 0;
    for kill in 0..KILLS {
        let seen = Arc::new(AtomicUsize::new(last));
        let writer = tokio::spawn(write(
            process.client(),
            (api.clone(), drawn.clone()),
            last,
            Arc::clone(&seen),
        ));
        // Kill it after a random number of acknowledged writes, at whatever point of the next one that happens to be.
        let until = last + 1 + chance.below(6);
        while seen.load(Ordering::SeqCst) < until && !writer.is_finished() {
            tokio::task::yield_now().await;
        }
        process.kill();
        writer.await.unwrap();
        let acknowledged = seen.load(Ordering::SeqCst);
        assert!(
            acknowledged >= until,
            "kill {kill}: the gateway ended before it was killed"
        );

        process = Process::start(folder.path());
        let stage = process
            .client()
            .get_stage()
            .rest_api_id(&api)
            .stage_name("dev")
            .send()
            .await;
        let stored: usize = stage.unwrap().variables().unwrap()["n"].parse().unwrap();
        let whole = told(&process.client(), &drawn).await;
        // Each kind keeps its newest acknowledged number, the last or the one before it; the write that was cut off may have been made
        // without being acknowledged.
        assert!(
            (stored % 2, whole % 2) == (1, 0)
                && stored.abs_diff(acknowledged) <= 1
                && whole.abs_diff(acknowledged) <= 1,
            "kill {kill}: {acknowledged} was acknowledged, {stored} and {whole} found"
        );
        let url = format!("{}/_aws/execute-api/{api}/dev/hello", process.url);
        let served = Gateway::http()
            .get(url)
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        assert_eq!(served, stored.to_string(), "kill {kill}");
        last = stored.max(whole);
    }
}
