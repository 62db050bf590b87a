//! What this service asks of the gateway.
#![allow(missing_docs)]

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::engine::wire::ServiceError;
use crate::model::{ApiKey, Definition, Map, Stage, UsagePlan};

/// A deployment by id, with what it froze.
pub type Frozen<'a> = (&'a str, Arc<Definition>);

/// The side that serves requests.
pub trait Serving: Send + Sync + std::fmt::Debug {
    /// Whether everything in a definition can be served.
    fn check(&self, definition: &Definition) -> Result<(), String>;
    /// Whether everything in a stage's settings can be served.
    fn check_stage(&self, stage: &Stage) -> Result<(), String>;
    /// Serves a stage from now on as it is here.
    fn publish_stage(
        &self,
        region: &str,
        account: &str,
        api: &str,
        stage: &Stage,
        deployment: Frozen<'_>,
        canary: Option<Frozen<'_>>,
    );
    /// Serves a stage no longer.
    fn remove_stage(&self, api: &str, stage: &str);
    /// Serves an API no longer.
    fn remove_api(&self, api: &str);
    /// Takes over a region's keys, plans and which keys are in which plans.
    fn publish_keys(
        &self,
        region: &str,
        keys: &[Arc<ApiKey>],
        plans: &[Arc<UsagePlan>],
        members: &[(String, String)],
    );
    /// Requests used and left, for each day from `first` to `last`.
    fn usage(
        &self,
        region: &str,
        plan: &str,
        key: &str,
        days: (jiff::civil::Date, jiff::civil::Date),
    ) -> Vec<(u64, Option<u64>)>;
    /// Sets what is left of the current period's quota.
    fn set_remaining(&self, region: &str, plan: &str, key: &str, left: u64);
    /// Runs one method without a deployment.
    fn test_invoke(
        &self,
        test: TestInvoke,
    ) -> Pin<Box<dyn Future<Output = Result<TestInvoked, ServiceError>> + Send + '_>>;
}

/// A test of one method.
#[derive(Debug)]
pub struct TestInvoke {
    pub region: String,
    pub account: String,
    pub definition: Arc<Definition>,
    pub resource_id: String,
    pub verb: String,
    pub path_with_query: Option<String>,
    pub headers: Vec<(String, String)>,
    pub body: String,
    pub stage_variables: Map<String>,
}

/// What came of it.
#[derive(Debug)]
pub struct TestInvoked {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
    pub log: String,
    pub latency_ms: u64,
}
