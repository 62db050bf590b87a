//! Page tokens: where the next page begins. Opaque to clients, and refused when they belong to another call.

use std::hash::{DefaultHasher, Hash, Hasher};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::engine::wire::Input;

/// A token that isn't one of this call.
#[derive(Debug)]
pub(super) struct Stale;

/// The token of a place in the pages of this call; `member` is the input's that takes it.
pub(super) fn write(input: &Input, member: &str, place: &impl Serialize) -> String {
    let content = serde_json::to_vec(&(fingerprint(input, member), place)).unwrap_or_default();
    BASE64.encode(content)
}

/// The place that the call's token names; `None` without a token.
pub(super) fn read<P: DeserializeOwned>(input: &Input, member: &str) -> Result<Option<P>, Stale> {
    let Some(token) = input.text(member) else {
        return Ok(None);
    };
    let place = BASE64
        .decode(token)
        .ok()
        .and_then(|content| serde_json::from_slice::<(u64, P)>(&content).ok());
    match place {
        Some((its, place)) if its == fingerprint(input, member) => Ok(Some(place)),
        _ => Err(Stale),
    }
}

/// What must be the same from page to page: all but the token itself.
fn fingerprint(input: &Input, token: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    let mut members: Vec<_> = (input.members.iter())
        .filter(|(name, _)| *name != token)
        .collect();
    members.sort_by_key(|(name, _)| *name);
    for (name, value) in members {
        name.hash(&mut hasher);
        value.to_string().hash(&mut hasher);
    }
    hasher.finish()
}
