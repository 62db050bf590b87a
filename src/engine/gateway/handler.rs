//! Serving requests, one handler per data runtime.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, Uri};
use http_body::Body as _;
use jiff::Timestamp;

use super::answer;
use super::backend::{Caller, read_whole};
use super::body::{Body, BodyError, PAYLOAD_LIMIT};
use super::client_tls::ClientTls;
use super::exchange::{self, ByTls, ClientRequest, Exchange, Place};
use super::explain;
use super::failure::Failure;
use super::journal::Kept;
use super::pool::Pool;
use super::record::Record;
use super::request_ids::{GivenIds, IdSource, RequestIds};
use super::snapshot::Method;
use super::spelling::Spelling;
use super::stage::Stage;
use super::target::Target;
use super::{Gateway, admit, authorize, compress, content, life, validate, xray};
use crate::base::{Chance, Clock};
use crate::engine::message::{self, Incoming};
use crate::engine::telemetry::{Observation, Recorder};

/// The longest URL of any API, in bytes: a regional one's (`spec/rest/resources-methods.md` §5).
const URL_LIMIT: usize = 10_240;

/// Serves requests in one data runtime.
///
/// A handler isn't shared between threads: it owns the runtime's connections to backends and its generator. Its futures aren't `Send`,
/// so the runtime runs connections on a `LocalSet` (`spawn_local`); it needs tokio's I/O and timers enabled. Connections to
/// backends run as tasks of the runtime too (`tokio::spawn`).
#[derive(Debug)]
pub struct Handler {
    gateway: Arc<Gateway>,
    ids: RefCell<IdSource>,
    wall: WallClock,
    pool: Pool,
    recorder: Recorder,
    kept: Kept,
}

impl Handler {
    pub(crate) fn new(gateway: Arc<Gateway>, chance: Chance, pool: Pool) -> Self {
        Self {
            recorder: gateway.recorder(),
            wall: WallClock::new(&gateway.clock),
            kept: Kept::new(Arc::clone(&gateway.journal)),
            gateway,
            ids: RefCell::new(IdSource::new(chance)),
            pool,
        }
    }

    /// What a request is for, by its host (without a port) or its path; nothing when it is for no API.
    #[must_use]
    pub fn target(&self, host: Option<&str>, path: &str) -> Option<Target> {
        self.gateway.target(host, path)
    }

    /// The gateway's time.
    pub(crate) fn clock(&self) -> &Clock {
        &self.gateway.clock
    }

    /// Answers one request to an API. `target` was read from the request's own Host or path, `peer` is who is connected.
    pub async fn handle(
        &self,
        target: Target,
        mut request: Box<Request<Incoming>>,
        peer: SocketAddr,
    ) -> message::Answer<Body> {
        let mut x = match self.open(target, &mut request, peer) {
            Ok(x) => x,
            Err(early) => return *early,
        };
        let incoming = std::mem::take(request.body_mut());
        drop(request);
        let caller = Caller {
            pool: &self.pool,
            clock: &self.gateway.clock,
            functions: &self.gateway.settings.functions,
            keyring: &self.gateway.keyring,
            body_patience: self.gateway.settings.body_patience,
        };
        let answer = match self.enter(&mut x, &caller, incoming).await {
            Ok(incoming) => life::serve(&mut x, &caller, incoming).await,
            Err(failure) => life::refuse(&mut x, failure),
        };
        let response = answer.finish(&mut x);
        self.record(x);
        response
    }

    /// Answers questions about requests that are over, for as long as the runtime lives.
    pub(crate) async fn answer_questions(&self) {
        self.kept.answer_questions().await;
    }

    /// Has a request tell its story from here on, if its stage logs it or somebody wants to see it.
    fn ask(&self, x: &mut Exchange) {
        if x.side().log_level(x.method).is_none() && !self.kept.is_watched() {
            return;
        }
        x.record.ask(&self.gateway.clock, false);
        x.record.note(|| explain::addressed(x));
        x.record.note(|| explain::routed(x));
    }

    /// The end of a request: its numbers go to the metrics. What a proxied body takes after its head isn't counted.
    fn record(&self, mut x: Box<Exchange>) {
        let clock = &self.gateway.clock;
        x.record.latency = clock.monotonic().saturating_sub(x.record.started);
        if let Some(backend) = &x.backend {
            x.record.integration_status = Some(backend.status);
        }
        let observation = Observation {
            at: x.record.time + x.record.latency,
            canary: x.canary,
            status: x.record.status,
            latency_micros: micros(x.record.latency),
            integration_micros: x.record.integration_latency.map(micros),
            cache_hit: x.record.cache_hit,
        };
        if let Some(slot) = x.side().slot(x.method) {
            self.recorder.record(slot, &observation);
        }
        self.kept.take(x);
    }

    /// Matches API and stage, and draws the canary.
    fn open(
        &self,
        target: Target,
        request: &mut Request<Incoming>,
        peer: SocketAddr,
    ) -> Result<Box<Exchange>, Box<message::Answer<Body>>> {
        let clock = &self.gateway.clock;
        let started = clock.monotonic();
        let record = Record::new(self.wall.at(started, clock), started);
        let tls = take_tls(request);
        let mut source = self.ids.borrow_mut();
        let head = Head::read(request.headers());
        let ids = source.draw(record.time, head.ids);
        if let Some(refused) = refused(
            request.uri(),
            &head,
            self.gateway.settings.header_bytes,
            &ids,
        ) {
            return Err(Box::new(refused));
        }
        let host = request.uri().host().or(head.host).unwrap_or_default();
        let path = request.uri().path();
        let stage = self
            .gateway
            .stage(target.api(host, path), target.stage(path));
        // Custom domain names go on when the API's own address is off.
        let open = |s: &Arc<Stage>| {
            target.base_path().is_some() || !s.side(false).deployment.endpoint_disabled
        };
        let Some(stage) = stage.filter(open) else {
            return Err(forbidden(&ids));
        };
        if url_length(request.uri()) > stage.side(false).deployment.longest_url {
            return Err(Box::new(url_too_long(&ids)));
        }
        let pinned = self.gateway.settings.pins_canary.then_some(head.canary);
        let canary = match pinned.flatten() {
            Some(pinned) => pinned && stage.has_canary(),
            None => stage.draws_canary(|| source.chance.fraction()),
        };
        let guard = target.guard().cloned();
        let request = ClientRequest {
            verb: head.verb.unwrap_or_else(|| request.method().clone()),
            sent_verb: request.method().clone(),
            version: request.version(),
            headers: std::mem::take(request.headers_mut()),
            spelling: Spelling::default(),
            place: Place::Url {
                uri: std::mem::take(request.uri_mut()),
                target,
            },
            caller: exchange::Caller::Peer(peer.ip()),
            body: bytes::Bytes::new(),
        };
        let mut x = Box::new(Exchange::new(stage, canary, request, ids, record));
        x.tls = tls;
        if guard.is_some_and(|guard| !guard.admits(&mut x, clock)) {
            return Err(forbidden(&x.ids));
        }
        x.trace = xray::begin(&x, &mut source.chance);
        Ok(x)
    }

    /// Matches the method, lets the request in, and reads its body unless it is passed on as it comes.
    async fn enter(
        &self,
        x: &mut Exchange,
        caller: &Caller<'_>,
        incoming: Incoming,
    ) -> Result<Option<Incoming>, Failure> {
        let tree = &x.side().deployment.tree;
        x.method = tree.find(x.request.verb.as_str(), x.path());
        self.ask(x);
        let Some(method) = x.method() else {
            return Err(Failure::missing_token());
        };
        if method.shows_names || x.record.wants_details() {
            x.request.spelling = Spelling::read(incoming.head(), &x.request.headers);
        }
        let mut incoming = Some(incoming);
        let credentials = self.gateway.settings.credentials.as_deref();
        authorize::authorize(x, caller, credentials, &mut incoming).await?;
        admit::admit(x)?;
        x.note_start();
        if let Err(failure) = validate::parameters(x) {
            x.note_method_request();
            return Err(failure);
        }
        x.conversion = content::of_request(x);
        let is_read = incoming.is_none();
        let incoming = incoming.filter(|body| !body.is_end_stream());
        if incoming.is_none() && !is_read {
            x.note_method_request();
            validate::body(x)?;
            return Ok(None);
        }
        let streams = x.method().is_some_and(Method::streams);
        if streams && !x.conversion.needs_whole() && !compress::is_packed(x) {
            x.note_method_request();
            return Ok(incoming);
        }
        if let Some(incoming) = incoming {
            // Boxed: most requests have none.
            x.request.body = Box::pin(read_body(incoming, caller.body_patience)).await?;
        }
        compress::unpack_request(x)?;
        x.note_method_request();
        validate::body(x)?;
        content::convert_request(x)?;
        Ok(None)
    }
}

/// A request that may not be told whether there is anything.
fn forbidden(ids: &RequestIds) -> Box<message::Answer<Body>> {
    Box::new(answer::plain(
        403,
        "application/json",
        Some("ForbiddenException"),
        "{\"message\":\"Forbidden\"}",
        ids,
    ))
}

/// What the server says of the client's TLS, if it came by that.
fn take_tls(request: &mut Request<Incoming>) -> Option<Box<ByTls>> {
    let extensions = request.extensions_mut();
    if extensions.is_empty() {
        return None;
    }
    let session = extensions.remove::<Arc<ClientTls>>()?;
    Some(Box::new(ByTls {
        session,
        certificate: None,
    }))
}

/// Wall time from the monotonic clock, so that a request reads one clock and not two. Compared with the machine's once a second.
#[derive(Debug)]
struct WallClock(Cell<(Timestamp, Duration)>);

impl WallClock {
    fn new(clock: &Clock) -> Self {
        Self(Cell::new((clock.now(), clock.monotonic())))
    }

    fn at(&self, monotonic: Duration, clock: &Clock) -> Timestamp {
        const COMPARED: Duration = Duration::from_secs(1);
        let (wall, then) = self.0.get();
        match monotonic.checked_sub(then) {
            Some(passed) if passed < COMPARED => wall + passed,
            _ => {
                let now = clock.now();
                self.0.set((now, monotonic));
                now
            }
        }
    }
}

/// A client's body, whole; it may take as long as `patience`.
pub(crate) async fn read_body(incoming: Incoming, patience: Duration) -> Result<Bytes, Failure> {
    let read = tokio::time::timeout(patience, read_whole(incoming, PAYLOAD_LIMIT));
    match read.await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(BodyError::TooLarge)) => Err(Failure::too_large()),
        Ok(Err(error)) => Err(Failure::network(&error.to_string())),
        Err(_) => Err(Failure::slow_body()),
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// What is refused before any API is looked for: ambiguous and oversized requests. The words for a declared length are widely seen on AWS, those for
/// URL and headers are unverified (`spec/rest/resources-methods.md` §5).
fn refused(
    uri: &Uri,
    head: &Head<'_>,
    header_bytes: usize,
    ids: &RequestIds,
) -> Option<message::Answer<Body>> {
    // Two receivers could take a request with two hosts for two different APIs' (RFC 9112 §3.2).
    if head.hosts > 1 {
        return Some(bad_request(ids));
    }
    // They must come encoded (`spec/rest/resources-methods.md` §3).
    let raw = |query: &str| memchr::memchr3(b'|', b'{', b'}', query.as_bytes()).is_some();
    if uri.query().is_some_and(raw) {
        return Some(bad_request(ids));
    }
    if head
        .length
        .is_some_and(|length| length > PAYLOAD_LIMIT as u64)
    {
        return Some(answer::plain(
            413,
            "text/plain",
            None,
            "HTTP content length exceeded 10485760 bytes.",
            ids,
        ));
    }
    if url_length(uri) > URL_LIMIT {
        return Some(url_too_long(ids));
    }
    (head.bytes > header_bytes).then(|| {
        answer::plain(
            431,
            "application/json",
            None,
            "{\"message\":\"Request header fields too large\"}",
            ids,
        )
    })
}

fn bad_request(ids: &RequestIds) -> message::Answer<Body> {
    let body = "{\"message\":\"Bad Request\"}";
    let error = Some("BadRequestException");
    answer::plain(400, "application/json", error, body, ids)
}

fn url_too_long(ids: &RequestIds) -> message::Answer<Body> {
    let body = "{\"message\":\"Request URI too long\"}";
    answer::plain(414, "application/json", None, body, ids)
}

fn url_length(uri: &Uri) -> usize {
    uri.path_and_query().map_or(0, |p| p.as_str().len())
}

/// What every request's headers are looked at for, found in one pass.
#[derive(Default)]
struct Head<'a> {
    host: Option<&'a str>,
    /// How often `Host` comes.
    hosts: usize,
    ids: GivenIds<'a>,
    /// The declared length of the body.
    length: Option<u64>,
    /// `X-HTTP-Method-Override` (`spec/rest/resources-methods.md` §3).
    verb: Option<http::Method>,
    /// The side that the client wants to be served by, of a stage with a canary.
    canary: Option<bool>,
    /// The size of all headers: a name, `: `, a value and the line's end each.
    bytes: usize,
}

impl<'a> Head<'a> {
    fn read(headers: &'a HeaderMap) -> Self {
        let mut head = Self::default();
        for (name, value) in headers {
            let name = name.as_str();
            head.bytes += name.len() + value.len() + 4;
            match name {
                "host" => {
                    head.host = value.to_str().ok();
                    head.hosts += 1;
                }
                "content-length" => head.length = value.to_str().ok().and_then(|v| v.parse().ok()),
                "x-sluice-canary" => {
                    head.canary = match value.as_bytes() {
                        b"always" => Some(true),
                        b"never" => Some(false),
                        _ => None,
                    };
                }
                "x-amzn-requestid" => head.ids.request = Some(value),
                "x-amzn-trace-id" => head.ids.trace = Some(value),
                "x-http-method-override" => {
                    head.verb = value.to_str().ok().and_then(|v| v.parse().ok());
                }
                _ => {}
            }
        }
        head
    }
}
