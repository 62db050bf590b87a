//! The gate: read-only sessions, questions that want a name, what was sent as commands.

use std::collections::BTreeSet;

use sluice::aws::ops::stages::Setting;
use sluice::aws::ops::test::Run;
use sluice::aws::ops::{
    At, apis, canary, integrations, keys, methods, plans, resources, stages, test,
};
use sluice::aws::{Api, Op, Secret};
use sluice::model::{
    ApiKey, ApiStage, CanarySettings, Deployment, Integration, IntegrationResponse, Map, Method,
    QuotaSettings, Resource, RestApi, Stage, ThrottleSettings, UsagePlan,
};

use crate::proxy::Fault;
use crate::story::{Story, deploy};
use crate::support::mock_api;

fn api() -> Api {
    Api {
        id: "a1".to_owned(),
        name: "shop".to_owned(),
    }
}

/// Every constructor of an operation, by its path below `ops`, with something to do it to.
#[allow(clippy::too_many_lines, reason = "a table")]
fn all() -> Vec<(&'static str, Op)> {
    let api = &api();
    let rest_api = &RestApi {
        id: "a1".to_owned(),
        ..RestApi::default()
    };
    let resource = &Resource {
        id: "r1".to_owned(),
        path: "/orders".to_owned(),
        path_part: Some("orders".to_owned()),
        parent_id: Some("r0".to_owned()),
        ..Resource::default()
    };
    let at = At {
        api,
        resource,
        verb: "POST",
    };
    let (method, integration) = (&Method::default(), &Integration::default());
    let response = &IntegrationResponse::default();
    let stage = &Stage {
        stage_name: "dev".to_owned(),
        ..Stage::default()
    };
    let deployment = &Deployment {
        id: "d1".to_owned(),
        ..Deployment::default()
    };
    let canary_settings = &CanarySettings {
        deployment_id: Some("d1".to_owned()),
        ..CanarySettings::default()
    };
    let key = &ApiKey {
        name: Some("partner".to_owned()),
        ..ApiKey::default()
    };
    let plan = &UsagePlan {
        name: "gold".to_owned(),
        ..UsagePlan::default()
    };
    let plan_stage = &ApiStage::default();
    let (throttle, quota) = (&ThrottleSettings::default(), &QuotaSettings::default());
    let secret = || Secret::new("a-value-of-twenty-characters");
    vec![
        ("apis::create", apis::create("new", None, "REGIONAL")),
        ("apis::rename", apis::rename(rest_api, "new")),
        ("apis::describe", apis::describe(rest_api, "new")),
        ("apis::delete", apis::delete(api, &[])),
        (
            "canary::deploy",
            canary::deploy(api, stage, "", 5.0, Map::default()),
        ),
        ("canary::set_percent", canary::set_percent(api, stage, 5.0)),
        (
            "canary::override_variable",
            canary::override_variable(api, stage, "a", Some("b")),
        ),
        (
            "canary::promote",
            canary::promote(api, stage, canary_settings),
        ),
        ("canary::abort", canary::abort(api, stage, canary_settings)),
        (
            "integrations::save_request_template",
            integrations::save_request_template(at, "application/json", None, "{}"),
        ),
        (
            "integrations::remove_request_template",
            integrations::remove_request_template(at, "application/json", "{}"),
        ),
        (
            "integrations::save_response_template",
            integrations::save_response_template(at, "200", "application/json", None, "{}"),
        ),
        (
            "integrations::set_uri",
            integrations::set_uri(at, integration, "http://b"),
        ),
        (
            "integrations::set_timeout",
            integrations::set_timeout(at, integration, 50),
        ),
        (
            "integrations::set_passthrough",
            integrations::set_passthrough(at, integration, "NEVER"),
        ),
        (
            "integrations::set_request_parameter",
            integrations::set_request_parameter(
                at,
                integration,
                "integration.request.header.a",
                None,
            ),
        ),
        (
            "integrations::add_response",
            integrations::add_response(at, "404", None),
        ),
        (
            "integrations::set_selection_pattern",
            integrations::set_selection_pattern(at, response, "4.."),
        ),
        ("keys::create", keys::create("new", None, &[])),
        ("keys::rotate", keys::rotate(key, &[])),
        ("keys::enable", keys::enable(key, false)),
        ("keys::rename", keys::rename(key, "new")),
        ("keys::delete", keys::delete(key, &[])),
        ("keys::reveal", keys::reveal(key)),
        ("keys::import", keys::import(secret())),
        (
            "methods::create",
            methods::create(at, &methods::Backend::Mock, false),
        ),
        ("methods::delete", methods::delete(at, method)),
        (
            "methods::require_api_key",
            methods::require_api_key(at, true),
        ),
        ("methods::add_response", methods::add_response(at, "404")),
        (
            "plans::create",
            plans::create("new", None, None, Vec::new()),
        ),
        (
            "plans::set_throttle",
            plans::set_throttle(plan, Some(throttle)),
        ),
        ("plans::set_quota", plans::set_quota(plan, Some(quota))),
        (
            "plans::set_method_throttle",
            plans::set_method_throttle(plan, plan_stage, ("/orders", "POST"), Some(throttle)),
        ),
        ("plans::add_stage", plans::add_stage(plan, api, "dev")),
        ("plans::remove_stage", plans::remove_stage(plan, api, "dev")),
        ("plans::delete", plans::delete(plan)),
        ("plans::add_key", plans::add_key(plan, "k1", "key")),
        ("plans::remove_key", plans::remove_key(plan, "k1", "key")),
        (
            "plans::set_remaining",
            plans::set_remaining(plan, "k1", "key", 5),
        ),
        ("resources::create", resources::create(api, resource, "new")),
        ("resources::rename", resources::rename(api, resource, "new")),
        ("resources::delete", resources::delete(api, resource, &[])),
        ("stages::deploy", stages::deploy(api, stage, "")),
        (
            "stages::deploy_to_new",
            stages::deploy_to_new(api, "new", "", Map::default()),
        ),
        (
            "stages::roll_back",
            stages::roll_back(api, stage, deployment),
        ),
        (
            "stages::delete_deployment",
            stages::delete_deployment(api, deployment),
        ),
        (
            "stages::describe_deployment",
            stages::describe_deployment(api, deployment, "new"),
        ),
        (
            "stages::create",
            stages::create(api, "new", "d1", Map::default()),
        ),
        ("stages::delete", stages::delete(api, stage)),
        (
            "stages::set_variable",
            stages::set_variable(api, stage, "a", "b"),
        ),
        (
            "stages::remove_variable",
            stages::remove_variable(api, stage, "a"),
        ),
        ("stages::describe", stages::describe(api, stage, "new")),
        (
            "stages::set_method_setting",
            stages::set_method_setting(api, stage, None, &Setting::Burst(1)),
        ),
        ("stages::flush_cache", stages::flush_cache(api, "dev")),
        ("test::invoke", test::invoke(at, &Run::default())),
    ]
}

/// The public functions of the sources below `src/aws/ops` that give an operation.
fn constructors() -> BTreeSet<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/aws/ops");
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let module = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        for part in text.split("\npub fn ").skip(1) {
            let name = part.split(['(', '<']).next().unwrap();
            let signature = part.split('{').next().unwrap();
            if signature.trim_end().ends_with("-> Op") {
                found.insert(format!("{module}::{name}"));
            }
        }
    }
    found
}

#[test]
fn a_read_only_session_refuses_every_operation_that_may_change_something() {
    let all = all();
    let named: BTreeSet<String> = all.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(named, constructors(), "every constructor is in the table");
    let (mut story, _) = Story::with_api("hello");
    story.keys("ctrl-w").sees("read-only");
    for (name, op) in all {
        if name == "keys::reveal" {
            continue;
        }
        let title = op.title.clone();
        story.proposes(op).sees("this session is read-only");
        story.sees("ctrl-w").sees(&title);
        // Seen: else the next would wait behind it.
        story.keys("esc");
    }
    assert!(story.app().calls.is_empty());
    let sent = story.proxy.seen();
    let writes: Vec<_> = sent
        .iter()
        .filter(|line| !line.starts_with("GET "))
        .collect();
    let others = writes.iter().filter(|line| !line.starts_with("POST / "));
    assert_eq!(others.count(), 0, "nothing but STS is posted: {writes:?}");
}

#[test]
fn a_read_only_session_is_unlocked_by_typing_what_it_names() {
    let (mut story, api) = Story::with_api("hello");
    story
        .keys("ctrl-w 5 a")
        .types("name")
        .keys("enter")
        .types("x")
        .keys("enter");
    story.sees("this session is read-only: ctrl-w allows changes. Not done:");
    story
        .keys("esc ctrl-w")
        .sees("allow changes in this session");
    story
        .sees("type 000000000000 to go on")
        .types("nonsense")
        .keys("enter");
    story.sees("type 000000000000 to go on, esc to leave it");
    story.clears().types("000000000000").keys("enter");
    story.sees("changes are allowed in this session");
    story
        .keys("a")
        .types("name")
        .keys("enter")
        .types("x")
        .keys("enter")
        .sees("done: ");
    let stage = story.asks(async |client| {
        let stage = client.get_stage().rest_api_id(&api).stage_name("dev");
        stage.send().await.unwrap()
    });
    assert_eq!(stage.variables().unwrap()["name"], "x");
}

#[test]
fn enter_twice_changes_nothing_on_production() {
    let mut api = String::new();
    let mut story = Story::with(async |client| {
        (api, _) = mock_api(&client, "hello").await;
        deploy(&client, &api, "prod").await;
    });
    let stages = |story: &Story| {
        story.asks(async |client| {
            let stages = client.get_stages().rest_api_id(&api).send().await.unwrap();
            format!("{:?}", stages.item())
        })
    };
    let before = stages(&story);
    story.keys("enter 6 n ctrl-s");
    story.sees("─ deploy mock to a canary of prod");
    story.keys("enter enter enter").sees("y do it");
    assert_eq!(stages(&story), before);
    story.keys("y").sees_no("y do it");
    assert_ne!(stages(&story), before);
}

#[test]
fn deleting_an_api_takes_its_name_typed_by_hand() {
    let (mut story, api) = Story::with_api("hello");
    story
        .keys("X")
        .sees("type mock to go on")
        .sees("dev")
        .sees("Can't be undone");
    story
        .keys("enter")
        .sees("type mock to go on, esc to leave it");
    story
        .pastes("mock")
        .keys("enter")
        .sees("type mock to go on");
    story.types("mick").keys("enter").sees("type mock to go on");
    assert_eq!(story.get(&api, "/dev/hello").0, 200);
    story
        .clears()
        .types("mock")
        .keys("enter")
        .sees("No REST APIs");
    assert_eq!(story.get(&api, "/dev/hello").0, 403);
    story
        .keys("u")
        .sees("nothing was changed in this session that can be taken back");
}

#[test]
fn deleting_a_stage_says_what_would_be_lost_and_escape_leaves_it() {
    let (mut story, api) = Story::with_api("hello");
    story
        .keys("5 X")
        .sees("type dev to go on")
        .types("dev")
        .keys("esc")
        .sees("in step");
    assert_eq!(story.get(&api, "/dev/hello").0, 200);
    story.keys("X").types("dev").keys("enter").sees("No stages");
    assert_eq!(story.get(&api, "/dev/hello").0, 403);
}

#[test]
fn what_was_done_is_copied_as_commands_that_reach_the_same_place() {
    let (mut story, api) = Story::with_api("hello");
    story
        .keys("5 a")
        .types("name")
        .keys("enter")
        .types("x")
        .keys("enter ! y");
    let endpoint = format!("--endpoint-url {}", story.proxy.url());
    let command = story.copied().to_owned();
    let needed = [
        "aws apigateway update-stage",
        &endpoint,
        "--region us-east-1",
        &api,
    ];
    for part in needed {
        assert!(command.contains(part), "no {part} in {command}");
    }
    story.keys("esc");
    // The whole session, oldest first, as a script.
    story.keys("D ctrl-s ! Y");
    let script = story.copied().to_owned();
    let at = |text: &str| {
        script
            .find(text)
            .unwrap_or_else(|| panic!("{text} in {script}"))
    };
    assert!(at("update-stage") < at("create-deployment"));
}

#[test]
fn quitting_while_something_is_under_way_asks_first() {
    let (mut story, _) = Story::with_api("hello");
    story.keys("5 a").types("name").keys("enter").types("x");
    story.proxy.only("PATCH", Fault::Hold);
    story.hit("enter");
    story.proxy.wait_for("PATCH");
    story.hit("q").sees("type quit to go on");
    assert!(!story.left);
    story.proxy.set(Fault::None);
    story.keys("esc").sees("done: ").keys("q");
    assert!(story.left);
}
