//! Segments that come, and traces that are asked for.

use super::*;

pub(super) fn trace_id(n: u32) -> String {
    format!("1-695735a5-{n:024x}")
}

pub(super) fn put(world: &World, documents: &[Value]) -> Value {
    let texts: Vec<String> = documents.iter().map(ToString::to_string).collect();
    world.ok(
        "PutTraceSegments",
        json!({ "TraceSegmentDocuments": texts }),
    )["UnprocessedTraceSegments"]
        .clone()
}

/// A stage's segment with one call of `shop`, from the second of the trace on.
pub(super) fn stage_segment(n: u32, status: u16) -> Value {
    json!({
        "id": format!("a{n:015x}"), "name": "pets/prod", "trace_id": trace_id(n), "origin": "AWS::ApiGateway::Stage",
        "start_time": NOW + 1.0, "end_time": NOW + 2.0, "fault": status >= 500,
        "http": {"request": {"url": "https://x/prod/a", "method": "GET"}, "response": {"status": status}},
        "annotations": {"aws:api_id": "abc"}, "resource_arn": "arn:stage",
        "subsegments": [{
            "id": format!("b{n:015x}"), "name": "shop", "namespace": "remote",
            "start_time": NOW + 1.25, "end_time": NOW + 1.75,
        }],
    })
}

fn summaries(world: &World, more: &Value) -> Value {
    let mut input = json!({"StartTime": NOW - 10.0, "EndTime": NOW + 10.0});
    for (name, value) in more.as_object().unwrap() {
        input[name] = value.clone();
    }
    world.ok("GetTraceSummaries", input)
}

fn ids(output: &Value) -> Vec<String> {
    let all = output["TraceSummaries"].as_array().unwrap().iter();
    all.map(|s| s["Id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_backends_segment_joins_the_trace() {
    let world = World::new();
    assert_eq!(put(&world, &[stage_segment(1, 200)]), json!([]));
    let batch = json!({"TraceIds": [trace_id(1), trace_id(9)]});
    let output = world.ok("BatchGetTraces", batch.clone());
    assert_eq!(output["UnprocessedTraceIds"], json!([trace_id(9)]));
    let segments = output["Traces"][0]["Segments"].as_array().unwrap();
    let document = |segment: &Value| -> Value {
        serde_json::from_str(segment["Document"].as_str().unwrap()).unwrap()
    };
    // Nobody has sent a segment for the call: it is inferred.
    let inferred = document(&segments[1]);
    assert_eq!(
        (&inferred["inferred"], &inferred["name"]),
        (&json!(true), &json!("shop"))
    );
    assert_eq!(inferred["parent_id"], format!("b{:015x}", 1));
    assert_eq!(output["Traces"][0]["Duration"], 1.0);

    let shop = json!({
        "id": format!("c{:015x}", 1), "name": "shop", "trace_id": trace_id(1), "parent_id": format!("b{:015x}", 1),
        "start_time": NOW + 1.5, "end_time": NOW + 4.0, "user": "ann",
    });
    let late = json!({
        "type": "subsegment", "id": format!("d{:015x}", 1), "name": "query", "trace_id": trace_id(1),
        "parent_id": format!("c{:015x}", 1), "start_time": NOW + 1.5, "end_time": NOW + 1.6,
        "annotations": {"table": "pets"},
    });
    assert_eq!(put(&world, &[late, shop]), json!([]));
    let output = world.ok("BatchGetTraces", batch);
    let segments = output["Traces"][0]["Segments"].as_array().unwrap();
    let found: Vec<Value> = segments.iter().map(document).collect();
    assert_eq!(found.len(), 2);
    assert_eq!(found[1]["subsegments"][0]["name"], "query");
    assert_eq!(output["Traces"][0]["Duration"], 3.0);

    let output = summaries(&world, &json!({}));
    let summary = &output["TraceSummaries"][0];
    assert_eq!(
        (&summary["Duration"], &summary["ResponseTime"]),
        (&json!(3.0), &json!(1.0))
    );
    assert_eq!(summary["EntryPoint"]["Name"], "pets/prod");
    assert_eq!(summary["EntryPoint"]["Type"], "AWS::ApiGateway::Stage");
    assert_eq!(
        summary["Http"],
        json!({"HttpURL": "https://x/prod/a", "HttpStatus": 200, "HttpMethod": "GET"})
    );
    assert_eq!(summary["Users"][0]["UserName"], "ann");
    assert_eq!(summary["ResourceARNs"], json!([{"ARN": "arn:stage"}]));
    assert_eq!(
        summary["Annotations"]["table"][0]["AnnotationValue"],
        json!({"StringValue": "pets"})
    );
    assert_eq!(
        summary["Annotations"]["aws:api_id"][0]["ServiceIds"][0]["Name"],
        "pets/prod"
    );
    assert_eq!(summary["ServiceIds"].as_array().unwrap().len(), 2);
    assert_eq!(
        (&summary["IsPartial"], &summary["HasFault"]),
        (&json!(false), &json!(false))
    );
    assert_eq!(output["TracesProcessedCount"], 1);
}

#[test]
fn summaries_are_chosen_by_time_filter_and_share() {
    let world = World::new();
    for n in 0..40 {
        put(
            &world,
            &[stage_segment(n, if n % 4 == 0 { 500 } else { 200 })],
        );
    }
    let count = |more: Value| ids(&summaries(&world, &more)).len();
    assert_eq!(count(json!({})), 40);
    assert_eq!(count(json!({"FilterExpression": "fault"})), 10);
    assert_eq!(
        count(json!({"FilterExpression": "service(\"shop\") AND !fault"})),
        30
    );
    assert_eq!(count(json!({"FilterExpression": "responsetime > 2"})), 0);
    assert_eq!(count(json!({"EndTime": NOW - 1.0})), 0);
    // By its id it began before that, by what happened it didn't.
    assert_eq!(count(json!({"StartTime": NOW + 1.5})), 0);
    assert_eq!(
        count(json!({"StartTime": NOW + 1.5, "TimeRangeType": "Event"})),
        40
    );
    let none = json!({"Sampling": true, "SamplingStrategy": {"Name": "FixedRate", "Value": 0.0}});
    assert_eq!(count(none), 0);
    for (more, why) in [
        (
            json!({"StartTime": NOW + 20.0}),
            "StartTime must not be after",
        ),
        (json!({"StartTime": NOW - 86_401.0}), "24 hours"),
        (json!({"FilterExpression": "what"}), "no keyword 'what'"),
        (json!({"NextToken": "x"}), "NextToken"),
    ] {
        let mut input = json!({"StartTime": NOW - 10.0, "EndTime": NOW + 10.0});
        for (name, value) in more.as_object().unwrap() {
            input[name] = value.clone();
        }
        let error = world.error("GetTraceSummaries", input);
        assert!(error.contains(why), "{error}");
    }
}

#[test]
fn pages_together_are_the_whole() {
    let world = World::new();
    for n in 0..1_100 {
        put(&world, &[stage_segment(n, 200)]);
    }
    let mut all = Vec::new();
    let mut more = json!({});
    loop {
        let page = summaries(&world, &more);
        all.extend(ids(&page));
        if page["NextToken"].is_null() {
            break;
        }
        more["NextToken"] = page["NextToken"].clone();
    }
    let mut expected: Vec<String> = (0..1_100).map(trace_id).collect();
    expected.reverse();
    assert_eq!(all, expected);
}

#[test]
fn segments_that_make_no_sense_are_named() {
    let world = World::new();
    let with = |member: &str, value: Value| {
        let mut segment = stage_segment(1, 200);
        segment[member] = value;
        segment.to_string()
    };
    for (text, code) in [
        ("{".to_owned(), "ParseError"),
        (with("id", json!("x")), "InvalidId"),
        (with("trace_id", json!("1-2-3")), "InvalidTraceId"),
        (
            with("trace_id", json!("1-00000001-000000000000000000000001")),
            "InvalidTraceId",
        ),
        (with("start_time", json!(1.0)), "InvalidTraceId"),
        (with("name", json!("")), "MissingName"),
        (with("parent_id", json!("x")), "InvalidParentId"),
        (with("type", json!("subsegment")), "MissingParentId"),
        (with("start_time", Value::Null), "MissingStartTime"),
        (with("end_time", Value::Null), "MissingEndTime"),
        (
            with("metadata", json!("x".repeat(70_000))),
            "DocumentTooLarge",
        ),
    ] {
        let refused = world.ok("PutTraceSegments", json!({"TraceSegmentDocuments": [text]}));
        let refused = &refused["UnprocessedTraceSegments"];
        assert_eq!(refused[0]["ErrorCode"], code, "{refused}");
        assert_eq!(
            refused[0]["Message"],
            format!("Invalid segment. ErrorCode: {code}")
        );
    }
    let begun = with("end_time", Value::Null).replacen('{', "{\"in_progress\": true, ", 1);
    world.ok(
        "PutTraceSegments",
        json!({"TraceSegmentDocuments": [begun]}),
    );
    assert_eq!(
        summaries(&world, &json!({}))["TraceSummaries"][0]["IsPartial"],
        true
    );
    assert!(
        world
            .error(
                "BatchGetTraces",
                json!({"TraceIds": ["1", "2", "3", "4", "5", "6"]})
            )
            .contains("At most 5")
    );
    assert_eq!(world.call("GetInsight", json!({})).unwrap_err().status, 501);
}

#[test]
fn a_daemon_gets_the_gateways_segments() {
    let daemon = UdpSocket::bind("127.0.0.1:0").unwrap();
    daemon
        .set_read_timeout(Some(std::time::Duration::from_secs(20)))
        .unwrap();
    let world = World::with(Some(daemon.local_addr().unwrap()));
    let document = stage_segment(1, 200);
    world.xray.take(&Finished {
        region: REGION.to_owned(),
        document: document.clone(),
    });
    let mut datagram = vec![0; 65_536];
    let length = daemon.recv(&mut datagram).unwrap();
    let text = std::str::from_utf8(&datagram[..length]).unwrap();
    let (head, body) = text.split_once('\n').unwrap();
    assert_eq!(head, "{\"format\": \"json\", \"version\": 1}");
    assert_eq!(serde_json::from_str::<Value>(body).unwrap(), document);
    assert_eq!(ids(&summaries(&world, &json!({}))), [trace_id(1)]);
}
