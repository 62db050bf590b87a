//! API keys and usage plans as requests read them: a table per region, in shards that are replaced as wholes.
//!
//! Reading takes no lock. Changing a key replaces its shard only, so that keys can come by the ten thousand.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use jiff::Timestamp;

use super::bucket::Bucket;
use super::quota::Usage;
use crate::model::{ApiKey, QuotaSettings, ThrottleSettings, UsagePlan};

/// A plan's id and a key's id.
pub(crate) type MemberId = (Box<str>, Box<str>);

/// What became of an API key.
#[derive(Clone, Debug)]
pub struct KeyChange {
    /// The key's id.
    pub id: String,
    /// The key and the plans that it is in; nothing when it is gone.
    pub now: Option<(Arc<ApiKey>, Vec<Arc<UsagePlan>>)>,
}

/// Enough for a shard of the account's 10,000 keys to have forty.
const SHARDS: usize = 256;

type Shard = HashMap<Arc<str>, Arc<Key>, foldhash::fast::RandomState>;

/// The keys of a region.
#[derive(Debug)]
pub(crate) struct KeyRing {
    /// By value.
    shards: Box<[ArcSwap<Shard>]>,
    /// By id; for those who change keys and for the control plane.
    by_id: Mutex<HashMap<Arc<str>, Arc<Key>>>,
}

/// An API key.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) id: Arc<str>,
    pub(crate) value: Arc<str>,
    enabled: bool,
    memberships: Vec<Arc<Member>>,
}

/// A key in a usage plan: its buckets and its counts.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) plan: Arc<UsagePlan>,
    bucket: Option<Arc<Bucket>>,
    methods: Vec<MethodLimit>,
    pub(crate) usage: Arc<Usage>,
}

/// A limit of one key for one method of one stage.
#[derive(Debug)]
struct MethodLimit {
    /// Which of the plan's stages.
    stage: usize,
    path: Box<str>,
    verb: Box<str>,
    bucket: Arc<Bucket>,
}

impl Default for KeyRing {
    fn default() -> Self {
        Self {
            shards: (0..SHARDS).map(|_| ArcSwap::default()).collect(),
            by_id: Mutex::default(),
        }
    }
}

impl KeyRing {
    /// Makes changes. Buckets and counts of memberships that stay go on; a membership that is new begins with what was `stored` of it,
    /// if anything.
    pub(crate) fn change(
        &self,
        changes: Vec<KeyChange>,
        stored: &mut dyn FnMut(&MemberId) -> Option<Usage>,
        now: Timestamp,
    ) {
        let mut by_id = self.by_id();
        let mut touched: HashMap<usize, Shard> = HashMap::new();
        let mut shard_of = |value: &str| -> usize {
            let at = place(value);
            touched
                .entry(at)
                .or_insert_with(|| Shard::clone(&self.shards[at].load()));
            at
        };
        let mut moves = Vec::with_capacity(changes.len());
        for change in changes {
            let old = by_id.remove(change.id.as_str());
            let new = change.now.and_then(|(key, plans)| {
                Some(Arc::new(Key::new(
                    &key,
                    &plans,
                    old.as_deref(),
                    stored,
                    now,
                )?))
            });
            if let Some(new) = &new {
                by_id.insert(Arc::clone(&new.id), Arc::clone(new));
            }
            let old = old.map(|old| (shard_of(&old.value), old));
            let new = new.map(|new| (shard_of(&new.value), new));
            moves.push((old, new));
        }
        for (old, new) in moves {
            if let Some((at, old)) = old
                && let Some(shard) = touched.get_mut(&at)
            {
                shard.remove(&old.value);
            }
            if let Some((at, new)) = new
                && let Some(shard) = touched.get_mut(&at)
            {
                shard.insert(Arc::clone(&new.value), new);
            }
        }
        for (at, shard) in touched {
            self.shards[at].store(Arc::new(shard));
        }
    }

    /// The enabled key of this value.
    pub(crate) fn key(&self, value: &str) -> Option<Arc<Key>> {
        let shard = self.shards[place(value)].load();
        shard.get(value).filter(|key| key.enabled).map(Arc::clone)
    }

    pub(crate) fn member(&self, plan: &str, key: &str) -> Option<Arc<Member>> {
        let key = self.by_id().get(key).map(Arc::clone)?;
        let found = key.memberships.iter().find(|m| m.plan.id == plan)?;
        Some(Arc::clone(found))
    }

    /// Visits every membership, with the key's id.
    pub(crate) fn each_member(&self, mut each: impl FnMut(&str, &Member)) {
        for key in self.by_id().values() {
            for member in &key.memberships {
                each(&key.id, member);
            }
        }
    }

    fn by_id(&self) -> MutexGuard<'_, HashMap<Arc<str>, Arc<Key>>> {
        self.by_id.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The shard of a value, by its last eight bytes: those differ also where somebody numbered the keys.
fn place(value: &str) -> usize {
    let tail = value.as_bytes().iter().rev().take(8);
    let word = tail.fold(0_u64, |word, byte| (word << 8) | u64::from(*byte));
    let mixed = word.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56;
    usize::try_from(mixed).unwrap_or(0) % SHARDS
}

impl Key {
    /// Nothing when the key has no value.
    fn new(
        key: &ApiKey,
        plans: &[Arc<UsagePlan>],
        old: Option<&Self>,
        stored: &mut dyn FnMut(&MemberId) -> Option<Usage>,
        now: Timestamp,
    ) -> Option<Self> {
        let membership = |plan: &Arc<UsagePlan>| {
            let held = old.and_then(|old| old.memberships.iter().find(|m| m.plan.id == plan.id));
            match held {
                Some(member) if member.plan == *plan => Arc::clone(member),
                Some(member) => Arc::new(member.under(plan, now)),
                None => {
                    let id: MemberId = (plan.id.as_str().into(), key.id.as_str().into());
                    let usage = stored(&id).unwrap_or_else(|| Usage::new(Some(now)));
                    Arc::new(Member::new(plan, Arc::new(usage)))
                }
            }
        };
        Some(Self {
            id: key.id.as_str().into(),
            value: key.value.as_deref()?.into(),
            enabled: key.enabled,
            memberships: plans.iter().map(membership).collect(),
        })
    }

    /// The membership that opens a stage, and which of its plan's stages that is; a key has one plan at most per stage.
    pub(crate) fn opening(&self, api: &str, stage: &str) -> Option<(&Arc<Member>, usize)> {
        self.memberships.iter().find_map(|member| {
            let mut stages = member.plan.api_stages.iter();
            let at = stages.position(|s| s.api_id == api && s.stage == stage)?;
            Some((member, at))
        })
    }
}

impl Member {
    fn new(plan: &Arc<UsagePlan>, usage: Arc<Usage>) -> Self {
        let bucket = |settings: &ThrottleSettings| Arc::new(Bucket::new(settings.clone()));
        let stages = plan.api_stages.iter().enumerate();
        let methods = stages.flat_map(|(stage, s)| {
            s.throttle
                .iter()
                .flatten()
                .filter_map(move |(key, settings)| {
                    let (path, verb) = method_of(key)?;
                    Some(MethodLimit {
                        stage,
                        path,
                        verb,
                        bucket: Arc::new(Bucket::new(settings.clone())),
                    })
                })
        });
        Self {
            bucket: plan.throttle.as_ref().map(bucket),
            methods: methods.collect(),
            plan: Arc::clone(plan),
            usage,
        }
    }

    /// The same membership after its plan was changed: what the change doesn't touch goes on as it was.
    fn under(&self, plan: &Arc<UsagePlan>, now: Timestamp) -> Self {
        if let (Some(old), Some(new)) = (&self.plan.quota, &plan.quota) {
            self.usage.limit_changed(old, new, now);
        }
        let mut member = Self::new(plan, Arc::clone(&self.usage));
        keep(&mut member.bucket, self.bucket.as_ref());
        for limit in &mut member.methods {
            let place = |m: &Member, at: usize| {
                m.plan
                    .api_stages
                    .get(at)
                    .map(|s| (s.api_id.clone(), s.stage.clone()))
            };
            let new_place = plan.api_stages.get(limit.stage);
            let new_place = new_place.map(|s| (s.api_id.clone(), s.stage.clone()));
            let old = self.methods.iter().find(|old| {
                old.path == limit.path
                    && old.verb == limit.verb
                    && place(self, old.stage) == new_place
            });
            if let Some(old) = old
                && old.bucket.settings() == limit.bucket.settings()
            {
                limit.bucket = Arc::clone(&old.bucket);
            }
        }
        member
    }

    /// The limits that a request to a method meets, the more specific first, with what they belong to.
    pub(crate) fn limits<'a>(
        &'a self,
        stage: usize,
        path: &'a str,
        verb: &'a str,
    ) -> impl Iterator<Item = (&'static str, &'a Bucket)> {
        let methods = self.methods.iter();
        methods
            .filter(move |l| l.stage == stage && &*l.path == path && &*l.verb == verb)
            .map(|l| ("plan's method", &*l.bucket))
            .chain(self.bucket.as_deref().map(|bucket| ("plan", bucket)))
    }

    pub(crate) fn quota(&self) -> Option<&QuotaSettings> {
        self.plan.quota.as_ref()
    }
}

fn keep(new: &mut Option<Arc<Bucket>>, old: Option<&Arc<Bucket>>) {
    if let (Some(new), Some(old)) = (new, old)
        && new.settings() == old.settings()
    {
        *new = Arc::clone(old);
    }
}

/// `/pets/GET` → `/pets`, `GET`; the root's is `//GET`. A path may be written with `~1` for its slashes.
fn method_of(key: &str) -> Option<(Box<str>, Box<str>)> {
    let key = key.replace("~1", "/");
    let (path, verb) = key.rsplit_once('/')?;
    let path = match path {
        "" => "/".to_owned(),
        path if path.starts_with('/') => path.to_owned(),
        path => format!("/{path}"),
    };
    Some((path.into(), verb.into()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    fn now() -> Timestamp {
        "2026-03-10T00:00:00Z".parse().unwrap()
    }

    #[allow(clippy::needless_pass_by_value, reason = "written in place with json!")]
    fn plan(throttle: serde_json::Value) -> Arc<UsagePlan> {
        Arc::new(
            serde_json::from_value(json!({
                "id": "plan",
                "apiStages": [{"apiId": "api", "stage": "prod", "throttle": {
                    "/pets/GET": {"burstLimit": 1, "rateLimit": 1.0},
                    "//GET": {"burstLimit": 2, "rateLimit": 1.0},
                }}],
                "throttle": throttle,
                "quota": {"limit": 10, "period": "DAY"},
            }))
            .unwrap(),
        )
    }

    fn key(enabled: bool) -> Arc<ApiKey> {
        Arc::new(ApiKey {
            id: "key".into(),
            value: Some("v".repeat(20)),
            enabled,
            ..ApiKey::default()
        })
    }

    fn change(ring: &KeyRing, key: Arc<ApiKey>, plans: Vec<Arc<UsagePlan>>) {
        let id = key.id.clone();
        let change = KeyChange {
            id,
            now: Some((key, plans)),
        };
        ring.change(vec![change], &mut |_| None, now());
    }

    fn wide() -> serde_json::Value {
        json!({"burstLimit": 5, "rateLimit": 1.0})
    }

    #[test]
    fn a_key_opens_the_stages_of_its_plan_while_it_is_enabled() {
        let value = "v".repeat(20);
        let ring = KeyRing::default();
        change(&ring, key(true), vec![plan(wide())]);
        let found = ring.key(&value).unwrap();
        assert!(found.opening("api", "prod").is_some());
        assert!(found.opening("api", "dev").is_none());
        assert!(ring.key("other").is_none());
        change(&ring, key(false), vec![]);
        assert!(ring.key(&value).is_none());
        change(&ring, key(true), vec![]);
        assert!(ring.key(&value).is_some());
        let id = "key".to_owned();
        ring.change(vec![KeyChange { id, now: None }], &mut |_| None, now());
        assert!(ring.key(&value).is_none());
    }

    #[test]
    fn keys_are_found_wherever_they_fall() {
        let ring = KeyRing::default();
        let named = |n: usize| {
            Arc::new(ApiKey {
                id: format!("id{n}"),
                value: Some(format!("{n:020}")),
                enabled: true,
                ..ApiKey::default()
            })
        };
        for n in 0..2_000 {
            change(&ring, named(n), vec![]);
        }
        assert!((0..2_000).all(|n| *ring.key(&format!("{n:020}")).unwrap().id == format!("id{n}")));
        let fullest = ring.shards.iter().map(|s| s.load().len()).max();
        assert!(fullest.unwrap() < 100, "{fullest:?}");
    }

    #[test]
    fn limits_come_the_more_specific_first() {
        let ring = KeyRing::default();
        change(&ring, key(true), vec![plan(wide())]);
        let member = ring.member("plan", "key").unwrap();
        let bursts = |path, verb| -> Vec<i64> {
            let limits = member.limits(0, path, verb);
            limits.map(|(_, l)| l.settings().burst_limit).collect()
        };
        assert_eq!(bursts("/pets", "GET"), [1, 5]);
        assert_eq!(bursts("/", "GET"), [2, 5]);
        assert_eq!(bursts("/pets", "POST"), [5]);
    }

    #[test]
    fn what_a_change_does_not_touch_goes_on() {
        let ring = KeyRing::default();
        change(&ring, key(true), vec![plan(wide())]);
        let member = ring.member("plan", "key").unwrap();
        let at = Duration::from_secs(100);
        assert!(
            member
                .limits(0, "/pets", "GET")
                .all(|(_, bucket)| bucket.take(at))
        );
        member.usage.count(now());
        let narrow = plan(json!({"burstLimit": 1, "rateLimit": 1.0}));
        change(&ring, key(true), vec![narrow]);
        let member = ring.member("plan", "key").unwrap();
        let taken: Vec<bool> = member
            .limits(0, "/pets", "GET")
            .map(|(_, b)| b.take(at))
            .collect();
        // The method's bucket is still empty, the plan's is new and full.
        assert_eq!(taken, [false, true]);
        let day = super::super::quota::day_of("2026-03-10".parse().unwrap());
        assert_eq!(member.usage.told(None, (day, day), now()), [(1, None)]);
        change(&ring, key(true), vec![Arc::clone(&member.plan)]);
        assert!(Arc::ptr_eq(&ring.member("plan", "key").unwrap(), &member));
    }
}
