//! The shop as an HTTP server on a free port of this machine.

use std::cell::RefCell;
use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::shop::{Asked, Shop};
use crate::base::Clock;

/// Largest body that the shop reads: a cart has a few hundred bytes.
const MAX_BODY: usize = 64 * 1024;
/// How long to leave new connections alone after the system had no room for one.
const AFTER_FAILED_ACCEPT: Duration = Duration::from_millis(100);

/// How the shop takes its time.
#[derive(Clone, Debug)]
pub enum Pace {
    /// It really takes it.
    Real,
    /// It moves this manual clock instead, so that pictures and tests measure latencies without waiting for them.
    Moves(Clock),
}

/// The shop's open door.
#[derive(Debug)]
pub struct Backend {
    listener: TcpListener,
    addr: SocketAddr,
}

impl Backend {
    /// Opens the door: from now on connections wait to be served.
    pub async fn open() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let addr = listener.local_addr()?;
        Ok(Self { listener, addr })
    }

    /// Where it is: `127.0.0.1:9311`.
    #[must_use]
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Serves until dropped. Must run inside a [`tokio::task::LocalSet`].
    pub async fn serve(self, seed: u64, pace: Pace) {
        let shop = Rc::new(RefCell::new(Shop::new(seed)));
        loop {
            let Ok((stream, _)) = self.listener.accept().await else {
                tokio::time::sleep(AFTER_FAILED_ACCEPT).await;
                continue;
            };
            // Answers are small: waiting for more to send would only make them late. Failing that they are late.
            let _ = stream.set_nodelay(true);
            let (shop, pace) = (Rc::clone(&shop), pace.clone());
            tokio::task::spawn_local(async move {
                let service = service_fn(move |request| {
                    let (shop, pace) = (Rc::clone(&shop), pace.clone());
                    async move { Ok::<_, Infallible>(answer(&shop, &pace, request).await) }
                });
                // A connection that breaks has nobody left to tell.
                let _ = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    }
}

async fn answer(
    shop: &RefCell<Shop>,
    pace: &Pace,
    request: Request<Incoming>,
) -> Response<Full<Bytes>> {
    let (head, body) = request.into_parts();
    let Ok(body) = Limited::new(body, MAX_BODY).collect().await else {
        let problem = json!({ "error": "too_large", "detail": "the shop reads 64 KiB" });
        return response(413, &problem);
    };
    let body = body.to_bytes();
    let answered = shop.borrow_mut().answer(&Asked {
        verb: head.method.as_str(),
        path: head.uri.path(),
        query: head.uri.query().unwrap_or_default(),
        body: &body,
        review: head.headers.contains_key("x-review"),
    });
    match pace {
        Pace::Real => tokio::time::sleep(answered.after).await,
        Pace::Moves(clock) => clock.advance(answered.after),
    }
    response(answered.status, &answered.body)
}

fn response(status: u16, body: &Value) -> Response<Full<Bytes>> {
    let bytes = if body.is_null() {
        Bytes::new()
    } else {
        Bytes::from(body.to_string())
    };
    let mut response = Response::new(Full::new(bytes));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
