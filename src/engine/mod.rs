//! The local gateway: AWS's wire protocols on one port, and the APIs that they define, served.
//!
//! `server` owns the sockets and sorts requests; `wire` turns bytes into calls and back; `control` answers the services' operations;
//! `gateway` serves the deployed APIs; `message` is what goes between it and the sockets; `telemetry` measures them; `store` keeps what must survive.
//!
//! Threads: one per data runtime, one for the control plane, one for SQLite. Between them go only immutable snapshots, atomics and
//! messages; no runtime is shared with the console.

pub mod control;
mod flush;
pub mod gateway;
pub mod message;
mod server;
pub mod store;
pub mod telemetry;
mod tls_port;
pub mod wire;

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;

use http_body_util::{BodyExt, Limited};
use hyper::Response;
use tokio::runtime::Builder;
use tokio::sync::{mpsc, watch};
use tokio::task::LocalSet;

use self::control::apigateway::{ApiGateway, Deps, Quotas, Truststores};
use self::control::cloudwatch::CloudWatch;
use self::control::logs::Logs;
use self::control::xray::XRay;
use self::control::{Control, Permit};
use self::flush::Flush;
use self::gateway::desk::{Desk, Lines};
use self::gateway::{Finished, Gateway, Settings};
pub use self::server::{AuthorityError, Patience};
use self::server::{ControlBody, DRAIN, DataRuntime, Extension, Job, Room, bind, run_data};
use self::store::logs::{Limits, LogStore};
use self::store::{Location, Row, Store, StoreError};
use self::telemetry::Telemetry;
pub use self::tls_port::TlsAddress;
use self::tls_port::TlsPort;
use self::wire::{MAX_BODY, Protocol, ServiceError};
use crate::base::{Chance, Clock, Ids};

/// How the engine is to run.
#[derive(Debug)]
pub struct Config {
    /// Address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// A listener that has that address already, so that nobody else can take it meanwhile: one data runtime serves it.
    pub bound: Option<std::net::TcpListener>,
    /// Address to speak TLS on, beside it; port 0 takes a free one.
    pub tls_listen: Option<SocketAddr>,
    /// Where the state is kept.
    pub location: Location,
    /// The account that the gateway plays: 12 digits.
    pub account: String,
    /// Data runtimes; one per usable core when absent.
    pub threads: Option<NonZeroUsize>,
    /// Seed of the generator; the system's randomness when absent.
    pub seed: Option<u64>,
    /// Whether ids count instead of being drawn: for pictures and tests that must repeat.
    pub counted_ids: bool,
    /// Host names that the control plane answers to, besides addresses and localhost.
    pub hosts: Vec<String>,
    /// Whether other users of this machine may use the control plane.
    pub allow_other_users: bool,
    /// What the account allows, and where functions are: its throttle, the size of headers.
    pub limits: Settings,
    /// How many APIs, resources, keys and so on there may be.
    pub quotas: Quotas,
    /// Which files stand for the truststores of mutual TLS.
    pub truststores: Truststores,
    /// Whether the control plane answers 429 beyond AWS's rates.
    pub enforce_control_quotas: bool,
    /// Connections of clients at the most; as many as the system has descriptors for when absent. Further ones are answered 503.
    pub connections: Option<usize>,
    /// Where segments of traced requests are sent, by UDP.
    pub xray_daemon: Option<SocketAddr>,
    /// How long clients may keep connections without using them.
    pub patience: Patience,
    /// The engine's time.
    pub clock: Clock,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            bound: None,
            tls_listen: None,
            location: Location::Memory,
            account: "000000000000".to_owned(),
            threads: None,
            seed: None,
            counted_ids: false,
            hosts: Vec::new(),
            allow_other_users: false,
            limits: Settings::default(),
            quotas: Quotas::default(),
            truststores: Truststores::default(),
            enforce_control_quotas: false,
            connections: None,
            xray_daemon: None,
            patience: Patience::default(),
            clock: Clock::system(),
        }
    }
}

/// Why the engine can't start, in words for the user.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address can't be listened on.
    #[error("can't listen on {address}: {source}{}", hint(.source))]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// Only this machine may reach a gateway that takes any credentials.
    #[error(
        "{0} can be reached from other machines, and the gateway would take any credentials from them: listen on a loopback address, or say with --credentials FILE whose signatures it takes"
    )]
    Open(SocketAddr),
    /// The state can't be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The state was read but makes no sense.
    #[error("the data folder can't be understood: {0}")]
    State(String),
    /// There is no certificate authority.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// A thread can't be started.
    #[error("can't start a thread: {0}")]
    Thread(std::io::Error),
}

fn hint(error: &std::io::Error) -> &'static str {
    match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            " (another program has the port: stop it, or choose another with --listen)"
        }
        std::io::ErrorKind::PermissionDenied => " (ports below 1024 need privileges)",
        _ => "",
    }
}

/// A running engine. Dropping it stops it.
#[derive(Debug)]
pub struct Engine {
    addr: SocketAddr,
    tls: Option<TlsAddress>,
    stop: watch::Sender<bool>,
    threads: Vec<JoinHandle<()>>,
}

impl Engine {
    /// Where it listens.
    #[must_use]
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Where it speaks TLS, if it does.
    #[must_use]
    pub const fn tls(&self) -> Option<&TlsAddress> {
        self.tls.as_ref()
    }

    /// Finishes the requests being served, writes what is to be written, and ends all threads.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.stop.send_replace(true);
        for thread in self.threads.drain(..) {
            // A thread that panicked has said so; the others are to end all the same.
            let _ = thread.join();
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.end();
    }
}

/// Starts the engine: when this returns, requests are answered.
///
/// # Errors
/// When the address or the data folder can't be used.
pub fn start(config: Config) -> Result<Engine, StartError> {
    let outside = outside(&config)?;
    let mut chance = config
        .seed
        .map_or_else(Chance::from_machine, Chance::seeded);
    let count = config.threads.map_or_else(usable_cores, NonZeroUsize::get);
    let (store, rows) = Store::open(&config.location)?;
    let logs = LogStore::open(&config.location, Limits::default(), config.clock.clone())?;
    let (listeners, addr) = listeners(config.listen, config.bound, count)?;
    store.announce(&format!("http://{addr}"))?;

    let telemetry = Arc::new(Telemetry::new(config.clock.clone()));
    let limits = Settings {
        pins_canary: !outside,
        ..config.limits
    };
    let gateway = Arc::new(Gateway::new(
        config.clock.clone(),
        limits,
        Arc::clone(&telemetry),
    ));
    let (count, hosts) = (listeners.len(), &config.hosts);
    let open = |a| TlsPort::open(a, count, &config.location, hosts, &gateway, &config.clock);
    let tls = config.tls_listen.map(open).transpose()?;
    let (stop, stopped) = watch::channel(false);
    let (jobs, inbox) = mpsc::unbounded_channel();
    let mut engine = Engine {
        addr,
        tls: tls.as_ref().map(|tls| tls.address.clone()),
        stop,
        threads: Vec::new(),
    };

    let ids = if config.counted_ids {
        Ids::counted()
    } else {
        Ids::drawn(chance.split())
    };
    let plane = ControlPlane {
        rows,
        store,
        logs,
        ids,
        chance: chance.split(),
        clock: config.clock,
        account: config.account,
        gateway: Arc::clone(&gateway),
        telemetry,
        quotas: config.quotas,
        truststores: config.truststores,
        enforce_rates: config.enforce_control_quotas,
        endpoint: format!("http://{addr}"),
        xray_daemon: config.xray_daemon,
        authority: tls.as_ref().map(|tls| Arc::clone(&tls.authority)),
    };
    let (loaded, outcome) = std::sync::mpsc::channel();
    let stopping = stopped.clone();
    engine.threads.push(spawn("sluice-control", move || {
        plane.run(&loaded, inbox, stopping);
    })?);
    // Nothing is served before the state is: a client that was told "ready" finds its APIs.
    outcome
        .recv()
        .unwrap_or_else(|_| Err("the control plane ended at once".to_owned()))
        .map_err(StartError::State)?;

    let allow_other_users = config.allow_other_users;
    let room = config
        .connections
        .map_or_else(Room::by_descriptors, Room::of);
    let patience = config.patience;
    let mut tls = tls.into_iter().flat_map(TlsPort::into_listeners);
    for (n, listener) in listeners.into_iter().enumerate() {
        let tls = tls.next();
        let (control, stop, hosts) = (jobs.clone(), stopped.clone(), config.hosts.clone());
        let (gateway, chance) = (Arc::clone(&gateway), chance.split());
        let room = room.clone();
        engine
            .threads
            .push(spawn(&format!("sluice-data-{n}"), move || {
                let runtime = DataRuntime {
                    listener,
                    tls,
                    control,
                    hosts: hosts.into(),
                    allow_other_users,
                    room,
                    patience,
                    stop,
                };
                let handler = gateway.handler(chance);
                on_this_thread("data", run_data(runtime, handler));
            })?);
    }
    Ok(engine)
}

/// Whether other machines can reach an address that is to be listened on. Then there must be credentials.
fn outside(config: &Config) -> Result<bool, StartError> {
    let mut addresses = [Some(config.listen), config.tls_listen]
        .into_iter()
        .flatten();
    let outside = addresses.find(|address| !address.ip().to_canonical().is_loopback());
    match outside {
        Some(address) if config.limits.credentials.is_none() => Err(StartError::Open(address)),
        outside => Ok(outside.is_some()),
    }
}

/// The listeners, and where they listen.
fn listeners(
    address: SocketAddr,
    bound: Option<std::net::TcpListener>,
    count: usize,
) -> Result<(Vec<std::net::TcpListener>, SocketAddr), StartError> {
    let listening = |source| StartError::Listen { address, source };
    let listeners = match bound {
        Some(bound) => {
            bound.set_nonblocking(true).map_err(listening)?;
            vec![bound]
        }
        None => bind(address, count).map_err(listening)?,
    };
    let addr = listeners
        .first()
        .map_or(Ok(address), std::net::TcpListener::local_addr);
    Ok((listeners, addr.map_err(listening)?))
}

/// On systems that don't share connections out between listeners, a second one would only sit idle.
fn usable_cores() -> usize {
    if cfg!(target_os = "linux") {
        std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
    } else {
        1
    }
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, StartError> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(body)
        .map_err(StartError::Thread)
}

fn on_this_thread(what: &str, work: impl Future<Output = std::io::Result<()>>) {
    let result = Builder::new_current_thread()
        .enable_all()
        .build()
        .and_then(|rt| rt.block_on(work));
    if let Err(error) = result {
        tracing::error!(%error, "the {what} runtime ended");
    }
}

/// What the control thread takes with it.
struct ControlPlane {
    rows: Vec<Row>,
    store: Store,
    logs: LogStore,
    ids: Ids,
    chance: Chance,
    clock: Clock,
    account: String,
    gateway: Arc<Gateway>,
    telemetry: Arc<Telemetry>,
    quotas: Quotas,
    truststores: Truststores,
    enforce_rates: bool,
    endpoint: String,
    xray_daemon: Option<SocketAddr>,
    /// The certificate of the authority that TLS is spoken with, as PEM.
    authority: Option<Arc<str>>,
}

impl ControlPlane {
    fn run(
        self,
        loaded: &std::sync::mpsc::Sender<Result<(), String>>,
        inbox: mpsc::UnboundedReceiver<Job>,
        stop: watch::Receiver<bool>,
    ) {
        let store = Arc::new(self.store);
        let mut chance = self.chance;
        let desk = Rc::new(Desk::new(&self.gateway));
        let extension = Extension {
            kept: store.is_kept(),
            account: self.account.clone(),
            clock: self.clock.clone(),
            gateway: Arc::clone(&self.gateway),
            desk: Rc::clone(&desk),
            authority: self.authority,
        };
        let xray = Rc::new(XRay::new(
            self.clock.clone(),
            self.account.clone(),
            Arc::clone(&store),
            Arc::clone(&self.gateway),
            self.xray_daemon,
        ));
        xray.restore(&self.rows);
        let flush = Flush {
            store: Arc::clone(&store),
            gateway: Arc::clone(&self.gateway),
            telemetry: Arc::clone(&self.telemetry),
            traces: Rc::clone(&xray.traces),
        };
        flush.restore(&self.rows);
        let permit = Permit {
            credentials: self.gateway.settings.credentials.clone(),
            account: self.account.clone(),
            clock: self.clock.clone(),
        };
        let cloudwatch = Rc::new(CloudWatch::new(
            self.clock.clone(),
            Arc::clone(&self.telemetry),
            self.account.clone(),
            Arc::clone(&store),
        ));
        cloudwatch.restore(&self.rows);
        let logs = Rc::new(Logs::new(
            self.clock.clone(),
            self.account.clone(),
            Arc::new(self.logs),
        ));
        let deps = Deps {
            clock: self.clock,
            ids: Arc::new(self.ids),
            chance: chance.split(),
            account: self.account.clone(),
            quotas: self.quotas,
            truststores: self.truststores,
            enforce_rates: self.enforce_rates,
            endpoint: self.endpoint,
            store,
            gateway: self.gateway,
        };
        let apigateway = match ApiGateway::load(&self.rows, deps) {
            Ok(apigateway) => apigateway,
            Err(error) => {
                let _ = loaded.send(Err(error.to_string()));
                return;
            }
        };
        drop(self.rows);
        let _ = loaded.send(Ok(()));
        let books = Rc::clone(&logs);
        let (tracer, watcher) = (Rc::clone(&xray), Rc::clone(&cloudwatch));
        let control = Control::new(
            apigateway,
            cloudwatch,
            logs,
            xray,
            self.telemetry,
            permit,
            chance,
        );
        on_this_thread("control", async {
            let stopping = stop.clone();
            let write = |lines: Lines| books.write_lines(lines);
            let trace = |segment: Finished| tracer.take(&segment);
            tokio::join!(
                serve_control(control, extension, inbox, stop),
                flush.run(stopping.clone()),
                watcher.watch(stopping.clone()),
                desk.run(write, trace, stopping)
            );
            Ok(())
        });
    }
}

/// Answers jobs, several at a time: one that waits for the disk or for a test-invoked backend doesn't hold up the others.
async fn serve_control(
    control: Control,
    extension: Extension,
    mut inbox: mpsc::UnboundedReceiver<Job>,
    mut stop: watch::Receiver<bool>,
) {
    let plane = Rc::new((control, extension));
    let jobs = LocalSet::new();
    let begin = |job| {
        let plane = Rc::clone(&plane);
        jobs.spawn_local(async move { answer(&plane.0, &plane.1, job).await });
    };
    jobs.run_until(async {
        loop {
            tokio::select! {
                biased;
                _ = stop.wait_for(|stopped| *stopped) => return,
                job = inbox.recv() => {
                    let Some(job) = job else { return };
                    begin(job);
                }
            }
        }
    })
    .await;
    // A write that was begun is finished and told, as long as its connection waits for that.
    inbox.close();
    while let Ok(job) = inbox.try_recv() {
        begin(job);
    }
    let _ = tokio::time::timeout(DRAIN, jobs).await;
}

async fn answer(control: &Control, extension: &Extension, job: Job) {
    let (head, body) = job.request.into_parts();
    let answer = if job.extension {
        extension.answer(control, &head, body).await
    } else {
        let reply = match Limited::new(body, MAX_BODY).collect().await {
            Ok(body) => control.answer(&head, &body.to_bytes()).await,
            Err(error) => {
                let error = if error.is::<http_body_util::LengthLimitError>() {
                    ServiceError::new(
                        "RequestEntityTooLargeException",
                        413,
                        format!("The body of a control-plane request may have {MAX_BODY} bytes"),
                    )
                } else {
                    ServiceError::bad_request("The body of the request could not be read")
                };
                Protocol::of(&head, None)
                    .encode_error(None, &error, &control.request_id())
                    .into()
            }
        };
        response(reply)
    };
    // A client that has gone away meanwhile needs no answer.
    let _ = job.reply.send(answer);
}

fn response(answer: control::Answer) -> Response<ControlBody> {
    let control::Answer { reply, stream } = answer;
    let body = stream.map_or_else(|| reply.body.into(), ControlBody::Flow);
    let mut response = Response::new(body);
    *response.status_mut() = reply.status;
    *response.headers_mut() = reply.headers;
    response
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;

    use super::*;

    #[test]
    fn a_call_that_was_begun_is_answered_though_the_engine_stops() {
        const BODY: &str = "Action=GetCallerIdentity&Version=2011-06-15";
        let engine = start(Config::default()).unwrap();
        let address = engine.addr();
        let mut stream = TcpStream::connect(address).unwrap();
        let head = format!(
            "POST / HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\ncontent-length: {}\r\n\
             content-type: application/x-www-form-urlencoded\r\nauthorization: AWS4-HMAC-SHA256 \
             Credential=test/20260101/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=0\r\n\r\n",
            BODY.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        // It says so when it begins to read the body.
        let mut begun = [0; 25];
        stream.read_exact(&mut begun).unwrap();
        assert!(begun.starts_with(b"HTTP/1.1 100 Continue"));
        let stopping = std::thread::spawn(move || engine.stop());
        while TcpStream::connect(address).is_ok() {
            std::thread::yield_now();
        }
        stream.write_all(BODY.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        stopping.join().unwrap();
    }
}
