//! The phase that makes the backend's request: parameter mapping, template or passing through, overrides.
//!
//! Facts: `spec/rest/integrations.md` §2, §3; headers: `spec/rest/headers.md`.

use std::net::IpAddr;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_TYPE, HOST, USER_AGENT};
use http::{HeaderName, HeaderValue, Method};
use percent_encoding::{
    AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode, utf8_percent_encode,
};

use super::answer::TRACE_ID;
use super::exchange::Exchange;
use super::failure::Failure;
use super::headers::{self, Fate};
use super::mapping::{Mapping, media_type};
use super::record::What;
use super::snapshot::{Backend, Integration};
use super::uri::Endpoint;
use super::variables::Body;
use crate::engine::message::Fields;
use crate::model::PassthroughBehavior;
use crate::vtl::ErrorKind;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PORT: HeaderName = HeaderName::from_static("x-forwarded-port");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
pub(crate) const API_ID: HeaderName = HeaderName::from_static("x-amzn-apigateway-api-id");

/// More headers than any backend takes, and than a template should be able to make.
const MAX_HEADERS: usize = 2_560;

/// The body for the integration.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Mapped {
    /// What the template for the request's content type gave.
    Rendered(Bytes),
    /// No template was needed: the client's body as it is.
    Passed,
}

/// Renders the request template, or decides that the body passes as it is.
pub(crate) fn map_body(x: &mut Exchange) -> Result<Mapped, Failure> {
    let mapped = rendered(x)?;
    x.record.note(|| {
        let (template, after) = match &mapped {
            Mapped::Rendered(text) => {
                let kind = media_type(x.request.headers.get(CONTENT_TYPE));
                (Some(kind.to_owned()), text.clone())
            }
            Mapped::Passed => (None, x.request.body.clone()),
        };
        What::Mapped {
            response: false,
            template,
            before: x.request.body.clone(),
            after,
        }
    });
    Ok(mapped)
}

fn rendered(x: &mut Exchange) -> Result<Mapped, Failure> {
    // The stage is held so that the template can be read while the exchange is written to.
    let stage = std::sync::Arc::clone(&x.stage);
    let Some(integration) = integration(x, &stage) else {
        return Err(Failure::configuration("No integration defined for method"));
    };
    let kind = media_type(x.request.headers.get(CONTENT_TYPE));
    let templates = &integration.request_templates;
    let found = templates.of(kind);
    if !x.conversion.gives_text() && found.is_some_and(Mapping::transforms) {
        // Widely met: a mock for OPTIONS in an API whose binary media types are `*/*`.
        return Err(Failure::configuration(
            "Execution failed due to configuration error: Unable to transform request: the body is binary",
        ));
    }
    match found {
        Some(Mapping::Constant(text)) => Ok(Mapped::Rendered(text.clone())),
        Some(Mapping::Template(template)) => match x.render(template, Body::Client) {
            Ok(text) => Ok(Mapped::Rendered(text.into())),
            Err(error) if error.kind == ErrorKind::Payload => Err(Failure::bad_payload(&error)),
            Err(error) => Err(transform_failed("request", &error)),
        },
        Some(Mapping::Broken(error)) => Err(transform_failed("request", error)),
        found => {
            let passes = match integration.passthrough {
                PassthroughBehavior::WhenNoMatch => true,
                PassthroughBehavior::WhenNoTemplates => templates.is_empty(),
                PassthroughBehavior::Never => false,
            };
            if passes || found.is_some() {
                Ok(Mapped::Passed)
            } else {
                Err(Failure::unsupported_media_type())
            }
        }
    }
}

/// The integration of the exchange's method, borrowed from the stage and not from the exchange.
pub(crate) fn integration<'a>(
    x: &Exchange,
    stage: &'a super::stage::Stage,
) -> Option<&'a Integration> {
    let methods = &stage.side(x.canary).deployment.methods;
    methods.get(x.method?)?.integration.as_ref()
}

/// A template that can't be rendered.
pub(crate) fn transform_failed(what: &str, error: &crate::vtl::TemplateError) -> Failure {
    Failure::configuration(format!(
        "Execution failed due to configuration error: Unable to transform {what}: {error}"
    ))
}

/// A request to a backend, without its body.
#[derive(Debug)]
pub(crate) struct BackendRequest {
    pub(crate) verb: Method,
    pub(crate) endpoint: Endpoint,
    pub(crate) headers: Fields,
}

/// The head of the request to an HTTP backend. `proxy` passes the client's headers and query on.
pub(crate) fn head(
    x: &Exchange,
    integration: &Integration,
    backend: &Backend,
    proxy: bool,
) -> Result<BackendRequest, Failure> {
    let mut endpoint = endpoint(x, integration, backend)?;
    append_query(x, integration, proxy, &mut endpoint.path);
    let mut headers = Fields::with_capacity(16);
    if proxy {
        pass_headers(x, &mut headers);
    } else {
        own_headers(x, &mut headers);
    }
    headers.insert(HOST, endpoint.address.authority.clone());
    headers.insert(API_ID, x.stage.api_header.clone());
    headers.insert(TRACE_ID, x.trace_header());
    map_headers(x, integration, &mut headers)?;
    Ok(BackendRequest {
        verb: backend
            .verb
            .clone()
            .unwrap_or_else(|| x.request.verb.clone()),
        endpoint,
        headers,
    })
}

/// The URI with path parameters and stage variables put in.
fn endpoint(
    x: &Exchange,
    integration: &Integration,
    backend: &Backend,
) -> Result<Endpoint, Failure> {
    let parameters = &integration.request_parameters.path;
    let overridden = |name: &str| {
        let mut overrides = x.overrides.request_group("path");
        overrides.find_map(|(n, value)| (n == name).then_some(value))
    };
    let mapped = |name: &str| {
        let mut sources = parameters.iter();
        sources.find_map(|(n, source)| (&**n == name).then(|| source.value(x))?)
    };
    let variables = x.stage_variables();
    backend
        .uri
        .endpoint(
            |name| overridden(name).or_else(|| mapped(name)),
            |name| variables.get(name).cloned(),
        )
        .ok_or_else(|| {
            Failure::configuration(
                "Execution failed due to configuration error: Invalid endpoint address",
            )
        })
}

/// Appends the query: what the URI has, then the client's (a proxy passes it on), then what is mapped, then overrides, which replace
/// what is mapped. Names that meet are sent more than once (recorded: the receiver sees `testQs=bar,foo`).
pub(crate) fn append_query(
    x: &Exchange,
    integration: &Integration,
    proxy: bool,
    path: &mut String,
) {
    let mut separator = if path.contains('?') { '&' } else { '?' };
    let mut next = |path: &mut String| {
        path.push(separator);
        separator = '&';
    };
    if proxy && !x.raw_query().is_empty() {
        next(path);
        pass_query(path, x.raw_query());
    }
    let overrides: Vec<_> = x.overrides.request_group("querystring").collect();
    for (name, source) in &integration.request_parameters.query {
        if overrides.iter().any(|(n, _)| *n == &**name) {
            continue;
        }
        source.each(x, &mut |value| {
            next(path);
            push_pair(path, name, value);
        });
    }
    for (name, value) in &overrides {
        next(path);
        push_pair(path, name, value);
    }
}

/// What stays as it is in a query that the gateway writes; a space becomes `%20`, so that any receiver reads the same.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// `name=value`, encoded.
fn push_pair(out: &mut String, name: &str, value: &str) {
    out.extend(utf8_percent_encode(name, PLAIN));
    out.push('=');
    out.extend(utf8_percent_encode(value, PLAIN));
}

/// The client's query for an `HTTP_PROXY` backend: the gateway reads the parameters and writes them anew
/// (`spec/rest/resources-methods.md` §3). Most queries are the same afterwards and pass as they are.
fn pass_query(out: &mut String, raw: &str) {
    let plain =
        |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~' | b'=' | b'&');
    if raw.bytes().all(plain) {
        out.push_str(raw);
        return;
    }
    let write = |out: &mut String, text: &str| {
        let text = text.replace('+', " ");
        let bytes: Vec<u8> = percent_decode_str(&text).collect();
        out.extend(percent_encode(&bytes, PLAIN));
    };
    let parameters = raw.split(['&', ';']).filter(|part| !part.is_empty());
    for (i, parameter) in parameters.enumerate() {
        if i > 0 {
            out.push('&');
        }
        match parameter.split_once('=') {
            Some((name, value)) => {
                write(out, name);
                out.push('=');
                write(out, value);
            }
            None => write(out, parameter),
        }
    }
}

/// What a backend of an HTTP integration gets, and nothing else (recorded).
pub(crate) fn own_headers(x: &Exchange, headers: &mut Fields) {
    headers.insert(
        http::header::ACCEPT,
        HeaderValue::from_static("application/json"),
    );
    if let Ok(agent) = HeaderValue::try_from(format!("AmazonAPIGateway_{}", x.stage.api_id)) {
        headers.insert(USER_AGENT, agent);
    }
}

/// The client's headers for an `HTTP_PROXY` backend. The forwarding ones are unverified; they say what AWS's say, which is always HTTPS.
fn pass_headers(x: &Exchange, headers: &mut Fields) {
    let hop = headers::named_by_connection(x.request.headers.get_all(CONNECTION).iter());
    for (name, value) in &x.request.headers {
        if headers::of_client(name.as_str()) == Fate::Pass
            && !is_signature(name, value)
            && !hop.as_ref().is_some_and(|hop| hop.names(name.as_str()))
        {
            headers.append(name.clone(), value.clone());
        }
    }
    if let super::exchange::Caller::Peer(peer) = x.request.caller {
        let given = headers.get(&FORWARDED_FOR).and_then(|v| v.to_str().ok());
        let forwarded = match given {
            Some(given) => format!("{given}, {peer}"),
            None => address_text(peer),
        };
        if let Ok(value) = HeaderValue::try_from(forwarded) {
            headers.insert(FORWARDED_FOR, value);
        }
        headers.insert(FORWARDED_PORT, HeaderValue::from_static("443"));
        headers.insert(FORWARDED_PROTO, HeaderValue::from_static("https"));
    }
}

/// An address as text. The formatting machinery costs as much as the rest of a header does, and every proxied request has one.
fn address_text(address: IpAddr) -> String {
    let IpAddr::V4(v4) = address else {
        return address.to_string();
    };
    let mut text = String::with_capacity(15);
    for (i, octet) in v4.octets().into_iter().enumerate() {
        if i > 0 {
            text.push('.');
        }
        for (place, least) in [(100, 100), (10, 10), (1, 0)] {
            if octet >= least {
                text.push(char::from(b'0' + octet / place % 10));
            }
        }
    }
    text
}

/// An `Authorization` that holds a signature for AWS is not for the backend.
fn is_signature(name: &HeaderName, value: &HeaderValue) -> bool {
    name == http::header::AUTHORIZATION && value.as_bytes().starts_with(b"AWS4-HMAC-SHA256")
}

/// Mapped headers, then overridden ones, which win.
pub(crate) fn map_headers(
    x: &Exchange,
    integration: &Integration,
    headers: &mut Fields,
) -> Result<(), Failure> {
    for (name, _, fate, source) in &integration.request_parameters.headers {
        let mut values = Vec::new();
        source.each(x, &mut |value| values.push(value.to_owned()));
        put(headers, name, *fate, &values)?;
    }
    for (name, values) in x.overrides.request_headers() {
        let Ok(name) = HeaderName::try_from(name) else {
            continue;
        };
        let fate = headers::mapped_to_backend(name.as_str());
        put(headers, &name, fate, &values)?;
    }
    Ok(())
}

fn put(
    headers: &mut Fields,
    name: &HeaderName,
    fate: Fate,
    values: &[String],
) -> Result<(), Failure> {
    if values.is_empty() || fate == Fate::Drop {
        return Ok(());
    }
    if fate == Fate::Fail {
        return Err(Failure::configuration(format!(
            "Execution failed due to configuration error: The header {name} can't be mapped"
        )));
    }
    headers.remove(name);
    for value in values {
        if headers.len() >= MAX_HEADERS {
            return Err(Failure::configuration(
                "Execution failed due to configuration error: Too many headers are mapped",
            ));
        }
        headers.append(name.clone(), header_value(value)?);
    }
    Ok(())
}

/// A value that no header can hold would let a client write headers of its own.
fn header_value(value: &str) -> Result<HeaderValue, Failure> {
    HeaderValue::from_str(value).map_err(|_| {
        Failure::configuration(
            "Execution failed due to configuration error: A mapped header value isn't valid",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxied_query_says_the_same_as_the_clients() {
        let cases = [
            ("a=1&b=&c&a=2", "a=1&b=&c&a=2"),
            ("q=a+b&r=%2B&s=%2f%2F", "q=a%20b&r=%2B&s=%2F%2F"),
            ("a=1;b=2&&;c=%", "a=1&b=2&c=%25"),
            ("ids[]=1&x=%255B&y=%ff", "ids%5B%5D=1&x=%255B&y=%FF"),
            ("t=10:30=x@y", "t=10%3A30%3Dx%40y"),
            (";", ""),
        ];
        for (raw, expected) in cases {
            let mut passed = String::new();
            pass_query(&mut passed, raw);
            assert_eq!(passed, expected, "{raw}");
        }
    }

    #[test]
    fn addresses_are_written_as_everywhere() {
        for text in [
            "127.0.0.1",
            "0.0.0.0",
            "255.255.255.255",
            "10.9.99.100",
            "201.20.2.0",
            "::1",
        ] {
            assert_eq!(address_text(text.parse().unwrap()), text);
        }
    }
}
