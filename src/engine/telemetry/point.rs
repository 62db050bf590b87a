//! What is known of the requests of one method, stage or API in one second or minute.

use super::codec::{Entry, Reader, Writer};
use super::distribution::{Distribution, float};

/// The mark of a point that has an integration's latency.
pub(crate) const INTEGRATION: u8 = 1;
/// The mark of a point whose requests were looked up in a cache.
pub(crate) const CACHE: u8 = 2;

/// Counters and times of some requests. Times are in microseconds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Point {
    pub(crate) client_errors: u64,
    pub(crate) server_errors: u64,
    pub(crate) cache_hits: u64,
    pub(crate) cache_misses: u64,
    pub(crate) latency: Distribution,
    pub(crate) integration: Distribution,
}

impl Point {
    /// Requests.
    #[must_use]
    pub fn requests(&self) -> f64 {
        self.latency.count()
    }

    /// Answers with a status of 400 to 499.
    #[must_use]
    pub fn client_errors(&self) -> f64 {
        float(self.client_errors)
    }

    /// Answers with a status of 500 to 599.
    #[must_use]
    pub fn server_errors(&self) -> f64 {
        float(self.server_errors)
    }

    /// Requests that were looked up in a cache: those it answered, and the others.
    #[must_use]
    pub fn cached(&self) -> (f64, f64) {
        (float(self.cache_hits), float(self.cache_misses))
    }

    /// The latency at this percentile (0 to 100), in milliseconds; `None` without requests.
    #[must_use]
    pub fn latency(&self, percent: f64) -> Option<f64> {
        Some(self.latency.percentile(percent)? / 1000.0)
    }

    /// The integrations' latency at this percentile (0 to 100), in milliseconds; `None` if none was called.
    #[must_use]
    pub fn integration_latency(&self, percent: f64) -> Option<f64> {
        Some(self.integration.percentile(percent)? / 1000.0)
    }

    /// Adds another point's requests.
    pub fn merge(&mut self, other: &Self) {
        self.client_errors = self.client_errors.saturating_add(other.client_errors);
        self.server_errors = self.server_errors.saturating_add(other.server_errors);
        self.cache_hits = self.cache_hits.saturating_add(other.cache_hits);
        self.cache_misses = self.cache_misses.saturating_add(other.cache_misses);
        self.latency.merge(&other.latency);
        self.integration.merge(&other.integration);
    }
}

impl Entry for Point {
    fn write(&self, out: &mut Writer) {
        out.number(self.client_errors);
        out.number(self.server_errors);
        out.number(self.cache_hits);
        out.number(self.cache_misses);
        self.latency.write(out);
        self.integration.write(out);
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            client_errors: from.number()?,
            server_errors: from.number()?,
            cache_hits: from.number()?,
            cache_misses: from.number()?,
            latency: Distribution::read(from)?,
            integration: Distribution::read(from)?,
        })
    }

    fn merge(&mut self, other: &Self) {
        Self::merge(self, other);
    }

    fn marks(&self) -> u8 {
        let mark = |there: bool, mark: u8| if there { mark } else { 0 };
        mark(!self.integration.is_empty(), INTEGRATION)
            | mark(self.cache_hits + self.cache_misses > 0, CACHE)
    }
}
