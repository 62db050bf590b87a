//! The queries of a call or of an alarm: metrics and expressions over them, checked and in an order in which they can be evaluated.
//!
//! Facts: `spec/cloudwatch-metrics.md` §2. Texts of errors are unverified, but for those that are recorded there.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use super::math::Expression;
use super::metric::Metric;
use super::statistic::Statistic;
use super::window::check_period;
use crate::engine::wire::ServiceError;

/// What a query asks for.
#[derive(Clone, Debug)]
pub(super) struct Query {
    pub(super) id: String,
    pub(super) kind: Kind,
    pub(super) label: Option<String>,
    /// Whether its values are part of the answer.
    pub(super) returned: bool,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Metric(MetricQuery),
    Expression {
        text: String,
        expression: Expression,
        /// Seconds, where the query says so.
        period: Option<i64>,
    },
}

/// A metric's statistic.
#[derive(Clone, Debug)]
pub(super) struct MetricQuery {
    pub(super) metric: Metric,
    pub(super) statistic: Statistic,
    pub(super) statistic_name: String,
    pub(super) period: i64,
    pub(super) unit: Option<String>,
}

/// Queries that fit together.
#[derive(Clone, Debug)]
pub(super) struct Queries {
    pub(super) all: Vec<Query>,
    by_id: HashMap<String, usize>,
}

impl Queries {
    /// Reads a list of queries; `member` names it in errors.
    pub(super) fn of(list: &[Value], member: &str) -> Result<Self, ServiceError> {
        let mut by_id = HashMap::new();
        let mut all = Vec::new();
        for (index, given) in list.iter().enumerate() {
            let query = Query::of(given, &format!("{member}.member.{}", index + 1))?;
            if by_id.insert(query.id.clone(), index).is_some() {
                return Err(invalid(format!(
                    "The values for parameter id in {member} are not unique."
                )));
            }
            all.push(query);
        }
        let queries = Self { all, by_id };
        for index in 0..queries.all.len() {
            queries.order_of(index)?;
        }
        Ok(queries)
    }

    /// One metric by itself.
    pub(super) fn single(metric: MetricQuery) -> Self {
        let query = Query {
            id: "m1".to_owned(),
            kind: Kind::Metric(metric),
            label: None,
            returned: true,
        };
        Self {
            by_id: HashMap::from([(query.id.clone(), 0)]),
            all: vec![query],
        }
    }

    pub(super) fn index_of(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    /// The metrics, expressions aside.
    pub(super) fn metrics(&self) -> impl Iterator<Item = (usize, &MetricQuery)> {
        let all = self.all.iter().enumerate();
        all.filter_map(|(index, query)| match &query.kind {
            Kind::Metric(metric) => Some((index, metric)),
            Kind::Expression { .. } => None,
        })
    }

    /// A query and all that it is made of, each after those that it is made of.
    pub(super) fn order_of(&self, index: usize) -> Result<Vec<usize>, ServiceError> {
        let mut order = Vec::new();
        let mut open: Vec<usize> = Vec::new();
        let mut done = BTreeSet::new();
        let mut stack = vec![(index, false)];
        while let Some((index, leaving)) = stack.pop() {
            if leaving {
                open.pop();
                done.insert(index);
                order.push(index);
                continue;
            }
            if done.contains(&index) {
                continue;
            }
            let query = &self.all[index];
            if open.contains(&index) {
                return Err(in_expression(query, "it is made of itself"));
            }
            open.push(index);
            stack.push((index, true));
            if let Kind::Expression { expression, .. } = &query.kind {
                for id in expression.ids() {
                    let Some(inner) = self.index_of(&id) else {
                        return Err(in_expression(query, &format!("there is no query {id}")));
                    };
                    stack.push((inner, false));
                }
                if expression.calls("METRICS") {
                    stack.extend(self.metrics().map(|(inner, _)| (inner, false)));
                }
            }
        }
        Ok(order)
    }

    /// The period of a query: an expression has the longest of those that it is made of.
    pub(super) fn period_of(&self, index: usize) -> i64 {
        let order = self.order_of(index).unwrap_or_default();
        let periods = order
            .into_iter()
            .filter_map(|index| match &self.all[index].kind {
                Kind::Metric(metric) => Some(metric.period),
                Kind::Expression {
                    expression, period, ..
                } => expression.search_period().max(*period),
            });
        periods.max().unwrap_or(60)
    }
}

impl Query {
    fn of(query: &Value, place: &str) -> Result<Self, ServiceError> {
        let at = |member: &str| format!("{place}.{member}");
        let id = query["Id"].as_str().unwrap_or_default();
        let starts = id.starts_with(|c: char| c.is_ascii_lowercase());
        if !starts || !id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return Err(invalid(format!(
                "The value {id} for parameter {} is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.",
                at("Id")
            )));
        }
        if let Some(account) = query["AccountId"].as_str() {
            return Err(invalid(format!(
                "Sluice has no linked accounts: leave out {}, which is {account}.",
                at("AccountId")
            )));
        }
        let metric = &query["MetricStat"];
        let kind = match (query["Expression"].as_str(), metric.is_object()) {
            (None, true) => {
                let stat = metric["Stat"].as_str().unwrap_or_default();
                let period = metric["Period"].as_i64().unwrap_or_default();
                Kind::Metric(MetricQuery::of(
                    &metric["Metric"],
                    (stat, &at("MetricStat.Stat")),
                    (period, &at("MetricStat.Period")),
                    &metric["Unit"],
                )?)
            }
            (Some(text), false) => {
                let wrong =
                    |why: &str| invalid(format!("Error in expression '{id}' [{text}]: {why}."));
                let period = query["Period"].as_i64();
                Kind::Expression {
                    text: text.to_owned(),
                    expression: Expression::parse(text).map_err(|why| wrong(&why))?,
                    period: period
                        .map(|period| check_period(period, &at("Period")))
                        .transpose()?,
                }
            }
            (Some(_), true) => {
                return Err(invalid(format!(
                    "The parameters {} and {} are mutually exclusive and you have specified both.",
                    at("Expression"),
                    at("MetricStat")
                )));
            }
            (None, false) => {
                return Err(invalid(format!(
                    "Either {} or {} must be specified.",
                    at("MetricStat"),
                    at("Expression")
                )));
            }
        };
        Ok(Self {
            id: id.to_owned(),
            kind,
            label: query["Label"].as_str().map(str::to_owned),
            returned: query["ReturnData"].as_bool().unwrap_or(true),
        })
    }
}

impl MetricQuery {
    /// Statistic and period come with the names that errors give them.
    pub(super) fn of(
        metric: &Value,
        (stat, stat_at): (&str, &str),
        (period, period_at): (i64, &str),
        unit: &Value,
    ) -> Result<Self, ServiceError> {
        let statistic = Statistic::parse(stat).ok_or_else(|| {
            invalid(format!(
                "The value {stat} for parameter {stat_at} is not supported."
            ))
        })?;
        Ok(Self {
            metric: Metric::of(metric),
            statistic,
            statistic_name: stat.to_owned(),
            period: check_period(period, period_at)?,
            unit: unit.as_str().map(str::to_owned),
        })
    }
}

/// An expression that can't be evaluated.
pub(super) fn in_expression(query: &Query, why: &str) -> ServiceError {
    let text = match &query.kind {
        Kind::Expression { text, .. } => text,
        Kind::Metric(_) => "",
    };
    invalid(format!(
        "Error in expression '{}' [{text}]: {why}.",
        query.id
    ))
}

pub(super) fn invalid(message: impl Into<String>) -> ServiceError {
    ServiceError::new("ValidationException", 400, message)
}
