//! Whether a canary fails more often than its base, or whether that can't be told.

/// Requests that each side must have before anything is said.
pub(super) const ENOUGH: f64 = 20.0;
/// Standard deviations that hold 95 % of a normal distribution.
const Z: f64 = 1.959_964;

/// Some requests, and how many of them failed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Tally {
    /// How many failed.
    pub(super) failed: f64,
    /// Out of how many.
    pub(super) of: f64,
}

/// What the comparison of two shares says. Differences are canary − base, in percentage points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Finding {
    /// One side has fewer than [`ENOUGH`] requests.
    TooFew,
    /// The interval holds 0: the difference lies within these bounds with 95 % confidence.
    NotSeen {
        /// The lower bound.
        low: f64,
        /// The upper bound.
        high: f64,
    },
    /// The interval lies on one side of 0.
    Differs {
        /// The difference that was seen.
        seen: f64,
        /// The lower bound.
        low: f64,
        /// The upper bound.
        high: f64,
    },
}

impl Finding {
    /// Whether the canary fails more often.
    pub(super) fn is_worse(self) -> bool {
        matches!(self, Self::Differs { low, .. } if low > 0.0)
    }
}

/// Compares two shares by the 95 % interval of their difference, after Newcombe: "Interval estimation for the difference between
/// independent proportions" (1998), method 10. Unlike the usual ± formula it holds with few failures, and with none.
///
/// It is one look: who looks often enough sees a difference by chance now and then.
pub(super) fn compare(base: Tally, canary: Tally) -> Finding {
    if base.of < ENOUGH || canary.of < ENOUGH {
        return Finding::TooFew;
    }
    let (p1, p2) = (base.failed / base.of, canary.failed / canary.of);
    let ((l1, u1), (l2, u2)) = (wilson(base), wilson(canary));
    let seen = p2 - p1;
    let low = 100.0 * (seen - (p2 - l2).hypot(u1 - p1));
    let high = 100.0 * (seen + (u2 - p2).hypot(p1 - l1));
    let seen = 100.0 * seen;
    if low > 0.0 || high < 0.0 {
        Finding::Differs { seen, low, high }
    } else {
        Finding::NotSeen { low, high }
    }
}

/// Wilson's score interval of a share, 95 %.
fn wilson(tally: Tally) -> (f64, f64) {
    let n = tally.of;
    let p = (tally.failed / n).clamp(0.0, 1.0);
    let z2 = Z * Z / n;
    let middle = (p + z2 / 2.0) / (1.0 + z2);
    let half = Z * (p * (1.0 - p) / n + z2 / (4.0 * n)).sqrt() / (1.0 + z2);
    ((middle - half).max(0.0), (middle + half).min(1.0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tally(failed: f64, of: f64) -> Tally {
        Tally { failed, of }
    }

    #[test]
    fn the_interval_is_newcombes() {
        // Table II of the paper, contrast (a) 56/70 − 48/80 and (e) 5/56 − 0/29 by method 10.
        for ((base, canary), (low, high)) in [
            ((tally(48.0, 80.0), tally(56.0, 70.0)), (0.0524, 0.3339)),
            ((tally(0.0, 29.0), tally(5.0, 56.0)), (-0.0381, 0.1926)),
        ] {
            let (got_low, got_high) = match compare(base, canary) {
                Finding::NotSeen { low, high } | Finding::Differs { low, high, .. } => (low, high),
                Finding::TooFew => panic!("enough"),
            };
            assert!((got_low / 100.0 - low).abs() < 0.0001, "{got_low}");
            assert!((got_high / 100.0 - high).abs() < 0.0001, "{got_high}");
        }
    }

    #[test]
    fn findings() {
        for (base, canary, expected) in [
            (tally(0.0, 1_000.0), tally(3.0, 3.0), "few"),
            (tally(0.0, 5.0), tally(0.0, 1_000.0), "few"),
            (tally(24.0, 11_402.0), tally(13.0, 604.0), "worse"),
            (tally(300.0, 1_000.0), tally(10.0, 1_000.0), "better"),
            (tally(148.0, 11_402.0), tally(9.0, 604.0), "same"),
            (tally(0.0, 20.0), tally(0.0, 20.0), "same"),
        ] {
            let finding = compare(base, canary);
            let word = match finding {
                Finding::TooFew => "few",
                Finding::NotSeen { .. } => "same",
                Finding::Differs { .. } if finding.is_worse() => "worse",
                Finding::Differs { .. } => "better",
            };
            assert_eq!(word, expected, "{base:?} {canary:?} {finding:?}");
        }
    }

    proptest! {
        #[test]
        fn swapping_the_sides_mirrors_the_interval(n in 20_u32..5_000, m in 20_u32..5_000, a in 0.0..1.0_f64, b in 0.0..1.0_f64) {
            let base = tally((a * f64::from(n)).round(), f64::from(n));
            let canary = tally((b * f64::from(m)).round(), f64::from(m));
            let bounds = |finding| match finding {
                Finding::NotSeen { low, high } | Finding::Differs { low, high, .. } => (low, high),
                Finding::TooFew => (0.0, 0.0),
            };
            let (low, high) = bounds(compare(base, canary));
            let (back_low, back_high) = bounds(compare(canary, base));
            prop_assert!((low + back_high).abs() < 1e-9 && (high + back_low).abs() < 1e-9);
            let seen = 100.0 * (canary.failed / canary.of - base.failed / base.of);
            prop_assert!(low <= seen && seen <= high && low >= -100.0 - 1e-9 && high <= 100.0 + 1e-9);
        }
    }
}
