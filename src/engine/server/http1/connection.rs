//! One client's connection: its requests, one after another.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf as _, Bytes, BytesMut};
use http::{Method, Request, Version};
use http_body::Body;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};

use super::super::watch::{Verdict, Watch};
use super::buffers::{Buffers, Date};
use super::head::{self, HEAD, Head, Refusal};
use super::output::{Framing, Manner, Output};
use crate::engine::message::framing::{Decoded, Decoder};
use crate::engine::message::{Answer, Fields, Incoming, IncomingError, Inlet};

/// How long a client may take to read why its connection is closed while it still sends.
const FAREWELL: Duration = Duration::from_secs(1);

/// How much of a body that nobody wanted is passed over for the sake of the next request, in bytes.
const PASSED_OVER: u64 = 256 * 1024;

const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// Serves a client until it has no more requests, misbehaves, or `watch` says that it is over.
pub(crate) async fn serve<T, S, F, B>(io: T, buffers: Rc<Buffers>, watch: Rc<Watch>, service: S)
where
    T: AsyncRead + AsyncWrite + Unpin,
    S: Fn(Box<Request<Incoming>>) -> F,
    F: Future<Output = Answer<B>>,
    B: Body<Data = Bytes>,
{
    let connection = Connection {
        io,
        input: BytesMut::new(),
        seen: 0,
        output: Output::default(),
        buffers,
        watch: Rc::clone(&watch),
    };
    let mut served = pin!(connection.serve(service));
    poll_fn(|cx| match watch.verdict(cx) {
        Verdict::Stays | Verdict::Ends => served.as_mut().poll(cx),
        Verdict::Closes => Poll::Ready(()),
    })
    .await;
}

/// What comes next on a connection.
enum Next {
    Request(Head),
    Refused(Refusal),
    /// The client has gone, or is to go.
    Nothing,
}

/// Whether a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Not,
    Now,
    /// With something unread: closed at once, the connection would be reset and the answer lost.
    Unread,
    /// In the middle of an answer: a client that sees a proper end would take what it has for all.
    Broken,
}

struct Connection<T> {
    io: T,
    /// What was read and not used yet; empty between requests.
    input: BytesMut,
    /// How much of that was looked at in vain.
    seen: usize,
    output: Output,
    buffers: Rc<Buffers>,
    watch: Rc<Watch>,
}

/// The body of the request that is being answered, as far as it didn't come with the head.
struct Rest {
    inlet: Arc<Inlet>,
    decoder: Decoder,
    /// Whether the client waits to be told to send it.
    expects: bool,
    /// Whether its end was read, properly.
    ended: bool,
    /// Whether nothing more can come.
    failed: bool,
}

impl Rest {
    /// Whether its end may be waited for although nobody reads it. A client that waits to be asked for the body won't send it, or will:
    /// that can't be told.
    fn can_end(&self) -> bool {
        !self.failed && !self.expects && self.decoder.left().is_none_or(|left| left <= PASSED_OVER)
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> Connection<T> {
    async fn serve<S, F, B>(mut self, service: S)
    where
        S: Fn(Box<Request<Incoming>>) -> F,
        F: Future<Output = Answer<B>>,
        B: Body<Data = Bytes>,
    {
        loop {
            let end = match poll_fn(|cx| self.poll_head(cx)).await {
                // Not boxed: it is a few kilobytes, which idle connections can keep and no request has to ask for.
                Next::Request(head) => self.exchange(head, &service).await,
                Next::Refused(refusal) => self.refuse(refusal).await,
                Next::Nothing => End::Now,
            };
            match end {
                End::Not => {}
                End::Now => {
                    let _ = self.io.shutdown().await;
                    return;
                }
                End::Unread => return self.part().await,
                End::Broken => return,
            }
            if self.input.is_empty() {
                // It may share the room of a body that was read.
                self.input = BytesMut::new();
            }
        }
    }

    /// Reads the head of the next request.
    fn poll_head(&mut self, cx: &mut Context<'_>) -> Poll<Next> {
        if !self.input.is_empty() && self.seen == 0 {
            // Sent ahead with the last request.
            if let Some(next) = self.look() {
                return Poll::Ready(next);
            }
        }
        loop {
            if self.input.is_empty() && self.watch.is_ending() {
                return Poll::Ready(Next::Nothing);
            }
            let (input, buffers) = (&mut self.input, &self.buffers);
            let read = buffers.poll_read(&mut self.io, cx, |read| {
                if read.is_empty() {
                    return Some(Next::Nothing);
                }
                // The usual case: a whole head, and nothing else.
                let mut rest = read;
                let found = if input.is_empty() {
                    match head::read(read, buffers) {
                        Ok(Some((head, length))) => {
                            rest = &read[length..];
                            Some(Next::Request(head))
                        }
                        Ok(None) => None,
                        Err(refusal) => Some(Next::Refused(refusal)),
                    }
                } else {
                    None
                };
                input.extend_from_slice(rest);
                found
            });
            match ready!(read) {
                Ok(Some(next)) => return Poll::Ready(next),
                Ok(None) => {}
                Err(_) => return Poll::Ready(Next::Nothing),
            }
            self.watch.begun();
            let looks = head::may_end(&self.input, self.seen) || self.input.len() > HEAD;
            if looks && let Some(next) = self.look() {
                return Poll::Ready(next);
            }
            self.seen = self.input.len();
        }
    }

    /// Looks for a head in what was read.
    fn look(&mut self) -> Option<Next> {
        match head::read(&self.input, &self.buffers) {
            Ok(Some((head, length))) => {
                self.seen = 0;
                self.input.advance(length);
                Some(Next::Request(head))
            }
            Ok(None) => {
                self.watch.begun();
                self.seen = self.input.len();
                None
            }
            Err(refusal) => Some(Next::Refused(refusal)),
        }
    }

    /// Has a request answered.
    async fn exchange<S, F, B>(&mut self, mut head: Head, service: &S) -> End
    where
        S: Fn(Box<Request<Incoming>>) -> F,
        F: Future<Output = Answer<B>>,
        B: Body<Data = Bytes>,
    {
        self.watch.serving();
        let (newer, keeps) = (head.request.version() == Version::HTTP_11, head.keeps);
        let to_head = *head.request.method() == Method::HEAD;
        let (incoming, mut rest) = self.body(&head);
        *head.request.body_mut() = incoming;
        let answer = {
            let serving = pin!(service(head.request));
            self.drive(serving, rest.as_mut()).await
        };
        self.watch.answered();
        let keeps = keeps && !self.watch.is_ending() && rest.as_ref().is_none_or(Rest::can_end);
        let length = answer.body.size_hint().exact();
        let framing = Framing::of(answer.status, length, to_head, newer);
        let manner = Manner {
            newer,
            keeps: keeps && framing != Framing::Close,
            framing,
            told: length.filter(|_| to_head),
        };
        self.output.head(&answer, manner, &self.date());
        let written = {
            let mut body = pin!(answer.body);
            let mut progress = Progress {
                framing,
                begun: false,
                ended: false,
            };
            poll_fn(|cx| self.poll_answer(cx, body.as_mut(), &mut progress, rest.as_mut())).await
        };
        if !written {
            return End::Broken;
        }
        match &mut rest {
            Some(rest) if manner.keeps => {
                poll_fn(|cx| self.poll_over(cx, rest)).await;
                self.watch.answered();
            }
            _ => {}
        }
        match rest {
            Some(rest) if !rest.ended => End::Unread,
            _ if manner.keeps => End::Not,
            // A client that says it is done may have sent more all the same.
            _ if self.input.is_empty() => End::Now,
            _ => End::Unread,
        }
    }

    /// The body of a request, and what is to be read of it yet.
    fn body(&mut self, head: &Head) -> (Incoming, Option<Rest>) {
        let mut decoder = head.body;
        if decoder == Decoder::Ended {
            return (Incoming::whole(Bytes::new(), head.text.clone()), None);
        }
        if decoder
            .left()
            .is_some_and(|left| left <= self.input.len() as u64)
            && let Ok(Decoded::Data(body)) = decoder.decode(&mut self.input)
        {
            return (Incoming::whole(body, head.text.clone()), None);
        }
        let inlet = Arc::new(Inlet::of(decoder.left()));
        let rest = Rest {
            inlet: Arc::clone(&inlet),
            decoder,
            expects: head.expects,
            ended: false,
            failed: false,
        };
        (Incoming::inlet(inlet, head.text.clone()), Some(rest))
    }

    /// Waits for what serves the request, and reads the body as it asks for it.
    async fn drive<F: Future>(
        &mut self,
        mut serving: Pin<&mut F>,
        mut rest: Option<&mut Rest>,
    ) -> F::Output {
        poll_fn(|cx| {
            loop {
                if let Poll::Ready(answer) = serving.as_mut().poll(cx) {
                    return Poll::Ready(answer);
                }
                ready!(self.poll_rest(cx, rest.as_deref_mut()));
            }
        })
        .await
    }

    /// Gives the next piece of the body to whoever waits for it; pending while nobody does or none is there.
    fn poll_rest(&mut self, cx: &mut Context<'_>, rest: Option<&mut Rest>) -> Poll<()> {
        let Some(rest) = rest.filter(|rest| !rest.failed && !rest.ended) else {
            return Poll::Pending;
        };
        if !rest.inlet.wants(cx) {
            return Poll::Pending;
        }
        let piece = ready!(self.poll_piece(cx, rest));
        let state = (rest.decoder.left(), rest.ended);
        rest.inlet.give(piece, state, cx);
        Poll::Ready(())
    }

    /// The next piece of the body; an empty one is the end.
    fn poll_piece(
        &mut self,
        cx: &mut Context<'_>,
        rest: &mut Rest,
    ) -> Poll<Result<Bytes, IncomingError>> {
        if std::mem::take(&mut rest.expects) && self.input.is_empty() {
            self.output.text(CONTINUE);
            // It is a few bytes, and the client waits for them.
            if self.output.poll(&mut self.io, cx).is_pending() {
                rest.expects = true;
                return Poll::Pending;
            }
        }
        let outcome = loop {
            match rest.decoder.decode(&mut self.input) {
                Ok(Decoded::Ended) => break Ok(Bytes::new()),
                Ok(Decoded::Data(data)) => {
                    // If it was the last, that should be known now. What is wrong after it is told when it is asked for.
                    let _ = rest.decoder.settle(&mut self.input);
                    break Ok(data);
                }
                Ok(Decoded::More) => {}
                Err(malformed) => break Err(malformed.into()),
            }
            let input = &mut self.input;
            let read = self.buffers.poll_read(&mut self.io, cx, |read| {
                input.extend_from_slice(read);
                read.len()
            });
            match ready!(read) {
                Ok(1..) => {}
                Ok(0) | Err(_) => break Err(IncomingError::Closed),
            }
        };
        rest.ended = rest.decoder == Decoder::Ended;
        rest.failed = outcome.is_err();
        Poll::Ready(outcome)
    }

    /// Passes over what nobody read of a body, so that another request can follow.
    fn poll_over(&mut self, cx: &mut Context<'_>, rest: &mut Rest) -> Poll<()> {
        // What was answered already can't have the time of the world.
        self.watch.begun();
        let mut passed = 0;
        while rest.can_end() && !rest.ended && passed <= PASSED_OVER {
            if let Ok(piece) = ready!(self.poll_piece(cx, rest)) {
                passed += piece.len() as u64;
            }
        }
        Poll::Ready(())
    }

    /// Writes an answer, whose head was taken up, to its end; false if that can't be done.
    fn poll_answer<B: Body<Data = Bytes>>(
        &mut self,
        cx: &mut Context<'_>,
        mut body: Pin<&mut B>,
        progress: &mut Progress,
        mut rest: Option<&mut Rest>,
    ) -> Poll<bool> {
        loop {
            let mut waits = false;
            // What is there of the body goes with the head.
            if !progress.ended && (!progress.begun || self.output.is_empty()) {
                progress.begun = true;
                match self.take_up(cx, body.as_mut(), progress) {
                    Poll::Ready(true) => {}
                    Poll::Ready(false) => return Poll::Ready(false),
                    Poll::Pending => waits = true,
                }
            }
            match self.output.poll(&mut self.io, cx) {
                Poll::Ready(Ok(())) => self.watch.wrote(true),
                Poll::Ready(Err(_)) => return Poll::Ready(false),
                Poll::Pending => {
                    self.watch.wrote(false);
                    waits = true;
                }
            }
            if waits {
                ready!(self.poll_rest(cx, rest.as_deref_mut()));
            } else if progress.ended {
                return Poll::Ready(true);
            }
        }
    }

    /// Takes up the next piece of an answer's body, or its end; false if it broke off.
    fn take_up<B: Body<Data = Bytes>>(
        &mut self,
        cx: &mut Context<'_>,
        mut body: Pin<&mut B>,
        progress: &mut Progress,
    ) -> Poll<bool> {
        let framing = &mut progress.framing;
        let next = match framing {
            Framing::None | Framing::Length(0) => None,
            _ if body.is_end_stream() => None,
            _ => ready!(body.as_mut().poll_frame(cx)),
        };
        let whole = match next {
            None => {
                progress.ended = true;
                self.output.end(*framing).is_ok()
            }
            Some(Err(_)) => false,
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) => {
                    let fits = self.output.data(data, framing).is_ok();
                    progress.ended = *framing == Framing::Length(0);
                    fits
                }
                // Trailers, which nobody announced.
                Err(_) => true,
            },
        };
        Poll::Ready(whole)
    }

    fn date(&self) -> Date {
        if self.watch.time_has_passed() {
            self.buffers.renew_date();
        }
        self.buffers.date()
    }

    /// Says why nothing is done for a client.
    async fn refuse(&mut self, refusal: Refusal) -> End {
        let Some(status) = refusal.status() else {
            return End::Now;
        };
        let answer = Answer {
            status,
            lines: [const { Bytes::new() }; 2],
            headers: Fields::new(),
            spellings: Vec::new(),
            body: (),
        };
        let manner = Manner {
            newer: true,
            keeps: false,
            framing: Framing::Length(0),
            told: None,
        };
        self.output.head(&answer, manner, &self.date());
        let written = poll_fn(|cx| self.output.poll(&mut self.io, cx)).await;
        if written.is_ok() {
            End::Unread
        } else {
            End::Broken
        }
    }

    /// Closes a connection whose client may still be sending: it gets the time to read the answer.
    async fn part(mut self) {
        if self.io.shutdown().await.is_err() {
            return;
        }
        let drained = poll_fn(|cx| {
            loop {
                let read = self.buffers.poll_read(&mut self.io, cx, <[u8]>::len);
                if !matches!(ready!(read), Ok(1..)) {
                    return Poll::Ready(());
                }
            }
        });
        let _ = tokio::time::timeout(FAREWELL, drained).await;
    }
}

/// How far an answer's body is.
struct Progress {
    framing: Framing,
    begun: bool,
    /// Whether its end was taken up.
    ended: bool,
}
