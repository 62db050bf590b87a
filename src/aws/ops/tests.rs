//! Operations against the model's own patching: what an action does, and that undoing it leaves everything as it was.

use super::stages::Setting;
use super::*;
use crate::aws::call::Call;
use crate::aws::op::{Inverse, Kind, Op};
use crate::aws::patch::Patch;
use crate::aws::{Answer, Secret};
use crate::model::patch::{PatchOperation, apply, apply_to_stage, apply_to_usage_plan};
use crate::model::{
    ApiKey, ApiStage, CanarySettings, Deployment, Integration, IntegrationResponse,
    IntegrationType, Map, Method, MethodResponse, MethodSetting, QuotaPeriod, QuotaSettings, Stage,
    ThrottleSettings, UsagePlan,
};

fn api() -> Api {
    Api {
        id: "a1".to_owned(),
        name: "PetStore".to_owned(),
    }
}

fn map(pairs: &[(&str, &str)]) -> Map<String> {
    pairs
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect()
}

fn operations(patches: &[Patch]) -> Vec<PatchOperation> {
    patches
        .iter()
        .map(|p| PatchOperation {
            op: Some(p.op.name().to_owned()),
            path: Some(p.path.clone()),
            value: p.value.clone(),
            from: p.from.clone(),
        })
        .collect()
}

fn undo(op: &Op) -> &Op {
    match &op.inverse {
        Inverse::Op(undo) => undo,
        Inverse::None(why) => panic!("{} can't be undone: {why}", op.title),
    }
}

fn play_on_stage(stage: &mut Stage, op: &Op) {
    for call in &op.calls {
        let Call::UpdateStage(update) = call else {
            panic!("{call:?} is no UpdateStage")
        };
        assert_eq!(update.stage_name, stage.stage_name);
        apply_to_stage(stage, &operations(&update.patch_operations))
            .unwrap_or_else(|e| panic!("{}: {e}", op.title));
    }
}

fn canary() -> CanarySettings {
    CanarySettings {
        percent_traffic: 5.0,
        deployment_id: Some("d2".to_owned()),
        stage_variable_overrides: Some(map(&[("backend", "v2"), ("extra", "x")])),
        use_stage_cache: true,
    }
}

fn stage(canary_settings: Option<CanarySettings>) -> Stage {
    Stage {
        stage_name: "prod".to_owned(),
        deployment_id: "d1".to_owned(),
        description: Some("before".to_owned()),
        variables: Some(map(&[("backend", "v1"), ("name", "prod")])),
        canary_settings,
        method_settings: [(
            "*/*".to_owned(),
            MethodSetting {
                throttling_burst_limit: 7,
                ..MethodSetting::default()
            },
        )]
        .into(),
        ..Stage::default()
    }
}

#[test]
fn undoing_a_change_of_a_stage_leaves_it_as_it_was() {
    let (plain, with) = (stage(None), stage(Some(canary())));
    let bare = Stage {
        method_settings: Map::default(),
        ..stage(None)
    };
    let deployment = Deployment {
        id: "d0".to_owned(),
        ..Deployment::default()
    };
    let api = &api();
    let cases = [
        (&plain, stages::set_variable(api, &plain, "backend", "v3")),
        (&plain, stages::set_variable(api, &plain, "new", "1")),
        (&plain, stages::remove_variable(api, &plain, "name")),
        (&plain, stages::describe(api, &plain, "after")),
        (&plain, stages::roll_back(api, &plain, &deployment)),
        (
            &plain,
            stages::set_method_setting(api, &plain, None, &Setting::Burst(9)),
        ),
        (
            &plain,
            stages::set_method_setting(api, &plain, None, &Setting::Rate(2.5)),
        ),
        (
            &plain,
            stages::set_method_setting(
                api,
                &plain,
                Some(("/pets", "GET")),
                &Setting::Metrics(true),
            ),
        ),
        (
            &bare,
            stages::set_method_setting(api, &bare, None, &Setting::Caching(true)),
        ),
        (&plain, canary::set_percent(api, &plain, 10.0)),
        (&with, canary::set_percent(api, &with, 12.5)),
        (
            &with,
            canary::override_variable(api, &with, "backend", Some("v3")),
        ),
        (
            &with,
            canary::override_variable(api, &with, "name", Some("canary")),
        ),
        (&with, canary::override_variable(api, &with, "extra", None)),
        (&with, canary::abort(api, &with, &canary())),
        (&with, canary::promote(api, &with, &canary())),
    ];
    for (before, op) in cases {
        let mut stage = before.clone();
        play_on_stage(&mut stage, &op);
        assert_ne!(&stage, before, "{} does something", op.title);
        play_on_stage(&mut stage, undo(&op));
        // The order of a map's members is nobody's business.
        if let Some(variables) = &mut stage.variables {
            variables.sort_keys();
        }
        assert_eq!(&stage, before, "{} undone", op.title);
        assert!(op.stales(&Query::Stages {
            api: "a1".to_owned()
        }));
        assert!(
            op.live_at_next_deployment.is_none(),
            "stages change at once"
        );
    }
}

#[test]
fn promoting_takes_deployment_and_overrides_and_keeps_the_other_variables() {
    let mut stage = stage(Some(canary()));
    let op = canary::promote(&api(), &stage.clone(), &canary());
    play_on_stage(&mut stage, &op);
    assert_eq!(stage.deployment_id, "d2");
    assert_eq!(stage.canary_settings, None);
    let mut variables = stage.variables.unwrap();
    variables.sort_keys();
    assert_eq!(
        variables,
        map(&[("backend", "v2"), ("extra", "x"), ("name", "prod")])
    );
    assert!(matches!(op.danger, Danger::Confirm(_)));
}

#[test]
fn a_slider_sends_one_patch() {
    let stage = stage(Some(canary()));
    let op = canary::set_percent(&api(), &stage, 250.0);
    let [Call::UpdateStage(update)] = op.calls.as_slice() else {
        panic!("one call")
    };
    assert_eq!(
        update.patch_operations,
        [Patch::replace("/canarySettings/percentTraffic", "100.0")]
    );
}

#[test]
fn deploying_goes_where_the_service_puts_it() {
    for (stage, path, old) in [
        (stage(None), "/deploymentId", "d1"),
        (stage(Some(canary())), "/canarySettings/deploymentId", "d2"),
    ] {
        let op = stages::deploy(&api(), &stage, "");
        let [Call::CreateDeployment(create)] = op.calls.as_slice() else {
            panic!("one call")
        };
        assert_eq!(
            (create.stage_name.as_deref(), create.description.as_deref()),
            (Some("prod"), None)
        );
        // A stage with a canary takes nothing else than a canary, and it keeps its settings.
        let told = |percent: Option<f64>, overrides: Option<Map<String>>| {
            (percent, overrides.filter(|map| !map.is_empty()))
        };
        let sent = create.canary_settings.clone();
        let held = stage.canary_settings.clone();
        assert_eq!(
            told(
                sent.as_ref().map(|c| c.percent_traffic),
                sent.map(|c| c.stage_variable_overrides)
            ),
            told(
                held.as_ref().map(|c| c.percent_traffic),
                held.and_then(|c| c.stage_variable_overrides)
            )
        );
        assert!(matches!(&op.danger, Danger::Confirm(why) if why.contains("production")));
        let [Call::UpdateStage(back)] = undo(&op).calls.as_slice() else {
            panic!("one call back")
        };
        assert_eq!(back.patch_operations, [Patch::replace(path, old)]);
    }
    let op = stages::deploy_to_new(&api(), "dev", "first", Map::default());
    assert_eq!(op.danger, Danger::None);
    let undo = op.undo(&[Answer::Id("d9".to_owned())]).unwrap();
    assert!(matches!(&undo.calls[1], Call::DeleteDeployment(d) if d.deployment_id == "d9".into()));
    assert!(
        op.undo(&[]).is_none(),
        "without the deployment's id there is no way back"
    );
}

#[test]
fn undoing_a_change_of_a_plan_leaves_it_as_it_was() {
    let limits = |burst_limit| ThrottleSettings {
        burst_limit,
        rate_limit: 2.5,
    };
    let stage = ApiStage {
        api_id: "a1".to_owned(),
        stage: "prod".to_owned(),
        throttle: Some([("/pets/GET".to_owned(), limits(1))].into()),
    };
    let quota = QuotaSettings {
        limit: 100,
        offset: 2,
        period: QuotaPeriod::Week,
    };
    let empty = UsagePlan {
        id: "p1".to_owned(),
        name: "gold".to_owned(),
        ..UsagePlan::default()
    };
    let full = UsagePlan {
        api_stages: vec![stage.clone()],
        throttle: Some(limits(5)),
        quota: Some(quota.clone()),
        ..empty.clone()
    };
    let other = QuotaSettings {
        limit: 7,
        offset: 0,
        period: QuotaPeriod::Day,
    };
    let cases = [
        (&empty, plans::set_throttle(&empty, Some(&limits(9)))),
        (&full, plans::set_throttle(&full, Some(&limits(9)))),
        (&full, plans::set_throttle(&full, None)),
        (&empty, plans::set_quota(&empty, Some(&quota))),
        (&full, plans::set_quota(&full, Some(&other))),
        (&full, plans::set_quota(&full, None)),
        (&empty, plans::add_stage(&empty, &api(), "prod")),
        (
            &full,
            plans::set_method_throttle(&full, &stage, ("/pets", "GET"), Some(&limits(3))),
        ),
        (
            &full,
            plans::set_method_throttle(&full, &stage, ("/pets", "GET"), None),
        ),
        (
            &full,
            plans::set_method_throttle(&full, &stage, ("/pets/{petId}", "PUT"), Some(&limits(3))),
        ),
    ];
    for (before, op) in cases {
        let mut plan = before.clone();
        for op in [&op, undo(&op)] {
            let same = plan.clone();
            let [Call::UpdateUsagePlan(update)] = op.calls.as_slice() else {
                panic!("one call")
            };
            apply_to_usage_plan(&mut plan, &operations(&update.patch_operations), |_, _| {
                true
            })
            .unwrap_or_else(|e| panic!("{}: {e}", op.title));
            assert_ne!(plan, same, "{} does something", op.title);
        }
        assert_eq!(&plan, before, "{} undone", op.title);
        assert_eq!(op.stale, [Query::UsagePlans]);
    }
    assert_eq!(
        plans::delete(&full).calls.len(),
        2,
        "stages are taken out first"
    );
    assert_eq!(plans::delete(&empty).calls.len(), 1);
}

#[test]
fn undoing_a_change_of_an_integration_leaves_it_as_it_was() {
    let resource = Resource {
        id: "r1".to_owned(),
        path: "/pets".to_owned(),
        ..Resource::default()
    };
    let api = api();
    let at = At {
        api: &api,
        resource: &resource,
        verb: "POST",
    };
    let before = Integration {
        integration_type: IntegrationType::Http,
        uri: Some("http://a".to_owned()),
        timeout_in_millis: 29_000,
        request_templates: [("application/json".to_owned(), Some("{}".to_owned()))].into(),
        request_parameters: map(&[("integration.request.header.X", "'1'")]),
        ..Integration::default()
    };
    let cases = [
        integrations::save_request_template(at, "application/json", Some("{}"), "{\"a\": \"/~\"}"),
        integrations::save_request_template(at, "text/xml", None, "<a/>"),
        integrations::remove_request_template(at, "application/json", "{}"),
        integrations::set_uri(at, &before, "http://b"),
        integrations::set_timeout(at, &before, 50),
        integrations::set_passthrough(at, &before, "NEVER"),
        integrations::set_request_parameter(
            at,
            &before,
            "integration.request.header.X",
            Some("'2'"),
        ),
        integrations::set_request_parameter(at, &before, "integration.request.header.X", None),
        integrations::set_request_parameter(
            at,
            &before,
            "integration.request.header.Y",
            Some("'2'"),
        ),
    ];
    for op in cases {
        let mut integration = before.clone();
        for op in [&op, undo(&op)] {
            let same = integration.clone();
            let [Call::UpdateIntegration(update)] = op.calls.as_slice() else {
                panic!("one call")
            };
            apply(&mut integration, &operations(&update.patch_operations))
                .unwrap_or_else(|e| panic!("{}: {e}", op.title));
            assert_ne!(integration, same, "{} does something", op.title);
        }
        assert_eq!(integration, before, "{} undone", op.title);
        assert!(op.live_now.is_none() && op.live_at_next_deployment.is_some());
        assert!(op.stales(&Query::Changes {
            api: "a1".to_owned(),
            stage: "prod".to_owned()
        }));
    }
}

#[test]
fn a_new_method_can_be_tested_at_once() {
    let resource = Resource {
        id: "r1".to_owned(),
        path: "/pets/{petId}/{rest+}".to_owned(),
        ..Resource::default()
    };
    let api = api();
    let at = At {
        api: &api,
        resource: &resource,
        verb: "GET",
    };
    let names = |op: &Op| op.calls.iter().map(Call::operation).collect::<Vec<_>>();
    let mock = methods::create(at, &methods::Backend::Mock, false);
    assert_eq!(
        names(&mock),
        [
            "PutMethod",
            "PutMethodResponse",
            "PutIntegration",
            "PutIntegrationResponse"
        ]
    );
    let proxy = methods::Backend::HttpProxy {
        verb: "ANY".to_owned(),
        url: "http://backend/{rest}".to_owned(),
    };
    let proxy = methods::create(at, &proxy, true);
    assert_eq!(
        names(&proxy),
        ["PutMethod", "PutMethodResponse", "PutIntegration"]
    );
    let Call::PutMethod(method) = &proxy.calls[0] else {
        panic!("the method comes first")
    };
    let declared: Vec<_> = method
        .request_parameters
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        declared,
        ["method.request.path.petId", "method.request.path.rest"]
    );
    assert_eq!(method.api_key_required, Some(true));
    let Call::PutIntegration(integration) = &proxy.calls[2] else {
        panic!("then the integration")
    };
    assert_eq!(
        integration.request_parameters,
        map(&[("integration.request.path.rest", "method.request.path.rest")])
    );
    assert_eq!(names(undo(&proxy)), ["DeleteMethod"]);
}

#[test]
fn a_deleted_method_comes_back_whole() {
    let resource = Resource {
        id: "r1".to_owned(),
        path: "/pets".to_owned(),
        ..Resource::default()
    };
    let method = Method {
        http_method: "POST".to_owned(),
        authorization_type: "NONE".to_owned(),
        method_responses: Some(
            [
                ("201".to_owned(), MethodResponse::default()),
                ("400".to_owned(), MethodResponse::default()),
            ]
            .into(),
        ),
        method_integration: Some(Integration {
            integration_responses: Some(
                [(
                    "400".to_owned(),
                    IntegrationResponse {
                        response_templates: Some([("application/json".to_owned(), None)].into()),
                        ..IntegrationResponse::default()
                    },
                )]
                .into(),
            ),
            ..Integration::default()
        }),
        ..Method::default()
    };
    let api = api();
    let at = At {
        api: &api,
        resource: &resource,
        verb: "POST",
    };
    let op = methods::delete(at, &method);
    let back = &undo(&op).calls;
    let names: Vec<_> = back.iter().map(Call::operation).collect();
    assert_eq!(
        names,
        [
            "PutMethod",
            "PutMethodResponse",
            "PutMethodResponse",
            "PutIntegration",
            "PutIntegrationResponse"
        ]
    );
    let Call::PutIntegrationResponse(response) = &back[4] else {
        panic!("the response comes last")
    };
    assert_eq!(
        response.response_templates,
        map(&[("application/json", "")])
    );
}

#[test]
fn danger_grows_with_what_is_lost() {
    let resource = |id: &str, path: &str, verbs: &[&str]| Resource {
        id: id.to_owned(),
        parent_id: Some("root".to_owned()),
        path_part: Some("x".to_owned()),
        path: path.to_owned(),
        resource_methods: verbs
            .iter()
            .map(|v| ((*v).to_owned(), Method::default()))
            .collect(),
    };
    let all = [
        resource("1", "/a", &[]),
        resource("2", "/ab", &["GET"]),
        resource("3", "/c", &["GET"]),
        resource("4", "/c/d", &["GET", "PUT"]),
    ];
    let delete = |at: usize| resources::delete(&api(), &all[at], &all);
    assert_eq!(delete(0).danger, Danger::None, "/ab isn't below /a");
    assert!(matches!(delete(0).inverse, Inverse::Op(_)));
    let one = Danger::Confirm("Its method goes with it.".to_owned());
    assert_eq!(delete(1).danger, one);
    assert_eq!(
        delete(2).danger,
        Danger::TypeName {
            name: "/c".to_owned(),
            why: "1 resource below it and 3 methods go with it.".to_owned(),
        }
    );
    assert!(matches!(delete(2).inverse, Inverse::None(_)));
    for (name, danger) in [
        ("prod", true),
        ("Production-eu", true),
        ("live", true),
        ("dev", false),
        ("alive", false),
    ] {
        assert_eq!(
            ask_on_production(name, "x") != Danger::None,
            danger,
            "{name}"
        );
    }
}

#[test]
fn keys_are_created_in_their_plans_and_revealed_through_the_gate() {
    let plan = UsagePlan {
        id: "p1".to_owned(),
        name: "gold".to_owned(),
        ..UsagePlan::default()
    };
    let op = keys::create("zoo", None, &[&plan]);
    assert!(
        matches!(&op.calls[1], Call::CreateUsagePlanKey(c) if c.key_id == crate::aws::Id::of(0))
    );
    let answers = [
        Answer::Key {
            id: "k1".to_owned(),
            value: Secret::new("v"),
        },
        Answer::Done,
    ];
    let undo = op.undo(&answers).unwrap();
    assert!(matches!(&undo.calls[0], Call::DeleteApiKey(d) if d.api_key == "k1".into()));
    let key = ApiKey {
        id: "k1".to_owned(),
        ..ApiKey::default()
    };
    assert!(keys::reveal(&key).reveals_secret());
    assert!(!keys::reveal(&key).changes());
    assert!(matches!(
        keys::enable(&key, false).danger,
        Danger::Confirm(_)
    ));
    assert_eq!(keys::enable(&key, true).danger, Danger::None);
}

#[test]
fn a_test_run_reaches_but_changes_nothing() {
    let resource = Resource::default();
    let api = api();
    let run = |verb: &'static str, headers: &[(&str, &str)]| {
        let at = At {
            api: &api,
            resource: &resource,
            verb,
        };
        let headers = headers
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        test::invoke(
            at,
            &test::Run {
                headers: headers.collect(),
                ..test::Run::default()
            },
        )
    };
    assert_eq!(run("GET", &[]).kind, Kind::Reach { safe: true });
    assert_eq!(run("POST", &[]).kind, Kind::Reach { safe: false });
    for (headers, single, several) in [
        (&[("a", "1"), ("b", "2")][..], 2, 0),
        (&[("a", "1"), ("a", "2")], 0, 1),
    ] {
        let op = run("GET", headers);
        let [Call::TestInvokeMethod(call)] = op.calls.as_slice() else {
            panic!("one call")
        };
        assert_eq!(
            (call.headers.len(), call.multi_value_headers.len()),
            (single, several)
        );
    }
}
