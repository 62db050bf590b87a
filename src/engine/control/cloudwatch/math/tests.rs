//! Tables of expressions over a few series.

use super::*;
use crate::engine::control::cloudwatch::statistic::Statistic;

/// Three minutes of each series; a point that is `NaN` isn't there.
const TIMES: [i64; 3] = [600, 660, 720];

struct Fixed(Vec<(&'static str, [f64; 3])>);

const GAP: f64 = f64::NAN;

fn fixed() -> Fixed {
    Fixed(vec![
        ("m1", [1.0, 2.0, 4.0]),
        ("m2", [10.0, GAP, 30.0]),
        ("merr", [0.0, 1.0, GAP]),
        ("none", [GAP, GAP, GAP]),
    ])
}

fn series(id: &str, values: [f64; 3]) -> Series {
    let points = TIMES.into_iter().zip(values).filter(|(_, v)| !v.is_nan());
    Series {
        points: points.collect(),
        period: 60,
        origin: Some(Origin {
            id: Some(id.to_owned()),
            metric: Metric {
                namespace: "N".to_owned(),
                name: id.to_owned(),
                dimensions: Vec::new(),
            },
            statistic: "Sum".to_owned(),
            label: id.to_owned(),
        }),
    }
}

impl Scope for Fixed {
    fn query(&mut self, id: &str) -> Result<Value, String> {
        let found = self.0.iter().find(|(its, _)| *its == id);
        let (id, values) = found.ok_or_else(|| format!("there is no query {id}"))?;
        Ok(Value::Series(series(id, *values)))
    }

    fn metrics(&mut self) -> Result<Vec<Series>, String> {
        Ok(self
            .0
            .iter()
            .map(|(id, values)| series(id, *values))
            .collect())
    }

    fn search(&mut self, search: &search::Search) -> Result<Vec<Series>, String> {
        assert_eq!(
            (search.statistic, search.period),
            (Statistic::Sum, Some(60))
        );
        let all = self.metrics()?.into_iter();
        Ok(all
            .filter(|s| s.origin.as_ref().is_some_and(|o| search.finds(&o.metric)))
            .collect())
    }

    fn times(&self, period: i64) -> Result<Vec<i64>, String> {
        assert_eq!(period, 60);
        Ok(TIMES.to_vec())
    }

    fn period(&self) -> i64 {
        60
    }
}

fn evaluated(text: &str) -> Result<Value, String> {
    Expression::parse(text)?.evaluate(&mut fixed())
}

fn shown(series: &Series) -> Vec<f64> {
    let value = |at: &i64| series.points.get(at).copied().unwrap_or(GAP);
    TIMES.iter().map(value).collect()
}

fn same(a: &[f64], b: &[f64]) -> bool {
    let near = |(a, b): (&f64, &f64)| (a.is_nan() && b.is_nan()) || (a - b).abs() < 1e-9;
    a.len() == b.len() && a.iter().zip(b).all(near)
}

#[test]
fn series_are_computed_point_by_point() {
    for (text, expected) in [
        ("m1", [1.0, 2.0, 4.0]),
        ("m1 + 1", [2.0, 3.0, 5.0]),
        ("-m1", [-1.0, -2.0, -4.0]),
        ("2 ^ m1", [2.0, 4.0, 16.0]),
        // What isn't there counts as 0, and dividing by it gives nothing.
        ("m1 + m2", [11.0, 2.0, 34.0]),
        ("m1 - m2", [-9.0, 2.0, -26.0]),
        ("m1 / m2", [0.1, GAP, 4.0 / 30.0]),
        ("m2 / m1", [10.0, 0.0, 7.5]),
        ("m1 / 0", [GAP, GAP, GAP]),
        ("100 * merr / m1", [0.0, 50.0, 0.0]),
        ("m1 > 1", [0.0, 1.0, 1.0]),
        ("m1 >= m2", [0.0, 1.0, 0.0]),
        ("m1 == 2", [0.0, 1.0, 0.0]),
        ("m1 != 2", [1.0, 0.0, 1.0]),
        ("m1 > 1 AND m2 > 1", [0.0, 0.0, 1.0]),
        ("m1 > 3 || merr", [0.0, 1.0, 1.0]),
        ("ABS(0 - m1)", [1.0, 2.0, 4.0]),
        ("CEIL(m1 / 4)", [1.0, 1.0, 1.0]),
        ("FLOOR(m1 / 4)", [0.0, 0.0, 1.0]),
        ("LOG10(m2)", [1.0, GAP, 30.0_f64.log10()]),
        ("LOG(m1)", [0.0, 2.0_f64.ln(), 4.0_f64.ln()]),
        ("LOG(merr)", [GAP, 0.0, GAP]),
        ("m1 / PERIOD(m1)", [1.0 / 60.0, 2.0 / 60.0, 4.0 / 60.0]),
        ("DIFF(m1)", [GAP, 1.0, 2.0]),
        ("DIFF(m2)", [GAP, GAP, 20.0]),
        ("DIFF_TIME(m2)", [GAP, GAP, 120.0]),
        ("RATE(m2)", [GAP, GAP, 20.0 / 120.0]),
        ("RUNNING_SUM(m1)", [1.0, 3.0, 7.0]),
        ("FILL(m2, 0)", [10.0, 0.0, 30.0]),
        ("FILL(m2, REPEAT)", [10.0, 10.0, 30.0]),
        ("FILL(m2, LINEAR)", [10.0, 20.0, 30.0]),
        ("FILL(m2, m1)", [10.0, 2.0, 30.0]),
        ("FILL(merr, LINEAR)", [0.0, 1.0, GAP]),
        ("FILL(none, 5)", [5.0, 5.0, 5.0]),
        ("FILL(none, REPEAT)", [GAP, GAP, GAP]),
        ("IF(m1 > 1, m1)", [GAP, 2.0, 4.0]),
        ("IF(m1 > 1, m2, 7)", [7.0, 0.0, 30.0]),
        ("IF(m1 < 2, 7, m2)", [7.0, GAP, 30.0]),
        ("IF(1, m1, m2)", [1.0, 2.0, 4.0]),
        ("m1 / SUM(m1)", [1.0 / 7.0, 2.0 / 7.0, 4.0 / 7.0]),
        ("m1 - AVG(m2)", [-19.0, -18.0, -16.0]),
        ("m1 * MAX(m1) - MIN(m1)", [3.0, 7.0, 15.0]),
        ("m1 + DATAPOINT_COUNT(m2)", [3.0, 4.0, 6.0]),
        ("m2 + STDDEV(m2)", [20.0, GAP, 40.0]),
        ("m1 + SUM(none)", [1.0, 2.0, 4.0]),
        ("m1 + AVG(none)", [GAP, GAP, GAP]),
        ("SUM([m1, m2])", [11.0, 2.0, 34.0]),
        ("AVG([m1, m2])", [5.5, 2.0, 17.0]),
        ("MAX(METRICS())", [10.0, 2.0, 30.0]),
        ("MIN(METRICS('m'))", [0.0, 1.0, 4.0]),
        ("SUM(METRICS(\"err\"))", [0.0, 1.0, GAP]),
        ("STDDEV([m1, m2])", [4.5, 0.0, 13.0]),
        ("DATAPOINT_COUNT([m1, m2, none])", [2.0, 1.0, 2.0]),
        ("FIRST([m2, m1])", [10.0, GAP, 30.0]),
        ("LAST([m2, m1])", [1.0, 2.0, 4.0]),
        ("m1 + METRIC_COUNT(METRICS())", [5.0, 6.0, 8.0]),
        (
            "m1 + METRIC_COUNT(REMOVE_EMPTY(METRICS()))",
            [4.0, 5.0, 7.0],
        ),
        ("TIME_SERIES(3)", [3.0, 3.0, 3.0]),
        ("TIME_SERIES(AVG(m1) > 2)", [1.0, 1.0, 1.0]),
        ("EPOCH(m1)", [600.0, 660.0, 720.0]),
        ("MINUTE(m2)", [10.0, GAP, 12.0]),
        ("YEAR(m1) + HOUR(m1)", [1970.0, 1970.0, 1970.0]),
        ("FIRST(SORT([m1, m2], MAX, DESC))", [10.0, GAP, 30.0]),
        ("FIRST(SORT([m2, m1, none], SUM, ASC))", [1.0, 2.0, 4.0]),
        ("SUM(SLICE([m1, m2, merr], 1))", [10.0, 1.0, 30.0]),
        ("SUM(SLICE([m1, m2, merr], 0, 2))", [11.0, 2.0, 34.0]),
        ("SUM(SEARCH('m', 'Sum', 60))", [11.0, 2.0, 34.0]),
        (
            "SUM(SEARCH('MetricName=\"m1\" OR MetricName=\"m2\"', 'Sum', 60))",
            [11.0, 2.0, 34.0],
        ),
    ] {
        let value = evaluated(text).expect(text);
        let Value::Series(series) = value else {
            panic!("{text}: {value:?}")
        };
        assert!(same(&shown(&series), &expected), "{text}: {series:?}");
    }
}

#[test]
fn arrays_stay_arrays_and_keep_their_labels() {
    for (text, labels) in [
        ("METRICS()", vec!["m1", "m2", "merr", "none"]),
        ("METRICS('m') * 2", vec!["m1", "m2", "merr"]),
        ("m1 + METRICS('m')", vec!["m1", "m2", "merr"]),
        ("REMOVE_EMPTY(METRICS())", vec!["m1", "m2", "merr"]),
        (
            "SORT(METRICS(), MAX, DESC)",
            vec!["m2", "m1", "merr", "none"],
        ),
        ("SORT(METRICS(), MAX, ASC, 2)", vec!["merr", "m1"]),
        (
            "SLICE(SORT(METRICS(), AVG, DESC), 1, 3)",
            vec!["m1", "merr"],
        ),
        ("RATE(FILL(METRICS('m'), 0))", vec!["m1", "m2", "merr"]),
        ("SEARCH('MetricName=\"m1\"', 'Sum', 60)", vec!["m1"]),
    ] {
        let value = evaluated(text).expect(text);
        let Value::Array(all) = value else {
            panic!("{text}: {value:?}")
        };
        let origins = all.into_iter().map(|series| series.origin.unwrap().label);
        assert_eq!(origins.collect::<Vec<String>>(), labels, "{text}");
    }
}

#[test]
fn what_has_no_value_is_told_why() {
    for (text, why) in [
        ("m9", "no query m9"),
        ("'text'", "the text 'text'"),
        ("REPEAT", "REPEAT is no id"),
        ("[m1, 2]", "2 is no time series"),
        ("[m1] + [m2]", "between two arrays"),
        ("NOPE(m1)", "no function NOPE"),
        ("SUM()", "SUM takes 1 arguments, not 0"),
        ("IF(m1)", "IF takes 2 to 3 arguments"),
        ("RATE(5)", "RATE takes time series"),
        ("FILL(5, 0)", "FILL takes time series"),
        ("FILL(m1, [m2])", "FILL takes a number"),
        ("FIRST(m1)", "FIRST takes an array"),
        ("FIRST(REMOVE_EMPTY([none]))", "empty array"),
        ("SORT([m1], MAX, UP)", "ASC or DESC, not UP"),
        ("SORT([m1], LOG, ASC)", "not LOG"),
        ("SORT([m1], 'MAX', ASC)", "a function and ASC"),
        ("SLICE([m1], -1)", "numbers from 0"),
        ("PERIOD(m1 + 1)", "a metric of the call"),
        ("TIME_SERIES(m1)", "takes a number"),
        ("METRICS(5)", "as a text"),
        ("IF(m1, [m2], 1)", "no arrays"),
        ("IF(0, m1)", "nothing to give"),
        ("SEARCH('a', 5)", "both as texts"),
        ("SEARCH('a', 'Sum', 45)", "not 45"),
        ("SEARCH('a', 'nope', 60)", "no statistic"),
        (
            "ANOMALY_DETECTION_BAND(m1, 2)",
            "Sluice can't evaluate ANOMALY_DETECTION_BAND yet",
        ),
        ("SELECT AVG(x) FROM y", "Metrics Insights"),
    ] {
        let error = evaluated(text).unwrap_err();
        assert!(error.contains(why), "{text}: {error}");
    }
}

#[test]
fn an_expression_says_what_it_is_made_of() {
    let expression = Expression::parse("m1 + SUM([m2, e1]) + SEARCH('x', 'Sum', 300)").unwrap();
    let ids: Vec<String> = expression.ids().into_iter().collect();
    assert_eq!(ids, ["e1", "m1", "m2"]);
    assert_eq!(expression.search_period(), Some(300));
    assert!(expression.calls("SEARCH") && !expression.calls("METRICS"));
}
