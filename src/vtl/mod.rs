//! Mapping templates: the Velocity Template Language as API Gateway runs it (`spec/vtl.md`).
//!
//! [`parse`] turns text into a [`Template`], which any number of requests share; [`Template::render`] runs it over one request's [`Input`].

mod error;
mod input;
mod limits;
mod overrides;
mod template;
mod trace;

pub use error::{ErrorKind, Span, TemplateError};
pub use input::{Context, Input, Names, Node};
pub use limits::Limits;
pub use overrides::Overrides;
pub use template::{Template, parse};
pub use trace::{Step, Tracer};
