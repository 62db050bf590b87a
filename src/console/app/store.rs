//! Everything that was read, by the query that read it.

use std::collections::HashMap;
use std::time::Duration;

use super::remote::Remote;
use crate::aws::reply::StageFigures;
use crate::aws::{Changes, Error, Identity, Metrics, MetricsQuery, Query, Reply, Usage};
use crate::model::{ApiKey, Deployment, Resource, RestApi, Stage, UsagePlan, UsagePlanKey};

/// A read that is to be sent, with the number under which its answer is taken.
#[derive(Clone, Debug, PartialEq)]
pub struct Fetch {
    /// What to ask.
    pub query: Query,
    /// The answer must carry this number, else it is late and dropped.
    pub generation: u64,
}

#[derive(Debug)]
struct Entry {
    /// The newest number asked under, unless a write has made that answer late too; answers with another are late.
    generation: u64,
    /// The newest number asked under.
    asked: u64,
    /// A write may have changed it: whatever is on its way, or here, is out of date.
    stale: bool,
    state: Remote<Reply>,
}

/// After a failure that may pass by itself, the least time until the next try: often enough to come back soon after a line does, and
/// seldom enough not to add to what is wrong.
const RETRY: Duration = Duration::from_secs(15);

/// Answers by query. Asking twice costs once; late answers are dropped; last good values stay.
#[derive(Debug, Default)]
pub struct Store {
    entries: HashMap<Query, Entry>,
    generation: u64,
}

static NEVER: Remote<Reply> = Remote::Never;

impl Store {
    /// The reads that are needed so that these queries have answers no older than their time to live. Nothing for those whose answer
    /// is on its way. After a failure that may pass by itself, the query is asked again once its time to live and `RETRY` are over;
    /// after any other only when [`refresh`](Self::refresh) insists.
    pub fn want(&mut self, queries: &[Query], now: Duration, local: bool) -> Vec<Fetch> {
        let mut fetches = Vec::new();
        for query in queries {
            let due = match self.entries.get(query) {
                None => true,
                Some(entry) if entry.stale => true,
                Some(_) => self.due_at(query, local).is_some_and(|at| now >= at),
            };
            if due {
                fetches.push(self.ask(query, now));
            }
        }
        fetches
    }

    /// When an answer is old enough to be asked for again, or a failure may have passed; nothing while an answer is on its way, and
    /// nothing after a failure that is the user's to mend.
    #[must_use]
    pub fn due_at(&self, query: &Query, local: bool) -> Option<Duration> {
        let state = self.get(query);
        match state {
            _ if state.is_awaited() => None,
            Remote::Loaded { at, .. } => Some(*at + query.ttl(local)),
            Remote::Failed { error, at, .. } => {
                let wait = query.ttl(local).max(RETRY);
                error.may_pass().then_some(*at + wait)
            }
            _ => Some(Duration::ZERO),
        }
    }

    /// Gives up the reads under way that nobody looks at any more, so that others need not wait behind them: all but these. They are
    /// asked again when somebody wants them.
    pub fn leave(&mut self, needs: &[Query]) -> Vec<Fetch> {
        let mut left = Vec::new();
        self.entries.retain(|query, entry| {
            if !entry.state.is_awaited() || needs.contains(query) {
                return true;
            }
            // Outdated ones aren't answered under their number any more, but their calls are under way all the same.
            left.push(Fetch {
                query: query.clone(),
                generation: entry.asked,
            });
            entry.generation = 0;
            entry.stale = true;
            match &mut entry.state {
                Remote::Loaded { refreshing, .. } | Remote::Failed { refreshing, .. } => {
                    *refreshing = false;
                    true
                }
                _ => false,
            }
        });
        left
    }

    /// The reads that bring these queries up to date now, whatever is here or on its way.
    pub fn refresh(&mut self, queries: &[Query], now: Duration) -> Vec<Fetch> {
        queries.iter().map(|query| self.ask(query, now)).collect()
    }

    fn ask(&mut self, query: &Query, now: Duration) -> Fetch {
        self.generation += 1;
        let generation = self.generation;
        let entry = self.entries.entry(query.clone()).or_insert(Entry {
            generation,
            asked: generation,
            stale: false,
            state: Remote::Never,
        });
        entry.generation = generation;
        entry.asked = generation;
        entry.stale = false;
        match &mut entry.state {
            Remote::Loaded { refreshing, .. } | Remote::Failed { refreshing, .. } => {
                *refreshing = true;
            }
            Remote::Loading { .. } => {}
            state @ Remote::Never => *state = Remote::Loading { since: now },
        }
        Fetch {
            query: query.clone(),
            generation,
        }
    }

    /// Takes an answer. Says whether it was taken: late ones aren't.
    pub fn got(
        &mut self,
        query: &Query,
        generation: u64,
        result: Result<Reply, Error>,
        now: Duration,
    ) -> bool {
        let Some(entry) = self.entries.get_mut(query) else {
            return false;
        };
        if entry.generation != generation {
            return false;
        }
        let before = std::mem::replace(&mut entry.state, Remote::Never);
        entry.state = match result {
            Ok(value) => Remote::Loaded {
                value,
                at: now,
                refreshing: false,
            },
            Err(error) => Remote::Failed {
                error,
                at: now,
                last: match before {
                    Remote::Loaded { value, at, .. } => Some((value, at)),
                    Remote::Failed { last, .. } => last,
                    _ => None,
                },
                refreshing: false,
            },
        };
        true
    }

    /// A write may have changed what these queries answer, and what follows from it ([`Query::stales`]): they are asked again as soon
    /// as somebody wants them. Answers that are on their way were perhaps made before the write, and are dropped.
    pub fn outdate(&mut self, queries: &[Query]) {
        for (known, entry) in &mut self.entries {
            if queries.iter().any(|query| query.stales(known)) {
                entry.stale = true;
                entry.generation = 0;
            }
        }
    }

    /// The state of a query's answer.
    #[must_use]
    pub fn get(&self, query: &Query) -> &Remote<Reply> {
        self.entries.get(query).map_or(&NEVER, |entry| &entry.state)
    }
}

macro_rules! views {
    ($($(#[$doc:meta])* $name:ident($($arg:ident: $ty:ty),*) -> $out:ty, $query:expr, $pattern:pat => $value:expr;)+) => {
        /// Typed views.
        impl Store {
            $($(#[$doc])*
            #[must_use]
            pub fn $name(&self, $($arg: $ty),*) -> Remote<$out> {
                self.get(&$query).view(|reply| match reply {
                    $pattern => Some($value),
                    _ => None,
                })
            })+
        }
    };
}

views! {
    /// Who we are.
    identity() -> &Identity, Query::Identity, Reply::Identity(value) => value;
    /// All REST APIs.
    apis() -> &[RestApi], Query::Apis, Reply::Apis(value) => value.as_slice();
    /// An API's resources with their methods, sorted by path.
    resources(api: &str) -> &[Resource], Query::Resources { api: api.to_owned() }, Reply::Resources(value) => value.as_slice();
    /// An API's stages, sorted by name.
    stages(api: &str) -> &[Stage], Query::Stages { api: api.to_owned() }, Reply::Stages(value) => value.as_slice();
    /// An API's deployments, newest first.
    deployments(api: &str) -> &[Deployment], Query::Deployments { api: api.to_owned() }, Reply::Deployments(value) => value.as_slice();
    /// What deploying to a stage would change.
    changes(api: &str, stage: &str) -> &Changes, Query::Changes { api: api.to_owned(), stage: stage.to_owned() }, Reply::Changes(value) => value;
    /// All usage plans.
    usage_plans() -> &[UsagePlan], Query::UsagePlans, Reply::UsagePlans(value) => value.as_slice();
    /// The keys of a usage plan, without their values.
    usage_plan_keys(plan: &str) -> &[UsagePlanKey], Query::UsagePlanKeys { plan: plan.to_owned() }, Reply::UsagePlanKeys(value) => value.as_slice();
    /// All API keys, without their values.
    api_keys() -> &[ApiKey], Query::ApiKeys, Reply::ApiKeys(value) => value.as_slice();
    /// Requests used and left, per key and day.
    usage(plan: &str, start: &str, end: &str) -> &Usage, Query::Usage { plan: plan.to_owned(), start: start.to_owned(), end: end.to_owned() }, Reply::Usage(value) => value;
    /// What a stage served in a span, base and canary apart; or why the endpoint can't tell.
    figures(api: &str, stage: &str, span: u32, period: u32) -> &Result<StageFigures, String>, Query::Figures { api: api.to_owned(), stage: stage.to_owned(), span, period }, Reply::Figures(value) => value;
    /// Measurements.
    metrics(query: &MetricsQuery) -> &Metrics, Query::Metrics(query.clone()), Reply::Metrics(value) => value;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::Cause;

    const SEC: fn(u64) -> Duration = Duration::from_secs;

    fn reply(name: &str) -> Reply {
        Reply::Apis(vec![RestApi {
            name: name.to_owned(),
            ..RestApi::default()
        }])
    }

    fn error() -> Error {
        Error {
            operation: "GetRestApis",
            subject: "REST APIs".to_owned(),
            cause: Cause::Unreachable("refused".to_owned()),
            advice: String::new(),
        }
    }

    fn names(store: &Store) -> Option<Vec<String>> {
        let apis = store.apis();
        apis.value()
            .map(|apis| apis.iter().map(|a| a.name.clone()).collect())
    }

    #[test]
    fn asking_twice_costs_once_and_answers_age() {
        let mut store = Store::default();
        assert_eq!(*store.get(&Query::Apis), Remote::Never);
        let first = store.want(&[Query::Apis], SEC(0), true);
        assert_eq!(first.len(), 1);
        assert!(
            store.want(&[Query::Apis], SEC(1), true).is_empty(),
            "on its way"
        );
        assert!(store.got(&Query::Apis, first[0].generation, Ok(reply("a")), SEC(1)));
        let ttl = Query::Apis.ttl(true);
        assert!(
            store
                .want(&[Query::Apis], SEC(1) + ttl / 2, true)
                .is_empty(),
            "fresh enough"
        );
        assert_eq!(store.want(&[Query::Apis], SEC(1) + ttl, true).len(), 1);
        assert_eq!(
            names(&store),
            Some(vec!["a".to_owned()]),
            "shown while the next is fetched"
        );
    }

    #[test]
    fn late_answers_are_dropped() {
        let mut store = Store::default();
        let old = store.want(&[Query::Apis], SEC(0), true);
        let new = store.refresh(&[Query::Apis], SEC(0));
        assert!(store.got(&Query::Apis, new[0].generation, Ok(reply("new")), SEC(1)));
        assert!(!store.got(&Query::Apis, old[0].generation, Ok(reply("old")), SEC(2)));
        assert_eq!(names(&store), Some(vec!["new".to_owned()]));
    }

    #[test]
    fn what_nobody_looks_at_is_given_up_and_asked_again_when_somebody_does() {
        let mut store = Store::default();
        let both = [Query::Apis, Query::UsagePlans];
        let asked = store.want(&both, SEC(0), true);
        assert!(store.leave(&both).is_empty());
        assert_eq!(store.leave(&both[1..]), asked[..1]);
        assert_eq!(*store.get(&Query::Apis), Remote::Never);
        assert!(!store.got(&Query::Apis, asked[0].generation, Ok(reply("late")), SEC(1)));
        // What is here stays, as old as it is.
        let again = store.want(&both, SEC(2), true);
        assert!(store.got(&Query::Apis, again[0].generation, Ok(reply("here")), SEC(2)));
        let third = store.refresh(&both[..1], SEC(3));
        assert_eq!(store.leave(&both[1..]), third);
        assert_eq!(names(&store), Some(vec!["here".to_owned()]));
        assert_eq!(store.want(&both[..1], SEC(4), true).len(), 1);
        // A write that came in between doesn't hide that a call is under way.
        store.outdate(&both[..1]);
        assert_eq!(store.leave(&[]).len(), 2);
    }

    #[test]
    fn a_failure_keeps_the_last_good_value_and_is_tried_again_if_it_may_pass() {
        let mut store = Store::default();
        let fetch = store.want(&[Query::Apis], SEC(0), true);
        store.got(&Query::Apis, fetch[0].generation, Ok(reply("good")), SEC(1));
        let fetch = store.refresh(&[Query::Apis], SEC(2));
        store.got(&Query::Apis, fetch[0].generation, Err(error()), SEC(3));
        let apis = store.apis();
        assert_eq!(apis.error(), Some(&error()));
        assert_eq!(apis.at(), Some(SEC(1)));
        assert_eq!(names(&store), Some(vec!["good".to_owned()]));
        let soon = SEC(3) + RETRY / 2;
        assert!(store.want(&[Query::Apis], soon, true).is_empty());
        let later = SEC(3) + RETRY.max(Query::Apis.ttl(true));
        let fetch = store.want(&[Query::Apis], later, true);
        assert_eq!(fetch.len(), 1, "a line comes back by itself");
        let refused = Error {
            cause: Cause::NoCredentials("none".to_owned()),
            ..error()
        };
        store.got(&Query::Apis, fetch[0].generation, Err(refused), later);
        assert!(
            store.want(&[Query::Apis], later * 10, true).is_empty(),
            "what the user must mend isn't asked for in vain"
        );
        assert_eq!(store.refresh(&[Query::Apis], later * 10).len(), 1);
    }

    #[test]
    fn a_write_outdates_what_is_here_and_what_is_on_its_way() {
        let mut store = Store::default();
        let before = store.want(&[Query::Apis], SEC(0), true);
        store.outdate(&[Query::Apis, Query::UsagePlans]);
        assert!(!store.got(
            &Query::Apis,
            before[0].generation,
            Ok(reply("before the write")),
            SEC(0)
        ));
        let after = store.want(&[Query::Apis], SEC(0), true);
        assert_eq!(after.len(), 1);
        assert!(store.got(
            &Query::Apis,
            after[0].generation,
            Ok(reply("after")),
            SEC(1)
        ));
        assert_eq!(*store.get(&Query::UsagePlans), Remote::Never);
    }

    #[test]
    fn what_follows_from_a_changed_answer_is_outdated_too() {
        let api = || "a1".to_owned();
        let changes = Query::Changes {
            api: api(),
            stage: "prod".to_owned(),
        };
        let mut store = Store::default();
        let asked = store.want(std::slice::from_ref(&changes), SEC(0), true);
        let known = Reply::Changes(Changes::Known(Vec::new()));
        store.got(&changes, asked[0].generation, Ok(known), SEC(0));
        store.outdate(&[Query::Resources { api: api() }]);
        assert_eq!(store.want(&[changes], SEC(0), true).len(), 1);
    }
}
