//! The control plane's rate limits, simulated on request so that clients' back-off can be tested.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use crate::base::Clock;
use crate::engine::gateway::Bucket;
use crate::engine::wire::{Input, ServiceError};
use crate::model::ThrottleSettings;
use crate::model::control_rate::{self, Rate};

/// The bucket of all operations together.
const ALL: &str = "";
/// The bucket of edge-optimized APIs being created.
const EDGE: &str = "edge";

/// What each region has left, by operation. Buckets come into being, full, with the first call.
#[derive(Debug)]
pub(super) struct Rates {
    clock: Clock,
    buckets: Mutex<HashMap<(String, &'static str), Bucket>>,
}

impl Rates {
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            clock,
            buckets: Mutex::default(),
        }
    }

    /// Counts a call, or refuses it with the seconds after which it may come again.
    pub(super) fn take(
        &self,
        region: &str,
        operation: &'static str,
        input: &Input,
    ) -> Result<(), ServiceError> {
        self.take_from(region, ALL, control_rate::SERVICE)?;
        if matches!(operation, "CreateRestApi" | "ImportRestApi") && is_edge(input) {
            return self.take_from(region, EDGE, control_rate::CREATE_EDGE_API);
        }
        control_rate::operation(operation)
            .map_or(Ok(()), |rate| self.take_from(region, operation, rate))
    }

    fn take_from(&self, region: &str, of: &'static str, rate: Rate) -> Result<(), ServiceError> {
        let now = self.clock.monotonic();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets
            .entry((region.to_owned(), of))
            .or_insert_with(|| bucket(rate));
        if bucket.take(now) {
            return Ok(());
        }
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "at most the thirty seconds of the slowest rate"
        )]
        let seconds = ((1.0 - bucket.level(now)) / rate.per_second)
            .ceil()
            .clamp(1.0, 60.0) as u32;
        Err(ServiceError::too_many_requests(seconds))
    }
}

fn bucket(rate: Rate) -> Bucket {
    #[allow(clippy::cast_possible_truncation, reason = "a small whole number")]
    let burst_limit = rate.burst as i64;
    Bucket::new(ThrottleSettings {
        burst_limit,
        rate_limit: rate.per_second,
    })
}

/// Whether the API to be created is edge-optimized, as one is that says nothing.
fn is_edge(input: &Input) -> bool {
    let types = input
        .members
        .get("endpointConfiguration")
        .and_then(|endpoint| endpoint.get("types"))
        .and_then(Value::as_array);
    let imported = input
        .members
        .get("parameters")
        .and_then(|parameters| parameters.get("endpointConfigurationTypes"))
        .and_then(Value::as_str);
    match (types, imported) {
        (Some(types), _) => types.iter().any(|of| of == "EDGE"),
        (None, Some(of)) => of == "EDGE",
        (None, None) => true,
    }
}
