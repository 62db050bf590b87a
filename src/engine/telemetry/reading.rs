//! Looking at the metrics.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, MutexGuard};

use super::codec::Entry;
use super::point::{CACHE, INTEGRATION, Point};
use super::series::MINUTE;
use super::slot::SlotKey;
use super::{Running, SeriesKey, State};

/// Everything that is known at one moment; holds the archive until it is dropped.
#[derive(Debug)]
pub struct Reading<'a> {
    pub(super) state: MutexGuard<'a, State>,
    pub(super) running: Vec<Running>,
}

/// Which requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Selection<'a> {
    /// The region.
    pub region: &'a str,
    /// An API by its id.
    pub api_id: Option<&'a str>,
    /// APIs by the name that the dimension `ApiName` has: several may share it, and then count together, as on AWS.
    pub api_name: Option<&'a str>,
    /// One stage.
    pub stage: Option<&'a str>,
    /// One method, as resource path and verb.
    pub method: Option<(&'a str, &'a str)>,
    /// Only while the stage's settings asked for detailed metrics.
    pub detailed: bool,
    /// Which side of a canary.
    pub side: Side,
}

/// Which requests of a stage that has a canary.
///
/// That AWS counts the canary's requests under the stage too, and apart under `{stage}/Canary`, is unverified: design, "Canary metrics".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Side {
    /// All of them.
    #[default]
    Whole,
    /// What the stage's own deployment served.
    Base,
    /// What the canary served.
    Canary,
}

/// Which time, in epoch seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    /// The first second.
    pub start: i64,
    /// The second after the last.
    pub end: i64,
    /// Seconds that are summed into one point. Below 60, only the last three hours are known.
    pub period: i64,
    /// Where periods begin: at this time and at all multiples of the period from it.
    pub anchor: i64,
}

impl Window {
    /// The beginning of the period that this time falls in.
    pub(crate) fn period_of(&self, at: i64) -> i64 {
        let period = self.period.max(1);
        (at - self.anchor).div_euclid(period) * period + self.anchor
    }

    /// Whether points of a second are asked for.
    pub(crate) fn is_fine(&self) -> bool {
        self.period < MINUTE
    }

    pub(crate) fn contains(&self, at: i64) -> bool {
        at >= self.start && at < self.end
    }

    /// Merges an entry into its period.
    pub(crate) fn merge_into<E: Entry>(&self, periods: &mut BTreeMap<i64, E>, at: i64, entry: E) {
        match periods.entry(self.period_of(at)) {
            std::collections::btree_map::Entry::Vacant(place) => {
                place.insert(entry);
            }
            std::collections::btree_map::Entry::Occupied(mut place) => {
                place.get_mut().merge(&entry);
            }
        }
    }
}

/// A series that has points.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Known {
    /// Whose.
    pub slot: Arc<SlotKey>,
    /// Whether the canary's.
    pub canary: bool,
    /// The newest point's second.
    pub last: i64,
    /// Whether an integration was ever called.
    pub integration: bool,
    /// Whether answers were ever looked for in a cache.
    pub cache: bool,
}

impl Selection<'_> {
    fn takes(&self, key: &SeriesKey) -> bool {
        let slot = &key.slot;
        let side = match self.side {
            Side::Whole => true,
            Side::Base => !key.canary,
            Side::Canary => key.canary,
        };
        let method =
            || (slot.method.as_ref()).map(|name| (name.resource.as_str(), name.verb.as_str()));
        side && slot.region == self.region
            && self.api_id.is_none_or(|id| slot.api_id == id)
            && self.api_name.is_none_or(|name| slot.api_name == name)
            && self.stage.is_none_or(|stage| slot.stage == stage)
            && (self.method.is_none() || method() == self.method)
            && (!self.detailed || slot.detailed)
    }
}

impl<'a> Reading<'a> {
    pub(super) fn new(state: MutexGuard<'a, State>, running: Vec<Running>) -> Self {
        Self { state, running }
    }

    /// The selected requests by period. Periods without requests are absent.
    #[must_use]
    pub fn points(&self, selection: &Selection<'_>, window: &Window) -> BTreeMap<i64, Point> {
        let mut periods = BTreeMap::new();
        self.each(selection, window, |_, at, point| {
            window.merge_into(&mut periods, at, point);
        });
        periods
    }

    /// Visits the points of the selected series in the window.
    pub(super) fn each(
        &self,
        selection: &Selection<'_>,
        window: &Window,
        mut visit: impl FnMut(&SeriesKey, i64, Point),
    ) {
        for (key, series) in self.state.archive.iter() {
            if selection.takes(key) {
                series.each(window.start, window.end, window.is_fine(), |at, point| {
                    visit(key, at, point);
                });
            }
        }
        for running in &self.running {
            if selection.takes(&running.key) && window.contains(running.second) {
                visit(&running.key, running.second, running.point.clone());
            }
        }
    }

    /// The series of a region, in a fixed order.
    #[must_use]
    pub fn known(&self, region: &str) -> Vec<Known> {
        let mut all: BTreeMap<&SeriesKey, (i64, u8)> = BTreeMap::new();
        for (key, series) in self.state.archive.iter() {
            all.insert(key, (series.last, series.marks));
        }
        for Running { key, second, point } in &self.running {
            let (last, marks) = all.entry(key).or_insert((*second, 0));
            *last = (*last).max(*second);
            *marks |= point.marks();
        }
        (all.into_iter())
            .filter(|(key, _)| key.slot.region == region)
            .map(|(key, (last, marks))| Known {
                slot: Arc::clone(&key.slot),
                canary: key.canary,
                last,
                integration: marks & INTEGRATION != 0,
                cache: marks & CACHE != 0,
            })
            .collect()
    }

    /// The regions that have series.
    #[must_use]
    pub fn regions(&self) -> BTreeSet<String> {
        let archived = self.state.archive.iter().map(|(key, _)| key);
        let running = self.running.iter().map(|running| &running.key);
        (archived.chain(running))
            .map(|key| key.slot.region.clone())
            .collect()
    }
}
