//! How clients spell the names of headers.
//!
//! Functions and templates see names as the client wrote them (`tEsT-HEADeR`, recorded), but the HTTP library keeps them in lower
//! case. So what a connection reads while it waits for a head passes through here, and the few methods that show names look the
//! head up again before anything else is read.

use std::cell::RefCell;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::HeaderMap;
use hyper::rt::{Read, ReadBuf, ReadBufCursor};

use super::headers;

/// Room for a request line and headers of the greatest lengths that are served.
const ROOM: usize = 32 * 1024;

/// Names whose spelling isn't the usual one: in lower case, and as they came.
#[derive(Debug, Default)]
pub(crate) struct Spelling(Vec<(Box<str>, Box<str>)>);

impl Spelling {
    /// A name, given in lower case, as the client wrote it; in its usual spelling where that isn't known.
    pub(crate) fn of<'a>(&'a self, name: &'a str) -> &'a str {
        let own = self.0.iter().find(|(lower, _)| **lower == *name);
        own.map_or_else(|| headers::spelled(name), |(_, spelled)| spelled)
    }

    /// What a head says of the names in `known`. A header that comes more than once is called as it was first.
    fn read(head: &[u8], known: &HeaderMap) -> Self {
        let mut own: Vec<(Box<str>, Box<str>)> = Vec::new();
        for line in head.split(|byte| *byte == b'\n') {
            if line.is_empty() || line == b"\r" {
                break;
            }
            let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
            let Ok(name) = std::str::from_utf8(name) else {
                continue;
            };
            let lower = name.to_ascii_lowercase();
            if known.contains_key(&lower)
                && headers::spelled(&lower) != name
                && !own.iter().any(|(seen, _)| **seen == *lower)
            {
                own.push((lower.into(), name.into()));
            }
        }
        Self(own)
    }
}

/// What the connections of a data runtime read last while they waited for a head: one buffer for all of them, since a head that came
/// whole is looked at before the runtime turns to another connection. Of a head in pieces only what came without a break is known.
pub(crate) struct Heads(RefCell<Held>);

struct Held {
    bytes: Box<[u8]>,
    filled: usize,
    /// The connection that read it.
    of: *const (),
    /// Whether no request has asked for it yet.
    fresh: bool,
    /// Whether it is the head of the request that begins now.
    claimed: bool,
}

impl fmt::Debug for Heads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Heads").finish_non_exhaustive()
    }
}

impl Default for Heads {
    fn default() -> Self {
        Self(RefCell::new(Held {
            bytes: vec![0; ROOM].into(),
            filled: 0,
            of: std::ptr::null(),
            fresh: false,
            claimed: false,
        }))
    }
}

impl Heads {
    /// Reads for a connection that waits for a head; `goes_on` when it has read a part of it before.
    ///
    /// # Errors
    /// What reading says.
    pub(crate) fn poll_read<T: Read + Unpin>(
        &self,
        io: &mut T,
        cx: &mut Context<'_>,
        mut cursor: ReadBufCursor<'_>,
        (connection, goes_on): (*const (), bool),
    ) -> Poll<std::io::Result<()>> {
        let held = &mut *self.0.borrow_mut();
        let joins = goes_on && held.of == connection && held.filled < ROOM;
        let from = if joins { held.filled } else { 0 };
        let room = cursor.remaining().min(ROOM - from);
        let mut read = ReadBuf::new(&mut held.bytes[from..from + room]);
        ready!(Pin::new(io).poll_read(cx, read.unfilled()))?;
        let read = read.filled();
        cursor.put_slice(read);
        held.filled = from + read.len();
        held.of = connection;
        held.fresh = true;
        Poll::Ready(Ok(()))
    }

    /// A request of this connection begins; its head is what was read last, unless that is another's.
    pub(crate) fn claim(&self, connection: *const ()) {
        let held = &mut *self.0.borrow_mut();
        held.claimed = held.fresh && held.of == connection;
        held.fresh = false;
    }

    /// The spelling of the names of the request that has just begun.
    pub(super) fn spelling(&self, known: &HeaderMap) -> Spelling {
        let held = self.0.borrow();
        if !held.claimed {
            return Spelling::default();
        }
        Spelling::read(&held.bytes[..held.filled], known)
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    /// Bytes of which each reading takes all.
    struct Pieces(Vec<&'static [u8]>);

    impl Read for Pieces {
        fn poll_read(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            mut buf: ReadBufCursor<'_>,
        ) -> Poll<std::io::Result<()>> {
            buf.put_slice(self.0.remove(0));
            Poll::Ready(Ok(()))
        }
    }

    fn read(heads: &Heads, connection: &u8, goes_on: bool, bytes: &'static [u8]) {
        let mut room = [0; 256];
        let mut buf = ReadBuf::new(&mut room);
        let mut cx = Context::from_waker(Waker::noop());
        let of = (std::ptr::from_ref(connection).cast(), goes_on);
        let read = heads.poll_read(&mut Pieces(vec![bytes]), &mut cx, buf.unfilled(), of);
        assert!(matches!(read, Poll::Ready(Ok(()))));
        assert_eq!(buf.filled(), bytes);
    }

    fn known(names: &[&'static str]) -> HeaderMap {
        let each = names.iter().map(|name| {
            let name = http::HeaderName::from_static(name);
            (name, http::HeaderValue::from_static(""))
        });
        each.collect()
    }

    #[test]
    fn names_are_spelled_as_they_came() {
        let known = known(&["test-header", "accept", "host", "x-body", "content-type"]);
        let head = b"GET / HTTP/1.1\r\nHost: a\r\ntEsT-HEADeR: X-Own: 1\r\naccept:*/*\r\nX-Other: 2\r\nTest-Header: 2\r\n\r\nX-Body: no";
        let spelling = Spelling::read(head, &known);
        let cases = [
            ("test-header", "tEsT-HEADeR"),
            ("accept", "accept"),
            ("host", "Host"),
            // What isn't in the head: the usual spelling.
            ("content-type", "Content-Type"),
            ("x-body", "x-body"),
            ("x-other", "x-other"),
        ];
        for (name, expected) in cases {
            assert_eq!(spelling.of(name), expected);
        }
    }

    #[test]
    fn a_head_is_known_to_its_own_request_only() {
        let known = known(&["x-a", "x-b"]);
        let (heads, one, other) = (Heads::default(), 1, 2);
        let spelled = |of: &u8| {
            heads.claim(std::ptr::from_ref(of).cast());
            let spelling = heads.spelling(&known);
            format!("{} {}", spelling.of("x-a"), spelling.of("x-b"))
        };
        read(&heads, &one, false, b"GET / HTTP/1.1\r\nX-A: 1\r\n");
        read(&heads, &one, true, b"X-B: 1\r\n\r\n");
        assert_eq!(spelled(&one), "X-A X-B");
        // The next request came with the first: what was read is not its own head.
        assert_eq!(spelled(&one), "x-a x-b");
        // Another connection read in between.
        read(&heads, &one, false, b"GET / HTTP/1.1\r\nX-A: 1\r\n");
        read(&heads, &other, false, b"GET / HTTP/1.1\r\nX-A: 1\r\n");
        assert_eq!(spelled(&one), "x-a x-b");
        read(&heads, &one, true, b"X-B: 1\r\n\r\n");
        assert_eq!(spelled(&one), "x-a X-B");
    }
}
