//! What was really sent: every operation with its commands, and the toasts that tell of it.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;

use crate::aws::OpId;

/// Operations kept in the log; older ones are dropped.
const MAX_ENTRIES: usize = 500;
/// How long a toast is shown.
const TOAST: Duration = Duration::from_secs(6);

/// How an operation stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Under way: this many of its calls are done.
    Running(usize),
    /// All done.
    Done,
    /// Refused or failed; nothing of the failed call happened.
    Failed(String),
    /// The answer never came: it may have happened.
    Unknown(String),
}

/// An operation that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number.
    pub id: OpId,
    /// When it was sent.
    pub at: Timestamp,
    /// What it does, as an imperative.
    pub title: String,
    /// What it acts on.
    pub target: String,
    /// The AWS CLI commands that do the same, secrets masked.
    pub commands: Vec<String>,
    /// The same with secrets, for copying.
    pub to_copy: Vec<String>,
    /// How it stands.
    pub outcome: Outcome,
}

/// The operations of this session, newest last.
#[derive(Debug, Default)]
pub struct CallLog {
    entries: VecDeque<Entry>,
}

impl CallLog {
    pub(super) fn push(&mut self, entry: Entry) {
        if self.entries.len() == MAX_ENTRIES {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
    }

    pub(super) fn set(&mut self, id: OpId, outcome: Outcome) {
        if let Some(entry) = self.entries.iter_mut().rev().find(|e| e.id == id) {
            entry.outcome = outcome;
        }
    }

    /// The operations, newest first.
    pub fn newest_first(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().rev()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing was sent yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many are under way.
    #[must_use]
    pub fn running(&self) -> usize {
        self.entries
            .iter()
            .filter(|e| matches!(e.outcome, Outcome::Running(_)))
            .count()
    }
}

/// How a toast is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Something worked.
    Done,
    /// Something to know.
    Note,
    /// Something failed; stays until a key is pressed.
    Failed,
}

/// A passing message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    /// How it is meant.
    pub level: Level,
    /// One line.
    pub text: String,
    until: Option<Duration>,
}

/// The newest message; an error waits to be seen.
#[derive(Debug, Default)]
pub struct Toasts {
    current: Option<Toast>,
}

impl Toasts {
    /// Shows a message in place of the one before.
    pub fn say(&mut self, level: Level, text: impl Into<String>, now: Duration) {
        let until = (level != Level::Failed).then_some(now + TOAST);
        self.current = Some(Toast {
            level,
            text: text.into(),
            until,
        });
    }

    /// What is shown.
    #[must_use]
    pub fn current(&self) -> Option<&Toast> {
        self.current.as_ref()
    }

    /// The user pressed a key: an error was seen. Says whether something vanished.
    pub fn seen(&mut self) -> bool {
        let seen = self.current.as_ref().is_some_and(|t| t.until.is_none());
        if seen {
            self.current = None;
        }
        seen
    }

    /// When the message vanishes by itself.
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        self.current.as_ref().and_then(|t| t.until)
    }

    /// Lets time pass. Says whether something vanished.
    pub fn expire(&mut self, now: Duration) -> bool {
        let over = self.deadline().is_some_and(|until| now >= until);
        if over {
            self.current = None;
        }
        over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn toasts_pass_and_errors_wait_for_a_key() {
        let mut toasts = Toasts::default();
        toasts.say(Level::Done, "saved", Duration::ZERO);
        assert_eq!(toasts.deadline(), Some(TOAST));
        assert!(!toasts.seen() && !toasts.expire(TOAST / 2));
        assert!(toasts.expire(TOAST) && toasts.current().is_none());
        toasts.say(Level::Failed, "refused", TOAST);
        assert_eq!(toasts.deadline(), None);
        assert!(!toasts.expire(TOAST * 100));
        assert!(toasts.seen() && toasts.current().is_none());
    }
}
