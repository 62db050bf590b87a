//! Amazon CloudWatch: the metrics of the APIs served here, and those that clients put.

mod data;
mod evaluate;
mod label;
mod list;
mod math;
mod metric;
mod put;
mod queries;
mod statistic;
mod statistics;
#[cfg(test)]
mod tests;
mod token;
mod window;

use std::cell::RefCell;
use std::sync::Arc;

use serde_json::Value;

use self::metric::{Custom, Source};
use crate::base::Clock;
use crate::engine::telemetry::Telemetry;
use crate::engine::telemetry::series::Archive;
use crate::engine::wire::{Input, Operation, Output, ServiceError};

/// Bytes of seconds and of minutes that put metrics may take; the oldest are dropped first.
const CUSTOM_BYTES: (usize, usize) = (2 << 20, 4 << 20);

/// The service, for all regions.
#[derive(Debug)]
pub struct CloudWatch {
    clock: Clock,
    telemetry: Arc<Telemetry>,
    custom: RefCell<Custom>,
}

impl CloudWatch {
    /// The service over these metrics.
    #[must_use]
    pub fn new(clock: Clock, telemetry: Arc<Telemetry>) -> Self {
        let (seconds, minutes) = CUSTOM_BYTES;
        Self {
            clock,
            telemetry,
            custom: RefCell::new(Archive::with_limits(seconds, minutes)),
        }
    }

    /// Forgets the metrics that clients have put.
    pub fn clear(&self) {
        let (seconds, minutes) = CUSTOM_BYTES;
        *self.custom.borrow_mut() = Archive::with_limits(seconds, minutes);
    }

    /// Answers one call. The codec has checked types, enumerations and what is required.
    pub fn call(
        &self,
        region: &str,
        operation: &Operation,
        input: &Input,
    ) -> Result<Output, ServiceError> {
        let now = self.clock.now().as_second();
        let output = match operation.name {
            "GetMetricData" => data::get_metric_data(input, &mut self.source(region), region, now)?,
            "GetMetricStatistics" => {
                statistics::get_metric_statistics(input, &mut self.source(region), now)?
            }
            "ListMetrics" => list::list_metrics(input, &self.source(region), now)?,
            "PutMetricData" => {
                put::put_metric_data(input, &mut self.custom.borrow_mut(), region, now)?;
                Value::Null
            }
            other => return Err(ServiceError::not_implemented(other)),
        };
        Ok(output.into())
    }

    fn source<'a>(&'a self, region: &'a str) -> Source<'a> {
        self.custom.borrow_mut().tidy(self.clock.now().as_second());
        Source::new(region, self.telemetry.read(), self.custom.borrow())
    }
}
