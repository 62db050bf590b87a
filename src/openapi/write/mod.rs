//! A definition to a document, as `GetExport` writes it.
//!
//! Source: `spec/rest/openapi.md` §4, `spec/aws-recorded/FACTS.md` §19. The order of members is the recorded one where there is one.

mod documentation;
mod integration;
mod operation;
mod security;

use serde_json::{Map, Value, json};

pub use documentation::Documented;

use self::documentation::Texts;
use super::X;
use crate::model::{Definition, DocumentationPart, Method, Resource};

type Object = Map<String, Value>;

/// The version of a document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// `oas30`: OpenAPI 3.0.1.
    #[default]
    Oas30,
    /// `swagger`: Swagger 2.0.
    Swagger,
}

impl Format {
    /// The export type's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Oas30 => "oas30",
            Self::Swagger => "swagger",
        }
    }

    /// The format of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "oas30" => Some(Self::Oas30),
            "swagger" => Some(Self::Swagger),
            _ => None,
        }
    }
}

/// Which extensions a document gets. Without any it is plain OpenAPI.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extensions {
    /// Integrations, request validators and the API's settings.
    pub integrations: bool,
    /// Authorizers.
    pub authorizers: bool,
    /// What Postman reads.
    pub postman: bool,
    /// The documentation parts as they are, besides what of them fits into the document.
    pub documentation: bool,
}

impl Extensions {
    /// All that a gateway needs to be what it was.
    pub const GATEWAY: Self = Self {
        integrations: true,
        authorizers: true,
        postman: false,
        documentation: true,
    };

    /// The extensions of a list as the service takes it, `integrations,authorizers`; the first name that it doesn't know otherwise.
    pub fn named(list: &str) -> Result<Self, String> {
        let mut all = Self::default();
        for name in list
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
        {
            match name {
                // "integration + all gateway extensions".
                "apigateway" => {
                    all = Self {
                        postman: all.postman,
                        ..Self::GATEWAY
                    };
                }
                "integrations" | "validators" => all.integrations = true,
                "authorizers" => all.authorizers = true,
                "postman" => all.postman = true,
                "documentation" => all.documentation = true,
                other => return Err(other.to_owned()),
            }
        }
        Ok(all)
    }
}

/// How a document is written.
#[derive(Clone, Copy, Debug, Default)]
pub struct WriteOptions<'a> {
    /// Its version.
    pub format: Format,
    /// Its extensions.
    pub extensions: Extensions,
    /// Where the API is served: `{api}.execute-api.{region}.amazonaws.com`.
    pub host: &'a str,
    /// The stage.
    pub stage: &'a str,
    /// What stands for the version of an API that has none.
    pub version: &'a str,
    /// The documentation of the stage, if it has one.
    pub documentation: Option<Documented<'a>>,
}

/// Why a definition can't be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// A document describes bodies by JSON Schema only.
    #[error("Only found non-JSON body models for {0}")]
    NoJsonModel(String),
}

/// The document of a definition.
pub fn write(definition: &Definition, options: &WriteOptions<'_>) -> Result<Value, WriteError> {
    let parts: &[DocumentationPart] = options.documentation.map_or(&[], |held| held.parts);
    let writer = Writer {
        definition,
        options: *options,
        texts: Texts::new(parts),
    };
    writer.document()
}

struct Writer<'a> {
    definition: &'a Definition,
    options: WriteOptions<'a>,
    texts: Texts,
}

/// Where in the document a method stands.
#[derive(Clone, Copy)]
struct At<'a> {
    resource: &'a Resource,
    method: &'a Method,
}

/// The order of a path item's operations (recorded: get, post, options).
const ORDER: [(&str, &str); 8] = [
    ("GET", "get"),
    ("HEAD", "head"),
    ("POST", "post"),
    ("PUT", "put"),
    ("DELETE", "delete"),
    ("OPTIONS", "options"),
    ("PATCH", "patch"),
    ("ANY", "x-amazon-apigateway-any-method"),
];

impl Writer<'_> {
    fn v3(&self) -> bool {
        self.options.format == Format::Oas30
    }

    fn document(&self) -> Result<Value, WriteError> {
        let mut root = Object::new();
        if self.v3() {
            root.insert("openapi".to_owned(), json!("3.0.1"));
        } else {
            root.insert("swagger".to_owned(), json!("2.0"));
        }
        let about = self.texts.at("API", "", "", "", "");
        root.insert("info".to_owned(), self.info(&about));
        documentation::fill(&mut root, &about, &["tags", "externalDocs"]);
        if self.v3() {
            root.insert("servers".to_owned(), json!([self.server()]));
        } else {
            root.insert("host".to_owned(), json!(self.options.host));
            root.insert(
                "basePath".to_owned(),
                json!(format!("/{}", self.options.stage)),
            );
            root.insert("schemes".to_owned(), json!(["https"]));
        }
        root.insert("paths".to_owned(), self.paths()?);
        let schemas = self.schemas();
        let security = self.security_schemes();
        if self.v3() {
            let mut components = Object::new();
            put(&mut components, "schemas", schemas);
            put(&mut components, "securitySchemes", security);
            root.insert("components".to_owned(), components.into());
        } else {
            put(&mut root, "securityDefinitions", security);
            put(&mut root, "definitions", schemas);
        }
        if self.options.extensions.integrations {
            self.settings(&mut root);
        }
        if self.options.extensions.documentation
            && let Some(held) = self.options.documentation
        {
            root.insert(format!("{X}documentation"), held.extension());
        }
        Ok(root.into())
    }

    fn info(&self, about: &Object) -> Value {
        let api = &self.definition.rest_api;
        let mut info = Object::new();
        let description = api.description.clone().map(Value::from);
        let version = api.version.as_deref().unwrap_or(self.options.version);
        let version = Value::from(version);
        // The order is recorded, and differs.
        let members = if self.v3() {
            [
                ("title", Some(Value::from(api.name.as_str()))),
                ("description", description),
                ("version", Some(version)),
            ]
        } else {
            [
                ("description", description),
                ("version", Some(version)),
                ("title", Some(Value::from(api.name.as_str()))),
            ]
        };
        for (key, value) in members {
            if let Some(value) = value {
                info.insert(key.to_owned(), value);
            }
        }
        if let Some(Value::Object(texts)) = about.get("info") {
            let keys = ["description", "termsOfService", "contact", "license"];
            documentation::fill(&mut info, texts, &keys);
        }
        documentation::fill(&mut info, about, &["description"]);
        info.into()
    }

    fn server(&self) -> Value {
        let mut server = Object::new();
        let url = format!("https://{}/{{basePath}}", self.options.host);
        server.insert("url".to_owned(), url.into());
        let stage = self.options.stage;
        server.insert(
            "variables".to_owned(),
            json!({"basePath": {"default": stage}}),
        );
        if self.options.extensions.integrations {
            put(
                &mut server,
                &format!("{X}endpoint-configuration"),
                self.endpoint(),
            );
        }
        server.into()
    }

    /// What of the endpoint's configuration travels; its type doesn't.
    fn endpoint(&self) -> Object {
        let api = &self.definition.rest_api;
        let mut endpoint = Object::new();
        let ids = &api.endpoint_configuration.vpc_endpoint_ids;
        if !ids.is_empty() {
            endpoint.insert("vpcEndpointIds".to_owned(), json!(ids));
        }
        if api.disable_execute_api_endpoint {
            endpoint.insert("disableExecuteApiEndpoint".to_owned(), json!(true));
        }
        endpoint
    }

    fn paths(&self) -> Result<Value, WriteError> {
        let mut resources: Vec<&Resource> = self.definition.resources.values().collect();
        resources.sort_by(|a, b| a.path.cmp(&b.path));
        let mut paths = Object::new();
        for resource in resources {
            // Resources without methods show in the paths of others, and a leaf without any on its own.
            let leaf = !self
                .definition
                .resources
                .values()
                .any(|other| other.parent_id.as_ref() == Some(&resource.id));
            let empty = resource.resource_methods.is_empty();
            if empty && (!leaf || resource.parent_id.is_none()) {
                continue;
            }
            let mut item = Object::new();
            if self.v3() {
                let texts = self.texts.at("RESOURCE", &resource.path, "", "", "");
                documentation::fill(&mut item, &texts, &["summary", "description"]);
            }
            for (verb, key) in ORDER {
                if let Some(method) = resource.resource_methods.get(verb) {
                    let operation = self.operation(At { resource, method })?;
                    item.insert(key.to_owned(), operation);
                }
            }
            paths.insert(resource.path.clone(), item.into());
        }
        Ok(paths.into())
    }

    fn schemas(&self) -> Object {
        let mut schemas = Object::new();
        for (name, model) in &self.definition.models {
            let text = model.schema.as_deref().unwrap_or_default();
            let Ok(mut schema) = serde_json::from_str::<Value>(text) else {
                continue;
            };
            self.localize(&mut schema);
            if let Value::Object(members) = &mut schema {
                if let Some(description) = &model.description
                    && !members.contains_key("description")
                {
                    let description = description.as_str().into();
                    members.insert("description".to_owned(), description);
                }
                let texts = self.texts.at("MODEL", "", "", "", name);
                let keys = ["title", "description", "externalDocs", "example"];
                documentation::fill(members, &texts, &keys);
            }
            schemas.insert(name.clone(), schema);
        }
        schemas
    }

    /// Makes references to models references within the document.
    fn localize(&self, value: &mut Value) {
        match value {
            Value::Object(members) => {
                for (key, member) in members {
                    match member {
                        Value::String(reference) if key == "$ref" => {
                            if let Some((_, name)) = reference.rsplit_once("/models/") {
                                *reference = self.model(name);
                            }
                        }
                        member => self.localize(member),
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.localize(item)),
            _ => {}
        }
    }

    fn model(&self, name: &str) -> String {
        let place = if self.v3() {
            "components/schemas"
        } else {
            "definitions"
        };
        format!("#/{place}/{name}")
    }

    /// The extensions at the root.
    fn settings(&self, root: &mut Object) {
        let api = &self.definition.rest_api;
        let mut set = |name: &str, value: Value| {
            root.insert(format!("{X}{name}"), value);
        };
        if !self.v3() {
            let endpoint = self.endpoint();
            if !endpoint.is_empty() {
                set("endpoint-configuration", endpoint.into());
            }
        }
        if api.api_key_source == "AUTHORIZER" {
            set("api-key-source", json!(api.api_key_source));
        }
        if let Some(policy) = &api.policy {
            let policy = serde_json::from_str(policy).unwrap_or_else(|_| json!(policy));
            set("policy", policy);
        }
        if let Some(size) = api.minimum_compression_size {
            set("minimum-compression-size", json!(size));
        }
        if let Some(policy) = &api.security_policy {
            set("security-policy", json!(policy));
        }
        if let Some(mode) = &api.endpoint_access_mode {
            set("endpoint-access-mode", json!(mode));
        }
        let mut responses = Object::new();
        for (of, response) in &self.definition.gateway_responses {
            let mut members = Object::new();
            if let Some(status) = &response.status_code {
                let number = status.parse::<u16>();
                let status = number.map_or_else(|_| json!(status), |number| json!(number));
                members.insert("statusCode".to_owned(), status);
            }
            if !response.response_parameters.is_empty() {
                let parameters = json!(response.response_parameters);
                members.insert("responseParameters".to_owned(), parameters);
            }
            let templates = json!(response.response_templates);
            members.insert("responseTemplates".to_owned(), templates);
            responses.insert(of.name().to_owned(), members.into());
        }
        if !responses.is_empty() {
            set("gateway-responses", responses.into());
        }
        let mut validators = Object::new();
        for validator in self.definition.request_validators.values() {
            let name = validator.name.as_ref().unwrap_or(&validator.id);
            let flags = json!({
                "validateRequestParameters": validator.validate_request_parameters,
                "validateRequestBody": validator.validate_request_body,
            });
            validators.insert(name.clone(), flags);
        }
        if !validators.is_empty() {
            // Ids differ between APIs, names don't.
            validators.sort_keys();
            set("request-validators", validators.into());
        }
        if !api.binary_media_types.is_empty() {
            set("binary-media-types", json!(api.binary_media_types));
        }
    }
}

/// Puts an object that isn't empty.
fn put(into: &mut Object, key: &str, value: Object) {
    if !value.is_empty() {
        into.insert(key.to_owned(), value.into());
    }
}
