//! The console proven against the real engine: keys in, screen and gateway out.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that can't go on fails"
)]
#![cfg(all(feature = "console", feature = "gateway"))]

#[path = "../support/mod.rs"]
mod support;

#[path = "../support/proxy.rs"]
mod proxy;

mod build;
mod canary;
mod deploy;
mod faults;
mod find;
mod gate;
mod keys;
mod late;
mod metrics;
mod sample;
mod story;
mod templates;
mod tries;
