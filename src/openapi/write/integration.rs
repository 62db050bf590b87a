//! `x-amazon-apigateway-integration`.

use serde::Serialize;
use serde_json::{Value, json};

use super::{Object, Writer, put};
use crate::model::{Integration, IntegrationType, Map, Resource};

/// Milliseconds that aren't written, since they are the default.
const TIMEOUT: i64 = 29_000;

impl Writer<'_> {
    /// Members at their defaults are left out, and Swagger begins with the type where OpenAPI 3 ends with it (recorded).
    pub(super) fn integration(&self, resource: &Resource, integration: &Integration) -> Object {
        let mut members = Object::new();
        let kind = integration.integration_type.name().to_ascii_lowercase();
        if !self.v3() {
            members.insert("type".to_owned(), json!(kind));
        }
        let mut text = |key: &str, value: &Option<String>| {
            if let Some(value) = value {
                members.insert(key.to_owned(), json!(value));
            }
        };
        text("credentials", &integration.credentials);
        text("httpMethod", &integration.http_method);
        text("uri", &integration.uri);
        put(&mut members, "responses", responses(integration));
        if !integration.request_parameters.is_empty() {
            let parameters = json!(integration.request_parameters);
            members.insert("requestParameters".to_owned(), parameters);
        }
        let request_templates = templates(&integration.request_templates);
        put(&mut members, "requestTemplates", request_templates);
        let behavior = word(&integration.passthrough_behavior).to_ascii_lowercase();
        members.insert("passthroughBehavior".to_owned(), json!(behavior));
        let over_http = matches!(
            integration.integration_type,
            IntegrationType::Http | IntegrationType::HttpProxy
        );
        let connection = integration.connection_type.as_deref();
        if let Some(connection) = connection.filter(|c| *c != "INTERNET" || !over_http) {
            members.insert("connectionType".to_owned(), json!(connection));
        }
        let mut text = |key: &str, value: &Option<String>| {
            if let Some(value) = value {
                members.insert(key.to_owned(), json!(value));
            }
        };
        text("connectionId", &integration.connection_id);
        text("integrationTarget", &integration.integration_target);
        if integration.cache_namespace != resource.id && !integration.cache_namespace.is_empty() {
            let namespace = json!(integration.cache_namespace);
            members.insert("cacheNamespace".to_owned(), namespace);
        }
        if !integration.cache_key_parameters.is_empty() {
            let keys = json!(integration.cache_key_parameters);
            members.insert("cacheKeyParameters".to_owned(), keys);
        }
        if let Some(handling) = &integration.content_handling {
            members.insert("contentHandling".to_owned(), json!(handling));
        }
        if integration.timeout_in_millis != TIMEOUT {
            let timeout = json!(integration.timeout_in_millis);
            members.insert("timeoutInMillis".to_owned(), timeout);
        }
        if let Some(tls) = &integration.tls_config {
            members.insert("tlsConfig".to_owned(), json!(tls));
        }
        if let Some(mode) = &integration.response_transfer_mode {
            members.insert("responseTransferMode".to_owned(), json!(mode));
        }
        if self.v3() {
            members.insert("type".to_owned(), json!(kind));
        }
        members
    }
}

/// Integration responses by pattern. A second one without a pattern has no place in a document: the first stands.
fn responses(integration: &Integration) -> Object {
    let mut all = Object::new();
    for response in integration.integration_responses.iter().flatten() {
        let (_, response) = response;
        let pattern = response.selection_pattern.as_deref().unwrap_or_default();
        let key = if pattern.is_empty() {
            "default"
        } else {
            pattern
        };
        let mut members = Object::new();
        members.insert("statusCode".to_owned(), json!(response.status_code));
        if let Some(parameters) = &response.response_parameters
            && !parameters.is_empty()
        {
            members.insert("responseParameters".to_owned(), json!(parameters));
        }
        if let Some(held) = &response.response_templates {
            put(&mut members, "responseTemplates", templates(held));
        }
        if let Some(handling) = &response.content_handling {
            members.insert("contentHandling".to_owned(), json!(handling));
        }
        all.entry(key).or_insert_with(|| members.into());
    }
    all
}

/// Templates by content type; one that passes the body as it is is an empty text.
fn templates(held: &Map<Option<String>>) -> Object {
    let text = |template: &Option<String>| Value::from(template.clone().unwrap_or_default());
    held.iter()
        .map(|(content_type, template)| (content_type.clone(), text(template)))
        .collect()
}

/// The name on the wire.
fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word,
        _ => String::new(),
    }
}
