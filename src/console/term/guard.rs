//! Takes the terminal and gives it back on every way out.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, ThreadId};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{OptionalActions, Termios, isatty, tcgetattr, tcgetwinsize, tcsetattr};

/// The terminal's two ends.
#[derive(Debug)]
pub struct Tty {
    input: OwnedFd,
    output: OwnedFd,
}

/// Why there is no terminal to use.
#[derive(Debug, thiserror::Error)]
pub enum NoTerminal {
    /// Standard input or output is a file or a pipe.
    #[error(
        "standard {0} isn't a terminal: the console needs one (over SSH ask for it with `ssh -t`); for scripts see `sluice --help`"
    )]
    Redirected(&'static str),
    /// The terminal can't be used.
    #[error("the terminal can't be used: {0}")]
    Io(#[from] io::Error),
}

impl Tty {
    /// The terminal on standard input and output.
    pub fn standard() -> Result<Self, NoTerminal> {
        if !isatty(io::stdin()) {
            return Err(NoTerminal::Redirected("input"));
        }
        if !isatty(io::stdout()) {
            return Err(NoTerminal::Redirected("output"));
        }
        Ok(Self {
            input: io::stdin().as_fd().try_clone_to_owned()?,
            output: io::stdout().as_fd().try_clone_to_owned()?,
        })
    }

    /// The terminal behind these two descriptors.
    #[must_use]
    pub fn new(input: OwnedFd, output: OwnedFd) -> Self {
        Self { input, output }
    }

    /// A descriptor of its own for reading.
    pub fn input(&self) -> io::Result<OwnedFd> {
        self.input.try_clone()
    }

    /// An unbuffered writer of its own.
    pub fn output(&self) -> io::Result<File> {
        Ok(File::from(self.output.try_clone()?))
    }

    /// Columns and rows; 80 by 24 when the terminal doesn't say.
    #[must_use]
    pub fn size(&self) -> (u16, u16) {
        match tcgetwinsize(&self.output) {
            Ok(size) if size.ws_col > 0 && size.ws_row > 0 => (size.ws_col, size.ws_row),
            _ => (80, 24),
        }
    }
}

/// What must be undone, kept where a panic hook can reach it.
struct Undo {
    tty: Tty,
    before: Termios,
    bytes: Vec<u8>,
    /// The thread that took the terminal: only when that one panics does the console end.
    owner: ThreadId,
}

static UNDO: Mutex<Option<Undo>> = Mutex::new(None);

/// A terminal in raw mode, on its alternate screen, with bracketed paste; dropping it undoes exactly what it did.
///
/// There is one at a time. [`restore`] undoes it from elsewhere (a panic hook), after which dropping does nothing.
#[derive(Debug)]
pub struct Guard {
    tty: Tty,
    mouse: bool,
}

impl Guard {
    /// Takes the terminal; `mouse` asks for mouse reports too (they take text selection away from the terminal).
    pub fn enter(tty: Tty, mouse: bool) -> io::Result<Self> {
        let guard = Self { tty, mouse };
        guard.take()?;
        Ok(guard)
    }

    /// The terminal itself.
    #[must_use]
    pub fn tty(&self) -> &Tty {
        &self.tty
    }

    /// Gives the terminal back for a while: to the shell when suspended, to an editor. [`take`](Self::take) takes it again.
    pub fn give_back(&self) {
        restore();
    }

    /// Sets the modes, also after [`give_back`](Self::give_back) or when a stop from outside left the terminal to the shell.
    pub fn take(&self) -> io::Result<()> {
        // What was undone by us or by the shell is learnt anew.
        restore();
        let before = tcgetattr(&self.tty.input)?;
        let mut raw = before.clone();
        raw.make_raw();
        tcsetattr(&self.tty.input, OptionalActions::Now, &raw)?;
        // Each mode, and what undoes it, in reverse order.
        let mut set = b"\x1b[?1049h\x1b[?2004h\x1b[?25l".to_vec();
        let mut undo = b"\x1b[0m\x1b[?25h\x1b[?2004l\x1b[?1049l".to_vec();
        if self.mouse {
            set.extend_from_slice(b"\x1b[?1002h\x1b[?1006h");
            undo.splice(0..0, b"\x1b[?1006l\x1b[?1002l".iter().copied());
        }
        set.extend_from_slice(b"\x1b[2J");
        let copy = Tty::new(self.tty.input.try_clone()?, self.tty.output.try_clone()?);
        *UNDO.lock().unwrap_or_else(PoisonError::into_inner) = Some(Undo {
            tty: copy,
            before,
            bytes: undo,
            owner: thread::current().id(),
        });
        self.tty.output()?.write_all(&set)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        restore();
    }
}

/// Gives the terminal back if it is taken. Errors are swallowed: whoever calls this is leaving, and the terminal may be gone.
pub fn restore() {
    let undo = UNDO.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(undo) = undo {
        // A terminal that takes nothing (its line is stuck, its buffers are full) gets its modes back all the same.
        let wait = Timespec {
            tv_sec: 0,
            tv_nsec: 50_000_000,
        };
        let mut fds = [PollFd::new(&undo.tty.output, PollFlags::OUT)];
        let ready = poll(&mut fds, Some(&wait)).is_ok_and(|n| n > 0);
        if ready && let Ok(mut out) = undo.tty.output() {
            let _ = out.write_all(&undo.bytes);
        }
        let _ = tcsetattr(&undo.tty.input, OptionalActions::Now, &undo.before);
    }
}

/// From now on, a panic of the thread that has the terminal gives it back before its message is printed, so that this can be read. A
/// panic of any other thread goes to the log: the console goes on, and its screen isn't written over.
pub fn restore_on_panic() {
    let print = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let owner = UNDO
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .as_ref()
            .map(|undo| undo.owner);
        let current = thread::current();
        if owner.is_some_and(|owner| owner != current.id()) {
            let name = current.name().unwrap_or("without a name");
            tracing::error!("the thread {name} has failed: {info}");
        } else {
            restore();
            print(info);
        }
    }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use portable_pty::{PtySize, native_pty_system};
    use rustix::termios::LocalModes;
    use std::io::Read;
    use std::sync::mpsc;

    struct Pty {
        pair: portable_pty::PtyPair,
        output: mpsc::Receiver<u8>,
    }

    impl Pty {
        fn open() -> Self {
            let size = PtySize {
                rows: 24,
                cols: 80,
                pixel_width: 0,
                pixel_height: 0,
            };
            let pair = native_pty_system().openpty(size).unwrap();
            let mut reader = pair.master.try_clone_reader().unwrap();
            let (send, output) = mpsc::channel();
            std::thread::spawn(move || {
                let mut byte = [0];
                while reader.read_exact(&mut byte).is_ok() && send.send(byte[0]).is_ok() {}
            });
            Self { pair, output }
        }

        fn file(&self) -> File {
            let path = self.pair.master.tty_name().unwrap();
            File::options().read(true).write(true).open(path).unwrap()
        }

        fn tty(&self) -> Tty {
            Tty::new(self.file().into(), self.file().into())
        }

        fn read_until(&self, end: &[u8]) -> Vec<u8> {
            let mut all = Vec::new();
            while !all.ends_with(end) {
                let limit = std::time::Duration::from_secs(10);
                all.push(self.output.recv_timeout(limit).unwrap());
            }
            all
        }

        fn is_raw(&self) -> bool {
            let modes = tcgetattr(self.file()).unwrap().local_modes;
            !modes.intersects(LocalModes::ICANON | LocalModes::ECHO)
        }
    }

    // One test: the guard is one per process, and tests run side by side.
    #[test]
    fn the_terminal_is_given_back_on_every_way_out() {
        let pty = Pty::open();
        assert!(!pty.is_raw());
        assert_eq!(pty.tty().size(), (80, 24));

        // Return, or an error: the guard is dropped.
        let guard = Guard::enter(pty.tty(), true).unwrap();
        assert!(pty.is_raw());
        let on = pty.read_until(b"\x1b[2J");
        drop(guard);
        assert!(!pty.is_raw());
        let off = pty.read_until(b"\x1b[?1049l");
        for mode in ["1049", "2004", "1002", "1006"] {
            let has =
                |bytes: &[u8], text: String| String::from_utf8_lossy(bytes).matches(&text).count();
            assert_eq!(has(&on, format!("\x1b[?{mode}h")), 1, "{mode}");
            assert_eq!(has(&off, format!("\x1b[?{mode}l")), 1, "{mode}");
        }

        // Suspended and resumed, then a panic's hook; dropping afterwards writes nothing more.
        let guard = Guard::enter(pty.tty(), false).unwrap();
        pty.read_until(b"\x1b[2J");
        guard.give_back();
        assert!(!pty.is_raw());
        pty.read_until(b"\x1b[?1049l");
        guard.take().unwrap();
        assert!(pty.is_raw());
        pty.read_until(b"\x1b[2J");
        restore();
        assert!(!pty.is_raw());
        let off = pty.read_until(b"\x1b[?1049l");
        assert!(
            !String::from_utf8_lossy(&off).contains("1006"),
            "undoes only what was done"
        );
        drop(guard);
        pty.file().write_all(b"end").unwrap();
        assert_eq!(pty.read_until(b"end"), b"end");

        // A panic of a thread that hasn't taken it leaves it as it is; one of the thread that has gives it back.
        let before = std::panic::take_hook();
        let printed = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let counted = printed.clone();
        let printed_here = move || printed.load(std::sync::atomic::Ordering::SeqCst);
        let here = thread::current().id();
        std::panic::set_hook(Box::new(move |info| {
            if thread::current().id() == here {
                counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            } else {
                // Of another test.
                before(info);
            }
        }));
        restore_on_panic();
        let guard = Guard::enter(pty.tty(), false).unwrap();
        pty.read_until(b"\x1b[2J");
        let other = thread::spawn(|| panic!("on purpose"));
        assert!(other.join().is_err());
        assert!(pty.is_raw(), "the console goes on");
        let own = std::panic::catch_unwind(|| panic!("on purpose"));
        assert!(own.is_err());
        assert!(!pty.is_raw());
        pty.read_until(b"\x1b[?1049l");
        assert_eq!(printed_here(), 1);
        drop(guard);
        drop(std::panic::take_hook());
    }
}
