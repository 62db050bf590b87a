//! What panes and layers are to the shell around them.

use ratatui::layout::Rect;

use super::canvas::Canvas;
use super::keymap::{Context, Keymap};
use super::widgets::Move;
use crate::aws::{OpDone, Query};
use crate::console::app::{App, Level, Message, Work};
use crate::console::term::{Key, Mouse};

/// The panes, in the order of their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PaneId {
    /// All REST APIs.
    Apis,
    /// Resources and methods.
    Resources,
    /// Testing a method.
    Test,
    /// Mapping templates.
    Templates,
    /// Stages and deployments.
    Stages,
    /// A stage's canary.
    Canary,
    /// Usage plans and API keys.
    Keys,
    /// Metrics.
    Metrics,
}

impl PaneId {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 8] = [
        Self::Apis,
        Self::Resources,
        Self::Test,
        Self::Templates,
        Self::Stages,
        Self::Canary,
        Self::Keys,
        Self::Metrics,
    ];

    /// Its number, from 1: the key that shows it.
    #[must_use]
    pub fn number(self) -> usize {
        self as usize + 1
    }

    /// What the tab says.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Apis => "APIs",
            Self::Resources => "Resources",
            Self::Test => "Test",
            Self::Templates => "Templates",
            Self::Stages => "Stages",
            Self::Canary => "Canary",
            Self::Keys => "Plans & keys",
            Self::Metrics => "Metrics",
        }
    }
}

/// Something that happens to a pane or a layer.
#[derive(Clone, Copy, Debug)]
pub enum PaneEvent<'a> {
    /// One of its own actions, by name. Blocked ones never come.
    Act(&'static str),
    /// A movement.
    Move(Move),
    /// A key, while it says that it is typing.
    Key(Key),
    /// A pasted text.
    Paste(&'a str),
    /// The filter's text changed; empty when there is none.
    Filter(&'a str),
    /// The mouse did something inside its area.
    Mouse(Mouse),
    /// It has just come on the screen.
    Shown,
    /// The cursor has come to rest: asked for with [`Command::Follow`].
    Settled,
    /// The time it gave in [`Pane::wake_at`] has come.
    Woken,
    /// A menu or form that it opened gives a value back: [`Command::Answer`].
    Answered(&'a str),
    /// An answer came, or a read failed: the store has it.
    Got(&'a Query),
    /// An operation ended, its own or another's.
    Done(&'a OpDone),
}

/// What a pane or a layer wants from its surroundings.
pub enum Command {
    /// Change shared state.
    Tell(Message),
    /// Put a layer on top.
    Open(Box<dyn Layer>),
    /// Show a pane.
    Go(PaneId),
    /// Send [`PaneEvent::Settled`] when no movement has come for 150 ms: what follows the cursor is drawn then, not at each step.
    Follow,
    /// Do an action by name, as if its key had been pressed.
    Act(&'static str),
    /// Give the current pane a value, for its view: what a menu or form that it opened was filled in with.
    Answer(String),
}

impl Command {
    /// Propose an operation to the gate.
    #[must_use]
    pub fn propose(op: crate::aws::Op) -> Self {
        Self::Tell(Message::Propose(Box::new(op)))
    }

    /// Put a layer on top.
    #[must_use]
    pub fn open(layer: impl Layer + 'static) -> Self {
        Self::Open(Box::new(layer))
    }

    /// Put `text` on the clipboard.
    #[must_use]
    pub fn copy(what: impl Into<String>, text: impl Into<String>) -> Self {
        Self::Tell(Message::Copy {
            what: what.into(),
            text: text.into(),
        })
    }

    /// Tell the user something to know.
    #[must_use]
    pub fn note(text: impl Into<String>) -> Self {
        Self::Tell(Message::Say(Level::Note, text.into()))
    }
}

/// A pane: view state only. What it shows is in the [`App`]; see `panes/mod.rs` for how to write one.
pub trait Pane {
    /// Which one it is.
    fn id(&self) -> PaneId;

    /// Its actions. The one list that footer, help, palette, dispatch and the printed key table read.
    fn context(&self) -> &'static Context;

    /// What it shows, as queries: they are asked while it is visible, and again when they are old. Only what is on the screen.
    fn needs(&self, app: &App) -> Vec<Query>;

    /// What it wants computed beside the loop while it is visible: asked after everything that happens, and started when it is another
    /// than before. The result is in [`App::bench`].
    fn work(&self, _app: &App) -> Option<Work> {
        None
    }

    /// What would be lost if the program ended now, in words: typed text that isn't saved.
    fn unsaved(&self) -> Option<String> {
        None
    }

    /// Why an action can't be done now; `None` if it can. Shown wherever the action is, and in place of doing it.
    fn blocked(&self, _action: &str, _app: &App) -> Option<String> {
        None
    }

    /// Whether printable keys are text for it now: they then come as [`PaneEvent::Key`] before any binding sees them.
    fn typing(&self) -> bool {
        false
    }

    /// Whether `/` filters what it lists.
    fn filters(&self) -> bool {
        false
    }

    /// When it wants [`PaneEvent::Woken`], in monotonic time. Only for what moves by itself while visible: each is a wake-up.
    fn wake_at(&self, _app: &App) -> Option<std::time::Duration> {
        None
    }

    /// Something happened. Changes view state; everything else is asked for by commands.
    fn update(&mut self, event: PaneEvent<'_>, app: &App) -> Vec<Command>;

    /// Draws itself. `area` is 78 by 20 cells at the least.
    fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, app: &App);
}

/// What becomes of a layer after an event.
pub enum Outcome {
    /// It stays.
    Stay(Vec<Command>),
    /// It goes.
    Close(Vec<Command>),
}

impl Outcome {
    /// It stays, and nothing else.
    #[must_use]
    pub fn stay() -> Self {
        Self::Stay(Vec::new())
    }

    /// It goes, and nothing else.
    #[must_use]
    pub fn close() -> Self {
        Self::Close(Vec::new())
    }
}

/// What a layer may read.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// The state.
    pub app: &'a App,
    /// The keys.
    pub keymap: &'a Keymap,
}

/// Something on top of the pane that takes the keys until it closes: a dialog, the help, the palette. It gives its result back as
/// commands when it closes and reaches for nothing else.
pub trait Layer {
    /// Its actions. [`Move::Back`] (Escape) comes to every layer.
    fn context(&self) -> &'static Context;

    /// Whether printable keys are text for it now.
    fn typing(&self) -> bool {
        false
    }

    /// Something happened.
    fn update(&mut self, event: PaneEvent<'_>, around: Surroundings<'_>) -> Outcome;

    /// Where it wants to be within the body of the screen.
    fn place(&self, body: Rect, around: Surroundings<'_>) -> Rect;

    /// Draws itself into its place, which has been cleared.
    fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, around: Surroundings<'_>);
}
