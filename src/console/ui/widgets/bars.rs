//! Numbers as lengths: bars, sliders, sparklines.

use ratatui::layout::Rect;

use crate::console::ui::canvas::Canvas;
use crate::console::ui::theme::Meaning;

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the value is clamped to 0..=max, and max is a number of cells or levels"
)]
fn scaled(fraction: f64, max: u16) -> u16 {
    if fraction.is_nan() {
        return 0;
    }
    (fraction.clamp(0.0, 1.0) * f64::from(max)).round() as u16
}

/// Draws a bar over the first row of `area`, filled up to `fraction` (0 to 1).
pub fn bar(canvas: &mut Canvas<'_>, area: Rect, fraction: f64, meaning: Meaning) {
    let filled = scaled(fraction, area.width);
    let [full, empty] = canvas.signs().bar;
    canvas.put(area.x, area.y, filled, &full.repeat(filled.into()), meaning);
    let rest = area.width - filled;
    canvas.put(
        area.x + filled,
        area.y,
        rest,
        &empty.repeat(rest.into()),
        Meaning::Rule,
    );
}

/// Draws a slider over the first row of `area`, its knob at `fraction` (0 to 1) and a mark where it was before it was moved.
pub fn slider(
    canvas: &mut Canvas<'_>,
    area: Rect,
    fraction: f64,
    before: Option<f64>,
    focused: bool,
) {
    if area.width < 3 || area.height == 0 {
        return;
    }
    let signs = canvas.signs();
    let inner = area.width - 2;
    let ends = Rect::new(area.x, area.y, area.width, 1);
    canvas.put(ends.x, ends.y, 1, signs.vertical, Meaning::Rule);
    canvas.put(ends.right() - 1, ends.y, 1, signs.vertical, Meaning::Rule);
    let track = signs.horizontal.repeat(usize::from(inner));
    canvas.put(area.x + 1, area.y, inner, &track, Meaning::Rule);
    let at = |fraction: f64| area.x + 1 + scaled(fraction, inner - 1);
    if let Some(before) = before {
        canvas.put(at(before), area.y, 1, signs.off, Meaning::Dim);
    }
    let meaning = if focused {
        Meaning::Cursor
    } else {
        Meaning::Mark
    };
    canvas.put(at(fraction), area.y, 1, signs.knob, meaning);
}

/// Draws the newest values over the first row of `area`, one a cell, the newest at the right. `None` is a gap: no data isn't 0.
/// `max` is what a full cell means; the largest value drawn if it is `None`.
pub fn sparkline(
    canvas: &mut Canvas<'_>,
    area: Rect,
    values: &[Option<f64>],
    max: Option<f64>,
    meaning: Meaning,
) {
    let shown = &values[values.len().saturating_sub(area.width.into())..];
    let largest = shown.iter().flatten().copied().fold(0.0, f64::max);
    let max = max.unwrap_or(largest);
    let start = area.right() - u16::try_from(shown.len()).unwrap_or(area.width);
    for (x, value) in (start..).zip(shown) {
        let Some(value) = value else {
            canvas.put(x, area.y, 1, canvas.signs().none, Meaning::Dim);
            continue;
        };
        let level = if max > 0.0 { scaled(value / max, 7) } else { 0 };
        // A small number is still not nothing.
        let level = if *value > 0.0 { level.max(1) } else { level };
        let sign = canvas.signs().levels[usize::from(level.min(7))];
        canvas.put(x, area.y, 1, sign, meaning);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::ui::testing::Screen;

    fn row(width: u16, draw: impl FnOnce(&mut Canvas<'_>, Rect)) -> String {
        let area = Rect::new(0, 0, width, 1);
        let screen = Screen::draw(width, 1, |canvas| draw(canvas, area));
        screen.text().trim_end_matches('\n').to_owned()
    }

    #[test]
    fn bars_fill_by_fraction() {
        for (fraction, drawn) in [
            (0.0, "▁▁▁▁"),
            (0.5, "██▁▁"),
            (2.0, "████"),
            (f64::NAN, "▁▁▁▁"),
        ] {
            assert_eq!(row(4, |c, a| bar(c, a, fraction, Meaning::Chart)), drawn);
        }
    }

    #[test]
    fn a_slider_has_a_knob_and_remembers_where_it_was() {
        assert_eq!(
            row(12, |c, a| slider(c, a, 0.0, None, true)),
            "│●─────────│"
        );
        assert_eq!(
            row(12, |c, a| slider(c, a, 1.0, Some(0.5), true)),
            "│─────○───●│"
        );
        assert_eq!(row(2, |c, a| slider(c, a, 1.0, None, true)), "");
    }

    #[test]
    fn a_sparkline_shows_the_newest_and_gaps() {
        let values = [Some(9.0), Some(0.0), None, Some(4.0), Some(8.0)];
        assert_eq!(
            row(4, |c, a| sparkline(c, a, &values, None, Meaning::Chart)),
            "▁·▅█"
        );
        assert_eq!(
            row(6, |c, a| sparkline(
                c,
                a,
                &values[3..],
                Some(80.0),
                Meaning::Chart
            )),
            "    ▂▂"
        );
        assert_eq!(
            row(2, |c, a| sparkline(
                c,
                a,
                &[Some(0.0); 2],
                None,
                Meaning::Chart
            )),
            "▁▁"
        );
    }
}
