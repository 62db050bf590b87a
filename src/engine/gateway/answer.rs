//! The answer to the client: its own headers and those that every answer has.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, StatusCode};

use super::body::Body;
use super::exchange::Exchange;
use super::ready::Ready;
use super::record::What;
use super::request_ids::RequestIds;
use super::{compress, headers};
use crate::engine::message::names::{self, Spellings};
use crate::engine::message::{self, Fields};

pub(crate) const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");
pub(crate) const TRACE_ID: HeaderName = HeaderName::from_static("x-amzn-trace-id");

/// An answer in the making.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Headers that were known beforehand.
    lines: Bytes,
    pub(crate) headers: Fields,
    /// Those of them that their author spelled in a way of their own.
    pub(crate) spellings: Spellings,
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
            lines: Bytes::new(),
            headers: Fields::with_capacity(headers + 2),
            spellings: Spellings::new(),
            spelled: details.then(Vec::new),
            body: Body::default(),
        }
    }

    /// An answer with these headers, which nobody of ours spelled.
    pub(crate) fn of(status: u16, headers: Fields, details: bool) -> Self {
        let spelled = |(name, value): (&HeaderName, &HeaderValue)| {
            (headers::spelled(name.as_str()).to_owned(), text(value))
        };
        Self {
            status,
            lines: Bytes::new(),
            spelled: details.then(|| headers.iter().map(spelled).collect()),
            headers,
            spellings: Spellings::new(),
            body: Body::default(),
        }
    }

    /// An answer that was known beforehand.
    pub(crate) fn ready(status: u16, ready: &Ready) -> Self {
        Self {
            status,
            lines: ready.lines.clone(),
            headers: Fields::new(),
            spellings: Spellings::new(),
            spelled: None,
            body: Body::whole(ready.body.clone()),
        }
    }

    /// Sets a header, `spelled` as its author did.
    pub(crate) fn set(&mut self, name: HeaderName, spelled: &str, value: HeaderValue) {
        if let Some(all) = &mut self.spelled {
            all.retain(|(n, _)| !n.eq_ignore_ascii_case(spelled));
            all.push((spelled.to_owned(), text(&value)));
        }
        self.spell(&name, spelled);
        self.headers.insert(name, value);
    }

    /// Adds a further value of a header.
    pub(crate) fn add(&mut self, name: HeaderName, spelled: &str, value: HeaderValue) {
        if let Some(all) = &mut self.spelled {
            all.push((spelled.to_owned(), text(&value)));
        }
        self.spell(&name, spelled);
        self.headers.append(name, value);
    }

    /// Has a name written as its author spelled it first. What a body is called is the gateway's to say.
    fn spell(&mut self, name: &HeaderName, spelled: &str) {
        let known = |(n, _): &(HeaderName, _)| n == name;
        if *name != CONTENT_TYPE
            && names::usual(name) != spelled
            && !self.spellings.iter().any(known)
        {
            self.spellings.push((name.clone(), spelled.into()));
        }
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
    pub(crate) fn finish(mut self, x: &mut Exchange) -> message::Answer<Body> {
        compress::pack(x, &mut self);
        x.record.status = self.status;
        x.record.length = http_body::Body::size_hint(&self.body).exact();
        let mut answer = respond(self.status, self.headers, self.body, &x.ids);
        answer.lines[1] = self.lines;
        answer.spellings = self.spellings;
        answer
    }

    /// Notes the answer of the method in the record.
    pub(crate) fn note(&self, x: &Exchange) {
        x.record.note(|| What::MethodResponse {
            headers: self.spelled.clone().unwrap_or_default(),
            body: self.body.bytes().unwrap_or_default(),
        });
    }
}

fn text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

/// An answer with the ids that every answer has; a status that HTTP doesn't have becomes a 500.
fn respond(status: u16, headers: Fields, body: Body, ids: &RequestIds) -> message::Answer<Body> {
    message::Answer {
        status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        lines: [ids.lines(), Bytes::new()],
        headers,
        spellings: Spellings::new(),
        body,
    }
}

/// An answer before any API was found: no gateway response of an API applies.
pub(crate) fn plain(
    status: u16,
    content_type: &'static str,
    error_type: Option<&'static str>,
    body: &'static str,
    ids: &RequestIds,
) -> message::Answer<Body> {
    let mut headers = Fields::with_capacity(2);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    if let Some(error_type) = error_type {
        headers.insert(ERROR_TYPE, HeaderValue::from_static(error_type));
    }
    let body = Body::whole(Bytes::from_static(body.as_bytes()));
    respond(status, headers, body, ids)
}
