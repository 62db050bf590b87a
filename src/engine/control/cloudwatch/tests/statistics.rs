//! `GetMetricStatistics`.

use super::*;

#[test]
fn statistics_come_by_point_with_their_unit() {
    let world = World::new(false);
    world.request(200, 10, false);
    world.request(500, 30, false);
    let ask = |members: Value| {
        let mut input = json!({
            "Namespace": "AWS/ApiGateway", "MetricName": "Latency", "Dimensions": stage(),
            "StartTime": START - 90, "EndTime": START + 60, "Period": 60,
        });
        for (name, value) in members.as_object().unwrap() {
            input[name] = value.clone();
        }
        input
    };
    let output = world.ok(
        "GetMetricStatistics",
        ask(json!({"Statistics": ["Sum", "Average", "Maximum", "Minimum", "SampleCount"]})),
    );
    assert_eq!(
        output,
        json!({"Label": "Latency", "Datapoints": [{
            "Timestamp": START, "Unit": "Milliseconds", "Sum": 40.0, "Average": 20.0,
            "Maximum": 30.0, "Minimum": 10.0, "SampleCount": 2.0,
        }]})
    );
    let output = world.ok(
        "GetMetricStatistics",
        ask(json!({"ExtendedStatistics": ["p100", "p0"]})),
    );
    let told = &output["Datapoints"][0];
    assert_eq!(
        told["ExtendedStatistics"],
        json!({"p100": 30.0, "p0": 10.0})
    );
    assert_eq!(told["Sum"], Value::Null);
    // Periods begin with the start, rounded to its minute.
    let input = ask(json!({"Period": 300, "Statistics": ["Sum"]}));
    let output = world.ok("GetMetricStatistics", input);
    assert_eq!(output["Datapoints"][0]["Timestamp"], json!(START - 120));
    for (members, code, message) in [
        (
            json!({}),
            "InvalidParameterCombinationException",
            "Exactly one",
        ),
        (
            json!({"Statistics": ["Sum"], "ExtendedStatistics": ["p1"]}),
            "InvalidParameterCombinationException",
            "Exactly one",
        ),
        (
            json!({"Statistics": ["Sum"], "Period": 7}),
            "InvalidParameterValueException",
            "Period",
        ),
        (
            json!({"ExtendedStatistics": ["q1"]}),
            "InvalidParameterValueException",
            "The value q1 for parameter ExtendedStatistics.member.1",
        ),
        (
            json!({"Statistics": ["Sum"], "StartTime": START - 86_400, "EndTime": START, "Period": 1}),
            "InvalidParameterCombinationException",
            "You have requested up to 86400 datapoints, which exceeds the limit of 1440. You may reduce the datapoints requested by \
             increasing Period, or decreasing the time range.",
        ),
    ] {
        let (its_code, its_message) = world.error("GetMetricStatistics", ask(members));
        assert_eq!(its_code, code, "{its_message}");
        assert!(its_message.contains(message), "{its_message}");
    }
}
