//! Deployments and stages: deploy, roll back, variables, settings.

use crate::aws::call::{
    Call, CreateDeployment, CreateStage, DeleteDeployment, DeleteStage, DeploymentCanary,
    FlushStageCache, Id, UpdateDeployment, UpdateStage,
};
use crate::aws::op::{Api, Danger, Op, Place};
use crate::aws::patch::{Patch, method_setting, pointer};
use crate::aws::query::Query;
use crate::model::{Deployment, Map, MethodSetting, Stage};

use super::{ask_on_production, fraction, stages_of};

/// Deploys the API as it is saved to a stage that exists. With a canary on the stage, the canary gets it, as the service does it.
#[must_use]
pub fn deploy(api: &Api, stage: &Stage, description: &str) -> Op {
    let name = stage.stage_name.as_str();
    let (title, path, old) = match &stage.canary_settings {
        Some(canary) => (
            format!("deploy {} to the canary of {name}", api.name),
            "/canarySettings/deploymentId",
            canary.deployment_id.as_deref(),
        ),
        None => (
            format!("deploy {} to {name}", api.name),
            "/deploymentId",
            Some(stage.deployment_id.as_str()),
        ),
    };
    let (warning, live) = match &stage.canary_settings {
        Some(canary) => (
            "Its canary gets everything saved.",
            format!(
                "{} % of the requests to {name} get the API as it is saved now; the rest gets the base as before",
                canary.percent_traffic
            ),
        ),
        None => (
            "Everything saved goes live there.",
            format!("{name} serves the API as it is saved now"),
        ),
    };
    let op = on_stage(
        api,
        name,
        title.clone(),
        vec![redeployment(api, stage, description)],
    )
    .danger(ask_on_production(name, warning))
    .stale(deployments_and_stages(api))
    .live_now(live);
    match old {
        Some(old) => op.undone_by(
            update(
                api,
                name,
                format!("undo: {title}"),
                vec![Patch::replace(path, old)],
            )
            .danger(ask_on_production(
                name,
                "It goes back to the deployment before.",
            ))
            .live_now(format!("{name} serves deployment {old} again")),
        ),
        None => op.final_because("the stage's former deployment isn't known"),
    }
}

/// Deploys the API as it is saved to a new stage.
#[must_use]
pub fn deploy_to_new(api: &Api, stage: &str, description: &str, variables: Map<String>) -> Op {
    let mut create = deployment(api, stage, description);
    create.variables = variables;
    let title = format!("deploy {} to new stage {stage}", api.name);
    let undo: Vec<Call> = vec![
        DeleteStage {
            rest_api_id: api.id.as_str().into(),
            stage_name: stage.to_owned(),
        }
        .into(),
        DeleteDeployment {
            rest_api_id: api.id.as_str().into(),
            deployment_id: Id::of(0),
        }
        .into(),
    ];
    on_stage(api, stage, title, vec![create.into()])
        .stale(deployments_and_stages(api))
        .live_now(format!("{stage} begins to serve"))
        .undone_by(
            on_stage(
                api,
                stage,
                format!("delete stage {stage} and its deployment"),
                undo,
            )
            .danger(delete_danger(stage))
            .stale(deployments_and_stages(api))
            .live_now(format!("{stage} stops serving")),
        )
}

/// Points a stage to another deployment. The API as it is saved doesn't change.
#[must_use]
pub fn roll_back(api: &Api, stage: &Stage, deployment: &Deployment) -> Op {
    let name = stage.stage_name.as_str();
    let to = |id: &str| {
        let patch = Patch::replace("/deploymentId", id);
        update(
            api,
            name,
            format!("point {name} to deployment {id}"),
            vec![patch],
        )
        .danger(ask_on_production(
            name,
            &format!("It serves deployment {id} at once."),
        ))
        .live_now(format!("{name} serves deployment {id}"))
    };
    let op = to(&deployment.id);
    if stage.canary_settings.is_some() {
        // Such a stage can only be moved to the canary's deployment.
        op.final_because("a stage with a canary can't be moved back")
    } else {
        op.undone_by(to(&stage.deployment_id))
    }
}

/// Deletes a deployment. The service refuses as long as a stage uses it.
#[must_use]
pub fn delete_deployment(api: &Api, deployment: &Deployment) -> Op {
    let call = DeleteDeployment {
        rest_api_id: api.id.as_str().into(),
        deployment_id: deployment.id.as_str().into(),
    };
    let title = format!("delete deployment {}", deployment.id);
    Op::change(title, Place::api(api), vec![call.into()])
        .danger(Danger::Confirm(
            "Stages can't be rolled back to it any more.".to_owned(),
        ))
        .stale([Query::Deployments {
            api: api.id.clone(),
        }])
        .final_because("a deployment can't be made again from an API that has changed")
}

/// Changes a deployment's description.
#[must_use]
pub fn describe_deployment(api: &Api, deployment: &Deployment, description: &str) -> Op {
    let describe = |text: &str| {
        let call = UpdateDeployment {
            rest_api_id: api.id.as_str().into(),
            deployment_id: deployment.id.as_str().into(),
            patch_operations: vec![Patch::replace("/description", text)],
        };
        let title = format!("describe deployment {}", deployment.id);
        Op::change(title, Place::api(api), vec![call.into()]).stale([Query::Deployments {
            api: api.id.clone(),
        }])
    };
    let before = deployment.description.clone().unwrap_or_default();
    describe(description).undone_by(describe(&before))
}

/// Puts an existing deployment on a new stage.
#[must_use]
pub fn create(api: &Api, stage: &str, deployment: &str, variables: Map<String>) -> Op {
    let create = CreateStage {
        rest_api_id: api.id.as_str().into(),
        stage_name: stage.to_owned(),
        deployment_id: deployment.into(),
        variables,
        ..CreateStage::default()
    };
    on_stage(
        api,
        stage,
        format!("create stage {stage}"),
        vec![create.into()],
    )
    .live_now(format!("{stage} begins to serve deployment {deployment}"))
    .undone_by(delete_named(api, stage))
}

/// Deletes a stage. Undoing makes it again with its variables; other settings and a canary are lost.
#[must_use]
pub fn delete(api: &Api, stage: &Stage) -> Op {
    let name = stage.stage_name.as_str();
    let op = delete_named(api, name);
    let plain = stage.canary_settings.is_none()
        && stage.method_settings.is_empty()
        && stage.access_log_settings.is_none()
        && !stage.cache_cluster_enabled;
    if !plain {
        return op.final_because("its settings or its canary can't be brought back");
    }
    let again = CreateStage {
        rest_api_id: api.id.as_str().into(),
        stage_name: name.to_owned(),
        deployment_id: stage.deployment_id.as_str().into(),
        description: stage.description.clone(),
        variables: stage.variables.clone().unwrap_or_default(),
        documentation_version: stage.documentation_version.clone(),
        tracing_enabled: stage.tracing_enabled.then_some(true),
        tags: stage.tags.clone().unwrap_or_default(),
        ..CreateStage::default()
    };
    op.undone_by(
        on_stage(
            api,
            name,
            format!("create stage {name} again"),
            vec![again.into()],
        )
        .live_now(format!("{name} serves again")),
    )
}

/// Sets a stage variable.
#[must_use]
pub fn set_variable(api: &Api, stage: &Stage, variable: &str, value: &str) -> Op {
    change_variable(api, stage, variable, Some(value))
}

/// Removes a stage variable.
#[must_use]
pub fn remove_variable(api: &Api, stage: &Stage, variable: &str) -> Op {
    change_variable(api, stage, variable, None)
}

fn change_variable(api: &Api, stage: &Stage, variable: &str, value: Option<&str>) -> Op {
    let name = stage.stage_name.as_str();
    let member = pointer(&["variables", variable]);
    let op = |value: Option<&str>| {
        let (title, patch) = match value {
            Some(value) => (
                format!("set variable {variable} of {name} to {value}"),
                Patch::replace(&member, value),
            ),
            None => (
                format!("remove variable {variable} of {name}"),
                Patch::remove(&member),
            ),
        };
        update(api, name, title, vec![patch])
            .danger(ask_on_production(
                name,
                "Requests see the variable at once.",
            ))
            .live_now(format!("requests to {name} see it at once"))
    };
    let before = stage.variables.as_ref().and_then(|v| v.get(variable));
    op(value).undone_by(op(before.map(String::as_str)))
}

/// Changes a stage's description.
#[must_use]
pub fn describe(api: &Api, stage: &Stage, description: &str) -> Op {
    let name = stage.stage_name.as_str();
    let describe = |text: &str| {
        let patch = Patch::replace("/description", text);
        update(api, name, format!("describe stage {name}"), vec![patch])
    };
    let before = stage.description.clone().unwrap_or_default();
    describe(description).undone_by(describe(&before))
}

/// A setting of a stage's methods. Values and their ranges: `spec/rest/deployments-stages-canary.md` §3.
#[derive(Clone, Debug, PartialEq)]
pub enum Setting {
    /// Detailed metrics per method.
    Metrics(bool),
    /// `OFF`, `ERROR` or `INFO`.
    LogLevel(String),
    /// Bodies in the execution log.
    DataTrace(bool),
    /// Requests that may come at once.
    Burst(i64),
    /// Requests a second.
    Rate(f64),
    /// Whether answers are cached.
    Caching(bool),
    /// Seconds for which they are.
    CacheTtl(i64),
}

impl Setting {
    /// The tail of the patch path, and the value.
    fn patch(&self) -> (&'static str, String) {
        match self {
            Self::Metrics(on) => ("metrics/enabled", on.to_string()),
            Self::LogLevel(level) => ("logging/loglevel", level.clone()),
            Self::DataTrace(on) => ("logging/dataTrace", on.to_string()),
            Self::Burst(limit) => ("throttling/burstLimit", limit.to_string()),
            Self::Rate(limit) => ("throttling/rateLimit", fraction(*limit)),
            Self::Caching(on) => ("caching/enabled", on.to_string()),
            Self::CacheTtl(seconds) => ("caching/ttlInSeconds", seconds.to_string()),
        }
    }

    /// The same setting with the value it has in these settings.
    fn of(&self, settings: &MethodSetting) -> Self {
        match self {
            Self::Metrics(_) => Self::Metrics(settings.metrics_enabled),
            Self::LogLevel(_) => Self::LogLevel(
                settings
                    .logging_level
                    .clone()
                    .unwrap_or_else(|| "OFF".to_owned()),
            ),
            Self::DataTrace(_) => Self::DataTrace(settings.data_trace_enabled),
            Self::Burst(_) => Self::Burst(settings.throttling_burst_limit),
            Self::Rate(_) => Self::Rate(settings.throttling_rate_limit),
            Self::Caching(_) => Self::Caching(settings.caching_enabled),
            Self::CacheTtl(_) => Self::CacheTtl(settings.cache_ttl_in_seconds),
        }
    }
}

/// Changes a setting of one method, as `(path, verb)`, or of all. The service makes an entry with all settings if there is none.
#[must_use]
pub fn set_method_setting(
    api: &Api,
    stage: &Stage,
    method: Option<(&str, &str)>,
    setting: &Setting,
) -> Op {
    let name = stage.stage_name.as_str();
    let whose = method.map_or_else(
        || "all methods".to_owned(),
        |(path, verb)| format!("{verb} {path}"),
    );
    let change = |setting: &Setting| {
        let (tail, value) = setting.patch();
        let what = tail.replace('/', " ");
        let patch = Patch::replace(method_setting(method, tail), &value);
        update(
            api,
            name,
            format!("set {what} of {whose} on {name} to {value}"),
            vec![patch],
        )
        .danger(ask_on_production(name, "It acts at once."))
        .live_now(format!("it acts on {name} at once"))
    };
    let (path, verb) = method.unwrap_or(("*", "*"));
    let own = match method {
        Some((path, verb)) => stage.settings_of(path, verb),
        None => stage.method_settings.get("*/*"),
    };
    let before = own.map_or_else(MethodSetting::default, Clone::clone);
    let has_entry = match method {
        None => own.is_some(),
        Some(_) => own.is_some() && own != stage.method_settings.get("*/*"),
    };
    let undo = if has_entry {
        change(&setting.of(&before))
    } else {
        let none = Patch::remove(pointer(&[path, verb]));
        update(
            api,
            name,
            format!("remove the settings of {whose} on {name}"),
            vec![none],
        )
        .danger(ask_on_production(name, "It acts at once."))
    };
    change(setting).undone_by(undo)
}

/// Empties a stage's cache.
#[must_use]
pub fn flush_cache(api: &Api, stage: &str) -> Op {
    let call = FlushStageCache {
        rest_api_id: api.id.as_str().into(),
        stage_name: stage.to_owned(),
    };
    on_stage(
        api,
        stage,
        format!("flush the cache of {stage}"),
        vec![call.into()],
    )
    .danger(ask_on_production(
        stage,
        "Until it fills again, all requests go to the backends.",
    ))
    .live_now("requests go to the backends until it fills again")
    .final_because("what was cached comes back by itself")
}

pub(super) fn update(api: &Api, stage: &str, title: String, patches: Vec<Patch>) -> Op {
    let call = UpdateStage {
        rest_api_id: api.id.as_str().into(),
        stage_name: stage.to_owned(),
        patch_operations: patches,
    };
    on_stage(api, stage, title, vec![call.into()])
}

pub(super) fn on_stage(api: &Api, stage: &str, title: String, calls: Vec<Call>) -> Op {
    Op::change(title, Place::stage(api, stage), calls).stale(stages_of(api))
}

pub(super) fn deployment(api: &Api, stage: &str, description: &str) -> CreateDeployment {
    CreateDeployment {
        rest_api_id: api.id.as_str().into(),
        stage_name: Some(stage.to_owned()),
        description: Some(description.to_owned()).filter(|d| !d.is_empty()),
        ..CreateDeployment::default()
    }
}

pub(super) fn deployments_and_stages(api: &Api) -> Vec<Query> {
    let mut stale = stages_of(api);
    stale.push(Query::Deployments {
        api: api.id.clone(),
    });
    stale
}

/// A deployment to a stage as it is: the service puts nothing on a stage with a canary unless it is told the canary's settings again.
fn redeployment(api: &Api, stage: &Stage, description: &str) -> Call {
    let mut create = deployment(api, &stage.stage_name, description);
    create.canary_settings = stage.canary_settings.as_ref().map(|canary| {
        let overrides = canary.stage_variable_overrides.clone();
        DeploymentCanary {
            percent_traffic: canary.percent_traffic,
            stage_variable_overrides: overrides.unwrap_or_default(),
            use_stage_cache: canary.use_stage_cache,
        }
    });
    create.into()
}

fn delete_named(api: &Api, stage: &str) -> Op {
    let call = DeleteStage {
        rest_api_id: api.id.as_str().into(),
        stage_name: stage.to_owned(),
    };
    on_stage(
        api,
        stage,
        format!("delete stage {stage}"),
        vec![call.into()],
    )
    .danger(delete_danger(stage))
    .live_now(format!("{stage} stops serving"))
}

fn delete_danger(stage: &str) -> Danger {
    Danger::TypeName {
        name: stage.to_owned(),
        why: "It stops serving at once; its variables, settings and canary are lost.".to_owned(),
    }
}
