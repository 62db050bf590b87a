//! The console as it runs: threads, the terminal, and the one loop that owns state and drawing.

use std::collections::BTreeMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;

use super::app::{App, Level, Message, Session, Task};
use super::looping::{Looping, Todo, Wake};
use super::outside::Outside;
use super::term::{
    ASK_SYNC, Caps, FrameWriter, Guard, InputThread, Leaving, NoTerminal, Pacer, Tty,
    restore_on_panic, stop_process, watch_signals,
};
use super::ui::keymap::KeymapError;
use super::ui::panes;
use super::ui::shell::{Shell, keymap};
use super::ui::signs::Signs;
use super::ui::theme::{Theme, ThemeError};
use crate::aws::{self, Aws};
use crate::base::{Chance, Clock};

/// How the console is to look and behave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Only ASCII signs.
    pub ascii: bool,
    /// Never bracket frames by mode 2026.
    pub no_sync: bool,
    /// Bytes a second that the line takes; 0 for no limit. By default careful inside an SSH session and unlimited elsewhere.
    pub line_rate: Option<u32>,
    /// Take mouse reports; text is then selected with shift held.
    pub mouse: bool,
    /// The theme's name.
    pub theme: Option<String>,
    /// Allow changes on AWS from the start.
    pub write: bool,
    /// The gateway runs inside this process.
    pub owns_gateway: bool,
    /// The user's keys for single actions.
    pub keys: BTreeMap<String, Vec<String>>,
    /// The user's themes: name → text of the file.
    pub themes: BTreeMap<String, String>,
}

/// Why the console can't start, or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum ConsoleError {
    /// There is no terminal.
    #[error(transparent)]
    NoTerminal(#[from] NoTerminal),
    /// The theme can't be used.
    #[error(transparent)]
    Theme(#[from] ThemeError),
    /// The user's keys can't be used.
    #[error(transparent)]
    Keys(#[from] KeymapError),
    /// There is nothing to show: the text says why.
    #[error("{0}")]
    Outside(String),
    /// Threads or the terminal failed.
    #[error("the console stopped: {0}")]
    Io(#[from] io::Error),
}

/// How the console ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The user quit.
    Quit,
    /// A signal asked for it.
    Asked,
    /// The terminal went away: nothing can be written any more.
    HungUp,
}

/// Runs the console until it ends. The terminal is given back on every way out.
///
/// `var` reads an environment variable. `begin` is called on a thread of its own once the first frame is drawn; the other side is asked
/// nothing before it says [`Outside::ready`].
pub fn run(
    session: aws::Session,
    options: &Options,
    clock: &Clock,
    chance: Chance,
    var: impl Fn(&str) -> Option<String>,
    begin: impl FnOnce(Outside) + Send + 'static,
) -> Result<End, ConsoleError> {
    let tty = Tty::standard()?;
    let caps = Caps::detect(&var, options.ascii);
    let name = options
        .theme
        .as_deref()
        .unwrap_or(Theme::name_for(caps.colours));
    let theme = Theme::load(name, caps.colours, &|name| {
        options.themes.get(name).cloned()
    })?;
    let keymap = keymap(&options.keys)?;
    let app = App::new(
        Session::new(&session, options.owns_gateway, options.write),
        clock.clone(),
    );
    let shell = Shell::new(
        app,
        panes::all(),
        keymap,
        theme,
        caps.colours,
        Signs::of(caps.unicode),
    );

    let (send, wakes) = mpsc::channel();
    restore_on_panic();
    // Before anything is changed that a signal would leave behind.
    let to_loop = send.clone();
    let leaver = watch_signals(tty.input()?, move |event| {
        to_loop.send(Wake::Term(event)).is_ok()
    })?;
    let guard = Guard::enter(tty, options.mouse)?;
    let (columns, rows) = guard.tty().size();
    let writer = FrameWriter::new(guard.tty().output()?, columns, rows);
    let pacer = Pacer::new(Pacer::rate(options.line_rate, caps.over_ssh));
    let mut looping = Looping::new(shell, writer, pacer, caps.in_tmux, !options.no_sync)?;
    looping.paint()?;
    let outside = Outside::new(send.clone());
    thread::Builder::new()
        .name("begin".to_owned())
        .spawn(move || {
            let told = outside.clone();
            if catch_unwind(AssertUnwindSafe(|| begin(outside))).is_err() {
                let why = "sluice failed beside this console, the log file has more: quit and start it again";
                told.tell(Message::Say(Level::Failed, why.to_owned()));
            }
        })?;

    let to_loop = send.clone();
    let mut input = InputThread::start(guard.tty().input()?, move |event| {
        to_loop.send(Wake::Term(event)).is_ok()
    })?;
    if !options.no_sync && knows_queries(&var("TERM").unwrap_or_default()) {
        looping.query(ASK_SYNC)?;
    }
    let to_loop = send.clone();
    let aws = Aws::start(session, clock.clone(), chance, move |event| {
        // The loop may have ended: then nobody wants to know.
        let _ = to_loop.send(Wake::Aws(Box::new(event)));
    })?;
    let work = |task: Task| {
        let (to_loop, clock) = (send.clone(), clock.clone());
        if let Some(handle) = aws.handle() {
            // A thread of its own beside the two that wait for answers: a template may run long.
            handle.spawn_blocking(move || to_loop.send(Wake::Finished(Box::new(task.run(&clock)))));
        }
    };
    let end = turn(&mut looping, &wakes, &aws, &work, &guard, &mut input, clock);
    drop(guard);
    drop(leaver);
    match end {
        Ok(end) => end.map_err(ConsoleError::Outside),
        // A terminal that can't be written to is gone.
        Err(error) if is_gone(&error) => Ok(End::HungUp),
        Err(error) => Err(error.into()),
    }
}

/// Old terminals print what they don't understand.
fn knows_queries(term: &str) -> bool {
    !(term.is_empty() || term == "dumb" || term == "linux" || term.starts_with("vt"))
}

fn is_gone(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::BrokenPipe | io::ErrorKind::UnexpectedEof
    ) || error.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error())
}

/// Waits, takes all that is ready, updates, and draws once if anything changed and the pacer agrees.
fn turn(
    looping: &mut Looping<std::fs::File>,
    wakes: &Receiver<Wake>,
    aws: &Aws,
    work: &dyn Fn(Task),
    guard: &Guard,
    input: &mut InputThread,
    clock: &Clock,
) -> io::Result<Result<End, String>> {
    // What is to be asked once somebody answers.
    let mut held = Some(Vec::new());
    let mut todo = looping.settle()?;
    // Stops that we ordered ourselves are followed by a continuation that needs nothing more.
    let mut expected_resumes = 0;
    loop {
        for task in todo.drain(..) {
            match task {
                Todo::Ask(query, generation) => match &mut held {
                    Some(held) => held.push((query, generation)),
                    None => aws.ask(query, generation),
                },
                Todo::Forget(query, generation) => {
                    let left = (query, generation);
                    match &mut held {
                        Some(held) => held.retain(|asked| *asked != left),
                        None => {
                            aws.forget(&left.0, left.1);
                        }
                    }
                }
                Todo::Begin => {
                    for (query, generation) in held.take().unwrap_or_default() {
                        aws.ask(query, generation);
                    }
                }
                Todo::Fail(why) => return Ok(Err(why)),
                Todo::Run(id, op) => aws.run(id, *op),
                Todo::Work(task) => work(task),
                Todo::Measure => looping.resized(guard.tty().size()),
                Todo::Suspend => {
                    input.pause()?;
                    guard.give_back();
                    expected_resumes += 1;
                    stop_process()?;
                    guard.take()?;
                    input.resume()?;
                    looping.reentered(guard.tty().size())?;
                }
                Todo::Retake if expected_resumes > 0 => expected_resumes -= 1,
                Todo::Retake => {
                    guard.take()?;
                    looping.reentered(guard.tty().size())?;
                }
                Todo::Leave(None) => return Ok(Ok(End::Quit)),
                Todo::Leave(Some(Leaving::Asked)) => return Ok(Ok(End::Asked)),
                Todo::Leave(Some(Leaving::HungUp)) => return Ok(Ok(End::HungUp)),
            }
        }
        looping.paint()?;
        let first = match looping.deadline() {
            None => wakes.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(at) => wakes.recv_timeout(at.saturating_sub(clock.monotonic())),
        };
        let batch: Vec<Wake> = match first {
            Ok(first) => std::iter::once(first).chain(wakes.try_iter()).collect(),
            Err(RecvTimeoutError::Timeout) => Vec::new(),
            // All senders are gone: the input thread ended, which it does when the terminal is gone.
            Err(RecvTimeoutError::Disconnected) => return Ok(Ok(End::HungUp)),
        };
        todo = looping.take(batch)?;
        todo.extend(looping.settle()?);
    }
}
