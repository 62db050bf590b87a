//! Values out of JSON text, read as loosely as mapping templates read it.

use serde_json::Value;

use crate::vtl::{self, Input, Limits, Overrides};

/// The value at a path, `a.b[0]` (`$.` is put before it): a string bare, anything else as its JSON text. Nothing when the text isn't
/// JSON, when there is no such value, and when it is null or empty.
pub(crate) fn read(path: &str, text: &str) -> Option<String> {
    let path = if path.starts_with('$') {
        path.to_owned()
    } else {
        format!("$.{path}")
    };
    if path.contains('\'') && path.contains('"') {
        return None;
    }
    let quote = if path.contains('\'') { '"' } else { '\'' };
    let template = format!("$input.json({quote}{path}{quote})");
    let template = vtl::parse(&template, &Limits::default()).ok()?;
    let input = Input {
        body: text,
        ..Input::default()
    };
    let found = template
        .render(&input, &mut Overrides::default(), None)
        .ok()?;
    match serde_json::from_str(&found) {
        Ok(Value::String(text)) => Some(text).filter(|t| !t.is_empty()),
        _ => Some(found).filter(|t| !t.is_empty()),
    }
}
