//! HTTP integrations: mapping both ways.

use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use serde_json::{Value, json};

use super::{API, Backend, Rig, api, run};

fn http(uri: &str, more: Value) -> Value {
    let mut integration = json!({"type": "HTTP", "httpMethod": "POST", "uri": uri,
        "integrationResponses": {"200": {"statusCode": "200"}}});
    super::merge(&mut integration, more);
    json!({ "methodIntegration": integration })
}

/// Recorded in `http-integration` and `header-remapping`: these headers and no others, whatever the client sends.
#[test]
fn a_backend_sees_what_aws_sends_and_nothing_of_the_client() {
    run(|| async {
        let backend = Backend::saying(200, "{\"ok\":1}").await;
        let rig = Rig::serving(api(json!({"ANY /x": http(&backend.url("/"), json!({}))}))).await;
        let headers = [
            ("user-agent", "mine"),
            ("accept", "text/html"),
            ("x-own", "1"),
            ("via", "1.1 v"),
            ("content-type", "application/json"),
        ];
        let reply = rig
            .call("PUT", "/x?q=1", &headers, "{\"message\":\"hello world\"}")
            .await;
        assert_eq!((reply.status, reply.body.as_str()), (200, "{\"ok\":1}"));
        let mut names: Vec<&str> = reply.headers.keys().map(http::HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(
            names,
            [
                "content-length",
                "content-type",
                "date",
                "x-amz-apigw-id",
                "x-amzn-requestid",
                "x-amzn-trace-id"
            ]
        );
        let asked = backend.last();
        assert_eq!((asked.verb.as_str(), asked.path.as_str()), ("POST", "/"));
        assert_eq!(asked.body, "{\"message\":\"hello world\"}");
        let agent = format!("AmazonAPIGateway_{API}");
        let host = backend.address.to_string();
        let mut seen: Vec<_> = asked.headers.keys().map(http::HeaderName::as_str).collect();
        seen.sort_unstable();
        assert_eq!(
            seen,
            [
                "accept",
                "content-length",
                "content-type",
                "host",
                "user-agent",
                "x-amzn-apigateway-api-id",
                "x-amzn-trace-id"
            ]
        );
        for (name, value) in [
            ("accept", "application/json"),
            ("content-length", "25"),
            ("content-type", "application/json"),
            ("host", &host),
            ("user-agent", &agent),
            ("x-amzn-apigateway-api-id", API),
        ] {
            assert_eq!(asked.header(name).as_deref(), Some(value), "{name}");
        }
        // Without a body: a length of 0 and no content type.
        assert_eq!(rig.get("/x").await.status, 200);
        let asked = backend.last();
        assert_eq!(asked.header("content-length").as_deref(), Some("0"));
        assert_eq!(asked.header("content-type"), None);
    });
}

/// Recorded in `header-remapping`.
#[test]
fn mapped_headers_reach_the_backend_are_lost_or_fail() {
    run(|| async {
        let backend = Backend::saying(200, "{}").await;
        let with = |name: &str| {
            http(
                &backend.url("/"),
                json!({"requestParameters": {(format!("integration.request.header.{name}")): "'mapped'"}}),
            )
        };
        let passed = [
            "Accept",
            "Age",
            "Authorization",
            "Content-MD5",
            "Date",
            "Max-Forwards",
            "Server",
            "User-Agent",
            "Warn",
            "Host",
        ];
        let lost = ["Expect", "Proxy-Authenticate", "TE", "Via"];
        let fails = ["Content-Length", "Transfer-Encoding"];
        for name in passed.iter().chain(&lost).chain(&fails) {
            let rig = Rig::serving(api(json!({"POST /x": with(name)}))).await;
            let reply = rig.call("POST", "/x", &[], "{}").await;
            if fails.contains(name) {
                assert_eq!(reply.error().2, "Internal server error", "{name}");
                assert_eq!(reply.status, 500);
                continue;
            }
            assert_eq!(reply.status, 200, "{name}");
            let expected = passed.contains(name).then(|| "mapped".to_owned());
            assert_eq!(backend.last().header(name), expected, "{name}");
        }
    });
}

#[test]
fn answers_are_selected_by_status_and_headers_come_back() {
    run(|| async {
        let backend = Backend::answering(|asked| {
            let status: u16 = asked.path[1..].parse().unwrap();
            Response::builder()
                .status(status)
                .header("content-type", "text/xml")
                .header("etag", "v1")
                .header("x-many", "a")
                .header("x-many", "b")
                .body(Full::new(Bytes::from_static(b"<a/>")))
                .unwrap()
        })
        .await;
        let rig = Rig::serving(api(json!({"GET /{status}": http(&backend.url("/{status}"), json!({
            "requestParameters": {"integration.request.path.status": "method.request.path.status"},
            "integrationResponses": {
                "200": {"statusCode": "200", "responseParameters": {
                    "method.response.header.ETag": "integration.response.header.ETag",
                    "method.response.header.X-Many": "integration.response.multivalueheader.x-many",
                    "method.response.header.X-Last": "integration.response.header.X-Many",
                    "method.response.header.X-Body": "integration.response.body",
                    "method.response.header.X-None": "integration.response.header.none",
                }},
                "400": {"statusCode": "400", "selectionPattern": "4\\d{2}",
                    "responseTemplates": {"application/json": "{\"error\":true}"}},
            },
        }))})))
        .await;
        let reply = rig.get("/201").await;
        assert_eq!((reply.status, reply.body.as_str()), (200, "<a/>"));
        assert_eq!(reply.header("content-type"), Some("application/json"));
        assert_eq!(reply.header("etag"), Some("v1"));
        let many: Vec<_> = reply.headers.get_all("x-many").iter().collect();
        assert_eq!(many, ["a", "b"]);
        assert_eq!(reply.header("x-last"), Some("b"));
        assert_eq!(reply.header("x-body"), Some("<a/>"));
        assert_eq!(reply.header("x-none"), None);
        let reply = rig.get("/404").await;
        assert_eq!(
            (reply.status, reply.body.as_str()),
            (400, "{\"error\":true}")
        );
    });
}

/// A list becomes a header with several values (`spec/rest/integrations.md` §3), in both directions.
#[test]
fn overridden_headers_may_have_several_values() {
    run(|| async {
        let backend = Backend::saying(200, "{}").await;
        let rig = Rig::serving(api(json!({"POST /x": http(&backend.url("/"), json!({
            "requestParameters": {"integration.request.header.X-Mine": "'mapped'"},
            "requestTemplates": {"application/json": "#set($context.requestOverride.header.X-Mine = ['a', 'b'])\
                #set($context.requestOverride.header.X-One = 'c')\
                #set($context.responseOverride.header.X-Many = ['d', 'e']){}"},
        }))})))
        .await;
        let reply = rig.call("POST", "/x", &[], "{}").await;
        let asked = backend.last();
        assert_eq!(asked.header("x-mine").as_deref(), Some("a,b"));
        assert_eq!(asked.header("x-one").as_deref(), Some("c"));
        let many: Vec<_> = reply.headers.get_all("x-many").iter().collect();
        assert_eq!(many, ["d", "e"]);
    });
}

#[test]
fn a_template_replaces_the_body_and_other_types_pass() {
    run(|| async {
        let backend = Backend::saying(200, "{}").await;
        let rig = Rig::serving(api(json!({"POST /x": http(&backend.url("/"), json!({
            "requestTemplates": {"application/json": "{\"fixed\":true}"},
        }))})))
        .await;
        rig.call("POST", "/x", &[], "{\"mine\":1}").await;
        let asked = backend.last();
        assert_eq!(asked.body, "{\"fixed\":true}");
        assert_eq!(
            asked.header("content-type").as_deref(),
            Some("application/json")
        );
        rig.call("POST", "/x", &[("content-type", "text/plain")], "as it is")
            .await;
        let asked = backend.last();
        assert_eq!(asked.body, "as it is");
        assert_eq!(asked.header("content-type").as_deref(), Some("text/plain"));
    });
}
