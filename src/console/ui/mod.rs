//! What is seen and where keys go.

pub mod canvas;
pub mod keymap;
pub mod signs;
#[cfg(test)]
mod testing;
pub mod theme;
pub mod widgets;
