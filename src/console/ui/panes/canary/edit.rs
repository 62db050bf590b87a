//! Forms of the canary. Each gives operations back; nothing is done here.

use crate::aws::{Api, Changes, ops};
use crate::console::app::App;
use crate::console::ui::layers::{Form, FormField};
use crate::console::ui::pane::Command;
use crate::console::ui::panes::changes::first_lines;
use crate::model::Stage;

use super::{rounded, written};

fn parse(text: &str) -> Result<f64, String> {
    let number = text.trim_end_matches('%').trim().parse::<f64>().ok();
    number
        .filter(|percent| (0.0..=100.0).contains(percent))
        .map(rounded)
        .ok_or_else(|| "a share is a number from 0 to 100".to_owned())
}

/// Gives the canary a typed share.
pub(super) fn percent(api: &Api, stage: &Stage, now: f64) -> Form {
    let fields = vec![FormField::number(
        "percent",
        &written(now),
        "of the stage's requests, 0 to 100",
    )];
    let (api, stage) = (api.clone(), stage.clone());
    let title = format!("share of the canary of {}", stage.stage_name);
    Form::new(title, fields, move |values| {
        let percent = parse(values.get("percent"))?;
        Ok(vec![Command::propose(ops::canary::set_percent(
            &api, &stage, percent,
        ))])
    })
}

/// Deploys what is saved to the canary; one begins if there is none.
pub(super) fn new_canary(app: &App, api: &Api, stage: &Stage) -> Form {
    let before = stage.canary_settings.clone();
    let what = match app.store.changes(&api.id, &stage.stage_name).value() {
        Some(Changes::Known(changes)) if changes.is_empty() => {
            "What is saved is what the stage serves: nothing has changed. ".to_owned()
        }
        Some(Changes::Known(changes)) => match changes.len() {
            1 => format!(
                "1 change since the stage's deployment is tried:\n{}\n",
                first_lines(changes)
            ),
            n => format!(
                "{n} changes since the stage's deployment are tried:\n{}\n",
                first_lines(changes)
            ),
        },
        _ => "What has changed can't be told. ".to_owned(),
    };
    let about = if before.is_some() {
        format!("{what}It takes the place of the present canary; overrides stay.")
    } else {
        format!("{what}The rest of the requests get the base as before.")
    };
    let share = before.as_ref().map_or(5.0, |canary| canary.percent_traffic);
    let fields = vec![
        FormField::text("description", "", "what is to be tried, in a few words"),
        FormField::number(
            "percent",
            &written(share),
            "of the stage's requests, 0 to 100",
        ),
    ];
    let overrides = before
        .and_then(|canary| canary.stage_variable_overrides)
        .unwrap_or_default();
    let (api, stage) = (api.clone(), stage.clone());
    let title = format!("new canary of {}", stage.stage_name);
    Form::new(title, fields, move |values| {
        let percent = parse(values.get("percent"))?;
        let about = values.get("description");
        let op = ops::canary::deploy(&api, &stage, about, percent, overrides.clone());
        Ok(vec![Command::propose(op)])
    })
    .about(about)
}

/// Overrides a variable; one that the stage hasn't when none is named.
pub(super) fn variable(api: &Api, stage: &Stage, name: Option<&str>) -> Form {
    let overrides = stage
        .canary_settings
        .as_ref()
        .and_then(|canary| canary.stage_variable_overrides.as_ref());
    let before = name.and_then(|name| overrides?.get(name).cloned());
    let base = name.and_then(|name| stage.variables.as_ref()?.get(name).cloned());
    let about = match (&base, name) {
        (Some(base), _) => format!("The base has {base}."),
        (None, Some(_)) => "The base hasn't this variable.".to_owned(),
        (None, None) => "The canary's requests see it; the base's don't.".to_owned(),
    };
    let value = before.clone().or(base).unwrap_or_default();
    let fields = vec![
        FormField::text("name", name.unwrap_or_default(), "letters, digits and _"),
        FormField::text("value", &value, "letters, digits and -._~:/?#&=,"),
    ];
    let start = if name.is_some() { "value" } else { "name" };
    let title = format!("override for the canary of {}", stage.stage_name);
    let (api, stage) = (api.clone(), stage.clone());
    let first = name.map(str::to_owned);
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
        if first.as_deref() == Some(name) && before.as_deref() == Some(value) {
            return Ok(Vec::new());
        }
        let op = ops::canary::override_variable(&api, &stage, name, Some(value));
        Ok(vec![Command::propose(op)])
    })
    .about(about)
    .starting_at(start)
}
