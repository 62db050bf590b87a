//! GetMetricData. Facts: `spec/cloudwatch-metrics.md` §2.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::evaluate::{Evaluator, Outcome};
use super::label::Labelled;
use super::math::Series;
use super::metric::Source;
use super::queries::{Kind, Queries, Query, invalid};
use super::token;
use super::window::Span;
use crate::engine::wire::operations::CLOUDWATCH;
use crate::engine::wire::{Input, ServiceError};

/// How many queries a call may have.
const QUERIES: usize = 500;
/// How many points a page may have, and has unless the call says less.
const POINTS: usize = 100_800;

/// Where a page begins: with which query, which of its series, and after which of its times.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Place {
    query: usize,
    series: usize,
    after: Option<i64>,
}

pub(super) fn get_metric_data(
    input: &Input,
    source: &mut Source<'_>,
    region: &str,
    now: i64,
) -> Result<Value, ServiceError> {
    let span = Span::of(input)?;
    let queries = queries(input)?;
    let limit = input.integer("MaxDatapoints").map_or(Ok(POINTS), limit)?;
    let place: Option<Place> = token::read(input)?;
    let mut page = Page {
        place: place.unwrap_or_default(),
        ascending: input.text("ScanBy") == Some("TimestampAscending"),
        left: limit,
        results: Vec::new(),
        next: None,
    };
    let mut evaluator = Evaluator::new(source, &queries, span, now);
    let all = queries.all.iter().enumerate();
    for (index, query) in all.filter(|(_, query)| query.returned) {
        if index < page.place.query {
            continue;
        }
        if page.is_full() {
            // What the next page has is computed for the next page.
            page.next = page.next.or(Some(Place {
                query: index,
                ..Place::default()
            }));
            break;
        }
        let outcome = evaluator.result(index)?;
        page.add((index, &query.id), outcome, |series| {
            label(&queries, query, index, outcome, series, region)
        });
    }
    let mut output = json!({"MetricDataResults": page.results, "Messages": []});
    if let Some(next) = page.next {
        output["NextToken"] = Value::from(token::write(input, &next));
    }
    Ok(output)
}

/// A page in the making.
struct Page {
    place: Place,
    ascending: bool,
    /// Points that it has room for.
    left: usize,
    results: Vec<Value>,
    next: Option<Place>,
}

impl Page {
    fn is_full(&self) -> bool {
        self.left == 0 || self.next.is_some()
    }

    /// Takes up what a query found, as far as there is room.
    fn add(
        &mut self,
        (query, id): (usize, &str),
        outcome: &Outcome,
        label: impl Fn(&Series) -> String,
    ) {
        let begun = self.place.query == query;
        for (index, series) in outcome.series.iter().enumerate() {
            if begun && index < self.place.series {
                continue;
            }
            let after = self
                .place
                .after
                .filter(|_| begun && index == self.place.series);
            let here = Place {
                query,
                series: index,
                after,
            };
            if self.is_full() {
                self.next = self.next.or(Some(here));
                return;
            }
            let mut points: Vec<(i64, f64)> = (series.points.iter())
                .map(|(&at, &value)| (at, value))
                .collect();
            if !self.ascending {
                points.reverse();
            }
            if let Some(after) = after {
                points.retain(|(at, _)| {
                    if self.ascending {
                        *at > after
                    } else {
                        *at < after
                    }
                });
            }
            let whole = points.len() <= self.left;
            if !whole {
                points.truncate(self.left);
                let last = points.last().map(|(at, _)| *at);
                self.next = Some(Place {
                    after: last.or(after),
                    ..here
                });
            }
            self.left -= points.len();
            let (times, values): (Vec<i64>, Vec<f64>) = points.into_iter().unzip();
            self.results.push(json!({
                "Id": id,
                "Label": label(series),
                "Timestamps": times,
                "Values": values,
                "StatusCode": if whole { "Complete" } else { "PartialData" },
                "Messages": messages(&outcome.units),
            }));
        }
    }
}

fn messages(units: &[String]) -> Value {
    if units.len() < 2 {
        return json!([]);
    }
    let value = format!("Multiple units returned: '[{}]'", units.join(", "));
    json!([{"Code": "MultipleUnits", "Value": value}])
}

/// The label of one series of a query's.
fn label(
    queries: &Queries,
    query: &Query,
    index: usize,
    outcome: &Outcome,
    series: &Series,
    region: &str,
) -> String {
    let default = match (&query.kind, &series.origin) {
        (Kind::Metric(_), _) => default_label(query, queries),
        (Kind::Expression { .. }, Some(origin)) if outcome.is_array => origin.label.clone(),
        // What an expression without a label is called is unverified.
        (Kind::Expression { .. }, _) => query.id.clone(),
    };
    let Some(label) = &query.label else {
        return default;
    };
    let values: Vec<f64> = series.points.values().copied().collect();
    let origin = series.origin.as_ref();
    let labelled = Labelled {
        metric: origin.map(|origin| &origin.metric),
        statistic: origin.map(|origin| origin.statistic.as_str()),
        period: match &query.kind {
            Kind::Metric(metric) => metric.period,
            Kind::Expression { .. } => queries.period_of(index),
        },
        region,
        default: &default,
        values: &values,
    };
    labelled.fill(label)
}

/// The metric's name, with what the queries differ in (recorded).
fn default_label(query: &Query, queries: &Queries) -> String {
    let Kind::Metric(metric) = &query.kind else {
        return query.id.clone();
    };
    let mut label = metric.metric.name.clone();
    if (queries.metrics()).any(|(_, other)| other.statistic_name != metric.statistic_name) {
        label.push(' ');
        label.push_str(&metric.statistic_name);
    }
    if (queries.metrics()).any(|(_, other)| other.period != metric.period) {
        label.push(' ');
        label.push_str(&metric.period.to_string());
    }
    label
}

fn limit(points: i64) -> Result<usize, ServiceError> {
    usize::try_from(points)
        .ok()
        .filter(|points| (1..=POINTS).contains(points))
        .ok_or_else(|| {
            invalid(format!(
                "The parameter MaxDatapoints must be between 1 and {POINTS}, and is {points}."
            ))
        })
}

fn queries(input: &Input) -> Result<Queries, ServiceError> {
    const MEMBER: &str = "MetricDataQueries";
    let given = input.members.get(MEMBER).and_then(Value::as_array);
    let given = given.map(Vec::as_slice).unwrap_or_default();
    if given.is_empty() {
        return Err(ServiceError::of(
            CLOUDWATCH,
            "MissingRequiredParameterException",
            "The parameter MetricDataQueries is required.",
        ));
    }
    if given.len() > QUERIES {
        return Err(invalid(format!(
            "The collection MetricDataQueries must not have a size greater than {QUERIES}."
        )));
    }
    Queries::of(given, MEMBER)
}
