//! What is computed beside the loop: values in, values out. One piece runs at a time; a newer wish replaces the one that waits, and what
//! comes late is dropped, so that typing never waits and never piles up work.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::Duration;

use super::key_file;
use super::preview::{Preview, Rendering};
use crate::aws::Secret;
use crate::base::Clock;
use crate::vtl::{ErrorKind, Overrides, Span, TemplateError};

/// Something to compute.
#[derive(Clone, Debug, PartialEq)]
pub enum Work {
    /// A template's output.
    Render(Box<Rendering>),
    /// The text of a file of API keys. It may take as long as its disk.
    ReadKeys(PathBuf),
}

/// A piece of work under its number. Whoever runs it does so on another thread and brings back what it gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    generation: u64,
    work: Work,
}

/// What a task gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Finished {
    generation: u64,
    given: Given,
}

#[derive(Clone, Debug, PartialEq)]
enum Given {
    Preview(Box<Preview>),
    Keys(Result<Secret, String>),
}

impl Task {
    /// Reads a file of API keys; what it gives is told by [`Finished::keys`].
    pub(super) fn read_keys(path: PathBuf) -> Self {
        Self {
            generation: 0,
            work: Work::ReadKeys(path),
        }
    }

    /// Does the work. It may take as long as a template may run. A fault of ours in it is a result too: somebody waits for one.
    #[must_use]
    pub fn run(self, clock: &Clock) -> Finished {
        let given = match &self.work {
            Work::Render(rendering) => {
                let preview = caught(|| rendering.run(clock));
                Given::Preview(Box::new(preview.unwrap_or_else(lost)))
            }
            Work::ReadKeys(path) => Given::Keys(caught(|| key_file::read(path)).flatten()),
        };
        Finished {
            generation: self.generation,
            given,
        }
    }
}

impl Finished {
    /// The text of the file of keys that was read, or why there is none.
    pub(super) fn keys(&self) -> Option<&Result<Secret, String>> {
        match &self.given {
            Given::Keys(keys) => Some(keys),
            Given::Preview(_) => None,
        }
    }
}

/// What the work gives, or words for that it panicked; the panic hook has logged where.
fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work))
        .map_err(|_| "sluice failed in this, the log file has more".to_owned())
}

/// A preview that isn't there.
fn lost(why: String) -> Preview {
    Preview {
        output: Err(TemplateError {
            kind: ErrorKind::Runtime,
            span: Span::default(),
            line: 1,
            column: 1,
            message: why,
        }),
        not_json: None,
        overrides: Overrides::default(),
        steps: Vec::new(),
        empty: Vec::new(),
        lines: Vec::new(),
        took: Duration::ZERO,
    }
}

/// A preview with what it is of.
#[derive(Clone, Debug, PartialEq)]
struct Shown {
    rendering: Box<Rendering>,
    preview: Preview,
    last_output: Option<String>,
}

/// The newest wish, what runs, and the newest result.
#[derive(Debug, Default)]
pub struct Bench {
    generation: u64,
    wanted: Option<Work>,
    running: Option<u64>,
    shown: Option<Shown>,
}

impl Bench {
    /// Wants this to be computed; gives the task to start, if one is to be started now. Wanting the same again costs nothing.
    pub(super) fn want(&mut self, work: Work) -> Option<Task> {
        if self.wanted.as_ref() == Some(&work) {
            return None;
        }
        self.wanted = Some(work);
        self.generation += 1;
        self.start()
    }

    fn start(&mut self) -> Option<Task> {
        if self.running.is_some() {
            return None;
        }
        let work = self.wanted.clone()?;
        self.running = Some(self.generation);
        Some(Task {
            generation: self.generation,
            work,
        })
    }

    /// Takes what a task gave; gives the next one, if something newer is wanted.
    pub(super) fn finished(&mut self, finished: Finished) -> Option<Task> {
        if self.running == Some(finished.generation) {
            self.running = None;
        }
        if finished.generation != self.generation {
            return self.start();
        }
        let (Some(Work::Render(rendering)), Given::Preview(preview)) =
            (&self.wanted, finished.given)
        else {
            return None;
        };
        let before = self
            .shown
            .take()
            .filter(|shown| shown.rendering.subject == rendering.subject);
        let last_output = match &preview.output {
            Ok(output) => Some(output.clone()),
            Err(_) => before.and_then(|shown| shown.last_output),
        };
        self.shown = Some(Shown {
            rendering: rendering.clone(),
            preview: *preview,
            last_output,
        });
        None
    }

    /// The newest preview of the template that `subject` names, and whether it is of exactly what is wanted now.
    #[must_use]
    pub fn preview(&self, subject: &str) -> Option<(&Preview, bool)> {
        let shown = self.shown.as_ref()?;
        let Some(Work::Render(wanted)) = &self.wanted else {
            return None;
        };
        (shown.rendering.subject == subject).then_some((&shown.preview, shown.rendering == *wanted))
    }

    /// The newest output that the template had, for while it is broken.
    #[must_use]
    pub fn last_output(&self, subject: &str) -> Option<&str> {
        let shown = self.shown.as_ref()?;
        let output = shown.last_output.as_deref()?;
        (shown.rendering.subject == subject).then_some(output)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn work(subject: &str, template: &str) -> Work {
        Work::Render(Box::new(Rendering {
            subject: subject.to_owned(),
            template: template.to_owned(),
            ..Rendering::default()
        }))
    }

    fn run(task: Task) -> Finished {
        task.run(&Clock::manual("2026-03-01T12:00:00Z".parse().unwrap()))
    }

    fn output(bench: &Bench, subject: &str) -> Option<String> {
        let (preview, _) = bench.preview(subject)?;
        preview.output.clone().ok()
    }

    #[test]
    fn wanting_the_same_twice_costs_once() {
        let mut bench = Bench::default();
        let task = bench.want(work("t", "a")).unwrap();
        assert!(bench.want(work("t", "a")).is_none());
        assert!(bench.finished(run(task)).is_none());
        assert!(bench.want(work("t", "a")).is_none());
        assert_eq!(output(&bench, "t").as_deref(), Some("a"));
        assert!(bench.preview("other").is_none());
    }

    #[test]
    fn one_runs_the_newest_waits_and_the_late_is_dropped() {
        let mut bench = Bench::default();
        let first = bench.want(work("t", "a")).unwrap();
        assert!(bench.want(work("t", "ab")).is_none());
        assert!(bench.want(work("t", "abc")).is_none());
        let next = bench.finished(run(first)).unwrap();
        assert!(bench.preview("t").is_none(), "late");
        assert!(bench.finished(run(next)).is_none());
        assert_eq!(output(&bench, "t").as_deref(), Some("abc"));
        let (_, current) = bench.preview("t").unwrap();
        assert!(current);
        bench.want(work("t", "abcd")).unwrap();
        let (_, current) = bench.preview("t").unwrap();
        assert!(!current, "shown while the next is computed");
    }

    #[test]
    fn a_fault_of_ours_is_a_result_and_the_next_preview_comes() {
        let fault = caught(|| -> Preview { panic!("a fault on purpose") });
        let mut bench = Bench::default();
        let task = bench.want(work("t", "a")).unwrap();
        let finished = Finished {
            generation: task.generation,
            given: Given::Preview(Box::new(fault.unwrap_or_else(lost))),
        };
        assert!(bench.finished(finished).is_none());
        let (preview, _) = bench.preview("t").unwrap();
        let error = preview.output.as_ref().unwrap_err();
        assert!(error.message.contains("log file"), "{error:?}");
        let next = bench.want(work("t", "ab")).unwrap();
        bench.finished(run(next));
        assert_eq!(output(&bench, "t").as_deref(), Some("ab"));
    }

    #[test]
    fn the_last_output_outlives_a_mistake_but_not_the_template() {
        let mut bench = Bench::default();
        for (subject, template, last) in [
            ("t", "a", Some("a")),
            ("t", "#set(", Some("a")),
            ("other", "#set(", None),
        ] {
            let task = bench.want(work(subject, template)).unwrap();
            bench.finished(run(task));
            assert_eq!(bench.last_output(subject), last, "{template}");
        }
    }
}
