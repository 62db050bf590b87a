//! Recording: `usage-plans-api-keys`.

use serde_json::{Value, json};

use super::{Bed, NONE, text, without};

const NO_PLAN: &str = "404 NotFoundException: Invalid Usage Plan ID specified";
const NO_KEY: &str = "404 NotFoundException: Invalid API Key identifier specified";

fn names(listed: &Value) -> Vec<String> {
    listed["item"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| text(&item["name"]))
        .collect()
}

#[test]
fn keys_are_listed_newest_first_and_found_by_prefix() {
    let bed = Bed::new();
    let list = |input: Value| bed.ok("GetApiKeys", input);
    assert_eq!(list(json!({})), json!({"item": []}));
    assert_eq!(list(json!({"limit": -1})), json!({"item": []}));
    let made = bed.ask("CreateApiKey", &json!({"name": "test-key-1"}));
    assert_eq!(made.status, 201);
    let first = made.body;
    assert_eq!(
        without(first.clone(), &["id", "value"]),
        json!({
            "createdDate": 1_767_323_045, "enabled": false, "lastUpdatedDate": 1_767_323_045, "name": "test-key-1", "stageKeys": [],
        })
    );
    assert_eq!(
        (text(&first["id"]).len(), text(&first["value"]).len()),
        (10, 40)
    );
    assert_eq!(
        list(json!({})),
        json!({"item": [without(first.clone(), &["value"])]})
    );
    assert_eq!(
        list(json!({"includeValues": true}))["item"][0]["value"],
        first["value"]
    );
    bed.ok(
        "CreateApiKey",
        json!({"name": "test-key-2", "customerId": "c"}),
    );
    let cases = [
        (json!({}), vec!["test-key-2", "test-key-1"]),
        (
            json!({"name": "test-key"}),
            vec!["test-key-2", "test-key-1"],
        ),
        (json!({"name": "test-key-2"}), vec!["test-key-2"]),
        (json!({"customerId": "c"}), vec!["test-key-2"]),
        (json!({"name": "TEST"}), vec![]),
        (json!({"name": "key-1"}), vec![]),
        (json!({"name": "est"}), vec![]),
    ];
    for (input, want) in cases {
        assert_eq!(names(&list(input.clone())), want, "{input}");
    }
    let page = list(json!({"limit": 1}));
    assert_eq!(names(&page), ["test-key-2"]);
    let next = list(json!({"limit": 1, "position": page["position"]}));
    assert_eq!(
        (names(&next), next.get("position")),
        (vec!["test-key-1".to_owned()], None)
    );
}

#[test]
fn keys_live_as_recorded() {
    let bed = Bed::new();
    for name in [json!({"name": ""}), json!({})] {
        assert!(bed.ok("CreateApiKey", name).get("name").is_none());
    }
    let key = bed.ok(
        "CreateApiKey",
        json!({"name": "one", "enabled": true, "value": "abcdefghijklmnopqrst"}),
    );
    let of = || json!({"api_Key": key["id"]});
    let mut want = without(key.clone(), &["value"]);
    want["tags"] = json!({});
    assert_eq!(bed.ok("GetApiKey", of()), want);
    assert_eq!(
        bed.ok(
            "GetApiKey",
            json!({"api_Key": key["id"], "includeValue": true})
        )["value"],
        "abcdefghijklmnopqrst"
    );
    let updated = bed.patched(
        "UpdateApiKey",
        of(),
        &[
            ("replace", "/name", "two"),
            ("replace", "/enabled", "false"),
        ],
    );
    want["name"] = "two".into();
    want["enabled"] = false.into();
    assert_eq!(updated, want);

    let long = |n: usize| "x".repeat(n);
    let cases = [
        (
            json!({"name": long(1025)}),
            "400 BadRequestException: Invalid API Key name, can be at most 1024 characters.",
        ),
        (
            json!({"description": long(130_000)}),
            "400 BadRequestException: Invalid API Key description specified.",
        ),
        (
            json!({"value": long(19)}),
            "400 BadRequestException: API Key value should be at least 20 characters",
        ),
        (
            json!({"value": long(129)}),
            "400 BadRequestException: API Key value exceeds maximum size of 128 characters",
        ),
        (
            json!({"value": "abcdefghijklmnopqrst"}),
            "409 ConflictException: API Key already exists",
        ),
    ];
    for (input, want) in cases {
        assert_eq!(bed.refused("CreateApiKey", input), want);
    }
    assert_eq!(
        bed.patch_refused(
            "UpdateApiKey",
            of(),
            &[("replace", "/description", &long(130_000))]
        ),
        "400 BadRequestException: Invalid API Key description specified."
    );
    assert_eq!(bed.ask("DeleteApiKey", &of()).status, 202);
    for operation in ["GetApiKey", "DeleteApiKey", "UpdateApiKey"] {
        assert_eq!(bed.refused(operation, of()), NO_KEY);
    }
}

#[test]
fn plans_live_as_recorded() {
    let bed = Bed::new();
    let (api, _, deployment) = bed.deployed();
    bed.ok(
        "CreateStage",
        json!({"restapi_id": api, "stageName": "dev", "deploymentId": deployment}),
    );
    let stages = json!([{"apiId": api, "stage": "dev"}]);
    let made = bed.ok(
        "CreateUsagePlan",
        json!({"name": "plan", "description": "d", "apiStages": stages}),
    );
    let id = text(&made["id"]);
    assert_eq!(id.len(), 6);
    assert_eq!(
        made,
        json!({"apiStages": stages, "description": "d", "id": id, "name": "plan"})
    );
    let of = || json!({"usageplanId": id});
    let mut want = made.clone();
    want["tags"] = json!({});
    assert_eq!(bed.ok("GetUsagePlan", of()), want);
    assert_eq!(bed.ok("GetUsagePlans", json!({})), json!({"item": [made]}));
    let updated = bed.patched(
        "UpdateUsagePlan",
        of(),
        &[
            ("replace", "/throttle/burstLimit", "100"),
            ("replace", "/throttle/rateLimit", "200"),
            ("replace", "/quota/limit", "5000"),
            ("replace", "/quota/period", "MONTH"),
        ],
    );
    want["quota"] = json!({"limit": 5000, "offset": 0, "period": "MONTH"});
    want["throttle"] = json!({"burstLimit": 100, "rateLimit": 200.0});
    assert_eq!(updated, want);
    assert_eq!(
        bed.ok("GetUsagePlans", json!({})),
        json!({"item": [without(want, &["tags"])]})
    );

    let refused =
        |value: &str| bed.patch_refused("UpdateUsagePlan", of(), &[("add", "/apiStages", value)]);
    let unknown = |api: &str, stage: &str| {
        format!(
            "404 NotFoundException: Invalid API Stage {{api: {api}, stage: {stage}}} specified for usageplan {id}"
        )
    };
    assert_eq!(
        bed.patch_refused(
            "UpdateUsagePlan",
            json!({"usageplanId": "x"}),
            &[("replace", "/name", "x")]
        ),
        NO_PLAN
    );
    assert_eq!(
        refused(NONE),
        "400 BadRequestException: Invalid API Stage specified"
    );
    assert_eq!(
        refused("wrong"),
        "400 BadRequestException: Invalid API Stage specified"
    );
    assert_eq!(
        refused(&format!("{api}b:dev")),
        unknown(&format!("{api}b"), "dev")
    );
    assert_eq!(refused(&format!("{api}:fake")), unknown(&api, "fake"));

    for (stage, want) in [
        (
            json!({"apiId": api, "stage": "fake"}),
            format!("404 NotFoundException: API Stage not found: {api}:fake"),
        ),
        (
            json!({"apiId": api}),
            "400 BadRequestException: Invalid API Stage {api: %s, stage: %s} specified for usageplan %s".to_owned(),
        ),
    ] {
        let plan = json!({"name": "p", "apiStages": [stage]});
        assert_eq!(bed.refused("CreateUsagePlan", plan), want);
    }

    let burst = bed.ok(
        "CreateUsagePlan",
        json!({"name": "burst", "throttle": {"burstLimit": 20, "rateLimit": 10}}),
    );
    assert_eq!(
        burst,
        json!({"apiStages": [], "id": burst["id"], "name": "burst", "throttle": {"burstLimit": 20, "rateLimit": 10.0}})
    );
    let tagged = bed.ok(
        "CreateUsagePlan",
        json!({"name": "t", "tags": {"k": "v"}, "quota": {"limit": 10, "period": "DAY"}}),
    );
    assert_eq!(
        (&tagged["tags"], &tagged["quota"]),
        (
            &json!({"k": "v"}),
            &json!({"limit": 10, "offset": 0, "period": "DAY"})
        )
    );

    let held = format!(
        "400 BadRequestException: Cannot delete Usage Plan {id} because there are API Stages associated with it, including {api}:dev"
    );
    assert_eq!(bed.refused("DeleteUsagePlan", of()), held);
    bed.ok(
        "DeleteStage",
        json!({"restapi_id": api, "stage_name": "dev"}),
    );
    assert_eq!(
        bed.ok("GetUsagePlan", of())["apiStages"],
        json!([]),
        "a stage that is gone is in no plan"
    );
    assert_eq!(bed.ask("DeleteUsagePlan", &of()).status, 202);
    assert_eq!(bed.refused("GetUsagePlan", of()), NO_PLAN);
}

#[test]
fn keys_join_and_leave_plans() {
    let bed = Bed::new();
    let (api, _, deployment) = bed.deployed();
    bed.ok(
        "CreateStage",
        json!({"restapi_id": api, "stageName": "dev", "deploymentId": deployment}),
    );
    let plan = |name: &str| {
        text(
            &bed.ok(
                "CreateUsagePlan",
                json!({"name": name, "apiStages": [{"apiId": api, "stage": "dev"}]}),
            )["id"],
        )
    };
    let (gold, silver) = (plan("gold"), plan("silver"));
    let key = bed.ok("CreateApiKey", json!({"name": "one", "enabled": true}));
    let id = text(&key["id"]);
    let join = |plan: &str, key: &str, kind: &str| json!({"usageplanId": plan, "keyId": key, "keyType": kind});
    let joined = bed.ask("CreateUsagePlanKey", &join(&gold, &id, "API_KEY"));
    let member = json!({"id": id, "name": "one", "type": "API_KEY", "value": key["value"]});
    assert_eq!((joined.status, &joined.body), (201, &member));
    assert_eq!(bed.memberships(), [(gold.clone(), id.clone())]);
    let of = || json!({"usageplanId": gold, "keyId": id});
    assert_eq!(bed.ok("GetUsagePlanKey", of()), member);
    assert_eq!(
        bed.ok("GetUsagePlanKeys", json!({"usageplanId": gold})),
        json!({"item": [member]})
    );
    assert_eq!(
        bed.ok(
            "GetUsagePlanKeys",
            json!({"usageplanId": gold, "name": "two"})
        ),
        json!({"item": []})
    );
    assert_eq!(
        names(&bed.ok("GetUsagePlans", json!({"keyId": id}))),
        ["gold"]
    );

    assert_eq!(
        bed.refused("CreateUsagePlanKey", join("x", &id, "API_KEY")),
        NO_PLAN
    );
    assert_eq!(
        bed.refused("CreateUsagePlanKey", join(&gold, "x", "API_KEY")),
        NO_KEY
    );
    assert_eq!(
        bed.refused("CreateUsagePlanKey", join(&gold, &id, "X")),
        "400 BadRequestException: Invalid keyType"
    );
    assert!(
        bed.refused("CreateUsagePlanKey", join(&gold, &id, "API_KEY"))
            .starts_with("409 ConflictException")
    );
    let second = bed.refused("CreateUsagePlanKey", join(&silver, &id, "API_KEY"));
    assert_eq!(
        second,
        format!(
            "409 ConflictException: Usage Plan {silver} cannot be added because API Key {id} cannot reference multiple Usage Plans with the same API stage: {api}:dev"
        )
    );
    let apart = text(&bed.ok("CreateApiKey", json!({}))["id"]);
    for (key, want) in [
        ("x", NO_KEY),
        (
            apart.as_str(),
            "404 NotFoundException: Invalid Key identifier specified",
        ),
    ] {
        for operation in ["GetUsagePlanKey", "DeleteUsagePlanKey"] {
            let of = json!({"usageplanId": gold, "keyId": key});
            assert_eq!(bed.refused(operation, of), want, "{operation}");
        }
    }

    assert_eq!(bed.ask("DeleteUsagePlanKey", &of()).status, 202);
    assert!(
        bed.refused("DeleteUsagePlanKey", of())
            .starts_with("404 NotFoundException")
    );
    bed.ok("CreateUsagePlanKey", join(&silver, &id, "API_KEY"));
    bed.ok("DeleteApiKey", json!({"api_Key": id}));
    assert!(bed.memberships().is_empty());
    assert_eq!(
        bed.ok("GetUsagePlanKeys", json!({"usageplanId": silver})),
        json!({"item": []})
    );
}

#[test]
fn usage_is_told_per_key_and_day() {
    let bed = Bed::new();
    let plan = text(
        &bed.ok(
            "CreateUsagePlan",
            json!({"name": "p", "quota": {"limit": 100, "period": "MONTH"}}),
        )["id"],
    );
    let key = text(&bed.ok("CreateApiKey", json!({"name": "k"}))["id"]);
    bed.ok(
        "CreateUsagePlanKey",
        json!({"usageplanId": plan, "keyId": key, "keyType": "API_KEY"}),
    );
    let range =
        |first: &str, last: &str| json!({"usageplanId": plan, "startDate": first, "endDate": last});
    let got = bed.ok("GetUsage", range("2026-01-01", "2026-01-03"));
    assert_eq!(
        got,
        json!({
            "usagePlanId": plan, "startDate": "2026-01-01", "endDate": "2026-01-03",
            "values": {key.as_str(): [[0, 100], [0, 100], [0, 100]]},
        })
    );
    for (input, part) in [
        (
            range("2026-01-03", "2026-01-01"),
            "startDate must not be after endDate",
        ),
        (range("2026-01-01", "2026-12-01"), "at most 90 days"),
        (
            range("yesterday", "2026-12-01"),
            "Invalid startDate 'yesterday'",
        ),
    ] {
        let refused = bed.refused("GetUsage", input);
        assert!(refused.contains(part), "{refused}");
    }
    let of = || json!({"usageplanId": plan, "keyId": key});
    let granted = bed.patched("UpdateUsage", of(), &[("replace", "/remaining", "250")]);
    assert_eq!(
        (&granted["startDate"], &granted["values"][&key]),
        (&json!("2026-01-02"), &json!([[0, 250]]))
    );
    for operation in [
        ("replace", "/remaining", "x"),
        ("add", "/remaining", "1"),
        ("replace", "/x", "1"),
    ] {
        assert!(
            bed.patch_refused("UpdateUsage", of(), &[operation])
                .starts_with("400 BadRequestException")
        );
    }
}

#[test]
fn keys_are_imported_from_a_file() {
    let bed = Bed::new();
    let plan = text(&bed.ok("CreateUsagePlan", json!({"name": "p"}))["id"]);
    let file = format!(
        "Name,key,enabled,usageplanIds\nfirst,abcdefghijklmnopqrst1,TRUE,\"{plan},nope\"\nsecond,abcdefghijklmnopqrst2,false,\n"
    );
    let import = |file: &str, strict: bool| {
        bed.ask(
            "ImportApiKeys",
            &json!({"body": file, "format": "csv", "failonwarnings": strict}),
        )
    };
    assert_eq!(import(&file, true).status, 400);
    assert_eq!(
        bed.ok("GetApiKeys", json!({})),
        json!({"item": []}),
        "all or nothing"
    );
    let made = import(&file, false);
    assert_eq!(
        (made.status, made.body["ids"].as_array().unwrap().len()),
        (201, 2)
    );
    assert!(text(&made.body["warnings"][0]).ends_with("Invalid Usage Plan ID specified: nope"));
    assert_eq!(
        names(&bed.ok("GetUsagePlanKeys", json!({"usageplanId": plan}))),
        ["first"]
    );
    let same = import(&file.replace(",nope", ""), true);
    assert_eq!(
        (same.status, &same.body),
        (201, &json!({"ids": made.body["ids"]}))
    );
    let again = import("name,key\nrenamed,abcdefghijklmnopqrst2", false);
    assert_eq!(again.body["ids"], json!([made.body["ids"][1]]));
    assert_eq!(
        names(&bed.ok("GetApiKeys", json!({}))),
        ["renamed", "first"]
    );
    let broken = import("colour\nred", false);
    assert_eq!(broken.body["message"], "Missing required column 'Key'");
}

#[test]
fn usage_comes_in_pages_of_keys() {
    let bed = Bed::new();
    let plan = text(&bed.ok("CreateUsagePlan", json!({"name": "p"}))["id"]);
    let mut keys = Vec::new();
    for _ in 0..3 {
        let key = text(&bed.ok("CreateApiKey", json!({}))["id"]);
        bed.ok(
            "CreateUsagePlanKey",
            json!({"usageplanId": plan, "keyId": key, "keyType": "API_KEY"}),
        );
        keys.push(key);
    }
    keys.sort();
    let ask = |more: Value| {
        let mut all =
            json!({"usageplanId": plan, "startDate": "2026-01-01", "endDate": "2026-01-01"});
        all.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        bed.ok("GetUsage", all)
    };
    let told = |answer: &Value| -> Vec<String> {
        answer["values"]
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect()
    };
    let first = ask(json!({"limit": 2}));
    assert_eq!(told(&first), keys[..2]);
    let second = ask(json!({"limit": 2, "position": first["position"]}));
    assert_eq!(
        (told(&second), second.get("position")),
        (keys[2..].to_vec(), None)
    );
    assert_eq!(told(&ask(json!({}))), keys);
    assert_eq!(told(&ask(json!({"keyId": keys[1]}))), keys[1..2]);
    let mut other =
        json!({"usageplanId": plan, "startDate": "2026-01-01", "endDate": "2026-01-01"});
    other["keyId"] = "x".into();
    assert_eq!(
        bed.refused("GetUsage", other),
        "404 NotFoundException: Invalid Key identifier specified"
    );
}
