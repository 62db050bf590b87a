//! HTTP messages between the sockets and the gateway: what comes of a request, what goes into an answer, and how a body is delimited.
//!
//! Sockets are `server`'s and the connections of `gateway` to backends; what a message means is the gateway's.

mod answer;
mod fields;
pub(crate) mod framing;
mod incoming;
pub(crate) mod names;

pub use answer::Answer;
pub use fields::Fields;
pub(crate) use incoming::Inlet;
pub use incoming::{Incoming, IncomingError};

/// A message that could be misread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Malformed(pub(crate) &'static str);
