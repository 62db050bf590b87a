//! The fluent driver: a user at the console on a gateway of their own.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use aws_sdk_apigateway::Client;
use aws_sdk_apigateway::types::{self, PatchOperation};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use sluice::aws::{Aws, Event, Op, Session, Target};
use sluice::base::{Chance, Clock};
use sluice::console::app::{self, App, Effect, Finished, Message};
use sluice::console::term::{Colours, Input, Key};
use sluice::console::ui::panes;
use sluice::console::ui::shell::{Request, Shell, keymap};
use sluice::console::ui::signs::Signs;
use sluice::console::ui::theme::Theme;
use sluice::engine::Config;

use crate::proxy::Proxy;
use crate::support::{Gateway, mock_api};

/// When the stories take place.
const NOW: &str = "2026-03-01T12:00:00Z";
/// How long nothing may happen while something is under way, on a machine that is busy with something else.
const PATIENCE: Duration = Duration::from_mins(1);
/// A wait in which nothing happens moves the clock by as much: what the console waits for by the clock then comes.
const TICK: Duration = Duration::from_millis(50);

/// What wakes the console, besides keys.
enum Wake {
    Aws(Event),
    Finished(Box<Finished>),
}

/// A user at a console.
pub(crate) struct Story {
    shell: Shell,
    aws: Aws,
    events: Receiver<Wake>,
    to_loop: Sender<Wake>,
    under_way: usize,
    clock: Clock,
    size: (u16, u16),
    screen: String,
    /// What was copied, newest last.
    pub(crate) copied: Vec<String>,
    /// The user has left.
    pub(crate) left: bool,
    /// The line between console and gateway.
    pub(crate) proxy: Proxy,
    gateway: Gateway,
    runtime: tokio::runtime::Runtime,
}

impl Story {
    /// An empty gateway, and a console on it that shows the list of APIs.
    pub(crate) fn start() -> Self {
        Self::with(|_| async {})
    }

    /// With an API `mock` that answers `body` to `GET /hello`, deployed to the stage `dev`. Gives the API's id.
    pub(crate) fn with_api(body: &'static str) -> (Self, String) {
        let mut id = String::new();
        let story = Self::with(async |client| {
            (id, _) = mock_api(&client, body).await;
            deploy(&client, &id, "dev").await;
        });
        (story, id)
    }

    /// On a gateway that `prepare` has filled before the console came.
    pub(crate) fn with(prepare: impl AsyncFnOnce(Client)) -> Self {
        let clock = Clock::manual(NOW.parse().unwrap());
        let gateway = Gateway::with(Config {
            clock: clock.clone(),
            ..Config::default()
        });
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(prepare(gateway.apigateway()));
        let proxy = Proxy::to(gateway.addr());
        let session = Session {
            target: Target::Local {
                endpoint: proxy.url(),
            },
            region: Some("us-east-1".to_owned()),
        };
        let app = App::new(app::Session::new(&session, false, false), clock.clone());
        let shell = Shell::new(
            app,
            panes::all(),
            keymap(&BTreeMap::new()).unwrap(),
            Theme::load("default", Colours::Sixteen, &|_| None).unwrap(),
            Colours::Sixteen,
            Signs::of(true),
        );
        let (send, events) = channel();
        let to_loop = send.clone();
        let aws = Aws::start(session, clock.clone(), Chance::seeded(1), move |event| {
            // The story may be over.
            let _ = send.send(Wake::Aws(event));
        });
        let mut story = Self {
            shell,
            aws: aws.unwrap(),
            events,
            to_loop,
            under_way: 0,
            clock,
            size: (120, 40),
            screen: String::new(),
            copied: Vec::new(),
            left: false,
            proxy,
            gateway,
            runtime,
        };
        story.idle();
        story
    }

    /// On a terminal of this size from now on.
    pub(crate) fn sized(&mut self, columns: u16, rows: u16) -> &mut Self {
        self.size = (columns, rows);
        self.draw();
        self
    }

    // What the user does.

    /// Presses keys, written with blanks between them, and waits after each until everything is there.
    #[track_caller]
    pub(crate) fn keys(&mut self, keys: &str) -> &mut Self {
        for key in keys.split(' ') {
            self.hit(key);
            self.idle();
        }
        self
    }

    /// Presses a key and waits for nothing.
    #[track_caller]
    pub(crate) fn hit(&mut self, key: &str) -> &mut Self {
        let key: Key = key.parse().unwrap();
        let requests = self.shell.input(Input::Key(key));
        self.fulfil(requests);
        self.step();
        self
    }

    /// Types a text.
    #[track_caller]
    pub(crate) fn types(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            match c {
                ' ' => self.hit("space"),
                '\n' => self.hit("enter"),
                c => self.hit(&c.to_string()),
            };
        }
        self.idle();
        self
    }

    /// Pastes a text.
    pub(crate) fn pastes(&mut self, text: &str) -> &mut Self {
        let requests = self.shell.input(Input::Paste(text.to_owned()));
        self.fulfil(requests);
        self.idle();
        self
    }

    /// Empties the field that is typed in.
    #[track_caller]
    pub(crate) fn clears(&mut self) -> &mut Self {
        for _ in 0..80 {
            self.hit("backspace");
        }
        self
    }

    /// Proposes an operation, as a pane does.
    pub(crate) fn proposes(&mut self, op: Op) -> &mut Self {
        let requests = self.shell.tell(Message::Propose(Box::new(op)));
        self.fulfil(requests);
        self.idle();
        self
    }

    /// Lets time pass, and waits until everything that follows from it is there.
    pub(crate) fn waits(&mut self, time: Duration) -> &mut Self {
        self.clock.advance(time);
        self.idle();
        self
    }

    // What the user sees.

    /// The screen holds this text, in a line or wrapped over several.
    #[track_caller]
    pub(crate) fn sees(&mut self, text: &str) -> &mut Self {
        let words: Vec<&str> = self.screen.split_whitespace().collect();
        assert!(
            self.screen.contains(text) || words.join(" ").contains(text),
            "no `{text}` in\n{}",
            self.screen
        );
        self
    }

    /// The screen doesn't hold this text.
    #[track_caller]
    pub(crate) fn sees_no(&mut self, text: &str) -> &mut Self {
        assert!(!self.screen.contains(text), "`{text}` in\n{}", self.screen);
        self
    }

    /// The screen as text.
    pub(crate) fn screen(&self) -> &str {
        &self.screen
    }

    /// The newest text that was copied.
    #[track_caller]
    pub(crate) fn copied(&self) -> &str {
        self.copied.last().expect("something was copied")
    }

    /// The state behind the screen.
    pub(crate) fn app(&self) -> &App {
        self.shell.app()
    }

    /// Reads and operations that aren't answered yet.
    pub(crate) fn under_way(&self) -> usize {
        self.under_way
    }

    // What the gateway says.

    /// Asks the gateway itself, beside the console.
    pub(crate) fn asks<T>(&self, ask: impl AsyncFnOnce(Client) -> T) -> T {
        self.runtime.block_on(ask(self.gateway.apigateway()))
    }

    /// Gives the stage `dev` a variable, beside the console, which then reads it.
    pub(crate) fn sets_variable(&mut self, api: &str, name: &str, value: &str) {
        let set = PatchOperation::builder().op(types::Op::Replace);
        let set = set.path(format!("/variables/{name}")).value(value).build();
        self.asks(async |client| {
            let stage = client.update_stage().rest_api_id(api).stage_name("dev");
            stage.patch_operations(set).send().await.unwrap();
        });
        self.keys("ctrl-r");
    }

    /// What a client of a deployed API gets: `path` begins with the stage.
    pub(crate) fn get(&self, api: &str, path: &str) -> (u16, String) {
        self.runtime.block_on(self.gateway.get(api, path))
    }

    // The loop.

    /// Waits until nothing is under way, nothing more is wanted, and what follows the cursor has followed it.
    #[track_caller]
    pub(crate) fn idle(&mut self) -> &mut Self {
        self.clock.advance(Duration::from_millis(200));
        self.step();
        self.until("idle", |story| story.under_way == 0)
    }

    /// Waits until this holds, whatever else is under way.
    #[track_caller]
    pub(crate) fn until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) -> &mut Self {
        let mut waited = Duration::ZERO;
        while !holds(self) {
            match self.events.recv_timeout(TICK) {
                Ok(event) => {
                    waited = Duration::ZERO;
                    self.hear(event);
                }
                Err(RecvTimeoutError::Timeout) => {
                    waited += TICK;
                    assert!(waited < PATIENCE, "never {what}:\n{}", self.screen);
                    self.clock.advance(TICK);
                }
                Err(RecvTimeoutError::Disconnected) => panic!("the calls' threads have ended"),
            }
            self.step();
        }
        self
    }

    fn hear(&mut self, wake: Wake) {
        let requests = match wake {
            Wake::Aws(event) => {
                if matches!(event, Event::Got { .. } | Event::OpDone(_)) {
                    self.under_way -= 1;
                }
                self.shell.heard(event)
            }
            Wake::Finished(finished) => {
                self.under_way -= 1;
                self.shell.tell(Message::Finished(finished))
            }
        };
        self.fulfil(requests);
    }

    /// What the loop does after whatever woke it: lets time pass, asks for what is wanted, draws.
    fn step(&mut self) {
        let (_, requests) = self.shell.time();
        self.fulfil(requests);
        let wants = self.shell.wants();
        self.fulfil(wants);
        self.draw();
    }

    fn fulfil(&mut self, requests: Vec<Request>) {
        for request in requests {
            match request {
                Request::Effect(Effect::Fetch(fetch)) => {
                    self.aws.ask(fetch.query, fetch.generation);
                    self.under_way += 1;
                }
                Request::Effect(Effect::Forget(fetch)) => {
                    if self.aws.forget(&fetch.query, fetch.generation) {
                        self.under_way -= 1;
                    }
                }
                Request::Effect(Effect::Run { id, op }) => {
                    self.aws.run(id, *op);
                    self.under_way += 1;
                }
                Request::Effect(Effect::Copy(text)) => self.copied.push(text),
                Request::Effect(Effect::TakeOver) => panic!("nothing has ended here"),
                Request::Effect(Effect::Work(task)) => {
                    let (to_loop, clock) = (self.to_loop.clone(), self.clock.clone());
                    let handle = self.aws.handle().unwrap();
                    handle.spawn_blocking(move || {
                        let _ = to_loop.send(Wake::Finished(Box::new(task.run(&clock))));
                    });
                    self.under_way += 1;
                }
                Request::Quit => self.left = true,
                Request::Suspend | Request::Redraw => {}
            }
        }
    }

    fn draw(&mut self) {
        let (columns, rows) = self.size;
        let mut buffer = Buffer::empty(Rect::new(0, 0, columns, rows));
        self.shell.draw(&mut buffer);
        self.screen = text(&buffer);
    }
}

/// A screen's text, without blanks at the ends of lines.
fn text(buffer: &Buffer) -> String {
    let mut out = String::new();
    for y in 0..buffer.area.height {
        let line: String = (0..buffer.area.width)
            .map(|x| buffer[(x, y)].symbol())
            .collect();
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// Deploys what is saved to a stage; gives the deployment's id.
pub(crate) async fn deploy(client: &Client, api: &str, stage: &str) -> String {
    let deployment = client.create_deployment().rest_api_id(api);
    let deployment = deployment.stage_name(stage).send().await.unwrap();
    deployment.id().unwrap().to_owned()
}
