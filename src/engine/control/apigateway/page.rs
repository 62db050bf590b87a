//! Lists in pages: `limit` and `position`.
//!
//! Source: `spec/rest/control-plane.md` §1. A position names the last entry of the page before, so that entries which come or go
//! between two pages neither repeat nor hide others.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::Answer;
use super::error::bad;
use crate::engine::wire::Input;

const DEFAULT_LIMIT: i64 = 25;
const MAX_LIMIT: i64 = 500;

/// The page of `entries` that the call asks for. Entries come with a sort key, unique and in ascending order.
pub(super) fn page(entries: Vec<(String, Value)>, input: &Input) -> Answer {
    page_of(entries, input, Ok)
}

/// As [`page`], with entries which are only written if they are on the page.
pub(super) fn page_of<T>(
    entries: Vec<(String, T)>,
    input: &Input,
    write: impl Fn(T) -> Answer,
) -> Answer {
    // A limit out of range is no error (recorded with -1, which gives an empty list).
    let limit = input
        .integer("limit")
        .unwrap_or(DEFAULT_LIMIT)
        .min(MAX_LIMIT);
    let limit = usize::try_from(limit).unwrap_or(0);
    let after = match input.text("position") {
        Some(position) => Some(
            URL_SAFE_NO_PAD
                .decode(position)
                .ok()
                .and_then(|bytes| String::from_utf8(bytes).ok())
                .ok_or_else(|| bad("Invalid position specified"))?,
        ),
        None => None,
    };
    let mut rest = entries
        .into_iter()
        .skip_while(|(key, _)| after.as_ref().is_some_and(|after| key <= after))
        .peekable();
    let mut last = String::new();
    let mut items = Vec::new();
    for (key, entry) in rest.by_ref().take(limit) {
        items.push(write(entry)?);
        last = key;
    }
    let mut answer = Map::new();
    if limit > 0 && rest.peek().is_some() {
        answer.insert("position".to_owned(), URL_SAFE_NO_PAD.encode(&last).into());
    }
    answer.insert("item".to_owned(), items.into());
    Ok(Value::Object(answer))
}

/// The sort key of a place in the order of creation, oldest first.
pub(super) fn oldest_first(place: u64) -> String {
    format!("{place:020}")
}

/// The sort key of a place in the order of creation, newest first.
pub(super) fn newest_first(place: u64) -> String {
    format!("{:020}", u64::MAX - place)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entries(keys: &[&str]) -> Vec<(String, Value)> {
        keys.iter()
            .map(|key| ((*key).to_owned(), json!(key)))
            .collect()
    }

    fn ask(keys: &[&str], input: Value) -> Value {
        let Value::Object(members) = input else {
            panic!("not an object")
        };
        page(
            entries(keys),
            &Input {
                members,
                payload: None,
            },
        )
        .unwrap()
    }

    #[test]
    fn pages_follow_each_other_even_when_entries_go() {
        let first = ask(&["a", "b", "c"], json!({"limit": 2}));
        assert_eq!(first["item"], json!(["a", "b"]));
        let next = ask(
            &["a", "c"],
            json!({"limit": 2, "position": first["position"]}),
        );
        assert_eq!(next, json!({"item": ["c"]}));
    }

    #[test]
    fn limits_out_of_range_are_no_errors() {
        assert_eq!(ask(&["a"], json!({"limit": -1})), json!({"item": []}));
        assert_eq!(
            ask(&["a"], json!({"limit": 100_000})),
            json!({"item": ["a"]})
        );
        assert_eq!(ask(&[], json!({})), json!({"item": []}));
        let many: Vec<String> = (100..130).map(|n| n.to_string()).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(ask(&many, json!({}))["item"].as_array().unwrap().len(), 25);
    }

    #[test]
    fn a_strange_position_is_refused() {
        let members = json!({"position": "§"}).as_object().unwrap().clone();
        let error = page(
            vec![],
            &Input {
                members,
                payload: None,
            },
        )
        .unwrap_err();
        assert_eq!(
            (error.status, error.message.as_str()),
            (400, "Invalid position specified")
        );
    }

    #[test]
    fn orders_of_creation_sort_as_text() {
        assert!(oldest_first(9) < oldest_first(10));
        assert!(newest_first(9) > newest_first(10));
    }
}
