//! A node of the resource tree.

use serde::{Deserialize, Serialize};

use super::{Map, Method};

/// A resource, as `GetResource` with `embed=methods` answers it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Resource {
    /// Ten characters for the root, six for the others.
    pub id: String,
    /// Absent on the root.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<String>,
    /// The last segment: a literal, `{name}` or `{name+}`. Absent on the root.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_part: Option<String>,
    /// The whole path template: `/pets/{petId}`.
    pub path: String,
    /// By verb.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub resource_methods: Map<Method>,
}

impl Resource {
    /// Whether the last segment is `{name}` or `{name+}`.
    #[must_use]
    pub fn is_variable(&self) -> bool {
        self.path_part
            .as_deref()
            .is_some_and(|part| part.starts_with('{'))
    }

    /// Whether the last segment is `{name+}`, which matches the rest of a path.
    #[must_use]
    pub fn is_greedy(&self) -> bool {
        self.path_part
            .as_deref()
            .is_some_and(|part| part.ends_with("+}"))
    }
}
