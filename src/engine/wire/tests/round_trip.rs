//! Properties: what one side writes the other reads, and no bytes break a reader.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::{Map, Value};

use super::call;
use crate::engine::wire::json::{Times, double};
use crate::engine::wire::operations::{APIGATEWAY, CLOUDWATCH, SERVICES, STS};
use crate::engine::wire::table::{Shape, Structure};
use crate::engine::wire::{Service, cbor, json};

/// Any value of a shape, in the form that inputs have.
fn value(shape: Shape) -> BoxedStrategy<Value> {
    match shape {
        Shape::Text(_) => ".{0,6}".prop_map(Value::from).boxed(),
        Shape::Boolean => any::<bool>().prop_map(Value::from).boxed(),
        Shape::Integer(_) => any::<i32>().prop_map(Value::from).boxed(),
        Shape::Long(_) => any::<i64>().prop_map(Value::from).boxed(),
        Shape::Double(_) => any::<f64>().prop_map(double).boxed(),
        Shape::Timestamp => {
            // Milliseconds of the years that clients use.
            (0..4_000_000_000_000_i64)
                .prop_map(|millis| {
                    #[expect(clippy::cast_precision_loss, reason = "below 53 bits")]
                    Value::from(millis as f64 / 1e3)
                })
                .boxed()
        }
        Shape::Blob => vec(any::<u8>(), 0..6)
            .prop_map(|bytes| Value::from(STANDARD.encode(bytes)))
            .boxed(),
        Shape::List(list) => vec(value(list.element), 0..3).prop_map(Value::from).boxed(),
        Shape::Map(map) => btree_map(".{0,4}", value(map.value), 0..3)
            .prop_map(|map| Value::Object(map.into_iter().collect()))
            .boxed(),
        Shape::Structure(structure) => members(structure).prop_map(Value::Object).boxed(),
    }
}

/// Some of a structure's members.
fn members(structure: &'static Structure) -> BoxedStrategy<Map<String, Value>> {
    let all: Vec<_> = structure
        .members
        .iter()
        .map(|member| {
            let value = value(member.shape);
            prop::option::of(value.prop_map(|value| (member.wire.to_owned(), value)))
        })
        .collect();
    all.prop_map(|members| members.into_iter().flatten().collect())
        .boxed()
}

fn input(service: &Service, operation: &str) -> &'static Structure {
    service.operation(operation).unwrap().input
}

fn cbor_round_trip(
    structure: &'static Structure,
    members: Map<String, Value>,
) -> Result<(), TestCaseError> {
    let members = Value::Object(members);
    let body = cbor::written(&members, structure);
    let read = cbor::read(&body, structure).map(Value::Object);
    prop_assert_eq!(read, Ok(members));
    Ok(())
}

fn json_round_trip(
    structure: &'static Structure,
    members: Map<String, Value>,
) -> Result<(), TestCaseError> {
    let members = Value::Object(members);
    let body = Value::Object(json::written(members.clone(), structure, Times::Epoch)).to_string();
    let read = json::read(body.as_bytes(), structure).map(Value::Object);
    prop_assert_eq!(read, Ok(members));
    Ok(())
}

proptest! {
    #[test]
    fn metric_queries_go_through_cbor(m in members(input(CLOUDWATCH, "GetMetricData"))) {
        cbor_round_trip(input(CLOUDWATCH, "GetMetricData"), m)?;
    }

    #[test]
    fn metric_data_go_through_cbor(m in members(input(CLOUDWATCH, "PutMetricData"))) {
        cbor_round_trip(input(CLOUDWATCH, "PutMetricData"), m)?;
    }

    #[test]
    fn statistics_go_through_cbor(
        m in members(CLOUDWATCH.operation("GetMetricStatistics").unwrap().output.unwrap()),
    ) {
        cbor_round_trip(CLOUDWATCH.operation("GetMetricStatistics").unwrap().output.unwrap(), m)?;
    }

    #[test]
    fn images_go_through_cbor(
        m in members(CLOUDWATCH.operation("GetMetricWidgetImage").unwrap().output.unwrap()),
    ) {
        cbor_round_trip(CLOUDWATCH.operation("GetMetricWidgetImage").unwrap().output.unwrap(), m)?;
    }

    #[test]
    fn metric_data_go_through_json(m in members(input(CLOUDWATCH, "PutMetricData"))) {
        json_round_trip(input(CLOUDWATCH, "PutMetricData"), m)?;
    }

    #[test]
    fn stages_go_through_json(
        m in members(APIGATEWAY.operation("GetStages").unwrap().output.unwrap()),
    ) {
        json_round_trip(APIGATEWAY.operation("GetStages").unwrap().output.unwrap(), m)?;
    }

    #[test]
    fn no_bytes_break_a_reader(
        body in vec(any::<u8>(), 0..200),
        operation in 0..194_usize,
        protocol in 0..4_usize,
    ) {
        let (service, operation) = SERVICES
            .iter()
            .flat_map(|service| service.operations.iter().map(move |o| (service, o)))
            .nth(operation)
            .unwrap();
        let head = match protocol {
            0 => format!("{} {}", operation.method, operation.uri.replace(['{', '}'], "")),
            1 => format!("POST /\nx-amz-target: GraniteServiceVersion20100801.{}", operation.name),
            2 => format!("POST /?Action={}", operation.name),
            _ => format!("POST /service/GraniteServiceVersion20100801/operation/{}", operation.name),
        };
        if let Ok(call) = call(service.signing_name, &head, &body) {
            // An error or an input: what matters is that it returns.
            let _ = call.decode();
        }
    }

    /// Damaged CBOR, which is likelier to get far into the reader than random bytes.
    #[test]
    fn no_damage_breaks_the_cbor_reader(
        m in members(input(CLOUDWATCH, "PutMetricData")),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let structure = input(CLOUDWATCH, "PutMetricData");
        let mut body = cbor::written(&Value::Object(m), structure);
        let at = at.index(body.len());
        body[at] = byte;
        let _ = cbor::read(&body, structure);
        body.truncate(at);
        prop_assert!(cbor::read(&body, structure).is_err() || body.is_empty());
    }

    #[test]
    fn no_form_breaks_the_query_reader(
        keys in vec("(MetricData|Namespace|member|entry|Timestamp|Values|[0-9]|[.]){0,9}=[a-z0-9%]{0,3}", 0..9),
    ) {
        let form = format!("Action=PutMetricData&{}", keys.join("&"));
        if let Ok(call) = call("monitoring", "POST /", form.as_bytes()) {
            let _ = call.decode();
        }
        prop_assert!(call("sts", "POST /", form.as_bytes()).is_err(), "{}", STS.name);
    }
}
