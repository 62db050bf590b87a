//! Resources: create, rename, delete.

use crate::aws::call::{CreateResource, DeleteResource, Id, UpdateResource};
use crate::aws::op::{Api, Danger, Op, Place};
use crate::aws::patch::Patch;
use crate::model::Resource;

use super::{LATER, definition};

/// Creates a resource below another. `path_part`: a literal, `{name}` or `{name+}`.
#[must_use]
pub fn create(api: &Api, parent: &Resource, path_part: &str) -> Op {
    let path = child(&parent.path, path_part);
    let create = CreateResource {
        rest_api_id: api.id.as_str().into(),
        parent_id: parent.id.as_str().into(),
        path_part: path_part.to_owned(),
    };
    let delete = DeleteResource {
        rest_api_id: api.id.as_str().into(),
        resource_id: Id::of(0),
    };
    let place = Place::resource(api, &path);
    Op::change(
        format!("create resource {path}"),
        place.clone(),
        vec![create.into()],
    )
    .stale(definition(api))
    .live_later(LATER)
    .undone_by(
        Op::change(
            format!("delete resource {path}"),
            place,
            vec![delete.into()],
        )
        .stale(definition(api))
        .live_later(LATER),
    )
}

/// Renames the last segment of a resource's path; everything below it moves along.
#[must_use]
pub fn rename(api: &Api, resource: &Resource, path_part: &str) -> Op {
    let rename = |part: &str| {
        let call = UpdateResource {
            rest_api_id: api.id.as_str().into(),
            resource_id: resource.id.as_str().into(),
            patch_operations: vec![Patch::replace("/pathPart", part)],
        };
        Op::change(
            format!("rename resource {} to {part}", resource.path),
            Place::resource(api, &resource.path),
            vec![call.into()],
        )
        .stale(definition(api))
        .live_later(LATER)
    };
    let old = resource.path_part.as_deref().unwrap_or_default();
    rename(path_part).undone_by(rename(old))
}

/// Deletes a resource and everything below it. `all` are the API's resources: what goes with it is counted and named.
#[must_use]
pub fn delete(api: &Api, resource: &Resource, all: &[Resource]) -> Op {
    let below = format!("{}/", resource.path.trim_end_matches('/'));
    let children = all.iter().filter(|r| r.path.starts_with(&below));
    let (mut resources, mut methods) = (0, resource.resource_methods.len());
    for child in children.filter(|r| r.id != resource.id) {
        resources += 1;
        methods += child.resource_methods.len();
    }
    let danger = match (resources, methods) {
        (0, 0) => Danger::None,
        (0, 1) => Danger::Confirm("Its method goes with it.".to_owned()),
        (0, _) => Danger::Confirm(format!("Its {methods} methods go with it.")),
        _ => Danger::TypeName {
            name: resource.path.clone(),
            why: format!(
                "{} below it and {} go with it.",
                count(resources, "resource"),
                count(methods, "method")
            ),
        },
    };
    let call = DeleteResource {
        rest_api_id: api.id.as_str().into(),
        resource_id: resource.id.as_str().into(),
    };
    let op = Op::change(
        format!("delete resource {}", resource.path),
        Place::resource(api, &resource.path),
        vec![call.into()],
    )
    .danger(danger)
    .stale(definition(api))
    .live_later(LATER);
    match (&resource.parent_id, &resource.path_part) {
        // With something in it, coming back would mean as many calls as it held, with other ids.
        (Some(parent), Some(part)) if resources == 0 && methods == 0 => {
            let create = CreateResource {
                rest_api_id: api.id.as_str().into(),
                parent_id: parent.as_str().into(),
                path_part: part.clone(),
            };
            let title = format!("create resource {}", resource.path);
            let back = Op::change(
                title,
                Place::resource(api, &resource.path),
                vec![create.into()],
            );
            op.undone_by(back.stale(definition(api)).live_later(LATER))
        }
        _ => op.final_because("deleted methods can't be brought back; deployments still hold them"),
    }
}

fn child(parent: &str, part: &str) -> String {
    format!("{}/{part}", parent.trim_end_matches('/'))
}

fn count(number: usize, what: &str) -> String {
    if number == 1 {
        format!("1 {what}")
    } else {
        format!("{number} {what}s")
    }
}
