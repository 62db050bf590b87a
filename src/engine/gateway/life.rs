//! A request's life from the moment it is let in: integration request, integration, integration response; and on failure, from
//! whatever phase, the gateway response. Live and test requests share it.

use std::sync::Arc;

use http::HeaderMap;
use http::header::CONTENT_TYPE;

use super::answer::Answer;
use super::backend::Caller;
use super::body::Body;
use super::exchange::Exchange;
use super::failure::Failure;
use super::integration_request::{self, Mapped, integration};
use super::mapping::media_type;
use super::record::What;
use super::snapshot::Kind;
use super::{cache, gateway_response, integration_response, mock};
use crate::engine::message::Incoming;

/// Serves a request whose method is known. `incoming` is the body of a proxied request that wasn't read yet.
pub(crate) async fn serve(
    x: &mut Exchange,
    caller: &Caller<'_>,
    incoming: Option<Incoming>,
) -> Answer {
    let answer = match cache::lookup(x) {
        Ok(Some(answer)) => Ok(answer),
        Ok(None) => {
            let made = integrate(x, caller, incoming).await;
            made.map(|answer| cache::store(x, answer, caller.clock))
        }
        Err(failure) => Err(failure),
    };
    let answer = match answer {
        Ok(answer) => {
            answer.note(x);
            answer
        }
        Err(failure) => fail(x, failure),
    };
    completed(x, &answer);
    answer
}

/// The answer of a request that was not let in.
pub(crate) fn refuse(x: &mut Exchange, failure: Failure) -> Answer {
    let answer = fail(x, failure);
    completed(x, &answer);
    answer
}

/// The answer of a request that failed.
fn fail(x: &mut Exchange, failure: Failure) -> Answer {
    let answer = gateway_response::answer(x, failure);
    if let (Some(headers), Some(kind)) = (&answer.spelled, x.record.gateway_response) {
        x.record.note(|| What::GatewayResponse {
            kind,
            own: x.side().deployment.responses.of(kind).is_some(),
            status: answer.status,
            headers: headers.clone(),
            body: answer.body.bytes().unwrap_or_default(),
        });
    }
    answer
}

fn completed(x: &mut Exchange, answer: &Answer) {
    let status = answer.status;
    x.record.status = status;
    x.record.note(|| What::Completed { status });
    if let Some(trace_id) = x.trace_id() {
        x.record.note(|| What::Traced {
            trace_id: trace_id.to_owned(),
        });
    }
}

async fn integrate(
    x: &mut Exchange,
    caller: &Caller<'_>,
    incoming: Option<Incoming>,
) -> Result<Answer, Failure> {
    let stage = Arc::clone(&x.stage);
    let Some(integration) = integration(x, &stage) else {
        return Err(Failure::configuration(
            "Execution failed due to configuration error: No integration defined for method",
        ));
    };
    // What calls a backend is boxed: a mock shouldn't have to move room for it about.
    match &integration.kind {
        Kind::Mock { constant } => {
            let selected = match constant {
                Some(constant)
                    if x.conversion.gives_text()
                        && wants_json(&x.request.headers)
                        && !x.record.wants_details() =>
                {
                    mock::set_answer(x, constant.status);
                    Some(constant.response)
                }
                _ => mocked(x)?,
            };
            integration_response::map(x, selected)
        }
        Kind::Http(backend) => {
            Box::pin(caller.mapped(x, integration, backend)).await?;
            let status = x.backend.as_ref().map_or(0, |b| b.status);
            let status = status.to_string();
            let selected = integration.responses.select(&status);
            x.record.note(|| integration.responses.selection(&status));
            integration_response::map(x, selected)
        }
        Kind::HttpProxy(backend) => {
            let body: Body = Box::pin(caller.proxied(x, integration, backend, incoming)).await?;
            Ok(integration_response::pass(x, body))
        }
        Kind::Lambda(function) => {
            let selected = Box::pin(caller.lambda_mapped(x, integration, function)).await?;
            integration_response::map(x, selected)
        }
        Kind::LambdaProxy(function) => {
            Box::pin(caller.lambda_proxied(x, integration, function)).await
        }
        Kind::Unserved(feature) => Err(Failure::configuration(format!(
            "Execution failed due to configuration error: Sluice can't serve {feature} yet"
        ))),
    }
}

/// Renders the request template of a mock and selects the response for the status that it gives.
fn mocked(x: &mut Exchange) -> Result<Option<usize>, Failure> {
    match integration_request::map_body(x)? {
        Mapped::Rendered(text) => mock::answer(x, Some(&String::from_utf8_lossy(&text))),
        Mapped::Passed => mock::answer(x, None),
    }
}

/// Whether the request template is the one for `application/json`, by far the usual case.
fn wants_json(headers: &HeaderMap) -> bool {
    media_type(headers.get(CONTENT_TYPE)).eq_ignore_ascii_case("application/json")
}
