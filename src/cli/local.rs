//! The bundled gateway behind a console: its port, its start beside the first frame, the sample API, its end.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use crate::aws::{Api, Session, Target};
use crate::base::Clock;
use crate::console::Outside;
use crate::console::app::{Level, Message};
use crate::demo::{Plan, Show, Told, sample};
use crate::engine::store::{Location, Owner, has_state, owner, wait_until_free};
use crate::engine::{Config, Engine, StartError};

use super::console::{Rights, Screen, session};
use super::{fail, say};

/// The port that local AWS is usually found at.
const PORT: u16 = 4566;
/// How often a port that was free a moment ago is tried.
const BIND_TRIES: u32 = 10;
/// How long to wait in between.
const BETWEEN_TRIES: Duration = Duration::from_millis(20);
/// Newcomers look here first: it has the canary, the plans and most of the customers.
const FIRST_STAGE: &str = "prod";
/// What the sample's shop draws from unless another seed is given: nothing depends on it but the prices of chance.
const SEED: u64 = 1;

/// A gateway and the console on it.
#[derive(Debug)]
pub(super) struct Local {
    /// In memory with customers, or in the data folder without.
    pub(super) kind: Kind,
    /// `--region`.
    pub(super) region: Option<String>,
    /// How the console looks.
    pub(super) screen: Screen,
}

/// What kind of gateway it is to be.
#[derive(Debug)]
pub(super) enum Kind {
    /// In memory, with a sample API and customers.
    Demo {
        /// Seed of all that is drawn.
        seed: Option<u64>,
    },
    /// Kept in this folder.
    Kept(PathBuf),
}

/// What the console's end must stop, in this order.
struct Running {
    show: Option<Show>,
    engine: Engine,
}

impl Running {
    fn stop(self) {
        drop(self.show);
        self.engine.stop();
    }
}

impl Local {
    /// Runs the console until it ends, then the gateway.
    pub(super) fn run(self) -> ExitCode {
        if let Kind::Kept(folder) = &self.kind {
            match owner(folder) {
                Ok(None) => {}
                Ok(Some(owner)) if owner.address.starts_with("http://") => {
                    let folder = folder.clone();
                    return self.attach(owner, folder);
                }
                Ok(Some(owner)) => {
                    let folder = folder.display();
                    let pid = owner.pid;
                    return fail(
                        3,
                        &format!(
                            "process {pid} is just starting a gateway on {folder}: try again in a moment"
                        ),
                    );
                }
                Err(error) => return fail(3, &error.to_string()),
            }
        }
        let (listen, held) = match free_address() {
            Ok(free) => free,
            Err(error) => return fail(3, &format!("can't find a free port: {error}")),
        };
        let url = format!("http://{listen}");
        let kept = matches!(self.kind, Kind::Kept(_));
        let session = self.session(&url);
        let rights = Rights {
            write: true,
            owns_gateway: true,
        };
        let (running, started) = mpsc::channel();
        let (kind, region) = (self.kind, session.region.clone());
        let begin = move |outside: Outside| match start(kind, listen, Some(held), region, &outside)
        {
            Ok(new) => {
                outside.ready();
                if listen.port() != PORT {
                    let text = format!("port {PORT} is taken: the gateway is at {listen}");
                    outside.tell(Message::Say(Level::Note, text));
                }
                // The receiver waits for this before it leaves.
                let _ = running.send(new);
            }
            Err(why) => outside.fail(why),
        };
        let code = self.screen.run(session, rights, begin);
        // Waits for a start that is still under way, so that nothing is left behind half started.
        if let Ok(running) = started.recv() {
            running.stop();
            say(&if kept {
                format!(
                    "the gateway at {url} has stopped serving; `sluice` brings it back as it was"
                )
            } else {
                format!("the demo at {url} has stopped serving and is forgotten")
            });
        }
        code
    }

    /// A console on a gateway that another process runs, until that ends and the user takes over.
    fn attach(self, owner: Owner, folder: PathBuf) -> ExitCode {
        let url = owner.address.clone();
        let session = self.session(&url);
        let region = session.region.clone();
        // Held while the gateway starts, so that whoever quits meanwhile waits for it.
        let running = Arc::new(Mutex::new(None));
        let taken = Arc::clone(&running);
        let code = self.screen.run(session, Rights::default(), move |outside| {
            outside.ready();
            let note = format!(
                "attached to the gateway of process {}: it goes on when you quit",
                owner.pid
            );
            outside.tell(Message::Say(Level::Note, note));
            let heir = Heir {
                owner,
                folder,
                region,
                outside,
            };
            heir.wait(&taken);
        });
        let running = running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(running) = running {
            running.stop();
            say(&format!(
                "the gateway at {url} has stopped serving; `sluice` brings it back as it was"
            ));
        }
        code
    }

    fn session(&self, url: &str) -> Session {
        let target = Target::Local {
            endpoint: url.to_owned(),
        };
        session(target, self.region.as_deref())
    }
}

/// What an attached console waits with for the end of the gateway that it is attached to.
struct Heir {
    owner: Owner,
    folder: PathBuf,
    region: Option<String>,
    outside: Outside,
}

impl Heir {
    /// Waits for the owner's end and the user's word, then serves in its place; what runs then is put into `running`.
    fn wait(mut self, running: &Mutex<Option<Running>>) {
        let failed = |why: String| Message::Say(Level::Failed, why);
        loop {
            if let Err(error) = wait_until_free(&self.folder) {
                return self.outside.tell(failed(error.to_string()));
            }
            let (take_over, word) = mpsc::channel();
            self.outside.owner_ended(self.owner.pid, take_over);
            if word.recv().is_err() {
                return;
            }
            let mut running = running.lock().unwrap_or_else(PoisonError::into_inner);
            match self.start() {
                Ok(new) => {
                    *running = Some(new);
                    self.outside.tell(Message::Served { here: true });
                    return self.outside.refresh();
                }
                Err(why) => self.outside.tell(failed(format!("can't take over: {why}"))),
            }
            // Another console may have been faster.
            match owner(&self.folder) {
                Ok(Some(next)) if next.address == self.owner.address => {
                    self.owner = next;
                    self.outside.tell(Message::Served { here: false });
                    self.outside.refresh();
                }
                Ok(Some(_)) => return,
                Ok(None) | Err(_) => {}
            }
        }
    }

    fn start(&self) -> Result<Running, String> {
        let address = self.owner.address.trim_start_matches("http://");
        let listen = address
            .parse()
            .map_err(|_| format!("{address} is no address"))?;
        let kind = Kind::Kept(self.folder.clone());
        start(kind, listen, None, self.region.clone(), &self.outside)
    }
}

/// The usual port, or a free one if that is taken; the engine serves the listener, so that nobody can take it in between.
fn free_address() -> std::io::Result<(SocketAddr, TcpListener)> {
    let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, PORT))
        .or_else(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
    Ok((bound.local_addr()?, bound))
}

/// Starts the engine, then the shop and what belongs to it. Runs beside the console's first frame.
fn start(
    kind: Kind,
    listen: SocketAddr,
    held: Option<TcpListener>,
    region: Option<String>,
    outside: &Outside,
) -> Result<Running, String> {
    let (location, seed, traffic) = match kind {
        Kind::Demo { seed } => (Location::Memory, seed, true),
        Kind::Kept(folder) => (Location::Folder(folder), None, false),
    };
    let first = match &location {
        Location::Memory => true,
        Location::Folder(folder) => !has_state(folder),
    };
    let clock = Clock::system();
    let config = || Config {
        listen,
        location: location.clone(),
        // One console and its user: more runtimes would only take memory.
        threads: Some(std::num::NonZeroUsize::MIN),
        seed,
        clock: clock.clone(),
        ..Config::default()
    };
    let mut held = held;
    let mut tries = 0;
    let engine = loop {
        let bound = held.take();
        match crate::engine::start(Config { bound, ..config() }) {
            // Another sluice may just be finding out whether the port is free: it has it for a moment only.
            Err(StartError::Listen { source, .. })
                if source.kind() == ErrorKind::AddrInUse && tries < BIND_TRIES =>
            {
                tries += 1;
                std::thread::park_timeout(BETWEEN_TRIES);
            }
            result => break result.map_err(|error| error.to_string())?,
        }
    };
    let plan = Plan {
        gateway: format!("http://{}", engine.addr()),
        region,
        make: first,
        traffic,
        seed: seed.unwrap_or(SEED),
        clock,
    };
    let heard = outside.clone();
    let show = Show::start(plan, move |told| tell(&heard, told));
    let show = match show {
        Ok(show) => Some(show),
        Err(error) => {
            let text = format!("the sample API can't be started: {error}");
            outside.tell(Message::Say(Level::Failed, text));
            None
        }
    };
    Ok(Running { show, engine })
}

/// Tells the user what became of the sample.
fn tell(outside: &Outside, told: Told) {
    match told {
        Told::Made(id) => {
            let name = sample::NAME.to_owned();
            outside.tell(Message::ChooseApi(Api { id, name }));
            outside.tell(Message::ChooseStage(FIRST_STAGE.to_owned()));
            outside.refresh();
        }
        Told::Found => outside.refresh(),
        Told::None => {}
        Told::Failed(why) => {
            outside.tell(Message::Say(
                Level::Failed,
                format!("the sample API isn't complete: {why}"),
            ));
            outside.refresh();
        }
    }
}
