//! What the connections of a data runtime have in common: room to read into, room for heads, the date.
//!
//! A connection that waits for its next request holds nothing of this; two thousand idle ones cost what their sockets cost.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use jiff::fmt::rfc2822::DateTimePrinter;
use tokio::io::{AsyncRead, ReadBuf};

use crate::base::Clock;

/// How much is read at once. A read that finds less tells the runtime that no more is there, which saves asking.
const READ: usize = 64 * 1024;

/// Room for the heads of some hundred requests: not every one allocates its own.
const HEADS: usize = 16 * 1024;

/// `date: Sun, 06 Nov 1994 08:49:37 GMT` and the line's end.
const DATE: usize = 37;

/// The header line of the date.
pub(super) type Date = [u8; DATE];

/// The shared buffers of a runtime.
pub(crate) struct Buffers {
    clock: Clock,
    read: RefCell<Box<[u8]>>,
    heads: RefCell<BytesMut>,
    date: Cell<Date>,
}

impl fmt::Debug for Buffers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buffers").finish_non_exhaustive()
    }
}

impl Buffers {
    pub(crate) fn new(clock: Clock) -> Self {
        let buffers = Self {
            clock,
            read: RefCell::new(vec![0; READ].into()),
            heads: RefCell::default(),
            date: Cell::new([b' '; DATE]),
        };
        buffers.renew_date();
        buffers
    }

    /// Looks at the clock for the date that answers say from now on; to be called about once a second.
    pub(super) fn renew_date(&self) {
        let now = self.clock.now();
        let mut text = String::with_capacity(DATE);
        text.push_str("Date: ");
        // Fails for years before 0 only; the last date stays then.
        let printed = DateTimePrinter::new().print_timestamp_rfc9110(&now, &mut text);
        text.push_str("\r\n");
        if printed.is_ok()
            && let Ok(line) = text.as_bytes().try_into()
        {
            self.date.set(line);
        }
    }

    /// The header line of the date.
    pub(super) fn date(&self) -> Date {
        self.date.get()
    }

    /// Reads what is there and gives it to `take`. Nothing at all means that nothing more comes.
    pub(super) fn poll_read<T: AsyncRead + Unpin, R>(
        &self,
        io: &mut T,
        cx: &mut Context<'_>,
        take: impl FnOnce(&[u8]) -> R,
    ) -> Poll<std::io::Result<R>> {
        let room = &mut **self.read.borrow_mut();
        let mut room = ReadBuf::new(room);
        ready!(Pin::new(io).poll_read(cx, &mut room))?;
        Poll::Ready(Ok(take(room.filled())))
    }

    /// A copy of a head, which its parts can share.
    pub(super) fn keep(&self, head: &[u8]) -> Bytes {
        let mut heads = self.heads.borrow_mut();
        if heads.capacity() < head.len() {
            heads.reserve(head.len().max(HEADS));
        }
        heads.extend_from_slice(head);
        heads.split().freeze()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_is_written_as_http_writes_it() {
        let clock = Clock::manual("1994-11-06T08:49:37.9Z".parse().unwrap());
        let buffers = Buffers::new(clock.clone());
        assert_eq!(&buffers.date(), b"Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
        clock.advance(std::time::Duration::from_secs(54_621));
        buffers.renew_date();
        assert_eq!(&buffers.date(), b"Date: Sun, 06 Nov 1994 23:59:58 GMT\r\n");
    }

    #[test]
    fn heads_share_room_and_stay_apart() {
        let buffers = Buffers::new(Clock::manual(jiff::Timestamp::UNIX_EPOCH));
        let long = vec![b'x'; 2 * HEADS];
        let heads = [b"one".as_slice(), b"other", &long, b"last"];
        let kept = heads.map(|head| buffers.keep(head));
        assert_eq!(kept, heads);
    }
}
