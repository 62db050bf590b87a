//! The head of a request, and what it says about the body and the connection (RFC 9112 §3, §5, §6.3, §9.3).

use std::mem::MaybeUninit;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, EXPECT, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Uri, Version};

use super::buffers::Buffers;
use crate::engine::message::Incoming;
use crate::engine::message::framing::{Chunk, Decoder};

/// The largest head, in bytes. The gateway's own limits on URL and headers, which have AWS's words, are lower.
pub(super) const HEAD: usize = 64 * 1024;

/// The most headers of a request.
const HEADERS: usize = 128;

/// A request without its body.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) request: Box<Request<Incoming>>,
    /// As it was written.
    pub(super) text: Bytes,
    /// How the body is delimited.
    pub(super) body: Decoder,
    /// Whether another request may follow.
    pub(super) keeps: bool,
    /// Whether the client waits to be told to send the body.
    pub(super) expects: bool,
}

/// Why a request isn't taken up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It is no request, or could be misread.
    Malformed,
    /// The line that it begins with is too long.
    TargetTooLong,
    TooLarge,
    /// It is another protocol, whose speaker wouldn't understand an answer.
    OtherProtocol,
}

impl Refusal {
    /// The answer's status; nothing is answered where there is none.
    pub(super) const fn status(self) -> Option<StatusCode> {
        match self {
            Self::Malformed => Some(StatusCode::BAD_REQUEST),
            Self::TargetTooLong => Some(StatusCode::URI_TOO_LONG),
            Self::TooLarge => Some(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE),
            Self::OtherProtocol => None,
        }
    }
}

/// Reads the head that these bytes begin with; nothing if it isn't there yet. The second is its length.
pub(super) fn read(bytes: &[u8], buffers: &Buffers) -> Result<Option<(Head, usize)>, Refusal> {
    let mut room = [const { MaybeUninit::uninit() }; HEADERS];
    let mut parsed = httparse::Request::new(&mut []);
    let length = match parsed.parse_with_uninit_headers(bytes, &mut room) {
        Ok(httparse::Status::Complete(length)) if length <= HEAD => length,
        Ok(httparse::Status::Partial) if bytes.len() <= HEAD => return Ok(None),
        Ok(_) if memchr::memchr(b'\n', &bytes[..HEAD]).is_none() => {
            return Err(Refusal::TargetTooLong);
        }
        Ok(_) | Err(httparse::Error::TooManyHeaders) => return Err(Refusal::TooLarge),
        Err(httparse::Error::Version) if bytes.starts_with(b"PRI * HTTP/2.0\r\n") => {
            return Err(Refusal::OtherProtocol);
        }
        Err(_) => return Err(Refusal::Malformed),
    };
    let newer = parsed.version == Some(1);
    let text = buffers.keep(&bytes[..length]);
    // Parts of the head share its text.
    let base = bytes.as_ptr().addr();
    let part = |part: &[u8]| {
        let start = part.as_ptr().addr() - base;
        text.slice(start..start + part.len())
    };
    let method = parsed.method.unwrap_or_default();
    let method = Method::from_bytes(method.as_bytes()).map_err(|_| Refusal::Malformed)?;
    let uri = part(parsed.path.unwrap_or_default().as_bytes());
    let uri = Uri::from_maybe_shared(uri).map_err(|_| Refusal::Malformed)?;
    // What is asked for isn't a resource but a tunnel, whose bytes would be taken for requests.
    if method == Method::CONNECT {
        return Err(Refusal::Malformed);
    }
    let mut headers = HeaderMap::with_capacity(parsed.headers.len());
    let mut facts = Facts::default();
    for header in &*parsed.headers {
        let name = HeaderName::from_bytes(header.name.as_bytes());
        let name = name.map_err(|_| Refusal::Malformed)?;
        let value = HeaderValue::from_maybe_shared(part(header.value));
        let value = value.map_err(|_| Refusal::Malformed)?;
        facts.see(&name, &value)?;
        headers.append(name, value);
    }
    let (body, sure) = facts.body(newer)?;
    if matches!(body, Decoder::Chunked(_)) {
        // The chunks count (RFC 9112 §6.3), and nobody behind this is to see another length.
        headers.remove(CONTENT_LENGTH);
    }
    let mut request = Box::new(Request::new(Incoming::default()));
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    *request.version_mut() = if newer {
        Version::HTTP_11
    } else {
        Version::HTTP_10
    };
    *request.headers_mut() = headers;
    let head = Head {
        request,
        text,
        body,
        keeps: sure && facts.keeps(newer),
        expects: facts.expects && newer,
    };
    Ok(Some((head, length)))
}

/// What the headers say about the message itself.
#[derive(Debug, Default)]
struct Facts {
    length: Option<u64>,
    /// The last transfer coding is `chunked`, and there is no other.
    chunked: bool,
    closes: bool,
    persists: bool,
    expects: bool,
}

impl Facts {
    fn see(&mut self, name: &HeaderName, value: &HeaderValue) -> Result<(), Refusal> {
        let value = value.as_bytes();
        if *name == CONTENT_LENGTH {
            let length = length(value).ok_or(Refusal::Malformed)?;
            if self.length.is_some_and(|before| before != length) {
                return Err(Refusal::Malformed);
            }
            self.length = Some(length);
        } else if *name == TRANSFER_ENCODING {
            // No other coding is understood, and a second one would be.
            if self.chunked || !value.eq_ignore_ascii_case(b"chunked") {
                return Err(Refusal::Malformed);
            }
            self.chunked = true;
        } else if *name == CONNECTION {
            for word in value.split(|b| *b == b',').map(<[u8]>::trim_ascii) {
                self.closes |= word.eq_ignore_ascii_case(b"close");
                self.persists |= word.eq_ignore_ascii_case(b"keep-alive");
            }
        } else if *name == EXPECT {
            self.expects |= value.eq_ignore_ascii_case(b"100-continue");
        }
        Ok(())
    }

    /// How the body is delimited, and whether nobody could think otherwise.
    fn body(&self, newer: bool) -> Result<(Decoder, bool), Refusal> {
        match (self.chunked, self.length) {
            // HTTP/1.0 has no transfer codings.
            (true, _) if !newer => Err(Refusal::Malformed),
            (true, length) => Ok((Decoder::Chunked(Chunk::Size), length.is_none())),
            (false, length) => Ok((Decoder::of_length(length.unwrap_or(0)), true)),
        }
    }

    fn keeps(&self, newer: bool) -> bool {
        !self.closes && (newer || self.persists)
    }
}

/// A declared length: digits and nothing else.
fn length(value: &[u8]) -> Option<u64> {
    if !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(value).ok()?.parse().ok()
}

/// Whether a head may end within these bytes, of which those before `from` were looked at: it ends with an empty line.
pub(super) fn may_end(bytes: &[u8], from: usize) -> bool {
    let from = from.saturating_sub(2);
    let tail = bytes.get(from..).unwrap_or_default();
    memchr::memchr_iter(b'\n', tail).any(|at| {
        let before = tail.get(..at).unwrap_or_default();
        before.ends_with(b"\n") || before.ends_with(b"\n\r")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Clock;

    fn parse(text: &str) -> Result<Option<(Head, usize)>, Refusal> {
        read(
            text.as_bytes(),
            &Buffers::new(Clock::manual(jiff::Timestamp::UNIX_EPOCH)),
        )
    }

    #[test]
    fn heads_say_where_bodies_end_and_whether_the_connection_stays() {
        let chunked = || Decoder::Chunked(Chunk::Size);
        for (rest, body, keeps) in [
            ("1.1\r\n", Decoder::Ended, true),
            ("1.0\r\n", Decoder::Ended, false),
            ("1.0\r\nConnection: Keep-Alive\r\n", Decoder::Ended, true),
            (
                "1.0\r\nConnection: keep-alive, close\r\n",
                Decoder::Ended,
                false,
            ),
            ("1.1\r\nConnection: x, Close\r\n", Decoder::Ended, false),
            (
                "1.1\r\nConnection: x\r\nConnection: close\r\n",
                Decoder::Ended,
                false,
            ),
            ("1.1\r\nContent-Length: 5\r\n", Decoder::Length(5), true),
            (
                "1.1\r\nContent-Length: 5\r\ncontent-length: 5 \r\n",
                Decoder::Length(5),
                true,
            ),
            ("1.1\r\nContent-Length: 000\r\n", Decoder::Ended, true),
            ("1.1\r\nTransfer-Encoding: Chunked\r\n", chunked(), true),
            (
                "1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n",
                chunked(),
                false,
            ),
        ] {
            let text = format!("GET /a?b HTTP/{rest}\r\n");
            let (head, length) = parse(&text).unwrap().unwrap();
            assert_eq!(length, text.len());
            assert_eq!((head.body, head.keeps), (body, keeps), "{rest:?}");
            assert_eq!(head.text, text);
            let both = head.request.headers();
            assert!(!(both.contains_key(CONTENT_LENGTH) && both.contains_key(TRANSFER_ENCODING)));
        }
    }

    #[test]
    fn heads_that_could_be_misread_are_refused() {
        let long = format!("A: {}\r\n", "a".repeat(HEAD));
        let many = "a: b\r\n".repeat(HEADERS + 1);
        for (head, why) in [
            (
                "Content-Length: 5\r\nContent-Length: 6\r\n",
                Refusal::Malformed,
            ),
            ("Content-Length: 5, 5\r\n", Refusal::Malformed),
            ("Content-Length:\r\n", Refusal::Malformed),
            ("Content-Length: +5\r\n", Refusal::Malformed),
            (
                "Content-Length: 99999999999999999999\r\n",
                Refusal::Malformed,
            ),
            ("Transfer-Encoding: gzip, chunked\r\n", Refusal::Malformed),
            ("Transfer-Encoding: chunked, gzip\r\n", Refusal::Malformed),
            ("Transfer-Encoding: identity\r\n", Refusal::Malformed),
            (
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                Refusal::Malformed,
            ),
            ("Transfer-Encoding : chunked\r\n", Refusal::Malformed),
            ("A: b\r\n folded\r\n", Refusal::Malformed),
            (&long, Refusal::TooLarge),
            (&many, Refusal::TooLarge),
        ] {
            let refused = parse(&format!("GET / HTTP/1.1\r\n{head}\r\n")).unwrap_err();
            assert_eq!(refused, why, "{head:.40?}");
        }
        for (line, why) in [
            ("CONNECT a:1 HTTP/1.1", Refusal::Malformed),
            ("GET / HTTP/2.0", Refusal::Malformed),
            ("GET /\u{1} HTTP/1.1", Refusal::Malformed),
            ("PRI * HTTP/2.0", Refusal::OtherProtocol),
        ] {
            assert_eq!(
                parse(&format!("{line}\r\n\r\n")).unwrap_err(),
                why,
                "{line}"
            );
        }
        let endless = format!("GET /{}", "a".repeat(HEAD));
        assert_eq!(parse(&endless).unwrap_err(), Refusal::TargetTooLong);
        assert_eq!(
            parse("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n").unwrap_err(),
            Refusal::Malformed
        );
    }

    #[test]
    fn the_end_of_a_head_is_seen_however_it_is_cut() {
        for text in [
            "GET / HTTP/1.1\r\nA: b\r\n\r\n",
            "GET / HTTP/1.1\nA: b\n\n",
            "\r\nGET / HTTP/1.1\r\n\r\n",
        ] {
            let bytes = text.as_bytes();
            for cut in 1..bytes.len() {
                // Not before its end, as far as leading empty lines don't look like one.
                assert_eq!(may_end(&bytes[..cut], 0), text.starts_with("\r\n\r\n"));
                assert!(may_end(bytes, cut), "{text:?} cut at {cut}");
            }
        }
    }
}
