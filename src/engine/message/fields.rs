//! Header fields in the order in which they came.

use http::{HeaderMap, HeaderName, HeaderValue};

/// A message's header fields: a list, and used as the library's map is.
///
/// A map is for who looks fields up. Messages that the gateway makes or passes on have a dozen fields, most of which are only written
/// out again: hashing each of them costs several times what comparing a dozen names does. Who makes a message bounds how many there
/// are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields(Vec<(HeaderName, HeaderValue)>);

impl Fields {
    /// No fields.
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    /// No fields yet, and room for some.
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }

    pub(crate) const fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first value of a field; names are given in lower case.
    pub(crate) fn get(&self, name: impl AsRef<str>) -> Option<&HeaderValue> {
        let name = name.as_ref();
        let mut fields = self.0.iter();
        fields.find_map(|(n, value)| (n.as_str() == name).then_some(value))
    }

    /// All values of a field.
    pub(crate) fn get_all(
        &self,
        name: impl AsRef<str> + Clone,
    ) -> impl DoubleEndedIterator<Item = &HeaderValue> + Clone {
        let fields = self.0.iter();
        fields.filter_map(move |(n, value)| (n.as_str() == name.as_ref()).then_some(value))
    }

    pub(crate) fn contains_key(&self, name: impl AsRef<str>) -> bool {
        self.get(name).is_some()
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &HeaderName> {
        self.0.iter().map(|(name, _)| name)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&HeaderName, &HeaderValue)> {
        self.0.iter().map(|(name, value)| (name, value))
    }

    /// Sets a field, in place of all that it was before.
    pub(crate) fn insert(&mut self, name: HeaderName, value: HeaderValue) {
        let Some(at) = self.0.iter().position(|(n, _)| *n == name) else {
            return self.0.push((name, value));
        };
        if let Some(field) = self.0.get_mut(at) {
            field.1 = value;
        }
        let mut i = 0;
        self.0.retain(|(n, _)| {
            i += 1;
            i <= at + 1 || *n != name
        });
    }

    /// Adds a value to a field.
    pub(crate) fn append(&mut self, name: HeaderName, value: HeaderValue) {
        self.0.push((name, value));
    }

    pub(crate) fn remove(&mut self, name: &HeaderName) {
        self.0.retain(|(n, _)| n != name);
    }

    /// Renames fields or drops them: what `name` gives for each is its new name, if it goes on.
    pub(crate) fn rename(&mut self, mut name: impl FnMut(&HeaderName) -> Option<HeaderName>) {
        self.0.retain_mut(|field| match name(&field.0) {
            Some(name) => {
                field.0 = name;
                true
            }
            None => false,
        });
    }
}

impl IntoIterator for Fields {
    type Item = (HeaderName, HeaderValue);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl From<&HeaderMap> for Fields {
    fn from(map: &HeaderMap) -> Self {
        let fields = map.iter().map(|(n, v)| (n.clone(), v.clone()));
        Self(fields.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &'static str) -> HeaderValue {
        HeaderValue::from_static(text)
    }

    #[test]
    fn a_list_does_as_a_map_does() {
        let name = |text| HeaderName::from_static(text);
        let mut fields = Fields::with_capacity(4);
        for (n, v) in [("a", "1"), ("b", "2"), ("a", "3"), ("c", "4"), ("a", "5")] {
            fields.append(name(n), value(v));
        }
        assert_eq!(fields.get("a").unwrap(), "1");
        let all: Vec<_> = fields.get_all(name("a")).collect();
        assert_eq!(all, ["1", "3", "5"]);
        fields.insert(name("a"), value("6"));
        fields.insert(name("d"), value("7"));
        fields.remove(&name("b"));
        assert!(!fields.contains_key("b"));
        fields.rename(|n| match n.as_str() {
            "c" => None,
            "d" => Some(name("e")),
            _ => Some(n.clone()),
        });
        let all: Vec<_> = fields
            .iter()
            .map(|(n, v)| format!("{n}={}", v.to_str().unwrap()))
            .collect();
        assert_eq!(all, ["a=6", "e=7"]);
    }
}
