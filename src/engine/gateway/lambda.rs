//! Functions: which one an integration or an authorizer names, and how it is invoked.
//!
//! Facts: `spec/rest/lambda-proxy.md` §1, `spec/lambda.md` §1.

use std::borrow::Cow;
use std::fmt;
use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Method};

use super::backend::{Caller, read_whole};
use super::body::{Body, BodyError, PAYLOAD_LIMIT};
use super::failure::Failure;
use super::http1::{Head, Request};
use super::lambda_stream;
use super::pool::SendError;
use super::reply::Reply;
use super::uri::{Endpoint, UriTemplate};
use crate::engine::message::Fields;
use crate::iam::sigv4::{self, Received, Signer};

const FUNCTION_ERROR: HeaderName = HeaderName::from_static("x-amz-function-error");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

/// The flag that says where functions are, for messages.
pub(crate) const FLAG: &str = "--lambda-endpoint";

/// Where functions run.
#[derive(Clone, Debug, Default)]
pub enum Functions {
    /// Nowhere: integrations and authorizers that need one fail with an error that names the flag.
    #[default]
    Nowhere,
    /// Behind an endpoint that speaks Lambda's `Invoke`.
    Endpoint(LambdaEndpoint),
}

/// An endpoint that speaks Lambda's `Invoke`.
#[derive(Clone, Debug)]
pub struct LambdaEndpoint {
    address: Endpoint,
    credentials: LambdaCredentials,
}

/// Whose name invocations are signed in.
#[derive(Clone)]
pub struct LambdaCredentials {
    /// The access key id.
    pub access_key: String,
    /// The secret access key.
    pub secret: String,
    /// The session token of temporary credentials.
    pub token: Option<String>,
}

/// Never shows a secret.
impl fmt::Debug for LambdaCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LambdaCredentials")
            .field("access_key", &self.access_key)
            .finish_non_exhaustive()
    }
}

/// What endpoints for tests take: they look for the signature's region and service at most.
impl Default for LambdaCredentials {
    fn default() -> Self {
        Self {
            access_key: "test".to_owned(),
            secret: "test".to_owned(),
            token: None,
        }
    }
}

impl LambdaEndpoint {
    /// The same, with invocations signed by these credentials.
    #[must_use]
    pub fn signing_with(self, credentials: LambdaCredentials) -> Self {
        Self {
            credentials,
            ..self
        }
    }

    /// Reads a URL: `http://localhost:9001`, with a path before the service's own if it has one.
    ///
    /// # Errors
    /// When it is no `http` or `https` URL, or has a query: in words for the user.
    pub fn parse(url: &str) -> Result<Self, String> {
        let mut endpoint = UriTemplate::parse(url).constant().ok_or_else(|| {
            format!(
                "{url} is no address of a Lambda endpoint: give a URL such as http://127.0.0.1:9001"
            )
        })?;
        if endpoint.path.contains('?') {
            return Err(format!(
                "{url} has a query, which an endpoint can't have: give scheme, host, port and path only"
            ));
        }
        let length = endpoint.path.trim_end_matches('/').len();
        endpoint.path.truncate(length);
        Ok(Self {
            address: endpoint,
            credentials: LambdaCredentials::default(),
        })
    }
}

/// The URI of an integration or an authorizer that invokes a function, taken apart once.
#[derive(Debug)]
pub(crate) struct LambdaUri {
    function: Name,
    /// Whether the function's answer is streamed.
    pub(crate) streams: bool,
}

#[derive(Debug)]
enum Name {
    Fixed(Option<LambdaTarget>),
    /// With `${stageVariables.name}` in it.
    Template(Box<UriTemplate>),
}

impl LambdaUri {
    /// Reads `arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{function}/invocations`, or the same for a streamed answer;
    /// nothing for other services and other actions.
    pub(crate) fn parse(uri: &str) -> Option<Self> {
        let mut fields = uri.splitn(6, ':');
        let (arn, _partition, apigateway) = (fields.next()?, fields.next()?, fields.next()?);
        let (_region, service, action) = (fields.next()?, fields.next()?, fields.next()?);
        if arn != "arn" || apigateway != "apigateway" || service != "lambda" {
            return None;
        }
        let path = action.strip_prefix("path/")?.trim_start_matches('/');
        let (path, end, streams) = match path.strip_prefix("2015-03-31/functions/") {
            Some(path) => (path, "/invocations", false),
            None => (
                path.strip_prefix("2021-11-15/functions/")?,
                "/response-streaming-invocations",
                true,
            ),
        };
        let function = path.strip_suffix(end)?;
        let function = if function.contains("${") {
            Name::Template(Box::new(UriTemplate::parse(function)))
        } else {
            Name::Fixed(LambdaTarget::parse(function))
        };
        Some(Self { function, streams })
    }

    /// The function, with `variable` giving stage variables. Nothing when that names none: a variable that isn't there leaves its place
    /// empty.
    pub(crate) fn target(
        &self,
        variable: impl FnMut(&str) -> Option<String>,
    ) -> Option<Cow<'_, LambdaTarget>> {
        match &self.function {
            Name::Fixed(target) => target.as_ref().map(Cow::Borrowed),
            Name::Template(template) => {
                // Only stage variables stand in an ARN; other braces stay, and make it none.
                LambdaTarget::parse(&template.text(|name| Some(format!("{{{name}}}")), variable))
                    .map(Cow::Owned)
            }
        }
    }
}

/// A function as an invocation names it: its ARN or name, with the version or alias it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LambdaTarget(Box<str>);

impl LambdaTarget {
    /// Reads a name, a partial ARN or an ARN, each with or without qualifier. Nothing when it holds what a function's name can't, or
    /// when a part of it is empty.
    fn parse(text: &str) -> Option<Self> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'$' | b'.');
        let mut parts = text.split(':');
        parts
            .all(|part| !part.is_empty() && part.bytes().all(allowed))
            .then(|| Self(text.into()))
    }

    /// The ARN, or what stands for it.
    pub(crate) fn name(&self) -> &str {
        &self.0
    }

    /// The region that an ARN names.
    fn region(&self) -> Option<&str> {
        self.0.strip_prefix("arn:")?.split(':').nth(2)
    }
}

/// One invocation in the making.
pub(crate) struct Invocation<'a> {
    pub(crate) target: &'a LambdaTarget,
    /// Beside what every HTTP request has; the type of invocation is one of them.
    pub(crate) headers: Fields,
    /// `?name=value…`, or empty.
    pub(crate) query: String,
    pub(crate) payload: Bytes,
    /// How long it may take, the answer's end included.
    pub(crate) timeout: Duration,
    /// Whether the answer is to be streamed.
    pub(crate) streams: bool,
    /// The region of functions that are called by a name only.
    pub(crate) region: &'a str,
}

/// What Lambda answered an invocation.
#[derive(Debug)]
pub(crate) struct LambdaAnswer {
    /// 200, or 202 for an asynchronous invocation; anything else is the service's refusal.
    pub(crate) status: u16,
    pub(crate) headers: Fields,
    pub(crate) payload: Bytes,
}

impl LambdaAnswer {
    /// Whether the function ran and failed.
    pub(crate) fn is_function_error(&self) -> bool {
        self.headers.contains_key(FUNCTION_ERROR)
    }

    /// The `errorMessage` of a function that failed; empty when it gave none.
    pub(crate) fn error_message(&self) -> String {
        let payload = serde_json::from_slice::<serde_json::Value>(&self.payload);
        let message = payload.as_ref().ok().and_then(|p| p.get("errorMessage"));
        match message {
            Some(serde_json::Value::String(text)) => text.clone(),
            None | Some(serde_json::Value::Null) => String::new(),
            Some(other) => other.to_string(),
        }
    }

    /// What the execution log says of a function that failed.
    pub(crate) fn function_error_log(&self) -> String {
        format!(
            "Lambda execution failed with status {} due to customer function error: {}. Lambda request id: {}",
            self.status,
            self.error_message(),
            self.request_id()
        )
    }

    pub(crate) fn request_id(&self) -> &str {
        let id = self.headers.get(REQUEST_ID);
        id.and_then(|id| id.to_str().ok()).unwrap_or_default()
    }

    /// The answer, unless Lambda refused to run the function: no such function, no permission, throttled, broken.
    pub(crate) fn accepted(self) -> Result<Self, LambdaFailure> {
        if (200..300).contains(&self.status) {
            return Ok(self);
        }
        Err(LambdaFailure::Refused {
            status: self.status,
            request_id: self.request_id().to_owned(),
        })
    }
}

/// Why there is no answer of a function.
#[derive(Debug)]
pub(crate) enum LambdaFailure {
    /// Nobody said where functions are.
    Nowhere,
    Timeout,
    /// The endpoint couldn't be reached, or broke off.
    Network(SendError),
    /// The answer broke off.
    Broken(String),
    /// An answer that no client could get.
    TooLarge,
    /// Lambda answered with an error of its own.
    Refused {
        status: u16,
        request_id: String,
    },
}

impl fmt::Display for LambdaFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nowhere => write!(
                f,
                "Execution failed due to configuration error: No Lambda endpoint is configured, start the gateway with {FLAG} URL"
            ),
            Self::Timeout => f.write_str("Execution failed due to a timeout error"),
            Self::Network(error) => write!(f, "Execution failed due to an internal error: {error}"),
            Self::Broken(error) => write!(f, "Execution failed due to an internal error: {error}"),
            Self::TooLarge => f.write_str(
                "Execution failed due to configuration error: Lambda response exceeds 10485760 bytes",
            ),
            Self::Refused { status: 403, .. } => f.write_str(
                "Execution failed due to configuration error: Invalid permissions on Lambda function",
            ),
            Self::Refused { status, request_id } => write!(
                f,
                "Lambda invocation failed with status: {status}. Lambda request id: {request_id}"
            ),
        }
    }
}

impl LambdaFailure {
    /// The failure of the integration that wanted the function.
    pub(crate) fn of_integration(&self) -> Failure {
        match self {
            Self::Nowhere => Failure::no_functions(self.to_string()),
            Self::Timeout => Failure::timeout(),
            Self::Network(error) => Failure::network(&error.to_string()),
            Self::Broken(error) => Failure::network(error),
            Self::TooLarge | Self::Refused { .. } => Failure::configuration(self.to_string()),
        }
    }
}

impl LambdaFailure {
    /// The failure of a proxy integration: an answer that is too large is as bad as a malformed one
    /// (`spec/rest/resources-methods.md` §5, unverified).
    pub(crate) fn of_proxy(&self) -> Failure {
        match self {
            Self::TooLarge => Failure::bad_gateway(self.to_string()),
            _ => self.of_integration(),
        }
    }
}

impl Functions {
    /// Where an invocation goes, as the execution log names it.
    pub(crate) fn address(&self, invocation: &Invocation<'_>) -> String {
        match self {
            Self::Nowhere => String::new(),
            Self::Endpoint(LambdaEndpoint {
                address: endpoint, ..
            }) => {
                let scheme = if endpoint.address.tls {
                    "https"
                } else {
                    "http"
                };
                let host = endpoint.address.authority.to_str().unwrap_or_default();
                format!("{scheme}://{host}{}", path(endpoint, invocation))
            }
        }
    }

    /// Signs an invocation, which is complete but for that.
    pub(crate) async fn sign(&self, caller: &Caller<'_>, invocation: &mut Invocation<'_>) {
        let Self::Endpoint(LambdaEndpoint {
            address,
            credentials,
        }) = self
        else {
            return;
        };
        let payload = hash(invocation.payload.clone()).await;
        let whole = path(address, invocation);
        let (path, query) = whole.split_once('?').unwrap_or((&whole, ""));
        let mut headers = vec![("host", address.address.authority.as_bytes())];
        let own = invocation.headers.iter();
        let covered = own.filter(|(n, _)| n.as_str().starts_with("x-amz-") || **n == CONTENT_TYPE);
        headers.extend(covered.map(|(name, value)| (name.as_str(), value.as_bytes())));
        let request = Received {
            method: "POST",
            path,
            query,
            headers: &headers,
        };
        let signer = Signer {
            access_key: &credentials.access_key,
            secret: &credentials.secret,
            token: credentials.token.as_deref(),
            region: invocation.target.region().unwrap_or(invocation.region),
            service: "lambda",
        };
        for (name, value) in sigv4::sign_hashed(&request, &payload, &signer, caller.clock.now()) {
            if let Ok(value) = HeaderValue::from_str(&value) {
                let name = HeaderName::from_static(name);
                invocation.headers.insert(name, value);
            }
        }
    }

    /// Invokes a function for a streamed answer, and waits for the head of it. The caller bounds the time.
    pub(crate) async fn stream(
        &self,
        caller: &Caller<'_>,
        invocation: Invocation<'_>,
    ) -> Result<(Head, Reply), LambdaFailure> {
        let (head, reply) = self.begin(caller, invocation).await?;
        if head.status.is_success() {
            return Ok((head, reply));
        }
        lambda_stream::drain(reply).await;
        let refused = LambdaAnswer {
            status: head.status.as_u16(),
            headers: head.headers,
            payload: Bytes::new(),
        };
        Err(LambdaFailure::Refused {
            status: refused.status,
            request_id: refused.request_id().to_owned(),
        })
    }

    /// Invokes a function and reads its answer to the end.
    pub(crate) async fn invoke(
        &self,
        caller: &Caller<'_>,
        invocation: Invocation<'_>,
    ) -> Result<LambdaAnswer, LambdaFailure> {
        let timeout = invocation.timeout;
        let whole = pin!(async {
            let (head, reply) = self.begin(caller, invocation).await?;
            match read_whole(reply, PAYLOAD_LIMIT).await {
                Ok(payload) => Ok(LambdaAnswer {
                    status: head.status.as_u16(),
                    headers: head.headers,
                    payload,
                }),
                Err(BodyError::TooLarge) => Err(LambdaFailure::TooLarge),
                Err(error) => Err(LambdaFailure::Broken(error.to_string())),
            }
        });
        let whole = caller.pool.limit(timeout, whole).await;
        whole.unwrap_or(Err(LambdaFailure::Timeout))
    }

    /// Invokes a function and waits for the head of its answer. The caller bounds the time.
    async fn begin(
        &self,
        caller: &Caller<'_>,
        invocation: Invocation<'_>,
    ) -> Result<(Head, Reply), LambdaFailure> {
        let endpoint = match self {
            Self::Nowhere => return Err(LambdaFailure::Nowhere),
            Self::Endpoint(LambdaEndpoint { address, .. }) => address,
        };
        let path = path(endpoint, &invocation);
        let mut headers = invocation.headers;
        headers.insert(http::header::HOST, endpoint.address.authority.clone());
        headers.insert(CONTENT_LENGTH, HeaderValue::from(invocation.payload.len()));
        let body = Body::whole(invocation.payload);
        let request = Request::new(Method::POST, path, headers, body)
            .ok_or_else(|| LambdaFailure::Broken("the function's name is none".to_owned()))?;
        let now = caller.clock.monotonic();
        let sent = caller.pool.send(now, &endpoint.address, request).await;
        sent.map_err(LambdaFailure::Network)
    }
}

/// Payloads from this size on are hashed beside the request path: that takes as long as serving a few requests.
const LONG: usize = 128 * 1024;

/// The hash of a payload, as signatures have it.
async fn hash(payload: Bytes) -> String {
    if payload.len() < LONG {
        return sigv4::payload_hash(&payload);
    }
    let hashed = tokio::task::spawn_blocking(move || sigv4::payload_hash(&payload));
    hashed.await.unwrap_or_default()
}

fn path(endpoint: &Endpoint, invocation: &Invocation<'_>) -> String {
    let (version, action) = if invocation.streams {
        ("2021-11-15", "response-streaming-invocations")
    } else {
        ("2015-03-31", "invocations")
    };
    format!(
        "{}/{version}/functions/{}/{action}{}",
        endpoint.path,
        invocation.target.name(),
        invocation.query
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:lambda:us-east-1:000000000000:function:pets";

    fn target(uri: &str) -> Option<String> {
        let variable = |name: &str| match name {
            "fn" => Some("dogs".to_owned()),
            "alias" => Some("live".to_owned()),
            "bad" => Some("x/../y".to_owned()),
            _ => None,
        };
        let target = LambdaUri::parse(uri)?.target(variable)?.into_owned();
        Some(target.name().to_owned())
    }

    #[test]
    fn a_uri_names_a_function() {
        let uri = |function: &str| {
            format!(
                "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations"
            )
        };
        let cases = [
            (uri(ARN), Some(ARN.to_owned())),
            (uri(&format!("{ARN}:7")), Some(format!("{ARN}:7"))),
            (
                uri(&format!("{ARN}:$LATEST")),
                Some(format!("{ARN}:$LATEST")),
            ),
            (uri("pets"), Some("pets".to_owned())),
            (
                uri("arn:aws:lambda:us-east-1:000000000000:function:${stageVariables.fn}"),
                Some("arn:aws:lambda:us-east-1:000000000000:function:dogs".to_owned()),
            ),
            (
                uri(&format!("{ARN}:${{stageVariables.alias}}")),
                Some(format!("{ARN}:live")),
            ),
            // A variable that isn't there leaves its place empty, and what is left names no function.
            (uri(&format!("{ARN}:${{stageVariables.gone}}")), None),
            (uri("${stageVariables.gone}"), None),
            (uri(&format!("{ARN}:${{stageVariables.bad}}")), None),
            (uri("${fn}"), None),
        ];
        for (uri, expected) in cases {
            assert_eq!(target(&uri), expected, "{uri}");
        }
        for other in [
            "arn:aws:apigateway:us-east-1:sqs:path/000000000000/queue",
            "arn:aws:apigateway:us-east-1:dynamodb:action/PutItem",
            "arn:aws:apigateway:us-east-1:lambda:action/Invoke",
            "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/x/configuration",
            "https://lambda.us-east-1.amazonaws.com/2015-03-31/functions/x/invocations",
            "",
        ] {
            assert!(LambdaUri::parse(other).is_none(), "{other}");
        }
        let streamed = "arn:aws:apigateway:us-east-1:lambda:path/2021-11-15/functions/x/response-streaming-invocations";
        assert!(LambdaUri::parse(streamed).unwrap().streams);
    }

    #[test]
    fn an_endpoint_is_a_url() {
        let path = |url: &str| LambdaEndpoint::parse(url).map(|e| e.address.path);
        assert_eq!(path("http://localhost:9001"), Ok(String::new()));
        assert_eq!(
            path("https://example.com/lambda/"),
            Ok("/lambda".to_owned())
        );
        for wrong in ["localhost:9001", "ftp://x", "http://", "", "http://x/?a=b"] {
            let message = path(wrong).unwrap_err();
            assert!(message.starts_with(wrong), "{message}");
        }
    }

    #[test]
    fn a_functions_error_is_told_as_aws_tells_it() {
        let mut headers = Fields::new();
        headers.insert(FUNCTION_ERROR, HeaderValue::from_static("Unhandled"));
        headers.insert(REQUEST_ID, HeaderValue::from_static("id"));
        let answer = |payload: &'static str| LambdaAnswer {
            status: 200,
            headers: headers.clone(),
            payload: Bytes::from_static(payload.as_bytes()),
        };
        let failed = answer(r#"{"errorMessage":"Handler fails","errorType":"Exception"}"#);
        assert!(failed.is_function_error());
        assert_eq!(
            failed.function_error_log(),
            "Lambda execution failed with status 200 due to customer function error: Handler fails. Lambda request id: id"
        );
        assert_eq!(answer("nonsense").error_message(), "");
        assert_eq!(answer("{}").error_message(), "");
        assert_eq!(
            answer(r#"{"errorMessage":{"code":1}}"#).error_message(),
            "{\"code\":1}"
        );
    }
}
