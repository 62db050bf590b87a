//! What the panes with measurements share: the spans that can be looked at, when they are read again, and how numbers are written.

use std::time::Duration;

use crate::aws::Query;
use crate::console::app::{App, Remote};
use crate::console::ui::canvas::thousands;

/// A span of time that ends now, and how long one point of it is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Range {
    /// How people call it: `3 h`.
    pub(super) label: &'static str,
    /// Seconds.
    pub(super) span: u32,
    /// Seconds that a point covers on the bundled gateway. Below 60, it keeps only the last three hours.
    fine: u32,
    /// Seconds that a point covers elsewhere; `None` where AWS, which measures by the minute, has nothing to show.
    coarse: Option<u32>,
}

const fn range(label: &'static str, span: u32, fine: u32, coarse: Option<u32>) -> Range {
    Range {
        label,
        span,
        fine,
        coarse,
    }
}

/// From a minute to two weeks; 45 to 72 points each, so that a whole range is seen at once.
static RANGES: [Range; 10] = [
    range("1 m", 60, 1, None),
    range("5 m", 300, 5, None),
    range("15 m", 900, 20, Some(60)),
    range("1 h", 3_600, 60, Some(60)),
    range("3 h", 10_800, 180, Some(180)),
    range("12 h", 43_200, 600, Some(600)),
    range("1 d", 86_400, 1_200, Some(1_200)),
    range("3 d", 259_200, 3_600, Some(3_600)),
    range("1 w", 604_800, 10_800, Some(10_800)),
    range("2 w", 1_209_600, 21_600, Some(21_600)),
];

impl Range {
    /// Seconds that one point covers.
    pub(super) fn period(&self, app: &App) -> u32 {
        if is_fine(app) {
            self.fine
        } else {
            self.coarse.unwrap_or(60)
        }
    }
}

/// Whether seconds are measured: only the bundled gateway does that.
fn is_fine(app: &App) -> bool {
    !app.session.is_aws()
}

/// Which range is looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ranges {
    at: usize,
}

impl Ranges {
    /// The shortest there is: what moves now.
    pub(super) const NOW: Self = Self { at: 0 };
    /// A quarter of an hour: long enough to compare.
    pub(super) const QUARTER: Self = Self { at: 2 };

    fn first(app: &App) -> usize {
        let there = |range: &Range| is_fine(app) || range.coarse.is_some();
        RANGES.iter().position(there).unwrap_or(0)
    }

    /// The range.
    pub(super) fn range(self, app: &App) -> &'static Range {
        &RANGES[self.at.max(Self::first(app)).min(RANGES.len() - 1)]
    }

    /// The next longer one.
    pub(super) fn longer(&mut self, app: &App) {
        self.at = (self.at.max(Self::first(app)) + 1).min(RANGES.len() - 1);
    }

    /// The next shorter one.
    pub(super) fn shorter(&mut self, app: &App) {
        self.at = self.at.saturating_sub(1).max(Self::first(app));
    }

    /// Why there is no longer one.
    pub(super) fn no_longer(self) -> Option<String> {
        (self.at + 1 >= RANGES.len()).then(|| "this is the longest range".to_owned())
    }

    /// Why there is no shorter one.
    pub(super) fn no_shorter(self, app: &App) -> Option<String> {
        (self.at <= Self::first(app)).then(|| {
            if is_fine(app) {
                "this is the shortest range".to_owned()
            } else {
                "this is the shortest range: AWS measures by the minute".to_owned()
            }
        })
    }
}

/// When the answer to `query` is old enough to be asked for again while it is on the screen, no sooner than `at_least` after it came, or
/// its failure may have passed. Nothing while it is on its way, and nothing after a failure that is the user's to mend.
pub(super) fn wake_at(app: &App, query: &Query, at_least: Duration) -> Option<Duration> {
    match app.store.get(query) {
        Remote::Loaded {
            at,
            refreshing: false,
            ..
        } => Some(*at + query.ttl(!app.session.is_aws()).max(at_least)),
        Remote::Failed { .. } => app.store.due_at(query, !app.session.is_aws()),
        _ => None,
    }
}

/// At most `width` values of all: where there are more, a cell stands for several and shows the largest, so that no peak is lost.
pub(super) fn squeeze(values: &[Option<f64>], width: u16) -> Vec<Option<f64>> {
    let per_cell = values.len().div_ceil(usize::from(width).max(1)).max(1);
    values
        .rchunks(per_cell)
        .rev()
        .map(|cell| cell.iter().flatten().copied().reduce(f64::max))
        .collect()
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "a count of requests, rounded; casts of floats saturate"
)]
fn whole(n: f64) -> i64 {
    n.round() as i64
}

/// A count: `11,402`.
pub(super) fn count(n: f64) -> String {
    thousands(whole(n))
}

/// A part of a whole in percent; `None` of nothing.
pub(super) fn share(part: f64, of: f64) -> Option<f64> {
    (of > 0.0).then(|| 100.0 * part / of)
}

/// What a full cell of a sparkline of shares means at least, in percent: a few failures among thousands must not look like an outage.
const LEAST_CEILING: f64 = 5.0;

/// What a full cell of a sparkline of shares means: their peak, or a small share if they stay below that.
pub(super) fn ceiling<'a>(shares: impl IntoIterator<Item = &'a Option<f64>>) -> f64 {
    let peak = shares.into_iter().flatten().copied();
    peak.fold(LEAST_CEILING, f64::max)
}

/// A percentage with two digits that matter: `0.21 %`, `2.15 %`, `38.5 %`.
pub(super) fn percent(share: f64) -> String {
    if share.abs() >= 10.0 {
        format!("{share:.1} %")
    } else {
        format!("{share:.2} %")
    }
}

/// Milliseconds without unit: `3.2`, `38`, `1,240`.
pub(super) fn millis(ms: f64) -> String {
    if ms.abs() < 10.0 {
        format!("{ms:.1}")
    } else {
        count(ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Clock;
    use crate::console::app::testing;
    use crate::console::ui::testing::now;

    fn app(aws: bool) -> App {
        let session = if aws {
            testing::aws(false)
        } else {
            testing::local()
        };
        App::new(session, Clock::manual(now()))
    }

    #[test]
    fn aws_has_no_seconds() {
        let (local, aws) = (app(false), app(true));
        let mut ranges = Ranges::NOW;
        assert_eq!(
            (
                ranges.range(&local).label,
                ranges.range(&local).period(&local)
            ),
            ("1 m", 1)
        );
        assert_eq!(
            (ranges.range(&aws).label, ranges.range(&aws).period(&aws)),
            ("15 m", 60)
        );
        assert!(ranges.no_shorter(&aws).is_some() && ranges.no_shorter(&local).is_some());
        ranges.longer(&aws);
        assert_eq!(ranges.range(&aws).label, "1 h");
        ranges.shorter(&aws);
        ranges.shorter(&aws);
        assert_eq!(ranges.range(&aws).label, "15 m");
        for _ in 0..20 {
            ranges.longer(&local);
        }
        assert_eq!(ranges.range(&local).label, "2 w");
        assert!(ranges.no_longer().is_some());
    }

    #[test]
    fn every_range_has_points_that_cloudwatch_knows() {
        for range in &RANGES {
            assert!(
                (15..=72).contains(&(range.span / range.coarse.unwrap_or(range.fine))),
                "{range:?}"
            );
            assert!(range.coarse.unwrap_or(60).is_multiple_of(60), "{range:?}");
            assert!(matches!(range.fine, 1 | 5 | 10 | 20 | 30) || range.fine.is_multiple_of(60));
            assert!(
                range.fine >= 60 || range.span <= 3 * 3_600,
                "seconds are kept three hours"
            );
        }
    }

    #[test]
    fn peaks_survive_on_narrow_screens() {
        let values = [Some(1.0), None, Some(9.0), Some(2.0), None, None, Some(3.0)];
        assert_eq!(
            squeeze(&values, 4),
            [Some(1.0), Some(9.0), Some(2.0), Some(3.0)]
        );
        assert_eq!(squeeze(&values, 10), values);
        assert_eq!(squeeze(&[None, None], 1), [None]);
        assert_eq!(squeeze(&[], 0), []);
    }

    #[test]
    fn numbers_are_written_shortly() {
        assert_eq!(
            [0.214, 12.345, -1.5].map(percent),
            ["0.21 %", "12.3 %", "-1.50 %"]
        );
        assert_eq!([3.24, 38.4, 1_240.0].map(millis), ["3.2", "38", "1,240"]);
        assert_eq!(share(1.0, 0.0), None);
        assert!((ceiling(&[Some(0.3), None]) - 5.0).abs() < f64::EPSILON);
        assert!((ceiling(&[Some(0.3), Some(40.0)]) - 40.0).abs() < f64::EPSILON);
        assert_eq!(count(11_401.6), "11,402");
    }
}
