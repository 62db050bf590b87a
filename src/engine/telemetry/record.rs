//! The record of one request: what its metrics, its log and its explanation are made from.

use std::time::Duration;

use jiff::Timestamp;

use super::recorder::Observation;

/// The phases of a request's life, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Phase {
    /// Stage and canary, resource and method.
    Match,
    /// Resource policy and authorizer.
    Authorize,
    /// API key, quota and throttle.
    Throttle,
    /// Parameters and body.
    Validate,
    /// Looking for a cached answer.
    CacheLookup,
    /// Mapping the request for the integration.
    IntegrationRequest,
    /// Calling the integration, until its answer is read.
    Integrate,
    /// Mapping the integration's answer.
    IntegrationResponse,
    /// Keeping the answer in the cache.
    CacheStore,
    /// Making the answer of a request that failed.
    GatewayResponse,
}

impl Phase {
    /// All phases, in their order.
    pub const ALL: [Self; 10] = [
        Self::Match,
        Self::Authorize,
        Self::Throttle,
        Self::Validate,
        Self::CacheLookup,
        Self::IntegrationRequest,
        Self::Integrate,
        Self::IntegrationResponse,
        Self::CacheStore,
        Self::GatewayResponse,
    ];

    /// Its name in words, as the design has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Match => "match",
            Self::Authorize => "authorize",
            Self::Throttle => "throttle",
            Self::Validate => "validate",
            Self::CacheLookup => "cache lookup",
            Self::IntegrationRequest => "integration request",
            Self::Integrate => "integrate",
            Self::IntegrationResponse => "integration response",
            Self::CacheStore => "cache store",
            Self::GatewayResponse => "gateway response",
        }
    }
}

/// What a request did, phase by phase. Times are of [`Clock::monotonic`](crate::base::Clock::monotonic).
///
/// Fixed in size: keeping one costs no allocation.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// When it arrived.
    arrived: Duration,
    /// When each phase was left, since the arrival; `None` for a phase that it didn't come to.
    left: [Option<Duration>; Phase::ALL.len()],
    /// Whether the canary served it.
    pub canary: bool,
    /// The canary's draw, 0.0 to 100.0; `None` when the stage has none.
    pub draw: Option<f64>,
    /// The integration's status; `None` if none was called or none answered.
    pub integration_status: Option<u16>,
    /// How long the integration took; `None` if none was called.
    pub integration_latency: Option<Duration>,
    /// The status of the answer, once there is one.
    pub status: u16,
    /// From arrival to answer, once there is one.
    pub latency: Duration,
}

impl Record {
    /// The record of a request that arrives now.
    #[must_use]
    pub fn begin(arrived: Duration) -> Self {
        Self {
            arrived,
            left: [None; Phase::ALL.len()],
            canary: false,
            draw: None,
            integration_status: None,
            integration_latency: None,
            status: 0,
            latency: Duration::ZERO,
        }
    }

    /// The phase is done.
    pub fn leave(&mut self, phase: Phase, now: Duration) {
        if let Some(left) = self.left.get_mut(phase as usize) {
            *left = Some(now.saturating_sub(self.arrived));
        }
    }

    /// The request is answered.
    pub fn answer(&mut self, status: u16, now: Duration) {
        self.status = status;
        self.latency = now.saturating_sub(self.arrived);
    }

    /// The phases that it came to, each with the time that it took.
    pub fn phases(&self) -> impl Iterator<Item = (Phase, Duration)> {
        let mut before = Duration::ZERO;
        (Phase::ALL.into_iter().zip(self.left)).filter_map(move |(phase, left)| {
            let left = left?;
            let took = left.saturating_sub(before);
            before = left;
            Some((phase, took))
        })
    }

    /// What it adds to the metrics, as answered at this time.
    #[must_use]
    pub fn observation(&self, at: Timestamp) -> Observation {
        Observation {
            at,
            canary: self.canary,
            status: self.status,
            latency_micros: micros(self.latency),
            integration_micros: self.integration_latency.map(micros),
        }
    }
}

fn micros(duration: Duration) -> u64 {
    // Not `as_micros`, which works in 128 bits.
    duration.as_secs() * 1_000_000 + u64::from(duration.subsec_micros())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_tell_what_each_took_and_skip_what_was_not_reached() {
        let at = Duration::from_micros;
        let mut record = Record::begin(at(1000));
        record.leave(Phase::Match, at(1010));
        record.leave(Phase::Throttle, at(1015));
        record.leave(Phase::GatewayResponse, at(1040));
        record.answer(429, at(1050));
        let phases: Vec<_> = record.phases().collect();
        assert_eq!(
            phases,
            [
                (Phase::Match, at(10)),
                (Phase::Throttle, at(5)),
                (Phase::GatewayResponse, at(25))
            ]
        );
        let observation = record.observation(Timestamp::UNIX_EPOCH);
        assert_eq!((observation.status, observation.latency_micros), (429, 50));
        assert_eq!(observation.integration_micros, None);
    }

    #[test]
    fn each_phase_stands_at_its_place() {
        for (i, phase) in Phase::ALL.into_iter().enumerate() {
            assert_eq!(phase as usize, i, "{}", phase.name());
        }
    }
}
