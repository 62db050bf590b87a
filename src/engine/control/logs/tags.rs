//! Tags of log groups, by name (the older calls) and by ARN.

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::{Answer, At, invalid, texts};
use crate::engine::wire::{Input, ServiceError};

/// The tags that a group may have.
const MOST: usize = 50;

/// The tags that a call gives.
pub(super) fn given(input: &Input) -> IndexMap<String, String> {
    let tags = input.members.get("tags").and_then(Value::as_object);
    let tags = tags.into_iter().flatten();
    tags.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
        .collect()
}

/// The group whose tags a call is about.
fn group(at: At<'_>, input: &Input) -> Result<String, ServiceError> {
    match input.text("resourceArn") {
        Some(arn) if arn.starts_with("arn:") => at.name_of(arn),
        Some(other) => Err(invalid(format!("'{other}' is not the ARN of a log group"))),
        None => Ok(input.text("logGroupName").unwrap_or_default().to_owned()),
    }
}

pub(super) async fn tag(at: At<'_>, input: &Input) -> Answer {
    let tags = given(input);
    at.with_group(&group(at, input)?, move |book, mut group| {
        group.tags.extend(tags);
        if group.tags.len() > MOST {
            return Ok(Err(invalid(format!(
                "A log group can have at most {MOST} tags"
            ))));
        }
        book.update_group(&group).map(|()| Ok(Value::Null))
    })
    .await
}

pub(super) async fn untag(at: At<'_>, input: &Input) -> Answer {
    let mut keys = texts(input, "tagKeys");
    keys.extend(texts(input, "tags"));
    at.with_group(&group(at, input)?, move |book, mut group| {
        group.tags.retain(|key, _| !keys.contains(key));
        book.update_group(&group).map(|()| Ok(Value::Null))
    })
    .await
}

pub(super) async fn list(at: At<'_>, input: &Input) -> Answer {
    at.with_group(&group(at, input)?, |_, group| {
        Ok(Ok(json!({ "tags": group.tags })))
    })
    .await
}
