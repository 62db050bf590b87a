//! Alarms, evaluated as the clock passes.

use super::*;
use crate::engine::store::Location;

const ARN: &str = "arn:aws:sns:eu-west-1:000000000000:page";

/// More than one failed request a minute, in one of two minutes.
fn alarm(name: &str) -> Value {
    json!({
        "AlarmName": name, "AlarmActions": [ARN], "MetricName": "5XXError", "Namespace": "AWS/ApiGateway",
        "Statistic": "Sum", "Dimensions": stage(), "Period": 60, "EvaluationPeriods": 2, "DatapointsToAlarm": 1,
        "Threshold": 1, "ComparisonOperator": "GreaterThanThreshold", "TreatMissingData": "notBreaching",
    })
}

impl World {
    fn evaluate(&self) {
        block_on(self.cloudwatch.evaluate_due());
    }

    fn alarm(&self, name: &str) -> Value {
        let output = self.ok("DescribeAlarms", json!({"AlarmNames": [name]}));
        output["MetricAlarms"][0].clone()
    }

    fn state(&self, name: &str) -> String {
        self.alarm(name)["StateValue"].as_str().unwrap().to_owned()
    }

    fn history(&self, name: &str, kind: &str) -> Vec<String> {
        let input =
            json!({"AlarmName": name, "HistoryItemType": kind, "ScanBy": "TimestampAscending"});
        let output = self.ok("DescribeAlarmHistory", input);
        let items = output["AlarmHistoryItems"].as_array().unwrap().iter();
        items
            .map(|item| item["HistorySummary"].as_str().unwrap().to_owned())
            .collect()
    }
}

#[test]
fn an_alarm_is_raised_and_ends_at_the_end_of_periods() {
    let world = World::new(false);
    assert_eq!(world.cloudwatch.alarms.next_due(), None);
    world.pass(1);
    assert_eq!(world.ok("PutMetricAlarm", alarm("errors")), Value::Null);
    let new = world.alarm("errors");
    assert_eq!(
        (&new["StateValue"], &new["StateReason"]),
        (
            &json!("INSUFFICIENT_DATA"),
            &json!("Unchecked: Initial alarm creation")
        )
    );
    assert_eq!(
        new["AlarmArn"],
        "arn:aws:cloudwatch:eu-west-1:000000000000:alarm:errors"
    );
    assert_eq!(
        (&new["ActionsEnabled"], &new["OKActions"]),
        (&json!(true), &json!([]))
    );
    assert_eq!(
        new["AlarmConfigurationUpdatedTimestamp"],
        json!(1_795_132_801.0)
    );
    // A second after the minute's end, and not before.
    assert_eq!(world.cloudwatch.alarms.next_due(), Some(START + 61));
    world.request(500, 10, false);
    world.request(500, 10, false);
    world.pass(59);
    world.evaluate();
    assert_eq!(world.state("errors"), "INSUFFICIENT_DATA");
    world.pass(1);
    world.evaluate();
    let raised = world.alarm("errors");
    assert_eq!(raised["StateValue"], "ALARM");
    assert_eq!(
        raised["StateReason"],
        "Threshold Crossed: 1 out of the last 2 datapoints [2.0 (20/11/26 00:00:00)] was greater than the threshold (1.0) and 1 missing \
         datapoint was treated as [NonBreaching] (minimum 1 datapoint for OK -> ALARM transition)."
    );
    let data: Value = serde_json::from_str(raised["StateReasonData"].as_str().unwrap()).unwrap();
    assert_eq!(
        data,
        json!({
            "version": "1.0", "queryDate": "2026-11-20T00:01:01.000+0000", "startDate": "2026-11-20T00:00:00.000+0000",
            "statistic": "Sum", "period": 60, "recentDatapoints": [2.0], "threshold": 1.0,
            "evaluatedDatapoints": [{"timestamp": "2026-11-20T00:00:00.000+0000", "value": 2.0}],
        })
    );
    assert_eq!(raised["StateTransitionedTimestamp"], json!(1_795_132_861.0));
    assert_eq!(world.cloudwatch.alarms.next_due(), Some(START + 121));
    // As long as the minute is looked at, further ones included, it stays raised.
    for _ in 0..3 {
        world.pass(60);
        world.evaluate();
    }
    assert_eq!(world.state("errors"), "ALARM");
    world.pass(60);
    world.evaluate();
    assert_eq!(world.state("errors"), "OK");
    assert_eq!(
        world.history("errors", "StateUpdate"),
        [
            "Alarm updated from INSUFFICIENT_DATA to ALARM",
            "Alarm updated from ALARM to OK"
        ]
    );
    assert_eq!(
        world.history("errors", "Action"),
        [format!("Failed to execute action {ARN}")]
    );
    assert_eq!(
        world.history("errors", "ConfigurationUpdate"),
        ["Alarm \"errors\" created"]
    );
    assert_eq!(
        world.ok("DeleteAlarms", json!({"AlarmNames": ["errors"]})),
        Value::Null
    );
    assert_eq!(world.cloudwatch.alarms.next_due(), None);
    assert_eq!(world.history("errors", "ConfigurationUpdate").len(), 2);
}

#[test]
fn an_expression_and_seconds_can_be_watched() {
    let world = World::new(false);
    let part = |id: &str, name: &str| {
        let mut part = query(id, name, &stage(), 10, "Sum");
        part["ReturnData"] = json!(false);
        part
    };
    world.ok(
        "PutMetricAlarm",
        json!({
            "AlarmName": "rate", "EvaluationPeriods": 1, "Threshold": 50, "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "Metrics": [part("e", "5XXError"), part("n", "Count"), {"Id": "r", "Expression": "100 * e / n"}],
        }),
    );
    world.request(500, 10, false);
    world.request(200, 10, false);
    world.pass(11);
    world.evaluate();
    assert_eq!(world.state("rate"), "ALARM");
    assert!(world.alarm("rate").get("Period").is_none());
    for _ in 0..3 {
        world.pass(10);
        world.evaluate();
    }
    assert_eq!(world.state("rate"), "INSUFFICIENT_DATA");
    assert_eq!(
        world.alarm("rate")["StateReason"],
        "Insufficient Data: 1 datapoint was unknown."
    );
}

#[test]
fn percentiles_of_few_samples_are_left_alone_if_asked() {
    let world = World::new(false);
    for (name, low) in [("evaluated", "evaluate"), ("ignored", "ignore")] {
        let mut slow = alarm(name);
        for member in ["Statistic", "DatapointsToAlarm"] {
            slow.as_object_mut().unwrap().remove(member);
        }
        slow["MetricName"] = json!("Latency");
        slow["ExtendedStatistic"] = json!("p90");
        slow["EvaluationPeriods"] = json!(1);
        slow["EvaluateLowSampleCountPercentile"] = json!(low);
        world.ok("PutMetricAlarm", slow);
    }
    world.request(200, 500, false);
    world.pass(61);
    world.evaluate();
    assert_eq!(world.state("evaluated"), "ALARM");
    assert_eq!(world.state("ignored"), "INSUFFICIENT_DATA");
    // A hundred are enough for a 90th percentile.
    world.pass(240);
    world.evaluate();
    for _ in 0..100 {
        world.request(200, 500, false);
    }
    world.pass(60);
    world.evaluate();
    assert_eq!(world.state("ignored"), "ALARM");
}

#[test]
fn a_state_can_be_set_and_actions_be_disabled() {
    let world = World::new(false);
    world.ok("PutMetricAlarm", alarm("a"));
    world.ok("DisableAlarmActions", json!({"AlarmNames": ["a", "none"]}));
    assert_eq!(world.alarm("a")["ActionsEnabled"], false);
    let set = |state: &str| json!({"AlarmName": "a", "StateValue": state, "StateReason": "trying", "StateReasonData": "{\"x\": 1}"});
    world.ok("SetAlarmState", set("ALARM"));
    assert_eq!(world.alarm("a")["StateReasonData"], "{\"x\":1}");
    assert!(world.history("a", "Action").is_empty());
    world.ok("EnableAlarmActions", json!({"AlarmNames": ["a"]}));
    world.ok("SetAlarmState", set("OK"));
    world.ok("SetAlarmState", set("ALARM"));
    assert_eq!(world.history("a", "Action").len(), 1);
    // Changing it keeps its state; the next evaluation has its own opinion.
    let mut changed = alarm("a");
    changed["Threshold"] = json!(7);
    world.ok("PutMetricAlarm", changed);
    assert_eq!(
        (world.state("a").as_str(), &world.alarm("a")["Threshold"]),
        ("ALARM", &json!(7))
    );
    world.pass(61);
    world.evaluate();
    assert_eq!(world.state("a"), "OK");
    let mut wrong = set("OK");
    wrong["StateReasonData"] = json!("{");
    assert_eq!(world.error("SetAlarmState", wrong).0, "InvalidFormatFault");
    let unknown = json!({"AlarmName": "b", "StateValue": "OK", "StateReason": ""});
    assert_eq!(world.error("SetAlarmState", unknown).0, "ResourceNotFound");
    assert_eq!(
        world
            .error("DeleteAlarms", json!({"AlarmNames": ["a", "b"]}))
            .0,
        "ResourceNotFound"
    );
    assert_eq!(world.state("a"), "OK");
}

#[test]
fn alarms_are_listed_chosen_and_tagged() {
    let world = World::new(false);
    for n in 0..7 {
        let mut one = alarm(&format!("a{n}"));
        one["Tags"] = json!([{"Key": "n", "Value": n.to_string()}]);
        if n % 2 == 0 {
            one["MetricName"] = json!("Count");
        }
        world.ok("PutMetricAlarm", one);
    }
    let names = |input: Value| -> Vec<String> {
        let output = world.ok("DescribeAlarms", input);
        let alarms = output["MetricAlarms"].as_array().unwrap().iter();
        alarms
            .map(|a| a["AlarmName"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(json!({})).len(), 7);
    assert_eq!(
        names(json!({"AlarmNames": ["a3", "a5", "none"]})),
        ["a3", "a5"]
    );
    assert_eq!(names(json!({"AlarmNamePrefix": "a"})).len(), 7);
    assert_eq!(names(json!({"AlarmNamePrefix": "b"})).len(), 0);
    assert_eq!(names(json!({"StateValue": "OK"})).len(), 0);
    assert_eq!(names(json!({"ActionPrefix": "arn:aws:sns"})).len(), 7);
    assert_eq!(names(json!({"AlarmTypes": ["CompositeAlarm"]})).len(), 0);
    let page = world.ok("DescribeAlarms", json!({"MaxRecords": 4}));
    let next = json!({"MaxRecords": 4, "NextToken": page["NextToken"]});
    assert_eq!(names(next), ["a4", "a5", "a6"]);
    let of_metric = json!({"Namespace": "AWS/ApiGateway", "MetricName": "Count", "Dimensions": stage(), "Period": 60});
    let found = world.ok("DescribeAlarmsForMetric", of_metric.clone());
    assert_eq!(found["MetricAlarms"].as_array().unwrap().len(), 4);
    let mut other = of_metric;
    other["Period"] = json!(120);
    assert_eq!(
        world.ok("DescribeAlarmsForMetric", other)["MetricAlarms"],
        json!([])
    );
    let arn = &world.alarm("a1")["AlarmArn"];
    world.ok(
        "TagResource",
        json!({"ResourceARN": arn, "Tags": [{"Key": "k", "Value": "v"}]}),
    );
    world.ok(
        "UntagResource",
        json!({"ResourceARN": arn, "TagKeys": ["n"]}),
    );
    let tags = world.ok("ListTagsForResource", json!({ "ResourceARN": arn }));
    assert_eq!(tags["Tags"], json!([{"Key": "k", "Value": "v"}]));
    let none = json!({"ResourceARN": "arn:aws:cloudwatch:eu-west-1:000000000000:alarm:none"});
    assert_eq!(
        world.error("ListTagsForResource", none).0,
        "ResourceNotFoundException"
    );
}

#[test]
fn wrong_alarms_are_refused() {
    let world = World::new(false);
    let with = |member: &str, value: Value| {
        let mut alarm = alarm("a");
        alarm[member] = value;
        alarm
    };
    let without = |member: &str| {
        let mut alarm = alarm("a");
        alarm.as_object_mut().unwrap().remove(member);
        alarm
    };
    let metrics = |metrics: Value| {
        json!({
            "AlarmName": "a", "EvaluationPeriods": 1, "Threshold": 1, "ComparisonOperator": "LessThanThreshold",
            "Metrics": metrics,
        })
    };
    let count = query("m", "Count", &stage(), 60, "Sum");
    for (input, why) in [
        (without("MetricName"), "MetricName is required"),
        (without("Period"), "Period is required"),
        (
            without("EvaluationPeriods"),
            "EvaluationPeriods is required",
        ),
        (without("Threshold"), "Threshold is required"),
        (
            without("ComparisonOperator"),
            "ComparisonOperator is required",
        ),
        (
            without("Statistic"),
            "Exactly one of the parameters Statistic",
        ),
        (
            with("ExtendedStatistic", json!("p90")),
            "Exactly one of the parameters Statistic",
        ),
        (with("Period", json!(45)), "Period must be"),
        (with("Period", json!(5)), "Period must be 10"),
        (
            with("EvaluationPeriods", json!(1441)),
            "checked across more than a day",
        ),
        (
            with("DatapointsToAlarm", json!(3)),
            "less than or equal to EvaluationPeriods",
        ),
        (
            with("TreatMissingData", json!("what")),
            "Option what is not supported",
        ),
        (
            with("EvaluateLowSampleCountPercentile", json!("ignore")),
            "goes with a percentile",
        ),
        (
            with("AlarmActions", json!(["sns"])),
            "Invalid arn syntax: sns",
        ),
        (
            with("ThresholdMetricId", json!("t")),
            "can't detect anomalies yet",
        ),
        (
            with("ComparisonOperator", json!("LessThanLowerThreshold")),
            "can't detect anomalies yet",
        ),
        (with("Metrics", json!([count])), "mutually exclusive"),
        (
            metrics(json!([count, query("n", "Count", &stage(), 60, "Sum")])),
            "and 2 do",
        ),
        (
            metrics(json!([{"Id": "s", "Expression": "SEARCH('x', 'Sum', 60)"}])),
            "must not contain SEARCH",
        ),
        (
            metrics(json!([{"Id": "s", "Expression": "m9"}])),
            "no query m9",
        ),
    ] {
        let (_, message) = world.error("PutMetricAlarm", input);
        assert!(message.contains(why), "{message}");
    }
    assert_eq!(world.cloudwatch.alarms.next_due(), None);
    assert_eq!(
        world.error("PutCompositeAlarm", json!({})).0,
        "NotImplementedException"
    );
}

#[test]
fn alarms_come_back_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let location = Location::Folder(folder.path().to_owned());
    let (store, _) = Store::open(&location).unwrap();
    let world = World::with_store(false, store);
    world.ok("PutMetricAlarm", alarm("kept"));
    drop(world);
    let (store, rows) = Store::open(&location).unwrap();
    let other = World::with_store(false, store);
    other.cloudwatch.restore(&rows);
    assert_eq!(other.alarm("kept")["Threshold"], 1);
    assert_eq!(
        other.history("kept", "ConfigurationUpdate"),
        ["Alarm \"kept\" created"]
    );
    other.request(500, 10, false);
    other.request(500, 10, false);
    other.pass(61);
    other.evaluate();
    assert_eq!(other.state("kept"), "ALARM");
}
