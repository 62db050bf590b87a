//! Alarms: metrics that are watched. Each is evaluated when a period ends, and nothing wakes up while there is none.
//!
//! Facts: `spec/cloudwatch-metrics.md` §2. Actions are kept, but there is nobody to carry them out: the history says so.

mod definition;
mod history;
mod verdict;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tokio::sync::Notify;

use self::definition::{Watch, settings, watches};
use self::history::{Happened, History};
use self::verdict::{FURTHER, Point, Verdict, judge, reason_data};
use super::evaluate::Evaluator;
use super::metric::{Metric, Source};
use super::queries::{Queries, invalid};
use super::token;
use super::window::Span;
use crate::base::Clock;
use crate::engine::store::{Change, Row, Store};
use crate::engine::wire::operations::CLOUDWATCH;
use crate::engine::wire::{Input, ServiceError};

/// The kind of the rows.
const KIND: &str = "alarm";
/// Alarms in a region (page "CloudWatch service quotas").
const ALARMS: usize = 5_000;
/// Tags of an alarm.
const TAGS: usize = 50;
/// How long after a period's end it is looked at, in seconds: requests are counted when they are answered.
const GRACE: i64 = 1;
/// A new alarm is looked at after this many seconds at the latest, though its first period goes on.
const FIRST: i64 = 60;

/// The alarms of all regions.
#[derive(Debug)]
pub(super) struct Alarms {
    clock: Clock,
    account: String,
    store: Arc<Store>,
    /// By region and name.
    kept: RefCell<BTreeMap<(String, String), Kept>>,
    history: RefCell<History>,
    /// Something may be due earlier than it was.
    changed: Notify,
}

#[derive(Debug)]
struct Kept {
    alarm: Alarm,
    watch: Watch,
    /// When it is evaluated next, epoch seconds.
    due: i64,
}

/// An alarm as it is stored. Times are epoch seconds.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Alarm {
    settings: Map<String, Value>,
    tags: IndexMap<String, String>,
    configured: f64,
    state: String,
    reason: String,
    reason_data: Option<Value>,
    /// When the state or its reason was set.
    updated: f64,
    /// When the state became another.
    transitioned: f64,
}

type Answer = Result<Value, ServiceError>;

impl Alarms {
    pub(super) fn new(clock: Clock, account: String, store: Arc<Store>) -> Self {
        Self {
            clock,
            account,
            store,
            kept: RefCell::default(),
            history: RefCell::default(),
            changed: Notify::new(),
        }
    }

    /// Takes up what earlier runs wrote.
    pub(super) fn restore(&self, rows: &[Row]) {
        let now = self.clock.now().as_second();
        for row in rows.iter().filter(|row| row.kind == KIND) {
            let read = || {
                let alarm: Alarm = serde_json::from_str(&row.value).ok()?;
                let watch = Watch::of(&alarm.settings).ok()?;
                let due = first_due(&watch, now);
                Some(Kept { alarm, watch, due })
            };
            match read() {
                Some(kept) => {
                    let key = (row.region.clone(), row.key.clone());
                    self.kept.borrow_mut().insert(key, kept);
                }
                None => {
                    tracing::warn!("the stored alarm {} can't be read and is left out", row.key);
                }
            }
        }
        let rows = rows.iter().filter(|row| row.kind == history::KIND);
        self.history.borrow_mut().restore(rows);
    }

    /// Forgets all alarms.
    pub(super) fn clear(&self) {
        self.kept.borrow_mut().clear();
        *self.history.borrow_mut() = History::default();
    }

    pub(super) async fn call(&self, region: &str, operation: &str, input: &Input) -> Answer {
        match operation {
            "PutMetricAlarm" => self.put(region, input).await,
            "DescribeAlarms" => self.describe(region, input),
            "DescribeAlarmsForMetric" => Ok(self.describe_for_metric(region, input)),
            "DeleteAlarms" => self.delete(region, input).await,
            "SetAlarmState" => self.set_state(region, input).await,
            "DescribeAlarmHistory" => self.history.borrow().describe(region, input),
            "EnableAlarmActions" => self.enable(region, input, true).await,
            "DisableAlarmActions" => self.enable(region, input, false).await,
            "TagResource" | "UntagResource" => self.tag(region, input).await,
            "ListTagsForResource" => self.tags(region, input),
            other => Err(ServiceError::not_implemented(other)),
        }
    }

    async fn put(&self, region: &str, input: &Input) -> Answer {
        let settings = settings(input);
        let watch = Watch::of(&settings)?;
        let name = input.text("AlarmName").unwrap_or_default();
        let now = self.now();
        let key = (region.to_owned(), name.to_owned());
        let (old, count) = {
            let kept = self.kept.borrow();
            let of_region = kept.keys().filter(|(its, _)| its == region);
            (
                kept.get(&key).map(|kept| kept.alarm.clone()),
                of_region.count(),
            )
        };
        if old.is_none() && count >= ALARMS {
            return Err(ServiceError::of(
                CLOUDWATCH,
                "LimitExceededFault",
                format!("The maximum number of {ALARMS} alarms in this region is reached."),
            ));
        }
        let is_new = old.is_none();
        let alarm = match old {
            // What it was raised for stays until it is evaluated; tags are for new alarms only (page "PutMetricAlarm").
            Some(old) => Alarm {
                settings,
                configured: now,
                ..old
            },
            None => Alarm {
                settings,
                tags: tags_of(input.members.get("Tags"))?,
                configured: now,
                state: "INSUFFICIENT_DATA".to_owned(),
                reason: "Unchecked: Initial alarm creation".to_owned(),
                reason_data: None,
                updated: now,
                transitioned: now,
            },
        };
        let (summary, kind) = if is_new {
            (format!("Alarm \"{name}\" created"), "Create")
        } else {
            (format!("Alarm \"{name}\" updated"), "Update")
        };
        let mut changes = vec![alarm.change(region, name)];
        changes.extend(self.history.borrow_mut().add(Happened {
            region,
            alarm: name,
            at: now,
            kind: "ConfigurationUpdate",
            summary,
            data: json!({"version": "1.0", "type": kind, "updatedAlarm": alarm.settings}),
        }));
        self.commit(changes).await?;
        let due = first_due(&watch, self.clock.now().as_second());
        self.kept
            .borrow_mut()
            .insert(key, Kept { alarm, watch, due });
        self.changed.notify_one();
        Ok(Value::Null)
    }

    fn describe(&self, region: &str, input: &Input) -> Answer {
        let names = texts(input, "AlarmNames");
        let prefix = input.text("AlarmNamePrefix");
        if names.is_some() && prefix.is_some() {
            return Err(ServiceError::of(
                CLOUDWATCH,
                "InvalidParameterCombinationException",
                "AlarmNamePrefix and AlarmNames are mutually exclusive.",
            ));
        }
        for member in ["ChildrenOfAlarmName", "ParentsOfAlarmName"] {
            if input.members.contains_key(member) {
                return Err(invalid(format!(
                    "Sluice has no composite alarms yet: leave out {member}."
                )));
            }
        }
        let types = texts(input, "AlarmTypes");
        let metric_alarms =
            types.is_none_or(|types| types.is_empty() || types.contains(&"MetricAlarm"));
        let after: Option<String> = token::read(input)?;
        let action = input.text("ActionPrefix");
        let kept = self.kept.borrow();
        let wanted = |((its, name), kept): &(&(String, String), &Kept)| {
            metric_alarms
                && its == region
                && names
                    .as_ref()
                    .is_none_or(|names| names.contains(&name.as_str()))
                && prefix.is_none_or(|prefix| name.starts_with(prefix))
                && input
                    .text("StateValue")
                    .is_none_or(|state| kept.alarm.state == state)
                && action.is_none_or(|prefix| kept.alarm.has_action(prefix))
                && after.as_ref().is_none_or(|after| name > after)
        };
        let mut found: Vec<_> = kept.iter().filter(wanted).collect();
        let most = max_records(input, 50);
        let more = found.len() > most;
        found.truncate(most);
        let alarms = found
            .iter()
            .map(|((_, name), kept)| kept.alarm.told(&self.arn(region, name)));
        let mut output = json!({
            "MetricAlarms": alarms.collect::<Vec<Value>>(),
            "CompositeAlarms": [],
            "LogAlarms": [],
        });
        if let Some(((_, name), _)) = found.last().filter(|_| more) {
            output["NextToken"] = json!(token::write(input, name));
        }
        Ok(output)
    }

    fn describe_for_metric(&self, region: &str, input: &Input) -> Value {
        let metric = Metric::of(&Value::Object(input.members.clone()));
        let kept = self.kept.borrow();
        let of_region = kept.iter().filter(|((its, _), _)| its == region);
        let same = |alarm: &Alarm, member: &str| {
            let asked = input.members.get(member);
            asked.is_none_or(|asked| alarm.settings.get(member) == Some(asked))
        };
        let found = of_region.filter(|(_, kept)| {
            let members = ["Statistic", "ExtendedStatistic", "Period", "Unit"];
            watches(&kept.alarm.settings, &metric)
                && members.into_iter().all(|member| same(&kept.alarm, member))
        });
        let told = found.map(|((_, name), kept)| kept.alarm.told(&self.arn(region, name)));
        json!({"MetricAlarms": told.collect::<Vec<Value>>()})
    }

    async fn delete(&self, region: &str, input: &Input) -> Answer {
        let names = texts(input, "AlarmNames").unwrap_or_default();
        let key = |name: &str| (region.to_owned(), name.to_owned());
        for name in &names {
            self.known(&key(name))?;
        }
        let now = self.now();
        let mut changes = Vec::new();
        for name in &names {
            changes.push(Change {
                region: region.to_owned(),
                kind: KIND,
                key: (*name).to_owned(),
                value: None,
            });
            changes.extend(self.history.borrow_mut().add(Happened {
                region,
                alarm: name,
                at: now,
                kind: "ConfigurationUpdate",
                summary: format!("Alarm \"{name}\" deleted"),
                data: json!({"version": "1.0", "type": "Delete"}),
            }));
        }
        self.commit(changes).await?;
        let mut kept = self.kept.borrow_mut();
        for name in names {
            kept.remove(&key(name));
        }
        Ok(Value::Null)
    }

    async fn set_state(&self, region: &str, input: &Input) -> Answer {
        let text = |member: &str| input.text(member).unwrap_or_default();
        let name = text("AlarmName");
        let key = (region.to_owned(), name.to_owned());
        self.known(&key)?;
        let data = match input.text("StateReasonData") {
            None => None,
            Some(data) => Some(serde_json::from_str(data).map_err(|_| {
                ServiceError::of(
                    CLOUDWATCH,
                    "InvalidFormatFault",
                    "StateReasonData must be JSON.",
                )
            })?),
        };
        let changes = self.enter(&key, text("StateValue"), text("StateReason"), data);
        self.commit(changes).await?;
        Ok(Value::Null)
    }

    async fn enable(&self, region: &str, input: &Input, enabled: bool) -> Answer {
        let mut changes = Vec::new();
        for name in texts(input, "AlarmNames").unwrap_or_default() {
            let key = (region.to_owned(), name.to_owned());
            // Names that nobody has are passed over: the operation has no error for them.
            if let Some(kept) = self.kept.borrow_mut().get_mut(&key) {
                let settings = &mut kept.alarm.settings;
                settings.insert("ActionsEnabled".to_owned(), Value::Bool(enabled));
                changes.push(kept.alarm.change(region, name));
            }
        }
        self.commit(changes).await?;
        Ok(Value::Null)
    }

    async fn tag(&self, region: &str, input: &Input) -> Answer {
        let key = self.named_by_arn(region, input)?;
        let change = {
            let mut kept = self.kept.borrow_mut();
            let kept = kept.get_mut(&key).ok_or_else(unknown)?;
            let mut tags = kept.alarm.tags.clone();
            tags.extend(tags_of(input.members.get("Tags"))?);
            for name in texts(input, "TagKeys").unwrap_or_default() {
                tags.shift_remove(name);
            }
            if tags.len() > TAGS {
                return Err(invalid(format!("An alarm can have {TAGS} tags.")));
            }
            kept.alarm.tags = tags;
            kept.alarm.change(region, &key.1)
        };
        self.commit(vec![change]).await?;
        Ok(json!({}))
    }

    fn tags(&self, region: &str, input: &Input) -> Answer {
        let key = self.named_by_arn(region, input)?;
        let kept = self.kept.borrow();
        let tags = &kept.get(&key).ok_or_else(unknown)?.alarm.tags;
        let told = tags
            .iter()
            .map(|(key, value)| json!({"Key": key, "Value": value}));
        Ok(json!({"Tags": told.collect::<Vec<Value>>()}))
    }

    /// When something is to be evaluated next, epoch seconds.
    pub(super) fn next_due(&self) -> Option<i64> {
        self.kept.borrow().values().map(|kept| kept.due).min()
    }

    /// Waits until something may be due earlier than it was.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Evaluates what is due. `source` gives the metrics of a region.
    pub(super) fn evaluate_due<'s>(
        &self,
        source: impl Fn(&'s str) -> Source<'s>,
        regions: &'s [String],
    ) -> Vec<Change> {
        let now = self.clock.now().as_second();
        let mut verdicts = Vec::new();
        for region in regions {
            let mut kept = self.kept.borrow_mut();
            let due = kept
                .iter_mut()
                .filter(|((its, _), kept)| its == region && kept.due <= now);
            let mut source = source(region);
            for (key, kept) in due {
                kept.due = next_end(kept.watch.period, now);
                if let Some(verdict) = evaluate(&kept.watch, &mut source, now) {
                    let data = reason_data(&kept.watch, &verdict, now);
                    verdicts.push((key.clone(), verdict, data));
                }
            }
        }
        let mut changes = Vec::new();
        for (key, verdict, data) in verdicts {
            let Verdict { state, reason, .. } = verdict;
            let same = (self.kept.borrow().get(&key)).is_none_or(|kept| kept.alarm.state == state);
            // A reason that only says the same of newer points isn't news.
            if !same {
                changes.extend(self.enter(&key, state, &reason, Some(data)));
            }
        }
        changes
    }

    /// The regions that have something due.
    pub(super) fn due_regions(&self) -> Vec<String> {
        let now = self.clock.now().as_second();
        let kept = self.kept.borrow();
        let due = kept.iter().filter(|(_, kept)| kept.due <= now);
        let mut regions: Vec<String> = due.map(|((region, _), _)| region.clone()).collect();
        regions.dedup();
        regions
    }

    /// Puts an alarm into a state; gives what is to be written.
    fn enter(
        &self,
        key: &(String, String),
        state: &str,
        reason: &str,
        data: Option<Value>,
    ) -> Vec<Change> {
        let (region, name) = (&key.0, &key.1);
        let now = self.now();
        let mut kept = self.kept.borrow_mut();
        let Some(Kept { alarm, .. }) = kept.get_mut(key) else {
            return Vec::new();
        };
        let old = json!({"stateValue": alarm.state, "stateReason": alarm.reason});
        let from = std::mem::replace(&mut alarm.state, state.to_owned());
        reason.clone_into(&mut alarm.reason);
        alarm.reason_data = data;
        alarm.updated = now;
        let mut changes = Vec::new();
        if from != state {
            alarm.transitioned = now;
            tracing::info!("the alarm {name} in {region} went from {from} to {state}: {reason}");
            let mut new = json!({"stateValue": state, "stateReason": reason});
            if let Some(data) = &alarm.reason_data {
                new["stateReasonData"] = data.clone();
            }
            let mut history = self.history.borrow_mut();
            changes.extend(history.add(Happened {
                region,
                alarm: name,
                at: now,
                kind: "StateUpdate",
                summary: format!("Alarm updated from {from} to {state}"),
                data: json!({"version": "1.0", "oldState": old, "newState": new}),
            }));
            for action in alarm.actions(state) {
                changes.extend(history.add(Happened {
                    region,
                    alarm: name,
                    at: now,
                    kind: "Action",
                    summary: format!("Failed to execute action {action}"),
                    data: json!({
                        "actionState": "Failed",
                        "notificationResource": action,
                        "error": "Sluice keeps the actions of alarms but can't carry them out: it has no SNS and no Auto Scaling",
                    }),
                }));
            }
        }
        changes.push(alarm.change(region, name));
        changes
    }

    pub(super) async fn commit(&self, changes: Vec<Change>) -> Result<(), ServiceError> {
        self.store.commit(changes).await.map_err(|error| {
            tracing::error!(%error, "an alarm could not be stored");
            ServiceError::of(
                CLOUDWATCH,
                "InternalServiceFault",
                "The alarm could not be stored.",
            )
        })
    }

    fn known(&self, key: &(String, String)) -> Result<(), ServiceError> {
        if self.kept.borrow().contains_key(key) {
            return Ok(());
        }
        Err(ServiceError::of(
            CLOUDWATCH,
            "ResourceNotFound",
            format!("Unknown alarm: {}", key.1),
        ))
    }

    fn named_by_arn(&self, region: &str, input: &Input) -> Result<(String, String), ServiceError> {
        let arn = input.text("ResourceARN").unwrap_or_default();
        let name = arn.strip_prefix(&self.arn(region, ""));
        let name = name.ok_or_else(unknown)?;
        let key = (region.to_owned(), name.to_owned());
        if self.kept.borrow().contains_key(&key) {
            Ok(key)
        } else {
            Err(unknown())
        }
    }

    fn arn(&self, region: &str, name: &str) -> String {
        format!("arn:aws:cloudwatch:{region}:{}:alarm:{name}", self.account)
    }

    #[allow(
        clippy::cast_precision_loss,
        reason = "milliseconds since 1970 are exact in a double"
    )]
    fn now(&self) -> f64 {
        self.clock.now().as_millisecond() as f64 / 1e3
    }
}

impl Alarm {
    fn change(&self, region: &str, name: &str) -> Change {
        Change {
            region: region.to_owned(),
            kind: KIND,
            key: name.to_owned(),
            value: serde_json::to_string(self).ok(),
        }
    }

    /// What is to be done in a state, while actions are enabled.
    fn actions(&self, state: &str) -> Vec<String> {
        if self.settings.get("ActionsEnabled") == Some(&Value::Bool(false)) {
            return Vec::new();
        }
        let list = match state {
            "OK" => "OKActions",
            "ALARM" => "AlarmActions",
            _ => "InsufficientDataActions",
        };
        let actions = self.settings.get(list).and_then(Value::as_array);
        let actions = actions.into_iter().flatten().filter_map(Value::as_str);
        actions.map(str::to_owned).collect()
    }

    fn has_action(&self, prefix: &str) -> bool {
        let lists = ["OKActions", "AlarmActions", "InsufficientDataActions"];
        let all = lists
            .into_iter()
            .filter_map(|list| self.settings.get(list)?.as_array());
        all.flatten()
            .filter_map(Value::as_str)
            .any(|action| action.starts_with(prefix))
    }

    /// As `DescribeAlarms` shows it.
    fn told(&self, arn: &str) -> Value {
        let mut told = self.settings.clone();
        for (member, value) in [
            ("AlarmArn", json!(arn)),
            ("AlarmConfigurationUpdatedTimestamp", json!(self.configured)),
            ("StateValue", json!(self.state)),
            ("StateReason", json!(self.reason)),
            ("StateUpdatedTimestamp", json!(self.updated)),
            ("StateTransitionedTimestamp", json!(self.transitioned)),
        ] {
            told.insert(member.to_owned(), value);
        }
        if let Some(data) = &self.reason_data {
            told.insert("StateReasonData".to_owned(), json!(data.to_string()));
        }
        Value::Object(told)
    }
}

/// What becomes of an alarm; nothing if it stays as it is.
fn evaluate(watch: &Watch, source: &mut Source<'_>, now: i64) -> Option<Verdict> {
    let looked_at = i64::try_from(watch.periods + FURTHER).unwrap_or(i64::MAX);
    let end = now.div_euclid(watch.period) * watch.period;
    let start = end - looked_at.saturating_mul(watch.period);
    let mut values = |queries: &Queries, index: usize| {
        let mut evaluator = Evaluator::new(source, queries, Span::between(start, end), now);
        match evaluator.result(index) {
            Ok(outcome) => outcome.series.first().map(|series| series.points.clone()),
            Err(error) => {
                tracing::warn!(%error, "an alarm can't be evaluated");
                None
            }
        }
    };
    let found = values(&watch.queries, watch.watched).unwrap_or_default();
    if let Some((queries, needed)) = &watch.samples {
        let counts = values(queries, 0).unwrap_or_default();
        // Too few samples to say anything: it stays as it is.
        if counts.values().any(|count| count < needed) {
            return None;
        }
    }
    let points: Vec<Point> = std::iter::successors(Some(start), |at| Some(at + watch.period))
        .take_while(|at| *at < end)
        .map(|at| Point {
            at,
            value: found.get(&at).copied(),
        })
        .collect();
    judge(watch, &points)
}

/// The next end of a period, with the time that its values have to come in.
fn next_end(period: i64, now: i64) -> i64 {
    ((now - GRACE).div_euclid(period) + 1) * period + GRACE
}

/// When a new alarm is evaluated first: long periods may already have ended with data.
fn first_due(watch: &Watch, now: i64) -> i64 {
    next_end(watch.period.min(FIRST), now)
}

fn tags_of(list: Option<&Value>) -> Result<IndexMap<String, String>, ServiceError> {
    let list = list.and_then(Value::as_array).into_iter().flatten();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let tags: IndexMap<String, String> =
        list.map(|t| (text(&t["Key"]), text(&t["Value"]))).collect();
    if tags.len() > TAGS {
        return Err(invalid(format!("An alarm can have {TAGS} tags.")));
    }
    Ok(tags)
}

fn unknown() -> ServiceError {
    ServiceError::of(
        CLOUDWATCH,
        "ResourceNotFoundException",
        "The named resource does not exist.",
    )
}

/// The texts of a list member; nothing where it isn't given.
fn texts<'i>(input: &'i Input, name: &str) -> Option<Vec<&'i str>> {
    let list = input.members.get(name)?.as_array()?;
    Some(list.iter().filter_map(Value::as_str).collect())
}

/// How many are asked for.
fn max_records(input: &Input, usual: usize) -> usize {
    let asked = input.integer("MaxRecords");
    let asked = asked.and_then(|n| usize::try_from(n).ok());
    asked.unwrap_or(usual).clamp(1, 100)
}
