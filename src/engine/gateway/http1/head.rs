//! The head of an answer, and what it says about the body and the connection (RFC 9112 §4, §5, §6.3, §9.3).

use std::mem::MaybeUninit;

use bytes::{Buf, BytesMut};
use http::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderName, HeaderValue, StatusCode};

use super::Error;
use crate::engine::message::Fields;
use crate::engine::message::framing::{Chunk, Decoder};

/// The largest head of an answer, in bytes.
const HEAD: usize = 64 * 1024;

/// The most headers of an answer.
const HEADERS: usize = 128;

/// The head of an answer.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) status: StatusCode,
    pub(crate) headers: Fields,
}

/// A head, how its body is delimited, and whether another answer can follow it.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) head: Head,
    pub(super) decoder: Decoder,
    pub(super) keeps: bool,
}

/// Takes the head that the buffer begins with, passing over interim ones; nothing if it isn't there yet. `bodiless` is an answer to
/// HEAD.
pub(super) fn take(buffer: &mut BytesMut, bodiless: bool) -> Result<Option<Parsed>, Error> {
    loop {
        let mut room = [const { MaybeUninit::uninit() }; HEADERS];
        let mut answer = httparse::Response::new(&mut []);
        let parsed = httparse::ParserConfig::default().parse_response_with_uninit_headers(
            &mut answer,
            buffer,
            &mut room,
        );
        let length = match parsed {
            Ok(httparse::Status::Complete(length)) if length <= HEAD => length,
            Ok(httparse::Status::Partial) if buffer.len() <= HEAD => return Ok(None),
            Ok(_) => return Err(Error::Malformed("its head is larger than 65536 bytes")),
            Err(httparse::Error::TooManyHeaders) => {
                return Err(Error::Malformed("it has more than 128 headers"));
            }
            Err(_) => return Err(Error::Malformed("its head can't be parsed")),
        };
        let status = answer.code.and_then(|code| StatusCode::from_u16(code).ok());
        let status = status.ok_or(Error::Malformed("it has no status"))?;
        if status == StatusCode::SWITCHING_PROTOCOLS {
            return Err(Error::Malformed(
                "it changes the protocol, which wasn't asked for",
            ));
        }
        if status.is_informational() {
            buffer.advance(length);
            continue;
        }
        let newer = answer.version == Some(1);
        let base = buffer.as_ptr().addr();
        let mut found = Vec::with_capacity(answer.headers.len());
        for header in &*answer.headers {
            let name = HeaderName::from_bytes(header.name.as_bytes());
            let name = name.map_err(|_| Error::Malformed("a header's name isn't valid"))?;
            found.push((
                name,
                header.value.as_ptr().addr() - base,
                header.value.len(),
            ));
        }
        // Values share the buffer that was read into.
        let text = buffer.split_to(length).freeze();
        let mut headers = Fields::with_capacity(found.len() + 2);
        for (name, start, length) in found {
            let value = HeaderValue::from_maybe_shared(text.slice(start..start + length));
            let value = value.map_err(|_| Error::Malformed("a header's value isn't valid"))?;
            headers.append(name, value);
        }
        let decoder = decoder(status, newer, &headers, bodiless)?;
        let keeps = decoder != Decoder::Close && keeps(newer, &headers);
        let head = Head { status, headers };
        return Ok(Some(Parsed {
            head,
            decoder,
            keeps,
        }));
    }
}

/// How the body is delimited. What declares its length twice, differently or by what isn't known, is refused.
fn decoder(
    status: StatusCode,
    newer: bool,
    headers: &Fields,
    bodiless: bool,
) -> Result<Decoder, Error> {
    let length = length(headers)?;
    let mut codings = headers.get_all(TRANSFER_ENCODING);
    let chunked = match (codings.next(), codings.next()) {
        (None, _) => false,
        (Some(coding), None) if coding.as_bytes().eq_ignore_ascii_case(b"chunked") => true,
        _ => return Err(Error::Malformed("its transfer coding isn't supported")),
    };
    if chunked && length.is_some() {
        return Err(Error::Malformed("it has a length and a transfer coding"));
    }
    if chunked && !newer {
        return Err(Error::Malformed("HTTP/1.0 has no transfer codings"));
    }
    let none = [StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED];
    Ok(match length {
        _ if bodiless || none.contains(&status) => Decoder::Ended,
        _ if chunked => Decoder::Chunked(Chunk::Size),
        Some(length) => Decoder::of_length(length),
        None => Decoder::Close,
    })
}

/// The declared length. Values that say the same are one (RFC 9110 §8.6).
fn length(headers: &Fields) -> Result<Option<u64>, Error> {
    const INVALID: Error = Error::Malformed("its length isn't a number");
    let mut length = None;
    for value in headers.get_all(CONTENT_LENGTH) {
        for text in value.as_bytes().split(|b| *b == b',') {
            let text = text.trim_ascii();
            if !text.iter().all(u8::is_ascii_digit) {
                return Err(INVALID);
            }
            let text = std::str::from_utf8(text).map_err(|_| INVALID)?;
            let this: u64 = text.parse().map_err(|_| INVALID)?;
            if length.is_some_and(|length| length != this) {
                return Err(Error::Malformed("it has two lengths"));
            }
            length = Some(this);
        }
    }
    Ok(length)
}

/// Whether the connection stays open after this answer.
fn keeps(newer: bool, headers: &Fields) -> bool {
    let says = |word: &[u8]| {
        let values = headers.get_all(CONNECTION);
        let mut words = values.flat_map(|value| value.as_bytes().split(|b| *b == b','));
        words.any(|said| said.trim_ascii().eq_ignore_ascii_case(word))
    };
    if newer {
        !says(b"close")
    } else {
        says(b"keep-alive") && !says(b"close")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str, bodiless: bool) -> Result<Option<Parsed>, Error> {
        take(&mut BytesMut::from(text), bodiless)
    }

    #[test]
    fn heads_say_where_bodies_end() {
        let chunked = || Decoder::Chunked(Chunk::Size);
        for (head, decoder, keeps) in [
            (
                "1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
                Decoder::Length(5),
                true,
            ),
            ("1.1 200\r\ncontent-length: 0\r\n\r\n", Decoder::Ended, true),
            (
                "1.1 200 \r\nContent-Length: 5, 5\r\nContent-Length:5 \r\n\r\n",
                Decoder::Length(5),
                true,
            ),
            (
                "1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n",
                chunked(),
                true,
            ),
            (
                "1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: x, Close\r\n\r\n",
                chunked(),
                false,
            ),
            ("1.1 200 OK\r\n\r\n", Decoder::Close, false),
            (
                "1.0 200 OK\r\nContent-Length: 5\r\n\r\n",
                Decoder::Length(5),
                false,
            ),
            (
                "1.0 200 OK\r\nContent-Length: 5\r\nConnection: Keep-Alive\r\n\r\n",
                Decoder::Length(5),
                true,
            ),
            ("1.1 204 No Content\r\n\r\n", Decoder::Ended, true),
            (
                "1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
                Decoder::Ended,
                true,
            ),
        ] {
            let parsed = parse(&format!("HTTP/{head}"), false).unwrap().unwrap();
            assert_eq!((parsed.decoder, parsed.keeps), (decoder, keeps), "{head:?}");
            let parsed = parse(&format!("HTTP/{head}"), true).unwrap().unwrap();
            assert_eq!(parsed.decoder, Decoder::Ended, "{head:?} of HEAD");
        }
    }

    #[test]
    fn heads_that_could_be_misread_are_refused() {
        let long = format!("A: {}\r\n", "a".repeat(HEAD));
        let many = "a: b\r\n".repeat(HEADERS + 1);
        for (head, why) in [
            ("Content-Length: 5\r\nContent-Length: 6\r\n", "two lengths"),
            ("Content-Length: 5, 6\r\n", "two lengths"),
            ("Content-Length: 5,\r\n", "isn't a number"),
            ("Content-Length:\r\n", "isn't a number"),
            ("Content-Length: +5\r\n", "isn't a number"),
            ("Content-Length: -5\r\n", "isn't a number"),
            ("Content-Length: 5 5\r\n", "isn't a number"),
            ("Content-Length: 0x5\r\n", "isn't a number"),
            ("Content-Length: 99999999999999999999\r\n", "isn't a number"),
            (
                "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                "a length and a transfer coding",
            ),
            ("Transfer-Encoding: gzip, chunked\r\n", "isn't supported"),
            ("Transfer-Encoding: chunked, chunked\r\n", "isn't supported"),
            (
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                "isn't supported",
            ),
            ("Transfer-Encoding: identity\r\n", "isn't supported"),
            ("Transfer-Encoding: xchunked\r\n", "isn't supported"),
            ("Transfer-Encoding : chunked\r\n", "can't be parsed"),
            ("A: b\r\n folded\r\n", "can't be parsed"),
            ("A: b\rc\r\n", "can't be parsed"),
            ("A: b\0c\r\n", "can't be parsed"),
            ("A\r\n", "can't be parsed"),
            (": b\r\n", "can't be parsed"),
            (&long, "larger than"),
            (&many, "more than 128"),
        ] {
            let error = parse(&format!("HTTP/1.1 200 OK\r\n{head}\r\n"), false).unwrap_err();
            assert!(error.to_string().contains(why), "{head:.40?}: {error}");
        }
        for head in [
            "HTTP/2.0 200 OK\r\n\r\n",
            "HTTP/1.1 20 OK\r\n\r\n",
            "HTTP/1.1 099 OK\r\n\r\n",
            "HTTP/1.1 101 Switching\r\n\r\n",
            "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            "ICY 200 OK\r\n\r\n",
            "GET / HTTP/1.1\r\n\r\n",
            "SSH-2.0-OpenSSH\r\n",
            "{\"json\": true}",
        ] {
            assert!(parse(head, false).is_err(), "{head:?}");
        }
    }

    #[test]
    fn interim_answers_are_passed_over_and_halves_waited_for() {
        let text = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 404 No\r\nA: 1\r\na: 2\r\n\r\nrest";
        let mut buffer = BytesMut::new();
        let mut parsed = None;
        let mut bytes = text.bytes();
        while parsed.is_none() {
            buffer.extend(bytes.next());
            parsed = take(&mut buffer, false).unwrap();
        }
        let head = parsed.unwrap().head;
        assert_eq!(head.status, 404);
        let values: Vec<_> = head.headers.get_all("a").collect();
        assert_eq!(values, ["1", "2"]);
        assert_eq!(bytes.count(), "rest".len());
    }
}
