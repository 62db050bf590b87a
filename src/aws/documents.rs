//! OpenAPI documents of APIs, for the command line: one call after another, each waited for.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use aws_sdk_apigateway::primitives::Blob;
use aws_sdk_apigateway::types::PutMode;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::OnceCell;

use super::error::Error;
use super::failure::Failure;
use super::limits::Service;
use super::pacer::Pacer;
use super::query::Query;
use super::read::Context;
use super::reply::{Identity, Reply};
use super::scheduler::Job;
use super::session::{Extension, Session, explain};
use crate::base::{Chance, Clock};
use crate::model::{Definition, RestApi};

/// How long a call may take: a large document is taken in within seconds.
const LIMIT: Duration = Duration::from_mins(2);

/// A session whose calls are waited for.
pub struct Documents {
    runtime: Runtime,
    context: Context,
}

/// What an import answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// The API's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What the service complained of.
    pub warnings: Vec<String>,
}

/// Which document an export is.
#[derive(Clone, Copy, Debug)]
pub struct Export<'a> {
    /// The API's id.
    pub api: &'a str,
    /// The stage.
    pub stage: &'a str,
    /// `oas30` or `swagger`.
    pub kind: &'a str,
    /// A list as the service takes it; may be empty.
    pub extensions: &'a str,
}

impl Documents {
    /// Starts the threads that calls need; connects to nothing yet.
    pub fn open(session: Session, clock: Clock, chance: Chance) -> io::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("aws")
            .enable_all()
            .build()?;
        let events: super::pacer::Sink = Arc::new(|_| {});
        let is_aws = session.target.is_aws();
        let pacer = Pacer::new(is_aws, clock.clone(), chance, events.clone());
        runtime.spawn(pacer.clone().run());
        let context = Context {
            extension: Extension::at(&session.target),
            session,
            pacer,
            clock,
            events,
            clients: OnceCell::new(),
            spent: AtomicU64::new(0),
        };
        Ok(Self { runtime, context })
    }

    fn ask(&self, query: &Query) -> Result<Reply, Error> {
        self.runtime.block_on(self.context.read(query))
    }

    /// Who we are there.
    pub fn identity(&self) -> Result<Identity, Error> {
        match self.ask(&Query::Identity)? {
            Reply::Identity(identity) => Ok(identity),
            _ => Ok(Identity::default()),
        }
    }

    /// All APIs.
    pub fn apis(&self) -> Result<Vec<RestApi>, Error> {
        match self.ask(&Query::Apis)? {
            Reply::Apis(all) => Ok(all),
            _ => Ok(Vec::new()),
        }
    }

    /// An API as it stands, deployed or not.
    pub fn definition(&self, id: &str) -> Result<Definition, Error> {
        let api = || id.to_owned();
        let queries = [
            Query::Api { api: api() },
            Query::Resources { api: api() },
            Query::Models { api: api() },
            Query::RequestValidators { api: api() },
            Query::Authorizers { api: api() },
            Query::GatewayResponses { api: api() },
        ];
        let mut definition = Definition::default();
        for query in queries {
            match self.ask(&query)? {
                Reply::Api(api) => definition.rest_api = *api,
                Reply::Resources(all) => {
                    definition.resources = all.into_iter().map(|r| (r.id.clone(), r)).collect();
                }
                Reply::Models(all) => {
                    definition.models = all.into_iter().map(|m| (m.name.clone(), m)).collect();
                }
                Reply::RequestValidators(all) => {
                    let all = all.into_iter().map(|v| (v.id.clone(), v));
                    definition.request_validators = all.collect();
                }
                Reply::Authorizers(all) => {
                    definition.authorizers = all.into_iter().map(|a| (a.id.clone(), a)).collect();
                }
                Reply::GatewayResponses(all) => {
                    let own = all.into_iter().filter(|r| !r.default_response);
                    definition.gateway_responses = own.map(|r| (r.response_type, r)).collect();
                }
                _ => {}
            }
        }
        Ok(definition)
    }

    fn call<T, F>(
        &self,
        operation: &'static str,
        subject: &str,
        write: bool,
        attempt: impl FnMut() -> F,
    ) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let job = Job {
            operation,
            service: Service::ApiGateway,
            write,
        };
        self.runtime
            .block_on(self.context.pacer.call(job, LIMIT, attempt))
            .map_err(|failure| {
                let session = &self.context.session;
                explain(session, operation, subject, failure.cause, write)
            })
    }

    /// `ImportRestApi`: a new API of a document. `parameters` are the service's: `basepath`, `ignore`.
    pub fn import(
        &self,
        document: &str,
        fail_on_warnings: bool,
        parameters: &[(String, String)],
    ) -> Result<Imported, Error> {
        let client = &self.runtime.block_on(self.context.clients()).apigateway;
        let parameters: std::collections::HashMap<String, String> =
            parameters.iter().cloned().collect();
        let out = self.call("ImportRestApi", "a new API", true, || {
            let call = client
                .import_rest_api()
                .fail_on_warnings(fail_on_warnings)
                .set_parameters(Some(parameters.clone()))
                .body(Blob::new(document));
            async move { Ok(call.send().await?) }
        })?;
        Ok(Imported {
            id: out.id.unwrap_or_default(),
            name: out.name.unwrap_or_default(),
            warnings: out.warnings.unwrap_or_default(),
        })
    }

    /// `PutRestApi`: a document into an API.
    pub fn put(
        &self,
        api: &str,
        overwrite: bool,
        document: &str,
        fail_on_warnings: bool,
        parameters: &[(String, String)],
    ) -> Result<Imported, Error> {
        let client = &self.runtime.block_on(self.context.clients()).apigateway;
        let parameters: std::collections::HashMap<String, String> =
            parameters.iter().cloned().collect();
        let mode = if overwrite {
            PutMode::Overwrite
        } else {
            PutMode::Merge
        };
        let out = self.call("PutRestApi", &format!("API {api}"), true, || {
            let call = client
                .put_rest_api()
                .rest_api_id(api)
                .mode(mode.clone())
                .fail_on_warnings(fail_on_warnings)
                .set_parameters(Some(parameters.clone()))
                .body(Blob::new(document));
            async move { Ok(call.send().await?) }
        })?;
        Ok(Imported {
            id: out.id.unwrap_or_default(),
            name: out.name.unwrap_or_default(),
            warnings: out.warnings.unwrap_or_default(),
        })
    }

    /// `GetExport`: the text of a stage's document, JSON: the SDK asks for JSON whatever `accepts` is set to.
    pub fn export(&self, export: Export<'_>) -> Result<String, Error> {
        let client = &self.runtime.block_on(self.context.clients()).apigateway;
        let subject = format!("stage {} of API {}", export.stage, export.api);
        let out = self.call("GetExport", &subject, false, || {
            let mut call = client
                .get_export()
                .rest_api_id(export.api)
                .stage_name(export.stage)
                .export_type(export.kind);
            if !export.extensions.is_empty() {
                call = call.parameters("extensions", export.extensions);
            }
            async move { Ok(call.send().await?) }
        })?;
        let body = out.body.map(Blob::into_inner).unwrap_or_default();
        Ok(String::from_utf8_lossy(&body).into_owned())
    }
}
