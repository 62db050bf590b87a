//! `TestInvokeMethod`: one method, run as it stands, without a deployment.
//!
//! Source: `spec/aws-recorded/FACTS.md` §13.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::methods;
use super::serving::{TestInvoke, TestInvoked};
use super::txn::{Txn, read, text};
use crate::engine::wire::{Input, ServiceError};
use crate::model::Map;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct TestInvokeMethod {
    path_with_query_string: Option<String>,
    body: Option<String>,
    headers: Map<String>,
    multi_value_headers: Map<Vec<String>>,
    stage_variables: Map<String>,
}

/// What is to be run; the gateway runs it.
pub(super) fn prepare(txn: &Txn<'_>, input: &Input) -> Result<TestInvoke, ServiceError> {
    let (resource, method) = methods::find(txn, input)?;
    super::integrations::find(&method)?;
    let api = txn.api(text(input, "restapi_id"))?;
    let given: TestInvokeMethod = read(input)?;
    let many = given.multi_value_headers.into_iter();
    let headers = given.headers.into_iter().chain(
        many.flat_map(|(name, values)| values.into_iter().map(move |value| (name.clone(), value))),
    );
    Ok(TestInvoke {
        region: txn.region_name.to_owned(),
        account: txn.deps.account.clone(),
        definition: Arc::new(api.definition()),
        resource_id: resource.id.clone(),
        verb: method.http_method,
        path_with_query: given.path_with_query_string.filter(|path| !path.is_empty()),
        headers: headers.collect(),
        body: given.body.unwrap_or_default(),
        stage_variables: given.stage_variables,
    })
}

pub(super) fn shown(run: TestInvoked) -> Value {
    let mut single: Map<String> = Map::default();
    let mut multi: Map<Vec<String>> = Map::default();
    for (name, value) in run.headers {
        multi.entry(name.clone()).or_default().push(value.clone());
        single.insert(name, value);
    }
    json!({
        "status": run.status,
        "body": run.body,
        "headers": single,
        "multiValueHeaders": multi,
        "log": run.log,
        "latency": run.latency_ms,
    })
}
