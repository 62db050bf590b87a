//! What the actions of the templates pane do.

use super::draft::{Draft, State};
use super::which::{self, Side, Which};
use super::{Region, Templates, output};
use crate::console::app::App;
use crate::console::term::{Code, Key};
use crate::console::ui::layers::{Choice, Choose, Form, FormField, Text};
use crate::console::ui::pane::{Command, PaneId};
use crate::console::ui::panes::chosen::{self, Chosen};
use crate::console::ui::panes::request::Section;
use crate::console::ui::theme::Meaning;
use crate::console::ui::widgets::Move;

impl Templates {
    /// A menu of the method's templates.
    pub(super) fn others(&self, chosen: &Chosen<'_>) -> Command {
        let all = self.all(chosen);
        let choices = all.iter().map(|which| {
            let draft = self.drafts.get(which);
            let lines = match (draft, which.saved(chosen.method)) {
                (Some(draft), _) => draft.editor.lines().len(),
                (None, saved) => saved.unwrap_or_default().lines().count(),
            };
            let state = match draft.map(Draft::state) {
                Some(State::Edited | State::EditedBoth) => ", edited",
                Some(State::New) => ", not saved yet",
                _ => "",
            };
            let lines = match lines {
                1 => "1 line".to_owned(),
                n => format!("{n} lines"),
            };
            Choice {
                value: which.key(),
                label: format!("{:<24} {}", which.side.words(), which.content_type),
                note: format!("{lines}{state}"),
            }
        });
        let title = format!("templates of {}", chosen.words());
        let current = self.which(chosen).map(|which| which.key());
        let chosen = |key: &str| vec![Command::Answer(key.to_owned())];
        Command::open(Choose::new(
            title,
            choices.collect(),
            current.as_deref(),
            chosen,
        ))
    }

    /// A form for a new template.
    pub(super) fn add(chosen: &Chosen<'_>) -> Command {
        const REQUEST: &str = "integration request";
        let sides: Vec<String> = which::sides(chosen.method)
            .iter()
            .map(Side::words)
            .collect();
        let names: Vec<&str> = sides.iter().map(String::as_str).collect();
        let fields = vec![
            FormField::choice("of the", &names, REQUEST, "space turns it"),
            FormField::text(
                "content type",
                "application/json",
                "of the request; for a response, of the request that asked for it",
            ),
        ];
        let title = format!("new template of {}", chosen.words());
        Command::open(Form::new(title, fields, |values| {
            let content_type = values.get("content type");
            if !content_type.contains('/') || content_type.contains(' ') {
                return Err("a content type is written like application/json".to_owned());
            }
            let side = values.get("of the");
            let status = side.rsplit(' ').next().filter(|_| side != REQUEST);
            let key = format!("{} {content_type}", status.unwrap_or_default());
            Ok(vec![Command::Answer(key)])
        }))
    }

    /// Shows a template, or begins a new one.
    pub(super) fn answered(&mut self, chosen: &Chosen<'_>, key: &str) {
        let which = Which::from_key(chosen.name(), key);
        self.show(&which);
        let saved = which.saved(chosen.method);
        if saved.is_none() && !self.drafts.contains_key(&which) {
            self.drafts.insert(which, Draft::new(None));
            self.focus = Region::Template;
            self.typing = true;
        }
    }

    /// What was typed beside what is saved.
    pub(super) fn difference(draft: &Draft, which: &Which) -> Command {
        let text = draft.editor.text();
        let lines = similar::TextDiff::from_lines(draft.base(), &text)
            .iter_all_changes()
            .map(|change| {
                let (sign, meaning) = match change.tag() {
                    similar::ChangeTag::Delete => ("- ", Meaning::Bad),
                    similar::ChangeTag::Insert => ("+ ", Meaning::Good),
                    similar::ChangeTag::Equal => ("  ", Meaning::Dim),
                };
                let line = change.value().trim_end_matches('\n').to_owned();
                vec![(sign.to_owned(), meaning), (line, meaning)]
            })
            .collect();
        Command::open(Text::new(
            format!("typed and saved: {}", which.words()),
            lines,
        ))
    }

    /// Puts the cursor on the next problem.
    pub(super) fn next_problem(&mut self, app: &App, which: &Which) -> Vec<Command> {
        let spans = match (self.drafts.get(which), self.preview(app)) {
            (Some(draft), Some(preview)) => output::problems(draft.editor.lines(), preview),
            _ => Vec::new(),
        };
        let Some(draft) = self.drafts.get_mut(which) else {
            return Vec::new();
        };
        let cursor = draft.editor.cursor();
        let mut places: Vec<(usize, usize)> = spans.iter().map(|(l, r, _)| (*l, r.start)).collect();
        places.sort_unstable();
        let next = places
            .iter()
            .find(|place| **place > cursor)
            .or(places.first());
        match next {
            Some((line, column)) => {
                draft.editor.go_to(*line, *column);
                self.focus = Region::Template;
                Vec::new()
            }
            None => vec![Command::note(
                "the template has no problem that can be pointed at",
            )],
        }
    }

    pub(super) fn act(
        &mut self,
        action: &str,
        chosen: &Chosen<'_>,
        which: &Which,
        app: &App,
    ) -> Vec<Command> {
        match action {
            "templates.edit" => {
                if self.focus == Region::Sample {
                    return self.open_row(chosen, app);
                }
                self.focus = Region::Template;
                self.typing = true;
            }
            "templates.save" | "templates-typing.save" => {
                let mut commands = self.leave_row(chosen, app);
                commands.extend(self.save(chosen, which).map(Command::propose));
                return commands;
            }
            "templates.sample" => {
                self.focus = Region::Sample;
                self.form.type_body();
            }
            "templates-typing.other" => {
                let commands = self.leave_row(chosen, app);
                if self.focus == Region::Sample {
                    self.focus = Region::Template;
                    self.typing = true;
                } else {
                    self.focus = Region::Sample;
                    self.typing = false;
                    self.form.type_body();
                }
                return commands;
            }
            "templates-typing.done" => return self.leave(chosen, app),
            "templates-typing.undo" | "templates-typing.redo" => {
                let redo = action.ends_with("redo");
                if self.typing {
                    if let Some(draft) = self.drafts.get_mut(which) {
                        let _ = if redo {
                            draft.editor.redo()
                        } else {
                            draft.editor.undo()
                        };
                    }
                } else {
                    let mut sample = chosen.sample(app);
                    if self.form.undo(redo, &mut sample) {
                        return vec![chosen.try_with(sample)];
                    }
                }
            }
            "templates.problem" => return self.next_problem(app, which),
            "templates-typing.problem" => {
                let mut commands = self.leave_row(chosen, app);
                self.focus = Region::Template;
                self.typing = true;
                commands.extend(self.next_problem(app, which));
                return commands;
            }
            "templates.difference" => {
                if let Some(draft) = self.drafts.get(which) {
                    return vec![Self::difference(draft, which)];
                }
            }
            "templates.revert" => {
                let said = self.drafts.get_mut(which).and_then(Draft::revert);
                return said.map(Command::note).into_iter().collect();
            }
            "templates.row" => {
                self.focus = Region::Sample;
                self.form.add(match self.form.section() {
                    section @ (Section::Query | Section::Variables) => section,
                    _ => Section::Headers,
                });
            }
            "templates.remove-row" => {
                let mut sample = chosen.sample(app);
                return match self.form.remove(&mut sample) {
                    Ok(()) => vec![chosen.try_with(sample)],
                    Err(why) => vec![Command::note(why)],
                };
            }
            "templates.copy-output" => {
                if let Some(Ok(output)) = self.preview(app).map(|preview| &preview.output) {
                    return vec![Command::copy("output", output.clone())];
                }
            }
            "templates.copy" => {
                if let Some(draft) = self.drafts.get(which) {
                    return vec![Command::copy("template", draft.editor.text())];
                }
            }
            _ => {}
        }
        Vec::new()
    }

    pub(super) fn open_row(&mut self, chosen: &Chosen<'_>, app: &App) -> Vec<Command> {
        if self.form.section() == Section::Stage {
            return chosen::choose_stage(app).into_iter().collect();
        }
        self.form.open(chosen, app);
        Vec::new()
    }

    /// Ends typing in the sample with what was typed.
    pub(super) fn leave_row(&mut self, chosen: &Chosen<'_>, app: &App) -> Vec<Command> {
        let mut sample = chosen.sample(app);
        if self.form.key(Key::plain(Code::Esc), &mut sample) {
            vec![chosen.try_with(sample)]
        } else {
            Vec::new()
        }
    }

    pub(super) fn leave(&mut self, chosen: &Chosen<'_>, app: &App) -> Vec<Command> {
        self.typing = false;
        self.leave_row(chosen, app)
    }

    pub(super) fn go(
        &mut self,
        movement: Move,
        chosen: &Chosen<'_>,
        which: &Which,
        app: &App,
    ) -> Vec<Command> {
        let order = [Region::Template, Region::Sample, Region::Output];
        let at = order.iter().position(|r| *r == self.focus).unwrap_or(0);
        match movement {
            Move::NextRegion => self.focus = order[(at + 1) % order.len()],
            Move::PreviousRegion => self.focus = order[(at + order.len() - 1) % order.len()],
            Move::Back if self.focus != Region::Template => self.focus = Region::Template,
            Move::Back => return vec![Command::Go(PaneId::Resources)],
            Move::Open => match self.focus {
                Region::Template => self.typing = true,
                Region::Sample => return self.open_row(chosen, app),
                Region::Output => {}
            },
            movement => match self.focus {
                Region::Template => {
                    if let (Some(draft), Some(code)) = (self.drafts.get_mut(which), code(movement))
                    {
                        draft.editor.type_key(Key::plain(code));
                    }
                }
                Region::Sample => self.form.go(movement, chosen, app),
                Region::Output => self.output.go(movement),
            },
        }
        Vec::new()
    }
}

/// The editor's key for a movement.
fn code(movement: Move) -> Option<Code> {
    Some(match movement {
        Move::Up => Code::Up,
        Move::Down => Code::Down,
        Move::Left => Code::Left,
        Move::Right => Code::Right,
        Move::PageUp => Code::PageUp,
        Move::PageDown => Code::PageDown,
        Move::Top => Code::Home,
        Move::Bottom => Code::End,
        _ => return None,
    })
}
