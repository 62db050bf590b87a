//! A connection to a backend: one request at a time, and its answer.

use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http::Method;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::head::{self, Head};
use super::upload::{Broke, Upload};
use super::{Error, Request};
use crate::engine::message::framing::{Decoded, Decoder};

/// How much is read at once at first, in bytes: what almost every answer fits in.
const LITTLE: usize = 8 * 1024;

/// How much is read at once of bodies that turn out to be large.
const MUCH: usize = 64 * 1024;

/// A connection that speaks HTTP/1.1.
#[derive(Debug)]
pub(crate) struct Connection<T = Io> {
    io: T,
    /// What was read and not used yet.
    buffer: BytesMut,
    /// How much to make room for.
    room: usize,
    upload: Upload,
    decoder: Decoder,
    /// Whether another request can follow.
    keeps: bool,
    /// Why the request couldn't be written to its end. The answer may come all the same, and say why.
    broken: Option<io::Error>,
}

/// How far a request got that has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Nothing of it was written.
    Unsent,
    /// The connection ended before anything of an answer came.
    Unanswered,
    /// Something of an answer came, or it was the request's own fault.
    Further,
}

impl<T: AsyncRead + AsyncWrite + Unpin> Connection<T> {
    pub(crate) fn new(io: T) -> Self {
        Self {
            io,
            buffer: BytesMut::new(),
            room: LITTLE,
            upload: Upload::default(),
            decoder: Decoder::Ended,
            keeps: true,
            broken: None,
        }
    }

    /// Sends a request and waits for the head of the answer. The body of a request that is passed on as it comes is taken out of it, and
    /// may go on being sent while the answer's is read.
    pub(crate) async fn send(&mut self, request: &mut Request) -> Result<Head, (Error, Reach)> {
        let bodiless = request.verb == Method::HEAD;
        self.upload.begin(request);
        let outcome = std::future::poll_fn(|cx| self.poll_head(cx, bodiless)).await;
        outcome.map_err(|error| {
            self.upload.take_back(request);
            let reach = match &error {
                Error::Io(_) | Error::Closed if !self.buffer.is_empty() => Reach::Further,
                Error::Io(_) | Error::Closed if self.upload.has_begun() => Reach::Unanswered,
                Error::Io(_) | Error::Closed => Reach::Unsent,
                Error::Malformed(_) | Error::Upload(_) => Reach::Further,
            };
            (error, reach)
        })
    }

    fn poll_head(&mut self, cx: &mut Context<'_>, bodiless: bool) -> Poll<Result<Head, Error>> {
        self.upload(cx)?;
        loop {
            match ready!(self.poll_read(cx))? {
                0 => return Poll::Ready(Err(self.broken.take().map_or(Error::Closed, Error::Io))),
                read => {
                    // A head ends with a line: without one more it can't have.
                    let new = self.buffer.len() - read;
                    if memchr::memchr(b'\n', &self.buffer[new..]).is_none()
                        && self.buffer.len() <= MUCH
                        && read < LITTLE
                    {
                        continue;
                    }
                }
            }
            if let Some(parsed) = head::take(&mut self.buffer, bodiless)? {
                self.decoder = parsed.decoder;
                self.keeps = parsed.keeps;
                return Poll::Ready(Ok(parsed.head));
            }
        }
    }

    /// The next bytes of the answer's body; nothing once it has ended.
    pub(crate) fn poll_body(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        Poll::Ready(loop {
            if let Err(error) = self.upload(cx) {
                break Some(Err(error));
            }
            match self.decoder.decode(&mut self.buffer) {
                Ok(Decoded::Ended) => break None,
                Ok(Decoded::Data(data)) => {
                    // If it was the last, that should be known now. What is wrong after it is told when it is asked for.
                    let _ = self.decoder.settle(&mut self.buffer);
                    break Some(Ok(data));
                }
                Ok(Decoded::More) => {}
                Err(malformed) => break Some(Err(malformed.into())),
            }
            match ready!(self.poll_read(cx)) {
                Ok(0) if self.decoder == Decoder::Close => self.decoder = Decoder::Ended,
                Ok(0) => break Some(Err(Error::Closed)),
                Ok(_) => {}
                Err(error) => break Some(Err(Error::Io(error))),
            }
        })
    }

    /// Writes on. That the backend doesn't take it is no failure as long as it may answer.
    fn upload(&mut self, cx: &mut Context<'_>) -> Result<(), Error> {
        if self.upload.is_done() || self.broken.is_some() {
            return Ok(());
        }
        match self.upload.poll(&mut self.io, cx) {
            Poll::Pending | Poll::Ready(Ok(())) => Ok(()),
            Poll::Ready(Err(Broke::Body(error))) => Err(Error::Upload(Box::new(error))),
            Poll::Ready(Err(Broke::Connection(error))) => {
                self.broken = Some(error);
                Ok(())
            }
        }
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        // A read that finds less than there is room for tells the runtime that no more is there, which saves asking.
        if self.buffer.capacity() - self.buffer.len() < LITTLE / 4 {
            self.buffer.reserve(self.room);
        }
        let room = self.buffer.capacity() - self.buffer.len();
        let read = ready!(pin!(self.io.read_buf(&mut self.buffer)).poll(cx))?;
        if read == room {
            self.room = (self.room * 2).min(MUCH);
        }
        Poll::Ready(Ok(read))
    }

    /// How many bytes of the answer's body are to come, where that is known.
    pub(crate) fn left(&self) -> Option<u64> {
        self.decoder.left()
    }

    /// Whether the answer has ended.
    pub(crate) fn has_ended(&self) -> bool {
        self.decoder == Decoder::Ended
    }

    /// Whether another request can be sent: all of the last was, and nothing follows its answer.
    pub(crate) fn is_free(&self) -> bool {
        self.keeps
            && self.has_ended()
            && self.upload.is_done()
            && self.broken.is_none()
            && self.buffer.is_empty()
    }

    /// Keeps no room for large bodies while there is no work.
    pub(crate) fn rest(&mut self) {
        if self.room > LITTLE {
            self.room = LITTLE;
            self.buffer = BytesMut::new();
        }
    }

    /// Whether a connection without work was neither closed nor written to by the backend.
    pub(crate) fn is_quiet(&mut self, cx: &mut Context<'_>) -> bool {
        let mut byte = [0];
        let mut byte = ReadBuf::new(&mut byte);
        Pin::new(&mut self.io).poll_read(cx, &mut byte).is_pending()
    }
}

/// What a backend is reached over.
#[derive(Debug)]
pub(crate) enum Io {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Does the same on whatever it is.
macro_rules! on {
    ($io:expr, $call:ident($($argument:expr),*)) => {
        match $io.get_mut() {
            Io::Plain(io) => Pin::new(io).$call($($argument),*),
            Io::Tls(io) => Pin::new(io).$call($($argument),*),
        }
    };
}

impl AsyncRead for Io {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        on!(self, poll_read(cx, buf))
    }
}

impl AsyncWrite for Io {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        on!(self, poll_write(cx, buf))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        on!(self, poll_write_vectored(cx, bufs))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        on!(self, poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        on!(self, poll_shutdown(cx))
    }
}
