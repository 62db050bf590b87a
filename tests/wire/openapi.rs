//! Documents in and out: through the SDK, and with `sluice import`, `export` and `diff`.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use aws_sdk_apigateway::primitives::Blob;
use aws_sdk_apigateway::types::PutMode;
use serde_json::{Value, json};

use crate::support::Gateway;

/// An API whose method answers `body`.
fn document(body: &str) -> Value {
    json!({
        "openapi": "3.0.1",
        "info": {"title": "hello", "version": "1.0"},
        "paths": {"/hello": {"get": {
            "responses": {"200": {"description": "200 response", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Greeting"}}}}},
            "x-amazon-apigateway-integration": {
                "type": "mock", "passthroughBehavior": "when_no_match",
                "requestTemplates": {"application/json": "{\"statusCode\": 200}"},
                "responses": {"default": {"statusCode": "200", "responseTemplates": {"application/json": body}}},
            },
        }}},
        "components": {"schemas": {"Greeting": {"type": "object"}}},
    })
}

#[tokio::test]
async fn an_imported_api_serves_once_it_is_deployed_and_is_exported_as_it_came() {
    let gateway = Gateway::start();
    let client = gateway.apigateway();
    let body = |text: &str| Blob::new(document(text).to_string());
    let api = client
        .import_rest_api()
        .body(body("one"))
        .send()
        .await
        .unwrap();
    let id = api.id().unwrap();
    let deploy = async || {
        let deploy = client.create_deployment().rest_api_id(id).stage_name("dev");
        deploy.send().await.unwrap();
    };
    deploy().await;
    assert_eq!(gateway.get(id, "/dev/hello").await, (200, "one".to_owned()));
    let put = client
        .put_rest_api()
        .rest_api_id(id)
        .mode(PutMode::Overwrite);
    put.body(body("two")).send().await.unwrap();
    assert_eq!(gateway.get(id, "/dev/hello").await, (200, "one".to_owned()));
    deploy().await;
    assert_eq!(gateway.get(id, "/dev/hello").await, (200, "two".to_owned()));

    let export = client
        .get_export()
        .rest_api_id(id)
        .stage_name("dev")
        .export_type("oas30")
        .parameters("extensions", "apigateway")
        .send()
        .await
        .unwrap();
    assert_eq!(export.content_type(), Some("application/octet-stream"));
    assert_eq!(
        export.content_disposition(),
        Some("attachment; filename=\"oas30_1.0.json\"")
    );
    let exported: Value = serde_json::from_slice(export.body().unwrap().as_ref()).unwrap();
    let mut want = document("two");
    want["servers"] = exported["servers"].clone();
    // An overwritten path has another cache namespace than its id, as on AWS.
    let integration = &mut want["paths"]["/hello"]["get"]["x-amazon-apigateway-integration"];
    integration["cacheNamespace"] =
        exported["paths"]["/hello"]["get"]["x-amazon-apigateway-integration"]["cacheNamespace"]
            .clone();
    assert_eq!(exported, want);
}

struct Desk {
    gateway: Gateway,
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        Self {
            gateway: Gateway::start(),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn file(&self, name: &str, document: &Value) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, document.to_string()).unwrap();
        path
    }

    fn run(&self, args: &[&str]) -> (i32, String, String) {
        let Output {
            status,
            stdout,
            stderr,
        } = Command::new(env!("CARGO_BIN_EXE_sluice"))
            .args(args)
            .args(["--endpoint-url", &self.gateway.url()])
            .env("HTTP_PROXY", "http://127.0.0.1:1")
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (status.code().unwrap(), text(stdout), text(stderr))
    }
}

fn name(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn documents_are_imported_compared_and_exported_from_the_command_line() {
    let desk = Desk::new();
    let one = desk.file("one.json", &document("one"));
    let two = desk.file("two.json", &document("two"));

    // Nothing happens unasked.
    let (code, out, err) = desk.run(&["import", name(&one)]);
    assert_eq!(code, 1, "{err}");
    assert!(out.contains("+ GET /hello\n"), "{out}");
    assert!(err.contains("--yes"), "{err}");
    let (code, out, err) = desk.run(&["import", name(&one), "--yes", "--json"]);
    assert_eq!(code, 0, "{err}");
    let answer: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (&answer["imported"], &answer["name"]),
        (&json!(true), &json!("hello"))
    );
    let api = answer["id"].as_str().unwrap();

    let change =
        "~ GET /hello, integration response 200, responseTemplates application/json: one → two\n";
    let (code, out, err) = desk.run(&["import", name(&two), "--into", "hello"]);
    assert_eq!((code, out.as_str()), (1, change), "{err}");
    let (code, out, err) = desk.run(&["diff", name(&one), api]);
    assert_eq!((code, out.as_str()), (0, ""), "{err}");
    let (code, out, err) = desk.run(&["diff", "hello", name(&two)]);
    assert_eq!((code, out.as_str()), (1, change), "{err}");
    let (code, out, err) = desk.run(&[
        "import",
        name(&two),
        "--into",
        api,
        "--mode",
        "overwrite",
        "--yes",
    ]);
    assert_eq!(
        (code, out),
        (0, format!("imported hello ({api})\n")),
        "{err}"
    );
    let (code, _, err) = desk.run(&["diff", api, name(&two)]);
    // The cache namespace of an overwritten path, which no document of ours names.
    assert_eq!(code, 1, "{err}");

    let (code, _, err) = desk.run(&["export", api, "dev"]);
    assert_eq!(code, 3, "{err}");
    assert!(err.contains("Invalid stage identifier specified"), "{err}");
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let client = desk.gateway.apigateway();
        let deploy = client
            .create_deployment()
            .rest_api_id(api)
            .stage_name("dev");
        deploy.send().await.unwrap();
    });
    let (code, out, err) = desk.run(&["export", "hello", "dev", "--accepts", "yaml"]);
    assert_eq!(code, 0, "{err}");
    assert!(out.starts_with("---\nopenapi: \"3.0.1\"\n"), "{out}");
    let stage = format!("{api}/dev");
    let (code, out, err) = desk.run(&["diff", &stage, api, "--json"]);
    assert_eq!(
        (code, out.as_str()),
        (0, "{\"changes\":[],\"warnings\":[]}\n"),
        "{err}"
    );
}

#[test]
fn what_cannot_be_imported_says_why() {
    let desk = Desk::new();
    let none = desk.file("none.json", &json!([]));
    let wrong = desk.file(
        "wrong.json",
        &json!({"swagger": "2.0", "info": {"title": "t"}, "definitions": {"a.b": {}}, "paths": {}}),
    );
    let refused = desk.file("refused.json", &json!({"swagger": "2.0", "info": {"title": "t"}, "paths": {"/x": {"get": {
        "x-amazon-apigateway-integration": {"type": "http", "httpMethod": "GET", "uri": "ftp://x"},
    }}}}));
    for (args, code, about) in [
        (["import", name(&none)], 2, "swagger"),
        (["import", "nowhere.json"], 2, "nowhere.json"),
        (
            ["import", name(&wrong)],
            1,
            "Model name must be alphanumeric: a.b",
        ),
        (["diff", name(&wrong)], 2, "Usage"),
    ] {
        let (found, _, err) = desk.run(&args);
        assert_eq!(found, code, "{err}");
        assert!(err.contains(about), "{err}");
    }
    let (code, _, err) = desk.run(&["import", name(&refused), "--yes"]);
    assert_eq!(code, 1, "{err}");
    assert!(
        err.contains("Invalid HTTP endpoint specified for URI"),
        "{err}"
    );
    let (code, _, err) = desk.run(&["diff", "nothing", name(&none)]);
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("there is no API nothing"), "{err}");
}
