//! Recording: `resource-crud`.

use serde_json::{Value, json};

use super::{Bed, text};

#[track_caller]
fn paths(bed: &Bed, api: &str) -> Vec<String> {
    let listed = bed.ok("GetResources", json!({"restapi_id": api, "limit": 500}));
    listed["item"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| text(&r["path"]))
        .collect()
}

#[test]
fn resources_live_as_recorded() {
    let bed = Bed::new();
    let (api, root) = bed.api();
    assert_eq!(
        bed.ok("GetResources", json!({"restapi_id": api})),
        json!({"item": [{"id": root, "path": "/"}]})
    );
    let made = bed.ok(
        "CreateResource",
        json!({"restapi_id": api, "parent_id": root, "pathPart": "pets"}),
    );
    let pets = text(&made["id"]);
    assert_eq!(pets.len(), 6);
    assert_eq!(
        made,
        json!({"id": pets, "parentId": root, "path": "/pets", "pathPart": "pets"})
    );
    bed.resource(&api, &pets, "subpets");
    let of = json!({"restapi_id": api, "resource_id": pets});
    let renamed = bed.patched(
        "UpdateResource",
        of.clone(),
        &[("replace", "/pathPart", "dogs")],
    );
    assert_eq!(
        renamed,
        json!({"id": pets, "parentId": root, "path": "/dogs", "pathPart": "dogs"})
    );
    assert_eq!(bed.ok("GetResource", of.clone()), renamed);
    assert_eq!(paths(&bed, &api), ["/", "/dogs", "/dogs/subpets"]);
    assert_eq!(bed.ask("DeleteResource", &of).status, 202);
    assert_eq!(paths(&bed, &api), ["/"]);
}

#[test]
fn moves_and_renames_refuse_as_recorded() {
    let bed = Bed::new();
    let (api, root) = bed.api();
    let pets = bed.resource(&api, &root, "pets");
    let of = |id: &str| json!({"restapi_id": api, "resource_id": id});
    let no_resource = "404 NotFoundException: Invalid Resource identifier specified";
    let conflict =
        "409 ConflictException: Another resource with the same parent already has this name: pets";
    let refused = |id: &str, op, path, value| {
        bed.patch_refused("UpdateResource", of(id), &[(op, path, value)])
    };

    assert_eq!(refused("unknown", "replace", "/pathPart", "x"), no_resource);
    assert_eq!(
        refused(&pets, "replace", "/invalid", "x"),
        "400 BadRequestException: Invalid patch path  '/invalid' specified for op 'replace'. Must be one of: [/parentId, /pathPart]"
    );
    assert_eq!(
        refused(&pets, "replace", "/parentId", "unknown"),
        no_resource
    );
    let sub = bed.resource(&api, &pets, "subpets");
    let child = bed.resource(&api, &sub, "pets");
    assert_eq!(refused(&child, "replace", "/parentId", &root), conflict);
    assert_eq!(
        refused(&pets, "replace", "/parentId", &sub),
        "400 BadRequestException: Resources cannot be cyclical."
    );
    let moved = bed.patched(
        "UpdateResource",
        of(&sub),
        &[("replace", "/parentId", &root)],
    );
    assert_eq!(
        moved,
        json!({"id": sub, "parentId": root, "path": "/subpets", "pathPart": "subpets"})
    );
    assert_eq!(
        paths(&bed, &api),
        ["/", "/pets", "/subpets", "/subpets/pets"]
    );
    assert_eq!(refused(&sub, "replace", "/pathPart", "pets"), conflict);
    for op in ["add", "remove"] {
        assert_eq!(
            refused(&sub, op, "/pathPart", "pets"),
            format!(
                "400 BadRequestException: Invalid patch path  '/pathPart' specified for op '{op}'. Please choose supported operations"
            )
        );
    }
    assert!(
        refused(&root, "replace", "/pathPart", "x")
            .starts_with("400 BadRequestException: The root")
    );
    let gone = bed.refused("DeleteResource", of(&root));
    assert!(
        gone.starts_with("400 BadRequestException: The root"),
        "{gone}"
    );
}

#[test]
fn variable_segments_keep_their_rules() {
    let bed = Bed::new();
    let (api, root) = bed.api();
    bed.resource(&api, &root, "{proxy+}");
    let parent = bed.resource(&api, &root, "parent");
    let greedy = bed.resource(&api, &parent, "{proxy+}");
    let child = bed.resource(&api, &parent, "child");
    bed.resource(&api, &child, "{proxy+}");
    assert_eq!(
        paths(&bed, &api),
        [
            "/",
            "/parent",
            "/parent/child",
            "/parent/child/{proxy+}",
            "/parent/{proxy+}",
            "/{proxy+}"
        ]
    );
    let create = |parent: &str, part: &str| {
        bed.refused(
            "CreateResource",
            json!({"restapi_id": api, "parent_id": parent, "pathPart": part}),
        )
    };
    assert_eq!(
        create(&parent, "{child}"),
        "400 BadRequestException: A sibling ({proxy+}) of this resource already has a variable path part -- only one is allowed"
    );
    assert_eq!(
        create(&greedy, "x"),
        "400 BadRequestException: Cannot create a child of a resource with a greedy path variable: /parent/{proxy+}"
    );
    bed.ok(
        "DeleteResource",
        json!({"restapi_id": api, "resource_id": greedy}),
    );
    let dynamic = bed.resource(&api, &parent, "{child}");
    bed.resource(&api, &dynamic, "{proxy+}");
    assert_eq!(
        paths(&bed, &api),
        [
            "/",
            "/parent",
            "/parent/child",
            "/parent/child/{proxy+}",
            "/parent/{child}",
            "/parent/{child}/{proxy+}",
            "/{proxy+}"
        ]
    );
}

#[test]
fn creating_refuses_what_can_not_be() {
    let bed = Bed::new();
    let (api, root) = bed.api();
    bed.resource(&api, &root, "pets");
    let charset = "400 BadRequestException: Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the beginning and the end.";
    let no_resource = "404 NotFoundException: Invalid Resource identifier specified";
    let cases: [(&str, &str, Value, &str); 5] = [
        (&api, "unknown", json!("x"), no_resource),
        ("unknown", &root, json!("x"), no_resource),
        (
            &api,
            &root,
            json!("pets"),
            "409 ConflictException: Another resource with the same parent already has this name: pets",
        ),
        (&api, &root, json!("item{id}"), charset),
        (&api, &root, json!(""), charset),
    ];
    for (api, parent, part, want) in cases {
        let input = json!({"restapi_id": api, "parent_id": parent, "pathPart": part});
        assert_eq!(bed.refused("CreateResource", input), want);
    }
}

#[test]
fn an_api_has_room_for_300_resources() {
    let bed = Bed::new();
    let (api, root) = bed.api();
    for n in 1..300 {
        bed.resource(&api, &root, &format!("r{n}"));
    }
    let full = bed.refused(
        "CreateResource",
        json!({"restapi_id": api, "parent_id": root, "pathPart": "more"}),
    );
    assert!(
        full.starts_with(
            "429 LimitExceededException: Maximum number of Resources for this API has been reached.  Please"
        ),
        "{full}"
    );
    let first = bed.ok("GetResources", json!({"restapi_id": api}));
    assert_eq!(first["item"].as_array().unwrap().len(), 25);
    let next = bed.ok(
        "GetResources",
        json!({"restapi_id": api, "position": first["position"], "limit": 500}),
    );
    assert_eq!(next["item"].as_array().unwrap().len(), 275);
    assert!(next.get("position").is_none());
}

#[test]
fn methods_are_embedded_when_asked_for() {
    let bed = Bed::new();
    let (api, root) = bed.api();
    bed.mock(&api, &root, "GET");
    let bare = bed.ok("GetResources", json!({"restapi_id": api}));
    assert_eq!(bare["item"][0]["resourceMethods"], json!({"GET": {}}));
    let full = bed.ok(
        "GetResource",
        json!({"restapi_id": api, "resource_id": root, "embed": ["methods"]}),
    );
    assert_eq!(
        full["resourceMethods"]["GET"]["methodIntegration"]["type"],
        "MOCK"
    );
}
