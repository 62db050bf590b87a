//! Condition keys of one request.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// The values that a request has for condition keys and policy variables. Keys are asked for in lower case.
pub trait Keys {
    /// The value of a key; of several the first.
    fn get(&self, key: &str) -> Option<Cow<'_, str>>;

    /// Every value of a key.
    fn each(&self, key: &str, each: &mut dyn FnMut(&str)) {
        if let Some(value) = self.get(key) {
            each(&value);
        }
    }

    /// The value of a key that holds an address.
    fn address(&self, key: &str) -> Option<IpAddr> {
        self.get(key)?.parse().ok()
    }
}

/// Keys given one by one, in lower case: for a simulator and for tests.
impl Keys for BTreeMap<String, Vec<String>> {
    fn get(&self, key: &str) -> Option<Cow<'_, str>> {
        let values = BTreeMap::get(self, key)?;
        values.first().map(|v| Cow::Borrowed(v.as_str()))
    }

    fn each(&self, key: &str, each: &mut dyn FnMut(&str)) {
        for value in BTreeMap::get(self, key).into_iter().flatten() {
            each(value);
        }
    }
}

/// No keys at all.
impl Keys for () {
    fn get(&self, _: &str) -> Option<Cow<'_, str>> {
        None
    }
}
