//! Where things are: chosen by the size of the screen.

use ratatui::layout::Rect;

use super::canvas::Canvas;
use super::theme::Meaning;

/// The smallest screen that anything is drawn on; below it a notice says so.
pub const MIN_COLUMNS: u16 = 60;
/// See [`MIN_COLUMNS`].
pub const MIN_ROWS: u16 = 15;
/// From this width on, two regions stand side by side.
const WIDE: u16 = 100;

/// The screen's parts: two lines on top, one at the bottom, and what is between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Where am I, is it dangerous, is it fresh.
    pub context: Rect,
    /// Panes by number.
    pub tabs: Rect,
    /// The pane.
    pub body: Rect,
    /// Actions, and the newest message.
    pub footer: Rect,
}

impl Frame {
    /// The parts of a screen; `None` if it is too small.
    #[must_use]
    pub fn of(screen: Rect) -> Option<Self> {
        if screen.width < MIN_COLUMNS || screen.height < MIN_ROWS {
            return None;
        }
        let row = |y| Rect::new(screen.x, y, screen.width, 1);
        Some(Self {
            context: row(screen.y),
            tabs: row(screen.y + 1),
            body: Rect::new(screen.x, screen.y + 2, screen.width, screen.height - 3),
            footer: row(screen.bottom() - 1),
        })
    }
}

/// Two regions: side by side with a rule between, or, on a narrow screen, only the one with the focus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Regions {
    /// Both.
    Both {
        /// The list.
        left: Rect,
        /// Its detail.
        right: Rect,
    },
    /// Only the list, over the whole area.
    Left(Rect),
    /// Only the detail, over the whole area.
    Right(Rect),
}

impl Regions {
    /// Splits `area`; the left region gets `left` cells when there is room for both, and the rule between them is drawn.
    pub fn split(canvas: &mut Canvas<'_>, area: Rect, left: u16, right_has_focus: bool) -> Self {
        if area.width < WIDE {
            return if right_has_focus {
                Self::Right(area)
            } else {
                Self::Left(area)
            };
        }
        let rule = Rect::new(area.x + left, area.y, 1, area.height);
        canvas.vertical_rule(rule);
        let x = rule.x + 2;
        Self::Both {
            left: Rect::new(area.x, area.y, left, area.height),
            right: Rect::new(x, area.y, area.right() - x, area.height),
        }
    }

    /// Where the list goes, if it is shown.
    #[must_use]
    pub fn left(self) -> Option<Rect> {
        match self {
            Self::Both { left, .. } | Self::Left(left) => Some(left),
            Self::Right(_) => None,
        }
    }

    /// Where the detail goes, if it is shown.
    #[must_use]
    pub fn right(self) -> Option<Rect> {
        match self {
            Self::Both { right, .. } | Self::Right(right) => Some(right),
            Self::Left(_) => None,
        }
    }
}

/// Draws a region's title over its first row and returns the rest: the focused one has an edge and weight, others are dim.
pub fn titled(canvas: &mut Canvas<'_>, area: Rect, title: &str, focused: bool) -> Rect {
    if area.height == 0 {
        return area;
    }
    let (edge, meaning) = if focused {
        (canvas.signs().focus, Meaning::Title)
    } else {
        (" ", Meaning::Dim)
    };
    canvas.line(area, &[(edge, meaning), (title, meaning)]);
    Rect::new(area.x, area.y + 1, area.width, area.height - 1)
}

/// A place of at most this size in the middle of `body`.
#[must_use]
pub fn centred(body: Rect, width: u16, height: u16) -> Rect {
    // A margin of a few cells would show scraps of words.
    let width = if width + 8 > body.width {
        body.width
    } else {
        width
    };
    let height = height.min(body.height);
    Rect::new(
        body.x + (body.width - width) / 2,
        body.y + (body.height - height) / 3,
        width,
        height,
    )
}

/// Draws rules above and below a layer and its title into the upper one; returns what is between them.
pub fn framed(canvas: &mut Canvas<'_>, area: Rect, title: &str) -> Rect {
    if area.height < 2 || area.width < 4 {
        return area;
    }
    canvas.rule(area, &[(1, title)]);
    canvas.paint(
        Rect::new(
            area.x + 2,
            area.y,
            area.width
                .saturating_sub(2)
                .min(u16::try_from(title.chars().count()).unwrap_or(0)),
            1,
        ),
        Meaning::Title,
    );
    canvas.rule(Rect::new(area.x, area.bottom() - 1, area.width, 1), &[]);
    Rect::new(area.x + 1, area.y + 1, area.width - 2, area.height - 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_designed_sizes_and_the_smallest() {
        let frame = Frame::of(Rect::new(0, 0, 80, 24)).unwrap();
        assert_eq!(frame.body, Rect::new(0, 2, 80, 21));
        assert_eq!(frame.footer.y, 23);
        assert!(Frame::of(Rect::new(0, 0, MIN_COLUMNS, MIN_ROWS)).is_some());
        assert!(Frame::of(Rect::new(0, 0, 59, 40)).is_none());
        assert!(Frame::of(Rect::new(0, 0, 120, 14)).is_none());
    }
}
