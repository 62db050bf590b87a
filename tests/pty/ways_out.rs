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
fn a_signal_to_end() {
    let gateway = Gateway::start();
    let mut terminal = open(&gateway);
    send(&terminal, Signal::TERM);
    terminal.ended();
    terminal.is_given_back().unwrap();
}

#[test]
fn a_lost_connection_ends_the_program() {
    let gateway = Gateway::start();
    let mut terminal = open(&gateway);
    terminal.hang_up();
    terminal.ended();
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
