//! A stage's cache cluster: its entries, bounded by its size, and the changes that it goes through.
//!
//! Facts: `spec/rest/deployments-stages-canary.md` §7, `spec/rest/caching.md` §5. The service takes minutes to provision a cluster; here it
//! takes seconds, enough that a client which doesn't wait for `AVAILABLE` finds out.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use jiff::Timestamp;
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use crate::engine::message::names::Spellings;

/// How long it takes to make a cluster.
const CREATING: Duration = Duration::from_secs(2);
/// How long it takes to flush or to delete one.
const EMPTYING: Duration = Duration::from_secs(1);

/// A guess; the map grows with what is stored.
const EXPECTED_ENTRIES: usize = 4_096;

/// What an entry takes beside its key, headers and body, in bytes.
const OVERHEAD: u64 = 256;

/// A cache cluster.
#[derive(Debug)]
pub(crate) struct Cluster {
    /// Gigabytes, as the service writes them: `0.5`.
    size: Box<str>,
    entries: Cache<Box<[u8]>, Arc<Entry>, Weight>,
    change: AtomicU8,
    /// When the change is done, in nanoseconds of the monotonic clock.
    done_at: AtomicU64,
}

/// A cached answer.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) status: u16,
    pub(crate) headers: Box<[(HeaderName, HeaderValue)]>,
    /// Those of them that aren't spelled as usual.
    pub(crate) spellings: Spellings,
    pub(crate) body: Bytes,
    /// When it was stored, wall time.
    pub(crate) stored: Timestamp,
    /// When it isn't served any more, monotonic.
    pub(crate) expires: Duration,
    /// What it is an answer to.
    pub(crate) asked: Asked,
}

/// What a cached answer is an answer to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) verb: String,
    pub(crate) resource_path: String,
    /// The key parameters that there were, by name.
    pub(crate) parameters: Vec<(String, String)>,
    /// The canary's deployment, for what only the canary serves.
    pub(crate) canary: Option<String>,
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.verb, self.resource_path)?;
        for (name, value) in &self.parameters {
            write!(f, " {name}={value}")?;
        }
        match &self.canary {
            Some(deployment) => write!(f, " canary {deployment}"),
            None => Ok(()),
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Change {
    Creating = 1,
    Flushing = 2,
    Deleting = 3,
}

#[derive(Clone, Debug)]
struct Weight;

impl Weighter<Box<[u8]>, Arc<Entry>> for Weight {
    fn weight(&self, key: &Box<[u8]>, entry: &Arc<Entry>) -> u64 {
        entry.weight() + key.len() as u64
    }
}

impl Entry {
    fn weight(&self) -> u64 {
        let headers = self.headers.iter();
        let headers: usize = headers.map(|(n, v)| n.as_str().len() + v.len()).sum();
        OVERHEAD + headers as u64 + self.body.len() as u64
    }
}

/// An entry as it is told.
#[derive(Debug)]
pub(crate) struct Listed {
    pub(crate) id: String,
    pub(crate) bytes: u64,
    pub(crate) entry: Arc<Entry>,
}

impl Cluster {
    /// A cluster of this size. One that is `new` becomes available after a while, another is there already.
    pub(crate) fn new(size: &str, now: Duration, new: bool) -> Self {
        let cluster = Self {
            size: size.into(),
            entries: Cache::with_weighter(EXPECTED_ENTRIES, capacity(size), Weight),
            change: AtomicU8::new(Change::Creating as u8),
            done_at: AtomicU64::new(0),
        };
        if new {
            cluster.begin(Change::Creating, now + CREATING);
        }
        cluster
    }

    fn begin(&self, change: Change, done_at: Duration) {
        self.done_at.store(nanos(done_at), Ordering::Relaxed);
        self.change.store(change as u8, Ordering::Release);
        self.entries.clear();
    }

    /// Empties it, which takes a while.
    pub(crate) fn flush(&self, now: Duration) {
        if self.is_done(now) {
            self.begin(Change::Flushing, now + EMPTYING);
        }
    }

    /// Ends it.
    pub(crate) fn delete(&self, now: Duration) {
        if self.is_deleted() {
            return;
        }
        self.begin(Change::Deleting, now + EMPTYING);
    }

    fn is_done(&self, now: Duration) -> bool {
        nanos(now) >= self.done_at.load(Ordering::Relaxed)
    }

    pub(crate) fn is_deleted(&self) -> bool {
        self.change.load(Ordering::Acquire) == Change::Deleting as u8
    }

    /// Whether answers may be taken from it and put into it.
    pub(crate) fn is_available(&self, now: Duration) -> bool {
        !self.is_deleted() && self.is_done(now)
    }

    /// `cacheClusterStatus`
    pub(crate) fn status(&self, now: Duration) -> &'static str {
        let change = self.change.load(Ordering::Acquire);
        match (self.is_done(now), self.is_deleted()) {
            (true, true) => "NOT_AVAILABLE",
            (true, false) => "AVAILABLE",
            (false, true) => "DELETE_IN_PROGRESS",
            (false, false) if change == Change::Flushing as u8 => "FLUSH_IN_PROGRESS",
            (false, false) => "CREATE_IN_PROGRESS",
        }
    }

    pub(crate) fn size(&self) -> &str {
        &self.size
    }

    /// Bytes that it may hold, and bytes that it holds.
    pub(crate) fn fill(&self) -> (u64, u64) {
        (capacity(&self.size), self.entries.weight())
    }

    /// The answer for this key, unless it is too old.
    pub(crate) fn get(&self, key: &[u8], now: Duration) -> Option<Arc<Entry>> {
        self.entries.get(key).filter(|entry| entry.expires > now)
    }

    pub(crate) fn put(&self, key: Box<[u8]>, entry: Entry) {
        if !self.is_deleted() {
            self.entries.insert(key, Arc::new(entry));
        }
    }

    /// What is still served.
    pub(crate) fn list(&self, now: Duration) -> Vec<Listed> {
        let entries = self.entries.iter();
        let fresh = entries.filter(|(_, entry)| entry.expires > now);
        let listed = fresh.map(|(key, entry)| Listed {
            id: id_of(&key),
            bytes: entry.weight() + key.len() as u64,
            entry,
        });
        listed.collect()
    }

    /// Drops one entry; whether there was one.
    pub(crate) fn drop_entry(&self, id: &str) -> bool {
        let key = self.entries.iter().find(|(key, _)| id_of(key) == id);
        key.is_some_and(|(key, _)| self.entries.remove(&key).is_some())
    }
}

/// What an entry is called, from its key.
fn id_of(key: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// Bytes of a size in gigabytes.
fn capacity(size: &str) -> u64 {
    const TENTH: u64 = 1024 * 1024 * 1024 / 10;
    let (whole, tenths) = size.split_once('.').unwrap_or((size, "0"));
    let tenths = tenths.parse::<u64>().unwrap_or(0);
    whole.parse::<u64>().unwrap_or(0) * 10 * TENTH + tenths * TENTH
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(body: usize, expires: u64) -> Entry {
        Entry {
            status: 200,
            headers: Box::new([]),
            spellings: Vec::new(),
            body: Bytes::from(vec![b'x'; body]),
            stored: Timestamp::UNIX_EPOCH,
            expires: Duration::from_secs(expires),
            asked: Asked {
                verb: "GET".into(),
                resource_path: "/".into(),
                parameters: Vec::new(),
                canary: None,
            },
        }
    }

    fn key(n: usize) -> Box<[u8]> {
        n.to_be_bytes().into()
    }

    #[test]
    fn a_cluster_goes_through_its_life() {
        let at = Duration::from_secs;
        let cluster = Cluster::new("0.5", at(10), true);
        let status = |seconds| cluster.status(at(seconds));
        assert_eq!(
            [status(11), status(12)],
            ["CREATE_IN_PROGRESS", "AVAILABLE"]
        );
        assert!(!cluster.is_available(at(11)) && cluster.is_available(at(12)));
        cluster.put(key(1), entry(3, 100));
        cluster.flush(at(20));
        assert_eq!([status(20), status(21)], ["FLUSH_IN_PROGRESS", "AVAILABLE"]);
        assert!(cluster.get(&key(1), at(21)).is_none());
        cluster.delete(at(30));
        assert_eq!(
            [status(30), status(31)],
            ["DELETE_IN_PROGRESS", "NOT_AVAILABLE"]
        );
        assert!(!cluster.is_available(at(31)));
        assert_eq!(
            Cluster::new("0.5", at(10), false).status(at(10)),
            "AVAILABLE"
        );
    }

    #[test]
    fn entries_end_with_their_time_and_can_be_dropped() {
        let cluster = Cluster::new("0.5", Duration::ZERO, false);
        let at = Duration::from_secs;
        cluster.put(key(1), entry(3, 5));
        cluster.put(key(2), entry(3, 9));
        assert!(cluster.get(&key(1), at(4)).is_some() && cluster.get(&key(1), at(5)).is_none());
        let listed = cluster.list(at(6));
        assert_eq!(listed.len(), 1);
        assert!(cluster.drop_entry(&listed[0].id) && !cluster.drop_entry(&listed[0].id));
        assert!(cluster.get(&key(2), at(6)).is_none());
    }

    #[test]
    fn a_cluster_holds_no_more_than_its_size() {
        let sizes = ["0.5", "1.6", "6.1", "13.5", "28.4", "58.2", "118", "237"];
        let gigabytes = [5, 16, 61, 135, 284, 582, 1180, 2370];
        for (size, tenths) in sizes.into_iter().zip(gigabytes) {
            assert_eq!(capacity(size), tenths * (1024 * 1024 * 1024 / 10));
        }
        let cluster = Cluster::new("0.5", Duration::ZERO, false);
        let one = Bytes::from(vec![b'x'; 1024 * 1024]);
        for n in 0..2_000 {
            // The bytes are shared; the cluster can't know.
            let mut entry = entry(0, 100);
            entry.body = one.clone();
            cluster.put(key(n), entry);
        }
        let (capacity, used) = cluster.fill();
        assert!(used <= capacity && used > capacity / 2, "{used}");
    }
}
