//! The ids of one request: request id, extended request id, trace id.

use std::fmt::Write;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::{BufMut, Bytes, BytesMut};
use http::{HeaderMap, HeaderValue};
use jiff::Timestamp;

use crate::base::Chance;

const UUID: usize = 36;
const EXTENDED: usize = 16;

/// The ids of one request, drawn at once and kept in one piece of memory that headers share.
#[derive(Clone, Debug)]
pub(crate) struct RequestIds {
    /// Request id, then extended request id; ASCII.
    text: Bytes,
    trace: [u8; 12],
    /// The client's `X-Amzn-Trace-Id`, which is carried on.
    given_trace: Option<HeaderValue>,
    seconds: i64,
}

impl RequestIds {
    /// Draws the ids. A client's `x-amzn-RequestId` becomes the request id if it has the form of a UUID, and its trace id is carried on
    /// (`spec/rest/headers.md` §2, `spec/rest/logging-metrics-tracing.md` §5).
    pub(crate) fn draw(chance: &mut Chance, now: Timestamp, headers: &HeaderMap) -> Self {
        let mut text = BytesMut::with_capacity(UUID + EXTENDED);
        match headers.get("x-amzn-requestid") {
            Some(given) if is_uuid(given.as_bytes()) => text.put_slice(given.as_bytes()),
            _ => text.put_slice(&chance.uuid()),
        }
        // Eleven bytes make fifteen characters and a `=`, the form of AWS's.
        let mut extended = [0; EXTENDED];
        if BASE64_STANDARD
            .encode_slice(chance.bytes::<11>(), &mut extended)
            .is_ok()
        {
            text.put_slice(&extended);
        }
        Self {
            text: text.freeze(),
            trace: chance.bytes(),
            given_trace: headers.get("x-amzn-trace-id").cloned(),
            seconds: now.as_second(),
        }
    }

    pub(crate) fn request_id(&self) -> &str {
        std::str::from_utf8(&self.text[..UUID]).unwrap_or_default()
    }

    pub(crate) fn extended_id(&self) -> &str {
        std::str::from_utf8(&self.text[UUID..]).unwrap_or_default()
    }

    pub(crate) fn request_id_header(&self) -> HeaderValue {
        shared(self.text.slice(..UUID))
    }

    pub(crate) fn extended_id_header(&self) -> HeaderValue {
        shared(self.text.slice(UUID..))
    }

    /// `Root=1-{8 hex}-{24 hex}`, or what the client sent.
    pub(crate) fn trace_header(&self) -> HeaderValue {
        if let Some(given) = &self.given_trace {
            return given.clone();
        }
        let mut text = format!("Root=1-{:08x}-", self.seconds);
        for byte in self.trace {
            let _ = write!(text, "{byte:02x}");
        }
        shared(Bytes::from(text))
    }
}

fn shared(text: Bytes) -> HeaderValue {
    HeaderValue::from_maybe_shared(text).unwrap_or(HeaderValue::from_static(""))
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

    fn draw(headers: &HeaderMap) -> RequestIds {
        let now = "2026-01-02T03:04:05Z".parse().unwrap();
        RequestIds::draw(&mut Chance::seeded(1), now, headers)
    }

    #[test]
    fn ids_have_awss_forms() {
        let ids = draw(&HeaderMap::new());
        assert!(is_uuid(ids.request_id().as_bytes()));
        assert_eq!(ids.extended_id().len(), 16);
        assert!(ids.extended_id().ends_with('='));
        assert_eq!(ids.request_id_header(), ids.request_id());
        assert_eq!(ids.extended_id_header(), ids.extended_id());
        let trace = ids.trace_header();
        let parts: Vec<&str> = trace.to_str().unwrap().split('-').collect();
        assert_eq!(parts[0], "Root=1");
        assert_eq!((parts[1].len(), parts[2].len()), (8, 24));
    }

    #[test]
    fn a_clients_ids_are_carried_on_when_they_are_ids() {
        let mut headers = HeaderMap::new();
        let id = "0a1b2c3d-0000-4000-8000-0123456789ab";
        headers.insert("x-amzn-requestid", id.parse().unwrap());
        headers.insert("x-amzn-trace-id", "Root=1-5-6".parse().unwrap());
        assert_eq!(draw(&headers).request_id(), id);
        assert_eq!(draw(&headers).trace_header(), "Root=1-5-6");
        headers.insert("x-amzn-requestid", "mine".parse().unwrap());
        assert!(is_uuid(draw(&headers).request_id().as_bytes()));
    }
}
