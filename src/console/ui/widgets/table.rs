//! Rows in columns, and names beside values.

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use super::cursor::Cursor;
use crate::console::ui::canvas::{Canvas, Piece};
use crate::console::ui::theme::Meaning;

/// On which side of its column a cell stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// The head, with the unit: `latency ms`. Empty heads on all columns leave the head row out.
    pub head: &'static str,
    /// Cells that it gets; 0 for the one column that gets what is left.
    pub width: u16,
    /// Where its cells stand.
    pub align: Align,
}

impl Column {
    /// A column of words.
    #[must_use]
    pub const fn left(head: &'static str, width: u16) -> Self {
        Self {
            head,
            width,
            align: Align::Left,
        }
    }

    /// A column of numbers.
    #[must_use]
    pub const fn right(head: &'static str, width: u16) -> Self {
        Self {
            head,
            width,
            align: Align::Right,
        }
    }
}

/// A cell: text with a meaning.
pub type Cell = (String, Meaning);

/// A row's cells, as many as there are columns.
pub type Row = Vec<Cell>;

/// Draws a table. `row` formats one row and is called only for those on screen. The cursor is a mark in front of its row, and its first
/// cell is painted: a whole painted row would cost its width twice over on a thin line at each move.
pub fn table<K: Clone + PartialEq>(
    canvas: &mut Canvas<'_>,
    area: Rect,
    columns: &[Column],
    len: usize,
    cursor: &mut Cursor<K>,
    focused: bool,
    mut row: impl FnMut(usize) -> Row,
) {
    let widths = widths(columns, area.width.saturating_sub(2));
    let mut body = area;
    if columns.iter().any(|c| !c.head.is_empty()) && area.height > 1 {
        for (column, (x, width)) in columns.iter().zip(&widths) {
            put(
                canvas,
                area.x + 2 + x,
                area.y,
                *width,
                column.align,
                column.head,
                Meaning::Dim,
            );
        }
        body.y += 1;
        body.height -= 1;
    }
    for (y, index) in (body.y..).zip(cursor.window(len, body.height)) {
        let here = index == cursor.index();
        if here {
            canvas.put(area.x, y, 1, canvas.signs().here, Meaning::Mark);
        }
        let cells = row(index);
        for (i, ((text, meaning), (x, width))) in cells.iter().zip(&widths).enumerate() {
            let align = columns.get(i).map_or(Align::Left, |c| c.align);
            put(canvas, area.x + 2 + x, y, *width, align, text, *meaning);
            if here && i == 0 {
                let width = u16::try_from(text.width())
                    .unwrap_or(*width)
                    .clamp(1, (*width).max(1));
                let cell = Rect::new(area.x + 2 + x, y, width, 1);
                let meaning = if focused {
                    Meaning::Cursor
                } else {
                    Meaning::Mark
                };
                canvas.paint(cell.intersection(area), meaning);
            }
        }
    }
}

fn put(
    canvas: &mut Canvas<'_>,
    x: u16,
    y: u16,
    width: u16,
    align: Align,
    text: &str,
    meaning: Meaning,
) {
    let area = Rect::new(x, y, width, 1);
    match align {
        Align::Left => canvas.line(area, &[(text, meaning)]),
        Align::Right => canvas.line_right(area, &[(text, meaning)]),
    };
}

/// Where each column begins and how wide it is, with two cells between columns. The column of width 0 gets what is left, at least 8;
/// columns that then don't fit any more get nothing.
fn widths(columns: &[Column], total: u16) -> Vec<(u16, u16)> {
    let gaps = 2 * u16::try_from(columns.len().saturating_sub(1)).unwrap_or(0);
    let fixed: u16 = columns.iter().map(|c| c.width).sum();
    let rest = total.saturating_sub(fixed + gaps).max(8);
    let mut x = 0;
    columns
        .iter()
        .map(|column| {
            let width = if column.width == 0 {
                rest
            } else {
                column.width
            };
            let at = (x, width.min(total.saturating_sub(x)));
            x += width + 2;
            at
        })
        .collect()
}

/// Draws names beside values, a row each; returns how many rows it took. What doesn't fit is left out.
pub fn key_values(canvas: &mut Canvas<'_>, area: Rect, pairs: &[(&str, Vec<Piece<'_>>)]) -> u16 {
    let name_width = pairs
        .iter()
        .map(|(name, _)| name.width())
        .max()
        .unwrap_or(0);
    let name_width = u16::try_from(name_width).unwrap_or(0).min(area.width / 2);
    let mut used = 0;
    for ((name, value), y) in pairs.iter().zip(area.top()..area.bottom()) {
        canvas.put(area.x, y, name_width, name, Meaning::Dim);
        let x = area.x + name_width + 2;
        let width = area.right().saturating_sub(x);
        canvas.line(Rect::new(x, y, width, 1), value);
        used += 1;
    }
    used
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::ui::testing::Screen;
    use crate::console::ui::widgets::Move;

    const COLUMNS: [Column; 3] = [
        Column::left("name", 0),
        Column::right("calls", 6),
        Column::left("state", 8),
    ];

    fn row(i: usize) -> Row {
        vec![
            (format!("thing-{i}"), Meaning::Text),
            ((i * 100).to_string(), Meaning::Text),
            ("live".to_owned(), Meaning::Good),
        ]
    }

    #[test]
    fn a_table_shows_a_window_with_the_cursor_marked() {
        let mut cursor = Cursor::default();
        let keys: Vec<usize> = (0..100).collect();
        cursor.go(Move::Down, &keys);
        let mut formatted = 0;
        let screen = Screen::draw(36, 5, |canvas| {
            table(
                canvas,
                Rect::new(0, 0, 36, 5),
                &COLUMNS,
                100,
                &mut cursor,
                true,
                |i| {
                    formatted += 1;
                    row(i)
                },
            );
        });
        assert_eq!(formatted, 4, "only rows on screen are formatted");
        insta::assert_snapshot!(screen.styled());
    }

    #[test]
    fn what_does_not_fit_is_cut() {
        let mut cursor = Cursor::<usize>::default();
        let screen = Screen::draw(14, 3, |canvas| {
            table(
                canvas,
                Rect::new(0, 0, 14, 3),
                &COLUMNS,
                2,
                &mut cursor,
                false,
                row,
            );
        });
        assert_eq!(
            screen.text(),
            "  name      c…\n▸ thing-0    0\n  thing-1   1…\n"
        );
    }

    #[test]
    fn names_stand_beside_values() {
        let screen = Screen::draw(24, 2, |canvas| {
            let pairs = [
                ("name", vec![("prod", Meaning::Title)]),
                ("backend", vec![("orders.internal:8080", Meaning::Text)]),
                ("more", vec![]),
            ];
            assert_eq!(key_values(canvas, Rect::new(0, 0, 24, 2), &pairs), 2);
        });
        assert_eq!(screen.text(), "name     prod\nbackend  orders.interna…\n");
    }
}
