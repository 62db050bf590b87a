//! Calls as clients send them: rest-json, all by POST.

use http::Request;

use super::*;
use crate::engine::wire::{Scope, route};

/// Status, error type and body.
fn send(world: &World, path: &str, body: &str) -> (u16, Option<String>, Value) {
    let head = Request::post(path)
        .header("content-type", "application/json")
        .body(())
        .unwrap()
        .into_parts()
        .0;
    let scope = Scope {
        access_key: "AKID".to_owned(),
        date: "20260102".to_owned(),
        region: REGION.to_owned(),
        service: "xray".to_owned(),
    };
    let call = route(&head, &scope, body.as_bytes()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let answer = call
        .decode()
        .and_then(|input| runtime.block_on(world.xray.call(REGION, call.operation, &input)));
    let reply = match answer {
        Ok(output) => call.encode(output, "id"),
        Err(error) => call.encode_error(&error, "id"),
    };
    let kind = reply.headers.get("x-amzn-errortype");
    (
        reply.status.as_u16(),
        kind.map(|kind| kind.to_str().unwrap().to_owned()),
        serde_json::from_slice(&reply.body).unwrap(),
    )
}

#[test]
fn segments_go_in_as_texts_and_come_out_as_texts() {
    let world = World::new();
    let segment = super::traces::stage_segment(1, 200);
    let body = json!({"TraceSegmentDocuments": [segment.to_string(), "{"]});
    let (status, _, answer) = send(&world, "/TraceSegments", &body.to_string());
    assert_eq!(status, 200);
    assert_eq!(
        answer,
        json!({"UnprocessedTraceSegments": [
            {"Id": "", "ErrorCode": "ParseError", "Message": "Invalid segment. ErrorCode: ParseError"},
        ]})
    );
    let id = super::traces::trace_id(1);
    let body = json!({ "TraceIds": [id] });
    let (_, _, answer) = send(&world, "/Traces", &body.to_string());
    let document = answer["Traces"][0]["Segments"][0]["Document"]
        .as_str()
        .unwrap();
    assert_eq!(serde_json::from_str::<Value>(document).unwrap(), segment);
    // Times are epoch seconds, with fractions.
    let body = format!(
        "{{\"StartTime\": {}.5, \"EndTime\": {}}}",
        NOW - 1.0,
        NOW + 9.0
    );
    let (_, _, answer) = send(&world, "/TraceSummaries", &body);
    let summary = &answer["TraceSummaries"][0];
    assert_eq!(
        (&summary["Id"], &summary["StartTime"]),
        (&json!(id), &json!(1_767_323_046))
    );
    let (_, _, answer) = send(&world, "/GetSamplingRules", "{}");
    assert_eq!(
        answer["SamplingRuleRecords"][0]["SamplingRule"]["HTTPMethod"],
        "*"
    );
}

#[test]
fn errors_are_named_in_a_header() {
    let world = World::new();
    let (status, kind, answer) = send(&world, "/DeleteSamplingRule", "{\"RuleName\": \"none\"}");
    assert_eq!(
        (status, kind.as_deref()),
        (400, Some("InvalidRequestException"))
    );
    assert_eq!(answer["message"], "There is no sampling rule none.");
    let (status, kind, _) = send(&world, "/Groups", "{}");
    assert_eq!(
        (status, kind.as_deref()),
        (501, Some("NotImplementedException"))
    );
}
