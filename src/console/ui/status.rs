//! How the states of what is remote look: loading, here, failed, out of date. The same everywhere.

use ratatui::layout::Rect;

use super::canvas::{Canvas, ago, wrap};
use super::theme::Meaning;
use crate::console::app::{App, Remote};

/// Below this width a region has no room for a whole error.
const NARROW: u16 = 60;

/// Draws what is to be said of `remote` and returns where its value goes, if there is one to show. `what` names it: `resources`.
pub fn remote<'r, T>(
    canvas: &mut Canvas<'_>,
    area: Rect,
    app: &App,
    remote: &'r Remote<T>,
    what: &str,
) -> Option<(&'r T, Rect)> {
    match remote {
        Remote::Never | Remote::Loading { .. } => {
            let text = format!("loading {what} {}", canvas.signs().cut);
            canvas.line(area, &[(&text, Meaning::Dim)]);
            None
        }
        Remote::Loaded { value, .. } => Some((value, area)),
        Remote::Failed {
            error,
            last: Some((value, at)),
            ..
        } => {
            let sign = canvas.signs().bad;
            let shown = aged(app, *at);
            // A narrow list says what is wrong rather than what was tried, which its heading tells.
            let (text, rows) = if area.width < NARROW {
                (format!("{sign} as of {shown}: {}", error.cause), 3)
            } else {
                (format!("{sign} shown as of {shown}: {error}"), 2)
            };
            let used = paragraph(canvas, area, &text, Meaning::Bad, rows);
            Some((
                value,
                Rect::new(area.x, area.y + used, area.width, area.height - used),
            ))
        }
        Remote::Failed {
            error, last: None, ..
        } => {
            let text = format!("{} {error}", canvas.signs().bad);
            let used = paragraph(canvas, area, &text, Meaning::Bad, area.height);
            let hint = Rect::new(area.x, area.y + used, area.width, area.height - used);
            let words = "⟨global.refresh⟩ tries again";
            canvas.line(hint, &[(words, Meaning::Dim)]);
            None
        }
    }
}

/// How long ago a value came, in words: `now`, `3 m ago`.
#[must_use]
pub fn aged(app: &App, at: std::time::Duration) -> String {
    let seconds = app.now().saturating_sub(at).as_secs();
    let wall = app.wall();
    let then = wall.as_second() - i64::try_from(seconds).unwrap_or(i64::MAX);
    ago(wall, then)
}

/// Writes wrapped text, with the keys of the actions that it names, over at most `rows` rows; returns how many it took.
pub fn paragraph(
    canvas: &mut Canvas<'_>,
    area: Rect,
    text: &str,
    meaning: Meaning,
    rows: u16,
) -> u16 {
    let rows = rows.min(area.height);
    let text = canvas.words(text);
    let lines = wrap(&text, area.width.into());
    let mut used = 0;
    for (line, row) in lines.iter().zip(0..rows) {
        let cut = row + 1 == rows && lines.len() > usize::from(rows);
        let at = Rect::new(area.x, area.y + row, area.width, 1);
        if cut {
            let line = format!("{line} {}", canvas.signs().cut);
            canvas.line(at, &[(&line, meaning)]);
        } else {
            canvas.line(at, &[(line, meaning)]);
        }
        used = row + 1;
    }
    used
}
