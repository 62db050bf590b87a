//! Patch operations as API Gateway means them: JSON patch in form, but with a fixed list of paths and verbs for each entity.
//!
//! Operations are applied in order and atomically: the first error leaves the entity as it was. What can only be judged with a
//! look at the rest of the API (does the deployment exist, is the sibling's name free) is left to the caller.
//! Facts: `spec/rest/control-plane.md` §5, for stages `spec/rest/deployments-stages-canary.md` §4.

mod entity;
mod stage;
mod table;
mod usage_plan;

use serde::Deserialize;

pub use entity::apply;
pub use stage::apply_to_stage;
pub use table::Patchable;
pub use usage_plan::apply_to_usage_plan;

/// One change, as it is sent. Values are always text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct PatchOperation {
    /// `add`, `replace`, `remove`, `copy`; `move` and `test` are known to the service and supported nowhere.
    pub op: Option<String>,
    /// A JSON pointer: `~1` stands for `/`, `~0` for `~`.
    pub path: Option<String>,
    /// The new value.
    pub value: Option<String>,
    /// Where `copy` reads.
    pub from: Option<String>,
}

impl PatchOperation {
    /// An operation with a value.
    #[must_use]
    pub fn new(op: &str, path: &str, value: &str) -> Self {
        Self {
            op: Some(op.to_owned()),
            path: Some(path.to_owned()),
            value: Some(value.to_owned()),
            from: None,
        }
    }

    fn verb(&self) -> Option<Verb> {
        match self.op.as_deref()? {
            "add" => Some(Verb::Add),
            "replace" => Some(Verb::Replace),
            "remove" => Some(Verb::Remove),
            "copy" => Some(Verb::Copy),
            _ => None,
        }
    }

    /// The operation's name for messages; what is missing prints as Java's null.
    fn op_text(&self) -> &str {
        self.op.as_deref().unwrap_or("null")
    }

    fn path_text(&self) -> &str {
        self.path.as_deref().unwrap_or("null")
    }

    /// The value unless it is missing or empty, which mean the same.
    fn filled(&self) -> Option<&str> {
        self.value.as_deref().filter(|v| !v.is_empty())
    }

    fn boolean(&self) -> Result<bool, PatchError> {
        // A missing value means false (recorded with a request validator).
        match self.filled() {
            None => Ok(false),
            Some(text) if text.eq_ignore_ascii_case("true") => Ok(true),
            Some(text) if text.eq_ignore_ascii_case("false") => Ok(false),
            Some(_) => Err(self.unfit("true or false")),
        }
    }

    fn integer(&self) -> Result<i64, PatchError> {
        let text = self.filled().unwrap_or_default();
        text.parse().map_err(|_| self.unfit("an integer"))
    }

    fn number(&self) -> Result<f64, PatchError> {
        let text = self.filled().unwrap_or_default();
        text.parse()
            .ok()
            .filter(|n: &f64| n.is_finite())
            .ok_or_else(|| self.unfit("a number"))
    }

    /// The value as JSON text of an object of texts.
    fn text_map(&self) -> Result<super::Map<String>, PatchError> {
        serde_json::from_str(self.filled().unwrap_or("{}"))
            .map_err(|_| self.unfit("a JSON object of strings"))
    }

    /// The wording for values of the wrong form is not recorded.
    fn unfit(&self, wanted: &str) -> PatchError {
        let value = self.value.as_deref().unwrap_or("null");
        PatchError::BadRequest(format!(
            "Invalid value '{value}' specified for patch path '{}'. Must be {wanted}",
            self.path_text()
        ))
    }
}

/// Why a patch was refused. The texts are the service's where it was recorded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatchError {
    /// A path, verb or value that doesn't fit: status 400.
    #[error("{0}")]
    BadRequest(String),
    /// A map member or list member that isn't there: status 404.
    #[error("{0}")]
    NotFound(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Add,
    Replace,
    Remove,
    Copy,
}

/// The segments of a JSON pointer; nothing if it doesn't start with a slash.
fn segments(path: &str) -> Option<Vec<String>> {
    path.strip_prefix('/')
        .map(|rest| rest.split('/').map(unescape).collect())
}

/// `~1` → `/`, then `~0` → `~`; in this order, so that `~01` stays `~1`.
fn unescape(segment: &str) -> String {
    segment.replace("~1", "/").replace("~0", "~")
}

#[cfg(test)]
mod tests {
    use proptest::option::of;
    use proptest::prelude::*;

    use super::*;
    use crate::model::{Method, RestApi, Stage, UsagePlan};

    fn any_operation() -> impl Strategy<Value = PatchOperation> {
        // Segments that mean something somewhere, so that paths often lead somewhere.
        let segment = prop_oneof![
            Just("variables"),
            Just("canarySettings"),
            Just("deploymentId"),
            Just("binaryMediaTypes"),
            Just("endpointConfiguration"),
            Just("types"),
            Just("requestParameters"),
            Just("apiStages"),
            Just("a:b"),
            Just("throttle"),
            Just("rateLimit"),
            Just("*"),
            Just("caching"),
            Just("enabled"),
            Just("~1x~0~"),
            Just(""),
        ];
        let path = prop::collection::vec(segment, 0..6).prop_map(|s| format!("/{}", s.join("/")));
        let op = prop_oneof![
            Just("add"),
            Just("replace"),
            Just("remove"),
            Just("copy"),
            Just("x")
        ];
        let value = prop_oneof![Just("true"), Just("7"), Just("{}"), Just("a:b"), Just("")];
        (of(op), of(path.clone()), of(value), of(path)).prop_map(|(op, path, value, from)| {
            PatchOperation {
                op: op.map(str::to_owned),
                path,
                value: value.map(str::to_owned),
                from,
            }
        })
    }

    proptest! {
        #[test]
        fn no_patch_panics_and_a_refused_one_changes_nothing(
            operations in prop::collection::vec(any_operation(), 1..5)
        ) {
            let (mut api, mut method) = (RestApi::default(), Method::default());
            if apply(&mut api, &operations).is_err() {
                prop_assert_eq!(api, RestApi::default());
            }
            if apply(&mut method, &operations).is_err() {
                prop_assert_eq!(method, Method::default());
            }
            let mut stage = Stage::default();
            if apply_to_stage(&mut stage, &operations).is_err() {
                prop_assert_eq!(stage, Stage::default());
            }
            let mut plan = UsagePlan::default();
            if apply_to_usage_plan(&mut plan, &operations, |_, _| true).is_err() {
                prop_assert_eq!(plan, UsagePlan::default());
            }
        }
    }

    #[test]
    fn pointers_are_split_and_unescaped() {
        let cases: [(&str, Option<&[&str]>); 5] = [
            ("/name", Some(&["name"])),
            ("/a~1b/c~0d", Some(&["a/b", "c~d"])),
            ("/x~01", Some(&["x~1"])),
            ("/", Some(&[""])),
            ("name", None),
        ];
        for (path, want) in cases {
            let want = want.map(|w| w.iter().map(ToString::to_string).collect::<Vec<_>>());
            assert_eq!(segments(path), want, "{path}");
        }
    }
}
