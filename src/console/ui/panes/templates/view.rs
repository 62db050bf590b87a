//! How the templates pane looks.

use ratatui::layout::Rect;

use super::draft::{Draft, State};
use super::which::{self, Which};
use super::{Region, Templates, output};
use crate::console::app::App;
use crate::console::ui::canvas::{Canvas, Piece};
use crate::console::ui::layout::{Regions, titled};
use crate::console::ui::panes::chosen::{self, Chosen};
use crate::console::ui::status;
use crate::console::ui::theme::Meaning;

impl Templates {
    /// Draws the pane: template and sample on the left, output and notes on the right; or one of them where there is little room.
    pub(super) fn draw_all(&mut self, canvas: &mut Canvas<'_>, area: Rect, app: &App) {
        let Some(chosen) = Chosen::of(app) else {
            status::paragraph(
                canvas,
                area,
                &chosen::missing(app, "templates.method"),
                Meaning::Dim,
                2,
            );
            return;
        };
        let Some(which) = self.keep(&chosen, app) else {
            titled(canvas, area, &chosen.words(), true);
            let text = which::none_because(chosen.method).unwrap_or_else(|| {
                "The method has no mapping templates: bodies pass through as they are, as far as the integration lets them. ⟨templates.add⟩ adds one."
                    .to_owned()
            });
            let below = Rect::new(
                area.x + 1,
                area.y + 2,
                area.width.saturating_sub(2),
                area.height.saturating_sub(2),
            );
            status::paragraph(canvas, below, &text, Meaning::Dim, 3);
            return;
        };
        self.draw_head(canvas, area, app, &chosen, &which);
        let area = Rect::new(
            area.x,
            area.y + 1,
            area.width,
            area.height.saturating_sub(1),
        );
        let half = area.width / 2;
        let regions = Regions::split(canvas, area, half, self.focus == Region::Output);
        if let Some(left) = regions.left() {
            match regions.right() {
                Some(_) => {
                    let sample = (left.height * 2 / 5).clamp(10, 16).min(left.height / 2);
                    let split = left.height - sample;
                    self.draw_template(
                        canvas,
                        Rect {
                            height: split,
                            ..left
                        },
                        app,
                        &which,
                    );
                    let below = Rect::new(left.x, left.y + split, left.width, sample);
                    self.draw_sample(canvas, below, app, &chosen);
                }
                // One region at a time, and the newest problem under it.
                None if self.focus == Region::Sample => {
                    self.draw_sample(canvas, left, app, &chosen);
                }
                None => {
                    let notes = 3.min(left.height / 3);
                    let above = Rect {
                        height: left.height - notes,
                        ..left
                    };
                    self.draw_template(canvas, above, app, &which);
                    let below = Rect::new(left.x, above.bottom(), left.width, notes);
                    self.draw_notes(canvas, below, app, &which, true);
                }
            }
        }
        if let Some(right) = regions.right() {
            let notes = (right.height / 3).clamp(3, 10);
            let above = Rect {
                height: right.height - notes,
                ..right
            };
            self.draw_output(canvas, above, app, &which);
            let below = Rect::new(right.x, above.bottom(), right.width, notes);
            self.draw_notes(canvas, below, app, &which, false);
        }
    }

    /// Which template, and how it stands to what is saved and deployed.
    fn draw_head(
        &self,
        canvas: &mut Canvas<'_>,
        area: Rect,
        app: &App,
        chosen: &Chosen<'_>,
        which: &Which,
    ) {
        let all = self.all(chosen);
        let at = all.iter().position(|w| w == which).map_or(1, |at| at + 1);
        let count = match all.len() {
            0 | 1 => String::new(),
            n => format!("  {at} of {n}"),
        };
        let signs = canvas.signs();
        let state = self.drafts.get(which).map_or(State::Saved, Draft::state);
        let (sign, words, meaning) = match state {
            State::Saved => (signs.on, "saved", Meaning::Good),
            State::Edited => (signs.changed, "edited", Meaning::Changed),
            State::EditedBoth => (
                signs.changed,
                "edited, and saved otherwise meanwhile",
                Meaning::Bad,
            ),
            State::New => (signs.changed, "not saved yet", Meaning::Changed),
        };
        let mut right = vec![(format!("{sign} {words}"), meaning)];
        if let Some(stage) = which.undeployed(app) {
            right.push((format!(" {} ", signs.dot), Meaning::Dim));
            right.push((format!("not deployed to {stage}"), Meaning::Changed));
        }
        let pieces: Vec<Piece<'_>> = right.iter().map(|(t, m)| (t.as_str(), *m)).collect();
        let begin = canvas.line_right(area, &pieces);
        let left = Rect {
            width: begin.saturating_sub(area.x + 1),
            ..area
        };
        canvas.line(
            left,
            &[
                (" ", Meaning::Text),
                (&which.words(), Meaning::Title),
                (&count, Meaning::Dim),
            ],
        );
    }

    fn draw_template(&mut self, canvas: &mut Canvas<'_>, area: Rect, app: &App, which: &Which) {
        let focused = self.focus == Region::Template;
        let title = if self.typing {
            "template, typing"
        } else {
            "template"
        };
        let body = titled(canvas, area, title, focused);
        let preview = app
            .bench
            .preview(&which.words())
            .map(|(preview, _)| preview);
        let Some(draft) = self.drafts.get_mut(which) else {
            return;
        };
        let (line, column) = draft.editor.cursor();
        let place = format!("{}:{} ", line + 1, column + 1);
        canvas.line_right(area, &[(&place, Meaning::Dim)]);
        let height = usize::from(body.height);
        let window = line.saturating_sub(height)..line + height;
        let lines = draft.editor.lines();
        let mut spans = draft.colours.spans(lines, window.clone());
        if let Some(preview) = preview {
            let problems = output::problems(lines, preview).into_iter();
            spans.extend(problems.filter(|(line, ..)| window.contains(line)));
        }
        draft.editor.draw(canvas, body, &spans, focused);
    }

    fn draw_sample(&mut self, canvas: &mut Canvas<'_>, area: Rect, app: &App, chosen: &Chosen<'_>) {
        let focused = self.focus == Region::Sample;
        let body = titled(canvas, area, "sample request", focused);
        self.form.draw(canvas, body, app, chosen, focused);
    }

    fn draw_output(&mut self, canvas: &mut Canvas<'_>, area: Rect, app: &App, which: &Which) {
        let body = titled(canvas, area, "output", self.focus == Region::Output);
        let subject = which.words();
        let Some((preview, _)) = app.bench.preview(&subject) else {
            return;
        };
        let figures = output::figures(canvas, preview, which.is_json());
        let pieces: Vec<Piece<'_>> = figures.iter().map(|(t, m)| (t.as_str(), *m)).collect();
        canvas.line_right(area, &pieces);
        let last = app.bench.last_output(&subject);
        self.output
            .draw(canvas, body, preview, last, which.is_json());
    }

    /// Problems in words, and what stands under the cursor; `alone` when the output isn't on the screen.
    fn draw_notes(
        &self,
        canvas: &mut Canvas<'_>,
        area: Rect,
        app: &App,
        which: &Which,
        alone: bool,
    ) {
        let (Some((preview, _)), Some(draft)) =
            (app.bench.preview(&which.words()), self.drafts.get(which))
        else {
            return;
        };
        let text = draft.editor.text();
        let heading = if output::words(&text, preview).is_empty() {
            "under the cursor"
        } else {
            "problems"
        };
        canvas.rule(area, &[(2, heading)]);
        if alone {
            let figures = output::figures(canvas, preview, which.is_json());
            let mut pieces: Vec<Piece<'_>> = vec![(" output ", Meaning::Dim)];
            pieces.extend(figures.iter().map(|(t, m)| (t.as_str(), *m)));
            pieces.push((" ", Meaning::Text));
            canvas.line_right(area, &pieces);
        }
        let below = Rect::new(
            area.x,
            area.y + 1,
            area.width,
            area.height.saturating_sub(1),
        );
        output::draw_notes(canvas, below, (&text, draft.offset()), preview);
    }
}
