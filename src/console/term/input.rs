//! The thread that reads the terminal, and the one that watches for signals and for the terminal to go away.

use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGWINCH};
use signal_hook::iterator::backend::SignalDelivery;
use signal_hook::iterator::exfiltrator::SignalOnly;

use super::parse::{Input, Parser};

/// What the terminal's threads tell the loop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The user did something, or the terminal answered a query.
    Input(Input),
    /// The terminal has another size.
    Resized,
    /// Stop as the shell's job control asks.
    Suspend,
    /// The program runs again after a stop.
    Resumed,
    /// Leave now: SIGTERM, SIGHUP, SIGINT, or the terminal is gone.
    Leave(Leaving),
}

/// Why the program has to leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaving {
    /// Someone asked: SIGTERM or SIGINT.
    Asked,
    /// The terminal hung up: nothing can be shown any more.
    HungUp,
}

/// After a lone Escape byte, how long the rest of a sequence may take: over SSH a sequence can arrive in two packets.
const ESCAPE_WAIT: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 25_000_000,
};

/// The thread that reads keys. It sleeps in `poll` until bytes come; dropping this ends it.
#[derive(Debug)]
pub struct InputThread {
    control: PipeWriter,
    paused: mpsc::Receiver<()>,
}

impl InputThread {
    /// Starts to read `tty`. `sink` gets each event and returns false when nobody listens any more.
    pub fn start(tty: OwnedFd, sink: impl Fn(Event) -> bool + Send + 'static) -> io::Result<Self> {
        let (control_read, control) = io::pipe()?;
        let (ack, paused) = mpsc::channel();
        thread::Builder::new().name("input".into()).spawn(move || {
            // Without keys nobody could leave any more, were this thread to fail.
            let _last = Last(&sink);
            if read_keys(&tty, control_read, &sink, &ack).is_err() {
                sink(Event::Leave(Leaving::HungUp));
            }
        })?;
        Ok(Self { control, paused })
    }

    /// Stops reading, so that another program can have the keys; returns when the thread has let go.
    pub fn pause(&mut self) -> io::Result<()> {
        self.control.write_all(b"p")?;
        self.paused.recv().map_err(io::Error::other)
    }

    /// Reads again after [`pause`](Self::pause).
    pub fn resume(&mut self) -> io::Result<()> {
        self.control.write_all(b"r")
    }
}

/// Says when its thread panics that the console must leave.
struct Last<'a, S: Fn(Event) -> bool>(&'a S);

impl<S: Fn(Event) -> bool> Drop for Last<'_, S> {
    fn drop(&mut self) {
        if thread::panicking() {
            (self.0)(Event::Leave(Leaving::Asked));
        }
    }
}

fn read_keys(
    tty: &OwnedFd,
    mut control: PipeReader,
    sink: &impl Fn(Event) -> bool,
    ack: &mpsc::Sender<()>,
) -> io::Result<()> {
    let mut parser = Parser::default();
    let mut bytes = [0; 4096];
    loop {
        let wait = parser.is_undecided().then_some(&ESCAPE_WAIT);
        let (keys, commands) = {
            let mut fds = [
                PollFd::new(tty, PollFlags::IN),
                PollFd::new(&control, PollFlags::IN),
            ];
            match poll(&mut fds, wait) {
                Err(rustix::io::Errno::INTR) => continue,
                Err(error) => return Err(error.into()),
                Ok(_) => (fds[0].revents(), fds[1].revents()),
            }
        };
        if !commands.is_empty() {
            let mut command = [0];
            if control.read(&mut command)? == 0 {
                return Ok(());
            }
            if command == *b"p" {
                if ack.send(()).is_err() {
                    return Ok(());
                }
                while command != *b"r" {
                    if control.read(&mut command)? == 0 {
                        return Ok(());
                    }
                }
            }
            continue;
        }
        if keys.contains(PollFlags::IN) {
            // A hang-up reads as 0 bytes or EIO.
            let n = match rustix::io::read(tty, &mut bytes) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(n) => n,
                Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => continue,
                Err(error) => return Err(error.into()),
            };
            for input in parser.feed(&bytes[..n]) {
                if !sink(Event::Input(input)) {
                    return Ok(());
                }
            }
        } else if !keys.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        } else if let Some(input) = parser.give_up()
            && !sink(Event::Input(input))
        {
            return Ok(());
        }
    }
}

/// Starts the thread that hears signals and notices when `tty` hangs up, which nobody may signal (nohup, sudo, a careless parent).
///
/// From here on SIGTERM, SIGHUP, SIGINT and SIGTSTP don't act by themselves: the loop does what they ask. The thread ends when `sink`
/// returns false, or when the loop was told to leave.
///
/// A loop that is stuck in writing to a terminal whose line doesn't move can't hear that it shall leave: if the [`Leaver`] isn't dropped
/// [`LEAVE_WAIT`] after that was said, the terminal is given back and the process ends.
pub fn watch_signals(
    tty: OwnedFd,
    sink: impl Fn(Event) -> bool + Send + 'static,
) -> io::Result<Leaver> {
    let signals = [SIGTERM, SIGHUP, SIGINT, SIGTSTP, SIGCONT, SIGWINCH];
    watch(tty, &signals, sink, || {
        super::restore();
        std::process::exit(STUCK);
    })
}

/// How long the loop may take to leave.
const LEAVE_WAIT: Duration = Duration::from_millis(200);
/// The exit code of a process that had to be ended: as a shell tells of SIGTERM.
const STUCK: i32 = 128 + SIGTERM;

/// Whoever is to leave holds this until it has left.
#[derive(Debug)]
pub struct Leaver(#[allow(dead_code, reason = "its drop is what is told")] mpsc::Sender<()>);

fn watch(
    tty: OwnedFd,
    signals: &[i32],
    sink: impl Fn(Event) -> bool + Send + 'static,
    force: impl FnOnce() + Send + 'static,
) -> io::Result<Leaver> {
    let (here, left) = mpsc::channel();
    let (read, write) = UnixStream::pair()?;
    let mut delivery = SignalDelivery::with_pipe(read, write, SignalOnly, signals)?;
    thread::Builder::new()
        .name("signals".into())
        .spawn(move || {
            loop {
                let gone = {
                    let mut fds = [
                        PollFd::new(delivery.get_read(), PollFlags::IN),
                        // No flags: hang-up and error are always reported.
                        PollFd::from_borrowed_fd(tty.as_fd(), PollFlags::empty()),
                    ];
                    match poll(&mut fds, None) {
                        Err(rustix::io::Errno::INTR) => continue,
                        Err(_) => true,
                        Ok(_) => !fds[1].revents().is_empty(),
                    }
                };
                for signal in delivery.pending() {
                    let event = match signal {
                        SIGHUP => Event::Leave(Leaving::HungUp),
                        SIGTSTP => Event::Suspend,
                        SIGCONT => Event::Resumed,
                        SIGWINCH => Event::Resized,
                        _ => Event::Leave(Leaving::Asked),
                    };
                    let leaves = matches!(event, Event::Leave(_));
                    if !sink(event) {
                        return;
                    }
                    if leaves {
                        return await_leave(&left, force);
                    }
                }
                if gone {
                    if sink(Event::Leave(Leaving::HungUp)) {
                        await_leave(&left, force);
                    }
                    return;
                }
            }
        })?;
    Ok(Leaver(here))
}

fn await_leave(left: &mpsc::Receiver<()>, force: impl FnOnce()) {
    if left.recv_timeout(LEAVE_WAIT) == Err(mpsc::RecvTimeoutError::Timeout) {
        force();
    }
}

/// Stops this process as SIGTSTP does by default; returns when it is continued.
pub fn stop_process() -> io::Result<()> {
    signal_hook::low_level::emulate_default_handler(SIGTSTP)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::term::key::{Code, Key};

    const LONG: Duration = Duration::from_secs(10);

    fn start() -> (InputThread, mpsc::Receiver<Event>, UnixStream) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let (send, events) = mpsc::channel();
        let thread = InputThread::start(theirs.into(), move |e| send.send(e).is_ok()).unwrap();
        (thread, events, ours)
    }

    fn key(text: &str) -> Event {
        Event::Input(Input::Key(text.parse().unwrap()))
    }

    #[test]
    fn keys_come_and_a_hang_up_is_noticed() {
        let (_thread, events, mut tty) = start();
        tty.write_all(b"a\x1b[A").unwrap();
        assert_eq!(events.recv_timeout(LONG).unwrap(), key("a"));
        assert_eq!(events.recv_timeout(LONG).unwrap(), key("up"));
        drop(tty);
        assert_eq!(
            events.recv_timeout(LONG).unwrap(),
            Event::Leave(Leaving::HungUp)
        );
        assert!(events.recv_timeout(LONG).is_err(), "the thread has ended");
    }

    #[test]
    fn a_lone_escape_is_the_key() {
        let (_thread, events, mut tty) = start();
        tty.write_all(b"\x1b").unwrap();
        let esc = Event::Input(Input::Key(Key::plain(Code::Esc)));
        assert_eq!(events.recv_timeout(LONG).unwrap(), esc);
    }

    #[test]
    fn while_paused_the_keys_are_left_to_others() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let (send, events) = mpsc::channel();
        let mut others = theirs.try_clone().unwrap();
        let mut tty = ours;
        let mut thread = InputThread::start(theirs.into(), move |e| send.send(e).is_ok()).unwrap();
        thread.pause().unwrap();
        tty.write_all(b"a").unwrap();
        // Another reads what was typed meanwhile: it would be gone if it had been read here.
        let mut byte = [0];
        others.read_exact(&mut byte).unwrap();
        assert_eq!(&byte, b"a");
        tty.write_all(b"b").unwrap();
        thread.resume().unwrap();
        assert_eq!(events.recv_timeout(LONG).unwrap(), key("b"));
    }

    #[test]
    fn dropping_ends_the_thread() {
        let (thread, events, _tty) = start();
        drop(thread);
        assert!(events.recv_timeout(LONG).is_err());
    }

    #[test]
    fn the_watcher_notices_a_hang_up() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let (send, events) = mpsc::channel();
        let (forced, force) = mpsc::channel();
        let sink = move |event| send.send(event).is_ok();
        let leaver = watch(theirs.into(), &[SIGWINCH], sink, move || {
            forced.send(()).unwrap();
        });
        drop(ours);
        assert_eq!(
            events.recv_timeout(LONG).unwrap(),
            Event::Leave(Leaving::HungUp)
        );
        // Nobody leaves: it is done by force.
        assert_eq!(force.recv_timeout(LONG), Ok(()));
        drop(leaver);
    }

    #[test]
    fn whoever_leaves_in_time_isnt_forced() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let (send, events) = mpsc::channel();
        let (forced, force) = mpsc::channel::<()>();
        let sink = move |event| send.send(event).is_ok();
        let leaver = watch(theirs.into(), &[SIGWINCH], sink, move || {
            forced.send(()).unwrap();
        });
        drop(leaver);
        drop(ours);
        events.recv_timeout(LONG).unwrap();
        // The watcher has ended, and `forced` with it, unused.
        assert_eq!(
            force.recv_timeout(LONG),
            Err(mpsc::RecvTimeoutError::Disconnected)
        );
    }
}
