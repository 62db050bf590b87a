//! What happened to alarms: `DescribeAlarmHistory`. The newest items are kept, those of deleted alarms too.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::max_records;
use crate::engine::control::cloudwatch::token;
use crate::engine::store::{Change, Row};
use crate::engine::wire::{Input, ServiceError};

/// The kind of the rows.
pub(super) const KIND: &str = "alarm_history";

/// Items that are kept, over all regions; the oldest are dropped.
const KEPT: usize = 2_000;

/// The items, oldest first.
#[derive(Debug, Default)]
pub(super) struct History {
    items: VecDeque<Item>,
    /// The number of the next one.
    next: u64,
}

/// Something that happened to an alarm.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Item {
    #[serde(skip)]
    number: u64,
    #[serde(skip)]
    region: String,
    alarm: String,
    /// Epoch seconds.
    at: f64,
    kind: String,
    summary: String,
    data: Value,
}

/// What happened.
pub(super) struct Happened<'a> {
    pub(super) region: &'a str,
    pub(super) alarm: &'a str,
    /// Epoch seconds.
    pub(super) at: f64,
    /// `ConfigurationUpdate`, `StateUpdate` or `Action`.
    pub(super) kind: &'static str,
    pub(super) summary: String,
    pub(super) data: Value,
}

impl History {
    /// Takes up what earlier runs wrote.
    pub(super) fn restore<'r>(&mut self, rows: impl Iterator<Item = &'r Row>) {
        let read = |row: &Row| {
            let item: Item = serde_json::from_str(&row.value).ok()?;
            Some(Item {
                number: row.key.parse().ok()?,
                region: row.region.clone(),
                ..item
            })
        };
        let mut items: Vec<Item> = rows.filter_map(read).collect();
        items.sort_by_key(|item| item.number);
        self.next = items.last().map_or(0, |item| item.number + 1);
        self.items = items.into();
    }

    /// Takes an item; gives what is to be written.
    pub(super) fn add(&mut self, happened: Happened<'_>) -> Vec<Change> {
        let item = Item {
            number: self.next,
            region: happened.region.to_owned(),
            alarm: happened.alarm.to_owned(),
            at: happened.at,
            kind: happened.kind.to_owned(),
            summary: happened.summary,
            data: happened.data,
        };
        self.next += 1;
        let mut changes = vec![item.change(true)];
        self.items.push_back(item);
        while self.items.len() > KEPT {
            changes.extend(self.items.pop_front().map(|item| item.change(false)));
        }
        changes
    }

    pub(super) fn describe(&self, region: &str, input: &Input) -> Result<Value, ServiceError> {
        let after: Option<u64> = token::read(input)?;
        let ascending = input.text("ScanBy") == Some("TimestampAscending");
        let (from, to) = (input.number("StartDate"), input.number("EndDate"));
        let types = input.members.get("AlarmTypes").and_then(Value::as_array);
        let metric_alarms = types
            .is_none_or(|types| types.is_empty() || types.iter().any(|kind| kind == "MetricAlarm"));
        let wanted = |item: &&Item| {
            metric_alarms
                && item.region == region
                && input
                    .text("AlarmName")
                    .is_none_or(|name| item.alarm == name)
                && input
                    .text("HistoryItemType")
                    .is_none_or(|kind| item.kind == kind)
                && from.is_none_or(|from| item.at >= from)
                && to.is_none_or(|to| item.at <= to)
                && after.is_none_or(|after| {
                    if ascending {
                        item.number > after
                    } else {
                        item.number < after
                    }
                })
        };
        let mut found: Vec<&Item> = self.items.iter().filter(wanted).collect();
        if !ascending {
            found.reverse();
        }
        let most = max_records(input, 100);
        let more = found.len() > most;
        found.truncate(most);
        let items: Vec<Value> = found.iter().map(|item| item.told()).collect();
        let mut output = json!({"AlarmHistoryItems": items});
        if let Some(last) = found.last().filter(|_| more) {
            output["NextToken"] = json!(token::write(input, &last.number));
        }
        Ok(output)
    }
}

impl Item {
    fn change(&self, there: bool) -> Change {
        Change {
            region: self.region.clone(),
            kind: KIND,
            // Rows are read in the order of their keys.
            key: format!("{:020}", self.number),
            value: there.then(|| serde_json::to_string(self).unwrap_or_default()),
        }
    }

    fn told(&self) -> Value {
        json!({
            "AlarmName": self.alarm,
            "AlarmType": "MetricAlarm",
            "Timestamp": self.at,
            "HistoryItemType": self.kind,
            "HistorySummary": self.summary,
            "HistoryData": self.data.to_string(),
        })
    }
}
