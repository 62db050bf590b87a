//! The signs on the screen, and what stands for them where only ASCII can be shown.

/// A set of signs; each is one cell wide unless it says otherwise.
#[derive(Debug, PartialEq, Eq)]
pub struct Signs {
    /// Live, in step, there.
    pub on: &'static str,
    /// Not there, off.
    pub off: &'static str,
    /// Half there: a canary.
    pub half: &'static str,
    /// Changed, wants attention.
    pub changed: &'static str,
    /// Failed.
    pub bad: &'static str,
    /// Unknown, nothing: never 0.
    pub none: &'static str,
    /// The current row or tab.
    pub here: &'static str,
    /// An open branch.
    pub open: &'static str,
    /// A closed branch.
    pub closed: &'static str,
    /// The focused region's edge.
    pub focus: &'static str,
    /// A vertical rule.
    pub vertical: &'static str,
    /// A horizontal rule.
    pub horizontal: &'static str,
    /// Text was cut here.
    pub cut: &'static str,
    /// Between the parts of a line.
    pub dot: &'static str,
    /// To the right, one way.
    pub right: &'static str,
    /// To the left, one way.
    pub left: &'static str,
    /// A request's arrow, two cells.
    pub request: &'static str,
    /// A response's arrow, two cells.
    pub response: &'static str,
    /// The corner where the response leaves the backend, two cells.
    pub turn: &'static str,
    /// A slider's knob.
    pub knob: &'static str,
    /// Hides a character of a secret.
    pub mask: &'static str,
    /// A range's dash.
    pub dash: &'static str,
    /// Levels of a sparkline, from nothing to full.
    pub levels: [&'static str; 8],
    /// A bar's filled and empty cell.
    pub bar: [&'static str; 2],
}

/// For terminals that show Unicode.
pub const UNICODE: Signs = Signs {
    on: "●",
    off: "○",
    half: "◐",
    changed: "▲",
    bad: "✕",
    none: "·",
    here: "▸",
    open: "▾",
    closed: "▸",
    focus: "▌",
    vertical: "│",
    horizontal: "─",
    cut: "…",
    dot: "·",
    right: "→",
    left: "←",
    request: "─▶",
    response: "◀─",
    turn: "─┘",
    knob: "●",
    mask: "•",
    dash: "–",
    levels: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
    bar: ["█", "▁"],
};

/// For `--ascii`, and locales that aren't UTF-8.
pub const ASCII: Signs = Signs {
    on: "*",
    off: "o",
    half: "%",
    changed: "^",
    bad: "x",
    none: ".",
    here: ">",
    open: "-",
    closed: "+",
    focus: "|",
    vertical: "|",
    horizontal: "-",
    cut: "~",
    dot: "-",
    right: ">",
    left: "<",
    request: "->",
    response: "<-",
    turn: "-'",
    knob: "O",
    mask: "*",
    dash: "-",
    levels: ["_", ".", ".", "-", "-", "=", "=", "#"],
    bar: ["#", "."],
};

impl Signs {
    /// The set for a terminal that can show Unicode, or can't.
    #[must_use]
    pub fn of(unicode: bool) -> &'static Self {
        if unicode { &UNICODE } else { &ASCII }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use unicode_width::UnicodeWidthStr;

    #[test]
    fn both_sets_have_the_same_widths_and_the_plain_one_is_ascii() {
        let all = |s: &Signs| -> Vec<&'static str> {
            let mut all = vec![
                s.on,
                s.off,
                s.half,
                s.changed,
                s.bad,
                s.none,
                s.here,
                s.open,
                s.closed,
                s.focus,
                s.vertical,
                s.horizontal,
                s.cut,
                s.dot,
                s.right,
                s.left,
                s.request,
                s.response,
                s.turn,
                s.knob,
                s.mask,
                s.dash,
            ];
            all.extend(s.levels);
            all.extend(s.bar);
            all
        };
        for (unicode, ascii) in all(&UNICODE).into_iter().zip(all(&ASCII)) {
            assert_eq!(unicode.width(), ascii.width(), "{unicode} {ascii}");
            assert!(ascii.is_ascii());
        }
    }
}
