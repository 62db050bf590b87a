//! Connections over pipes in memory: what clients send, cut at every byte, and all that comes back.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::task::{LocalSet, spawn_local, yield_now};

use super::super::watch::{Patience, Watches};
use super::{Buffers, serve};
use crate::base::Clock;
use crate::engine::message::{Answer, Fields, Incoming};

/// No test waits for as long as this: it keeps one that fails from hanging.
const GUARD: Duration = Duration::from_secs(20);

/// A body in pieces; without a length unless it has one piece. `None` breaks it off.
struct Pieces(Vec<Option<&'static str>>, bool);

impl Body for Pieces {
    type Data = Bytes;
    type Error = &'static str;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, &'static str>>> {
        // Not there at once, every other time.
        self.1 = !self.1;
        if self.1 {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if self.0.is_empty() {
            return Poll::Ready(None);
        }
        let piece = self.0.remove(0);
        let frame = piece.map(|piece| Frame::data(Bytes::from_static(piece.as_bytes())));
        Poll::Ready(Some(frame.ok_or("broken")))
    }

    fn size_hint(&self) -> SizeHint {
        match self.0.as_slice() {
            [Some(piece)] => SizeHint::with_exact(piece.len() as u64),
            [] => SizeHint::with_exact(0),
            _ => SizeHint::default(),
        }
    }
}

/// Answers by the path: `/echo` with the body, `/pieces` in pieces, `/broken` with half of them, `/unread` without reading, `/204`.
async fn answer(request: Box<Request<Incoming>>) -> Answer<Pieces> {
    let (head, body) = request.into_parts();
    let text = |status, text: String| {
        let text: &'static str = text.leak();
        let pieces = if text.is_empty() {
            vec![]
        } else {
            vec![Some(text)]
        };
        (status, pieces)
    };
    let (status, pieces) = match head.uri.path() {
        "/echo" => match body.collect().await {
            Ok(body) => text(200, String::from_utf8(body.to_bytes().to_vec()).unwrap()),
            Err(error) => text(400, error.to_string()),
        },
        "/pieces" => (200, vec![Some("ab"), Some("c")]),
        "/broken" => (200, vec![Some("ab"), None]),
        "/204" => (204, vec![Some("ab")]),
        path => text(200, path.to_owned()),
    };
    Answer {
        status: StatusCode::from_u16(status).unwrap(),
        lines: [const { Bytes::new() }; 2],
        headers: Fields::new(),
        spellings: Vec::new(),
        body: Pieces(pieces, false),
    }
}

fn run<F: Future<Output = ()>>(test: impl FnOnce() -> F) {
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_all().build().unwrap();
    let test = async { tokio::time::timeout(GUARD, test()).await.unwrap() };
    LocalSet::new().block_on(&runtime, test);
}

/// A server at the other end of a pipe that holds `room` bytes.
fn server(room: usize) -> (DuplexStream, Rc<Watches>) {
    let (ours, theirs) = duplex(room);
    let watches = Rc::new(Watches::new(Patience::default()));
    let client = watches.watch();
    let buffers = Rc::new(Buffers::new(Clock::manual(jiff::Timestamp::UNIX_EPOCH)));
    spawn_local(async move {
        serve(theirs, buffers, Rc::clone(&client.watch), answer).await;
        drop(client);
    });
    (ours, watches)
}

/// All that comes back for `sent`, in pieces of `piece` bytes, without the lines that every answer has.
async fn exchange(sent: &str, piece: usize) -> String {
    let (stream, _) = server(64);
    let (mut reading, mut writing) = tokio::io::split(stream);
    let sent = sent.to_owned();
    let sending = spawn_local(async move {
        for piece in sent.as_bytes().chunks(piece) {
            if writing.write_all(piece).await.is_err() {
                break;
            }
            yield_now().await;
        }
        let _ = writing.shutdown().await;
    });
    let mut got = String::new();
    reading.read_to_string(&mut got).await.unwrap();
    drop(reading);
    sending.await.unwrap();
    got.replace("Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n", "")
        .replace("Connection: keep-alive\r\n", "")
}

#[test]
fn requests_are_answered_one_after_another_however_they_are_cut() {
    const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: ";
    const CLOSED: &str = "the connection was closed before the body's end";
    for (sent, got) in [
        (
            "GET /a HTTP/1.1\r\nhost: x\r\n\r\nGET /b HTTP/1.1\r\n\r\n",
            format!("{OK}2\r\n\r\n/a{OK}2\r\n\r\n/b"),
        ),
        (
            "POST /echo HTTP/1.1\r\ncontent-length: 5\r\n\r\nhelloGET /b HTTP/1.1\r\nConnection: close\r\n\r\nGET /c",
            format!("{OK}5\r\n\r\nhello{OK}2\r\nConnection: close\r\n\r\n/b"),
        ),
        (
            "POST /echo HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhe\r\n3;x\r\nllo\r\n0\r\nT: x\r\n\r\nGET /b HTTP/1.1\r\n\r\n",
            format!("{OK}5\r\n\r\nhello{OK}2\r\n\r\n/b"),
        ),
        // Read by nobody, and passed over.
        (
            "POST /unread HTTP/1.1\r\ncontent-length: 5\r\n\r\nhello",
            format!("{OK}7\r\n\r\n/unread"),
        ),
        (
            "POST /unread HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\nGET /b HTTP/1.1\r\n\r\n",
            format!("{OK}7\r\n\r\n/unread{OK}2\r\n\r\n/b"),
        ),
        (
            "POST /unread HTTP/1.1\r\ncontent-length: 999999\r\n\r\nhello",
            format!("{OK}7\r\nConnection: close\r\n\r\n/unread"),
        ),
        (
            "HEAD /a HTTP/1.1\r\n\r\nGET /204 HTTP/1.1\r\n\r\nGET /b HTTP/1.0\r\n\r\n",
            format!(
                "{OK}2\r\n\r\nHTTP/1.1 204 No Content\r\n\r\nHTTP/1.0 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n/b"
            ),
        ),
        (
            "GET /pieces HTTP/1.1\r\n\r\nGET /pieces HTTP/1.0\r\nconnection: keep-alive\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n\
             HTTP/1.0 200 OK\r\nConnection: close\r\n\r\nabc"
                .to_owned(),
        ),
        (
            "POST /echo HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nno",
            format!(
                "HTTP/1.1 400 Bad Request\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{CLOSED}",
                CLOSED.len()
            ),
        ),
        (
            "GET /a HTTP/1.1\r\n\r\nGET /b HTTP/3\r\n\r\nGET /c HTTP/1.1\r\n\r\n",
            format!(
                "{OK}2\r\n\r\n/aHTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            ),
        ),
        ("GET /a HTTP/1.1\r\n", String::new()),
    ] {
        for piece in 1..=sent.len() {
            run(|| async {
                assert_eq!(exchange(sent, piece).await, got, "{sent:?} by {piece}");
            });
        }
    }
}

#[test]
fn an_answer_that_breaks_off_has_no_end() {
    run(|| async {
        let got = exchange("GET /broken HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n", 100).await;
        assert_eq!(
            got,
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab"
        );
    });
}

/// Reads until what was read ends with `end`.
async fn read_to(stream: &mut DuplexStream, end: &str) -> String {
    let mut got = Vec::new();
    while !got.ends_with(end.as_bytes()) {
        assert_eq!(
            stream.read_buf(&mut got).await.unwrap().min(1),
            1,
            "{got:?}"
        );
    }
    String::from_utf8(got).unwrap()
}

#[test]
fn who_waits_to_be_asked_for_the_body_is_asked_when_it_is_read() {
    run(|| async {
        let (mut stream, _) = server(1000);
        let head = |path: &str| {
            format!("POST {path} HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n")
        };
        stream.write_all(head("/echo").as_bytes()).await.unwrap();
        let asked = read_to(&mut stream, "\r\n\r\n").await;
        assert_eq!(asked, "HTTP/1.1 100 Continue\r\n\r\n");
        stream.write_all(b"ok").await.unwrap();
        let answer = read_to(&mut stream, "\r\n\r\nok").await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(answer.contains("Connection: keep-alive\r\n"), "{answer}");
        // Not asked: whether the body comes can't be told, so nothing can follow.
        stream.write_all(head("/unread").as_bytes()).await.unwrap();
        let mut rest = String::new();
        stream.read_to_string(&mut rest).await.unwrap();
        assert!(
            rest.starts_with("HTTP/1.1 200") && rest.contains("Connection: close\r\n"),
            "{rest}"
        );
    });
}

#[test]
fn a_connection_that_is_to_end_does_so_after_its_answer() {
    run(|| async {
        let (mut stream, watches) = server(1000);
        stream
            .write_all(b"POST /echo HTTP/1.1\r\ncontent-length: 2\r\n\r\n")
            .await
            .unwrap();
        // It has begun to serve.
        for _ in 0..10 {
            yield_now().await;
        }
        watches.end();
        stream.write_all(b"ok").await.unwrap();
        let mut rest = String::new();
        stream.read_to_string(&mut rest).await.unwrap();
        assert!(
            rest.contains("Connection: close\r\n") && rest.ends_with("\r\n\r\nok"),
            "{rest}"
        );
    });
    run(|| async {
        // Without a request, at once.
        let (mut stream, watches) = server(1000);
        watches.end();
        let mut rest = String::new();
        stream.read_to_string(&mut rest).await.unwrap();
        assert_eq!(rest, "");
    });
}
