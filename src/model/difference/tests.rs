use super::*;
use crate::model::{Integration, IntegrationResponse, Map, MethodResponse, Model};

fn api() -> Definition {
    let mut definition = Definition::default();
    let root = Resource {
        id: "root".into(),
        path: "/".into(),
        ..Resource::default()
    };
    let mut pets = Resource {
        id: "pets".into(),
        parent_id: Some("root".into()),
        path_part: Some("pets".into()),
        path: "/pets".into(),
        ..Resource::default()
    };
    let integration = Integration {
        cache_namespace: "pets".into(),
        timeout_in_millis: 29_000,
        request_templates: Map::from([("application/json".to_owned(), Some("{}".to_owned()))]),
        integration_responses: Some(Map::from([(
            "200".to_owned(),
            IntegrationResponse {
                status_code: "200".into(),
                ..Default::default()
            },
        )])),
        ..Integration::default()
    };
    pets.resource_methods.insert(
        "GET".into(),
        Method {
            http_method: "GET".into(),
            authorization_type: "NONE".into(),
            method_integration: Some(integration),
            ..Method::default()
        },
    );
    definition.resources.insert("root".into(), root);
    definition.resources.insert("pets".into(), pets);
    definition
}

fn get(definition: &mut Definition) -> &mut Method {
    definition
        .resources
        .get_mut("pets")
        .unwrap()
        .resource_methods
        .get_mut("GET")
        .unwrap()
}

fn method(part: Part, status: Option<&str>) -> Place {
    let (path, verb) = ("/pets".to_owned(), "GET".to_owned());
    Place::Method {
        path,
        verb,
        part: Some(part),
        status: status.map(str::to_owned),
    }
}

#[test]
fn equal_apis_with_other_ids_do_not_differ() {
    let older = api();
    let mut newer = api();
    newer.rest_api.name = "renamed".into();
    newer.rest_api.id = "other".into();
    let mut pets = newer.resources.remove("pets").unwrap();
    pets.id = "q".into();
    pets.resource_methods
        .get_mut("GET")
        .unwrap()
        .method_integration
        .as_mut()
        .unwrap()
        .cache_namespace = "q".into();
    newer.resources.insert("q".into(), pets);
    assert_eq!(difference(&older, &newer), []);
}

#[test]
fn a_template_a_parameter_and_a_response_are_found_at_their_place() {
    let older = api();
    let mut newer = api();
    let m = get(&mut newer);
    m.api_key_required = true;
    m.method_responses = Some(Map::from([("400".to_owned(), MethodResponse::default())]));
    let integration = m.method_integration.as_mut().unwrap();
    integration
        .request_templates
        .insert("application/json".into(), Some("{\"a\":1}".into()));
    integration.timeout_in_millis = 50;
    let responses = integration.integration_responses.as_mut().unwrap();
    responses.get_mut("200").unwrap().selection_pattern = Some("2..".into());
    let found: Vec<_> = difference(&older, &newer)
        .into_iter()
        .map(|c| {
            (
                c.kind,
                c.place,
                c.member.unwrap_or_default(),
                c.before.unwrap_or_default(),
                c.after.unwrap_or_default(),
            )
        })
        .collect();
    let s = str::to_owned;
    assert_eq!(
        found,
        [
            (
                Kind::Changed,
                method(Part::MethodRequest, None),
                s("apiKeyRequired"),
                s("false"),
                s("true")
            ),
            (
                Kind::Changed,
                method(Part::IntegrationRequest, None),
                s("requestTemplates application/json"),
                s("{}"),
                s("{\"a\":1}")
            ),
            (
                Kind::Changed,
                method(Part::IntegrationRequest, None),
                s("timeoutInMillis"),
                s("29000"),
                s("50")
            ),
            (
                Kind::Added,
                method(Part::IntegrationResponse, Some("200")),
                s("selectionPattern"),
                s(""),
                s("2..")
            ),
            (
                Kind::Added,
                method(Part::MethodResponse, Some("400")),
                s(""),
                s(""),
                s("")
            ),
        ]
    );
}

#[test]
fn resources_methods_models_and_gateway_responses_come_and_go() {
    let older = api();
    let mut newer = api();
    newer.resources.remove("pets");
    newer.models.insert(
        "Pet".into(),
        Model {
            name: "Pet".into(),
            ..Model::default()
        },
    );
    let kind = GatewayResponseType::Throttled;
    let mut response = GatewayResponse::default_of(kind);
    response.default_response = false;
    newer.gateway_responses.insert(kind, response.clone());
    let places = |changes: Vec<Change>| -> Vec<_> {
        changes
            .into_iter()
            .map(|c| (c.kind, c.place, c.member))
            .collect()
    };
    let gone = Place::Method {
        path: "/pets".into(),
        verb: "GET".into(),
        part: None,
        status: None,
    };
    assert_eq!(
        places(difference(&older, &newer)),
        [
            (
                Kind::Removed,
                Place::Resource {
                    path: "/pets".into()
                },
                None
            ),
            (Kind::Removed, gone, None),
            (Kind::Added, Place::Model { name: "Pet".into() }, None),
        ],
        "a gateway response put with the default's values changes nothing"
    );
    response.status_code = Some("420".into());
    let mut third = newer.clone();
    third.gateway_responses.insert(kind, response);
    let place = Place::GatewayResponse {
        name: "THROTTLED".into(),
    };
    assert_eq!(
        places(difference(&newer, &third)),
        [(Kind::Changed, place, Some("statusCode".into()))]
    );
}

#[test]
fn changes_survive_the_wire() {
    let mut newer = api();
    get(&mut newer).api_key_required = true;
    let changes = difference(&api(), &newer);
    let text = serde_json::to_string(&changes).unwrap();
    assert_eq!(serde_json::from_str::<Vec<Change>>(&text).unwrap(), changes);
}
