//! The panes, a file each.
//!
//! # How to write one
//!
//! A pane owns view state only: cursor, scroll, filter, which region has the focus, text that is being typed. What it shows is read
//! from the [`App`](crate::console::app::App) when it draws; nothing of it is copied.
//!
//! 1. Declare the [`Context`]: a name and the list of [`Action`](super::keymap::Action)s, what matters most first. Names are
//!    `context.verb`. This one list feeds footer, `?`, `:`, dispatch and `sluice keys`; nothing else knows a key. Add the context to
//!    [`CONTEXTS`], and the pane to [`all`].
//! 2. [`needs`](super::pane::Pane::needs) names the queries whose answers are on the screen now, for the detail only those of the row
//!    that is shown. The shell asks them and asks again when something happens and they are old, coalesces duplicates, and drops what
//!    comes late. Read them with the typed views of the [`Store`](crate::console::app::Store): `app.store.stages(&api.id)`.
//! 3. [`draw`](super::pane::Pane::draw): [`Regions::split`](super::layout::Regions) for list and detail (one of them at 80 columns),
//!    [`titled`](super::layout::titled), then [`status::remote`](super::status::remote), which draws loading and failure and gives back
//!    the value and the area left. Draw by [`Meaning`](super::theme::Meaning) on the [`Canvas`](super::canvas::Canvas), with its
//!    [`Signs`](super::signs::Signs); format only rows on screen ([`table`](mod@super::widgets::table) calls back for them).
//! 4. [`update`](super::pane::Pane::update): movements go to a [`Cursor`](super::widgets::Cursor) or [`Tree`](super::widgets::Tree),
//!    which keep the selection by identity over refreshes. What follows the cursor (a detail) follows it at
//!    [`PaneEvent::Settled`](super::pane::PaneEvent::Settled), asked for with [`Command::Follow`](super::pane::Command::Follow): so a
//!    movement costs two rows, not a screen.
//! 5. A write is a value: build the [`Op`](crate::aws::Op) with `crate::aws::ops` and return
//!    [`Command::propose`](super::pane::Command::propose). The gate asks, refuses, logs, and outdates what it touched. A form
//!    ([`Form`](super::layers::Form)) or menu ([`Choose`](super::layers::Choose)) is opened with
//!    [`Command::Open`](super::pane::Command::Open) and gives commands back. What the calls answered (a test's result, a key's value)
//!    comes to every pane as [`PaneEvent::Done`](super::pane::PaneEvent::Done).
//! 6. [`blocked`](super::pane::Pane::blocked) says why an action can't be done now. It is then shown dim, and its reason in its place;
//!    [`update`](super::pane::Pane::update) never sees it.
//! 7. What moves by itself (metrics, a slider coming to rest) uses [`wake_at`](super::pane::Pane::wake_at). Everything else sleeps.

mod apis;
mod canary;
mod changes;
mod chosen;
mod keys;
mod measured;
mod metrics;
mod request;
mod resources;
mod stages;
mod templates;
mod test;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod traffic_tests;

use super::keymap::Context;
use super::pane::Pane;

/// The contexts of all panes, for the key table.
pub const CONTEXTS: &[Context] = &[
    apis::CONTEXT,
    resources::CONTEXT,
    test::CONTEXT,
    test::TYPING,
    templates::CONTEXT,
    templates::TYPING,
    stages::CONTEXT,
    canary::CONTEXT,
    keys::CONTEXT,
    metrics::CONTEXT,
];

/// All panes, in the order of their numbers.
#[must_use]
pub fn all() -> Vec<Box<dyn Pane>> {
    vec![
        Box::<apis::Apis>::default(),
        Box::<resources::Resources>::default(),
        Box::<test::Test>::default(),
        Box::<templates::Templates>::default(),
        Box::<stages::Stages>::default(),
        Box::<canary::Canary>::default(),
        Box::<keys::Keys>::default(),
        Box::<metrics::MetricsPane>::default(),
    ]
}
