//! CloudWatch and STS: the same call through JSON, Query and CBOR. Requests: boto3 1.44.5, told to use each protocol.

use std::fmt::Write;

use minicbor::data::Tag;
use minicbor::{Decoder, Encoder};
use serde_json::{Value, json};

use super::{call, header, members, text};
use crate::engine::wire::{Call, Protocol, ServiceError};

const FORM: &str = "POST /\ncontent-type: application/x-www-form-urlencoded; charset=utf-8";

fn json_call(operation: &str, body: &str) -> Result<Call, ServiceError> {
    let head = format!(
        "POST /\nx-amz-target: GraniteServiceVersion20100801.{operation}\ncontent-type: application/x-amz-json-1.0"
    );
    call("monitoring", &head, body.as_bytes())
}

fn cbor_call(operation: &str, body: &[u8]) -> Result<Call, ServiceError> {
    let head = format!(
        "POST /service/GraniteServiceVersion20100801/operation/{operation}\nsmithy-protocol: rpc-v2-cbor"
    );
    call("monitoring", &head, body)
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2)
        .map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap())
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        write!(out, "{byte:02x}").unwrap();
        out
    })
}

#[test]
fn sts_speaks_query() {
    let call = call("sts", FORM, b"Action=GetCallerIdentity&Version=2011-06-15").unwrap();
    assert_eq!(
        (call.operation.name, call.protocol),
        ("GetCallerIdentity", Protocol::Query)
    );
    assert_eq!(members(&call.decode().unwrap()), json!({}));
    let reply = call.encode(json!({ "Account": "000000000000" }).into(), "id-1");
    assert_eq!(reply.status, 200);
    assert_eq!(header(&reply, "content-type"), "text/xml");
    assert!(
        text(&reply).contains("<Account>000000000000</Account>"),
        "{}",
        text(&reply)
    );
}

#[test]
fn get_metric_data_is_the_same_through_each_protocol() {
    let through_json = json_call(
        "GetMetricData",
        r#"{"StartTime": 1767225600, "EndTime": 1767225600.25, "ScanBy": "TimestampAscending", "MetricDataQueries": [{"Id": "m1", "MetricStat": {"Metric": {"Namespace": "AWS/ApiGateway", "MetricName": "Count", "Dimensions": [{"Name": "ApiName", "Value": "pets & co"}]}, "Period": 60, "Stat": "Sum"}}, {"Id": "e1", "Expression": "m1/2", "ReturnData": false}]}"#,
    );
    let through_query = call(
        "monitoring",
        FORM,
        b"Action=GetMetricData&Version=2010-08-01&StartTime=2026-01-01T00%3A00%3A00Z&EndTime=2026-01-01T00%3A00%3A00.250000Z&ScanBy=TimestampAscending&MetricDataQueries.member.1.Id=m1&MetricDataQueries.member.1.MetricStat.Metric.Namespace=AWS%2FApiGateway&MetricDataQueries.member.1.MetricStat.Metric.MetricName=Count&MetricDataQueries.member.1.MetricStat.Metric.Dimensions.member.1.Name=ApiName&MetricDataQueries.member.1.MetricStat.Metric.Dimensions.member.1.Value=pets+%26+co&MetricDataQueries.member.1.MetricStat.Period=60&MetricDataQueries.member.1.MetricStat.Stat=Sum&MetricDataQueries.member.2.Id=e1&MetricDataQueries.member.2.Expression=m1%2F2&MetricDataQueries.member.2.ReturnData=false",
    );
    let through_cbor = cbor_call(
        "GetMetricData",
        &bytes(
            "a469537461727454696d65c11a6955b90067456e6454696d65c1fb41da556e40100000665363616e42797254696d657374616d70417363656e64696e67714d6574726963446174615175657269657382a2624964626d316a4d657472696353746174a3664d6574726963a3694e616d6573706163656e4157532f417069476174657761796a4d65747269634e616d6565436f756e746a44696d656e73696f6e7381a2644e616d65674170694e616d656556616c75656970657473202620636f66506572696f64183c64537461746353756da36249646265316a45787072657373696f6e646d312f326a52657475726e44617461f4",
        ),
    );
    let expected = json!({
        "StartTime": 1_767_225_600.0, "EndTime": 1_767_225_600.25, "ScanBy": "TimestampAscending",
        "MetricDataQueries": [
            {
                "Id": "m1",
                "MetricStat": {
                    "Metric": {
                        "Namespace": "AWS/ApiGateway", "MetricName": "Count",
                        "Dimensions": [{ "Name": "ApiName", "Value": "pets & co" }],
                    },
                    "Period": 60, "Stat": "Sum",
                },
            },
            { "Id": "e1", "Expression": "m1/2", "ReturnData": false },
        ],
    });
    for (call, protocol) in [
        (through_json, Protocol::Json10),
        (through_query, Protocol::Query),
        (through_cbor, Protocol::Cbor),
    ] {
        let call = call.unwrap();
        assert_eq!(
            (call.operation.name, call.protocol),
            ("GetMetricData", protocol)
        );
        assert_eq!(members(&call.decode().unwrap()), expected, "{protocol:?}");
    }
}

#[test]
fn put_metric_data_is_the_same_through_each_protocol() {
    let through_json = json_call(
        "PutMetricData",
        r#"{"Namespace": "n", "MetricData": [{"MetricName": "m", "Timestamp": 1767225600, "Values": [1.5, 2], "Counts": [1.0, 3.0], "StorageResolution": 1}]}"#,
    );
    let through_query = call(
        "monitoring",
        FORM,
        b"Action=PutMetricData&Version=2010-08-01&Namespace=n&MetricData.member.1.MetricName=m&MetricData.member.1.Timestamp=2026-01-01T00%3A00%3A00Z&MetricData.member.1.Values.member.1=1.5&MetricData.member.1.Values.member.2=2&MetricData.member.1.Counts.member.1=1.0&MetricData.member.1.Counts.member.2=3.0&MetricData.member.1.StorageResolution=1",
    );
    let through_cbor = cbor_call(
        "PutMetricData",
        &bytes(
            "a2694e616d657370616365616e6a4d65747269634461746181a56a4d65747269634e616d65616d6954696d657374616d70c11a6955b9006656616c75657382fb3ff8000000000000fb400000000000000066436f756e747382fb3ff0000000000000fb40080000000000007153746f726167655265736f6c7574696f6e01",
        ),
    );
    let expected = json!({
        "Namespace": "n",
        "MetricData": [{
            "MetricName": "m", "Timestamp": 1_767_225_600.0, "Values": [1.5, 2.0], "Counts": [1.0, 3.0],
            "StorageResolution": 1,
        }],
    });
    for call in [through_json, through_query, through_cbor] {
        let call = call.unwrap();
        assert_eq!(
            members(&call.decode().unwrap()),
            expected,
            "{:?}",
            call.protocol
        );
        let reply = call.encode(Value::Null.into(), "id-1");
        assert_eq!(reply.status, 200);
        match call.protocol {
            Protocol::Cbor => {
                assert!(reply.body.is_empty());
                assert_eq!(header(&reply, "smithy-protocol"), "rpc-v2-cbor");
                assert_eq!(header(&reply, "content-type"), "");
            }
            Protocol::Json10 => assert_eq!(text(&reply), "{}"),
            _ => assert!(
                text(&reply).starts_with("<PutMetricDataResponse"),
                "{}",
                text(&reply)
            ),
        }
    }
}

#[test]
fn an_empty_list_in_a_form_is_a_bare_key() {
    let call = call(
        "monitoring",
        FORM,
        b"Action=DeleteAlarms&Version=2010-08-01&AlarmNames=",
    )
    .unwrap();
    assert_eq!(
        members(&call.decode().unwrap()),
        json!({ "AlarmNames": [] })
    );
}

#[test]
fn gzip_bodies_are_unpacked_before_the_operation_is_sought() {
    let body = bytes(
        "1f8b08000000000002ff734c2ec9cccfb3754f2d714eccc9492df24c49cd2bc92ca9540b4b2d2a06c91819181aea1a98e91a9a0200fb4473b12b000000",
    );
    let head = format!("{FORM}\ncontent-encoding: gzip");
    assert_eq!(
        call("sts", &head, &body).unwrap().operation.name,
        "GetCallerIdentity"
    );
}

#[test]
fn lists_in_a_form_go_by_number_and_need_no_member() {
    let form = b"Action=GetMetricStatistics&Version=2010-08-01&Namespace=n&MetricName=m&Period=60\
        &StartTime=2026-01-01T00:00:00Z&EndTime=2026-01-01T01:00:00Z\
        &Statistics.member.10=Maximum&Statistics.member.2=Sum&Statistics.member.1=Average\
        &Dimensions.1.Name=a&Dimensions.1.Value=b";
    let input = call("monitoring", FORM, form).unwrap().decode().unwrap();
    assert_eq!(
        input.members["Statistics"],
        json!(["Average", "Sum", "Maximum"])
    );
    assert_eq!(
        input.members["Dimensions"],
        json!([{ "Name": "a", "Value": "b" }])
    );
}

#[test]
fn a_query_may_stand_in_for_a_form() {
    let call = call(
        "sts",
        "GET /?Action=GetAccessKeyInfo&Version=2011-06-15&AccessKeyId=AKIAEXAMPLEKEY123456",
        b"",
    )
    .unwrap();
    assert_eq!(
        members(&call.decode().unwrap()),
        json!({ "AccessKeyId": "AKIAEXAMPLEKEY123456" })
    );
}

#[test]
fn the_rust_sdk_sends_maps_of_indefinite_length() {
    let mut body = Encoder::new(Vec::new());
    body.begin_map().unwrap();
    body.str("Namespace")
        .unwrap()
        .str("AWS/ApiGateway")
        .unwrap();
    body.str("Unheard")
        .unwrap()
        .begin_array()
        .unwrap()
        .begin_map()
        .unwrap();
    body.str("x")
        .unwrap()
        .undefined()
        .unwrap()
        .end()
        .unwrap()
        .end()
        .unwrap();
    body.str("RecentlyActive").unwrap().null().unwrap();
    body.str("Dimensions")
        .unwrap()
        .begin_array()
        .unwrap()
        .begin_map()
        .unwrap();
    body.str("Name").unwrap();
    body.begin_str()
        .unwrap()
        .str("Api")
        .unwrap()
        .str("Name")
        .unwrap()
        .end()
        .unwrap();
    body.end().unwrap().end().unwrap().end().unwrap();
    let call = cbor_call("ListMetrics", &body.into_writer()).unwrap();
    assert_eq!(
        members(&call.decode().unwrap()),
        json!({ "Namespace": "AWS/ApiGateway", "Dimensions": [{ "Name": "ApiName" }] })
    );
}

#[test]
fn cbor_doubles_are_floats_and_times_are_tagged() {
    let call = cbor_call("GetMetricStatistics", b"").unwrap();
    let output = json!({
        "Label": "Count", "Datapoints": [{ "Timestamp": 1_767_225_600, "Sum": 3, "ExtendedStatistics": { "p99": "NaN" } }],
    });
    let reply = call.encode(output.into(), "id-1");
    assert_eq!(header(&reply, "content-type"), "application/cbor");
    let mut d = Decoder::new(&reply.body);
    assert_eq!(d.map().unwrap(), None);
    assert_eq!((d.str().unwrap(), d.str().unwrap()), ("Label", "Count"));
    assert_eq!(
        (d.str().unwrap(), d.array().unwrap(), d.map().unwrap()),
        ("Datapoints", None, None)
    );
    assert_eq!(
        (d.str().unwrap(), d.tag().unwrap()),
        ("Timestamp", Tag::new(1))
    );
    assert_eq!(d.f64().unwrap().to_bits(), 1_767_225_600_f64.to_bits());
    assert_eq!(
        (d.str().unwrap(), d.f64().unwrap().to_bits()),
        ("Sum", 3_f64.to_bits())
    );
    assert_eq!(
        (d.str().unwrap(), d.map().unwrap()),
        ("ExtendedStatistics", None)
    );
    assert_eq!(d.str().unwrap(), "p99");
    assert!(d.f64().unwrap().is_nan());
    assert_eq!(hex(&reply.body[d.position()..]), "ffffffff");
}

#[test]
fn unknown_operations_are_refused() {
    let table = [
        (
            json_call("GetNothing", "{}"),
            "UnknownOperationException",
            404,
        ),
        (
            cbor_call("GetNothing", b""),
            "UnknownOperationException",
            404,
        ),
        (
            call(
                "monitoring",
                "POST /\nx-amz-target: Logs_20140328.GetMetricData",
                b"{}",
            ),
            "UnknownOperationException",
            404,
        ),
        (
            call(
                "monitoring",
                "POST /service/Logs_20140328/operation/GetMetricData",
                b"",
            ),
            "UnknownOperationException",
            404,
        ),
        (
            call("monitoring", FORM, b"Action=GetNothing&Version=2010-08-01"),
            "InvalidAction",
            400,
        ),
        (
            call(
                "monitoring",
                FORM,
                b"Action=GetMetricData&Version=2011-06-15",
            ),
            "InvalidAction",
            400,
        ),
        (call("monitoring", FORM, b"\xff&&==&"), "MissingAction", 400),
    ];
    for (call, code, status) in table {
        let error = call.unwrap_err();
        assert_eq!((error.code.as_ref(), error.status), (code, status));
    }
}

#[test]
fn broken_bodies_are_refused() {
    let table = [
        (
            json_call("ListMetrics", "{\"Namespace\": 1}"),
            "SerializationException",
            "java.lang.Short",
        ),
        (
            cbor_call("ListMetrics", b"\xa1\x69Namespace\x01"),
            "SerializationException",
            "(at byte 12 of 12)",
        ),
        (
            cbor_call("ListMetrics", b"\xbf\x69Name"),
            "SerializationException",
            "end of input",
        ),
        (
            cbor_call("ListMetrics", b"\x9f\xff"),
            "SerializationException",
            "expected map",
        ),
        (
            cbor_call("GetMetricStatistics", b"\xa1\x69StartTime\xc0\x61x"),
            "SerializationException",
            "tag 1",
        ),
        (
            call(
                "monitoring",
                FORM,
                b"Action=GetMetricStatistics&Period=soon",
            ),
            "MalformedInput",
            "The parameter Period must be an integer, not 'soon'",
        ),
        (
            call(
                "monitoring",
                FORM,
                b"Action=PutMetricData&MetricData.member.1.Timestamp=noon",
            ),
            "MalformedInput",
            "The parameter MetricData.member.1.Timestamp must be a time in ISO 8601, not 'noon'",
        ),
        (
            call(
                "monitoring",
                FORM,
                b"Action=PutMetricData&MetricData.member.x.Value=1",
            ),
            "MalformedInput",
            "The parameter MetricData must be a number starting at 1, not 'x'",
        ),
    ];
    for (call, code, message) in table {
        let error = call.unwrap().decode().unwrap_err();
        assert_eq!(
            (error.code.as_ref(), error.status),
            (code, 400),
            "{}",
            error.message
        );
        assert!(error.message.contains(message), "{}", error.message);
    }
}
