//! Sampling rules: `GetSamplingRules`, `CreateSamplingRule`, `UpdateSamplingRule`, `DeleteSamplingRule`, `GetSamplingTargets`.
//!
//! Facts: `spec/xray.md` §5 and §7. The texts of errors are unverified.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{At, invalid};
use crate::engine::control::token;
use crate::engine::gateway::{DEFAULT_RULE, SamplingRule};
use crate::engine::store::{Change, Row};
use crate::engine::wire::operations::XRAY;
use crate::engine::wire::{Input, ServiceError};

/// The kind of the rows.
pub(super) const KIND: &str = "sampling_rule";

/// Rules in a region, the default one aside (page "AWS X-Ray endpoints and quotas").
const RULES: usize = 25;
/// Rules on a page.
const PAGE: usize = 100;
/// Seconds for which a target holds, and after which a client asks again.
const INTERVAL: i64 = 10;
const TOKEN: &str = "NextToken";

type Answer = Result<Value, ServiceError>;

/// A rule with its times, epoch seconds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) rule: SamplingRule,
    created: f64,
    modified: f64,
}

impl Record {
    fn default_rule() -> Self {
        Self {
            rule: SamplingRule::default_rule(),
            created: 0.0,
            modified: 0.0,
        }
    }

    pub(super) fn parse(row: &Row) -> Option<Self> {
        serde_json::from_str(&row.value).ok()
    }

    fn told(&self, at: At<'_>) -> Value {
        let mut rule = json!(self.rule);
        rule["RuleARN"] = json!(at.rule_arn(&self.rule.rule_name));
        json!({
            "SamplingRule": rule,
            "CreatedAt": self.created,
            "ModifiedAt": self.modified,
        })
    }
}

/// The rules of a region, by name; the default rule is there without anybody having made it.
fn all(at: At<'_>) -> Vec<Record> {
    let rules = at.xray.rules.borrow();
    let mut all: Vec<Record> = rules
        .get(at.region)
        .into_iter()
        .flat_map(|rules| rules.values().cloned())
        .collect();
    if !all.iter().any(|r| r.rule.rule_name == DEFAULT_RULE) {
        all.push(Record::default_rule());
    }
    all.sort_by(|a, b| a.rule.rule_name.cmp(&b.rule.rule_name));
    all
}

/// Hands a region's rules to the gateway.
pub(super) fn publish(at: At<'_>) {
    let rules = all(at).into_iter().map(|record| record.rule).collect();
    at.xray.gateway.publish_sampling(at.region, rules);
}

pub(super) fn list(at: At<'_>, input: &Input) -> Answer {
    let after: Option<String> = token::read(input, TOKEN).map_err(|_| {
        invalid("The NextToken isn't one of this call: ask for the first page again.")
    })?;
    let mut page: Vec<Record> = all(at)
        .into_iter()
        .filter(|r| after.as_ref().is_none_or(|after| r.rule.rule_name > *after))
        .collect();
    let more = page.len() > PAGE;
    page.truncate(PAGE);
    let records: Vec<Value> = page.iter().map(|record| record.told(at)).collect();
    let mut output = json!({"SamplingRuleRecords": records});
    if let Some(last) = page.pop().filter(|_| more) {
        output[TOKEN] = json!(token::write(input, TOKEN, &last.rule.rule_name));
    }
    Ok(output)
}

pub(super) async fn create(at: At<'_>, input: &Input) -> Answer {
    let given = input.members.get("SamplingRule").cloned();
    let mut given = given.unwrap_or_default();
    if given.get("RuleName").is_none() {
        return Err(invalid("The sampling rule must have a RuleName."));
    }
    refuse_boost(&given)?;
    if given["Version"] != 1 {
        return Err(invalid("The sampling rule's Version must be 1."));
    }
    if let Some(members) = given.as_object_mut() {
        members.remove("RuleARN");
    }
    let rule: SamplingRule =
        serde_json::from_value(given).map_err(|error| invalid(error.to_string()))?;
    check(&rule)?;
    let rules = all(at);
    if rules.iter().any(|r| r.rule.rule_name == rule.rule_name) {
        return Err(invalid(format!(
            "The sampling rule {} already exists.",
            rule.rule_name
        )));
    }
    if rules.len() > RULES {
        return Err(ServiceError::of(
            XRAY,
            "RuleLimitExceededException",
            format!("A region can have {RULES} sampling rules."),
        ));
    }
    let now = at.now();
    let record = Record {
        rule,
        created: now,
        modified: now,
    };
    let told = record.told(at);
    keep(at, record).await?;
    Ok(json!({"SamplingRuleRecord": told}))
}

pub(super) async fn update(at: At<'_>, input: &Input) -> Answer {
    let given = input.members.get("SamplingRuleUpdate").cloned();
    let given = given.unwrap_or_default();
    refuse_boost(&given)?;
    let mut record = find(at, &given)?;
    let mut rule = json!(record.rule);
    for (name, value) in given.as_object().into_iter().flatten() {
        if matches!(name.as_str(), "RuleName" | "RuleARN") {
            continue;
        }
        // Only how much is sampled can be changed of the default rule (page "UpdateSamplingRule").
        if record.rule.rule_name == DEFAULT_RULE
            && !matches!(name.as_str(), "FixedRate" | "ReservoirSize")
        {
            return Err(invalid(format!(
                "{name} of the default sampling rule can't be changed: only FixedRate and ReservoirSize can."
            )));
        }
        rule[name] = value.clone();
    }
    record.rule = serde_json::from_value(rule).map_err(|error| invalid(error.to_string()))?;
    check(&record.rule)?;
    record.modified = at.now();
    let told = record.told(at);
    keep(at, record).await?;
    Ok(json!({"SamplingRuleRecord": told}))
}

pub(super) async fn delete(at: At<'_>, input: &Input) -> Answer {
    let record = find(at, &Value::Object(input.members.clone()))?;
    let name = &record.rule.rule_name;
    if name == DEFAULT_RULE {
        return Err(invalid("The default sampling rule can't be deleted."));
    }
    at.commit(change(at, name, None)).await?;
    if let Some(rules) = at.xray.rules.borrow_mut().get_mut(at.region) {
        rules.remove(name);
    }
    publish(at);
    Ok(json!({"SamplingRuleRecord": record.told(at)}))
}

/// What clients that sample by themselves are told: each is given the whole reservoir.
pub(super) fn targets(at: At<'_>, input: &Input) -> Value {
    let rules = all(at);
    let documents = input.members.get("SamplingStatisticsDocuments");
    let documents = documents.and_then(Value::as_array).into_iter().flatten();
    let (mut targets, mut unknown) = (Vec::new(), Vec::new());
    for document in documents {
        let name = document["RuleName"].as_str().unwrap_or_default();
        match rules.iter().find(|r| r.rule.rule_name == name) {
            Some(Record { rule, .. }) => targets.push(json!({
                "RuleName": name,
                "FixedRate": rule.fixed_rate,
                "ReservoirQuota": rule.reservoir_size,
                "ReservoirQuotaTTL": at.now().floor() + 10.0,
                "Interval": INTERVAL,
            })),
            None => unknown.push(json!({
                "RuleName": name,
                "ErrorCode": "400",
                "Message": format!("There is no sampling rule {name}"),
            })),
        }
    }
    let modified = rules.iter().map(|r| r.modified).fold(0.0, f64::max);
    json!({
        "SamplingTargetDocuments": targets,
        "LastRuleModification": modified,
        "UnprocessedStatistics": unknown,
    })
}

/// The rule that `RuleName` or `RuleARN` names; one of both.
fn find(at: At<'_>, given: &Value) -> Result<Record, ServiceError> {
    let (name, arn) = (given["RuleName"].as_str(), given["RuleARN"].as_str());
    let is_named = |record: &Record| {
        let its = &record.rule.rule_name;
        match (name, arn) {
            (Some(name), None) => its == name,
            (None, Some(arn)) => at.rule_arn(its) == arn,
            _ => false,
        }
    };
    let (1, named) = (
        usize::from(name.is_some()) + usize::from(arn.is_some()),
        name.or(arn).unwrap_or_default(),
    ) else {
        return Err(invalid("Give the sampling rule's RuleName or its RuleARN."));
    };
    let found = all(at).into_iter().find(is_named);
    found.ok_or_else(|| invalid(format!("There is no sampling rule {named}.")))
}

fn refuse_boost(given: &Value) -> Result<(), ServiceError> {
    if given["SamplingRateBoost"].is_null() {
        return Ok(());
    }
    Err(invalid(
        "Sluice can't boost sampling rates yet: leave out SamplingRateBoost.",
    ))
}

/// The bounds of the model, which an update's members don't have.
fn check(rule: &SamplingRule) -> Result<(), ServiceError> {
    let is_default = rule.rule_name == DEFAULT_RULE;
    if !(1..=9999).contains(&rule.priority) && !is_default {
        return Err(invalid("Priority must be between 1 and 9999."));
    }
    if !(0.0..=1.0).contains(&rule.fixed_rate) {
        return Err(invalid("FixedRate must be between 0 and 1."));
    }
    if rule.reservoir_size < 0 {
        return Err(invalid("ReservoirSize must not be negative."));
    }
    if rule.attributes.len() > 5 {
        return Err(invalid("A sampling rule can have 5 attributes."));
    }
    Ok(())
}

async fn keep(at: At<'_>, record: Record) -> Result<(), ServiceError> {
    let name = record.rule.rule_name.clone();
    at.commit(change(at, &name, Some(&record))).await?;
    let mut rules = at.xray.rules.borrow_mut();
    let of_region = rules.entry(at.region.to_owned()).or_default();
    of_region.insert(name, record);
    drop(rules);
    publish(at);
    Ok(())
}

fn change(at: At<'_>, name: &str, record: Option<&Record>) -> Change {
    Change {
        region: at.region.to_owned(),
        kind: KIND,
        key: name.to_owned(),
        value: record.and_then(|record| serde_json::to_string(record).ok()),
    }
}
