//! The part of the tests' world that moves: plans, keys, usage, figures and metrics.

use super::{DAY, ago, map, text};
use crate::aws::reply::{Figures, MethodFigures, PeriodFigures, StageFigures, Times};
use crate::aws::{Line, Metric, Metrics, MetricsQuery, Query, Reply, Stat, Usage};
use crate::console::ui::testing::now;
use crate::model::{
    ApiKey, ApiStage, QuotaPeriod, QuotaSettings, ThrottleSettings, UsagePlan, UsagePlanKey,
};

pub(super) fn answer(query: &Query) -> Option<Reply> {
    Some(match query {
        Query::UsagePlans => Reply::UsagePlans(plans()),
        Query::ApiKeys => Reply::ApiKeys(keys()),
        Query::UsagePlanKeys { plan } => Reply::UsagePlanKeys(members(plan)),
        Query::Usage { plan, start, end } => Reply::Usage(usage(plan, start, end)),
        Query::Figures { span, period, .. } => Reply::Figures(Ok(figures(*span, *period))),
        Query::Metrics(query) => Reply::Metrics(metrics(query)),
        _ => return None,
    })
}

fn plans() -> Vec<UsagePlan> {
    let plan = |id: &str, name: &str, stages: &[&str]| UsagePlan {
        id: id.to_owned(),
        name: name.to_owned(),
        api_stages: stages
            .iter()
            .map(|stage| ApiStage {
                api_id: "7k2m9x4q1z".to_owned(),
                stage: (*stage).to_owned(),
                throttle: None,
            })
            .collect(),
        ..UsagePlan::default()
    };
    let throttle = |rate_limit, burst_limit| {
        Some(ThrottleSettings {
            burst_limit,
            rate_limit,
        })
    };
    let quota = |limit, period| {
        Some(QuotaSettings {
            limit,
            offset: 0,
            period,
        })
    };
    vec![
        UsagePlan {
            throttle: throttle(100.0, 200),
            quota: quota(1_000_000, QuotaPeriod::Month),
            description: text("Paying customers"),
            ..plan("gold01", "gold", &["prod"])
        },
        UsagePlan {
            throttle: throttle(5.0, 10),
            quota: quota(1_000, QuotaPeriod::Day),
            ..plan("free01", "free", &["test", "prod"])
        },
        UsagePlan {
            throttle: throttle(0.0, 0),
            ..plan("old001", "partners-of-2019", &[])
        },
    ]
}

fn keys() -> Vec<ApiKey> {
    let key = |id: &str, name: &str, enabled: bool| ApiKey {
        id: id.to_owned(),
        name: text(name),
        enabled,
        created_date: ago(40 * DAY),
        ..ApiKey::default()
    };
    vec![
        key("a1b2c3d4e5", "acme-prod", true),
        key("77aa77aa02", "zoo", true),
        key("b0b0b0b0c3", "old-mobile", false),
        key("12e712e712", "trial", true),
        key("5d5d5d5daa", "ci", true),
    ]
}

fn members(plan: &str) -> Vec<UsagePlanKey> {
    let ids: &[&str] = match plan {
        "gold01" => &["a1b2c3d4e5", "77aa77aa02", "b0b0b0b0c3"],
        "free01" => &["12e712e712"],
        _ => &[],
    };
    let members = keys()
        .into_iter()
        .filter(|key| ids.contains(&key.id.as_str()));
    members
        .map(|key| UsagePlanKey {
            id: key.id,
            key_type: "API_KEY".to_owned(),
            value: None,
            name: key.name,
        })
        .collect()
}

fn usage(plan: &str, start: &str, end: &str) -> Usage {
    let keys = match plan {
        "gold01" => map([
            ("a1b2c3d4e5", vec![(31_204, 290_000)]),
            ("77aa77aa02", vec![(12_900, 0)]),
        ]),
        _ => map([("12e712e712", vec![(223, 777)])]),
    };
    Usage {
        start: start.to_owned(),
        end: end.to_owned(),
        keys,
    }
}

fn times(p50: f64, p99: f64) -> Times {
    Times {
        average: p50,
        minimum: 1.0,
        p50,
        p90: f64::midpoint(p50, p99),
        p99,
        maximum: p99 * 1.1,
    }
}

/// A busy base and a canary that fails more often; every fourth period of the canary is empty.
fn figures(span: u32, period: u32) -> StageFigures {
    let count = span / period;
    let step = i64::from(period);
    let start = now().as_second().div_euclid(step) * step - step * i64::from(count);
    let side = |requests: f64, of: u32, failing: u32, gap: u32, p50: f64, p99: f64| {
        (0..count)
            .filter(|i| count == 1 || i % 4 != gap)
            .map(|i| PeriodFigures {
                time: start + step * i64::from(i),
                figures: Figures {
                    requests: requests * f64::from(of) + f64::from(i % 5),
                    client_errors: f64::from(u32::from(i % 3 == 0)),
                    server_errors: f64::from(u32::from(i % failing == 0)),
                    latency: Some(times(p50, p99)),
                    integration_latency: Some(times(p50 * 0.8, p99 * 0.9)),
                },
            })
            .collect()
    };
    let method = |verb: &str, resource: &str, requests: f64, canary: bool| MethodFigures {
        resource: resource.to_owned(),
        verb: verb.to_owned(),
        base: Some(Figures {
            requests,
            client_errors: requests / 50.0,
            server_errors: 2.0,
            latency: Some(times(31.0, 120.0)),
            integration_latency: None,
        }),
        canary: canary.then(|| Figures {
            requests: requests / 20.0,
            client_errors: 1.0,
            server_errors: 3.0,
            latency: Some(times(36.0, 390.0)),
            integration_latency: None,
        }),
    };
    StageFigures {
        base: side(50.0, 5, 9, 9, 38.0, 212.0),
        canary: side(13.0, 1, 4, 3, 41.0, 390.0),
        methods: vec![
            method("GET", "/", 12.0, false),
            method("GET", "/pets", 214.0, true),
            method("POST", "/pets", 88.0, true),
            method("DELETE", "/pets/{petId}", 3.0, false),
        ],
    }
}

fn metrics(query: &MetricsQuery) -> Metrics {
    let step = i64::from(query.period);
    let end = now().as_second().div_euclid(step) * step;
    let start = end - i64::from(query.span);
    let count = query.span / query.period;
    let lines = query.series.iter().map(|series| {
        let canary = series
            .stage
            .as_deref()
            .is_some_and(|s| s.ends_with("/Canary"));
        let (base, wave) = match (series.metric, series.stat) {
            (Metric::Count, _) => (400.0, 120.0),
            (Metric::Error4xx, _) => (5.0, 2.0),
            (Metric::Error5xx, _) => (1.0, 1.0),
            (Metric::CacheHit, _) => (70.0, 20.0),
            (Metric::CacheMiss, _) => (30.0, 10.0),
            (Metric::Latency, Stat::P50) => (38.0, 4.0),
            (Metric::Latency, _) => (220.0, 60.0),
            (Metric::IntegrationLatency, _) => (190.0, 50.0),
        };
        let by = if canary { 0.05 } else { 1.0 };
        let value = |i: u32| (by * (base + wave * f64::from(i % 7) / 7.0)).round();
        Line {
            points: (0..count)
                .filter(|i| i % 11 != 10)
                .map(|i| (start + step * i64::from(i), value(i)))
                .collect(),
            note: None,
        }
    });
    Metrics {
        start,
        end,
        period: query.period,
        lines: lines.collect(),
    }
}
