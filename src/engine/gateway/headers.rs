//! What becomes of headers on their way through the gateway, in one table (`spec/rest/headers.md` §1, mostly recorded).
//!
//! Names are lower case throughout, as `http` keeps them.

use http::{HeaderName, HeaderValue};

/// What becomes of a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It passes under its own name.
    Pass,
    /// It passes as `x-amzn-Remapped-{name}`.
    Remap,
    /// It is dropped.
    Drop,
    /// The call fails with the generic 500.
    Fail,
}

use Fate::{Drop, Fail, Pass, Remap};

/// One header: the client's own on its way to an `HTTP_PROXY` backend (documented), whether mapping templates and expressions see
/// it (recorded), a mapped one on its way to the backend (recorded), a backend's own on its way to the client through `HTTP_PROXY`
/// (documented; the four of the gateway's own connection recorded), and a mapped one on its way to the client (recorded).
struct Row {
    client: Fate,
    visible: bool,
    mapped_to_backend: Fate,
    backend: Fate,
    mapped_to_client: Fate,
}

#[rustfmt::skip] // a table reads best in columns
#[allow(clippy::match_same_arms, reason = "a row per header, in the order of the specification")]
fn row(name: &str) -> Option<Row> {
    let (client, visible, mapped_to_backend, backend, mapped_to_client) = match name {
        "authorization" =>                  (Pass, true,  Pass, Remap, Remap),
        // One hop only: what the client says about its own connection isn't said to the backend.
        "connection" =>                     (Drop, false, Drop, Remap, Remap),
        "content-encoding" =>               (Drop, true,  Pass, Pass,  Pass),
        "content-length" =>                 (Drop, false, Fail, Remap, Remap),
        "content-md5" =>                    (Drop, false, Pass, Remap, Remap),
        "date" =>                           (Pass, true,  Pass, Remap, Remap),
        "expect" =>                         (Drop, false, Drop, Drop,  Remap),
        "host" =>                           (Drop, true,  Pass, Drop,  Remap),
        "max-forwards" =>                   (Drop, false, Pass, Remap, Remap),
        "proxy-authenticate" =>             (Drop, false, Drop, Drop,  Remap),
        "server" =>                         (Drop, false, Pass, Remap, Remap),
        "te" =>                             (Drop, false, Drop, Drop,  Pass),
        "transfer-encoding" =>              (Drop, false, Fail, Drop,  Drop),
        "trailer" =>                        (Drop, false, Pass, Drop,  Remap),
        "upgrade" =>                        (Drop, false, Pass, Drop,  Remap),
        "user-agent" =>                     (Pass, true,  Pass, Remap, Remap),
        "via" =>                            (Drop, true,  Drop, Drop,  Pass),
        "www-authenticate" =>               (Drop, false, Pass, Remap, Remap),
        // Not in the recordings' probe list, and never end to end (RFC 9110 §7.6.1).
        "keep-alive" | "proxy-connection" => (Drop, false, Drop, Drop, Drop),
        // The gateway's own ids: it sets them itself, a backend's is kept beside them (recorded for x-amzn-RequestId).
        "x-amzn-requestid" | "x-amz-apigw-id" => (Drop, true, Pass, Remap, Remap),
        "x-amzn-trace-id" =>                (Drop, true,  Drop, Drop,  Drop),
        // Consumed by routing (`spec/rest/resources-methods.md` §3).
        "x-http-method-override" =>         (Drop, true,  Pass, Pass,  Pass),
        // What a client on this machine says to the gateway only; AWS has none of them.
        "x-sluice-canary" | "x-sluice-vpce" | "x-sluice-vpc" => (Drop, false, Drop, Pass, Pass),
        _ => return None,
    };
    Some(Row { client, visible, mapped_to_backend, backend, mapped_to_client })
}

/// The client's own header on its way to an `HTTP_PROXY` backend.
pub(crate) fn of_client(name: &str) -> Fate {
    row(name).map_or(Pass, |row| row.client)
}

/// Values of `Connection` that name headers: those are for one hop only (RFC 9110 §7.6.1).
pub(crate) struct HopByHop<'a>(Vec<&'a HeaderValue>);

/// What the values of `Connection` name besides the usual words about the connection itself; nothing for almost every message.
pub(crate) fn named_by_connection<'a>(
    values: impl Iterator<Item = &'a HeaderValue>,
) -> Option<HopByHop<'a>> {
    let usual = |value: &HeaderValue| {
        let value = value.as_bytes();
        value.eq_ignore_ascii_case(b"keep-alive") || value.eq_ignore_ascii_case(b"close")
    };
    let naming: Vec<_> = values.filter(|value| !usual(value)).collect();
    (!naming.is_empty()).then_some(HopByHop(naming))
}

impl HopByHop<'_> {
    /// Whether this header is among them; `name` is lower case.
    pub(crate) fn names(&self, name: &str) -> bool {
        let values = self.0.iter();
        let mut named = values.flat_map(|value| value.as_bytes().split(|b| *b == b','));
        named.any(|named| named.trim_ascii().eq_ignore_ascii_case(name.as_bytes()))
    }
}

/// Whether mapping templates and expressions see a header of the request.
pub(crate) fn is_visible(name: &str) -> bool {
    row(name).is_none_or(|row| row.visible)
}

/// A header mapped by `integration.request.header.{name}`.
pub(crate) fn mapped_to_backend(name: &str) -> Fate {
    row(name).map_or(Pass, |row| row.mapped_to_backend)
}

/// A backend's own header on its way to the client of an `HTTP_PROXY` integration.
pub(crate) fn of_backend(name: &str) -> Fate {
    row(name).map_or(Pass, |row| row.backend)
}

/// A header mapped by `method.response.header.{name}`.
pub(crate) fn mapped_to_client(name: &str) -> Fate {
    row(name).map_or(Pass, |row| row.mapped_to_client)
}

/// The name under which a remapped header reaches the client.
pub(crate) fn remapped(name: &str) -> String {
    format!("x-amzn-Remapped-{name}")
}

/// The same for a header of a backend; those that every backend sends are ready.
pub(crate) fn remapped_name(name: &HeaderName) -> Option<HeaderName> {
    const DATE: HeaderName = HeaderName::from_static("x-amzn-remapped-date");
    const LENGTH: HeaderName = HeaderName::from_static("x-amzn-remapped-content-length");
    const CONNECTION: HeaderName = HeaderName::from_static("x-amzn-remapped-connection");
    const SERVER: HeaderName = HeaderName::from_static("x-amzn-remapped-server");
    match name.as_str() {
        "date" => Some(DATE),
        "content-length" => Some(LENGTH),
        "connection" => Some(CONNECTION),
        "server" => Some(SERVER),
        other => HeaderName::try_from(remapped(other)).ok(),
    }
}

/// A header's name as it is usually written, for what prints names: templates that walk over all headers, and logs.
///
/// The HTTP library keeps names in lower case. Where the sender's own spelling isn't kept beside (`spelling.rs` does so for clients), a
/// name that is in no table of well-known ones stays in lower case, which is how clients of HTTP/2 send all of them.
pub(crate) fn spelled(name: &str) -> &str {
    const KNOWN: &[&str] = &[
        "Accept",
        "Accept-Charset",
        "Accept-Encoding",
        "Accept-Language",
        "Age",
        "Authorization",
        "Cache-Control",
        "Connection",
        "Content-Encoding",
        "Content-Length",
        "Content-Type",
        "Cookie",
        "Date",
        "ETag",
        "Host",
        "If-Modified-Since",
        "If-None-Match",
        "Last-Modified",
        "Location",
        "Origin",
        "Pragma",
        "Range",
        "Referer",
        "Server",
        "Set-Cookie",
        "Transfer-Encoding",
        "User-Agent",
        "Vary",
        "Via",
        "Warn",
        "X-Amz-Date",
        "X-Amz-Executed-Version",
        "X-Amz-Function-Error",
        "X-Amz-Invocation-Type",
        "X-Amz-Security-Token",
        "X-Amz-Source-Arn",
        "X-Amzn-Trace-Id",
        "X-Forwarded-For",
        "X-Forwarded-Port",
        "X-Forwarded-Proto",
        "x-amzn-Remapped-Content-Length",
        "x-amzn-RequestId",
    ];
    KNOWN
        .iter()
        .find(|known| known.eq_ignore_ascii_case(name))
        .copied()
        .unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROBED: &str = "Accept, Accept-Charset, Accept-Encoding, Age, Authorization, Connection, Content-Encoding, Content-Length, \
        Content-MD5, Content-Type, Date, Expect, Host, Max-Forwards, Pragma, Proxy-Authenticate, Range, Referer, Server, TE, Trailer, \
        Transfer-Encoding, Upgrade, User-Agent, Via, Warn, WWW-Authenticate";

    fn with(fate: impl Fn(&str) -> bool) -> Vec<&'static str> {
        PROBED
            .split(", ")
            .filter(|name| fate(&name.to_ascii_lowercase()))
            .collect()
    }

    /// The 27 headers that were probed on AWS (FACTS.md §16).
    #[test]
    fn the_recorded_headers_fare_as_recorded() {
        assert_eq!(PROBED.split(", ").count(), 27);
        assert_eq!(
            with(|n| !is_visible(n)).join(", "),
            "Connection, Content-Length, Content-MD5, Expect, Max-Forwards, Proxy-Authenticate, Server, TE, Trailer, \
             Transfer-Encoding, Upgrade, WWW-Authenticate"
        );
        assert_eq!(
            with(|n| mapped_to_backend(n) == Drop).join(", "),
            "Connection, Expect, Proxy-Authenticate, TE, Via"
        );
        assert_eq!(
            with(|n| mapped_to_backend(n) == Fail).join(", "),
            "Content-Length, Transfer-Encoding"
        );
        assert_eq!(
            with(|n| mapped_to_client(n) == Remap).join(", "),
            "Authorization, Connection, Content-Length, Content-MD5, Date, Expect, Host, Max-Forwards, Proxy-Authenticate, Server, \
             Trailer, Upgrade, User-Agent, WWW-Authenticate"
        );
        assert_eq!(
            with(|n| mapped_to_client(n) == Drop).join(", "),
            "Transfer-Encoding"
        );
        assert_eq!(
            with(|n| mapped_to_client(n) == Pass).join(", "),
            "Accept, Accept-Charset, Accept-Encoding, Age, Content-Encoding, Content-Type, Pragma, Range, Referer, TE, Via, Warn"
        );
    }

    #[test]
    fn connection_names_headers_of_one_hop() {
        let named = |values: &[&str], name: &str| {
            let values: Vec<HeaderValue> = values.iter().map(|v| v.parse().unwrap()).collect();
            named_by_connection(values.iter()).is_some_and(|hop| hop.names(name))
        };
        assert!(named(&["close, X-Secret"], "x-secret"));
        assert!(named(&["keep-alive", "a ,x-secret"], "x-secret"));
        assert!(!named(&["close, X-Secret"], "x-secrets"));
        assert!(!named(&["Keep-Alive"], "keep-alive"));
        assert!(!named(&[], "x-secret"));
    }

    #[test]
    fn a_proxied_backends_connection_headers_come_back_remapped() {
        for name in ["connection", "content-length", "date", "x-amzn-requestid"] {
            assert_eq!(of_backend(name), Remap, "{name}");
        }
        assert_eq!(of_backend("content-type"), Pass);
        assert_eq!(of_client("user-agent"), Pass);
        assert_eq!(of_client("x-http-method-override"), Drop);
    }
}
