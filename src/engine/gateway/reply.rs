//! The body of a backend's answer, and the connection that it comes on.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::body::BodyError;
use super::pool::Lease;

/// The body of an answer. When it has ended, its connection goes back to the pool; dropped before that, it is closed.
#[derive(Debug)]
pub(crate) struct Reply(Option<Lease>);

impl Reply {
    /// What follows the head of an answer on this connection.
    pub(crate) fn new(lease: Lease) -> Self {
        let mut reply = Self(Some(lease));
        reply.end();
        reply
    }

    /// Gives the connection back if the answer has ended.
    fn end(&mut self) {
        if let Some(lease) = self.0.take_if(|lease| lease.connection.has_ended()) {
            lease.give_back();
        }
    }
}

impl Body for Reply {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        let Some(lease) = &mut this.0 else {
            return Poll::Ready(None);
        };
        let outcome = ready!(lease.connection.poll_body(cx));
        if let Some(Err(error)) = outcome {
            this.0 = None;
            return Poll::Ready(Some(Err(error.into())));
        }
        this.end();
        Poll::Ready(outcome.map(|data| Ok(Frame::data(data?))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        let left = self
            .0
            .as_ref()
            .map_or(Some(0), |lease| lease.connection.left());
        left.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
