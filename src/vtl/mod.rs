//! Mapping templates: the Velocity Template Language as API Gateway runs it (`spec/vtl.md`).
//!
//! [`parse`] turns text into a [`Template`], which any number of requests share; [`Template::render`] runs it over one request's [`Input`].

mod bindings;
mod block;
mod context;
mod directive;
mod error;
mod eval;
mod expression;
mod frame;
mod input;
mod lexer;
mod limits;
mod lookahead;
mod methods;
mod overrides;
mod parser;
mod reference;
mod render;
mod run;
mod scan;
mod template;
mod trace;
mod tree;

pub use error::{ErrorKind, Span, TemplateError};
pub use input::{Context, Input, Names, Node};
pub use limits::Limits;
pub use overrides::Overrides;
pub use template::{Template, parse};
pub use trace::{Step, Tracer};
