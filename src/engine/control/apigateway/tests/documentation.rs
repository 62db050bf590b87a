//! Documentation parts and versions, against `spec/aws-recorded/documentation.json`.

use serde_json::{Value, json};

use super::{Bed, text, without};

const NO_PART: &str = "404 NotFoundException: Invalid Documentation part identifier specified";

/// Properties as an object, as the recordings show them.
fn shown(part: &Value) -> Value {
    let mut part = without(part.clone(), &["id"]);
    part["properties"] = serde_json::from_str(part["properties"].as_str().unwrap()).unwrap();
    part
}

fn parts(bed: &Bed, api: &str) -> Vec<Value> {
    let list = bed.ok("GetDocumentationParts", json!({"restapi_id": api}));
    list["item"].as_array().unwrap().iter().map(shown).collect()
}

fn ids(bed: &Bed, api: &str) -> Vec<String> {
    let list = bed.ok("GetDocumentationParts", json!({"restapi_id": api}));
    let all = list["item"].as_array().unwrap();
    all.iter().map(|part| text(&part["id"])).collect()
}

#[test]
fn a_part_lives_as_recorded() {
    let bed = Bed::new();
    let (api, _) = bed.api();
    let properties = r#"{"description":"Sample API description"}"#;
    let created = bed.ask(
        "CreateDocumentationPart",
        &json!({"restapi_id": api, "location": {"type": "API"}, "properties": properties}),
    );
    assert_eq!(created.status, 201);
    let want = json!({"location": {"type": "API"}, "properties": {"description": "Sample API description"}});
    assert_eq!(shown(&created.body), want);
    let id = text(&created.body["id"]);
    let at = json!({"restapi_id": api, "part_id": id});
    assert_eq!(bed.ok("GetDocumentationPart", at.clone()), created.body);
    assert_eq!(parts(&bed, &api), [want]);
    let updated = r#"{"description":"Updated Sample API description"}"#;
    let answer = bed.patched(
        "UpdateDocumentationPart",
        at.clone(),
        &[("replace", "/properties", updated)],
    );
    assert_eq!(answer["properties"], updated);
    assert_eq!(
        bed.ok("GetDocumentationPart", at.clone())["properties"],
        updated
    );
    for (op, path, want) in [
        (
            "add",
            "/properties",
            "400 BadRequestException: Invalid patch path  '/properties' specified for op 'add'. Please choose supported operations",
        ),
        (
            "replace",
            "/invalidPath",
            "400 BadRequestException: Invalid patch path  '/invalidPath' specified for op 'replace'. Must be one of: [/properties]",
        ),
    ] {
        let refused = bed.patch_refused("UpdateDocumentationPart", at.clone(), &[(op, path, "{}")]);
        assert_eq!(refused, want);
    }
    assert_eq!(bed.ask("DeleteDocumentationPart", &at).status, 202);
    assert_eq!(bed.refused("GetDocumentationPart", at), NO_PART);
}

#[test]
fn unknown_apis_and_parts_are_refused_as_recorded() {
    let bed = Bed::new();
    let (api, _) = bed.api();
    let unknown =
        "404 NotFoundException: Invalid API identifier specified 111111111111:test-fake-rest-id";
    let create =
        json!({"restapi_id": "test-fake-rest-id", "location": {"type": "API"}, "properties": "{}"});
    assert_eq!(bed.refused("CreateDocumentationPart", create), unknown);
    let list = json!({"restapi_id": "test-fake-rest-id"});
    assert_eq!(bed.refused("GetDocumentationParts", list), unknown);
    for (api, part) in [("test-fake-rest-id", "x"), (api.as_str(), "x")] {
        let at = json!({"restapi_id": api, "part_id": part});
        assert_eq!(bed.refused("GetDocumentationPart", at.clone()), NO_PART);
        let patch = [("replace", "/properties", "{}")];
        assert_eq!(
            bed.patch_refused("UpdateDocumentationPart", at, &patch),
            NO_PART
        );
    }
}

#[test]
fn a_place_has_one_part_with_properties() {
    let bed = Bed::new();
    let (api, _) = bed.api();
    let create = |location: Value, properties: &str| {
        bed.ask(
            "CreateDocumentationPart",
            &json!({"restapi_id": api, "location": location, "properties": properties}),
        )
    };
    let done = create(json!({"type": "METHOD"}), r#"{"a": 1}"#);
    assert_eq!(
        done.body["location"],
        json!({"type": "METHOD", "path": "/", "method": "*"})
    );
    let same = json!({"type": "METHOD", "path": "/", "method": "*"});
    let again = create(same, r#"{"a": 1}"#);
    assert_eq!(
        (again.code.as_str(), &again.body["message"]),
        (
            "ConflictException",
            &json!(
                "Documentation part already exists for the specified location: type 'METHOD', path '/', method '*'"
            )
        )
    );
    for properties in ["{}", "[1]", "nonsense", ""] {
        let refused = create(json!({"type": "API"}), properties);
        assert_eq!(
            (refused.status, refused.code.as_str()),
            (400, "BadRequestException"),
            "{properties}"
        );
    }
    assert_eq!(create(json!({"type": "MODEL"}), r#"{"a": 1}"#).status, 400);
    create(json!({"type": "API"}), r#"{"a": 1}"#);
    assert_eq!(
        create(json!({"type": "API"}), r#"{"a": 1}"#).body["message"],
        "Documentation part already exists for the specified location: type 'API'"
    );
}

const DOCUMENT: &str = r##"{
  "openapi": "3.0.0",
  "info": {"description": "description", "version": "1", "title": "doc"},
  "paths": {"/": {"get": {
    "description": "Method description.",
    "responses": {"200": {"description": "200 response", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Empty"}}}}}
  }}},
  "components": {"schemas": {"Empty": {"title": "Empty Schema", "type": "object"}}},
  "x-amazon-apigateway-documentation": {
    "version": "1.0.3",
    "documentationParts": [
      {"location": {"type": "API"}, "properties": {"description": "API description", "info": {"description": "API info description 4", "version": "API info version 3"}}},
      {"location": {"type": "METHOD", "path": "/", "method": "GET"}, "properties": {"description": "Method description."}},
      {"location": {"type": "MODEL", "name": "Empty"}, "properties": {"title": "Empty Schema"}},
      {"location": {"type": "RESPONSE", "path": "/", "method": "GET", "statusCode": "200"}, "properties": {"description": "200 response"}}
    ]
  }
}"##;

#[test]
fn parts_are_imported_with_the_api_and_overwritten_as_recorded() {
    let bed = Bed::new();
    let imported = bed.ask("ImportRestApi", &json!({"body": DOCUMENT}));
    assert_eq!(imported.status, 201);
    let api = text(&imported.body["id"]);
    let want = [
        json!({"location": {"type": "API"}, "properties": {"description": "API description", "info": {"description": "API info description 4", "version": "API info version 3"}}}),
        json!({"location": {"method": "GET", "path": "/", "type": "METHOD"}, "properties": {"description": "Method description."}}),
        json!({"location": {"name": "Empty", "type": "MODEL"}, "properties": {"title": "Empty Schema"}}),
        json!({"location": {"method": "GET", "path": "/", "statusCode": "200", "type": "RESPONSE"}, "properties": {"description": "200 response"}}),
    ];
    assert_eq!(parts(&bed, &api), want);
    let before = ids(&bed, &api);
    let again = bed.ask(
        "ImportDocumentationParts",
        &json!({"restapi_id": api, "mode": "overwrite", "body": DOCUMENT}),
    );
    assert_eq!(again.status, 200);
    assert_eq!(again.body, json!({"ids": ids(&bed, &api)}));
    assert_eq!(parts(&bed, &api), want);
    assert!(ids(&bed, &api).iter().all(|id| !before.contains(id)));

    let merged = json!({"x-amazon-apigateway-documentation": {"documentationParts": [
        {"location": {"type": "API"}, "properties": {"description": "other", "more": 1}},
        {"location": {"type": "METHOD"}, "properties": {}},
    ]}});
    let input = json!({"restapi_id": api, "body": merged.to_string()});
    let answer = bed.ok("ImportDocumentationParts", input.clone());
    assert_eq!(answer["ids"].as_array().unwrap().len(), 1);
    assert_eq!(answer["warnings"].as_array().unwrap().len(), 1);
    assert_eq!(
        parts(&bed, &api)[0]["properties"],
        json!({"description": "other", "info": {"description": "API info description 4", "version": "API info version 3"}, "more": 1})
    );
    let mut strict = input;
    strict["failonwarnings"] = json!(true);
    let refused = bed.refused("ImportDocumentationParts", strict);
    assert!(
        refused.starts_with("400 BadRequestException: Warnings found during import:\n\tIgnoring"),
        "{refused}"
    );

    let ignoring = bed.ok(
        "ImportRestApi",
        json!({"body": DOCUMENT, "parameters": {"ignore": "documentation"}}),
    );
    assert_eq!(
        parts(&bed, ignoring["id"].as_str().unwrap()),
        [] as [Value; 0]
    );
}

#[test]
fn versions_freeze_the_parts_as_recorded() {
    let bed = Bed::new();
    let (api, _, deployment) = bed.deployed();
    bed.ok(
        "CreateStage",
        json!({"restapi_id": api, "stageName": "dev", "deploymentId": deployment}),
    );
    let create =
        json!({"restapi_id": api, "location": {"type": "API"}, "properties": r#"{"foo":"bar"}"#});
    let part = text(&bed.ok("CreateDocumentationPart", create)["id"]);
    let version = json!({"restapi_id": api, "documentationVersion": "v123", "stageName": "dev"});
    let created = bed.ask("CreateDocumentationVersion", &version);
    assert_eq!(created.status, 201);
    let date = created.body["createdDate"].clone();
    assert_eq!(
        created.body,
        json!({"createdDate": date, "version": "v123"})
    );
    let stage = json!({"restapi_id": api, "stage_name": "dev"});
    assert_eq!(
        bed.ok("GetStage", stage.clone())["documentationVersion"],
        "v123"
    );
    assert_eq!(
        bed.refused("CreateDocumentationVersion", version),
        "409 ConflictException: A documentation version with the same name already exists"
    );
    let at = json!({"restapi_id": api, "doc_version": "v123"});
    let want = json!({"createdDate": date, "description": "doc version new", "version": "v123"});
    let patch = [("replace", "/description", "doc version new")];
    assert_eq!(
        bed.patched("UpdateDocumentationVersion", at.clone(), &patch),
        want
    );
    assert_eq!(bed.ok("GetDocumentationVersion", at.clone()), want);
    assert_eq!(
        bed.ok("GetDocumentationVersions", json!({"restapi_id": api}))["item"],
        json!([want])
    );

    // The part goes on, the version keeps what it was.
    let edit = json!({"restapi_id": api, "part_id": part});
    bed.patched(
        "UpdateDocumentationPart",
        edit,
        &[("replace", "/properties", r#"{"foo":"baz"}"#)],
    );
    let export = json!({"restapi_id": api, "stage_name": "dev", "export_type": "oas30", "parameters": {"extensions": "documentation"}});
    let document = bed.ok("GetExport", export);
    assert_eq!(
        document["x-amazon-apigateway-documentation"]["documentationParts"],
        json!([{"location": {"type": "API"}, "properties": {"foo": "bar"}}])
    );
    assert_eq!(
        bed.ask("DeleteDocumentationVersion", &at).code,
        "BadRequestException"
    );
    bed.patched(
        "UpdateStage",
        stage,
        &[("replace", "/documentationVersion", "")],
    );
    assert_eq!(bed.ask("DeleteDocumentationVersion", &at).status, 202);
    assert_eq!(
        bed.ask("GetDocumentationVersion", &at).code,
        "NotFoundException"
    );
}

#[test]
fn what_has_no_part_can_be_listed() {
    let bed = Bed::new();
    let (api, _, _) = bed.deployed();
    let create = |location: Value| {
        bed.ok(
            "CreateDocumentationPart",
            json!({"restapi_id": api, "location": location, "properties": r#"{"a":1}"#}),
        )
    };
    create(json!({"type": "METHOD", "method": "GET"}));
    create(json!({"type": "METHOD", "method": "GET", "path": "/pets"}));
    let list = |more: Value| {
        let mut input = json!({"restapi_id": api});
        input
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let all = bed.ok("GetDocumentationParts", input);
        let all = all["item"].as_array().unwrap().clone();
        all.iter()
            .map(|part| part["location"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        list(json!({"locationStatus": "UNDOCUMENTED"})),
        [
            json!({"type": "API"}),
            json!({"type": "MODEL", "name": "Empty"}),
            json!({"type": "MODEL", "name": "Error"}),
            json!({"type": "RESOURCE", "path": "/"}),
        ]
    );
    assert_eq!(
        list(json!({"path": "/pets"})),
        [json!({"type": "METHOD", "path": "/pets", "method": "GET"})]
    );
    assert_eq!(list(json!({"type": "MODEL"})), [] as [Value; 0]);
    assert_eq!(list(json!({})).len(), 2);
}
