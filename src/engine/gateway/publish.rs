//! What the control plane publishes and data runtimes read.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use arc_swap::ArcSwap;

use super::Handler;
use super::authorizer::{JwksSource, Keyring};
use super::bucket::Bucket;
use super::cache::Cluster;
use super::connection::{Named, VpcLinkAddresses};
use super::domains::Domains;
use super::journal::Journal;
use super::keys::{KeyChange, KeyRing, MemberId};
use super::lambda::Functions;
use super::pool::{Pool, PoolLimits, Tls};
use super::quota::Usage;
use super::snapshot::Deployment;
use super::stage::{Meter, Place, Region, Stage};
use super::trust::Identity;
use super::xray::{SamplingRule, SamplingRules};
use crate::base::{Chance, Clock};
use crate::engine::telemetry::{Recorder, Telemetry};
use crate::iam::Credentials;
use crate::model::{self, Definition, ThrottleSettings};

/// What an account allows, and what is outside of the gateway.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The account's limit per region, over all its APIs. AWS: 10,000 a second, burst 5,000.
    pub account: ThrottleSettings,
    /// The size of all headers of a request, in bytes. AWS: 10,240 (newer pages of its documentation say 20,480).
    pub header_bytes: usize,
    /// How long a client may take to send its body, where that is read before anything is done with it, or to begin with it, where it is
    /// passed on as it comes: by default as long as a backend may take to answer.
    pub body_patience: Duration,
    /// Where Lambda functions run.
    pub functions: Functions,
    /// Where VPC links lead.
    pub vpc_links: VpcLinkAddresses,
    /// Where the keys of token issuers are.
    pub jwks: Vec<JwksSource>,
    /// Whether the request header `x-sluice-canary` may pin a request to one side of a stage: for clients of this machine only.
    pub pins_canary: bool,
    /// Whose signatures are taken. Without, every key is taken for the root of the account and signatures aren't verified.
    pub credentials: Option<Arc<Credentials>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            account: ThrottleSettings {
                burst_limit: 5_000,
                rate_limit: 10_000.0,
            },
            header_bytes: 10_240,
            body_patience: Duration::from_secs(29),
            functions: Functions::Nowhere,
            vpc_links: VpcLinkAddresses::default(),
            jwks: Vec::new(),
            pins_canary: false,
            credentials: None,
        }
    }
}

/// The gateway: published stages and keys, shared by the control plane and all data runtimes. Reading takes no lock.
#[derive(Debug)]
pub struct Gateway {
    pub(crate) clock: Clock,
    pub(crate) settings: Settings,
    /// The keys of token issuers.
    pub(crate) keyring: Keyring,
    /// Where requests go that are over.
    pub(crate) journal: Arc<Journal>,
    telemetry: Arc<Telemetry>,
    stages: ArcSwap<Stages>,
    pub(crate) domains: Domains,
    /// What writers need and readers don't.
    writers: Mutex<Writers>,
}

/// API id → its stages.
type Stages = HashMap<Box<str>, Arc<[Arc<Stage>]>, foldhash::fast::RandomState>;

#[derive(Debug, Default)]
struct Writers {
    regions: HashMap<Box<str>, Arc<Region>>,
    /// Compiled deployments by API and deployment id, while a stage serves them.
    deployments: HashMap<(Box<str>, Box<str>), Weak<Deployment>>,
    /// Usage that was stored and whose key wasn't published yet.
    stored: HashMap<Box<str>, HashMap<MemberId, Usage>>,
}

impl Gateway {
    /// A gateway that serves nothing yet, and counts requests in `telemetry`.
    #[must_use]
    pub fn new(clock: Clock, settings: Settings, telemetry: Arc<Telemetry>) -> Self {
        Self {
            clock,
            keyring: Keyring::new(settings.jwks.clone()),
            settings,
            journal: Arc::new(Journal::new()),
            telemetry,
            stages: ArcSwap::default(),
            domains: Domains::default(),
            writers: Mutex::default(),
        }
    }

    /// A handler for one data runtime, with its own connections to backends. `chance` is that runtime's
    /// (see [`Chance::split`]).
    #[must_use]
    pub fn handler(self: &Arc<Self>, chance: Chance) -> Handler {
        let pool = Pool::new(self.clock.clone(), PoolLimits::default(), Tls::default());
        Handler::new(Arc::clone(self), chance, pool)
    }

    /// Puts a stage into service, or what changed of it. `deployment` is its deployment's id and frozen definition, `canary` the
    /// canary's; deployments that are served already are not compiled again. Requests that are on their way end as they began.
    pub fn publish_stage(
        &self,
        region: &str,
        account: &str,
        api_id: &str,
        stage: &model::Stage,
        deployment: (&str, &Definition),
        canary: Option<(&str, &Definition)>,
    ) {
        let mut writers = self.writers();
        let place = Place {
            region: self.region(&mut writers, region),
            account: account.into(),
            api_id: api_id.into(),
        };
        let production = compiled(&mut writers, api_id, deployment);
        let canary = canary.map(|canary| compiled(&mut writers, api_id, canary));
        self.change_api(api_id, |stages| {
            let at = stages.iter().position(|s| *s.name == *stage.stage_name);
            let old = at.map(|at| stages.swap_remove(at));
            let meter = Meter(Some(&self.telemetry));
            let now = self.clock.monotonic();
            let new = Stage::assemble(place, meter, stage, production, canary, old.as_deref(), now);
            stages.push(Arc::new(new));
        });
    }

    /// `cacheClusterStatus` of a stage that has or had a cache since it was published first.
    #[must_use]
    pub fn cache_status(&self, api_id: &str, stage: &str) -> Option<&'static str> {
        let stage = self.stage(api_id, stage)?;
        Some(stage.cluster.as_ref()?.status(self.clock.monotonic()))
    }

    /// Empties a stage's cache, if it has one.
    pub fn flush_cache(&self, api_id: &str, stage: &str) {
        if let Some(cluster) = self.cluster(api_id, stage) {
            cluster.flush(self.clock.monotonic());
        }
    }

    /// The cache of a stage, unless it has none.
    pub(crate) fn cluster(&self, api_id: &str, stage: &str) -> Option<Arc<Cluster>> {
        let stage = self.stage(api_id, stage)?;
        stage.cluster.clone().filter(|c| !c.is_deleted())
    }

    /// Replaces a region's VPC links (id, name) and client certificates (id, certificate and key as PEM).
    pub fn publish_named<'a>(
        &self,
        region: &str,
        links: impl Iterator<Item = (&'a str, &'a str)>,
        certificates: impl Iterator<Item = (&'a str, &'a str, &'a str)>,
    ) {
        let read = |(id, pem, key)| match Identity::read(id, pem, key) {
            Ok(identity) => Some((Box::from(id), Arc::new(identity))),
            Err(error) => {
                tracing::error!(%error, "the client certificate {id} can't be used");
                None
            }
        };
        let named = Named {
            links: links.map(|(id, name)| (id.into(), name.into())).collect(),
            certificates: certificates.filter_map(read).collect(),
        };
        let mut writers = self.writers();
        self.region(&mut writers, region)
            .named
            .store(Arc::new(named));
    }

    /// Replaces a region's sampling rules. Rules that stay as they are keep what is left of their second.
    pub fn publish_sampling(&self, region: &str, rules: Vec<SamplingRule>) {
        let mut writers = self.writers();
        let sampling = &self.region(&mut writers, region).sampling;
        let new = SamplingRules::of(rules, Some(&sampling.load()));
        sampling.store(Arc::new(new));
    }

    /// Takes a stage out of service.
    pub fn remove_stage(&self, api_id: &str, stage: &str) {
        let _writers = self.writers();
        self.change_api(api_id, |stages| stages.retain(|s| *s.name != *stage));
    }

    /// Forgets what the authorizers of a stage decided.
    pub fn flush_authorizers(&self, api_id: &str, stage: &str) {
        if let Some(stage) = self.stage(api_id, stage) {
            stage.flush_decisions();
        }
    }

    /// Takes an API with all its stages out of service.
    pub fn remove_api(&self, api_id: &str) {
        let mut writers = self.writers();
        // Requests that are kept to be explained hold on to what served them; nothing new is to be served from that.
        writers.deployments.retain(|(api, _), _| **api != *api_id);
        self.change_api(api_id, Vec::clear);
    }

    /// Takes everything out of service and forgets keys and counts.
    pub fn reset(&self) {
        let mut writers = self.writers();
        *writers = Writers::default();
        self.stages.store(Arc::default());
        self.domains.change(HashMap::clear);
    }

    /// Puts keys of a region into service, or what changed of them. Buckets and counts of memberships that stay are kept.
    pub fn publish_keys(&self, region: &str, changes: Vec<KeyChange>) {
        let mut writers = self.writers();
        let shared = self.region(&mut writers, region);
        let mut stored = writers.stored.remove(region).unwrap_or_default();
        let now = self.clock.now();
        shared
            .keys
            .change(changes, &mut |id| stored.remove(id), now);
        if !stored.is_empty() {
            writers.stored.insert(region.into(), stored);
        }
    }

    /// Remembers stored usage until its key is published.
    pub(crate) fn keep_stored(
        &self,
        region: &str,
        id: MemberId,
        day: u64,
        counted: super::quota::Day,
    ) {
        let mut writers = self.writers();
        let of_region = writers.stored.entry(region.into()).or_default();
        let usage = of_region.entry(id).or_insert_with(|| Usage::new(None));
        usage.restore(day, counted);
    }

    /// What was stored for keys that aren't there any more, by region; forgotten with this.
    pub(crate) fn take_orphaned(&self) -> Vec<(Box<str>, MemberId, Usage)> {
        let stored = std::mem::take(&mut self.writers().stored);
        let of_region = |(region, usages): (Box<str>, HashMap<MemberId, Usage>)| {
            let one = move |(id, usage)| (region.clone(), id, usage);
            usages.into_iter().map(one)
        };
        stored.into_iter().flat_map(of_region).collect()
    }

    pub(crate) fn region_named(&self, region: &str) -> Option<Arc<Region>> {
        self.writers().regions.get(region).map(Arc::clone)
    }

    pub(crate) fn regions(&self) -> Vec<Arc<Region>> {
        self.writers().regions.values().cloned().collect()
    }

    /// The published stage of this name.
    pub(crate) fn stage(&self, api_id: &str, stage: &str) -> Option<Arc<Stage>> {
        let stages = self.stages.load();
        let found = stages.get(api_id)?.iter().find(|s| *s.name == *stage)?;
        Some(Arc::clone(found))
    }

    /// A region by itself, for a request that belongs to no stage.
    pub(crate) fn detached_region(&self, name: &str) -> Arc<Region> {
        let region = self.new_region(name);
        if let Some(published) = self.writers().regions.get(name) {
            region.named.store(published.named.load_full());
        }
        Arc::new(region)
    }

    pub(crate) fn recorder(&self) -> Recorder {
        self.telemetry.recorder()
    }

    fn change_api(&self, api_id: &str, change: impl FnOnce(&mut Vec<Arc<Stage>>)) {
        let current = self.stages.load();
        let mut stages = current.get(api_id).map_or_else(Vec::new, |s| s.to_vec());
        change(&mut stages);
        let mut all = Stages::clone(&current);
        if stages.is_empty() {
            all.remove(api_id);
        } else {
            all.insert(api_id.into(), stages.into());
        }
        self.stages.store(Arc::new(all));
    }

    fn region(&self, writers: &mut Writers, name: &str) -> Arc<Region> {
        let regions = &mut writers.regions;
        let region = regions
            .entry(name.into())
            .or_insert_with(|| Arc::new(self.new_region(name)));
        Arc::clone(region)
    }

    fn new_region(&self, name: &str) -> Region {
        Region {
            name: name.into(),
            account: Bucket::new(self.settings.account.clone()),
            keys: KeyRing::default(),
            named: ArcSwap::default(),
            link_addresses: self.settings.vpc_links.clone(),
            sampling: ArcSwap::default(),
        }
    }

    fn writers(&self) -> MutexGuard<'_, Writers> {
        self.writers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn compiled(
    writers: &mut Writers,
    api_id: &str,
    (id, definition): (&str, &Definition),
) -> Arc<Deployment> {
    let key = (Box::from(api_id), Box::from(id));
    if let Some(deployment) = writers.deployments.get(&key).and_then(Weak::upgrade) {
        return deployment;
    }
    let deployment = Arc::new(Deployment::compile(id, definition));
    writers.deployments.retain(|_, d| d.strong_count() > 0);
    writers.deployments.insert(key, Arc::downgrade(&deployment));
    deployment
}
