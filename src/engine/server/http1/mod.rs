//! HTTP/1.1 towards clients: connections that read heads, have requests answered, and write the answers.
//!
//! A gateway's connection does little, and does it often: a read, a request's life, a write. hyper's server spends more on its own
//! machinery (a dispatcher, a buffer for every connection, maps of headers made only to be written out again) than the gateway does on
//! everything else for a simple request. Heads are parsed by `httparse`; how bodies are delimited (RFC 9112 §6) is decided here as
//! strictly as towards backends: a request that two readers could understand differently is refused, and where its sender may not have
//! meant what was understood the connection ends.

mod buffers;
mod connection;
mod head;
mod output;
#[cfg(test)]
mod tests;

pub(crate) use self::buffers::Buffers;
pub(crate) use self::connection::serve;
