//! Periods, and which time a call asks for.

use crate::engine::telemetry::Window;
use crate::engine::wire::operations::CLOUDWATCH;
use crate::engine::wire::{Input, ServiceError};

const MINUTE: i64 = 60;
const HOUR: i64 = 3600;
const DAY: i64 = 86_400;

/// `StartTime` and `EndTime` of a call, as they were given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Span {
    start: f64,
    end: f64,
}

impl Span {
    /// Reads them; the start must be before the end.
    pub(super) fn of(input: &Input) -> Result<Self, ServiceError> {
        let time = |name: &str| {
            input.number(name).ok_or_else(|| {
                let text = format!("The parameter {name} must be a timestamp.");
                ServiceError::of(CLOUDWATCH, "InvalidParameterValueException", text)
            })
        };
        let span = Self {
            start: time("StartTime")?,
            end: time("EndTime")?,
        };
        if span.start >= span.end {
            // Recorded: `spec/cloudwatch-metrics.md` §1.
            return Err(ServiceError::of(
                CLOUDWATCH,
                "InvalidParameterValueException",
                "The parameter StartTime must be less than the parameter EndTime.",
            ));
        }
        Ok(span)
    }

    /// From one epoch second to another.
    #[allow(clippy::cast_precision_loss, reason = "far below 2^53")]
    pub(super) fn between(start: i64, end: i64) -> Self {
        Self {
            start: start as f64,
            end: end as f64,
        }
    }

    /// How many points of this period it asks for.
    pub(super) fn points(self, period: i64) -> i64 {
        let (start, end) = (whole(self.start), whole(self.end.ceil()));
        (end.saturating_sub(start).saturating_add(period - 1)).div_euclid(period)
    }

    /// The window of GetMetricData: periods begin at multiples of the period since the epoch (`spec/cloudwatch-metrics.md` §2).
    pub(super) fn aligned(self, period: i64, now: i64) -> Window {
        let start = self.rounded_start(period, now);
        Window {
            // Whole periods only: what a period's point shows must not depend on where in it the window begins (unverified).
            start: start.div_euclid(period) * period,
            end: self.rounded_end(period),
            period,
            anchor: 0,
        }
    }

    /// The window of `GetMetricStatistics`: periods begin with the start (example of the AWS CLI's reference, page
    /// "get-metric-statistics": an hourly answer for 23:18 has points at 18 past).
    pub(super) fn anchored(self, period: i64, now: i64) -> Window {
        let start = self.rounded_start(period, now);
        Window {
            start,
            end: self.rounded_end(period),
            period,
            anchor: start,
        }
    }

    /// The start is rounded down the more the older it is: pages `GetMetricData` and `GetMetricStatistics`.
    fn rounded_start(self, period: i64, now: i64) -> i64 {
        let start = whole(self.start);
        let to = match now.saturating_sub(start) {
            _ if period < MINUTE => period,
            age if age <= 15 * DAY => MINUTE,
            age if age <= 63 * DAY => 5 * MINUTE,
            _ => HOUR,
        };
        start.div_euclid(to) * to
    }

    /// Points of a minute count whole, whether or not they are still kept as seconds.
    fn rounded_end(self, period: i64) -> i64 {
        let end = whole(self.end.ceil());
        if period < MINUTE {
            end
        } else {
            end.saturating_add(MINUTE - 1).div_euclid(MINUTE) * MINUTE
        }
    }
}

/// A period that CloudWatch has: 1, 5, 10, 20 or 30 seconds, or minutes. `parameter` names it in the error.
///
/// Periods below a minute give points of standard metrics too, unlike on AWS. The text of the error is unverified.
pub(super) fn check_period(period: i64, parameter: &str) -> Result<i64, ServiceError> {
    let whole_minutes = period >= MINUTE && period % MINUTE == 0;
    if matches!(period, 1 | 5 | 10 | 20 | 30) || (whole_minutes && period <= 365 * DAY) {
        return Ok(period);
    }
    Err(ServiceError::of(
        CLOUDWATCH,
        "InvalidParameterValueException",
        format!(
            "The parameter {parameter} must be 1, 5, 10, 20, 30 or a multiple of 60 up to a year, and is {period}."
        ),
    ))
}

/// Whole seconds, down; far away times become the years -9999 and 9999, so that sums of them don't overflow.
#[allow(clippy::cast_possible_truncation, reason = "clamped before")]
fn whole(seconds: f64) -> i64 {
    seconds.floor().clamp(-377_705_116_800.0, 253_402_207_200.0) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A multiple of a day.
    const NOW: i64 = 20_000 * DAY;

    fn span(start: i64, end: i64) -> Span {
        let float = |it: i64| f64::from(i32::try_from(it).unwrap());
        Span {
            start: float(start),
            end: float(end),
        }
    }

    #[test]
    fn starts_are_rounded_by_age_and_period() {
        for (age, period, expected) in [
            (7, 1, 7),
            (7, 5, 10),
            (7, 30, 30),
            (61, 60, 120),
            (61, 300, 300),
            (15 * DAY, 60, 15 * DAY),
            (15 * DAY + 70, 60, 15 * DAY + 300),
            (63 * DAY + 70, 60, 63 * DAY + 3600),
        ] {
            let window = span(NOW - age, NOW).aligned(period, NOW);
            assert_eq!(NOW - window.start, expected, "{age} {period}");
        }
    }

    #[test]
    fn get_metric_statistics_counts_periods_from_the_start() {
        let window = span(NOW - 3 * HOUR + 18 * 60 + 5, NOW + 1).anchored(3600, NOW);
        assert_eq!(window.period_of(NOW - 1) - NOW, -42 * 60);
        assert_eq!(
            (window.start - NOW, window.end - NOW),
            (-3 * HOUR + 18 * 60, 60)
        );
        let aligned = span(NOW - 3 * HOUR + 18 * 60 + 5, NOW).aligned(3600, NOW);
        assert_eq!(
            (aligned.period_of(NOW - 1) - NOW, aligned.start - NOW),
            (-3600, -3 * HOUR)
        );
    }

    #[test]
    fn periods_are_awss() {
        for period in [1, 5, 10, 20, 30, 60, 120, 86_400] {
            assert_eq!(check_period(period, "Period").unwrap(), period);
        }
        for period in [-60, 0, 2, 15, 45, 61, 90, i64::MAX] {
            assert!(check_period(period, "Period").is_err(), "{period}");
        }
    }

    #[test]
    fn points_are_counted_and_times_out_of_reach_are_bounded() {
        assert_eq!(span(NOW - DAY, NOW).points(1), 86_400);
        assert_eq!(span(NOW - 61, NOW).points(60), 2);
        let far = Span {
            start: -1e300,
            end: 1e300,
        };
        assert!(far.points(60) > 0 && far.aligned(60, NOW).start < 0);
    }
}
