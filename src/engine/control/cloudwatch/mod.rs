//! Amazon CloudWatch: the metrics of the APIs served here, and those that clients put.

mod alarms;
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
use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;

use self::alarms::Alarms;
use self::metric::{Custom, Source};
use crate::base::Clock;
use crate::engine::store::{Row, Store};
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
    alarms: Alarms,
}

impl CloudWatch {
    /// The service of one account over these metrics. Alarms are kept in the store.
    #[must_use]
    pub fn new(
        clock: Clock,
        telemetry: Arc<Telemetry>,
        account: String,
        store: Arc<Store>,
    ) -> Self {
        let (seconds, minutes) = CUSTOM_BYTES;
        Self {
            alarms: Alarms::new(clock.clone(), account, store),
            clock,
            telemetry,
            custom: RefCell::new(Archive::with_limits(seconds, minutes)),
        }
    }

    /// Takes up what earlier runs wrote.
    pub fn restore(&self, rows: &[Row]) {
        self.alarms.restore(rows);
    }

    /// Evaluates alarms when they are due, until the engine stops. Sleeps as long as there are none.
    pub async fn watch(&self, mut stop: watch::Receiver<bool>) {
        loop {
            let due = self.alarms.next_due();
            let wait = async {
                match due {
                    Some(due) => tokio::time::sleep(self.until(due)).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                _ = stop.wait_for(|stopped| *stopped) => return,
                () = self.alarms.changed() => {}
                () = wait => self.evaluate_due().await,
            }
        }
    }

    fn until(&self, due: i64) -> Duration {
        let left = due.saturating_mul(1000) - self.clock.now().as_millisecond();
        // Never at once: a clock that stands still isn't asked again and again.
        Duration::from_millis(u64::try_from(left).unwrap_or(0).max(10))
    }

    /// Evaluates the alarms that are due.
    async fn evaluate_due(&self) {
        let regions = self.alarms.due_regions();
        let changes = self
            .alarms
            .evaluate_due(|region| self.source(region), &regions);
        // A failure was said, and the state is known all the same.
        let _ = self.alarms.commit(changes).await;
    }

    /// Forgets the metrics that clients have put, and the alarms.
    pub fn clear(&self) {
        self.alarms.clear();
        let (seconds, minutes) = CUSTOM_BYTES;
        *self.custom.borrow_mut() = Archive::with_limits(seconds, minutes);
    }

    /// Answers one call. The codec has checked types, enumerations and what is required.
    pub async fn call(
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
            other => self.alarms.call(region, other, input).await?,
        };
        Ok(output.into())
    }

    fn source<'a>(&'a self, region: &'a str) -> Source<'a> {
        self.custom.borrow_mut().tidy(self.clock.now().as_second());
        Source::new(region, self.telemetry.read(), self.custom.borrow())
    }
}
