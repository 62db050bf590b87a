//! The sample's usage plans and API keys.

use crate::aws::call::{CreateApiKey, CreateUsagePlan, CreateUsagePlanKey, Member, UpdateUsage};
use crate::aws::{Answer, Error, Patch, Secret};
use crate::demo::hand::Hand;
use crate::model::{ApiStage, Map, QuotaPeriod, QuotaSettings, ThrottleSettings};

/// What is left of the key `trial`: at the pace of the demo's traffic it is used up after some minutes, in front of the user.
const LEFT_OF_TRIAL: u32 = 120;

/// An API key of the sample.
#[derive(Clone, Debug)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What callers send.
    pub value: Secret,
}

/// A key's name, its plan, whether it is on.
const KEYS: [(&str, &str, Option<&str>, bool); 6] = [
    ("acme-prod", "ACME's checkout", Some("gold"), true),
    ("zoo", "The zoo's shop", Some("gold"), true),
    ("old-mobile", "Mobile app before 3.0", Some("gold"), false),
    ("trial", "Trial of a partner", Some("free"), true),
    ("hobby", "A hobbyist's bot", Some("free"), true),
    ("ci", "Nightly tests, not yet in a plan", None, true),
];

/// Makes plans and keys, and leaves one key near the end of its quota.
pub(super) async fn build(hand: &mut Hand, api: &str) -> Result<Vec<Key>, Error> {
    let plans = plans(api).map(Into::into).into();
    let plans = hand.run("make the sample's usage plans", plans).await?;
    let plan = |name: &str| {
        let at = usize::from(name == "free");
        let id = plans.get(at).and_then(|answer| answer.member(Member::Id));
        id.unwrap_or_default().to_owned()
    };
    let mut keys = Vec::new();
    for (name, description, in_plan, enabled) in KEYS {
        let created = hand
            .call(CreateApiKey {
                name: Some(name.to_owned()),
                description: Some(description.to_owned()),
                enabled,
                ..CreateApiKey::default()
            })
            .await?;
        let Some(Answer::Key { id, value }) = created else {
            continue;
        };
        if let Some(in_plan) = in_plan {
            hand.call(CreateUsagePlanKey {
                usage_plan_id: plan(in_plan).into(),
                key_id: id.as_str().into(),
                key_type: "API_KEY".to_owned(),
            })
            .await?;
        }
        if name == "trial" {
            hand.call(UpdateUsage {
                usage_plan_id: plan("free").into(),
                key_id: id.into(),
                patch_operations: vec![Patch::replace("/remaining", LEFT_OF_TRIAL.to_string())],
            })
            .await?;
        }
        keys.push(Key { name, value });
    }
    Ok(keys)
}

fn plans(api: &str) -> [CreateUsagePlan; 2] {
    let throttle = |rate_limit, burst_limit| ThrottleSettings {
        burst_limit,
        rate_limit,
    };
    let stage = |name: &str, orders: Option<ThrottleSettings>| ApiStage {
        api_id: api.to_owned(),
        stage: name.to_owned(),
        throttle: orders.map(|limit| Map::from([("/orders/POST".to_owned(), limit)])),
    };
    let quota = |limit, period| QuotaSettings {
        limit,
        offset: 0,
        period,
    };
    [
        CreateUsagePlan {
            name: "gold".to_owned(),
            description: Some("Paying partners".to_owned()),
            api_stages: vec![stage("prod", Some(throttle(20.0, 40))), stage("test", None)],
            throttle: Some(throttle(100.0, 200)),
            quota: Some(quota(1_000_000, QuotaPeriod::Month)),
            ..CreateUsagePlan::default()
        },
        CreateUsagePlan {
            name: "free".to_owned(),
            description: Some("Everybody else".to_owned()),
            api_stages: vec![stage("prod", None)],
            throttle: Some(throttle(5.0, 10)),
            quota: Some(quota(5000, QuotaPeriod::Day)),
            ..CreateUsagePlan::default()
        },
    ]
}
