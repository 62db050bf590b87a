//! `GetMetricStatistics`. Facts: `spec/cloudwatch-metrics.md` §2.

use serde_json::{Map, Value, json};

use super::metric::{Metric, Source};
use super::statistic::Statistic;
use super::window::{Span, check_period};
use crate::engine::telemetry::distribution::Distribution;
use crate::engine::wire::operations::CLOUDWATCH;
use crate::engine::wire::{Input, ServiceError};

/// How many points a call may ask for.
const POINTS: i64 = 1440;

pub(super) fn get_metric_statistics(
    input: &Input,
    source: &mut Source<'_>,
    now: i64,
) -> Result<Value, ServiceError> {
    let span = Span::of(input)?;
    let period = check_period(input.integer("Period").unwrap_or_default(), "Period")?;
    let points = span.points(period);
    if points > POINTS {
        // Recorded: `spec/cloudwatch-metrics.md` §1.
        return Err(error(
            "InvalidParameterCombinationException",
            format!(
                "You have requested up to {points} datapoints, which exceeds the limit of {POINTS}. You may reduce the datapoints \
                 requested by increasing Period, or decreasing the time range."
            ),
        ));
    }
    let plain = names(input, "Statistics");
    let extended = names(input, "ExtendedStatistics");
    if plain.is_empty() == extended.is_empty() {
        return Err(error(
            "InvalidParameterCombinationException",
            "Exactly one of the parameters Statistics and ExtendedStatistics must be specified.",
        ));
    }
    let plain = statistics(&plain, "Statistics", false)?;
    let extended = statistics(&extended, "ExtendedStatistics", true)?;
    let metric = Metric::of(&Value::Object(input.members.clone()));
    let mut datapoints = Vec::new();
    for found in source.find(&metric, input.text("Unit"), &span.anchored(period, now)) {
        for (at, values) in &found.periods {
            let mut point = tell(&plain, values, found.per);
            let told = tell(&extended, values, found.per);
            if point.is_empty() && told.is_empty() {
                continue;
            }
            if !told.is_empty() {
                point.insert("ExtendedStatistics".to_owned(), Value::Object(told));
            }
            point.insert("Timestamp".to_owned(), Value::from(*at));
            point.insert("Unit".to_owned(), Value::from(found.unit.as_str()));
            datapoints.push(Value::Object(point));
        }
    }
    Ok(json!({"Label": metric.name, "Datapoints": datapoints}))
}

fn tell(statistics: &[(&str, Statistic)], values: &Distribution, per: f64) -> Map<String, Value> {
    (statistics.iter())
        .filter_map(|(name, statistic)| {
            let told = statistic.of(values, per)?;
            Some(((*name).to_owned(), Value::from(told)))
        })
        .collect()
}

fn names<'a>(input: &'a Input, member: &str) -> Vec<&'a str> {
    (input.members.get(member).and_then(Value::as_array))
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

fn statistics<'a>(
    names: &[&'a str],
    member: &str,
    extended: bool,
) -> Result<Vec<(&'a str, Statistic)>, ServiceError> {
    (names.iter().enumerate())
        .map(|(i, name)| {
            Statistic::parse(name)
                .filter(|statistic| statistic.is_extended() == extended)
                .map(|statistic| (*name, statistic))
                .ok_or_else(|| {
                    error(
                        "InvalidParameterValueException",
                        format!(
                            "The value {name} for parameter {member}.member.{} is not supported.",
                            i + 1
                        ),
                    )
                })
        })
        .collect()
}

fn error(name: &'static str, message: impl Into<String>) -> ServiceError {
    ServiceError::of(CLOUDWATCH, name, message)
}
