//! What a request costs the gateway, beside bare hyper in the same process, and beside nginx and haproxy where they are installed:
//! CPU time of whoever serves, per request.
//!
//! `cargo bench --bench gateway`. Loopback, keep-alive connections, one data runtime, ten thousand API keys with throttle and quota. The
//! ratios are the figures to quote: absolute times move with the machine, and are measured in turns so that they move together.
//! Beside a ratio stands the most that it should be. Linux only: times come from `/proc`.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::cast_precision_loss,
    clippy::too_many_lines,
    clippy::disallowed_methods,
    unreachable_pub,
    missing_docs,
    reason = "it measures the machine and prints what it finds"
)]

mod api;
mod load;
mod servers;

use std::fs;
use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use sluice::engine::gateway::Settings;
use sluice::engine::{Config, start};
use sluice::model::ThrottleSettings;

use self::api::Made;
use self::load::{Side, connect, cpu, million, read, slowest};
use self::servers::{Server, bare_hyper, free_ports, haproxy, nginx, peer};

pub(crate) const BODY: &str = r#"{"message": "Hello from the gateway"}"#;
/// Not optimised: that everything runs is seen, and the figures mean nothing.
pub(crate) const QUICK: bool = cfg!(debug_assertions);
const FEW_KEYS: usize = 10;
const KEYS: usize = 9_000;
/// An API may have 300 resources.
const ROUTES: usize = 290;
const IDLE: usize = 500;
const STARTS: usize = 9;

const PLAIN: &str = "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// Prints a figure beside another, their ratio and its bar.
pub(crate) fn row(name: &str, a: f64, with: &str, b: f64, bar: Option<f64>) {
    let bar = bar.map_or_else(String::new, |bar| format!("{bar:>7.2}"));
    println!(
        "{name:<34} {a:>9.2} {with:<24} {b:>9.2} {:>7.2} {bar}",
        a / b
    );
}

fn main() {
    let bare = bare_hyper("bare-hyper");
    let backend = bare_hyper("backend");
    // An account's own limit would be reached.
    let account = ThrottleSettings {
        burst_limit: 10_000_000,
        rate_limit: 1e7,
    };
    let config = Config {
        threads: NonZeroUsize::new(1),
        limits: Settings {
            account,
            ..Settings::default()
        },
        ..Config::default()
    };
    let engine = start(config).expect("the engine starts");
    let address = engine.addr();
    let mut made = Made::new(address, backend);
    let (us, hyper) = (
        Server::Thread("sluice-data-0"),
        Server::Thread("bare-hyper"),
    );
    let bare = Side::new(&hyper, bare, PLAIN, b"200");
    println!(
        "{:<34} {:>9} {:<24} {:>9} {:>7} {:>7}",
        "case", "us/req", "beside", "us/req", "ratio", "bar"
    );

    made.fill(FEW_KEYS);
    let keyed = made.get("key", made.keys.last().expect("there are keys"));
    let ours = |request| Side::new(&us, address, request, b"200");
    let few = cpu(
        "MOCK + key + plan, few keys",
        &ours(&keyed),
        "bare hyper",
        &bare,
        None,
    );
    made.fill(KEYS);
    made.define(ROUTES);
    let key = made.keys.last().expect("there are keys");
    let keyed = made.get("key", key);
    let many = cpu(
        "MOCK + key + plan, many keys",
        &ours(&keyed),
        "bare hyper",
        &bare,
        None,
    );
    row("  many keys and routes", many, "few", few, Some(1.02));

    let [mock, proxy, proxy_with_key, cached] = [
        made.get("mock", ""),
        made.get("proxy", ""),
        made.get("keyproxy", key),
        made.get("cached", ""),
    ];
    cpu(
        "MOCK, constant template",
        &ours(&mock),
        "bare hyper",
        &bare,
        Some(1.2),
    );
    for (name, refused, status, mock) in [
        (
            "403, no such path",
            made.get("nowhere", ""),
            &b"403"[..],
            "mock403",
        ),
        ("403, no key", made.get("key", ""), b"403", "mock403"),
        (
            "429, plan's throttle",
            made.get("key", &made.stopped),
            b"429",
            "mock429",
        ),
    ] {
        let mock = made.get(mock, "");
        let refused = Side::new(&us, address, &refused, status);
        let mock = Side::new(&us, address, &mock, status);
        cpu(name, &refused, "our MOCK of it", &mock, Some(1.05));
    }
    let folder = tempfile::tempdir().expect("a folder");
    let keyed_plain = format!("GET / HTTP/1.1\r\nhost: localhost\r\nx-api-key: {key}\r\n\r\n");
    let nginx = nginx(folder.path(), backend, &made.keys);
    if let Some(nginx) = &nginx {
        let theirs = |address, request| Side::new(&nginx.server, address, request, b"200");
        let keys = "nginx keys, limit";
        cpu(
            "MOCK + key + plan",
            &ours(&keyed),
            keys,
            &theirs(nginx.limited, &keyed_plain),
            Some(1.0),
        );
        let plain = theirs(nginx.proxy, PLAIN);
        cpu(
            "HTTP_PROXY",
            &ours(&proxy),
            "nginx proxy",
            &plain,
            Some(1.05),
        );
        let limited = theirs(nginx.limited_proxy, &keyed_plain);
        cpu(
            "key + plan + HTTP_PROXY",
            &ours(&proxy_with_key),
            keys,
            &limited,
            Some(1.05),
        );
        let hit = theirs(nginx.cached, PLAIN);
        cpu(
            "cache hit",
            &ours(&cached),
            "nginx proxy_cache",
            &hit,
            Some(0.55),
        );
        slowest(
            "HTTP_PROXY, p99 at 5,000/s",
            &ours(&proxy),
            "nginx proxy",
            &plain,
            1.1,
        );
    }
    if let Some((haproxy, at)) = &haproxy(folder.path(), backend, &made.keys) {
        let theirs = Side::new(haproxy, *at, &keyed_plain, b"200");
        let with = "haproxy keys, limit";
        cpu(
            "key + plan + HTTP_PROXY",
            &ours(&proxy_with_key),
            with,
            &theirs,
            Some(0.95),
        );
    }
    idle(address, &mock);
    let before = memory();
    million(&ours(&mock));
    row(
        "kB after a million requests",
        memory(),
        "before",
        before,
        None,
    );
    engine.stop();
    first_answer(folder.path());
}

/// What this process takes of memory, in kB.
fn memory() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("RssAnon:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    number.expect("Linux says so").parse().unwrap()
}

/// What connections take that have served a request each and wait for another.
fn idle(address: SocketAddr, request: &str) {
    let open = || {
        let mut stream = connect(address);
        stream.write_all(request.as_bytes()).unwrap();
        read(&mut stream, b"200");
        stream
    };
    let _first: Vec<TcpStream> = (0..10).map(|_| open()).collect();
    let before = memory();
    let held: Vec<TcpStream> = (0..IDLE).map(|_| open()).collect();
    let each = (memory() - before) / held.len() as f64;
    row(
        "kB of an idle connection",
        each,
        "at the most",
        12.0,
        Some(1.0),
    );
}

/// From starting a server to its first answer.
fn first_answer(folder: &std::path::Path) {
    let begin = |program: &str, arguments: &[&str], address| {
        let began = Instant::now();
        let server = peer(program, arguments, address)?;
        let mut stream = connect(address);
        stream.write_all(PLAIN.as_bytes()).unwrap();
        let mut first = [0];
        std::io::Read::read_exact(&mut stream, &mut first).unwrap();
        drop(server);
        Some(began.elapsed())
    };
    let mut both: Vec<(Duration, Option<Duration>)> = Vec::new();
    for _ in 0..STARTS {
        let [ours, theirs] = free_ports();
        let listen = ours.to_string();
        let arguments = [
            "gateway",
            "--ephemeral",
            "--threads",
            "1",
            "--listen",
            &listen,
        ];
        let ours = begin(env!("CARGO_BIN_EXE_sluice"), &arguments, ours);
        let at = folder.display();
        let text = format!(
            "daemon off; master_process off; pid {at}/first; error_log stderr crit; events {{}} http {{ access_log off;
            client_body_temp_path {at}/a; proxy_temp_path {at}/b; fastcgi_temp_path {at}/c; uwsgi_temp_path {at}/d; scgi_temp_path {at}/e;
            server {{ listen {theirs}; location / {{ return 200; }} }} }}"
        );
        let file = folder.join("first.conf");
        fs::write(&file, text).unwrap();
        let arguments = ["-p", folder.to_str().unwrap(), "-c", file.to_str().unwrap()];
        both.push((ours.expect("it starts"), begin("nginx", &arguments, theirs)));
    }
    let median = |mut all: Vec<Duration>| {
        all.sort_unstable();
        all.get(all.len() / 2).map(|d| d.as_secs_f64() * 1e3)
    };
    let ours = median(both.iter().map(|(ours, _)| *ours).collect());
    let theirs = median(both.iter().filter_map(|(_, theirs)| *theirs).collect());
    if let (Some(ours), Some(theirs)) = (ours, theirs) {
        row(
            "ms from start to first answer",
            ours,
            "nginx",
            theirs,
            Some(1.5),
        );
    }
}
