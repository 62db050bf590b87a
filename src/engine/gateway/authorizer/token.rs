//! Tokens that carry who calls: those of Cognito user pools, and any issuer's.
//!
//! Facts: `spec/rest/auth.md` §5 and §6. Claims are checked here rather than by the library, which reads the machine's clock.

use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Map, Value};

use super::super::backend::Caller;
use super::super::exchange::Exchange;
use super::super::failure::Failure;
use super::super::record::{AuthorizerStep, What};
use super::super::snapshot::Pattern;
use super::super::source::Source;
use super::{Decision, Keyring, unauthorized};
use crate::model;

/// What tokens an authorizer takes.
#[derive(Debug)]
pub(super) struct Tokens {
    /// Whether they are a user pool's.
    cognito: bool,
    source: (Box<str>, Option<Source>),
    /// What the audience of a user pool's token must match as a whole.
    audience: Option<Pattern>,
    issuers: Vec<Issuer>,
    algorithms: Vec<Algorithm>,
}

#[derive(Debug)]
struct Issuer {
    /// Its URL, as tokens name it.
    name: String,
    /// One of these must be the token's.
    audiences: Vec<String>,
    claims: Vec<model::JwtAdditionalClaim>,
}

/// Why a token doesn't open a method.
enum Refusal {
    /// It is none, or not for this gateway.
    Invalid(String),
    /// It was good once.
    Expired,
    /// It is good, and not for this method.
    Forbidden(String),
}

impl Tokens {
    /// The tokens of user pools.
    pub(super) fn of_cognito(authorizer: &model::Authorizer) -> Self {
        let pools = authorizer.provider_arns.iter().flatten();
        let pattern = authorizer.identity_validation_expression.as_deref();
        Self {
            cognito: true,
            source: source(authorizer),
            audience: pattern.filter(|p| !p.is_empty()).map(Pattern::compile),
            issuers: pools
                .filter_map(|arn| issuer_of(arn))
                .map(|name| Issuer {
                    name,
                    audiences: Vec::new(),
                    claims: Vec::new(),
                })
                .collect(),
            algorithms: vec![Algorithm::RS256],
        }
    }

    /// The tokens of a `JWT` authorizer's issuers.
    pub(super) fn of_issuers(authorizer: &model::Authorizer) -> Self {
        let configured = authorizer.jwt_configuration.clone().unwrap_or_default();
        let algorithms = configured.default_algorithms.iter();
        Self {
            cognito: false,
            source: source(authorizer),
            audience: None,
            issuers: configured
                .issuers
                .into_iter()
                .map(|issuer| Issuer {
                    name: issuer.issuer,
                    audiences: issuer.audiences,
                    claims: issuer.additional_claims,
                })
                .collect(),
            algorithms: algorithms.filter_map(|name| name.parse().ok()).collect(),
        }
    }

    /// Checks the request's token; `scopes` are the method's.
    pub(super) async fn check(
        &self,
        x: &Exchange,
        caller: &Caller<'_>,
        keyring: &Keyring,
        scopes: &[String],
    ) -> Result<Decision, Failure> {
        let (name, source) = &self.source;
        let value = source.as_ref().and_then(|source| source.value(x));
        let value = value.filter(|value| !value.is_empty());
        x.record.note(|| {
            What::Authorizer(AuthorizerStep::Identity {
                token: true,
                sources: vec![(name.to_string(), value.clone().unwrap_or_default())],
            })
        });
        let Some(value) = value else {
            return Err(unauthorized(x, &format!("{name} is missing"), false));
        };
        let claims = match self.verify(caller, keyring, bare(&value)).await? {
            Ok((issuer, claims)) => self
                .judge(issuer, &claims, x.record.time.as_second(), scopes)
                .map(|()| claims),
            Err(reason) => Err(Refusal::Invalid(reason)),
        };
        match claims {
            Ok(claims) => Ok(self.decision(&claims)),
            Err(Refusal::Invalid(reason)) => Err(unauthorized(x, &reason, true)),
            Err(Refusal::Expired) => {
                let refused = unauthorized(x, "the token has expired", true);
                Err(if self.cognito {
                    Failure::token_expired()
                } else {
                    refused
                })
            }
            Err(Refusal::Forbidden(reason)) => {
                let refused = unauthorized(x, &reason, true);
                Err(if self.cognito {
                    refused
                } else {
                    Failure::not_authorized(false)
                })
            }
        }
    }

    /// Verifies who issued a token. The outer failure is the gateway's, the inner one the token's.
    async fn verify(
        &self,
        caller: &Caller<'_>,
        keyring: &Keyring,
        token: &str,
    ) -> Result<Result<(&Issuer, Map<String, Value>), String>, Failure> {
        let read = || {
            let header = jsonwebtoken::decode_header(token)?;
            let claims: Map<String, Value> =
                jsonwebtoken::dangerous::insecure_decode(token)?.claims;
            Ok::<_, jsonwebtoken::errors::Error>((header, claims))
        };
        let (header, claims) = match read() {
            Ok(read) => read,
            Err(error) => return Ok(Err(format!("the token can't be read: {error}"))),
        };
        if !self.algorithms.contains(&header.alg) {
            return Ok(Err(format!("the token is signed by {:?}", header.alg)));
        }
        let named = claims
            .get("iss")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let Some(issuer) = self.issuers.iter().find(|i| i.name == named) else {
            return Ok(Err(format!("the token's issuer is {named}")));
        };
        let id = header.kid.as_deref();
        let key = keyring.key(caller, named, id).await;
        let key = key.map_err(Failure::authorizer_nowhere)?;
        let Some(key) = key else {
            return Ok(Err("the issuer has no such key".to_owned()));
        };
        let mut validation = Validation::new(header.alg);
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_aud = false;
        let verified = DecodingKey::from_jwk(&key)
            .and_then(|key| jsonwebtoken::decode::<Map<String, Value>>(token, &key, &validation));
        Ok(match verified {
            Ok(token) => Ok((issuer, token.claims)),
            Err(error) => Err(format!("the token's signature doesn't verify: {error}")),
        })
    }

    /// Judges the claims of a token that its issuer signed.
    fn judge(
        &self,
        issuer: &Issuer,
        claims: &Map<String, Value>,
        now: i64,
        scopes: &[String],
    ) -> Result<(), Refusal> {
        let invalid = |reason: &str| Err(Refusal::Invalid(reason.to_owned()));
        let time = |name: &str| claims.get(name).and_then(whole_seconds);
        let Some(ends) = time("exp") else {
            return invalid("the token has no exp");
        };
        if ends <= now {
            return Err(Refusal::Expired);
        }
        if claims.contains_key("nbf") && time("nbf").is_none_or(|begins| begins > now) {
            return invalid("the token isn't good yet");
        }
        let audiences = texts(claims.get("aud"));
        if self.cognito {
            let wanted = if scopes.is_empty() { "id" } else { "access" };
            if claims.get("token_use").and_then(Value::as_str) != Some(wanted) {
                return invalid(&format!("the token's use is not {wanted}"));
            }
            if let Some(pattern) = &self.audience
                && !audiences.iter().any(|audience| pattern.matches(audience))
            {
                return invalid("the token's audience doesn't match the validation expression");
            }
        } else if !audiences.iter().any(|a| issuer.audiences.contains(a)) {
            return invalid("the token's audience is none of the authorizer's");
        }
        for rule in &issuer.claims {
            let values = texts(claims.get(&rule.claim_name));
            let expected = rule.expected_values.as_slice();
            let fits = match values.as_slice() {
                [] => !rule.required,
                values => expected.is_empty() || values.iter().any(|v| expected.contains(v)),
            };
            if !fits {
                return invalid(&format!(
                    "the token's claim {} doesn't fit",
                    rule.claim_name
                ));
            }
        }
        let given = scopes_of(claims);
        if !scopes.is_empty() && !scopes.iter().any(|scope| given.contains(&scope.as_str())) {
            return Err(Refusal::Forbidden(
                "the token has none of the method's scopes".to_owned(),
            ));
        }
        Ok(())
    }

    fn decision(&self, claims: &Map<String, Value>) -> Decision {
        let text = |(name, value): (&String, &Value)| {
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Array(_) => texts(Some(value)).join(","),
                other => other.to_string(),
            };
            (name.clone(), text)
        };
        Decision {
            claims: Some(claims.iter().map(text).collect()),
            scopes: (!self.cognito).then(|| scopes_of(claims).join(" ")),
            ..Decision::default()
        }
    }
}

fn source(authorizer: &model::Authorizer) -> (Box<str>, Option<Source>) {
    let written = authorizer.identity_source.as_deref();
    let written = written
        .filter(|text| !text.is_empty())
        .unwrap_or("method.request.header.Authorization");
    (written.into(), Source::parse(written))
}

/// The issuer of a user pool's tokens, from its ARN.
fn issuer_of(arn: &str) -> Option<String> {
    let mut fields = arn.split(':');
    let service = fields.nth(2).filter(|service| *service == "cognito-idp");
    let (_, region, _) = (service?, fields.next()?, fields.next()?);
    let pool = fields.next()?.strip_prefix("userpool/")?;
    Some(format!("https://cognito-idp.{region}.amazonaws.com/{pool}"))
}

/// The token without `Bearer `, which both kinds are sent with and without.
fn bare(value: &str) -> &str {
    match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        _ => value,
    }
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "a time that no clock reaches counts as the last one"
)]
fn whole_seconds(value: &Value) -> Option<i64> {
    value
        .as_i64()
        .or_else(|| value.as_f64().map(|seconds| seconds as i64))
}

/// One text, or a list of them.
fn texts(value: Option<&Value>) -> Vec<String> {
    let one = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match value {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(values)) => values.iter().map(one).collect(),
        Some(value) => vec![one(value)],
    }
}

/// The scopes of a token: words in `scope`, words or a list in `scp`.
fn scopes_of(claims: &Map<String, Value>) -> Vec<&str> {
    let mut scopes = Vec::new();
    for name in ["scope", "scp"] {
        match claims.get(name) {
            Some(Value::String(text)) => scopes.extend(text.split_whitespace()),
            Some(Value::Array(values)) => scopes.extend(values.iter().filter_map(Value::as_str)),
            _ => {}
        }
    }
    scopes
}
