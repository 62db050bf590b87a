//! Authorizers: functions that judge a request (`TOKEN`, `REQUEST`), and tokens that carry who calls (`COGNITO_USER_POOLS`, `JWT`).
//!
//! Facts: `spec/rest/auth.md` §4 to §6. How what they say goes together with the resource policy is decided in `authorize`.

mod cache;
mod decision;
mod jwks;
mod token;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use serde_json::json;

pub(crate) use self::cache::DecisionCache;
pub(crate) use self::decision::Decision;
pub use self::jwks::JwksSource;
pub(crate) use self::jwks::Keyring;
use self::token::Tokens;
use super::answer::TRACE_ID;
use super::backend::{Caller, pairs};
use super::exchange::Exchange;
use super::execute_arn::{ExecuteArn, partition};
use super::failure::Failure;
use super::lambda::{Invocation, LambdaAnswer, LambdaFailure, LambdaUri};
use super::record::{AuthorizerStep, What};
use super::snapshot::Pattern;
use super::source::Source;
use super::xray::Call;
use super::{lambda_event, lambda_integration};
use crate::engine::message::Fields;
use crate::model;
use crate::vtl::Node;

/// How long a decision is kept unless the authorizer says otherwise.
const DEFAULT_TTL: i64 = 300;

/// What a function may take: the same as in an integration.
const TIMEOUT: Duration = Duration::from_secs(29);

const SOURCE_ARN: HeaderName = HeaderName::from_static("x-amz-source-arn");

/// The error message by which a function says that the caller is nobody.
const UNAUTHORIZED: &str = "Unauthorized";

/// Separates the parts of a cache's key: no header, query or variable holds it.
const SEPARATOR: char = '\0';

/// A compiled authorizer of a deployment.
#[derive(Debug)]
pub(crate) struct Authorizer {
    id: Box<str>,
    /// Its place among the deployment's, and so among a stage's caches.
    index: usize,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Lambda(Box<Lambda>),
    Token(Box<Tokens>),
    /// In a way that can't be served; nothing that is deployed has it.
    Unserved,
}

/// A function that judges requests.
#[derive(Debug)]
struct Lambda {
    /// Whether it gets a token alone, rather than the request.
    token: bool,
    /// Where the identity is read from, as it is written and compiled.
    sources: Vec<(Box<str>, Source)>,
    /// What a token must match as a whole.
    pattern: Option<Pattern>,
    uri: Option<LambdaUri>,
    /// How long decisions are kept; nothing for not at all.
    ttl: Option<Duration>,
}

/// The authorizers of a deployment by their ids.
pub(crate) type Authorizers = HashMap<Box<str>, Arc<Authorizer>>;

/// Compiles the authorizers of a definition.
pub(crate) fn compile(definition: &model::Definition) -> Authorizers {
    let all = definition.authorizers.values().enumerate();
    all.map(|(index, authorizer)| {
        let compiled = Authorizer::compile(index, authorizer);
        (compiled.id.clone(), Arc::new(compiled))
    })
    .collect()
}

impl Authorizer {
    pub(crate) fn compile(index: usize, authorizer: &model::Authorizer) -> Self {
        let token = authorizer.authorizer_type == "TOKEN";
        let kind = match authorizer.authorizer_type.as_str() {
            "TOKEN" | "REQUEST" => Kind::Lambda(Box::new(Lambda::compile(authorizer, token))),
            "COGNITO_USER_POOLS" => Kind::Token(Box::new(Tokens::of_cognito(authorizer))),
            "JWT" => Kind::Token(Box::new(Tokens::of_issuers(authorizer))),
            _ => Kind::Unserved,
        };
        Self {
            id: authorizer.id.as_str().into(),
            index,
            kind,
        }
    }

    /// Whether it runs a function, rather than checking a token itself.
    pub(crate) fn asks_function(&self) -> bool {
        matches!(self.kind, Kind::Lambda(_))
    }

    /// Finds out who calls; what it finds is left in the exchange. `scopes` are the method's; `fresh` asks although there may be a
    /// decision in the cache.
    pub(crate) async fn ask(
        &self,
        x: &mut Exchange,
        caller: &Caller<'_>,
        scopes: &[String],
        fresh: bool,
    ) -> Result<Arc<Decision>, Failure> {
        x.record.note(|| {
            What::Authorizer(AuthorizerStep::Started {
                id: self.id.to_string(),
                request_id: x.ids.logged_id().into_owned(),
            })
        });
        let (decision, latency) = match &self.kind {
            Kind::Lambda(lambda) => self.judged(lambda, x, caller, fresh).await?,
            Kind::Token(tokens) => {
                let decision = tokens.check(x, caller, caller.keyring, scopes).await?;
                (Arc::new(decision), Duration::ZERO)
            }
            Kind::Unserved => {
                return Err(Failure::authorizer_configuration(
                    "Execution failed due to configuration error: Sluice can't serve this authorizer yet".to_owned(),
                ));
            }
        };
        x.authorized = Some(Box::new(Authorized {
            decision: Arc::clone(&decision),
            latency,
        }));
        Ok(decision)
    }

    /// What the function says of this request, and how long it took to say so.
    async fn judged(
        &self,
        lambda: &Lambda,
        x: &Exchange,
        caller: &Caller<'_>,
        fresh: bool,
    ) -> Result<(Arc<Decision>, Duration), Failure> {
        let identity = lambda.identity(x)?;
        let now = x.record.started;
        let cache = x.side().decisions.get(self.index).filter(|_| !fresh);
        let kept = lambda.ttl.zip(identity.as_ref()).zip(cache);
        if let Some(((_, identity), cache)) = kept
            && let Some((decision, left)) = cache.get(identity, now)
        {
            x.record.note(|| {
                What::Authorizer(AuthorizerStep::Cached {
                    left: left.as_secs(),
                })
            });
            return Ok((decision, Duration::ZERO));
        }
        let started = caller.clock.monotonic();
        let decision = Arc::new(self.invoke(lambda, x, caller).await?);
        if let Some(((ttl, identity), cache)) = kept {
            cache.put(identity, &decision, now, ttl);
        }
        Ok((decision, caller.clock.monotonic().saturating_sub(started)))
    }

    async fn invoke(
        &self,
        lambda: &Lambda,
        x: &Exchange,
        caller: &Caller<'_>,
    ) -> Result<Decision, Failure> {
        let variables = x.stage_variables();
        let target = lambda
            .uri
            .as_ref()
            .and_then(|uri| uri.target(|name| variables.get(name).cloned()))
            .ok_or_else(|| {
                Failure::authorizer_configuration(
                    "Execution failed due to configuration error: Invalid authorizer function ARN or invalid stage variable in it".to_owned(),
                )
            })?;
        let mut headers = Fields::with_capacity(12);
        lambda_integration::own_headers(x, &mut headers);
        headers.insert(TRACE_ID, x.authorizer_trace_header());
        let (region, account) = (&x.stage.region.name, &x.stage.account);
        let arn = format!(
            "arn:{}:execute-api:{region}:{account}:{}/authorizers/{}",
            partition(region),
            x.stage.api_id,
            self.id
        );
        if let Ok(arn) = HeaderValue::try_from(arn) {
            headers.insert(SOURCE_ARN, arn);
        }
        let mut invocation = Invocation {
            target: &target,
            headers,
            query: String::new(),
            payload: lambda.event(x),
            timeout: TIMEOUT,
            streams: false,
            region,
        };
        caller.functions.sign(caller, &mut invocation).await;
        x.record.note(|| {
            What::Authorizer(AuthorizerStep::Request {
                uri: caller.functions.address(&invocation),
                headers: pairs(&invocation.headers),
                body: invocation.payload.clone(),
            })
        });
        let function = x.is_traced().then(|| target.name().to_owned());
        let started = caller.clock.monotonic();
        let answer = caller.functions.invoke(caller, invocation).await;
        if let Some(function) = function {
            let took = caller.clock.monotonic().saturating_sub(started);
            x.trace_authorizer(|| Call::of_function(function, started, took, &answer));
        }
        let answer = answer.and_then(LambdaAnswer::accepted);
        let answer = answer.map_err(|failure| match failure {
            LambdaFailure::Nowhere => Failure::authorizer_nowhere(failure.to_string()),
            LambdaFailure::Timeout | LambdaFailure::Broken(_) => {
                Failure::authorizer_failed(failure.to_string())
            }
            _ => Failure::authorizer_configuration(failure.to_string()),
        })?;
        x.record.note(|| {
            What::Authorizer(AuthorizerStep::Result {
                body: answer.payload.clone(),
            })
        });
        if answer.is_function_error() {
            return Err(if answer.error_message() == UNAUTHORIZED {
                unauthorized(x, "the authorizer's function says so", true)
            } else {
                Failure::authorizer_failed(answer.function_error_log())
            });
        }
        Decision::parse(&answer.payload).map_err(|error| {
            Failure::authorizer_configuration(format!(
                "Execution failed due to configuration error: Invalid JSON in response: {error}"
            ))
        })
    }
}

impl Lambda {
    fn compile(authorizer: &model::Authorizer, token: bool) -> Self {
        let written = authorizer.identity_source.as_deref().unwrap_or_default();
        let sources = written.split(',').map(str::trim).filter(|s| !s.is_empty());
        let mut sources: Vec<_> = sources
            .filter_map(|text| Some((text.into(), Source::parse(text)?)))
            .collect();
        if token && sources.is_empty() {
            // A token must come from somewhere: the documented example, and what AWS's console fills in.
            let usual = "method.request.header.Authorization";
            sources.extend(Source::parse(usual).map(|source| (usual.into(), source)));
        }
        let ttl = authorizer
            .authorizer_result_ttl_in_seconds
            .unwrap_or(DEFAULT_TTL);
        let pattern = authorizer.identity_validation_expression.as_deref();
        Self {
            token,
            sources,
            pattern: pattern
                .filter(|pattern| token && !pattern.is_empty())
                .map(Pattern::compile),
            uri: LambdaUri::parse(authorizer.authorizer_uri.as_deref().unwrap_or_default()),
            ttl: u64::try_from(ttl)
                .ok()
                .filter(|ttl| *ttl > 0)
                .map(Duration::from_secs),
        }
    }

    /// The caller's identity, by which decisions are kept; nothing when there is none to keep them by. A token that isn't there, or that
    /// doesn't match, is refused without asking the function; so is a part of the identity, unless decisions aren't kept.
    fn identity(&self, x: &Exchange) -> Result<Option<String>, Failure> {
        let mut identity = String::new();
        let mut missing = None;
        for (name, source) in &self.sources {
            match source.value(x).filter(|value| !value.is_empty()) {
                Some(value) => {
                    if !identity.is_empty() {
                        identity.push(SEPARATOR);
                    }
                    identity.push_str(&value);
                }
                None => missing = missing.or(Some(name)),
            }
        }
        x.record.note(|| {
            let named = |(name, source): &(Box<str>, Source)| {
                (name.to_string(), source.value(x).unwrap_or_default())
            };
            What::Authorizer(AuthorizerStep::Identity {
                token: self.token,
                sources: self.sources.iter().map(named).collect(),
            })
        });
        if let Some(name) = missing {
            if self.token || self.ttl.is_some() {
                return Err(unauthorized(x, &format!("{name} is missing"), false));
            }
            return Ok(None);
        }
        if self.pattern.as_ref().is_some_and(|p| !p.matches(&identity)) {
            return Err(unauthorized(
                x,
                "the token doesn't match the validation expression",
                false,
            ));
        }
        Ok(Some(identity).filter(|_| !self.sources.is_empty()))
    }

    fn event(&self, x: &Exchange) -> Bytes {
        let arn = ExecuteArn::of(x).to_string();
        if !self.token {
            return lambda_event::authorizer(x, &arn).into();
        }
        let token = self.sources.first().and_then(|(_, source)| source.value(x));
        json!({"type": "TOKEN", "methodArn": arn, "authorizationToken": token})
            .to_string()
            .into()
    }
}

/// The caller is nobody; `asked` tells whether there was an identity to ask about.
fn unauthorized(x: &Exchange, reason: &str, asked: bool) -> Failure {
    x.record.note(|| {
        What::Authorizer(AuthorizerStep::Unauthorized {
            request_id: x.ids.logged_id().into_owned(),
            asked,
            reason: reason.to_owned(),
        })
    });
    Failure::unauthorized()
}

/// What an authorizer left in an exchange.
#[derive(Debug)]
pub(crate) struct Authorized {
    pub(crate) decision: Arc<Decision>,
    /// How long the function took; nothing when the decision was kept.
    latency: Duration,
}

impl Authorized {
    fn milliseconds(&self) -> i64 {
        i64::try_from(self.latency.as_millis()).unwrap_or(i64::MAX)
    }

    /// The value of `$context.authorizer.{name}`.
    pub(crate) fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        if name == "integrationLatency" {
            return Some(Cow::Owned(self.milliseconds().to_string()));
        }
        self.decision.text(name).map(Cow::Borrowed)
    }

    /// `$context.authorizer`
    pub(crate) fn node(&self) -> Node<'_> {
        Node::Object(self.decision.members(self.milliseconds()))
    }
}
