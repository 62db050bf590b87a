//! A terminal with the program in it.

use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::termios::{Action, Termios, tcflow, tcgetattr};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};

/// How long anything may take before the test gives up; nothing waits this long when all is well.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long a screen must stay as it is to count as at rest.
const REST: Duration = Duration::from_millis(400);

fn cells(n: u16) -> NonZeroU16 {
    NonZeroU16::new(n).unwrap()
}

pub(crate) struct Terminal {
    master: Option<Box<dyn MasterPty + Send>>,
    writer: Option<Box<dyn Write + Send>>,
    child: Box<dyn Child + Send + Sync>,
    output: Receiver<Vec<u8>>,
    /// Tells the listener to go away with the next bytes.
    deaf: Arc<AtomicBool>,
    listener: Option<JoinHandle<()>>,
    /// The program's end of the terminal.
    slave: File,
    /// The terminal's modes before the program came.
    before: Termios,
    /// Goes with this.
    _home: tempfile::TempDir,
    screen: vt100::Parser,
    /// Everything that was written so far.
    pub(crate) written: Vec<u8>,
}

impl Terminal {
    /// Starts the program in a terminal of that size.
    pub(crate) fn open(columns: u16, rows: u16, arguments: &[&str]) -> Self {
        Self::with(columns, rows, arguments, &[])
    }

    /// With these variables in its environment, which has hardly any else.
    pub(crate) fn with(
        columns: u16,
        rows: u16,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> Self {
        let size = PtySize {
            rows,
            cols: columns,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let home = tempfile::tempdir().unwrap();
        let path = pair.master.tty_name().unwrap();
        let slave = File::options().read(true).write(true).open(path).unwrap();
        let before = tcgetattr(&slave).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_sluice"));
        command.args(arguments);
        command.env_clear();
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        command.env("HOME", home.path());
        // A bastion's proxy must not catch local calls: this one leads nowhere.
        command.env("HTTP_PROXY", "http://127.0.0.1:1");
        command.env("HTTPS_PROXY", "http://127.0.0.1:1");
        command.env("ALL_PROXY", "http://127.0.0.1:1");
        for (name, value) in variables {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let writer = pair.master.take_writer().unwrap();
        let (send, output) = channel();
        let deaf = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&deaf);
        let listener = std::thread::spawn(move || {
            let mut buffer = vec![0; 65536];
            while let Ok(n @ 1..) = reader.read(&mut buffer) {
                if send.send(buffer[..n].to_vec()).is_err() || told.load(Ordering::SeqCst) {
                    return;
                }
            }
        });
        Self {
            master: Some(pair.master),
            writer: Some(writer),
            child,
            output,
            deaf,
            listener: Some(listener),
            slave,
            before,
            _home: home,
            screen: vt100::Parser::new(cells(rows), cells(columns), 0),
            written: Vec::new(),
        }
    }

    /// What is on the screen.
    pub(crate) fn text(&self) -> String {
        self.screen.screen().contents()
    }

    /// Types these characters.
    pub(crate) fn press(&mut self, keys: &str) {
        let writer = self.writer.as_mut().unwrap();
        writer.write_all(keys.as_bytes()).unwrap();
        writer.flush().unwrap();
    }

    fn take(&mut self, bytes: &[u8]) {
        self.screen.process(bytes);
        self.written.extend_from_slice(bytes);
    }

    /// Waits until `text` is on the screen.
    pub(crate) fn wait_for(&mut self, text: &str) {
        self.wait_until(text, |screen| screen.contents().contains(text));
    }

    /// Waits until something is true of the screen; `what` names it.
    pub(crate) fn wait_until(&mut self, what: &str, is_so: impl Fn(&vt100::Screen) -> bool) {
        let start = Instant::now();
        while !is_so(self.screen.screen()) {
            match self
                .output
                .recv_timeout(PATIENCE.saturating_sub(start.elapsed()))
            {
                Ok(bytes) => self.take(&bytes),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    panic!("'{what}' did not come; the screen is:\n{}", self.text())
                }
            }
        }
    }

    /// Waits until nothing has been written for a while; gives the bytes that came until then.
    pub(crate) fn rest(&mut self) -> usize {
        let before = self.written.len();
        while let Ok(bytes) = self.output.recv_timeout(REST) {
            self.take(&bytes);
        }
        self.written.len() - before
    }

    /// The bytes of the next answer to a key: from its first to the last before a pause this long.
    pub(crate) fn next_bytes(&mut self, pause: Duration) -> usize {
        let before = self.written.len();
        let mut wait = PATIENCE;
        while let Ok(bytes) = self.output.recv_timeout(wait) {
            self.take(&bytes);
            wait = pause;
        }
        self.written.len() - before
    }

    /// The bytes written within that time: for asserting that there are none.
    pub(crate) fn bytes_within(&mut self, time: Duration) -> usize {
        let (before, start) = (self.written.len(), Instant::now());
        while let Ok(bytes) = self
            .output
            .recv_timeout(time.saturating_sub(start.elapsed()))
        {
            self.take(&bytes);
        }
        self.written.len() - before
    }

    pub(crate) fn resize(&mut self, columns: u16, rows: u16) {
        let size = PtySize {
            rows,
            cols: columns,
            pixel_width: 0,
            pixel_height: 0,
        };
        self.master.as_ref().unwrap().resize(size).unwrap();
        self.screen
            .screen_mut()
            .set_size(cells(rows), cells(columns));
    }

    pub(crate) fn process(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    /// Waits until the system has stopped the program: what continues it before that has no effect.
    #[cfg(target_os = "linux")]
    pub(crate) fn wait_until_stopped(&self) {
        let start = Instant::now();
        loop {
            let line = std::fs::read_to_string(format!("/proc/{}/stat", self.process())).unwrap();
            // The state follows the name, which is in brackets.
            if line
                .rsplit(") ")
                .next()
                .is_some_and(|rest| rest.starts_with('T'))
            {
                return;
            }
            assert!(start.elapsed() < PATIENCE, "it doesn't stop: {line}");
            std::thread::yield_now();
        }
    }

    /// Closes the terminal under the program, as a lost connection does.
    pub(crate) fn hang_up(&mut self) {
        // The listener holds the terminal open too, and goes away only with the next bytes: have some written.
        self.deaf.store(true, Ordering::SeqCst);
        self.press("?");
        self.listener.take().unwrap().join().unwrap();
        self.writer = None;
        self.master = None;
    }

    /// Waits for the program's end.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            match self.output.recv_timeout(Duration::from_millis(20)) {
                Ok(bytes) => self.take(&bytes),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
            }
            if let Some(status) = self.child.try_wait().unwrap() {
                while let Ok(bytes) = self.output.recv_timeout(Duration::from_millis(50)) {
                    self.take(&bytes);
                }
                return status;
            }
            assert!(
                start.elapsed() < PATIENCE,
                "it goes on; the screen is:\n{}",
                self.text()
            );
        }
    }

    /// The terminal takes nothing any more, as one behind a line that is stuck.
    pub(crate) fn stall(&self) {
        tcflow(&self.slave, Action::OOff).unwrap();
    }

    /// Waits until the program has ended, without reading what it writes.
    pub(crate) fn gone(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(start.elapsed() < PATIENCE, "it goes on");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Whether the modes that the system keeps (raw, echo) are as they were.
    pub(crate) fn modes_are_back(&self) -> Result<(), String> {
        let now = tcgetattr(&self.slave).unwrap();
        let modes = |t: &Termios| {
            (
                t.input_modes,
                t.output_modes,
                t.control_modes,
                t.local_modes,
            )
        };
        if modes(&now) == modes(&self.before) {
            Ok(())
        } else {
            Err(format!("the modes are {now:?}"))
        }
    }

    /// Whether every mode that was turned on was turned off again, in the terminal and in the system.
    pub(crate) fn is_given_back(&self) -> Result<(), String> {
        self.modes_are_back()?;
        let text = String::from_utf8_lossy(&self.written);
        for mode in [
            "1049", "2004", "1000", "1002", "1003", "1006", "1004", "2026",
        ] {
            let on = text.rfind(&format!("\x1b[?{mode}h"));
            let off = text.rfind(&format!("\x1b[?{mode}l"));
            if on > off {
                return Err(format!("mode {mode} was left on"));
            }
        }
        let (hidden, shown) = (text.rfind("\x1b[?25l"), text.rfind("\x1b[?25h"));
        if hidden > shown {
            Err("the cursor was left hidden".to_owned())
        } else {
            Ok(())
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
