//! `ListMetrics`. Facts: `spec/cloudwatch-metrics.md` §2.

use serde_json::{Value, json};

use super::metric::{Metric, Source};
use super::token;
use crate::engine::wire::{Input, ServiceError};

/// Metrics on a page.
const PAGE: usize = 500;
/// How long a metric is listed after its newest value, in seconds: two weeks.
const LISTED: i64 = 14 * 86_400;
/// What `RecentlyActive` asks for, in seconds: its one value is `PT3H`.
const RECENT: i64 = 3 * 3600;

/// The metric that the page before ended with.
type Place = (String, String, Vec<(String, String)>);

pub(super) fn list_metrics(
    input: &Input,
    source: &Source<'_>,
    now: i64,
) -> Result<Value, ServiceError> {
    if let Some(account) = input.text("OwningAccount") {
        return Err(ServiceError::new(
            "ValidationException",
            400,
            format!("Sluice has no linked accounts: leave out OwningAccount, which is {account}."),
        ));
    }
    let place: Option<Place> = token::read(input)?;
    let after = place.map(|(namespace, name, dimensions)| Metric {
        namespace,
        name,
        dimensions,
    });
    let kept = if input.text("RecentlyActive").is_some() {
        RECENT
    } else {
        LISTED
    };
    let mut page: Vec<Metric> = (source.metrics().into_iter())
        .filter(|(metric, last)| {
            *last >= now - kept
                && after.as_ref().is_none_or(|after| metric > after)
                && asked_for(metric, input)
        })
        .map(|(metric, _)| metric)
        .take(PAGE + 1)
        .collect();
    let more = page.len() > PAGE;
    page.truncate(PAGE);
    let mut output = json!({
        "Metrics": page.iter().map(Metric::to_value).collect::<Vec<Value>>(),
    });
    if let Some(last) = page.pop().filter(|_| more) {
        let place: Place = (last.namespace, last.name, last.dimensions);
        output["NextToken"] = Value::from(token::write(input, &place));
    }
    Ok(output)
}

fn asked_for(metric: &Metric, input: &Input) -> bool {
    let filters = input.members.get("Dimensions").and_then(Value::as_array);
    input
        .text("Namespace")
        .is_none_or(|it| metric.namespace == it)
        && input.text("MetricName").is_none_or(|it| metric.name == it)
        && (filters.into_iter().flatten()).all(|filter| {
            let value = metric.dimension(filter["Name"].as_str().unwrap_or_default());
            match filter["Value"].as_str() {
                None => value.is_some(),
                asked => value == asked,
            }
        })
}
