//! The service, called as the codec calls it.

mod graph;
mod rules;
mod traces;
mod wire;

use serde_json::{Value, json};

use super::*;
use crate::engine::gateway::Settings;
use crate::engine::telemetry::Telemetry;

const REGION: &str = "eu-west-1";
/// 2026-01-02T03:04:05Z, in the ids of traces.
const NOW: f64 = 1_767_323_045.0;

struct World {
    xray: XRay,
}

impl World {
    fn new() -> Self {
        Self::with(None)
    }

    fn with(daemon: Option<SocketAddr>) -> Self {
        let clock = Clock::manual("2026-01-02T03:04:05Z".parse().unwrap());
        let telemetry = Arc::new(Telemetry::new(clock.clone()));
        let gateway = Gateway::new(clock.clone(), Settings::default(), telemetry);
        let store = Arc::new(Store::memory());
        let account = "000000000000".to_owned();
        Self {
            xray: XRay::new(clock, account, store, Arc::new(gateway), daemon),
        }
    }

    fn call(&self, operation: &str, input: Value) -> Result<Value, ServiceError> {
        let Value::Object(members) = input else {
            panic!("an input is an object")
        };
        let input = Input {
            members,
            ..Input::default()
        };
        let operation = XRAY.operation(operation).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let answer = runtime.block_on(self.xray.call(REGION, operation, &input));
        answer.map(|output| output.members)
    }

    fn ok(&self, operation: &str, input: Value) -> Value {
        self.call(operation, input).unwrap()
    }

    fn error(&self, operation: &str, input: Value) -> String {
        let error = self.call(operation, input).unwrap_err();
        assert_eq!(
            (&*error.code, error.status),
            ("InvalidRequestException", 400)
        );
        error.message
    }
}
