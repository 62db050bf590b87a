//! What of an answer is still to be written: its head, then its body as it comes.

use std::io::{self, IoSlice, Write as _};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use http::StatusCode;
use http::header::{CONNECTION, CONTENT_LENGTH, DATE, TRANSFER_ENCODING};
use tokio::io::AsyncWrite;

use crate::engine::message::{Answer, names};

/// Bodies that are copied behind their head: one piece is cheaper to write than two.
const COPIED: usize = 4 * 1024;

/// Room that is kept between answers, in bytes.
const KEPT: usize = 2 * 1024;

/// How an answer's body is delimited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// It has none, whatever its author gave it.
    None,
    /// So many bytes more.
    Length(u64),
    /// Chunks; whether one was begun, whose end is to be written.
    Chunks(bool),
    /// It ends with the connection.
    Close,
}

impl Framing {
    /// How to delimit the body of this answer (RFC 9112 §6.1, §6.3). `newer` clients know chunks.
    pub(super) fn of(status: StatusCode, length: Option<u64>, to_head: bool, newer: bool) -> Self {
        let bodiless = [StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED];
        match length {
            _ if to_head || status.is_informational() || bodiless.contains(&status) => Self::None,
            Some(length) => Self::Length(length),
            None if newer => Self::Chunks(false),
            None => Self::Close,
        }
    }
}

/// A body of another length than its author said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WrongLength;

/// Bytes on their way out.
#[derive(Debug, Default)]
pub(super) struct Output {
    /// Written before `data`.
    text: Vec<u8>,
    at: usize,
    data: Bytes,
}

/// How a head is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manner {
    /// Whether the client speaks HTTP/1.1.
    pub(super) newer: bool,
    pub(super) keeps: bool,
    pub(super) framing: Framing,
    /// Of an answer to HEAD: the length of the body that another request would get.
    pub(super) told: Option<u64>,
}

impl Output {
    /// Takes up the head of an answer.
    pub(super) fn head<B>(&mut self, answer: &Answer<B>, manner: Manner, date: &[u8]) {
        let text = &mut self.text;
        text.extend_from_slice(if manner.newer {
            b"HTTP/1.1 "
        } else {
            b"HTTP/1.0 "
        });
        text.extend_from_slice(answer.status.as_str().as_bytes());
        text.push(b' ');
        let reason = answer.status.canonical_reason().unwrap_or_default();
        text.extend_from_slice(reason.as_bytes());
        text.extend_from_slice(b"\r\n");
        for lines in &answer.lines {
            text.extend_from_slice(lines);
        }
        let dated = !answer.headers.is_empty() && self.headers(answer);
        let text = &mut self.text;
        let length = match manner.framing {
            Framing::Length(length) => Some(length),
            Framing::None => manner.told.filter(|told| *told > 0),
            Framing::Chunks(_) => {
                text.extend_from_slice(b"Transfer-Encoding: chunked\r\n");
                None
            }
            Framing::Close => None,
        };
        if let Some(length) = length {
            text.extend_from_slice(b"Content-Length: ");
            text.extend_from_slice(itoa::Buffer::new().format(length).as_bytes());
            text.extend_from_slice(b"\r\n");
        }
        text.extend_from_slice(if manner.keeps {
            b"Connection: keep-alive\r\n".as_slice()
        } else {
            b"Connection: close\r\n"
        });
        if !dated {
            text.extend_from_slice(date);
        }
        text.extend_from_slice(b"\r\n");
    }

    /// Headers that aren't about the message itself; whether the date is among them.
    fn headers<B>(&mut self, answer: &Answer<B>) -> bool {
        let mut dated = false;
        for (name, value) in answer.headers.iter() {
            if [CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION].contains(name) {
                continue;
            }
            dated |= *name == DATE;
            let name = names::written(name, &answer.spellings);
            self.text.extend_from_slice(name.as_bytes());
            self.text.extend_from_slice(b": ");
            self.text.extend_from_slice(value.as_bytes());
            self.text.extend_from_slice(b"\r\n");
        }
        dated
    }

    /// Whether all that was taken up is written.
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty() && self.data.is_empty()
    }

    /// Takes up bytes that are no answer.
    pub(super) fn text(&mut self, text: &[u8]) {
        self.text.extend_from_slice(text);
    }

    /// Takes up a piece of the body. What was taken up before must have been written, except for a head.
    pub(super) fn data(&mut self, data: Bytes, framing: &mut Framing) -> Result<(), WrongLength> {
        if data.is_empty() {
            return Ok(());
        }
        match framing {
            Framing::None => return Ok(()),
            Framing::Length(left) => {
                *left = left.checked_sub(data.len() as u64).ok_or(WrongLength)?;
            }
            Framing::Chunks(begun) => {
                let end = if std::mem::replace(begun, true) {
                    "\r\n"
                } else {
                    ""
                };
                // A vector takes everything.
                let _ = write!(self.text, "{end}{:x}\r\n", data.len());
            }
            Framing::Close => {}
        }
        if data.len() <= COPIED {
            self.text.extend_from_slice(&data);
        } else {
            self.data = data;
        }
        Ok(())
    }

    /// The end of the body.
    pub(super) fn end(&mut self, framing: Framing) -> Result<(), WrongLength> {
        match framing {
            Framing::Length(1..) => return Err(WrongLength),
            Framing::Chunks(true) => self.text.extend_from_slice(b"\r\n0\r\n\r\n"),
            Framing::Chunks(false) => self.text.extend_from_slice(b"0\r\n\r\n"),
            Framing::Length(_) | Framing::None | Framing::Close => {}
        }
        Ok(())
    }

    /// Writes as much as the connection takes.
    pub(super) fn poll<T: AsyncWrite + Unpin>(
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
            let of_text = written.min(text.len());
            self.at += of_text;
            self.data.advance(written - of_text);
        }
        // TLS may still hold what it took; elsewhere there is nothing to wait for.
        ready!(Pin::new(io).poll_flush(cx))?;
        self.text.clear();
        self.text.shrink_to(KEPT);
        self.at = 0;
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderValue, header};

    use super::*;
    use crate::engine::message::Fields;

    fn answer(status: u16, headers: Fields) -> Answer<()> {
        Answer {
            status: StatusCode::from_u16(status).unwrap(),
            lines: [Bytes::from_static(b"x-ready: 1\r\n"), Bytes::new()],
            headers,
            spellings: Vec::new(),
            body: (),
        }
    }

    #[test]
    fn bodies_are_delimited_as_their_receiver_understands() {
        for (status, length, to_head, newer, expected) in [
            (200, Some(5), false, true, Framing::Length(5)),
            (200, None, false, true, Framing::Chunks(false)),
            (200, None, false, false, Framing::Close),
            (200, Some(5), true, true, Framing::None),
            (204, None, false, true, Framing::None),
            (304, Some(5), false, true, Framing::None),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(Framing::of(status, length, to_head, newer), expected);
        }
    }

    #[test]
    fn a_head_has_each_line_once() {
        let mut headers = Fields::new();
        for (name, value) in [
            (header::CONTENT_LENGTH, "99"),
            (header::CONNECTION, "upgrade"),
            (header::TRANSFER_ENCODING, "gzip"),
            (header::DATE, "yesterday"),
            (header::VARY, "a"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        let manner = Manner {
            newer: true,
            keeps: false,
            framing: Framing::Length(2),
            told: None,
        };
        let mut output = Output::default();
        output.head(&answer(299, headers), manner, b"date: now\r\n");
        let text = String::from_utf8(output.text).unwrap();
        assert_eq!(
            text,
            "HTTP/1.1 299 \r\nx-ready: 1\r\ndate: yesterday\r\nvary: a\r\nContent-Length: 2\r\nConnection: close\r\n\r\n"
        );
    }

    #[test]
    fn a_body_is_as_long_as_it_was_said_to_be() {
        let data = |text: &'static str| Bytes::from_static(text.as_bytes());
        let mut framing = Framing::Length(3);
        let mut output = Output::default();
        output.data(data("ab"), &mut framing).unwrap();
        assert_eq!(output.end(framing), Err(WrongLength));
        assert_eq!(output.data(data("cd"), &mut framing), Err(WrongLength));
        let mut framing = Framing::Chunks(false);
        let mut output = Output::default();
        output.data(data("ab"), &mut framing).unwrap();
        output.data(data(""), &mut framing).unwrap();
        output.data(data("c"), &mut framing).unwrap();
        output.end(framing).unwrap();
        assert_eq!(output.text, b"2\r\nab\r\n1\r\nc\r\n0\r\n\r\n");
    }
}
