//! What is seen and where keys go.

pub mod canvas;
pub mod signs;
#[cfg(test)]
mod testing;
pub mod theme;
