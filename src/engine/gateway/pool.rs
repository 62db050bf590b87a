//! Connections to HTTP backends, kept open between requests.
//!
//! Backends are always spoken to in HTTP/1.1 (`spec/rest/integrations.md` §1), by the requests themselves ([`super::http1`]). A pool
//! belongs to one data runtime; its lock is never contended there and held for a push or a pop only.

use std::collections::HashMap;
use std::future::poll_fn;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::Poll;
use std::time::Duration;

use foldhash::fast::RandomState;
use http::Method;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::deadlines::{Deadlines, Limited};
use super::http1::{self, Connection, Head, Io, Reach};
use super::reply::Reply;
use super::trust::Trust;
use super::uri::Address;
use crate::base::Clock;

/// Bounds of a pool.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PoolLimits {
    /// Connections to one backend, busy ones included; further requests wait, within their integration's time.
    pub(crate) per_backend: usize,
    /// Requests that wait for one of these connections; further ones fail at once.
    pub(crate) waiting: usize,
    /// Connections to one backend kept open without work: a burst must not leave thousands behind.
    pub(crate) idle_per_backend: usize,
    /// How long a connection is kept without work; below the idle times of common servers (60 s and more), so that the pool rather
    /// than the backend closes it.
    pub(crate) idle: Duration,
}

impl Default for PoolLimits {
    fn default() -> Self {
        Self {
            per_backend: 1024,
            waiting: 1024,
            idle_per_backend: 64,
            idle: Duration::from_secs(50),
        }
    }
}

/// Connections to HTTP backends.
#[derive(Clone, Debug)]
pub(crate) struct Pool(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    clock: Clock,
    limits: PoolLimits,
    backends: Mutex<HashMap<Arc<str>, Arc<Backend>, RandomState>>,
    tls: Tls,
    deadlines: Deadlines,
}

/// One scheme, host and port.
#[derive(Debug)]
struct Backend {
    idle: Mutex<Vec<Idle>>,
    permits: Arc<Semaphore>,
    waiting: AtomicUsize,
}

#[derive(Debug)]
struct Idle {
    connection: Box<Connection>,
    permit: OwnedSemaphorePermit,
    since: Duration,
}

/// A connection in use. Dropped, it is closed; a request that ended well gives it back.
#[derive(Debug)]
pub(crate) struct Lease {
    pub(crate) connection: Box<Connection>,
    shared: Arc<Shared>,
    backend: Arc<Backend>,
    permit: OwnedSemaphorePermit,
}

/// A backend that gave no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SendError {
    #[error("the host name can't be resolved: {0}")]
    Resolve(io::Error),
    #[error("the connection can't be made: {0}")]
    Connect(io::Error),
    #[error("too many requests wait for the backend")]
    Busy,
    #[error("the backend gave no answer: {0}")]
    Broken(http1::Error),
}

impl Pool {
    pub(crate) fn new(clock: Clock, limits: PoolLimits, tls: Tls) -> Self {
        Self(Arc::new(Shared {
            clock,
            limits,
            backends: Mutex::default(),
            tls,
            deadlines: Deadlines::default(),
        }))
    }

    /// Waits for what a backend does, for so long at the most.
    pub(crate) fn limit<F: Future + Unpin>(&self, limit: Duration, call: F) -> Limited<F> {
        self.0.deadlines.limit(limit, call)
    }

    /// Sends a request and waits for the head of the answer. The caller bounds the time; `now` is the monotonic clock's.
    ///
    /// A kept connection may have been closed by the backend just now. A request that wasn't sent is then sent on a new
    /// connection; so is one that may have been sent, if sending it twice does no harm and its body is there as a whole.
    pub(crate) async fn send(
        &self,
        now: Duration,
        address: &Address,
        mut request: http1::Request,
    ) -> Result<(Head, Reply), SendError> {
        let backend = self.backend(&address.origin);
        if let Some(mut lease) = self.kept(&backend, now).await {
            let repeats = is_idempotent(&request.verb) && request.body.bytes().is_some();
            match lease.connection.send(&mut request).await {
                Ok(head) => return Ok((head, Reply::new(lease))),
                Err((_, Reach::Unsent)) => {}
                Err((_, Reach::Unanswered)) if repeats => {}
                Err((error, _)) => return Err(SendError::Broken(error)),
            }
        }
        // Boxed, because it is large and rare: every request would have to carry room for it.
        let mut lease = Box::pin(self.open(address, backend)).await?;
        match lease.connection.send(&mut request).await {
            Ok(head) => Ok((head, Reply::new(lease))),
            Err((error, _)) => Err(SendError::Broken(error)),
        }
    }

    fn backend(&self, origin: &Arc<str>) -> Arc<Backend> {
        let mut backends = lock(&self.0.backends);
        if let Some(backend) = backends.get(origin) {
            return Arc::clone(backend);
        }
        // A new backend is the moment to forget those that nothing is kept open to.
        backends.retain(|_, b| Arc::strong_count(b) > 1 || !lock(&b.idle).is_empty());
        let backend = Arc::new(Backend {
            idle: Mutex::default(),
            permits: Arc::new(Semaphore::new(self.0.limits.per_backend)),
            waiting: AtomicUsize::new(0),
        });
        backends.insert(Arc::clone(origin), Arc::clone(&backend));
        backend
    }

    /// A kept connection that is ready, the last used first.
    async fn kept(&self, backend: &Arc<Backend>, now: Duration) -> Option<Lease> {
        loop {
            let idle = lock(&backend.idle).pop()?;
            let age = now.saturating_sub(idle.since);
            if age > self.0.limits.idle {
                // Those below it are older still.
                lock(&backend.idle).clear();
                return None;
            }
            let mut connection = idle.connection;
            // Closed meanwhile, or it says what nobody asked for.
            if poll_fn(|cx| Poll::Ready(connection.is_quiet(cx))).await {
                return Some(Lease {
                    connection,
                    shared: Arc::clone(&self.0),
                    backend: Arc::clone(backend),
                    permit: idle.permit,
                });
            }
        }
    }

    async fn open(&self, address: &Address, backend: Arc<Backend>) -> Result<Lease, SendError> {
        let permit = backend.permit(self.0.limits.waiting).await?;
        let stream = connect(address).await?;
        let io = if address.tls {
            Io::Tls(Box::new(self.0.tls.wrap(address, stream).await?))
        } else {
            Io::Plain(stream)
        };
        Ok(Lease {
            connection: Box::new(Connection::new(io)),
            shared: Arc::clone(&self.0),
            backend,
            permit,
        })
    }
}

impl Backend {
    /// Leave for one more connection, when one of those that are open ends. Not more than `most` wait for that.
    async fn permit(&self, most: usize) -> Result<OwnedSemaphorePermit, SendError> {
        if let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() {
            return Ok(permit);
        }
        let waits = Waits::begin(&self.waiting);
        if waits.before >= most {
            return Err(SendError::Busy);
        }
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        permit.map_err(|e| SendError::Connect(io::Error::other(e)))
    }
}

/// One that waits, until it is dropped: it may be given up by who bounds the time.
struct Waits<'a> {
    waiting: &'a AtomicUsize,
    before: usize,
}

impl<'a> Waits<'a> {
    fn begin(waiting: &'a AtomicUsize) -> Self {
        let before = waiting.fetch_add(1, Ordering::Relaxed);
        Self { waiting, before }
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Lease {
    /// Keeps the connection for the next request, if the answer's end leaves it fit for one.
    pub(crate) fn give_back(mut self) {
        // Who waits does so for leave to open a connection, which a kept one would hold back.
        if !self.connection.is_free() || self.backend.waiting.load(Ordering::Relaxed) > 0 {
            return;
        }
        self.connection.rest();
        let now = self.shared.clock.monotonic();
        let limits = self.shared.limits;
        let mut idle = lock(&self.backend.idle);
        if idle
            .first()
            .is_some_and(|oldest| now.saturating_sub(oldest.since) > limits.idle)
        {
            idle.retain(|i| now.saturating_sub(i.since) <= limits.idle);
        }
        if idle.len() < limits.idle_per_backend {
            idle.push(Idle {
                connection: self.connection,
                permit: self.permit,
                since: now,
            });
        }
    }
}

/// The lock, also after a thread panicked with it: the lists are whole at every moment.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether sending a request twice does no more than sending it once (RFC 9110 §9.2.2).
fn is_idempotent(verb: &Method) -> bool {
    matches!(
        *verb,
        Method::GET | Method::HEAD | Method::OPTIONS | Method::PUT | Method::DELETE | Method::TRACE
    )
}

async fn connect(address: &Address) -> Result<TcpStream, SendError> {
    let resolved = tokio::net::lookup_host((address.host(), address.port)).await;
    let mut last = None;
    for candidate in resolved.map_err(SendError::Resolve)? {
        match TcpStream::connect(candidate).await {
            Ok(stream) => {
                stream.set_nodelay(true).map_err(SendError::Connect)?;
                return Ok(stream);
            }
            Err(error) => last = Some(error),
        }
    }
    Err(last.map_or_else(
        || SendError::Resolve(io::ErrorKind::NotFound.into()),
        SendError::Connect,
    ))
}

/// How HTTPS backends are trusted: by the machine's certificates, read when the first of them is called.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tls(Arc<OnceLock<Result<Trusted, String>>>);

#[derive(Debug)]
struct Trusted {
    roots: Arc<RootCertStore>,
    /// For backends about whose certificates nothing is special.
    config: Arc<ClientConfig>,
}

impl Trusted {
    fn of(roots: RootCertStore) -> Result<Self, String> {
        let roots = Arc::new(roots);
        Ok(Self {
            config: Trust::default().config(&roots)?,
            roots,
        })
    }
}

impl Tls {
    /// Trust in these roots instead of the machine's.
    #[cfg(test)]
    fn trusting(roots: RootCertStore) -> Self {
        let tls = Self::default();
        let _ = tls.0.set(Trusted::of(roots));
        tls
    }

    async fn wrap(
        &self,
        address: &Address,
        stream: TcpStream,
    ) -> Result<tokio_rustls::client::TlsStream<TcpStream>, SendError> {
        let config = self.config(&address.trust).await;
        let config = config.map_err(SendError::Connect)?;
        let name = ServerName::try_from(address.host().to_owned())
            .map_err(|e| SendError::Connect(io::Error::other(e)))?;
        tokio_rustls::TlsConnector::from(config)
            .connect(name, stream)
            .await
            .map_err(SendError::Connect)
    }

    async fn config(&self, trust: &Trust) -> io::Result<Arc<ClientConfig>> {
        if trust.any_authority {
            // The machine's roots aren't asked, so there need not be any.
            return trust
                .config(&Arc::new(RootCertStore::empty()))
                .map_err(io::Error::other);
        }
        if self.0.get().is_none() {
            let cell = Arc::clone(&self.0);
            tokio::task::spawn_blocking(move || {
                cell.get_or_init(machine_trust);
            })
            .await
            .map_err(io::Error::other)?;
        }
        match self.0.get() {
            Some(Ok(trusted)) if *trust == Trust::default() => Ok(Arc::clone(&trusted.config)),
            Some(Ok(trusted)) => trust.config(&trusted.roots).map_err(io::Error::other),
            Some(Err(reason)) => Err(io::Error::other(reason.clone())),
            None => Err(io::Error::other("certificates weren't read")),
        }
    }
}

fn machine_trust() -> Result<Trusted, String> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        return Err(match found.errors.first() {
            Some(error) => format!("no trusted certificates on this machine: {error}"),
            None => "no trusted certificates on this machine".to_owned(),
        });
    }
    Trusted::of(roots)
}

#[cfg(test)]
mod tests {
    use http::{Request, Response};
    use http_body_util::BodyExt;
    use hyper::body::Incoming;
    use hyper::service::service_fn;
    use hyper_util::rt::TokioIo;
    use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
    use tokio::net::TcpListener;
    use tokio::task::spawn_local;

    use super::super::body::Body;
    use super::super::tests::run;
    use super::super::uri::UriTemplate;
    use super::*;
    use crate::engine::message::Fields;

    fn pool(limits: PoolLimits, tls: Tls) -> Pool {
        Pool::new(Clock::system(), limits, tls)
    }

    fn address(url: &str) -> Address {
        let endpoint = UriTemplate::parse(url).endpoint(|_| None, |_| None);
        endpoint.unwrap().address
    }

    fn request() -> http1::Request {
        let mut fields = Fields::new();
        fields.append(
            http::header::HOST,
            http::HeaderValue::from_static("localhost"),
        );
        http1::Request::new(Method::GET, "/".to_owned(), fields, Body::default()).unwrap()
    }

    /// Sends a request, reads the answer and gives the connection back.
    async fn whole(pool: &Pool, address: &Address) -> Result<String, SendError> {
        let (_, reply) = pool.send(Duration::ZERO, address, request()).await?;
        let body = reply.collect().await.unwrap().to_bytes();
        Ok(String::from_utf8(body.to_vec()).unwrap())
    }

    async fn answer<T>(io: T)
    where
        T: hyper::rt::Read + hyper::rt::Write + Unpin + 'static,
    {
        let service = service_fn(|_: Request<Incoming>| async {
            Ok::<_, std::convert::Infallible>(Response::new(Body::whole("hello".into())))
        });
        let _ = hyper::server::conn::http1::Builder::new()
            .serve_connection(io, service)
            .await;
    }

    async fn plain_backend() -> Address {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = address(&format!("http://{}/", listener.local_addr().unwrap()));
        spawn_local(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                spawn_local(answer(TokioIo::new(stream)));
            }
        });
        address
    }

    #[test]
    fn no_more_connections_than_allowed_are_open_or_kept() {
        run(|| async {
            let address = plain_backend().await;
            let limits = PoolLimits {
                per_backend: 2,
                waiting: 1,
                idle_per_backend: 1,
                ..PoolLimits::default()
            };
            let pool = pool(limits, Tls::default());
            let (_, first) = pool
                .send(Duration::ZERO, &address, request())
                .await
                .unwrap();
            let (_, second) = pool
                .send(Duration::ZERO, &address, request())
                .await
                .unwrap();
            // The third waits for one of the two to end.
            let mut third = std::pin::pin!(whole(&pool, &address));
            tokio::select! {
                biased;
                _ = &mut third => panic!("a third connection was opened"),
                () = tokio::task::yield_now() => {}
            }
            // One may wait, a second is turned away.
            assert!(matches!(whole(&pool, &address).await, Err(SendError::Busy)));
            drop(first);
            assert_eq!(third.await.unwrap(), "hello");
            // One is kept already, by the third.
            second.collect().await.unwrap();
            let backend = pool.backend(&address.origin);
            assert_eq!(lock(&backend.idle).len(), 1);
            assert_eq!(backend.permits.available_permits(), 1);
        });
    }

    #[test]
    fn https_backends_are_verified() {
        run(|| async {
            let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
            let key =
                PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
            let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
            let server = rustls::ServerConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_no_client_auth()
                .with_single_cert(vec![made.cert.der().clone()], key)
                .unwrap();
            let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(server));
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let port = listener.local_addr().unwrap().port();
            spawn_local(async move {
                loop {
                    let (stream, _) = listener.accept().await.unwrap();
                    // A client that doesn't trust the certificate hangs up.
                    if let Ok(stream) = acceptor.accept(stream).await {
                        spawn_local(answer(TokioIo::new(stream)));
                    }
                }
            });
            let trusting = |certificate: Option<&rcgen::Certificate>| {
                let mut roots = rustls::RootCertStore::empty();
                if let Some(certificate) = certificate {
                    roots.add(certificate.der().clone()).unwrap();
                }
                pool(PoolLimits::default(), Tls::trusting(roots))
            };
            let named = address(&format!("https://localhost:{port}/"));
            let trusted = trusting(Some(&made.cert));
            assert_eq!(whole(&trusted, &named).await.unwrap(), "hello");
            assert_eq!(whole(&trusted, &named).await.unwrap(), "hello");
            assert!(matches!(
                whole(&trusting(None), &named).await,
                Err(SendError::Connect(_))
            ));
            // The name must be the certificate's.
            let numbered = address(&format!("https://127.0.0.1:{port}/"));
            assert!(matches!(
                whole(&trusted, &numbered).await,
                Err(SendError::Connect(_))
            ));
        });
    }
}
