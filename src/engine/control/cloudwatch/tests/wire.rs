//! The same call through each protocol that clients speak.

use http::Request;
use minicbor::data::Tag;

use super::*;
use crate::engine::wire::{Reply, Scope, route};

fn send(world: &World, headers: &[(&str, &str)], path: &str, body: &[u8]) -> Reply {
    let mut request = Request::builder().method("POST").uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let head = request.body(()).unwrap().into_parts().0;
    let scope = Scope {
        access_key: "AKID".to_owned(),
        date: "20261120".to_owned(),
        region: REGION.to_owned(),
        service: "monitoring".to_owned(),
    };
    let call = route(&head, &scope, body).unwrap();
    let input = call.decode().unwrap();
    let answer = block_on(world.cloudwatch.call(REGION, call.operation, &input));
    answer.map_or_else(
        |error| call.encode_error(&error, "id"),
        |output| call.encode(output, "id"),
    )
}

fn json(world: &World, operation: &str, body: &Value) -> Reply {
    let target = format!("GraniteServiceVersion20100801.{operation}");
    let headers = [
        ("content-type", "application/x-amz-json-1.0"),
        ("x-amz-target", target.as_str()),
    ];
    send(world, &headers, "/", body.to_string().as_bytes())
}

fn form(world: &World, body: &str) -> Reply {
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let body = format!("Version=2010-08-01&{body}");
    send(world, &headers, "/", body.as_bytes())
}

fn cbor(world: &World, operation: &str, body: &[u8]) -> Reply {
    let headers = [
        ("content-type", "application/cbor"),
        ("smithy-protocol", "rpc-v2-cbor"),
    ];
    let path = format!("/service/GraniteServiceVersion20100801/operation/{operation}");
    send(world, &headers, &path, body)
}

fn text(reply: &Reply) -> String {
    String::from_utf8_lossy(&reply.body).into_owned()
}

#[test]
fn all_protocols_tell_the_same() {
    let world = World::new(false);
    world.request(200, 10, false);
    world.request(500, 30, false);

    let reply = json(
        &world,
        "GetMetricData",
        &hours(&json!([query("m1", "Latency", &stage(), 60, "Average")])),
    );
    let body: Value = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!(
        body["MetricDataResults"],
        json!([{
            "Id": "m1", "Label": "Latency", "Timestamps": [START], "Values": [20.0],
            "StatusCode": "Complete", "Messages": [],
        }])
    );

    let reply = form(
        &world,
        "Action=GetMetricStatistics&Namespace=AWS%2FApiGateway&MetricName=Latency&Dimensions.member.1.Name=ApiName\
         &Dimensions.member.1.Value=pets&StartTime=2026-11-20T00%3A00%3A00Z&EndTime=2026-11-20T00%3A01%3A00Z&Period=60\
         &Statistics.member.1=Average",
    );
    let xml = text(&reply);
    assert!(
        xml.contains("<Timestamp>2026-11-20T00:00:00Z</Timestamp>"),
        "{xml}"
    );
    assert!(xml.contains("<Average>20"), "{xml}");

    let mut body = Vec::new();
    let mut out = minicbor::Encoder::new(&mut body);
    let float = |out: &mut minicbor::Encoder<&mut Vec<u8>>, at: i64| {
        let seconds = f64::from(u32::try_from(at).unwrap());
        out.tag(Tag::new(1)).unwrap().f64(seconds).unwrap();
    };
    out.begin_map().unwrap().str("StartTime").unwrap();
    float(&mut out, START);
    out.str("EndTime").unwrap();
    float(&mut out, START + 60);
    out.str("MetricDataQueries")
        .unwrap()
        .array(1)
        .unwrap()
        .map(2)
        .unwrap();
    out.str("Id").unwrap().str("m1").unwrap();
    out.str("MetricStat").unwrap().map(3).unwrap();
    out.str("Period")
        .unwrap()
        .u8(60)
        .unwrap()
        .str("Stat")
        .unwrap()
        .str("Average")
        .unwrap();
    out.str("Metric").unwrap().map(3).unwrap();
    out.str("Namespace").unwrap().str("AWS/ApiGateway").unwrap();
    out.str("MetricName").unwrap().str("Latency").unwrap();
    out.str("Dimensions")
        .unwrap()
        .array(1)
        .unwrap()
        .map(2)
        .unwrap();
    out.str("Name")
        .unwrap()
        .str("ApiName")
        .unwrap()
        .str("Value")
        .unwrap()
        .str("pets")
        .unwrap();
    out.end().unwrap();
    let reply = cbor(&world, "GetMetricData", &body);
    assert_eq!(reply.status, 200);
    // A double under `Values`, and a time under tag 1, or the Rust SDK refuses the answer.
    let told = minicbor::display(&reply.body).to_string();
    let points = r#""Timestamps": [_ 1(1.7951328e9)], "Values": [_ 2e1]"#;
    assert!(told.contains(points), "{told}");
}

#[test]
fn errors_have_the_code_of_their_protocol() {
    let world = World::new(false);
    let mut backwards = hours(&json!([query("m1", "Latency", &stage(), 60, "Average")]));
    backwards["StartTime"] = json!(START + 7200);
    let reply = json(&world, "GetMetricData", &backwards);
    assert_eq!(reply.status, 400);
    assert!(
        text(&reply).contains("InvalidParameterValue"),
        "{}",
        text(&reply)
    );
    let reply = form(
        &world,
        "Action=PutMetricData&Namespace=AWS%2FX&MetricData.member.1.MetricName=a&MetricData.member.1.Value=1",
    );
    assert_eq!(reply.status, 400);
    assert!(
        text(&reply).contains("<Code>InvalidParameterValue</Code>"),
        "{}",
        text(&reply)
    );
}

#[test]
fn a_put_is_answered_with_nothing() {
    let world = World::new(false);
    let form_body = "Action=PutMetricData&Namespace=Shop&MetricData.member.1.MetricName=Load&MetricData.member.1.Value=1.5";
    assert_eq!(form(&world, form_body).status, 200);
    assert_eq!(
        json(&world, "PutMetricData", &put("Load", &json!({"Value": 2}))).status,
        200
    );
    let mut query = query("m1", "Load", &json!([]), 60, "Sum");
    query["MetricStat"]["Metric"]["Namespace"] = json!("Shop");
    assert_eq!(world.data(&query)["Values"], json!([3.5]));
}

#[test]
fn an_alarm_is_the_same_through_every_protocol() {
    let world = World::new(false);
    // {AlarmName: c, MetricName: Sold, Namespace: Shop, Statistic: Sum, Period: 60, EvaluationPeriods: 1, Threshold: 1.5,
    // ComparisonOperator: GreaterThanThreshold}
    let mut body = Vec::new();
    let mut encoder = minicbor::Encoder::new(&mut body);
    encoder.begin_map().unwrap();
    for (member, value) in [
        ("AlarmName", "c"),
        ("MetricName", "Sold"),
        ("Namespace", "Shop"),
        ("Statistic", "Sum"),
        ("ComparisonOperator", "GreaterThanThreshold"),
    ] {
        encoder.str(member).unwrap().str(value).unwrap();
    }
    for (member, value) in [("Period", 60), ("EvaluationPeriods", 1)] {
        encoder.str(member).unwrap().i32(value).unwrap();
    }
    encoder
        .str("Threshold")
        .unwrap()
        .f64(1.5)
        .unwrap()
        .end()
        .unwrap();
    let reply = cbor(&world, "PutMetricAlarm", &body);
    assert_eq!((reply.status.as_u16(), reply.body.len()), (200, 0));
    let reply = json(
        &world,
        "PutMetricAlarm",
        &json!({
            "AlarmName": "j", "MetricName": "Sold", "Namespace": "Shop", "Statistic": "Sum", "Period": 60,
            "EvaluationPeriods": 1, "Threshold": 1.5, "ComparisonOperator": "GreaterThanThreshold",
        }),
    );
    assert_eq!(reply.status, 200);
    let reply = form(
        &world,
        "Action=PutMetricAlarm&AlarmName=q&MetricName=Sold&Namespace=Shop&Statistic=Sum&Period=60&EvaluationPeriods=1\
         &Threshold=1.5&ComparisonOperator=GreaterThanThreshold",
    );
    assert!(
        text(&reply).contains("<PutMetricAlarmResponse"),
        "{}",
        text(&reply)
    );
    let reply = json(&world, "DescribeAlarms", &json!({}));
    let body: Value = serde_json::from_slice(&reply.body).unwrap();
    let mut alarms = body["MetricAlarms"].as_array().unwrap().clone();
    let names: Vec<Value> = alarms.iter().map(|a| a["AlarmName"].clone()).collect();
    assert_eq!(names, ["c", "j", "q"]);
    for alarm in &mut alarms {
        alarm["AlarmName"] = Value::Null;
        alarm["AlarmArn"] = Value::Null;
    }
    assert!(
        alarms[0] == alarms[1] && alarms[1] == alarms[2],
        "{alarms:#?}"
    );
    let reply = form(&world, "Action=DescribeAlarms&AlarmNames.member.1=q");
    let shown = text(&reply);
    assert!(
        shown.contains("<StateValue>INSUFFICIENT_DATA</StateValue>"),
        "{shown}"
    );
    assert!(
        shown.contains("<AlarmActions/>") || shown.contains("<AlarmActions></AlarmActions>"),
        "{shown}"
    );
    let reply = cbor(&world, "DescribeAlarms", &[0xa0]);
    let shown = text(&reply);
    assert!(shown.contains("StateTransitionedTimestamp") && shown.contains("Unchecked"));
    // An error has its code of the Query protocol everywhere.
    let reply = json(&world, "DeleteAlarms", &json!({"AlarmNames": ["none"]}));
    assert_eq!(reply.status, 404);
    assert_eq!(
        reply.headers["x-amzn-query-error"],
        "ResourceNotFound;Sender"
    );
}
