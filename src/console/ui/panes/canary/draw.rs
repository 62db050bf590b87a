//! How the canary looks: who serves what, the slider, both sides' figures, what they say, and the variables.

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use super::seen::{Seen, Side};
use super::stats::{ENOUGH, Finding, Tally, compare};
use super::{Here, written};
use crate::console::app::{App, Remote};
use crate::console::ui::canvas::{Canvas, ago};
use crate::console::ui::layout::titled;
use crate::console::ui::panes::chosen::variable_names;
use crate::console::ui::panes::measured::{Range, ceiling, count, millis, percent, share, squeeze};
use crate::console::ui::status;
use crate::console::ui::theme::Meaning;
use crate::console::ui::widgets::{Column, Cursor, Row, slider, sparkline, table};
use crate::model::{CanarySettings, Deployment};

/// Cells of the names at the left.
const NAMES: u16 = 16;

/// What is drawn.
pub(super) struct Screen<'a> {
    pub(super) app: &'a App,
    pub(super) here: Here<'a>,
    pub(super) deployments: &'a [Deployment],
    pub(super) range: &'static Range,
    /// Where the slider was moved to.
    pub(super) moved: Option<f64>,
    pub(super) seen: &'a Remote<Seen>,
}

/// The next rows of an area, from the top down.
struct Rows(Rect);

impl Rows {
    fn take(&mut self, rows: u16) -> Rect {
        let rows = rows.min(self.0.height);
        let taken = Rect {
            height: rows,
            ..self.0
        };
        self.0.y += rows;
        self.0.height -= rows;
        taken
    }
}

/// The parts of a row of figures: name, base, canary, difference.
fn columns(row: Rect) -> [Rect; 4] {
    let side = (row.width.saturating_sub(NAMES + 6) / 3).min(26);
    let at = |x: u16, width: u16| Rect {
        x: row.x + x,
        width: width.min(row.width.saturating_sub(x)),
        ..row
    };
    let last = NAMES + 2 * side + 2;
    [
        at(0, NAMES),
        at(NAMES, side),
        at(NAMES + side, side),
        at(last, row.width.saturating_sub(last)),
    ]
}

impl Screen<'_> {
    /// Draws it; returns where the slider is.
    pub(super) fn draw(
        &self,
        canvas: &mut Canvas<'_>,
        area: Rect,
        variables: &mut Cursor<String>,
    ) -> Rect {
        let stage = self.here.stage;
        let body = titled(canvas, area, &stage.stage_name, true);
        let since = canvas.now().as_second() - stage.last_updated_date;
        if self.here.canary().is_some() && since < i64::from(self.range.span) {
            let text = format!(
                "changed {}: older figures may be of other deployments",
                ago(canvas.now(), stage.last_updated_date)
            );
            let beside = stage.stage_name.width() + 3;
            // Whose canary it is matters more.
            if usize::from(area.width) >= beside + text.width() {
                let first = Rect { height: 1, ..area };
                canvas.line_right(first, &[(&text, Meaning::Warn)]);
            }
        }
        let mut rows = Rows(body);
        let base = rows.take(1);
        self.draw_served(canvas, base, ("base", Meaning::Chart), &stage.deployment_id);
        let Some(canary) = self.here.canary() else {
            rows.take(1);
            let text = format!(
                "{} has no canary. ⟨canary.new⟩ deploys what is saved to one: a share of the requests tries it while the rest gets the base.",
                stage.stage_name
            );
            status::paragraph(canvas, rows.take(3), &text, Meaning::Dim, 3);
            return Rect::default();
        };
        let id = canary.deployment_id.as_deref().unwrap_or_default();
        self.draw_served(canvas, rows.take(1), ("canary", Meaning::ChartOther), id);
        let roomy = rows.0.height > 24;
        if roomy {
            rows.take(1);
        }
        let slider = self.draw_slider(canvas, rows.take(1), canary);
        if roomy {
            rows.take(1);
        }
        self.draw_figures(canvas, &mut rows, roomy);
        if roomy {
            rows.take(1);
        }
        self.draw_variables(canvas, rows.0, canary, variables);
        slider
    }

    fn draw_served(&self, canvas: &mut Canvas<'_>, area: Rect, side: (&str, Meaning), id: &str) {
        let found = self.deployments.iter().find(|d| d.id == id);
        let when = found.map(|d| ago(canvas.now(), d.created_date));
        let about = found
            .and_then(|d| d.description.as_deref())
            .unwrap_or_default();
        let name = format!(" {:<11}", side.0);
        let when = format!("  {}  ", when.unwrap_or_default());
        canvas.line(
            area,
            &[
                (&name, side.1),
                (id, Meaning::Title),
                (&when, Meaning::Dim),
                (about, Meaning::Text),
            ],
        );
    }

    fn draw_slider(&self, canvas: &mut Canvas<'_>, area: Rect, canary: &CanarySettings) -> Rect {
        let before = canary.percent_traffic;
        let now = self.moved.unwrap_or(before);
        let value = match self.moved {
            None => format!("  {} %", written(now)),
            Some(_) => format!("  {} %  was {}  ", written(now), written(before)),
        };
        let hint = if self.moved.is_some() {
            "enter applies"
        } else {
            ""
        };
        // The value's place is always the same, so that the slider doesn't jump.
        let width = area.width.saturating_sub(40);
        let track = Rect {
            x: area.x + 1,
            width,
            ..area
        };
        let was = self.moved.map(|_| before / 100.0);
        slider(canvas, track, now / 100.0, was, true);
        let rest = Rect {
            x: track.right(),
            width: area.right().saturating_sub(track.right()),
            ..area
        };
        let meaning = if self.moved.is_some() {
            Meaning::Changed
        } else {
            Meaning::Title
        };
        canvas.line(rest, &[(&value, meaning), (hint, Meaning::Key)]);
        track
    }

    fn draw_figures(&self, canvas: &mut Canvas<'_>, rows: &mut Rows, roomy: bool) {
        let head = rows.take(1);
        let [_, base, canary, difference] = columns(head);
        let title = format!("last {}", self.range.label);
        let column = |area: Rect, text: &str| {
            let width = u16::try_from(text.chars().count()).unwrap_or(0) + 2;
            (area.right() - head.x).saturating_sub(width)
        };
        canvas.rule(
            head,
            &[
                (1, title.as_str()),
                (column(base, "base") + 1, "base"),
                (column(canary, "canary") + 1, "canary"),
                (difference.x - head.x - 1, "difference"),
            ],
        );
        let body = rows.take(if roomy { 9 } else { 8 });
        let Some((seen, body)) = status::remote(canvas, body, self.app, self.seen, "figures")
        else {
            return;
        };
        let mut rows = Rows(body);
        let counts = [&seen.base, &seen.canary].map(|side| side.requests.map(count));
        figure(canvas, rows.take(1), "requests", &counts, None);
        for (name, tally) in [
            ("5xx", Side::server_tally as fn(&Side) -> Option<Tally>),
            ("4xx", Side::client_tally),
        ] {
            let tallies = [tally(&seen.base), tally(&seen.canary)];
            let said = difference_of(tallies);
            figure(
                canvas,
                rows.take(1),
                name,
                &tallies.map(|t| t.map(tallied)),
                said,
            );
        }
        for (name, of) in [
            (
                "latency p50 ms",
                (|s: &Side| s.p50) as fn(&Side) -> Option<f64>,
            ),
            ("latency p99 ms", |s: &Side| s.p99),
        ] {
            let values = [of(&seen.base), of(&seen.canary)];
            let said = match (values, seen.whole_stage) {
                ([_, Some(_)], true) => Some((
                    "newest minute; base: whole stage, canary included".to_owned(),
                    Meaning::Dim,
                )),
                ([Some(base), Some(canary)], false) => {
                    let sign = if canary >= base { "+" } else { "-" };
                    let by = format!("{sign}{} ms", millis((canary - base).abs()));
                    Some((by, Meaning::Text))
                }
                _ => None,
            };
            figure(
                canvas,
                rows.take(1),
                name,
                &values.map(|v| v.map(millis)),
                said,
            );
        }
        draw_sparks(canvas, rows.take(1), seen);
        if roomy {
            rows.take(1);
        }
        let (text, meaning) = verdict(seen);
        status::paragraph(canvas, rows.0, &text, meaning, rows.0.height);
    }

    fn draw_variables(
        &self,
        canvas: &mut Canvas<'_>,
        area: Rect,
        canary: &CanarySettings,
        cursor: &mut Cursor<String>,
    ) {
        let mut rows = Rows(area);
        let head = rows.take(1);
        let half = area.width / 2;
        canvas.rule(
            head,
            &[(1, "variables"), (20, "base"), (half + 2, "canary")],
        );
        let names = variable_names(self.here.stage);
        if names.is_empty() {
            canvas.line(
                rows.0,
                &[("  none: ⟨canary.add⟩ gives the canary one", Meaning::Dim)],
            );
            return;
        }
        let none = canvas.signs().none;
        let columns = [
            Column::left("", 17),
            Column::left("", half.saturating_sub(20)),
            Column::left("", 0),
        ];
        let row = |index: usize| -> Row {
            let name = &names[index];
            let own = self.here.stage.variables.as_ref().and_then(|v| v.get(name));
            let other = canary
                .stage_variable_overrides
                .as_ref()
                .and_then(|v| v.get(name));
            let own = own.map_or((none, Meaning::Dim), |v| (v.as_str(), Meaning::Text));
            let other = other.map_or(("the base's", Meaning::Dim), |v| {
                (v.as_str(), Meaning::ChartOther)
            });
            vec![
                (name.clone(), Meaning::Text),
                (own.0.to_owned(), own.1),
                (other.0.to_owned(), other.1),
            ]
        };
        table(canvas, rows.0, &columns, names.len(), cursor, true, row);
    }
}

/// The shares of 5xx by period, side by side.
fn draw_sparks(canvas: &mut Canvas<'_>, row: Rect, seen: &Seen) {
    canvas.put(row.x, row.y, NAMES, " 5xx %", Meaning::Dim);
    let half = row.width.saturating_sub(NAMES + 2) / 2;
    let lines = [&seen.base, &seen.canary].map(|side| squeeze(&side.failing, half));
    // One scale for both, or they couldn't be compared.
    let max = ceiling(lines.iter().flatten());
    let [base, canary] = lines;
    let left = Rect {
        x: row.x + NAMES,
        width: half,
        ..row
    };
    let right = Rect {
        x: left.right() + 2,
        ..left
    };
    sparkline(canvas, left, &base, Some(max), Meaning::Chart);
    sparkline(canvas, right, &canary, Some(max), Meaning::ChartOther);
}

/// A row of figures; what is unknown is a dot.
fn figure(
    canvas: &mut Canvas<'_>,
    row: Rect,
    name: &str,
    sides: &[Option<String>; 2],
    difference: Option<(String, Meaning)>,
) {
    let [name_at, base_at, canary_at, difference_at] = columns(row);
    let none = canvas.signs().none;
    canvas.put(name_at.x + 1, row.y, NAMES - 1, name, Meaning::Dim);
    for (at, value) in [base_at, canary_at].into_iter().zip(sides) {
        let value = value
            .as_deref()
            .map_or((none, Meaning::Dim), |v| (v, Meaning::Text));
        canvas.line_right(at, &[value]);
    }
    if let Some((text, meaning)) = difference {
        canvas.line(difference_at, &[(&text, meaning)]);
    }
}

/// `2.15 %   13`, or a count alone where there is no share.
fn tallied(tally: Tally) -> String {
    match share(tally.failed, tally.of) {
        Some(share) => format!("{} {:>6}", percent(share), count(tally.failed)),
        None => count(tally.failed),
    }
}

/// How the shares differ, with the interval.
fn difference_of(tallies: [Option<Tally>; 2]) -> Option<(String, Meaning)> {
    let [base, canary] = tallies;
    Some(match compare(base?, canary?) {
        Finding::TooFew => ("too few requests".to_owned(), Meaning::Dim),
        Finding::NotSeen { .. } => ("no difference seen".to_owned(), Meaning::Text),
        Finding::Differs { seen, low, high } => (
            format!("{seen:+.2} %  {low:.2} to {high:.2}"),
            if seen > 0.0 {
                Meaning::Bad
            } else {
                Meaning::Good
            },
        ),
    })
}

/// What the figures say, in a sentence or two. Fifteen words decide over a release: they claim no more than is known.
fn verdict(seen: &Seen) -> (String, Meaning) {
    let (Some(base), Some(canary)) = (seen.base.server_tally(), seen.canary.server_tally()) else {
        return (
            "Can't tell: the figures of one side aren't known.".to_owned(),
            Meaning::Dim,
        );
    };
    let requests = count(canary.of);
    let clients = match (seen.base.client_tally(), seen.canary.client_tally()) {
        (Some(base), Some(canary)) => compare(base, canary).is_worse(),
        _ => false,
    };
    match compare(base, canary) {
        Finding::TooFew => {
            let (side, tally) = if canary.of < ENOUGH {
                ("canary", canary)
            } else {
                ("base", base)
            };
            let text = format!(
                "Too few requests to tell: {} on the {side}, at least {ENOUGH} are needed on each side.",
                count(tally.of)
            );
            (text, Meaning::Dim)
        }
        Finding::Differs { low, high, .. } if low > 0.0 => {
            let text = format!(
                "The canary fails more often: 5xx by {low:.2} to {high:.2} points more, of {requests} requests (95 %). Don't promote."
            );
            (text, Meaning::Bad)
        }
        finding if clients => {
            let also = match finding {
                Finding::Differs { .. } => "fewer 5xx",
                _ => "no difference in 5xx",
            };
            let text = format!(
                "The canary refuses more often: more 4xx than the base, {also}, of {requests} requests (95 %). Look at why before promoting."
            );
            (text, Meaning::Warn)
        }
        Finding::Differs { low, high, .. } => {
            let text = format!(
                "The canary fails less often: 5xx by {:.2} to {:.2} points less, of {requests} requests (95 %).",
                -high, -low
            );
            (text, Meaning::Good)
        }
        Finding::NotSeen { low, high } => {
            let text = format!(
                "No difference seen in 5xx, of {requests} requests on the canary. It lies between {low:+.2} and {high:+.2} points (95 %)."
            );
            (text, Meaning::Text)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(base: (f64, f64, f64), canary: (f64, f64, f64)) -> Seen {
        let side = |(requests, server_errors, client_errors)| Side {
            requests: Some(requests),
            server_errors: Some(server_errors),
            client_errors: Some(client_errors),
            ..Side::default()
        };
        Seen {
            base: side(base),
            canary: side(canary),
            whole_stage: false,
        }
    }

    #[test]
    fn verdicts_claim_what_is_known() {
        for (base, canary, expected, meaning) in [
            (
                (11_402.0, 24.0, 148.0),
                (604.0, 13.0, 9.0),
                "fails more often",
                Meaning::Bad,
            ),
            (
                (1_000.0, 300.0, 0.0),
                (1_000.0, 10.0, 0.0),
                "fails less often",
                Meaning::Good,
            ),
            (
                (1_000.0, 3.0, 10.0),
                (400.0, 1.0, 60.0),
                "refuses more often",
                Meaning::Warn,
            ),
            (
                (1_000.0, 3.0, 10.0),
                (400.0, 1.0, 4.0),
                "No difference seen",
                Meaning::Text,
            ),
            (
                (1_000.0, 3.0, 10.0),
                (4.0, 4.0, 0.0),
                "4 on the canary",
                Meaning::Dim,
            ),
            (
                (7.0, 0.0, 0.0),
                (400.0, 40.0, 0.0),
                "7 on the base",
                Meaning::Dim,
            ),
        ] {
            let (text, got) = verdict(&seen(base, canary));
            assert!(text.contains(expected), "{text}");
            assert_eq!(got, meaning, "{text}");
        }
        let mut unknown = seen((1.0, 0.0, 0.0), (1.0, 0.0, 0.0));
        unknown.base.requests = None;
        assert!(verdict(&unknown).0.starts_with("Can't tell"));
    }
}
