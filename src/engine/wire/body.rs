//! Bodies under a content encoding.

use std::borrow::Cow;
use std::io::Read;

use http::HeaderMap;
use http::header::CONTENT_ENCODING;

use super::error::ServiceError;

/// The most bytes a control request may have once unpacked. The largest that AWS takes is an OpenAPI import of 6 MB
/// (page "Amazon API Gateway quotas"); a little above, so that the operation's own limit speaks first.
pub const MAX_BODY: usize = 8 * 1024 * 1024;

/// The body without its content encoding: gzip (`PutMetricData` of 10 KiB and more arrives so), deflate or none.
///
/// A body over [`MAX_BODY`] is refused with 413 as soon as that many bytes are unpacked.
pub(crate) fn unpack<'a>(
    headers: &HeaderMap,
    body: &'a [u8],
) -> Result<Cow<'a, [u8]>, ServiceError> {
    let encoding = headers
        .get(CONTENT_ENCODING)
        .map_or("", |value| value.to_str().unwrap_or("?"))
        .trim();
    let unpacked = match encoding.to_ascii_lowercase().as_str() {
        "" | "identity" => Cow::Borrowed(body),
        "gzip" | "x-gzip" => read(flate2::read::MultiGzDecoder::new(body), "gzip")?,
        "deflate" => read(flate2::read::ZlibDecoder::new(body), "deflate")?,
        _ => {
            return Err(ServiceError::serialization(format!(
                "Content-Encoding '{encoding}' is not supported: use gzip, deflate or none"
            )));
        }
    };
    if unpacked.len() > MAX_BODY {
        return Err(ServiceError::too_large(MAX_BODY));
    }
    Ok(unpacked)
}

fn read(decoder: impl Read, encoding: &str) -> Result<Cow<'static, [u8]>, ServiceError> {
    let mut unpacked = Vec::new();
    decoder
        // One byte more than allowed tells a full body from one that is too large.
        .take(MAX_BODY as u64 + 1)
        .read_to_end(&mut unpacked)
        .map_err(|error| {
            ServiceError::serialization(format!("The body is not {encoding}: {error}"))
        })?;
    Ok(Cow::Owned(unpacked))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{GzEncoder, ZlibEncoder};

    use super::*;

    fn headers(encoding: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_ENCODING, encoding.parse().unwrap());
        headers
    }

    fn gzip(data: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(data).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn each_encoding_gives_back_the_body() {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
        zlib.write_all(b"{}").unwrap();
        let zlib = zlib.finish().unwrap();
        assert_eq!(&*unpack(&HeaderMap::new(), b"{}").unwrap(), b"{}");
        assert_eq!(&*unpack(&headers("identity"), b"{}").unwrap(), b"{}");
        assert_eq!(&*unpack(&headers("GZIP"), &gzip(b"{}")).unwrap(), b"{}");
        assert_eq!(&*unpack(&headers("deflate"), &zlib).unwrap(), b"{}");
    }

    #[test]
    fn a_bomb_is_refused_and_the_largest_body_is_not() {
        let full = gzip(&vec![b' '; MAX_BODY]);
        assert_eq!(unpack(&headers("gzip"), &full).unwrap().len(), MAX_BODY);
        let bomb = gzip(&vec![b' '; MAX_BODY + 1]);
        assert!(bomb.len() < MAX_BODY / 100);
        assert_eq!(unpack(&headers("gzip"), &bomb).unwrap_err().status, 413);
        assert_eq!(
            unpack(&HeaderMap::new(), &vec![0; MAX_BODY + 1])
                .unwrap_err()
                .status,
            413
        );
    }

    #[test]
    fn garbage_and_unknown_encodings_are_refused() {
        let mut cut = gzip(b"hello, hello, hello");
        cut.truncate(cut.len() - 9);
        for (encoding, body) in [
            ("gzip", &b"plain"[..]),
            ("gzip", &cut),
            ("deflate", b"x"),
            ("br", b"x"),
        ] {
            let error = unpack(&headers(encoding), body).unwrap_err();
            assert_eq!(
                (error.code.as_ref(), error.status),
                ("SerializationException", 400)
            );
        }
    }
}
