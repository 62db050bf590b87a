//! The phase that calls an HTTP backend.
//!
//! Facts: `spec/rest/integrations.md` §1, §2; `spec/aws-recorded/FACTS.md` §15.

use std::pin::pin;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, StatusCode};
use http_body::Body as _;
use http_body_util::BodyExt;

use super::authorizer::Keyring;
use super::body::{Body, BodyError, PAYLOAD_LIMIT, Pace, Source};
use super::content::{self, Conversion};
use super::exchange::{BackendAnswer, Exchange, as_text};
use super::failure::Failure;
use super::http1::{self, Head};
use super::integration_request::{self as prepare, BackendRequest, Mapped};
use super::lambda::Functions;
use super::pool::{Pool, SendError};
use super::record::{Pairs, What};
use super::reply::Reply;
use super::snapshot::{Backend, Integration};
use super::uri::Address;
use super::xray::{Call, Callee};
use super::{compress, connection, headers};
use crate::base::Clock;
use crate::engine::message::{Fields, Incoming, IncomingError};

/// What calling a backend needs beside the exchange.
pub(crate) struct Caller<'a> {
    pub(crate) pool: &'a Pool,
    pub(crate) clock: &'a Clock,
    pub(crate) functions: &'a Functions,
    pub(crate) keyring: &'a Keyring,
    /// How long a client's body is waited for.
    pub(crate) body_patience: Duration,
}

impl Caller<'_> {
    /// Calls the backend of an HTTP integration: the mapped body out, the whole answer in.
    pub(crate) async fn mapped(
        &self,
        x: &mut Exchange,
        integration: &Integration,
        backend: &Backend,
    ) -> Result<(), Failure> {
        let body = match prepare::map_body(x)? {
            Mapped::Rendered(text) => text,
            Mapped::Passed => x.request.body.clone(),
        };
        let sent = self
            .send(x, integration, backend, false, Outgoing::Whole(body))
            .await?;
        let head = sent.head;
        let read = pin!(read_whole(sent.reply, PAYLOAD_LIMIT));
        let body = match self.pool.limit(sent.left, read).await {
            Err(_) => return Err(Failure::timeout()),
            Ok(Ok(body)) => body,
            Ok(Err(error)) => return Err(answer_broke(&error)),
        };
        x.record.integration_latency = Some(self.since(sent.started));
        note_answer(x, head.status, &head.headers, &body);
        x.backend = Some(BackendAnswer {
            status: head.status.as_u16(),
            headers: head.headers,
            body,
        });
        Ok(())
    }

    /// Calls the backend of an `HTTP_PROXY` integration. Bodies are passed on as they come, both ways.
    pub(crate) async fn proxied(
        &self,
        x: &mut Exchange,
        integration: &Integration,
        backend: &Backend,
        incoming: Option<Incoming>,
    ) -> Result<Body, Failure> {
        let outgoing = match incoming {
            Some(incoming) => {
                let first = pin!(first_frame(incoming, x.conversion == Conversion::Text));
                let first = self.pool.limit(self.body_patience, first).await;
                let first = first.map_err(|_| Failure::slow_body())?;
                first
                    .map_err(|error| client_broke(&error))?
                    .map(Source::Client)
            }
            None => Outgoing::Whole(x.request.body.clone()),
        };
        let sent = self.send(x, integration, backend, true, outgoing).await?;
        let (head, reply, left) = (sent.head, sent.reply, sent.left);
        x.record.integration_latency = Some(sent.passed);
        if !backend.streams && reply.size_hint().lower() > PAYLOAD_LIMIT as u64 {
            return Err(too_large_an_answer());
        }
        let conversion = if backend.streams {
            Conversion::Bytes
        } else {
            content::of_answer(x, &head.headers, None)
        };
        let whole = x.record.wants_whole_bodies()
            || conversion.needs_whole()
            || !backend.streams && compress::of_answer(x, &head.headers).is_some();
        let body = if whole {
            let read = pin!(read_whole(reply, PAYLOAD_LIMIT));
            let whole = self.pool.limit(left, read).await;
            let whole = whole.map_err(|_| Failure::timeout())?;
            let whole = whole.map_err(|error| answer_broke(&error))?;
            note_answer(x, head.status, &head.headers, &whole);
            Body::whole(conversion.apply(whole)?)
        } else if backend.streams {
            note_answer(x, head.status, &head.headers, &Bytes::new());
            let pause = x.side().deployment.longest_pause;
            Body::paced(Bytes::new(), Source::Backend(reply), Pace::new(pause, left))
        } else {
            let first = pin!(first_frame(reply, conversion == Conversion::Text));
            let first = self.pool.limit(left, first).await;
            match first.map_err(|_| Failure::timeout())? {
                Ok(Outgoing::Whole(bytes)) => {
                    note_answer(x, head.status, &head.headers, &bytes);
                    Body::whole(bytes)
                }
                Ok(Outgoing::Stream(first, rest, text)) => {
                    note_answer(x, head.status, &head.headers, &first);
                    // The rest may take as long as a client needs for it; a backend that stops is waited for as before.
                    stream(first, Source::Backend(rest), text).pausing(left)
                }
                Err(error) => return Err(Failure::network(&error.to_string())),
            }
        };
        x.backend = Some(BackendAnswer {
            status: head.status.as_u16(),
            headers: head.headers,
            body: Bytes::new(),
        });
        Ok(body)
    }

    /// Sends the request and waits for the head of the answer.
    async fn send(
        &self,
        x: &mut Exchange,
        integration: &Integration,
        backend: &Backend,
        proxy: bool,
        outgoing: Outgoing<Source>,
    ) -> Result<Sent, Failure> {
        let head = prepare::head(x, integration, backend, proxy)?;
        note_request(x, &head, &outgoing);
        let callee = x.is_traced().then(|| Callee::Http {
            verb: head.verb.to_string(),
            url: url_of(&head),
        });
        let started = self.clock.monotonic();
        let (address, request) = build(head, outgoing, proxy, &x.request.headers)?;
        let address = connection::reach(x, backend, &address)?.unwrap_or(address);
        let sent = {
            let sent = pin!(self.pool.send(started, &address, request));
            self.pool.limit(backend.timeout, sent).await
        };
        let passed = self.since(started);
        if let Some(to) = callee {
            let head = sent.as_ref().ok().and_then(|sent| sent.as_ref().ok());
            x.trace_integration(|| Call {
                to,
                started,
                took: passed,
                status: head.map(|(head, _)| head.status.as_u16()),
                length: head.and_then(|(_, reply)| reply.size_hint().exact()),
                failed: false,
            });
        }
        let failure = match sent {
            Ok(Ok((head, reply))) => {
                return Ok(Sent {
                    head,
                    reply,
                    started,
                    passed,
                    left: backend.timeout.saturating_sub(passed),
                });
            }
            Ok(Err(error)) => send_failed(&error),
            Err(_) => Failure::timeout(),
        };
        x.record.integration_latency = Some(passed);
        Err(failure)
    }

    fn since(&self, started: Duration) -> Duration {
        self.clock.monotonic().saturating_sub(started)
    }
}

fn note_request(x: &Exchange, head: &BackendRequest, outgoing: &Outgoing<Source>) {
    if !x.record.wants_details() {
        return;
    }
    let (Outgoing::Whole(body) | Outgoing::Stream(body, ..)) = outgoing;
    x.record.note(|| What::EndpointRequest {
        uri: url_of(head),
        headers: pairs(&head.headers),
        body: body.clone(),
    });
}

fn url_of(head: &BackendRequest) -> String {
    let address = &head.endpoint.address;
    format!(
        "{}://{}{}",
        if address.tls { "https" } else { "http" },
        address.authority.to_str().unwrap_or_default(),
        head.endpoint.path
    )
}

fn note_answer(x: &Exchange, status: StatusCode, headers: &Fields, body: &Bytes) {
    x.record.note(|| What::EndpointResponse {
        status: status.as_u16(),
        latency: x.record.integration_latency.unwrap_or_default(),
        headers: pairs(headers),
        body: body.clone(),
    });
}

/// A request that was sent and the head of its answer.
struct Sent {
    head: Head,
    reply: Reply,
    /// When it was sent, monotonic.
    started: Duration,
    /// How long the head took to come.
    passed: Duration,
    /// How much of the integration's time is left.
    left: Duration,
}

/// A body on its way, in full or from its first frame on.
enum Outgoing<B> {
    Whole(Bytes),
    /// What was read of it, what comes, and whether it is text.
    Stream(Bytes, B, bool),
}

impl<B> Outgoing<B> {
    /// The same, `rest` made of what comes.
    fn map<S>(self, rest: impl FnOnce(B) -> S) -> Outgoing<S> {
        match self {
            Self::Whole(bytes) => Outgoing::Whole(bytes),
            Self::Stream(first, body, text) => Outgoing::Stream(first, rest(body), text),
        }
    }
}

/// Reads the first frame of a body: most bodies are no longer than that, and what they are made of shows there.
async fn first_frame<B>(mut incoming: B, text: bool) -> Result<Outgoing<B>, B::Error>
where
    B: http_body::Body<Data = Bytes> + Unpin,
{
    loop {
        if incoming.is_end_stream() {
            return Ok(Outgoing::Whole(Bytes::new()));
        }
        let Some(frame) = incoming.frame().await else {
            return Ok(Outgoing::Whole(Bytes::new()));
        };
        let Ok(data) = frame?.into_data() else {
            continue;
        };
        if incoming.is_end_stream() {
            return Ok(Outgoing::Whole(if text { as_text(data) } else { data }));
        }
        if !data.is_empty() {
            return Ok(Outgoing::Stream(data, incoming, text));
        }
    }
}

/// A body of several frames. Of those that are to be text, one whose first frame isn't is made text as a whole. One that only turns out so later is passed
/// on as it is: its length may have been declared already, and breaking it off would help nobody.
fn stream(first: Bytes, rest: Source, text: bool) -> Body {
    let is_text = !text
        || match std::str::from_utf8(&first) {
            Ok(_) => true,
            // A character that the frame's end cuts in two.
            Err(error) => error.error_len().is_none(),
        };
    Body::stream(first, rest, !is_text)
}

/// Reads a body to its end, `limit` bytes at the most.
pub(crate) async fn read_whole<B>(mut incoming: B, limit: usize) -> Result<Bytes, BodyError>
where
    B: http_body::Body<Data = Bytes> + Unpin,
    BodyError: From<B::Error>,
{
    let mut first: Option<Bytes> = None;
    let mut all = BytesMut::new();
    while let Some(frame) = incoming.frame().await {
        let Ok(data) = frame?.into_data() else {
            continue;
        };
        if first.as_ref().map_or(0, Bytes::len) + all.len() + data.len() > limit {
            return Err(BodyError::TooLarge);
        }
        // One frame, the common case, isn't copied.
        if first.is_none() && all.is_empty() {
            first = Some(data);
            continue;
        }
        if let Some(first) = first.take() {
            all.extend_from_slice(&first);
        }
        all.extend_from_slice(&data);
    }
    Ok(first.unwrap_or_else(|| all.freeze()))
}

fn build(
    head: BackendRequest,
    outgoing: Outgoing<Source>,
    proxy: bool,
    client: &HeaderMap,
) -> Result<(Address, http1::Request), Failure> {
    let mut headers = head.headers;
    let body = match outgoing {
        Outgoing::Stream(first, rest, text) => stream(first, rest, text),
        Outgoing::Whole(body) => {
            if !proxy {
                headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
                if !body.is_empty() && !headers.contains_key(CONTENT_TYPE) {
                    let json = || HeaderValue::from_static("application/json");
                    let kind = client.get(CONTENT_TYPE).cloned().unwrap_or_else(json);
                    headers.insert(CONTENT_TYPE, kind);
                }
            }
            Body::whole(body)
        }
    };
    let request =
        http1::Request::new(head.verb, head.endpoint.path, headers, body).ok_or_else(|| {
            Failure::configuration(
                "Execution failed due to configuration error: Invalid endpoint address",
            )
        })?;
    Ok((head.endpoint.address, request))
}

fn send_failed(error: &SendError) -> Failure {
    match error {
        // Documented as 500, not 504 (`spec/rest/integrations.md` §1).
        SendError::Resolve(_) => Failure::configuration(format!(
            "Execution failed due to configuration error: Invalid endpoint address: {error}"
        )),
        SendError::Busy => Failure::busy(),
        SendError::Broken(http1::Error::Upload(body)) if matches!(**body, BodyError::TooLarge) => {
            Failure::too_large()
        }
        SendError::Connect(_) | SendError::Broken(_) => Failure::network(&error.to_string()),
    }
}

fn client_broke(error: &IncomingError) -> Failure {
    Failure::network(&format!("the client's body broke off: {error}"))
}

/// An answer that couldn't be read to its end.
fn answer_broke(error: &BodyError) -> Failure {
    match error {
        BodyError::TooLarge => too_large_an_answer(),
        BodyError::Stalled => Failure::timeout(),
        BodyError::Broken(error) => Failure::network(&error.to_string()),
    }
}

fn too_large_an_answer() -> Failure {
    Failure::configuration(
        "Execution failed due to configuration error: Integration response exceeds 10485760 bytes",
    )
}

/// Headers as a log prints them.
pub(crate) fn pairs(headers: &Fields) -> Pairs {
    let pair = |(name, value): (&http::HeaderName, &HeaderValue)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (headers::spelled(name.as_str()).to_owned(), value)
    };
    headers.iter().map(pair).collect()
}
