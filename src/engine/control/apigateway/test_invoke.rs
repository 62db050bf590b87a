//! `TestInvokeMethod`: one method, run as it stands, without a deployment.
//!
//! Source: `spec/aws-recorded/FACTS.md` §13.

use serde::Deserialize;
use serde_json::{Value, json};

use super::methods;
use super::txn::{Txn, read, text};
use crate::engine::gateway::{TestInvoke, TestInvokeAnswer};
use crate::engine::wire::{Input, ServiceError};
use crate::model::{Definition, Map};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct TestInvokeMethod {
    path_with_query_string: Option<String>,
    body: Option<String>,
    headers: Map<String>,
    multi_value_headers: Map<Vec<String>>,
    stage_variables: Map<String>,
    client_certificate_id: Option<String>,
}

/// What is to be run, and on which definition; the gateway runs it.
pub(super) fn prepare(
    txn: &Txn<'_>,
    input: &Input,
) -> Result<(Definition, TestInvoke), ServiceError> {
    let (resource, method) = methods::find(txn, input)?;
    let api = txn.api(text(input, "restapi_id"))?;
    let given: TestInvokeMethod = read(input)?;
    let many = given.multi_value_headers.into_iter();
    let headers = given.headers.into_iter().chain(
        many.flat_map(|(name, values)| values.into_iter().map(move |value| (name.clone(), value))),
    );
    let test = TestInvoke {
        region: txn.region_name.to_owned(),
        account: txn.deps.account.clone(),
        resource_id: resource.id.clone(),
        verb: method.http_method,
        path_with_query_string: given.path_with_query_string.filter(|path| !path.is_empty()),
        body: given.body.unwrap_or_default(),
        headers: headers.collect(),
        stage_variables: given.stage_variables,
        client_certificate_id: given.client_certificate_id.filter(|id| !id.is_empty()),
    };
    Ok((api.definition(), test))
}

pub(super) fn shown(answer: &TestInvokeAnswer) -> Value {
    json!({
        "status": answer.status,
        "body": answer.body,
        "headers": answer.headers,
        "multiValueHeaders": answer.multi_value_headers,
        "log": answer.log,
        "latency": u64::try_from(answer.latency.as_millis()).unwrap_or(u64::MAX),
    })
}
