//! Time, chance and identifiers: the only place that asks the machine for any of them, so that tests and screenshots can hold them still.

mod chance;
mod clock;
mod ids;

pub use chance::Chance;
#[cfg(feature = "gateway")]
pub(crate) use chance::uuid;
pub use clock::Clock;
pub use ids::Ids;
