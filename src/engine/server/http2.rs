//! HTTP/2, which clients choose by ALPN: many requests on one connection, each served as if it had come by HTTP/1.1.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use hyper::Request;
use hyper::header::{COOKIE, HOST, HeaderValue};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::server::conn::http2;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

use super::watch::Watch;

/// Requests of one connection that are served at the same time: what AWS announces.
const STREAMS: u32 = 128;
/// The most bytes of a request's headers, as HTTP/2 counts them. The gateway's own limit, which has AWS's words, is lower.
const HEADERS: u32 = 64 * 1024;

/// Runs the tasks of a connection in its data runtime.
#[derive(Clone, Copy, Debug)]
pub(super) struct Here;

impl<F: Future<Output = ()> + 'static> hyper::rt::Executor<F> for Here {
    fn execute(&self, task: F) {
        tokio::task::spawn_local(task);
    }
}

/// How connections are served.
pub(super) fn builder() -> http2::Builder<Here> {
    let mut http = http2::Builder::new(Here);
    http.max_concurrent_streams(STREAMS)
        .max_header_list_size(HEADERS);
    http
}

/// The requests of a connection that are being answered: as long as there is one, the client isn't waited for.
#[derive(Clone, Debug)]
pub(super) struct Requests {
    watch: Rc<Watch>,
    open: Rc<Cell<usize>>,
}

impl Requests {
    pub(super) fn of(watch: Rc<Watch>) -> Self {
        Self {
            watch,
            open: Rc::default(),
        }
    }

    /// One more, until what this gives is dropped.
    pub(super) fn begin(&self) -> Begun {
        self.open.set(self.open.get() + 1);
        self.watch.serving();
        Begun(self.clone())
    }
}

/// A request that is being answered.
#[derive(Debug)]
pub(super) struct Begun(Requests);

impl Drop for Begun {
    fn drop(&mut self) {
        let Requests { watch, open } = &self.0;
        open.set(open.get() - 1);
        if open.get() == 0 {
            watch.answered();
        }
    }
}

/// A connection's bytes, whose watch is told how the client takes them.
#[derive(Debug)]
pub(super) struct Written<T> {
    io: TokioIo<T>,
    watch: Rc<Watch>,
}

impl<T> Written<T> {
    pub(super) fn new(io: T, watch: Rc<Watch>) -> Self {
        let io = TokioIo::new(io);
        Self { io, watch }
    }
}

impl<T: AsyncRead + Unpin> Read for Written<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl<T: AsyncWrite + Unpin> Write for Written<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(cx, buf);
        self.watch.wrote(written.is_ready());
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

/// Makes the request what HTTP/1.1 would have made of it: the authority stands in `Host` too, and cookies, which may come in pieces
/// (RFC 9113 §8.2.3), are one header.
pub(super) fn settle<B>(request: &mut Request<B>) {
    let authority = request.uri().authority();
    let host = authority.and_then(|a| HeaderValue::from_str(a.as_str()).ok());
    if let Some(host) = host {
        request.headers_mut().insert(HOST, host);
    }
    let cookies = request.headers().get_all(COOKIE);
    if cookies.iter().nth(1).is_some() {
        let pieces: Vec<&[u8]> = cookies.iter().map(HeaderValue::as_bytes).collect();
        if let Ok(whole) = HeaderValue::from_bytes(&pieces.join(&b"; "[..])) {
            request.headers_mut().insert(COOKIE, whole);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_settled_as_http_1_has_it() {
        let request = Request::get("https://api.example.com:8443/a?b")
            .header("host", "other.example.com")
            .header("cookie", "a=1")
            .header("cookie", "b=2");
        let mut request = request.body(()).unwrap();
        settle(&mut request);
        let all = |name: &str| {
            let values = request.headers().get_all(name).iter();
            values.map(|v| v.to_str().unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(all("host"), ["api.example.com:8443"]);
        assert_eq!(all("cookie"), ["a=1; b=2"]);
    }
}
