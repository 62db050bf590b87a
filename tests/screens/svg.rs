//! A screen as a picture: the buffer that a user would see, as SVG.

use std::fmt::Write;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

/// The size of a cell in pixels, and of the letters in it: the proportions of `DejaVu Sans Mono` at 14 pixels.
const CELL: (f64, f64) = (8.43, 17.0);
const FONT: u32 = 14;
/// Where letters stand in their cell.
const BASELINE: f64 = 13.0;
const MARGIN: f64 = 12.0;
/// A terminal's own colours, dark; the themes that use no colours of their own are shown with these.
const PAPER: &str = "#16181d";
const INK: &str = "#d5d8de";
const SIXTEEN: [&str; 16] = [
    "#2a2e37", "#e06c75", "#8cc265", "#d9a84e", "#5ea2ef", "#c678dd", "#4cb8c4", "#c3c8d1",
    "#6f7787", "#ff7b86", "#a5e075", "#f0c674", "#7ab8ff", "#de9bf2", "#6fd6e0", "#ffffff",
];

/// How a run of cells looks.
#[derive(Clone, PartialEq)]
struct Look {
    ink: String,
    paper: Option<String>,
    weight: Modifier,
}

/// The picture; `title` is for people who can't see it.
pub(crate) fn svg(buffer: &Buffer, title: &str) -> String {
    let (columns, rows) = (buffer.area.width, buffer.area.height);
    let width = f64::from(columns) * CELL.0 + 2.0 * MARGIN;
    let height = f64::from(rows) * CELL.1 + 2.0 * MARGIN;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" viewBox=\"0 0 {width:.0} {height:.0}\">\n\
         <title>{}</title>\n<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{PAPER}\"/>\n\
         <g font-family=\"'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"{FONT}\" xml:space=\"preserve\">\n",
        escaped(title)
    );
    for y in 0..rows {
        for (at, cells, text, look) in runs(buffer, y) {
            draw(&mut out, (at, y), cells, &text, &look);
        }
    }
    out.push_str("</g>\n</svg>\n");
    out
}

/// The runs of one row: first column, columns, text, look. Blanks without a look of their own are left out.
fn runs(buffer: &Buffer, y: u16) -> Vec<(u16, u16, String, Look)> {
    let mut runs: Vec<(u16, u16, String, Look)> = Vec::new();
    let mut x = 0;
    while x < buffer.area.width {
        let cell = &buffer[(x, y)];
        let cells = u16::try_from(cell.symbol().width().max(1)).unwrap();
        let look = look(cell);
        match runs.last_mut() {
            // Signs beyond Latin come from other fonts with other widths: each is set in its own cell.
            Some((from, run, text, last))
                if *last == look && plain(text) && plain(cell.symbol()) && *from + *run == x =>
            {
                text.push_str(cell.symbol());
                *run += cells;
            }
            _ => runs.push((x, cells, cell.symbol().to_owned(), look)),
        }
        x += cells;
    }
    runs.retain(|(_, _, text, look)| {
        let lines = look
            .weight
            .intersects(Modifier::UNDERLINED | Modifier::CROSSED_OUT);
        !text.trim().is_empty() || look.paper.is_some() || lines
    });
    runs
}

fn plain(text: &str) -> bool {
    text.chars().all(|c| c < '\u{2500}')
}

fn look(cell: &Cell) -> Look {
    let (mut ink, mut paper) = (colour(cell.fg), colour(cell.bg));
    if cell.modifier.contains(Modifier::REVERSED) {
        let was = ink.unwrap_or_else(|| INK.to_owned());
        ink = Some(paper.unwrap_or_else(|| PAPER.to_owned()));
        paper = Some(was);
    }
    Look {
        ink: ink.unwrap_or_else(|| INK.to_owned()),
        paper,
        weight: cell.modifier,
    }
}

fn draw(out: &mut String, (x, y): (u16, u16), cells: u16, text: &str, look: &Look) {
    let (left, top) = (
        MARGIN + f64::from(x) * CELL.0,
        MARGIN + f64::from(y) * CELL.1,
    );
    let width = f64::from(cells) * CELL.0;
    if let Some(paper) = &look.paper {
        let height = CELL.1;
        writeln!(
            out,
            "<rect x=\"{left:.2}\" y=\"{top:.2}\" width=\"{width:.2}\" height=\"{height}\" fill=\"{paper}\"/>"
        )
        .unwrap();
    }
    if text.trim().is_empty() {
        return;
    }
    // A letter is as high as its font, not as its row: rules between regions would have gaps.
    if text == "│" {
        let (middle, height) = (left + CELL.0 / 2.0 - 0.5, CELL.1);
        let ink = &look.ink;
        writeln!(
            out,
            "<rect x=\"{middle:.2}\" y=\"{top:.2}\" width=\"1\" height=\"{height}\" fill=\"{ink}\"/>"
        )
        .unwrap();
        return;
    }
    let mut more = String::new();
    for (modifier, attribute) in [
        (Modifier::BOLD, " font-weight=\"bold\""),
        (Modifier::ITALIC, " font-style=\"italic\""),
        (Modifier::DIM, " opacity=\"0.62\""),
        (Modifier::UNDERLINED, " text-decoration=\"underline\""),
        (Modifier::CROSSED_OUT, " text-decoration=\"line-through\""),
    ] {
        if look.weight.contains(modifier) {
            more.push_str(attribute);
        }
    }
    // Stretched to its cells, so that columns stay in line whatever font is at hand.
    writeln!(
        out,
        "<text x=\"{left:.2}\" y=\"{:.2}\" textLength=\"{width:.2}\" lengthAdjust=\"spacingAndGlyphs\" fill=\"{}\"{more}>{}</text>",
        top + BASELINE,
        look.ink,
        escaped(text)
    )
    .unwrap();
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn colour(colour: Color) -> Option<String> {
    let named = |n: usize| Some(SIXTEEN[n].to_owned());
    match colour {
        Color::Reset => None,
        Color::Black => named(0),
        Color::Red => named(1),
        Color::Green => named(2),
        Color::Yellow => named(3),
        Color::Blue => named(4),
        Color::Magenta => named(5),
        Color::Cyan => named(6),
        Color::Gray => named(7),
        Color::DarkGray => named(8),
        Color::LightRed => named(9),
        Color::LightGreen => named(10),
        Color::LightYellow => named(11),
        Color::LightBlue => named(12),
        Color::LightMagenta => named(13),
        Color::LightCyan => named(14),
        Color::White => named(15),
        Color::Rgb(r, g, b) => Some(format!("#{r:02x}{g:02x}{b:02x}")),
        Color::Indexed(n) => Some(indexed(n)),
    }
}

/// xterm's 256 colours: sixteen, a cube of 6 × 6 × 6, and greys.
fn indexed(n: u8) -> String {
    match n {
        0..16 => SIXTEEN[usize::from(n)].to_owned(),
        16..232 => {
            let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
            let n = n - 16;
            format!(
                "#{:02x}{:02x}{:02x}",
                level(n / 36),
                level(n / 6 % 6),
                level(n % 6)
            )
        }
        232.. => {
            let grey = 8 + 10 * (n - 232);
            format!("#{grey:02x}{grey:02x}{grey:02x}")
        }
    }
}
