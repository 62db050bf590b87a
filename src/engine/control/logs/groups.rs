//! Log groups and how long they keep events.

use serde_json::{Value, json};

use super::{Answer, At, invalid, limit, new_group, no_group, texts};
use crate::engine::control::token;
use crate::engine::store::logs::Group;
use crate::engine::wire::operations::LOGS;
use crate::engine::wire::{Input, ServiceError};

/// Groups on a page.
const PAGE: usize = 50;
/// The days that events can be kept for.
const RETENTION: [i64; 22] = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
];

pub(super) async fn create(at: At<'_>, input: &Input) -> Answer {
    let mut group = new_group(
        input.text("logGroupName").unwrap_or_default().to_owned(),
        at.now(),
    );
    if let Some(class) = input.text("logGroupClass") {
        class.clone_into(&mut group.class);
    }
    group.kms = input.text("kmsKeyId").map(str::to_owned);
    group.tags = super::tags::given(input);
    let region = at.region.to_owned();
    at.ask(move |book| {
        let made = book.create_group(&region, &group)?;
        Ok(if made {
            Ok(Value::Null)
        } else {
            Err(ServiceError::of(
                LOGS,
                "ResourceAlreadyExistsException",
                "The specified log group already exists",
            ))
        })
    })
    .await
}

pub(super) async fn delete(at: At<'_>, input: &Input) -> Answer {
    let name = input.text("logGroupName").unwrap_or_default();
    let name = at.name_of(name)?;
    at.with_group(&name, |book, group| {
        book.delete_group(group.id)?;
        Ok(Ok(Value::Null))
    })
    .await
}

/// `PutRetentionPolicy` and `DeleteRetentionPolicy`, which gives no days.
pub(super) async fn retain(at: At<'_>, input: &Input) -> Answer {
    let days = input.integer("retentionInDays");
    if let Some(days) = days
        && !RETENTION.contains(&days)
    {
        return Err(invalid(format!(
            "Invalid retention value {days}. Must be one of: {RETENTION:?}"
        )));
    }
    let name = input.text("logGroupName").unwrap_or_default();
    at.with_group(name, move |book, group| {
        book.update_group(&Group {
            retention: days,
            ..group
        })?;
        Ok(Ok(Value::Null))
    })
    .await
}

pub(super) async fn describe(at: At<'_>, input: &Input) -> Answer {
    let (prefix, part) = (
        input.text("logGroupNamePrefix"),
        input.text("logGroupNamePattern"),
    );
    if prefix.is_some() && part.is_some() {
        return Err(invalid(
            "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.",
        ));
    }
    let identifiers = texts(input, "logGroupIdentifiers");
    if identifiers.is_empty() {
        return page(at, input, prefix, part, "logGroups", described).await;
    }
    let names = identifiers.iter().map(|given| at.name_of(given));
    let names = names.collect::<Result<Vec<_>, _>>()?;
    let region = at.region.to_owned();
    let found = at
        .ask(move |book| {
            let mut found = Vec::new();
            for name in &names {
                match book.group(&region, name)? {
                    Some(group) => {
                        let bytes = book.stored_bytes(group.id)?;
                        found.push((group, bytes));
                    }
                    None => return Ok(Err(no_group())),
                }
            }
            Ok(Ok(found))
        })
        .await?;
    let groups = found
        .iter()
        .map(|(group, bytes)| described(at, group, *bytes));
    Ok(json!({ "logGroups": groups.collect::<Vec<Value>>() }))
}

pub(super) async fn list(at: At<'_>, input: &Input) -> Answer {
    let part = input.text("logGroupNamePattern");
    page(at, input, None, part, "logGroups", |at, group, _| {
        json!({
            "logGroupName": group.name,
            "logGroupArn": at.arn(&group.name),
            "logGroupClass": group.class,
        })
    })
    .await
}

/// A page of groups by name.
async fn page(
    at: At<'_>,
    input: &Input,
    prefix: Option<&str>,
    part: Option<&str>,
    member: &str,
    shown: fn(At<'_>, &Group, i64) -> Value,
) -> Answer {
    let limit = limit(input, PAGE);
    let after: Option<String> = token::read(input, "nextToken").map_err(|_| stale())?;
    let region = at.region.to_owned();
    let owned = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let (prefix, part, after) = (owned(prefix), owned(part), after.unwrap_or_default());
    let class = input.text("logGroupClass").map(str::to_owned);
    let (groups, more) = at
        .ask(move |book| {
            let mut groups = book.groups(&region, &prefix, &part, &after, limit + 1)?;
            let more = groups.len() > limit;
            groups.truncate(limit);
            let mut counted = Vec::with_capacity(groups.len());
            for group in groups {
                let bytes = book.stored_bytes(group.id)?;
                counted.push((group, bytes));
            }
            Ok(Ok((counted, more)))
        })
        .await?;
    let wanted = |group: &Group| class.as_ref().is_none_or(|class| group.class == *class);
    let page = groups
        .iter()
        .filter(|(group, _)| wanted(group))
        .map(|(group, bytes)| shown(at, group, *bytes));
    let mut output = json!({ member: page.collect::<Vec<Value>>() });
    if let Some((last, _)) = groups.last().filter(|_| more) {
        output["nextToken"] = token::write(input, "nextToken", &last.name).into();
    }
    Ok(output)
}

pub(super) fn stale() -> ServiceError {
    invalid("The specified nextToken is invalid.")
}

fn described(at: At<'_>, group: &Group, bytes: i64) -> Value {
    let arn = at.arn(&group.name);
    json!({
        "logGroupName": group.name,
        "creationTime": group.created,
        "retentionInDays": group.retention,
        "metricFilterCount": 0,
        "arn": format!("{arn}:*"),
        "storedBytes": bytes,
        "kmsKeyId": group.kms,
        "logGroupClass": group.class,
        "logGroupArn": arn,
    })
}
