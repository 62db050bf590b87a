//! The terminal console.
//!
//! * [`term`] owns the terminal: modes, keys in, frames out, signals.
//! * [`ui`] draws the state and turns keys into actions.

pub mod term;
pub mod ui;
