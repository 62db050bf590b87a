//! Room for connections: beyond it, clients are told so at once instead of waiting for a descriptor that may never come.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::net::TcpStream;

/// Connections of clients at the most, should the system allow more descriptors than anybody needs.
const MOST: usize = 32_768;
/// Descriptors that aren't clients': listeners, SQLite, log files, the control plane's own.
const OTHERS: usize = 64;
/// Connections that are being refused at the same time.
const REFUSED: usize = 64;
/// How long a refused client may take to read why.
const FAREWELL: Duration = Duration::from_secs(1);

/// In AWS's words for a gateway that can't serve (`spec/rest/integrations.md` §1).
const UNAVAILABLE: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nContent-Length: 33\r\n\
    Connection: close\r\n\r\n{\"message\":\"Service Unavailable\"}";

/// How many connections there may be, over all data runtimes.
#[derive(Clone, Debug)]
pub(crate) struct Room(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    limit: usize,
    taken: AtomicUsize,
    refused: AtomicUsize,
}

impl Room {
    /// Room for so many.
    pub(crate) fn of(limit: usize) -> Self {
        Self(Arc::new(Shared {
            limit,
            taken: AtomicUsize::new(0),
            refused: AtomicUsize::new(0),
        }))
    }

    /// Room for as many as the system has descriptors for: each client may need another to a backend.
    pub(crate) fn by_descriptors() -> Self {
        let descriptors = descriptors();
        Self::of((descriptors.saturating_sub(OTHERS + REFUSED) / 2).clamp(16, MOST))
    }

    /// A place, if there is one; free again when dropped.
    pub(crate) fn take(&self) -> Option<Place> {
        Place::take(&self.0, |shared| (&shared.taken, shared.limit))
    }
}

type Counter = fn(&Shared) -> (&AtomicUsize, usize);

/// A place that is taken.
#[derive(Debug)]
pub(crate) struct Place {
    shared: Arc<Shared>,
    counter: Counter,
}

impl Place {
    fn take(shared: &Arc<Shared>, counter: Counter) -> Option<Self> {
        let (taken, limit) = counter(shared);
        let next = |n| (n < limit).then_some(n + 1);
        taken
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, next)
            .ok()?;
        Some(Self {
            shared: Arc::clone(shared),
            counter,
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let (taken, _) = (self.counter)(&self.shared);
        taken.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Tells a client that there is no room for it. Where even that is too much, the connection is just closed.
pub(crate) fn shed(stream: TcpStream, room: &Room) {
    let Some(place) = Place::take(&room.0, |shared| (&shared.refused, REFUSED)) else {
        return;
    };
    tokio::task::spawn_local(async move {
        let _place = place;
        // A new socket's buffer takes the few bytes at once.
        if stream.try_write(UNAVAILABLE).is_err() {
            return;
        }
        let _ = socket2::SockRef::from(&stream).shutdown(std::net::Shutdown::Write);
        // Closed with a request unread, the connection would be reset and the answer lost.
        let drain = async {
            let mut ignored = [0; 1024];
            while stream.readable().await.is_ok() {
                match stream.try_read(&mut ignored) {
                    Ok(1..) => {}
                    Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                    Ok(0) | Err(_) => return,
                }
            }
        };
        let _ = tokio::time::timeout(FAREWELL, drain).await;
    });
}

/// The descriptors that this process may have, after asking for as many as the system grants.
fn descriptors() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let all = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    let granted = match setrlimit(Resource::Nofile, all) {
        Ok(()) => limit.maximum,
        Err(_) => limit.current,
    };
    // None stands for no limit.
    granted.map_or(usize::MAX, |n| usize::try_from(n).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_when_it_is_left() {
        let room = Room::of(2);
        let (first, second) = (room.take(), room.take());
        assert!(first.is_some() && second.is_some() && room.take().is_none());
        drop(first);
        assert!(room.take().is_some());
    }

    #[test]
    fn a_refusal_declares_its_length() {
        let text = std::str::from_utf8(UNAVAILABLE).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("Content-Length: {}", body.len())));
    }
}
