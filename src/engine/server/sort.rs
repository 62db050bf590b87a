//! One port, sorted once: which requests go to the data plane, which to the extension, which to AWS's control plane, and which to nobody.
//!
//! Source: the order in which Sluice's design decides; addressing forms: `spec/rest/resources-methods.md` §3.

use std::net::IpAddr;

use hyper::header::{self, HeaderName};
use hyper::{HeaderMap, Request};

use crate::engine::gateway::Target;

/// Where a request goes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Destination {
    /// To a deployed API, whatever its headers.
    Data(Target),
    /// To what AWS has no call for, under `/_sluice/`.
    Extension,
    /// To AWS's services.
    Control,
    /// To nobody: why it could be an attack.
    Refused(Refusal),
}

/// Why a request for the control plane is not even read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// A name that could be rebound to this address by somebody else's DNS.
    Host,
    /// Sent by a web page.
    Browser,
    /// A link that somebody else signed.
    Presigned,
    /// From a process of another user of this machine.
    OtherUser,
}

impl Refusal {
    /// What is wrong and what to do, for the answer.
    pub(crate) const fn message(self) -> &'static str {
        match self {
            Self::Host => {
                "This host name is not one that Sluice's control plane answers to: use an IP address or localhost, or start the gateway with --host NAME"
            }
            Self::Browser => {
                "Sluice's control plane does not answer requests that a browser sent for a page"
            }
            Self::Presigned => {
                "Sluice's control plane does not take presigned requests: sign the headers"
            }
            Self::OtherUser => {
                "Sluice's control plane answers only processes of the user who started it: start the gateway with --allow-other-users to lift this"
            }
        }
    }
}

/// The host a request is for, without its port; the target's own authority counts before the `Host` header.
fn host_of<B>(request: &Request<B>) -> Option<&str> {
    let host = match request.uri().authority() {
        Some(authority) => authority.as_str(),
        None => request.headers().get(header::HOST)?.to_str().ok()?,
    };
    Some(without_port(host))
}

fn without_port(host: &str) -> &str {
    let bytes = host.as_bytes();
    if bytes.first() == Some(&b'[')
        && let Some(end) = memchr::memchr(b']', bytes)
    {
        return host.get(..=end).unwrap_or(host);
    }
    let colon = memchr::memrchr(b':', bytes);
    colon.and_then(|at| host.get(..at)).unwrap_or(host)
}

/// Where this request goes. `hosts` are the names given by `--host`; `target` says which API a host and a path are for, if any.
pub(crate) fn sort<B>(
    request: &Request<B>,
    hosts: &[String],
    target: impl FnOnce(Option<&str>, &str) -> Option<Target>,
) -> Destination {
    let host = host_of(request);
    let path = request.uri().path();
    let found = host
        .and_then(|host| by_endpoint(request, host))
        .or_else(|| target(host, path));
    if let Some(target) = found {
        return Destination::Data(target);
    }
    if let Some(refusal) = refusal_of(request, hosts) {
        return Destination::Refused(refusal);
    }
    if path == "/_sluice" || path.starts_with("/_sluice/") {
        return Destination::Extension;
    }
    Destination::Control
}

/// The API that a request to a VPC endpoint's own name asks for by a header.
fn by_endpoint<B>(request: &Request<B>, host: &str) -> Option<Target> {
    if !host.starts_with("vpce-") {
        return None;
    }
    let api = request.headers().get("x-apigw-api-id")?.to_str().ok()?;
    Target::of_endpoint(host, api, request.uri().path())
}

/// Live tail of logs is sent to the endpoint's name behind this prefix by AWS's SDKs.
const STREAM_PREFIX: &str = "stream-";

fn refusal_of<B>(request: &Request<B>, hosts: &[String]) -> Option<Refusal> {
    const BROWSER: [HeaderName; 3] = [
        header::ORIGIN,
        HeaderName::from_static("sec-fetch-site"),
        HeaderName::from_static("sec-fetch-mode"),
    ];
    let has = |headers: &HeaderMap, name: &HeaderName| headers.contains_key(name);
    if BROWSER.iter().any(|name| has(request.headers(), name)) {
        return Some(Refusal::Browser);
    }
    if !host_of(request).is_some_and(|host| is_own_host(host, hosts)) {
        return Some(Refusal::Host);
    }
    if request.uri().query().is_some_and(is_presigned) {
        return Some(Refusal::Presigned);
    }
    None
}

fn is_own_host(host: &str, hosts: &[String]) -> bool {
    let lower = host.to_ascii_lowercase();
    let names = [Some(lower.as_str()), lower.strip_prefix(STREAM_PREFIX)];
    names.into_iter().flatten().any(|name| {
        let name = name.strip_suffix('.').unwrap_or(name);
        let bare = name
            .strip_prefix('[')
            .and_then(|n| n.strip_suffix(']'))
            .unwrap_or(name);
        bare.parse::<IpAddr>().is_ok()
            || name == "localhost"
            || name.ends_with(".localhost")
            || hosts.iter().any(|own| own.eq_ignore_ascii_case(name))
    })
}

fn is_presigned(query: &str) -> bool {
    query.split('&').any(|pair| {
        let name = pair.split('=').next().unwrap_or_default();
        let name = percent_encoding::percent_decode_str(name).decode_utf8_lossy();
        name.to_ascii_lowercase().starts_with("x-amz-")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by_address(host: Option<&str>, path: &str) -> Option<Target> {
        let by_host = host.and_then(|host| Target::of_host(host, path));
        by_host.or_else(|| Target::of_path(path))
    }

    fn request(method: &str, uri: &str, headers: &[(&str, &str)]) -> Request<()> {
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap()
    }

    #[test]
    fn data_is_found_by_host_and_by_path_whatever_the_headers() {
        let table = [
            (
                "/dev/pets?x=1",
                "abc123defg.execute-api.us-east-1.amazonaws.com",
                ["abc123defg", "dev", "/pets"],
            ),
            (
                "/dev/pets",
                "abc123defg.execute-api.localhost:4566",
                ["abc123defg", "dev", "/pets"],
            ),
            (
                "/_aws/execute-api/abc/dev/pets",
                "localhost:4566",
                ["abc", "dev", "/pets"],
            ),
            (
                "/restapis/abc/dev/_user_request_/pets/1",
                "evil.example",
                ["abc", "dev", "/pets/1"],
            ),
            (
                "/_sluice/reset",
                "abc.execute-api.localhost",
                ["abc", "_sluice", "/reset"],
            ),
        ];
        for (uri, host, expected) in table {
            let request = request(
                "POST",
                uri,
                &[
                    ("host", host),
                    ("origin", "http://x"),
                    ("sec-fetch-site", "cross-site"),
                ],
            );
            let Destination::Data(target) = sort(&request, &[], by_address) else {
                panic!("{uri} on {host} is data")
            };
            let path = request.uri().path();
            assert_eq!(
                [
                    target.api(host, path),
                    target.stage(path),
                    target.path(path)
                ],
                expected,
                "{uri} on {host}"
            );
        }
    }

    #[test]
    fn a_vpc_endpoints_own_name_leads_to_the_api_that_a_header_names() {
        let endpoint = "vpce-0a1b-xyz.execute-api.us-east-1.vpce.amazonaws.com";
        let ask = |host: &str, api: &str| {
            let headers = [("host", host), ("x-apigw-api-id", api)];
            sort(&request("GET", "/dev/pets", &headers), &[], by_address)
        };
        let Destination::Data(target) = ask(endpoint, "abc") else {
            panic!("it is data")
        };
        let path = "/dev/pets";
        let found = [
            target.api(endpoint, path),
            target.stage(path),
            target.path(path),
        ];
        assert_eq!(found, ["abc", "dev", "/pets"]);
        // Any other host's requests go where they always do.
        assert_eq!(ask("localhost", "abc"), Control);
        assert_eq!(ask("vpce-0a1b.example.com", "abc"), Refused(Host));
    }

    #[test]
    fn what_only_looks_like_data_is_control() {
        for uri in [
            "/restapis/abc/stages/dev",
            "/restapis/abc/dev/_user_request_x",
            "/restapis",
            "/restapis/abc",
            "/_aws/other",
        ] {
            assert_eq!(
                sort(
                    &request("GET", uri, &[("host", "localhost")]),
                    &[],
                    by_address
                ),
                Destination::Control,
                "{uri}"
            );
        }
        assert_eq!(
            sort(
                &request("GET", "/x", &[("host", "abc.execute-apix.localhost")]),
                &[],
                by_address
            ),
            Destination::Control
        );
    }

    /// What is tried, the request line, its headers, and where it must go.
    type Attack = (&'static str, &'static str, &'static str, Destination);

    use Destination::{Control, Extension, Refused};
    use Refusal::{Browser, Host, Presigned};

    const ATTACKS: &[Attack] = &[
        (
            "a form with a forged query",
            "POST /?Action=GetCallerIdentity&X-Amz-Signature=0",
            "host: localhost:4566",
            Refused(Presigned),
        ),
        (
            "the same, percent-encoded",
            "POST /?%58-Amz-Signature=0",
            "host: 127.0.0.1",
            Refused(Presigned),
        ),
        (
            "a rebound name",
            "GET /restapis",
            "host: attacker.example",
            Refused(Host),
        ),
        (
            "the same with a port",
            "DELETE /restapis/abc",
            "host: attacker.example:4566",
            Refused(Host),
        ),
        (
            "a name that ends like ours",
            "GET /restapis",
            "host: notlocalhost",
            Refused(Host),
        ),
        (
            "no host at all",
            "GET /restapis",
            "accept: */*",
            Refused(Host),
        ),
        (
            "authority against header",
            "GET http://attacker.example/restapis",
            "host: localhost",
            Refused(Host),
        ),
        (
            "a script served by an API",
            "POST /_sluice/reset",
            "host: localhost, origin: http://abc.execute-api.localhost",
            Refused(Browser),
        ),
        (
            "a form post to reset",
            "POST /_sluice/reset",
            "host: localhost, sec-fetch-site: cross-site",
            Refused(Browser),
        ),
        (
            "an image on a page",
            "GET /restapis",
            "host: localhost:4566, sec-fetch-mode: no-cors",
            Refused(Browser),
        ),
        (
            "a tool on this machine",
            "GET /restapis",
            "host: 127.0.0.1:4566",
            Control,
        ),
        (
            "the same by IPv6",
            "GET /restapis",
            "host: [::1]:4566",
            Control,
        ),
        (
            "a name below localhost",
            "GET /restapis",
            "host: apigateway.localhost:4566",
            Control,
        ),
        (
            "live tail",
            "POST /",
            "host: stream-localhost:4566",
            Control,
        ),
        (
            "a name that was allowed",
            "GET /restapis",
            "host: Gateway.internal",
            Control,
        ),
        (
            "health",
            "GET /_sluice/health",
            "host: localhost:4566",
            Extension,
        ),
    ];

    #[test]
    fn attacks_on_the_control_plane_are_refused() {
        for (what, line, headers, expected) in ATTACKS {
            let (method, uri) = line.split_once(' ').unwrap();
            let headers: Vec<_> = headers
                .split(", ")
                .map(|h| h.split_once(": ").unwrap())
                .collect();
            let request = request(method, uri, &headers);
            assert_eq!(
                &sort(&request, &["gateway.internal".to_owned()], by_address),
                expected,
                "{what}"
            );
        }
    }
}
