//! Values as the JVM has them: what a mapping template sees, prints, compares and calls methods on.
//!
//! Numbers keep Java's types and overflow, lists and maps are shared and mutable, text counts in UTF-16 units, printing is
//! Java's `toString()`. [`json`] reads JSON as loosely as json-smart does and writes it the same way. Source: `spec/vtl.md` §1 and §2.

mod collections;
mod decimal;
mod double;
pub mod json;
pub mod number;
mod print;
pub mod regex;
mod release;
mod scope;
mod spare;
mod string;
pub mod text;
mod value;

pub use collections::{Array, Cursor, Entry, List, ListClass, Map, MapClass, View, ViewClass};
pub use decimal::Decimal;
pub use double::{print_double, print_float};
pub use print::{Printer, TooMuch};
pub(crate) use release::release;
pub use scope::Scope;
pub use spare::recycle;
pub use string::Str;
pub use value::{Host, Other, Value};
