//! Every way out gives the terminal back.

use rustix::process::{Pid, Signal, kill_process};

use crate::support::Gateway;
use crate::terminal::Terminal;

fn open(gateway: &Gateway) -> Terminal {
    let mut terminal = Terminal::open(120, 40, &["--endpoint-url", &gateway.url()]);
    terminal.wait_for("No REST APIs");
    terminal
}

fn send(terminal: &Terminal, signal: Signal) {
    let pid = Pid::from_raw(terminal.process().try_into().unwrap()).unwrap();
    kill_process(pid, signal).unwrap();
}

#[test]
fn quitting() {
    let gateway = Gateway::start();
    let mut terminal = open(&gateway);
    terminal.press("q");
    assert_eq!(terminal.ended().exit_code(), 0);
    terminal.is_given_back().unwrap();
}

#[test]
fn signals_to_end() {
    let gateway = Gateway::start();
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        let mut terminal = open(&gateway);
        send(&terminal, signal);
        terminal.ended();
        let back = terminal.is_given_back();
        assert_eq!(back, Ok(()), "{signal:?}");
    }
}

#[test]
fn a_signal_is_heard_while_the_terminal_takes_nothing() {
    let gateway = Gateway::start();
    let mut terminal = open(&gateway);
    terminal.stall();
    // Redrawing everything, it is stuck in writing.
    terminal.press("\x0c\x0c\x0c");
    send(&terminal, Signal::TERM);
    terminal.gone();
    terminal.modes_are_back().unwrap();
}

/// Whether a process has ended (nobody has asked for its status yet), and seconds of the processor that it has used.
#[cfg(target_os = "linux")]
fn used(process: u32) -> (bool, f64) {
    let line = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    // The state follows the name, which is in brackets; the times are the 12th and 13th from there.
    let fields: Vec<&str> = line.rsplit(") ").next().unwrap().split(' ').collect();
    let ticks: f64 = fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap();
    // The system counts in hundredths of a second.
    (fields[0] == "Z", ticks / 100.0)
}

#[cfg(target_os = "linux")]
#[test]
fn a_lost_connection_ends_the_program_soon_and_without_spinning() {
    let gateway = Gateway::start();
    let mut terminal = open(&gateway);
    let process = terminal.process();
    let (_, before) = used(process);
    let start = std::time::Instant::now();
    terminal.hang_up();
    let after = loop {
        let (ended, used) = used(process);
        let (took, spun) = (start.elapsed(), used - before);
        assert!(
            took.as_secs() < 10 && spun < 1.0,
            "{took:?}, {spun} s of the processor"
        );
        if ended {
            break used;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    };
    assert!(after - before < 1.0);
    terminal.gone();
}

#[test]
fn a_terminal_too_small_says_so_and_recovers() {
    let gateway = Gateway::start();
    let mut terminal = open(&gateway);
    terminal.resize(30, 8);
    terminal.wait_for("too small");
    terminal.resize(120, 40);
    terminal.wait_for("No REST APIs");
    terminal.press("q");
    terminal.ended();
    terminal.is_given_back().unwrap();
}

#[test]
fn help_lists_the_keys_and_goes_away() {
    let gateway = Gateway::start();
    let mut terminal = open(&gateway);
    terminal.press("?");
    terminal.wait_for("Quits");
    terminal.press("\x1b");
    terminal.wait_for("No REST APIs");
}

#[test]
fn an_endpoint_that_is_down_is_said_and_what_to_do() {
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let url = format!("http://127.0.0.1:{port}");
    let mut terminal = Terminal::open(120, 40, &["--endpoint-url", &url]);
    terminal.wait_for(&format!("127.0.0.1:{port}"));
    terminal.wait_for("no connection");
    terminal.wait_for("tries again");
    terminal.press("q");
    assert_eq!(terminal.ended().exit_code(), 0);
    terminal.is_given_back().unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn suspended_and_continued_it_takes_the_terminal_again() {
    let gateway = Gateway::start();
    let mut terminal = open(&gateway);
    terminal.press("\x1a");
    terminal.wait_until("the terminal is given back", |screen| {
        !screen.alternate_screen()
    });
    terminal.wait_until_stopped();
    send(&terminal, Signal::CONT);
    terminal.wait_for("No REST APIs");
    terminal.press("?");
    terminal.wait_for("Quits");
    terminal.press("\x1b");
    terminal.wait_until("the help closes", |screen| {
        !screen.contents().contains("Quits")
    });
    terminal.press("q");
    assert_eq!(terminal.ended().exit_code(), 0);
    terminal.is_given_back().unwrap();
}

#[test]
fn wrong_flags_are_refused_before_the_terminal_is_touched() {
    let somewhere = "http://127.0.0.1:1";
    let cases: [(&[&str], &str); 3] = [
        (&["--endpoint-url", "nonsense"], "not an http or https URL"),
        (&["--endpoint-url", "http://example.com"], "--profile NAME"),
        (
            &["--endpoint-url", somewhere, "--theme", "nope"],
            "there is no theme `nope`",
        ),
    ];
    for (arguments, words) in cases {
        let mut terminal = Terminal::open(120, 40, arguments);
        assert_eq!(terminal.ended().exit_code(), 2, "{arguments:?}");
        let said = terminal.text();
        assert!(said.contains(words), "{arguments:?}: {said}");
        let bytes = String::from_utf8_lossy(&terminal.written).into_owned();
        assert!(!bytes.contains("\x1b[?1049h"), "{arguments:?}");
    }
}

#[test]
fn without_a_terminal_it_says_so() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_sluice"))
        .args(["--endpoint-url", "http://127.0.0.1:1"])
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("standard input isn't a terminal"), "{error}");
    assert!(output.stdout.is_empty());
}
