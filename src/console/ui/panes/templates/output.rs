//! What a template makes of the sample: its output, its problems in words, and what stands under the cursor.

use std::ops::Range;

use ratatui::layout::Rect;

use crate::console::app::{NotJson, Preview};
use crate::console::ui::canvas::{Canvas, Piece, wrap};
use crate::console::ui::syntax::{Highlighter, Language};
use crate::console::ui::theme::Meaning;
use crate::console::ui::widgets::Move;
use crate::console::ui::widgets::editor::Span;
use crate::vtl::Span as Bytes;

/// References without a value that are told one by one.
const MAX_TOLD: usize = 3;
/// Values of one reference in a loop that are shown.
const MAX_VALUES: usize = 8;

/// Where the output is scrolled to, and its colours.
#[derive(Debug)]
pub(super) struct Output {
    colours: Highlighter,
    top: usize,
    height: usize,
    len: usize,
}

impl Default for Output {
    fn default() -> Self {
        Self {
            colours: Highlighter::new(Language::Json),
            top: 0,
            height: 1,
            len: 0,
        }
    }
}

/// `18 lines · 0.1 ms · ● JSON`, for the title of the output.
pub(super) fn figures(
    canvas: &Canvas<'_>,
    preview: &Preview,
    json: bool,
) -> Vec<(String, Meaning)> {
    let signs = canvas.signs();
    let dot = format!(" {} ", signs.dot);
    let Ok(output) = &preview.output else {
        return vec![(format!("{} no output", signs.bad), Meaning::Bad)];
    };
    let lines = match output.lines().count() {
        1 => "1 line".to_owned(),
        n => format!("{n} lines"),
    };
    let took = preview.took.as_secs_f64() * 1000.0;
    let mut all = vec![(format!("{lines}{dot}{took:.1} ms"), Meaning::Dim)];
    if json {
        all.push((dot, Meaning::Dim));
        all.push(match &preview.not_json {
            None => (format!("{} JSON", signs.on), Meaning::Good),
            Some(problem) => {
                let text = format!("{} not JSON, line {}", signs.bad, problem.line);
                (text, Meaning::Bad)
            }
        });
    }
    all
}

/// The range of bytes as coloured pieces of lines, for the editor.
pub(super) fn places(lines: &[String], bytes: Bytes) -> Vec<(usize, Range<usize>)> {
    let (start, end) = (
        bytes.start as usize,
        bytes.end.max(bytes.start + 1) as usize,
    );
    let mut at = 0;
    let mut places = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        let next = at + line.len() + 1;
        if start < next && end > at {
            let column = |byte: usize| {
                let within = byte.saturating_sub(at).min(line.len());
                line.char_indices().filter(|(i, _)| *i < within).count()
            };
            let (from, to) = (column(start), column(end));
            // A problem at the end of a line is shown at its last character.
            let from = if from == to {
                from.saturating_sub(1)
            } else {
                from
            };
            if to > from {
                places.push((number, from..to));
            }
        }
        at = next;
        if at >= end {
            break;
        }
    }
    places
}

/// The places of a preview's problems in the template: a failure, and references without a value.
pub(super) fn problems(lines: &[String], preview: &Preview) -> Vec<Span> {
    let failed = preview.output.as_ref().err().map(|error| error.span);
    failed
        .into_iter()
        .chain(preview.empty.iter().copied())
        .flat_map(|span| places(lines, span))
        .map(|(line, range)| (line, range, Meaning::Problem))
        .collect()
}

/// The problems of a preview in words.
pub(super) fn words(text: &str, preview: &Preview) -> Vec<(String, Meaning)> {
    let mut all = Vec::new();
    if let Err(error) = &preview.output {
        all.push((format!("{error}."), Meaning::Bad));
    }
    if let Some(NotJson {
        line,
        column,
        message,
    }) = &preview.not_json
    {
        let words =
            format!("The output isn't JSON: {message}, at its line {line}, column {column}.");
        all.push((words, Meaning::Bad));
    }
    let empty = &preview.empty;
    for span in empty.iter().take(MAX_TOLD) {
        let before = text.get(..span.start as usize).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let source = span.of(text);
        let words = format!("line {line}: {source} has no value and prints nothing.");
        all.push((words, Meaning::Warn));
    }
    if empty.len() > MAX_TOLD {
        let words = format!("{} more references have no value.", empty.len() - MAX_TOLD);
        all.push((words, Meaning::Warn));
    }
    all
}

/// What the template overrides, in words.
fn overridden(preview: &Preview) -> Vec<(String, String)> {
    let overrides = &preview.overrides;
    let mut all = Vec::new();
    for group in ["header", "querystring", "path"] {
        for (name, value) in overrides.request_group(group) {
            all.push((format!("{group} {name}"), value));
        }
    }
    for (name, value) in overrides.response_headers() {
        all.push((format!("header {name}"), value));
    }
    if let Some(status) = overrides.status() {
        all.push(("status".to_owned(), status.to_string()));
    }
    all
}

/// The innermost reference or assignment at a byte of the template, and its values in the order of evaluation.
fn at_cursor(preview: &Preview, offset: usize) -> Option<(Bytes, Vec<(&str, bool)>)> {
    let covers = |span: Bytes| (span.start as usize..=span.end as usize).contains(&offset);
    let spans = preview.steps.iter().map(|step| step.span);
    let span = spans
        .filter(|span| covers(*span))
        .min_by_key(|span| span.end - span.start)?;
    let values = preview.steps.iter().filter(|step| step.span == span);
    Some((
        span,
        values
            .map(|step| (step.value.as_str(), step.found))
            .collect(),
    ))
}

impl Output {
    pub(super) fn go(&mut self, movement: Move) {
        let last = self.len.saturating_sub(self.height);
        self.top = match movement {
            Move::Up => self.top.saturating_sub(1),
            Move::Down => self.top + 1,
            Move::PageUp => self.top.saturating_sub(self.height),
            Move::PageDown => self.top + self.height,
            Move::Top => 0,
            Move::Bottom => last,
            _ => self.top,
        }
        .min(last);
    }

    /// Draws the output; the last good one, dim, when there is none.
    pub(super) fn draw(
        &mut self,
        canvas: &mut Canvas<'_>,
        area: Rect,
        preview: &Preview,
        before: Option<&str>,
        json: bool,
    ) {
        let stale = preview.output.is_err();
        let last: Vec<String>;
        let lines = if stale {
            last = before
                .unwrap_or_default()
                .split('\n')
                .map(str::to_owned)
                .collect();
            &last
        } else {
            &preview.lines
        };
        self.len = lines.len();
        self.height = usize::from(area.height).max(1);
        self.top = self.top.min(self.len.saturating_sub(self.height));
        let window = self.top..(self.top + self.height).min(self.len);
        let mut spans = if json && !stale {
            self.colours.spans(lines, window.clone())
        } else {
            Vec::new()
        };
        spans.extend(preview.not_json.iter().map(|problem| {
            let column = problem.column.saturating_sub(1);
            let line = problem.line.saturating_sub(1);
            (line, column.saturating_sub(1)..column + 1, Meaning::Problem)
        }));
        let plain = if stale { Meaning::Dim } else { Meaning::Text };
        for (at, y) in window.zip(area.top()..) {
            let row = Rect::new(area.x + 1, y, area.width.saturating_sub(1), 1);
            canvas.put(row.x, row.y, row.width, &lines[at], plain);
            for (_, run, meaning) in spans.iter().filter(|(line, ..)| *line == at) {
                let chars = |n: usize| -> String { lines[at].chars().take(n).collect() };
                let cells = |text: &str| {
                    let width = unicode_width::UnicodeWidthStr::width(text);
                    u16::try_from(width).unwrap_or(u16::MAX)
                };
                let (from, to) = (cells(&chars(run.start)), cells(&chars(run.end)));
                let x = row.x.saturating_add(from);
                let width = to.saturating_sub(from).max(1);
                canvas.paint(Rect::new(x, y, width, 1).intersection(row), *meaning);
            }
        }
    }
}

/// Draws problems, what is under the cursor, and overrides.
pub(super) fn draw_notes(
    canvas: &mut Canvas<'_>,
    area: Rect,
    (text, offset): (&str, usize),
    preview: &Preview,
) {
    let mut y = area.y;
    let width = usize::from(area.width.saturating_sub(2));
    let row = |y: u16| Rect::new(area.x + 1, y, area.width.saturating_sub(1), 1);
    for (words, meaning) in words(text, preview) {
        for line in wrap(&words, width) {
            if y < area.bottom() {
                canvas.line(row(y), &[(&line, meaning)]);
                y += 1;
            }
        }
    }
    if let Some((span, values)) = at_cursor(preview, offset)
        && y < area.bottom()
    {
        let source = span.of(text).lines().next().unwrap_or_default();
        let arrow = format!(" {} ", canvas.signs().right);
        let mut pieces: Vec<Piece<'_>> = vec![(source, Meaning::Reference), (&arrow, Meaning::Dim)];
        for (at, (value, found)) in values.iter().take(MAX_VALUES).enumerate() {
            if at > 0 {
                pieces.push((", ", Meaning::Dim));
            }
            pieces.push(match (*found, *value) {
                (false, _) => ("no value", Meaning::Warn),
                (true, "") => ("empty", Meaning::Dim),
                (true, value) => (value.lines().next().unwrap_or_default(), Meaning::String),
            });
        }
        let more = format!(", {} in all", values.len());
        if values.len() > MAX_VALUES {
            pieces.push((&more, Meaning::Dim));
        }
        canvas.line(row(y), &pieces);
        y += 1;
    }
    for (name, value) in overridden(preview) {
        if y < area.bottom() {
            let pieces = [
                ("overrides ", Meaning::Dim),
                (name.as_str(), Meaning::Text),
                (" ", Meaning::Text),
                (value.as_str(), Meaning::String),
            ];
            canvas.line(row(y), &pieces);
            y += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::console::app::Evaluated;
    use crate::console::ui::testing::Screen;
    use crate::vtl::Overrides;

    const TEMPLATE: &str =
        "#set($in = 1)\n{\"a\": \"$in.x\", \"b\": $no, \"c\": \"$!q\"}\n#foreach($t in $l)$t#end";

    fn step(source: &str, value: &str, found: bool) -> Evaluated {
        let start = TEMPLATE.rfind(source).unwrap();
        Evaluated {
            span: Bytes {
                start: u32::try_from(start).unwrap(),
                end: u32::try_from(start + source.len()).unwrap(),
            },
            value: value.to_owned(),
            found,
            printed: !source.starts_with('#'),
        }
    }

    fn preview() -> Preview {
        let steps = vec![
            step("#set($in = 1)", "1", true),
            step("$in.x", "7", true),
            step("$no", "", false),
            step("$!q", "", false),
            step("$t", "x", true),
            step("$t", "y", true),
        ];
        let output = "{\"a\": \"7\", \"b\": }\nxy";
        Preview {
            output: Ok(output.to_owned()),
            lines: output.split('\n').map(str::to_owned).collect(),
            not_json: crate::console::app::not_json("{\"a\": \"7\", \"b\": }"),
            overrides: Overrides::default(),
            empty: crate::console::app::without_value(TEMPLATE, &steps),
            steps,
            took: std::time::Duration::ZERO,
        }
    }

    #[test]
    fn references_without_a_value_are_problems_unless_they_are_quiet() {
        let lines: Vec<String> = TEMPLATE.split('\n').map(str::to_owned).collect();
        let found = problems(&lines, &preview());
        assert_eq!(found, [(1, 20..23, Meaning::Problem)]);
        let words: Vec<String> = words(TEMPLATE, &preview())
            .into_iter()
            .map(|w| w.0)
            .collect();
        assert_eq!(
            words,
            [
                "The output isn't JSON: expected value, at its line 1, column 17.",
                "line 2: $no has no value and prints nothing.",
            ]
        );
    }

    #[test]
    fn what_is_under_the_cursor_shows_its_values() {
        for (source, shown) in [
            ("$in.x", Some("$in.x → 7")),
            ("$t", Some("$t → x, y")),
            ("$!q", Some("$!q → no value")),
            ("#set($in = 1)", Some("#set($in = 1) → 1")),
            ("#end", None),
        ] {
            let offset = TEMPLATE.rfind(source).unwrap() + 1;
            let offset = if source == "#end" { offset + 2 } else { offset };
            let screen = Screen::draw(60, 4, |canvas| {
                let area = Rect::new(0, 0, 60, 4);
                draw_notes(canvas, area, (TEMPLATE, offset), &preview());
            });
            let text = screen.text();
            let line = text.lines().find(|line| line.contains('→'));
            assert_eq!(line.map(str::trim), shown, "{text}");
        }
    }

    #[test]
    fn bytes_become_places_in_lines() {
        let lines: Vec<String> = ["é$a", "", "bc"].map(str::to_owned).to_vec();
        for (start, end, expected) in [
            (2, 4, vec![(0, 1..3)]),
            (0, 2, vec![(0, 0..1)]),
            (2, 8, vec![(0, 1..3), (2, 0..2)]),
            (4, 4, vec![(0, 2..3)]),
            (6, 7, vec![(2, 0..1)]),
            (8, 8, vec![(2, 1..2)]),
            (90, 91, vec![]),
        ] {
            assert_eq!(
                places(&lines, Bytes { start, end }),
                expected,
                "{start}..{end}"
            );
        }
    }
}
