//! Canaries: begin, move the share, override variables, promote, abort. Source: `spec/rest/deployments-stages-canary.md` §6.

use crate::aws::call::{Call, DeploymentCanary, UpdateStage};
use crate::aws::op::{Api, Danger, Op};
use crate::aws::patch::{Patch, pointer};
use crate::model::{CanarySettings, Map, Stage};

use super::stages::{deployment, deployments_and_stages, on_stage, update};
use super::{ask_on_production, fraction};

const PERCENT: &str = "/canarySettings/percentTraffic";
const DEPLOYMENT: &str = "/canarySettings/deploymentId";
const OVERRIDES: &str = "/canarySettings/stageVariableOverrides";
const STAGE_CACHE: &str = "/canarySettings/useStageCache";

/// Deploys the API as it is saved to a stage's canary; the base stays as it is.
#[must_use]
pub fn deploy(
    api: &Api,
    stage: &Stage,
    description: &str,
    percent: f64,
    overrides: Map<String>,
) -> Op {
    let name = stage.stage_name.as_str();
    let mut create = deployment(api, name, description);
    let before = stage.canary_settings.as_ref();
    create.canary_settings = Some(DeploymentCanary {
        percent_traffic: percent.clamp(0.0, 100.0),
        stage_variable_overrides: overrides,
        use_stage_cache: before.is_some_and(|canary| canary.use_stage_cache),
    });
    let title = format!(
        "deploy {} to a canary of {name} at {} %",
        api.name,
        fraction(percent)
    );
    let undo = match before {
        Some(canary) => update(
            api,
            name,
            format!("put back the canary of {name}"),
            restore(canary),
        ),
        None => abort_call(api, name),
    };
    on_stage(api, name, title, vec![create.into()])
        .danger(ask_on_production(
            name,
            "A share of its requests gets the API as it is saved.",
        ))
        .stale(deployments_and_stages(api))
        .live_now(format!(
            "{} % of the requests to {name} get the API as it is saved",
            fraction(percent)
        ))
        .undone_by(undo)
}

/// Moves the share of requests that the canary gets. On a stage without canary this begins one on the stage's own deployment.
#[must_use]
pub fn set_percent(api: &Api, stage: &Stage, percent: f64) -> Op {
    let name = stage.stage_name.as_str();
    let to = |percent: f64| {
        let percent = fraction(percent.clamp(0.0, 100.0));
        let patch = Patch::replace(PERCENT, &percent);
        update(
            api,
            name,
            format!("give the canary of {name} {percent} %"),
            vec![patch],
        )
        .danger(ask_on_production(
            name,
            &format!("{percent} % of its requests go to the canary at once."),
        ))
        .live_now(format!(
            "{percent} % of the requests to {name} go to its canary"
        ))
    };
    match &stage.canary_settings {
        Some(canary) => to(percent).undone_by(to(canary.percent_traffic)),
        None => to(percent).undone_by(abort_call(api, name)),
    }
}

/// Overrides a stage variable for the canary, or takes the override away.
#[must_use]
pub fn override_variable(api: &Api, stage: &Stage, variable: &str, value: Option<&str>) -> Op {
    let name = stage.stage_name.as_str();
    let member = format!("{OVERRIDES}{}", pointer(&[variable]));
    let to = |value: Option<&str>| {
        let (title, patch) = match value {
            Some(value) => (
                format!("override variable {variable} for the canary of {name} with {value}"),
                Patch::replace(&member, value),
            ),
            None => (
                format!("don't override variable {variable} for the canary of {name}"),
                Patch::remove(&member),
            ),
        };
        update(api, name, title, vec![patch])
            .danger(ask_on_production(
                name,
                "The canary's requests see it at once.",
            ))
            .live_now(format!("requests to the canary of {name} see it at once"))
    };
    let overrides = stage.canary_settings.as_ref();
    let overrides = overrides.and_then(|canary| canary.stage_variable_overrides.as_ref());
    let before = overrides.and_then(|o| o.get(variable));
    to(value).undone_by(to(before.map(String::as_str)))
}

/// Makes the canary the base: its deployment and its variables serve everything, and the canary ends.
///
/// The first call is AWS's: percentage to 0, overrides to the variables, deployment to the stage, together or not at all. Whether
/// copying replaces the variables or adds to them isn't documented beyond an example, so the variables that aren't overridden are set
/// again in the same call. The second call removes what is left of the canary.
#[must_use]
pub fn promote(api: &Api, stage: &Stage, canary: &CanarySettings) -> Op {
    let name = stage.stage_name.as_str();
    let none = Map::default();
    let overrides = canary.stage_variable_overrides.as_ref().unwrap_or(&none);
    let variables = stage.variables.as_ref().unwrap_or(&none);
    let mut patches = vec![Patch::replace(PERCENT, "0.0")];
    if !overrides.is_empty() {
        patches.push(Patch::copy(OVERRIDES, "/variables"));
        let kept = variables
            .iter()
            .filter(|(name, _)| !overrides.contains_key(*name));
        patches.extend(kept.map(|(name, value)| set_variable(name, value)));
    }
    patches.push(Patch::copy(DEPLOYMENT, "/deploymentId"));
    let calls = vec![
        update_call(api, name, patches),
        update_call(api, name, vec![Patch::remove("/canarySettings")]),
    ];

    let mut base = vec![Patch::replace("/deploymentId", &stage.deployment_id)];
    for (variable, _) in overrides {
        base.push(match variables.get(variable) {
            Some(value) => set_variable(variable, value),
            None => Patch::remove(pointer(&["variables", variable])),
        });
    }
    let back = vec![
        update_call(api, name, base),
        update_call(api, name, restore(canary)),
    ];
    let deployment = canary.deployment_id.as_deref().unwrap_or("?");
    on_stage(api, name, format!("promote the canary of {name}"), calls)
        .danger(Danger::Confirm(format!(
            "All requests to {name} get deployment {deployment} and the canary's variables; the canary ends."
        )))
        .live_now(format!("all requests to {name} get deployment {deployment}"))
        .undone_by(
            on_stage(api, name, format!("undo the promotion on {name}"), back)
                .danger(ask_on_production(name, "The former base serves again, with the canary beside it."))
                .live_now(format!("{name} serves deployment {} again, with its canary", stage.deployment_id)),
        )
}

/// Ends the canary; the base serves everything.
#[must_use]
pub fn abort(api: &Api, stage: &Stage, canary: &CanarySettings) -> Op {
    let name = stage.stage_name.as_str();
    let back = update(
        api,
        name,
        format!("put back the canary of {name}"),
        restore(canary),
    );
    abort_call(api, name).undone_by(
        back.danger(ask_on_production(
            name,
            "A share of its requests goes to the canary again.",
        ))
        .live_now(format!(
            "{} % of the requests to {name} go to its canary again",
            fraction(canary.percent_traffic)
        )),
    )
}

/// No confirmation: the way out of trouble must be short, and undoing is one key.
fn abort_call(api: &Api, stage: &str) -> Op {
    let patch = Patch::remove("/canarySettings");
    update(
        api,
        stage,
        format!("abort the canary of {stage}"),
        vec![patch],
    )
    .live_now(format!("all requests to {stage} get its base deployment"))
}

/// The patches that make a canary as it was.
fn restore(canary: &CanarySettings) -> Vec<Patch> {
    let mut patches = vec![Patch::replace(PERCENT, fraction(canary.percent_traffic))];
    patches.extend(
        canary
            .deployment_id
            .as_ref()
            .map(|id| Patch::replace(DEPLOYMENT, id)),
    );
    for (name, value) in canary.stage_variable_overrides.iter().flatten() {
        patches.push(Patch::replace(
            format!("{OVERRIDES}{}", pointer(&[name])),
            value,
        ));
    }
    patches.push(Patch::replace(
        STAGE_CACHE,
        canary.use_stage_cache.to_string(),
    ));
    patches
}

fn set_variable(name: &str, value: &str) -> Patch {
    Patch::replace(pointer(&["variables", name]), value)
}

fn update_call(api: &Api, stage: &str, patch_operations: Vec<Patch>) -> Call {
    UpdateStage {
        rest_api_id: api.id.as_str().into(),
        stage_name: stage.to_owned(),
        patch_operations,
    }
    .into()
}
