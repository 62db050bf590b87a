//! Metrics by namespace, name and dimensions, and where their values come from.

use std::cell::Ref;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use serde_json::{Value, json};

use crate::engine::telemetry::distribution::Distribution;
use crate::engine::telemetry::series::Archive;
use crate::engine::telemetry::{Known, Point, Reading, Selection, Side, Window};

/// The namespace of API Gateway's own metrics.
pub(super) const API_GATEWAY: &str = "AWS/ApiGateway";

/// What follows a stage's name in the dimension `Stage` of its canary's metrics (unverified: design, "Canary metrics").
const CANARY: &str = "/Canary";

/// A metric as CloudWatch identifies it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Metric {
    pub(super) namespace: String,
    pub(super) name: String,
    /// By name: their order in a call means nothing.
    pub(super) dimensions: Dimensions,
}

/// Names and values, by name.
pub(super) type Dimensions = Vec<(String, String)>;

/// A series of a metric that a client has put: values of different units are kept apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct CustomKey {
    pub(super) region: String,
    pub(super) metric: Metric,
    pub(super) unit: String,
}

/// The metrics that clients have put.
pub(super) type Custom = Archive<CustomKey, Distribution>;

/// A metric's values by period.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) unit: String,
    /// Values are in parts of the unit: so many make one.
    pub(super) per: f64,
    pub(super) periods: BTreeMap<i64, Distribution>,
}

impl Metric {
    /// The members `Namespace`, `MetricName` and `Dimensions` of a structure.
    pub(super) fn of(members: &Value) -> Self {
        let text = |name: &str| members[name].as_str().unwrap_or_default().to_owned();
        Self {
            namespace: text("Namespace"),
            name: text("MetricName"),
            dimensions: dimensions(&members["Dimensions"]),
        }
    }

    /// The same as a structure.
    pub(super) fn to_value(&self) -> Value {
        let dimensions: Vec<Value> = (self.dimensions.iter())
            .map(|(name, value)| json!({"Name": name, "Value": value}))
            .collect();
        json!({
            "Namespace": self.namespace,
            "MetricName": self.name,
            "Dimensions": dimensions,
        })
    }

    /// The value of a dimension.
    pub(super) fn dimension(&self, name: &str) -> Option<&str> {
        (self.dimensions.iter())
            .find(|(given, _)| given == name)
            .map(|(_, value)| value.as_str())
    }
}

/// A list of `Name` and `Value`, ordered by name.
pub(super) fn dimensions(list: &Value) -> Dimensions {
    let text = |member: &Value| member.as_str().unwrap_or_default().to_owned();
    let mut dimensions: Dimensions = (list.as_array().into_iter().flatten())
        .map(|dimension| (text(&dimension["Name"]), text(&dimension["Value"])))
        .collect();
    dimensions.sort();
    dimensions
}

/// API Gateway's metrics of REST APIs, by name. Source: `spec/cloudwatch-metrics.md` §5.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ApiMetric {
    Count,
    ClientErrors,
    ServerErrors,
    Latency,
    IntegrationLatency,
    CacheHits,
    CacheMisses,
}

impl ApiMetric {
    const ALL: [(&'static str, Self); 7] = [
        ("4XXError", Self::ClientErrors),
        ("5XXError", Self::ServerErrors),
        ("CacheHitCount", Self::CacheHits),
        ("CacheMissCount", Self::CacheMisses),
        ("Count", Self::Count),
        ("IntegrationLatency", Self::IntegrationLatency),
        ("Latency", Self::Latency),
    ];

    fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|(its, _)| *its == name)
            .map(|(_, metric)| metric)
    }

    fn unit(self) -> &'static str {
        match self {
            Self::Latency | Self::IntegrationLatency => "Milliseconds",
            _ => "Count",
        }
    }

    /// Points hold microseconds.
    fn per(self) -> f64 {
        match self {
            Self::Latency | Self::IntegrationLatency => 1000.0,
            _ => 1.0,
        }
    }

    /// The samples: of each request a one, of each request whether it failed, its times.
    fn values(self, point: &Point) -> Distribution {
        match self {
            Self::Count => Distribution::flags(point.requests(), point.requests()),
            Self::ClientErrors => Distribution::flags(point.requests(), point.client_errors()),
            Self::ServerErrors => Distribution::flags(point.requests(), point.server_errors()),
            Self::Latency => point.latency.clone(),
            Self::IntegrationLatency => point.integration.clone(),
            Self::CacheHits => {
                let (hits, misses) = point.cached();
                Distribution::flags(hits + misses, hits)
            }
            Self::CacheMisses => {
                let (hits, misses) = point.cached();
                Distribution::flags(hits + misses, misses)
            }
        }
    }
}

/// The selection that dimensions of `AWS/ApiGateway` name; `None` for a set that the service doesn't have.
fn selection<'a>(region: &'a str, dimensions: &'a Dimensions) -> Option<Selection<'a>> {
    let pairs: Vec<(&str, &str)> = (dimensions.iter())
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let (name, stage, method) = match pairs[..] {
        [("ApiName", name)] => (name, None, None),
        [("ApiName", name), ("Stage", stage)] => (name, Some(stage), None),
        [
            ("ApiName", name),
            ("Method", verb),
            ("Resource", resource),
            ("Stage", stage),
        ] => (name, Some(stage), Some((resource, verb))),
        _ => return None,
    };
    let canary = stage.and_then(|stage| stage.strip_suffix(CANARY));
    Some(Selection {
        region,
        api_name: Some(name),
        stage: canary.or(stage),
        method,
        detailed: method.is_some(),
        side: if canary.is_some() {
            Side::Canary
        } else {
            Side::Whole
        },
        ..Selection::default()
    })
}

/// The metrics that a series of requests takes part in.
fn metrics_of(known: &Known) -> Vec<Metric> {
    let slot = &known.slot;
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let api = pair("ApiName", &slot.api_name);
    let mut stages = vec![slot.stage.clone()];
    if known.canary {
        stages.push(format!("{}{CANARY}", slot.stage));
    }
    let mut sets = vec![vec![api.clone()]];
    for stage in &stages {
        let stage = pair("Stage", stage);
        if let Some(method) = slot.method.as_ref().filter(|_| slot.detailed) {
            let (verb, resource) = (
                pair("Method", &method.verb),
                pair("Resource", &method.resource),
            );
            sets.push(vec![api.clone(), verb, resource, stage.clone()]);
        }
        sets.push(vec![api.clone(), stage]);
    }
    let names = (ApiMetric::ALL.iter())
        .filter(|(_, metric)| match metric {
            ApiMetric::IntegrationLatency => known.integration,
            ApiMetric::CacheHits | ApiMetric::CacheMisses => known.cache,
            _ => true,
        })
        .map(|(name, _)| *name);
    names
        .flat_map(|name| {
            sets.iter().map(|dimensions| Metric {
                namespace: API_GATEWAY.to_owned(),
                name: name.to_owned(),
                dimensions: dimensions.clone(),
            })
        })
        .collect()
}

/// All metrics at one moment.
pub(super) struct Source<'a> {
    region: &'a str,
    reading: Reading<'a>,
    custom: Ref<'a, Custom>,
    /// Several metrics of the same requests are made from the same points.
    points: HashMap<(Dimensions, Window), Rc<BTreeMap<i64, Point>>>,
}

impl<'a> Source<'a> {
    pub(super) fn new(region: &'a str, reading: Reading<'a>, custom: Ref<'a, Custom>) -> Self {
        Self {
            region,
            reading,
            custom,
            points: HashMap::new(),
        }
    }

    /// A metric's values in the window, for each unit that it has; only the given unit if there is one.
    pub(super) fn find(
        &mut self,
        metric: &Metric,
        unit: Option<&str>,
        window: &Window,
    ) -> Vec<Found> {
        let mut found = if metric.namespace == API_GATEWAY {
            self.find_api(metric, window).into_iter().collect()
        } else {
            self.find_custom(metric, window)
        };
        found.retain(|found: &Found| unit.is_none_or(|unit| found.unit == unit));
        found.sort_by(|a, b| a.unit.cmp(&b.unit));
        found
    }

    fn find_api(&mut self, metric: &Metric, window: &Window) -> Option<Found> {
        let which = ApiMetric::parse(&metric.name)?;
        let selection = selection(self.region, &metric.dimensions)?;
        let points = Rc::clone(
            (self.points)
                .entry((metric.dimensions.clone(), *window))
                .or_insert_with(|| Rc::new(self.reading.points(&selection, window))),
        );
        let periods: BTreeMap<i64, Distribution> = (points.iter())
            .map(|(&at, point)| (at, which.values(point)))
            .filter(|(_, values)| !values.is_empty())
            .collect();
        (!periods.is_empty()).then(|| Found {
            unit: which.unit().to_owned(),
            per: which.per(),
            periods,
        })
    }

    fn find_custom(&self, metric: &Metric, window: &Window) -> Vec<Found> {
        let mut all = Vec::new();
        for (key, series) in self.custom.iter() {
            if key.region == self.region && key.metric == *metric {
                let mut periods = BTreeMap::new();
                series.each(window.start, window.end, window.is_fine(), |at, values| {
                    window.merge_into(&mut periods, at, values);
                });
                if !periods.is_empty() {
                    all.push(Found {
                        unit: key.unit.clone(),
                        per: 1.0,
                        periods,
                    });
                }
            }
        }
        all
    }

    /// All metrics with their newest value's time, in order.
    pub(super) fn metrics(&self) -> BTreeMap<Metric, i64> {
        let mut all: BTreeMap<Metric, i64> = BTreeMap::new();
        let api = (self.reading.known(self.region).into_iter()).flat_map(|known| {
            let last = known.last;
            metrics_of(&known)
                .into_iter()
                .map(move |metric| (metric, last))
        });
        let custom = (self.custom.iter())
            .filter(|(key, _)| key.region == self.region)
            .map(|(key, series)| (key.metric.clone(), series.last));
        for (metric, last) in api.chain(custom) {
            let newest = all.entry(metric).or_insert(last);
            *newest = (*newest).max(last);
        }
        all
    }
}
