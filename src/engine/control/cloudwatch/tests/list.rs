//! `ListMetrics`.

use super::*;

#[test]
fn metrics_are_listed_by_what_they_have() {
    let world = World::new(true);
    world.request(200, 10, true);
    let listed = |filter: Value| -> Vec<String> {
        let output = world.ok("ListMetrics", filter);
        (output["Metrics"].as_array().unwrap().iter())
            .map(|metric| {
                let dimensions: Vec<&str> = (metric["Dimensions"].as_array().unwrap().iter())
                    .map(|dimension| dimension["Value"].as_str().unwrap())
                    .collect();
                let name = metric["MetricName"].as_str().unwrap();
                format!("{name} {}", dimensions.join(" "))
            })
            .collect()
    };
    assert_eq!(listed(json!({})).len(), 25);
    let count = json!({"Namespace": "AWS/ApiGateway", "MetricName": "Count"});
    let all = [
        "Count pets",
        "Count pets GET /pets/{petId} prod",
        "Count pets GET /pets/{petId} prod/Canary",
        "Count pets prod",
        "Count pets prod/Canary",
    ];
    assert_eq!(listed(count.clone()), all);
    for (filter, expected) in [
        (json!([{"Name": "Stage"}]), &all[1..]),
        (
            json!([{"Name": "Stage", "Value": "prod/Canary"}, {"Name": "Method"}]),
            &all[2..3],
        ),
        (json!([{"Name": "Stage", "Value": "dev"}]), &[]),
        (json!([{"Name": "ApiId"}]), &[]),
    ] {
        let mut input = count.clone();
        input["Dimensions"] = filter;
        assert_eq!(listed(input), expected);
    }
    assert!(listed(json!({"Namespace": "AWS/Lambda"})).is_empty());
    world.pass(3 * 3600 + 1);
    assert!(listed(json!({"RecentlyActive": "PT3H"})).is_empty());
    assert_eq!(listed(json!({})).len(), 25);
    world.pass(14 * 86_400);
    assert!(listed(json!({})).is_empty());
}

#[test]
fn long_lists_come_in_pages() {
    let world = World::new(false);
    for n in 0..1100 {
        world.ok(
            "PutMetricData",
            put(&format!("M{n:04}"), &json!({"Value": 1})),
        );
    }
    let mut names = Vec::new();
    let mut input = json!({"Namespace": "Shop"});
    let mut sizes = Vec::new();
    loop {
        let output = world.ok("ListMetrics", input.clone());
        let metrics = output["Metrics"].as_array().unwrap();
        sizes.push(metrics.len());
        names.extend(
            metrics
                .iter()
                .map(|metric| metric["MetricName"].as_str().unwrap().to_owned()),
        );
        if output["NextToken"].is_null() {
            break;
        }
        input["NextToken"] = output["NextToken"].clone();
    }
    assert_eq!(sizes, [500, 500, 100]);
    assert!(names.is_sorted() && names.len() == 1100);
}
