//! How the metrics look: a row with a sparkline for each line of the stage, then the methods.

use ratatui::layout::Rect;

use super::methods::{MethodId, MethodRow, Source};
use super::{CACHE, Here, LINES};
use crate::aws::query::{Metric, MetricsQuery, Stat};
use crate::aws::{Line, Metrics};
use crate::console::app::App;
use crate::console::ui::canvas::Canvas;
use crate::console::ui::layout::titled;
use crate::console::ui::panes::measured::{Range, ceiling, count, millis, percent, share, squeeze};
use crate::console::ui::status;
use crate::console::ui::theme::Meaning;
use crate::console::ui::widgets::{Cell, Column, Cursor, Row, sparkline, table};

/// Cells of a line's name.
const NAME: u16 = 16;
/// Cells of a value.
const VALUE: u16 = 10;

/// What is drawn.
pub(super) struct Screen<'a> {
    pub(super) app: &'a App,
    pub(super) here: Here<'a>,
    pub(super) range: &'static Range,
    pub(super) query: &'a MetricsQuery,
    pub(super) source: &'a Source,
}

/// A line of the stage, ready to be drawn.
struct Shown {
    name: &'static str,
    /// Of the newest point.
    newest: Option<String>,
    /// Of the whole span.
    all: Option<String>,
    values: Vec<Option<f64>>,
    /// What a full cell means; the peak if `None`.
    ceiling: Option<f64>,
    meaning: Meaning,
}

impl Screen<'_> {
    pub(super) fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, cursor: &mut Cursor<MethodId>) {
        let title = format!("{} {}", self.here.api.name, self.here.stage.stage_name);
        let body = titled(canvas, area, &title, true);
        let metrics = self.app.store.metrics(self.query);
        let seconds = metrics
            .value()
            .map_or(self.query.period, |metrics| metrics.period);
        let head = format!("last {}  a point is {}", self.range.label, length(seconds));
        let first = Rect { height: 1, ..area };
        canvas.line_right(first, &[(&head, Meaning::Dim)]);
        let spent = self.spent();
        let rest = match status::remote(canvas, body, self.app, &metrics, "metrics") {
            Some((metrics, body)) => self.draw_lines(canvas, body, metrics),
            None => Rect {
                y: (body.y + 8).min(body.bottom()),
                height: body.height.saturating_sub(8),
                ..body
            },
        };
        let roomy = rest.height > 16;
        let rest = Rect {
            y: rest.y + u16::from(roomy),
            height: rest.height - u16::from(roomy),
            ..rest
        };
        canvas.rule(rest, &[(1, "by method"), (13, "busiest first")]);
        if let Some(spent) = spent {
            let at = Rect {
                height: rest.height.min(1),
                ..rest
            };
            canvas.line_right(at, &[(&format!(" {spent} "), Meaning::Dim)]);
        }
        let body = Rect {
            y: (rest.y + 1).min(rest.bottom()),
            height: rest.height.saturating_sub(1),
            ..rest
        };
        self.draw_methods(canvas, body, cursor);
    }

    /// What asking has cost: AWS takes money for each metric of each call.
    fn spent(&self) -> Option<String> {
        let aws = self.app.session.is_aws();
        aws.then(|| {
            format!(
                "AWS: ${:.2} spent on metrics so far",
                self.app.spent.dollars()
            )
        })
    }

    fn line<'m>(&self, metrics: &'m Metrics, (metric, stat): (Metric, Stat)) -> Option<&'m Line> {
        metrics.line(self.query, &self.here.series((metric, stat), None))
    }

    /// Draws the stage's lines; returns what is left.
    fn draw_lines(&self, canvas: &mut Canvas<'_>, body: Rect, metrics: &Metrics) -> Rect {
        let heads = [(NAME, "newest"), (NAME + VALUE, "in all")];
        for (x, head) in heads {
            let at = Rect::new(body.x + x, body.y, VALUE, body.height.min(1));
            canvas.line_right(at, &[(head, Meaning::Dim)]);
        }
        let mut lines: Vec<Shown> = self.lines(metrics);
        lines.extend(self.cache(metrics));
        let mut y = body.y + 1;
        let none = canvas.signs().none;
        for line in &lines {
            if y >= body.bottom() {
                break;
            }
            canvas.put(body.x + 1, y, NAME - 1, line.name, Meaning::Dim);
            for (x, value) in [(NAME, &line.newest), (NAME + VALUE, &line.all)] {
                let at = Rect::new(body.x + x, y, VALUE, 1);
                let piece = value
                    .as_deref()
                    .map_or((none, Meaning::Dim), |v| (v, Meaning::Text));
                canvas.line_right(at, &[piece]);
            }
            let x = body.x + NAME + 2 * VALUE + 2;
            let area = Rect::new(x, y, body.right().saturating_sub(x), 1);
            let values = squeeze(&line.values, area.width);
            sparkline(canvas, area, &values, line.ceiling, line.meaning);
            y += 1;
        }
        if !self.here.stage.cache_cluster_enabled && y < body.bottom() {
            canvas.put(body.x + 1, y, body.width - 1, "cache off", Meaning::Dim);
            y += 1;
        }
        Rect {
            y,
            height: body.bottom().saturating_sub(y),
            ..body
        }
    }

    fn lines(&self, metrics: &Metrics) -> Vec<Shown> {
        const NAMES: [&str; 6] = [
            "requests",
            "4xx",
            "5xx",
            "latency p50 ms",
            "latency p99 ms",
            "backend p99 ms",
        ];
        let requests = self.line(metrics, LINES[0]);
        let shown = |(name, key): (&'static str, (Metric, Stat))| {
            let line = self.line(metrics, key);
            let points = line.filter(|line| !line.points.is_empty());
            let mut values = line.map(|line| line.slots(metrics)).unwrap_or_default();
            let newest = newest_of(&values);
            let mut top = None;
            let (newest, all) = match key.0 {
                Metric::Count => (newest.map(count), points.map(|line| count(line.total()))),
                Metric::Latency | Metric::IntegrationLatency => {
                    let most = values.iter().flatten().copied().reduce(f64::max);
                    (
                        newest.map(millis),
                        most.map(|most| format!("max {}", millis(most))),
                    )
                }
                _ => {
                    // Shares, as the numbers beside them: counts would follow the traffic.
                    let of = requests.map(|line| line.slots(metrics)).unwrap_or_default();
                    for (value, of) in values.iter_mut().zip(of) {
                        *value = value.zip(of).and_then(|(failed, of)| share(failed, of));
                    }
                    top = Some(ceiling(&values));
                    let now = newest_of(&values);
                    let all = points
                        .zip(requests)
                        .and_then(|(f, n)| share(f.total(), n.total()));
                    (now.map(percent), all.map(percent))
                }
            };
            let meaning = match key.0 {
                Metric::Error5xx => Meaning::Bad,
                Metric::Error4xx => Meaning::Warn,
                _ => Meaning::Chart,
            };
            Shown {
                name,
                newest,
                all,
                values,
                ceiling: top,
                meaning,
            }
        };
        NAMES.into_iter().zip(LINES).map(shown).collect()
    }

    /// How often the cache answers, where there is one.
    fn cache(&self, metrics: &Metrics) -> Option<Shown> {
        if !self.here.stage.cache_cluster_enabled {
            return None;
        }
        let [hits, misses] = CACHE.map(|key| self.line(metrics, key));
        let slots = |line: Option<&Line>| line.map(|line| line.slots(metrics)).unwrap_or_default();
        let values: Vec<Option<f64>> = slots(hits)
            .into_iter()
            .zip(slots(misses))
            .map(|(hits, misses)| match (hits, misses) {
                (None, None) => None,
                (hits, misses) => {
                    let hits = hits.unwrap_or(0.0);
                    share(hits, hits + misses.unwrap_or(0.0))
                }
            })
            .collect();
        let total = |line: Option<&Line>| line.map_or(0.0, Line::total);
        let all = share(total(hits), total(hits) + total(misses));
        Some(Shown {
            name: "cache hits",
            newest: newest_of(&values).map(percent),
            all: all.map(percent),
            values,
            ceiling: Some(100.0),
            meaning: Meaning::Good,
        })
    }

    fn draw_methods(&self, canvas: &mut Canvas<'_>, area: Rect, cursor: &mut Cursor<MethodId>) {
        if *self.source == Source::None {
            let text = format!(
                "CloudWatch has figures by method only with detailed metrics, which are off on {}. ⟨global.stages⟩ and then ⟨stages.settings⟩ turns them on; they cost extra.",
                self.here.stage.stage_name
            );
            status::paragraph(canvas, area, &text, Meaning::Dim, 3);
            return;
        }
        let Some(rows) = self
            .source
            .rows(self.app, self.here, self.range, self.query)
        else {
            let text = format!(" loading methods {}", canvas.signs().cut);
            canvas.line(area, &[(&text, Meaning::Dim)]);
            return;
        };
        if rows.is_empty() {
            let text = format!(" No method was called in the last {}.", self.range.label);
            canvas.line(area, &[(&text, Meaning::Dim)]);
            return;
        }
        let ids: Vec<MethodId> = rows.iter().map(|row| row.id.clone()).collect();
        cursor.keep(&ids);
        let canary = self.here.stage.canary_settings.is_some() && *self.source == Source::Figures;
        let heads = if canary {
            ["base p50", "base p99"]
        } else {
            ["p50 ms", "p99 ms"]
        };
        let columns = [
            Column::left("", 7),
            Column::left("", 0),
            Column::right("requests", 9),
            Column::right("4xx", 8),
            Column::right("5xx", 8),
            Column::right(heads[0], 8),
            Column::right(heads[1], 8),
        ];
        let none = canvas.signs().none;
        let row = |index: usize| cells(&rows[index], none);
        table(canvas, area, &columns, rows.len(), cursor, true, row);
    }
}

fn cells(row: &MethodRow, none: &str) -> Row {
    let value = |text: Option<String>, meaning: Meaning| -> Cell {
        text.map_or_else(|| (none.to_owned(), Meaning::Dim), |text| (text, meaning))
    };
    let errors = |errors: Option<f64>, meaning: Meaning| {
        let share = errors.zip(row.requests).and_then(|(e, n)| share(e, n));
        let meaning = match share {
            Some(share) if share > 0.0 => meaning,
            _ => Meaning::Dim,
        };
        value(share.map(percent), meaning)
    };
    vec![
        (row.id.0.clone(), Meaning::Text),
        (row.id.1.clone(), Meaning::Text),
        value(row.requests.map(count), Meaning::Text),
        errors(row.client_errors, Meaning::Warn),
        errors(row.server_errors, Meaning::Bad),
        value(row.p50.map(millis), Meaning::Text),
        value(row.p99.map(millis), Meaning::Text),
    ]
}

/// The newest point: the period that has just begun has nothing yet, then it is the one before.
fn newest_of(values: &[Option<f64>]) -> Option<f64> {
    values.iter().rev().take(2).copied().flatten().next()
}

/// A point's length in words: `20 s`, `3 m`, `1 h`.
fn length(seconds: u32) -> String {
    match seconds {
        ..60 => format!("{seconds} s"),
        60..3_600 => format!("{} m", seconds / 60),
        _ => format!("{} h", seconds / 3_600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unknown_is_a_dot_and_never_0() {
        let row = MethodRow {
            id: ("GET".to_owned(), "/".to_owned()),
            requests: None,
            client_errors: Some(0.0),
            server_errors: None,
            p50: None,
            p99: Some(7.25),
        };
        let texts: Vec<String> = cells(&row, "·").into_iter().map(|(text, _)| text).collect();
        assert_eq!(texts, ["GET", "/", "·", "·", "·", "·", "7.2"]);
        assert_eq!(
            [1, 20, 180, 3_600, 21_600].map(length),
            ["1 s", "20 s", "3 m", "1 h", "6 h"]
        );
    }
}
