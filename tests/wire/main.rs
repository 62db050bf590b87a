//! The engine through AWS's SDK for Rust and raw HTTP: AWS's protocols, answers and refusals.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that can't go on fails"
)]
#![cfg(all(feature = "console", feature = "gateway"))]

#[path = "../support/mod.rs"]
mod support;

mod apis;
mod cache;
mod credentials;
mod guard;
mod kill;
mod openapi;
mod operations;
mod traffic;
