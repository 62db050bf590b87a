//! The requests that methods are tried with: what a test sends, and what a template's preview is rendered over. Kept per method for the
//! session.

use std::collections::HashMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::model::{Map, Method};

/// What stays as it is in a path segment and in a query: RFC 3986's unreserved characters.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
/// The same for a greedy parameter, which holds whole segments.
const ENCODED_GREEDY: &AsciiSet = &ENCODED.remove(b'/');

/// A method of an API, by what people call it: it stays the same when the resource is made anew.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct MethodName {
    /// The API's id.
    pub api: String,
    /// The resource's path.
    pub path: String,
    /// The verb.
    pub verb: String,
}

/// A request to try a method with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// Parameters in the resource's path.
    pub path: Vec<(String, String)>,
    /// Parameters of the query; those without a value aren't sent.
    pub query: Vec<(String, String)>,
    /// Headers; those without a value aren't sent.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
    /// Stage variables for this request, in place of the stage's own.
    pub variables: Vec<(String, String)>,
    /// What the backend is taken to answer, by the status code of the integration response: for previews of its templates.
    pub answers: Map<String>,
}

/// The names in a path's variable segments, with whether they are greedy: `{proxy+}`.
fn names_in(path: &str) -> impl Iterator<Item = (&str, bool)> {
    path.split('/').filter_map(|segment| {
        let name = segment.strip_prefix('{')?.strip_suffix('}')?;
        Some(match name.strip_suffix('+') {
            Some(name) => (name, true),
            None => (name, false),
        })
    })
}

impl Sample {
    /// What a method is tried with first: what it declares, without values, and an empty object where a body makes sense.
    #[must_use]
    pub fn first(path: &str, method: &Method) -> Self {
        let declared = |place: &str| -> Vec<(String, String)> {
            let prefix = format!("method.request.{place}.");
            let names = method.request_parameters.iter().flatten();
            names
                .filter_map(|(key, _)| key.strip_prefix(&prefix))
                .map(|name| (name.to_owned(), String::new()))
                .collect()
        };
        let mut headers = declared("header");
        let has_body = !matches!(
            method.http_method.as_str(),
            "GET" | "HEAD" | "OPTIONS" | "DELETE"
        );
        if has_body
            && !headers
                .iter()
                .any(|(n, _)| n.eq_ignore_ascii_case("content-type"))
        {
            headers.insert(
                0,
                ("Content-Type".to_owned(), "application/json".to_owned()),
            );
        }
        Self {
            path: names_in(path)
                .map(|(name, _)| (name.to_owned(), String::new()))
                .collect(),
            query: declared("querystring"),
            headers,
            body: if has_body {
                "{\n}".to_owned()
            } else {
                String::new()
            },
            ..Self::default()
        }
    }

    /// Follows the resource's path: its names, in its order, with the values that were filled in.
    fn follow(mut self, path: &str) -> Self {
        let old = std::mem::take(&mut self.path);
        self.path = names_in(path)
            .map(|(name, _)| {
                let value = old.iter().find(|(n, _)| n == name);
                (
                    name.to_owned(),
                    value.map(|(_, v)| v.clone()).unwrap_or_default(),
                )
            })
            .collect();
        self
    }

    /// The names of path parameters that have no value yet.
    pub fn unfilled(&self) -> impl Iterator<Item = &str> {
        self.path
            .iter()
            .filter(|(_, value)| value.is_empty())
            .map(|(name, _)| name.as_str())
    }

    /// The path with its parameters filled in, and the query: `/pets/7?x=1`.
    #[must_use]
    pub fn path_with_query(&self, path: &str) -> String {
        let mut out = String::new();
        for segment in path.split('/').skip(1) {
            out.push('/');
            let variable = names_in(segment).next().and_then(|(name, greedy)| {
                let (_, value) = self.path.iter().find(|(n, _)| n == name)?;
                (!value.is_empty()).then_some((value, greedy))
            });
            match variable {
                Some((value, true)) => out.extend(utf8_percent_encode(value, ENCODED_GREEDY)),
                Some((value, false)) => out.extend(utf8_percent_encode(value, ENCODED)),
                None => out.push_str(segment),
            }
        }
        let mut sign = '?';
        for (name, value) in sent(&self.query) {
            out.push(sign);
            out.extend(utf8_percent_encode(name, ENCODED));
            out.push('=');
            out.extend(utf8_percent_encode(value, ENCODED));
            sign = '&';
        }
        out
    }

    /// The headers that are sent.
    #[must_use]
    pub fn sent_headers(&self) -> Vec<(String, String)> {
        sent(&self.headers)
            .map(|(n, v)| (n.to_owned(), v.to_owned()))
            .collect()
    }

    /// The stage variables of the request: the stage's own, with those of the sample in their place.
    #[must_use]
    pub fn stage_variables(&self, own: &Map<String>) -> Map<String> {
        let mut all = own.clone();
        all.extend(self.variables.iter().cloned());
        all
    }
}

/// Names with values: what is sent of a list that may hold proposals without one.
pub(super) fn sent(pairs: &[(String, String)]) -> impl Iterator<Item = (&str, &str)> {
    pairs
        .iter()
        .filter(|(name, value)| !name.is_empty() && !value.is_empty())
        .map(|(name, value)| (name.as_str(), value.as_str()))
}

/// All samples of the session.
#[derive(Clone, Debug, Default)]
pub struct Samples(HashMap<MethodName, Sample>);

impl Samples {
    /// What a method is tried with.
    #[must_use]
    pub fn of(&self, name: &MethodName, method: &Method) -> Sample {
        match self.0.get(name) {
            Some(sample) => sample.clone().follow(&name.path),
            None => Sample::first(&name.path, method),
        }
    }

    pub(super) fn set(&mut self, name: MethodName, sample: Sample) {
        self.0.insert(name, sample);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
            .collect()
    }

    #[test]
    fn paths_are_filled_in_and_encoded() {
        let table = [
            ("/", &[][..], &[][..], "/"),
            ("/pets", &[], &[("a", "1"), ("none", "")], "/pets?a=1"),
            (
                "/pets/{petId}",
                &[("petId", "7 é/?")],
                &[],
                "/pets/7%20%C3%A9%2F%3F",
            ),
            ("/pets/{petId}", &[("petId", "")], &[], "/pets/{petId}"),
            ("/x/{proxy+}", &[("proxy", "a b/c")], &[], "/x/a%20b/c"),
            (
                "/pets",
                &[],
                &[("a b", "c&d"), ("e", "f=g")],
                "/pets?a%20b=c%26d&e=f%3Dg",
            ),
        ];
        for (path, values, query, expected) in table {
            let sample = Sample {
                path: pairs(values),
                query: pairs(query),
                ..Sample::default()
            };
            assert_eq!(sample.path_with_query(path), expected);
        }
    }

    #[test]
    fn a_first_sample_has_what_the_method_declares() {
        let mut method = Method {
            http_method: "POST".to_owned(),
            ..Method::default()
        };
        method.request_parameters = Some(Map::from_iter([
            ("method.request.querystring.limit".to_owned(), false),
            ("method.request.header.X-Tenant".to_owned(), true),
            ("method.request.path.petId".to_owned(), true),
        ]));
        let sample = Sample::first("/pets/{petId}", &method);
        assert_eq!(sample.path, pairs(&[("petId", "")]));
        assert_eq!(sample.query, pairs(&[("limit", "")]));
        let headers = [("Content-Type", "application/json"), ("X-Tenant", "")];
        assert_eq!(sample.headers, pairs(&headers));
        assert_eq!(sample.unfilled().collect::<Vec<_>>(), ["petId"]);
        "GET".clone_into(&mut method.http_method);
        assert!(Sample::first("/pets", &method).body.is_empty());
    }

    #[test]
    fn a_sample_follows_the_path_and_keeps_its_values() {
        let mut samples = Samples::default();
        let name = MethodName {
            path: "/a/{x}/{y}".to_owned(),
            ..MethodName::default()
        };
        let kept = Sample {
            path: pairs(&[("y", "2"), ("gone", "3")]),
            ..Sample::default()
        };
        samples.set(name.clone(), kept);
        let sample = samples.of(&name, &Method::default());
        assert_eq!(sample.path, pairs(&[("x", ""), ("y", "2")]));
    }

    #[test]
    fn variables_of_the_sample_stand_before_the_stages() {
        let sample = Sample {
            variables: pairs(&[("b", "mine"), ("c", "new")]),
            ..Sample::default()
        };
        let own = Map::from_iter(pairs(&[("a", "1"), ("b", "2")]));
        let expected = Map::from_iter(pairs(&[("a", "1"), ("b", "mine"), ("c", "new")]));
        assert_eq!(sample.stage_variables(&own), expected);
    }
}
