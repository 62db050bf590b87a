//! Whole calls, from a request's bytes to the answer's. Requests are as clients sent them, their unneeded headers left out.

mod cloudwatch;
mod errors;
mod rest;
mod round_trip;
mod validation;

use http::Request;
use http::request::Parts;
use serde_json::Value;

use super::{Call, Input, Reply, Scope, ServiceError, route};

/// A request head from its text: request line and headers.
pub(super) fn head(text: &str) -> Parts {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let (method, target) = lines.next().unwrap().split_once(' ').unwrap();
    let mut request = Request::builder().method(method).uri(target);
    for line in lines {
        let (name, value) = line.split_once(": ").unwrap();
        request = request.header(name, value);
    }
    request.body(()).unwrap().into_parts().0
}

fn scope(service: &str) -> Scope {
    Scope {
        access_key: "AKID".to_owned(),
        date: "20261120".to_owned(),
        region: "us-east-1".to_owned(),
        service: service.to_owned(),
    }
}

/// Route a request of that signing name.
pub(super) fn call(service: &str, text: &str, body: &[u8]) -> Result<Call, ServiceError> {
    route(&head(text), &scope(service), body)
}

/// Route and read an API Gateway request that takes plain JSON.
pub(super) fn rest(line: &str, body: &str) -> Result<(Call, Input), ServiceError> {
    let call = call(
        "apigateway",
        &format!("{line}\naccept: application/json"),
        body.as_bytes(),
    )?;
    let input = call.decode()?;
    Ok((call, input))
}

/// The members as JSON.
pub(super) fn members(input: &Input) -> Value {
    Value::Object(input.members.clone())
}

pub(super) fn header<'a>(reply: &'a Reply, name: &str) -> &'a str {
    reply
        .headers
        .get(name)
        .map_or("", |value| value.to_str().unwrap())
}

pub(super) fn text(reply: &Reply) -> &str {
    std::str::from_utf8(&reply.body).unwrap()
}
