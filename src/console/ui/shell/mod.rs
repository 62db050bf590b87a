//! The shell around panes: keys to actions to commands, layers on top, and the lines around it all. No terminal in here.

mod actions;
mod chrome;
mod place;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

pub use actions::{ALWAYS, GLOBAL, MOVE, TYPING};

use super::canvas::Canvas;
use super::keymap::{Action, Context, Hit, Keymap, KeymapError};
use super::layers::{self, Calls, Confirm, Help, Palette, TakeOver, TypeName};
use super::layout::{Frame, MIN_COLUMNS, MIN_ROWS};
use super::pane::{Command, Layer, Outcome, Pane, PaneEvent, PaneId, Surroundings};
use super::panes;
use super::signs::Signs;
use super::theme::{Meaning, Theme};
use super::widgets::{Field, Move};
use crate::aws::{Event, Query};
use crate::console::app::{App, Effect, Message};
use crate::console::term::{Colours, Input, Key, Mouse, MouseKind};

/// A detail follows the cursor this long after the last movement.
const SETTLE: Duration = Duration::from_millis(150);
/// Ages on the screen change at most this often.
const AGEING: Duration = Duration::from_mins(1);

/// What the shell wants from the loop.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// Something outside.
    Effect(Effect),
    /// End the program.
    Quit,
    /// Stop the program, as the shell's job control does.
    Suspend,
    /// Draw the whole screen again.
    Redraw,
}

/// Panes, layers and keys over the [`App`].
pub struct Shell {
    app: App,
    panes: Vec<Box<dyn Pane>>,
    current: usize,
    layers: Vec<Box<dyn Layer>>,
    /// The question of the gate is among the layers.
    asked: bool,
    keymap: Keymap,
    theme: Theme,
    colours: Colours,
    signs: &'static Signs,
    begun: Vec<Key>,
    filter: Field,
    filter_open: bool,
    settle_at: Option<Duration>,
    drawn_at: Duration,
    tabs: Vec<(Rect, usize)>,
    body: Rect,
}

/// All contexts, in the order in which they are printed and listed.
#[must_use]
pub fn contexts() -> Vec<Context> {
    let mut all = vec![ALWAYS, GLOBAL, MOVE];
    all.extend(panes::CONTEXTS);
    all.extend(layers::CONTEXTS.iter().filter(|c| !c.actions.is_empty()));
    all.push(TYPING);
    all
}

/// The key table with the user's keys for single actions.
pub fn keymap(user: &BTreeMap<String, Vec<String>>) -> Result<Keymap, KeymapError> {
    Keymap::new(&contexts(), user)
}

impl Shell {
    /// A shell over `app`, showing the first of these panes.
    #[must_use]
    pub fn new(
        app: App,
        panes: Vec<Box<dyn Pane>>,
        keymap: Keymap,
        theme: Theme,
        colours: Colours,
        signs: &'static Signs,
    ) -> Self {
        Self {
            app,
            panes,
            current: 0,
            layers: Vec::new(),
            asked: false,
            keymap,
            theme,
            colours,
            signs,
            begun: Vec::new(),
            filter: Field::default(),
            filter_open: false,
            settle_at: None,
            drawn_at: Duration::ZERO,
            tabs: Vec::new(),
            body: Rect::default(),
        }
    }

    /// The state.
    #[must_use]
    pub fn app(&self) -> &App {
        &self.app
    }

    /// The current pane.
    #[must_use]
    pub fn pane(&self) -> Option<PaneId> {
        self.panes.get(self.current).map(|pane| pane.id())
    }

    /// What is on the screen, as queries: the lines around the pane, and the pane.
    fn needs(&self) -> Vec<Query> {
        let mut needs = vec![Query::Identity];
        match &self.app.selection.api {
            None => needs.push(Query::Apis),
            Some(api) => {
                needs.push(Query::Stages {
                    api: api.id.clone(),
                });
                if let Some(stage) = &self.app.selection.stage {
                    needs.push(Query::Changes {
                        api: api.id.clone(),
                        stage: stage.clone(),
                    });
                }
            }
        }
        if let Some(pane) = self.panes.get(self.current) {
            needs.extend(pane.needs(&self.app));
        }
        needs
    }

    /// The reads that must be sent now so that what is on the screen is there and fresh enough.
    ///
    /// Old answers are asked again when something happens, not by the clock: an untouched console sleeps.
    pub fn wants(&mut self) -> Vec<Request> {
        let needs = self.needs();
        let mut effects = self.app.want(&needs);
        let pane = self.panes.get(self.current);
        if let Some(work) = pane.and_then(|pane| pane.work(&self.app)) {
            effects.extend(self.app.want_work(work));
        }
        effects.into_iter().map(Request::Effect).collect()
    }

    fn context(&self) -> &'static Context {
        match (self.layers.last(), self.panes.get(self.current)) {
            (Some(layer), _) => layer.context(),
            (None, Some(pane)) => pane.context(),
            (None, None) => &GLOBAL,
        }
    }

    fn is_typing(&self) -> bool {
        match (self.layers.last(), self.panes.get(self.current)) {
            (Some(layer), _) => layer.typing(),
            (None, Some(pane)) => pane.typing(),
            (None, None) => false,
        }
    }

    /// The contexts in which a key is looked up, the most special first.
    fn contexts(&self) -> Vec<&'static str> {
        let own = self.context().name;
        match (self.layers.is_empty(), self.is_typing()) {
            // A pane that is typed in gets all keys that it hasn't bound itself.
            (true, true) => vec![own],
            (true, false) => vec![own, MOVE.name, GLOBAL.name],
            (false, true) => vec![own, TYPING.name],
            (false, false) => vec![own, MOVE.name],
        }
    }

    fn blocked(&self, action: &str) -> Option<String> {
        if let Some(id) = actions::pane_of(action) {
            let there = self.panes.iter().any(|pane| pane.id() == id);
            return (!there).then(|| "this pane isn't built yet".to_owned());
        }
        match action {
            "global.undo" => return self.app.no_undo().map(str::to_owned),
            "global.take-over" => {
                let ended = self.app.session.owner_ended.is_some();
                return (!ended).then(|| "no gateway has ended here".to_owned());
            }
            "global.filter" => {
                let filters = self
                    .panes
                    .get(self.current)
                    .is_some_and(|pane| pane.filters());
                return (!filters).then(|| "there is nothing to filter here".to_owned());
            }
            _ => {}
        }
        let pane = self.panes.get(self.current)?;
        let own = pane.context().actions.iter().any(|a| a.name == action);
        (own && self.layers.is_empty())
            .then(|| pane.blocked(action, &self.app))
            .flatten()
    }

    /// Takes what the user did.
    pub fn input(&mut self, input: Input) -> Vec<Request> {
        match input {
            Input::Key(key) => self.key(key),
            Input::Paste(text) => {
                if self.filter_open {
                    self.filter.paste(&text);
                    self.filtered()
                } else {
                    self.event(PaneEvent::Paste(&text))
                }
            }
            Input::Mouse(mouse) => self.mouse(mouse),
            Input::Mode { .. } => Vec::new(),
        }
    }

    fn key(&mut self, key: Key) -> Vec<Request> {
        if let Hit::Action(action) = self.keymap.press(&[ALWAYS.name], &[], key) {
            return self.perform(action.name);
        }
        let now = self.app.now();
        if self.app.toasts.seen(now) {
            // The key that hides an error does nothing else if it only says "seen".
            if matches!(self.keymap.press(&[MOVE.name], &[], key), Hit::Action(a) if matches!(a.name, "move.back" | "move.open"))
            {
                return Vec::new();
            }
        }
        if self.filter_open {
            return self.filter_key(key);
        }
        let typing = self.is_typing();
        if typing && key.typed().is_some() {
            return self.event(PaneEvent::Key(key));
        }
        let contexts = self.contexts();
        let begun = std::mem::take(&mut self.begun);
        match self.keymap.press(&contexts, &begun, key) {
            Hit::Action(action) => self.perform(action.name),
            Hit::Prefix => {
                self.begun = begun;
                self.begun.push(key);
                Vec::new()
            }
            Hit::Nothing if typing => self.event(PaneEvent::Key(key)),
            Hit::Nothing => Vec::new(),
        }
    }

    fn filter_key(&mut self, key: Key) -> Vec<Request> {
        let movement = match self.keymap.press(&[TYPING.name], &[], key) {
            Hit::Action(action) => actions::movement(action.name),
            _ => None,
        };
        match movement {
            Some(Move::Back) => {
                self.filter_open = false;
                self.filter = Field::default();
                self.filtered()
            }
            Some(Move::Open) => {
                self.filter_open = false;
                Vec::new()
            }
            Some(movement) => self.event(PaneEvent::Move(movement)),
            None => {
                self.filter.type_key(key);
                self.filtered()
            }
        }
    }

    fn filtered(&mut self) -> Vec<Request> {
        let text = self.filter.text().to_owned();
        self.give_pane(PaneEvent::Filter(&text))
    }

    fn mouse(&mut self, mouse: Mouse) -> Vec<Request> {
        let at = Position::new(mouse.column, mouse.row);
        if mouse.kind == MouseKind::Press && self.layers.is_empty() {
            let tab = self.tabs.iter().find(|(area, _)| area.contains(at));
            if let Some(index) = tab.map(|(_, index)| *index) {
                return self.show(index);
            }
        }
        match mouse.kind {
            MouseKind::WheelUp => self.event(PaneEvent::Move(Move::Up)),
            MouseKind::WheelDown => self.event(PaneEvent::Move(Move::Down)),
            _ if self.body.contains(at) => self.event(PaneEvent::Mouse(mouse)),
            _ => Vec::new(),
        }
    }

    /// Does an action by name, or says why not.
    fn perform(&mut self, action: &'static str) -> Vec<Request> {
        if let Some(why) = self.blocked(action) {
            return self.run(vec![Command::note(why)]);
        }
        if let Some(movement) = actions::movement(action) {
            // Escape takes a filter away before it leaves anything.
            if movement == Move::Back && self.layers.is_empty() && !self.filter.is_empty() {
                self.filter = Field::default();
                return self.filtered();
            }
            return self.event(PaneEvent::Move(movement));
        }
        if action.starts_with("global.") || action.starts_with("always.") {
            return self.global(action);
        }
        self.event(PaneEvent::Act(action))
    }

    fn global(&mut self, action: &'static str) -> Vec<Request> {
        if let Some(id) = actions::pane_of(action) {
            return self.run(vec![Command::Go(id)]);
        }
        match action {
            "always.suspend" => vec![Request::Suspend],
            "always.redraw" => vec![Request::Redraw],
            "always.help" | "global.help" => self.help(),
            "global.quit" if self.app.calls.running() > 0 => {
                let why = "An operation is under way. Its calls may or may not be done when the program ends; ctrl-c ends it at once.";
                let layer =
                    TypeName::new("quit", why, "quit", || vec![Command::Act("always.quit")]);
                self.run(vec![Command::open(layer)])
            }
            "global.quit" if self.unsaved().is_some() => {
                let what = self.unsaved().unwrap_or_default();
                let why = format!("Lost when the program ends, because it isn't saved: {what}.");
                let layer =
                    TypeName::new("quit", why, "quit", || vec![Command::Act("always.quit")]);
                self.run(vec![Command::Open(Box::new(layer))])
            }
            "always.quit" | "global.quit" => vec![Request::Quit],
            "global.palette" => {
                let layer = Palette::new(self.offers());
                self.run(vec![Command::open(layer)])
            }
            "global.filter" => {
                self.filter_open = true;
                Vec::new()
            }
            "global.refresh" => self.refresh(),
            "global.undo" => self.run(vec![Command::Tell(Message::Undo)]),
            "global.calls" => self.run(vec![Command::open(Calls::default())]),
            "global.write" => self.toggle_writing(),
            "global.take-over" => self.offer(),
            "global.theme" => {
                self.next_theme();
                vec![Request::Redraw]
            }
            _ => Vec::new(),
        }
    }

    /// What would be lost if the program ended now, in words.
    fn unsaved(&self) -> Option<String> {
        let all: Vec<String> = self
            .panes
            .iter()
            .filter_map(|pane| pane.unsaved())
            .collect();
        (!all.is_empty()).then(|| all.join(", "))
    }

    fn toggle_writing(&mut self) -> Vec<Request> {
        if !self.app.session.read_only {
            return self.run(vec![Command::Tell(Message::Lock)]);
        }
        let word = self.app.session.unlock_word();
        let why = format!(
            "Changes then reach {} in {}.",
            self.app.session.name(),
            self.app.session.region()
        );
        let layer = TypeName::new("allow changes in this session", why, word, || {
            vec![Command::Tell(Message::Unlock)]
        });
        self.run(vec![Command::open(layer)])
    }

    fn next_theme(&mut self) {
        let names = Theme::built_in();
        let at = names
            .iter()
            .position(|(name, _)| *name == self.theme.name());
        let next = names[at.map_or(0, |at| at + 1) % names.len()].0;
        if let Ok(theme) = Theme::load(next, self.colours, &|_| None) {
            self.theme = theme;
        }
    }

    fn help(&mut self) -> Vec<Request> {
        let own = self.context();
        let mut contexts = vec![own];
        if self.layers.is_empty() {
            contexts.push(&GLOBAL);
        }
        contexts.push(if self.is_typing() { &TYPING } else { &MOVE });
        contexts.push(&ALWAYS);
        let help = Help::new(own.title, &contexts, &self.keymap, |action| {
            self.blocked(action)
        });
        self.run(vec![Command::open(help)])
    }

    /// Every action that can be named from here, and why not.
    fn offers(&self) -> Vec<(&'static Action, Option<String>)> {
        let own = self.panes.get(self.current).map(|pane| pane.context());
        let contexts = own.into_iter().chain([&GLOBAL, &ALWAYS]);
        contexts
            .flat_map(|context| context.actions)
            .filter(|action| !matches!(action.name, "global.palette" | "always.help"))
            .map(|action| (action, self.blocked(action.name)))
            .collect()
    }

    fn show(&mut self, index: usize) -> Vec<Request> {
        if index == self.current || index >= self.panes.len() {
            return Vec::new();
        }
        self.filter = Field::default();
        self.filter_open = false;
        let mut requests = self.filtered();
        self.current = index;
        self.settle_at = None;
        requests.extend(self.give_pane(PaneEvent::Shown));
        requests
    }

    /// An event for whoever has the keys.
    fn event(&mut self, event: PaneEvent<'_>) -> Vec<Request> {
        let Some(mut layer) = self.layers.pop() else {
            return self.give_pane(event);
        };
        let around = Surroundings {
            app: &self.app,
            keymap: &self.keymap,
        };
        let commands = match layer.update(event, around) {
            Outcome::Stay(commands) => {
                self.layers.push(layer);
                commands
            }
            Outcome::Close(commands) => commands,
        };
        self.run(commands)
    }

    fn give_pane(&mut self, event: PaneEvent<'_>) -> Vec<Request> {
        let Some(pane) = self.panes.get_mut(self.current) else {
            return Vec::new();
        };
        let commands = pane.update(event, &self.app);
        self.run(commands)
    }

    fn run(&mut self, commands: Vec<Command>) -> Vec<Request> {
        let mut requests = Vec::new();
        let mut left: VecDeque<Command> = commands.into();
        while let Some(command) = left.pop_front() {
            match command {
                Command::Tell(message) => {
                    if matches!(message, Message::Answer(_)) {
                        self.asked = false;
                    }
                    let effects = self.app.update(message);
                    requests.extend(effects.into_iter().map(Request::Effect));
                    self.ask();
                }
                Command::Open(layer) => self.layers.push(layer),
                Command::Go(id) => {
                    if let Some(index) = self.panes.iter().position(|pane| pane.id() == id) {
                        requests.extend(self.show(index));
                    }
                }
                Command::Follow => self.settle_at = Some(self.app.now() + SETTLE),
                Command::Act(name) => requests.extend(self.perform(name)),
                Command::Answer(value) => {
                    requests.extend(self.give_pane(PaneEvent::Answered(&value)));
                }
            }
        }
        requests
    }

    /// Puts the gate's question on top.
    fn ask(&mut self) {
        if let (false, Some(asking)) = (self.asked, &self.app.asking) {
            let confirm = Confirm::new(asking.clone(), &self.app.session);
            self.layers.push(Box::new(confirm));
            self.asked = true;
        }
    }

    /// Takes what the other side said.
    pub fn heard(&mut self, event: Event) -> Vec<Request> {
        let done = match &event {
            Event::OpDone(done) => Some(done.clone()),
            _ => None,
        };
        let got = match &event {
            Event::Got { query, .. } => Some(query.clone()),
            _ => None,
        };
        let mut requests = self.run(vec![Command::Tell(Message::Aws(Box::new(event)))]);
        if let Some(query) = got {
            requests.extend(self.give_pane(PaneEvent::Got(&query)));
        }
        if let Some(done) = done {
            for index in 0..self.panes.len() {
                let commands = self.panes[index].update(PaneEvent::Done(&done), &self.app);
                requests.extend(self.run(commands));
            }
        }
        requests
    }

    /// Asks for everything on the screen again.
    pub fn refresh(&mut self) -> Vec<Request> {
        let needs = self.needs();
        self.run(vec![Command::Tell(Message::Refresh(needs))])
    }

    /// The gateway that the console is attached to has ended: offers to take over.
    pub fn owner_ended(&mut self, pid: u32) -> Vec<Request> {
        let mut requests = self.tell(Message::OwnerEnded(pid));
        requests.extend(self.offer());
        requests
    }

    fn offer(&mut self) -> Vec<Request> {
        let offer = TakeOver::new(&self.app.session);
        self.run(offer.map(Command::open).into_iter().collect())
    }

    /// Says something to the user, from outside.
    pub fn tell(&mut self, message: Message) -> Vec<Request> {
        self.run(vec![Command::Tell(message)])
    }

    /// When time alone changes something, in monotonic time.
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        let pane = self.panes.get(self.current);
        // Whatever is on the screen shows its age, whoever we are.
        let ageing = self.needs().iter().find_map(|q| self.app.store.get(q).at());
        [
            self.app.toasts.deadline(),
            self.settle_at,
            pane.and_then(|pane| pane.wake_at(&self.app)),
            ageing.map(|_| self.drawn_at + AGEING),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Lets time pass. Says whether something may look different.
    pub fn time(&mut self) -> (bool, Vec<Request>) {
        let now = self.app.now();
        let mut changed = self.app.toasts.expire(now) || now >= self.drawn_at + AGEING;
        let mut requests = Vec::new();
        if self.settle_at.is_some_and(|at| now >= at) {
            self.settle_at = None;
            changed = true;
            requests.extend(self.give_pane(PaneEvent::Settled));
        }
        let woken = self
            .panes
            .get(self.current)
            .and_then(|pane| pane.wake_at(&self.app));
        if woken.is_some_and(|at| now >= at) {
            changed = true;
            requests.extend(self.give_pane(PaneEvent::Woken));
        }
        (changed, requests)
    }

    /// Draws everything; returns where the terminal's cursor shall be.
    pub fn draw(&mut self, buffer: &mut Buffer) -> Option<Position> {
        self.drawn_at = self.app.now();
        let screen = buffer.area;
        let theme = self.theme.clone();
        let mut canvas = Canvas::new(buffer, &theme, self.signs, &self.keymap, self.app.wall());
        let Some(frame) = Frame::of(screen) else {
            let text = format!(
                "terminal too small: {} x {}, at least {MIN_COLUMNS} x {MIN_ROWS} are needed",
                screen.width, screen.height
            );
            super::status::paragraph(&mut canvas, screen, &text, Meaning::Warn, screen.height);
            return None;
        };
        self.body = frame.body;
        self.draw_context(&mut canvas, frame.context);
        self.tabs = self.draw_tabs(&mut canvas, frame.tabs);
        if let Some(pane) = self.panes.get_mut(self.current) {
            pane.draw(&mut canvas, frame.body, &self.app);
        }
        for layer in &mut self.layers {
            canvas.hide_cursor();
            let around = Surroundings {
                app: &self.app,
                keymap: &self.keymap,
            };
            let place = layer.place(frame.body, around);
            // A blank column on either side keeps what is behind apart.
            let apart = Rect::new(
                place.x.saturating_sub(1),
                place.y,
                place.width + 2,
                place.height,
            );
            canvas.clear(apart.intersection(frame.body));
            layer.draw(&mut canvas, place, around);
        }
        self.draw_error(&mut canvas, frame.body);
        self.draw_footer(&mut canvas, frame.footer);
        canvas.cursor()
    }
}
