//! Parts that panes and layers are made of: state that outlives a frame, and functions that draw.

pub mod bars;
pub mod cursor;
pub mod editor;
pub mod field;
pub mod table;
pub mod tree;

pub use bars::{bar, slider, sparkline};
pub use cursor::{Cursor, Move};
pub use editor::Editor;
pub use field::Field;
pub use table::{Align, Cell, Column, Row, key_values, table};
pub use tree::{Branch, Tree};
