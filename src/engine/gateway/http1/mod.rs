//! HTTP/1.1 towards backends: a connection that is driven by the task of the request that uses it.
//!
//! hyper's client runs every connection as a task of its own, and requests and answers cross to it and back through channels: that
//! costs a proxied request more than all else that is done for it. A gateway's request waits for its own answer and nothing else,
//! so it can read and write by itself. Heads are parsed by `httparse`; how a body is delimited (RFC 9112 §6) is decided here, strictly:
//! an answer that two readers could understand differently is an error.

mod connection;
mod head;
#[cfg(test)]
mod tests;
mod upload;

use std::io;

pub(crate) use self::connection::{Connection, Io, Reach};
pub(crate) use self::head::Head;
use http::Method;

use super::body::{Body, BodyError};
use crate::engine::message::{Fields, Malformed};

/// A request to a backend.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) verb: Method,
    /// Path and query.
    target: String,
    pub(crate) fields: Fields,
    pub(crate) body: Body,
}

impl Request {
    /// A request; nothing if there can be no such request line: a line's end in it would begin a header.
    pub(crate) fn new(verb: Method, target: String, fields: Fields, body: Body) -> Option<Self> {
        let fits = target.starts_with('/') && target.bytes().all(|b| b.is_ascii_graphic());
        fits.then_some(Self {
            verb,
            target,
            fields,
            body,
        })
    }
}

/// What goes wrong between a request and its answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("the connection was closed before the answer's end")]
    Closed,
    #[error("the answer isn't valid HTTP: {0}")]
    Malformed(&'static str),
    /// The request's own body can't go on.
    #[error("{0}")]
    Upload(Box<BodyError>),
}

impl From<Malformed> for Error {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed.0)
    }
}
