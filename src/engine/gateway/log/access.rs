//! Access logs: one line per request, in the format that the stage gives.
//!
//! Variables and presets: `spec/rest/logging-metrics-tracing.md` §3. How the service escapes values isn't documented; here a value can
//! neither end the line nor, in a format of JSON or XML, end the text that it stands in.

use std::borrow::Cow;
use std::fmt::Write;

use crate::engine::gateway::authorize::Authorization;
use crate::engine::gateway::exchange::Exchange;
use crate::engine::gateway::snapshot::Kind;
use crate::model::GatewayResponseType;

/// A compiled access log.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct AccessLog {
    /// The log group's name.
    pub(crate) group: Box<str>,
    parts: Vec<Part>,
    xml: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    /// A variable of `$context`, without that.
    Variable(String),
}

const CONTEXT: &str = "$context.";

/// The log group that an ARN names: `arn:aws:logs:{region}:{account}:log-group:{name}`, with or without `:*`.
pub(crate) fn group_of(arn: &str) -> Option<&str> {
    let mut parts = arn.splitn(7, ':');
    let head = [parts.next()?, parts.next()?, parts.next()?];
    let (_, _, kind) = (parts.next()?, parts.next()?, parts.next()?);
    let name = parts.next()?;
    let name = name.strip_suffix(":*").unwrap_or(name);
    let fits = head[0] == "arn" && head[2] == "logs" && kind == "log-group" && !name.is_empty();
    fits.then_some(name)
}

impl AccessLog {
    /// The log of a destination and format; nothing unless both are there.
    pub(crate) fn compile(destination: Option<&str>, format: Option<&str>) -> Option<Self> {
        let group = group_of(destination?)?;
        let mut rest = format?;
        let xml = rest.trim_start().starts_with('<');
        let mut parts = Vec::new();
        while let Some((before, after)) = rest.split_once(CONTEXT) {
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            let end = after
                .find(|c: char| !(c.is_ascii_alphanumeric() || "_-.".contains(c)))
                .unwrap_or(after.len());
            let (name, behind) = after.split_at(end);
            // A full stop behind a variable ends a sentence.
            let bare = name.trim_end_matches('.');
            parts.push(Part::Variable(bare.to_owned()));
            if bare.len() < name.len() {
                parts.push(Part::Text(".".repeat(name.len() - bare.len())));
            }
            rest = behind;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Some(Self {
            group: group.into(),
            parts,
            xml,
        })
    }

    /// The line of a request; a variable without a value reads `-`.
    pub(crate) fn line(&self, x: &Exchange) -> String {
        let mut line = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => line.push_str(text),
                Part::Variable(name) => match value(x, name) {
                    None => line.push('-'),
                    Some(value) if value.is_empty() => line.push('-'),
                    // It is quoted and escaped by itself.
                    Some(value) if name == "error.messageString" => line.push_str(&value),
                    Some(value) => line.push_str(&escaped(&value, self.xml)),
                },
            }
        }
        line
    }
}

/// Letters that would end a line or a text, in another form.
fn escaped(value: &str, xml: bool) -> Cow<'_, str> {
    let harmless = |c: char| !(c.is_control() || "\"\\&<>".contains(c));
    if value.chars().all(harmless) {
        return Cow::Borrowed(value);
    }
    let mut text = String::with_capacity(value.len() + 8);
    for c in value.chars() {
        match c {
            '&' if xml => text.push_str("&amp;"),
            '<' if xml => text.push_str("&lt;"),
            '>' if xml => text.push_str("&gt;"),
            '"' if xml => text.push_str("&quot;"),
            '"' | '\\' if !xml => text.extend(['\\', c]),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(text, "\\u{:04x}", u32::from(c));
            }
            c => text.push(c),
        }
    }
    Cow::Owned(text)
}

/// The variables that only access logs have; all others are those of mapping templates.
fn value<'a>(x: &'a Exchange, name: &str) -> Option<Cow<'a, str>> {
    let record = &x.record;
    let owned = |text: String| Some(Cow::Owned(text));
    let milliseconds = |time: std::time::Duration| Some(Cow::Owned(time.as_millis().to_string()));
    match name {
        "status" => owned(record.status.to_string()),
        "responseLatency" => milliseconds(record.latency),
        "responseLength" => owned(record.length?.to_string()),
        "integrationLatency" | "integration.latency" => milliseconds(record.integration_latency?),
        // Of a proxied function what it answered itself, not what Lambda said of it.
        "integration.status" if is_proxied_function(x) && x.failure.is_none() => {
            record.integration_status?;
            owned(record.status.to_string())
        }
        "integrationStatus" | "integration.status" | "integration.integrationStatus" => {
            owned(record.integration_status?.to_string())
        }
        "integration.requestId" => x.context_text("awsEndpointRequestId"),
        "integration.responseTransferMode" => {
            record.integration_latency?;
            Some(Cow::Borrowed(if streams(x) {
                "STREAMED"
            } else {
                "BUFFERED"
            }))
        }
        "integration.timeToAllHeaders" if streams(x) => milliseconds(record.integration_latency?),
        "integrationErrorMessage" | "integration.error" => {
            let failure = x.failure.as_ref()?;
            record.integration_latency?;
            (!failure.log.is_empty()).then(|| Cow::Owned(failure.log.clone().into_owned()))
        }
        "xrayTraceId" => {
            let header = x.trace_header();
            let text = header.to_str().ok()?;
            let root = text
                .split(';')
                .find_map(|part| part.trim().strip_prefix("Root="));
            root.map(|root| Cow::Owned(root.to_owned()))
        }
        "requestId" => Some(x.ids.logged_id()),
        "endpointType" => Some(Cow::Borrowed(&x.side().deployment.endpoint_type)),
        other => verdict(x, other).or_else(|| x.context_text(other)),
    }
}

fn is_proxied_function(x: &Exchange) -> bool {
    let kind = x.integration().map(|integration| &integration.kind);
    matches!(kind, Some(Kind::LambdaProxy(_)))
}

fn streams(x: &Exchange) -> bool {
    let kind = x.integration().map(|integration| &integration.kind);
    match kind {
        Some(Kind::HttpProxy(backend)) => backend.streams,
        Some(Kind::LambdaProxy(function)) => function.streams,
        _ => false,
    }
}

/// What became of finding out who calls (`authenticate.…`, of a signature), of asking an authorizer (`authorizer.…`) and of the policies
/// (`authorize.…`). What the service puts into each is documented in one line only; a step that wasn't taken says nothing.
fn verdict<'a>(x: &'a Exchange, name: &str) -> Option<Cow<'a, str>> {
    use GatewayResponseType as Type;
    let (step, what) = name.split_once('.')?;
    let authorization = &x.method()?.authorization;
    let failed = x.failure.as_ref();
    let is = |kinds: &[Type]| failed.filter(|failure| kinds.contains(&failure.kind));
    let broken = [Type::AuthorizerFailure, Type::AuthorizerConfigurationError];
    let (failure, passed) = match (step, authorization) {
        ("authenticate", Authorization::Iam) => {
            let unproved = [
                Type::InvalidSignature,
                Type::ExpiredToken,
                Type::MissingAuthenticationToken,
            ];
            (is(&unproved), x.identity.is_some())
        }
        ("authorizer", Authorization::Authorizer { .. }) => {
            let refused = is(&[Type::Unauthorized]).or_else(|| is(&broken));
            (refused, x.authorized.is_some())
        }
        ("authorize", _) => {
            let known = match authorization {
                Authorization::Iam => x.identity.is_some(),
                Authorization::Authorizer { .. } => x.authorized.is_some(),
                _ => x.side().deployment.protection.is_asked(),
            };
            (is(&[Type::AccessDenied]), known)
        }
        _ => return None,
    };
    match what {
        "status" | "integrationStatus" => {
            let status = match failure {
                Some(failure) => failure.status.or(failure.kind.default_status())?,
                None if passed => 200,
                None => return None,
            };
            Some(Cow::Owned(status.to_string()))
        }
        "error" => {
            let failure = failure?;
            let said = [failure.message(), &failure.log];
            said.into_iter()
                .find(|text| !text.is_empty())
                .map(Cow::Borrowed)
        }
        // Of an authorizer's function only; everything else is done at once.
        "latency" => x
            .authorized
            .as_ref()?
            .text("integrationLatency")
            .filter(|_| step == "authorizer"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn destinations_are_log_groups() {
        let arn = "arn:aws:logs:us-east-1:000000000000:log-group:";
        for (rest, expected) in [
            ("access", Some("access")),
            ("/aws/apigateway/x:*", Some("/aws/apigateway/x")),
            ("", None),
        ] {
            assert_eq!(group_of(&format!("{arn}{rest}")), expected);
        }
        assert_eq!(
            group_of("arn:aws:firehose:us-east-1:000000000000:deliverystream/amazon-apigateway-x"),
            None
        );
    }

    #[test]
    fn a_format_is_taken_apart() {
        let log = AccessLog::compile(
            Some("arn:aws:logs:r:1:log-group:g"),
            Some("{\"id\":\"$context.requestId\", $context.identity.sourceIp. $contextual $context.status"),
        )
        .unwrap();
        let expected = [
            Part::Text("{\"id\":\"".to_owned()),
            Part::Variable("requestId".to_owned()),
            Part::Text("\", ".to_owned()),
            Part::Variable("identity.sourceIp".to_owned()),
            Part::Text(".".to_owned()),
            Part::Text(" $contextual ".to_owned()),
            Part::Variable("status".to_owned()),
        ];
        assert_eq!(log.parts, expected);
        assert!(AccessLog::compile(Some("arn:aws:logs:r:1:log-group:g"), None).is_none());
    }

    #[test]
    fn a_value_ends_neither_line_nor_text() {
        assert_eq!(escaped("plain", false), "plain");
        assert_eq!(escaped("a\"b\\c\nd\u{1}", false), "a\\\"b\\\\c\\nd\\u0001");
        assert_eq!(escaped("<a&\">", true), "&lt;a&amp;&quot;&gt;");
    }
}
