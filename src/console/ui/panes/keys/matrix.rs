//! Plans, keys and stages put together: who may call what, and what is left.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use crate::aws::{Api, Query, Usage};
use crate::console::app::App;
use crate::console::ui::fuzzy::contains;
use crate::model::{ApiKey, QuotaPeriod, UsagePlan, UsagePlanKey};

/// A row, known by what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RowId {
    /// A plan.
    Plan(String),
    /// A key as a member of a plan: plan's id, key's id.
    Member(String, String),
    /// The heading of the keys in no plan.
    Loose,
    /// A key in no plan.
    LooseKey(String),
}

/// A stage that some plan opens, or that could be opened: a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StageColumn {
    pub(super) api: Api,
    pub(super) stage: String,
}

/// Everything that the pane shows, put together from what was read.
pub(super) struct Matrix<'a> {
    app: &'a App,
    pub(super) plans: &'a [UsagePlan],
    pub(super) keys: &'a [ApiKey],
    pub(super) columns: Vec<StageColumn>,
}

impl<'a> Matrix<'a> {
    /// Nothing as long as the plans aren't known.
    pub(super) fn of(app: &'a App) -> Option<Self> {
        let plans: &'a [UsagePlan] = app.store.usage_plans().value().copied()?;
        let keys = app.store.api_keys();
        let mut columns: Vec<StageColumn> = Vec::new();
        let apis = app.store.apis();
        let named = |id: &str| {
            let known = apis.value().copied().unwrap_or_default().iter();
            let api = known.map(Api::from).find(|api| api.id == id);
            api.unwrap_or_else(|| Api {
                id: id.to_owned(),
                name: id.to_owned(),
            })
        };
        for stage in plans.iter().flat_map(|plan| &plan.api_stages) {
            let column = StageColumn {
                api: named(&stage.api_id),
                stage: stage.stage.clone(),
            };
            if !columns.contains(&column) {
                columns.push(column);
            }
        }
        // What is worked on comes first.
        let chosen = app.selection.api.as_ref().map(|api| api.id.as_str());
        columns.sort_by_key(|column| {
            let other = Some(column.api.id.as_str()) != chosen;
            (other, column.api.name.clone(), column.stage.clone())
        });
        Some(Self {
            app,
            plans,
            keys: keys.value().copied().unwrap_or_default(),
            columns,
        })
    }

    pub(super) fn plan(&self, id: &str) -> Option<&'a UsagePlan> {
        self.plans.iter().find(|plan| plan.id == id)
    }

    pub(super) fn key(&self, id: &str) -> Option<&'a ApiKey> {
        self.keys.iter().find(|key| key.id == id)
    }

    /// The keys of a plan; nothing as long as they aren't known.
    pub(super) fn members(&self, plan: &UsagePlan) -> Option<&'a [UsagePlanKey]> {
        self.app.store.usage_plan_keys(&plan.id).value().copied()
    }

    /// The plans that hold a key.
    pub(super) fn plans_of(&self, key: &str) -> Vec<&'a UsagePlan> {
        let holds = |plan: &&UsagePlan| {
            let members = self.members(plan).unwrap_or_default();
            members.iter().any(|member| member.id == key)
        };
        self.plans.iter().filter(holds).collect()
    }

    /// The keys in no plan; none as long as the members of a plan aren't known.
    pub(super) fn loose(&self) -> Vec<&'a ApiKey> {
        if self.plans.iter().any(|plan| self.members(plan).is_none()) {
            return Vec::new();
        }
        let loose = |key: &&ApiKey| self.plans_of(&key.id).is_empty();
        self.keys.iter().filter(loose).collect()
    }

    /// The rows that the filter lets through. A plan stays with its keys, and all keys stay with a plan that was found.
    pub(super) fn rows(&self, filter: &str) -> Vec<RowId> {
        let mut rows = Vec::new();
        for plan in self.plans {
            let whole = contains(filter, &plan.name);
            let members: Vec<RowId> = self
                .members(plan)
                .unwrap_or_default()
                .iter()
                .filter(|key| whole || contains(filter, member_name(key)))
                .map(|key| RowId::Member(plan.id.clone(), key.id.clone()))
                .collect();
            if whole || !members.is_empty() {
                rows.push(RowId::Plan(plan.id.clone()));
                rows.extend(members);
            }
        }
        let loose: Vec<RowId> = self
            .loose()
            .iter()
            .filter(|key| contains(filter, key_name(key)))
            .map(|key| RowId::LooseKey(key.id.clone()))
            .collect();
        if !loose.is_empty() {
            rows.push(RowId::Loose);
            rows.extend(loose);
        }
        rows
    }

    /// What a key has used of a plan's quota; nothing if there is no quota or it isn't known.
    pub(super) fn used(&self, plan: &UsagePlan, key: &str) -> Option<Used> {
        let (start, end) = days(plan, self.app.wall())?;
        let usage = self.app.store.usage(&plan.id, &start, &end);
        Used::of(usage.value()?, plan, key)
    }
}

/// The reads that the matrix needs. Whether a key is in no plan is known only when the members of all plans are.
pub(super) fn needs(app: &App) -> Vec<Query> {
    let mut needs = vec![Query::UsagePlans, Query::ApiKeys, Query::Apis];
    let plans = app.store.usage_plans();
    for plan in plans.value().copied().unwrap_or_default() {
        needs.push(Query::UsagePlanKeys {
            plan: plan.id.clone(),
        });
        if let Some((start, end)) = days(plan, app.wall()) {
            needs.push(Query::Usage {
                plan: plan.id.clone(),
                start,
                end,
            });
        }
    }
    needs
}

/// What people call a key: names may be missing.
pub(super) fn key_name(key: &ApiKey) -> &str {
    key.name.as_deref().unwrap_or(&key.id)
}

/// What people call a key as a member of a plan.
pub(super) fn member_name(key: &UsagePlanKey) -> &str {
    key.name.as_deref().unwrap_or(&key.id)
}

/// The days of the quota's present period so far, in UTC, first and last; nothing without a quota.
fn days(plan: &UsagePlan, now: Timestamp) -> Option<(String, String)> {
    let today = now.to_zoned(TimeZone::UTC).date();
    let start = first_day(plan.quota.as_ref()?.period, today);
    Some((start.to_string(), today.to_string()))
}

/// Source: `spec/rest/throttling-usage-plans.md` §3, "Quota"; that a week begins on Sunday is unverified.
fn first_day(period: QuotaPeriod, today: Date) -> Date {
    match period {
        QuotaPeriod::Day => today,
        QuotaPeriod::Week => {
            let days = i64::from(today.weekday().to_sunday_zero_offset());
            today.saturating_sub(Span::new().days(days))
        }
        QuotaPeriod::Month => today.first_of_month(),
    }
}

/// What a key has used of its quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Used {
    /// Requests in this period.
    pub(super) period: i64,
    /// Requests today.
    pub(super) today: i64,
    /// What is left in this period.
    pub(super) left: i64,
    /// The quota's limit. What is left may be more, or less than what was not used: it can be set.
    pub(super) limit: i64,
}

impl Used {
    /// Days come in order, the last is today; a key that used nothing isn't listed.
    fn of(usage: &Usage, plan: &UsagePlan, key: &str) -> Option<Self> {
        let limit = plan.quota.as_ref()?.limit;
        let Some(days) = usage.keys.get(key).filter(|days| !days.is_empty()) else {
            return Some(Self {
                period: 0,
                today: 0,
                left: limit,
                limit,
            });
        };
        let (today, left) = days.last().copied()?;
        Some(Self {
            period: days.iter().map(|(used, _)| used).sum(),
            today,
            left,
            limit,
        })
    }

    /// The part of the quota that is gone, 0 to 1: what isn't left.
    #[allow(
        clippy::cast_precision_loss,
        reason = "drawn as a bar of ten cells and whole percents"
    )]
    pub(super) fn fraction(self) -> f64 {
        if self.limit > 0 {
            (1.0 - self.left as f64 / self.limit as f64).clamp(0.0, 1.0)
        } else {
            1.0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Map, QuotaSettings};

    #[test]
    fn periods_begin_in_utc() {
        // A Wednesday.
        let today: Date = "2026-03-04".parse().unwrap();
        for (period, first) in [
            (QuotaPeriod::Day, "2026-03-04"),
            (QuotaPeriod::Week, "2026-03-01"),
            (QuotaPeriod::Month, "2026-03-01"),
        ] {
            assert_eq!(first_day(period, today).to_string(), first);
        }
        let sunday: Date = "2026-03-08".parse().unwrap();
        assert_eq!(first_day(QuotaPeriod::Week, sunday), sunday);
    }

    #[test]
    fn usage_is_summed_over_the_period() {
        let plan = UsagePlan {
            quota: Some(QuotaSettings {
                limit: 100,
                ..QuotaSettings::default()
            }),
            ..UsagePlan::default()
        };
        let mut keys: Map<Vec<(i64, i64)>> = Map::default();
        keys.insert("k".to_owned(), vec![(10, 90), (0, 90), (30, 60)]);
        let usage = Usage {
            keys,
            ..Usage::default()
        };
        let used = Used::of(&usage, &plan, "k").unwrap();
        assert_eq!((used.period, used.today, used.left), (40, 30, 60));
        assert!((used.fraction() - 0.4).abs() < 1e-9);
        assert_eq!(Used::of(&usage, &plan, "other").unwrap().left, 100);
        assert_eq!(Used::of(&usage, &UsagePlan::default(), "k"), None);
        let none = Used {
            period: 0,
            today: 0,
            left: 0,
            limit: 0,
        };
        assert!(none.fraction() >= 1.0, "nothing is left of nothing");
    }
}
