//! A line that misbehaves on command: it stands between the console and the gateway.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

/// What happens to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It goes through.
    None,
    /// It goes through after this time.
    Delay(Duration),
    /// It waits until something else is set.
    Hold,
    /// It never reaches the gateway: an error of AWS with this status and code comes back.
    Refuse(u16, &'static str),
    /// It never reaches the gateway: something comes back, with this status, that isn't AWS's.
    Garbage(u16),
    /// The gateway does it, and the connection ends before the answer is there.
    Cut,
}

#[derive(Default)]
struct State {
    /// What happens to requests whose first line holds a text; the first that fits counts.
    rules: Vec<(String, Fault)>,
    /// First lines of the requests that came.
    seen: Vec<String>,
    /// How many had come when the rules were set.
    before: usize,
    open: Vec<TcpStream>,
    closed: bool,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no thread panicked")
    }

    /// Notes a request, and says what is to happen to it; waits while that is to be held.
    fn judge(&self, line: &str) -> Fault {
        let mut state = self.lock();
        state.seen.push(line.to_owned());
        self.changed.notify_all();
        loop {
            let rule = state.rules.iter().find(|(part, _)| line.contains(part));
            match rule.map_or(Fault::None, |(_, fault)| fault.clone()) {
                Fault::Hold if !state.closed => {
                    state = self.changed.wait(state).expect("no thread panicked");
                }
                fault => return fault,
            }
        }
    }
}

/// A proxy on a free port of the loopback.
pub(crate) struct Proxy {
    addr: SocketAddr,
    upstream: SocketAddr,
    shared: Arc<Shared>,
}

impl Proxy {
    pub(crate) fn to(upstream: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let proxy = Self {
            addr: listener.local_addr().expect("an address"),
            upstream,
            shared: Arc::default(),
        };
        proxy.listen(listener);
        proxy
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// From now on this happens to every request.
    pub(crate) fn set(&self, fault: Fault) {
        self.only("", fault);
    }

    /// From now on this happens to requests whose first line holds `part`, and nothing to others.
    pub(crate) fn only(&self, part: &str, fault: Fault) {
        let mut state = self.shared.lock();
        state.rules = vec![(part.to_owned(), fault)];
        state.before = state.seen.len();
        drop(state);
        self.shared.changed.notify_all();
    }

    /// First lines of the requests that came so far.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.shared.lock().seen.clone()
    }

    /// Waits until a request came, after the last rule was set, whose first line holds `part`.
    pub(crate) fn wait_for(&self, part: &str) {
        let state = self.shared.lock();
        let patience = Duration::from_mins(1);
        let waited = self
            .shared
            .changed
            .wait_timeout_while(state, patience, |s| {
                !s.seen[s.before..].iter().any(|line| line.contains(part))
            });
        let (state, timeout) = waited.expect("no thread panicked");
        assert!(!timeout.timed_out(), "no {part} in {:?}", state.seen);
    }

    /// Nothing listens any more, and all connections are gone.
    pub(crate) fn go_down(&self) {
        let mut state = self.shared.lock();
        state.closed = true;
        for stream in state.open.drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
        drop(state);
        self.shared.changed.notify_all();
        // Wakes the listener, which sees that it is to end, and answers by closing.
        if let Ok(mut last) = TcpStream::connect(self.addr) {
            let _ = last.read(&mut [0]);
        }
    }

    /// Listens again, where it did.
    pub(crate) fn come_up(&self) {
        self.shared.lock().closed = false;
        self.listen(TcpListener::bind(self.addr).expect("the same port"));
    }

    fn listen(&self, listener: TcpListener) {
        let (shared, upstream) = (self.shared.clone(), self.upstream);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let mut state = shared.lock();
                if state.closed {
                    // The listener goes before the client learns of it: who connects next is refused.
                    drop(listener);
                    return;
                }
                state.open.extend(client.try_clone());
                drop(state);
                let shared = shared.clone();
                thread::spawn(move || {
                    // Connections end by errors here: that is what they are for.
                    let _ = serve(&shared, &client, upstream);
                    let _ = client.shutdown(Shutdown::Both);
                });
            }
        });
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.go_down();
    }
}

/// Requests of one connection, one after another.
fn serve(shared: &Shared, client: &TcpStream, upstream: SocketAddr) -> io::Result<()> {
    let server = TcpStream::connect(upstream)?;
    let mut copying = false;
    while let Some((line, request)) = read_request(client)? {
        match shared.judge(&line) {
            Fault::None | Fault::Hold => {}
            #[allow(
                clippy::disallowed_methods,
                reason = "a slow line is what is asked for"
            )]
            Fault::Delay(time) => thread::sleep(time),
            Fault::Refuse(status, code) => {
                let body = r#"{"message":"told to fail"}"#;
                return write!(
                    &mut (&*client),
                    "HTTP/1.1 {status} Fault\r\nx-amzn-errortype: {code}\r\ncontent-type: application/json\r\n\
                     connection: close\r\ncontent-length: {}\r\n\r\n{body}",
                    body.len()
                );
            }
            Fault::Garbage(status) => {
                let body = "<html>proxy login</html>";
                return write!(
                    &mut (&*client),
                    "HTTP/1.1 {status} Garbage\r\ncontent-type: text/html\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                    body.len()
                );
            }
            Fault::Cut => {
                // By a way of its own, on which the answer can't slip through to the client.
                let mut server = TcpStream::connect(upstream)?;
                server.write_all(&request)?;
                // The answer has begun: the gateway has done it.
                return server.read_exact(&mut [0]);
            }
        }
        (&server).write_all(&request)?;
        if !copying {
            copying = true;
            let (mut answers, mut to_client) = (server.try_clone()?, client.try_clone()?);
            thread::spawn(move || {
                // Ends with one of the connections.
                let _ = io::copy(&mut answers, &mut to_client);
            });
        }
    }
    server.shutdown(Shutdown::Both)
}

/// A request with its first line; `None` when the client is done. Bodies come with their length: nobody here sends them in chunks.
fn read_request(mut client: &TcpStream) -> io::Result<Option<(String, Vec<u8>)>> {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") {
        if client.read(&mut byte)? == 0 {
            return Ok(None);
        }
        request.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&request).into_owned();
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse().ok())?
    });
    let mut body = vec![0; length.unwrap_or(0)];
    client.read_exact(&mut body)?;
    request.extend(body);
    let line = head.lines().next().unwrap_or_default().to_owned();
    Ok(Some((line, request)))
}
