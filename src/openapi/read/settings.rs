//! The API's own settings: `info` and the extensions at the document's root.

use serde_json::Value;

use super::{Reader, partition};
use crate::model::{GatewayResponse, GatewayResponseType, RequestValidator};
use crate::openapi::X;
use crate::openapi::document::{Object, member, scalar, texts};

/// The extensions at the root that are read here or elsewhere.
const KNOWN: [&str; 12] = [
    "api-key-source",
    "binary-media-types",
    "documentation",
    "endpoint-access-mode",
    "endpoint-configuration",
    "gateway-responses",
    "minimum-compression-size",
    "policy",
    "request-validator",
    "request-validators",
    "security-policy",
    "integrations",
];

impl Reader<'_> {
    pub(super) fn settings(&mut self) {
        let info = self.document.object("info");
        let text = |key| info.and_then(|info| member(info, key));
        let title = text("title").unwrap_or_default();
        if title.trim().is_empty() {
            self.fail("The document's info needs a title: it names the API");
        }
        let api = &mut self.import.definition.rest_api;
        api.name = title;
        api.version = text("version").filter(|version| !version.is_empty());
        api.description = text("description").filter(|text| !text.is_empty());
        api.binary_media_types = texts(self.document.get(&format!("{X}binary-media-types")));
        let root = |name: &str| member(self.document.root(), &format!("{X}{name}"));
        api.security_policy = root("security-policy");
        api.endpoint_access_mode = root("endpoint-access-mode");
        self.default_validator = root("request-validator");
        self.default_security = self.document.get("security");
        self.compression();
        self.api_key_source();
        self.policy();
        self.endpoint();
        let unknown: Vec<String> = self
            .document
            .root()
            .keys()
            .filter(|key| {
                key.strip_prefix(X)
                    .is_some_and(|name| !KNOWN.contains(&name))
            })
            .cloned()
            .collect();
        for key in unknown {
            self.warn(format!("Ignoring '{key}': REST APIs don't have it"));
        }
    }

    fn compression(&mut self) {
        let Some(value) = self.extension("minimum-compression-size") else {
            return;
        };
        match scalar(value).parse::<i64>() {
            Ok(size) => self.import.definition.rest_api.minimum_compression_size = Some(size),
            Err(_) => self.fail(format!(
                "Invalid minimum compression size '{}': it must be a number of bytes",
                scalar(value)
            )),
        }
    }

    fn api_key_source(&mut self) {
        let Some(value) = self.extension("api-key-source") else {
            return;
        };
        let source = scalar(value).to_ascii_uppercase();
        if ["HEADER", "AUTHORIZER"].contains(&source.as_str()) {
            self.import.definition.rest_api.api_key_source = source;
        } else {
            self.fail(format!(
                "Invalid API key source '{}': it must be HEADER or AUTHORIZER",
                scalar(value)
            ));
        }
    }

    fn policy(&mut self) {
        let policy = match self.extension("policy") {
            Some(Value::String(text)) => text.clone(),
            Some(value) => {
                let mut policy = value.clone();
                self.expand(&mut policy);
                policy.to_string()
            }
            None => return,
        };
        self.import.definition.rest_api.policy = Some(policy);
    }

    /// `execute-api:/…` stands for this API's own ARN. Source: `spec/rest/openapi.md` §3.
    fn expand(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                if let Some(rest) = text.strip_prefix("execute-api:/") {
                    *text = format!(
                        "arn:{}:execute-api:{}:{}:{}/{rest}",
                        partition(self.options.region),
                        self.options.region,
                        self.options.account,
                        self.options.api_id
                    );
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.expand(item)),
            Value::Object(members) => members.values_mut().for_each(|item| self.expand(item)),
            _ => {}
        }
    }

    /// OpenAPI 3 has the endpoint's configuration in its servers, Swagger at its root.
    fn endpoint(&mut self) {
        let key = format!("{X}endpoint-configuration");
        let in_servers = self.document.servers().iter().filter_map(|s| s.get(&key));
        let all: Vec<&Value> = self
            .document
            .get(&key)
            .into_iter()
            .chain(in_servers)
            .collect();
        for configuration in all {
            let ids = texts(configuration.get("vpcEndpointIds"));
            let endpoint = &mut self.import.definition.rest_api.endpoint_configuration;
            for id in ids {
                if !endpoint.vpc_endpoint_ids.contains(&id) {
                    endpoint.vpc_endpoint_ids.push(id);
                }
            }
            if let Some(address) = configuration.get("ipAddressType") {
                endpoint.ip_address_type = Some(scalar(address));
            }
            if let Some(disable) = configuration.get("disableExecuteApiEndpoint") {
                self.import.disable_execute_api_endpoint = Some(is_true(disable));
            }
        }
    }

    pub(super) fn validators(&mut self) {
        let validators = self.extension("request-validators");
        for (name, value) in validators.and_then(Value::as_object).into_iter().flatten() {
            let flag = |key| value.get(key).is_some_and(is_true);
            let validator = RequestValidator {
                id: name.clone(),
                name: Some(name.clone()),
                validate_request_body: flag("validateRequestBody"),
                validate_request_parameters: flag("validateRequestParameters"),
            };
            let validators = &mut self.import.definition.request_validators;
            validators.insert(name.clone(), validator);
        }
    }

    pub(super) fn gateway_responses(&mut self) {
        let responses = self.extension("gateway-responses");
        for (name, value) in responses.and_then(Value::as_object).into_iter().flatten() {
            let Some(of) = GatewayResponseType::named(name) else {
                self.fail(format!("Invalid gateway response type '{name}'"));
                continue;
            };
            let empty = Object::new();
            let value = value.as_object().unwrap_or(&empty);
            let defaults = GatewayResponse::default_of(of);
            let map = |key: &str| {
                let entries = value.get(key)?.as_object()?;
                Some(
                    entries
                        .iter()
                        .map(|(k, v)| (k.clone(), scalar(v)))
                        .collect(),
                )
            };
            let response = GatewayResponse {
                response_type: of,
                status_code: member(value, "statusCode").or(defaults.status_code),
                response_parameters: map("responseParameters").unwrap_or_default(),
                response_templates: map("responseTemplates").unwrap_or(defaults.response_templates),
                default_response: false,
            };
            let responses = &mut self.import.definition.gateway_responses;
            responses.insert(of, response);
        }
    }
}

/// `true`, or the text that YAML's and Terraform's authors make of it.
pub(super) fn is_true(value: &Value) -> bool {
    scalar(value).eq_ignore_ascii_case("true")
}
