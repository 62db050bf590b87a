//! Recordings: `stage`, and the stages of `canary`. What they record of caching, tracing and access logs, which a stage can't have
//! yet, is tested where stages are patched.

use serde_json::{Value, json};

use super::{Bed, NONE, text, without};

fn stage(bed: &Bed, api: &str, deployment: &str, more: Value) -> Value {
    let mut input = json!({"restapi_id": api, "stageName": "dev", "deploymentId": deployment});
    input
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    bed.ok("CreateStage", input)
}

#[test]
fn a_fresh_stage_shows_what_was_set() {
    let bed = Bed::new();
    let (api, _, deployment) = bed.deployed();
    let made = stage(
        &bed,
        &api,
        &deployment,
        json!({"description": "my stage", "documentationVersion": "v123"}),
    );
    let want = json!({
        "deploymentId": deployment, "stageName": "dev", "description": "my stage", "cacheClusterEnabled": false,
        "cacheClusterStatus": "NOT_AVAILABLE", "methodSettings": {}, "documentationVersion": "v123",
        "tracingEnabled": false, "createdDate": 1_767_323_045, "lastUpdatedDate": 1_767_323_045,
    });
    assert_eq!(made, want);
    assert_eq!(
        bed.ok("GetStage", json!({"restapi_id": api, "stage_name": "dev"})),
        want
    );
    let on = |id: &str| bed.ok("GetStages", json!({"restapi_id": api, "deploymentId": id}));
    assert_eq!(
        (on(&deployment), on("other")),
        (json!({"item": [want]}), json!({"item": []}))
    );
    assert_eq!(bed.served(&api, "dev"), Some((deployment, None)));
}

#[test]
fn method_settings_are_patched_as_recorded() {
    let bed = Bed::new();
    let (api, _, deployment) = bed.deployed();
    stage(&bed, &api, &deployment, json!({}));
    let of = || json!({"restapi_id": api, "stage_name": "dev"});
    bed.clock.advance(std::time::Duration::from_mins(1));
    let got = bed.patched(
        "UpdateStage",
        of(),
        &[
            ("replace", "/description", "stage new"),
            ("replace", "/variables/var1", "test"),
            ("replace", "/variables/var2", "test2"),
            ("replace", "/*/*/throttling/burstLimit", "123"),
            ("replace", "/*/*/metrics/enabled", "true"),
            ("replace", "/test/GET/throttling/burstLimit", "124"),
        ],
    );
    let setting = |burst: u32| {
        json!({
            "cacheDataEncrypted": false, "cacheTtlInSeconds": 300, "cachingEnabled": false, "dataTraceEnabled": false,
            "metricsEnabled": true, "requireAuthorizationForCacheControl": true, "throttlingBurstLimit": burst,
            "throttlingRateLimit": 10000.0, "unauthorizedCacheControlHeaderStrategy": "SUCCEED_WITH_RESPONSE_HEADER",
        })
    };
    assert_eq!(
        got["methodSettings"],
        json!({"*/*": setting(123), "test/GET": setting(124)})
    );
    assert_eq!(got["variables"], json!({"var1": "test", "var2": "test2"}));
    assert_eq!(got["lastUpdatedDate"], json!(1_767_323_105));
    let got = bed.patched(
        "UpdateStage",
        of(),
        &[("replace", "/*/*/throttling/burstLimit", "100")],
    );
    assert_eq!(
        got["methodSettings"],
        json!({"*/*": setting(100), "test/GET": setting(124)})
    );
    let got = bed.patched(
        "UpdateStage",
        of(),
        &[("remove", "/*/*", NONE), ("remove", "/test/GET", NONE)],
    );
    assert_eq!(got["methodSettings"], json!({}));
}

#[test]
fn stages_refuse_as_recorded() {
    let bed = Bed::new();
    let (api, _, deployment) = bed.deployed();
    stage(&bed, &api, &deployment, json!({}));
    let create = |more: Value| {
        let mut input = json!({"restapi_id": api, "stageName": "new", "deploymentId": deployment});
        input
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        bed.refused("CreateStage", input)
    };
    let no_deployment = "400 BadRequestException: Deployment id does not exist";
    assert_eq!(
        create(json!({"stageName": "dev"})),
        "409 ConflictException: Stage already exists"
    );
    assert_eq!(create(json!({"deploymentId": "x"})), no_deployment);
    assert_eq!(
        create(json!({"canarySettings": {"deploymentId": "x", "percentTraffic": 1.0}})),
        no_deployment
    );
    assert_eq!(
        create(json!({"restapi_id": "nope"})),
        "404 NotFoundException: Invalid API identifier specified 111111111111:nope"
    );

    let patch = |op, path, value| {
        bed.patch_refused(
            "UpdateStage",
            json!({"restapi_id": api, "stage_name": "dev"}),
            &[(op, path, value)],
        )
    };
    let unset = |name: &str| {
        format!(
            "400 BadRequestException: Cannot remove method setting {name} because there is no method setting for this method "
        )
    };
    for path in [
        "/documentation_version",
        "/tags/tag1",
        "/canarySettings",
        "/canarySettings/badPath",
    ] {
        let got = patch("replace", path, "x");
        let start = format!(
            "400 BadRequestException: Invalid method setting path: {path}. Must be one of: [/deploymentId, /description, "
        );
        assert!(
            got.starts_with(&start)
                && got.ends_with("/variables/{variable_name}, /tracingEnabled]"),
            "{got}"
        );
    }
    assert_eq!(patch("remove", "/*/*", NONE), unset("*/*"));
    assert_eq!(
        patch("remove", "/canarySettings/stageVariableOverrides", NONE),
        unset("canarySettings/stageVariableOverrides")
    );
    assert_eq!(
        patch("remove", "/canarySettings/badPath", NONE),
        unset("canarySettings/badPath")
    );
    assert_eq!(
        patch("add", "/canarySettings/deploymentId", "x"),
        "400 BadRequestException: Invalid add operation with path: /canarySettings/deploymentId"
    );
    assert_eq!(
        patch("replace", "/canarySettings/deploymentId", "x"),
        no_deployment
    );
    assert_eq!(patch("replace", "/deploymentId", "x"), no_deployment);
    let logs = "CloudWatch Logs role ARN must be set in account settings to enable logging";
    assert_eq!(
        patch("replace", "/*/*/logging/loglevel", "INFO"),
        format!("400 BadRequestException: {logs}")
    );
    bed.patched(
        "UpdateAccount",
        json!({}),
        &[("replace", "/cloudwatchRoleArn", "arn:aws:iam::1:role/r")],
    );
    let of = json!({"restapi_id": api, "stage_name": "dev"});
    let firehose = "arn:aws:firehose:us-east-1:000000000000:deliverystream/amazon-apigateway-x";
    assert_eq!(
        patch("add", "/accessLogSettings/destinationArn", firehose),
        "400 BadRequestException: Sluice can't serve access logs in Firehose yet"
    );
    for (path, value, text) in [
        (
            "/accessLogSettings/destinationArn",
            "arn:aws:sqs:us-east-1:000000000000:queue",
            "400 BadRequestException: Invalid ARN specified in the request: 'arn:aws:sqs:us-east-1:000000000000:queue' must be the ARN of a \
             CloudWatch Logs log group, or of a Firehose stream whose name begins with amazon-apigateway-",
        ),
        (
            "/accessLogSettings/format",
            "$context.status",
            "400 BadRequestException: Access log format must contain at least $context.requestId or $context.extendedRequestId",
        ),
        (
            "/accessLogSettings/format",
            "$context.requestId\n",
            "400 BadRequestException: The access log format must be a single line",
        ),
    ] {
        assert_eq!(patch("add", path, value), text);
    }
    let settings = patch(
        "replace",
        "/methodSettings",
        "{\"*/*\": {\"cacheTtlInSeconds\": 9999}}",
    );
    assert!(
        settings.starts_with("400 BadRequestException: Invalid method settings"),
        "{settings}"
    );
    let gone = "404 NotFoundException: Invalid stage identifier specified";
    assert_eq!(
        bed.refused("GetStage", json!({"restapi_id": api, "stage_name": "none"})),
        gone
    );
    bed.ok("FlushStageCache", of.clone());
    bed.ok("FlushStageAuthorizersCache", of.clone());
    bed.ok("DeleteStage", of.clone());
    assert_eq!(bed.refused("DeleteStage", of.clone()), gone);
    assert_eq!(bed.refused("FlushStageCache", of), gone);
}

#[test]
fn a_canary_is_moved_promoted_and_removed() {
    let bed = Bed::new();
    let (api, _, first) = bed.deployed();
    let second = text(&bed.ok("CreateDeployment", json!({"restapi_id": api}))["id"]);
    let canary = json!({"deploymentId": second, "percentTraffic": 50.0, "stageVariableOverrides": {"testVar": "canary"}});
    let made = stage(
        &bed,
        &api,
        &first,
        json!({"variables": {"testVar": "default"}, "canarySettings": canary}),
    );
    let mut want = canary.clone();
    want["useStageCache"] = false.into();
    assert_eq!(made["canarySettings"], want);
    let of = || json!({"restapi_id": api, "stage_name": "dev"});
    let patch = |operations: &[(&str, &str, &str)]| bed.patched("UpdateStage", of(), operations);
    let got = patch(&[(
        "replace",
        "/canarySettings/stageVariableOverrides/testVar",
        "updated",
    )]);
    assert_eq!(
        got["canarySettings"]["stageVariableOverrides"],
        json!({"testVar": "updated"})
    );

    let third = text(&bed.ok("CreateDeployment", json!({"restapi_id": api}))["id"]);
    let moved = bed.patch_refused("UpdateStage", of(), &[("replace", "/deploymentId", &third)]);
    assert!(
        moved.starts_with("400 BadRequestException: The stage has a canary"),
        "{moved}"
    );

    let promoted = patch(&[
        ("replace", "/canarySettings/percentTraffic", "0.0"),
        (
            "copy",
            "/variables",
            "/canarySettings/stageVariableOverrides",
        ),
        ("copy", "/deploymentId", "/canarySettings/deploymentId"),
    ]);
    assert_eq!(
        (&promoted["deploymentId"], &promoted["variables"]),
        (&json!(second), &json!({"testVar": "updated"}))
    );
    assert_eq!(promoted["canarySettings"]["percentTraffic"], json!(0.0));
    assert_eq!(
        bed.served(&api, "dev"),
        Some((second.clone(), Some(second.clone())))
    );

    let removed = patch(&[("remove", "/canarySettings", NONE)]);
    assert_eq!(removed, without(promoted, &["canarySettings"]));
    let enabled = patch(&[("replace", "/canarySettings/percentTraffic", "10.5")]);
    assert_eq!(
        enabled["canarySettings"],
        json!({"deploymentId": second, "percentTraffic": 10.5, "useStageCache": false})
    );
}

#[test]
fn an_api_has_room_for_ten_stages() {
    let bed = Bed::new();
    let (api, _, deployment) = bed.deployed();
    for n in 0..10 {
        bed.ok(
            "CreateStage",
            json!({"restapi_id": api, "stageName": format!("s{n}"), "deploymentId": deployment}),
        );
    }
    for (operation, input) in [
        (
            "CreateStage",
            json!({"restapi_id": api, "stageName": "more", "deploymentId": deployment}),
        ),
        (
            "CreateDeployment",
            json!({"restapi_id": api, "stageName": "more"}),
        ),
    ] {
        let full = bed.refused(operation, input);
        assert!(
            full.starts_with("429 LimitExceededException: Maximum number of Stages"),
            "{full}"
        );
    }
    let arn = format!("arn:aws:apigateway:us-east-1::/restapis/{api}/stages/s1");
    bed.ok(
        "TagResource",
        json!({"resource_arn": arn, "tags": {"team": "a"}}),
    );
    assert_eq!(
        bed.ok("GetStage", json!({"restapi_id": api, "stage_name": "s1"}))["tags"],
        json!({"team": "a"})
    );
    bed.ok(
        "UntagResource",
        json!({"resource_arn": arn, "tagKeys": ["team"]}),
    );
    assert!(
        bed.ok("GetStage", json!({"restapi_id": api, "stage_name": "s1"}))
            .get("tags")
            .is_none()
    );
}

#[test]
fn a_cache_cluster_comes_and_goes_on_the_clock() {
    let bed = Bed::new();
    let (api, _, deployment) = bed.deployed();
    stage(&bed, &api, &deployment, json!({}));
    let of = || json!({"restapi_id": api, "stage_name": "dev"});
    let seen = || {
        let got = bed.ok("GetStage", of());
        let size = got["cacheClusterSize"].as_str().unwrap_or("-").to_owned();
        format!("{} {size}", got["cacheClusterStatus"].as_str().unwrap())
    };
    let patched = |path: &str, value: &str| {
        let got = bed.patched("UpdateStage", of(), &[("replace", path, value)]);
        let status = got["cacheClusterStatus"].as_str().unwrap().to_owned();
        assert!(seen().starts_with(&status));
        status
    };
    let wait = |seconds| bed.clock.advance(std::time::Duration::from_secs(seconds));
    assert_eq!(
        patched("/cacheClusterEnabled", "true"),
        "CREATE_IN_PROGRESS"
    );
    assert_eq!(seen(), "CREATE_IN_PROGRESS 0.5");
    wait(2);
    assert_eq!(seen(), "AVAILABLE 0.5");
    // What doesn't touch the cluster leaves it; another size is another cluster.
    assert_eq!(patched("/description", "x"), "AVAILABLE");
    assert_eq!(patched("/*/*/caching/enabled", "true"), "AVAILABLE");
    assert_eq!(patched("/cacheClusterSize", "1.6"), "CREATE_IN_PROGRESS");
    wait(2);
    bed.ok("FlushStageCache", of());
    assert_eq!(seen(), "FLUSH_IN_PROGRESS 1.6");
    wait(1);
    assert_eq!(seen(), "AVAILABLE 1.6");
    assert_eq!(
        patched("/cacheClusterEnabled", "false"),
        "DELETE_IN_PROGRESS"
    );
    wait(1);
    assert!(seen().starts_with("NOT_AVAILABLE"));
    assert_eq!(
        patched("/cacheClusterEnabled", "true"),
        "CREATE_IN_PROGRESS"
    );
}
