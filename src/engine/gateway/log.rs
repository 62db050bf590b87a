//! The execution log of one request, in AWS's words: a rendering of its record.
//!
//! Lines and order: `spec/aws-recorded/FACTS.md` §13 (recorded for test requests), `spec/rest/logging-metrics-tracing.md` §1.

use std::fmt::Write;

use super::record::{Event, Pairs, Record, What};

/// The log of a test request: the first line without a time, then one line per fact, an empty line at the end.
pub(crate) fn of_test(request_id: &str, record: &Record) -> String {
    let mut log = format!("Execution log for request {request_id}\n");
    for event in record.events() {
        for line in lines(event) {
            let time = event.at.strftime("%a %b %d %H:%M:%S UTC %Y");
            let _ = writeln!(log, "{time} : {line}");
        }
    }
    log
}

/// What the log says of one event.
fn lines(event: &Event) -> Vec<String> {
    match &event.what {
        What::Started {
            request_id,
            verb,
            path,
        } => vec![
            format!("Starting execution for request: {request_id}"),
            format!("HTTP Method: {verb}, Resource Path: {path}"),
        ],
        What::MethodRequest {
            path,
            query,
            headers,
            body,
        } => vec![
            format!("Method request path: {}", braced(path)),
            format!("Method request query string: {}", braced(query)),
            format!("Method request headers: {}", braced(headers)),
            format!("Method request body before transformations: {body}"),
        ],
        What::EndpointRequest { uri, headers, body } => vec![
            format!("Endpoint request URI: {uri}"),
            format!("Endpoint request headers: {}", braced(headers)),
            format!("Endpoint request body after transformations: {body}"),
            format!("Sending request to {uri}"),
        ],
        What::EndpointResponse {
            status,
            latency,
            headers,
            body,
        } => vec![
            format!(
                "Received response. Status: {status}, Integration latency: {} ms",
                latency.as_millis()
            ),
            format!("Endpoint response headers: {}", braced(headers)),
            format!("Endpoint response body before transformations: {body}"),
        ],
        What::MethodResponse { headers, body } => vec![
            format!("Method response body after transformations: {body}"),
            format!("Method response headers: {}", braced(headers)),
            "Successfully completed execution".to_owned(),
        ],
        What::Failed(text) => vec![text.clone()],
        What::GatewayResponse {
            kind,
            status,
            headers,
            body,
        } => vec![
            format!(
                "Gateway response type: {} with status code: {status}",
                kind.name()
            ),
            format!("Gateway response body: {body}"),
            format!("Gateway response headers: {}", braced(headers)),
        ],
        What::Completed { status } => vec![format!("Method completed with status: {status}")],
    }
}

/// `{k=v, k2=v2}`
fn braced(pairs: &Pairs) -> String {
    let pairs: Vec<String> = pairs.iter().map(|(n, v)| format!("{n}={v}")).collect();
    format!("{{{}}}", pairs.join(", "))
}
