//! `/_sluice/requests`: requests that are over, listed, followed, explained.

use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};
use serde_json::Value;

use super::ControlBody;
use super::extension::{Failure, fail, reply};
use crate::engine::gateway::desk::Desk;
use crate::engine::gateway::explain::Filter;

/// Requests in a list unless more or fewer are asked for.
const LISTED: usize = 50;
/// The most that a list can have.
const MOST: usize = 1_000;

/// The newest requests that the query's filter passes; with `follow=true` those to come, a line of JSON each.
pub(super) async fn list(desk: &Desk, query: &str) -> Response<ControlBody> {
    let (filter, limit, follow) = match asked(query) {
        Ok(asked) => asked,
        Err(message) => return fail(&Failure::bad_request(message)),
    };
    if !follow {
        return reply(StatusCode::OK, &desk.list(&filter, limit).await);
    }
    let mut answer = Response::new(ControlBody::Flow(desk.follow(filter)));
    let kind = HeaderValue::from_static("application/jsonl");
    answer.headers_mut().insert(CONTENT_TYPE, kind);
    answer
}

fn asked(query: &str) -> Result<(Filter, usize, bool), String> {
    let (mut filter, mut limit, mut follow) = (Filter::default(), LISTED, false);
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if filter.set(&name, &value)? {
            continue;
        }
        match (name.as_ref(), value.as_ref()) {
            ("follow", "true" | "false") => follow = value == "true",
            ("limit", text) => {
                let count = text.parse().ok().filter(|n| (1..=MOST).contains(n));
                limit = count.ok_or_else(|| format!("limit must be a number from 1 to {MOST}"))?;
            }
            (name, _) => {
                return Err(format!(
                    "can't read the parameter {name}: give api, stage, method, status, requestId, errors=true, limit, follow=true"
                ));
            }
        }
    }
    Ok((filter, limit, follow))
}

/// One request, in full.
pub(super) async fn explain(desk: &Desk, request_id: &str) -> Result<Value, Failure> {
    desk.explain(request_id).await.ok_or_else(|| {
        Failure::not_found(format!(
            "Sluice keeps no request {request_id}: only the newest ones are kept"
        ))
    })
}
