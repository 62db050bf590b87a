//! Forms and menus of plans and keys. Each gives operations back; nothing is done here.

use crate::aws::reply::Secret;
use crate::aws::{Api, ops};
use crate::console::app::Message;
use crate::console::ui::layers::{Choice, Choose, Form, FormField, Values};
use crate::console::ui::pane::Command;
use crate::model::{ApiKey, QuotaPeriod, QuotaSettings, Stage, ThrottleSettings, UsagePlan};

use super::matrix::{Matrix, StageColumn, key_name};

const PERIODS: [&str; 3] = ["DAY", "WEEK", "MONTH"];
const LIMITS: &str = "For each key of the plan. Empty is no limit; 0 turns it off.";
const NO_PLAN: &str = "none";

fn period(text: &str) -> QuotaPeriod {
    match text {
        "WEEK" => QuotaPeriod::Week,
        "MONTH" => QuotaPeriod::Month,
        _ => QuotaPeriod::Day,
    }
}

fn period_name(period: QuotaPeriod) -> &'static str {
    match period {
        QuotaPeriod::Day => "DAY",
        QuotaPeriod::Week => "WEEK",
        QuotaPeriod::Month => "MONTH",
    }
}

fn limit_fields(plan: Option<&UsagePlan>) -> Vec<FormField> {
    let throttle = plan.and_then(|plan| plan.throttle.as_ref());
    let quota = plan.and_then(|plan| plan.quota.as_ref());
    let rate = throttle
        .map(|t| t.rate_limit.to_string())
        .unwrap_or_default();
    let burst = throttle
        .map(|t| t.burst_limit.to_string())
        .unwrap_or_default();
    let limit = quota.map(|q| q.limit.to_string()).unwrap_or_default();
    let per = quota.map_or("DAY", |q| period_name(q.period));
    vec![
        FormField::number("requests/s", &rate, "empty: no limit; 0 turns it off"),
        FormField::number(
            "burst",
            &burst,
            "requests that may come at once; 0 turns it off",
        ),
        FormField::number(
            "quota",
            &limit,
            "requests in a period; empty: no limit; 0 turns it off",
        ),
        FormField::choice("per", &PERIODS, per, "when the count starts anew"),
    ]
}

fn whole(values: &Values, name: &str) -> Result<Option<i64>, String> {
    let Some(text) = values.optional(name) else {
        return Ok(None);
    };
    let number = text.replace(',', "").parse::<i64>().ok();
    number
        .filter(|number| *number >= 0)
        .map(Some)
        .ok_or_else(|| format!("{name} is a whole number, or empty"))
}

fn throttle(values: &Values) -> Result<Option<ThrottleSettings>, String> {
    let rate = match values.optional("requests/s") {
        None => None,
        Some(text) => Some(
            text.parse::<f64>()
                .ok()
                .filter(|rate| *rate >= 0.0 && rate.is_finite())
                .ok_or("requests/s is a number, or empty")?,
        ),
    };
    match (rate, whole(values, "burst")?) {
        (None, None) => Ok(None),
        (Some(rate_limit), Some(burst_limit)) => Ok(Some(ThrottleSettings {
            burst_limit,
            rate_limit,
        })),
        _ => Err("requests/s and burst go together: fill in both, or neither".to_owned()),
    }
}

fn quota(values: &Values, before: Option<&QuotaSettings>) -> Result<Option<QuotaSettings>, String> {
    Ok(whole(values, "quota")?.map(|limit| QuotaSettings {
        limit,
        offset: before.map_or(0, |quota| quota.offset),
        period: period(values.get("per")),
    }))
}

/// A plan's limits.
pub(super) fn limits(plan: &UsagePlan) -> Form {
    let plan = plan.clone();
    let title = format!("limits of {}", plan.name);
    Form::new(title, limit_fields(Some(&plan)), move |values| {
        let (throttle, quota) = (throttle(values)?, quota(values, plan.quota.as_ref())?);
        let mut commands = Vec::new();
        if throttle != plan.throttle {
            let op = ops::plans::set_throttle(&plan, throttle.as_ref());
            commands.push(Command::propose(op));
        }
        if quota != plan.quota {
            commands.push(Command::propose(ops::plans::set_quota(
                &plan,
                quota.as_ref(),
            )));
        }
        Ok(commands)
    })
    .about(LIMITS)
}

/// A new plan.
pub(super) fn new_plan() -> Form {
    let mut fields = vec![FormField::text("name", "", "what people call it")];
    fields.extend(limit_fields(None));
    Form::new("new plan", fields, |values| {
        let name = values.get("name");
        if name.is_empty() {
            return Err("a plan needs a name".to_owned());
        }
        let op = ops::plans::create(name, throttle(values)?, quota(values, None)?, Vec::new());
        Ok(vec![Command::propose(op)])
    })
    .about(LIMITS)
}

/// A new key, in a plan or in none.
pub(super) fn new_key(plans: &[UsagePlan], plan: Option<&UsagePlan>) -> Form {
    let mut names: Vec<&str> = plans.iter().map(|plan| plan.name.as_str()).collect();
    names.push(NO_PLAN);
    let now = plan.map_or(NO_PLAN, |plan| plan.name.as_str());
    let fields = vec![
        FormField::text("name", "", "who uses it"),
        FormField::choice("plan", &names, now, "what it may call"),
        FormField::secret(
            "value",
            "empty: the service makes one; else 20 to 128 characters",
        ),
    ];
    let plans = plans.to_vec();
    Form::new("new key", fields, move |values| {
        let (name, value) = (values.get("name"), values.get("value"));
        if name.is_empty() {
            return Err("a key needs a name, or nobody will know whose it is".to_owned());
        }
        // Source: `spec/rest/throttling-usage-plans.md` §2.
        if !value.is_empty() && !(20..=128).contains(&value.chars().count()) {
            return Err("a key's value has 20 to 128 characters".to_owned());
        }
        let value = (!value.is_empty()).then(|| Secret::new(value));
        let chosen: Vec<&UsagePlan> = plans
            .iter()
            .filter(|plan| plan.name == values.get("plan"))
            .take(1)
            .collect();
        Ok(vec![Command::propose(ops::keys::create(
            name, value, &chosen,
        ))])
    })
}

/// A key's name.
pub(super) fn rename(key: &ApiKey) -> Form {
    let before = key.name.clone().unwrap_or_default();
    let fields = vec![FormField::text("name", &before, "who uses it")];
    let key = key.clone();
    Form::new(format!("key {}", key.id), fields, move |values| {
        let name = values.get("name");
        if name == before {
            return Ok(Vec::new());
        }
        Ok(vec![Command::propose(ops::keys::rename(&key, name))])
    })
}

/// How many requests a key has left in this period.
pub(super) fn extend(plan: &UsagePlan, key: &str, name: &str, left: Option<i64>) -> Form {
    let now = left.map(|left| left.max(0).to_string()).unwrap_or_default();
    let fields = vec![FormField::number(
        "left",
        &now,
        "requests until the period ends",
    )];
    let (plan, key, name) = (plan.clone(), key.to_owned(), name.to_owned());
    let title = format!("quota of {name} in {}", plan.name);
    Form::new(title, fields, move |values| {
        let left = whole(values, "left")?.ok_or("left is a whole number")?;
        Ok(vec![Command::propose(ops::plans::set_remaining(
            &plan, &key, &name, left,
        ))])
    })
    .about("For this period only; the next begins with the plan's quota.")
}

/// Puts a key into a plan that is chosen.
pub(super) fn join(matrix: &Matrix<'_>, key: &ApiKey) -> Choose {
    let inside = matrix.plans_of(&key.id);
    let plans: Vec<UsagePlan> = matrix
        .plans
        .iter()
        .filter(|plan| !inside.iter().any(|other| other.id == plan.id))
        .cloned()
        .collect();
    let choices = plans
        .iter()
        .map(|plan| Choice {
            value: plan.id.clone(),
            label: plan.name.clone(),
            note: plan.description.clone().unwrap_or_default(),
        })
        .collect();
    let key = key.clone();
    Choose::new(
        format!("put {} into", key_name(&key)),
        choices,
        None,
        move |id| {
            let plan = plans.iter().find(|plan| plan.id == id);
            plan.map(|plan| Command::propose(ops::plans::add_key(plan, &key.id, key_name(&key))))
                .into_iter()
                .collect()
        },
    )
}

/// Puts a key that is chosen into a plan.
pub(super) fn take_in(matrix: &Matrix<'_>, plan: &UsagePlan) -> Choose {
    let members = matrix.members(plan).unwrap_or_default();
    let keys: Vec<ApiKey> = matrix
        .keys
        .iter()
        .filter(|key| !members.iter().any(|member| member.id == key.id))
        .cloned()
        .collect();
    let choices = keys
        .iter()
        .map(|key| Choice {
            value: key.id.clone(),
            label: key_name(key).to_owned(),
            note: if key.enabled {
                key.id.clone()
            } else {
                format!("{}  off", key.id)
            },
        })
        .collect();
    let plan = plan.clone();
    Choose::new(format!("key for {}", plan.name), choices, None, move |id| {
        let key = keys.iter().find(|key| key.id == id);
        key.map(|key| Command::propose(ops::plans::add_key(&plan, &key.id, key_name(key))))
            .into_iter()
            .collect()
    })
}

/// Opens a stage of `api` to a plan.
pub(super) fn open_stage(plan: &UsagePlan, api: &Api, stages: &[Stage]) -> Choose {
    let choices = stages
        .iter()
        .filter(|stage| !opens(plan, &api.id, &stage.stage_name))
        .map(|stage| Choice::plain(stage.stage_name.clone()))
        .collect();
    let title = format!("stage of {} for {}", api.name, plan.name);
    let (plan, api) = (plan.clone(), api.clone());
    Choose::new(title, choices, None, move |stage| {
        vec![Command::propose(ops::plans::add_stage(&plan, &api, stage))]
    })
}

/// Whether a plan opens a stage.
pub(super) fn opens(plan: &UsagePlan, api: &str, stage: &str) -> bool {
    plan.api_stages
        .iter()
        .any(|open| open.api_id == api && open.stage == stage)
}

/// Closes a stage that a plan opens.
pub(super) fn close_stage(plan: &UsagePlan, columns: &[StageColumn]) -> Choose {
    let open: Vec<StageColumn> = columns
        .iter()
        .filter(|column| opens(plan, &column.api.id, &column.stage))
        .cloned()
        .collect();
    let value = |column: &StageColumn| format!("{}:{}", column.api.id, column.stage);
    let choices = open
        .iter()
        .map(|column| Choice {
            value: value(column),
            label: format!("{} {}", column.api.name, column.stage),
            note: String::new(),
        })
        .collect();
    let plan = plan.clone();
    let title = format!("stage that {} no longer opens", plan.name);
    Choose::new(title, choices, None, move |chosen| {
        let column = open.iter().find(|column| value(column) == chosen);
        column
            .map(|c| Command::propose(ops::plans::remove_stage(&plan, &c.api, &c.stage)))
            .into_iter()
            .collect()
    })
}

/// Keys from a CSV file.
pub(super) fn import() -> Form {
    let fields = vec![FormField::text("file", "", "a path on this machine")];
    Form::new("import keys", fields, |values| {
        let path = values.get("file");
        if path.is_empty() {
            return Err("name a file".to_owned());
        }
        Ok(vec![Command::Tell(Message::ImportKeys(path.into()))])
    })
    .about("A CSV file whose first line names the columns: Name and Key, and if wanted Description, Enabled, UsagePlanIds.")
}
