//! A sample request as rows to walk through and type in: stage, parameters, headers, stage variables, and the body below them.
//! Shared by the panes that try a method.

mod draw;

use super::chosen::{self, Chosen};
use crate::console::app::{App, MethodName, Sample};
use crate::console::term::{Code, Key};
use crate::console::ui::syntax::{Highlighter, Language};
use crate::console::ui::widgets::{Cursor, Editor, Field, Move};
use crate::model::Map;

/// A group of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    Stage,
    Path,
    Query,
    Headers,
    Variables,
    Body,
}

impl Section {
    fn label(self) -> &'static str {
        match self {
            Self::Stage => "stage",
            Self::Path => "path",
            Self::Query => "query",
            Self::Headers => "headers",
            Self::Variables => "variables",
            Self::Body => "body",
        }
    }
}

/// A row that the cursor can stand on: a named value, or the place of a section that has none.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    section: Section,
    name: Option<(usize, String)>,
}

/// What is typed in.
#[derive(Debug)]
enum Typing {
    /// A row's value, or name and value: `limit: 10`.
    Row(Row, Box<Field>),
    Body,
}

/// What the body is: the request's own, or what the backend is taken to answer with a status.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum BodyOf {
    #[default]
    Request,
    Answer(String),
}

impl BodyOf {
    pub(super) fn read(&self, sample: &Sample) -> String {
        match self {
            Self::Request => sample.body.clone(),
            Self::Answer(status) => sample
                .answers
                .get(status)
                .cloned()
                .unwrap_or_else(|| "{\n}".to_owned()),
        }
    }

    fn write(&self, sample: &mut Sample, text: String) {
        match self {
            Self::Request => sample.body = text,
            Self::Answer(status) => {
                sample.answers.insert(status.clone(), text);
            }
        }
    }

    fn heading(&self) -> String {
        match self {
            Self::Request => "body".to_owned(),
            Self::Answer(status) => format!("the backend's body, for {status}"),
        }
    }
}

/// The rows' cursor, and what is being typed.
#[derive(Debug)]
pub(super) struct RequestForm {
    of: Option<(MethodName, BodyOf)>,
    cursor: Cursor<Row>,
    typing: Option<Typing>,
    body: Editor,
    colours: Highlighter,
}

impl Default for RequestForm {
    fn default() -> Self {
        let mut cursor = Cursor::default();
        cursor.select(Row {
            section: Section::Body,
            name: None,
        });
        Self {
            of: None,
            cursor,
            typing: None,
            body: Editor::default(),
            colours: Highlighter::new(Language::Json),
        }
    }
}

impl RequestForm {
    /// Takes note of which method is shown, and of a body that was changed elsewhere.
    pub(super) fn keep(&mut self, chosen: &Chosen<'_>, body_of: &BodyOf, app: &App) {
        let of = Some((chosen.name(), body_of.clone()));
        let sample = chosen.sample(app);
        if self.of == of {
            let text = body_of.read(&sample);
            if text != self.body.text() {
                self.body.set_text(&text);
            }
        } else {
            self.of = of;
            self.typing = None;
            self.body = Editor::new(&body_of.read(&sample));
            self.body.go_to(0, 0);
        }
        let rows = rows(&sample, &chosen::stage_variables(app));
        self.cursor.keep(&rows);
    }

    pub(super) fn typing(&self) -> bool {
        self.typing.is_some()
    }

    /// Whether the body is typed in.
    pub(super) fn in_body(&self) -> bool {
        matches!(self.typing, Some(Typing::Body))
    }

    pub(super) fn section(&self) -> Section {
        self.cursor.key().map_or(Section::Body, |row| row.section)
    }

    pub(super) fn go(&mut self, movement: Move, chosen: &Chosen<'_>, app: &App) {
        let rows = rows(&chosen.sample(app), &chosen::stage_variables(app));
        self.cursor.go(movement, &rows);
    }

    /// Begins to type in the body.
    pub(super) fn type_body(&mut self) {
        self.cursor.select(Row {
            section: Section::Body,
            name: None,
        });
        self.typing = Some(Typing::Body);
    }

    /// Begins to type in the row under the cursor. A row of the stage isn't typed in: its menu is the pane's.
    pub(super) fn open(&mut self, chosen: &Chosen<'_>, app: &App) {
        let Some(row) = self.cursor.key().cloned() else {
            return;
        };
        let sample = chosen.sample(app);
        let value = |pairs: &[(String, String)], at: usize| {
            pairs.get(at).map_or("", |(_, v)| v.as_str()).to_owned()
        };
        let text = match (row.section, &row.name) {
            (Section::Stage, _) | (Section::Path, None) => return,
            (Section::Body, _) => {
                self.typing = Some(Typing::Body);
                return;
            }
            (_, None) => return self.add(row.section),
            (Section::Path, Some((at, _))) => value(&sample.path, *at),
            (Section::Variables, Some((_, name))) => {
                let all = sample.stage_variables(&chosen::stage_variables(app));
                all.get(name).cloned().unwrap_or_default()
            }
            (Section::Query, Some((at, name))) => format!("{name}: {}", value(&sample.query, *at)),
            (Section::Headers, Some((at, name))) => {
                format!("{name}: {}", value(&sample.headers, *at))
            }
        };
        self.typing = Some(Typing::Row(row, Box::new(Field::new(&text))));
    }

    /// Begins to type a new row.
    pub(super) fn add(&mut self, section: Section) {
        let row = Row {
            section,
            name: None,
        };
        self.typing = Some(Typing::Row(row, Box::default()));
    }

    /// Takes the row under the cursor away; says why not, if it can't.
    pub(super) fn remove(&self, sample: &mut Sample) -> Result<(), &'static str> {
        let Some(Row {
            section,
            name: Some((at, name)),
        }) = self.cursor.key()
        else {
            return Err("put the cursor on a parameter, header or variable first");
        };
        match section {
            Section::Path => sample
                .path
                .get_mut(*at)
                .into_iter()
                .for_each(|p| p.1.clear()),
            Section::Query if *at < sample.query.len() => drop(sample.query.remove(*at)),
            Section::Headers if *at < sample.headers.len() => drop(sample.headers.remove(*at)),
            Section::Variables => {
                let before = sample.variables.len();
                sample.variables.retain(|(n, _)| n != name);
                if sample.variables.len() == before {
                    return Err(
                        "this is the stage's own value: ⟨test.edit⟩ puts another in its place",
                    );
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Types a key. Escape and Enter leave a row with what was typed; only Escape leaves the body. Says whether the sample changed.
    pub(super) fn key(&mut self, key: Key, sample: &mut Sample) -> bool {
        let body_of = self
            .of
            .as_ref()
            .map(|(_, of)| of.clone())
            .unwrap_or_default();
        match self.typing.take() {
            None => false,
            Some(Typing::Body) if key.code == Code::Esc => false,
            Some(Typing::Body) => {
                self.typing = Some(Typing::Body);
                let changed = self.body.type_key(key);
                if changed {
                    body_of.write(sample, self.body.text());
                }
                changed
            }
            Some(Typing::Row(row, field))
                if matches!(key.code, Code::Esc | Code::Enter | Code::Tab) =>
            {
                self.put(row, field.text(), sample)
            }
            Some(Typing::Row(row, mut field)) => {
                field.type_key(key);
                self.typing = Some(Typing::Row(row, field));
                false
            }
        }
    }

    /// Inserts a pasted text. Says whether the sample changed.
    pub(super) fn paste(&mut self, text: &str, sample: &mut Sample) -> bool {
        match &mut self.typing {
            None => false,
            Some(Typing::Row(_, field)) => {
                field.paste(text);
                false
            }
            Some(Typing::Body) => {
                let changed = self.body.paste(text);
                let body_of = self
                    .of
                    .as_ref()
                    .map(|(_, of)| of.clone())
                    .unwrap_or_default();
                body_of.write(sample, self.body.text());
                changed
            }
        }
    }

    /// Takes back or does again a change of the body. Says whether the sample changed.
    pub(super) fn undo(&mut self, redo: bool, sample: &mut Sample) -> bool {
        let changed = if redo {
            self.body.redo()
        } else {
            self.body.undo()
        };
        let body_of = self
            .of
            .as_ref()
            .map(|(_, of)| of.clone())
            .unwrap_or_default();
        body_of.write(sample, self.body.text());
        changed
    }

    /// Puts what was typed into the sample. Says whether it changed.
    fn put(&mut self, row: Row, text: &str, sample: &mut Sample) -> bool {
        let before = sample.clone();
        let (name, value) = match text.split_once([':', '=']) {
            Some((name, value)) => (name.trim().to_owned(), value.trim().to_owned()),
            None => (text.trim().to_owned(), String::new()),
        };
        let set = |pairs: &mut Vec<(String, String)>| -> Option<(usize, String)> {
            if name.is_empty() {
                return None;
            }
            let at = row.name.as_ref().map_or(pairs.len(), |(at, _)| *at);
            let pair = (name.clone(), value.clone());
            if at < pairs.len() {
                pairs[at] = pair;
            } else {
                pairs.push(pair);
            }
            Some((at, name.clone()))
        };
        let at = match row.section {
            Section::Query => set(&mut sample.query),
            Section::Headers => set(&mut sample.headers),
            Section::Path => {
                if let Some((at, _)) = &row.name
                    && let Some(pair) = sample.path.get_mut(*at)
                {
                    text.trim().clone_into(&mut pair.1);
                }
                row.name.clone()
            }
            Section::Variables => {
                let (name, value) = match &row.name {
                    Some((_, name)) => (name.clone(), text.to_owned()),
                    None => (name, value),
                };
                if name.is_empty() {
                    None
                } else {
                    match sample.variables.iter_mut().find(|(n, _)| *n == name) {
                        Some(pair) => pair.1 = value,
                        None => sample.variables.push((name.clone(), value)),
                    }
                    Some((row.name.map_or(usize::MAX, |(at, _)| at), name))
                }
            }
            Section::Stage | Section::Body => None,
        };
        if let Some(name) = at {
            self.cursor.select(Row {
                section: row.section,
                name: Some(name),
            });
        }
        *sample != before
    }
}

/// All rows of a sample, the body last.
fn rows(sample: &Sample, own: &Map<String>) -> Vec<Row> {
    let mut all = vec![Row {
        section: Section::Stage,
        name: None,
    }];
    let mut group = |section: Section, names: Vec<String>| {
        if names.is_empty() {
            all.push(Row {
                section,
                name: None,
            });
        }
        all.extend(names.into_iter().enumerate().map(|named| Row {
            section,
            name: Some(named),
        }));
    };
    let names = |pairs: &[(String, String)]| pairs.iter().map(|(n, _)| n.clone()).collect();
    if !sample.path.is_empty() {
        group(Section::Path, names(&sample.path));
    }
    group(Section::Query, names(&sample.query));
    group(Section::Headers, names(&sample.headers));
    let variables = sample.stage_variables(own);
    group(Section::Variables, variables.keys().cloned().collect());
    group(Section::Body, Vec::new());
    all
}
