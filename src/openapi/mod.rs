//! OpenAPI: Swagger 2.0 and OpenAPI 3.0/3.1 documents with the `x-amazon-apigateway-*` extensions, to and from the model.
//!
//! * [`read()`]: a document, JSON or YAML, to an [`Import`]: a definition whose parts refer to each other by path and name.
//! * [`merge()`]: an import into a definition, in merge or overwrite mode; ids of what stays are kept.
//! * [`write`](write()): a definition to a document, as `GetExport` writes it; [`to_json`] and [`to_yaml`] to text.
//!
//! All of it is pure: ids come from whoever merges, and the names that inline schemas get follow from their content.
//! Facts: `spec/rest/openapi.md`, `spec/aws-recorded/FACTS.md` §19.

mod document;
mod merge;
mod read;
#[cfg(test)]
mod tests;
mod text;
mod write;

pub use merge::{IdKind, Mode, merge};
pub use read::{Documentation, Import, ReadOptions, documentation, read};
pub use text::{to_json, to_yaml};
pub use write::{Documented, Extensions, Format, WriteError, WriteOptions, write};

/// What happens to a document's base path. Source: `spec/rest/openapi.md` §1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BasePath {
    /// It is dropped.
    #[default]
    Ignore,
    /// It stands before every path.
    Prepend,
    /// The same without its first segment, which is taken for the stage.
    Split,
}

impl BasePath {
    /// The mode of this name: `ignore`, `prepend`, `split`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "ignore" => Some(Self::Ignore),
            "prepend" => Some(Self::Prepend),
            "split" => Some(Self::Split),
            _ => None,
        }
    }
}

/// Why a text is no document that can be imported.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Neither JSON nor YAML.
    #[error("Invalid OpenAPI input. {0}")]
    Syntax(String),
    /// It doesn't say what it is.
    #[error(
        "Invalid OpenAPI input. The document must be an object with swagger: \"2.0\" or openapi: \"3.0.x\" or \"3.1.x\""
    )]
    NoVersion,
    /// It is of another version.
    #[error(
        "Invalid OpenAPI input. Unsupported version {0}: swagger 2.0, openapi 3.0.x and 3.1.x can be imported"
    )]
    Version(String),
}

/// Where models are referred to: `{this}{api}/models/{name}`.
///
/// Source: `spec/aws-recorded/FACTS.md` §19.
const MODEL_URL: &str = "https://apigateway.amazonaws.com/restapis/";

/// The extensions' prefix.
const X: &str = "x-amazon-apigateway-";
