//! A stage as requests read it: deployments, variables and limits, immutable once it is published.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use http::HeaderValue;

use super::authorizer::DecisionCache;
use super::bucket::Bucket;
use super::cache::{Cluster, Policy};
use super::connection::{Named, VpcLinkAddresses};
use super::keys::KeyRing;
use super::log::access::AccessLog;
use super::log::execution::Level;
use super::snapshot::Deployment;
use super::xray::SamplingRules;
use crate::engine::telemetry::{MethodName, Slot, SlotKey, Telemetry};
use crate::model::{self, Map, ThrottleSettings};

/// What the stages of a region share.
#[derive(Debug)]
pub(crate) struct Region {
    pub(crate) name: Box<str>,
    /// The account's limit in the region, over all its APIs.
    pub(crate) account: Bucket,
    pub(crate) keys: KeyRing,
    /// Its VPC links and client certificates.
    pub(crate) named: ArcSwap<Named>,
    /// Where VPC links lead.
    pub(crate) link_addresses: VpcLinkAddresses,
    /// Which requests are traced.
    pub(crate) sampling: ArcSwap<SamplingRules>,
}

/// A published stage.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) region: Arc<Region>,
    pub(crate) account: Box<str>,
    pub(crate) api_id: Box<str>,
    /// The API's id as backends are told it.
    pub(crate) api_header: HeaderValue,
    pub(crate) name: Box<str>,
    /// The id of the certificate that HTTPS backends are shown.
    pub(crate) client_certificate: Option<Box<str>>,
    /// Its cache, if it has one; also one that is being deleted.
    pub(crate) cluster: Option<Arc<Cluster>>,
    /// Whether its requests are traced with X-Ray, where the caller hasn't decided.
    pub(crate) tracing: bool,
    production: Side,
    canary: Option<Canary>,
    access_log: Option<AccessLog>,
}

#[derive(Debug)]
struct Canary {
    /// 0.0 to 1.0
    share: f64,
    side: Side,
}

/// One of a stage's two deployments, with what belongs to it.
#[derive(Debug)]
pub(crate) struct Side {
    pub(crate) deployment: Arc<Deployment>,
    pub(crate) variables: Map<String>,
    /// The stage's limit of each of the deployment's methods.
    pub(crate) limits: Vec<Option<Arc<Bucket>>>,
    /// How the answers of each method are cached; empty where the stage has no cache, or this side doesn't use it.
    caching: Vec<Option<Policy>>,
    /// What the deployment's authorizers decided.
    pub(crate) decisions: Arc<[DecisionCache]>,
    /// What is logged of each of the deployment's methods.
    log_levels: Vec<Option<Level>>,
    slots: Vec<Arc<Slot>>,
    /// Where requests that match no method are counted; nothing for a test request, which isn't counted at all.
    unmatched: Option<Arc<Slot>>,
}

impl Stage {
    /// Puts a stage together. Buckets whose limits didn't change are those of `old`, so that changing a stage's description doesn't
    /// fill them up.
    pub(crate) fn assemble(
        place: Place,
        meter: Meter<'_>,
        stage: &model::Stage,
        production: Arc<Deployment>,
        canary: Option<Arc<Deployment>>,
        old: Option<&Self>,
        now: Duration,
    ) -> Self {
        let variables = stage.variables.clone().unwrap_or_default();
        let mut production =
            Side::assemble(production, &place, meter, variables.clone(), stage, old);
        if stage.cache_cluster_enabled {
            production.use_cache(stage, None);
        }
        let canary = stage.canary_settings.as_ref().map(|settings| {
            let mut variables = variables;
            variables.extend(
                settings
                    .stage_variable_overrides
                    .clone()
                    .unwrap_or_default(),
            );
            let deployment = canary.unwrap_or_else(|| Arc::clone(&production.deployment));
            let mut side = Side::assemble(deployment, &place, meter, variables, stage, old);
            // A method of both deployments has one limit.
            for (method, limit) in side.deployment.methods.iter().zip(&mut side.limits) {
                if let Some(shared) = production.limit_of(&method.resource_path, &method.verb) {
                    *limit = Some(Arc::clone(shared));
                }
            }
            if stage.cache_cluster_enabled && settings.use_stage_cache {
                let id = side.deployment.id.clone();
                let own = (id != production.deployment.id).then_some(id);
                side.use_cache(stage, own.as_deref());
            }
            Canary {
                share: settings.percent_traffic / 100.0,
                side,
            }
        });
        Self {
            region: place.region,
            account: place.account,
            // Ids are letters and digits.
            api_header: HeaderValue::from_str(&place.api_id)
                .unwrap_or(HeaderValue::from_static("")),
            api_id: place.api_id,
            name: stage.stage_name.as_str().into(),
            client_certificate: stage.client_certificate_id.as_deref().map(Box::from),
            cluster: cluster(stage, old, now),
            tracing: stage.tracing_enabled,
            production,
            canary,
            access_log: stage.access_log_settings.as_ref().and_then(|log| {
                AccessLog::compile(log.destination_arn.as_deref(), log.format.as_deref())
            }),
        }
    }

    pub(crate) fn access_log(&self) -> Option<&AccessLog> {
        self.access_log.as_ref()
    }

    /// The canary's share, 0.0 to 1.0, on a stage that has one.
    pub(crate) fn canary_share(&self) -> Option<f64> {
        self.canary.as_ref().map(|canary| canary.share)
    }

    pub(crate) fn side(&self, canary: bool) -> &Side {
        match &self.canary {
            Some(c) if canary => &c.side,
            _ => &self.production,
        }
    }

    /// Forgets what authorizers decided.
    pub(crate) fn flush_decisions(&self) {
        let canary = self.canary.as_ref().map(|c| &c.side);
        for side in std::iter::once(&self.production).chain(canary) {
            side.decisions.iter().for_each(DecisionCache::flush);
        }
    }

    pub(crate) fn has_canary(&self) -> bool {
        self.canary.is_some()
    }

    /// Whether the canary serves a request for which `draw`, 0.0 to 1.0, was drawn.
    pub(crate) fn draws_canary(&self, draw: impl FnOnce() -> f64) -> bool {
        // A share of 1 takes every draw, one of 0 takes none: a draw is below 1.
        self.canary.as_ref().is_some_and(|c| draw() < c.share)
    }
}

/// The cluster that a stage has from now on: its own, as long as its size stays.
fn cluster(stage: &model::Stage, old: Option<&Stage>, now: Duration) -> Option<Arc<Cluster>> {
    let held = old.and_then(|old| old.cluster.as_ref());
    if !stage.cache_cluster_enabled {
        if let Some(held) = held {
            held.delete(now);
        }
        return held.map(Arc::clone);
    }
    let size = stage.cache_cluster_size.as_deref().unwrap_or("0.5");
    match held {
        Some(held) if held.size() == size && !held.is_deleted() => Some(Arc::clone(held)),
        _ => {
            let new = stage.cache_cluster_status != "AVAILABLE";
            Some(Arc::new(Cluster::new(size, now, new)))
        }
    }
}

/// Where a stage belongs.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) region: Arc<Region>,
    pub(crate) account: Box<str>,
    pub(crate) api_id: Box<str>,
}

/// What is counted of a stage's requests, and where.
#[derive(Clone, Copy)]
pub(crate) struct Meter<'a>(pub(crate) Option<&'a Telemetry>);

impl Meter<'_> {
    fn slot(
        self,
        place: &Place,
        stage: &model::Stage,
        deployment: &Deployment,
        method: Option<&super::snapshot::Method>,
    ) -> Option<Arc<Slot>> {
        let settings = method.and_then(|m| stage.settings_of(&m.resource_path, &m.verb));
        Some(self.0?.slot(SlotKey {
            region: place.region.name.to_string(),
            api_id: place.api_id.to_string(),
            api_name: deployment.api_name.to_string(),
            stage: stage.stage_name.clone(),
            method: method.map(|m| MethodName {
                resource: m.resource_path.to_string(),
                verb: m.verb.to_string(),
            }),
            detailed: settings.is_some_and(|s| s.metrics_enabled),
        }))
    }
}

impl Side {
    fn assemble(
        deployment: Arc<Deployment>,
        place: &Place,
        meter: Meter<'_>,
        variables: Map<String>,
        stage: &model::Stage,
        old: Option<&Stage>,
    ) -> Self {
        let limits = deployment.methods.iter().map(|method| {
            let settings = stage.settings_of(&method.resource_path, &method.verb)?;
            // -1 stands for the account's limit, which is always on (unverified).
            if settings.throttling_burst_limit < 0 || settings.throttling_rate_limit < 0.0 {
                return None;
            }
            let limit = ThrottleSettings {
                burst_limit: settings.throttling_burst_limit,
                rate_limit: settings.throttling_rate_limit,
            };
            let kept = old.and_then(|old| {
                let sides = [Some(&old.production), old.canary.as_ref().map(|c| &c.side)];
                let mut sides = sides.into_iter().flatten();
                sides.find_map(|side| side.limit_of(&method.resource_path, &method.verb))
            });
            match kept {
                Some(bucket) if *bucket.settings() == limit => Some(Arc::clone(bucket)),
                _ => Some(Arc::new(Bucket::new(limit))),
            }
        });
        // Changing a stage doesn't forget what was decided; another deployment does.
        let same = old.and_then(|old| {
            let sides = [Some(&old.production), old.canary.as_ref().map(|c| &c.side)];
            let mut sides = sides.into_iter().flatten();
            sides.find(|side| Arc::ptr_eq(&side.deployment, &deployment))
        });
        let decisions = match same {
            Some(side) => Arc::clone(&side.decisions),
            None => deployment
                .authorizers
                .iter()
                .map(|_| DecisionCache::default())
                .collect(),
        };
        let slot = |method| meter.slot(place, stage, &deployment, method);
        let log_levels = deployment.methods.iter().map(|method| {
            let settings = stage.settings_of(&method.resource_path, &method.verb)?;
            let level = settings.logging_level.as_deref().unwrap_or("OFF");
            (level != "OFF").then_some(Level {
                info: level == "INFO",
                data_trace: settings.data_trace_enabled,
            })
        });
        Self {
            log_levels: log_levels.collect(),
            limits: limits.collect(),
            caching: Vec::new(),
            decisions,
            slots: deployment
                .methods
                .iter()
                .filter_map(|m| slot(Some(m)))
                .collect(),
            unmatched: slot(None),
            deployment,
            variables,
        }
    }

    fn use_cache(&mut self, stage: &model::Stage, canary: Option<&str>) {
        let methods = self.deployment.methods.iter();
        self.caching = methods.map(|m| Policy::of(stage, m, canary)).collect();
    }

    /// How the answers of a method are cached, if they are.
    pub(crate) fn caching(&self, method: Option<usize>) -> Option<&Policy> {
        self.caching.get(method?)?.as_ref()
    }

    /// What is logged of a request to this method; nothing of one to none.
    pub(crate) fn log_level(&self, method: Option<usize>) -> Option<Level> {
        *self.log_levels.get(method?)?
    }

    /// Where a request to this method, or to none, is counted.
    pub(crate) fn slot(&self, method: Option<usize>) -> Option<&Slot> {
        let slot = match method {
            Some(method) => self.slots.get(method),
            None => self.unmatched.as_ref(),
        };
        slot.map(|slot| &**slot)
    }

    fn limit_of(&self, path: &str, verb: &str) -> Option<&Arc<Bucket>> {
        let mut methods = self.deployment.methods.iter();
        let at = methods.position(|m| &*m.resource_path == path && &*m.verb == verb)?;
        self.limits.get(at)?.as_ref()
    }
}
