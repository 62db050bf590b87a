//! `TestInvokeMethod` and `TestInvokeAuthorizer`: one method or authorizer, run as it stands, without a deployment.
//!
//! Source: `spec/aws-recorded/FACTS.md` §13.

use serde::Deserialize;
use serde_json::{Value, json};

use super::txn::{Txn, read, text};
use super::{authorizers, methods};
use crate::engine::gateway::{TestAuthorizerAnswer, TestInvoke, TestInvokeAnswer};
use crate::engine::wire::{Input, ServiceError};
use crate::model::{Authorizer, Definition, Map};

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
    let test = TestInvoke {
        resource_id: resource.id.clone(),
        verb: method.http_method,
        ..given(txn, input)?
    };
    Ok((api.definition(), test))
}

/// Which authorizer is to be asked about what, and in which definition.
pub(super) fn prepare_authorizer(
    txn: &Txn<'_>,
    input: &Input,
) -> Result<(Definition, Authorizer, TestInvoke), ServiceError> {
    let authorizer = authorizers::find(txn, input)?;
    let api = txn.api(text(input, "restapi_id"))?;
    Ok((api.definition(), authorizer, given(txn, input)?))
}

/// The request that both operations describe alike.
fn given(txn: &Txn<'_>, input: &Input) -> Result<TestInvoke, ServiceError> {
    let given: TestInvokeMethod = read(input)?;
    let many = given.multi_value_headers.into_iter();
    let headers = given.headers.into_iter().chain(
        many.flat_map(|(name, values)| values.into_iter().map(move |value| (name.clone(), value))),
    );
    Ok(TestInvoke {
        region: txn.region_name.to_owned(),
        account: txn.deps.account.clone(),
        path_with_query_string: given.path_with_query_string.filter(|path| !path.is_empty()),
        body: given.body.unwrap_or_default(),
        headers: headers.collect(),
        stage_variables: given.stage_variables,
        client_certificate_id: given.client_certificate_id.filter(|id| !id.is_empty()),
        ..TestInvoke::default()
    })
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

pub(super) fn shown_authorizer(answer: &TestAuthorizerAnswer) -> Value {
    let mut shown = json!({
        "clientStatus": answer.client_status,
        "log": answer.log,
        "latency": u64::try_from(answer.latency.as_millis()).unwrap_or(u64::MAX),
    });
    if let Some(principal) = &answer.principal_id {
        shown["principalId"] = json!(principal);
    }
    if let Some(policy) = &answer.policy {
        shown["policy"] = json!(policy);
    }
    if !answer.claims.is_empty() {
        shown["claims"] = json!(answer.claims);
    }
    shown
}
