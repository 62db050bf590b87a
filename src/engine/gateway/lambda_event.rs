//! The event that a function gets: the proxy event, format 1.0, and the like one of a `REQUEST` authorizer.
//!
//! Facts: `spec/rest/lambda-proxy.md` §2 (members recorded, their order recalled).

use std::borrow::Cow;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::content::Conversion;
use super::exchange::{Exchange, Place};
use crate::model::Map;
use crate::vtl::{Context, Node};

/// The payload of an `AWS_PROXY` integration.
pub(crate) fn proxy(x: &Exchange) -> Vec<u8> {
    let binary = x.conversion == Conversion::Bytes;
    let body: Cow<'_, str> = if binary {
        BASE64_STANDARD.encode(&x.request.body).into()
    } else {
        x.body_text().into()
    };
    encode(&ProxyEvent {
        request: RequestPart::of(x),
        is_base64_encoded: binary,
        body: (!body.is_empty()).then_some(&body),
    })
}

/// The payload of a `REQUEST` authorizer: the same without a body.
pub(crate) fn authorizer(x: &Exchange, method_arn: &str) -> Vec<u8> {
    encode(&RequestEvent {
        kind: "REQUEST",
        method_arn,
        request: RequestPart::of(x),
    })
}

fn encode(event: &impl Serialize) -> Vec<u8> {
    // Maps of text keys, texts and numbers: there is nothing in it that JSON can't hold.
    serde_json::to_vec(event).unwrap_or_default()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProxyEvent<'a> {
    #[serde(flatten)]
    request: RequestPart<'a>,
    body: Option<&'a str>,
    is_base64_encoded: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestEvent<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    method_arn: &'a str,
    #[serde(flatten)]
    request: RequestPart<'a>,
}

/// What both events tell of a request.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestPart<'a> {
    resource: &'a str,
    path: Cow<'a, str>,
    http_method: &'a str,
    headers: Last<'a>,
    multi_value_headers: All<'a>,
    query_string_parameters: Last<'a>,
    multi_value_query_string_parameters: All<'a>,
    path_parameters: Last<'a>,
    stage_variables: Option<&'a Map<String>>,
    request_context: RequestContext<'a>,
}

impl<'a> RequestPart<'a> {
    fn of(x: &'a Exchange) -> Self {
        let headers = Values::of_headers(x);
        let query = Values::of_query(x);
        let mut path_parameters = Values::default();
        for (name, value) in x.path_parameters() {
            path_parameters.add(name.into(), value);
        }
        Self {
            resource: x.method().map_or("", |m| &*m.resource_path),
            path: event_path(x.client_path()),
            http_method: x.request.verb.as_str(),
            headers: Last(headers.clone()),
            multi_value_headers: All(headers),
            query_string_parameters: Last(query.clone()),
            multi_value_query_string_parameters: All(query),
            path_parameters: Last(path_parameters),
            stage_variables: Some(x.stage_variables()).filter(|v| !v.is_empty()),
            request_context: RequestContext(x),
        }
    }
}

/// The path after the stage as it was sent, without doubled slashes before it (recorded).
fn event_path(path: &str) -> Cow<'_, str> {
    let rest = path.trim_start_matches('/');
    if path.len() == rest.len() + 1 {
        return Cow::Borrowed(path);
    }
    Cow::Owned(format!("/{rest}"))
}

/// Names with all their values, in the order in which they came.
#[derive(Clone, Default)]
struct Values<'a>(Vec<(Cow<'a, str>, Vec<String>)>);

impl<'a> Values<'a> {
    fn of_headers(x: &Exchange) -> Self {
        let mut values = Self::default();
        if matches!(x.request.place, Place::Given { .. }) {
            x.each_header(&mut |name, value| values.add(name.to_owned().into(), value));
            return values;
        }
        x.each_header(&mut |name, _| {
            // Routing consumed it (`spec/rest/resources-methods.md` §3).
            if name.eq_ignore_ascii_case("x-http-method-override") {
                return;
            }
            x.header_values(name, &mut |value| values.add(name.to_owned().into(), value));
        });
        values
    }

    fn of_query(x: &'a Exchange) -> Self {
        let mut values = Self::default();
        for (name, value) in x.query() {
            values.add(name.into(), value);
        }
        values
    }

    fn add(&mut self, name: Cow<'a, str>, value: &str) {
        match self.0.iter_mut().find(|(n, _)| *n == name) {
            Some((_, values)) => values.push(value.to_owned()),
            None => self.0.push((name, vec![value.to_owned()])),
        }
    }
}

/// Of each name the last value; null when there is none at all.
struct Last<'a>(Values<'a>);

impl Serialize for Last<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Values(values) = &self.0;
        if values.is_empty() {
            return serializer.serialize_none();
        }
        serializer.collect_map(values.iter().map(|(name, values)| (name, values.last())))
    }
}

/// Of each name all values; null when there is none at all.
struct All<'a>(Values<'a>);

impl Serialize for All<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Values(values) = &self.0;
        if values.is_empty() {
            return serializer.serialize_none();
        }
        serializer.collect_map(values.iter().map(|(name, values)| (name, values)))
    }
}

/// `requestContext`: what `$context` has, without what only templates have.
struct RequestContext<'a>(&'a Exchange);

impl Serialize for RequestContext<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let x = self.0;
        let mut map = serializer.serialize_map(None)?;
        let text = |name| x.context_text(name);
        map.serialize_entry("resourceId", &text("resourceId"))?;
        if let Some(Node::Object(members)) = x.get("authorizer")
            && !members.is_empty()
        {
            map.serialize_entry("authorizer", &Shown(&Node::Object(members)))?;
        }
        map.serialize_entry("resourcePath", &text("resourcePath"))?;
        if let Some(name) = x.method().and_then(|m| m.operation_name.as_deref()) {
            map.serialize_entry("operationName", name)?;
        }
        for name in ["httpMethod", "extendedRequestId", "requestTime", "path"] {
            map.serialize_entry(name, &text(name))?;
        }
        for name in ["accountId", "protocol", "stage", "domainPrefix"] {
            map.serialize_entry(name, &text(name))?;
        }
        map.serialize_entry("requestTimeEpoch", &x.record.time.as_millisecond())?;
        map.serialize_entry("requestId", &text("requestId"))?;
        if let Some(identity) = x.get("identity") {
            map.serialize_entry("identity", &Shown(&identity))?;
        }
        for name in ["domainName", "deploymentId", "apiId"] {
            map.serialize_entry(name, &text(name).filter(|text| !text.is_empty()))?;
        }
        if x.stage.has_canary() {
            // That it is there at all is unverified.
            map.serialize_entry("isCanaryRequest", &x.canary)?;
        }
        map.end()
    }
}

/// A value of `$context` as JSON.
struct Shown<'a>(&'a Node<'a>);

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Node::Null => serializer.serialize_none(),
            Node::Bool(value) => serializer.serialize_bool(*value),
            Node::Number(number) => serializer.serialize_i64(*number),
            Node::Text(text) => serializer.serialize_str(text),
            Node::Object(members) => {
                serializer.collect_map(members.iter().map(|(name, node)| (name, Shown(node))))
            }
            Node::Json(value) => value.serialize(serializer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashes_before_the_path_count_once() {
        let cases = [
            ("/pets", "/pets"),
            ("//pets//7/", "/pets//7/"),
            ("", "/"),
            ("/", "/"),
        ];
        for (path, expected) in cases {
            assert_eq!(event_path(path), expected);
        }
    }
}
