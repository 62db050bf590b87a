//! The data plane: serves deployed APIs.
//!
//! The control plane publishes stages and keys here ([`Gateway`]); data runtimes read them without a lock and answer requests
//! ([`Handler`]). A request's life is a sequence of phases, a file each, plain functions over one [`exchange`]:
//!
//! ```text
//! handler        match stage, draw canary; match resource and method; read the body
//! authorize      resource policy, and who calls
//! admit          API key, quota, throttle
//! validate       required parameters, the body against its model
//! cache          answers that the stage keeps
//! integration_request → mock | backend | lambda_integration → integration_response
//! gateway_response    on failure, from whatever phase
//! record         what is left behind: metrics, logs and traces are made of it
//! ```
//!
//! `snapshot` is what a deployment compiles to, `stage` what a stage publishes; `unserved` is the table of what is refused until it is
//! built.

mod admit;
mod answer;
mod authorize;
mod authorizer;
mod backend;
mod body;
mod bucket;
mod cache;
mod client_tls;
mod compress;
mod connection;
mod content;
mod deadlines;
pub(crate) mod desk;
mod domain_guard;
mod domains;
mod edge;
mod endpoint;
mod exchange;
mod execute_arn;
pub(crate) mod explain;
mod failure;
mod gateway_response;
mod handler;
mod headers;
mod http1;
mod integration_request;
mod integration_response;
mod journal;
mod json;
mod keys;
mod lambda;
mod lambda_answer;
mod lambda_event;
mod lambda_integration;
mod lambda_stream;
mod life;
mod log;
mod mapping;
mod mock;
mod policy_keys;
mod pool;
mod publish;
mod quota;
mod ready;
mod record;
mod reply;
mod request_ids;
mod response_table;
mod schema;
mod snapshot;
mod source;
mod spelling;
mod stage;
mod target;
mod test_authorizer;
mod test_invoke;
#[cfg(test)]
mod tests;

mod trust;
mod truststore;
mod unserved;
mod uri;
mod usage;
mod validate;
mod variables;
mod xray;

pub use authorizer::JwksSource;
pub use body::{Body, BodyError};
pub(crate) use bucket::Bucket;
pub use cache::{CacheContents, CachedAnswer};
pub(crate) use client_tls::ClientTls;
pub use connection::VpcLinkAddresses;
pub(crate) use domains::DomainTls;
pub use domains::{DomainSettings, PrivateDomain};
pub use execute_arn::partition;
pub use handler::Handler;
pub use keys::KeyChange;
pub use lambda::{Functions, LambdaCredentials, LambdaEndpoint};
pub(crate) use log::access::group_of as log_group_of;
pub use publish::{Gateway, Settings};
pub(crate) use schema::{fault as schema_fault, is_json as is_schema};
pub use target::Target;
pub use test_authorizer::TestAuthorizerAnswer;
pub use test_invoke::{TestInvoke, TestInvokeAnswer, TestInvokeError};
pub use truststore::Truststore;
pub use unserved::{Unserved, check, check_stage};
pub use usage::{StoredUsage, UsageDay};
pub use xray::{DEFAULT_RULE, SamplingRule};
pub(crate) use xray::{Finished, is_span_id, is_trace_id};
