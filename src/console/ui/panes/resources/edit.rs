//! Forms that change resources and methods. Each gives operations back; nothing is done here.

use crate::aws::ops::At;
use crate::aws::ops::methods::Backend;
use crate::aws::{Api, ops};
use crate::console::ui::layers::{Choice, Choose, Form, FormField, Values};
use crate::console::ui::pane::Command;
use crate::model::difference::Part;
use crate::model::{Integration, IntegrationType, Method, Resource, VERBS};

/// A new resource below another.
pub(super) fn new_resource(api: &Api, parent: &Resource) -> Form {
    let (api, parent) = (api.clone(), parent.clone());
    let about = format!("below {}", parent.path);
    let fields = vec![FormField::text(
        "path part",
        "",
        "pets, {petId}, or {proxy+} for everything below",
    )];
    Form::new("new resource", fields, move |values| {
        let part = path_part(values)?;
        Ok(vec![Command::propose(ops::resources::create(
            &api, &parent, &part,
        ))])
    })
    .about(about)
}

/// Another name for the last segment of a resource's path.
pub(super) fn rename_resource(api: &Api, resource: &Resource) -> Form {
    let (api, resource) = (api.clone(), resource.clone());
    let part = resource.path_part.clone().unwrap_or_default();
    let fields = vec![FormField::text(
        "path part",
        &part,
        "everything below moves along",
    )];
    Form::new(format!("rename {}", resource.path), fields, move |values| {
        let part = path_part(values)?;
        Ok(vec![Command::propose(ops::resources::rename(
            &api, &resource, &part,
        ))])
    })
}

/// The path part in a form, if it may be one. Source: `spec/rest/resources-methods.md` §2.
fn path_part(values: &Values) -> Result<String, String> {
    let part = values.get("path part").trim_start_matches('/');
    let inner = part.strip_prefix('{').and_then(|p| p.strip_suffix('}'));
    let literal = inner.is_none();
    let name = inner.map_or(part, |name| name.strip_suffix('+').unwrap_or(name));
    let allowed =
        |c: char| c.is_ascii_alphanumeric() || "._-:".contains(c) || (literal && c == '$');
    if name.is_empty() {
        Err("a path part has at least one character".to_owned())
    } else if part.contains('/') {
        Err("one segment at a time: make the rest below it".to_owned())
    } else if !name.chars().all(allowed) {
        Err("letters, digits and - . _ : are allowed, braces only around all of it".to_owned())
    } else {
        Ok(part.to_owned())
    }
}

const MOCK: &str = "MOCK";
const HTTP: &str = "HTTP";
const HTTP_PROXY: &str = "HTTP_PROXY";

/// A new method that can be tested at once.
pub(super) fn new_method(api: &Api, resource: &Resource) -> Form {
    let (api, resource) = (api.clone(), resource.clone());
    let free: Vec<&str> = VERBS
        .into_iter()
        .filter(|verb| !resource.resource_methods.contains_key(*verb))
        .collect();
    let about = format!("on {}", resource.path);
    let fields = vec![
        FormField::choice("verb", &free, "GET", "space or its first letter turns it"),
        FormField::choice(
            "backend",
            &[MOCK, HTTP, HTTP_PROXY],
            MOCK,
            "MOCK answers by itself, HTTP_PROXY passes everything through",
        ),
        FormField::text(
            "URL",
            "",
            "for HTTP: http://host/pets/{petId}, ${stageVariables.backend}",
        ),
        FormField::choice(
            "API key",
            &["no", "required"],
            "no",
            "whether a request needs a key of a usage plan",
        ),
    ];
    Form::new("new method", fields, move |values| {
        let verb = values.get("verb");
        if verb.is_empty() {
            return Err("this resource has a method of every verb already".to_owned());
        }
        let at = At {
            api: &api,
            resource: &resource,
            verb,
        };
        let backend = backend(values, verb)?;
        let op = ops::methods::create(at, &backend, values.get("API key") == "required");
        Ok(vec![Command::propose(op)])
    })
    .about(about)
}

fn backend(values: &Values, verb: &str) -> Result<Backend, String> {
    let url = values.get("URL").to_owned();
    let kind = values.get("backend");
    if kind == MOCK {
        return Ok(Backend::Mock);
    }
    check_url(&url)?;
    let verb = verb.to_owned();
    Ok(if kind == HTTP {
        // Towards the backend a verb must be named: ANY only passes through.
        let verb = if verb == "ANY" {
            "POST".to_owned()
        } else {
            verb
        };
        Backend::Http { verb, url }
    } else {
        Backend::HttpProxy { verb, url }
    })
}

fn check_url(url: &str) -> Result<(), String> {
    let scheme = ["http://", "https://"].iter().any(|s| url.starts_with(s));
    if scheme || url.starts_with("${stageVariables.") {
        Ok(())
    } else {
        Err("a backend's URL begins with http:// or https://".to_owned())
    }
}

/// Changes one box of a method's life.
pub(super) fn edit(api: &Api, resource: &Resource, method: &Method, part: Part) -> Vec<Command> {
    let integration = method.method_integration.as_ref();
    let form = match (part, integration) {
        (Part::MethodRequest, _) => method_request(api, resource, method),
        (Part::MethodResponse, _) => method_response(api, resource, method),
        (_, None) => return vec![Command::note("the method has no integration yet")],
        (Part::IntegrationRequest, Some(integration)) => {
            integration_request(api, resource, method, integration)
        }
        (Part::IntegrationResponse, Some(integration))
            if integration.integration_type.is_proxy() =>
        {
            return vec![Command::note(
                "a proxy integration passes answers through as they are",
            )];
        }
        (Part::IntegrationResponse, Some(_)) => {
            return vec![Command::open(integration_response(api, resource, method))];
        }
    };
    vec![Command::open(form)]
}

/// What a form needs to build operations later.
#[derive(Clone)]
struct Owned {
    api: Api,
    resource: Resource,
    verb: String,
}

impl Owned {
    fn new(api: &Api, resource: &Resource, method: &Method) -> Self {
        Self {
            api: api.clone(),
            resource: resource.clone(),
            verb: method.http_method.clone(),
        }
    }

    fn at(&self) -> At<'_> {
        At {
            api: &self.api,
            resource: &self.resource,
            verb: &self.verb,
        }
    }

    fn title(&self, part: Part) -> String {
        format!(
            "{} {}: {}",
            self.verb,
            self.resource.path,
            super::life::title(part)
        )
    }
}

fn method_request(api: &Api, resource: &Resource, method: &Method) -> Form {
    let own = Owned::new(api, resource, method);
    let before = method.api_key_required;
    let word = if before { "required" } else { "no" };
    let fields = vec![FormField::choice(
        "API key",
        &["no", "required"],
        word,
        "whether a request needs a key of a usage plan",
    )];
    Form::new(own.title(Part::MethodRequest), fields, move |values| {
        let required = values.get("API key") == "required";
        let change =
            (required != before).then(|| ops::methods::require_api_key(own.at(), required));
        Ok(change.into_iter().map(Command::propose).collect())
    })
}

fn method_response(api: &Api, resource: &Resource, method: &Method) -> Form {
    let own = Owned::new(api, resource, method);
    let known: Vec<String> = method
        .method_responses
        .iter()
        .flat_map(|r| r.keys().cloned())
        .collect();
    let fields = vec![FormField::text("status", "", "three digits, such as 404")];
    let about = format!(
        "Adds an answer to those that the method may give: {}.",
        known.join(", ")
    );
    Form::new(own.title(Part::MethodResponse), fields, move |values| {
        let status = status(values)?;
        if known.contains(&status) {
            return Err(format!("the method has a response {status} already"));
        }
        Ok(vec![Command::propose(ops::methods::add_response(
            own.at(),
            &status,
        ))])
    })
    .about(about)
}

fn status(values: &Values) -> Result<String, String> {
    let status = values.get("status");
    let number = status
        .parse::<u16>()
        .ok()
        .filter(|n| (100..600).contains(n));
    match number {
        Some(_) if status.len() == 3 => Ok(status.to_owned()),
        _ => Err("a status is three digits from 100 to 599".to_owned()),
    }
}

fn integration_request(
    api: &Api,
    resource: &Resource,
    method: &Method,
    integration: &Integration,
) -> Form {
    const PASSTHROUGH: [&str; 3] = ["WHEN_NO_MATCH", "WHEN_NO_TEMPLATES", "NEVER"];
    let own = Owned::new(api, resource, method);
    let integration = integration.clone();
    let has_backend = integration.integration_type != IntegrationType::Mock;
    let uri = integration.uri.clone().unwrap_or_default();
    let timeout = integration.timeout_in_millis.to_string();
    let behaviour = serde_json::to_value(integration.passthrough_behavior)
        .ok()
        .and_then(|name| name.as_str().map(str::to_owned))
        .unwrap_or_default();
    let mut fields = Vec::new();
    if has_backend {
        fields.push(FormField::text(
            "URL",
            &uri,
            "may hold {name} of a path parameter and ${stageVariables.name}",
        ));
        fields.push(FormField::number(
            "timeout ms",
            &timeout,
            "50 to 29000, or more where AWS raised the limit",
        ));
    }
    fields.push(FormField::choice(
        "no template",
        &PASSTHROUGH,
        &behaviour,
        "when a body without template is passed through",
    ));
    Form::new(own.title(Part::IntegrationRequest), fields, move |values| {
        let mut commands = Vec::new();
        if has_backend {
            let new = values.get("URL");
            if new != uri {
                if matches!(
                    integration.integration_type,
                    IntegrationType::Http | IntegrationType::HttpProxy
                ) {
                    check_url(new)?;
                }
                commands.push(Command::propose(ops::integrations::set_uri(
                    own.at(),
                    &integration,
                    new,
                )));
            }
            let new = values.get("timeout ms");
            if new != timeout {
                let millis: i64 = new
                    .parse()
                    .ok()
                    .filter(|n| *n >= 50)
                    .ok_or("the timeout is a number of milliseconds, at least 50")?;
                commands.push(Command::propose(ops::integrations::set_timeout(
                    own.at(),
                    &integration,
                    millis,
                )));
            }
        }
        let new = values.get("no template");
        if new != behaviour {
            commands.push(Command::propose(ops::integrations::set_passthrough(
                own.at(),
                &integration,
                new,
            )));
        }
        Ok(commands)
    })
    .about("Templates are edited in their own pane: v.")
}

fn integration_response(api: &Api, resource: &Resource, method: &Method) -> Choose {
    let own = Owned::new(api, resource, method);
    let integration = method.method_integration.as_ref();
    let responses: Vec<_> = integration
        .and_then(|i| i.integration_responses.as_ref())
        .into_iter()
        .flat_map(|r| r.values().cloned())
        .collect();
    let mut choices: Vec<Choice> = responses
        .iter()
        .map(|response| Choice {
            value: response.status_code.clone(),
            label: format!("pattern of {}", response.status_code),
            note: response.selection_pattern.clone().unwrap_or_default(),
        })
        .collect();
    choices.push(Choice {
        value: String::new(),
        label: "add a response".to_owned(),
        note: "from a pattern to a status".to_owned(),
    });
    Choose::new(
        own.title(Part::IntegrationResponse),
        choices,
        None,
        move |status_code| {
            let found = responses.iter().find(|r| r.status_code == status_code);
            let form = if let Some(response) = found {
                let (own, response) = (own.clone(), response.clone());
                let before = response.selection_pattern.clone().unwrap_or_default();
                let fields = vec![FormField::text(
                    "pattern",
                    &before,
                    "a Java regular expression over the backend's status; empty is the default",
                )];
                Form::new(format!("response {status_code}"), fields, move |values| {
                    let pattern = values.get("pattern");
                    Ok(vec![Command::propose(
                        ops::integrations::set_selection_pattern(own.at(), &response, pattern),
                    )])
                })
            } else {
                let own = own.clone();
                let fields = vec![
                    FormField::text("status", "", "of the method response it leads to"),
                    FormField::text(
                        "pattern",
                        "",
                        "a Java regular expression, such as 4\\d{2}; empty is the default",
                    ),
                ];
                Form::new("add an integration response", fields, move |values| {
                    let status = status(values)?;
                    let pattern = values.optional("pattern");
                    let op = ops::integrations::add_response(own.at(), &status, pattern.as_deref());
                    Ok(vec![Command::propose(op)])
                })
            };
            vec![Command::open(form)]
        },
    )
}
