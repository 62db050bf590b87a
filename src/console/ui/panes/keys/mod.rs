//! Usage plans and API keys: who may call which stage, how fast, and how much is left.

mod detail;
mod draw;
mod edit;
mod matrix;

use std::collections::BTreeMap;
use std::time::Duration;

use ratatui::layout::Rect;

use super::measured::wake_at;
use crate::aws::reply::Secret;
use crate::aws::{Answer, OpDone, Query, ops};
use crate::console::app::App;
use crate::console::ui::canvas::Canvas;
use crate::console::ui::keymap::{Action, Context};
use crate::console::ui::layout::titled;
use crate::console::ui::pane::{Command, Pane, PaneEvent, PaneId};
use crate::console::ui::status;
use crate::console::ui::theme::Meaning;
use crate::console::ui::widgets::{Cursor, Move};
use crate::model::{ApiKey, UsagePlan};
use matrix::{Matrix, RowId, key_name};

/// What can be done with plans and keys.
pub(super) const CONTEXT: Context = Context {
    name: "keys",
    title: "Plans & keys",
    actions: &[
        Action::new(
            "keys.new",
            &["n"],
            "new key",
            "Creates a key, in the plan under the cursor or in none",
        ),
        Action::new(
            "keys.attach",
            &["a"],
            "attach",
            "Puts the key into a plan, or a key into the plan, under the cursor",
        ),
        Action::new(
            "keys.edit",
            &["e"],
            "edit",
            "Changes the limits of the plan, or the name of the key, under the cursor",
        ),
        Action::new(
            "keys.reveal",
            &["v"],
            "reveal",
            "Fetches and shows the key's value, or hides it again",
        ),
        Action::new(
            "keys.copy",
            &["y"],
            "copy",
            "Copies the key's value without showing it",
        ),
        Action::new(
            "keys.detach",
            &["x"],
            "detach",
            "Takes the key out of the plan, or a stage away from the plan, under the cursor",
        ),
        Action::new(
            "keys.stage",
            &["s"],
            "open stage",
            "Lets the plan's keys call a stage of the chosen API",
        ),
        Action::new(
            "keys.toggle",
            &["t"],
            "on/off",
            "Turns the key on or off in all plans",
        ),
        Action::new(
            "keys.extend",
            &["+"],
            "extend quota",
            "Sets how much the key has left in this period",
        ),
        Action::new(
            "keys.rotate",
            &["o"],
            "rotate",
            "Creates a successor of the key in the same plans; the old one stays on",
        ),
        Action::new("keys.new-plan", &["N"], "new plan", "Creates a plan"),
        Action::new(
            "keys.import",
            &["I"],
            "import",
            "Creates or changes keys from a CSV file",
        ),
        Action::new(
            "keys.delete",
            &["X"],
            "delete",
            "Deletes the key or the plan under the cursor",
        ),
    ],
};

/// Between two looks at the usage.
const LOOK: Duration = Duration::from_secs(5);

/// Rows and columns of the matrix that are looked at.
#[derive(Debug, Default)]
pub(super) struct Keys {
    cursor: Cursor<Row>,
    filter: String,
    /// The first stage that is shown.
    first_column: usize,
    /// How many stages fitted at the last draw.
    columns_shown: usize,
    /// Values that were fetched to be shown, by key. Forgotten when the pane is left.
    revealed: BTreeMap<String, Secret>,
    /// The keys whose values are to come, and what for. Values that others asked for aren't ours to show.
    wanted: BTreeMap<String, Use>,
}

type Row = RowId;

/// What a value is fetched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    Show,
    Copy,
}

/// What is under the cursor.
#[derive(Clone, Copy)]
struct Here<'a> {
    plan: Option<&'a UsagePlan>,
    key: Option<&'a ApiKey>,
}

impl Keys {
    fn here<'a>(&self, matrix: &Matrix<'a>) -> Here<'a> {
        let (plan, key) = match self.cursor.key() {
            Some(Row::Plan(plan)) => (matrix.plan(plan), None),
            Some(Row::Member(plan, key)) => (matrix.plan(plan), matrix.key(key)),
            Some(Row::LooseKey(key)) => (None, matrix.key(key)),
            Some(Row::Loose) | None => (None, None),
        };
        Here { plan, key }
    }

    fn keep(&mut self, matrix: &Matrix<'_>) -> Vec<Row> {
        let rows = matrix.rows(&self.filter);
        self.cursor.keep(&rows);
        let last = matrix
            .columns
            .len()
            .saturating_sub(self.columns_shown.max(1));
        self.first_column = self.first_column.min(last);
        rows
    }

    /// A value came.
    fn done(&mut self, done: &OpDone, matrix: Option<&Matrix<'_>>) -> Vec<Command> {
        let (true, [Answer::Key { id, value }]) =
            (done.op.reveals_secret(), done.answers.as_slice())
        else {
            return Vec::new();
        };
        match self.wanted.remove(id) {
            Some(Use::Show) => {
                self.revealed.insert(id.clone(), value.clone());
                Vec::new()
            }
            Some(Use::Copy) => {
                let name = matrix.and_then(|matrix| matrix.key(id)).map(key_name);
                let what = format!("value of key {}", name.unwrap_or(id));
                vec![Command::copy(what, value.reveal())]
            }
            None => Vec::new(),
        }
    }

    fn reveal(&mut self, key: &ApiKey, to: Use) -> Command {
        self.wanted.insert(key.id.clone(), to);
        Command::propose(ops::keys::reveal(key))
    }

    fn secret(&mut self, action: &str, key: &ApiKey) -> Option<Command> {
        match action {
            "keys.reveal" if self.revealed.remove(&key.id).is_some() => None,
            "keys.reveal" => Some(self.reveal(key, Use::Show)),
            "keys.copy" => Some(match self.revealed.get(&key.id) {
                Some(value) => {
                    Command::copy(format!("value of key {}", key_name(key)), value.reveal())
                }
                None => self.reveal(key, Use::Copy),
            }),
            _ => None,
        }
    }

    /// Actions that change something on the other side.
    fn change(&self, action: &str, app: &App, matrix: &Matrix<'_>) -> Option<Command> {
        let Here { plan, key } = self.here(matrix);
        Some(match (action, plan, key) {
            ("keys.new", plan, _) => Command::open(edit::new_key(matrix.plans, plan)),
            ("keys.new-plan", ..) => Command::open(edit::new_plan()),
            ("keys.import", ..) => Command::open(edit::import()),
            ("keys.attach", _, Some(key)) => Command::open(edit::join(matrix, key)),
            ("keys.attach", Some(plan), None) => Command::open(edit::take_in(matrix, plan)),
            ("keys.edit", _, Some(key)) => Command::open(edit::rename(key)),
            ("keys.edit", Some(plan), None) => Command::open(edit::limits(plan)),
            ("keys.detach", Some(plan), Some(key)) => {
                Command::propose(ops::plans::remove_key(plan, &key.id, key_name(key)))
            }
            ("keys.detach", Some(plan), None) => {
                Command::open(edit::close_stage(plan, &matrix.columns))
            }
            ("keys.stage", Some(plan), _) => {
                let api = app.selection.api.as_ref()?;
                let stages = app.store.stages(&api.id);
                Command::open(edit::open_stage(plan, api, stages.value().copied()?))
            }
            ("keys.toggle", _, Some(key)) => Command::propose(ops::keys::enable(key, !key.enabled)),
            ("keys.extend", Some(plan), Some(key)) => {
                let left = matrix.used(plan, &key.id).map(|used| used.left);
                Command::open(edit::extend(plan, &key.id, key_name(key), left))
            }
            ("keys.rotate", _, Some(key)) => {
                Command::propose(ops::keys::rotate(key, &matrix.plans_of(&key.id)))
            }
            ("keys.delete", _, Some(key)) => {
                Command::propose(ops::keys::delete(key, &matrix.plans_of(&key.id)))
            }
            ("keys.delete", Some(plan), None) => Command::propose(ops::plans::delete(plan)),
            _ => return None,
        })
    }
}

impl Pane for Keys {
    fn id(&self) -> PaneId {
        PaneId::Keys
    }

    fn context(&self) -> &'static Context {
        &CONTEXT
    }

    fn needs(&self, app: &App) -> Vec<Query> {
        matrix::needs(app)
    }

    fn blocked(&self, action: &str, app: &App) -> Option<String> {
        let Some(matrix) = Matrix::of(app) else {
            return Some("the plans aren't known yet".to_owned());
        };
        let Here { plan, key } = self.here(&matrix);
        let needs_key = || "put the cursor on a key first".to_owned();
        let needs_any = || "put the cursor on a plan or a key first".to_owned();
        match action {
            "keys.reveal" | "keys.copy" | "keys.toggle" | "keys.rotate" if key.is_none() => {
                Some(needs_key())
            }
            "keys.edit" | "keys.delete" if key.is_none() && plan.is_none() => Some(needs_any()),
            "keys.attach" => match (plan, key) {
                (None, None) => Some(needs_any()),
                (_, Some(key)) if matrix.plans_of(&key.id).len() == matrix.plans.len() => {
                    Some("no other plan is there: ⟨keys.new-plan⟩ makes one".to_owned())
                }
                _ => None,
            },
            "keys.detach" => match (plan, key) {
                (None, Some(_)) => Some("this key is in no plan".to_owned()),
                (None, None) => Some(needs_any()),
                (Some(plan), None) if plan.api_stages.is_empty() => {
                    Some(format!("{} opens no stage", plan.name))
                }
                _ => None,
            },
            "keys.stage" => stage_blocked(app, plan),
            "keys.extend" => match (plan, key) {
                (Some(plan), Some(_)) if plan.quota.is_none() => {
                    Some(format!("{} has no quota", plan.name))
                }
                (Some(_), Some(_)) => None,
                _ => Some("put the cursor on a key in a plan first".to_owned()),
            },
            _ => None,
        }
    }

    fn filters(&self) -> bool {
        true
    }

    fn wake_at(&self, app: &App) -> Option<Duration> {
        // On AWS, reading all plans again takes calls that others need: only usage here, where it is free.
        if app.session.is_aws() {
            return None;
        }
        let needs = matrix::needs(app);
        let usage = needs
            .iter()
            .filter(|query| matches!(query, Query::Usage { .. }));
        usage.filter_map(|query| wake_at(app, query, LOOK)).min()
    }

    fn update(&mut self, event: PaneEvent<'_>, app: &App) -> Vec<Command> {
        let matrix = Matrix::of(app);
        match event {
            PaneEvent::Shown => {
                self.revealed.clear();
                self.wanted.retain(|_, to| *to == Use::Copy);
            }
            PaneEvent::Done(done) => return self.done(done, matrix.as_ref()),
            PaneEvent::Move(Move::Back) => return vec![Command::Go(PaneId::Stages)],
            _ => {}
        }
        let Some(matrix) = matrix else {
            return Vec::new();
        };
        let rows = self.keep(&matrix);
        match event {
            PaneEvent::Filter(text) => {
                text.clone_into(&mut self.filter);
                self.keep(&matrix);
            }
            PaneEvent::Move(Move::Left) => self.first_column = self.first_column.saturating_sub(1),
            PaneEvent::Move(Move::Right) => {
                self.first_column += 1;
                self.keep(&matrix);
            }
            PaneEvent::Move(movement) => {
                self.cursor.go(movement, &rows);
            }
            PaneEvent::Act(action) => {
                if let (Some(key), "keys.reveal" | "keys.copy") = (self.here(&matrix).key, action) {
                    return self.secret(action, key).into_iter().collect();
                }
                return self.change(action, app, &matrix).into_iter().collect();
            }
            _ => {}
        }
        Vec::new()
    }

    fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, app: &App) {
        let plans = app.store.usage_plans();
        let keys = app.store.api_keys();
        let body = titled(canvas, area, "Plans & keys", true);
        let Some((_, body)) = status::remote(canvas, body, app, &plans, "usage plans") else {
            return;
        };
        let Some((_, body)) = status::remote(canvas, body, app, &keys, "API keys") else {
            return;
        };
        let Some(matrix) = Matrix::of(app) else {
            return;
        };
        let rows = self.keep(&matrix);
        if rows.is_empty() {
            let text = if self.filter.is_empty() {
                "No plans and no keys. ⟨keys.new⟩ makes a key, ⟨keys.new-plan⟩ a plan: a plan's keys may call its stages, as fast and as much as its limits say."
            } else {
                "no plan or key matches the filter"
            };
            status::paragraph(canvas, body, text, Meaning::Dim, 4);
            return;
        }
        self.draw_matrix(canvas, area, body, &matrix, &rows);
    }
}

fn stage_blocked(app: &App, plan: Option<&UsagePlan>) -> Option<String> {
    let Some(plan) = plan else {
        return Some("put the cursor on a plan first".to_owned());
    };
    let Some(api) = &app.selection.api else {
        return Some("choose an API first: ⟨global.apis⟩ lists them".to_owned());
    };
    let stages = app.store.stages(&api.id);
    match stages.value() {
        None => Some("its stages aren't known yet".to_owned()),
        Some([]) => Some(format!("{} has no stage", api.name)),
        Some(stages) => stages
            .iter()
            .all(|stage| edit::opens(plan, &api.id, &stage.stage_name))
            .then(|| format!("{} opens all stages of {}", plan.name, api.name)),
    }
}
