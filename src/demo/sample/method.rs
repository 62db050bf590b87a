//! A method of the sample as one value, and the calls that make it.

use crate::aws::call::{PutIntegration, PutIntegrationResponse, PutMethod, PutMethodResponse};
use crate::aws::{Call, Id};
use crate::model::{IntegrationType, Map, PassthroughBehavior};

pub(super) const JSON: &str = "application/json";

/// What browsers on other origins may send; answered by [`Method::preflight`].
const ALLOWED_HEADERS: &str = "'Content-Type,X-Api-Key'";

/// A method: its request, its integration and its answers.
#[derive(Clone, Debug)]
pub(super) struct Method {
    request: PutMethod,
    integration: PutIntegration,
    answers: Vec<Answer>,
}

/// A method response with the integration response that leads to it.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    method: PutMethodResponse,
    integration: PutIntegrationResponse,
}

impl Method {
    fn new(verb: &str, kind: IntegrationType) -> Self {
        Self {
            request: PutMethod {
                http_method: verb.to_owned(),
                authorization_type: "NONE".to_owned(),
                api_key_required: Some(false),
                ..PutMethod::default()
            },
            integration: PutIntegration {
                http_method: verb.to_owned(),
                r#type: kind,
                ..PutIntegration::default()
            },
            answers: Vec::new(),
        }
    }

    /// Answered by the gateway itself.
    pub(super) fn mock(verb: &str) -> Self {
        let mut method = Self::new(verb, IntegrationType::Mock);
        let template = include_str!("../templates/mock.vtl").to_owned();
        method.integration.request_templates = [(JSON.to_owned(), template)].into();
        method
    }

    /// Answered by the shop, with mapping on the way there and back. `path` is the shop's.
    pub(super) fn http(verb: &str, path: &str) -> Self {
        let mut method = Self::new(verb, IntegrationType::Http);
        method.integration.passthrough_behavior = Some(PassthroughBehavior::WhenNoTemplates);
        method.towards(verb, path)
    }

    /// Answered by the shop, passed through as it is.
    pub(super) fn http_proxy(verb: &str, path: &str) -> Self {
        Self::new(verb, IntegrationType::HttpProxy).towards(verb, path)
    }

    /// The answer to a browser that asks what it may send.
    pub(super) fn preflight(verbs: &str) -> Self {
        let mut method = Self::mock("OPTIONS");
        let template = include_str!("../templates/preflight.vtl").to_owned();
        method.integration.request_templates = [(JSON.to_owned(), template)].into();
        method.answer(
            Answer::new("204")
                .header("Access-Control-Allow-Methods", &format!("'{verbs}'"))
                .header("Access-Control-Allow-Headers", ALLOWED_HEADERS)
                .header("Access-Control-Max-Age", "'600'"),
        )
    }

    fn towards(mut self, verb: &str, path: &str) -> Self {
        self.integration.integration_http_method = Some(verb.to_owned());
        self.integration.uri = Some(format!(
            "http://${{stageVariables.backend}}/${{stageVariables.release}}{path}"
        ));
        self
    }

    /// The name for generated clients.
    pub(super) fn named(mut self, name: &str) -> Self {
        self.request.operation_name = Some(name.to_owned());
        self
    }

    /// Callers need an API key.
    pub(super) fn key(mut self) -> Self {
        self.request.api_key_required = Some(true);
        self
    }

    /// Callers send a body of this model.
    pub(super) fn takes(mut self, model: &str) -> Self {
        self.request.request_models = [(JSON.to_owned(), model.to_owned())].into();
        self
    }

    /// The request's body is made by this template.
    pub(super) fn template(mut self, template: &str) -> Self {
        self.integration.request_templates = [(JSON.to_owned(), template.to_owned())].into();
        self
    }

    /// Passes a parameter of the request on: `path.petId` as `path.petId`, `querystring.type` as `querystring.kind`.
    pub(super) fn passes(mut self, from: &str, to: &str) -> Self {
        let source = format!("method.request.{from}");
        let required = from.starts_with("path.");
        self.request
            .request_parameters
            .insert(source.clone(), required);
        self.sends(to, &source)
    }

    /// Sends this along: a header or a query parameter with a source expression.
    pub(super) fn sends(mut self, to: &str, source: &str) -> Self {
        let target = format!("integration.request.{to}");
        self.integration
            .request_parameters
            .insert(target, source.to_owned());
        self
    }

    /// Adds an answer, open to browsers on other origins.
    pub(super) fn answer(mut self, answer: Answer) -> Self {
        self.answers
            .push(answer.header("Access-Control-Allow-Origin", "'*'"));
        self
    }

    /// The shop's refusals of a request: 400 and 404, with words of ours.
    pub(super) fn refusals(self, statuses: &[&'static str]) -> Self {
        statuses.iter().fold(self, |method, status| {
            method.answer(Answer::error(status).when(status))
        })
    }

    /// When the shop is out of order.
    pub(super) fn out_of_order(self) -> Self {
        self.answer(
            Answer::error("503")
                .when("5\\d{2}")
                .header("Retry-After", "'1'"),
        )
    }

    /// The calls that make it, in their order.
    pub(super) fn calls(mut self, api: &Id, resource: &Id) -> Vec<Call> {
        let verb = self.request.http_method.clone();
        self.request.rest_api_id = api.clone();
        self.request.resource_id = resource.clone();
        self.integration.rest_api_id = api.clone();
        self.integration.resource_id = resource.clone();
        let mut calls: Vec<Call> = vec![self.request.into(), self.integration.into()];
        for answer in self.answers {
            calls.extend(answer.calls(api, resource, &verb));
        }
        calls
    }
}

impl Answer {
    /// What the method answers unless another answer is chosen.
    pub(super) fn new(status: &str) -> Self {
        Self {
            method: PutMethodResponse {
                status_code: status.to_owned(),
                ..PutMethodResponse::default()
            },
            integration: PutIntegrationResponse {
                status_code: status.to_owned(),
                ..PutIntegrationResponse::default()
            },
        }
    }

    /// An error with its message.
    pub(super) fn error(status: &str) -> Self {
        Self::new(status).body("Error", include_str!("../templates/error.vtl"))
    }

    /// Chosen when the shop's status matches.
    pub(super) fn when(mut self, pattern: &str) -> Self {
        self.integration.selection_pattern = Some(pattern.to_owned());
        self
    }

    /// A JSON body of this model, made by this template.
    pub(super) fn body(mut self, model: &str, template: &str) -> Self {
        self.method.response_models = [(JSON.to_owned(), model.to_owned())].into();
        self.template(JSON, template)
    }

    /// A body made by this template.
    pub(super) fn template(mut self, content_type: &str, template: &str) -> Self {
        let template = (content_type.to_owned(), template.to_owned());
        self.integration.response_templates = [template].into();
        self
    }

    /// A header with a source expression.
    pub(super) fn header(mut self, name: &str, source: &str) -> Self {
        let name = format!("method.response.header.{name}");
        self.method.response_parameters.insert(name.clone(), false);
        self.integration
            .response_parameters
            .insert(name, source.to_owned());
        self
    }

    /// The calls that add it to a method.
    pub(super) fn calls(mut self, api: &Id, resource: &Id, verb: &str) -> [Call; 2] {
        self.method.rest_api_id = api.clone();
        self.method.resource_id = resource.clone();
        verb.clone_into(&mut self.method.http_method);
        self.integration.rest_api_id = api.clone();
        self.integration.resource_id = resource.clone();
        verb.clone_into(&mut self.integration.http_method);
        [self.method.into(), self.integration.into()]
    }
}

/// A map of one text.
pub(super) fn one(name: &str, value: &str) -> Map<String> {
    [(name.to_owned(), value.to_owned())].into()
}
