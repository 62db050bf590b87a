//! `PutMetricData`.

use super::*;

#[test]
fn what_clients_put_is_a_metric_like_any_other() {
    let world = World::new(false);
    world.ok("PutMetricData", put("Load", &json!({"Value": 2.5})));
    world.ok(
        "PutMetricData",
        put("Load", &json!({"Values": [1, 4.0], "Counts": [3, 1]})),
    );
    let set = json!({"SampleCount": 2, "Sum": 10, "Minimum": 4, "Maximum": 6});
    world.ok(
        "PutMetricData",
        put("Sets", &json!({"StatisticValues": set})),
    );
    let ask = |name: &str, stat: &str| {
        let mut query = query("m1", name, &json!([]), 60, stat);
        query["MetricStat"]["Metric"]["Namespace"] = json!("Shop");
        world.data(&query)
    };
    assert_eq!(ask("Load", "Sum")["Values"], json!([9.5]));
    assert_eq!(ask("Load", "SampleCount")["Values"], json!([5.0]));
    assert_eq!(ask("Load", "p100")["Values"], json!([4.0]));
    assert_eq!(ask("Sets", "Average")["Values"], json!([5.0]));
    assert_eq!(
        ask("Sets", "p50")["Values"],
        json!([]),
        "a summary has no percentiles"
    );
    world.ok(
        "PutMetricData",
        put("Load", &json!({"Value": 1, "Unit": "Seconds"})),
    );
    world.ok(
        "PutMetricData",
        put("Load", &json!({"Value": 1, "Unit": "Milliseconds"})),
    );
    let several = ask("Load", "Sum");
    assert_eq!(several["Values"], json!([11.5]));
    assert_eq!(
        several["Messages"],
        json!([{"Code": "MultipleUnits", "Value": "Multiple units returned: '[Milliseconds, None, Seconds]'"}])
    );
    let listed = world.ok("ListMetrics", json!({"Namespace": "Shop"}));
    assert_eq!(listed["Metrics"].as_array().unwrap().len(), 2);
    world.cloudwatch.clear();
    assert_eq!(ask("Load", "Sum")["Values"], json!([]));
}

#[test]
fn what_cannot_be_put_is_refused_and_nothing_is_kept() {
    let world = World::new(false);
    let datum = |members: Value| put("Load", &members);
    let mut reserved = datum(json!({"Value": 1}));
    reserved["Namespace"] = json!("AWS/ApiGateway");
    for (input, code, message) in [
        (
            reserved,
            "InvalidParameterValueException",
            "AWS/ApiGateway for parameter Namespace",
        ),
        (
            json!({"Namespace": "Shop"}),
            "MissingRequiredParameterException",
            "MetricData is required",
        ),
        (
            datum(json!({})),
            "MissingRequiredParameterException",
            "MetricData.member.1.Value",
        ),
        (
            datum(json!({"Value": "NaN"})),
            "InvalidParameterValueException",
            "The value NaN for parameter MetricData.member.1.Value",
        ),
        (
            datum(json!({"Value": 1e200})),
            "InvalidParameterValueException",
            "Value is invalid",
        ),
        (
            datum(json!({"Value": 1, "Values": [1]})),
            "InvalidParameterCombinationException",
            "mutually exclusive",
        ),
        (
            datum(json!({"Values": [1], "Counts": [1, 2]})),
            "InvalidParameterValueException",
            "same size",
        ),
        (
            datum(json!({"Values": vec![1; 151]})),
            "InvalidParameterValueException",
            "150",
        ),
        (
            datum(json!({"Value": 1, "StorageResolution": 5})),
            "InvalidParameterValueException",
            "StorageResolution",
        ),
        (
            datum(json!({"Value": 1, "Timestamp": START - 15 * 86_400})),
            "InvalidParameterValueException",
            "past two weeks",
        ),
        (
            datum(json!({"Value": 1, "Timestamp": START + 3 * 3600})),
            "InvalidParameterValueException",
            "two hours in the future",
        ),
        (
            datum(
                json!({"StatisticValues": {"SampleCount": 1, "Sum": 1, "Minimum": 2, "Maximum": 1}}),
            ),
            "InvalidParameterValueException",
            "Maximum",
        ),
    ] {
        let (its_code, its_message) = world.error("PutMetricData", input);
        assert_eq!(its_code, code, "{its_message}");
        assert!(its_message.contains(message), "{its_message}");
    }
    assert_eq!(world.ok("ListMetrics", json!({}))["Metrics"], json!([]));
}
