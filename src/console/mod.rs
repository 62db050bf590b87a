//! The terminal console.
//!
//! * [`app`] is what the console knows and does, without a terminal.
//! * [`ui`] draws the state and turns keys into actions.
//! * [`term`] owns the terminal: modes, keys in, frames out, signals.
//! * [`mod@run`] puts them together: one thread owns state and drawing, and sleeps until something happens.

pub mod app;
mod looping;
mod outside;
mod run;
pub mod term;
#[cfg(test)]
pub(crate) mod testing;
pub mod ui;

pub use outside::Outside;
pub use run::{ConsoleError, End, Options, run};
