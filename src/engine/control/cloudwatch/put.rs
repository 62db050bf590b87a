//! `PutMetricData`. Facts: `spec/cloudwatch-metrics.md` §2.
//!
//! What is put is kept in memory only, bounded in number and size.

use serde_json::Value;

use super::metric::{Custom, CustomKey, Metric, dimensions};
use crate::engine::telemetry::distribution::Distribution;
use crate::engine::wire::operations::CLOUDWATCH;
use crate::engine::wire::{Input, ServiceError};

/// How many values a call may put.
const DATA: usize = 1000;
/// How many values a datum may have.
const VALUES: usize = 150;
const PAST: i64 = 14 * 86_400;
const FUTURE: i64 = 2 * 3600;
/// 2^360, as the power of two of its exponent.
const MAGNITUDE: f64 = f64::from_bits((1023 + 360) << 52);

/// One value or set of values to keep.
struct Datum {
    key: CustomKey,
    at: i64,
    values: Distribution,
}

/// Checks everything before it keeps anything.
pub(super) fn put_metric_data(
    input: &Input,
    custom: &mut Custom,
    region: &str,
    now: i64,
) -> Result<(), ServiceError> {
    let namespace = input.text("Namespace").unwrap_or_default();
    if namespace.starts_with("AWS/") {
        return Err(invalid(format!(
            "The value {namespace} for parameter Namespace is invalid."
        )));
    }
    let list = |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
    let mut data: Vec<(String, Value)> = Vec::new();
    for (i, datum) in list(input.members.get("MetricData"))
        .into_iter()
        .enumerate()
    {
        data.push((format!("MetricData.member.{}", i + 1), datum));
    }
    // What an entity tells of its data has no use here: the data do.
    for (i, entity) in list(input.members.get("EntityMetricData"))
        .iter()
        .enumerate()
    {
        for (j, datum) in list(entity.get("MetricData")).into_iter().enumerate() {
            let at = format!(
                "EntityMetricData.member.{}.MetricData.member.{}",
                i + 1,
                j + 1
            );
            data.push((at, datum));
        }
    }
    if data.is_empty() {
        return Err(ServiceError::of(
            CLOUDWATCH,
            "MissingRequiredParameterException",
            "The parameter MetricData is required.",
        ));
    }
    if data.len() > DATA {
        return Err(invalid(format!(
            "The collection MetricData must not have a size greater than {DATA}."
        )));
    }
    let data: Vec<Datum> = (data.iter())
        .map(|(at, datum)| Datum::of(datum, at, region, namespace, now))
        .collect::<Result<_, _>>()?;
    for datum in data {
        custom.append(&datum.key, datum.at, &datum.values);
    }
    custom.tidy(now);
    Ok(())
}

impl Datum {
    fn of(
        datum: &Value,
        at: &str,
        region: &str,
        namespace: &str,
        now: i64,
    ) -> Result<Self, ServiceError> {
        let resolution = datum["StorageResolution"].as_i64().unwrap_or(60);
        if !matches!(resolution, 1 | 60) {
            return Err(invalid(format!(
                "The parameter {at}.StorageResolution must be 1 or 60, and is {resolution}."
            )));
        }
        let time = match &datum["Timestamp"] {
            Value::Null => now,
            time => {
                #[allow(
                    clippy::cast_possible_truncation,
                    reason = "saturates, and then is out of range"
                )]
                let time = number(time, at, "Timestamp")?.floor() as i64;
                time
            }
        };
        if time < now - PAST {
            return Err(invalid(format!(
                "The parameter {at}.Timestamp must specify a time within the past two weeks."
            )));
        }
        if time > now + FUTURE {
            return Err(invalid(format!(
                "The parameter {at}.Timestamp must specify a time no more than two hours in the future."
            )));
        }
        let text = |member: &str| datum[member].as_str().unwrap_or_default().to_owned();
        let metric = Metric {
            namespace: namespace.to_owned(),
            name: text("MetricName"),
            dimensions: dimensions(&datum["Dimensions"]),
        };
        Ok(Self {
            key: CustomKey {
                region: region.to_owned(),
                metric,
                unit: datum["Unit"].as_str().unwrap_or("None").to_owned(),
            },
            at: time.div_euclid(resolution) * resolution,
            values: values(datum, at)?,
        })
    }
}

fn values(datum: &Value, at: &str) -> Result<Distribution, ServiceError> {
    let (value, set, list) = (&datum["Value"], &datum["StatisticValues"], &datum["Values"]);
    let given: Vec<&str> = [("Value", value), ("StatisticValues", set), ("Values", list)]
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, _)| name)
        .collect();
    match given[..] {
        [] => Err(ServiceError::of(
            CLOUDWATCH,
            "MissingRequiredParameterException",
            format!(
                "One of the parameters {at}.Value, {at}.Values and {at}.StatisticValues is required."
            ),
        )),
        ["Value"] => Ok(Distribution::repeated(number(value, at, "Value")?, 1)),
        ["StatisticValues"] => summary(set, &format!("{at}.StatisticValues")),
        ["Values"] => counted(list, &datum["Counts"], at),
        [first, second, ..] => Err(ServiceError::of(
            CLOUDWATCH,
            "InvalidParameterCombinationException",
            format!(
                "The parameters {at}.{first} and {at}.{second} are mutually exclusive and you have specified both."
            ),
        )),
        [_] => Err(ServiceError::internal("a datum with a value of no kind")),
    }
}

fn summary(set: &Value, at: &str) -> Result<Distribution, ServiceError> {
    let [count, sum, minimum, maximum] =
        ["SampleCount", "Sum", "Minimum", "Maximum"].map(|member| number(&set[member], at, member));
    let (count, sum, minimum, maximum) = (count?, sum?, minimum?, maximum?);
    if count <= 0.0 {
        return Err(invalid(format!(
            "The parameter {at}.SampleCount must be greater than 0."
        )));
    }
    if minimum > maximum {
        return Err(invalid(format!(
            "The parameter {at}.Maximum must be greater than {at}.Minimum."
        )));
    }
    Ok(Distribution::summary(count, sum, minimum, maximum))
}

fn counted(list: &Value, counts: &Value, at: &str) -> Result<Distribution, ServiceError> {
    let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
    if list.is_empty() || list.len() > VALUES {
        return Err(invalid(format!(
            "The collection {at}.Values must have a size between 1 and {VALUES}."
        )));
    }
    let counts = counts.as_array().map(Vec::as_slice);
    if counts.is_some_and(|counts| counts.len() != list.len()) {
        return Err(invalid(format!(
            "The parameters {at}.Values and {at}.Counts must be of the same size."
        )));
    }
    let mut values = Distribution::default();
    for (i, value) in list.iter().enumerate() {
        let value = number(value, at, "Values")?;
        let count = match counts.and_then(|counts| counts.get(i)) {
            Some(count) => number(count, at, "Counts")?,
            None => 1.0,
        };
        if count < 0.0 {
            return Err(invalid(format!(
                "The parameter {at}.Counts.member.{} must not be negative.",
                i + 1
            )));
        }
        values.add_repeatedly(value, count);
    }
    Ok(values)
}

/// A number that CloudWatch takes: not infinite, not too great, not `NaN` (which comes as text).
fn number(value: &Value, at: &str, member: &str) -> Result<f64, ServiceError> {
    value
        .as_f64()
        .filter(|number| number.abs() <= MAGNITUDE)
        .ok_or_else(|| {
            let given = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            invalid(format!(
                "The value {given} for parameter {at}.{member} is invalid."
            ))
        })
}

fn invalid(message: String) -> ServiceError {
    ServiceError::of(CLOUDWATCH, "InvalidParameterValueException", message)
}
