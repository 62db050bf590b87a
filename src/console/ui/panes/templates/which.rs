//! Which templates a method has.

use crate::aws::Changes;
use crate::console::app::{App, MethodName};
use crate::console::ui::panes::chosen::Chosen;
use crate::console::ui::panes::request::BodyOf;
use crate::model::Method;
use crate::model::difference::{Part, Place};

/// On which way a template stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Side {
    /// From the client to the backend.
    Request,
    /// From the backend to the client, by the status of the integration response.
    Response(String),
}

impl Side {
    /// `integration request`, `integration response 201`
    pub(super) fn words(&self) -> String {
        match self {
            Self::Request => "integration request".to_owned(),
            Self::Response(status) => format!("integration response {status}"),
        }
    }

    /// What stands in place of the body when the template is tried.
    pub(super) fn body(&self) -> BodyOf {
        match self {
            Self::Request => BodyOf::Request,
            Self::Response(status) => BodyOf::Answer(status.clone()),
        }
    }
}

/// A template's place.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Which {
    pub(super) method: MethodName,
    pub(super) side: Side,
    pub(super) content_type: String,
}

impl Which {
    /// `POST /pets, integration request, application/json`
    pub(super) fn words(&self) -> String {
        format!(
            "{} {}, {}, {}",
            self.method.verb,
            self.method.path,
            self.side.words(),
            self.content_type
        )
    }

    /// Its place in the method, as menus and forms give it back.
    pub(super) fn key(&self) -> String {
        let status = match &self.side {
            Side::Request => "",
            Side::Response(status) => status,
        };
        format!("{status} {}", self.content_type)
    }

    /// The template of the method that menus and forms mean by `key`.
    pub(super) fn from_key(method: MethodName, key: &str) -> Self {
        let (status, content_type) = key.split_once(' ').unwrap_or(("", key));
        Self {
            method,
            side: match status {
                "" => Side::Request,
                status => Side::Response(status.to_owned()),
            },
            content_type: content_type.to_owned(),
        }
    }

    /// Whether what it makes should be JSON.
    pub(super) fn is_json(&self) -> bool {
        let media = self.content_type.split(';').next().unwrap_or_default();
        media.trim().ends_with("json")
    }

    /// The text that is saved: `None` if there is no such template, an empty text if it is there without one.
    pub(super) fn saved<'a>(&self, method: &'a Method) -> Option<&'a str> {
        let integration = method.method_integration.as_ref()?;
        let templates = match &self.side {
            Side::Request => &integration.request_templates,
            Side::Response(status) => integration
                .integration_responses
                .as_ref()?
                .get(status)?
                .response_templates
                .as_ref()?,
        };
        let template = templates.get(&self.content_type)?;
        Some(template.as_deref().unwrap_or_default())
    }

    /// The stage that is worked on, if it is known to serve another text than the saved one.
    pub(super) fn undeployed<'a>(&self, app: &'a App) -> Option<&'a str> {
        let stage = app.selection.stage.as_ref()?;
        let changes = app.store.changes(&self.method.api, stage);
        let Changes::Known(changes) = changes.value()? else {
            return None;
        };
        let (our_part, our_status, member) = match &self.side {
            Side::Request => (Part::IntegrationRequest, None, "requestTemplates"),
            Side::Response(status) => {
                (Part::IntegrationResponse, Some(status), "responseTemplates")
            }
        };
        let member = format!("{member} {}", self.content_type);
        let ours = changes.iter().any(|change| match &change.place {
            Place::Method {
                path,
                verb,
                part,
                status,
            } => {
                *path == self.method.path
                    && *verb == self.method.verb
                    && part.is_none_or(|part| {
                        part == our_part
                            && (status.is_none() || status.as_ref() == our_status)
                            && change.member.as_ref().is_none_or(|m| *m == member)
                    })
            }
            _ => false,
        });
        ours.then_some(stage.as_str())
    }
}

/// The sides of a method that can have templates.
pub(super) fn sides(method: &Method) -> Vec<Side> {
    let Some(integration) = &method.method_integration else {
        return Vec::new();
    };
    if integration.integration_type.is_proxy() {
        return Vec::new();
    }
    let responses = integration.integration_responses.iter().flatten();
    std::iter::once(Side::Request)
        .chain(responses.map(|(status, _)| Side::Response(status.clone())))
        .collect()
}

/// The templates that are saved, the request's first.
pub(super) fn all(chosen: &Chosen<'_>) -> Vec<Which> {
    let Some(integration) = &chosen.method.method_integration else {
        return Vec::new();
    };
    let which = |side: &Side, content_type: &String| Which {
        method: chosen.name(),
        side: side.clone(),
        content_type: content_type.clone(),
    };
    let mut all = Vec::new();
    for side in sides(chosen.method) {
        let templates = match &side {
            Side::Request => Some(&integration.request_templates),
            Side::Response(status) => integration
                .integration_responses
                .as_ref()
                .and_then(|responses| responses.get(status))
                .and_then(|response| response.response_templates.as_ref()),
        };
        all.extend(
            templates
                .into_iter()
                .flatten()
                .map(|(ct, _)| which(&side, ct)),
        );
    }
    all
}

/// Why a method can have no templates; `None` if it can.
pub(super) fn none_because(method: &Method) -> Option<String> {
    match &method.method_integration {
        None => Some("The method has no integration yet: there is nothing to map.".to_owned()),
        Some(integration) if integration.integration_type.is_proxy() => Some(format!(
            "{} passes requests and answers through as they are: there is nothing to map.",
            integration.integration_type.name()
        )),
        Some(_) => None,
    }
}
