//! What Lambda authorizers answered, kept for a while.
//!
//! Reading takes no lock: the entries are an immutable map, and what is added is added to a copy of it. A miss has waited for a
//! function, so that the copy is small beside it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;

use super::Decision;

/// How many decisions one authorizer of one stage keeps; beyond that those go first that end first. AWS names no number: ten thousand
/// tokens of a kilobyte each are what memory can bear, and a copy of the map stays well under a millisecond.
const CAPACITY: usize = 10_000;

/// The decisions of one authorizer on one stage, by the identity that they were made for.
#[derive(Debug, Default)]
pub(crate) struct DecisionCache(ArcSwap<HashMap<Arc<str>, Entry>>);

#[derive(Clone, Debug)]
struct Entry {
    decision: Arc<Decision>,
    /// When it ends, monotonic.
    ends: Duration,
}

impl DecisionCache {
    /// The decision for an identity, and for how long it is still good.
    pub(super) fn get(&self, identity: &str, now: Duration) -> Option<(Arc<Decision>, Duration)> {
        let entries = self.0.load();
        let entry = entries.get(identity)?;
        let left = entry.ends.checked_sub(now).filter(|left| !left.is_zero())?;
        Some((Arc::clone(&entry.decision), left))
    }

    /// Keeps a decision for `ttl`.
    pub(super) fn put(
        &self,
        identity: &str,
        decision: &Arc<Decision>,
        now: Duration,
        ttl: Duration,
    ) {
        self.put_within(CAPACITY, identity, decision, now, ttl);
    }

    fn put_within(
        &self,
        capacity: usize,
        identity: &str,
        decision: &Arc<Decision>,
        now: Duration,
        ttl: Duration,
    ) {
        let identity: Arc<str> = identity.into();
        let entry = Entry {
            decision: Arc::clone(decision),
            ends: now + ttl,
        };
        self.0.rcu(|entries| {
            let mut entries = HashMap::clone(entries);
            if entries.len() >= capacity {
                entries.retain(|_, e| e.ends > now);
            }
            if entries.len() >= capacity && !entries.contains_key(&identity) {
                let first = entries.iter().min_by_key(|(_, e)| e.ends);
                if let Some(first) = first.map(|(identity, _)| Arc::clone(identity)) {
                    entries.remove(&first);
                }
            }
            entries.insert(Arc::clone(&identity), entry.clone());
            entries
        });
    }

    /// Forgets everything.
    pub(crate) fn flush(&self) {
        self.0.store(Arc::default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decisions_end_and_the_number_of_them_is_bounded() {
        let cache = DecisionCache::default();
        let decision = Arc::new(Decision::default());
        let at = Duration::from_secs;
        let put = |identity: &str, now, ttl| {
            cache.put_within(2, identity, &decision, at(now), at(ttl));
        };
        put("a", 0, 10);
        assert_eq!(cache.get("a", at(9)).unwrap().1, at(1));
        assert!(cache.get("a", at(10)).is_none());
        assert!(cache.get("b", at(0)).is_none());
        put("b", 0, 20);
        // The third takes the place of the one that ends first.
        put("c", 1, 30);
        assert!(cache.get("a", at(2)).is_none());
        assert!(cache.get("b", at(2)).is_some() && cache.get("c", at(2)).is_some());
        // One that is there already takes nobody's place.
        put("b", 2, 20);
        assert!(cache.get("c", at(3)).is_some());
        // What has ended goes first of all.
        put("d", 22, 5);
        assert!(cache.get("c", at(23)).is_some() && cache.get("d", at(23)).is_some());
        cache.flush();
        assert!(cache.get("d", at(23)).is_none());
    }
}
