//! Writes as values: everything that confirming, read-only mode, the call log, copying and undoing need to know.

use std::fmt;

use crate::model::RestApi;

use super::call::{Answer, Call};
use super::cli::{Cli, Secrets};
use super::query::Query;

/// The number under which an operation runs, given by who starts it.
pub type OpId = u64;

/// Something that one gate must let through: a change, or a call that reaches a backend or reveals a secret.
#[derive(Clone, Debug, PartialEq)]
pub struct Op {
    /// What it does, as an imperative: `deploy PetStore to prod`.
    pub title: String,
    /// What it does it to.
    pub target: Place,
    /// How sure the user must be.
    pub danger: Danger,
    /// The calls, in order; the first that fails ends it.
    pub calls: Vec<Call>,
    /// What undoes it. Ids that its own calls give are filled in when it is done.
    pub inverse: Inverse,
    /// What to ask again afterwards.
    pub stale: Vec<Query>,
    /// What acts at once, in words; `None` if nothing does.
    pub live_now: Option<String>,
    /// What acts only after the next deployment, in words.
    pub live_at_next_deployment: Option<String>,
    /// What kind of gate it needs.
    pub kind: Kind,
}

/// Why an operation goes through the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It changes something: refused in a read-only session.
    Change,
    /// It changes nothing of ours, but sends a request to a backend. `safe` if the verb is GET or HEAD.
    Reach {
        /// Whether the verb promises to change nothing.
        safe: bool,
    },
    /// It shows a secret.
    Reveal,
}

/// How sure the user must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Danger {
    /// Goes at once.
    None,
    /// One key, after reading this.
    Confirm(String),
    /// Typing a name, after reading this.
    TypeName {
        /// What must be typed.
        name: String,
        /// What will be lost.
        why: String,
    },
}

/// What undoes an operation.
#[derive(Clone, Debug, PartialEq)]
pub enum Inverse {
    /// This.
    Op(Box<Op>),
    /// Nothing, and why.
    None(&'static str),
}

/// An API with the name that people know it by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Api {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

impl From<&RestApi> for Api {
    fn from(api: &RestApi) -> Self {
        Self {
            id: api.id.clone(),
            name: api.name.clone(),
        }
    }
}

/// What an operation acts on. All that is known is given; shown as `PetStore · prod · POST /pets`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The API.
    pub api: Option<Api>,
    /// The stage's name.
    pub stage: Option<String>,
    /// The resource's path.
    pub path: Option<String>,
    /// The verb.
    pub verb: Option<String>,
    /// A usage plan's or key's name.
    pub name: Option<String>,
}

impl Place {
    /// Somewhere in an API.
    #[must_use]
    pub fn api(api: &Api) -> Self {
        Self {
            api: Some(api.clone()),
            ..Self::default()
        }
    }

    /// A stage of an API.
    #[must_use]
    pub fn stage(api: &Api, stage: &str) -> Self {
        Self {
            stage: Some(stage.to_owned()),
            ..Self::api(api)
        }
    }

    /// A resource of an API.
    #[must_use]
    pub fn resource(api: &Api, path: &str) -> Self {
        Self {
            path: Some(path.to_owned()),
            ..Self::api(api)
        }
    }

    /// Something with a name that belongs to no API.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self {
            name: Some(name.to_owned()),
            ..Self::default()
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        parts.extend(self.api.as_ref().map(|api| api.name.clone()));
        parts.extend(self.stage.clone());
        match (&self.verb, &self.path) {
            (Some(verb), Some(path)) => parts.push(format!("{verb} {path}")),
            (None, Some(path)) => parts.push(path.clone()),
            _ => {}
        }
        parts.extend(self.name.clone());
        f.write_str(&parts.join(" · "))
    }
}

impl Op {
    /// A change with these calls, not dangerous, without inverse: constructors set the rest.
    pub(crate) fn change(title: impl Into<String>, target: Place, calls: Vec<Call>) -> Self {
        Self {
            title: title.into(),
            target,
            danger: Danger::None,
            calls,
            inverse: Inverse::None("no call takes it back"),
            stale: Vec::new(),
            live_now: None,
            live_at_next_deployment: None,
            kind: Kind::Change,
        }
    }

    pub(crate) fn danger(mut self, danger: Danger) -> Self {
        self.danger = danger;
        self
    }

    pub(crate) fn undone_by(mut self, inverse: Op) -> Self {
        self.inverse = Inverse::Op(Box::new(inverse));
        self
    }

    pub(crate) fn final_because(mut self, why: &'static str) -> Self {
        self.inverse = Inverse::None(why);
        self
    }

    pub(crate) fn stale(mut self, stale: impl Into<Vec<Query>>) -> Self {
        self.stale = stale.into();
        self
    }

    pub(crate) fn live_now(mut self, what: impl Into<String>) -> Self {
        self.live_now = Some(what.into());
        self
    }

    pub(crate) fn live_later(mut self, what: impl Into<String>) -> Self {
        self.live_at_next_deployment = Some(what.into());
        self
    }

    /// The AWS CLI commands that do the same, one for each call: what is copied, and what the call log shows.
    #[must_use]
    pub fn cli(&self, cli: &Cli, secrets: Secrets) -> Vec<String> {
        cli.commands(&self.calls, secrets)
    }

    /// Whether an answer should be asked for again after this: it is one of [`stale`](field@Self::stale), or derived from one.
    #[must_use]
    pub fn stales(&self, query: &Query) -> bool {
        self.stale.iter().any(|stale| stale.stales(query))
    }

    /// Whether it shows a secret.
    #[must_use]
    pub const fn reveals_secret(&self) -> bool {
        matches!(self.kind, Kind::Reveal)
    }

    /// Whether it changes something at AWS.
    #[must_use]
    pub const fn changes(&self) -> bool {
        matches!(self.kind, Kind::Change)
    }

    /// What undoes it, now that its calls have answered; nothing if an id that the way back needs never came.
    #[must_use]
    pub fn undo(&self, answers: &[Answer]) -> Option<Self> {
        let Inverse::Op(inverse) = &self.inverse else {
            return None;
        };
        let mut undo = (**inverse).clone();
        for call in &mut undo.calls {
            call.resolve(answers);
        }
        undo.calls.iter().all(Call::is_resolved).then_some(undo)
    }
}

/// Whether a stage's name says that people depend on it: `prod`, `production`, `Prod-eu`, `live`.
#[must_use]
pub fn is_production(stage: &str) -> bool {
    let name = stage.to_ascii_lowercase();
    name.starts_with("prod") || name.starts_with("prd") || name == "live"
}
