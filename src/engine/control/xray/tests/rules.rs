//! Sampling rules.

use super::*;

fn rule(name: &str, priority: i64) -> Value {
    json!({
        "RuleName": name, "ResourceARN": "*", "Priority": priority, "FixedRate": 0.5, "ReservoirSize": 3,
        "ServiceName": "pets/*", "ServiceType": "*", "Host": "*", "HTTPMethod": "GET", "URLPath": "*", "Version": 1,
    })
}

fn names(world: &World) -> Vec<String> {
    let output = world.ok("GetSamplingRules", json!({}));
    let records = output["SamplingRuleRecords"].as_array().unwrap();
    let names = records
        .iter()
        .map(|r| r["SamplingRule"]["RuleName"].as_str());
    names.map(|name| name.unwrap().to_owned()).collect()
}

#[test]
fn rules_are_made_changed_and_deleted_beside_the_default_one() {
    let world = World::new();
    let output = world.ok("GetSamplingRules", json!({}));
    let default = &output["SamplingRuleRecords"][0]["SamplingRule"];
    assert_eq!(
        (
            &default["RuleName"],
            &default["Priority"],
            &default["FixedRate"],
            &default["ReservoirSize"]
        ),
        (&json!("Default"), &json!(10_000), &json!(0.05), &json!(1))
    );
    let made = world.ok(
        "CreateSamplingRule",
        json!({"SamplingRule": rule("mine", 7)}),
    );
    let record = &made["SamplingRuleRecord"];
    let arn = "arn:aws:xray:eu-west-1:000000000000:sampling-rule/mine";
    assert_eq!(record["SamplingRule"]["RuleARN"], arn);
    assert_eq!(
        (&record["CreatedAt"], &record["ModifiedAt"]),
        (&json!(NOW), &json!(NOW))
    );
    assert_eq!(names(&world), ["Default", "mine"]);
    let update = json!({"SamplingRuleUpdate": {"RuleARN": arn, "FixedRate": 0.25, "Attributes": {"a": "b"}}});
    let changed = world.ok("UpdateSamplingRule", update);
    let changed = &changed["SamplingRuleRecord"]["SamplingRule"];
    assert_eq!(
        (&changed["FixedRate"], &changed["ReservoirSize"]),
        (&json!(0.25), &json!(3))
    );
    assert_eq!(changed["Attributes"], json!({"a": "b"}));
    world.ok(
        "UpdateSamplingRule",
        json!({"SamplingRuleUpdate": {"RuleName": "Default", "ReservoirSize": 9}}),
    );
    let targets = world.ok(
        "GetSamplingTargets",
        json!({"SamplingStatisticsDocuments": [{"RuleName": "Default"}, {"RuleName": "none"}]}),
    );
    assert_eq!(targets["SamplingTargetDocuments"][0]["ReservoirQuota"], 9);
    assert_eq!(targets["SamplingTargetDocuments"][0]["FixedRate"], 0.05);
    assert_eq!(targets["UnprocessedStatistics"][0]["RuleName"], "none");
    world.ok("DeleteSamplingRule", json!({"RuleName": "mine"}));
    assert_eq!(names(&world), ["Default"]);
}

#[test]
fn wrong_rules_are_refused() {
    let world = World::new();
    world.ok(
        "CreateSamplingRule",
        json!({"SamplingRule": rule("mine", 7)}),
    );
    let with = |member: &str, value: Value| {
        let mut rule = rule("other", 8);
        rule[member] = value;
        json!({ "SamplingRule": rule })
    };
    for (input, why) in [
        (json!({"SamplingRule": rule("mine", 8)}), "already exists"),
        (
            json!({"SamplingRule": rule("Default", 8)}),
            "already exists",
        ),
        (with("Version", json!(2)), "Version must be 1"),
        (with("Priority", json!(10_000)), "Priority"),
        (with("FixedRate", json!(1.5)), "FixedRate"),
        (with("SamplingRateBoost", json!({"MaxRate": 1})), "boost"),
    ] {
        let error = world.error("CreateSamplingRule", input);
        assert!(error.contains(why), "{error}");
    }
    let update = |members: Value| {
        world.error(
            "UpdateSamplingRule",
            json!({ "SamplingRuleUpdate": members }),
        )
    };
    assert!(update(json!({"RuleName": "none"})).contains("no sampling rule none"));
    assert!(update(json!({})).contains("RuleName or its RuleARN"));
    assert!(update(json!({"RuleName": "Default", "Host": "a"})).contains("Host"));
    assert!(update(json!({"RuleName": "mine", "ReservoirSize": -1})).contains("ReservoirSize"));
    let delete = |name: &str| world.error("DeleteSamplingRule", json!({ "RuleName": name }));
    assert!(delete("Default").contains("can't be deleted"));
    assert!(delete("none").contains("no sampling rule"));
    for n in 1..25 {
        let rule = rule(&format!("r{n}"), n);
        world.ok("CreateSamplingRule", json!({ "SamplingRule": rule }));
    }
    let error = world.call(
        "CreateSamplingRule",
        json!({"SamplingRule": rule("last", 9)}),
    );
    assert_eq!(error.unwrap_err().code, "RuleLimitExceededException");
}
