//! What the loop does with what happened: no waiting and no threads in here, so that tests can drive it by hand.

use std::io::{self, Write};
use std::sync::mpsc::Sender;
use std::time::Duration;

use ratatui::Terminal;

use super::app::{Effect, Finished, Level, Message, Task};
use super::outside::News;
use super::term::{Event as TermEvent, FrameWriter, Input, Leaving, Pacer, osc52};
use super::ui::shell::{Request, Shell};
use crate::aws::{Event as AwsEvent, Op, OpId, Query};

/// Something that woke the loop.
#[derive(Debug)]
pub(crate) enum Wake {
    /// The terminal, or a signal.
    Term(TermEvent),
    /// The other side.
    Aws(Box<AwsEvent>),
    /// Whoever started the console.
    Outside(News),
    /// What was computed beside the loop.
    Finished(Box<Finished>),
}

impl Wake {
    /// In which order things that came together are taken: what makes us leave, keys, answers.
    fn rank(&self) -> u8 {
        match self {
            Self::Term(TermEvent::Input(_)) => 1,
            Self::Term(_) => 0,
            Self::Aws(_) | Self::Outside(_) | Self::Finished(_) => 2,
        }
    }
}

/// What the loop has to do that isn't drawing.
#[derive(Debug, PartialEq)]
pub(crate) enum Todo {
    /// Send a read.
    Ask(Query, u64),
    /// Give up a read.
    Forget(Query, u64),
    /// Run an operation.
    Run(OpId, Box<Op>),
    /// Compute something on another thread.
    Work(Task),
    /// Stop the process until it is continued.
    Suspend,
    /// Take the terminal again: the process was stopped behind our back.
    Retake,
    /// Find out the terminal's size.
    Measure,
    /// The other side can be asked now.
    Begin,
    /// End.
    Leave(Option<Leaving>),
    /// End, because there is no other side.
    Fail(String),
}

/// Shell, frames and pacing.
pub(crate) struct Looping<W: Write> {
    pub(crate) shell: Shell,
    terminal: Terminal<FrameWriter<W>>,
    pacer: Pacer,
    dirty: bool,
    in_tmux: bool,
    allow_sync: bool,
    /// Who waits for the user's word to serve in the place of a gateway that has ended.
    take_over: Option<Sender<()>>,
}

impl<W: Write> Looping<W> {
    pub(crate) fn new(
        shell: Shell,
        writer: FrameWriter<W>,
        pacer: Pacer,
        in_tmux: bool,
        allow_sync: bool,
    ) -> io::Result<Self> {
        Ok(Self {
            shell,
            terminal: Terminal::new(writer)?,
            pacer,
            dirty: true,
            in_tmux,
            allow_sync,
            take_over: None,
        })
    }

    /// Takes everything that came together, in the order that matters, and says what is to be done outside.
    pub(crate) fn take(&mut self, mut wakes: Vec<Wake>) -> io::Result<Vec<Todo>> {
        wakes.sort_by_key(Wake::rank);
        let mut todo = Vec::new();
        for wake in wakes {
            let requests = match wake {
                Wake::Term(TermEvent::Input(Input::Mode { mode: 2026, usable })) => {
                    let sync = usable && self.allow_sync;
                    self.terminal.backend_mut().use_sync(sync);
                    continue;
                }
                Wake::Term(TermEvent::Input(input)) => self.shell.input(input),
                Wake::Term(TermEvent::Resized) => {
                    todo.push(Todo::Measure);
                    Vec::new()
                }
                Wake::Term(TermEvent::Suspend) => vec![Request::Suspend],
                Wake::Term(TermEvent::Resumed) => {
                    todo.push(Todo::Retake);
                    Vec::new()
                }
                Wake::Term(TermEvent::Leave(why)) => {
                    todo.push(Todo::Leave(Some(why)));
                    return Ok(todo);
                }
                Wake::Aws(event) => self.shell.heard(*event),
                Wake::Outside(News::Ready) => {
                    todo.push(Todo::Begin);
                    Vec::new()
                }
                Wake::Outside(News::Tell(message)) => self.shell.tell(*message),
                Wake::Outside(News::Refresh) => self.shell.refresh(),
                Wake::Outside(News::Fail(why)) => {
                    todo.push(Todo::Fail(why));
                    return Ok(todo);
                }
                Wake::Outside(News::OwnerEnded { pid, take_over }) => {
                    self.take_over = Some(take_over);
                    self.shell.owner_ended(pid)
                }
                Wake::Finished(finished) => self.shell.tell(Message::Finished(finished)),
            };
            self.dirty = true;
            self.fulfil(requests, &mut todo)?;
        }
        Ok(todo)
    }

    /// Lets time pass, and asks for what is on the screen and not fresh.
    pub(crate) fn settle(&mut self) -> io::Result<Vec<Todo>> {
        let mut todo = Vec::new();
        let (changed, requests) = self.shell.time();
        self.dirty |= changed;
        self.fulfil(requests, &mut todo)?;
        let wants = self.shell.wants();
        self.fulfil(wants, &mut todo)?;
        Ok(todo)
    }

    fn fulfil(&mut self, requests: Vec<Request>, todo: &mut Vec<Todo>) -> io::Result<()> {
        for request in requests {
            match request {
                Request::Effect(Effect::Fetch(fetch)) => {
                    todo.push(Todo::Ask(fetch.query, fetch.generation));
                }
                Request::Effect(Effect::Forget(fetch)) => {
                    todo.push(Todo::Forget(fetch.query, fetch.generation));
                }
                Request::Effect(Effect::Run { id, op }) => todo.push(Todo::Run(id, op)),
                Request::Effect(Effect::TakeOver) => {
                    if let Some(take_over) = self.take_over.take() {
                        // Whoever waited may have ended with the program.
                        let _ = take_over.send(());
                    }
                }
                Request::Effect(Effect::Work(task)) => todo.push(Todo::Work(task)),
                Request::Effect(Effect::Copy(text)) => match osc52(&text, self.in_tmux) {
                    Ok(bytes) => self.terminal.backend_mut().send(&bytes)?,
                    Err(error) => {
                        let message = Message::Say(Level::Failed, error.to_string());
                        self.shell.tell(message);
                    }
                },
                Request::Quit => todo.push(Todo::Leave(None)),
                Request::Suspend => todo.push(Todo::Suspend),
                Request::Redraw => self.redraw()?,
            }
        }
        Ok(())
    }

    /// The next frame is drawn whole.
    pub(crate) fn redraw(&mut self) -> io::Result<()> {
        self.dirty = true;
        self.terminal.clear()
    }

    /// The terminal is ours again after it was away.
    pub(crate) fn reentered(&mut self, size: (u16, u16)) -> io::Result<()> {
        self.terminal.backend_mut().reentered();
        self.resized(size);
        self.redraw()
    }

    /// The terminal has this size.
    pub(crate) fn resized(&mut self, (columns, rows): (u16, u16)) {
        self.terminal.backend_mut().set_size(columns, rows);
        self.dirty = true;
    }

    /// Asks the terminal something; the answer comes as input.
    pub(crate) fn query(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.terminal.backend_mut().send(bytes)
    }

    /// Draws if anything changed and the line has room for a frame. Says whether it drew.
    pub(crate) fn paint(&mut self) -> io::Result<bool> {
        let now = self.shell.app().now();
        if !self.dirty || now < self.pacer.ready_at() {
            return Ok(false);
        }
        self.dirty = false;
        let before = self.terminal.backend().bytes_written();
        let shell = &mut self.shell;
        self.terminal.draw(|frame| {
            if let Some(at) = shell.draw(frame.buffer_mut()) {
                frame.set_cursor_position(at);
            }
        })?;
        let bytes = self.terminal.backend().bytes_written() - before;
        if bytes > 0 {
            self.pacer
                .wrote(usize::try_from(bytes).unwrap_or(usize::MAX), now);
        }
        Ok(true)
    }

    /// When to wake up if nothing happens: the next deadline, or the frame that is held back. `None` sleeps for good.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        let held = self.dirty.then(|| self.pacer.ready_at());
        held.into_iter().chain(self.shell.deadline()).min()
    }

    /// Bytes and frames so far.
    #[cfg(test)]
    pub(crate) fn written(&self) -> (u64, u64) {
        let writer = self.terminal.backend();
        (writer.bytes_written(), writer.frames_written())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::Event;
    use crate::console::app::testing;
    use crate::console::term::Colours;
    use crate::console::term::Pacer;
    use crate::console::testing::Driver;
    use crate::console::testing::answer;
    use crate::console::ui::theme::Theme;

    fn looping(
        columns: u16,
        rows: u16,
        rate: Option<u32>,
    ) -> (Looping<Vec<u8>>, crate::base::Clock) {
        // The real theme: its styles are among what a frame costs.
        let theme = Theme::load("default", Colours::Sixteen, &|_| None).unwrap();
        let mut driver = Driver::themed(testing::local(), theme);
        driver.settle();
        let writer = FrameWriter::new(Vec::new(), columns, rows);
        let looping = Looping::new(driver.shell, writer, Pacer::new(rate), false, true).unwrap();
        (looping, driver.clock)
    }

    fn key(text: &str) -> Wake {
        Wake::Term(TermEvent::Input(Input::Key(text.parse().unwrap())))
    }

    /// Takes wakes, answers all reads, and draws what may be drawn; gives the bytes that this cost.
    fn turn(looping: &mut Looping<Vec<u8>>, wakes: Vec<Wake>) -> u64 {
        let before = looping.written().0;
        let mut todo = looping.take(wakes).unwrap();
        todo.extend(looping.settle().unwrap());
        looping.paint().unwrap();
        while !todo.is_empty() {
            let answers = todo.drain(..).filter_map(|task| match task {
                Todo::Ask(query, generation) => answer(&query).map(|reply| {
                    let result = Ok(reply);
                    Wake::Aws(Box::new(Event::Got {
                        query,
                        generation,
                        result,
                    }))
                }),
                Todo::Work(task) => {
                    let clock = crate::base::Clock::manual("2026-03-01T12:00:00Z".parse().unwrap());
                    Some(Wake::Finished(Box::new(task.run(&clock))))
                }
                _ => None,
            });
            let answers: Vec<Wake> = answers.collect();
            todo = looping.take(answers).unwrap();
            todo.extend(looping.settle().unwrap());
        }
        looping.paint().unwrap();
        looping.written().0 - before
    }

    #[test]
    fn a_cursor_move_stays_within_its_bytes() {
        for (columns, rows, median, most) in [(120, 40, 200, 400), (80, 24, 160, 300)] {
            for opening in ["esc", "enter", "enter 5", "enter 5 enter"] {
                let (mut looping, _clock) = looping(columns, rows, None);
                turn(&mut looping, vec![]);
                for name in opening.split(' ') {
                    turn(&mut looping, vec![key(name)]);
                }
                let moves = ["j", "j", "k", "j", "k", "k", "j"];
                let mut costs = moves.map(|name| turn(&mut looping, vec![key(name)]));
                costs.sort_unstable();
                assert!(
                    costs[3] <= median && costs[6] <= most,
                    "{opening} at {columns}: {costs:?}"
                );
                assert!(costs[3] > 0, "{opening}: the cursor moves");
            }
        }
    }

    #[test]
    fn whoever_started_the_console_can_begin_tell_refresh_and_end_it() {
        let (mut looping, _clock) = looping(80, 24, None);
        turn(&mut looping, vec![]);
        let ready = looping.take(vec![Wake::Outside(News::Ready)]).unwrap();
        assert_eq!(ready, [Todo::Begin]);
        let say = Message::Say(Level::Note, "the sample is there".to_owned());
        let cost = turn(&mut looping, vec![Wake::Outside(News::Tell(Box::new(say)))]);
        assert!(cost > 0, "it is shown");
        let asked = looping.take(vec![Wake::Outside(News::Refresh)]).unwrap();
        let apis = |todo: &Todo| matches!(todo, Todo::Ask(Query::Apis, _));
        assert!(asked.iter().any(apis), "{asked:?}");
        let end = looping
            .take(vec![Wake::Outside(News::Fail("no port".to_owned()))])
            .unwrap();
        assert_eq!(end, [Todo::Fail("no port".to_owned())]);
    }

    #[test]
    fn a_key_typed_in_a_template_stays_within_its_bytes() {
        for (columns, rows) in [(120, 40), (80, 24)] {
            let (mut looping, _clock) = looping(columns, rows, None);
            turn(&mut looping, vec![]);
            for name in "enter 4 m P O S T enter e down end".split(' ') {
                turn(&mut looping, vec![key(name)]);
            }
            // Most of these break the output's JSON or mend it, and change the words about it.
            let typed = [",", "\"", "b", "\"", ":", "2", "backspace"];
            let mut costs = typed.map(|name| turn(&mut looping, vec![key(name)]));
            costs.sort_unstable();
            assert!(costs[3] <= 400 && costs[6] <= 700, "{columns}: {costs:?}");
            assert!(costs[0] > 0, "every key is seen");
        }
    }

    #[test]
    fn nothing_that_changes_nothing_costs_a_byte() {
        let (mut looping, clock) = looping(120, 40, None);
        assert!(turn(&mut looping, vec![]) > 0);
        assert_eq!(turn(&mut looping, vec![key("k")]), 0, "already at the top");
        clock.advance(Duration::from_secs(30));
        assert_eq!(
            turn(&mut looping, vec![key("k")]),
            0,
            "read again, and the same"
        );
        assert!(looping.paint().is_ok_and(|drawn| !drawn));
    }

    #[test]
    fn first_frames_stay_within_their_bytes() {
        for (columns, rows, limit) in [(120, 40, 10_000), (80, 24, 5_000)] {
            let (mut looping, _clock) = looping(columns, rows, None);
            let bytes = turn(&mut looping, vec![]);
            assert!(bytes < limit, "{bytes} at {columns}");
        }
    }

    #[test]
    fn on_a_thin_line_frames_are_skipped_and_keys_are_not() {
        let (mut looping, clock) = looping(120, 40, Some(2_400));
        turn(&mut looping, vec![key("enter")]);
        clock.advance(Duration::from_secs(1));
        turn(&mut looping, vec![]);
        clock.advance(Duration::from_secs(1));
        let before = looping.written();
        // Two seconds of a key held at thirty a second.
        for i in 0..60 {
            turn(&mut looping, vec![key(if i % 16 < 8 { "j" } else { "k" })]);
            clock.advance(Duration::from_millis(33));
        }
        let (bytes, frames) = looping.written();
        assert!(frames - before.1 < 60, "{}", frames - before.1);
        assert!(bytes - before.0 < 2_400 * 3, "{}", bytes - before.0);
        let held = looping.deadline().unwrap();
        assert!(held <= clock.monotonic() + Duration::from_millis(250));
    }

    #[test]
    fn what_makes_us_leave_comes_before_keys_and_keys_before_answers() {
        let (mut looping, _clock) = looping(80, 24, None);
        let identity = Wake::Aws(Box::new(Event::Spent(crate::aws::Spent::default())));
        let leave = Wake::Term(TermEvent::Leave(Leaving::HungUp));
        let todo = looping.take(vec![identity, key("n"), leave]).unwrap();
        assert_eq!(todo, [Todo::Leave(Some(Leaving::HungUp))]);
    }

    #[test]
    fn frames_are_bracketed_once_the_terminal_said_that_it_can() {
        let (mut looping, _clock) = looping(80, 24, None);
        turn(&mut looping, vec![]);
        turn(&mut looping, vec![key("j")]);
        let plain = turn(&mut looping, vec![key("k")]);
        turn(&mut looping, vec![key("j")]);
        let can = Wake::Term(TermEvent::Input(Input::Mode {
            mode: 2026,
            usable: true,
        }));
        turn(&mut looping, vec![can]);
        let bracketed = turn(&mut looping, vec![key("k")]);
        assert_eq!(bracketed, plain + 16);
    }
}
