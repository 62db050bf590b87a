//! All REST APIs of the region.

use ratatui::layout::Rect;

use crate::aws::{Answer, Api, Query, ops};
use crate::console::app::{App, Level, Message};
use crate::console::ui::canvas::{Canvas, age};
use crate::console::ui::fuzzy::contains;
use crate::console::ui::keymap::{Action, Context};
use crate::console::ui::layers::{Form, FormField};
use crate::console::ui::layout::titled;
use crate::console::ui::pane::{Command, Pane, PaneEvent, PaneId};
use crate::console::ui::status;
use crate::console::ui::theme::Meaning;
use crate::console::ui::widgets::{Column, Cursor, Move, table};
use crate::model::RestApi;

/// What can be done with APIs.
pub(super) const CONTEXT: Context = Context {
    name: "apis",
    title: "APIs",
    actions: &[
        Action::new("apis.open", &["o"], "open", "Works on the API from now on"),
        Action::new("apis.new", &["n"], "new", "Creates an API"),
        Action::new(
            "apis.edit",
            &["e"],
            "edit",
            "Changes the API's name and description",
        ),
        Action::new(
            "apis.delete",
            &["X"],
            "delete",
            "Deletes the API with everything in it",
        ),
        Action::new("apis.copy-id", &["y"], "copy id", "Copies the API's id"),
    ],
};

/// The list of APIs.
#[derive(Debug, Default)]
pub(super) struct Apis {
    cursor: Cursor<String>,
    filter: String,
    /// The API that is to be deleted as soon as its stages are known.
    deleting: Option<String>,
}

impl Apis {
    /// The APIs that the filter lets through.
    fn shown<'a>(&self, apis: &'a [RestApi]) -> Vec<&'a RestApi> {
        let matches = |api: &&RestApi| {
            let about = api.description.as_deref().unwrap_or_default();
            contains(&self.filter, &format!("{} {} {about}", api.name, api.id))
        };
        apis.iter().filter(matches).collect()
    }

    fn keys(&self, app: &App) -> Vec<String> {
        let apis = app.store.apis();
        let shown = self.shown(apis.value().copied().unwrap_or_default());
        shown.iter().map(|api| api.id.clone()).collect()
    }

    /// The API under the cursor.
    fn here<'a>(&self, app: &'a App) -> Option<&'a RestApi> {
        let id = self.cursor.key()?;
        let apis: &'a [RestApi] = app.store.apis().value().copied()?;
        apis.iter().find(|api| api.id == *id)
    }
}

impl Apis {
    /// Proposes to delete the API, once its stages are known: what would stop being served is said in the question.
    fn delete(&mut self, app: &App) -> Vec<Command> {
        let Some(api) = self.deleting.as_ref().and_then(|id| {
            let apis: &[RestApi] = app.store.apis().value().copied()?;
            apis.iter().find(|api| api.id == *id)
        }) else {
            return Vec::new();
        };
        let remote = app.store.stages(&api.id);
        match (remote.value(), remote.error()) {
            (_, Some(error)) => {
                let text = format!("can't tell what would stop being served: {error}");
                self.deleting = None;
                vec![Command::Tell(Message::Say(Level::Failed, text))]
            }
            (Some(stages), None) if !remote.is_awaited() => {
                self.deleting = None;
                vec![Command::propose(ops::apis::delete(&Api::from(api), stages))]
            }
            _ => Vec::new(),
        }
    }
}

fn new_api() -> Form {
    let fields = vec![
        FormField::text("name", "", "what people call it"),
        FormField::text("description", "", "may be empty"),
        FormField::choice(
            "endpoint",
            &["REGIONAL", "EDGE", "PRIVATE"],
            "REGIONAL",
            "space turns it",
        ),
    ];
    Form::new("new API", fields, |values| {
        let name = values.get("name");
        if name.is_empty() {
            return Err("an API needs a name".to_owned());
        }
        let about = values.optional("description");
        let op = ops::apis::create(name, about.as_deref(), values.get("endpoint"));
        Ok(vec![Command::propose(op)])
    })
}

fn edit_api(api: &RestApi) -> Form {
    let about = api.description.clone().unwrap_or_default();
    let fields = vec![
        FormField::text(
            "name",
            &api.name,
            "what people call it; metrics are kept under it",
        ),
        FormField::text("description", &about, "may be empty"),
    ];
    let api = api.clone();
    Form::new(format!("API {}", api.id), fields, move |values| {
        let (name, new_about) = (values.get("name"), values.get("description"));
        if name.is_empty() {
            return Err("an API needs a name".to_owned());
        }
        let mut commands = Vec::new();
        if name != api.name {
            commands.push(Command::propose(ops::apis::rename(&api, name)));
        }
        if new_about != about {
            commands.push(Command::propose(ops::apis::describe(&api, new_about)));
        }
        Ok(commands)
    })
}

impl Pane for Apis {
    fn id(&self) -> PaneId {
        PaneId::Apis
    }

    fn context(&self) -> &'static Context {
        &CONTEXT
    }

    fn needs(&self, _app: &App) -> Vec<Query> {
        let stages = self
            .deleting
            .iter()
            .map(|api| Query::Stages { api: api.clone() });
        std::iter::once(Query::Apis).chain(stages).collect()
    }

    fn blocked(&self, action: &str, app: &App) -> Option<String> {
        let needs_one = action != "apis.new";
        (needs_one && self.here(app).is_none())
            .then(|| "there is no API under the cursor".to_owned())
    }

    fn filters(&self) -> bool {
        true
    }

    fn update(&mut self, event: PaneEvent<'_>, app: &App) -> Vec<Command> {
        let keys = self.keys(app);
        self.cursor.keep(&keys);
        match event {
            PaneEvent::Filter(text) => {
                text.clone_into(&mut self.filter);
                let keys = self.keys(app);
                self.cursor.keep(&keys);
            }
            PaneEvent::Act("apis.open") | PaneEvent::Move(Move::Open | Move::Right) => {
                if let Some(api) = self.here(app) {
                    return vec![
                        Command::Tell(Message::ChooseApi(Api::from(api))),
                        Command::Go(PaneId::Resources),
                    ];
                }
            }
            PaneEvent::Act("apis.copy-id") => {
                if let Some(api) = self.here(app) {
                    return vec![Command::copy("id", api.id.clone())];
                }
            }
            PaneEvent::Done(done) => {
                let made = done.answers.iter().find_map(|answer| match answer {
                    Answer::RestApi { id, .. } => Some(id.clone()),
                    _ => None,
                });
                if let Some(id) = made {
                    self.cursor.select(id);
                }
            }
            PaneEvent::Act("apis.new") => return vec![Command::open(new_api())],
            PaneEvent::Act("apis.edit") => {
                if let Some(api) = self.here(app) {
                    return vec![Command::open(edit_api(api))];
                }
            }
            PaneEvent::Act("apis.delete") => {
                self.deleting = self.here(app).map(|api| api.id.clone());
                return self.delete(app);
            }
            PaneEvent::Got(Query::Stages { .. }) => return self.delete(app),
            PaneEvent::Move(movement) => {
                self.deleting = None;
                self.cursor.go(movement, &keys);
            }
            _ => {}
        }
        Vec::new()
    }

    fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, app: &App) {
        let apis = app.store.apis();
        let count = apis.value().map_or(0, |apis| apis.len());
        let title = match count {
            0 => "APIs".to_owned(),
            1 => "APIs  1".to_owned(),
            n => format!("APIs  {n}"),
        };
        let body = titled(canvas, area, &title, true);
        let Some((apis, body)) = status::remote(canvas, body, app, &apis, "REST APIs") else {
            return;
        };
        if apis.is_empty() {
            let text = format!(
                "No REST APIs in {} of {}. ⟨apis.new⟩ makes one.",
                app.session.region(),
                app.session.name()
            );
            status::paragraph(canvas, body, &text, Meaning::Dim, 3);
            return;
        }
        let shown = self.shown(apis);
        let keys: Vec<String> = shown.iter().map(|api| api.id.clone()).collect();
        self.cursor.keep(&keys);
        if shown.is_empty() {
            canvas.line(body, &[("  no API matches the filter", Meaning::Dim)]);
            return;
        }
        let roomy = area.width >= 100;
        let columns: &[Column] = if roomy {
            &[
                Column::left("name", 28),
                Column::left("id", 12),
                Column::left("endpoint", 9),
                Column::right("created", 7),
                Column::left("description", 0),
            ]
        } else {
            &[
                Column::left("name", 0),
                Column::left("id", 12),
                Column::left("endpoint", 9),
                Column::right("created", 7),
            ]
        };
        let now = canvas.now();
        let none = canvas.signs().none;
        let row = |index: usize| {
            let api = shown[index];
            let types = api.endpoint_configuration.types.join(", ").to_lowercase();
            let mut row = vec![
                (api.name.clone(), Meaning::Text),
                (api.id.clone(), Meaning::Dim),
                (types, Meaning::Dim),
                (age(now, api.created_date), Meaning::Dim),
            ];
            if roomy {
                let about = api.description.as_deref().unwrap_or(none);
                row.push((about.to_owned(), Meaning::Dim));
            }
            row
        };
        table(
            canvas,
            body,
            columns,
            shown.len(),
            &mut self.cursor,
            true,
            row,
        );
    }
}
