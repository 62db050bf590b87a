//! What was really sent: every operation with its commands, and the toasts that tell of it.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;

use crate::aws::OpId;

/// Operations kept in the log; older ones are dropped.
const MAX_ENTRIES: usize = 500;
/// How long a toast is shown.
const TOAST: Duration = Duration::from_secs(6);
/// Messages that wait behind an error; the call log and the log file have what is beyond.
const MAX_UNSEEN: usize = 20;

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
    /// When it vanishes by itself; an error doesn't.
    until: Option<Duration>,
}

impl Toast {
    fn new(level: Level, text: String, now: Duration) -> Self {
        Self {
            level,
            text,
            until: (level != Level::Failed).then_some(now + TOAST),
        }
    }
}

/// The newest message. An error waits to be seen, and what is said meanwhile waits behind it.
#[derive(Debug, Default)]
pub struct Toasts {
    current: Option<Toast>,
    later: VecDeque<(Level, String)>,
}

impl Toasts {
    /// Shows a message in place of the one before, or after the errors that weren't seen yet.
    pub fn say(&mut self, level: Level, text: impl Into<String>, now: Duration) {
        let text = text.into();
        if self
            .current
            .as_ref()
            .is_none_or(|t| t.level != Level::Failed)
        {
            self.current = Some(Toast::new(level, text, now));
            return;
        }
        let said = self.current.iter().map(|t| &t.text);
        if said
            .chain(self.later.iter().map(|(_, t)| t))
            .any(|t| *t == text)
        {
            return;
        }
        // Of what only passes, the newest is enough.
        if level != Level::Failed {
            self.later.retain(|(level, _)| *level == Level::Failed);
        }
        if self.later.len() < MAX_UNSEEN {
            self.later.push_back((level, text));
        }
    }

    /// How many errors wait behind the one that is shown.
    #[must_use]
    pub fn unseen(&self) -> usize {
        let failed = |(level, _): &&(Level, String)| *level == Level::Failed;
        self.later.iter().filter(failed).count()
    }

    /// What is shown.
    #[must_use]
    pub fn current(&self) -> Option<&Toast> {
        self.current.as_ref()
    }

    /// The user pressed a key: an error was seen, and what waited behind it comes. Says whether something vanished.
    pub fn seen(&mut self, now: Duration) -> bool {
        let seen = self.current.as_ref().is_some_and(|t| t.until.is_none());
        if seen {
            let next = self.later.pop_front();
            self.current = next.map(|(level, text)| Toast::new(level, text, now));
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
        assert!(!toasts.seen(TOAST) && !toasts.expire(TOAST / 2));
        assert!(toasts.expire(TOAST) && toasts.current().is_none());
        toasts.say(Level::Failed, "refused", TOAST);
        assert_eq!(toasts.deadline(), None);
        assert!(!toasts.expire(TOAST * 100));
        assert!(toasts.seen(TOAST) && toasts.current().is_none());
    }

    #[test]
    fn an_error_that_wasnt_seen_is_never_overwritten() {
        let mut toasts = Toasts::default();
        let said = |toasts: &Toasts| toasts.current().map(|t| t.text.clone());
        toasts.say(Level::Failed, "first", Duration::ZERO);
        toasts.say(Level::Done, "saved", Duration::ZERO);
        toasts.say(Level::Failed, "second", Duration::ZERO);
        toasts.say(Level::Failed, "first", Duration::ZERO);
        toasts.say(Level::Done, "saved again", Duration::ZERO);
        assert_eq!(
            (said(&toasts).as_deref(), toasts.unseen()),
            (Some("first"), 1)
        );
        assert!(toasts.seen(TOAST));
        assert_eq!(said(&toasts).as_deref(), Some("second"));
        assert!(toasts.seen(TOAST));
        assert_eq!(said(&toasts).as_deref(), Some("saved again"));
        assert_eq!(toasts.deadline(), Some(TOAST * 2), "its time begins now");
    }
}
