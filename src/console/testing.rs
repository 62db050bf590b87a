//! A console without a terminal and without another side: keys in, screen and operations out. Reads are answered from a small world.

mod traffic;

use std::collections::BTreeMap;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::app::{App, Effect, Message, Session, testing};
use super::term::{Colours, Input};
use super::ui::keymap::Keymap;
use super::ui::panes;
use super::ui::shell::{Request, Shell, keymap};
use super::ui::signs::UNICODE;
use super::ui::testing::{Screen, now, theme};
use super::ui::theme::Theme;
use crate::aws::{Answer, Changes, Event, Identity, Op, OpDone, OpId, Query, Reply};
use crate::base::Clock;
use crate::model::difference::{Change, Kind, Part, Place};
use crate::model::{
    CanarySettings, Deployment, EndpointConfiguration, Integration, IntegrationResponse,
    IntegrationType, Map, Method, MethodResponse, MethodSetting, Resource, RestApi, Stage,
};

/// Seconds before the time at which tests take place.
fn ago(seconds: i64) -> i64 {
    now().as_second() - seconds
}

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

fn map<V>(pairs: impl IntoIterator<Item = (&'static str, V)>) -> Map<V> {
    pairs.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()
}

#[allow(
    clippy::unnecessary_wraps,
    reason = "most of what it makes is optional"
)]
fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// The answer of the world to a query; `None` leaves it unanswered.
pub(crate) fn answer(query: &Query) -> Option<Reply> {
    Some(match query {
        Query::Identity => Reply::Identity(Identity {
            account: "000000000000".to_owned(),
            role: "root".to_owned(),
            region: "us-east-1".to_owned(),
            ..Identity::default()
        }),
        Query::Apis => Reply::Apis(apis()),
        Query::Resources { .. } => Reply::Resources(resources()),
        Query::Stages { .. } => Reply::Stages(stages()),
        Query::Deployments { .. } => Reply::Deployments(deployments()),
        Query::Changes { stage, .. } => Reply::Changes(Changes::Known(changes(stage))),
        other => return traffic::answer(other),
    })
}

fn apis() -> Vec<RestApi> {
    let api = |id: &str, name: &str, days: i64, about: Option<&str>| RestApi {
        id: id.to_owned(),
        name: name.to_owned(),
        description: about.map(str::to_owned),
        created_date: ago(days * DAY),
        endpoint_configuration: EndpointConfiguration {
            types: vec!["REGIONAL".to_owned()],
            ..EndpointConfiguration::default()
        },
        ..RestApi::default()
    };
    vec![
        api(
            "7k2m9x4q1z",
            "PetStore",
            40,
            Some("Pets, orders and reports"),
        ),
        api("a8b3c1d0e2", "internal-billing-reconciliation-api", 2, None),
        api("zz00zz00zz", "Shop", 400, Some("The old shop")),
    ]
}

fn post_pets() -> Method {
    Method {
        http_method: "POST".to_owned(),
        authorization_type: "NONE".to_owned(),
        api_key_required: true,
        request_models: Some(map([("application/json", "NewPet".to_owned())])),
        method_responses: Some(map([("201", "Pet"), ("400", "Error")].map(
            |(status, model)| {
                let response = MethodResponse {
                    status_code: status.to_owned(),
                    response_models: Some(map([("application/json", model.to_owned())])),
                    ..MethodResponse::default()
                };
                (status, response)
            },
        ))),
        method_integration: Some(Integration {
            integration_type: IntegrationType::Http,
            http_method: text("POST"),
            uri: text("http://${stageVariables.backend}/pets"),
            request_parameters: map([(
                "integration.request.header.X-Stage",
                "stageVariables.name".to_owned(),
            )]),
            request_templates: map([("application/json", text("{\n  \"a\": 1\n}"))]),
            timeout_in_millis: 29_000,
            integration_responses: Some(map([
                ("201", integration_response("201", None, false)),
                ("400", integration_response("400", Some(r"4\d{2}"), true)),
            ])),
            ..Integration::default()
        }),
        ..Method::default()
    }
}

fn integration_response(
    status: &str,
    pattern: Option<&str>,
    template: bool,
) -> IntegrationResponse {
    IntegrationResponse {
        status_code: status.to_owned(),
        selection_pattern: pattern.map(str::to_owned),
        response_templates: template.then(|| map([("application/json", text("{\n}"))])),
        ..IntegrationResponse::default()
    }
}

fn simple(verb: &str, kind: IntegrationType) -> Method {
    Method {
        http_method: verb.to_owned(),
        authorization_type: "NONE".to_owned(),
        method_integration: Some(Integration {
            integration_type: kind,
            uri: (kind != IntegrationType::Mock).then(|| "http://backend.internal/pets".to_owned()),
            timeout_in_millis: 29_000,
            ..Integration::default()
        }),
        ..Method::default()
    }
}

fn resources() -> Vec<Resource> {
    let resource = |id: &str, parent: Option<&str>, path: &str, methods: Vec<Method>| Resource {
        id: id.to_owned(),
        parent_id: parent.map(str::to_owned),
        path_part: parent.and_then(|_| path.rsplit('/').next().map(str::to_owned)),
        path: path.to_owned(),
        resource_methods: methods
            .into_iter()
            .map(|m| (m.http_method.clone(), m))
            .collect(),
    };
    vec![
        resource("r0", None, "/", vec![simple("GET", IntegrationType::Mock)]),
        resource("r1", Some("r0"), "/orders", vec![]),
        resource(
            "r2",
            Some("r0"),
            "/pets",
            vec![
                simple("GET", IntegrationType::HttpProxy),
                post_pets(),
                simple("OPTIONS", IntegrationType::Mock),
            ],
        ),
        resource(
            "r3",
            Some("r2"),
            "/pets/{petId}",
            vec![
                simple("DELETE", IntegrationType::Http),
                simple("GET", IntegrationType::Http),
            ],
        ),
    ]
}

fn stages() -> Vec<Stage> {
    let stage = |name: &str, deployment: &str, seconds: i64| Stage {
        stage_name: name.to_owned(),
        deployment_id: deployment.to_owned(),
        created_date: ago(40 * DAY),
        last_updated_date: ago(seconds),
        variables: Some(map([
            ("backend", "orders.internal:8080".to_owned()),
            ("lambdaAlias", "PROD".to_owned()),
            ("name", name.to_owned()),
        ])),
        ..Stage::default()
    };
    let mut prod = stage("prod", "d9f3aa", 3 * HOUR);
    prod.canary_settings = Some(CanarySettings {
        percent_traffic: 5.0,
        deployment_id: text("e1a7bb"),
        stage_variable_overrides: Some(map([("backend", "orders-v2.internal:8080".to_owned())])),
        use_stage_cache: false,
    });
    prod.cache_cluster_enabled = true;
    prod.cache_cluster_size = text("0.5");
    prod.cache_cluster_status = "AVAILABLE".to_owned();
    prod.method_settings = map([(
        "*/*",
        MethodSetting {
            logging_level: text("ERROR"),
            throttling_rate_limit: 1000.0,
            throttling_burst_limit: 2000,
            caching_enabled: true,
            cache_ttl_in_seconds: 300,
            ..MethodSetting::default()
        },
    )]);
    vec![
        stage("dev", "e1a7bb", 120),
        prod,
        stage("test", "e1a7bb", DAY),
    ]
}

fn deployments() -> Vec<Deployment> {
    let deployment = |id: &str, seconds: i64, about: &str| Deployment {
        id: id.to_owned(),
        description: text(about),
        created_date: ago(seconds),
        ..Deployment::default()
    };
    vec![
        deployment("e1a7bb", 720, "retry on 503"),
        deployment("d9f3aa", 3 * HOUR, "checkout flow"),
        deployment("77c0cc", 2 * DAY, "pets v2"),
    ]
}

fn changes(stage: &str) -> Vec<Change> {
    if stage != "prod" {
        return Vec::new();
    }
    let place = |part, status: Option<&str>| Place::Method {
        path: "/pets".to_owned(),
        verb: "POST".to_owned(),
        part: Some(part),
        status: status.map(str::to_owned),
    };
    vec![
        Change {
            kind: Kind::Changed,
            place: place(Part::IntegrationRequest, None),
            member: text("requestTemplates application/json"),
            before: text("{\n}"),
            after: text("{\n  \"a\": 1\n}"),
        },
        Change {
            kind: Kind::Added,
            place: place(Part::MethodResponse, Some("400")),
            member: None,
            before: None,
            after: None,
        },
    ]
}

/// A console that is driven by hand.
pub(crate) struct Driver {
    pub(crate) shell: Shell,
    pub(crate) clock: Clock,
    /// Operations that were run, newest last.
    pub(crate) ran: Vec<(OpId, Op)>,
    /// What was copied, newest last.
    pub(crate) copied: Vec<String>,
    /// Requests that are neither, newest last.
    pub(crate) asked: Vec<Request>,
}

impl Driver {
    pub(crate) fn new(session: Session) -> Self {
        Self::themed(session, theme())
    }

    /// With this theme in place of the one for tests.
    pub(crate) fn themed(session: Session, theme: Theme) -> Self {
        Self::with(session, theme, keymap(&BTreeMap::new()).unwrap())
    }

    /// With these keys in place of the default ones.
    pub(crate) fn keyed(session: Session, keymap: Keymap) -> Self {
        Self::with(session, theme(), keymap)
    }

    fn with(session: Session, theme: Theme, keymap: Keymap) -> Self {
        let clock = Clock::manual(now());
        let app = App::new(session, clock.clone());
        let shell = Shell::new(app, panes::all(), keymap, theme, Colours::Sixteen, &UNICODE);
        Self {
            shell,
            clock,
            ran: Vec::new(),
            copied: Vec::new(),
            asked: Vec::new(),
        }
    }

    /// On the bundled gateway, with everything read.
    pub(crate) fn local() -> Self {
        let mut driver = Self::new(testing::local());
        driver.settle();
        driver
    }

    /// On AWS, read-only, with everything read.
    pub(crate) fn aws() -> Self {
        let mut driver = Self::new(testing::aws(false));
        driver.settle();
        driver
    }

    fn take(&mut self, requests: Vec<Request>) {
        for request in requests {
            match request {
                Request::Effect(Effect::Fetch(fetch)) => {
                    if let Some(reply) = answer(&fetch.query) {
                        let requests = self.shell.heard(Event::Got {
                            query: fetch.query,
                            generation: fetch.generation,
                            result: Ok(reply),
                        });
                        self.take(requests);
                    }
                }
                Request::Effect(Effect::Forget(_)) => {}
                Request::Effect(Effect::Run { id, op }) => self.ran.push((id, *op)),
                Request::Effect(Effect::Copy(text)) => self.copied.push(text),
                Request::Effect(Effect::Work(task)) => {
                    let finished = Box::new(task.run(&self.clock));
                    let requests = self.shell.tell(Message::Finished(finished));
                    self.take(requests);
                }
                other => self.asked.push(other),
            }
        }
    }

    /// Lets all reads be answered and the cursor come to rest.
    pub(crate) fn settle(&mut self) {
        self.clock.advance(std::time::Duration::from_millis(200));
        let (_, requests) = self.shell.time();
        self.take(requests);
        for _ in 0..5 {
            let requests = self.shell.wants();
            self.take(requests);
        }
    }

    /// Presses keys, written with blanks between them, and lets everything settle.
    pub(crate) fn keys(&mut self, keys: &str) -> &mut Self {
        for key in keys.split(' ') {
            let requests = self.shell.input(Input::Key(key.parse().unwrap()));
            self.take(requests);
            self.settle();
        }
        self
    }

    /// Types text, character by character.
    pub(crate) fn types(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            let key = if c == ' ' {
                "space".to_owned()
            } else {
                c.to_string()
            };
            let requests = self.shell.input(Input::Key(key.parse().unwrap()));
            self.take(requests);
        }
        self.settle();
        self
    }

    /// The newest operation ends well.
    pub(crate) fn done(&mut self) -> &mut Self {
        self.done_with(Vec::new())
    }

    /// The newest operation ends well, with these answers of its calls.
    pub(crate) fn done_with(&mut self, answers: Vec<Answer>) -> &mut Self {
        let (id, op) = self.ran.last().unwrap().clone();
        let undo = op.undo(&answers);
        let requests = self.shell.heard(Event::OpDone(Box::new(OpDone {
            id,
            op,
            answers,
            failed: None,
            undo,
        })));
        self.take(requests);
        self.settle();
        self
    }

    /// The titles of the operations that were run.
    pub(crate) fn titles(&self) -> Vec<&str> {
        self.ran.iter().map(|(_, op)| op.title.as_str()).collect()
    }

    pub(crate) fn screen(&mut self, columns: u16, rows: u16) -> Screen {
        let mut buffer = Buffer::empty(Rect::new(0, 0, columns, rows));
        self.shell.draw(&mut buffer);
        Screen::of(buffer)
    }

    /// The screen at 120 by 40 as text.
    pub(crate) fn text(&mut self) -> String {
        self.screen(120, 40).text()
    }
}
