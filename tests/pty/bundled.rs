//! The console on the bundled gateway: first start, a second console, coming back, and what can be in the way.

use std::net::TcpListener;
use std::path::Path;

use crate::terminal::Terminal;

fn sluice(folder: &Path) -> Terminal {
    let folder = folder.to_str().unwrap();
    Terminal::open(120, 40, &["--data-dir", folder])
}

/// The stage URL that the stages pane shows.
fn url(terminal: &mut Terminal) -> String {
    terminal.press("5");
    terminal.wait_for("/_aws/execute-api/");
    terminal.rest();
    let text = terminal.text();
    let at = text.find("http://").unwrap();
    text[at..].split_whitespace().next().unwrap().to_owned()
}

async fn status(url: &str) -> u16 {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    client.get(url).send().await.unwrap().status().as_u16()
}

/// Whether the sample's backend gave this answer: it is too busy now and then by design. Without a backend the gateway says 504.
fn is_the_shops(status: u16) -> bool {
    matches!(status, 200 | 503)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_start_brings_a_sample_and_later_ones_bring_it_back() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut first = sluice(folder);
    first.wait_for("PetStore");
    first.wait_for("stage prod");
    first.wait_for("not deployed");
    let base = url(&mut first);
    let answer = status(&format!("{base}/pets/1")).await;
    assert!(is_the_shops(answer), "{answer}");

    let mut second = sluice(folder);
    second.wait_for("attached to the gateway of process");
    second.wait_for("PetStore");
    second.press("q");
    assert_eq!(second.ended().exit_code(), 0);
    assert!(!second.text().contains("stopped serving"));
    assert_eq!(
        status(&format!("{base}/health")).await,
        200,
        "it is still there"
    );

    first.press("q");
    assert_eq!(first.ended().exit_code(), 0);
    first.is_given_back().unwrap();
    assert!(
        first.text().contains("has stopped serving"),
        "{}",
        first.text()
    );

    // The shop has another port now, and the sample isn't made a second time.
    let mut third = sluice(folder);
    third.wait_for("APIs  1");
    third.wait_for("PetStore");
    let base = url(&mut third);
    let answer = status(&format!("{base}/pets/1")).await;
    assert!(is_the_shops(answer), "found again: {answer}");
    third.press("q");
    assert_eq!(third.ended().exit_code(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attached_console_takes_over_when_the_owner_ends() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut owner = sluice(folder);
    owner.wait_for("stage prod");
    owner.wait_for("not deployed");
    let base = url(&mut owner);
    let mut heir = sluice(folder);
    heir.wait_for("attached to the gateway of process");
    heir.press("2");
    heir.wait_for("/health");
    owner.press("q");
    assert_eq!(owner.ended().exit_code(), 0);

    heir.wait_for("the gateway has ended");
    heir.press("n");
    heir.wait_until("the offer goes", |screen| {
        !screen.contents().contains("has ended:")
    });
    heir.wait_for(" ended 000000000000");
    heir.press(":take over\r");
    heir.wait_for("the gateway has ended");
    heir.press("y");
    heir.wait_for("this console serves the gateway now");
    heir.wait_until("the same place", |screen| {
        screen.contents().contains("/health")
    });
    assert_eq!(
        status(&format!("{base}/health")).await,
        200,
        "the same address"
    );
    heir.press("q");
    assert_eq!(heir.ended().exit_code(), 0);
    assert!(
        heir.text().contains("has stopped serving"),
        "{}",
        heir.text()
    );
}

/// Takes the usual port, if whoever has it lets it go soon.
fn hold_usual_port() -> Option<TcpListener> {
    (0..50).find_map(|_| {
        let bound = TcpListener::bind(("127.0.0.1", 4566)).ok();
        if bound.is_none() {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        bound
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_serves_on_a_free_port_when_the_usual_one_is_taken() {
    // Another test has it for a moment, or another program for long: then it is taken as well, for as long as it is.
    let taken = hold_usual_port();
    let mut demo = Terminal::open(120, 40, &["demo", "--seed", "1"]);
    demo.wait_for("stage prod");
    let base = url(&mut demo);
    if taken.is_some() {
        assert!(!base.contains(":4566"), "{base}");
        // Not only for the few seconds of a note.
        let port = base
            .split(':')
            .nth(2)
            .and_then(|rest| rest.split('/').next());
        demo.wait_for(&format!("local :{}", port.unwrap()));
    }
    let answer = status(&format!("{base}/pets")).await;
    assert!(is_the_shops(answer), "{answer}");
    demo.press("q");
    assert_eq!(demo.ended().exit_code(), 0);
    assert!(demo.text().contains("is forgotten"), "{}", demo.text());
}

#[test]
fn without_credentials_it_says_so_and_what_to_run() {
    let off = ("AWS_EC2_METADATA_DISABLED", "true");
    let mut terminal = Terminal::with(120, 40, &["--aws"], &[off]);
    terminal.wait_for("no credentials");
    terminal.wait_for("aws configure");
    terminal.wait_for("? account: NoCredentials");
    terminal.press("q");
    assert_eq!(terminal.ended().exit_code(), 0);
    terminal.is_given_back().unwrap();
}

/// What `sluice gateway` says when it can't start, and its exit code.
fn gateway(arguments: &[&str]) -> (Option<i32>, String) {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_sluice"))
        .arg("gateway")
        .args(arguments)
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), text)
}

#[test]
fn a_gateway_without_its_port_or_its_folder_ends_and_says_why() {
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, text) = gateway(&["--ephemeral", "--listen", &address]);
    assert_eq!(code, Some(3), "{text}");
    assert!(text.contains(&address), "{text}");

    let folder = tempfile::tempdir().unwrap();
    let mut owner = sluice(folder.path());
    owner.wait_for("stage prod");
    let path = folder.path().to_str().unwrap();
    let (code, text) = gateway(&["--data-dir", path, "--listen", "127.0.0.1:0"]);
    assert_eq!(code, Some(3), "{text}");
    let pid = owner.process().to_string();
    assert!(text.contains(&pid), "{text}");
    owner.press("q");
    owner.ended();
}

#[test]
fn a_folder_that_cant_be_used_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "not a folder").unwrap();
    let mut terminal = sluice(&file);
    assert_eq!(terminal.ended().exit_code(), 3);
    let text = terminal.text().replace('\n', "");
    assert!(
        text.contains("can't use") && text.contains("file"),
        "{text}"
    );
    terminal.is_given_back().unwrap();
}

#[test]
fn a_folder_of_a_newer_release_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("state.sqlite3");
    let connection = rusqlite::Connection::open(&database).unwrap();
    connection
        .pragma_update(None, "user_version", 9999)
        .unwrap();
    drop(connection);
    let mut terminal = sluice(folder.path());
    assert_eq!(terminal.ended().exit_code(), 3);
    assert!(
        terminal.text().contains("newer sluice"),
        "{}",
        terminal.text()
    );
    terminal.is_given_back().unwrap();
}

#[test]
fn without_a_terminal_it_says_what_it_needs() {
    let folder = tempfile::tempdir().unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_sluice"))
        .arg("--data-dir")
        .arg(folder.path().join("data"))
        .env("HOME", folder.path())
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("isn't a terminal"), "{text}");
    assert!(!folder.path().join("data").exists(), "nothing was started");
}
