//! Payload compression, where an API has a `minimumCompressionSize`: bodies of requests are unpacked, those of answers packed.
//!
//! Facts: `spec/rest/integrations.md` §6.

use std::io::{Read, Write};

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH};
use http::{HeaderValue, Method};

use super::answer::Answer;
use super::body::{Body, PAYLOAD_LIMIT};
use super::exchange::Exchange;
use super::failure::Failure;
use crate::engine::message::Fields;

/// A content coding that the gateway knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    Gzip,
    /// The zlib format, as HTTP means it.
    Deflate,
    Identity,
}

impl Coding {
    fn named(name: &str) -> Option<Self> {
        let known = [
            ("gzip", Self::Gzip),
            ("deflate", Self::Deflate),
            ("identity", Self::Identity),
        ];
        known
            .into_iter()
            .find_map(|(known, coding)| known.eq_ignore_ascii_case(name).then_some(coding))
    }

    fn unpack(self, body: &[u8]) -> Result<Bytes, Unpacking> {
        let mut out = Vec::new();
        // One byte more than is allowed tells that there is more.
        let limit = PAYLOAD_LIMIT as u64 + 1;
        let read = match self {
            Self::Gzip => flate2::read::MultiGzDecoder::new(body)
                .take(limit)
                .read_to_end(&mut out),
            Self::Deflate => flate2::read::ZlibDecoder::new(body)
                .take(limit)
                .read_to_end(&mut out),
            Self::Identity => return Ok(Bytes::copy_from_slice(body)),
        };
        match read {
            Ok(_) if out.len() > PAYLOAD_LIMIT => Err(Unpacking::TooLarge),
            Ok(_) => Ok(out.into()),
            Err(_) => Err(Unpacking::Corrupt),
        }
    }

    fn pack(self, body: &[u8]) -> std::io::Result<Bytes> {
        let out = Vec::with_capacity(body.len() / 4 + 64);
        // The thread that packs serves others too.
        let level = flate2::Compression::fast();
        let packed = match self {
            Self::Gzip => {
                let mut encoder = flate2::write::GzEncoder::new(out, level);
                encoder.write_all(body)?;
                encoder.finish()?
            }
            Self::Deflate => {
                let mut encoder = flate2::write::ZlibEncoder::new(out, level);
                encoder.write_all(body)?;
                encoder.finish()?
            }
            Self::Identity => body.to_vec(),
        };
        Ok(packed.into())
    }

    const fn name(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
            Self::Identity => "identity",
        })
    }
}

/// A body that can't be unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unpacking {
    Corrupt,
    TooLarge,
}

/// Whether the client's body is packed in a way that is to be undone before anything reads it.
pub(crate) fn is_packed(x: &Exchange) -> bool {
    x.side().deployment.compression.is_some() && x.request.headers.contains_key(CONTENT_ENCODING)
}

/// Unpacks the client's body, which was read. What the gateway can't unpack is a media type that isn't supported.
pub(crate) fn unpack_request(x: &mut Exchange) -> Result<(), Failure> {
    if !is_packed(x) {
        return Ok(());
    }
    let unsupported = |reason: String| Failure::unsupported_coding(&reason);
    let mut names = Vec::new();
    for value in x.request.headers.get_all(CONTENT_ENCODING) {
        let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
        names.extend(text.split(',').map(|name| name.trim().to_owned()));
    }
    // The last coding was applied last.
    for name in names.iter().rev().filter(|name| !name.is_empty()) {
        let coding = Coding::named(name)
            .ok_or_else(|| unsupported(format!("{name} is none of gzip, deflate and identity")))?;
        x.request.body = match coding.unpack(&x.request.body) {
            Ok(body) => body,
            Err(Unpacking::TooLarge) => return Err(Failure::too_large()),
            Err(Unpacking::Corrupt) => return Err(unsupported(format!("the body isn't {name}"))),
        };
    }
    x.request.headers.remove(CONTENT_ENCODING);
    x.request.headers.remove(CONTENT_LENGTH);
    Ok(())
}

/// The coding in which this request's answer is packed, if it is large enough.
pub(crate) fn of_answer(x: &Exchange, answer: &Fields) -> Option<(Coding, usize)> {
    let least = x.side().deployment.compression?;
    if answer.contains_key(CONTENT_ENCODING) || x.request.verb == Method::HEAD {
        return None;
    }
    let coding = preferred(x.request.headers.get(ACCEPT_ENCODING)?.to_str().ok()?)?;
    (coding != Coding::Identity).then_some((coding, least))
}

/// Packs an answer of a method, where that is asked for and worth it.
pub(crate) fn pack(x: &Exchange, answer: &mut Answer) {
    if x.failure.is_some() {
        return;
    }
    let Some((coding, least)) = of_answer(x, &answer.headers) else {
        return;
    };
    let Some(body) = answer.body.bytes() else {
        return;
    };
    if body.is_empty() || body.len() < least {
        return;
    }
    if let Ok(packed) = coding.pack(&body) {
        answer.headers.insert(CONTENT_ENCODING, coding.name());
        answer.body = Body::whole(packed);
    }
}

/// The coding that an `Accept-Encoding` asks for first; nothing when the gateway doesn't know it, `*` included.
fn preferred(text: &str) -> Option<Coding> {
    let mut best: Option<(f64, &str)> = None;
    for choice in text.split(',') {
        let mut parts = choice.split(';');
        let name = parts.next().unwrap_or_default().trim();
        let quality = parts
            .filter_map(|part| part.trim().strip_prefix("q="))
            .find_map(|q| q.trim().parse::<f64>().ok())
            .unwrap_or(1.0);
        // Of equals the first.
        if !name.is_empty() && quality > 0.0 && best.is_none_or(|(held, _)| quality > held) {
            best = Some((quality, name));
        }
    }
    Coding::named(best?.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_choice_counts_if_it_is_known() {
        let cases = [
            ("gzip", Some(Coding::Gzip)),
            ("gzip, deflate, br", Some(Coding::Gzip)),
            ("deflate;q=0.9, gzip;q=0.5", Some(Coding::Deflate)),
            ("gzip;q=0.5, deflate", Some(Coding::Deflate)),
            ("GZIP", Some(Coding::Gzip)),
            ("br, gzip", None),
            ("br;q=0.1, gzip", Some(Coding::Gzip)),
            ("*", None),
            ("identity", Some(Coding::Identity)),
            ("gzip;q=0", None),
            ("gzip;q=0, deflate;q=0.1", Some(Coding::Deflate)),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(preferred(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_packed_is_unpacked_again_within_the_limit() {
        let text = "so it is ".repeat(1000);
        for coding in [Coding::Gzip, Coding::Deflate, Coding::Identity] {
            let packed = coding.pack(text.as_bytes()).unwrap();
            assert_eq!(coding.unpack(&packed).unwrap(), text.as_bytes());
            if coding != Coding::Identity {
                assert!(packed.len() < text.len());
                assert_eq!(coding.unpack(b"nonsense"), Err(Unpacking::Corrupt));
                assert_eq!(
                    coding.unpack(&packed[..packed.len() / 2]),
                    Err(Unpacking::Corrupt)
                );
            }
        }
        let bomb = Coding::Gzip.pack(&vec![0; PAYLOAD_LIMIT + 1]).unwrap();
        assert_eq!(Coding::Gzip.unpack(&bomb), Err(Unpacking::TooLarge));
        let full = Coding::Gzip.pack(&vec![0; PAYLOAD_LIMIT]).unwrap();
        assert_eq!(Coding::Gzip.unpack(&full).unwrap().len(), PAYLOAD_LIMIT);
    }
}
