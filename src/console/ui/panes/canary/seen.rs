//! What base and canary did in a span: from the bundled gateway's figures, or from CloudWatch's metrics of stage and canary.

use crate::aws::query::{Metric, MetricsQuery, Series, Stat};
use crate::aws::reply::{Figures, PeriodFigures, StageFigures};
use crate::aws::{Api, Line, Metrics, Query, Reply};
use crate::console::app::{App, Remote};
use crate::console::ui::panes::measured::{Range, share};

use super::stats::Tally;

/// What one side did. `None` is unknown, which isn't 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Side {
    pub(super) requests: Option<f64>,
    pub(super) client_errors: Option<f64>,
    pub(super) server_errors: Option<f64>,
    /// Milliseconds.
    pub(super) p50: Option<f64>,
    /// Milliseconds.
    pub(super) p99: Option<f64>,
    /// The share of 5xx in percent by period, oldest first; `None` where nothing came.
    pub(super) failing: Vec<Option<f64>>,
}

impl Side {
    /// Answers with 5xx out of all.
    pub(super) fn server_tally(&self) -> Option<Tally> {
        tally(self.server_errors, self.requests)
    }

    /// Answers with 4xx out of all.
    pub(super) fn client_tally(&self) -> Option<Tally> {
        tally(self.client_errors, self.requests)
    }
}

fn tally(failed: Option<f64>, of: Option<f64>) -> Option<Tally> {
    Some(Tally {
        failed: failed?,
        of: of?,
    })
}

/// What both did.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Seen {
    pub(super) base: Side,
    pub(super) canary: Side,
    /// The latency under `base` is that of the whole stage, canary included, and both are of the newest minute: CloudWatch's
    /// dimensions can't tell more.
    pub(super) whole_stage: bool,
}

/// The reads for a stage with a canary.
pub(super) struct Reads {
    /// By period.
    periods: Query,
    /// The whole span as one period: percentiles of periods can't be put together.
    whole: Query,
    metrics: MetricsQuery,
}

const PER_SIDE: [(Metric, Stat); 5] = [
    (Metric::Count, Stat::Sum),
    (Metric::Error4xx, Stat::Sum),
    (Metric::Error5xx, Stat::Sum),
    (Metric::Latency, Stat::P50),
    (Metric::Latency, Stat::P99),
];

impl Reads {
    pub(super) fn new(app: &App, api: &Api, stage: &str, range: &Range) -> Self {
        let figures = |period| Query::Figures {
            api: api.id.clone(),
            stage: stage.to_owned(),
            span: range.span,
            period,
        };
        let side = |stage: String| {
            PER_SIDE.map(|(metric, stat)| Series {
                metric,
                stat,
                api_name: api.name.clone(),
                stage: Some(stage.clone()),
                method: None,
            })
        };
        let series = [side(stage.to_owned()), side(format!("{stage}/Canary"))].concat();
        Self {
            periods: figures(range.period(app)),
            whole: figures(range.span),
            metrics: MetricsQuery {
                span: range.span,
                period: range.period(app),
                until: None,
                series,
            },
        }
    }

    /// What is to be asked. CloudWatch only where the endpoint can't tell figures apart: on AWS it costs.
    pub(super) fn queries(&self, app: &App) -> Vec<Query> {
        if app.session.is_aws() {
            return vec![Query::Metrics(self.metrics.clone())];
        }
        match app.store.get(&self.periods).view(as_figures).value() {
            Some(Err(_)) => vec![Query::Metrics(self.metrics.clone())],
            _ => vec![self.periods.clone(), self.whole.clone()],
        }
    }

    /// What came back.
    pub(super) fn seen(&self, app: &App) -> Remote<Seen> {
        let asked = self.queries(app);
        if let [metrics @ Query::Metrics(_)] = asked.as_slice() {
            return app.store.get(metrics).view(|reply| match reply {
                Reply::Metrics(metrics) => Some(of_metrics(metrics)),
                _ => None,
            });
        }
        let Query::Figures { span, period, .. } = &self.periods else {
            return Remote::Never;
        };
        let grid = Grid::ending(app.wall().as_second(), *span, *period);
        let whole = app.store.get(&self.whole).view(as_figures);
        let whole = whole.value().and_then(|figures| figures.as_ref().ok());
        app.store.get(&self.periods).view(|reply| match reply {
            Reply::Figures(Ok(figures)) => Some(of_figures(figures, whole, grid)),
            _ => None,
        })
    }
}

fn as_figures(reply: &Reply) -> Option<&Result<StageFigures, String>> {
    match reply {
        Reply::Figures(figures) => Some(figures),
        _ => None,
    }
}

/// The periods of a span.
#[derive(Clone, Copy)]
struct Grid {
    start: i64,
    period: i64,
    count: usize,
}

impl Grid {
    /// Whole periods only: the one under way would look like a drop.
    fn ending(now: i64, span: u32, period: u32) -> Self {
        let step = i64::from(period.max(1));
        let end = now.div_euclid(step) * step;
        let count = span / period.max(1);
        Self {
            start: end - step * i64::from(count),
            period: step,
            count: usize::try_from(count).unwrap_or(0),
        }
    }

    fn slot(self, time: i64) -> Option<usize> {
        let slot = usize::try_from((time - self.start).div_euclid(self.period)).ok()?;
        (slot < self.count).then_some(slot)
    }
}

fn of_figures(figures: &StageFigures, whole: Option<&StageFigures>, grid: Grid) -> Seen {
    let side = |periods: &[PeriodFigures], whole: Option<&[PeriodFigures]>| {
        let sum = |of: fn(&Figures) -> f64| Some(periods.iter().map(|p| of(&p.figures)).sum());
        let mut failing = vec![None; grid.count];
        for period in periods {
            if let Some(slot) = grid.slot(period.time) {
                failing[slot] = share(period.figures.server_errors, period.figures.requests);
            }
        }
        // A span that is one period has one entry, or none without requests.
        let latency = whole
            .and_then(|whole| whole.last())
            .and_then(|whole| whole.figures.latency.as_ref());
        Side {
            requests: sum(|f| f.requests),
            client_errors: sum(|f| f.client_errors),
            server_errors: sum(|f| f.server_errors),
            p50: latency.map(|times| times.p50),
            p99: latency.map(|times| times.p99),
            failing,
        }
    };
    Seen {
        base: side(&figures.base, whole.map(|w| w.base.as_slice())),
        canary: side(&figures.canary, whole.map(|w| w.canary.as_slice())),
        whole_stage: false,
    }
}

/// Canary requests count under the stage as well (unverified on AWS): what the base did is the difference.
fn of_metrics(metrics: &Metrics) -> Seen {
    let empty = Line::default();
    let line = |at: usize| metrics.lines.get(at).unwrap_or(&empty);
    let total = |at: usize| {
        let line = line(at);
        (!line.points.is_empty()).then(|| line.total())
    };
    let canary_at = PER_SIDE.len();
    let shares = |failed: &[Option<f64>], of: &[Option<f64>]| -> Vec<Option<f64>> {
        let pairs = failed.iter().zip(of);
        pairs.map(|(f, n)| share((*f)?, (*n)?)).collect()
    };
    let slots = |at: usize| line(at).slots(metrics);
    let canary = Side {
        requests: total(canary_at),
        client_errors: total(canary_at + 1),
        server_errors: total(canary_at + 2),
        p50: line(canary_at + 3).last(),
        p99: line(canary_at + 4).last(),
        failing: shares(&slots(canary_at + 2), &slots(canary_at)),
    };
    // Without a point of the canary's in a period, all of its requests were the base's.
    let rest = |whole: Option<f64>, canary: Option<f64>| {
        whole.map(|whole| (whole - canary.unwrap_or(0.0)).max(0.0))
    };
    let rest_slots = |at: usize| -> Vec<Option<f64>> {
        let pairs = slots(at).into_iter().zip(slots(canary_at + at));
        pairs.map(|(whole, canary)| rest(whole, canary)).collect()
    };
    Seen {
        base: Side {
            requests: rest(total(0), canary.requests),
            client_errors: rest(total(1), canary.client_errors),
            server_errors: rest(total(2), canary.server_errors),
            p50: line(3).last(),
            p99: line(4).last(),
            failing: shares(&rest_slots(2), &rest_slots(0)),
        },
        canary,
        whole_stage: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::reply::Times;

    fn period(time: i64, requests: f64, server_errors: f64) -> PeriodFigures {
        PeriodFigures {
            time,
            figures: Figures {
                requests,
                server_errors,
                latency: Some(Times {
                    p50: 10.0,
                    p99: 90.0,
                    ..Times::default()
                }),
                ..Figures::default()
            },
        }
    }

    #[test]
    fn figures_keep_gaps_and_leave_out_the_period_under_way() {
        let figures = StageFigures {
            base: vec![
                period(60, 10.0, 1.0),
                period(180, 4.0, 0.0),
                period(240, 8.0, 8.0),
            ],
            ..StageFigures::default()
        };
        let seen = of_figures(&figures, Some(&figures), Grid::ending(250, 180, 60));
        assert_eq!(seen.base.failing, [Some(10.0), None, Some(0.0)]);
        assert_eq!(seen.base.requests, Some(22.0), "totals are up to date");
        assert_eq!(seen.base.p99, Some(90.0));
        assert_eq!(
            seen.canary.requests,
            Some(0.0),
            "the gateway knows that there were none"
        );
        assert_eq!(seen.canary.p50, None);
    }

    #[test]
    fn of_metrics_the_base_is_what_is_left_of_the_stage() {
        let line = |points: &[(i64, f64)]| Line {
            points: points.to_vec(),
            note: None,
        };
        let mut lines = vec![Line::default(); 10];
        lines[0] = line(&[(0, 100.0), (60, 100.0)]);
        lines[2] = line(&[(0, 3.0), (60, 1.0)]);
        lines[4] = line(&[(0, 200.0), (60, 221.0)]);
        lines[5] = line(&[(0, 20.0)]);
        lines[7] = line(&[(0, 2.0)]);
        let seen = of_metrics(&Metrics {
            start: 0,
            end: 180,
            period: 60,
            lines,
        });
        assert_eq!(seen.base.requests, Some(180.0));
        assert_eq!(seen.base.server_errors, Some(2.0));
        assert_eq!(seen.base.client_errors, None, "unknown isn't 0");
        assert_eq!(seen.base.failing, [Some(1.25), Some(1.0), None]);
        assert_eq!(seen.canary.failing, [Some(10.0), None, None]);
        assert!(seen.whole_stage && seen.base.p99 == Some(221.0));
    }
}
