//! The terminal console.
//!
//! * [`term`] owns the terminal: modes, keys in, frames out, signals.

pub mod term;
