//! The ids of one request: request id, extended request id, trace id.

use std::sync::OnceLock;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::HeaderValue;
use jiff::Timestamp;

use crate::base::Chance;

const UUID: usize = 36;
const EXTENDED: usize = 16;

/// The ids of one request, all drawn at once.
#[derive(Clone, Debug)]
pub(crate) struct RequestIds {
    request: [u8; UUID],
    extended: [u8; EXTENDED],
    /// What the client sent, else made of the rest when it is first asked for.
    trace: OnceLock<HeaderValue>,
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
    /// Draws the ids. A client's `x-amzn-RequestId` becomes the request id if it has the form of a UUID, and its trace id is carried on
    /// (`spec/rest/headers.md` §2, `spec/rest/logging-metrics-tracing.md` §5).
    pub(crate) fn draw(chance: &mut Chance, now: Timestamp, given: GivenIds<'_>) -> Self {
        let request = given.request.map(HeaderValue::as_bytes);
        let request = request.filter(|id| is_uuid(id));
        let request = request.and_then(|id| id.try_into().ok());
        // Eleven bytes make fifteen characters and a `=`, the form of AWS's.
        let mut extended = [b'='; EXTENDED];
        let encoded = BASE64_STANDARD.encode_slice(chance.bytes::<11>(), &mut extended);
        debug_assert!(encoded.is_ok(), "eleven bytes fit");
        Self {
            request: request.unwrap_or_else(|| chance.uuid()),
            extended,
            trace: given
                .trace
                .cloned()
                .map_or_else(OnceLock::new, OnceLock::from),
            trace_bytes: chance.bytes(),
            // Eight hexadecimal digits last until the year 2106.
            seconds: u32::try_from(now.as_second()).unwrap_or(0),
        }
    }

    pub(crate) fn request_id(&self) -> &str {
        std::str::from_utf8(&self.request).unwrap_or_default()
    }

    pub(crate) fn extended_id(&self) -> &str {
        std::str::from_utf8(&self.extended).unwrap_or_default()
    }

    pub(crate) fn request_id_header(&self) -> HeaderValue {
        header(&self.request)
    }

    pub(crate) fn extended_id_header(&self) -> HeaderValue {
        header(&self.extended)
    }

    /// `Root=1-{8 hex}-{24 hex}`, or what the client sent.
    pub(crate) fn trace_header(&self) -> HeaderValue {
        let made = || {
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
            header(&text)
        };
        self.trace.get_or_init(made).clone()
    }
}

fn header(text: &[u8]) -> HeaderValue {
    HeaderValue::from_bytes(text).unwrap_or(HeaderValue::from_static(""))
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
        RequestIds::draw(&mut Chance::seeded(1), now, given)
    }

    #[test]
    fn ids_have_awss_forms() {
        let ids = draw(GivenIds::default());
        assert!(is_uuid(ids.request_id().as_bytes()));
        assert_eq!(ids.extended_id().len(), 16);
        assert!(ids.extended_id().ends_with('='));
        assert_eq!(ids.request_id_header(), ids.request_id());
        assert_eq!(ids.extended_id_header(), ids.extended_id());
        let trace = ids.trace_header();
        let (root, rest) = trace.to_str().unwrap().split_at(16);
        assert_eq!(root, "Root=1-695735a5-");
        assert!(rest.len() == 24 && rest.bytes().all(|b| b.is_ascii_hexdigit()));
        assert_eq!(ids.trace_header(), trace);
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
        assert!(is_uuid(draw(given).request_id().as_bytes()));
    }
}
