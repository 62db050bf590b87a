//! The functions of metric math.

use std::collections::BTreeMap;

use super::parse::Node;
use super::{Points, Scope, Series, Value, calendar, evaluate};

/// Each function with the least and the most arguments that it takes.
const FUNCTIONS: &[(&str, usize, usize)] = &[
    ("ABS", 1, 1),
    ("AVG", 1, 1),
    ("CEIL", 1, 1),
    ("DATAPOINT_COUNT", 1, 1),
    ("DATE", 1, 1),
    ("DAY", 1, 1),
    ("DIFF", 1, 1),
    ("DIFF_TIME", 1, 1),
    ("EPOCH", 1, 1),
    ("FILL", 2, 2),
    ("FIRST", 1, 1),
    ("FLOOR", 1, 1),
    ("HOUR", 1, 1),
    ("IF", 2, 3),
    ("LAST", 1, 1),
    ("LOG", 1, 1),
    ("LOG10", 1, 1),
    ("MAX", 1, 1),
    ("METRICS", 0, 1),
    ("METRIC_COUNT", 1, 1),
    ("MIN", 1, 1),
    ("MINUTE", 1, 1),
    ("MONTH", 1, 1),
    ("PERIOD", 1, 1),
    ("RATE", 1, 1),
    ("REMOVE_EMPTY", 1, 1),
    ("RUNNING_SUM", 1, 1),
    ("SEARCH", 2, 3),
    ("SLICE", 2, 3),
    ("SORT", 3, 4),
    ("STDDEV", 1, 1),
    ("SUM", 1, 1),
    ("TIME_SERIES", 1, 1),
    ("YEAR", 1, 1),
];

/// Functions that CloudWatch has and that aren't built.
const UNSERVED: &[&str] = &[
    "ANOMALY_DETECTION_BAND",
    "DB_PERF_INSIGHTS",
    "INSIGHT_RULE_METRIC",
    "LAMBDA",
    "SERVICE_QUOTA",
];

/// Whether there is a function of that name that takes so many arguments.
pub(super) fn check(name: &str, arguments: usize) -> Result<(), String> {
    if UNSERVED.contains(&name) {
        return Err(format!("Sluice can't evaluate {name} yet"));
    }
    let Some((_, least, most)) = FUNCTIONS.iter().find(|(its, _, _)| *its == name) else {
        return Err(format!("there is no function {name}"));
    };
    if (*least..=*most).contains(&arguments) {
        return Ok(());
    }
    let wanted = if least == most {
        least.to_string()
    } else {
        format!("{least} to {most}")
    };
    Err(format!("{name} takes {wanted} arguments, not {arguments}"))
}

pub(super) fn call(name: &str, arguments: &[Node], scope: &mut dyn Scope) -> Result<Value, String> {
    check(name, arguments.len())?;
    if name == "METRICS" {
        return metrics(arguments, scope);
    }
    let Some((first, rest)) = arguments.split_first() else {
        return Err(format!("{name} takes arguments"));
    };
    let value = evaluate(first, scope)?;
    match name {
        "FILL" => fill(value, rest, scope),
        "IF" => {
            let mut rest = rest.iter().map(|node| evaluate(node, scope));
            let then = rest.next().transpose()?;
            let otherwise = rest.next().transpose()?;
            choose(value, then.as_ref(), otherwise.as_ref())
        }
        "SLICE" => slice(value, rest, scope),
        "SORT" => sort(value, rest, scope),
        "PERIOD" => match (first, value) {
            (Node::Id(_), Value::Series(series)) if series.origin.is_some() => {
                Ok(Value::Scalar(float(series.period)))
            }
            _ => Err("PERIOD takes a metric of the call, by its id".to_owned()),
        },
        "TIME_SERIES" => match value {
            Value::Scalar(number) => {
                let period = scope.period();
                let times = scope.times(period)?;
                let points = times.into_iter().map(|at| (at, number)).collect();
                Ok(Value::Series(Series::computed(points, period)))
            }
            _ => Err("TIME_SERIES takes a number".to_owned()),
        },
        "FIRST" | "LAST" => {
            let all = array(name, value)?;
            let series = if name == "FIRST" {
                all.into_iter().next()
            } else {
                all.into_iter().next_back()
            };
            series
                .map(Value::Series)
                .ok_or_else(|| format!("{name} of an empty array"))
        }
        "METRIC_COUNT" => Ok(Value::Scalar(count(array(name, value)?.len()))),
        "REMOVE_EMPTY" => {
            let mut all = array(name, value)?;
            all.retain(|series| !series.points.is_empty());
            Ok(Value::Array(all))
        }
        "ABS" => Ok(value.map(|v| Some(v.abs()))),
        "CEIL" => Ok(value.map(|v| Some(v.ceil()))),
        "FLOOR" => Ok(value.map(|v| Some(v.floor()))),
        "LOG" => Ok(value.map(|v| Some(v.ln()))),
        "LOG10" => Ok(value.map(|v| Some(v.log10()))),
        "DIFF" => each_series(name, value, |p| steps(p, |_, difference| difference)),
        "DIFF_TIME" => each_series(name, value, |p| steps(p, |seconds, _| seconds)),
        "RATE" => each_series(name, value, |p| steps(p, |seconds, by| by / seconds)),
        "RUNNING_SUM" => each_series(name, value, |points| {
            let mut sum = 0.0;
            let running = points.iter().map(|(at, value)| {
                sum += value;
                (*at, sum)
            });
            running.collect()
        }),
        "MINUTE" | "HOUR" | "DAY" | "DATE" | "MONTH" | "YEAR" | "EPOCH" => {
            each_series(name, value, |points| {
                let parts = points.keys();
                parts
                    .filter_map(|at| Some((*at, calendar::part(name, *at)?)))
                    .collect()
            })
        }
        _ => aggregate(name, value),
    }
}

/// The metrics of the call, or those whose id has the text.
fn metrics(arguments: &[Node], scope: &mut dyn Scope) -> Result<Value, String> {
    let part = match arguments.first() {
        None => "",
        Some(Node::Text(part)) => part,
        Some(_) => return Err("METRICS takes a part of ids as a text".to_owned()),
    };
    let mut all = scope.metrics()?;
    all.retain(|series| {
        let id = series.origin.as_ref().and_then(|origin| origin.id.as_ref());
        id.is_some_and(|id| id.contains(part))
    });
    Ok(Value::Array(all))
}

/// One number of the values of a series, one series of an array's.
fn aggregate(name: &str, value: Value) -> Result<Value, String> {
    let of = match name {
        "AVG" => |v: &[f64]| v.iter().sum::<f64>() / count(v.len()),
        "SUM" => |v: &[f64]| v.iter().sum(),
        "MIN" => |v: &[f64]| v.iter().copied().fold(f64::INFINITY, f64::min),
        "MAX" => |v: &[f64]| v.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        "STDDEV" => deviation,
        "DATAPOINT_COUNT" => |v: &[f64]| count(v.len()),
        other => return Err(format!("there is no function {other}")),
    };
    Ok(match value {
        Value::Scalar(number) => Value::Scalar(of(&[number])),
        Value::Series(series) => {
            let values: Vec<f64> = series.points.values().copied().collect();
            match (values.is_empty(), name) {
                (true, "SUM" | "DATAPOINT_COUNT") => Value::Scalar(0.0),
                (true, _) => Value::Scalar(f64::NAN),
                (false, _) => Value::Scalar(of(&values)),
            }
        }
        Value::Array(all) => {
            let period = all.iter().map(|series| series.period).max().unwrap_or(60);
            let mut times: BTreeMap<i64, Vec<f64>> = BTreeMap::new();
            for series in all {
                for (at, value) in series.points {
                    times.entry(at).or_default().push(value);
                }
            }
            let points = times.into_iter().map(|(at, values)| (at, of(&values)));
            Value::Series(Series::computed(points.collect(), period))
        }
    })
}

/// Of the whole population (which of the two AWS means is unverified).
fn deviation(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / count(values.len());
    let squares = values.iter().map(|value| (value - mean).powi(2));
    (squares.sum::<f64>() / count(values.len())).sqrt()
}

/// What becomes of the seconds and the difference between each point and the one before.
fn steps(points: &Points, step: impl Fn(f64, f64) -> f64) -> Points {
    let pairs = points.iter().zip(points.iter().skip(1));
    pairs
        .map(|((before, from), (at, to))| (*at, step(float(at - before), to - from)))
        .collect()
}

fn each_series(
    name: &str,
    value: Value,
    change: impl Fn(&Points) -> Points,
) -> Result<Value, String> {
    let change = |mut series: Series| {
        series.points = change(&series.points);
        series
    };
    match value {
        Value::Series(series) => Ok(Value::Series(change(series))),
        Value::Array(all) => Ok(Value::Array(all.into_iter().map(change).collect())),
        Value::Scalar(_) => Err(format!("{name} takes time series")),
    }
}

fn array(name: &str, value: Value) -> Result<Vec<Series>, String> {
    match value {
        Value::Array(all) => Ok(all),
        _ => Err(format!("{name} takes an array of time series")),
    }
}

/// Fills the periods of the window that have no point, up to the present.
fn fill(value: Value, rest: &[Node], scope: &mut dyn Scope) -> Result<Value, String> {
    enum How {
        With(f64),
        From(Series),
        Repeat,
        Linear,
    }
    let how = match rest.first() {
        Some(Node::Word(word)) if word == "REPEAT" => How::Repeat,
        Some(Node::Word(word)) if word == "LINEAR" => How::Linear,
        Some(node) => match evaluate(node, scope)? {
            Value::Scalar(number) => How::With(number),
            Value::Series(series) => How::From(series),
            Value::Array(_) => {
                return Err("FILL takes a number, a time series, REPEAT or LINEAR".to_owned());
            }
        },
        None => return Err("FILL takes what to fill with".to_owned()),
    };
    let filled = |mut series: Series| {
        let times = scope.times(series.period)?;
        let known = &series.points;
        let value = |at: i64| match &how {
            How::With(number) => Some(*number),
            How::From(other) => other.points.get(&at).copied(),
            How::Repeat => known.range(..at).next_back().map(|(_, value)| *value),
            How::Linear => {
                let (before, from) = known.range(..at).next_back()?;
                let (after, to) = known.range(at..).next()?;
                let share = float(at - before) / float(after - before);
                Some(from + (to - from) * share)
            }
        };
        let missing = times.into_iter().filter(|at| !known.contains_key(at));
        let more: Points = missing.filter_map(|at| Some((at, value(at)?))).collect();
        series.points.extend(more);
        Ok(series)
    };
    match value {
        Value::Series(series) => Ok(Value::Series(filled(series)?)),
        Value::Array(all) => {
            let all: Result<_, String> = all.into_iter().map(filled).collect();
            Ok(Value::Array(all?))
        }
        Value::Scalar(_) => Err("FILL takes time series".to_owned()),
    }
}

/// Where the condition holds the one, elsewhere the other, which may be nothing.
fn choose(
    condition: Value,
    then: Option<&Value>,
    otherwise: Option<&Value>,
) -> Result<Value, String> {
    let single = |value: Option<&Value>| match value {
        Some(Value::Array(_)) => {
            Err("IF takes numbers and time series to choose from, no arrays".to_owned())
        }
        _ => Ok(()),
    };
    match condition {
        Value::Scalar(number) => {
            let chosen = if number == 0.0 { otherwise } else { then };
            chosen
                .cloned()
                .ok_or_else(|| "IF has nothing to give where the condition is 0".to_owned())
        }
        Value::Series(series) => {
            single(then)?;
            single(otherwise)?;
            Ok(Value::Series(chosen(&series, then, otherwise)))
        }
        Value::Array(all) => {
            single(then)?;
            single(otherwise)?;
            let chosen = all.iter().map(|series| chosen(series, then, otherwise));
            Ok(Value::Array(chosen.collect()))
        }
    }
}

fn chosen(condition: &Series, then: Option<&Value>, otherwise: Option<&Value>) -> Series {
    let of = |value: Option<&Value>, at: i64, missing: Option<f64>| match value {
        Some(Value::Scalar(number)) => Some(*number),
        Some(Value::Series(series)) => series.points.get(&at).copied().or(missing),
        Some(Value::Array(_)) | None => None,
    };
    let points = condition.points.iter().filter_map(|(&at, holds)| {
        let value = if *holds == 0.0 {
            of(otherwise, at, None)
        } else {
            // A point that isn't there counts as 0 here, and is left out there.
            of(then, at, Some(0.0))
        };
        Some((at, value?))
    });
    Series {
        points: points.collect(),
        period: condition.period,
        origin: condition.origin.clone(),
    }
}

fn slice(value: Value, rest: &[Node], scope: &mut dyn Scope) -> Result<Value, String> {
    let all = array("SLICE", value)?;
    let mut bounds = Vec::new();
    for node in rest {
        match evaluate(node, scope)? {
            Value::Scalar(number) if number >= 0.0 => {
                bounds.push(usize::try_from(whole(number)).unwrap_or(usize::MAX));
            }
            _ => return Err("SLICE takes its bounds as numbers from 0 on".to_owned()),
        }
    }
    let start = bounds.first().copied().unwrap_or(0);
    let end = bounds.get(1).copied().unwrap_or(usize::MAX);
    let length = end.saturating_sub(start);
    Ok(Value::Array(
        all.into_iter().skip(start).take(length).collect(),
    ))
}

fn sort(value: Value, rest: &[Node], scope: &mut dyn Scope) -> Result<Value, String> {
    let all = array("SORT", value)?;
    let (Some(Node::Word(function)), Some(Node::Word(order))) = (rest.first(), rest.get(1)) else {
        return Err("SORT takes a function and ASC or DESC, such as SORT(m, MAX, DESC)".to_owned());
    };
    let descending = match order.as_str() {
        "ASC" => false,
        "DESC" => true,
        other => return Err(format!("SORT takes ASC or DESC, not {other}")),
    };
    if !matches!(function.as_str(), "AVG" | "MIN" | "MAX" | "SUM" | "STDDEV") {
        return Err(format!(
            "SORT takes AVG, MAX, MIN, STDDEV or SUM, not {function}"
        ));
    }
    let most = match rest.get(2).map(|node| evaluate(node, scope)).transpose()? {
        None => usize::MAX,
        Some(Value::Scalar(number)) if number >= 1.0 => {
            usize::try_from(whole(number)).unwrap_or(usize::MAX)
        }
        Some(_) => return Err("SORT takes how many to keep as a number".to_owned()),
    };
    let mut keyed = Vec::new();
    for series in all {
        let empty = series.points.is_empty();
        let Value::Scalar(key) = aggregate(function, Value::Series(series.clone()))? else {
            continue;
        };
        keyed.push((empty, key, series));
    }
    keyed.sort_by(|a, b| {
        let by_key = if descending {
            b.1.total_cmp(&a.1)
        } else {
            a.1.total_cmp(&b.1)
        };
        // Series without data come last either way.
        a.0.cmp(&b.0).then(by_key)
    });
    let sorted = keyed.into_iter().map(|(_, _, series)| series).take(most);
    Ok(Value::Array(sorted.collect()))
}

/// Epoch seconds and periods are exact in a double.
#[allow(clippy::cast_precision_loss, reason = "far below 2^53")]
pub(super) fn float(number: i64) -> f64 {
    number as f64
}

#[allow(clippy::cast_precision_loss, reason = "far below 2^53")]
fn count(number: usize) -> f64 {
    number as f64
}

#[allow(clippy::cast_possible_truncation, reason = "saturates")]
pub(super) fn whole(number: f64) -> i64 {
    number as i64
}
