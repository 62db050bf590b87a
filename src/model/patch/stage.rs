//! Patches of a stage: settings per method, canary, variables; its paths are open-ended and its wording is its own.
//!
//! Source: `spec/rest/deployments-stages-canary.md` §3, §4 and §6.

use super::{PatchError, PatchOperation, Verb, unescape};
use crate::model::{AccessLogSettings, CanarySettings, Map, MethodSetting, Stage};

/// What the service lists for a path that it doesn't know, its missing commas included; it leaves out paths that work. Recorded.
const PATHS: &str = "[/deploymentId, /description, /cacheClusterEnabled, /cacheClusterSize, /clientCertificateId, /accessLogSettings, /accessLogSettings/destinationArn, /accessLogSettings/format, /{resourcePath}/{httpMethod}/metrics/enabled, /{resourcePath}/{httpMethod}/logging/dataTrace, /{resourcePath}/{httpMethod}/logging/loglevel, /{resourcePath}/{httpMethod}/throttling/burstLimit/{resourcePath}/{httpMethod}/throttling/rateLimit/{resourcePath}/{httpMethod}/caching/ttlInSeconds, /{resourcePath}/{httpMethod}/caching/enabled, /{resourcePath}/{httpMethod}/caching/dataEncrypted, /{resourcePath}/{httpMethod}/caching/requireAuthorizationForCacheControl, /{resourcePath}/{httpMethod}/caching/unauthorizedCacheControlHeaderStrategy, /*/*/metrics/enabled, /*/*/logging/dataTrace, /*/*/logging/loglevel, /*/*/throttling/burstLimit /*/*/throttling/rateLimit /*/*/caching/ttlInSeconds, /*/*/caching/enabled, /*/*/caching/dataEncrypted, /*/*/caching/requireAuthorizationForCacheControl, /*/*/caching/unauthorizedCacheControlHeaderStrategy, /variables/{variable_name}, /tracingEnabled]";

/// What the service lists for a setting of a method that it doesn't know, the blank that is missing included.
const SETTINGS: &str = "[.../metrics/enabled, .../logging/dataTrace, .../logging/loglevel,.../throttling/burstLimit, .../throttling/rateLimit, .../caching/ttlInSeconds, .../caching/enabled, .../caching/dataEncrypted, .../caching/requireAuthorizationForCacheControl, .../caching/unauthorizedCacheControlHeaderStrategy]";

/// Gigabytes of a cache. Source: `spec/rest/deployments-stages-canary.md` §7.
const CACHE_SIZES: [&str; 8] = ["0.5", "1.6", "6.1", "13.5", "28.4", "58.2", "118", "237"];

const ALL_METHODS: &str = "*/*";

/// Applies a patch, all of it or nothing. Whether a deployment exists is for the caller to check.
pub fn apply_to_stage(stage: &mut Stage, operations: &[PatchOperation]) -> Result<(), PatchError> {
    let mut patched = stage.clone();
    for operation in operations {
        let path = operation.path_text();
        match operation.verb() {
            Some(Verb::Add) => add(&mut patched, path, operation)?,
            Some(Verb::Replace) => replace(&mut patched, path, operation)?,
            Some(Verb::Remove) => remove(&mut patched, path)?,
            Some(Verb::Copy) => copy(&mut patched, path, operation)?,
            None => {
                let op = operation.op_text();
                return Err(bad(format!("Invalid {op} operation with path: {path}")));
            }
        }
    }
    *stage = patched;
    Ok(())
}

fn add(stage: &mut Stage, path: &str, operation: &PatchOperation) -> Result<(), PatchError> {
    if path.starts_with("/accessLogSettings/") {
        return replace(stage, path, operation);
    }
    // A path that `replace` would know is named as the wrong operation, others as the wrong path.
    replace(&mut stage.clone(), path, operation)?;
    Err(bad(format!("Invalid add operation with path: {path}")))
}

fn replace(stage: &mut Stage, path: &str, operation: &PatchOperation) -> Result<(), PatchError> {
    let text = || operation.filled().map(str::to_owned);
    if let Some(name) = path.strip_prefix("/variables/") {
        let variables = stage.variables.get_or_insert_default();
        variables.insert(unescape(name), operation.value.clone().unwrap_or_default());
        return Ok(());
    }
    if let Some(member) = path.strip_prefix("/canarySettings/") {
        return replace_canary(stage, member, operation);
    }
    match path {
        "/deploymentId" => stage.deployment_id = text().unwrap_or_default(),
        "/description" => stage.description = text(),
        "/documentationVersion" => stage.documentation_version = text(),
        "/clientCertificateId" => stage.client_certificate_id = text(),
        "/tracingEnabled" => stage.tracing_enabled = operation.boolean()?,
        "/variables" => stage.variables = Some(operation.text_map()?),
        "/accessLogSettings/destinationArn" => {
            access_log(stage).destination_arn = text();
        }
        "/accessLogSettings/format" => access_log(stage).format = text(),
        "/cacheClusterEnabled" => {
            let enabled = operation.boolean()?;
            stage.set_cache_cluster(enabled, stage.cache_cluster_size.clone());
        }
        "/cacheClusterSize" => {
            let size = text();
            if size
                .as_deref()
                .is_none_or(|size| !CACHE_SIZES.contains(&size))
            {
                return Err(operation.unfit(&format!("one of [{}]", CACHE_SIZES.join(", "))));
            }
            stage.set_cache_cluster(stage.cache_cluster_enabled, size);
        }
        "/methodSettings" => {
            let settings = operation.filled().unwrap_or("{}");
            stage.method_settings = serde_json::from_str(settings)
                .map_err(|_| operation.unfit("a JSON object of method settings"))?;
        }
        _ => return replace_method_setting(stage, path, operation),
    }
    Ok(())
}

fn replace_canary(
    stage: &mut Stage,
    member: &str,
    operation: &PatchOperation,
) -> Result<(), PatchError> {
    // A canary starts on the stage's own deployment.
    let deployment_id = stage.deployment_id.clone();
    let mut canary = stage
        .canary_settings
        .take()
        .unwrap_or_else(|| CanarySettings {
            deployment_id: Some(deployment_id),
            ..CanarySettings::default()
        });
    match member {
        "deploymentId" => canary.deployment_id = operation.filled().map(str::to_owned),
        "percentTraffic" => {
            let percent = operation.number()?;
            if !(0.0..=100.0).contains(&percent) {
                return Err(operation.unfit("between 0.0 and 100.0"));
            }
            canary.percent_traffic = percent;
        }
        "useStageCache" => canary.use_stage_cache = operation.boolean()?,
        "stageVariableOverrides" => {
            canary.stage_variable_overrides = Some(operation.text_map()?);
        }
        _ => {
            let Some(name) = member.strip_prefix("stageVariableOverrides/") else {
                return Err(unknown(operation.path_text()));
            };
            canary
                .stage_variable_overrides
                .get_or_insert_default()
                .insert(unescape(name), operation.value.clone().unwrap_or_default());
        }
    }
    stage.canary_settings = Some(canary);
    Ok(())
}

fn replace_method_setting(
    stage: &mut Stage,
    path: &str,
    operation: &PatchOperation,
) -> Result<(), PatchError> {
    let parts = path.strip_prefix('/').and_then(|rest| {
        let (rest, setting) = rest.rsplit_once('/')?;
        let (method, group) = rest.rsplit_once('/')?;
        let (_, verb) = method.rsplit_once('/')?;
        (!verb.is_empty()).then_some((method, group, setting))
    });
    let Some((method, group, setting)) = parts else {
        return Err(unknown(path));
    };
    // A new entry starts as a copy of the settings for all methods and is on its own from then on (recorded).
    let mut entry = stage
        .method_settings
        .get(method)
        .or_else(|| stage.method_settings.get(ALL_METHODS))
        .cloned()
        .unwrap_or_default();
    set(&mut entry, group, setting, operation)?;
    stage.method_settings.insert(method.to_owned(), entry);
    Ok(())
}

fn set(
    entry: &mut MethodSetting,
    group: &str,
    setting: &str,
    operation: &PatchOperation,
) -> Result<(), PatchError> {
    let word = |words: &[&str]| match operation.filled() {
        Some(word) if words.contains(&word) => Ok(word.to_owned()),
        _ => Err(operation.unfit(&format!("one of [{}]", words.join(", ")))),
    };
    match (group, setting) {
        ("metrics", "enabled") => entry.metrics_enabled = operation.boolean()?,
        ("logging", "loglevel") => entry.logging_level = Some(word(&["OFF", "ERROR", "INFO"])?),
        ("logging", "dataTrace") => entry.data_trace_enabled = operation.boolean()?,
        ("throttling", "burstLimit") => entry.throttling_burst_limit = operation.integer()?,
        ("throttling", "rateLimit") => entry.throttling_rate_limit = operation.number()?,
        ("caching", "enabled") => entry.caching_enabled = operation.boolean()?,
        ("caching", "ttlInSeconds") => {
            let seconds = operation.integer()?;
            if !(0..=3600).contains(&seconds) {
                return Err(operation.unfit("between 0 and 3600"));
            }
            entry.cache_ttl_in_seconds = seconds;
        }
        ("caching", "dataEncrypted") => entry.cache_data_encrypted = operation.boolean()?,
        ("caching", "requireAuthorizationForCacheControl") => {
            entry.require_authorization_for_cache_control = operation.boolean()?;
        }
        ("caching", "unauthorizedCacheControlHeaderStrategy") => {
            entry.unauthorized_cache_control_header_strategy = word(&[
                "FAIL_WITH_403",
                "SUCCEED_WITH_RESPONSE_HEADER",
                "SUCCEED_WITHOUT_RESPONSE_HEADER",
            ])?;
        }
        _ => {
            // Another list than that of stages, seen in reports.
            return Err(bad(format!(
                "Invalid method setting path: {group}/{setting}. Must be one of: {SETTINGS}"
            )));
        }
    }
    Ok(())
}

fn remove(stage: &mut Stage, path: &str) -> Result<(), PatchError> {
    let name = path.strip_prefix('/').unwrap_or(path);
    let removed = if let Some(key) = name.strip_prefix("variables/") {
        take(&mut stage.variables, &unescape(key))
    } else if let Some(key) = name.strip_prefix("canarySettings/stageVariableOverrides/") {
        stage
            .canary_settings
            .as_mut()
            .is_some_and(|canary| take(&mut canary.stage_variable_overrides, &unescape(key)))
    } else {
        match name {
            "canarySettings" => stage.canary_settings.take().is_some(),
            "variables" => stage.variables.take().is_some(),
            "accessLogSettings" => stage.access_log_settings.take().is_some(),
            "accessLogSettings/destinationArn" => stage
                .access_log_settings
                .as_mut()
                .is_some_and(|log| log.destination_arn.take().is_some()),
            "accessLogSettings/format" => stage
                .access_log_settings
                .as_mut()
                .is_some_and(|log| log.format.take().is_some()),
            method => stage.method_settings.shift_remove(method).is_some(),
        }
    };
    if !removed {
        // The space at the end is the service's.
        return Err(bad(format!(
            "Cannot remove method setting {name} because there is no method setting for this method "
        )));
    }
    if stage.access_log_settings == Some(AccessLogSettings::default()) {
        stage.access_log_settings = None;
    }
    Ok(())
}

/// `copy` exists for promoting a canary: its deployment and its variables become the stage's.
fn copy(stage: &mut Stage, path: &str, operation: &PatchOperation) -> Result<(), PatchError> {
    let from = operation.from.as_deref().unwrap_or("null");
    let Some(canary) = &stage.canary_settings else {
        return Err(bad(format!(
            "Invalid copy operation with path: {path} and from: {from}. The stage has no canary"
        )));
    };
    match (from, path) {
        ("/canarySettings/deploymentId", "/deploymentId") => {
            if let Some(id) = &canary.deployment_id {
                stage.deployment_id.clone_from(id);
            }
        }
        ("/canarySettings/stageVariableOverrides", "/variables") => {
            // Laid over, not put in place of: requests to the promoted stage see what canary requests saw. The guide's example
            // would allow both readings.
            let overrides = canary.stage_variable_overrides.clone().unwrap_or_default();
            if !overrides.is_empty() {
                stage.variables.get_or_insert_default().extend(overrides);
            }
        }
        _ => {
            return Err(bad(format!(
                "Invalid copy operation with path: {path} and from: {from}"
            )));
        }
    }
    Ok(())
}

/// Takes a key out of a map that vanishes when it is empty.
fn take(map: &mut Option<Map<String>>, key: &str) -> bool {
    let Some(held) = map else { return false };
    let removed = held.shift_remove(key).is_some();
    if held.is_empty() {
        *map = None;
    }
    removed
}

fn access_log(stage: &mut Stage) -> &mut AccessLogSettings {
    stage.access_log_settings.get_or_insert_default()
}

fn bad(text: String) -> PatchError {
    PatchError::BadRequest(text)
}

fn unknown(path: &str) -> PatchError {
    bad(format!(
        "Invalid method setting path: {path}. Must be one of: {PATHS}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canary_stage() -> Stage {
        Stage {
            deployment_id: "one".into(),
            variables: Some([("kept".into(), "k".into()), ("v".into(), "base".into())].into()),
            canary_settings: Some(CanarySettings {
                percent_traffic: 10.0,
                deployment_id: Some("two".into()),
                stage_variable_overrides: Some(
                    [("v".into(), "canary".into()), ("new".into(), "n".into())].into(),
                ),
                use_stage_cache: false,
            }),
            ..Stage::default()
        }
    }

    fn patch(stage: &mut Stage, operations: &[(&str, &str, &str)]) -> Result<(), String> {
        let operations: Vec<_> = operations
            .iter()
            .map(|(op, path, value)| match *op {
                "copy" => PatchOperation {
                    op: Some("copy".into()),
                    path: Some((*path).into()),
                    value: None,
                    from: Some((*value).into()),
                },
                op => PatchOperation::new(op, path, value),
            })
            .collect();
        apply_to_stage(stage, &operations).map_err(|e| e.to_string())
    }

    #[test]
    fn promoting_takes_deployment_and_variables_over() {
        let mut stage = canary_stage();
        patch(
            &mut stage,
            &[
                ("replace", "/canarySettings/percentTraffic", "0.0"),
                (
                    "copy",
                    "/variables",
                    "/canarySettings/stageVariableOverrides",
                ),
                ("copy", "/deploymentId", "/canarySettings/deploymentId"),
            ],
        )
        .unwrap();
        assert_eq!(stage.deployment_id, "two");
        let variables: Vec<_> = stage.variables.unwrap().into_iter().collect();
        let want = [("kept", "k"), ("v", "canary"), ("new", "n")];
        assert_eq!(variables, want.map(|(k, v)| (k.to_owned(), v.to_owned())));
        let left = stage.canary_settings.map(|c| c.percent_traffic);
        assert_eq!(left, Some(0.0));
    }

    #[test]
    fn aborting_leaves_the_stage_as_it_was() {
        let mut stage = canary_stage();
        patch(&mut stage, &[("remove", "/canarySettings", "")]).unwrap();
        assert_eq!(
            (stage.deployment_id.as_str(), stage.canary_settings),
            ("one", None)
        );
        assert_eq!(stage.variables.unwrap()["v"], "base");
    }

    #[test]
    fn a_canary_starts_on_the_stages_deployment() {
        let mut stage = Stage {
            deployment_id: "one".into(),
            ..Stage::default()
        };
        patch(
            &mut stage,
            &[("replace", "/canarySettings/percentTraffic", "10.5")],
        )
        .unwrap();
        let canary = stage.canary_settings.unwrap();
        assert_eq!(
            (canary.deployment_id.as_deref(), canary.percent_traffic),
            (Some("one"), 10.5)
        );
    }

    #[test]
    fn a_specific_entry_copies_the_general_one_and_keeps_it() {
        let mut stage = Stage::default();
        patch(
            &mut stage,
            &[
                ("replace", "/*/*/throttling/burstLimit", "123"),
                ("replace", "/*/*/caching/enabled", "true"),
                ("replace", "/test/GET/throttling/burstLimit", "124"),
                ("replace", "/*/*/throttling/burstLimit", "100"),
            ],
        )
        .unwrap();
        let all = &stage.method_settings["*/*"];
        let own = &stage.method_settings["test/GET"];
        assert_eq!(
            (all.throttling_burst_limit, own.throttling_burst_limit),
            (100, 124)
        );
        assert!(own.caching_enabled && own.logging_level.is_none());
        patch(
            &mut stage,
            &[("replace", "/~1pets~1{id}/GET/logging/loglevel", "INFO")],
        )
        .unwrap();
        assert_eq!(
            stage
                .settings_of("/pets/{id}", "GET")
                .unwrap()
                .logging_level
                .as_deref(),
            Some("INFO")
        );
        patch(&mut stage, &[("remove", "/*/*", "")]).unwrap();
        assert!(!stage.method_settings.contains_key("*/*"));
    }

    #[test]
    fn refusals_are_worded_as_recorded() {
        let unknown = |path: &str| {
            format!("Invalid method setting path: {path}. Must be one of: [/deploymentId, ")
        };
        let unset = |name: &str| {
            format!(
                "Cannot remove method setting {name} because there is no method setting for this method "
            )
        };
        let cases = [
            (
                "replace",
                "/documentation_version",
                "x",
                unknown("/documentation_version"),
            ),
            ("replace", "/tags/tag1", "x", unknown("/tags/tag1")),
            (
                "replace",
                "/canarySettings",
                "x",
                unknown("/canarySettings"),
            ),
            (
                "replace",
                "/canarySettings/badPath",
                "x",
                unknown("/canarySettings/badPath"),
            ),
            (
                "replace",
                "/*/*/caching/unheard",
                "x",
                "Invalid method setting path: caching/unheard. Must be one of: [.../metrics/enabled, .../logging/dataTrace, .../logging/loglevel,.../throttling/burstLimit, ".into(),
            ),
            ("remove", "/*/*", "", unset("*/*")),
            (
                "remove",
                "/canarySettings/stageVariableOverrides",
                "",
                unset("canarySettings/stageVariableOverrides"),
            ),
            (
                "remove",
                "/canarySettings/badPath",
                "",
                unset("canarySettings/badPath"),
            ),
            (
                "add",
                "/canarySettings/deploymentId",
                "x",
                "Invalid add operation with path: /canarySettings/deploymentId".into(),
            ),
            (
                "replace",
                "/canarySettings/percentTraffic",
                "101",
                "Invalid value '101'".into(),
            ),
            (
                "move",
                "/description",
                "x",
                "Invalid move operation with path: /description".into(),
            ),
        ];
        for (op, path, value, want) in cases {
            let mut stage = Stage::default();
            let got = patch(
                &mut stage,
                &[("replace", "/description", "x"), (op, path, value)],
            );
            let text = got.expect_err(path);
            assert!(text.starts_with(&want), "{op} {path}: {text}");
            assert_eq!(stage, Stage::default(), "{op} {path} changed something");
        }
    }

    #[test]
    fn variables_logs_and_cache_follow_their_paths() {
        let mut stage = Stage::default();
        patch(
            &mut stage,
            &[
                ("replace", "/variables/var1", "test"),
                ("replace", "/variables/var2", "test2"),
                ("remove", "/variables/var1", ""),
                ("add", "/accessLogSettings/destinationArn", "arn:a"),
                ("add", "/accessLogSettings/format", "$context.requestId"),
                ("remove", "/accessLogSettings/destinationArn", ""),
                ("replace", "/cacheClusterEnabled", "true"),
                ("replace", "/tracingEnabled", "true"),
            ],
        )
        .unwrap();
        assert_eq!(stage.variables.as_ref().unwrap().len(), 1);
        assert_eq!(
            stage.access_log_settings.as_ref().unwrap().destination_arn,
            None
        );
        assert_eq!(stage.cache_cluster_size.as_deref(), Some("0.5"));
        assert_eq!(stage.cache_cluster_status, "CREATE_IN_PROGRESS");
        patch(
            &mut stage,
            &[
                ("remove", "/accessLogSettings", ""),
                ("remove", "/variables", ""),
            ],
        )
        .unwrap();
        assert_eq!((stage.access_log_settings, stage.variables), (None, None));
    }
}
