//! What queries find: metrics from where they are kept, expressions from those. Each is computed once, and only when it is asked for.

use std::collections::HashMap;

use super::math::search::Search;
use super::math::{self, Origin, POINTS, Points, SERIES, Scope, Series};
use super::metric::{Found, Metric, Source};
use super::queries::{Kind, MetricQuery, Queries, in_expression};
use super::window::Span;
use crate::engine::telemetry::Window;
use crate::engine::wire::ServiceError;

/// How long a metric is found by searches after its newest value, in seconds: two weeks.
const SEARCHED: i64 = 14 * 86_400;

/// The queries of one call at work.
pub(super) struct Evaluator<'a, 's> {
    source: &'a mut Source<'s>,
    queries: &'a Queries,
    span: Span,
    /// Epoch seconds.
    now: i64,
    known: HashMap<usize, Outcome>,
    /// The query that is being evaluated.
    current: usize,
}

/// What a query came to.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    pub(super) series: Vec<Series>,
    /// Whether it is an array, even of one.
    pub(super) is_array: bool,
    /// The units of its values, in order.
    pub(super) units: Vec<String>,
}

impl<'a, 's> Evaluator<'a, 's> {
    pub(super) fn new(
        source: &'a mut Source<'s>,
        queries: &'a Queries,
        span: Span,
        now: i64,
    ) -> Self {
        Self {
            source,
            queries,
            span,
            now,
            known: HashMap::new(),
            current: 0,
        }
    }

    /// What a query finds.
    pub(super) fn result(&mut self, index: usize) -> Result<&Outcome, ServiceError> {
        for needed in self.queries.order_of(index)? {
            if !self.known.contains_key(&needed) {
                let result = self.compute(needed)?;
                self.known.insert(needed, result);
            }
        }
        self.known
            .get(&index)
            .ok_or_else(|| ServiceError::internal("a query that isn't one of the call's"))
    }

    fn compute(&mut self, index: usize) -> Result<Outcome, ServiceError> {
        let queries = self.queries;
        let query = &queries.all[index];
        match &query.kind {
            Kind::Metric(metric) => {
                let window = self.span.aligned(metric.period, self.now);
                let (points, units) = find(self.source, metric, &window);
                let series = Series {
                    points,
                    period: metric.period,
                    origin: Some(Origin {
                        id: Some(query.id.clone()),
                        metric: metric.metric.clone(),
                        statistic: metric.statistic_name.clone(),
                        label: query.label.clone().unwrap_or_else(|| query.id.clone()),
                    }),
                };
                Ok(Outcome {
                    series: vec![series],
                    is_array: false,
                    units,
                })
            }
            Kind::Expression { expression, .. } => {
                self.current = index;
                let value = expression
                    .evaluate(self)
                    .map_err(|why| in_expression(query, &why))?;
                let (series, is_array) = match value {
                    math::Value::Array(all) => (all, true),
                    math::Value::Series(one) => (vec![one], false),
                    math::Value::Scalar(_) => {
                        return Err(in_expression(
                            query,
                            "it gives a number, and must give a time series or an array of them: see TIME_SERIES",
                        ));
                    }
                };
                Ok(Outcome {
                    series,
                    is_array,
                    units: Vec::new(),
                })
            }
        }
    }
}

impl Scope for Evaluator<'_, '_> {
    fn query(&mut self, id: &str) -> Result<math::Value, String> {
        let index = self.queries.index_of(id);
        let known = index.and_then(|index| self.known.get(&index));
        let known = known.ok_or_else(|| format!("there is no query {id}"))?;
        Ok(match &known.series[..] {
            [one] if !known.is_array => math::Value::Series(one.clone()),
            all => math::Value::Array(all.to_vec()),
        })
    }

    fn metrics(&mut self) -> Result<Vec<Series>, String> {
        let known = self.queries.metrics();
        let known = known.filter_map(|(index, _)| self.known.get(&index));
        Ok(known.flat_map(|result| result.series.clone()).collect())
    }

    fn search(&mut self, search: &Search) -> Result<Vec<Series>, String> {
        let own = match &self.queries.all[self.current].kind {
            Kind::Expression { period, .. } => *period,
            Kind::Metric(_) => None,
        };
        let period = search.period.or(own);
        let period =
            period.ok_or_else(|| "SEARCH needs a period, its own or the query's".to_owned())?;
        let newest = self.now - SEARCHED;
        let metrics = self.source.metrics().into_iter();
        let metrics = metrics.filter(|(metric, last)| *last >= newest && search.finds(metric));
        let found: Vec<Metric> = metrics.map(|(metric, _)| metric).take(SERIES).collect();
        let labels = labels(&found);
        let window = self.span.aligned(period, self.now);
        let mut all = Vec::new();
        let mut size = 0;
        for (metric, label) in found.into_iter().zip(labels) {
            let query = MetricQuery {
                metric,
                statistic: search.statistic,
                statistic_name: search.statistic_name.clone(),
                period,
                unit: None,
            };
            let (points, _) = find(self.source, &query, &window);
            size += points.len();
            if size > POINTS {
                return Err(format!("it has more than {POINTS} points"));
            }
            all.push(Series {
                points,
                period,
                origin: Some(Origin {
                    id: None,
                    metric: query.metric,
                    statistic: query.statistic_name,
                    label,
                }),
            });
        }
        Ok(all)
    }

    fn times(&self, period: i64) -> Result<Vec<i64>, String> {
        let window = self.span.aligned(period, self.now);
        let end = window.end.min(self.now + 1);
        let count = (end - window.start).max(0).div_euclid(period.max(1));
        if usize::try_from(count).unwrap_or(usize::MAX) > POINTS {
            return Err(format!("it would have more than {POINTS} points"));
        }
        let times = std::iter::successors(Some(window.start), |at| at.checked_add(period.max(1)));
        Ok(times.take_while(|at| *at < end).collect())
    }

    fn period(&self) -> i64 {
        self.queries.period_of(self.current)
    }
}

/// What tells the metrics of a search apart: their names and values of dimensions, without those that are the same of all (unverified).
fn labels(found: &[Metric]) -> Vec<String> {
    let one_name = found.iter().all(|metric| metric.name == found[0].name);
    let varies = |name: &str| {
        let mut values = found.iter().map(|metric| metric.dimension(name));
        let first = values.next();
        values.any(|value| Some(value) != first)
    };
    let label = |metric: &Metric| {
        let values = metric.dimensions.iter().filter(|(name, _)| varies(name));
        let mut parts: Vec<&str> = values.map(|(_, value)| value.as_str()).collect();
        if !one_name || parts.is_empty() {
            parts.push(&metric.name);
        }
        parts.join(" ")
    };
    found.iter().map(label).collect()
}

/// The query's statistic by period, and the units of what it is made of. Values of several units count together, as on AWS.
fn find(source: &mut Source<'_>, query: &MetricQuery, window: &Window) -> (Points, Vec<String>) {
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
    (values, units)
}
