//! What AWS's metrics can't tell and the console wants: each method without detailed metrics, and the base beside its canary.
//!
//! The shapes are the extension's JSON. Times of answers are in milliseconds.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Telemetry;
use super::point::Point;
use super::reading::{Selection, Window};

/// The figures of one stage.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StageFigures {
    /// What the stage's own deployment served, by period.
    pub base: Vec<Period>,
    /// What the canary served, by period.
    pub canary: Vec<Period>,
    /// The whole window by method, ordered by resource and verb. Requests that match no method are not among them.
    pub methods: Vec<MethodFigures>,
}

/// The figures of one period.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Period {
    /// When it begins, in epoch seconds.
    pub time: i64,
    /// What happened in it.
    #[serde(flatten)]
    pub figures: Figures,
}

/// The figures of one method.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MethodFigures {
    /// The resource's path.
    pub resource: String,
    /// The verb.
    pub verb: String,
    /// What the stage's own deployment served; absent without requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<Figures>,
    /// What the canary served; absent without requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub canary: Option<Figures>,
}

/// Counts and times of some requests.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Figures {
    /// How many.
    pub requests: f64,
    /// Answers with 4xx.
    pub client_errors: f64,
    /// Answers with 5xx.
    pub server_errors: f64,
    /// From arrival to answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency: Option<Times>,
    /// From calling the integration to its answer; absent if none was called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub integration_latency: Option<Times>,
}

/// How long something took, in milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Times {
    average: f64,
    minimum: f64,
    p50: f64,
    p90: f64,
    p99: f64,
    maximum: f64,
}

impl Times {
    fn of(values: &super::distribution::Distribution) -> Option<Self> {
        let at = |percent| values.percentile(percent).map(|micros| micros / 1000.0);
        Some(Self {
            average: values.sum() / values.count() / 1000.0,
            minimum: values.minimum() / 1000.0,
            p50: at(50.0)?,
            p90: at(90.0)?,
            p99: at(99.0)?,
            maximum: values.maximum() / 1000.0,
        })
    }
}

impl Figures {
    /// The figures of a point.
    #[must_use]
    pub fn of(point: &Point) -> Self {
        Self {
            requests: point.requests(),
            client_errors: point.client_errors(),
            server_errors: point.server_errors(),
            latency: Times::of(&point.latency),
            integration_latency: Times::of(&point.integration),
        }
    }
}

impl Telemetry {
    /// The figures of a stage in this window, base and canary apart.
    #[must_use]
    pub fn figures(
        &self,
        region: &str,
        api_id: &str,
        stage: &str,
        window: &Window,
    ) -> StageFigures {
        let selection = Selection {
            region,
            api_id: Some(api_id),
            stage: Some(stage),
            ..Selection::default()
        };
        let mut sides: [BTreeMap<i64, Point>; 2] = Default::default();
        let mut methods: BTreeMap<_, [Option<Point>; 2]> = BTreeMap::new();
        self.read().each(&selection, window, |key, at, point| {
            let side = usize::from(key.canary);
            if let Some(method) = &key.slot.method {
                let [base, canary] = methods.entry(method.clone()).or_default();
                let whole = if key.canary { canary } else { base };
                whole.get_or_insert_default().merge(&point);
            }
            window.merge_into(&mut sides[side], at, point);
        });
        let [base, canary] = sides.map(|side| {
            (side.into_iter())
                .map(|(time, point)| Period {
                    time,
                    figures: Figures::of(&point),
                })
                .collect()
        });
        let methods = (methods.into_iter())
            .map(|(name, [base, canary])| MethodFigures {
                resource: name.resource,
                verb: name.verb,
                base: base.as_ref().map(Figures::of),
                canary: canary.as_ref().map(Figures::of),
            })
            .collect();
        StageFigures {
            base,
            canary,
            methods,
        }
    }
}
