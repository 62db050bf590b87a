//! A stage's methods: from the bundled gateway's figures, or from CloudWatch where the stage has detailed metrics.

use super::Here;
use crate::aws::query::{Metric, MetricsQuery, Stat};
use crate::aws::reply::{Figures, MethodFigures};
use crate::aws::{Query, Reply};
use crate::console::app::App;
use crate::console::ui::panes::measured::Range;

/// Verb and path.
pub(super) type MethodId = (String, String);

/// What is asked of CloudWatch for each method.
pub(super) const LINES: [(Metric, Stat); 5] = [
    (Metric::Count, Stat::Sum),
    (Metric::Error4xx, Stat::Sum),
    (Metric::Error5xx, Stat::Sum),
    (Metric::Latency, Stat::P50),
    (Metric::Latency, Stat::P99),
];
/// Methods that CloudWatch is asked for: with five metrics each, more would cost more than they tell.
const MOST_METHODS: usize = 20;

/// Where figures by method come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// The bundled gateway's figures.
    Figures,
    /// CloudWatch, for these.
    Detailed(Vec<MethodId>),
    /// Nowhere: the stage has no detailed metrics.
    None,
}

/// The figures of a method.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct MethodRow {
    pub(super) id: MethodId,
    pub(super) requests: Option<f64>,
    pub(super) client_errors: Option<f64>,
    pub(super) server_errors: Option<f64>,
    /// Milliseconds; of the base where the stage has a canary, because percentiles can't be put together.
    pub(super) p50: Option<f64>,
    /// Milliseconds.
    pub(super) p99: Option<f64>,
}

fn figures(here: Here<'_>, range: &Range) -> Query {
    Query::Figures {
        api: here.api.id.clone(),
        stage: here.stage.stage_name.clone(),
        span: range.span,
        // Only the whole span is looked at.
        period: range.span,
    }
}

impl Source {
    pub(super) fn of(app: &App, here: Here<'_>, range: &Range) -> Self {
        if !app.session.is_aws() {
            match app.store.get(&figures(here, range)).value() {
                Some(Reply::Figures(Err(_))) => {}
                _ => return Self::Figures,
            }
        }
        let resources = app.store.resources(&here.api.id);
        let mut methods = Vec::new();
        for resource in resources.value().copied().unwrap_or_default() {
            for verb in resource.resource_methods.keys() {
                let settings = here.stage.settings_of(&resource.path, verb);
                if settings.is_some_and(|settings| settings.metrics_enabled) {
                    methods.push((verb.clone(), resource.path.clone()));
                }
            }
        }
        methods.truncate(MOST_METHODS);
        let detailed =
            (here.stage.method_settings.values()).any(|settings| settings.metrics_enabled);
        if detailed {
            Self::Detailed(methods)
        } else {
            Self::None
        }
    }

    /// What it needs besides the metrics.
    pub(super) fn queries(&self, app: &App, here: Here<'_>, range: &Range) -> Vec<Query> {
        let mut queries = Vec::new();
        if !app.session.is_aws() {
            queries.push(figures(here, range));
        }
        if matches!(self, Self::Detailed(_)) {
            queries.push(Query::Resources {
                api: here.api.id.clone(),
            });
        }
        queries
    }

    /// The methods with figures, busiest first; `None` as long as nothing is known.
    pub(super) fn rows(
        &self,
        app: &App,
        here: Here<'_>,
        range: &Range,
        query: &MetricsQuery,
    ) -> Option<Vec<MethodRow>> {
        let mut rows: Vec<MethodRow> = match self {
            Self::Figures => match app.store.get(&figures(here, range)).value()? {
                Reply::Figures(Ok(figures)) => figures.methods.iter().map(of_figures).collect(),
                _ => return None,
            },
            Self::Detailed(methods) => {
                let metrics = app.store.metrics(query);
                let metrics = *metrics.value()?;
                let row = |id: &MethodId| {
                    let line = |at: usize| metrics.line(query, &here.series(LINES[at], Some(id)));
                    let total = |at: usize| {
                        line(at)
                            .filter(|line| !line.points.is_empty())
                            .map(crate::aws::Line::total)
                    };
                    let last = |at: usize| line(at).and_then(crate::aws::Line::last);
                    MethodRow {
                        id: id.clone(),
                        requests: total(0),
                        client_errors: total(1),
                        server_errors: total(2),
                        p50: last(3),
                        p99: last(4),
                    }
                };
                methods.iter().map(row).collect()
            }
            Self::None => return Some(Vec::new()),
        };
        rows.sort_by(|a, b| {
            let (more, less) = (b.requests.unwrap_or(-1.0), a.requests.unwrap_or(-1.0));
            more.total_cmp(&less).then_with(|| a.id.cmp(&b.id))
        });
        Some(rows)
    }
}

fn of_figures(method: &MethodFigures) -> MethodRow {
    let sides = [method.base.as_ref(), method.canary.as_ref()];
    let sum = |of: fn(&Figures) -> f64| Some(sides.iter().flatten().map(|side| of(side)).sum());
    let latency = sides
        .into_iter()
        .flatten()
        .find_map(|side| side.latency.as_ref());
    MethodRow {
        id: (method.verb.clone(), method.resource.clone()),
        requests: sum(|f| f.requests),
        client_errors: sum(|f| f.client_errors),
        server_errors: sum(|f| f.server_errors),
        p50: latency.map(|times| times.p50),
        p99: latency.map(|times| times.p99),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::reply::Times;

    #[test]
    fn both_sides_of_a_canary_count_and_latency_is_the_bases() {
        let figures = |requests, p50| Figures {
            requests,
            server_errors: 1.0,
            latency: Some(Times {
                p50,
                ..Times::default()
            }),
            ..Figures::default()
        };
        let mut method = MethodFigures {
            verb: "GET".to_owned(),
            base: Some(figures(10.0, 5.0)),
            canary: Some(figures(2.0, 50.0)),
            ..MethodFigures::default()
        };
        let row = of_figures(&method);
        assert_eq!(
            (row.requests, row.server_errors, row.p50),
            (Some(12.0), Some(2.0), Some(5.0))
        );
        method.base = None;
        assert_eq!(
            of_figures(&method).p50,
            Some(50.0),
            "all that came went to the canary"
        );
    }
}
