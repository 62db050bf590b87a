//! Labels of results. Facts: `spec/cloudwatch-metrics.md` §2.

use super::metric::Metric;

/// What a label may speak of.
pub(super) struct Labelled<'a> {
    /// Nothing for what was computed.
    pub(super) metric: Option<&'a Metric>,
    pub(super) statistic: Option<&'a str>,
    pub(super) period: i64,
    pub(super) region: &'a str,
    /// The label that it would have without one of its own.
    pub(super) default: &'a str,
    /// By time, oldest first.
    pub(super) values: &'a [f64],
}

impl Labelled<'_> {
    /// The given label with its dynamic parts, `${AVG}` or `${PROP('Dim.Stage')}`, filled in. Parts that aren't known stay as they are.
    pub(super) fn fill(&self, label: &str) -> String {
        let mut out = String::with_capacity(label.len());
        let mut rest = label;
        while let Some((before, after)) = rest.split_once("${") {
            out.push_str(before);
            let Some((name, behind)) = after.split_once('}') else {
                out.push_str("${");
                rest = after;
                continue;
            };
            match self.part(name.trim()) {
                Some(text) => out.push_str(&text),
                None => out.extend(["${", name, "}"]),
            }
            rest = behind;
        }
        out.push_str(rest);
        out
    }

    fn part(&self, name: &str) -> Option<String> {
        let property = name
            .strip_prefix("PROP('")
            .and_then(|rest| rest.strip_suffix("')"));
        if let Some(property) = property {
            return self.property(property);
        }
        let number = |value: Option<f64>| Some(value.map_or_else(|| "-".to_owned(), short));
        let count = f64::from(u32::try_from(self.values.len()).unwrap_or(u32::MAX));
        let sum: f64 = self.values.iter().sum();
        match name {
            "LABEL" => Some(self.default.to_owned()),
            "AVG" => number((count > 0.0).then(|| sum / count)),
            "SUM" => number((count > 0.0).then_some(sum)),
            "MIN" => number(self.values.iter().copied().reduce(f64::min)),
            "MAX" => number(self.values.iter().copied().reduce(f64::max)),
            "FIRST" => number(self.values.first().copied()),
            "LAST" => number(self.values.last().copied()),
            "DATAPOINT_COUNT" => Some(self.values.len().to_string()),
            "PERIOD" => Some(self.period.to_string()),
            _ => None,
        }
    }

    fn property(&self, name: &str) -> Option<String> {
        if let Some(dimension) = name.strip_prefix("Dim.") {
            return self.metric?.dimension(dimension).map(str::to_owned);
        }
        match name {
            "MetricName" => Some(self.metric?.name.clone()),
            "Namespace" => Some(self.metric?.namespace.clone()),
            "Period" => Some(self.period.to_string()),
            "Region" => Some(self.region.to_owned()),
            "Stat" => self.statistic.map(str::to_owned),
            _ => None,
        }
    }
}

/// A number as a legend shows it: three decimals at most.
fn short(value: f64) -> String {
    let text = format!("{value:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dynamic_parts_are_filled_in() {
        let metric = Metric {
            namespace: "AWS/ApiGateway".into(),
            name: "Latency".into(),
            dimensions: vec![("ApiName".into(), "pets".into())],
        };
        let labelled = Labelled {
            metric: Some(&metric),
            statistic: Some("p99"),
            period: 60,
            region: "eu-west-1",
            default: "Latency",
            values: &[1.0, 2.0, 4.0],
        };
        for (label, filled) in [
            ("plain", "plain"),
            ("${LABEL} ${PROP('Stat')}", "Latency p99"),
            ("[${AVG} ${MIN}..${MAX}]", "[2.333 1..4]"),
            ("${PERIOD}", "60"),
            ("${FIRST} ${LAST} ${SUM} ${DATAPOINT_COUNT}", "1 4 7 3"),
            (
                "${PROP('Dim.ApiName')}/${PROP('MetricName')}",
                "pets/Latency",
            ),
            ("${PROP('Dim.None')} ${WHAT}", "${PROP('Dim.None')} ${WHAT}"),
            ("${AVG", "${AVG"),
            ("$ {} ${ AVG }", "$ {} 2.333"),
        ] {
            assert_eq!(labelled.fill(label), filled);
        }
    }
}
