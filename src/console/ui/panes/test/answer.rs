//! The answer of a test: status and time, headers, body, log, as one text to scroll.

use std::time::Duration;

use ratatui::layout::Rect;

use crate::aws::{OpId, TestResult};
use crate::console::app::App;
use crate::console::ui::canvas::{Canvas, thousands};
use crate::console::ui::layout::titled;
use crate::console::ui::status;
use crate::console::ui::syntax::{Highlighter, Language};
use crate::console::ui::theme::Meaning;
use crate::console::ui::widgets::Move;

/// Lines of a body that are shown; all of it is copied.
const MAX_LINES: usize = 5_000;

/// A test that was run.
#[derive(Debug)]
pub(super) struct Answered {
    /// Which run: answers differ by it.
    pub(super) number: OpId,
    /// When it answered, in monotonic time.
    pub(super) at: Duration,
    /// The answer, or why there is none.
    pub(super) result: Result<TestResult, String>,
}

impl Answered {
    /// `201 Created  38 ms`
    pub(super) fn words(&self) -> (String, Meaning) {
        match &self.result {
            Ok(result) => {
                let text = format!("{}  {} ms", status(result.status), millis(result.latency));
                (text, status_meaning(result.status))
            }
            Err(_) => ("no answer".to_owned(), Meaning::Bad),
        }
    }
}

fn millis(millis: u64) -> String {
    thousands(i64::try_from(millis).unwrap_or(i64::MAX))
}

fn status_meaning(status: u16) -> Meaning {
    match status {
        200..=399 => Meaning::Good,
        400..=499 => Meaning::Warn,
        _ => Meaning::Bad,
    }
}

/// A status with its words (RFC 9110), where everybody knows them.
fn status(code: u16) -> String {
    let words = match code {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Content",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => return code.to_string(),
    };
    format!("{code} {words}")
}

/// What the log says of the time that the backend took: `Integration latency: 31 ms` (`spec/rest/logging-metrics-tracing.md` §1).
fn backend_millis(log: &str) -> Option<u64> {
    let after = log.split("Integration latency: ").nth(1)?;
    after.split(' ').next()?.parse().ok()
}

/// The body that the backend answered with, before the response's template (`spec/rest/logging-metrics-tracing.md` §1).
pub(super) fn backend_body(log: &str) -> Option<String> {
    let mut lines = log.lines();
    let first = lines.find_map(|line| {
        let text = without_time(line);
        text.strip_prefix("Endpoint response body before transformations: ")
    })?;
    // A body of several lines goes on until the next line that begins with a time.
    let rest = lines.take_while(|line| without_time(line) == *line);
    let body: Vec<&str> = std::iter::once(first).chain(rest).collect();
    Some(body.join("\n"))
}

/// A line of the log without its time: `Sun May 07 05:37:15 UTC 2017 : Starting execution …`.
fn without_time(line: &str) -> &str {
    match line.split_once(" : ") {
        Some((time, text)) if time.len() < 32 && time.contains(':') => text,
        _ => line,
    }
}

/// A JSON text in many lines; nothing if it isn't JSON.
fn pretty(text: &str) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    serde_json::to_string_pretty(&value).ok()
}

type Pieces = Vec<(String, Meaning)>;

/// The text of an answer, made once for each width, and where it is scrolled to.
#[derive(Debug, Default)]
pub(super) struct Shown {
    of: Option<(OpId, u16)>,
    lines: Vec<Line>,
    log: usize,
    top: usize,
    height: usize,
}

#[derive(Debug)]
enum Line {
    Heading(String),
    Text(Pieces),
}

impl Shown {
    pub(super) fn top(&mut self) {
        self.top = 0;
    }

    pub(super) fn go_to_log(&mut self) {
        self.top = self.log;
    }

    pub(super) fn go(&mut self, movement: Move) {
        let last = self.lines.len().saturating_sub(self.height.max(1));
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

    /// Draws the newest answer.
    pub(super) fn draw(
        &mut self,
        canvas: &mut Canvas<'_>,
        area: Rect,
        app: &App,
        answers: &[Answered],
        (focused, running): (bool, bool),
    ) {
        let Some(newest) = answers.first() else {
            let title = if running { "running" } else { "answer" };
            titled(canvas, area, title, focused);
            return;
        };
        let body = titled(canvas, area, "", focused);
        let (words, meaning) = newest.words();
        let backend = match &newest.result {
            Ok(result) => backend_millis(&result.log),
            Err(_) => None,
        };
        let backend = backend.map_or_else(String::new, |ms| format!(" (backend {})", millis(ms)));
        let age = if running {
            format!("running {}", canvas.signs().cut)
        } else {
            status::aged(app, newest.at)
        };
        let before = answers.get(1).map(Answered::words);
        let before = before.map_or_else(String::new, |(words, _)| format!("before: {words}   "));
        let width = |text: &str| u16::try_from(text.chars().count()).unwrap_or(u16::MAX);
        let room = area
            .width
            .saturating_sub(width(&words) + width(&backend) + width(&age) + 4);
        let mut right = vec![(age.as_str(), Meaning::Dim)];
        if width(&before) <= room {
            right.insert(0, (&before, Meaning::Dim));
        }
        let end = canvas.line_right(area, &right);
        let left = Rect {
            x: area.x + 1,
            width: end.saturating_sub(area.x + 2),
            ..area
        };
        canvas.line(left, &[(&words, meaning), (&backend, Meaning::Dim)]);
        match &newest.result {
            Err(why) => {
                let text = Rect::new(
                    body.x + 1,
                    body.y + 1,
                    body.width - 1,
                    body.height.saturating_sub(1),
                );
                status::paragraph(canvas, text, why, Meaning::Bad, text.height);
            }
            Ok(result) => {
                self.follow(newest.number, result, body.width.saturating_sub(1));
                self.draw_lines(canvas, body);
            }
        }
    }

    fn draw_lines(&mut self, canvas: &mut Canvas<'_>, area: Rect) {
        self.height = usize::from(area.height).max(1);
        let last = self.lines.len().saturating_sub(self.height);
        self.top = self.top.min(last);
        for (line, y) in self.lines[self.top..].iter().zip(area.top()..area.bottom()) {
            let row = Rect::new(area.x, y, area.width, 1);
            match line {
                Line::Heading(text) => canvas.rule(row, &[(1, text)]),
                Line::Text(pieces) => {
                    let pieces: Vec<_> = pieces.iter().map(|(t, m)| (t.as_str(), *m)).collect();
                    let row = Rect {
                        x: row.x + 1,
                        width: row.width.saturating_sub(1),
                        ..row
                    };
                    canvas.line(row, &pieces);
                }
            }
        }
    }

    /// Makes the text of an answer, unless it is here.
    fn follow(&mut self, number: OpId, result: &TestResult, width: u16) {
        if self.of == Some((number, width)) {
            return;
        }
        if self.of.is_none_or(|(before, _)| before != number) {
            self.top = 0;
        }
        self.of = Some((number, width));
        let width = usize::from(width);
        let mut lines = Vec::new();
        for (name, value) in &result.headers {
            let pieces = vec![
                (format!("{name}: "), Meaning::Dim),
                (value.clone(), Meaning::Text),
            ];
            lines.extend(fold(pieces, width).map(Line::Text));
        }
        lines.push(Line::Heading(match result.body.len() {
            0 => "no body".to_owned(),
            1 => "body  1 byte".to_owned(),
            n => format!(
                "body  {} bytes",
                thousands(i64::try_from(n).unwrap_or(i64::MAX))
            ),
        }));
        let json = pretty(&result.body);
        let body = json.as_deref().unwrap_or(&result.body);
        let text: Vec<String> = body.lines().take(MAX_LINES).map(str::to_owned).collect();
        let spans = if json.is_some() {
            Highlighter::new(Language::Json).spans(&text, 0..text.len())
        } else {
            Vec::new()
        };
        let mut spans = spans.into_iter().peekable();
        for (at, line) in text.iter().enumerate() {
            let mut runs = Vec::new();
            while let Some((_, run, meaning)) = spans.next_if(|(l, ..)| *l == at) {
                runs.push((run, meaning));
            }
            lines.extend(fold(pieces(line, &runs), width).map(Line::Text));
        }
        if body.lines().count() > MAX_LINES {
            let text = "the rest is left out here; ⟨test.copy-answer⟩ copies all of it".to_owned();
            lines.push(Line::Text(vec![(text, Meaning::Dim)]));
        }
        self.log = lines.len();
        lines.push(Line::Heading("log".to_owned()));
        for line in result.log.lines() {
            let text = without_time(line);
            let meaning = if text.starts_with("Execution failed") {
                Meaning::Bad
            } else {
                Meaning::Text
            };
            lines.extend(fold(vec![(text.to_owned(), meaning)], width).map(Line::Text));
        }
        self.lines = lines;
    }
}

/// A line cut into pieces by its coloured runs, which are counted in characters.
fn pieces(line: &str, runs: &[(std::ops::Range<usize>, Meaning)]) -> Pieces {
    let chars: Vec<char> = line.chars().collect();
    let text = |range: std::ops::Range<usize>| -> String {
        chars.get(range).unwrap_or_default().iter().collect()
    };
    let mut all = Vec::new();
    let mut done = 0;
    for (run, meaning) in runs {
        all.push((text(done..run.start), Meaning::Text));
        all.push((text(run.clone()), *meaning));
        done = run.end;
    }
    all.push((text(done..chars.len()), Meaning::Text));
    all.retain(|(text, _)| !text.is_empty());
    all
}

/// Pieces as lines of at most `width` characters.
fn fold(pieces: Pieces, width: usize) -> impl Iterator<Item = Pieces> {
    let width = width.max(1);
    let mut lines = vec![Vec::new()];
    let mut used = 0;
    for (text, meaning) in pieces {
        let mut rest = text.as_str();
        while !rest.is_empty() {
            if used >= width {
                lines.push(Vec::new());
                used = 0;
            }
            let end = rest
                .char_indices()
                .nth(width - used)
                .map_or(rest.len(), |(at, _)| at);
            let (head, tail) = rest.split_at(end);
            used += head.chars().count();
            if let Some(line) = lines.last_mut() {
                line.push((head.to_owned(), meaning));
            }
            rest = tail;
        }
    }
    lines.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_lines_are_shown_without_their_time() {
        for (line, text) in [
            (
                "Sun May 07 05:37:15 UTC 2017 : Starting execution for request: x",
                "Starting execution for request: x",
            ),
            ("Execution log for request x", "Execution log for request x"),
            (
                "Method request body before transformations: a : b",
                "Method request body before transformations: a : b",
            ),
        ] {
            assert_eq!(without_time(line), text);
        }
        let log = "… : Received response. Status: 200, Integration latency: 31 ms\n";
        assert_eq!(backend_millis(log), Some(31));
        assert_eq!(backend_millis("nothing"), None);
    }

    #[test]
    fn the_backends_body_is_read_from_the_log() {
        let time = "Sun May 07 05:37:15 UTC 2017 : ";
        let log = format!(
            "Execution log\n{time}Endpoint response body before transformations: {{\n  \"a\": 1\n}}\n{time}Method response body\n"
        );
        assert_eq!(backend_body(&log).as_deref(), Some("{\n  \"a\": 1\n}"));
        assert_eq!(backend_body("nothing"), None);
    }

    #[test]
    fn long_lines_are_folded_with_their_meanings() {
        let line = pieces("abcdefgh", &[(2..5, Meaning::String)]);
        let folded: Vec<Pieces> = fold(line, 4).collect();
        let text = |t: &str, m| (t.to_owned(), m);
        assert_eq!(
            folded,
            [
                vec![text("ab", Meaning::Text), text("cd", Meaning::String)],
                vec![text("e", Meaning::String), text("fgh", Meaning::Text)],
            ]
        );
        assert_eq!(fold(Vec::new(), 4).count(), 1, "an empty line stays a line");
    }
}
