//! The call log: every operation of this session with the commands that do the same.

use ratatui::layout::Rect;

use crate::console::app::{App, Entry, Outcome as Ended};
use crate::console::ui::canvas::{Canvas, age, wrap};
use crate::console::ui::keymap::{Action, Context};
use crate::console::ui::layout::{centred, framed};
use crate::console::ui::pane::{Command, Layer, Outcome, PaneEvent, Surroundings};
use crate::console::ui::theme::Meaning;
use crate::console::ui::widgets::{Cursor, Move};

/// The actions of the call log.
pub const CALLS: Context = Context {
    name: "calls",
    title: "Call log",
    actions: &[
        Action::new(
            "calls.copy",
            &["y"],
            "copy as CLI",
            "Copies the operation as AWS CLI commands",
        ),
        Action::new(
            "calls.copy-all",
            &["Y"],
            "copy all",
            "Copies the whole session as a script, oldest first",
        ),
    ],
};

/// What was really sent, newest first.
#[derive(Debug, Default)]
pub struct Calls {
    cursor: Cursor<u64>,
    /// Movements scroll what is said of the operation, not the list.
    below: bool,
    /// The first line of it that is shown.
    first: usize,
    /// How many lines of it were hidden at the last draw.
    hidden: usize,
}

/// Lines that a page of the lower half moves.
const PAGE: usize = 5;

impl Calls {
    fn ids(app: &App) -> Vec<u64> {
        app.calls.newest_first().map(|e| e.id).collect()
    }

    fn scroll(&mut self, movement: Move) {
        self.first = match movement {
            Move::Up => self.first.saturating_sub(1),
            Move::PageUp => self.first.saturating_sub(PAGE),
            Move::Down => self.first + 1,
            Move::PageDown => self.first + PAGE,
            Move::Top => 0,
            Move::Bottom => self.hidden,
            _ => self.first,
        }
        .min(self.hidden);
    }

    /// What is said of an operation: why it failed, and its commands.
    fn lines(entry: &Entry, width: usize) -> Vec<(String, Meaning)> {
        let mut lines: Vec<(String, Meaning)> = Vec::new();
        if let Ended::Failed(why) | Ended::Unknown(why) = &entry.outcome {
            let wrapped = wrap(why, width);
            lines.extend(wrapped.into_iter().map(|line| (line, Meaning::Bad)));
        }
        for command in &entry.commands {
            let wrapped = wrap(command, width);
            lines.extend(wrapped.into_iter().map(|line| (line, Meaning::Text)));
        }
        lines
    }

    fn entry<'a>(&self, app: &'a App) -> Option<&'a Entry> {
        app.calls.newest_first().nth(self.cursor.index())
    }
}

impl Layer for Calls {
    fn context(&self) -> &'static Context {
        &CALLS
    }

    fn update(&mut self, event: PaneEvent<'_>, around: Surroundings<'_>) -> Outcome {
        let app = around.app;
        match event {
            PaneEvent::Move(Move::Back | Move::Left) => return Outcome::close(),
            PaneEvent::Move(Move::NextRegion | Move::PreviousRegion) => self.below = !self.below,
            PaneEvent::Move(movement) if self.below => self.scroll(movement),
            PaneEvent::Move(movement) => {
                self.first = 0;
                self.cursor.go(movement, &Self::ids(app));
            }
            PaneEvent::Act("calls.copy") => {
                if let Some(entry) = self.entry(app) {
                    return Outcome::Stay(vec![Command::copy(
                        "commands",
                        entry.to_copy.join("\n"),
                    )]);
                }
            }
            PaneEvent::Act("calls.copy-all") => {
                let mut script: Vec<String> = app
                    .calls
                    .newest_first()
                    .map(|e| format!("# {}\n{}", e.title, e.to_copy.join("\n")))
                    .collect();
                script.reverse();
                return Outcome::Stay(vec![Command::copy("session", script.join("\n"))]);
            }
            _ => {}
        }
        Outcome::stay()
    }

    fn place(&self, body: Rect, _around: Surroundings<'_>) -> Rect {
        centred(body, body.width.saturating_sub(4), body.height)
    }

    fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, around: Surroundings<'_>) {
        let app = around.app;
        let inner = framed(canvas, area, "call log");
        if app.calls.is_empty() {
            canvas.line(
                inner,
                &[(
                    "nothing was changed or sent in this session yet",
                    Meaning::Dim,
                )],
            );
            return;
        }
        self.cursor.keep(&Self::ids(app));
        let said = self.entry(app).map(|e| Self::lines(e, inner.width.into()));
        let lines = said.unwrap_or_default();
        let least = (inner.height / 2).min(8);
        let details = u16::try_from(lines.len() + 1).unwrap_or(u16::MAX);
        let details = details.clamp(least, least.max(inner.height * 2 / 3));
        let list = Rect::new(inner.x, inner.y, inner.width, inner.height - details);
        let window = self.cursor.window(app.calls.len(), list.height);
        let here = self.cursor.index();
        let signs = canvas.signs();
        let entries = app.calls.newest_first().enumerate();
        for ((index, entry), y) in entries.skip(window.start).zip(list.top()..list.bottom()) {
            let (sign, meaning) = match entry.outcome {
                Ended::Running(_) => (signs.half, Meaning::Warn),
                Ended::Done => (signs.on, Meaning::Good),
                Ended::Failed(_) => (signs.bad, Meaning::Bad),
                Ended::Unknown(_) => ("?", Meaning::Warn),
            };
            let word = match entry.outcome {
                Ended::Running(_) => "running",
                Ended::Done => "done   ",
                Ended::Failed(_) => "failed ",
                Ended::Unknown(_) => "unknown",
            };
            let when = format!(" {:>5}  ", age(canvas.now(), entry.at.as_second()));
            let (mark, title) = if index == here {
                (signs.here, Meaning::Cursor)
            } else {
                (" ", Meaning::Text)
            };
            let target = format!("  {}", entry.target);
            let pieces = [
                (mark, Meaning::Mark),
                (" ", Meaning::Text),
                (sign, meaning),
                (" ", Meaning::Text),
                (word, meaning),
                (when.as_str(), Meaning::Dim),
                (entry.title.as_str(), title),
                (target.as_str(), Meaning::Dim),
            ];
            canvas.line(Rect::new(list.x, y, list.width, 1), &pieces);
        }
        let below = Rect::new(inner.x, list.bottom(), inner.width, details);
        canvas.rule(below, &[(2, "as AWS CLI")]);
        let room = usize::from(below.height.saturating_sub(1));
        self.hidden = lines.len().saturating_sub(room);
        self.first = self.first.min(self.hidden);
        if self.hidden > 0 {
            let text = if self.below {
                let end = self.first + room;
                format!(" {}–{end} of {} ", self.first + 1, lines.len())
            } else {
                " ⟨move.next-region⟩ scrolls ".to_owned()
            };
            canvas.line_right(below, &[(&canvas.words(&text), Meaning::Key)]);
        }
        let shown = lines.iter().skip(self.first);
        for ((line, meaning), y) in shown.zip(below.y + 1..below.bottom()) {
            canvas.put(below.x, y, below.width, line, *meaning);
        }
    }
}
