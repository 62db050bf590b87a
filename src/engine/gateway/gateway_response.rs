//! The phase of a request that failed: what the gateway itself answers.
//!
//! Facts: `spec/rest/validation.md` §3.

use http::HeaderValue;
use http::header::ACCEPT;

use super::answer::{Answer, ERROR_TYPE};
use super::body::Body;
use super::exchange::Exchange;
use super::failure::Failure;
use super::mapping::media_type;
use super::record::What;

/// The answer for a failure: the API's own response of its kind, or the service's.
pub(crate) fn answer(x: &mut Exchange, failure: Failure) -> Answer {
    let kind = failure.kind;
    let default_status = failure.status.or(kind.default_status()).unwrap_or(500);
    if !failure.log.is_empty() {
        x.record
            .note(|| What::Failed(failure.log.clone().into_owned()));
    }
    x.record.gateway_response = Some(kind);
    let error_type = failure.error_type;
    let default_body = failure.default_body();
    x.failure = Some(failure);
    let mut answer = Answer::new(default_status, x.record.wants_details());
    answer.set(
        ERROR_TYPE,
        "x-amzn-ErrorType",
        HeaderValue::from_static(error_type),
    );
    if let Some(custom) = x.side().deployment.responses.of(kind) {
        if let Some(status) = custom.status {
            answer.status = status;
        }
        let (kind, text) = custom.body(media_type(x.request.headers.get(ACCEPT)), x);
        answer.set_content_type(
            HeaderValue::from_str(kind).unwrap_or(HeaderValue::from_static("application/json")),
        );
        answer.body = Body::whole(text.into());
        for header in &custom.headers {
            // A header that can't be made is left out: this is the last answer there is.
            let value = match &header.constant {
                Some(constant) => Some(constant.clone()),
                None => header
                    .source
                    .value(x)
                    .and_then(|v| HeaderValue::try_from(v).ok()),
            };
            if let Some(value) = value {
                answer.set(header.name.clone(), &header.spelled, value);
            }
        }
    } else {
        answer.set_content_type(HeaderValue::from_static("application/json"));
        answer.body = Body::whole(default_body);
    }
    answer
}
