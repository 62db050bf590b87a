//! Execution logs, access logs, and what is told of requests that are over.

use std::cell::RefCell;
use std::rc::Rc;

use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::spawn_local;

use super::{API, Backend, Reply, Rig, api, mock, run, stage};
use crate::engine::gateway::desk::{Desk, Lines};
use crate::engine::gateway::explain::Filter;

/// A gateway with a desk.
pub(super) struct Told {
    pub(super) rig: Rig,
    desk: Rc<Desk>,
    /// Group, stream, text.
    lines: Rc<RefCell<Vec<(String, String, String)>>>,
    _stop: watch::Sender<bool>,
}

impl Told {
    async fn new() -> Self {
        Self::over(Rig::new().await)
    }

    pub(super) fn over(rig: Rig) -> Self {
        let desk = Rc::new(Desk::new(&rig.gateway));
        let lines: Rc<RefCell<Vec<_>>> = Rc::default();
        let (stop, stopped) = watch::channel(false);
        let (working, written) = (Rc::clone(&desk), Rc::clone(&lines));
        spawn_local(async move {
            let write = |given: Lines| {
                let all = given.events.into_iter();
                let all = all.map(|(_, line)| (given.group.clone(), given.stream.clone(), line));
                written.borrow_mut().extend(all);
            };
            working.run(write, |_| {}, stopped).await;
        });
        Self {
            rig,
            desk,
            lines,
            _stop: stop,
        }
    }

    /// The lines that a request leaves, once they are written.
    pub(super) async fn lines_of(&self, reply: &Reply) -> Vec<String> {
        let id = reply.header("x-amzn-requestid").unwrap();
        // It is on its way to the desk: whoever explains it waits for nothing else.
        while self.lines.borrow().is_empty() {
            tokio::task::yield_now().await;
        }
        let lines = std::mem::take(&mut *self.lines.borrow_mut());
        let lines = lines.into_iter();
        lines.map(|(_, _, line)| line.replace(id, "ID")).collect()
    }

    pub(super) async fn explain(&self, reply: &Reply) -> Value {
        let id = reply.header("x-amzn-requestid").unwrap();
        loop {
            if let Some(found) = self.desk.explain(id).await {
                return found;
            }
            tokio::task::yield_now().await;
        }
    }
}

pub(super) fn logging(level: &str, trace: bool) -> Value {
    json!({"methodSettings": {"*/*": {"loggingLevel": level, "dataTraceEnabled": trace}}})
}

#[test]
fn info_with_data_tracing_tells_everything_in_awss_order() {
    run(|| async {
        let backend = Backend::saying(200, "{\"from\": \"backend\"}").await;
        let told = Told::new().await;
        let method = json!({"methodIntegration": {
            "type": "HTTP", "httpMethod": "POST", "uri": backend.url("/in"),
            "requestTemplates": {"application/json": "{\"asked\": $input.json('$.x')}"},
            "integrationResponses": {"200": {"statusCode": "200"}},
        }});
        told.rig.publish(
            &stage(logging("INFO", true)),
            &api(json!({"POST /pets/{id}": method})),
        );
        let headers = [
            ("authorization", "Bearer 0123456789"),
            ("content-type", "application/json"),
        ];
        let reply = told
            .rig
            .call("POST", "/pets/7?a=b", &headers, "{\"x\": 1}")
            .await;
        assert_eq!(reply.status, 200);
        let lines = told.lines_of(&reply).await;
        let starts = [
            "(ID) Extended Request Id: ",
            "(ID) Starting execution for request: ID",
            "(ID) HTTP Method: POST, Resource Path: /pets/7",
            "(ID) Method request path: {id=7}",
            "(ID) Method request query string: {a=b}",
            "(ID) Method request headers: {",
            "(ID) Method request body before transformations: {\"x\": 1}",
            "(ID) Endpoint request URI: http://",
            "(ID) Endpoint request headers: {",
            "(ID) Endpoint request body after transformations: {\"asked\": 1}",
            "(ID) Sending request to http://",
            "(ID) Received response. Status: 200, Integration latency: 0 ms",
            "(ID) Endpoint response headers: {",
            "(ID) Endpoint response body before transformations: {\"from\": \"backend\"}",
            "(ID) Method response body after transformations: {\"from\": \"backend\"}",
            "(ID) Method response headers: {",
            "(ID) Successfully completed execution",
            "(ID) Method completed with status: 200",
        ];
        let lines: Vec<&String> = lines.iter().filter(|l| !about_keys(l)).collect();
        assert_eq!(lines.len(), starts.len(), "{lines:#?}");
        for (line, start) in lines.iter().zip(starts) {
            assert!(line.starts_with(start), "{line} doesn't begin with {start}");
        }
        assert!(
            lines[5].contains("Authorization=***********456789"),
            "{}",
            lines[5]
        );
    });
}

/// The lines of the key check, which come from another phase.
fn about_keys(line: &str) -> bool {
    line.contains("Usage Plan") || line.contains("API Key")
}

#[test]
fn levels_decide_what_is_written_and_where() {
    run(|| async {
        let told = Told::new().await;
        let broken = json!({"methodIntegration": {
            "type": "MOCK", "requestTemplates": {"application/json": "nothing"},
            "integrationResponses": {"200": {"statusCode": "200"}},
        }});
        let definition = api(json!({"GET /fine": mock("fine"), "GET /broken": broken}));
        let publish = |level: &str, trace: bool| {
            told.rig.publish(&stage(logging(level, trace)), &definition);
        };
        publish("INFO", false);
        let reply = told.rig.get("/fine").await;
        let lines = told.lines_of(&reply).await;
        assert!(
            lines
                .iter()
                .any(|l| l == "(ID) Method completed with status: 200")
        );
        assert!(
            !lines.iter().any(|l| l.contains("Method request")),
            "{lines:?}"
        );

        publish("ERROR", false);
        assert_eq!(told.rig.get("/fine").await.status, 200);
        let reply = told.rig.get("/broken").await;
        assert_eq!(reply.status, 500);
        let lines = told.lines_of(&reply).await;
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(
            lines[0]
                .starts_with("(ID) Execution failed due to configuration error: Unable to parse")
        );
        assert_eq!(lines[1], "(ID) Method completed with status: 500");

        publish("ERROR", true);
        let reply = told.rig.get("/fine").await;
        let lines = told.lines_of(&reply).await;
        assert!(
            lines
                .iter()
                .any(|l| l.starts_with("(ID) Method response body"))
        );

        // A line is never longer than the service's events.
        let long = api(json!({"GET /long": mock(&"x".repeat(3_000))}));
        told.rig.gateway.remove_api(API);
        told.rig.publish(&stage(logging("INFO", true)), &long);
        let reply = told.rig.get("/long").await;
        let id = reply.header("x-amzn-requestid").unwrap().len();
        let lines = told.lines_of(&reply).await;
        let body = lines
            .iter()
            .find(|l| l.contains("Method response body"))
            .unwrap();
        assert_eq!(body.len() + id - "ID".len(), 1_024);
        assert!(body.ends_with("x [TRUNCATED]"));
    });
}

#[test]
fn canaries_and_access_logs_have_groups_of_their_own() {
    run(|| async {
        let told = Told::new().await;
        let mut settings = logging("INFO", false);
        settings["canarySettings"] = json!({"percentTraffic": 100.0, "deploymentId": "dep001"});
        settings["accessLogSettings"] = json!({
            "destinationArn": "arn:aws:logs:us-east-1:000000000000:log-group:access:*",
            "format": "{\"id\":\"$context.requestId\",\"status\":$context.status,\"agent\":\"$context.identity.userAgent\",\
                \"length\":\"$context.responseLength\",\"user\":\"$context.identity.user\",\"path\":\"$context.resourcePath\"}",
        });
        told.rig.publish(
            &stage(settings),
            &api(json!({"GET /x/{id}": mock("hello")})),
        );
        let headers = [("user-agent", "a\"b")];
        let reply = told.rig.call("GET", "/x/1", &headers, "").await;
        while told.lines.borrow().len() < 3 {
            tokio::task::yield_now().await;
        }
        let lines = told.lines.borrow();
        let group = format!("API-Gateway-Execution-Logs_{API}/prod/Canary");
        assert!(lines.iter().any(|(g, ..)| *g == group), "{lines:?}");
        let (_, stream, line) = lines.iter().find(|(g, ..)| g == "access/Canary").unwrap();
        assert_eq!(stream.len(), 32);
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(
            line,
            json!({
                "id": reply.header("x-amzn-requestid").unwrap(),
                "status": 200, "agent": "a\"b", "length": "5", "user": "-", "path": "/x/{id}",
            })
        );
    });
}

#[test]
fn a_request_that_nobody_watched_is_explained_afterwards() {
    run(|| async {
        let told = Told::new().await;
        let definition = api(
            json!({"GET /pets/{id}": mock("one"), "GET /pets/mine": mock("mine"), "POST /toys": mock("t")}),
        );
        told.rig.publish(&stage(json!({})), &definition);
        let mine = told.rig.get("/pets/mine").await;
        let found = told.explain(&mine).await;
        assert_eq!(
            (&found["detail"], &found["status"]),
            (&"derived".into(), &200.into())
        );
        let route = &found["phases"][1];
        assert_eq!(route["phase"], "route");
        assert_eq!(route["steps"][0]["decision"], "GET /pets/mine");
        let reason = route["steps"][0]["reason"].as_str().unwrap();
        assert!(
            reason.starts_with("/pets/{id} fits the path too"),
            "{reason}"
        );

        let refused = told.rig.get("/toys").await;
        let found = told.explain(&refused).await;
        assert_eq!(found["failure"]["phase"], "route");
        assert_eq!(
            found["failure"]["gatewayResponse"],
            "MISSING_AUTHENTICATION_TOKEN"
        );
        let reason = found["phases"][1]["steps"][0]["reason"].as_str().unwrap();
        assert_eq!(reason, "/toys fits the path, but has no GET, only POST");

        // Many that go well don't drive out the one that failed.
        for _ in 0..100 {
            told.rig.get("/pets/7").await;
        }
        let mut failed = Filter::default();
        failed.set("errors", "true").unwrap();
        let list = told.desk.list(&failed, 10).await;
        assert_eq!(list["requests"].as_array().unwrap().len(), 1);
        assert_eq!(list["requests"][0]["path"], "/toys");
        let all = told.desk.list(&Filter::default(), 1_000).await;
        assert_eq!(all["requests"].as_array().unwrap().len(), 65);
        told.desk.forget();
        let none = told.desk.list(&Filter::default(), 10).await;
        assert_eq!(none, json!({"requests": [], "missed": 0}));
    });
}

#[test]
fn who_follows_sees_every_phase_of_what_passes_the_filter() {
    run(|| async {
        let told = Told::new().await;
        let mut method = mock("{\"n\": $input.params('id')}");
        method["methodIntegration"]["integrationResponses"]["200"]["selectionPattern"] =
            "2..".into();
        told.rig
            .publish(&stage(json!({})), &api(json!({"GET /pets/{id}": method})));
        let mut filter = Filter::default();
        filter.set("status", "200").unwrap();
        let mut lines = told.desk.follow(filter);
        told.rig.get("/gone").await;
        told.rig.get("/pets/7").await;
        let line = lines.recv().await.unwrap();
        let found: Value = serde_json::from_slice(&line).unwrap();
        assert_eq!(found["path"], "/pets/7");
        assert_eq!(found["detail"], "full");
        let step = |phase: &str, wanted: &str| -> Value {
            let phases = found["phases"].as_array().unwrap();
            let steps = phases
                .iter()
                .filter(|p| p["phase"] == phase)
                .flat_map(|p| p["steps"].as_array().unwrap());
            let mut steps = steps.filter(|s| s["decision"].as_str().unwrap().contains(wanted));
            steps
                .next()
                .unwrap_or_else(|| panic!("no {wanted} in {found:#}"))
                .clone()
        };
        assert_eq!(
            step("route", "GET /pets/{id}")["input"]["parameters"]["id"],
            "7"
        );
        let selected = step("integration response", "method response 200");
        assert_eq!(selected["reason"], "'200' matches 2..");
        let mapped = step("integration response", "template for application/json");
        assert_eq!(mapped["input"]["after"], "{\"n\": 7}");
        drop(lines);
        // The first request that comes then finds nobody watching any more.
        told.rig.get("/pets/8").await;
        let last = loop {
            let reply = told.rig.get("/pets/9").await;
            let found = told.explain(&reply).await;
            if found["detail"] == "derived" {
                break found;
            }
        };
        assert_eq!(last["path"], "/pets/9");
    });
}
