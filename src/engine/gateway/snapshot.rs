//! A deployment, compiled: what requests read instead of the definition. Immutable, shared by all stages that serve it.

use std::time::Duration;

use fancy_regex::Regex;
use http::HeaderName;

use super::authorize::{Authorization, Protection};
use super::authorizer::{self, Authorizers};
use super::cache::KeyParts;
use super::content::BinaryTypes;
use super::headers::{self, Fate};
use super::lambda::LambdaUri;
use super::mapping::Mappings;
use super::mock;
use super::ready::Ready;
use super::record::What;
use super::response_table::ResponseTable;
use super::schema::Schemas;
use super::source::Source;
use super::unserved::SERVICES;
use super::uri::UriTemplate;
use super::validate::Validation;
use crate::model::{
    self, ContentHandling, Definition, IntegrationType, Map, PassthroughBehavior, PathTemplate,
    RouteTree,
};

/// A compiled deployment.
#[derive(Debug)]
pub(crate) struct Deployment {
    pub(crate) id: Box<str>,
    pub(crate) api_name: Box<str>,
    pub(crate) tree: RouteTree,
    pub(crate) methods: Vec<Method>,
    pub(crate) responses: ResponseTable,
    pub(crate) binary: BinaryTypes,
    /// The size in bytes from which bodies are compressed; nothing turns compression off.
    pub(crate) compression: Option<usize>,
    /// How long a streamed answer may pause.
    pub(crate) longest_pause: Duration,
    /// The longest URL, in bytes.
    pub(crate) longest_url: usize,
    /// Whether the `execute-api` address is off.
    pub(crate) endpoint_disabled: bool,
    /// What protects the API as a whole.
    pub(crate) protection: Protection,
    pub(crate) authorizers: Authorizers,
    /// Whether authorizers give the API key of a request, rather than its header.
    pub(crate) authorizers_give_keys: bool,
    /// `EDGE`, `REGIONAL`, `PRIVATE`.
    pub(crate) endpoint_type: Box<str>,
}

impl Deployment {
    pub(crate) fn compile(id: &str, definition: &Definition) -> Self {
        let mut tree = RouteTree::default();
        let mut methods = Vec::new();
        let mut schemas = Schemas::new(definition);
        let authorizers = authorizer::compile(definition);
        for (resource, method) in definition.methods() {
            tree.insert(&resource.path, &method.http_method, methods.len());
            let mut compiled = Method::compile(resource, method, &mut schemas);
            compiled.authorization = Authorization::compile(method, &authorizers);
            methods.push(compiled);
        }
        Self {
            id: id.into(),
            api_name: definition.rest_api.name.as_str().into(),
            tree,
            methods,
            responses: ResponseTable::compile(&definition.gateway_responses),
            binary: BinaryTypes::compile(&definition.rest_api.binary_media_types),
            compression: definition
                .rest_api
                .minimum_compression_size
                .and_then(|size| usize::try_from(size).ok()),
            longest_pause: longest_pause(definition),
            longest_url: longest_url(definition),
            endpoint_disabled: definition.rest_api.disable_execute_api_endpoint,
            protection: Protection::compile(&definition.rest_api),
            authorizers,
            authorizers_give_keys: definition.rest_api.api_key_source == "AUTHORIZER",
            endpoint_type: definition
                .rest_api
                .endpoint_configuration
                .types
                .first()
                .map_or("EDGE", String::as_str)
                .into(),
        }
    }
}

/// How long the answer of an integration in the mode `STREAM` may pause: 30 seconds at edge-optimized endpoints, else five minutes
/// (`spec/rest/integrations.md` §9).
fn longest_pause(definition: &Definition) -> Duration {
    let types = &definition.rest_api.endpoint_configuration.types;
    let edge = types.iter().any(|kind| kind == "EDGE");
    Duration::from_secs(if edge { 30 } else { 300 })
}

/// How long a URL may be: edge-optimized and private endpoints take less (`spec/rest/resources-methods.md` §5).
fn longest_url(definition: &Definition) -> usize {
    let types = &definition.rest_api.endpoint_configuration.types;
    let regional = types.iter().any(|kind| kind == "REGIONAL");
    if regional { 10_240 } else { 8_192 }
}

/// A compiled method.
#[derive(Debug)]
pub(crate) struct Method {
    pub(crate) verb: Box<str>,
    pub(crate) resource_id: Box<str>,
    pub(crate) resource_path: Box<str>,
    pub(crate) template: PathTemplate,
    /// Nobody protects a method that is only tested.
    pub(crate) authorization: Authorization,
    pub(crate) api_key_required: bool,
    /// What the method's request validator checks.
    pub(crate) validation: Option<Box<Validation>>,
    pub(crate) operation_name: Option<Box<str>>,
    /// Whether somebody is shown the names of the client's headers: a proxied function, an authorizer's function, a template that
    /// takes all of them.
    pub(crate) shows_names: bool,
    /// Absent only where a test request meets a method that isn't finished; such a method can't be deployed.
    pub(crate) integration: Option<Integration>,
}

impl Method {
    pub(crate) fn compile<'d>(
        resource: &model::Resource,
        method: &'d model::Method,
        schemas: &mut Schemas<'d>,
    ) -> Self {
        Self {
            verb: method.http_method.as_str().into(),
            resource_id: resource.id.as_str().into(),
            resource_path: resource.path.as_str().into(),
            template: PathTemplate::parse(&resource.path),
            authorization: Authorization::None,
            api_key_required: method.api_key_required,
            validation: Validation::compile(method, schemas),
            operation_name: method.operation_name.as_deref().map(Box::from),
            shows_names: shows_names(method),
            integration: method
                .method_integration
                .as_ref()
                .map(|i| Integration::compile(i, method)),
        }
    }

    /// Whether the client's body is passed on as it comes.
    pub(crate) fn streams(&self) -> bool {
        let read = self.validation.as_ref().is_some_and(|v| v.reads_body());
        let streams = |i: &Integration| {
            matches!(i.kind, Kind::HttpProxy(_)) && !i.request_parameters.read_body()
        };
        !read && self.integration.as_ref().is_some_and(streams)
    }
}

/// Whether a method shows the names of the client's headers to anybody.
fn shows_names(method: &model::Method) -> bool {
    // `$input.params()`, as against `$input.params('name')`, which takes names in any spelling.
    let takes_all = |template: &String| {
        template.split("params").skip(1).any(|rest| {
            let inside = rest.trim_start().strip_prefix('(');
            inside.is_some_and(|inside| inside.trim_start().starts_with(')'))
        })
    };
    let integration = |i: &model::Integration| {
        let answers = i.integration_responses.iter().flat_map(Map::values);
        let mut templates = answers
            .flat_map(|answer| answer.response_templates.iter().flat_map(Map::values))
            .chain(i.request_templates.values())
            .flatten();
        i.integration_type == IntegrationType::AwsProxy || templates.any(takes_all)
    };
    method.authorization_type == "CUSTOM"
        || method.method_integration.as_ref().is_some_and(integration)
}

/// A compiled integration.
#[derive(Debug)]
pub(crate) struct Integration {
    pub(crate) kind: Kind,
    pub(crate) request_templates: Mappings,
    pub(crate) passthrough: PassthroughBehavior,
    /// Of the client's body.
    pub(crate) content_handling: Option<ContentHandling>,
    pub(crate) request_parameters: RequestParameters,
    pub(crate) responses: Responses,
    pub(crate) cache_key: KeyParts,
}

/// What is called.
#[derive(Debug)]
pub(crate) enum Kind {
    /// Nothing; the status comes from the request template. Known beforehand when that is the same for every request.
    Mock { constant: Option<mock::Constant> },
    /// An HTTP backend, with templates both ways.
    Http(Backend),
    /// An HTTP backend, passed through.
    HttpProxy(Backend),
    /// A function, with templates both ways.
    Lambda(Function),
    /// A function, with the event and the answer that are fixed for proxies.
    LambdaProxy(Function),
    /// What [`check`](super::check) refuses, met by a test request.
    Unserved(&'static str),
}

/// An HTTP backend.
#[derive(Debug)]
pub(crate) struct Backend {
    pub(crate) uri: UriTemplate,
    /// The integration's verb; nothing stands for the client's own (`ANY`).
    pub(crate) verb: Option<http::Method>,
    pub(crate) timeout: Duration,
    /// The VPC link that it is reached through, by id; it may be a stage variable.
    pub(crate) link: Option<Box<str>>,
    /// Whether any authority may have issued its certificate.
    pub(crate) any_authority: bool,
    /// Whether answers are passed on as they come, whatever they are (`responseTransferMode: STREAM`).
    pub(crate) streams: bool,
}

/// A function that an integration runs.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) uri: LambdaUri,
    /// Whether the integration's verb is the one that invokes functions; any other is accepted and fails (recorded).
    pub(crate) is_post: bool,
    pub(crate) timeout: Duration,
    /// Whether its answer is passed on as it comes (`responseTransferMode: STREAM`).
    pub(crate) streams: bool,
}

/// The service's default and longest time for a backend, unless a quota was raised.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(29);

impl Integration {
    fn compile(integration: &model::Integration, method: &model::Method) -> Self {
        let request_templates = Mappings::compile(&integration.request_templates);
        let responses = Responses::compile(integration, method);
        let backend = || Backend {
            uri: UriTemplate::parse(integration.uri.as_deref().unwrap_or_default()),
            verb: integration
                .http_method
                .as_deref()
                .filter(|verb| *verb != "ANY")
                .and_then(|verb| verb.parse().ok()),
            timeout: timeout(integration),
            link: (integration.connection_type.as_deref() == Some("VPC_LINK")).then(|| {
                integration
                    .connection_id
                    .as_deref()
                    .unwrap_or_default()
                    .into()
            }),
            any_authority: integration
                .tls_config
                .as_ref()
                .is_some_and(|tls| tls.insecure_skip_verification),
            streams: integration.response_transfer_mode.as_deref() == Some("STREAM"),
        };
        let function = |kind: fn(Function) -> Kind| {
            let uri = LambdaUri::parse(integration.uri.as_deref().unwrap_or_default());
            uri.map_or(Kind::Unserved(SERVICES), |uri| {
                kind(Function {
                    uri,
                    is_post: integration.http_method.as_deref() == Some("POST"),
                    timeout: timeout(integration),
                    streams: integration.response_transfer_mode.as_deref() == Some("STREAM"),
                })
            })
        };
        let kind = match integration.integration_type {
            IntegrationType::Mock => Kind::Mock {
                constant: mock::constant(&request_templates, &responses),
            },
            IntegrationType::Http => Kind::Http(backend()),
            IntegrationType::HttpProxy => Kind::HttpProxy(backend()),
            IntegrationType::Aws => function(Kind::Lambda),
            IntegrationType::AwsProxy => function(Kind::LambdaProxy),
        };
        Self {
            kind,
            request_templates,
            passthrough: integration.passthrough_behavior,
            // A Lambda proxy's event says by itself whether its body is base64.
            content_handling: integration
                .content_handling
                .filter(|_| integration.integration_type != IntegrationType::AwsProxy),
            request_parameters: RequestParameters::compile(&integration.request_parameters),
            responses,
            cache_key: KeyParts::compile(integration),
        }
    }
}

fn timeout(integration: &model::Integration) -> Duration {
    u64::try_from(integration.timeout_in_millis)
        .ok()
        .filter(|ms| *ms > 0)
        .map_or(DEFAULT_TIMEOUT, Duration::from_millis)
}

/// `requestParameters`, by target. Expressions that are none are left out: the service doesn't accept them in the first place.
#[derive(Debug, Default)]
pub(crate) struct RequestParameters {
    pub(crate) path: Vec<(Box<str>, Source)>,
    pub(crate) query: Vec<(Box<str>, Source)>,
    /// With the name as the author wrote it.
    pub(crate) headers: Vec<(HeaderName, Box<str>, Fate, Source)>,
}

impl RequestParameters {
    /// Whether the client's body must be there before the backend is called.
    pub(crate) fn read_body(&self) -> bool {
        let reads = |source: &Source| matches!(source, Source::Body | Source::BodyAt(_));
        let named = self.path.iter().chain(&self.query);
        named.map(|(_, source)| source).any(reads)
            || self.headers.iter().any(|(_, _, _, source)| reads(source))
    }

    fn compile(parameters: &Map<String>) -> Self {
        let mut compiled = Self::default();
        for (target, source) in parameters {
            let Some(source) = Source::parse(source) else {
                continue;
            };
            let target = target.strip_prefix("integration.request.");
            match target.and_then(|t| t.split_once('.')) {
                Some(("path", name)) => compiled.path.push((name.into(), source)),
                Some(("querystring", name)) => compiled.query.push((name.into(), source)),
                Some(("header", name)) => {
                    if let Ok(header) = HeaderName::try_from(name) {
                        let fate = headers::mapped_to_backend(header.as_str());
                        compiled.headers.push((header, name.into(), fate, source));
                    }
                }
                _ => {}
            }
        }
        compiled
    }
}

/// The integration responses of a method.
#[derive(Debug, Default)]
pub(crate) struct Responses {
    /// Those with a pattern, by ascending status (the order among several that match is unverified).
    pub(crate) patterns: Vec<(Pattern, usize)>,
    /// The one without.
    pub(crate) default: Option<usize>,
    pub(crate) all: Vec<Response>,
}

/// A compiled integration response.
#[derive(Debug)]
pub(crate) struct Response {
    /// The method response it leads to, three digits.
    pub(crate) status: u16,
    /// Whether the method has that response; without it the answer is a configuration error.
    pub(crate) declared: bool,
    pub(crate) headers: Vec<ResponseHeader>,
    pub(crate) templates: Mappings,
    pub(crate) content_handling: Option<ContentHandling>,
    /// The answer, where it is the same for every request to a mock.
    pub(crate) ready: Option<Ready>,
}

/// A header of the answer.
#[derive(Debug)]
pub(crate) struct ResponseHeader {
    pub(crate) name: HeaderName,
    /// As the author wrote it, for the log.
    pub(crate) spelled: Box<str>,
    pub(crate) source: Source,
    /// The value, where it is the same for every request.
    pub(crate) constant: Option<http::HeaderValue>,
}

impl ResponseHeader {
    /// The header that a mapping to `name` leads to; nothing when that header is dropped.
    pub(crate) fn compile(name: &str, source: &str) -> Option<Self> {
        let source = Source::parse(source)?;
        let spelled = match headers::mapped_to_client(&name.to_ascii_lowercase()) {
            Fate::Drop | Fate::Fail => return None,
            Fate::Pass => name.to_owned(),
            Fate::Remap => headers::remapped(name),
        };
        let constant = match &source {
            Source::Static(text) => http::HeaderValue::from_str(text).ok(),
            _ => None,
        };
        Some(Self {
            name: HeaderName::try_from(spelled.as_str()).ok()?,
            spelled: spelled.into(),
            source,
            constant,
        })
    }
}

/// A selection pattern: a Java regular expression that must match the whole value.
#[derive(Debug)]
pub(crate) struct Pattern(Option<Regex>);

impl Pattern {
    /// A pattern that isn't one matches nothing.
    pub(crate) fn compile(text: &str) -> Self {
        Self(Regex::new(&format!(r"\A(?:{text})\z")).ok())
    }

    /// The pattern as its author wrote it; empty if it isn't one.
    fn text(&self) -> &str {
        let text = self.0.as_ref().map(Regex::as_str);
        text.and_then(|text| text.strip_prefix(r"\A(?:")?.strip_suffix(r")\z"))
            .unwrap_or_default()
    }

    /// Whether it matches; one that would take too long to tell doesn't.
    pub(crate) fn matches(&self, value: &str) -> bool {
        self.0
            .as_ref()
            .is_some_and(|regex| regex.is_match(value).unwrap_or(false))
    }
}

impl Responses {
    fn compile(integration: &model::Integration, method: &model::Method) -> Self {
        let mut compiled = Self::default();
        let Some(responses) = &integration.integration_responses else {
            return compiled;
        };
        let mut sorted: Vec<_> = responses.iter().collect();
        sorted.sort_by_key(|(status, _)| *status);
        for (status, response) in sorted {
            let declared = method
                .method_responses
                .as_ref()
                .is_some_and(|m| m.contains_key(status));
            let index = compiled.all.len();
            match response.selection_pattern.as_deref() {
                None | Some("") => compiled.default = compiled.default.or(Some(index)),
                Some(pattern) => compiled.patterns.push((Pattern::compile(pattern), index)),
            }
            let headers: Vec<_> = response
                .response_parameters
                .iter()
                .flatten()
                .filter_map(|(target, source)| {
                    let name = target.strip_prefix("method.response.header.")?;
                    ResponseHeader::compile(name, source)
                })
                .collect();
            let templates = response.response_templates.as_ref();
            let templates = templates.map(Mappings::compile).unwrap_or_default();
            compiled.all.push(Response {
                status: status.parse().unwrap_or(500),
                declared,
                ready: Ready::compile(&headers, &templates),
                headers,
                templates,
                content_handling: response.content_handling,
            });
        }
        compiled
    }

    /// How the response for a value is selected, for the story of a request.
    pub(crate) fn selection(&self, value: &str) -> What {
        let at = self.patterns.iter().position(|(p, _)| p.matches(value));
        let tried = self.patterns.iter().take(at.unwrap_or(usize::MAX));
        let selected = self.select(value).and_then(|index| self.all.get(index));
        What::Selected {
            value: value.to_owned(),
            pattern: at.and_then(|at| Some(self.patterns.get(at)?.0.text().to_owned())),
            status: selected.map(|response| response.status),
            tried: tried.map(|(p, _)| p.text().to_owned()).collect(),
        }
    }

    /// The response for a backend's status or error: the first pattern that matches, else the default.
    pub(crate) fn select(&self, value: &str) -> Option<usize> {
        self.patterns
            .iter()
            .find_map(|(pattern, index)| pattern.matches(value).then_some(*index))
            .or(self.default)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[allow(clippy::needless_pass_by_value, reason = "written in place with json!")]
    fn responses(value: serde_json::Value) -> Responses {
        let integration: model::Integration =
            serde_json::from_value(json!({ "type": "HTTP", "integrationResponses": value }))
                .unwrap();
        let method: model::Method =
            serde_json::from_value(json!({"methodResponses": {"200": {"statusCode": "200"}}}))
                .unwrap();
        Responses::compile(&integration, &method)
    }

    fn selected(responses: &Responses, value: &str) -> Option<u16> {
        responses.select(value).map(|i| responses.all[i].status)
    }

    #[test]
    fn patterns_match_the_whole_value_and_win_over_the_default() {
        let compiled = responses(json!({
            "500": {"selectionPattern": "5\\d{2}"},
            "200": {"selectionPattern": ""},
            "404": {"selectionPattern": "40"},
            "400": {"selectionPattern": "4\\d{2}|.*Bad.*"},
            "409": {"selectionPattern": "409"},
            "418": {"selectionPattern": "("},
        }));
        let cases = [
            ("200", Some(200)),
            ("404", Some(400)),
            // Ascending by status: 400 comes before 409.
            ("409", Some(400)),
            ("503", Some(500)),
            ("5033", Some(200)),
            ("so Bad it is", Some(400)),
            // A dot doesn't match a line break, and the end is the end of the text.
            ("Bad\nline", Some(200)),
            ("503\n", Some(200)),
        ];
        for (value, expected) in cases {
            assert_eq!(selected(&compiled, value), expected, "{value:?}");
        }
        let all = responses(json!({"200": {}, "201": {"selectionPattern": ".*"}}));
        assert_eq!(selected(&all, "500"), Some(201));
        let none = responses(json!({"201": {"selectionPattern": "201"}}));
        assert_eq!(selected(&none, "500"), None);
        assert!(!none.all[0].declared && all.all[0].declared);
    }

    #[test]
    fn mapped_headers_are_renamed_or_dropped_when_compiled() {
        let compiled = responses(json!({"200": {"responseParameters": {
            "method.response.header.X-Foo": "'bar'",
            "method.response.header.Date": "integration.response.header.Date",
            "method.response.header.Transfer-Encoding": "'chunked'",
            "method.response.header.Bad": "nonsense",
        }}}));
        let names: Vec<&str> = compiled.all[0]
            .headers
            .iter()
            .map(|h| &*h.spelled)
            .collect();
        assert_eq!(names, ["X-Foo", "x-amzn-Remapped-Date"]);
        assert!(compiled.all[0].headers[0].constant.is_some());
    }
}
