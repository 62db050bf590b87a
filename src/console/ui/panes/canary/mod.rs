//! A stage's canary: one decision, and everything that is needed to take it.

mod draw;
mod edit;
mod seen;
mod stats;

use std::time::Duration;

use ratatui::layout::{Position, Rect};

use super::chosen::{Here, choose_stage, deployments, variable_names};
use super::measured::{Ranges, wake_at};
use crate::aws::{Query, ops};
use crate::console::app::App;
use crate::console::term::{Mouse, MouseKind};
use crate::console::ui::canvas::Canvas;
use crate::console::ui::keymap::{Action, Context};
use crate::console::ui::pane::{Command, Pane, PaneEvent, PaneId};
use crate::console::ui::status;
use crate::console::ui::theme::Meaning;
use crate::console::ui::widgets::{Cursor, Move};
use crate::model::CanarySettings;
use seen::Reads;

/// What can be done with a canary.
pub(super) const CONTEXT: Context = Context {
    name: "canary",
    title: "Canary",
    actions: &[
        Action::new(
            "canary.less",
            &["left", "h"],
            "1 % less",
            "Moves the slider down by 1 %",
        ),
        Action::new(
            "canary.more",
            &["right", "l"],
            "1 % more",
            "Moves the slider up by 1 %",
        ),
        Action::new(
            "canary.apply",
            &["enter"],
            "apply",
            "Gives the canary the share that the slider shows, with one call",
        ),
        Action::new(
            "canary.promote",
            &["P"],
            "promote",
            "Makes the canary the base: all requests get its deployment and variables, and the canary ends",
        ),
        Action::new(
            "canary.abort",
            &["X"],
            "abort",
            "Ends the canary: all requests get the base",
        ),
        Action::new(
            "canary.type",
            &["="],
            "type %",
            "Gives the canary a typed share",
        ),
        Action::new(
            "canary.new",
            &["n"],
            "new canary",
            "Deploys what is saved to the canary, which begins if there is none",
        ),
        Action::new(
            "canary.edit",
            &["e"],
            "override",
            "Overrides the variable under the cursor for the canary",
        ),
        Action::new(
            "canary.remove",
            &["x"],
            "no override",
            "Takes the override of the variable under the cursor away",
        ),
        Action::new(
            "canary.add",
            &["a"],
            "add",
            "Gives the canary a variable that the stage hasn't",
        ),
        Action::new(
            "canary.stage",
            &["s"],
            "stage",
            "Chooses another stage of the API",
        ),
        Action::new(
            "canary.much-less",
            &["shift-left", "H"],
            "5 % less",
            "Moves the slider down by 5 %",
        ),
        Action::new(
            "canary.much-more",
            &["shift-right", "L"],
            "5 % more",
            "Moves the slider up by 5 %",
        ),
        Action::new(
            "canary.little-less",
            &[","],
            "0.1 % less",
            "Moves the slider down by 0.1 %",
        ),
        Action::new(
            "canary.little-more",
            &["."],
            "0.1 % more",
            "Moves the slider up by 0.1 %",
        ),
        Action::new(
            "canary.shorter",
            &["["],
            "shorter",
            "Compares over a shorter span",
        ),
        Action::new(
            "canary.longer",
            &["]"],
            "longer",
            "Compares over a longer span",
        ),
    ],
};

/// Between two looks at the figures: often enough to see them move.
const LOOK: Duration = Duration::from_secs(2);

/// The slider, and which variable the cursor is on.
#[derive(Debug)]
pub(super) struct Canary {
    /// Where the slider was moved to and not yet applied, and on which stage.
    moved: Option<(Whose, f64)>,
    variables: Cursor<String>,
    ranges: Ranges,
    /// Where the slider was drawn, for the mouse.
    slider: Rect,
}

/// The API's id and the stage's name.
type Whose = (String, String);

impl Default for Canary {
    fn default() -> Self {
        Self {
            moved: None,
            variables: Cursor::default(),
            ranges: Ranges::QUARTER,
            slider: Rect::default(),
        }
    }
}

impl<'a> Here<'a> {
    fn canary(self) -> Option<&'a CanarySettings> {
        self.stage.canary_settings.as_ref()
    }

    fn whose(self) -> Whose {
        (self.api.id.clone(), self.stage.stage_name.clone())
    }
}

/// A share in percent as AWS takes it: 0 to 100, with two digits after the point.
fn rounded(percent: f64) -> f64 {
    (percent.clamp(0.0, 100.0) * 100.0).round() / 100.0
}

/// A share as it is written: `5.0`, `0.25`.
fn written(percent: f64) -> String {
    let text = format!("{percent:.2}");
    text.strip_suffix('0').unwrap_or(&text).to_owned()
}

impl Canary {
    /// Forgets a slider that was moved on another stage, or to where the stage now is.
    fn keep(&mut self, app: &App) {
        let Some(here) = Here::of(app) else {
            return;
        };
        self.variables.keep(&variable_names(here.stage));
        if let Some((whose, percent)) = &self.moved {
            let there = here
                .canary()
                .is_some_and(|canary| (canary.percent_traffic - percent).abs() < 0.005);
            if *whose != here.whose() || there || here.canary().is_none() {
                self.moved = None;
            }
        }
    }

    /// Where the slider stands.
    fn percent(&self, canary: &CanarySettings) -> f64 {
        let moved = self.moved.as_ref().map(|(_, percent)| *percent);
        moved.unwrap_or(canary.percent_traffic)
    }

    fn slide_to(&mut self, here: Here<'_>, percent: f64) {
        self.moved = Some((here.whose(), rounded(percent)));
    }

    fn slide(&mut self, action: &str, here: Here<'_>) {
        let by = match action {
            "canary.less" => -1.0,
            "canary.more" => 1.0,
            "canary.much-less" => -5.0,
            "canary.much-more" => 5.0,
            "canary.little-less" => -0.1,
            "canary.little-more" => 0.1,
            _ => return,
        };
        if let Some(canary) = here.canary() {
            self.slide_to(here, self.percent(canary) + by);
        }
    }

    /// The slider follows the mouse.
    fn point(&mut self, mouse: Mouse, here: Here<'_>) {
        let area = self.slider;
        let at = Position::new(mouse.column, mouse.row);
        if matches!(mouse.kind, MouseKind::Press | MouseKind::Drag)
            && area.contains(at)
            && area.width > 3
            && here.canary().is_some()
        {
            let cell = mouse.column.saturating_sub(area.x + 1).min(area.width - 3);
            self.slide_to(
                here,
                (100.0 * f64::from(cell) / f64::from(area.width - 3)).round(),
            );
        }
    }

    /// Actions that change something on the other side.
    fn change(&self, action: &str, app: &App, here: Here<'_>) -> Option<Command> {
        let Here { api, stage } = here;
        let variable = self.variables.key();
        Some(match action {
            "canary.new" => Command::open(edit::new_canary(app, api, stage)),
            "canary.apply" => {
                let (_, percent) = self.moved.as_ref()?;
                Command::propose(ops::canary::set_percent(api, stage, *percent))
            }
            "canary.type" => Command::open(edit::percent(api, stage, self.percent(here.canary()?))),
            "canary.promote" => Command::propose(ops::canary::promote(api, stage, here.canary()?)),
            "canary.abort" => Command::propose(ops::canary::abort(api, stage, here.canary()?)),
            "canary.edit" => {
                Command::open(edit::variable(api, stage, variable.map(String::as_str)))
            }
            "canary.add" => Command::open(edit::variable(api, stage, None)),
            "canary.remove" => {
                Command::propose(ops::canary::override_variable(api, stage, variable?, None))
            }
            _ => return None,
        })
    }
}

impl Pane for Canary {
    fn id(&self) -> PaneId {
        PaneId::Canary
    }

    fn context(&self) -> &'static Context {
        &CONTEXT
    }

    fn needs(&self, app: &App) -> Vec<Query> {
        let Some(api) = &app.selection.api else {
            return Vec::new();
        };
        let mut needs = vec![
            Query::Stages {
                api: api.id.clone(),
            },
            Query::Deployments {
                api: api.id.clone(),
            },
        ];
        if let Some(here) = Here::of(app).filter(|here| here.canary().is_some()) {
            let range = self.ranges.range(app);
            needs.extend(Reads::new(app, api, &here.stage.stage_name, range).queries(app));
        }
        needs
    }

    fn blocked(&self, action: &str, app: &App) -> Option<String> {
        if app.selection.api.is_none() {
            return Some("choose an API first: ⟨global.apis⟩ lists them".to_owned());
        }
        let Some(here) = Here::of(app) else {
            return Some("there is no stage: ⟨global.stages⟩ makes one".to_owned());
        };
        let Some(canary) = here.canary() else {
            let possible = matches!(action, "canary.new" | "canary.stage");
            return (!possible).then(|| {
                format!(
                    "{} has no canary: ⟨canary.new⟩ begins one",
                    here.stage.stage_name
                )
            });
        };
        let variable = self.variables.key();
        match action {
            "canary.apply" if self.moved.is_none() => {
                Some("move the slider first, with left and right".to_owned())
            }
            "canary.edit" if variable.is_none() => {
                Some("there is no variable: ⟨canary.add⟩ adds one to the canary".to_owned())
            }
            "canary.remove" => {
                let overrides = canary.stage_variable_overrides.as_ref();
                let there =
                    variable.is_some_and(|name| overrides.is_some_and(|o| o.contains_key(name)));
                (!there).then(|| "the variable under the cursor isn't overridden".to_owned())
            }
            "canary.shorter" => self.ranges.no_shorter(app),
            "canary.longer" => self.ranges.no_longer(),
            _ => None,
        }
    }

    fn wake_at(&self, app: &App) -> Option<Duration> {
        let here = Here::of(app).filter(|here| here.canary().is_some())?;
        let range = self.ranges.range(app);
        let reads = Reads::new(app, here.api, &here.stage.stage_name, range);
        let queries = reads.queries(app);
        queries
            .iter()
            .filter_map(|query| wake_at(app, query, LOOK))
            .min()
    }

    fn update(&mut self, event: PaneEvent<'_>, app: &App) -> Vec<Command> {
        self.keep(app);
        let Some(here) = Here::of(app) else {
            return match event {
                PaneEvent::Move(Move::Back) => vec![Command::Go(PaneId::Stages)],
                _ => Vec::new(),
            };
        };
        match event {
            // Escape takes the slider back before it leaves.
            PaneEvent::Move(Move::Back) if self.moved.is_some() => self.moved = None,
            PaneEvent::Move(Move::Back) => return vec![Command::Go(PaneId::Stages)],
            PaneEvent::Move(movement) => {
                self.variables.go(movement, &variable_names(here.stage));
            }
            PaneEvent::Mouse(mouse) => self.point(mouse, here),
            PaneEvent::Act("canary.stage") => {
                return choose_stage(app).into_iter().collect();
            }
            PaneEvent::Act("canary.shorter") => self.ranges.shorter(app),
            PaneEvent::Act("canary.longer") => self.ranges.longer(app),
            PaneEvent::Act(action) => {
                self.slide(action, here);
                self.keep(app);
                return self.change(action, app, here).into_iter().collect();
            }
            _ => {}
        }
        Vec::new()
    }

    fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, app: &App) {
        self.keep(app);
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
                "The API has no stage, so nothing is served that could have a canary. ⟨global.stages⟩ makes one.",
            );
        };
        let range = self.ranges.range(app);
        let reads = Reads::new(app, api, &here.stage.stage_name, range);
        let screen = draw::Screen {
            app,
            here,
            deployments: deployments(app),
            range,
            moved: self.moved.as_ref().map(|(_, percent)| *percent),
            seen: &reads.seen(app),
        };
        self.slider = screen.draw(canvas, area, &mut self.variables);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_written_with_the_digits_they_have() {
        assert_eq!(
            [5.0, 0.1, 0.25, 100.0].map(written),
            ["5.0", "0.1", "0.25", "100.0"]
        );
        for (percent, expected) in [(-1.0, "0.0"), (0.1 + 0.2, "0.3"), (123.0, "100.0")] {
            assert_eq!(written(rounded(percent)), expected);
        }
    }
}
