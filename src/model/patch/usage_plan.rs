//! Patches of a usage plan: its stages are addressed as `{api}:{stage}`, their throttles by path and verb.
//!
//! Source: `spec/rest/control-plane.md` §5, `spec/rest/throttling-usage-plans.md` §3.

use super::{PatchError, PatchOperation, Verb, segments};
use crate::model::{ApiStage, QuotaPeriod, ThrottleSettings, UsagePlan};

const PATHS: [&str; 13] = [
    "/apiStages",
    "/apiStages/{apiId:stage}/throttle",
    "/apiStages/{apiId:stage}/throttle/{resourcePath}/{httpMethod}",
    "/apiStages/{apiId:stage}/throttle/{resourcePath}/{httpMethod}/rateLimit",
    "/apiStages/{apiId:stage}/throttle/{resourcePath}/{httpMethod}/burstLimit",
    "/description",
    "/name",
    "/productCode",
    "/quota",
    "/quota/{limit|offset|period}",
    "/throttle",
    "/throttle/burstLimit",
    "/throttle/rateLimit",
];

/// Applies a patch, all of it or nothing. `exists` says whether an API has a stage.
pub fn apply_to_usage_plan(
    plan: &mut UsagePlan,
    operations: &[PatchOperation],
    exists: impl Fn(&str, &str) -> bool,
) -> Result<(), PatchError> {
    let mut patched = plan.clone();
    for operation in operations {
        change(&mut patched, operation, &exists)?;
    }
    *plan = patched;
    Ok(())
}

fn change(
    plan: &mut UsagePlan,
    operation: &PatchOperation,
    exists: &impl Fn(&str, &str) -> bool,
) -> Result<(), PatchError> {
    use Verb::{Add, Remove, Replace};
    let given = segments(operation.path_text()).unwrap_or_default();
    let given: Vec<&str> = given.iter().map(String::as_str).collect();
    let text = || operation.filled().map(str::to_owned);
    let verb = operation.verb();
    match (given.as_slice(), verb) {
        (["name"], Some(Replace)) => plan.name = text().unwrap_or_default(),
        (["description"], Some(Replace)) => plan.description = text(),
        (["productCode"], Some(Add | Replace)) => plan.product_code = text(),
        (["productCode"], Some(Remove)) => plan.product_code = None,
        (["quota"], Some(Remove)) => plan.quota = None,
        (["quota", member @ ("limit" | "offset" | "period")], Some(Add | Replace)) => {
            change_quota(plan, member, operation)?;
        }
        (["throttle"], Some(Remove)) => plan.throttle = None,
        (["throttle", member @ ("burstLimit" | "rateLimit")], Some(Add | Replace)) => {
            limit(plan.throttle.get_or_insert_default(), member, operation)?;
        }
        (["apiStages"], Some(verb @ (Add | Remove))) => {
            change_stages(plan, verb, operation, exists)?;
        }
        (["apiStages", stage, "throttle", rest @ ..], Some(verb)) => {
            change_method_throttle(plan, stage, rest, verb, operation)?;
        }
        (
            ["name" | "description" | "productCode" | "quota" | "throttle" | "apiStages"]
            | ["quota", "limit" | "offset" | "period"]
            | ["throttle", "burstLimit" | "rateLimit"],
            _,
        ) => return Err(refuse(operation, "Please choose supported operations")),
        _ => return Err(unknown(operation)),
    }
    Ok(())
}

fn change_quota(
    plan: &mut UsagePlan,
    member: &str,
    operation: &PatchOperation,
) -> Result<(), PatchError> {
    let mut quota = plan.quota.clone().unwrap_or_default();
    match member {
        "limit" => quota.limit = operation.integer()?,
        "offset" => quota.offset = operation.integer()?,
        _ => {
            quota.period = match operation.filled() {
                Some("DAY") => QuotaPeriod::Day,
                Some("WEEK") => QuotaPeriod::Week,
                Some("MONTH") => QuotaPeriod::Month,
                _ => return Err(operation.unfit("one of [DAY, WEEK, MONTH]")),
            }
        }
    }
    plan.quota = Some(quota);
    Ok(())
}

fn change_stages(
    plan: &mut UsagePlan,
    verb: Verb,
    operation: &PatchOperation,
    exists: &impl Fn(&str, &str) -> bool,
) -> Result<(), PatchError> {
    let Some((api, stage)) = operation
        .filled()
        .and_then(|value| value.split_once(':'))
        .filter(|(api, stage)| !api.is_empty() && !stage.is_empty())
    else {
        return Err(PatchError::BadRequest(
            "Invalid API Stage specified".to_owned(),
        ));
    };
    let at = position(plan, api, stage);
    match (verb, at) {
        (Verb::Add, None) if exists(api, stage) => plan.api_stages.push(ApiStage {
            api_id: api.to_owned(),
            stage: stage.to_owned(),
            throttle: None,
        }),
        (Verb::Add, Some(_)) => {}
        (Verb::Remove, Some(at)) => {
            plan.api_stages.remove(at);
        }
        _ => {
            return Err(PatchError::NotFound(format!(
                "Invalid API Stage {{api: {api}, stage: {stage}}} specified for usageplan {}",
                plan.id
            )));
        }
    }
    Ok(())
}

fn change_method_throttle(
    plan: &mut UsagePlan,
    stage: &str,
    rest: &[&str],
    verb: Verb,
    operation: &PatchOperation,
) -> Result<(), PatchError> {
    let (api, name) = stage.split_once(':').unwrap_or((stage, ""));
    let Some(held) = position(plan, api, name).and_then(|at| plan.api_stages.get_mut(at)) else {
        return Err(PatchError::NotFound(format!(
            "Invalid API Stage {{api: {api}, stage: {name}}} specified for usageplan {}",
            plan.id
        )));
    };
    match (rest, verb) {
        ([], Verb::Remove) => held.throttle = None,
        ([], Verb::Add | Verb::Replace) => {
            let map = serde_json::from_str(operation.filled().unwrap_or("{}"))
                .map_err(|_| operation.unfit("a JSON object of throttle settings"))?;
            held.throttle = Some(map);
        }
        ([method @ .., member @ ("rateLimit" | "burstLimit")], Verb::Add | Verb::Replace)
            if method.len() >= 2 =>
        {
            let limits = held.throttle.get_or_insert_default();
            let entry: &mut ThrottleSettings = limits.entry(method.join("/")).or_default();
            limit(entry, member, operation)?;
        }
        (method, Verb::Remove) if method.len() >= 2 => {
            let key = method.join("/");
            let removed = held
                .throttle
                .as_mut()
                .is_some_and(|limits| limits.shift_remove(&key).is_some());
            if !removed {
                return Err(unknown(operation));
            }
            if held
                .throttle
                .as_ref()
                .is_some_and(indexmap::IndexMap::is_empty)
            {
                held.throttle = None;
            }
        }
        _ => return Err(unknown(operation)),
    }
    Ok(())
}

fn limit(
    throttle: &mut ThrottleSettings,
    member: &str,
    operation: &PatchOperation,
) -> Result<(), PatchError> {
    match member {
        "burstLimit" => throttle.burst_limit = operation.integer()?,
        _ => throttle.rate_limit = operation.number()?,
    }
    Ok(())
}

fn position(plan: &UsagePlan, api: &str, stage: &str) -> Option<usize> {
    plan.api_stages
        .iter()
        .position(|s| s.api_id == api && s.stage == stage)
}

fn refuse(operation: &PatchOperation, ending: &str) -> PatchError {
    PatchError::BadRequest(format!(
        "Invalid patch path  '{}' specified for op '{}'. {ending}",
        operation.path_text(),
        operation.op_text()
    ))
}

fn unknown(operation: &PatchOperation) -> PatchError {
    refuse(
        operation,
        &format!("Must be one of: [{}]", PATHS.join(", ")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> UsagePlan {
        UsagePlan {
            id: "plan".into(),
            name: "gold".into(),
            api_stages: vec![ApiStage {
                api_id: "a".into(),
                stage: "dev".into(),
                throttle: None,
            }],
            ..UsagePlan::default()
        }
    }

    fn patch(plan: &mut UsagePlan, operations: &[(&str, &str, &str)]) -> Result<(), PatchError> {
        let operations: Vec<_> = operations
            .iter()
            .map(|(op, path, value)| PatchOperation::new(op, path, value))
            .collect();
        apply_to_usage_plan(plan, &operations, |api, stage| {
            (api, stage) == ("a", "prod")
        })
    }

    #[test]
    fn limits_and_quota_are_set_and_taken_away() {
        let mut plan = plan();
        patch(
            &mut plan,
            &[
                ("replace", "/throttle/burstLimit", "100"),
                ("replace", "/throttle/rateLimit", "200"),
                ("replace", "/quota/limit", "5000"),
                ("replace", "/quota/period", "MONTH"),
                ("add", "/apiStages", "a:prod"),
                (
                    "add",
                    "/apiStages/a:prod/throttle/~1pets/GET/rateLimit",
                    "2.5",
                ),
                ("add", "/apiStages/a:prod/throttle/~1/GET/burstLimit", "3"),
            ],
        )
        .unwrap();
        assert_eq!(
            plan.throttle,
            Some(ThrottleSettings {
                burst_limit: 100,
                rate_limit: 200.0
            })
        );
        let quota = plan.quota.as_ref().unwrap();
        assert_eq!(
            (quota.limit, quota.offset, quota.period),
            (5000, 0, QuotaPeriod::Month)
        );
        let keys: Vec<_> = plan.api_stages[1]
            .throttle
            .as_ref()
            .unwrap()
            .keys()
            .cloned()
            .collect();
        assert_eq!(keys, ["/pets/GET", "//GET"]);
        patch(
            &mut plan,
            &[
                ("remove", "/apiStages/a:prod/throttle/~1pets/GET", ""),
                ("remove", "/apiStages/a:prod/throttle", ""),
                ("remove", "/quota", ""),
                ("remove", "/throttle", ""),
                ("remove", "/apiStages", "a:dev"),
            ],
        )
        .unwrap();
        assert_eq!(
            (plan.throttle, plan.quota, plan.api_stages.len()),
            (None, None, 1)
        );
        assert_eq!(plan.api_stages[0].throttle, None);
    }

    #[test]
    fn refusals_are_worded_as_recorded() {
        let cases = [
            ("add", "/apiStages", "", "Invalid API Stage specified"),
            ("add", "/apiStages", "wrong", "Invalid API Stage specified"),
            (
                "add",
                "/apiStages",
                "b:dev",
                "Invalid API Stage {api: b, stage: dev} specified for usageplan plan",
            ),
            (
                "add",
                "/apiStages",
                "a:fake",
                "Invalid API Stage {api: a, stage: fake} specified for usageplan plan",
            ),
            (
                "remove",
                "/name",
                "",
                "Invalid patch path  '/name' specified for op 'remove'. Please choose supported operations",
            ),
            (
                "replace",
                "/colour",
                "x",
                "Invalid patch path  '/colour' specified for op 'replace'. Must be one of: [/apiStages, ",
            ),
            (
                "replace",
                "/quota/limit",
                "many",
                "Invalid value 'many' specified for patch path '/quota/limit'. Must be an integer",
            ),
        ];
        for (op, path, value, want) in cases {
            let mut held = plan();
            let error = patch(&mut held, &[("replace", "/name", "x"), (op, path, value)]);
            let text = error.unwrap_err().to_string();
            assert!(text.starts_with(want), "{op} {path} {value}: {text}");
            assert_eq!(held, plan());
        }
    }
}
