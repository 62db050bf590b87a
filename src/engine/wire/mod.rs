//! AWS's wire protocols as pure codecs: bytes in, values out. No socket, no clock, no thread.
//!
//! ```text
//! head ─ Scope::read ─ scope ┐
//! head, body ────────────────┴ route ─ Call ─ decode ─ Input ─ (control) ─ Output ─ encode ─ Reply
//!                                                                     └── ServiceError ─ encode_error ─┘
//! ```
//!
//! What all protocols share:
//!
//! * An [`Input`] and an [`Output`] are JSON objects keyed by **wire names** (`restapi_id`, `httpMethod`, `item`), whatever the
//!   protocol: the same call gives the same input through JSON, Query and CBOR.
//! * A point in time is a number of epoch seconds. A double without a JSON number is the text `NaN`, `Infinity` or `-Infinity`.
//!   A blob is base64 text, except one that is a whole body, which stays bytes beside the object.
//! * An absent member and a null one are the same and are left out; in maps and lists null stays.
//!
//! Facts: `spec/sdk-wire.md`, `spec/rest/control-plane.md` §1 and §2, `spec/cloudwatch-metrics.md` §1.

mod body;
mod cbor;
mod constraints;
mod error;
pub mod event_stream;
mod hal;
mod json;
pub mod operations;
mod protocol;
mod query;
mod rest;
mod route;
mod scope;
mod table;
#[cfg(test)]
mod tests;
mod time;
mod xml;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value};

pub use body::MAX_BODY;
pub use error::ServiceError;
pub use protocol::Protocol;
pub use route::{Call, route, service};
pub use scope::Scope;
pub use table::{
    ErrorShape, Limits, List, Map as MapShape, Member, Operation, Place, Service, Shape, Structure,
    Text,
};

/// What a call brings: see the module's header for the form of its values.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Input {
    /// Labels, query parameters, headers and body members, by wire name.
    pub members: Map<String, Value>,
    /// The body, for operations whose body is a document as it is: imports.
    pub payload: Option<Bytes>,
}

impl Input {
    /// The text member of that wire name.
    #[must_use]
    pub fn text(&self, wire: &str) -> Option<&str> {
        self.members.get(wire).and_then(Value::as_str)
    }

    /// The boolean member of that wire name; absent is false.
    #[must_use]
    pub fn flag(&self, wire: &str) -> bool {
        self.members
            .get(wire)
            .and_then(Value::as_bool)
            .unwrap_or(false)
    }

    /// The double or point in time (epoch seconds) of that wire name; `None` for what JSON has no number for.
    #[must_use]
    pub fn number(&self, wire: &str) -> Option<f64> {
        self.members.get(wire).and_then(Value::as_f64)
    }

    /// The integer member of that wire name.
    #[must_use]
    pub fn integer(&self, wire: &str) -> Option<i64> {
        self.members.get(wire).and_then(Value::as_i64)
    }
}

/// What a call is answered with: see the module's header for the form of its values.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Output {
    /// An object by wire names, or null for an answer without members. Members that travel as headers are here too, by header name.
    pub members: Value,
    /// The body, for operations whose answer is a document as it is: exports, SDKs.
    pub payload: Option<Bytes>,
}

impl From<Value> for Output {
    fn from(members: Value) -> Self {
        Self {
            members,
            payload: None,
        }
    }
}

/// An HTTP answer, complete but for `Content-Length`, `Date` and `Connection`.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}
