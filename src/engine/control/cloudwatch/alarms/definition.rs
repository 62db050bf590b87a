//! What an alarm watches: the settings of `PutMetricAlarm`, checked, and taken apart once.
//!
//! Facts: `spec/cloudwatch-metrics.md` §2. Texts of errors are unverified.

use serde_json::{Map, Value, json};

use crate::engine::control::cloudwatch::metric::Metric;
use crate::engine::control::cloudwatch::queries::{Kind, MetricQuery, Queries, invalid};
use crate::engine::control::cloudwatch::statistic::Statistic;
use crate::engine::wire::operations::CLOUDWATCH;
use crate::engine::wire::{Input, ServiceError};

/// The longest time that an alarm may look back, in seconds, with periods below an hour and from an hour on (page `PutMetricAlarm`).
const LONGEST: (i64, i64) = (86_400, 7 * 86_400);

/// What an alarm watches, and when it is to be raised.
#[derive(Debug)]
pub(super) struct Watch {
    pub(super) queries: Queries,
    /// Which of them is watched.
    pub(super) watched: usize,
    /// How many samples each period had; only where periods with few of them don't count.
    pub(super) samples: Option<(Queries, f64)>,
    /// Seconds.
    pub(super) period: i64,
    pub(super) statistic: Option<String>,
    pub(super) unit: Option<String>,
    /// Periods that are looked at.
    pub(super) periods: usize,
    /// How many of them must breach the threshold.
    pub(super) to_alarm: usize,
    pub(super) threshold: f64,
    pub(super) comparison: Comparison,
    pub(super) missing: Treatment,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    AtLeast,
    Greater,
    Less,
    AtMost,
}

/// What a period without data counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Treatment {
    Missing,
    Breaching,
    NotBreaching,
    Ignore,
}

impl Comparison {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "GreaterThanOrEqualToThreshold" => Self::AtLeast,
            "GreaterThanThreshold" => Self::Greater,
            "LessThanThreshold" => Self::Less,
            "LessThanOrEqualToThreshold" => Self::AtMost,
            _ => return None,
        })
    }

    pub(super) fn breaches(self, value: f64, threshold: f64) -> bool {
        match self {
            Self::AtLeast => value >= threshold,
            Self::Greater => value > threshold,
            Self::Less => value < threshold,
            Self::AtMost => value <= threshold,
        }
    }

    /// In words, as AWS's reasons have them.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::AtLeast => "greater than or equal to",
            Self::Greater => "greater than",
            Self::Less => "less than",
            Self::AtMost => "less than or equal to",
        }
    }
}

/// The settings that are kept and shown, with their defaults.
pub(super) fn settings(input: &Input) -> Map<String, Value> {
    let mut settings = input.members.clone();
    settings.remove("Tags");
    settings
        .entry("ActionsEnabled")
        .or_insert(Value::Bool(true));
    // With a metric its dimensions are shown even if it has none.
    let mut lists = vec!["OKActions", "AlarmActions", "InsufficientDataActions"];
    if settings.contains_key("MetricName") {
        lists.push("Dimensions");
    }
    for list in lists {
        settings.entry(list).or_insert_with(|| json!([]));
    }
    settings
}

impl Watch {
    /// Checks settings and takes them apart.
    pub(super) fn of(settings: &Map<String, Value>) -> Result<Self, ServiceError> {
        refuse_unserved(settings)?;
        check_actions(settings)?;
        let text = |name: &str| settings.get(name).and_then(Value::as_str);
        let number = |name: &str| settings.get(name).and_then(Value::as_i64);
        let required = |name: &str| {
            number(name).ok_or_else(|| missing(format!("The parameter {name} is required.")))
        };
        let comparison = text("ComparisonOperator")
            .ok_or_else(|| missing("The parameter ComparisonOperator is required."))?;
        let comparison = Comparison::parse(comparison).ok_or_else(|| {
            invalid(format!(
                "Sluice can't detect anomalies yet: ComparisonOperator is {comparison}."
            ))
        })?;
        let threshold = settings
            .get("Threshold")
            .and_then(Value::as_f64)
            .ok_or_else(|| missing("The parameter Threshold is required."))?;
        let periods = required("EvaluationPeriods")?;
        let to_alarm = number("DatapointsToAlarm").unwrap_or(periods);
        if to_alarm > periods {
            return Err(invalid(
                "The parameter DatapointsToAlarm must be less than or equal to EvaluationPeriods.",
            ));
        }
        let treatment = match text("TreatMissingData") {
            None | Some("missing") => Treatment::Missing,
            Some("breaching") => Treatment::Breaching,
            Some("notBreaching") => Treatment::NotBreaching,
            Some("ignore") => Treatment::Ignore,
            Some(other) => {
                return Err(invalid(format!(
                    "Option {other} is not supported for TreatMissingData. Supported options are [breaching, notBreaching, ignore, missing]."
                )));
            }
        };
        let metrics = settings.get("Metrics").and_then(Value::as_array);
        let (queries, watched, samples) = if let Some(metrics) = metrics {
            refuse_both(settings)?;
            let (queries, watched) = of_metrics(metrics)?;
            (queries, watched, None)
        } else {
            let query = of_metric(settings)?;
            let samples = samples(settings, &query)?;
            (Queries::single(query), 0, samples)
        };
        let period = queries.period_of(watched);
        if !matches!(period, 10 | 20 | 30) && period % 60 != 0 {
            return Err(invalid(format!(
                "Period must be 10, 20, 30 or a multiple of 60, and is {period}."
            )));
        }
        let longest = if period < 3600 { LONGEST.0 } else { LONGEST.1 };
        if period.saturating_mul(periods) > longest {
            return Err(invalid(format!(
                "Metrics cannot be checked across more than {} (EvaluationPeriods * Period must be <= {longest}).",
                if period < 3600 { "a day" } else { "a week" }
            )));
        }
        let count = |number: i64| usize::try_from(number).unwrap_or(1).max(1);
        Ok(Self {
            queries,
            watched,
            samples,
            period,
            statistic: text("Statistic")
                .or(text("ExtendedStatistic"))
                .map(str::to_owned),
            unit: text("Unit").map(str::to_owned),
            periods: count(periods),
            to_alarm: count(to_alarm),
            threshold,
            comparison,
            missing: treatment,
        })
    }
}

fn of_metric(settings: &Map<String, Value>) -> Result<MetricQuery, ServiceError> {
    let text = |name: &str| settings.get(name).and_then(Value::as_str);
    for name in ["MetricName", "Namespace"] {
        if text(name).is_none() {
            return Err(missing(format!("The parameter {name} is required.")));
        }
    }
    let (statistic, name) = match (text("Statistic"), text("ExtendedStatistic")) {
        (Some(statistic), None) => (statistic, "Statistic"),
        (None, Some(statistic)) => {
            if Statistic::parse(statistic).is_some_and(|parsed| !parsed.is_extended()) {
                return Err(invalid(format!(
                    "The value {statistic} for parameter ExtendedStatistic is not supported."
                )));
            }
            (statistic, "ExtendedStatistic")
        }
        _ => {
            return Err(ServiceError::of(
                CLOUDWATCH,
                "InvalidParameterCombinationException",
                "Exactly one of the parameters Statistic and ExtendedStatistic must be specified.",
            ));
        }
    };
    let period = settings.get("Period").and_then(Value::as_i64);
    let period = period.ok_or_else(|| missing("The parameter Period is required."))?;
    MetricQuery::of(
        &Value::Object(settings.clone()),
        (statistic, name),
        (period, "Period"),
        settings.get("Unit").unwrap_or(&Value::Null),
    )
}

fn of_metrics(metrics: &[Value]) -> Result<(Queries, usize), ServiceError> {
    let queries = Queries::of(metrics, "Metrics")?;
    let all = queries.all.iter().enumerate();
    let returned: Vec<usize> = all.filter(|(_, q)| q.returned).map(|(i, _)| i).collect();
    let [watched] = returned[..] else {
        return Err(invalid(format!(
            "Exactly one element of the metrics list should return data, and {} do.",
            returned.len()
        )));
    };
    for query in &queries.all {
        if let Kind::Expression { expression, .. } = &query.kind
            && expression.calls("SEARCH")
        {
            return Err(invalid(
                "Metrics list must not contain SEARCH: an alarm watches one time series.",
            ));
        }
    }
    Ok((queries, watched))
}

/// For a percentile whose periods with few samples don't count: how many samples there must be
/// (page "Percentile-based alarms and low data samples").
fn samples(
    settings: &Map<String, Value>,
    query: &MetricQuery,
) -> Result<Option<(Queries, f64)>, ServiceError> {
    let text = |name: &str| settings.get(name).and_then(Value::as_str);
    let Some(wanted) = text("EvaluateLowSampleCountPercentile") else {
        return Ok(None);
    };
    let Statistic::Percentile(percent) = query.statistic else {
        return Err(invalid(
            "EvaluateLowSampleCountPercentile goes with a percentile as ExtendedStatistic only.",
        ));
    };
    match wanted {
        "evaluate" => Ok(None),
        "ignore" => {
            let share = percent / 100.0;
            let needed = if share >= 0.5 {
                10.0 / (1.0 - share)
            } else {
                10.0 / share
            };
            let counted = MetricQuery {
                statistic: Statistic::SampleCount,
                statistic_name: "SampleCount".to_owned(),
                ..query.clone()
            };
            // A tenth isn't exact in binary, and the number is whole for all usual percentiles.
            Ok(Some((Queries::single(counted), needed.round())))
        }
        other => Err(invalid(format!(
            "Option {other} is not supported for EvaluateLowSampleCountPercentile. Supported options are [evaluate, ignore]."
        ))),
    }
}

fn refuse_unserved(settings: &Map<String, Value>) -> Result<(), ServiceError> {
    for (name, what) in [
        ("ThresholdMetricId", "detect anomalies"),
        ("EvaluationCriteria", "evaluate PromQL"),
        ("EvaluationInterval", "evaluate PromQL"),
        (
            "EvaluationWindow",
            "evaluate with another window than the alarm's periods",
        ),
        ("WarmUpConfiguration", "warm alarms up"),
        ("ActionConfiguration", "configure actions"),
    ] {
        if settings.contains_key(name) {
            return Err(invalid(format!(
                "Sluice can't {what} yet: leave out {name}."
            )));
        }
    }
    Ok(())
}

fn refuse_both(settings: &Map<String, Value>) -> Result<(), ServiceError> {
    for name in [
        "MetricName",
        "Namespace",
        "Dimensions",
        "Period",
        "Unit",
        "Statistic",
        "ExtendedStatistic",
    ] {
        if settings.contains_key(name) {
            return Err(ServiceError::of(
                CLOUDWATCH,
                "InvalidParameterCombinationException",
                format!(
                    "The parameters Metrics and {name} are mutually exclusive and you have specified both."
                ),
            ));
        }
    }
    Ok(())
}

fn check_actions(settings: &Map<String, Value>) -> Result<(), ServiceError> {
    for list in ["OKActions", "AlarmActions", "InsufficientDataActions"] {
        let actions = settings.get(list).and_then(Value::as_array);
        for action in actions.into_iter().flatten().filter_map(Value::as_str) {
            if !action.starts_with("arn:") {
                return Err(invalid(format!("Invalid arn syntax: {action}")));
            }
        }
    }
    Ok(())
}

/// Whether an alarm watches this metric by itself.
pub(super) fn watches(settings: &Map<String, Value>, metric: &Metric) -> bool {
    settings.contains_key("MetricName") && Metric::of(&Value::Object(settings.clone())) == *metric
}

fn missing(message: impl Into<String>) -> ServiceError {
    ServiceError::of(CLOUDWATCH, "MissingRequiredParameterException", message)
}
