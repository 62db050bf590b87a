//! The answer to the client: its own headers and those that every answer has.

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, Version};

use super::body::Body;
use super::exchange::Exchange;
use super::record::What;
use super::{compress, headers};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const EXTENDED_ID: HeaderName = HeaderName::from_static("x-amz-apigw-id");
pub(crate) const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");
pub(crate) const TRACE_ID: HeaderName = HeaderName::from_static("x-amzn-trace-id");

/// An answer in the making.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// The headers as a log spells them, when details are recorded.
    pub(crate) spelled: Option<Vec<(String, String)>>,
    pub(crate) body: Body,
}

impl Answer {
    /// An answer without headers; `details` keeps the names as they are spelled.
    pub(crate) fn new(status: u16, details: bool) -> Self {
        Self {
            status,
            ..Self::with_room(2, details)
        }
    }

    /// The same with room for `headers` of its own beside those that every answer has.
    pub(crate) fn with_room(headers: usize, details: bool) -> Self {
        Self {
            status: 200,
            headers: HeaderMap::with_capacity(headers + 6),
            spelled: details.then(Vec::new),
            body: Body::default(),
        }
    }

    /// Sets a header, `spelled` as its author did.
    pub(crate) fn set(&mut self, name: HeaderName, spelled: &str, value: HeaderValue) {
        if let Some(all) = &mut self.spelled {
            all.retain(|(n, _)| !n.eq_ignore_ascii_case(spelled));
            all.push((spelled.to_owned(), text(&value)));
        }
        self.headers.insert(name, value);
    }

    /// Adds a further value of a header.
    pub(crate) fn add(&mut self, name: HeaderName, spelled: &str, value: HeaderValue) {
        if let Some(all) = &mut self.spelled {
            all.push((spelled.to_owned(), text(&value)));
        }
        self.headers.append(name, value);
    }

    /// Adds a value of a header that nobody of ours spelled.
    pub(crate) fn append(&mut self, name: HeaderName, value: HeaderValue) {
        if let Some(all) = &mut self.spelled {
            all.push((headers::spelled(name.as_str()).to_owned(), text(&value)));
        }
        self.headers.append(name, value);
    }

    pub(crate) fn set_content_type(&mut self, value: HeaderValue) {
        self.set(CONTENT_TYPE, "Content-Type", value);
    }

    /// The answer as the client gets it, with the ids that every answer has.
    pub(crate) fn finish(mut self, x: &mut Exchange) -> Response<Body> {
        compress::pack(x, &mut self);
        self.headers.insert(REQUEST_ID, x.ids.request_id_header());
        self.headers.insert(EXTENDED_ID, x.ids.extended_id_header());
        if x.request.version == Version::HTTP_11 && !closes(&x.request.headers) {
            // The server says `close` by itself.
            self.headers
                .insert(CONNECTION, HeaderValue::from_static("keep-alive"));
        }
        x.record.status = self.status;
        x.record.length = http_body::Body::size_hint(&self.body).exact();
        respond(self.status, self.headers, self.body)
    }

    /// Notes the answer of the method in the record.
    pub(crate) fn note(&self, x: &Exchange) {
        x.record.note(|| What::MethodResponse {
            headers: self.spelled.clone().unwrap_or_default(),
            body: self.body.bytes().unwrap_or_default(),
        });
    }
}

/// Whether the client ends its connection with this request.
fn closes(headers: &HeaderMap) -> bool {
    let says = |value: &HeaderValue| {
        let mut words = value.as_bytes().split(|b| *b == b',');
        words.any(|word| word.trim_ascii().eq_ignore_ascii_case(b"close"))
    };
    headers.get_all(CONNECTION).iter().any(says)
}

fn text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

/// A response; a status that HTTP doesn't have becomes a 500.
pub(crate) fn respond(status: u16, headers: HeaderMap, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    *response.headers_mut() = headers;
    response
}

/// A response before any API was found: no gateway response of an API applies.
pub(crate) fn plain(
    status: u16,
    content_type: &'static str,
    error_type: Option<&'static str>,
    body: &'static str,
    ids: &super::request_ids::RequestIds,
) -> Response<Body> {
    let mut headers = HeaderMap::with_capacity(8);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(REQUEST_ID, ids.request_id_header());
    headers.insert(EXTENDED_ID, ids.extended_id_header());
    if let Some(error_type) = error_type {
        headers.insert(ERROR_TYPE, HeaderValue::from_static(error_type));
    }
    respond(
        status,
        headers,
        Body::whole(Bytes::from_static(body.as_bytes())),
    )
}
