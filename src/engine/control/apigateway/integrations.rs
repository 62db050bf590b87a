//! Integrations: what a method does behind the gateway.
//!
//! Source: `spec/rest/integrations.md` §1 to §3 and §8, `spec/aws-recorded/FACTS.md` §5.

use serde::Deserialize;
use serde_json::json;

use super::error::{NO_INTEGRATION, bad, not_found};
use super::txn::{NOTHING, Txn, answer, patch, read, text};
use super::{Answer, mapping, methods};
use crate::engine::gateway::partition;
use crate::engine::wire::{Input, ServiceError};
use crate::model::integration::TlsConfig;
use crate::model::patch::apply;
use crate::model::{
    ContentHandling, Integration, IntegrationType, Map, Method, PassthroughBehavior,
};

/// Milliseconds. Source: `spec/rest/integrations.md` §1; a stream may take fifteen minutes (§9).
const TIMEOUT: std::ops::RangeInclusive<i64> = 50..=29_000;
const STREAM_TIMEOUT: std::ops::RangeInclusive<i64> = 50..=900_000;
/// Bytes of a mapping template. Source: `spec/rest/resources-methods.md` §5.
const MAX_TEMPLATE: usize = 300 * 1024;

/// The body of a put. The verb towards the backend is `httpMethod` on the wire; the method's own is in the path.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PutIntegration {
    #[serde(rename = "type")]
    integration_type: Option<IntegrationType>,
    http_method: Option<String>,
    uri: Option<String>,
    connection_type: Option<String>,
    connection_id: Option<String>,
    credentials: Option<String>,
    #[serde(default)]
    request_parameters: Map<String>,
    #[serde(default)]
    request_templates: Map<Option<String>>,
    passthrough_behavior: Option<String>,
    cache_namespace: Option<String>,
    #[serde(default)]
    cache_key_parameters: Vec<String>,
    content_handling: Option<ContentHandling>,
    timeout_in_millis: Option<i64>,
    tls_config: Option<TlsConfig>,
    response_transfer_mode: Option<String>,
    integration_target: Option<String>,
}

pub(super) fn put(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let (resource, mut method) = methods::find(txn, input)?;
    let given: PutIntegration = read(input)?;
    let Some(integration_type) = given.integration_type else {
        return Err(bad(
            "Enumeration value for IntegrationType must be non-empty",
        ));
    };
    let over_http = matches!(
        integration_type,
        IntegrationType::Http | IntegrationType::HttpProxy
    );
    let passthrough_behavior = match given.passthrough_behavior {
        None => PassthroughBehavior::default(),
        Some(word) => serde_json::from_value(json!(word)).map_err(|_| {
            bad("Invalid passthrough behavior specified. Valid options are WHEN_NO_MATCH, WHEN_NO_TEMPLATES and NEVER")
        })?,
    };
    let integration = Integration {
        integration_type,
        http_method: given.http_method.filter(|verb| !verb.is_empty()),
        // A mock has no backend: the URI it is given isn't kept (recorded).
        uri: given
            .uri
            .filter(|uri| !uri.is_empty() && integration_type != IntegrationType::Mock),
        connection_type: given
            .connection_type
            .or_else(|| over_http.then(|| "INTERNET".to_owned())),
        connection_id: given.connection_id,
        credentials: given.credentials,
        request_parameters: given.request_parameters,
        request_templates: templates(given.request_templates),
        passthrough_behavior,
        content_handling: given.content_handling,
        timeout_in_millis: given.timeout_in_millis.unwrap_or(*TIMEOUT.end()),
        cache_namespace: given.cache_namespace.unwrap_or_else(|| resource.id.clone()),
        cache_key_parameters: given.cache_key_parameters,
        integration_responses: None,
        tls_config: given.tls_config,
        response_transfer_mode: given.response_transfer_mode,
        integration_target: given.integration_target,
    };
    check(&integration, &method)?;
    check_role(&integration, &txn.deps.account)?;
    method.method_integration = Some(integration.clone());
    txn.put_method(text(input, "restapi_id"), &resource, method)?;
    answer(&integration)
}

/// The account of an engine that nobody told its own.
const ANY_ACCOUNT: &str = "000000000000";

/// A role must be of the caller's account. Not asked of imported integrations, which come from other accounts, nor where the engine
/// goes by no account of its own.
fn check_role(integration: &Integration, account: &str) -> Result<(), ServiceError> {
    let owner = integration
        .credentials
        .as_deref()
        .and_then(|arn| arn.split(':').nth(4))
        .filter(|owner| owner.len() == 12 && owner.bytes().all(|b| b.is_ascii_digit()));
    match owner {
        Some(owner) if owner != account && account != ANY_ACCOUNT => Err(
            ServiceError::access_denied("Cross-account pass role is not allowed."),
        ),
        _ => Ok(()),
    }
}

/// Templates as they are kept: an empty one is null (recorded for integration responses).
pub(super) fn templates(given: Map<Option<String>>) -> Map<Option<String>> {
    given
        .into_iter()
        .map(|(content_type, template)| (content_type, template.filter(|t| !t.is_empty())))
        .collect()
}

/// Templates have a size that the service sets a limit to; the text is not recorded.
pub(super) fn check_templates(templates: &Map<Option<String>>) -> Result<(), ServiceError> {
    let large = templates
        .iter()
        .find(|(_, template)| template.as_ref().is_some_and(|t| t.len() > MAX_TEMPLATE));
    match large {
        Some((content_type, _)) => Err(bad(format!(
            "The mapping template for {content_type} is larger than {MAX_TEMPLATE} bytes"
        ))),
        None => Ok(()),
    }
}

/// What must hold after a put and after an update.
pub(super) fn check(integration: &Integration, method: &Method) -> Result<(), ServiceError> {
    let uri = integration.uri.as_deref().unwrap_or_default();
    if integration.integration_type != IntegrationType::Mock {
        match &integration.http_method {
            Some(verb) => methods::check_verb(verb)?,
            None => return Err(bad("Enumeration value for HttpMethod must be non-empty")),
        }
    }
    match integration.integration_type {
        IntegrationType::Mock => {}
        IntegrationType::Http | IntegrationType::HttpProxy => check_url(uri)?,
        IntegrationType::Aws | IntegrationType::AwsProxy => check_arn(integration, uri)?,
    }
    let credentials = integration.credentials.as_deref().unwrap_or("arn:");
    if !credentials.starts_with("arn:") {
        return Err(bad("Invalid ARN specified in the request"));
    }
    let timeout = if integration.response_transfer_mode.as_deref() == Some("STREAM") {
        STREAM_TIMEOUT
    } else {
        TIMEOUT
    };
    if !timeout.contains(&integration.timeout_in_millis) {
        return Err(bad(format!(
            "Timeout should be between {} ms and {} ms",
            timeout.start(),
            timeout.end()
        )));
    }
    if integration.connection_type.as_deref() == Some("VPC_LINK")
        && integration.connection_id.is_none()
    {
        return Err(bad(
            "A connection of the type VPC_LINK needs a connectionId",
        ));
    }
    check_templates(&integration.request_templates)?;
    mapping::check_request(&integration.request_parameters, method)?;
    check_cache_keys(integration, method)
}

/// What tells cache entries apart must be a parameter that the method declares or the integration maps.
fn check_cache_keys(integration: &Integration, method: &Method) -> Result<(), ServiceError> {
    let declared = |key: &String| {
        let declared = method.request_parameters.as_ref();
        declared.is_some_and(|declared| declared.contains_key(key))
    };
    let mut keys = integration.cache_key_parameters.iter();
    match keys
        .find(|key| !declared(key) && !integration.request_parameters.contains_key(key.as_str()))
    {
        Some(_) => Err(bad("Invalid cache key parameter specified")),
        None => Ok(()),
    }
}

/// `http://` or `https://` and a host; stage variables may stand anywhere but in the protocol.
fn check_url(uri: &str) -> Result<(), ServiceError> {
    let host = uri
        .strip_prefix("http://")
        .or_else(|| uri.strip_prefix("https://"))
        .filter(|rest| !rest.is_empty() && !rest.starts_with('/') && !rest.contains(' '));
    match host {
        Some(_) => Ok(()),
        None => Err(bad("Invalid HTTP endpoint specified for URI")),
    }
}

/// `arn:{partition}:apigateway:{region}:{service}:{path|action}/{spec}`.
fn check_arn(integration: &Integration, uri: &str) -> Result<(), ServiceError> {
    let parts: Vec<&str> = uri.splitn(6, ':').collect();
    if !uri.starts_with("arn:") || parts.len() < 2 {
        return Err(bad("Invalid ARN specified in the request"));
    }
    let target = parts.get(5).copied().unwrap_or_default();
    if !(target.starts_with("path/") || target.starts_with("action/")) {
        return Err(bad("AWS ARN for integration must contain path or action"));
    }
    // `arn:aws:…` means another place in China, and a region has a certain form.
    let region = parts.get(3).copied().unwrap_or_default();
    if parts.get(2) != Some(&"apigateway")
        || !is_region(region)
        || parts.get(1) != Some(&partition(region))
    {
        return Err(bad("Invalid ARN specified in the request"));
    }
    // `{subdomain.}{service}`
    let service = parts.get(4).copied().unwrap_or_default();
    let service = service.rsplit('.').next().unwrap_or_default();
    let lambda = service == "lambda";
    if integration.integration_type == IntegrationType::AwsProxy && !lambda && service != "firehose"
    {
        return Err(bad(
            "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations.",
        ));
    }
    // These two texts are recalled, not recorded.
    if lambda && !(target.contains("/functions/") && target.contains("invocations")) {
        return Err(bad("Invalid function ARN or invalid uri"));
    }
    if !lambda && integration.credentials.is_none() {
        return Err(bad("Role ARN must be specified for AWS integrations"));
    }
    Ok(())
}

/// `us-east-1`, `us-gov-west-1`.
pub(super) fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let Some((number, words)) = parts.split_last() else {
        return false;
    };
    let word = |word: &&str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase());
    words.len() >= 2
        && words.iter().all(word)
        && !number.is_empty()
        && number.bytes().all(|b| b.is_ascii_digit())
}

pub(super) fn get(txn: &Txn<'_>, input: &Input) -> Answer {
    let (_, method) = methods::find(txn, input)?;
    answer(&find(&method)?)
}

pub(super) fn update(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let (resource, mut method) = methods::find(txn, input)?;
    let mut integration = find(&method)?;
    apply(&mut integration, &patch(input)?)?;
    if integration.cache_namespace.is_empty() {
        integration.cache_namespace.clone_from(&resource.id);
    }
    check(&integration, &method)?;
    check_role(&integration, &txn.deps.account)?;
    method.method_integration = Some(integration.clone());
    txn.put_method(text(input, "restapi_id"), &resource, method)?;
    answer(&integration)
}

pub(super) fn delete(txn: &mut Txn<'_>, input: &Input) -> Answer {
    let (resource, mut method) = methods::find(txn, input)?;
    find(&method)?;
    method.method_integration = None;
    txn.put_method(text(input, "restapi_id"), &resource, method)?;
    NOTHING
}

/// The method's integration.
pub(super) fn find(method: &Method) -> Result<Integration, ServiceError> {
    method
        .method_integration
        .clone()
        .ok_or_else(|| not_found(NO_INTEGRATION))
}
