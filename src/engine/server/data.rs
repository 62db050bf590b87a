//! A data runtime: accepts connections, sorts requests, serves data, hands control over.

use std::cell::Cell;
use std::convert::Infallible;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use http_body_util::Either;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::LocalSet;

use super::control_body::ControlBody;
use super::peer;
use super::room::Room;
use super::sort::{Destination, Refusal, sort};
use super::watch::{Patience, Verdict, Watched, WatchedIo, Watches};
use crate::engine::gateway::{self, Handler};

/// An answer: of the data plane, or of the control runtime.
pub(crate) type Answer = Response<Either<gateway::Body, ControlBody>>;

/// A request for the control runtime, and where its answer is awaited.
#[derive(Debug)]
pub(crate) struct Job {
    /// As it came, its body unread.
    pub(crate) request: Request<Incoming>,
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

/// The most bytes of a request that are held before its body is asked for. A head longer than that is refused by the HTTP library; the
/// gateway's own limits on URL and headers, which have AWS's words, are lower.
const READ_AHEAD: usize = 64 * 1024;

/// Serves until the engine stops.
pub(crate) async fn run_data(runtime: DataRuntime, handler: Handler) -> std::io::Result<()> {
    let listener = TcpListener::from_std(runtime.listener)?;
    let mut http = http1::Builder::new();
    // A client that has sent all it wants to send may close its side and still gets its answer.
    http.half_close(true)
        .max_buf_size(READ_AHEAD)
        .header_read_timeout(None);
    let worker = Rc::new(Worker {
        handler,
        control: runtime.control,
        hosts: runtime.hosts,
        allow_other_users: runtime.allow_other_users,
        http,
        watches: Rc::new(Watches::new(runtime.patience)),
        room: runtime.room,
    });
    let mut stop = runtime.stop;
    let connections = LocalSet::new();
    connections
        .run_until(async {
            let mut rounds = pin!(worker.watches.go_round());
            let mut questions = pin!(worker.handler.answer_questions());
            loop {
                tokio::select! {
                    biased;
                    _ = stop.wait_for(|stopped| *stopped) => return,
                    accepted = listener.accept() => match accepted {
                        Ok((stream, peer)) => worker.take(stream, peer),
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
        })
        .await;
    drop(listener);
    // Connections close themselves once they have answered; whoever takes longer than this is cut off.
    worker.watches.end();
    let _ = tokio::time::timeout(DRAIN, connections).await;
    Ok(())
}

struct Worker {
    handler: Handler,
    control: mpsc::UnboundedSender<Job>,
    hosts: Rc<[String]>,
    allow_other_users: bool,
    http: http1::Builder,
    watches: Rc<Watches>,
    room: Room,
}

impl Worker {
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
        let watch = &watched.watch;
        // Looked up once, when the connection first asks for the control plane.
        let own_user = Cell::new(None);
        let heads = self.handler.heads();
        let service = service_fn(|request| {
            watch.serving();
            heads.claim(watch.key());
            let own_user = &own_user;
            // Boxed: the room that a request needs belongs to the request, not to its connection, which is idle most of the time.
            Box::pin(async move {
                let answer = self.answer(request, (peer, local), own_user).await;
                watch.answered();
                Ok::<_, Infallible>(answer)
            })
        });
        let io = WatchedIo::new(TokioIo::new(stream), Rc::clone(watch), Rc::clone(&heads));
        let mut connection = pin!(self.http.serve_connection(io, service));
        poll_fn(|cx| {
            match watch.verdict(cx) {
                Verdict::Stays => {}
                Verdict::Ends => connection.as_mut().graceful_shutdown(),
                Verdict::Closes => return Poll::Ready(()),
            }
            // What goes wrong on a connection is its client's affair: it was cut off, or spoke no HTTP.
            connection.as_mut().poll(cx).map(drop)
        })
        .await;
    }

    async fn answer(
        &self,
        request: Request<Incoming>,
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
        request: Request<Incoming>,
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
            .map_or_else(|_| stopping(), |answer| answer.map(Either::Right))
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
    answer
}
