//! Metric math: expressions over the series that a call asks for.
//!
//! Facts: `spec/cloudwatch-metrics.md` §4, page "Using math expressions with CloudWatch metrics" of the CloudWatch guide.

mod calendar;
mod functions;
mod parse;
pub(super) mod search;

use std::collections::{BTreeMap, BTreeSet};

use self::parse::{Node, Operator};
use super::metric::Metric;

/// Series that an array may have (page "CloudWatch search expression syntax").
pub(super) const SERIES: usize = 500;
/// Points that one expression may make.
pub(super) const POINTS: usize = 1_000_000;

/// Values by time, epoch seconds.
pub(super) type Points = BTreeMap<i64, f64>;

/// A series of points.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Series {
    pub(super) points: Points,
    /// Seconds from one point to the next.
    pub(super) period: i64,
    /// What it is the values of; nothing once it was computed.
    pub(super) origin: Option<Origin>,
}

/// Where a series comes from.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Origin {
    /// The query that asks for it; nothing where a search found it.
    pub(super) id: Option<String>,
    pub(super) metric: Metric,
    pub(super) statistic: String,
    pub(super) label: String,
}

/// What an expression evaluates to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Scalar(f64),
    Series(Series),
    Array(Vec<Series>),
}

/// An expression that was read.
#[derive(Clone, Debug)]
pub(super) struct Expression(Node);

/// What an expression can ask for.
pub(super) trait Scope {
    /// The value of another query.
    fn query(&mut self, id: &str) -> Result<Value, String>;
    /// The metrics that the call asks for, expressions aside, in order.
    fn metrics(&mut self) -> Result<Vec<Series>, String>;
    /// The series that a search finds.
    fn search(&mut self, search: &search::Search) -> Result<Vec<Series>, String>;
    /// The beginnings of the periods of this length in the window, up to the present.
    fn times(&self, period: i64) -> Result<Vec<i64>, String>;
    /// The period of what is made of constants alone.
    fn period(&self) -> i64;
}

impl Expression {
    /// Reads an expression; an error says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let first = text.split_whitespace().next().unwrap_or_default();
        if first.eq_ignore_ascii_case("SELECT") {
            return Err("Sluice can't evaluate Metrics Insights queries yet".to_owned());
        }
        let node = Node::parse(text)?;
        let mut wrong = None;
        node.each(&mut |node| {
            if let Node::Call(name, arguments) = node {
                let error = functions::check(name, arguments.len()).err();
                wrong = wrong.take().or(error);
            }
            if let Node::Call(name, arguments) = node
                && name == "SEARCH"
            {
                let error = search_of(arguments).err();
                wrong = wrong.take().or(error);
            }
        });
        wrong.map_or(Ok(Self(node)), Err)
    }

    /// The queries that it names.
    pub(super) fn ids(&self) -> BTreeSet<String> {
        let mut ids = BTreeSet::new();
        self.0.each(&mut |node| {
            if let Node::Id(id) = node {
                ids.insert(id.clone());
            }
        });
        ids
    }

    /// Whether it calls this function.
    pub(super) fn calls(&self, function: &str) -> bool {
        let mut found = false;
        self.0.each(&mut |node| {
            found |= matches!(node, Node::Call(name, _) if name == function);
        });
        found
    }

    /// The period of a search in it.
    pub(super) fn search_period(&self) -> Option<i64> {
        let mut period = None;
        self.0.each(&mut |node| {
            if let Node::Call(name, arguments) = node
                && name == "SEARCH"
                && let Ok(search) = search_of(arguments)
            {
                period = period.max(search.period);
            }
        });
        period
    }

    /// Its value.
    pub(super) fn evaluate(&self, scope: &mut dyn Scope) -> Result<Value, String> {
        evaluate(&self.0, scope)
    }
}

fn evaluate(node: &Node, scope: &mut dyn Scope) -> Result<Value, String> {
    let value = match node {
        Node::Number(number) => Value::Scalar(*number),
        Node::Text(text) => {
            return Err(format!(
                "the text '{text}' stands where no function takes one"
            ));
        }
        Node::Word(word) => return Err(format!("{word} is no id and no value")),
        Node::Id(id) => scope.query(id)?,
        Node::List(all) => {
            let mut series = Vec::new();
            for node in all {
                match evaluate(node, scope)? {
                    Value::Series(one) => series.push(one),
                    Value::Array(more) => series.extend(more),
                    Value::Scalar(number) => {
                        return Err(format!(
                            "{number} is no time series and can't be in an array"
                        ));
                    }
                }
            }
            Value::Array(series)
        }
        Node::Negative(inner) => evaluate(inner, scope)?.map(|value| Some(-value)),
        Node::Binary(operator, left, right) => {
            let (left, right) = (evaluate(left, scope)?, evaluate(right, scope)?);
            combine(left, right, |a, b| apply(*operator, a, b))?
        }
        Node::Call(name, arguments) if name == "SEARCH" => {
            Value::Array(scope.search(&search_of(arguments)?)?)
        }
        Node::Call(name, arguments) => functions::call(name, arguments, scope)?,
    };
    if value.size() > POINTS {
        return Err(format!("it has more than {POINTS} points"));
    }
    Ok(value)
}

fn search_of(arguments: &[Node]) -> Result<search::Search, String> {
    let (Some(Node::Text(search)), Some(Node::Text(statistic))) =
        (arguments.first(), arguments.get(1))
    else {
        return Err("SEARCH takes a search and a statistic, both as texts".to_owned());
    };
    let period = match arguments.get(2) {
        None => None,
        Some(Node::Number(period)) => Some(functions::whole(*period)),
        Some(_) => return Err("SEARCH takes its period as a number".to_owned()),
    };
    search::Search::parse(search, statistic, period)
}

impl Value {
    fn size(&self) -> usize {
        match self {
            Self::Scalar(_) => 1,
            Self::Series(series) => series.points.len(),
            Self::Array(all) => all.iter().map(|series| series.points.len()).sum(),
        }
    }

    /// The same with each value changed, or dropped.
    fn map(self, change: impl Fn(f64) -> Option<f64>) -> Self {
        match self {
            Self::Scalar(number) => Self::Scalar(change(number).unwrap_or(f64::NAN)),
            Self::Series(series) => Self::Series(series.map(change)),
            Self::Array(all) => {
                Self::Array(all.into_iter().map(|series| series.map(&change)).collect())
            }
        }
    }
}

impl Series {
    /// A series that was computed.
    fn computed(points: Points, period: i64) -> Self {
        Self {
            points,
            period,
            origin: None,
        }
    }

    fn map(mut self, change: impl Fn(f64) -> Option<f64>) -> Self {
        self.points = (self.points.into_iter())
            .filter_map(|(at, value)| Some((at, change(value).filter(|v| v.is_finite())?)))
            .collect();
        self
    }
}

/// Two values point by point. A point that one of two series hasn't counts as 0.
fn combine(
    left: Value,
    right: Value,
    apply: impl Fn(f64, f64) -> Option<f64>,
) -> Result<Value, String> {
    Ok(match (left, right) {
        (Value::Scalar(a), Value::Scalar(b)) => Value::Scalar(apply(a, b).unwrap_or(f64::NAN)),
        (left, Value::Scalar(b)) => left.map(|a| apply(a, b)),
        (Value::Scalar(a), right) => right.map(|b| apply(a, b)),
        (Value::Series(a), Value::Series(b)) => Value::Series(joined(&a, &b, &apply)),
        (Value::Array(all), Value::Series(b)) => {
            let joined = |a: Series| Series {
                origin: a.origin.clone(),
                ..joined(&a, &b, &apply)
            };
            Value::Array(all.into_iter().map(joined).collect())
        }
        (Value::Series(a), Value::Array(all)) => {
            let joined = |b: Series| Series {
                origin: b.origin.clone(),
                ..joined(&a, &b, &apply)
            };
            Value::Array(all.into_iter().map(joined).collect())
        }
        (Value::Array(_), Value::Array(_)) => {
            return Err("an operator can't stand between two arrays of time series".to_owned());
        }
    })
}

fn joined(a: &Series, b: &Series, apply: &impl Fn(f64, f64) -> Option<f64>) -> Series {
    let times: BTreeSet<i64> = a.points.keys().chain(b.points.keys()).copied().collect();
    let value = |series: &Series, at: i64| series.points.get(&at).copied().unwrap_or(0.0);
    let points = times.into_iter().filter_map(|at| {
        let value = apply(value(a, at), value(b, at))?;
        value.is_finite().then_some((at, value))
    });
    Series::computed(points.collect(), a.period.max(b.period))
}

#[allow(clippy::float_cmp, reason = "== is what the expression asks for")]
fn apply(operator: Operator, a: f64, b: f64) -> Option<f64> {
    let truth = |it: bool| Some(f64::from(u8::from(it)));
    match operator {
        Operator::Plus => Some(a + b),
        Operator::Minus => Some(a - b),
        Operator::Times => Some(a * b),
        Operator::Divided => (b != 0.0).then(|| a / b),
        Operator::Power => Some(a.powf(b)),
        Operator::Equal => truth(a == b),
        Operator::NotEqual => truth(a != b),
        Operator::Less => truth(a < b),
        Operator::AtMost => truth(a <= b),
        Operator::Greater => truth(a > b),
        Operator::AtLeast => truth(a >= b),
        Operator::And => truth(a != 0.0 && b != 0.0),
        Operator::Or => truth(a != 0.0 || b != 0.0),
    }
}

#[cfg(test)]
mod tests;
