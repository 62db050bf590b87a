//! What comes back: the model's entities, and plain types for what API Gateway's model doesn't have.

use serde::Deserialize;

use crate::model::difference::Change;
use crate::model::{
    Account, ApiKey, Authorizer, Deployment, GatewayResponse, Map, Model, RequestValidator,
    Resource, RestApi, Stage, UsagePlan, UsagePlanKey,
};

use super::query::Series;

/// The answer to a [`Query`](super::Query), by its kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// To `Identity`.
    Identity(Identity),
    /// To `Account`.
    Account(Account),
    /// To `Apis`, as the service sorts them.
    Apis(Vec<RestApi>),
    /// To `Api`.
    Api(Box<RestApi>),
    /// To `Resources`, sorted by path.
    Resources(Vec<Resource>),
    /// To `Stages`, sorted by name.
    Stages(Vec<Stage>),
    /// To `Deployments`, newest first.
    Deployments(Vec<Deployment>),
    /// To `Deployment`.
    Deployment(Deployment),
    /// To `Models`.
    Models(Vec<Model>),
    /// To `RequestValidators`.
    RequestValidators(Vec<RequestValidator>),
    /// To `Authorizers`.
    Authorizers(Vec<Authorizer>),
    /// To `GatewayResponses`.
    GatewayResponses(Vec<GatewayResponse>),
    /// To `Changes`.
    Changes(Changes),
    /// To `Figures`; the text says why the endpoint can't tell.
    Figures(Result<StageFigures, String>),
    /// To `UsagePlans`.
    UsagePlans(Vec<UsagePlan>),
    /// To `UsagePlanKeys`; values are left out.
    UsagePlanKeys(Vec<UsagePlanKey>),
    /// To `ApiKeys`; values are left out.
    ApiKeys(Vec<ApiKey>),
    /// To `Usage`.
    Usage(Usage),
    /// To `Metrics`.
    Metrics(Metrics),
    /// To `MetricNames`.
    MetricNames(Vec<MetricName>),
}

/// Who we are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// Twelve digits.
    pub account: String,
    /// The caller's ARN.
    pub arn: String,
    /// The role or user in the ARN, for the context line: `Operator` of `…:assumed-role/Operator/jane`.
    pub role: String,
    /// The region that calls go to.
    pub region: String,
}

/// What deploying an API to a stage would change.
#[derive(Clone, Debug, PartialEq)]
pub enum Changes {
    /// The differences between what is saved and what the stage serves; none if there is nothing to deploy.
    Known(Vec<Change>),
    /// The endpoint can't tell, and why.
    CantTell(String),
}

/// What a stage served, base and canary apart. The shape is the gateway's; times are in milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StageFigures {
    /// What the stage's own deployment served, by period; periods without requests are missing.
    pub base: Vec<PeriodFigures>,
    /// What the canary served, by period.
    pub canary: Vec<PeriodFigures>,
    /// The whole span by method. Requests that match no method are not among them.
    pub methods: Vec<MethodFigures>,
}

/// The figures of one period.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct PeriodFigures {
    /// When it begins, in seconds since 1970.
    pub time: i64,
    /// What happened in it.
    #[serde(flatten)]
    pub figures: Figures,
}

/// The figures of one method.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct MethodFigures {
    /// The resource's path.
    pub resource: String,
    /// The verb.
    pub verb: String,
    /// What the stage's own deployment served; absent without requests.
    pub base: Option<Figures>,
    /// What the canary served; absent without requests.
    pub canary: Option<Figures>,
}

/// Counts and times of some requests.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Figures {
    /// How many.
    pub requests: f64,
    /// Answers with a status from 400 to 499.
    pub client_errors: f64,
    /// Answers with a status from 500 to 599.
    pub server_errors: f64,
    /// From request to answer.
    pub latency: Option<Times>,
    /// Of that, in the backend; absent if none was called.
    pub integration_latency: Option<Times>,
}

/// How long something took, in milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Times {
    /// The mean.
    pub average: f64,
    /// The shortest.
    pub minimum: f64,
    /// The median.
    pub p50: f64,
    /// The 90th percentile.
    pub p90: f64,
    /// The 99th percentile.
    pub p99: f64,
    /// The longest.
    pub maximum: f64,
}

/// Requests used and left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// First day, `YYYY-MM-DD`.
    pub start: String,
    /// Last day.
    pub end: String,
    /// Key id → one pair for each day: used, remaining.
    pub keys: Map<Vec<(i64, i64)>>,
}

/// Measurements.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metrics {
    /// Seconds from 1970 to the first period's start.
    pub start: i64,
    /// Seconds from 1970 to the end, exclusive.
    pub end: i64,
    /// Seconds that one point covers, which may be more than was asked for.
    pub period: u32,
    /// One for each series of the query, in its order.
    pub lines: Vec<Line>,
}

/// The points of one series.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line {
    /// Start of the period in seconds since 1970, and the value; ascending. Periods without data are missing, they aren't 0.
    pub points: Vec<(i64, f64)>,
    /// What CloudWatch has to say about this line, for instance that it is only part of the data.
    pub note: Option<String>,
}

impl Metrics {
    /// The line of a series of the query that this answers.
    #[must_use]
    pub fn line(&self, query: &super::MetricsQuery, series: &Series) -> Option<&Line> {
        let at = query.series.iter().position(|s| s == series)?;
        self.lines.get(at)
    }
}

impl Line {
    /// The sum over all points: requests in the span, for a line of sums.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.points.iter().map(|(_, value)| value).sum()
    }

    /// The newest value.
    #[must_use]
    pub fn last(&self) -> Option<f64> {
        self.points.last().map(|(_, value)| *value)
    }

    /// One value for each period of the span, `None` where there is no data: what a chart draws.
    #[must_use]
    pub fn slots(&self, metrics: &Metrics) -> Vec<Option<f64>> {
        let period = i64::from(metrics.period.max(1));
        let count = usize::try_from((metrics.end - metrics.start).max(0) / period).unwrap_or(0);
        let mut slots = vec![None; count];
        for (at, value) in &self.points {
            let slot = usize::try_from((at - metrics.start).div_euclid(period)).ok();
            if let Some(slot) = slot.and_then(|i| slots.get_mut(i)) {
                *slot = Some(*value);
            }
        }
        slots
    }
}

/// A measurement that exists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MetricName {
    /// AWS's name: `Latency`.
    pub metric: String,
    /// Dimension → value.
    pub dimensions: Map<String>,
}

/// What a test invocation answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TestResult {
    /// The HTTP status.
    pub status: u16,
    /// The body as text.
    pub body: String,
    /// The headers, sorted by name, each as often as it was sent.
    pub headers: Vec<(String, String)>,
    /// The execution log.
    pub log: String,
    /// Milliseconds.
    pub latency: u64,
}

/// Text that must not be seen by chance: in logs and debug output it is masked.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Secret(String);

impl Secret {
    /// Wraps a text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_leave_gaps_where_there_is_no_data() {
        let metrics = Metrics {
            start: 120,
            end: 360,
            period: 60,
            lines: Vec::new(),
        };
        let line = Line {
            points: vec![(120, 1.0), (240, 3.0), (360, 9.0), (60, 9.0)],
            note: None,
        };
        assert_eq!(line.slots(&metrics), [Some(1.0), None, Some(3.0), None]);
    }

    #[test]
    fn a_secret_is_masked_where_values_are_printed() {
        assert_eq!(format!("{:?}", Secret::new("abc")), "Secret(…)");
    }
}
