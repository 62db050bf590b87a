//! Expressions in `GetMetricData`.

use super::*;

fn expression(id: &str, text: &str) -> Value {
    json!({"Id": id, "Expression": text})
}

fn hidden(mut query: Value) -> Value {
    query["ReturnData"] = json!(false);
    query
}

/// Four requests in the first minute of which one fails, none in the second, two in the third.
fn world() -> World {
    let world = World::new(true);
    for status in [200, 200, 200, 500] {
        world.request(status, 10, false);
    }
    world.pass(120);
    world.request(200, 30, false);
    world.request(200, 30, false);
    world.pass(30);
    world
}

fn results(world: &World, queries: &Value) -> Vec<(String, String, Vec<f64>)> {
    let mut input = hours(queries);
    input["ScanBy"] = json!("TimestampAscending");
    let output = world.ok("GetMetricData", input);
    let all = output["MetricDataResults"].as_array().unwrap().iter();
    all.map(|result| {
        let text = |member: &str| result[member].as_str().unwrap().to_owned();
        let values = serde_json::from_value(result["Values"].clone()).unwrap();
        (text("Id"), text("Label"), values)
    })
    .collect()
}

#[test]
fn rates_are_computed_from_metrics_that_arent_returned() {
    let world = world();
    let count = query("m1", "Count", &stage(), 60, "Sum");
    let errors = query("m2", "5XXError", &stage(), 60, "Sum");
    let mut labelled = expression("e3", "e1 * 2");
    labelled["Label"] = json!("twice [${MAX}] ${PERIOD}");
    let found = results(
        &world,
        &json!([
            labelled,
            hidden(count),
            errors,
            expression("e1", "100 * m2 / m1"),
            expression("e2", "m1 / PERIOD(m1)"),
        ]),
    );
    let told =
        |id: &str, label: &str, values: &[f64]| (id.to_owned(), label.to_owned(), values.to_vec());
    assert_eq!(
        found,
        [
            told("e3", "twice [50] 60", &[50.0, 0.0]),
            told("m2", "5XXError", &[1.0, 0.0]),
            told("e1", "e1", &[25.0, 0.0]),
            told("e2", "e2", &[4.0 / 60.0, 2.0 / 60.0]),
        ]
    );
}

#[test]
fn filling_ends_with_the_present() {
    let world = world();
    let count = hidden(query("m1", "Count", &stage(), 60, "Sum"));
    let mut input = hours(&json!([count, expression("e1", "FILL(m1, 0)")]));
    input["StartTime"] = json!(START - 60);
    input["ScanBy"] = json!("TimestampAscending");
    let output = world.ok("GetMetricData", input);
    let result = &output["MetricDataResults"][0];
    assert_eq!(result["Values"], json!([0.0, 4.0, 0.0, 2.0]));
    assert_eq!(result["Timestamps"][0], START - 60);
}

#[test]
fn a_search_finds_series_and_names_them() {
    let world = world();
    world.ok(
        "PutMetricData",
        put(
            "Sold",
            &json!({"Value": 3, "Dimensions": [{"Name": "Shop", "Value": "a"}]}),
        ),
    );
    world.ok(
        "PutMetricData",
        put(
            "Sold",
            &json!({"Value": 5, "Dimensions": [{"Name": "Shop", "Value": "b"}]}),
        ),
    );
    let search = |text: &str| results(&world, &json!([expression("e1", text)]));
    let told = |label: &str, values: &[f64]| ("e1".to_owned(), label.to_owned(), values.to_vec());
    assert_eq!(
        search("SEARCH('{Shop,Shop} MetricName=\"Sold\"', 'Sum', 60)"),
        [told("a", &[3.0]), told("b", &[5.0])]
    );
    assert_eq!(
        search("SUM(SEARCH('{Shop,Shop}', 'Sum', 60))"),
        [told("e1", &[8.0])]
    );
    assert_eq!(
        search(
            "SEARCH('{AWS/ApiGateway,ApiName,Method,Resource,Stage} MetricName=\"Latency\" ApiName=\"pets\"', 'Maximum', 60)"
        ),
        [told("Latency", &[10.0, 30.0])]
    );
    let names: Vec<String> = search("SEARCH('{AWS/ApiGateway,ApiName,Stage} error', 'Sum', 60)")
        .into_iter()
        .map(|(_, label, _)| label)
        .collect();
    assert_eq!(names, ["4XXError", "5XXError"]);
    assert_eq!(search("SEARCH('{None,Such}', 'Sum', 60)"), []);
    // A metric that was silent for two weeks isn't found.
    world.pass(15 * 86_400);
    assert_eq!(search("SEARCH('{Shop,Shop}', 'Sum', 60)"), []);
}

#[test]
fn pages_of_arrays_together_are_the_whole() {
    let world = World::new(false);
    for _ in 0..4 {
        world.request(500, 5, false);
        world.pass(60);
    }
    let queries = json!([
        query("a", "Count", &stage(), 60, "Sum"),
        expression(
            "e1",
            "SEARCH('{AWS/ApiGateway,ApiName,Stage} error', 'Sum', 60)"
        ),
        expression("e2", "a * 2"),
    ]);
    let whole = world.ok("GetMetricData", hours(&queries));
    let flat = |output: &Value| -> Vec<(String, String, i64)> {
        let results = output["MetricDataResults"].as_array().unwrap().iter();
        let of = |result: &Value| {
            let id = result["Id"].as_str().unwrap().to_owned();
            let label = result["Label"].as_str().unwrap().to_owned();
            let times = result["Timestamps"].as_array().unwrap().clone();
            let times = times.into_iter().map(|at| at.as_i64().unwrap());
            times
                .map(|at| (id.clone(), label.clone(), at))
                .collect::<Vec<_>>()
        };
        results.flat_map(of).collect()
    };
    for limit in [1, 3, 4, 5, 8, 16, 100] {
        let mut input = hours(&queries);
        input["MaxDatapoints"] = json!(limit);
        let mut all = Vec::new();
        for page in 0.. {
            assert!(page < 20, "{limit}");
            let output = world.ok("GetMetricData", input.clone());
            let points = flat(&output);
            assert!(points.len() <= limit);
            all.extend(points);
            if output["NextToken"].is_null() {
                break;
            }
            input["NextToken"] = output["NextToken"].clone();
        }
        assert_eq!(all, flat(&whole), "{limit}");
    }
}

#[test]
fn what_comes_after_a_full_page_isnt_computed() {
    let world = world();
    // The second query can't be evaluated: who asks for the first point alone doesn't notice.
    let queries = json!([
        query("a", "Count", &stage(), 60, "Sum"),
        expression("e1", "FIRST(REMOVE_EMPTY(METRICS('none')))"),
    ]);
    let mut input = hours(&queries);
    input["MaxDatapoints"] = json!(2);
    let output = world.ok("GetMetricData", input.clone());
    assert_eq!(output["MetricDataResults"].as_array().unwrap().len(), 1);
    input["NextToken"] = output["NextToken"].clone();
    let (code, message) = world.error("GetMetricData", input);
    assert_eq!(code, "ValidationException");
    assert!(
        message.starts_with("Error in expression 'e1' [FIRST("),
        "{message}"
    );
}

#[test]
fn expressions_that_make_no_sense_are_refused() {
    let world = world();
    let count = query("m1", "Count", &stage(), 60, "Sum");
    for (queries, why) in [
        (
            json!([expression("e1", "m1 +")]),
            "Error in expression 'e1' [m1 +]: it ends too early.",
        ),
        (json!([expression("e1", "m9")]), "there is no query m9"),
        (json!([expression("e1", "e1")]), "made of itself"),
        (
            json!([expression("e1", "e2"), expression("e2", "e1")]),
            "made of itself",
        ),
        (
            json!([count, expression("e1", "SUM(m1)")]),
            "must give a time series",
        ),
        (
            json!([expression("e1", "SEARCH('x', 'Sum')")]),
            "SEARCH needs a period",
        ),
        (
            json!([expression("e1", "SERVICE_QUOTA(m1)")]),
            "can't evaluate SERVICE_QUOTA yet",
        ),
    ] {
        let (code, message) = world.error("GetMetricData", hours(&queries));
        assert_eq!(code, "ValidationException", "{message}");
        assert!(message.contains(why), "{message}");
    }
}
