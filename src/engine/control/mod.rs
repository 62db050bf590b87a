//! The AWS services that the engine answers, a folder each.
//!
//! A request becomes a call (`wire`), a call is answered by its service, and the answer or the error is written back in the protocol that
//! the client spoke. Everything here runs on the one control runtime.

pub mod apigateway;
pub mod cloudwatch;
pub mod logs;
mod permit;
mod sts;
mod token;
pub(crate) mod xray;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use hyper::http::request::Parts;
use tokio::sync::mpsc;

use self::apigateway::ApiGateway;
use self::cloudwatch::CloudWatch;
use self::logs::Logs;
pub(crate) use self::permit::Permit;
use self::xray::XRay;
use super::wire::operations::{LOGS, XRAY};
use super::wire::{Call, Output, Protocol, Reply, Scope, ServiceError, route, service};
use crate::base::Chance;
use crate::engine::telemetry::Telemetry;
use crate::iam::Identity;

/// All services.
pub(crate) struct Control {
    pub(crate) apigateway: ApiGateway,
    pub(crate) cloudwatch: Rc<CloudWatch>,
    pub(crate) logs: Rc<Logs>,
    pub(crate) xray: Rc<XRay>,
    pub(crate) telemetry: Arc<Telemetry>,
    pub(crate) permit: Permit,
    /// For request ids.
    chance: RefCell<Chance>,
}

impl Control {
    /// The services of one account.
    pub(crate) fn new(
        apigateway: ApiGateway,
        cloudwatch: Rc<CloudWatch>,
        logs: Rc<Logs>,
        xray: Rc<XRay>,
        telemetry: Arc<Telemetry>,
        permit: Permit,
        chance: Chance,
    ) -> Self {
        Self {
            apigateway,
            cloudwatch,
            logs,
            xray,
            telemetry,
            permit,
            chance: RefCell::new(chance),
        }
    }

    /// Forgets all state: for an engine that keeps nothing.
    pub(crate) async fn reset(&self) -> Result<(), ServiceError> {
        self.apigateway.reset().await?;
        self.telemetry.clear();
        self.cloudwatch.clear();
        self.xray.clear();
        self.logs.clear().await?;
        Ok(())
    }

    /// An id for one request.
    pub(crate) fn request_id(&self) -> String {
        let id = self.chance.borrow_mut().uuid();
        String::from_utf8_lossy(&id).into_owned()
    }

    /// Answers one request of an AWS client.
    pub(crate) async fn answer(&self, head: &Parts, body: &Bytes) -> Answer {
        let id = self.request_id();
        let scope = Scope::read(&head.headers).and_then(|scope| {
            let identity = self.permit.authenticate(head, body, &scope)?;
            Ok((scope, identity))
        });
        let (scope, identity) = match scope {
            Ok(known) => known,
            Err(error) => {
                return Protocol::of(head, None)
                    .encode_error(None, &error, &id)
                    .into();
            }
        };
        let call = match route(head, &scope, body) {
            Ok(call) => call,
            Err(error) => {
                let service = service(&scope.service);
                return Protocol::of(head, service)
                    .encode_error(service, &error, &id)
                    .into();
            }
        };
        let result = match self.permit.check(&identity, &call, head, &scope) {
            Ok(()) => self.run(&call, &scope, &identity, &id).await,
            Err(error) => Err(error),
        };
        match &result {
            Ok(_) => tracing::debug!(operation = call.operation.name, %id, "done"),
            Err(error) => tracing::debug!(operation = call.operation.name, %id, %error, "failed"),
        }
        match result {
            Ok(Outcome::Output(output)) => call.encode(output, &id).into(),
            Ok(Outcome::Stream(messages)) => Answer {
                reply: call.encode_stream(&id),
                stream: Some(messages),
            },
            Err(error) => call.encode_error(&error, &id).into(),
        }
    }

    async fn run(
        &self,
        call: &Call,
        scope: &Scope,
        identity: &Identity,
        id: &str,
    ) -> Result<Outcome, ServiceError> {
        let input = call.decode().map_err(|error| match &*error.code {
            // What the model forbids is an invalid parameter to Logs, and an invalid request to X-Ray.
            "ValidationException" if call.service.signing_name == "logs" => {
                ServiceError::of(LOGS, "InvalidParameterException", error.message)
            }
            "ValidationException" if call.service.signing_name == "xray" => {
                ServiceError::of(XRAY, "InvalidRequestException", error.message)
            }
            _ => error,
        })?;
        if call.operation.name == "StartLiveTail" {
            let session = self.request_id();
            let messages = self
                .logs
                .start_live_tail(&scope.region, &input, id, &session);
            return messages.await.map(Outcome::Stream);
        }
        let output = match call.service.signing_name {
            "apigateway" => {
                self.apigateway
                    .call(&scope.region, call.operation, input)
                    .await
            }
            "monitoring" => {
                self.cloudwatch
                    .call(&scope.region, call.operation, &input)
                    .await
            }
            "logs" => self.logs.call(&scope.region, call.operation, &input).await,
            "xray" => self.xray.call(&scope.region, call.operation, &input).await,
            "sts" => sts::call(identity, call.operation),
            other => Err(ServiceError::not_implemented(other)),
        };
        output.map(Outcome::Output)
    }
}

/// What came of a call.
enum Outcome {
    Output(Output),
    /// The messages of an event stream.
    Stream(mpsc::Receiver<Bytes>),
}

/// An answer to an AWS client.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Its head, and its body if that is complete.
    pub(crate) reply: Reply,
    /// What its body consists of otherwise.
    pub(crate) stream: Option<mpsc::Receiver<Bytes>>,
}

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Self {
        Self {
            reply,
            stream: None,
        }
    }
}
