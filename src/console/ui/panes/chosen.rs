//! The method and the stage that are worked on, found in what was read; and menus that choose others.

use crate::aws::ops::At;
use crate::aws::{Api, Query};
use crate::console::app::{App, Message, MethodName, Remote, Sample};
use crate::console::ui::layers::{Choice, Choose};
use crate::console::ui::pane::Command;
use crate::model::{Deployment, IntegrationType, Map, Method, Resource, Stage};

/// The method that is worked on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chosen<'a> {
    pub(super) api: &'a Api,
    pub(super) resource: &'a Resource,
    pub(super) method: &'a Method,
}

impl<'a> Chosen<'a> {
    /// It, if one is chosen and it is there.
    pub(super) fn of(app: &'a App) -> Option<Self> {
        let api = app.selection.api.as_ref()?;
        let (path, verb) = app.selection.method.as_ref()?;
        let resources: &'a [Resource] = app.store.resources(&api.id).value().copied()?;
        let resource = resources.iter().find(|r| r.path == *path)?;
        let method = resource.resource_methods.get(verb)?;
        Some(Self {
            api,
            resource,
            method,
        })
    }

    /// `POST /pets`
    pub(super) fn words(&self) -> String {
        format!("{} {}", self.method.http_method, self.resource.path)
    }

    pub(super) fn name(&self) -> MethodName {
        MethodName {
            api: self.api.id.clone(),
            path: self.resource.path.clone(),
            verb: self.method.http_method.clone(),
        }
    }

    /// Where operations find it.
    pub(super) fn at(&self) -> At<'a> {
        At {
            api: self.api,
            resource: self.resource,
            verb: &self.method.http_method,
        }
    }

    /// What it is tried with.
    pub(super) fn sample(&self, app: &App) -> Sample {
        app.samples.of(&self.name(), self.method)
    }

    /// From now on it is tried with this.
    pub(super) fn try_with(&self, sample: Sample) -> Command {
        Command::Tell(Message::TryWith(self.name(), Box::new(sample)))
    }
}

/// The stage that is worked on, and its API.
#[derive(Clone, Copy)]
pub(super) struct Here<'a> {
    pub(super) api: &'a Api,
    pub(super) stage: &'a Stage,
}

impl<'a> Here<'a> {
    /// It, if one is chosen and it is there.
    pub(super) fn of(app: &'a App) -> Option<Self> {
        let api = app.selection.api.as_ref()?;
        let name = app.selection.stage.as_ref()?;
        let stages: &'a [Stage] = app.store.stages(&api.id).value().copied()?;
        let stage = stages.iter().find(|stage| stage.stage_name == *name)?;
        Some(Self { api, stage })
    }
}

/// The stage that is worked on.
pub(super) fn stage(app: &App) -> Option<&Stage> {
    Here::of(app).map(|here| here.stage)
}

/// The names of a stage's variables and of those that its canary overrides, sorted.
pub(super) fn variable_names(stage: &Stage) -> Vec<String> {
    let canary = stage.canary_settings.as_ref();
    let overrides = canary.and_then(|canary| canary.stage_variable_overrides.as_ref());
    let all = stage.variables.iter().chain(overrides);
    let mut names: Vec<String> = all.flat_map(|map| map.keys()).cloned().collect();
    names.sort();
    names.dedup();
    names
}

/// The API's deployments as far as they are known, newest first.
pub(super) fn deployments(app: &App) -> &[Deployment] {
    let api = app.selection.api.as_ref();
    let all = api.map(|api| app.store.deployments(&api.id));
    all.and_then(|all| all.value().copied()).unwrap_or_default()
}

/// The variables of the stage that is worked on.
pub(super) fn stage_variables(app: &App) -> Map<String> {
    let variables = stage(app).and_then(|stage| stage.variables.clone());
    variables.unwrap_or_default()
}

/// What panes of one method read.
pub(super) fn needs(app: &App) -> Vec<Query> {
    let api = app.selection.api.as_ref();
    api.map(|api| Query::Resources {
        api: api.id.clone(),
    })
    .into_iter()
    .collect()
}

/// Chooses a method when none was: one with a request template if there is such a one, so that the pane has something to show.
pub(super) fn first_method(app: &App) -> Option<Command> {
    let api = app.selection.api.as_ref()?;
    if app.selection.method.is_some() {
        return None;
    }
    let resources: &[Resource] = app.store.resources(&api.id).value().copied()?;
    let methods = || {
        let of = |resource: &'_ Resource| -> Vec<(String, String, bool)> {
            let each = resource.resource_methods.values().map(|method| {
                let integration = method.method_integration.as_ref();
                let mapped = integration.is_some_and(|i| {
                    i.integration_type != IntegrationType::Mock && !i.request_templates.is_empty()
                });
                (resource.path.clone(), method.http_method.clone(), mapped)
            });
            each.collect()
        };
        resources.iter().flat_map(of)
    };
    let (path, verb, _) = methods()
        .find(|(_, _, mapped)| *mapped)
        .or_else(|| methods().next())?;
    Some(Command::Tell(Message::ChooseMethod { path, verb }))
}

/// Why there is no method to work on, and what to do; `menu` is the action that lists all methods.
pub(super) fn missing(app: &App, menu: &str) -> String {
    let Some(api) = &app.selection.api else {
        return "choose an API first: ⟨global.apis⟩ lists them".to_owned();
    };
    match (&app.selection.method, app.store.resources(&api.id)) {
        (_, Remote::Never | Remote::Loading { .. }) => "the resources are being loaded".to_owned(),
        (None, _) => format!("choose a method first: ⟨{menu}⟩ lists them"),
        (Some(_), _) => format!("the method that was chosen is gone: ⟨{menu}⟩ lists the others"),
    }
}

/// A menu of all methods of the API.
pub(super) fn choose_method(app: &App) -> Option<Command> {
    let api = app.selection.api.as_ref()?;
    let resources: &[Resource] = app.store.resources(&api.id).value().copied()?;
    let methods = resources.iter().flat_map(|resource| {
        resource.resource_methods.values().map(|method| Choice {
            value: format!("{} {}", method.http_method, resource.path),
            label: format!("{:<7} {}", method.http_method, resource.path),
            note: method
                .method_integration
                .as_ref()
                .map_or("no integration", |i| i.integration_type.name())
                .to_owned(),
        })
    });
    let current = app.selection.method.as_ref();
    let current = current.map(|(path, verb)| format!("{verb} {path}"));
    let menu = Choose::new("method", methods.collect(), current.as_deref(), |value| {
        let (verb, path) = value.split_once(' ').unwrap_or((value, ""));
        vec![Command::Tell(Message::ChooseMethod {
            path: path.to_owned(),
            verb: verb.to_owned(),
        })]
    });
    Some(Command::open(menu))
}

/// A menu of the API's stages.
pub(super) fn choose_stage(app: &App) -> Option<Command> {
    let api = app.selection.api.as_ref()?;
    let stages: &[Stage] = app.store.stages(&api.id).value().copied()?;
    let choices = stages.iter().map(|stage| Choice {
        value: stage.stage_name.clone(),
        label: stage.stage_name.clone(),
        note: stage_note(stage),
    });
    let current = app.selection.stage.as_deref();
    let title = format!("stage of {}", api.name);
    let menu = Choose::new(title, choices.collect(), current, |value| {
        vec![Command::Tell(Message::ChooseStage(value.to_owned()))]
    });
    Some(Command::open(menu))
}

/// What tells a stage from the others: its variables and its canary.
fn stage_note(stage: &Stage) -> String {
    let variables = match stage.variables.as_ref().map_or(0, Map::len) {
        0 => "no variables".to_owned(),
        1 => "1 variable".to_owned(),
        n => format!("{n} variables"),
    };
    match &stage.canary_settings {
        Some(canary) => format!("{variables}, canary {} %", canary.percent_traffic),
        None => variables,
    }
}
