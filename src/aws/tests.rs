//! The whole way from a query or operation to its event, over a socket, where answers go wrong.
//!
//! The other end is no gateway: it plays back bytes, because what is tested is what becomes of failures.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener};
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use crate::base::{Chance, Clock};

use super::ops::{self, At};
use super::*;
use crate::model::{Resource, Stage, UsagePlan};

/// Longer than any of these should take, and only waited for when something is broken.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the other end does with a request.
enum Play {
    /// Answers with this status, headers and body.
    Answer(u16, &'static [(&'static str, &'static str)], &'static str),
    /// Reads the request and hangs up.
    HangUp,
}

use Play::{Answer as Say, HangUp};

const JSON: &[(&str, &str)] = &[("content-type", "application/json")];
const TOO_FAST: Play = Say(
    429,
    &[("x-amzn-errortype", "TooManyRequestsException")],
    r#"{"message":"Too Many Requests"}"#,
);
const DOWN: Play = Say(
    503,
    &[("x-amzn-errortype", "ServiceUnavailableException")],
    r#"{"message":"down"}"#,
);
const NO_APIS: Play = Say(200, JSON, r#"{"item":[]}"#);

/// Plays to one request after another; tells the first line of each.
fn other_end(plays: Vec<Play>) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (lines, seen) = channel();
    thread::spawn(move || {
        for play in plays {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            let mut buffer = [0; 4096];
            while !complete(&request) {
                let n = stream.read(&mut buffer).unwrap();
                assert!(n > 0, "the request ended early");
                request.extend_from_slice(&buffer[..n]);
            }
            let text = String::from_utf8_lossy(&request).into_owned();
            let line = text.lines().next().unwrap_or_default().to_owned();
            lines.send(line).unwrap();
            if let Say(status, headers, body) = play {
                let head: String = headers
                    .iter()
                    .map(|(name, value)| [name, ": ", value, "\r\n"].concat())
                    .collect();
                let answer = format!(
                    "HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n{head}\r\n{body}",
                    body.len()
                );
                stream.write_all(answer.as_bytes()).unwrap();
            }
            let _ = stream.shutdown(Shutdown::Both);
        }
    });
    (url, seen)
}

fn complete(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_ascii_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .find_map(|l| l.strip_prefix("content-length:"))
        .map_or(0, |l| l.trim().parse().unwrap());
    body.len() >= length
}

fn start(url: &str) -> (Aws, Receiver<Event>) {
    let target = Target::endpoint(url, None, false).unwrap();
    let session = Session {
        target,
        region: None,
    };
    let (send, events) = channel();
    let aws = Aws::start(session, Clock::system(), Chance::seeded(1), move |event| {
        // Told before the first answer, whatever is asked.
        if !matches!(&event, Event::Region(region) if region == "us-east-1") {
            // The test may have seen enough and gone.
            let _ = send.send(event);
        }
    });
    (aws.unwrap(), events)
}

fn ask(url: &str, query: Query) -> Result<Reply, Error> {
    let (aws, events) = start(url);
    aws.ask(query.clone(), 7);
    match events.recv_timeout(PATIENCE).unwrap() {
        Event::Got {
            query: answered,
            generation,
            result,
        } => {
            assert_eq!((answered, generation), (query, 7));
            result
        }
        other => panic!("{other:?}"),
    }
}

fn run(url: &str, op: Op) -> (OpDone, Vec<(usize, usize)>) {
    let (aws, events) = start(url);
    aws.run(1, op);
    let mut steps = Vec::new();
    loop {
        match events.recv_timeout(PATIENCE).unwrap() {
            Event::OpStep { done, of, .. } => steps.push((done, of)),
            Event::OpDone(done) => return (*done, steps),
            other => panic!("{other:?}"),
        }
    }
}

fn set_variable() -> Op {
    let api = Api {
        id: "a1".to_owned(),
        name: "PetStore".to_owned(),
    };
    let stage = Stage {
        stage_name: "dev".to_owned(),
        ..Stage::default()
    };
    ops::stages::set_variable(&api, &stage, "x", "1")
}

fn closed_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[test]
fn nobody_listening_is_said_at_once() {
    let url = closed_port();
    let error = ask(&url, Query::Apis).unwrap_err();
    assert_eq!(error.code(), "Unreachable");
    assert!(error.to_string().contains("onnection refused"), "{error}");
    assert!(error.advice.contains(&url), "{error}");
    let (done, _) = run(&url, set_variable());
    assert_eq!(
        done.failed.unwrap().code(),
        "Unreachable",
        "it was never sent, so it isn't unknown"
    );
}

#[test]
fn a_read_is_repeated_after_failures_and_lost_answers() {
    let (url, seen) = other_end(vec![DOWN, HangUp, NO_APIS]);
    assert_eq!(ask(&url, Query::Apis), Ok(Reply::Apis(Vec::new())));
    assert_eq!(seen.iter().count(), 3);
}

#[test]
fn pages_are_put_together() {
    let (url, seen) = other_end(vec![
        Say(
            200,
            JSON,
            r#"{"item":[{"id":"a"},{"id":"b"}],"position":"next page"}"#,
        ),
        TOO_FAST,
        Say(200, JSON, r#"{"item":[{"id":"c"}]}"#),
    ]);
    let Ok(Reply::Apis(apis)) = ask(&url, Query::Apis) else {
        panic!("no APIs")
    };
    assert!(apis.iter().map(|api| api.id.as_str()).eq(["a", "b", "c"]));
    let lines: Vec<_> = seen.iter().collect();
    assert!(
        lines[0].starts_with("GET /restapis?limit=500 "),
        "{lines:?}"
    );
    assert!(lines[2].contains("position=next%20page"), "{lines:?}");
}

#[test]
fn a_list_that_goes_round_in_circles_ends() {
    let page = || Say(200, JSON, r#"{"item":[],"position":"p"}"#);
    let (url, _seen) = other_end(vec![page(), page()]);
    assert_eq!(ask(&url, Query::Apis).unwrap_err().code(), "Malformed");
}

#[test]
fn errors_keep_what_the_service_said() {
    for (play, code, words) in [
        (
            Say(
                404,
                &[
                    ("x-amzn-errortype", "NotFoundException"),
                    ("x-amzn-requestid", "c6af"),
                ],
                r#"{"message":"Invalid stage identifier specified"}"#,
            ),
            "NotFoundException",
            "404 NotFoundException: Invalid stage identifier specified. Request id c6af.",
        ),
        (
            Say(
                403,
                &[("x-amzn-errortype", "ExpiredTokenException")],
                r#"{"message":"it has expired"}"#,
            ),
            "ExpiredCredentials",
            "`aws sso login`",
        ),
        (
            Say(
                403,
                &[("x-amzn-errortype", "AccessDeniedException")],
                r#"{"message":"no"}"#,
            ),
            "AccessDeniedException",
            "needs a policy",
        ),
        (
            Say(
                501,
                &[("x-amzn-errortype", "NotImplementedException")],
                r#"{"message":"not yet"}"#,
            ),
            "NotImplementedException",
            "not yet",
        ),
        (
            Say(407, &[], "<html>a proxy</html>"),
            "",
            "407: the body isn't an error of AWS.",
        ),
        (
            Say(200, JSON, "{\"item\": 7"),
            "Malformed",
            "can't be understood",
        ),
    ] {
        let (url, seen) = other_end(vec![play]);
        let error = ask(
            &url,
            Query::Stages {
                api: "a1".to_owned(),
            },
        )
        .unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert!(error.to_string().contains(words), "{error}");
        assert!(
            error
                .to_string()
                .starts_with("GetStages, stages of API a1: "),
            "{error}"
        );
        assert_eq!(seen.iter().count(), 1, "repeating {code} doesn't help");
    }
}

#[test]
fn a_write_is_repeated_only_when_it_came_too_fast() {
    let (url, seen) = other_end(vec![TOO_FAST, Say(200, JSON, "{}")]);
    let (done, _) = run(&url, set_variable());
    assert_eq!((done.failed, done.answers), (None, vec![Answer::Done]));
    assert!(done.undo.is_some());
    assert!(
        seen.iter()
            .all(|line| line.starts_with("PATCH /restapis/a1/stages/dev "))
    );

    let (url, seen) = other_end(vec![DOWN]);
    let (done, _) = run(&url, set_variable());
    assert_eq!(done.failed.unwrap().code(), "ServiceUnavailableException");
    assert_eq!(done.undo, None);
    assert_eq!(seen.iter().count(), 1);
}

#[test]
fn a_write_without_answer_is_unknown_and_what_it_touched_is_named() {
    let (url, seen) = other_end(vec![HangUp]);
    let (done, _) = run(&url, set_variable());
    assert!(
        done.failed.as_ref().unwrap().is_unknown(),
        "{:?}",
        done.failed
    );
    assert_eq!(
        done.op.stale,
        [Query::Stages {
            api: "a1".to_owned()
        }]
    );
    assert_eq!(seen.iter().count(), 1);
}

#[test]
fn an_operation_stops_at_the_first_failure_and_says_what_was_done() {
    let conflict = Say(
        409,
        &[("x-amzn-errortype", "ConflictException")],
        r#"{"message":"taken"}"#,
    );
    let key = Say(201, JSON, r#"{"id":"k1","value":"0123456789"}"#);
    let (url, seen) = other_end(vec![key, conflict]);
    let plan = |id: &str| UsagePlan {
        id: id.to_owned(),
        ..UsagePlan::default()
    };
    let (done, steps) = run(
        &url,
        ops::keys::create("zoo", None, &[&plan("p1"), &plan("p2")]),
    );
    assert_eq!(steps, [(1, 3)]);
    assert_eq!(done.failed.as_ref().unwrap().code(), "ConflictException");
    assert_eq!(done.done_before(), "already done: CreateApiKey");
    assert_eq!(done.undo, None);
    let lines: Vec<_> = seen.iter().collect();
    assert!(
        lines[1].starts_with("POST /usageplans/p1/keys "),
        "{lines:?}"
    );
}

#[test]
fn a_test_run_brings_its_answer() {
    let body = r#"{"status":201,"body":"{}","headers":{"b":"1"},
        "multiValueHeaders":{"b":["1","2"],"a":["3"]},"log":"Execution log","latency":12}"#;
    let (url, _seen) = other_end(vec![Say(200, JSON, body)]);
    let api = Api::default();
    let resource = Resource {
        id: "r".to_owned(),
        ..Resource::default()
    };
    let at = At {
        api: &api,
        resource: &resource,
        verb: "POST",
    };
    let api = Api {
        id: "a1".to_owned(),
        ..api.clone()
    };
    let (done, _) = run(
        &url,
        ops::test::invoke(At { api: &api, ..at }, &ops::test::Run::default()),
    );
    let [Answer::Test(result)] = done.answers.as_slice() else {
        panic!("{done:?}")
    };
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!((result.status, result.latency), (201, 12));
    assert_eq!(
        result.headers,
        [pair("a", "3"), pair("b", "1"), pair("b", "2")]
    );
}

#[test]
fn what_is_forgotten_brings_no_event() {
    let (url, seen) = other_end(vec![HangUp, NO_APIS]);
    let (aws, events) = start(&url);
    aws.ask(Query::Account, 1);
    // The first attempt has failed; the next waits for its turn, where it is forgotten.
    seen.recv_timeout(PATIENCE).unwrap();
    assert!(aws.forget(&Query::Account, 1));
    assert!(!aws.forget(&Query::Account, 1), "once");
    aws.ask(Query::Apis, 2);
    match events.recv_timeout(PATIENCE).unwrap() {
        Event::Got { generation: 2, .. } => {}
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_endpoint_that_is_no_sluice_cant_tell_what_isnt_deployed() {
    let (url, seen) = other_end(vec![Say(404, JSON, "{}")]);
    let query = Query::Changes {
        api: "a1".to_owned(),
        stage: "dev".to_owned(),
    };
    let reply = ask(&url, query.clone()).unwrap();
    assert!(
        matches!(reply, Reply::Changes(Changes::CantTell(_))),
        "{reply:?}"
    );
    assert_eq!(
        seen.recv().unwrap(),
        "GET /_sluice/restapis/a1/stages/dev/changes HTTP/1.1"
    );
    let body = r#"{"changes":[{"kind":"added","place":"resource","path":"/pets"}]}"#;
    let (url, _seen) = other_end(vec![Say(200, JSON, body)]);
    let reply = ask(&url, query).unwrap();
    assert!(
        matches!(&reply, Reply::Changes(Changes::Known(all)) if all.len() == 1),
        "{reply:?}"
    );
}

#[test]
fn figures_come_from_the_gateway_alone() {
    let query = Query::Figures {
        api: "a1".to_owned(),
        stage: "dev".to_owned(),
        span: 900,
        period: 60,
    };
    let body = r#"{"base":[{"time":60,"requests":2,"clientErrors":1,"serverErrors":0,
        "latency":{"average":2,"minimum":1,"p50":2,"p90":3,"p99":3,"maximum":3}}],"canary":[],
        "methods":[{"resource":"/pets","verb":"GET","base":{"requests":2,"clientErrors":1,"serverErrors":0}}]}"#;
    let (url, seen) = other_end(vec![Say(200, JSON, body)]);
    let Ok(Reply::Figures(Ok(figures))) = ask(&url, query.clone()) else {
        panic!("no figures")
    };
    let base = &figures.base[0];
    assert_eq!((base.time, base.figures.client_errors), (60, 1.0));
    let times = Times {
        average: 2.0,
        minimum: 1.0,
        p50: 2.0,
        p90: 3.0,
        p99: 3.0,
        maximum: 3.0,
    };
    assert_eq!(base.figures.latency, Some(times));
    let two = Figures {
        requests: 2.0,
        client_errors: 1.0,
        ..Figures::default()
    };
    assert_eq!(figures.methods[0].base, Some(two));
    assert!(seen.recv().unwrap().contains("/stages/dev/figures?span="));

    let missing = Say(
        404,
        &[("x-amzn-errortype", "NotFoundException")],
        r#"{"message":"Sluice has no extension at /_sluice/x"}"#,
    );
    let (url, _seen) = other_end(vec![missing]);
    assert!(matches!(
        ask(&url, query.clone()),
        Ok(Reply::Figures(Err(_)))
    ));
    let gone = Say(
        404,
        &[("x-amzn-errortype", "NotFoundException")],
        r#"{"message":"Invalid stage identifier specified"}"#,
    );
    let (url, _seen) = other_end(vec![gone]);
    assert!(ask(&url, query).unwrap_err().is_not_found());
}

/// The environment must not lead local calls astray. Setting it in this process would disturb the other tests, so two of those above
/// run again in a process of their own: one through the SDK, one through the extension's client.
#[test]
fn proxies_and_variables_of_the_environment_dont_catch_local_calls() {
    let nowhere = closed_port();
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args([
        "--exact",
        "aws::tests::pages_are_put_together",
        "aws::tests::figures_come_from_the_gateway_alone",
    ]);
    for name in [
        "HTTP_PROXY",
        "http_proxy",
        "HTTPS_PROXY",
        "https_proxy",
        "ALL_PROXY",
        "all_proxy",
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_API_GATEWAY",
    ] {
        child.env(name, &nowhere);
    }
    child
        .env("AWS_PROFILE", "no-such-profile")
        .env_remove("NO_PROXY")
        .env_remove("no_proxy");
    let out = child.output().unwrap();
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(out.status.success() && text.contains("2 passed"), "{text}");
}
