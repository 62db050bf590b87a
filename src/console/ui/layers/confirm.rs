//! The question before an operation: what it does, to what, with which calls, and whether there is a way back.

use ratatui::layout::Rect;

use crate::aws::{Danger, Secrets};
use crate::console::app::{Asking, Message, Reaction, Session, no_way_back};
use crate::console::ui::canvas::{Canvas, wrap};
use crate::console::ui::keymap::{Action, Context};
use crate::console::ui::layout::{centred, framed};
use crate::console::ui::pane::{Command, Layer, Outcome, PaneEvent, Surroundings};
use crate::console::ui::theme::Meaning;
use crate::console::ui::widgets::{Field, Move};

/// The actions of a question that one key answers.
pub const CONFIRM: Context = Context {
    name: "confirm",
    title: "A question",
    actions: &[
        Action::new(
            "confirm.yes",
            // Not Enter: it opens many a question, and held a moment too long it would answer it unread.
            &["y"],
            "do it",
            "Does what is asked about",
        ),
        Action::new(
            "confirm.no",
            &["n"],
            "leave it",
            "Leaves everything as it is",
        ),
        Action::new(
            "confirm.copy",
            &["c"],
            "copy commands",
            "Copies the AWS CLI commands that do the same",
        ),
    ],
};

/// The actions of a question that is answered by typing a name.
pub const TYPE_NAME: Context = Context {
    name: "type-name",
    title: "A question answered by a name",
    actions: &[Action::new(
        "type-name.yes",
        &["enter"],
        "do it",
        "Does what is asked about, once the name is typed",
    )],
};

/// Asks before an operation runs.
#[derive(Debug)]
pub struct Confirm {
    asking: Asking,
    commands: Vec<String>,
    to_copy: String,
    field: Field,
}

impl Confirm {
    /// The question for what waits.
    #[must_use]
    pub fn new(asking: Asking, session: &Session) -> Self {
        let cli = session.cli();
        Self {
            commands: asking.op.cli(cli, Secrets::Masked),
            to_copy: asking.op.cli(cli, Secrets::Shown).join("\n"),
            asking,
            field: Field::default(),
        }
    }

    fn name(&self) -> Option<&str> {
        match &self.asking.danger {
            Danger::TypeName { name, .. } => Some(name),
            _ => None,
        }
    }

    fn lines(&self, width: usize) -> Vec<(String, Meaning)> {
        let op = &self.asking.op;
        let mut lines = vec![(op.target.to_string(), Meaning::Title)];
        let mut say = |text: &str, meaning: Meaning| {
            lines.extend(wrap(text, width).into_iter().map(|line| (line, meaning)));
        };
        match &self.asking.danger {
            Danger::None => {}
            Danger::Confirm(why) => say(why, Meaning::Warn),
            Danger::TypeName { why, .. } => say(why, Meaning::Bad),
        }
        if let Some(now) = &op.live_now {
            say(&format!("At once: {now}"), Meaning::Text);
        }
        if let Some(later) = &op.live_at_next_deployment {
            say(&format!("At the next deployment: {later}"), Meaning::Text);
        }
        match no_way_back(op) {
            None => say("Can be undone.", Meaning::Dim),
            Some(why) if op.changes() => say(&format!("Can't be undone: {why}."), Meaning::Dim),
            Some(_) => {}
        }
        lines.push((String::new(), Meaning::Text));
        for command in &self.commands {
            let wrapped = wrap(command, width.saturating_sub(2));
            let long = wrapped.len() > 3;
            for line in wrapped.into_iter().take(3) {
                lines.push((format!("  {line}"), Meaning::Dim));
            }
            if long {
                lines.push(("  …".to_owned(), Meaning::Dim));
            }
        }
        lines
    }
}

impl Layer for Confirm {
    fn context(&self) -> &'static Context {
        if self.name().is_some() {
            &TYPE_NAME
        } else {
            &CONFIRM
        }
    }

    fn typing(&self) -> bool {
        self.name().is_some()
    }

    fn update(&mut self, event: PaneEvent<'_>, _around: Surroundings<'_>) -> Outcome {
        let answer = |reaction| Outcome::Close(vec![Command::Tell(Message::Answer(reaction))]);
        match event {
            PaneEvent::Act("confirm.yes") => return answer(Reaction::Yes),
            PaneEvent::Act("confirm.no") | PaneEvent::Move(Move::Back) => {
                return answer(Reaction::No);
            }
            PaneEvent::Act("confirm.copy") => {
                return Outcome::Stay(vec![Command::copy("commands", self.to_copy.clone())]);
            }
            PaneEvent::Act("type-name.yes") => {
                if Some(self.field.text()) == self.name() {
                    return answer(Reaction::Yes);
                }
                let name = self.name().unwrap_or_default();
                return Outcome::Stay(vec![Command::note(format!(
                    "type {name} to go on, ⟨typing.back⟩ to leave it"
                ))]);
            }
            PaneEvent::Key(key) => {
                self.field.type_key(key);
            }
            // A name must be typed: pasting it would be no second thought.
            _ => {}
        }
        Outcome::stay()
    }

    fn place(&self, body: Rect, _around: Surroundings<'_>) -> Rect {
        let width = 76.min(body.width);
        let rows =
            self.lines(usize::from(width) - 2).len() + 3 + usize::from(self.name().is_some());
        centred(body, width, u16::try_from(rows).unwrap_or(u16::MAX))
    }

    fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, _around: Surroundings<'_>) {
        let inner = framed(canvas, area, &self.asking.op.title);
        let lines = self.lines(inner.width.into());
        let last = inner.bottom().saturating_sub(1);
        for ((text, meaning), y) in lines.iter().zip(inner.top()..last) {
            canvas.put(inner.x, y, inner.width, text, *meaning);
        }
        let row = Rect::new(inner.x, last, inner.width, 1);
        if let Some(name) = self.name() {
            let prompt = format!("type {name} to go on: ");
            let x = canvas.line(row, &[(&prompt, Meaning::Key)]);
            self.field
                .draw(canvas, Rect::new(x, row.y, row.right() - x, 1), true);
        } else {
            let pieces = [
                ("⟨confirm.yes⟩", Meaning::Key),
                (" do it   ", Meaning::Text),
                ("⟨confirm.no⟩", Meaning::Key),
                (" leave it", Meaning::Text),
            ];
            canvas.line(row, &pieces);
        }
    }
}

/// Asks for a word before something that isn't an operation: unlocking, quitting.
pub struct TypeName {
    title: String,
    why: String,
    name: String,
    field: Field,
    then: Option<Box<dyn FnOnce() -> Vec<Command>>>,
}

impl TypeName {
    /// Asks for `name`, saying `why`; `then` is done once it is typed.
    pub fn new(
        title: impl Into<String>,
        why: impl Into<String>,
        name: impl Into<String>,
        then: impl FnOnce() -> Vec<Command> + 'static,
    ) -> Self {
        Self {
            title: title.into(),
            why: why.into(),
            name: name.into(),
            field: Field::default(),
            then: Some(Box::new(then)),
        }
    }
}

impl Layer for TypeName {
    fn context(&self) -> &'static Context {
        &TYPE_NAME
    }

    fn typing(&self) -> bool {
        true
    }

    fn update(&mut self, event: PaneEvent<'_>, _around: Surroundings<'_>) -> Outcome {
        match event {
            PaneEvent::Move(Move::Back) => Outcome::close(),
            PaneEvent::Act("type-name.yes") if self.field.text() == self.name => {
                Outcome::Close(self.then.take().map(|then| then()).unwrap_or_default())
            }
            PaneEvent::Act("type-name.yes") => Outcome::Stay(vec![Command::note(format!(
                "type {} to go on, ⟨typing.back⟩ to leave it",
                self.name
            ))]),
            PaneEvent::Key(key) => {
                self.field.type_key(key);
                Outcome::stay()
            }
            _ => Outcome::stay(),
        }
    }

    fn place(&self, body: Rect, _around: Surroundings<'_>) -> Rect {
        let rows = wrap(&self.why, 62).len() + 4;
        centred(body, 64, u16::try_from(rows).unwrap_or(u16::MAX))
    }

    fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, _around: Surroundings<'_>) {
        let inner = framed(canvas, area, &self.title);
        for (line, y) in wrap(&self.why, inner.width.into())
            .iter()
            .zip(inner.top()..inner.bottom())
        {
            canvas.put(inner.x, y, inner.width, line, Meaning::Text);
        }
        let row = Rect::new(inner.x, inner.bottom() - 1, inner.width, 1);
        let prompt = format!("type {} to go on: ", self.name);
        let x = canvas.line(row, &[(&prompt, Meaning::Key)]);
        self.field
            .draw(canvas, Rect::new(x, row.y, row.right() - x, 1), true);
    }
}
