//! Measurements: one `GetMetricData` for everything on screen.

use std::sync::atomic::Ordering;

use aws_sdk_cloudwatch::types as sdk;
use aws_smithy_types::DateTime;

use crate::aws::error::{Cause, Error};
use crate::aws::event::{Event, Spent};
use crate::aws::limits::Service;
use crate::aws::query::{MetricsQuery, Query, Series};
use crate::aws::reply::{Line, MetricName, Metrics, Reply};

use super::Context;

/// Where API Gateway publishes.
const NAMESPACE: &str = "AWS/ApiGateway";
/// Queries that one call may hold. Source: `spec/cloudwatch-metrics.md` §2.
const MOST_QUERIES: usize = 500;
/// Seconds in a day.
const DAY: i64 = 24 * 3600;

/// When a query's points begin and end, and how long each is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    start: i64,
    end: i64,
    period: u32,
}

impl Span {
    /// The span of whole periods that ends at the newest complete one: half a period would look like a drop.
    ///
    /// AWS keeps minutes for 15 days, five minutes for 63, hours for 455 (`spec/cloudwatch-metrics.md` §3), and API Gateway sends
    /// once a minute; the bundled gateway also has seconds.
    fn of(query: &MetricsQuery, now: i64, fine: bool) -> Self {
        let end = query.until.unwrap_or(now);
        let oldest = now - (end - i64::from(query.span));
        let least = match oldest {
            age if age > 63 * DAY => 3600,
            age if age > 15 * DAY => 300,
            _ if fine => 1,
            _ => 60,
        };
        let period = allowed(query.period.max(least));
        let step = i64::from(period);
        let end = end.div_euclid(step) * step;
        let length = i64::from(query.span).max(step).div_euclid(step) * step;
        Self {
            start: end - length,
            end,
            period,
        }
    }
}

/// The next period that CloudWatch knows: 1, 5, 10, 20, 30 seconds, or whole minutes.
fn allowed(period: u32) -> u32 {
    [1, 5, 10, 20, 30]
        .into_iter()
        .find(|&p| p >= period)
        .unwrap_or_else(|| period.div_ceil(60) * 60)
}

impl Context {
    pub(crate) async fn metrics(
        &self,
        query: &Query,
        metrics: &MetricsQuery,
    ) -> Result<Reply, Error> {
        const OPERATION: &str = "GetMetricData";
        if metrics.series.len() > MOST_QUERIES {
            let why = format!(
                "{} series in one call, {MOST_QUERIES} at most",
                metrics.series.len()
            );
            return Err(self.failed(OPERATION, query, Cause::Invalid(why)));
        }
        let span = Span::of(
            metrics,
            self.clock.now().as_second(),
            !self.session.target.is_aws(),
        );
        let mut answer = Metrics {
            start: span.start,
            end: span.end,
            period: span.period,
            lines: vec![Line::default(); metrics.series.len()],
        };
        if metrics.series.is_empty() {
            return Ok(Reply::Metrics(answer));
        }
        let client = &self.clients().await.cloudwatch;
        let queries: Vec<_> = metrics
            .series
            .iter()
            .enumerate()
            .map(|(at, series)| metric_query(at, series, span.period))
            .collect();
        let pages = |token| {
            self.count_cost(queries.len());
            let call = client
                .get_metric_data()
                .set_metric_data_queries(Some(queries.clone()))
                .start_time(DateTime::from_secs(span.start))
                .end_time(DateTime::from_secs(span.end))
                .scan_by(sdk::ScanBy::TimestampAscending)
                .set_next_token(token);
            async move {
                let out = call.send().await?;
                Ok((out.metric_data_results.unwrap_or_default(), out.next_token))
            }
        };
        let results = self
            .pages(OPERATION, Service::CloudWatch, query, pages)
            .await?;
        for result in results {
            let at = result.id.as_deref().and_then(position);
            if let Some(line) = at.and_then(|at| answer.lines.get_mut(at)) {
                collect(line, result);
            }
        }
        Ok(Reply::Metrics(answer))
    }

    pub(crate) async fn metric_names(&self, query: &Query, api_name: &str) -> Result<Reply, Error> {
        let client = &self.clients().await.cloudwatch;
        let pages = |token| {
            let api = sdk::DimensionFilter::builder()
                .name("ApiName")
                .value(api_name)
                .build();
            let call = client
                .list_metrics()
                .namespace(NAMESPACE)
                .dimensions(api)
                .set_next_token(token);
            async move {
                let out = call.send().await?;
                Ok((out.metrics.unwrap_or_default(), out.next_token))
            }
        };
        let all = self
            .pages("ListMetrics", Service::CloudWatch, query, pages)
            .await?;
        Ok(Reply::MetricNames(
            all.into_iter().map(metric_name).collect(),
        ))
    }

    /// AWS asks for money for each metric of each call, also of the pages after the first.
    fn count_cost(&self, metrics: usize) {
        if self.session.target.is_aws() {
            let metrics = u64::try_from(metrics).unwrap_or(u64::MAX);
            let before = self.spent.fetch_add(metrics, Ordering::Relaxed);
            (self.events)(Event::Spent(Spent {
                metrics: before.saturating_add(metrics),
            }));
        }
    }
}

fn metric_query(at: usize, series: &Series, period: u32) -> sdk::MetricDataQuery {
    let dimensions = series
        .dimensions()
        .into_iter()
        .map(|(name, value)| sdk::Dimension::builder().name(name).value(value).build())
        .collect();
    let metric = sdk::Metric::builder()
        .namespace(NAMESPACE)
        .metric_name(series.metric.name())
        .set_dimensions(Some(dimensions))
        .build();
    let stat = sdk::MetricStat::builder()
        .metric(metric)
        .period(i32::try_from(period).unwrap_or(i32::MAX))
        .stat(series.stat.name())
        .build();
    sdk::MetricDataQuery::builder()
        .id(format!("m{at}"))
        .metric_stat(stat)
        .build()
}

/// The series that a result belongs to, by the id that its query had.
fn position(id: &str) -> Option<usize> {
    id.strip_prefix('m')?.parse().ok()
}

/// Adds a page's points to a line.
fn collect(line: &mut Line, result: sdk::MetricDataResult) {
    let times = result.timestamps.unwrap_or_default();
    let values = result.values.unwrap_or_default();
    line.points
        .extend(times.iter().map(DateTime::secs).zip(values));
    line.points.sort_by_key(|point| point.0);
    let messages = result.messages.unwrap_or_default();
    let message = messages.into_iter().find_map(|m| m.value);
    // "Partial" is said of every page but the last; only what stays wrong is worth telling.
    let status = result
        .status_code
        .filter(|s| !matches!(s, sdk::StatusCode::Complete | sdk::StatusCode::PartialData));
    let note = message.or_else(|| status.map(|s| s.as_str().to_owned()));
    if note.is_some() {
        line.note = note;
    }
}

fn metric_name(metric: sdk::Metric) -> MetricName {
    let dimensions = metric.dimensions.unwrap_or_default();
    MetricName {
        metric: metric.metric_name.unwrap_or_default(),
        dimensions: dimensions
            .into_iter()
            .map(|d| (d.name.unwrap_or_default(), d.value.unwrap_or_default()))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_whole_complete_periods() {
        let now = 1_000_000_030;
        for (span, period, until, fine, expected) in [
            // A minute at least on AWS, seconds here.
            (3600, 1, None, false, (999_996_420, 1_000_000_020, 60)),
            (60, 1, None, true, (999_999_970, 1_000_000_030, 1)),
            (60, 2, None, true, (999_999_970, 1_000_000_030, 5)),
            (3600, 90, None, false, (999_996_360, 999_999_960, 120)),
            // Long ago only coarser points are kept.
            (
                3600,
                60,
                Some(now - 20 * DAY),
                false,
                (998_268_300, 998_271_900, 300),
            ),
            (
                7200,
                60,
                Some(now - 70 * DAY),
                false,
                (993_942_000, 993_949_200, 3600),
            ),
            // A span shorter than its period is one period.
            (30, 60, None, false, (999_999_960, 1_000_000_020, 60)),
        ] {
            let query = MetricsQuery {
                span,
                period,
                until,
                series: Vec::new(),
            };
            let got = Span::of(&query, now, fine);
            assert_eq!((got.start, got.end, got.period), expected, "{query:?}");
        }
    }

    #[test]
    fn periods_are_those_that_cloudwatch_knows() {
        for (asked, given) in [
            (1, 1),
            (2, 5),
            (11, 20),
            (30, 30),
            (31, 60),
            (60, 60),
            (61, 120),
        ] {
            assert_eq!(allowed(asked), given);
        }
    }

    #[test]
    fn pages_add_up_to_a_line_in_order() {
        let page = |times: &[i64], status| {
            sdk::MetricDataResult::builder()
                .id("m3")
                .set_timestamps(Some(
                    times.iter().map(|&t| DateTime::from_secs(t)).collect(),
                ))
                .set_values(Some(times.iter().map(|_| 1.0).collect()))
                .status_code(status)
                .build()
        };
        let mut line = Line::default();
        collect(&mut line, page(&[180, 240], sdk::StatusCode::PartialData));
        collect(&mut line, page(&[60, 120], sdk::StatusCode::Complete));
        assert!(line.points.iter().map(|p| p.0).eq([60, 120, 180, 240]));
        assert_eq!(line.note, None);
        collect(&mut line, page(&[], sdk::StatusCode::Forbidden));
        assert_eq!(line.note.as_deref(), Some("Forbidden"));
        assert_eq!(position("m3"), Some(3));
        assert_eq!(position("x"), None);
    }
}
