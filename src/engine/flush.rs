//! Usage counters, metrics and traces are written to the store in batches, a second after something was counted: a crash loses at most that.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::control::apigateway::USAGE;
use super::gateway::{Gateway, StoredUsage};
use super::store::{Change, Row, Store};
use super::telemetry::traces::Traces;
use super::telemetry::{self, Telemetry};

/// How long counts may wait for the next batch.
const BATCH: Duration = Duration::from_secs(1);

/// Writes what was counted.
#[derive(Debug)]
pub(crate) struct Flush {
    pub(crate) store: Arc<Store>,
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) telemetry: Arc<Telemetry>,
    pub(crate) traces: Rc<Traces>,
}

impl Flush {
    /// Takes up what earlier runs wrote.
    pub(crate) fn restore(&self, rows: &[Row]) {
        let unreadable = self
            .telemetry
            .restore(rows.iter().filter(|row| row.kind == telemetry::KIND));
        if unreadable > 0 {
            tracing::warn!(
                unreadable,
                "stored metrics could not be read and are left out"
            );
        }
        self.gateway
            .restore_usage(
                rows.iter()
                    .filter(|row| row.kind == USAGE)
                    .map(|row| StoredUsage {
                        region: row.region.clone(),
                        key: row.key.clone(),
                        value: row.value.clone(),
                    }),
            );
    }

    /// Writes a batch a second after something was counted, and the rest when the engine stops. Sleeps as long as nothing is.
    pub(crate) async fn run(self, mut stop: watch::Receiver<bool>) {
        if !self.store.is_kept() {
            return;
        }
        self.drop_orphans().await;
        loop {
            tokio::select! {
                biased;
                _ = stop.wait_for(|stopped| *stopped) => break,
                // Every request that counts towards a quota is measured too.
                () = self.telemetry.changed() => {}
                () = self.traces.changed() => {}
            }
            tokio::select! {
                biased;
                _ = stop.wait_for(|stopped| *stopped) => break,
                () = tokio::time::sleep(BATCH) => {}
            }
            self.write().await;
        }
        self.write().await;
    }

    /// Deletes counts of keys that are gone, and of days that nobody can ask for.
    async fn drop_orphans(&self) {
        let orphans = self.gateway.take_orphaned_usage();
        let changes = orphans.into_iter().map(|row| Change {
            region: row.region,
            kind: USAGE,
            key: row.key,
            value: None,
        });
        if let Err(error) = self.store.commit(changes.collect()).await {
            tracing::warn!(%error, "counts of deleted keys could not be deleted");
        }
    }

    async fn write(&self) {
        let usage = self
            .gateway
            .take_changed_usage()
            .into_iter()
            .map(|count| Change {
                region: count.region,
                kind: USAGE,
                key: count.key,
                value: Some(count.value),
            });
        let mut changes: Vec<Change> = usage.collect();
        changes.extend(self.telemetry.unsaved());
        changes.extend(self.traces.unsaved());
        if let Err(error) = self.store.commit(changes).await {
            self.telemetry.not_saved();
            self.traces.not_saved();
            self.gateway.usage_not_stored();
            tracing::error!(%error, "usage, metrics and traces could not be stored");
        }
    }
}
