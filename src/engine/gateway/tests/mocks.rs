//! Routing and MOCK integrations.

use serde_json::json;

use super::{API, Rig, api, mock, run, stage};

#[test]
fn a_constant_mock_answers_with_its_headers() {
    run(|| async {
        let rig = Rig::serving(api(json!({"GET /pets": mock("[\"cat\"]")}))).await;
        let reply = rig.get("/pets").await;
        assert_eq!((reply.status, reply.body.as_str()), (200, "[\"cat\"]"));
        assert_eq!(reply.header("content-type"), Some("application/json"));
        assert_eq!(reply.header("x-amzn-requestid").map(str::len), Some(36));
        assert_eq!(reply.header("x-amz-apigw-id").map(str::len), Some(16));
        // Recorded: no trace id on a mock.
        assert_eq!(reply.header("x-amzn-trace-id"), None);
        assert!(reply.header("date").is_some());
    });
}

#[test]
fn all_three_forms_of_a_url_reach_a_stage() {
    run(|| async {
        let rig = Rig::serving(api(json!({"GET /pets": mock("1"), "GET /": mock("root")}))).await;
        let host = format!("{API}.execute-api.localhost:4566");
        let cases = [
            (host.as_str(), "/prod/pets".to_owned(), "1"),
            (host.as_str(), "//prod//pets/".to_owned(), "1"),
            (host.as_str(), "/prod".to_owned(), "root"),
            (
                "localhost",
                format!("/_aws/execute-api/{API}/prod/pets"),
                "1",
            ),
            (
                "localhost",
                format!("/restapis/{API}/prod/_user_request_/pets"),
                "1",
            ),
            (
                "localhost",
                format!("/restapis/{API}/prod/_user_request_"),
                "root",
            ),
        ];
        for (host, path, body) in cases {
            let reply = rig.at("GET", &path, &[("host", host)], "").await;
            assert_eq!(
                (reply.status, reply.body.as_str()),
                (200, body),
                "{host}{path}"
            );
        }
    });
}

#[test]
fn unknown_paths_verbs_stages_and_apis_are_refused_as_on_aws() {
    run(|| async {
        let rig = Rig::serving(api(json!({"GET /pets": mock("1")}))).await;
        let missing = "Missing Authentication Token".to_owned();
        let token = (403, Some("MissingAuthenticationTokenException"), missing);
        assert_eq!(rig.get("/nothing").await.error(), token);
        assert_eq!(rig.call("POST", "/pets", &[], "").await.error(), token);
        assert_eq!(rig.get("/pets/7").await.error(), token);
        let forbidden = (403, Some("ForbiddenException"), "Forbidden".to_owned());
        for path in [
            format!("/_aws/execute-api/{API}/dev/pets"),
            format!("/_aws/execute-api/{API}"),
            "/_aws/execute-api/other/prod/pets".to_owned(),
        ] {
            let reply = rig.at("GET", &path, &[], "").await;
            assert_eq!(reply.error(), forbidden, "{path}");
            assert_eq!(reply.header("x-amzn-requestid").map(str::len), Some(36));
        }
        rig.gateway.remove_stage(API, "prod");
        assert_eq!(rig.get("/pets").await.error(), forbidden);
        rig.publish(&stage(json!({})), &api(json!({"GET /pets": mock("1")})));
        assert_eq!(rig.get("/pets").await.status, 200);
        rig.gateway.remove_api(API);
        assert_eq!(rig.get("/pets").await.error(), forbidden);
    });
}

#[test]
fn a_disabled_endpoint_serves_nothing() {
    run(|| async {
        let mut definition = api(json!({"GET /pets": mock("1")}));
        definition.rest_api.disable_execute_api_endpoint = true;
        let rig = Rig::serving(definition).await;
        assert_eq!(rig.get("/pets").await.error().1, Some("ForbiddenException"));
    });
}

#[test]
fn the_verb_may_be_overridden_and_any_serves_all() {
    run(|| async {
        let rig = Rig::serving(api(json!({
            "PATCH /pets": mock("patched"),
            "ANY /any": mock("any"),
        })))
        .await;
        let header = [("X-HTTP-Method-Override", "PATCH")];
        assert_eq!(rig.call("POST", "/pets", &header, "").await.body, "patched");
        assert_eq!(rig.call("DELETE", "/any", &[], "").await.body, "any");
        let head = rig.call("HEAD", "/any", &[], "").await;
        assert_eq!((head.status, head.body.as_str()), (200, ""));
    });
}

#[test]
fn a_mocks_status_selects_its_response_and_headers_are_mapped() {
    run(|| async {
        let rig = Rig::serving(api(json!({"GET /x": {"methodIntegration": {
            "type": "MOCK",
            "requestTemplates": {"application/json": "{\"statusCode\": 404}", "text/plain": "{\"statusCode\": 200}"},
            "integrationResponses": {
                "200": {"statusCode": "200", "responseParameters": {
                    "method.response.header.Access-Control-Allow-Origin": "'*'",
                    "method.response.header.Server": "'mine'",
                    "method.response.header.X-Stage": "context.stage",
                    "method.response.header.X-Var": "stageVariables.color",
                    "method.response.header.X-Gone": "stageVariables.gone",
                    "method.response.header.Content-Type": "'text/csv'",
                }},
                "404": {"statusCode": "404", "selectionPattern": "4\\d{2}",
                    "responseTemplates": {"text/html": "<p>gone</p>", "application/json": "{\"gone\":true}"}},
            },
        }}})))
        .await;
        rig.publish(
            &stage(json!({"variables": {"color": "blue"}})),
            &api(json!({})),
        );
        // The deployment is compiled once: publishing it again with other variables keeps it.
        let reply = rig
            .call(
                "GET",
                "/x",
                &[("content-type", "text/plain; charset=utf-8")],
                "",
            )
            .await;
        assert_eq!((reply.status, reply.body.as_str()), (200, ""));
        assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
        assert_eq!(reply.header("x-amzn-remapped-server"), Some("mine"));
        assert_eq!(reply.header("server"), None);
        assert_eq!(reply.header("x-stage"), Some("prod"));
        assert_eq!(reply.header("x-var"), Some("blue"));
        assert_eq!(reply.header("x-gone"), None);
        assert_eq!(reply.header("content-type"), Some("text/csv"));
        let reply = rig.get("/x").await;
        assert_eq!(
            (reply.status, reply.body.as_str()),
            (404, "{\"gone\":true}")
        );
        let reply = rig
            .call("GET", "/x", &[("accept", "text/html, */*")], "")
            .await;
        assert_eq!(reply.body, "<p>gone</p>");
        assert_eq!(reply.header("content-type"), Some("text/html"));
        // What is accepted has no template: the first there is.
        let reply = rig.call("GET", "/x", &[("accept", "image/png")], "").await;
        assert_eq!(reply.header("content-type"), Some("text/html"));
    });
}

#[test]
fn passthrough_decides_for_content_types_without_a_template() {
    run(|| async {
        let method = |behavior: &str, templates: serde_json::Value| {
            json!({"methodIntegration": {
                "type": "MOCK",
                "passthroughBehavior": behavior,
                "requestTemplates": templates,
                "integrationResponses": {"200": {"statusCode": "200"}},
            }})
        };
        let some = json!({"application/json": "{\"statusCode\": 200}"});
        let rig = Rig::serving(api(json!({
            "POST /match-some": method("WHEN_NO_MATCH", some.clone()),
            "POST /match-none": method("WHEN_NO_MATCH", json!({})),
            "POST /templates-some": method("WHEN_NO_TEMPLATES", some.clone()),
            "POST /templates-none": method("WHEN_NO_TEMPLATES", json!({})),
            "POST /never-some": method("NEVER", some),
            "POST /never-none": method("NEVER", json!({})),
        })))
        .await;
        // Behaviour and templates → status with a matching content type, with another one.
        let cases = [
            ("match-some", 200, 200),
            ("match-none", 200, 200),
            ("templates-some", 200, 415),
            ("templates-none", 200, 200),
            ("never-some", 200, 415),
            ("never-none", 415, 415),
        ];
        for (path, matching, other) in cases {
            let path = format!("/{path}");
            let json = [("content-type", "application/JSON")];
            let xml = [("content-type", "text/xml")];
            assert_eq!(
                rig.call("POST", &path, &json, "{}").await.status,
                matching,
                "{path}"
            );
            let reply = rig.call("POST", &path, &xml, "<a/>").await;
            assert_eq!(reply.status, other, "{path}");
            if other == 415 {
                assert_eq!(reply.error().2, "Unsupported Media Type");
            }
        }
    });
}

#[test]
fn a_mock_that_is_wrongly_configured_is_an_internal_error() {
    run(|| async {
        let with = |template: &str, responses: serde_json::Value| {
            json!({"methodIntegration": {
                "type": "MOCK",
                "requestTemplates": {"application/json": template},
                "integrationResponses": responses,
            }})
        };
        let ok = json!({"200": {"statusCode": "200"}});
        let rig = Rig::serving(api(json!({
            "GET /no-status": with("{\"status\": 200}", ok.clone()),
            "GET /no-match": with("{\"statusCode\": 200}", json!({"200": {"statusCode": "200", "selectionPattern": "5.."}})),
            "GET /broken": with("$", ok),
        })))
        .await;
        for path in ["/no-status", "/no-match", "/broken"] {
            let reply = rig.get(path).await;
            let internal = (
                500,
                Some("InternalServerErrorException"),
                "Internal server error".to_owned(),
            );
            assert_eq!(reply.error(), internal, "{path}");
            assert_eq!(reply.header("content-length"), Some("36"));
        }
    });
}

#[test]
fn editing_an_api_changes_nothing_until_a_deployment_is_published() {
    run(|| async {
        let rig = Rig::serving(api(json!({"GET /x": mock("one")}))).await;
        let changed = api(json!({"GET /x": mock("two")}));
        // Still the deployment `dep001`: what was compiled of it stays.
        rig.publish(&stage(json!({"description": "new"})), &changed);
        assert_eq!(rig.get("/x").await.body, "one");
        rig.gateway.publish_stage(
            "us-east-1",
            "0",
            API,
            &stage(json!({})),
            ("dep002", &changed),
            None,
        );
        assert_eq!(rig.get("/x").await.body, "two");
    });
}
