//! APIs: create, change, delete.

use crate::aws::call::{CreateRestApi, DeleteRestApi, Id, UpdateRestApi};
use crate::aws::op::{Api, Danger, Op, Place};
use crate::aws::patch::Patch;
use crate::aws::query::Query;
use crate::model::{EndpointConfiguration, RestApi, Stage};

/// Creates an API with nothing but its resource `/`. `endpoint_type`: `EDGE`, `REGIONAL` or `PRIVATE`.
#[must_use]
pub fn create(name: &str, description: Option<&str>, endpoint_type: &str) -> Op {
    let create = CreateRestApi {
        name: name.to_owned(),
        // The service refuses an empty description.
        description: description.filter(|d| !d.is_empty()).map(str::to_owned),
        endpoint_configuration: Some(EndpointConfiguration {
            types: vec![endpoint_type.to_owned()],
            ..EndpointConfiguration::default()
        }),
        ..CreateRestApi::default()
    };
    let delete = DeleteRestApi {
        rest_api_id: Id::of(0),
    };
    let place = Place::named(name);
    Op::change(
        format!("create API {name}"),
        place.clone(),
        vec![create.into()],
    )
    .stale([Query::Apis])
    .live_later("nothing is served before the first deployment")
    .undone_by(
        Op::change(format!("delete API {name}"), place, vec![delete.into()])
            .stale([Query::Apis])
            .danger(Danger::TypeName {
                name: name.to_owned(),
                why: "All its resources, methods, deployments and stages go with it.".to_owned(),
            })
            .final_because("a deleted API can't be brought back"),
    )
}

/// Renames an API. Metrics follow the name: the old ones stay under the old name.
#[must_use]
pub fn rename(api: &RestApi, name: &str) -> Op {
    change(
        api,
        format!("rename API {} to {name}", api.name),
        Patch::replace("/name", name),
        Patch::replace("/name", &api.name),
    )
}

/// Changes or removes an API's description.
#[must_use]
pub fn describe(api: &RestApi, description: &str) -> Op {
    let patch = |text: Option<&str>| match text.filter(|t| !t.is_empty()) {
        Some(text) => Patch::replace("/description", text),
        None => Patch::remove("/description"),
    };
    change(
        api,
        format!("change the description of API {}", api.name),
        patch(Some(description)),
        patch(api.description.as_deref()),
    )
}

fn change(api: &RestApi, title: String, patch: Patch, back: Patch) -> Op {
    let update = |patch: Patch| {
        let call = UpdateRestApi {
            rest_api_id: api.id.as_str().into(),
            patch_operations: vec![patch],
        };
        vec![call.into()]
    };
    let stale = [
        Query::Apis,
        Query::Api {
            api: api.id.clone(),
        },
    ];
    let place = Place::api(&api.into());
    let undo = Op::change(format!("undo: {title}"), place.clone(), update(back));
    Op::change(title, place, update(patch))
        .stale(stale.clone())
        .undone_by(undo.stale(stale))
}

/// Deletes an API with everything in it. `stages` are those it has: what stops being served.
#[must_use]
pub fn delete(api: &Api, stages: &[Stage]) -> Op {
    let names: Vec<_> = stages.iter().map(|s| s.stage_name.as_str()).collect();
    let served = if names.is_empty() {
        "It has no stages".to_owned()
    } else {
        format!("Stages {} stop serving at once", names.join(", "))
    };
    let call = DeleteRestApi {
        rest_api_id: api.id.as_str().into(),
    };
    let op = Op::change(
        format!("delete API {}", api.name),
        Place::api(api),
        vec![call.into()],
    )
    .danger(Danger::TypeName {
        name: api.name.clone(),
        why: format!("{served}; all resources, methods and deployments are lost."),
    })
    .stale([Query::Apis, Query::UsagePlans])
    .final_because("a deleted API can't be brought back");
    if names.is_empty() {
        op
    } else {
        op.live_now(served)
    }
}
