//! A method to an operation.

use serde_json::{Value, json};

use super::{At, Object, WriteError, Writer, documentation, put};
use crate::model::{Map, MethodResponse};
use crate::openapi::X;

impl Writer<'_> {
    pub(super) fn operation(&self, at: At<'_>) -> Result<Value, WriteError> {
        let method = at.method;
        let mut operation = Object::new();
        let texts = self.about("METHOD", at, "", "");
        let keys = [
            "tags",
            "summary",
            "description",
            "externalDocs",
            "deprecated",
        ];
        documentation::fill(&mut operation, &texts, &keys);
        if let Some(name) = &method.operation_name {
            operation.insert("operationId".to_owned(), json!(name));
        }
        let body = self.body_models(at)?;
        if !self.v3() {
            list(&mut operation, "consumes", Self::consumed(at));
            list(&mut operation, "produces", Self::produced(at));
        }
        let mut parameters = self.parameters(at);
        if !self.v3()
            && let Some((_, model)) = body.first()
        {
            let mut parameter = Object::new();
            parameter.insert("in".to_owned(), json!("body"));
            parameter.insert("name".to_owned(), json!(model));
            let texts = self.about("REQUEST_BODY", at, "", "");
            documentation::fill(&mut parameter, &texts, &["description"]);
            parameter.insert("required".to_owned(), json!(true));
            parameter.insert("schema".to_owned(), json!({"$ref": self.model(model)}));
            parameters.push(parameter.into());
        }
        if !parameters.is_empty() {
            operation.insert("parameters".to_owned(), parameters.into());
        }
        if self.v3() && !body.is_empty() {
            let mut request = Object::new();
            let texts = self.about("REQUEST_BODY", at, "", "");
            documentation::fill(&mut request, &texts, &["description"]);
            request.insert("content".to_owned(), self.content(&body));
            request.insert("required".to_owned(), json!(true));
            operation.insert("requestBody".to_owned(), request.into());
        }
        let mut responses = Object::new();
        for (status, response) in method.method_responses.iter().flatten() {
            responses.insert(status.clone(), self.response(at, response));
        }
        // The recordings have one response each; by status is what a reader expects.
        responses.sort_keys();
        operation.insert("responses".to_owned(), responses.into());
        let security = self.security(method);
        if !security.is_empty() {
            operation.insert("security".to_owned(), security.into());
        }
        if self.options.extensions.integrations {
            self.extensions(at, &mut operation);
        }
        Ok(operation.into())
    }

    fn extensions(&self, at: At<'_>, operation: &mut Object) {
        if let Some(id) = &at.method.request_validator_id {
            let held = self.definition.request_validators.get(id);
            let name = held.and_then(|validator| validator.name.as_ref());
            let name = name.unwrap_or(id);
            operation.insert(format!("{X}request-validator"), json!(name));
        }
        if let Some(integration) = &at.method.method_integration {
            let written = self.integration(at.resource, integration);
            put(operation, &format!("{X}integration"), written);
        }
    }

    fn about(&self, of: &str, at: At<'_>, status: &str, name: &str) -> Object {
        let verb = at.method.http_method.as_str();
        self.texts.at(of, &at.resource.path, verb, status, name)
    }

    /// The request's models by content type, without those that no schema describes.
    fn body_models(&self, at: At<'_>) -> Result<Vec<(String, String)>, WriteError> {
        let Some(models) = &at.method.request_models else {
            return Ok(Vec::new());
        };
        let described: Vec<(String, String)> = models
            .iter()
            .filter(|(_, name)| {
                let model = self.definition.models.get(*name);
                model.is_none_or(|model| model.content_type.ends_with("json"))
            })
            .map(|(content_type, name)| (content_type.clone(), name.clone()))
            .collect();
        if described.is_empty() && !models.is_empty() {
            let at = format!("{} {}", at.method.http_method, at.resource.path);
            return Err(WriteError::NoJsonModel(at));
        }
        Ok(described)
    }

    /// Swagger's `consumes`: where there is a body model or a request template (inferred from the recordings).
    fn consumed(at: At<'_>) -> Vec<String> {
        let models = at.method.request_models.iter().flatten().map(|(k, _)| k);
        let templates = at
            .method
            .method_integration
            .iter()
            .flat_map(|integration| integration.request_templates.keys());
        distinct(models.chain(templates))
    }

    /// Swagger's `produces`: the types of response models and response templates.
    fn produced(at: At<'_>) -> Vec<String> {
        let responses = at.method.method_responses.iter().flatten();
        let models =
            responses.flat_map(|(_, r)| r.response_models.iter().flatten().map(|(k, _)| k));
        let templates = at
            .method
            .method_integration
            .iter()
            .flat_map(|integration| integration.integration_responses.iter().flatten())
            .flat_map(|(_, r)| r.response_templates.iter().flatten().map(|(k, _)| k));
        distinct(models.chain(templates))
    }

    fn parameters(&self, at: At<'_>) -> Vec<Value> {
        let mut all = Vec::new();
        for (key, required) in at.method.request_parameters.iter().flatten() {
            let Some((place, name)) = key
                .strip_prefix("method.request.")
                .and_then(|rest| rest.split_once('.'))
            else {
                continue;
            };
            let (place, part) = match place {
                "path" => ("path", "PATH_PARAMETER"),
                "querystring" => ("query", "QUERY_PARAMETER"),
                _ => ("header", "REQUEST_HEADER"),
            };
            let mut parameter = Object::new();
            parameter.insert("name".to_owned(), json!(name));
            parameter.insert("in".to_owned(), json!(place));
            let texts = self.about(part, at, "", name);
            documentation::fill(&mut parameter, &texts, &["description"]);
            if self.v3() {
                if *required {
                    parameter.insert("required".to_owned(), json!(true));
                }
                parameter.insert("schema".to_owned(), json!({"type": "string"}));
            } else {
                parameter.insert("required".to_owned(), json!(required));
                parameter.insert("type".to_owned(), json!("string"));
            }
            all.push(parameter.into());
        }
        all
    }

    fn response(&self, at: At<'_>, response: &MethodResponse) -> Value {
        let status = response.status_code.as_str();
        let mut members = Object::new();
        let texts = self.about("RESPONSE", at, status, "");
        documentation::fill(&mut members, &texts, &["description"]);
        members
            .entry("description")
            .or_insert_with(|| json!(format!("{status} response")));
        let models: Vec<(String, String)> = response
            .response_models
            .iter()
            .flatten()
            .map(|(content_type, name)| (content_type.clone(), name.clone()))
            .collect();
        if !self.v3()
            && let Some((_, model)) = models.first()
        {
            members.insert("schema".to_owned(), json!({"$ref": self.model(model)}));
        }
        let parameters = response.response_parameters.as_ref();
        put(
            &mut members,
            "headers",
            self.headers(at, status, parameters),
        );
        if self.v3() {
            members.insert("content".to_owned(), self.content(&models));
        }
        members.into()
    }

    fn headers(&self, at: At<'_>, status: &str, parameters: Option<&Map<bool>>) -> Object {
        let mut headers = Object::new();
        for (key, required) in parameters.into_iter().flatten() {
            let Some(name) = key.strip_prefix("method.response.header.") else {
                continue;
            };
            let mut header = Object::new();
            let texts = self.about("RESPONSE_HEADER", at, status, name);
            documentation::fill(&mut header, &texts, &["description"]);
            if self.v3() {
                if *required {
                    header.insert("required".to_owned(), json!(true));
                }
                header.insert("schema".to_owned(), json!({"type": "string"}));
            } else {
                header.insert("type".to_owned(), json!("string"));
            }
            headers.insert(name.to_owned(), header.into());
        }
        headers
    }

    fn content(&self, models: &[(String, String)]) -> Value {
        let mut content = Object::new();
        for (content_type, model) in models {
            let schema = json!({"schema": {"$ref": self.model(model)}});
            content.insert(content_type.clone(), schema);
        }
        content.into()
    }
}

fn distinct<'s>(all: impl Iterator<Item = &'s String>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for one in all {
        if !found.contains(one) {
            found.push(one.clone());
        }
    }
    found
}

fn list(into: &mut Object, key: &str, all: Vec<String>) {
    if !all.is_empty() {
        into.insert(key.to_owned(), all.into());
    }
}
