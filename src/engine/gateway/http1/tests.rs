//! A connection against a backend that says exactly what a test makes it say.

use std::time::Duration;

use http::header::{CONNECTION, HOST};
use http::{HeaderValue, Method};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::task::spawn_local;

use super::super::body::Body;
use super::super::tests::run;
use super::connection::{Connection, Reach};
use super::{Error, Head, Request};
use crate::engine::message::Fields;

fn request(verb: &str, body: &'static str) -> Request {
    let mut fields = Fields::new();
    fields.append(HOST, HeaderValue::from_static("h"));
    fields.append(CONNECTION, HeaderValue::from_static("x"));
    let body = Body::whole(body.into());
    Request::new(verb.parse().unwrap(), "/a?b=c".to_owned(), fields, body).unwrap()
}

#[test]
fn a_request_line_is_one_line() {
    for (target, fits) in [
        ("/a?b=%20", true),
        ("a", false),
        ("", false),
        ("/a b", false),
        ("/a\r\nb: c", false),
        ("/\u{e4}", false),
    ] {
        let request = Request::new(
            Method::GET,
            target.to_owned(),
            Fields::new(),
            Body::default(),
        );
        assert_eq!(request.is_some(), fits, "{target:?}");
    }
}

/// A connection to a backend that reads a request and then says `answer`, in pieces, and closes where `closes`.
fn backend(answer: &str, piece: usize, closes: bool) -> Connection<DuplexStream> {
    let (ours, mut theirs) = duplex(1 << 20);
    let answer = answer.as_bytes().to_vec();
    spawn_local(async move {
        let mut asked = [0; 1024];
        let _ = theirs.read(&mut asked).await;
        for piece in answer.chunks(piece) {
            let _ = theirs.write_all(piece).await;
            tokio::task::yield_now().await;
        }
        if !closes {
            std::future::pending::<()>().await;
        }
    });
    Connection::new(ours)
}

/// The whole body of the answer.
async fn body(connection: &mut Connection<DuplexStream>) -> Result<String, Error> {
    let mut all = Vec::new();
    while let Some(data) = std::future::poll_fn(|cx| connection.poll_body(cx)).await {
        all.extend_from_slice(&data?);
    }
    Ok(String::from_utf8(all).unwrap())
}

#[test]
fn answers_are_the_same_however_they_are_cut() {
    for (verb, answer, status, text, free) in [
        (
            "GET",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
            200,
            "hello",
            true,
        ),
        (
            "GET",
            "HTTP/1.1 404 \r\nContent-Length: 0\r\n\r\n",
            404,
            "",
            true,
        ),
        (
            "HEAD",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
            200,
            "",
            true,
        ),
        ("GET", "HTTP/1.1 204 No\r\n\r\n", 204, "", true),
        (
            "GET",
            "HTTP/1.1 304 No\r\nContent-Length: 9\r\n\r\n",
            304,
            "",
            true,
        ),
        (
            "GET",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\nT: x\r\n\r\n",
            200,
            "hello",
            true,
        ),
        (
            "GET",
            "HTTP/1.1 100 C\r\n\r\nHTTP/1.1 103 E\r\nA: b\r\n\r\nHTTP/1.1 201 OK\r\nContent-Length: 1\r\n\r\n!",
            201,
            "!",
            true,
        ),
        (
            "GET",
            "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello",
            200,
            "hello",
            false,
        ),
        (
            "GET",
            "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello",
            200,
            "hello",
            false,
        ),
        ("GET", "HTTP/1.1 200 OK\r\n\r\nhello", 200, "hello", false),
    ] {
        for piece in 1..=answer.len() {
            run(|| async {
                let mut connection = backend(answer, piece, true);
                let head = connection.send(&mut request(verb, "")).await;
                let head: Head = head.map_err(|(error, _)| error).unwrap();
                assert_eq!(head.status, status, "{answer:?} by {piece}");
                assert_eq!(
                    body(&mut connection).await.unwrap(),
                    text,
                    "{answer:?} by {piece}"
                );
                assert_eq!(connection.is_free(), free, "{answer:?} by {piece}");
            });
        }
    }
}

#[test]
fn what_follows_an_answer_makes_a_connection_unfit() {
    for answer in [
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstole",
        "HTTP/1.1 204 No\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\nmore",
    ] {
        run(|| async {
            let mut connection = backend(answer, answer.len(), false);
            connection.send(&mut request("GET", "")).await.unwrap();
            body(&mut connection).await.unwrap();
            assert!(!connection.is_free(), "{answer:?}");
        });
    }
}

#[test]
fn a_quiet_connection_is_neither_closed_nor_written_to() {
    run(|| async {
        let quiet = |connection: &mut Connection<DuplexStream>| {
            connection.is_quiet(&mut std::task::Context::from_waker(std::task::Waker::noop()))
        };
        let (ours, mut theirs) = duplex(100);
        let mut connection = Connection::new(ours);
        assert!(quiet(&mut connection));
        theirs
            .write_all(b"HTTP/1.1 408 Too late\r\n\r\n")
            .await
            .unwrap();
        assert!(!quiet(&mut connection));
        let (ours, theirs) = duplex(100);
        let mut connection = Connection::new(ours);
        drop(theirs);
        assert!(!quiet(&mut connection));
    });
}

#[test]
fn it_is_known_how_far_a_failed_request_got() {
    for (answer, reach) in [
        ("", Reach::Unanswered),
        ("H", Reach::Further),
        ("HTTP/1.1 200 OK\r\nContent-Le", Reach::Further),
        ("HTTP/1.1 2000 OK\r\n\r\n", Reach::Further),
        ("\0", Reach::Further),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            Reach::Further,
        ),
    ] {
        run(|| async {
            let mut connection = backend(answer, 1, true);
            let (_, reached) = connection.send(&mut request("GET", "")).await.unwrap_err();
            assert_eq!(reached, reach, "{answer:?}");
        });
    }
    run(|| async {
        let (ours, theirs) = duplex(100);
        drop(theirs);
        let (_, reached) = Connection::new(ours)
            .send(&mut request("POST", "x"))
            .await
            .unwrap_err();
        assert_eq!(reached, Reach::Unsent);
    });
}

#[test]
fn bodies_that_break_off_are_errors() {
    for answer in [
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhell",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloo\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnone\r\n",
    ] {
        for piece in [1, 7, answer.len()] {
            run(|| async {
                let mut connection = backend(answer, piece, true);
                connection.send(&mut request("GET", "")).await.unwrap();
                assert!(
                    body(&mut connection).await.is_err(),
                    "{answer:?} by {piece}"
                );
                assert!(!connection.is_free());
            });
        }
    }
}

#[test]
fn requests_are_written_as_they_are_meant() {
    for (verb, body, expected) in [
        ("GET", "", "GET /a?b=c HTTP/1.1\r\nhost: h\r\n\r\n"),
        (
            "POST",
            "",
            "POST /a?b=c HTTP/1.1\r\nhost: h\r\ncontent-length: 0\r\n\r\n",
        ),
        (
            "PUT",
            "hello",
            "PUT /a?b=c HTTP/1.1\r\nhost: h\r\ncontent-length: 5\r\n\r\nhello",
        ),
    ] {
        // A backend that takes a request a few bytes at a time gets the same.
        for room in [1, 3, 1000] {
            run(|| async {
                let (ours, mut theirs) = duplex(room);
                let asked = spawn_local(async move {
                    let mut asked = vec![0; expected.len()];
                    theirs.read_exact(&mut asked).await.unwrap();
                    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
                    theirs.write_all(answer).await.unwrap();
                    String::from_utf8(asked).unwrap()
                });
                let mut connection = Connection::new(ours);
                let mut request = request(verb, body);
                let sent = connection.send(&mut request);
                let sent = tokio::time::timeout(Duration::from_secs(30), sent).await;
                assert_eq!(sent.unwrap().unwrap().status, 200);
                assert!(connection.is_free());
                assert_eq!(asked.await.unwrap(), expected);
            });
        }
    }
}
