//! A data runtime: accepts connections, sorts requests, serves data, hands control over.

use std::cell::Cell;
use std::convert::Infallible;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use http_body_util::Either;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::LocalSet;

use super::control_body::ControlBody;
use super::http1::{self, Buffers};
use super::http2::{self, Here, Requests, Written};
use super::peer;
use super::room::Room;
use super::sort::{Destination, Refusal, sort};
use super::tls::{H2, Tls};
use super::watch::{Patience, Verdict, Watched, Watches};
use crate::engine::gateway::{self, ClientTls, Handler};
use crate::engine::message::{self, Incoming};

/// An answer: of the data plane, or of the control runtime.
pub(crate) type Answer = message::Answer<Either<gateway::Body, ControlBody>>;

/// A request for the control runtime, and where its answer is awaited.
#[derive(Debug)]
pub(crate) struct Job {
    /// As it came, its body unread.
    pub(crate) request: Box<Request<Incoming>>,
    /// Whether it is for `/_sluice/` rather than for an AWS service.
    pub(crate) extension: bool,
    /// Takes the answer.
    pub(crate) reply: oneshot::Sender<Response<ControlBody>>,
}

/// What a data thread needs.
#[derive(Debug)]
pub(crate) struct DataRuntime {
    /// Its own listener.
    pub(crate) listener: std::net::TcpListener,
    /// The one for TLS, and how that is spoken.
    pub(crate) tls: Option<(std::net::TcpListener, Arc<Tls>)>,
    /// To the control runtime.
    pub(crate) control: mpsc::UnboundedSender<Job>,
    /// Names that the control plane answers to, besides addresses and localhost.
    pub(crate) hosts: Rc<[String]>,
    /// Whether other users of this machine may use the control plane.
    pub(crate) allow_other_users: bool,
    /// Room for connections, shared by all data runtimes.
    pub(crate) room: Room,
    /// How long clients may keep connections without using them.
    pub(crate) patience: Patience,
    /// Turns true when the engine stops.
    pub(crate) stop: watch::Receiver<bool>,
}

/// How long connections that are serving a request when the engine stops may take to finish it.
pub(crate) const DRAIN: Duration = Duration::from_millis(500);

/// How long to wait before accepting again when the system has no more descriptors.
const EXHAUSTED: Duration = Duration::from_millis(50);

/// Serves until the engine stops.
pub(crate) async fn run_data(runtime: DataRuntime, handler: Handler) -> std::io::Result<()> {
    let listener = TcpListener::from_std(runtime.listener)?;
    let (tls_listener, tls) = runtime.tls.unzip();
    let tls_listener = tls_listener.map(TcpListener::from_std).transpose()?;
    let worker = Rc::new(Worker {
        control: runtime.control,
        hosts: runtime.hosts,
        allow_other_users: runtime.allow_other_users,
        buffers: Rc::new(Buffers::new(handler.clock().clone())),
        handler,
        http2: http2::builder(),
        tls,
        watches: Rc::new(Watches::new(runtime.patience)),
        room: runtime.room,
    });
    let mut stop = runtime.stop;
    let connections = LocalSet::new();
    // Tasks of their own: what is awaited beside the connections is looked at whenever one of them has something to do.
    let accepting = connections.spawn_local(Rc::clone(&worker).accept(listener, tls_listener));
    let (overdue, cut_off) = oneshot::channel();
    connections.spawn_local(async move {
        let _ = stop.wait_for(|stopped| *stopped).await;
        accepting.abort();
        // Connections close themselves once they have answered; whoever takes longer than this is cut off.
        worker.watches.end();
        tokio::time::sleep(DRAIN).await;
        let _ = overdue.send(());
    });
    tokio::select! {
        biased;
        () = connections => {}
        _ = cut_off => {}
    }
    Ok(())
}

type Accepted = std::io::Result<(TcpStream, SocketAddr)>;

/// The next connection, and whether it is one for TLS.
async fn accept(listener: &TcpListener, tls: Option<&TcpListener>) -> (Accepted, bool) {
    poll_fn(|cx| {
        if let Poll::Ready(accepted) = listener.poll_accept(cx) {
            return Poll::Ready((accepted, false));
        }
        match tls.map(|tls| tls.poll_accept(cx)) {
            Some(Poll::Ready(accepted)) => Poll::Ready((accepted, true)),
            Some(Poll::Pending) | None => Poll::Pending,
        }
    })
    .await
}

struct Worker {
    handler: Handler,
    control: mpsc::UnboundedSender<Job>,
    hosts: Rc<[String]>,
    allow_other_users: bool,
    buffers: Rc<Buffers>,
    http2: hyper::server::conn::http2::Builder<Here>,
    tls: Option<Arc<Tls>>,
    watches: Rc<Watches>,
    room: Room,
}

impl Worker {
    /// Takes connections up, and goes the rounds over those that are open.
    async fn accept(self: Rc<Self>, listener: TcpListener, tls: Option<TcpListener>) {
        let mut rounds = pin!(self.watches.go_round());
        let mut questions = pin!(self.handler.answer_questions());
        loop {
            tokio::select! {
                biased;
                (accepted, secure) = accept(&listener, tls.as_ref()) => match accepted {
                    Ok((stream, peer)) => self.take(stream, peer, secure),
                    // The client gave up, or descriptors ran out: neither ends the others' service.
                    Err(error) => {
                        tracing::warn!(%error, "a connection could not be accepted");
                        tokio::time::sleep(EXHAUSTED).await;
                    }
                },
                () = &mut questions => {}
                () = &mut rounds => {}
            }
        }
    }

    /// Begins to serve a connection, if there is room for it.
    fn take(self: &Rc<Self>, stream: TcpStream, peer: SocketAddr, secure: bool) {
        // An answer is written at once and whole; waiting for more to send would only delay it.
        let _ = stream.set_nodelay(true);
        // A listener on an address for any has no address of its own.
        let Ok(local) = stream.local_addr() else {
            return;
        };
        let Some(place) = self.room.take() else {
            // Who wants TLS couldn't read why.
            if !secure {
                super::room::shed(stream, &self.room);
            }
            return;
        };
        let worker = Rc::clone(self);
        let client = Client {
            addresses: (peer, local),
            own_user: Cell::new(None),
            // From now on, not from when its task first runs.
            watched: self.watches.watch(),
        };
        match self.tls.as_ref().filter(|_| secure) {
            None => tokio::task::spawn_local(async move {
                worker.http1(stream, &client, None).await;
                drop(place);
            }),
            Some(tls) => {
                let tls = Arc::clone(tls);
                tokio::task::spawn_local(async move {
                    worker.secure(&tls, stream, Rc::new(client)).await;
                    drop(place);
                })
            }
        };
    }

    /// Serves a connection that begins with a TLS handshake.
    async fn secure(self: &Rc<Self>, tls: &Tls, stream: TcpStream, client: Rc<Client>) {
        let watch = &client.watched.watch;
        watch.greeting();
        let mut handshake = pin!(tls.accept(stream));
        let accepted = poll_fn(|cx| match watch.verdict(cx) {
            Verdict::Stays => handshake.as_mut().poll(cx).map(Result::ok),
            Verdict::Ends | Verdict::Closes => Poll::Ready(None),
        });
        // A client that doesn't trust the certificate, or speaks no TLS, hangs up or is hung up on.
        let Some(stream) = accepted.await else {
            return;
        };
        watch.answered();
        let connection = stream.get_ref().1;
        let session = Arc::new(ClientTls::of(connection));
        if connection.alpn_protocol() == Some(H2) {
            self.http2(stream, client, session).await;
        } else {
            self.http1(stream, &client, Some(session)).await;
        }
    }

    /// Serves a client, whatever its bytes come over.
    async fn http1<T>(&self, io: T, client: &Client, session: Option<Arc<ClientTls>>)
    where
        T: AsyncRead + AsyncWrite + Unpin,
    {
        let service = |mut request: Box<Request<Incoming>>| {
            if let Some(session) = &session {
                request.extensions_mut().insert(Arc::clone(session));
            }
            self.answer(request, client)
        };
        let watch = Rc::clone(&client.watched.watch);
        // What goes wrong on a connection is its client's affair: it was cut off, or spoke no HTTP.
        http1::serve(io, Rc::clone(&self.buffers), watch, service).await;
    }

    async fn http2<T>(self: &Rc<Self>, io: T, client: Rc<Client>, session: Arc<ClientTls>)
    where
        T: AsyncRead + AsyncWrite + Unpin + 'static,
    {
        let watch = Rc::clone(&client.watched.watch);
        let worker = Rc::clone(self);
        let requests = Requests::of(Rc::clone(&watch));
        let service = service_fn(move |request: Request<hyper::body::Incoming>| {
            let (worker, client) = (Rc::clone(&worker), Rc::clone(&client));
            let begun = requests.begin();
            let mut request = Box::new(request.map(Incoming::from));
            http2::settle(&mut request);
            request.extensions_mut().insert(Arc::clone(&session));
            Box::pin(async move {
                let answer = worker.answer(request, &client).await;
                drop(begun);
                Ok::<_, Infallible>(Response::from(answer))
            })
        });
        let io = Written::new(io, Rc::clone(&watch));
        let mut connection = pin!(self.http2.serve_connection(io, service));
        poll_fn(|cx| {
            match watch.verdict(cx) {
                Verdict::Stays => {}
                Verdict::Ends => connection.as_mut().graceful_shutdown(),
                Verdict::Closes => return Poll::Ready(()),
            }
            connection.as_mut().poll(cx).map(drop)
        })
        .await;
    }

    async fn answer(&self, request: Box<Request<Incoming>>, client: &Client) -> Answer {
        let target = |host: Option<&str>, path: &str| self.handler.target(host, path);
        let extension = match sort(&request, &self.hosts, target) {
            Destination::Data(target) => {
                let answer = self
                    .handler
                    .handle(target, request, client.addresses.0)
                    .await;
                return answer.map(Either::Left);
            }
            Destination::Refused(refusal) => return refused(refusal),
            Destination::Extension => true,
            Destination::Control => false,
        };
        // Boxed: a request to an API shouldn't have to move room for it about.
        Box::pin(self.hand_over(request, extension, client)).await
    }

    /// Lets the control runtime answer.
    async fn hand_over(
        &self,
        request: Box<Request<Incoming>>,
        extension: bool,
        client: &Client,
    ) -> Answer {
        if !self.allow_other_users && !client.is_own_user() {
            return refused(Refusal::OtherUser);
        }
        let (reply, answer) = oneshot::channel();
        let job = Job {
            request,
            extension,
            reply,
        };
        if self.control.send(job).is_err() {
            return stopping();
        }
        answer
            .await
            .map_or_else(|_| stopping(), |answer| answer.map(Either::Right).into())
    }
}

/// One client's connection.
struct Client {
    /// The client's and our own.
    addresses: (SocketAddr, SocketAddr),
    /// Looked up once, when the connection first asks for the control plane.
    own_user: Cell<Option<bool>>,
    watched: Watched,
}

impl Client {
    fn is_own_user(&self) -> bool {
        let (peer, local) = self.addresses;
        let own = self.own_user.get();
        let own = own.unwrap_or_else(|| peer::is_own_user(peer, local));
        self.own_user.set(Some(own));
        own
    }
}

fn refused(refusal: Refusal) -> Answer {
    message(
        StatusCode::FORBIDDEN,
        "AccessDeniedException",
        refusal.message(),
    )
}

fn stopping() -> Answer {
    message(
        StatusCode::SERVICE_UNAVAILABLE,
        "ServiceUnavailableException",
        "The gateway is stopping",
    )
}

fn message(status: StatusCode, code: &'static str, text: &str) -> Answer {
    let body = serde_json::json!({ "message": text }).to_string();
    let mut answer = Response::new(Either::Right(ControlBody::from(body)));
    *answer.status_mut() = status;
    answer
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
        .headers_mut()
        .insert("x-amzn-errortype", HeaderValue::from_static(code));
    answer.into()
}
