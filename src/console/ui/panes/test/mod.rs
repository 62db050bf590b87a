//! Testing a method: the request on the left, the answer on the right. A test runs what is saved, not what a stage serves.

mod answer;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use ratatui::layout::Rect;

use super::chosen::{self, Chosen};
use super::request::{BodyOf, RequestForm, Section};
use crate::aws::ops::test::{Run, invoke};
use crate::aws::{Answer, Call, Op, OpDone, Query, Secrets};
use crate::console::app::{App, MethodName};
use crate::console::ui::canvas::Canvas;
use crate::console::ui::keymap::{Action, Context};
use crate::console::ui::layout::{Regions, titled};
use crate::console::ui::pane::{Command, Pane, PaneEvent, PaneId};
use crate::console::ui::status;
use crate::console::ui::theme::Meaning;
use crate::console::ui::widgets::Move;
use crate::model::IntegrationType;

use answer::{Answered, Shown};

/// What can be done with a test.
pub(super) const CONTEXT: Context = Context {
    name: "test",
    title: "Test",
    actions: &[
        Action::new(
            "test.run",
            &["r"],
            "run",
            "Sends the request to the method as it is saved",
        ),
        Action::new(
            "test.edit",
            &["e"],
            "edit",
            "Types in the row under the cursor",
        ),
        Action::new("test.body", &["b"], "body", "Types in the body"),
        Action::new(
            "test.stage",
            &["s"],
            "stage",
            "Takes the variables of another stage, and works on it",
        ),
        Action::new(
            "test.add",
            &["n"],
            "add",
            "Adds a parameter, header or variable, where the cursor is",
        ),
        Action::new(
            "test.remove",
            &["x"],
            "remove",
            "Takes the row under the cursor away",
        ),
        Action::new(
            "test.copy-answer",
            &["y"],
            "copy answer",
            "Copies the answer's body",
        ),
        Action::new(
            "test.copy-log",
            &["Y"],
            "copy log",
            "Copies the execution log",
        ),
        Action::new(
            "test.copy-cli",
            &["c"],
            "copy as CLI",
            "Copies the test as an AWS CLI command",
        ),
        Action::new(
            "test.log",
            &["L"],
            "log",
            "Shows the answer from its log on",
        ),
        Action::new("test.method", &["m"], "method", "Works on another method"),
        Action::new(
            "test.template",
            &["v"],
            "template",
            "Shows the method's mapping templates",
        ),
    ],
};

/// While something of the request is typed.
pub(super) const TYPING: Context = Context {
    name: "test-typing",
    title: "Test, while typing",
    actions: &[
        Action::new(
            "test-typing.run",
            &["ctrl-s"],
            "run",
            "Takes what was typed and sends the request",
        ),
        Action::new(
            "test-typing.undo",
            &["ctrl-u"],
            "undo",
            "Takes back the last change of the body",
        ),
        Action::new(
            "test-typing.redo",
            &["ctrl-r"],
            "redo",
            "Does again what was taken back",
        ),
        Action::new("test-typing.done", &["esc"], "done", "Takes what was typed"),
    ],
};

/// Cells that the request gets beside the answer.
const REQUEST_WIDTH: u16 = 52;
/// Answers kept of each method.
const MAX_KEPT: usize = 2;

/// Request and answers.
#[derive(Debug, Default)]
pub(super) struct Test {
    form: RequestForm,
    /// The answer has the focus.
    right: bool,
    /// The newest answers of each method, newest first.
    answers: HashMap<MethodName, Vec<Answered>>,
    /// What the backend answered, by method and status, as it was put into the samples.
    captured: HashMap<(MethodName, String), String>,
    shown: Shown,
}

/// The method that an operation tests, if it tests one.
fn tested(op: &Op) -> Option<MethodName> {
    let Some(Call::TestInvokeMethod(_)) = op.calls.first() else {
        return None;
    };
    let target = &op.target;
    Some(MethodName {
        api: target.api.as_ref()?.id.clone(),
        path: target.path.clone()?,
        verb: target.verb.clone()?,
    })
}

impl Test {
    /// The operation that sends the request.
    fn op(chosen: &Chosen<'_>, app: &App) -> Op {
        let sample = chosen.sample(app);
        let run = Run {
            path_with_query: sample.path_with_query(&chosen.resource.path),
            headers: sample.sent_headers(),
            stage_variables: sample.stage_variables(&chosen::stage_variables(app)),
            body: sample.body,
        };
        invoke(chosen.at(), &run)
    }

    fn answers(&self, chosen: &Chosen<'_>) -> &[Answered] {
        self.answers.get(&chosen.name()).map_or(&[], Vec::as_slice)
    }

    /// Takes the answer of a test, whoever ran it. What the backend answered becomes what the response's templates are tried with.
    fn took(&mut self, done: &OpDone, app: &App) -> Option<Command> {
        let name = tested(&done.op)?;
        let result = match (done.answers.first(), &done.failed) {
            (Some(Answer::Test(result)), _) => Ok(result.clone()),
            (_, Some(error)) => Err(error.to_string()),
            _ => Err("the test ended without an answer".to_owned()),
        };
        let taken = result.as_ref().ok().and_then(|result| {
            let chosen = Chosen::of(app).filter(|chosen| chosen.name() == name)?;
            let body = answer::backend_body(&result.log)?;
            let status = result.status.to_string();
            let mut sample = chosen.sample(app);
            let key = (name.clone(), status.clone());
            // What the user typed stays.
            if sample.answers.get(&status) != self.captured.get(&key) {
                return None;
            }
            self.captured.insert(key, body.clone());
            sample.answers.insert(status, body);
            Some(chosen.try_with(sample))
        });
        let answers = self.answers.entry(name).or_default();
        answers.insert(
            0,
            Answered {
                number: done.id,
                at: app.now(),
                result,
            },
        );
        answers.truncate(MAX_KEPT);
        taken
    }

    fn run(&mut self, chosen: &Chosen<'_>, app: &App) -> Vec<Command> {
        self.right = true;
        self.shown.top();
        vec![Command::propose(Self::op(chosen, app))]
    }

    fn act(&mut self, action: &str, chosen: &Chosen<'_>, app: &App) -> Vec<Command> {
        match action {
            "test.run" => return self.run(chosen, app),
            "test-typing.run" => {
                let commands = self.leave(chosen, app);
                self.right = true;
                self.shown.top();
                // What was typed last must be in the request: the message before this one puts it there.
                return commands
                    .into_iter()
                    .chain([Command::Act("test.run")])
                    .collect();
            }
            "test-typing.done" => return self.leave(chosen, app),
            "test-typing.undo" | "test-typing.redo" => {
                let mut sample = chosen.sample(app);
                if self.form.undo(action.ends_with("redo"), &mut sample) {
                    return vec![chosen.try_with(sample)];
                }
            }
            "test.edit" => return self.edit(chosen, app),
            "test.body" => {
                self.right = false;
                self.form.type_body();
            }
            "test.add" => {
                self.right = false;
                self.form.add(match self.form.section() {
                    section @ (Section::Query | Section::Variables) => section,
                    _ => Section::Headers,
                });
            }
            "test.remove" => {
                let mut sample = chosen.sample(app);
                return match self.form.remove(&mut sample) {
                    Ok(()) => vec![chosen.try_with(sample)],
                    Err(why) => vec![Command::note(why)],
                };
            }
            "test.copy-answer" | "test.copy-log" => {
                if let Some(Ok(result)) = self.answers(chosen).first().map(|a| &a.result) {
                    return if action == "test.copy-log" {
                        vec![Command::copy("log", result.log.clone())]
                    } else {
                        vec![Command::copy("answer", result.body.clone())]
                    };
                }
            }
            "test.copy-cli" => {
                let commands = Self::op(chosen, app).cli(app.session.cli(), Secrets::Shown);
                return vec![Command::copy("command", commands.join("\n"))];
            }
            "test.log" => {
                self.right = true;
                self.shown.go_to_log();
            }
            "test.template" => return vec![Command::Go(PaneId::Templates)],
            _ => {}
        }
        Vec::new()
    }

    fn edit(&mut self, chosen: &Chosen<'_>, app: &App) -> Vec<Command> {
        self.right = false;
        if self.form.section() == Section::Stage {
            return chosen::choose_stage(app).into_iter().collect();
        }
        self.form.open(chosen, app);
        Vec::new()
    }

    /// Ends typing with what was typed.
    fn leave(&mut self, chosen: &Chosen<'_>, app: &App) -> Vec<Command> {
        use crate::console::term::{Code, Key};
        let mut sample = chosen.sample(app);
        if self.form.key(Key::plain(Code::Esc), &mut sample) {
            vec![chosen.try_with(sample)]
        } else {
            Vec::new()
        }
    }

    fn go(&mut self, movement: Move, chosen: &Chosen<'_>, app: &App) -> Vec<Command> {
        match movement {
            Move::NextRegion | Move::PreviousRegion => self.right = !self.right,
            Move::Back | Move::Left if self.right => self.right = false,
            Move::Back => return vec![Command::Go(PaneId::Resources)],
            Move::Right if !self.right => self.right = true,
            Move::Open if !self.right => return self.edit(chosen, app),
            movement if self.right => self.shown.go(movement),
            movement => self.form.go(movement, chosen, app),
        }
        Vec::new()
    }

    fn draw_answer(&mut self, canvas: &mut Canvas<'_>, area: Rect, app: &App, chosen: &Chosen<'_>) {
        let name = chosen.name();
        let running = app.under_way().any(|op| tested(op).as_ref() == Some(&name));
        let answers = self.answers.get(&name).map_or(&[][..], Vec::as_slice);
        self.shown
            .draw(canvas, area, app, answers, (self.right, running));
        if answers.is_empty() && !running {
            let about = "⟨test.run⟩ sends the request to the method as it is saved, not as a stage serves it. Authorizers, API keys and throttles are left out, as in AWS's own test.";
            let text = Rect::new(
                area.x + 1,
                area.y + 2,
                area.width.saturating_sub(2),
                area.height.saturating_sub(2),
            );
            status::paragraph(canvas, text, about, Meaning::Dim, 4);
        }
    }
}

impl Pane for Test {
    fn id(&self) -> PaneId {
        PaneId::Test
    }

    fn context(&self) -> &'static Context {
        if self.form.typing() {
            &TYPING
        } else {
            &CONTEXT
        }
    }

    fn needs(&self, app: &App) -> Vec<Query> {
        chosen::needs(app)
    }

    fn blocked(&self, action: &str, app: &App) -> Option<String> {
        if action == "test.method" {
            return app
                .selection
                .api
                .is_none()
                .then(|| chosen::missing(app, "test.method"));
        }
        let Some(chosen) = Chosen::of(app) else {
            return Some(chosen::missing(app, "test.method"));
        };
        match action {
            "test.run" | "test-typing.run" => {
                let Some(integration) = &chosen.method.method_integration else {
                    return Some("the method has no integration to run".to_owned());
                };
                let sample = chosen.sample(app);
                // A mock without path parameters reads them as their placeholders; a backend would be asked for the wrong thing.
                let needs_path = integration.integration_type != IntegrationType::Mock;
                sample
                    .unfilled()
                    .next()
                    .filter(|_| needs_path && action == "test.run")
                    .map(|name| format!("the path parameter {name} has no value yet"))
            }
            "test.copy-answer" | "test.copy-log" | "test.log" => {
                let answered = self.answers(&chosen).first();
                let has = answered.is_some_and(|a| a.result.is_ok());
                (!has).then(|| "there is no answer yet: ⟨test.run⟩ runs the test".to_owned())
            }
            "test.remove" if self.right => {
                Some("⟨move.next-region⟩ goes to the request first".to_owned())
            }
            _ => None,
        }
    }

    fn typing(&self) -> bool {
        self.form.typing()
    }

    fn update(&mut self, event: PaneEvent<'_>, app: &App) -> Vec<Command> {
        if let PaneEvent::Done(done) = event {
            return self.took(done, app).into_iter().collect();
        }
        if let PaneEvent::Act("test.method") = event {
            return chosen::choose_method(app).into_iter().collect();
        }
        let Some(chosen) = Chosen::of(app) else {
            return match event {
                PaneEvent::Move(Move::Back) => vec![Command::Go(PaneId::Resources)],
                PaneEvent::Shown | PaneEvent::Got(_) => {
                    chosen::first_method(app).into_iter().collect()
                }
                _ => Vec::new(),
            };
        };
        self.form.keep(&chosen, &BodyOf::Request, app);
        match event {
            PaneEvent::Act("test.stage") => chosen::choose_stage(app).into_iter().collect(),
            PaneEvent::Act(action) => self.act(action, &chosen, app),
            PaneEvent::Move(movement) => self.go(movement, &chosen, app),
            PaneEvent::Key(key) => {
                let mut sample = chosen.sample(app);
                if self.form.key(key, &mut sample) {
                    return vec![chosen.try_with(sample)];
                }
                Vec::new()
            }
            PaneEvent::Paste(text) => {
                let mut sample = chosen.sample(app);
                if self.form.paste(text, &mut sample) {
                    return vec![chosen.try_with(sample)];
                }
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, app: &App) {
        let Some(chosen) = Chosen::of(app) else {
            let text = chosen::missing(app, "test.method");
            status::paragraph(canvas, area, &text, Meaning::Dim, 2);
            return;
        };
        self.form.keep(&chosen, &BodyOf::Request, app);
        let regions = Regions::split(canvas, area, REQUEST_WIDTH, self.right);
        if let Some(left) = regions.left() {
            let body = titled(canvas, left, &chosen.words(), !self.right);
            if let Some(answer) = self.answers(&chosen).first()
                && regions.right().is_none()
            {
                // On a narrow screen the answer is elsewhere: its status is told here.
                let (words, meaning) = answer.words();
                canvas.line_right(
                    left,
                    &[("⟨move.next-region⟩: ", Meaning::Dim), (&words, meaning)],
                );
            }
            self.form.draw(canvas, body, app, &chosen, !self.right);
        }
        if let Some(right) = regions.right() {
            self.draw_answer(canvas, right, app, &chosen);
        }
    }
}
