//! The body of a request.
//!
//! It is read from the connection only when somebody asks for it. The connection's own task does so, in most cases the one that
//! serves the request too: then nobody is woken and nothing waits in a queue. What hands bodies over to another thread works the same,
//! with two wake-ups for a piece.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// The body of a request as it comes, and the head that came before it.
#[derive(Debug, Default)]
pub struct Incoming {
    source: Source,
    head: Bytes,
}

#[derive(Debug)]
enum Source {
    /// All of it, until it is taken.
    Whole(Bytes),
    /// A connection's.
    Inlet(Arc<Inlet>),
    /// The HTTP library's.
    Hyper(hyper::body::Incoming),
}

impl Default for Source {
    fn default() -> Self {
        Self::Whole(Bytes::new())
    }
}

/// Why a request's body can't be read to its end.
#[derive(Debug, thiserror::Error)]
pub enum IncomingError {
    /// The connection ended before the body did.
    #[error("the connection was closed before the body's end")]
    Closed,
    /// It can't be told where the body ends.
    #[error("it isn't valid HTTP: {0}")]
    Malformed(&'static str),
    /// The HTTP library's reason.
    #[error(transparent)]
    Hyper(#[from] hyper::Error),
}

impl From<super::Malformed> for IncomingError {
    fn from(error: super::Malformed) -> Self {
        Self::Malformed(error.0)
    }
}

impl Incoming {
    /// A body that came with its head.
    pub(crate) fn whole(body: Bytes, head: Bytes) -> Self {
        Self {
            source: Source::Whole(body),
            head,
        }
    }

    /// A body that a connection goes on reading.
    pub(crate) fn inlet(inlet: Arc<Inlet>, head: Bytes) -> Self {
        Self {
            source: Source::Inlet(inlet),
            head,
        }
    }

    /// The head as it was written; empty where that isn't known.
    pub(crate) fn head(&self) -> &Bytes {
        &self.head
    }
}

impl From<hyper::body::Incoming> for Incoming {
    fn from(body: hyper::body::Incoming) -> Self {
        Self {
            source: Source::Hyper(body),
            head: Bytes::new(),
        }
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if let Source::Inlet(inlet) = &self.source {
            inlet.abandon();
        }
    }
}

impl Body for Incoming {
    type Data = Bytes;
    type Error = IncomingError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, IncomingError>>> {
        match &mut self.get_mut().source {
            Source::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Source::Whole(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Source::Inlet(inlet) => inlet.poll(cx),
            Source::Hyper(body) => {
                let frame = std::task::ready!(Pin::new(body).poll_frame(cx));
                Poll::Ready(frame.map(|frame| frame.map_err(IncomingError::from)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.source {
            Source::Whole(bytes) => bytes.is_empty(),
            Source::Inlet(inlet) => inlet.lock().is_over(),
            Source::Hyper(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.source {
            Source::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Source::Inlet(inlet) => inlet.lock().size_hint(),
            Source::Hyper(body) => body.size_hint(),
        }
    }
}

/// Where a connection puts what it reads of a body, and learns that more is wanted.
#[derive(Debug, Default)]
pub(crate) struct Inlet(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// What was read and not taken yet.
    piece: Option<Result<Bytes, IncomingError>>,
    /// Whether nothing comes after that.
    ended: bool,
    /// How much comes after that, where it is known.
    left: Option<u64>,
    /// Whether somebody waits for a piece, and who.
    wanted: bool,
    reader: Option<Waker>,
    /// Nobody will ask any more.
    abandoned: bool,
    /// The task that reads from the connection.
    connection: Option<Waker>,
}

impl State {
    fn is_over(&self) -> bool {
        self.ended && self.piece.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        let here = match &self.piece {
            Some(Ok(piece)) => piece.len() as u64,
            _ => 0,
        };
        match self.left {
            Some(left) => SizeHint::with_exact(here + left),
            None if self.ended => SizeHint::with_exact(here),
            None => SizeHint::default(),
        }
    }
}

impl Inlet {
    /// For a body of so many bytes, or an unknown number.
    pub(crate) fn of(left: Option<u64>) -> Self {
        Self(Mutex::new(State {
            left,
            ..State::default()
        }))
    }

    /// The lock, also after a thread panicked with it: the state is whole at every moment.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn poll(&self, cx: &Context<'_>) -> Poll<Option<Result<Frame<Bytes>, IncomingError>>> {
        let mut state = self.lock();
        if let Some(piece) = state.piece.take() {
            return Poll::Ready(Some(piece.map(Frame::data)));
        }
        if state.ended {
            return Poll::Ready(None);
        }
        state.wanted = true;
        keep(&mut state.reader, cx);
        // The task that reads looks by itself after it has polled who asks; another has to be told.
        if let Some(connection) = &state.connection
            && !connection.will_wake(cx.waker())
        {
            connection.wake_by_ref();
        }
        Poll::Pending
    }

    fn abandon(&self) {
        let mut state = self.lock();
        state.abandoned = true;
        state.piece = None;
    }

    /// Whether more is wanted; the connection's task is woken when it becomes so.
    pub(crate) fn wants(&self, cx: &Context<'_>) -> bool {
        let mut state = self.lock();
        keep(&mut state.connection, cx);
        state.wanted && !state.abandoned
    }

    /// The next piece: `left` bytes come after it, as far as that is known; none of them if it is the last.
    pub(crate) fn give(
        &self,
        piece: Result<Bytes, IncomingError>,
        (left, is_last): (Option<u64>, bool),
        cx: &Context<'_>,
    ) {
        let mut state = self.lock();
        state.ended = is_last || piece.is_err();
        state.left = left;
        state.wanted = false;
        state.piece = Some(piece).filter(|piece| {
            let empty = piece.as_ref().is_ok_and(Bytes::is_empty);
            !(empty || state.abandoned)
        });
        if let Some(reader) = state.reader.take()
            && !reader.will_wake(cx.waker())
        {
            reader.wake();
        }
    }
}

fn keep(place: &mut Option<Waker>, cx: &Context<'_>) {
    match place {
        Some(waker) if waker.will_wake(cx.waker()) => {}
        place => *place = Some(cx.waker().clone()),
    }
}
