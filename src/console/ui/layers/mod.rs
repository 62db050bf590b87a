//! What comes on top of panes: dialogs, menus, help, palette.

mod calls;
mod choose;
mod confirm;
mod form;
mod help;
mod palette;
mod take_over;
mod text;

pub use calls::{CALLS, Calls};
pub use choose::{CHOOSE, Choice, Choose};
pub use confirm::{CONFIRM, Confirm, TYPE_NAME, TypeName};
pub use form::{FORM, Form, FormField, Values};
pub use help::{HELP, Help};
pub use palette::{PALETTE, Palette};
pub use take_over::{TAKE_OVER, TakeOver};
pub use text::{Line, TEXT, Text};

use super::keymap::Context;

/// The contexts of all layers, for the key table.
pub const CONTEXTS: &[Context] = &[
    CONFIRM, TYPE_NAME, FORM, CHOOSE, PALETTE, CALLS, TEXT, TAKE_OVER, HELP,
];
