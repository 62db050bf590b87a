//! Who may do what: policy documents and their evaluation, and Signature V4.
//!
//! Pure: no socket, no file, no clock. The engine asks it about every protected request, and a console can ask the same questions and
//! gets the same verdicts.

mod condition;
mod credentials;
mod decision;
mod error;
mod identity;
mod keys;
mod pattern;
mod policy;
mod principal;
pub mod sigv4;

pub use credentials::{Credentials, CredentialsError};
pub use decision::{DecidedBy, Verdict, Workflow, decide};
pub use error::PolicyError;
pub use identity::{Identity, Said};
pub use keys::Keys;
pub use policy::{Effect, Finding, Mismatch, Policy, PolicyKind, Request, Traced};
pub use principal::{AwsCaller, Caller, CallerKind};
