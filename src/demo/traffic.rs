//! Customers that call the sample API through the gateway, as real ones would: over HTTP, with and without keys.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::mix::{Mix, Visit};
use super::sample::Sample;
use crate::base::{Chance, Clock};

/// Requests under way at a time. Enough for the rate at the shop's slowest; when the gateway hangs, customers stay away.
const MOST_AT_A_TIME: usize = 32;
/// A little more than the gateway's own limit, so that it is the gateway that gives up.
const PATIENCE: Duration = Duration::from_secs(32);
/// How long customers stay away when nobody opens.
const CLOSED: Duration = Duration::from_secs(1);
/// How often the bot of the partner on trial comes.
const BETWEEN_BURSTS: Duration = Duration::from_secs(20);
/// When it comes for the first time: early enough to be seen at once.
const FIRST_BURST: Duration = Duration::from_secs(2);

/// The customers.
#[derive(Clone, Debug)]
pub struct Traffic {
    client: reqwest::Client,
    /// `http://127.0.0.1:4566/_aws/execute-api/7k2m9x4q1z`
    api: String,
    sample: Sample,
}

impl Traffic {
    /// Customers of this sample at the gateway's URL.
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub fn new(gateway: &str, sample: &Sample) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            // A proxy in the environment must not catch calls to this machine; plain HTTP needs no roots.
            .no_proxy()
            .tls_certs_only([])
            .timeout(PATIENCE)
            .build()?;
        Ok(Self {
            client,
            api: format!(
                "{}/_aws/execute-api/{}",
                gateway.trim_end_matches('/'),
                sample.api
            ),
            sample: sample.clone(),
        })
    }

    /// Sends until dropped.
    pub async fn run(self, clock: Clock, chance: Chance) {
        let mut mix = Mix::new(chance);
        let room = Arc::new(Semaphore::new(MOST_AT_A_TIME));
        let opened = clock.monotonic();
        let mut next_burst = FIRST_BURST;
        let mut due = Duration::ZERO;
        loop {
            let elapsed = clock.monotonic().saturating_sub(opened);
            tokio::time::sleep(due.saturating_sub(elapsed)).await;
            // What is late isn't made up for: the rate falls when the gateway can't keep up, as with real customers.
            due = due.max(elapsed.saturating_sub(Duration::from_millis(200))) + mix.pause(elapsed);
            let mut visits = vec![mix.next()];
            if elapsed >= next_burst {
                next_burst += BETWEEN_BURSTS;
                visits.extend(mix.burst());
            }
            for visit in visits {
                let Ok(room) = Arc::clone(&room).acquire_owned().await else {
                    return;
                };
                let this = self.clone();
                tokio::spawn(async move {
                    if this.send(&visit).await.is_none() {
                        tokio::time::sleep(CLOSED).await;
                    }
                    drop(room);
                });
            }
        }
    }

    /// Sends `count` requests one after another, and lets a manual clock pass between them: for pictures and tests, where the same must
    /// come out each time.
    pub async fn send_in_turn(&self, count: usize, clock: &Clock, chance: Chance) {
        let mut mix = Mix::new(chance);
        let opened = clock.monotonic();
        let mut next_burst = FIRST_BURST;
        for _ in 0..count {
            let elapsed = clock.monotonic().saturating_sub(opened);
            let mut visits = vec![mix.next()];
            if elapsed >= next_burst {
                next_burst += BETWEEN_BURSTS;
                visits.extend(mix.burst());
            }
            for visit in visits {
                self.send(&visit).await;
            }
            clock.advance(mix.pause(elapsed));
        }
    }

    /// The status of the answer; nothing if there was none.
    async fn send(&self, visit: &Visit) -> Option<u16> {
        let url = format!("{}/{}{}", self.api, visit.stage, visit.path);
        let verb = reqwest::Method::from_bytes(visit.verb.as_bytes()).ok()?;
        let mut request = self.client.request(verb, url);
        let key = self
            .sample
            .keys
            .iter()
            .find(|key| Some(key.name) == visit.key);
        if let Some(key) = key {
            request = request.header("x-api-key", key.value.reveal());
        }
        if let Some(body) = &visit.body {
            request = request
                .header("content-type", "application/json")
                .body(body.to_string());
        }
        let response = request.send().await.ok()?;
        let status = response.status().as_u16();
        // Read to its end, or the connection couldn't be used again.
        response.bytes().await.ok()?;
        Some(status)
    }
}
