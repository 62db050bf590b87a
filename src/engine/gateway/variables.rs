//! What mapping templates and expressions read of a request: parameters, stage variables and `$context`.
//!
//! Names and forms: `spec/rest/logging-metrics-tracing.md` §3 (those marked T), `spec/aws-recorded/FACTS.md` §12.

use std::borrow::Cow;

use super::endpoint::Endpoint;
use super::exchange::{Caller, Exchange, Place};
use super::failure::Failure;
use crate::vtl::{Context, Input, Names, Node, Template, TemplateError};

/// The names of `$context` itself, without the overrides, which the template engine adds. `isCanaryRequest` is there on a stage
/// with a canary only.
const CONTEXT: &[&str] = &[
    "resourceId",
    "resourcePath",
    "httpMethod",
    "extendedRequestId",
    "requestTime",
    "path",
    "accountId",
    "protocol",
    "stage",
    "domainPrefix",
    "requestTimeEpoch",
    "requestId",
    "identity",
    "domainName",
    "deploymentId",
    "apiId",
];

/// The names of `$context.identity` (recorded); `apiKey` and `apiKeyId` follow where a key was used, `vpcId` and `vpceId` where the
/// request came through a VPC endpoint.
const IDENTITY: &[&str] = &[
    "cognitoIdentityPoolId",
    "accountId",
    "cognitoIdentityId",
    "caller",
    "sourceIp",
    "principalOrgId",
    "accessKey",
    "cognitoAuthenticationType",
    "cognitoAuthenticationProvider",
    "userArn",
    "userAgent",
    "user",
];

impl Exchange {
    /// Renders a template over this request and `body`, and keeps what it overrides.
    pub(crate) fn render(
        &mut self,
        template: &Template,
        body: Body,
    ) -> Result<String, TemplateError> {
        let mut overrides = std::mem::take(&mut self.overrides);
        let text = match body {
            Body::Client => self.body_text(),
            Body::Backend => self.backend.as_ref().map_or("", |b| b.text()),
        };
        let input = Input {
            body: text,
            path: &PathNames(self),
            querystring: &QueryNames(self),
            header: &HeaderNames(self),
            stage_variables: self.stage_variables(),
            context: self,
        };
        let rendered = template.render(&input, &mut overrides, None);
        self.overrides = overrides;
        rendered
    }

    /// The text of a `$context` variable given by its dotted name; nothing when it has no value.
    pub(crate) fn context_text(&self, name: &str) -> Option<Cow<'_, str>> {
        let method = || self.method();
        let borrowed = |text| Some(Cow::Borrowed(text));
        match name {
            "accountId" => borrowed(&*self.stage.account),
            "apiId" => borrowed(&*self.stage.api_id),
            "deploymentId" => borrowed(&*self.side().deployment.id),
            "stage" => borrowed(&*self.stage.name),
            "domainName" => borrowed(self.domain_name()),
            "domainPrefix" => borrowed(self.domain_name().split('.').next()?),
            "customDomain.basePathMatched" => match &self.request.place {
                Place::Url { target, .. } => target.base_path().map(Cow::Borrowed),
                Place::Given { .. } => None,
            },
            "extendedRequestId" => borrowed(self.ids.extended_id()),
            "requestId" => borrowed(self.ids.request_id()),
            "httpMethod" => borrowed(self.request.verb.as_str()),
            "path" => Some(Cow::Owned(self.context_path())),
            "protocol" => borrowed(protocol(self.request.version)),
            "resourceId" => borrowed(&*method()?.resource_id),
            "resourcePath" => borrowed(&*method()?.resource_path),
            "requestTime" => Some(Cow::Owned(
                self.record
                    .time
                    .strftime("%d/%b/%Y:%H:%M:%S +0000")
                    .to_string(),
            )),
            "requestTimeEpoch" => Some(Cow::Owned(self.record.time.as_millisecond().to_string())),
            "isCanaryRequest" => self
                .stage
                .has_canary()
                .then_some(Cow::Borrowed(if self.canary { "true" } else { "false" })),
            "identity.sourceIp" => Some(match &self.request.caller {
                Caller::Peer(address) => Cow::Owned(address.to_string()),
                Caller::Test => Cow::Borrowed("test-invoke-source-ip"),
            }),
            "identity.userAgent" => self.header_value("user-agent"),
            "identity.accountId" => borrowed(self.identity.as_ref()?.account.as_str()),
            "identity.accessKey" => borrowed(self.identity.as_ref()?.access_key.as_str()),
            "identity.caller" | "identity.user" => {
                borrowed(self.identity.as_ref()?.user_id.as_str())
            }
            "identity.userArn" => borrowed(self.identity.as_ref()?.arn()),
            "identity.principalOrgId" => {
                self.identity.as_ref()?.org_id.as_deref().map(Cow::Borrowed)
            }
            "identity.apiKey" => match &self.key {
                Some(key) => borrowed(&*key.key.value),
                None => self.tested("test-invoke-api-key"),
            },
            "identity.apiKeyId" => match &self.key {
                Some(key) => borrowed(&*key.key.id),
                None => self.tested("test-invoke-api-key-id"),
            },
            "identity.vpceId" => Endpoint::of(self).vpce.map(Cow::Borrowed),
            "identity.vpcId" => Endpoint::of(self).vpc.map(Cow::Borrowed),
            "awsEndpointRequestId" => {
                let headers = &self.backend.as_ref()?.headers;
                let id = headers
                    .get("x-amzn-requestid")
                    .or_else(|| headers.get("x-amz-request-id"));
                id?.to_str().ok().map(Cow::Borrowed)
            }
            "tlsVersion" => borrowed(self.tls.as_ref()?.session.version()),
            "cipherSuite" => borrowed(self.tls.as_ref()?.session.cipher_suite()),
            _ => self.derived_text(name),
        }
    }

    /// The variables that are about what happened to the request: its failure and what templates overrode.
    fn derived_text(&self, name: &str) -> Option<Cow<'_, str>> {
        if let Some(name) = name.strip_prefix("authorizer.") {
            return self.authorized.as_ref()?.text(name);
        }
        if let Some(name) = name.strip_prefix("identity.clientCert.") {
            return self.tls.as_ref()?.certificate.as_ref()?.text(name);
        }
        if let Some(name) = name.strip_prefix("error.") {
            let failure = self.failure.as_ref()?;
            return match name {
                "message" => Some(Cow::Borrowed(failure.message())),
                "messageString" => Some(Cow::Owned(failure.message_string())),
                "responseType" => Some(Cow::Borrowed(failure.kind.name())),
                "validationErrorString" => failure.validation.as_deref().map(Cow::Borrowed),
                _ => None,
            };
        }
        let (root, rest) = match name.split_once('.')? {
            ("requestOverride", rest) => (&self.overrides.request, rest),
            ("responseOverride", rest) => (&self.overrides.response, rest),
            _ => return None,
        };
        let (group, entry) = match rest.split_once('.') {
            Some((group, entry)) => (group, Some(entry)),
            None => (rest, None),
        };
        let value = root.get(group)?;
        match entry.map_or(Some(value), |entry| value.get(entry))? {
            serde_json::Value::String(text) => Some(Cow::Borrowed(text)),
            serde_json::Value::Null | serde_json::Value::Object(_) => None,
            other => Some(Cow::Owned(other.to_string())),
        }
    }

    fn tested(&self, value: &'static str) -> Option<Cow<'_, str>> {
        matches!(self.request.caller, Caller::Test).then_some(Cow::Borrowed(value))
    }

    /// The host that the client asked for, without its port.
    fn domain_name(&self) -> &str {
        if matches!(self.request.caller, Caller::Test) {
            return "testPrefix.testDomainName";
        }
        let host = match &self.request.place {
            Place::Url { uri, .. } => uri.host(),
            Place::Given { .. } => None,
        };
        let header = || self.request.headers.get(http::header::HOST)?.to_str().ok();
        let host = host.or_else(header).unwrap_or_default();
        match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
            _ => host,
        }
    }

    /// The path with the stage, as the client sent it.
    fn context_path(&self) -> String {
        match &self.request.place {
            Place::Url { uri, target } if target.base_path().is_some() => uri.path().to_owned(),
            Place::Url { .. } => format!("/{}{}", self.stage.name, self.path()),
            Place::Given { path, .. } => path.clone(),
        }
    }
}

/// Which body `$input` reads.
#[derive(Clone, Copy)]
pub(crate) enum Body {
    Client,
    Backend,
}

fn protocol(version: http::Version) -> &'static str {
    match version {
        http::Version::HTTP_10 => "HTTP/1.0",
        http::Version::HTTP_2 => "HTTP/2.0",
        _ => "HTTP/1.1",
    }
}

struct PathNames<'a>(&'a Exchange);

impl Names for PathNames<'_> {
    fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        self.0.path_parameter(name).map(Cow::Borrowed)
    }

    fn each(&self, each: &mut dyn FnMut(&str, &str)) {
        for (name, value) in self.0.path_parameters() {
            each(name, value);
        }
    }
}

struct QueryNames<'a>(&'a Exchange);

impl Names for QueryNames<'_> {
    fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        self.0.query_value(name).map(Cow::Borrowed)
    }

    fn each(&self, each: &mut dyn FnMut(&str, &str)) {
        let mut seen: Vec<&str> = Vec::new();
        for (name, _) in self.0.query() {
            if !seen.contains(&name) {
                seen.push(name);
                each(name, self.0.query_value(name).unwrap_or_default());
            }
        }
    }
}

struct HeaderNames<'a>(&'a Exchange);

impl Names for HeaderNames<'_> {
    fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        self.0.header_value(name)
    }

    fn each(&self, each: &mut dyn FnMut(&str, &str)) {
        self.0.each_header(each);
    }
}

impl Context for Exchange {
    fn get(&self, name: &str) -> Option<Node<'_>> {
        match name {
            "identity" => {
                let mut members: Vec<(Cow<'_, str>, Node<'_>)> = IDENTITY
                    .iter()
                    .map(|&name| (Cow::Borrowed(name), self.identity(name)))
                    .collect();
                for name in ["apiKey", "apiKeyId", "vpcId", "vpceId"] {
                    let value = self.identity(name);
                    if !matches!(value, Node::Null) {
                        members.push((Cow::Borrowed(name), value));
                    }
                }
                let certificate = self.tls.as_ref().and_then(|t| t.certificate.as_ref());
                if let Some(certificate) = certificate {
                    members.push((Cow::Borrowed("clientCert"), certificate.node()));
                }
                Some(Node::Object(members))
            }
            "requestTimeEpoch" => Some(Node::Number(self.record.time.as_millisecond())),
            "isCanaryRequest" | "awsEndpointRequestId" => self.context_text(name).map(Node::Text),
            // Without an authorizer it is an object without keys (recorded), and not among the names.
            "authorizer" => Some(match &self.authorized {
                Some(authorized) => authorized.node(),
                None => Node::Object(Vec::new()),
            }),
            "error" => self.failure.as_ref().map(|failure| error(failure)),
            _ if CONTEXT.contains(&name) => {
                Some(self.context_text(name).map_or(Node::Null, Node::Text))
            }
            _ => None,
        }
    }

    fn names(&self, each: &mut dyn FnMut(&str)) {
        for name in CONTEXT {
            each(name);
        }
        if self.stage.has_canary() {
            each("isCanaryRequest");
        }
        if self.authorized.is_some() {
            each("authorizer");
        }
    }
}

impl Exchange {
    fn identity(&self, name: &str) -> Node<'_> {
        let full = match name {
            "sourceIp" => "identity.sourceIp",
            "userAgent" => "identity.userAgent",
            "apiKey" => "identity.apiKey",
            "apiKeyId" => "identity.apiKeyId",
            "accountId" => "identity.accountId",
            "accessKey" => "identity.accessKey",
            "caller" => "identity.caller",
            "user" => "identity.user",
            "userArn" => "identity.userArn",
            "principalOrgId" => "identity.principalOrgId",
            "vpcId" => "identity.vpcId",
            "vpceId" => "identity.vpceId",
            _ => return Node::Null,
        };
        self.context_text(full).map_or(Node::Null, Node::Text)
    }
}

fn error(failure: &Failure) -> Node<'_> {
    Node::Object(vec![
        ("message".into(), Node::Text(failure.message().into())),
        (
            "messageString".into(),
            Node::Text(failure.message_string().into()),
        ),
        (
            "responseType".into(),
            Node::Text(failure.kind.name().into()),
        ),
        (
            "validationErrorString".into(),
            Node::text(failure.validation.as_deref()),
        ),
    ])
}
