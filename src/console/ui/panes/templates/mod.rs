//! Mapping templates: type on the left, truth on the right. The output follows the typing, over a sample request and the variables of the
//! stage that is worked on.

mod acts;
mod draft;
mod output;
#[cfg(test)]
mod tests;
mod view;
mod which;

use std::collections::HashMap;

use ratatui::layout::Rect;

use super::chosen::{self, Chosen};
use super::request::RequestForm;
use crate::aws::ops::integrations::{save_request_template, save_response_template};
use crate::aws::{Danger, Op, OpDone, Query};
use crate::console::app::{App, MethodName, Preview, Rendering, Work, context};
use crate::console::ui::canvas::Canvas;
use crate::console::ui::keymap::{Action, Context};
use crate::console::ui::pane::{Command, Pane, PaneEvent, PaneId};
use crate::console::ui::widgets::Move;
use crate::vtl::{ErrorKind, Limits, parse};

use draft::{Draft, State};
use output::Output;
use which::{Side, Which};

/// What can be done with templates.
pub(super) const CONTEXT: Context = Context {
    name: "templates",
    title: "Templates",
    actions: &[
        Action::new("templates.edit", &["e"], "edit", "Types in the template"),
        Action::new(
            "templates.save",
            &["ctrl-s"],
            "save",
            "Saves the template to the API; stages get it at the next deployment",
        ),
        Action::new(
            "templates.sample",
            &["s"],
            "sample",
            "Types in the sample's body",
        ),
        Action::new(
            "templates.other",
            &["o"],
            "others",
            "Shows another template of the method",
        ),
        Action::new(
            "templates.add",
            &["a"],
            "add",
            "Adds a template for another content type or response",
        ),
        Action::new(
            "templates.difference",
            &["="],
            "difference",
            "Shows what was typed beside what is saved",
        ),
        Action::new(
            "templates.revert",
            &["R"],
            "revert",
            "Goes back to the saved text; again brings the typed one back",
        ),
        Action::new(
            "templates.problem",
            &["p"],
            "problem",
            "Goes to the next problem",
        ),
        Action::new(
            "templates.row",
            &["n"],
            "add row",
            "Adds a parameter, header or variable to the sample",
        ),
        Action::new(
            "templates.remove-row",
            &["x"],
            "remove row",
            "Takes the sample's row under the cursor away",
        ),
        Action::new(
            "templates.copy-output",
            &["y"],
            "copy output",
            "Copies the output",
        ),
        Action::new(
            "templates.copy",
            &["Y"],
            "copy template",
            "Copies the template",
        ),
        Action::new(
            "templates.stage",
            &["S"],
            "stage",
            "Takes the variables of another stage, and works on it",
        ),
        Action::new(
            "templates.method",
            &["m"],
            "method",
            "Works on another method",
        ),
        Action::new("templates.test", &["t"], "test", "Tests the method"),
    ],
};

/// While the template or the sample is typed in.
pub(super) const TYPING: Context = Context {
    name: "templates-typing",
    title: "Templates, while typing",
    actions: &[
        Action::new(
            "templates-typing.save",
            &["ctrl-s"],
            "save",
            "Saves the template to the API; stages get it at the next deployment",
        ),
        Action::new(
            "templates-typing.other",
            &["ctrl-t"],
            "sample",
            "Types in the sample, or in the template again",
        ),
        Action::new(
            "templates-typing.problem",
            &["ctrl-g"],
            "problem",
            "Goes to the next problem",
        ),
        Action::new(
            "templates-typing.undo",
            &["ctrl-u"],
            "undo",
            "Takes back the last change of the text",
        ),
        Action::new(
            "templates-typing.redo",
            &["ctrl-r"],
            "redo",
            "Does again what was taken back",
        ),
        Action::new(
            "templates-typing.done",
            &["esc"],
            "done",
            "Stops typing; the text stays as it is",
        ),
    ],
};

/// A part of the pane that can have the focus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Region {
    #[default]
    Template,
    Sample,
    Output,
}

/// Drafts, the sample's rows, and where the output is scrolled to.
#[derive(Debug, Default)]
pub(super) struct Templates {
    drafts: HashMap<Which, Draft>,
    /// The template that each method was left at.
    at: HashMap<MethodName, (Side, String)>,
    form: RequestForm,
    output: Output,
    focus: Region,
    /// The template is typed in.
    typing: bool,
    /// What was sent to be saved, to know it again when it is done.
    saving: Option<(Which, Op, String)>,
}

impl Templates {
    /// The templates of the method: the saved ones, then those that are only drafts.
    fn all(&self, chosen: &Chosen<'_>) -> Vec<Which> {
        let mut all = which::all(chosen);
        let name = chosen.name();
        let mut new: Vec<&Which> = self
            .drafts
            .iter()
            .filter(|(which, draft)| which.method == name && draft.state() == State::New)
            .map(|(which, _)| which)
            .filter(|which| !all.contains(which))
            .collect();
        new.sort_by_key(|which| (&which.side, &which.content_type));
        all.extend(new.into_iter().cloned());
        all
    }

    /// The template that is shown.
    fn which(&self, chosen: &Chosen<'_>) -> Option<Which> {
        let all = self.all(chosen);
        let at = self.at.get(&chosen.name());
        let found = at.and_then(|(side, content_type)| {
            all.iter()
                .find(|w| w.side == *side && w.content_type == *content_type)
        });
        found.or(all.first()).cloned()
    }

    fn show(&mut self, which: &Which) {
        let at = (which.side.clone(), which.content_type.clone());
        self.at.insert(which.method.clone(), at);
    }

    /// Takes note of what is chosen and saved now; gives the template that is shown.
    fn keep(&mut self, chosen: &Chosen<'_>, app: &App) -> Option<Which> {
        let which = self.which(chosen)?;
        self.form.keep(chosen, &which.side.body(), app);
        let saved = which.saved(chosen.method);
        let draft = self
            .drafts
            .entry(which.clone())
            .or_insert_with(|| Draft::new(saved));
        draft.follow(saved);
        Some(which)
    }

    fn preview<'a>(&self, app: &'a App) -> Option<&'a Preview> {
        let which = self.which(&Chosen::of(app)?)?;
        let (preview, _) = app.bench.preview(&which.words())?;
        Some(preview)
    }

    /// The operation that saves the draft.
    fn save(&mut self, chosen: &Chosen<'_>, which: &Which) -> Option<Op> {
        let draft = self.drafts.get(which)?;
        let text = draft.editor.text();
        let before = which.saved(chosen.method);
        let content_type = &which.content_type;
        let mut op = match &which.side {
            Side::Request => save_request_template(chosen.at(), content_type, before, &text),
            Side::Response(status) => {
                save_response_template(chosen.at(), status, content_type, before, &text)
            }
        };
        if draft.state() == State::EditedBoth {
            let why = "Somebody saved another text since you began: yours takes its place.";
            op = op.danger(Danger::Confirm(why.to_owned()));
        }
        if let Err(error) = parse(&text, &Limits::default())
            && error.kind == ErrorKind::Syntax
        {
            let why = format!("The template is broken: {error}. Requests would fail.");
            op = op.danger(Danger::Confirm(why));
        }
        self.saving = Some((which.clone(), op.clone(), text));
        Some(op)
    }

    /// Takes note that a template was saved.
    fn done(&mut self, done: &OpDone) {
        if let Some((which, op, text)) = self.saving.take_if(|(_, op, _)| *op == done.op)
            && done.failed.is_none()
            && op.changes()
            && let Some(draft) = self.drafts.get_mut(&which)
        {
            draft.saved(text);
        }
    }
}

impl Pane for Templates {
    fn id(&self) -> PaneId {
        PaneId::Templates
    }

    fn context(&self) -> &'static Context {
        if self.typing() { &TYPING } else { &CONTEXT }
    }

    fn needs(&self, app: &App) -> Vec<Query> {
        chosen::needs(app)
    }

    fn work(&self, app: &App) -> Option<Work> {
        let chosen = Chosen::of(app)?;
        let which = self.which(&chosen)?;
        let template = match self.drafts.get(&which) {
            Some(draft) => draft.editor.text(),
            None => which.saved(chosen.method)?.to_owned(),
        };
        let sample = chosen.sample(app);
        let body = which.side.body().read(&sample);
        let resource = (chosen.resource.id.as_str(), chosen.resource.path.as_str());
        let context = context(
            app.session.account.as_deref(),
            &chosen.api.id,
            resource,
            &chosen.method.http_method,
            &sample.path_with_query(&chosen.resource.path),
            app.selection.stage.as_deref().unwrap_or_default(),
        );
        let variables = chosen::stage_variables(app);
        let mut rendering =
            Rendering::new(which.words(), template, &body, &sample, &variables, context);
        rendering.json = which.is_json();
        Some(Work::Render(Box::new(rendering)))
    }

    fn unsaved(&self) -> Option<String> {
        let unsaved = |draft: &Draft| match draft.state() {
            State::Saved => false,
            State::New => !draft.editor.text().is_empty(),
            State::Edited | State::EditedBoth => true,
        };
        let mut names: Vec<String> = self
            .drafts
            .iter()
            .filter(|(_, draft)| unsaved(draft))
            .map(|(which, _)| which.words())
            .collect();
        names.sort();
        match names.as_slice() {
            [] => None,
            [one] => Some(format!("the template {one}")),
            [first, ..] => Some(format!("{} templates, {first} among them", names.len())),
        }
    }

    fn blocked(&self, action: &str, app: &App) -> Option<String> {
        if action == "templates.method" {
            return app
                .selection
                .api
                .is_none()
                .then(|| chosen::missing(app, "templates.method"));
        }
        let Some(chosen) = Chosen::of(app) else {
            return Some(chosen::missing(app, "templates.method"));
        };
        if action == "templates.test" {
            return None;
        }
        if let Some(why) = which::none_because(chosen.method) {
            return Some(why.trim_end_matches('.').to_owned());
        }
        if action == "templates.add" {
            return None;
        }
        let Some(which) = self.which(&chosen) else {
            return Some("the method has no template yet: ⟨templates.add⟩ adds one".to_owned());
        };
        let draft = self.drafts.get(&which);
        let state = draft.map_or(State::Saved, Draft::state);
        match action {
            "templates.save" | "templates-typing.save" if state == State::Saved => {
                Some("the template is saved as it is".to_owned())
            }
            "templates.difference" if state == State::Saved => {
                Some("what is shown is what is saved".to_owned())
            }
            "templates.revert" if !draft.is_some_and(Draft::can_revert) => {
                Some("there is nothing to take back".to_owned())
            }
            "templates.remove-row" if self.focus != Region::Sample => {
                Some("⟨move.next-region⟩ goes to the sample first".to_owned())
            }
            "templates.copy-output" => {
                let fine = self
                    .preview(app)
                    .is_some_and(|preview| preview.output.is_ok());
                (!fine).then(|| "there is no output".to_owned())
            }
            _ => None,
        }
    }

    fn typing(&self) -> bool {
        self.typing || self.form.typing()
    }

    fn update(&mut self, event: PaneEvent<'_>, app: &App) -> Vec<Command> {
        match event {
            PaneEvent::Done(done) => {
                self.done(done);
                return Vec::new();
            }
            PaneEvent::Act("templates.method") => {
                return chosen::choose_method(app).into_iter().collect();
            }
            PaneEvent::Act("templates.stage") => {
                return chosen::choose_stage(app).into_iter().collect();
            }
            PaneEvent::Act("templates.test") => return vec![Command::Go(PaneId::Test)],
            _ => {}
        }
        let Some(chosen) = Chosen::of(app) else {
            self.typing = false;
            return match event {
                PaneEvent::Move(Move::Back) => vec![Command::Go(PaneId::Resources)],
                PaneEvent::Shown | PaneEvent::Got(_) => {
                    chosen::first_method(app).into_iter().collect()
                }
                _ => Vec::new(),
            };
        };
        match event {
            PaneEvent::Answered(key) => {
                self.answered(&chosen, key);
                self.keep(&chosen, app);
                return Vec::new();
            }
            PaneEvent::Act("templates.add") => return vec![Self::add(&chosen)],
            PaneEvent::Act("templates.other") => return vec![self.others(&chosen)],
            _ => {}
        }
        let Some(which) = self.keep(&chosen, app) else {
            self.typing = false;
            return match event {
                PaneEvent::Move(Move::Back) => vec![Command::Go(PaneId::Resources)],
                _ => Vec::new(),
            };
        };
        match event {
            PaneEvent::Act(action) => self.act(action, &chosen, &which, app),
            PaneEvent::Move(movement) => self.go(movement, &chosen, &which, app),
            PaneEvent::Key(key) if self.typing => {
                if let Some(draft) = self.drafts.get_mut(&which) {
                    draft.editor.type_key(key);
                }
                Vec::new()
            }
            PaneEvent::Paste(text) if self.typing => {
                if let Some(draft) = self.drafts.get_mut(&which) {
                    draft.editor.paste(text);
                }
                Vec::new()
            }
            PaneEvent::Key(key) => {
                let mut sample = chosen.sample(app);
                if self.form.key(key, &mut sample) {
                    return vec![chosen.try_with(sample)];
                }
                Vec::new()
            }
            PaneEvent::Paste(text) => {
                let mut sample = chosen.sample(app);
                if self.form.paste(text, &mut sample) {
                    return vec![chosen.try_with(sample)];
                }
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, app: &App) {
        self.draw_all(canvas, area, app);
    }
}
