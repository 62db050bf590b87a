//! GetMetricData. Facts: `spec/cloudwatch-metrics.md` §2.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::label::Labelled;
use super::metric::{Found, Metric, Source};
use super::statistic::Statistic;
use super::token;
use super::window::{Span, check_period};
use crate::engine::telemetry::Window;
use crate::engine::wire::operations::CLOUDWATCH;
use crate::engine::wire::{Input, ServiceError};

/// How many queries a call may have.
const QUERIES: usize = 500;
/// How many points a page may have, and has unless the call says less.
const POINTS: usize = 100_800;

/// A query for one metric.
struct Query {
    id: String,
    metric: Metric,
    statistic: Statistic,
    statistic_name: String,
    period: i64,
    unit: Option<String>,
    label: Option<String>,
    returned: bool,
}

/// Where a page begins: which query, and after which of its times.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Place {
    query: usize,
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
    let place = place.unwrap_or(Place {
        query: 0,
        after: None,
    });
    let ascending = input.text("ScanBy") == Some("TimestampAscending");
    let mut left = limit;
    let mut next = None;
    let mut results = Vec::new();
    let returned: Vec<&Query> = queries.iter().filter(|query| query.returned).collect();
    for (index, query) in returned.iter().enumerate().skip(place.query) {
        let found = find(source, query, &span.aligned(query.period, now));
        let mut points: Vec<(i64, f64)> = (found.values.iter())
            .map(|(&at, &value)| (at, value))
            .collect();
        let values: Vec<f64> = points.iter().map(|(_, value)| *value).collect();
        if !ascending {
            points.reverse();
        }
        if let Some(after) = place.after.filter(|_| index == place.query) {
            points.retain(|(at, _)| if ascending { *at > after } else { *at < after });
        }
        let whole = points.len() <= left;
        if !whole {
            points.truncate(left);
            if next.is_none() {
                let after = points.last().map(|(at, _)| *at);
                let after = after.or(place.after.filter(|_| index == place.query));
                next = Some(Place {
                    query: index,
                    after,
                });
            }
        }
        left -= points.len();
        let default = default_label(query, &queries);
        let label = query.label.as_ref().map_or_else(
            || default.clone(),
            |label| {
                let labelled = Labelled {
                    metric: &query.metric,
                    statistic: &query.statistic_name,
                    period: query.period,
                    region,
                    default: &default,
                    values: &values,
                };
                labelled.fill(label)
            },
        );
        let (times, values): (Vec<i64>, Vec<f64>) = points.into_iter().unzip();
        results.push(json!({
            "Id": query.id,
            "Label": label,
            "Timestamps": times,
            "Values": values,
            "StatusCode": if whole { "Complete" } else { "PartialData" },
            "Messages": messages(&found.units),
        }));
    }
    let mut output = json!({"MetricDataResults": results, "Messages": []});
    if let Some(next) = next {
        output["NextToken"] = Value::from(token::write(input, &next));
    }
    Ok(output)
}

/// What a query finds.
struct Series {
    /// By time, oldest first.
    values: BTreeMap<i64, f64>,
    units: Vec<String>,
}

/// The query's statistic by period. Values of several units count together, as on AWS.
fn find(source: &mut Source<'_>, query: &Query, window: &Window) -> Series {
    let mut found = source.find(&query.metric, query.unit.as_deref(), window);
    let units = found.iter().map(|found| found.unit.clone()).collect();
    let mut merged = found.pop();
    if let Some(merged) = &mut merged {
        for Found { periods, .. } in found {
            for (at, values) in periods {
                merged.periods.entry(at).or_default().merge(&values);
            }
        }
    }
    let values = (merged.iter())
        .flat_map(|found| found.periods.iter().map(|it| (it, found.per)))
        .filter_map(|((&at, values), per)| Some((at, query.statistic.of(values, per)?)))
        .collect();
    Series { values, units }
}

fn messages(units: &[String]) -> Value {
    if units.len() < 2 {
        return json!([]);
    }
    let value = format!("Multiple units returned: '[{}]'", units.join(", "));
    json!([{"Code": "MultipleUnits", "Value": value}])
}

/// The metric's name, with what the queries differ in (recorded).
fn default_label(query: &Query, all: &[Query]) -> String {
    let mut label = query.metric.name.clone();
    if (all.iter()).any(|other| other.statistic_name != query.statistic_name) {
        label.push(' ');
        label.push_str(&query.statistic_name);
    }
    if all.iter().any(|other| other.period != query.period) {
        label.push(' ');
        label.push_str(&query.period.to_string());
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

fn queries(input: &Input) -> Result<Vec<Query>, ServiceError> {
    let given = (input
        .members
        .get("MetricDataQueries")
        .and_then(Value::as_array))
    .map(Vec::as_slice)
    .unwrap_or_default();
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
    let mut ids = HashSet::new();
    let mut queries = Vec::new();
    for (i, query) in given.iter().enumerate() {
        let query = Query::of(query, i + 1)?;
        if !ids.insert(query.id.clone()) {
            return Err(invalid(
                "The values for parameter id in MetricDataQueries are not unique.",
            ));
        }
        queries.push(query);
    }
    Ok(queries)
}

impl Query {
    /// Texts of the errors are unverified, but for those that `spec/cloudwatch-metrics.md` records.
    fn of(query: &Value, number: usize) -> Result<Self, ServiceError> {
        let at = |member: &str| format!("MetricDataQueries.member.{number}.{member}");
        let id = query["Id"].as_str().unwrap_or_default();
        let starts = id.starts_with(|c: char| c.is_ascii_lowercase());
        if !starts || !id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return Err(invalid(format!(
                "The value {id} for parameter {} is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.",
                at("Id")
            )));
        }
        let metric = &query["MetricStat"];
        match (query["Expression"].as_str(), metric.is_object()) {
            (None, true) => {}
            (Some(_), true) => {
                return Err(invalid(format!(
                    "The parameters {} and {} are mutually exclusive and you have specified both.",
                    at("Expression"),
                    at("MetricStat")
                )));
            }
            (Some(expression), false) => {
                return Err(invalid(format!(
                    "Sluice can't evaluate metric expressions yet: {} is '{expression}'. Ask for the metrics and compute from their values.",
                    at("Expression")
                )));
            }
            (None, false) => {
                return Err(invalid(format!(
                    "Either {} or {} must be specified.",
                    at("MetricStat"),
                    at("Expression")
                )));
            }
        }
        if let Some(account) = query["AccountId"].as_str() {
            return Err(invalid(format!(
                "Sluice has no linked accounts: leave out {}, which is {account}.",
                at("AccountId")
            )));
        }
        let name = metric["Stat"].as_str().unwrap_or_default();
        let statistic = Statistic::parse(name).ok_or_else(|| {
            invalid(format!(
                "The value {name} for parameter {} is not supported.",
                at("MetricStat.Stat")
            ))
        })?;
        let text = |value: &Value| value.as_str().map(str::to_owned);
        Ok(Self {
            id: id.to_owned(),
            metric: Metric::of(&metric["Metric"]),
            statistic,
            statistic_name: name.to_owned(),
            period: check_period(
                metric["Period"].as_i64().unwrap_or_default(),
                &at("MetricStat.Period"),
            )?,
            unit: text(&metric["Unit"]),
            label: text(&query["Label"]),
            returned: query["ReturnData"].as_bool().unwrap_or(true),
        })
    }
}

fn invalid(message: impl Into<String>) -> ServiceError {
    ServiceError::new("ValidationException", 400, message)
}
