//! `TestInvokeMethod`: answers and logs as recorded (FACTS.md §13).

use serde_json::{Value, json};

use super::{API, Backend, Rig, api, mock, run};
use crate::base::Chance;
use crate::engine::gateway::{TestInvoke, TestInvokeAnswer, TestInvokeError};
use crate::model::Definition;

fn request(verb: &str, path: Option<&str>) -> TestInvoke {
    TestInvoke {
        region: "us-east-1".to_owned(),
        account: "000000000000".to_owned(),
        resource_id: "res001".to_owned(),
        verb: verb.to_owned(),
        path_with_query_string: path.map(str::to_owned),
        ..TestInvoke::default()
    }
}

/// A definition in which the resource with these methods can be found by its id.
fn by_id(methods: Value) -> Definition {
    let mut definition = api(methods);
    let resources = std::mem::take(&mut definition.resources);
    definition.resources = resources.into_values().map(|r| (r.id.clone(), r)).collect();
    definition
}

async fn test(rig: &Rig, definition: &Definition, test: TestInvoke) -> TestInvokeAnswer {
    let mut chance = Chance::seeded(3);
    rig.gateway
        .test_invoke(definition, test, &mut chance)
        .await
        .unwrap()
}

const TIME: &str = "Fri Jan 02 03:04:05 UTC 2026 : ";

/// The lines of a log without their times; the first and the last, which have none, are checked.
fn lines(answer: &TestInvokeAnswer) -> Vec<String> {
    let mut lines = answer.log.split('\n');
    let first = lines.next().unwrap();
    let id = first.strip_prefix("Execution log for request ").unwrap();
    assert_eq!(id.len(), 36);
    let mut lines: Vec<String> = lines.map(|line| line.replace(id, "ID")).collect();
    assert_eq!(lines.pop().as_deref(), Some(""));
    lines
        .iter()
        .map(|line| line.strip_prefix(TIME).unwrap_or(line).to_owned())
        .collect()
}

#[test]
fn a_mocks_log_reads_as_recorded() {
    run(|| async {
        let rig = Rig::new().await;
        let definition = by_id(json!({"GET /pets/{petId}": mock("{\"pets\": \"all the pets\"}")}));
        let mut asked = request("GET", Some("/pets/123?foo=bar"));
        asked.body = "{\"foo\": \"bar\"}".to_owned();
        asked.headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        let answer = test(&rig, &definition, asked).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.body, "{\"pets\": \"all the pets\"}");
        assert_eq!(
            serde_json::to_value(&answer.headers).unwrap(),
            json!({"Content-Type": "application/json"})
        );
        assert_eq!(
            serde_json::to_value(&answer.multi_value_headers).unwrap(),
            json!({"Content-Type": ["application/json"]})
        );
        assert_eq!(
            lines(&answer),
            [
                "Starting execution for request: ID",
                "HTTP Method: GET, Resource Path: /pets/123",
                "Method request path: {petId=123}",
                "Method request query string: {foo=bar}",
                "Method request headers: {content-type=application/json}",
                "Method request body before transformations: {\"foo\": \"bar\"}",
                "Method response body after transformations: {\"pets\": \"all the pets\"}",
                "Method response headers: {Content-Type=application/json}",
                "Successfully completed execution",
                "Method completed with status: 200",
            ]
        );
    });
}

#[test]
fn a_path_that_is_not_the_methods_or_not_given_is_no_error() {
    run(|| async {
        let rig = Rig::new().await;
        let definition = by_id(json!({"GET /pets/{petId}": mock("1")}));
        // Path given → the log's path, the log's parameters.
        let cases = [
            (Some("/random/test"), "/random/test", "{}"),
            (None, "/pets/{petId}", "{petId={petId}}"),
            (Some(""), "/pets/{petId}", "{petId={petId}}"),
        ];
        for (path, shown, parameters) in cases {
            let answer = test(&rig, &definition, request("GET", path)).await;
            let lines = lines(&answer);
            assert_eq!(answer.status, 200);
            assert_eq!(
                lines[1],
                format!("HTTP Method: GET, Resource Path: {shown}")
            );
            assert_eq!(lines[2], format!("Method request path: {parameters}"));
            assert_eq!(lines[4], "Method request headers: {}");
            assert_eq!(lines[5], "Method request body before transformations: ");
        }
    });
}

#[test]
fn a_backends_request_and_answer_are_in_the_log() {
    run(|| async {
        let backend = Backend::saying(201, "{\"id\":1}").await;
        let rig = Rig::new().await;
        let definition = by_id(json!({"POST /pets": {"methodIntegration": {
            "type": "HTTP",
            "httpMethod": "POST",
            "uri": backend.url("/${stageVariables.base}"),
            "requestParameters": {"integration.request.header.X-Mine": "'yes'"},
            "integrationResponses": {"200": {"statusCode": "200", "responseParameters": {
                "method.response.header.X-Status": "integration.response.header.content-length",
            }}},
        }}}));
        let mut asked = request("POST", None);
        asked.body = "{\"name\":\"cat\"}".to_owned();
        asked.stage_variables = [("base".to_owned(), "v2".to_owned())].into();
        let answer = test(&rig, &definition, asked).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "{\"id\":1}"));
        assert_eq!(backend.last().body, "{\"name\":\"cat\"}");
        let lines = lines(&answer);
        let uri = backend.url("/v2");
        assert_eq!(lines[6], format!("Endpoint request URI: {uri}"));
        assert!(
            lines[7].contains(&format!("User-Agent=AmazonAPIGateway_{API}")),
            "{}",
            lines[7]
        );
        assert!(lines[7].contains("x-mine=yes"), "{}", lines[7]);
        assert_eq!(
            lines[8],
            "Endpoint request body after transformations: {\"name\":\"cat\"}"
        );
        assert_eq!(lines[9], format!("Sending request to {uri}"));
        assert_eq!(
            lines[10],
            "Received response. Status: 201, Integration latency: 0 ms"
        );
        assert!(lines[11].starts_with("Endpoint response headers: {Content-Type=application/json"));
        assert_eq!(
            lines[12],
            "Endpoint response body before transformations: {\"id\":1}"
        );
        assert_eq!(
            lines[13],
            "Method response body after transformations: {\"id\":1}"
        );
        let trace = &answer.headers["X-Amzn-Trace-Id"];
        assert_eq!(
            lines[14],
            format!(
                "Method response headers: {{X-Amzn-Trace-Id={trace}, Content-Type=application/json, X-Status=8}}"
            )
        );
    });
}

#[test]
fn what_protects_a_method_takes_no_part_and_what_fails_says_so() {
    run(|| async {
        let rig = Rig::new().await;
        let mut protected = mock("1");
        protected["authorizationType"] = json!("AWS_IAM");
        protected["apiKeyRequired"] = json!(true);
        let definition = by_id(json!({"GET /x": protected}));
        assert_eq!(
            test(&rig, &definition, request("GET", None)).await.status,
            200
        );
        let broken = by_id(json!({"GET /x": {"methodIntegration": {"type": "MOCK",
            "requestTemplates": {"application/json": "{}"}, "integrationResponses": {"200": {"statusCode": "200"}}}}}));
        let answer = test(&rig, &broken, request("GET", None)).await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (500, "{\"message\": \"Internal server error\"}")
        );
        let lines = lines(&answer);
        assert!(lines[6].starts_with(
            "Execution failed due to configuration error: Unable to parse statusCode"
        ));
        assert_eq!(lines.last().unwrap(), "Method completed with status: 500");
    });
}

#[test]
fn unknown_resources_methods_and_what_is_not_built_are_refused() {
    run(|| async {
        let rig = Rig::new().await;
        let definition = by_id(json!({"GET /x": {"methodIntegration": {"type": "AWS_PROXY"}}}));
        let mut chance = Chance::seeded(1);
        let refused = async |asked: TestInvoke, chance: &mut Chance| {
            let tested = rig.gateway.test_invoke(&definition, asked, chance).await;
            tested.unwrap_err().to_string()
        };
        let mut unknown = request("GET", None);
        unknown.resource_id = "nothere".to_owned();
        assert_eq!(
            refused(unknown, &mut chance).await,
            TestInvokeError::NoResource.to_string()
        );
        assert_eq!(
            refused(request("PUT", None), &mut chance).await,
            "Invalid Method identifier specified"
        );
        assert_eq!(
            refused(request("GET", None), &mut chance).await,
            "Sluice can't serve integrations with AWS services other than Lambda yet: GET /x"
        );
    });
}

/// The control plane awaits it where futures must be `Send`.
#[test]
fn a_test_request_may_be_awaited_anywhere() {
    fn is_send<T: Send>(_: &T) {}
    run(|| async {
        let rig = Rig::new().await;
        let definition = by_id(json!({"GET /x": mock("1")}));
        let mut chance = Chance::seeded(1);
        let future = rig
            .gateway
            .test_invoke(&definition, request("GET", None), &mut chance);
        is_send(&future);
        assert_eq!(future.await.unwrap().status, 200);
    });
}

#[test]
fn more_headers_than_a_request_can_have_end_no_test() {
    run(|| async {
        let rig = Rig::new().await;
        let definition = by_id(json!({"GET /x": mock("ok")}));
        let mut asked = request("GET", None);
        let header = |n: u32| (format!("x-{n}"), String::new());
        asked.headers = (0..40_000).map(header).collect();
        assert_eq!(test(&rig, &definition, asked).await.body, "ok");
    });
}
