//! The matrix on the screen: a row for each plan and each of its keys, a column for each stage that plans open.

use ratatui::layout::Rect;

use super::matrix::{Matrix, RowId, StageColumn, key_name, member_name};
use super::{Keys, edit};
use crate::console::ui::canvas::{Canvas, Piece, thousands};
use crate::console::ui::theme::Meaning;
use crate::console::ui::widgets::bar;
use crate::model::{ApiKey, QuotaPeriod, QuotaSettings, ThrottleSettings, UsagePlan};

/// From this width on there is a column for limits and one for ids.
const ROOMY: u16 = 110;
/// Cells of a stage's column and the gap after it.
const STAGE: u16 = 16;
/// Below this width, a stage has no room beside all figures.
const NARROW: u16 = 76;
/// Cells of the bar that shows how much is used.
const BAR: u16 = 10;
/// Rows of the detail at the bottom, with its rule.
const DETAIL: u16 = 4;

/// Where the columns are.
struct Columns {
    name: (u16, u16),
    id: (u16, u16),
    state: (u16, u16),
    /// Where stages begin, and how many fit.
    stages: (u16, usize),
    limits: (u16, u16),
    quota: (u16, u16),
    today: (u16, u16),
}

impl Columns {
    fn of(area: Rect) -> Self {
        let roomy = area.width >= ROOMY;
        let (name, id, limits) = if roomy { (20, 10, 13) } else { (18, 0, 0) };
        let gap = |width: u16| if width > 0 { width + 2 } else { 0 };
        let mut x = area.x + 2;
        let mut next = |width: u16| {
            let at = (x, width);
            x += gap(width);
            at
        };
        let (name, id, state) = (next(name), next(id), next(3));
        let begin = x;
        // Where it is narrow, today's count gives way: the stages say what a key may call.
        let (quota, today) = if area.width < NARROW {
            (14, 0)
        } else {
            (21, 8)
        };
        let right = gap(limits) + gap(quota) + today;
        let room = area.right().saturating_sub(begin + right);
        let end = area.right().saturating_sub(right);
        let limits_at = (end, limits);
        let quota = (end + gap(limits), quota);
        Self {
            name,
            id,
            state,
            stages: (begin, usize::from(room / STAGE).max(1)),
            limits: limits_at,
            quota,
            today: (quota.0 + gap(quota.1), today),
        }
    }
}

fn right(canvas: &mut Canvas<'_>, (x, width): (u16, u16), y: u16, piece: Piece<'_>) {
    canvas.line_right(Rect::new(x, y, width, 1), &[piece]);
}

fn left(canvas: &mut Canvas<'_>, (x, width): (u16, u16), y: u16, piece: Piece<'_>) {
    canvas.line(Rect::new(x, y, width, 1), &[piece]);
}

impl Keys {
    pub(super) fn draw_matrix(
        &mut self,
        canvas: &mut Canvas<'_>,
        area: Rect,
        body: Rect,
        matrix: &Matrix<'_>,
        rows: &[RowId],
    ) {
        let columns = Columns::of(body);
        self.columns_shown = columns.stages.1;
        self.keep(matrix);
        let shown: Vec<&StageColumn> = matrix
            .columns
            .iter()
            .skip(self.first_column)
            .take(columns.stages.1)
            .collect();
        draw_head(canvas, body.y, &columns, &shown);
        self.draw_title(canvas, area, matrix, shown.len());
        let detail = Rect {
            y: body.bottom().saturating_sub(DETAIL),
            height: DETAIL.min(body.height),
            ..body
        };
        let list = Rect {
            y: body.y + 1,
            height: body.height.saturating_sub(1 + DETAIL),
            ..body
        };
        for (y, index) in (list.y..).zip(self.cursor.window(rows.len(), list.height)) {
            let Some(row) = rows.get(index) else {
                continue;
            };
            let line = Line {
                matrix,
                columns: &columns,
                shown: &shown,
                y,
            };
            let name = line.draw(canvas, row, body);
            if index == self.cursor.index() {
                canvas.put(body.x, y, 1, canvas.signs().here, Meaning::Mark);
                canvas.paint(name, Meaning::Cursor);
            }
        }
        self.draw_detail(canvas, detail, matrix);
    }

    /// How many there are, and which stages are out of sight.
    fn draw_title(&self, canvas: &mut Canvas<'_>, area: Rect, matrix: &Matrix<'_>, shown: usize) {
        let all = matrix.columns.len();
        let mut text = format!("{} plans, {} keys", matrix.plans.len(), matrix.keys.len());
        if shown < all {
            let signs = canvas.signs();
            let (first, last) = (self.first_column + 1, self.first_column + shown);
            let which = if first == last {
                format!("stage {first}")
            } else {
                format!("stages {first}{}{last}", signs.dash)
            };
            text = format!("{which} of {all}  {} {}   {text}", signs.left, signs.right);
        }
        canvas.line_right(Rect { height: 1, ..area }, &[(&text, Meaning::Dim)]);
    }
}

fn draw_head(canvas: &mut Canvas<'_>, y: u16, columns: &Columns, shown: &[&StageColumn]) {
    for (index, column) in (0u16..).zip(shown) {
        let at = (columns.stages.0 + index * STAGE, STAGE - 2);
        let text = format!("{} {}", column.api.name, column.stage);
        left(canvas, at, y, (&text, Meaning::Dim));
    }
    left(canvas, columns.limits, y, ("limits", Meaning::Dim));
    left(canvas, columns.quota, y, ("quota", Meaning::Dim));
    right(canvas, columns.today, y, ("today", Meaning::Dim));
}

/// A row of the matrix.
struct Line<'a> {
    matrix: &'a Matrix<'a>,
    columns: &'a Columns,
    shown: &'a [&'a StageColumn],
    y: u16,
}

impl Line<'_> {
    /// Draws it; returns where its name is.
    fn draw(&self, canvas: &mut Canvas<'_>, row: &RowId, body: Rect) -> Rect {
        match row {
            RowId::Plan(id) => match self.matrix.plan(id) {
                Some(plan) => self.plan(canvas, plan),
                None => Rect::default(),
            },
            RowId::Member(plan, key) => self.member(canvas, plan, key),
            RowId::Loose => {
                let x = body.x + 2;
                let text = "in no plan";
                let rest = format!(
                    "  {} can't call anything that requires a key",
                    canvas.signs().changed
                );
                let at = Rect::new(x, self.y, body.right().saturating_sub(x), 1);
                canvas.line(at, &[(text, Meaning::Heading), (&rest, Meaning::Warn)]);
                Rect::new(x, self.y, 10, 1)
            }
            RowId::LooseKey(id) => {
                let key = self.matrix.key(id);
                self.key(canvas, id, key.map_or(id, key_name), key)
            }
        }
    }

    /// Writes the name and says where it stands.
    fn name(&self, canvas: &mut Canvas<'_>, indent: u16, text: &str, meaning: Meaning) -> Rect {
        let (x, width) = self.columns.name;
        let (x, width) = (x + indent, width - indent);
        let end = canvas.put(x, self.y, width, text, meaning);
        Rect::new(x, self.y, end.saturating_sub(x).max(1), 1)
    }

    fn plan(&self, canvas: &mut Canvas<'_>, plan: &UsagePlan) -> Rect {
        let signs = canvas.signs();
        let name = self.name(canvas, 0, &plan.name, Meaning::Title);
        let count = match self.matrix.members(plan) {
            None => signs.cut.to_owned(),
            Some([_]) => "1 key".to_owned(),
            Some(members) => format!("{} keys", members.len()),
        };
        for (index, column) in (0u16..).zip(self.shown) {
            let at = (self.columns.stages.0 + index * STAGE, STAGE - 2);
            if edit::opens(plan, &column.api.id, &column.stage) {
                let text = format!("{} {count}", signs.on);
                left(canvas, at, self.y, (&text, Meaning::Good));
            } else if plan.api_stages.is_empty() && index == 0 {
                let text = format!("{} no stage", signs.changed);
                left(canvas, at, self.y, (&text, Meaning::Warn));
            } else {
                left(canvas, at, self.y, (signs.none, Meaning::Dim));
            }
        }
        if self.shown.is_empty() {
            let text = format!("{} no stage", signs.changed);
            left(
                canvas,
                (self.columns.stages.0, STAGE - 2),
                self.y,
                (&text, Meaning::Warn),
            );
        }
        let rate = throttle(plan.throttle.as_ref(), signs.bad, signs.none);
        let mut total = quota(plan.quota.as_ref(), signs.bad, signs.none);
        // Without a column of its own, a rate that turns the plan off still has to be seen.
        if self.columns.limits.1 == 0 && rate.1 == Meaning::Bad {
            total.clone_from(&rate);
        }
        left(canvas, self.columns.limits, self.y, (&rate.0, rate.1));
        left(canvas, self.columns.quota, self.y, (&total.0, total.1));
        name
    }

    fn member(&self, canvas: &mut Canvas<'_>, plan: &str, id: &str) -> Rect {
        let Some(plan) = self.matrix.plan(plan) else {
            return Rect::default();
        };
        let key = self.matrix.key(id);
        let members = self.matrix.members(plan).unwrap_or_default();
        let member = members.iter().find(|member| member.id == id);
        let name = key.map(key_name).or(member.map(member_name)).unwrap_or(id);
        let at = self.key(canvas, id, name, key);
        let signs = canvas.signs();
        let on = key.is_some_and(|key| key.enabled);
        for (index, column) in (0u16..).zip(self.shown) {
            if edit::opens(plan, &column.api.id, &column.stage) {
                let (sign, meaning) = if on {
                    (signs.on, Meaning::Good)
                } else {
                    (signs.off, Meaning::Dim)
                };
                canvas.put(
                    self.columns.stages.0 + index * STAGE,
                    self.y,
                    1,
                    sign,
                    meaning,
                );
            }
        }
        self.usage(canvas, plan, id);
        at
    }

    fn usage(&self, canvas: &mut Canvas<'_>, plan: &UsagePlan, key: &str) {
        let none = canvas.signs().none;
        let Some(used) = self.matrix.used(plan, key) else {
            right(canvas, self.columns.today, self.y, (none, Meaning::Dim));
            return;
        };
        let fraction = used.fraction();
        let meaning = match used.left {
            ..=0 => Meaning::Bad,
            _ if fraction >= 0.9 => Meaning::Warn,
            _ => Meaning::Chart,
        };
        let (x, width) = self.columns.quota;
        bar(canvas, Rect::new(x, self.y, BAR, 1), fraction, meaning);
        let text = if used.left <= 0 {
            "used up".to_owned()
        } else {
            // Ninety-nine and a half isn't all.
            format!("{:.0} %", (100.0 * fraction).min(99.0))
        };
        let meaning = if meaning == Meaning::Chart {
            Meaning::Text
        } else {
            meaning
        };
        left(
            canvas,
            (x + BAR + 1, width - BAR - 1),
            self.y,
            (&text, meaning),
        );
        let today = thousands(used.today);
        right(canvas, self.columns.today, self.y, (&today, Meaning::Text));
    }

    fn key(&self, canvas: &mut Canvas<'_>, id: &str, name: &str, key: Option<&ApiKey>) -> Rect {
        let at = self.name(canvas, 2, name, Meaning::Text);
        left(canvas, self.columns.id, self.y, (id, Meaning::Dim));
        let state = match key.map(|key| key.enabled) {
            Some(true) => ("on", Meaning::Text),
            Some(false) => ("off", Meaning::Warn),
            None => (canvas.signs().none, Meaning::Dim),
        };
        left(canvas, self.columns.state, self.y, state);
        at
    }
}

/// `100/s b200`; a limit of 0 turns the plan off.
pub(super) fn throttle(
    limits: Option<&ThrottleSettings>,
    off: &str,
    none: &str,
) -> (String, Meaning) {
    match limits {
        None => (none.to_owned(), Meaning::Dim),
        Some(t) if t.rate_limit <= 0.0 || t.burst_limit <= 0 => {
            (format!("{off} off (0)"), Meaning::Bad)
        }
        Some(t) => (
            format!("{}/s b{}", t.rate_limit, t.burst_limit),
            Meaning::Text,
        ),
    }
}

/// `1,000,000 / month`; a quota of 0 turns the plan off.
pub(super) fn quota(quota: Option<&QuotaSettings>, off: &str, none: &str) -> (String, Meaning) {
    match quota {
        None => (none.to_owned(), Meaning::Dim),
        Some(q) if q.limit <= 0 => (format!("{off} off (limit 0)"), Meaning::Bad),
        Some(q) => (
            format!("{} / {}", thousands(q.limit), period(q.period)),
            Meaning::Text,
        ),
    }
}

/// The period in a word.
pub(super) fn period(period: QuotaPeriod) -> &'static str {
    match period {
        QuotaPeriod::Day => "day",
        QuotaPeriod::Week => "week",
        QuotaPeriod::Month => "month",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_of_0_says_that_it_turns_off() {
        for (rate_limit, burst_limit, expected) in [
            (100.0, 200, "100/s b200"),
            (0.5, 1, "0.5/s b1"),
            (0.0, 200, "x off (0)"),
            (10.0, 0, "x off (0)"),
        ] {
            let limits = ThrottleSettings {
                burst_limit,
                rate_limit,
            };
            assert_eq!(throttle(Some(&limits), "x", ".").0, expected);
        }
        let mut settings = QuotaSettings {
            limit: 1_000_000,
            offset: 0,
            period: QuotaPeriod::Month,
        };
        assert_eq!(quota(Some(&settings), "x", ".").0, "1,000,000 / month");
        settings.limit = 0;
        assert_eq!(quota(Some(&settings), "x", ".").0, "x off (limit 0)");
        assert_eq!(
            (throttle(None, "x", ".").0, quota(None, "x", ".").0),
            (".".into(), ".".into())
        );
    }

    #[test]
    fn columns_never_overlap() {
        for width in 60..200 {
            let columns = Columns::of(Rect::new(0, 0, width, 20));
            let (x, count) = columns.stages;
            let stages_end = x + STAGE * u16::try_from(count).unwrap();
            assert!(stages_end <= columns.limits.0.max(x + STAGE), "{width}");
            assert!(columns.today.0 + columns.today.1 <= width, "{width}");
            assert!(stages_end <= columns.quota.0 + 2, "{width}");
        }
    }
}
