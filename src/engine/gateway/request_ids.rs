//! The ids of one request: request id, extended request id, trace id.

use std::borrow::Cow;
use std::sync::OnceLock;

use bytes::{Bytes, BytesMut};
use http::HeaderValue;
use jiff::Timestamp;

use crate::base::{Chance, uuid};

const UUID: usize = 36;
const EXTENDED: usize = 16;

/// Every answer has both ids: they are made as the lines of its head.
const LINES: &[u8; 90] = b"x-amzn-RequestId: 00000000-0000-0000-0000-000000000000\r\n\
    x-amz-apigw-id: 000000000000000=\r\n";
/// Where the ids stand in these.
const REQUEST: std::ops::Range<usize> = 18..18 + UUID;
const EXTENDED_AT: std::ops::Range<usize> = 72..72 + EXTENDED;

/// Where ids come from: each data runtime has its own.
#[derive(Debug)]
pub(crate) struct IdSource {
    pub(crate) chance: Chance,
    /// Room for the texts of many ids, so that not every request allocates its own.
    room: BytesMut,
}

/// Room for the ids of some forty requests.
const ROOM: usize = 4096;

impl IdSource {
    pub(crate) fn new(chance: Chance) -> Self {
        Self {
            chance,
            room: BytesMut::new(),
        }
    }

    /// Draws the ids. A client's `x-amzn-RequestId` becomes the request id if it has the form of a UUID, and its trace id is carried on
    /// (`spec/rest/headers.md` §2, `spec/rest/logging-metrics-tracing.md` §5).
    pub(crate) fn draw(&mut self, now: Timestamp, given: GivenIds<'_>) -> RequestIds {
        const LETTERS: &[u8; 64] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let drawn = self.chance.bytes::<16>();
        let (letters, trace_bytes) = (self.chance.bytes::<15>(), self.chance.bytes::<12>());
        if self.room.capacity() < LINES.len() {
            self.room.reserve(ROOM);
        }
        let mut lines = *LINES;
        let request = given.request.map(HeaderValue::as_bytes);
        let usable = request.filter(|id| is_uuid(id));
        match usable {
            Some(id) => lines[REQUEST].copy_from_slice(id),
            None => lines[REQUEST].copy_from_slice(&uuid(drawn)),
        }
        // Eleven bytes in base 64, fifteen characters and a `=`, are the form of AWS's; the last has four bits of the eleventh.
        let extended = &mut lines[EXTENDED_AT];
        for (place, letter) in extended.iter_mut().zip(letters) {
            *place = LETTERS[usize::from(letter & 0b11_1111)];
        }
        extended[14] = LETTERS[usize::from(letters[14] & 0b11_1100)];
        self.room.extend_from_slice(&lines);
        RequestIds {
            lines: self.room.split().freeze(),
            replaces: request.is_some() && usable.is_none(),
            given_trace: given.trace.cloned(),
            own_trace: OnceLock::new(),
            trace_bytes,
            // Eight hexadecimal digits last until the year 2106.
            seconds: u32::try_from(now.as_second()).unwrap_or(0),
        }
    }
}

/// The ids of one request, all drawn at once.
#[derive(Clone, Debug)]
pub(crate) struct RequestIds {
    /// Request id and extended request id, as lines of an answer's head.
    lines: Bytes,
    /// Whether the request id stands for one of the client's that is no UUID.
    replaces: bool,
    /// What the client sent.
    given_trace: Option<HeaderValue>,
    /// Else the header is made of the rest when it is asked for, which few requests do.
    own_trace: OnceLock<HeaderValue>,
    trace_bytes: [u8; 12],
    seconds: u32,
}

/// The ids that a client sent along.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct GivenIds<'a> {
    /// `x-amzn-RequestId`
    pub(crate) request: Option<&'a HeaderValue>,
    /// `X-Amzn-Trace-Id`
    pub(crate) trace: Option<&'a HeaderValue>,
}

impl RequestIds {
    pub(crate) fn request_id(&self) -> &str {
        std::str::from_utf8(&self.lines[REQUEST]).unwrap_or_default()
    }

    /// The request id as logs have it: one that replaces a client's says so (`spec/rest/headers.md` §2).
    pub(crate) fn logged_id(&self) -> Cow<'_, str> {
        if self.replaces {
            Cow::Owned(format!("{}_REPLACED_INVALID_REQUEST_ID", self.request_id()))
        } else {
            Cow::Borrowed(self.request_id())
        }
    }

    pub(crate) fn extended_id(&self) -> &str {
        std::str::from_utf8(&self.lines[EXTENDED_AT]).unwrap_or_default()
    }

    /// The lines of an answer's head that say the ids.
    pub(crate) fn lines(&self) -> Bytes {
        self.lines.clone()
    }

    /// What the client sent of a trace.
    pub(crate) fn given_trace(&self) -> Option<&HeaderValue> {
        self.given_trace.as_ref()
    }

    /// `Root=1-{8 hex}-{24 hex}`, or what the client sent.
    pub(crate) fn trace_header(&self) -> HeaderValue {
        let own = || {
            let made = || HeaderValue::from_bytes(&self.root());
            let own = self
                .own_trace
                .get_or_init(|| made().unwrap_or(const { HeaderValue::from_static("") }));
            own.clone()
        };
        self.given_trace.clone().unwrap_or_else(own)
    }

    /// The id of a trace that begins here: `1-{8 hex}-{24 hex}`.
    pub(crate) fn trace_id(&self) -> String {
        String::from_utf8_lossy(&self.root()[5..]).into_owned()
    }

    fn root(&self) -> [u8; 40] {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        let mut text = *b"Root=1-00000000-000000000000000000000000";
        let digits = |out: &mut [u8], bytes: &[u8]| {
            for (pair, byte) in out.chunks_exact_mut(2).zip(bytes) {
                pair[0] = HEX[usize::from(byte >> 4)];
                pair[1] = HEX[usize::from(byte & 15)];
            }
        };
        digits(&mut text[7..15], &self.seconds.to_be_bytes());
        digits(&mut text[16..], &self.trace_bytes);
        text
    }
}

fn is_uuid(text: &[u8]) -> bool {
    text.len() == UUID
        && text.iter().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => *b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(given: GivenIds<'_>) -> RequestIds {
        let now = "2026-01-02T03:04:05Z".parse().unwrap();
        IdSource::new(Chance::seeded(1)).draw(now, given)
    }

    #[test]
    fn ids_have_awss_forms() {
        let ids = draw(GivenIds::default());
        assert!(is_uuid(ids.request_id().as_bytes()));
        assert_eq!(ids.extended_id().len(), 16);
        assert!(ids.extended_id().ends_with('='));
        let lines = format!(
            "x-amzn-RequestId: {}\r\nx-amz-apigw-id: {}\r\n",
            ids.request_id(),
            ids.extended_id()
        );
        assert_eq!(ids.lines(), lines);
        let trace = ids.trace_header();
        let (root, rest) = trace.to_str().unwrap().split_at(16);
        assert_eq!(root, "Root=1-695735a5-");
        assert!(rest.len() == 24 && rest.bytes().all(|b| b.is_ascii_hexdigit()));
        assert_eq!(ids.trace_header(), trace);
    }

    #[test]
    fn the_ids_of_many_requests_are_different() {
        let mut source = IdSource::new(Chance::seeded(1));
        let now = "2026-01-02T03:04:05Z".parse().unwrap();
        let drawn: Vec<RequestIds> = (0..200)
            .map(|_| source.draw(now, GivenIds::default()))
            .collect();
        let different: std::collections::HashSet<&str> = drawn
            .iter()
            .flat_map(|ids| [ids.request_id(), ids.extended_id()])
            .collect();
        assert_eq!(different.len(), 400);
    }

    #[test]
    fn a_clients_ids_are_carried_on_when_they_are_ids() {
        let id = HeaderValue::from_static("0a1b2c3d-0000-4000-8000-0123456789ab");
        let trace = HeaderValue::from_static("Root=1-5-6");
        let given = GivenIds {
            request: Some(&id),
            trace: Some(&trace),
        };
        assert_eq!(draw(given).request_id(), id);
        assert_eq!(draw(given).trace_header(), trace);
        let mine = HeaderValue::from_static("mine");
        let given = GivenIds {
            request: Some(&mine),
            trace: None,
        };
        let ids = draw(given);
        assert!(is_uuid(ids.request_id().as_bytes()));
        assert_eq!(
            ids.logged_id(),
            format!("{}_REPLACED_INVALID_REQUEST_ID", ids.request_id())
        );
        let ids = draw(GivenIds::default());
        assert_eq!(ids.logged_id(), ids.request_id());
    }
}
