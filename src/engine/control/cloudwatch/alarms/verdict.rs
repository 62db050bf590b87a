//! The state of an alarm, from the points that it looks at.
//!
//! Facts: `spec/cloudwatch-metrics.md` §2, page "Configuring how CloudWatch alarms treat missing data" of the CloudWatch guide. The sentences
//! other than that of a crossed threshold are unverified.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::definition::{Treatment, Watch};

/// Periods beyond the alarm's own that are looked at when some are missing; AWS's number varies.
pub(super) const FURTHER: usize = 2;

/// A state with its reason.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Verdict {
    pub(super) state: &'static str,
    pub(super) reason: String,
    /// The points that decided.
    pub(super) evaluated: Vec<Point>,
}

/// The value of a period, which begins then; nothing where there are no data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    pub(super) at: i64,
    pub(super) value: Option<f64>,
}

/// What the points, oldest first, make of an alarm; nothing if it stays as it is.
pub(super) fn judge(watch: &Watch, points: &[Point]) -> Option<Verdict> {
    let real: Vec<Point> = points
        .iter()
        .filter(|p| p.value.is_some())
        .copied()
        .collect();
    // The newest that there are, as many as the alarm looks at.
    let real = &real[real.len().saturating_sub(watch.periods)..];
    let absent = watch.periods - real.len();
    let breaches = |p: &&Point| {
        p.value
            .is_some_and(|v| watch.comparison.breaches(v, watch.threshold))
    };
    let breaching = real.iter().filter(breaches).count();
    let fine = real.len() - breaching;
    let (alarm, of_missing) = match watch.missing {
        Treatment::Breaching => (breaching + absent >= watch.to_alarm, "Breaching"),
        Treatment::NotBreaching => (breaching >= watch.to_alarm, "NonBreaching"),
        Treatment::Missing if real.is_empty() => {
            let many = watch.periods != 1;
            return Some(Verdict {
                state: "INSUFFICIENT_DATA",
                reason: format!(
                    "Insufficient Data: {} datapoint{} unknown.",
                    watch.periods,
                    if many { "s were" } else { " was" }
                ),
                evaluated: Vec::new(),
            });
        }
        // Nothing speaks against it.
        Treatment::Missing => (breaching >= watch.to_alarm || fine == 0, ""),
        Treatment::Ignore => {
            if breaching < watch.to_alarm && fine == 0 {
                return None;
            }
            (breaching >= watch.to_alarm, "")
        }
    };
    Some(Verdict {
        state: if alarm { "ALARM" } else { "OK" },
        reason: reason(watch, real, absent, alarm, breaching, of_missing),
        evaluated: real.to_vec(),
    })
}

fn reason(
    watch: &Watch,
    real: &[Point],
    absent: usize,
    alarm: bool,
    breaching: usize,
    of_missing: &str,
) -> String {
    let treated = (absent > 0 && !of_missing.is_empty()).then(|| {
        let (s, were) = plural(absent);
        format!("{absent} missing datapoint{s} {were} treated as [{of_missing}]")
    });
    if real.is_empty() {
        let (s, _) = plural(watch.periods);
        return format!(
            "Threshold Crossed: no datapoints were received for {} period{s} and {}.",
            watch.periods,
            treated.unwrap_or_default()
        );
    }
    let told: Vec<&Point> = (real.iter().rev())
        .filter(|p| {
            let breaches = p
                .value
                .is_some_and(|v| watch.comparison.breaches(v, watch.threshold));
            breaches == alarm
        })
        .collect();
    let list: Vec<String> = told
        .iter()
        .map(|p| format!("{:?} ({})", p.value.unwrap_or_default(), date(p.at)))
        .collect();
    let count = if alarm { breaching } else { told.len() };
    let (_, were) = plural(count);
    let (least, change) = if alarm {
        (watch.to_alarm, "OK -> ALARM")
    } else {
        (watch.periods - watch.to_alarm + 1, "ALARM -> OK")
    };
    let (s, _) = plural(least);
    let not = if alarm { "" } else { "not " };
    let treated = treated.map_or_else(String::new, |treated| format!(" and {treated}"));
    format!(
        "Threshold Crossed: {count} out of the last {} datapoints [{}] {were} {not}{} the threshold ({:?}){treated} (minimum {least} \
         datapoint{s} for {change} transition).",
        watch.periods,
        list.join(", "),
        watch.comparison.words(),
        watch.threshold,
    )
}

fn plural(count: usize) -> (&'static str, &'static str) {
    if count == 1 {
        ("", "was")
    } else {
        ("s", "were")
    }
}

fn date(at: i64) -> String {
    let at = Timestamp::from_second(at).unwrap_or_default();
    at.strftime("%d/%m/%y %H:%M:%S").to_string()
}

/// `StateReasonData`.
pub(super) fn reason_data(watch: &Watch, verdict: &Verdict, now: i64) -> Value {
    let moment = |at: i64| {
        let at = Timestamp::from_second(at).unwrap_or_default();
        at.strftime("%Y-%m-%dT%H:%M:%S.000+0000").to_string()
    };
    let mut data = json!({"version": "1.0", "queryDate": moment(now)});
    if let Some(first) = verdict.evaluated.first() {
        data["startDate"] = json!(moment(first.at));
    }
    if let Some(statistic) = &watch.statistic {
        data["statistic"] = json!(statistic);
    }
    if let Some(unit) = &watch.unit {
        data["unit"] = json!(unit);
    }
    data["period"] = json!(watch.period);
    let values: Vec<f64> = verdict.evaluated.iter().filter_map(|p| p.value).collect();
    data["recentDatapoints"] = json!(values);
    data["threshold"] = json!(watch.threshold);
    let newest_first = verdict.evaluated.iter().rev();
    let points: Vec<Value> = newest_first
        .map(|p| json!({"timestamp": moment(p.at), "value": p.value}))
        .collect();
    data["evaluatedDatapoints"] = json!(points);
    data
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watch(periods: usize, to_alarm: usize, missing: &str) -> Watch {
        let settings = json!({
            "MetricName": "Count", "Namespace": "N", "Statistic": "Sum", "Period": 60, "Threshold": 1.0,
            "ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": periods,
            "DatapointsToAlarm": to_alarm, "TreatMissingData": missing,
        });
        Watch::of(settings.as_object().unwrap()).unwrap()
    }

    /// `0` is fine, `X` breaches, `-` is missing; oldest first.
    fn points(text: &str) -> Vec<Point> {
        let value = |c| match c {
            '0' => Some(0.0),
            'X' => Some(5.0),
            _ => None,
        };
        (0..)
            .zip(text.chars())
            .map(|(n, c)| Point {
                at: n * 60,
                value: value(c),
            })
            .collect()
    }

    /// The tables of the page.
    #[test]
    fn missing_points_are_treated_as_asked() {
        const KEPT: &str = "kept";
        const NONE: &str = "INSUFFICIENT_DATA";
        for (periods, to_alarm, text, expected) in [
            (3, 3, "0-X-X", ["OK"; 4]),
            (3, 3, "----0", ["OK"; 4]),
            (3, 3, "-----", [NONE, KEPT, "ALARM", "OK"]),
            (3, 3, "0XX-X", ["ALARM"; 4]),
            (3, 3, "--X--", ["ALARM", KEPT, "ALARM", "OK"]),
            (3, 2, "0-X-X", ["ALARM"; 4]),
            (3, 2, "00X0X", ["ALARM"; 4]),
            (3, 2, "0-X--", ["OK", "OK", "ALARM", "OK"]),
            (3, 2, "----0", ["OK", "OK", "ALARM", "OK"]),
            (3, 2, "----X", ["ALARM", KEPT, "ALARM", "OK"]),
            (1, 1, "XX0", ["OK"; 4]),
            (1, 1, "00X", ["ALARM"; 4]),
        ] {
            for (missing, expected) in ["missing", "ignore", "breaching", "notBreaching"]
                .into_iter()
                .zip(expected)
            {
                let verdict = judge(&watch(periods, to_alarm, missing), &points(text));
                let state = verdict.map_or(KEPT, |v| v.state);
                assert_eq!(state, expected, "{to_alarm} of {periods}: {text} {missing}");
            }
        }
    }

    #[test]
    fn reasons_are_sentences() {
        let reason = |periods, to_alarm, missing, text| {
            judge(&watch(periods, to_alarm, missing), &points(text))
                .unwrap()
                .reason
        };
        assert_eq!(
            reason(1, 1, "missing", "X"),
            "Threshold Crossed: 1 out of the last 1 datapoints [5.0 (01/01/70 00:00:00)] was greater than the threshold (1.0) (minimum 1 \
             datapoint for OK -> ALARM transition)."
        );
        assert_eq!(
            reason(3, 2, "missing", "X0X"),
            "Threshold Crossed: 2 out of the last 3 datapoints [5.0 (01/01/70 00:02:00), 5.0 (01/01/70 00:00:00)] were greater than the \
             threshold (1.0) (minimum 2 datapoints for OK -> ALARM transition)."
        );
        assert_eq!(
            reason(3, 2, "missing", "000"),
            "Threshold Crossed: 3 out of the last 3 datapoints [0.0 (01/01/70 00:02:00), 0.0 (01/01/70 00:01:00), 0.0 (01/01/70 00:00:00)] \
             were not greater than the threshold (1.0) (minimum 2 datapoints for ALARM -> OK transition)."
        );
        assert_eq!(
            reason(2, 1, "missing", "--"),
            "Insufficient Data: 2 datapoints were unknown."
        );
        assert_eq!(
            reason(1, 1, "breaching", "-"),
            "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [Breaching]."
        );
    }
}
