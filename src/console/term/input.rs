//! The thread that reads the terminal, and the one that watches for signals and for the terminal to go away.

use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::mpsc;
use std::thread;

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
/// returns false.
pub fn watch_signals(
    tty: OwnedFd,
    sink: impl Fn(Event) -> bool + Send + 'static,
) -> io::Result<()> {
    watch(
        tty,
        &[SIGTERM, SIGHUP, SIGINT, SIGTSTP, SIGCONT, SIGWINCH],
        sink,
    )
}

fn watch(
    tty: OwnedFd,
    signals: &[i32],
    sink: impl Fn(Event) -> bool + Send + 'static,
) -> io::Result<()> {
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
                    if !sink(event) {
                        return;
                    }
                }
                if gone {
                    sink(Event::Leave(Leaving::HungUp));
                    return;
                }
            }
        })?;
    Ok(())
}

/// Stops this process as SIGTSTP does by default; returns when it is continued.
pub fn stop_process() -> io::Result<()> {
    signal_hook::low_level::emulate_default_handler(SIGTSTP)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::term::key::{Code, Key};
    use std::time::Duration;

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
        let (mut thread, events, mut tty) = start();
        thread.pause().unwrap();
        tty.write_all(b"a").unwrap();
        assert!(events.try_recv().is_err());
        thread.resume().unwrap();
        assert_eq!(events.recv_timeout(LONG).unwrap(), key("a"));
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
        watch(theirs.into(), &[SIGWINCH], move |e| send.send(e).is_ok()).unwrap();
        drop(ours);
        assert_eq!(
            events.recv_timeout(LONG).unwrap(),
            Event::Leave(Leaving::HungUp)
        );
    }
}
