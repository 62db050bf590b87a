//! What the console knows and does, without a terminal: messages in, state and effects out.
//!
//! All shared change goes through [`App::update`]. Remote data lives in the [`Store`], every operation goes through the gate
//! ([`judge`]), and what was sent is in the [`CallLog`]. Panes own view state only and read this.

mod bench;
mod gate;
mod key_file;
mod log;
mod preview;
mod remote;
mod samples;
mod session;
mod store;

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;

pub use bench::{Bench, Finished, Task, Work};
pub use gate::{Verdict, judge};
pub use log::{CallLog, Entry, Level, Outcome, Toast, Toasts};
#[cfg(test)]
pub(crate) use preview::without_value;
pub use preview::{Evaluated, NotJson, Preview, Rendering, context, not_json};
pub use remote::Remote;
pub use samples::{MethodName, Sample, Samples};
pub use session::Session;
#[cfg(test)]
pub(crate) use session::testing;
pub use store::{Fetch, Store};

use crate::aws::{
    Api, Danger, Event, Inverse, Op, OpDone, OpId, Query, Queue, Reply, Secrets, Spent, ops,
};
use crate::base::Clock;

/// Something that happened, or that the user wants: the only way in which shared state changes.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// The other side answered.
    Aws(Box<Event>),
    /// Work on this API from now on; its stage and method are chosen anew.
    ChooseApi(Api),
    /// Work on this stage of the API.
    ChooseStage(String),
    /// Work on this method: resource path and verb.
    ChooseMethod {
        /// The resource's path.
        path: String,
        /// The verb.
        verb: String,
    },
    /// Do this, if the gate lets it through.
    Propose(Box<Op>),
    /// The answer to the question in [`App::asking`].
    Answer(Reaction),
    /// Take back the newest operation that can be taken back, after asking.
    Undo,
    /// Read these again now.
    Refresh(Vec<Query>),
    /// Put this on the clipboard; `what` names it in the toast.
    Copy {
        /// What it is: `URL`.
        what: String,
        /// The text.
        text: String,
    },
    /// Tell the user something that passed.
    Say(Level, String),
    /// The user typed the word that allows changes in a read-only session.
    Unlock,
    /// Refuse changes again.
    Lock,
    /// The process whose gateway we are attached to has ended.
    OwnerEnded(u32),
    /// Serve what the ended process served.
    TakeOver,
    /// A gateway serves again in the place of the one that has ended.
    Served {
        /// It runs in this process.
        here: bool,
    },
    /// Try this method with this request from now on.
    TryWith(MethodName, Box<Sample>),
    /// Read this file of API keys, then propose to import it.
    ImportKeys(PathBuf),
    /// What was computed beside the loop.
    Finished(Box<Finished>),
}

/// What the user says to a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// Do it: the dialog has made sure that the name was typed where it must be.
    Yes,
    /// Leave it.
    No,
}

/// What is to be done outside.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Send a read; its answer comes back with the number.
    Fetch(Fetch),
    /// Give up a read: no answer is expected any more.
    Forget(Fetch),
    /// Run an operation.
    Run {
        /// The number under which it is reported.
        id: OpId,
        /// What to do.
        op: Box<Op>,
    },
    /// Put text on the clipboard.
    Copy(String),
    /// Start the gateway in this process, in the place of the one that has ended.
    TakeOver,
    /// Compute this on another thread; what it gives comes back as [`Message::Finished`].
    Work(Task),
}

/// An operation that waits for the user's word.
#[derive(Clone, Debug, PartialEq)]
pub struct Asking {
    /// What would be done.
    pub op: Box<Op>,
    /// How sure the user must be.
    pub danger: Danger,
    /// The operation that it takes back, if it is an undo.
    undoes: Option<OpId>,
}

/// What the user works on; panes share it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// The API.
    pub api: Option<Api>,
    /// The stage's name.
    pub stage: Option<String>,
    /// The resource's path and the verb.
    pub method: Option<(String, String)>,
}

/// The console's state.
#[derive(Debug)]
pub struct App {
    /// Where we are and what we may do.
    pub session: Session,
    /// What the user works on.
    pub selection: Selection,
    /// Everything that was read.
    pub store: Store,
    /// What methods are tried with.
    pub samples: Samples,
    /// What is computed beside the loop.
    pub bench: Bench,
    /// Everything that was sent.
    pub calls: CallLog,
    /// The newest message.
    pub toasts: Toasts,
    /// The operation that waits for the user's word.
    pub asking: Option<Asking>,
    /// Operations proposed while that one waits.
    later: VecDeque<Box<Op>>,
    /// Calls that wait for AWS's quotas.
    pub queue: Queue,
    /// What metrics have cost.
    pub spent: Spent,
    /// The way back from what was done, newest last, each under the number of what it takes back.
    undo: Vec<(OpId, Op)>,
    /// What was sent and hasn't ended.
    under_way: BTreeMap<OpId, UnderWay>,
    next_op: OpId,
    clock: Clock,
}

/// An operation that was sent.
#[derive(Debug)]
struct UnderWay {
    op: Op,
    /// The operation that it takes back: such a one isn't itself put on the way back.
    undoes: Option<OpId>,
}

/// Steps back that are kept.
const MAX_UNDO: usize = 50;

impl App {
    /// The state of a session that begins.
    #[must_use]
    pub fn new(session: Session, clock: Clock) -> Self {
        Self {
            session,
            selection: Selection::default(),
            store: Store::default(),
            samples: Samples::default(),
            bench: Bench::default(),
            calls: CallLog::default(),
            toasts: Toasts::default(),
            asking: None,
            later: VecDeque::new(),
            queue: Queue::default(),
            spent: Spent::default(),
            undo: Vec::new(),
            under_way: BTreeMap::new(),
            next_op: 1,
            clock,
        }
    }

    /// Monotonic time.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.clock.monotonic()
    }

    /// Wall time.
    #[must_use]
    pub fn wall(&self) -> Timestamp {
        self.clock.now()
    }

    /// The reads that must be sent so that what is visible is there and fresh, and those under way that nobody looks at any more.
    pub fn want(&mut self, needs: &[Query]) -> Vec<Effect> {
        let now = self.now();
        let local = !self.session.is_aws();
        let left = self.store.leave(needs).into_iter().map(Effect::Forget);
        let fetches = self.store.want(needs, now, local);
        left.chain(fetches.into_iter().map(Effect::Fetch)).collect()
    }

    /// What must be started so that this is computed, if it isn't yet.
    pub fn want_work(&mut self, work: Work) -> Option<Effect> {
        self.bench.want(work).map(Effect::Work)
    }

    /// The operation that [`Message::Undo`] would take back, and how: said before it is done.
    #[must_use]
    pub fn undoable(&self) -> Option<&Op> {
        self.undo.last().map(|(_, op)| op)
    }

    /// Operations that were sent and haven't ended, in the order of sending.
    pub fn under_way(&self) -> impl Iterator<Item = &Op> {
        self.under_way.values().map(|sent| &sent.op)
    }

    /// Takes a message; returns what is to be done outside.
    pub fn update(&mut self, message: Message) -> Vec<Effect> {
        let now = self.now();
        match message {
            Message::Aws(event) => return self.heard(*event),
            Message::ChooseApi(api) => {
                if self.selection.api.as_ref() != Some(&api) {
                    self.selection = Selection {
                        api: Some(api),
                        ..Selection::default()
                    };
                    self.choose_only_stage();
                }
            }
            Message::ChooseStage(stage) => self.selection.stage = Some(stage),
            Message::ChooseMethod { path, verb } => self.selection.method = Some((path, verb)),
            Message::Propose(op) => return self.propose(op),
            Message::Answer(reaction) => {
                let mut effects = Vec::new();
                match (self.asking.take(), reaction) {
                    (Some(Asking { op, undoes, .. }), Reaction::Yes) => {
                        effects.push(self.run(op, undoes));
                    }
                    // Leaving one leaves those that were to follow it.
                    (_, Reaction::No) => self.later.clear(),
                    (None, Reaction::Yes) => {}
                }
                while let (None, Some(op)) = (&self.asking, self.later.pop_front()) {
                    effects.extend(self.propose(op));
                }
                return effects;
            }
            Message::Undo => return self.propose_undo(),
            Message::Refresh(queries) => {
                let fetches = self.store.refresh(&queries, now);
                return fetches.into_iter().map(Effect::Fetch).collect();
            }
            Message::Copy { what, text } => {
                self.toasts.say(Level::Done, format!("copied: {what}"), now);
                return vec![Effect::Copy(text)];
            }
            Message::Say(level, text) => {
                if level == Level::Failed {
                    tracing::warn!("{text}");
                }
                self.toasts.say(level, text, now);
            }
            Message::Unlock => {
                self.session.read_only = false;
                self.toasts
                    .say(Level::Note, "changes are allowed in this session", now);
            }
            Message::Lock => {
                self.session.read_only = true;
                self.toasts
                    .say(Level::Note, "this session is read-only", now);
            }
            Message::OwnerEnded(pid) => self.session.owner_ended = Some(pid),
            Message::TakeOver if self.session.owner_ended.is_some() => {
                return vec![Effect::TakeOver];
            }
            Message::TakeOver => {}
            Message::Served { here } => {
                self.session.owner_ended = None;
                self.session.owns_gateway = here;
                if here {
                    let text = "this console serves the gateway now: it stops when you quit";
                    self.toasts.say(Level::Done, text, now);
                }
            }
            Message::TryWith(method, sample) => self.samples.set(method, *sample),
            Message::ImportKeys(path) => return vec![Effect::Work(Task::read_keys(path))],
            Message::Finished(finished) => {
                match finished.keys() {
                    Some(Ok(text)) => {
                        return self.propose(Box::new(ops::keys::import(text.clone())));
                    }
                    Some(Err(why)) => {
                        self.toasts.say(Level::Failed, why.clone(), now);
                        return Vec::new();
                    }
                    None => {}
                }
                let next = self.bench.finished(*finished);
                return next.map(Effect::Work).into_iter().collect();
            }
        }
        Vec::new()
    }

    fn heard(&mut self, event: Event) -> Vec<Effect> {
        let now = self.now();
        match event {
            Event::Got {
                query,
                generation,
                result,
            } => {
                if let Err(error) = &result
                    && self.store.get(&query).error() != Some(error)
                {
                    tracing::warn!(code = error.code(), "a read failed: {error}");
                }
                if self.store.got(&query, generation, result, now) {
                    self.learn(&query);
                }
            }
            Event::Region(region) => self.session.learn_region(region),
            Event::OpStep { id, done, .. } => self.calls.set(id, Outcome::Running(done)),
            Event::OpDone(done) => self.ended(&done),
            Event::Queue(queue) => self.queue = queue,
            Event::Spent(spent) => self.spent = spent,
        }
        Vec::new()
    }

    /// Takes over what an answer says about the session and the selection.
    fn learn(&mut self, query: &Query) {
        match query {
            Query::Identity => {
                if let Some(Reply::Identity(identity)) = self.store.get(query).value() {
                    self.session.account = Some(identity.account.clone());
                    self.session.role = Some(identity.role.clone());
                }
            }
            Query::Apis => {
                // With one API there is nothing to choose.
                let apis = self.store.apis();
                if let (None, Some([only])) = (&self.selection.api, apis.value()) {
                    self.selection.api = Some(Api::from(only));
                } else if let (Some(chosen), Some(all)) = (&self.selection.api, apis.value())
                    && apis.error().is_none()
                    && !all.iter().any(|api| api.id == chosen.id)
                {
                    self.selection = Selection::default();
                }
            }
            Query::Stages { .. } => self.choose_only_stage(),
            _ => {}
        }
    }

    /// Chooses a stage when none is chosen or the chosen one is gone: the first, which is the only one where it matters most.
    fn choose_only_stage(&mut self) {
        let Some(api) = &self.selection.api else {
            return;
        };
        if let Some(stages) = self.store.stages(&api.id).value() {
            let chosen = self.selection.stage.as_ref();
            if !stages.iter().any(|s| Some(&s.stage_name) == chosen) {
                self.selection.stage = stages.first().map(|s| s.stage_name.clone());
            }
        }
    }

    fn propose(&mut self, op: Box<Op>) -> Vec<Effect> {
        if self.asking.is_some() {
            self.later.push_back(op);
            return Vec::new();
        }
        match judge(&op, &self.session) {
            Verdict::Refused(why) => {
                let now = self.now();
                self.toasts.say(Level::Failed, why, now);
                Vec::new()
            }
            Verdict::Ask(danger) => {
                self.asking = Some(Asking {
                    op,
                    danger,
                    undoes: None,
                });
                Vec::new()
            }
            Verdict::Go => vec![self.run(op, None)],
        }
    }

    fn propose_undo(&mut self) -> Vec<Effect> {
        const WHAT: &str = "This takes back your last change.";
        let now = self.now();
        if self.asking.is_some() {
            return Vec::new();
        }
        let (None, Some((undoes, op))) = (self.no_undo(), self.undo.last().cloned()) else {
            let why = self.no_undo().unwrap_or_default();
            self.toasts.say(Level::Note, why, now);
            return Vec::new();
        };
        // An undo is always shown before it is done, also where the operation itself would go at once.
        let danger = match judge(&op, &self.session) {
            Verdict::Refused(_) => return self.propose(Box::new(op)),
            Verdict::Go | Verdict::Ask(Danger::None) => Danger::Confirm(WHAT.to_owned()),
            Verdict::Ask(Danger::Confirm(why)) => Danger::Confirm(format!("{WHAT} {why}")),
            Verdict::Ask(Danger::TypeName { name, why }) => Danger::TypeName {
                name,
                why: format!("{WHAT} {why}"),
            },
        };
        self.asking = Some(Asking {
            op: Box::new(op),
            danger,
            undoes: Some(undoes),
        });
        Vec::new()
    }

    fn run(&mut self, op: Box<Op>, undoes: Option<OpId>) -> Effect {
        let id = self.next_op;
        self.next_op += 1;
        let cli = self.session.cli().clone();
        self.calls.push(Entry {
            id,
            at: self.wall(),
            title: op.title.clone(),
            target: op.target.to_string(),
            commands: op.cli(&cli, Secrets::Masked),
            to_copy: op.cli(&cli, Secrets::Shown),
            outcome: Outcome::Running(0),
        });
        let sent = UnderWay {
            op: (*op).clone(),
            undoes,
        };
        self.under_way.insert(id, sent);
        Effect::Run { id, op }
    }

    fn ended(&mut self, done: &OpDone) {
        let now = self.now();
        let undone = self.under_way.remove(&done.id).and_then(|sent| sent.undoes);
        // Whatever came of it, what it touches is read again.
        self.store.outdate(&done.op.stale);
        match &done.failed {
            None => {
                self.calls.set(done.id, Outcome::Done);
                if let Some(undone) = undone {
                    self.undo.retain(|(id, _)| *id != undone);
                } else if done.op.changes() {
                    match &done.undo {
                        Some(undo) => {
                            self.undo.push((done.id, undo.clone()));
                            if self.undo.len() > MAX_UNDO {
                                self.undo.remove(0);
                            }
                        }
                        // What can't be taken back stands before everything older.
                        None => self.undo.clear(),
                    }
                }
                if done.op.changes() {
                    let text = match (&done.op.live_now, &done.op.live_at_next_deployment) {
                        (None, Some(_)) => {
                            format!("done: {}; not deployed yet", done.op.title)
                        }
                        _ => format!("done: {}", done.op.title),
                    };
                    self.toasts.say(Level::Done, text, now);
                }
            }
            Some(error) => {
                let mut text = error.to_string();
                let before = done.done_before();
                if !before.is_empty() {
                    text = format!("{text} ({before})");
                }
                tracing::warn!(code = error.code(), "failed to {}: {text}", done.op.title);
                // Whatever may have happened of it stands before everything older, and has no way back itself.
                if done.op.changes() && (error.is_unknown() || !done.answers.is_empty()) {
                    self.undo.clear();
                }
                let outcome = if error.is_unknown() {
                    Outcome::Unknown(text.clone())
                } else {
                    Outcome::Failed(text.clone())
                };
                self.calls.set(done.id, outcome);
                self.toasts.say(Level::Failed, text, now);
            }
        }
    }

    /// Why the newest operation can't be taken back, if it can't.
    #[must_use]
    pub fn no_undo(&self) -> Option<&'static str> {
        if self.under_way().any(Op::changes) {
            return Some("a change is under way: undo waits for its end");
        }
        self.undo
            .is_empty()
            .then_some("nothing was changed in this session that can be taken back")
    }
}

/// Why an operation can't be taken back, in words; `None` if it can.
#[must_use]
pub fn no_way_back(op: &Op) -> Option<&'static str> {
    match &op.inverse {
        Inverse::Op(_) => None,
        Inverse::None(why) => Some(why),
    }
}

#[cfg(test)]
mod tests;
