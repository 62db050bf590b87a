//! The binary on a pseudo-terminal: what it writes, what it leaves behind, and that it always gives the terminal back.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test that can't go on fails; patience is measured in real time"
)]
#![cfg(all(feature = "console", feature = "gateway"))]

#[path = "../support/mod.rs"]
mod support;

mod bundled;
mod line;
mod terminal;
mod ways_out;
