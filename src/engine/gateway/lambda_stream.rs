//! Streamed answers of functions: `AWS_PROXY` with `responseTransferMode` `STREAM`.
//!
//! Lambda's `InvokeWithResponseStream` answers an event stream whose chunks are what the function wrote: first what the answer's head is
//! made of, as JSON, then eight zero bytes, then the body. Facts: `spec/rest/integrations.md` §9, `spec/lambda.md` §1.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::CONTENT_TYPE;
use http_body::{Body as HttpBody, Frame};
use serde_json::{Map, Value};

use super::answer::Answer;
use super::backend::{Caller, read_whole};
use super::body::{Body, BodyError, PAYLOAD_LIMIT, Pace, Source};
use super::exchange::{BackendAnswer, Exchange};
use super::failure::Failure;
use super::lambda::{Invocation, LambdaFailure};
use super::lambda_answer::{Malformed, ProxyAnswer};
use super::lambda_integration;
use super::record::What;
use super::reply::Reply;
use crate::engine::message::Fields;
use crate::engine::wire::event_stream::{self, EVENT_STREAM};

/// What stands between the head and the body.
const DELIMITER: [u8; 8] = [0; 8];
/// How far from the start the delimiter may stand.
const HEAD_LIMIT: usize = 16 * 1024;
/// How long a test waits for the answer's end, and how much of it it shows.
const TEST_PATIENCE: Duration = Duration::from_secs(35);
const TEST_LIMIT: usize = 1024 * 1024;

/// What a function writes, as it comes.
#[derive(Debug)]
pub(crate) struct FunctionStream {
    reply: Reply,
    /// What was read and isn't a whole message yet; nothing where the endpoint sends the bytes as they are.
    messages: Option<BytesMut>,
}

/// The function ended with an error.
#[derive(Debug, thiserror::Error)]
#[error("the function failed: {0}")]
struct FunctionFailed(String);

impl FunctionStream {
    /// The body of an answer with these headers.
    pub(crate) fn new(headers: &Fields, reply: Reply) -> Self {
        let kind = headers.get(CONTENT_TYPE).map(http::HeaderValue::as_bytes);
        let framed = kind.is_some_and(|kind| kind.starts_with(EVENT_STREAM.as_bytes()));
        Self {
            reply,
            messages: framed.then(BytesMut::new),
        }
    }

    /// The payload of the next message that has one.
    fn take(messages: &mut BytesMut) -> Result<Option<Bytes>, BodyError> {
        let broken = |error| BodyError::Broken(Box::new(error));
        while let Some(message) = event_stream::take(messages).map_err(broken)? {
            let failed = |why: String| Err(BodyError::Broken(Box::new(FunctionFailed(why))));
            match (message.kind.as_str(), message.name.as_str()) {
                ("event", "PayloadChunk") if !message.payload.is_empty() => {
                    return Ok(Some(message.payload));
                }
                ("event", "InvokeComplete") => {
                    let end: Value = serde_json::from_slice(&message.payload).unwrap_or_default();
                    let text = |name: &str| end.get(name).and_then(Value::as_str);
                    if let Some(code) = text("ErrorCode").filter(|code| !code.is_empty()) {
                        let details = text("ErrorDetails").unwrap_or_default();
                        return failed(format!("{code} {details}"));
                    }
                }
                ("exception" | "error", name) => return failed(name.to_owned()),
                _ => {}
            }
        }
        Ok(None)
    }
}

impl HttpBody for FunctionStream {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        loop {
            if let Some(messages) = &mut this.messages {
                match Self::take(messages) {
                    Ok(Some(payload)) => return Poll::Ready(Some(Ok(Frame::data(payload)))),
                    Ok(None) => {}
                    Err(error) => return Poll::Ready(Some(Err(error))),
                }
            }
            let frame = ready!(Pin::new(&mut this.reply).poll_frame(cx));
            let Some(frame) = frame.transpose()? else {
                let cut = this.messages.as_ref().is_some_and(|m| !m.is_empty());
                return Poll::Ready(cut.then(|| {
                    let why = "the event stream ended within a message";
                    Err(BodyError::Broken(why.into()))
                }));
            };
            let Ok(data) = frame.into_data() else {
                continue;
            };
            match &mut this.messages {
                Some(messages) => messages.extend_from_slice(&data),
                None => return Poll::Ready(Some(Ok(Frame::data(data)))),
            }
        }
    }
}

impl Caller<'_> {
    /// Runs a function and passes on what it streams.
    pub(crate) async fn lambda_streamed(
        &self,
        x: &mut Exchange,
        invocation: Invocation<'_>,
    ) -> Result<Answer, Failure> {
        let started = self.clock.monotonic();
        let timeout = invocation.timeout;
        let begun = async {
            let (head, reply) = self.functions.stream(self, invocation).await?;
            let mut stream = FunctionStream::new(&head.headers, reply);
            let answer = read_head(&mut stream).await;
            Ok::<_, LambdaFailure>((head, stream, answer))
        };
        let begun = tokio::time::timeout(timeout, begun).await;
        let latency = self.clock.monotonic().saturating_sub(started);
        x.record.integration_latency = Some(latency);
        let begun = begun.unwrap_or(Err(LambdaFailure::Timeout));
        let (head, stream, answer) = begun.map_err(|failure| failure.of_proxy())?;
        let status = head.status.as_u16();
        x.record.note(|| What::EndpointResponse {
            status,
            latency,
            headers: super::backend::pairs(&head.headers),
            body: Bytes::new(),
        });
        x.backend = Some(BackendAnswer {
            status,
            headers: head.headers,
            body: Bytes::new(),
        });
        let (read, first) = answer?;
        let mut answer = lambda_integration::head(x, read.status, read.headers)?;
        let left = timeout.saturating_sub(latency);
        answer.body = if x.record.wants_whole_bodies() {
            Body::whole(collected(first, stream, left.min(TEST_PATIENCE)).await)
        } else {
            let pause = x.side().deployment.longest_pause;
            Body::paced(first, Source::Function(stream), Pace::new(pause, left))
        };
        Ok(answer)
    }
}

/// What the function says of its answer's head, and what came of the body with it.
async fn read_head(stream: &mut FunctionStream) -> Result<(ProxyAnswer, Bytes), Failure> {
    let mut read = BytesMut::new();
    loop {
        if let Some(at) = memchr::memmem::find(&read, &DELIMITER)
            && at <= HEAD_LIMIT
        {
            let metadata = read.split_to(at);
            let body = read.split_off(DELIMITER.len()).freeze();
            return Ok((
                metadata_of(&metadata).map_err(|Malformed| malformed())?,
                body,
            ));
        }
        if read.len() >= HEAD_LIMIT + DELIMITER.len() {
            return Err(malformed());
        }
        match http_body_util::BodyExt::frame(stream).await {
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    read.extend_from_slice(&data);
                }
            }
            Some(Err(error)) => return Err(broken(&error)),
            None => return Err(malformed()),
        }
    }
}

/// Of the members of a proxied function's answer those that make a head, and cookies.
fn metadata_of(text: &[u8]) -> Result<ProxyAnswer, Malformed> {
    let mut members: Map<String, Value> = serde_json::from_slice(text).map_err(|_| Malformed)?;
    if members.contains_key("body") || members.contains_key("isBase64Encoded") {
        return Err(Malformed);
    }
    let cookies = members.shift_remove("cookies").unwrap_or_default();
    let mut answer = ProxyAnswer::read(members)?;
    let cookies = match cookies {
        Value::Null => Vec::new(),
        Value::Array(cookies) => cookies,
        _ => return Err(Malformed),
    };
    for cookie in cookies {
        let Value::String(cookie) = cookie else {
            return Err(Malformed);
        };
        answer.headers.push(("Set-Cookie".to_owned(), cookie));
    }
    Ok(answer)
}

/// Documented as 500, unlike the 502 of an answer that isn't streamed.
fn malformed() -> Failure {
    Failure::configuration(
        "Execution failed due to configuration error: Malformed Lambda response stream: expected JSON metadata and eight zero bytes within the first 16384 bytes",
    )
}

/// A stream that broke off before its head was complete.
fn broken(error: &BodyError) -> Failure {
    match error {
        BodyError::Broken(source) if source.is::<FunctionFailed>() => Failure::bad_gateway(
            format!("Lambda execution failed due to customer function error: {source}"),
        ),
        error => Failure::network(&error.to_string()),
    }
}

/// What a test shows of a body: all of it, if it ends soon and isn't long.
async fn collected(first: Bytes, mut stream: FunctionStream, patience: Duration) -> Bytes {
    let mut body = BytesMut::from(first);
    let read = async {
        while body.len() <= TEST_LIMIT {
            match http_body_util::BodyExt::frame(&mut stream).await {
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        body.extend_from_slice(&data);
                    }
                }
                Some(Err(_)) | None => return,
            }
        }
    };
    // What came until then is what there is to show.
    let _ = tokio::time::timeout(patience, read).await;
    body.freeze()
}

/// A refusal's text is not shown to anybody, but the connection can be used again after it.
pub(super) async fn drain(reply: Reply) {
    let _ = read_whole(reply, PAYLOAD_LIMIT).await;
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn metadata_is_what_makes_a_head() {
        let read = |value: Value| metadata_of(value.to_string().as_bytes());
        let full = json!({
            "statusCode": 201, "headers": {"a": "1"}, "multiValueHeaders": {"b": ["2", "3"]}, "cookies": ["c=4", "d=5"],
        });
        let answer = read(full).unwrap();
        assert_eq!(answer.status, 201);
        let headers: Vec<String> = answer
            .headers
            .iter()
            .map(|(n, v)| format!("{n}={v}"))
            .collect();
        assert_eq!(
            headers,
            ["b=2", "b=3", "a=1", "Set-Cookie=c=4", "Set-Cookie=d=5"]
        );
        assert_eq!(read(json!({})).unwrap().status, 200);
        for wrong in [
            json!([]),
            json!({"body": "x"}),
            json!({"isBase64Encoded": false}),
            json!({"cookies": "a=1"}),
            json!({"cookies": [1]}),
            json!({"other": 1}),
            json!({"statusCode": "x"}),
        ] {
            assert_eq!(read(wrong.clone()), Err(Malformed), "{wrong}");
        }
        assert_eq!(metadata_of(b""), Err(Malformed));
    }
}
