//! What templates set under `$context.requestOverride` and `$context.responseOverride`.

use serde_json::{Map, Value};

/// The overrides of one request's life. The request template writes them, and the response template finds them again and adds its own.
///
/// Both objects hold what the templates put there, in order: groups (`header`, `path`, `querystring`), `status`, and keys of the template's own.
/// A group without entries is left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overrides {
    /// `$context.requestOverride`
    pub request: Map<String, Value>,
    /// `$context.responseOverride`
    pub response: Map<String, Value>,
}

impl Overrides {
    /// Whether nothing is overridden.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.request.is_empty() && self.response.is_empty()
    }

    /// `responseOverride.status`, when it is a number or the digits of one.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self.response.get("status")? {
            Value::Number(n) => n.as_u64().and_then(|n| u16::try_from(n).ok()),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// The entries of `requestOverride.{group}` (`header`, `path`, `querystring`) as texts.
    pub fn request_group<'a>(
        &'a self,
        group: &str,
    ) -> impl Iterator<Item = (&'a str, String)> + use<'a> {
        texts(self.request.get(group))
    }

    /// The entries of `requestOverride.header` with their values: a list stands for a header with several
    /// (`spec/rest/integrations.md` §3).
    pub fn request_headers(&self) -> impl Iterator<Item = (&str, Vec<String>)> {
        let group = self.request.get("header").and_then(Value::as_object);
        group.into_iter().flatten().map(|(name, value)| {
            let values = match value {
                Value::Array(values) => values.iter().map(text).collect(),
                single => vec![text(single)],
            };
            (name.as_str(), values)
        })
    }

    /// The entries of `responseOverride.header` as texts.
    pub fn response_headers(&self) -> impl Iterator<Item = (&str, String)> {
        texts(self.response.get("header"))
    }
}

fn texts(group: Option<&Value>) -> impl Iterator<Item = (&str, String)> {
    group
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.as_str(), text(value)))
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
