//! An operation to a method.

use serde_json::Value;

use super::Reader;
use super::settings::is_true;
use crate::model::{Map, Method, MethodResponse};
use crate::openapi::X;
use crate::openapi::document::{Object, member, texts};

impl<'a> Reader<'a> {
    pub(super) fn method(
        &mut self,
        path: &str,
        verb: &str,
        item: &'a Object,
        operation: &'a Object,
    ) -> Option<Method> {
        let mut method = Method {
            http_method: verb.to_owned(),
            operation_name: member(operation, "operationId").filter(|name| !name.is_empty()),
            ..Method::default()
        };
        if !self.protect(path, operation, &mut method) {
            return None;
        }
        self.validator(path, operation, &mut method);
        self.parameters_of(path, item, operation, &mut method);
        if self.document.v3
            && let Some(body) = operation.get("requestBody")
        {
            let content = self.document.resolve(body).get("content");
            method.request_models = self.content(content);
        }
        method.method_responses = self.responses(path, verb, operation);
        let integration = operation.get(&format!("{X}integration"));
        method.method_integration = match integration.map(|value| self.document.resolve(value)) {
            Some(Value::Object(given)) => self.integration(path, verb, given),
            Some(_) => {
                self.fail(format!(
                    "Unable to put integration on '{verb}' for resource at path '{path}': it must be an object"
                ));
                None
            }
            None => None,
        };
        Some(method)
    }

    /// The validator that the operation names, else the document's.
    fn validator(&mut self, path: &str, operation: &Object, method: &mut Method) {
        let own = member(operation, &format!("{X}request-validator"));
        let Some(name) = own.or_else(|| self.default_validator.clone()) else {
            return;
        };
        if self
            .import
            .definition
            .request_validators
            .contains_key(&name)
        {
            method.request_validator_id = Some(name);
        } else {
            self.fail(format!(
                "Unable to put method '{}' on resource at path '{path}': Invalid Request Validator identifier specified: {name}",
                method.http_method
            ));
        }
    }

    /// The parameters of the operation, and those of its path item that it doesn't replace.
    fn parameters_of(
        &mut self,
        path: &str,
        item: &'a Object,
        operation: &'a Object,
        method: &mut Method,
    ) {
        let list = |object: &'a Object| -> Vec<&'a Object> {
            let all = object.get("parameters").and_then(Value::as_array);
            all.into_iter()
                .flatten()
                .filter_map(|parameter| self.document.resolve(parameter).as_object())
                .collect()
        };
        let own = list(operation);
        let same =
            |a: &Object, b: &Object| a.get("in") == b.get("in") && a.get("name") == b.get("name");
        let inherited = list(item)
            .into_iter()
            .filter(|shared| !own.iter().any(|parameter| same(parameter, shared)));
        let all: Vec<&Object> = inherited.chain(own.iter().copied()).collect();
        let mut parameters = Map::default();
        for parameter in all {
            let place = member(parameter, "in").unwrap_or_default();
            let name = member(parameter, "name").unwrap_or_default();
            let required = parameter.get("required").is_some_and(is_true);
            let (target, required) = match place.as_str() {
                "path" => ("path", true),
                "query" => ("querystring", required),
                "header" => ("header", required),
                "body" => {
                    method.request_models = self.body(operation, parameter);
                    continue;
                }
                other => {
                    self.warn(format!(
                        "Ignoring parameter '{name}' of method '{}' of resource '{path}': parameters in '{other}' are not supported",
                        method.http_method
                    ));
                    continue;
                }
            };
            parameters.insert(format!("method.request.{target}.{name}"), required);
        }
        method.request_parameters = (!parameters.is_empty()).then_some(parameters);
    }

    /// Swagger's body parameter: its model for each content type that is consumed.
    fn body(&mut self, operation: &Object, parameter: &'a Object) -> Option<Map<String>> {
        let model = self.model_of(parameter.get("schema")?)?;
        Some(self.for_each_type("consumes", operation, &model))
    }

    fn for_each_type(&self, key: &str, operation: &Object, model: &str) -> Map<String> {
        let own = texts(operation.get(key));
        let types = if own.is_empty() {
            texts(self.document.get(key))
        } else {
            own
        };
        if types.is_empty() {
            return [("application/json".to_owned(), model.to_owned())].into();
        }
        types.into_iter().map(|of| (of, model.to_owned())).collect()
    }

    /// OpenAPI 3's content: a model for each type that has a schema.
    fn content(&mut self, content: Option<&'a Value>) -> Option<Map<String>> {
        let mut models = Map::default();
        for (content_type, media) in content?.as_object()? {
            if let Some(model) = media.get("schema").and_then(|schema| self.model_of(schema)) {
                models.insert(content_type.clone(), model);
            }
        }
        (!models.is_empty()).then_some(models)
    }

    fn responses(
        &mut self,
        path: &str,
        verb: &str,
        operation: &'a Object,
    ) -> Option<Map<MethodResponse>> {
        let mut all = Map::default();
        let entries = operation.get("responses").and_then(Value::as_object);
        for (status, value) in entries.into_iter().flatten() {
            if status.starts_with("x-") {
                continue;
            }
            if status.len() != 3
                || !status.starts_with(['1', '2', '3', '4', '5'])
                || !status.bytes().all(|b| b.is_ascii_digit())
            {
                self.warn(format!(
                    "Ignoring response '{status}' of method '{verb}' of resource '{path}': a method response needs a status code"
                ));
                continue;
            }
            let Some(response) = self.document.resolve(value).as_object() else {
                self.warn(format!(
                    "Ignoring response '{status}' of method '{verb}' of resource '{path}': it must be an object"
                ));
                continue;
            };
            let response_models = if self.document.v3 {
                self.content(response.get("content"))
            } else {
                response
                    .get("schema")
                    .and_then(|schema| self.model_of(schema))
                    .map(|model| self.for_each_type("produces", operation, &model))
            };
            let headers: Map<bool> = response
                .get("headers")
                .and_then(Value::as_object)
                .into_iter()
                .flatten()
                .map(|(name, header)| {
                    let required = self.document.resolve(header).get("required");
                    (
                        format!("method.response.header.{name}"),
                        required.is_some_and(is_true),
                    )
                })
                .collect();
            let response = MethodResponse {
                status_code: status.clone(),
                response_parameters: (!headers.is_empty()).then_some(headers),
                response_models,
            };
            all.insert(status.clone(), response);
        }
        (!all.is_empty()).then_some(all)
    }
}
