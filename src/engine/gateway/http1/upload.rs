//! A request on its way to a backend: its head, then its body as it comes.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use http::Method;
use http::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING};
use http_body::Body as _;
use tokio::io::AsyncWrite;

use super::super::body::{Body, BodyError};
use super::Request;

/// What of a request is still to be written.
#[derive(Debug, Default)]
pub(super) struct Upload {
    /// A head or a chunk's size, written before `data`. Kept between requests, as room.
    text: Vec<u8>,
    /// How much of `text` was written.
    at: usize,
    data: Bytes,
    /// What comes after these.
    rest: Rest,
    /// Whether anything of the request was written.
    begun: bool,
}

/// What still comes of a body.
#[derive(Debug, Default)]
enum Rest {
    /// Nothing, and all was handed to the system.
    #[default]
    Done,
    /// Nothing; what was written may wait in a buffer.
    Flush,
    /// So many bytes.
    Length(Body, u64),
    /// Chunks; whether one was begun, whose end is to be written.
    Chunks(Body, bool),
}

/// Why a request can't be written to its end.
#[derive(Debug)]
pub(super) enum Broke {
    Connection(io::Error),
    Body(BodyError),
}

impl From<io::Error> for Broke {
    fn from(error: io::Error) -> Self {
        Self::Connection(error)
    }
}

impl Upload {
    /// Takes up a request. A body that is there as a whole stays in the request, so that it can be sent again.
    pub(super) fn begin(&mut self, request: &mut Request) {
        self.text.clear();
        self.at = 0;
        self.begun = false;
        (self.data, self.rest) = if let Some(bytes) = request.body.bytes() {
            (bytes, Rest::Flush)
        } else {
            let body = std::mem::take(&mut request.body);
            let rest = match body.size_hint().exact() {
                Some(length) => Rest::Length(body, length),
                None => Rest::Chunks(body, false),
            };
            (Bytes::new(), rest)
        };
        self.write_head(request);
    }

    fn write_head(&mut self, request: &Request) {
        let text = &mut self.text;
        for piece in [request.verb.as_str(), " ", &request.target, " HTTP/1.1\r\n"] {
            text.extend_from_slice(piece.as_bytes());
        }
        let mut tells = matches!(request.verb, Method::POST | Method::PUT | Method::PATCH);
        for (name, value) in request.fields.iter() {
            if [CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION].contains(name) {
                tells |= *name == CONTENT_LENGTH;
                continue;
            }
            text.extend_from_slice(name.as_str().as_bytes());
            text.extend_from_slice(b": ");
            text.extend_from_slice(value.as_bytes());
            text.extend_from_slice(b"\r\n");
        }
        let length = match &self.rest {
            Rest::Chunks(..) => None,
            Rest::Length(_, length) => Some(*length),
            Rest::Done | Rest::Flush => Some(self.data.len() as u64),
        };
        match length {
            None => text.extend_from_slice(b"transfer-encoding: chunked\r\n"),
            // Methods that usually have a body say it when they have none (RFC 9110 §8.6).
            Some(0) if !tells => {}
            Some(length) => {
                text.extend_from_slice(b"content-length: ");
                text.extend_from_slice(itoa::Buffer::new().format(length).as_bytes());
                text.extend_from_slice(b"\r\n");
            }
        }
        text.extend_from_slice(b"\r\n");
    }

    pub(super) fn is_done(&self) -> bool {
        matches!(self.rest, Rest::Done)
    }

    /// Whether anything of the request was written.
    pub(super) fn has_begun(&self) -> bool {
        self.begun
    }

    /// Gives the body back to a request of which nothing was written.
    pub(super) fn take_back(&mut self, request: &mut Request) {
        if !self.begun
            && let Rest::Length(body, _) | Rest::Chunks(body, _) = std::mem::take(&mut self.rest)
        {
            request.body = body;
        }
    }

    /// Writes as much as the connection takes.
    pub(super) fn poll<T: AsyncWrite + Unpin>(
        &mut self,
        io: &mut T,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Broke>> {
        loop {
            ready!(self.poll_write(io, cx))?;
            let body = match &mut self.rest {
                Rest::Done => return Poll::Ready(Ok(())),
                Rest::Flush => {
                    ready!(Pin::new(&mut *io).poll_flush(cx))?;
                    self.rest = Rest::Done;
                    return Poll::Ready(Ok(()));
                }
                Rest::Length(body, _) | Rest::Chunks(body, _) => body,
            };
            let frame = match Pin::new(body).poll_frame(cx) {
                Poll::Ready(frame) => frame,
                Poll::Pending => {
                    // The backend should get what is there while the client takes its time.
                    ready!(Pin::new(&mut *io).poll_flush(cx))?;
                    return Poll::Pending;
                }
            };
            match frame {
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.take(data)?;
                    }
                }
                Some(Err(error)) => return Poll::Ready(Err(Broke::Body(error))),
                None => self.end()?,
            }
        }
    }

    /// A piece of the body.
    fn take(&mut self, data: Bytes) -> Result<(), Broke> {
        if data.is_empty() {
            return Ok(());
        }
        match &mut self.rest {
            Rest::Length(_, left) => {
                let length = data.len() as u64;
                *left = left.checked_sub(length).ok_or_else(|| differs("longer"))?;
            }
            Rest::Chunks(_, begun) => {
                use std::io::Write as _;
                let end = if std::mem::replace(begun, true) {
                    "\r\n"
                } else {
                    ""
                };
                write!(self.text, "{end}{:x}\r\n", data.len())?;
            }
            Rest::Done | Rest::Flush => {}
        }
        self.data = data;
        Ok(())
    }

    fn end(&mut self) -> Result<(), Broke> {
        match std::mem::replace(&mut self.rest, Rest::Flush) {
            Rest::Length(_, 1..) => return Err(differs("shorter")),
            Rest::Chunks(_, begun) => {
                let end: &[u8] = if begun {
                    b"\r\n0\r\n\r\n"
                } else {
                    b"0\r\n\r\n"
                };
                self.text.extend_from_slice(end);
            }
            Rest::Length(..) | Rest::Done | Rest::Flush => {}
        }
        Ok(())
    }

    fn poll_write<T: AsyncWrite + Unpin>(
        &mut self,
        io: &mut T,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        while self.at < self.text.len() || !self.data.is_empty() {
            let text = self.text.get(self.at..).unwrap_or_default();
            let io = Pin::new(&mut *io);
            let written = if self.data.is_empty() {
                io.poll_write(cx, text)
            } else if text.is_empty() {
                io.poll_write(cx, &self.data)
            } else {
                io.poll_write_vectored(cx, &[IoSlice::new(text), IoSlice::new(&self.data)])
            };
            let written = ready!(written)?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.begun = true;
            let of_text = written.min(text.len());
            self.at += of_text;
            self.data.advance(written - of_text);
        }
        self.text.clear();
        self.at = 0;
        Poll::Ready(Ok(()))
    }
}

fn differs(how: &str) -> Broke {
    Broke::Connection(io::Error::other(format!(
        "the request's body is {how} than it said"
    )))
}
