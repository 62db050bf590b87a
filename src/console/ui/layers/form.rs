//! A few fields to fill in.

use std::cell::Cell;
use std::collections::BTreeMap;

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use crate::console::term::{Code, Key};
use crate::console::ui::canvas::{Canvas, wrap};
use crate::console::ui::keymap::{Action, Context};
use crate::console::ui::layout::{centred, framed};
use crate::console::ui::pane::{Command, Layer, Outcome, PaneEvent, Surroundings};
use crate::console::ui::theme::Meaning;
use crate::console::ui::widgets::{Field, Move};

/// The actions of a form.
pub const FORM: Context = Context {
    name: "form",
    title: "A form",
    actions: &[
        Action::new(
            "form.done",
            &["enter"],
            "go on",
            "Goes to the next field, or does it at the last",
        ),
        Action::new(
            "form.submit",
            &["ctrl-s"],
            "do it",
            "Does it with what is filled in",
        ),
        Action::new(
            "form.next",
            &["tab", "down"],
            "next",
            "Goes to the next field",
        ),
        Action::new(
            "form.previous",
            &["shift-tab", "up"],
            "previous",
            "Goes to the previous field",
        ),
    ],
};

enum Kind {
    Text(Box<Field>),
    /// One of these; left, right and space turn it.
    Choice(Vec<String>, usize),
}

/// A field of a form.
pub struct FormField {
    name: &'static str,
    hint: &'static str,
    kind: Kind,
    before: String,
    /// What is typed first takes the value's place, until a key moves in it.
    replaced: bool,
}

impl FormField {
    /// A line of text, with a hint on what to type.
    #[must_use]
    pub fn text(name: &'static str, value: &str, hint: &'static str) -> Self {
        Self {
            name,
            hint,
            kind: Kind::Text(Box::new(Field::new(value))),
            before: value.to_owned(),
            replaced: false,
        }
    }

    /// A number: a new one is typed in the place of the old, not behind it.
    #[must_use]
    pub fn number(name: &'static str, value: &str, hint: &'static str) -> Self {
        Self {
            replaced: !value.is_empty(),
            ..Self::text(name, value, hint)
        }
    }

    /// A line of text that isn't shown.
    #[must_use]
    pub fn secret(name: &'static str, hint: &'static str) -> Self {
        Self {
            name,
            hint,
            kind: Kind::Text(Box::new(Field::default().masked())),
            before: String::new(),
            replaced: false,
        }
    }

    /// One of a few words.
    #[must_use]
    pub fn choice(name: &'static str, choices: &[&str], value: &str, hint: &'static str) -> Self {
        let at = choices.iter().position(|c| *c == value).unwrap_or(0);
        let choices: Vec<String> = choices.iter().map(|c| (*c).to_owned()).collect();
        Self {
            name,
            hint,
            before: choices.get(at).cloned().unwrap_or_default(),
            kind: Kind::Choice(choices, at),
            replaced: false,
        }
    }

    fn value(&self) -> &str {
        match &self.kind {
            Kind::Text(field) => field.text(),
            Kind::Choice(choices, at) => choices.get(*at).map_or("", String::as_str),
        }
    }
}

/// What was filled in, by the fields' names.
#[derive(Clone, Debug, Default)]
pub struct Values {
    all: BTreeMap<&'static str, String>,
    /// The field read last. Checks follow reading, so it is the one that a refusal is about.
    last: Cell<Option<&'static str>>,
}

impl Values {
    /// What stands in a field, without blanks around it; empty if there is no such field.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.exact(name).trim()
    }

    /// The same, `None` when empty.
    #[must_use]
    pub fn optional(&self, name: &str) -> Option<String> {
        Some(self.get(name))
            .filter(|value| !value.is_empty())
            .map(str::to_owned)
    }

    /// Exactly what stands in a field, blanks included.
    #[must_use]
    pub fn exact(&self, name: &str) -> &str {
        let Some((name, value)) = self.all.get_key_value(name) else {
            return "";
        };
        self.last.set(Some(name));
        value
    }
}

/// What is done with the values; the error says what is wrong with the one read last, and the form stays there.
type Submit = Box<dyn Fn(&Values) -> Result<Vec<Command>, String>>;

/// A form: fields from top to bottom, and what is done with them. Typed text isn't lost without asking.
pub struct Form {
    title: String,
    about: String,
    fields: Vec<FormField>,
    current: usize,
    problem: String,
    leaving: bool,
    submit: Submit,
}

impl Form {
    /// A form. `submit` checks the values and says what is to be done, or what is wrong.
    pub fn new(
        title: impl Into<String>,
        fields: Vec<FormField>,
        submit: impl Fn(&Values) -> Result<Vec<Command>, String> + 'static,
    ) -> Self {
        Self {
            title: title.into(),
            about: String::new(),
            fields,
            current: 0,
            problem: String::new(),
            leaving: false,
            submit: Box::new(submit),
        }
    }

    /// A line or two above the fields.
    #[must_use]
    pub fn about(mut self, text: impl Into<String>) -> Self {
        self.about = text.into();
        self
    }

    /// Begins with this field.
    #[must_use]
    pub fn starting_at(mut self, name: &str) -> Self {
        self.current = self.fields.iter().position(|f| f.name == name).unwrap_or(0);
        self
    }

    fn is_changed(&self) -> bool {
        self.fields.iter().any(|f| f.value() != f.before)
    }

    fn submit(&mut self) -> Outcome {
        let all = self.fields.iter().map(|f| (f.name, f.value().to_owned()));
        let values = Values {
            all: all.collect(),
            last: Cell::default(),
        };
        match (self.submit)(&values) {
            Ok(commands) => Outcome::Close(commands),
            Err(problem) => {
                self.problem = problem;
                let about = values.last.get();
                let at = self.fields.iter().position(|f| Some(f.name) == about);
                self.current = at.unwrap_or(self.current);
                Outcome::stay()
            }
        }
    }

    fn step(&mut self, by: usize) {
        let len = self.fields.len().max(1);
        self.current = (self.current + by) % len;
    }

    fn type_key(&mut self, key: Key) {
        let Some(field) = self.fields.get_mut(self.current) else {
            return;
        };
        let replaced = std::mem::take(&mut field.replaced);
        match &mut field.kind {
            Kind::Text(text) => {
                if replaced && matches!(key.code, Code::Char(_)) {
                    **text = Field::default();
                }
                text.type_key(key);
            }
            Kind::Choice(choices, at) => {
                let len = choices.len().max(1);
                match key.code {
                    Code::Right | Code::Char(' ') => *at = (*at + 1) % len,
                    Code::Left => *at = (*at + len - 1) % len,
                    // A letter goes to the next choice that begins with it.
                    Code::Char(c) => {
                        let begins = |i: &usize| {
                            let first = choices[*i].chars().next();
                            first.is_some_and(|f| f.eq_ignore_ascii_case(&c))
                        };
                        let next = (1..=len).map(|i| (*at + i) % len).find(begins);
                        *at = next.unwrap_or(*at);
                    }
                    _ => {}
                }
            }
        }
    }

    fn name_width(&self) -> u16 {
        let width = self.fields.iter().map(|f| f.name.width()).max();
        u16::try_from(width.unwrap_or(0)).unwrap_or(0)
    }
}

impl Layer for Form {
    fn context(&self) -> &'static Context {
        &FORM
    }

    fn typing(&self) -> bool {
        true
    }

    fn update(&mut self, event: PaneEvent<'_>, _around: Surroundings<'_>) -> Outcome {
        let leaving = std::mem::take(&mut self.leaving);
        match event {
            PaneEvent::Act("form.submit") => return self.submit(),
            PaneEvent::Act("form.done") if self.current + 1 >= self.fields.len() => {
                return self.submit();
            }
            PaneEvent::Act("form.done" | "form.next") => self.step(1),
            PaneEvent::Act("form.previous") => self.step(self.fields.len().saturating_sub(1)),
            PaneEvent::Move(Move::Back) if leaving || !self.is_changed() => {
                return Outcome::close();
            }
            PaneEvent::Move(Move::Back) => {
                self.leaving = true;
                "esc again throws away what you typed".clone_into(&mut self.problem);
            }
            PaneEvent::Key(key) => {
                self.problem.clear();
                self.type_key(key);
            }
            PaneEvent::Paste(text) => {
                if let Some(field) = self.fields.get_mut(self.current)
                    && let Kind::Text(value) = &mut field.kind
                {
                    if std::mem::take(&mut field.replaced) {
                        **value = Field::default();
                    }
                    value.paste(text);
                }
            }
            _ => {}
        }
        Outcome::stay()
    }

    fn place(&self, body: Rect, _around: Surroundings<'_>) -> Rect {
        let about = if self.about.is_empty() {
            0
        } else {
            wrap(&self.about, 72).len()
        };
        let problem = wrap(&self.problem, 72).len().max(1);
        let rows = self.fields.len() + about + problem + 3;
        centred(body, 76, u16::try_from(rows).unwrap_or(u16::MAX))
    }

    fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, _around: Surroundings<'_>) {
        let mut inner = framed(canvas, area, &self.title);
        if !self.about.is_empty() {
            // On a small screen what is asked counts more than what is told.
            let asked = u16::try_from(self.fields.len() + 1).unwrap_or(u16::MAX);
            let room = usize::from(inner.height.saturating_sub(asked));
            for line in wrap(&self.about, inner.width.into()).into_iter().take(room) {
                canvas.put(inner.x, inner.y, inner.width, &line, Meaning::Dim);
                inner.y += 1;
                inner.height = inner.height.saturating_sub(1);
            }
        }
        let names = self.name_width();
        let current = self.current;
        for ((index, field), y) in self
            .fields
            .iter_mut()
            .enumerate()
            .zip(inner.top()..inner.bottom())
        {
            let here = index == current;
            let (mark, meaning) = if here {
                (canvas.signs().here, Meaning::Mark)
            } else {
                (" ", Meaning::Dim)
            };
            canvas.put(inner.x, y, 1, mark, Meaning::Mark);
            canvas.put(inner.x + 2, y, names, field.name, meaning);
            let x = inner.x + 4 + names;
            let at = Rect::new(x, y, inner.right().saturating_sub(x), 1);
            match &mut field.kind {
                Kind::Text(text) => text.draw(canvas, at, here),
                Kind::Choice(choices, chosen) => {
                    let value = choices.get(*chosen).map_or("", String::as_str);
                    let (left, right) = (canvas.signs().left, canvas.signs().right);
                    let value_meaning = if here { Meaning::Cursor } else { Meaning::Text };
                    canvas.line(
                        at,
                        &[
                            (left, Meaning::Dim),
                            (" ", Meaning::Text),
                            (value, value_meaning),
                            (" ", Meaning::Text),
                            (right, Meaning::Dim),
                        ],
                    );
                }
            }
        }
        let (text, meaning) = if self.problem.is_empty() {
            let hint = self.fields.get(current).map_or("", |f| f.hint);
            (hint, Meaning::Dim)
        } else {
            (self.problem.as_str(), Meaning::Bad)
        };
        let lines = wrap(text, inner.width.into());
        let rows = u16::try_from(lines.len()).unwrap_or(1);
        let top = inner.bottom().saturating_sub(rows).max(inner.top());
        for (line, y) in lines.iter().zip(top..inner.bottom()) {
            canvas.put(inner.x, y, inner.width, line, meaning);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(form: &mut Form, text: &str) {
        for c in text.chars() {
            form.type_key(Key::plain(Code::Char(c)));
        }
    }

    #[test]
    fn a_number_is_typed_in_the_place_of_the_old_one() {
        let form = |field| Form::new("", vec![field], |_| Ok(Vec::new()));
        let mut number = form(FormField::number("percent", "17.0", ""));
        press(&mut number, "25");
        assert_eq!(number.fields[0].value(), "25");
        let mut moved = form(FormField::number("percent", "17.0", ""));
        moved.type_key(Key::plain(Code::End));
        press(&mut moved, "5");
        assert_eq!(moved.fields[0].value(), "17.05");
        let mut text = form(FormField::text("name", "pet", ""));
        press(&mut text, "s");
        assert_eq!(text.fields[0].value(), "pets");
    }
}
