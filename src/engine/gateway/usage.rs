//! Usage of keys under plans, as the control plane tells and stores it.

use std::sync::Arc;

use jiff::civil::Date;

use super::Gateway;
use super::keys::Member;
use super::quota::{self, Day};

/// One day of `GetUsage`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsageDay {
    /// Requests that day.
    pub used: u64,
    /// What was left of the quota at its end; nothing without a quota.
    pub remaining: Option<u64>,
}

/// A count to store: a crash loses what was counted since the last one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredUsage {
    /// The region of plan and key.
    pub region: String,
    /// `{plan}/{key}/{day}`, the day as a number.
    pub key: String,
    /// JSON.
    pub value: String,
}

impl Gateway {
    /// The use of a key under a plan from one day to another, a value a day, at most 90; nothing if the key isn't in the plan.
    #[must_use]
    pub fn usage(
        &self,
        region: &str,
        plan_id: &str,
        key_id: &str,
        start: Date,
        end: Date,
    ) -> Option<Vec<UsageDay>> {
        let member = self.member(region, plan_id, key_id)?;
        let range = (quota::day_of(start), quota::day_of(end));
        let told = member.usage.told(member.quota(), range, self.clock.now());
        let day = |(used, remaining)| UsageDay { used, remaining };
        Some(told.into_iter().map(day).collect())
    }

    /// The row to store before [`set_remaining`](Self::set_remaining) is called with the same number: what was acknowledged must survive.
    /// Nothing when the key isn't in the plan or the plan has no quota.
    #[must_use]
    pub fn remaining_row(
        &self,
        region: &str,
        plan_id: &str,
        key_id: &str,
        remaining: u64,
    ) -> Option<StoredUsage> {
        let member = self.member(region, plan_id, key_id)?;
        let granted = member
            .usage
            .with_left(member.quota()?, self.clock.now(), remaining);
        row(region, (plan_id, key_id), granted)
    }

    /// Sets what a key has left of its quota in the current period; whether there is such a quota.
    pub fn set_remaining(&self, region: &str, plan_id: &str, key_id: &str, remaining: u64) -> bool {
        let Some(member) = self.member(region, plan_id, key_id) else {
            return false;
        };
        let Some(quota) = member.quota() else {
            return false;
        };
        member.usage.set_left(quota, self.clock.now(), remaining);
        true
    }

    /// The keys of the rows that may be stored of a key's use of a plan.
    #[must_use]
    pub fn usage_rows(&self, region: &str, plan_id: &str, key_id: &str) -> Vec<String> {
        let Some(member) = self.member(region, plan_id, key_id) else {
            return Vec::new();
        };
        let days = member.usage.stored_days(self.clock.now());
        days.map(|day| row_key((plan_id, key_id), day)).collect()
    }

    /// The rows that nothing will ever read again: of keys that are gone, and of days that are too long ago. To be asked once, after all
    /// keys were published.
    #[must_use]
    pub fn take_orphaned_usage(&self) -> Vec<StoredUsage> {
        let now = self.clock.now();
        let mut orphans = Vec::new();
        for (region, (plan, key), usage) in self.take_orphaned() {
            orphans.extend(usage.stored_days(now).map(|day| StoredUsage {
                region: region.to_string(),
                key: row_key((&plan, &key), day),
                value: String::new(),
            }));
        }
        for region in self.regions() {
            region.keys.each_member(|key, member| {
                orphans.extend(member.usage.take_outdated(now).into_iter().map(|day| {
                    StoredUsage {
                        region: region.name.to_string(),
                        key: row_key((&member.plan.id, key), day),
                        value: String::new(),
                    }
                }));
            });
        }
        orphans
    }

    /// The counts that changed since this was last asked. To be asked about once a second and stored as they are.
    #[must_use]
    pub fn take_changed_usage(&self) -> Vec<StoredUsage> {
        let now = self.clock.now();
        let mut changed = Vec::new();
        for region in self.regions() {
            region.keys.each_member(|key, member| {
                for day in member.usage.take_changed(member.quota(), now) {
                    changed.extend(row(&region.name, (&member.plan.id, key), day));
                }
            });
        }
        changed
    }

    /// What was taken to be stored couldn't be: it is to be taken again.
    pub fn usage_not_stored(&self) {
        for region in self.regions() {
            region
                .keys
                .each_member(|_, member| member.usage.not_stored());
        }
    }

    /// Takes up what was stored, before keys are published. Rows may come in any order; those that aren't of this form are passed over.
    pub fn restore_usage(&self, rows: impl IntoIterator<Item = StoredUsage>) {
        let mut read: Vec<_> = rows
            .into_iter()
            .filter_map(|row| {
                let mut parts = row.key.split('/');
                let (plan, key) = (parts.next()?.to_owned(), parts.next()?.to_owned());
                let day: u64 = parts.next()?.parse().ok()?;
                let counted: Day = serde_json::from_str(&row.value).ok()?;
                Some((day, row.region, plan, key, counted))
            })
            .collect();
        read.sort_by_key(|(day, ..)| *day);
        for (day, region, plan, key, counted) in read {
            self.keep_stored(&region, (plan.into(), key.into()), day, counted);
        }
    }

    fn member(&self, region: &str, plan_id: &str, key_id: &str) -> Option<Arc<Member>> {
        self.region_named(region)?.keys.member(plan_id, key_id)
    }
}

fn row_key((plan, key): (&str, &str), day: u64) -> String {
    format!("{plan}/{key}/{day}")
}

fn row(region: &str, member: (&str, &str), (day, counted): (u64, Day)) -> Option<StoredUsage> {
    Some(StoredUsage {
        region: region.to_owned(),
        key: row_key(member, day),
        value: serde_json::to_string(&counted).ok()?,
    })
}
