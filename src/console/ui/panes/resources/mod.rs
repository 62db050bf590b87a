//! Resources and methods on the left, the life of a method on the right.

mod edit;
mod life;

use ratatui::layout::Rect;

use crate::aws::{Answer, Api, Call, Changes, Id, OpDone, Query, ops};
use crate::console::app::{App, Message};
use crate::console::ui::canvas::{Canvas, Piece};
use crate::console::ui::fuzzy::contains;
use crate::console::ui::keymap::{Action, Context};
use crate::console::ui::layout::{Regions, titled};
use crate::console::ui::pane::{Command, Pane, PaneEvent, PaneId};
use crate::console::ui::status;
use crate::console::ui::theme::Meaning;
use crate::console::ui::widgets::{Branch, Move, Tree, key_values};
use crate::model::difference::{Change, Part, Place};
use crate::model::{Method, Resource};

/// What can be done with resources and methods.
pub(super) const CONTEXT: Context = Context {
    name: "resources",
    title: "Resources",
    actions: &[
        Action::new("resources.test", &["t"], "test", "Tests the method"),
        Action::new(
            "resources.edit",
            &["e"],
            "edit",
            "Changes the box under the cursor, or renames the resource",
        ),
        Action::new(
            "resources.template",
            &["v"],
            "template",
            "Shows the method's mapping templates",
        ),
        Action::new(
            "resources.new-method",
            &["m"],
            "method",
            "Creates a method with a backend, ready to test",
        ),
        Action::new(
            "resources.new",
            &["n"],
            "resource",
            "Creates a resource below this one",
        ),
        Action::new(
            "resources.deploy",
            &["D"],
            "deploy",
            "Goes to the stages, to deploy",
        ),
        Action::new(
            "resources.delete",
            &["X"],
            "delete",
            "Deletes the method, or the resource and all below it",
        ),
        Action::new(
            "resources.copy-url",
            &["y"],
            "copy URL",
            "Copies the URL on the stage that is worked on",
        ),
        Action::new(
            "resources.fold",
            &["z"],
            "fold",
            "Closes all resources, or opens them all",
        ),
    ],
};

/// Cells that the tree gets beside the life.
const TREE_WIDTH: u16 = 42;

/// A resource by its id, or one of its methods.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    resource: String,
    verb: Option<String>,
}

/// The tree, and the boxes of the method that is shown.
#[derive(Debug, Default)]
pub(super) struct Resources {
    tree: Tree<Key>,
    folded: bool,
    filter: String,
    /// What the right side shows: it follows the cursor when that has come to rest.
    shown: Option<Key>,
    /// The API that the cursor and `shown` belong to.
    api: Option<Api>,
    /// The box under the cursor, when the right side has the focus.
    focus: Option<usize>,
    /// The method, path and verb, that this pane last made the one worked on. Another one was chosen by another pane.
    told: Option<(String, String)>,
}

impl Resources {
    /// What is in the tree: a resource, then its methods.
    fn nodes(&self, resources: &[Resource]) -> Vec<Branch<Key>> {
        let mut nodes = Vec::new();
        for resource in resources {
            let matching: Vec<&String> = resource
                .resource_methods
                .keys()
                .filter(|verb| contains(&self.filter, &format!("{verb} {}", resource.path)))
                .collect();
            if matching.is_empty() && !contains(&self.filter, &resource.path) {
                continue;
            }
            let key = |verb: Option<&String>| Key {
                resource: resource.id.clone(),
                verb: verb.cloned(),
            };
            nodes.push(Branch {
                key: key(None),
                depth: 0,
                has_children: !matching.is_empty(),
            });
            nodes.extend(matching.into_iter().map(|verb| Branch {
                key: key(Some(verb)),
                depth: 1,
                has_children: false,
            }));
        }
        nodes
    }

    fn nodes_of(&self, app: &App) -> Vec<Branch<Key>> {
        resources(app).map_or_else(Vec::new, |all| self.nodes(all))
    }

    /// Puts the cursor where it was in the API that is worked on, and forgets another API's.
    fn keep(&mut self, app: &App) {
        if self.api != app.selection.api {
            self.api.clone_from(&app.selection.api);
            let filter = std::mem::take(&mut self.filter);
            *self = Self {
                api: self.api.take(),
                filter,
                ..Self::default()
            };
        }
        if app.selection.method != self.told
            && let Some(key) = chosen(app)
        {
            self.told.clone_from(&app.selection.method);
            self.tree.open_all();
            self.tree.cursor.select(key.clone());
            self.shown = Some(key);
        }
        let nodes = self.nodes_of(app);
        let visible = self.tree.visible(&nodes);
        let keys: Vec<Key> = visible.iter().map(|i| nodes[*i].key.clone()).collect();
        self.tree.cursor.keep(&keys);
        if self.shown.is_none() {
            self.shown = self.tree.cursor.key().cloned();
        }
    }

    /// Shows what is under the cursor, and tells everybody which method is worked on.
    fn settle(&mut self, app: &App) -> Vec<Command> {
        self.shown = self.tree.cursor.key().cloned();
        let Some((resource, method)) = self.method(app) else {
            return Vec::new();
        };
        let (path, verb) = (resource.path.clone(), method.http_method.clone());
        self.told = Some((path.clone(), verb.clone()));
        vec![Command::Tell(Message::ChooseMethod { path, verb })]
    }

    /// Puts the cursor on what was just made.
    fn show_new(&mut self, done: &OpDone) {
        for (call, answer) in done.op.calls.iter().zip(&done.answers) {
            let key = match (call, answer) {
                (Call::CreateResource(_), Answer::Id(id)) => Key {
                    resource: id.clone(),
                    verb: None,
                },
                (Call::PutMethod(put), _) => match &put.resource_id {
                    Id::Known(id) => Key {
                        resource: id.clone(),
                        verb: Some(put.http_method.clone()),
                    },
                    Id::Of { .. } => continue,
                },
                _ => continue,
            };
            self.tree.open_all();
            self.tree.cursor.select(key.clone());
            self.shown = Some(key);
        }
    }

    /// The method under the cursor.
    fn method<'a>(&self, app: &'a App) -> Option<(&'a Resource, &'a Method)> {
        let key = self.tree.cursor.key()?;
        let resource = resource(app, &key.resource)?;
        let method = resource.resource_methods.get(key.verb.as_ref()?)?;
        Some((resource, method))
    }

    /// The resource under the cursor, or whose method is.
    fn resource<'a>(&self, app: &'a App) -> Option<&'a Resource> {
        resource(app, &self.tree.cursor.key()?.resource)
    }

    fn draw_tree(
        &mut self,
        canvas: &mut Canvas<'_>,
        area: Rect,
        all: &[Resource],
        changes: &[Change],
    ) {
        let nodes = self.nodes(all);
        let visible = self.tree.visible(&nodes);
        let keys: Vec<Key> = visible.iter().map(|i| nodes[*i].key.clone()).collect();
        self.tree.cursor.keep(&keys);
        if visible.is_empty() {
            canvas.line(area, &[("  nothing matches the filter", Meaning::Dim)]);
        }
        let window = self.tree.cursor.window(visible.len(), area.height);
        let here = self.tree.cursor.index();
        let focused = self.focus.is_none();
        for (index, y) in window.zip(area.top()..) {
            let node = &nodes[visible[index]];
            let Some(resource) = all.iter().find(|r| r.id == node.key.resource) else {
                continue;
            };
            let row = Rect::new(area.x, y, area.width, 1);
            let name = match (index == here, focused) {
                (true, true) => Meaning::Cursor,
                (true, false) => Meaning::Mark,
                _ => Meaning::Text,
            };
            let mark = if index == here {
                canvas.signs().here
            } else {
                " "
            };
            match &node.key.verb {
                None => self.draw_resource(canvas, row, node, resource, (mark, name), changes),
                Some(verb) => draw_method(canvas, row, resource, verb, (mark, name), changes),
            }
        }
    }

    fn draw_resource(
        &self,
        canvas: &mut Canvas<'_>,
        row: Rect,
        node: &Branch<Key>,
        resource: &Resource,
        (mark, name): Piece<'_>,
        changes: &[Change],
    ) {
        let signs = canvas.signs();
        let closed = node.has_children && !self.tree.is_open(&node.key);
        let sign = match (node.has_children, closed) {
            (false, _) => " ",
            (true, false) => signs.open,
            (true, true) => signs.closed,
        };
        let count = resource.resource_methods.len();
        let words = match count {
            0 => "  no methods".to_owned(),
            _ if !closed => String::new(),
            1 => "  1 method".to_owned(),
            n => format!("  {n} methods"),
        };
        let differs = changes.iter().any(|c| {
            is_at(&c.place, &resource.path, None)
                || (closed && path_of(&c.place) == Some(resource.path.as_str()))
        });
        let badge = if differs {
            format!(" {}", signs.changed)
        } else {
            String::new()
        };
        canvas.line(
            row,
            &[
                (mark, Meaning::Mark),
                (sign, Meaning::Dim),
                (" ", Meaning::Text),
                (&resource.path, name),
                (&words, Meaning::Dim),
                (&badge, Meaning::Changed),
            ],
        );
    }

    fn draw_shown(&mut self, canvas: &mut Canvas<'_>, area: Rect, app: &App, changes: &[Change]) {
        let Some(key) = self.shown.clone() else {
            return;
        };
        let Some(resource) = resource(app, &key.resource) else {
            canvas.line(area, &[("it is gone", Meaning::Dim)]);
            return;
        };
        let method = key
            .verb
            .as_ref()
            .and_then(|verb| resource.resource_methods.get(verb));
        let Some(method) = method else {
            draw_resource_detail(canvas, area, app, resource, self.focus.is_some());
            return;
        };
        let verb = &method.http_method;
        let title = format!("{verb} {}", resource.path);
        let body = titled(canvas, area, &title, self.focus.is_some());
        let here: Vec<&Change> = changes
            .iter()
            .filter(|c| is_at(&c.place, &resource.path, Some(verb)))
            .collect();
        if !here.is_empty() {
            let stage = app.selection.stage.as_deref().unwrap_or_default();
            let badge = format!("{} not deployed to {stage}", canvas.signs().changed);
            canvas.line_right(area, &[(&badge, Meaning::Changed)]);
        }
        let parts: Vec<Part> = here.iter().filter_map(|c| part_of(&c.place)).collect();
        let focus = self.focus.and_then(|i| life::BOXES.get(i)).copied();
        let top = Rect::new(
            body.x,
            body.y + 1,
            body.width,
            body.height.saturating_sub(1),
        );
        let used = life::draw(canvas, top, method, focus, &parts);
        let below = Rect::new(
            top.x,
            top.y + used + 1,
            top.width,
            top.height.saturating_sub(used + 1),
        );
        draw_changes(canvas, below, app, &here);
    }
}

impl Pane for Resources {
    fn id(&self) -> PaneId {
        PaneId::Resources
    }

    fn context(&self) -> &'static Context {
        &CONTEXT
    }

    fn needs(&self, app: &App) -> Vec<Query> {
        let api = app.selection.api.as_ref();
        api.map(|api| Query::Resources {
            api: api.id.clone(),
        })
        .into_iter()
        .collect()
    }

    fn blocked(&self, action: &str, app: &App) -> Option<String> {
        if app.selection.api.is_none() {
            return Some("choose an API first: ⟨global.apis⟩ lists them".to_owned());
        }
        match action {
            "resources.test" | "resources.template" if self.method(app).is_none() => {
                Some("put the cursor on a method first".to_owned())
            }
            "resources.new" | "resources.new-method" if self.resource(app).is_none() => {
                Some("the resources aren't here yet".to_owned())
            }
            "resources.edit" if self.method(app).is_none() => match self.resource(app) {
                None => Some("the resources aren't here yet".to_owned()),
                Some(resource) if resource.parent_id.is_none() => {
                    Some("the root has no name to change".to_owned())
                }
                Some(_) => None,
            },
            "resources.delete" if self.method(app).is_none() => {
                let root = self.resource(app).is_none_or(|r| r.parent_id.is_none());
                root.then(|| "the root can't be deleted".to_owned())
            }
            "resources.copy-url" if app.selection.stage.is_none() => {
                Some("the API has no stage: nothing is served yet".to_owned())
            }
            _ => None,
        }
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
            PaneEvent::Settled | PaneEvent::Shown => return self.settle(app),
            PaneEvent::Move(movement) => return self.go(movement, app),
            PaneEvent::Act("resources.fold") => {
                let nodes = self.nodes_of(app);
                self.folded = !self.folded;
                self.tree.open_all();
                if self.folded {
                    for node in nodes.iter().filter(|n| n.has_children) {
                        self.tree.toggle(&node.key);
                    }
                }
                self.keep(app);
                return vec![Command::Follow];
            }
            PaneEvent::Act("resources.deploy") => return self.leave(app, PaneId::Stages),
            PaneEvent::Act("resources.test") => return self.leave(app, PaneId::Test),
            PaneEvent::Act("resources.template") => return self.leave(app, PaneId::Templates),
            PaneEvent::Act("resources.copy-url") => {
                if let (Some(resource), Some(api), Some(stage)) =
                    (self.resource(app), &app.selection.api, &app.selection.stage)
                {
                    let url = app.session.stage_url(&api.id, stage);
                    return vec![Command::copy("URL", format!("{url}{}", resource.path))];
                }
            }
            PaneEvent::Act(name) => return self.change(name, app),
            PaneEvent::Done(done) => self.show_new(done),
            _ => {}
        }
        Vec::new()
    }

    fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, app: &App) {
        self.keep(app);
        let Some(api) = &app.selection.api else {
            let text = "No API is chosen. ⟨global.apis⟩ lists them.";
            status::paragraph(canvas, area, text, Meaning::Dim, 2);
            return;
        };
        let changes = known_changes(app);
        let focus_right = self.focus.is_some();
        let regions = Regions::split(canvas, area, TREE_WIDTH, focus_right);
        let remote = app.store.resources(&api.id);
        if let Some(left) = regions.left() {
            let body = titled(canvas, left, "Resources", !focus_right);
            if !self.filter.is_empty() {
                let filter = format!("/{} ", self.filter);
                canvas.line_right(left, &[(&filter, Meaning::Match)]);
            }
            if let Some((all, body)) = status::remote(canvas, body, app, &remote, "resources") {
                self.draw_tree(canvas, body, all, &changes);
            }
        }
        if let Some(right) = regions.right() {
            self.draw_shown(canvas, right, app, &changes);
        }
    }
}

impl Resources {
    /// Actions that change the definition.
    fn change(&self, action: &str, app: &App) -> Vec<Command> {
        let (Some(api), Some(resource)) = (&app.selection.api, self.resource(app)) else {
            return Vec::new();
        };
        let method = self.method(app).map(|(_, method)| method);
        match (action, method) {
            ("resources.new", _) => vec![Command::open(edit::new_resource(api, resource))],
            ("resources.new-method", _) => {
                vec![Command::open(edit::new_method(api, resource))]
            }
            ("resources.edit", None) => {
                vec![Command::open(edit::rename_resource(api, resource))]
            }
            ("resources.edit", Some(method)) => {
                // From the tree it is the box that is edited most.
                let part = self.focus.and_then(|i| life::BOXES.get(i)).copied();
                edit::edit(
                    api,
                    resource,
                    method,
                    part.unwrap_or(Part::IntegrationRequest),
                )
            }
            ("resources.delete", Some(method)) => {
                let at = ops::At {
                    api,
                    resource,
                    verb: &method.http_method,
                };
                vec![Command::propose(ops::methods::delete(at, method))]
            }
            ("resources.delete", None) => {
                let all = resources(app).unwrap_or_default();
                vec![Command::propose(ops::resources::delete(api, resource, all))]
            }
            _ => Vec::new(),
        }
    }

    fn go(&mut self, movement: Move, app: &App) -> Vec<Command> {
        if let Some(at) = self.focus {
            let last = life::BOXES.len() - 1;
            self.focus = match movement {
                Move::Back | Move::NextRegion | Move::PreviousRegion => None,
                Move::Up | Move::Left => Some(at.saturating_sub(1)),
                Move::Down | Move::Right => Some((at + 1).min(last)),
                Move::Top => Some(0),
                Move::Bottom => Some(last),
                // A resource has no boxes to open.
                Move::Open if self.method(app).is_some() => {
                    return self.change("resources.edit", app);
                }
                Move::Open | Move::PageUp | Move::PageDown => Some(at),
            };
            return Vec::new();
        }
        match movement {
            Move::Open | Move::NextRegion | Move::PreviousRegion => {
                let commands = self.settle(app);
                self.focus = Some(0);
                commands
            }
            Move::Right if self.method(app).is_some() => {
                let commands = self.settle(app);
                self.focus = Some(0);
                commands
            }
            Move::Back => vec![Command::Go(PaneId::Apis)],
            movement => {
                let nodes = self.nodes_of(app);
                if self.tree.go(movement, &nodes) {
                    vec![Command::Follow]
                } else {
                    Vec::new()
                }
            }
        }
    }

    /// To another pane, with the method under the cursor.
    fn leave(&mut self, app: &App, to: PaneId) -> Vec<Command> {
        let mut commands = self.settle(app);
        commands.push(Command::Go(to));
        commands
    }
}

fn draw_method(
    canvas: &mut Canvas<'_>,
    row: Rect,
    resource: &Resource,
    verb: &str,
    (mark, name): Piece<'_>,
    changes: &[Change],
) {
    let Some(method) = resource.resource_methods.get(verb) else {
        return;
    };
    let signs = canvas.signs();
    let (kind, kind_meaning) = match &method.method_integration {
        Some(integration) => (integration.integration_type.name(), Meaning::Dim),
        None => ("no integration", Meaning::Warn),
    };
    let key = if method.api_key_required {
        " key"
    } else {
        "    "
    };
    let auth = match method.authorization_type.as_str() {
        "NONE" | "" => "",
        "AWS_IAM" => " IAM",
        "CUSTOM" => " authorizer",
        _ => " Cognito",
    };
    let differs = changes
        .iter()
        .any(|c| is_at(&c.place, &resource.path, Some(verb)));
    let badge = if differs {
        format!(" {}", signs.changed)
    } else {
        String::new()
    };
    let gap = " ".repeat(8usize.saturating_sub(verb.len()));
    let kind = format!("{gap}{kind:<10}");
    canvas.line(
        row,
        &[
            ("  ", Meaning::Text),
            (mark, Meaning::Mark),
            (verb, name),
            (&kind, kind_meaning),
            (key, Meaning::Text),
            (auth, Meaning::Text),
            (&badge, Meaning::Changed),
        ],
    );
}

fn draw_resource_detail(
    canvas: &mut Canvas<'_>,
    area: Rect,
    app: &App,
    resource: &Resource,
    focused: bool,
) {
    let body = titled(canvas, area, &resource.path, focused);
    let verbs: Vec<&str> = resource
        .resource_methods
        .keys()
        .map(String::as_str)
        .collect();
    let verbs = if verbs.is_empty() {
        "none: ⟨resources.new-method⟩ makes one".to_owned()
    } else {
        verbs.join(" ")
    };
    let mut pairs: Vec<(&str, Vec<Piece<'_>>)> = vec![
        ("id", vec![(resource.id.as_str(), Meaning::Dim)]),
        ("methods", vec![(verbs.as_str(), Meaning::Text)]),
    ];
    let url = app
        .selection
        .api
        .as_ref()
        .zip(app.selection.stage.as_ref())
        .map(|(api, stage)| format!("{}{}", app.session.stage_url(&api.id, stage), resource.path));
    if let Some(url) = &url {
        pairs.push(("URL", vec![(url.as_str(), Meaning::Link)]));
    }
    let rows = Rect::new(
        body.x + 1,
        body.y + 1,
        body.width.saturating_sub(1),
        body.height.saturating_sub(1),
    );
    key_values(canvas, rows, &pairs);
}

fn draw_changes(canvas: &mut Canvas<'_>, area: Rect, app: &App, changes: &[&Change]) {
    if changes.is_empty() || area.height < 2 {
        return;
    }
    let stage = app.selection.stage.as_deref().unwrap_or_default();
    canvas.rule(area, &[(2, &format!("not deployed to {stage}"))]);
    for (change, y) in changes.iter().zip(area.y + 1..area.bottom()) {
        let what = match (part_of(&change.place), &change.member) {
            (Some(part), Some(member)) => format!("{}  {member}", life::title(part)),
            (Some(part), None) => life::title(part).to_owned(),
            (None, _) => "method".to_owned(),
        };
        // The kind first: it isn't what a narrow screen may cut.
        let pieces = [
            (change.kind.word(), Meaning::Changed),
            ("  ", Meaning::Text),
            (what.as_str(), Meaning::Text),
        ];
        canvas.line(Rect::new(area.x, y, area.width, 1), &pieces);
    }
}

fn resources(app: &App) -> Option<&[Resource]> {
    let api = app.selection.api.as_ref()?;
    app.store.resources(&api.id).value().copied()
}

fn resource<'a>(app: &'a App, id: &str) -> Option<&'a Resource> {
    resources(app)?.iter().find(|r| r.id == id)
}

/// The method that is worked on, if it is known here.
fn chosen(app: &App) -> Option<Key> {
    let (path, verb) = app.selection.method.as_ref()?;
    let resource = resources(app)?.iter().find(|r| r.path == *path)?;
    resource.resource_methods.contains_key(verb).then(|| Key {
        resource: resource.id.clone(),
        verb: Some(verb.clone()),
    })
}

/// What differs from what the stage that is worked on serves, where that can be told.
fn known_changes(app: &App) -> Vec<Change> {
    let (Some(api), Some(stage)) = (&app.selection.api, &app.selection.stage) else {
        return Vec::new();
    };
    match app.store.changes(&api.id, stage).value() {
        Some(Changes::Known(changes)) => changes.clone(),
        _ => Vec::new(),
    }
}

fn path_of(place: &Place) -> Option<&str> {
    match place {
        Place::Resource { path } | Place::Method { path, .. } => Some(path),
        _ => None,
    }
}

/// Whether a difference is in this method, or in the resource itself when no verb is given.
fn is_at(place: &Place, path: &str, verb: Option<&str>) -> bool {
    match (place, verb) {
        (Place::Resource { path: p }, None) => p == path,
        (
            Place::Method {
                path: p, verb: v, ..
            },
            Some(verb),
        ) => p == path && v == verb,
        _ => false,
    }
}

fn part_of(place: &Place) -> Option<Part> {
    match place {
        Place::Method { part, .. } => *part,
        _ => None,
    }
}
