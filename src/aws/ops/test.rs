//! Testing a method as it is saved.

use crate::aws::call::TestInvokeMethod;
use crate::aws::op::{Kind, Op};
use crate::model::Map;

use super::At;

/// What a test run sends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Run {
    /// The path with its parameters filled in, and the query: `/pets/7?x=1`.
    pub path_with_query: String,
    /// Headers in order; a name may come more than once.
    pub headers: Vec<(String, String)>,
    /// The body; none if empty.
    pub body: String,
    /// The stage variables of this run.
    pub stage_variables: Map<String>,
}

/// Runs a method as it is saved, which may be other than what stages serve. It reaches the backend.
#[must_use]
pub fn invoke(at: At<'_>, run: &Run) -> Op {
    let mut several: Map<Vec<String>> = Map::default();
    for (name, value) in &run.headers {
        several.entry(name.clone()).or_default().push(value.clone());
    }
    let once = several.values().all(|values| values.len() == 1);
    let headers = run.headers.iter().cloned().collect();
    let call = TestInvokeMethod {
        rest_api_id: at.api_id(),
        resource_id: at.resource_id(),
        http_method: at.verb.to_owned(),
        path_with_query_string: Some(run.path_with_query.clone()).filter(|p| !p.is_empty()),
        body: Some(run.body.clone()).filter(|b| !b.is_empty()),
        headers: if once { headers } else { Map::default() },
        multi_value_headers: if once { Map::default() } else { several },
        stage_variables: run.stage_variables.clone(),
        ..TestInvokeMethod::default()
    };
    let mut op = Op::change(
        format!("test {}", at.words()),
        at.place(),
        vec![call.into()],
    )
    .final_because("what the backend did can't be undone from here");
    op.kind = Kind::Reach {
        safe: matches!(at.verb, "GET" | "HEAD"),
    };
    op
}
