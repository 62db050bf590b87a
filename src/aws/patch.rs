//! Patch operations: how API Gateway's entities are changed. Source: `spec/rest/control-plane.md` §5.

use std::fmt::Write as _;

/// What a patch operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PatchOp {
    /// Adds a member, or an element of a list.
    Add,
    /// Sets a member.
    Replace,
    /// Removes a member, or an element of a list.
    Remove,
    /// Copies another member's value.
    Copy,
}

impl PatchOp {
    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Replace => "replace",
            Self::Remove => "remove",
            Self::Copy => "copy",
        }
    }
}

/// One step of an update. The steps of one call are applied together or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patch {
    /// What to do.
    pub op: PatchOp,
    /// Where: a JSON pointer, see [`pointer()`].
    pub path: String,
    /// The new value, always as text.
    pub value: Option<String>,
    /// Where to copy from.
    pub from: Option<String>,
}

impl Patch {
    /// Sets the member at `path`.
    #[must_use]
    pub fn replace(path: impl Into<String>, value: impl Into<String>) -> Self {
        Self::new(PatchOp::Replace, path.into(), Some(value.into()), None)
    }

    /// Adds at `path`.
    #[must_use]
    pub fn add(path: impl Into<String>, value: impl Into<String>) -> Self {
        Self::new(PatchOp::Add, path.into(), Some(value.into()), None)
    }

    /// Removes what is at `path`.
    #[must_use]
    pub fn remove(path: impl Into<String>) -> Self {
        Self::new(PatchOp::Remove, path.into(), None, None)
    }

    /// Removes the element `value` of the list at `path`.
    #[must_use]
    pub fn remove_value(path: impl Into<String>, value: impl Into<String>) -> Self {
        Self::new(PatchOp::Remove, path.into(), Some(value.into()), None)
    }

    /// Copies what is at `from` to `path`.
    #[must_use]
    pub fn copy(from: impl Into<String>, path: impl Into<String>) -> Self {
        Self::new(PatchOp::Copy, path.into(), None, Some(from.into()))
    }

    const fn new(op: PatchOp, path: String, value: Option<String>, from: Option<String>) -> Self {
        Self {
            op,
            path,
            value,
            from,
        }
    }
}

/// A JSON pointer to these segments: `/` in a segment becomes `~1`, `~` becomes `~0`.
///
/// `pointer(&["requestTemplates", "application/json"])` is `/requestTemplates/application~1json`.
#[must_use]
pub fn pointer(segments: &[&str]) -> String {
    segments.iter().fold(String::new(), |mut path, segment| {
        // Writing to a String can't fail.
        let _ = write!(path, "/{}", segment.replace('~', "~0").replace('/', "~1"));
        path
    })
}

/// The patch path of a setting of one method of a stage: `/~1pets/GET/throttling/rateLimit`, or of all: `/*/*/…`.
#[must_use]
pub fn method_setting(method: Option<(&str, &str)>, setting: &str) -> String {
    let (path, verb) = method.unwrap_or(("*", "*"));
    format!("{}/{setting}", pointer(&[path, verb]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_escape_their_segments() {
        for (segments, path) in [
            (
                &["requestTemplates", "application/json"][..],
                "/requestTemplates/application~1json",
            ),
            (&["variables", "a"], "/variables/a"),
            (&["x", "a~b/c"], "/x/a~0b~1c"),
        ] {
            assert_eq!(pointer(segments), path);
        }
        assert_eq!(
            method_setting(Some(("/pets/{petId}", "GET")), "throttling/rateLimit"),
            "/~1pets~1{petId}/GET/throttling/rateLimit"
        );
        assert_eq!(
            method_setting(None, "metrics/enabled"),
            "/*/*/metrics/enabled"
        );
    }
}
