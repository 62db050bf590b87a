//! The service's calls, one after the other, as a client makes them.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::engine::store::Location;
use crate::engine::store::logs::Limits;

/// 2026-01-02T03:04:05Z
const NOW: i64 = 1_767_323_045_000;

struct Rig {
    logs: Logs,
    clock: Clock,
}

impl Rig {
    fn new() -> Self {
        let clock = Clock::manual("2026-01-02T03:04:05Z".parse().unwrap());
        let store = LogStore::open(&Location::Memory, Limits::default(), clock.clone()).unwrap();
        let logs = Logs::new(clock.clone(), "000000000000".to_owned(), Arc::new(store));
        Self { logs, clock }
    }

    async fn call(&self, name: &str, input: Value) -> Result<Value, String> {
        self.at("us-east-1", name, input).await
    }

    async fn at(&self, region: &str, name: &str, input: Value) -> Result<Value, String> {
        let Value::Object(members) = input else {
            panic!("an input is an object")
        };
        let input = Input {
            members,
            payload: None,
        };
        let operation = LOGS.operation(name).unwrap();
        let answer = self.logs.call(region, operation, &input).await;
        let output = answer.map_err(|error| format!("{}: {}", error.code, error.message))?;
        Ok(output.members)
    }

    /// A group `g` with the stream `s`.
    async fn with_stream() -> Self {
        let rig = Self::new();
        for (name, input) in [
            ("CreateLogGroup", json!({"logGroupName": "g"})),
            (
                "CreateLogStream",
                json!({"logGroupName": "g", "logStreamName": "s"}),
            ),
        ] {
            rig.call(name, input).await.unwrap();
        }
        rig
    }

    async fn put(&self, messages: &[(i64, &str)]) -> Value {
        let events = messages
            .iter()
            .map(|(time, message)| json!({"timestamp": time, "message": message}));
        let events: Vec<Value> = events.collect();
        let input = json!({"logGroupName": "g", "logStreamName": "s", "logEvents": events});
        self.call("PutLogEvents", input).await.unwrap()
    }
}

fn run<F: Future>(test: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(tokio::task::LocalSet::new().run_until(test))
}

fn messages(answer: &Value) -> Vec<&str> {
    let events = answer["events"].as_array().unwrap();
    let texts = events.iter().map(|event| event["message"].as_str());
    texts.map(Option::unwrap).collect()
}

#[test]
fn groups_are_made_listed_in_pages_kept_for_a_while_tagged_and_deleted() {
    run(async {
        let rig = Rig::new();
        for name in ["b/one", "a", "b/two"] {
            let input = json!({"logGroupName": name, "tags": {"n": name}});
            rig.call("CreateLogGroup", input).await.unwrap();
        }
        let again = rig
            .call("CreateLogGroup", json!({"logGroupName": "a"}))
            .await;
        assert_eq!(
            again.unwrap_err(),
            "ResourceAlreadyExistsException: The specified log group already exists"
        );
        let days = json!({"logGroupName": "a", "retentionInDays": 7});
        rig.call("PutRetentionPolicy", days).await.unwrap();
        let days = json!({"logGroupName": "a", "retentionInDays": 8});
        assert!(rig.call("PutRetentionPolicy", days).await.is_err());
        let first = rig
            .call("DescribeLogGroups", json!({"limit": 2}))
            .await
            .unwrap();
        let group = json!({
            "logGroupName": "a",
            "creationTime": NOW,
            "retentionInDays": 7,
            "metricFilterCount": 0,
            "arn": "arn:aws:logs:us-east-1:000000000000:log-group:a:*",
            "storedBytes": 0,
            "kmsKeyId": null,
            "logGroupClass": "STANDARD",
            "logGroupArn": "arn:aws:logs:us-east-1:000000000000:log-group:a",
        });
        assert_eq!(first["logGroups"][0], group);
        let next = json!({"limit": 2, "nextToken": first["nextToken"]});
        let second = rig.call("DescribeLogGroups", next).await.unwrap();
        assert_eq!(second["logGroups"][0]["logGroupName"], "b/two");
        assert!(second.get("nextToken").is_none());
        let foreign = json!({"limit": 3, "nextToken": first["nextToken"]});
        assert!(rig.call("DescribeLogGroups", foreign).await.is_err());
        for (input, count) in [
            (json!({"logGroupNamePrefix": "b/"}), 2),
            (json!({"logGroupNamePattern": "/t"}), 1),
            (json!({"logGroupNamePattern": "B"}), 0),
            (json!({"logGroupIdentifiers": ["a"]}), 1),
        ] {
            let answer = rig.call("DescribeLogGroups", input.clone()).await.unwrap();
            assert_eq!(
                answer["logGroups"].as_array().unwrap().len(),
                count,
                "{input}"
            );
        }
        let arn = "arn:aws:logs:us-east-1:000000000000:log-group:a";
        let tags = json!({"resourceArn": arn, "tags": {"more": "x"}});
        rig.call("TagResource", tags).await.unwrap();
        let keys = json!({"resourceArn": format!("{arn}:*"), "tagKeys": ["n"]});
        rig.call("UntagResource", keys).await.unwrap();
        let tags = rig
            .call("ListTagsForResource", json!({"resourceArn": arn}))
            .await;
        assert_eq!(tags.unwrap(), json!({"tags": {"more": "x"}}));
        rig.call("DeleteLogGroup", json!({"logGroupName": "a"}))
            .await
            .unwrap();
        let gone = rig
            .call("DeleteLogGroup", json!({"logGroupName": "a"}))
            .await;
        assert_eq!(
            gone.unwrap_err(),
            "ResourceNotFoundException: The specified log group does not exist."
        );
        let elsewhere = rig.at("eu-west-1", "DescribeLogGroups", json!({})).await;
        assert_eq!(elsewhere.unwrap(), json!({"logGroups": []}));
    });
}

#[test]
fn a_stream_is_read_from_both_ends_until_the_token_stays() {
    run(async {
        let rig = Rig::with_stream().await;
        let empty = json!({"logGroupName": "g", "logStreamName": "s"});
        let none = rig.call("GetLogEvents", empty.clone()).await.unwrap();
        assert_eq!(none["events"], json!([]));
        rig.put(&[(NOW, "1"), (NOW, "2"), (NOW + 1, "3"), (NOW + 2, "4")])
            .await;
        let get = async |more: Value| {
            let mut input = json!({"logGroupName": "g", "logStreamName": "s"});
            for (name, value) in more.as_object().unwrap() {
                input[name] = value.clone();
            }
            rig.call("GetLogEvents", input).await.unwrap()
        };
        // What was told of the empty stream leads to what came since.
        let news = get(json!({"nextToken": none["nextForwardToken"]})).await;
        assert_eq!(messages(&news), ["1", "2", "3", "4"]);
        let newest = get(json!({"limit": 2})).await;
        assert_eq!(messages(&newest), ["3", "4"]);
        let older = get(json!({"limit": 2, "nextToken": newest["nextBackwardToken"]})).await;
        assert_eq!(messages(&older), ["1", "2"]);
        let end = get(json!({"limit": 2, "nextToken": older["nextBackwardToken"]})).await;
        assert_eq!(messages(&end), [""; 0]);
        assert_eq!(end["nextBackwardToken"], older["nextBackwardToken"]);
        let turned = get(json!({"limit": 2, "nextToken": end["nextForwardToken"]})).await;
        assert_eq!(messages(&turned), ["1", "2"]);
        let first = get(json!({"limit": 3, "startFromHead": true})).await;
        assert_eq!(messages(&first), ["1", "2", "3"]);
        let last = get(json!({"nextToken": first["nextForwardToken"]})).await;
        assert_eq!(messages(&last), ["4"]);
        let same = get(json!({"nextToken": last["nextForwardToken"]})).await;
        assert_eq!(same["nextForwardToken"], last["nextForwardToken"]);
        let between = get(json!({"startTime": NOW + 1, "endTime": NOW + 2})).await;
        assert_eq!(messages(&between), ["3"]);
        let wrong = json!({"logGroupName": "g", "logStreamName": "s", "nextToken": "x"});
        assert!(rig.call("GetLogEvents", wrong).await.is_err());
        let streams = rig
            .call("DescribeLogStreams", json!({"logGroupName": "g"}))
            .await;
        let stream = &streams.unwrap()["logStreams"][0];
        assert_eq!(stream["firstEventTimestamp"], NOW);
        assert_eq!(stream["lastEventTimestamp"], NOW + 2);
        assert_eq!(
            stream["arn"],
            "arn:aws:logs:us-east-1:000000000000:log-group:g:log-stream:s"
        );
    });
}

#[test]
fn a_batch_must_be_one_and_what_is_too_old_or_too_new_is_told() {
    const HOUR: i64 = 3_600_000;
    run(async {
        let rig = Rig::with_stream().await;
        let put = async |events: Value| {
            let input = json!({"logGroupName": "g", "logStreamName": "s", "logEvents": events});
            rig.call("PutLogEvents", input).await
        };
        let event = |time: i64, message: &str| json!({"timestamp": time, "message": message});
        for (events, text) in [
            (json!([event(2, "b"), event(1, "a")]), "chronological order"),
            (json!([event(0, "a"), event(25 * HOUR, "b")]), "24 hours"),
            (json!([event(0, &"x".repeat(1_048_551))]), "event too large"),
            (
                json!([
                    event(0, &"x".repeat(600_000)),
                    event(0, &"x".repeat(600_000))
                ]),
                "Upload too large",
            ),
        ] {
            assert!(put(events).await.unwrap_err().contains(text), "{text}");
        }
        let days = json!({"logGroupName": "g", "retentionInDays": 1});
        rig.call("PutRetentionPolicy", days).await.unwrap();
        let answer = rig
            .put(&[
                (NOW - 20 * HOUR, "kept"),
                (NOW, "kept too"),
                (NOW + 3 * HOUR, "too new"),
            ])
            .await;
        assert_eq!(
            answer["rejectedLogEventsInfo"],
            json!({"tooNewLogEventStartIndex": 2})
        );
        let answer = rig.put(&[(NOW - 25 * HOUR, "expired")]).await;
        assert_eq!(
            answer["rejectedLogEventsInfo"],
            json!({"expiredLogEventEndIndex": 1})
        );
        let answer = rig.put(&[(NOW - 15 * 24 * HOUR, "too old")]).await;
        assert_eq!(
            answer["rejectedLogEventsInfo"],
            json!({"tooOldLogEventEndIndex": 1, "expiredLogEventEndIndex": 1})
        );
        let all = json!({"logGroupName": "g"});
        let kept = rig.call("FilterLogEvents", all.clone()).await.unwrap();
        assert_eq!(messages(&kept), ["kept", "kept too"]);
        // What is past its days isn't shown, though it may not be gone yet.
        rig.clock.advance(Duration::from_hours(5));
        let kept = rig.call("FilterLogEvents", all).await.unwrap();
        assert_eq!(messages(&kept), ["kept too"]);
    });
}

#[test]
fn a_group_is_filtered_page_by_page() {
    run(async {
        let rig = Rig::with_stream().await;
        rig.logs.write(
            "us-east-1",
            "g",
            "other",
            vec![NewEvent {
                time: NOW + 5,
                message: "ERROR elsewhere".to_owned(),
            }],
        );
        let many: Vec<(i64, String)> = (0..10)
            .map(|n| {
                (
                    NOW + n,
                    format!("{} {n}", if n % 2 == 0 { "ERROR" } else { "ok" }),
                )
            })
            .collect();
        let many: Vec<(i64, &str)> = many.iter().map(|(t, m)| (*t, m.as_str())).collect();
        rig.put(&many).await;
        let mut found = Vec::new();
        let mut token = Value::Null;
        loop {
            let mut input = json!({"logGroupName": "g", "filterPattern": "ERROR", "limit": 4});
            if !token.is_null() {
                input["nextToken"] = token.clone();
            }
            let page = rig.call("FilterLogEvents", input).await.unwrap();
            found.extend(messages(&page).into_iter().map(str::to_owned));
            token = page["nextToken"].clone();
            if token.is_null() {
                break;
            }
        }
        assert_eq!(
            found,
            [
                "ERROR 0",
                "ERROR 2",
                "ERROR 4",
                "ERROR elsewhere",
                "ERROR 6",
                "ERROR 8"
            ]
        );
        for (input, expected) in [
            (
                json!({"logStreamNames": ["other"]}),
                &["ERROR elsewhere"][..],
            ),
            (
                json!({"logStreamNamePrefix": "s", "endTime": NOW}),
                &["ERROR 0"],
            ),
            (
                json!({"startFromHead": false, "filterPattern": "-ERROR"}),
                &["ok 9", "ok 7", "ok 5", "ok 3", "ok 1"],
            ),
            (json!({"startTime": NOW + 9}), &["ok 9"]),
        ] {
            let mut call = input;
            call["logGroupName"] = "g".into();
            let page = rig.call("FilterLogEvents", call).await.unwrap();
            assert_eq!(messages(&page), expected);
        }
        let wrong = json!({"logGroupName": "g", "filterPattern": "a.b"});
        assert_eq!(
            rig.call("FilterLogEvents", wrong).await.unwrap_err(),
            "InvalidParameterException: Invalid character(s) in term 'a.b'"
        );
    });
}

#[test]
fn a_live_tail_shows_what_comes_and_is_wanted() {
    run(async {
        let rig = Rig::with_stream().await;
        let input = |value: Value| Input {
            members: value.as_object().unwrap().clone(),
            payload: None,
        };
        let arn = "arn:aws:logs:us-east-1:000000000000:log-group:g";
        let wanted = input(json!({"logGroupIdentifiers": [arn], "logEventFilterPattern": "ERROR"}));
        let start = rig.logs.start_live_tail("us-east-1", &wanted, "r", "s");
        let mut messages = start.await.unwrap();
        for kind in ["initial-response", "sessionStart"] {
            let message = messages.recv().await.unwrap();
            assert!(String::from_utf8_lossy(&message).contains(kind));
        }
        rig.put(&[(NOW, "ERROR one"), (NOW, "fine")]).await;
        let update = messages.recv().await.unwrap();
        let update = String::from_utf8_lossy(&update);
        assert!(update.contains("sessionUpdate") && update.contains("ERROR one"));
        assert!(!update.contains("fine") && update.contains("\"sampled\":false"));
        drop(messages);
        let gone = input(json!({"logGroupIdentifiers": ["gone"]}));
        let refused = rig.logs.start_live_tail("us-east-1", &gone, "r", "s").await;
        assert_eq!(refused.unwrap_err().code, "ResourceNotFoundException");
    });
}
