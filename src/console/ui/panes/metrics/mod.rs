//! Metrics of a stage: how much comes, what fails, how long it takes; and the same by method.

mod draw;
mod methods;

use std::time::Duration;

use ratatui::layout::Rect;

use super::chosen::{Here, choose_stage};
use super::measured::{Range, Ranges, wake_at};
use crate::aws::Query;
use crate::aws::query::{Metric, MetricsQuery, Series, Stat};
use crate::console::app::{App, Message};
use crate::console::ui::canvas::Canvas;
use crate::console::ui::keymap::{Action, Context};
use crate::console::ui::pane::{Command, Pane, PaneEvent, PaneId};
use crate::console::ui::status;
use crate::console::ui::theme::Meaning;
use crate::console::ui::widgets::{Cursor, Move};
use methods::{MethodId, Source};

/// What can be done with metrics.
pub(super) const CONTEXT: Context = Context {
    name: "metrics",
    title: "Metrics",
    actions: &[
        Action::new("metrics.longer", &["]"], "longer", "Shows a longer span"),
        Action::new("metrics.shorter", &["["], "shorter", "Shows a shorter span"),
        Action::new(
            "metrics.stage",
            &["s"],
            "stage",
            "Chooses another stage of the API",
        ),
        Action::new(
            "metrics.open",
            &["enter", "o"],
            "open method",
            "Shows the method under the cursor among the resources",
        ),
    ],
};

/// The lines of a stage, in the order in which they are drawn.
const LINES: [(Metric, Stat); 6] = [
    (Metric::Count, Stat::Sum),
    (Metric::Error4xx, Stat::Sum),
    (Metric::Error5xx, Stat::Sum),
    (Metric::Latency, Stat::P50),
    (Metric::Latency, Stat::P99),
    (Metric::IntegrationLatency, Stat::P99),
];
/// Those of its cache, if it has one.
const CACHE: [(Metric, Stat); 2] = [
    (Metric::CacheHit, Stat::Sum),
    (Metric::CacheMiss, Stat::Sum),
];
/// Between two looks at what changes by the period: no less than ttl, no more than this.
const LOOK: Duration = Duration::from_secs(10);

/// Which span and which method are looked at.
#[derive(Debug)]
pub(super) struct MetricsPane {
    ranges: Ranges,
    cursor: Cursor<MethodId>,
}

impl Default for MetricsPane {
    fn default() -> Self {
        Self {
            ranges: Ranges::NOW,
            cursor: Cursor::default(),
        }
    }
}

impl Here<'_> {
    fn series(self, (metric, stat): (Metric, Stat), method: Option<&MethodId>) -> Series {
        Series {
            metric,
            stat,
            api_name: self.api.name.clone(),
            stage: Some(self.stage.stage_name.clone()),
            method: method.cloned(),
        }
    }
}

/// Everything on the screen in one call: the stage's lines, and those of its methods where only CloudWatch knows them.
fn query(app: &App, here: Here<'_>, range: &Range, source: &Source) -> MetricsQuery {
    let cache: &[(Metric, Stat)] = if here.stage.cache_cluster_enabled {
        &CACHE
    } else {
        &[]
    };
    let mut series: Vec<Series> = LINES
        .iter()
        .chain(cache)
        .map(|line| here.series(*line, None))
        .collect();
    if let Source::Detailed(methods) = source {
        for method in methods {
            series.extend(methods::LINES.map(|line| here.series(line, Some(method))));
        }
    }
    MetricsQuery {
        span: range.span,
        period: range.period(app),
        until: None,
        series,
    }
}

impl MetricsPane {
    fn queries(&self, app: &App) -> Vec<Query> {
        let Some(here) = Here::of(app) else {
            return Vec::new();
        };
        let range = self.ranges.range(app);
        let source = Source::of(app, here, range);
        let mut queries = vec![Query::Metrics(query(app, here, range, &source))];
        queries.extend(source.queries(app, here, range));
        queries
    }

    fn rows(&self, app: &App) -> Vec<methods::MethodRow> {
        let Some(here) = Here::of(app) else {
            return Vec::new();
        };
        let range = self.ranges.range(app);
        let source = Source::of(app, here, range);
        let query = query(app, here, range, &source);
        source.rows(app, here, range, &query).unwrap_or_default()
    }
}

impl Pane for MetricsPane {
    fn id(&self) -> PaneId {
        PaneId::Metrics
    }

    fn context(&self) -> &'static Context {
        &CONTEXT
    }

    fn needs(&self, app: &App) -> Vec<Query> {
        let stages = app.selection.api.iter().map(|api| Query::Stages {
            api: api.id.clone(),
        });
        stages.chain(self.queries(app)).collect()
    }

    fn blocked(&self, action: &str, app: &App) -> Option<String> {
        if app.selection.api.is_none() {
            return Some("choose an API first: ⟨global.apis⟩ lists them".to_owned());
        }
        match action {
            "metrics.shorter" => self.ranges.no_shorter(app),
            "metrics.longer" => self.ranges.no_longer(),
            "metrics.open" if self.rows(app).is_empty() => {
                Some("there is no method under the cursor".to_owned())
            }
            _ => None,
        }
    }

    fn wake_at(&self, app: &App) -> Option<Duration> {
        let period = self.ranges.range(app).period(app);
        let least = Duration::from_secs(period.into()).min(LOOK);
        let queries = self.queries(app);
        let live = queries
            .iter()
            .filter(|query| matches!(query, Query::Metrics(_) | Query::Figures { .. }));
        live.filter_map(|query| wake_at(app, query, least)).min()
    }

    fn update(&mut self, event: PaneEvent<'_>, app: &App) -> Vec<Command> {
        match event {
            PaneEvent::Act("metrics.longer") => self.ranges.longer(app),
            PaneEvent::Act("metrics.shorter") => self.ranges.shorter(app),
            PaneEvent::Act("metrics.stage") => {
                return choose_stage(app).into_iter().collect();
            }
            PaneEvent::Act("metrics.open") => {
                if let Some((verb, path)) = self.cursor.key().cloned() {
                    return vec![
                        Command::Tell(Message::ChooseMethod { path, verb }),
                        Command::Go(PaneId::Resources),
                    ];
                }
            }
            PaneEvent::Move(Move::Back) => return vec![Command::Go(PaneId::Stages)],
            PaneEvent::Move(movement) => {
                let ids: Vec<MethodId> = self.rows(app).into_iter().map(|row| row.id).collect();
                self.cursor.go(movement, &ids);
            }
            _ => {}
        }
        Vec::new()
    }

    fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, app: &App) {
        let say = |canvas: &mut Canvas<'_>, text: &str| {
            status::paragraph(canvas, area, text, Meaning::Dim, 3);
        };
        let Some(api) = &app.selection.api else {
            return say(canvas, "No API is chosen. ⟨global.apis⟩ lists them.");
        };
        let stages = app.store.stages(&api.id);
        let Some((_, area)) = status::remote(canvas, area, app, &stages, "stages") else {
            return;
        };
        let Some(here) = Here::of(app) else {
            return say(
                canvas,
                "The API has no stage, so there is nothing to measure. ⟨global.stages⟩ makes one.",
            );
        };
        let range = self.ranges.range(app);
        let source = Source::of(app, here, range);
        let query = query(app, here, range, &source);
        let screen = draw::Screen {
            app,
            here,
            range,
            query: &query,
            source: &source,
        };
        screen.draw(canvas, area, &mut self.cursor);
    }
}
