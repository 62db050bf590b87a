//! The graph of services.

use super::traces::{put, stage_segment, trace_id};
use super::*;

#[test]
fn services_and_their_calls_are_counted() {
    let world = World::new();
    for (n, status) in [(1, 200), (2, 500), (3, 200)] {
        put(&world, &[stage_segment(n, status)]);
    }
    let input = json!({"StartTime": NOW - 10.0, "EndTime": NOW + 10.0});
    let output = world.ok("GetServiceGraph", input);
    let services = output["Services"].as_array().unwrap();
    let find = |name: &str, kind: &str| {
        let found = services
            .iter()
            .find(|s| s["Name"] == name && s["Type"] == kind);
        found.expect(name)
    };
    let stage = find("pets/prod", "AWS::ApiGateway::Stage");
    assert_eq!(
        (&stage["Root"], &stage["AccountId"]),
        (&json!(true), &json!("000000000000"))
    );
    assert_eq!(
        stage["SummaryStatistics"],
        json!({
            "OkCount": 2, "ErrorStatistics": {"ThrottleCount": 0, "OtherCount": 0, "TotalCount": 0},
            "FaultStatistics": {"OtherCount": 1, "TotalCount": 1}, "TotalCount": 3, "TotalResponseTime": 3.0,
        })
    );
    assert_eq!(
        stage["ResponseTimeHistogram"],
        json!([{"Value": 1.0, "Count": 3}])
    );
    let shop = find("shop", "remote");
    assert_eq!(stage["Edges"][0]["ReferenceId"], shop["ReferenceId"]);
    assert_eq!(
        stage["Edges"][0]["SummaryStatistics"]["TotalResponseTime"],
        1.5
    );
    let client = find("pets/prod", "client");
    assert_eq!(client["Edges"][0]["ReferenceId"], stage["ReferenceId"]);
    assert_eq!(
        (&client["State"], client.get("SummaryStatistics")),
        (&json!("unknown"), None)
    );

    let one = world.ok(
        "GetTraceGraph",
        json!({"TraceIds": [trace_id(2), trace_id(9)]}),
    );
    let one = one["Services"].as_array().unwrap();
    assert_eq!(one.len(), 3);
    assert_eq!(one[0]["SummaryStatistics"]["TotalCount"], 1);
    let group = json!({"StartTime": NOW, "EndTime": NOW, "GroupName": "mine"});
    assert!(world.error("GetServiceGraph", group).contains("no groups"));
    let backwards = json!({"StartTime": NOW, "EndTime": NOW - 1.0});
    assert!(
        world
            .error("GetServiceGraph", backwards)
            .contains("StartTime")
    );
}
