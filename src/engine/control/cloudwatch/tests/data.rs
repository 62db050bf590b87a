//! `GetMetricData`.

use super::*;

#[test]
fn each_metric_has_awss_statistics() {
    let world = World::new(false);
    // Ten requests: 10 to 100 ms, of which one is throttled and two fail.
    for n in 1..=10 {
        let status = match n {
            1 => 429,
            9 | 10 => 502,
            _ => 200,
        };
        world.request(status, n * 10, n > 8);
    }
    for (name, stat, expected) in [
        ("Count", "Sum", 10.0),
        ("Count", "SampleCount", 10.0),
        ("Count", "Average", 1.0),
        ("4XXError", "Sum", 1.0),
        ("4XXError", "Average", 0.1),
        ("4XXError", "SampleCount", 10.0),
        ("5XXError", "Sum", 2.0),
        ("5XXError", "Average", 0.2),
        ("5XXError", "Maximum", 1.0),
        ("5XXError", "Minimum", 0.0),
        ("5XXError", "p50", 0.0),
        ("Latency", "Average", 55.0),
        ("Latency", "Minimum", 10.0),
        ("Latency", "Maximum", 100.0),
        ("Latency", "p50", 50.0),
        ("Latency", "p99.9", 100.0),
        ("Latency", "tm50", 30.0),
        ("Latency", "TC(45:75)", 3.0),
        ("IntegrationLatency", "SampleCount", 9.0),
        ("IntegrationLatency", "Minimum", 18.0),
    ] {
        for dimensions in [stage(), dims(&[("ApiName", "pets")])] {
            let result = world.data(&query("m1", name, &dimensions, 60, stat));
            let value = result["Values"][0].as_f64().expect(name);
            let near = (value - expected).abs() <= expected * 0.01;
            assert!(near, "{name} {stat}: {value}, not {expected}");
            assert_eq!(result["Timestamps"], json!([START]));
            assert_eq!(result["StatusCode"], "Complete");
            assert_eq!(result["Messages"], json!([]));
        }
    }
    let canary = dims(&[("ApiName", "pets"), ("Stage", "prod/Canary")]);
    let result = world.data(&query("m1", "Count", &canary, 60, "Sum"));
    assert_eq!(result["Values"], json!([2.0]));
}

#[test]
fn what_is_not_there_is_empty_and_complete() {
    let world = World::new(false);
    world.request(429, 5, false);
    let method = dims(&[
        ("ApiName", "pets"),
        ("Method", "GET"),
        ("Resource", "/pets/{petId}"),
        ("Stage", "prod"),
    ]);
    let units = json!({"Id": "m1", "MetricStat": {
        "Metric": {"Namespace": "AWS/ApiGateway", "MetricName": "Latency", "Dimensions": stage()},
        "Period": 60, "Stat": "p90", "Unit": "Seconds",
    }});
    for query in [
        query("m1", "Count", &method, 60, "Sum"),
        query("m1", "Count", &dims(&[("ApiName", "dogs")]), 60, "Sum"),
        query("m1", "Count", &dims(&[("Stage", "prod")]), 60, "Sum"),
        query(
            "m1",
            "Count",
            &dims(&[("ApiName", "pets"), ("Stage", "prod/Canary")]),
            60,
            "Sum",
        ),
        query("m1", "IntegrationLatency", &stage(), 60, "Sum"),
        query("m1", "CacheHitCount", &stage(), 60, "Sum"),
        units,
    ] {
        let result = world.data(&query);
        assert_eq!(result["Values"], json!([]), "{query}");
        assert_eq!(result["StatusCode"], "Complete");
    }
    let detailed = World::new(true);
    detailed.request(200, 5, false);
    let result = detailed.data(&query("m1", "Count", &method, 60, "Sum"));
    assert_eq!(result["Values"], json!([1.0]));
}

#[test]
fn periods_are_aligned_and_scanned_as_asked() {
    let world = World::new(false);
    // A request in each second of two and a half minutes.
    for _ in 0..150 {
        world.request(200, 5, false);
        world.pass(1);
    }
    for (period, expected) in [
        (60, vec![(0, 60.0), (60, 60.0), (120, 30.0)]),
        (120, vec![(0, 120.0), (120, 30.0)]),
        (300, vec![(0, 150.0)]),
    ] {
        let mut input = hours(&json!([query("m1", "Count", &stage(), period, "Sum")]));
        let times: Vec<i64> = expected.iter().map(|(at, _)| START + at).collect();
        let newest_first: Vec<i64> = times.iter().rev().copied().collect();
        let output = world.ok("GetMetricData", input.clone());
        assert_eq!(
            output["MetricDataResults"][0]["Timestamps"],
            json!(newest_first)
        );
        input["ScanBy"] = json!("TimestampAscending");
        let output = world.ok("GetMetricData", input);
        let values: Vec<f64> = expected.iter().map(|(_, value)| *value).collect();
        assert_eq!(output["MetricDataResults"][0]["Timestamps"], json!(times));
        assert_eq!(output["MetricDataResults"][0]["Values"], json!(values));
    }
    // Seconds: from a start that is included to an end that isn't.
    let seconds = json!({
        "MetricDataQueries": [query("m1", "Count", &stage(), 1, "Sum")],
        "StartTime": START + 10, "EndTime": START + 13, "ScanBy": "TimestampAscending",
    });
    let output = world.ok("GetMetricData", seconds);
    let times = json!([START + 10, START + 11, START + 12]);
    assert_eq!(output["MetricDataResults"][0]["Timestamps"], times);
    // After three hours, seconds are gone and minutes are not.
    world.pass(4 * 3600);
    assert_eq!(
        world.data(&query("m1", "Count", &stage(), 30, "Sum"))["Values"],
        json!([])
    );
    let minutes = world.data(&query("m1", "Count", &stage(), 60, "Sum"));
    assert_eq!(minutes["Values"], json!([30.0, 60.0, 60.0]));
}

#[test]
fn labels_name_what_differs() {
    let world = World::new(false);
    world.request(200, 5, false);
    let labels = |queries: Value| -> Vec<String> {
        let output = world.ok("GetMetricData", hours(&queries));
        (output["MetricDataResults"].as_array().unwrap().iter())
            .map(|result| result["Label"].as_str().unwrap().to_owned())
            .collect()
    };
    let one = query("a", "Count", &stage(), 60, "Sum");
    assert_eq!(labels(json!([one])), ["Count"]);
    let other = query("b", "Latency", &stage(), 60, "Sum");
    assert_eq!(labels(json!([one, other])), ["Count", "Latency"]);
    let other = query("b", "Count", &stage(), 60, "Average");
    assert_eq!(labels(json!([one, other])), ["Count Sum", "Count Average"]);
    let other = query("b", "Count", &stage(), 120, "Average");
    assert_eq!(
        labels(json!([one, other])),
        ["Count Sum 60", "Count Average 120"]
    );
    let mut own = query("b", "Count", &stage(), 60, "Sum");
    own["Label"] = json!("${PROP('Dim.Stage')}: ${LAST}");
    assert_eq!(labels(json!([one, own])), ["Count", "prod: 1"]);
    own["ReturnData"] = json!(false);
    assert_eq!(labels(json!([one, own])), ["Count"]);
}

#[test]
fn pages_together_are_the_whole_in_either_order() {
    let world = World::new(false);
    for _ in 0..5 {
        world.request(200, 5, false);
        world.pass(60);
    }
    for scan in ["TimestampAscending", "TimestampDescending"] {
        for limit in [1, 2, 3, 4, 7, 100] {
            let queries = json!([
                query("a", "Count", &stage(), 60, "Sum"),
                query("b", "Latency", &stage(), 60, "Maximum"),
            ]);
            let mut input = hours(&queries);
            input["ScanBy"] = json!(scan);
            let whole = world.ok("GetMetricData", input.clone());
            input["MaxDatapoints"] = json!(limit);
            let mut paged = [("a", Vec::new()), ("b", Vec::new())];
            for page in 0.. {
                assert!(page < 12);
                let output = world.ok("GetMetricData", input.clone());
                let mut points = 0;
                for result in output["MetricDataResults"].as_array().unwrap() {
                    let times = result["Timestamps"].as_array().unwrap();
                    points += times.len();
                    let place = paged.iter_mut().find(|(id, _)| result["Id"] == *id);
                    place.unwrap().1.extend(times.iter().cloned());
                }
                assert!(points <= limit);
                if output["NextToken"].is_null() {
                    break;
                }
                input["NextToken"] = output["NextToken"].clone();
            }
            for (i, (_, times)) in paged.into_iter().enumerate() {
                let expected = &whole["MetricDataResults"][i]["Timestamps"];
                assert_eq!(json!(times), *expected, "{scan} {limit}");
            }
        }
    }
}

#[test]
fn a_token_of_another_call_is_refused() {
    let world = World::new(false);
    for _ in 0..3 {
        world.request(200, 5, false);
        world.pass(60);
    }
    let mut input = hours(&json!([query("a", "Count", &stage(), 60, "Sum")]));
    input["MaxDatapoints"] = json!(1);
    let token = world.ok("GetMetricData", input.clone())["NextToken"].clone();
    input["NextToken"] = token;
    input["ScanBy"] = json!("TimestampAscending");
    assert_eq!(
        world.error("GetMetricData", input.clone()).0,
        "InvalidNextToken"
    );
    input["NextToken"] = json!("nonsense");
    assert_eq!(world.error("GetMetricData", input).0, "InvalidNextToken");
}

#[test]
fn wrong_queries_say_what_is_wrong() {
    let world = World::new(false);
    let good = query("m1", "Count", &stage(), 60, "Sum");
    let with = |path: &str, value: Value| {
        let mut query = good.clone();
        *query.pointer_mut(path).unwrap() = value;
        json!([query])
    };
    let mut both = good.clone();
    both["Expression"] = json!("m1");
    let many: Vec<Value> = (0..501)
        .map(|n| query(&format!("m{n}"), "Count", &stage(), 60, "Sum"))
        .collect();
    for (queries, code, message) in [
        (
            json!([]),
            "MissingRequiredParameterException",
            "MetricDataQueries is required",
        ),
        (json!(many), "ValidationException", "greater than 500"),
        (json!([good, good]), "ValidationException", "not unique"),
        (
            with("/Id", json!("M1")),
            "ValidationException",
            "The value M1 for parameter MetricDataQueries.member.1.Id",
        ),
        (
            with("/MetricStat/Stat", json!("p101")),
            "ValidationException",
            "p101 for parameter MetricDataQueries.member.1.MetricStat.Stat",
        ),
        (
            with("/MetricStat/Period", json!(45)),
            "InvalidParameterValueException",
            "MetricStat.Period must be",
        ),
        (json!([both]), "ValidationException", "mutually exclusive"),
        (
            json!([{"Id": "e1", "Expression": "SUM(m1)"}]),
            "ValidationException",
            "[SUM(m1)]",
        ),
        (
            json!([{"Id": "e1"}]),
            "ValidationException",
            "must be specified",
        ),
    ] {
        let (its_code, its_message) = world.error("GetMetricData", hours(&queries));
        assert_eq!(its_code, code, "{its_message}");
        assert!(its_message.contains(message), "{its_message}");
    }
    let mut backwards = hours(&json!([good]));
    backwards["EndTime"] = backwards["StartTime"].clone();
    assert_eq!(
        world.error("GetMetricData", backwards),
        (
            "InvalidParameterValueException".to_owned(),
            "The parameter StartTime must be less than the parameter EndTime.".to_owned()
        )
    );
    let mut limit = hours(&json!([good]));
    limit["MaxDatapoints"] = json!(0);
    assert!(
        world
            .error("GetMetricData", limit)
            .1
            .contains("MaxDatapoints")
    );
    assert_eq!(
        world.error("PutDashboard", json!({})).0,
        "NotImplementedException"
    );
}
