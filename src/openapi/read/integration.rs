//! `x-amazon-apigateway-integration`.

use serde_json::Value;

use super::Reader;
use super::settings::is_true;
use crate::model::integration::TlsConfig;
use crate::model::{Integration, IntegrationResponse, IntegrationType, Map};
use crate::openapi::document::{Object, member, scalar, texts};

/// Milliseconds, unless given. Source: `spec/aws-recorded/FACTS.md` §5.
const TIMEOUT: i64 = 29_000;

/// Where an integration stands, for messages.
#[derive(Clone, Copy)]
struct At<'a> {
    path: &'a str,
    verb: &'a str,
}

impl Reader<'_> {
    pub(super) fn integration(
        &mut self,
        path: &str,
        verb: &str,
        given: &Object,
    ) -> Option<Integration> {
        let at = At { path, verb };
        let text = |key| member(given, key).filter(|text| !text.is_empty());
        let name = text("type").unwrap_or_default().to_ascii_uppercase();
        let Some(integration_type) = IntegrationType::ALL
            .into_iter()
            .find(|kind| kind.name() == name)
        else {
            self.fail(format!(
                "Unable to put integration on '{verb}' for resource at path '{path}': Enumeration value for IntegrationType must be non-empty"
            ));
            return None;
        };
        let over_http = matches!(
            integration_type,
            IntegrationType::Http | IntegrationType::HttpProxy
        );
        let keys = texts(given.get("cacheKeyParameters"));
        let tls = given.get("tlsConfig").and_then(Value::as_object);
        Some(Integration {
            integration_type,
            http_method: text("httpMethod").map(|verb| verb.to_ascii_uppercase()),
            uri: text("uri"),
            connection_type: text("connectionType")
                .map(|word| word.to_ascii_uppercase())
                .or_else(|| over_http.then(|| "INTERNET".to_owned())),
            connection_id: text("connectionId"),
            credentials: text("credentials"),
            request_parameters: self.parameters(at, "requestParameters", given),
            request_templates: templates(given.get("requestTemplates")).unwrap_or_default(),
            passthrough_behavior: self
                .word(at, "passthroughBehavior", given)
                .unwrap_or_default(),
            content_handling: self.word(at, "contentHandling", given),
            timeout_in_millis: self.timeout(at, given),
            cache_namespace: text("cacheNamespace").unwrap_or_default(),
            cache_key_parameters: keys,
            integration_responses: self.integration_responses(at, given),
            tls_config: tls.map(|tls| TlsConfig {
                insecure_skip_verification: tls
                    .get("insecureSkipVerification")
                    .is_some_and(is_true),
            }),
            response_transfer_mode: text("responseTransferMode")
                .map(|word| word.to_ascii_uppercase()),
            integration_target: text("integrationTarget"),
        })
    }

    fn timeout(&mut self, at: At<'_>, given: &Object) -> i64 {
        let Some(text) = member(given, "timeoutInMillis") else {
            return TIMEOUT;
        };
        text.parse().unwrap_or_else(|_| {
            self.unfit(at, "timeoutInMillis", "a number of milliseconds", &text);
            TIMEOUT
        })
    }

    /// A word of an enumeration, which files write in lower case.
    fn word<T: serde::de::DeserializeOwned>(
        &mut self,
        at: At<'_>,
        key: &str,
        given: &Object,
    ) -> Option<T> {
        let text = member(given, key).filter(|text| !text.is_empty())?;
        let word = serde_json::from_value(Value::from(text.to_ascii_uppercase())).ok();
        if word.is_none() {
            self.unfit(at, key, "one of the service's words", &text);
        }
        word
    }

    fn unfit(&mut self, at: At<'_>, key: &str, expected: &str, text: &str) {
        let At { path, verb } = at;
        self.warn(format!(
            "Invalid format for '{key}'. Expected {expected} for resource '{path}' and method '{verb}' but got '{text}'"
        ));
    }

    /// A map of texts; an entry of another type is passed over with the recorded warning.
    fn parameters(&mut self, at: At<'_>, key: &str, given: &Object) -> Map<String> {
        let At { path, verb } = at;
        let mut map = Map::default();
        let entries = given.get(key).and_then(Value::as_object);
        for (name, value) in entries.into_iter().flatten() {
            match value {
                Value::String(text) => {
                    map.insert(name.clone(), text.clone());
                }
                other => self.warn(format!(
                    "Invalid format for '{key}'. Expected type string for property '{name}' of resource '{path}' and method '{verb}' but got '{}'",
                    scalar(other)
                )),
            }
        }
        map
    }

    fn integration_responses(
        &mut self,
        at: At<'_>,
        given: &Object,
    ) -> Option<Map<IntegrationResponse>> {
        let entries = given.get("responses").and_then(Value::as_object)?;
        let mut responses: Map<IntegrationResponse> = Map::default();
        for (pattern, value) in entries {
            let empty = Object::new();
            let value = value.as_object().unwrap_or(&empty);
            // Recorded: `default` without a status leads to 200.
            let status = member(value, "statusCode").unwrap_or_else(|| "200".to_owned());
            let parameters = self.parameters(at, "responseParameters", value);
            let response = IntegrationResponse {
                status_code: status.clone(),
                selection_pattern: (pattern != "default").then(|| pattern.clone()),
                response_parameters: (!parameters.is_empty()).then_some(parameters),
                response_templates: templates(value.get("responseTemplates"))
                    .filter(|templates| !templates.is_empty()),
                content_handling: self.word(at, "contentHandling", value),
            };
            if responses.insert(status.clone(), response).is_some() {
                let At { path, verb } = at;
                self.warn(format!(
                    "Several integration responses of method '{verb}' of resource '{path}' lead to {status}: the last counts"
                ));
            }
        }
        (!responses.is_empty()).then_some(responses)
    }
}

/// Templates by content type; an empty one is kept as null, as everywhere.
fn templates(value: Option<&Value>) -> Option<Map<Option<String>>> {
    let entries = value?.as_object()?;
    let template = |value: &Value| match value {
        Value::Null => None,
        other => Some(scalar(other)).filter(|text| !text.is_empty()),
    };
    Some(
        entries
            .iter()
            .map(|(content_type, value)| (content_type.clone(), template(value)))
            .collect(),
    )
}
