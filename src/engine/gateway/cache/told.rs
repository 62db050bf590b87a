//! What a stage's cache holds, for people.

use jiff::SignedDuration;
use serde::Serialize;

use super::super::Gateway;
use super::cluster::Listed;

/// A stage's cache and what it holds.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CacheContents {
    /// Gigabytes, as the service writes them.
    pub size: String,
    /// `AVAILABLE`, …
    pub status: &'static str,
    /// Bytes that it may hold.
    pub capacity_bytes: u64,
    /// Bytes that it holds, entries that are too old included until their place is needed.
    pub used_bytes: u64,
    /// The entries that are served, the newest first.
    pub entries: Vec<CachedAnswer>,
}

/// A cached answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CachedAnswer {
    /// What it is dropped by.
    pub id: String,
    /// The verb that was asked.
    pub http_method: String,
    /// The resource whose request stored it.
    pub resource_path: String,
    /// Its key parameters, by name; those that the request didn't have are absent.
    pub parameters: Vec<(String, String)>,
    /// The canary's deployment, for an entry that only the canary serves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub canary_deployment_id: Option<String>,
    /// The answer's status.
    pub status: u16,
    /// What it takes of the cache, in bytes.
    pub bytes: u64,
    /// When it was stored, RFC 3339.
    pub stored: String,
    /// When it ends, RFC 3339.
    pub expires: String,
}

impl Gateway {
    /// What a stage's cache holds; nothing when the stage has none.
    #[must_use]
    pub fn cache_contents(&self, api_id: &str, stage: &str) -> Option<CacheContents> {
        let cluster = self.cluster(api_id, stage)?;
        let now = self.clock.monotonic();
        let (capacity_bytes, used_bytes) = cluster.fill();
        let mut listed = cluster.list(now);
        listed.sort_by(|a, b| (b.entry.stored, &a.id).cmp(&(a.entry.stored, &b.id)));
        let told = |Listed { id, bytes, entry }: Listed| {
            let left = SignedDuration::try_from(entry.expires.saturating_sub(now));
            let ends = self.clock.now().saturating_add(left.unwrap_or_default());
            CachedAnswer {
                id,
                http_method: entry.asked.verb.clone(),
                resource_path: entry.asked.resource_path.clone(),
                parameters: entry.asked.parameters.clone(),
                canary_deployment_id: entry.asked.canary.clone(),
                status: entry.status,
                bytes,
                stored: entry.stored.to_string(),
                expires: ends.unwrap_or(entry.stored).to_string(),
            }
        };
        Some(CacheContents {
            size: cluster.size().to_owned(),
            status: cluster.status(now),
            capacity_bytes,
            used_bytes,
            entries: listed.into_iter().map(told).collect(),
        })
    }

    /// Drops one answer of a stage's cache; whether there was one.
    #[must_use]
    pub fn drop_cached(&self, api_id: &str, stage: &str, id: &str) -> bool {
        self.cluster(api_id, stage)
            .is_some_and(|cluster| cluster.drop_entry(id))
    }
}
