//! What the console can ask for: the keys of its store.

use std::fmt;
use std::time::Duration;

/// A read. Equal queries have equal answers at one time, so a query is the key under which its answer is kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Query {
    /// Who we are: account, role, region. Answered by [`Reply::Identity`](super::Reply).
    Identity,
    /// Settings of the account and region for API Gateway: throttle, log role.
    Account,
    /// All REST APIs.
    Apis,
    /// One REST API.
    Api {
        /// Its id.
        api: String,
    },
    /// All resources of an API, each with its methods, integrations and responses.
    Resources {
        /// The API's id.
        api: String,
    },
    /// All stages of an API.
    Stages {
        /// The API's id.
        api: String,
    },
    /// All deployments of an API, newest first.
    Deployments {
        /// The API's id.
        api: String,
    },
    /// One deployment with the summary of its methods.
    Deployment {
        /// The API's id.
        api: String,
        /// The deployment's id.
        deployment: String,
    },
    /// All models of an API.
    Models {
        /// The API's id.
        api: String,
    },
    /// All request validators of an API.
    RequestValidators {
        /// The API's id.
        api: String,
    },
    /// All authorizers of an API.
    Authorizers {
        /// The API's id.
        api: String,
    },
    /// All gateway responses of an API, the service's own included.
    GatewayResponses {
        /// The API's id.
        api: String,
    },
    /// What deploying to a stage would change. Only the bundled gateway can tell.
    Changes {
        /// The API's id.
        api: String,
        /// The stage's name.
        stage: String,
    },
    /// What a stage served, base and canary apart, and by method: what CloudWatch's dimensions can't tell. Only the bundled gateway can.
    Figures {
        /// The API's id.
        api: String,
        /// The stage's name.
        stage: String,
        /// Seconds that the span covers; it ends now.
        span: u32,
        /// Seconds that one period covers.
        period: u32,
    },
    /// All usage plans.
    UsagePlans,
    /// The keys of a usage plan, without their values.
    UsagePlanKeys {
        /// The plan's id.
        plan: String,
    },
    /// All API keys, without their values.
    ApiKeys,
    /// Requests used and left, per key and day.
    Usage {
        /// The plan's id.
        plan: String,
        /// First day, `YYYY-MM-DD`, UTC.
        start: String,
        /// Last day, `YYYY-MM-DD`; at most 90 days after the first.
        end: String,
    },
    /// Measurements: everything that is on screen in one call.
    Metrics(MetricsQuery),
    /// Which measurements of an API exist.
    MetricNames {
        /// The API's name (not its id: AWS names the dimension `ApiName`).
        api_name: String,
    },
}

/// Measurements over a span that ends now, or at a given time.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MetricsQuery {
    /// Seconds that the span covers.
    pub span: u32,
    /// Seconds that one point covers. On AWS at least 60; the reply says which was used.
    pub period: u32,
    /// Where the span ends, in seconds since 1970; now if absent.
    pub until: Option<i64>,
    /// The lines to draw, at most 500.
    pub series: Vec<Series>,
}

/// One line: a metric of an API, a stage, a canary or a method, under a statistic.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Series {
    /// What is measured.
    pub metric: Metric,
    /// How a period's samples become one number.
    pub stat: Stat,
    /// The API's name.
    pub api_name: String,
    /// The stage's name; `{stage}/Canary` for its canary. All stages if absent.
    pub stage: Option<String>,
    /// Verb and resource path, `("GET", "/pets/{petId}")`; needs detailed metrics on the stage.
    pub method: Option<(String, String)>,
}

/// What API Gateway measures. Source: `spec/cloudwatch-metrics.md` §5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Metric {
    /// Requests.
    Count,
    /// Answers with a status from 400 to 499.
    Error4xx,
    /// Answers with a status from 500 to 599.
    Error5xx,
    /// Answers from the cache.
    CacheHit,
    /// Requests that the cache couldn't answer.
    CacheMiss,
    /// Milliseconds from request to answer.
    Latency,
    /// Milliseconds of that spent in the backend.
    IntegrationLatency,
}

impl Metric {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Count,
        Self::Error4xx,
        Self::Error5xx,
        Self::CacheHit,
        Self::CacheMiss,
        Self::Latency,
        Self::IntegrationLatency,
    ];

    /// AWS's name: `4XXError`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Count => "Count",
            Self::Error4xx => "4XXError",
            Self::Error5xx => "5XXError",
            Self::CacheHit => "CacheHitCount",
            Self::CacheMiss => "CacheMissCount",
            Self::Latency => "Latency",
            Self::IntegrationLatency => "IntegrationLatency",
        }
    }
}

/// How the samples of a period become one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stat {
    /// Their sum: requests or errors.
    Sum,
    /// Their mean: of errors, the share of requests that failed.
    Average,
    /// How many there were.
    SampleCount,
    /// The smallest.
    Minimum,
    /// The largest.
    Maximum,
    /// A percentile in tenths of a percent: 995 is p99.5.
    Percentile(u16),
}

impl Stat {
    /// The median.
    pub const P50: Self = Self::Percentile(500);
    /// The 99th percentile.
    pub const P99: Self = Self::Percentile(990);

    /// AWS's name: `p99`, `p99.5`.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Sum => "Sum".to_owned(),
            Self::Average => "Average".to_owned(),
            Self::SampleCount => "SampleCount".to_owned(),
            Self::Minimum => "Minimum".to_owned(),
            Self::Maximum => "Maximum".to_owned(),
            Self::Percentile(tenths) if tenths.is_multiple_of(10) => format!("p{}", tenths / 10),
            Self::Percentile(tenths) => format!("p{}.{}", tenths / 10, tenths % 10),
        }
    }
}

impl Series {
    /// The dimensions in the sets that API Gateway publishes: API; API and stage; API, method, resource and stage.
    #[must_use]
    pub fn dimensions(&self) -> Vec<(&'static str, String)> {
        let mut all = vec![("ApiName", self.api_name.clone())];
        if let Some((verb, path)) = &self.method {
            all.push(("Method", verb.clone()));
            all.push(("Resource", path.clone()));
        }
        if let Some(stage) = &self.stage {
            all.push(("Stage", stage.clone()));
        }
        all
    }
}

impl Query {
    /// How long an answer is good enough not to be asked again: the store refreshes what is on screen after it.
    ///
    /// Towards AWS it is longer, because ten calls a second are all that an account has.
    #[must_use]
    pub const fn ttl(&self, local: bool) -> Duration {
        let seconds = match (self, local) {
            (Self::Metrics(_) | Self::Figures { .. }, true) => 1,
            (Self::Changes { .. }, true) => 2,
            (
                Self::Stages { .. } | Self::Resources { .. } | Self::Apis | Self::Usage { .. },
                true,
            ) => 5,
            (Self::Identity, _) => 24 * 3600,
            (Self::Deployment { .. }, _) => 3600,
            (_, true) => 10,
            (Self::Stages { .. }, false) => 30,
            (Self::Account | Self::MetricNames { .. }, false) => 600,
            (Self::Models { .. } | Self::GatewayResponses { .. }, false) => 300,
            (_, false) => 60,
        };
        Duration::from_secs(seconds)
    }

    /// Whether this query's answer being out of date means that the other's is too: itself, and what is derived from it.
    ///
    /// What isn't deployed depends on the definition and on the stages; the usage of a plan on its keys and limits.
    #[must_use]
    pub fn stales(&self, other: &Self) -> bool {
        if self == other {
            return true;
        }
        match (self, other) {
            (
                Self::Resources { .. }
                | Self::Models { .. }
                | Self::RequestValidators { .. }
                | Self::Authorizers { .. }
                | Self::GatewayResponses { .. }
                | Self::Api { .. }
                | Self::Stages { .. },
                Self::Changes { .. },
            ) => self.api() == other.api(),
            (Self::UsagePlanKeys { plan }, Self::Usage { plan: other, .. }) => plan == other,
            (Self::UsagePlans, Self::Usage { .. }) => true,
            _ => false,
        }
    }

    /// The API that the query is about, if it is about one: what becomes stale when that API is deleted.
    #[must_use]
    pub fn api(&self) -> Option<&str> {
        match self {
            Self::Api { api }
            | Self::Resources { api }
            | Self::Stages { api }
            | Self::Deployments { api }
            | Self::Deployment { api, .. }
            | Self::Models { api }
            | Self::RequestValidators { api }
            | Self::Authorizers { api }
            | Self::GatewayResponses { api }
            | Self::Changes { api, .. }
            | Self::Figures { api, .. } => Some(api),
            _ => None,
        }
    }
}

/// What the query is about, for "loading …" and for errors.
impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Identity => f.write_str("account and role"),
            Self::Account => f.write_str("settings of the account"),
            Self::Apis => f.write_str("REST APIs"),
            Self::Api { api } => write!(f, "API {api}"),
            Self::Resources { api } => write!(f, "resources of API {api}"),
            Self::Stages { api } => write!(f, "stages of API {api}"),
            Self::Deployments { api } => write!(f, "deployments of API {api}"),
            Self::Deployment { api, deployment } => {
                write!(f, "deployment {deployment} of API {api}")
            }
            Self::Models { api } => write!(f, "models of API {api}"),
            Self::RequestValidators { api } => write!(f, "request validators of API {api}"),
            Self::Authorizers { api } => write!(f, "authorizers of API {api}"),
            Self::GatewayResponses { api } => write!(f, "gateway responses of API {api}"),
            Self::Changes { api, stage } => {
                write!(f, "changes not deployed to stage {stage} of API {api}")
            }
            Self::Figures { api, stage, .. } => {
                write!(f, "figures of stage {stage} of API {api}")
            }
            Self::UsagePlans => f.write_str("usage plans"),
            Self::UsagePlanKeys { plan } => write!(f, "keys of usage plan {plan}"),
            Self::ApiKeys => f.write_str("API keys"),
            Self::Usage { plan, start, end } => {
                write!(f, "usage of plan {plan} from {start} to {end}")
            }
            Self::Metrics(query) => write!(f, "{} metrics", query.series.len()),
            Self::MetricNames { api_name } => write!(f, "metrics of {api_name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_have_cloudwatchs_names() {
        for (stat, name) in [
            (Stat::Sum, "Sum"),
            (Stat::P50, "p50"),
            (Stat::P99, "p99"),
            (Stat::Percentile(995), "p99.5"),
            (Stat::Percentile(1000), "p100"),
        ] {
            assert_eq!(stat.name(), name);
        }
    }

    #[test]
    fn what_is_derived_is_stale_too() {
        let api = || "a".to_owned();
        let changes = |api: &str| Query::Changes {
            api: api.to_owned(),
            stage: "prod".to_owned(),
        };
        let usage = Query::Usage {
            plan: "p".to_owned(),
            start: String::new(),
            end: String::new(),
        };
        for (stale, other, expected) in [
            (Query::Resources { api: api() }, changes("a"), true),
            (Query::Resources { api: api() }, changes("b"), false),
            (Query::Stages { api: api() }, changes("a"), true),
            (
                Query::Stages { api: api() },
                Query::Resources { api: api() },
                false,
            ),
            (
                Query::UsagePlanKeys {
                    plan: "p".to_owned(),
                },
                usage.clone(),
                true,
            ),
            (
                Query::UsagePlanKeys {
                    plan: "q".to_owned(),
                },
                usage,
                false,
            ),
            (Query::Apis, Query::Apis, true),
        ] {
            assert_eq!(stale.stales(&other), expected, "{stale:?} {other:?}");
        }
    }

    #[test]
    fn dimensions_come_in_the_sets_that_api_gateway_publishes() {
        let mut series = Series {
            metric: Metric::Count,
            stat: Stat::Sum,
            api_name: "PetStore".to_owned(),
            stage: None,
            method: None,
        };
        let names = |s: &Series| s.dimensions().iter().map(|d| d.0).collect::<Vec<_>>();
        assert_eq!(names(&series), ["ApiName"]);
        series.stage = Some("prod/Canary".to_owned());
        assert_eq!(names(&series), ["ApiName", "Stage"]);
        series.method = Some(("GET".to_owned(), "/pets".to_owned()));
        assert_eq!(names(&series), ["ApiName", "Method", "Resource", "Stage"]);
    }
}
