//! Load: in a closed loop for what a request costs, in an open one for how long it takes.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::QUICK;
use crate::servers::Server;

/// Connections that a server is loaded over.
const CONNECTIONS: usize = 16;
/// Requests on each of them in a round.
const REQUESTS: usize = if QUICK { 20 } else { 1_000 };
/// Rounds of each side; the median counts.
const ROUNDS: usize = if QUICK { 1 } else { 7 };
/// Requests a second of an open loop, and for how long.
const RATE: u32 = 5_000;
const OPEN: Duration = Duration::from_millis(if QUICK { 100 } else { 2_000 });

/// A client's connection.
pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// Reads an answer, which comes in one piece or says how long it is, and checks its status.
pub(crate) fn read(stream: &mut TcpStream, status: &[u8]) {
    let mut buffer = [0; 4096];
    let mut filled = 0;
    loop {
        let read = stream.read(&mut buffer[filled..]).unwrap();
        assert_ne!(read, 0, "the connection was closed");
        filled += read;
        let text = String::from_utf8_lossy(&buffer[..filled]);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        assert_eq!(&buffer[9..12], status, "{text}");
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.trim().parse())
        });
        let length: usize = length.unwrap_or(Ok(0)).unwrap();
        if body.len() >= length {
            return;
        }
    }
}

/// Sends `REQUESTS` on each of `CONNECTIONS` connections in turn.
fn closed(side: &Side<'_>) {
    let mut connections: Vec<TcpStream> = (0..CONNECTIONS).map(|_| connect(side.address)).collect();
    for _ in 0..REQUESTS {
        for stream in &mut connections {
            stream.write_all(side.request.as_bytes()).unwrap();
        }
        for stream in &mut connections {
            read(stream, side.status);
        }
    }
}

/// The time that 99 of 100 requests take at the most, in microseconds, when they come at their own pace whatever becomes of them: each
/// counts from when it should have been sent.
fn p99(side: &Side<'_>) -> f64 {
    let began = Instant::now();
    let each = Duration::from_secs(1) / RATE;
    let mut taken: Vec<Duration> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..CONNECTIONS)
            .map(|n| {
                scope.spawn(move || {
                    let mut stream = connect(side.address);
                    let mut taken = Vec::new();
                    let mut due = began + each * u32::try_from(n).unwrap();
                    while due < began + OPEN {
                        while let Some(early) = due.checked_duration_since(Instant::now()) {
                            if early.is_zero() {
                                break;
                            }
                            std::thread::park_timeout(early);
                        }
                        stream.write_all(side.request.as_bytes()).unwrap();
                        read(&mut stream, side.status);
                        taken.push(due.elapsed());
                        due += each * u32::try_from(CONNECTIONS).unwrap();
                    }
                    taken
                })
            })
            .collect();
        let all = threads.into_iter().flat_map(|t| t.join().unwrap());
        all.collect()
    });
    taken.sort_unstable();
    taken[taken.len() * 99 / 100].as_secs_f64() * 1e6
}

/// One side of a comparison.
#[derive(Clone, Copy)]
pub(crate) struct Side<'a> {
    pub(crate) server: &'a Server,
    pub(crate) address: SocketAddr,
    pub(crate) request: &'a str,
    pub(crate) status: &'a [u8],
}

impl<'a> Side<'a> {
    pub(crate) fn new(
        server: &'a Server,
        address: SocketAddr,
        request: &'a str,
        status: &'a [u8],
    ) -> Self {
        Self {
            server,
            address,
            request,
            status,
        }
    }
}

/// Microseconds of the server's CPU time per request.
fn cost(side: &Side<'_>) -> f64 {
    let before = side.server.time();
    closed(side);
    (side.server.time() - before) as f64 / (REQUESTS * CONNECTIONS) as f64 / 1e3
}

/// Measures both in turns and prints the median of the ratios; gives it.
fn compare(
    name: &str,
    (ours, with, theirs): (&Side<'_>, &str, &Side<'_>),
    bar: Option<f64>,
    measure: impl Fn(&Side<'_>) -> f64,
) -> f64 {
    measure(ours);
    measure(theirs);
    let mut pairs: Vec<(f64, f64)> = (0..ROUNDS)
        .map(|_| (measure(ours), measure(theirs)))
        .collect();
    pairs.sort_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)));
    let (a, b) = pairs[ROUNDS / 2];
    crate::row(name, a, with, b, bar);
    a / b
}

/// CPU time per request.
pub(crate) fn cpu(
    name: &str,
    ours: &Side<'_>,
    with: &str,
    theirs: &Side<'_>,
    bar: Option<f64>,
) -> f64 {
    compare(name, (ours, with, theirs), bar, cost)
}

/// The slowest of a hundred in an open loop.
pub(crate) fn slowest(name: &str, ours: &Side<'_>, with: &str, theirs: &Side<'_>, bar: f64) {
    compare(name, (ours, with, theirs), Some(bar), p99);
}

/// Sends a million requests, in closed loops.
pub(crate) fn million(side: &Side<'_>) {
    let all = if QUICK { 1_000 } else { 1_000_000 };
    for _ in 0..all / (REQUESTS * CONNECTIONS) {
        closed(side);
    }
}
