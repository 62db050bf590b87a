//! The demo on its feet: the shop is open, the sample exists, customers come.

use std::io;
use std::thread::JoinHandle;

use tokio::runtime::Builder;
use tokio::sync::oneshot;
use tokio::task::LocalSet;

use super::sample::Found;
use super::{Backend, Hand, Pace, Traffic, sample};
use crate::aws::{Session, Target};
use crate::base::{Chance, Clock};

/// What is to be shown.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The gateway's URL: `http://127.0.0.1:4566`.
    pub gateway: String,
    /// The region that the sample lives in.
    pub region: Option<String>,
    /// Whether the sample is to be made; otherwise one that is there is told where the shop is now.
    pub make: bool,
    /// Whether customers come.
    pub traffic: bool,
    /// What the shop and its customers do is drawn from this.
    pub seed: u64,
    /// The time.
    pub clock: Clock,
}

/// What became of the sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// It was made; this is the API's id.
    Made(String),
    /// It was there, and its stages reach the shop.
    Found,
    /// There is none: the user has deleted it.
    None,
    /// It couldn't be made or reached, in words for the user.
    Failed(String),
}

/// A running demo. Dropping it sends the customers home and closes the shop; a sample that is being made is finished first.
#[derive(Debug)]
pub struct Show {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Show {
    /// Starts; `told` is called from the demo's thread, once.
    pub fn start(plan: Plan, told: impl FnOnce(Told) + Send + 'static) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("demo".to_owned())
            .spawn(move || {
                LocalSet::new().block_on(&runtime, play(plan, told, stopped));
            })?;
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for Show {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            // If it panicked it has said so, and there is nothing left to end.
            let _ = thread.join();
        }
    }
}

async fn play(plan: Plan, told: impl FnOnce(Told), stopped: oneshot::Receiver<()>) {
    let mut chance = Chance::seeded(plan.seed);
    let traffic = match prepare(&plan, &mut chance).await {
        Ok((result, traffic)) => {
            told(result);
            traffic
        }
        Err(why) => {
            tracing::error!(%why, "the sample API isn't there");
            told(Told::Failed(why));
            None
        }
    };
    let clock = plan.clock;
    if let Some(traffic) = traffic {
        tokio::select! {
            () = traffic.run(clock, chance) => {}
            _ = stopped => {}
        }
    } else {
        // The shop stays open; the end of the sender is the sign to leave.
        let _ = stopped.await;
    }
}

async fn prepare(plan: &Plan, chance: &mut Chance) -> Result<(Told, Option<Traffic>), String> {
    let words = |what: &'static str| move |error: io::Error| format!("{what}: {error}");
    let backend = Backend::open()
        .await
        .map_err(words("can't open the sample's backend"))?;
    let at = backend.addr();
    tokio::task::spawn_local(backend.serve(plan.seed, Pace::Real));
    let session = Session {
        target: Target::Local {
            endpoint: plan.gateway.clone(),
        },
        region: plan.region.clone(),
    };
    let mut hand = Hand::new(session, plan.clock.clone(), chance.split())
        .map_err(words("can't start the demo's threads"))?;
    if !plan.make {
        let found = sample::find(&mut hand, at)
            .await
            .map_err(|error| error.to_string())?;
        let told = match found {
            Found::Whole => Told::Found,
            Found::Part => Told::Failed(
                "an earlier start was cut off while it made it. Delete it, or all of the data folder to have it made again"
                    .to_owned(),
            ),
            Found::Nothing => Told::None,
        };
        return Ok((told, None));
    }
    let sample = sample::build(&mut hand, at)
        .await
        .map_err(|error| error.to_string())?;
    let traffic = if plan.traffic {
        let traffic = Traffic::new(&plan.gateway, &sample);
        Some(traffic.map_err(|error| format!("can't make the demo's HTTP client: {error}"))?)
    } else {
        None
    };
    Ok((Told::Made(sample.api), traffic))
}
