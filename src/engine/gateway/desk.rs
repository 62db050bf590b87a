//! The desk: takes in requests that somebody wants told, writes their logs and segments, shows them to followers, and keeps the newest.
//!
//! It works in the control runtime, away from the requests that are being served.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};

use super::Gateway;
use super::exchange::Exchange;
use super::explain::{self, Filter};
use super::journal::{Journal, Watch};
use super::log::execution::{self, About};
use super::xray::{self, Finished};

/// Told requests that are kept.
const KEPT: usize = 256;
/// Requests that are taken in at once.
const BATCH: usize = 256;
/// Lines that wait for a slow follower.
const WAITING: usize = 1_024;
/// How long the last requests may take to come in when the engine stops.
const LAST: Duration = Duration::from_millis(20);

/// Lines for a log group.
#[derive(Debug)]
pub(crate) struct Lines {
    pub(crate) region: String,
    pub(crate) group: String,
    pub(crate) stream: String,
    /// When, and what.
    pub(crate) events: Vec<(Timestamp, String)>,
}

/// The desk.
#[derive(Debug)]
pub(crate) struct Desk {
    journal: Arc<Journal>,
    told: RefCell<VecDeque<Box<Exchange>>>,
    followers: RefCell<Vec<Follower>>,
}

#[derive(Debug)]
struct Follower {
    filter: Filter,
    lines: mpsc::Sender<Bytes>,
    /// Requests that it was too slow for.
    missed: u64,
    /// For as long as it follows, every request tells its story.
    _watch: Watch,
}

impl Desk {
    /// The desk of a gateway.
    pub(crate) fn new(gateway: &Gateway) -> Self {
        Self {
            journal: Arc::clone(&gateway.journal),
            told: RefCell::default(),
            followers: RefCell::default(),
        }
    }

    /// Works until the engine stops. `write` takes the lines of logs, `trace` the segments of traced requests.
    pub(crate) async fn run(
        &self,
        write: impl Fn(Lines),
        trace: impl Fn(Finished),
        mut stop: watch::Receiver<bool>,
    ) {
        let Some(mut inbox) = self.journal.take_inbox() else {
            return;
        };
        let mut batch = Vec::new();
        let mut missed = 0;
        loop {
            tokio::select! {
                biased;
                _ = stop.wait_for(|stopped| *stopped) => break,
                count = inbox.recv_many(&mut batch, BATCH) => {
                    if count == 0 {
                        return;
                    }
                    self.take_in(&mut batch, &write, &trace);
                }
                () = self.followers_gone() => {}
            }
            let now = self.journal.missed();
            if now > missed {
                tracing::warn!(
                    missed = now - missed,
                    "more requests came than their logs could be written for"
                );
                missed = now;
            }
        }
        // What is on its way is written too.
        while let Ok(count) = tokio::time::timeout(LAST, inbox.recv_many(&mut batch, BATCH)).await {
            if count == 0 {
                return;
            }
            self.take_in(&mut batch, &write, &trace);
        }
    }

    /// Waits until a follower goes, and forgets it.
    async fn followers_gone(&self) {
        let sender = {
            let followers = self.followers.borrow();
            followers.first().map(|follower| follower.lines.clone())
        };
        match sender {
            Some(sender) => sender.closed().await,
            None => std::future::pending().await,
        }
        self.followers
            .borrow_mut()
            .retain(|follower| !follower.lines.is_closed());
    }

    #[allow(clippy::vec_box, reason = "they come boxed, and are large")]
    fn take_in(
        &self,
        batch: &mut Vec<Box<Exchange>>,
        write: &impl Fn(Lines),
        trace: &impl Fn(Finished),
    ) {
        for mut x in batch.drain(..) {
            x.request.body = Bytes::new();
            for lines in logs_of(&x) {
                write(lines);
            }
            if let Some(segment) = xray::segment_of(&x) {
                trace(segment);
            }
            x.backend = None;
            self.show(&x);
            x.record.shorten();
            let mut told = self.told.borrow_mut();
            if told.len() >= KEPT {
                told.pop_front();
            }
            told.push_back(x);
        }
    }

    fn show(&self, x: &Exchange) {
        let mut followers = self.followers.borrow_mut();
        followers.retain(|follower| !follower.lines.is_closed());
        if followers.is_empty() {
            return;
        }
        let summary = explain::summary(x);
        let mut text = None;
        for follower in followers.iter_mut() {
            if !follower.filter.passes(&summary) {
                continue;
            }
            let line = text.get_or_insert_with(|| line(&explain::explanation(x)));
            if follower.lines.try_send(line.clone()).is_err() {
                follower.missed += 1;
                continue;
            }
            if follower.missed > 0
                && follower
                    .lines
                    .try_send(self::line(&json!({ "missed": follower.missed })))
                    .is_ok()
            {
                follower.missed = 0;
            }
        }
    }

    /// Follows the requests that pass the filter: a line of JSON each.
    pub(crate) fn follow(&self, filter: Filter) -> mpsc::Receiver<Bytes> {
        let (lines, receiver) = mpsc::channel(WAITING);
        self.followers.borrow_mut().push(Follower {
            filter,
            lines,
            missed: 0,
            _watch: self.journal.watch(),
        });
        receiver
    }

    /// The newest requests that pass the filter, newest first.
    pub(crate) async fn list(&self, filter: &Filter, limit: usize) -> Value {
        let mut all = self.journal.list(filter).await;
        {
            let told = self.told.borrow();
            let told = told.iter().map(|x| explain::summary(x));
            all.extend(told.filter(|summary| filter.passes(summary)));
        }
        all.sort_by_key(|summary| std::cmp::Reverse(summary.time));
        all.truncate(limit);
        json!({ "requests": all, "missed": self.journal.missed() })
    }

    /// The explanation of one request, if it is still kept.
    pub(crate) async fn explain(&self, request_id: &str) -> Option<Value> {
        let told = {
            let told = self.told.borrow();
            let found = told.iter().rev().find(|x| x.ids.request_id() == request_id);
            found.map(|x| explain::explanation(x))
        };
        match told {
            Some(told) => Some(told),
            None => self.journal.explain(request_id).await,
        }
    }

    /// Forgets all requests.
    pub(crate) fn forget(&self) {
        self.told.borrow_mut().clear();
        self.journal.forget();
    }
}

fn line(value: &Value) -> Bytes {
    Bytes::from(format!("{value}\n"))
}

/// The lines that a request leaves in log groups.
fn logs_of(x: &Exchange) -> Vec<Lines> {
    let mut all = Vec::new();
    let canary = if x.canary { "/Canary" } else { "" };
    let mut add = |group: String, lines: Vec<(Timestamp, String)>| {
        if !lines.is_empty() {
            all.push(Lines {
                region: x.stage.region.name.to_string(),
                stream: stream_name(&group, x.record.time),
                group,
                events: lines,
            });
        }
    };
    if let Some(level) = x.side().log_level(x.method) {
        let request_id = x.ids.logged_id();
        let about = About {
            request_id: &request_id,
            extended_id: x.ids.extended_id(),
            api: &x.stage.api_id,
            stage: &x.stage.name,
        };
        let lines = execution::of_stage(about, level, x.record.time, &x.record.events());
        // Groups and streams: `spec/cloudwatch-logs.md` §4.
        let group = format!(
            "API-Gateway-Execution-Logs_{}/{}{canary}",
            x.stage.api_id, x.stage.name
        );
        add(group, lines);
    }
    if let Some(log) = x.stage.access_log() {
        let line = (x.record.time + x.record.latency, log.line(x));
        add(format!("{}{canary}", log.group), vec![line]);
    }
    all
}

/// The stream of a group on a day: 32 hexadecimal digits, as the service's are.
fn stream_name(group: &str, time: Timestamp) -> String {
    // FNV-1a with 128 bits: a name, not a secret.
    let day = time.as_second().div_euclid(86_400).to_be_bytes();
    let bytes = group.bytes().chain(day);
    let hash = bytes.fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128, |hash, b| {
        (hash ^ u128::from(b)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
    });
    format!("{hash:032x}")
}
