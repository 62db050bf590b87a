//! A data runtime: accepts connections, sorts requests, serves data, hands control over.

use std::cell::Cell;
use std::net::SocketAddr;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use http_body_util::Either;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Request, Response, StatusCode};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::LocalSet;

use super::control_body::ControlBody;
use super::http1::{self, Buffers};
use super::peer;
use super::room::Room;
use super::sort::{Destination, Refusal, sort};
use super::watch::{Patience, Watched, Watches};
use crate::engine::gateway::{self, Handler};
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
    let worker = Rc::new(Worker {
        control: runtime.control,
        hosts: runtime.hosts,
        allow_other_users: runtime.allow_other_users,
        buffers: Rc::new(Buffers::new(handler.clock().clone())),
        handler,
        watches: Rc::new(Watches::new(runtime.patience)),
        room: runtime.room,
    });
    let mut stop = runtime.stop;
    let connections = LocalSet::new();
    // Tasks of their own: what is awaited beside the connections is looked at whenever one of them has something to do.
    let accepting = connections.spawn_local(Rc::clone(&worker).accept(listener));
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

struct Worker {
    handler: Handler,
    control: mpsc::UnboundedSender<Job>,
    hosts: Rc<[String]>,
    allow_other_users: bool,
    buffers: Rc<Buffers>,
    watches: Rc<Watches>,
    room: Room,
}

impl Worker {
    /// Takes connections up, and goes the rounds over those that are open.
    async fn accept(self: Rc<Self>, listener: TcpListener) {
        let mut rounds = pin!(self.watches.go_round());
        let mut questions = pin!(self.handler.answer_questions());
        loop {
            tokio::select! {
                biased;
                accepted = listener.accept() => match accepted {
                    Ok((stream, peer)) => self.take(stream, peer),
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
    fn take(self: &Rc<Self>, stream: TcpStream, peer: SocketAddr) {
        // An answer is written at once and whole; waiting for more to send would only delay it.
        let _ = stream.set_nodelay(true);
        match self.room.take() {
            Some(place) => {
                let worker = Rc::clone(self);
                // From now on, not from when its task first runs.
                let watched = self.watches.watch();
                tokio::task::spawn_local(async move {
                    worker.connection(stream, peer, watched).await;
                    drop(place);
                });
            }
            None => super::room::shed(stream, &self.room),
        }
    }

    async fn connection(&self, stream: TcpStream, peer: SocketAddr, watched: Watched) {
        // A listener on an address for any has no address of its own.
        let Ok(local) = stream.local_addr() else {
            return;
        };
        self.serve(stream, (peer, local), &watched).await;
    }

    /// Serves a client, whatever its bytes come over.
    async fn serve<T: AsyncRead + AsyncWrite + Unpin>(
        &self,
        io: T,
        addresses: (SocketAddr, SocketAddr),
        watched: &Watched,
    ) {
        let watch = &watched.watch;
        // Looked up once, when the connection first asks for the control plane.
        let own_user = Cell::new(None);
        let service = |request| self.answer(request, addresses, &own_user);
        // What goes wrong on a connection is its client's affair: it was cut off, or spoke no HTTP.
        http1::serve(io, Rc::clone(&self.buffers), Rc::clone(watch), service).await;
    }

    async fn answer(
        &self,
        request: Box<Request<Incoming>>,
        (peer, local): (SocketAddr, SocketAddr),
        own_user: &Cell<Option<bool>>,
    ) -> Answer {
        let target = |host: Option<&str>, path: &str| self.handler.target(host, path);
        let extension = match sort(&request, &self.hosts, target) {
            Destination::Data(target) => {
                let answer = self.handler.handle(target, request, peer).await;
                return answer.map(Either::Left);
            }
            Destination::Refused(refusal) => return refused(refusal),
            Destination::Extension => true,
            Destination::Control => false,
        };
        // Boxed: a request to an API shouldn't have to move room for it about.
        Box::pin(self.hand_over(request, extension, (peer, local), own_user)).await
    }

    /// Lets the control runtime answer.
    async fn hand_over(
        &self,
        request: Box<Request<Incoming>>,
        extension: bool,
        (peer, local): (SocketAddr, SocketAddr),
        own_user: &Cell<Option<bool>>,
    ) -> Answer {
        if !self.allow_other_users {
            let own = own_user
                .get()
                .unwrap_or_else(|| peer::is_own_user(peer, local));
            own_user.set(Some(own));
            if !own {
                return refused(Refusal::OtherUser);
            }
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
