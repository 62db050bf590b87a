//! The terminal console.
//!
//! * [`app`] is what the console knows and does, without a terminal.
//! * [`term`] owns the terminal: modes, keys in, frames out, signals.
//! * [`ui`] draws the state and turns keys into actions.

pub mod app;
pub mod term;
pub mod ui;
