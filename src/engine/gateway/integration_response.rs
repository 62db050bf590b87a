//! The phase that makes the client's answer of the backend's: selection, headers, template, overrides.
//!
//! Facts: `spec/rest/integrations.md` §4; headers: `spec/rest/headers.md`.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{ACCEPT, CONNECTION, CONTENT_TYPE};
use http::{HeaderName, HeaderValue};
use serde_json::Value;

use super::answer::{Answer, TRACE_ID};
use super::body::Body;
use super::content::{self, Conversion};
use super::exchange::Exchange;
use super::failure::Failure;
use super::headers::{self, Fate};
use super::integration_request::{integration, transform_failed};
use super::mapping::{Mapping, media_type};
use super::record::What;
use super::snapshot::{Integration, Kind};
use super::{lambda_integration, variables};

/// The answer through the integration response that was selected.
pub(crate) fn map(x: &mut Exchange, selected: Option<usize>) -> Result<Answer, Failure> {
    // Held so that the compiled response can be read while the exchange is written to.
    let stage = Arc::clone(&x.stage);
    let Some(integration) = integration(x, &stage) else {
        return Err(Failure::configuration("No integration defined for method"));
    };
    let code = x.backend.as_ref().map_or(0, |b| b.status);
    let response = selected
        .and_then(|i| integration.responses.all.get(i))
        .ok_or_else(|| {
            Failure::configuration(format!(
                "Execution failed due to configuration error: No match for output mapping and no default output mapping configured. \
                 Endpoint Response Status Code: {code}"
            ))
        })?;
    if !response.declared {
        return Err(Failure::configuration(format!(
            "Execution failed due to configuration error: Output mapping refers to an invalid method response: {}",
            response.status
        )));
    }
    let mocked = matches!(integration.kind, Kind::Mock { .. });
    if let Some(ready) = response.ready.as_ref().filter(|_| mocked)
        && x.overrides.response.is_empty()
        && x.cache.is_none()
        && !x.record.wants_details()
    {
        return Ok(Answer::ready(response.status, ready));
    }
    let mut answer = Answer::new(response.status, x.record.wants_details());
    if !mocked {
        answer.set(TRACE_ID, "X-Amzn-Trace-Id", trace(x, integration));
    }
    let conversion = match &x.backend {
        Some(backend) if !mocked => {
            content::of_answer(x, &backend.headers, response.content_handling)
        }
        _ => Conversion::Text,
    };
    if let Some(backend) = &mut x.backend {
        backend.body = conversion.apply(std::mem::take(&mut backend.body))?;
    }
    let chosen = response
        .templates
        .of_or_first(media_type(x.request.headers.get(ACCEPT)));
    if !conversion.gives_text() && chosen.is_some_and(|(_, mapping)| mapping.transforms()) {
        return Err(Failure::configuration(
            "Execution failed due to configuration error: Unable to transform response: the body is binary",
        ));
    }
    let (kind, body) = match chosen {
        Some((kind, Mapping::Constant(text))) => (kind, text.clone()),
        Some((kind, Mapping::Template(template))) => {
            let text = x.render(template, variables::Body::Backend);
            let text = text.map_err(|error| transform_failed("response", &error))?;
            (kind, Bytes::from(text))
        }
        Some((_, Mapping::Broken(error))) => return Err(transform_failed("response", error)),
        // An empty template: the body as it is, under the type that it was meant for.
        Some((kind, Mapping::Passthrough)) => (kind, unmapped(x)),
        None => ("application/json", unmapped(x)),
    };
    x.record.note(|| What::Mapped {
        response: true,
        template: chosen.map(|_| kind.to_owned()),
        before: unmapped(x),
        after: body.clone(),
    });
    answer.set_content_type(content_type(kind));
    for header in &response.headers {
        if let Some(constant) = &header.constant {
            answer.set(header.name.clone(), &header.spelled, constant.clone());
            continue;
        }
        let mut first = true;
        let mut invalid = false;
        header
            .source
            .each(x, &mut |value| match HeaderValue::from_str(value) {
                Ok(value) if first => {
                    first = false;
                    answer.set(header.name.clone(), &header.spelled, value);
                }
                Ok(value) => answer.add(header.name.clone(), &header.spelled, value),
                Err(_) => invalid = true,
            });
        if invalid {
            return Err(invalid_header());
        }
    }
    answer.body = Body::whole(body);
    apply_overrides(x, &mut answer)?;
    Ok(answer)
}

/// The trace that the client is told: a function's as Lambda tells it (recorded), else the request's own.
fn trace(x: &Exchange, integration: &Integration) -> HeaderValue {
    match integration.kind {
        Kind::Lambda(_) => lambda_integration::trace(x),
        _ => x.trace_header(),
    }
}

/// The backend's body as it came.
fn unmapped(x: &Exchange) -> Bytes {
    let body = x.backend.as_ref().map(|b| b.body.clone());
    body.unwrap_or_default()
}

/// The answer of an `HTTP_PROXY` backend, passed through.
pub(crate) fn pass(x: &mut Exchange, body: Body) -> Answer {
    let details = x.record.wants_details();
    let Some(backend) = x.backend.take() else {
        return Answer::new(200, details);
    };
    x.record.integration_status = Some(backend.status);
    let mut fields = backend.headers;
    let hop: Vec<HeaderName> = match headers::named_by_connection(fields.get_all(CONNECTION)) {
        Some(hop) => {
            let named = fields.keys().filter(|n| hop.names(n.as_str()));
            named.cloned().collect()
        }
        None => Vec::new(),
    };
    fields.rename(|name| match headers::of_backend(name.as_str()) {
        _ if hop.contains(name) => None,
        Fate::Pass => Some(name.clone()),
        Fate::Remap => headers::remapped_name(name),
        Fate::Drop | Fate::Fail => None,
    });
    let mut answer = Answer::of(backend.status, fields, details);
    if !answer.headers.contains_key(CONTENT_TYPE) {
        answer.set_content_type(HeaderValue::from_static("application/json"));
    }
    answer.set(TRACE_ID, "X-Amzn-Trace-Id", x.trace_header());
    answer.body = body;
    answer
}

/// More headers than the service lets any answer have: 10,240 bytes of them (`spec/rest/resources-methods.md` §5).
const MAX_OVERRIDES: usize = 2_560;

/// `$context.responseOverride`: applied once, after templates and mappings.
fn apply_overrides(x: &Exchange, answer: &mut Answer) -> Result<(), Failure> {
    if x.overrides.response.is_empty() {
        return Ok(());
    }
    if let Some(status) = x.overrides.status() {
        if !(100..=599).contains(&status) {
            return Err(Failure::configuration(format!(
                "Execution failed due to configuration error: Invalid response override status: {status}"
            )));
        }
        answer.status = status;
    }
    let Some(Value::Object(all)) = x.overrides.response.get("header") else {
        return Ok(());
    };
    if all.len() > MAX_OVERRIDES {
        return Err(Failure::configuration(format!(
            "Execution failed due to configuration error: A response can't have {} overridden headers",
            all.len()
        )));
    }
    for (name, value) in all {
        let lower = name.to_ascii_lowercase();
        let spelled = match headers::mapped_to_client(&lower) {
            Fate::Drop | Fate::Fail => continue,
            Fate::Pass => name.clone(),
            Fate::Remap => headers::remapped(name),
        };
        let Ok(header) = HeaderName::try_from(&spelled) else {
            continue;
        };
        // Several values become several headers (`spec/rest/integrations.md` §3).
        let values = match value {
            Value::Array(values) => values.as_slice(),
            single => std::slice::from_ref(single),
        };
        for (i, value) in values.iter().enumerate() {
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Null => String::new(),
                other => other.to_string(),
            };
            let value = HeaderValue::try_from(text).map_err(|_| invalid_header())?;
            if i == 0 {
                answer.set(header.clone(), &spelled, value);
            } else {
                answer.add(header.clone(), &spelled, value);
            }
        }
    }
    Ok(())
}

fn invalid_header() -> Failure {
    Failure::configuration(
        "Execution failed due to configuration error: A mapped header value isn't valid",
    )
}

fn content_type(kind: &str) -> HeaderValue {
    if kind == "application/json" {
        return HeaderValue::from_static("application/json");
    }
    HeaderValue::from_str(kind).unwrap_or(HeaderValue::from_static("application/json"))
}
