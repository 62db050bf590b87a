//! What is seen and where keys go.
//!
//! * [`shell`]: context line, tabs, the current pane, layers on top, footer; keys to actions to commands.
//! * [`pane`]: what a pane and a layer are; [`layers`]: dialogs, help, palette.
//! * [`keymap`], [`theme`], [`signs`], [`layout`]: tables; [`canvas`] and [`widgets`] draw by meaning; [`syntax`] finds the
//!   meanings in templates and JSON.

pub mod canvas;
pub mod fuzzy;
pub mod keymap;
pub mod layers;
pub mod layout;
pub mod pane;
pub mod panes;
pub mod shell;
pub mod signs;
pub mod status;
pub mod syntax;
#[cfg(test)]
pub(crate) mod testing;
pub mod theme;
pub mod widgets;
