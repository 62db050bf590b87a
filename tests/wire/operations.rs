//! The console's operations on the engine: done through the same calls as on AWS, read back, undone.

use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use sluice::aws::ops::{self, At, methods::Backend, stages::Setting};
use sluice::aws::{
    Answer, Api, Aws, Changes, Event, Metric, MetricsQuery, Op, OpDone, Query, Reply, Series,
    Session, Stat, Target,
};
use sluice::base::{Chance, Clock};
use sluice::model::{QuotaPeriod, QuotaSettings, Resource, Stage, ThrottleSettings, UsagePlan};

use crate::support::Gateway;

/// Longer than anything here takes, and only waited for when something is broken.
const PATIENCE: Duration = Duration::from_secs(30);

struct Console {
    aws: Aws,
    events: Receiver<Event>,
}

impl Console {
    fn on(gateway: &Gateway) -> Self {
        let session = Session {
            target: Target::Local {
                endpoint: gateway.url(),
            },
            region: None,
        };
        let (send, events) = channel();
        let aws = Aws::start(session, Clock::system(), Chance::seeded(1), move |event| {
            drop(send.send(event));
        });
        Self {
            aws: aws.unwrap(),
            events,
        }
    }

    fn ask(&self, query: Query) -> Reply {
        self.aws.ask(query, 1);
        loop {
            if let Event::Got { query, result, .. } = self.events.recv_timeout(PATIENCE).unwrap() {
                return result.unwrap_or_else(|error| panic!("{query}: {error}"));
            }
        }
    }

    fn run(&self, op: Op) -> OpDone {
        self.aws.run(1, op);
        loop {
            if let Event::OpDone(done) = self.events.recv_timeout(PATIENCE).unwrap() {
                assert_eq!(done.failed, None, "{}", done.op.title);
                return *done;
            }
        }
    }

    /// Does it, sees that it shows, undoes it, sees that it is gone, and does it again.
    fn run_twice<T: PartialEq + std::fmt::Debug>(&self, op: &Op, look: impl Fn() -> T) -> OpDone {
        let before = look();
        let undo = self.run(op.clone()).undo.expect("it can be undone");
        assert_ne!(look(), before, "{} shows", op.title);
        self.run(undo);
        assert_eq!(look(), before, "{} is undone", op.title);
        self.run(op.clone())
    }

    fn resources(&self, api: &Api) -> Vec<Resource> {
        match self.ask(Query::Resources {
            api: api.id.clone(),
        }) {
            Reply::Resources(all) => all,
            other => panic!("{other:?}"),
        }
    }

    fn resource(&self, api: &Api, path: &str) -> Resource {
        let found = self.resources(api).into_iter().find(|r| r.path == path);
        found.unwrap_or_else(|| panic!("no {path}"))
    }

    /// The stages, without the time of the last change.
    fn stages(&self, api: &Api) -> Vec<Stage> {
        let Reply::Stages(mut all) = self.ask(Query::Stages {
            api: api.id.clone(),
        }) else {
            panic!("no stages")
        };
        for stage in &mut all {
            stage.last_updated_date = 0;
        }
        all
    }

    fn plans(&self) -> Vec<UsagePlan> {
        match self.ask(Query::UsagePlans) {
            Reply::UsagePlans(all) => all,
            other => panic!("{other:?}"),
        }
    }

    fn changes(&self, api: &Api) -> usize {
        let query = Query::Changes {
            api: api.id.clone(),
            stage: "dev".to_owned(),
        };
        match self.ask(query) {
            Reply::Changes(Changes::Known(all)) => all.len(),
            other => panic!("{other:?}"),
        }
    }

    fn api(&self) -> Api {
        let done = self.run(ops::apis::create(
            "PetStore",
            Some("it's a store"),
            "REGIONAL",
        ));
        let [Answer::RestApi { id, .. }] = done.answers.as_slice() else {
            panic!("{done:?}")
        };
        Api {
            id: id.clone(),
            name: "PetStore".to_owned(),
        }
    }

    /// `GET /pets` with a mock behind it.
    fn method(&self, api: &Api) -> Resource {
        let root = self.resource(api, "/");
        self.run(ops::resources::create(api, &root, "pets"));
        let pets = self.resource(api, "/pets");
        let at = At {
            api,
            resource: &pets,
            verb: "GET",
        };
        self.run(ops::methods::create(at, &Backend::Mock, false));
        self.resource(api, "/pets")
    }
}

fn map(name: &str, value: &str) -> sluice::model::Map<String> {
    [(name.to_owned(), value.to_owned())].into()
}

#[test]
fn a_definition_is_edited_tested_and_undone() {
    let gateway = Gateway::start();
    let console = Console::on(&gateway);
    let api = console.api();
    let look = || console.resources(&api);

    // Ids are new each time, paths aren't.
    let paths = || look().into_iter().map(|r| r.path).collect::<Vec<_>>();
    console.run_twice(
        &ops::resources::create(&api, &console.resource(&api, "/"), "pets"),
        paths,
    );
    let pets = console.resource(&api, "/pets");
    console.run_twice(&ops::resources::create(&api, &pets, "{petId}"), paths);
    let pet = console.resource(&api, "/pets/{petId}");
    console.run_twice(&ops::resources::rename(&api, &pet, "{id}"), paths);

    let on = |resource: &'static str| (console.resource(&api, resource), api.clone());
    let (pets, api) = on("/pets");
    let at = At {
        api: &api,
        resource: &pets,
        verb: "GET",
    };
    console.run_twice(&ops::methods::create(at, &Backend::Mock, true), look);
    console.run_twice(&ops::methods::require_api_key(at, false), look);
    console.run_twice(&ops::methods::add_response(at, "404"), look);
    console.run_twice(
        &ops::integrations::add_response(at, "404", Some("4\\d{2}")),
        look,
    );
    let text = "{\"statusCode\": 200, \"it's\": \"/~ä\"}\n";
    let template = |before, text| {
        ops::integrations::save_request_template(at, "application/json", before, text)
    };
    console.run_twice(&template(Some("{\"statusCode\": 200}"), text), look);
    console.run_twice(
        &ops::integrations::save_request_template(at, "text/xml", None, "<a/>"),
        look,
    );

    let run = ops::test::Run {
        path_with_query: "/pets?x=1".to_owned(),
        headers: vec![("accept".to_owned(), "*/*".to_owned())],
        ..ops::test::Run::default()
    };
    let done = console.run(ops::test::invoke(at, &run));
    let [Answer::Test(result)] = done.answers.as_slice() else {
        panic!("{done:?}")
    };
    assert_eq!(result.status, 200, "{}", result.log);
    assert!(
        result.log.contains("Method request query string: {x=1}"),
        "{}",
        result.log
    );

    let method = console.resource(&api, "/pets").resource_methods["GET"].clone();
    console.run_twice(&ops::methods::delete(at, &method), look);
    let gone = console.run(ops::apis::delete(&api, &[]));
    assert_eq!(gone.undo, None);
    assert_eq!(console.ask(Query::Apis), Reply::Apis(Vec::new()));
}

#[test]
fn stages_are_deployed_changed_rolled_back_and_promoted() {
    let gateway = Gateway::start();
    let console = Console::on(&gateway);
    let api = console.api();
    let pets = console.method(&api);
    let look = || console.stages(&api);
    let stage = || console.stages(&api).remove(0);

    let first = ops::stages::deploy_to_new(&api, "dev", "first", map("backend", "one"));
    console.run(first);
    assert_eq!(console.changes(&api), 0);
    let at = At {
        api: &api,
        resource: &pets,
        verb: "GET",
    };
    console.run(ops::methods::require_api_key(at, true));
    assert_eq!(console.changes(&api), 1);

    console.run_twice(
        &ops::stages::set_variable(&api, &stage(), "name", "it=a,b"),
        look,
    );
    console.run_twice(
        &ops::stages::set_variable(&api, &stage(), "name", "dev"),
        look,
    );
    console.run_twice(
        &ops::stages::set_method_setting(&api, &stage(), None, &Setting::Rate(50.0)),
        look,
    );
    let get = Some(("/pets", "GET"));
    console.run_twice(
        &ops::stages::set_method_setting(&api, &stage(), get, &Setting::Burst(5)),
        look,
    );

    console.run_twice(&ops::stages::deploy(&api, &stage(), "second"), look);
    assert_eq!(console.changes(&api), 0);
    let Reply::Deployments(deployments) = console.ask(Query::Deployments {
        api: api.id.clone(),
    }) else {
        panic!("no deployments")
    };
    let oldest = deployments
        .iter()
        .find(|d| d.description.as_deref() == Some("first"));
    console.run_twice(
        &ops::stages::roll_back(&api, &stage(), oldest.unwrap()),
        look,
    );
    assert_eq!(console.changes(&api), 1);

    let canary = ops::canary::deploy(&api, &stage(), "third", 5.0, map("backend", "two"));
    console.run_twice(&canary, look);
    console.run_twice(&ops::canary::set_percent(&api, &stage(), 12.5), look);
    console.run_twice(
        &ops::canary::override_variable(&api, &stage(), "extra", Some("x")),
        look,
    );
    let settings = stage().canary_settings.unwrap();
    console.run_twice(&ops::canary::abort(&api, &stage(), &settings), look);
    let undone = console.run(ops::canary::deploy(
        &api,
        &stage(),
        "fourth",
        50.0,
        map("backend", "two"),
    ));
    let settings = stage().canary_settings.unwrap();
    console.run_twice(&ops::canary::promote(&api, &stage(), &settings), look);
    let promoted = stage();
    assert_eq!(
        Some(promoted.deployment_id),
        undone.answers[0]
            .member(sluice::aws::call::Member::Id)
            .map(str::to_owned)
    );
    let variables = promoted.variables.unwrap();
    assert_eq!(
        (variables["backend"].as_str(), variables["name"].as_str()),
        ("two", "dev")
    );
    assert_eq!(promoted.canary_settings, None);

    let Reply::Metrics(metrics) = console.ask(Query::Metrics(MetricsQuery {
        span: 60,
        period: 1,
        until: None,
        series: vec![Series {
            metric: Metric::Count,
            stat: Stat::Sum,
            api_name: "PetStore".to_owned(),
            stage: Some("dev".to_owned()),
            method: None,
        }],
    })) else {
        panic!("no metrics")
    };
    assert_eq!((metrics.period, metrics.lines.len()), (1, 1));
}

#[test]
fn plans_and_keys_are_made_changed_and_undone() {
    let gateway = Gateway::start();
    let console = Console::on(&gateway);
    let api = console.api();
    console.method(&api);
    console.run(ops::stages::deploy_to_new(&api, "dev", "", map("a", "b")));
    let limits = |rate_limit| ThrottleSettings {
        burst_limit: 5,
        rate_limit,
    };
    let quota = |limit| QuotaSettings {
        limit,
        offset: 0,
        period: QuotaPeriod::Day,
    };
    console.run(ops::plans::create(
        "gold",
        Some(limits(2.5)),
        None,
        Vec::new(),
    ));
    let look = || console.plans();
    let plan = || console.plans().remove(0);
    console.run_twice(&ops::plans::add_stage(&plan(), &api, "dev"), look);
    console.run_twice(&ops::plans::set_throttle(&plan(), Some(&limits(7.0))), look);
    console.run_twice(&ops::plans::set_throttle(&plan(), None), look);
    console.run_twice(&ops::plans::set_quota(&plan(), Some(&quota(100))), look);
    console.run_twice(&ops::plans::set_quota(&plan(), Some(&quota(50))), look);
    let stage = plan().api_stages.remove(0);
    let throttle =
        ops::plans::set_method_throttle(&plan(), &stage, ("/pets", "GET"), Some(&limits(1.0)));
    console.run_twice(&throttle, look);

    let done = console.run(ops::keys::create("zoo", None, &[&plan()]));
    let Answer::Key { id, value } = &done.answers[0] else {
        panic!("{done:?}")
    };
    let keys = || match console.ask(Query::ApiKeys) {
        Reply::ApiKeys(mut all) => {
            for key in &mut all {
                assert_eq!(key.value, None, "values are shown only when asked for");
                key.last_updated_date = 0;
            }
            all
        }
        other => panic!("{other:?}"),
    };
    let key = keys().remove(0);
    assert_eq!(&key.id, id);
    let revealed = console.run(ops::keys::reveal(&key));
    assert!(matches!(&revealed.answers[0], Answer::Key { value: v, .. } if v == value));
    console.run_twice(&ops::keys::enable(&key, false), keys);
    let members = || console.ask(Query::UsagePlanKeys { plan: plan().id });
    console.run_twice(&ops::plans::remove_key(&plan(), &key.id, "zoo"), members);
    console.run(ops::plans::add_key(&plan(), &key.id, "zoo"));
    console.run(ops::plans::set_remaining(&plan(), &key.id, "zoo", 7));
    let today = Clock::system().now().strftime("%Y-%m-%d").to_string();
    let Reply::Usage(usage) = console.ask(Query::Usage {
        plan: plan().id,
        start: today.clone(),
        end: today,
    }) else {
        panic!("no usage")
    };
    assert_eq!(usage.keys[id].last().map(|day| day.1), Some(7));
    console.run(ops::keys::rotate(&key, &[&plan()]));
    assert_eq!(keys().len(), 2);
    console.run(ops::keys::delete(&key, &[&plan()]));
    console.run(ops::plans::delete(&plan()));
    assert_eq!(console.plans(), []);
}
