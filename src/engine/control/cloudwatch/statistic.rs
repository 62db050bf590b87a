//! CloudWatch's statistics: their names, and what they are of a set of values.
//!
//! Facts: `spec/cloudwatch-metrics.md` §3 and the page "CloudWatch statistics definitions" of the CloudWatch guide.

use crate::engine::telemetry::distribution::Distribution;

/// A statistic by its name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Statistic {
    SampleCount,
    Sum,
    Average,
    Minimum,
    Maximum,
    /// `p99.9`.
    Percentile(f64),
    /// `tm90`, `TM(10%:90%)`, `IQM`: the mean of the values in the range.
    TrimmedMean(Range),
    /// `wm90`, `WM(10%:90%)`: the mean, with values outside of the range counted as its bounds.
    WinsorizedMean(Range),
    /// `tc90`, `TC(10%:90%)`: how many values are in the range.
    TrimmedCount(Range),
    /// `ts90`, `TS(10%:90%)`: their sum.
    TrimmedSum(Range),
    /// `PR(100:200)`: the share of the values that is in the range, in percent.
    PercentileRank(Range),
}

/// A range of values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Range {
    /// Between two percentiles.
    Percent(f64, f64),
    /// Above the first, up to the second.
    Values(f64, f64),
}

impl Statistic {
    /// The statistic of that name; `None` if there is none.
    pub(super) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "SampleCount" => Self::SampleCount,
            "Sum" => Self::Sum,
            "Average" => Self::Average,
            "Minimum" => Self::Minimum,
            "Maximum" => Self::Maximum,
            "IQM" => Self::TrimmedMean(Range::Percent(25.0, 75.0)),
            _ => return Self::parse_extended(name),
        })
    }

    fn parse_extended(name: &str) -> Option<Self> {
        if let Some(percent) = name.strip_prefix('p') {
            return percentage(percent).map(Self::Percentile);
        }
        let (kind, rest) = name.split_at_checked(2)?;
        let range = match rest
            .strip_prefix('(')
            .and_then(|rest| rest.strip_suffix(')'))
        {
            Some(bounds) => Range::parse(bounds)?,
            // `tm90` is `TM(:90%)`.
            None => Range::Percent(0.0, percentage(rest)?),
        };
        let short = !rest.starts_with('(');
        Some(match (kind, short, range) {
            ("tm", true, _) | ("TM", false, _) => Self::TrimmedMean(range),
            ("wm", true, _) | ("WM", false, _) => Self::WinsorizedMean(range),
            ("tc", true, _) | ("TC", false, _) => Self::TrimmedCount(range),
            ("ts", true, _) | ("TS", false, _) => Self::TrimmedSum(range),
            ("PR", false, Range::Values(..)) => Self::PercentileRank(range),
            _ => return None,
        })
    }

    /// Whether it needs the values one by one, not just their number, sum and extremes.
    pub(super) fn is_extended(self) -> bool {
        !matches!(
            self,
            Self::SampleCount | Self::Sum | Self::Average | Self::Minimum | Self::Maximum
        )
    }

    /// The statistic of these values, which are in parts of the metric's unit: `per` of them make one. `None` if it can't be told.
    pub(super) fn of(self, values: &Distribution, per: f64) -> Option<f64> {
        if values.is_empty() || (self.is_extended() && !values.has_order()) {
            return None;
        }
        let range = |range: Range| match range {
            Range::Percent(low, high) => values.between_percentiles(low, high),
            Range::Values(low, high) => values.between_values(low * per, high * per),
        };
        let told = match self {
            Self::SampleCount => values.count(),
            Self::Sum => values.sum() / per,
            Self::Average => values.sum() / values.count() / per,
            Self::Minimum => values.minimum() / per,
            Self::Maximum => values.maximum() / per,
            Self::Percentile(percent) => values.percentile(percent)? / per,
            Self::TrimmedMean(bounds) => match range(bounds) {
                (count, sum) if count > 0.0 => sum / count / per,
                // The range holds no value: nothing to tell a mean of.
                _ => return None,
            },
            Self::WinsorizedMean(bounds) => winsorized(values, bounds, per)?,
            Self::TrimmedCount(bounds) => range(bounds).0,
            Self::TrimmedSum(bounds) => range(bounds).1 / per,
            Self::PercentileRank(bounds) => range(bounds).0 / values.count() * 100.0,
        };
        Some(told)
    }
}

fn winsorized(values: &Distribution, bounds: Range, per: f64) -> Option<f64> {
    let whole = values.between_percentiles(0.0, 100.0).0;
    let (low, high, below, (count, sum)) = match bounds {
        Range::Percent(low, high) => (
            values.percentile(low)?,
            values.percentile(high)?,
            values.between_percentiles(0.0, low).0,
            values.between_percentiles(low, high),
        ),
        Range::Values(low, high) => {
            let (low, high) = (low * per, high * per);
            let below = values.between_values(f64::NEG_INFINITY, low).0;
            let inside = values.between_values(low, high);
            // A bound that isn't given replaces nothing, but must not make `0 * infinity`.
            let low = low.max(values.minimum());
            (low, high.min(values.maximum().max(low)), below, inside)
        }
    };
    let above = (whole - below - count).max(0.0);
    Some((sum + below * low + above * high) / whole / per)
}

impl Range {
    /// `10%:90%`, `:90%`, `100:`, …
    fn parse(bounds: &str) -> Option<Self> {
        let (low, high) = bounds.split_once(':')?;
        let (low, high) = (low.trim(), high.trim());
        if low.is_empty() && high.is_empty() {
            return None;
        }
        let percent = |text: &str, open: f64| match text.strip_suffix('%') {
            Some(text) => percentage(text),
            None => text.is_empty().then_some(open),
        };
        let value = |text: &str, open: f64| {
            if text.is_empty() {
                Some(open)
            } else {
                number(text)
            }
        };
        let (low, high, percents) = if low.ends_with('%') || high.ends_with('%') {
            (percent(low, 0.0)?, percent(high, 100.0)?, true)
        } else {
            (
                value(low, f64::NEG_INFINITY)?,
                value(high, f64::INFINITY)?,
                false,
            )
        };
        if low >= high {
            return None;
        }
        Some(if percents {
            Self::Percent(low, high)
        } else {
            Self::Values(low, high)
        })
    }
}

/// A number in plain digits.
fn number(text: &str) -> Option<f64> {
    let plain = text.starts_with(|c: char| c.is_ascii_digit() || c == '-')
        && text.ends_with(|c: char| c.is_ascii_digit())
        && text
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, '.' | '-'));
    if plain { text.parse().ok() } else { None }
}

/// A number from 0 to 100.
fn percentage(text: &str) -> Option<f64> {
    number(text).filter(|percent| (0.0..=100.0).contains(percent))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1 to 100, in thousandths of the unit.
    fn values() -> Distribution {
        let mut values = Distribution::default();
        for value in 1..=100 {
            values.add(f64::from(value) * 1000.0, 1);
        }
        values
    }

    #[test]
    fn each_statistic_is_what_its_definition_says() {
        for (name, expected) in [
            ("SampleCount", 100.0),
            ("Sum", 5050.0),
            ("Average", 50.5),
            ("Minimum", 1.0),
            ("Maximum", 100.0),
            ("p0", 1.0),
            ("p50", 50.0),
            ("p99", 99.0),
            ("p99.9", 100.0),
            ("p100", 100.0),
            // The mean of 1 to 90.
            ("tm90", 45.5),
            ("TM(:90%)", 45.5),
            ("TM(10%:90%)", 50.5),
            ("TM(10%:)", 55.5),
            ("IQM", 50.5),
            ("TM(20.5:30.5)", 25.5),
            // 11 to 90, ten times 10, ten times 90.
            ("WM(10%:90%)", 50.4),
            ("wm90", 50.05),
            ("tc90", 90.0),
            ("TC(20.5:30.5)", 10.0),
            ("ts90", 4095.0),
            ("TS(:20.5)", 210.0),
            ("PR(:20.5)", 20.0),
            ("PR(20.5:)", 80.0),
            ("WM(:90.5)", 50.09),
        ] {
            let statistic = Statistic::parse(name).expect(name);
            let told = statistic.of(&values(), 1000.0).expect(name);
            assert!(
                (told / expected - 1.0).abs() < 0.01,
                "{name}: {told}, not {expected}"
            );
        }
    }

    #[test]
    fn what_has_no_meaning_is_refused() {
        for name in [
            "",
            "sum",
            "p",
            "p101",
            "p-1",
            "px",
            "P99",
            "tm",
            "tm101",
            "TM",
            "TM()",
            "TM(:)",
            "TM(90%:10%)",
            "TM(10:90%)",
            "PR(10%:90%)",
            "pr90",
            "XX(1:2)",
            "p1e1",
            "TM(a:b)",
            "\u{e4}",
        ] {
            assert_eq!(Statistic::parse(name), None, "{name}");
        }
    }

    #[test]
    fn a_summary_has_no_order() {
        let summary = Distribution::summary(10.0, 55.0, 1.0, 10.0);
        assert_eq!(
            Statistic::Average.of(&summary, 1.0).map(f64::round),
            Some(6.0)
        );
        assert_eq!(Statistic::Percentile(50.0).of(&summary, 1.0), None);
        assert_eq!(Statistic::Sum.of(&Distribution::default(), 1.0), None);
    }
}
