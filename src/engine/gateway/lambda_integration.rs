//! Integrations with functions: `AWS_PROXY` with its fixed event and answer, `AWS` with templates both ways.
//!
//! Facts: `spec/rest/lambda-proxy.md`, `spec/rest/integrations.md` §4, `spec/rest/headers.md`.

use std::borrow::Cow;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderName, HeaderValue};

use super::answer::{Answer, TRACE_ID};
use super::backend::{Caller, pairs};
use super::body::Body;
use super::content::Conversion;
use super::exchange::{BackendAnswer, Exchange};
use super::failure::Failure;
use super::headers::{self, Fate};
use super::integration_request::{self as prepare, Mapped};
use super::lambda::{Invocation, LambdaAnswer, LambdaFailure, LambdaTarget};
use super::lambda_answer::ProxyAnswer;
use super::lambda_event;
use super::mapping::media_type;
use super::record::What;
use super::snapshot::{Function, Integration};
use super::xray::Call;
use crate::engine::message::Fields;

/// The event of an invocation without a body (recorded): what Lambda makes of nothing.
const NO_EVENT: &[u8] = b"{}";

const TAG: HeaderName = HeaderName::from_static("x-amzn-lambda-integration-tag");
const SOURCE_ARN: HeaderName = HeaderName::from_static("x-amz-source-arn");

impl Caller<'_> {
    /// Runs the function of an `AWS_PROXY` integration.
    pub(crate) async fn lambda_proxied(
        &self,
        x: &mut Exchange,
        integration: &Integration,
        function: &Function,
    ) -> Result<Answer, Failure> {
        refuse_mapped(x, integration)?;
        let target = function_of(x, function)?;
        let mut headers = Fields::with_capacity(12);
        let region = x.stage.region.name.clone();
        own_headers(x, &mut headers);
        let event = Bytes::from(lambda_event::proxy(x));
        let invocation = Invocation {
            target: &target,
            headers,
            query: String::new(),
            payload: event,
            timeout: function.timeout,
            streams: function.streams,
            region: &region,
        };
        if function.streams {
            let invocation = self.prepared(x, invocation, None).await;
            return Box::pin(self.lambda_streamed(x, invocation)).await;
        }
        let answer = self.run(x, invocation, None).await;
        let answer = answer.map_err(|failure| failure.of_proxy())?;
        let read = if answer.is_function_error() {
            Err(Failure::bad_gateway(answer.function_error_log()))
        } else {
            ProxyAnswer::parse(&answer.payload).map_err(|_| malformed())
        };
        x.backend = Some(BackendAnswer {
            status: answer.status,
            headers: answer.headers,
            body: Bytes::new(),
        });
        answered(x, read?)
    }

    /// Runs the function of an `AWS` integration; gives the integration response that its outcome selects.
    pub(crate) async fn lambda_mapped(
        &self,
        x: &mut Exchange,
        integration: &Integration,
        function: &Function,
    ) -> Result<Option<usize>, Failure> {
        let body = match prepare::map_body(x)? {
            Mapped::Rendered(text) => text,
            Mapped::Passed => x.request.body.clone(),
        };
        refuse_mapped(x, integration)?;
        let target = function_of(x, function)?;
        let mut headers = Fields::with_capacity(16);
        let region = x.stage.region.name.clone();
        own_headers(x, &mut headers);
        prepare::map_headers(x, integration, &mut headers)?;
        let mut query = String::new();
        prepare::append_query(x, integration, false, &mut query);
        let payload = if body.is_empty() {
            Bytes::from_static(NO_EVENT)
        } else {
            body.clone()
        };
        let invocation = Invocation {
            target: &target,
            headers,
            query,
            payload,
            timeout: function.timeout,
            streams: false,
            region: &region,
        };
        let answer = self.run(x, invocation, Some(body)).await;
        let answer = answer.map_err(|failure| failure.of_integration())?;
        let selected = if answer.is_function_error() {
            let log = answer.function_error_log();
            x.record.note(|| What::Failed(log));
            let message = answer.error_message();
            x.record.note(|| integration.responses.selection(&message));
            integration.responses.select(&message)
        } else {
            // Without an error there is no text to match: only a pattern that matches nothing at all does, and else the default.
            x.record.note(|| integration.responses.selection(""));
            integration.responses.select("")
        };
        x.backend = Some(BackendAnswer {
            status: answer.status,
            headers: answer.headers,
            body: answer.payload,
        });
        Ok(selected)
    }

    /// An invocation as it is sent, signed, and noted.
    async fn prepared<'a>(
        &self,
        x: &Exchange,
        mut invocation: Invocation<'a>,
        shown: Option<Bytes>,
    ) -> Invocation<'a> {
        self.functions.sign(self, &mut invocation).await;
        x.record.note(|| What::EndpointRequest {
            uri: self.functions.address(&invocation),
            headers: pairs(&invocation.headers),
            body: shown.unwrap_or_else(|| invocation.payload.clone()),
        });
        invocation
    }

    /// Invokes the function and notes both ways; `shown` is the payload as the log has it, where that differs.
    async fn run(
        &self,
        x: &mut Exchange,
        invocation: Invocation<'_>,
        shown: Option<Bytes>,
    ) -> Result<LambdaAnswer, LambdaFailure> {
        let invocation = self.prepared(x, invocation, shown).await;
        let function = x.is_traced().then(|| invocation.target.name().to_owned());
        let started = self.clock.monotonic();
        let answer = self.functions.invoke(self, invocation).await;
        let latency = self.clock.monotonic().saturating_sub(started);
        if let Some(function) = function {
            x.trace_integration(|| Call::of_function(function, started, latency, &answer));
        }
        x.record.integration_latency = Some(latency);
        if let Ok(answer) = &answer {
            x.record.note(|| What::EndpointResponse {
                status: answer.status,
                latency,
                headers: pairs(&answer.headers),
                body: answer.payload.clone(),
            });
            x.record
                .note(|| What::EndpointRequestId(answer.request_id().to_owned()));
        }
        answer.and_then(LambdaAnswer::accepted)
    }
}

/// The function that the URI names for this request.
fn function_of<'a>(x: &Exchange, function: &'a Function) -> Result<Cow<'a, LambdaTarget>, Failure> {
    // Recorded: another verb is accepted by PutIntegration and fails here.
    if !function.is_post {
        return Err(Failure::configuration(
            "Execution failed due to configuration error: A Lambda function must be invoked with POST",
        ));
    }
    if function.uri.streams != function.streams {
        return Err(Failure::configuration(
            "Execution failed due to configuration error: The integration's response transfer mode doesn't go with its URI: STREAM goes with 2021-11-15/functions/…/response-streaming-invocations, BUFFERED with 2015-03-31/functions/…/invocations",
        ));
    }
    let variables = x.stage_variables();
    function
        .uri
        .target(|name| variables.get(name).cloned())
        .ok_or_else(|| {
            Failure::configuration(
                "Execution failed due to configuration error: Invalid function ARN or invalid stage variable in it",
            )
        })
}

/// Mapping some headers makes the call fail: recorded of proxied functions, which the others don't even reach. It is the call that AWS
/// can't make, so that the same is assumed of custom integrations.
fn refuse_mapped(x: &Exchange, integration: &Integration) -> Result<(), Failure> {
    const REFUSED: &[&str] = &[
        "authorization",
        "connection",
        "content-length",
        "expect",
        "proxy-authenticate",
        "te",
        "transfer-encoding",
    ];
    for (name, _, _, source) in &integration.request_parameters.headers {
        if REFUSED.contains(&name.as_str()) && source.value(x).is_some() {
            return Err(Failure::configuration(format!(
                "Execution failed due to configuration error: The header {name} can't be mapped"
            )));
        }
    }
    Ok(())
}

/// What the gateway itself says to Lambda.
pub(crate) fn own_headers(x: &Exchange, headers: &mut Fields) {
    const JSON: HeaderValue = HeaderValue::from_static("application/json");
    if let Ok(tag) = HeaderValue::from_str(x.ids.request_id()) {
        headers.insert(TAG, tag);
    }
    headers.insert(prepare::API_ID, x.stage.api_header.clone());
    prepare::own_headers(x, headers);
    headers.insert(ACCEPT, JSON);
    headers.insert(CONTENT_TYPE, JSON);
    headers.insert(TRACE_ID, x.trace_header());
    if let Ok(arn) = HeaderValue::try_from(source_arn(x)) {
        headers.insert(SOURCE_ARN, arn);
    }
}

/// Which method calls, as a function's resource policy names it.
fn source_arn(x: &Exchange) -> String {
    let (verb, path) = x
        .method()
        .map_or(("", ""), |m| (&*m.verb, &*m.resource_path));
    format!(
        "arn:aws:execute-api:{}:{}:{}/{}/{verb}{path}",
        x.stage.region.name, x.stage.account, x.stage.api_id, x.stage.name
    )
}

fn malformed() -> Failure {
    Failure::bad_gateway(
        "Execution failed due to configuration error: Malformed Lambda proxy response".to_owned(),
    )
}

/// The head of the client's answer from what the function said.
pub(super) fn head(
    x: &Exchange,
    status: u16,
    headers: Vec<(String, String)>,
) -> Result<Answer, Failure> {
    let mut answer = Answer::with_room(headers.len(), x.record.wants_details());
    answer.status = status;
    for (name, value) in headers {
        let spelled = match headers::of_backend(&name.to_ascii_lowercase()) {
            Fate::Pass => name,
            Fate::Remap => headers::remapped(&name),
            Fate::Drop | Fate::Fail => continue,
        };
        let (Ok(name), Ok(value)) = (
            HeaderName::try_from(spelled.as_str()),
            HeaderValue::try_from(value),
        ) else {
            return Err(malformed());
        };
        answer.add(name, &spelled, value);
    }
    if !answer.headers.contains_key(CONTENT_TYPE) {
        answer.set_content_type(HeaderValue::from_static("application/json"));
    }
    answer.set(TRACE_ID, "X-Amzn-Trace-Id", trace(x));
    Ok(answer)
}

/// The client's answer from what the function said.
fn answered(x: &mut Exchange, read: ProxyAnswer) -> Result<Answer, Failure> {
    let mut answer = head(x, read.status, read.headers)?;
    let binary = &x.side().deployment.binary;
    let body = if read.is_base64 && binary.decodes(media_type(x.request.headers.get(ACCEPT))) {
        let decoded = Conversion::Decode.apply(read.body.into());
        decoded.map_err(|_| malformed())?
    } else {
        read.body.into()
    };
    answer.body = Body::whole(body);
    Ok(answer)
}

/// The trace that the function was part of, as Lambda tells it, else the request's own.
pub(crate) fn trace(x: &Exchange) -> HeaderValue {
    let backend = x.backend.as_ref();
    let told = backend.and_then(|b| b.headers.get(TRACE_ID));
    told.cloned().unwrap_or_else(|| x.trace_header())
}
