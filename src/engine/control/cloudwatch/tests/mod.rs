//! CloudWatch's answers, from requests and put values on a clock that moves only when told.

mod alarms;
mod data;
mod list;
mod math;
mod put;
mod statistics;
mod wire;

use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::engine::telemetry::{MethodName, Observation, Recorder, Slot, SlotKey};
use crate::engine::wire::operations::CLOUDWATCH;

/// Midnight, 2026-11-20.
const START: i64 = 1_795_132_800;
const REGION: &str = "eu-west-1";

struct World {
    clock: Clock,
    cloudwatch: CloudWatch,
    recorder: Recorder,
    slot: Arc<Slot>,
}

impl World {
    fn new(detailed: bool) -> Self {
        Self::with_store(detailed, Store::memory())
    }

    fn with_store(detailed: bool, store: Store) -> Self {
        let clock = Clock::manual(jiff::Timestamp::from_second(START).unwrap());
        let telemetry = Arc::new(Telemetry::new(clock.clone()));
        let slot = telemetry.slot(SlotKey {
            region: REGION.into(),
            api_id: "abc123".into(),
            api_name: "pets".into(),
            stage: "prod".into(),
            method: Some(MethodName {
                resource: "/pets/{petId}".into(),
                verb: "GET".into(),
            }),
            detailed,
        });
        Self {
            recorder: telemetry.recorder(),
            cloudwatch: CloudWatch::new(
                clock.clone(),
                telemetry,
                "000000000000".to_owned(),
                Arc::new(store),
            ),
            clock,
            slot,
        }
    }

    fn request(&self, status: u16, millis: u64, canary: bool) {
        let observation = Observation {
            cache_hit: None,
            at: self.clock.now(),
            canary,
            status,
            latency_micros: millis * 1000,
            integration_micros: (status != 429).then_some(millis * 900),
        };
        self.recorder.record(&self.slot, &observation);
    }

    fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    fn call(&self, operation: &str, input: Value) -> Result<Value, ServiceError> {
        let Value::Object(members) = input else {
            panic!("an input is an object")
        };
        let input = Input {
            members,
            ..Input::default()
        };
        let operation = CLOUDWATCH.operation(operation).unwrap();
        block_on(self.cloudwatch.call(REGION, operation, &input)).map(|output| output.members)
    }

    fn ok(&self, operation: &str, input: Value) -> Value {
        self.call(operation, input).unwrap()
    }

    fn error(&self, operation: &str, input: Value) -> (String, String) {
        let error = self.call(operation, input).unwrap_err();
        (error.code.into_owned(), error.message)
    }

    /// One query of the last hour and the next.
    fn data(&self, query: &Value) -> Value {
        let output = self.ok("GetMetricData", hours(&json!([query])));
        assert_eq!(output["Messages"], json!([]));
        output["MetricDataResults"][0].clone()
    }
}

fn block_on<F: Future>(work: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(work)
}

fn hours(queries: &Value) -> Value {
    json!({
        "MetricDataQueries": queries,
        "StartTime": START - 3600,
        "EndTime": START + 3600,
    })
}

fn query(id: &str, name: &str, dimensions: &Value, period: i64, stat: &str) -> Value {
    json!({
        "Id": id,
        "MetricStat": {
            "Metric": {"Namespace": "AWS/ApiGateway", "MetricName": name, "Dimensions": dimensions},
            "Period": period,
            "Stat": stat,
        },
    })
}

fn dims(pairs: &[(&str, &str)]) -> Value {
    let list = pairs
        .iter()
        .map(|(name, value)| json!({"Name": name, "Value": value}));
    list.collect()
}

fn stage() -> Value {
    // In another order than AWS's: it has no meaning.
    dims(&[("Stage", "prod"), ("ApiName", "pets")])
}

fn put(name: &str, members: &Value) -> Value {
    let mut datum = json!({"MetricName": name});
    for (member, value) in members.as_object().unwrap() {
        datum[member] = value.clone();
    }
    json!({"Namespace": "Shop", "MetricData": [datum]})
}
