//! What `#define` puts into a variable.

use std::any::Any;
use std::cell::Cell;
use std::sync::Arc;

use crate::java::Host;

use super::frame::Layer;
use super::tree::Define;

/// The block of a `#define`, with the layer it was defined in.
#[derive(Debug)]
pub(super) struct BlockObject {
    pub(super) define: Arc<Define>,
    pub(super) layer: Layer,
    pub(super) depth: Cell<u32>,
}

impl Host for BlockObject {
    fn class(&self) -> &'static str {
        "org.apache.velocity.runtime.directive.Block$Reference"
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn print(&self) -> Option<String> {
        None
    }
}
