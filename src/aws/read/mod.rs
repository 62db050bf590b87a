//! Reads: from a query to its reply, page by page, each page through the queue.

mod extension;
mod gateway;
mod metrics;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use tokio::sync::OnceCell;

use crate::base::Clock;

use super::error::{Cause, Error};
use super::event::Event;
use super::failure::Failure;
use super::limits::Service;
use super::pacer::{Pacer, Sink};
use super::query::Query;
use super::reply::{Identity, Reply};
use super::scheduler::Job;
use super::session::{Clients, Extension, Session, explain};

/// How long a read may take before it counts as failed. AWS answers in well under a second; a long list over a slow line takes some.
const READ_LIMIT: Duration = Duration::from_secs(20);

/// What reads and writes share.
pub(crate) struct Context {
    pub(crate) session: Session,
    pub(crate) pacer: Arc<Pacer>,
    pub(crate) clock: Clock,
    pub(crate) events: Sink,
    pub(crate) clients: OnceCell<Clients>,
    pub(crate) extension: Option<Result<Extension, String>>,
    /// Metrics requested from CloudWatch so far.
    pub(crate) spent: AtomicU64,
}

impl Context {
    pub(crate) async fn clients(&self) -> &Clients {
        let make = || async {
            let clients = self.session.clients().await;
            (self.events)(Event::Region(clients.region.clone()));
            clients
        };
        self.clients.get_or_init(make).await
    }

    /// The answer to a query.
    pub(crate) async fn read(&self, query: &Query) -> Result<Reply, Error> {
        match query {
            Query::Identity => self.identity(query).await,
            Query::Changes { api, stage } => self.changes(query, api, stage).await,
            Query::Figures {
                api,
                stage,
                span,
                period,
            } => self.figures(query, (api, stage), *span, *period).await,
            Query::Metrics(metrics) => self.metrics(query, metrics).await,
            Query::MetricNames { api_name } => self.metric_names(query, api_name).await,
            _ => self.gateway(query).await,
        }
    }

    async fn identity(&self, query: &Query) -> Result<Reply, Error> {
        let clients = self.clients().await;
        let call = || {
            let call = clients.sts.get_caller_identity();
            async move { Ok(call.send().await?) }
        };
        let out = self
            .once("GetCallerIdentity", Service::Sts, query, call)
            .await?;
        let arn = out.arn.unwrap_or_default();
        Ok(Reply::Identity(Identity {
            account: out.account.unwrap_or_default(),
            role: role(&arn).to_owned(),
            arn,
            region: clients.region.clone(),
        }))
    }

    /// One call of a read.
    pub(crate) async fn once<T, F>(
        &self,
        operation: &'static str,
        service: Service,
        query: &Query,
        attempt: impl FnMut() -> F,
    ) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let job = Job {
            operation,
            service,
            write: false,
        };
        self.pacer
            .call(job, READ_LIMIT, attempt)
            .await
            .map_err(|failure| self.failed(operation, query, failure.cause))
    }

    /// All pages of a list. `page` takes the position at which a page begins, and answers its items and the next position.
    pub(crate) async fn pages<I, F>(
        &self,
        operation: &'static str,
        service: Service,
        query: &Query,
        page: impl Fn(Option<String>) -> F,
    ) -> Result<Vec<I>, Error>
    where
        F: Future<Output = Result<(Vec<I>, Option<String>), Failure>>,
    {
        let mut all = Vec::new();
        let mut position: Option<String> = None;
        loop {
            let (items, next) = self
                .once(operation, service, query, || page(position.clone()))
                .await?;
            all.extend(items);
            match next.filter(|next| !next.is_empty()) {
                None => return Ok(all),
                Some(next) if position.as_ref() == Some(&next) => {
                    let cause =
                        Cause::Malformed(format!("the page after {next} is that page again"));
                    return Err(self.failed(operation, query, cause));
                }
                next => position = next,
            }
        }
    }

    pub(crate) fn failed(&self, operation: &'static str, query: &Query, cause: Cause) -> Error {
        explain(&self.session, operation, query.to_string(), cause, false)
    }
}

/// The role or user in an ARN: `Operator` of `arn:aws:sts::1:assumed-role/Operator/jane`.
fn role(arn: &str) -> &str {
    let name = arn.splitn(6, ':').nth(5).unwrap_or(arn);
    match name.split_once('/') {
        Some(("assumed-role", rest)) => rest.split('/').next().unwrap_or(rest),
        Some((_, rest)) => rest.rsplit('/').next().unwrap_or(rest),
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_found_in_every_kind_of_arn() {
        for (arn, expected) in [
            (
                "arn:aws:sts::123456789012:assumed-role/Operator/jane",
                "Operator",
            ),
            ("arn:aws:iam::123456789012:user/teams/ops/jane", "jane"),
            ("arn:aws:iam::123456789012:root", "root"),
            ("nonsense", "nonsense"),
        ] {
            assert_eq!(role(arn), expected);
        }
    }
}
