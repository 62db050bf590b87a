//! Integrations: templates and settings.

use crate::aws::call::{
    Call, DeleteIntegrationResponse, PutIntegrationResponse, UpdateIntegration,
    UpdateIntegrationResponse,
};
use crate::aws::op::Op;
use crate::aws::patch::{Patch, pointer};
use crate::model::{Integration, IntegrationResponse};

use super::{At, LATER, definition};

/// Saves a request template. `before` is the one saved now, if there is one.
#[must_use]
pub fn save_request_template(
    at: At<'_>,
    content_type: &str,
    before: Option<&str>,
    text: &str,
) -> Op {
    let path = pointer(&["requestTemplates", content_type]);
    let title = format!("save the {content_type} request template of {}", at.words());
    let back = format!(
        "put back the {content_type} request template of {}",
        at.words()
    );
    edit(at, title, vec![update(at, vec![set(before, &path, text)])]).undone_by(edit(
        at,
        back,
        vec![update(at, vec![unset(before, &path)])],
    ))
}

/// Removes a request template.
#[must_use]
pub fn remove_request_template(at: At<'_>, content_type: &str, before: &str) -> Op {
    let path = pointer(&["requestTemplates", content_type]);
    let title = format!(
        "remove the {content_type} request template of {}",
        at.words()
    );
    let back = format!(
        "put back the {content_type} request template of {}",
        at.words()
    );
    edit(at, title, vec![update(at, vec![Patch::remove(&path)])]).undone_by(edit(
        at,
        back,
        vec![update(at, vec![Patch::add(&path, before)])],
    ))
}

/// Saves a template of an integration response.
#[must_use]
pub fn save_response_template(
    at: At<'_>,
    status: &str,
    content_type: &str,
    before: Option<&str>,
    text: &str,
) -> Op {
    let path = pointer(&["responseTemplates", content_type]);
    let words = format!(
        "{content_type} template of response {status} of {}",
        at.words()
    );
    edit(
        at,
        format!("save the {words}"),
        vec![update_response(at, status, set(before, &path, text))],
    )
    .undone_by(edit(
        at,
        format!("put back the {words}"),
        vec![update_response(at, status, unset(before, &path))],
    ))
}

/// Changes the backend's URL or ARN.
#[must_use]
pub fn set_uri(at: At<'_>, integration: &Integration, uri: &str) -> Op {
    let before = integration.uri.clone().unwrap_or_default();
    replace(
        at,
        format!("point {} to {uri}", at.words()),
        "/uri",
        uri,
        &before,
    )
}

/// Changes the time that the backend has, in milliseconds.
#[must_use]
pub fn set_timeout(at: At<'_>, integration: &Integration, millis: i64) -> Op {
    replace(
        at,
        format!("give the backend of {} {millis} ms", at.words()),
        "/timeoutInMillis",
        &millis.to_string(),
        &integration.timeout_in_millis.to_string(),
    )
}

/// Changes what happens to a body without template: `WHEN_NO_MATCH`, `WHEN_NO_TEMPLATES` or `NEVER`.
#[must_use]
pub fn set_passthrough(at: At<'_>, integration: &Integration, behavior: &str) -> Op {
    let before = crate::aws::convert::name(&integration.passthrough_behavior);
    replace(
        at,
        format!("pass bodies of {} through {behavior}", at.words()),
        "/passthroughBehavior",
        behavior,
        &before,
    )
}

/// Sets or removes a parameter sent to the backend: `integration.request.header.X-Stage` ← `stageVariables.name`.
#[must_use]
pub fn set_request_parameter(
    at: At<'_>,
    integration: &Integration,
    parameter: &str,
    source: Option<&str>,
) -> Op {
    let member = pointer(&["requestParameters", parameter]);
    let before = integration
        .request_parameters
        .get(parameter)
        .map(String::as_str);
    let patch = source.map_or_else(
        || Patch::remove(&member),
        |source| set(before, &member, source),
    );
    let back = match (before, source) {
        (Some(before), None) => Patch::add(&member, before),
        (before, _) => unset(before, &member),
    };
    let title = match source {
        Some(source) => format!("set {parameter} of {} to {source}", at.words()),
        None => format!("remove {parameter} of {}", at.words()),
    };
    let undo = format!("put back {parameter} of {}", at.words());
    edit(at, title, vec![update(at, vec![patch])]).undone_by(edit(
        at,
        undo,
        vec![update(at, vec![back])],
    ))
}

/// Adds a way from a backend's answer to a method response. Without a pattern it is the default.
#[must_use]
pub fn add_response(at: At<'_>, status: &str, pattern: Option<&str>) -> Op {
    let put = PutIntegrationResponse {
        rest_api_id: at.api_id(),
        resource_id: at.resource_id(),
        http_method: at.verb.to_owned(),
        status_code: status.to_owned(),
        selection_pattern: pattern.map(str::to_owned),
        ..PutIntegrationResponse::default()
    };
    let delete = DeleteIntegrationResponse {
        rest_api_id: at.api_id(),
        resource_id: at.resource_id(),
        http_method: at.verb.to_owned(),
        status_code: status.to_owned(),
    };
    let words = format!("integration response {status} of {}", at.words());
    edit(at, format!("add {words}"), vec![put.into()]).undone_by(edit(
        at,
        format!("remove {words}"),
        vec![delete.into()],
    ))
}

/// Changes which answers of the backend lead to a response.
#[must_use]
pub fn set_selection_pattern(at: At<'_>, response: &IntegrationResponse, pattern: &str) -> Op {
    let status = response.status_code.as_str();
    let before = response.selection_pattern.clone().unwrap_or_default();
    let patch =
        |pattern: &str| update_response(at, status, Patch::replace("/selectionPattern", pattern));
    let words = format!("the pattern of response {status} of {}", at.words());
    edit(at, format!("change {words}"), vec![patch(pattern)]).undone_by(edit(
        at,
        format!("put back {words}"),
        vec![patch(&before)],
    ))
}

/// `replace` of a member that isn't there is refused (`spec/rest/control-plane.md` §5), `add` of one that is sets it.
fn set(before: Option<&str>, path: &str, value: &str) -> Patch {
    match before {
        Some(_) => Patch::replace(path, value),
        None => Patch::add(path, value),
    }
}

fn unset(before: Option<&str>, path: &str) -> Patch {
    before.map_or_else(
        || Patch::remove(path),
        |before| Patch::replace(path, before),
    )
}

fn replace(at: At<'_>, title: String, path: &str, value: &str, before: &str) -> Op {
    let undo = format!("undo: {title}");
    edit(
        at,
        title,
        vec![update(at, vec![Patch::replace(path, value)])],
    )
    .undone_by(edit(
        at,
        undo,
        vec![update(at, vec![Patch::replace(path, before)])],
    ))
}

fn update(at: At<'_>, patch_operations: Vec<Patch>) -> Call {
    UpdateIntegration {
        rest_api_id: at.api_id(),
        resource_id: at.resource_id(),
        http_method: at.verb.to_owned(),
        patch_operations,
    }
    .into()
}

fn update_response(at: At<'_>, status: &str, patch: Patch) -> Call {
    UpdateIntegrationResponse {
        rest_api_id: at.api_id(),
        resource_id: at.resource_id(),
        http_method: at.verb.to_owned(),
        status_code: status.to_owned(),
        patch_operations: vec![patch],
    }
    .into()
}

fn edit(at: At<'_>, title: String, calls: Vec<Call>) -> Op {
    Op::change(title, at.place(), calls)
        .stale(definition(at.api))
        .live_later(LATER)
}
