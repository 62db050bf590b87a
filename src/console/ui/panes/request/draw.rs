//! How a sample request looks.

use ratatui::layout::Rect;

use super::{RequestForm, Row, Section, Typing, rows};
use crate::console::app::{App, Sample};
use crate::console::ui::canvas::{Canvas, Piece};
use crate::console::ui::panes::chosen::{self, Chosen};
use crate::console::ui::theme::Meaning;
use crate::console::ui::widgets::Cursor;
use crate::model::Map;

/// Rows that the body gets at the least.
const BODY_ROWS: u16 = 5;
/// Where names begin, after the sections' labels.
const NAME: u16 = 12;

impl RequestForm {
    /// Draws rows and body.
    pub(in crate::console::ui::panes) fn draw(
        &mut self,
        canvas: &mut Canvas<'_>,
        area: Rect,
        app: &App,
        chosen: &Chosen<'_>,
        focused: bool,
    ) {
        let sample = chosen.sample(app);
        let own = chosen::stage_variables(app);
        let mut all = rows(&sample, &own);
        self.cursor.keep(&all);
        let in_body = self.section() == Section::Body;
        if let Some(Typing::Row(row, _)) = &self.typing
            && row.name.is_none()
        {
            let after = all.iter().rposition(|r| r.section == row.section);
            let placeholder = all
                .iter()
                .position(|r| r.section == row.section && r.name.is_none());
            match placeholder {
                Some(_) => {}
                None => all.insert(after.map_or(0, |at| at + 1), row.clone()),
            }
        }
        all.pop();
        let most = area.height.saturating_sub(BODY_ROWS + 1).max(1);
        let height = u16::try_from(all.len()).unwrap_or(most).min(most);
        let list = Rect::new(area.x, area.y, area.width, height);
        let typed = match &self.typing {
            Some(Typing::Row(row, _)) => all.iter().position(|r| r == row),
            _ => None,
        };
        let here = typed.unwrap_or(self.cursor.index());
        let mut window: Cursor<usize> = Cursor::default();
        let keys: Vec<usize> = (0..all.len()).collect();
        window.select(here.min(all.len().saturating_sub(1)));
        window.keep(&keys);
        let mut before = None;
        for (index, y) in window.window(all.len(), height).zip(list.top()..) {
            let row = Rect::new(list.x, y, list.width, 1);
            let shown = &all[index];
            let label = (before != Some(shown.section)).then(|| shown.section.label());
            before = Some(shown.section);
            let here = !in_body && index == here || typed == Some(index);
            let marked = here && (focused || typed.is_some());
            self.draw_row(
                canvas,
                row,
                app,
                (shown, label),
                (&sample, &own),
                (here, marked),
            );
        }
        self.draw_body(canvas, area, height, in_body && focused);
    }

    fn draw_row(
        &mut self,
        canvas: &mut Canvas<'_>,
        row: Rect,
        app: &App,
        (shown, label): (&Row, Option<&str>),
        (sample, own): (&Sample, &Map<String>),
        (here, focused): (bool, bool),
    ) {
        let mark = if here { canvas.signs().here } else { " " };
        canvas.line(
            row,
            &[
                (mark, Meaning::Mark),
                (" ", Meaning::Text),
                (label.unwrap_or(""), Meaning::Dim),
            ],
        );
        let at = Rect {
            x: row.x + NAME,
            width: row.width.saturating_sub(NAME),
            ..row
        };
        if let Some(Typing::Row(typed, field)) = &mut self.typing
            && typed == shown
        {
            let x = match (&shown.name, shown.section) {
                (Some((_, name)), Section::Path | Section::Variables) => {
                    canvas.line(at, &[(name, Meaning::Text), ("  ", Meaning::Text)])
                }
                _ => at.x,
            };
            let at = Rect::new(x, at.y, at.right().saturating_sub(x), 1);
            field.draw(canvas, at, true);
            if field.is_empty() && shown.name.is_none() {
                canvas.line(at, &[("name: value", Meaning::Dim)]);
            }
            return;
        }
        let name_meaning = if focused {
            Meaning::Cursor
        } else {
            Meaning::Text
        };
        let (name, value, note) = texts(canvas, app, shown, sample, own);
        let note_meaning = match shown.section {
            Section::Path if !note.is_empty() => Meaning::Warn,
            Section::Variables if !note.is_empty() => Meaning::Changed,
            _ => Meaning::Dim,
        };
        let gap = " ".repeat(14usize.saturating_sub(name.chars().count()).max(2));
        let mut pieces: Vec<Piece<'_>> = vec![(&name, name_meaning)];
        if shown.name.is_some() {
            pieces.push((&gap, Meaning::Text));
            pieces.push((&value, Meaning::Text));
        }
        if !note.is_empty() {
            pieces.push(("  ", Meaning::Text));
            pieces.push((&note, note_meaning));
        }
        canvas.line(at, &pieces);
    }

    fn draw_body(&mut self, canvas: &mut Canvas<'_>, area: Rect, used: u16, here: bool) {
        let rule = Rect::new(
            area.x,
            area.y + used,
            area.width,
            area.height.saturating_sub(used),
        );
        let of = self
            .of
            .as_ref()
            .map(|(_, of)| of.clone())
            .unwrap_or_default();
        canvas.rule(rule, &[(2, &of.heading())]);
        if here {
            canvas.put(rule.x, rule.y, 1, canvas.signs().here, Meaning::Mark);
        }
        let text = Rect::new(
            rule.x + 2,
            rule.y + 1,
            rule.width.saturating_sub(2),
            rule.height.saturating_sub(1),
        );
        let window = 0..self.body.lines().len().min(usize::from(text.height) * 4);
        let spans = self.colours.spans(self.body.lines(), window);
        let typing = self.in_body();
        self.body.draw(canvas, text, &spans, typing);
        let empty = self.body.lines().iter().all(String::is_empty);
        if empty && !typing {
            canvas.line(text, &[("empty", Meaning::Dim)]);
        }
    }
}

/// Name, value and remark of a row.
fn texts(
    canvas: &Canvas<'_>,
    app: &App,
    shown: &Row,
    sample: &Sample,
    own: &Map<String>,
) -> (String, String, String) {
    let signs = canvas.signs();
    let value = |pairs: &[(String, String)], at: usize| -> String {
        pairs.get(at).map_or_else(String::new, |(_, v)| v.clone())
    };
    match (shown.section, &shown.name) {
        (Section::Stage, _) => {
            let stage = app.selection.stage.clone();
            let changed = sample.variables.len();
            let changed = match changed {
                0 => String::new(),
                n => format!(", {n} for this request"),
            };
            let variables = match own.len() {
                0 => "no variables".to_owned(),
                1 => "1 variable".to_owned(),
                n => format!("{n} variables"),
            };
            (
                stage.unwrap_or_else(|| signs.none.to_owned()),
                String::new(),
                format!("{variables}{changed}"),
            )
        }
        (_, None) => (signs.none.to_owned(), String::new(), String::new()),
        (Section::Variables, Some((_, name))) => {
            let mine = sample.variables.iter().find(|(n, _)| n == name);
            let theirs = own.get(name);
            match (mine, theirs) {
                (Some((_, mine)), Some(theirs)) => (
                    name.clone(),
                    mine.clone(),
                    format!("the stage has {theirs}"),
                ),
                (Some((_, mine)), None) => {
                    (name.clone(), mine.clone(), "the stage hasn't".to_owned())
                }
                (None, theirs) => (
                    name.clone(),
                    theirs.cloned().unwrap_or_default(),
                    String::new(),
                ),
            }
        }
        (section, Some((at, name))) => {
            let (pairs, note) = match section {
                Section::Path => (&sample.path, "needed"),
                Section::Query => (&sample.query, "not sent"),
                _ => (&sample.headers, "not sent"),
            };
            let value = value(pairs, *at);
            let note = if value.is_empty() { note } else { "" };
            (name.clone(), value, note.to_owned())
        }
    }
}
