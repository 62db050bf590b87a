//! Stages on the left; on the right what one serves: deployment, variables, settings, history.

mod detail;
mod edit;

use ratatui::layout::Rect;

use super::changes::difference_lines;
use super::chosen::{deployments, variable_names};
use crate::aws::{Changes, Query, ops};
use crate::console::app::{App, Message};
use crate::console::ui::canvas::{Canvas, age};
use crate::console::ui::fuzzy::contains;
use crate::console::ui::keymap::{Action, Context};
use crate::console::ui::layers::Text;
use crate::console::ui::layout::{Regions, titled};
use crate::console::ui::pane::{Command, Pane, PaneEvent, PaneId};
use crate::console::ui::status;
use crate::console::ui::theme::Meaning;
use crate::console::ui::widgets::{Column, Cursor, Move, table};
use crate::model::{Deployment, Stage};

/// What can be done with stages.
pub(super) const CONTEXT: Context = Context {
    name: "stages",
    title: "Stages",
    actions: &[
        Action::new(
            "stages.deploy",
            &["D"],
            "deploy",
            "Deploys what is saved to this stage, or to its canary",
        ),
        Action::new(
            "stages.difference",
            &["d"],
            "difference",
            "Shows what deploying would change",
        ),
        Action::new(
            "stages.roll-back",
            &["R"],
            "roll back",
            "Points the stage to another deployment",
        ),
        Action::new(
            "stages.edit",
            &["e"],
            "edit",
            "Changes the variable under the cursor, or the settings",
        ),
        Action::new("stages.add", &["a"], "add variable", "Adds a variable"),
        Action::new(
            "stages.remove",
            &["x"],
            "remove",
            "Removes the variable, or deletes the deployment, under the cursor",
        ),
        Action::new("stages.new", &["n"], "new stage", "Creates a stage"),
        Action::new(
            "stages.settings",
            &["s"],
            "settings",
            "Changes throttle, logging and cache of all methods",
        ),
        Action::new(
            "stages.flush",
            &["f"],
            "flush cache",
            "Empties the stage's cache",
        ),
        Action::new("stages.delete", &["X"], "delete", "Deletes the stage"),
        Action::new(
            "stages.copy-url",
            &["y"],
            "copy URL",
            "Copies the stage's URL",
        ),
    ],
};

/// Cells that the list gets beside the detail.
const LIST_WIDTH: u16 = 34;

/// Which part of the pane has the keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Focus {
    /// The list of stages.
    #[default]
    List,
    /// The stage's variables.
    Variables,
    /// The API's deployments.
    Deployments,
}

/// Stages, and the parts of the one that is shown.
#[derive(Debug, Default)]
pub(super) struct Stages {
    cursor: Cursor<String>,
    filter: String,
    /// What the right side shows: it follows the cursor when that has come to rest.
    shown: Option<String>,
    api: Option<String>,
    focus: Focus,
    variables: Cursor<String>,
    deployments: Cursor<String>,
}

impl Stages {
    fn stages_shown<'a>(&self, stages: &'a [Stage]) -> Vec<&'a Stage> {
        stages
            .iter()
            .filter(|s| contains(&self.filter, &s.stage_name))
            .collect()
    }

    fn keys(&self, app: &App) -> Vec<String> {
        let all = stages(app).unwrap_or_default();
        let shown = self.stages_shown(all);
        shown.iter().map(|s| s.stage_name.clone()).collect()
    }

    /// Puts the cursor where it was, or on the stage that is worked on.
    fn keep(&mut self, app: &App) {
        let api = app.selection.api.as_ref().map(|api| api.id.clone());
        if self.api != api {
            *self = Self {
                api,
                ..Self::default()
            };
        }
        if self.shown.is_none()
            && let Some(stage) = &app.selection.stage
        {
            self.cursor.select(stage.clone());
            self.shown = Some(stage.clone());
        }
        let keys = self.keys(app);
        self.cursor.keep(&keys);
        if let Some(stage) = self.stage(app) {
            self.variables.keep(&variable_names(stage));
        }
        self.deployments.keep(&deployment_ids(app));
    }

    /// The stage that is shown.
    fn stage<'a>(&self, app: &'a App) -> Option<&'a Stage> {
        let name = self.shown.as_ref()?;
        stages(app)?.iter().find(|s| s.stage_name == *name)
    }

    fn settle(&mut self) -> Vec<Command> {
        self.shown = self.cursor.key().cloned();
        let stage = self.shown.clone();
        stage
            .map(|stage| Command::Tell(Message::ChooseStage(stage)))
            .into_iter()
            .collect()
    }

    fn go(&mut self, movement: Move, app: &App) -> Vec<Command> {
        match (self.focus, movement) {
            (Focus::List, Move::Back) => return vec![Command::Go(PaneId::Apis)],
            (_, Move::Back) | (Focus::Variables | Focus::Deployments, Move::Left) => {
                self.focus = Focus::List;
            }
            (Focus::List, Move::Open | Move::Right) => {
                self.focus = Focus::Variables;
                return self.settle();
            }
            (focus, Move::NextRegion) => {
                self.focus = match focus {
                    Focus::List => Focus::Variables,
                    Focus::Variables => Focus::Deployments,
                    Focus::Deployments => Focus::List,
                };
                return self.settle();
            }
            (focus, Move::PreviousRegion) => {
                self.focus = match focus {
                    Focus::List => Focus::Deployments,
                    Focus::Variables => Focus::List,
                    Focus::Deployments => Focus::Variables,
                };
                return self.settle();
            }
            (Focus::List, movement) => {
                let keys = self.keys(app);
                if self.cursor.go(movement, &keys) {
                    return vec![Command::Follow];
                }
            }
            (Focus::Variables, Move::Open) => return self.change("stages.edit", app),
            (Focus::Deployments, Move::Open) => return self.change("stages.roll-back", app),
            (Focus::Variables, movement) => {
                if let Some(stage) = self.stage(app) {
                    let names = variable_names(stage);
                    // Past the last variable come the deployments.
                    let last = self.variables.index() + 1 >= names.len();
                    if movement == Move::Down && last {
                        self.focus = Focus::Deployments;
                    } else {
                        self.variables.go(movement, &names);
                    }
                }
            }
            (Focus::Deployments, Move::Up) if self.deployments.index() == 0 => {
                self.focus = Focus::Variables;
            }
            (Focus::Deployments, movement) => {
                self.deployments.go(movement, &deployment_ids(app));
            }
        }
        Vec::new()
    }

    fn draw_list(&mut self, canvas: &mut Canvas<'_>, area: Rect, app: &App, all: &[Stage]) {
        let shown = self.stages_shown(all);
        if all.is_empty() {
            let text = "No stages: nothing of this API is served yet. ⟨stages.deploy⟩ deploys it to a new one.";
            status::paragraph(canvas, area, text, Meaning::Dim, 4);
            return;
        }
        let columns = [
            Column::left("", 10),
            Column::left("", 0),
            Column::right("", 5),
        ];
        let now = canvas.now();
        let signs = canvas.signs();
        let focused = self.focus == Focus::List;
        let row = |index: usize| {
            let stage = shown[index];
            let (mut words, meaning) = state(app, stage, signs);
            if let Some(canary) = &stage.canary_settings {
                words = format!("{words}  {} {} %", signs.half, canary.percent_traffic);
            }
            vec![
                (stage.stage_name.clone(), Meaning::Text),
                (words, meaning),
                (age(now, stage.last_updated_date), Meaning::Dim),
            ]
        };
        table(
            canvas,
            area,
            &columns,
            shown.len(),
            &mut self.cursor,
            focused,
            row,
        );
    }

    /// What deploying would change, as a text.
    fn difference(&self, app: &App) -> Option<Text> {
        let (api, stage) = (app.selection.api.as_ref()?, self.stage(app)?);
        let changes = app.store.changes(&api.id, &stage.stage_name);
        let Some(Changes::Known(changes)) = changes.value() else {
            return None;
        };
        let title = format!("deploying to {} would change", stage.stage_name);
        Some(Text::new(title, difference_lines(changes)))
    }
}

impl Stages {
    /// The deployment under the cursor, when the history has the keys.
    fn deployment<'a>(&self, app: &'a App) -> Option<&'a Deployment> {
        let id = self
            .deployments
            .key()
            .filter(|_| self.focus == Focus::Deployments)?;
        deployments(app).iter().find(|d| d.id == *id)
    }

    /// Why the stage can't be pointed to another deployment: with a canary it can only be moved to the canary's.
    fn not_movable(&self, app: &App, stage: &Stage) -> Option<String> {
        let canary = stage.canary_settings.as_ref()?;
        let chosen = self.deployment(app).map(|d| &d.id);
        (chosen.is_none() || chosen != canary.deployment_id.as_ref()).then(|| {
            format!(
                "{} has a canary: promote it or remove it first (6)",
                stage.stage_name
            )
        })
    }

    fn not_removable(&self, app: &App, stage: &Stage) -> Option<String> {
        match self.focus {
            Focus::List => Some("put the cursor on a variable or a deployment first".to_owned()),
            Focus::Variables => {
                let name = self.variables.key();
                let there = name
                    .is_some_and(|n| stage.variables.as_ref().is_some_and(|v| v.contains_key(n)));
                (!there).then(|| "there is no variable of the stage under the cursor".to_owned())
            }
            Focus::Deployments => {
                let deployment = self.deployment(app)?;
                let serving = stages(app).unwrap_or_default().iter().find(|s| {
                    let canary = s
                        .canary_settings
                        .as_ref()
                        .and_then(|c| c.deployment_id.as_ref());
                    s.deployment_id == deployment.id || canary == Some(&deployment.id)
                });
                serving.map(|s| format!("{} serves it", s.stage_name))
            }
        }
    }

    /// Actions that change something.
    fn change(&self, action: &str, app: &App) -> Vec<Command> {
        let Some(api) = &app.selection.api else {
            return Vec::new();
        };
        let Some(stage) = self.stage(app) else {
            return match action {
                "stages.deploy" | "stages.new" => {
                    vec![Command::open(edit::new_stage(api, deployments(app)))]
                }
                _ => Vec::new(),
            };
        };
        let variable = self
            .variables
            .key()
            .filter(|_| self.focus == Focus::Variables);
        let command = match action {
            "stages.deploy" => Command::open(edit::deploy(app, api, stage)),
            "stages.new" => Command::open(edit::new_stage(api, deployments(app))),
            "stages.roll-back" => match self.deployment(app) {
                Some(deployment) if deployment.id == stage.deployment_id => {
                    Command::note(format!("{} serves this deployment", stage.stage_name))
                }
                Some(deployment) => {
                    Command::propose(ops::stages::roll_back(api, stage, deployment))
                }
                None => Command::open(edit::roll_back(api, stage, deployments(app), app.wall())),
            },
            "stages.edit" if variable.is_some() => {
                Command::open(edit::variable(api, stage, variable.map(String::as_str)))
            }
            "stages.edit" | "stages.settings" => Command::open(edit::settings(api, stage)),
            "stages.add" => Command::open(edit::variable(api, stage, None)),
            "stages.remove" => match (variable, self.deployment(app)) {
                (Some(name), _) => Command::propose(ops::stages::remove_variable(api, stage, name)),
                (None, Some(deployment)) => {
                    Command::propose(ops::stages::delete_deployment(api, deployment))
                }
                (None, None) => return Vec::new(),
            },
            "stages.flush" => Command::propose(ops::stages::flush_cache(api, &stage.stage_name)),
            "stages.delete" => Command::propose(ops::stages::delete(api, stage)),
            _ => return Vec::new(),
        };
        vec![command]
    }
}

impl Pane for Stages {
    fn id(&self) -> PaneId {
        PaneId::Stages
    }

    fn context(&self) -> &'static Context {
        &CONTEXT
    }

    fn needs(&self, app: &App) -> Vec<Query> {
        let Some(api) = app.selection.api.as_ref().map(|api| api.id.clone()) else {
            return Vec::new();
        };
        let mut needs = vec![
            Query::Stages { api: api.clone() },
            Query::Deployments { api: api.clone() },
        ];
        let stages = stages(app).unwrap_or_default();
        needs.extend(stages.iter().map(|stage| Query::Changes {
            api: api.clone(),
            stage: stage.stage_name.clone(),
        }));
        needs
    }

    fn blocked(&self, action: &str, app: &App) -> Option<String> {
        let Some(api) = &app.selection.api else {
            return Some("choose an API first: ⟨global.apis⟩ lists them".to_owned());
        };
        let Some(stage) = self.stage(app) else {
            return (action != "stages.deploy" && action != "stages.new")
                .then(|| "there is no stage".to_owned());
        };
        match action {
            "stages.roll-back" if deployments(app).len() < 2 => {
                return Some("there is no other deployment".to_owned());
            }
            "stages.roll-back" => return self.not_movable(app, stage),
            "stages.flush" if !stage.cache_cluster_enabled => {
                return Some("the stage has no cache".to_owned());
            }
            "stages.remove" => return self.not_removable(app, stage),
            _ => {}
        }
        if action == "stages.difference" {
            return match app.store.changes(&api.id, &stage.stage_name).value() {
                Some(Changes::Known(changes)) if changes.is_empty() => {
                    Some(format!("{} serves what is saved", stage.stage_name))
                }
                Some(Changes::Known(_)) => None,
                Some(Changes::CantTell(why)) => Some(format!("can't tell: {why}")),
                None => Some("not known yet".to_owned()),
            };
        }
        None
    }

    fn filters(&self) -> bool {
        true
    }

    fn update(&mut self, event: PaneEvent<'_>, app: &App) -> Vec<Command> {
        self.keep(app);
        match event {
            PaneEvent::Filter(text) => {
                text.clone_into(&mut self.filter);
                self.keep(app);
                return vec![Command::Follow];
            }
            PaneEvent::Settled => return self.settle(),
            PaneEvent::Shown => {
                if let Some(stage) = &app.selection.stage {
                    self.cursor.select(stage.clone());
                    self.shown = Some(stage.clone());
                }
            }
            PaneEvent::Move(movement) => return self.go(movement, app),
            PaneEvent::Act("stages.difference") => {
                if let Some(text) = self.difference(app) {
                    return vec![Command::open(text)];
                }
            }
            PaneEvent::Act("stages.copy-url") => {
                if let (Some(api), Some(stage)) = (&app.selection.api, self.stage(app)) {
                    let url = app.session.stage_url(&api.id, &stage.stage_name);
                    return vec![Command::copy("URL", url)];
                }
            }
            PaneEvent::Act(name) => return self.change(name, app),
            _ => {}
        }
        Vec::new()
    }

    fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, app: &App) {
        self.keep(app);
        let Some(api) = &app.selection.api else {
            status::paragraph(
                canvas,
                area,
                "No API is chosen. ⟨global.apis⟩ lists them.",
                Meaning::Dim,
                2,
            );
            return;
        };
        let regions = Regions::split(canvas, area, LIST_WIDTH, self.focus != Focus::List);
        let remote = app.store.stages(&api.id);
        if let Some(left) = regions.left() {
            let left = Rect {
                width: left.width - 1,
                ..left
            };
            let body = titled(canvas, left, "Stages", self.focus == Focus::List);
            if let Some((all, body)) = status::remote(canvas, body, app, &remote, "stages") {
                self.draw_list(canvas, body, app, all);
            }
        }
        if let Some(right) = regions.right()
            && let Some(stage) = self.stage(app)
        {
            let detail = detail::Detail {
                app,
                api,
                stage,
                deployments: &app.store.deployments(&api.id),
                focus: self.focus,
            };
            detail.draw(canvas, right, &mut self.variables, &mut self.deployments);
        }
    }
}

fn stages(app: &App) -> Option<&[Stage]> {
    let api = app.selection.api.as_ref()?;
    app.store.stages(&api.id).value().copied()
}

fn deployment_ids(app: &App) -> Vec<String> {
    deployments(app).iter().map(|d| d.id.clone()).collect()
}

/// Whether a stage serves what is saved, as a sign and words.
fn state(app: &App, stage: &Stage, signs: &crate::console::ui::signs::Signs) -> (String, Meaning) {
    let Some(api) = &app.selection.api else {
        return (String::new(), Meaning::Dim);
    };
    match app.store.changes(&api.id, &stage.stage_name).value() {
        Some(Changes::Known(changes)) if changes.is_empty() => {
            (format!("{} in step", signs.on), Meaning::Good)
        }
        Some(Changes::Known(changes)) => (
            format!("{} {}", signs.changed, changes.len()),
            Meaning::Changed,
        ),
        Some(Changes::CantTell(_)) => ("? can't tell".to_owned(), Meaning::Dim),
        None => (signs.none.to_owned(), Meaning::Dim),
    }
}
