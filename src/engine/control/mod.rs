//! The AWS services that the engine answers, a folder each.
//!
//! A request becomes a call (`wire`), a call is answered by its service, and the answer or the error is written back in the protocol that
//! the client spoke. Everything here runs on the one control runtime.

pub mod apigateway;
pub mod cloudwatch;
mod sts;

use std::cell::RefCell;
use std::sync::Arc;

use bytes::Bytes;
use hyper::http::request::Parts;

use self::apigateway::ApiGateway;
use self::cloudwatch::CloudWatch;
use super::wire::{Call, Output, Protocol, Reply, Scope, ServiceError, route, service};
use crate::base::Chance;
use crate::engine::telemetry::Telemetry;

/// All services.
pub(crate) struct Control {
    pub(crate) apigateway: ApiGateway,
    pub(crate) cloudwatch: CloudWatch,
    pub(crate) telemetry: Arc<Telemetry>,
    account: String,
    /// For request ids.
    chance: RefCell<Chance>,
}

impl Control {
    /// The services of one account.
    pub(crate) fn new(
        apigateway: ApiGateway,
        cloudwatch: CloudWatch,
        telemetry: Arc<Telemetry>,
        account: String,
        chance: Chance,
    ) -> Self {
        Self {
            apigateway,
            cloudwatch,
            telemetry,
            account,
            chance: RefCell::new(chance),
        }
    }

    /// Forgets all state: for an engine that keeps nothing.
    pub(crate) async fn reset(&self) -> Result<(), ServiceError> {
        self.apigateway.reset().await?;
        self.telemetry.clear();
        self.cloudwatch.clear();
        Ok(())
    }

    /// An id for one request.
    pub(crate) fn request_id(&self) -> String {
        let id = self.chance.borrow_mut().uuid();
        String::from_utf8_lossy(&id).into_owned()
    }

    /// Answers one request of an AWS client.
    pub(crate) async fn answer(&self, head: &Parts, body: &Bytes) -> Reply {
        let id = self.request_id();
        let scope = match Scope::read(&head.headers) {
            Ok(scope) => scope,
            Err(error) => return Protocol::of(head, None).encode_error(None, &error, &id),
        };
        let call = match route(head, &scope, body) {
            Ok(call) => call,
            Err(error) => {
                let service = service(&scope.service);
                return Protocol::of(head, service).encode_error(service, &error, &id);
            }
        };
        let result = self.run(&call, &scope).await;
        match &result {
            Ok(_) => tracing::debug!(operation = call.operation.name, %id, "done"),
            Err(error) => tracing::debug!(operation = call.operation.name, %id, %error, "failed"),
        }
        match result {
            Ok(output) => call.encode(output, &id),
            Err(error) => call.encode_error(&error, &id),
        }
    }

    async fn run(&self, call: &Call, scope: &Scope) -> Result<Output, ServiceError> {
        let input = call.decode()?;
        match call.service.signing_name {
            "apigateway" => {
                self.apigateway
                    .call(&scope.region, call.operation, input)
                    .await
            }
            "monitoring" => self.cloudwatch.call(&scope.region, call.operation, &input),
            "sts" => sts::call(&self.account, call.operation),
            other => Err(ServiceError::not_implemented(other)),
        }
    }
}
