//! When the next frame may be written: a byte budget for thin lines.

use std::time::Duration;

/// The longest a frame is held back: slower than this, a key feels lost.
const MAX_WAIT: Duration = Duration::from_millis(250);
/// Bytes a second that an SSH session is taken to carry without building up a backlog.
const SSH_RATE: u32 = 32 * 1024;

/// Paces frames by what they cost: after N bytes the next waits N / rate, at most 250 ms; the first after a pause goes at once.
///
/// Keys are never delayed by this, only pictures are skipped: a terminal's buffers take tens of KiB before a write blocks, so nothing
/// else tells a program that its line is slow.
#[derive(Debug)]
pub struct Pacer {
    bytes_per_second: Option<u32>,
    ready_at: Duration,
}

impl Pacer {
    /// A pacer for this many bytes a second; `None` doesn't pace.
    #[must_use]
    pub fn new(bytes_per_second: Option<u32>) -> Self {
        Self {
            bytes_per_second: bytes_per_second.filter(|rate| *rate > 0),
            ready_at: Duration::ZERO,
        }
    }

    /// The rate to use: what the user said (0 means unlimited), else a cautious one inside an SSH session, else none.
    #[must_use]
    pub fn rate(asked: Option<u32>, over_ssh: bool) -> Option<u32> {
        match asked {
            Some(0) => None,
            Some(rate) => Some(rate),
            None => over_ssh.then_some(SSH_RATE),
        }
    }

    /// When the next frame may go, in the clock's monotonic time.
    #[must_use]
    pub fn ready_at(&self) -> Duration {
        self.ready_at
    }

    /// A frame of `bytes` was written at `now`.
    pub fn wrote(&mut self, bytes: usize, now: Duration) {
        let Some(rate) = self.bytes_per_second else {
            return;
        };
        let micros = u64::try_from(bytes)
            .unwrap_or(u64::MAX)
            .saturating_mul(1_000_000)
            / u64::from(rate);
        self.ready_at = now + Duration::from_micros(micros).min(MAX_WAIT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    #[test]
    fn a_frame_makes_the_next_wait_for_its_bytes() {
        let mut pacer = Pacer::new(Some(2_000));
        assert_eq!(pacer.ready_at(), Duration::ZERO);
        pacer.wrote(200, MS(1000));
        assert_eq!(pacer.ready_at(), MS(1100));
        pacer.wrote(100_000, MS(1100));
        assert_eq!(pacer.ready_at(), MS(1350), "never more than 250 ms");
    }

    #[test]
    fn without_a_rate_nothing_waits() {
        let mut pacer = Pacer::new(None);
        pacer.wrote(1_000_000, MS(5));
        assert_eq!(pacer.ready_at(), Duration::ZERO);
    }

    #[test]
    fn the_rate_is_the_users_or_the_lines() {
        assert_eq!(Pacer::rate(None, false), None);
        assert_eq!(Pacer::rate(None, true), Some(32 * 1024));
        assert_eq!(Pacer::rate(Some(2_400), true), Some(2_400));
        assert_eq!(Pacer::rate(Some(0), true), None);
    }
}
