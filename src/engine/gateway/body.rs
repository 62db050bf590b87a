//! Bodies: small ones whole, proxied ones as they come.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::{Instant, Sleep};

use super::http1;
use super::lambda_stream::FunctionStream;
use super::reply::Reply;
use crate::engine::message::{Incoming, IncomingError};

/// The largest body in either direction, in bytes (quota *Payload size*, 10 MB).
pub(crate) const PAYLOAD_LIMIT: usize = 10 * 1024 * 1024;

/// The body of an answer, or of a request to a backend.
#[derive(Debug, Default)]
pub struct Body(Inner);

#[derive(Debug, Default)]
enum Inner {
    #[default]
    Empty,
    Whole(Bytes),
    Stream(Box<Stream>),
}

/// A body passed on frame by frame.
#[derive(Debug)]
struct Stream {
    /// What was read already.
    first: Option<Bytes>,
    rest: Option<Source>,
    /// Whether what isn't UTF-8 is replaced, and the bytes of a character that a frame cut in two.
    replacing: Option<Vec<u8>>,
    /// Bytes that may still come.
    left: usize,
    /// Takes a copy of what passes.
    copy: Option<Copy>,
    /// How long it may take.
    pace: Option<Pace>,
}

/// Where a body comes from.
#[derive(Debug)]
pub(crate) enum Source {
    Client(Incoming),
    Backend(Reply),
    Function(FunctionStream),
}

impl HttpBody for Source {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match self.get_mut() {
            Self::Client(body) => {
                let frame = std::task::ready!(Pin::new(body).poll_frame(cx));
                Poll::Ready(frame.map(|frame| frame.map_err(BodyError::from)))
            }
            Self::Backend(body) => Pin::new(body).poll_frame(cx),
            Self::Function(body) => Pin::new(body).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Client(body) => body.is_end_stream(),
            Self::Backend(body) => body.is_end_stream(),
            Self::Function(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Client(body) => body.size_hint(),
            Self::Backend(body) => body.size_hint(),
            Self::Function(body) => body.size_hint(),
        }
    }
}

/// A copy of a body in the making, and who wants it; nobody gets one that is longer than `left` bytes more.
struct Copy {
    bytes: BytesMut,
    left: usize,
    done: Box<dyn FnOnce(Bytes) + Send>,
}

impl std::fmt::Debug for Copy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Copy")
            .field("left", &self.left)
            .finish_non_exhaustive()
    }
}

/// How long a body that is passed on as it comes may be waited for: each time, and up to when. How long its receiver takes doesn't count.
#[derive(Debug)]
pub(crate) struct Pace {
    pause: Duration,
    end: Option<Instant>,
    /// Made when something has to be waited for.
    timer: Option<Pin<Box<Sleep>>>,
    waits: bool,
}

impl Pace {
    /// A body that may pause for `pause` and take `whole`.
    pub(crate) fn new(pause: Duration, whole: Duration) -> Self {
        Self {
            end: Some(Instant::now() + whole),
            ..Self::pausing(pause)
        }
    }

    /// A body that may pause for `pause`.
    fn pausing(pause: Duration) -> Self {
        Self {
            pause,
            end: None,
            timer: None,
            waits: false,
        }
    }

    /// Something came.
    fn go_on(&mut self) {
        self.waits = false;
    }

    /// Nothing came yet: ready when it was waited for too long.
    fn poll_over(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let end = self.end;
        let until = || {
            let next = Instant::now() + self.pause;
            end.map_or(next, |end| next.min(end))
        };
        let is_new = self.timer.is_none();
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(until())));
        if !is_new && !self.waits {
            timer.as_mut().reset(until());
        }
        self.waits = true;
        timer.as_mut().poll(cx)
    }
}

/// A body that can't go on.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// More than 10 MB.
    #[error("the body exceeds 10485760 bytes")]
    TooLarge,
    /// Nothing came for longer than is allowed, or it took too long as a whole.
    #[error("the body took too long")]
    Stalled,
    /// The connection that it comes from failed.
    #[error("the body broke off: {0}")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<IncomingError> for BodyError {
    fn from(error: IncomingError) -> Self {
        Self::Broken(error.into())
    }
}

impl From<http1::Error> for BodyError {
    fn from(error: http1::Error) -> Self {
        match error {
            http1::Error::Upload(error) => *error,
            other => Self::Broken(other.into()),
        }
    }
}

impl Body {
    pub(crate) fn whole(bytes: Bytes) -> Self {
        if bytes.is_empty() {
            Self::default()
        } else {
            Self(Inner::Whole(bytes))
        }
    }

    /// The rest of a body, once its first frame was looked at. `replacing` makes text of what isn't.
    pub(crate) fn stream(first: Bytes, rest: Source, replacing: bool) -> Self {
        Self(Inner::Stream(Box::new(Stream {
            left: PAYLOAD_LIMIT,
            first: Some(first),
            rest: Some(rest),
            replacing: replacing.then(Vec::new),
            copy: None,
            pace: None,
        })))
    }

    /// The same, waited for no longer than `pause` at a stretch.
    pub(crate) fn pausing(mut self, pause: Duration) -> Self {
        if let Inner::Stream(stream) = &mut self.0 {
            stream.pace = Some(Pace::pausing(pause));
        }
        self
    }

    /// A body of any length, passed on as it comes; `first` is what came already.
    pub(crate) fn paced(first: Bytes, rest: Source, pace: Pace) -> Self {
        Self(Inner::Stream(Box::new(Stream {
            left: usize::MAX,
            first: Some(first).filter(|first| !first.is_empty()),
            rest: Some(rest),
            replacing: None,
            copy: None,
            pace: Some(pace),
        })))
    }

    /// Gives a copy of the body to `done` once all of it has passed, unless it is longer than `limit` bytes or breaks off.
    pub(crate) fn copy_to(&mut self, limit: usize, done: impl FnOnce(Bytes) + Send + 'static) {
        match &mut self.0 {
            Inner::Empty => done(Bytes::new()),
            // Copied, so that no larger buffer is kept for it.
            Inner::Whole(bytes) if bytes.len() <= limit => done(Bytes::copy_from_slice(bytes)),
            Inner::Whole(_) => {}
            // Streaming and caching exclude each other (`spec/rest/integrations.md` §9).
            Inner::Stream(stream) if stream.left > PAYLOAD_LIMIT => {}
            Inner::Stream(stream) => {
                stream.copy = Some(Copy {
                    bytes: BytesMut::new(),
                    left: limit,
                    done: Box::new(done),
                });
            }
        }
    }

    /// The bytes, if the body is there as a whole.
    pub(crate) fn bytes(&self) -> Option<Bytes> {
        match &self.0 {
            Inner::Empty => Some(Bytes::new()),
            Inner::Whole(bytes) => Some(bytes.clone()),
            Inner::Stream(_) => None,
        }
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        match &mut this.0 {
            Inner::Empty => Poll::Ready(None),
            Inner::Whole(bytes) => {
                let bytes = std::mem::take(bytes);
                this.0 = Inner::Empty;
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            Inner::Stream(stream) => stream.poll(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.0, Inner::Empty)
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Inner::Empty => SizeHint::with_exact(0),
            Inner::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Inner::Stream(stream) => stream.size_hint(),
        }
    }
}

impl Stream {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        loop {
            let data = if let Some(first) = self.first.take() {
                first
            } else {
                let Some(rest) = &mut self.rest else {
                    return Poll::Ready(None);
                };
                match Pin::new(rest).poll_frame(cx) {
                    Poll::Pending => {
                        let Some(pace) = &mut self.pace else {
                            return Poll::Pending;
                        };
                        std::task::ready!(pace.poll_over(cx));
                        self.rest = None;
                        return Poll::Ready(Some(Err(BodyError::Stalled)));
                    }
                    Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                        Ok(data) => data,
                        // Trailers are dropped, as the gateway drops the header that announces them.
                        Err(_) => continue,
                    },
                    Poll::Ready(Some(Err(error))) => {
                        self.rest = None;
                        return Poll::Ready(Some(Err(error)));
                    }
                    Poll::Ready(None) => {
                        self.rest = None;
                        let cut = self.replacing.take().filter(|cut| !cut.is_empty());
                        let rest = cut.map(|cut| {
                            let text = String::from_utf8_lossy(&cut).into_owned();
                            Bytes::from(text)
                        });
                        self.copied(rest.as_deref().unwrap_or_default());
                        self.end_copy();
                        return Poll::Ready(rest.map(|rest| Ok(Frame::data(rest))));
                    }
                }
            };
            if let Some(pace) = &mut self.pace {
                pace.go_on();
            }
            let Some(left) = self.left.checked_sub(data.len()) else {
                self.rest = None;
                return Poll::Ready(Some(Err(BodyError::TooLarge)));
            };
            self.left = left;
            let data = match &mut self.replacing {
                Some(cut) => replace(cut, &data),
                None => data,
            };
            if !data.is_empty() {
                self.copied(&data);
                // Who knows the length doesn't ask for more.
                let ended = self.rest.as_ref().is_some_and(HttpBody::is_end_stream);
                if ended && self.replacing.as_ref().is_none_or(Vec::is_empty) {
                    self.end_copy();
                }
                return Poll::Ready(Some(Ok(Frame::data(data))));
            }
        }
    }

    fn end_copy(&mut self) {
        if let Some(copy) = self.copy.take() {
            (copy.done)(copy.bytes.freeze());
        }
    }

    fn copied(&mut self, data: &[u8]) {
        if let Some(copy) = &mut self.copy {
            match copy.left.checked_sub(data.len()) {
                Some(left) => {
                    copy.left = left;
                    copy.bytes.extend_from_slice(data);
                }
                None => self.copy = None,
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        let rest = self.rest.as_ref().map(HttpBody::size_hint);
        let first = self.first.as_ref().map_or(0, |f| f.len() as u64);
        match rest.and_then(|r| r.exact()) {
            Some(rest) if self.replacing.is_none() => SizeHint::with_exact(first + rest),
            _ => SizeHint::default(),
        }
    }
}

/// Makes text of a frame; a character that the frame cuts in two waits in `cut`.
fn replace(cut: &mut Vec<u8>, data: &[u8]) -> Bytes {
    cut.extend_from_slice(data);
    let mut out = String::with_capacity(cut.len());
    let mut rest = cut.as_slice();
    loop {
        match std::str::from_utf8(rest) {
            Ok(text) => {
                out.push_str(text);
                rest = &[];
                break;
            }
            Err(error) => {
                let (good, bad) = rest.split_at(error.valid_up_to());
                out.push_str(std::str::from_utf8(good).unwrap_or_default());
                rest = bad;
                let Some(length) = error.error_len() else {
                    break;
                };
                out.push(char::REPLACEMENT_CHARACTER);
                rest = &rest[length..];
            }
        }
    }
    *cut = rest.to_vec();
    Bytes::from(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_whole_body_is_one_frame_of_known_length() {
        let body = Body::whole(Bytes::from_static(b"abc"));
        assert_eq!(body.size_hint().exact(), Some(3));
        assert_eq!(body.bytes().unwrap(), "abc");
        assert!(Body::whole(Bytes::new()).is_end_stream());
    }

    proptest! {
        #[test]
        fn text_made_frame_by_frame_is_the_text_made_at_once(
            frames in prop::collection::vec(
                prop::collection::vec(prop::sample::select(vec![b'a', 0xc3, 0xbc, 0xff, 0xe2, 0x82, 0xac, 0xf0]), 0..6),
                0..6),
        ) {
            let mut cut = Vec::new();
            let mut out = Vec::new();
            for frame in &frames {
                out.extend_from_slice(&replace(&mut cut, frame));
            }
            out.extend_from_slice(String::from_utf8_lossy(&cut).as_bytes());
            let all = frames.concat();
            prop_assert_eq!(String::from_utf8(out).unwrap(), String::from_utf8_lossy(&all).into_owned());
        }
    }
}
