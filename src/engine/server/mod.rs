//! The sockets and threads of the engine.
//!
//! A current-thread runtime per data thread, each with its own listener on the shared address, so that a request is served from first to
//! last byte on one core without a lock. One more runtime answers the control plane: data runtimes hand such requests over and carry the
//! answer back. Nothing a caller does on the control plane can keep the data plane waiting.

mod control_body;
mod data;
mod extension;
mod http1;
mod http2;
mod listen;
mod peer;
mod requests;
mod room;
mod sort;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_tls;
mod tls;
mod watch;

pub(crate) use control_body::ControlBody;
pub(crate) use data::{DRAIN, DataRuntime, Job, run_data};
pub(crate) use extension::Extension;
pub(crate) use listen::bind;
pub(crate) use room::Room;
pub use tls::AuthorityError;
pub(crate) use tls::{Authority, Tls};
pub use watch::Patience;
