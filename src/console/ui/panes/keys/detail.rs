//! What is under the cursor, in three lines at the bottom.

use ratatui::layout::Rect;

use super::draw::{period, quota, throttle};
use super::matrix::{Matrix, RowId, key_name};
use super::{Here, Keys};
use crate::console::ui::canvas::{Canvas, Piece, ago, thousands};
use crate::console::ui::theme::Meaning;
use crate::model::{ApiKey, UsagePlan};

/// How many signs stand for a value, whatever its length.
const MASK: usize = 20;

type Text = (String, Meaning);

impl Keys {
    pub(super) fn draw_detail(&self, canvas: &mut Canvas<'_>, area: Rect, matrix: &Matrix<'_>) {
        canvas.rule(area, &[]);
        let Here { plan, key } = self.here(matrix);
        let lines = match (key, plan) {
            (Some(key), plan) => self.of_key(canvas, matrix, key, plan),
            (None, Some(plan)) => of_plan(canvas, matrix, plan),
            (None, None) if self.cursor.key() == Some(&RowId::Loose) => [
                vec![("These keys are in no plan.".to_owned(), Meaning::Text)],
                vec![(
                    "Methods that require a key refuse them with 403.".to_owned(),
                    Meaning::Dim,
                )],
                vec![("a on a key puts it into a plan.".to_owned(), Meaning::Dim)],
            ],
            (None, None) => [Vec::new(), Vec::new(), Vec::new()],
        };
        for (line, y) in lines.iter().zip(area.y + 1..area.bottom()) {
            let pieces: Vec<Piece<'_>> = line.iter().map(|(t, m)| (t.as_str(), *m)).collect();
            canvas.line(
                Rect::new(area.x + 1, y, area.width.saturating_sub(1), 1),
                &pieces,
            );
        }
    }

    fn of_key(
        &self,
        canvas: &Canvas<'_>,
        matrix: &Matrix<'_>,
        key: &ApiKey,
        plan: Option<&UsagePlan>,
    ) -> [Vec<Text>; 3] {
        let signs = canvas.signs();
        let about = key.description.as_deref().unwrap_or_default();
        let first = vec![
            (key_name(key).to_owned(), Meaning::Title),
            (
                format!(
                    "  {}  made {}  ",
                    key.id,
                    ago(canvas.now(), key.created_date)
                ),
                Meaning::Dim,
            ),
            (about.to_owned(), Meaning::Text),
        ];
        let second = match self.revealed.get(&key.id) {
            Some(value) => vec![
                ("value  ".to_owned(), Meaning::Dim),
                (value.reveal().to_owned(), Meaning::Warn),
                ("   ⟨keys.reveal⟩ hides".to_owned(), Meaning::Dim),
            ],
            None => vec![
                ("value  ".to_owned(), Meaning::Dim),
                (signs.mask.repeat(MASK), Meaning::Text),
                (
                    "   ⟨keys.reveal⟩ reveals, ⟨keys.copy⟩ copies".to_owned(),
                    Meaning::Dim,
                ),
            ],
        };
        let third = match plan {
            None => (
                format!(
                    "{} in no plan: can't call anything that requires a key",
                    signs.changed
                ),
                Meaning::Warn,
            ),
            Some(plan) => match (matrix.used(plan, &key.id), &plan.quota) {
                (Some(used), Some(quota)) => (
                    format!(
                        "{} today, {} this {}, {} left",
                        thousands(used.today),
                        thousands(used.period),
                        period(quota.period),
                        thousands(used.left.max(0)),
                    ),
                    Meaning::Text,
                ),
                (None, Some(_)) => (format!("usage {}", signs.none), Meaning::Dim),
                (_, None) => (
                    format!("{} has no quota, so requests aren't counted", plan.name),
                    Meaning::Dim,
                ),
            },
        };
        [first, second, vec![third]]
    }
}

fn of_plan(canvas: &Canvas<'_>, matrix: &Matrix<'_>, plan: &UsagePlan) -> [Vec<Text>; 3] {
    let signs = canvas.signs();
    let about = plan.description.as_deref().unwrap_or_default();
    let first = vec![
        (plan.name.clone(), Meaning::Title),
        (format!("  {}  ", plan.id), Meaning::Dim),
        (about.to_owned(), Meaning::Text),
    ];
    let open: Vec<String> = matrix
        .columns
        .iter()
        .filter(|column| super::edit::opens(plan, &column.api.id, &column.stage))
        .map(|column| format!("{} {}", column.api.name, column.stage))
        .collect();
    let second = if open.is_empty() {
        (
            format!(
                "{} opens no stage, so its keys open nothing: ⟨keys.stage⟩ opens one",
                signs.changed
            ),
            Meaning::Warn,
        )
    } else {
        (format!("opens {}", open.join(", ")), Meaning::Text)
    };
    let off = |zero: bool, what: &str| {
        zero.then(|| {
            format!(
                "{} a {what} of 0 turns it off: its keys are refused",
                signs.bad
            )
        })
    };
    let throttled = plan.throttle.as_ref();
    let rate = off(
        throttled.is_some_and(|t| t.rate_limit <= 0.0 || t.burst_limit <= 0),
        "limit",
    );
    let total = off(plan.quota.as_ref().is_some_and(|q| q.limit <= 0), "quota");
    let third = if let Some(text) = rate.or(total) {
        (text, Meaning::Bad)
    } else {
        let (rate, _) = throttle(throttled, signs.bad, "not throttled");
        let (total, _) = quota(plan.quota.as_ref(), signs.bad, "not counted");
        (format!("each key: {rate}, {total}"), Meaning::Text)
    };
    [first, vec![second], vec![third]]
}
