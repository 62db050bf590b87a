//! The offer to serve what a gateway served that has ended.

use ratatui::layout::Rect;

use crate::console::app::{Message, Session};
use crate::console::ui::canvas::{Canvas, wrap};
use crate::console::ui::keymap::{Action, Context};
use crate::console::ui::layout::{centred, framed};
use crate::console::ui::pane::{Command, Layer, Outcome, PaneEvent, Surroundings};
use crate::console::ui::theme::Meaning;
use crate::console::ui::widgets::Move;

/// The actions of the offer.
pub const TAKE_OVER: Context = Context {
    name: "take-over",
    title: "A gateway that has ended",
    actions: &[
        Action::new(
            "take-over.yes",
            // Not Enter: the offer comes by itself, perhaps just when that key is pressed for something else.
            &["y"],
            "take over",
            "Starts the gateway in this console, at the same address",
        ),
        Action::new(
            "take-over.no",
            &["n"],
            "leave it",
            "Leaves it ended; the palette has the offer again",
        ),
    ],
};

/// Offers to take over.
#[derive(Debug)]
pub struct TakeOver {
    text: String,
}

impl TakeOver {
    /// The offer, if the gateway that the session is attached to has ended.
    #[must_use]
    pub fn new(session: &Session) -> Option<Self> {
        let pid = session.owner_ended?;
        let url = session.target.url().unwrap_or_default();
        Some(Self {
            text: format!(
                "Process {pid}, which served {url}, has ended: nothing answers there now. This console can serve it from here on, with the same data; it then stops when you quit."
            ),
        })
    }
}

impl Layer for TakeOver {
    fn context(&self) -> &'static Context {
        &TAKE_OVER
    }

    fn typing(&self) -> bool {
        false
    }

    fn update(&mut self, event: PaneEvent<'_>, _around: Surroundings<'_>) -> Outcome {
        match event {
            PaneEvent::Act("take-over.yes") => {
                Outcome::Close(vec![Command::Tell(Message::TakeOver)])
            }
            PaneEvent::Act("take-over.no") | PaneEvent::Move(Move::Back) => Outcome::close(),
            _ => Outcome::stay(),
        }
    }

    fn place(&self, body: Rect, _around: Surroundings<'_>) -> Rect {
        let rows = wrap(&self.text, 62).len() + 4;
        centred(body, 64, u16::try_from(rows).unwrap_or(u16::MAX))
    }

    fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, _around: Surroundings<'_>) {
        let inner = framed(canvas, area, "the gateway has ended");
        for (line, y) in wrap(&self.text, inner.width.into())
            .iter()
            .zip(inner.top()..inner.bottom())
        {
            canvas.put(inner.x, y, inner.width, line, Meaning::Text);
        }
        let row = Rect::new(inner.x, inner.bottom() - 1, inner.width, 1);
        let pieces = [
            ("⟨take-over.yes⟩", Meaning::Key),
            (" take over   ", Meaning::Text),
            ("⟨take-over.no⟩", Meaning::Key),
            (" leave it", Meaning::Text),
        ];
        canvas.line(row, &pieces);
    }
}
