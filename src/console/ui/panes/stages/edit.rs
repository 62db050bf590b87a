//! Forms that change stages. Each gives operations back; nothing is done here.

use crate::aws::ops::stages::Setting;
use crate::aws::{Api, Changes, ops};
use crate::console::app::App;
use crate::console::ui::canvas::age;
use crate::console::ui::layers::{Choice, Choose, Form, FormField, Values};
use crate::console::ui::pane::Command;
use crate::console::ui::panes::changes::first_lines;
use crate::model::difference::Change;
use crate::model::{Deployment, Map, MethodSetting, Stage};

/// Deploys what is saved to a stage that exists.
pub(super) fn deploy(app: &App, api: &Api, stage: &Stage) -> Form {
    let about = match app.store.changes(&api.id, &stage.stage_name).value() {
        Some(Changes::Known(changes)) => going_live(changes, stage.canary_settings.is_some()),
        _ => "What changes can't be told.".to_owned(),
    };
    let (api, stage) = (api.clone(), stage.clone());
    let fields = vec![FormField::text(
        "description",
        "",
        "what has changed, in a few words",
    )];
    Form::new(
        format!("deploy {} to {}", api.name, stage.stage_name),
        fields,
        move |values| {
            Ok(vec![Command::propose(ops::stages::deploy(
                &api,
                &stage,
                values.get("description"),
            ))])
        },
    )
    .about(about)
}

/// What a deployment brings, its first changes by name.
fn going_live(changes: &[Change], canary: bool) -> String {
    let (reach, reaches) = if canary {
        ("reach the canary only", "reaches the canary only")
    } else {
        ("go live", "goes live")
    };
    let count = match changes.len() {
        0 => return "Nothing has changed since its deployment.".to_owned(),
        1 => format!("1 change {reaches}:"),
        n => format!("{n} changes {reach}:"),
    };
    format!("{count}\n{}", first_lines(changes))
}

/// A new stage, of what is saved or of the newest deployment.
pub(super) fn new_stage(api: &Api, deployments: &[Deployment]) -> Form {
    const SAVED: &str = "what is saved now";
    const NEWEST: &str = "the newest deployment";
    let newest = deployments.first().map(|d| d.id.clone());
    let what: &[&str] = if newest.is_some() {
        &[SAVED, NEWEST]
    } else {
        &[SAVED]
    };
    let fields = vec![
        FormField::text("name", "", "part of the URL: letters, digits, - and _"),
        FormField::choice("serves", what, SAVED, "space turns it"),
        FormField::text("description", "", "of the deployment, if one is made"),
    ];
    let api = api.clone();
    Form::new("new stage", fields, move |values| {
        let name = stage_name(values)?;
        let op = match &newest {
            Some(newest) if values.get("serves") == NEWEST => {
                ops::stages::create(&api, name, newest, Map::default())
            }
            _ => ops::stages::deploy_to_new(&api, name, values.get("description"), Map::default()),
        };
        Ok(vec![Command::propose(op)])
    })
}

fn stage_name(values: &Values) -> Result<&str, String> {
    let name = values.get("name");
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if name.is_empty() || !name.chars().all(allowed) {
        return Err("a stage's name is made of letters, digits, - and _".to_owned());
    }
    Ok(name)
}

/// Points a stage to another deployment.
pub(super) fn roll_back(
    api: &Api,
    stage: &Stage,
    deployments: &[Deployment],
    now: jiff::Timestamp,
) -> Choose {
    let others: Vec<Deployment> = deployments
        .iter()
        .filter(|d| d.id != stage.deployment_id)
        .cloned()
        .collect();
    let choices = others
        .iter()
        .map(|d| Choice {
            value: d.id.clone(),
            label: d.id.clone(),
            note: format!(
                "{:>4}  {}",
                age(now, d.created_date),
                d.description.as_deref().unwrap_or_default()
            ),
        })
        .collect();
    let (api, stage) = (api.clone(), stage.clone());
    let title = format!("point {} to", stage.stage_name);
    Choose::new(title, choices, None, move |id| {
        let chosen = others.iter().find(|d| d.id == id);
        chosen
            .map(|d| Command::propose(ops::stages::roll_back(&api, &stage, d)))
            .into_iter()
            .collect()
    })
}

/// Sets a variable; a new one when none is named.
pub(super) fn variable(api: &Api, stage: &Stage, name: Option<&str>) -> Form {
    let value = name.and_then(|name| stage.variables.as_ref()?.get(name).cloned());
    let before = value.clone();
    let fields = vec![
        FormField::text("name", name.unwrap_or_default(), "letters, digits and _"),
        FormField::text(
            "value",
            &value.unwrap_or_default(),
            "letters, digits and -._~:/?#&=,",
        ),
    ];
    let start = if name.is_some() { "value" } else { "name" };
    let (api, stage) = (api.clone(), stage.clone());
    let title = format!("variable of {}", stage.stage_name);
    Form::new(title, fields, move |values| {
        let (name, value) = (values.get("name"), values.exact("value"));
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if name.is_empty() || !name.chars().all(plain) {
            return Err("a variable's name is made of letters, digits and _".to_owned());
        }
        // Source: `spec/rest/deployments-stages-canary.md` §2.
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#&=,".contains(c);
        if let Some(bad) = value.chars().find(|c| !allowed(*c)) {
            return Err(format!(
                "a value can't hold `{bad}`: only letters, digits and -._~:/?#&=,"
            ));
        }
        if before.as_deref() == Some(value) {
            return Ok(Vec::new());
        }
        Ok(vec![Command::propose(ops::stages::set_variable(
            &api, &stage, name, value,
        ))])
    })
    .starting_at(start)
}

/// Throttle, cache and logging of all methods.
pub(super) fn settings(api: &Api, stage: &Stage) -> Form {
    const SWITCH: [&str; 2] = ["off", "on"];
    let switch = |on: bool| if on { "on" } else { "off" };
    let before = stage
        .method_settings
        .get("*/*")
        .cloned()
        .unwrap_or_default();
    let level = before
        .logging_level
        .clone()
        .unwrap_or_else(|| "OFF".to_owned());
    let fields = vec![
        FormField::number(
            "requests/s",
            &limit(
                before.throttling_rate_limit >= 0.0,
                &before.throttling_rate_limit,
            ),
            "empty leaves it to the account; 0 turns the stage off",
        ),
        FormField::number(
            "burst",
            &limit(
                before.throttling_burst_limit >= 0,
                &before.throttling_burst_limit,
            ),
            "requests that may come at once",
        ),
        FormField::choice(
            "log",
            &["OFF", "ERROR", "INFO"],
            &level,
            "the execution log",
        ),
        FormField::choice(
            "log bodies",
            &SWITCH,
            switch(before.data_trace_enabled),
            "costs much, and logs what clients send",
        ),
        FormField::choice(
            "metrics",
            &SWITCH,
            switch(before.metrics_enabled),
            "of each method",
        ),
        FormField::choice(
            "cache",
            &SWITCH,
            switch(before.caching_enabled),
            "needs the stage's cache",
        ),
        FormField::number(
            "cache s",
            &before.cache_ttl_in_seconds.to_string(),
            "0 to 3600",
        ),
    ];
    let (api, stage) = (api.clone(), stage.clone());
    let title = format!("settings of all methods on {}", stage.stage_name);
    Form::new(title, fields, move |values| {
        let changed = changed_settings(&before, values)?;
        Ok(changed
            .iter()
            .map(|setting| {
                Command::propose(ops::stages::set_method_setting(&api, &stage, None, setting))
            })
            .collect())
    })
    .about("They act at once, without a deployment.")
}

fn limit(set: bool, value: &impl ToString) -> String {
    if set {
        value.to_string()
    } else {
        String::new()
    }
}

fn changed_settings(before: &MethodSetting, values: &Values) -> Result<Vec<Setting>, String> {
    let mut changed = Vec::new();
    let on = |name: &str| values.get(name) == "on";
    let rate = match values.get("requests/s") {
        "" => -1.0,
        text => text
            .parse::<f64>()
            .ok()
            .filter(|rate| *rate >= 0.0)
            .ok_or("requests/s is a number, or empty")?,
    };
    let burst = match values.get("burst") {
        "" => -1,
        text => text
            .parse::<i64>()
            .ok()
            .filter(|burst| *burst >= 0)
            .ok_or("burst is a whole number, or empty")?,
    };
    let ttl = values
        .get("cache s")
        .parse::<i64>()
        .ok()
        .filter(|seconds| (0..=3600).contains(seconds))
        .ok_or("cache s is a number of seconds from 0 to 3600")?;
    if (rate - before.throttling_rate_limit).abs() > f64::EPSILON {
        changed.push(Setting::Rate(rate));
    }
    if burst != before.throttling_burst_limit {
        changed.push(Setting::Burst(burst));
    }
    let level = values.get("log");
    if level != before.logging_level.as_deref().unwrap_or("OFF") {
        changed.push(Setting::LogLevel(level.to_owned()));
    }
    if on("log bodies") != before.data_trace_enabled {
        changed.push(Setting::DataTrace(on("log bodies")));
    }
    if on("metrics") != before.metrics_enabled {
        changed.push(Setting::Metrics(on("metrics")));
    }
    if on("cache") != before.caching_enabled {
        changed.push(Setting::Caching(on("cache")));
    }
    if ttl != before.cache_ttl_in_seconds {
        changed.push(Setting::CacheTtl(ttl));
    }
    Ok(changed)
}
