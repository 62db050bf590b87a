//! API keys and usage plans as requests read them: one immutable table per region, replaced as a whole.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::bucket::Bucket;
use super::quota::Usage;
use crate::model::{ApiKey, QuotaSettings, ThrottleSettings, UsagePlan};

/// A plan's id and a key's id.
pub(crate) type MemberId = (Box<str>, Box<str>);

/// The keys of a region.
#[derive(Debug, Default)]
pub(crate) struct KeyRing {
    by_value: HashMap<Box<str>, Key>,
    members: HashMap<MemberId, Arc<Member>>,
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

impl KeyRing {
    /// The table for these keys, plans and memberships (plan id, key id). Buckets and counts of memberships that stay are those of
    /// `old`; a membership that is new begins with what was `stored` of it, if anything.
    pub(crate) fn build(
        old: &Self,
        keys: &[Arc<ApiKey>],
        plans: &[Arc<UsagePlan>],
        memberships: &[(String, String)],
        stored: &mut dyn FnMut(&MemberId) -> Option<Usage>,
        now: Timestamp,
    ) -> Self {
        let plans: HashMap<&str, &Arc<UsagePlan>> =
            plans.iter().map(|plan| (plan.id.as_str(), plan)).collect();
        let mut members: HashMap<MemberId, Arc<Member>> = HashMap::new();
        let mut by_key: HashMap<&str, Vec<Arc<Member>>> = HashMap::new();
        for (plan_id, key_id) in memberships {
            let Some(plan) = plans.get(plan_id.as_str()) else {
                continue;
            };
            let id: MemberId = (plan_id.as_str().into(), key_id.as_str().into());
            let member = match old.members.get(&id) {
                Some(member) if member.plan == **plan => Arc::clone(member),
                Some(member) => Arc::new(member.under(plan, now)),
                None => {
                    let usage = stored(&id).unwrap_or_else(|| Usage::new(Some(now)));
                    Arc::new(Member::new(plan, Arc::new(usage)))
                }
            };
            let of_key = by_key.entry(key_id).or_default();
            of_key.push(Arc::clone(&member));
            members.insert(id, member);
        }
        let by_value = keys.iter().filter_map(|key| {
            let value = key.value.as_deref()?;
            let compiled = Key {
                id: key.id.as_str().into(),
                value: value.into(),
                enabled: key.enabled,
                memberships: by_key.remove(key.id.as_str()).unwrap_or_default(),
            };
            Some((value.into(), compiled))
        });
        Self {
            by_value: by_value.collect(),
            members,
        }
    }

    /// The enabled key of this value.
    pub(crate) fn key(&self, value: &str) -> Option<&Key> {
        self.by_value.get(value).filter(|key| key.enabled)
    }

    pub(crate) fn member(&self, plan: &str, key: &str) -> Option<&Arc<Member>> {
        // Asked for by the control plane only, so that the copy is of no account.
        self.members.get(&(plan.into(), key.into()))
    }

    pub(crate) fn members(&self) -> impl Iterator<Item = (&MemberId, &Arc<Member>)> {
        self.members.iter()
    }
}

impl Key {
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

    /// The limits that a request to a method meets, the more specific first.
    pub(crate) fn limits<'a>(
        &'a self,
        stage: usize,
        path: &'a str,
        verb: &'a str,
    ) -> impl Iterator<Item = &'a Bucket> {
        let methods = self.methods.iter();
        methods
            .filter(move |l| l.stage == stage && &*l.path == path && &*l.verb == verb)
            .map(|l| &*l.bucket)
            .chain(self.bucket.as_deref())
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

    fn ring(old: &KeyRing, key: Arc<ApiKey>, plan: Arc<UsagePlan>) -> KeyRing {
        let members = [("plan".to_owned(), "key".to_owned())];
        KeyRing::build(old, &[key], &[plan], &members, &mut |_| None, now())
    }

    fn wide() -> serde_json::Value {
        json!({"burstLimit": 5, "rateLimit": 1.0})
    }

    #[test]
    fn a_key_opens_the_stages_of_its_plan_while_it_is_enabled() {
        let value = "v".repeat(20);
        let ring = ring(&KeyRing::default(), key(true), plan(wide()));
        let found = ring.key(&value).unwrap();
        assert!(found.opening("api", "prod").is_some());
        assert!(found.opening("api", "dev").is_none());
        assert!(ring.key("other").is_none());
        let disabled = KeyRing::build(&ring, &[key(false)], &[], &[], &mut |_| None, now());
        assert!(disabled.key(&value).is_none());
    }

    #[test]
    fn limits_come_the_more_specific_first() {
        let ring = ring(&KeyRing::default(), key(true), plan(wide()));
        let member = ring.member("plan", "key").unwrap();
        let bursts = |path, verb| -> Vec<i64> {
            let limits = member.limits(0, path, verb);
            limits.map(|l| l.settings().burst_limit).collect()
        };
        assert_eq!(bursts("/pets", "GET"), [1, 5]);
        assert_eq!(bursts("/", "GET"), [2, 5]);
        assert_eq!(bursts("/pets", "POST"), [5]);
    }

    #[test]
    fn what_a_change_does_not_touch_goes_on() {
        let first = ring(&KeyRing::default(), key(true), plan(wide()));
        let member = first.member("plan", "key").unwrap();
        let at = Duration::from_secs(100);
        assert!(
            member
                .limits(0, "/pets", "GET")
                .all(|bucket| bucket.take(at))
        );
        member.usage.count(now());
        let second = ring(
            &first,
            key(true),
            plan(json!({"burstLimit": 1, "rateLimit": 1.0})),
        );
        let member = second.member("plan", "key").unwrap();
        let taken: Vec<bool> = member
            .limits(0, "/pets", "GET")
            .map(|b| b.take(at))
            .collect();
        // The method's bucket is still empty, the plan's is new and full.
        assert_eq!(taken, [false, true]);
        let day = super::super::quota::day_of("2026-03-10".parse().unwrap());
        assert_eq!(member.usage.told(None, (day, day), now()), [(1, None)]);
        let third = ring(&second, key(true), Arc::clone(&member.plan));
        assert!(Arc::ptr_eq(third.member("plan", "key").unwrap(), member));
    }
}
