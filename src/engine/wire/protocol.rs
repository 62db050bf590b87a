//! The protocols by name, and how each writes an error.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, RETRY_AFTER};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::json;

use super::error::ServiceError;
use super::table::Service;
use super::{Reply, cbor, xml};

/// The header that carries the operation of the JSON protocols.
pub(crate) const TARGET: HeaderName = HeaderName::from_static("x-amz-target");
const SMITHY_PROTOCOL: HeaderName = HeaderName::from_static("smithy-protocol");
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");
const QUERY_ERROR: HeaderName = HeaderName::from_static("x-amzn-query-error");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const RPC_V2_CBOR: HeaderValue = HeaderValue::from_static("rpc-v2-cbor");

/// A wire protocol of AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// `restJson1`: method and path name the operation.
    RestJson,
    /// `awsJson1_0`: `X-Amz-Target` names it.
    Json10,
    /// `awsJson1_1`: the same with another content type.
    Json11,
    /// `awsQuery`: a form with `Action`, answered in XML.
    Query,
    /// `rpcv2Cbor`: the path names it.
    Cbor,
}

impl Protocol {
    /// The protocol of a request, judged by what only its head shows: what to write an error in before the call is understood.
    ///
    /// `service` is the one of the credential scope, if it is known: some services speak one protocol only.
    #[must_use]
    pub fn of(head: &Parts, service: Option<&Service>) -> Self {
        if service.is_some_and(|s| s.target_prefix.is_none() && s.xml_namespace.is_none()) {
            return Self::RestJson;
        }
        let content_type = head
            .headers
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or("");
        let media_type = content_type.split(';').next().unwrap_or("").trim();
        if head.headers.get(SMITHY_PROTOCOL) == Some(&RPC_V2_CBOR)
            || (head.uri.path().starts_with("/service/") && head.uri.path().contains("/operation/"))
        {
            Self::Cbor
        } else if head.headers.contains_key(TARGET) {
            if media_type.eq_ignore_ascii_case("application/x-amz-json-1.1") {
                Self::Json11
            } else {
                Self::Json10
            }
        } else if media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded")
            || (head.uri.path() == "/" && service.is_some())
        {
            Self::Query
        } else {
            Self::RestJson
        }
    }

    /// The content type of its answers.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::RestJson => "application/json",
            Self::Json10 => "application/x-amz-json-1.0",
            Self::Json11 => "application/x-amz-json-1.1",
            Self::Query => "text/xml",
            Self::Cbor => "application/cbor",
        }
    }

    /// An answer of this protocol: the headers that each has, and a content type if there is a body.
    pub(crate) fn reply(self, status: u16, request_id: &str, body: impl Into<Bytes>) -> Reply {
        let body = body.into();
        let mut headers = HeaderMap::new();
        set(&mut headers, REQUEST_ID, request_id);
        if !body.is_empty() {
            set(&mut headers, CONTENT_TYPE, self.content_type());
        }
        if self == Self::Cbor {
            // Absent, Go's SDK refuses the answer: `spec/sdk-wire.md`.
            headers.insert(SMITHY_PROTOCOL, RPC_V2_CBOR);
        }
        Reply {
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            headers,
            body,
        }
    }

    /// Write an error. `service` gives the namespaces and the codes of the Query protocol.
    #[must_use]
    pub fn encode_error(
        self,
        service: Option<&Service>,
        error: &ServiceError,
        request_id: &str,
    ) -> Reply {
        let fault = if error.is_sender_fault() {
            "Sender"
        } else {
            "Receiver"
        };
        let code = error.query_code(service);
        let (prefix, namespace) = service.map_or(("", ""), |service| {
            (service.target_prefix.unwrap_or(""), service.error_namespace)
        });
        let body = match self {
            Self::RestJson => json!({ "message": error.message }).to_string().into_bytes(),
            Self::Json10 | Self::Json11 => {
                json!({ "__type": qualified(prefix, &error.code), "message": error.message })
                    .to_string()
                    .into_bytes()
            }
            Self::Query => {
                let namespace = service.and_then(|service| service.xml_namespace);
                xml::error(namespace, fault, code, &error.message, request_id)
            }
            Self::Cbor => cbor::error(&qualified(namespace, &error.code), &error.message),
        };
        let mut reply = self.reply(error.status, request_id, body);
        if self == Self::RestJson {
            set(&mut reply.headers, ERROR_TYPE, &error.code);
        }
        if matches!(self, Self::Json10 | Self::Json11 | Self::Cbor)
            && service.is_some_and(|service| service.query_compatible)
        {
            set(&mut reply.headers, QUERY_ERROR, &format!("{code};{fault}"));
        }
        if let Some(seconds) = error.retry_after {
            reply
                .headers
                .insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        reply
    }
}

fn qualified(namespace: &str, name: &str) -> String {
    if namespace.is_empty() {
        name.to_owned()
    } else {
        format!("{namespace}#{name}")
    }
}

/// Set a header; a value that can't be one (no such value is known) is left out rather than breaking the answer.
pub(crate) fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
