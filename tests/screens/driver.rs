//! The console without a terminal, on a demo that does the same each time.

use std::cell::RefCell;
use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use sluice::aws::{Api, Aws, Event, Session, Target};
use sluice::base::{Chance, Clock};
use sluice::console::app::{App, Effect, Message};
use sluice::console::term::{Colours, Input, Key};
use sluice::console::ui::panes;
use sluice::console::ui::shell::{Request, Shell, keymap};
use sluice::console::ui::signs::Signs;
use sluice::console::ui::theme::Theme;
use sluice::demo::{Backend, Hand, Pace, Sample, Traffic, sample};
use sluice::engine::{Config, Engine, start};

/// When the sample's team begins; its pictures are taken some days later.
const BEGIN: &str = "2026-03-02T09:30:00Z";
/// How long customers have come when the pictures are taken: enough for each line of a minute.
const VISITS: usize = 2400;
/// An answer of the gateway in memory takes milliseconds; this is for a machine that is busy with something else.
const PATIENCE: Duration = Duration::from_mins(1);

/// A gateway with the sample and its traffic, on a clock that only we move.
pub(crate) struct Demo {
    engine: Engine,
    clock: Clock,
    sample: Sample,
    backend: String,
    runtime: tokio::runtime::Runtime,
    local: tokio::task::LocalSet,
}

impl Demo {
    pub(crate) fn start() -> Self {
        let clock = Clock::manual(BEGIN.parse().unwrap());
        let engine = start(Config {
            threads: NonZeroUsize::new(1),
            seed: Some(7),
            counted_ids: true,
            clock: clock.clone(),
            ..Config::default()
        })
        .unwrap();
        let url = format!("http://{}", engine.addr());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let local = tokio::task::LocalSet::new();
        let (sample, backend) = local.block_on(&runtime, async {
            let backend = Backend::open().await.unwrap();
            let at = backend.addr();
            tokio::task::spawn_local(backend.serve(7, Pace::Moves(clock.clone())));
            let mut hand = Hand::new(session(&url), clock.clone(), Chance::seeded(7)).unwrap();
            let sample = sample::build(&mut hand, at).await.unwrap();
            let traffic = Traffic::new(&url, &sample).unwrap();
            traffic
                .send_in_turn(VISITS, &clock, Chance::seeded(7))
                .await;
            (sample, at.to_string())
        });
        Self {
            engine,
            clock,
            sample,
            backend,
            runtime,
            local,
        }
    }

    /// A console on it that has chosen the sample's stage `prod`.
    pub(crate) fn console(&self, theme: &str) -> Console<'_> {
        let url = format!("http://{}", self.engine.addr());
        let session = session(&url);
        // What is shown is the usual port, whichever the engine got.
        let shown = sluice::console::app::Session::new(&usual(), true, true);
        let app = App::new(shown, self.clock.clone());
        let theme = Theme::load(theme, Colours::True, &|_| None).unwrap();
        let keymap = keymap(&std::collections::BTreeMap::new()).unwrap();
        let shell = Shell::new(
            app,
            panes::all(),
            keymap,
            theme,
            Colours::True,
            Signs::of(true),
        );
        let (send, events) = channel();
        let aws = Aws::start(
            session,
            self.clock.clone(),
            Chance::seeded(7),
            move |event| {
                let _ = send.send(event);
            },
        )
        .unwrap();
        let mut console = Console {
            demo: self,
            shell: RefCell::new(shell),
            aws,
            events,
            under_way: 0,
        };
        console.tell(Message::ChooseApi(Api {
            id: self.sample.api.clone(),
            name: sample::NAME.to_owned(),
        }));
        console.tell(Message::ChooseStage("prod".to_owned()));
        console.settle();
        console
    }
}

fn usual() -> Session {
    session("http://127.0.0.1:4566")
}

fn session(url: &str) -> Session {
    Session {
        target: Target::Local {
            endpoint: url.to_owned(),
        },
        region: None,
    }
}

/// A console whose user is patient.
pub(crate) struct Console<'a> {
    demo: &'a Demo,
    shell: RefCell<Shell>,
    aws: Aws,
    events: Receiver<Event>,
    under_way: usize,
}

impl Console<'_> {
    /// Presses these keys, and waits after each until everything is there.
    pub(crate) fn press(&mut self, keys: &str) {
        for key in keys.split_whitespace() {
            let key: Key = key.parse().unwrap();
            let requests = self.shell.get_mut().input(Input::Key(key));
            self.fulfil(requests);
            self.settle();
        }
    }

    /// Pastes this text.
    pub(crate) fn paste(&mut self, text: &str) {
        let requests = self.shell.get_mut().input(Input::Paste(text.to_owned()));
        self.fulfil(requests);
        self.settle();
    }

    fn tell(&mut self, message: Message) {
        let requests = self.shell.get_mut().tell(message);
        self.fulfil(requests);
    }

    fn fulfil(&mut self, requests: Vec<Request>) {
        for request in requests {
            match request {
                Request::Effect(Effect::Fetch(fetch)) => {
                    self.aws.ask(fetch.query, fetch.generation);
                    self.under_way += 1;
                }
                Request::Effect(Effect::Forget(fetch))
                    if self.aws.forget(&fetch.query, fetch.generation) =>
                {
                    self.under_way -= 1;
                }
                Request::Effect(Effect::Run { id, op }) => {
                    self.aws.run(id, *op);
                    self.under_way += 1;
                }
                // What the loop computes on another thread; here nobody minds waiting for it.
                Request::Effect(Effect::TakeOver) => panic!("nothing has ended here"),
                Request::Effect(Effect::Work(task)) => {
                    let finished = task.run(&self.demo.clock);
                    self.tell(Message::Finished(Box::new(finished)));
                }
                _ => {}
            }
        }
    }

    /// Waits until nothing is under way and nothing more is wanted.
    fn settle(&mut self) {
        // Details follow the cursor after a moment.
        self.demo.clock.advance(Duration::from_millis(200));
        loop {
            let (_, requests) = self.shell.get_mut().time();
            self.fulfil(requests);
            let wants = self.shell.get_mut().wants();
            self.fulfil(wants);
            if self.under_way == 0 {
                return;
            }
            // The backend lives on this thread: a test request of a pane needs it.
            let event = self.next_event();
            if matches!(event, Event::Got { .. } | Event::OpDone(_)) {
                self.under_way -= 1;
            }
            let requests = self.shell.get_mut().heard(event);
            self.fulfil(requests);
        }
    }

    fn next_event(&self) -> Event {
        let Demo { runtime, local, .. } = self.demo;
        local.block_on(runtime, async {
            let wait = async {
                loop {
                    if let Ok(event) = self.events.try_recv() {
                        return event;
                    }
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            };
            tokio::time::timeout(PATIENCE, wait)
                .await
                .expect("an answer")
        })
    }

    /// What the user sees. The backend's port, which differs each time, is written over.
    pub(crate) fn screen(&self, columns: u16, rows: u16) -> Buffer {
        let mut buffer = Buffer::empty(Rect::new(0, 0, columns, rows));
        self.shell.borrow_mut().draw(&mut buffer);
        overwrite(&mut buffer, &self.demo.backend, "127.0.0.1:19311");
        buffer
    }
}

/// Writes `new` over each `old` on the screen; both are ASCII. Where they differ in length, blanks make up for it.
fn overwrite(buffer: &mut Buffer, old: &str, new: &str) {
    let Rect { width, height, .. } = buffer.area;
    for y in 0..height {
        let row: Vec<String> = (0..width)
            .map(|x| buffer[(x, y)].symbol().to_owned())
            .collect();
        for x in 0..row.len() {
            let here = row[x..]
                .iter()
                .take(old.len())
                .map(String::as_str)
                .collect::<String>();
            if here == old {
                for (i, c) in format!("{new:<width$}", width = old.len())
                    .chars()
                    .take(old.len())
                    .enumerate()
                {
                    let x = u16::try_from(x + i).unwrap();
                    buffer[(x, y)].set_char(c);
                }
            }
        }
    }
}
