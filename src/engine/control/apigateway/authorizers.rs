//! Authorizers, as definitions.
//!
//! Source: `spec/rest/auth.md`, `spec/rest/control-plane.md` §5 and §6, `spec/aws-recorded/FACTS.md` §6.

use serde::Deserialize;

use super::error::{NO_AUTHORIZER, bad, not_found};
use super::integrations::is_region;
use super::page::page;
use super::state::Api;
use super::txn::{NOTHING, Txn, answer, patch, read, text};
use super::{Answer, quotas};
use crate::engine::gateway::partition;
use crate::engine::wire::{Input, ServiceError};
use crate::model::patch::apply;
use crate::model::{Authorizer, JwtConfiguration};

/// Source: `spec/rest/resources-methods.md` §5.
const MAX_TTL: i64 = 3600;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreateAuthorizer {
    #[serde(default)]
    name: String,
    #[serde(default, rename = "type")]
    authorizer_type: String,
    #[serde(rename = "providerARNs")]
    provider_arns: Option<Vec<String>>,
    auth_type: Option<String>,
    authorizer_uri: Option<String>,
    authorizer_credentials: Option<String>,
    identity_source: Option<String>,
    identity_validation_expression: Option<String>,
    authorizer_result_ttl_in_seconds: Option<i64>,
    jwt_configuration: Option<JwtConfiguration>,
}

pub(super) fn create(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let api_id = text(input, "restapi_id");
    let api = txn.api(api_id)?;
    let given: CreateAuthorizer = read(input)?;
    let auth_type = given.auth_type.or_else(|| {
        let word = match given.authorizer_type.as_str() {
            "COGNITO_USER_POOLS" => "cognito_user_pools",
            _ => "custom",
        };
        Some(word.to_owned())
    });
    let authorizer = Authorizer {
        id: txn.new_short_id(|id| api.authorizers.contains_key(id)),
        name: given.name,
        authorizer_type: given.authorizer_type,
        provider_arns: given.provider_arns.filter(|arns| !arns.is_empty()),
        auth_type,
        authorizer_uri: given.authorizer_uri,
        authorizer_credentials: given.authorizer_credentials,
        identity_source: given.identity_source,
        identity_validation_expression: given.identity_validation_expression,
        authorizer_result_ttl_in_seconds: given.authorizer_result_ttl_in_seconds,
        jwt_configuration: given.jwt_configuration,
    };
    check(&authorizer)?;
    check_name(&api, &authorizer)?;
    let most = txn.deps.quotas.authorizers_per_api;
    quotas::check(api.authorizers.len(), most, "Authorizers", Some("API"))?;
    txn.put(api_id, authorizer.clone())?;
    answer(&authorizer)
}

/// The text is seen in reports; its status is recalled.
fn check_name(api: &Api, authorizer: &Authorizer) -> Result<(), ServiceError> {
    let name = &authorizer.name;
    let mut others = api.authorizers.values();
    if others.any(|held| held.name == *name && held.id != authorizer.id) {
        return Err(bad(format!(
            "Authorizer name must be unique. Authorizer {name} already exists in this RestApi."
        )));
    }
    Ok(())
}

/// `arn:{partition}:apigateway:{region}:lambda:path/…/functions/{function}/invocations`; the function may come from stage variables.
fn is_invocation(uri: &str) -> bool {
    let parts: Vec<&str> = uri.splitn(6, ':').collect();
    let [arn, of, service, region, target, path] = parts[..] else {
        return false;
    };
    let lambda =
        path.starts_with("path/") && path.contains("/functions/") && path.ends_with("/invocations");
    arn == "arn"
        && of == partition(region)
        && service == "apigateway"
        && is_region(region)
        && target == "lambda"
        && lambda
}

/// `method.request.header.{name}`.
fn is_header(source: &str) -> bool {
    let name = source.strip_prefix("method.request.header.");
    name.is_some_and(|name| {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
        !name.is_empty() && name.bytes().all(plain)
    })
}

/// The rules are documented; the texts are recalled, but for those of the URI and of the token's source, which are seen in reports.
pub(super) fn check(authorizer: &Authorizer) -> Result<(), ServiceError> {
    if authorizer.name.is_empty() {
        return Err(bad("Authorizer name cannot be blank"));
    }
    let ttl = authorizer.authorizer_result_ttl_in_seconds;
    if ttl.is_some_and(|ttl| !(0..=MAX_TTL).contains(&ttl)) {
        return Err(bad(format!(
            "Invalid Authorizer result TTL specified: must be between 0 and {MAX_TTL} seconds"
        )));
    }
    let source = authorizer.identity_source.as_deref().unwrap_or_default();
    if authorizer.authorizer_type == "TOKEN" && !source.is_empty() && !is_header(source) {
        return Err(bad(format!(
            "Invalid token source expression: {source}. The source must be a method request header, matching 'method.request.header.[a-zA-Z0-9._-]+'."
        )));
    }
    match authorizer.authorizer_type.as_str() {
        "TOKEN" | "REQUEST" => {
            let uri = authorizer.authorizer_uri.as_deref();
            if uri.is_none_or(|uri| !is_invocation(uri)) {
                return Err(bad(format!(
                    "Invalid Authorizer URI: {}. Authorizer URI should be a valid API Gateway ARN that represents a Lambda function invocation.",
                    uri.unwrap_or("null")
                )));
            }
        }
        "COGNITO_USER_POOLS" if authorizer.provider_arns.is_none() => {
            return Err(bad(
                "Invalid authorizer: the type COGNITO_USER_POOLS needs at least one provider ARN",
            ));
        }
        "COGNITO_USER_POOLS" => {}
        "JWT" => check_issuers(authorizer.jwt_configuration.as_ref())?,
        _ => {
            return Err(bad(
                "Enumeration value for AuthorizerType must be non-empty",
            ));
        }
    }
    Ok(())
}

/// The claims that are checked anyway.
const OWN_CLAIMS: [&str; 7] = ["iss", "aud", "exp", "nbf", "iat", "scope", "scp"];

/// The rules are documented; the texts are ours. Issuers on this machine may do without TLS.
fn check_issuers(configuration: Option<&JwtConfiguration>) -> Result<(), ServiceError> {
    let Some(configuration) = configuration.filter(|c| !c.issuers.is_empty()) else {
        return Err(bad(
            "Invalid authorizer: the type JWT needs jwtConfiguration with at least one issuer",
        ));
    };
    if configuration.default_algorithms.is_empty() {
        return Err(bad(
            "Invalid authorizer: jwtConfiguration needs at least one of the defaultAlgorithms",
        ));
    }
    for issuer in &configuration.issuers {
        let url = &issuer.issuer;
        let here = ["http://localhost", "http://127.0.0.1", "http://[::1]"];
        let scheme = url.starts_with("https://") || here.iter().any(|h| url.starts_with(h));
        if !scheme || url.contains(['?', '#', '@']) {
            return Err(bad(format!(
                "Invalid issuer: {url}. It should be an absolute https URL without user information, query and fragment"
            )));
        }
        if issuer.audiences.is_empty() {
            return Err(bad(format!(
                "Invalid issuer: {url} needs at least one audience"
            )));
        }
        for claim in &issuer.additional_claims {
            if claim.claim_name.is_empty() || OWN_CLAIMS.contains(&claim.claim_name.as_str()) {
                return Err(bad(format!("Invalid claim name: {}", claim.claim_name)));
            }
        }
    }
    Ok(())
}

pub(super) fn get(txn: &Txn<'_>, input: &Input) -> Answer {
    answer(&find(txn, input)?)
}

pub(super) fn find(txn: &Txn<'_>, input: &Input) -> Result<Authorizer, ServiceError> {
    let api = txn.api_or(text(input, "restapi_id"), NO_AUTHORIZER)?;
    api.authorizers
        .get(text(input, "authorizer_id"))
        .map(|authorizer| authorizer.as_ref().clone())
        .ok_or_else(|| not_found(NO_AUTHORIZER))
}

pub(super) fn list(txn: &Txn<'_>, input: &Input) -> Answer {
    let api = txn.api(text(input, "restapi_id"))?;
    let mut entries = Vec::new();
    for (id, authorizer) in &api.authorizers {
        entries.push((id.clone(), answer(authorizer.as_ref())?));
    }
    page(entries, input)
}

pub(super) fn update(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let mut authorizer = find(txn, input)?;
    apply(&mut authorizer, &patch(input)?)?;
    check(&authorizer)?;
    let api_id = text(input, "restapi_id");
    check_name(&*txn.api(api_id)?, &authorizer)?;
    txn.put(api_id, authorizer.clone())?;
    answer(&authorizer)
}

pub(super) fn delete(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let authorizer = find(txn, input)?;
    let api_id = text(input, "restapi_id");
    let api = txn.api(api_id)?;
    for resource in api.resources.values() {
        for (verb, method) in &resource.resource_methods {
            if method.authorizer_id.as_ref() == Some(&authorizer.id) {
                // Verb before path, other than with models; seen in reports.
                return Err(ServiceError::conflict(format!(
                    "Cannot delete authorizer '{}', is referenced in method: {verb}/{}",
                    authorizer.name, resource.path
                )));
            }
        }
    }
    txn.remove::<Authorizer>(api_id, &authorizer.id);
    NOTHING
}
