//! The demo: a sample API, the shop behind it, and customers.
//!
//! * [`sample`] makes the API through AWS's calls, as a user would.
//! * [`backend`] is the shop that its integrations call; `shop` is what it sells and how it fails.
//! * [`show`] is all of it together.
//! * [`traffic`] plays the customers; `mix` is what they do.

pub mod backend;
pub mod hand;
mod mix;
pub mod sample;
mod shop;
pub mod show;
pub mod traffic;

pub use backend::{Backend, Pace};
pub use hand::Hand;
pub use sample::Sample;
pub use show::{Plan, Show, Told};
pub use traffic::Traffic;
